package main

import (
	"bytes"
	"cmp"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"airfield/diag"
	"airfield/estate"
	"airfield/source"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

func TestFilesAreUpToDate(t *testing.T) {
	root, err := moduleRoot()
	if err != nil {
		t.Fatal(err)
	}
	d, err := describe(root)
	if err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string][]byte{schemaFile: d.schema(), referenceFile: d.reference()} {
		have, err := os.ReadFile(filepath.Join(root, file))
		if err != nil || !bytes.Equal(have, want) {
			t.Errorf("%s is not what the types of package estate say: run go generate ./estate (%v)", file, err)
		}
	}
}

func compiled(t *testing.T) *jsonschema.Schema {
	t.Helper()
	root, err := moduleRoot()
	if err != nil {
		t.Fatal(err)
	}
	s, err := jsonschema.NewCompiler().Compile(filepath.Join(root, schemaFile))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// valid tells what the schema has against a text, "" for nothing.
func valid(t *testing.T, s *jsonschema.Schema, text string) string {
	t.Helper()
	var v any
	if err := yaml.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	if err := s.Validate(v); err != nil {
		return err.Error()
	}
	return ""
}

func read(text string) diag.List {
	f, found := source.NewFile("estate.yaml", []byte(text))
	if f != nil {
		_, found = estate.Read(f)
	}
	return found
}

// TestGoodEstates holds the examples, the estate of the page and the estate
// that was wished for against the schema and the reader.
func TestGoodEstates(t *testing.T) {
	s := compiled(t)
	root, _ := moduleRoot()
	texts := map[string]string{"docs/estate.md": strings.Split(strings.Split(head, "```yaml\n")[1], "```")[0]}
	examples, _ := filepath.Glob(filepath.Join(root, "examples/*/estate.yaml"))
	for _, path := range examples {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		texts[path] = string(raw)
	}
	shared := cmp.Or(os.Getenv("AIRFIELD_SHARED"), filepath.Join(root, "../shared"))
	if raw, err := os.ReadFile(filepath.Join(shared, "wished-estate.yaml")); err == nil {
		texts["wished-estate.yaml"] = asIs(string(raw))
	}
	for name, text := range texts {
		if wrong := valid(t, s, text); wrong != "" {
			t.Errorf("%s: %s", name, wrong)
		}
		if found := read(text); found.HasErrors() {
			t.Errorf("%s: %s", name, found)
		}
	}
}

// asIs writes the wished estate as the language became: hubs by region, our
// guardrails at the top, and keep_last for a number that is kept.
func asIs(wished string) string {
	wished = regexp.MustCompile(`(?m)^  hub:\n((?:    .*\n)+)`).ReplaceAllStringFunc(wished, func(hub string) string {
		return "  hubs:\n    swedencentral:\n" + strings.ReplaceAll(strings.TrimPrefix(hub, "  hub:\n"), "    ", "      ")
	})
	wished = regexp.MustCompile(`(?m)^  our_guardrails: .*\n`).ReplaceAllString(wished, "")
	wished = strings.Replace(wished, "keep: 10,", "keep_last: 10,", 1)
	return wished + "\nguardrails: {begin: audit, enforce_after: 30d}\n"
}

// TestSchemaRefuses gives the schema what the reader refuses by its shape
// alone.
func TestSchemaRefuses(t *testing.T) {
	s := compiled(t)
	const base = "airfield: 1\norganization: {name: N, prefix: nn, owner: a@b.example}\nregions: {home: swedencentral}\nworkloads: {atlas: {data: {corpus: {}}}}\n"
	if wrong := valid(t, s, base); wrong != "" {
		t.Fatal(wrong)
	}
	for _, more := range []string{
		"tag: {}", "tags: []", "tags: {inherit: all}", "platform: greenfield", "platform: {group: {}}", "money: {budgets: {begin: 1.12.2026}}",
		"network: {pools: {swedencentral: 10.0.0.0}}", "guardrails: {locations: all}", "access: {grp: Reader}", "access: {grp: {atlas: [a]}}",
		"accept: [{finding: a/b}]", "money: {budgets: {amount: 5000}}", "change: {exemptions: {at_most: 180}}", "structure: {groups: team}",
		"money: {budgets: {notify: [80%]}}", "network: {onprem: {by: vpn, circuit: 10GB}}",
	} {
		if valid(t, s, base+more) == "" {
			t.Errorf("%s: the schema takes it", more)
		}
		if !read(base + more).HasErrors() {
			t.Errorf("%s: the reader takes it", more)
		}
	}
}

// TestForms holds the examples of each form against its expression.
func TestForms(t *testing.T) {
	for _, f := range estate.Forms() {
		p := regexp.MustCompile(f.Pattern)
		for _, e := range f.Examples {
			if !p.MatchString(e) {
				t.Errorf("%s: %q does not match %s", f.Name, e, f.Pattern)
			}
		}
		if slices.ContainsFunc([]string{"x", "-1", "1 x", ""}, p.MatchString) {
			t.Errorf("%s: nonsense matches %s", f.Name, f.Pattern)
		}
	}
}
