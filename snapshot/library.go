package snapshot

// An Azure landing zone library is folders of files that name each other:
//
//	architecture_definitions/alz.alz_architecture_definition.json   management groups, and the archetypes of each
//	archetype_definitions/corp.alz_archetype_definition.json        names of assignments, definitions and sets
//	archetype_definitions/my.alz_archetype_override.yaml            an archetype by its differences from another
//	policy_assignments/…  policy_definitions/…  policy_set_definitions/…
//	alz_library_metadata.json                                       which libraries this one builds on
//
// What an archetype names lies at each management group that has the archetype.
// An assignment or a set names a custom definition in a management group
// "placeholder" or "contoso": it is the one at the nearest management group, from
// where the assignment or the set lies upwards. Names compare without case, and
// a library's own file goes before one of a library that it builds on.
//
// https://azure.github.io/Azure-Landing-Zones-Library/

import (
	"path"
	"slices"
	"strings"

	"airfield/arm"
	"airfield/diag"
	"airfield/source"
)

// Library makes the resources of the tenant that an architecture of an Azure
// landing zone library describes: the management groups, and the custom
// definitions, sets and assignments at each. The files are those of the library
// and of the ones it builds on, in any order. Parameters have the values of the
// assignments' own files; the library's default values are names without values.
// Add the pieces' resources to a tenant.Builder.
func Library(files []*source.File, architecture string) ([]Piece, diag.List) {
	l := library{names: map[string]*document{}, archetypes: map[string]*archetype{}, held: map[arm.ID]bool{}, used: map[*document]bool{}}
	arch := l.choose(files, architecture)
	if arch == nil {
		return nil, l.found.Sorted()
	}
	l.readGroups(arch)
	l.readArchetypes()
	for _, g := range l.groups {
		l.hold(g)
	}
	for _, g := range l.groups {
		l.place(g)
	}
	l.tellUnused()
	return l.pieces, l.found.Sorted()
}

// maxLevels is how deep management groups and overrides of archetypes may nest.
// Azure allows six levels of groups
// (learn.microsoft.com/azure/governance/management-groups/overview).
const maxLevels = 20

// library is one that is read.
type library struct {
	files      []*source.File // of the library and those it builds on, its own first
	names      map[string]*document
	documents  []*document
	archetypes map[string]*archetype
	groups     []*group
	held       map[arm.ID]bool // the custom definitions and sets, by folded id
	used       map[*document]bool
	made       int // bytes of bodies
	pieces     []Piece
	found      diag.List
}

// document is one policy object of the library.
type document struct {
	p *reading
	o object
}

// group is one management group.
type group struct {
	id         arm.ID
	parent     *group
	archetypes []*source.Node
	items      []*document // what its archetypes put there
}

// archetype is names of policy objects, by the key of the file.
type archetype struct {
	node  *source.Node
	names map[string][]*source.Node
	base  string
}

// lists are the keys of an archetype, and the types of what they name.
var lists = []struct {
	key string
	typ arm.Type
}{
	{"policy_definitions", definitionType},
	{"policy_set_definitions", setType},
	{"policy_assignments", assignmentType},
}

// part tells which part of a library a file is by its name, such as
// "archetype_definition".
func part(f *source.File) string {
	base := strings.ToLower(path.Base(slashed(f)))
	if base == "alz_library_metadata.json" {
		return "metadata"
	}
	_, kind, _ := strings.Cut(base, ".alz_")
	return strings.TrimSuffix(kind, path.Ext(kind))
}

func slashed(f *source.File) string { return strings.ReplaceAll(f.Name, `\`, "/") }

// folders are where a library keeps its parts.
var folders = []string{"architecture_definitions", "archetype_definitions", "archetype_overrides", "policy_definitions", "policy_set_definitions", "policy_assignments", "role_definitions"}

// home gives the folder of the library that a file is of.
func home(f *source.File) string {
	dir := path.Dir(slashed(f))
	for d := dir; d != "." && d != "/"; d = path.Dir(d) {
		if contains(folders, path.Base(d)) {
			return path.Dir(d)
		}
	}
	return dir
}

// libraryFile names the part of a library that an object is, "" where it is
// none that stands for more than itself.
func libraryFile(v arm.Value) string {
	switch {
	case v.Get("management_groups").Exists():
		return "an architecture"
	case v.Get("base_archetype").Exists():
		return "an archetype override"
	case v.Get("policy_assignments").Exists():
		return "an archetype"
	case v.Get("defaults").Kind() == arm.Array:
		return "the default values"
	case v.Get("display_name").Exists():
		return "the metadata"
	}
	return ""
}

// read gives the content of a file of the library that is no policy object.
func (l *library) read(f *source.File) *source.Node {
	n, found := source.YAML(f)
	l.found = append(l.found, found...)
	return n
}

func text(n *source.Node) string {
	if n == nil || n.Kind != source.Scalar {
		return ""
	}
	return n.Text
}

func items(n *source.Node) []*source.Node {
	if n == nil {
		return nil
	}
	return n.Items
}

// choose finds the architecture, and the files of its library and of those it
// builds on.
func (l *library) choose(files []*source.File, name string) *source.Node {
	var chosen *source.Node
	var from string
	var names []string
	for _, f := range files {
		if part(f) != "architecture_definition" {
			continue
		}
		n := l.read(f)
		own := text(n.Get("name"))
		names = append(names, own)
		switch {
		case !arm.EqualFold(own, name):
		case chosen != nil:
			l.found.Warnf(n.Pos, "snapshot/library", "architecture %q is there twice: the one at %s counts", own, chosen.Pos)
		default:
			chosen, from = n, home(f)
		}
	}
	if chosen == nil {
		l.found.Errorf(diag.Pos{}, "snapshot/library", "no architecture %q among %d files%s", name, len(files), diag.DidYouMean(name, names))
		return nil
	}
	for _, h := range l.homes(files, from) {
		for _, f := range files {
			if home(f) == h {
				l.files = append(l.files, f)
			}
		}
	}
	return chosen
}

// homes gives the folder of a library, and of those it builds on; of all where
// it does not say.
func (l *library) homes(files []*source.File, first string) []string {
	metadata, paths := map[string]*source.Node{}, map[string]string{}
	var all []string
	for _, f := range files {
		h := home(f)
		if !slices.Contains(all, h) {
			all = append(all, h)
		}
		if part(f) == "metadata" {
			n := l.read(f)
			metadata[h] = n
			paths[strings.ToLower(text(n.Get("path")))] = h
		}
	}
	order := []string{first}
	if metadata[first] == nil {
		return append(order, slices.DeleteFunc(all, func(h string) bool { return h == first })...)
	}
	for i := 0; i < len(order); i++ {
		for _, d := range items(metadata[order[i]].Get("dependencies")) {
			wanted := text(d.Get("path"))
			h, ok := paths[strings.ToLower(wanted)]
			if !ok || wanted == "" {
				l.found.Warnf(d.Pos, "snapshot/library", "library builds on %q, which is not among the files", wanted+text(d.Get("custom_url")))
			} else if !slices.Contains(order, h) {
				order = append(order, h)
			}
		}
	}
	return order
}

// readGroups reads the management groups of the architecture.
func (l *library) readGroups(arch *source.Node) {
	byName := map[string]*group{}
	var nodes []*source.Node
	for _, n := range items(arch.Get("management_groups")) {
		name := text(n.Get("id"))
		if name == "" || strings.Contains(name, "/") || byName[strings.ToLower(name)] != nil {
			l.found.Errorf(n.Pos, "snapshot/library", "management group has the id %q, wanted a name that no other has", name)
			continue
		}
		g := &group{id: arm.ManagementGroup(name), archetypes: items(n.Get("archetypes"))}
		byName[strings.ToLower(name)] = g
		l.groups, nodes = append(l.groups, g), append(nodes, n)
	}
	for i, g := range l.groups {
		n := nodes[i]
		parent := text(n.Get("parent_id"))
		g.parent = byName[strings.ToLower(parent)]
		for up, steps := g.parent, 0; up != nil; up, steps = up.parent, steps+1 {
			if up == g || steps > maxLevels {
				l.found.Errorf(n.Pos, "snapshot/library", "management group %q lies below itself, or more than %d levels deep", g.id.Name(), maxLevels)
				g.parent, parent = nil, ""
				break
			}
		}
		var details any = arm.Value{}
		if parent != "" {
			details = arm.O{"parent", arm.O{"id", arm.ManagementGroup(parent)}}
		}
		body := arm.New(arm.O{"id", g.id, "name", g.id.Name(), "type", arm.ManagementGroupType,
			"properties", arm.O{"displayName", text(n.Get("display_name")), "details", details}})
		l.pieces = append(l.pieces, Piece{Resource: arm.Resource{ID: g.id, Body: body, Pos: n.Pos, Theirs: text(n.Get("exists")) == "true"}})
	}
}

// readArchetypes reads the archetypes and the policy objects of the library.
func (l *library) readArchetypes() {
	for _, f := range l.files {
		switch part(f) {
		case "archetype_definition", "archetype_override":
			l.readArchetype(f)
		case "policy_definition", "policy_set_definition", "policy_assignment":
			l.readDocument(f)
		}
	}
}

func (l *library) readArchetype(f *source.File) {
	n := l.read(f)
	name := strings.ToLower(text(n.Get("name")))
	switch {
	case n == nil || name == "":
		l.found.Errorf(diag.Pos{File: f.Name}, "snapshot/library", "archetype has no name")
	case l.archetypes[name] == nil:
		a := &archetype{node: n, names: map[string][]*source.Node{}, base: text(n.Get("base_archetype"))}
		for _, m := range n.Members {
			a.names[m.Key] = items(m.Value)
		}
		l.archetypes[name] = a
	}
}

// readDocument reads one policy object, without placing it.
func (l *library) readDocument(f *source.File) {
	p := Reader{}.file(f)
	v, ok := p.parse()
	defer func() { l.found = append(l.found, p.found...) }()
	if !ok {
		return
	}
	p.duplicate(v)
	o := p.identify(v)
	if o.kind == nil || o.shape == bare {
		p.errorf(v.Offset(), "snapshot/form", "no policy object: wanted a definition, a set or an assignment")
		return
	}
	if o.name = v.Get("name").Str(); o.name == "" {
		o.name = fileName(f.Name)
	}
	if !p.goodName(o.name, v) {
		return
	}
	p.check(o, func(v arm.Value) diag.Pos { return p.pos(v.Offset()) })
	key := documentKey(o.kind.typ, o.name)
	if l.names[key] == nil {
		l.names[key] = &document{p, o}
		l.documents = append(l.documents, l.names[key])
	}
}

func documentKey(typ arm.Type, name string) string {
	return strings.ToLower(string(typ) + "/" + name)
}

// hold finds what the archetypes of a management group put there.
func (l *library) hold(g *group) {
	seen := map[*document]bool{}
	for _, a := range g.archetypes {
		for _, list := range lists {
			for _, n := range l.listed(a, text(a), list.key, 0) {
				doc := l.names[documentKey(list.typ, text(n))]
				if doc == nil {
					l.found.Errorf(n.Pos, "snapshot/library", "archetype %q names %q, and the library has no such file in %s%s", text(a), text(n), list.key, diag.DidYouMean(text(n), l.known(list.typ)))
					continue
				}
				l.used[doc] = true
				if !seen[doc] {
					seen[doc] = true
					g.items = append(g.items, doc)
					l.held[g.id.Resource(list.typ, doc.o.name).Fold()] = true
				}
			}
		}
	}
}

// listed gives the names that an archetype, or the one it changes, has in a
// list. The node at names the archetype.
func (l *library) listed(at *source.Node, name, key string, depth int) []*source.Node {
	a := l.archetypes[strings.ToLower(name)]
	if a == nil || depth > maxLevels {
		if key == lists[0].key {
			l.found.Errorf(at.Pos, "snapshot/library", "no archetype %q in the library, or it changes itself", name)
		}
		return nil
	}
	names := slices.Clip(a.names[key])
	if a.base == "" {
		return names
	}
	without := map[string]bool{}
	for _, n := range a.names[key+"_to_remove"] {
		without[strings.ToLower(text(n))] = true
	}
	for _, n := range l.listed(a.node, a.base, key, depth+1) {
		if !without[strings.ToLower(text(n))] {
			names = append(names, n)
		}
	}
	return append(names, a.names[key+"_to_add"]...)
}

// known gives the names to choose a likely one from, while findings are few.
func (l *library) known(typ arm.Type) []string {
	var names []string
	if len(l.found) > 100 {
		return nil
	}
	for _, d := range l.documents {
		if d.o.kind.typ == typ {
			names = append(names, d.o.name)
		}
	}
	return names
}

// place makes the resources of a management group.
func (l *library) place(g *group) {
	for _, d := range g.items {
		if l.made > maxMade {
			l.found.Errorf(diag.Pos{}, "snapshot/limit", "library makes more than %d MiB of policy objects: the rest was not read", maxMade>>20)
			return
		}
		o, p := d.o, d.p
		o.id = g.id.Resource(o.kind.typ, o.name)
		o.edits = p.unescape(o)
		switch o.kind.typ {
		case assignmentType:
			o.edits = append(o.edits, l.custom(g, p, o.props.Get("policyDefinitionId"))...)
			if scope := o.props.Get("scope"); scope.Exists() {
				o.edits = append(o.edits, replace(scope, string(g.id)))
			}
		case setType:
			for m := range o.props.Get("policyDefinitions").Items() {
				o.edits = append(o.edits, l.custom(g, p, m.Get("policyDefinitionId"))...)
			}
		}
		p.pieces, p.found, p.made, p.full = nil, nil, 0, false
		p.compose(o)
		l.made += p.made
		l.pieces, l.found = append(l.pieces, p.pieces...), append(l.found, p.found...)
	}
}

// custom gives the edit that makes the id of a custom definition the one at the
// nearest management group.
func (l *library) custom(g *group, p *reading, v arm.Value) []edit {
	id := arm.ID(v.Str())
	if !id.Under(arm.ManagementGroup("")[:len(arm.ManagementGroup(""))-1]) || l.held[id.Fold()] {
		return nil
	}
	for up := g; up != nil; up = up.parent {
		if to := up.id.Resource(id.Type(), id.Name()); l.held[to.Fold()] {
			return []edit{replace(v, string(to))}
		}
	}
	l.found.Errorf(p.pos(v.Offset()), "snapshot/library", "neither %q nor a management group above it has %q of type %s", g.id.Name(), id.Name(), id.Type())
	return nil
}

// tellUnused names what lies in the library and in no archetype of the
// architecture.
func (l *library) tellUnused() {
	var names []string
	for _, d := range l.documents {
		if !l.used[d] {
			names = append(names, d.o.name)
		}
	}
	if n := len(names); n > 0 {
		slices.Sort(names)
		l.found.Infof(diag.Pos{}, "snapshot/left-out", "%d policy objects of the library are in no archetype of the architecture: %s%s", n, strings.Join(names[:min(n, 5)], ", "), map[bool]string{true: ", …"}[n > 5])
	}
}
