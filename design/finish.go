package design

import (
	"fmt"
	"strings"

	"airfield/arm"
)

// finish makes what only a subscription that is whole shows.
func (d *designer) finish() {
	d.access()
	d.finishData()
	if d.e.Platform.Standalone {
		for _, s := range d.order {
			d.logs(s.shares[0])
		}
	}
	d.finishNetworks()
	d.finishBudgets()
	d.finishGuardrails()
	d.listOpen()
}

// logs gives a subscription of a standalone organization a workspace, and sends
// its activity log there. With a platform, the platform's policies do this.
func (d *designer) logs(s *share) {
	const t = "Microsoft.OperationalInsights/workspaces"
	region := string(d.e.Region("home"))
	group := d.resourceGroup(s, s.cellOf(lifeOperations, region))
	pos := d.e.Of("platform")
	id := d.put(s, group.Resource(t, d.names.name(t, "", d.tokens(s, "", region, "001"))), region, pos, arm.O{"properties", arm.O{
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
		d.open = append(d.open, Open{"network", fmt.Sprintf("the link to the organization's own network by %s", e.Network.OnPrem.By), "circuits and gateways are the platform's (guidance NET-05)", e.Network.Of("onprem")})
	}
	if e.Money.Quota.Group != "" || e.Money.Has("quota") {
		d.open = append(d.open, Open{"quota", "quota for " + strings.Join(d.families(), ", "), "quota is asked for, not deployed; plan 0 for every GPU family until it is granted", e.Money.Of("quota")})
	}
	if e.Access.Deploys.Has("with") {
		d.open = append(d.open, Open{"access", "pipelines and their identities", "they are not designed yet; deploy.sh deploys by hand", e.Access.Of("deploys")})
	}
	for _, p := range e.Places() {
		if len(p.Of.Uses) > 0 && d.once("uses "+p.Workload) {
			d.open = append(d.open, Open{p.Workload, "platform services: " + strings.Join(p.Of.Uses, ", "), "their network and policy are checked by a review; they are not designed here", p.Of.Of("uses")})
		}
		if p.In.Stopped.From != "" {
			d.open = append(d.open, Open{p.Name(), "stopping nodes " + p.In.Stopped.From + "-" + p.In.Stopped.To, "the hours are counted in the budget; what stops the nodes is not designed yet", p.In.Of("stopped")})
		}
		if !p.Of.Ends.IsZero() && d.once("ends "+p.Workload) {
			d.open = append(d.open, Open{p.Workload, "retiring by " + p.Of.Ends.String(), "a dated plan to retire is not made yet", p.Of.Of("ends")})
		}
	}
}
