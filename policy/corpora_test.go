package policy_test

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"airfield/arm"
	"airfield/policy"
	"airfield/snapshot"
	"airfield/source"
)

// document is one file of a corpus.
type document struct {
	Path     string          `json:"path"`
	Document json.RawMessage `json:"document"`
}

// corpus reads a corpus, or skips the test.
func corpus(t testing.TB, name string) []document {
	t.Helper()
	f, err := os.Open(filepath.Join(shared(), "corpora", name+".jsonl.gz"))
	if err != nil {
		t.Skipf("left out: the corpus %s, %v", name, err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var all []document
	lines := bufio.NewScanner(z)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		var d document
		if err := json.Unmarshal(lines.Bytes(), &d); err != nil {
			t.Fatal(err)
		}
		all = append(all, d)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
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
				for _, p := range pieces(t, d) {
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

func pieces(t testing.TB, d document) []snapshot.Piece {
	t.Helper()
	f, found := source.NewFile(d.Path, d.Document)
	if found.HasErrors() {
		t.Errorf("%s: %v", d.Path, found)
		return nil
	}
	all, found := snapshot.Policies(f, "")
	if found.HasErrors() {
		t.Errorf("%s: %v", d.Path, found)
	}
	return all
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
