package catalog

import "sync"

// Archetype is a policy assignment that a library of landing zones makes at the
// management group of a role.
type Archetype struct {
	Role       string // root, platform, landing_zones, corp …
	Library    string // alz, slz, amba; caf for the module that was before them
	Assignment string // its name
	Definition string // the last part of its id, a GUID where it is built in; blank where the library does not say
}

// Archetypes returns what the libraries assign where, sorted by role within
// each table. Names change between releases of a library: what is not here may
// still be of one.
func Archetypes() []Archetype { return archetypes() }

var archetypes = sync.OnceValue(func() (all []Archetype) {
	for _, name := range []string{"data/archetypes", "data/archetypes_older"} {
		read(name).each(func(cell func(string) string) {
			all = append(all, Archetype{cell("role"), cell("library"), cell("assignment"), cell("definition")})
		})
	}
	return all
})
