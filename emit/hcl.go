package emit

// HCL as `terraform fmt` prints it. The one rule of layout that needs care: in
// neighbouring lines that each hold a whole attribute the = stand under each
// other.

import (
	"strings"
	"unicode/utf8"

	"airfield/arm"
)

// attribute is a name and its value: an expression in text, an object's members,
// or a value of a body.
type attribute struct {
	key     string // as printed
	text    string
	object  bool
	members []attribute
	value   arm.Value
}

// oneLine tells whether the value is printed on one line.
func (a *attribute) oneLine() bool {
	if a.object {
		return len(a.members) == 0
	}
	return a.text != "" || oneLine(a.value)
}

func oneLine(v arm.Value) bool {
	switch v.Kind() {
	case arm.Object:
		return v.Len() == 0
	case arm.Array:
		if len(v.Text()) > 80 {
			return false
		}
		for item := range v.Items() {
			if k := item.Kind(); k == arm.Object || k == arm.Array {
				return false
			}
		}
	}
	return true
}

// attributes prints attributes, each on a line of its own behind the present.
func (f *tfFile) attributes(all []attribute, depth int) {
	for i := 0; i < len(all); {
		end, width := i, 0
		for end < len(all) && all[end].oneLine() {
			width = max(width, utf8.RuneCountInString(all[end].key))
			end++
		}
		for ; i < end; i++ {
			f.line(depth)
			f.text(all[i].key)
			f.spaces(width - utf8.RuneCountInString(all[i].key))
			f.attribute(&all[i], depth)
		}
		if i < len(all) {
			f.line(depth)
			f.text(all[i].key)
			f.attribute(&all[i], depth)
			i++
		}
	}
}

// attribute prints what is behind the key.
func (f *tfFile) attribute(a *attribute, depth int) {
	f.text(" = ")
	switch {
	case a.text != "":
		f.text(a.text)
	case a.object:
		f.block(a.members, depth)
	default:
		f.value(a.value, depth)
	}
}

func (f *tfFile) block(members []attribute, depth int) {
	f.text("{")
	if len(members) > 0 {
		f.attributes(members, depth+1)
		f.line(depth)
	}
	f.text("}")
}

func (f *tfFile) value(v arm.Value, depth int) {
	switch v.Kind() {
	case arm.String:
		f.text(f.join(holes(v.Str())))
	case arm.Array:
		f.array(v, depth)
	case arm.Object:
		members := make([]attribute, 0, 8)
		for name, value := range v.Members() {
			members = append(members, attribute{key: f.key(name), value: value})
		}
		f.block(members, depth)
	case arm.Unknown:
		r, _ := v.Ref()
		f.text(f.reference(r))
	default:
		f.text(v.Text())
	}
}

func (f *tfFile) array(v arm.Value, depth int) {
	f.text("[")
	if oneLine(v) {
		comma := ""
		for item := range v.Items() {
			f.text(comma)
			f.value(item, depth)
			comma = ", "
		}
		f.text("]")
		return
	}
	for item := range v.Items() {
		f.line(depth + 1)
		f.value(item, depth+1)
		f.text(",")
	}
	f.line(depth)
	f.text("]")
}

// key prints the name of a member, which may be a resource's id.
func (f *tfFile) key(name string) string {
	if id, ok := keyID(name); ok {
		if e := f.id(id); !strings.HasPrefix(e, `"`) {
			return "(" + e + ")"
		} else {
			return e
		}
	}
	if identifier(name) && name[0] != '_' && !hclWords[name] {
		return name
	}
	return f.join(holes(name))
}

// hclWords mean something else than themselves where an object begins.
var hclWords = map[string]bool{"for": true, "true": true, "false": true, "null": true}

func quoteHCL(s string) string { return `"` + string(appendHCLText(nil, s, false)) + `"` }

func texts(all []string) string {
	var b strings.Builder
	for i, s := range all {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(quoteHCL(s))
	}
	return "[" + b.String() + "]"
}
