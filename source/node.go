package source

import (
	"slices"

	"airfield/diag"
)

// NodeKind says what a Node is.
type NodeKind uint8

// The kinds of nodes.
const (
	Null NodeKind = iota
	Scalar
	List
	Map
)

var nodeKindNames = [...]string{"nothing", "a value", "a list", "a mapping"}

// String names the kind as a finding does.
func (k NodeKind) String() string { return nodeKindNames[k] }

// Node is one value of a text with its place. A scalar is text: what it means
// is for whoever decodes it to say.
type Node struct {
	Kind    NodeKind
	Text    string // of a scalar, without quotes
	Quoted  bool   // a scalar that cannot be mistaken for a number or boolean
	Items   []*Node
	Members []Member
	Pos     diag.Pos

	size int // nodes at and below it, aliases expanded
}

// Member is one key of a mapping and its value.
type Member struct {
	Key    string
	Quoted bool
	Pos    diag.Pos // of the key
	Value  *Node
}

// Get gives the value of a key, nil where there is none.
func (n *Node) Get(key string) *Node {
	if n == nil {
		return nil
	}
	for _, m := range n.Members {
		if m.Key == key {
			return m.Value
		}
	}
	return nil
}

// Without gives the mapping without some of its keys.
func (n *Node) Without(keys ...string) *Node {
	w := *n
	w.Members = slices.DeleteFunc(slices.Clone(n.Members), func(m Member) bool { return slices.Contains(keys, m.Key) })
	return &w
}

// Merge lays one value over another: mappings merge key by key, everything
// else is replaced, and nothing (no node, or a key without a value) leaves what
// is under it. Each value keeps the place it was written at.
func Merge(under, over *Node) *Node {
	switch {
	case over == nil || over.Kind == Null && under != nil:
		return under
	case under == nil || under.Kind != Map || over.Kind != Map:
		return over
	}
	m := *over
	m.Members = slices.Clone(under.Members)
	for _, o := range over.Members {
		i := slices.IndexFunc(m.Members, func(u Member) bool { return u.Key == o.Key })
		if i < 0 {
			m.Members = append(m.Members, o)
			continue
		}
		o.Value = Merge(m.Members[i].Value, o.Value)
		m.Members[i] = o
	}
	return &m
}
