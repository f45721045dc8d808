package arm_test

import (
	"slices"
	"strings"
	"testing"

	"airfield/arm"
)

func TestID(t *testing.T) {
	for _, tt := range []struct{ id, typ, names, scope, parent, sub, rg string }{
		{"/", "Microsoft.Resources/tenants", "", "/", "/", "", ""},
		{"/subscriptions/s", "Microsoft.Resources/subscriptions", "s", "/", "/", "/subscriptions/s", ""},
		{"/subscriptions/s/resourceGroups/rg", "Microsoft.Resources/resourceGroups", "rg", "/subscriptions/s", "/subscriptions/s", "/subscriptions/s", "/subscriptions/s/resourceGroups/rg"},
		{"/providers/Microsoft.Management/managementGroups/corp", "Microsoft.Management/managementGroups", "corp", "/", "/", "", ""},
		{"/providers/Microsoft.Management/managementGroups/corp/subscriptions/s", "Microsoft.Management/managementGroups/subscriptions", "corp s", "/", "/providers/Microsoft.Management/managementGroups/corp", "", ""},
		{"/providers/Microsoft.Management/managementGroups/corp/providers/Microsoft.Authorization/policyAssignments/a", "Microsoft.Authorization/policyAssignments", "a", "/providers/Microsoft.Management/managementGroups/corp", "/providers/Microsoft.Management/managementGroups/corp", "", ""},
		{"/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/v/subnets/a", "Microsoft.Network/virtualNetworks/subnets", "v a", "/subscriptions/s/resourceGroups/rg", "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/v", "/subscriptions/s", "/subscriptions/s/resourceGroups/rg"},
		{"/subscriptions/s/resourcegroups/rg/providers/Microsoft.Storage/storageAccounts/st/providers/Microsoft.Authorization/roleAssignments/r", "Microsoft.Authorization/roleAssignments", "r", "/subscriptions/s/resourcegroups/rg/providers/Microsoft.Storage/storageAccounts/st", "/subscriptions/s/resourcegroups/rg/providers/Microsoft.Storage/storageAccounts/st", "/subscriptions/s", "/subscriptions/s/resourcegroups/rg"},
		{"/subscriptions/s/providers/Microsoft.Resources/providers/Microsoft.Batch", "Microsoft.Resources/providers", "Microsoft.Batch", "/subscriptions/s", "/subscriptions/s", "/subscriptions/s", ""},
	} {
		id, err := arm.ParseID(tt.id)
		if err != nil {
			t.Error(err)
		}
		have := []string{string(id.Type()), strings.Join(id.Names(), " "), string(id.Scope()), string(id.Parent()), string(id.SubscriptionID()), string(id.ResourceGroupID())}
		if want := []string{tt.typ, tt.names, tt.scope, tt.parent, tt.sub, tt.rg}; !slices.Equal(have, want) {
			t.Errorf("%s:\nhave %q\nwant %q", tt.id, have, want)
		}
	}
	for _, bad := range []string{"", "x", "/x", "//", "/subscriptions", "/subscriptions/s/providers/a/b", "/providers/N/t", "/providers", "/providers/N/t/x/", "/subscriptions//a", "/providers/providers/N/t/x", "/providers/N/t/x/providers", "/providers/N/t/x/u", "/subscriptions/s/x"} {
		if _, err := arm.ParseID(bad); err == nil {
			t.Errorf("%q: have no error", bad)
		}
	}
}

func TestCompareKeepsScopesTogether(t *testing.T) {
	ids := []arm.ID{"/subscriptions/a-b", "/subscriptions/a/resourceGroups/r", "/subscriptions/A", "/subscriptions/a/resourceGroups/r/providers/N/t/x", "/subscriptions/a/resourceGroups/r-1", "/"}
	slices.SortFunc(ids, arm.ID.Compare)
	want := []arm.ID{"/", "/subscriptions/A", "/subscriptions/a/resourceGroups/r", "/subscriptions/a/resourceGroups/r/providers/N/t/x", "/subscriptions/a/resourceGroups/r-1", "/subscriptions/a-b"}
	if !slices.Equal(ids, want) {
		t.Errorf("have %q", ids)
	}
	if !arm.ID("/subscriptions/A/x").Under("/subscriptions/a") || arm.ID("/subscriptions/ab").Under("/subscriptions/a") {
		t.Error("Under is wrong")
	}
}

func TestFoldAgreesWithEqual(t *testing.T) {
	for _, tt := range []struct {
		a, b arm.ID
		want bool
	}{
		{"/subscriptions/Ab", "/subscriptions/aB", true},
		{"/subscriptions/É", "/subscriptions/é", false},
		{"/subscriptions/\u212a", "/subscriptions/k", false}, // the sign of the kelvin
		{"/subscriptions/a/b", "/subscriptions/a\x00b", false},
	} {
		if equal, fold, order := tt.a.Equal(tt.b), tt.a.Fold() == tt.b.Fold(), tt.a.Compare(tt.b) == 0; equal != tt.want || fold != tt.want || order != tt.want {
			t.Errorf("%q %q: have Equal %v, Fold %v, Compare %v; want %v", tt.a, tt.b, equal, fold, order, tt.want)
		}
	}
}
