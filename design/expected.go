package design

import (
	"strings"

	"airfield/arm"
	"airfield/catalog"
	"airfield/diag"
	"airfield/tenant"
)

// Expected is a resource that a tool of others makes of what the design gives it
// (see File). It is never emitted or listed as ours, and a review judges it.
// What is not known of it is a reference to the resource itself.
type Expected struct {
	arm.Resource
	By string // the tool
}

// Whole gives the tenant with what tools of others make too, and by which of
// them that is made, by folded id.
func (d *Design) Whole() (*tenant.Tenant, map[arm.ID]string) {
	by := map[arm.ID]string{}
	var all []arm.Resource
	for _, x := range d.Expected {
		all = append(all, x.Resource)
		by[x.ID.Fold()] = x.By
	}
	t, _ := d.Tenant.With(all...) // its findings are of the design
	return t, by
}

// expect notes a resource that a tool makes, with what is known of it. Of all
// else that policies ask for it is not known whether it is there. The name is
// ours: the tool's is not known before.
func (d *designer) expect(by string, id arm.ID, pos diag.Pos, members arm.O) arm.ID {
	body := arm.New(append(arm.O{"id", id, "type", id.Type()}, members...))
	paths := []string{"name", "tags", "identity"}
	for _, a := range catalog.Aliases().OfType(id.Type()) {
		paths = append(paths, a.Path)
	}
	for _, path := range paths {
		body = opened(body, id, "", strings.Split(path, "."))
	}
	d.expected = append(d.expected, Expected{arm.Resource{ID: id, Body: body, Pos: pos}, by})
	return id
}

// opened gives a value of a resource with a reference in the place of the first
// member on a path that is not there.
func opened(v arm.Value, id arm.ID, above string, path []string) arm.Value {
	if len(path) == 0 || v.Kind() != arm.Object {
		return v
	}
	name, array := strings.CutSuffix(path[0], "[*]")
	at, member := above+name, v.Get(name)
	was := member
	switch {
	case !member.Exists():
		member = arm.New(arm.Ref{ID: id, Path: at})
	case array && member.Kind() == arm.Array:
		var items []arm.Value
		more := false
		for item := range member.Items() {
			items = append(items, opened(item, id, at+".", path[1:]))
			more = more || items[len(items)-1] != item
		}
		if more {
			member, _ = arm.ArrayOf(items)
		}
	default:
		member = opened(member, id, at+".", path[1:])
	}
	if member != was { // most paths lead through what is there
		v, _ = v.Set(member, name)
	}
	return v
}
