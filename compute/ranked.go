package compute

import (
	"fmt"
	"math"

	"airfield/catalog"
)

// Ask gives the work of a need with all that sizes and counts must keep. The
// need has Work.
func (n *Need) Ask() Ask {
	a := *n.Work
	a.Regions, a.Counts = n.Regions, n.counts
	return a
}

// counts gives how many nodes of a size keep what the need states: for a job in
// all, for a service in each instance.
func (n *Need) counts(s *catalog.Size) (least, most int, why string) {
	if why := tooSmall(*n, s); why != "" && (n.VCPUs > 0 || n.MemoryGiB > 0) {
		return 0, 0, why
	}
	if n.Bars != nil && n.Bars(s) != "" {
		return 0, 0, n.Bars(s)
	}
	if s.GPUs < 1 {
		return 1, 0, ""
	}
	gpus := int(math.Ceil(float64(n.GPUs) / s.GPUs))
	need := max(1, gpus, int(math.Ceil(n.GPUMemory/(s.GPUs*s.GPUMemoryGiB*use))))
	switch {
	case n.Work.Traffic != nil && need > 1:
		return 0, 0, "is smaller than an instance is to be"
	case n.Work.Traffic != nil:
		return max(1, n.Least), n.Most, ""
	case n.Nodes > 0 && need > n.Nodes:
		return 0, 0, fmt.Sprintf("has too few GPUs in %d nodes", n.Nodes)
	case n.Nodes > 0:
		return n.Nodes, n.Nodes, ""
	case n.GPUs > 0: // how many is said
		return need, need, ""
	}
	return need, 0, ""
}

// ranked chooses the cheapest that does the work and may be taken. Lacks says
// why nothing does it; where all that does is refused, there is no Size.
func (n *Need) ranked() (c Choice) {
	ask := n.Ask()
	r := Fitted().Rank(ask)
	may, cheapest := r.May, "the cheapest that does it: "
	if len(may) == 0 {
		may, cheapest = r.missing("fleet"), "the cheapest that would do it with a larger fleet: "
	}
	if len(may) == 0 {
		return Choice{Lacks: r.nearest()}
	}
	pass := func(o *Option, why string) {
		c.PassedOver = append(c.PassedOver, PassedOver{o.String(), why})
	}
	behind := may
	for i := range may {
		o, why := &may[i], ""
		if n.Refuse != nil {
			why = n.Refuse(o.Size, o.Nodes)
		}
		if behind = may[i+1:]; why == "" {
			c.Size, c.Nodes, c.Option = o.Size, o.Nodes, o
			c.Because = cheapest + o.month(&ask)
			if ask.Traffic != nil && o.Size.RDMA {
				c.Because += ", though its InfiniBand is not used"
			}
			break
		}
		pass(o, why)
	}
	for i := range behind[:min(3, len(behind))] {
		o := &behind[i]
		why := o.month(&ask) + ": " + o.Does(&ask)
		if len(o.Against) > len(c.Option.Against) {
			why = o.Against[0].Why
		}
		pass(o, why)
	}
	late := r.missing("time", "memory", "fabric")
	for i := range late[:min(3, len(late))] {
		pass(&late[i], late[i].Against[0].Why)
	}
	return c
}

// missing gives the options that nothing speaks against but what is named.
func (r *Ranking) missing(by ...string) (all []Option) {
	for _, o := range r.Not {
		if o.only(by...) {
			all = append(all, o)
		}
	}
	return all
}

// nearest says what keeps the option from the work that comes nearest to it.
func (r *Ranking) nearest() string {
	why, best := "no size of the region does it", math.Inf(1)
	for _, o := range r.missing("time", "memory", "fabric", "need", "fleet") {
		late := o.Time.High + o.TPOT.High
		if o.Nodes == 0 && late == 0 {
			late = math.MaxFloat64
		}
		if late < best {
			why, best = o.Size.Name+": "+o.Against[0].Why, late
		}
	}
	return why
}

// Try estimates the work on so many nodes of a size, nil where the need says
// none. A service has as many as its peak wants.
func (n Need) Try(s *catalog.Size, nodes int) *Option {
	if n.Work == nil {
		return nil
	}
	n.VCPUs, n.MemoryGiB, n.GPUs, n.GPUMemory, n.Nodes, n.Bars = 0, 0, 0, 0, nodes, nil
	a := n.Ask()
	o := Fitted().try(&a, s)
	o.Size = s
	return &o
}

// String gives the size and how many of it.
func (o *Option) String() string {
	if o.Nodes == 0 {
		return o.Size.Name
	}
	return fmt.Sprintf("%s × %d", o.Size.Name, o.Nodes)
}

// month says what the option costs.
func (o *Option) month(a *Ask) string {
	switch {
	case o.Month == 0:
		return "its price is not known"
	case a.Traffic != nil:
		return fmt.Sprintf("%.0f USD a month with all of them up", float64(o.Month)/1e6)
	}
	return fmt.Sprintf("%.0f USD a month", float64(o.Month)/1e6)
}

// Does says what the option does of what was asked, with how sure that is and
// what binds.
func (o *Option) Does(a *Ask) string {
	if v := a.Traffic; v != nil {
		carries := fmt.Sprintf("%d carry %.3g requests/s at peak", o.Nodes, v.Peak)
		if v.Peak == 0 {
			carries = "one instance"
		}
		return fmt.Sprintf("%s, %d at once for each %s: first token %s%s, each further %s%s; limit: %s", carries, o.Batch, gpus(o.Layout.Tensor),
			o.TTFT.Times(1000, "ms"), wanted(v.TTFT*1000), o.TPOT.Times(1000, "ms"), wanted(v.TPOT*1000), o.Speed.Bound)
	}
	return fmt.Sprintf("a run takes %s%s; limit: %s", o.Time, wanted(a.Run.Within), o.Speed.Bound)
}

// gpus writes a number of GPUs.
func gpus(n int) string {
	if n == 1 {
		return "GPU"
	}
	return fmt.Sprintf("%d GPUs", n)
}

// wanted writes what an estimate is held against.
func wanted(most float64) string {
	if most == 0 {
		return ""
	}
	return fmt.Sprintf(" of %.3g", most)
}
