package arm_test

import (
	"fmt"
	"strings"
	"testing"

	"airfield/arm"
)

// FuzzBuild sets and removes a member of a value and looks that it, and nothing
// else, came and went.
func FuzzBuild(f *testing.F) {
	for _, s := range []string{`{}`, `{"a":{"b":1},"c":[1]}`, `{"A":1,"a":2}`, `{"a":"x"}`, `{"\u0061":{}}`, `{"$after":{"id":"/x"}}`, `[]`} {
		f.Add(s, "a", "b", "x\n\"\u00e9")
	}
	f.Fuzz(func(t *testing.T, text, name, below, with string) {
		v, err := arm.Parse(text)
		if err != nil || v.Kind() != arm.Object {
			return
		}
		name, below, with = strings.ToValidUTF8(name, ""), strings.ToValidUTF8(below, ""), strings.ToValidUTF8(with, "")
		if built := arm.New(arm.O{name, with}); built.Kind() == arm.Object && built.Get(name).Str() != with {
			t.Fatalf("have %s, want %q", built.Text(), with)
		}
		w, err := v.Set(with, name, below)
		if err != nil {
			if k := v.Get(name).Kind(); k == arm.Object || k == arm.Missing {
				t.Fatalf("%s: %s", text, err)
			}
			return
		}
		if w.Kind() != arm.Object || w.Get(name).Kind() != arm.Object { // the only member is "$after" now
			return
		}
		if have := w.Get(name, below).Str(); have != with {
			t.Fatalf("%s: have %q, want %q", w.Text(), have, with)
		}
		for k, value := range v.Members() {
			if _, _, twice := v.Duplicate(); !twice && !arm.EqualFold(k, name) && !w.Get(k).Equal(value) {
				t.Fatalf("%s: member %q changed in %s", text, k, w.Text())
			}
		}
		if gone := w.Without(name, below); gone.Get(name, below).Exists() {
			t.Fatalf("%s: have %s", w.Text(), gone.Text())
		}
		if v.Text() != strings.Trim(text, " \t\r\n") {
			t.Fatalf("the original changed: %s", v.Text())
		}
	})
}

func TestDuplicate(t *testing.T) {
	var many strings.Builder
	for i := range 90 {
		fmt.Fprintf(&many, `"%c%d":1,`, 'a'+i%26, i)
	}
	for _, tt := range []struct {
		in, name string
		offset   int
	}{
		{`{"a":1,"b":2}`, "", 0},
		{`{"a":1,"A":2}`, "A", 7},
		{`{"a":1,"\u0061":2}`, "a", 7},
		{`[{"a":1},{"b":{"c":1,"d":2,"C":3}}]`, "C", 27},
		{`{"é":1,"É":2}`, "", 0},
		{`{` + many.String() + `"a":1}`, "", 0},
		{`{` + many.String() + `"C2":1}`, "C2", 711},
		{`{` + many.String() + `"l89":1}`, "l89", 711},
	} {
		name, offset, found := parse(t, tt.in).Duplicate()
		if name != tt.name || offset != tt.offset || found != (tt.name != "") {
			t.Errorf("%s: have %q at %d, %v; want %q at %d", tt.in, name, offset, found, tt.name, tt.offset)
		}
	}
}

// BenchmarkDuplicate is the look for duplicate names that every body read gets.
func BenchmarkDuplicate(b *testing.B) {
	v, err := arm.Parse(typical)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, _, twice := v.Duplicate(); twice {
			b.Fatal("have a duplicate")
		}
	}
}
