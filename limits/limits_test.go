package limits_test

import (
	"fmt"
	"iter"
	"os"
	"slices"
	"strings"
	"testing"

	"airfield/arm"
	"airfield/catalog"
	"airfield/diag"
	"airfield/limits"
	"airfield/tenant"
)

// neighbours are the resources of testdata/good.jsonl, as a limits.Tenant.
type neighbours []arm.Resource

func (n neighbours) Get(id arm.ID) (arm.Resource, bool) {
	i := slices.IndexFunc(n, func(r arm.Resource) bool { return r.ID.Equal(id) })
	if i < 0 {
		return arm.Resource{}, false
	}
	return n[i], true
}

func (n neighbours) Range(scope arm.ID) iter.Seq[arm.Resource] {
	return func(yield func(arm.Resource) bool) {
		for _, r := range n {
			if r.ID.Under(scope) && !yield(r) {
				return
			}
		}
	}
}

func resource(t *testing.T, text string) arm.Resource {
	t.Helper()
	body, err := arm.Parse(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return arm.Resource{ID: arm.ID(body.Get("id").Str()), Body: body, Pos: diag.Pos{File: "estate.yaml", Line: 7}}
}

func good(t *testing.T) neighbours {
	t.Helper()
	text, err := os.ReadFile("testdata/good.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	var all neighbours
	for line := range strings.Lines(string(text)) {
		all = append(all, resource(t, line))
	}
	return all
}

func ExampleCheck() {
	body, _ := arm.Parse(`{"properties": {"addressPrefix": "10.0.4.7/24", "networkSecurityGroup": {"id": "…"}}}`)
	subnet := arm.Resource{
		ID:   "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/vnet/subnets/snet-train",
		Body: body,
		Pos:  diag.Pos{File: "estate.yaml", Line: 42, Col: 5},
	}
	fmt.Println(limits.Check(subnet, nil)[0])
	// Output: estate.yaml:42:5: Microsoft.Network/virtualNetworks/subnets "snet-train": wanted an address range, and "10.0.4.7/24" begins within its range, which begins at 10.0.4.0/24 [limits/subnet-prefix]
}

func TestGoodResources(t *testing.T) {
	tenant := good(t)
	for _, r := range tenant {
		for _, d := range limits.Check(r, tenant) {
			t.Errorf("%s: %s", r.ID, d)
		}
		limits.Check(r, nil)
	}
}

// TestEachRule holds the example of each row of the catalog to break its rule
// and no other, and the corrected example to break none.
func TestEachRule(t *testing.T) {
	tenant := good(t)
	corrections := map[string]correction{}
	for _, c := range corrected {
		corrections[c.rule] = c
	}
	for _, row := range catalog.ServiceRules() {
		r := resource(t, row.Example)
		found := limits.Check(r, tenant)
		if len(found) == 0 {
			t.Errorf("%s: its example breaks no rule", row.ID)
		}
		for _, d := range found {
			if d.Code != "limits/"+row.ID || d.Pos != r.Pos {
				t.Errorf("%s: have %s", row.ID, d)
			}
		}
		c, ok := corrections[row.ID]
		if !ok {
			t.Errorf("%s: no correction", row.ID)
			continue
		}
		for _, d := range limits.Check(c.apply(t, r), tenant) {
			t.Errorf("%s corrected: have %s", row.ID, d)
		}
	}
}

// TestUnknown puts a reference in the place of every value of every example in
// turn: what is not known must not make a rule fail that did not fail before,
// and the rule itself must not fail where the value it decides on is unknown.
func TestUnknown(t *testing.T) {
	tenant := good(t)
	for _, c := range corrected {
		if c.path == "id" || c.value == "" {
			continue
		}
		row := ruleRow(t, c.rule)
		c.value = arm.New(arm.Parameter("x")).Text()
		for _, d := range limits.Check(c.apply(t, resource(t, row.Example)), tenant) {
			t.Errorf("%s with %s unknown: have %s", c.rule, c.path, d)
		}
	}
	for _, row := range catalog.ServiceRules() {
		r := resource(t, row.Example)
		var paths []string
		r.Body.Walk(func(path string, v arm.Value) bool {
			paths = append(paths, path)
			return len(paths) < 60
		})
		for _, path := range paths {
			if path == "" || path == "id" || strings.ContainsAny(path, "0123456789") {
				continue
			}
			body, err := r.Body.Set(arm.Parameter("x"), strings.Split(path, ".")...)
			if err != nil {
				continue
			}
			for _, d := range limits.Check(arm.Resource{ID: r.ID, Body: body}, tenant) {
				if d.Code != "limits/"+row.ID {
					t.Errorf("%s with %s unknown: have %s", row.ID, path, d)
				}
			}
		}
	}
}

func ruleRow(t *testing.T, id string) catalog.ServiceRule {
	t.Helper()
	all := catalog.ServiceRules()
	i := slices.IndexFunc(all, func(r catalog.ServiceRule) bool { return r.ID == id })
	if i < 0 {
		t.Fatalf("no rule %s", id)
	}
	return all[i]
}

func TestTheirs(t *testing.T) {
	r := resource(t, `{"id":"/subscriptions/s/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/ST"}`)
	if r.Theirs = true; len(limits.Check(r, nil)) != 0 {
		t.Error("what is theirs was checked")
	}
}

func TestInline(t *testing.T) {
	r := resource(t, `{"id":"/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/vnet","properties":{"addressSpace":{"addressPrefixes":["10.0.0.0/24"]},`+
		`"subnets":[{"name":"a","properties":{"addressPrefix":"10.0.0.0/25","networkSecurityGroup":{"id":"x"}}},{"name":"b","properties":{"addressPrefix":"10.0.0.64/26"}}]}}`)
	var have []string
	for _, d := range limits.Check(r, neighbours{r}) {
		have = append(have, d.Code)
	}
	if want := "limits/subnet-nsg limits/subnet-overlap"; strings.Join(have, " ") != want {
		t.Errorf("have %v, want %s", have, want)
	}
}

// TestCheckIsCheap shows that a resource without findings and neighbours costs
// no memory beyond the check itself.
func TestCheckIsCheap(t *testing.T) {
	tenant := good(t)
	cheap := map[arm.Type]bool{}
	for _, r := range tenant {
		if testing.AllocsPerRun(5, func() { limits.Check(r, nil) }) <= 1 {
			cheap[r.Type()] = true
		}
	}
	for _, typ := range []arm.Type{
		"Microsoft.Storage/storageAccounts", "Microsoft.Storage/storageAccounts/blobServices", "Microsoft.Network/publicIPAddresses",
		"Microsoft.Network/privateEndpoints", "Microsoft.KeyVault/vaults", "Microsoft.Consumption/budgets",
	} {
		if !cheap[typ] {
			t.Errorf("%s: more than one allocation", typ)
		}
	}
}

// BenchmarkCheck checks a tenant of 200 subscriptions, each with the good
// resources.
func BenchmarkCheck(b *testing.B) {
	text, err := os.ReadFile("testdata/good.jsonl")
	if err != nil {
		b.Fatal(err)
	}
	var build tenant.Builder
	for i := range 200 {
		for line := range strings.Lines(string(text)) {
			if i > 0 && !strings.HasPrefix(line, `{"id":"/subscriptions/`) {
				continue
			}
			body, err := arm.Parse(strings.ReplaceAll(line, "/subscriptions/s/", fmt.Sprintf("/subscriptions/s%d/", i)))
			if err != nil {
				b.Fatal(err)
			}
			build.Add(arm.Resource{ID: arm.ID(body.Get("id").Str()), Body: body})
		}
	}
	all, found := build.Tenant()
	if found.HasErrors() {
		b.Fatal(found)
	}
	b.ReportAllocs()
	for b.Loop() {
		for r := range all.All() {
			if found := limits.Check(r, all); len(found) > 0 {
				b.Fatal(found)
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*all.Len()), "ns/resource")
}
