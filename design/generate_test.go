package design_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// generate writes an estate with some workloads, of all that the language has.
// The same seed gives the same estate, and a workload is the same however many
// there are.
func generate(seed uint64, workloads int) []byte {
	r := rand.New(rand.NewPCG(seed, 7))
	pick := func(words ...string) string { return words[r.IntN(len(words))] }
	var b strings.Builder
	p := func(format string, args ...any) { fmt.Fprintf(&b, format, args...) }
	p("airfield: 1\norganization: {name: Generated %d, prefix: g%d, owner: ai@generated.example, cost_center: CC-1, billing: {%s}}\n", seed, seed%90+10,
		pick("agreement: EA, scope: /providers/Microsoft.Billing/billingAccounts/1/enrollmentAccounts/2", "agreement: MCA, scope: /providers/Microsoft.Billing/billingAccounts/1/billingProfiles/2/invoiceSections/3"))
	egress := pick("nat_gateway", "hub_firewall")
	pools := "pools: {swedencentral: 10.64.0.0/11, francecentral: 10.96.0.0/11, westeurope: 10.128.0.0/11}, "
	if r.IntN(3) == 0 {
		egress = "nat_gateway"
		pools = pick("", pools, "pools: {francecentral: 10.96.0.0/14}, ")
		p("platform: standalone\n")
	} else {
		p("platform:\n  groups: {root: r, landing_zones: lz, corp: c, online: o, sandbox: s}\n  hubs:\n")
		for i, region := range []string{"swedencentral", "francecentral", "westeurope"} {
			p("    %s: {vnet: /subscriptions/3c9a7c5e-0000-4000-8000-0000000000c1/resourceGroups/hub/providers/Microsoft.Network/virtualNetworks/hub-%d, firewall: 10.%d.1.4}\n", region, i, i)
		}
	}
	p("structure: {groups: %s, subscription_per: %s, resource_groups: %s}\n",
		pick("none", "[organization]", "[project_type]", "[environment]", "[data_pipeline]", "[geography]", "[organization, environment]", "[geography, project_type]"),
		pick("[workload, environment]", "[workload, environment]", "[workload]"),
		pick("[lifecycle]", "[workflow_stage]", "[deployment_type, lifecycle]", "[pipeline_stage, lifecycle]", "[deployment_type]"))
	p("regions: {home: swedencentral, recovery: francecentral, may_use: [westeurope]}\n")
	p("network: {%segress: %s}\n", pools, egress)
	p("tags: {inherit: %s, groups_without: %s}\n", pick("subscription", "resource_group", "none"), pick("audit", "deny"))
	p("guardrails: {begin: %s, storage_skus: %s}\n", pick("audit", "deny"), pick("auto", "none"))
	p("access: {grp-all: {id: 3b7d0000-0000-4000-8000-0000000000a0, '*': Reader}, grp-some: {w0/prod: Contributor, w1: Reader, '*/prod': Reader}}\n")
	p("workloads:\n")
	for i := range workloads {
		w := workload(seed, i)
		if strings.Contains(b.String(), "subscription_per: [workload],") { // environments that share one have one budget
			w = strings.Replace(w, "{budget: 100 USD}", "{}", 1)
		}
		b.WriteString(w)
	}
	return []byte(b.String())
}

func workload(seed uint64, i int) string {
	r := rand.New(rand.NewPCG(seed, uint64(i)+100))
	pick := func(words ...string) string { return words[r.IntN(len(words))] }
	var b strings.Builder
	p := func(format string, args ...any) { fmt.Fprintf(&b, format, args...) }
	p("  w%d:\n    title: 'Workload %d, \"quoted\" [x] ${y} %%{z}'\n    division: %s\n    connects: %s\n", i, i, pick("Research", "Products & Things"), pick("corp", "corp", "online", "sandbox"))
	p("    environments: {%s}\n", pick("dev: {}, prod: {}", "dev: {stopped: '20:00-07:00 Europe/Stockholm'}, prod: {}", "prod: {}", "dev: {}, test: {budget: 100 USD}, prod: {}"))
	p("    data:\n")
	p("      corpus: {size: %dTiB, layout: %s%s}\n", 1+r.IntN(200), pick("blob", "blob", "lake"), pick("", ", cool: 10d, archive: 200d, redundancy: LRS", ", keep: 2y"))
	p("      models: {size: 10GB}\n      checkpoints: {size: 1TiB%s}\n", pick("", ", keep_last: 2, stall_at_most: 30s", ", keep_last: 5, stall_at_most: 60s"))
	p("    jobs:\n")
	switch r.IntN(4) {
	case 0:
		p("      train: {size: Standard_ND96isr_H100_v5, nodes: %d, busy: 50%%, reads: [corpus], writes: [checkpoints, models]%s}\n", 1+r.IntN(20),
			pick("", ", or_else: [{size: Standard_ND96isr_H200_v5}]", ", run_by: scale_set", ", run_by: slurm", ", run_by: batch", ", run_by: aks, spot: allowed", ", idle_nodes: 0", ", zone: 2", ", run_by: batch, hot: {size: 12TiB}", ", run_by: slurm, hot: {size: 12TiB}", ", hot: {size: 12TiB, read: 10GB/s, from: corpus}", ", hot: {size: 12TiB}"))
	case 1:
		p("      finetune: {model: llama-3.1-%s, method: %s, runs: 4/month, done_within: 24h, reads: [corpus], writes: [models]%s}\n", pick("8b", "70b"), pick("full", "lora", "qlora"), pick("", ", tokens: 2e8, sequence: 4096", ", tokens: 2e9, sequence: 8192, nodes: 4"))
	case 2:
		p("      clean: {kind: prepare, vcpus: %d, nodes: %d, spot: %s, reads: [corpus], run_by: %s, runs: 30/month, done_within: 6h}\n", 4+r.IntN(60), 1+r.IntN(9), pick("allowed", "never"), pick("auto", "batch", "aks", "slurm", "scale_set"))
	case 3:
		p("      score: {kind: batch, memory: %dGiB, run_by: %s}\n", 8+r.IntN(400), pick("vm", "auto", "batch", "aks", "slurm"))
	}
	if r.IntN(2) == 0 {
		p("    services:\n      chat: {model: {like: llama-3.1-%s, precision: %s, weights: models}, regions: [%s], zones: %s, fleet: {at_least: %s, at_most: 9}, port: %d, run_by: %s%s}\n",
			pick("8b", "70b"), pick("fp8", "bf16"), pick("home", "home, recovery"), pick("all", "one"), pick("1", "1 per zone", "2"), 1+r.IntN(9999), pick("auto", "scale_set", "aks"), pick("", ", load: {mean: 2/s, peak: 9/s, input: 900, output: 200}"))
		p("      rank: {vcpus: 4, fleet: {at_least: 1, at_most: %d}, port: 80, reads: [models], run_by: %s}\n", 1+r.IntN(5), pick("auto", "aks"))
	}
	if i > 0 && r.IntN(3) == 0 {
		p("    uses: [Microsoft.Search/searchServices]\n")
	}
	return b.String()
}
