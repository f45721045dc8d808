package catalog

import (
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// head begins a table whose rows are the test's business.
const head = "# source: a\n# read: 2026-06-18\n# licence: MIT\n# units: none\n"

func TestTablesAreReadable(t *testing.T) {
	all := Sources()
	if len(all) < 85 {
		t.Errorf("%d tables: are the prices there?", len(all))
	}
	day := regexp.MustCompile(`^20\d\d-[01]\d-[0-3]\d$`)
	bytes := 0
	for _, s := range all {
		if !day.MatchString(s.Read) {
			t.Errorf("%s: read %q is no day", s.Table, s.Read)
		}
		text, err := files.ReadFile(s.Table + ".csv")
		if err != nil {
			t.Fatal(err)
		}
		bytes += len(text)
		if tab := read(s.Table); len(tab.rows) == 0 {
			t.Errorf("%s is empty", s.Table)
		}
	}
	if bytes > 6<<20 {
		t.Errorf("the tables have %d bytes, 6 MiB are enough", bytes)
	}
	if !slices.IsSortedFunc(all, func(a, b Source) int { return strings.Compare(a.Table, b.Table) }) {
		t.Error("sources are not sorted")
	}
}

func TestJudgedRowsHaveReasons(t *testing.T) {
	for _, s := range Sources() {
		if !strings.HasPrefix(s.Table, "judged/") {
			continue
		}
		read(s.Table).each(func(cell func(string) string) {
			if cell("reason") == "" {
				t.Errorf("%s: a row has no reason", s.Table)
			}
		})
	}
}

// TestKeysAreUnique shows that no row hides another one under the same key.
func TestKeysAreUnique(t *testing.T) {
	for _, tt := range []struct{ tables, key string }{
		{"data/sizes", "name"},
		{"data/local_disks", "size"},
		{"data/end_of_life", "quota_family"},
		{"data/meters", "size region"},
		{"data/prices/westeurope", "size"},
		{"data/regions", "name"},
		{"data/region_aliases", "alias"},
		{"data/region_shorts judged/region_shorts", "region"},
		{"data/region_services", "region"},
		{"data/latency", "from to"},
		{"data/blob_ingress", "region"},
		{"data/abbreviations judged/abbreviations", "type kind"},
		{"data/name_rules judged/name_rules", "type scope"},
		{"data/api_versions", "type"},
		{"data/limits", "key"},
		{"data/roles", "id"},
		{"data/time_zones", "zone"},
		{"data/roles", "name"},
		{"data/policies", "id"},
		{"data/images", "publisher offer sku"},
		{"data/firewall_names", "service name port"},
		{"judged/lead_times", "key"},
		{"judged/retire_times", "key"},
		{"data/aliases", "key"},
		{"data/type_traits", "type"},
		{"data/archetypes data/archetypes_older", "role library assignment"},
	} {
		seen := map[string]bool{}
		for _, name := range strings.Fields(tt.tables) {
			read(name).each(func(cell func(string) string) {
				key := ""
				for _, column := range strings.Fields(tt.key) {
					key += fold(cell(column)) + "|"
				}
				if seen[key] {
					t.Errorf("%s: two rows for %s", name, key)
				}
				seen[key] = true
			})
		}
	}
}

func TestTablesNameNoMachine(t *testing.T) {
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	home, err := os.UserHomeDir()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range Sources() {
		text, err := files.ReadFile(s.Table + ".csv")
		if err != nil {
			t.Fatal(err)
		}
		for _, bad := range []string{filepath.Dir(filepath.Dir(here)), home, os.TempDir()} {
			if len(bad) > 1 && strings.Contains(string(text), bad+string(filepath.Separator)) {
				t.Errorf("%s has %q", s.Table, bad)
			}
		}
	}
}

// TestEveryTableIsUsed reads every table through the function that serves it,
// so that a cell of the wrong kind shows here first.
func TestEveryTableIsUsed(t *testing.T) {
	for _, r := range PricedRegions() {
		if _, ok := RegionByName(r); !ok && r != "swedensouth" { // open to few, and in no list of regions
			t.Errorf("prices for %q, which is no region", r)
		}
		if len(pricesOf(r).bySize) == 0 {
			t.Errorf("no prices in %s", r)
		}
		SpotPrice(r, "")
		StoragePrices(r)
	}
	counts := map[string]int{
		"sizes": len(Sizes()), "regions": len(Regions()), "services": len(Services()), "images": len(Images()), "types": len(TypeNames()),
		"limits": len(Limits()), "roles": len(Roles()), "policies": len(BuiltIns()), "disks": len(Disks()), "service prices": len(servicePrices()),
		"latencies": len(latencies()), "abbreviations": len(abbreviations()), "name rules": len(nameRules()), "end of life": len(endOfLife()), "meters": len(meters().bySize), "archetypes": len(Archetypes()),
	}
	for name, n := range counts {
		if n == 0 {
			t.Errorf("no %s", name)
		}
	}
	ServiceRules()
}

func TestParse(t *testing.T) {
	for _, tt := range []struct {
		in   string
		rows [][]string
		err  string
	}{
		{head + "a,b\n1,2\n2,\"3, 4\"\n", [][]string{{"1", "2"}, {"2", "3, 4"}}, ""},
		{head + "# more\na\n1\n", [][]string{{"1"}}, ""},
		{head + "a\n", [][]string{}, ""},
		{head + "a,b\n1\n", nil, `table t: line "1" has 1 cells, and there are 2 columns`},
		{head + "a\n2\n1\n", nil, `table t: line "1" does not come after "2"`},
		{head + "a\n1\n1\n", nil, `table t: line "1" does not come after "1"`},
		{head, nil, "table t: no columns"},
		{"a\n1\n", nil, `table t: the head needs the line "# source: …", and has "a"`},
		{"# source: a\n# licence: MIT\n", nil, `table t: the head needs the line "# read: …", and has "# licence: MIT"`},
	} {
		have, err := parse("t", tt.in)
		if tt.err == "" && err != nil || tt.err != "" && (err == nil || err.Error() != tt.err) {
			t.Errorf("%q: have error %v, want %s", tt.in, err, tt.err)
		}
		if !reflect.DeepEqual(have.rows, tt.rows) {
			t.Errorf("%q: have %q, want %q", tt.in, have.rows, tt.rows)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{head + "a,b\n1,2\n", head + "a\n\"x, y\"\n", head + "# more\na\n", "", "# source: a\n", head + "a\n\"\n", head + "\r\n\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		tab, err := parse("t", text)
		if err != nil {
			return
		}
		if tab.From == "" || tab.Read == "" || tab.Licence == "" || tab.Units == "" {
			t.Errorf("%q: accepted without a head", text)
		}
		for _, row := range tab.rows {
			if len(row) != len(tab.columns) {
				t.Errorf("%q: %q for the columns %q", text, row, tab.columns)
			}
		}
	})
}

func FuzzSplit(f *testing.F) {
	for _, s := range []string{"a,b", `"a,b",c`, `a,"b ""c"""`, ",,", `"`, "a\rb"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, line string) {
		if line == "" || strings.ContainsAny(line, "\n\r") {
			return
		}
		have, err := split(line)
		want, wantErr := csv.NewReader(strings.NewReader(line)).Read()
		if (err == nil) != (wantErr == nil) || !reflect.DeepEqual(have, want) {
			t.Errorf("%q: have %q (%v), want %q (%v)", line, have, err, want, wantErr)
		}
	})
}

func TestSourceOf(t *testing.T) {
	for _, tt := range []struct {
		in, want string
		ok       bool
	}{
		{"sizes", "data/sizes", true},
		{"data/sizes", "data/sizes", true},
		{"prices/westus", "data/prices/westus", true},
		{"judged/name_rules", "judged/name_rules", true},
		{"nothing", "", false},
		{"", "", false},
		{"../sizes", "", false},
	} {
		have, ok := SourceOf(tt.in)
		if have.Table != tt.want || ok != tt.ok {
			t.Errorf("%q: have %q, %v, want %q, %v", tt.in, have.Table, ok, tt.want, tt.ok)
		}
	}
}

// sharedCSV returns the rows of a table of the folder of facts, as maps, and
// skips the test without it.
func sharedCSV(t *testing.T, name string) []map[string]string {
	t.Helper()
	dir := os.Getenv("AIRFIELD_SHARED")
	if dir == "" {
		dir = filepath.Join("..", "..", "shared")
	}
	f, err := os.Open(filepath.Join(dir, "catalog", name))
	if err != nil {
		t.Skipf("left out: the comparison with %s of the folder of facts: %v", name, err)
	}
	defer f.Close()
	records, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var rows []map[string]string
	for _, rec := range records[1:] {
		row := map[string]string{}
		for i, c := range rec {
			row[records[0][i]] = c
		}
		rows = append(rows, row)
	}
	return rows
}

func ExampleSourceOf() {
	s, _ := SourceOf("prices/westus")
	fmt.Println(s.Read, s.Licence)
	// Output: 2026-06-18 Apache-2.0
}
