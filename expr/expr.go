// Package expr is the expression language of ARM templates and of Azure
// Policy: strings such as "[concat('st', uniqueString(resourceGroup().id))]".
//
// A string goes in, Parse gives an Expr, and Eval gives its value. The general
// functions (strings, arrays, numbers, dates, addresses, lambdas) are here;
// what depends on where an expression stands (parameters, reference, field)
// comes from the Env. The package reads no clock and knows no resource.
//
// A value that is known only after deployment (arm.Unknown) makes what depends
// on it unknown, and nothing else: if(false(), unknown, 1) is 1. See unknown.go
// for what such a result looks like.
//
// The language is described at
// learn.microsoft.com/azure/azure-resource-manager/templates/template-expressions,
// its functions at …/templates/template-functions.
package expr

import (
	"strings"
	"unicode/utf8"

	"airfield/arm"
)

// The limits on a text that is parsed. Azure allows 24,576 characters in a
// template's expression (learn.microsoft.com/azure/azure-resource-manager/templates/best-practices#template-limits)
// and 81,920 in a policy's.
const (
	MaxText  = 81_920 // characters of an expression
	MaxDepth = 256    // calls and accesses in each other
)

// Expr is a parsed string: an expression, or a plain text. It does not change
// and is safe for concurrent use.
type Expr struct {
	root    *node
	literal bool // the string was no expression
}

type kind uint8

const (
	literal kind = iota // value
	call                // name(sub...)
	access              // sub[0].name or sub[0][sub[1]]
)

// node is one expression. sub holds a call's arguments, or an access' base and
// key.
type node struct {
	kind  kind
	at    int // byte offset in the text
	value arm.Value
	name  string // of a function, as written, namespace included
	fold  string // the name in lower case
	fn    *Func  // the general function of that name, if there is one
	sub   []*node

	decimal bool // a literal that only policies may have
}

// Error says what is wrong with an expression, and where in its text.
type Error struct {
	Offset  int // in bytes, from the opening bracket
	Message string
}

// Error gives the message; the offset is for whoever knows the text's place.
func (e *Error) Error() string { return e.Message }

// Is tells whether a string is an expression: it begins with a bracket that is
// not doubled, and ends with one. Blanks around the brackets make it a text.
func Is(text string) bool {
	return len(text) >= 2 && text[0] == '[' && text[1] != '[' && text[len(text)-1] == ']'
}

// Unescape gives the text that a string which is no expression stands for:
// "[[a]" is "[a]". A string that does not end with a bracket needs no escape
// and has none.
func Unescape(text string) string {
	if strings.HasPrefix(text, "[[") && text[len(text)-1] == ']' {
		return text[1:]
	}
	return text
}

// Parse reads the content of a string. A string that is no expression gives an
// Expr whose value is that string, unescaped. The error is an *Error.
func Parse(text string) (*Expr, error) {
	if !Is(text) {
		return &Expr{&node{value: str(Unescape(text))}, true}, nil
	}
	if len(text) > MaxText && utf8.RuneCountInString(text) > MaxText {
		return nil, &Error{0, "expression has more than 81920 characters"}
	}
	p := parser{text: text[:len(text)-1], pos: 1}
	root, err := p.expr()
	if err == nil && p.space() != end {
		err = p.wanted("the end of the expression")
	}
	if err != nil {
		return nil, err
	}
	return &Expr{root, false}, nil
}

// Calls calls f with the name, in lower case, and the literal first argument
// (Missing where it is something else) of every function that the expression
// calls, from left to right. It answers "which parameters does this use?"
// without evaluating.
func (e *Expr) Calls(f func(name string, first arm.Value)) { e.root.calls(f) }

func (n *node) calls(f func(string, arm.Value)) {
	if n.kind == call {
		var first arm.Value
		if len(n.sub) > 0 && n.sub[0].kind == literal {
			first = n.sub[0].value
		}
		f(n.fold, first)
	}
	for _, s := range n.sub {
		s.calls(f)
	}
}

// Arguments gives the most arguments that one call has.
func (e *Expr) Arguments() int { return e.root.arguments() }

func (n *node) arguments() int {
	most := 0
	for _, s := range n.sub {
		most = max(most, s.arguments())
	}
	if n.kind == call {
		most = max(most, len(n.sub))
	}
	return most
}

// Nesting gives how deep calls of functions stand in each other.
func (e *Expr) Nesting() int { return e.root.nesting() }

func (n *node) nesting() int {
	deepest := 0
	for _, s := range n.sub {
		deepest = max(deepest, s.nesting())
	}
	if n.kind == call {
		deepest++
	}
	return deepest
}
