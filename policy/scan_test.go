package policy_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"airfield/arm"
	"airfield/policy"
	"airfield/tenant"
)

// TestScans scans the tenants of testdata/scans: each file has resources, one a
// file, and in want the states that a compliance scan gives.
func TestScans(t *testing.T) {
	files, err := filepath.Glob("testdata/scans/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			have := scanAll(t, a)
			i := slices.IndexFunc(a.Files, func(f txtar.File) bool { return f.Name == "want" })
			if *update {
				a.Files[i].Data = []byte(have)
				if err := os.WriteFile(file, txtar.Format(a), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if want := string(a.Files[i].Data); have != want {
				t.Errorf("have\n%s\nwant\n%s", have, want)
			}
		})
	}
}

func scanAll(t *testing.T, a *txtar.Archive) string {
	t.Helper()
	var b tenant.Builder
	for _, f := range a.Files {
		if f.Name != "want" {
			for line := range strings.Lines(string(f.Data)) {
				for _, r := range resources(t, txtar.File{Name: f.Name, Data: []byte(line)}) {
					b.Add(r)
				}
			}
		}
	}
	tree, found := b.Tenant()
	if found.HasErrors() {
		t.Fatal(found)
	}
	e, found := policy.Compile(tree, policy.Options{Now: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)})
	var out strings.Builder
	for _, f := range found.Sorted() {
		fmt.Fprintf(&out, "compile: %s [%s]\n", f.Message, f.Code)
	}
	tally := e.Tally()
	e.Scan(tree.All(), policy.In(tree), func(r arm.Resource, results []policy.Result) {
		tally.Add(r, results)
		for i := range results {
			x := &results[i]
			fmt.Fprintf(&out, "%s  %s/%s  %s  %s", r.ID.Name(), x.ID.Name(), x.Reference(), x.Effect, x.State)
			if x.Reason != (policy.Reason{}) {
				fmt.Fprintf(&out, ": %s", x.Reason)
			}
			if x.Err != nil {
				fmt.Fprintf(&out, ": %v", x.Err)
			}
			out.WriteByte('\n')
		}
	})
	for i, a := range e.Assignments {
		if share, counted := tally.Assignments[i].Percent(); counted {
			fmt.Fprintf(&out, "%s: %.1f%%\n", a.Title, share)
		}
	}
	return out.String()
}
