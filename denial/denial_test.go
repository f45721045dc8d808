package denial_test

import (
	"bytes"
	"encoding/binary"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"golang.org/x/tools/txtar"

	"airfield/denial"
)

var update = flag.Bool("update", false, "write the wanted output anew")

// TestTexts reads texts in the forms that tools print, each an archive of the
// text and what is found in it.
func TestTexts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) < 30 {
		t.Fatalf("have %d files, want 30 at least: %v", len(files), err)
	}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil || len(archive.Files) != 2 {
			t.Fatalf("%s: have %d files, want text and want: %v", file, len(archive.Files), err)
		}
		have := show(archive.Files[0].Data)
		if *update {
			archive.Files[1].Data = []byte(have)
			if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
				t.Fatal(err)
			}
		} else if want := string(archive.Files[1].Data); have != want {
			t.Errorf("%s:\nhave\n%s\nwant\n%s", file, have, want)
		}
	}
}

// show prints what is found in a text.
func show(raw []byte) string {
	all, found := denial.Read("text", raw)
	var b strings.Builder
	for _, d := range all {
		fmt.Fprintf(&b, "%s: %s %s\n", d.Pos, d.Code, d.Resource.Name)
		put(&b, 1, "id", d.Resource.ID, "type", d.Resource.Type, "address", d.Address, "message", d.Message, "reasons", strings.Join(d.Reasons, " | "))
		for _, p := range d.Policies {
			b.WriteString("  policy\n")
			for _, o := range []struct {
				kind string
				denial.Object
			}{{"assignment", p.Assignment}, {"definition", p.Definition}, {"set", p.Set}} {
				put(&b, 2, o.kind, strings.TrimSpace(fmt.Sprintf("%s %q %s", o.Name, o.Title, o.ID)))
			}
			put(&b, 2, "scope", p.Scope, "reference", p.Reference, "effect", p.Effect, "parameters", p.Parameters.Text(), "message", p.Message)
			for _, e := range p.Conditions {
				put(&b, 2, "condition", fmt.Sprintf("%s %s %s %s: %s, it is %s", e.Kind, e.Expression, e.Operator, strings.Join(strings.Fields(e.Target.Text()), ""), e.Result, e.Value.Text()))
			}
		}
	}
	for _, f := range found {
		fmt.Fprintln(&b, f)
	}
	return b.String()
}

func put(b *strings.Builder, depth int, pairs ...any) {
	for i := 0; i < len(pairs); i += 2 {
		if v := fmt.Sprint(pairs[i+1]); v != "" && v != `""` {
			fmt.Fprintf(b, "%s%s: %s\n", strings.Repeat("  ", depth), pairs[i], v)
		}
	}
}

// TestEncodings reads one error in the encodings that Windows writes.
func TestEncodings(t *testing.T) {
	const text = "Resource 'sträng' was disallowed by policy.\r\n"
	for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
		raw := order.AppendUint16(nil, 0xfeff)
		for _, unit := range utf16.Encode([]rune(text)) {
			raw = order.AppendUint16(raw, unit)
		}
		for _, raw := range [][]byte{raw, raw[2:], []byte("\xef\xbb\xbf" + text)} {
			if all, _ := denial.Read("text", raw); len(all) != 1 || all[0].Resource.Name != "sträng" {
				t.Errorf("%q: have %v", raw[:4], all)
			}
		}
	}
}

// TestCutAnywhere reads beginnings and ends of every text: nothing is made up
// that the whole does not have.
func TestCutAnywhere(t *testing.T) {
	files, _ := filepath.Glob("testdata/*.txtar")
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		raw := archive.Files[0].Data
		whole, _ := denial.Read("text", raw)
		for i := 0; i < len(raw); i += 97 {
			all, _ := denial.Read("text", raw[:i])
			if len(all) > len(whole)+1 {
				t.Errorf("%s cut at %d: have %d denials, want at most %d", file, i, len(all), len(whole))
			}
		}
	}
}

func FuzzRead(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.txtar")
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(archive.Files[0].Data)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		lines := bytes.Count(raw, []byte("\n")) + 1
		all, found := denial.Read("text", raw)
		if len(all) == 0 && !found.HasErrors() {
			t.Error("nothing was found, and nothing was said of it")
		}
		for _, d := range all {
			if d.Code == "" || d.Pos.Line < 1 || d.Pos.Line > 2*lines {
				t.Errorf("have code %q at %v of %d lines", d.Code, d.Pos, lines)
			}
		}
	})
}
