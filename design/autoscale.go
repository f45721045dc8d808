package design

import (
	"fmt"
	"strconv"
	"strings"

	"airfield/arm"
	"airfield/catalog"
	"airfield/estate"
)

// clock gives a schedule's time zone as autoscale and auto-shutdown name it. It
// is false where nothing stops, or the zone is not known, which it lists.
func (d *designer) clock(n *nodes) (string, bool) {
	s := n.cell.place.In.Stopped
	if s.From == "" {
		return "", false
	}
	zone, known := catalog.WindowsZone(s.Zone)
	if !known {
		d.leave(n.about, "stopping from "+s.From+" to "+s.To, "what Azure calls time zone "+s.Zone+" is not known; one of the IANA database, such as Europe/Stockholm, is", n.cell.place.In.Of("stopped"))
	}
	return zone, known
}

// autoscale lets a scale set grow with the work between the bounds of its
// fleet, and stop while its environment is stopped. A profile that recurs holds
// until the next one begins.
// learn.microsoft.com/azure/azure-monitor/autoscale/autoscale-multiprofile
func (d *designer) autoscale(n *nodes, fleet arm.ID) {
	zone, stops := d.clock(n)
	if n.most == n.count && !stops {
		return
	}
	running := arm.O{"name", "running", "capacity", capacity(n.count, n.most), "rules", d.scaleRules(n, fleet)}
	profiles := arm.A{running}
	if stops {
		s := n.cell.place.In.Stopped
		running[1] = `{"name":"running","for":"stopped"}` // what the portal calls the end of another profile
		profiles = arm.A{
			arm.O{"name", "stopped", "capacity", capacity(0, 0), "rules", arm.A{}, "recurrence", daily(s.From, zone)},
			append(running, "recurrence", daily(s.To, zone))}
	}
	const t = "Microsoft.Insights/autoscaleSettings"
	id := fleet.ResourceGroupID().Resource(t, d.names.name(t, "", d.tokens(n.share, n.purpose, n.cell.region, "001")))
	d.put(n.share, id, n.cell.region, n.pos, arm.O{"properties", arm.O{"enabled", true, "targetResourceUri", arm.IDOf(fleet), "profiles", profiles}})
	var answer []string
	if n.most > n.count {
		answer = append(answer, fmt.Sprintf("%d to %d instances", n.count, n.most))
	}
	if stops {
		answer = append(answer, "none from "+n.cell.place.In.Stopped.From+" to "+n.cell.place.In.Stopped.To)
	}
	d.decide(Decision{About: n.about, Question: "When does the scale set grow and stop?", Answer: strings.Join(answer, ", "), Because: "the estate bounds the fleet, or stops the environment",
		Alternatives: []Alternative{{"a fixed number", "instances that nobody asks cost as much as others"}}, Rules: []string{"CMP-06"}, Pos: n.pos, Changes: "fleet, stopped"})
}

func capacity(least, most int) arm.O {
	return arm.O{"minimum", strconv.Itoa(least), "maximum", strconv.Itoa(most), "default", strconv.Itoa(least)}
}

// daily gives the recurrence that begins every day at a time such as 07:30.
func daily(at, zone string) arm.O {
	hour, minute, _ := strings.Cut(at, ":")
	h, _ := strconv.Atoi(hour)
	m, _ := strconv.Atoi(minute)
	days := []string{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"}
	return arm.O{"frequency", "Week", "schedule", arm.O{"timeZone", zone, "days", days, "hours", arm.A{h}, "minutes", arm.A{m}}}
}

// scaleRules make a fleet grow above 70 % of its processors and shrink below
// 30 %. What a GPU does no metric of its host tells.
func (d *designer) scaleRules(n *nodes, fleet arm.ID) arm.A {
	if n.most == n.count {
		return arm.A{}
	}
	if n.size.GPUs > 0 {
		d.leave(fmt.Sprintf("%s (%d to %d)", n.about, n.count, n.most), "the metric that the fleet grows by", "no metric of the host tells how busy a GPU is: the server's own (its queue, such as vllm:num_requests_waiting) is sent to Azure Monitor and becomes a rule of the autoscale setting, which holds the bounds until then"+n.still(), n.pos)
		return arm.A{}
	}
	rule := func(operator string, threshold int, direction string) arm.O {
		return arm.O{
			"metricTrigger", arm.O{"metricName", "Percentage CPU", "metricResourceUri", arm.IDOf(fleet), "timeGrain", "PT1M", "statistic", "Average",
				"timeWindow", "PT10M", "timeAggregation", "Average", "operator", operator, "threshold", threshold},
			"scaleAction", arm.O{"direction", direction, "type", "ChangeCount", "value", "1", "cooldown", "PT5M"}}
	}
	return arm.A{rule("GreaterThan", 70, "Increase"), rule("LessThan", 30, "Decrease")}
}

// shutdown stops a virtual machine every day when its environment stops.
func (d *designer) shutdown(n *nodes, vm arm.ID) {
	zone, stops := d.clock(n)
	if !stops {
		return
	}
	s := n.cell.place.In.Stopped
	id := vm.ResourceGroupID().Resource("Microsoft.DevTestLab/schedules", "shutdown-computevm-"+vm.Name())
	d.put(n.share, id, n.cell.region, n.pos, arm.O{"properties", arm.O{"status", "Enabled", "taskType", "ComputeVmShutdownTask",
		"dailyRecurrence", arm.O{"time", strings.ReplaceAll(fmt.Sprintf("%05s", s.From), ":", "")}, "timeZoneId", zone,
		"notificationSettings", arm.O{"status", "Disabled"}, "targetResourceId", arm.IDOf(vm)}})
	d.leave(n.about, "what starts the machine at "+s.To, "Azure shuts a machine down by a schedule and starts none: whoever needs it does (az vm start)", n.pos)
	d.decide(Decision{About: n.about, Question: "When does the machine stop?", Answer: "every day at " + s.From, Because: "the estate stops the environment", Rules: []string{"CMP-05"}, Pos: n.pos, Changes: "stopped"})
}

// idle lists what a budget counts on and nothing does: nodes that stop with the
// work, where no orchestrator takes them away.
func (d *designer) idle(n *nodes, s *estate.Service) {
	stopped := n.cell.place.In.Stopped.Hours() > 0
	switch {
	case n.hours >= month:
	case s == nil && (n.by == estate.RunBatch || n.by == estate.RunAKS || n.by == estate.RunSlurm):
	case stopped && !n.comes && n.by != estate.RunAKS: // by autoscale or a schedule
	default:
		d.leave(fmt.Sprintf("%s (%.0f of %.0f h)", n.about, n.hours, month), "what stops the nodes", "the budget counts the hours that busy, runs or stopped leave, and nothing stops the nodes by itself yet"+pick(s == nil, ": run_by: batch takes them away while nothing runs", ""), n.pos)
	}
}
