package source

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"airfield/diag"
)

// At is embedded in structs that remember the places of their keys.
type At struct {
	pos  diag.Pos
	keys map[string]diag.Pos
}

// AtOf gives the places of a node, for types that read themselves.
func AtOf(n *Node) At {
	at := At{n.Pos, map[string]diag.Pos{}}
	for _, m := range n.Members {
		if m.Value.Kind != Null {
			at.keys[m.Key] = m.Value.Pos
		}
	}
	return at
}

// Pos gives the place of the mapping.
func (a At) Pos() diag.Pos { return a.pos }

// Of gives the place of a key's value, or of the mapping where the key is not
// written.
func (a At) Of(key string) diag.Pos {
	if p, ok := a.keys[key]; ok {
		return p
	}
	return a.pos
}

// Has tells whether the key is written, with a value.
func (a At) Has(key string) bool {
	_, ok := a.keys[key]
	return ok
}

// Keyed is a mapping whose keys the user chooses, in the order written.
type Keyed[T any] []Entry[T]

// Entry is one key of a Keyed and its value.
type Entry[T any] struct {
	Key   string
	Pos   diag.Pos // of the key
	Value T
}

// Get gives the value of a key.
func (k Keyed[T]) Get(key string) (T, bool) {
	for _, e := range k {
		if e.Key == key {
			return e.Value, true
		}
	}
	var zero T
	return zero, false
}

// Keys gives the keys in the order written.
func (k Keyed[T]) Keys() []string {
	keys := make([]string, len(k))
	for i, e := range k {
		keys[i] = e.Key
	}
	return keys
}

// DecodeNode reads a mapping.
func (k *Keyed[T]) DecodeNode(n *Node) (found diag.List) {
	if n.Kind == Null {
		return nil
	}
	if n.Kind != Map {
		found.Errorf(n.Pos, "source/type", "%s, wanted a mapping: each value behind its name", n.Describe())
		return found
	}
	for _, m := range n.Members {
		if !m.Quoted && isBoolWord(m.Key) {
			found.Errorf(m.Pos, "source/bool-word", "key %q is true or false to many YAML readers: put it in quotes or choose another", m.Key)
			continue
		}
		if what := notPrinted(m.Key); what != "" {
			found.Errorf(m.Pos, "source/character", "key %s has %s, wanted printable characters on one line", quote(m.Key), what)
			continue
		}
		e := Entry[T]{Key: m.Key, Pos: m.Pos}
		found = append(found, Decode(m.Value, &e.Value)...)
		*k = append(*k, e)
	}
	return found
}

// Decoder is implemented by types that read themselves: values with a unit,
// values of several shapes. A finding means the value was not read.
type Decoder interface{ DecodeNode(n *Node) diag.List }

// Enum is implemented by string types that have a fixed set of values.
type Enum interface{ Values() []string }

// Decode reads a node into the struct, slice, string or number that into
// points to. A struct's keys are its fields' `yaml:"key"` tags, `yaml:"key,required"`
// for one that must be there; embedded structs add their keys; an
// embedded At is filled in. A list of one may be written without brackets. A
// type that implements Decoder reads itself, one that implements Enum
// is checked against its values. Keys that the struct does not have are
// findings. A key without a value is as if it were not written.
func Decode(n *Node, into any) diag.List {
	var d decoding
	d.value(n, reflect.ValueOf(into).Elem())
	return d.found
}

type decoding struct{ found diag.List }

func (d *decoding) value(n *Node, v reflect.Value) {
	if n.Kind == Null && !hasAt(v.Type()) {
		return
	}
	if dec, ok := v.Addr().Interface().(Decoder); ok {
		d.found = append(d.found, dec.DecodeNode(n)...)
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		d.value(n, v.Elem())
	case reflect.Struct:
		d.structure(n, v)
	case reflect.Slice:
		items := n.Items
		if n.Kind != List {
			items = []*Node{n}
		}
		v.Set(reflect.MakeSlice(v.Type(), len(items), len(items)))
		for i, item := range items {
			if item.Kind == Null {
				d.found.Errorf(item.Pos, "source/missing-value", "an item of the list has no value")
			}
			d.value(item, v.Index(i))
		}
	case reflect.String:
		d.str(n, v)
	case reflect.Int:
		i, err := strconv.Atoi(n.Text)
		if errors.Is(err, strconv.ErrRange) {
			d.found.Errorf(n.Pos, "source/type", "%s is too large a number", n.Describe())
			return
		}
		if n.Kind != Scalar || err != nil {
			d.found.Errorf(n.Pos, "source/type", "%s, wanted a whole number", n.Describe())
			return
		}
		v.SetInt(int64(i))
	default:
		panic(fmt.Sprintf("source.Decode: cannot read into %s", v.Type()))
	}
}

func (d *decoding) str(n *Node, v reflect.Value) {
	if n.Kind != Scalar {
		d.found.Errorf(n.Pos, "source/type", "%s, wanted a text", n.Describe())
		return
	}
	if !n.Quoted && isBoolWord(n.Text) {
		d.found.Errorf(n.Pos, "source/bool-word", "%q is true or false to many YAML readers, wanted a text: put it in quotes if the word is meant", n.Text)
		return
	}
	if e, ok := v.Addr().Interface().(Enum); ok && !slices.Contains(e.Values(), n.Text) {
		d.found.Errorf(n.Pos, "source/value", "%s, wanted one of %s%s", n.Describe(), strings.Join(e.Values(), ", "), diag.DidYouMean(n.Text, e.Values()))
		return
	}
	if what := notPrinted(n.Text); what != "" { // the text is not shown: it may be a secret
		d.found.Errorf(n.Pos, "source/character", "a text with %s, wanted printable characters on one line", what)
		return
	}
	v.SetString(n.Text)
}

func (d *decoding) structure(n *Node, v reflect.Value) {
	fields := Fields(v.Type())
	if n.Kind != Map && n.Kind != Null {
		d.found.Errorf(n.Pos, "source/type", "%s, wanted a mapping with keys such as %s", n.Describe(), strings.Join(keys(fields[:min(3, len(fields))]), ", "))
		return
	}
	var meant []string // by keys that are not known: not missing as well
	for _, m := range n.Members {
		i := slices.IndexFunc(fields, func(f Field) bool { return f.Key == m.Key })
		if i < 0 {
			near := diag.Nearest(m.Key, keys(fields))
			meant = append(meant, near)
			d.found.Errorf(m.Pos, "source/unknown-key", "unknown key %s%s", quote(m.Key), wantedKey(near, fields))
			continue
		}
		if fields[i].Required && m.Value.Kind == Null {
			continue // found below
		}
		d.value(m.Value, v.FieldByIndex(fields[i].Index))
	}
	for _, f := range fields {
		if !f.Required {
			continue
		}
		if value := n.Get(f.Key); value == nil {
			if slices.Contains(meant, f.Key) {
				continue
			}
			d.found.Errorf(n.Pos, "source/missing-key", "key %q is missing", f.Key)
		} else if value.Kind == Null || value.Kind == Scalar && value.Text == "" {
			d.found.Errorf(value.Pos, "source/missing-key", "key %q has no value", f.Key)
		}
	}
	setAt(v, AtOf(n))
}

var atType = reflect.TypeFor[At]()

// hasAt tells whether a type is a struct that remembers its place, which it
// does even where nothing is written.
func hasAt(t reflect.Type) bool {
	if t.Kind() != reflect.Struct {
		return false
	}
	for i := range t.NumField() {
		if t.Field(i).Type == atType {
			return true
		}
	}
	return false
}

func setAt(v reflect.Value, at At) {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if f.Type == atType {
			v.Field(i).Set(reflect.ValueOf(at))
		} else if f.Anonymous && f.Type.Kind() == reflect.Struct {
			setAt(v.Field(i), at)
		}
	}
}

// Field is one key that a struct reads.
type Field struct {
	Key      string
	Required bool
	Index    []int // for reflect's FieldByIndex
	Type     reflect.Type
	Owner    reflect.Type // the struct the field is declared in
	Name     string       // the field's Go name
}

// fieldsOf remembers what Fields gives, by type, as encoding/json does: a
// decoding of a large text asks the same thing for each of its mappings.
var fieldsOf sync.Map

// Fields gives the keys that a struct type reads, in the order declared. The
// slice is not to be changed.
func Fields(t reflect.Type) []Field {
	if fields, ok := fieldsOf.Load(t); ok {
		return fields.([]Field)
	}
	fields := readFields(t)
	fieldsOf.Store(t, fields)
	return fields
}

func readFields(t reflect.Type) []Field {
	var fields []Field
	for i := range t.NumField() {
		f := t.Field(i)
		key, rest, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		switch {
		case f.Type == atType:
		case f.Anonymous && key == "":
			for _, inner := range Fields(f.Type) {
				inner.Index = append(slices.Clone(f.Index), inner.Index...)
				fields = append(fields, inner)
			}
		case key != "":
			fields = append(fields, Field{key, rest == "required", f.Index, f.Type, t, f.Name})
		}
	}
	return fields
}

func keys(fields []Field) []string {
	var keys []string
	for _, f := range fields {
		keys = append(keys, f.Key)
	}
	return keys
}

func wantedKey(near string, fields []Field) string {
	k := keys(fields)
	switch {
	case near != "":
		return `; did you mean "` + near + `"?`
	case len(k) == 1:
		return ", wanted " + strconv.Quote(k[0])
	}
	return ", wanted one of " + strings.Join(k, ", ")
}

// Describe names the node in a finding: its text, or what kind it is.
func (n *Node) Describe() string {
	if n.Kind != Scalar {
		return n.Kind.String()
	}
	return quote(n.Text)
}

// quote quotes a text of the user's, the beginning of a long one.
func quote(s string) string {
	if len(s) > 60 {
		s = strings.ToValidUTF8(s[:60], "") + "…"
	}
	return strconv.Quote(s)
}

// notPrinted names the first character of a text that ends a line or controls
// what shows it, "" for none. Names, titles and tags are written into scripts,
// templates and terminals, where such a one is no part of the text any more.
func notPrinted(s string) string {
	i := strings.IndexFunc(s, func(r rune) bool { return unicode.IsControl(r) || unicode.In(r, unicode.Zl, unicode.Zp) })
	if i < 0 {
		return ""
	}
	switch r, _ := utf8.DecodeRuneInString(s[i:]); {
	case strings.Trim(s[i:], "\n") == "":
		return "a line break at its end (> and | keep it, >- and |- do not)"
	case strings.ContainsRune("\n\r\u0085\u2028\u2029", r):
		return "a line break"
	default:
		return fmt.Sprintf("the character %U", r)
	}
}

// isBoolWord tells whether readers of YAML 1.1 take the plain word for a
// boolean. (The single letters y and n, which its text lists too, they do not.)
func isBoolWord(s string) bool {
	switch strings.ToLower(s) {
	case "yes", "no", "on", "off", "true", "false":
		return true
	}
	return false
}
