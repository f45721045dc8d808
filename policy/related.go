package policy

import (
	"cmp"
	"slices"
	"strings"

	"airfield/arm"
	"airfield/tenant"
)

// In gives the resources of a tenant that existence effects ask for. It
// remembers what lies in the resource group and the subscription it was asked
// about last, so each goroutine needs its own.
//
// A type below that of the resource is looked for in the resource, an extension
// of it there too, every other type in its resource group, or, with
// existenceScope, in its subscription:
// learn.microsoft.com/azure/governance/policy/concepts/effect-audit-if-not-exists
func In(t *tenant.Tenant) Related {
	x := &inventory{t: t, types: map[arm.Type]string{}}
	return x.related
}

type inventory struct {
	t            *tenant.Tenant
	group        contents
	subscription contents            // with all that lies in its groups
	direct       contents            // a subscription without that
	types        map[arm.Type]string // in lower case
}

// contents are the resources of one scope in the order of their ids, and which
// of them have a type, in lower case. A body is read when it is first wanted.
type contents struct {
	scope  arm.ID
	all    []arm.Resource
	types  []string // of all
	ofType map[string][]int32
}

func (x *inventory) related(q Query) (found []arm.Resource, why string) {
	for _, m := range x.t.Header().Missing {
		what, _, _ := strings.Cut(m.What, " at ")
		last := q.Type[strings.LastIndexByte(string(q.Type), '/')+1:]
		if strings.EqualFold(what, string(q.Type)) || strings.EqualFold(what, string(last)) || strings.HasPrefix(what, "/") && q.Of.ID.Under(arm.ID(what)) {
			why = "the snapshot lacks " + m.What + ": " + m.Why
		}
	}
	if q.Type == "" {
		return nil, "the type of the related resource is not known"
	}
	typ := x.fold(q.Type)
	if typ == resourceGroupType || typ == resourceGroupOfOld {
		return x.resourceGroup(q), why
	}
	if typ == subscriptionType {
		if r, ok := x.t.Get(q.Of.ID.SubscriptionID()); ok {
			return []arm.Resource{r}, why
		}
		return nil, "the subscription is not in the tenant"
	}
	of := q.Of.ID
	if c := x.around(q); extensions[typ] || within(typ, x.fold(of.Type())) {
		at, _ := slices.BinarySearchFunc(c.all, of, func(r arm.Resource, id arm.ID) int { return r.ID.Compare(id) })
		for i := at; i < len(c.all) && c.all[i].ID.Under(of); i++ {
			if c.types[i] == typ {
				found = x.take(found, &c.all[i], q)
			}
		}
	} else {
		for _, i := range c.ofType[typ] {
			found = x.take(found, &c.all[i], q)
		}
	}
	return found, why
}

func (x *inventory) resourceGroup(q Query) []arm.Resource {
	id := q.Of.ID.ResourceGroupID()
	if q.Name != "" {
		id = q.Of.ID.SubscriptionID().ResourceGroup(q.Name)
	}
	if r, ok := x.t.Get(id); ok {
		return []arm.Resource{r}
	}
	return nil
}

// around gives what lies where the related resource can be.
func (x *inventory) around(q Query) *contents {
	group, subscription := q.Of.ID.ResourceGroupID(), q.Of.ID.SubscriptionID()
	switch {
	case q.ResourceGroup != "":
		return x.group.of(x, subscription.ResourceGroup(q.ResourceGroup), false)
	case q.Subscription:
		return x.subscription.of(x, subscription, false)
	case group == "":
		return x.direct.of(x, cmp.Or(subscription, q.Of.ID), true)
	default:
		return x.group.of(x, group, false)
	}
}

// take adds a resource that has the name that is asked for.
func (x *inventory) take(found []arm.Resource, r *arm.Resource, q Query) []arm.Resource {
	if !named(r.ID, q) {
		return found
	}
	if !r.Body.Exists() {
		if full, ok := x.t.Get(r.ID); ok {
			*r = full
		}
	}
	return append(found, *r)
}

func (x *inventory) fold(t arm.Type) string {
	folded, ok := x.types[t]
	if !ok {
		folded = strings.ToLower(string(t))
		x.types[arm.Type(strings.Clone(string(t)))] = folded
	}
	return folded
}

// of gives what lies in a scope, read once as long as no other is asked for.
func (c *contents) of(x *inventory, scope arm.ID, direct bool) *contents {
	if c.ofType != nil && c.scope == scope {
		return c
	}
	if c.ofType == nil {
		c.ofType = map[string][]int32{}
	}
	for typ, list := range c.ofType {
		c.ofType[typ] = list[:0]
	}
	c.scope, c.all, c.types = scope, c.all[:0], c.types[:0]
	for id := range x.t.IDs(scope) {
		if direct && id.ResourceGroupID() != "" {
			continue
		}
		typ := x.fold(id.Type())
		c.ofType[typ] = append(c.ofType[typ], int32(len(c.all)))
		c.all, c.types = append(c.all, arm.Resource{ID: id}), append(c.types, typ)
	}
	return c
}

const resourceGroupOfOld = "microsoft.resources/subscriptions/resourcegroups"

func within(t, of string) bool {
	return len(t) > len(of) && t[:len(of)] == of && t[len(of)] == '/'
}

// extensions are types that built-in policies look for on the resource itself:
// learn.microsoft.com/azure/azure-resource-manager/management/extension-resource-types
var extensions = map[string]bool{
	"microsoft.insights/diagnosticsettings":                      true,
	"microsoft.insights/datacollectionruleassociations":          true,
	"microsoft.insights/vminsightsonboardingstatuses":            true,
	"microsoft.authorization/locks":                              true,
	"microsoft.authorization/roleassignments":                    true,
	"microsoft.authorization/policyassignments":                  true,
	"microsoft.authorization/policyexemptions":                   true,
	"microsoft.guestconfiguration/guestconfigurationassignments": true,
	"microsoft.maintenance/configurationassignments":             true,
	"microsoft.eventgrid/eventsubscriptions":                     true,
	"microsoft.security/advancedthreatprotectionsettings":        true,
	"microsoft.security/defenderforstoragesettings":              true,
	"microsoft.security/assessments":                             true,
	"microsoft.consumption/budgets":                              true,
	"microsoft.kubernetesconfiguration/extensions":               true,
	"microsoft.kubernetesconfiguration/fluxconfigurations":       true,
	"microsoft.automanage/configurationprofileassignments":       true,
	"microsoft.recoveryservices/backupprotecteditems":            true,
	"microsoft.policyinsights/attestations":                      true,
	"microsoft.policyinsights/remediations":                      true,
	"microsoft.changeanalysis/profile":                           true,
}

// named tells whether an id has the name that is asked for: that of the
// resource, or with those of its parents, the last of which may be "?".
func named(id arm.ID, q Query) bool {
	if q.Name == "" || id.Type().Equal(arm.ResourceGroupType) {
		return true
	}
	want := strings.Split(q.Name, "/")
	have := id.Names()
	if len(want) > len(have) {
		return false
	}
	have = have[len(have)-len(want):]
	for i := range want {
		if !strings.EqualFold(want[i], have[i]) && (i < len(want)-1 || want[i] != "?") {
			return false
		}
	}
	return true
}
