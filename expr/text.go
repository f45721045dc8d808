package expr

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"airfield/arm"
)

// Strings. A position in a string, and its length, count UTF-16 units, as in
// .NET.

// units is a string whose positions can be used.
type units struct {
	s    string   // where it is ASCII
	wide []uint16 // where not
}

func newUnits(s string) units {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return units{wide: utf16.Encode([]rune(s))}
		}
	}
	return units{s: s}
}

func (u units) len() int { return len(u.s) + len(u.wide) }

func (u units) cut(from, to int) string {
	if u.wide == nil {
		return u.s[from:to]
	}
	return string(utf16.Decode(u.wide[from:to]))
}

func upper16(s string) []uint16 {
	r := []rune(s)
	for i := range r {
		r[i] = unicode.ToUpper(r[i])
	}
	return utf16.Encode(r)
}

// indexFold gives the place of sub in s, letter case aside, or -1.
func indexFold(s, sub string) int {
	if !letters(sub) && newUnits(s).wide == nil {
		return strings.Index(s, sub)
	}
	u, w := upper16(s), upper16(sub)
	for i := 0; i+len(w) <= len(u); i++ {
		if hasPrefix16(u[i:], w) {
			return i
		}
	}
	return -1
}

func lastIndexFold(s, sub string) int {
	u, w := upper16(s), upper16(sub)
	for i := len(u) - len(w); i >= 0; i-- {
		if hasPrefix16(u[i:], w) {
			return i
		}
	}
	return -1
}

func hasPrefix16(u, w []uint16) bool {
	for i := range w {
		if u[i] != w[i] {
			return false
		}
	}
	return true
}

func startsWith(c *Call) (arm.Value, error) {
	u, w := upper16(c.Str(0)), upper16(c.Str(1))
	return boolean(len(u) >= len(w) && hasPrefix16(u, w)), nil
}

func endsWith(c *Call) (arm.Value, error) {
	u, w := upper16(c.Str(0)), upper16(c.Str(1))
	return boolean(len(u) >= len(w) && hasPrefix16(u[len(u)-len(w):], w)), nil
}

// plain gives a value as concat and format write it into a string.
func plain(v arm.Value) string {
	switch v.Kind() {
	case arm.String:
		return v.Str()
	case arm.Number:
		return v.Text()
	case arm.Bool:
		if v.True() {
			return "True"
		}
		return "False"
	case arm.Array, arm.Object:
		return string(appendCompact(nil, v))
	}
	return ""
}

// appendCompact writes JSON without blanks.
func appendCompact(b []byte, v arm.Value) []byte {
	switch v.Kind() {
	case arm.String:
		return arm.AppendString(b, v.Str())
	case arm.Array:
		b = append(b, '[')
		for item := range v.Items() {
			b = append(appendCompact(b, item), ',')
		}
		return append(trimComma(b), ']')
	case arm.Object:
		b = append(b, '{')
		for name, value := range v.Members() {
			b = append(arm.AppendString(b, name), ':')
			b = append(appendCompact(b, value), ',')
		}
		return append(trimComma(b), '}')
	}
	return append(b, v.Text()...)
}

func trimComma(b []byte) []byte {
	if b[len(b)-1] == ',' {
		return b[:len(b)-1]
	}
	return b
}

func toString(c *Call) (arm.Value, error) { return str(plain(c.Arg(0))), nil }

// text gives an argument that must be a string, or null for an empty one.
func (c *Call) text(i int) string {
	if c.Arg(i).Kind() == arm.Null {
		return ""
	}
	return c.Str(i)
}

func toLower(c *Call) (arm.Value, error) {
	return c.made(cased(c.text(0), strings.ToLower, unicode.ToLower)), nil
}

func toUpper(c *Call) (arm.Value, error) {
	return c.made(cased(c.text(0), strings.ToUpper, unicode.ToUpper)), nil
}

// made gives the value of what became of the first argument, which is the
// argument where it did not change.
func (c *Call) made(s string) arm.Value {
	if v := c.Arg(0); v.Kind() == arm.String && v.Str() == s {
		return v
	}
	return str(s)
}

// cased changes the case of a text, but keeps what no culture's case rules
// touch in .NET: the dotted and the dotless i, and the long s.
func cased(s string, ascii func(string) string, f func(rune) rune) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return r >= utf8.RuneSelf }) {
		return ascii(s)
	}
	return strings.Map(func(r rune) rune {
		switch r {
		case 'İ', 'ı', 'ſ':
			return r
		}
		return f(r)
	}, s)
}

func trim(c *Call) (arm.Value, error) { return c.made(strings.TrimSpace(c.text(0))), nil }

func substring(c *Call) (arm.Value, error) {
	u, from := newUnits(c.Str(0)), c.Int(1)
	size := int64(u.len())
	n := size - from
	if c.Len() == 3 {
		n = c.Int(2)
	}
	if c.err != nil {
		return arm.Value{}, nil
	}
	if from < 0 || from > size || n < 0 || n > size-from {
		return arm.Value{}, fmt.Errorf("%d characters from %d on are not all in a string of %d", n, from, size)
	}
	return str(u.cut(int(from), int(from+n))), nil
}

func replace(c *Call) (arm.Value, error) {
	s, old, with := c.Str(0), c.Str(1), c.Str(2)
	if c.err != nil {
		return arm.Value{}, nil
	}
	if old == "" {
		return arm.Value{}, errors.New("argument 2 is an empty string, wanted what to replace")
	}
	if strings.Count(s, old)*len(with)+len(s) > maxResult {
		return arm.Value{}, c.spend(maxResult + 1)
	}
	return c.made(replaceFold(s, old, with)), nil
}

// letters tells whether a string may have letters.
func letters(s string) bool {
	for i := range len(s) {
		if c := s[i]; c >= utf8.RuneSelf || 'a' <= c|0x20 && c|0x20 <= 'z' {
			return true
		}
	}
	return false
}

// replaceFold replaces without case (Azure/azure-policy-linter, the library of functions).
func replaceFold(s, old, with string) string {
	if !letters(old) && old != "" { // what has no case
		return strings.ReplaceAll(s, old, with)
	}
	u, upper, w := utf16.Encode([]rune(s)), upper16(s), upper16(old)
	var out []uint16
	insert := utf16.Encode([]rune(with))
	for i := 0; i < len(u); {
		if len(upper)-i >= len(w) && hasPrefix16(upper[i:], w) {
			if out = append(out, insert...); len(out) > maxResult {
				break
			}
			i += len(w)
			continue
		}
		out = append(out, u[i])
		i++
	}
	return string(utf16.Decode(out))
}

func padLeft(c *Call) (arm.Value, error) {
	v, width, with := c.Arg(0), c.Int(1), " "
	if k := v.Kind(); k != arm.String && k != arm.Number {
		c.Wrong(0, "a string or an integer")
	}
	if c.Len() == 3 {
		with = c.Str(2)
	}
	switch {
	case c.err != nil:
		return arm.Value{}, nil
	case width < 0 || width > 16:
		return arm.Value{}, fmt.Errorf("width is %d, wanted at most 16", width)
	case newUnits(with).len() != 1:
		c.Wrong(2, "one character")
		return arm.Value{}, nil
	}
	s := plain(v)
	return str(strings.Repeat(with, max(int(width)-newUnits(s).len(), 0)) + s), nil
}

func split(c *Call) (arm.Value, error) {
	if c.Arg(0).Kind() == arm.Null {
		return array(nil)
	}
	s := c.Str(0)
	var by []string
	switch d := c.Arg(1); d.Kind() {
	case arm.String:
		by = []string{d.Str()}
	case arm.Array:
		for item := range d.Items() {
			if item.Kind() != arm.String {
				c.Wrong(1, "a string or an array of strings")
			}
			by = append(by, item.Str())
		}
	case arm.Null:
	default:
		c.Wrong(1, "a string or an array of strings")
	}
	var out []arm.Value
	for _, part := range splitAny(s, by) {
		out = append(out, str(part))
	}
	return array(out)
}

// splitAny cuts at each delimiter; of those that match at a place the first
// listed counts, and an empty one never matches.
func splitAny(s string, by []string) []string {
	var out []string
	from := 0
	for i := 0; i < len(s); {
		n := 0
		for _, d := range by {
			if d != "" && strings.HasPrefix(s[i:], d) {
				n = len(d)
				break
			}
		}
		if n == 0 {
			i++
			continue
		}
		out = append(out, s[from:i])
		i += n
		from = i
	}
	return append(out, s[from:])
}

func join(c *Call) (arm.Value, error) {
	by := c.Str(1)
	var b strings.Builder
	for item := range c.Array(0).Items() {
		if b.Len() > maxResult {
			return arm.Value{}, c.spend(b.Len())
		}
		switch item.Kind() {
		case arm.Array, arm.Object, arm.Null:
			return arm.Value{}, errors.New("array holds " + article(item) + ", wanted strings")
		}
		b.WriteString(plain(item))
		b.WriteString(by)
	}
	return str(strings.TrimSuffix(b.String(), by)), nil
}

func fromJSON(c *Call) (arm.Value, error) {
	if c.Arg(0).Kind() == arm.Null {
		return emptyObject, nil
	}
	return decode(c.Str(0))
}

var emptyObject = arm.New(arm.O{})

// decode reads JSON as ARM's own reader does: strings may stand in single
// quotes.
func decode(s string) (arm.Value, error) {
	v, err := arm.Parse(s)
	if err == nil || !strings.Contains(s, "'") {
		return v, noJSON(err)
	}
	w, again := arm.Parse(doubleQuotes(s))
	if again != nil {
		return v, noJSON(err)
	}
	return w, nil
}

func noJSON(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("string is no JSON: %w", err)
}

// doubleQuotes turns strings in single quotes into ones in double quotes.
func doubleQuotes(s string) string {
	var b strings.Builder
	var quote byte
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && i+1 < len(s):
			if i++; s[i] != '\'' {
				b.WriteByte(c)
			}
			b.WriteByte(s[i])
		case quote == 0 && (c == '\'' || c == '"'):
			quote = c
			b.WriteByte('"')
		case quote != 0 && c == quote:
			quote = 0
			b.WriteByte('"')
		case quote == '\'' && c == '"':
			b.WriteString(`\"`)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

func toBase64(c *Call) (arm.Value, error) {
	v := c.Arg(0)
	if v.Kind() == arm.Null {
		c.Wrong(0, "a string")
	}
	return str(base64.StdEncoding.EncodeToString([]byte(plain(v)))), nil
}

func fromBase64(s string) (string, error) {
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		return "", fmt.Errorf("string is no base64: %w", err)
	}
	return strings.ToValidUTF8(strings.TrimPrefix(string(b), "\ufeff"), "\ufffd"), nil
}

func base64ToString(c *Call) (arm.Value, error) {
	s, err := fromBase64(c.Str(0))
	return str(s), err
}

func base64ToJSON(c *Call) (arm.Value, error) {
	s, err := fromBase64(c.Str(0))
	if err != nil || c.err != nil {
		return arm.Value{}, err
	}
	return decode(s)
}

func dataURI(c *Call) (arm.Value, error) {
	s := base64.StdEncoding.EncodeToString([]byte(plain(c.Arg(0))))
	return str("data:text/plain;charset=utf8;base64," + s), nil
}

func dataURIToString(c *Call) (arm.Value, error) {
	s := c.Str(0)
	head, data, ok := strings.Cut(s, ",")
	if c.err == nil && (!ok || len(head) < 5 || !strings.EqualFold(head[:5], "data:")) {
		return arm.Value{}, errors.New("string is no data URI, wanted data:[type][;base64],data")
	}
	if strings.HasSuffix(strings.ToLower(head), ";base64") {
		out, err := fromBase64(data)
		return str(out), err
	}
	out, err := url.PathUnescape(data)
	if err != nil {
		return arm.Value{}, err
	}
	return str(strings.ToValidUTF8(out, "\ufffd")), nil
}

// uri puts a relative URI to a base, as System.Uri does (RFC 3986, section 5).
func uri(c *Call) (arm.Value, error) {
	base, err := url.Parse(c.Str(0))
	if err != nil || !base.IsAbs() {
		if c.err == nil {
			c.Wrong(0, "an absolute URI")
		}
		return arm.Value{}, nil
	}
	relative, err := url.Parse(c.Str(1))
	if err != nil {
		return arm.Value{}, fmt.Errorf("argument 2 is no URI: %w", err)
	}
	out := base.ResolveReference(relative)
	if out.Path == "" && out.Host != "" {
		out.Path = "/"
	}
	return str(out.String()), nil
}

func uriComponent(c *Call) (arm.Value, error) { return str(escape(c.Str(0))), nil }

// escape leaves RFC 3986's unreserved characters as they are, like
// Uri.EscapeDataString.
func escape(s string) string {
	var b strings.Builder
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.IndexByte("-_.~", c) >= 0:
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// unescape leaves what is no escape as it is, like Uri.UnescapeDataString.
func unescape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if r, err := url.PathUnescape(s[i : i+3]); err == nil {
				b.WriteString(r)
				i += 2
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return strings.ToValidUTF8(b.String(), "\ufffd")
}

func uriComponentToString(c *Call) (arm.Value, error) { return str(unescape(c.Str(0))), nil }

func parseURI(c *Call) (arm.Value, error) {
	u, err := url.Parse(c.Str(0))
	if err != nil || !u.IsAbs() {
		if c.err == nil {
			c.Wrong(0, "an absolute URI")
		}
		return arm.Value{}, nil
	}
	var m members
	m.set("scheme", str(u.Scheme))
	m.set("host", str(u.Hostname()))
	if port := u.Port(); port != "" {
		n, err := arm.Parse(strings.TrimLeft(port[:len(port)-1], "0") + port[len(port)-1:])
		if err != nil {
			return n, err
		}
		m.set("port", n)
	}
	m.set("path", str(u.Path))
	if u.RawQuery != "" {
		m.set("query", str("?"+u.RawQuery))
	}
	return m.object()
}

func buildURI(c *Call) (arm.Value, error) {
	o := c.Object(0)
	if c.err == nil && (o.Get("scheme").Str() == "" || o.Get("host").Str() == "") {
		return arm.Value{}, errors.New("object has no scheme or no host")
	}
	u := url.URL{Scheme: o.Get("scheme").Str(), Host: o.Get("host").Str(), Path: o.Get("path").Str()}
	u.RawQuery = strings.TrimPrefix(o.Get("query").Str(), "?")
	if port, ok := o.Get("port").Int(); ok {
		u.Host = fmt.Sprintf("%s:%d", u.Host, port)
	}
	return str(u.String()), nil
}
