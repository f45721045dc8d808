package policy

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"airfield/arm"
	"airfield/expr"
)

// node is a condition bound to parameters: what can be computed without a
// resource is.
type node struct {
	kind  conditionKind
	op    operator
	fixed bool  // the condition does not depend on the resource:
	truth truth // this is what it gives
	sub   []node
	field *field // of field and count.field; nil where the name is computed
	left  bound  // the field's name, the value, or what is counted
	count *boundCount
	right bound
	frail bool    // it, or a condition below it, can fail
	aim   *target // right, prepared, where it is fixed
	src   *condition
}

type boundCount struct {
	field bool
	name  string
	where *node
}

// bound is an operand with the parameters filled in.
type bound struct {
	value arm.Value
	err   error
	later *operand          // what is evaluated for each request
	named map[string]*field // the fields that its expressions name
	quick *quick            // how to evaluate it without an expression, if there is a way
}

// machine evaluates one rule after the other on one resource after the other.
type machine struct {
	o     *Options
	rule  *Rule
	facts *Facts
	// origin is the resource that is judged. subject is what conditions read:
	// the origin too, or a related resource.
	origin, related subject
	subject         *subject
	scopes          []scope
	steps           int // what may still be done, in visits of values
	err             error
	reason          Reason
	named           map[string]*field
	env             expr.Env
	budget          expr.Budget
	tracer          *tracer
	interned        map[string]string
	contexts        map[string]arm.Value // what requestContext() gives, by API version
	now             arm.Value            // what utcNow() gives, once it was asked for
	sketch          *sketch              // where not nil: all that is known of the subject
	onlyType        bool                 // of the subject nothing but the type is known
	twins           []found              // of the candidates so far
	ifHolds         bool                 // of a rule with an existence effect
	attestations    map[string][]attestation
	tagless         bool // the expression asked a group or subscription for a tag it does not have
}

// scope is one iteration of a count.
type scope struct {
	field *field // nil for a count of values
	name  string
	value arm.Value
	times int // iterations of this and all counts of values around
}

// Reason says what keeps a verdict from being known.
type Reason struct {
	Property string // of the resource, or the alias, that would decide
	Message  string
}

const maxSteps = 5_000_000 // visits of values by one rule on one resource

var errSteps = errors.New("rule needs more than 5 million steps on this resource")

func (m *machine) eval(n *node) truth {
	var t truth
	switch {
	case n.fixed:
		t = m.fixed(n)
	case n.kind == allOf:
		t = m.junction(n, no)
	case n.kind == anyOf:
		t = m.junction(n, yes)
	case n.kind == notOf:
		t = m.eval(&n.sub[0]).not()
	case n.kind == fieldOf:
		t = m.fieldCondition(n)
	case n.kind == valueOf:
		t = m.valueCondition(n)
	case n.kind == sourceOf:
		t = m.unknown("source", "Azure Policy no longer evaluates it")
	default:
		t = m.countCondition(n)
	}
	if m.tracer != nil {
		m.tracer.result(n, t)
	}
	return t
}

func (m *machine) fixed(n *node) truth {
	if n.truth == failed {
		return m.fail(n.right.err)
	}
	if m.tracer != nil && n.kind == valueOf {
		m.tracer.saw(n, datumOf(n.left.value), n.aim)
	}
	return n.truth
}

// junction looks for the condition that decides: one that is no for allOf, yes
// for anyOf. Those behind it are not evaluated, so that a guard protects them.
// Where one in front of it is not known, and can fail, the failure may come
// first.
func (m *machine) junction(n *node, decides truth) truth {
	result, frail := decides.not(), false
	for i := range n.sub {
		switch t := m.eval(&n.sub[i]); {
		case t == decides && frail:
			return maybe
		case t == decides:
			return t
		case t == failed && result != maybe:
			return failed
		case t >= maybe:
			result = maybe // a failure behind it may be one that is never reached
			frail = frail || n.sub[i].frail
		}
	}
	return result
}

func (m *machine) fail(err error) truth {
	if m.err == nil {
		m.err = err
	}
	return failed
}

func (m *machine) unknown(property, message string) truth {
	if m.reason == (Reason{}) {
		m.reason = Reason{property, message}
	}
	return maybe
}

// aim gives the right side of an operator; a failure to compute it fails the
// condition.
func (m *machine) aim(n *node) (*target, truth) {
	if n.right.err != nil {
		return nil, m.fail(n.right.err)
	}
	if n.right.later == nil {
		return n.aim, yes
	}
	v, err := m.evaluate(&n.right)
	if err != nil {
		return nil, m.fail(err)
	}
	if k := v.Kind(); k <= arm.Null && m.tagless {
		v = emptyText // the built-in policies that inherit tags compare with it
	} else if k <= arm.Null {
		return nil, m.fail(fmt.Errorf("%s: %s is null", n.op.name, n.right.later))
	}
	t := prepare(n.op, v)
	if n.field != nil {
		t.suit(n.field)
	}
	return &t, yes
}

// evaluate gives the value of an operand on the resource.
func (m *machine) evaluate(b *bound) (arm.Value, error) {
	if b.later == nil || b.err != nil {
		return b.value, b.err
	}
	around := m.named
	m.named, m.tagless = b.named, false
	v, err := m.compute(b.later)
	m.named = around
	return v, err
}

func (m *machine) compute(o *operand) (arm.Value, error) {
	switch {
	case o.expr != nil:
		return o.expr.Eval(m.env)
	case o.items == nil:
		return o.value, nil
	}
	var list arm.A
	var object arm.O
	for i := range o.items {
		v, err := m.compute(&o.items[i])
		if err != nil {
			return v, err
		}
		if o.keys != nil {
			object = append(object, o.keys[i], v)
		}
		list = append(list, v)
	}
	if o.keys != nil {
		return arm.New(object), nil
	}
	return arm.New(list), nil
}

// check tests one value.
func (m *machine) check(n *node, t *target, d datum) truth {
	if m.steps--; m.steps < 0 {
		return m.fail(errSteps)
	}
	r := n.op.test(d, t, m.o.Switched)
	switch {
	case r == maybe && m.reason == (Reason{}):
		m.unknown(n.property(), m.whyUnknown(&d, t))
	case r == failed:
		m.fail(fmt.Errorf("%s cannot compare %s with %s", n.op.name, describe(d.value()), describe(t.value())))
	}
	if m.tracer != nil {
		m.tracer.saw(n, d, t)
	}
	return r
}

// whyUnknown tells what a comparison waits for.
func (m *machine) whyUnknown(d *datum, t *target) string {
	for _, v := range []arm.Value{d.v, t.v} {
		ref, ok := v.Ref()
		switch {
		case !ok:
		case ref.Parameter != "":
			return fmt.Sprintf("parameter %q has no value", ref.Parameter)
		case ref.ID == m.origin.id && strings.HasPrefix(ref.Path, "requestContext"):
			return "who makes the request was not said"
		case ref.ID == m.origin.id && strings.HasPrefix(ref.Path, mayModify):
			return "it is not known whether Azure lets a policy modify it"
		case ref.ID == m.origin.id && ref.Path == "apiVersion":
			return "the API version of the request was not said"
		case ref.ID != "" && ref.ID.Equal(m.origin.id):
			return "the request writes it"
		case ref.ID != "" && (ref.ID.Equal(m.origin.id.ResourceGroupID()) || ref.ID.Equal(m.origin.id.SubscriptionID())):
			return fmt.Sprintf("%s is not in the tenant", ref.ID)
		}
	}
	return "known only after deployment"
}

// property names what the condition looks at.
func (n *node) property() string {
	if n.field != nil {
		return n.field.name
	}
	if n.src.kind == countOf {
		return n.src.count.over.String()
	}
	return n.src.left.String()
}

func (m *machine) valueCondition(n *node) truth {
	d, err := m.left(n)
	if err != nil {
		return m.fail(err)
	}
	t, ok := m.aim(n)
	if ok != yes {
		return ok
	}
	return m.check(n, t, d)
}

// left gives the left side of a value condition.
func (m *machine) left(n *node) (datum, error) {
	if q := n.left.quick; q != nil {
		if d, ok := q.datum(m); ok {
			return d, nil
		}
	}
	v, err := m.evaluate(&n.left)
	return datumOf(v), err
}

func (m *machine) fieldCondition(n *node) truth {
	f := n.field
	if f == nil {
		v, err := m.evaluate(&n.left)
		if err != nil {
			return m.fail(err)
		}
		if v.Kind() != arm.String {
			return m.fail(fmt.Errorf("field is %s, wanted a name", describe(v)))
		}
		f = m.o.field(v.Str(), m.around())
	}
	t, ok := m.aim(n)
	if ok != yes {
		return ok
	}
	if m.sketch != nil {
		return m.sketched(n, t, f)
	}
	if d, direct := m.subject.direct(f); direct {
		return m.check(n, t, d)
	}
	r, state := m.route(f)
	switch {
	case state == maybe:
		return maybe
	case state == no && f.all:
		return m.emptyArray(n, t, false)
	case state == no:
		return m.check(n, t, datum{})
	}
	if r.part != "" {
		return m.check(n, t, partOfID(datumOf(lead(m.start(r), r.path)), r.part))
	}
	return m.follow(n, t, m.start(r), r.path)
}

// route gives where a field lies in the subject: no where it is an alias of
// another type, maybe where the tables do not have it.
func (m *machine) route(f *field) (*route, truth) {
	for i := range f.ways {
		if w := &f.ways[i]; w.typ == "" || w.typ == m.subject.typ {
			return w.route(m.subject.version), yes
		}
	}
	if f.kind == unknownField {
		cut := max(0, strings.LastIndexByte(f.fold, '/'))
		if own := f.fold[:cut]; own == m.subject.typ || !strings.Contains(own, "/") && strings.HasPrefix(m.subject.typ, own) {
			return nil, m.unknown(f.name, "not in the table of aliases")
		}
	}
	return nil, no
}

func (m *machine) start(r *route) arm.Value {
	switch {
	case r.from == properties:
		return m.subject.properties
	case r.from == root || r.from >= len(m.scopes):
		return m.subject.body
	}
	return m.scopes[r.from].value
}

// follow tests every value that a path selects.
func (m *machine) follow(n *node, t *target, v arm.Value, p path) truth {
	for i := range p {
		s := &p[i]
		switch {
		case v.Kind() == arm.Unknown:
			return m.check(n, t, datumOf(v))
		case s.name != "":
			v = v.Get(s.name)
		case s.index != every:
			v = v.At(s.index)
		case v.Kind() != arm.Array:
			return m.emptyArray(n, t, false)
		default:
			return m.followItems(n, t, v, p[i+1:])
		}
	}
	return m.check(n, t, datumOf(v))
}

func (m *machine) followItems(n *node, t *target, array arm.Value, p path) truth {
	result, items := yes, 0
	for item := range array.Items() {
		items++
		switch r := m.follow(n, t, item, p); {
		case r == no:
			return no
		case r == failed && result == yes:
			return failed
		case r >= maybe:
			result = maybe
		}
	}
	if items == 0 {
		return m.emptyArray(n, t, true)
	}
	return result
}

// emptyArray is a condition on every item of an array that has none, or is not
// there: all of none are as wanted.
func (m *machine) emptyArray(n *node, t *target, there bool) truth {
	switch {
	case !there && m.o.on(MissingArrayFails):
		return no
	case there && n.op.kind == opExists && !t.want && m.o.on(EmptyArrayExists):
		return no
	}
	return yes
}

func (m *machine) around() []*field {
	fields := make([]*field, len(m.scopes))
	for i := range m.scopes {
		fields[i] = m.scopes[i].field
	}
	return fields
}

func (m *machine) countCondition(n *node) truth {
	t, ok := m.aim(n)
	if ok != yes {
		return ok
	}
	c := counter{m: m, n: n}
	var state truth
	if n.count.field {
		state = c.fields()
	} else {
		state = c.values()
	}
	if state != yes {
		return state
	}
	return c.compare(t)
}

// counter counts: sure items and, beyond them, ones that may count.
type counter struct {
	m         *machine
	n         *node
	sure, may int
	open      bool // any number of others may count too
}

func (c *counter) values() truth {
	v, err := c.m.evaluate(&c.n.left)
	switch {
	case err != nil:
		return c.m.fail(err)
	case v.Kind() == arm.Unknown:
		return c.m.unknown(c.n.property(), "known only after deployment")
	case v.Kind() == arm.Null, v.Kind() == arm.Missing:
		return yes
	case v.Kind() != arm.Array:
		return c.m.fail(fmt.Errorf("count.value is %s, wanted an array", describe(v)))
	}
	return c.items(v, scope{name: c.n.count.name, times: v.Len() * c.m.times()})
}

// times gives how often the counts of values around iterate.
func (m *machine) times() int {
	for i := len(m.scopes) - 1; i >= 0; i-- {
		if m.scopes[i].field == nil {
			return m.scopes[i].times
		}
	}
	return 1
}

func (c *counter) fields() truth {
	m, f := c.m, c.n.field
	if f == nil {
		v, err := m.evaluate(&c.n.left)
		if err != nil {
			return m.fail(err)
		}
		f = m.o.field(v.Str(), m.around())
	}
	if !f.all {
		return m.fail(fmt.Errorf("count.field %q has no [*]", f.name))
	}
	r, state := m.route(f)
	switch {
	case state == maybe:
		return maybe
	case state == no:
		return yes
	case m.sketch != nil:
		return c.sketched(f)
	}
	return c.follow(m.start(r), r.path, f)
}

func (c *counter) follow(v arm.Value, p path, f *field) truth {
	for i := range p {
		s := &p[i]
		switch {
		case v.Kind() == arm.Unknown:
			return c.m.unknown(f.name, "known only after deployment")
		case s.name != "":
			v = v.Get(s.name)
		case s.index != every:
			v = v.At(s.index)
		case v.Kind() != arm.Array:
			return yes
		default:
			return c.array(v, p[i+1:], f)
		}
	}
	if !v.Exists() {
		return yes
	}
	return c.item(scope{field: f, value: v})
}

func (c *counter) array(v arm.Value, p path, f *field) truth {
	for item := range v.Items() {
		if t := c.follow(item, p, f); t != yes {
			return t
		}
	}
	return yes
}

func (c *counter) items(v arm.Value, s scope) truth {
	if s.times > maxIterations {
		return c.m.fail(fmt.Errorf("count iterates %d times, a policy may %d times", s.times, maxIterations))
	}
	for item := range v.Items() {
		s.value = item
		if t := c.item(s); t != yes {
			return t
		}
	}
	return yes
}

// item counts one item.
func (c *counter) item(s scope) truth {
	m := c.m
	if m.steps--; m.steps < 0 {
		return m.fail(errSteps)
	}
	if c.n.count.where == nil {
		c.sure++
		return yes
	}
	m.scopes = append(m.scopes, s)
	t := m.eval(c.n.count.where)
	m.scopes = m.scopes[:len(m.scopes)-1]
	if m.tracer != nil {
		m.tracer.counted(c.n, s.value, t)
	}
	switch t {
	case yes:
		c.sure++
	case maybe:
		c.may++
	case failed:
		return failed
	}
	return yes
}

// compare tests the count. Where some items may count or not, all counts that
// are possible must agree.
func (c *counter) compare(t *target) truth {
	switch {
	case c.open:
		return c.compareOpen(t)
	case c.may > maxIterations:
		return maybe
	case c.may == 0:
		return c.m.check(c.n, t, numberDatum(c.sure))
	}
	result := c.n.op.test(numberDatum(c.sure), t, c.m.o.Switched)
	for n := c.sure + 1; n <= c.sure+c.may; n++ {
		if c.n.op.test(numberDatum(n), t, c.m.o.Switched) != result {
			return c.m.unknown(c.n.property(), "known only after deployment")
		}
	}
	return result
}

func numberDatum(n int) datum { return datum{kind: arm.Number, text: strconv.Itoa(n)} }
