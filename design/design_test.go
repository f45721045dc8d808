package design_test

import (
	"os"
	"slices"
	"sync"
	"testing"

	"airfield/design"
	"airfield/diag"
	"airfield/source"
	"airfield/tenant"
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

// TestSideBySide: what runs side by side finds the same as one after another.
func TestSideBySide(t *testing.T) {
	e := example(t, "contoso").Estate
	runs := 0
	one := design.New(e, design.Options{Month: "2026-11-01"})
	many := design.New(e, design.Options{Month: "2026-11-01", Side: func(n int, do func(int)) {
		var all sync.WaitGroup
		for i := range n {
			runs++
			all.Go(func() { do(i) })
		}
		all.Wait()
	}})
	if runs < 2 {
		t.Errorf("%d runs, wanted several", runs)
	}
	if !slices.Equal(one.Findings, many.Findings) {
		t.Errorf("side by side:\n%v\none after another:\n%v", many.Findings, one.Findings)
	}
}

// exampleText gives the text of one of the estates under examples.
func exampleText(t testing.TB, name string) string {
	t.Helper()
	raw, err := os.ReadFile("../examples/" + name + "/estate.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// exampleTenant reads the tenant of the example.
func exampleTenant(t testing.TB) *tenant.Tenant {
	t.Helper()
	in, err := os.Open("../examples/contoso/tenant.jsonl.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	have, _, err := tenant.Read("tenant.jsonl.gz", in)
	if err != nil {
		t.Fatal(err)
	}
	return have
}
