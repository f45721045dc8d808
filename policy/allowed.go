package policy

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"airfield/arm"
	"airfield/catalog"
)

// The reverse question: which values of a property are allowed at a scope.
//
// Every rule in force that looks at the property is evaluated with a sketch: a
// resource of which nothing is known but its type, the value that is asked about
// and what else the question says. Such a rule holds for every resource with the
// value, for none, or for some: then another property decides, and the reason
// names it. A value is not to be blamed for what a rule finds in others, so rules
// that do not look at the property are left out.
//
// A property inside an array is asked about as one item among others, of which
// nothing is known. "Denied" must hold whatever the others are. "Allowed" must
// hold for the item alone: a resource may still be denied for another's sake.

// Question asks which values of one property of resources of a type are allowed
// at a scope, whatever the other properties are.
type Question struct {
	Scope    arm.ID // a management group, subscription or resource group, or the tenant
	Type     arm.Type
	Property string            // an alias, or "location", "type", "kind", "name", "tags['env']"
	Values   []string          // that are asked about
	Missing  bool              // resources without the property are asked about too, last
	Known    map[string]string // other properties whose values are known, by name
}

// Choice is the answer for one value.
type Choice struct {
	Value    string
	Missing  bool     // it is the answer for resources without the property
	Decision Decision // NotKnown where another property, or what is not known here, decides
	By       []Result // the rules that deny the value, or may; those that do first
	Lacks    string   // what the tenant lacks so that more rules may be in force than are seen
}

// Allowed answers a question. Properties that the question does not name are
// unknown: a value is denied where every resource with it is, and allowed where
// no rule in force can deny one for it.
func (e *Engine) Allowed(q Question) []Choice {
	m := e.machine()
	defer m.release()
	a := asker{e: e, m: m, q: q, asked: m.o.field(q.Property, nil), lacks: e.unseen(q.Scope)}
	choices := make([]Choice, 0, len(q.Values)+1)
	ofType := strings.EqualFold(q.Property, "type")
	if !ofType {
		a.enter(q.Type)
	}
	for _, v := range q.Values {
		if ofType {
			a.enter(arm.Type(v))
		}
		choices = append(choices, a.choice(v, textDatum(v)))
	}
	if q.Missing {
		c := a.choice("", datum{})
		c.Missing = true
		choices = append(choices, c)
	}
	return choices
}

// unseen says why not all that is assigned around a scope may be seen.
func (e *Engine) unseen(scope arm.ID) string {
	if scope.Type().Equal(arm.ManagementGroupType) && !e.t.Has(scope) {
		return "the tenant does not have management group " + scope.Name()
	}
	return e.lacks(scope)
}

// asker answers a question for one type, value by value.
type asker struct {
	e     *Engine
	m     *machine
	q     Question
	asked *field
	lacks string
	known map[string]datum // of every resource that is asked about, by place
	look  []*candidate     // the rules whose answer may depend on the value
	write []*candidate     // those of them that change requests
	wrote []*field         // what rules that do not look at the value may write
	noted []Result         // of those that may write the property itself
	same  *Choice          // the answer, where it is the same for every value
}

// enter makes a type the one that is asked about.
func (a *asker) enter(typ arm.Type) {
	m, e := a.m, a.e
	m.sketch = nil
	id := a.q.Scope.Resource(typ, slices.Repeat([]string{"-"}, max(1, strings.Count(string(typ), "/")))...)
	body := arm.O{"type", typ}
	_, located, settled := catalog.TypeTraits(typ)
	if located || !settled {
		body = append(body, "location", arm.Ref{ID: id, Path: "location"})
	}
	request := Request{Resource: arm.Resource{ID: id, Body: arm.New(body)}}
	facts := &Facts{Context: request.context()}
	facts.ResourceGroup, facts.Subscription = e.surroundings(a.q.Scope)
	m.enter(request.Resource, facts)
	all := e.cell(a.q.Scope).of(m)
	m.sketch = &sketch{known: map[string]datum{"type": m.subject.typeDatum()}}
	if !located && settled {
		m.sketch.known["location"] = datum{}
	}
	for name, v := range a.q.Known {
		m.set(m.o.field(name, nil), textDatum(v))
	}
	a.known = m.sketch.known
	a.sort(all)
}

// surroundings gives what resourceGroup() and subscription() are for what is
// created at a scope; of what the scope leaves open, nothing is known.
func (e *Engine) surroundings(scope arm.ID) (group, subscription arm.Value) {
	open := func(id arm.ID, members ...string) arm.Value {
		return e.container(id, arm.Resource{}, arm.O{}, append(members, "id", "name")...)
	}
	group, subscription = e.around(scope, arm.Resource{})
	if !group.Exists() {
		group = open(scope.ResourceGroup("-"), "location", "managedBy", "properties")
	}
	if !subscription.Exists() {
		subscription = open(arm.Subscription("-"), "displayName", "subscriptionId", "tenantId")
	}
	return group, subscription
}

// sort finds the rules whose answer may depend on the value, and asks the others
// once.
func (a *asker) sort(all *candidates) {
	a.look, a.write, a.same = nil, nil, nil
	j := a.judge()
	for i := range all.visit {
		x := &all.visit[i]
		varies := a.varies(x)
		if x.Rule != nil && x.either(func(r *Rule) bool { return r.Effect.changes() }) {
			if varies {
				a.write = append(a.write, x)
			} else {
				a.change(&j, x)
			}
		}
		switch {
		case x.Rule != nil && !a.mayDeny(x):
		case varies:
			a.look = append(a.look, x)
		default:
			a.deny(&j, x)
		}
	}
	a.wrote, a.noted = j.perhaps, j.v.Results
}

// varies tells whether what a rule says may depend on the value: overrides and
// selectors look at the location.
func (a *asker) varies(x *candidate) bool {
	return a.asked.kind == locationField && !x.plain || x.Rule != nil && x.either(func(r *Rule) bool { return a.m.looksAt(&r.cond, a.asked) })
}

// mayDeny tells whether a rule may deny a resource for the value, if only
// because evaluating it fails.
func (a *asker) mayDeny(x *candidate) bool {
	return x.Why != "" || x.either(func(r *Rule) bool {
		switch {
		case r.Provider():
			return r.Effect == Deny && a.m.looksAt(&r.cond, a.asked)
		case r.Effect == Deny, r.Effect == None, len(x.variants) > 0:
			return a.m.looksAt(&r.cond, a.asked)
		}
		return a.m.mayFail(&r.cond) && !a.mute(r) && a.m.looksAt(&r.cond, a.asked)
	})
}

// mute tells whether a rule is not asked before a resource is created, or is
// asked with those that change the request.
func (a *asker) mute(r *Rule) bool {
	return r.Effect == Disabled || r.Effect == DenyAction || r.Effect.existence() || r.Effect.changes()
}

// either tells whether something holds for the rule, or for one that an override
// puts in its place.
func (x *candidate) either(holds func(*Rule) bool) bool {
	return holds(x.Rule) || slices.ContainsFunc(x.variants, func(v variant) bool { return holds(v.rule) })
}

func (a *asker) judge() judge {
	m := a.m
	return judge{e: a.e, m: m, q: Request{Resource: arm.Resource{ID: m.subject.id, Body: m.subject.body}}, facts: m.facts}
}

// change notes what a rule may write; where that may be the property itself, or
// the rule may deny what it cannot change, that is a result.
func (a *asker) change(j *judge, x *candidate) {
	m := a.m
	r, sure := x.ruleFor(m.subject)
	if sure && !r.Effect.changes() || selects(x.selectors, m.subject) == no || x.leftOut(m) || j.enforced(x) == no {
		return
	}
	out := Result{Assigned: x.Assigned, Effect: r.Effect, State: Unknown, blocks: maybe}
	t := m.doubt(x, r, m.truthOf(r, &r.cond), sure)
	if x.exemptions(m, &out); t == no || out.State == Exempt {
		return
	}
	looks := m.looksAt(&r.cond, a.asked)
	writes := x.either(func(r *Rule) bool { j.mayWrite(r); return m.writes(r, a.asked) })
	switch {
	case t == failed && looks:
		j.rule(x, r, sure)
		return
	case x.Why != "":
		out.Reason = Reason{"", x.Why}
	case writes:
		out.Reason = Reason{a.q.Property, "the policy may write it"}
	case looks && (t == maybe && m.mayFail(&r.cond) || r.mayRefuse()):
		out.Reason = Reason{m.reason.Property, cmp.Or(m.reason.Message, "the policy changes the request, and denies one that it cannot change")}
	default:
		return
	}
	j.note(out)
}

// mayRefuse tells whether a rule that changes requests may deny one that it
// cannot change.
func (r *Rule) mayRefuse() bool {
	computed := func(b *bound) bool {
		for _, f := range b.named {
			if f.kind == aliasField || f.kind == unknownField {
				return true
			}
		}
		return false
	}
	return r.Effect == Append || slices.ContainsFunc(r.changes, func(c boundChange) bool {
		return c.field == nil || c.verb == "add" && r.onClash == Deny || computed(&c.value) || computed(&c.condition)
	})
}

// deny judges by a rule that may deny.
func (a *asker) deny(j *judge, x *candidate) {
	if x.Rule == nil {
		j.missing(x)
	} else if r, sure := x.ruleFor(a.m.subject); !sure || !a.mute(r) {
		j.rule(x, r, sure)
	}
	if n := len(j.v.Results); n > 0 && j.v.Results[n-1].Assigned == x.Assigned && x.Why != "" {
		j.v.Results[n-1].Reason = Reason{Message: x.Why}
	}
}

// choice answers for one value; where nothing looks at it, as for the one before.
func (a *asker) choice(value string, d datum) Choice {
	if a.same != nil {
		c := *a.same
		c.Value = value
		return c
	}
	c := a.ask(d)
	if c.Value = value; len(a.look)+len(a.write) == 0 {
		a.same = &c
	}
	return c
}

func (a *asker) ask(d datum) Choice {
	c := Choice{Lacks: a.lacks, By: a.results(d, false)}
	if a.asked.all && len(c.By) > 0 && !c.By[0].Denies() && len(a.results(d, true)) == 0 {
		c.By = nil
	}
	switch {
	case len(c.By) > 0 && c.By[0].Denies():
		c.Decision = Denied
	case len(c.By) > 0 || c.Lacks != "":
		c.Decision = NotKnown
	}
	return c
}

// results gives the rules that deny a value, or may; alone is without other
// items in the array it is in.
func (a *asker) results(d datum, alone bool) []Result {
	m := a.m
	m.sketch = &sketch{known: maps.Clone(a.known), asked: m.placeOf(a.asked), alone: alone}
	if a.asked.kind != typeField {
		m.set(a.asked, d)
	}
	j := a.judge()
	j.perhaps, j.v.Results = slices.Clone(a.wrote), slices.Clone(a.noted)
	for _, x := range a.write {
		a.change(&j, x)
	}
	for name := range a.q.Known {
		if f := m.o.field(name, nil); slices.ContainsFunc(j.perhaps, func(g *field) bool { return m.overlap(f, g) }) {
			delete(m.sketch.known, m.placeOf(f))
		}
	}
	for _, x := range a.look {
		a.deny(&j, x)
	}
	by := slices.DeleteFunc(j.v.Results, func(r Result) bool { return r.blocks == no })
	slices.SortStableFunc(by, func(a, b Result) int { return rank(a.blocks) - rank(b.blocks) })
	return by
}
