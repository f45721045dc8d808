package compute

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"airfield/catalog"
)

// Classic is a workload of classic deep learning as benchmarks name it:
// train:resnet, mlperf-infer:bert-99:offline, lambda:ncf.
type Classic struct {
	Workload  string
	GPU       catalog.GPU
	GPUs      int
	Batch     int    // samples of a step over all GPUs; 0 is not known
	Precision string // amp, fp32/tf32, or blank for what the benchmark takes
}

// A Term is one factor of a classic workload's speed: the constant of a name
// times X is added to the logarithm.
type Term struct {
	Name string
	X    float64
}

// Class returns the class of workloads that share exponents.
func (k Classic) Class() string {
	kind, _, _ := strings.Cut(k.Workload, ":")
	switch kind {
	case "train":
		return "train"
	case "mlperf-infer":
		return "infer"
	}
	return "single"
}

// Terms returns what the logarithm of samples/s of one GPU is the sum of: one
// constant a workload, and exponents of the class for what the GPU does
// against an A100, and for how many there are.
func (k Classic) Terms() []Term {
	const flops, hbm, watts, batch = 312e12, 2039e9, 400, 128 // of A100-SXM-80, and a usual batch of one GPU
	at := k.peak()
	class := k.Class()
	terms := []Term{
		{"workload/" + k.Workload, 1},
		{class + "/flops", math.Log(at / flops)},
		{class + "/hbm", math.Log(k.GPU.HBM / hbm)},
		{class + "/gpus", math.Log(float64(k.GPUs) / 8)},
	}
	if class == "train" {
		x := 0.0
		if k.Batch > 0 {
			x = math.Log(float64(k.Batch) / float64(k.GPUs) / batch)
		}
		return append(terms, Term{"train/batch", x})
	}
	return append(terms, Term{class + "/watts", math.Log(k.GPU.Watts / watts)})
}

// peak returns the FLOP/s of the precision: tf32 is half of 16 bits on tensor
// cores where the table has none; benchmarks of inference use 8-bit integers,
// for the highest accuracy fp8 or 16 bits.
func (k Classic) peak() float64 {
	g := k.GPU
	switch {
	case strings.HasPrefix(k.Precision, "fp32") && g.BF16 && g.TF32 == 0:
		return g.FP16 / 2
	case strings.HasPrefix(k.Precision, "fp32"):
		return math.Max(g.TF32, g.FP32)
	case k.Class() != "infer":
		return g.FP16
	case strings.Contains(k.Workload, "-99.9") || strings.Contains(k.Workload, "gptj"):
		return math.Max(g.FP8, g.FP16)
	}
	return 2 * g.FP16
}

// Estimate returns the samples/s of one GPU with constants such as
// catalog.ClassicConstants.
func (k Classic) Estimate(constants map[string]float64) (Estimate, error) {
	if k.peak() <= 0 || k.GPUs <= 0 {
		return Estimate{}, fmt.Errorf("%d GPUs %q are not known", k.GPUs, k.GPU.Name)
	}
	sum := 0.0
	var parts []Part
	for _, t := range k.Terms() {
		v, ok := constants[t.Name]
		if !ok {
			return Estimate{}, fmt.Errorf("workload %q was never measured", k.Workload)
		}
		sum += v * t.X
		parts = append(parts, Part{t.Name, math.Exp(v * t.X), "factor"})
	}
	return between(math.Exp(sum), constants["margin/"+k.Class()], "samples/s", "GPU", parts), nil
}

// Samples is a run of a classic network, and how often there is one.
type Samples struct {
	Workload string  // as of Classic
	Samples  float64 // of a run
	Batch    int     // samples of a step over all GPUs; 0 is not known
	Within   float64 // hours that a run may take; 0 is any
	Runs     float64 // a month
}

// Workloads returns the classic networks that were measured, sorted.
func Workloads() (all []string) {
	for name := range catalog.ClassicConstants() {
		if w, ok := strings.CutPrefix(name, "workload/"); ok {
			all = append(all, w)
		}
	}
	slices.Sort(all)
	return all
}

// on finds the cheapest number of nodes of a size that end a run in time even at
// the slow end of the interval. Training alone was measured over several nodes.
func (v *Samples) on(s *catalog.Size, g catalog.GPU, counts []int) Option {
	best := Option{Against: []Objection{{"fabric", "over several nodes it was not measured", true}}}
	for _, n := range counts {
		k := Classic{Workload: v.Workload, GPU: g, GPUs: n * int(s.GPUs), Batch: v.Batch, Precision: "amp"}
		if n > 1 && (!s.RDMA || k.Class() != "train") {
			break
		}
		each, err := k.Estimate(catalog.ClassicConstants())
		if err != nil {
			return Option{Against: []Objection{{"model", err.Error(), true}}}
		}
		speed := each.Times(float64(k.GPUs), "samples/s")
		hours := func(rate float64) float64 { return v.Samples / rate / 3600 }
		o := Option{Nodes: n, Speed: speed, Time: Estimate{Value: hours(speed.Value), Low: hours(speed.High), High: hours(speed.Low), Unit: "h"}}
		within := cmp.Or(v.Within, longest)
		if o.Time.High <= within {
			return o // more nodes cost no less
		}
		o.Against = []Objection{{"time", fmt.Sprintf("%d × %s take %.3g h (%.3g to %.3g), wanted %.3g", k.GPUs, g.Name, o.Time.Value, o.Time.Low, o.Time.High, within), true}}
		best = o
	}
	return best
}
