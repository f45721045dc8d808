package policy

import (
	"slices"
	"strings"

	"airfield/arm"
	"airfield/catalog"
)

// A deny rule that lets only listed sizes or locations through binds the types
// it is about. The same machines come by other types too: those with GPUs are
// listed here, with the aliases of their size. A list that leaves some out is
// reported, as are those that mode Indexed passes over. What binds is found in
// all rules in force at a scope together, by evaluating each with nothing known
// but the type.

// escapes reports, of each assignment that restricts one of the types, those
// that escape at its scope.
func escapes(l *tenantLinter) {
	for _, scope := range l.scopesAssigned() {
		rules := l.e.InForce(scope)
		for _, sizes := range []bool{true, false} {
			var bound, free []string
			var by []*Assignment
			for i := range gpuTypes {
				g := &gpuTypes[i]
				if g.rare || !sizes && g.child {
					continue
				}
				how, from := binding(g, sizes, rules)
				switch by = append(by, from...); how {
				case BindsNodes:
					bound = append(bound, string(g.typ)+" (its nodes)")
				case Binds:
					bound = append(bound, string(g.typ))
				case PassesOver:
					free = append(free, string(g.typ)+" (mode Indexed passes over it)")
				case Escapes:
					free = append(free, string(g.typ))
				}
			}
			l.escape(scope, sizes, by, bound, free)
		}
	}
}

func (l *tenantLinter) escape(scope arm.ID, sizes bool, by []*Assignment, bound, free []string) {
	if len(bound) == 0 || len(free) == 0 {
		return
	}
	what := "locations"
	if sizes {
		what = "sizes"
	}
	var told []*Assignment
	for _, a := range by {
		if a.Scope.Equal(scope) && !slices.Contains(told, a) {
			told = append(told, a)
			l.at(a, "policyDefinitionId", "list of %s of %q binds %s; %s %s", what, a.Title, strings.Join(bound, ", "), strings.Join(free, ", "), escapeVerb(free))
		}
	}
}

func escapeVerb(free []string) string {
	if len(free) == 1 {
		return "escapes it"
	}
	return "escape it"
}

// binding tells how rules hold a type, and which assignments have lists that
// bind it.
func binding(g *gpuType, sizes bool, rules []*Assigned) (Grip, []*Assignment) {
	best := Escapes
	var by []*Assignment
	for _, r := range rules {
		if r.Rule == nil || r.Why != "" || r.Enforcement != Default || r.Rule.Effect != Deny {
			continue
		}
		how := hold(r.Rule, g, sizes)
		if how == Binds {
			by = append(by, r.Assignment)
		}
		if how == Escapes && sizes && g.nodes != "" && hold(r.Rule, sizesOf(g.nodes), true) == Binds {
			how = BindsNodes
		}
		best = max(best, how)
	}
	return best, by
}

func sizesOf(t arm.Type) *gpuType {
	return &gpuTypes[slices.IndexFunc(gpuTypes, func(g gpuType) bool { return g.typ.Equal(t) })]
}

// hold tells how one deny rule holds a type.
func hold(r *Rule, g *gpuType, sizes bool) Grip {
	looks := !arm.EqualFold(r.Mode, "Indexed") || !untagged(g.typ)
	switch t := ofType(&r.cond, g.typ); {
	case t == yes && looks:
		return Refuses
	case t != maybe || !lists(&r.cond, g, sizes, false, false):
		return Escapes
	case !looks:
		return PassesOver
	}
	return Binds
}

// untagged tells whether a type is known to lack tags or a location.
func untagged(t arm.Type) bool {
	tags, location, known := catalog.TypeTraits(t)
	return known && !(tags && location)
}

// ofType evaluates a condition with nothing known but the type.
func ofType(n *node, t arm.Type) truth {
	switch {
	case n.fixed:
		return n.truth
	case n.kind == notOf:
		return ofType(&n.sub[0], t).not()
	case n.kind == allOf, n.kind == anyOf:
		decides := truthOf(n.kind == anyOf)
		result := decides.not()
		for i := range n.sub {
			switch ofType(&n.sub[i], t) {
			case decides:
				return decides
			case decides.not():
			default:
				result = maybe
			}
		}
		return result
	case n.kind == fieldOf && n.field != nil && n.field.kind == typeField && n.aim != nil:
		return n.op.test(textDatum(string(t)), n.aim, 0)
	}
	return maybe
}

// lists tells whether a condition that the type does not decide lets only
// listed sizes or locations of it through: it holds for what is not in a list.
func lists(n *node, g *gpuType, sizes, negated, counted bool) bool {
	if ofType(n, g.typ) != maybe {
		return false
	}
	negated = negated != (n.kind == notOf)
	for i := range n.sub {
		if lists(&n.sub[i], g, sizes, negated, counted) {
			return true
		}
	}
	switch {
	case n.count != nil && n.count.where != nil:
		return lists(n.count.where, g, sizes, negated, true)
	case n.kind != fieldOf || n.field == nil || !n.field.is(g, sizes):
		return false
	case n.op.kind == opExists, n.op.kind == opOrder:
		return false
	}
	return counted || n.op.not != negated
}

// is tells whether a field is a type's size, or the location.
func (f *field) is(g *gpuType, size bool) bool {
	if !size {
		return f.kind == locationField
	}
	return slices.ContainsFunc(g.sizes, func(name string) bool { return strings.EqualFold(name, f.name) })
}
