package cost_test

import (
	"strings"
	"testing"

	"airfield/arm"
	"airfield/cost"
	"airfield/tenant"
)

const group = "/subscriptions/s1/resourceGroups/rg/providers/"

// build makes a tenant of resources written as JSON, one a line, and their ids.
func build(t testing.TB, lines string) *tenant.Tenant {
	t.Helper()
	b := tenant.Builder{}
	add := func(text string) {
		v, err := arm.Parse(text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		b.Add(arm.Resource{ID: arm.ID(v.Get("id").Str()), Body: v})
	}
	add(`{"id":"/subscriptions/s1","type":"Microsoft.Resources/subscriptions","name":"s1"}`)
	add(`{"id":"/subscriptions/s1/resourceGroups/rg","type":"Microsoft.Resources/subscriptions/resourceGroups","name":"rg","location":"westeurope"}`)
	for line := range strings.Lines(strings.ReplaceAll(lines, "GROUP/", group)) {
		if strings.TrimSpace(line) != "" {
			add(strings.TrimSpace(line))
		}
	}
	tt, found := b.Tenant()
	if found.HasErrors() {
		t.Fatal(found)
	}
	return tt
}

// usage keys uses by the end of the id.
func usage(all map[string]cost.Usage) cost.Input {
	in := cost.Input{Usage: map[arm.ID]cost.Usage{}}
	for id, u := range all {
		in.Usage[arm.ID(strings.ReplaceAll(id, "GROUP/", group)).Fold()] = u
	}
	return in
}

// TestByHand holds bills of ten designs, worked out by hand from the tables of
// the catalog, to the cent.
func TestByHand(t *testing.T) {
	for _, tt := range []struct {
		name, resources string
		usage           map[string]cost.Usage
		want            string
		unpriced        []string
	}{{
		// Standard_D4s_v5 in swedencentral: 730 h × 0.204   = 148.92
		// P10 LRS, the tier of 128 GiB:     1 × 21.68       =  21.68
		//                                                     170.60
		name:      "a machine that always runs",
		resources: `{"id":"GROUP/Microsoft.Compute/virtualMachines/vm","location":"swedencentral","properties":{"hardwareProfile":{"vmSize":"Standard_D4s_v5"},"storageProfile":{"osDisk":{"managedDisk":{"storageAccountType":"Premium_LRS"},"diskSizeGB":100}}}}`,
		want:      "170.60",
	}, {
		// 8 nodes × 438 h × 127.816 = 3504 × 127.816 = 447,867.264
		name:      "training 60 % of the month",
		resources: `{"id":"GROUP/Microsoft.Compute/virtualMachineScaleSets/set","location":"swedencentral","sku":{"name":"Standard_ND96isr_H100_v5","capacity":8},"properties":{"virtualMachineProfile":{"storageProfile":{"osDisk":{"diffDiskSettings":{"option":"Local"}}}}}}`,
		usage:     map[string]cost.Usage{"GROUP/Microsoft.Compute/virtualMachineScaleSets/set": {cost.Hours: 438}},
		want:      "447,867.26",
	}, {
		// Spot: 2 nodes × 100 h × 0.037699 =  7.5398
		// E10 LRS: 2 × 9.60                = 19.20
		//                                    26.7398
		name:      "preparation on Spot",
		resources: `{"id":"GROUP/Microsoft.Compute/virtualMachineScaleSets/set","location":"swedencentral","sku":{"name":"Standard_D4s_v5","capacity":2},"properties":{"virtualMachineProfile":{"priority":"Spot","storageProfile":{"osDisk":{"managedDisk":{"storageAccountType":"StandardSSD_LRS"},"diskSizeGB":128}}}}}`,
		usage:     map[string]cost.Usage{"GROUP/Microsoft.Compute/virtualMachineScaleSets/set": {cost.Hours: 100}},
		want:      "26.74",
		unpriced:  []string{"Standard SSD Managed Disks Disk Operations"},
	}, {
		// Hot ZRS: 51,200 GiB × 0.023            = 1,177.60
		//           8,800 GiB × 0.02208          =   194.304
		// Cool ZRS: 1,000 GiB × 0.0125           =    12.50
		// writes: 2 million × 6.25               =    12.50
		// reads: 10 million × 0.40               =     4.00
		//                                          1,400.904
		name: "blobs over two tiers of price",
		resources: `{"id":"GROUP/Microsoft.Storage/storageAccounts/st","location":"swedencentral","kind":"StorageV2","sku":{"name":"Standard_ZRS"}}
			{"id":"GROUP/Microsoft.Storage/storageAccounts/st/blobServices/default"}
			{"id":"GROUP/Microsoft.Storage/storageAccounts/st/blobServices/default/containers/c"}`,
		usage: map[string]cost.Usage{"GROUP/Microsoft.Storage/storageAccounts/st": {cost.Hot: 60_000, cost.Cool: 1000, cost.Writes: 2e6, cost.Reads: 10e6}},
		want:  "1,400.90",
	}, {
		// 76 TiB × 1024 × 0.44384 = 77,824 × 0.44384 = 34,541.40416
		name:      "a Lustre file system",
		resources: `{"id":"GROUP/Microsoft.StorageCache/amlFilesystems/fs","location":"swedencentral","sku":{"name":"AMLFS-Durable-Premium-500"},"properties":{"storageCapacityTiB":76}}`,
		want:      "34,541.40",
	}, {
		// NAT gateway: 730 h × 0.045  =  32.85
		//              1000 GB × 0.045 = 45.00
		// address: 730 h × 0.005      =   3.65
		// firewall: 730 h × 1.25      = 912.50
		//           5000 GB × 0.016   =  80.00
		// out: 100 GB × 0             =   0.00
		//      200 GB × 0.087         =  17.40, the price of eastus, in the same billing zone
		//                             1,091.40
		name: "the way out of a network",
		resources: `{"id":"GROUP/Microsoft.Network/natGateways/ng","location":"westeurope"}
			{"id":"GROUP/Microsoft.Network/publicIPAddresses/pip","location":"westeurope","sku":{"name":"Standard"}}
			{"id":"GROUP/Microsoft.Network/azureFirewalls/afw","location":"westeurope","properties":{"sku":{"tier":"Standard"}}}
			{"id":"GROUP/Microsoft.Network/virtualNetworks/vnet","location":"westeurope"}`,
		usage: map[string]cost.Usage{"GROUP/Microsoft.Network/natGateways/ng": {cost.Processed: 1000}, "GROUP/Microsoft.Network/azureFirewalls/afw": {cost.Processed: 5000}, "GROUP/Microsoft.Network/publicIPAddresses/pip": {cost.Egress: 300}},
		want:  "1,091.40",
	}, {
		// endpoint: 730 h × 0.01   = 7.30, the price of westus, in the same billing zone
		// in: 100 GB × 0.01        = 1.00
		// out: 200 GB × 0.01       = 2.00
		// zone                     = 0.50
		//                           10.80
		name: "a private endpoint, its zone, and who reads it",
		resources: `{"id":"GROUP/Microsoft.Network/privateEndpoints/pep","location":"swedencentral"}
			{"id":"GROUP/Microsoft.Network/privateEndpoints/pep/privateDnsZoneGroups/default"}
			{"id":"GROUP/Microsoft.Network/privateDnsZones/privatelink.blob.core.windows.net","location":"global"}
			{"id":"GROUP/Microsoft.Network/privateDnsZones/privatelink.blob.core.windows.net/virtualNetworkLinks/l","location":"global"}`,
		usage: map[string]cost.Usage{"GROUP/Microsoft.Network/privateEndpoints/pep": {cost.In: 100, cost.Out: 200}},
		want:  "10.80",
	}, {
		// control plane: 730 h × 0.1             =    73.00
		// 3 nodes × 730 h × 0.192                =   420.48
		// 1 node × 730 h × 3.673, no Spot price  = 2,681.29
		//                                          3,174.77
		name: "a cluster with two pools",
		resources: `{"id":"GROUP/Microsoft.ContainerService/managedClusters/aks","location":"eastus","sku":{"tier":"Standard"},"properties":{"agentPoolProfiles":[{"name":"system","count":3,"vmSize":"Standard_D4s_v5","osDiskType":"Ephemeral"}]}}
			{"id":"GROUP/Microsoft.ContainerService/managedClusters/aks/agentPools/gpu","location":"eastus","properties":{"count":1,"vmSize":"Standard_NC24ads_A100_v4","scaleSetPriority":"Spot","osDiskType":"Ephemeral"}}`,
		want: "3,174.77",
	}, {
		// 3 nodes × 200 h × 0.46          = 276.00
		// 5 Spot nodes × 200 h × 0.085008 =  85.008
		//                                   361.008
		name: "a Batch pool of both kinds of nodes",
		resources: `{"id":"GROUP/Microsoft.Batch/batchAccounts/ba","location":"westeurope"}
			{"id":"GROUP/Microsoft.Batch/batchAccounts/ba/pools/p","properties":{"vmSize":"STANDARD_D8S_V5","scaleSettings":{"fixedScale":{"targetDedicatedNodes":3,"targetLowPriorityNodes":5}},"deploymentConfiguration":{"virtualMachineConfiguration":{"osDisk":{"ephemeralOSDiskSettings":{"placement":"CacheDisk"}}}}}}`,
		usage: map[string]cost.Usage{"GROUP/Microsoft.Batch/batchAccounts/ba/pools/p": {cost.Hours: 200}},
		want:  "361.01",
	}, {
		// machine: 730 h × 0.23             = 167.90
		// E10 LRS                           =   9.60
		// Defender: 1 server × 14.60        =  14.60
		//           1 subscription × 5.04   =   5.04
		// logs: 50 GB × 2.99                = 149.50
		// registry: 365/12 days × 1.6666    =  50.692417
		// vault: 20,000 operations at 0.03  =   0.06
		// out: 100 GB × 0, 500 GB × 0.087   =  43.50
		// a load balancer: 730 h × 0.025    =  18.25
		//   2 rules beyond five × 730 × .01 =  14.60
		//                                     473.742417
		name: "what stands beside a machine",
		resources: `{"id":"GROUP/Microsoft.Compute/virtualMachines/vm","location":"westeurope","properties":{"hardwareProfile":{"vmSize":"Standard_D4s_v5"},"storageProfile":{"osDisk":{"managedDisk":{"storageAccountType":"StandardSSD_LRS","id":"GROUP/Microsoft.Compute/disks/os"}}}}}
			{"id":"GROUP/Microsoft.Compute/disks/os","location":"westeurope","sku":{"name":"StandardSSD_LRS"},"properties":{"diskSizeGB":128}}
			{"id":"/subscriptions/s1/providers/Microsoft.Security/pricings/VirtualMachines","properties":{"pricingTier":"Standard","subPlan":"P2"}}
			{"id":"/subscriptions/s1/providers/Microsoft.Security/pricings/Arm","properties":{"pricingTier":"Standard"}}
			{"id":"/subscriptions/s1/providers/Microsoft.Security/pricings/AI","properties":{"pricingTier":"Standard"}}
			{"id":"/subscriptions/s1/providers/Microsoft.Security/pricings/Dns","properties":{"pricingTier":"Free"}}
			{"id":"GROUP/Microsoft.OperationalInsights/workspaces/log","location":"westeurope"}
			{"id":"GROUP/Microsoft.ContainerRegistry/registries/cr","location":"westeurope","sku":{"name":"Premium"}}
			{"id":"GROUP/Microsoft.KeyVault/vaults/kv","location":"westeurope"}
			{"id":"GROUP/Microsoft.Network/loadBalancers/lb","location":"westeurope","sku":{"name":"Standard"},"properties":{"loadBalancingRules":[{},{},{},{},{},{}],"outboundRules":[{}]}}`,
		usage: map[string]cost.Usage{"GROUP/Microsoft.OperationalInsights/workspaces/log": {cost.Logs: 50},
			"GROUP/Microsoft.KeyVault/vaults/kv": {cost.Operations: 20_000}, "GROUP/Microsoft.Compute/virtualMachines/vm": {cost.Egress: 600, cost.Hours: 730}},
		want:     "473.74",
		unpriced: []string{"Standard SSD Managed Disks Disk Operations", "Load Balancer Data processed", "Defender AI"},
	}} {
		b := cost.Of(build(t, tt.resources), usage(tt.usage))
		if have := cost.Dollars(b.Total()); have != tt.want {
			t.Errorf("%s: have %s, want %s:\n%s", tt.name, have, tt.want, show(b))
		}
		var unpriced []string
		for _, u := range b.Unpriced {
			unpriced = append(unpriced, u.What)
		}
		if strings.Join(unpriced, "; ") != strings.Join(tt.unpriced, "; ") {
			t.Errorf("%s: unpriced %q, want %q:\n%s", tt.name, unpriced, tt.unpriced, show(b))
		}
	}
}

// show prints a bill.
func show(b *cost.Bill) string {
	var s strings.Builder
	for _, l := range b.Lines {
		s.WriteString(l.ID.Name() + ": " + l.Meter + ": " + l.Sum + " = " + cost.Dollars(l.Amount) + " (" + l.Region + ", " + l.AsOf + ", " + string(l.Kind) + " " + l.Why + ")\n")
	}
	for _, u := range b.Unpriced {
		s.WriteString(u.ID.Name() + ": unpriced: " + u.What + ": " + u.Why + "\n")
	}
	for _, a := range b.Assumptions {
		s.WriteString(a.ID.Name() + ": assumed: " + a.What + "\n")
	}
	return s.String()
}
