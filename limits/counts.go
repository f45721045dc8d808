package limits

import (
	"fmt"
	"strings"

	"airfield/arm"
	"airfield/catalog"
	"airfield/diag"
)

// The types that are counted and that no rule is about.
const (
	circuits         arm.Type = "Microsoft.Network/expressRouteCircuits"
	galleries        arm.Type = "Microsoft.Compute/galleries"
	policyExemptions arm.Type = "Microsoft.Authorization/policyExemptions"
	policySets       arm.Type = "Microsoft.Authorization/policySetDefinitions"
)

// counted are the limits on numbers of resources that a tenant's contents show:
// a row of catalog/data/limits.csv, the type, and the group within which it
// counts, which has no scope where the limit does not hold for the resource.
var counted = []struct {
	limit string
	typ   arm.Type
	group func(*plan, arm.Resource) group
	held  string // the member of the parent's properties that lists them too
}{
	{"mgs-per-tenant", arm.ManagementGroupType, inTenant, ""},
	{"policy-sets-per-tenant", policySets, inTenant, ""},
	{"resource-groups-per-subscription", arm.ResourceGroupType, inSubscription, ""},
	{"role-assignments-per-subscription", roleAssignments, inSubscription, ""},
	{"role-assignments-per-mg", roleAssignments, atManagementGroup, ""},
	{"policy-assignments-per-scope", policyAssignments, atScope, ""},
	{"policy-definitions-per-scope", policyDefinitions, atScope, ""},
	{"policy-sets-per-scope", policySets, atScope, ""},
	{"policy-exemptions-per-scope", policyExemptions, atScope, ""},
	{"locks-per-scope", locks, atScope, ""},
	{"vnet-peerings", peerings, inParent, "virtualNetworkPeerings"},
	{"er-circuits-per-subscription", circuits, inSubscription, ""},
	{"er-circuits-per-region", circuits, inRegion, ""},
	{"galleries-per-region", galleries, inRegion, ""},
	{"storage-accounts-per-region", storageAccounts, inRegion, ""},
	{"vms-per-region", virtualMachines, inRegion, ""},
}

// A group is what resources count in together: a scope, whose id is folded, or a
// region of it.
type group struct {
	scope  arm.ID
	region string
}

func inTenant(*plan, arm.Resource) group { return group{scope: arm.Tenant} }
func inSubscription(_ *plan, r arm.Resource) group {
	return group{scope: r.ID.SubscriptionID().Fold()}
}
func inGroup(_ *plan, r arm.Resource) group  { return group{scope: r.ID.ResourceGroupID().Fold()} }
func atScope(_ *plan, r arm.Resource) group  { return group{scope: r.ID.Scope().Fold()} }
func inParent(_ *plan, r arm.Resource) group { return group{scope: r.ID.Parent().Fold()} }

func atManagementGroup(p *plan, r arm.Resource) group {
	if !arm.ManagementGroupType.Equal(r.ID.Scope().Type()) {
		return group{}
	}
	return atScope(p, r)
}

// inRegion reads the resource where only its id is given, unless nothing is
// wanted in its subscription.
func inRegion(p *plan, r arm.Resource) group {
	s := r.ID.SubscriptionID().Fold()
	if !p.subscriptions[s] {
		return group{}
	}
	if !r.Body.Exists() {
		r, _ = p.have.Get(r.ID)
	}
	return group{s, regionOf(r.Location())}
}

// counts holds how many resources there will be against the limits on them: the
// catalog's, and those that the lists of usages give for the subscription.
func counts(p *plan) {
	for _, c := range counted {
		l, ok := catalog.LimitOf(c.limit)
		if !ok {
			panic("limits: the catalog has no limit " + c.limit)
		}
		fresh, order := p.fresh(p.ours[strings.ToLower(string(c.typ))], c.group)
		if len(order) == 0 {
			continue
		}
		there := map[group]int64{}
		for id := range p.have.IDsOf(c.typ) {
			there[c.group(p, arm.Resource{ID: id})]++
		}
		for _, g := range order {
			if parent, ok := p.have.Get(g.scope); ok && c.held != "" {
				there[g] = max(there[g], int64(parent.Get("properties", c.held).Len()))
			}
			_, name, _ := strings.Cut(string(c.typ), "/")
			if _, _, said := p.usage(place{g.scope, g.region}, c.typ.Namespace(), name); !said {
				p.tooMany(l, g, fresh[g], there[g])
			}
		}
	}
	p.perGroup()
	p.perUsage()
}

// fresh gives the resources that are not there yet, by group, and the groups in
// order.
func (p *plan) fresh(all []arm.Resource, of func(*plan, arm.Resource) group) (fresh map[group][]arm.Resource, order []group) {
	fresh = map[group][]arm.Resource{}
	for _, r := range all {
		g := of(p, r)
		if g.scope == "" || p.have.Has(r.ID) {
			continue
		}
		if fresh[g] == nil {
			order = append(order, g)
		}
		fresh[g] = append(fresh[g], r)
	}
	return fresh, order
}

// tooMany says that a limit is exceeded. One that can be raised, or that no
// document confirms, is no certain stop.
func (p *plan) tooMany(l catalog.Limit, g group, fresh []arm.Resource, there int64) {
	n := int64(len(fresh))
	if n+there <= l.Max {
		return
	}
	b, severity := Block{At: g.scope, Sum: sumOf(l.Key, g, fresh, there, l.Max)}, diag.Error
	switch raised, ok := catalog.LimitOf(l.Key + "-raised"); {
	case ok && n+there <= raised.Max:
		b.Because = fmt.Sprintf("the limit can be raised to %d, and the snapshot does not say whether it was", raised.Max)
		severity = diag.Warning
	case !l.Confirmed:
		b.Because = "no document that was read confirms the limit"
		severity = diag.Warning
	}
	p.add(fresh[0], b, severity, "limits/count", "wanted %d more, found %d, and at most %d are allowed: %s", n, there, l.Max, l.Item)
}

func sumOf(name string, g group, fresh []arm.Resource, there, limit int64) *Sum {
	s := &Sum{Scope: g.scope, Region: g.region, Name: name, Wanted: int64(len(fresh)), Used: there, Limit: limit}
	for _, r := range fresh {
		s.Of = append(s.Of, r.ID)
	}
	return s
}

// perGroup counts the resources of one type in a resource group.
func (p *plan) perGroup() {
	l, _ := catalog.LimitOf("resources-per-group-and-type")
	var buf [128]byte
	for _, t := range p.types() {
		if strings.Count(t, "/") != 1 || strings.HasPrefix(t, "microsoft.authorization/") {
			continue // a child, or an extension
		}
		fresh, order := p.fresh(p.ours[t], inGroup)
		for _, g := range order {
			var there int64
			for id := range p.have.IDs(g.scope) {
				if string(id.AppendType(buf[:0])) == t {
					there++
				}
			}
			if n := int64(len(fresh[g])); n+there > l.Max {
				b := Block{At: g.scope, Because: "some types are exempt, and the catalog does not know which", Sum: sumOf(l.Key, g, fresh[g], there, l.Max)}
				p.add(fresh[g][0], b, diag.Warning, "limits/count", "wanted %d more, found %d, and at most %d are allowed: %s", n, there, l.Max, l.Item)
			}
		}
	}
}

// perUsage counts the resources of one type in a region against the line that a
// list of usages has for the type: VirtualNetworks, StorageAccounts.
func (p *plan) perUsage() {
	for _, t := range p.types() {
		namespace, name, _ := strings.Cut(t, "/")
		if strings.Contains(name, "/") {
			continue
		}
		fresh, order := p.fresh(p.ours[t], inRegion)
		for _, g := range order {
			if g.region == "" {
				continue
			}
			q, at, ok := p.usage(place{g.scope, g.region}, namespace, name)
			if n := int64(len(fresh[g])); ok && n > q.free() {
				b := Block{At: at, Sum: sumOf(name, g, fresh[g], q.used, q.limit)}
				p.add(fresh[g][0], b, diag.Error, "limits/count", "wanted %d more in %s, found %d of %d in use", n, g.region, q.used, q.limit)
			}
		}
	}
}

// usage gives a line of a provider's list of usages.
func (p *plan) usage(at place, namespace, name string) (q quoted, id arm.ID, ok bool) {
	for r := range p.have.Range(at.at(namespace, "usages")) {
		for u := range items(r.Get("properties", "value")) {
			if is(u.Get("name", "value"), name) {
				used, counted := number(u.Get("currentValue"))
				limit, limited := number(u.Get("limit"))
				return quoted{used, limit}, r.ID, counted && limited
			}
		}
	}
	return quoted{}, "", false
}
