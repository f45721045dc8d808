// Package arm holds Azure Resource Manager's own nouns: resource ids, types
// and scopes, the body of a resource as an immutable Value, and references to
// what is known only after deployment.
//
// JSON text goes in, Values and Resources come out. The package knows no
// resource type in particular and evaluates no expressions: a string such as
// "[resourceGroup().location]" is just a string here (see package expr).
package arm

import (
	"iter"
	"math/bits"
	"strconv"
)

// Kind says what a Value is.
type Kind uint8

// The kinds. Missing is the kind of the zero Value and of what a lookup does
// not find. Unknown is the kind of a reference to what is known only after
// deployment (see Ref).
const (
	Missing Kind = iota
	Null
	Bool
	Number
	String
	Array
	Object
	Unknown
)

var kindNames = [...]string{"missing", "null", "boolean", "number", "string", "array", "object", "unknown"}

// String gives JSON's name of the kind.
func (k Kind) String() string { return kindNames[k] }

// Value is one JSON value: a stretch of an immutable text with an index over
// it. The zero Value is Missing. A Value is small, is passed by value, and is
// safe for concurrent use.
//
// Numbers stay text, members keep their order and spelling, and lookups by
// name fold ASCII case, as Azure Resource Manager does.
type Value struct {
	d *document
	n uint32
}

type document struct {
	text  string
	nodes []node
}

// node is one value, or one member's name. A member's name is followed by the
// member's value; the nodes of an array or object follow it directly.
type node struct {
	start, end uint32 // text[start:end], quotes and brackets included
	next       uint32 // the node behind this one and all below it
	kind       Kind
	escaped    bool   // a string that holds a backslash
	mark       uint16 // of a member's name, see markOf; 0 where only the text tells
}

// markOf gives a number that is the same for names that EqualFold calls equal,
// and mostly another for others, so that looking a name up seldom touches the
// text.
func markOf(name string) uint16 {
	n := len(name)
	if n == 0 {
		return 1
	}
	return 1 | uint16(name[0]|0x20)<<1 ^ uint16(name[n-1]|0x20)<<5 ^ uint16(name[n/2]|0x20)<<9 ^ uint16(n)<<2
}

func (v Value) node() *node { return &v.d.nodes[v.n] }

// Kind gives the value's kind.
func (v Value) Kind() Kind {
	if v.d == nil {
		return Missing
	}
	return v.node().kind
}

// Exists tells whether the value is there at all; null is.
func (v Value) Exists() bool { return v.d != nil }

// Text gives the value's JSON text as it was written, "" where it is Missing.
func (v Value) Text() string {
	if v.d == nil {
		return ""
	}
	n := v.node()
	return v.d.text[n.start:n.end]
}

// Offset gives the byte offset of the value in the text it was parsed from.
func (v Value) Offset() int {
	if v.d == nil {
		return 0
	}
	return int(v.node().start)
}

// Within tells whether the value is a part of the text that root was parsed
// from, so that its Offset is one in that text.
func (v Value) Within(root Value) bool { return v.d != nil && v.d == root.d }

// Str gives the content of a string, and "" for every other kind.
func (v Value) Str() string {
	if v.Kind() != String {
		return ""
	}
	return v.d.str(v.node())
}

func (d *document) str(n *node) string {
	s := d.text[n.start+1 : n.end-1]
	if n.escaped {
		return unescape(s)
	}
	return s
}

// True tells whether the value is the boolean true.
func (v Value) True() bool { return v.Kind() == Bool && v.Text() == "true" }

// Int gives the value of a number that is an integer of 64 bits.
func (v Value) Int() (int64, bool) {
	if v.Kind() != Number {
		return 0, false
	}
	n, err := strconv.ParseInt(v.Text(), 10, 64)
	return n, err == nil
}

// Float gives the value of a number, rounded to a float64.
func (v Value) Float() (float64, bool) {
	if v.Kind() != Number {
		return 0, false
	}
	f, err := strconv.ParseFloat(v.Text(), 64)
	return f, err == nil
}

// Len gives the number of an array's items or an object's members.
func (v Value) Len() int {
	n := 0
	switch v.Kind() {
	case Array:
		for range v.Items() {
			n++
		}
	case Object, Unknown:
		for range v.Members() {
			n++
		}
	}
	return n
}

// Items gives an array's items.
func (v Value) Items() iter.Seq[Value] {
	return func(yield func(Value) bool) {
		if v.Kind() != Array {
			return
		}
		for i, end := v.n+1, v.node().next; i < end; i = v.d.nodes[i].next {
			if !yield(Value{v.d, i}) {
				return
			}
		}
	}
}

// Members gives an object's members in the order written.
func (v Value) Members() iter.Seq2[string, Value] {
	return func(yield func(string, Value) bool) {
		if k := v.Kind(); k != Object && k != Unknown {
			return
		}
		for i, end := v.n+1, v.node().next; i < end; i = v.d.nodes[i+1].next {
			if !yield(v.d.str(&v.d.nodes[i]), Value{v.d, i + 1}) {
				return
			}
		}
	}
}

// At gives item i of an array, Missing where there is none.
func (v Value) At(i int) Value {
	for item := range v.Items() {
		if i == 0 {
			return item
		}
		i--
	}
	return Value{}
}

// Get follows member names down from an object, folding ASCII case. A name
// the object does not have gives Missing. Of two equal names the last counts.
func (v Value) Get(path ...string) Value {
	for _, name := range path {
		if v = v.member(name); v.d == nil {
			return v
		}
	}
	return v
}

func (v Value) member(name string) Value {
	var found Value
	if v.Kind() != Object {
		return found
	}
	nodes, mark := v.d.nodes, markOf(name)
	for i, end := v.n+1, v.node().next; i < end; i = nodes[i+1].next {
		if k := &nodes[i]; (k.mark == mark || k.mark == 0) && EqualFold(v.d.str(k), name) {
			found = Value{v.d, i + 1}
		}
	}
	return found
}

// Names are up to 64 names of members that are looked up together.
type Names struct {
	names []string
	at    [256]uint64 // which names have a mark with this low byte, a bit each
}

// NamesOf makes Names.
func NamesOf(names ...string) *Names {
	n := &Names{names: names}
	for i, name := range names {
		n.at[uint8(markOf(name)>>1)] |= 1 << i
	}
	return n
}

// Pick does what Get does for each of the names, in one pass over an object.
// into is as long as names.
func (v Value) Pick(names *Names, into []Value) {
	clear(into)
	if v.Kind() != Object {
		return
	}
	nodes := v.d.nodes
	for i, end := v.n+1, v.node().next; i < end; i = nodes[i+1].next {
		k := &nodes[i]
		may := names.at[uint8(k.mark>>1)]
		if k.mark == 0 {
			may = 1<<len(names.names) - 1
		}
		for ; may != 0; may &= may - 1 {
			if j := bits.TrailingZeros64(may); EqualFold(v.d.str(k), names.names[j]) {
				into[j] = Value{v.d, i + 1}
				break
			}
		}
	}
}

// Strings gives the strings of an array, or the one string of a string.
func (v Value) Strings() []string {
	if v.Kind() == String {
		return []string{v.Str()}
	}
	var s []string
	for item := range v.Items() {
		s = append(s, item.Str())
	}
	return s
}

// Equal tells whether two values are the same to Azure Resource Manager: the
// order of members and the case of their names do not matter, numbers compare
// by their text, strings compare exactly.
func (v Value) Equal(w Value) bool {
	if v.Kind() != w.Kind() {
		return false
	}
	switch v.Kind() {
	case Missing, Null:
		return true
	case Bool, Number:
		return v.Text() == w.Text()
	case String:
		return v.Str() == w.Str()
	case Array:
		i, end := w.n+1, uint32(0)
		if w.d != nil {
			end = w.node().next
		}
		for item := range v.Items() {
			if i >= end || !item.Equal(Value{w.d, i}) {
				return false
			}
			i = w.d.nodes[i].next
		}
		return i >= end
	}
	if v.Kind() == Unknown {
		a, _ := v.Ref()
		b, _ := w.Ref()
		return a.Equal(b)
	}
	if v.Len() != w.Len() {
		return false
	}
	for name, value := range v.Members() {
		if other := w.Get(name); !other.Exists() || !value.Equal(other) {
			return false
		}
	}
	return true
}

// Walk calls f for the value and everything below it, with the path of member
// names and item numbers joined by dots, until f returns false.
func (v Value) Walk(f func(path string, v Value) bool) { v.walk("", f) }

func (v Value) walk(path string, f func(string, Value) bool) bool {
	if !f(path, v) {
		return false
	}
	at := func(step string) string {
		if path == "" {
			return step
		}
		return path + "." + step
	}
	switch v.Kind() {
	case Array:
		i := 0
		for item := range v.Items() {
			if !item.walk(at(strconv.Itoa(i)), f) {
				return false
			}
			i++
		}
	case Object:
		for name, value := range v.Members() {
			if !value.walk(at(name), f) {
				return false
			}
		}
	}
	return true
}

// Duplicate gives the first name that an object at or below v has twice, case
// folded, with the offset of the second.
func (v Value) Duplicate() (name string, offset int, found bool) {
	if v.d == nil {
		return "", 0, false
	}
	for i, end := v.n, v.node().next; i < end; i++ {
		switch v.d.nodes[i].kind {
		case Object:
			if k := v.d.duplicate(i); k != nil {
				return v.d.str(k), int(k.start), true
			}
		case Unknown:
			i = v.d.nodes[i].next - 1
		}
	}
	return "", 0, false
}

// duplicate gives the first name of the object at node that stands a second
// time. A name is compared with those before it where one of them has its
// length and its first letter, by a set of 64 bits; in an object of many
// members a map does it.
func (d *document) duplicate(object uint32) *node {
	var seen uint64
	var many map[string]bool
	end := d.nodes[object].next
	for i, count := object+1, 0; i < end; i, count = d.nodes[i+1].next, count+1 {
		k := &d.nodes[i]
		name := d.str(k)
		if count >= 64 {
			if many == nil {
				many = map[string]bool{}
				for j := object + 1; j < i; j = d.nodes[j+1].next {
					many[fold(d.str(&d.nodes[j]))] = true
				}
			}
			if f := fold(name); many[f] {
				return k
			} else {
				many[f] = true
			}
			continue
		}
		first := byte(0)
		if len(name) > 0 {
			first = lower(name[0])
		}
		bit := uint64(1) << ((uint32(len(name))<<8 | uint32(first)) * 0x9E3779B1 >> 26)
		if seen&bit == 0 {
			seen |= bit
			continue
		}
		for j := object + 1; j < i; j = d.nodes[j+1].next {
			if EqualFold(d.str(&d.nodes[j]), name) {
				return k
			}
		}
	}
	return nil
}

// EqualFold compares as Azure Resource Manager compares names: ASCII letters
// without case, everything else as it is.
func EqualFold(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	if a == b {
		return true
	}
	for i := range len(a) {
		if a[i] != b[i] && lower(a[i]) != lower(b[i]) {
			return false
		}
	}
	return true
}

// fold gives the same string for all that EqualFold calls equal.
func fold(s string) string {
	for i := range len(s) {
		if s[i] != lower(s[i]) {
			b := []byte(s)
			for ; i < len(b); i++ {
				b[i] = lower(b[i])
			}
			return string(b)
		}
	}
	return s
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}
