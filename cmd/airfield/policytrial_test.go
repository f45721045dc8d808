package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestWatchStep changes files one after the other: each step runs again what
// read them, and nothing else.
func TestWatchStep(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	const rule = `{"name": "x", "properties": {"mode": "All", "policyRule": {"if": {"field": "type", "equals": "TYPE"}, "then": {"effect": "deny"}}}}`
	policy := func(typ string) string { return strings.Replace(rule, "TYPE", typ, 1) }
	test := func(policy string) string {
		return "policy: " + policy + "\ntests: {one: {resource: {type: Microsoft.KeyVault/vaults}, expect: deny}}\n"
	}
	write("a.json", policy("Microsoft.KeyVault/vaults"))
	write("b.json", policy("Microsoft.KeyVault/vaults"))
	write("a.policytest.yaml", test("a.json"))
	write("b.policytest.yaml", test("b.json"))
	w := &trialWatch{paths: []string{dir}, runs: map[string]*trialRun{}}
	for _, tt := range []struct {
		what, file, text string
		ran              string
		failed           int
	}{
		{"the first step runs all", "", "", "a b", 0},
		{"nothing has changed", "", "", "", 0},
		{"a policy", "a.json", policy("Microsoft.Web/sites"), "a", 1},
		{"a test file", "b.policytest.yaml", test("gone.json"), "b", 2},
		{"a file that was not there", "gone.json", policy("Microsoft.KeyVault/vaults"), "b", 1},
		{"a new test file", "c.policytest.yaml", test("b.json"), "c", 1},
	} {
		if tt.file != "" {
			write(tt.file, tt.text)
		}
		ran, err := w.step()
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, name := range ran {
			names = append(names, strings.TrimSuffix(filepath.Base(name), ".policytest.yaml"))
		}
		failed := 0
		for _, r := range w.reports() {
			if !r.Good() {
				failed++
			}
		}
		if have := strings.Join(names, " "); have != tt.ran || failed != tt.failed {
			t.Errorf("%s: ran %q, %d failed; want %q, %d", tt.what, have, failed, tt.ran, tt.failed)
		}
	}
	if err := os.Remove(filepath.Join(dir, "c.policytest.yaml")); err != nil {
		t.Fatal(err)
	}
	if _, err := w.step(); err != nil || slices.ContainsFunc(w.files, func(f string) bool { return strings.Contains(f, "c.policytest") }) {
		t.Errorf("a test file that is gone is still there: %v %v", w.files, err)
	}
}
