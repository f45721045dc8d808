package compute

import (
	"fmt"
	"math"

	"airfield/catalog"
)

// Method is what of a model is trained.
type Method string

// The methods.
const (
	Pretrain Method = "pretrain"
	SFT      Method = "sft"
	LoRA     Method = "lora"
	QLoRA    Method = "qlora" // LoRA over weights of 4 bits
)

// adapters tells whether adapters alone are trained.
func (m Method) adapters() bool { return m == LoRA || m == QLoRA }

// Stack is the kind of program that trains.
type Stack string

// The stacks: Megatron and what stands on it, PyTorch's FSDP, AMD's own.
const (
	Megatron Stack = "megatron"
	FSDP     Stack = "fsdp"
	AMD      Stack = "amd-tuned"
)

// Train is a training job on given GPUs.
type Train struct {
	Model     Arch
	GPU       catalog.GPU
	GPUs      int
	Precision string // bf16, fp8, mxfp8, nvfp4
	Method    Method
	Stack     Stack
	Sequence  int     // tokens
	Batch     int     // sequences of a step
	Release   float64 // of the program, in years; 0 is the latest
	Layout    Layout
}

// latest is the release that training is estimated for, in years.
const latest = 2026.6

// A Plan is a job with its layout, how fast it is and whether it fits.
type Plan struct {
	Layout Layout
	Speed  Estimate // tokens/s of one GPU
	Memory Estimate
	Fits   bool
}

// Train returns the fastest plan of a job that fits, over all layouts that
// leave what the job says as it is; if none fits, the plan that needs least.
func (c *Constants) Train(j Train) (Plan, error) {
	if err := j.check(); err != nil {
		return Plan{}, err
	}
	if j.Release == 0 {
		j.Release = latest
	}
	var best Plan
	for _, l := range j.layouts() {
		k := j
		k.Layout = l
		parts, again := k.memory()
		need := total(parts)
		fits := need <= j.GPU.Bytes*j.mayFill()
		if best.Layout.Tensor > 0 && !fits && (best.Fits || need >= best.Memory.Value) {
			continue
		}
		speed := c.speed(&k, again)
		if best.Fits && speed.Value <= best.Speed.Value {
			continue
		}
		best = Plan{l, speed, between(need, memoryMargin, "B", "memory: "+largest(parts), parts), fits}
	}
	if best.Layout.Tensor == 0 {
		return Plan{}, fmt.Errorf("%d GPUs and %d sequences have no layout of the kind that is said", j.GPUs, j.Batch)
	}
	return best, nil
}

// mayFill is the share of memory that a layout may take: one that is given, all;
// one that is chosen leaves some.
func (j *Train) mayFill() float64 {
	if j.Layout.Tensor > 0 {
		return 1
	}
	return usableShare
}

// Minutes estimates the minutes that a plan takes for so many tokens,
// evaluation counted.
func (c *Constants) Minutes(j Train, p Plan, tokens float64) Estimate {
	speed := p.Speed
	value := tokens / (speed.Value * float64(j.GPUs)) / 60 * (1 + c[trainEvaluation])
	return between(value, speed.High/speed.Value-1, "min", speed.Bound, speed.Parts)
}

// check says what of a job makes no sense.
func (j *Train) check() error {
	m := j.Model
	switch {
	case m.Params <= 0 || m.Layers <= 0 || m.Hidden <= 0 || m.Heads <= 0:
		return fmt.Errorf("the architecture of %q is not known", m.Name)
	case j.GPU.HBM <= 0 || j.GPU.FP16 <= 0:
		return fmt.Errorf("the GPU %q is not known", j.GPU.Name)
	case j.GPUs <= 0 || j.Sequence <= 0 || j.Batch <= 0:
		return fmt.Errorf("%d GPUs, a sequence of %d tokens and a batch of %d are no training", j.GPUs, j.Sequence, j.Batch)
	case Peak(j.GPU, j.Precision) == 0:
		return fmt.Errorf("%s does not compute %s", j.GPU.Name, j.Precision)
	}
	return nil
}

// data returns how many groups of GPUs train on different data.
func (j *Train) data() int {
	return max(1, j.GPUs/(j.Layout.Tensor*j.Layout.Pipeline*j.Layout.Context))
}

// micros returns the micro-batches of a step that a pipeline takes.
func (j *Train) micros() float64 {
	return math.Max(1, float64(j.Batch)/float64(j.data()*j.Layout.Micro))
}

// layouts returns every layout that the job leaves open.
func (j *Train) layouts() []Layout {
	var all []Layout
	l, powers := j.Layout, []int{1, 2, 4, 8, 16, 32, 64}
	for _, t := range open(l.Tensor, powers[:4]) {
		for _, p := range open(l.Pipeline, powers[:5]) {
			for _, x := range open(l.Context, powers[:4]) {
				if t*p*x > j.GPUs || j.GPUs%(t*p*x) != 0 || l.Tensor == 0 && j.Model.Heads%t != 0 || l.Pipeline == 0 && p > j.Model.Layers {
					continue
				}
				data := j.GPUs / (t * p * x)
				if (l.Tensor == 0 || l.Context == 0) && data > j.Batch || l.Context == 0 && x > 1 && j.Sequence/x < 1024 {
					continue
				}
				for _, e := range open(l.Expert, experts(j, data*t*x)) {
					for _, b := range open(l.Micro, powers[:5]) {
						if l.Micro == 0 && b > 1 && b*data > j.Batch {
							continue
						}
						for _, s := range open(l.Sharding, []Sharding{Zero1, Zero3}) {
							all = append(all, Layout{t, p, x, e, j.virtual(p), b, s, l.Recompute})
						}
					}
				}
			}
		}
	}
	return all
}

// open gives what is said, or all choices where it is not.
func open[T comparable](said T, choices []T) []T {
	var zero T
	if said != zero {
		return []T{said}
	}
	return choices
}

// experts returns the degrees of expert parallelism that so many GPUs allow.
func experts(j *Train, gpus int) []int {
	if j.Model.Experts == 0 {
		return []int{1}
	}
	var all []int
	for e := 1; e <= min(gpus, 64, j.Model.Experts); e *= 2 {
		all = append(all, e)
	}
	return all
}

// virtual returns how many stages a GPU interleaves: as said, or of the
// divisors of its layers the largest up to 8.
func (j *Train) virtual(pipeline int) int {
	if j.Layout.Virtual > 0 || pipeline == 1 {
		return max(1, j.Layout.Virtual)
	}
	each := (j.Model.Layers + pipeline - 1) / pipeline
	v := 1
	for n := 2; n <= min(8, each); n++ {
		if each%n == 0 {
			v = n
		}
	}
	return v
}

// speed estimates the tokens a second of one GPU; again is the share of layers
// computed again.
func (c *Constants) speed(j *Train, again float64) Estimate {
	parts := c.step(j, again)
	margin := c[trainMargin]
	if j.Model.Experts > 0 {
		margin = c[trainMoEMargin]
	}
	if j.Method == QLoRA {
		margin += dequantize - 1
	}
	tokens := float64(j.Batch*j.Sequence) / float64(j.GPUs)
	return between(tokens/total(parts), margin, "tokens/s", largest(parts), parts)
}

// dequantize is how much longer matrices of 4 bits take that are computed in
// 16: between 1.1 and 1.3 (sizing 1.1, an estimate; no measured run has them).
const dequantize = 1.2

// step returns the seconds of a step by part (sizing 1.1 and 1.3).
func (c *Constants) step(j *Train, again float64) []Part {
	m, g, l := j.Model, j.GPU, j.Layout
	passes, attentionPasses := 3.0+again, 3.5+again
	if j.Method.adapters() {
		passes = c[trainLoRA] + again
	}
	if j.Method == QLoRA {
		passes *= dequantize
	}
	layers := float64(m.Layers) / float64(l.Pipeline)
	tokens := float64(j.Sequence*l.Micro) / float64(l.Context) // of a micro-batch on one GPU
	t := float64(l.Tensor)

	matrices := passes * 2 * m.linear() / float64(l.Pipeline) * tokens / t / c.trainRate(j)
	if m.Experts > 0 {
		matrices /= c[trainMoE]
	}
	head := passes * 2 * m.head() * tokens / t / (c.trainRate16(j) * float64(l.Pipeline))
	attention := attentionPasses * 2 * layers * float64(j.Sequence) * m.attention() * tokens / t / c.attentionRate(g)
	width := c[trainBytes]
	if m.Experts > 0 {
		width += c[trainRouted] * float64(m.TopK)
	}
	elementwise := width*float64(m.Hidden)*layers*tokens/t/g.HBM + c[trainLayer]*1e-6*layers*(1+again/3)

	tensor := c[trainTensor] * layers * (4 + 2*again) * allReduce(tokens*float64(m.Hidden)*2, l.Tensor, j.link(1, l.Tensor))
	context := c[trainContext] * 3 * layers * 2 * float64(m.KVHeads*m.HeadDim) / t * 2 * float64(l.Context-1) * tokens / j.link(l.Tensor, l.Context)
	expert := 0.0
	if l.Expert > 1 {
		expert = c[trainExpert] * 4 * layers * float64(m.TopK*m.Hidden) * 2 * tokens / t * float64(l.Expert-1) / float64(l.Expert) / j.link(1, l.Expert)
	}

	micros := j.micros()
	spread := 1 + c[trainNodes]*math.Log2(math.Max(1, float64(j.GPUs)/8))
	compute := (matrices + head + attention) * spread
	bubble := float64(l.Pipeline-1) / (float64(l.Virtual) * micros)
	pipeline := (compute + elementwise + tensor + context + expert) * (bubble + j.imbalance() - 1)
	busy := micros * (compute + elementwise + tensor + context + expert + pipeline)
	data := c.dataTraffic(j, micros, busy)
	rest := c[trainStep]*1e-3 + j.optimizerTraffic()
	return []Part{
		{"compute: matrices", micros * (matrices + head) * spread, "s"}, {"compute: attention", micros * attention * spread, "s"},
		{"HBM bandwidth", micros * elementwise, "s"}, {"NVLink: tensor parallelism", micros * tensor, "s"},
		{"context parallelism", micros * context, "s"}, {"expert parallelism", micros * expert, "s"},
		{"pipeline bubble", micros * pipeline, "s"}, {j.fabric(), data, "s"}, {"optimizer and start of a step", rest, "s"},
	}
}

// imbalance is how much longer the last stage takes, which has the head.
func (j *Train) imbalance() float64 {
	p := float64(j.Layout.Pipeline)
	if p == 1 {
		return 1
	}
	layers := float64(j.Model.Layers)
	q := j.Model.head() / (j.Model.linear() / layers)
	return math.Max(1, (layers/p+q)/((layers+q)/p)) // the embedding's stage has one layer less in most recipes
}

// dataTraffic returns the seconds of exchange between groups with different
// data that computing does not hide.
func (c *Constants) dataTraffic(j *Train, micros, busy float64) float64 {
	l, m := j.Layout, j.Model
	data := j.data() * l.Context
	if data == 1 || j.Method.adapters() && l.Sharding != Zero3 {
		return 0
	}
	experts := m.expertParams()
	params := (m.Params - experts + experts/float64(max(1, l.Expert))) / float64(l.Tensor*l.Pipeline)
	ring := params * float64(data-1) / float64(data) / j.link(l.Tensor, data)
	switch l.Sharding {
	case Zero3:
		each := weightBytes
		traffic := ring * each * (2*micros + 1)
		p := c[trainOverlap]
		return math.Pow(math.Pow(busy, p)+math.Pow(traffic, p), 1/p) - busy
	case DDP:
		return c[trainData] * ring * 2 * gradientBytes
	}
	return c[trainData] * ring * (gradientBytes + weightBytes)
}

// optimizerTraffic is the seconds that reading and writing the optimizer's
// state takes.
func (j *Train) optimizerTraffic() float64 {
	if j.Method.adapters() {
		return 0
	}
	return 2 * j.state()[2].Value / j.GPU.HBM
}

// link returns the bytes/s of one GPU among n that stand so many apart: over
// NVLink inside its domain; beyond, each of the group's GPUs in a node brings
// its own adapter.
// With no NVLink it is PCIe.
func (j *Train) link(apart, n int) float64 {
	g := j.GPU
	if apart*n <= g.Domain || g.NIC == 0 {
		return math.Max(g.NVLink, g.PCIe)
	}
	return math.Min(math.Max(g.NVLink, g.PCIe), g.NIC*math.Max(1, float64(g.Domain/apart)))
}

// fabric names what carries the exchange of gradients.
func (j *Train) fabric() string {
	if j.GPUs <= j.GPU.Domain {
		return "NVLink: gradients"
	}
	return "InfiniBand"
}

// allReduce is the seconds of a ring over n GPUs.
func allReduce(bytes float64, n int, link float64) float64 {
	if n == 1 {
		return 0
	}
	const latency = 5e-6 // s a hop (NCCL: 10 to 40 µs for a small message over 8 GPUs)
	return 2*float64(n-1)/float64(n)*bytes/link + latency*float64(n-1)
}

// Peak returns the dense FLOP/s of a precision, 0 where it is not computed.
func Peak(g catalog.GPU, precision string) float64 {
	switch precision {
	case "fp32":
		return g.FP32
	case "tf32":
		return g.TF32
	case "fp8", "mxfp8", "int8":
		return g.FP8
	case "fp4", "nvfp4", "mxfp4":
		return g.FP4
	case "fp16":
		return g.FP16
	}
	if !g.BF16 {
		return 0
	}
	return g.FP16
}

// generation is what GPUs have in common that are alike in how near to their
// peak they come.
type generation int

const (
	ampere generation = iota
	hopper
	blackwell
	amd3
	amd4
)

func generationOf(g catalog.GPU) generation {
	switch {
	case len(g.Name) > 3 && g.Name[:3] == "MI3" && g.FP4 > 0:
		return amd4
	case len(g.Name) > 3 && g.Name[:3] == "MI3":
		return amd3
	case g.FP4 > 0:
		return blackwell
	case g.FP8 > 0:
		return hopper
	}
	return ampere
}

// trainRate returns the FLOP/s that matrices come to.
func (c *Constants) trainRate(j *Train) float64 {
	g, bits := j.GPU, WeightBits(j.Precision)
	share := c[trainA100BF16]
	switch gen := generationOf(g); {
	case gen == hopper && bits < 16:
		share = c[trainHopperFP8]
		if j.Stack == FSDP {
			share *= c[trainStackFP8]
		}
	case gen == hopper:
		share = c[trainHopperBF16]
	case gen == blackwell && bits < 8:
		share = c[trainBlackwellFP4]
	case gen == blackwell && bits < 16:
		share = c[trainBlackwellFP8]
	case gen == blackwell:
		share = c[trainBlackwellBF16]
	case gen == amd3:
		share = c[trainMI300]
	case gen == amd4:
		share = c[trainMI350]
	}
	if j.Model.Experts > 0 {
		share *= math.Exp(-c[trainRelease] * (latest - j.Release))
	}
	rate := share * Peak(g, j.Precision)
	switch {
	case bits < 8 && generationOf(g) == amd4:
		rate = share * g.FP8 // no run in 4 bits was measured
	case bits < 8:
		rate = share * math.Min(g.FP4, 10000e12) // the further FP4 of the 300s is not sustained
	case j.Precision == "bf16" && g.GEMM > 0:
		rate = math.Min(rate, g.GEMM)
	}
	return rate * c.sustained(g)
}

// trainRate16 returns the FLOP/s of the head, which stays in bf16.
func (c *Constants) trainRate16(j *Train) float64 {
	k := *j
	k.Precision = "bf16"
	return c.trainRate(&k)
}

// sustained is what of a generation's rate a GPU holds: less with a power cap,
// more with more watts.
func (c *Constants) sustained(g catalog.GPU) float64 {
	switch {
	case g.Name == "GB300":
		return c[trainGB300]
	case g.Name == "B300-SXM":
		return c[trainB300]
	case generationOf(g) == hopper && g.Watts < 700:
		return c[trainCapped]
	}
	return 1
}

func (c *Constants) attentionRate(g catalog.GPU) float64 {
	if generationOf(g) == blackwell || generationOf(g) == amd4 {
		return g.FP16 * c[trainAttentionBlackwell] * c.sustained(g)
	}
	return g.FP16 * c[trainAttention] * c.sustained(g)
}
