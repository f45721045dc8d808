package limits

import (
	"fmt"
	"net/netip"
	"slices"

	"airfield/arm"
	"airfield/diag"
)

// The types that make the graph of networks that reach each other.
const (
	hubConnections arm.Type = "Microsoft.Network/virtualHubs/hubVirtualNetworkConnections"
	localGateways  arm.Type = "Microsoft.Network/localNetworkGateways"
	virtualHubs    arm.Type = "Microsoft.Network/virtualHubs"
)

// connected are the types that overlap reads of the actual tenant.
var connected = []arm.Type{virtualNetworks, peerings, hubConnections, virtualHubs, localGateways}

// A network has address ranges: a virtual network, a virtual hub, or what a
// local network gateway says lies outside.
type network struct {
	arm.Resource
	ranges []netip.Prefix
	fresh  bool // it does not exist with these ranges
	links  []link
}

// A link is a peering, or a connection to a virtual hub.
type link struct {
	to    *network
	fresh bool // it does not exist
}

// overlaps holds the ranges of networks against those that they reach. Azure
// refuses a peering of two networks that share addresses, and one of a network
// with a second that shares addresses with a first; any other overlap is taken,
// and in the way later.
// learn.microsoft.com/azure/virtual-network/virtual-network-manage-peering
func overlaps(p *plan) {
	all, unread := p.networks(), p.unread("", virtualNetworks)
	for _, n := range all {
		if n.Theirs || localGateways.Equal(n.Type()) {
			continue
		}
		p.reaching(n)
		p.unrelated(n, all)
		why := unread
		if n.open() {
			why = "some of its addresses are known only after deployment"
		}
		if n.fresh && why != "" {
			p.add(n.Resource, Block{Because: why}, diag.Info, "limits/address-unpeered", "wanted addresses that no other network has")
		}
	}
	for r := range p.all(managedClusters) {
		p.clusterRanges(r)
	}
	for r := range p.all(netAppVolumes) {
		p.delegated(r)
	}
}

// networks reads all networks, wanted or there, with their links.
func (p *plan) networks() []*network {
	var all []*network
	byID := map[arm.ID]*network{}
	for _, t := range []arm.Type{virtualNetworks, virtualHubs, localGateways} {
		for r := range p.after(t) {
			n := &network{Resource: r, ranges: rangesOf(r)}
			if before, ok := p.have.Get(r.ID); !ok || fmt.Sprint(rangesOf(before)) != fmt.Sprint(n.ranges) {
				n.fresh = true
			}
			all, byID[r.ID.Fold()] = append(all, n), n
		}
	}
	for _, t := range []arm.Type{peerings, hubConnections} {
		for r := range p.after(t) {
			p.link(byID, r, r.Get("properties"))
		}
	}
	for _, n := range all {
		for peering := range items(n.Get("properties", "virtualNetworkPeerings")) {
			child := arm.Resource{ID: n.ID.Child("virtualNetworkPeerings", peering.Get("name").Str()), Pos: n.Pos, Theirs: n.Theirs}
			p.link(byID, child, at(peering, "properties"))
		}
	}
	return all
}

// link joins the network that a peering lies in with the remote one, both ways.
// A peering of single subnets lets the rest overlap.
func (p *plan) link(byID map[arm.ID]*network, r arm.Resource, properties arm.Value) {
	remote := idOf(at(properties, "remoteVirtualNetwork"))
	if isFalse(at(properties, "peerCompleteVnets")) {
		return
	}
	a, b := byID[r.ID.Parent().Fold()], byID[remote.Fold()]
	if a == nil || b == nil {
		if !r.Theirs && remote != "" {
			p.add(r, Block{Because: "one of the two is not in the snapshot"}, diag.Warning, "limits/address-peered", "wanted networks that share no address")
		}
		return
	}
	fresh := !r.Theirs && !p.have.Has(r.ID)
	a.links = append(a.links, link{b, fresh})
	b.links = append(b.links, link{a, fresh})
}

// open tells whether some ranges of a network are not known.
func (n *network) open() bool {
	spaces := at(n.Get("properties"), "addressSpace", "addressPrefixes")
	return given(n.Get("properties", "addressSpace", "ipamPoolPrefixAllocations")) || spaces.Kind() == arm.Unknown ||
		slices.ContainsFunc(slices.Collect(spaces.Items()), func(v arm.Value) bool { return v.Kind() == arm.Unknown })
}

// rangesOf gives the address ranges of a network that are known.
func rangesOf(r arm.Resource) (all []netip.Prefix) {
	add := func(v arm.Value) {
		if p, err := parsePrefix(v.Str()); err == nil {
			all = append(all, p)
		}
	}
	for item := range items(r.Get("properties", "addressSpace", "addressPrefixes")) {
		add(item)
	}
	for item := range items(r.Get("properties", "localNetworkAddressSpace", "addressPrefixes")) {
		add(item)
	}
	add(r.Get("properties", "addressPrefix"))
	return all
}

// shared gives the first two ranges of two networks with an address in common.
func shared(a, b []netip.Prefix) (x, y netip.Prefix, found bool) {
	for _, x := range a {
		for _, y := range b {
			if x.Overlaps(y) {
				return x, y, true
			}
		}
	}
	return x, y, false
}

// reaching holds a network against those it is linked with, and against what
// those are linked with.
func (p *plan) reaching(n *network) {
	seen := map[*network]bool{n: true}
	for _, near := range n.links {
		p.refused(n, near.to, near.fresh, seen, "which it is peered with")
	}
	for _, near := range n.links {
		for _, far := range near.to.links {
			p.refused(n, far.to, near.fresh || far.fresh, seen, fmt.Sprintf("which %q is peered with too", near.to.ID.Name()))
		}
	}
}

func (p *plan) refused(a, b *network, fresh bool, seen map[*network]bool, how string) {
	if seen[b] || !fresh && !a.fresh && !b.fresh {
		return
	}
	seen[b] = true
	if !b.Theirs && b.ID.Compare(a.ID) < 0 {
		return // a pair that is wanted is said once
	}
	if x, y, found := shared(a.ranges, b.ranges); found {
		p.add(a.Resource, Block{At: b.ID}, diag.Error, "limits/address-peered", "wanted addresses that no other network has, found %s, which overlaps %s of %q, %s", x, y, b.ID.Name(), how)
	}
}

// unrelated names the networks beyond that have addresses of a new network.
func (p *plan) unrelated(n *network, all []*network) {
	if !n.fresh {
		return
	}
	linked := map[*network]bool{n: true}
	for _, near := range n.links {
		linked[near.to] = true
		for _, far := range near.to.links {
			linked[far.to] = true
		}
	}
	var names []string
	b := Block{}
	for _, other := range all {
		if linked[other] || !other.Theirs && other.ID.Compare(n.ID) < 0 {
			continue
		}
		if _, y, found := shared(n.ranges, other.ranges); found {
			names = append(names, fmt.Sprintf("%s of %q", y, other.ID.Name()))
			if b.At == "" {
				b.At = other.ID
			}
		}
	}
	if len(names) > 0 {
		b.Help = "take another range: of an estate, take what is in use out of network.pools, and airfield design --update the network's"
		p.add(n.Resource, b, diag.Warning, "limits/address-unpeered", "wanted addresses that no other network has, found %s in use, so that they can never be connected", list(names))
	}
}

// clusterRanges holds the ranges of services and pods of a cluster against the
// networks of its nodes. Azure refuses services that share addresses with a
// subnet of the nodes.
// learn.microsoft.com/azure/aks/concepts-network-ip-address-planning
func (p *plan) clusterRanges(r arm.Resource) {
	profile := r.Get("properties", "networkProfile")
	c := &check{in: overlay{p}}
	for pool := range items(r.Get("properties", "agentPoolProfiles")) {
		subnet, ok := c.lookup(at(pool, "vnetSubnetID"))
		if !ok {
			continue
		}
		vnet, _ := p.find(subnet.ID.Parent())
		for _, member := range []string{"serviceCidr", "podCidr"} {
			inside, err := parsePrefix(at(profile, member).Str())
			severity := diag.Warning
			if _, _, found := shared(subnetRanges(nil, c, subnet.Get("properties"), false), []netip.Prefix{inside}); found && member == "serviceCidr" {
				severity = diag.Error
			}
			if x, _, found := shared(rangesOf(vnet), []netip.Prefix{inside}); found && err == nil {
				p.add(r, Block{At: subnet.ID, Path: "properties.networkProfile." + member}, severity, "limits/address-cluster",
					"wanted a %s outside of the network of its nodes, found %s, which overlaps %s of %q", member, inside, x, vnet.ID.Name())
			}
		}
	}
}

// delegated wants the subnet of a NetApp volume delegated to NetApp.
// learn.microsoft.com/azure/azure-netapp-files/azure-netapp-files-delegate-subnet
func (p *plan) delegated(r arm.Resource) {
	id := idOf(r.Get("properties", "subnetId"))
	c := &check{in: overlay{p}}
	subnet, ok := c.lookup(arm.New(string(id)))
	if id == "" || !ok {
		return
	}
	for d := range items(subnet.Get("properties", "delegations")) {
		if is(at(d, "properties", "serviceName"), "Microsoft.NetApp/volumes") {
			return
		}
	}
	p.add(r, Block{At: subnet.ID, Path: "properties.subnetId"}, diag.Error, "limits/subnet-delegation", "wanted a subnet that is delegated to Microsoft.NetApp/volumes, found %q, which is not", subnet.ID.Name())
}
