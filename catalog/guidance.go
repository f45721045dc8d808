package catalog

import (
	"maps"
	"slices"
	"strings"
	"sync"
)

// Guidance is one rule of Microsoft's guidance, said in our words, under an id
// of our own: decisions and service rules name what they rest on by it.
type Guidance struct {
	ID        string // STO-07
	Says      string
	Pages     []string // where it is written
	Confirmed bool     // the pages state all of it
}

// GuidanceOf returns the rule with an id.
func GuidanceOf(id string) (Guidance, bool) {
	g, ok := guidance()[id]
	return g, ok
}

// AllGuidance returns all rules, sorted by id.
func AllGuidance() []Guidance {
	all := guidance()
	var sorted []Guidance
	for _, id := range slices.Sorted(maps.Keys(all)) {
		sorted = append(sorted, all[id])
	}
	return sorted
}

var guidance = sync.OnceValue(func() map[string]Guidance {
	all := map[string]Guidance{}
	read("data/guidance").each(func(cell func(string) string) {
		all[cell("id")] = Guidance{cell("id"), cell("says"), strings.Fields(cell("pages")), yes(cell("confirmed"))}
	})
	return all
})
