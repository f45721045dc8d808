package policy_test

import (
	"fmt"
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
	archives(t, "testdata/scans", scanAll)
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
