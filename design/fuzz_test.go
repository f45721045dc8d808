package design_test

import (
	"os"
	"testing"

	"airfield/design"
	"airfield/design/designtest"
	"airfield/source"
)

// FuzzDesign designs any text: it must end, without a panic, and the tenant
// must be whole.
func FuzzDesign(f *testing.F) {
	for _, name := range []string{"small", "contoso"} {
		raw, err := os.ReadFile("../examples/" + name + "/estate.yaml")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(raw))
	}
	for seed := range uint64(20) {
		f.Add(string(designtest.Estate(seed, 2)))
	}
	f.Fuzz(func(t *testing.T, text string) {
		file, _ := source.NewFile("estate.yaml", []byte(text))
		if file == nil {
			return
		}
		e, found := design.Read(file)
		if found.HasErrors() {
			return
		}
		d := design.New(e, design.Options{Month: "2026-11-01"})
		if d.Findings.HasErrors() {
			return
		}
		for r := range d.Tenant.All() {
			if !r.Theirs && r.Get("name").Str() == "" {
				t.Fatalf("%q has no name", r.ID)
			}
		}
	})
}

func FuzzReadLock(f *testing.F) {
	f.Add("airfield lock 1\naddress a 10.0.0.0/24\nsize b Standard_F8as_v6 1 2026-01-01\n")
	f.Add("airfield lock 1\r\n# x\nzone a\n<<<<<<<\n")
	f.Fuzz(func(t *testing.T, text string) {
		file, _ := source.NewFile("estate.lock", []byte(text))
		if file == nil {
			return
		}
		if l, found := design.ReadLock(file); l != nil && !found.HasErrors() {
			less, _ := l.Without("a")
			less.Changes(l)
		}
	})
}
