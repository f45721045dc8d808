package source_test

import (
	"fmt"
	"strings"
	"testing"

	"airfield/diag"
	"airfield/source"
)

// places prints each key and scalar of a tree with its place.
func places(n *source.Node, path string, b *strings.Builder) {
	if n == nil {
		return
	}
	at := func(p diag.Pos) string { return fmt.Sprintf("%d:%d", p.Line, p.Col) }
	switch n.Kind {
	case source.Scalar:
		fmt.Fprintf(b, "%s %s %q\n", at(n.Pos), path, n.Text)
	case source.Null:
		fmt.Fprintf(b, "%s %s nothing\n", at(n.Pos), path)
	case source.List:
		fmt.Fprintf(b, "%s %s list\n", at(n.Pos), path)
		for i, item := range n.Items {
			places(item, fmt.Sprint(path, ".", i), b)
		}
	case source.Map:
		fmt.Fprintf(b, "%s %s mapping\n", at(n.Pos), path)
		for _, m := range n.Members {
			fmt.Fprintf(b, "%s %s.%s key\n", at(m.Pos), path, m.Key)
			places(m.Value, path+"."+m.Key, b)
		}
	}
}

func TestYAMLPlaces(t *testing.T) {
	for _, tt := range []struct{ name, in, want string }{
		{"block", "a: 1\nb:\n  c: two\n  d:\n", `
			1:1 - mapping
			1:1 -.a key
			1:4 -.a "1"
			2:1 -.b key
			3:3 -.b mapping
			3:3 -.b.c key
			3:6 -.b.c "two"
			4:3 -.b.d key
			4:3 -.b.d nothing`},
		{"flow", "a: {b: [x, {c: y}]}\n", `
			1:1 - mapping
			1:1 -.a key
			1:5 -.a mapping
			1:5 -.a.b key
			1:8 -.a.b list
			1:9 -.a.b.0 "x"
			1:13 -.a.b.1 mapping
			1:13 -.a.b.1.c key
			1:16 -.a.b.1.c "y"`},
		{"block list", "a:\n  - x\n  - b: y\n    c: z\n", `
			1:1 - mapping
			1:1 -.a key
			2:3 -.a list
			2:5 -.a.0 "x"
			3:5 -.a.1 mapping
			3:5 -.a.1.b key
			3:8 -.a.1.b "y"
			4:5 -.a.1.c key
			4:8 -.a.1.c "z"`},
		{"quotes and columns in characters", "'ä': \"ü\"   # c\nb: 'x'\n", `
			1:1 - mapping
			1:1 -.ä key
			1:6 -.ä "ü"
			2:1 -.b key
			2:4 -.b "x"`},
		{"multi-line texts", "a: |\n  one\n  two\nb: >-\n  one\n  two\nc: \"one\n  two\"\nd: one\n  two\ne: 1\n", `
			1:1 - mapping
			1:1 -.a key
			1:4 -.a "one\ntwo\n"
			4:1 -.b key
			4:4 -.b "one two"
			7:1 -.c key
			7:4 -.c "one two"
			9:1 -.d key
			9:4 -.d "one two"
			11:1 -.e key
			11:4 -.e "1"`},
		{"comments and blank lines", "# one\n\na: # two\n  # three\n  b: 1\n\n\n  # four\n  c: 2\n", `
			3:1 - mapping
			3:1 -.a key
			5:3 -.a mapping
			5:3 -.a.b key
			5:6 -.a.b "1"
			9:3 -.a.c key
			9:6 -.a.c "2"`},
		{"merge keys and aliases", "a: &a {b: 1, c: 2}\nd:\n  <<: *a\n  c: 3\ne: *a\n", `
			1:1 - mapping
			1:1 -.a key
			1:8 -.a mapping
			1:8 -.a.b key
			1:11 -.a.b "1"
			1:14 -.a.c key
			1:17 -.a.c "2"
			2:1 -.d key
			3:3 -.d mapping
			4:3 -.d.c key
			4:6 -.d.c "3"
			1:8 -.d.b key
			1:11 -.d.b "1"
			5:1 -.e key
			1:8 -.e mapping
			1:8 -.e.b key
			1:11 -.e.b "1"
			1:14 -.e.c key
			1:17 -.e.c "2"`},
		{"JSON", "{\n  \"a\": [1,\n    true],\n  \"b\": null}\n", `
			2:3 - mapping
			2:3 -.a key
			2:8 -.a list
			2:9 -.a.0 "1"
			3:5 -.a.1 "true"
			4:3 -.b key
			4:3 -.b nothing`},
		{"explicit key", "? a\n: b\n", `
			1:1 - mapping
			1:3 -.a key
			2:3 -.a "b"`},
		{"numbers and dates stay text", "a: 1_000\nb: 0x10\nc: 2026-12-01\nd: 1e3\ne: 010\nf: .inf\n", `
			1:1 - mapping
			1:1 -.a key
			1:4 -.a "1_000"
			2:1 -.b key
			2:4 -.b "0x10"
			3:1 -.c key
			3:4 -.c "2026-12-01"
			4:1 -.d key
			4:4 -.d "1e3"
			5:1 -.e key
			5:4 -.e "010"
			6:1 -.f key
			6:4 -.f ".inf"`},
	} {
		want := strings.ReplaceAll(strings.TrimPrefix(tt.want, "\n"), "\t", "") + "\n"
		for ending, in := range map[string]string{"LF": tt.in, "CRLF": strings.ReplaceAll(tt.in, "\n", "\r\n"), "BOM": "\ufeff" + tt.in} {
			f, found := source.NewFile("f", []byte(in))
			if found != nil {
				t.Fatal(found)
			}
			root, found := source.YAML(f)
			var b strings.Builder
			places(root, "-", &b)
			if b.String() != want || found != nil {
				t.Errorf("%s (%s): %v\nhave\n%s\nwant\n%s", tt.name, ending, found, b.String(), want)
			}
		}
	}
}

func TestFilePos(t *testing.T) {
	f, _ := source.NewFile("f", []byte("aä\r\nb\rc\n"))
	for _, tt := range []struct {
		offset    int
		line, col int
	}{{0, 1, 1}, {1, 1, 2}, {3, 1, 3}, {5, 2, 1}, {7, 3, 1}, {8, 3, 2}, {9, 4, 1}, {99, 4, 1}, {-1, 1, 1}} {
		if have := f.Pos(tt.offset); have.Line != tt.line || have.Col != tt.col {
			t.Errorf("%d: have %s, want %d:%d", tt.offset, have, tt.line, tt.col)
		}
	}
}

func TestMerge(t *testing.T) {
	read := func(s string) *source.Node {
		f, _ := source.NewFile("f", []byte(s))
		n, found := source.YAML(f)
		if found != nil {
			t.Fatal(found)
		}
		return n
	}
	for _, tt := range []struct{ under, over, want string }{
		{"{a: 1, b: 2}", "{b: 3, c: 4}", "a: 1, b: 3, c: 4"},
		{"{a: {x: 1, y: 2}}", "{a: {y: 3}}", "a: {x: 1, y: 3}"},
		{"{a: [1, 2]}", "{a: [3]}", "a: [3]"},
		{"{a: {x: 1}}", "{a: 2}", "a: 2"},
		{"{a: 1}", "{a: }", "a: 1"},
		{"{a: {x: 1}}", "{a: }", "a: {x: 1}"},
		{"{a: }", "{a: 1}", "a: 1"},
		{"{a: }", "{b: }", "a: , b: "},
	} {
		under, over := read(tt.under), read(tt.over)
		before := flow(under)
		if have := flow(source.Merge(under, over)); have != "{"+tt.want+"}" {
			t.Errorf("%s under %s: have %s, want {%s}", tt.under, tt.over, have, tt.want)
		}
		if flow(under) != before {
			t.Errorf("%s under %s: what is under is %s now", tt.under, tt.over, flow(under))
		}
	}
}

func flow(n *source.Node) string {
	var parts []string
	switch n.Kind {
	case source.List:
		for _, i := range n.Items {
			parts = append(parts, flow(i))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case source.Map:
		for _, m := range n.Members {
			parts = append(parts, m.Key+": "+flow(m.Value))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
	return n.Text
}

type color string

func (color) Values() []string { return []string{"red", "green"} }

type inner struct {
	source.At
	Y int `yaml:"y"`
}

type thing struct {
	source.At
	Name   string               `yaml:"name,required"`
	Count  int                  `yaml:"count"`
	Colors []color              `yaml:"colors"`
	Inner  inner                `yaml:"inner"`
	Named  source.Keyed[inner]  `yaml:"named"`
	Texts  source.Keyed[string] `yaml:"texts"`
	More   *inner               `yaml:"more"`
}

func TestDecode(t *testing.T) {
	for _, tt := range []struct{ in, want, found string }{
		{"name: a\ncount: 3\ncolors: red\n", "a 3 [red]", ""},
		{"name: a\ncolors: [red, green]\nnamed: {x: {y: 1}, z: }\n", "a 0 [red green] x:1 z:0", ""},
		{"name: a\ntexts: {n: 5, m: 'no'}\n", "a 0 [] n=5 m=no", ""},
		{"name: a\ncolors: [blue, gren]\n", "a 0 [ ]", `f:2:10: "blue", wanted one of red, green [source/value]
f:2:16: "gren", wanted one of red, green; did you mean "green"? [source/value]`},
		{"nam: a\n", " 0 []", `f:1:1: unknown key "nam"; did you mean "name"? [source/unknown-key]`},
		{"name:\n", " 0 []", `f:1:1: key "name" has no value [source/missing-key]`},
		{"name: a\ninner: {y: {}}\n", "a 0 []", `f:2:12: a mapping, wanted a whole number [source/type]`},
		{"name: a\nnamed: [1]\n", "a 0 []", `f:2:8: a list, wanted a mapping: each value behind its name [source/type]`},
		{"name: a\ntexts: {on: x}\n", "a 0 []", `f:2:9: key "on" is true or false to many YAML readers: put it in quotes or choose another [source/bool-word]`},
		{"name: \"a\\nb\"\ntexts: {\"n\\e\": x, m: \"\\u2028\", é: \"\u00a0研究\"}\n", " 0 [] m= é=\u00a0研究", `f:1:7: a text with a line break, wanted printable characters on one line [source/character]
f:2:9: key "n\x1b" has the character U+001B, wanted printable characters on one line [source/character]
f:2:22: a text with a line break, wanted printable characters on one line [source/character]`},
		{"name: >\n  a\n  b\n", " 0 []", `f:1:7: a text with a line break at its end (> and | keep it, >- and |- do not), wanted printable characters on one line [source/character]`},
	} {
		f, _ := source.NewFile("f", []byte(tt.in))
		n, found := source.YAML(f)
		var v thing
		found = append(found, source.Decode(n, &v)...)
		have := fmt.Sprint(v.Name, " ", v.Count, " ", v.Colors)
		for _, e := range v.Named {
			have += fmt.Sprintf(" %s:%d", e.Key, e.Value.Y)
		}
		for _, e := range v.Texts {
			have += fmt.Sprintf(" %s=%s", e.Key, e.Value)
		}
		var said []string
		for _, d := range found {
			said = append(said, d.String())
		}
		if have != tt.want || strings.Join(said, "\n") != tt.found {
			t.Errorf("%q:\nhave %s\n%s\nwant %s\n%s", tt.in, have, strings.Join(said, "\n"), tt.want, tt.found)
		}
	}
}

func TestAt(t *testing.T) {
	f, _ := source.NewFile("f", []byte("name: a\ncount:\ninner:\n  y: 1\n"))
	n, _ := source.YAML(f)
	var v thing
	source.Decode(n, &v)
	for _, tt := range []struct{ have, want any }{
		{v.Pos().String(), "f:1:1"},
		{v.Of("name").String(), "f:1:7"},
		{v.Of("count").String(), "f:1:1"},
		{v.Has("count"), false},
		{v.Has("name"), true},
		{v.Inner.Of("y").String(), "f:4:6"},
		{v.Inner.Pos().String(), "f:4:3"},
	} {
		if tt.have != tt.want {
			t.Errorf("have %v, want %v", tt.have, tt.want)
		}
	}
}
