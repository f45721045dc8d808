package report_test

import (
	"os"
	"testing"

	"airfield/design"
	"airfield/estate"
	"airfield/report"
	"airfield/source"
)

// example designs one of the estates under examples.
func example(t testing.TB, name string) *design.Design {
	t.Helper()
	raw, err := os.ReadFile("../examples/" + name + "/estate.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return of(t, raw)
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
	return design.New(e, design.Options{Month: "2026-11-01"})
}

func TestLook(t *testing.T) {
	for _, n := range []string{"small", "contoso"} {
		f, _ := os.Create("/tmp/dump/" + n + ".out")
		report.Text(f, example(t, n), report.Options{Width: 100, Unicode: true})
		f.Close()
	}
}

func TestPage(t *testing.T) {
	for _, n := range []string{"small", "contoso"} {
		raw, _ := os.ReadFile("../examples/" + n + "/estate.yaml")
		f, _ := os.Create("/tmp/dump/" + n + ".html")
		if err := (report.Page{Estate: raw}).Write(f, example(t, n)); err != nil {
			t.Fatal(err)
		}
		f.Close()
	}
}
