package policy

import (
	"fmt"
	"strings"

	"airfield/arm"
	"airfield/diag"
)

// A condition as it is written:
//
//	condition = { "allOf": [condition…] } | { "anyOf": [condition…] } | { "not": condition }
//	          | { accessor, operator }
//	accessor  = "field": text | "value": any | "count": { "field": text | "value": any, "name": text, "where": condition }
//	operator  = one of operators: any
//
// learn.microsoft.com/azure/governance/policy/concepts/definition-structure-policy-rule
type condition struct {
	kind  conditionKind
	sub   []condition // of allOf and anyOf; the one of not
	left  operand     // the field's name, or the value
	count *count
	op    operator
	right operand
	src   arm.Value // the whole condition
}

type conditionKind uint8

const (
	allOf conditionKind = iota
	anyOf
	notOf
	fieldOf
	valueOf
	countOf
	sourceOf // "source": "action", of old; Azure does not evaluate it any more
)

var conditionNames = [...]string{"allOf", "anyOf", "not", "field", "value", "count", "source"}

// count is what a count iterates over.
type count struct {
	over  operand // the alias' name, or the array
	field bool    // over is an alias
	name  string  // of the iteration of a value; "default" where none is given
	where *condition
}

// reader reads one rule, and notes what is wrong with it.
type reader struct {
	o     *Options
	r     arm.Resource
	found diag.List

	conditions, functions, valueCounts int
	fieldCounts                        map[string]int // by alias in lower case
}

func (d *reader) errorf(at arm.Value, code, format string, args ...any) {
	d.found.Errorf(d.o.place(d.r, at), code, format, args...)
}

// condition reads the condition v; ok tells whether it has the right shape.
func (d *reader) condition(v arm.Value) (c condition, ok bool) {
	c.src = v
	if v.Kind() != arm.Object {
		d.errorf(v, "policy/form", "wanted a condition, found %s", describe(v))
		return c, false
	}
	var kind, op string
	var left, right arm.Value
	for name, value := range v.Members() {
		switch _, isOperator := operators[strings.ToLower(name)]; {
		case conditionKindOf(name) >= 0:
			if kind != "" {
				d.errorf(value, "policy/form", "condition has both %q and %q, wanted one", kind, name)
				return c, false
			}
			kind, left = name, value
		case isOperator:
			if op != "" {
				d.errorf(value, "policy/form", "condition has two operators, %q and %q", op, name)
				return c, false
			}
			op, right = name, value
		default:
			d.errorf(value, "policy/form", "unknown key %q in a condition%s", name, diag.DidYouMean(name, conditionKeys()))
			return c, false
		}
	}
	return d.assemble(c, kind, left, op, right)
}

func (d *reader) assemble(c condition, kind string, left arm.Value, op string, right arm.Value) (condition, bool) {
	if kind == "" {
		d.errorf(c.src, "policy/form", "condition has none of allOf, anyOf, not, field, value and count")
		return c, false
	}
	c.kind = conditionKind(conditionKindOf(kind))
	if c.kind <= notOf {
		if op != "" {
			d.errorf(right, "policy/form", "%s takes no operator, found %q", kind, op)
			return c, false
		}
		return c, d.logical(&c, left)
	}
	if op == "" {
		d.errorf(c.src, "policy/form", "%s without an operator", kind)
		return c, false
	}
	d.conditions++
	c.op = operators[strings.ToLower(op)]
	ok := d.accessor(&c, left)
	c.right = d.operand(right)
	return c, d.checkRight(&c, op, right) && ok
}

func conditionKindOf(name string) int {
	for i, n := range conditionNames {
		if arm.EqualFold(name, n) {
			return i
		}
	}
	return -1
}

func conditionKeys() []string {
	return append(conditionNames[:len(conditionNames):len(conditionNames)], operatorNames...)
}

func (d *reader) logical(c *condition, v arm.Value) bool {
	if c.kind == notOf {
		sub, ok := d.condition(v)
		c.sub = []condition{sub}
		return ok
	}
	if v.Kind() != arm.Array {
		d.errorf(v, "policy/form", "wanted an array of conditions in %s, found %s", conditionNames[c.kind], describe(v))
		return false
	}
	good := true
	for item := range v.Items() {
		sub, ok := d.condition(item)
		good = good && ok
		c.sub = append(c.sub, sub)
	}
	return good
}

func (d *reader) accessor(c *condition, v arm.Value) bool {
	switch c.kind {
	case valueOf, sourceOf:
		c.left = d.operand(v)
		return true
	case fieldOf:
		return d.text(&c.left, v, "field")
	}
	if v.Kind() != arm.Object {
		d.errorf(v, "policy/form", "wanted an object in count, found %s", describe(v))
		return false
	}
	c.count = &count{name: "default"}
	return d.counted(c.count, v)
}

func (d *reader) counted(c *count, v arm.Value) bool {
	field, value, name := v.Get("field"), v.Get("value"), v.Get("name")
	for key, at := range v.Members() {
		switch strings.ToLower(key) {
		case "field", "value", "name", "where":
		default:
			d.errorf(at, "policy/form", "unknown key %q in count%s", key, diag.DidYouMean(key, []string{"field", "value", "name", "where"}))
			return false
		}
	}
	switch {
	case field.Exists() == value.Exists():
		d.errorf(v, "policy/form", "count needs one of field and value")
		return false
	case name.Exists() && field.Exists():
		d.errorf(name, "policy/form", "name goes with count.value, not with count.field")
		return false
	case name.Exists() && name.Kind() != arm.String:
		d.errorf(name, "policy/form", "wanted a name, found %s", describe(name))
		return false
	}
	good := true
	if c.field = field.Exists(); c.field {
		good = d.text(&c.over, field, "count.field")
		if d.fieldCounts == nil {
			d.fieldCounts = map[string]int{}
		}
		d.fieldCounts[fold(field.Str())]++
		d.limit(field, d.fieldCounts[fold(field.Str())], maxFieldCounts, "counts of one array")
	} else {
		d.valueCounts++
		c.over = d.operand(value)
	}
	if name.Exists() {
		c.name = name.Str()
	}
	if where := v.Get("where"); where.Exists() {
		sub, ok := d.condition(where)
		c.where = &sub
		good = good && ok
	}
	return good
}

// text reads an operand that must be a string.
func (d *reader) text(o *operand, v arm.Value, what string) bool {
	if v.Kind() != arm.String {
		d.errorf(v, "policy/form", "wanted a string in %s, found %s", what, describe(v))
		return false
	}
	*o = d.operand(v)
	return true
}

// checkRight checks the right side of an operator where it is a literal.
func (d *reader) checkRight(c *condition, op string, v arm.Value) bool {
	k := v.Kind()
	if c.right.parsed() || k == arm.Null {
		return true
	}
	bad := ""
	switch c.op.kind {
	case opIn:
		if k != arm.Array {
			bad = "an array"
		}
	case opExists:
		if k != arm.Bool && !arm.EqualFold(v.Str(), "true") && !arm.EqualFold(v.Str(), "false") {
			bad = "true or false"
		}
	case opEquals, opOrder, opContains:
		if k == arm.Array {
			bad = "a single value"
		}
	case opLike, opMatch, opContainsKey:
		if k != arm.String && k != arm.Number && k != arm.Bool {
			bad = "a string"
		}
	}
	if bad != "" {
		d.errorf(v, "policy/form", "%s: wanted %s, found %s", op, bad, describe(v))
	}
	return bad == ""
}

// describe names a value in a finding.
func describe(v arm.Value) string {
	switch v.Kind() {
	case arm.Missing:
		return "nothing"
	case arm.Array, arm.Object:
		return "an " + v.Kind().String()
	}
	if text := v.Text(); len(text) <= 60 {
		return text
	}
	return "a " + v.Kind().String()
}

// limit notes that there is more of something than Azure takes.
func (d *reader) limit(at arm.Value, have, most int, of string) {
	if have > most {
		d.errorf(at, "policy/limit", "%d %s: a policy may have %d", have, of, most)
	}
}

func (c *condition) walk(f func(*condition)) {
	f(c)
	for i := range c.sub {
		c.sub[i].walk(f)
	}
	if c.count != nil && c.count.where != nil {
		c.count.where.walk(f)
	}
}

// operand is a value that a rule writes: a literal, or one that holds
// expressions.
type operand struct {
	value arm.Value // as written
	expr  *expression
	items []operand // of an array or object that holds expressions
	keys  []string  // of an object
}

func (o *operand) parsed() bool { return o.expr != nil || o.items != nil }

// String gives the operand as it is written, for a person.
func (o *operand) String() string {
	if o.value.Kind() == arm.String {
		return o.value.Str()
	}
	return fmt.Sprint(o.value.Text())
}
