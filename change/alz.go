package change

// The tools of Azure landing zones, which keep assignments at management groups.

import (
	"cmp"
	"slices"
	"strings"

	"airfield/arm"
	"airfield/emit"
)

// modify writes what the module Azure/avm-ptn-alz/azurerm takes to change an
// assignment of the library. Its not_scopes came with release 0.20.0.
// github.com/Azure/terraform-azurerm-avm-ptn-alz variables.tf, pull request 299
func (p *patch) modify(r arm.Resource, all []edit) {
	var b strings.Builder
	line := func(depth int, parts ...string) {
		b.WriteString(strings.Repeat("  ", depth) + strings.Join(parts, "") + "\n")
	}
	quoted := func(s string) string { return emit.HCL(arm.New(s), 0) }
	line(0, "locals {")
	line(1, "policy_assignments_to_modify = {")
	line(2, quoted(r.ID.Scope().Name()), " = {")
	line(3, "policy_assignments = {")
	line(4, quoted(r.ID.Name()), " = {")
	parameters := slices.DeleteFunc(slices.Clone(all), func(e edit) bool { return e.parameter == "" })
	if len(parameters) > 0 {
		line(5, "parameters = {")
		for _, e := range parameters {
			line(6, quoted(e.parameter), " = jsonencode({")
			line(7, "value = ", emit.HCL(e.value, 7))
			line(6, "})")
		}
		line(5, "}")
	}
	for _, e := range all {
		switch e.member {
		case "notScopes":
			line(5, "not_scopes = ", emit.HCL(e.value, 5))
		case "enforcementMode":
			line(5, "enforcement_mode = ", emit.HCL(e.value, 5))
		}
	}
	for depth := 4; depth >= 0; depth-- {
		line(depth, "}")
	}
	what := "Merge it into the argument policy_assignments_to_modify of the module Azure/avm-ptn-alz/azurerm; the keys are the management group and the assignment."
	old := slices.ContainsFunc(all, func(e edit) bool { return e.member == "notScopes" })
	if old {
		what += " Before release 0.20.0 the module had no not_scopes: there, use the file of the library instead."
	}
	p.add("policy_assignments_to_modify.tf", what, b.String())
	if old {
		p.library(r, all)
	}
}

// placement writes what the module takes to place a subscription.
func (p *patch) placement(r arm.Resource) {
	id, group := emit.HCL(arm.New(r.ID.Name()), 0), emit.HCL(arm.New(r.ID.Parent().Name()), 0)
	p.add("subscription_placement.tf", "Merge it into the argument subscription_placement of the module Azure/avm-ptn-alz/azurerm, in the place of the entry that the subscription has now.",
		"locals {\n  subscription_placement = {\n    "+id+" = {\n      subscription_id       = "+id+"\n      management_group_name = "+group+"\n    }\n  }\n}\n")
}

// library writes an assignment as a file of the library. A custom definition is
// the one at the nearest management group above, which a placeholder stands for.
// azure.github.io/Azure-Landing-Zones-Library/assets/policy-assignments
func (p *patch) library(r arm.Resource, all []edit) {
	const placeholder = arm.ID("/providers/Microsoft.Management/managementGroups/placeholder")
	definition := arm.ID(r.Get("properties", "policyDefinitionId").Str())
	if definition.Scope().Type().Equal(arm.ManagementGroupType) {
		definition = placeholder.Resource(definition.Type(), definition.Name())
	}
	props := arm.O{"scope", placeholder, "policyDefinitionId", definition}
	for name, v := range r.Get("properties").Without("policyDefinitionId").Members() {
		props = append(props, name, v)
	}
	p.add("lib/policy_assignments/"+safe(r.ID.Name())+".alz_policy_assignment.json",
		"Where your library has this assignment, set there: "+changed(all)+". The file is the whole assignment; one of the same name in your library goes before Microsoft's where the provider has library_overwrite_enabled.",
		text(arm.O{"type", assignmentType, "apiVersion", "2024-04-01", "name", r.ID.Name(), "location", r.Get("location"), "dependsOn", arm.A{}, "identity", r.Get("identity"), "properties", props}))
}

// bicepParameters are the parameters of ALZ-Bicep's module for one assignment.
// github.com/Azure/ALZ-Bicep infra-as-code/bicep/modules/policy/assignments/policyAssignmentManagementGroup.bicep
var bicepParameters = [][2]string{
	{"parPolicyAssignmentDefinitionId", "policyDefinitionId"}, {"parPolicyAssignmentDefinitionVersion", "definitionVersion"},
	{"parPolicyAssignmentParameters", "parameters"}, {"parPolicyAssignmentNonComplianceMessages", "nonComplianceMessages"},
	{"parPolicyAssignmentNotScopes", "notScopes"}, {"parPolicyAssignmentEnforcementMode", "enforcementMode"},
	{"parPolicyAssignmentOverrides", "overrides"}, {"parPolicyAssignmentResourceSelectors", "resourceSelectors"},
}

// parameters writes an assignment as parameters of ALZ-Bicep's module.
func (p *patch) parameters(r arm.Resource, all []edit) {
	value := func(v any) arm.O { return arm.O{"value", v} }
	params := arm.O{"parPolicyAssignmentName", value(r.ID.Name()),
		"parPolicyAssignmentDisplayName", value(cmp.Or(r.Get("properties", "displayName").Str(), r.ID.Name())),
		"parPolicyAssignmentDescription", value(r.Get("properties", "description").Str())}
	for _, m := range bicepParameters {
		if v := r.Get("properties", m[1]); v.Exists() {
			params = append(params, m[0], value(v))
		}
	}
	if kind := r.Get("identity", "type"); arm.EqualFold(kind.Str(), "SystemAssigned") { // the only one that the module makes
		params = append(params, "parPolicyAssignmentIdentityType", value(kind))
	}
	what := "Parameters of ALZ-Bicep's policyAssignmentManagementGroup.bicep at " + r.ID.Scope().Place() + ", but for parPolicyAssignmentIdentityRoleDefinitionIds: the roles that its identity needs."
	if len(all) > 0 {
		what = "Set where your code calls policyAssignmentManagementGroup.bicep for this assignment: " + changed(all) + ". The file has all its parameters, but for the roles of its identity."
	}
	p.add(p.stem(r)+".parameters.json", what, text(arm.O{"$schema", "https://schema.management.azure.com/schemas/2019-04-01/deploymentParameters.json#",
		"contentVersion", "1.0.0.0", "parameters", params}))
}
