package design_test

import (
	"os"
	"testing"

	"airfield/design"
	"airfield/diag"
	"airfield/source"
)

// example designs one of the estates under examples.
func example(t testing.TB, name string) *design.Design { return exampleLocked(t, name, nil) }

func exampleLocked(t testing.TB, name string, lock *design.Lock) *design.Design {
	t.Helper()
	raw, err := os.ReadFile("../examples/" + name + "/estate.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return of(t, raw, lock)
}

func of(t testing.TB, raw []byte, lock *design.Lock) *design.Design {
	t.Helper()
	f, found := source.NewFile("estate.yaml", raw)
	if found.HasErrors() {
		t.Fatal(found)
	}
	e, found := design.Read(f)
	for _, f := range found {
		if f.Severity == diag.Error {
			t.Errorf("%s\n%s", f, raw)
		}
	}
	if found.HasErrors() {
		t.FailNow()
	}
	return design.New(e, design.Options{Lock: lock, Month: "2026-11-01"})
}
