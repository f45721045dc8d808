package arm_test

import (
	"fmt"
	"strings"
	"testing"

	"airfield/arm"
)

func TestClean(t *testing.T) {
	var many strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&many, `,"m%d":0`, i)
	}
	for _, tt := range []struct {
		in   string
		want bool
	}{
		{typical, true},
		{`{}`, true},
		{`{"a":[1,-2.5e-3,"x\n",true,false,null,{},[]],"":{"a":{"a":""}},"e":"é\u00e9"}`, true},
		{`{"securityRules1":1,"securityRules2":2,"security":3,"a":4,"b":5,"aa":6}`, true},
		{`{"a":[{"a":1},{"a":1},{"b":{"a":1},"a":1}]}`, true},
		{`{"a":` + strings.Repeat("[", 511) + strings.Repeat("]", 511) + `}`, true},
		{`{"a":` + strings.Repeat("[", 512) + strings.Repeat("]", 512) + `}`, false},
		{strings.Repeat(`{"a":`, 513) + "1" + strings.Repeat("}", 513), false},
		{`{"a":1,"b":2,"A":3}`, false},
		{`{"x":[{"provisioningState":1,"ProvisioningState":2}]}`, false},
		{`{"x":{"a":{"y":1},"b":1,"a":2}}`, false},
		{`{"a":1` + many.String() + `}`, false},
		{`{"a":1` + many.String() + `,"a":2}`, false},
		{`{"\u0061":1}`, false},
		{`{"é":1}`, false},
		{`{"x":[{"$after":{"parameter":"p"}}]}`, false},
		{`{"a": 1}`, false},
		{`{"a":1 }`, false},
		{`{"a":1} `, false},
		{` {"a":1}`, false},
		{"", false}, {"{", false}, {"[]", false}, {`"a"`, false}, {"1", false}, {"{}{}", false},
		{`{"a`, false}, {`{"a"`, false}, {`{"a":`, false}, {`{"a":1`, false}, {`{"a":1,`, false}, {`{"a":1,}`, false}, {`{,}`, false},
		{`{"a"1}`, false}, {`{"a":}`, false}, {`{"a":1]`, false}, {`{"a":[1}`, false}, {`{"a":[1,]}`, false}, {`{"a":[`, false}, {`{"a":[1`, false},
		{`{"a":01}`, false}, {`{"a":1.}`, false}, {`{"a":1e}`, false}, {`{"a":tru}`, false}, {`{"a":nul`, false}, {`{"a":"b}`, false}, {`{"a":"\x"}`, false}, {`{"a":"\`, false},
	} {
		if have := new(arm.Checker).Clean(tt.in); have != tt.want {
			t.Errorf("%.100s: have %v", tt.in, have)
		}
	}
}

// TestCleanEveryByte puts each byte at each place of a word.
func TestCleanEveryByte(t *testing.T) {
	var c arm.Checker
	for b := range 256 {
		for at := range 70 {
			text := []byte(`{"id":"` + strings.Repeat(" ", 70) + `"}`)
			text[7+at] = byte(b)
			if _, err := arm.Parse(string(text)); c.Clean(string(text)) != (err == nil) {
				t.Errorf("%q: have %v, but %v", text, err != nil, err)
			}
		}
	}
}

func FuzzClean(f *testing.F) {
	for _, s := range []string{typical, `{"a":[1,2.5e-3,"x\n",true,null,{}],"e":"\\\"ü"}`, `{"a":1,"b":{"A":2},"B":3}`, `{"a":"` + strings.Repeat(" ", 70) + `"}`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if !new(arm.Checker).Clean(text) {
			return
		}
		v, err := arm.Parse(text)
		if err != nil || v.Kind() != arm.Object {
			t.Fatalf("%q: have %s, %v", text, v.Kind(), err)
		}
		if name, _, twice := v.Duplicate(); twice {
			t.Fatalf("%q has %q twice", text, name)
		}
		v.Walk(func(path string, w arm.Value) bool {
			if w.Kind() == arm.Unknown {
				t.Fatalf("%q has a reference at %q", text, path)
			}
			return true
		})
	})
}

func BenchmarkClean(b *testing.B) {
	b.SetBytes(int64(len(typical)))
	b.ReportAllocs()
	var c arm.Checker
	for b.Loop() {
		if !c.Clean(typical) {
			b.Fatal("not clean")
		}
	}
}
