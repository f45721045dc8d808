package policy

import (
	"fmt"
	"strings"

	"airfield/arm"
	"airfield/diag"
)

// Coverage notes what the conditions of definitions gave, over all requests it
// was shown (Engine.Cover). The zero Coverage is ready. It is for one goroutine.
//
// A condition that those before it make needless is not evaluated: of
// allOf [a, b], b is seen only where a holds.
type Coverage struct {
	all  []*covered
	byID map[string]*covered
}

// covered is one definition, which may have been read several times.
type covered struct {
	def  *Definition
	ever [][4]bool // by condition, in the order of leaves: which truths it had
}

// Condition is one condition of a definition, and what was seen of it.
type Condition struct {
	Text  string   `json:"text"` // as a sentence, with parameters as they are written
	Pos   diag.Pos `json:"pos"`
	Seen  bool     `json:"seen"` // it was evaluated, if only to be unknown
	True  bool     `json:"true"` // it held at least once
	False bool     `json:"false"`
}

// Cover notes in c what the conditions of all rules in force give on a request
// that was judged.
func (e *Engine) Cover(c *Coverage, v Verdict, q Request, related Related) {
	m := e.machine()
	defer m.release()
	place := e.placer(related)
	place.at(q.Resource.ID)
	place.facts.Context = q.context()
	for _, a := range e.InForce(q.Resource.ID) {
		if a.Rule == nil {
			continue
		}
		m.enter(q.Resource, &place.facts)
		r, _ := a.ruleFor(m.subject)
		if !m.judges(r, &q) {
			continue
		}
		if !r.Effect.changes() && q.Verb != Delete {
			m.enter(v.Resource, &place.facts)
		}
		m.tracer = newTracer()
		m.ruleTruth(r)
		c.add(r.Definition, m.tracer)
	}
}

// judges tells whether a rule is asked about a request to the machine's
// subject.
func (m *machine) judges(r *Rule, q *Request) bool {
	switch {
	case r.Provider(), r.Effect == Disabled, (q.Verb == Delete) != (r.Effect == DenyAction), !r.sees(q):
		return false
	}
	return !arm.EqualFold(r.Mode, "Indexed") || indexed(m.subject) != no
}

func (c *Coverage) add(def *Definition, t *tracer) {
	leaves := def.leaves()
	x := c.of(def, len(leaves))
	for i, leaf := range leaves {
		e := t.events[leaf]
		for truth := range x.ever[i] {
			x.ever[i][truth] = x.ever[i][truth] || e != nil && e.ever[truth]
		}
	}
}

// of gives what is known of a definition. Read again, it has the same id and
// version, and as many conditions.
func (c *Coverage) of(def *Definition, leaves int) *covered {
	key := fmt.Sprintf("%s\n%s\n%d", def.ID.Fold(), def.Version, leaves)
	if x := c.byID[key]; x != nil {
		return x
	}
	if c.byID == nil {
		c.byID = map[string]*covered{}
	}
	x := &covered{def, make([][4]bool, leaves)}
	c.byID[key] = x
	c.all = append(c.all, x)
	return x
}

// Definitions gives the definitions that were seen, in the order they were.
func (c *Coverage) Definitions() []*Definition {
	all := make([]*Definition, len(c.all))
	for i, x := range c.all {
		all[i] = x.def
	}
	return all
}

// Conditions gives the conditions of a definition in the order written, those
// that hold others (allOf, anyOf, not) left out.
func (c *Coverage) Conditions(def *Definition) []Condition {
	leaves := def.leaves()
	x := c.of(def, len(leaves))
	all := make([]Condition, len(leaves))
	for i, leaf := range leaves {
		ever := x.ever[i]
		all[i] = Condition{Text: leaf.written(), Pos: def.o.place(def.resource, leaf.src), Seen: ever != [4]bool{}, True: ever[yes], False: ever[no]}
	}
	return all
}

// leaves gives the conditions that look at something themselves: those of if,
// and of existenceCondition. The old source is never evaluated.
func (def *Definition) leaves() []*condition {
	var all []*condition
	add := func(c *condition) {
		if c.kind > notOf && c.kind != sourceOf {
			all = append(all, c)
		}
	}
	def.condition.walk(add)
	if def.details.existence != nil {
		def.details.existence.walk(add)
	}
	return all
}

// written gives a condition as a sentence, with parameters as they are written.
func (c *condition) written() string {
	what := c.left.String()
	if c.kind == countOf {
		what = "the number of " + c.count.over.String()
		if c.count.where != nil {
			what += " where what is below holds"
		}
	}
	right := c.right.String()
	if !c.right.parsed() && c.op.kind != opExists {
		right = short(strings.Join(strings.Fields(c.right.value.Text()), " "))
	}
	switch {
	case c.op.kind != opExists:
		return fmt.Sprintf("%s %s %s", what, c.op.words(true), right)
	case strings.EqualFold(right, "true"):
		return what + " is there"
	case strings.EqualFold(right, "false"):
		return what + " is not there"
	}
	return what + " is there: " + right
}
