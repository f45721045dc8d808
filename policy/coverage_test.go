package policy_test

import (
	"fmt"
	"strings"
	"testing"

	"airfield/arm"
	"airfield/policy"
	"airfield/tenant"
)

const coveredRule = `{"if": {"allOf": [
	{"field": "type", "equals": "Microsoft.KeyVault/vaults"},
	{"not": {"field": "location", "in": ["westeurope", "northeurope"]}},
	{"anyOf": [
		{"field": "tags['env']", "exists": false},
		{"count": {"value": ["a", "b"], "where": {"field": "name", "contains": "[current()]"}}, "greater": 1}]}]},
	"then": {"effect": "deny"}}`

// TestCoverage judges resources one after the other, and tells after each which
// conditions were ever true and ever false.
func TestCoverage(t *testing.T) {
	e := coveredEngine(t)
	var c policy.Coverage
	for _, tt := range []struct{ name, typ, location, tags, want string }{
		{"x", "Microsoft.Web/sites", "eastus", `{}`, "F - - - -"},
		{"x", "Microsoft.KeyVault/vaults", "westeurope", `{}`, "TF T - - -"},
		{"x", "Microsoft.KeyVault/vaults", "eastus", `{}`, "TF TF T - -"},
		{"a", "Microsoft.KeyVault/vaults", "eastus", `{"env": "x"}`, "TF TF TF F TF"},
		{"ab", "Microsoft.KeyVault/vaults", "eastus", `{"env": "x"}`, "TF TF TF TF TF"},
	} {
		id := arm.Subscription("0").ResourceGroup("rg").Resource(arm.Type(tt.typ), tt.name)
		body, err := arm.Parse(fmt.Sprintf(`{"type":%q,"name":%q,"location":%q,"tags":%s}`, tt.typ, tt.name, tt.location, tt.tags))
		if err != nil {
			t.Fatal(err)
		}
		q := policy.Request{Resource: arm.Resource{ID: id, Body: body}}
		e.Cover(&c, e.Judge(q, nil), q, nil)
		if have := seen(&c); have != tt.want {
			t.Errorf("%s %s %s: have %s, want %s", tt.typ, tt.location, tt.tags, have, tt.want)
		}
	}
	if n := len(c.Definitions()); n != 1 {
		t.Fatalf("%d definitions, want 1", n)
	}
	want := `location is one of ["westeurope","northeurope"]`
	if have := c.Conditions(c.Definitions()[0])[1].Text; strings.ReplaceAll(have, " ", "") != strings.ReplaceAll(want, " ", "") {
		t.Errorf("have %s, want %s", have, want)
	}
}

// TestCoverageOfDeletes asks only the rules that are asked about a delete.
func TestCoverageOfDeletes(t *testing.T) {
	e := coveredEngine(t)
	var c policy.Coverage
	id := arm.Subscription("0").ResourceGroup("rg").Resource("Microsoft.KeyVault/vaults", "x")
	q := policy.Request{Verb: policy.Delete, Resource: arm.Resource{ID: id, Body: arm.New(arm.O{"type", "Microsoft.KeyVault/vaults"})}}
	e.Cover(&c, e.Judge(q, nil), q, nil)
	if n := len(c.Definitions()); n != 0 {
		t.Errorf("%d definitions were asked, want 0", n)
	}
}

func coveredEngine(t *testing.T) *policy.Engine {
	t.Helper()
	rule, err := arm.Parse(coveredRule)
	if err != nil {
		t.Fatal(err)
	}
	var b tenant.Builder
	def := arm.Tenant.Resource("Microsoft.Authorization/policyDefinitions", "d")
	b.Add(arm.Resource{ID: def, Body: arm.New(arm.O{"properties", arm.O{"mode", "All", "policyRule", rule}})})
	b.Add(arm.Resource{ID: arm.Tenant.Resource("Microsoft.Authorization/policyAssignments", "a"), Body: arm.New(arm.O{"properties", arm.O{"policyDefinitionId", def}})})
	tree, found := b.Tenant()
	if found.HasErrors() {
		t.Fatal(found)
	}
	e, found := policy.Compile(tree, policy.Options{})
	if found.HasErrors() {
		t.Fatal(found)
	}
	return e
}

// seen writes for each condition whether it was ever true and ever false.
func seen(c *policy.Coverage) string {
	var all []string
	for _, x := range c.Conditions(c.Definitions()[0]) {
		s := map[bool]string{true: "T"}[x.True] + map[bool]string{true: "F"}[x.False]
		if !x.Seen {
			s = "-"
		}
		all = append(all, s)
	}
	return strings.Join(all, " ")
}
