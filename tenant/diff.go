package tenant

import (
	"iter"
	"slices"
	"strconv"

	"airfield/arm"
)

// Kind says what became of a resource.
type Kind uint8

// The kinds of change.
const (
	Added Kind = iota
	Removed
	Changed
)

var kindNames = [...]string{"added", "removed", "changed"}

// String gives the kind's name.
func (k Kind) String() string { return kindNames[k] }

// MarshalText gives the kind's name.
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// Change is one resource that two tenants differ in.
type Change struct {
	ID            arm.ID // as spelled in the later tenant that has it
	Kind          Kind
	Before, After arm.Resource // zero where the resource is not
	Paths         []string     // of the members that differ, joined by dots, items by number: "properties.rules.0.name"
}

// Diff gives what is to change in a to make it b, in the order of ids. Bodies
// compare as arm.Value.Equal does, to the last member, less the spelling of
// their own ids; Pos and Theirs do not count. A change is good for as long as
// it is held.
func Diff(a, b *Tenant) iter.Seq[Change] {
	return func(yield func(Change) bool) {
		var x, y arm.Indexer
		for i, j := 0, 0; i < a.Len() || j < b.Len(); {
			switch order(a, b, i, j) {
			case -1:
				if !yield(Change{ID: a.ID(i), Kind: Removed, Before: a.At(i, new(arm.Indexer))}) {
					return
				}
				i++
			case 1:
				if !yield(Change{ID: b.ID(j), Kind: Added, After: b.At(j, new(arm.Indexer))}) {
					return
				}
				j++
			default:
				if paths := differing(a.lines[i], b.lines[j], &x, &y); paths != nil && !yield(Change{
					ID: b.ID(j), Kind: Changed, Paths: paths,
					Before: a.At(i, new(arm.Indexer)), After: b.At(j, new(arm.Indexer)),
				}) {
					return
				}
				i++
				j++
			}
		}
	}
}

// order compares resource i of a with resource j of b; one that is not there
// comes last.
func order(a, b *Tenant, i, j int) int {
	switch {
	case j == b.Len():
		return -1
	case i == a.Len():
		return 1
	}
	return a.ID(i).Compare(b.ID(j))
}

// differing gives the paths of the members that two lines with the same id
// differ in.
func differing(a, b string, x, y *arm.Indexer) []string {
	if a == b {
		return nil
	}
	v, w := mustParse(x, a), mustParse(y, b)
	var paths []string
	for name, value := range v.Members() {
		if !arm.EqualFold(name, "id") {
			paths = appendPaths(paths, name, value, w.Get(name))
		}
	}
	for name, value := range w.Members() {
		if !v.Get(name).Exists() {
			paths = appendPaths(paths, name, arm.Value{}, value)
		}
	}
	return paths
}

// appendPaths appends the paths of what differs in two values at a path: of
// members, of items of arrays that are as long, else the path itself.
func appendPaths(paths []string, path string, v, w arm.Value) []string {
	switch {
	case v.Equal(w):
		return paths
	case v.Kind() == arm.Object && w.Kind() == arm.Object:
		for name, value := range v.Members() {
			paths = appendPaths(paths, path+"."+name, value, w.Get(name))
		}
		for name, value := range w.Members() {
			if !v.Get(name).Exists() {
				paths = appendPaths(paths, path+"."+name, arm.Value{}, value)
			}
		}
		return paths
	case v.Kind() == arm.Array && w.Kind() == arm.Array && v.Len() == w.Len():
		items := slices.Collect(w.Items())
		i := 0
		for item := range v.Items() {
			paths = appendPaths(paths, path+"."+strconv.Itoa(i), item, items[i])
			i++
		}
		return paths
	}
	return append(paths, path)
}
