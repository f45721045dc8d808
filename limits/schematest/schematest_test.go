package schematest_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"airfield/arm"
	"airfield/catalog"
	"airfield/limits/schematest"
)

func resources(t *testing.T) []arm.Resource {
	t.Helper()
	text, err := os.ReadFile("../testdata/good.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	var all []arm.Resource
	for line := range strings.Lines(string(text)) {
		body, err := arm.Parse(line)
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		all = append(all, arm.Resource{ID: arm.ID(body.Get("id").Str()), Body: body})
	}
	return all
}

func TestGoodResources(t *testing.T) {
	s := schematest.Open(t)
	for _, r := range resources(t) {
		for _, problem := range s.Validate(r) {
			t.Errorf("%s: %s", r.ID, problem)
		}
	}
}

// TestBadResources changes one value of a good resource. No value takes the
// member away.
func TestBadResources(t *testing.T) {
	s := schematest.Open(t)
	all := resources(t)
	for _, tt := range []struct{ name, path, value, want string }{
		{"level1", "properties.parent", `{}`, `properties.parent: wanted a member that the type has, found "parent"`},
		{"level1", "properties.tenantId", `"x"`, `properties.tenantId: wanted nothing, since only the service writes it, found "x"`},
		{"atlas-prod", "properties.additionalProperties.tags.project", `1`, `properties.additionalProperties.tags.project: wanted a value of kind string, found 1`},
		{"rg", "location", ``, `location: wanted a value, since it is required, found none`},
		{"default", "apiVersion", `"2031-01-01"`, `type: wanted a type and version of the schemas, found Microsoft.Resources/tags@2031-01-01`},
		{"allowed-sizes", "properties.Description", `"x"`, `properties.Description: wanted a member that the type has, found "Description"; did you mean "description"?`},
		{"inherit-env", "identity.type", `"SystemAssigned, UserAssigned"`, `identity.type: wanted SystemAssigned|UserAssigned|None, found "SystemAssigned, UserAssigned"`},
		{"keep", "properties.level", ``, `properties.level: wanted a value, since it is required, found none`},
		{"atlas", "properties.amount", `"1000"`, `properties.amount: wanted a value of kind number, found "1000"`},
		{"atlas", "properties.notifications.actual.enabled", ``, `properties.notifications.actual.enabled: wanted a value, since it is required, found none`},
		{"nsg", "properties.securityRules", `[{"name":"a","properties":{"priority":100}}]`, `properties.securityRules[0].properties.access: wanted a value, since it is required, found none`},
		{"vnet-a", "properties.subnets", `{}`, `properties.subnets: wanted a value of kind array, found {}`},
		{"snet-c", "properties.networkSecurityGroup", `"nsg"`, `properties.networkSecurityGroup: wanted a value of kind object, found "nsg"`},
		{"pip", "properties.sku", `{"name":"Standard"}`, `properties.sku: wanted a member that the type has, found "sku"`},
		{"stgood", "sku", ``, `sku: wanted a value, since it is required, found none`},
		{"stgood", "properties.networkAcls.defaultAction", `"deny"`, `properties.networkAcls.defaultAction: wanted Allow|Deny, found "deny"; did you mean "Deny"?`},
		{"amlfs-train", "properties.maintenanceWindow.timeOfDayUTC", `"25:00"`, `properties.maintenanceWindow.timeOfDayUTC: wanted a match of ^([0-9]|0[0-9]|1[0-9]|2[0-3]):[0-5][0-9]$, found "25:00"`},
		{"vm-a", "properties.securityProfile.uefiSettings.secureBootEnabled", `"true"`, `properties.securityProfile.uefiSettings.secureBootEnabled: wanted a value of kind boolean, found "true"`},
		{"vmss-train", "properties.upgradePolicy.rollingUpgradePolicy", `{"maxBatchInstancePercent":2}`, `properties.upgradePolicy.rollingUpgradePolicy.maxBatchInstancePercent: wanted at least 5, found 2`},
		{"ppg", "type", `"Microsoft.Compute/proximity"`, `type: wanted Microsoft.Compute/proximityPlacementGroups as in the id, found "Microsoft.Compute/proximity"`},
		{"as-serve", "properties.profiles", `[{"name":"a","rules":[],"capacity":{"minimum":1,"maximum":"1","default":"1"}}]`, `properties.profiles[0].capacity.minimum: wanted a value of kind string, found 1`},
		{"kv-atlas", "properties.tenantId", `"contoso"`, `properties.tenantId: wanted at least 36 characters, found 7`},
	} {
		i := slices.IndexFunc(all, func(r arm.Resource) bool { return r.ID.Name() == tt.name })
		r, path := all[i], strings.Split(tt.path, ".")
		if tt.value == "" {
			r.Body = r.Body.Without(path...)
		} else if v, err := arm.Parse(tt.value); err != nil {
			t.Fatal(err)
		} else if r.Body, err = r.Body.Set(v, path...); err != nil {
			t.Fatal(err)
		}
		if have := s.Validate(r); !slices.Contains(have, tt.want) {
			t.Errorf("%s: have %q, want %q", tt.name, have, tt.want)
		}
	}
}

// TestPlaces moves a good resource to another name or scope.
func TestPlaces(t *testing.T) {
	s := schematest.Open(t)
	all := resources(t)
	for _, tt := range []struct{ name, id, want string }{
		{"rg", "/subscriptions/s/resourceGroups/r%20g", `name: wanted a match of ^[-\w\._\(\)]+$, found "r%20g"`},
		{"default", "/subscriptions/s/providers/Microsoft.Resources/tags/mine", `name: wanted "default", found "mine"`},
		{"allowed-sizes", "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Authorization/policyDefinitions/d", `id: wanted management group|subscription, found one at resource group`},
		{"stgood", "/subscriptions/s/providers/Microsoft.Storage/storageAccounts/stgood", `id: wanted resource group, found one at subscription`},
		{"stgood", "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/ST", `name: wanted at least 3 characters, found 2`},
	} {
		i := slices.IndexFunc(all, func(r arm.Resource) bool { return r.ID.Name() == tt.name })
		r := all[i]
		r.ID = arm.ID(tt.id)
		if have := s.Validate(r); !slices.Contains(have, tt.want) {
			t.Errorf("%s: have %q, want %q", tt.id, have, tt.want)
		}
	}
}

// TestCatalogVersions finds every type and version that the catalog uses.
func TestCatalogVersions(t *testing.T) {
	s := schematest.Open(t)
	for _, name := range catalog.TypeNames() {
		version, _ := catalog.APIVersion(name)
		if !s.Has(arm.Type(name), version) {
			t.Errorf("the schemas lack %s@%s", name, version)
		}
	}
}

// TestOtherVersion reads a version that the catalog does not use.
func TestOtherVersion(t *testing.T) {
	s := schematest.Open(t)
	body := arm.New(arm.O{"apiVersion", "2022-09-01", "location", "swedencentral"})
	r := arm.Resource{ID: "/subscriptions/s/resourceGroups/rg", Body: body}
	if have := s.Validate(r); len(have) != 0 {
		t.Errorf("have %q", have)
	}
}
