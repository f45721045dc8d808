package policy

import (
	"fmt"
	"slices"
	"strings"

	"airfield/arm"
	"airfield/tenant"
)

// Request is one request to Azure Resource Manager that policies judge.
type Request struct {
	Verb     Verb
	Resource arm.Resource // as it is sent; of a Delete, as it is
	Patch    arm.Value    // of a Patch, what is sent; Resource is then what it leads to
	Caller   arm.Value    // the claims of requestContext().identity; Missing where not known
}

// Verb is what a request does.
type Verb uint8

// The verbs.
const (
	Put Verb = iota
	Patch
	Delete
)

// Decision says what becomes of a request.
type Decision uint8

// The decisions. Unknown is that of what Facts, tables or the future keep from
// being known.
const (
	Allowed Decision = iota
	Denied
	NotKnown
)

// String gives the decision's name.
func (d Decision) String() string { return [...]string{"allowed", "denied", "unknown"}[d] }

// Verdict is what all policies in force say of a request.
type Verdict struct {
	Decision Decision
	Resource arm.Resource // as it is written: with what append and modify changed
	Changes  []Change
	Results  []Result // of the rules whose effect is called for or not known, those that decide first
	Deploys  []Deployment
	// Lacks says what the tenant lacks so that more policies may be in force than
	// are seen; a request is then not known to be allowed.
	Lacks string

	doubtful arm.Value // the body of Resource, with what Azure may not change unknown
}

// Blocks tells whether the result denies the request, or may.
func (r *Result) Blocks() bool { return r.blocks != no }

// Denies tells whether the result surely denies the request.
func (r *Result) Denies() bool { return r.blocks == yes }

// Judge gives the verdict on a request: append and modify change it, then the
// others see what it became. Related resources come from related, which may be
// nil; the answer is then unknown where a rule asks.
func (e *Engine) Judge(q Request, related Related) Verdict {
	m := e.machine()
	defer m.release()
	place := e.placer(related)
	c := place.at(q.Resource.ID)
	place.facts.Context = q.context()
	j := judge{e: e, m: m, q: q, facts: &place.facts}
	if typ := q.Resource.ID.Type(); typ != "" && !typ.Equal(q.Resource.Type()) { // the id is what the request goes to
		if body, err := q.Resource.Body.Set(string(typ), "type"); err == nil {
			q.Resource.Body = body
		}
	}
	j.q, j.v.Resource, j.v.doubtful, j.v.Lacks = q, q.Resource, q.Resource.Body, e.lacks(q.Resource.ID)
	m.enter(q.Resource, &place.facts)
	all := c.of(m)
	if q.Verb == Delete {
		j.delete(place, all)
		return j.verdict()
	}
	place.sent = q.Resource
	j.each(all, func(r *Rule) bool { return r.Effect.changes() })
	j.edit()
	m.enter(arm.Resource{ID: q.Resource.ID, Body: j.v.doubtful}, &place.facts)
	j.each(all, func(r *Rule) bool { return !r.Effect.changes() && r.Effect != DenyAction })
	return j.verdict()
}

// lacks says why assignments around a resource may not be seen: the snapshot
// lacks a scope around it, the assignments there, or the management groups.
func (e *Engine) lacks(id arm.ID) string {
	sub := id.SubscriptionID()
	unplaced := sub != "" && !e.placed(sub)
	for _, m := range e.t.Header().Missing {
		what, at, _ := strings.Cut(m.What, " at ")
		if strings.HasPrefix(what, "/") {
			at = what
		} else if !strings.Contains(strings.ToLower(what), "policyassignments") && !arm.Type(what).Equal(arm.ManagementGroupType) {
			continue
		}
		scope := arm.ID(at)
		if at == "" || id.Under(scope) || slices.ContainsFunc(e.t.Ancestors(id), scope.Equal) || unplaced && scope.Type().Equal(arm.ManagementGroupType) {
			return fmt.Sprintf("the snapshot lacks %s: %s", m.What, m.Why)
		}
	}
	if !unplaced || !e.grouped {
		return ""
	}
	return fmt.Sprintf("the tenant does not say in which management group subscription %s lies", sub.Name())
}

// Unseen says why a snapshot tells nothing of the policies of an actual tenant,
// which has management groups and hardly ever no assignment; "" where it does.
func Unseen(t *tenant.Tenant) string {
	groups, assignments := false, false
	for range t.IDsOf(assignmentType) {
		assignments = true
		break
	}
	for id := range t.IDs("/providers/Microsoft.Management/managementGroups") {
		if groups = id.Type().Equal(arm.ManagementGroupType) || id.Scope().Type().Equal(arm.ManagementGroupType); groups {
			break
		}
	}
	switch {
	case !assignments:
		return "the snapshot has no policy assignments"
	case !groups:
		return "the snapshot has no management groups: what is assigned at them is not seen"
	}
	return ""
}

// placed tells whether the tenant says in which management group a subscription
// lies: in Azure, each lies in one.
func (e *Engine) placed(sub arm.ID) bool {
	parent, ok := e.t.Parent(sub)
	return ok && parent.Type().Equal(arm.ManagementGroupType) && !e.t.Supposed(sub)
}

// delete judges a delete: of the resource itself, and of what lies in a
// resource group that is deleted.
func (j *judge) delete(place *placer, all *candidates) {
	own := j.m.subject.typ
	denies := func(r *Rule) bool {
		return (r.Effect == DenyAction || r.Effect == None) && slices.ContainsFunc(r.details.actions, func(s string) bool { return arm.EqualFold(s, "delete") })
	}
	if !undeniable[own] {
		j.each(all, denies)
	}
	if own != resourceGroupType {
		return
	}
	protects := func(f inForce) bool { return f.Rule == nil || f.Rule.Effect == DenyAction || len(f.variants) > 0 }
	if group := j.q.Resource.ID; j.v.Lacks == "" && !j.e.t.Has(group) && slices.ContainsFunc(j.e.cell(group).rules, protects) {
		j.v.Lacks = fmt.Sprintf("what lies in resource group %s is not in the tenant", group.Name())
	}
	for r := range j.e.t.Range(j.q.Resource.ID) {
		if r.ID.Equal(j.q.Resource.ID) {
			continue
		}
		c := place.at(r.ID)
		j.m.enter(tenant.Keep(r), j.facts)
		if !undeniable[j.m.subject.typ] {
			j.each(c.of(j.m), func(r *Rule) bool { return denies(r) && arm.EqualFold(r.Mode, "Indexed") && !r.cascades })
		}
	}
}

// undeniable are the types that denyAction does not keep from being deleted:
// learn.microsoft.com/azure/governance/policy/concepts/effect-deny-action
var undeniable = map[string]bool{
	"microsoft.authorization/policyassignments": true, "microsoft.authorization/denyassignments": true, "microsoft.authorization/locks": true,
	"microsoft.blueprint/blueprintassignments": true, "microsoft.resources/deploymentstacks": true, subscriptionType: true,
}

// Merge gives what a patch makes of a resource: RFC 7386.
func Merge(current, patch arm.Value) arm.Value {
	if patch.Kind() != arm.Object || current.Kind() != arm.Object {
		return patch
	}
	o := arm.O{}
	for name, v := range current.Members() {
		if with := patch.Get(name); with.Exists() {
			if v = Merge(v, with); v.Kind() == arm.Null {
				continue
			}
		}
		o = append(o, name, v)
	}
	for name, v := range patch.Members() {
		if !current.Get(name).Exists() && v.Kind() != arm.Null {
			o = append(o, name, v)
		}
	}
	return arm.New(o)
}

// context gives what requestContext() is for the request.
func (q *Request) context() arm.Value {
	o := arm.O{"apiVersion", arm.Ref{ID: q.Resource.ID, Path: "apiVersion"}}
	if v := q.Resource.APIVersion(); v != "" {
		o = arm.O{"apiVersion", v}
	}
	if q.Caller.Exists() {
		return arm.New(append(o, "identity", q.Caller))
	}
	return arm.New(append(o, "identity", arm.Ref{ID: q.Resource.ID, Path: "requestContext.identity"}))
}

// judge is one verdict under way.
type judge struct {
	e     *Engine
	m     *machine
	q     Request
	facts *Facts
	edits []edit
	// perhaps are the fields that a policy may write of which it is not known
	// whether it applies.
	perhaps []*field
	v       Verdict
}

// each judges by the rules that pick wants.
func (j *judge) each(all *candidates, pick func(*Rule) bool) {
	for i := range all.visit {
		x := &all.visit[i]
		if x.Rule == nil {
			if j.q.Verb == Delete || !pick(unknownRule) {
				j.missing(x)
			}
			continue
		}
		r, sure := x.ruleFor(j.m.subject)
		if sure && r.Effect == Disabled || !pick(r) || !r.sees(&j.q) {
			continue
		}
		j.rule(x, r, sure)
	}
}

// missing notes a rule of which nothing is known.
func (j *judge) missing(x *candidate) {
	if selects(x.selectors, j.m.subject) == no || x.leftOut(j.m) {
		return
	}
	out := Result{Assigned: x.Assigned, State: Unknown, Reason: Reason{Message: x.Why}, blocks: maybe}
	if x.exemptions(j.m, &out); out.State == Exempt || j.enforced(x) == no {
		out.blocks = no
	}
	j.note(out)
}

// unknownRule stands for a rule nothing is known of, which is judged with those
// that change nothing.
var unknownRule = &Rule{Effect: Modify}

// sees tells whether the rule is asked about a request: about a patch of
// nothing but tags, only rules with a condition on tags are.
func (r *Rule) sees(q *Request) bool {
	if q.Verb != Patch || q.Patch.Len() != 1 || !q.Patch.Get("tags").Exists() {
		return true
	}
	tags := strings.Contains(strings.ToLower(r.condition.src.Text()), "tags")
	r.condition.walk(func(c *condition) { tags = tags || c.kind == fieldOf && c.left.parsed() })
	return tags
}

func (j *judge) rule(x *candidate, r *Rule, sure bool) {
	m := j.m
	selected := selects(x.selectors, m.subject)
	if selected == no || x.leftOut(m) {
		return
	}
	out := Result{Assigned: x.Assigned, Effect: r.Effect}
	t := no
	if r.Provider() {
		t = m.provider(r)
	} else {
		t = m.truthOf(r, &r.cond)
	}
	t = m.doubt(x, r, t, sure)
	if t == no || !m.settle(x, r, t, selected, &out) {
		return
	}
	x.exemptions(m, &out)
	if out.State == Exempt {
		j.v.Results = append(j.v.Results, out)
		return
	}
	out.blocks = j.blocks(x, r, t, out.State)
	if !sure && j.enforced(x) != no && x.mayBlock() {
		out.blocks = maybe
	}
	if t == yes && r.Effect.changes() && j.enforced(x) == yes {
		j.collect(x, r, &out)
	}
	if out.blocks == maybe {
		j.mayWrite(r)
	}
	if t == yes && r.Effect == DeployIfNotExists && out.State == NonCompliant && j.enforced(x) == yes {
		j.v.Deploys = append(j.v.Deploys, m.deployment(x.Assigned, r))
	}
	j.note(out)
}

// mayWrite notes what a rule writes of which it is not known whether it does.
func (j *judge) mayWrite(r *Rule) {
	for i := range r.changes {
		if f := r.changes[i].field; f != nil && r.Effect.changes() {
			j.perhaps = append(j.perhaps, f)
		}
	}
}

// mayBlock tells whether the rule, or one that an override puts in its place,
// can stand against a request.
func (x *candidate) mayBlock() bool {
	blocks := func(e Effect) bool { return e == Deny || e == None || e.changes() }
	return blocks(x.Rule.Effect) || slices.ContainsFunc(x.variants, func(v variant) bool { return blocks(v.rule.Effect) })
}

// enforced tells whether the assignment's effects are carried out on the
// subject.
func (j *judge) enforced(x *candidate) truth {
	switch x.Enforcement {
	case DoNotEnforce:
		return no
	case Enroll:
		result := no
		for _, enrolled := range x.enrolled {
			switch selects(enrolled.selectors, j.m.subject) {
			case yes:
				return yes
			case maybe:
				result = maybe
			}
		}
		return result
	}
	return yes
}

// blocks tells whether what a rule gives stands against the request. A failure
// denies whatever the effect is, unless it comes after the provider's answer.
func (j *judge) blocks(x *candidate, r *Rule, t truth, s State) truth {
	enforced := j.enforced(x)
	switch {
	case enforced == no, r.Provider() && (r.Effect != Deny || !j.m.providerDenies(r)):
		return no
	case r.Provider():
		return maybe
	}
	denies := r.Effect == Deny || r.Effect == DenyAction || r.Effect == None
	switch {
	case t == failed && !r.Effect.existence():
		return enforced
	case t == maybe || s == Unknown:
		if denies || r.Effect.changes() || r.cond.frail && !r.Effect.existence() || x.Why != "" && !r.chosen {
			return maybe
		}
		return no
	case denies && t == yes && slices.ContainsFunc(j.perhaps, func(f *field) bool { return j.m.looksAt(&r.cond, f) }):
		return maybe // another policy may have changed what it finds
	case denies && t == yes:
		return enforced
	case r.Effect.changes() && enforced == maybe:
		return maybe
	}
	return no
}

func (j *judge) note(r Result) { j.v.Results = append(j.v.Results, r) }

// collect notes the edits that a rule wants to make.
func (j *judge) collect(x *candidate, r *Rule, out *Result) {
	edits, refused, err := j.m.edits(x.Assigned, r)
	if err != nil {
		out.State, out.Err, out.blocks = Error, err, yes
		return
	}
	j.edits = append(j.edits, edits...)
	for _, f := range refused {
		switch {
		case f.truth == maybe:
			out.blocks, out.State, out.Reason = maybe, Unknown, Reason{f.op.field.name, f.why}
		case f.why != "" && r.onClash == Deny:
			out.blocks, out.Reason = yes, Reason{f.op.field.name, f.why}
		}
	}
}

// edit makes the edits, where they do not stand against each other: of several
// that write the same, with different values, the one whose conflictEffect is
// deny is made; two of those deny the request.
func (j *judge) edit() {
	groups := map[string][]edit{}
	var order []string
	for _, x := range j.edits {
		k := x.key()
		if groups[k] == nil {
			order = append(order, k)
		}
		groups[k] = append(groups[k], x)
	}
	body := j.v.Resource.Body
	for _, k := range order {
		for _, x := range j.winners(groups[k]) {
			if x.adds() && (holdsUnknown(x.before(body)) || holdsUnknown(x.op.Value)) || x.inItems() && holdsUnknown(x.before(body)) {
				j.clash(&x, maybe, "what it finds in place is known only after deployment")
				continue
			}
			if x.conflict(body) {
				j.clash(&x, yes, fmt.Sprintf("%s has the value %s, and the policy adds %s", x.path, describe(x.before(body)), describe(x.op.Value)))
				continue
			}
			if x.held(body) {
				continue
			}
			before := body
			var c Change
			if body, c = x.apply(body); body.Equal(before) {
				continue
			}
			j.v.Changes = append(j.v.Changes, c)
			j.doubt(&x)
		}
	}
	j.v.Resource.Body = body
}

// doubt notes a change that Azure may not make: what it writes is then not known
// to those that deny.
func (j *judge) doubt(x *edit) {
	y := *x
	if x.unsure {
		y.path, y.op.Verb, y.op.Value = x.path.plain(), "addOrReplace", arm.New(arm.Ref{ID: j.m.subject.id, Path: mayModify + x.path.String()})
	}
	j.v.doubtful = y.write(j.v.doubtful, y.path)
}

const mayModify = "modify " // begins the path of a value that a policy may write, or not

// winners gives the edits of one property that are made. Those of one policy
// are made one after the other; the last tells its value.
func (j *judge) winners(all []edit) []edit {
	var by []edit // the last of each policy
	for _, x := range all {
		if n := len(by); n > 0 && by[n-1].by == x.by {
			by = by[:n-1]
		}
		by = append(by, x)
	}
	differs := func(x edit) bool {
		return !x.op.Value.Equal(by[0].op.Value) || !strings.EqualFold(x.op.Verb, by[0].op.Verb)
	}
	deny := by[:1]
	if slices.ContainsFunc(by, differs) {
		if strings.HasSuffix(all[0].path.String(), "[*]") && !slices.ContainsFunc(all, func(x edit) bool { return strings.EqualFold(x.op.Verb, "addOrReplace") }) {
			return all // each adds a member
		}
		deny = slices.DeleteFunc(by, func(x edit) bool { return x.onClash != Deny && !x.append })
	}
	if len(deny) == 0 {
		return nil
	}
	if slices.ContainsFunc(deny, func(x edit) bool { return !x.op.Value.Equal(deny[0].op.Value) }) {
		for i := range deny {
			j.clash(&deny[i], yes, fmt.Sprintf("several policies write %s: %s and %s", deny[i].path, describe(deny[0].op.Value), describe(deny[1].op.Value)))
		}
		return nil
	}
	return slices.DeleteFunc(all, func(x edit) bool { return x.by != deny[0].by })
}

// clash marks the result of an edit that cannot be made.
func (j *judge) clash(x *edit, surely truth, why string) {
	for i := range j.v.Results {
		r := &j.v.Results[i]
		if r.Assigned != x.by || r.Effect == Append && !x.append {
			continue
		}
		r.Reason = Reason{x.op.field.name, why}
		switch {
		case surely == maybe:
			r.State, r.blocks = Unknown, maybe
		case x.append || x.onClash == Deny:
			r.State, r.blocks = Conflict, yes
		}
	}
}

// verdict decides, and puts the results that do in front.
func (j *judge) verdict() Verdict {
	if j.v.Lacks != "" {
		j.v.Decision = NotKnown
	}
	slices.SortStableFunc(j.v.Results, func(a, b Result) int { return rank(a.blocks) - rank(b.blocks) })
	for i := range j.v.Results {
		switch j.v.Results[i].blocks {
		case yes:
			j.v.Decision = Denied
			return j.v
		case maybe:
			j.v.Decision = NotKnown
		}
	}
	return j.v
}

func rank(t truth) int {
	switch t {
	case yes:
		return 0
	case maybe:
		return 1
	}
	return 2
}

// Deployment is what deployIfNotExists would deploy after a request.
type Deployment struct {
	Assigned   *Assigned
	Template   arm.Value // as written
	Parameters arm.Value // {name: {value}}, evaluated
	Roles      []string  // role definitions that the assignment's identity needs
	Scope      string    // ResourceGroup or Subscription
	Err        error     // where the parameters cannot be evaluated
}

func (m *machine) deployment(a *Assigned, r *Rule) Deployment {
	d := Deployment{Assigned: a, Roles: r.details.roles, Template: r.details.deployment.Get("properties", "template"), Scope: "ResourceGroup"}
	if s := r.details.target.value.Str(); s != "" {
		d.Scope = s
	}
	rd := &reader{o: m.o, r: r.resource}
	o := arm.O{}
	for name, p := range r.details.deployment.Get("properties", "parameters").Members() {
		value := rd.operand(p.Get("value"))
		v, err := m.compute(&value)
		if err != nil && d.Err == nil {
			d.Err = fmt.Errorf("parameter %q of the deployment: %w", name, err)
		}
		o = append(o, name, arm.O{"value", v})
	}
	d.Parameters = arm.New(o)
	return d
}
