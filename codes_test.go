package airfield_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const codesFile = "docs/codes.md"

var (
	codeShape   = regexp.MustCompile(`^[a-z]+/[a-z0-9]+(-[a-z0-9]+)*$`)
	codeHeading = regexp.MustCompile(`(?m)^## (.*)\n\n(.*)`)
)

// TestCodes compares the codes that findings have in the program with the
// paragraphs of docs/codes.md.
func TestCodes(t *testing.T) {
	raw, err := os.ReadFile(codesFile)
	if err != nil {
		t.Fatal(err)
	}
	var documented []string
	retired := map[string]bool{}
	for _, m := range codeHeading.FindAllStringSubmatch(string(raw), -1) {
		code, old := strings.CutSuffix(m[1], " (retired)")
		documented = append(documented, code)
		retired[code] = old
		if m[2] == "" || strings.HasPrefix(m[2], "#") {
			t.Errorf("%s: the paragraph of %q is missing below its heading", codesFile, m[1])
		}
	}
	for i, c := range documented {
		if i > 0 && documented[i-1] >= c {
			t.Errorf("%s: heading %q stands behind %q, wanted each once and sorted", codesFile, c, documented[i-1])
		}
	}
	used := codesUsed(t)
	for _, code := range slices.Sorted(maps.Keys(used)) {
		if !slices.Contains(documented, code) {
			t.Errorf("%s uses the code %q, which has no paragraph: add to %s, in its place in the order, a line \"## %s\", an empty line, and a paragraph of what it means and what to do", used[code], code, codesFile, code)
		}
	}
	for _, code := range documented {
		if used[code] == "" && !retired[code] {
			t.Errorf("%s: no finding has the code %q: take its paragraph out, or write \"## %s (retired)\" where a release had it", codesFile, code, code)
		}
	}
}

// codeAreas are the first parts of codes. Those of limits.Check are the ids of
// catalog/data/service_rules.csv, which says of each what it means, and are not
// written out in the program.
var codeAreas = []string{"compute", "source", "estate", "lock", "design", "emit", "limits", "template", "tenant", "policy", "snapshot", "test", "access", "denial", "groups", "pipeline", "review", "runway", "whatif"}

// codesUsed gives a place where each code is used: a text in the program that
// has the shape of one.
func codesUsed(t *testing.T) map[string]string {
	t.Helper()
	used := map[string]string{}
	files := token.NewFileSet()
	goFiles(t, func(path string) {
		if strings.HasSuffix(path, "_test.go") {
			return
		}
		f, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if _, ok := n.(*ast.ImportSpec); ok {
				return false
			}
			lit, ok := n.(*ast.BasicLit)
			if !ok || lit.Kind != token.STRING {
				return true
			}
			code, _ := strconv.Unquote(lit.Value)
			if area, _, _ := strings.Cut(code, "/"); codeShape.MatchString(code) && slices.Contains(codeAreas, area) && used[code] == "" {
				used[code] = files.Position(lit.Pos()).String()
			}
			return true
		})
	})
	return used
}
