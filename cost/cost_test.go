package cost_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"airfield/arm"
	"airfield/cost"
	"airfield/tenant"
	"airfield/tenant/tenanttest"
)

// check holds what is true of every bill.
func check(t *testing.T, tt *tenant.Tenant, b *cost.Bill) {
	t.Helper()
	answered := map[arm.ID]int{}
	sum := int64(0)
	for _, l := range b.Lines {
		answered[l.ID.Fold()]++
		sum += l.Amount
		if l.Quantity < 0 || l.Price < 0 || l.Amount != int64(math.Round(l.Quantity*float64(l.Price))) || l.AsOf == "" || l.Region == "" || l.Sum == "" || l.Unit == "" {
			t.Errorf("line %+v", l)
		}
		if (l.Kind == cost.Estimated) != (l.Why != "") {
			t.Errorf("%s, %s: %s, because %q", l.ID, l.Meter, l.Kind, l.Why)
		}
	}
	for _, u := range b.Unpriced {
		answered[u.ID.Fold()]++
	}
	for _, f := range b.Free {
		answered[f.ID.Fold()]++
	}
	for id := range tt.IDs(arm.Tenant) {
		if answered[id.Fold()] == 0 {
			t.Errorf("nothing is said of %s", id)
		}
	}
	parts := int64(0)
	for _, s := range b.By(func(id arm.ID) string { return string(id.SubscriptionID()) }) {
		parts += s.Amount
	}
	if b.Total() != sum || parts != sum {
		t.Errorf("total %d, lines %d, parts %d", b.Total(), sum, parts)
	}
}

// TestEveryResourceHasAnAnswer prices tenants made by chance.
func TestEveryResourceHasAnAnswer(t *testing.T) {
	for seed := range uint64(5) {
		tt := tenanttest.Generate(seed, tenanttest.Options{})
		check(t, tt, cost.Of(tt, cost.Input{}))
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		lines, in := randomResources(r)
		tt := build(t, lines)
		b := cost.Of(tt, in)
		check(t, tt, b)
		twice := cost.Of(tt, in)
		if fmt.Sprint(b) != fmt.Sprint(twice) {
			t.Error("two bills of one tenant differ")
		}
	}
}

func randomResources(r *rand.Rand) (string, cost.Input) {
	one := func(all ...string) string { return all[r.IntN(len(all))] }
	in, lines := cost.Input{Usage: map[arm.ID]cost.Usage{}}, ""
	for i := range r.IntN(12) {
		typ := one("Compute/virtualMachines", "Compute/virtualMachineScaleSets", "Compute/disks", "Compute/snapshots", "Batch/batchAccounts/ba/pools", "ContainerService/managedClusters",
			"Storage/storageAccounts", "StorageCache/amlFilesystems", "NetApp/netAppAccounts/a/capacityPools", "Network/natGateways", "Network/privateEndpoints", "Network/loadBalancers",
			"Network/publicIPAddresses", "Network/publicIPPrefixes", "Network/virtualNetworkGateways", "Network/expressRouteCircuits", "OperationalInsights/workspaces", "KeyVault/vaults", "Coffee/cups")
		id := group + "Microsoft." + typ + fmt.Sprintf("/x%d", i)
		size := one("Standard_D4s_v5", "Standard_ND96isr_H100_v5", "Standard_Cup_v1", "")
		n := r.IntN(4)
		lines += fmt.Sprintf(`{"id":%q,"location":%q,"kind":%q,"sku":{"name":%q,"tier":%q,"capacity":%d},"properties":{"hardwareProfile":{"vmSize":%q},"vmSize":%q,"priority":%q,"diskSizeGB":%d,"size":%d,"serviceLevel":%q,"storageCapacityTiB":%d,"prefixLength":%d,"scaleSettings":{"fixedScale":{"targetDedicatedNodes":%d,"targetLowPriorityNodes":%d}},"loadBalancingRules":[{}],"gatewayType":%q,"agentPoolProfiles":[{"name":"p","count":%d,"vmSize":%q}],"storageProfile":{"osDisk":{"managedDisk":{"storageAccountType":%q}},"dataDisks":[{"diskSizeGB":%d}]}}}`+"\n",
			id, one("swedencentral", "westeurope", "eastus", "japaneast", "denmarkeast", ""), one("StorageV2", "FileStorage", "BlockBlobStorage", "BlobStorage", ""),
			one("Standard", "Standard_LRS", "Premium_LRS", "Premium_ZRS", "PremiumV2_LRS", "Standard_RAGZRS", "AMLFS-Durable-Premium-40", size), one("Standard", "Free", "Premium"), n,
			size, size, one("Spot", "Regular"), r.IntN(40000), r.IntN(1<<42), one("Standard", "Premium"), 4*n, 24+r.IntN(10), n, r.IntN(3), one("Vpn", "ExpressRoute"), n, size,
			one("Premium_LRS", "StandardSSD_LRS", ""), r.IntN(2000))
		if r.IntN(2) == 0 {
			u := cost.Usage{}
			for _, q := range cost.Quantities {
				if r.IntN(2) == 0 {
					u[q] = float64(r.IntN(800))
				}
			}
			in.Usage[arm.ID(id).Fold()] = u
		}
	}
	return lines, in
}

// TestNothingIsCountedTwice shows what pays for machines that appear twice.
func TestNothingIsCountedTwice(t *testing.T) {
	for _, tt := range []struct{ name, resources, want string }{
		{"machines of a flexible scale set", `{"id":"GROUP/Microsoft.Compute/virtualMachineScaleSets/set","location":"swedencentral","sku":{"name":"Standard_D4s_v5","capacity":1},"properties":{"orchestrationMode":"Flexible"}}
			{"id":"GROUP/Microsoft.Compute/virtualMachines/vm","location":"swedencentral","properties":{"virtualMachineScaleSet":{"id":"GROUP/Microsoft.Compute/virtualMachineScaleSets/set"},"hardwareProfile":{"vmSize":"Standard_D4s_v5"}}}`, "148.92"},
		{"a cluster and its scale sets", `{"id":"GROUP/Microsoft.ContainerService/managedClusters/aks","location":"swedencentral","properties":{"nodeResourceGroup":"MC_aks","agentPoolProfiles":[{"name":"a","count":1,"vmSize":"Standard_D4s_v5"}]}}
			{"id":"/subscriptions/s1/resourceGroups/mc_aks","location":"swedencentral"}
			{"id":"/subscriptions/s1/resourceGroups/mc_aks/providers/Microsoft.Compute/virtualMachineScaleSets/aks-a","location":"swedencentral","sku":{"name":"Standard_D4s_v5","capacity":1}}`, "148.92"},
		{"a reservation of capacity, of which one of two is used", `{"id":"GROUP/Microsoft.Compute/capacityReservationGroups/g","location":"swedencentral"}
			{"id":"GROUP/Microsoft.Compute/capacityReservationGroups/g/capacityReservations/r","location":"swedencentral","sku":{"name":"Standard_D4s_v5","capacity":2}}
			{"id":"GROUP/Microsoft.Compute/virtualMachines/vm","location":"swedencentral","properties":{"capacityReservation":{"capacityReservationGroup":{"id":"GROUP/Microsoft.Compute/capacityReservationGroups/g"}},"hardwareProfile":{"vmSize":"Standard_D4s_v5"}}}`, "297.84"},
		// 1 regular and half of the other 2: 2 × 730 × 0.204, and 1 × 730 × 0.037699 on Spot
		{"a scale set of both priorities", `{"id":"GROUP/Microsoft.Compute/virtualMachineScaleSets/set","location":"swedencentral","sku":{"name":"Standard_D4s_v5","capacity":3},"properties":{"priorityMixPolicy":{"baseRegularPriorityCount":1,"regularPriorityPercentageAboveBase":50},"virtualMachineProfile":{"priority":"Spot"}}}`, "325.36"},
		{"a machine on a host of its own", `{"id":"GROUP/Microsoft.Compute/virtualMachines/vm","location":"swedencentral","properties":{"host":{"id":"/h"},"hardwareProfile":{"vmSize":"Standard_D4s_v5"}}}`, "0.00"},
		{"a machine that is off", `{"id":"GROUP/Microsoft.Compute/virtualMachines/vm","location":"swedencentral","properties":{"extended":{"instanceView":{"powerState":{"code":"PowerState/deallocated"}}},"hardwareProfile":{"vmSize":"Standard_D4s_v5"}}}`, "0.00"},
	} {
		b := cost.Of(build(t, tt.resources), cost.Input{})
		if have := cost.Dollars(b.Total()); have != tt.want {
			t.Errorf("%s: have %s, want %s:\n%s", tt.name, have, tt.want, show(b))
		}
	}
}

// TestUnknownIsNotZero shows that what is not known is named.
func TestUnknownIsNotZero(t *testing.T) {
	for _, tt := range []struct{ resource, want string }{
		{`{"id":"GROUP/Microsoft.Storage/storageAccounts/st","location":"swedencentral","kind":"StorageV2","sku":{"name":"Standard_LRS"}}`, "General Block Blob v2 Data Stored"},
		{`{"id":"GROUP/Microsoft.Compute/virtualMachines/vm","location":"denmarkeast","properties":{"hardwareProfile":{"vmSize":"Standard_D4s_v5"}}}`, "Standard_D4s_v5"},
		{`{"id":"GROUP/Microsoft.Compute/virtualMachines/vm","location":"westeurope","properties":{"hardwareProfile":{"vmSize":"Standard_D4s_v5"},"osProfile":{"windowsConfiguration":{}}}}`, "Windows"},
		{`{"id":"GROUP/Microsoft.Batch/batchAccounts/ba/pools/p","location":"westeurope","properties":{"vmSize":"Standard_D4s_v5","scaleSettings":{"autoScale":{}}}}`, "nodes of Standard_D4s_v5"},
		{`{"id":"GROUP/Microsoft.Network/expressRouteCircuits/erc","location":"westeurope","sku":{"tier":"Premium","family":"MeteredData"}}`, "ExpressRoute circuit Premium MeteredData"},
		{`{"id":"GROUP/Microsoft.Network/privateEndpoints/pep","location":"japaneast"}`, "Private Link Private endpoint"},
		{`{"id":"GROUP/Microsoft.Coffee/cups/c","location":"westeurope"}`, "Microsoft.Coffee/cups"},
	} {
		b := cost.Of(build(t, tt.resource), cost.Input{})
		if len(b.Unpriced) == 0 || b.Unpriced[0].What != tt.want || b.Unpriced[0].Why == "" {
			t.Errorf("%s: have %+v, want %s", tt.resource, b.Unpriced, tt.want)
		}
	}
}

// TestPlans holds the price plans side by side.
func TestPlans(t *testing.T) {
	for _, tt := range []struct {
		region, size string
		hours        float64
		want, best   string
	}{
		// 0.135731 / 0.23 = 59.0 %, 0.085084 / 0.23 = 37.0 %, 0.1748 / 0.23 = 76 %, 0.1265 / 0.23 = 55 %
		{"polandcentral", "Standard_D4s_v5", 365, "pay-as-you-go 83.95 0% known; Spot 15.51 0% known; reserved 1 year 99.08 59% known; reserved 3 years 62.11 37% known; savings plan 1 year 127.60 76% known; savings plan 3 years 92.35 55% known", "reserved 3 years"},
		{"eastus", "Standard_D4s_v5", 200, "pay-as-you-go 38.40 0% known; reserved 1 year 82.71 59% estimated; reserved 3 years 51.85 37% estimated; savings plan 1 year 106.52 76% estimated; savings plan 3 years 77.09 55% estimated", "pay-as-you-go"},
		{"nowhere", "Standard_D4s_v5", 200, "", ""},
	} {
		f := cost.Fleet{Plans: cost.PlansOf(tt.region, tt.size, 1, tt.hours)}
		var have []string
		for _, p := range f.Plans {
			have = append(have, fmt.Sprintf("%s %s %.0f%% %s", p.Name, cost.Dollars(p.Month), p.BreakEven*100, p.Kind))
		}
		best, _ := f.Best()
		if strings.Join(have, "; ") != tt.want || best.Name != tt.best {
			t.Errorf("%s in %s: have\n%s, best %q, want\n%s, best %q", tt.size, tt.region, strings.Join(have, "; "), best.Name, tt.want, tt.best)
		}
	}
}

// TestBreakEven shows that a commitment costs less than pay-as-you-go exactly
// above the share of the month that it names.
func TestBreakEven(t *testing.T) {
	for _, size := range []string{"Standard_D4s_v5", "Standard_ND96isr_H100_v5", "Standard_NC24ads_A100_v4"} {
		for _, region := range []string{"polandcentral", "eastus"} {
			plans := cost.PlansOf(region, size, 1, 0)
			for _, p := range plans[1:] {
				if p.BreakEven == 0 || p.BreakEven == 1 {
					continue
				}
				below, above := p.BreakEven-0.001, p.BreakEven+0.001
				committed := float64(p.Hour) * cost.Month
				if payg := float64(plans[0].Hour) * cost.Month; payg*below >= committed || payg*above <= committed {
					t.Errorf("%s in %s, %s: %f", size, region, p.Name, p.BreakEven)
				}
			}
		}
	}
}

// TestIdle prices nodes that are kept against nodes that are started.
func TestIdle(t *testing.T) {
	b := cost.Of(build(t, `{"id":"GROUP/Microsoft.Compute/virtualMachineScaleSets/set","location":"swedencentral","sku":{"name":"Standard_D4s_v5","capacity":2}}`),
		usage(map[string]cost.Usage{"GROUP/Microsoft.Compute/virtualMachineScaleSets/set": {cost.Hours: 230}}))
	if len(b.Fleets) != 1 || cost.Dollars(b.Fleets[0].Idle) != "204.00" { // 2 nodes × 500 h × 0.204
		t.Errorf("have %+v", b.Fleets)
	}
}

func TestDollars(t *testing.T) {
	for _, tt := range []struct {
		in   int64
		want string
	}{{0, "0.00"}, {4_999, "0.00"}, {5_000, "0.01"}, {1_234_567_890_000, "1,234,567.89"}, {999_995_000, "1,000.00"}} {
		if have := cost.Dollars(tt.in); have != tt.want {
			t.Errorf("%d: have %s, want %s", tt.in, have, tt.want)
		}
	}
}

func FuzzOf(f *testing.F) {
	f.Add(`{"location":"eastus","sku":{"name":"Standard_D4s_v5","capacity":2},"properties":{}}`, "Microsoft.Compute/virtualMachineScaleSets", 3.5)
	f.Add(`{"location":"eastus","sku":{"name":"Standard_D4s_v5","capacity":-2}}`, "Microsoft.Compute/virtualMachineScaleSets", 1.0)
	f.Add(`{"location":"westeurope","kind":"StorageV2","sku":{"name":"Standard_LRS"}}`, "Microsoft.Storage/storageAccounts", 1.0)
	f.Add(`{"properties":{"agentPoolProfiles":[{"count":-1}]}}`, "Microsoft.ContainerService/managedClusters", -1.0)
	f.Fuzz(func(t *testing.T, body, typ string, n float64) {
		v, err := arm.Parse(body)
		if err != nil || v.Kind() != arm.Object || math.IsNaN(n) || math.Abs(n) > 1e6 {
			return
		}
		id, err := arm.ParseID(group + typ + "/x")
		if err != nil {
			return
		}
		var b tenant.Builder
		b.Add(arm.Resource{ID: id, Body: v})
		tt, _ := b.Tenant()
		u := cost.Usage{}
		for _, q := range cost.Quantities {
			u[q] = math.Abs(n)
		}
		for _, in := range []cost.Input{{}, {Usage: map[arm.ID]cost.Usage{id.Fold(): u}}} {
			bill := cost.Of(tt, in)
			if !slices.ContainsFunc(bill.Lines, func(l cost.Line) bool { return l.Quantity < 0 || l.Amount < 0 }) {
				continue
			}
			t.Errorf("%+v", bill.Lines)
		}
	})
}
