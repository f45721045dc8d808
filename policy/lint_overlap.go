package policy

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"airfield/arm"
)

// The rules about assignments that meet at one scope: some write the same
// property, some only repeat what is in force already.

// scopesAssigned gives the scopes that have assignments, sorted.
func (l *tenantLinter) scopesAssigned() []arm.ID {
	keys := slices.Sorted(maps.Keys(l.e.at))
	scopes := make([]arm.ID, len(keys))
	for i, key := range keys {
		scopes[i] = l.e.at[key][0].Scope
	}
	return scopes
}

// written is one operation of a modify rule that is in force.
type written struct {
	*Assigned
	*boundChange
}

// modifyConflicts finds pairs of operations that write one property, at the
// outermost scope at which both are in force.
func modifyConflicts(l *tenantLinter) {
	seen := map[[2]*boundChange]bool{}
	for _, scope := range l.scopesAssigned() {
		byField := map[string][]written{}
		var fields []string
		for _, r := range l.e.InForce(scope) {
			for _, w := range writes(r) {
				key := propertyKey(w.field)
				if byField[key] == nil {
					fields = append(fields, key)
				}
				byField[key] = append(byField[key], w)
			}
		}
		for _, key := range fields {
			all := byField[key]
			for i, b := range all {
				for _, a := range all[:i] {
					if pair := [2]*boundChange{a.boundChange, b.boundChange}; !seen[pair] && conflict(a, b) {
						seen[pair] = true
						l.conflict(a, b, scope)
					}
				}
			}
		}
	}
}

func (l *tenantLinter) conflict(a, b written, scope arm.ID) {
	l.at(b.Assignment, "policyDefinitionId", "at %s, %q of %q %s, and %q of %q %s, both with conflictEffect deny: a request that both are about is denied",
		scope, b.Policy(), b.Assignment.Title, b.does(), a.Policy(), a.Assignment.Title, a.does())
}

// does says what the operation does.
func (w *written) does() string {
	name := w.src.field.String()
	switch {
	case w.verb == "remove":
		return "removes " + name
	case w.value.later != nil:
		return "sets " + name + " to " + short(w.value.later.String())
	}
	return "sets " + name + " to " + describe(w.value.value)
}

// writes gives the operations of a rule that deny others: those of modify that
// are enforced, on a property that is known, in conflict with deny.
func writes(r *Assigned) []written {
	if r.Rule == nil || r.Why != "" || r.Enforcement != Default || r.Rule.Effect != Modify || r.Rule.onClash != Deny {
		return nil
	}
	var all []written
	for i := range r.Rule.changes {
		if c := &r.Rule.changes[i]; c.field != nil {
			all = append(all, written{r, c})
		}
	}
	return all
}

// propertyKey gives a text that is the same for fields that name the same property.
func propertyKey(f *field) string {
	if f.kind == aliasField && len(f.ways) == 1 {
		return f.ways[0].typ + " " + strings.ToLower(f.ways[0].alias.Path)
	}
	return fmt.Sprint(f.kind, " ", strings.ToLower(f.name))
}

// conflict tells whether two operations write different values, and both rules
// can be about one resource. A value made of the resource's own fields may well
// be the other one where both rules hold.
func conflict(a, b written) bool {
	if a.Assigned == b.Assigned || a.verb == b.verb && sameValue(a, b) {
		return false
	}
	return !apart(a.Rule, b.Rule)
}

func sameValue(a, b written) bool {
	x, y := &a.value, &b.value
	if x.later == nil && y.later == nil {
		return x.err != nil || y.err != nil || x.value.Equal(y.value)
	}
	if x.asks("field") || y.asks("field") {
		return true
	}
	return x.later != nil && y.later != nil && x.later.String() == y.later.String() && sameParameters(a.Rule, b.Rule)
}

// asks tells whether a value calls a function when a request is judged.
func (x *bound) asks(function string) bool {
	if x.later == nil {
		return false
	}
	found := false
	x.later.each(func(o *operand) {
		if o.expr != nil {
			o.expr.Calls(func(name string, _ arm.Value) { found = found || name == function })
		}
	})
	return found
}

// apart tells whether what both rules ask of a resource surely excludes each
// other: a value that one wants, and the other does not let through.
func apart(a, b *Rule) bool {
	var x, y []*node
	wanted(&a.cond, &x)
	wanted(&b.cond, &y)
	for _, n := range x {
		for _, m := range y {
			if n.excludes(m) || m.excludes(n) {
				return true
			}
		}
	}
	return false
}

// wanted gives the conditions on fields that must all hold.
func wanted(n *node, all *[]*node) {
	switch {
	case n.kind == allOf:
		for i := range n.sub {
			wanted(&n.sub[i], all)
		}
	case n.kind == fieldOf && n.field != nil && !n.field.all && n.aim != nil:
		*all = append(*all, n)
	}
}

// excludes tells whether each value that n wants is one that m refuses.
func (n *node) excludes(m *node) bool {
	if n.op.not || n.op.kind != opEquals && n.op.kind != opIn || n.field.kind != m.field.kind || !strings.EqualFold(n.field.name, m.field.name) {
		return false
	}
	values := []arm.Value{n.right.value}
	if n.op.kind == opIn {
		values = slices.Collect(n.right.value.Items())
	}
	for _, v := range values {
		d := datumOf(v)
		if m.op.test(d, m.aim, 0) != no || d.text == "" && m.op.test(datum{}, m.aim, 0) != no { // "" is wanted of what is missing too
			return false
		}
	}
	return len(values) > 0
}

// What is in force already.

// overlaps says of an assignment which others make it unnecessary.
type overlaps struct {
	by   map[*Assignment][]*Assignment // sorted as they are in force
	same map[*Assignment]*Assignment   // one of the same definition with the same parameters and effects
}

func redundantAssignments(l *tenantLinter) {
	for _, b := range l.e.Assignments {
		if a := l.covered().same[b]; a != nil {
			l.at(b, "policyDefinitionId", "assignment %q repeats %q at %s: the same definition with the same parameters", b.Title, a.Title, a.Scope)
		}
	}
}

func shadowedAssignments(l *tenantLinter) {
	for _, b := range l.e.Assignments {
		by := l.covered().by[b]
		if len(by) == 0 || l.covered().same[b] != nil {
			continue
		}
		var names []string
		for _, a := range by {
			names = append(names, fmt.Sprintf("%q at %s", a.Title, a.Scope))
		}
		l.at(b, "policyDefinitionId", "assignment %q adds nothing to %s", b.Title, some(names))
	}
}

func (l *tenantLinter) covered() *overlaps {
	if l.cover == nil {
		l.cover = &overlaps{map[*Assignment][]*Assignment{}, map[*Assignment]*Assignment{}}
		for _, scope := range l.scopesAssigned() {
			l.coveredAt(scope)
		}
	}
	return l.cover
}

// coveredAt looks at the assignments of one scope.
func (l *tenantLinter) coveredAt(scope arm.ID) {
	byTwin := map[twinKey][]*Assigned{}
	for _, r := range l.e.InForce(scope) {
		if r.Rule != nil && l.wholeAt(r.Assignment, scope) {
			byTwin[r.Rule.twin] = append(byTwin[r.Rule.twin], r)
		}
	}
	for _, b := range l.e.at[strings.ToLower(string(scope))] {
		l.coveredBy(b, byTwin)
	}
}

// wholeAt tells whether an assignment holds for everything in a scope: it has
// no notScopes there, no selectors and no exemptions.
func (l *tenantLinter) wholeAt(a *Assignment, scope arm.ID) bool {
	if len(a.selectors) > 0 || slices.ContainsFunc(a.NotScopes, func(s arm.ID) bool { return l.within(s, scope) }) {
		return false
	}
	for _, all := range l.e.exemptions {
		for _, x := range all {
			if x.assignment == strings.ToLower(string(a.ID)) {
				return false
			}
		}
	}
	return true
}

// coveredBy notes what covers every rule of an assignment.
func (l *tenantLinter) coveredBy(b *Assignment, byTwin map[twinKey][]*Assigned) {
	var by []*Assignment
	equal := map[*Assignment]int{}
	for _, r := range b.Rules {
		if r.Rule == nil || r.Why != "" || len(r.variants) > 0 {
			return
		}
		var over *Assigned
		for _, a := range byTwin[r.Rule.twin] {
			if a.Assignment == b || !a.covers(r) || a.Scope.Equal(b.Scope) && b.ID.Compare(a.ID) < 0 && r.covers(a) {
				continue
			}
			if over == nil {
				over = a
			}
			if a.Definition.Equal(b.Definition) && a.Rule.Effect == r.Rule.Effect && a.Enforcement == b.Enforcement {
				equal[a.Assignment]++
			}
		}
		if over == nil && r.Rule.Effect != Disabled {
			return
		}
		if over != nil && !slices.Contains(by, over.Assignment) {
			by = append(by, over.Assignment)
		}
	}
	l.cover.by[b] = by
	for _, a := range by {
		if equal[a] == len(b.Rules) && len(a.Rules) == len(b.Rules) {
			l.cover.same[b] = a
			return
		}
	}
}

// covers tells whether what r does with a resource, a does too, or more.
func (a *Assigned) covers(r *Assigned) bool {
	if a.Why != "" || len(a.variants) > 0 || a.Enforcement != Default && a.Enforcement != r.Enforcement {
		return false
	}
	x, y := a.Rule, r.Rule
	switch {
	case x.open() || y.open():
		return false
	case y.Effect == Disabled:
		return true
	case x.Effect == y.Effect:
	case x.Effect == Deny && y.Effect == Audit:
	case x.Effect == DeployIfNotExists && y.Effect == AuditIfNotExists:
	default:
		return false
	}
	return x.bare() && y.bare() || sameParameters(x, y)
}

// open tells whether the effect or a parameter is not known yet.
func (r *Rule) open() bool {
	return r.Effect == None || slices.ContainsFunc(r.params, func(v arm.Value) bool { return v.Kind() == arm.Unknown })
}

// bare tells whether all that matters of the rule's parameters are those that
// its conditions use: the details, if there are any, are conditions too.
func (r *Rule) bare() bool {
	switch r.Effect {
	case Audit, Deny:
		return !r.Provider() && !r.details.value.Exists()
	case AuditIfNotExists:
		return !r.Provider()
	}
	return false
}

// sameParameters tells whether two rules have equal parameters, but for that of
// the effect. Those of two definitions have only where neither has any.
func sameParameters(a, b *Rule) bool {
	if a.Definition != b.Definition {
		return len(a.params) == 0 && len(b.params) == 0
	}
	skip := -1
	if e := a.Definition.effect.expr; e != nil {
		skip = slices.IndexFunc(a.Parameters, func(p Parameter) bool { return isCall(e.Expr, "parameters", p.Name) })
	}
	for i := range a.params {
		if i != skip && !a.params[i].Equal(b.params[i]) {
			return false
		}
	}
	return true
}
