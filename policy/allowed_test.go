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

// TestAllowedUnknown asks where a verdict would be on one resource, and the
// question leaves something open: an answer must not take it for given.
func TestAllowedUnknown(t *testing.T) {
	sub := arm.Subscription("11111111-1111-1111-1111-111111111111")
	vm, size := arm.Type("Microsoft.Compute/virtualMachines"), "Microsoft.Compute/virtualMachines/sku.name"
	aks, pools := arm.Type("Microsoft.ContainerService/managedClusters"), "Microsoft.ContainerService/managedClusters/agentPoolProfiles[*]"
	for _, tt := range []struct {
		name, rule, assignment string
		q                      policy.Question
		want                   string
	}{
		{"another alias of the same place", `{"field": "Microsoft.Compute/virtualMachines/hardwareProfile.vmSize", "like": "Standard_D*"}`, ``,
			policy.Question{Type: vm, Property: size, Values: []string{"Standard_D2s_v5", "Standard_E2s_v5"}, Missing: true}, "denied allowed allowed"},
		{"a field whose name is computed", `{"value": "[field(concat('loc', 'ation'))]", "notEquals": "eastus"}`, ``,
			policy.Question{Type: vm, Property: "location", Values: []string{"westus", "eastus"}}, "denied allowed"},
		{"a selector by location", `{"field": "Microsoft.Compute/virtualMachines/sku.name", "like": "Standard_D*"}`,
			`"resourceSelectors": [{"name": "s", "selectors": [{"kind": "resourceLocation", "in": ["westus"]}]}]`,
			policy.Question{Type: vm, Property: size, Values: []string{"Standard_D2s_v5"}}, "unknown"},
		{"the API version", `{"allOf": [{"field": "location", "equals": "westus"}, {"value": "[requestContext().apiVersion]", "less": "2030-01-01"}]}`, ``,
			policy.Question{Type: vm, Property: "location", Values: []string{"westus", "eastus"}}, "unknown allowed"},
		{"who asks", `{"allOf": [{"value": "[requestContext().identity]", "containsKey": "oid"}, {"field": "location", "equals": "westus"}]}`, ``,
			policy.Question{Type: vm, Property: "location", Values: []string{"westus"}}, "unknown"},
		{"the resource group", `{"field": "location", "notEquals": "[resourceGroup().location]"}`, ``,
			policy.Question{Type: vm, Property: "location", Values: []string{"westus"}}, "unknown"},
		{"a type by itself", `{"field": "type", "equals": "Microsoft.Compute/virtualMachines"}`, ``,
			policy.Question{Property: "type", Values: []string{"Microsoft.Compute/virtualMachines", "Microsoft.Compute/disks"}}, "denied allowed"},
		{"a resource group by its older name", `{"allOf": [{"field": "type", "equals": "Microsoft.Resources/subscriptions/resourceGroups"}, {"field": "tags['a']", "exists": false}]}`, ``,
			policy.Question{Type: arm.ResourceGroupType, Property: "tags['a']", Values: []string{"x"}, Missing: true}, "allowed denied"},
		{"a key among tags", `{"not": {"field": "tags", "containsKey": "a"}}`, ``, policy.Question{Type: vm, Property: "tags['a']", Values: []string{"x"}}, "allowed"},
		{"every item of an array", `{"field": "` + pools + `.vmSize", "notIn": ["one"]}`, ``, policy.Question{Type: aks, Property: pools + ".vmSize", Values: []string{"one", "two"}}, "allowed unknown"},
		{"some item of an array", `{"not": {"field": "` + pools + `.vmSize", "in": ["one"]}}`, ``, policy.Question{Type: aks, Property: pools + ".vmSize", Values: []string{"one", "two"}}, "allowed denied"},
		{"a count", `{"count": {"field": "` + pools + `", "where": {"field": "` + pools + `.vmSize", "notIn": ["one"]}}, "greater": 0}`, ``,
			policy.Question{Type: aks, Property: pools + ".vmSize", Values: []string{"one", "two"}}, "allowed denied"},
		{"a count of the items themselves", `{"count": {"field": "` + pools + `.vmSize", "where": {"value": "[current()]", "equals": "one"}}, "less": 1}`, ``,
			policy.Question{Type: aks, Property: pools + ".vmSize", Values: []string{"one", "two"}}, "allowed unknown"},
		{"a failure", `{"allOf": [{"field": "location", "equals": "westus"}, {"value": "[split(field('tags.a'), ',')[3]]", "equals": "x"}]}`, `"parameters": {"effect": {"value": "audit"}}`,
			policy.Question{Type: vm, Property: "location", Values: []string{"westus", "eastus"}}, "unknown allowed"},
	} {
		condition, err := arm.Parse(tt.rule)
		if err != nil {
			t.Fatal(tt.name, err)
		}
		extra, err := arm.Parse("{" + tt.assignment + "}")
		if err != nil {
			t.Fatal(tt.name, err)
		}
		def := sub.Resource("Microsoft.Authorization/policyDefinitions", "d")
		properties := arm.O{"policyDefinitionId", def}
		for name, v := range extra.Members() {
			properties = append(properties, name, v)
		}
		var b tenant.Builder
		b.Add(arm.Resource{ID: sub, Body: arm.New(arm.O{"id", sub, "type", arm.SubscriptionType})})
		b.Add(arm.Resource{ID: def, Body: arm.New(arm.O{"id", def, "type", def.Type(), "properties", arm.O{"mode", "All", "parameters", arm.O{"effect", arm.O{"type", "String", "defaultValue", "deny"}},
			"policyRule", arm.O{"if", condition, "then", arm.O{"effect", "[parameters('effect')]"}}}})})
		a := sub.Resource("Microsoft.Authorization/policyAssignments", "a")
		b.Add(arm.Resource{ID: a, Body: arm.New(arm.O{"id", a, "type", a.Type(), "properties", properties})})
		tree, found := b.Tenant()
		if found.HasErrors() {
			t.Fatal(tt.name, found)
		}
		e, found := policy.Compile(tree, policy.Options{})
		if found.HasErrors() {
			t.Fatal(tt.name, found)
		}
		tt.q.Scope = sub
		var have []string
		for _, c := range e.Allowed(tt.q) {
			have = append(have, c.Decision.String())
		}
		if have := strings.Join(have, " "); have != tt.want {
			t.Errorf("%s: have %s, want %s", tt.name, have, tt.want)
		}
	}
}
