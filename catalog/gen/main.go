// Command gen makes the tables of airfield/catalog/data again from the shared
// folder of facts:
//
//	go run ./catalog/gen -from DIR -to catalog/data
//
// DIR holds the folders catalog (prices, sizes, regions), sizing (GPUs), corpora (policy
// definitions, aliases) and schemas (the types of resources). A table whose source is not there is left as it is, and named.
// Running gen twice gives the same bytes. The tables that it does not make
// were entered by hand: their headers say from what.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

func main() {
	from := flag.String("from", "../shared", "folder of facts")
	to := flag.String("to", "catalog/data", "folder to write the tables to")
	flag.Parse()
	if err := run(*from, *to, os.Stderr); err != nil {
		panic(err) // only those who work on airfield run this
	}
}

// A maker makes one or more tables from files below the folder of facts.
// The key of what it returns is the table's path without ".csv".
type maker struct {
	name string
	make func(source) (map[string]table, error)
}

var makers = []maker{
	{"aliases", aliases},
	{"archetypes", archetypes},
	{"commitments", commitments},
	{"end_of_life", endOfLife},
	{"gpus", gpus},
	{"images", images},
	{"latency", latency},
	{"managed_disks", managedDisks},
	{"meters", meters},
	{"policies", policies},
	{"prices", prices},
	{"region_aliases", regionAliases},
	{"region_services", regionServices},
	{"region_shorts", regionShorts},
	{"regions", regions},
	{"role_permissions", rolePermissions},
	{"roles", roles},
	{"service_prices", servicePrices},
	{"sizes", sizes},
	{"spot", spot},
	{"storage", storage},
	{"type_traits", typeTraits},
}

// run makes every table whose source is below from, writes it below to, and
// says on log what it left out.
func run(from, to string, log io.Writer) error {
	for _, m := range makers {
		made, err := m.make(source{os.DirFS(from)})
		if errors.Is(err, fs.ErrNotExist) {
			fmt.Fprintf(log, "%s: left as it is: %v\n", m.name, err)
			continue
		}
		if err != nil {
			return fmt.Errorf("making %s: %w", m.name, err)
		}
		for name, t := range made {
			file := filepath.Join(to, filepath.FromSlash(name)+".csv")
			if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
				return err
			}
			if err := os.WriteFile(file, t.bytes(), 0o666); err != nil {
				return err
			}
		}
	}
	return nil
}

// A table is one file to write.
type table struct {
	from, read, licence, units string
	columns                    []string
	rows                       [][]string
	whole                      []byte // the file, of a table whose reader writes it too; nothing else is set then
}

// one is the result of a maker of a single table.
func one(name string, t table) map[string]table { return map[string]table{name: t} }

func (t *table) add(cells ...string) {
	if len(cells) != len(t.columns) {
		panic(fmt.Sprintf("%d cells for the columns %v", len(cells), t.columns))
	}
	t.rows = append(t.rows, cells)
}

// bytes returns the file: four lines of provenance, the columns, the rows
// sorted as text, each once.
func (t table) bytes() []byte {
	if t.whole != nil {
		return t.whole
	}
	var lines []string
	for _, r := range t.rows {
		lines = append(lines, line(r))
	}
	slices.Sort(lines)
	lines = slices.Compact(lines)
	var b bytes.Buffer
	fmt.Fprintf(&b, "# source: %s\n# read: %s\n# licence: %s\n# units: %s\n", t.from, t.read, t.licence, t.units)
	b.WriteString(line(t.columns) + "\n")
	for _, l := range lines {
		b.WriteString(l + "\n")
	}
	return b.Bytes()
}

// line joins cells with commas and quotes those that need it.
func line(cells []string) string {
	out := make([]string, len(cells))
	for i, c := range cells {
		c = strings.Join(strings.Fields(c), " ")
		if strings.ContainsAny(c, `",`) || strings.HasPrefix(c, "#") {
			c = `"` + strings.ReplaceAll(c, `"`, `""`) + `"`
		}
		out[i] = c
	}
	return strings.Join(out, ",")
}
