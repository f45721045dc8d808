package snapshot

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"airfield/arm"
	"airfield/diag"
	"airfield/source"
)

// Piece is one resource that was read from a file, with the way back: the place
// of each node of its body. A body that is written as Azure Resource Manager
// would return it is a part of the file's own text; every other one is a text
// of its own, and its nodes are found again by their paths.
type Piece struct {
	Resource arm.Resource
	File     *source.File

	from, to int // the object's stretch of File.Text; to is 0 for none
	shape    shape
	thin     bool // says little of the resource, and counts only where nothing fuller does
}

// shape says where the file has what the body has below "properties".
type shape uint8

const (
	nested    shape = iota // in "properties"
	flatShape              // beside id and name
	bare                   // nowhere: the object is the policyRule
	plain                  // parameters beside id and name, and without "value"
)

// Pos gives the place of a node of the piece's Resource.Body. Of a node that
// the file does not have, it is the place of the nearest that is around it.
func (p Piece) Pos(node arm.Value) diag.Pos {
	return p.Place(Path(p.Resource.Body, node)...)
}

// Place gives the place of the value at a path of the body: names of members
// and numbers of items. What the file does not have is where the nearest that
// is around it stands.
func (p Piece) Place(path ...string) diag.Pos {
	if p.to == 0 || len(path) == 0 {
		return p.Resource.Pos
	}
	text, _ := plainJSON(p.File.Text[p.from:p.to])
	v, err := arm.Parse(text)
	if err != nil {
		return p.Resource.Pos
	}
	for _, step := range p.inFile(path) {
		next := v.Get(step)
		if v.Kind() == arm.Array {
			i, err := strconv.Atoi(step)
			if err != nil {
				break
			}
			next = v.At(i)
		}
		if !next.Exists() {
			break
		}
		v = next
	}
	return advance(p.Resource.Pos, p.File.Text[p.from:p.from+v.Offset()])
}

// advance gives the place behind a text that begins at a place.
func advance(pos diag.Pos, text string) diag.Pos {
	line := 0
	for i := range len(text) {
		if text[i] == '\n' || text[i] == '\r' && (i+1 == len(text) || text[i+1] != '\n') {
			pos.Line, pos.Col, line = pos.Line+1, 1, i+1
		}
	}
	pos.Col += utf8.RuneCountInString(text[line:])
	return pos
}

// inFile gives the path that the file has for one of the body.
func (p Piece) inFile(path []string) []string {
	if !arm.EqualFold(path[0], "properties") {
		return path
	}
	switch p.shape {
	case flatShape, plain:
		return path[1:]
	case bare:
		return path[min(2, len(path)):]
	}
	return path
}

// Path gives the way from a value down to a node of the same text: names of
// members and numbers of items.
func Path(root, node arm.Value) []string {
	var path []string
	at := node.Offset()
	for v := root; v.Offset() != at; {
		step, below := towards(v, at)
		if !below.Exists() {
			break
		}
		path, v = append(path, step), below
	}
	return path
}

// towards gives the member or item of v that the offset lies in.
func towards(v arm.Value, at int) (string, arm.Value) {
	in := func(w arm.Value) bool { return w.Offset() <= at && at < w.Offset()+len(w.Text()) }
	for name, w := range v.Members() {
		if in(w) {
			return name, w
		}
	}
	i := 0
	for w := range v.Items() {
		if in(w) {
			return strconv.Itoa(i), w
		}
		i++
	}
	return "", arm.Value{}
}

// writer writes one object.
type writer struct{ b []byte }

func (w *writer) raw(name, text string) {
	if len(w.b) == 0 {
		w.b = append(w.b, '{')
	} else {
		w.b = append(w.b, ',')
	}
	w.b = append(arm.AppendString(w.b, name), ':')
	w.b = append(w.b, text...)
}

func (w *writer) str(name, s string) { w.raw(name, string(arm.AppendString(nil, s))) }

func (w *writer) text() string {
	if len(w.b) == 0 {
		return "{}"
	}
	return string(append(w.b, '}'))
}

// edit replaces a stretch of a file's text.
type edit struct {
	from, to int
	text     string
}

// edited gives the text of a value with edits, which are in order.
func edited(v arm.Value, edits []edit) string {
	text := v.Text()
	if len(edits) == 0 {
		return text
	}
	var b strings.Builder
	at, end := v.Offset(), v.Offset()+len(text)
	base := at
	for _, e := range edits {
		if e.from < at || e.to > end {
			continue
		}
		b.WriteString(text[at-base:e.from-base] + e.text)
		at = e.to
	}
	b.WriteString(text[at-base:])
	return b.String()
}

// replace gives the edit that puts a string in the place of a value.
func replace(v arm.Value, s string) edit {
	return edit{v.Offset(), v.Offset() + len(v.Text()), string(arm.AppendString(nil, s))}
}

// Places gives a function that finds nodes again in the files they were read
// from: of the pieces' resources, and of resources with the same ids that went
// through a tenant since. For any other resource it gives the place it carries
// itself.
func Places(pieces []Piece) func(r arm.Resource, node arm.Value) diag.Pos {
	byID := make(map[arm.ID]int, len(pieces))
	for i, p := range pieces {
		if id := p.Resource.ID.Fold(); p.to > 0 {
			if _, again := byID[id]; !again { // of two the first counts, as in a tenant
				byID[id] = i
			}
		}
	}
	return func(r arm.Resource, node arm.Value) diag.Pos {
		i, ok := byID[r.ID.Fold()]
		if !ok {
			return r.Pos
		}
		return pieces[i].Place(Path(r.Body, node)...)
	}
}
