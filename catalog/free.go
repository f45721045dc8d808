package catalog

import (
	"strings"
	"sync"

	"airfield/arm"
)

// FreeType tells why the resources of a type cost nothing by themselves, and
// where that is written: a table, or judged. It is false where no table says so.
func FreeType(t arm.Type) (why, source string, free bool) {
	for name := fold(string(t)); ; {
		if f, ok := freeTypes()[name]; ok {
			return f.why, f.source, true
		}
		parent := strings.TrimSuffix(name, "/*")
		i := strings.LastIndexByte(parent, '/')
		if i < 0 {
			return "", "", false
		}
		name = parent[:i] + "/*"
	}
}

type freeType struct{ why, source string }

var freeTypes = sync.OnceValue(func() map[string]freeType {
	all := map[string]freeType{}
	read("judged/free_types").each(func(cell func(string) string) {
		all[fold(cell("type"))] = freeType{cell("reason"), "judged"}
	})
	t := read("data/free_types")
	t.each(func(cell func(string) string) {
		all[fold(cell("type"))] = freeType{"free", t.From + ": " + cell("terraform")}
	})
	return all
})
