package policy

import (
	"cmp"
	"slices"
	"sort"
	"strings"

	"airfield/arm"
	"airfield/tenant"
)

// In gives the resources of a tenant that existence effects ask for; what it
// gives is good until it is asked again. It remembers the subscription and the
// resource group it was asked about last, so each goroutine needs its own.
//
// A type below that of the resource is looked for in the resource, an extension
// of it there too, every other type in its resource group, or, with
// existenceScope, in its subscription:
// learn.microsoft.com/azure/governance/policy/concepts/effect-audit-if-not-exists
func In(t *tenant.Tenant) Related {
	x := &inventory{t: t, folded: map[arm.Type]string{}, ofType: map[string][]int{}, bodies: map[int]arm.Resource{}}
	return x.related
}

// inventory is what lies where it was last asked about, by positions in the
// tenant.
type inventory struct {
	t      *tenant.Tenant
	folded map[arm.Type]string // types, in lower case

	scope  arm.ID // a subscription; the resource itself where it lies in none
	all    span
	types  []string         // of all, in lower case
	ofType map[string][]int // positions, in order

	group  arm.ID
	inside span
	of     arm.ID // the resource
	in     span
	below  span // of, and what lies in it, as far as it is in

	bodies map[int]arm.Resource // that were read since the group changed
	spare  []*arm.Indexer       // to read them with; the first len(bodies) are in use
	found  []arm.Resource
}

// span is a range of positions.
type span struct{ from, to int }

func (x *inventory) related(q Query) (found []arm.Resource, why string) {
	for _, m := range x.t.Header().Missing {
		what, _, _ := strings.Cut(m.What, " at ")
		last := q.Type[strings.LastIndexByte(string(q.Type), '/')+1:]
		if x.fold(q.Type) == strings.ToLower(what) || within(x.fold(q.Type), strings.ToLower(what)) || strings.EqualFold(what, string(last)) || strings.HasPrefix(what, "/") && q.Of.ID.Under(arm.ID(what)) {
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
	subscription := q.Of.ID.SubscriptionID()
	if typ == subscriptionType {
		if r, ok := x.t.Get(subscription); ok {
			return []arm.Resource{r}, why
		}
		return nil, "the subscription is not in the tenant"
	}
	x.enter(cmp.Or(subscription, q.Of.ID))
	where, direct := x.around(q)
	x.found = x.found[:0]
	if extensions[typ] || within(typ, x.fold(q.Of.ID.Type())) {
		if x.of != q.Of.ID || x.in != where {
			x.of, x.in, x.below = q.Of.ID, where, x.search(where, q.Of.ID)
		}
		for at := x.below.from; at < x.below.to; at++ {
			if x.types[at-x.all.from] == typ {
				x.take(at, q, direct)
			}
		}
		return x.found, why
	}
	list := x.ofType[typ]
	for i, _ := slices.BinarySearch(list, where.from); i < len(list) && list[i] < where.to; i++ {
		if id := x.t.ID(list[i]); id.Under(q.Of.ID) || !extends(id) {
			x.take(list[i], q, direct)
		}
	}
	return x.found, why
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

// enter lists what lies in a scope, unless it did so last.
func (x *inventory) enter(scope arm.ID) {
	if x.scope == scope {
		return
	}
	x.scope, x.group, x.of, x.types = scope, "", "", x.types[:0]
	clear(x.bodies)
	for typ, list := range x.ofType {
		x.ofType[typ] = list[:0]
	}
	x.all.from, x.all.to = x.t.Span(scope)
	for at := x.all.from; at < x.all.to; at++ {
		typ := x.fold(x.t.ID(at).Type())
		x.types, x.ofType[typ] = append(x.types, typ), append(x.ofType[typ], at)
	}
}

// around gives where the related resource can be, and whether only what lies in
// no resource group counts.
func (x *inventory) around(q Query) (where span, direct bool) {
	group := q.Of.ID.ResourceGroupID()
	switch {
	case q.ResourceGroup != "":
		return x.search(x.all, x.scope.ResourceGroup(q.ResourceGroup)), false
	case q.Subscription:
		return x.all, false
	case group == "":
		return x.all, true
	}
	if x.group != group {
		x.group, x.inside = group, x.search(x.all, group)
		clear(x.bodies)
	}
	return x.inside, false
}

// search gives where a scope is in a span, with what lies in it.
func (x *inventory) search(in span, scope arm.ID) span {
	first := in.from + sort.Search(in.to-in.from, func(i int) bool { return x.t.ID(in.from+i).Compare(scope) >= 0 })
	behind := first
	for behind < in.to && x.t.ID(behind).Under(scope) {
		behind++
	}
	return span{first, behind}
}

// take adds the resource at a position to those found if it has the name that
// is asked for.
func (x *inventory) take(at int, q Query, direct bool) {
	id := x.t.ID(at)
	if direct && id.ResourceGroupID() != "" || !named(id, q) {
		return
	}
	r, read := x.bodies[at]
	if !read {
		if len(x.bodies) == len(x.spare) {
			x.spare = append(x.spare, new(arm.Indexer))
		}
		r = x.t.At(at, x.spare[len(x.bodies)])
		x.bodies[at] = r
	}
	x.found = append(x.found, r)
}

// fold gives a type in lower case.
func (x *inventory) fold(t arm.Type) string {
	folded, known := x.folded[t]
	if !known {
		folded = strings.ToLower(string(t))
		x.folded[arm.Type(strings.Clone(string(t)))] = folded
	}
	return folded
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

// extends tells whether an id is that of an extension of a resource.
func extends(id arm.ID) bool {
	scope := id.Scope()
	return scope != id.SubscriptionID() && scope != id.ResourceGroupID()
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
