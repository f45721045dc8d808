package main

import (
	"fmt"
	"slices"
	"strings"

	"airfield/arm"
	"airfield/catalog"
)

// offered are the sizes whose SKUs were read, beside those that run.
var offered = []string{"Standard_ND96isr_H100_v5", "Standard_ND96isr_H200_v5", "Standard_NC40ads_H100_v5", "Standard_NC80adis_H100_v5", "Standard_NC24ads_A100_v4", "Standard_NC96ads_A100_v4",
	"Standard_NC16as_T4_v3", "Standard_HB176rs_v4", "Standard_E8ads_v6", "Standard_F4as_v6", "Standard_F32as_v6", "Standard_D4s_v5", "Standard_D8s_v5", "Standard_E8s_v5"}

// granted is the quota that was asked for and given, in vCPUs of the family of
// a size. All other families of GPUs have none: con-tuner-prod never asked for
// an H100.
var granted = []struct {
	in, size string
	vcpus    int
}{
	{"con-ml-prod", "Standard_NC24ads_A100_v4", 192},
	{"con-ml-dev", "Standard_NC16as_T4_v3", 64},
	{"con-glyph-prod", "Standard_NC24ads_A100_v4", 192},
	{"con-glyph-prod", "Standard_NC16as_T4_v3", 128},
	{"con-glyph-prod", "Standard_NC40ads_H100_v5", 80},
	{"con-glyph-dev", "Standard_NC16as_T4_v3", 64},
	{"con-tuner-prod", "Standard_NC16as_T4_v3", 128},
}

// facts adds what Azure would give a subscription in each region: the usage of
// its quota, and the sizes it is offered.
func (m *maker) facts(s subscription) {
	if s.group == "" || s.group == "contoso-decommissioned" {
		return
	}
	for _, region := range []string{home, recovery} {
		m.usages(s, region)
		m.add(s.id().Resource("Microsoft.Network/locations/usages", region, "default"), "properties", arm.O{"value", arm.A{
			usage("VirtualNetworks", "Virtual Networks", 1, 1000), usage("StandardSkuPublicIpAddresses", "Public IPv4 Addresses - Standard", m.rand.IntN(8), 20),
			usage("StandardSkuLoadBalancers", "Standard Sku Load Balancers", m.rand.IntN(4), 1000), usage("NatGateways", "Nat Gateways", 0, 100)}})
		if s.group == "contoso-corp" || s.group == "contoso-online" {
			for _, size := range offered {
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
		limit := s.granted(region, f)
		if !accelerated(f) {
			limit = (used/100 + 2) * 100
		}
		value = append(value, usage(f, localized(f)+" vCPUs", used, limit))
	}
	value = append(arm.A{usage("availabilitySets", "Availability Sets", 0, 2500), usage("cores", "Total Regional vCPUs", total, max(350, (total/100+3)*100)),
		usage(machines, "Virtual Machines", m.used[meter{s.name, region, machines}], 25000), usage("lowPriorityCores", "Total Regional Spot vCPUs", 0, 100)}, value...)
	m.add(s.id().Resource("Microsoft.Compute/locations/usages", region, "default"), "properties", arm.O{"value", value})
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

// granted gives the quota of a family that was asked for.
func (s subscription) granted(region, family string) int {
	for _, g := range granted {
		if size, _ := catalog.SizeByName(g.size); g.in == s.name && region == home && size.QuotaFamily == family {
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
	if size.RDMA && (!s.ai() || region == recovery) {
		restrictions = append(restrictions, arm.O{"type", "Location", "values", []string{region}, "restrictionInfo", arm.O{"locations", []string{region}}, "reasonCode", "NotAvailableForSubscription"})
	}
	capability := func(name string, value any) arm.O { return arm.O{"name", name, "value", fmt.Sprint(value)} }
	m.add(s.id().Resource("Microsoft.Compute/locations/skus", region, name), "properties", arm.O{"resourceType", "virtualMachines", "name", size.Name, "tier", "Standard",
		"size", strings.TrimPrefix(size.Name, "Standard_"), "family", size.QuotaFamily, "locations", []string{region},
		"locationInfo", arm.A{arm.O{"location", region, "zones", zones, "zoneDetails", arm.A{}}},
		"capabilities", arm.A{capability("vCPUs", size.VCPUs), capability("MemoryGB", size.MemoryGiB), capability("GPUs", size.GPUs), capability("MaxDataDiskCount", size.MaxDataDisks), capability("PremiumIO", map[bool]string{true: "True", false: "False"}[size.PremiumIO]),
			capability("HyperVGenerations", strings.Join(size.HyperV, ",")), capability("RdmaEnabled", map[bool]string{true: "True", false: "False"}[size.RDMA])},
		"restrictions", restrictions})
}
