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
		m.subject.region = arm.New(arm.Ref{ID: id, Path: "location"})
		m.sketch = m.sketchOf(q, v)
		if choices[i] = m.choose(e, c, q, v); choices[i].Decision == Allowed && e.lacks(id) != "" {
			choices[i].Decision = NotKnown
		}
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
			m.subject.location, m.subject.region = value, arm.New(value)
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
	asked := m.o.field(q.Property, nil)
	j := judge{e: e, m: m, q: Request{Resource: arm.Resource{ID: m.subject.id, Body: m.subject.body}}, facts: m.facts}
	all := c.of(m)
	for i := range all.visit {
		x := &all.visit[i]
		if x.Rule == nil {
			j.missing(x)
			continue
		}
		r, sure := x.ruleFor(&m.subject)
		switch {
		case r.Provider(), r.Effect == Disabled && sure:
		case r.Effect.changes() && m.writes(r, asked) && j.enforced(x) != no:
			j.note(Result{Assigned: x.Assigned, Effect: r.Effect, State: Unknown, Reason: Reason{q.Property, "the policy may write it"}, blocks: maybe})
		case (r.Effect == Deny || r.Effect == None || !sure) && m.looksAt(&r.cond, asked):
			j.rule(x, r, sure)
		}
	}
	for _, res := range j.v.Results {
		if res.blocks != no {
			out.By = append(out.By, res)
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

// looksAt tells whether a condition looks at a field, at a part of it, or at
// what it is a part of.
func (m *machine) looksAt(n *node, f *field) bool {
	if n.kind > notOf && n.field == nil && n.left.later != nil && n.kind != valueOf { // its name is computed
		return true
	}
	if n.field != nil && m.overlap(n.field, f) {
		return true
	}
	for _, named := range []map[string]*field{n.left.named, n.right.named} {
		for _, g := range named {
			if m.overlap(g, f) {
				return true
			}
		}
	}
	for i := range n.sub {
		if m.looksAt(&n.sub[i], f) {
			return true
		}
	}
	return n.count != nil && n.count.where != nil && m.looksAt(n.count.where, f)
}

// writes tells whether a rule changes a field.
func (m *machine) writes(r *Rule, f *field) bool {
	return slices.ContainsFunc(r.changes, func(c boundChange) bool { return c.field == nil || m.overlap(c.field, f) })
}

// overlap tells whether two fields are the same property, or one is a part of
// the other: two aliases may name one path.
func (m *machine) overlap(a, b *field) bool {
	x, y := m.placeOf(a), m.placeOf(b)
	return x == y || strings.HasPrefix(x, y+".") || strings.HasPrefix(y, x+".") || strings.HasPrefix(x, y+"[") || strings.HasPrefix(y, x+"[")
}

// placeOf gives the path of a field in the subject, in lower case, or its name
// where it has none.
func (m *machine) placeOf(f *field) string {
	switch f.kind {
	case tagField:
		return "tags." + strings.ToLower(f.name)
	case fullNameField, nameField:
		return "id.name" // a part of the id
	case idField:
		return "id"
	}
	for i := range f.ways {
		if w := &f.ways[i]; w.typ == "" || w.typ == m.subject.typ {
			return strings.ToLower(w.route(m.subject.version).full.String())
		}
	}
	return f.fold
}
