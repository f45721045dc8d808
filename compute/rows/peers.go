package rows

import (
	"math"

	"airfield/compute"
)

// A Peer is another way to predict, without fitted constants: 0 where it does
// not say.
type Peer struct {
	Name    string
	Predict func(Case) float64
}

// Peers are the ways that the models are held against, in the words that their
// authors publish: a roofline of the data sheet; 6 FLOPs a parameter and token
// at 40 % of the peak; llm-analysis (cli99/llm-analysis, README and constants),
// whose efficiency is 1 for inference and 0.5 for training.
var Peers = []Peer{
	{"roofline", func(c Case) float64 { return analytic(c, 1, 3.5, false) }},
	{"6N at 40 %", func(c Case) float64 {
		if j := c.Train; j != nil && j.Model.Active > 0 {
			return 0.4 * compute.Peak(j.GPU, j.Precision) / (6 * j.Model.Active)
		}
		return 0
	}},
	{"llm-analysis", func(c Case) float64 { return analytic(c, 0.5, 6, true) }},
}

// analytic is what a data sheet says. attention is its passes over half of the
// scores; with exchange, tensor parallelism takes time that nothing hides.
func analytic(c Case, efficiency, attention float64, exchange bool) float64 {
	switch {
	case c.Train != nil:
		return trainingOf(c.Train, efficiency, attention, exchange)
	case c.Serve == nil || c.Serve.Model.Layers == 0 || c.Serve.GPU.HBM == 0:
		return 0
	}
	s := *c.Serve
	if s.Tensor == 0 {
		for s.Tensor = 1; s.Tensor < s.GPUs && room(&s) < 1; s.Tensor *= 2 {
		}
	}
	first, out := prompt(&s, exchange), float64(s.Out)
	replicas := math.Max(1, float64(s.GPUs/s.Tensor))
	batch := math.Max(1, room(&s))
	if s.Concurrency > 0 {
		batch = math.Min(batch, math.Max(1, float64(s.Concurrency)/replicas))
	}
	token := decode(&s, batch, exchange)
	switch c.Mode {
	case "infer-prefill ttft_ms":
		return first * 1000
	case "infer-dense-latency tpot_ms":
		return token * 1000
	}
	if !exchange {
		first = 0 // a roofline of decoding alone
	}
	return replicas * batch * out / (out*token + batch*first)
}

func trainingOf(j *compute.Train, efficiency, attention float64, exchange bool) float64 {
	m, peak := j.Model, compute.Peak(j.GPU, j.Precision)
	if peak == 0 || m.Active == 0 {
		return 0
	}
	passes := 3.0
	if j.Layout.Recompute == compute.Full {
		passes = 4
	}
	flops := 2*passes*m.Active + attention*2*float64(m.Layers*j.Sequence*m.Heads*m.HeadDim)
	seconds := flops / (peak * efficiency)
	if t := float64(j.Layout.Tensor); exchange && t > 1 && j.GPU.NVLink > 0 {
		seconds += 4 * 2 * (t - 1) / t * float64(m.Layers*m.Hidden) * 2 / j.GPU.NVLink * t // of each of its GPUs
	}
	return 1 / seconds
}

// room is how many requests nine tenths of the memory hold.
func room(s *compute.Serve) float64 {
	free := 0.9*s.GPU.Bytes*float64(s.Tensor) - s.Model.Params*compute.WeightBits(s.Weights)/8
	return free / ((float64(s.In) + float64(s.Out)/2) * compute.CacheBytes(s.Model.Model, compute.WeightBits(s.Cache)/8))
}

func prompt(s *compute.Serve, exchange bool) float64 {
	t, tokens := float64(s.Tensor), float64(s.In)
	peak := math.Max(compute.Peak(s.GPU, s.Weights), s.GPU.FP16)
	seconds := math.Max(2*s.Model.Active*tokens/t/peak, s.Model.Params*compute.WeightBits(s.Weights)/8/t/s.GPU.HBM)
	return seconds + shared(s, tokens, exchange)
}

func decode(s *compute.Serve, batch float64, exchange bool) float64 {
	t, m := float64(s.Tensor), s.Model
	peak := math.Max(compute.Peak(s.GPU, s.Weights), s.GPU.FP16)
	read := m.Params
	if m.Experts > 0 && m.TopK > 0 {
		read = math.Min(m.Params, m.Active*math.Max(1, batch))
	}
	seconds := math.Max(read*compute.WeightBits(s.Weights)/8/t/s.GPU.HBM, 2*m.Active*batch/t/peak)
	cache := batch * (float64(s.In) + float64(s.Out)/2) * compute.CacheBytes(m.Model, compute.WeightBits(s.Cache)/8) / t / s.GPU.HBM
	return seconds + cache + shared(s, batch, exchange)
}

// shared is the seconds of two all-reduces a layer.
func shared(s *compute.Serve, tokens float64, exchange bool) float64 {
	t, link := float64(s.Tensor), math.Max(s.GPU.NVLink, s.GPU.PCIe)
	if !exchange || t == 1 || link == 0 {
		return 0
	}
	return 2 * float64(s.Model.Layers) * 2 * (t - 1) / t * tokens * float64(s.Model.Hidden) * 2 / link
}

// Against returns the mean absolute error of a peer in a mode, false where it
// does not predict; a prediction off by more than all counts in full.
func Against(p Peer, mode string, cases []Case) (mean float64, ok bool) {
	n := 0.0
	for _, c := range cases {
		if c.Mode != mode || c.Measured <= 0 {
			continue
		}
		if x := p.Predict(c); x > 0 {
			mean += math.Abs(x/c.Measured - 1)
			n++
		}
	}
	return mean / math.Max(1, n), n > 0
}

// Held counts the serving runs of which KAITO's estimator says that their GPUs
// do not hold the model: 84 % of the memory for weights and 2 %, another 5 % of
// them and 2.3 GiB of each GPU (kaito-project/kaito, its documents). All ran.
func Held(cases []Case) (kaito, ours, runs int) {
	for _, c := range cases {
		s := c.Serve
		if s == nil || s.Tensor == 0 || s.GPU.Bytes == 0 {
			continue
		}
		runs++
		weights := s.Model.Params * compute.WeightBits(s.Weights) / 8 / float64(s.Tensor)
		if weights*1.07+2.3*(1<<30) > 0.84*s.GPU.Bytes {
			kaito++
		}
		if !compute.Fitted().Holds(*s) {
			ours++
		}
	}
	return kaito, ours, runs
}
