package airfield_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// forbiddenNames are no nouns of the domain.
var forbiddenNames = []string{"util", "utils", "common", "helper", "helpers", "shared", "types", "models", "manager", "pkg", "internal", "base", "misc"}

// TestShape holds the code against the conventions that a program can see:
// package names and comments, no func init, no exit or log.Fatal outside the
// commands, no map[string]any for bodies, doc comments that begin with the
// name, and functions that fit on a screen.
func TestShape(t *testing.T) {
	commented := map[string]bool{}
	var lengths []int
	goFiles(t, func(path string) {
		pkg := filepath.ToSlash(filepath.Dir(path))
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, path, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		test := strings.HasSuffix(path, "_test.go")
		if slices.Contains(forbiddenNames, f.Name.Name) {
			t.Errorf("%s: package %s is named after no noun of the domain", path, f.Name.Name)
		}
		if !test {
			commented[pkg] = commented[pkg] || f.Doc != nil
		}
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			at := fmt.Sprintf("%s:%d", path, fset.Position(fn.Pos()).Line)
			if fn.Name.Name == "init" && fn.Recv == nil {
				t.Errorf("%s: func init", at)
			}
			if test {
				continue
			}
			if fn.Name.IsExported() && exportedReceiver(fn) && !strings.HasPrefix(fn.Doc.Text(), fn.Name.Name+" ") && f.Name.Name != "main" {
				t.Errorf("%s: the doc comment of %s does not begin with its name", at, fn.Name.Name)
			}
			lengths = append(lengths, fset.Position(fn.End()).Line-fset.Position(fn.Pos()).Line-1)
			if floor := floors[pkg]; floor > 1 && fn.Name.IsExported() && takesMap(fn.Type) {
				t.Errorf("%s: %s has map[string]any in its signature", at, fn.Name.Name)
			}
		}
		if !test && f.Name.Name != "main" {
			noExit(t, fset, f)
		}
	})
	for pkg, ok := range commented {
		if !ok && pkg != "." {
			t.Errorf("package %s has no comment", pkg)
		}
	}
	slices.Sort(lengths)
	if len(lengths) == 0 {
		t.Fatal("no functions were seen")
	}
	half, ninth := lengths[len(lengths)/2], lengths[len(lengths)*9/10]
	t.Logf("%d functions: half have at most %d lines, nine in ten at most %d", len(lengths), half, ninth)
	if half > 12 || ninth > 45 {
		t.Errorf("half the functions have up to %d lines (wanted 12), nine in ten up to %d (wanted 45)", half, ninth)
	}
}

func exportedReceiver(fn *ast.FuncDecl) bool {
	if fn.Recv == nil {
		return true
	}
	typ := fn.Recv.List[0].Type
	for {
		switch t := typ.(type) {
		case *ast.StarExpr:
			typ = t.X
		case *ast.IndexExpr:
			typ = t.X
		case *ast.Ident:
			return t.IsExported()
		default:
			return false
		}
	}
}

func takesMap(t *ast.FuncType) bool {
	found := false
	ast.Inspect(t, func(n ast.Node) bool {
		if m, ok := n.(*ast.MapType); ok {
			if v, ok := m.Value.(*ast.Ident); ok && v.Name == "any" {
				found = true
			}
		}
		return true
	})
	return found
}

func noExit(t *testing.T, fset *token.FileSet, f *ast.File) {
	t.Helper()
	ast.Inspect(f, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		if s, ok := call.Fun.(*ast.SelectorExpr); ok {
			if x, ok := s.X.(*ast.Ident); ok && (x.Name == "os" && s.Sel.Name == "Exit" || x.Name == "log" && strings.HasPrefix(s.Sel.Name, "Fatal")) {
				t.Errorf("%s: %s.%s outside cmd", fset.Position(call.Pos()), x.Name, s.Sel.Name)
			}
		}
		return true
	})
}
