package policy

import (
	"iter"
	"slices"
	"strings"

	"airfield/arm"
)

// Result is what one assigned rule says of one resource.
type Result struct {
	*Assigned
	Effect    Effect
	State     State
	Exemption arm.ID // where the state is Exempt
	Reason    Reason // where it is Unknown
	Err       error  // where it is Error

	blocks truth // whether it stands against a request
}

// Scan judges resources that exist against everything assigned to them, as a
// compliance scan does: nothing is changed. visit gets each resource with its
// results, which are good until it returns. Rules that are not about a resource
// give no result.
//
// A pass over many resources is split among goroutines by the caller; each
// needs a Related of its own.
func (e *Engine) Scan(run iter.Seq[arm.Resource], related Related, visit func(arm.Resource, []Result)) {
	m := e.machine()
	defer m.release()
	place := e.placer(related)
	var results []Result
	for r := range run {
		c := place.at(r.ID)
		if place.group == "" {
			continue // what lies in no subscription is not scanned
		}
		m.enter(r, &place.facts)
		results = e.scan(m, c, results[:0])
		visit(r, results)
	}
}

// placer remembers the cell and the facts of the place of the resource before:
// resources come in the order of their ids.
type placer struct {
	e            *Engine
	facts        Facts
	group        arm.ID // or subscription, of the last resource
	inGroup      bool   // group is a resource group
	subscription arm.ID
	cell         *cell
	cells        map[arm.ID]*cell // by subscription, where resource groups make no difference
	of           arm.ID           // the group or subscription that facts are of
	sent         arm.Resource     // what a request writes
}

func (e *Engine) placer(related Related) *placer {
	p := &placer{e: e, cells: map[arm.ID]*cell{}, facts: Facts{Related: related}}
	p.facts.around = p.around
	return p
}

func (p *placer) at(id arm.ID) *cell {
	if n := len(p.group); p.inGroup && !p.e.deep && len(id) > n && id[n] == '/' && id[:n] == p.group {
		return p.cell
	}
	subscription := id.SubscriptionID()
	p.group = id.ResourceGroupID()
	if p.inGroup = p.group != ""; !p.inGroup {
		p.group = subscription
	}
	switch {
	case p.e.groups || p.e.deep || subscription == "":
		p.cell = p.e.cell(id)
	case subscription != p.subscription:
		known, ok := p.cells[subscription]
		if !ok {
			known = p.e.cell(id)
			p.cells[subscription] = known
		}
		p.cell = known
	}
	p.subscription = subscription
	return p.cell
}

// around fills in what resourceGroup() and subscription() give, when a rule
// first asks.
func (p *placer) around(id arm.ID) {
	if p.of != p.group || p.of == "" {
		p.facts.ResourceGroup, p.facts.Subscription = p.e.around(id, p.sent)
		p.of = p.group
	}
}

// around gives what resourceGroup() and subscription() are for a resource.
func (e *Engine) around(id arm.ID, sent arm.Resource) (group, subscription arm.Value) {
	if g := id.ResourceGroupID(); g != "" {
		group = e.container(g, sent, arm.O{"id", g, "name", g.Name()}, "location", "managedBy", "properties")
	}
	if s := id.SubscriptionID(); s != "" {
		subscription = e.subscription(s, sent)
	}
	return group, subscription
}

// subscription gives what subscription() is, made once but for a request about
// the subscription itself.
func (e *Engine) subscription(id arm.ID, sent arm.Resource) arm.Value {
	if v, ok := e.subscriptions.Load(id); ok && !sent.ID.Equal(id) {
		return v.(arm.Value)
	}
	o := arm.O{"id", id, "subscriptionId", id.Name()}
	if tenantID := e.t.Header().Tenant; tenantID != "" {
		o = append(o, "tenantId", tenantID)
	}
	v := e.container(id, sent, o, "displayName")
	if !sent.ID.Equal(id) {
		e.subscriptions.Store(id, v)
	}
	return v
}

// container gives the object that stands for a resource group or subscription
// in expressions. What the tenant does not have is unknown, and so is what the
// request changes where it is the group's own: which of both Azure gives is not
// documented.
func (e *Engine) container(id arm.ID, sent arm.Resource, o arm.O, members ...string) arm.Value {
	r, ok := e.t.Get(id)
	if alias, vended := strings.CutPrefix(id.Name(), "@"); !ok && vended { // a subscription that is to be made
		if r, ok = e.t.Get(arm.Tenant.Resource("Microsoft.Subscription/aliases", alias)); ok {
			r.Body = arm.New(arm.O{"displayName", r.Get("properties", "displayName"), "tags", r.Get("properties", "additionalProperties", "tags")})
		}
	}
	changed := func(name string) bool { return sent.ID.Equal(id) && !sent.Get(name).Equal(r.Get(name)) }
	for _, name := range append(members, "tags") {
		if !ok || changed(name) {
			o = append(o, name, arm.Ref{ID: id, Path: name})
			continue
		}
		v := r.Get(name)
		if !v.Exists() {
			v = r.Get("properties", name)
		}
		switch {
		case v.Kind() > arm.Null:
		case name == "tags":
			v = arm.New(arm.O{})
		default:
			v = null // a group that nobody manages has managedBy, without a value
		}
		o = append(o, name, v)
	}
	return arm.New(o)
}

func (e *Engine) scan(m *machine, c *cell, results []Result) []Result {
	all := c.of(m)
	sure := all.sure
	m.twins = slices.Grow(m.twins[:0], len(all.visit))[:len(all.visit)]
	for i := range all.visit {
		for len(sure) > 0 && sure[0].place < all.visit[i].place { // an assignment's results stay together
			results, sure = e.sure(m, &sure[0], results), sure[1:]
		}
		m.twins[i].done = false
		results = e.visit(m, &all.visit[i], i, results)
	}
	for i := range sure {
		results = e.sure(m, &sure[i], results)
	}
	m.conflicts(results)
	return results
}

// conflicts marks the results of modify policies that stand against each other:
// two whose conflictEffect is deny, and that write one property differently.
func (m *machine) conflicts(results []Result) {
	modify := 0
	for i := range results {
		if results[i].Effect == Modify && results[i].State == NonCompliant {
			modify++
		}
	}
	if modify < 2 {
		return
	}
	wrote := map[string]edit{}
	by := map[string][]*Result{}
	for i := range results {
		x := &results[i]
		if x.Effect != Modify || x.State != NonCompliant {
			continue
		}
		r, _ := x.Assigned.ruleFor(m.subject)
		m.rule = r
		m.prepare()
		edits, _, err := m.edits(x.Assigned, r)
		if err != nil || r.onClash != Deny {
			continue
		}
		for _, e := range edits {
			k := e.key()
			if strings.HasSuffix(k, "[*]") && !strings.EqualFold(e.op.Verb, "addOrReplace") {
				continue // each adds a member
			}
			if other, met := wrote[k]; met && other.by != e.by && (!other.op.Value.Equal(e.op.Value) || !strings.EqualFold(other.op.Verb, e.op.Verb)) {
				by[k] = append(by[k], x)
				for _, y := range by[k] {
					y.State, y.Reason = Conflict, Reason{e.op.field.name, "several policies write it, with different values"}
				}
				continue
			}
			wrote[k], by[k] = e, append(by[k], x)
		}
	}
}

// sure judges a resource by a rule whose if is false whatever the resource is.
func (e *Engine) sure(m *machine, x *candidate, results []Result) []Result {
	r := x.Rule
	if !x.plain {
		if selects(x.selectors, m.subject) == no || x.leftOut(m) {
			return results
		}
		r, _ = x.ruleFor(m.subject)
	}
	if r.Effect == Disabled || r.readsCaller || x.applies == maybe && m.applies(r) == no {
		return results
	}
	out := Result{Assigned: x.Assigned, Effect: r.Effect, State: Compliant}
	if !x.plain {
		x.exemptions(m, &out)
	}
	return append(results, out)
}

// leftOut tells whether a notScope below the cell's own scope holds the
// resource.
func (x *candidate) leftOut(m *machine) bool {
	for _, not := range x.NotScopes {
		if m.subject.id.Under(not) {
			return true
		}
	}
	return false
}

func (x *candidate) exemptions(m *machine, out *Result) {
	if x.exempt != "" {
		out.State, out.Exemption = Exempt, x.exempt
		return
	}
	for _, some := range x.some {
		selected := selects(some.selectors, m.subject)
		if selected == yes && some.uncertain {
			selected = maybe
		}
		switch selected {
		case yes:
			out.State, out.Exemption, out.Reason = Exempt, some.id, Reason{}
			return
		case maybe:
			out.State, out.Reason = Unknown, Reason{Message: "whether exemption " + some.id.Name() + " holds is not known here"}
		}
	}
}

// found is what a rule's conditions gave, for the rules that have the same.
type found struct {
	truth   truth
	ifHolds bool
	done    bool
	reason  Reason
	err     error
}

func (e *Engine) visit(m *machine, x *candidate, at int, results []Result) []Result {
	selected, r, sure := yes, x.Rule, true
	if !x.plain {
		if selected = selects(x.selectors, m.subject); selected == no || x.leftOut(m) {
			return results
		}
		if r == nil {
			return append(results, Result{Assigned: x.Assigned, State: Unknown, Reason: Reason{Message: x.Why}})
		}
		r, sure = x.ruleFor(m.subject)
	}
	if sure && r.Effect == Disabled || r.readsCaller { // a rule about the caller is enforced, but no scan counts it
		return results
	}
	t := m.doubt(x, r, m.candidateTruth(x, r, at), sure)
	if t == no && r.Effect.existence() && !m.ifHolds {
		return results
	}
	results = append(results, Result{Assigned: x.Assigned, Effect: r.Effect})
	out := &results[len(results)-1]
	if !m.settle(x, r, t, selected, out) {
		return results[:len(results)-1]
	}
	if !x.plain {
		x.exemptions(m, out)
	}
	return results
}

// doubt makes a truth unknown that cannot be relied on: that of a rule of
// another version, which tells what the rule is about and no more, of one
// whose effect is not known, and of one that depends on where a resource is.
func (m *machine) doubt(x *candidate, r *Rule, t truth, sure bool) truth {
	switch {
	case x.Why != "":
		return m.unknown("", x.Why)
	case t == no && (sure || !slices.ContainsFunc(x.variants, func(v variant) bool { return v.rule.twin != r.twin })):
		return no
	case !sure:
		return m.unknown("location", "an override by location may change the rule")
	case r.Effect == None:
		return m.unknown("effect", "it is not known which effect the policy has")
	}
	return t
}

// candidateTruth evaluates a rule on the subject, unless one with the same
// conditions was.
func (m *machine) candidateTruth(x *candidate, r *Rule, at int) truth {
	if r.Provider() {
		return m.provider(r)
	}
	f := &m.twins[x.twin]
	if x.twin != at && f.done {
		m.rule, m.ifHolds, m.reason, m.err = r, f.ifHolds, f.reason, f.err
		return f.truth
	}
	cond := x.cond
	if r != x.Rule {
		cond = &r.cond
	}
	t := m.truthOf(r, cond)
	if x.shared && r == x.Rule {
		*f = found{t, m.ifHolds, true, m.reason, m.err}
	}
	return t
}

// provider judges by a rule that a resource provider evaluates: all that is
// known here is which resources it may be about.
func (m *machine) provider(r *Rule) truth {
	m.rule = r
	m.prepare()
	return m.unknown("", "mode "+r.Mode+" is evaluated by the resource provider, not here")
}

// settle gives the state that a truth means; false where the rule is not about
// the resource.
func (m *machine) settle(x *candidate, r *Rule, t, selected truth, out *Result) bool {
	switch {
	case t == failed:
		out.State, out.Err = Error, m.err
	case t == maybe:
		out.State, out.Reason = Unknown, m.reason
	case t == yes:
		out.State = m.called(x, r)
	case r.Provider():
		return false
	case r.Effect.existence(): // about those whose if holds: the related resource is there
		out.State = Compliant
	default:
		if x.applies == maybe && m.applies(r) == no {
			return false
		}
		out.State = Compliant
	}
	switch {
	case t == yes && x.indexed && !(m.subject.tags.Exists() && m.subject.region.Exists()):
		out.State, out.Reason = Unknown, Reason{Message: "the tables do not say whether type " + m.subject.text + " has tags and a location, which mode Indexed asks for"}
	case selected == maybe:
		out.State, out.Reason = Unknown, Reason{Message: "a selector picks resources by what is not known here"}
	}
	return true
}

// called gives the state of a resource that a rule's effect is called for.
func (m *machine) called(x *candidate, r *Rule) State {
	switch r.Effect {
	case DenyAction:
		return Protected
	case Manual:
		for _, a := range m.attestationsOf(x) {
			return a
		}
		return r.state
	}
	return NonCompliant
}
