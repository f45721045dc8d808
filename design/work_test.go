package design_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"airfield/catalog"
	"airfield/compute"
	"airfield/design"
	"airfield/diag"
)

// working gives an estate with one workload that says what work there is.
func working(workload string) []byte {
	return []byte(`airfield: 1
organization: {name: Working, prefix: wrk, owner: ai@working.example, cost_center: CC-1, billing: {agreement: EA, scope: /providers/Microsoft.Billing/billingAccounts/1/enrollmentAccounts/2}}
platform: {groups: {root: r, landing_zones: lz, corp: c, online: o, sandbox: s}}
regions: {home: swedencentral, recovery: germanywestcentral}
network: {pools: {swedencentral: 10.0.0.0/12, germanywestcentral: 10.16.0.0/12}, egress: nat_gateway}
workloads:
  work: ` + workload + "\n")
}

// decision gives the answer and the reason of a decision.
func decision(t *testing.T, d *design.Design, about, question string) design.Decision {
	t.Helper()
	for _, c := range d.Decisions {
		if c.About == about && strings.HasPrefix(c.Question, question) {
			return c
		}
	}
	t.Fatalf("%s: nothing says %q", about, question)
	return design.Decision{}
}

// said gives the findings of a code and the open items of the work, as text.
func said(d *design.Design) string {
	var lines []string
	for _, f := range d.Findings {
		if f.Code == "design/work-unmet" || f.Code == "design/lock-unfit" || f.Code == "design/context" {
			lines = append(lines, f.String())
		}
	}
	for _, o := range d.Open {
		if o.What == "how long a run takes" || o.What == "whether the instances carry the load" {
			lines = append(lines, o.About+": "+o.What+": "+o.Why)
		}
	}
	return strings.Join(lines, "\n")
}

// TestJobsGetTheRanking designs jobs, and wants what Rank puts first.
func TestJobsGetTheRanking(t *testing.T) {
	methods := map[string]compute.Method{"full": compute.SFT, "lora": compute.LoRA, "pretrain": compute.Pretrain}
	for _, tt := range []struct {
		model, method    string
		tokens           float64
		sequence, within int
	}{{"llama-3.1-70b", "full", 2e9, 8192, 24}, {"llama-3.1-8b", "lora", 5e8, 8192, 8}, {"llama-3.1-8b", "lora", 1e8, 4096, 48}, {"llama-3.1-8b", "pretrain", 1e11, 4096, 500}} {
		d := of(t, working(fmt.Sprintf("{jobs: {tune: {kind: finetune, model: %s, method: %s, tokens: %g, sequence: %d, done_within: %dh, runs: 2/month}}}", tt.model, tt.method, tt.tokens, tt.sequence, tt.within)), nil)
		m, _ := catalog.ModelNamed(tt.model)
		method := methods[tt.method]
		first := compute.Fitted().Rank(compute.Ask{Model: compute.Arch{Model: m}, Precision: "bf16", Regions: []string{"swedencentral"},
			Run: &compute.Run{Method: method, Tokens: tt.tokens, Sequence: tt.sequence, Batch: compute.Batch(method, tt.sequence), Within: float64(tt.within), Runs: 2}}).May[0]
		c := decision(t, d, "work/prod/tune", "Which size")
		if c.Answer != first.String() || !strings.Contains(c.Because, "a run takes "+first.Time.String()) || !strings.Contains(c.Because, "limit: "+first.Speed.Bound) || len(c.Alternatives) < 3 {
			t.Errorf("%v: have %s, want %s", tt, c, first.String())
		}
		hours := decision(t, d, "work/prod/tune", "How many hours")
		if want := fmt.Sprintf("%.4g h", 2*first.Time.Value); !strings.HasPrefix(hours.Answer, want) || len(said(d)) > 0 {
			t.Errorf("%v: %s, want %s\n%s", tt, hours.Answer, want, said(d))
		}
	}
}

// TestStatedWorkBounds shows that what the estate states holds for what the
// models choose, and what is said where the work is then not done.
func TestStatedWorkBounds(t *testing.T) {
	const job = "model: llama-3.1-70b, method: full, tokens: 2e9, sequence: 8192, done_within: 24h"
	const chat = "model: {like: llama-3.1-70b, precision: fp8}, load: {mean: 20/s, peak: 60/s, input: 1500, output: 300}, latency: {first_token: 800ms, next_token: 40ms}"
	for _, tt := range []struct{ name, workload, about, size, says string }{
		{"nodes", "{jobs: {finetune: {" + job + ", nodes: 5}}}", "work/prod/finetune", "× 5", ""},
		{"GPUs", "{jobs: {finetune: {" + job + ", gpus: 48}}}", "work/prod/finetune", "× 6", ""},
		{"too few nodes", "{jobs: {finetune: {" + job + ", nodes: 2}}}", "work/prod/finetune", "Standard_ND96isr_H200_v5 × 2", "no size does the work"},
		{"a size that is too slow", "{jobs: {finetune: {" + job + ", size: Standard_ND96isr_H200_v5, nodes: 2}}}", "work/prod/finetune", "Standard_ND96isr_H200_v5 × 2", "16 × H200-SXM-141 take"},
		{"no known model", "{jobs: {finetune: {" + strings.Replace(job, "llama-3.1", "ours", 1) + "}}}", "work/prod/finetune", "", `the architecture of "ours-70b" is not known`},
		{"more tokens than the model takes", "{jobs: {finetune: {" + strings.Replace(job, "8192", "4000000000", 1) + "}}}", "work/prod/finetune", "", "its model takes: the model takes 131072 tokens at the most"},
		{"runs that overlap", "{jobs: {finetune: {" + job + ", runs: 400/month}}}", "work/prod/finetune", "", "runs overlap: "},
		{"no sequence", "{jobs: {finetune: {" + strings.Replace(job, ", sequence: 8192", "", 1) + "}}}", "work/prod/finetune", "", "only tokens and sequence tell it"},
		{"Slurm's array", "{jobs: {big: {size: Standard_ND96isr_H200_v5, nodes: 2, run_by: slurm}, finetune: {" + job + ", run_by: slurm}}}", "work/prod/finetune", "Standard_ND96isr_H200_v5 × 4", ""},
		{"a service", "{services: {chat: {" + chat + "}}}", "work/prod/chat", "Standard_ND96isr_H200_v5", ""},
		{"a model whose name tells no size", "{services: {chat: {" + strings.Replace(strings.Replace(chat, "llama-3.1-70b", "deepseek-v3", 1), "40ms", "100ms", 1) + "}}}", "work/prod/chat", "Standard_ND96isr_H200_v5", ""},
		{"production by another name", "{environments: {live2: {}}, services: {chat: {" + chat + "}}}", "work/live2/chat", "Standard_ND96isr_H200_v5", ""},
		{"a bound that only a larger size keeps", "{services: {chat: {" + strings.Replace(chat, "60/s", "21/s", 1) + ", fleet: {at_most: 3}}}}", "work/prod/chat", "Standard_ND96isr_H200_v5", ""},
		{"a bound that nothing keeps", "{services: {chat: {" + chat + ", fleet: {at_most: 2}}}}", "work/prod/chat", "Standard_ND96isr_H200_v5", "has 2 instances of Standard_ND96isr_H200_v5 at the most, and its peak of 60 requests/s wants 6"},
		{"tokens that come too late", "{services: {chat: {" + strings.Replace(chat, "40ms", "1ms", 1) + "}}}", "work/prod/chat", "", "no size does the work"},
		{"a size that is too late", "{services: {chat: {" + strings.Replace(chat, "40ms", "9ms", 1) + ", size: Standard_NC40ads_H100_v5}}}", "work/prod/chat", "Standard_NC40ads_H100_v5", "a token takes"},
		{"a precision that was not measured", "{services: {chat: {" + strings.Replace(chat, "fp8", "int8", 1) + "}}}", "work/prod/chat", "", "serving in int8 was not measured"},
		{"test without its own load", "{environments: {test: {}, prod: {}}, services: {chat: {" + chat + "}}}", "work/test/chat", "Standard_NC40ads_H100_v5", ""},
		{"test with its own load", "{environments: {test: {services: {chat: {load: {peak: 60/s}}}}, prod: {}}, services: {chat: {" + chat + "}}}", "work/test/chat", "Standard_ND96isr_H200_v5", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := of(t, working(tt.workload), nil)
			if have := decision(t, d, tt.about, "Which size").Answer; !strings.HasSuffix(have, tt.size) {
				t.Errorf("have %s, want %s", have, tt.size)
			}
			if have := said(d); (tt.says == "") != (have == "") || !strings.Contains(have, tt.says) {
				t.Errorf("have %q, want %q", have, tt.says)
			}
		})
	}
}

// carried gives how many output tokens a second an instance of a size carries, at
// the slow end, with each further token in time, over all ways to cut it into
// replicas.
func carried(s *catalog.Size, m catalog.Model, precision string, in, out int, tpot float64) (most float64) {
	g, _ := catalog.GPUOf(map[string]string{"A100 PCIe 80GB": "A100-PCIE-80", "A100 SXM 80GB": "A100-SXM-80", "H100 NVL PCIe 94GB": "H100-NVL-94", "H100 NVL 94GB": "H100-NVL-94", "H100 SXM 80GB": "H100-SXM-80",
		"H200 SXM 141GB": "H200-SXM-141", "A10 24GB": "A10-24", "Instinct MI300X OAM 192GB": "MI300X-192"}[s.GPUVariant])
	for batch := 1; batch <= 2048; batch += 1 + batch/50 {
		for t := 1; t <= int(s.GPUs); t *= 2 {
			have, err := compute.Fitted().Serve(compute.Serve{Model: compute.Arch{Model: m}, GPU: g, GPUs: t, Tensor: t, Weights: precision, Cache: "bf16", In: in, Out: out, Engine: compute.VLLM, Concurrency: batch})
			if err == nil && have.TPOT.High <= tpot {
				most = max(most, have.Throughput.Low*math.Floor(s.GPUs/float64(t)))
			}
		}
	}
	return most
}

// TestFleetsCarryTheirPeak holds services made by chance: what their regions can
// grow to carries the peak at the slow end of its interval, or a finding says
// that it does not; and they begin with what carries the mean.
func TestFleetsCarryTheirPeak(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 7))
	pick := func(words ...string) string { return words[r.IntN(len(words))] }
	held := 0
	for i := range 30 {
		model, precision, criticality, regions := pick("llama-3.1-8b", "llama-3.1-70b", "mixtral-8x7b"), pick("fp8", "bf16"), pick("low", "medium", "high", "mission"), pick("home", "home, recovery")
		mean, in, out := 1+r.IntN(40), 100+r.IntN(3000), 50+r.IntN(800)
		peak, fleet := mean*(1+r.IntN(4)), pick("at_least: 1", "at_least: 1 per zone", "at_least: 2, at_most: 4", "at_most: 40")
		text := fmt.Sprintf("{criticality: %s, services: {chat: {model: {like: %s, precision: %s}, load: {mean: %d/s, peak: %d/s, input: %d, output: %d}, latency: {next_token: 60ms}, regions: [%s], fleet: {%s}}}}", criticality, model, precision, mean, peak, in, out, regions, fleet)
		d := of(t, working(text), nil)
		m, _ := catalog.ModelNamed(model)
		part := 1.0
		if strings.Contains(regions, "recovery") && (criticality == "low" || criticality == "medium") {
			part = 0.5
		}
		for vmss := range d.Tenant.OfType(scaleSets) {
			size, _ := catalog.SizeByName(vmss.Get("sku", "name").Str())
			least, _ := vmss.Get("sku", "capacity").Int()
			most := least
			for a := range d.Tenant.OfType("Microsoft.Insights/autoscaleSettings") {
				if ref, _ := a.Get("properties", "targetResourceUri").Ref(); ref.ID.Fold() == vmss.ID.Fold() {
					n, _ := strconv.Atoi(a.Get("properties", "profiles").At(0).Get("capacity", "maximum").Str())
					most = int64(n)
				}
			}
			each := carried(size, m, precision, in, out, 0.06)
			unmet := slices.ContainsFunc(d.Findings, func(f diag.Diagnostic) bool { return f.Code == "design/work-unmet" })
			if need := float64(peak*out) * part; each*float64(most) < need*0.999 && !unmet {
				t.Errorf("%d %s: %d × %s carry %.0f tokens/s of %.0f", i, text, most, size.Name, each*float64(most), need)
			} else if !unmet {
				held++
			}
			if need := float64(mean*out) * part; each*float64(least) < need*0.999 && !unmet {
				t.Errorf("%d %s: begins with %d × %s, which carry %.0f tokens/s of %.0f", i, text, least, size.Name, each*float64(least), need)
			}
		}
	}
	if held < 20 {
		t.Errorf("%d fleets held", held)
	}
}

// TestLockedWork shows that a locked size stays while instances follow the load,
// and that the work is held against it.
func TestLockedWork(t *testing.T) {
	text := func(peak, within string) []byte {
		return working("{services: {chat: {model: {like: llama-3.1-70b, precision: fp8}, load: {peak: " + peak + ", input: 1500, output: 300}, latency: {next_token: 40ms}}}, jobs: {finetune: {model: llama-3.1-8b, method: lora, tokens: 5e8, sequence: 8192, done_within: " + within + "}}}")
	}
	first := of(t, text("60/s", "8h"), nil)
	again := of(t, text("60/s", "8h"), relock(t, first.Lock))
	if snapshot(t, first) != snapshot(t, again) || first.Lock.String() != again.Lock.String() || said(again) != "" {
		t.Errorf("the second design differs: %v\n%s", again.Lock.Changes(first.Lock), said(again))
	}
	more := of(t, text("120/s", "2h"), relock(t, first.Lock))
	if more.Lock.String() != first.Lock.String() {
		t.Errorf("the lock changed: %v", more.Lock.Changes(first.Lock))
	}
	capacity := func(d *design.Design) (n int64) {
		for r := range d.Tenant.OfType(scaleSets) {
			n, _ = r.Get("sku", "capacity").Int()
		}
		return n
	}
	if a, b := capacity(first), capacity(more); b < a*19/10 {
		t.Errorf("%d instances, and %d for twice the load", a, b)
	}
	if have := said(more); !strings.Contains(have, "does not do its work as the estate wants it: 8 × A100-SXM-80 take") {
		t.Errorf("have %q", have)
	}
}

// TestTenantRefusesTheFirst shows that the next of the ranking is taken where the
// tenant refuses what stands before it, with as many as that wants; the tenant of
// the example approves one size with H100 alone.
func TestTenantRefusesTheFirst(t *testing.T) {
	d := land(t, []byte(strings.Replace(exampleText(t, "contoso"), "next_token: 60ms", "next_token: 40ms", 1)), exampleTenant(t), nil)
	c := decision(t, d, "lumen/prod/chat@swedencentral", "Which size")
	if c.Answer != "Standard_NC40ads_H100_v5" || c.Alternatives[0].Option != "Standard_NC80adis_H100_v5 × 3" || !strings.HasPrefix(c.Alternatives[0].WhyNot, "is refused: policy") || !strings.Contains(c.Because, "10 carry 3 requests/s") || strings.Contains(said(d), "lumen") {
		t.Errorf("have %+v\n%s", c, said(d))
	}
}
