package runway

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"airfield/arm"
	"airfield/catalog"
	"airfield/estate"
)

// Service is what must be reached for one purpose.
type Service struct {
	Service string `json:"service"`
	Names   []Name `json:"names"`
}

// Name is a name or service tag that must be reached.
type Name struct {
	Service  string `json:"-"`
	Name     string `json:"name"`
	Protocol string `json:"protocol"`
	Port     int    `json:"port"`
	Optional bool   `json:"optional,omitempty"` // needed only where jobs use it
	Why      string `json:"why"`
	Source   string `json:"source"`
}

// hubbed tells whether a network is one that the hub joins, and gives the hub.
func (m *maker) hubbed(s *sub, region string) (estate.Hub, bool) {
	hub, ok := m.e.Platform.Hubs.Get(region)
	return hub, ok && !m.e.Platform.Standalone && s.Place.Connects == estate.Corp
}

// networks gives the virtual networks of a subscription.
func (s *sub) networks() (all []arm.Resource) {
	for _, r := range s.all {
		if isNetwork(r.Type()) {
			all = append(all, r)
		}
	}
	return all
}

func ranges(vnet arm.Resource) string {
	return strings.Join(vnet.Get("properties", "addressSpace", "addressPrefixes").Strings(), ", ")
}

// firewall wants the names let out that each network must reach through the hub.
func (m *maker) firewall() {
	for _, s := range m.subs {
		for _, vnet := range s.networks() {
			hub, ok := m.hubbed(s, vnet.Location())
			routed := false
			for subnet := range vnet.Get("properties", "subnets").Items() {
				routed = routed || subnet.Get("properties", "routeTable").Exists()
			}
			services, unknown := reach(s, vnet.Location())
			if !ok || !routed || len(services) == 0 {
				continue
			}
			what := ranges(vnet) + " (" + vnet.ID.Name() + ") to " + strings.Join(services, ", ")
			if len(unknown) > 0 {
				what += "; which packages " + strings.Join(unknown, ", ") + " fetches from where is not known"
			}
			m.of(s, atom{key: "names", state: NotKnown, what: what, how: "platform request: rules for these sources and the names in the table above",
				check: fmt.Sprintf(`p=$(az graph query -q "resources | where type =~ 'microsoft.network/azurefirewalls' and tostring(properties.ipConfigurations) contains '%s' | project p=tostring(properties.firewallPolicy.id)" --query "data[0].p" --output tsv); az network firewall policy rule-collection-group list --policy-name "$(basename $p)" --resource-group "$(echo $p | cut -d/ -f5)" --subscription "$(echo $p | cut -d/ -f3)"`, hub.Firewall)})
			for _, service := range services {
				m.named(service, vnet.Location())
			}
		}
	}
}

// named adds the names of a service in a region to those that are listed.
func (m *maker) named(service, region string) {
	i := slices.IndexFunc(m.names, func(s Service) bool { return s.Service == service })
	if i < 0 {
		i = len(m.names)
		m.names = append(m.names, Service{Service: service})
	}
	for _, n := range catalog.FirewallNames(service, region) {
		if !slices.Contains(m.names[i].Names, Name(n)) {
			m.names[i].Names = append(m.names[i].Names, Name(n))
		}
	}
}

// reach gives the services that a subscription's resources in a region must
// reach, and the images of which that is not known.
func reach(s *sub, region string) (services, unknown []string) {
	add := func(names ...string) {
		for _, n := range names {
			if !slices.Contains(services, n) {
				services = append(services, n)
			}
		}
	}
	machines := func(size string) {
		add("azure", "monitor", "containers", "feeds")
		if s, ok := catalog.SizeByName(size); ok && s.GPUs > 0 {
			add(map[string]string{"AMD": "amd"}[s.GPUVendor])
			if s.GPUVendor == "NVIDIA" {
				add("nvidia")
			}
		}
	}
	for _, r := range slices.Concat(s.all, s.made) {
		if r.Location() != "" && r.Location() != region {
			continue
		}
		image := r.Get("properties", "storageProfile", "imageReference")
		size := r.Get("properties", "hardwareProfile", "vmSize").Str()
		switch t := r.Type(); {
		case t.Equal("Microsoft.Compute/virtualMachineScaleSets"):
			image, size = r.Get("properties", "virtualMachineProfile", "storageProfile", "imageReference"), r.Get("sku", "name").Str()
		case t.Equal("Microsoft.Batch/batchAccounts"):
			add("batch")
			continue
		case t.Equal("Microsoft.Batch/batchAccounts/pools"):
			image, size = r.Get("properties", "deploymentConfiguration", "virtualMachineConfiguration", "imageReference"), r.Get("properties", "vmSize").Str()
		case t.Equal("Microsoft.ContainerService/managedClusters"), t.Equal("Microsoft.ContainerService/managedClusters/agentPools"):
			add("aks", "aks-policy", "ubuntu")
			sizes := []string{r.Get("properties", "vmSize").Str()}
			for pool := range r.Get("properties", "agentPoolProfiles").Items() {
				sizes = append(sizes, pool.Get("vmSize").Str())
			}
			for _, size := range sizes {
				if z, ok := catalog.SizeByName(size); ok && z.GPUs > 0 {
					add("aks-gpu")
				}
				machines(size)
			}
			continue
		case t.Equal("Microsoft.StorageCache/amlFilesystems"):
			add("lustre")
			continue
		case !t.Equal("Microsoft.Compute/virtualMachines"):
			continue
		}
		machines(size)
		name := strings.ToLower(image.Get("publisher").Str() + ":" + image.Get("offer").Str() + ":" + image.Get("sku").Str())
		known := false
		for _, os := range []string{"ubuntu", "almalinux", "azurelinux"} {
			if strings.Contains(name, os) {
				known = true
				add(os)
			}
		}
		if !known && name != "::" && !slices.Contains(unknown, name) {
			unknown = append(unknown, name)
		}
	}
	services = slices.DeleteFunc(services, func(n string) bool { return len(catalog.FirewallNames(n, region)) == 0 })
	return services, unknown
}

func (m *maker) peering() {
	for _, s := range m.subs {
		for _, vnet := range s.networks() {
			hub, ok := m.hubbed(s, vnet.Location())
			if !ok {
				continue
			}
			name := arm.ID(hub.VNet).Name()
			m.of(s, atom{key: "peering", state: m.peered(s, vnet.ID, hub), what: fmt.Sprintf("%s (%s) with %s, both ends", vnet.ID.Name(), ranges(vnet), name), how: "platform request: peering with " + hub.VNet,
				check: fmt.Sprintf(`az network vnet peering list --vnet-name %s --resource-group %s --subscription $s --query "[].[name,peeringState,remoteVirtualNetwork.id]" --output tsv`, vnet.ID.Name(), vnet.ID.ResourceGroupID().Name())})
		}
	}
}

// peered tells whether the snapshot has a network joined with a hub.
func (m *maker) peered(s *sub, vnet arm.ID, hub estate.Hub) State {
	state := m.there(s, vnet)
	if state != Passed {
		return state
	}
	connected := func(p arm.Value) bool {
		return p.Get("peeringState").Str() == "Connected" && arm.ID(p.Get("remoteVirtualNetwork", "id").Str()).Equal(arm.ID(hub.VNet))
	}
	state = NotKnown
	for r := range m.have.Range(vnet) {
		if connected(r.Get("properties")) {
			return Passed
		}
		peerings := r.Get("properties", "virtualNetworkPeerings")
		if peerings.Exists() {
			state = Open
		}
		for p := range peerings.Items() {
			if connected(p.Get("properties")) {
				return Passed
			}
		}
	}
	return state
}

// dns wants records of the private endpoints that the design leaves to the
// platform.
func (m *maker) dns() {
	for _, s := range m.subs {
		of := map[arm.ID][]arm.ID{}
		for _, r := range s.all {
			if r.Type().Equal("Microsoft.Network/privateEndpoints") && !m.d.Tenant.Has(r.ID.Child("privateDnsZoneGroups", "default")) {
				of[r.ID.ResourceGroupID()] = append(of[r.ID.ResourceGroupID()], r.ID)
			}
		}
		for _, group := range slices.SortedFunc(maps.Keys(of), arm.ID.Compare) {
			var names []string
			state := m.there(s, of[group]...)
			for _, id := range of[group] {
				names = append(names, id.Name())
				if state == Passed && !m.zoned(id) {
					state = NotKnown // lists of resources leave the groups of zones out
				}
			}
			m.of(s, atom{key: "dns", state: state, what: strings.Join(names, ", "), how: "the platform's policy writes them (Deploy-Private-DNS-Zones), else a platform request",
				check: fmt.Sprintf(`for e in %s; do az network private-endpoint dns-zone-group list --endpoint-name $e --resource-group %s --subscription $s --query "[].privateDnsZoneConfigs[].recordSets[].[fqdn,ipAddresses[0]]" --output tsv; done`, strings.Join(names, " "), group.Name())})
		}
	}
}

// zoned tells whether the snapshot has a group of DNS zones of an endpoint.
func (m *maker) zoned(endpoint arm.ID) bool {
	for id := range m.have.IDs(endpoint) {
		if id.Type().Equal("Microsoft.Network/privateEndpoints/privateDnsZoneGroups") {
			return true
		}
	}
	return false
}

// share is the part of a link that a long transfer has: guidance NET-D1.
const share = 0.7

// transfer is data that comes from on-premises.
type transfer struct {
	sub  *sub
	name string
	data estate.Data
	need float64 // bit/s over all that it has time for; 0 where nothing dates it
	span string  // of that time, in words
}

// onprem holds what is loaded from on-premises against the link: how many Gbit/s
// by which day, all at once, since they share it.
func (m *maker) onprem() {
	var all []transfer
	for _, p := range m.e.Places() {
		for _, entry := range p.Data {
			i := slices.IndexFunc(m.subs, func(s *sub) bool {
				return s.Place.Workload == p.Workload && slices.Contains(s.Environments, p.Environment)
			})
			if entry.Value.ComesFrom == "onprem" && entry.Value.Size > 0 && i >= 0 {
				all = append(all, m.timed(transfer{sub: m.subs[i], name: p.Name() + "/" + entry.Key, data: entry.Value}))
			}
		}
	}
	if len(all) == 0 {
		return
	}
	link, why := m.link()
	fits, state, whole := carried(all, link, why)
	for _, t := range all {
		m.load(t, link, state != Open)
		a := atom{key: "onprem", state: state, what: fits, how: m.larger(), check: `az network express-route list --query "[].[name,serviceProviderProperties.bandwidthInMbps,serviceProviderProvisioningState]" --output tsv --subscription ` + m.hubSubscription()}
		if m.e.Network.OnPrem.By == "vpn" {
			a.check = `az resource list --resource-type Microsoft.Network/connections --query "[].[name,resourceGroup]" --output tsv --subscription ` + m.hubSubscription()
		}
		if link > 0 && state != Open && whole {
			a.days, a.basis = 1, "the link is there by the estate; its free part is to be confirmed"
		}
		m.whole(a, t.sub.Place.Workload)
	}
	if state == Open {
		m.found.Warnf(m.e.Network.Of("onprem"), "runway/link", "the first loads from on-premises need %s: a larger link, later days of first_load_by, or Data Box", fits)
	}
}

// carried says whether a link carries all transfers at once, and whether all
// were counted.
func carried(all []transfer, link float64, why string) (fits string, state State, whole bool) {
	var sum float64
	var undated []string
	for _, t := range all {
		if sum += t.need; t.need == 0 {
			undated = append(undated, t.name)
		}
	}
	fits, state = fmt.Sprintf("together %s at %.0f %% use of the link", gbps(sum/share), share*100), NotKnown
	switch {
	case sum == 0:
		fits = "how much, no day tells; " + why
	case link > 0 && sum/share > link:
		state = Open
		fits += fmt.Sprintf(", and %s: it does not fit", why)
	case link > 0:
		fits += fmt.Sprintf(", and %s: it fits", why)
	default:
		fits += "; whether it fits cannot be told, because " + why
	}
	if len(undated) > 0 {
		fits += "; not counted, for want of a day by which it can be done: " + strings.Join(undated, ", ")
	}
	return fits, state, len(undated) == 0
}

// timed says how much time a transfer has: from the day on which its network can
// be there, or the workload begins, to first_load_by.
func (m *maker) timed(t transfer) transfer {
	by := t.data.FirstLoadBy.Time
	if by.IsZero() {
		return t
	}
	from := m.datesOf(t.sub.Place.Workload).readyOf("peering")
	if begins := m.begins[t.sub.Place.Workload]; begins.Before(by) && begins.After(from) {
		from = begins
	}
	if !from.Before(by) {
		m.found.Warnf(t.data.Of("first_load_by"), "runway/load", "%s is to be loaded by %s, and its network is there on %s at the earliest: no link is fast enough; a later day, or Data Box", t.name, t.data.FirstLoadBy, from.Format(time.DateOnly))
		return t
	}
	t.need = float64(t.data.Size) * 8 / by.Sub(from).Seconds()
	t.span = fmt.Sprintf("from %s to %s", from.Format(time.DateOnly), t.data.FirstLoadBy)
	return t
}

// load wants one transfer done; how long it takes dates what comes before it
// where the link is wide enough.
func (m *maker) load(t transfer, link float64, fits bool) {
	a := atom{key: "load", state: NotKnown, what: fmt.Sprintf("%s, %s", t.name, t.data.Size), how: "azcopy copy from on-premises to the container; or Data Box",
		check: `az monitor metrics list --metric UsedCapacity --resource ` + m.account(t)}
	if t.need > 0 {
		a.what += fmt.Sprintf(": %s %s", gbps(t.need), t.span)
	} else if t.data.FirstLoadBy.IsZero() {
		a.what += ": first_load_by is not written"
	}
	if link > 0 {
		days := int(math.Ceil(float64(t.data.Size) * 8 / (link * share) / 86400))
		a.what += fmt.Sprintf("; it takes %d days on %s", days, gbps(link))
		if fits {
			a.days, a.basis = max(1, days), "size and bandwidth"
		}
	}
	if by := t.data.FirstLoadBy.Time; by.After(m.on) {
		a.due = by
	}
	m.of(t.sub, a)
}

// account gives the id of the account that a transfer fills, or a word for it.
func (m *maker) account(t transfer) string {
	key := t.name[strings.LastIndexByte(t.name, '/')+1:]
	for _, r := range t.sub.all {
		if r.Type().Equal("Microsoft.Storage/storageAccounts/blobServices/containers") && r.ID.Name() == key {
			account := r.ID.Parent().Parent()
			return `"` + strings.Replace(string(account), "/"+t.sub.ID.Name()+"/", "/$i/", 1) + `"`
		}
	}
	return "ACCOUNT"
}

// link gives how many bit/s the link carries, the circuit or the gateway being
// the narrower, and says so; 0 and why where that is not known.
func (m *maker) link() (float64, string) {
	o := m.e.Network.OnPrem
	if o.By == "" {
		return 0, "network.onprem names no link"
	}
	if o.Circuit == 0 {
		return 0, "network.onprem.circuit is not written"
	}
	circuit := float64(o.Circuit)
	if o.Gateway == "" {
		return circuit, "the circuit has " + gbps(circuit)
	}
	limit, ok := catalog.LimitOf("er-gateway-" + strings.ToLower(o.Gateway))
	if gateway := float64(limit.Max) * 1e9; ok && gateway < circuit {
		return gateway, fmt.Sprintf("the gateway %s carries %s of the circuit's %s", o.Gateway, gbps(gateway), gbps(circuit))
	}
	if !ok {
		return 0, fmt.Sprintf("how much the gateway %s carries is not known", o.Gateway)
	}
	return circuit, "the circuit has " + gbps(circuit)
}

func (m *maker) larger() string {
	if m.e.Network.OnPrem.By == "" {
		return "platform request: an ExpressRoute circuit and gateway, or a VPN"
	}
	return "platform request: this much of the circuit and gateway kept free until the loads are done, or a larger one"
}

// hubSubscription gives the subscription of the first hub, where circuits lie.
func (m *maker) hubSubscription() string {
	for _, h := range m.e.Platform.Hubs {
		return arm.ID(h.Value.VNet).SubscriptionID().Name()
	}
	return "CONNECTIVITY"
}

func gbps(bits float64) string {
	if bits >= 10e9 {
		return fmt.Sprintf("%.0f Gbit/s", bits/1e9)
	}
	return fmt.Sprintf("%.2g Gbit/s", bits/1e9)
}
