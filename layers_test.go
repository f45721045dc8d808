package airfield_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// floors is the policy on which package may import which: only from lower
// floors. Do not edit it to make a build pass.
var floors = map[string]int{
	"diag": 0,
	"arm":  1, "source": 1,
	"expr": 2, "catalog": 2, "estate": 2,
	"tenant": 3, "template": 3, "compute": 3, "storage": 3, "network": 3,
	"access": 4, "cost": 4, "denial": 4, "emit": 4, "hierarchy": 4, "limits": 4, "policy": 4, "snapshot": 4,
	"change": 5, "design": 5, "trial": 5,
	"pipeline": 6, "review": 6, "runway": 6, "twin": 6, "whatif": 6,
	"report": 7, "request": 7,
	"cmd/airfield": 8,

	// Programs and test support beside the flat packages: each says why in its
	// package comment, and nothing of the program imports them.
	"compute/rows": 4, "tenant/tenanttest": 6,
	"catalog/gen": 7, "compute/fit": 7, "design/designtest": 7, "estate/gen": 7, "examples/gen": 7, "limits/schematest": 7, "policy/policytest": 7, "twin/twintest": 7,
}

// pure are the packages that open no files, clock or network and start no
// goroutines.
func pure(pkg string) bool { return floors[pkg] <= 5 && !strings.HasPrefix(pkg, "bench/") }

// libraries says which package may import which library.
var libraries = map[string][]string{
	"github.com/goccy/go-yaml":                 {"source"},
	"github.com/klauspost/compress":            {"tenant", "limits/schematest", "catalog/gen"},
	"github.com/spf13/cobra":                   {"cmd/airfield"},
	"golang.org/x/term":                        {"cmd/airfield"},
	"github.com/mattn/go-runewidth":            {"report"},
	"golang.org/x/text":                        {"policy"},
	"github.com/rogpeppe/go-internal":          {},
	"github.com/hashicorp/hcl/v2":              {},
	"github.com/zclconf/go-cty":                {},
	"github.com/santhosh-tekuri/jsonschema/v6": {},
	"golang.org/x/tools/txtar":                 {},
	"golang.org/x/net/html":                    {},
}

// impure are the standard packages that a pure package does without.
var impure = []string{"os", "net", "net/http", "os/exec", "io/ioutil", "log", "math/rand", "math/rand/v2", "crypto/rand", "syscall"}

func TestLayers(t *testing.T) {
	seen := map[string]bool{}
	goFiles(t, func(path string) {
		pkg := filepath.ToSlash(filepath.Dir(path))
		if pkg == "." {
			return
		}
		seen[pkg] = true
		floor, known := floors[pkg]
		if strings.HasPrefix(pkg, "bench/") { // programs beside the project
			floor, known = 9, true
		}
		if !known {
			t.Errorf("package %s has no floor", pkg)
			return
		}
		test := strings.HasSuffix(path, "_test.go")
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range f.Imports {
			name, _ := strconv.Unquote(i.Path.Value)
			if own, ok := strings.CutPrefix(name, "airfield/"); ok {
				if !test && floors[own] >= floor {
					t.Errorf("%s imports %s, which is not on a lower floor", path, own)
				}
				continue
			}
			if test {
				continue
			}
			if strings.Contains(strings.Split(name, "/")[0], ".") {
				if !mayImport(pkg, name) {
					t.Errorf("%s imports %s, which layers_test.go does not let it", path, name)
				}
			} else if pure(pkg) && slices.Contains(impure, name) {
				t.Errorf("%s imports %s: floors 0 to 5 are pure", path, name)
			}
		}
	})
	for pkg := range floors {
		if !seen[pkg] {
			t.Errorf("package %s has a floor and no files", pkg)
		}
	}
}

func mayImport(pkg, library string) bool {
	for prefix, pkgs := range libraries {
		if library == prefix || strings.HasPrefix(library, prefix+"/") {
			return slices.Contains(pkgs, pkg)
		}
	}
	return false
}

// TestArchitecture holds the list of packages in ARCHITECTURE.md against the
// packages there are.
func TestArchitecture(t *testing.T) {
	text, err := os.ReadFile("ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	for pkg := range floors {
		if !strings.Contains(string(text), "`"+pkg+"`") {
			t.Errorf("ARCHITECTURE.md does not name package `%s`", pkg)
		}
	}
}

// goFiles calls f for the path of every Go file of this module.
func goFiles(t *testing.T, f func(path string)) {
	t.Helper()
	err := filepath.WalkDir(".", func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.IsDir() && path != "." {
			if strings.HasPrefix(e.Name(), ".") || e.Name() == "testdata" || e.Name() == "node_modules" {
				return filepath.SkipDir
			}
			if _, err := os.Stat(filepath.Join(path, "go.mod")); err == nil {
				return filepath.SkipDir // a module of its own
			}
		}
		if strings.HasSuffix(path, ".go") {
			f(path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
