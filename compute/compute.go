// Package compute chooses virtual machine sizes, and models what a workload
// does on GPUs: how much memory it takes, how fast it is, what limits it.
//
// A Train, Serve or Classic goes in, an Estimate comes out with its interval and
// its sum part by part; these are the equations of rooflines, rings and
// pipelines with the constants of catalog/judged/sizing.csv, and docs/accuracy.md
// says how right they are. An Ask goes in and a Ranking of all sizes comes out,
// by the same models. A Need goes in and a Choice comes out with its reasons and
// with what was passed over and why: the first of the ranking where the need says
// what work there is, else by rules of thumb. The package asks nobody: what
// policy, quota or region refuse comes in as a function.
package compute

import (
	"cmp"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"airfield/catalog"
)

// Role is what compute is for.
type Role string

// The roles, as Microsoft's guides tell them apart.
const (
	Training    Role = "training"
	Inference   Role = "inference"
	Preparation Role = "preparation" // preparing data, and batch work on CPUs
)

// Need is what something needs of its compute. What is zero is not asked for.
type Need struct {
	Role       Role
	Work       *Ask    // what the models choose by; without it, rules of thumb do
	Parameters int64   // of the model
	BytesEach  float64 // of memory for each parameter, all counted; see BytesEach
	GPUMemory  float64 // in GiB, in all; what the model needs where it is 0
	GPUs       int     // in all
	VCPUs      int     // of a node
	MemoryGiB  float64 // of a node
	Nodes      int
	Least      int                                           // nodes of a service at the least
	Most       int                                           // and at the most
	Wide       bool                                          // CPU sizes of older families too, behind the newest
	Modern     bool                                          // bf16 or fp8 is computed, which GPUs before 2020 do not
	Regions    []string                                      // the size must be sold in each
	Bars       func(s *catalog.Size) (why string)            // "" for a size that could be used there at all
	Refuse     func(s *catalog.Size, nodes int) (why string) // "" for what may be taken; asked in the order of choice, until something may
}

// GPU tells whether GPUs are needed at all.
func (n Need) GPU() bool { return n.Parameters > 0 || n.GPUMemory > 0 || n.GPUs > 0 }

// Choice is a size and how many of it.
type Choice struct {
	Size       *catalog.Size
	Nodes      int
	Because    string
	PassedOver []PassedOver
	Option     *Option // what the models say of it; nil where rules of thumb chose
	Lacks      string  // why the models found no size, where they were asked
}

// PassedOver is a size that was not taken.
type PassedOver struct{ Size, Why string }

// use is the share of GPU memory that a model may fill; the rest is for the
// framework and fragmentation. Rule of thumb (guidance CMP-D3, unconfirmed).
const use = 0.9

// Choose gives the size for a need, false where the catalog has none that fits
// and may be taken; PassedOver then says why.
//
// Where the models can tell, it is the cheapest that does the work. Else memory
// decides. Training that fits one GPU gets one GPU: there is nobody for it to talk to.
// Larger training gets ND sizes with InfiniBand, newest first (guidance CMP-D1,
// CMP-D2). Inference gets the cheapest size without InfiniBand that holds the
// model (CMP-02), sizes without new capacity last. Small models and data preparation get CPUs: memory-optimized
// E for training, compute-optimized F for the rest, of the newest AMD family
// that is sold everywhere (guidance, corrections: F and Fsv2 are closed to new
// subscriptions).
func Choose(n Need) (Choice, bool) {
	c := Choice{}
	if n.Work != nil {
		if c = n.ranked(); c.Lacks == "" {
			return c, c.Size != nil
		}
	}
	memory := n.memory()
	candidates := cpuCandidates(n)
	fits := func(s *catalog.Size) (nodes int, why string) { return max(1, n.Nodes), tooSmall(n, s) }
	if n.GPU() {
		candidates = gpuCandidates(n)
		fits = func(s *catalog.Size) (int, string) { return gpuNodes(n, s, memory) }
	}
	for _, s := range candidates {
		nodes, why := fits(s)
		if why == "" {
			why = n.Unavailable(s)
		}
		if why == "" && c.Size == nil && n.Refuse != nil {
			why = n.Refuse(s, nodes)
		}
		if why != "" {
			c.PassedOver = append(c.PassedOver, PassedOver{s.Name, why})
			continue
		}
		if c.Size == nil {
			c.Size, c.Nodes = s, nodes
			c.Because = because(n, s, nodes, memory)
			continue
		}
		if len(c.PassedOver) < 8 {
			c.PassedOver = append(c.PassedOver, PassedOver{s.Name, "behind " + c.Size.Name + " in the order of choice"})
		}
	}
	return c, c.Size != nil
}

func because(n Need, s *catalog.Size, nodes int, memory float64) string {
	switch {
	case !n.GPU() && n.Role == Training:
		return "a small model trains on CPUs with much memory"
	case !n.GPU():
		return "compute-optimized CPUs are enough"
	}
	have := s.GPUs * s.GPUMemoryGiB * float64(nodes)
	need := fmt.Sprintf("needs about %.0f GiB of GPU memory and has %.0f GiB", math.Ceil(memory), have)
	if memory == 0 {
		need = fmt.Sprintf("has %g GPUs in %d node(s)", s.GPUs*float64(nodes), nodes)
	}
	switch {
	case s.RDMA:
		return need + "; GPUs talk over NVLink inside a node and over InfiniBand between nodes"
	case n.Role == Inference:
		if priceIn(n, s) == math.MaxInt64 {
			return need + " without InfiniBand, which serving does not use; its price there is not known"
		}
		return need + "; the lowest price an hour that holds it without InfiniBand, which serving does not use"
	}
	return need + "; one node, so that no InfiniBand is paid for"
}

// gpuCandidates gives the GPU sizes that Microsoft's guide names for the role,
// in the order they are tried.
func gpuCandidates(n Need) []*catalog.Size {
	single, cluster := slices.Clone(gpuSizes().single), gpuSizes().cluster
	slices.SortFunc(single, func(a, b *catalog.Size) int {
		return cmp.Or(cmp.Compare(restricted(a), restricted(b)), cmp.Compare(priceIn(n, a), priceIn(n, b)), cmp.Compare(a.Name, b.Name))
	})
	return append(single, cluster...)
}

// old tells whether a size's GPUs compute neither bf16 nor fp8.
func old(s *catalog.Size) bool {
	return strings.HasPrefix(s.GPUModel, "T4") || strings.Contains(s.GPUModel, "V100") || strings.HasPrefix(s.GPUModel, "M60") || strings.HasPrefix(s.GPUModel, "P")
}

// restricted puts sizes without new capacity behind all others.
func restricted(s *catalog.Size) int {
	if s.Lifecycle == "Restricted" {
		return 1
	}
	return 0
}

// gpuSizes are the sizes with whole GPUs that new subscriptions can use: those
// for one node, and those for clusters over InfiniBand, newest first.
var gpuSizes = sync.OnceValue(func() (all struct{ single, cluster []*catalog.Size }) {
	for _, s := range catalog.Sizes() {
		switch {
		case s.GPUs < 1 || s.Arch != "x64" || s.Series == "NV" || s.Series == "NG" || s.Series == "NCC" || s.Lifecycle == "Retired" || s.Retirement != "":
		case s.Series == "NC":
			all.single = append(all.single, s)
		case s.Series == "ND" && s.RDMA && s.GPUVendor == "NVIDIA":
			all.cluster = append(all.cluster, s)
		}
	}
	slices.SortFunc(all.cluster, func(a, b *catalog.Size) int { // newest first
		return cmp.Or(cmp.Compare(b.Version, a.Version), cmp.Compare(b.GPUMemoryGiB, a.GPUMemoryGiB), cmp.Compare(a.Name, b.Name))
	})
	return all
})

// TooLarge says why so many nodes of a size do not hold the need, "" where they
// do. What the models say of them, where they were asked, counts for more than
// the rule of thumb.
func (n Need) TooLarge(s *catalog.Size, nodes int, o *Option) string {
	if n.Nodes > 0 && nodes != n.Nodes {
		return fmt.Sprintf("is %d nodes and not %d", nodes, n.Nodes)
	}
	if !n.GPU() {
		if n.VCPUs == 0 && n.MemoryGiB == 0 {
			return ""
		}
		return tooSmall(n, s)
	}
	memory := n.memory()
	if o != nil && o.Nodes > 0 {
		memory = n.GPUMemory
	} else if o != nil && o.Against[0].By == "memory" {
		return "does not hold the model: " + o.Against[0].Why
	}
	have := s.GPUs * s.GPUMemoryGiB * float64(nodes)
	switch {
	case s.GPUs == 0:
		return "has no GPU"
	case memory > have*use && s.GPUMemoryGiB > 0:
		return fmt.Sprintf("holds %.0f GiB of about %.0f GiB of GPU memory", have*use, math.Ceil(memory))
	case float64(n.GPUs) > s.GPUs*float64(nodes):
		return fmt.Sprintf("has %g of %d GPUs", s.GPUs*float64(nodes), n.GPUs)
	}
	return tooSmall(n, s)
}

// Unavailable says why a size cannot be had, "" where nothing is known against
// it.
func (n Need) Unavailable(s *catalog.Size) string {
	for _, r := range n.Regions {
		if sold, known := catalog.Sold(s.Name, r); known && !sold {
			return "is not sold in " + r
		}
	}
	if series, ended := catalog.EndOfLife(s); ended {
		return "is of series " + series + ", which is closed to new subscriptions"
	}
	if n.Bars != nil {
		return n.Bars(s)
	}
	return ""
}

// memory gives the GPU memory that is needed, in GiB.
func (n Need) memory() float64 {
	if n.GPUMemory > 0 {
		return n.GPUMemory
	}
	return float64(n.Parameters) * n.BytesEach / (1 << 30)
}

// largestAlone is the GPU memory of the largest size without InfiniBand, in
// GiB: what needs no more is not served on a size with it.
const largestAlone = 4 * 80

// gpuNodes gives how many nodes of a size the need takes, or why the size is
// not for it.
func gpuNodes(n Need, s *catalog.Size, memory float64) (int, string) {
	perNode := s.GPUs * s.GPUMemoryGiB * use
	nodes := max(1, int(math.Ceil(memory/perNode)))
	if n.Nodes > 0 || n.GPUs > 0 { // how many is said
		said := max(1, n.Nodes, int(math.Ceil(float64(n.GPUs)/s.GPUs)))
		if n.Nodes > 0 && said > n.Nodes {
			return 0, fmt.Sprintf("has %g of %d GPUs in %d nodes", s.GPUs*float64(n.Nodes), n.GPUs, n.Nodes)
		}
		if nodes > said {
			return 0, fmt.Sprintf("holds %.0f GiB of about %.0f GiB in %d nodes", perNode*float64(said), math.Ceil(memory), said)
		}
		nodes = said
	}
	switch {
	case n.Modern && old(s):
		return 0, "computes neither bf16 nor fp8"
	case s.RDMA && n.Role != Training && memory <= largestAlone*use && n.GPUs <= 4:
		return 0, "its InfiniBand would be paid for and not used; named in the estate it is taken"
	case s.RDMA:
		return nodes, ""
	case n.Role == Training && nodes > 1:
		return 0, "training over several nodes needs InfiniBand"
	case n.Role == Training && s.GPUs > 1 && memory > s.GPUMemoryGiB*use:
		return 0, "training over several GPUs needs NVLink"
	case memory > perNode || n.Role == Inference && float64(n.GPUs) > s.GPUs:
		if memory <= perNode {
			return 0, fmt.Sprintf("has %g of %d GPUs", s.GPUs, n.GPUs)
		}
		return 0, fmt.Sprintf("holds %.0f GiB of %.0f GiB", perNode, memory)
	}
	return nodes, tooSmall(n, s)
}

// cpuCandidates gives the sizes of the family for the role, smallest first.
func cpuCandidates(n Need) []*catalog.Size {
	if n.Role == Training || n.MemoryGiB > 4*float64(max(n.VCPUs, 1)) {
		return beyond(n.MemoryGiB, append(slices.Clone(memoryOptimized()), pick(n.Wide, olderMemory)...))
	}
	return append(slices.Clone(computeOptimized()), pick(n.Wide, olderCompute)...)
}

// beyond adds the family with the most memory where none of the sizes has what
// is wanted (guidance CMP-D1: M only when memory demands it).
func beyond(gib float64, all []*catalog.Size) []*catalog.Size {
	if slices.ContainsFunc(all, func(s *catalog.Size) bool { return s.MemoryGiB >= gib }) {
		return all
	}
	return append(all, mostMemory()...)
}

// pick gives the sizes of a family where they are wanted.
func pick(wanted bool, of func() []*catalog.Size) []*catalog.Size {
	if !wanted {
		return nil
	}
	return of()
}

var (
	olderMemory      = sync.OnceValue(func() []*catalog.Size { return family(`^Standard_E\d+(ads|ds|as|s)_v5$`) })
	olderCompute     = sync.OnceValue(func() []*catalog.Size { return family(`^Standard_D\d+(ads|as|ds|s)_v[56]$`) })
	memoryOptimized  = sync.OnceValue(func() []*catalog.Size { return family(`^Standard_E\d+ads_v6$`) })
	computeOptimized = sync.OnceValue(func() []*catalog.Size { return family(`^Standard_F\d+as_v6$`) })
	mostMemory       = sync.OnceValue(func() []*catalog.Size { return family(`^Standard_M\d+s(_\d+)?_v3$`) })
)

// family gives the sizes whose names match, smallest first.
func family(pattern string) []*catalog.Size {
	match := regexp.MustCompile(pattern)
	var out []*catalog.Size
	for _, s := range catalog.Sizes() {
		if match.MatchString(s.Name) {
			out = append(out, s)
		}
	}
	slices.SortFunc(out, func(a, b *catalog.Size) int { return cmp.Compare(a.VCPUs, b.VCPUs) })
	return out
}

// CPUs is plain work on CPUs, such as preparing data.
type CPUs struct {
	VCPUs     int     // of a node
	MemoryGiB float64 // of a node
	Nodes     int
	Hours     float64 // a month that each runs
}

// on tells whether a size has what the work asks for.
func (w *CPUs) on(s *catalog.Size) Option {
	if why := tooSmall(Need{VCPUs: w.VCPUs, MemoryGiB: w.MemoryGiB}, s); why != "" {
		return Option{Against: []Objection{{"need", why, true}}}
	}
	o := Option{Nodes: w.Nodes, Speed: Estimate{Bound: fmt.Sprintf("%d vCPUs, %g GiB a node", s.VCPUs, s.MemoryGiB)}}
	if s.Series != "M" && !slices.Contains(computeOptimized(), s) && !slices.Contains(memoryOptimized(), s) {
		o.Against = []Objection{{"family", "is of an older family than Fasv6 and Eadsv6", false}}
	}
	return o
}

// least is what a node gets where the estate does not say.
const leastVCPUs, leastGiB = 8, 16

func tooSmall(n Need, s *catalog.Size) string {
	vcpus, memory := n.VCPUs, n.MemoryGiB
	if vcpus == 0 && memory == 0 && !n.GPU() {
		vcpus, memory = leastVCPUs, leastGiB
	}
	switch {
	case s.VCPUs < vcpus:
		return fmt.Sprintf("has %d vCPUs of %d", s.VCPUs, vcpus)
	case s.MemoryGiB < memory:
		return fmt.Sprintf("has %.5g GiB of memory of %.5g", s.MemoryGiB, memory)
	}
	return ""
}

// priceIn gives the price in the first region, and a very large one where it
// is not known, so that a size with a known price comes first.
func priceIn(n Need, s *catalog.Size) int64 {
	if len(n.Regions) > 0 {
		if p, ok := catalog.Price(n.Regions[0], s.Name); ok {
			return p
		}
	}
	return math.MaxInt64
}

var (
	parameterCount = regexp.MustCompile(`(?i)(?:^|[-_ :/])(?:(\d+)x)?(\d+(?:\.\d+)?)(b|m)\b`)
	expertsApart   = regexp.MustCompile(`(?i)\d+b-\d+e`) // the parameters in use, not all there are
)

// Parameters reads the number of parameters from a model's name, such as
// llama-3.1-70b or mixtral-8x7b, gives that of the catalog where the name does
// not tell, and 0 where neither does.
func Parameters(model string) int64 {
	if n := parametersIn(model); n > 0 {
		return n
	}
	m, _ := catalog.ModelNamed(model)
	return int64(m.Params)
}

// parametersIn reads the number of parameters from a model's name.
func parametersIn(model string) int64 {
	m := parameterCount.FindStringSubmatch(strings.ReplaceAll(model, "_", "-"))
	if m == nil || expertsApart.MatchString(model) {
		return 0
	}
	n, _ := strconv.ParseFloat(m[2], 64)
	if m[1] != "" {
		experts, _ := strconv.ParseFloat(m[1], 64)
		n *= experts
	}
	if strings.EqualFold(m[3], "m") {
		n /= 1000
	}
	if n > 1e5 {
		return 0
	}
	return int64(n * 1e9)
}

// BytesEach gives the bytes of GPU memory for each parameter: rules of thumb
// (guidance CMP-D3, unconfirmed), which count weights, gradients and optimizer
// of the method, or weights of the precision and a reserve for the KV cache.
func BytesEach(role Role, method, precision string) float64 {
	if role == Training {
		switch method {
		case "lora":
			return 2.6
		case "qlora":
			return 1
		}
		return 18
	}
	switch precision {
	case "fp32":
		return 4 * 1.25
	case "fp8", "int8":
		return 1.25
	case "int4":
		return 0.5 * 1.25
	}
	return 2 * 1.25
}
