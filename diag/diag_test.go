package diag_test

import (
	"fmt"
	"testing"

	"airfield/diag"
)

func ExampleDiagnostic_String() {
	var found diag.List
	found.Errorf(diag.Pos{File: "estate.yaml", Line: 12, Col: 11}, "estate/size", "no VM size %q%s",
		"Standard_NC24_v9", diag.DidYouMean("Standard_NC24_v9", []string{"Standard_NC24s_v3"}))
	fmt.Println(found[0])
	// Output: estate.yaml:12:11: no VM size "Standard_NC24_v9"; did you mean "Standard_NC24s_v3"? [estate/size]
}

func TestNearest(t *testing.T) {
	names := []string{"workloads", "organization", "tags", "swedencentral"}
	for _, tt := range []struct{ in, want string }{
		{"workload", "workloads"},
		{"orgnaization", "organization"},
		{"Tag", "tags"},
		{"swedencentrall", "swedencentral"},
		{"network", ""},
		{"", ""},
	} {
		if have := diag.Nearest(tt.in, names); have != tt.want {
			t.Errorf("%q: have %q, want %q", tt.in, have, tt.want)
		}
	}
}

func TestSorted(t *testing.T) {
	var l diag.List
	l.Warnf(diag.Pos{File: "b", Line: 1}, "x/y", "second")
	l.Errorf(diag.Pos{File: "a", Line: 10}, "x/y", "first")
	l.Errorf(diag.Pos{File: "a", Line: 10}, "x/y", "first")
	s := l.Sorted()
	if len(s) != 2 || s[0].Message != "first" || !s.HasErrors() {
		t.Errorf("have %v", s)
	}
}
