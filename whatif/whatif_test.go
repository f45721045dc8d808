package whatif_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"airfield/arm"
	"airfield/change"
	"airfield/policy"
	"airfield/tenant"
	"airfield/tenant/tenanttest"
	"airfield/whatif"
)

var day = time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)

func options() whatif.Options {
	return whatif.Options{Policy: policy.Options{Now: day}, Side: func(n int, do func(int)) {
		for i := range n {
			do(i)
		}
	}}
}

// TestCompareByChance holds comparisons of tenants by chance to what engines of
// the whole tenant say of every resource, before and after.
func TestCompareByChance(t *testing.T) {
	tenants := 400
	if testing.Short() {
		tenants = 120
	}
	kinds := map[string]int{}
	for seed := range tenants {
		c := &chance{rand.New(rand.NewPCG(uint64(seed), 11)), t, held(t, tenanttest.Generate(uint64(seed), tenanttest.Options{}))}
		all := []change.Change{c.change()}
		if seed%3 == 0 {
			c.have, _ = change.Apply(c.have, all...)
			all = append(all, c.change())
			c.have = held(t, tenanttest.Generate(uint64(seed), tenanttest.Options{}))
		}
		a := whatif.Compare(c.have, all, options())
		after, _ := change.Apply(c.have, all...)
		h := holder{t: t, what: fmt.Sprintf("tenant %d: %s", seed, all[len(all)-1].Title), effects: map[string]bool{}}
		for _, e := range a.Effects {
			kinds[e.Kind.String()]++
			h.effects[e.Kind.String()+" "+at(e.Resource)] = true
			h.effects[e.Kind.String()+" "+at(e.Resource)+" "+key(e.Assigned)] = true
		}
		h.resources(newSide(c.have), newSide(after))
		h.holds(a, c.have, after)
		if t.Failed() {
			return
		}
		kinds["holds"] += len(a.Holds)
	}
	t.Log(kinds)
	for _, k := range []string{"denied", "let through", "non-compliant", "cleared", "written", "holds"} {
		if kinds[k] == 0 {
			t.Errorf("chance made no effect %q", k)
		}
	}
}

// held gives a tenant with a lock and a role assignment at every management
// group and a few other scopes.
func held(t *testing.T, have *tenant.Tenant) *tenant.Tenant {
	t.Helper()
	var put []arm.Resource
	for r := range have.All() {
		if typ := r.Type(); typ.Equal(arm.ManagementGroupType) || typ.Equal(arm.SubscriptionType) {
			put = append(put, tenanttest.Resource(r.ID.Resource("Microsoft.Authorization/locks", "lock"), "properties", arm.O{"level", "CanNotDelete"}),
				tenanttest.Resource(r.ID.Resource("Microsoft.Authorization/roleAssignments", tenanttest.UUID(string(r.ID))), "properties", arm.O{"principalId", "p", "scope", r.ID}))
		}
	}
	have, found := have.With(put...)
	if found.HasErrors() {
		t.Fatal(found)
	}
	return have
}

// chance makes changes.
type chance struct {
	*rand.Rand
	t    *testing.T
	have *tenant.Tenant
}

func (c *chance) one(typ arm.Type) arm.Resource {
	var all []arm.Resource
	for r := range c.have.OfType(typ) {
		all = append(all, tenant.Keep(r))
	}
	return all[c.IntN(len(all))]
}

func (c *chance) change() change.Change {
	a := c.one("Microsoft.Authorization/policyAssignments")
	sub, group := c.one(arm.SubscriptionType).ID, c.one(arm.ManagementGroupType).ID
	var out change.Change
	var err error
	switch c.IntN(7) {
	case 0, 1:
		out, err = change.MoveTo(c.have, sub, group)
	case 2:
		out = change.Change{Kind: change.Unassign, Title: "take " + a.ID.Name() + " away", Delete: []arm.ID{a.ID}}
	case 3:
		out = change.Exempt(c.have, a, change.Exempting{Scopes: []arm.ID{[]arm.ID{sub, group, c.one(arm.ResourceGroupType).ID}[c.IntN(3)]}, Category: "Waiver", Name: "whatif"})
	case 4:
		out, err = change.Mode(a, []string{"Default", "DoNotEnforce"}[c.IntN(2)])
	case 5:
		out = c.assign(a, []arm.ID{sub, group}[c.IntN(2)])
	default:
		out, err = change.SetParameter(a, c.value(a))
	}
	if err != nil {
		c.t.Fatal(err)
	}
	return out
}

// value gives another value of one of an assignment's parameters.
func (c *chance) value(a arm.Resource) change.Value {
	for name, p := range a.Get("properties", "parameters").Members() {
		switch v := p.Get("value"); {
		case v.Kind() == arm.Array:
			return change.Value{Name: name, Old: v, New: arm.New([]string{"swedencentral", "Standard_D4s_v5", "Microsoft.Compute/virtualMachines"})}
		case name == "tagName":
			return change.Value{Name: name, Old: v, New: arm.New([]string{"CostCenter", "Environment", "Owner"}[c.IntN(3)])}
		}
	}
	return change.Value{Name: "effect", New: arm.New([]string{"Audit", "Deny", "Disabled"}[c.IntN(3)])}
}

// assign makes an assignment again at another scope.
func (c *chance) assign(a arm.Resource, scope arm.ID) change.Change {
	id := scope.Resource(a.Type(), "again")
	body, _ := a.Body.Set(string(id), "id")
	body, _ = body.Set("again", "name")
	body, _ = body.Set(string(scope), "properties", "scope")
	return change.Change{Kind: change.Assign, Title: "assign again", Put: []arm.Resource{{ID: id, Body: body.Without("properties", "notScopes")}}}
}

// side is a tenant before or after, with what its engine says of each resource.
type side struct {
	t        *tenant.Tenant
	verdicts map[string]policy.Verdict
	found    map[string]map[string]*policy.Assigned // by resource and rule
	unknown  map[string]map[string]*policy.Assigned
}

func newSide(t *tenant.Tenant) side {
	e, _ := policy.Compile(t, policy.Options{Now: day})
	s := side{t, map[string]policy.Verdict{}, map[string]map[string]*policy.Assigned{}, map[string]map[string]*policy.Assigned{}}
	e.Scan(t.All(), policy.In(t), func(r arm.Resource, results []policy.Result) {
		found, unknown := map[string]*policy.Assigned{}, map[string]*policy.Assigned{}
		for _, res := range results {
			switch res.State {
			case policy.NonCompliant, policy.Conflict, policy.Error:
				found[key(res.Assigned)] = res.Assigned
			case policy.Unknown:
				unknown[key(res.Assigned)] = res.Assigned
			}
		}
		s.found[at(r.ID)], s.unknown[at(r.ID)] = found, unknown
		s.verdicts[at(r.ID)] = e.Judge(policy.Request{Resource: tenant.Keep(r)}, policy.In(t))
	})
	return s
}

func at(id arm.ID) string { return strings.ToLower(string(id)) }

func key(a *policy.Assigned) string {
	if a == nil {
		return ""
	}
	return at(a.ID) + "#" + a.Reference()
}

// alike gives those rules among some that are the same as one: in the same
// assignment, or with the same values.
func alike(a *policy.Assigned, among map[string]*policy.Assigned) bool {
	if among[key(a)] != nil {
		return true
	}
	for _, o := range among {
		if o.DefinitionID().Equal(a.DefinitionID()) && values(o) == values(a) {
			return true
		}
	}
	return false
}

// values gives an assignment's parameters but for the effect.
func values(a *policy.Assigned) string {
	return a.Resource().Get("properties", "parameters").Without("effect").Text()
}

// holder holds one comparison.
type holder struct {
	t       *testing.T
	what    string
	effects map[string]bool // kind and resource; kind, resource and rule
}

func (h *holder) want(want bool, effect string) {
	h.t.Helper()
	if h.effects[effect] != want {
		h.t.Errorf("%s: %q is %t", h.what, effect, !want)
	}
}

func (h *holder) resources(was, is side) {
	for r, v := range is.verdicts {
		denied := was.verdicts[r].Decision == policy.Denied
		h.want(!denied && v.Decision == policy.Denied, "denied "+r)
		h.want(denied && v.Decision == policy.Allowed, "let through "+r)
		if denied && v.Decision == policy.NotKnown {
			h.want(true, "unknown "+r)
		}
		for k, a := range is.found[r] {
			said := h.effects["denied "+r+" "+k] || h.effects["written "+r+" "+k] || h.effects["deployed to "+r+" "+k]
			if !said {
				h.want(!alike(a, was.found[r]), "non-compliant "+r+" "+k)
			}
		}
		for k, a := range was.found[r] {
			if !alike(a, is.found[r]) && !alike(a, is.unknown[r]) && !h.effects["let through "+r+" "+k] {
				h.want(true, "cleared "+r+" "+k)
			}
		}
		for k, a := range is.unknown[r] {
			if !alike(a, was.unknown[r]) {
				h.want(true, "unknown "+r+" "+k)
			}
		}
		h.want(len(more(v, was.verdicts[r])) > 0 && !h.hides(r, more(v, was.verdicts[r])), "written "+r)
	}
}

// hides tells whether all of some rules have a worse effect on a resource.
func (h *holder) hides(r string, rules []string) bool {
	return !slices.ContainsFunc(rules, func(k string) bool { return !h.effects["denied "+r+" "+k] && !h.effects["unknown "+r+" "+k] })
}

// more gives the rules that write something that the same did not write before.
func more(is, was policy.Verdict) []string {
	var all []string
	for _, c := range is.Changes {
		if !slices.ContainsFunc(was.Changes, func(o policy.Change) bool {
			same := key(o.Assigned) == key(c.Assigned) || o.Assigned.DefinitionID().Equal(c.Assigned.DefinitionID()) && values(o.Assigned) == values(c.Assigned)
			return same && o.Path == c.Path && o.After.Equal(c.After)
		}) {
			all = append(all, key(c.Assigned))
		}
	}
	return all
}

// holds: what the management groups around a subscription hold is what begins
// and ends.
func (h *holder) holds(a *whatif.Answer, before, after *tenant.Tenant) {
	want := map[string]bool{}
	for _, sub := range after.Subscriptions(arm.Tenant) {
		was, is := above(before, sub), above(after, sub)
		for id := range was {
			want[fmt.Sprint(false, at(sub), id)] = !is[id]
		}
		for id := range is {
			want[fmt.Sprint(true, at(sub), id)] = !was[id]
		}
	}
	maps.DeleteFunc(want, func(_ string, yes bool) bool { return !yes })
	have := map[string]bool{}
	for _, x := range a.Holds {
		have[fmt.Sprint(x.Begins, at(x.Scope), at(x.What.ID))] = true
	}
	if !maps.Equal(have, want) {
		h.t.Errorf("%s: holds have %v, want %v", h.what, have, want)
	}
}

func above(t *tenant.Tenant, sub arm.ID) map[string]bool {
	all := map[string]bool{}
	for r := range t.All() {
		typ := r.ID.Type()
		if (typ == "Microsoft.Authorization/locks" || typ == "Microsoft.Authorization/roleAssignments") && slices.ContainsFunc(t.Ancestors(sub), r.ID.Scope().Equal) {
			all[at(r.ID)] = true
		}
	}
	return all
}
