package policy

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"airfield/arm"
	"airfield/catalog"
)

// A field is what a rule names in a resource: one of its own properties (type,
// name, tags['env']) or an alias, a property of one resource type with the path
// it has in a body.
//
// learn.microsoft.com/azure/governance/policy/concepts/definition-structure-alias

type fieldKind uint8

const (
	typeField fieldKind = iota
	nameField
	fullNameField
	kindField
	locationField
	idField
	pathField  // a path that every type has: identity.type, apiVersion
	tagField   // one tag
	aliasField // an alias, by type
	unknownField
)

var fieldKinds = map[string]fieldKind{
	"type": typeField, "name": nameField, "fullname": fullNameField, "kind": kindField,
	"location": locationField, "id": idField, "tags": pathField, "apiversion": pathField,
	"identity.type": pathField, "identity.userassignedidentities": pathField,
}

type field struct {
	kind fieldKind
	name string // as written; of a tag, the tag's name
	fold string // the name in lower case
	all  bool   // the alias has [*]
	ways []way
}

// way is where an alias lies in the bodies of one resource type.
type way struct {
	typ    string // in lower case; "" is any type
	alias  catalog.Alias
	routes []route // the first is for versions that no other names
}

// route is the path of some API versions.
type route struct {
	versions []string
	full     path   // from the body's root
	path     path   // from where it starts
	from     int    // the count around, from the outside, at whose element it starts; or one of these
	part     string // of the id at the path, what stands behind this segment; "" for all of it

	modifiable catalog.Tri // whether effect modify may write it
	token      string      // kind of JSON value, blank where unknown
}

const (
	root       = -1 // the body
	properties = -2 // the body's properties, where most paths lead
)

func (w *way) route(version string) *route {
	for i := 1; i < len(w.routes); i++ {
		for _, v := range w.routes[i].versions {
			if arm.EqualFold(v, version) {
				return &w.routes[i]
			}
		}
	}
	return &w.routes[0]
}

func newRoute(versions []string, p path) route {
	if len(p) > 0 && p[0].name == "properties" {
		return route{versions: versions, full: p, path: p[1:], from: properties}
	}
	return route{versions: versions, full: p, path: p, from: root}
}

// path leads down from a value.
type path []step

// step is one step of a path: to a member, to one item, or to every item.
type step struct {
	name  string
	index int // of an item, where name is ""; every is all of them
}

const every = -1

func (s step) all() bool { return s.name == "" && s.index == every }

// parsePath reads a path such as properties.rules[*].port, ['a b'] for a name
// with blanks, [0] for one item.
func parsePath(s string) path {
	var p path
	for s != "" {
		switch {
		case s[0] == '.':
			s = s[1:]
		case s[0] == '[':
			end := strings.IndexByte(s, ']')
			if end < 0 {
				return append(p, step{name: s})
			}
			p = append(p, bracket(s[1:end]))
			s = s[end+1:]
		default:
			end := strings.IndexAny(s, ".[")
			if end < 0 {
				end = len(s)
			}
			p = append(p, step{name: s[:end]})
			s = s[end:]
		}
	}
	return p
}

func bracket(s string) step {
	if s == "*" {
		return step{index: every}
	}
	if i, err := strconv.Atoi(s); err == nil && i >= 0 {
		return step{index: i}
	}
	return step{name: strings.Trim(s, `'"`)}
}

// field resolves a name, seen from inside the counts around it, innermost
// last.
func (o *Options) field(name string, around []*field) *field {
	f := o.whole(name)
	if f.kind != aliasField {
		return f
	}
	for depth := len(around) - 1; depth >= 0; depth-- {
		if c := around[depth]; c != nil && strings.HasPrefix(f.fold, c.fold) {
			return f.inside(c, depth)
		}
	}
	return f
}

// fields are the aliases of the embedded table that were resolved, by name as
// written: rules name the same ones again and again.
var fields sync.Map // string → *field

// whole resolves a name seen from outside of all counts.
func (o *Options) whole(name string) *field {
	if o.Alias != nil {
		return o.resolve(name)
	}
	if f, ok := fields.Load(name); ok {
		return f.(*field)
	}
	f := o.resolve(name)
	if f.kind == aliasField { // there are only so many
		fields.Store(strings.Clone(name), f)
	}
	return f
}

func (o *Options) resolve(name string) *field {
	f := &field{name: name, fold: strings.ToLower(name)}
	if k, ok := fieldKinds[f.fold]; ok {
		f.kind = k
		if k == pathField {
			f.ways = []way{{routes: []route{newRoute(nil, parsePath(f.fold))}}}
		}
		return f
	}
	if tag, ok := tagName(name, f.fold); ok {
		f.kind, f.name = tagField, tag
		return f
	}
	f.kind = aliasField
	f.all = strings.Contains(name, "[*]")
	for _, a := range o.alias(name) {
		f.ways = append(f.ways, wayOf(a))
	}
	if len(f.ways) == 0 {
		f.kind = unknownField
	}
	return f
}

// wayOf reads an alias. Lists give some aliases of a child type with its parent:
// the type is what the name has in front of its last slash.
func wayOf(a catalog.Alias) way {
	typ, name := strings.ToLower(string(a.Type)), strings.ToLower(a.Name)
	if own := name[:max(0, strings.LastIndexByte(name, '/'))]; strings.HasPrefix(own, typ+"/") && typ != "" {
		typ = own
	}
	w := way{typ: typ, alias: a, routes: []route{newRoute(nil, parsePath(a.Path))}}
	w.routes[0].part, w.routes[0].modifiable, w.routes[0].token = partOf(name, a.Path, a.Pattern), a.Modifiable, a.Token
	for _, v := range a.Versions {
		r := newRoute(v.APIVersions, parsePath(v.Path))
		r.part, r.modifiable, r.token = partOf(name, v.Path, v.Pattern), cmp.Or(v.Modifiable, a.Modifiable), cmp.Or(v.Token, a.Token)
		w.routes = append(w.routes, r)
	}
	return w
}

// partOf gives the segment of an id that an alias' value stands behind: a disk
// has no offer of its own, but the id of an image with the offer in it. The
// pattern says so where it is known.
func partOf(name, path string, pattern catalog.AliasPattern) string {
	segments := strings.Split(pattern.Phrase, "/")
	for i, s := range segments {
		if i > 0 && s == "{"+pattern.Variable+"}" {
			return segments[i-1]
		}
	}
	if strings.HasSuffix(path, "imageReference.id") {
		return imageParts[name]
	}
	return ""
}

var imageParts = map[string]string{
	"microsoft.compute/imagepublisher": "publishers", "microsoft.compute/imageoffer": "offers",
	"microsoft.compute/imagesku": "skus", "microsoft.compute/imageversion": "versions",
}

// partOfID gives what stands behind a segment of an id, null where the id does
// not have it.
func partOfID(d datum, part string) datum {
	if d.kind != arm.String {
		return d
	}
	segments := strings.Split(d.text, "/")
	for i := range segments {
		if i > 0 && strings.EqualFold(segments[i-1], part) {
			return textDatum(segments[i])
		}
	}
	return datum{kind: arm.Null}
}

// tagName gives the name in tags.x, tags[x], tags['x'] and tags[”'x”'].
func tagName(name, fold string) (string, bool) {
	switch {
	case strings.HasPrefix(fold, "tags."):
		return name[len("tags."):], true
	case strings.HasPrefix(fold, "tags[") && strings.HasSuffix(fold, "]"):
		tag := name[len("tags[") : len(name)-1]
		if len(tag) >= 2 && tag[0] == '\'' && tag[len(tag)-1] == '\'' {
			tag = strings.ReplaceAll(tag[1:len(tag)-1], "''", "'")
		}
		return tag, true
	}
	return "", false
}

// inside gives the field as it is seen inside a count whose alias it begins
// with: its paths begin at the element of the count.
func (f *field) inside(c *field, depth int) *field {
	g := *f
	g.ways = slices.Clone(f.ways)
	for i := range g.ways {
		g.ways[i].startAt(c, depth)
	}
	return &g
}

func (w *way) startAt(c *field, depth int) {
	w.routes = slices.Clone(w.routes)
	for _, outer := range c.ways {
		if outer.typ != w.typ {
			continue
		}
		for i := range w.routes {
			r := &w.routes[i]
			var version string
			if len(r.versions) > 0 {
				version = r.versions[0]
			}
			if rest, ok := r.full.below(outer.route(version).full); ok {
				r.path, r.from = rest, depth
			}
		}
	}
}

// below gives the rest of a path that begins with another.
func (p path) below(over path) (path, bool) {
	if len(over) > len(p) {
		return nil, false
	}
	for i, s := range over {
		if s.index != p[i].index || !arm.EqualFold(s.name, p[i].name) {
			return nil, false
		}
	}
	return p[len(over):], true
}
