package source_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"airfield/diag"
	"airfield/source"
)

// FuzzYAML reads arbitrary bytes: no panic, no hang, and no place outside the
// text.
func FuzzYAML(f *testing.F) {
	for _, s := range []string{
		"a: 1\nb: [x, {y: z}]\n", "a: &a {b: c}\nd:\n  <<: *a\n", "{\"a\": \"b\"}", "a: |\n  b\n  c\n", "a: >-\r\n  b\r\n",
		"? a\n: b\n", "- - - a\n", "a: 'x\n", "---\na\n...\n", "a: !!str 1\n", "&a [*a]", "\ufeffa: 1", "a:\tb", "%YAML 1.2\n---\n", "a: \"\\x\"",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		file, found := source.NewFile("f", raw)
		if file != nil {
			var root *source.Node
			root, found = source.YAML(file)
			walk(root, 0, func(p diag.Pos) { inside(t, file, p) })
		}
		for _, d := range found {
			if file != nil {
				inside(t, file, d.Pos)
			}
		}
	})
}

func walk(n *source.Node, depth int, visit func(diag.Pos)) {
	if n == nil || depth > 20 {
		return
	}
	visit(n.Pos)
	for _, i := range n.Items {
		walk(i, depth+1, visit)
	}
	for _, m := range n.Members {
		visit(m.Pos)
		walk(m.Value, depth+1, visit)
	}
}

// inside fails where a place is not in the text; just behind its end is in it.
func inside(t *testing.T, f *source.File, p diag.Pos) {
	t.Helper()
	lines := strings.Split(breaks.Replace(f.Text), "\n")
	switch {
	case p.Line == 0: // the whole file
	case p.File != "f", p.Line < 1, p.Col < 1, p.Line > len(lines), p.Col > utf8.RuneCountInString(lines[p.Line-1])+3:
		t.Errorf("place %s is not in %q", p, f.Text)
	}
}

var breaks = strings.NewReplacer("\r\n", "\n", "\r", "\n")
