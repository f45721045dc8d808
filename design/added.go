package design

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"airfield/arm"
	"airfield/estate"
	"airfield/policy"
	"airfield/tenant"
)

// Added is what a policy of the tenant adds to what is designed: what it
// deploys beside resources, or writes into them.
type Added struct {
	Policy     string            `json:"policy"`
	Assignment arm.ID            `json:"assignment"`
	Title      string            `json:"title"` // of the assignment
	At         string            `json:"at"`    // where it is assigned, for people
	Effect     string            `json:"effect"`
	What       string            `json:"what"` // types that are deployed, or what is written: tags.Owner = "a@b.example"
	Task       estate.PolicyTask `json:"task,omitempty"`
	Certain    bool              `json:"certain"`
	Because    string            `json:"because,omitempty"` // why it is not certain
	Resources  []arm.ID          `json:"resources"`
	Instead    []arm.ID          `json:"instead,omitempty"` // of ours, which it makes and the design leaves out
}

// tasks are the tasks of policies by how the types begin that they deploy.
var tasks = []struct {
	typ  string
	task estate.PolicyTask
}{
	{"Microsoft.Network/privateEndpoints/privateDnsZoneGroups", "dns"},
	{"Microsoft.Network/privateDnsZones", "dns"},
	{"Microsoft.Insights/diagnosticSettings", "diagnostics"},
	{"Microsoft.RecoveryServices/", "backup"},
	{"Microsoft.DataProtection/", "backup"},
	{"Microsoft.Compute/virtualMachines/extensions", "agents"},
	{"Microsoft.Compute/virtualMachineScaleSets/extensions", "agents"},
	{"Microsoft.Insights/dataCollectionRuleAssociations", "agents"},
}

func taskOf(t arm.Type) estate.PolicyTask {
	for _, k := range tasks {
		if strings.HasPrefix(strings.ToLower(string(t)), strings.ToLower(k.typ)) {
			return k.task
		}
	}
	return ""
}

const zoneGroups = "Microsoft.Network/privateEndpoints/privateDnsZoneGroups"

// meeting is a whole design held against the policies of the tenant it lands in.
type meeting struct {
	*designer
	ours   []arm.Resource
	theirs []arm.Resource // of ours, what exists and is theirs to write
	gone   []arm.ID       // of ours, what is not written
	engine *policy.Engine
	added  map[string]*Added
	does   map[arm.ID][]*Added // by what a policy deploys to, folded
}

// meet takes out of a design what the tenant has or its policies make, and
// records what they add.
func (d *designer) meet(t *tenant.Tenant) *tenant.Tenant {
	x := &meeting{designer: d, theirs: d.exist(t), added: map[string]*Added{}, does: map[arm.ID][]*Added{}}
	if d.around == nil || d.found.HasErrors() {
		out, _ := t.With(x.theirs...)
		return out
	}
	var optional []arm.ID // what a policy may make as well
	for r := range t.All() {
		if r.Theirs || slices.ContainsFunc(x.theirs, func(o arm.Resource) bool { return o.ID.Equal(r.ID) }) {
			continue
		}
		x.ours = append(x.ours, tenant.Keep(r))
		if taskOf(r.Type()) != "" && !r.Type().Equal(privateZones) {
			optional = append(optional, r.ID)
		}
	}
	will, _ := d.around.have.With(x.ours...)
	x.engine, _ = policy.Compile(will, policy.Options{Now: d.around.now, Like: d.around.engine})
	before, _ := will.Without(optional...)
	x.judge(policy.In(before))
	x.leaveOut(optional)
	x.records()
	x.guard()
	x.orphans()
	out, _ := t.Without(x.gone...)
	out, _ = out.With(x.theirs...)
	return out
}

// exist finds what is designed and exists already. Management groups,
// placements, networks and policies that were there before the estate met the
// tenant are theirs, and the lock keeps that; all else is a finding.
func (d *designer) exist(t *tenant.Tenant) (theirs []arm.Resource) {
	for k := range d.lock.facts {
		d.lock.asked[k] = d.lock.asked[k] || strings.HasPrefix(k, "met ") || strings.HasPrefix(k, "theirs ")
	}
	met := map[string]bool{}
	for r := range t.All() {
		if r.Theirs {
			continue
		}
		_, known := d.lock.get("theirs", string(r.ID))
		if !known && d.around != nil {
			known = d.collides(r, met)
		}
		if known {
			r = tenant.Keep(r)
			r.Theirs = true
			theirs = append(theirs, r)
		}
	}
	return theirs
}

// collides tells whether what exists in the place of a resource of ours is
// theirs; met remembers which subscriptions earlier designs met.
func (d *designer) collides(r arm.Resource, met map[string]bool) bool {
	key := "estate"
	if sub := r.ID.SubscriptionID(); sub != "" {
		i := slices.IndexFunc(d.order, func(s *subscription) bool { return s.id.Equal(sub) })
		if i < 0 || !d.order[i].adopted || !d.around.have.Has(sub) {
			return false // what is in a subscription that we made is ours
		}
		key = d.order[i].key
	}
	if _, ok := met[key]; !ok {
		_, met[key] = d.lock.get("met", key)
		d.lock.put("met", key, d.month)
	}
	switch {
	case met[key] || !d.around.have.Has(r.ID) || r.Type().Equal("Microsoft.Subscription/aliases"):
		return false
	case !keeps(r.ID):
		d.found.Warnf(r.Pos, "design/exists", "%s %q exists in the tenant: deploying it replaces what is there", r.Type(), r.ID.Name())
		return false
	}
	d.lock.put("theirs", string(r.ID), "exists")
	d.found.Warnf(r.Pos, "design/exists", "%s %q exists in the tenant and is not written: if it is another's, choose another name; if an earlier design without --tenant made it, take its line out of estate.lock", r.Type(), r.ID.Name())
	return true
}

// keeps tells whether what exists with an id is never written.
func keeps(id arm.ID) bool {
	t := strings.ToLower(string(id.Type()))
	return slices.ContainsFunc([]string{"microsoft.management/", "microsoft.authorization/polic", "microsoft.network/virtualnetworks"}, func(begin string) bool { return strings.HasPrefix(t, begin) })
}

// judge asks the policies about every resource of ours, and each subscription.
func (x *meeting) judge(related policy.Related) {
	all := slices.Clone(x.ours)
	for _, s := range x.order {
		r, there := x.around.have.Get(s.id)
		if !there { // as its alias makes it
			r.Body = arm.New(arm.O{"id", s.id, "name", s.id.Name(), "type", s.id.Type(), "tags", x.tags(s.place), "properties", arm.O{"displayName", s.name, "subscriptionId", arm.Ref{ID: s.id, Path: "subscriptionId"}}})
		}
		r.ID = s.id
		all = append(all, r)
	}
	for _, r := range all {
		v := x.engine.Judge(policy.Request{Resource: r}, related)
		for _, c := range v.Changes {
			after := c.After.Text()
			if !c.After.Exists() {
				after = "nothing"
			}
			if c.Before.Kind() > arm.Null {
				after += ", in place of ours"
				if x.around.have.Has(c.Assigned.ID) && x.once(fmt.Sprint("overwritten ", c.Assigned.Index(), c.Path, after, r.ID.SubscriptionID())) {
					x.found.Warnf(r.Pos, "design/overwritten", "%s writes %s = %s in place of %s into %q and what lies beside it: the estate and the policy take turns", x.around.rule(c.Assigned), c.Path, c.After.Text(), c.Before.Text(), r.ID.Name())
				}
			}
			x.add(c.Assigned, r, Added{What: c.Path + " = " + after, Certain: true})
		}
		for _, dep := range v.Deploys {
			x.add(dep.Assigned, r, Added{What: strings.Join(deployed(dep), ", "), Task: taskOf(arm.Type(deployed(dep)[0])), Certain: true})
		}
		for i := range v.Results {
			if res := &v.Results[i]; res.State == policy.Unknown && res.Rule != nil && res.Effect == policy.DeployIfNotExists && res.Enforcement != policy.DoNotEnforce {
				x.add(res.Assigned, r, Added{What: string(res.Rule.RelatedType()), Task: taskOf(res.Rule.RelatedType()), Because: res.Reason.String()})
			}
		}
	}
}

// add notes what a rule does to a resource of ours.
func (x *meeting) add(a *policy.Assigned, r arm.Resource, what Added) {
	if !x.around.have.Has(a.ID) {
		return // it is one of ours
	}
	key := fmt.Sprint(a.Index(), what.What, what.Certain, what.Because)
	if x.added[key] == nil {
		what.Policy, what.Assignment, what.Title, what.At, what.Effect = a.Policy(), a.ID, cmp.Or(a.Title, a.ID.Name()), x.around.have.Title(a.Scope), a.Rule.Effect.String()
		x.added[key] = &what
	}
	into := x.added[key]
	if !slices.ContainsFunc(into.Resources, r.ID.Equal) {
		into.Resources = append(into.Resources, r.ID)
	}
	x.does[r.ID.Fold()] = append(x.does[r.ID.Fold()], into)
}

// deployed gives the types that a policy deploys, without the deployments that
// carry them.
func deployed(d policy.Deployment) (types []string) {
	var each func(arm.Value)
	each = func(template arm.Value) {
		for _, r := range resourcesOf(template) {
			t := r.Get("type").Str()
			if nested := r.Get("properties").Get("template"); strings.EqualFold(t, "Microsoft.Resources/deployments") {
				each(nested)
				continue
			}
			if related := string(d.Assigned.Rule.RelatedType()); strings.Contains(t, "/providers/") && strings.HasSuffix(strings.ToLower(t), strings.ToLower(related[strings.LastIndexByte(related, '/')+1:])) {
				t = related // an extension, whose namespace stands in its name
			}
			if t != "" && !slices.Contains(types, t) {
				types = append(types, t)
			}
		}
	}
	each(d.Template)
	if len(types) == 0 {
		types = []string{string(d.Assigned.Rule.RelatedType())}
	}
	return types
}

// resourcesOf gives the resources of a template, which are a list or, in newer
// ones, named.
func resourcesOf(template arm.Value) (all []arm.Value) {
	list := template.Get("resources")
	for item := range list.Items() {
		all = append(all, item)
	}
	for _, member := range list.Members() {
		all = append(all, member)
	}
	return all
}

// leaveOut takes out of the design what a policy makes as well. The estate says
// with platform.done_by_policy whether it may.
func (x *meeting) leaveOut(optional []arm.ID) {
	for _, id := range optional {
		on, task := id.Parent(), taskOf(id.Type())
		for _, a := range x.does[on.Fold()] {
			if !a.Certain || !slices.ContainsFunc(strings.Split(a.What, ", "), func(t string) bool { return id.Type().Equal(arm.Type(t)) }) {
				continue
			}
			if !x.mayDo(task) {
				x.found.Warnf(x.e.Platform.Of("done_by_policy"), "design/doubled", "%q is designed, and policy %q makes one too: platform.done_by_policy leaves it to the estate", id.Name(), a.Policy)
				continue
			}
			a.Instead = append(a.Instead, id)
			if !slices.ContainsFunc(x.gone, id.Equal) {
				x.gone = append(x.gone, id)
			}
		}
	}
	x.zones()
}

// mayDo tells whether the estate leaves a task to the platform's policies.
func (d *designer) mayDo(task estate.PolicyTask) bool {
	by := d.e.Platform.DoneByPolicy
	return len(by) == 0 || slices.Contains(by, "auto") || slices.Contains(by, task)
}

// zones takes out private DNS zones that nothing writes to any more.
func (x *meeting) zones() {
	used := map[arm.ID]bool{}
	left := func(r arm.Resource) bool { return slices.ContainsFunc(x.gone, r.ID.Equal) }
	for _, r := range x.ours {
		if !r.Type().Equal(zoneGroups) || left(r) {
			continue
		}
		for c := range r.Get("properties", "privateDnsZoneConfigs").Items() {
			if zone, ok := c.Get("properties").Get("privateDnsZoneId").Ref(); ok {
				used[zone.ID.Fold()] = true
			}
		}
	}
	for _, r := range x.ours {
		zone := r.ID
		if r.Type().Equal(privateZones + "/virtualNetworkLinks") {
			zone = zone.Parent()
		}
		if !zone.Type().Equal(privateZones) || used[zone.Fold()] {
			continue
		}
		if x.gone = append(x.gone, r.ID); r.ID.Equal(zone) {
			x.leave(string(zone.ResourceGroupID().Name()), "the platform's private DNS zone "+zone.Name()+" in this network", "a policy writes the records of its endpoints into the platform's zone: the network must be linked with it, or ask the platform's DNS servers", r.Pos)
		}
	}
}

// records says of what the design left to the platform whether a policy writes
// it: the DNS records of endpoints.
func (x *meeting) records() {
	open := map[string]bool{} // by the place, whether an endpoint is without
	for _, s := range x.shares() {
		for _, r := range x.ours {
			if r.Type().Equal("Microsoft.Network/privateEndpoints") && r.ID.Under(s.sub.id) && r.Get("tags").Equal(s.tags) {
				open[s.place.Name()] = open[s.place.Name()] || !slices.ContainsFunc(x.does[r.ID.Fold()], func(a *Added) bool { return a.Task == "dns" && a.Certain })
			}
		}
	}
	x.open = slices.DeleteFunc(x.open, func(o Open) bool { return o.What == dnsRecords && !open[o.About] })
	for i := range x.open {
		if o := &x.open[i]; o.What == dnsRecords && x.mayDo("dns") {
			o.Why = "no policy that is seen in the tenant surely writes all of them: they are needed before stage 6-compute"
		}
	}
}

// guard takes out guardrails that are in force already, counts what the others
// find among what exists, and lists what policies add.
func (x *meeting) guard() {
	for _, s := range x.sorted() {
		x.doubles(s)
		if x.around.have.Has(s.id) {
			x.counts(s)
		}
	}
	for _, a := range x.added {
		x.designer.added = append(x.designer.added, *a)
	}
	slices.SortFunc(x.designer.added, func(a, b Added) int {
		return cmp.Or(cmp.Compare(a.Effect, b.Effect), a.Assignment.Compare(b.Assignment), cmp.Compare(a.Policy, b.Policy), cmp.Compare(a.What, b.What), cmp.Compare(a.Because, b.Because))
	})
}

// doubles leaves out assignments of ours whose every rule is in force already
// by another that is as strict.
func (x *meeting) doubles(s *subscription) {
	sure := x.engine.Sure(s.id)
	byOurs := map[arm.ID][2]int{}
	by := map[arm.ID]string{}
	for _, r := range x.engine.InForce(s.id) {
		if !r.Scope.Equal(s.id) || x.around.have.Has(r.ID) || r.Rule == nil {
			continue
		}
		n := byOurs[r.ID]
		n[0]++
		i := slices.IndexFunc(sure, func(o *policy.Assigned) bool {
			stricter := o.Rule.Effect == policy.Deny && r.Rule.Effect == policy.Audit
			return x.around.have.Has(o.ID) && (o.Rule.Effect == r.Rule.Effect || stricter) && r.Same(o)
		})
		if i >= 0 {
			n[1]++
			by[r.ID] = x.around.rule(sure[i])
		}
		byOurs[r.ID] = n
	}
	for _, r := range x.ours {
		n, ok := byOurs[r.ID]
		if !ok || n[0] != n[1] {
			continue
		}
		x.gone = append(x.gone, r.ID)
		x.decide(Decision{About: s.place.Name(), Question: "Which guardrails are in force already?", Answer: r.ID.Name() + ", which is not assigned again", Because: "the same rule with the same values is: " + by[r.ID],
			Rules: []string{"ORG-11"}, Pos: r.Pos, Changes: "guardrails"})
	}
}

// orphans takes out what served only assignments that were left out: roles of
// their identities, and definitions of ours.
func (x *meeting) orphans() {
	out := func(id arm.ID) bool { return slices.ContainsFunc(x.gone, id.Equal) }
	used := map[arm.ID]bool{}
	for _, r := range x.ours {
		if of, ok := r.Get("properties", "policyDefinitionId").Ref(); ok && !out(r.ID) {
			used[of.ID.Fold()] = true
		}
	}
	for _, r := range x.ours {
		principal, ok := r.Get("properties", "principalId").Ref()
		definition := r.Type().Equal(policyDefinitions) || r.Type().Equal(policySets)
		if ok && principal.ID != "" && out(principal.ID) || definition && !used[r.ID.Fold()] {
			x.gone = append(x.gone, r.ID)
		}
	}
}

// counts says how many resources of a subscription that exists each guardrail
// of ours finds, which deny would have refused.
func (x *meeting) counts(s *subscription) {
	found, unknown, total := map[string]int{}, map[string]bool{}, 0
	x.engine.Scan(x.around.have.Range(s.id), policy.In(x.around.have), func(_ arm.Resource, results []policy.Result) {
		total++
		hit := map[string]bool{}
		for _, r := range results {
			ours := r.Scope.Equal(s.id) && !x.around.have.Has(r.ID) && !slices.ContainsFunc(x.gone, r.ID.Equal)
			unknown[r.ID.Name()] = unknown[r.ID.Name()] || ours && r.State == policy.Unknown
			if ours && r.State == policy.NonCompliant && (r.Effect == policy.Audit || r.Effect == policy.Deny) && !hit[r.ID.Name()] {
				hit[r.ID.Name()] = true
				found[r.ID.Name()]++
			}
		}
	})
	if total == 0 {
		return
	}
	var words []string
	for _, name := range slices.Sorted(maps.Keys(found)) {
		words = append(words, fmt.Sprintf("%s: %d", name, found[name]))
	}
	for _, name := range slices.Sorted(maps.Keys(unknown)) {
		if unknown[name] {
			words = append(words, name+": not known of all")
		}
	}
	x.decide(Decision{About: s.place.Name(), Question: "What would our guardrails have refused of what exists?", Answer: cmp.Or(strings.Join(words, ", "), "nothing") + ", of " + plural(total, "resource"),
		Because: "what lies in the subscription was held against them", Rules: []string{"ORG-11"}, Pos: or(x.e.Guardrails.Of("begin"), s.place.Pos), Changes: "guardrails"})
}
