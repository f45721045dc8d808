package policy

import (
	"slices"
	"strings"
	"time"

	"airfield/arm"
	"airfield/tenant"
)

// The rules about assignments by themselves, and about exemptions.

// tenantLinter looks at a compiled tenant.
type tenantLinter struct {
	lintReport
	e *Engine

	cover *overlaps // made by the first rule that asks
	known *grants
}

// at adds a finding at a property of an assignment, or at the assignment.
func (l *tenantLinter) at(a *Assignment, property string, format string, args ...any) {
	l.add(a.resource, a.resource.Get("properties", property), format, args...)
}

// hasKind tells whether the tenant has any scope of the kind of this one: of a
// tenant that was given without its management groups, none can be missing.
func (l *tenantLinter) hasKind(scope arm.ID) bool {
	for range l.e.t.OfType(scope.Type()) {
		return true
	}
	return false
}

// stray tells whether a scope is missing from the tenant.
func (l *tenantLinter) stray(scope arm.ID) bool {
	return !scope.Equal(arm.Tenant) && !l.e.t.Has(scope) && l.hasKind(scope)
}

func strayScopes(l *tenantLinter) {
	for _, a := range l.e.Assignments {
		if l.stray(a.Scope) {
			l.at(a, "scope", "assignment %q is to %s, which the tenant does not have", a.Title, a.Scope)
		}
	}
}

// strayNotScopes finds notScopes that are not there, and those that do not lie
// in the assignment's scope.
func strayNotScopes(l *tenantLinter) {
	for _, a := range l.e.Assignments {
		i := 0
		for at := range a.resource.Get("properties", "notScopes").Items() {
			scope := arm.ID(at.Str())
			i++
			switch {
			case scope == "":
			case l.stray(scope):
				l.add(a.resource, at, "assignment %q leaves out %s, which the tenant does not have", a.Title, scope)
			case !l.within(scope, a.Scope):
				l.add(a.resource, at, "assignment %q leaves out %s, which does not lie in its scope %s", a.Title, scope, a.Scope)
			}
		}
	}
}

// within tells whether a scope is another or lies in it.
func (l *tenantLinter) within(scope, outer arm.ID) bool {
	return slices.ContainsFunc(l.e.scopes(scope), outer.Equal)
}

// deprecatedAssigned finds what is assigned itself, and members of the tenant's
// own sets; who uses a built-in set cannot change its members.
func deprecatedAssigned(l *tenantLinter) {
	seen := map[string]bool{}
	for _, a := range l.e.Assignments {
		if a.Set != nil && deprecated(a.Set.resource) {
			l.at(a, "policyDefinitionId", "assignment %q is of the deprecated set %q", a.Title, a.Set.Title)
		}
		for _, r := range a.Rules {
			if r.Rule == nil || !deprecated(r.Rule.resource) {
				continue
			}
			switch {
			case r.Member == nil:
				l.at(a, "policyDefinitionId", "assignment %q is of the deprecated definition %q", a.Title, r.Rule.Title)
			case custom(a.Set.resource) && !seen[string(a.Set.ID.Fold())+"\n"+r.Member.Reference]:
				seen[string(a.Set.ID.Fold())+"\n"+r.Member.Reference] = true
				l.add(a.Set.resource, memberAt(a.Set, r.Member), "set %q has the deprecated definition %q", a.Set.Title, r.Rule.Title)
			}
		}
	}
}

// deprecated tells whether a definition or set says of itself that it is:
// github.com/Azure/azure-policy#preview-and-deprecated-policies.
func deprecated(r arm.Resource) bool {
	p := r.Get("properties")
	flag := p.Get("metadata", "deprecated")
	return flag.True() || arm.EqualFold(flag.Str(), "true") ||
		strings.HasPrefix(strings.ToLower(p.Get("displayName").Str()), "[deprecated]") ||
		strings.HasSuffix(strings.ToLower(versionOf(r)), "-deprecated")
}

// memberAt gives the place of a member in its set.
func memberAt(s *Set, m *Member) arm.Value {
	for v := range s.resource.Get("properties", "policyDefinitions").Items() {
		if arm.EqualFold(v.Get("policyDefinitionReferenceId").Str(), m.Reference) {
			return v
		}
	}
	return s.resource.Body
}

// Exemptions.

const soon = 30 * 24 * time.Hour // before its end an exemption is reported

// exemptions calls f for every exemption of the tenant.
func (l *tenantLinter) exemptions(f func(r arm.Resource, x *exemption)) {
	for r := range l.e.t.OfType(exemptionType) {
		r = tenant.Keep(r)
		x, _ := readExemption(r, l.o)
		f(r, &x)
	}
}

func expiredExemptions(l *tenantLinter) {
	l.ending(func(left time.Duration) bool { return left <= 0 }, "is over")
}
func expiringExemptions(l *tenantLinter) {
	l.ending(func(left time.Duration) bool { return left > 0 && left <= soon }, "ends soon")
}

// ending finds the exemptions whose time left is as told.
func (l *tenantLinter) ending(is func(left time.Duration) bool, what string) {
	if l.o.Now.IsZero() {
		return
	}
	l.exemptions(func(r arm.Resource, x *exemption) {
		if !x.expires.IsZero() && is(x.expires.Sub(l.o.Now)) {
			l.add(r, r.Get("properties", "expiresOn"), "exemption %q %s: %s", r.ID.Name(), what, x.expires.UTC().Format(time.RFC3339))
		}
	})
}

// assignment gives the assignment with an id in lower case, nil for none.
func (l *tenantLinter) assignment(id string) *Assignment {
	i := slices.IndexFunc(l.e.Assignments, func(a *Assignment) bool { return strings.ToLower(string(a.ID)) == id })
	if i < 0 {
		return nil
	}
	return l.e.Assignments[i]
}

func exemptionAssignments(l *tenantLinter) {
	l.exemptions(func(r arm.Resource, x *exemption) {
		at := r.Get("properties", "policyAssignmentId")
		switch a := l.assignment(x.assignment); {
		case a == nil:
			l.add(r, at, "exemption %q is from the assignment %q, which the tenant does not have", r.ID.Name(), at.Str())
		case !l.within(x.scope, a.Scope):
			l.add(r, at, "exemption %q is at %s, which does not lie in the scope of the assignment %q", r.ID.Name(), x.scope, a.Title)
		}
	})
}

func exemptionReferences(l *tenantLinter) {
	l.exemptions(func(r arm.Resource, x *exemption) {
		a := l.assignment(x.assignment)
		if a == nil || a.Set == nil && a.Definition.Type().Equal(setType) {
			return
		}
		for at := range r.Get("properties", "policyDefinitionReferenceIds").Items() {
			switch has := slices.ContainsFunc(a.Rules, func(m *Assigned) bool { return arm.EqualFold(m.Reference(), at.Str()) }); {
			case a.Set == nil:
				l.add(r, at, "exemption %q is from the member %q, and %q is not of a set", r.ID.Name(), at.Str(), a.Title)
			case !has:
				l.add(r, at, "exemption %q is from the member %q, which the set of %q does not have", r.ID.Name(), at.Str(), a.Title)
			}
		}
	})
}
