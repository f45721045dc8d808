package report_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"airfield/design"
	"airfield/estate"
	"airfield/report"
	"airfield/source"

	"github.com/mattn/go-runewidth"
	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "write the golden files")

// example designs one of the estates under examples.
func example(t testing.TB, name string) *design.Design {
	t.Helper()
	return of(t, exampleText(t, name))
}

func exampleText(t testing.TB, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile("../examples/" + name + "/estate.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func of(t testing.TB, raw []byte) *design.Design {
	t.Helper()
	f, found := source.NewFile("estate.yaml", raw)
	if found.HasErrors() {
		t.Fatal(found)
	}
	e, found := estate.Read(f)
	if found.HasErrors() {
		t.Fatal(found)
	}
	d := design.New(e, design.Options{Month: "2026-11-01"})
	if d.Findings.HasErrors() {
		t.Fatal(d.Findings)
	}
	return d
}

// large is an estate of n workloads with three environments each.
func large(n int) []byte {
	var b bytes.Buffer
	b.WriteString(`airfield: 1
organization: {name: Northwind, prefix: nw, owner: cloud@northwind.example, cost_center: CC-1001}
platform:
  groups: {root: northwind, landing_zones: northwind-landingzones, corp: northwind-corp, online: northwind-online}
regions: {home: westeurope}
network: {pools: {westeurope: 10.0.0.0/8}}
workloads:
`)
	for i := range n {
		fmt.Fprintf(&b, `  w%04d:
    title: Workload number %d
    connects: %s
    environments: {dev: {}, test: {}, prod: {}}
    data: {images: {size: 2TiB}, models: {versions: 5}}
    jobs: {train: {size: Standard_NC40ads_H100_v5, busy: %d%%, reads: [images], writes: [models]}}
`, i, i, []string{"corp", "online"}[i%2], 1+i%90)
	}
	return b.Bytes()
}

func text(t testing.TB, d *design.Design, o report.Options) string {
	t.Helper()
	var b strings.Builder
	if err := report.Text(&b, d, o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestText(t *testing.T) {
	for _, name := range []string{"small", "contoso"} {
		golden(t, "testdata/"+name+".txtar", example(t, name))
	}
}

// golden holds the forms of the text against a file of them.
func golden(t *testing.T, file string, d *design.Design) {
	t.Helper()
	forms := []struct {
		name string
		o    report.Options
	}{
		{"80 columns", report.Options{Width: 80, Unicode: true}},
		{"120 columns", report.Options{Width: 120, Unicode: true}},
		{"80 columns of ASCII, with every decision", report.Options{Width: 80, Decisions: true}},
	}
	have := &txtar.Archive{Comment: []byte("What `airfield design` prints; go test ./report -update writes it again.\n")}
	for _, f := range forms {
		have.Files = append(have.Files, txtar.File{Name: f.name, Data: []byte(text(t, d, f.o))})
	}
	if *update {
		if err := os.WriteFile(file, txtar.Format(have), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for i, f := range have.Files {
		if i >= len(want.Files) || f.Name != want.Files[i].Name {
			t.Errorf("%s: no %q", file, f.Name)
			continue
		}
		a, b := strings.Split(string(f.Data), "\n"), strings.Split(string(want.Files[i].Data), "\n")
		for n := range max(len(a), len(b)) {
			if n >= len(a) || n >= len(b) || a[n] != b[n] {
				t.Errorf("%s, %s, line %d:\nhave %q\nwant %q", file, f.Name, n+1, at(a, n), at(b, n))
				break
			}
		}
	}
}

func at(lines []string, n int) string {
	if n < len(lines) {
		return lines[n]
	}
	return "(the end)"
}

func TestNoLineOverflows(t *testing.T) {
	columns := runewidth.Condition{StrictEmojiNeutral: true}
	designs := map[string]*design.Design{"small": example(t, "small"), "contoso": example(t, "contoso"), "hostile": of(t, []byte(hostile))}
	for name, d := range designs {
		for _, width := range []int{40, 60, 80, 100, 133} {
			for _, unicode := range []bool{false, true} {
				for i, line := range strings.Split(text(t, d, report.Options{Width: width, Unicode: unicode, Decisions: width == 60}), "\n") {
					if n := columns.StringWidth(line); n > width {
						t.Errorf("%s at %d columns, line %d has %d: %q", name, width, i+1, n, line)
					}
					if strings.TrimRight(line, " ") != line {
						t.Errorf("%s at %d columns, line %d ends in blanks: %q", name, width, i+1, line)
					}
				}
			}
		}
	}
}

func TestColourAndCharacters(t *testing.T) {
	d := of(t, []byte(hostile))
	plain := text(t, d, report.Options{})
	if i := strings.IndexFunc(plain, func(r rune) bool { return r > 126 || r < 32 && r != '\n' }); i >= 0 {
		t.Errorf("ASCII text has %q", plain[i:min(len(plain), i+20)])
	}
	coloured := text(t, d, report.Options{Colour: true, Unicode: true})
	if !utf8.ValidString(coloured) || strings.Contains(coloured, "\u202e") {
		t.Error("text that turns the writing direction is printed")
	}
	for _, part := range strings.Split(coloured, "\x1b")[1:] {
		if end := strings.IndexByte(part, 'm'); end < 0 || strings.Trim(part[1:end], "0123456789") != "" {
			t.Errorf("an escape sequence that is not ours: %q", part[:min(len(part), 20)])
		}
	}
}

func TestSharedSubscriptionNamesItsEnvironments(t *testing.T) {
	raw := strings.Replace(string(exampleText(t, "contoso")), "subscription_per: [workload, environment]", "subscription_per: [workload]", 1)
	have := text(t, of(t, []byte(raw)), report.Options{Width: 120, Unicode: true})
	if !regexp.MustCompile(`con-orion +dev, prod +swedencentral`).MatchString(have) {
		t.Errorf("the environments that share con-orion are not named:\n%.2000s", have)
	}
}

func TestLargeEstatesAreCondensed(t *testing.T) {
	for _, tt := range []struct{ workloads, lines int }{{14, 200}, {150, 250}} {
		d := of(t, large(tt.workloads))
		have := text(t, d, report.Options{Unicode: true})
		if n := strings.Count(have, "\n"); n > tt.lines {
			t.Errorf("%d workloads take %d lines, wanted at most %d", tt.workloads, n, tt.lines)
		}
		if !strings.Contains(have, "--full") {
			t.Errorf("%d workloads: how to see everything is not said", tt.workloads)
		}
		if full := text(t, d, report.Options{Full: true}); strings.Count(full, "vm-nw-") < 3*tt.workloads {
			t.Errorf("%d workloads: the full tree lacks machines", tt.workloads)
		}
	}
}

func TestTextOf3000SubscriptionsIsQuick(t *testing.T) {
	if testing.Short() {
		t.Skip("designs 3,000 subscriptions")
	}
	d := of(t, large(1000))
	begin := time.Now()
	text(t, d, report.Options{Unicode: true})
	if took := time.Since(begin); took > 2*time.Second {
		t.Errorf("took %v, wanted well under a second", took)
	}
}

func BenchmarkText(b *testing.B) {
	d := of(b, large(1000))
	for _, full := range []bool{false, true} {
		b.Run(fmt.Sprintf("full=%v", full), func(b *testing.B) {
			for b.Loop() {
				text(b, d, report.Options{Full: full})
			}
		})
	}
}

func TestCompare(t *testing.T) {
	f, _ := source.NewFile("estate.yaml", exampleText(t, "contoso"))
	e, _ := estate.Read(f)
	for _, width := range []int{40, 80, 120} {
		var b strings.Builder
		if err := report.Compare(&b, design.Compare(e, nil, "2026-11-01"), report.Options{Width: width}); err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"* none", "organization", "geography", "easy", "hard"} {
			if !strings.Contains(b.String(), want) {
				t.Errorf("the comparison lacks %q:\n%s", want, b.String())
			}
		}
		for _, line := range strings.Split(b.String(), "\n") {
			if len(line) > width {
				t.Errorf("at %d columns: %q", width, line)
			}
		}
	}
}
