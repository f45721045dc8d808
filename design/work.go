package design

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"airfield/catalog"
	"airfield/compute"
	"airfield/diag"
	"airfield/estate"
	"airfield/source"
)

// What the estate says of the work itself, tokens to train on or requests to
// answer, goes to the models of package compute: they choose the size and the
// number, and tell of a size that is stated or locked how long it takes and what
// it carries. What they cannot tell is left open.

// work is what the models are asked about a job or a service.
type work struct {
	what   string       // is asked, "" where the estate says nothing of the work
	ask    *compute.Ask // nil where the models cannot be asked
	lacks  string       // why they cannot
	beyond diag.Pos     // of more tokens than the model takes
}

// methods are what the models call the estate's ways of training.
var methods = map[estate.Method]compute.Method{"": compute.SFT, "full": compute.SFT, "lora": compute.LoRA, "qlora": compute.QLoRA, "pretrain": compute.Pretrain}

// Work gives what the models are asked about a job or a service: that of
// workload/environment/name, or of workload/name in production, else in the first
// environment. A service is asked about in all its regions.
func (d *Design) Work(key string) (ask compute.Ask, known bool) {
	part := strings.Split(key, "/")
	places := slices.Clone(d.Estate.Places())
	slices.SortStableFunc(places, func(a, b estate.Place) int {
		switch first := production(a.Environment); {
		case first == production(b.Environment):
			return 0
		case first:
			return -1
		}
		return 1
	})
	for _, p := range places {
		if len(part) < 2 || p.Workload != part[0] || len(part) == 3 && p.Environment != part[1] {
			continue
		}
		for _, about := range slices.Sorted(maps.Keys(d.asks)) {
			if name, _, _ := strings.Cut(about, "@"); name != p.Name()+"/"+part[len(part)-1] {
				continue
			}
			regions := ask.Regions
			ask, known = d.asks[about], true
			ask.Regions = append(regions, ask.Regions...)
		}
		if known {
			break
		}
	}
	return ask, known
}

// jobWork gives what the models are asked about a job.
func jobWork(n *nodes, j estate.Job) work {
	if j.Tokens <= 0 && j.Sequence <= 0 && j.DoneWithin <= 0 {
		return work{}
	}
	w := work{what: "how long a run takes"}
	method := methods[j.Method]
	if j.Kind == estate.Pretrain {
		method = compute.Pretrain
	}
	m, known := catalog.ModelNamed(j.Model)
	switch {
	case !n.trains:
		w.lacks = "the models of docs/accuracy.md tell it of training alone"
	case j.Tokens <= 0 || j.Sequence <= 0:
		w.lacks = "only tokens and sequence tell it"
	case !known:
		w.lacks = fmt.Sprintf("the architecture of %q is not known", j.Model)
	case m.Context > 0 && j.Sequence > m.Context:
		w.lacks, w.beyond = fmt.Sprintf("the model takes %d tokens at the most", m.Context), j.Of("sequence")
	default:
		run := &compute.Run{Method: method, Tokens: float64(j.Tokens), Sequence: j.Sequence, Batch: compute.Batch(method, j.Sequence), Runs: cmp.Or(aMonth(j.Runs), 1)}
		if j.DoneWithin < estate.Never {
			run.Within = float64(j.DoneWithin) / 3.6e12
		}
		w.ask = &compute.Ask{Model: compute.Arch{Model: m}, Precision: "bf16", Run: run}
	}
	return w
}

// aMonth gives how often a month something happens.
func aMonth(f estate.Frequency) float64 { return float64(f) * month * 3600 }

// precisions are those in which serving was measured, as the models call them.
var precisions = map[estate.Precision]string{"": "bf16", "bf16": "bf16", "fp16": "bf16", "fp8": "fp8"}

// serviceWork gives what the models are asked about a service in one region.
func (d *designer) serviceWork(n *nodes, name string, s estate.Service) work {
	l, ttft, tpot := s.Load, time.Duration(s.Latency.FirstToken.Time), time.Duration(s.Latency.NextToken.Time)
	if l.Mean+l.Peak <= 0 && ttft+tpot <= 0 {
		return work{}
	}
	w := work{what: "whether the instances carry the load"}
	m, known := catalog.ModelNamed(s.Model.Like)
	precision, measured := precisions[s.Model.Precision]
	mean, peak := float64(cmp.Or(l.Mean, l.Peak)), float64(cmp.Or(l.Peak, l.Mean))
	switch {
	case !known:
		w.lacks = fmt.Sprintf("the architecture of %q is not known", s.Model.Like)
	case !measured:
		w.lacks = "serving in " + string(s.Model.Precision) + " was not measured"
	case l.Mean+l.Peak <= 0 || l.Input <= 0 || l.Output <= 0:
		w.lacks = "only a load with input and output tells it"
	case m.Context > 0 && (l.Input > m.Context || l.Output > m.Context-l.Input):
		w.lacks, w.beyond = fmt.Sprintf("the model takes %d tokens at the most", m.Context), l.Of("input")
	default:
		part := d.part(n, name, s)
		w.ask = &compute.Ask{Model: compute.Arch{Model: m}, Precision: precision,
			Traffic: &compute.Traffic{Mean: mean * part, Peak: peak * part, In: l.Input, Out: l.Output, TTFT: ttft.Seconds(), TPOT: tpot.Seconds()}}
	}
	return w
}

// part gives the part of a service's load that one region must carry, and
// records why: of a service on which much hangs the whole, since the others may
// be lost; else an equal part. The load of a workload is that of its production,
// where it has one: what another environment does not state for itself is none,
// and one instance is enough.
func (d *designer) part(n *nodes, name string, s estate.Service) float64 {
	p := n.cell.place
	own := slices.ContainsFunc(p.In.Services, func(e source.Entry[estate.Service]) bool {
		return e.Key == name && e.Value.Load.Mean+e.Value.Load.Peak > 0
	})
	elsewhere := slices.ContainsFunc(p.Of.Environments, func(e source.Entry[estate.Environment]) bool { return production(e.Key) })
	c := Decision{About: n.about, Question: "Which load must it carry?", Rules: []string{"CMP-08"}, Pos: or(s.Load.Pos(), s.Pos()), Changes: "criticality, load, regions"}
	part := 1.0
	switch peak := float64(cmp.Or(s.Load.Peak, s.Load.Mean)); {
	case !production(p.Environment) && !own && elsewhere:
		part, c.Answer, c.Because = 0, "what one instance carries", "the load of a workload is that of its production; load under the environment would be its own"
	case len(s.Regions) < 2:
		return 1
	case p.Criticality == "high" || p.Criticality == "mission":
		c.Answer, c.Because = fmt.Sprintf("all of it, %.3g requests/s at peak", peak), fmt.Sprintf("with criticality %s, each region must carry everything when the others are lost", p.Criticality)
		c.Alternatives = []Alternative{{"an equal part in each region", "not all could be answered in time while a region is lost"}}
	default:
		part = 1 / float64(len(s.Regions))
		c.Answer, c.Because = fmt.Sprintf("one part in %d, %.3g requests/s at peak", len(s.Regions), peak*part), fmt.Sprintf("the regions share it; with criticality %s, less is answered in time while one is lost", p.Criticality)
		c.Alternatives = []Alternative{{"all of it in each region", "criticality high or mission has that, for as many instances in each"}}
	}
	d.decide(c)
	return part
}

// told says what the models tell of what was chosen, and what the estate wants
// and does not get.
func (d *designer) told(n *nodes, lacks string) {
	w, o := n.work, n.option
	leave := func(why string) {
		d.leave(n.about, w.what, why+", so that size and number follow from memory and from what is stated", n.pos)
	}
	command := fmt.Sprintf("airfield compute %s#%s", n.pos.File, strings.Split(n.about, "@")[0])
	switch {
	case w.what == "":
	case w.ask == nil:
		if w.beyond.Line > 0 {
			d.found.Warnf(w.beyond, "design/context", "more tokens in %q than its model takes: %s", n.about, w.lacks)
		}
		leave(w.lacks)
	case lacks != "": // by memory, since no size does it
		d.found.Warnf(n.pos, "design/work-unmet", "no size does the work of %q as the estate wants it (%s): %s is taken by memory; %s tells more", n.about, lacks, n.size.Name, command)
	case late(o) != "":
		d.found.Warnf(n.pos, "design/work-unmet", "%s of %q does not do its work as the estate wants it: %s; %s tells what does", n.size.Name, n.about, late(o), command)
	case o.Nodes == 0:
		leave(n.size.Name + ": " + o.Against[0].Why + "; " + command + " tells more")
	}
}

// late says which time an option misses, "" where none is known to be missed.
func late(o *compute.Option) string {
	if i := slices.IndexFunc(o.Against, func(b compute.Objection) bool { return b.By == "time" }); i >= 0 {
		return o.Against[i].Why
	}
	return ""
}

// fills gives a service the instances that its load wants: where the fleet may
// grow, those of the mean to begin with; else those of the peak.
func (d *designer) fills(n *nodes, s estate.Service) {
	o := n.option
	if n.count = 1; o == nil || o.Nodes == 0 {
		return
	}
	n.count = o.Nodes
	if t := n.work.ask.Traffic; s.Fleet.AtMost > 0 {
		n.count = min(o.For(t.Mean*float64(t.Out)), s.Fleet.AtMost)
	}
}

// carries warns of a fleet that does not carry its load at peak.
func (d *designer) carries(n *nodes, s estate.Service) {
	if o := n.option; o != nil && o.Nodes > n.most {
		d.found.Warnf(or(s.Fleet.Pos(), n.pos), "design/work-unmet", "%q has %s of %s at the most, and its peak of %.3g requests/s wants %d: raise fleet.at_most or nodes, or lower the load", n.about, plural(n.most, "instance"), n.size.Name, n.work.ask.Traffic.Peak, o.Nodes)
	}
}

// does says what the models tell of the size and number that were chosen, "" for
// nothing.
func (n *nodes) does() string {
	if n.option == nil || n.option.Nodes == 0 {
		return ""
	}
	return "; " + n.option.Does(n.work.ask)
}

// wants says how many instances mean and peak want, "" where no load is known.
func (n *nodes) wants() string {
	if n.option == nil || n.option.Nodes == 0 || n.work.ask.Traffic.Peak == 0 {
		return ""
	}
	t := n.work.ask.Traffic
	return fmt.Sprintf("; the mean of %.3g requests/s wants %d, the peak of %.3g wants %d", t.Mean, n.option.For(t.Mean*float64(t.Out)), t.Peak, n.option.For(t.Peak*float64(t.Out)))
}

// still says what a fleet that does not grow lacks at peak, "" for nothing.
func (n *nodes) still() string {
	if n.option == nil || n.option.Nodes <= n.count {
		return ""
	}
	return fmt.Sprintf(": %d of the %d that the peak wants, unless the least is raised", n.count, n.option.Nodes)
}

// jobHours gives how long a month the nodes of a job run, and records it: the
// share in which it is busy, its runs, else all that is not stopped. A run takes
// what the models say, else what it may.
func (d *designer) jobHours(n *nodes, j estate.Job) float64 {
	p := n.cell.place
	if j.Busy > 0 {
		return month * float64(j.Busy) / 100
	}
	each, because := float64(j.DoneWithin)/3.6e12, "done_within of a run stands for its time, which the models do not tell"
	if o := n.option; o != nil && o.Time.Value > 0 {
		each, because = o.Time.Value, "a run takes "+o.Time.String()+" by the models of docs/accuracy.md"
	}
	if j.Runs <= 0 || each <= 0 {
		return month - p.In.Stopped.Hours()*month/24
	}
	hours := min(month, aMonth(j.Runs)*each)
	d.decide(Decision{About: n.about, Question: "How many hours a month does a node run?", Answer: fmt.Sprintf("%.4g h: %.3g runs of %.3g h", hours, aMonth(j.Runs), each), Because: because,
		Alternatives: []Alternative{{"the whole month", "nothing of it is used between the runs"}}, Rules: []string{"GOV-01"}, Pos: n.pos, Changes: "runs, busy, done_within, or what decides the time"})
	return hours
}
