package limits

import (
	"cmp"
	"maps"
	"slices"

	"airfield/arm"
	"airfield/diag"
)

// keptAddresses are those that Azure keeps of each subnet.
// learn.microsoft.com/azure/virtual-network/virtual-networks-faq
const keptAddresses = 5

// podsOfNode are those that a node of AKS is ready for where its pool does not
// say it.
// learn.microsoft.com/azure/aks/concepts-network-ip-address-planning
const podsOfNode = 30

// A room is a subnet, and the addresses that are wanted of it.
type room struct {
	id    arm.ID
	total // of addresses
}

// rooms holds the addresses that machines and endpoints take of a subnet
// together against those that it has left. It asks for all machines, so it comes
// before quota, which takes some out of the count.
func rooms(p *plan) {
	all := map[arm.ID]*room{}
	take := func(by *demand, subnet arm.Value, now, most int64) {
		id := idOf(subnet)
		if id == "" || most <= 0 {
			return
		}
		if all[id.Fold()] == nil {
			all[id.Fold()] = &room{id: id}
		}
		at := all[id.Fold()]
		at.now, at.most = at.now+now, at.most+most
		at.parts = append(at.parts, part{demand: by, now: now, most: most})
	}
	for i := range p.demands {
		d := &p.demands[i]
		had, _ := p.before(d)
		each := p.addressesOf(d)
		for subnet := range d.subnets {
			take(d, subnet, each*max(0, d.now.n-had.now.n), each*max(0, d.most-had.now.n))
		}
	}
	for r := range p.all("Microsoft.Network/networkInterfaces", privateEndpoints) {
		if p.have.Has(r.ID) {
			continue
		}
		by := &demand{Resource: r}
		take(by, r.Get("properties", "subnet"), 1, 1)
		for c := range items(r.Get("properties", "ipConfigurations")) {
			take(by, at(c, "properties", "subnet"), 1, 1)
		}
	}
	for _, id := range slices.SortedFunc(maps.Keys(all), arm.ID.Compare) {
		p.room(all[id])
	}
}

// subnets gives the subnets in which each machine of a demand has an address.
func (d *demand) subnets(yield func(arm.Value) bool) {
	for nic := range items(at(d.body, "networkProfile", "networkInterfaceConfigurations")) {
		for c := range items(at(nic, "properties", "ipConfigurations")) {
			if subnet := at(c, "properties", "subnet"); given(subnet) && !yield(subnet) {
				return
			}
		}
	}
	for _, subnet := range []arm.Value{at(d.body, "vnetSubnetID"), at(d.body, "networkConfiguration", "subnetId")} {
		if known(subnet) && !yield(subnet) {
			return
		}
	}
}

// addressesOf gives how many addresses a machine takes of its subnet: a node of
// AKS those of its pods, too, where they are no overlay and have no subnet.
func (p *plan) addressesOf(d *demand) int64 {
	cluster := d.Resource
	if agentPools.Equal(d.Type()) {
		cluster, _ = p.find(d.ID.Parent())
	}
	network := cluster.Get("properties", "networkProfile")
	if !is(at(network, "networkPlugin"), "azure") || is(at(network, "networkPluginMode"), "overlay") || given(at(d.body, "podSubnetID")) {
		return 1
	}
	pods, _ := number(at(d.body, "maxPods"))
	return 1 + cmp.Or(max(0, min(pods, 1000)), podsOfNode)
}

// room says that a subnet has too few addresses, or that what lies in it may
// not.
func (p *plan) room(r *room) {
	c := &check{in: overlay{p}}
	first, b := r.largest().Resource, Block{At: r.id}
	subnet, ok := c.lookup(arm.New(string(r.id)))
	if !ok {
		b.Because = "the subnet is not in the snapshot"
		p.add(first, b, diag.Warning, "limits/subnet-full", "wanted %d of the addresses of subnet %q", r.most, r.id.Name())
		return
	}
	if service := at(subnet.Get("properties", "delegations").At(0), "properties", "serviceName"); known(service) {
		b.Because = "a subnet that is delegated may take nothing but what it is delegated to"
		p.add(first, b, diag.Warning, "limits/subnet-delegation", "wanted in subnet %q, which is delegated to %s", r.id.Name(), service.Str())
		b.Because = ""
	}
	free := int64(0)
	for _, prefix := range subnetRanges(nil, c, subnet.Get("properties"), false) {
		if prefix.Addr().Is4() {
			free += 1 << (32 - prefix.Bits())
		}
	}
	if free == 0 {
		return // known only after deployment
	}
	there, _ := (&check{in: p.have}).lookup(arm.New(string(r.id)))
	used, has := int64(count(there.Get("properties", "ipConfigurations"))), max(0, free-keptAddresses)
	severity, n, much, grown := diag.Error, r.now, now, ""
	if r.now <= has-used {
		severity, n, much, grown = diag.Warning, r.most, most, " where all grow to their most"
	}
	if n > has-used {
		p.add(first, b, severity, "limits/subnet-full", "wanted %d of the addresses of subnet %q%s (%s), found %d of %d in use, without the %d that Azure keeps",
			n, r.id.Name(), grown, r.of(much), used, has, keptAddresses)
	}
}
