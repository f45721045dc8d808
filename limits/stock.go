package limits

import (
	"net/netip"
	"slices"
	"strings"

	"airfield/arm"
	"airfield/tenant"
)

// A Stock is what an actual tenant can give of machines, asked while a design is
// still in the making: what was taken counts in all that is asked after it.
type Stock struct {
	p     plan
	taken []demand
}

// NewStock gives the stock of an actual tenant.
func NewStock(have *tenant.Tenant) *Stock {
	return &Stock{p: plan{wanted: new(tenant.Tenant), have: have, markets: map[place]*market{}, plain: true}}
}

// Ask gives what stands against a wanted virtual machine or scale set, beside all
// that was taken, or is not known of it, in the way of Against but without
// alternatives: quota and the sizes that are offered.
func (s *Stock) Ask(r arm.Resource) []Block {
	s.p.demands, s.p.totals, s.p.blocks = append(slices.Clone(s.taken), s.read(r)...), map[bucket]*total{}, nil
	quota(&s.p)
	offered(&s.p)
	return slices.DeleteFunc(s.p.blocks, func(b Block) bool {
		return !b.Resource.Equal(r.ID) && (b.Sum == nil || !slices.ContainsFunc(b.Sum.Of, r.ID.Equal))
	})
}

// Take counts a wanted virtual machine or scale set from now on.
func (s *Stock) Take(r arm.Resource) { s.taken = append(s.taken, s.read(r)...) }

func (s *Stock) read(r arm.Resource) (all []demand) {
	for _, a := range askers {
		if a.typ.Equal(r.ID.Type()) {
			all = append(all, a.read(&s.p, r)...)
		}
	}
	for i := range all {
		all[i].most = max(all[i].most, all[i].now.n)
	}
	return all
}

// A Range is an address range that is in use, and the network that uses it.
type Range struct {
	Prefix netip.Prefix
	By     arm.ID
}

// Ranges gives the address ranges that networks of a tenant use: virtual
// networks, virtual hubs, what local gateways say lies outside, and what
// peerings say of networks that the tenant may not hold, in the order of ids.
func Ranges(have *tenant.Tenant) (all []Range) {
	add := func(by arm.ID, prefixes []netip.Prefix) {
		for _, p := range prefixes {
			all = append(all, Range{p, by})
		}
	}
	for r := range have.OfType(connected...) {
		add(r.ID, rangesOf(r))
		add(remoteOf(r.Get("properties"), r.ID))
		for peering := range items(r.Get("properties", "virtualNetworkPeerings")) {
			add(remoteOf(at(peering, "properties"), r.ID))
		}
	}
	return all
}

// remoteOf gives the other network of a peering, and the ranges that the peering
// says it has.
func remoteOf(peering arm.Value, id arm.ID) (remote arm.ID, all []netip.Prefix) {
	if remote = idOf(at(peering, "remoteVirtualNetwork")); remote == "" {
		remote = id
	}
	for _, name := range []string{"remoteVirtualNetworkAddressSpace", "remoteAddressSpace"} {
		for item := range items(at(peering, name, "addressPrefixes")) {
			if p, err := parsePrefix(item.Str()); err == nil && !slices.Contains(all, p) {
				all = append(all, p)
			}
		}
	}
	return remote, all
}

// Names gives the names that resources of a tenant have of types whose names
// are unique in all of Azure, behind the type, in lower case.
func Names(have *tenant.Tenant) map[string]bool {
	all := map[string]bool{}
	for _, t := range have.Types() {
		if uniqueIn(string(t)) != "global" {
			continue
		}
		for id := range have.IDsOf(t) {
			all[string(t)+"/"+strings.ToLower(id.Name())] = true
		}
	}
	return all
}
