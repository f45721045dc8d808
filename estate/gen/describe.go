package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"strings"

	"airfield/estate"
	"airfield/source"
)

// description is what is known of the language: the types by reflection, the
// comments from the source, the defaults from reading an estate that says
// nothing.
type description struct {
	comments map[string]string // of a type, or of Type.Field
	defaults map[string]string // by path, with NAME for the keys users choose
	forms    map[reflect.Type]estate.Form
}

func describe(root string) (description, error) {
	d := description{map[string]string{}, map[string]string{}, map[reflect.Type]estate.Form{}}
	for _, f := range estate.Forms() {
		d.forms[f.Type] = f
	}
	d.takeDefaults()
	return d, d.takeComments(filepath.Join(root, "estate"))
}

// silent says nothing that it need not. Its keys called name stand for any.
const silent = `
airfield: 1
organization: {name: N, prefix: nn, owner: a@b.example}
regions: {home: home}
workloads:
  name:
    data: {name: {}}
    jobs: {name: {}}
    services: {name: {}}
`

func (d description) takeDefaults() {
	f, _ := source.NewFile("silent.yaml", []byte(silent))
	e, _ := estate.Read(f)
	for _, v := range e.Defaults() {
		path := strings.ReplaceAll(v.Path, ".name.", ".NAME.")
		if strings.HasSuffix(path, ".kind") {
			continue // depends on the key: the comment says how
		}
		d.defaults[path] = v.Value
	}
}

func (d description) takeComments(dir string) error {
	paths, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return err
	}
	for _, path := range paths {
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		for _, decl := range f.Decls {
			if g, ok := decl.(*ast.GenDecl); ok && g.Tok == token.TYPE {
				for _, spec := range g.Specs {
					d.takeType(g, spec.(*ast.TypeSpec))
				}
			}
		}
	}
	return nil
}

func (d description) takeType(g *ast.GenDecl, t *ast.TypeSpec) {
	d.comments[t.Name.Name] = oneLine(g.Doc)
	s, ok := t.Type.(*ast.StructType)
	if !ok {
		return
	}
	for _, f := range s.Fields.List {
		for _, name := range f.Names {
			d.comments[t.Name.Name+"."+name.Name] = oneLine(f.Doc)
		}
	}
}

func oneLine(c *ast.CommentGroup) string { return strings.Join(strings.Fields(c.Text()), " ") }

// comment gives the comment of a field, which must have one.
func (d description) comment(f source.Field) string {
	c := d.comments[f.Owner.Name()+"."+f.Name]
	if c == "" {
		panic(fmt.Sprintf("%s.%s has no comment", f.Owner.Name(), f.Name))
	}
	return c
}

// keyed gives the type of the values of a source.Keyed.
func keyed(t reflect.Type) (reflect.Type, bool) {
	if t.Kind() != reflect.Slice || t.Elem().Kind() != reflect.Struct || !strings.HasPrefix(t.Name(), "Keyed[") {
		return nil, false
	}
	v, _ := t.Elem().FieldByName("Value")
	return v.Type, true
}

// words gives the values of a type that has a fixed set of them.
func words(t reflect.Type) []string {
	if e, ok := reflect.Zero(t).Interface().(source.Enum); ok {
		return e.Values()
	}
	return nil
}

// The types whose shape is not that of their fields.
var (
	platformType   = reflect.TypeFor[estate.Platform]()
	modelType      = reflect.TypeFor[estate.ServedModel]()
	grantType      = reflect.TypeFor[estate.Grant]()
	allowedType    = reflect.TypeFor[estate.Allowed]()
	vocabularyType = reflect.TypeFor[estate.Vocabulary]()
	accessType     = reflect.TypeFor[estate.Access]()
	groupType      = reflect.TypeFor[estate.Group]()
)
