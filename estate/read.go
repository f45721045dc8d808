package estate

import (
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
	if found.HasErrors() {
		return e, found.Sorted()
	}
	e.fill()
	found = append(found, e.place()...)
	if found.HasErrors() {
		return e, found.Sorted()
	}
	e.fillPlaces()
	found = append(found, e.check()...)
	return e, found.Sorted()
}
