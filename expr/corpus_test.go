package expr

import (
	"bufio"
	"compress/gzip"
	"os"
	"path/filepath"
	"testing"

	"airfield/arm"
)

// Every expression in the policies and templates of the reference material can
// be read, and is read the same from its canonical form.
func TestCorporaParse(t *testing.T) {
	root := os.Getenv("AIRFIELD_SHARED")
	if root == "" {
		root = filepath.Join("..", "..", "shared")
	}
	for _, name := range []string{"arm-templates", "builtin-policyDefinitions", "alz-library", "community"} {
		f, err := os.Open(filepath.Join(root, "corpora", name+".jsonl.gz"))
		if err != nil {
			t.Skipf("left out the expressions of policies and templates: %v", err)
		}
		defer f.Close()
		z, err := gzip.NewReader(f)
		if err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(z)
		lines.Buffer(nil, 32<<20)
		seen := map[string]bool{}
		for lines.Scan() {
			line, err := arm.Parse(lines.Text())
			if err != nil {
				t.Fatal(err)
			}
			line.Walk(func(_ string, v arm.Value) bool {
				if s := v.Str(); Is(s) && !seen[s] {
					seen[s] = true
					checkParse(t, line.Get("path").Str(), s)
				}
				return true
			})
		}
		if err := lines.Err(); err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %d different expressions", name, len(seen))
	}
}

func checkParse(t *testing.T, path, s string) {
	t.Helper()
	e, err := Parse(s)
	if err != nil {
		t.Errorf("%s: %.200q: %v", path, s, err)
		return
	}
	again, err := Parse(e.String())
	if err != nil || again.String() != e.String() {
		t.Errorf("%s: %q is printed as %q: %v", path, s, e.String(), err)
	}
}
