package cost

import (
	"fmt"
	"math"
	"strings"

	"airfield/arm"
	"airfield/catalog"
)

// types are the rules by type, in lower case: what a type costs that is not
// free. Each adds lines, or says why it does not.
var types = map[string]func(*pricing){
	"microsoft.compute/virtualmachines":                                (*pricing).virtualMachine,
	"microsoft.compute/virtualmachinescalesets":                        (*pricing).scaleSet,
	"microsoft.compute/disks":                                          (*pricing).disk,
	"microsoft.compute/capacityreservationgroups/capacityreservations": (*pricing).reservation,
	"microsoft.batch/batchaccounts/pools":                              (*pricing).batchPool,
	"microsoft.containerservice/managedclusters":                       (*pricing).cluster,
	"microsoft.containerservice/managedclusters/agentpools":            (*pricing).agentPool,
	"microsoft.machinelearningservices/workspaces/computes":            (*pricing).trainer,
	"microsoft.storage/storageaccounts":                                (*pricing).account,
	"microsoft.storage/storageaccounts/fileservices/shares":            (*pricing).share,
	"microsoft.storagecache/amlfilesystems":                            (*pricing).lustre,
	"microsoft.netapp/netappaccounts/capacitypools":                    (*pricing).netApp,
	"microsoft.network/azurefirewalls":                                 (*pricing).firewall,
	"microsoft.network/bastionhosts":                                   (*pricing).bastion,
	"microsoft.network/ddosprotectionplans":                            func(p *pricing) { p.standing("DDoS Protection", "Network protection plan", 1, "1 plan") },
	"microsoft.network/dnsforwardingrulesets":                          func(p *pricing) { p.standing("Private DNS", "Forwarding ruleset", 1, "1 ruleset") },
	"microsoft.network/dnsresolvers/inboundendpoints":                  func(p *pricing) { p.standing("Private DNS", "Resolver endpoint", 1, "1 endpoint") },
	"microsoft.network/dnsresolvers/outboundendpoints":                 func(p *pricing) { p.standing("Private DNS", "Resolver endpoint", 1, "1 endpoint") },
	"microsoft.network/expressroutecircuits":                           (*pricing).circuit,
	"microsoft.network/expressrouteports":                              func(p *pricing) { p.standing("ExpressRoute", "Direct port pair", 1, "1 pair") },
	"microsoft.network/loadbalancers":                                  (*pricing).loadBalancer,
	"microsoft.network/natgateways":                                    func(p *pricing) { p.gateway("NAT Gateway", "Gateway hour") },
	"microsoft.network/privatednszones":                                func(p *pricing) { p.standing("Private DNS", "Zone", 1, "1 zone") },
	"microsoft.network/privateendpoints":                               (*pricing).endpoint,
	"microsoft.network/publicipaddresses":                              (*pricing).address,
	"microsoft.network/publicipprefixes":                               (*pricing).prefix,
	"microsoft.network/virtualhubs":                                    func(p *pricing) { p.standing("Virtual WAN", "Standard hub", 1, "1 hub") },
	"microsoft.network/virtualnetworkgateways":                         (*pricing).networkGateway,
	"microsoft.network/virtualnetworks":                                (*pricing).network,
	"microsoft.network/virtualnetworks/virtualnetworkpeerings":         (*pricing).peering,
	"microsoft.containerregistry/registries":                           (*pricing).registry,
	"microsoft.insights/metricalerts":                                  (*pricing).alert,
	"microsoft.keyvault/vaults":                                        (*pricing).vault,
	"microsoft.operationalinsights/workspaces":                         (*pricing).logs,
	"microsoft.security/pricings":                                      (*pricing).defender,
}

// countOthers are the types that are paid by what else is in their
// subscription.
var countOthers = map[string]bool{"microsoft.security/pricings": true}

// standing prices what is paid for as long as it is there.
func (p *pricing) standing(service, item string, n float64, sum string) {
	tiers := p.served(service, item)
	name := service + " " + item
	if len(tiers) == 0 {
		p.meter(name, nil, 0, 0, "")
		return
	}
	switch tiers[0].unit {
	case "hour":
		p.meter(name, tiers, 0, n*Month, fmt.Sprintf("%s × %d h", sum, Month))
	case "day":
		p.meter(name, tiers, 0, n*365/12, fmt.Sprintf("%s × 365/12 days", sum))
	default:
		p.meter(name, tiers, 0, n, sum)
	}
}

// traffic prices what is paid by the volume, if usage says how much that is.
func (p *pricing) traffic(q Quantity, service, item string) {
	name := service + " " + item
	if gb, ok := p.used(q, name); ok {
		p.meter(name, p.served(service, item), 0, gb, number(gb)+" GB")
	}
}

// internet prices what goes out to the internet; the first GB of a month are
// free for all that is on one bill together.
func (p *pricing) internet(gb float64) {
	zone := p.region
	if r, ok := catalog.RegionByName(p.region); ok && r.BillingZone != "" {
		zone = r.BillingZone
	}
	for _, item := range []string{"Internet egress (Microsoft network)", "Internet egress (routing preference: Microsoft network)"} {
		tiers := p.served("Bandwidth", item)
		if len(tiers) > 0 && tiers[0].from == 0 {
			p.meter("Bandwidth "+item, tiers, p.egress[zone], gb, number(gb)+" GB")
			p.egress[zone] += gb
			return
		}
	}
	p.meter("Bandwidth Internet egress", nil, 0, gb, "")
}

func (p *pricing) gateway(service, item string) {
	if sku := p.body.Get("sku", "name").Str(); arm.EqualFold(sku, "StandardV2") {
		p.lacks(service+" "+sku, "the price is known of Standard alone")
		return
	}
	p.standing(service, item, 1, "1 gateway")
	p.traffic(Processed, service, "Data processed")
}

func (p *pricing) firewall() {
	p.standing("Azure Firewall", p.body.Get("properties", "sku", "tier").Str()+" deployment", 1, "1 firewall")
	p.traffic(Processed, "Azure Firewall", "Data processed")
}

func (p *pricing) bastion() {
	sku := p.body.Get("sku", "name").Str()
	if sku == "Developer" {
		p.free("a Bastion of SKU Developer", "learn.microsoft.com/azure/bastion/quickstart-developer")
		return
	}
	p.standing("Bastion", sku+" host", 1, "1 host")
}

func (p *pricing) circuit() {
	s := p.body.Get("sku")
	p.lacks(fmt.Sprintf("ExpressRoute circuit %s %s", s.Get("tier").Str(), s.Get("family").Str()), "the catalog has no price of circuits: azure.microsoft.com/pricing/details/expressroute")
}

// loadBalancer counts rules in the body and those that are resources.
func (p *pricing) loadBalancer() {
	if sku := p.body.Get("sku", "name").Str(); sku == "" || arm.EqualFold(sku, "Basic") {
		p.free("a load balancer of SKU Basic", "azure.microsoft.com/pricing/details/load-balancer")
		return
	}
	rules := p.body.Get("properties", "loadBalancingRules").Len() + p.body.Get("properties", "outboundRules").Len()
	if rules == 0 {
		p.free("a load balancer without rules", "azure.microsoft.com/pricing/details/load-balancer")
		return
	}
	p.standing("Load Balancer", "Standard, with five rules", 1, "1 load balancer")
	if more := rules - 5; more > 0 {
		p.standing("Load Balancer", "Standard rule (first 5 rules bundle not modelled)", float64(more), fmt.Sprintf("%d rules beyond five", more))
	}
	p.traffic(Processed, "Load Balancer", "Data processed")
}

func (p *pricing) endpoint() {
	p.standing("Private Link", "Private endpoint", 1, "1 endpoint")
	p.traffic(In, "Private Link", "Inbound data processed")
	p.traffic(Out, "Private Link", "Outbound data processed")
}

func (p *pricing) address() {
	if !arm.EqualFold(p.body.Get("sku", "name").Str(), "Standard") {
		p.lacks("public IP address of SKU "+p.body.Get("sku", "name").Str(), "the price is known of Standard alone")
		return
	}
	if prefix := refersTo(p.body.Get("properties", "publicIPPrefix", "id")); prefix != "" {
		p.free("it is of a prefix, which is paid for as a whole", "")
		return
	}
	p.standing("Public IP", "Standard static IPv4", 1, "1 address")
	p.used(Egress, "Bandwidth Internet egress") // priced for whatever says it
}

func (p *pricing) prefix() {
	bits, ok := whole(p.body.Get("properties", "prefixLength"))
	if !ok || bits < 21 || bits > 32 {
		p.lacks("public IP prefix", "how many addresses it has is not known")
		return
	}
	n := int64(1) << (32 - bits)
	p.standing("Public IP", "Prefix, per address", float64(n), fmt.Sprintf("%d addresses", n))
}

func (p *pricing) networkGateway() {
	sku := p.body.Get("properties", "sku", "name").Str()
	if !arm.EqualFold(p.body.Get("properties", "gatewayType").Str(), "ExpressRoute") {
		p.standing("VPN Gateway", sku, 1, "1 gateway")
		return
	}
	old := map[string]string{"HighPerformance": "High Performance", "UltraPerformance": "Ultra High Performance"}
	if name, ok := old[sku]; ok {
		sku = name
	}
	p.standing("ExpressRoute", "Gateway "+sku, 1, "1 gateway")
}

// network costs nothing but for peerings, of which some are in its body alone.
func (p *pricing) network() {
	why, source, _ := catalog.FreeType("Microsoft.Network/virtualNetworks")
	p.free(why, source)
	for peer := range p.body.Get("properties", "virtualNetworkPeerings").Items() {
		if !p.t.Has(p.id.Child("virtualNetworkPeerings", peer.Get("name").Str())) {
			p.Unpriced = append(p.Unpriced, Unpriced{p.id, "peerings in the body of a network", "how much goes over them is not known: in_gb and out_gb of each", true})
		}
	}
}

// peering is paid by what goes in and out at each end.
func (p *pricing) peering() {
	other, ok := p.t.Get(refersTo(p.body.Get("properties", "remoteVirtualNetwork", "id")))
	if !ok || p.regionOf(other) == "" {
		p.lacks("peering", "the region of the other network is not known")
		return
	}
	item := "Peering, same region, "
	if p.regionOf(other) != p.region {
		item = "Global peering Zone 1 to Zone 1, "
		for _, name := range []string{p.region, p.regionOf(other)} {
			if r, ok := catalog.RegionByName(name); !ok || r.BillingZone != "Zone 1" {
				p.lacks("peering", "the price of traffic between "+p.region+" and "+p.regionOf(other)+" is not known")
				return
			}
		}
	}
	p.traffic(In, "Virtual Network", item+"in")
	p.traffic(Out, "Virtual Network", item+"out")
}

func (p *pricing) registry() {
	p.standing("Container Registry", p.body.Get("sku", "name").Str(), 1, "1 registry")
}

func (p *pricing) vault() {
	p.guard(guarded{vaults: 1})
	if n, ok := p.used(Operations, "Key Vault operations"); ok {
		p.meter("Key Vault operations", p.served("Key Vault", "Operations"), 0, n/10_000, number(n)+" operations / 10,000")
	}
}

func (p *pricing) alert() {
	conditions := max(1, p.body.Get("properties", "criteria", "allOf").Len())
	scopes := max(1, p.body.Get("properties", "scopes").Len())
	p.assume("an alert watches one time series for each condition and scope")
	p.standing("Azure Monitor", "Metric alert, time series", float64(conditions*scopes), fmt.Sprintf("%d × %d time series", conditions, scopes))
}

// includedDays are the days that the price of taking logs in keeps them.
// learn.microsoft.com/azure/azure-monitor/logs/data-retention-configure
const includedDays = 31

func (p *pricing) logs() {
	p.traffic(Logs, "Log Analytics", "Analytics Logs Data Ingestion")
	if days, ok := whole(p.body.Get("properties", "retentionInDays")); ok && days > includedDays {
		p.Unpriced = append(p.Unpriced, Unpriced{p.id, "Log Analytics Analytics Logs Data Retention", fmt.Sprintf("how much is kept beyond %d days is not known", includedDays), true})
	}
}

// guarded is what Defender for Cloud counts in a subscription.
type guarded struct{ servers, cores, accounts, vaults float64 }

// guard counts the resource for the plans of its subscription.
func (p *pricing) guard(g guarded) {
	id := p.id.SubscriptionID().Fold()
	have := p.guarded[id]
	p.guarded[id] = guarded{have.servers + g.servers, have.cores + g.cores, have.accounts + g.accounts, have.vaults + g.vaults}
}

// defender prices a plan of Defender for Cloud by what it guards.
func (p *pricing) defender() {
	if !arm.EqualFold(p.body.Get("properties", "pricingTier").Str(), "Standard") {
		p.free("a plan of Defender that is off", "")
		return
	}
	plan, g := p.id.Name(), p.guarded[p.id.SubscriptionID().Fold()]
	n, what := 0.0, ""
	switch strings.ToLower(plan) {
	case "virtualmachines":
		n, what = g.servers, "server"
		plan = "VirtualMachines P2"
		if arm.EqualFold(p.body.Get("properties", "subPlan").Str(), "P1") {
			plan = "VirtualMachines P1"
		}
	case "containers":
		n, what = g.cores, "vCPU"
	case "storageaccounts":
		n, what = g.accounts, "account"
	case "keyvaults":
		n, what = g.vaults, "vault"
	case "arm":
		n, what = 1, "subscription"
	default:
		p.lacks("Defender "+plan, "no price is known")
		return
	}
	p.standing("Defender", plan, math.Round(n*1e4)/1e4, count(n, what))
}
