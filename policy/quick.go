package policy

import (
	"strings"

	"airfield/arm"
)

// quick evaluates the few expressions that shipped policies use most without
// making values: the request's API version, a field, an iteration's value, and
// how many values a field selects.
type quick struct {
	version bool   // requestContext().apiVersion
	current string // the name of a count of values
	field   *field // nil: the count's
	count   bool   // length(field(…))
}

// quickOf recognizes an expression by its canonical form.
func quickOf(o *operand, named map[string]*field) *quick {
	if o.expr == nil {
		return nil
	}
	text := o.expr.String()
	inner := strings.TrimSuffix(strings.TrimPrefix(text, "["), "]")
	if arm.EqualFold(inner, "requestContext().apiVersion") {
		return &quick{version: true}
	}
	if name, ok := literalCall(inner, "current"); ok && !strings.ContainsAny(name, "/[") {
		return &quick{current: name}
	}
	if name, ok := literalCall(inner, "field"); ok && named[name] != nil && !named[name].all && named[name].kind != locationField {
		return &quick{field: named[name]}
	}
	if len(inner) > len("length()") && arm.EqualFold(inner[:len("length(")], "length(") {
		if name, ok := literalCall(inner[len("length("):len(inner)-1], "field"); ok && named[name] != nil && named[name].kind == aliasField {
			return &quick{field: named[name], count: true}
		}
	}
	return nil
}

// literalCall gives the argument of a call of a function with one literal.
func literalCall(text, function string) (string, bool) {
	head := function + "('"
	if len(text) < len(head)+2 || !arm.EqualFold(text[:len(head)], head) || !strings.HasSuffix(text, "')") {
		return "", false
	}
	name := text[len(head) : len(text)-2]
	return name, !strings.Contains(name, "'")
}

// datum gives the value; ok is false where only the expression can.
func (q *quick) datum(m *machine) (d datum, ok bool) {
	switch {
	case m.sketch != nil:
		return d, false
	case q.version:
		return textDatum(m.origin.scanned()), !m.facts.Context.Exists()
	case q.field == nil:
		return q.iteration(m)
	}
	around := m.subject
	m.subject = &m.origin
	defer func() { m.subject = around }()
	if d, direct := m.subject.direct(q.field); direct {
		return q.found(d, m)
	}
	r, state := m.route(q.field)
	switch {
	case state != yes, r.part != "":
		return d, false
	case !q.count:
		return q.found(datumOf(lead(m.start(r), r.path)), m)
	case !q.field.all:
		v := lead(m.start(r), r.path)
		return numberDatum(v.Len()), v.Kind() == arm.Array
	}
	n, known := selected(m.start(r), r.path)
	return numberDatum(n), known
}

func (q *quick) found(d datum, m *machine) (datum, bool) {
	if d.null() {
		return textDatum(""), !m.o.on(MissingFieldIsNull)
	}
	return d, !q.count
}

func (q *quick) iteration(m *machine) (d datum, ok bool) {
	for i := len(m.scopes) - 1; i >= 0; i-- {
		if s := &m.scopes[i]; s.field == nil && strings.EqualFold(s.name, q.current) {
			return datumOf(s.value), true
		}
	}
	return d, false
}

// selected gives how many values a path selects; known is false where one on
// the way is unknown.
func selected(v arm.Value, p path) (n int, known bool) {
	for i, s := range p {
		switch {
		case v.Kind() == arm.Unknown:
			return 0, false
		case s.name != "":
			v = v.Get(s.name)
		case s.index != every:
			v = v.At(s.index)
		default:
			for item := range v.Items() {
				below, known := selected(item, p[i+1:])
				if !known {
					return 0, false
				}
				n += below
			}
			return n, v.Kind() != arm.Unknown
		}
	}
	if v.Exists() {
		n = 1
	}
	return n, true
}
