package change_test

import (
	"strings"
	"testing"

	"airfield/arm"
	"airfield/change"
	"airfield/tenant"
	"airfield/tenant/tenanttest"
)

// TestLeaveOutKeeps holds an assignment that is made again below to what was left
// out of the first there, and to what is said of exemptions from it.
func TestLeaveOutKeeps(t *testing.T) {
	sub := arm.Subscription(tenanttest.UUID("sub"))
	a := tenanttest.Assignment{Name: "regions", Title: "Regions", At: arm.ManagementGroup("corp"), Of: tenanttest.BuiltInID(tenanttest.AllowedLocations),
		Parameters: arm.O{"listOfAllowedLocations", []string{"swedencentral"}},
		NotScopes:  []string{string(sub.ResourceGroup("rg-out")), string(arm.Subscription(tenanttest.UUID("other")))}}
	var b tenant.Builder
	b.Add(tenanttest.Group("corp", "Corp", ""))
	b.Add(tenanttest.Subscription(sub, "sub", nil, "corp"))
	b.Add(a.Resource())
	b.Add(tenanttest.Exemption(sub.ResourceGroup("rg-in"), "pilot", "Pilot", "", a.ID(), ""))
	have, found := b.Tenant()
	if found.HasErrors() {
		t.Fatal(found)
	}
	c, err := change.LeaveOut(have, a.Resource(), []arm.ID{sub}, change.Value{Name: "listOfAllowedLocations", New: arm.New([]string{"westus"})})
	if err != nil {
		t.Fatal(err)
	}
	if not := c.Put[1].Get("properties", "notScopes").Text(); not != `["`+string(sub.ResourceGroup("rg-out"))+`"]` {
		t.Errorf("the assignment in the subscription leaves out %s", not)
	}
	if !strings.Contains(c.Note, "exemption pilot at resource group rg-in") {
		t.Errorf("note: %q", c.Note)
	}
}
