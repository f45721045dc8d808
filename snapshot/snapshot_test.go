package snapshot

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"airfield/arm"
	"airfield/diag"
	"airfield/source"
	"airfield/tenant"

	"golang.org/x/tools/txtar"
)

var update = flag.Bool("update", false, "write the wanted results anew")

// TestForms reads the files of each archive in testdata, and compares the
// objects and findings with the file "want" in it. The archive's comment may
// say at, environment, library, and the paths whose places are printed.
func TestForms(t *testing.T) {
	paths, _ := filepath.Glob("testdata/*.txtar")
	if len(paths) == 0 {
		t.Fatal("no archives")
	}
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			a, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			have := forms(t, a)
			last := len(a.Files) - 1
			if a.Files[last].Name != "want" {
				a.Files, last = append(a.Files, txtar.File{Name: "want"}), last+1
			}
			if *update {
				a.Files[last].Data = []byte(have)
				if err := os.WriteFile(path, txtar.Format(a), 0o644); err != nil {
					t.Fatal(err)
				}
			} else if want := string(a.Files[last].Data); have != want {
				t.Errorf("have\n%s\nwant\n%s", have, want)
			}
		})
	}
}

// forms reads the files of an archive, and prints what comes of them.
func forms(t *testing.T, a *txtar.Archive) string {
	t.Helper()
	setting := func(key string) (values []string) {
		for line := range strings.Lines(string(a.Comment)) {
			if v, ok := strings.CutPrefix(line, key+": "); ok {
				values = append(values, strings.TrimSpace(v))
			}
		}
		return append(values, "")
	}
	r := Reader{At: arm.ID(setting("at")[0]), Environment: setting("environment")[0]}
	var b strings.Builder
	var files []*source.File
	for _, file := range a.Files {
		if file.Name == "want" {
			continue
		}
		f, found := source.NewFile(file.Name, file.Data)
		if len(found) > 0 {
			t.Fatal(found)
		}
		files = append(files, f)
		if setting("library")[0] == "" {
			pieces, found := r.Policies(f)
			fmt.Fprintf(&b, "== %s\n", file.Name)
			show(t, &b, pieces, found, setting("place"))
		}
	}
	if name := setting("library")[0]; name != "" {
		pieces, found := Library(files, name)
		show(t, &b, pieces, found, setting("place"))
	}
	return b.String()
}

func show(t *testing.T, b *strings.Builder, pieces []Piece, found diag.List, places []string) {
	t.Helper()
	for _, p := range pieces {
		var body bytes.Buffer
		if err := json.Compact(&body, []byte(p.Resource.Body.Text())); err != nil {
			t.Fatal(err)
		}
		theirs := map[bool]string{true: "theirs "}[p.Resource.Theirs]
		fmt.Fprintf(b, "%s: %s%s\n", p.Resource.Pos, theirs, body.String())
		for _, path := range places {
			if node := p.Resource.Get(strings.Split(path, ".")...); path != "" && node.Exists() {
				fmt.Fprintf(b, "\t%s: %s\n", p.Pos(node), path)
			} else if n := len(p.Resource.Get("properties", "policyDefinitions").At(0).Text()); n > 0 && strings.Contains(path, ".0.") {
				fmt.Fprintf(b, "\t%s: %s\n", p.Place(strings.Split(path, ".")...), path)
			}
		}
		if p.File != nil {
			checkPiece(t, p)
		}
	}
	for _, d := range found {
		fmt.Fprintf(b, "%s: %s\n", d.Severity, d)
	}
}

func TestCloud(t *testing.T) {
	for path, want := range map[string]string{
		"policyDefinitions/Azure Government/SQL/x.json":                       "government",
		"built-in-policies/policySetDefinitions/azure government/Tags/x.json": "government",
		"policyDefinitions/Azure Data Explorer/Azure Government.json":         "public",
		`policyDefinitions\Azure China\x.json`:                                "china",
		"":                                                                    "public",
	} {
		if have := Cloud(path); have != want {
			t.Errorf("Cloud(%q) = %q, want %q", path, have, want)
		}
	}
}

// The place of a node is found again for a body that went through a tenant.
func TestPlacesBehindTenant(t *testing.T) {
	f, _ := source.NewFile("a.json", []byte("{\"name\": \"ü\", \"mode\": \"All\",\r\n \"policyRule\": {\"if\": {\"allOf\": [{},\n  /* ü */ {\"field\": \"type\"}]}, \"then\": {}}}"))
	pieces, found := Policies(f, arm.ManagementGroup("corp"))
	if len(pieces) != 1 || found.HasErrors() {
		t.Fatal(pieces, found)
	}
	var b tenant.Builder
	b.Add(pieces[0].Resource)
	tree, _ := b.Tenant()
	r, ok := tree.Get(pieces[0].Resource.ID)
	if !ok {
		t.Fatal("not in the tenant")
	}
	place := Places(pieces)
	node := r.Get("properties", "policyRule", "if", "allOf").At(1)
	if have := fmt.Sprint(Path(r.Body, node), " ", place(r, node)); have != "[properties policyRule if allOf 1] a.json:3:11" {
		t.Error(have)
	}
	r.ID = "/other"
	if have := place(r, node); have != r.Pos {
		t.Error(have)
	}
}

// Every node of a body that is the file's own text stands at its own offset.
func TestPlacesOfWholeBodies(t *testing.T) {
	for _, f := range corpus(t, "community")[:20] {
		pieces, _ := Policies(f, "")
		p := pieces[0]
		p.Resource.Get("properties").Walk(func(path string, v arm.Value) bool {
			at := p.Pos(v)
			if have := f.Text[at.Col-1:]; isASCII(f.Text) && !strings.HasPrefix(have, v.Text()[:min(len(v.Text()), 20)]) {
				t.Errorf("%s: %s is %.60q, and the file has %.60q there", at, path, v.Text(), have)
				return false
			}
			return true
		})
	}
}

func isASCII(s string) bool { return strings.IndexFunc(s, func(r rune) bool { return r > 127 }) < 0 }

func read(t testing.TB, text string) ([]Piece, diag.List) {
	t.Helper()
	f, found := source.NewFile("a.json", []byte(text))
	if len(found) > 0 {
		t.Fatal(found)
	}
	return Reader{At: "/providers/Microsoft.Management/managementGroups/m"}.Policies(f)
}

// Hostile texts end with a finding, in time.
func TestHostile(t *testing.T) {
	if testing.Short() {
		t.Skip("left out texts that are made to take long")
	}
	many := func(n int, s string) string { return strings.TrimSuffix(strings.Repeat(s, n), ",") }
	leaf := `{"nodeName":"l"},`
	for name, text := range map[string]string{
		"deep":        strings.Repeat("[", 1000),
		"deepest":     `{"policyRule":` + strings.Repeat("[", 511) + strings.Repeat("]", 511) + "}",
		"strange":     "[" + many(300_000, "1,") + "]",
		"one line":    `[` + many(50_000, `{"name":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","policyRule":{"if":{},"then":{}},"x":1},`) + "]",
		"product":     `{"nodeName":"r","definitionEntryList":[` + many(3000, `{"policyId":"/x","assignment":{"name":"a"}},`) + `],"scope":{"e":[` + many(3000, `"/subscriptions/s",`) + `]},"children":[` + many(3000, leaf) + `]}`,
		"overrides":   `{"nodeName":"r","definitionEntry":{"policyId":"/x"},"assignment":{"name":"a"},"overrides":[` + many(100_000, `{"policyId":"/y"},`) + `],"scope":{"e":["/subscriptions/s"]},"children":[` + many(100_000, leaf) + `]}`,
		"scopes":      `{"nodeName":"r","definitionEntry":{"policyId":"/x"},"assignment":{"name":"a"},"scope":{"e":[` + many(100_000, `"s",`) + `]},"children":[` + many(100_000, leaf) + `]}`,
		"names":       strings.Repeat(`{"nodeName":"n","assignment":{"name":"`+strings.Repeat("a", 1000)+`"},"children":[`, 200) + strings.Repeat("]}", 200),
		"environment": `{"nodeName":"r","definitionEntry":{"policyId":"/x"},"scope":{` + many(50_000, `"a":[],`) + `},"children":[` + many(50_000, leaf) + `]}`,
	} {
		t.Run(name, func(t *testing.T) {
			pieces, found := read(t, text)
			if len(found) == 0 {
				t.Error("no finding")
			}
			t.Logf("%d bytes: %d pieces, %d findings, last %s", len(text), len(pieces), len(found), found[len(found)-1])
		})
	}
}

func FuzzPolicies(f *testing.F) {
	paths, _ := filepath.Glob("testdata/*.txtar")
	for _, path := range paths {
		a, err := txtar.ParseFile(path)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range a.Files {
			f.Add(file.Name, string(file.Data))
		}
	}
	f.Fuzz(func(t *testing.T, name, text string) {
		file, found := source.NewFile(name, []byte(text))
		if found.HasErrors() {
			return
		}
		pieces, _ := Reader{At: "/providers/Microsoft.Management/managementGroups/m"}.Policies(file)
		for _, p := range pieces {
			checkPiece(t, p)
			steps := 0
			p.Resource.Body.Walk(func(_ string, v arm.Value) bool {
				if at := p.Pos(v); at.File != name || at.Line < 1 || at.Line > p.Resource.Pos.Line+strings.Count(text, "\n")+strings.Count(text, "\r") {
					t.Errorf("place %v", at)
				}
				steps++
				return steps < 20
			})
		}
	})
}

func FuzzLibrary(f *testing.F) {
	f.Add("name: a\nmanagement_groups: [{id: a, archetypes: [b]}]", "name: b\npolicy_definitions: [c]", `{"name":"c","policyRule":{}}`, `{"name":"d","properties":{"policyDefinitionId":"/providers/Microsoft.Management/managementGroups/placeholder/providers/Microsoft.Authorization/policyDefinitions/c"}}`)
	f.Add("name: a\nmanagement_groups: [{id: a, parent_id: a, archetypes: [b]}, {id: c, parent_id: a}]", "name: b\nbase_archetype: b", "[]", "{}")
	f.Fuzz(func(t *testing.T, architecture, archetype, definition, assignment string) {
		var files []*source.File
		for name, text := range map[string]string{"a.alz_architecture_definition.yaml": architecture, "b.alz_archetype_override.yaml": archetype, "c.alz_policy_definition.json": definition, "d.alz_policy_assignment.json": assignment} {
			file, found := source.NewFile(name, []byte(text))
			if found.HasErrors() {
				return
			}
			files = append(files, file)
		}
		pieces, _ := Library(files, "a")
		for _, p := range pieces {
			if p.File != nil {
				checkPiece(t, p)
			}
		}
	})
}

func ExamplePolicies() {
	f, _ := source.NewFile("need-owner.json", []byte(`{
  "if": {"field": "tags.owner", "exists": false},
  "then": {"effect": "deny"}
}`))
	pieces, _ := Policies(f, arm.ManagementGroup("corp"))
	for _, p := range pieces {
		fmt.Println(p.Resource.ID)
		effect := p.Resource.Get("properties", "policyRule", "then", "effect")
		fmt.Println(p.Pos(effect), effect.Str())
	}
	// Output:
	// /providers/Microsoft.Management/managementGroups/corp/providers/Microsoft.Authorization/policyDefinitions/need-owner
	// need-owner.json:3:22 deny
}
