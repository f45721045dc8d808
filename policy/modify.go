package policy

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"airfield/arm"
	"airfield/catalog"
)

// What append and modify do to a request:
// learn.microsoft.com/azure/governance/policy/concepts/effect-modify and
// …/effect-append, arrays by …/definition-structure-alias#modifying-arrays

// Operation is one operation of modify or append on one resource.
type Operation struct {
	Verb      string // as the definition writes it: "add", "addOrReplace", "remove"; "append"
	Field     string // as written
	Value     arm.Value
	Condition string // as written, "" for none

	err    error // why the value is not there
	change *boundChange
	field  *field
}

// Change is one change that append or modify makes to a request.
type Change struct {
	Assigned *Assigned
	Field    string // alias, or tags['name']
	Path     string // from the body's root
	Before   arm.Value
	After    arm.Value // Missing where it is removed
}

// operations gives what the rule would do, with values evaluated.
func (m *machine) operations(r *Rule) []Operation {
	all := make([]Operation, len(r.changes))
	for i := range r.changes {
		c, op := &r.changes[i], &all[i]
		*op = Operation{Verb: c.verb, Field: c.src.field.String(), change: c, field: c.field}
		if op.Value, op.err = m.evaluate(&c.value); op.field == nil && op.err == nil {
			var name arm.Value
			name, op.err = m.evaluate(&c.name)
			op.field = m.o.field(name.Str(), nil)
		}
		if w := c.src.src.Get("operation").Str(); w != "" {
			op.Verb = w
		}
		if c.src.condition.value.Exists() {
			op.Condition = c.src.condition.String()
		}
	}
	return all
}

// due tells whether the condition of an operation holds; why tells why that is
// not known.
func (m *machine) due(op *Operation) (t truth, why string, err error) {
	if op.Condition == "" {
		return yes, "", nil
	}
	v, err := m.evaluate(&op.change.condition)
	switch {
	case err != nil:
		return failed, "", err
	case v.Kind() == arm.Unknown:
		return maybe, "whether the operation's condition holds is known only after deployment", nil
	case v.Kind() != arm.Bool:
		return failed, "", fmt.Errorf("condition of an operation is %s, wanted a boolean", describe(v))
	}
	return truthOf(v.True()), "", nil
}

// edit is an operation that a policy makes on a request, before it is known
// whether others stand against it.
type edit struct {
	by      *Assigned
	onClash Effect // what happens where it cannot be made
	append  bool
	op      Operation
	path    path
	unsure  bool // it is not known whether Azure lets a policy write there
}

// key names what the edit writes.
func (x *edit) key() string {
	if x.op.field.kind == tagField {
		return "tags/" + fold(x.op.field.name)
	}
	return strings.ToLower(x.path.String())
}

// String writes the path as aliases do.
func (p path) String() string {
	var b strings.Builder
	for _, s := range p {
		switch {
		case s.all():
			b.WriteString("[*]")
		case s.name == "":
			fmt.Fprintf(&b, "[%d]", s.index)
		default:
			if b.Len() > 0 {
				b.WriteByte('.')
			}
			b.WriteString(s.name)
		}
	}
	return b.String()
}

// edits gives what a rule wants to change on the subject, and what of it cannot
// be made, or may not. An operation whose condition does not hold may fail.
func (m *machine) edits(a *Assigned, r *Rule) (edits []edit, refused []refusal, err error) {
	for _, op := range m.operations(r) {
		x := edit{by: a, onClash: r.onClash, append: r.Effect == Append, op: op}
		t, why, err := m.due(&op)
		if t == yes {
			err = op.err
		}
		if err != nil {
			return nil, nil, err
		}
		if t == yes {
			t, why = m.locate(&x)
		}
		if t == yes {
			edits = append(edits, x)
		} else {
			refused = append(refused, refusal{x, t, why})
		}
	}
	return edits, refused, nil
}

// refusal is an edit that cannot be made, or may not.
type refusal struct {
	edit
	truth truth // no, or maybe
	why   string
}

// locate finds where an edit writes, and whether Azure lets it.
func (m *machine) locate(x *edit) (truth, string) {
	f := x.op.field
	switch f.kind {
	case tagField:
		x.path = path{{name: "tags"}, {name: f.name}}
		switch {
		case f.name == "":
			return maybe, "a tag needs a name"
		case m.subject.tags.Kind() == arm.Unknown:
			return maybe, "the tags are known only after deployment"
		}
		return yes, ""
	case pathField:
		x.path = f.ways[0].routes[0].full
		return yes, ""
	}
	for i := range f.ways {
		w := &f.ways[i]
		if w.typ != "" && w.typ != m.subject.typ {
			continue
		}
		r := w.route(m.subject.version)
		x.path = r.full
		switch {
		case unknownOn(m.subject.body, x.path):
			return maybe, "what it changes is known only after deployment"
		case x.append:
			return yes, ""
		case r.modifiable == catalog.No:
			return no, fmt.Sprintf("alias %q cannot be modified", f.name)
		case !r.takes(x.op.Value.Kind()):
			return no, fmt.Sprintf("alias %q is of type %s, and the value is %s", f.name, r.token, describe(x.op.Value))
		case x.parentMissing(m.subject.body):
			return no, ""
		}
		x.unsure = r.modifiable == catalog.NotKnown
		return yes, ""
	}
	if f.kind == unknownField {
		return maybe, fmt.Sprintf("%q is not in the table of aliases", f.name)
	}
	return maybe, fmt.Sprintf("%q is no alias of %s", f.name, m.subject.text)
}

// takes tells whether a value of the kind may stand at the path, as far as its
// token is known; those of [*] are not told apart.
func (r *route) takes(k arm.Kind) bool {
	want, known := kindsOf[strings.ToLower(cmp.Or(r.token, "Any"))]
	return !known || k == want || k == arm.Unknown || strings.Contains(r.full.String(), "[*]")
}

// unknownOn tells whether something on the way down a path, in front of its
// end, is unknown.
func unknownOn(v arm.Value, p path) bool {
	for i, s := range p {
		switch {
		case v.Kind() == arm.Unknown:
			return true
		case s.name != "":
			v = v.Get(s.name)
		case s.index != every:
			v = v.At(s.index)
		default:
			for item := range v.Items() {
				if unknownOn(item, p[i+1:]) || i+1 < len(p) && item.Kind() == arm.Unknown {
					return true
				}
			}
			return false
		}
	}
	return false
}

// parentMissing tells whether the object that a nested property would be in is
// not in the request: Azure takes that for a choice, and leaves it.
func (x *edit) parentMissing(body arm.Value) bool {
	if len(x.path) < 3 || x.op.Verb == "remove" {
		return false
	}
	return lead(body, x.path[:len(x.path)-1]).Kind() <= arm.Null && !slices.ContainsFunc(x.path, func(s step) bool { return s.name == "" })
}

// adds tells whether the edit leaves a value that is there in its place.
func (x *edit) adds() bool { return x.append || strings.EqualFold(x.op.Verb, "add") }

// before gives what is in place: of items, their array.
func (x *edit) before(body arm.Value) arm.Value {
	if x.op.field.kind == tagField {
		return memberOf(body.Get("tags"), x.op.field.name)
	}
	return lead(body, x.path.plain())
}

// inItems tells whether the edit writes into each item of an array.
func (x *edit) inItems() bool { return len(x.path.plain())+1 < len(x.path) }

// held tells whether an add or append finds a value in place, which it leaves;
// to arrays, members are added.
func (x *edit) held(body arm.Value) bool {
	return x.adds() && x.before(body).Kind() > arm.Null && !slices.ContainsFunc(x.path, func(s step) bool { return s.name == "" })
}

// conflict tells whether an add or append finds another value in place.
func (x *edit) conflict(body arm.Value) bool {
	if !x.held(body) {
		return false
	}
	have := x.before(body)
	d := datumOf(x.op.Value)
	t := prepare(operator{}, have)
	return have.Kind() != x.op.Value.Kind() && !d.scalar() || !have.Equal(x.op.Value) && equals(d, &t, 0) != yes
}

// apply makes the edit.
func (x *edit) apply(body arm.Value) (arm.Value, Change) {
	c := Change{Assigned: x.by, Field: x.op.field.name, Path: x.path.String(), Before: x.before(body), After: x.op.Value}
	if x.op.field.kind == tagField {
		c.Field = "tags['" + x.op.field.name + "']"
	}
	if strings.EqualFold(x.op.Verb, "remove") {
		c.After = arm.Value{}
	}
	return x.write(body, x.path), c
}

// plain is the path up to its first [*].
func (p path) plain() path {
	if i := slices.IndexFunc(p, step.all); i >= 0 {
		return p[:i]
	}
	return p
}

// write gives a value with the edit made below it.
func (x *edit) write(v arm.Value, p path) arm.Value {
	if len(p) == 0 {
		return x.op.Value
	}
	s, remove := p[0], strings.EqualFold(x.op.Verb, "remove")
	if s.name == "" {
		return x.writeItems(v, p)
	}
	if remove && !memberOf(v, s.name).Exists() {
		return v
	}
	o, found := arm.O{}, false
	for name, member := range v.Members() {
		if sameName(name, s.name) {
			if found = true; remove && len(p) == 1 {
				continue
			}
			member = x.write(member, p[1:])
		}
		o = append(o, name, member)
	}
	if !found {
		if member := x.write(arm.Value{}, p[1:]); member.Exists() {
			o = append(o, s.name, member)
		}
	}
	return arm.New(o)
}

// writeItems writes into an array: a last [*] adds a member, or with
// addOrReplace puts it in the place of all; one further in writes into each.
func (x *edit) writeItems(v arm.Value, p path) arm.Value {
	list := arm.A{}
	if len(p) > 1 {
		if v.Kind() != arm.Array {
			return v
		}
		for item := range v.Items() {
			list = append(list, x.write(item, p[1:]))
		}
		return arm.New(list)
	}
	if !strings.EqualFold(x.op.Verb, "addOrReplace") {
		for item := range v.Items() {
			list = append(list, item)
		}
	}
	return arm.New(append(list, x.op.Value))
}

// Write gives a resource with another value of a field, named as policies name
// it; false where the field has no place in the resource that a value could be
// put to.
func (o *Options) Write(r arm.Resource, field string, v arm.Value) (arm.Resource, bool) {
	m := newMachine(o, nil)
	defer m.release()
	m.enter(r, &Facts{})
	f := o.field(field, nil)
	x := edit{op: Operation{Verb: "addOrReplace", Value: v, field: f}}
	switch f.kind {
	case locationField:
		x.path = path{{name: "location"}}
	case tagField:
		x.path = path{{name: "tags"}, {name: f.name}}
	default:
		for i := range f.ways {
			if w := &f.ways[i]; w.typ == "" || w.typ == m.subject.typ {
				x.path = w.route(m.subject.version).full
			}
		}
	}
	if len(x.path) == 0 || x.path[len(x.path)-1].name == "" || unknownOn(r.Body, x.path) {
		return r, false
	}
	r.Body = x.write(r.Body, x.path)
	return r, true
}
