package design

import (
	"fmt"
	"slices"
	"strings"

	"airfield/diag"
	"airfield/estate"
)

// settle records the choices that hold for the whole estate. Where Microsoft's
// pages contradict each other (X1 to X15 of docs/methods.md), it says which
// page is followed, and which not.
func (d *designer) settle() {
	at := or(d.e.Structure.Of("groups"), d.e.Of("structure"))
	d.settleGroups(at)
	d.settleAxes(at)
	d.settleContainers(at)
	d.settleRest(at)
}

// settleGroups says which management groups there are.
func (d *designer) settleGroups(at diag.Pos) {
	e, axes := d.e, d.axes()
	answer, because := "none of our own: subscriptions lie in the landing zones that are there", "groups are for policy, and AI workloads follow the policy of corp, online or sandbox like any other"
	if e.Platform.Standalone {
		answer = "a root, landing zones, and of corp, online and sandbox those that are used; none of AI's own"
	}
	if len(axes) > 0 {
		var names []string
		for _, a := range axes {
			names = append(names, strings.ReplaceAll(string(a), "_", " "))
		}
		answer, because = "below each landing zone, by "+strings.Join(names, ", then "), "the estate says so"
	}
	d.decide(Decision{About: "estate", Question: "Which management groups?", Answer: answer, Because: because, Rules: []string{"X5", "ORG-04", "ORG-06"}, Pos: at,
		Changes: "structure.groups", Alternatives: []Alternative{{"the five structures of Microsoft's guide", "each adds groups without a policy that differs; design --compare shows what each costs"}}})
}

// settleAxes says of each axis whether it cuts management groups (X1 to X4).
func (d *designer) settleAxes(at diag.Pos) {
	e := d.e
	by := func(axes ...estate.ResourceGroupAxis) bool {
		return slices.ContainsFunc(e.Structure.ResourceGroups, func(a estate.ResourceGroupAxis) bool { return slices.Contains(axes, a) })
	}
	environments := pick(slices.Contains(e.Structure.SubscriptionPer, "environment"), "no: an environment is a subscription and a tag, below the same group and policy", "no: environments share their workload's subscription, and have resource groups and a tag of their own")
	regions := "no: a region is a resource group" + pick(e.Guardrails.Locations.Off(), "", ", and allowed locations are a policy")
	roles := pick(by(estate.ByDeploymentType), "no: they are resource groups", "no: they share resource groups, cut by other axes")
	stages := pick(by(estate.ByWorkflowStage, estate.ByPipelineStage), "no: they are resource groups", "no: they share resource groups, cut by other axes")
	for _, x := range []struct {
		rule, question string
		axis           estate.GroupAxis
		without, with  string
	}{
		{"X1", "Are environments management groups?", estate.GroupsEnvironment, environments, "policy then differs between test and production, and every group is there once for each environment"},
		{"X2", "Are divisions management groups?", estate.GroupsOrganization, "no: a division is a tag and a budget; groups are for policy", "groups then follow an org chart that changes more often than policy"},
		{"X3", "Are regions management groups?", estate.GroupsGeography, regions, "worth it only where the law asks for other policy in each geography"},
		{"X4", "Are training and inference management groups?", estate.GroupsProjectType, roles, "worth it only where they differ in policy, such as the sizes that are allowed"},
		{"X4", "Are pipeline stages management groups?", estate.GroupsPipeline, stages, "worth it only where stages differ in policy"},
	} {
		a, b := x.without, "Microsoft's landing-zone pages advise against such groups; the guide for AI lists them as an option"
		if slices.Contains(d.axes(), x.axis) {
			a, b = "yes, as the estate says", "the guide for AI lists it; note that "+x.with
			d.found.Warnf(at, "design/groups-axis", "management groups by %s: %s", strings.ReplaceAll(string(x.axis), "_", " "), x.with)
		}
		d.decide(Decision{About: "estate", Question: x.question, Answer: a, Because: b, Rules: []string{x.rule}, Pos: at, Changes: "structure.groups"})
	}
}

// settleContainers says what subscriptions and resource groups hold.
func (d *designer) settleContainers(at diag.Pos) {
	e := d.e
	per := "one for each workload and environment"
	if !slices.Contains(e.Structure.SubscriptionPer, "environment") {
		per = "one for each workload"
		d.found.Warnf(e.Structure.Of("subscription_per"), "design/shared-subscription", "environments of a workload share a subscription: its quota, budget and access hold for all of them")
	}
	d.decide(Decision{About: "estate", Question: "What gets a subscription of its own?", Answer: per, Because: "a subscription bounds quota, budget and access, and one workload's must not be another's",
		Alternatives: []Alternative{{"one for all AI workloads", "quota and budget would be shared, and production would have test's access"}, {"one for each region", "only where the law or quota forces it"}},
		Rules:        []string{"SUB-01", "SUB-02", "SUB-05"}, Pos: or(e.Structure.Of("subscription_per"), at), Changes: "structure.subscription_per"})

	var groups []string
	for _, g := range e.Structure.ResourceGroups {
		groups = append(groups, strings.ReplaceAll(string(g), "_", " "))
	}
	d.decide(Decision{About: "estate", Question: "What shares a resource group?", Answer: "what is alike in " + strings.Join(groups, " and ") + ", and in region",
		Because:      "what is made and deleted together lies together; data must outlive the compute beside it",
		Alternatives: []Alternative{{"lifecycle, workflow stage, deployment type, pipeline stage", "the four schemes of the guide, alone or combined"}},
		Rules:        []string{"RG-01", "RG-02", "RG-03", "SUB-06", "SUB-07"}, Pos: or(e.Structure.Of("resource_groups"), at), Changes: "structure.resource_groups"})
}

// settleRest settles X5 to X15, the way out and the regions.
func (d *designer) settleRest(at diag.Pos) {
	e := d.e
	for _, x := range []struct {
		rule, question, answer, because string
		other                           Alternative
		pos                             diag.Pos
		changes                         string
	}{
		{"X5", "Is there an AI landing zone?", "no: AI workloads land in the application landing zones", "they are governed with the same tools as every other workload", Alternative{"a group of AI's own", "one more level, with no policy that differs"}, at, "structure.groups"},
		{"X6", "Where do checkpoints go?", "to Blob where it takes one within its stall_at_most, else to a fast store first and from there to Blob", "nodes that wait for a checkpoint cost as much as nodes that work, and Blob alone keeps it for good", Alternative{"Managed Lustre for all", "one page names it; another says Blob where that is fast enough, and it costs nothing while nothing runs"}, e.Of("workloads"), "data.checkpoints.stall_at_most"},
		{"X7", "Are proximity placement groups used?", "no", "scale sets of one placement group keep InfiniBand nodes together; a proximity group makes growing fleets fail to allocate", Alternative{"for a static set of machines without InfiniBand", "the guide names it for latency; none of these jobs is bound by it"}, e.Of("workloads"), "run_by"},
		{"X8", "May inference use InfiniBand sizes?", "only where the estate names one, with a warning, or nothing smaller holds the model", "serving on one node does not use InfiniBand", Alternative{"ND for all inference", "one page names it; another advises against paying for InfiniBand"}, e.Of("workloads"), "size"},
		{"X9", "One zone or all?", "one for training over InfiniBand, all for serving in production", "training wants nearness, serving wants to go on", Alternative{"all for everything", "InfiniBand does not cross zones"}, e.Of("workloads"), "zone, zones"},
		{"X10", "How are tag keys written?", "as the estate writes them, one spelling everywhere", "keys compare without case, values do not; the guide's own examples are in PascalCase", Alternative{"lower case", "the tagging page prefers it; the guide for AI shows Project and Environment"}, or(e.Tags.Of("required"), e.Of("tags")), "tags.required"},
		{"X11", "Which policy limits GPU sizes?", pick(e.Guardrails.ComputeSizes.Off(), "none: the estate wants no such guardrail", "our own, over every type that carries GPUs"), "the built-in that the guides name binds virtual machines alone", Alternative{"the built-in cccc23c7-8427-4f53-ad12-b6a63eb452b3", "scale sets, AKS, Batch and machine learning escape it, so that it would bind none of the GPU fleets"}, or(e.Guardrails.Of("compute_sizes"), e.Of("guardrails")), "guardrails.compute_sizes"},
		{"X12", "Are blobs versioned?", "yes, except in lakes and for checkpoints", "a hierarchical namespace excludes versions", Alternative{"versions everywhere", "not possible in a lake"}, e.Of("workloads"), "data.….layout"},
		{"X13", "Is NFS used for storage?", "only of a job's fast store, where no Managed Lustre can be had", "data itself lies in Blob, and secure transfer stays on everywhere: premium files are mounted with TLS, NetApp Files have no public way in", Alternative{"Blob NFS", "it wants a hierarchical namespace, and secure transfer off"}, e.Of("workloads"), "data.….layout"},
		{"X14", "Which orchestration mode have scale sets?", "Uniform, without overprovisioning", "Flexible has no InfiniBand; one mode for all fleets is one thing to learn, and overprovisioned GPUs take quota", Alternative{"Flexible", "advised for fleets without InfiniBand"}, e.Of("workloads"), "run_by"},
		{"X15", "Would a platform service do?", "not asked here", "the estate lists what runs on infrastructure; for what needs no GPUs or control of its own, a platform service is less to run", Alternative{"Azure AI Foundry, Azure Machine Learning", "take the workload out of the estate, or name the service under uses"}, e.Of("workloads"), "uses"},
	} {
		d.decide(Decision{About: "estate", Question: x.question, Answer: x.answer, Because: x.because, Alternatives: []Alternative{x.other}, Rules: []string{x.rule}, Pos: x.pos, Changes: x.changes})
	}
	way := map[estate.Egress]string{estate.NATGateway: "a NAT gateway in each network", estate.HubFirewall: "for corp a route to the hub's firewall, for online and sandbox, which are not peered with it, a NAT gateway", estate.NoEgress: "none"}[e.Network.Egress]
	d.decide(Decision{About: "estate", Question: "What is the way to the internet?", Answer: way, Because: "new networks have no way out of their own, and images, packages and models come from outside",
		Rules: []string{"NET-15", "NET-18"}, Pos: or(e.Network.Of("egress"), e.Of("network")), Changes: "network.egress"})
	d.decide(Decision{About: "estate", Question: "Where may things be?", Answer: strings.Join(d.usable(), ", "), Because: "the estate's regions" + residencyWords(e),
		Rules: []string{"POL-03", "SUB-05", "NET-06"}, Pos: e.Regions.Of("home"), Changes: "regions"})
}

// pick gives one of two texts.
func pick(is bool, then, otherwise string) string {
	if is {
		return then
	}
	return otherwise
}

func residencyWords(e *estate.Estate) string {
	if e.Regions.Residency == "" {
		return ""
	}
	if strings.EqualFold(string(e.Regions.Residency), "EU") {
		return "; all lie in the EU Data Boundary (EU and EFTA), as derived from their countries"
	}
	return fmt.Sprintf("; all lie in %s", e.Regions.Residency)
}
