package policy

import (
	"fmt"
	"slices"
	"strings"

	"airfield/arm"
	"airfield/diag"
)

// tracer notes what an evaluation saw: of a condition that is evaluated several
// times, inside a count, the last time it held, or else the last.
type tracer struct {
	events map[*condition]*event
	now    map[*condition]*event // of evaluations that have not ended
}

type event struct {
	truth truth
	saw   []datum
	aim   target
	items []datum // that a count counted
	rest  []datum // and those that it did not
	ever  [4]bool // which truths it ever had
}

func newTracer() *tracer {
	return &tracer{events: map[*condition]*event{}, now: map[*condition]*event{}}
}

const maxSaw = 8 // values of one condition that are kept

func (t *tracer) event(n *node) *event {
	e := t.now[n.src]
	if e == nil {
		e = &event{}
		t.now[n.src] = e
	}
	return e
}

func (t *tracer) counted(n *node, v arm.Value, r truth) {
	e := t.event(n)
	into := &e.rest
	if r == yes {
		into = &e.items
	}
	if len(*into) < maxSaw {
		*into = append(*into, datumOf(v))
	}
}

func (t *tracer) saw(n *node, d datum, aim *target) {
	e := t.event(n)
	if e.aim = *aim; len(e.saw) < maxSaw {
		e.saw = append(e.saw, d)
	}
}

func (t *tracer) result(n *node, r truth) {
	e := t.now[n.src]
	delete(t.now, n.src)
	if e == nil {
		e = &event{}
	}
	e.truth = r
	before := t.events[n.src]
	if before != nil {
		ever := before.ever
		if before.truth == yes && r != yes {
			e = before
		}
		e.ever = ever
	}
	e.ever[r] = true
	t.events[n.src] = e
}

// Explanation is why a rule's effect is called for, or not.
type Explanation struct {
	Assigned   *Assigned // nil for a rule by itself
	Rule       *Rule
	Truth      string // "true", "false", "unknown" or "failed"
	Reason     Reason
	Err        error
	Conditions []Because
}

// Because is one condition that decided, with what it saw.
type Because struct {
	Depth    int      `json:"depth,omitempty"`
	Text     string   `json:"text"`              // what holds, as a sentence: location is none of "westeurope", "northeurope"
	Saw      string   `json:"saw,omitempty"`     // the value that was seen, where Text does not say it: "eastus"
	Open     string   `json:"open,omitempty"`    // "unknown" or "failed" where it is not known that Text holds
	Policy   diag.Pos `json:"policy,omitzero"`   // of the condition
	Resource diag.Pos `json:"resource,omitzero"` // of the value that was seen

	Field     string `json:"field,omitempty"`     // that the condition looks at, as the policy names it
	Parameter string `json:"parameter,omitempty"` // of the assignment, whose value the field is compared with

	op    operator
	aim   *target
	seen  []datum
	holds bool
}

// Seen gives the values that the condition saw, at most 8 of a count's.
func (b *Because) Seen() []arm.Value {
	all := make([]arm.Value, len(b.seen))
	for i := range b.seen {
		all[i] = b.seen[i].value()
	}
	return all
}

// Instead gives the values of the field with which the condition would come out
// the other way, as far as it has any.
func (b *Because) Instead() []arm.Value {
	if b.aim == nil {
		return nil
	}
	switch other := b.holds == b.op.not; {
	case b.op.kind == opIn && other:
		return b.listed(nil)
	case b.op.kind == opEquals && other:
		return []arm.Value{b.aim.value()}
	case b.op.kind == opEquals:
		if v, ok := opposites[b.aim.fold]; ok {
			return []arm.Value{arm.New(v)}
		}
	}
	return nil
}

// opposites are the values of properties that have just two.
var opposites = map[string]any{"true": false, "false": true, "enabled": "Disabled", "disabled": "Enabled", "allow": "Deny", "deny": "Allow"}

// With gives the value of the parameter with which the condition would come out
// the other way for some values of the field; false where none is known.
func (b *Because) With(values []string) (arm.Value, bool) {
	switch {
	case b.aim == nil || b.Parameter == "" || len(values) == 0:
		return arm.Value{}, false
	case b.op.kind == opIn && b.holds == b.op.not:
		all := b.listed(nil)
		for _, v := range values {
			all = append(all, arm.New(v))
		}
		return array(all), true
	case b.op.kind == opIn:
		return array(b.listed(values)), true
	case b.op.kind == opEquals && b.holds == b.op.not && len(values) == 1:
		return arm.New(values[0]), true
	}
	return arm.Value{}, false
}

// Against gives the value that the condition compares with: that of the
// parameter, where it is one.
func (b *Because) Against() arm.Value {
	if b.aim == nil {
		return arm.Value{}
	}
	return b.aim.value()
}

// listed gives the values of the condition's list, but for some.
func (b *Because) listed(but []string) []arm.Value {
	var all []arm.Value
	for i := range b.aim.list {
		if !slices.ContainsFunc(but, func(s string) bool { return fold(s) == b.aim.list[i].fold }) {
			all = append(all, b.aim.list[i].value())
		}
	}
	return all
}

// Explain evaluates a rule again and tells which conditions decided.
func (r *Rule) Explain(res arm.Resource, f *Facts) Explanation {
	m := newMachine(r.o, r)
	defer m.release()
	m.tracer = newTracer()
	m.enter(res, f)
	return m.explain(r, m.ruleTruth(r), nil)
}

// Explain evaluates one of the rules in force again on a request as it was when
// the rule saw it, and tells which conditions decided.
func (e *Engine) Explain(v Verdict, q Request, related Related, a *Assigned) Explanation {
	if a.Rule == nil {
		return Explanation{Assigned: a, Truth: maybe.String(), Reason: Reason{Message: a.Why}}
	}
	m := e.machine()
	defer m.release()
	m.tracer = newTracer()
	place := e.placer(related)
	place.at(q.Resource.ID)
	place.facts.Context = q.context()
	if q.Verb != Delete {
		place.sent = q.Resource
	}
	m.enter(q.Resource, &place.facts)
	r, _ := a.ruleFor(m.subject)
	if !r.Effect.changes() {
		m.enter(arm.Resource{ID: v.Resource.ID, Pos: v.Resource.Pos, Body: v.doubtful}, &place.facts)
	}
	t := maybe
	if r.Provider() {
		t = m.provider(r)
	} else {
		t = m.ruleTruth(r)
	}
	x := m.explain(r, t, a)
	if a.Why != "" {
		x.Truth, x.Reason = maybe.String(), Reason{Message: a.Why}
	}
	return x
}

func (m *machine) explain(r *Rule, t truth, a *Assigned) Explanation {
	x := Explanation{Assigned: a, Rule: r, Truth: t.String(), Reason: m.reason, Err: m.err}
	w := writer{m: m, r: r, assigned: a}
	w.write(&r.Definition.condition, 0)
	if r.related != nil && r.Effect.existence() && r.Definition.details.existence != nil && m.ifHolds {
		w.existence(r)
	}
	x.Conditions = w.out
	return x
}

// writer writes the conditions that decided.
type writer struct {
	m        *machine
	r        *Rule
	assigned *Assigned // nil for a rule by itself
	out      []Because
}

func (w *writer) write(c *condition, depth int) {
	e := w.m.tracer.events[c]
	if e == nil {
		return
	}
	switch c.kind {
	case allOf, anyOf:
		w.junction(c, e, depth)
	case notOf:
		w.write(&c.sub[0], depth)
	default:
		w.leaf(c, e, depth)
		if c.count != nil && c.count.where != nil && e.truth != failed {
			w.write(c.count.where, depth+1)
		}
	}
}

// junction writes those below that decided: all, where all were needed.
func (w *writer) junction(c *condition, e *event, depth int) {
	all := c.kind == allOf && e.truth == yes || c.kind == anyOf && e.truth == no
	for i := range c.sub {
		below := w.m.tracer.events[&c.sub[i]]
		if below != nil && (all || below.truth == e.truth) {
			w.write(&c.sub[i], depth)
		}
	}
}

func (w *writer) leaf(c *condition, e *event, depth int) {
	b := Because{Depth: depth, Policy: w.r.o.place(w.r.resource, c.src)}
	holds := e.truth != no
	if e.truth >= maybe {
		b.Open = e.truth.String()
	}
	seen := e.saw
	if !holds && len(seen) > 1 {
		seen = seen[len(seen)-1:] // the one that decided
	}
	b.Text = w.sentence(c, e, holds)
	b.Resource = w.m.origin.place(w.r.o, seen)
	if !said(c, e, holds) {
		b.Saw = list(seen)
	}
	if len(e.items) > 0 {
		b.Saw += ", " + list(e.items)
	}
	if len(e.rest) > 0 {
		b.Saw += ", without " + list(e.rest)
	}
	if c.kind == fieldOf {
		b.Field = w.fieldName(c)
		b.Parameter = w.parameter(c)
		b.op, b.aim, b.seen, b.holds = c.op, &e.aim, seen, holds
	}
	w.out = append(w.out, b)
}

func array(all []arm.Value) arm.Value {
	a := arm.A{}
	for _, v := range all {
		a = append(a, v)
	}
	return arm.New(a)
}

// parameter names the assignment's parameter that a condition compares with.
func (w *writer) parameter(c *condition) string {
	name, ok := parameterNamed(c.right.String())
	if !ok || w.assigned == nil {
		return ""
	}
	return w.assigned.parameter(name)
}

func list(all []datum) string {
	var texts []string
	for i := range all {
		texts = append(texts, all[i].String())
	}
	return strings.Join(texts, ", ")
}

// said tells whether the sentence says what the value is.
func said(c *condition, e *event, holds bool) bool {
	is := c.op.kind == opEquals && holds != c.op.not && len(e.saw) == 1 && e.saw[0].kind == e.aim.kind
	missing := c.op.kind == opExists && (e.aim.want != holds)
	return is || missing
}

// place gives the place of the first value that stands in the resource.
func (s *subject) place(o *Options, seen []datum) diag.Pos {
	for _, d := range seen {
		if o.Place != nil && d.v.Within(s.body) {
			return o.Place(arm.Resource{ID: s.id, Body: s.body}, d.v)
		}
	}
	return diag.Pos{}
}

func (w *writer) existence(r *Rule) {
	w.write(r.Definition.details.existence, 1)
}

// String gives the value as JSON, shortened.
func (d *datum) String() string {
	switch d.kind {
	case arm.Missing:
		return "nothing"
	case arm.Null:
		return "null"
	case arm.Unknown:
		return "what is known only after deployment"
	}
	if d.kind >= arm.Array {
		return short(strings.Join(strings.Fields(d.value().Text()), " "))
	}
	return short(d.value().Text())
}

// words are the operators as a sentence has them, and their opposites.
var words = map[operatorKind][2]string{
	opEquals:      {"is", "is not"},
	opIn:          {"is one of", "is none of"},
	opContains:    {"contains", "does not contain"},
	opContainsKey: {"has the key", "does not have the key"},
	opLike:        {"is like", "is not like"},
	opMatch:       {"matches", "does not match"},
}

func (o operator) words(holds bool) string {
	if w, ok := words[o.kind]; ok {
		if holds == o.not {
			return w[1]
		}
		return w[0]
	}
	if !holds { // the opposite of an order
		o.less, o.equal = o.more, !o.equal
	}
	switch {
	case o.less && o.equal:
		return "is at most"
	case o.less:
		return "is less than"
	case o.equal:
		return "is at least"
	}
	return "is more than"
}

// Sentence writes a condition as explanations do: what it looks at, an operator
// as policies spell it, what that compares with, and whether it holds. It is
// false where there is no such operator.
func Sentence(what, operator string, with arm.Value, holds bool) (string, bool) {
	op, ok := operators[strings.ToLower(operator)]
	aim := prepare(op, with)
	return op.sentence(what, &aim, aim.words(op), holds), ok
}

func (o operator) sentence(what string, aim *target, words string, holds bool) string {
	if o.kind == opExists {
		if aim.want == holds {
			return what + " is there"
		}
		return what + " is not there"
	}
	return fmt.Sprintf("%s %s %s", what, o.words(holds), words)
}

// sentence writes what holds of a condition, with its parameters filled in.
func (w *writer) sentence(c *condition, e *event, holds bool) string {
	words := c.right.String()
	if len(e.saw) > 0 {
		words = e.aim.words(c.op)
	}
	return c.op.sentence(w.what(c, holds), &e.aim, words, holds)
}

// what names what a condition looks at.
func (w *writer) what(c *condition, holds bool) string {
	switch c.kind {
	case fieldOf:
		name := w.property(w.fieldName(c))
		if strings.Contains(name, "[*]") {
			if holds {
				return "every " + name
			}
			return "some " + name
		}
		return name
	case countOf:
		what := "the number of " + expressionWords(w.property(c.count.over.String()))
		if c.count.where != nil {
			what += ", for which what follows holds,"
		}
		return what
	}
	return expressionWords(c.left.String())
}

// property writes an alias without the type that the resource has.
func (w *writer) property(name string) string {
	if typ := w.m.origin.text; len(name) > len(typ)+1 && strings.EqualFold(name[:len(typ)], typ) && name[len(typ)] == '/' {
		return name[len(typ)+1:]
	}
	return name
}

// expressionWords names a few expressions that occur often.
func expressionWords(text string) string {
	if arm.EqualFold(text, "[requestContext().apiVersion]") {
		return "the request's API version"
	}
	if name, ok := parameterNamed(text); ok {
		return "parameter " + name
	}
	return short(text)
}

// parameterNamed gives the name of the parameter that an expression is, where
// it is nothing else.
func parameterNamed(text string) (string, bool) {
	name, begins := strings.CutPrefix(text, "[parameters('")
	name, ends := strings.CutSuffix(name, "')]")
	return name, begins && ends && !strings.ContainsAny(name, "'()")
}

func (w *writer) fieldName(c *condition) string {
	if c.left.expr == nil {
		return c.left.String()
	}
	w.m.prepare()
	v, err := w.m.compute(&c.left)
	if err != nil {
		return c.left.String()
	}
	return v.Str()
}

const manyItems = 12

// words writes what an operator compares with.
func (t *target) words(op operator) string {
	if op.kind != opIn {
		return t.datum.String()
	}
	var items []string
	for i := range t.list {
		if i == manyItems {
			items = append(items, fmt.Sprintf("and %d more", len(t.list)-i))
			break
		}
		items = append(items, t.list[i].datum.String())
	}
	if len(items) == 0 {
		return "an empty list"
	}
	return strings.Join(items, ", ")
}
