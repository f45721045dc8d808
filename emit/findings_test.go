package emit_test

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"airfield/diag"
	"airfield/emit"
)

func TestFindings(t *testing.T) {
	const rg = "/subscriptions/s/resourceGroups/rg/providers/"
	for _, tt := range []struct{ name, in, want string }{
		{"resources need each other",
			`[{"id": "` + rg + `N.A/a/x", "apiVersion": "1", "properties": {"$after": {"id": "` + rg + `N.A/a/y", "path": "id"}}},
			{"id": "` + rg + `N.A/a/y", "apiVersion": "1", "properties": {"$after": {"id": "` + rg + `N.A/a/x", "path": "id"}}}]`,
			`estate.yaml:1: resources need each other, none can be made first: ` + rg + `N.A/a/x needs ` + rg + `N.A/a/y needs ` + rg + `N.A/a/x [emit/cycle]`},
		{"a type without an API version",
			`[{"id": "` + rg + `N.A/a/x"}]`,
			`estate.yaml:1: no API version is known for "N.A/a", the type of "` + rg + `N.A/a/x" [emit/api-version]`},
		{"what is referred to has a type without an API version",
			`[{"id": "` + rg + `N.A/a/x", "$theirs": true},
			{"id": "` + rg + `N.B/b/y", "apiVersion": "1", "properties": [{"$after": {"id": "` + rg + `N.A/a/x", "path": "tags.a"}}, {"$after": {"id": "` + rg + `N.A/a/x", "path": "tags.b"}}]}]`,
			`estate.yaml:2: no API version is known for "N.A/a", the type of "` + rg + `N.A/a/x" [emit/api-version]`},
		{"a property that nobody can read",
			`[{"id": "` + rg + `N.A/a/x", "apiVersion": "1", "properties": {"$after": {"id": "/subscriptions/s", "path": "properties.state"}}}]`,
			`estate.yaml:1: "` + rg + `N.A/a/x" refers to "properties.state" of "/subscriptions/s", which no template can read [emit/reference]`},
		{"two parameters of one name",
			`[{"id": "` + rg + `N.A/a/x", "apiVersion": "1", "properties": ["/subscriptions/@a-b/x", "/subscriptions/@a.b/x"]}]`,
			`estate.yaml:1: "a-b" and "a.b" in 3-prepare/s would both be the parameter "subscription_id_of_a_b" [emit/name]`},
		{"two parameters that differ in their spelling",
			`[{"id": "` + rg + `N.A/a/x", "apiVersion": "1", "properties": [{"$after": {"parameter": "a-b"}}, {"$after": {"parameter": "aB"}}]}]`,
			`estate.yaml:1: "a-b" and "aB" in 3-prepare/s would both be the parameter "a_b" [emit/name]`},
		{"parameters that Bicep has no name for",
			`[{"id": "` + rg + `N.A/a/x", "apiVersion": "1", "properties": [{"$after": {"parameter": "1st"}}, {"$after": {"parameter": "tenant"}}]}]`,
			`estate.yaml:1: the parameter "1st" would be "1st" in Bicep, which is no name or a function's [emit/name]` + "\n" +
				`estate.yaml:1: the parameter "tenant" would be "tenant" in Bicep, which is no name or a function's [emit/name]`},
		{"a network that deletes a subnet",
			`[{"id": "` + rg + `Microsoft.Network/virtualNetworks/v", "properties": {"subnets": [{"name": "a"}]}},
			{"id": "` + rg + `Microsoft.Network/virtualNetworks/v/subnets/a"}, {"id": "` + rg + `Microsoft.Network/virtualNetworks/v/subnets/b"}]`,
			`estate.yaml:3: subnet "b" is not among the subnets that its network "v" is written with, which deletes it when deployed again [emit/subnets]`},
		{"members that a template reads for itself",
			`[{"id": "` + rg + `N.A/a/x", "apiVersion": "1", "DependsOn": [], "properties": {"dependsOn": [], "copy": []}}]`,
			`estate.yaml:1: "` + rg + `N.A/a/x" has the member "DependsOn" beside its properties, which a template reads for itself [emit/reserved]`},
		{"what is theirs is not written",
			`[{"id": "` + rg + `N.A/a/x", "$theirs": true}]`, ``},
	} {
		found, err := emit.Write(readTenant(t, tt.in), options, discard, emit.Forms...)
		if err != nil {
			t.Fatal(err)
		}
		var have []string
		for _, one := range found {
			have = append(have, one.String())
		}
		if strings.Join(have, "\n") != tt.want {
			t.Errorf("%s:\nhave %s\nwant %s", tt.name, strings.Join(have, "\n"), tt.want)
		}
	}
}

func TestTooLarge(t *testing.T) {
	var many, heavy strings.Builder
	for i := range 801 {
		fmt.Fprintf(&many, `{"id": "/subscriptions/s/resourceGroups/rg/providers/N.A/a/x%d", "apiVersion": "1"},`, i)
	}
	for i := range 5 {
		fmt.Fprintf(&heavy, `{"id": "/subscriptions/s/resourceGroups/rg/providers/N.A/a/x%d", "apiVersion": "1", "properties": %q},`, i, strings.Repeat("x", 1<<20))
	}
	for _, tt := range []struct{ in, want string }{
		{many.String(), `estate.yaml:100: template "rg" of 3-prepare/s has 801 resources, Azure takes 800 [emit/too-large]`},
		{heavy.String(), `the template of 3-prepare/s has 5244`},
	} {
		found, err := emit.Write(readTenant(t, "["+strings.TrimSuffix(tt.in, ",")+"]"), options, discard, emit.ARM)
		if err != nil || len(found) != 1 || !strings.HasPrefix(found[0].String(), tt.want) {
			t.Errorf("have %v %v, want %s", found, err, tt.want)
		}
	}
}

func TestSinkErrorsAreReturned(t *testing.T) {
	broken := errors.New("disk full")
	_, err := emit.Write(sample(t), options, func(string) (io.WriteCloser, error) { return nil, broken }, emit.ARM)
	if !errors.Is(err, broken) {
		t.Errorf("have %v, want %v", err, broken)
	}
}

// An alias is found again however it is spelled.
func TestAliasesCompareWithoutCase(t *testing.T) {
	tt := readTenant(t, `[
		{"id": "/providers/Microsoft.Subscription/aliases/Atlas-Prod"},
		{"id": "/providers/Microsoft.Management/managementGroups/corp/subscriptions/@atlas-prod"},
		{"id": "/subscriptions/@ATLAS-prod/resourceGroups/rg", "tags": {"id": "/subscriptions/@atlas-prod"}},
		{"id": "/subscriptions/s/resourceGroups/rg", "tags": {"id": "/subscriptions/@Atlas-Prod"}}]`)
	for _, f := range emit.Forms {
		m := files(t, tt, options, f)
		script := m[f.String()+"/deploy.sh"].String()
		if have := strings.Count(script, "$(id_of atlas-prod)") + strings.Count(script, "keep atlas-prod"); have != 3 {
			t.Errorf("%s names the alias %d times, wanted 3:\n%s", f, have, script)
		}
		for path := range m {
			if strings.Contains(strings.ToLower(path), "2-vend/atlas-prod/") && !strings.Contains(path, "Atlas-Prod") {
				t.Errorf("%s is not named as the alias is spelled", path)
			}
		}
	}
}

// Two writings of one tenant give the same bytes.
func TestSameBytes(t *testing.T) {
	for _, f := range emit.Forms {
		tt := random(t, 7)
		if a, b := archive(files(t, tt, options, f)), archive(files(t, tt, options, f)); a != b {
			t.Errorf("%s differs", f)
		}
	}
}

func ExampleSplit() {
	t := readTenant(new(testing.T), `[
		{"id": "/providers/Microsoft.Subscription/aliases/atlas-prod"},
		{"id": "/subscriptions/@atlas-prod/resourceGroups/rg-data", "location": "swedencentral"},
		{"id": "/subscriptions/@atlas-prod/resourceGroups/rg-data/providers/Microsoft.Storage/storageAccounts/statlas"},
		{"id": "/subscriptions/@atlas-prod/resourceGroups/rg-data/providers/Microsoft.Storage/storageAccounts/statlas/providers/Microsoft.Authorization/locks/keep"}]`)
	var found diag.List
	for d := range emit.Split(t, &found) {
		names := slices.Collect(func(yield func(string) bool) {
			for _, r := range d.Resources {
				yield(r.ID.Name())
			}
		})
		fmt.Println(d.Stage, d.Name, names)
	}
	// Output:
	// 2-vend atlas-prod [atlas-prod]
	// 3-prepare atlas-prod [rg-data]
	// 5-data atlas-prod [statlas]
	// 8-finish atlas-prod [keep]
}
