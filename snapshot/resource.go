package snapshot

import (
	"strings"

	"airfield/arm"
	"airfield/diag"
	"airfield/source"
	"airfield/template"
)

// Resources reads one file of any resources, with At as the scope of those that
// have no id: one object as the REST API or az
// prints it, a list, a list in "value" or "data", or an ARM template, of which
// it gives what it deploys, with Parameters.
//
// What only the deployment will know (references) is unknown in the bodies.
func (r Reader) Resources(f *source.File) ([]Piece, diag.List) {
	p := r.file(f)
	root, ok := p.parse()
	if !ok {
		return nil, p.found
	}
	if !isTemplate(root) {
		p.duplicate(root)
		p.resources(root)
		p.tell()
		return p.pieces, p.found.Sorted()
	}
	all, found := template.Expand(f, root, template.Deployment{Scope: p.At, Parameters: r.Parameters})
	for _, made := range all.Resources {
		if !made.Theirs {
			p.pieces = append(p.pieces, Piece{Resource: made, File: f})
		}
	}
	return p.pieces, append(p.found, found...).Sorted()
}

// resources reads an object or a list of them.
func (p *reading) resources(v arm.Value) {
	if v.Kind() == arm.Array {
		for item := range v.Items() {
			p.resources(item)
		}
		return
	}
	for _, name := range []string{"value", "data"} {
		if list := v.Get(name); list.Kind() == arm.Array && !v.Get("type").Exists() {
			p.partial(v)
			p.resources(list)
			return
		}
	}
	if v.Kind() != arm.Object {
		p.errorf(v.Offset(), "snapshot/form", "wanted a resource, found %s", v.Kind())
		return
	}
	p.resource(v)
}

func (p *reading) resource(v arm.Value) {
	id, name, typ := arm.ID(v.Get("id").Str()), v.Get("name").Str(), arm.Type(v.Get("type").Str())
	piece := Piece{File: p.f, from: v.Offset(), to: v.Offset() + len(v.Text())}
	switch {
	case id != "":
		if _, err := arm.ParseID(string(id)); err != nil {
			p.errorf(v.Get("id").Offset(), "snapshot/id", "%v", err)
			return
		}
	case typ == "" || name == "":
		p.errorf(v.Offset(), "snapshot/form", "resource has neither an id nor a type and a name")
		return
	case strings.Count(name, "/") != strings.Count(string(typ), "/")-1:
		p.errorf(v.Get("name").Offset(), "snapshot/name", "name %q does not have a part for each part of type %s", name, typ)
		return
	default:
		id = p.At.Resource(typ, strings.Split(name, "/")...)
	}
	piece.Resource = arm.Resource{ID: id, Body: v, Pos: p.pos(v.Offset())}
	p.pieces = append(p.pieces, piece)
}
