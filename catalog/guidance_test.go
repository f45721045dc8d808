package catalog_test

import (
	"bytes"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"airfield/catalog"
)

var update = flag.Bool("update", false, "write the wanted output again")

// TestGuidanceDocument holds docs/guidance.md against the table.
func TestGuidanceDocument(t *testing.T) {
	const file = "../docs/guidance.md"
	var b bytes.Buffer
	b.WriteString("# Guidance: the rules that designs rest on\n\nMicrosoft's guidance as short rules in our words, under ids of our own. Decisions, service rules and comments name them.\n" +
		"X1 to X15 are where pages disagree; docs/methods.md says which side airfield takes. \"Partly\": no page states all of it.\n" +
		"Made from catalog/data/guidance.csv by `go test ./catalog -run Guidance -update`.\n\n| id | says | pages | confirmed |\n|---|---|---|---|\n")
	for _, g := range catalog.AllGuidance() {
		confirmed := "yes"
		if !g.Confirmed {
			confirmed = "partly"
		}
		var pages []string
		for _, p := range g.Pages {
			name := strings.TrimSuffix(p, "/")
			pages = append(pages, fmt.Sprintf("[%s](%s)", name[strings.LastIndexByte(name, '/')+1:], p))
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", g.ID, g.Says, strings.Join(pages, ", "), confirmed)
	}
	if *update {
		if err := os.WriteFile(file, b.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(file)
	if err != nil || !bytes.Equal(have, b.Bytes()) {
		t.Errorf("%s is not what the table makes (%v): run with -update", file, err)
	}
}

// TestGuidanceIsKnown looks for the ids that code and tables name.
func TestGuidanceIsKnown(t *testing.T) {
	ids := regexp.MustCompile(`\b(ORG|SUB|RG|TAG|NAM|POL|CMP|IMG|ORC|CON|STO|NET|GOV|MGT|SEC)-D?[0-9]+\b|"X(1[0-5]|[1-9])"`)
	named := map[string]bool{}
	for _, dir := range []string{"../design", "../compute", "../storage", "../network", "../limits", "data"} {
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, ".csv") {
				return err
			}
			text, err := os.ReadFile(path)
			for _, id := range ids.FindAllString(string(text), -1) {
				named[strings.Trim(id, `"`)] = true
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for id := range named {
		if _, ok := catalog.GuidanceOf(id); !ok {
			t.Errorf("%s is named, and catalog/data/guidance.csv has no such rule", id)
		}
	}
	if len(named) < 50 {
		t.Errorf("only %d rules are named", len(named))
	}
}
