package estate_test

import (
	"os"
	"testing"

	"airfield/estate"
	"airfield/source"
)

func TestWished(t *testing.T) {
	raw, err := os.ReadFile("../../shared/wished-estate.yaml")
	if err != nil {
		t.Skip(err)
	}
	f, found := source.NewFile("wished.yaml", raw)
	if found != nil {
		t.Fatal(found)
	}
	e, found := estate.Read(f)
	for _, d := range found {
		t.Log(d)
	}
	if e == nil {
		t.Fatal("no estate")
	}
	w, _ := e.Workloads.Get("atlas")
	s, found := w.In("dev")
	t.Log(s.Jobs, found)
}
