package airfield_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
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

// codesUsed gives a place where each code is used.
func codesUsed(t *testing.T) map[string]string {
	t.Helper()
	used := map[string]string{}
	files := token.NewFileSet()
	packages := map[string][]*ast.File{} // by folder
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != "." && (d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".")):
			return filepath.SkipDir
		case d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		f, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
		packages[filepath.Dir(path)] = append(packages[filepath.Dir(path)], f)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, of := range packages {
		constants := stringConstants(of)
		note := func(e ast.Expr) {
			code := constantText(e, constants)
			if codeShape.MatchString(code) && used[code] == "" {
				used[code] = files.Position(e.Pos()).String()
			}
		}
		for _, f := range of {
			ast.Inspect(f, func(n ast.Node) bool {
				noteCodes(n, note)
				return true
			})
		}
	}
	return used
}

// noteCodes calls note for the codes of a call of Errorf, Warnf or Infof, a
// field Code in a literal, and a value that is set as Code.
func noteCodes(n ast.Node, note func(ast.Expr)) {
	switch n := n.(type) {
	case *ast.CallExpr:
		if f, ok := n.Fun.(*ast.SelectorExpr); ok && len(n.Args) >= 3 && slices.Contains([]string{"Errorf", "Warnf", "Infof"}, f.Sel.Name) {
			note(n.Args[1])
		}
	case *ast.KeyValueExpr:
		if key, ok := n.Key.(*ast.Ident); ok && key.Name == "Code" {
			note(n.Value)
		}
	case *ast.AssignStmt:
		for i, left := range n.Lhs {
			if f, ok := left.(*ast.SelectorExpr); ok && f.Sel.Name == "Code" && i < len(n.Rhs) {
				note(n.Rhs[i])
			}
		}
	}
}

// stringConstants gives the constants of a package that are texts.
func stringConstants(files []*ast.File) map[string]string {
	constants := map[string]string{}
	for _, f := range files {
		ast.Inspect(f, func(n ast.Node) bool {
			if v, ok := n.(*ast.ValueSpec); ok {
				for i, name := range v.Names {
					if i < len(v.Values) {
						constants[name.Name] = constantText(v.Values[i], nil)
					}
				}
			}
			return true
		})
	}
	return constants
}

func constantText(e ast.Expr, constants map[string]string) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		text, _ := strconv.Unquote(e.Value)
		return text
	case *ast.Ident:
		return constants[e.Name]
	}
	return ""
}
