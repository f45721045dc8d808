package design

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"airfield/arm"
	"airfield/catalog"
	"airfield/compute"
	"airfield/diag"
	"airfield/estate"
)

// finish makes what only a subscription that is whole shows.
func (d *designer) finish() {
	for _, s := range d.order {
		d.vend(s)
	}
	d.finishData()
	if d.e.Platform.Standalone {
		for _, s := range d.order {
			d.logs(s.shares[0])
		}
	}
	d.access()
	d.finishClusters()
	d.finishSlurm()
	d.finishNetworks()
	d.finishVolumes()
	d.finishGuardrails()
	d.listOpen()
	d.gone()
}

// gone says what the lock knew of and the estate does not ask for any more: it
// was taken out, or renamed without saying so.
func (d *designer) gone() {
	var networks []string
	for _, key := range d.lock.dropped("address") {
		if !strings.Contains(key, "/") {
			networks = append(networks, key)
		}
	}
	for _, key := range append(networks, d.lock.dropped("subscription")...) {
		d.found.Warnf(d.e.Of("workloads"), "design/gone", "estate.lock knows %q and the estate does not ask for it any more: its range is free for others; a workload that was renamed says formerly", key)
	}
}

const workspaces = "Microsoft.OperationalInsights/workspaces"

// logs gives a subscription of a standalone organization a workspace, and sends
// its activity log there. With a platform, the platform's policies do this.
func (d *designer) logs(s *share) {
	region := string(d.e.Region("home"))
	if len(s.sub.regions) > 0 && !slices.Contains(s.sub.regions, region) {
		region = s.sub.regions[0]
	}
	group := d.resourceGroup(s, s.cellOf(lifeOperations, region))
	pos := d.e.Of("platform")
	id := d.put(s, group.Resource(workspaces, d.names.name(workspaces, "", d.tokens(s, "", region, "001"))), region, pos, arm.O{"properties", arm.O{
		"sku", arm.O{"name", "PerGB2018"}, "retentionInDays", 30}})
	var logs arm.A
	for _, category := range []string{"Administrative", "Security", "ServiceHealth", "Alert", "Policy", "ResourceHealth"} {
		logs = append(logs, arm.O{"category", category, "enabled", true})
	}
	d.add(s.sub.id.Resource("Microsoft.Insights/diagnosticSettings", "activity-log"), pos, arm.O{"properties", arm.O{"workspaceId", arm.IDOf(id), "logs", logs}})
}

// listOpen lists what an estate may say and this design does not act on.
func (d *designer) listOpen() {
	e := d.e
	if e.Network.OnPrem.By != "" {
		d.leave("network", fmt.Sprintf("the link to the organization's own network by %s", e.Network.OnPrem.By), "circuits and gateways are the platform's (guidance NET-05)", e.Network.Of("onprem"))
	}
	d.quota()
	d.unused()
	for _, p := range e.Places() {
		if len(p.Of.Uses) > 0 && d.once("uses "+p.Workload) {
			d.leave(p.Workload, "platform services: "+strings.Join(p.Of.Uses, ", "), "their network and policy are checked by a review; they are not designed here", p.Of.Of("uses"))
		}
	}
}

// quota lists the vCPUs of GPU and cluster sizes that each subscription needs:
// a new one has none of them.
func (d *designer) quota() {
	for _, s := range d.sorted() {
		for _, q := range s.quota {
			family, why := q.Family, "a new subscription has little or none, and the regional total must hold all; quota is no promise of capacity"
			switch {
			case q.Batch:
				family += " of the Batch account"
				why = "a new account has its own, none of GPU families and little of others; it is asked for at the account, and is no promise of capacity"
			case family == spotCores:
				family = "Spot (lowPriorityCores, one for all families)"
			}
			at := s.place.Pos
			if d.e.Money.Has("quota") {
				at = d.e.Money.Of("quota")
			}
			d.leave(fmt.Sprintf("%s (%d vCPUs)", s.place.Name(), q.VCPUs), fmt.Sprintf("quota of %s in %s", family, q.Region), why, at)
		}
	}
}

// unused lists what the estate says and this design does not act on yet, so
// that nobody takes it for done.
func (d *designer) unused() {
	e := d.e
	say := func(has bool, about, key, why string, pos diag.Pos) {
		if has {
			d.leave(about, key, why, pos)
		}
	}
	for _, p := range e.Places() {
		for _, j := range p.Jobs {
			say(j.Value.Tokens > 0 || j.Value.Sequence > 0 || j.Value.DoneWithin > 0, p.Name()+"/"+j.Key, "how long a run takes", "nodes are chosen by memory, not by speed: of a job with model, method and tokens airfield compute tells, and --write puts its answer into the estate", j.Value.Pos())
			for _, o := range j.Value.OrElse {
				say(d.around == nil && (o.Nodes > 0 || o.Region != ""), p.Name()+"/"+j.Key, "second choices", "or_else widens the allowed sizes alone here: what cannot be had only a tenant tells (design --tenant)", j.Value.Of("or_else"))
			}
		}
		for _, entry := range p.Data {
			v := entry.Value
			say(v.StallAtMost > 0 && v.StallAtMost != estate.Never && !d.data[p.Name()+"/"+entry.Key].timed, p.Name()+"/"+entry.Key, "stall_at_most", "no job of the workload says that it writes this", v.Of("stall_at_most"))
			say(v.KeepLast > 0 || v.Versions > 0, p.Name()+"/"+entry.Key, "keeping a number of copies", "Blob counts days, not copies: the job itself deletes what is too many (keep_last, versions)", v.Pos())
		}
		say(p.DataClass == "highly_confidential", p.Name(), "data_class highly_confidential", "it is a tag alone: keys of your own and confidential computing are not designed yet", p.Pos)
	}
}

// carries leaves open whether the instances of a service carry its load, with
// how many of them the models of compute want, and the command that says more.
func (d *designer) carries(n *nodes, s estate.Service) {
	l, ttft, tpot := s.Load, time.Duration(s.Latency.FirstToken.Time), time.Duration(s.Latency.NextToken.Time)
	if l.Mean+l.Peak <= 0 && ttft+tpot <= 0 {
		return
	}
	const what = "whether the instances carry the load"
	model, known := catalog.ModelNamed(s.Model.Like)
	if !known || l.Mean+l.Peak <= 0 || l.Input <= 0 || l.Output <= 0 {
		d.leave(n.about, what, "instances are chosen by memory and fleet; only a known model (like) and a load with input and output tell more", s.Pos())
		return
	}
	mean, peak := cmp.Or(l.Mean, l.Peak), cmp.Or(l.Peak, l.Mean)
	ask := compute.Ask{Model: compute.Arch{Model: model}, Precision: "bf16", Regions: []string{n.cell.region},
		Traffic: &compute.Traffic{Mean: float64(mean), Peak: float64(peak), In: l.Input, Out: l.Output, TTFT: ttft.Seconds(), TPOT: tpot.Seconds()}}
	if s.Model.Precision == "fp8" {
		ask.Precision = "fp8"
	}
	command := fmt.Sprintf("airfield compute --model %s --precision %s --serve mean=%.3g/s,peak=%.3g/s,in=%d,out=%d", s.Model.Like, ask.Precision, mean, peak, l.Input, l.Output)
	if ttft > 0 {
		command += " --ttft " + ttft.String()
	}
	if tpot > 0 {
		command += " --tpot " + tpot.String()
	}
	wanted := "not known"
	r := compute.Fitted().Rank(ask)
	for _, o := range append(r.May, r.Not...) {
		switch {
		case o.Size != n.size:
		case o.Nodes > 0:
			wanted = fmt.Sprint(o.Nodes)
		case len(o.Against) > 0:
			wanted = "none: " + o.Against[0].Why
		}
	}
	least := max(n.count, n.least)
	d.leave(fmt.Sprintf("%s (has %s × %s, wants %s)", n.about, upTo(least, max(least, s.Fleet.AtMost)), n.size.Name, wanted), what,
		"instances are chosen by memory and fleet, and the models of docs/accuracy.md want as many for all of it in one region: "+command+" says what does; --write ESTATE#workload/service puts it there", s.Pos())
}

// upTo writes a number, or from one to another.
func upTo(from, to int) string {
	if from == to {
		return fmt.Sprint(from)
	}
	return fmt.Sprintf("%d to %d", from, to)
}
