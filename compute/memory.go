package compute

import (
	"math"

	"airfield/catalog"
)

// Layout is how a training job is spread over GPUs. What is zero is chosen.
type Layout struct {
	Tensor, Pipeline, Context, Expert int
	Virtual                           int // stages of the pipeline that a GPU interleaves
	Micro                             int // sequences of a micro-batch
	Sharding                          Sharding
	Recompute                         Recompute
}

// Sharding is what the GPUs that train on different data keep once among them.
type Sharding string

// The shardings: everything everywhere, the optimizer's state once, and
// everything once.
const (
	DDP   Sharding = "ddp"
	Zero1 Sharding = "zero1"
	Zero3 Sharding = "zero3"
)

// Recompute is what the backward pass computes again in place of keeping it.
type Recompute string

// The recomputations. Selective leaves out the scores of attention, as
// FlashAttention does.
const (
	None      Recompute = "none"
	Selective Recompute = "selective"
	Full      Recompute = "full"
)

// gib is a GiB in bytes.
const gib = 1 << 30

// State of mixed-precision Adam, in bytes a parameter (Megatron; sizing 1.2).
const (
	weightBytes    = 2.0
	gradientBytes  = 4.0
	optimizerBytes = 12.0
)

// Activations of a layer in bytes for each token and hidden unit.
const (
	kept          = 34.0 // with sequence parallelism, without scores (arXiv:2205.05198)
	keptByOp      = 17.5 // selective by operation, compiled (torchtitan's peaks)
	keptOfFull    = 2.0  // the input of a layer alone
	keptOfLoRA    = 17.0 // frozen matrices keep no input
	gathered      = 8.0  // of one layer under tensor parallelism: inputs of attention and of feed-forward and their gradients are whole, 2 bytes each
	logitBytes    = 14.0 // for each token and word of the vocabulary: fp32 logits, gradient, softmax
	reserve       = 1.0 * gib
	usableShare   = 0.92 // of a GPU's usable bytes that a plan may fill (sizing 1.2)
	gatheredTwice = 2    // layers that FSDP holds whole: one in use, one on its way
)

// State returns the bytes of weights, gradients and optimizer on one GPU.
func (j Train) State() Estimate {
	parts := j.state()
	return between(total(parts), 0.05, "B", "memory: "+largest(parts), parts)
}

func (j *Train) state() []Part {
	l := j.Layout
	share := 1 / float64(l.Tensor*l.Pipeline)
	experts := j.Model.expertParams()
	held := (j.Model.Params - experts + experts/float64(max(1, l.Expert))) * share
	weights, gradients, optimizer := weightBytes, gradientBytes, optimizerBytes
	if j.Method.adapters() {
		weights, gradients, optimizer = min(weightBytes, WeightBits(j.Precision)/8), 0, 0
	}
	if j.Method == QLoRA {
		weights = WeightBits("int4") / 8
	}
	data := float64(j.data() * l.Context)
	switch l.Sharding {
	case Zero1:
		optimizer /= data
	case Zero3:
		weights, gradients, optimizer = weights/data, (gradientBytes-2)/data, optimizer/data
		if j.Method.adapters() {
			gradients = 0
		}
		weights += gatheredTwice * weightBytes / float64(j.Model.Layers)
	}
	return []Part{{"weights", held * weights, "B"}, {"gradients", held * gradients, "B"}, {"optimizer", held * optimizer, "B"}}
}

// Activations returns the bytes of activations that a GPU of the first stage
// keeps, by the formulas of Korthikanti et al. (arXiv:2205.05198). sequence
// tells whether tensor parallelism splits the sequence between matrices too.
func (j Train) Activations(sequence bool) Estimate {
	m, l := j.Model, j.Layout
	t, d := float64(l.Tensor), float64(m.Hidden)
	x := float64(j.Sequence*l.Micro) / float64(max(1, l.Context))
	each := 10 + 24/t
	if sequence {
		each = kept / t
	}
	switch l.Recompute {
	case None:
		each += 5 * float64(m.Heads*j.Sequence) / (d * t)
	case Full:
		each = keptOfFull
	}
	stages := 1.0
	if l.Pipeline > 1 && l.Virtual > 1 {
		stages += float64(l.Pipeline-1) / float64(l.Pipeline*l.Virtual)
	}
	return between(x*d*each*float64(m.Layers)*stages, 0.05, "B", "memory: activations", nil)
}

// activations returns the bytes a GPU keeps if nothing, and if everything is
// computed again.
func (j *Train) activations() (most, least float64) {
	l := j.Layout
	tokens := float64(j.Sequence*l.Micro) / float64(l.Context)
	d, t := float64(j.Model.Hidden), float64(l.Tensor)
	each := kept
	switch {
	case j.Method.adapters():
		each = keptOfLoRA
	case j.Stack == FSDP:
		each = keptByOp
	}
	layers := float64(j.Model.Layers)
	if m := j.micros(); l.Pipeline > 1 && m < float64(l.Pipeline) {
		layers *= m / float64(l.Pipeline)
	}
	if l.Pipeline > 1 && l.Virtual > 1 {
		layers *= 1 + float64(l.Pipeline-1)/float64(l.Pipeline*l.Virtual)
	}
	if j.Model.Experts > 0 {
		each *= 1.5 // what is routed is kept for each expert too
	}
	working := each / t
	if l.Tensor > 1 {
		working += gathered
	}
	return tokens * d * each / t * layers, tokens * d * (keptOfFull/t*layers + working)
}

// memory returns the bytes by part on the fullest GPU, and the share of layers
// that must be computed again for them to fit.
func (j *Train) memory() (parts []Part, again float64) {
	l := j.Layout
	parts = j.state()
	most, least := j.activations()
	logits := logitBytes * float64(j.Sequence*l.Micro) / float64(l.Context*l.Tensor) * float64(j.Model.Vocab)
	if l.Pipeline > 1 || j.Stack != FSDP {
		logits *= 0.5 // the last stage keeps few layers; Megatron fuses the loss
	}
	switch room := j.GPU.Bytes*usableShare - total(parts) - logits - reserve; {
	case l.Recompute == Full:
		again = 1
	case l.Recompute == "" && most > room:
		again = min(1, (most-room)/(most-least))
	}
	return append(parts, Part{"activations", most + again*(least-most), "B"}, Part{"logits", logits, "B"}, Part{"reserve", reserve, "B"}), again
}

// Memory returns the bytes of GPU memory that the job takes on the fullest GPU.
func (j Train) Memory() Estimate {
	parts, _ := j.memory()
	return between(total(parts), memoryMargin, "B", "memory: "+largest(parts), parts)
}

// memoryMargin is what measured peaks of torchtitan differ by.
const memoryMargin = 0.25

// CacheBytes returns the bytes of KV cache of one token in all layers.
func CacheBytes(m catalog.Model, bytesEach float64) float64 {
	layers := m.Layers
	if m.AttentionLayers > 0 {
		layers = m.AttentionLayers
	}
	if m.KVWidth > 0 {
		return float64(layers*m.KVWidth) * bytesEach
	}
	return 2 * float64(layers*m.KVHeads*m.HeadDim) * bytesEach
}

// WeightBits returns the bits of a stored weight, scales counted.
func WeightBits(precision string) float64 {
	switch precision {
	case "fp32":
		return 32
	case "fp8", "mxfp8", "int8":
		return 8
	case "fp4", "nvfp4", "mxfp4", "int4":
		return 4.5
	}
	return 16
}

// expertParams returns the parameters in experts: all that a token does not
// meet, and the experts it does.
func (a Arch) expertParams() float64 {
	if a.Experts == 0 || a.TopK >= a.Experts {
		return 0
	}
	return (a.Params - a.Active) * float64(a.Experts) / float64(a.Experts-a.TopK)
}

// linear returns the parameters that a token is multiplied with, the head left
// out.
func (a Arch) linear() float64 {
	embeddings := 2.0
	if a.Tied {
		embeddings = 1
	}
	return math.Max(0, a.Active-embeddings*a.head())
}

func (a Arch) head() float64 { return float64(a.Vocab * a.Hidden) }

// attention returns the width of attention: heads by their size.
func (a Arch) attention() float64 { return float64(a.Heads * a.HeadDim) }

// Arch is a model's architecture.
type Arch struct{ catalog.Model }
