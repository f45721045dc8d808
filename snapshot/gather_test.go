package snapshot

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"airfield/arm"
	"airfield/source"
	"airfield/tenant"

	"golang.org/x/tools/txtar"
)

// TestGather gathers the files of each archive in testdata/gather, and compares
// the snapshot and the findings with the file "want" in it. The archive's
// comment may say at, and "resources" for what Resources gives of each file.
func TestGather(t *testing.T) {
	paths, _ := filepath.Glob("testdata/gather/*.txtar")
	if len(paths) == 0 {
		t.Fatal("no archives")
	}
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			a, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			last := len(a.Files) - 1
			if a.Files[last].Name != "want" {
				a.Files, last = append(a.Files, txtar.File{Name: "want"}), last+1
			}
			have := gathered(t, string(a.Comment), a.Files[:last])
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

// gathered reads files, and prints the snapshot they make.
func gathered(t *testing.T, comment string, files []txtar.File) string {
	t.Helper()
	var r Reader
	resources := false
	for line := range strings.Lines(comment) {
		if at, ok := strings.CutPrefix(line, "at: "); ok {
			r.At = arm.ID(strings.TrimSpace(at))
		}
		resources = resources || strings.TrimSpace(line) == "resources"
	}
	var b bytes.Buffer
	g := Gathering{Reader: r, Header: tenant.Header{Airfield: "tenant", Version: 1}}
	var names []string
	for _, file := range files {
		names = append(names, file.Name)
	}
	g.Folders(names)
	for _, file := range files {
		f, found := source.NewExport(file.Name, file.Data)
		if found.HasErrors() {
			g.Found(found)
			continue
		}
		if !resources {
			g.Read(f)
			continue
		}
		pieces, found := r.Resources(f)
		for _, p := range pieces {
			fmt.Fprintf(&b, "%s: %s %s\n", p.Resource.Pos, p.Resource.ID, p.Resource.Body.Text())
		}
		for _, d := range found {
			fmt.Fprintf(&b, "%s: %s\n", d.Severity, d)
		}
	}
	if resources {
		return b.String()
	}
	tree, found := g.Tenant()
	if err := tree.Write(&b, tenant.Plain); err != nil {
		t.Fatal(err)
	}
	for _, d := range found {
		fmt.Fprintf(&b, "%s: %s\n", d.Severity, d)
	}
	return b.String()
}

// TestGatherText reads what a program may write in other encodings.
func TestGatherEncodings(t *testing.T) {
	const text = `[{"id":"/subscriptions/s/resourceGroups/rü","name":"rü","type":"Microsoft.Resources/resourceGroups","location":"westeurope"}]`
	little, big := []byte("\xff\xfe"), []byte("\xfe\xff")
	for _, r := range text {
		little, big = append(little, byte(r), byte(r>>8)), append(big, byte(r>>8), byte(r))
	}
	for name, raw := range map[string][]byte{"little": little, "big": big, "mark": []byte("\xef\xbb\xbf" + text)} {
		f, found := source.NewExport(name, raw)
		if found.HasErrors() || f.Text != text {
			t.Errorf("%s: %v", name, found)
		}
	}
	for name, raw := range map[string][]byte{"cut": little[:len(little)-1], "surrogate": []byte("\xff\xfe\x00\xd8\x00\x00"), "latin": []byte("\"r\xfc\"")} {
		if _, found := source.NewExport(name, raw); !found.HasErrors() {
			t.Errorf("%s: no finding", name)
		}
	}
}

// A large text that is read item by item gives what it gives as a whole.
func TestByItem(t *testing.T) {
	for _, text := range []string{
		`[]`, ` [ {"id":"/subscriptions/s/resourceGroups/r","name":"r"} ,{"id":"/subscriptions/s/resourceGroups/q"}]`,
		"{\"count\":1, \"data\" :\n[{\"id\":\"/subscriptions/s/resourceGroups/\\\"]r\",\"a\":[[1],{}]}],\"total_records\":1}",
		`{"id":"/subscriptions/s","value":[{"resourceType":"virtualMachines","locations":["x"],"name":"y"}]}`,
		`[1,{"id":"/subscriptions/s"}]`,
		`{"data":{}}`, `{"data":[`, `{"a" 1}`, `{"value":[{}]`, `"x"`, ``, `[{"$schema":"x"}]x`,
	} {
		f, _ := source.NewFile("a.json", []byte(text))
		whole, found := Reader{}.Resources(f)
		p := Reader{}.file(f)
		if !p.byItem() {
			continue
		}
		p.tell()
		have, want := fmt.Sprint(len(p.pieces), p.found.Sorted()), fmt.Sprint(len(whole), found)
		if have != want {
			t.Errorf("%s: have %s, want %s", text, have, want)
		}
		for i, piece := range p.pieces {
			if a, b := piece.Place("name"), whole[i].Place("name"); a != b || piece.Resource.Body.Text() != whole[i].Resource.Body.Text() {
				t.Errorf("%s: %v and %v", text, a, b)
			}
		}
	}
}

func FuzzResources(f *testing.F) {
	paths, _ := filepath.Glob("testdata/gather/*.txtar")
	for _, path := range paths {
		a, err := txtar.ParseFile(path)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range a.Files {
			f.Add(file.Name, file.Data)
		}
	}
	f.Add("a.json", []byte(`{"name": "/", "type": "//"}`))
	f.Fuzz(func(t *testing.T, name string, raw []byte) {
		file, found := source.NewExport(name, raw)
		if found.HasErrors() {
			return
		}
		pieces, found := Reader{At: "/subscriptions/s/resourceGroups/r"}.Resources(file)
		if len(pieces) == 0 && len(found) == 0 && strings.ContainsAny(file.Text, "0123456789\"") && !strings.Contains(file.Text, "[") && !strings.Contains(file.Text, "{") {
			t.Error("nothing was read, and nothing said")
		}
		for _, p := range pieces {
			if _, err := arm.ParseID(string(p.Resource.ID)); err != nil {
				t.Errorf("%s: %v", p.Resource.Pos, err)
			}
			if p.Resource.Pos.File != name || p.Resource.Pos.Line < 1 {
				t.Errorf("%q has the place %v", p.Resource.ID, p.Resource.Pos)
			}
			p.Pos(p.Resource.Get("properties"))
		}
		if p := (Reader{}).file(file); p.byItem() {
			p.tell()
		}
		g := Gathering{}
		g.Folders([]string{name})
		g.Read(file)
		tree, _ := g.Tenant()
		Check(tree)
	})
}

// unnamed are properties of the table that no policy alias names.
var unnamed = []string{"properties.displayName", "properties.workload", "properties.billingScope", // of Microsoft.Subscription/aliases
	"properties.Application_Type"} // of Microsoft.Insights/components

// Every property in the table of azurerm is one that its type has.
func TestAzurermTable(t *testing.T) {
	p := Reader{}.file(&source.File{})
	for typ, m := range azurerm {
		n := p.namesOf(m.typ)
		if len(n.get("properties").below) == 0 {
			t.Logf("%s: no aliases of %s", typ, m.typ)
			continue
		}
		for _, f := range parseFields(m.fields) {
			at := n
			for step := range strings.SplitSeq(strings.ReplaceAll(f.to, "[*]", ""), ".") {
				at = at.get(step)
			}
			if at == nil && strings.HasPrefix(f.to, "properties.") && !slices.Contains(unnamed, f.to) {
				t.Errorf("%s: %s has no %s", typ, m.typ, f.to)
			}
		}
	}
}
