package change_test

import (
	"testing"

	"airfield/arm"
	"airfield/change"
	"airfield/estate"
	"airfield/tenant"
)

func TestOwnerOf(t *testing.T) {
	var b tenant.Builder
	b.Add(parse(t, `{"id": "/providers/Microsoft.Management/managementGroups/alz/providers/Microsoft.Authorization/policyDefinitions/Deny-X",
		"properties": {"metadata": {"source": "https://github.com/Azure/Enterprise-Scale/"}}}`))
	tt, _ := b.Tenant()
	const ofLibrary = `"policyDefinitionId": "/providers/microsoft.management/managementgroups/alz/providers/Microsoft.Authorization/policyDefinitions/deny-x"`
	for _, c := range []struct {
		body string
		want change.Owner
		why  string
	}{
		{`"properties": {"metadata": {"pacOwnerId": "o-1", "deployedBy": "epac/o-1/prod", "assignedBy": "A. Person"}}`, change.EPAC, `its metadata.pacOwnerId is "o-1"`},
		{`"properties": {"metadata": {"deployedBy": "epac/o-1/prod"}}`, change.EPAC, `its metadata.deployedBy is "epac/o-1/prod"`},
		{`"properties": {"metadata": {"pacOwnerId": ""}}`, change.Unknown, "its metadata names no tool"},
		{`"properties": {"metadata": {"assignedBy": "Security Center"}}`, change.Defender, `its metadata.assignedBy is "Security Center"`},
		{`"name": "SecurityCenterBuiltIn", "properties": {}`, change.Defender, `its name is "SecurityCenterBuiltIn"`},
		{`"properties": {"metadata": {"_deployed_by_amba": true}}`, change.ALZ, "its metadata._deployed_by_amba is true"},
		{`"properties": {"metadata": {"assignedBy": "Terraform pipeline"}}`, change.Terraform, `its metadata.assignedBy is "Terraform pipeline"`},
		{`"properties": {"metadata": {"assignedBy": "A. Person", "parameterScopes": {}}}`, change.Portal, "its metadata has parameterScopes"},
		{`"systemData": {"createdByType": "User"}, "properties": {"metadata": {"assignedBy": "A. Person"}}`, change.Portal, `its metadata.assignedBy is "A. Person"`},
		{`"systemData": {"createdByType": "Application"}, "properties": {"metadata": {"assignedBy": "Platform"}}`, change.Unknown, "its metadata names no tool; a service principal made it"},
		{`"systemData": {"createdByType": "Application"}, "properties": {` + ofLibrary + `, "metadata": {"assignedBy": "Platform"}}`, change.ALZ, `its definition's metadata.source is "https://github.com/Azure/Enterprise-Scale/"`},
		{`"properties": {` + ofLibrary + `, "metadata": {"assignedBy": "A. Person"}}`, change.Portal, `its metadata.assignedBy is "A. Person"`},
		{`"properties": {"metadata": {"ManagedByTerraform": true}}`, change.Terraform, "its metadata.ManagedByTerraform is true"},
		{`"properties": {"metadata": {"tags": ["x", "infra/Bicep"]}}`, change.Bicep, `its metadata.tags.1 is "infra/Bicep"`},
		{`"properties": {"metadata": {"source": "https://github.com/Azure/Enterprise-Scale/", "assignedBy": "A. Person"}}`, change.ALZ, `its metadata.source is "https://github.com/Azure/Enterprise-Scale/"`},
		{`"properties": {"metadata": {"createdBy": "p-1"}}`, change.Unknown, `its metadata names no tool; createdBy is "p-1"`},
		{`"properties": {}`, change.Unknown, "its metadata names no tool"},
	} {
		r := parse(t, `{"id": "/providers/Microsoft.Management/managementGroups/alz/providers/Microsoft.Authorization/policyAssignments/a", `+c.body+"}")
		if have, why := change.OwnerOf(tt, r); have != c.want || why != c.why {
			t.Errorf("%s: have %s, %s; want %s, %s", c.body, have, why, c.want, c.why)
		}
	}
}

// The names are those that an estate has.
func TestOwnerNamed(t *testing.T) {
	for o := change.Unknown; o <= change.Defender; o++ {
		if have := change.OwnerNamed(o.String()); have != o {
			t.Errorf("%s: have %s", o, have)
		}
	}
	for _, name := range estate.PolicyTool("").Values() {
		if change.OwnerNamed(name) == change.Unknown {
			t.Errorf("%s is no owner", name)
		}
	}
	if have := change.OwnerNamed(""); have != change.Unknown {
		t.Errorf("have %s", have)
	}
}

func parse(t *testing.T, text string) arm.Resource {
	t.Helper()
	v, err := arm.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return arm.Resource{ID: arm.ID(v.Get("id").Str()), Body: v}
}
