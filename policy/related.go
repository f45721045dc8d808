package policy

import (
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
	resource     contents // what lies in the last resource that was asked for
	group        contents
	subscription contents
	types        map[arm.Type]string // in lower case
}

// contents are the resources of one scope, by type in lower case. A body is
// read when it is first wanted.
type contents struct {
	scope  arm.ID
	direct bool // without what lies in resource groups
	read   bool
	all    map[string][]arm.Resource
}

func (x *inventory) related(q Query) (found []arm.Resource, why string) {
	for _, m := range x.t.Header().Missing {
		if strings.Contains(strings.ToLower(m.What), strings.ToLower(string(q.Type))) {
			why = "the snapshot lacks " + m.What + ": " + m.Why
		}
	}
	if q.Type == "" {
		return nil, "the type of the related resource is not known"
	}
	candidates := x.candidates(q)
	for i := range candidates {
		r := &candidates[i]
		if !named(r.ID, q) {
			continue
		}
		if !r.Body.Exists() {
			if full, ok := x.t.Get(r.ID); ok {
				*r = full
			}
		}
		found = append(found, *r)
	}
	return found, why
}

// candidates gives the resources of the type, where they can be.
func (x *inventory) candidates(q Query) []arm.Resource {
	of, typ := q.Of.ID, x.fold(q.Type)
	if typ == resourceGroupType || typ == resourceGroupOfOld {
		id := of.ResourceGroupID()
		if q.Name != "" {
			id = of.SubscriptionID().ResourceGroup(q.Name)
		}
		r, _ := x.t.Get(id)
		return []arm.Resource{r}
	}
	if extensions[typ] || within(typ, x.fold(of.Type())) {
		return x.resource.of(x, of, false)[typ]
	}
	switch group := of.ResourceGroupID(); {
	case q.ResourceGroup != "":
		return x.group.of(x, of.SubscriptionID().ResourceGroup(q.ResourceGroup), false)[typ]
	case group == "":
		return x.subscription.of(x, of.SubscriptionID(), !q.Subscription)[typ]
	case q.Subscription:
		return x.subscription.of(x, of.SubscriptionID(), false)[typ]
	default:
		return x.group.of(x, group, false)[typ]
	}
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
func (c *contents) of(x *inventory, scope arm.ID, direct bool) map[string][]arm.Resource {
	if c.read && c.direct == direct && c.scope == scope {
		return c.all
	}
	if c.all == nil {
		c.all = map[string][]arm.Resource{}
	}
	clear(c.all)
	c.scope, c.direct, c.read = scope, direct, true
	for id := range x.t.IDs(scope) {
		if direct && id.ResourceGroupID() != "" {
			continue
		}
		typ := x.fold(id.Type())
		c.all[typ] = append(c.all[typ], arm.Resource{ID: id})
	}
	return c.all
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
