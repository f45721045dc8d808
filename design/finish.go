package design

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"airfield/arm"
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

// accept makes what the estate lives with no warning any more, until the end of
// the day that it names. What a finding is about stands first in it.
func (d *designer) accept(today string) {
	for i := range d.found {
		f := &d.found[i]
		_, after, _ := strings.Cut(f.Message, `"`)
		about, _, _ := strings.Cut(after, `"`)
		part := strings.Split(about, "/")
		for _, a := range d.e.Accept {
			here := a.Where == "" || len(part) > 1 && estate.Matches(a.Where, part[0], part[1])
			if f.Severity == diag.Warning && a.Finding == f.Code && here && day(a.Until.Time) >= today {
				f.Severity, f.Message = diag.Info, fmt.Sprintf("%s (accepted by %s until %s: %s)", f.Message, a.By, day(a.Until.Time), a.Why)
			}
		}
	}
}

// day writes a day, "" for none.
func day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.DateOnly)
}
