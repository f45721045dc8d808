package catalog

import (
	_ "embed"
	"fmt"
	"strings"

	"airfield/arm"
)

//go:embed data/type_traits.csv
var traitText string

// TypeTraits tells whether the resources of a type have tags and a location
// that can be set, which is what a policy of mode Indexed asks; case does not
// count. Known tells whether the sources settle it: they state both, or of one
// that it is missing. Otherwise a trait is true where a source states it.
//
// Resource groups and subscriptions are types like others here; that mode
// Indexed passes over them is the caller's business.
func TypeTraits(t arm.Type) (tags, location, known bool) {
	_, rows, _ := strings.Cut(traitText, "\ntype,tags,location\n")
	row, ok := findRow(rows, fold(string(t)))
	if !ok { // what a region offers (locations/skus, locations/usages) is listed, and made by nobody
		_, kind, _ := strings.Cut(fold(string(t)), "/")
		return false, false, strings.HasPrefix(kind, "locations/")
	}
	cells := strings.Split(row, ",")
	if len(cells) != 3 {
		panic(fmt.Sprintf("table data/type_traits: row %q", row))
	}
	tags, location = yes(cells[1]), yes(cells[2])
	known = cells[1] == "0" || cells[2] == "0" || tags && location
	return tags, location, known
}
