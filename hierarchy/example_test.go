package hierarchy_test

import (
	"cmp"
	"fmt"

	"airfield/arm"
	"airfield/hierarchy"
	"airfield/tenant"
	"airfield/tenant/tenanttest"
)

func ExampleRecognize() {
	acme := arm.ManagementGroup("acme")
	var b tenant.Builder
	for _, r := range []struct {
		name  string
		above arm.ID
	}{{"acme", ""}, {"acme-platform", acme}, {"acme-lz", acme}, {"acme-corp", acme + "-lz"}, {"acme-emea", acme + "-corp"}} {
		b.Add(tenanttest.Group(r.name, r.name, r.above))
	}
	t, _ := b.Tenant()
	for _, g := range hierarchy.Recognize(t, nil) {
		fmt.Printf("%s: %s\n", g.ID.Name(), cmp.Or(string(g.Role), g.Because))
	}
	// Output:
	// acme: root
	// acme-lz: landing_zones
	// acme-corp: corp
	// acme-emea: none of the roles: a group within corp
	// acme-platform: platform
}
