package arm

import (
	"fmt"
	"math/bits"
	"strings"
	"sync"
	"unicode/utf16"
	"unicode/utf8"
)

// MaxDepth is how deeply arrays and objects may nest in a text that is parsed.
const MaxDepth = 512

// SyntaxError says what is wrong with a JSON text, and where.
type SyntaxError struct {
	Offset  int // in bytes
	Message string
}

// Error gives the offset and what is wrong.
func (e *SyntaxError) Error() string { return fmt.Sprintf("offset %d: %s", e.Offset, e.Message) }

// Parse indexes one JSON text. The text is kept, not copied.
func Parse(text string) (Value, error) {
	x := indexers.Get().(*Indexer)
	defer indexers.Put(x)
	if _, err := x.Parse(text); err != nil {
		return Value{}, err
	}
	d := &document{text: text, nodes: append(make([]node, 0, len(x.d.nodes)), x.d.nodes...)}
	if x.d.text = ""; cap(x.d.nodes) > 1<<20 {
		x.d.nodes = nil // one large text is no reason to hold its memory
	}
	return Value{d, 0}, nil
}

// indexers lets Parse make an index in memory that was used before, and keep
// one that is as large as it has to be.
var indexers = sync.Pool{New: func() any { return new(Indexer) }}

// Indexer parses one text after the other into the same memory: a Value it
// gave is good until its next Parse. It is for passes over many resources; the
// zero Indexer is ready.
type Indexer struct {
	d    document
	open []uint32
}

// Parse indexes one JSON text, by RFC 8259: no comments, no trailing commas.
//
// It is one loop over one automaton: where a value may stand, one is scanned;
// behind a value, the innermost open array or object says what may follow.
func (x *Indexer) Parse(text string) (Value, error) {
	if uint64(len(text)) >= 1<<32-1 {
		return Value{}, &SyntaxError{0, "text is over 4 GiB"}
	}
	x.d.text, x.d.nodes, x.open = text, x.d.nodes[:0], x.open[:0]
	p := parser{text: text, nodes: x.d.nodes, open: x.open}
	err := p.run()
	x.d.nodes, x.open = p.nodes, p.open
	if err != nil {
		return Value{}, err
	}
	return Value{&x.d, 0}, nil
}

type parser struct {
	text  string
	pos   int
	nodes []node
	open  []uint32 // the arrays and objects around pos
}

func (p *parser) run() error {
	for {
		if err := p.value(); err != nil {
			return err
		}
		for { // behind a value
			p.space()
			if len(p.open) == 0 {
				if p.pos < len(p.text) {
					return p.errorf("%s after the end of the value", p.found())
				}
				return nil
			}
			around := p.open[len(p.open)-1]
			array := p.nodes[around].kind == Array
			c := p.peek()
			if c == ',' {
				p.pos++
				p.space()
				if !array {
					if err := p.name(); err != nil {
						return err
					}
				}
				break
			}
			if array && c == ']' || !array && c == '}' {
				p.close(around)
				continue
			}
			if array {
				return p.errorf("%s, wanted a comma or ]", p.found())
			}
			return p.errorf("%s, wanted a comma or }", p.found())
		}
	}
}

// value scans one value, down to the first that is no opened array or object.
func (p *parser) value() error {
	for {
		p.space()
		switch c := p.peek(); c {
		case '"':
			return p.str()
		case 't':
			return p.word("true", Bool)
		case 'f':
			return p.word("false", Bool)
		case 'n':
			return p.word("null", Null)
		case '[', '{':
			if len(p.open) >= MaxDepth {
				return p.errorf("nested more than %d deep", MaxDepth)
			}
			at, kind, end := uint32(len(p.nodes)), Array, byte(']')
			if c == '{' {
				kind, end = Object, '}'
			}
			p.nodes = append(p.nodes, node{})
			n := &p.nodes[at]
			n.start, n.kind = uint32(p.pos), kind
			p.open = append(p.open, at)
			p.pos++
			p.space()
			if p.peek() == end {
				p.close(at)
				return nil
			}
			if kind == Object {
				if err := p.name(); err != nil {
					return err
				}
			}
		default:
			return p.number()
		}
	}
}

// close ends the innermost array or object at the bracket under pos.
func (p *parser) close(at uint32) {
	p.pos++
	p.open = p.open[:len(p.open)-1]
	n := &p.nodes[at]
	n.end, n.next = uint32(p.pos), uint32(len(p.nodes))
	if n.kind == Object && int(at)+2 < len(p.nodes) && p.nodes[at+2].next == n.next && p.nodes[at+2].kind == Object {
		if k := p.nodes[at+1]; p.text[k.start:k.end] == `"`+refMember+`"` {
			n.kind = Unknown
		}
	}
}

func (p *parser) name() error {
	if p.peek() != '"' {
		return p.errorf("%s, wanted a member's name in double quotes", p.found())
	}
	if err := p.str(); err != nil {
		return err
	}
	if n := &p.nodes[len(p.nodes)-1]; !n.escaped {
		n.mark = markOf(p.text[n.start+1 : n.end-1])
	}
	p.space()
	if p.peek() != ':' {
		return p.errorf("%s, wanted a colon", p.found())
	}
	p.pos++
	return nil
}

func (p *parser) add(start int, kind Kind, escaped bool) {
	p.nodes = append(p.nodes, node{}) // filled in place: a node that is copied costs twice
	n := &p.nodes[len(p.nodes)-1]
	n.start, n.end, n.next, n.kind, n.escaped = uint32(start), uint32(p.pos), uint32(len(p.nodes)), kind, escaped
}

func (p *parser) word(w string, kind Kind) error {
	if !strings.HasPrefix(p.text[p.pos:], w) {
		return p.errorf("%s, wanted a value", p.found())
	}
	start := p.pos
	p.pos += len(w)
	p.add(start, kind, false)
	return nil
}

// plain marks the bytes that a string may hold as they are, without a look.
var plain = func() (t [256]bool) {
	for c := 0x20; c < 0x80; c++ {
		t[c] = c != '"' && c != '\\'
	}
	return t
}()

// load gives the eight bytes at i, the first one lowest.
func load(s string, i int) uint64 {
	s = s[i : i+8]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

// notPlain sets the high bit of each of eight bytes that is a quote, a
// backslash, a control character or beyond ASCII, all at once. A borrow spoils
// only bytes above such a one, so the lowest bit that is set is right.
func notPlain(x uint64) uint64 {
	const each = 0x0101010101010101
	return (((x ^ '"'*each) - each) | ((x ^ '\\'*each) - each) | (x - ' '*each) | x) & (0x80 * each)
}

func (p *parser) str() error {
	text, start, i, escaped := p.text, p.pos, p.pos+1, false
	for {
		for i+8 <= len(text) {
			if not := notPlain(load(text, i)); not != 0 {
				i += bits.TrailingZeros64(not) / 8
				break
			}
			i += 8
		}
		for i < len(text) && plain[text[i]] {
			i++
		}
		p.pos = i
		if i >= len(text) {
			p.pos = start
			return p.errorf("string has no end")
		}
		switch c := text[i]; {
		case c == '"':
			p.pos = i + 1
			p.add(start, String, escaped)
			return nil
		case c == '\\':
			escaped = true
			n := escapeLen(text[i:])
			if n == 0 {
				return p.errorf("not an escape that JSON knows")
			}
			i += n
		case c < 0x20:
			return p.errorf("control character 0x%02x in a string", c)
		default:
			_, n := utf8.DecodeRuneInString(text[i:])
			if n == 1 {
				return p.errorf("byte 0x%02x is not UTF-8", c)
			}
			i += n
		}
	}
}

// escapeLen gives the length of the escape that s begins with, 0 for none.
func escapeLen(s string) int {
	if len(s) < 2 {
		return 0
	}
	switch s[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
		if _, ok := hex4(s[2:]); ok {
			return 6
		}
	}
	return 0
}

func hex4(s string) (rune, bool) {
	if len(s) < 4 {
		return 0, false
	}
	var r rune
	for i := range 4 {
		c := lower(s[i])
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

// unescape resolves the escapes of a string's inside that str has accepted. A
// lone surrogate becomes U+FFFD.
func unescape(s string) string {
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); {
		if s[i] != '\\' {
			b = append(b, s[i])
			i++
			continue
		}
		switch c := s[i+1]; c {
		case 'b':
			b = append(b, '\b')
		case 'f':
			b = append(b, '\f')
		case 'n':
			b = append(b, '\n')
		case 'r':
			b = append(b, '\r')
		case 't':
			b = append(b, '\t')
		case 'u':
			r, _ := hex4(s[i+2:])
			if utf16.IsSurrogate(r) {
				low := rune(utf8.RuneError)
				if rest := s[i+6:]; strings.HasPrefix(rest, `\u`) {
					low, _ = hex4(rest[2:])
				}
				if r = utf16.DecodeRune(r, low); r != utf8.RuneError {
					i += 6
				}
			}
			b = utf8.AppendRune(b, r)
			i += 4
		default:
			b = append(b, c)
		}
		i += 2
	}
	return string(b)
}

func (p *parser) number() error {
	start := p.pos
	end, problem := number(p.text, start)
	if p.pos = end; problem == "" {
		p.add(start, Number, false)
		return nil
	}
	p.pos = start
	if problem == noValue {
		return p.errorf("%s, %s", p.found(), problem)
	}
	return p.errorf("%s", problem)
}

const noValue = "wanted a value"

// number gives the end of the number at i, or what is wrong with it.
func number(text string, i int) (end int, problem string) {
	digits := func() bool {
		from := i
		for i < len(text) && '0' <= text[i] && text[i] <= '9' {
			i++
		}
		return i > from
	}
	if i < len(text) && text[i] == '-' {
		i++
	}
	zero := i < len(text) && text[i] == '0'
	first := i
	if !digits() || zero && i > first+1 {
		return i, noValue
	}
	if i < len(text) && text[i] == '.' {
		i++
		if !digits() {
			return i, "number has no digit behind its point"
		}
	}
	if i < len(text) && lower(text[i]) == 'e' {
		i++
		if i < len(text) && (text[i] == '+' || text[i] == '-') {
			i++
		}
		if !digits() {
			return i, "number has no digit in its exponent"
		}
	}
	return i, ""
}

func (p *parser) space() {
	if p.pos < len(p.text) && p.text[p.pos] > ' ' {
		return
	}
	p.spaces()
}

func (p *parser) spaces() {
	for p.pos < len(p.text) {
		switch p.text[p.pos] {
		case ' ', '\t', '\n', '\r':
			p.pos++
		default:
			return
		}
	}
}

// peek gives the byte under pos, 0 at the end.
func (p *parser) peek() byte {
	if p.pos < len(p.text) {
		return p.text[p.pos]
	}
	return 0
}

func (p *parser) found() string {
	if p.pos >= len(p.text) {
		return "text ends"
	}
	r, _ := utf8.DecodeRuneInString(p.text[p.pos:])
	return fmt.Sprintf("found %q", r)
}

func (p *parser) errorf(format string, args ...any) error {
	return &SyntaxError{p.pos, fmt.Sprintf(format, args...)}
}
