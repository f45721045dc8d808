package tenant

import (
	"cmp"
	"slices"

	"airfield/arm"
	"airfield/diag"
)

// Builder collects the resources of a tenant, in any order. The zero Builder
// is ready.
type Builder struct {
	Header Header
	// Merging says that the resources come from several sources, which may well
	// have the same: equal ones are no finding, others a Warning. The places in
	// those are for findings alone and are not kept.
	Merging bool

	text  store
	buf   []byte
	lines []string
	marks []mark   // nil until the first that is not zero
	at    []uint32 // the lines of file that the resources come from, nil where they come from none
	file  string
	found diag.List

	inOrder bool // the lines are known to be in order, each id once
	differ  int  // lines that an earlier one with the id differs from, where Merging
}

// Add adds a resource. Its ID counts, and is put into the body; where it has
// none, the body's own does. Nothing of r is held.
func (b *Builder) Add(r arm.Resource) {
	inside := r.Body.Get("id").Str()
	if r.ID == "" {
		r.ID = arm.ID(inside)
	}
	if _, err := arm.ParseID(string(r.ID)); err != nil {
		b.found.Errorf(r.Pos, "tenant/id", "%s", err)
		return
	}
	if k := r.Body.Kind(); k != arm.Object && k != arm.Missing {
		b.found.Errorf(r.Pos, "tenant/syntax", "the body of %q is %s, wanted an object", r.ID, k)
		return
	}
	if inside != "" && !r.ID.Equal(arm.ID(inside)) {
		b.found.Errorf(r.Pos, "tenant/id", "the body of %q has the id %q", r.ID, inside)
	}
	if name, _, twice := r.Body.Duplicate(); twice {
		b.found.Errorf(r.Pos, "tenant/syntax", "%q has the member %q twice: the last counts", r.ID, name)
	}
	if r.Body.Get(markMember).Exists() {
		b.found.Errorf(r.Pos, "tenant/reserved", "%q has a member %q, a name that is Airfield's own", r.ID, markMember)
	}
	b.buf = appendLine(b.buf[:0], r.ID, r.Body)
	if most := len(b.buf) + 6*len(r.Pos.File) + 200; most > MaxLine { // with the longest mark
		b.found.Errorf(r.Pos, "tenant/size", "%q has %d MiB, at most %d MiB are held", r.ID, most>>20, MaxLine>>20)
		return
	}
	b.append(b.text.keep(b.buf), mark{r.Pos, r.Theirs})
}

// append adds a canonical line.
func (b *Builder) append(line string, m mark) {
	if b.marks == nil && m != (mark{}) {
		b.marks = make([]mark, len(b.lines), max(cap(b.lines), 8))
	}
	if b.marks != nil {
		b.marks = append(b.marks, m)
	}
	b.lines = append(b.lines, line)
}

// appendAll adds the lines of a tenant between two positions.
func (b *Builder) appendAll(t *Tenant, from, to int) {
	for i := from; i < to; i++ {
		b.append(t.lines[i], t.mark(i))
	}
}

// Tenant gives the tenant of what was added, with findings about resources
// that were given twice (the first counts) and about the tree. The Builder must
// not be used any more.
func (b *Builder) Tenant() (*Tenant, diag.List) {
	t, found := b.sorted()
	t.tree, found = growTree(t, b.pos, found)
	for i := range b.marks {
		if b.Merging {
			b.marks[i].pos = diag.Pos{}
		}
	}
	return t, found
}

// sorted gives the tenant without its tree.
func (b *Builder) sorted() (*Tenant, diag.List) {
	if !b.inOrder {
		b.sort()
	}
	t := &Tenant{header: b.Header, lines: b.lines, marks: b.marks}
	return t, b.found
}

// sort brings the lines in order and drops those that are there twice.
func (b *Builder) sort() {
	order := b.order()
	if order == nil {
		return
	}
	old := *b
	b.lines, b.marks, b.at = make([]string, 0, len(order)), nil, nil
	for n, i := range order {
		if n > 0 {
			if first := order[n-1]; lineID(old.lines[i]).Equal(lineID(old.lines[first])) {
				b.again(i, first, &old)
				order[n] = first
				continue
			}
		}
		var m mark
		if old.marks != nil {
			m = old.marks[i]
		}
		b.append(old.lines[i], m)
		if old.at != nil {
			b.at = append(b.at, old.at[i])
		}
	}
	if more := b.differ - maxDiffer; more > 0 {
		b.found.Warnf(diag.Pos{}, "tenant/duplicate", "%d more resources are there twice and differ: the first counts", more)
	}
}

// maxDiffer is how many resources that differ between sources are reported one
// by one: two exports of the same things by different tools differ in all.
const maxDiffer = 20

// again reports a line whose id an earlier one has.
func (b *Builder) again(i, first uint32, old *Builder) {
	id := lineID(old.lines[i])
	if !b.Merging {
		b.found.Errorf(old.pos(int(i)), "tenant/duplicate", "resource %q is there twice%s", id, firstAt(old.pos(int(first))))
		return
	}
	paths := differing(old.lines[first], old.lines[i], new(arm.Indexer), new(arm.Indexer))
	paths = slices.DeleteFunc(paths, func(p string) bool { return p == "type" }) // in the id too, and written in any case
	if len(paths) == 0 {
		return
	}
	if b.differ++; b.differ <= maxDiffer {
		b.found.Warnf(old.pos(int(i)), "tenant/duplicate", "resource %q is there twice, which differ at %s: the first counts%s", id, some(paths, 3), firstAt(old.pos(int(first))))
	}
}

func firstAt(p diag.Pos) string {
	if p == (diag.Pos{}) {
		return ""
	}
	return ", first at " + p.String()
}

// order gives the numbers of the lines in the order of their ids, and equal
// ones in the order they came in; nil where all are in order and none is equal.
func (b *Builder) order() []uint32 {
	inOrder := true
	for i := 1; i < len(b.lines) && inOrder; i++ {
		inOrder = lineID(b.lines[i-1]).Compare(lineID(b.lines[i])) < 0
	}
	if inOrder {
		return nil
	}
	type key struct {
		id arm.ID
		n  uint32
	}
	keys := make([]key, len(b.lines))
	for i, line := range b.lines {
		keys[i] = key{lineID(line), uint32(i)}
	}
	slices.SortFunc(keys, func(a, b key) int { return cmp.Or(a.id.Compare(b.id), cmp.Compare(a.n, b.n)) })
	order := make([]uint32, len(keys))
	for i, k := range keys {
		order[i] = k.n
	}
	return order
}

// pos gives the place that a line comes from: what asked for it, or the line
// of the file it was read from.
func (b *Builder) pos(i int) diag.Pos {
	if b.at != nil {
		return diag.Pos{File: b.file, Line: int(b.at[i]), Col: 1}
	}
	if b.marks != nil {
		return b.marks[i].pos
	}
	return diag.Pos{}
}
