package catalog

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"airfield/arm"
)

// aliasHead begins an alias table whose rows are the test's business.
const aliasHead = head + aliasColumns

func ExampleAliasTable_Lookup() {
	for _, a := range Aliases().Lookup("microsoft.compute/imageOffer") {
		fmt.Println(a.Type, a.Path)
	}
	// Output:
	// Microsoft.Compute/disks properties.creationData.imageReference.id
	// Microsoft.Compute/virtualMachines properties.storageProfile.imageReference.offer
	// Microsoft.Compute/virtualMachineScaleSets properties.virtualMachineProfile.storageProfile.imageReference.offer
}

func ExampleAliasTable_Over() {
	v, _ := arm.Parse(`[{"namespace": "Microsoft.StorageCache", "resourceTypes": [{"resourceType": "amlFilesystems", "aliases": [
		{"name": "Microsoft.StorageCache/amlFilesystems/sku.name", "defaultPath": "sku.name", "paths": []}
	]}]}]`)
	imported, err := ParseAliases(v)
	if err != nil {
		panic(err)
	}
	t := imported.Over(Aliases())
	fmt.Println(Aliases().HasType("Microsoft.StorageCache/amlFilesystems"), t.HasType("Microsoft.StorageCache/amlFilesystems"))
	fmt.Println(len(t.Lookup("Microsoft.StorageCache/amlFilesystems/sku.name")), len(t.Lookup("Microsoft.Compute/virtualMachines/sku.name")))
	// Output:
	// false true
	// 1 1
}

// TestAliases shows that every row of the table parses, which it does only on
// demand, and that the aliases are those of the source.
func TestAliases(t *testing.T) {
	if _, err := ReadAliases(aliasText); err != nil {
		t.Fatal(err)
	}
	types, aliases, modifiable := Aliases().Types(), 0, 0
	for _, typ := range types {
		list := Aliases().OfType(typ)
		aliases += len(list)
		if !slices.IsSortedFunc(list, func(a, b Alias) int { return strings.Compare(fold(a.Name), fold(b.Name)) }) {
			t.Errorf("the aliases of %s are not sorted", typ)
		}
		for _, a := range list {
			if a.Type != typ || a.Path == "" || !slices.ContainsFunc(Aliases().Lookup(a.Name), func(b Alias) bool { return reflect.DeepEqual(a, b) }) {
				t.Errorf("%s of %s: have %+v", a.Name, typ, a)
			}
			if a.Modifiable == Yes {
				modifiable++
			}
		}
	}
	if len(types) != 1552 || aliases != 79155 || modifiable != 154 {
		t.Errorf("have %d types, %d aliases, %d known to be modifiable; want 1552, 79155, 154", len(types), aliases, modifiable)
	}
}

func TestLookup(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"Microsoft.Compute/virtualMachines/sku.name", "Microsoft.Compute/virtualMachines=properties.hardwareProfile.vmSize"},
		{"MICROSOFT.COMPUTE/virtualmachines/SKU.NAME", "Microsoft.Compute/virtualMachines=properties.hardwareProfile.vmSize"},
		{"Microsoft.AnalysisServices/servers/sku.name", "Microsoft.AnalysisServices/servers=sku.name"},
		{"Microsoft.AAD/DomainServices/healthAlerts[*].id", "Microsoft.AAD/DomainServices=properties.healthAlerts[*].id"},
		{"Microsoft.AlertsManagement/actionRules/actions[*].AddActionGroups.actionGroupIds[*]", "Microsoft.AlertsManagement/actionRules=properties.actions[*].actionGroupIds[*]"},
		{"Microsoft.Sql/automaticTuning.state", "Microsoft.Sql/servers/automaticTuning=properties.state ; Microsoft.Sql/servers/databases/automaticTuning=properties.state"},
		{"Microsoft.Compute/virtualMachines/nothing", ""},
		{"Microsoft.Nothing/virtualMachines/sku.name", ""},
		{"tags", ""},
		{"/", ""},
		{"", ""},
	} {
		if have := typesAndPaths(Aliases().Lookup(tt.in)); have != tt.want {
			t.Errorf("%q: have %q, want %q", tt.in, have, tt.want)
		}
	}
	if !Aliases().HasType("microsoft.compute/VIRTUALMACHINES") || Aliases().HasType("Microsoft.Compute") || Aliases().HasType("") {
		t.Error("HasType: want true for virtual machines, false for a namespace and for nothing")
	}
	if list := Aliases().OfType("Microsoft.Nothing/at"); list != nil {
		t.Errorf("have %v of a type that is not there", list)
	}
}

// typesAndPaths writes aliases as "type=path ; type=path".
func typesAndPaths(list []Alias) string {
	var all []string
	for _, a := range list {
		all = append(all, string(a.Type)+"="+a.Path)
	}
	return strings.Join(all, " ; ")
}

// TestLookupAtOnce is for the race detector.
func TestLookupAtOnce(t *testing.T) {
	table, err := openAliases("data/aliases", aliasText)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for _, name := range []string{"Microsoft.Compute/imageOffer", "Microsoft.Storage/storageAccounts/accessTier"} {
				if len(table.Lookup(name)) == 0 {
					t.Errorf("%s is not there", name)
				}
			}
		})
	}
	wg.Wait()
}

func TestAliasesOfTheCorpora(t *testing.T) {
	f := sharedFile(t, "corpora/aliases-used-by-corpora.tsv")
	lines := bufio.NewScanner(strings.NewReader(f))
	lines.Buffer(nil, 1<<20)
	lines.Scan() // the columns
	seen := 0
	for lines.Scan() {
		cells := strings.Split(lines.Text(), "\t")
		list := Aliases().Lookup(cells[1])
		have, want := strings.Split(typesAndPaths(list), " ; "), strings.Split(cells[2], " ; ")
		if cells[2] == "MISSING" { // as the table of that list, too
			want = []string{""}
		}
		slices.Sort(have)
		slices.Sort(want)
		if !slices.Equal(have, want) {
			t.Errorf("%s: have %q, want %q", cells[1], have, want)
		}
		seen++
	}
	if err := lines.Err(); err != nil || seen < 1500 {
		t.Errorf("%d aliases (%v), more than 1500 were wanted", seen, err)
	}
}

// sharedFile returns the text of a file of the folder of facts, and skips the
// test without it.
func sharedFile(t *testing.T, name string) string {
	t.Helper()
	dir := os.Getenv("AIRFIELD_SHARED")
	if dir == "" {
		dir = filepath.Join("..", "..", "shared")
	}
	text, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
	if err != nil {
		t.Skipf("left out: the comparison with %s of the folder of facts: %v", name, err)
	}
	return string(text)
}

// TestAliasText shows what rows say, and that Write writes them so.
func TestAliasText(t *testing.T) {
	for _, tt := range []struct{ row, want string }{
		{"microsoft.x/as,Microsoft.X/as,Microsoft.X/old=properties.a,a{b c=^} list*{id} sku=sku{name}", `Microsoft.X/as/a properties.a
Microsoft.X/as/a.b properties.a.b
Microsoft.X/as/a.c properties.a
Microsoft.X/as/list properties.list
Microsoft.X/as/list[*] properties.list[*]
Microsoft.X/as/list[*].id properties.list[*].id
Microsoft.X/as/sku sku
Microsoft.X/as/sku.name sku.name
Microsoft.X/old properties.a`},
		{"m/a,M/a,,a{b [*]} c[*] d** e=f[*]{g=^[*].h}", `M/a/a properties.a
M/a/a.b properties.a.b
M/a/a[*] properties.a[*]
M/a/c[*] properties.c[*]
M/a/d properties.d
M/a/d[*] properties.d[*]
M/a/d[*][*] properties.d[*][*]
M/a/e f[*]
M/a/e.g f[*][*].h`},
		{"m/a,M/a,,a:Array!*:String~@2019-06-01;2020-01-01=sku.b:Any@2018-01-01", `M/a/a properties.a Array yes
M/a/a[*] properties.a[*] String no [2019-06-01 2020-01-01]→sku.b Any not known [2018-01-01]→properties.a[*]  not known`},
		{"m/a,M/a,,a%2Cb%20{%2A} c%5B=%25d<p%3B%7Bv%7D;v;Extract", `M/a/a,b  properties.a,b 
M/a/a,b .* properties.a,b .*
M/a/c[ %d {p;{v} v Extract}`},
		{"m/a,M/a,,", ""},
	} {
		table, err := ReadAliases(aliasHead + tt.row + "\n")
		if err != nil {
			t.Errorf("%s: %v", tt.row, err)
			continue
		}
		var have []string
		for _, a := range table.OfType(table.Types()[0]) {
			have = append(have, describe(a))
		}
		if have := strings.Join(have, "\n"); have != tt.want {
			t.Errorf("%s: have\n%s\nwant\n%s", tt.row, have, tt.want)
		}
		if again := aliasRow(table.Types()[0], slices.Clone(table.OfType(table.Types()[0]))); again != tt.row+"\n" {
			t.Errorf("%s: is written as %s", tt.row, again)
		}
	}
}

// describe writes what is known of an alias but its type.
func describe(a Alias) string {
	s := a.Name + " " + a.Path
	if a.Pattern != (AliasPattern{}) {
		s += fmt.Sprint(" ", a.Pattern)
	}
	if a.Token != "" || a.Modifiable != NotKnown {
		s += fmt.Sprint(" ", a.Token, " ", a.Modifiable)
	}
	for _, v := range a.Versions {
		s += fmt.Sprint(" ", v.APIVersions, "→", v.Path, " ", v.Token, " ", v.Modifiable)
	}
	return s
}

func TestReadAliasesErrors(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"", `table aliases: no line "key,type,elsewhere,aliases"`},
		{"\n" + aliasColumns, `table aliases: the head needs the line "# source: …", and has ""`},
		{head + "a,b,c,d\n" + aliasColumns, `table aliases: a row stands before the line "key,type,elsewhere,aliases"`},
		{aliasHead + "m/a,M/a,,a", `table aliases: the row of "m/a" has no end`},
		{aliasHead + "m/a,M/a,a\n", `table aliases: row "m/a,M/a,a" has 3 cells, 4 were wanted`},
		{aliasHead + "\n", `table aliases: row "" has 1 cells, 4 were wanted`},
		{aliasHead + "m/b,M/b,,a\nm/a,M/a,,a\n", `table aliases: the row of "m/a" does not come after that of "m/b"`},
		{aliasHead + "m/a,M/b,,a\n", `table aliases: the row of type "M/b" begins with "m/a"`},
		{aliasHead + "m/ä,M/Ä,,a\n", `table aliases: type "M/Ä" has 'Ã'; letters, digits and . / - _ were wanted`},
		{aliasHead + "m,M,,a\n", `table aliases: type "M" has no / behind a namespace`},
		{aliasHead + "m/a,M/a,M/x,a\n", "table aliases: M/a: elsewhere: byte 3: text ends, wanted = and a path"},
		{aliasHead + "m/a,M/a,,a{b\n", "table aliases: M/a: aliases: byte 3: text ends, wanted a space or }"},
		{aliasHead + "m/a,M/a,,a  b\n", "table aliases: M/a: aliases: byte 2: found ' ', wanted a name"},
		{aliasHead + "m/a,M/a,,a}\n", "table aliases: M/a: aliases: byte 1: found '}', wanted a space"},
		{aliasHead + "m/a,M/a,,a=\n", "table aliases: M/a: aliases: byte 2: text ends, wanted a path"},
		{aliasHead + "m/a,M/a,,a<b;c\n", "table aliases: M/a: aliases: byte 5: text ends, wanted phrase;variable;type"},
		{aliasHead + "m/a,M/a,,a%2\n", `table aliases: M/a: aliases: byte 0: "a%2": two digits were wanted behind %`},
		{aliasHead + "m/a,M/a,,a\"\n", "table aliases: M/a: aliases: byte 1: found '\"', wanted a space"},
		{aliasHead + "m/a,M/a,,a" + strings.Repeat("*", 64) + "\n", "table aliases: M/a: aliases: byte 65: names continue names more than 64 times"},
		{aliasHead + "m/a,M/a,," + strings.Repeat("a", 4000) + "\n", "table aliases: M/a: aliases: byte 0: a name or path is longer than 1000 bytes"},
	} {
		table, err := ReadAliases(tt.in)
		if table != nil || err == nil || err.Error() != tt.want {
			t.Errorf("%q: have %v, want %s", tt.in, err, tt.want)
		}
	}
}

func TestWriteRefusesAHeadOfTwoLines(t *testing.T) {
	for _, from := range []Source{{}, {From: "a\nb", Read: "2026-01-01", Licence: "facts"}} {
		if err := Aliases().Write(new(strings.Builder), from); err == nil {
			t.Errorf("%v: have no error", from)
		}
	}
}

func TestOver(t *testing.T) {
	read := func(rows string) *AliasTable {
		table, err := ReadAliases(aliasHead + rows)
		if err != nil {
			t.Fatal(err)
		}
		return table
	}
	below := read("m/a,M/a,M/shared=old,a b\nm/b,M/b,M/shared=b,x\n")
	over := read("m/a,m/A,,B=other c\nm/c,M/c,M/shared=c,x\n")
	table := read("m/a,M/a,,c=top\n").Over(over).Over(below)
	for _, tt := range []struct{ in, want string }{
		{"M/a/a", "M/a=properties.a"},
		{"M/a/b", "m/A=other"},
		{"M/a/c", "M/a=top"},
		{"M/b/x", "M/b=properties.x"},
		{"M/c/x", "M/c=properties.x"},
		{"M/shared", "M/a=old ; M/b=b ; M/c=c"},
		{"M/d/x", ""},
	} {
		if have := typesAndPaths(table.Lookup(tt.in)); have != tt.want {
			t.Errorf("%s: have %q, want %q", tt.in, have, tt.want)
		}
	}
	if have := table.Types(); !slices.Equal(have, []arm.Type{"M/a", "M/b", "M/c"}) {
		t.Errorf("have types %v", have)
	}
	if have := typesAndPaths(below.Lookup("M/a/b")); have != "M/a=properties.b" {
		t.Errorf("the table below has become %s", have)
	}
	var b strings.Builder
	if err := table.Write(&b, Source{From: "a", Read: "2026-06-18", Licence: "MIT"}); err != nil || !strings.HasSuffix(b.String(), "aliases\nm/a,M/a,,c=top\n") {
		t.Errorf("is written as %s (%v)", b.String(), err)
	}
}

func BenchmarkAliasesFirstLookup(b *testing.B) {
	for b.Loop() {
		t, err := openAliases("data/aliases", aliasText)
		if err != nil {
			b.Fatal(err)
		}
		t.Lookup("Microsoft.Compute/virtualMachines/sku.name")
	}
}

// BenchmarkAliases30000Lookups asks for 30,000 aliases after a first touch, a
// good third of the table, and for some that are not there.
func BenchmarkAliases30000Lookups(b *testing.B) {
	var names []string
	for _, typ := range Aliases().Types() {
		for i, a := range Aliases().OfType(typ) {
			if i%8 < 3 && len(names) < 29_000 {
				names = append(names, a.Name)
			}
		}
	}
	for i := range 1000 {
		names = append(names, fmt.Sprintf("Microsoft.None/type%d/name", i))
	}
	for b.Loop() {
		for _, name := range names {
			Aliases().Lookup(name)
		}
	}
}

func BenchmarkAliasesAllTypes(b *testing.B) {
	for b.Loop() {
		t, err := openAliases("data/aliases", aliasText)
		if err != nil {
			b.Fatal(err)
		}
		for _, typ := range t.Types() {
			t.OfType(typ)
		}
	}
}

func BenchmarkReadAliases(b *testing.B) {
	for b.Loop() {
		if _, err := ReadAliases(aliasText); err != nil {
			b.Fatal(err)
		}
	}
}
