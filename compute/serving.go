package compute

import (
	"fmt"
	"math"
	"strings"

	"airfield/catalog"
)

// Serve is a model that is served by one replica of so many GPUs.
type Serve struct {
	Model       Arch
	GPU         catalog.GPU
	Tensor      int    // GPUs of the replica; 0 is chosen
	GPUs        int    // in all
	Weights     string // precision: bf16, fp8, fp4
	Cache       string // precision of the KV cache
	In, Out     int    // tokens of a request
	Concurrency int    // requests at once; 0 is as many as fit
	Engine      Engine
}

// Engine is the program that serves.
type Engine string

// The engines, and the way some were measured.
const (
	TensorRT Engine = "trtllm"
	VLLM     Engine = "vllm"
	SGLang   Engine = "sglang"
)

// Served is what a replica set gives.
type Served struct {
	Tensor     int
	Batch      int      // requests that decode at once on a replica
	Throughput Estimate // output tokens/s of all replicas
	TPOT       Estimate // seconds a token after the first
	TTFT       Estimate // seconds to the first token, waiting counted
}

// largestBatch is what engines run at once at most unless told (TensorRT-LLM's
// max_batch_size).
const largestBatch = 2048

// cacheShare is what of the memory that weights and workspace leave is cache
// (TensorRT-LLM's kv_cache_free_gpu_mem_fraction), chunk how many tokens of
// prompts are read at once.
const cacheShare, chunk = 0.9, 8192

// Serve estimates a job. With no tensor parallelism given, it takes the one
// with the highest throughput.
func (c *Constants) Serve(s Serve) (Served, error) {
	if err := s.check(); err != nil {
		return Served{}, err
	}
	var best Served
	for _, t := range open(s.Tensor, []int{1, 2, 4, 8, 16}) {
		k := s
		k.Tensor = t
		room := k.room(c[serveWorkspace] * 1e9)
		if t > s.GPUs || room < 1 && s.Tensor == 0 {
			continue
		}
		if have := c.serveOn(&k, room); have.Throughput.Value > best.Throughput.Value {
			best = have
		}
	}
	if best.Tensor == 0 {
		return Served{}, fmt.Errorf("%s with %s weights does not fit %d × %s", s.Model.Name, s.Weights, s.GPUs, s.GPU.Name)
	}
	return best, nil
}

// Holds tells whether a replica holds the model and one request.
func (c *Constants) Holds(s Serve) bool { return s.room(c[serveWorkspace]*1e9) >= 1 }

func (s *Serve) check() error {
	switch {
	case s.Model.Params <= 0 || s.Model.Layers <= 0 || s.Model.Hidden <= 0:
		return fmt.Errorf("the architecture of %q is not known", s.Model.Name)
	case s.GPU.HBM <= 0:
		return fmt.Errorf("the GPU %q is not known", s.GPU.Name)
	case s.GPUs <= 0 || s.In <= 0 || s.Out <= 0:
		return fmt.Errorf("%d GPUs, %d tokens in and %d out are no serving", s.GPUs, s.In, s.Out)
	}
	return nil
}

// room returns how many requests the KV cache of a replica holds, where an
// engine takes a workspace of so many bytes on each GPU.
func (s *Serve) room(workspace float64) float64 {
	free := cacheShare * (float64(s.Tensor)*(s.GPU.Bytes-workspace) - s.Model.Params*WeightBits(s.Weights)/8)
	each := (float64(s.In) + float64(s.Out)/2) * CacheBytes(s.Model.Model, WeightBits(s.Cache)/8) * float64(s.Tensor) / s.cacheSplit()
	return free / each
}

// cacheSplit returns over how many GPUs the cache is split: not beyond the
// heads, and not at all where it is latent.
func (s *Serve) cacheSplit() float64 {
	if s.Model.KVWidth > 0 {
		return 1
	}
	return float64(min(s.Tensor, max(1, s.Model.KVHeads)))
}

// serveOn estimates a job on a replica with room for so many requests: a
// closed loop, in which each request decodes in a batch and is held up while
// the prompts of the others are read.
func (c *Constants) serveOn(s *Serve, room float64) Served {
	batch := math.Max(1, math.Min(room, largestBatch))
	replicas := math.Max(1, math.Floor(float64(s.GPUs)/float64(s.Tensor)))
	waiting := 0.0
	if s.Concurrency > 0 {
		each := float64(s.Concurrency) / replicas
		waiting = math.Max(0, each-batch)
		batch = math.Min(batch, each)
	}
	out := float64(s.Out)
	first := c.prefill(s, 1)
	decode := c.decode(s, batch, float64(s.In)+out/2)
	group := math.Max(1, math.Min(batch/2, math.Floor(chunk/float64(s.In)))) // prompts that are read together
	held := c[serveInterfere] * (batch - 1) / group * total(c.prefill(s, group)) / out
	token := total(decode) + held
	whole := total(first) + token*out
	busy := math.Min(0.95, batch*total(first)/whole)
	queue := math.Min((batch-1)/2, busy/(2*(1-busy)))*total(first) + waiting*whole/batch
	margin := c[serveLatencyMargin]
	if s.Model.Experts > 0 {
		margin = c[serveMoEMargin]
	}
	parts := append(decode, Part{"compute: prompts of others", held, "s"})
	bound := largest(parts)
	ttft := append(first, Part{"queue", queue, "s"})
	return Served{
		Tensor: s.Tensor, Batch: int(batch),
		Throughput: between(replicas*batch*out/whole, margin, "tokens/s", bound, parts),
		TPOT:       between(token, margin, "s", bound, parts),
		TTFT:       between(total(ttft), 2*margin, "s", largest(ttft), ttft), // queues are not measured well enough for less
	}
}

// decode returns the seconds of one token of each of batch requests, whose
// context is so long.
func (c *Constants) decode(s *Serve, batch, context float64) []Part {
	m, t := s.Model, float64(s.Tensor)
	read := (m.Params - m.head()) * WeightBits(s.Weights) / 8
	layer, sequence := c[serveLayer], c[serveSequence]
	if s.Engine == VLLM || s.Engine == SGLang {
		sequence = c[serveSequencePython]
	}
	flops := 2 * (m.Active - m.head()) * batch
	if experts := m.expertParams(); experts > 0 {
		met := 1 - math.Pow(1-float64(m.TopK)/float64(m.Experts), batch)
		routed := experts * met * WeightBits(s.Weights) / 8
		read += routed - experts*WeightBits(s.Weights)/8
		each := batch * float64(m.TopK) / float64(m.Experts)
		flops *= 1 + c[serveHalfTokens]/math.Max(each, 1)
		layer += c[serveLayerMoE]
	}
	hbm := s.GPU.HBM * c[serveHBM]
	weights, matrices := read/t/hbm, flops/t/c.serveRate(s)
	cache := batch * context * CacheBytes(m.Model, WeightBits(s.Cache)/8) / s.cacheSplit() / s.GPU.HBM
	if m.KVWidth > 0 {
		cache *= c[serveLatent]
	}
	bound := "HBM bandwidth: weights"
	if matrices > weights {
		bound = "compute: matrices"
	}
	return []Part{
		{bound, weights + matrices, "s"}, {"HBM bandwidth: KV cache", cache, "s"}, {"HBM bandwidth: activations", c.elementwise(s, batch), "s"}, {"NVLink: tensor parallelism", c.collectives(s, batch), "s"},
		{"kernels of layers", layer * 1e-6 * float64(m.Layers), "s"}, {"scheduler", (c[serveStep]*1e-3 + batch*sequence*1e-6), "s"},
	}
}

// prefill returns the seconds that reading the prompts of so many requests
// takes.
func (c *Constants) prefill(s *Serve, requests float64) []Part {
	m, t := s.Model, float64(s.Tensor)
	tokens := requests * float64(s.In)
	flops := 2 * m.linear() * tokens
	if m.Experts > 0 {
		flops *= 1 + c[serveHalfTokens]/math.Max(1, tokens*float64(m.TopK)/float64(m.Experts))
	}
	matrices := flops / t / c.serveRate(s)
	weights := m.Params * WeightBits(s.Weights) / 8 / t / (s.GPU.HBM * c[serveHBM])
	layers := m.Layers
	if m.AttentionLayers > 0 {
		layers = m.AttentionLayers
	}
	attention := 2 * float64(layers) * float64(s.In) * m.attention() * tokens / t / (s.GPU.FP16 * c[serveAttention])
	return []Part{
		{"compute: matrices", weights + matrices, "s"}, {"compute: attention", attention, "s"}, {"HBM bandwidth: activations", c.elementwise(s, tokens), "s"},
		{"NVLink: tensor parallelism", c.collectives(s, tokens), "s"}, {"start of a prompt", c[servePrefillStep] * 1e-3, "s"},
	}
}

// elementwise returns the seconds that norms, activation functions and copies
// of so many tokens take.
func (c *Constants) elementwise(s *Serve, tokens float64) float64 {
	return c[serveElementwise] * float64(s.Model.Layers*s.Model.Hidden) * tokens / float64(s.Tensor) / s.GPU.HBM
}

// collectives returns the seconds of two all-reduces a layer of so many
// tokens.
func (c *Constants) collectives(s *Serve, tokens float64) float64 {
	if s.Tensor == 1 {
		return 0
	}
	t, link := float64(s.Tensor), s.GPU.NVLink*c[serveLink]
	if link == 0 || s.Tensor > s.GPU.Domain {
		link = math.Max(s.GPU.PCIe, 32e9) // PCIe Gen4 through the host
		if s.GPU.NIC > 0 && s.Tensor > 8 {
			link = s.GPU.NIC
		}
	}
	bytes := tokens * float64(s.Model.Hidden) * 2
	return 2 * float64(s.Model.Layers) * (c[serveCollective]*1e-6 + 2*(t-1)/t*bytes/link)
}

// serveRate returns the FLOP/s that matrices come to. Weights in a precision
// that the GPU does not compute are computed in the next wider one.
func (c *Constants) serveRate(s *Serve) float64 {
	g := s.GPU
	precision := strings.ToLower(s.Weights)
	at := Peak(g, precision)
	bits := WeightBits(precision)
	if at == 0 && bits < 8 {
		at, bits = g.FP8, 8
	}
	if at == 0 {
		at, bits = g.FP16, 16
	}
	share := c[serveA100]
	switch gen := generationOf(g); {
	case gen >= amd3:
		share = c[serveAMD]
	case gen == blackwell && bits < 8:
		share = c[serveBlackwell4]
	case gen == blackwell:
		share = c[serveBlackwell8]
	case gen == hopper && bits == 8:
		share = c[serveHopper8]
	case gen == hopper:
		share = c[serveHopper16]
	}
	if g.Watts < 600 && generationOf(g) == hopper {
		share *= c[servePCIe]
	}
	return share * at
}

// A Measured load is a way of measuring that a closed loop is not.
type Load int

// The loads: as many requests as fit, one batch to its end, and MLPerf's
// scenarios.
const (
	MaxLoad Load = iota
	Static
	Offline
	Server
	Interactive
)

// Saturated returns the output tokens a second of a job under a load. token is
// the most seconds a token may take, 0 without limit.
func (c *Constants) Saturated(s Serve, load Load, token float64) (Estimate, error) {
	if load == Static {
		return c.static(s)
	}
	batch := s.Concurrency
	s.Concurrency = 0
	if load == MaxLoad {
		s.Concurrency = batch
	}
	have, err := c.Serve(s)
	if err != nil {
		return Estimate{}, err
	}
	if token > 0 && have.TPOT.Value > token {
		have = c.within(s, have, token)
	}
	factor := map[Load]float64{MaxLoad: c[serveMaxLoad], Offline: c[serveOffline], Server: c[serveServer], Interactive: c[serveInteractive]}[load]
	margin := c[serveThroughputMargin]
	if load != MaxLoad {
		margin = c[serveBlindMargin]
		if s.Model.Experts > 0 {
			factor *= c[serveRouted]
		}
	}
	if s.Model.Experts > 0 && load == MaxLoad {
		margin = c[serveMoEMargin]
	}
	t := have.Throughput
	return between(t.Value*factor, margin, t.Unit, t.Bound, t.Parts), nil
}

// within returns what the largest batch gives whose tokens come in time.
func (c *Constants) within(s Serve, have Served, token float64) Served {
	for _, t := range open(s.Tensor, []int{1, 2, 4, 8}) {
		k := s
		k.Tensor = t
		room := k.room(c[serveWorkspace] * 1e9)
		if t > s.GPUs || room < 1 {
			continue
		}
		low, high := 1.0, room
		for range 12 {
			mid := (low + high) / 2
			if c.serveOn(&k, mid).TPOT.Value <= token {
				low = mid
			} else {
				high = mid
			}
		}
		if got := c.serveOn(&k, low); got.Throughput.Value > have.Throughput.Value || have.TPOT.Value > token {
			have = got
		}
	}
	return have
}

// static estimates one batch that is read and decoded to its end.
func (c *Constants) static(s Serve) (Estimate, error) {
	if err := s.check(); err != nil {
		return Estimate{}, err
	}
	batch, out := float64(s.Concurrency), float64(s.Out)
	parts := c.decode(&s, batch, float64(s.In)+out/2)
	for i := range parts {
		parts[i].Value *= out
	}
	parts = append(parts, Part{"prefill", total(c.prefill(&s, batch)), "s"})
	return between(batch*out/total(parts), c[serveThroughputMargin], "tokens/s", largest(parts), parts), nil
}

// FirstToken estimates the seconds to the first token of a request that is
// alone.
func (c *Constants) FirstToken(s Serve) (Estimate, error) {
	if err := s.check(); err != nil {
		return Estimate{}, err
	}
	parts := c.prefill(&s, 1)
	return between(total(parts), c[servePrefillMargin], "s", largest(parts), parts), nil
}
