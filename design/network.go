package design

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"airfield/arm"
	"airfield/diag"
	"airfield/estate"
	"airfield/network"
)

// net is a virtual network in the making: one for each subscription and region
// (guidance SUB-18).
type net struct {
	share   *share
	region  string
	id      arm.ID
	group   arm.ID
	pos     diag.Pos
	subnets []*subnet
}

// subnet is a subnet in the making.
type subnet struct {
	id        arm.ID
	purpose   string
	addresses int // wanted, beside those that Azure keeps
	ports     []int
	floating  bool   // what comes through a load balancer is still for the balancer's address
	bits      int    // of the prefix that a service wants it to have, 0 for what the addresses say
	rules     arm.A  // of its network security group, beside those that all have
	delegated string // to a service, blank for none
	prefix    netip.Prefix
}

// length gives the prefix length of a new subnet: room for as much again, and
// for no fewer than a /28 has.
func (s *subnet) length() int {
	if s.bits > 0 {
		return s.bits
	}
	return network.SubnetBits(max(11, 2*s.addresses))
}

// longest gives the longest prefix that holds the subnet.
func (s *subnet) longest() int {
	if s.bits > 0 {
		return s.bits
	}
	return network.SubnetBits(s.addresses)
}

const (
	virtualNetworks = "Microsoft.Network/virtualNetworks"
	subnets         = "Microsoft.Network/virtualNetworks/subnets"
	privateZones    = "Microsoft.Network/privateDnsZones"
)

// served is a resource that networks reach by private endpoints.
type served struct {
	id     arm.ID
	region string
	parts  []string // an endpoint each: group ids of Private Link
	hubbed *net     // the network joined with the hub that has its endpoints
}

// LinkZone gives the DNS zone of a group id of Private Link.
func LinkZone(part string) string { return linkZones[part] }

// linkZones are the DNS zones of Private Link's group ids.
// learn.microsoft.com/azure/private-link/private-endpoint-dns
var linkZones = map[string]string{
	"batchAccount":   "privatelink.batch.azure.com",
	"blob":           "privatelink.blob.core.windows.net",
	"dfs":            "privatelink.dfs.core.windows.net",
	"file":           "privatelink.file.core.windows.net",
	"nodeManagement": "privatelink.batch.azure.com",
	"registry":       "privatelink.azurecr.io",
	"vault":          "privatelink.vaultcore.azure.net",
}

// network gives the virtual network of a subscription in a region.
func (d *designer) network(s *share, region string, pos diag.Pos) *net {
	for _, n := range s.networks {
		if n.region == region {
			return n
		}
	}
	group := d.resourceGroup(s, s.cellOf(lifeNetwork, region))
	n := &net{share: s, region: region, group: group, pos: pos,
		id: group.Resource(virtualNetworks, d.names.name(virtualNetworks, "", d.tokens(s, "", region, "001")))}
	s.networks = append(s.networks, n)
	return n
}

// subnet gives a subnet for a purpose, with room for more addresses.
func (d *designer) subnet(n *net, purpose string, addresses int) *subnet {
	for _, s := range n.subnets {
		if s.purpose == purpose {
			s.addresses += addresses
			return s
		}
	}
	s := &subnet{purpose: purpose, addresses: addresses, id: n.id.Child("subnets", d.names.name(subnets, "", d.tokens(n.share, purpose, n.region, "")))}
	n.subnets = append(n.subnets, s)
	return s
}

// privateEndpoint gives an account or another service an address in a network,
// and names for it where no platform keeps them: in its own network, and in
// that of each reader that is not joined with it. Corp networks are joined by
// the hub, and the platform's DNS zones hold one address for an account.
func (d *designer) privateEndpoint(n *net, a *served, pos diag.Pos) {
	const t = "Microsoft.Network/privateEndpoints"
	if !d.once("endpoint " + string(n.id) + " " + string(a.id)) {
		return
	}
	if d.hubbed(n) {
		if a.hubbed != nil {
			d.leave(n.share.place.Name()+" to "+a.id.Name(), "the way to data in another network", "it leads through the hub, since the platform's zone holds one address for an account; large data wants the two networks peered", pos)
			return
		}
		a.hubbed = n
	}
	s, group := n.share, n.group
	if a.id.SubscriptionID() == n.id.SubscriptionID() && n.region == a.region {
		group = a.id.ResourceGroupID()
	}
	for _, service := range a.parts {
		sn := d.subnet(n, "endpoints", 1)
		if service == "registry" {
			sn.addresses++ // of its data, beside its own
		}
		tk := d.tokens(s, a.id.Name()+"-"+strings.ToLower(service), n.region, "")
		tk.workload, tk.environment = "", ""
		id := d.put(s, group.Resource(t, d.names.name(t, "", tk)), n.region, pos, arm.O{"properties", arm.O{
			"subnet", arm.O{"id", arm.IDOf(sn.id)},
			"privateLinkServiceConnections", arm.A{arm.O{"name", service, "properties", arm.O{
				"privateLinkServiceId", arm.IDOf(a.id), "groupIds", []string{service}}}}}})
		if d.hubbed(n) {
			if d.once("dns " + s.place.Name()) {
				d.leave(s.place.Name(), dnsRecords, d.dnsReason(), d.e.Of("platform"))
			}
			continue
		}
		zone := d.dnsZone(n, linkZones[service], pos)
		d.add(id.Child("privateDnsZoneGroups", "default"), pos, arm.O{"properties", arm.O{
			"privateDnsZoneConfigs", arm.A{arm.O{"name", service, "properties", arm.O{"privateDnsZoneId", arm.IDOf(zone)}}}}})
	}
}

// dnsRecords are what the platform writes of endpoints in its hub's networks.
const dnsRecords = "DNS records of private endpoints"

// hubbed tells whether a network is to be joined with the platform's hub.
func (d *designer) hubbed(n *net) bool {
	_, ok := d.e.Platform.Hubs.Get(n.region)
	return ok && !d.e.Platform.Standalone && n.share.place.Connects == estate.Corp
}

// dnsReason says who keeps the DNS records of endpoints in hubbed networks.
func (d *designer) dnsReason() string {
	if !d.mayDo("dns") {
		return "no policy of the platform writes them (platform.done_by_policy): they are needed before stage 6-compute"
	}
	return "the platform's policy or its zones keep them (Deploy-Private-DNS-Zones in Azure landing zones)"
}

// dnsZone gives a private DNS zone linked to the network alone: an account with
// an endpoint in each of two networks has another address in each.
func (d *designer) dnsZone(n *net, name string, pos diag.Pos) arm.ID {
	zone := n.group.Resource(privateZones, name)
	if d.once("zone " + string(zone)) {
		d.add(zone, pos, arm.O{"location", "global", "tags", n.share.tags})
	}
	link := zone.Child("virtualNetworkLinks", n.id.Name())
	if d.once("link " + string(link)) {
		d.add(link, pos, arm.O{"location", "global", "tags", n.share.tags, "properties", arm.O{
			"registrationEnabled", false, "resolutionPolicy", "NxDomainRedirect", "virtualNetwork", arm.O{"id", arm.IDOf(n.id)}}})
	}
	return zone
}

// finishNetworks gives each network its range and makes it. Locked ranges are
// taken first, so that a new network never moves an old one.
func (d *designer) finishNetworks() {
	pools := d.pools()
	ours := map[arm.ID]bool{}
	var fresh []*net
	for _, s := range d.shares() {
		for _, n := range s.networks {
			if pools[n.region] == nil {
				d.found.Errorf(n.pos, "design/pool-full", "no address pool for region %q: write network.pools", n.region)
				continue
			}
			locked, ok := d.lock.get("address", n.id.Name())
			if !ok {
				fresh = append(fresh, n)
				continue
			}
			ours[n.id.Fold()] = true
			prefix, err := netip.ParsePrefix(locked)
			if err == nil {
				err = pools[n.region].Take(prefix)
			}
			if err != nil {
				d.found.Errorf(or(d.e.Network.Of("pools"), n.pos), "design/address", "virtual network %q has the locked range %q: %v; `--update %s` chooses anew", n.id.Name(), locked, err, n.id.Name())
				continue
			}
			if by, used := d.around.used(prefix, n.id); used {
				d.found.Warnf(n.pos, "design/address-taken", "virtual network %q has the locked range %s, and %q uses %s: they can never be connected; `--update %s` chooses anew", n.id.Name(), prefix, by.By.Name(), by.Prefix, n.id.Name())
			}
			d.makeNetwork(n, prefix)
		}
	}
	d.leaveFree(pools, ours)
	for _, n := range fresh {
		var lengths []int
		for _, s := range n.subnets {
			lengths = append(lengths, s.length())
		}
		prefix, ok := pools[n.region].Next(network.Around(lengths))
		if !ok {
			d.found.Errorf(or(d.e.Network.Of("pools"), n.pos), "design/pool-full", "pool %s of %s has no room for a /%d for %q", pools[n.region].Range, n.region, network.Around(lengths), n.id.Name())
			continue
		}
		d.lock.put("address", n.id.Name(), prefix.String())
		d.makeNetwork(n, prefix)
	}
}

// leaveFree keeps what networks of the tenant use from being handed out.
func (d *designer) leaveFree(pools map[string]*network.Pool, ours map[arm.ID]bool) {
	for _, r := range d.usable() {
		if pools[r] == nil {
			continue
		}
		if taken := d.around.take(pools[r], ours); len(taken) > 0 {
			d.decide(Decision{About: "estate", Question: "Which addresses of " + r + " are taken already?", Answer: strings.Join(taken, ", "), Because: "networks of the tenant use them, and two networks with one address can never be connected",
				Rules: []string{"NET-06"}, Pos: or(d.e.Network.Of("pools"), d.e.Of("network")), Changes: "network.pools"})
		}
	}
}

// pools gives the pool of each region that may be used: the estate's, the one
// that an earlier design assumed, else the lowest /13 of 10.0.0.0/8 from
// 10.96.0.0 on that lies apart from all of those.
func (d *designer) pools() map[string]*network.Pool {
	pools := map[string]*network.Pool{}
	var taken []netip.Prefix
	var without []string
	for _, p := range d.e.Network.Pools {
		taken = append(taken, p.Value.Prefix)
	}
	for _, r := range d.usable() {
		if p, ok := d.e.Network.Pools.Get(r); ok {
			pools[r] = &network.Pool{Range: p.Prefix}
		} else if locked, ok := d.lock.get("pool", r); ok {
			pools[r] = &network.Pool{Range: netip.MustParsePrefix(locked)}
			if i := slices.IndexFunc(taken, pools[r].Range.Overlaps); i >= 0 {
				d.found.Errorf(or(d.e.Network.Of("pools"), d.e.Of("network")), "design/address", "estate.lock has assumed pool %s for %q, and it overlaps %s: write a pool for %q that holds what is there, or take the other elsewhere", pools[r].Range, r, taken[i], r)
			}
			taken = append(taken, pools[r].Range)
			d.sayPool(r, pools[r].Range)
		} else if d.used(r) {
			without = append(without, r)
		}
	}
	for _, r := range without {
		for i := range 32 {
			free := netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(96 + 8*i), 0, 0}), 13)
			if slices.ContainsFunc(taken, free.Overlaps) {
				continue
			}
			pools[r] = &network.Pool{Range: free}
			taken = append(taken, free)
			d.lock.put("pool", r, free.String())
			d.sayPool(r, free)
			break
		}
	}
	return pools
}

// used tells whether a network lies in a region.
func (d *designer) used(region string) bool {
	for _, s := range d.order {
		for _, h := range s.shares {
			if slices.ContainsFunc(h.networks, func(n *net) bool { return n.region == region }) {
				return true
			}
		}
	}
	return false
}

// sayPool says that a pool was assumed.
func (d *designer) sayPool(region string, assumed netip.Prefix) {
	d.found.Infof(or(d.e.Network.Of("pools"), d.e.Of("network")), "design/pool-assumed", "no address pool for %q: %s is assumed; whether it is free only the network's owner knows", region, assumed)
}

// makeNetwork cuts the subnets and makes the network with all that hangs on it.
func (d *designer) makeNetwork(n *net, whole netip.Prefix) {
	pool := network.Pool{Range: whole}
	var fresh []*subnet
	for _, s := range n.subnets {
		locked, ok := d.lock.get("address", n.id.Name()+"/"+s.id.Name())
		prefix, err := netip.ParsePrefix(locked)
		if !ok || err != nil || prefix.Bits() > s.longest() || pool.Take(prefix) != nil {
			if ok {
				d.found.Warnf(n.pos, "design/subnet-moved", "subnet %q outgrew its range %s and gets another: what is in it must be taken out first", s.id.Name(), locked)
			}
			fresh = append(fresh, s)
			continue
		}
		s.prefix = prefix
	}
	slices.SortStableFunc(fresh, func(a, b *subnet) int { return b.addresses - a.addresses })
	for _, s := range fresh {
		length := s.length()
		prefix, ok := pool.Next(length)
		if !ok {
			d.found.Errorf(n.pos, "design/pool-full", "virtual network %q (%s) has no room for a /%d for subnet %q; `--update %s` chooses a larger range", n.id.Name(), whole, length, s.id.Name(), n.id.Name())
			return
		}
		s.prefix = prefix
		d.lock.put("address", n.id.Name()+"/"+s.id.Name(), prefix.String())
	}
	out := d.egress(n)
	var bodies arm.A
	for _, s := range n.subnets {
		nsg := d.securityGroup(n, s)
		properties := arm.O{"addressPrefix", s.prefix.String(), "defaultOutboundAccess", false, "networkSecurityGroup", arm.O{"id", arm.IDOf(nsg)}}
		switch {
		case s.purpose == "endpoints":
			properties = append(properties, "privateEndpointNetworkPolicies", "NetworkSecurityGroupEnabled")
		case s.delegated != "": // the service has its own way out
			properties = append(properties, "delegations", arm.A{arm.O{"name", "service", "properties", arm.O{"serviceName", s.delegated}}})
		default:
			properties = append(properties, out...)
		}
		bodies = append(bodies, arm.O{"name", s.id.Name(), "properties", properties})
	}
	properties := arm.O{"addressSpace", arm.O{"addressPrefixes", []string{whole.String()}}, "subnets", bodies}
	if hub, ok := d.e.Platform.Hubs.Get(n.region); ok && len(hub.DNS) > 0 && n.share.place.Connects == estate.Corp {
		properties = append(properties, "dhcpOptions", arm.O{"dnsServers", hub.DNS})
	}
	d.put(n.share, n.id, n.region, n.pos, arm.O{"properties", properties})
	d.peering(n)
}

// wayOut gives the way that a network has to the internet: only corp networks
// are peered with the hub.
func (d *designer) wayOut(n *net) estate.Egress {
	way := d.e.Network.Egress
	hub, _ := d.e.Platform.Hubs.Get(n.region)
	corp := n.share.place.Connects == estate.Corp
	if way == estate.HubFirewall && (!corp || hub.Firewall == "") {
		way = estate.NATGateway
		if corp && d.once("egress "+n.region) {
			d.found.Warnf(d.e.Network.Of("egress"), "design/egress", "no hub with a firewall is named for %q: a NAT gateway is taken there", n.region)
		}
	}
	return way
}

// egress makes the way to the internet, and gives what subnets say of it.
func (d *designer) egress(n *net) arm.O {
	hub, _ := d.e.Platform.Hubs.Get(n.region)
	switch d.wayOut(n) {
	case estate.HubFirewall:
		const t = "Microsoft.Network/routeTables"
		id := d.put(n.share, n.group.Resource(t, d.names.name(t, "", d.tokens(n.share, "egress", n.region, "001"))), n.region, n.pos, arm.O{"properties", arm.O{
			"disableBgpRoutePropagation", false,
			"routes", arm.A{arm.O{"name", "internet", "properties", arm.O{"addressPrefix", "0.0.0.0/0", "nextHopType", "VirtualAppliance", "nextHopIpAddress", hub.Firewall}}}}})
		d.edges = append(d.edges, Edge{n.share.place.Name(), "goes out through", "the hub firewall in " + n.region, d.e.Network.Of("egress")})
		return arm.O{"routeTable", arm.O{"id", arm.IDOf(id)}}
	case estate.NATGateway:
		const ip, nat = "Microsoft.Network/publicIPAddresses", "Microsoft.Network/natGateways"
		address := d.put(n.share, n.group.Resource(ip, d.names.name(ip, "", d.tokens(n.share, "egress", n.region, "001"))), n.region, n.pos, arm.O{
			"sku", arm.O{"name", "Standard"}, "properties", arm.O{"publicIPAllocationMethod", "Static", "publicIPAddressVersion", "IPv4"}})
		id := d.put(n.share, n.group.Resource(nat, d.names.name(nat, "", d.tokens(n.share, "egress", n.region, "001"))), n.region, n.pos, arm.O{
			"sku", arm.O{"name", "Standard"}, "properties", arm.O{"idleTimeoutInMinutes", 10, "publicIpAddresses", arm.A{arm.O{"id", arm.IDOf(address)}}}})
		return arm.O{"natGateway", arm.O{"id", arm.IDOf(id)}}
	}
	return nil
}

// securityGroup makes the subnet's network security group. Azure's own rules
// already let the virtual network and load balancers in and keep the internet
// out; what is added opens the ports of services that face the internet.
func (d *designer) securityGroup(n *net, s *subnet) arm.ID {
	const t = "Microsoft.Network/networkSecurityGroups"
	rules := slices.Clone(s.rules)
	to := s.prefix.String()
	if s.floating {
		to = "*"
	}
	for i, port := range s.ports {
		rules = append(rules, arm.O{"name", fmt.Sprintf("allow-internet-%d", port), "properties", arm.O{
			"priority", 200 + 10*i, "direction", "Inbound", "access", "Allow", "protocol", "Tcp",
			"sourceAddressPrefix", "Internet", "sourcePortRange", "*", "destinationAddressPrefix", to, "destinationPortRange", fmt.Sprint(port)}})
	}
	rules = append(rules, arm.O{"name", "deny-management-from-internet", "properties", arm.O{
		"priority", 1000, "direction", "Inbound", "access", "Deny", "protocol", "*",
		"sourceAddressPrefix", "Internet", "sourcePortRange", "*", "destinationAddressPrefix", "*", "destinationPortRanges", []string{"22", "3389"}}})
	return d.put(n.share, n.group.Resource(t, d.names.name(t, "", d.tokens(n.share, s.purpose, n.region, "001"))), n.region, n.pos, arm.O{
		"properties", arm.O{"securityRules", rules}})
}

// peering leaves the way to the hub to the platform, which owns its other end.
func (d *designer) peering(n *net) {
	hub, ok := d.e.Platform.Hubs.Get(n.region)
	if !ok || n.share.place.Connects != estate.Corp {
		if n.share.place.Connects == estate.Corp && !d.e.Platform.Standalone && d.once("hub "+n.region) {
			d.found.Infof(d.e.Of("platform"), "design/hub-unknown", "no hub is named for %q: how corp networks there reach the organization's own is not known; platform.hubs names it", n.region)
		}
		return
	}
	hubID, err := arm.ParseID(hub.VNet)
	if err != nil {
		return
	}
	if address, err := netip.ParseAddr(hub.Firewall); err == nil && d.once("hub address "+n.region) {
		for _, p := range d.e.Network.Pools {
			if p.Value.Contains(address) {
				d.found.Errorf(hub.Of("firewall"), "design/hub-address", "the hub's firewall %s lies in pool %s of %q: networks cut from it could not be peered with the hub", address, p.Value, p.Key)
			}
		}
	}
	d.theirs(hubID, hub.Of("vnet"), nil)
	d.open = append(d.open, Open{About: n.share.place.Name(), What: "peering with " + hubID.Name(), Pos: hub.Of("vnet"), Before: "6-compute",
		Why: "both ends are made together, and one is the platform's; the routes and DNS servers lie behind it"})
	d.edges = append(d.edges, Edge{n.share.place.Name(), "peers with", hubID.Name(), hub.Of("vnet")})
}
