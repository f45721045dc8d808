package catalog

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestAPIVersion(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"Microsoft.Management/managementGroups", "2023-04-01"},
		{"microsoft.management/managementgroups/subscriptions", "2023-04-01"},
		{"Microsoft.Subscription/aliases", "2021-10-01"},
		{"Microsoft.Resources/deployments", "2025-04-01"},
		{"Microsoft.Authorization/policyAssignments", "2026-07-01"},
		{"Microsoft.Authorization/policyExemptions", "2022-07-01-preview"},
		{"Microsoft.Authorization/roleAssignments", "2022-04-01"},
		{"Microsoft.Authorization/locks", "2020-05-01"},
		{"Microsoft.Consumption/budgets", "2026-06-01"},
		{"Microsoft.Compute/virtualMachineScaleSets", "2026-04-01"},
		{"Microsoft.Compute/disks", "2026-03-02"},
		{"Microsoft.DevTestLab/schedules", "2018-09-15"},
		{"Microsoft.Storage/storageAccounts/blobServices/containers", "2026-04-01"},
		{"Microsoft.Network/virtualNetworks/subnets", "2025-09-01"},
		{"Microsoft.Network/privateEndpoints/privateDnsZoneGroups", "2025-09-01"},
		{"Microsoft.Network/privateDnsZones/virtualNetworkLinks", "2024-06-01"},
		{"Microsoft.Insights/diagnosticSettings", "2021-05-01-preview"},
		{"Microsoft.Insights/autoscaleSettings", "2022-10-01"},
		{"Microsoft.StorageCache/amlFilesystems", "2026-01-01"},
		{"Microsoft.Coffee/cups", ""},
	} {
		if have, ok := APIVersion(tt.in); have != tt.want || ok != (tt.want != "") {
			t.Errorf("%s: have %q, %v, want %q", tt.in, have, ok, tt.want)
		}
	}
	if have, _ := TypeName("microsoft.network/expressrouteports"); have != "Microsoft.Network/expressRoutePorts" {
		t.Errorf("have %q", have)
	}
	version := regexp.MustCompile(`^20\d\d-\d\d-\d\d(-preview)?$`)
	for _, name := range TypeNames() {
		if v, _ := APIVersion(name); !version.MatchString(v) {
			t.Errorf("%s: version %q", name, v)
		}
	}
}

// TestTypesOfTheTablesHaveVersions shows that what has a name rule or an
// abbreviation and is a resource of a landing zone can also be written.
func TestTypesOfTheTablesHaveVersions(t *testing.T) {
	for key := range nameRules() {
		switch key[0] {
		case "microsoft.resources/subscriptions", "microsoft.resources/tagnames", "microsoft.resources/tagnames/tagvalues":
			continue // not resources of a template
		}
		if _, ok := APIVersion(key[0]); !ok {
			t.Errorf("%s has a name rule and no API version", key[0])
		}
	}
}

func TestLimitOf(t *testing.T) {
	for _, tt := range []struct {
		key       string
		max       int64
		confirmed bool
	}{
		{"mg-depth", 6, true},
		{"mgs-per-tenant", 10_000, true},
		{"resource-groups-per-subscription", 980, true},
		{"tags-per-resource", 50, true},
		{"tag-name", 512, true},
		{"tag-value", 256, true},
		{"policy-assignments-per-scope", 200, true},
		{"role-assignments-per-subscription", 4000, false},
		{"vmss-single-placement-group", 100, true},
		{"template-bytes", 4 << 20, true},
		{"template-parameters", 256, true},
	} {
		if l, ok := LimitOf(tt.key); !ok || l.Max != tt.max || l.Confirmed != tt.confirmed {
			t.Errorf("%s: have %+v, want %d, %v", tt.key, l, tt.max, tt.confirmed)
		}
	}
	if l, ok := LimitOf("coffee"); ok {
		t.Errorf("have %+v", l)
	}
	for _, l := range Limits() {
		if l.Max <= 0 || l.Item == "" || l.Source == "" || l.Key != strings.ToLower(l.Key) {
			t.Errorf("%+v", l)
		}
	}
}

func TestRoles(t *testing.T) {
	if n := len(Roles()); n != 852 {
		t.Errorf("%d roles, want 852", n)
	}
	for _, tt := range []struct{ name, id string }{
		{"Contributor", "b24988ac-6180-42a0-ab88-20f7382dd24c"},
		{"owner", "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"},
		{"Key Vault Administrator", "00482a5a-887f-4fb3-b363-3b7fe8e74483"},
		{"Storage Blob Data Reader", "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1"},
	} {
		r, ok := RoleByName(tt.name)
		if !ok || r.ID != tt.id {
			t.Errorf("%s: have %q, want %q", tt.name, r.ID, tt.id)
		}
		if s, ok := RoleByID(strings.ToUpper(tt.id)); !ok || !strings.EqualFold(s.Name, tt.name) {
			t.Errorf("%s: have %q, want %q", tt.id, s.Name, tt.name)
		}
	}
	if _, ok := RoleByName("Barista"); ok {
		t.Error("a role that does not exist is found")
	}
}

func TestBuiltIn(t *testing.T) {
	p, ok := BuiltIn("/providers/Microsoft.Authorization/policyDefinitions/E56962A6-4747-49cd-b67b-bf8b01975c4c")
	if !ok {
		t.Fatal("allowed locations is not there")
	}
	if p.Name != "Allowed locations" || p.Version != "1.1.0" || p.DefaultEffect != "Deny" || p.EffectParameter != "effect" || p.Mode != "Indexed" {
		t.Errorf("have %+v", p)
	}
	if want := []PolicyParameter{{"listOfAllowedLocations", "array", "", false}}; !slices.Equal(p.Parameters, want) {
		t.Errorf("have %+v, want %+v", p.Parameters, want)
	}
	if p.DefinitionID() != "/providers/Microsoft.Authorization/policyDefinitions/e56962a6-4747-49cd-b67b-bf8b01975c4c" {
		t.Errorf("have %s", p.DefinitionID())
	}
	for _, p := range BuiltIns() {
		if p.Name == "" || p.Does == "" || p.Version == "" || len(p.Effects) == 0 || !slices.Contains(p.Effects, p.DefaultEffect) {
			t.Errorf("%+v", p)
		}
		needs := slices.ContainsFunc(p.Effects, func(e string) bool {
			return strings.EqualFold(e, "modify") || strings.EqualFold(e, "deployIfNotExists")
		})
		if needs != (len(p.Roles) > 0) {
			t.Errorf("%s: effects %v with roles %v", p.Name, p.Effects, p.Roles)
		}
		for _, id := range p.Roles {
			if _, ok := RoleByID(id); !ok {
				t.Errorf("%s: role %s is not known", p.Name, id)
			}
		}
	}
	if _, ok := BuiltIn("00000000-0000-0000-0000-000000000000"); ok {
		t.Error("a policy that does not exist is found")
	}
}

func TestImages(t *testing.T) {
	for _, tt := range []struct {
		in   string
		want string
		plan bool
	}{
		{"microsoft-dsvm:ubuntu-hpc:2404:latest", "microsoft-dsvm:ubuntu-hpc:2404:latest", false},
		{"Microsoft-DSVM:Ubuntu-HPC:2404", "microsoft-dsvm:ubuntu-hpc:2404:latest", false},
		{"microsoft-dsvm:ubuntu-hpc:2404:22.04.2026010101", "microsoft-dsvm:ubuntu-hpc:2404:latest", false},
		{"almalinux:almalinux-hpc:9-hpc-gen2", "almalinux:almalinux-hpc:9-hpc-gen2:latest", true},
		{"microsoft-dsvm:ubuntu-hpc:24", "", false},
	} {
		i, ok := ImageByURN(tt.in)
		if ok != (tt.want != "") || ok && (i.URN() != tt.want || i.Plan != tt.plan) {
			t.Errorf("%s: have %s, %v, want %s, %v", tt.in, i.URN(), i.Plan, tt.want, tt.plan)
		}
	}
	for _, i := range Images() {
		if i.SKU == "" || i.Status == "" || i.Source == "" {
			t.Errorf("%+v", i)
		}
	}
}

func TestServiceRulesAreSorted(t *testing.T) {
	rules := ServiceRules()
	if !slices.IsSortedFunc(rules, func(a, b ServiceRule) int { return strings.Compare(a.ID, b.ID) }) {
		t.Error("service rules are not sorted by id")
	}
	for _, r := range rules {
		if r.Type == "" || r.Statement == "" || r.Source == "" || r.Read == "" {
			t.Errorf("%+v", r)
		}
	}
}

func ExampleAPIVersion() {
	fmt.Println(APIVersion("Microsoft.Network/virtualNetworks/subnets"))
	// Output: 2025-09-01 true
}

func ExampleBuiltIn() {
	p, _ := BuiltIn("cccc23c7-8427-4f53-ad12-b6a63eb452b3")
	fmt.Println(p.Name, p.Effects, p.Parameters[0].Name)
	// Output: Allowed virtual machine size SKUs [Deny] listOfAllowedSKUs
}

// TestPermissionsAreOfRoles shows that the tables of permissions and of linked
// actions name roles and actions that can be.
func TestPermissionsAreOfRoles(t *testing.T) {
	shape := regexp.MustCompile(`^(\*|[A-Za-z0-9.]+)(/[A-Za-z0-9.*_$-]+)*$`)
	for id, parts := range permissions() {
		if _, ok := RoleByID(id); !ok {
			t.Errorf("%s has permissions and is no role", id)
		}
		for _, p := range parts {
			for _, a := range slices.Concat(p.Actions, p.NotActions, p.DataActions, p.NotDataActions) {
				if !shape.MatchString(a) {
					t.Errorf("%s: %q is no action", id, a)
				}
			}
		}
	}
	for _, l := range LinkedActions() {
		if !shape.MatchString(strings.TrimPrefix(l.Action, "{to}/")) && l.Action != "" || l.To == "" || l.Source == "" {
			t.Errorf("linked action %+v", l)
		}
	}
	if p, ok := PermissionsOf("B24988AC-6180-42a0-ab88-20f7382dd24c"); !ok || !slices.Contains(p[0].Actions, "*") || !slices.Contains(p[0].NotActions, "Microsoft.Authorization/*/Write") {
		t.Errorf("Contributor: have %+v, %v", p, ok)
	}
}
