package limits

import (
	"strings"
	"testing"

	"airfield/arm"
	"airfield/catalog"
	"airfield/diag"
)

// TestRulesAndRows holds the table of functions and that of statements together.
func TestRulesAndRows(t *testing.T) {
	rows := map[string]catalog.ServiceRule{}
	for _, r := range catalog.ServiceRules() {
		rows[r.ID] = r
	}
	for _, r := range rules {
		row, ok := rows[r.id]
		switch {
		case !ok:
			t.Errorf("%s: no row in service_rules.csv", r.id)
		case row.Type != string(r.typ):
			t.Errorf("%s: have type %s, its row has %s", r.id, r.typ, row.Type)
		case row.Statement == "" || row.Source == "" || row.Read == "":
			t.Errorf("%s: its row lacks a statement, a source or a date", r.id)
		case r.doubt != "" && r.severity == diag.Error:
			t.Errorf("%s: doubted, and an error", r.id)
		}
		delete(rows, r.id)
	}
	for id := range rows {
		t.Errorf("%s: a row, and no rule", id)
	}
}

func TestKindOf(t *testing.T) {
	for _, id := range []arm.ID{
		"", "/", "/subscriptions/s", "/subscriptions/s/resourceGroups/RG", "/subscriptions/s/resourceGroups/rg/x", "/PROVIDERS/Microsoft.Management/managementGroups/Corp",
		"/providers/Microsoft.Management/managementGroups/corp/providers/Microsoft.Authorization/policyAssignments/A",
		"/subscriptions/s/resourceGroups/RG/providers/Microsoft.Network/virtualNetworks/V/subnets/S",
		"/subscriptions/s/resourceGroups/RG/Providers/microsoft.network/VirtualNetworks/V/providers/Microsoft.Authorization/locks/L",
		"/subscriptions/s/resourceGroups/rg/providers/Contoso.Widgets/widgets/w", "/subscriptions/s/providers/Contoso.Widgets", "/subscriptions/s/providers/Contoso.Widgets/", "/a/b/c",
	} {
		k := kindOf(id)
		if want := arm.Type(strings.ToLower(string(id.Type()))); k.typ != want {
			t.Errorf("%s: have %s, want %s", id, k.typ, want)
		}
		for i, n := 0, 0; i < len(rules); i++ {
			if rules[i].typ != anyType && !rules[i].typ.Equal(id.Type()) {
				continue
			}
			if n >= len(k.rules) || k.rules[n] != &rules[i] {
				t.Errorf("%s: rule %s is not its %dth", id, rules[i].id, n)
			}
			n++
		}
	}
}

func TestIsRole(t *testing.T) {
	const guid = "b24988ac-6180-42a0-AB88-20f7382dd24c"
	for _, tt := range []struct {
		in   string
		want bool
	}{
		{"/providers/Microsoft.Authorization/roleDefinitions/" + guid, true},
		{"/subscriptions/s/providers/microsoft.authorization/roledefinitions/" + guid, true},
		{"//providers/Microsoft.Authorization/roleDefinitions/" + guid, false},
		{"s/providers/Microsoft.Authorization/roleDefinitions/" + guid, false},
		{"/providers/Microsoft.Authorization/roleDefinitions/" + guid[1:], false},
		{"/providers/Microsoft.Authorization/roleDefinitions/" + strings.Replace(guid, "-", "0", 1), false},
		{"/providers/Microsoft.Authorization/roleDefinitions/Contributor", false},
		{guid, false},
		{"", false},
	} {
		if have := isRole(tt.in); have != tt.want {
			t.Errorf("%q: have %v, want %v", tt.in, have, tt.want)
		}
	}
}
