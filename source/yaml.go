package source

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"airfield/diag"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// The limits of what is read as YAML. They bound what a hostile text can cost.
const (
	MaxYAML      = 4 << 20 // bytes of text
	MaxYAMLDepth = 100     // mappings and lists inside each other
	MaxYAMLKeys  = 10_000  // of one mapping that is written without braces
	MaxYAMLNodes = 2e6     // values, aliases expanded
)

// YAML reads a text that holds one YAML 1.2 document; JSON is YAML too. It
// gives nil where the text is empty or cannot be read. Anchors, aliases and
// merge keys are resolved; a key that a mapping has twice is a finding.
func YAML(f *File) (*Node, diag.List) {
	c := converter{file: f, anchors: map[string]*Node{}}
	root := c.document()
	if c.found.HasErrors() {
		return nil, c.found
	}
	return root, c.found
}

type converter struct {
	file    *File
	found   diag.List
	widths  []int            // of the lines, in characters
	anchors map[string]*Node // nil while the anchor's own value is being read
}

func (c *converter) document() (root *Node) {
	if len(c.file.Text) > MaxYAML {
		c.found.Errorf(diag.Pos{File: c.file.Name}, "source/size", "file has %d MiB, at most %d MiB of YAML are read", len(c.file.Text)>>20, MaxYAML>>20)
		return nil
	}
	// The reader below is another project's; what it cannot cope with is an
	// unreadable file to the user, not a crash.
	defer func() {
		if p := recover(); p != nil {
			root = nil
			c.found.Errorf(diag.Pos{File: c.file.Name}, "source/yaml", "not readable as YAML (%v)", p)
		}
	}()
	// It counts the lines of a text with carriage returns wrongly.
	tokens := lexer.Tokenize(lineFeeds.Replace(c.file.Text))
	if t := tooDeep(tokens); t != nil {
		c.found.Errorf(c.pos(t), "source/depth", "nested more than %d deep", MaxYAMLDepth)
		return nil
	}
	if t := tooWide(tokens); t != nil {
		c.found.Errorf(c.pos(t), "source/size", "a mapping of more than %d keys", MaxYAMLKeys)
		return nil
	}
	tree, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		c.syntax(err)
		return nil
	}
	var docs []*ast.DocumentNode
	for _, d := range tree.Docs {
		if d.Body != nil && d.Body.Type() != ast.CommentType && d.Body.Type() != ast.DirectiveType {
			docs = append(docs, d)
		}
	}
	if len(docs) == 0 {
		return nil
	}
	if len(docs) > 1 {
		c.found.Errorf(c.pos(first(docs[1].Body)), "source/yaml", "a second document begins here, wanted one document a file")
		return nil
	}
	return c.node(docs[0].Body, 0)
}

var lineFeeds = strings.NewReplacer("\r\n", "\n", "\r", "\n")

func (c *converter) syntax(err error) {
	if i := strings.Index("\n"+c.file.Text, "\n<<<<<<< "); i >= 0 {
		c.found.Errorf(c.file.Pos(i), "source/yaml", "a merge conflict: take one of the two sides")
		return
	}
	var at yaml.Error
	if !errors.As(err, &at) {
		c.found.Errorf(diag.Pos{File: c.file.Name}, "source/yaml", "%v", err)
		return
	}
	message := at.GetMessage()
	for _, s := range syntax {
		if m := s.shape.FindStringSubmatch(message); m != nil {
			message = s.say
			if len(m) > 1 {
				message = fmt.Sprintf(s.say, m[1])
			}
			break
		}
	}
	pos := c.pos(at.GetToken())
	if strings.ContainsRune(c.line(pos.Line), '\u00a0') {
		message += " (the line has a no-break space, which is a letter to YAML)"
	}
	c.found.Errorf(pos, "source/yaml", "%s", message)
}

// syntax says the reader's messages in the user's words.
var syntax = []struct {
	shape *regexp.Regexp
	say   string
}{
	{regexp.MustCompile(`^found character '\t'`), "a tab, wanted spaces: YAML does not take tabs for indentation"},
	{regexp.MustCompile(`^could not find end character of (double|single)-quoted text`), "a text in %s quotes that does not end"},
	{regexp.MustCompile(`^',' or '(.)' must be specified`), `no comma and no "%s" where one must stand: the bracket that is open does not end`},
	{regexp.MustCompile(`^value is not allowed in this context`), "a value where none can stand: a bracket too many, or a line that does not line up with those above"},
	{regexp.MustCompile(`^could not find '.' character corresponding to '(.)'`), `"%s" without its opening bracket`},
	{regexp.MustCompile(`^unexpected key name`), "a line that is no key, wanted the form key: value, with a space behind the colon"},
	{regexp.MustCompile(`^mapping value is not allowed in this context`), "a key inside a value: put a text that has a colon in quotes, or line up the key below with those above"},
	{regexp.MustCompile(`^non-map value is specified`), "a list item or value among keys, wanted the form key: value"},
	{regexp.MustCompile(`^could not find flow map content`), "no key in the braces, wanted the form {key: value}"},
	{regexp.MustCompile(`^found an invalid key for this map`), "a key that is a list or a mapping, wanted a word"},
	{regexp.MustCompile(`^unexpected directive value`), "a line that begins with %: put the key in quotes"},
	{regexp.MustCompile(`^('.') is a reserved character`), "a value that begins with %s: put it in quotes"},
	{regexp.MustCompile(`^found unknown escape character '(.)'`), `"\%s" is no escape in double quotes: write two backslashes, or use single quotes`},
	{regexp.MustCompile(`^undefined anchor value`), "an anchor without a value"},
}

// line gives the text of a line.
func (c *converter) line(n int) string {
	starts := c.file.lines()
	if n < 1 || n > len(starts) {
		return ""
	}
	if n == len(starts) {
		return c.file.Text[starts[n-1]:]
	}
	return c.file.Text[starts[n-1]:starts[n]]
}

// tooDeep gives the token at which brackets, or dashes and question marks of
// one line, nest too deeply; indentation is bounded by the size of the text.
func tooDeep(tokens token.Tokens) *token.Token {
	flow, line, run := 0, 0, 0
	for _, t := range tokens {
		if t.Position.Line != line {
			line, run = t.Position.Line, 0
		}
		switch t.Type {
		case token.MappingStartType, token.SequenceStartType:
			flow++
		case token.MappingEndType, token.SequenceEndType:
			flow--
		case token.SequenceEntryType, token.MappingKeyType, token.TagType, token.AnchorType:
			run++
		}
		if flow > MaxYAMLDepth || run > MaxYAMLDepth && flow == 0 {
			return t
		}
	}
	return nil
}

// tooWide gives the token at which a block mapping has too many keys, or all of
// them together do: the reader recurses for each key and copies those behind
// it, so that a mapping costs the square of its keys (45,000 keys took 11 s).
func tooWide(tokens token.Tokens) *token.Token {
	type mapping struct{ column, keys int }
	var open []mapping
	cost, flow := 0, 0
	for i, t := range tokens {
		switch t.Type {
		case token.MappingStartType, token.SequenceStartType:
			flow++
		case token.MappingEndType, token.SequenceEndType:
			flow--
		}
		if flow > 0 {
			continue
		}
		column := t.Position.Column
		if t.Type == token.MappingValueType && i > 0 && tokens[i-1].Position.Line == t.Position.Line {
			column = tokens[i-1].Position.Column
		}
		for len(open) > 0 && open[len(open)-1].column > column {
			open = open[:len(open)-1]
		}
		if t.Type != token.MappingValueType {
			continue
		}
		if len(open) == 0 || open[len(open)-1].column < column {
			open = append(open, mapping{column: column})
		}
		m := &open[len(open)-1]
		m.keys++
		cost += m.keys
		if m.keys > MaxYAMLKeys || cost > MaxYAMLKeys*MaxYAMLKeys {
			return t
		}
	}
	return nil
}

// first gives the token that a value begins with.
func first(n ast.Node) *token.Token {
	switch n := n.(type) {
	case *ast.MappingNode:
		if len(n.Values) > 0 {
			return n.Values[0].Key.GetToken()
		}
	case *ast.MappingValueNode:
		return n.Key.GetToken()
	}
	return n.GetToken()
}

// pos gives the place of a token, and the nearest there is where the reader
// says one that is not in the text.
func (c *converter) pos(t *token.Token) diag.Pos {
	if t == nil || t.Position == nil {
		return diag.Pos{File: c.file.Name}
	}
	if c.widths == nil {
		c.widths = c.file.widths()
	}
	line, col := max(1, t.Position.Line), max(1, t.Position.Column)
	if line > len(c.widths) {
		line, col = len(c.widths), c.widths[len(c.widths)-1]+1
	}
	return diag.Pos{File: c.file.Name, Line: line, Col: min(col, c.widths[line-1]+1)}
}

// node converts one value. It gives nil after a finding that makes the rest
// meaningless.
func (c *converter) node(n ast.Node, depth int) *Node {
	out := &Node{Pos: c.pos(n.GetToken()), size: 1}
	if depth > MaxYAMLDepth {
		c.found.Errorf(out.Pos, "source/depth", "nested more than %d deep", MaxYAMLDepth)
		return nil
	}
	switch n := n.(type) {
	case *ast.NullNode:
	case *ast.StringNode:
		out.Kind, out.Text = Scalar, n.Value
		out.Quoted = n.Token.Type == token.SingleQuoteType || n.Token.Type == token.DoubleQuoteType
	case *ast.LiteralNode:
		out.Kind, out.Text, out.Quoted = Scalar, n.Value.Value, true
	case *ast.BoolNode, *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		out.Kind, out.Text = Scalar, n.GetToken().Value
	case *ast.TagNode:
		return c.tag(n, depth)
	case *ast.AnchorNode:
		name := n.Name.GetToken().Value
		c.anchors[name] = nil
		if out = c.node(n.Value, depth+1); out != nil {
			c.anchors[name] = out
		}
		return out
	case *ast.AliasNode:
		return c.alias(n, out.Pos)
	case *ast.SequenceNode:
		out.Kind = List
		for _, item := range n.Values {
			child := c.node(item, depth+1)
			if child == nil || !c.grow(out, child) {
				return nil
			}
			out.Items = append(out.Items, child)
		}
	case *ast.MappingNode:
		out.Kind = Map
		return c.mapping(out, n.Values, depth)
	case *ast.MappingValueNode:
		out.Kind = Map
		return c.mapping(out, []*ast.MappingValueNode{n}, depth)
	default:
		c.found.Errorf(out.Pos, "source/yaml", "%s, wanted a value, a list or a mapping", strings.ToLower(n.Type().String()))
		return nil
	}
	return out
}

// grow adds a child to the count of its parent's nodes.
func (c *converter) grow(n, child *Node) bool {
	if n.size += child.size; n.size > MaxYAMLNodes {
		c.found.Errorf(n.Pos, "source/size", "aliases expand to more than %d values", int(MaxYAMLNodes))
		return false
	}
	return true
}

// tag accepts the tags of YAML's own schema and refuses all others.
func (c *converter) tag(n *ast.TagNode, depth int) *Node {
	switch n.Start.Value {
	case "!!str", "!!int", "!!float", "!!bool", "!!null", "!!map", "!!seq":
	default:
		c.found.Errorf(c.pos(n.Start), "source/yaml", "tag %q, wanted a plain value", n.Start.Value)
		return nil
	}
	if n.Value == nil {
		return &Node{Pos: c.pos(n.Start), size: 1}
	}
	out := c.node(n.Value, depth+1)
	if out != nil && n.Start.Value == "!!str" {
		out.Quoted = true
	}
	return out
}

func (c *converter) alias(n *ast.AliasNode, pos diag.Pos) *Node {
	name := n.Value.GetToken().Value
	target, known := c.anchors[name]
	switch {
	case !known:
		c.found.Errorf(pos, "source/yaml", "alias %q has no anchor above it", name)
	case target == nil:
		c.found.Errorf(pos, "source/yaml", "alias %q is inside its own anchor", name)
	}
	return target
}

func (c *converter) mapping(out *Node, values []*ast.MappingValueNode, depth int) *Node {
	if len(values) > 0 {
		out.Pos = c.pos(values[0].Key.GetToken())
	}
	at := map[string]diag.Pos{}
	var merged []*Node
	for _, v := range values {
		if v.Key.Type() == ast.MergeKeyType {
			m := c.node(v.Value, depth+1)
			if m == nil || !c.grow(out, m) {
				return nil
			}
			merged = append(merged, m)
			continue
		}
		key := c.key(v.Key)
		if key == nil {
			return nil
		}
		if first, twice := at[key.Text]; twice {
			c.found.Errorf(key.Pos, "source/duplicate-key", "key %s is there a second time, first at line %d", quote(key.Text), first.Line)
			continue
		}
		at[key.Text] = key.Pos
		value := &Node{Pos: key.Pos, size: 1}
		if v.Value != nil && v.Value.Type() != ast.NullType {
			if value = c.node(v.Value, depth+1); value == nil {
				return nil
			}
		}
		if !c.grow(out, value) {
			return nil
		}
		out.Members = append(out.Members, Member{Key: key.Text, Quoted: key.Quoted, Pos: key.Pos, Value: value})
	}
	for _, m := range merged {
		c.merge(out, m, at)
	}
	return out
}

// merge adds the keys that a mapping does not have itself.
func (c *converter) merge(out, m *Node, at map[string]diag.Pos) {
	from := []*Node{m}
	if m.Kind == List {
		from = m.Items
	}
	for _, f := range from {
		if f.Kind != Map {
			c.found.Errorf(f.Pos, "source/yaml", "%s to merge (<<), wanted a mapping or a list of mappings", f.Describe())
			continue
		}
		for _, member := range f.Members {
			if _, has := at[member.Key]; !has {
				at[member.Key] = member.Pos
				out.Members = append(out.Members, member)
			}
		}
	}
}

// key converts a mapping's key, which must be a scalar.
func (c *converter) key(n ast.MapKeyNode) *Node {
	if explicit, ok := n.(*ast.MappingKeyNode); ok { // ? key
		if value, ok := explicit.Value.(ast.MapKeyNode); ok {
			n = value
		}
	}
	switch n := n.(type) {
	case *ast.StringNode, *ast.BoolNode, *ast.IntegerNode, *ast.FloatNode, *ast.NullNode, *ast.InfinityNode, *ast.NanNode:
		t := n.GetToken()
		out := &Node{Kind: Scalar, Text: t.Value, Pos: c.pos(t)}
		if s, ok := n.(*ast.StringNode); ok {
			out.Text = s.Value
			out.Quoted = t.Type == token.SingleQuoteType || t.Type == token.DoubleQuoteType
		}
		return out
	}
	c.found.Errorf(c.pos(n.GetToken()), "source/yaml", "a key that is a list, a mapping or an alias, wanted a word")
	return nil
}
