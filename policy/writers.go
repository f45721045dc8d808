package policy

import (
	"slices"

	"airfield/arm"
)

// Writer is a rule that writes a field of what is made.
type Writer struct {
	*Assigned
	Field string // an alias, or tags['name']
	Sure  bool   // nothing but the resource decides whether it does: no selector, no exemption of some, no field that is computed
}

// Writers gives the rules in force for what lies at or below a scope that append
// or modify fields, without those that are not enforced there. Whether a rule
// writes depends on the resource.
func (e *Engine) Writers(scope arm.ID) (all []Writer) {
	for _, f := range e.newCell(scope).rules {
		if f.Rule == nil || f.exempt != "" || f.Enforcement == DoNotEnforce || !f.Rule.Effect.changes() {
			continue
		}
		sure := f.Why == "" && len(f.some)+len(f.selectors)+len(f.variants)+len(f.NotScopes) == 0
		for _, c := range f.Rule.changes {
			if c.field == nil || c.verb == "remove" {
				continue
			}
			name := c.field.name
			if c.field.kind == tagField {
				name = "tags['" + name + "']"
			}
			w := Writer{f.Assigned, name, sure}
			if !slices.Contains(all, w) {
				all = append(all, w)
			}
		}
	}
	return all
}
