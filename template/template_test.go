package template

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"airfield/arm"
	"airfield/source"
)

var update = flag.Bool("update", false, "write what was found into the files of testdata")

// sections cuts a file at its lines "-- name --".
func sections(text string) map[string]string {
	out := map[string]string{}
	name := ""
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "-- ") && strings.HasSuffix(line, " --\n") {
			name = line[3 : len(line)-4]
			continue
		}
		out[name] += line
	}
	return out
}

// Each file holds a template, where it is deployed (in one line: the scope, then
// the parameters as JSON), and what comes out.
func TestExpand(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no files: %v", err)
	}
	for _, name := range files {
		t.Run(filepath.Base(name), func(t *testing.T) {
			raw, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			in := sections(string(raw))
			have := run(t, in["deploy"], in["template"])
			if *update {
				head, _, _ := strings.Cut(string(raw), "-- want --\n")
				if err := os.WriteFile(name, []byte(head+"-- want --\n"+have), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if have != in["want"] {
				t.Errorf("have\n%s\nwant\n%s", have, in["want"])
			}
		})
	}
}

func run(t *testing.T, deploy, text string) string {
	t.Helper()
	f, found := source.NewFile("main.json", []byte(text))
	if len(found) > 0 {
		t.Fatal(found)
	}
	tpl, err := arm.Parse(f.Text)
	if err != nil {
		t.Fatal(err)
	}
	scope, params, _ := strings.Cut(strings.TrimSpace(deploy), " ")
	d := at("")
	d.Scope = arm.ID(scope)
	if params != "" {
		if d.Parameters, err = arm.Parse(params); err != nil {
			t.Fatal(err)
		}
	}
	out, found := Expand(f, tpl, d)
	var b strings.Builder
	for _, r := range out.Resources {
		theirs := ""
		if r.Theirs {
			theirs = " (theirs)"
		}
		body := r.Body.Without("id").Without("name").Without("type")
		fmt.Fprintf(&b, "%s %s%s\n    %s\n", r.Pos, r.ID, theirs, compact(body))
	}
	for _, e := range out.Edges {
		fmt.Fprintf(&b, "%s after %s\n", e.From.Name(), e.To.Name())
	}
	for _, m := range out.Modules {
		fmt.Fprintf(&b, "module %s of %d\n", m.ID, len(m.Resources))
	}
	for _, s := range out.Skipped {
		fmt.Fprintf(&b, "skipped %s\n", s.ID)
	}
	for _, o := range out.Outputs {
		fmt.Fprintf(&b, "output %s = %s\n", o.Name, compact(o.Value))
	}
	for _, d := range found {
		fmt.Fprintln(&b, d)
	}
	return b.String()
}

func compact(v arm.Value) string {
	return string(rewrite(nil, v, func(s string) (arm.Value, error) { return arm.New(s), nil }, new(error)))
}

func TestParameters(t *testing.T) {
	v, err := arm.Parse(`{"parameters": {"a": {"value": 1}, "b": {"reference": {"secretName": "s"}}}}`)
	if err != nil {
		t.Fatal(err)
	}
	have, err := Parameters(v)
	if want := `{"a":1,"b":{"$after":{"parameter":"b"}}}`; err != nil || have.Text() != want {
		t.Errorf("have %s %v, want %s", have.Text(), err, want)
	}
	v, _ = arm.Parse(`{"a": 1}`)
	if _, err := Parameters(v); err == nil {
		t.Error("have no error, want one")
	}
}

func ExampleExpand() {
	const text = `{
  "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
  "parameters": {"name": {"type": "string"}},
  "resources": [{
    "type": "Microsoft.Storage/storageAccounts", "apiVersion": "2023-05-01",
    "name": "[concat('st', parameters('name'))]", "location": "[resourceGroup().location]"
  }]
}`
	f, _ := source.NewFile("main.json", []byte(text))
	tpl, err := arm.Parse(f.Text)
	if err != nil {
		fmt.Println(err)
		return
	}
	out, found := Expand(f, tpl, Deployment{
		Scope: arm.Subscription("@atlas").ResourceGroup("rg-train"), Location: "swedencentral",
		Parameters: arm.New(arm.O{"name", "train"}),
	})
	for _, r := range out.Resources {
		fmt.Println(r.Pos, r.ID, r.Location())
	}
	fmt.Println(found)
	// Output:
	// main.json:4:17 /subscriptions/@atlas/resourceGroups/rg-train/providers/Microsoft.Storage/storageAccounts/sttrain swedencentral
	// []
}

func FuzzExpand(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.txt")
	for _, name := range files {
		raw, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(sections(string(raw))["template"])
	}
	f.Fuzz(func(t *testing.T, text string) {
		file, found := source.NewFile("main.json", []byte(text))
		if len(found) > 0 {
			return
		}
		tpl, err := arm.Parse(file.Text)
		if err != nil {
			return
		}
		out, _ := Expand(file, tpl, at(tpl.Get("$schema").Str()))
		for _, r := range out.Resources {
			if _, err := arm.ParseID(string(r.ID)); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// A hostile template ends in findings, and soon.
func TestHostileEndsInFindings(t *testing.T) {
	chain := `{"variables": {"v0": "x"`
	for i := range 3000 {
		chain += fmt.Sprintf(`, "v%d": "[variables('v%d')]"`, i+1, i)
	}
	backwards := `{"variables": {"v0": "x"`
	for i := 3000; i > 0; i-- {
		backwards += fmt.Sprintf(`, "v%d": "[variables('v%d')]"`, i, i-1)
	}
	nested := `{"resources": []}`
	for range 30 {
		nested = `{"resources": [{"type": "Microsoft.Resources/deployments", "apiVersion": "1", "name": "[concat('n', copyIndex())]", "copy": {"name": "c", "count": 9},
			"properties": {"expressionEvaluationOptions": {"scope": "inner"}, "template": ` + nested + `}}]}`
	}
	for name, tt := range map[string]struct{ in, want string }{
		"long chain, in order":  {chain + "}}", ""},
		"long chain, backwards": {backwards + "}}", "more than 500 deep"},
		"nested copies":         {nested, "more than 20000 resources"},
		"copies in copies": {`{"variables": {"copy": [{"name": "a", "count": 800, "input": {"copy": [{"name": "b", "count": 800, "input":
			{"copy": [{"name": "c", "count": 800, "input": "0123456789"}]}}]}}]}}`, "MiB"},
		"work": {`{"variables": {"copy": [{"name": "a", "count": 800, "input": "[length(string(range(0, 10000)))]"}, {"name": "b", "count": 800, "input": "[length(string(range(0, 10000)))]"},
			{"name": "c", "count": 800, "input": "[length(map(range(0, 10000), lambda('x', 1)))]"}]}}`, "too many"},
		"own function": {`{"functions": [{"namespace": "a", "members": {"f": {"parameters": [], "output": {"type": "int", "value": "[a.f()]"}}}}], "variables": {"x": "[a.f()]"}}`, "more than 64 deep"},
	} {
		f, found := source.NewFile("main.json", []byte(tt.in))
		if len(found) > 0 {
			t.Fatal(found)
		}
		tpl, err := arm.Parse(f.Text)
		if err != nil {
			t.Fatal(name, err)
		}
		_, found = Expand(f, tpl, at(""))
		text := ""
		for _, d := range found {
			text += d.String() + "\n"
		}
		if !strings.Contains(text, tt.want) {
			t.Errorf("%s: have %.300s, want %q", name, text, tt.want)
		}
	}
}
