package snapshot

import (
	"fmt"
	"strings"
	"testing"

	"airfield/arm"
	"airfield/tenant"
)

// The architecture of the reference library has, at each management group, as
// many assignments and member policies in effect as were counted by hand.
func TestReferenceArchitecture(t *testing.T) {
	pieces, found := Library(corpus(t, "alz-library"), "ALZ")
	if found.HasErrors() {
		t.Fatal(found)
	}
	t.Log(found)
	var b tenant.Builder
	for _, p := range pieces {
		b.Add(p.Resource)
		if p.File != nil {
			checkPiece(t, p)
		}
	}
	tree, found := b.Tenant()
	if len(found) > 0 {
		t.Fatal(found)
	}
	members := map[arm.ID]int{}
	for _, f := range corpus(t, "builtin-policySetDefinitions") {
		if Cloud(f.Name) == "public" {
			sets, _ := Policies(f, "")
			members[sets[0].Resource.ID.Fold()] = sets[0].Resource.Get("properties", "policyDefinitions").Len()
		}
	}
	for r := range tree.OfType(setType) {
		members[r.ID.Fold()] = r.Get("properties", "policyDefinitions").Len()
	}
	want := map[string]string{
		"alz": "17/789", "platform": "57/1117", "management": "57/1117", "security": "57/1117", "connectivity": "58/1118", "identity": "61/1121",
		"landingzones": "70/1166", "online": "70/1166", "local": "71/1167", "corp": "75/1273", "sandbox": "18/791", "decommissioned": "18/791",
	}
	for name, want := range want {
		if have := effective(t, tree, arm.ManagementGroup(name), members); have != want {
			t.Errorf("%s: have %s assignments/members, want %s", name, have, want)
		}
	}
}

// effective counts the assignments at a scope and above it, and their members.
func effective(t *testing.T, tree *tenant.Tenant, scope arm.ID, members map[arm.ID]int) string {
	t.Helper()
	assignments, policies := 0, 0
	for _, at := range append(tree.Ancestors(scope), scope) {
		for r := range tree.OfType(assignmentType) {
			if !r.ID.Scope().Equal(at) {
				continue
			}
			assignments++
			id := arm.ID(r.Get("properties", "policyDefinitionId").Str())
			n, known := members[id.Fold()]
			if id.Type().Equal(definitionType) {
				n = 1
				if known = true; id.Under("/providers/Microsoft.Management/managementGroups") {
					known = tree.Has(id)
				}
			}
			if !known {
				t.Errorf("%s: no %s", r.ID, id)
			}
			policies += n
		}
	}
	return fmt.Sprintf("%d/%d", assignments, policies)
}

func TestOtherArchitectures(t *testing.T) {
	for _, name := range []string{"amba", "slz"} {
		pieces, found := Library(corpus(t, "alz-library"), name)
		t.Log(name, len(pieces), found)
		if found.HasErrors() {
			t.Error(found)
		}
	}
	_, found := Library(corpus(t, "alz-library"), "alzz")
	if len(found) != 1 || !strings.Contains(found[0].Message, `did you mean "alz"`) {
		t.Error(found)
	}
}

func BenchmarkLibrary(b *testing.B) {
	files := corpus(b, "alz-library")
	for b.Loop() {
		Library(files, "alz")
	}
}
