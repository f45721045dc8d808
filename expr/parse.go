package expr

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"airfield/arm"
)

// The grammar:
//
//	expr    = primary { "." name | "[" expr "]" }
//	primary = string | integer | decimal | name { "." name } "(" [ expr { "," expr } ] ")"
//	string  = "'" { any character but ' | "''" } "'"
//
// Decimals are for policies; in a template they are an error when evaluated.
// Blanks may stand between any two of these. There are no operators; true,
// false and null are functions.
type parser struct {
	text  string // without the closing bracket
	pos   int
	depth int
}

const end = 0

// space skips blanks, those outside ASCII too, and gives the byte behind them,
// or end.
func (p *parser) space() byte {
	for p.pos < len(p.text) {
		r, n := utf8.DecodeRuneInString(p.text[p.pos:])
		if !unicode.IsSpace(r) {
			return p.text[p.pos]
		}
		p.pos += n
	}
	return end
}

func (p *parser) expr() (*node, error) {
	if p.depth++; p.depth > MaxDepth {
		return nil, &Error{p.pos, fmt.Sprintf("expression is nested more than %d deep", MaxDepth)}
	}
	defer func() { p.depth-- }()
	n, err := p.primary()
	for err == nil {
		var key *node
		switch p.space() {
		case '.':
			p.pos++
			key, err = p.property()
		case '[':
			p.pos++
			if key, err = p.expr(); err == nil {
				err = p.take(']')
			}
		default:
			return n, nil
		}
		if err == nil {
			n = &node{kind: access, at: key.at, sub: []*node{n, key}}
			if p.depth++; p.depth > MaxDepth {
				return nil, &Error{p.pos, fmt.Sprintf("expression is nested more than %d deep", MaxDepth)}
			}
			defer func() { p.depth-- }()
		}
	}
	return nil, err
}

func (p *parser) property() (*node, error) {
	p.space()
	at := p.pos
	name := p.name()
	if name == "" {
		return nil, p.wanted("a property's name")
	}
	return &node{at: at, value: str(name)}, nil
}

func (p *parser) primary() (*node, error) {
	c := p.space()
	at := p.pos
	switch {
	case c == '\'':
		s, err := p.quoted()
		return &node{at: at, value: str(s)}, err
	case c == '-' || '0' <= c && c <= '9':
		return p.integer()
	}
	name := p.name()
	if name == "" {
		return nil, p.wanted("a function, a string in single quotes or an integer")
	}
	for p.space() == '.' {
		p.pos++
		p.space()
		part := p.name()
		if part == "" {
			return nil, p.wanted("the name of a function")
		}
		name += "." + part
	}
	n := &node{kind: call, at: at, name: name, fold: strings.ToLower(name)}
	if f, ok := funcs[n.fold]; ok {
		n.fn = &f
	}
	if p.space() != '(' {
		return nil, p.wanted(fmt.Sprintf("an opening parenthesis behind %q", name))
	}
	p.pos++
	return n, p.args(n)
}

func (p *parser) args(n *node) error {
	if p.space() == ')' {
		p.pos++
		return nil
	}
	for {
		arg, err := p.expr()
		if err != nil {
			return err
		}
		n.sub = append(n.sub, arg)
		if p.space() != ',' {
			break
		}
		p.pos++
	}
	if p.space() != ')' {
		return p.wanted("a comma or a closing parenthesis")
	}
	p.pos++
	return nil
}

func (p *parser) quoted() (string, error) {
	at := p.pos
	var b strings.Builder
	for p.pos++; ; {
		i := strings.IndexByte(p.text[p.pos:], '\'')
		if i < 0 {
			return "", &Error{at, "string has no closing quote"}
		}
		b.WriteString(p.text[p.pos : p.pos+i])
		p.pos += i + 1
		if !strings.HasPrefix(p.text[p.pos:], "'") {
			return b.String(), nil
		}
		b.WriteByte('\'')
		p.pos++
	}
}

func (p *parser) integer() (*node, error) {
	at := p.pos
	if p.text[p.pos] == '-' {
		p.pos++
	}
	for p.pos < len(p.text) && '0' <= p.text[p.pos] && p.text[p.pos] <= '9' {
		p.pos++
	}
	if p.fraction() {
		v, err := arm.Parse(p.text[at:p.pos])
		if err != nil {
			return nil, &Error{at, fmt.Sprintf("%q is no number", p.text[at:p.pos])}
		}
		return &node{at: at, value: v, decimal: true}, nil
	}
	digits := p.text[at:p.pos]
	i, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return nil, &Error{at, fmt.Sprintf("%q is no integer of 64 bits", digits)}
	}
	return &node{at: at, value: num(i)}, nil
}

// fraction reads a point with digits behind it, if they are there.
func (p *parser) fraction() bool {
	digit := func(i int) bool { return i < len(p.text) && '0' <= p.text[i] && p.text[i] <= '9' }
	if p.pos >= len(p.text) || p.text[p.pos] != '.' || !digit(p.pos+1) {
		return false
	}
	for p.pos++; digit(p.pos); p.pos++ {
	}
	return true
}

func (p *parser) name() string {
	at := p.pos
	for p.pos < len(p.text) && nameByte(p.text[p.pos], p.pos == at) {
		p.pos++
	}
	return p.text[at:p.pos]
}

func nameByte(c byte, first bool) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_' || c == '$' || !first && '0' <= c && c <= '9'
}

// isName tells whether s may stand behind a dot.
func isName(s string) bool {
	for i := range len(s) {
		if !nameByte(s[i], i == 0) {
			return false
		}
	}
	return s != ""
}

func (p *parser) take(c byte) error {
	if p.space() != c {
		return p.wanted(strconv.QuoteRune(rune(c)))
	}
	p.pos++
	return nil
}

func (p *parser) wanted(what string) error {
	if p.space() == end && p.pos >= len(p.text) {
		return &Error{p.pos, "expression ends early, wanted " + what}
	}
	r, _ := utf8.DecodeRuneInString(p.text[p.pos:])
	return &Error{p.pos, fmt.Sprintf("found %q, wanted %s", r, what)}
}

// String gives the expression in the one canonical form, brackets included:
// no blanks but one behind a comma, properties behind dots where they can be.
// A text that is no expression is given escaped. Parse reads the same Expr
// from it.
func (e *Expr) String() string {
	if e.literal {
		s := e.root.value.Str()
		if Is(s) || strings.HasPrefix(s, "[[") && strings.HasSuffix(s, "]") {
			return "[" + s
		}
		return s
	}
	return "[" + string(e.root.append(nil)) + "]"
}

func (n *node) append(b []byte) []byte {
	switch n.kind {
	case literal:
		return appendLiteral(b, n.value)
	case call:
		b = append(append(b, n.name...), '(')
		for i, arg := range n.sub {
			if i > 0 {
				b = append(b, ", "...)
			}
			b = arg.append(b)
		}
		return append(b, ')')
	}
	b = n.sub[0].append(b)
	if key := n.sub[1]; key.kind == literal {
		return appendKey(b, key.value)
	}
	b = n.sub[1].append(append(b, '['))
	return append(b, ']')
}

func appendKey(b []byte, key arm.Value) []byte {
	if name := key.Str(); isName(name) {
		return append(append(b, '.'), name...)
	}
	b = appendLiteral(append(b, '['), key)
	return append(b, ']')
}

func appendQuoted(b []byte, s string) []byte {
	b = append(b, '\'')
	b = append(b, strings.ReplaceAll(s, "'", "''")...)
	return append(b, '\'')
}

// Source gives an expression, without brackets, whose value is v. Of an unknown
// value it is that over references (see Computed).
func Source(v arm.Value) string { return string(appendLiteral(nil, v)) }

// appendLiteral prints a value as an expression that gives it.
func appendLiteral(b []byte, v arm.Value) []byte {
	switch v.Kind() {
	case arm.String:
		return appendQuoted(b, v.Str())
	case arm.Number:
		if i, ok := v.Int(); ok {
			return strconv.AppendInt(b, i, 10)
		}
		return append(appendQuoted(append(b, "json("...), v.Text()), ')')
	case arm.Array, arm.Object:
		return appendComposite(b, v)
	case arm.Unknown:
		return append(b, residue(v)...)
	case arm.Bool:
		return append(append(b, v.Text()...), "()"...)
	}
	return append(b, "null()"...)
}

func appendComposite(b []byte, v arm.Value) []byte {
	comma := func() {
		if b[len(b)-1] != '(' {
			b = append(b, ", "...)
		}
	}
	if v.Kind() == arm.Array {
		b = append(b, "createArray("...)
		for item := range v.Items() {
			comma()
			b = appendLiteral(b, item)
		}
		return append(b, ')')
	}
	b = append(b, "createObject("...)
	for name, value := range v.Members() {
		comma()
		b = append(appendQuoted(b, name), ", "...)
		b = appendLiteral(b, value)
	}
	return append(b, ')')
}
