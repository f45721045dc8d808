package estate_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"airfield/estate"
	"airfield/source"
)

var update = flag.Bool("update", false, "write the wanted output again")

// fileMark begins a file in an archive, as in golang.org/x/tools/txtar.
var fileMark = regexp.MustCompile(`(?m)^-- (\S+) --\n`)

// TestBad reads every NAME.yaml of the archives, and the texts that no archive
// can hold, and compares the findings with NAME.want.
func TestBad(t *testing.T) {
	archives, _ := filepath.Glob("testdata/bad/*.txtar")
	for _, archive := range archives {
		raw, err := os.ReadFile(archive)
		if err != nil {
			t.Fatal(err)
		}
		text := string(raw)
		marks := fileMark.FindAllStringSubmatchIndex(text, -1)
		var out strings.Builder
		input := ""
		for i, m := range marks {
			name, end := text[m[2]:m[3]], len(text)
			if i+1 < len(marks) {
				end = marks[i+1][0]
			}
			content := text[m[1]:end]
			base, isWant := strings.CutSuffix(name, ".want")
			if !isWant {
				input = content
			} else {
				if filepath.Base(archive) == "unprintable.txtar" {
					input = unprintable[base]
				}
				have := findings(input)
				if have != content && !*update {
					t.Errorf("%s: %s:\nhave\n%swant\n%s", archive, base, have, content)
				}
				content = have
			}
			fmt.Fprintf(&out, "-- %s --\n%s", name, content)
		}
		if *update {
			if err := os.WriteFile(archive, []byte(out.String()), 0o666); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// findings gives what Read has to say about a text.
func findings(text string) string {
	f, found := source.NewFile("estate.yaml", []byte(text))
	if f != nil {
		_, found = estate.Read(f)
	}
	var b strings.Builder
	for i, d := range found {
		if i == 20 {
			fmt.Fprintf(&b, "and %d more\n", len(found)-i)
			break
		}
		fmt.Fprintln(&b, d)
	}
	return b.String()
}

// unprintable holds the texts that an archive cannot.
var unprintable = map[string]string{
	"empty":             "",
	"no-last-newline":   strings.TrimSuffix(good, "\n"),
	"crlf":              strings.ReplaceAll(good, "\n", "\r\n"),
	"crlf-typo":         strings.ReplaceAll(strings.Replace(good, "workloads", "workload", 1), "\n", "\r\n"),
	"cr-only":           strings.ReplaceAll(good, "\n", "\r"),
	"bom":               "\xef\xbb\xbf" + good,
	"bom-typo":          "\xef\xbb\xbf" + strings.Replace(good, "airfield", "airfeld", 1),
	"utf-16-le":         utf16(good, 0, "\xff\xfe"),
	"utf-16-be":         utf16(good, 1, "\xfe\xff"),
	"utf-16-le-no-mark": utf16(good, 0, ""),
	"utf-16-be-no-mark": utf16(good, 1, ""),
	"latin-1":           strings.Replace(good, "Northwind", "G\xf6teborg", 1),
	"nul":               strings.Replace(good, "Northwind", "North\x00wind", 1),
	"control-character": strings.Replace(good, "Northwind", "North\x07wind", 1),
	"no-break-space":    strings.Replace(good, "  name", "\u00a0 name", 1),
	"binary":            "\x7fELF\x02\x01\x01\x00\x00\x00",
	"gzip":              "\x1f\x8b\x08\x00\x00\x00\x00\x00",
	"trailing-spaces":   strings.ReplaceAll(good, "\n", "  \n"),
	"brackets":          "workloads: " + strings.Repeat("[", 10_000),
	"brackets-closed":   "workloads: " + strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000),
	"braces":            "workloads: " + strings.Repeat("{a: ", 10_000),
	"dashes":            strings.Repeat("- ", 10_000) + "a\n",
	"question-marks":    strings.Repeat("? ", 10_000) + "a\n",
	"indents":           indents(300),
	"billion-laughs":    laughs(9),
	"laughs-in-keys":    strings.NewReplacer("[", "{<<: [", "]", "]}", " x", " {k: v}").Replace(laughs(9)),
	"long-line":         good + "accept: [" + strings.Repeat("{finding: x/y}, ", 20_000) + "]\n",
	"long-word":         strings.Replace(good, "Northwind", strings.Repeat("n", 1<<20), 1),
	"long-key":          good + strings.Repeat("k", 1<<16) + ": 1\n",
	"long-bad-value":    strings.Replace(good, "10.96.0.0/16", strings.Repeat("9", 1<<16), 1),
	"many-anchors":      good + "accept:\n" + strings.Repeat("- &a\n", 5000),
	"many-keys":         good + "accept:\n" + numbered(20_000, "  k%d: v\n"),
	"many-json-keys":    good + "accept: {" + numbered(20_000, "k%d: v,\n") + "}\n",
	"many-errors":       good + strings.Repeat("x: 1\n", 3),
}

const good = `airfield: 1
organization:
  name: Northwind
  prefix: nwh
  owner: ai@n.example
  cost_center: CC-1
  billing: {agreement: EA, scope: /providers/Microsoft.Billing/billingAccounts/1/enrollmentAccounts/2}
regions: {home: swedencentral}
network: {pools: {swedencentral: 10.96.0.0/16}}
workloads: {atlas: {jobs: {train: {size: Standard_NC24ads_A100_v4}}}}
`

func utf16(s string, at int, mark string) string {
	b := []byte(mark)
	for i := range len(s) {
		pair := [2]byte{}
		pair[at] = s[i]
		b = append(b, pair[0], pair[1])
	}
	return string(b)
}

func numbered(n int, format string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

func indents(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return b.String()
}

// laughs is a text whose aliases expand to 10 to the power of n values.
func laughs(n int) string {
	var b strings.Builder
	b.WriteString("a0: &a0 x\n")
	for i := range n {
		fmt.Fprintf(&b, "a%d: &a%d [%s]\n", i+1, i+1, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i), 10), ", "))
	}
	return b.String()
}
