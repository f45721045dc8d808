package compute_test

import (
	"fmt"
	"math"
	"testing"

	"airfield/catalog"
	"airfield/compute"
)

func arch(t testing.TB, name string) compute.Arch {
	t.Helper()
	m, ok := catalog.ModelOf(name)
	if !ok {
		t.Fatalf("no model %q", name)
	}
	return compute.Arch{Model: m}
}

func gpu(t testing.TB, name string) catalog.GPU {
	t.Helper()
	g, ok := catalog.GPUOf(name)
	if !ok {
		t.Fatalf("no GPU %q", name)
	}
	return g
}

// TestTrainGrows shows that more GPUs are never slower in total, and a lower
// precision never slower.
func TestTrainGrows(t *testing.T) {
	c := compute.Fitted()
	for _, g := range []string{"H100-SXM-80", "B200-SXM", "GB300"} {
		for _, m := range []string{"llama3-8b", "llama3-70b", "gpt-oss-120b"} {
			before := 0.0
			for n := 64; n <= 1024; n *= 2 {
				narrow := math.Inf(1)
				for _, precision := range []string{"nvfp4", "fp8", "bf16"} {
					if precision == "nvfp4" && g == "H100-SXM-80" {
						continue
					}
					p, err := c.Train(compute.Train{Model: arch(t, m), GPU: gpu(t, g), GPUs: n, Precision: precision, Method: compute.Pretrain, Stack: compute.Megatron, Sequence: 8192, Batch: 1024})
					if err != nil || !p.Fits {
						t.Fatalf("%s on %d %s: %+v, %v", m, n, g, p, err)
					}
					if p.Speed.Value > narrow {
						t.Errorf("%s on %d %s: %s is faster than a lower precision", m, n, g, precision)
					}
					narrow = p.Speed.Value
				}
				if total := narrow * float64(n); total < before {
					t.Errorf("%s on %d %s: %.0f tokens/s, half as many GPUs %.0f", m, n, g, total, before)
				} else {
					before = total
				}
			}
		}
	}
}

func TestCacheBytes(t *testing.T) {
	for _, tt := range []struct {
		model string
		want  float64 // of a token in 16 bits
	}{{"llama3-8b", 131072}, {"llama3-70b", 327680}, {"llama3.1-405b", 516096}, {"deepseek-v3", 70272}, {"mistral-7b", 131072}} {
		if have := compute.CacheBytes(arch(t, tt.model).Model, 2); have != tt.want {
			t.Errorf("%s: have %g, want %g", tt.model, have, tt.want)
		}
	}
}

func TestStateIsEighteenBytes(t *testing.T) {
	j := compute.Train{Model: arch(t, "gpt3-175b"), GPU: gpu(t, "A100-SXM-80"), GPUs: 64, Sequence: 2048, Batch: 64,
		Layout: compute.Layout{Tensor: 8, Pipeline: 8, Context: 1, Expert: 1, Virtual: 3, Micro: 1, Sharding: compute.DDP}}
	if have := j.State().Value * 64 / j.Model.Params; math.Abs(have-18) > 1e-9 {
		t.Errorf("have %g B a parameter", have)
	}
}

func TestTrainNonsense(t *testing.T) {
	c := compute.Fitted()
	for _, tt := range []struct {
		in   compute.Train
		want string
	}{
		{compute.Train{}, `the architecture of "" is not known`},
		{compute.Train{Model: arch(t, "llama3-8b")}, `the GPU "" is not known`},
		{compute.Train{Model: arch(t, "llama3-8b"), GPU: gpu(t, "A100-SXM-80")}, "0 GPUs, a sequence of 0 tokens and a batch of 0 are no training"},
		{compute.Train{Model: arch(t, "llama3-8b"), GPU: gpu(t, "A100-SXM-80"), GPUs: 8, Sequence: 1, Batch: 1, Precision: "fp8"}, "A100-SXM-80 does not compute fp8"},
	} {
		if _, err := c.Train(tt.in); fmt.Sprint(err) != tt.want {
			t.Errorf("have %v, want %s", err, tt.want)
		}
	}
}

// BenchmarkTrain is the search for a layout of a mixture of experts on 1024
// GPUs.
func BenchmarkTrain(b *testing.B) {
	j := compute.Train{Model: arch(b, "deepseek-v3"), GPU: gpu(b, "H100-SXM-80"), GPUs: 1024, Precision: "fp8", Method: compute.Pretrain, Stack: compute.Megatron, Sequence: 4096, Batch: 8192}
	for b.Loop() {
		if _, err := compute.Fitted().Train(j); err != nil {
			b.Fatal(err)
		}
	}
}

func ExampleConstants_Serve() {
	m, _ := catalog.ModelOf("llama3-70b")
	g, _ := catalog.GPUOf("H100-SXM-80")
	have, err := compute.Fitted().Serve(compute.Serve{
		Model: compute.Arch{Model: m}, GPU: g, GPUs: 4, Tensor: 4, Weights: "fp8", Cache: "fp8", In: 1024, Out: 1024, Concurrency: 32, Engine: compute.TensorRT,
	})
	fmt.Println(have.TPOT.Bound, err)
	// Output: HBM bandwidth: weights <nil>
}
