package estate

import (
	"cmp"
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
func broken(root *source.Node, found diag.List) map[string]bool {
	bad := map[string]bool{}
	var sections []string
	for _, f := range source.Fields(reflect.TypeFor[Estate]()) {
		sections = append(sections, f.Key)
		bad[f.Key] = f.Required && root.Get(f.Key) == nil
	}
	members := slices.SortedFunc(slices.Values(root.Members), func(a, b source.Member) int { return before(a.Pos, b.Pos) })
	for _, d := range found {
		if d.Severity != diag.Error {
			continue
		}
		i, exact := slices.BinarySearchFunc(members, d.Pos, func(m source.Member, p diag.Pos) int { return before(m.Pos, p) })
		if !exact {
			i--
		}
		if i >= 0 {
			bad[members[i].Key] = true
			if d.Code == "source/unknown-key" {
				bad[diag.Nearest(members[i].Key, sections)] = true
			}
		}
	}
	return bad
}

func before(a, b diag.Pos) int { return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col)) }
