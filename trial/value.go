package trial

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"airfield/arm"
	"airfield/diag"
	"airfield/source"
)

// value is a value of JSON, written in YAML.
type value struct {
	node *source.Node
	json arm.Value
}

// DecodeNode reads the value.
func (v *value) DecodeNode(n *source.Node) diag.List {
	w := jsonWriter{}
	w.node(n)
	if w.found.HasErrors() {
		return w.found
	}
	json, err := arm.Parse(string(w.text))
	if err != nil {
		w.found.Errorf(n.Pos, "test/form", "not a value of JSON: %v", err)
		return w.found
	}
	if name, _, twice := json.Duplicate(); twice {
		w.found.Errorf(n.Pos, "test/form", "key %q stands twice in one object: Azure does not tell upper from lower case", name)
	}
	v.node, v.json = n, json
	return w.found
}

// place gives the place of what lies at a path, or of the nearest around it.
func (v value) place(path []string) diag.Pos {
	n := v.node
	for _, step := range path {
		next := below(n, step)
		if next == nil {
			break
		}
		n = next
	}
	return n.Pos
}

func below(n *source.Node, step string) *source.Node {
	for _, m := range n.Members {
		if arm.EqualFold(m.Key, step) {
			return m.Value
		}
	}
	if i, err := strconv.Atoi(step); err == nil && i >= 0 && i < len(n.Items) {
		return n.Items[i]
	}
	return nil
}

// jsonWriter writes nodes as JSON: plain true, false, null and numbers as such,
// all else as texts.
type jsonWriter struct {
	text  []byte
	found diag.List
}

var jsonNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?$`)

func (w *jsonWriter) node(n *source.Node) {
	switch n.Kind {
	case source.Null:
		w.text = append(w.text, "null"...)
	case source.Scalar:
		w.scalar(n.Text, n.Quoted, n.Pos)
	case source.List:
		w.text = append(w.text, '[')
		for i, item := range n.Items {
			if i > 0 {
				w.text = append(w.text, ',')
			}
			w.node(item)
		}
		w.text = append(w.text, ']')
	case source.Map:
		w.text = append(w.text, '{')
		for i, m := range n.Members {
			if i > 0 {
				w.text = append(w.text, ',')
			}
			w.text = append(arm.AppendString(w.text, m.Key), ':')
			w.node(m.Value)
		}
		w.text = append(w.text, '}')
	}
}

func (w *jsonWriter) scalar(text string, quoted bool, at diag.Pos) {
	switch {
	case !quoted && (text == "true" || text == "false" || jsonNumber.MatchString(text)):
		w.text = append(w.text, text...)
		return
	case !quoted && slices.Contains([]string{"yes", "no", "on", "off", "true", "false"}, strings.ToLower(text)):
		w.found.Errorf(at, "source/bool-word", "%q is true or false to many YAML readers: write true or false, or put it in quotes if the word is meant", text)
	}
	w.text = arm.AppendString(w.text, text)
}

// object is a value that must be an object.
type object struct{ value }

// DecodeNode reads the object.
func (o *object) DecodeNode(n *source.Node) (found diag.List) {
	if n.Kind != source.Map {
		found.Errorf(n.Pos, "source/type", "%s, wanted a mapping", n.Describe())
		return found
	}
	return o.value.DecodeNode(n)
}

// over gives the object with the members of another in it.
func (o object) over(under object) arm.Value {
	if !o.json.Exists() {
		return under.json
	}
	v := under.json
	for name, member := range o.json.Members() {
		if !v.Exists() {
			v = arm.New(arm.O{})
		}
		v, _ = v.Set(member, name) // both are objects
	}
	return v
}

// fixture is a resource: an object, or the path of a file that has one.
type fixture struct {
	pos    diag.Pos
	file   string
	object object
}

// DecodeNode reads the object or the path.
func (x *fixture) DecodeNode(n *source.Node) diag.List {
	x.pos = n.Pos
	if n.Kind == source.Scalar {
		return source.Decode(n, &x.file)
	}
	if n.Kind == source.Map {
		return x.object.DecodeNode(n)
	}
	return diag.List{{Pos: n.Pos, Code: "source/type", Message: n.Describe() + ", wanted a resource: a mapping, or the path of a file"}}
}

// property is a property and a value for it.
type property struct {
	name  string
	pos   diag.Pos
	value arm.Value // Missing: it is not there
}

// properties are properties by their paths, or aliases.
type properties []property

// DecodeNode reads a mapping.
func (p *properties) DecodeNode(n *source.Node) (found diag.List) {
	if n.Kind != source.Map {
		found.Errorf(n.Pos, "source/type", "%s, wanted a mapping of properties and their values", n.Describe())
		return found
	}
	for _, m := range n.Members {
		one := property{name: m.Key, pos: m.Pos}
		if m.Value.Kind != source.Null {
			var v value
			found = append(found, v.DecodeNode(m.Value)...)
			one.value = v.json
		}
		*p = append(*p, one)
	}
	return found
}

// words are what can be expected of a policy, those that matter most first.
var words = []string{
	"deny", "denyAction", "conflict", "error", "unknown", "modify", "append", "deployIfNotExists", "auditIfNotExists", "audit",
	"mutate", "enforceRegoPolicy", "enforceSetting", "auditAction", "addToNetworkGroup", "manual",
	"notEnforced", "exempt", "disabled", "none",
}

const none = "none"

func word(n *source.Node) (string, diag.List) {
	var found diag.List
	if n.Kind == source.Scalar {
		for _, w := range words {
			if arm.EqualFold(w, n.Text) {
				return w, nil
			}
		}
	}
	found.Errorf(n.Pos, "test/expect", "%s, wanted an effect (%s…), none, unknown or error%s", n.Describe(), strings.Join(words[:2], ", "), diag.DidYouMean(n.Text, words))
	return "", found
}

// expectation is what is to be said: one word, or one for each of some policies.
type expectation []expected

type expected struct {
	policy string // "" for all together
	word   string
	pos    diag.Pos
}

// DecodeNode reads a word, or words by policy.
func (e *expectation) DecodeNode(n *source.Node) (found diag.List) {
	if n.Kind != source.Map {
		w, found := word(n)
		*e = expectation{{"", w, n.Pos}}
		return found
	}
	for _, m := range n.Members {
		w, wrong := word(m.Value)
		found = append(found, wrong...)
		*e = append(*e, expected{m.Key, w, m.Pos})
	}
	if len(n.Members) == 0 {
		found.Errorf(n.Pos, "test/expect", "nothing is expected, wanted an effect, or policies and their effects")
	}
	return found
}

// String gives the words as a failure prints them.
func (e expectation) String() string {
	var all []string
	for _, x := range e {
		if x.policy == "" {
			all = append(all, x.word)
			continue
		}
		all = append(all, x.policy+": "+x.word)
	}
	return strings.Join(all, ", ")
}

// matrix is tests that differ in one property: properties, their values, and
// what each value leads to.
type matrix []variation

type variation struct {
	property
	expect expectation
}

// DecodeNode reads the properties.
func (x *matrix) DecodeNode(n *source.Node) (found diag.List) {
	if n.Kind != source.Map || len(n.Members) == 0 {
		found.Errorf(n.Pos, "source/type", "%s, wanted a mapping: a property, its values, and what to expect of each", n.Describe())
		return found
	}
	for _, m := range n.Members {
		switch m.Value.Kind {
		case source.Map:
			found = append(found, x.values(m.Key, m.Value)...)
		case source.List:
			found = append(found, x.items(m.Key, m.Value)...)
		default:
			found.Errorf(m.Value.Pos, "source/type", "%s, wanted values of %s and what to expect of each", m.Value.Describe(), m.Key)
		}
	}
	return found
}

// values reads the short form, {value: effect}.
func (x *matrix) values(name string, n *source.Node) (found diag.List) {
	for _, m := range n.Members {
		one := variation{property: property{name: name, pos: m.Pos}}
		found = append(found, one.expect.DecodeNode(m.Value)...)
		if w := (jsonWriter{}); m.Quoted || m.Key != "null" && m.Key != "~" {
			w.scalar(m.Key, m.Quoted, m.Pos)
			found = append(found, w.found...)
			one.value, _ = arm.Parse(string(w.text)) // a literal or a string
		}
		*x = append(*x, one)
	}
	return found
}

// items reads the long form, [{value: …, expect: effect}], for values that are
// no keys.
func (x *matrix) items(name string, n *source.Node) (found diag.List) {
	for _, item := range n.Items {
		var one struct {
			source.At
			Value  value       `yaml:"value"`
			Expect expectation `yaml:"expect,required"`
		}
		found = append(found, source.Decode(item, &one)...)
		*x = append(*x, variation{property{name, item.Pos, one.Value.json}, one.Expect})
	}
	return found
}
