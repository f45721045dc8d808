package catalog

import (
	"maps"
	"slices"
	"sync"
)

// APIVersion returns the API version that airfield uses for a type, child
// types included: the newest stable one, or, where there is none or it lacks
// what everybody uses, a preview. Case does not count.
func APIVersion(armType string) (string, bool) {
	v, ok := apiVersions()[fold(armType)]
	return v.version, ok
}

// TypeName returns a type as Microsoft spells it, for any type that has an
// API version here.
func TypeName(armType string) (string, bool) {
	v, ok := apiVersions()[fold(armType)]
	return v.name, ok
}

// TypeNames returns all types with an API version here, sorted.
func TypeNames() []string {
	var names []string
	for _, v := range apiVersions() {
		names = append(names, v.name)
	}
	slices.Sort(names)
	return names
}

// A ServiceRule is a rule that the service enforces and no schema states.
type ServiceRule struct {
	ID        string
	Type      string // ARM type it is about
	Statement string
	Source    string
	Read      string // day
	Example   string // that breaks it
}

// ServiceRules returns all service rules, sorted by id.
func ServiceRules() []ServiceRule { return slices.Clone(serviceRules()) }

type apiVersion struct{ name, version string }

var apiVersions = sync.OnceValue(func() map[string]apiVersion {
	all := map[string]apiVersion{}
	read("data/api_versions").each(func(cell func(string) string) {
		all[fold(cell("type"))] = apiVersion{cell("type"), cell("version")}
	})
	return all
})

var serviceRules = sync.OnceValue(func() []ServiceRule {
	all := map[string]ServiceRule{}
	read("data/service_rules").each(func(cell func(string) string) {
		all[cell("id")] = ServiceRule{cell("id"), cell("type"), cell("statement"), cell("source"), cell("read"), cell("example")}
	})
	var sorted []ServiceRule
	for _, id := range slices.Sorted(maps.Keys(all)) {
		sorted = append(sorted, all[id])
	}
	return sorted
})
