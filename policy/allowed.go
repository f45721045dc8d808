package policy

import (
	"slices"
	"strings"

	"airfield/arm"
)

// The reverse question: which values of a property are allowed at a scope.

// Question asks which values of one property of resources of a type are allowed
// at a scope, whatever the other properties are.
type Question struct {
	Scope    arm.ID
	Type     arm.Type
	Property string            // an alias, or "location", "type", "kind", "name", "tags['env']"
	Values   []string          // that are asked about
	Known    map[string]string // other properties whose values are known, by name
}

// Choice is the answer for one value.
type Choice struct {
	Value    string
	Decision Decision // NotKnown where another property, or what is not known here, decides
	By       []Result // the rules that deny the value, or may
}

// Allowed answers a question. Properties that the question does not name are
// unknown: a value is denied where every resource with it is, and allowed where
// no rule in force can deny one for it.
//
// A rule that does not look at the property is left out: it forbids no value of
// it, whatever it forbids.
func (e *Engine) Allowed(q Question) []Choice {
	m := e.machine()
	defer m.release()
	place := e.placer(nil)
	choices := make([]Choice, len(q.Values))
	for i, v := range q.Values {
		typ := q.Type
		if strings.EqualFold(q.Property, "type") {
			typ = arm.Type(v)
		}
		id := q.Scope.Resource(typ, slices.Repeat([]string{"-"}, max(1, strings.Count(string(typ), "/")))...)
		c := place.at(id)
		m.enter(arm.Resource{ID: id, Body: arm.New(arm.O{"type", typ})}, &place.facts)
		m.sketch = m.sketchOf(q, v)
		choices[i] = m.choose(e, c, q, v)
		m.sketch = nil
	}
	return choices
}

// sketchOf gives the values of the properties that are known, by field in lower
// case.
func (m *machine) sketchOf(q Question, value string) map[string]datum {
	known := map[string]datum{"type": textDatum(m.subject.text)}
	set := func(name, value string) {
		key := fieldKey(m.o.field(name, nil))
		if key == "location" {
			value = squeezedLower(value)
			m.subject.location = value
		}
		known[key] = textDatum(value)
	}
	for name, v := range q.Known {
		set(name, v)
	}
	if !strings.EqualFold(q.Property, "type") {
		set(q.Property, value)
	}
	return known
}

// fieldKey names a field in a sketch.
func fieldKey(f *field) string {
	if f.kind == tagField {
		return "tags/" + strings.ToLower(f.name)
	}
	return f.fold
}

func (m *machine) choose(e *Engine, c *cell, q Question, value string) Choice {
	out := Choice{Value: value}
	key := fieldKey(m.o.field(q.Property, nil))
	j := judge{e: e, m: m, q: Request{Resource: arm.Resource{ID: m.subject.id, Body: m.subject.body}}, facts: m.facts}
	all := c.of(m)
	for i := range all.visit {
		x := &all.visit[i]
		if x.Rule == nil {
			out.By = append(out.By, Result{Assigned: x.Assigned, State: Unknown, Reason: Reason{Message: x.Why}, blocks: maybe})
			continue
		}
		r, sure := x.ruleFor(&m.subject)
		if r.Effect != Deny || r.Provider() || !r.reads(key) {
			continue
		}
		before := len(j.v.Results)
		j.rule(x, r, sure)
		for _, res := range j.v.Results[before:] {
			if res.blocks != no {
				out.By = append(out.By, res)
			}
		}
	}
	slices.SortStableFunc(out.By, func(a, b Result) int { return rank(a.blocks) - rank(b.blocks) })
	if len(out.By) > 0 {
		if out.Decision = NotKnown; out.By[0].blocks == yes {
			out.Decision = Denied
		}
	}
	return out
}

// reads tells whether a condition of the rule looks at a field.
func (r *Rule) reads(key string) bool {
	found := false
	var each func(n *node)
	each = func(n *node) {
		found = found || n.kind > notOf && n.field == nil && n.left.later != nil || n.field != nil && fieldKey(n.field) == key
		for _, f := range n.left.named {
			found = found || fieldKey(f) == key
		}
		for _, f := range n.right.named {
			found = found || fieldKey(f) == key
		}
		for i := range n.sub {
			each(&n.sub[i])
		}
		if n.count != nil && n.count.where != nil {
			each(n.count.where)
		}
	}
	each(&r.cond)
	return found
}
