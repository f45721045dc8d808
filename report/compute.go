package report

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"airfield/catalog"
	"airfield/compute"
	"airfield/cost"
)

// What sizes would do for a model: options that may be had, cheapest first, the
// sum of the first part by part, and what excluded the others.

// Computed is the answer about a model, as data.
type Computed struct {
	Model        string              `json:"model"`                  // as the user calls it
	Architecture string              `json:"architecture,omitempty"` // the catalog's
	Assumed      []string            `json:"assumed"`
	Options      []OptionOf          `json:"options"`
	Better       *OptionOf           `json:"better,omitempty"`  // the cheapest that is a fifth faster than the first
	Cheaper      *OptionOf           `json:"cheaper,omitempty"` // the cheapest that misses time, budget or quota alone
	Fleet        *cost.Fleet         `json:"fleet,omitempty"`   // the first option as machines, with the ways to pay for them
	Keep         *compute.Checkpoint `json:"checkpoint,omitempty"`
	Excluded     []ExclusionOf       `json:"excluded"`
	serving      bool
}

// OptionOf is a size and how many of it.
type OptionOf struct {
	Size      string              `json:"size"`
	Region    string              `json:"region"`
	Nodes     int                 `json:"nodes"`
	Layout    string              `json:"layout"`
	Replicas  int                 `json:"replicas,omitempty"`
	Batch     int                 `json:"batch,omitempty"` // requests at once on a replica
	Limit     string              `json:"limit"`           // what binds
	Hours     *compute.Estimate   `json:"hours,omitempty"`
	Speed     compute.Estimate    `json:"speed"`
	TTFT      *compute.Estimate   `json:"ttft,omitempty"`
	TPOT      *compute.Estimate   `json:"tpot,omitempty"`
	Memory    compute.Estimate    `json:"memory"`
	HourUSD   float64             `json:"hourUSD,omitempty"`
	MonthUSD  float64             `json:"monthUSD,omitempty"`
	PriceAsOf string              `json:"priceAsOf,omitempty"`
	Open      []compute.Objection `json:"open,omitempty"` // what could not be told, or excludes it
}

// ExclusionOf is why sizes are not among the options.
type ExclusionOf struct {
	By    string   `json:"by"`
	Why   string   `json:"why"`
	Sizes []string `json:"sizes"` // with the region where it depends on that
}

// Compute makes data of a ranking for a model that the user calls by a name.
func Compute(name string, a compute.Ask, r compute.Ranking) Computed {
	c := Computed{Model: name, Architecture: a.Model.Name, serving: a.Traffic != nil, Options: []OptionOf{}, Excluded: exclusions(r.Not)}
	for i := range r.May {
		c.Options = append(c.Options, optionOf(&r.May[i]))
	}
	if len(r.May) > 0 && r.May[0].Price > 0 {
		o := &r.May[0]
		f := cost.FleetOf(o.Region, o.Size.Name, float64(o.Nodes), a.Hours(o))
		c.Fleet = &f
	}
	if o, ok := r.Better(); ok {
		x := optionOf(&o)
		c.Better = &x
	}
	if o, ok := r.Cheaper(); ok {
		x := optionOf(&o)
		c.Cheaper = &x
	}
	c.Assumed = []string{givenBy(&a)}
	if len(r.May) > 0 && a.Run != nil {
		k := compute.CheckpointOf(a.Model, a.Run.Method, r.May[0].Nodes*int(r.May[0].Size.GPUs), pause)
		c.Keep = &k
	}
	return c
}

// givenBy says what an answer takes for given.
func givenBy(a *compute.Ask) string {
	switch {
	case a.Traffic != nil:
		return fmt.Sprintf("%s weights, a KV cache of 16 bits, vLLM, prompts not shared; %g requests/s at peak, all nodes up all month", a.Precision, a.Traffic.Peak)
	case a.Samples != nil:
		return fmt.Sprintf("in 16 bits, %s samples a run, runs a month: %.3g; whether it fits the memory of a GPU was not looked at", thousands(int64(a.Samples.Samples)), a.Samples.Runs)
	case a.CPUs != nil:
		return fmt.Sprintf("%s of %d vCPUs and %.5g GiB or more, each %.0f h a month", plural(a.CPUs.Nodes, "node"), a.CPUs.VCPUs, a.CPUs.MemoryGiB, a.CPUs.Hours)
	}
	return fmt.Sprintf("%s, %d sequences of %d tokens a step, %s tokens a run, runs a month: %.3g", a.Precision, a.Run.Batch, a.Run.Sequence, thousands(int64(a.Run.Tokens)), a.Run.Runs)
}

// pause is the seconds that a run may stand still for a checkpoint.
const pause = 60

func optionOf(o *compute.Option) OptionOf {
	x := OptionOf{Size: o.Size.Name, Region: o.Region, Nodes: o.Nodes, Replicas: o.Replicas, Batch: o.Batch, Speed: o.Speed, Memory: o.Memory, Limit: o.Speed.Bound, Open: o.Against,
		HourUSD: float64(o.Price) / 1e6, MonthUSD: float64(o.Month) / 1e6, Layout: layout(o)}
	if o.Price > 0 {
		x.PriceAsOf = catalog.PricesAsOf(o.Region)
	}
	if o.Time.Value > 0 {
		x.Hours = &o.Time
	}
	if o.TPOT.Value > 0 {
		x.TTFT, x.TPOT = &o.TTFT, &o.TPOT
	}
	return x
}

// layout writes the degrees of parallelism that are above 1.
func layout(o *compute.Option) string {
	l := o.Layout
	var words []string
	for _, d := range []struct {
		n    int
		name string
	}{{l.Tensor, "tensor"}, {l.Pipeline, "pipeline"}, {l.Context, "context"}, {l.Expert, "expert"}} {
		if d.n > 1 {
			words = append(words, fmt.Sprintf("%s %d", d.name, d.n))
		}
	}
	if l.Sharding != "" && o.Nodes*int(o.Size.GPUs) > 1 {
		words = append(words, string(l.Sharding))
	}
	if l.Micro > 0 {
		words = append(words, fmt.Sprintf("micro-batch %d", l.Micro))
	}
	return strings.Join(words, ", ")
}

// exclusions puts together the sizes that the same reason excludes; of several
// reasons the first counts, which the work itself gives.
func exclusions(not []compute.Option) (all []ExclusionOf) {
	all = []ExclusionOf{}
	for i := range not {
		o := &not[i]
		at := slices.IndexFunc(o.Against, func(b compute.Objection) bool { return b.Known })
		b := o.Against[at]
		name := strings.TrimPrefix(o.Size.Name, "Standard_")
		if slices.Contains(inPlace, b.By) {
			name += " in " + o.Region
		}
		k := slices.IndexFunc(all, func(e ExclusionOf) bool { return e.By == b.By && e.Why == b.Why })
		if k < 0 {
			all, k = append(all, ExclusionOf{By: b.By, Why: b.Why}), len(all)
		}
		if !slices.Contains(all[k].Sizes, name) {
			all[k].Sizes = append(all[k].Sizes, name)
		}
	}
	slices.SortStableFunc(all, func(a, b ExclusionOf) int { return near(a.By) - near(b.By) })
	return all
}

// inPlace are the reasons that differ by region.
var inPlace = []string{"region", "price", "budget", "size", "quota", "policy"}

// near puts what somebody can change before what the work or the GPU is.
func near(by string) int {
	return slices.Index([]string{"memory", "fabric", "model", "GPU", "end", "image", "region", "price", "budget", "time", "size", "quota", "policy"}, by) * -1
}

// ComputeText prints the answer for people.
func ComputeText(w io.Writer, c Computed, o Options) error {
	p := newPrinter(w, o)
	assumed := c.Assumed
	if c.Architecture != "" && c.Architecture != c.Model {
		assumed = append([]string{"architecture of " + c.Architecture}, assumed...)
	}
	p.heading(c.Model, strings.Join(assumed, "; "))
	n, shown := 0, map[string]bool{} // in the cheapest region
	for i := range c.Options {
		if size := c.Options[i].Size; o.Full || !shown[size] && len(shown) < 6 {
			n++
			p.option(fmt.Sprintf("%d. ", n), &c.Options[i])
			shown[size] = true
		}
	}
	if n < len(c.Options) {
		p.wrap(nil, "", fmt.Sprintf("%d of %d options, each size in its cheapest region, those last of which something is not known: --full", n, len(c.Options)), dim)
	}
	if len(c.Options) == 0 {
		p.line(span{strong, "nothing does it"})
	} else if o := &c.Options[0]; len(o.Speed.Parts) > 0 {
		p.sum(o)
	}
	if f := c.Fleet; f != nil {
		p.heading("Ways to pay", fmt.Sprintf("USD a month for %.0f of its %d hours, and %s", f.Hours, cost.Month, shareOfMonth))
		for _, way := range waysToPay(*f) {
			p.line(span{normal, fmt.Sprintf("  %14s  %s", way[0], way[1])})
		}
	}
	if c.Better != nil || c.Cheaper != nil {
		p.heading("Next", "")
	}
	if c.Better != nil {
		p.option("faster: ", c.Better)
	}
	if c.Cheaper != nil {
		p.option("cheaper: ", c.Cheaper)
	}
	if k := c.Keep; k != nil {
		p.heading("Checkpoints", "")
		p.wrap([]span{{normal, "  "}}, "  ", fmt.Sprintf("%s each; one every %.0f min loses least where a GPU fails every %.0f h (one of these every %.0f h): %.1f %% of the time in all. To write one in %.0f s takes %s/s. An eviction of a Spot node costs %.0f min on average; how often there is one, Azure does not say in advance.",
			bytesOf(k.Bytes), k.Interval, compute.HoursBetweenFailures, k.Failures, k.Lost*100, k.Pause, bytesOf(k.Write), k.Evicted), normal)
	}
	p.excluded(c.Excluded, o.Full)
	return p.w.Flush()
}

func (p *printer) option(first string, o *OptionOf) {
	price := "price not known"
	if o.MonthUSD > 0 {
		price = thousands(int64(math.Round(o.MonthUSD))) + " USD a month"
	}
	p.line(span{strong, fmt.Sprintf("%s%s × %d", first, o.Size, o.Nodes)}, span{normal, fmt.Sprintf("  %s  %s", o.Region, price)})
	text := o.Limit // of plain CPUs it is what they are
	if o.Speed.Value > 0 {
		text = strings.TrimSuffix("limit: "+o.Limit+"; "+o.Layout, "; ")
	}
	if o.Hours != nil {
		text = fmt.Sprintf("a run takes %s; %s", interval(*o.Hours, 1, "h"), text)
	}
	if o.TPOT != nil {
		text = fmt.Sprintf("%d replicas of %d requests: first token %s, each further %s; %s", o.Replicas, o.Batch, interval(*o.TTFT, 1e3, "ms"), interval(*o.TPOT, 1e3, "ms"), text)
	}
	p.wrap([]span{{normal, "   "}}, "   ", text, normal)
	for _, b := range o.Open {
		p.wrap([]span{{dim, "   "}}, "   ", b.By+": "+b.Why, dim)
	}
}

// sum prints what the first option's numbers are the sum of.
func (p *printer) sum(o *OptionOf) {
	p.heading("Why "+strings.TrimPrefix(o.Size, "Standard_"), "")
	e, what, times, unit := o.Speed, "a step of one GPU", 1e3, "ms"
	switch {
	case o.TPOT != nil:
		e, what = *o.TPOT, "a token"
	case e.Unit == "samples/s":
		what, times, unit = "samples/s of one GPU, which are their product", 1, "×"
	}
	for _, part := range e.Parts {
		if part.Value > 0 {
			p.line(span{normal, fmt.Sprintf("  %9s %s  %s", digits(part.Value*times), unit, part.Name)})
		}
	}
	p.line(span{dim, "  of " + what})
	for _, part := range o.Memory.Parts {
		p.line(span{normal, fmt.Sprintf("  %9s  %s", bytesOf(part.Value), part.Name)})
	}
	if len(o.Memory.Parts) > 0 {
		p.line(span{dim, "  of the memory of the fullest GPU"})
	}
}

// digits writes a number by its first three digits, without an exponent.
func digits(x float64) string {
	rounded, _ := strconv.ParseFloat(strconv.FormatFloat(x, 'g', 3, 64), 64)
	if rounded >= 1000 {
		return thousands(int64(rounded))
	}
	return strconv.FormatFloat(rounded, 'f', -1, 64)
}

func (p *printer) excluded(all []ExclusionOf, full bool) {
	if len(all) == 0 {
		return
	}
	p.heading("Not these", "")
	for _, e := range all {
		names := e.Sizes
		if len(names) > 4 && !full {
			names = append(slices.Clone(names[:3]), fmt.Sprintf("and %d more", len(e.Sizes)-3))
		}
		p.wrap([]span{{strong, "  " + e.By + ": "}}, "    ", e.Why+" ("+strings.Join(names, ", ")+")", normal)
	}
}

// interval writes an estimate with where nine of ten measured values lie.
func interval(e compute.Estimate, times float64, unit string) string {
	return fmt.Sprintf("%s %s (%s to %s)", digits(e.Value*times), unit, digits(e.Low*times), digits(e.High*times))
}

// bytesOf writes a number of bytes.
func bytesOf(b float64) string {
	for _, u := range []struct {
		worth float64
		name  string
	}{{1e12, "TB"}, {1e9, "GB"}, {1e6, "MB"}} {
		if b >= u.worth {
			return fmt.Sprintf("%.3g %s", b/u.worth, u.name)
		}
	}
	return fmt.Sprintf("%.0f B", b)
}
