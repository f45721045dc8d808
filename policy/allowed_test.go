package policy_test

import (
	"strings"
	"testing"

	"airfield/arm"
	"airfield/policy"
	"airfield/tenant"
)

// TestAllowed asks which sizes and locations may be used where a deny on sizes,
// one on locations and one on both are assigned.
func TestAllowed(t *testing.T) {
	root := arm.ManagementGroup("root")
	var b tenant.Builder
	b.Add(arm.Resource{ID: root, Body: arm.New(arm.O{"id", root, "type", arm.ManagementGroupType, "name", "root"})})
	sub := arm.Subscription("11111111-1111-1111-1111-111111111111")
	b.Add(arm.Resource{ID: sub, Body: arm.New(arm.O{"id", sub, "type", arm.SubscriptionType, "properties", arm.O{"managementGroupAncestorsChain", arm.A{arm.O{"name", "root"}}}})})
	size := "Microsoft.Compute/virtualMachines/sku.name"
	vm := arm.O{"field", "type", "equals", "Microsoft.Compute/virtualMachines"}
	for name, condition := range map[string]arm.O{
		"sizes":     {"allOf", arm.A{vm, arm.O{"not", arm.O{"field", size, "in", []string{"Standard_D2s_v5", "Standard_NC24ads_A100_v4"}}}}},
		"locations": {"field", "location", "notIn", []string{"swedencentral", "West Europe"}},
		"both":      {"allOf", arm.A{vm, arm.O{"field", size, "like", "Standard_NC*"}, arm.O{"field", "location", "notEquals", "swedencentral"}}},
		"tag":       {"allOf", arm.A{vm, arm.O{"field", "tags.gpu", "exists", false}}},
	} {
		def := root.Resource("Microsoft.Authorization/policyDefinitions", name)
		b.Add(arm.Resource{ID: def, Body: arm.New(arm.O{"id", def, "type", def.Type(), "properties", arm.O{"mode", "All", "policyRule", arm.O{"if", condition, "then", arm.O{"effect", "deny"}}}})})
		a := root.Resource("Microsoft.Authorization/policyAssignments", name)
		b.Add(arm.Resource{ID: a, Body: arm.New(arm.O{"id", a, "type", a.Type(), "properties", arm.O{"policyDefinitionId", def}})})
	}
	tree, found := b.Tenant()
	if len(found) > 0 {
		t.Fatal(found)
	}
	e, found := policy.Compile(tree, policy.Options{})
	if len(found) > 0 {
		t.Fatal(found)
	}
	for _, tt := range []struct {
		property string
		known    map[string]string
		values   string
		want     string
	}{
		{size, nil, "Standard_D2s_v5 Standard_NC24ads_A100_v4 Standard_ND96isr_H200_v5", "allowed unknown by both denied by sizes"},
		{size, map[string]string{"location": "Sweden Central"}, "Standard_NC24ads_A100_v4", "allowed"},
		{size, map[string]string{"location": "West Europe"}, "Standard_NC24ads_A100_v4", "denied by both"},
		{"location", nil, "swedencentral westeurope eastus", "allowed unknown by both denied by locations both"},
		{"tags['gpu']", nil, "yes", "allowed"},
	} {
		var have []string
		for _, c := range e.Allowed(policy.Question{Scope: sub.ResourceGroup("rg"), Type: "Microsoft.Compute/virtualMachines", Property: tt.property, Values: strings.Fields(tt.values), Known: tt.known}) {
			have = append(have, c.Decision.String())
			for i, r := range c.By {
				if i == 0 {
					have = append(have, "by")
				}
				have = append(have, r.ID.Name())
			}
		}
		if have := strings.Join(have, " "); have != tt.want {
			t.Errorf("%s of %s: have %s, want %s", tt.property, tt.values, have, tt.want)
		}
	}
}

// TestAllowedWhereSelected asks for a size that is denied in one region alone,
// which the question names or not, and of a tenant without all assignments.
func TestAllowedWhereSelected(t *testing.T) {
	sub := arm.Subscription("11111111-1111-1111-1111-111111111111")
	def, a := sub.Resource("Microsoft.Authorization/policyDefinitions", "d"), sub.Resource("Microsoft.Authorization/policyAssignments", "a")
	selectors := arm.A{arm.O{"name", "s", "selectors", arm.A{arm.O{"kind", "resourceLocation", "in", []string{"westeurope"}}}}}
	for _, tt := range []struct {
		known   map[string]string
		missing []tenant.Missing
		want    policy.Decision
	}{
		{nil, nil, policy.NotKnown},
		{map[string]string{"location": "West Europe"}, nil, policy.Denied},
		{map[string]string{"location": "eastus"}, nil, policy.Allowed},
		{map[string]string{"location": "eastus"}, []tenant.Missing{{What: string(sub), Why: "forbidden"}}, policy.NotKnown},
	} {
		b := tenant.Builder{Header: tenant.Header{Missing: tt.missing}}
		b.Add(arm.Resource{ID: sub, Body: arm.New(arm.O{"id", sub, "type", arm.SubscriptionType})})
		b.Add(arm.Resource{ID: def, Body: arm.New(arm.O{"id", def, "type", def.Type(), "properties", arm.O{"mode", "All", "policyRule",
			arm.O{"if", arm.O{"field", "Microsoft.Compute/virtualMachines/sku.name", "equals", "Big"}, "then", arm.O{"effect", "deny"}}}})})
		b.Add(arm.Resource{ID: a, Body: arm.New(arm.O{"id", a, "type", a.Type(), "properties", arm.O{"policyDefinitionId", def, "resourceSelectors", selectors}})})
		tree, _ := b.Tenant()
		e, _ := policy.Compile(tree, policy.Options{})
		q := policy.Question{Scope: sub, Type: "Microsoft.Compute/virtualMachines", Property: "Microsoft.Compute/virtualMachines/sku.name", Values: []string{"Big"}, Known: tt.known}
		if have := e.Allowed(q)[0].Decision; have != tt.want {
			t.Errorf("%v, %v: have %s, want %s", tt.known, tt.missing, have, tt.want)
		}
	}
}
