package arm

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// O is an object under construction: names and values in turn. New makes a
// Value of it. A value may be a string, bool, int, int64, float64, nil (null),
// ID (a string), Type, Ref, Value, O, A, []string or map-free nesting of them.
// A member whose value is a Missing Value, or an O or A that is nil, is left out.
//
//	arm.New(arm.O{"location", "swedencentral", "tags", arm.O{"env", "dev"}})
type O []any

// A is an array under construction; its items are as the values of O.
type A []any

// New makes a Value. It panics on a kind of value that O does not list, which
// is a bug in the program.
func New(v any) Value {
	switch v := v.(type) {
	case string:
		return newString(v)
	case bool:
		if v {
			return yes
		}
		return no
	}
	text := appendJSON(nil, v)
	value, err := Parse(string(text))
	if err != nil {
		panic("arm.New: " + err.Error())
	}
	return value
}

var (
	yes = Value{&document{"true", []node{{end: 4, next: 1, kind: Bool}}}, 0}
	no  = Value{&document{"false", []node{{end: 5, next: 1, kind: Bool}}}, 0}
)

// newString makes a string's value without parsing it again: expressions make
// many.
func newString(s string) Value {
	var text string
	if strings.ContainsFunc(s, func(r rune) bool { return r >= utf8.RuneSelf || !plain[r] }) {
		text = string(AppendString(make([]byte, 0, len(s)+8), s))
	} else {
		text = `"` + s + `"`
	}
	one := &struct {
		document
		node [1]node
	}{}
	one.node[0] = node{end: uint32(len(text)), next: 1, kind: String, escaped: strings.IndexByte(text, '\\') >= 0}
	one.text, one.nodes = text, one.node[:]
	return Value{&one.document, 0}
}

// ArrayOf makes an array of values; Missing is null in it. The error is that of
// arrays and objects nested too deep.
func ArrayOf(items []Value) (Value, error) {
	size, flat := 2, true
	for _, v := range items {
		size += len(v.Text()) + len(",null")
		flat = flat && v.Kind() < Array
	}
	var b strings.Builder
	b.Grow(size)
	nodes := make([]node, 1, len(items)+1)
	b.WriteByte('[')
	for i, v := range items {
		if i > 0 {
			b.WriteByte(',')
		}
		one := node{start: uint32(b.Len()), next: uint32(i + 2), kind: Null}
		if v.Exists() {
			one.kind, one.escaped = v.Kind(), v.node().escaped
			b.WriteString(v.Text())
		} else {
			b.WriteString("null")
		}
		one.end = uint32(b.Len())
		nodes = append(nodes, one)
	}
	b.WriteByte(']')
	if !flat {
		return Parse(b.String())
	}
	nodes[0] = node{end: uint32(b.Len()), next: uint32(len(nodes)), kind: Array}
	return Value{&document{b.String(), nodes}, 0}, nil
}

func appendJSON(b []byte, v any) []byte {
	switch v := v.(type) {
	case nil:
		return append(b, "null"...)
	case string:
		return AppendString(b, v)
	case ID:
		return AppendString(b, string(v))
	case Type:
		return AppendString(b, string(v))
	case bool:
		return strconv.AppendBool(b, v)
	case int:
		return strconv.AppendInt(b, int64(v), 10)
	case int64:
		return strconv.AppendInt(b, v, 10)
	case float64:
		return strconv.AppendFloat(b, v, 'g', -1, 64)
	case Value:
		if !v.Exists() {
			return append(b, "null"...)
		}
		return append(b, v.Text()...)
	case Ref:
		return v.appendJSON(b)
	case []string:
		b = append(b, '[')
		for i, s := range v {
			if i > 0 {
				b = append(b, ',')
			}
			b = AppendString(b, s)
		}
		return append(b, ']')
	case A:
		b = append(b, '[')
		for i, item := range v {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendJSON(b, item)
		}
		return append(b, ']')
	case O:
		b = append(b, '{')
		first := true
		for i := 0; i+1 < len(v); i += 2 {
			if absent(v[i+1]) {
				continue
			}
			if !first {
				b = append(b, ',')
			}
			first = false
			b = AppendString(b, v[i].(string))
			b = append(b, ':')
			b = appendJSON(b, v[i+1])
		}
		return append(b, '}')
	}
	panic(fmt.Sprintf("arm.New: no JSON for %T", v))
}

func absent(v any) bool {
	switch v := v.(type) {
	case Value:
		return !v.Exists()
	case O:
		return v == nil
	case A:
		return v == nil
	case []string:
		return v == nil
	}
	return false
}

const hexDigits = "0123456789abcdef"

// AppendString appends s as a JSON string. Only what JSON asks for is escaped.
func AppendString(b []byte, s string) []byte {
	b = append(b, '"')
	for i := 0; i < len(s); {
		c := s[i]
		if plain[c] {
			b = append(b, c)
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(s[i:])
			b = utf8.AppendRune(b, r)
			i += n
			continue
		}
		switch c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\n':
			b = append(b, '\\', 'n')
		case '\r':
			b = append(b, '\\', 'r')
		case '\t':
			b = append(b, '\\', 't')
		default:
			b = append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
		i++
	}
	return append(b, '"')
}

// Set gives the value with the member at the path replaced or added; objects
// that the path lacks are made. v itself is not changed. An empty path, or one
// through something that is no object, gives an error.
func (v Value) Set(with any, path ...string) (Value, error) {
	if len(path) == 0 {
		return New(with), nil
	}
	if v.Kind() != Object && v.Exists() {
		return Value{}, fmt.Errorf("%q is in %s, wanted an object", path[0], v.Kind())
	}
	below, err := v.member(path[0]).Set(with, path[1:]...)
	if err != nil {
		return Value{}, err
	}
	return v.rebuild(path[0], below), nil
}

// Without gives the value without the member at the path.
func (v Value) Without(path ...string) Value {
	if len(path) == 0 || !v.Get(path...).Exists() {
		return v
	}
	if len(path) == 1 {
		return v.rebuild(path[0], Value{})
	}
	return v.rebuild(path[0], v.member(path[0]).Without(path[1:]...))
}

// rebuild gives the object v with one member replaced, added at its end, or,
// where with is Missing, removed.
func (v Value) rebuild(name string, with Value) Value {
	o, found := O{}, false
	for k, value := range v.Members() {
		if EqualFold(k, name) {
			if found {
				continue
			}
			value, found = with, true
		}
		o = append(o, k, value)
	}
	if !found {
		o = append(o, name, with)
	}
	return New(o)
}
