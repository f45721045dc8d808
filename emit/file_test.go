package emit_test

import (
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2/hclwrite"

	"airfield/arm"
	"airfield/emit"
	"airfield/tenant"
)

// A resource by itself is written for the scope it is deployed to, without the
// head of a design's files.
func TestFile(t *testing.T) {
	for _, tt := range []struct {
		scope arm.ID
		want  map[emit.Form]string // a line
	}{
		{arm.ManagementGroup("corp"), map[emit.Form]string{
			emit.Bicep:     "targetScope = 'managementGroup'",
			emit.ARM:       `"$schema": "https://schema.management.azure.com/schemas/2019-08-01/managementGroupDeploymentTemplate.json#",`,
			emit.Terraform: `parent_id = "/providers/Microsoft.Management/managementGroups/corp"`,
		}},
		{"/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg", map[emit.Form]string{
			emit.Bicep:     "targetScope = 'resourceGroup'",
			emit.ARM:       `"$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",`,
			emit.Terraform: `parent_id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg"`,
		}},
	} {
		id := tt.scope.Resource("Microsoft.Authorization/policyExemptions", "x")
		r := arm.Resource{ID: id, Body: arm.New(arm.O{"properties", arm.O{"description", "[a ${b}]"}})}
		for _, f := range emit.Forms {
			text, found := emit.File(f, &tenant.Tenant{}, r)
			if len(found) > 0 {
				t.Error(found)
			}
			if !strings.Contains(text, tt.want[f]+"\n") || strings.Contains(text, "Made by") {
				t.Errorf("%s at %s: have\n%s\nwant the line\n%s", f, tt.scope, text, tt.want[f])
			}
			if f == emit.Terraform && string(hclwrite.Format([]byte(text))) != text {
				t.Errorf("not as terraform fmt has it:\n%s", text)
			}
		}
	}
}
