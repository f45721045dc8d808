package catalog

import (
	"slices"
	"strings"
	"sync"
)

// A Limit is a number that Azure does not let one exceed, or, where its note
// says "not enforced", advises against exceeding.
type Limit struct {
	Key       string // policy-assignments-per-scope
	Item      string // what is counted, in words
	Max       int64
	Unit      string // levels, bytes, characters; blank is a count
	Source    string
	Note      string
	Confirmed bool // a document states it
}

// LimitOf returns the limit with a key.
func LimitOf(key string) (Limit, bool) {
	l, ok := limits()[key]
	return l, ok
}

// Limits returns all limits, sorted by key.
func Limits() []Limit {
	var all []Limit
	for _, l := range limits() {
		all = append(all, l)
	}
	slices.SortFunc(all, func(a, b Limit) int { return strings.Compare(a.Key, b.Key) })
	return all
}

var limits = sync.OnceValue(func() map[string]Limit {
	all := map[string]Limit{}
	read("data/limits").each(func(cell func(string) string) {
		all[cell("key")] = Limit{
			Key:       cell("key"),
			Item:      cell("item"),
			Max:       whole64(cell("max")),
			Unit:      cell("unit"),
			Source:    cell("source"),
			Note:      cell("note"),
			Confirmed: yes(cell("confirmed")),
		}
	})
	return all
})
