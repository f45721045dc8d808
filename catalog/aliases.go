package catalog

import (
	_ "embed"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"

	"airfield/arm"
)

// An Alias is a property of a resource type as policies name it.
type Alias struct {
	Name string   // Microsoft.Compute/virtualMachines/sku.name, as the table spells it
	Type arm.Type // whose resources have it

	Path       string       // from the body's root: properties.hardwareProfile.vmSize, with [*] behind an array
	Pattern    AliasPattern // what of the string at Path is meant; zero for all of it
	Modifiable Tri          // whether effect modify may write it
	Token      string       // kind of JSON value: String, Boolean, Integer, Array, …; blank where unknown

	Versions []AliasPath // where an API version has it elsewhere; nil in Aliases
}

// An AliasPath is where some API versions have the property of an alias. Its
// other fields are as those of Alias, and say nothing where the list has no
// metadata for this path.
type AliasPath struct {
	APIVersions []string // as the list writes and orders them
	Path        string
	Pattern     AliasPattern
	Modifiable  Tri
	Token       string
}

// An AliasPattern takes a part out of a string, as the offer out of an image's
// id: Phrase is the whole with variables in braces, and the part is what
// stands for Variable.
type AliasPattern struct{ Phrase, Variable, Type string }

// Tri is an answer that a source may not give.
type Tri uint8

// The answers. NotKnown is the zero Tri.
const (
	NotKnown Tri = iota
	No
	Yes
)

// String gives the answer in words.
func (t Tri) String() string { return [...]string{"not known", "no", "yes"}[t] }

// An AliasTable holds aliases by type. It is text with one row a type, and
// reads a row when it is first asked for it, so a table costs nothing before.
// It is safe for concurrent use; what it returns is shared: do not change it.
type AliasTable struct {
	Source // zero for what ParseAliases returns

	rows      string                     // see alias_text.go
	elsewhere func() map[string][]string // folded types by folded name, of the aliases whose name does not begin with their type
	under     *AliasTable                // asked for what this one lacks; may be nil
	seen      sync.Map                   // folded type → *aliasesOfType, of types in rows that were asked for
}

// aliasesOfType are the aliases of one type.
type aliasesOfType struct {
	sorted []Alias        // by folded name
	at     map[string]int // folded name → place in sorted
}

//go:embed data/aliases.csv
var aliasText string

// Aliases returns the table in the program. It knows of some aliases that they
// can be modified and of none that it cannot, and knows no tokens, no patterns
// and no paths by API version: an import of az provider list does.
func Aliases() *AliasTable { return embeddedAliases() }

var embeddedAliases = sync.OnceValue(func() *AliasTable {
	t, err := openAliases("data/aliases", aliasText)
	if err != nil {
		panic(err) // a test reads it all
	}
	return t
})

// Lookup returns the aliases of a name, nil where there is none; case does not
// count. Few names have several: Microsoft.Compute/imageOffer is one of disks,
// of virtual machines and of scale sets. The type that the name begins with
// comes first, the others are sorted.
func (t *AliasTable) Lookup(name string) []Alias {
	name = fold(name)
	own := name[:max(0, strings.LastIndexByte(name, '/'))]
	found := t.of(own).named(name)
	for _, key := range t.typesElsewhere(name) {
		if key != own {
			found = append(found, t.of(key).named(name)...) // copies, since named caps
		}
	}
	return found
}

// HasType tells whether the table has the type, even if without aliases.
func (t *AliasTable) HasType(typ arm.Type) bool { return t.of(fold(string(typ))) != nil }

// OfType returns the aliases of a type, sorted by name without case.
func (t *AliasTable) OfType(typ arm.Type) []Alias {
	if of := t.of(fold(string(typ))); of != nil {
		return slices.Clip(of.sorted)
	}
	return nil
}

// Types returns the types that the table has, sorted without case.
func (t *AliasTable) Types() []arm.Type {
	all := map[string]arm.Type{}
	for u := t; u != nil; u = u.under {
		for row := range strings.Lines(u.rows) {
			cells := strings.SplitN(row, ",", 3)
			if _, known := all[cells[0]]; !known {
				all[cells[0]] = arm.Type(cells[1])
			}
		}
	}
	return sortedByKey(all)
}

// Over returns a table that has what t has, and beside it each alias of under
// whose name and type t lacks.
func (t *AliasTable) Over(under *AliasTable) *AliasTable {
	if t.under != nil {
		under = t.under.Over(under)
	}
	return newAliasTable(t.Source, t.rows, under)
}

// Write writes the table as text that ReadAliases reads, without what it lies
// over. From goes to its head; each of its fields but Table and Units must be
// one line that is not empty.
func (t *AliasTable) Write(w io.Writer, from Source) error {
	for _, s := range []string{from.From, from.Read, from.Licence} {
		if s == "" || strings.ContainsAny(s, "\r\n") {
			return fmt.Errorf("the head of an alias table needs source, date and licence of a line each, and has %q", s)
		}
	}
	_, err := fmt.Fprintf(w, "# source: %s\n# read: %s\n# licence: %s\n# units: %s\n%s%s%s", from.From, from.Read, from.Licence, aliasUnits, aliasNotes, aliasColumns, t.rows)
	return err
}

// AnyAliases reads a table in either form: what Write wrote, or what az printed.
func AnyAliases(text string) (*AliasTable, error) {
	if strings.HasPrefix(text, "#") {
		return ReadAliases(text)
	}
	v, err := arm.Parse(text)
	if err != nil {
		return nil, err
	}
	return ParseAliases(v)
}

// ReadAliases reads what Write wrote. All rows are checked.
func ReadAliases(text string) (*AliasTable, error) {
	t, err := openAliases("aliases", text)
	if err != nil {
		return nil, err
	}
	if err := t.check(); err != nil {
		return nil, err
	}
	return t, nil
}

// newAliasTable returns the table of rows that have been checked.
func newAliasTable(from Source, rows string, under *AliasTable) *AliasTable {
	t := &AliasTable{Source: from, rows: rows, under: under}
	t.elsewhere = sync.OnceValue(func() map[string][]string { return namedElsewhere(rows) })
	return t
}

// of returns the aliases of a type with those that lie under them, nil where
// there is no such type.
func (t *AliasTable) of(key string) *aliasesOfType {
	if found, ok := t.seen.Load(key); ok {
		return found.(*aliasesOfType)
	}
	row, ok := findRow(t.rows, key)
	var below *aliasesOfType
	if t.under != nil {
		below = t.under.of(key)
	}
	if !ok {
		return below
	}
	list, err := readAliasRow(row, false)
	if err != nil {
		panic(fmt.Sprintf("table %s: %v", t.Table, err)) // it was checked, or a test does
	}
	of, _ := t.seen.LoadOrStore(key, indexAliases(list, below))
	return of.(*aliasesOfType)
}

// indexAliases sorts aliases, with those of below that are not among them. Of
// two with the same name the last counts.
func indexAliases(list []Alias, below *aliasesOfType) *aliasesOfType {
	if below != nil {
		list = append(slices.Clip(below.sorted), list...)
	}
	of := &aliasesOfType{at: make(map[string]int, len(list))}
	for i, a := range list {
		of.at[fold(a.Name)] = i
	}
	of.sorted = make([]Alias, 0, len(of.at))
	for i, name := range slices.Sorted(maps.Keys(of.at)) {
		of.sorted = append(of.sorted, list[of.at[name]])
		of.at[name] = i
	}
	return of
}

// named returns the alias of a folded name as a slice of one, or nil.
func (of *aliasesOfType) named(name string) []Alias {
	if of == nil {
		return nil
	}
	i, ok := of.at[name]
	if !ok {
		return nil
	}
	return of.sorted[i : i+1 : i+1]
}

// typesElsewhere returns the types, in lower case and sorted, that have an
// alias of this folded name although it does not begin with them.
func (t *AliasTable) typesElsewhere(name string) []string {
	own := t.elsewhere()[name]
	if t.under == nil {
		return own
	}
	below := t.under.typesElsewhere(name)
	if len(own) == 0 || len(below) == 0 {
		return append(slices.Clip(own), below...)
	}
	all := append(slices.Clip(own), below...)
	slices.Sort(all)
	return slices.Compact(all)
}

// sortedByKey returns the values of a map in the order of their keys.
func sortedByKey[T any](byKey map[string]T) []T {
	all := make([]T, 0, len(byKey))
	for _, key := range slices.Sorted(maps.Keys(byKey)) {
		all = append(all, byKey[key])
	}
	return all
}
