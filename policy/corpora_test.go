package policy_test

import (
	"fmt"
	"strings"
	"testing"

	"airfield/arm"
	"airfield/policy"
	"airfield/policy/policytest"
	"airfield/snapshot"
)

// corpus reads a corpus, or skips the test.
func corpus(t testing.TB, name string) []policytest.Document {
	t.Helper()
	all, err := policytest.Corpus(name)
	if err != nil {
		t.Skipf("left out: the corpus %s, %v", name, err)
	}
	return all
}

// TestCorpora reads and compiles every policy that Microsoft and its community
// publish: definitions are keyed by cloud, id and version.
func TestCorpora(t *testing.T) {
	for _, name := range []string{"builtin-policyDefinitions", "builtin-policySetDefinitions", "alz-library", "community"} {
		t.Run(name, func(t *testing.T) {
			count := map[string]int{}
			keys := map[string]string{}
			for _, d := range corpus(t, name) {
				pieces, err := d.Pieces()
				if err != nil {
					t.Errorf("%s: %v", d.Path, err)
				}
				for _, p := range pieces {
					key := fmt.Sprintf("%s %s %s", snapshot.Cloud(d.Path), strings.ToLower(string(p.Resource.ID)), p.Resource.Get("properties", "version").Str())
					if other, twice := keys[key]; twice && name != "alz-library" && name != "community" {
						t.Errorf("%s and %s are both %s", other, d.Path, key)
					}
					keys[key] = d.Path
					compile(t, d.Path, p.Resource, count)
				}
			}
			for _, what := range []string{"definitions", "resource-provider modes", "sets", "members", "assignments", "cannot be evaluated", "name aliases that no table has", "findings"} {
				if count[what] > 0 || what == "cannot be evaluated" {
					t.Logf("%-28s %6d %s", name, count[what], what)
				}
			}
		})
	}
}

func compile(t *testing.T, path string, r arm.Resource, count map[string]int) {
	switch kind := r.Type(); {
	case kind.Equal("Microsoft.Authorization/policyDefinitions"):
		count["definitions"]++
		def, found := policy.Define(r, &policy.Options{})
		if found.HasErrors() {
			count["cannot be evaluated"]++
			t.Errorf("%s: %v", path, found)
			return
		}
		if def.Provider() {
			count["resource-provider modes"]++
		}
		rule, found := def.Bind(arm.Value{})
		if found.HasErrors() {
			count["findings"]++
			t.Logf("%s: %v", path, found)
		}
		if names := rule.Unknown(); len(names) > 0 && !def.Provider() {
			count["name aliases that no table has"]++
			t.Logf("%s: %s", path, strings.Join(names, ", "))
		}
	case kind.Equal("Microsoft.Authorization/policySetDefinitions"):
		count["sets"]++
		set, found := policy.DefineSet(r, &policy.Options{})
		if found.HasErrors() {
			t.Errorf("%s: %v", path, found)
		}
		count["members"] += len(set.Members)
	case kind.Equal("Microsoft.Authorization/policyAssignments"):
		count["assignments"]++
	}
}
