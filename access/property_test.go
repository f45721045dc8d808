package access

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"airfield/arm"
	"airfield/tenant"
)

// The worlds that random tenants are made of.
var (
	scopes     = []arm.ID{"/", "/providers/Microsoft.Management/managementGroups/mg", "/subscriptions/s", "/subscriptions/s/resourceGroups/rg", "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/v"}
	principals = []string{"p", "q", "g1", "g2", "dark"}
	patterns   = []string{"*", "*/read", "Microsoft.Network/*", "Microsoft.Network/*/write", "Microsoft.Network/virtualNetworks/write", "Microsoft.Compute/*"}
	asked      = []string{"Microsoft.Network/virtualNetworks/write", "Microsoft.Network/virtualNetworks/read", "Microsoft.Network/virtualNetworks/subnets/join/action"}
	conditions = []string{"", "", "", "!(ActionMatches{'Microsoft.Network/*/write'}) OR @Request[x:y] StringEquals 'z'", "ActionMatches{'*/read'}"}
)

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

// some gives a role assignment or a deny assignment at random.
func some(r *rand.Rand, n int, deny bool) arm.Resource {
	scope := pick(r, scopes)
	kind := func(p string) string { return map[bool]string{true: "User", false: "Group"}[len(p) == 1] }
	p := pick(r, principals)
	if deny {
		x := pick(r, principals)
		return arm.Resource{ID: scope.Resource("Microsoft.Authorization/denyAssignments", fmt.Sprint("d", n)), Body: arm.New(arm.O{"properties", arm.O{
			"principals", arm.A{arm.O{"id", p, "type", kind(p)}}, "excludePrincipals", arm.A{arm.O{"id", x, "type", kind(x)}},
			"doNotApplyToChildScopes", r.IntN(4) == 0, "condition", pick(r, conditions),
			"permissions", arm.A{arm.O{"actions", arm.A{pick(r, patterns)}, "notActions", arm.A{pick(r, patterns)}}}}})}
	}
	return arm.Resource{ID: scope.Resource("Microsoft.Authorization/roleAssignments", fmt.Sprint("a", n)), Body: arm.New(arm.O{"properties", arm.O{
		"principalId", p, "principalType", kind(p), "condition", pick(r, conditions),
		"roleDefinitionId", fmt.Sprint("/providers/Microsoft.Authorization/roleDefinitions/r", r.IntN(5))}})}
}

// world gives a tenant with groups and roles: role r4 and the members of group
// dark are not known.
func world(r *rand.Rand, resources ...arm.Resource) *tenant.Tenant {
	var b tenant.Builder
	add := func(id arm.ID, properties arm.O) {
		b.Add(arm.Resource{ID: id, Body: arm.New(arm.O{"properties", properties})})
	}
	add("/providers/Microsoft.Graph/groups/g1", arm.O{"members", arm.A{"p", "g2"}})
	add("/providers/Microsoft.Graph/groups/g2", arm.O{"members", arm.A{"q", "g1"}})
	add("/providers/Microsoft.Management/managementGroups/mg", arm.O{})
	add("/providers/Microsoft.Management/managementGroups/mg/subscriptions/s", arm.O{})
	add("/providers/Microsoft.Authorization/roleAssignments/some", arm.O{"principalId", "x", "principalType", "User", "roleDefinitionId", "r0"}) // a tenant without any is one that was not read
	for i := range 4 {
		add(arm.ID(fmt.Sprint("/providers/Microsoft.Authorization/roleDefinitions/r", i)), arm.O{"permissions", arm.A{
			arm.O{"actions", arm.A{pick(r, patterns)}, "notActions", arm.A{pick(r, patterns)}}, arm.O{"actions", arm.A{pick(r, patterns)}, "condition", pick(r, conditions)}}})
	}
	for _, x := range resources {
		b.Add(x)
	}
	t, _ := b.Tenant()
	return t
}

// TestMoreAllowsMore shows that another role assignment never takes access, and
// another deny assignment never gives any; and that what is not known stays
// between what it is with the facts one way and the other.
func TestMoreAllowsMore(t *testing.T) {
	for seed := range uint64(1000) {
		r := rand.New(rand.NewPCG(seed, 1))
		var all []arm.Resource
		for n := range 1 + r.IntN(6) {
			all = append(all, some(r, n, r.IntN(3) == 0))
		}
		before := world(rand.New(rand.NewPCG(seed, 2)), all...)
		allowed, _ := before.With(some(r, 100, false))
		denied, _ := before.With(some(r, 101, true))
		group := arm.Resource{ID: "/providers/Microsoft.Graph/groups/dark", Body: arm.New(arm.O{"properties", arm.O{"members", arm.A{}}})}
		empty, _ := before.With(group)
		group.Body = arm.New(arm.O{"properties", arm.O{"members", arm.A{"p", "q"}}})
		full, _ := before.With(group)
		q := Question{Principal: pick(r, principals[:2]), Action: pick(r, asked), Plane: Control, Scope: pick(r, scopes)}
		can := func(x *tenant.Tenant) Decision { a, _ := New(x, now); return a.Can(q).Decision }
		have := can(before)
		if more := can(allowed); rank(more) < rank(have) {
			t.Errorf("seed %d: %v, and with another role assignment %v", seed, have, more)
		}
		if less := can(denied); rank(less) > rank(have) {
			t.Errorf("seed %d: %v, and with another deny assignment %v", seed, have, less)
		}
		one, other := can(empty), can(full)
		if have != Unknown && (one != have || other != have) && !(have == Conditional && max(one, other) == Yes) {
			t.Errorf("seed %d: %v, and with the members of a group known %v or %v", seed, have, one, other)
		}
	}
}

// rank orders decisions by access alone: a condition and a doubt may be either.
func rank(d Decision) int { return [...]int{No: 0, Unknown: 1, Conditional: 1, Yes: 2}[d] }

// TestWhoAgreesWithCan shows that who can do something is told by both.
func TestWhoAgreesWithCan(t *testing.T) {
	for seed := range uint64(500) {
		r := rand.New(rand.NewPCG(seed, 3))
		var all []arm.Resource
		for n := range 1 + r.IntN(6) {
			all = append(all, some(r, n, r.IntN(3) == 0))
		}
		a, _ := New(world(r, all...), now)
		q := Question{Action: pick(r, asked), Plane: Control, Scope: pick(r, scopes)}
		who := a.Who(q)
		for _, p := range principals {
			q.Principal = p
			is := slices.ContainsFunc(who, func(h Holder) bool { return strings.EqualFold(h.ID, p) })
			if x := a.Can(q); (x.Decision >= Conditional) != is && (x.Decision != Unknown) {
				t.Errorf("seed %d: %s %v, and among them: %v", seed, p, x.Decision, is)
			}
		}
	}
}
