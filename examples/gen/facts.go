package main

import (
	"fmt"
	"slices"
	"strings"

	"airfield/arm"
	"airfield/catalog"
)

// facts adds what Azure would give a subscription in each region: the usage of
// its quota, and the sizes it is offered.
func (m *maker) facts(s subscription) {
	for _, region := range s.quotaIn {
		m.usages(s, region)
		m.add(m.id(s.name).Resource("Microsoft.Network/locations/usages", region, "default"), "properties", arm.O{"value", arm.A{
			usage("VirtualNetworks", "Virtual Networks", 1, 1000), usage("StandardSkuPublicIpAddresses", "Public IPv4 Addresses - Standard", m.rand.IntN(8), 20),
			usage("StandardSkuLoadBalancers", "Standard Sku Load Balancers", m.rand.IntN(4), 1000), usage("NatGateways", "Nat Gateways", 0, 100)}})
		for _, size := range m.offered {
			if slices.Contains(s.sizesIn, region) && !slices.Contains(m.unsold[region], size) {
				m.sku(s, region, size)
			}
		}
	}
}

// usages adds the usage of compute quota in a region.
func (m *maker) usages(s subscription, region string) {
	value, total := arm.A{}, 0
	for _, f := range families() {
		used := m.used[meter{s.name, region, f}]
		total += used
		limit := m.grantedTo(s, region, f)
		if !accelerated(f) {
			limit = (used/100 + 2) * 100
		}
		value = append(value, usage(f, localized(f)+" vCPUs", used, limit))
	}
	value = append(arm.A{usage("availabilitySets", "Availability Sets", 0, 2500), usage("cores", "Total Regional vCPUs", total, max(350, (total/100+3)*100)),
		usage(machines, "Virtual Machines", m.used[meter{s.name, region, machines}], 25000), usage("lowPriorityCores", "Total Regional Spot vCPUs", 0, 100)}, value...)
	m.add(m.id(s.name).Resource("Microsoft.Compute/locations/usages", region, "default"), "properties", arm.O{"value", value})
}

func usage(name, shown string, used, limit int) arm.O {
	return arm.O{"name", arm.O{"value", name, "localizedValue", shown}, "currentValue", used, "limit", limit, "unit", "Count"}
}

// localized gives a family as people read it.
func localized(family string) string {
	return strings.TrimSpace(strings.NewReplacer("standard", "Standard ", "Standard", "Standard ", "Family", " Family").Replace(strings.ReplaceAll(family, " ", "")))
}

// families gives the quota families of all sizes.
func families() []string {
	var all []string
	for _, s := range catalog.Sizes() {
		if s.QuotaFamily != "" && !slices.Contains(all, s.QuotaFamily) {
			all = append(all, s.QuotaFamily)
		}
	}
	slices.Sort(all)
	return all
}

// grantedTo gives the quota of a family that was asked for.
func (o *organization) grantedTo(s subscription, region, family string) int {
	for _, g := range o.granted {
		if size, _ := catalog.SizeByName(g.size); g.in == s.name && region == o.regions[0].name && size.QuotaFamily == family {
			return g.vcpus
		}
	}
	return 0
}

// accelerated tells whether a family has none unless it is asked for: GPUs and
// high performance computing.
func accelerated(family string) bool {
	f := strings.TrimPrefix(strings.ToLower(strings.ReplaceAll(family, " ", "")), "standard")
	return strings.HasPrefix(f, "n") || strings.HasPrefix(f, "h")
}

// sku adds a size as a subscription is offered it. Large GPUs are for those who
// asked.
func (m *maker) sku(s subscription, region, name string) {
	size, ok := catalog.SizeByName(name)
	if !ok {
		panic("no size " + name)
	}
	zones, restrictions := []string{"1", "2", "3"}, arm.A{}
	if size.GPUs > 0 {
		zones = zones[:2]
	}
	if size.RDMA && (!s.ai || region != m.regions[0].name) {
		restrictions = append(restrictions, arm.O{"type", "Location", "values", []string{region}, "restrictionInfo", arm.O{"locations", []string{region}}, "reasonCode", "NotAvailableForSubscription"})
	}
	capability := func(name string, value any) arm.O { return arm.O{"name", name, "value", fmt.Sprint(value)} }
	capabilities := arm.A{capability("vCPUs", size.VCPUs), capability("MemoryGB", size.MemoryGiB), capability("GPUs", size.GPUs), capability("MaxDataDiskCount", size.MaxDataDisks), capability("PremiumIO", yes(size.PremiumIO)),
		capability("HyperVGenerations", strings.Join(size.HyperV, ",")), capability("RdmaEnabled", yes(size.RDMA))}
	if m.detailed {
		capabilities = append(capabilities, capability("CpuArchitectureType", size.Arch), capability("AcceleratedNetworkingEnabled", yes(size.AcceleratedNetworking)), capability("LowPriorityCapable", "True"))
	}
	m.add(m.id(s.name).Resource("Microsoft.Compute/locations/skus", region, name), "properties", arm.O{"resourceType", "virtualMachines", "name", size.Name, "tier", "Standard",
		"size", strings.TrimPrefix(size.Name, "Standard_"), "family", size.QuotaFamily, "locations", []string{region},
		"locationInfo", arm.A{arm.O{"location", region, "zones", zones, "zoneDetails", arm.A{}}},
		"capabilities", capabilities,
		"restrictions", restrictions})
}

// yes gives a capability's word.
func yes(b bool) string {
	if b {
		return "True"
	}
	return "False"
}
