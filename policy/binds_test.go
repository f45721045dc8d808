package policy

import (
	"strings"
	"testing"

	"airfield/arm"
	"airfield/catalog"
	"airfield/tenant"
)

// TestGPUTypes holds that every alias of the table is one of its type.
func TestGPUTypes(t *testing.T) {
	for _, g := range gpuTypes {
		aliases := g.sizes
		if g.place != "" {
			aliases = append(aliases[:len(aliases):len(aliases)], g.place)
		}
		for _, name := range aliases {
			found := false
			for _, a := range catalog.Aliases().Lookup(name) {
				found = found || wayOf(a).typ == strings.ToLower(string(g.typ))
			}
			if !found {
				t.Errorf("%s has no alias %s", g.typ, name)
			}
		}
		if (len(g.sizes) == 0) != (g.why != "") {
			t.Errorf("%s: an alias, or why there is none", g.typ)
		}
	}
}

// TestCloses holds that each type escapes a list for virtual machines, or one for
// scale sets, and that the definition that is written closes the gap: with it in
// force, nothing escapes.
func TestCloses(t *testing.T) {
	root := arm.ManagementGroup("root")
	sub := arm.Subscription("11111111-1111-1111-1111-111111111111")
	assign := func(b *tenant.Builder, def arm.ID) {
		a := root.Resource(assignmentType, def.Name())
		b.Add(arm.Resource{ID: a, Body: arm.New(arm.O{"id", a, "type", assignmentType, "properties", arm.O{"policyDefinitionId", def}})})
	}
	build := func(rule, closes arm.Value) *Engine {
		var b tenant.Builder
		b.Add(arm.Resource{ID: root, Body: arm.New(arm.O{"id", root, "type", arm.ManagementGroupType, "name", "root"})})
		b.Add(arm.Resource{ID: sub, Body: arm.New(arm.O{"id", sub, "type", arm.SubscriptionType, "properties", arm.O{"managementGroupAncestorsChain", arm.A{arm.O{"name", "root"}}}})})
		list := root.Resource(definitionType, "list")
		b.Add(arm.Resource{ID: list, Body: arm.New(arm.O{"id", list, "type", definitionType, "properties", arm.O{"displayName", "List", "mode", "All", "policyRule", arm.O{"if", rule, "then", arm.O{"effect", "deny"}}}})})
		assign(&b, list)
		if closes.Exists() {
			def := root.Resource(definitionType, "closes")
			b.Add(arm.Resource{ID: def, Body: closes})
			assign(&b, def)
		}
		tree, found := b.Tenant()
		e, wrong := Compile(tree, Options{})
		if len(found)+len(wrong) > 0 {
			t.Fatal(found, wrong)
		}
		return e
	}
	for _, tt := range []struct {
		rule             string
		binds, gaps, all int // all is of the values denied
	}{
		{`{"allOf": [{"field": "type", "equals": "Microsoft.Compute/virtualMachines"}, {"field": "Microsoft.Compute/virtualMachines/sku.name", "notIn": ["Standard_D2s_v5", "Standard_ND96isr_H100_v5"]}]}`, 1, 15, 1503},
		{`{"allOf": [{"field": "type", "equals": "Microsoft.Compute/virtualMachineScaleSets"}, {"not": {"field": "Microsoft.Compute/virtualMachineScaleSets/sku.name", "like": "Standard_D*"}}]}`, 1, 13, 0},
		{`{"allOf": [{"field": "type", "equals": "Microsoft.Compute/virtualMachines"}, {"field": "Microsoft.Compute/virtualMachines/sku.name", "like": "Standard_ND*"}]}`, 1, 15, 0},
		{`{"allOf": [{"field": "type", "equals": "Microsoft.ContainerService/managedClusters"}, {"not": {"field": "Microsoft.ContainerService/managedClusters/agentPoolProfiles[*].vmSize", "in": ["Standard_D2s_v5"]}}]}`, 1, 15, 1504},
		{`{"allOf": [{"field": "type", "equals": "Microsoft.Compute/virtualMachines"}, {"field": "location", "notIn": ["Sweden Central", "westeurope"]}]}`, 1, 11, 0},
		{`{"field": "location", "notIn": ["swedencentral"]}`, 11, 1, 0},
	} {
		rule, err := arm.Parse(tt.rule)
		if err != nil {
			t.Fatal(err)
		}
		all := build(rule, arm.Value{}).Restrictions(sub)
		if len(all) != 1 {
			t.Errorf("%s: have %d restrictions, want 1", tt.rule, len(all))
			continue
		}
		r := &all[0]
		count := map[Grip]int{}
		for _, h := range r.Holds {
			count[h.Grip]++
		}
		if count[Binds] != tt.binds || count[Escapes]+count[PassesOver] != tt.gaps || tt.all > 0 && len(r.Denied) != tt.all {
			t.Errorf("%s: binds %d, %d escape, denies %d; want %d, %d, %d: %v", tt.rule, count[Binds], count[Escapes], len(r.Denied), tt.binds, tt.gaps, tt.all, count)
		}
		if !r.Closes.Exists() {
			t.Errorf("%s: no definition closes the gap", tt.rule)
			continue
		}
		for _, r := range build(rule, r.Closes).Restrictions(sub) {
			if r.Gap() {
				for _, h := range r.Holds {
					if h.Grip <= PassesOver {
						t.Errorf("%s: %s of %s still escapes", tt.rule, h.Property, h.Type)
					}
				}
			}
		}
	}
}
