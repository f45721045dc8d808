package access

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"airfield/arm"
	"airfield/catalog"
	"airfield/tenant"

	"golang.org/x/tools/txtar"
)

// now is the time that cases are asked about.
var now = time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)

// TestCases asks the questions of testdata/*.txtar. Each archive has a tenant,
// where [Contributor] stands for the id of a built-in role's definition and
// /auth/ for /providers/Microsoft.Authorization/, and lines
//
//	principal action scope = decision; part of a doubt, or of a ground's remark
func TestCases(t *testing.T) {
	files, _ := filepath.Glob("testdata/*.txtar")
	total := 0
	for _, file := range files {
		ar, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		a, _ := read(t, string(ar.Files[0].Data))
		for line := range strings.Lines(string(ar.Files[1].Data)) {
			if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
				continue
			}
			total++
			asked, want, _ := strings.Cut(line, " = ")
			want, because, _ := strings.Cut(want, "; ")
			part := strings.Fields(asked)
			scope, err := ParseScope(part[2])
			if err != nil {
				t.Fatal(err)
			}
			x := a.Can(Question{Principal: part[0], Action: part[1], Scope: scope})
			if x.Decision.String() != want || !strings.Contains(reasons(x), because) {
				t.Errorf("%s: %s\nhave %s: %s", file, line, x.Decision, reasons(x))
			}
		}
	}
	if total < 90 {
		t.Errorf("%d cases were read, wanted 90", total)
	}
}

// reasons gives all that an answer says in words.
func reasons(x Answer) string {
	all := x.Doubts
	for _, g := range x.Grounds {
		all = append(all, fmt.Sprint(g.Kind, " ", g.Role.Title(), " ", g.Why, " ", g.Via))
	}
	return strings.Join(all, "\n")
}

var roleName = regexp.MustCompile(`\[[A-Z][A-Za-z -]+\]`)

// short expands the short form of the cases.
func short(t *testing.T, text string) string {
	t.Helper()
	text = strings.ReplaceAll(text, "/auth/", "/providers/Microsoft.Authorization/")
	return roleName.ReplaceAllStringFunc(text, func(name string) string {
		r, ok := catalog.RoleByName(name[1 : len(name)-1])
		if !ok {
			t.Fatalf("no role %s", name)
		}
		return "/providers/Microsoft.Authorization/roleDefinitions/" + r.ID
	})
}

// read reads a tenant in the short form of the cases.
func read(t *testing.T, text string) (*Access, string) {
	t.Helper()
	text = short(t, text)
	if !strings.HasPrefix(text, `{"airfield"`) {
		text = `{"airfield":"tenant","version":1}` + "\n" + text
	}
	in, found, err := tenant.Read("tenant.jsonl", strings.NewReader(text))
	if err != nil || found.HasErrors() {
		t.Fatal(err, found)
	}
	a, findings := New(in, now)
	return a, fmt.Sprint(findings)
}

func TestMatches(t *testing.T) {
	for _, tt := range []struct {
		pattern, action string
		want            bool
	}{
		{"*", "Microsoft.Compute/virtualMachines/write", true},
		{"*/read", "Microsoft.Compute/virtualMachines/read", true},
		{"*/read", "Microsoft.Compute/virtualMachines/write", false},
		{"*/read", "Microsoft.Compute/virtualMachines/read/action", false},
		{"*/write", "microsoft.compute/VIRTUALMACHINES/WRITE", true},
		{"Microsoft.Compute/*", "Microsoft.Compute/virtualMachines/extensions/write", true},
		{"Microsoft.Compute/*", "Microsoft.ComputeSchedule/autoActions/write", false},
		{"Microsoft.Compute/*/read", "Microsoft.Compute/virtualMachines/read", true},
		{"Microsoft.Compute/*/read", "Microsoft.Compute/virtualMachines/extensions/read", true},
		{"Microsoft.Compute/*/read", "Microsoft.Compute/virtualMachines/write", false},
		{"Microsoft.Compute/virtualMachines/*", "Microsoft.Compute/virtualMachines/start/action", true},
		{"Microsoft.Compute/virtualMachines/*", "Microsoft.Compute/virtualMachineScaleSets/write", false},
		{"Microsoft.CostManagement/*/query/*", "Microsoft.CostManagement/externalSubscriptions/query/read", true},
		{"Microsoft.CostManagement/*/query/*", "Microsoft.CostManagement/externalSubscriptions/read", false},
		{"Microsoft.Authorization/*/Write", "Microsoft.Authorization/roleAssignments/write", true},
		{"Microsoft.KeyVault/vaults/*/read", "Microsoft.KeyVault/vaults/read", true}, // Key Vault Reader reads vaults
		{"Microsoft.ManagedIdentity/userAssignedIdentities/*/assign/action", "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action", true},
		{"Microsoft.KeyVault/vaults*/read", "Microsoft.KeyVault/vaults/read", true},
		{"", "Microsoft.Compute/virtualMachines/read", false},
		{"Microsoft.Compute/virtualMachines/read", "Microsoft.Compute/virtualMachines/read ", false},
	} {
		if have := Matches(tt.pattern, tt.action); have != tt.want {
			t.Errorf("%q on %q: have %v", tt.pattern, tt.action, have)
		}
	}
}

func TestCheckAction(t *testing.T) {
	for text, good := range map[string]bool{
		"Microsoft.Compute/virtualMachines/start/action": true, "Microsoft.Compute/register/action": true,
		"*": false, "Microsoft.Compute/*": false, "Microsoft.Compute/virtualMachines": false, "": false, "write": false, "a b/write": false,
	} {
		if err := CheckAction(text); (err == nil) != good {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestParseScope(t *testing.T) {
	for in, want := range map[string]arm.ID{
		"/": arm.Tenant, "": arm.Tenant, "/subscriptions/s/": "/subscriptions/s", " subscriptions/s ": "/subscriptions/s",
		"0b1f6471-1bf0-4dda-aec3-cb9272f09590": "/subscriptions/0b1f6471-1bf0-4dda-aec3-cb9272f09590",
	} {
		if have, err := ParseScope(in); have != want || err != nil {
			t.Errorf("%q: have %q, %v", in, have, err)
		}
	}
	if _, err := ParseScope("/rg/x"); err == nil {
		t.Error("/rg/x is taken for a scope")
	}
}

// TestPlaneOf shows what actions are taken for by their names.
func TestPlaneOf(t *testing.T) {
	a, _ := read(t, "")
	for in, want := range map[string]Plane{
		"Microsoft.Compute/virtualMachines/write":                                    Control,
		"Microsoft.Compute/virtualMachines/login/action":                             Data,
		"Microsoft.Compute/virtualMachines/start/action":                             Control,
		"Microsoft.Storage/storageAccounts/blobServices/containers/read":             Control,
		"Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read":       Data,
		"Microsoft.Storage/storageAccounts/blobServices/containers/blobs/tags/write": Data,
		"Microsoft.KeyVault/vaults/read":                                             Control,
		"Microsoft.KeyVault/vaults/secrets/getSecret/action":                         Data,
		"Microsoft.ContainerService/managedClusters/pods/read":                       Data,
		"Microsoft.Network/virtualNetworks/subnets/join/action":                      Control,
		"Microsoft.KeyVault/vaults/accessPolicies/write":                             Control, "Microsoft.KeyVault/vaults/deploy/action": Control,
		"Microsoft.KeyVault/vaults/keys/read": AnyPlane, "Microsoft.KeyVault/vaults/keys/rotate/action": AnyPlane,
		"Microsoft.ContainerService/managedClusters/listClusterAdminCredential/action": Control, "Microsoft.Batch/register/action": Control,
		"Microsoft.AppConfiguration/configurationStores/keyValues/read": Data, "Microsoft.DocumentDB/databaseAccounts/listKeys/action": Control,
		"Microsoft.ServiceBus/namespaces/messages/send/action": AnyPlane,
		"Contoso.Coffee/cups/fill/action":                      AnyPlane,
	} {
		if have := a.planeOf(in); have != want {
			t.Errorf("%s: have %v, want %v", in, have, want)
		}
	}
}
