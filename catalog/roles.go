package catalog

import (
	"slices"
	"sync"
)

// A Role is a built-in role definition.
type Role struct {
	ID   string // GUID, lower case
	Name string // Storage Blob Data Reader
}

// RoleByName returns the built-in role of that name; case does not count.
func RoleByName(name string) (Role, bool) {
	r, ok := roles().byName[fold(name)]
	return r, ok
}

// RoleByID returns the built-in role with that GUID; case does not count.
func RoleByID(id string) (Role, bool) {
	r, ok := roles().byID[fold(id)]
	return r, ok
}

// Roles returns all built-in roles, sorted by id.
func Roles() []Role { return slices.Clone(roles().all) }

type roleTable struct {
	all          []Role
	byName, byID map[string]Role
}

var roles = sync.OnceValue(func() roleTable {
	t := roleTable{byName: map[string]Role{}, byID: map[string]Role{}}
	read("data/roles").each(func(cell func(string) string) {
		r := Role{fold(cell("id")), cell("name")}
		t.all = append(t.all, r)
		t.byName[fold(r.Name)] = r
		t.byID[r.ID] = r
	})
	return t
})
