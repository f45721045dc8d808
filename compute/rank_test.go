package compute_test

import (
	"encoding/json"
	"math"
	"testing"

	"airfield/catalog"
	"airfield/compute"
)

// TestRankHolds shows that what may be had keeps its times at the slow end of
// their intervals, fits its memory, and comes cheapest first.
func TestRankHolds(t *testing.T) {
	c := compute.Fitted()
	run := compute.Ask{Model: arch(t, "llama3-70b"), Precision: "bf16", Regions: []string{"swedencentral", "eastus"}, Run: &compute.Run{Method: compute.SFT, Tokens: 2e9, Sequence: 8192, Batch: 128, Within: 24, Runs: 4}}
	chat := compute.Ask{Model: arch(t, "llama3-70b"), Precision: "fp8", Regions: []string{"swedencentral"}, Traffic: &compute.Traffic{Mean: 20, Peak: 60, In: 1500, Out: 300, TTFT: 0.8, TPOT: 0.04}}
	classic := compute.Ask{Regions: []string{"swedencentral", "eastus"}, Samples: &compute.Samples{Workload: "train:resnet", Samples: 5e9, Within: 24, Runs: 4}}
	plain := compute.Ask{Regions: []string{"swedencentral"}, CPUs: &compute.CPUs{VCPUs: 16, MemoryGiB: 100, Nodes: 2, Hours: 100}}
	for _, a := range []compute.Ask{run, chat, classic, plain} {
		r := c.Rank(a)
		if len(r.May) < 4 {
			t.Fatalf("%d options", len(r.May))
		}
		for i, o := range r.May {
			if o.Time.High > 24 || o.TTFT.High > 0.8 || o.TPOT.High > 0.04 || a.CPUs != nil && (o.Size.VCPUs < 16 || o.Size.MemoryGiB < 100) || o.Memory.Value > o.Size.GPUMemoryGiB*1.1*(1<<30) {
				t.Errorf("%s × %d: %+v", o.Size.Name, o.Nodes, o)
			}
			if i > 0 && len(o.Against) == 0 && o.Month < r.May[i-1].Month {
				t.Errorf("%s × %d stands behind what costs more", o.Size.Name, o.Nodes)
			}
		}
	}
}

// TestRankSaysWhy shows what excludes a size, and that each size is answered
// for.
func TestRankSaysWhy(t *testing.T) {
	a := compute.Ask{Model: arch(t, "llama3-70b"), Precision: "bf16", Regions: []string{"swedencentral"}, Budget: 20_000e6, Run: &compute.Run{Method: compute.SFT, Tokens: 2e9, Sequence: 8192, Batch: 128, Within: 24, Runs: 4},
		Object: func(s *catalog.Size, region string, nodes int) []compute.Objection {
			if s.GPUModel == "H100" {
				return []compute.Objection{{By: "policy", Why: "no H100", Known: true}}
			}
			return nil
		}}
	r := compute.Fitted().Rank(a)
	by := map[string]string{}
	for _, o := range r.Not {
		by[o.Size.Name] = o.Against[0].By
		for _, b := range o.Against {
			if b.Known {
				by[o.Size.Name] = b.By
				break
			}
		}
	}
	for size, want := range map[string]string{"Standard_NC40ads_H100_v5": "fabric", "Standard_ND96isr_H200_v5": "budget", "Standard_ND96is_MI300X_v5": "time", "Standard_ND96asr_v4": "region", "Standard_NC16as_T4_v3": "model", "Standard_NV6ads_A10_v5": "GPU"} {
		if by[size] != want {
			t.Errorf("%s: have %q, want %q", size, by[size], want)
		}
	}
	sizes := 0
	for _, s := range catalog.Sizes() {
		if s.GPUs > 0 {
			sizes++
		}
	}
	if len(r.May)+len(r.Not) != sizes {
		t.Errorf("%d options of %d sizes", len(r.May)+len(r.Not), sizes)
	}
}

// TestCheckpoint is the 405 billion parameters of Llama 3.1 on its 16384 GPUs.
func TestCheckpoint(t *testing.T) {
	k := compute.CheckpointOf(arch(t, "llama3.1-405b"), compute.Pretrain, 16384, 60)
	if math.Abs(k.Bytes/5.68e12-1) > 0.01 || math.Abs(k.Write/95e9-1) > 0.01 || math.Abs(k.Failures-3.09) > 0.01 || math.Abs(k.Interval-19.3) > 0.1 {
		t.Errorf("have %+v", k)
	}
}

// FuzzRank shows that no numbers make an answer that is none.
func FuzzRank(f *testing.F) {
	f.Add(2e9, 8192, 128, 24.0, 60.0, 0.04)
	f.Add(1.0, 1, 1, 0.0, 1e9, 1e-9)
	f.Fuzz(func(t *testing.T, tokens float64, sequence, batch int, within, peak, slow float64) {
		if !(tokens > 0 && tokens < 1e19) || sequence < 1 || sequence > 1<<20 || batch < 1 || batch > 1<<20 || !(within >= 0) || !(peak > 0 && peak < 1e6) || !(slow >= 0) {
			t.Skip("left out: what flags refuse")
		}
		a := compute.Ask{Model: arch(t, "mixtral-8x7b"), Precision: "bf16", Regions: []string{"swedencentral"}, Run: &compute.Run{Method: compute.LoRA, Tokens: tokens, Sequence: sequence, Batch: batch, Within: within, Runs: peak}}
		b := a
		b.Run, b.Traffic = nil, &compute.Traffic{Mean: peak, Peak: peak, In: sequence, Out: batch, TPOT: slow, TTFT: within}
		classic := compute.Ask{Regions: a.Regions, Samples: &compute.Samples{Workload: "train:bert", Samples: tokens, Batch: batch, Within: within, Runs: peak}}
		plain := compute.Ask{Regions: a.Regions, CPUs: &compute.CPUs{VCPUs: batch, MemoryGiB: peak, Nodes: sequence, Hours: 730}}
		for _, ask := range []compute.Ask{a, b, classic, plain} {
			r := compute.Fitted().Rank(ask)
			if _, err := json.Marshal(r); err != nil {
				t.Error(err)
			}
			for _, o := range r.May {
				if o.Nodes < 1 || o.Nodes > 5000 || o.Month < 0 || o.Time.High > 8760 {
					t.Errorf("%+v", o)
				}
			}
		}
	})
}
