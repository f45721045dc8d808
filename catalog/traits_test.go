package catalog

import (
	"fmt"
	"testing"

	"airfield/arm"
)

func ExampleTypeTraits() {
	fmt.Println(TypeTraits("Microsoft.Compute/virtualMachines"))
	fmt.Println(TypeTraits("Microsoft.Storage/storageAccounts/blobServices"))
	fmt.Println(TypeTraits("Microsoft.Nothing/atAll"))
	// Output:
	// true true true
	// false false true
	// false false false
}

func TestTypeTraits(t *testing.T) {
	for _, tt := range []struct {
		in   arm.Type
		want [3]bool // tags, location, known
	}{
		{"microsoft.network/VIRTUALNETWORKS", [3]bool{true, true, true}},
		{"Microsoft.Network/virtualNetworks/subnets", [3]bool{false, false, true}},
		{"Microsoft.Compute/capacityReservationGroups", [3]bool{false, true, true}}, // tags by its schema, not by the list, which wins
		{"Microsoft.KeyVault/vaults/secrets", [3]bool{true, false, true}},           // its location can only be read
		{"Microsoft.Advisor/advisorScore", [3]bool{false, false, true}},
		{"Microsoft.Media/mediaServices/liveEvents", [3]bool{true, false, false}}, // listed, and in no schema
		{"Microsoft.Resources/resourceGroups", [3]bool{true, true, true}},
		{"Microsoft.Compute/locations/skus", [3]bool{false, false, true}}, // no table has it
		{"Microsoft.Compute", [3]bool{}},
		{"", [3]bool{}},
	} {
		tags, location, known := TypeTraits(tt.in)
		if have := [3]bool{tags, location, known}; have != tt.want {
			t.Errorf("%s: have %v, want %v", tt.in, have, tt.want)
		}
	}
}

// TestEveryTypeHasTraits reads each row through the function that serves it.
func TestEveryTypeHasTraits(t *testing.T) {
	n := 0
	read("data/type_traits").each(func(cell func(string) string) {
		name := cell("type")
		tags, location, known := TypeTraits(arm.Type(name))
		if tags != yes(cell("tags")) || location != yes(cell("location")) || !known && !tags {
			t.Errorf("%s: have %v, %v, %v", name, tags, location, known)
		}
		if name != fold(name) {
			t.Errorf("%s is not in lower case", name)
		}
		n++
	})
	if n < 4000 {
		t.Errorf("%d types, more than 4000 were wanted", n)
	}
}

func BenchmarkTypeTraits(b *testing.B) {
	for b.Loop() {
		TypeTraits("Microsoft.Compute/virtualMachines")
	}
}
