package denial

import (
	"regexp"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"airfield/arm"
)

// opening is where an object may begin: a brace, and behind it a name in
// quotes, which may be escaped, or one without, as JavaScript prints.
var opening = regexp.MustCompile(`\{(?:\s|\\+[rnt])*(?:(\\*)["']|[A-Za-z_]\w*\s*:\s*["'{\[\w])`)

// scrap reads JSON as far as it goes, and what Python and JavaScript print of
// objects: 'text', True, None, names without quotes.
type scrap struct {
	s      string
	i      int
	depth  int
	broken bool // something stood where JSON wants something else, or the text ended
}

const maxDepth = 100 // objects and arrays inside each other

func (p *scrap) value() any {
	p.space()
	switch c := p.peek(); {
	case p.depth > maxDepth:
		p.broken = true
		return nil
	case c == '{':
		return p.object()
	case c == '[':
		return p.array()
	case c == '"' || c == '\'':
		return p.text()
	}
	return p.word()
}

func (p *scrap) object() arm.O {
	p.i++
	p.depth++
	all := arm.O{}
	for p.more('}') {
		name := p.name()
		p.space()
		if p.broken || !p.take(':') {
			p.broken = true
			break
		}
		all = append(all, name, p.value())
	}
	p.depth--
	return all
}

func (p *scrap) array() arm.A {
	p.i++
	p.depth++
	all := arm.A{}
	for p.more(']') {
		if v := p.value(); !p.broken || v != nil {
			all = append(all, v)
		}
	}
	p.depth--
	return all
}

// more tells whether another item follows, and steps over what is before it.
func (p *scrap) more(end byte) bool {
	p.space()
	if !p.broken && p.take(',') {
		p.space()
	}
	if p.i == len(p.s) {
		p.broken = true
	}
	return !p.broken && !p.take(end)
}

func (p *scrap) name() string {
	if c := p.peek(); c == '"' || c == '\'' {
		return p.text()
	}
	begin := p.i
	for p.i < len(p.s) && (p.s[p.i] == '_' || isLetter(p.s[p.i])) {
		p.i++
	}
	p.broken = p.broken || p.i == begin
	return p.s[begin:p.i]
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9' }

// text reads a string; a line that was wrapped within it goes on behind a space.
func (p *scrap) text() string {
	quote := p.s[p.i]
	p.i++
	begin := p.i
	for p.i < len(p.s) && p.s[p.i] != quote {
		if p.s[p.i] == '\\' && p.i+1 < len(p.s) {
			p.i++
		}
		p.i++
	}
	content := p.s[begin:min(p.i, len(p.s))]
	p.broken = p.broken || p.i >= len(p.s)
	p.i = min(p.i+1, len(p.s))
	return unescape(wrapped.ReplaceAllString(content, " "))
}

var wrapped = regexp.MustCompile(`[ \t]*\n[ \t]*`)

// word reads a number, true, false, null, and what was put in their place.
func (p *scrap) word() any {
	begin := p.i
	for p.i < len(p.s) && !strings.ContainsRune(" \t\r\n,}]\"'{[", rune(p.s[p.i])) {
		p.i++
	}
	switch w := p.s[begin:p.i]; w {
	case "null", "None", "undefined":
		return nil
	case "true", "True":
		return true
	case "false", "False":
		return false
	default:
		v, err := arm.Parse(w)
		if err == nil {
			return v
		}
		if p.broken = p.broken || w == "" || w[0] == '.' || w[0] == 0xe2; p.broken { // … is 0xe2 and two more
			return nil
		}
		return w
	}
}

func (p *scrap) peek() byte {
	if p.i < len(p.s) {
		return p.s[p.i]
	}
	return 0
}

func (p *scrap) take(c byte) bool {
	if p.peek() != c || p.i == len(p.s) {
		return false
	}
	p.i++
	return true
}

func (p *scrap) space() {
	for p.i < len(p.s) && strings.IndexByte(" \t\r\n", p.s[p.i]) >= 0 {
		p.i++
	}
}

var escapes = map[byte]byte{'n': '\n', 'r': '\r', 't': '\t', 'b': '\b', 'f': '\f', '/': '/', '"': '"', '\'': '\'', '\\': '\\'}

// unescape takes one level of escaping off.
func unescape(s string) string {
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b = append(b, s[i])
			continue
		}
		i++
		if c, ok := escapes[s[i]]; ok {
			b = append(b, c)
		} else if r, n := unicodeAt(s[i:]); n > 0 {
			b = utf8.AppendRune(b, r)
			i += n - 1
		} else {
			b = append(b, '\\', s[i])
		}
	}
	return string(b)
}

// unicodeAt reads u0041, or a pair such as ud83d\ude00.
func unicodeAt(s string) (rune, int) {
	unit := func(s string) (rune, bool) {
		if len(s) < 5 || s[0] != 'u' {
			return 0, false
		}
		n, err := strconv.ParseUint(s[1:5], 16, 16)
		return rune(n), err == nil
	}
	r, ok := unit(s)
	if !ok {
		return 0, 0
	}
	if len(s) > 10 && s[5] == '\\' {
		if low, ok := unit(s[6:]); ok && utf16.IsSurrogate(r) && utf16.IsSurrogate(low) {
			return utf16.DecodeRune(r, low), 11
		}
	}
	return r, 5
}

// escaped gives the end of a text whose quotes have so many backslashes before
// them: the first quote with fewer.
func escaped(s string, backslashes int) int {
	n := 0
	for i := range len(s) {
		switch {
		case s[i] == '\\':
			n++
		case s[i] == '"' && n < backslashes:
			return i - n
		default:
			n = 0
		}
	}
	return len(s)
}
