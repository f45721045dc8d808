package policy

import (
	"slices"
	"strings"

	"airfield/arm"
	"airfield/expr"
)

// The rules about effects and parameters.

// enforcing tells whether an effect changes or refuses something.
func (e Effect) enforcing() bool {
	switch e {
	case Deny, DenyAction, Modify, Append, DeployIfNotExists, Mutate, AddToNetworkGroup:
		return true
	}
	return false
}

// effects gives the effects that a definition can be assigned with; open tells
// that there may be others.
func (l *linter) effects() (all []Effect, open bool) {
	if !l.def.effect.parsed() {
		return []Effect{effectOf(l.def.effect.value.Str())}, false
	}
	p := l.parameter(&l.def.effect)
	if p == nil {
		return nil, true
	}
	for _, v := range p.Allowed {
		all = append(all, effectOf(v.Str()))
	}
	return all, len(all) == 0
}

// gates tells whether the effect can be one that decides about requests, so
// that what a request leaves out matters.
func (l *linter) gates() bool {
	all, open := l.effects()
	if !open {
		return slices.ContainsFunc(all, func(e Effect) bool { return e == Deny || e.changes() })
	}
	return len(l.def.details.operations) > 0 || !l.def.details.value.Get("type").Exists()
}

// effectParameter gives the parameter that is the effect, nil for none.
func (l *linter) effectParameter() *Parameter { return l.parameter(&l.def.effect) }

func hardEffect(l *linter) {
	if o := &l.def.effect; !o.parsed() && effectOf(o.value.Str()).enforcing() {
		l.report(o.value, "effect %q cannot be turned off, wanted a parameter", o.value.Str())
	}
}

func openEffect(l *linter) {
	if p := l.effectParameter(); p != nil && len(p.Allowed) == 0 {
		l.report(parameterAt(l.resource, p.Name), "effect parameter %q takes any text, wanted allowedValues", p.Name)
	}
}

func effectWithoutDefault(l *linter) {
	if p := l.effectParameter(); p != nil && !p.Default.Exists() {
		l.report(parameterAt(l.resource, p.Name), "effect parameter %q has no defaultValue", p.Name)
	}
}

func riskyDefault(l *linter) {
	if p := l.effectParameter(); p != nil && effectOf(p.Default.Str()).enforcing() {
		l.report(p.Default, "effect parameter %q is %q unless an assignment says otherwise, wanted audit or disabled", p.Name, p.Default.Str())
	}
}

// detailed groups the effects whose details exclude each other's.
var detailed = map[Effect]string{
	Modify: "modify", Append: "append", DenyAction: "denyAction", AuditAction: "denyAction",
	AuditIfNotExists: "ifNotExists", DeployIfNotExists: "ifNotExists",
}

func mixedEffects(l *linter) {
	p := l.effectParameter()
	if p == nil || l.def.provider {
		return
	}
	var first Effect
	for _, v := range p.Allowed {
		e := effectOf(v.Str())
		group, needs := detailed[e]
		switch {
		case !needs:
		case first == None:
			first = e
		case detailed[first] != group:
			l.report(v, "effects %q and %q need different details, and the definition has one", first, e)
			return
		}
	}
}

// roles are the types through which access is given.
var roles = []string{"microsoft.authorization/roleassignments", "microsoft.authorization/roleassignmentschedulerequests"}

func roleAssignmentsDenied(l *linter) {
	if all, open := l.effects(); !open && !slices.Contains(all, Deny) || open && (len(l.def.details.operations) > 0 || l.def.details.typ.value.Exists()) {
		return
	}
	for i := range l.sites {
		s := &l.sites[i]
		if s.related || !isType(s.condition) || s.negated != s.op.not {
			continue
		}
		v, ok := l.literal(&s.right)
		if !ok {
			continue
		}
		op := s.op
		op.not = false
		t := prepare(op, v)
		if slices.ContainsFunc(roles, func(typ string) bool { return op.test(textDatum(typ), &t, l.o.Switched) == yes }) {
			l.report(s.src, "deny on role assignments can lock out those who could remove it")
			return
		}
	}
}

func undescribedParameters(l *linter) { l.parametersWithout("description", "description") }
func unnamedParameters(l *linter)     { l.parametersWithout("displayName", "display name") }

func (l *linter) parametersWithout(member, what string) {
	for _, p := range l.def.Parameters {
		at := parameterAt(l.resource, p.Name)
		if strings.TrimSpace(at.Get("metadata", member).Str()) == "" {
			l.report(at, "parameter %q has no %s in its metadata", p.Name, what)
		}
	}
}

// unresolvedParameters finds what Define does not look at: what the deployment
// and other details take besides the template, whose parameters are its own.
func unresolvedParameters(l *linter) {
	for _, x := range l.expressions {
		x.Calls(func(name string, first arm.Value) {
			if name == "parameters" && first.Kind() == arm.String && parameterOf(l.def.Parameters, first.Str()) < 0 {
				l.report(x.at, "no parameter %q in the definition", first.Str())
			}
		})
	}
}

func unusedParameters(l *linter) {
	var used parameterUse
	for _, x := range l.expressions {
		x.Calls(used.note)
	}
	for _, p := range l.def.Parameters {
		if !used.has(p.Name) && !outdated(parameterAt(l.resource, p.Name)) {
			l.report(parameterAt(l.resource, p.Name), "no condition or effect uses the parameter %q", p.Name)
		}
	}
}

func unusedSetParameters(l *linter, s *Set) {
	var used parameterUse
	for i := range s.Members {
		for j := range s.Members[i].values {
			s.Members[i].values[j].each(func(o *operand) {
				if o.expr != nil {
					o.expr.Calls(used.note)
				}
			})
		}
	}
	for _, p := range s.Parameters {
		if !used.has(p.Name) && !outdated(parameterAt(s.resource, p.Name)) {
			l.report(parameterAt(s.resource, p.Name), "no member of the set gets the parameter %q", p.Name)
		}
	}
}

// outdated tells whether a parameter is kept only so that assignments which
// give it stay valid.
func outdated(p arm.Value) bool {
	m := p.Get("metadata")
	return m.Get("deprecated").True() || strings.HasPrefix(strings.ToLower(m.Get("displayName").Str()), "[deprecated]")
}

// parameterUse is which parameters expressions ask for.
type parameterUse struct {
	names []string
	any   bool // a name is computed
}

func (u *parameterUse) note(function string, first arm.Value) {
	if function == "parameters" {
		u.names = append(u.names, first.Str())
		u.any = u.any || first.Kind() != arm.String
	}
}

func (u *parameterUse) has(name string) bool {
	return u.any || slices.ContainsFunc(u.names, func(n string) bool { return strings.EqualFold(n, name) })
}

// placed is an expression and where it stands.
type placed struct {
	*expr.Expr
	at arm.Value
}

// expressionsIn gives the expressions at and below a value, but not those of a
// deployment's template, which see other parameters.
func expressionsIn(v arm.Value) []placed {
	var all []placed
	if text := v.Str(); expr.Is(text) {
		if e, err := expr.Parse(text); err == nil {
			all = append(all, placed{e, v})
		}
	}
	for item := range v.Items() {
		all = append(all, expressionsIn(item)...)
	}
	for name, item := range v.Members() {
		if !arm.EqualFold(name, "template") || item.Kind() != arm.Object {
			all = append(all, expressionsIn(item)...)
		}
	}
	return all
}
