package policy_test

import (
	"testing"

	"airfield/arm"
	"airfield/policy"
	"airfield/policy/policytest"
	"airfield/tenant"
)

// reference gives the tenant of the Azure landing zone library, or skips the
// test.
func reference(t testing.TB, more ...arm.Resource) *tenant.Tenant {
	t.Helper()
	all, err := policytest.Reference(more...)
	if err != nil {
		t.Skipf("left out: the reference hierarchy, %v", err)
	}
	return all
}

// TestReference compiles the reference hierarchy: as many assignments and
// member policies are in force at each management group as were counted by
// hand.
func TestReference(t *testing.T) {
	e, found := policy.Compile(reference(t), policy.Options{})
	for _, f := range found.Sorted() {
		if f.Severity == 0 {
			t.Log(f)
		}
	}
	want := map[string][2]int{
		"alz": {17, 789}, "platform": {57, 1117}, "management": {57, 1117}, "security": {57, 1117}, "connectivity": {58, 1118},
		"identity": {61, 1121}, "landingzones": {70, 1166}, "online": {70, 1166}, "local": {71, 1167}, "corp": {75, 1273},
		"sandbox": {18, 791}, "decommissioned": {18, 791},
	}
	for name, want := range want {
		rules := e.InForce(arm.ManagementGroup(name))
		assignments := map[arm.ID]bool{}
		unknown := 0
		for _, r := range rules {
			assignments[r.ID] = true
			if r.Rule == nil {
				unknown++
			}
		}
		if have := [2]int{len(assignments), len(rules)}; have != want {
			t.Errorf("%s: have %d assignments/members, want %d", name, have, want)
		}
		if unknown > 0 {
			t.Errorf("%s: of %d rules nothing is known", name, unknown)
		}
	}
}
