package emit_test

import (
	"bytes"
	"flag"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"airfield/arm"
	"airfield/diag"
	"airfield/emit"
	"airfield/tenant"
)

var update = flag.Bool("update", false, "write the wanted output again")

// readTenant makes a tenant of a JSON array of resources, the n-th asked for by
// line n of estate.yaml. A member "$theirs" marks what is not ours.
func readTenant(t testing.TB, text string) *tenant.Tenant {
	t.Helper()
	list, err := arm.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	var b tenant.Builder
	line := 0
	for item := range list.Items() {
		line++
		id := arm.ID(item.Get("id").Str())
		body := item.Without("$theirs")
		body, _ = body.Set(id.Name(), "name")
		body, _ = body.Set(id.Type(), "type")
		b.Add(arm.Resource{ID: id, Body: body, Pos: diag.Pos{File: "estate.yaml", Line: line}, Theirs: item.Get("$theirs").True()})
	}
	tt, found := b.Tenant()
	if found.HasErrors() {
		t.Fatal(found)
	}
	return tt
}

func sample(t testing.TB) *tenant.Tenant {
	t.Helper()
	text, err := os.ReadFile("testdata/sample.json")
	if err != nil {
		t.Fatal(err)
	}
	return readTenant(t, string(text))
}

var options = emit.Options{
	File:     "estate.yaml",
	Location: "swedencentral",
	Prefix:   "nwh",
	Parameters: []emit.Parameter{
		{Name: "adminPublicKey", Description: "Public key of the administrator"},
		{Name: "billingScope", Description: "Who pays", Value: "/providers/Microsoft.Billing/billingAccounts/1234567/enrollmentAccounts/7654321"},
		{Name: "grp-atlas-ml", Description: "Object id of the group grp-atlas-ml"},
	},
}

type memory map[string]*bytes.Buffer

func (m memory) open(path string) (io.WriteCloser, error) {
	b := new(bytes.Buffer)
	m[path] = b
	return nopCloser{b}, nil
}

type nopCloser struct{ io.Writer }

func (nopCloser) Close() error { return nil }

// files writes a tenant in one form.
func files(t testing.TB, tt *tenant.Tenant, o emit.Options, f emit.Form) memory {
	t.Helper()
	m := memory{}
	found, err := emit.Write(tt, o, m.open, f)
	if err != nil {
		t.Fatal(err)
	}
	if len(found) > 0 {
		t.Fatal(found)
	}
	return m
}

// archive puts files behind each other as golang.org/x/tools/txtar does.
func archive(m memory) string {
	var b strings.Builder
	for _, path := range slices.Sorted(maps.Keys(m)) {
		b.WriteString("-- " + path + " --\n" + m[path].String())
	}
	return b.String()
}

func TestGolden(t *testing.T) {
	tt := sample(t)
	for _, f := range emit.Forms {
		golden := filepath.Join("testdata", f.String()+".txtar")
		have := archive(files(t, tt, options, f))
		if *update {
			if err := os.WriteFile(golden, []byte(have), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if have != string(want) {
			t.Errorf("%s differs; look at the difference that -update makes", golden)
		}
	}
}

// Names at the tenant begin with the prefix, those in a subscription do not.
func TestNamesOfRecordsAtTheTenant(t *testing.T) {
	tt := readTenant(t, `[
		{"id": "/providers/Microsoft.Management/managementGroups/corp"},
		{"id": "/providers/Microsoft.Management/managementGroups/corp/providers/Microsoft.Authorization/policyAssignments/a"},
		{"id": "/subscriptions/s/resourceGroups/rg"},
		{"id": "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/st"}]`)
	for prefix, want := range map[string]string{"": "1-governance", "con": "con-1-governance", strings.Repeat("c", 60): strings.Repeat("c", 55) + "-48a6b996"} {
		o := options
		o.Prefix = prefix
		m := files(t, tt, o, emit.Bicep)
		if script := m["bicep/deploy.sh"].String(); !strings.Contains(script, "tenant 1-governance "+want+"\n") || !strings.Contains(script, " 3-prepare/s 3-prepare-s\n") {
			t.Errorf("%q: wanted %q in %s", prefix, want, script)
		}
		if main := m["bicep/1-governance/main.bicep"].String(); prefix == "con" && !strings.Contains(main, "name: 'con-1-governance-mg-corp'") {
			t.Errorf("the module's record: %s", main)
		}
	}
}

func TestSplit(t *testing.T) {
	var found diag.List
	var have strings.Builder
	for d := range emit.Split(sample(t), &found) {
		have.WriteString(d.Stage + " " + d.Name + " " + string(d.Scope) + "\n")
		for _, r := range d.Resources {
			have.WriteString("  " + string(r.Type().Namespace()) + " " + strings.Join(r.ID.Names(), "/") + "\n")
		}
	}
	golden := "testdata/split.txt"
	if *update {
		os.WriteFile(golden, []byte(have.String()), 0o666)
	}
	want, _ := os.ReadFile(golden)
	if have.String() != string(want) || len(found) > 0 {
		t.Errorf("have\n%s%v", have.String(), found)
	}
}

// Budgets, and nothing else, are stage 7, wherever they lie; what the compute of
// another subscription pushes there goes on to the next.
func TestBudgetsHaveTheirOwnStage(t *testing.T) {
	tt := readTenant(t, `[
		{"id": "/providers/Microsoft.Management/managementGroups/corp"},
		{"id": "/providers/Microsoft.Management/managementGroups/corp/providers/Microsoft.Consumption/budgets/b"},
		{"id": "/subscriptions/a/providers/Microsoft.Consumption/budgets/b"},
		{"id": "/subscriptions/a/resourceGroups/rg"},
		{"id": "/subscriptions/a/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/vm"},
		{"id": "/subscriptions/b/resourceGroups/rg"},
		{"id": "/subscriptions/b/resourceGroups/rg/providers/Microsoft.Consumption/budgets/b"},
		{"id": "/subscriptions/b/resourceGroups/rg/providers/Microsoft.Network/routeTables/r", "tags": {"vm": {"$after": {"id": "/subscriptions/a/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/vm", "path": "id"}}}}]`)
	var found diag.List
	var have []string
	for d := range emit.Split(tt, &found) {
		if d.Stage > "5" {
			for _, r := range d.Resources {
				have = append(have, d.Stage+"/"+d.Name+" "+string(r.Type()))
			}
		}
	}
	want := []string{
		"7-budgets/tenant-wide Microsoft.Consumption/budgets",
		"6-compute/a Microsoft.Compute/virtualMachines",
		"7-budgets/a Microsoft.Consumption/budgets",
		"7-budgets/b Microsoft.Consumption/budgets",
		"8-finish/b Microsoft.Network/routeTables",
	}
	if !slices.Equal(have, want) || len(found) > 0 {
		t.Errorf("have %q %v, want %q", have, found, want)
	}
}
