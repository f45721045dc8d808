package catalog

import (
	"slices"
	"strings"
	"sync"
)

// A Policy is what airfield knows of one of Microsoft's built-in policy
// definitions. Its rule is not part of the program: see `airfield policy
// import`.
type Policy struct {
	ID              string // GUID, lower case
	Name            string // display name, under which the portal lists it
	Does            string // in our words
	Version         string
	Mode            string   // All or Indexed
	Effects         []string // that it can have, as the definition spells them
	DefaultEffect   string
	EffectParameter string // name of the parameter that sets the effect; blank if it is fixed
	Parameters      []PolicyParameter
	Roles           []string // GUIDs of the roles that its assignment's identity needs
}

// A PolicyParameter is a parameter of a built-in policy, other than the
// effect.
type PolicyParameter struct {
	Name     string
	Type     string // string, array, integer
	Default  string // as JSON, if not a string
	Optional bool   // it has a default
}

// DefinitionID returns the resource id of the definition.
func (p Policy) DefinitionID() string {
	return "/providers/Microsoft.Authorization/policyDefinitions/" + p.ID
}

// BuiltIn returns the built-in policy with that GUID, or the resource id that
// ends in it, if it is one that airfield knows.
func BuiltIn(guid string) (Policy, bool) {
	p, ok := builtIns().byID[fold(guid[strings.LastIndex(guid, "/")+1:])]
	return p, ok
}

// BuiltIns returns all built-in policies that airfield knows, sorted by id.
func BuiltIns() []Policy { return slices.Clone(builtIns().all) }

type policyTable struct {
	all  []Policy
	byID map[string]Policy
}

var builtIns = sync.OnceValue(func() policyTable {
	t := policyTable{byID: map[string]Policy{}}
	read("data/policies").each(func(cell func(string) string) {
		p := Policy{
			ID:              cell("id"),
			Name:            cell("name"),
			Does:            cell("does"),
			Version:         cell("version"),
			Mode:            cell("mode"),
			Effects:         strings.Fields(cell("effects")),
			DefaultEffect:   cell("default_effect"),
			EffectParameter: cell("effect_parameter"),
			Roles:           strings.Fields(cell("roles")),
		}
		for _, f := range strings.Fields(cell("parameters")) {
			f, byDefault, optional := strings.Cut(f, "=")
			name, typ, _ := strings.Cut(f, ":")
			p.Parameters = append(p.Parameters, PolicyParameter{name, typ, byDefault, optional})
		}
		t.all = append(t.all, p)
		t.byID[p.ID] = p
	})
	return t
})
