package policy

import (
	"fmt"
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
	ever  [4]bool // which truths it ever had
}

func newTracer() *tracer {
	return &tracer{events: map[*condition]*event{}, now: map[*condition]*event{}}
}

const maxSaw = 8 // values of one condition that are kept

func (t *tracer) saw(n *node, d datum, aim *target) {
	e := t.now[n.src]
	if e == nil {
		e = &event{}
		t.now[n.src] = e
	}
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
	Depth    int
	Text     string // as a sentence: `location is none of "westeurope", "northeurope"`
	Saw      string // `"eastus"`; "" where there is no single value
	Holds    string // "true", "false", "unknown" or "failed"
	Policy   diag.Pos
	Resource diag.Pos // of the value that was seen
}

// Explain evaluates a rule again and tells which conditions decided.
func (r *Rule) Explain(res arm.Resource, f *Facts) Explanation {
	m := newMachine(r.o, r)
	m.tracer = newTracer()
	m.enter(res, f)
	return m.explain(r, m.ruleTruth(r))
}

// Explain evaluates one of the rules in force again on a request as it was when
// the rule saw it, and tells which conditions decided.
func (e *Engine) Explain(v Verdict, q Request, related Related, a *Assigned) Explanation {
	if a.Rule == nil {
		return Explanation{Assigned: a, Truth: maybe.String(), Reason: Reason{Message: a.Why}}
	}
	m := newMachine(&e.o, nil)
	m.attestations, m.tracer = e.attestations, newTracer()
	place := e.placer(related)
	place.at(q.Resource.ID)
	place.facts.Context = q.context()
	m.enter(q.Resource, &place.facts)
	r := a.ruleFor(&m.subject)
	if !r.Effect.changes() {
		m.enter(v.Resource, &place.facts)
	}
	t := maybe
	if r.Provider() {
		t = m.provider(r)
	} else {
		t = m.ruleTruth(r)
	}
	x := m.explain(r, t)
	if x.Assigned = a; a.Why != "" {
		x.Truth, x.Reason = maybe.String(), Reason{Message: a.Why}
	}
	return x
}

func (m *machine) explain(r *Rule, t truth) Explanation {
	x := Explanation{Rule: r, Truth: t.String(), Reason: m.reason, Err: m.err}
	w := writer{m: m, r: r}
	w.write(&r.Definition.condition, 0)
	if r.related != nil && r.Effect.existence() && r.Definition.details.existence != nil && m.ifHolds {
		w.existence(r)
	}
	x.Conditions = w.out
	return x
}

// writer writes the conditions that decided.
type writer struct {
	m   *machine
	r   *Rule
	out []Because
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
	b := Because{Depth: depth, Holds: e.truth.String(), Text: w.sentence(c, e), Policy: w.r.o.place(w.r.resource, c.src)}
	b.Resource = w.m.origin.place(w.r.o, e)
	var saw []string
	for _, d := range e.saw {
		saw = append(saw, d.String())
	}
	b.Saw = strings.Join(saw, ", ")
	w.out = append(w.out, b)
}

func (s *subject) place(o *Options, e *event) diag.Pos {
	for _, d := range e.saw {
		if d.v.Exists() && o.Place != nil {
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
	return short(d.value().Text())
}

// words are the operators as a sentence has them.
var words = map[string]string{
	"equals": "is", "notEquals": "is not", "in": "is one of", "notIn": "is none of",
	"contains": "contains", "notContains": "does not contain", "containsKey": "has the key", "notContainsKey": "does not have the key",
	"like": "is like", "notLike": "is not like", "match": "matches", "notMatch": "does not match",
	"matchInsensitively": "matches", "notMatchInsensitively": "does not match",
	"less": "is less than", "lessOrEquals": "is at most", "greater": "is more than", "greaterOrEquals": "is at least",
}

// sentence writes a condition with its parameters filled in.
func (w *writer) sentence(c *condition, e *event) string {
	what := c.left.String()
	if c.kind == countOf {
		what = "the number of " + c.count.over.String()
		if c.count.where != nil {
			what += " where what is below holds"
		}
	}
	if c.kind == fieldOf {
		what = w.fieldName(c)
	}
	if c.op.kind == opExists {
		if e.aim.want {
			return what + " exists"
		}
		return what + " does not exist"
	}
	return fmt.Sprintf("%s %s %s", what, words[c.op.name], w.aim(c, e))
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

func (w *writer) aim(c *condition, e *event) string {
	if len(e.saw) == 0 {
		return c.right.String()
	}
	if c.op.kind != opIn {
		return e.aim.datum.String()
	}
	var items []string
	for i := range e.aim.list {
		if i == manyItems {
			items = append(items, fmt.Sprintf("and %d more", len(e.aim.list)-i))
			break
		}
		items = append(items, e.aim.list[i].datum.String())
	}
	if len(items) == 0 {
		return "an empty list"
	}
	return strings.Join(items, ", ")
}
