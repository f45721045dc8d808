package policy

import (
	"slices"
	"strings"

	"airfield/arm"
)

// The rules about how conditions are written.

// isType tells whether a condition is on the type.
func isType(c *condition) bool {
	return c.kind == fieldOf && !c.left.parsed() && arm.EqualFold(c.left.value.Str(), "type")
}

func typeNotFirst(l *linter) {
	for _, s := range l.sites {
		if s.kind != allOf || s.related || len(s.sub) == 0 || isType(&s.sub[0]) {
			continue
		}
		if i := slices.IndexFunc(s.sub, func(c condition) bool { return isType(&c) }); i > 0 {
			l.report(s.sub[i].src, "condition on the type is number %d of its allOf, wanted first", i+1)
		}
	}
}

func broadTypes(l *linter) {
	for _, s := range l.sites {
		if !isType(s.condition) || s.op.not {
			continue
		}
		switch pattern := s.right.value.Str(); {
		case s.op.kind == opContains,
			s.op.kind == opLike && (s.right.parsed() || strings.Contains(pattern, "*")),
			s.op.kind == opMatch && (s.right.parsed() || strings.ContainsAny(pattern, "#?.")):
			l.report(s.src, "%s %q finds types by pattern, wanted equals or in with the types themselves", s.op.name, short(s.right.String()))
		}
	}
}

func nestedJunctions(l *linter) {
	for _, s := range l.sites {
		if s.kind > anyOf || len(s.sub) < 2 {
			continue
		}
		for i := range s.sub {
			if sub := &s.sub[i]; sub.kind == s.kind && len(sub.sub) > 1 {
				l.report(sub.src, "%s directly inside %[1]s, wanted its conditions in the outer one", conditionNames[s.kind])
			}
		}
	}
}

func loneConditions(l *linter) {
	for _, s := range l.sites {
		if s.kind <= anyOf && len(s.sub) == 1 {
			l.report(s.src, "%s of one condition, wanted the condition itself", conditionNames[s.kind])
		}
	}
}

func equalsForIn(l *linter)       { l.repeated(anyOf, false, "in") }
func notEqualsForNotIn(l *linter) { l.repeated(allOf, true, "notIn") }

// repeated finds equals or notEquals on the same field several times in one
// junction. Of an array's members, each may equal another of the values, so
// that in says something else.
func (l *linter) repeated(kind conditionKind, not bool, better string) {
	for _, s := range l.sites {
		if s.kind != kind {
			continue
		}
		times := map[string][]*condition{}
		var order []string
		for i := range s.sub {
			c := &s.sub[i]
			name := strings.ToLower(c.left.value.Str())
			if c.kind != fieldOf || c.op.kind != opEquals || c.op.not != not || c.left.parsed() || !not && manyIn(name, s.inside) {
				continue
			}
			if times[name] == nil {
				order = append(order, name)
			}
			times[name] = append(times[name], c)
		}
		for _, name := range order {
			if all := times[name]; len(all) > 1 {
				l.report(all[1].src, "%d times %s on %q in one %s, wanted one %s", len(all), all[0].op.name, all[0].left.value.Str(), conditionNames[kind], better)
			}
		}
	}
}

// manyIn tells whether a field stands for several values inside some counts.
func manyIn(name string, inside []*count) bool {
	for i := len(inside) - 1; i >= 0; i-- {
		if c := inside[i]; c.field && strings.HasPrefix(name, strings.ToLower(c.over.value.Str())) {
			name = name[len(c.over.value.Str()):]
			break
		}
	}
	return strings.Contains(name, "[*]")
}

func likeWithoutWildcards(l *linter) {
	wild := "*"
	if l.o.on(LikeQuestionMark) {
		wild = "*?"
	}
	for _, s := range l.sites {
		if s.kind > notOf && s.op.kind == opLike && !s.right.parsed() && !strings.ContainsAny(s.right.value.Str(), wild) {
			l.report(s.src, "%s %q has no *, wanted %s", s.op.name, short(s.right.String()), exactly(s.op))
		}
	}
}

func matchWithoutWildcards(l *linter) {
	for _, s := range l.sites {
		if s.kind > notOf && s.op.kind == opMatch && !s.op.exact && !s.right.parsed() && !strings.ContainsAny(s.right.value.Str(), "#?.") {
			l.report(s.src, "%s %q has none of #, ? and ., wanted %s", s.op.name, short(s.right.String()), exactly(s.op))
		}
	}
}

// exactly names the operator that compares without patterns.
func exactly(o operator) string {
	if o.not {
		return "notEquals"
	}
	return "equals"
}

// severalTypes finds the types of the if: those of its conditions on the type,
// and those of aliases that are of one type only.
func severalTypes(l *linter) {
	var types []string
	add := func(typ string) {
		if typ != "" && !slices.ContainsFunc(types, func(t string) bool { return arm.EqualFold(t, typ) }) {
			types = append(types, typ)
		}
	}
	for i := range l.sites {
		s := &l.sites[i]
		if s.related || !isType(s.condition) || s.negated != s.op.not || s.op.kind != opEquals && s.op.kind != opIn {
			continue
		}
		if v, ok := l.literal(&s.right); ok {
			for _, typ := range v.Strings() {
				add(typ)
			}
		}
	}
	for _, r := range l.references {
		if r.site == nil || r.site.related || len(r.aliases) != 1 {
			continue
		}
		if w := wayOf(r.aliases[0]); arm.EqualFold(w.typ, string(r.aliases[0].Type)) {
			add(string(r.aliases[0].Type))
		} else {
			add(w.typ)
		}
	}
	if len(types) > 1 {
		l.report(l.def.condition.src, "rule is about %d types (%s), wanted one unless this is meant", len(types), some(types))
	}
}

// some names the first of many things.
func some(all []string) string {
	const most = 4
	if len(all) <= most+1 {
		return strings.Join(all, ", ")
	}
	return strings.Join(all[:most], ", ") + ", …"
}

// The rules about expressions. In their canonical form, with texts blanked, what
// is called and selected can be seen.

// bare gives the canonical form of an expression in lower case, with blanks for
// what stands in quotes.
func bare(e *expression) string {
	b := []byte(strings.ToLower(e.String()))
	quoted := false
	for i, c := range b {
		if c == '\'' {
			quoted = !quoted
		} else if quoted {
			b[i] = ' '
		}
	}
	return string(b)
}

// wholly tells whether an operand is one call of a function.
func (o *operand) wholly(function string) bool {
	if o.expr == nil {
		return false
	}
	text := bare(o.expr)
	rest, ok := strings.CutPrefix(text, "["+function+"(")
	depth := 1
	for i := 0; ok && i < len(rest); i++ {
		switch rest[i] {
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return rest[i+1:] == "]"
			}
		}
	}
	return false
}

func tryGetUnguarded(l *linter) {
	for _, s := range l.sites {
		if s.kind > notOf && s.right.wholly("tryget") {
			l.report(s.right.value, "%s fails where tryGet finds nothing, wanted coalesce(tryGet(…), '') around it", s.op.name)
		}
	}
}

// tryGetCoerced leaves out like, for which null is like nothing, and the
// operators that fail or ask for null itself.
func tryGetCoerced(l *linter) {
	for _, s := range l.sites {
		if s.kind != valueOf || !s.left.wholly("tryget") {
			continue
		}
		switch s.op.kind {
		case opEquals, opIn, opContains, opMatch:
			l.report(s.left.value, "where tryGet finds nothing, %s compares the empty text; coalesce says another", s.op.name)
		}
	}
}

const caller = "requestcontext().identity"

// callerOperands calls f for each operand with an expression that asks who makes
// the request.
func (l *linter) callerOperands(f func(o *operand, text string)) {
	l.def.operands(func(o *operand) {
		if o.expr == nil {
			return
		}
		if text := bare(o.expr); strings.Contains(text, caller) {
			f(o, text)
		}
	})
}

func callerRead(l *linter) {
	first := true
	l.callerOperands(func(o *operand, _ string) {
		if first {
			l.report(o.value, "rule asks who makes the request: scans pass over it, and it has no compliance state")
		}
		first = false
	})
}

func callerUnguarded(l *linter) {
	l.callerOperands(func(o *operand, text string) {
		if strings.Contains(text, caller+".") || strings.Contains(text, caller+"[") {
			l.report(o.value, "expression fails, which denies the request, where the token lacks the claim: wanted tryGet(requestContext().identity, …)")
		}
	})
}
