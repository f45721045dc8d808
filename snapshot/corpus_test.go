package snapshot

import (
	"bufio"
	"compress/gzip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"airfield/arm"
	"airfield/diag"
	"airfield/source"
)

var corpora = []string{"builtin-policyDefinitions", "builtin-policySetDefinitions", "alz-library", "community"}

// corpus gives the documents of a collection of real policies, or skips the
// test where it is not there.
func corpus(t testing.TB, name string) []*source.File {
	t.Helper()
	root := os.Getenv("AIRFIELD_SHARED")
	if root == "" {
		root = filepath.Join("..", "..", "shared")
	}
	f, err := os.Open(filepath.Join(root, "corpora", name+".jsonl.gz"))
	if err != nil {
		t.Skipf("left out the real policies: %v", err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(z)
	lines.Buffer(nil, 32<<20)
	var files []*source.File
	for lines.Scan() {
		line, err := arm.Parse(lines.Text())
		if err != nil {
			t.Fatal(err)
		}
		f, found := source.NewFile(line.Get("path").Str(), []byte(line.Get("document").Text()))
		if found.HasErrors() {
			t.Fatal(found)
		}
		files = append(files, f)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return files
}

func TestCorpora(t *testing.T) {
	for _, name := range corpora {
		pieces, codes := 0, map[string]int{}
		for _, f := range corpus(t, name) {
			p, found := Policies(f, "")
			pieces += len(p)
			for _, d := range found {
				codes[d.Severity.String()+" "+d.Code]++
				if d.Severity == diag.Error {
					t.Error(d)
				}
			}
			if len(p) != 1 && libraryFile(mustParse(t, f)) == "" && !strings.Contains(f.Name, "role_definition") {
				t.Errorf("%s: %d objects, wanted 1: %v", f.Name, len(p), found)
			}
			for _, piece := range p {
				checkPiece(t, piece)
			}
		}
		t.Logf("%s: %d objects, %v", name, pieces, codes)
	}
}

func mustParse(t testing.TB, f *source.File) arm.Value {
	t.Helper()
	v, err := arm.Parse(f.Text)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// checkPiece holds a piece against what every reader may rely on.
func checkPiece(t testing.TB, p Piece) {
	t.Helper()
	r := p.Resource
	if _, err := arm.ParseID(string(r.ID)); err != nil || kindOf(r.ID.Type()) == nil {
		t.Errorf("%s: id %q: %v", r.Pos, r.ID, err)
	}
	if r.Get("id").Str() != string(r.ID) || !arm.EqualFold(r.Get("name").Str(), r.ID.Name()) || !arm.Type(r.Get("type").Str()).Equal(r.ID.Type()) || r.Get("properties").Kind() != arm.Object {
		t.Errorf("%s: %q has the body %.300s", r.Pos, r.ID, r.Body.Text())
	}
	if r.Pos.Line == 0 || r.Pos.File != p.File.Name {
		t.Errorf("%q has the place %q", r.ID, r.Pos)
	}
}

func BenchmarkCorpora(b *testing.B) {
	var raw [][]byte
	var names []string
	size := 0
	for _, name := range corpora {
		for _, f := range corpus(b, name) {
			raw, names = append(raw, []byte(f.Text)), append(names, f.Name)
			size += len(f.Text)
		}
	}
	b.SetBytes(int64(size))
	for b.Loop() {
		for i := range raw {
			f, _ := source.NewFile(names[i], raw[i])
			Policies(f, "")
		}
	}
}

// Every template of the collection that deploys something gives resources whose
// ids are whole, and a snapshot of them says what it left out.
func TestCorpusOfTemplates(t *testing.T) {
	g := Gathering{Reader: Reader{At: "/subscriptions/s/resourceGroups/r"}}
	read := 0
	for _, f := range corpus(t, "arm-templates") {
		pieces, _ := Reader{At: "/subscriptions/s/resourceGroups/r"}.Resources(f)
		for _, p := range pieces {
			if _, err := arm.ParseID(string(p.Resource.ID)); err != nil {
				t.Errorf("%s: %v", p.Resource.Pos, err)
			}
		}
		read += len(pieces)
		g.Read(f)
	}
	tree, _ := g.Tenant()
	t.Logf("%d resources, %d in a tenant, %d lacks", read, tree.Len(), len(Check(tree)))
	if tree.Len() == 0 {
		t.Error("no resources")
	}
}
