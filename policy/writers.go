package policy

import (
	"slices"

	"airfield/arm"
)

// Writer is a rule that writes a field of what is made.
type Writer struct {
	*Assigned
	Field string // an alias, or tags['name']
	Sure  bool   // it holds for all of the scope (see Sure): the resource alone decides
}

// Sure gives the rules that hold for all that lies at or below a scope: those in
// force and enforced that no exemption, scope left out, selector or override may
// take anything out of.
func (e *Engine) Sure(scope arm.ID) (all []*Assigned) {
	for _, f := range e.newCell(scope).rules {
		if e.whole(&f, scope) {
			all = append(all, f.Assigned)
		}
	}
	return all
}

func (e *Engine) whole(f *inForce, scope arm.ID) bool {
	below := func(not arm.ID) bool { return slices.ContainsFunc(e.scopes(not), scope.Equal) }
	return f.Rule != nil && f.Why == "" && f.exempt == "" && f.Enforcement == Default &&
		len(f.some)+len(f.selectors)+len(f.variants) == 0 && !slices.ContainsFunc(f.NotScopes, below)
}

// Writers gives the rules in force for what lies at or below a scope that append
// or modify fields, without those that are exempt or not enforced there. Whether
// a rule writes depends on the resource.
func (e *Engine) Writers(scope arm.ID) (all []Writer) {
	for _, f := range e.newCell(scope).rules {
		if f.Rule == nil || f.exempt != "" || f.Enforcement == DoNotEnforce || !f.Rule.Effect.changes() {
			continue
		}
		sure := e.whole(&f, scope)
		for _, c := range f.Rule.changes {
			if c.field == nil || c.verb == "remove" {
				continue
			}
			name := c.field.name
			if c.field.kind == tagField {
				name = "tags['" + name + "']"
			}
			if w := (Writer{f.Assigned, name, sure}); !slices.Contains(all, w) {
				all = append(all, w)
			}
		}
	}
	return all
}
