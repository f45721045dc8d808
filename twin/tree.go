package twin

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	"airfield/arm"
	"airfield/tenant"
)

// The tree of management groups is not in their ids. A group names its parent
// in properties.details.parent; a subscription lies in the one group G that has
// a resource managementGroups/G/subscriptions/S, as ARM itself shows it.

const placeType arm.Type = arm.ManagementGroupType + "/subscriptions"

// root is the management group that holds all others.
func (t *Twin) root() arm.ID { return arm.ManagementGroup(t.tenant) }

// plant makes the root, and gives every management group and subscription of
// the tenant that the twin begins with the form that ARM answers with: a
// snapshot may hold them as Azure Resource Graph writes them, or only name them.
func (t *Twin) plant(from *tenant.Tenant) {
	root, _ := t.store.get(t.root())
	if root.Get("properties", "displayName").Str() == "" {
		root.Body = arm.New(arm.O{"properties", arm.O{"displayName", "Tenant Root Group"}})
	}
	body, _ := takeManagementGroup(t, t.root(), root.Body)
	t.save(t.root(), body)
	if from != nil {
		t.grow(from, arm.Tenant, t.root())
	}
}

// grow plants what lies below a scope, into the management group above it.
func (t *Twin) grow(from *tenant.Tenant, below, above arm.ID) {
	for _, id := range from.Children(below) {
		r, _ := t.store.get(id)
		switch {
		case id.Equal(t.root()):
			t.grow(from, id, id)
		case id.Type().Equal(arm.ManagementGroupType):
			details := arm.New(arm.O{"parent", arm.O{"id", above}})
			body, _ := takeManagementGroup(t, id, with(r.Body, "details", details))
			t.save(id, body)
			t.grow(from, id, id)
		case strings.HasPrefix(id.Name(), "@"): // wanted, not made
		default:
			if r.Get("subscriptionId").Str() == "" {
				asked := with(arm.Value{}, "displayName", cmp.Or(r.Get("properties", "displayName").Str(), r.Get("name").Str()), "additionalProperties", arm.O{"tags", r.Get("tags")})
				t.store.put(t.subscription(id, asked.Get("properties")))
			}
			t.place(id, above)
		}
	}
}

// groupOf gives the management group that a subscription lies in.
func (t *Twin) groupOf(subscription arm.ID) arm.ID {
	for r := range t.store.under("/providers/Microsoft.Management") {
		if r.Type().Equal(placeType) && arm.EqualFold(r.ID.Name(), subscription.Name()) {
			return r.ID.Parent()
		}
	}
	return ""
}

// parentOf gives the management group above another, "" for the root.
func (t *Twin) parentOf(group arm.ID) arm.ID {
	r, _ := t.store.get(group)
	return arm.ID(r.Get("properties", "details", "parent", "id").Str())
}

// above gives the scopes over a scope, nearest first, the tenant last.
func (t *Twin) above(scope arm.ID) []arm.ID {
	var scopes []arm.ID
	for scope != arm.Tenant {
		switch typ := scope.Type(); {
		case typ.Equal(arm.SubscriptionType):
			scope = t.groupOf(scope)
		case typ.Equal(arm.ManagementGroupType):
			scope = t.parentOf(scope)
		default:
			scope = scope.Parent()
		}
		scope = cmp.Or(scope, arm.Tenant)
		scopes = append(scopes, scope)
	}
	return scopes
}

// place puts a subscription into a management group, and out of the one it
// was in.
func (t *Twin) place(subscription, group arm.ID) {
	if old := t.groupOf(subscription); old != "" {
		t.store.remove(old.Child("subscriptions", subscription.Name()))
	}
	id := group.Child("subscriptions", subscription.Name())
	t.store.put(arm.Resource{ID: id, Body: t.complete(id, arm.Value{}, t.placed(subscription, group))})
}

func (t *Twin) placed(subscription, group arm.ID) arm.Value {
	s, _ := t.store.get(subscription)
	return arm.New(arm.O{"tenant", t.tenant, "displayName", s.Get("displayName").Str(), "parent", arm.O{"id", group}, "state", "Active"})
}

func takePlace(t *Twin, id arm.ID, _ arm.Value) (arm.Value, *problem) {
	subscription := arm.Subscription(id.Name())
	if !t.store.has(subscription) {
		return arm.Value{}, notFound(subscription)
	}
	t.place(subscription, id.Parent())
	return arm.New(arm.O{"properties", t.placed(subscription, id.Parent())}), nil
}

// dropPlace puts the subscription back below the root: it has to lie somewhere.
func dropPlace(t *Twin, id arm.ID) *problem {
	if id.Parent().Equal(t.root()) {
		return fail(http.StatusBadRequest, "BadRequest", "The subscription '%s' lies in the root management group and cannot be taken out of it.", id.Name())
	}
	t.place(arm.Subscription(id.Name()), t.root())
	return nil
}

// maxLevels is how many management groups may lie in each other, without the
// root.
// learn.microsoft.com/azure/governance/management-groups/overview
const maxLevels = 6

// height counts the levels of a management group and those below it.
func (t *Twin) height(group arm.ID) int {
	most := 0
	for r := range t.store.under("/providers/Microsoft.Management") {
		if r.Type().Equal(arm.ManagementGroupType) && t.parentOf(r.ID).Equal(group) {
			most = max(most, t.height(r.ID))
		}
	}
	return most + 1
}

func takeManagementGroup(t *Twin, id arm.ID, sent arm.Value) (arm.Value, *problem) {
	parent := t.refer(sent.Get("properties", "details", "parent", "id"))
	switch {
	case id.Equal(t.root()):
		return with(sent, "tenantId", t.tenant, "details", arm.Value{}), nil
	case parent == "":
		parent = t.root()
	case !parent.Type().Equal(arm.ManagementGroupType) || !t.store.has(parent):
		return sent, fail(http.StatusNotFound, "ParentNotFound", "The parent management group '%s' could not be found.", parent)
	}
	if parent.Equal(id) || slices.ContainsFunc(t.above(parent), id.Equal) {
		return sent, fail(http.StatusBadRequest, "BadRequest", "The management group '%s' cannot lie below itself.", id.Name())
	}
	if !t.parentOf(id).Equal(parent) && len(t.above(parent))+t.height(id) > maxLevels+1 {
		return sent, fail(http.StatusBadRequest, "BadRequest", "The management group '%s' and those below it would lie more than %d levels below the root.", id.Name(), maxLevels)
	}
	name := cmp.Or(sent.Get("properties", "displayName").Str(), id.Name())
	above, _ := t.store.get(parent)
	return with(sent, "tenantId", t.tenant, "displayName", name, "details", arm.O{"version", 1, "parent", arm.O{
		"id", parent, "name", parent.Name(), "displayName", above.Get("properties", "displayName").Str()}}), nil
}

// dropManagementGroup keeps a group that still has something in it.
// learn.microsoft.com/rest/api/managementgroups/management-groups/delete
func dropManagementGroup(t *Twin, id arm.ID) *problem {
	if len(t.children(id, request{})) > 0 || id.Equal(t.root()) {
		return fail(http.StatusBadRequest, "BadRequest", "The management group '%s' cannot be deleted: it is the root or has management groups or subscriptions in it.", id.Name())
	}
	return nil
}

// showManagementGroup adds the children that the query asks for:
// $expand=children, $recurse=true, $filter=children.childType eq Subscription.
func showManagementGroup(t *Twin, q request, r arm.Resource) arm.Value {
	if !strings.Contains(strings.ToLower(q.param("$expand")), "children") {
		return r.Body
	}
	return with(r.Body, "children", t.children(r.ID, q))
}

func (t *Twin) children(group arm.ID, q request) arm.A {
	filter := strings.ToLower(strings.ReplaceAll(q.param("$filter"), "'", ""))
	recurse := arm.EqualFold(q.param("$recurse"), "true")
	children := arm.A{}
	for r := range t.store.under("/providers/Microsoft.Management") {
		switch typ := r.Type(); {
		case typ.Equal(placeType) && r.ID.Parent().Equal(group) && !strings.HasSuffix(filter, "ne subscription"):
			children = append(children, arm.O{"id", arm.Subscription(r.ID.Name()), "type", "/subscriptions", "name", r.ID.Name(), "displayName", r.Get("properties", "displayName").Str()})
		case typ.Equal(arm.ManagementGroupType) && t.parentOf(r.ID).Equal(group) && !strings.HasSuffix(filter, "eq subscription"):
			child := arm.O{"id", r.ID, "type", arm.ManagementGroupType, "name", r.ID.Name(), "displayName", r.Get("properties", "displayName").Str()}
			if recurse {
				child = append(child, "children", t.children(r.ID, q))
			}
			children = append(children, child)
		}
	}
	return children
}
