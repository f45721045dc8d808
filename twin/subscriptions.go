package twin

import (
	"cmp"
	"net/http"

	"airfield/arm"
)

// takeAlias makes the subscription that an alias asks for, or adopts the one
// that it names, and puts a new one where the alias says.
// learn.microsoft.com/rest/api/subscription/alias/create
func takeAlias(t *Twin, id arm.ID, sent arm.Value) (arm.Value, *problem) {
	asked := sent.Get("properties")
	name := asked.Get("subscriptionId").Str()
	group := t.refer(asked.Get("additionalProperties", "managementGroupId"))
	switch {
	case group == "":
		group = t.root()
	case !group.Type().Equal(arm.ManagementGroupType) || !t.store.has(group):
		return sent, notFound(group)
	}
	if name == "" {
		old, _ := t.store.get(id)
		if name = old.Get("properties", "subscriptionId").Str(); name == "" {
			name = guid("subscription", id.Name())
		}
	} else if !t.store.has(arm.Subscription(name)) {
		return sent, notFound(arm.Subscription(name))
	}
	if s := arm.Subscription(name); !t.store.has(s) {
		t.store.put(t.subscription(s, asked))
		t.place(s, group)
	}
	s, _ := t.store.get(arm.Subscription(name))
	return with(sent, "subscriptionId", name, "displayName", s.Get("displayName").Str(), "acceptOwnershipState", "Completed"), nil
}

func (t *Twin) subscription(id arm.ID, asked arm.Value) arm.Resource {
	return arm.Resource{ID: id, Body: arm.New(arm.O{
		"id", id,
		"subscriptionId", id.Name(),
		"tenantId", t.tenant,
		"displayName", cmp.Or(asked.Get("displayName").Str(), id.Name()),
		"state", "Enabled",
		"tags", asked.Get("additionalProperties", "tags"),
		"subscriptionPolicies", arm.O{"locationPlacementId", "Public_2014-09-01", "quotaId", "EnterpriseAgreement_2014-09-01", "spendingLimit", "Off"},
		"authorizationSource", "RoleBased",
	})}
}

// serveTenant answers at the root of all paths, where ARM has nothing.
func serveTenant(_ *Twin, _ request, _ arm.ID) reply {
	return fail(http.StatusNotFound, "NotFound", "There is no resource at '/'.").reply()
}

// serveSubscription answers for subscriptions, which are made by aliases and
// not by PUT.
func serveSubscription(t *Twin, q request, id arm.ID) reply {
	if q.verb == http.MethodGet || q.verb == http.MethodHead {
		return t.read(q, id)
	}
	return notAllowed(q.verb)
}
