package design_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"airfield/design"
	"airfield/source"

	"golang.org/x/tools/txtar"
)

var update = flag.Bool("update", false, "write the wanted output again")

// TestBad designs the estates of an archive that read well and cannot be
// designed as they are, and compares the findings.
func TestBad(t *testing.T) {
	const file = "testdata/bad.txtar"
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	input := ""
	for i, f := range archive.Files {
		name, want := strings.CutSuffix(f.Name, ".want")
		if !want {
			input = string(f.Data)
			continue
		}
		have := findings(t, input)
		if have != string(f.Data) && !*update {
			t.Errorf("%s:\nhave\n%swant\n%s", name, have, f.Data)
		}
		archive.Files[i].Data = []byte(have)
	}
	if *update {
		if err := os.WriteFile(file, txtar.Format(archive), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

func findings(t *testing.T, text string) string {
	t.Helper()
	f, found := source.NewFile("estate.yaml", []byte(text))
	e, more := design.Read(f)
	found = append(found, more...)
	if !found.HasErrors() {
		found = append(found, design.New(e, design.Options{Month: "2026-11-01"}).Findings...)
	}
	var b strings.Builder
	for _, d := range found.Sorted() {
		fmt.Fprintln(&b, d)
	}
	return b.String()
}
