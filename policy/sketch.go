package policy

import (
	"slices"
	"strings"

	"airfield/arm"
)

// sketch is all that is known of a resource that does not exist.
type sketch struct {
	known map[string]datum // by place, see placeOf; Missing where it is known that there is none
	asked string           // the place that is asked about
	alone bool             // the item that is asked about is the only one of its array
}

const another = "another value of it may decide"

// set notes the value of a property.
func (m *machine) set(f *field, d datum) {
	if f.kind == locationField {
		d.text = squeezedLower(d.text)
		if m.subject.location, m.subject.region = d.text, (arm.Value{}); !d.null() {
			m.subject.region = arm.New(d.text)
		}
	}
	m.sketch.known[m.placeOf(f)] = d
}

// sketched tests a field of a sketch.
func (m *machine) sketched(n *node, t *target, f *field) truth {
	d, known := m.look(f)
	switch {
	case known == yes:
		result := m.check(n, t, d)
		if result != no && !m.sketch.alone && m.among(f) {
			return m.unknown(f.name, "other items of the array may decide")
		}
		return result
	case known == no && f.all:
		return m.emptyArray(n, t, false)
	case known == no:
		return m.check(n, t, datum{})
	case n.op.kind == opExists && m.partly(f):
		return truthOf(t.want)
	case n.op.kind == opContainsKey && m.hasKey(f, t.text):
		return truthOf(!n.op.not)
	}
	return m.unknown(f.name, another)
}

// look gives what is known of a field: no where resources of the type do not
// have it.
func (m *machine) look(f *field) (datum, truth) {
	d, known := m.sketch.known[m.placeOf(f)]
	if known && !(f.kind == fullNameField && strings.Count(m.subject.typ, "/") > 1) {
		return d, yes
	}
	if f.kind == aliasField || f.kind == unknownField {
		if _, state := m.route(f); state == no {
			return datum{}, no
		}
	}
	return datum{}, maybe
}

// partly tells whether a part of a field is known, so that the field exists.
func (m *machine) partly(f *field) bool {
	at := m.placeOf(f)
	for place, d := range m.sketch.known {
		if f.kind != tagField && !d.null() && inside(place, at) {
			return true
		}
	}
	return false
}

// hasKey tells whether a member of a field is known.
func (m *machine) hasKey(f *field, key string) bool {
	d, known := m.sketch.known[m.placeOf(f)+"."+strings.ToLower(key)]
	return known && !d.null()
}

// among tells whether a field, seen from where it is asked, is every item of an
// array.
func (m *machine) among(f *field) bool {
	r, state := m.route(f)
	return state == yes && slices.ContainsFunc(r.path, step.all)
}

// sketchedValue gives a field of a sketch to an expression.
func (m *machine) sketchedValue(f *field) arm.Value {
	switch d, known := m.look(f); {
	case known == yes && !f.all:
		return m.found(d.value())
	case known == no && f.all:
		return arm.New(arm.A{})
	case known == no:
		return m.found(arm.Value{})
	}
	m.unknown(f.name, another)
	return arm.New(arm.Ref{ID: m.origin.id, Path: f.name})
}

// sketched counts the items of an array in a sketch: of the one that is asked
// about it is known that it is there.
func (c *counter) sketched(f *field) truth {
	m := c.m
	at := m.placeOf(f)
	if at != m.sketch.asked && !inside(m.sketch.asked, at) {
		return m.unknown(f.name, another)
	}
	item := arm.New(arm.Ref{ID: m.origin.id, Path: f.name})
	if d := m.sketch.known[at]; at == m.sketch.asked {
		item = d.value()
	}
	if t := c.item(scope{field: f, value: item}); t != yes {
		return t
	}
	c.open = !m.sketch.alone || c.sure+c.may > 0
	return yes
}

// compareOpen tests a count with no upper end.
func (c *counter) compareOpen(t *target) truth {
	result := c.n.op.test(numberDatum(c.sure), t, c.m.o.Switched)
	for n := range 2 * maxIterations {
		if c.n.op.test(numberDatum(c.sure+n), t, c.m.o.Switched) != result {
			return c.m.unknown(c.n.property(), "other items of the array may decide")
		}
	}
	return result
}

// looksAt tells whether a condition looks at a field, at a part of it, or at
// what it is a part of.
func (m *machine) looksAt(n *node, f *field) bool {
	if t, _ := m.guard(n); f.kind != typeField && (t == yes || t == no) { // the type decides
		return false
	}
	if n.kind > notOf && n.field == nil && n.left.later != nil && n.kind != valueOf { // its name is computed
		return true
	}
	if n.field != nil && m.overlap(n.field, f) || m.reads(&n.left, f) || m.reads(&n.right, f) {
		return true
	}
	for i := range n.sub {
		if m.looksAt(&n.sub[i], f) {
			return true
		}
	}
	return n.count != nil && n.count.where != nil && m.looksAt(n.count.where, f)
}

// reads tells whether an operand's expressions read a field, or one whose name
// they compute.
func (m *machine) reads(b *bound, f *field) bool {
	for _, g := range b.named {
		if m.overlap(g, f) {
			return true
		}
	}
	found := false
	if b.later != nil {
		b.later.each(func(o *operand) {
			if o.expr != nil {
				o.expr.Calls(func(name string, first arm.Value) {
					found = found || name == "field" && first.Kind() != arm.String
				})
			}
		})
	}
	return found
}

// mayFail tells whether evaluating a condition can fail on resources of the
// subject's type.
func (m *machine) mayFail(n *node) bool {
	t, _ := m.guard(n)
	switch {
	case t == yes || t == no:
		return false
	case n.kind <= notOf:
		return slices.ContainsFunc(n.sub, func(n node) bool { return m.mayFail(&n) })
	case n.left.mayFail(), n.right.mayFail(), n.right.quick != nil && m.o.on(MissingFieldIsNull):
		return true
	case n.kind == countOf && (n.loops() || n.count.where != nil && m.mayFail(n.count.where)):
		return true
	}
	return n.op.kind == opOrder && !n.numbers() && (n.left.quick == nil || !n.left.quick.version)
}

// mayFail tells whether evaluating an operand can fail. Fields by themselves
// cannot, nor what every request and every resource group has.
func (b *bound) mayFail() bool {
	if b.later == nil {
		return b.err != nil
	}
	if q := b.quick; q != nil && !q.count {
		return false
	}
	_, sure := slices.BinarySearch(neverFail, strings.ToLower(b.later.String()))
	return !sure
}

var neverFail = []string{"[resourcegroup().id]", "[resourcegroup().location]", "[resourcegroup().name]", "[subscription().id]", "[subscription().subscriptionid]"}

// writes tells whether a rule changes a field.
func (m *machine) writes(r *Rule, f *field) bool {
	return slices.ContainsFunc(r.changes, func(c boundChange) bool { return c.field == nil || m.overlap(c.field, f) })
}

// overlap tells whether two fields are the same property, or one is a part of
// the other: two aliases may name one path.
func (m *machine) overlap(a, b *field) bool {
	x, y := m.placeOf(a), m.placeOf(b)
	return x == y || inside(x, y) || inside(y, x)
}

// inside tells whether a place is a part of another.
func inside(place, of string) bool {
	return len(place) > len(of) && strings.HasPrefix(place, of) && strings.IndexByte(".[#", place[len(of)]) >= 0
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
			r := w.route(m.subject.version)
			if r.part != "" {
				return strings.ToLower(r.full.String()) + "#" + r.part
			}
			return strings.ToLower(r.full.String())
		}
	}
	return f.fold
}
