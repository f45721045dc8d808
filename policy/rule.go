package policy

import (
	"cmp"
	"sync"

	"airfield/arm"
	"airfield/expr"
)

// Facts are what a rule may ask beside the resource itself.
type Facts struct {
	ResourceGroup arm.Value // as resourceGroup() gives it; Missing where there is none
	Subscription  arm.Value
	Context       arm.Value // as requestContext() gives it; Missing for the resource's own API version
	Policy        arm.Value // as policy() gives it; Missing for the rule's own
	Clock         string    // as utcNow() gives it; "" for Options.Now
	Related       Related

	around func(arm.ID) // fills in ResourceGroup and Subscription
}

// Related gives the resources that an existence effect asks for, as far as they
// are known; why says what is missing where that is not everything.
type Related func(q Query) (found []arm.Resource, why string)

// Query asks for the resources of one type that are related to a resource.
type Query struct {
	Of            arm.Resource
	Type          arm.Type
	Name          string // of the one resource wanted, "" for all; "parent/?" for any child
	ResourceGroup string // its name, where it is another than the resource's
	Subscription  bool   // existenceScope: look in the whole subscription
}

// Roles gives the ids of the role definitions that the effect's identity needs.
func (r *Rule) Roles() []string { return r.details.roles }

// Value gives the value of a parameter, Missing where it has none.
func (r *Rule) Value(parameter string) arm.Value {
	for i, p := range r.Parameters {
		if arm.EqualFold(p.Name, parameter) && i < len(r.params) {
			return r.params[i]
		}
	}
	return arm.Value{}
}

// RelatedType gives the type of the resource that an existence effect looks
// for, as far as it does not depend on the request.
func (r *Rule) RelatedType() arm.Type {
	if r.related == nil {
		return ""
	}
	return arm.Type(r.related.typ.value.Str())
}

// Outcome is what one rule says of one resource.
type Outcome struct {
	Effect     Effect // None where the if is false or the effect has nothing to do
	Truth      string // "true", "false", "unknown" or "failed": whether the effect is called for
	Reason     Reason // where it is unknown
	Err        error  // where it failed
	Operations []Operation
}

// machines are used again: they are large, and know what they have seen.
var machines = sync.Pool{New: func() any {
	m := &machine{interned: map[string]string{}, contexts: map[string]arm.Value{}, scopes: make([]scope, 0, 8)}
	m.initialize()
	return m
}}

func newMachine(o *Options, r *Rule) *machine {
	m := machines.Get().(*machine)
	m.o, m.rule, m.facts, m.subject = o, r, &Facts{}, &m.origin
	m.prepare()
	return m
}

// release gives a machine back.
func (m *machine) release() {
	m.o, m.rule, m.facts, m.attestations, m.tracer, m.named, m.sketch = nil, nil, nil, nil, nil, nil, nil
	m.origin, m.related, m.subject, m.onlyType, m.now = subject{}, subject{}, nil, false, arm.Value{}
	machines.Put(m)
}

var fullBudget = expr.Budget{Calls: 200_000, Bytes: 16 << 20}

// Judge evaluates the rule on one resource, as it is written: without
// assignments, applicability and modes.
func (r *Rule) Judge(res arm.Resource, f *Facts) Outcome {
	m := newMachine(r.o, r)
	defer m.release()
	m.enter(res, f)
	t := m.ruleTruth(r)
	o := Outcome{Effect: r.Effect, Truth: t.String(), Reason: m.reason, Err: m.err}
	switch {
	case t == no:
		o.Effect = None
	case t == yes && r.Effect.changes():
		o.Operations = m.operations(r)
		for _, op := range o.Operations {
			o.Err = cmp.Or(o.Err, op.err)
		}
	}
	return o
}

// enter makes a resource what the machine judges.
func (m *machine) enter(res arm.Resource, f *Facts) {
	m.facts = f
	m.origin = m.subjectOf(res)
	m.subject = &m.origin
}

// ruleTruth tells whether the rule's effect is called for.
func (m *machine) ruleTruth(r *Rule) truth {
	if r.Effect == Disabled {
		return no
	}
	return m.truthOf(r, &r.cond)
}

// truthOf is ruleTruth with the if as it is for the subject's type.
func (m *machine) truthOf(r *Rule, cond *node) truth {
	m.rule = r
	m.prepare()
	t := m.eval(cond)
	m.ifHolds = t == yes
	if !r.Effect.existence() || t == no || t == failed {
		return t
	}
	related := m.relatedTruth(r)
	if related == yes {
		return t
	}
	return related
}

// prepare makes the machine forget the evaluation before.
func (m *machine) prepare() {
	m.err, m.reason = nil, Reason{}
	m.steps, m.budget, m.scopes = maxSteps, fullBudget, m.scopes[:0]
}

// relatedTruth tells whether the related resource that the rule wants is
// missing.
func (m *machine) relatedTruth(r *Rule) truth {
	q, open, err := m.query(r.related)
	if err != nil {
		return m.fail(err)
	}
	if open {
		return m.unknown("details", "which related resource is looked for is not known")
	}
	if m.facts.Related == nil {
		return m.unknown(string(q.Type), "no related resources were given")
	}
	found, why := m.facts.Related(q)
	result := yes
	for i := range found {
		t := yes
		if r.related.cond != nil {
			m.related = m.subjectOf(found[i])
			m.subject = &m.related
			t = m.eval(r.related.cond)
			m.subject = &m.origin
		}
		if t == yes {
			return no
		}
		if t >= maybe && result != failed {
			result = t
		}
	}
	if result == yes && why != "" {
		return m.unknown(string(q.Type), why)
	}
	return result
}

// query gives what a rule looks for; open tells that it is not all known.
func (m *machine) query(r *relation) (q Query, open bool, err error) {
	q.Of = arm.Resource{ID: m.origin.id, Body: m.origin.body}
	text := func(b *bound) string {
		v, e := m.evaluate(b)
		if e != nil && err == nil {
			err = e
		}
		if v.Kind() == arm.Unknown {
			open = true
		}
		return v.Str()
	}
	q.Type, q.Name, q.ResourceGroup = arm.Type(text(&r.typ)), text(&r.name), text(&r.group)
	q.Subscription = arm.EqualFold(text(&r.scope), "Subscription")
	return q, open, err
}

// Unknown gives the fields that the rule names and that no table of aliases
// has.
func (r *Rule) Unknown() []string {
	var names []string
	var each func(n *node)
	each = func(n *node) {
		if n.field != nil && n.field.kind == unknownField {
			names = append(names, n.field.name)
		}
		for i := range n.sub {
			each(&n.sub[i])
		}
		if n.count != nil && n.count.where != nil {
			each(n.count.where)
		}
	}
	each(&r.cond)
	if r.related != nil && r.related.cond != nil {
		each(r.related.cond)
	}
	return names
}
