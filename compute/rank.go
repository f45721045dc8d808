package compute

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"airfield/catalog"
)

// An Ask is work that sizes are wanted for: training or serving of a model, a
// classic network, or plain work on CPUs.
type Ask struct {
	Model     Arch   // of Run and Traffic
	Precision string // of matrices in training, of weights in serving
	Run       *Run
	Traffic   *Traffic
	Samples   *Samples
	CPUs      *CPUs
	Regions   []string
	GPU       string // the only one that is asked about; blank for all
	Budget    int64  // micro-USD a month at most; 0 is any

	// Counts gives how many nodes of a size are asked about, most being 0 for
	// any, or why none are; nil for any of all sizes.
	Counts func(s *catalog.Size) (least, most int, why string)

	// Object says what a tenant has against so many nodes of a size; nil where
	// none was asked.
	Object func(s *catalog.Size, region string, nodes int) []Objection
}

// A Run is a training, and how often there is one.
type Run struct {
	Method   Method
	Tokens   float64
	Sequence int     // tokens
	Batch    int     // sequences of a step; see Batch
	Within   float64 // hours that a run may take; 0 is any
	Runs     float64 // a month
}

// Batch is how many sequences a step has where nobody says: those of a million
// tokens, of four to pretrain.
func Batch(m Method, sequence int) int {
	step := 1 << 20 // tokens
	if m == Pretrain {
		step <<= 2
	}
	return max(1, step/max(1, sequence))
}

// Traffic is what is asked of a service, and how fast it must answer.
type Traffic struct {
	Mean, Peak float64 // requests/s
	In, Out    int     // tokens of a request
	TTFT, TPOT float64 // seconds at most; 0 is any
}

// An Objection is what speaks against an option.
type Objection struct {
	By    string `json:"by"` // model, GPU, fabric, memory, time, need, fleet, region, image, budget, policy, quota …
	Why   string `json:"why"`
	Known bool   `json:"known"` // false where it could not be told: the option may be had all the same
}

// An Option is a size, how many of it, and what they would do.
type Option struct {
	Size     *catalog.Size
	Region   string
	Nodes    int
	Layout   Layout   // of training
	Replicas int      // of serving, each on Layout.Tensor GPUs
	Batch    int      // requests at once on a replica
	Speed    Estimate // tokens/s of all GPUs
	Time     Estimate // hours of a run
	TTFT     Estimate // seconds, as TPOT, at peak
	TPOT     Estimate
	Memory   Estimate // of the fullest GPU
	Price    int64    // micro-USD an hour of a node; 0 is not known
	Month    int64    // micro-USD a month; 0 is not known
	Against  []Objection
}

// only tells whether nothing is known against the option but what is named.
func (o *Option) only(by ...string) bool {
	return !slices.ContainsFunc(o.Against, func(b Objection) bool { return b.Known && !slices.Contains(by, b.By) })
}

// A Ranking is all options, those first that may be had, cheapest first.
type Ranking struct {
	May []Option
	Not []Option // with a reason in Against
}

// hoursOfMonth is how many hours a month has, on average.
const hoursOfMonth = 730

// gpuOfVariant gives the GPU of catalog/data/gpus.csv by what sizes.csv calls
// it.
var gpuOfVariant = map[string]string{
	"T4 16GB": "T4-16", "A10 24GB": "A10-24", "V100 SXM2 32GB": "V100-32-SXM2",
	"A100 PCIe 80GB": "A100-PCIE-80", "A100 SXM 40GB": "A100-SXM-40", "A100 SXM 80GB": "A100-SXM-80",
	"H100 NVL PCIe 94GB": "H100-NVL-94", "H100 NVL 94GB (confidential)": "H100-NVL-94", "H100 SXM 80GB": "H100-SXM-80", "H200 SXM 141GB": "H200-SXM-141",
	"Blackwell (GB200) 192GB": "GB200", "Blackwell Ultra (GB300) 288GB": "GB300", "Instinct MI300X OAM 192GB": "MI300X-192",
}

// GPUs returns the GPUs that sizes have whose speed is known, sorted.
func GPUs() []string { return slices.Compact(slices.Sorted(maps.Values(gpuOfVariant))) }

// gpuIn returns the GPU of a size with the links that it has there, false where
// its speed is not known.
func gpuIn(s *catalog.Size) (catalog.GPU, bool) {
	g, ok := catalog.GPUOf(gpuOfVariant[s.GPUVariant])
	if !ok || s.GPUs < 1 {
		return g, false
	}
	mbps := float64(s.NetworkMbps)
	if s.RDMA {
		mbps = float64(s.RDMAGbps) * 1000
	}
	if mbps > 0 {
		g.NIC = mbps / 8 * 1e6 / s.GPUs
	}
	g.Domain = min(g.Domain, int(s.GPUs)) // that nodes of one rack are joined by NVLink is not assured
	return g, true
}

// Rank finds what each size with GPUs would do, in each region.
func (c *Constants) Rank(a Ask) Ranking {
	var r Ranking
	seen := map[string]Option{} // by what the models see of a size
	for _, s := range a.sizes() {
		g, known := gpuIn(s)
		least, most, why := a.counts(s)
		key := fmt.Sprint(g.Name, s.GPUs, g.NIC, s.RDMA, least, most, why)
		o, ok := seen[key]
		if !ok || !known || a.CPUs != nil {
			o = c.try(&a, s)
			seen[key] = o
		}
		for _, region := range a.Regions {
			r.add(&a, o, s, region)
		}
	}
	for _, all := range [][]Option{r.May, r.Not} {
		slices.SortStableFunc(all, func(x, y Option) int {
			return cmp.Or(cmp.Compare(len(x.Against), len(y.Against)), cmp.Compare(priceless(x.Month), priceless(y.Month)), cmp.Compare(x.Size.Name, y.Size.Name))
		})
	}
	return r
}

// priceless puts what has no price behind all that has.
func priceless(micros int64) int64 {
	if micros == 0 {
		return math.MaxInt64
	}
	return micros
}

// add puts an option in its place with what speaks against it in a region.
func (r *Ranking) add(a *Ask, o Option, s *catalog.Size, region string) {
	o.Size, o.Region, o.Against = s, region, slices.Clone(o.Against)
	against := func(by, why string) { o.Against = append(o.Against, Objection{by, why, true}) }
	if sold, known := catalog.Sold(s.Name, region); known && !sold {
		against("region", "is not sold there")
	} else if !known {
		o.Against = append(o.Against, Objection{"region", "whether it is sold there is not known", false})
	}
	if series, ended := catalog.EndOfLife(s); ended || s.Lifecycle == "Retired" || s.Retirement != "" {
		against("end", "series "+cmp.Or(series, s.Series)+" is retired or closed to new subscriptions")
	} else if s.Lifecycle == "Restricted" {
		against("end", "has no capacity for new customers")
	}
	if s.Arch != "x64" {
		against("image", "no image of the catalog with GPU drivers is for "+cmp.Or(s.Arch, "its processor"))
	}
	if price, ok := catalog.Price(region, s.Name); ok && o.Nodes > 0 {
		o.Price, o.Month = price, int64(min(max(1, float64(price)*float64(o.Nodes)*a.Hours(&o)), math.MaxInt64/2))
		if a.Budget > 0 && o.Month > a.Budget {
			against("budget", fmt.Sprintf("is %.0f USD a month, above the %.0f of the budget", float64(o.Month)/1e6, float64(a.Budget)/1e6))
		}
	} else if o.Nodes > 0 {
		o.Against = append(o.Against, Objection{"price", "its price there is not known", a.Budget > 0})
	}
	fleets := a.fleets(&o)
	if fleets > 1 && o.only() {
		o.Against = append(o.Against, Objection{"time", fmt.Sprintf("runs overlap: %s such fleets at once", big(fleets)), false})
	}
	nodes := fleets * float64(o.Nodes)
	if nodes > mostNodes {
		against("fleet", fmt.Sprintf("wants %s nodes, more than the %d of a cluster", big(nodes), mostNodes))
	} else if o.Layout.Sharding != "" && o.Nodes > mostRDMA {
		o.Against = append(o.Against, Objection{"orchestrator", fmt.Sprintf("a scale set with InfiniBand has %d nodes at most, unless Azure raises that", mostRDMA), false})
	}
	if a.Object != nil && o.Nodes > 0 && o.only("time", "budget") {
		o.Against = append(o.Against, a.Object(s, region, int(nodes))...)
	}
	if o.only() {
		r.May = append(r.May, o)
	} else {
		r.Not = append(r.Not, o)
	}
}

// mostNodes is how many nodes the largest orchestrator has: a cluster of AKS.
// mostRDMA is how many one placement group of a scale set has (guidance CMP-11).
const mostNodes, mostRDMA = 5000, 100

// longest is the hours that a run may take where nobody says.
const longest = 8760

// fleets returns how many times the nodes of an option run at once, because
// runs are more often than they end: one a month, which is what nobody says,
// waits for the last.
func (a *Ask) fleets(o *Option) float64 {
	if a.Run != nil && a.Run.Runs > 1 || a.Samples != nil && a.Samples.Runs > 1 {
		return math.Max(1, math.Ceil(a.Hours(o)/hoursOfMonth))
	}
	return 1
}

// big writes a whole number that may be very large.
func big(x float64) string { return strconv.FormatFloat(x, 'g', 6, 64) }

// Hours returns how long a month each node of an option runs.
func (a *Ask) Hours(o *Option) float64 {
	switch {
	case a.Run != nil:
		return o.Time.Value * a.Run.Runs
	case a.Samples != nil:
		return o.Time.Value * a.Samples.Runs
	case a.CPUs != nil:
		return a.CPUs.Hours
	}
	return hoursOfMonth
}

// sizes gives the sizes that are looked at: those with GPUs, for work on CPUs
// those of the families that are for it.
func (a *Ask) sizes() []*catalog.Size {
	if a.CPUs != nil {
		return beyond(a.CPUs.MemoryGiB, slices.Concat(computeOptimized(), memoryOptimized(), olderCompute(), olderMemory()))
	}
	return slices.DeleteFunc(catalog.Sizes(), func(s *catalog.Size) bool {
		return s.GPUs == 0 || a.GPU != "" && gpuOfVariant[s.GPUVariant] != a.GPU
	})
}

// counts gives how many nodes of a size are asked about, or why none are.
func (a *Ask) counts(s *catalog.Size) (least, most int, why string) {
	if a.Counts == nil {
		return 1, 0, ""
	}
	return a.Counts(s)
}

// try finds how many nodes of a size do the work, or what keeps them from it.
func (c *Constants) try(a *Ask, s *catalog.Size) Option {
	g, known := gpuIn(s)
	least, most, unfit := a.counts(s)
	if unfit != "" {
		return Option{Against: []Objection{{"need", unfit, true}}}
	}
	if a.CPUs != nil {
		return a.CPUs.on(s)
	}
	if !known {
		why := "how fast its GPU is was not measured"
		switch {
		case s.GPUs == 0:
			why = "has no GPU"
		case s.GPUs < 1:
			why = "has a part of a GPU"
		}
		return Option{Against: []Objection{{"GPU", why, true}}}
	}
	o := Option{}
	switch {
	case a.Run != nil:
		o = c.train(a, s, g, tried(least, most))
	case a.Samples != nil:
		o = a.Samples.on(s, g, tried(least, most))
	default:
		o = c.serve(a, s, g, least)
		if most > 0 && o.Nodes > most {
			o.Against = append(o.Against, Objection{"fleet", fmt.Sprintf("wants %d instances at peak, %d are the most", o.Nodes, most), true})
		}
	}
	if why := a.unmeasured(g); why != "" {
		o.Against = append(o.Against, Objection{"model", why, false})
	}
	return o
}

// unmeasured says which kind of work was measured on no GPU of the kind, so that
// the interval is not to be trusted.
func (a *Ask) unmeasured(g catalog.GPU) string {
	switch gen := generationOf(g); {
	case a.Samples != nil && gen >= amd3:
		return "on AMD GPUs no classic network was measured"
	case a.Samples != nil:
		return ""
	case gen >= amd3 && a.Run != nil && !(a.Run.Method == LoRA && a.Precision == "fp8"):
		return "on AMD GPUs only LoRA in fp8 was measured"
	case gen >= amd3 && a.Traffic != nil:
		return "on AMD GPUs throughput alone was measured, not the time of a token"
	case gen == blackwell && a.Run != nil && a.Precision == "bf16" && a.Model.Experts == 0:
		return "on Blackwell no dense training in bf16 was measured"
	case a.Run != nil && a.Run.Method == QLoRA:
		return "no training of weights in 4 bits was measured"
	case gen == ampere && !strings.HasPrefix(g.Name, "A100"):
		return "of GPUs before Hopper the A100 alone was measured"
	}
	return ""
}

// counts are the numbers of nodes that are tried.
var counts = []int{1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128}

// tried gives those from the least to the most, which is 0 for any.
func tried(least, most int) []int {
	all := []int{least}
	for _, n := range counts {
		if n > least && (most == 0 || n <= most) {
			all = append(all, n)
		}
	}
	return all
}

// train finds the cheapest number of nodes that hold the job and end in time
// even at the slow end of the interval.
func (c *Constants) train(a *Ask, s *catalog.Size, g catalog.GPU, counts []int) Option {
	t := a.Run
	within := cmp.Or(t.Within, longest)
	best := Option{Against: []Objection{{"memory", "does not hold the model", true}}}
	for _, n := range counts {
		if n > 1 && !s.RDMA {
			if n == counts[0] {
				best.Against = []Objection{{"fabric", "training over nodes without InfiniBand was not measured", true}}
			} else if best.Nodes == 0 {
				best.Against = []Objection{{"fabric", "one node does not hold it, and training over nodes without InfiniBand was not measured", true}}
			} else if len(best.Against) > 0 {
				best.Against[0].Why += ", and more nodes have no InfiniBand between them"
			}
			break
		}
		j := Train{Model: a.Model, GPU: g, GPUs: n * int(s.GPUs), Precision: a.Precision, Method: t.Method, Stack: Megatron, Sequence: t.Sequence, Batch: t.Batch}
		p, err := c.Train(j)
		if err != nil {
			if n == counts[0] {
				return Option{Against: []Objection{{"model", err.Error(), true}}}
			}
			break // more GPUs than sequences of a step
		}
		if !p.Fits {
			best.Against = []Objection{{"memory", fmt.Sprintf("%d × %s: %.0f of %.0f GB a GPU, most of it %s", n, g.Name, p.Memory.Value/1e9, g.Bytes*usableShare/1e9, p.Memory.Bound), true}}
			continue
		}
		o := Option{Nodes: n, Layout: p.Layout, Speed: p.Speed.Times(float64(j.GPUs), "tokens/s"), Memory: p.Memory, Time: c.Minutes(j, p, t.Tokens).Times(1.0/60, "h")}
		if o.Time.High > within {
			o.Against = []Objection{{"time", fmt.Sprintf("%d × %s take %.3g h (%.3g to %.3g), wanted %.3g", j.GPUs, g.Name, o.Time.Value, o.Time.Low, o.Time.High, within), true}}
			best = o
			continue
		}
		if len(best.Against) > 0 || float64(n)*o.Time.Value < float64(best.Nodes)*best.Time.Value {
			best = o
		}
		if t.Within > 0 {
			break
		}
	}
	return best
}

// serve finds the tensor parallelism and the load of a replica that need the
// fewest nodes at peak, where times hold even at the slow end of the interval.
func (c *Constants) serve(a *Ask, s *catalog.Size, g catalog.GPU, least int) Option {
	v := a.Traffic
	best := Option{Against: []Objection{{"memory", "does not hold the model and one request", true}}}
	for t := 1; t <= int(s.GPUs) && a.Model.Heads%t == 0; t *= 2 {
		job := Serve{Model: a.Model, GPU: g, Tensor: t, GPUs: t, Weights: a.Precision, Cache: "bf16", In: v.In, Out: v.Out, Engine: VLLM}
		room := job.room(c[serveWorkspace] * 1e9)
		if room < 1 {
			continue
		}
		if Peak(g, a.Precision) == 0 {
			return Option{Against: []Objection{{"GPU", g.Name + " does not compute " + a.Precision, true}}}
		}
		have, load := c.loaded(job, int(math.Min(room, largestBatch)), v)
		o := Option{Layout: Layout{Tensor: t}, Batch: load, TTFT: have.TTFT, TPOT: have.TPOT, Memory: c.held(&job, load)}
		if why := v.late(have); why != "" {
			if best.Nodes == 0 {
				o.Against = []Objection{{"time", fmt.Sprintf("%d GPUs: %s", t, why), true}}
				best = o
			}
			continue
		}
		o.Replicas = replicas(v.Peak * float64(v.Out) / have.Throughput.Low)
		o.Nodes = max(least, over(o.Replicas, int(s.GPUs)/t))
		o.Speed = have.Throughput.Times(float64(o.Replicas), "tokens/s")
		if best.Nodes == 0 || o.Nodes < best.Nodes {
			best = o
		}
	}
	return best
}

// replicas rounds up, to one at the least, and to a number beyond all fleets at
// the most.
func replicas(n float64) int { return int(math.Ceil(min(max(n, 1), 1e9))) }

// over divides, rounded up.
func over(n, by int) int { return (n + by - 1) / by }

// For returns how many nodes of an option of serving carry so many output
// tokens a second at the slow end of its interval.
func (o *Option) For(tokens float64) int {
	n := replicas(tokens * float64(o.Replicas) / o.Speed.Low * (1 - 1e-12)) // what Speed was multiplied by comes out again
	return over(n, int(o.Size.GPUs)/o.Layout.Tensor)
}

// loaded returns what a replica does with as many requests at once as it may
// have for all to be in time, and how many those are.
func (c *Constants) loaded(s Serve, most int, v *Traffic) (Served, int) {
	at := func(n int) Served {
		s.Concurrency = n
		have, _ := c.Serve(s) // what it needs was looked at
		return have
	}
	low, high := 1, max(1, most)
	for low < high {
		mid := (low + high + 1) / 2
		if v.late(at(mid)) == "" {
			low = mid
		} else {
			high = mid - 1
		}
	}
	return at(low), low
}

// late says which time is not kept at the slow end of its interval.
func (v *Traffic) late(have Served) string {
	for _, t := range []struct {
		what string
		e    Estimate
		most float64
	}{{"a token", have.TPOT, v.TPOT}, {"the first token", have.TTFT, v.TTFT}} {
		if t.most > 0 && t.e.High > t.most {
			return fmt.Sprintf("%s takes %.3g ms (%.3g to %.3g), wanted %.3g", t.what, t.e.Value*1e3, t.e.Low*1e3, t.e.High*1e3, t.most*1e3)
		}
	}
	return ""
}

// held returns the bytes on each GPU of a replica with so many requests.
func (c *Constants) held(s *Serve, requests int) Estimate {
	t := float64(s.Tensor)
	cache := float64(requests) * (float64(s.In) + float64(s.Out)/2) * CacheBytes(s.Model.Model, WeightBits(s.Cache)/8) / s.cacheSplit()
	parts := []Part{{"weights", s.Model.Params * WeightBits(s.Weights) / 8 / t, "B"}, {"KV cache", cache, "B"}, {"workspace", c[serveWorkspace] * 1e9, "B"}}
	return between(total(parts), 0.05, "B", "memory: "+largest(parts), parts)
}

// Better returns the cheapest option that is a fifth faster than the first, and
// false where none is.
func (r *Ranking) Better() (Option, bool) {
	for _, o := range r.May[min(1, len(r.May)):] {
		first := r.May[0]
		if first.Time.Value > 0 && o.Time.Value < first.Time.Value*0.8 || first.TPOT.Value > 0 && o.TPOT.Value < first.TPOT.Value*0.8 {
			return o, true
		}
	}
	return Option{}, false
}

// Cheaper returns the cheapest option below all that may be had that misses its
// time, budget or quota alone, and false where none does.
func (r *Ranking) Cheaper() (best Option, ok bool) {
	for _, o := range r.Not {
		if o.only("time", "budget", "quota") && o.Month > 0 && !slices.ContainsFunc(r.May, func(m Option) bool { return m.Month > 0 && m.Month <= o.Month }) && (!ok || o.Month < best.Month) {
			best, ok = o, true
		}
	}
	return best, ok
}
