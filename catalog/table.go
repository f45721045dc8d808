// Package catalog holds the facts about Azure that airfield works with: VM
// sizes, regions, prices, images, names, limits, roles, policies and API
// versions.
//
// The facts lie in plain tables in the folder data, each with its source, the
// date it was read, its licence and its units at its head; what airfield's
// makers judged themselves lies in judged, with a reason in each row. A table
// is read when it is first asked for; one that does not parse is a bug and
// panics.
//
// A fact that no source states is unknown: a function then returns false, and
// a number in a struct is 0 unless its comment says otherwise. Nothing here
// asks Azure, finds the nearest name, or converts money.
package catalog

import (
	"bufio"
	"embed"
	"encoding/csv"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"sync"
)

//go:embed data judged
var files embed.FS

// A Source says where a table comes from.
type Source struct {
	Table   string // path of the table without ".csv": data/sizes, data/prices/westus
	From    string // repository or page, with its revision
	Read    string // day the source was read or, if it says so, made: 2026-06-18
	Licence string
	Units   string // of the columns, and what a blank means
}

// Sources returns the sources of all tables, sorted by table.
func Sources() []Source {
	var all []Source
	for _, folder := range []string{"data", "judged"} {
		err := fs.WalkDir(files, folder, func(path string, d fs.DirEntry, err error) error {
			if name, ok := strings.CutSuffix(path, ".csv"); ok && err == nil {
				all = append(all, readSource(name))
			}
			return err
		})
		if err != nil {
			panic(err) // the files are part of the program
		}
	}
	slices.SortFunc(all, func(a, b Source) int { return strings.Compare(a.Table, b.Table) })
	return all
}

// SourceOf returns the source of a table such as "data/sizes", or, with
// "data/" left out, "sizes" or "prices/westus".
func SourceOf(table string) (Source, bool) {
	for _, name := range []string{table, "data/" + table} {
		if exists(name) {
			return readSource(name), true
		}
	}
	return Source{}, false
}

// A table is one parsed file.
type table struct {
	Source
	columns []string
	rows    [][]string // sorted by their text; each as long as columns
}

// exists tells whether a table is there.
func exists(name string) bool {
	_, err := fs.Stat(files, name+".csv")
	return err == nil
}

// read returns a table of the program. It panics if it does not parse, since
// a test reads them all.
func read(name string) table {
	text, err := files.ReadFile(name + ".csv")
	if err != nil {
		panic(err)
	}
	t, err := parse(name, string(text))
	if err != nil {
		panic(err)
	}
	return t
}

// readSource returns the source of a table and leaves its rows unread.
func readSource(name string) Source {
	f, err := files.Open(name + ".csv")
	if err != nil {
		panic(err)
	}
	defer f.Close()
	lines := bufio.NewReader(f)
	head := ""
	for ended := false; !ended; {
		line, err := lines.ReadString('\n')
		head += line
		ended = err != nil || line[0] != '#' // the columns
	}
	t, err := parse(name, head)
	if err != nil {
		panic(err)
	}
	return t.Source
}

// parse reads the text of a table:
//
//	# source: a repository at a revision
//	# read: 2026-06-18
//	# licence: MIT
//	# units: GiB
//	name,memory
//	a,1
//	"b, or not",2
//
// Each row is one line, and the lines are sorted. Further lines that begin
// with # may follow the first four.
func parse(name, text string) (table, error) {
	t := table{Source: Source{Table: name}}
	rest := text
	for _, h := range []struct {
		key string
		to  *string
	}{{"source", &t.From}, {"read", &t.Read}, {"licence", &t.Licence}, {"units", &t.Units}} {
		var line string
		line, rest, _ = strings.Cut(rest, "\n")
		value, ok := strings.CutPrefix(line, "# "+h.key+": ")
		if !ok || value == "" {
			return table{}, fmt.Errorf("table %s: the head needs the line %q, and has %q", name, "# "+h.key+": …", line)
		}
		*h.to = value
	}
	before := ""
	for line := range strings.Lines(rest) {
		line = strings.TrimSuffix(line, "\n")
		if t.rows == nil && strings.HasPrefix(line, "#") {
			continue
		}
		cells, err := split(line)
		switch {
		case err != nil:
			return table{}, fmt.Errorf("table %s: line %q: %w", name, line, err)
		case t.columns == nil:
			t.columns, t.rows = cells, make([][]string, 0, strings.Count(rest, "\n"))
			continue
		case len(cells) != len(t.columns):
			return table{}, fmt.Errorf("table %s: line %q has %d cells, and there are %d columns", name, line, len(cells), len(t.columns))
		case line <= before:
			return table{}, fmt.Errorf("table %s: line %q does not come after %q", name, line, before)
		}
		t.rows = append(t.rows, cells)
		before = line
	}
	if t.columns == nil {
		return table{}, fmt.Errorf("table %s: no columns", name)
	}
	return t, nil
}

// split returns the cells of a line.
func split(line string) ([]string, error) {
	if !strings.ContainsAny(line, "\"\r") {
		return strings.Split(line, ","), nil
	}
	return csv.NewReader(strings.NewReader(line)).Read()
}

// column returns the place of a column, which must be there.
func (t table) column(name string) int {
	i := slices.Index(t.columns, name)
	if i < 0 {
		panic(fmt.Sprintf("table %s has no column %q", t.Table, name))
	}
	return i
}

// each calls do with each row, as a function from column to cell.
func (t table) each(do func(cell func(column string) string)) {
	places := make(map[string]int, len(t.columns))
	for i, c := range t.columns {
		places[c] = i
	}
	for _, row := range t.rows {
		do(func(column string) string {
			i, ok := places[column]
			if !ok {
				t.column(column) // panics
			}
			return row[i]
		})
	}
}

// whole returns the whole number in a cell, 0 if it is blank.
func whole(cell string) int {
	return int(whole64(cell))
}

// whole64 returns the whole number in a cell, 0 if it is blank.
func whole64(cell string) int64 {
	if cell == "" {
		return 0
	}
	n, err := strconv.ParseInt(cell, 10, 64)
	if err != nil {
		panic(err)
	}
	return n
}

// decimal returns the number in a cell, 0 if it is blank.
func decimal(cell string) float64 {
	if cell == "" {
		return 0
	}
	x, err := strconv.ParseFloat(cell, 64)
	if err != nil {
		panic(err)
	}
	return x
}

// yes tells whether a cell, which is 1 or 0 or blank, is 1.
func yes(cell string) bool {
	switch cell {
	case "1":
		return true
	case "", "0":
		return false
	}
	panic(fmt.Sprintf("cell %q is not 1, 0 or blank", cell))
}

// fold returns the form under which names without case are looked up.
func fold(name string) string { return strings.ToLower(name) }

// shelf returns a function from the name of a table in a folder to what load
// makes of it. Each table is read once, when it is first asked for; of a table
// that is not there, the zero value is returned. Case does not count.
func shelf[T any](folder string, load func(table) T) func(name string) T {
	loaders := sync.OnceValue(func() map[string]func() T {
		all := map[string]func() T{}
		for _, name := range tablesIn(folder) {
			all[name] = sync.OnceValue(func() T { return load(read(folder + "/" + name)) })
		}
		return all
	})
	return func(name string) (made T) {
		if get := loaders()[fold(name)]; get != nil {
			made = get()
		}
		return made
	}
}

// tablesIn returns the names of the tables in a folder, sorted.
func tablesIn(folder string) []string {
	found, err := fs.Glob(files, folder+"/*.csv")
	if err != nil {
		panic(err) // the pattern is ours
	}
	for i, f := range found {
		found[i] = strings.TrimSuffix(strings.TrimPrefix(f, folder+"/"), ".csv")
	}
	return found
}
