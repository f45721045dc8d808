package expr

import (
	"errors"
	"iter"
	"slices"
	"strings"

	"airfield/arm"
)

// What an unknown result looks like.
//
// reference(id).properties.principalId is an arm.Ref with that path, as it
// stands. guid('x', reference(id).properties.principalId) is unknown as well,
// and more than a reference: its Ref has an Expression:
//
//	{"$after": {"expression": "guid('x', after('/subscriptions/…/id-train', 'properties.principalId'))"}}
//
// In it everything known is a literal; after(id, path) and parameters(name)
// stand for the references. So it can be evaluated once those are known (see
// Resolve), printed by an emitter, and searched for what it depends on (see
// Refs), with nothing else at hand.

// Computed gives the expression of an unknown value that is computed from
// references, and false for every other value.
func Computed(v arm.Value) (*Expr, bool) {
	r, ok := v.Ref()
	if !ok || r.Expression == "" {
		return nil, false
	}
	e, err := Parse("[" + r.Expression + "]")
	return e, err == nil
}

// Refs gives the references at and below v in the order written, those inside
// computed values one by one.
func Refs(v arm.Value) iter.Seq[arm.Ref] {
	return func(yield func(arm.Ref) bool) {
		for r := range v.Refs() {
			if r.Expression == "" {
				if !yield(r) {
					return
				}
				continue
			}
			if e, err := Parse("[" + r.Expression + "]"); err == nil && !e.root.refs(yield) {
				return
			}
		}
	}
}

func (n *node) refs(yield func(arm.Ref) bool) bool {
	if n.kind == call && len(n.sub) > 0 && n.sub[0].kind == literal {
		first := n.sub[0].value.Str()
		switch {
		case n.fold == "after" && len(n.sub) == 2:
			return yield(arm.Ref{ID: arm.ID(first), Path: n.sub[1].value.Str()})
		case n.fold == "parameters":
			return yield(arm.Parameter(first))
		case strings.HasPrefix(n.fold, "list") && strings.HasPrefix(first, "/"):
			if !yield(arm.IDOf(arm.ID(first))) {
				return false
			}
		}
	}
	for _, s := range n.sub {
		if !s.refs(yield) {
			return false
		}
	}
	return true
}

// Unknown gives the unknown value that stands for the call's result. Of a Lazy
// function's arguments everything that can be known is evaluated.
func (c *Call) Unknown() (arm.Value, error) {
	b := append([]byte(c.Name), '(')
	for i, arg := range c.n.sub {
		if i > 0 {
			b = append(b, ", "...)
		}
		if arg.kind == call && arg.fold == "lambda" {
			b = c.s.residue(b, arg, nil)
		} else {
			b = appendOutcome(b, c.outcome(i))
		}
		if len(b) > MaxText {
			break
		}
	}
	return Compute(string(append(b, ')')))
}

// appendOutcome prints an evaluated expression. What failed is left as a call of
// fail, for it may stand in a branch that is never taken.
func appendOutcome(b []byte, o outcome) []byte {
	if o.err != nil {
		return append(appendQuoted(append(b, "fail("...), o.err.Error()), ')')
	}
	return appendLiteral(b, o.value)
}

// Compute gives the unknown value that an expression stands for, written without
// brackets. Resources in it are arguments of after, or of a list function.
func Compute(text string) (arm.Value, error) {
	if len(text) > MaxText {
		return arm.Value{}, errors.New("what is known only after deployment goes into more than 81920 characters of expression")
	}
	if nesting(text) > MaxDepth {
		return arm.Value{}, errors.New("what is known only after deployment goes into an expression that is nested too deep")
	}
	return arm.New(arm.Ref{Expression: text}), nil
}

// nesting gives at most how deep calls and accesses lie in each other, as the
// parser counts.
func nesting(text string) int {
	most, quoted := 0, false
	steps := []int{1} // at each open bracket: behind one value, so far
	for _, c := range []byte(text) {
		last := len(steps) - 1
		switch {
		case c == '\'':
			quoted = !quoted
		case quoted:
		case c == '(' || c == '[':
			steps = append(steps, steps[last]+1)
		case (c == ')' || c == ']') && last > 0:
			if steps = steps[:last]; c == ']' {
				steps[last-1]++
			}
		case c == '.':
			steps[last]++
		case c == ',' && last > 0:
			steps[last] = steps[last-1] + 1
		}
		most = max(most, steps[len(steps)-1])
	}
	return most
}

// residue prints an expression as it is after all was evaluated in it that
// needs none of the lambda variables named.
func (s *state) residue(b []byte, n *node, names []string) []byte {
	if n.kind == call && n.fold == "lambda" {
		names = append(names, n.lambdaNames()...)
	} else if !n.mentions(names) {
		v, err := s.eval(n)
		return appendOutcome(b, outcome{v, err, true})
	}
	if n.kind == access {
		b = s.residue(b, n.sub[0], names)
		if n.sub[1].kind == literal {
			return appendKey(b, n.sub[1].value)
		}
		return append(s.residue(append(b, '['), n.sub[1], names), ']')
	}
	b = append(append(b, n.name...), '(')
	for i, arg := range n.sub {
		if i > 0 {
			b = append(b, ", "...)
		}
		b = s.residue(b, arg, names)
	}
	return append(b, ')')
}

// mentions tells whether n uses one of the lambda variables.
func (n *node) mentions(names []string) bool {
	if n.kind == call && n.fold == "lambdavariables" && len(n.sub) == 1 {
		return slices.Contains(names, strings.ToLower(n.sub[0].value.Str()))
	}
	return slices.ContainsFunc(n.sub, func(s *node) bool { return s.mentions(names) })
}

func (n *node) lambdaNames() []string {
	var names []string
	for _, s := range n.sub[:max(len(n.sub)-1, 0)] {
		names = append(names, strings.ToLower(s.value.Str()))
	}
	return names
}

// residue prints the expression that an unknown value stands for.
func residue(v arm.Value) string {
	r, _ := v.Ref()
	switch {
	case r.Expression != "":
		return r.Expression
	case r.Parameter != "":
		return "parameters(" + string(appendQuoted(nil, r.Parameter)) + ")"
	}
	b := appendQuoted([]byte("after("), string(r.ID))
	b = appendQuoted(append(b, ", "...), r.Path)
	return string(append(b, ')'))
}

// member gives a member of what is not known yet: a longer path, where base is
// a plain reference.
func member(base, key arm.Value) (arm.Value, error) {
	r, ok := base.Ref()
	var step string
	switch key.Kind() {
	case arm.String:
		step = key.Str()
	case arm.Number:
		step = key.Text()
	}
	if ok && r.Parameter == "" && r.Expression == "" && step != "" && !strings.Contains(step, ".") {
		return arm.New(arm.Ref{ID: r.ID, Path: strings.TrimPrefix(r.Path+"."+step, ".")}), nil
	}
	b := appendLiteral(nil, base)
	if key.Kind() == arm.Unknown {
		b = append(appendLiteral(append(b, '['), key), ']')
	} else {
		b = appendKey(b, key)
	}
	return Compute(string(b))
}

func holdsUnknown(v arm.Value) bool {
	switch v.Kind() {
	case arm.Array, arm.Object, arm.Unknown:
		for range v.Refs() {
			return true
		}
	}
	return false
}
