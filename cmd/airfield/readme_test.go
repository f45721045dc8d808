package main

import (
	"os"
	"strings"
	"testing"

	"airfield/design"
	"airfield/report"
)

// TestReadme holds the README's example and its output against the shipped
// example and what is printed for it.
func TestReadme(t *testing.T) {
	raw, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	readme := string(raw)
	src, _, err := readSource("../../examples/small/estate.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(readme, "```yaml\n"+src.Text+"```") {
		t.Error("README.md does not show examples/small/estate.yaml as it is")
	}
	e, found := design.Read(src)
	if found.HasErrors() {
		t.Fatal(found)
	}
	var out strings.Builder
	if err := report.Text(&out, design.New(e, design.Options{Month: "2026-11-01"}), report.Options{Width: 96, Unicode: true}); err != nil {
		t.Fatal(err)
	}
	tree, _, _ := strings.Cut(out.String(), "\nDependencies")
	if !strings.Contains(readme, "```\n"+strings.TrimRight(tree, "\n")+"\n```") {
		t.Errorf("README.md does not show what is printed for examples/small:\n%s", tree)
	}
}

// TestReadmeReview holds the README's review against what is printed.
func TestReadmeReview(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	printed, err := os.ReadFile("testdata/review_contoso.txtar")
	if err != nil {
		t.Fatal(err)
	}
	_, shown, _ := strings.Cut(string(readme), "```\nBLOCKED  ")
	shown, _, _ = strings.Cut(shown, "\n…\n```")
	if shown == "" || !strings.Contains(string(printed), "\nBLOCKED  "+shown+"\n") {
		t.Error("README.md does not show what is printed for examples/contoso/lustre.json")
	}
}
