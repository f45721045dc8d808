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
	x := &inventory{t: t}
	return x.related
}

type inventory struct {
	t            *tenant.Tenant
	group        contents
	subscription contents
}

// contents are the ids that lie in one scope, by type in lower case.
type contents struct {
	scope  arm.ID
	ids    map[string][]arm.ID
	direct bool // without what lies in resource groups
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
	for _, id := range x.candidates(q) {
		if named(id, q) {
			if r, ok := x.t.Get(id); ok {
				found = append(found, r)
			}
		}
	}
	return found, why
}

// candidates gives the ids of the type, where they can be.
func (x *inventory) candidates(q Query) []arm.ID {
	of := q.Of.ID
	if q.Type.Equal(arm.ResourceGroupType) || strings.EqualFold(string(q.Type), resourceGroupOfOld) {
		name := q.Name
		if name == "" {
			return []arm.ID{of.ResourceGroupID()}
		}
		return []arm.ID{of.SubscriptionID().ResourceGroup(name)}
	}
	if t := strings.ToLower(string(q.Type)); within(t, strings.ToLower(string(of.Type()))) || extensions[t] {
		return x.below(of, t)
	}
	key := strings.ToLower(string(q.Type))
	switch group := of.ResourceGroupID(); {
	case q.ResourceGroup != "":
		return x.group.of(x.t, of.SubscriptionID().ResourceGroup(q.ResourceGroup), false)[key]
	case group == "":
		return x.subscription.of(x.t, of.SubscriptionID(), !q.Subscription)[key]
	case q.Subscription:
		return x.subscription.of(x.t, of.SubscriptionID(), false)[key]
	default:
		return x.group.of(x.t, group, false)[key]
	}
}

const resourceGroupOfOld = "Microsoft.Resources/subscriptions/resourceGroups"

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

func (x *inventory) below(scope arm.ID, typ string) []arm.ID {
	var found []arm.ID
	for id := range x.t.IDs(scope) {
		if strings.EqualFold(string(id.Type()), typ) {
			found = append(found, id)
		}
	}
	return found
}

// of gives what lies in a scope, read once as long as no other is asked for.
func (c *contents) of(t *tenant.Tenant, scope arm.ID, direct bool) map[string][]arm.ID {
	if c.ids != nil && c.direct == direct && c.scope.Equal(scope) {
		return c.ids
	}
	*c = contents{scope, map[string][]arm.ID{}, direct}
	for id := range t.IDs(scope) {
		if direct && id.ResourceGroupID() != "" {
			continue
		}
		typ := strings.ToLower(string(id.Type()))
		c.ids[typ] = append(c.ids[typ], id)
	}
	return c.ids
}

// named tells whether an id has the name that is asked for: that of the
// resource, or with those of its parents, the last of which may be "?".
func named(id arm.ID, q Query) bool {
	if q.Name == "" || q.Type.Equal(arm.ResourceGroupType) || strings.EqualFold(string(q.Type), resourceGroupOfOld) {
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
