// Package tenant holds a whole Azure tenant: the tree of management groups,
// subscriptions and resource groups with every resource that lies in them. A
// tenant that is wanted, one that was read from Azure, and what the twin keeps
// are the same type, Tenant.
//
// Resources go in through a Builder, or through Read and Scan from a snapshot
// (docs/snapshot-format.md); resources come out by id, by scope, in order of
// their ids; two tenants come out as their differences (Diff).
//
// A Tenant is text: each resource is one line of JSON, parsed when it is asked
// for. It never changes, so it is safe for concurrent use. The package judges
// nothing beyond the shape of the tree, opens no files, and does not know
// foreign forms of export.
package tenant

import (
	"iter"
	"slices"
	"sort"
	"strings"

	"airfield/arm"
	"airfield/diag"
)

// Tenant is all resources of a tenant in the order of arm.ID.Compare, so that
// what lies in a scope is one contiguous range. The zero Tenant is empty.
type Tenant struct {
	header Header
	lines  []string // canonical lines, see line.go; stretches of a few big texts
	marks  []mark   // as long as lines, or nil where no resource has one
	tree   tree
	types  types
}

// Header is the first line of a snapshot: what it is, of what, and what it lacks.
type Header struct {
	Airfield  string    `json:"airfield"`            // the kind of file, always "tenant"
	Version   int       `json:"version"`             // of the format, now 1
	Made      string    `json:"made,omitempty"`      // when the tenant was read, RFC 3339
	By        string    `json:"by,omitempty"`        // the program that wrote the snapshot
	Tenant    string    `json:"tenant,omitempty"`    // the tenant's id, which is also the name of its root management group
	Resources int       `json:"resources,omitempty"` // how many lines follow; 0 where the writer did not know
	Missing   []Missing `json:"missing,omitempty"`   // what the tenant has and this snapshot does not
}

// Missing is something that could not be read, so that nobody takes its
// absence for an answer.
type Missing struct {
	What string `json:"what"` // a scope, a type, or both: "roleAssignments at /subscriptions/…"
	Why  string `json:"why"`
}

// mark is what Airfield knows of a resource beside its body.
type mark struct {
	pos    diag.Pos
	theirs bool
}

// Header gives what is known of the tenant as a whole.
func (t *Tenant) Header() Header { return t.header }

// WithHeader gives the same tenant under another header.
func (t *Tenant) WithHeader(h Header) *Tenant {
	b := Builder{Header: h, lines: t.lines, marks: t.marks, inOrder: true}
	u, _ := b.Tenant()
	return u
}

// Len gives the number of resources.
func (t *Tenant) Len() int { return len(t.lines) }

// Get gives the resource with an id. It is good for as long as it is held.
func (t *Tenant) Get(id arm.ID) (arm.Resource, bool) {
	i, found := t.find(id)
	if !found {
		return arm.Resource{}, false
	}
	return t.At(i, nil), true
}

// Has tells whether there is a resource with an id, without reading it.
func (t *Tenant) Has(id arm.ID) bool {
	_, found := t.find(id)
	return found
}

// All gives every resource in order. See Range for how long one is good.
func (t *Tenant) All() iter.Seq[arm.Resource] { return t.resources(0, len(t.lines)) }

// Parts gives what All does in n runs that follow one another, each to be read
// by a goroutine of its own.
func (t *Tenant) Parts(n int) []iter.Seq[arm.Resource] {
	parts := make([]iter.Seq[arm.Resource], n)
	for i := range parts {
		parts[i] = t.resources(i*len(t.lines)/n, (i+1)*len(t.lines)/n)
	}
	return parts
}

// Range gives the scope itself and everything below it by its id, in order.
// Subscriptions are below management groups in the tree, not by their ids.
//
// The Body of a resource is good until the next step; its ID, and any string
// taken out of the Body, for ever. Use Keep for a Body to be held longer.
func (t *Tenant) Range(scope arm.ID) iter.Seq[arm.Resource] {
	from, to := t.Span(scope)
	return t.resources(from, to)
}

// Span gives the positions of the scope itself and of everything below it by
// its id: the first one, and the one behind the last.
func (t *Tenant) Span(scope arm.ID) (from, to int) {
	if scope == arm.Tenant {
		return 0, len(t.lines)
	}
	from, _ = t.find(scope)
	n := sort.Search(len(t.lines)-from, func(i int) bool { return !t.ID(from + i).Under(scope) })
	return from, from + n
}

// ID gives the id at a position, without reading the resource.
func (t *Tenant) ID(at int) arm.ID { return lineID(t.lines[at]) }

// At gives the resource at a position. Its Body is good until x parses again, for
// ever where x is nil.
func (t *Tenant) At(at int, x *arm.Indexer) arm.Resource {
	m := t.mark(at)
	return arm.Resource{ID: t.ID(at), Body: mustParse(x, t.lines[at]), Pos: m.pos, Theirs: m.theirs}
}

// IDs gives the ids of the scope itself and of everything below it by its id,
// in order and without parsing a body.
func (t *Tenant) IDs(scope arm.ID) iter.Seq[arm.ID] {
	from, to := t.Span(scope)
	return func(yield func(arm.ID) bool) {
		for i := from; i < to && yield(t.ID(i)); i++ {
		}
	}
}

// Keep gives the same resource with a Body that stays good when the pass that
// gave it goes on.
func Keep(r arm.Resource) arm.Resource {
	r.Body = mustParse(nil, r.Body.Text())
	return r
}

// With gives the tenant with resources added, or put in the place of those
// that have the same id. It takes time proportional to the whole tenant, and
// shares its text.
func (t *Tenant) With(resources ...arm.Resource) (*Tenant, diag.List) {
	put := Builder{Header: t.header}
	for _, r := range resources {
		put.Add(r)
	}
	fresh, found := put.sorted()
	b := t.rebuild(fresh.Len(), found)
	from := 0
	for i, line := range fresh.lines {
		at, there := t.find(fresh.ID(i))
		b.appendAll(t, from, at)
		b.append(line, fresh.mark(i))
		if from = at; there {
			from++
		}
	}
	b.appendAll(t, from, t.Len())
	return b.Tenant()
}

// Without gives the tenant without the resources of these ids. What lies below
// them stays.
func (t *Tenant) Without(ids ...arm.ID) (*Tenant, diag.List) {
	var gone []int
	for _, id := range ids {
		if at, there := t.find(id); there {
			gone = append(gone, at)
		}
	}
	slices.Sort(gone)
	b := t.rebuild(0, nil)
	from := 0
	for _, at := range slices.Compact(gone) {
		b.appendAll(t, from, at)
		from = at + 1
	}
	b.appendAll(t, from, t.Len())
	return b.Tenant()
}

// Only gives the part of the tenant that is of some types, and shares its text.
func (t *Tenant) Only(types ...arm.Type) *Tenant {
	at := t.of(types)
	b := t.rebuild(len(at)-t.Len(), nil)
	for _, i := range at {
		b.append(t.lines[i], t.mark(int(i)))
	}
	part, _ := b.Tenant() // what the tree has against it was said of the whole
	return part
}

// rebuild begins a tenant of lines of t and some more, given in order.
func (t *Tenant) rebuild(more int, found diag.List) *Builder {
	return &Builder{Header: t.header, lines: make([]string, 0, t.Len()+more), found: found, inOrder: true}
}

func (t *Tenant) mark(i int) mark {
	if t.marks == nil {
		return mark{}
	}
	return t.marks[i]
}

func (t *Tenant) resources(from, to int) iter.Seq[arm.Resource] {
	return func(yield func(arm.Resource) bool) {
		var x arm.Indexer
		for i := from; i < to; i++ {
			if !yield(t.At(i, &x)) {
				return
			}
		}
	}
}

func (t *Tenant) find(id arm.ID) (int, bool) {
	return sort.Find(len(t.lines), func(i int) int { return id.Compare(t.ID(i)) })
}

// hasType is id.Type().Equal(t) without making the type.
func hasType(id arm.ID, t arm.Type) bool {
	last := string(t[strings.LastIndexByte(string(t), '/')+1:])
	s := string(id)
	if id != arm.Tenant {
		end := strings.LastIndexByte(s, '/')
		if end < 0 || !arm.EqualFold(s[strings.LastIndexByte(s[:end], '/')+1:end], last) {
			return false
		}
	}
	return id.Type().Equal(t)
}
