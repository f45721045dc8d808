package estate

import (
	"reflect"
	"slices"

	"airfield/diag"
	"airfield/source"
)

// Read reads an estate and fills in what is not written (see Defaults). It
// gives nil where the text has no shape to speak of; an Estate beside findings
// that are errors is not to be designed from.
func Read(f *source.File) (*Estate, diag.List) {
	root, found := source.YAML(f)
	if found.HasErrors() {
		return nil, found
	}
	if root == nil || root.Kind != source.Map {
		found.Errorf(diag.Pos{File: f.Name, Line: 1, Col: 1}, "estate/empty", "no estate here, wanted a mapping that begins with airfield: %d", Version)
		return nil, found
	}
	e := new(Estate)
	found = append(found, source.Decode(root, e)...)
	bad := broken(root, found)
	e.fill()
	if !bad["workloads"] {
		found = append(found, e.place()...)
		e.fillPlaces()
	}
	found = append(found, e.check(bad)...)
	return e, found.Sorted()
}

// broken gives the sections, by their key at the top, that have errors or are
// missing. What is found in them by looking further may only follow from those.
// A value that stands in two sections, by an alias, breaks both.
func broken(root *source.Node, found diag.List) map[string]bool {
	wrong := map[diag.Pos]bool{}
	for _, d := range found {
		wrong[d.Pos] = wrong[d.Pos] || d.Severity == diag.Error
	}
	bad := map[string]bool{}
	var sections []string
	for _, f := range source.Fields(reflect.TypeFor[Estate]()) {
		sections = append(sections, f.Key)
		bad[f.Key] = f.Required && root.Get(f.Key) == nil
	}
	for _, m := range root.Members {
		switch {
		case !slices.Contains(sections, m.Key):
			bad[diag.Nearest(m.Key, sections)] = true
		case wrong[m.Pos] || anyWrong(m.Value, wrong):
			bad[m.Key] = true
		}
	}
	return bad
}

// anyWrong tells whether something is wrong at a value or in it.
func anyWrong(n *source.Node, wrong map[diag.Pos]bool) bool {
	return wrong[n.Pos] ||
		slices.ContainsFunc(n.Items, func(item *source.Node) bool { return anyWrong(item, wrong) }) ||
		slices.ContainsFunc(n.Members, func(m source.Member) bool { return wrong[m.Pos] || anyWrong(m.Value, wrong) })
}
