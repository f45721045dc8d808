package main

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"airfield/arm"
	"airfield/policy"
	"airfield/policy/policytest"
	"airfield/tenant"
)

// alzGroup finds the management groups of the Azure landing zone library.
var alzGroup = regexp.MustCompile(`(?i)(/managementGroups/)(alz|platform|management|connectivity|identity|landingzones|corp|online|sandbox|decommissioned)(["/])`)

// withLibrary gives the tenant with the policies of the Azure landing zone
// library and the built-in ones in the place of those that are modelled on them.
func withLibrary(t *testing.T) *tenant.Tenant {
	t.Helper()
	library, err := policytest.Reference()
	if err != nil {
		t.Skipf("left out: Microsoft's own policies in the tenant, %v", err)
	}
	ours := lawTenant()
	b := tenant.Builder{Header: ours.Header()}
	for r := range ours.All() {
		p := r.Get("properties")
		if !strings.HasPrefix(string(r.Type()), "Microsoft.Authorization/policy") || p.Get("policyType").Str() != "BuiltIn" && !p.Get("metadata", "alzCloudEnvironments").Exists() {
			b.Add(r)
		}
	}
	for r := range library.All() {
		if r.Type() == arm.ManagementGroupType || r.ID.Name() == "Deploy-MCSB2-Monitoring" { // which only reports, by previews that no archive has
			continue
		}
		text := alzGroup.ReplaceAllStringFunc(r.Body.Text(), func(s string) string {
			m := alzGroup.FindStringSubmatch(s)
			if strings.EqualFold(m[2], "alz") {
				return m[1] + "contoso" + m[3]
			}
			return m[1] + "contoso-" + m[2] + m[3]
		})
		body, err := arm.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		id := arm.ID(body.Get("id").Str())
		if strings.Contains(string(id), "/managementGroups/") && !strings.Contains(string(id), "/managementGroups/contoso") {
			continue // of a group that Contoso does not have
		}
		b.Add(arm.Resource{ID: id, Body: body})
	}
	all, found := b.Tenant()
	if found.HasErrors() {
		t.Fatal(found)
	}
	return all
}

// TestLibrary wants Microsoft's own policies to deny what ours do.
func TestLibrary(t *testing.T) {
	all := withLibrary(t)
	e, _ := policy.Compile(all, policy.Options{Now: now})
	rules := e.InForce(law.at("corp"))
	for _, r := range rules {
		if r.Rule == nil {
			t.Errorf("%s: nothing is known of %s", r.ID, r.Policy())
		}
	}
	t.Logf("%d rules are in force in corp", len(rules))
	ours := append(denied(t, lawTenant(), wanted(t, law, lawTenant()), now), denied(t, lawTenant(), template(t), now)...)
	theirs := append(denied(t, all, wanted(t, law, all), now), denied(t, all, template(t), now)...)
	for _, line := range ours {
		if !slices.ContainsFunc(theirs, func(s string) bool { return strings.HasPrefix(s, line) }) {
			t.Errorf("Microsoft's do not deny: %s", line)
		}
	}
	for _, line := range theirs {
		if !slices.Contains(ours, line) {
			t.Logf("Microsoft's deny, and ours do not: %s", line)
		}
	}
}
