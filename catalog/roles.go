package catalog

import (
	"slices"
	"strings"
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

// A Permission is a part of what a role allows: actions less those not
// allowed, with wildcards, each for control and for data.
type Permission struct {
	Actions, NotActions         []string
	DataActions, NotDataActions []string
	Condition                   string // that must hold, "" for none
}

// PermissionsOf returns what the built-in role with that GUID allows, and
// false where it is not known; case does not count.
func PermissionsOf(roleID string) ([]Permission, bool) {
	p, ok := permissions()[fold(roleID)]
	return p, ok
}

// permissions are the built-in roles' permissions by id. What was read on
// Microsoft's own pages comes last, and counts.
var permissions = sync.OnceValue(func() map[string][]Permission {
	all := map[string][]Permission{}
	for _, name := range []string{"data/role_permissions", "data/role_permissions_read"} {
		read(name).each(func(cell func(string) string) {
			id := cell("id")
			if cell("part") == "0" {
				all[id] = nil
			}
			all[id] = append(all[id], Permission{strings.Fields(cell("actions")), strings.Fields(cell("not_actions")),
				strings.Fields(cell("data_actions")), strings.Fields(cell("not_data_actions")), cell("condition")})
		})
	}
	return all
})

// A LinkedAction says what else is needed by whoever writes a resource that
// refers to another.
type LinkedAction struct {
	To     string // type that is referred to; * for any
	At     string // member that the reference stands at or below; blank for any
	From   string // type that is written; blank for any
	Action string // needed on what is referred to; {to} is its type; blank for none
	Source string
}

// LinkedActions returns all linked actions, sorted by the type referred to.
func LinkedActions() []LinkedAction { return slices.Clone(linkedActions()) }

var linkedActions = sync.OnceValue(func() (all []LinkedAction) {
	read("data/linked_actions").each(func(cell func(string) string) {
		all = append(all, LinkedAction{cell("to"), cell("at"), cell("from"), cell("action"), cell("source")})
	})
	return all
})

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
