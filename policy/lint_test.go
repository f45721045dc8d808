package policy_test

import (
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"airfield/arm"
	"airfield/catalog"
	"airfield/diag"
	"airfield/policy"
	"airfield/policy/policytest"
	"airfield/snapshot"
	"airfield/source"
	"airfield/tenant"
)

// TestLint lints the files of each archive in testdata/lint, and compares the
// findings of the rule that the archive is named after with its file "want".
// Each first step of the files' paths is a case of its own, but for "every",
// whose files all cases have: policy objects in .json, other resources in .jsonl, one a line, and aliases.json as az provider
// list prints it. Each rule has an archive, with a case that it finds and one
// that it does not.
func TestLint(t *testing.T) {
	for _, rule := range policy.LintRules() {
		t.Run(rule.ID, func(t *testing.T) {
			file := filepath.Join("testdata", "lint", rule.ID+".txtar")
			a, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			last := len(a.Files) - 1
			if a.Files[last].Name != "want" {
				a.Files, last = append(a.Files, txtar.File{Name: "want"}), last+1
			}
			have := lintArchive(t, a, "lint/"+rule.ID)
			if *update {
				a.Files[last].Data = []byte(have)
				if err := os.WriteFile(file, txtar.Format(a), 0o644); err != nil {
					t.Fatal(err)
				}
			} else if want := string(a.Files[last].Data); have != want {
				t.Errorf("have\n%s\nwant\n%s", have, want)
			}
			if !strings.Contains(have, "[lint/") || !strings.Contains(have, ": nothing\n") {
				t.Errorf("wanted a case with findings, and one with none:\n%s", have)
			}
		})
	}
}

func lintArchive(t *testing.T, a *txtar.Archive, code string) string {
	t.Helper()
	cases := map[string][]txtar.File{}
	for _, f := range a.Files {
		if f.Name != "want" {
			name, _, _ := strings.Cut(f.Name, "/")
			cases[name] = append(cases[name], f)
		}
	}
	every := cases["every"]
	delete(cases, "every")
	now := time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC)
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(cases)) {
		none := true
		for _, d := range lintFiles(t, slices.Concat(every, cases[name]), now).Sorted() {
			if d.Code == code {
				fmt.Fprintln(&b, d)
				none = false
			}
		}
		if none {
			fmt.Fprintf(&b, "%s: nothing\n", name)
		}
	}
	return b.String()
}

// lintFiles lints the definitions, the sets and the tenant of some files.
func lintFiles(t *testing.T, files []txtar.File, now time.Time) diag.List {
	t.Helper()
	o := policy.Options{Now: now}
	var pieces []snapshot.Piece
	var b tenant.Builder
	for _, f := range files {
		switch {
		case path.Base(f.Name) == "aliases.json":
			o.Alias = importAliases(t, f).Lookup
		case path.Ext(f.Name) == ".jsonl":
			for line := range strings.Lines(string(f.Data)) {
				b.Add(arm.Resource{Body: parse(t, line), Pos: diag.Pos{File: f.Name}})
			}
		default:
			pieces = append(pieces, readPieces(t, f)...)
		}
	}
	o.Place = snapshot.Places(pieces)
	var definitions []*policy.Definition
	var sets []*policy.Set
	for _, p := range pieces {
		b.Add(p.Resource)
		switch kind := p.Resource.Type(); {
		case kind.Equal("Microsoft.Authorization/policyDefinitions"):
			def, found := policy.Define(p.Resource, &o)
			mustPass(t, found)
			definitions = append(definitions, def)
		case kind.Equal("Microsoft.Authorization/policySetDefinitions"):
			set, found := policy.DefineSet(p.Resource, &o)
			mustPass(t, found)
			sets = append(sets, set)
		}
	}
	in, found := b.Tenant()
	mustPass(t, found)
	e, _ := policy.Compile(in, o)
	return slices.Concat(policy.Lint(&o, definitions), policy.LintSets(&o, sets), e.Lint())
}

func readPieces(t *testing.T, f txtar.File) []snapshot.Piece {
	t.Helper()
	file, found := source.NewFile(f.Name, f.Data)
	mustPass(t, found)
	pieces, found := snapshot.Policies(file, "")
	mustPass(t, found)
	return pieces
}

func importAliases(t *testing.T, f txtar.File) *catalog.AliasTable {
	t.Helper()
	table, err := catalog.ParseAliases(parse(t, string(f.Data)))
	if err != nil {
		t.Fatal(err)
	}
	return table.Over(catalog.Aliases())
}

func parse(t *testing.T, text string) arm.Value {
	t.Helper()
	v, err := arm.Parse(strings.TrimSpace(text))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return v
}

func mustPass(t *testing.T, found diag.List) {
	t.Helper()
	if found.HasErrors() {
		t.Fatal(found)
	}
}

// TestLintCorpora lints every policy that Microsoft and its community publish,
// and the tenant of the Azure landing zone library, and counts the findings.
func TestLintCorpora(t *testing.T) {
	count := map[string]int{}
	var took time.Duration
	note := func(lint func() diag.List) {
		begin := time.Now()
		found := lint()
		took += time.Since(begin)
		for _, d := range found {
			count[d.Code]++
		}
	}
	o := policy.Options{Now: time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC)}
	for _, name := range []string{"builtin-policyDefinitions", "builtin-policySetDefinitions", "alz-library", "community"} {
		definitions, sets := defined(t, name, &o)
		clear(count)
		note(func() diag.List { return policy.Lint(&o, definitions) })
		note(func() diag.List { return policy.LintSets(&o, sets) })
		logCount(t, fmt.Sprintf("%s: %d definitions, %d sets", name, len(definitions), len(sets)), count)
	}
	e, _ := policy.Compile(reference(t), o)
	clear(count)
	note(e.Lint)
	logCount(t, "reference hierarchy", count)
	t.Logf("linting took %v", took)
}

func defined(t *testing.T, name string, o *policy.Options) (definitions []*policy.Definition, sets []*policy.Set) {
	t.Helper()
	for _, d := range corpus(t, name) {
		pieces, err := d.Pieces()
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range pieces {
			switch kind := p.Resource.Type(); {
			case kind.Equal("Microsoft.Authorization/policyDefinitions"):
				def, _ := policy.Define(p.Resource, o)
				definitions = append(definitions, def)
			case kind.Equal("Microsoft.Authorization/policySetDefinitions"):
				set, _ := policy.DefineSet(p.Resource, o)
				sets = append(sets, set)
			}
		}
	}
	return definitions, sets
}

func logCount(t *testing.T, what string, count map[string]int) {
	t.Helper()
	t.Log(what)
	for _, code := range slices.Sorted(maps.Keys(count)) {
		t.Logf("\t%6d %s", count[code], code)
	}
}

var lintHeading = regexp.MustCompile("(?m)^### (.*)$")

// TestLintDocs holds the headings of docs/lint.md against the rules.
func TestLintDocs(t *testing.T) {
	text, err := os.ReadFile("../docs/lint.md")
	if err != nil {
		t.Fatal(err)
	}
	var have, want []string
	for _, m := range lintHeading.FindAllStringSubmatch(string(text), -1) {
		have = append(have, m[1])
	}
	for _, r := range policy.LintRules() {
		want = append(want, r.ID)
	}
	if !slices.Equal(have, want) {
		t.Errorf("docs/lint.md has the headings\n%s\nwanted\n%s", strings.Join(have, "\n"), strings.Join(want, "\n"))
	}
}

// FuzzLint lints whatever can be read as a definition, and a tenant that
// assigns it.
func FuzzLint(f *testing.F) {
	if all, err := policytest.Corpus("community"); err == nil {
		for _, d := range all[:min(20, len(all))] {
			f.Add(string(d.Text))
		}
	}
	f.Add(`{"properties":{"policyRule":{"if":{"field":"type","equals":"a/b"},"then":{"effect":"deny"}}}}`)
	f.Fuzz(func(t *testing.T, text string) {
		body, err := arm.Parse(text)
		if err != nil || body.Kind() != arm.Object {
			return
		}
		const at arm.ID = "/subscriptions/00000000-0000-0000-0000-000000000001"
		o := policy.Options{Now: time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC)}
		r := arm.Resource{ID: at.Resource("Microsoft.Authorization/policyDefinitions", "x"), Body: body}
		def, _ := policy.Define(r, &o)
		policy.Lint(&o, []*policy.Definition{def})
		var b tenant.Builder
		b.Add(r)
		b.Add(arm.Resource{ID: at, Body: arm.New(arm.O{"type", arm.SubscriptionType})})
		for _, name := range []string{"a", "b"} {
			b.Add(arm.Resource{ID: at.Resource("Microsoft.Authorization/policyAssignments", name), Body: arm.New(arm.O{"properties", arm.O{"policyDefinitionId", r.ID}})})
		}
		in, _ := b.Tenant()
		e, _ := policy.Compile(in, o)
		e.Lint()
	})
}

func ExampleLint() {
	body, _ := arm.Parse(`{
		"name": "vm-names",
		"properties": {"policyRule": {"if": {"field": "name", "like": "vm-a"}, "then": {"effect": "deny"}}}
	}`)
	o := policy.Options{}
	r := arm.Resource{ID: "/providers/Microsoft.Authorization/policyDefinitions/vm-names", Body: body, Pos: diag.Pos{File: "vm-names.json"}}
	def, _ := policy.Define(r, &o)
	for _, d := range policy.Lint(&o, []*policy.Definition{def}) {
		fmt.Println(d)
	}
	// Output:
	// vm-names.json: warning: effect "deny" cannot be turned off, wanted a parameter [lint/hard-coded-policy-enforcement-effect]
	// vm-names.json: warning: like "vm-a" has no *, wanted equals [lint/like-notlike-without-wildcards]
}
