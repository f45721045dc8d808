package twin

import (
	"net/http"
	"strings"

	"airfield/arm"
)

// Some children are in two places: a subnet is a resource of its own and an
// item of its virtual network's properties.subnets. Whichever is written, spread
// and gather write the other, so that reading has nothing to put together.

// named refuses an array of children whose names could not be told apart in
// ids.
func named(items arm.Value) *problem {
	seen := map[string]bool{}
	for item := range items.Items() {
		name := strings.ToLower(item.Get("name").Str())
		if name == "" || strings.Contains(name, "/") || name == "providers" || seen[name] {
			return fail(http.StatusBadRequest, "InvalidRequestFormat", "Cannot parse the request: the child '%s' has no name, or one that is taken or cannot be part of an id.", name)
		}
		seen[name] = true
	}
	return nil
}

// spread stores the children that a parent's properties hold, and forgets
// those they no longer do. It gives the properties with the children as they
// are now. Properties without the array leave the children as they are, as
// virtual networks do since 2024:
// techcommunity.microsoft.com/blog/azurenetworkingblog/azure-virtual-network-now-supports-updates-without-subnet-property/4067952
func (t *Twin) spread(parent arm.ID, kind string, properties arm.Value) arm.Value {
	sent := properties.Get(kind)
	if sent.Kind() != arm.Array {
		old, _ := t.store.get(parent)
		sent = old.Get("properties", kind)
	}
	items, kept := arm.A{}, map[arm.ID]bool{}
	for item := range sent.Items() {
		id := t.respell(parent.Child(kind, item.Get("name").Str()))
		r := arm.Resource{ID: id, Body: t.complete(id, item, item.Get("properties"))}
		t.store.put(r)
		kept[id.Fold()] = true
		items = append(items, r.Body)
	}
	for _, r := range t.store.children(parent, kind) {
		if !kept[r.ID.Fold()] {
			t.store.remove(r.ID)
		}
	}
	return with(arm.New(arm.O{"properties", properties}), kind, items).Get("properties")
}

// gather writes a child that was stored or removed into its parent's
// properties, where they hold such children.
func (t *Twin) gather(id arm.ID) {
	parent, found := t.store.get(id.Parent())
	if !found {
		return
	}
	for _, kind := range t.serviceOf(parent.Type()).within {
		if !id.Equal(parent.ID.Child(kind, id.Name())) {
			continue
		}
		items := arm.A{}
		for item := range parent.Get("properties", kind).Items() {
			if r, kept := t.store.get(parent.ID.Child(kind, item.Get("name").Str())); kept {
				items = append(items, r.Body)
			}
		}
		if r, kept := t.store.get(id); kept && !holds(parent.Get("properties", kind), id.Name()) {
			items = append(items, r.Body)
		}
		parent.Body = with(parent.Body, kind, items)
		t.store.put(parent)
	}
}

func holds(items arm.Value, name string) bool {
	for item := range items.Items() {
		if arm.EqualFold(item.Get("name").Str(), name) {
			return true
		}
	}
	return false
}

// settle makes a resource that the twin begins with whole: a snapshot may hold
// the children in one of their two places only, and not those that come by
// themselves.
func (t *Twin) settle(r arm.Resource) {
	service := t.serviceOf(r.Type())
	for _, kind := range service.within {
		for item := range r.Get("properties", kind).Items() {
			id := r.ID.Child(kind, item.Get("name").Str())
			if _, err := arm.ParseID(string(id)); err == nil && !t.store.has(id) {
				t.store.put(arm.Resource{ID: id, Body: t.complete(id, item, item.Get("properties"))})
			}
		}
		for _, child := range t.store.children(r.ID, kind) {
			t.gather(child.ID)
		}
	}
	t.accompany(r.ID)
}

// accompany stores the children that come with a resource.
func (t *Twin) accompany(id arm.ID) {
	for _, child := range t.serviceOf(id.Type()).comes {
		if child := id + arm.ID("/"+child); !t.store.has(child) {
			t.save(child, arm.New(arm.O{}))
		}
	}
}
