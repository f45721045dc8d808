package catalog

import (
	"reflect"
	"strings"
	"testing"

	"airfield/arm"
)

func TestParseAliases(t *testing.T) {
	const one = `{"namespace":"M","resourceTypes":[{"resourceType":"a","aliases":[{"name":"M/a/x","defaultPath":"properties.x"}]},{"resourceType":"b","aliases":[]},{"resourceType":"c"}]}`
	for _, tt := range []struct{ in, want string }{
		{"[" + one + "]", "M/a/x properties.x"},
		{one, "M/a/x properties.x"},
		{`{"value":[` + one + "]}", "M/a/x properties.x"},
		{aliasesOf(`{"name":"M/a/x","defaultPath":"y","paths":null}`, `{"name":"M/A/X","defaultPath":"z","paths":[]}`), "M/A/X z"},
		{aliasesOf(`{"name":"M/a/x"}`), ""},
		{aliasesOf(`{"name":"M/a/x","defaultPath":"y","defaultMetadata":{"type":"String","attributes":"Modifiable"},"defaultPattern":{"phrase":"{a}/{b}","variable":"b","type":"Extract"}}`), "M/a/x y {{a}/{b} b Extract} String yes"},
		{aliasesOf(`{"name":"M/a/x","defaultPath":"y","defaultMetadata":{"type":"NotSpecified","attributes":"None"}}`), "M/a/x y  no"},
		{aliasesOf(`{"name":"M/a/x","defaultPath":"y","paths":[{"path":"z","apiVersions":["2020-01-01","2019-01-01"],"metadata":{"type":"Any","attributes":"None"}},{"path":"none"}]}`), "M/a/x y [2020-01-01 2019-01-01]→z Any no"},
		{aliasesOf(`{"name":"M/a/x","paths":[{"path":"old","apiVersions":["2018-01-01"]},{"path":"new","apiVersions":["2019-01-01","2020-01-01"]}]}`), "M/a/x new [2018-01-01]→old  not known [2019-01-01 2020-01-01]→new  not known"},
	} {
		table, err := parseAliases(t, tt.in)
		if err != nil {
			t.Errorf("%s: %v", tt.in, err)
			continue
		}
		var have []string
		for _, a := range table.OfType("m/A") {
			have = append(have, describe(a))
		}
		if have := strings.Join(have, "\n"); have != tt.want {
			t.Errorf("%s: have %q, want %q", tt.in, have, tt.want)
		}
		if !table.HasType("M/a") || table.HasType("M/c") {
			t.Errorf("%s: have types %v", tt.in, table.Types())
		}
		sameWritten(t, table)
	}
}

// aliasesOf returns a list of one provider and type with these aliases.
func aliasesOf(aliases ...string) string {
	return `[{"namespace":"M","resourceTypes":[{"resourceType":"a","aliases":[` + strings.Join(aliases, ",") + "]}]}]"
}

func parseAliases(t *testing.T, text string) (*AliasTable, error) {
	t.Helper()
	v, err := arm.Parse(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return ParseAliases(v)
}

// sameWritten holds a table against what it is after writing and reading.
func sameWritten(t *testing.T, table *AliasTable) {
	t.Helper()
	var b strings.Builder
	if err := table.Write(&b, Source{From: "a", Read: "2026-06-18", Licence: "MIT"}); err != nil {
		t.Fatal(err)
	}
	again, err := ReadAliases(b.String())
	if err != nil {
		t.Fatalf("%s: %v", b.String(), err)
	}
	if have, want := again.Types(), table.Types(); !reflect.DeepEqual(have, want) {
		t.Errorf("have types %v, want %v", have, want)
	}
	for _, typ := range table.Types() {
		if have, want := again.OfType(typ), table.OfType(typ); !reflect.DeepEqual(have, want) {
			t.Errorf("%s: have %v, want %v", typ, have, want)
		}
	}
}

func TestParseAliasesErrors(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{`"a"`, "found string, wanted a list of providers"},
		{`{}`, "found object, wanted a list of providers"},
		{`{"value":{}}`, "found object, wanted a list of providers"},
		{`[]`, "no type has a list of aliases; the command is az provider list --expand resourceTypes/aliases"},
		{`[{"namespace":"M","resourceTypes":[{"resourceType":"a","aliases":null}]}]`, "no type has a list of aliases; the command is az provider list --expand resourceTypes/aliases"},
		{`[1]`, "provider 0: found number, wanted an object with a namespace"},
		{`[{"namespace":"M","resourceTypes":1}]`, `provider 0: resourceTypes of "M": found number, wanted a list`},
		{`[{"namespace":"M","resourceTypes":[{}]}]`, `provider 0: resourceTypes of "M": found object, wanted an object with a resourceType`},
		{`[{"namespace":"M","resourceTypes":[{"resourceType":"a b"}]}]`, `provider 0: type "M/a b" has ' '; letters, digits and . / - _ were wanted`},
		{`[{"namespace":"M","resourceTypes":[{"resourceType":"a","aliases":{}}]}]`, `provider 0: aliases of "M/a": found object, wanted a list`},
		{aliasesOf(`1`), `provider 0: aliases of "M/a": found number, wanted an object with a name`},
		{aliasesOf(`{"name":"x","defaultPath":1}`), `provider 0: aliases of "M/a": defaultPath of "x": found number, wanted a string`},
		{aliasesOf(`{"name":"x","paths":1}`), `provider 0: aliases of "M/a": paths of "x": found number, wanted a list`},
		{aliasesOf(`{"name":"x","paths":[{"path":"a","apiVersions":1}]}`), `provider 0: aliases of "M/a": paths of "x": found object, wanted an object with path and apiVersions`},
		{aliasesOf(`{"name":"x","paths":[{"path":"a","apiVersions":[1]}]}`), `provider 0: aliases of "M/a": paths of "x": apiVersions of "a": found number, wanted a string`},
		{aliasesOf(`{"name":"x","defaultPath":"` + strings.Repeat("a", 1001) + `"}`), `provider 0: aliases of "M/a": name or path of "x"… is longer than 1000 bytes`},
	} {
		table, err := parseAliases(t, tt.in)
		if table != nil || err == nil || err.Error() != tt.want {
			t.Errorf("%.200s: have %v, want %s", tt.in, err, tt.want)
		}
	}
}

func TestDeepNamesAreWritten(t *testing.T) {
	var aliases []string
	for n := range 200 {
		aliases = append(aliases, `{"name":"M/a/a`+strings.Repeat("[*]", n)+`","defaultPath":"b`+strings.Repeat("[*]", n)+`"}`)
	}
	table, err := parseAliases(t, aliasesOf(aliases...))
	if err != nil {
		t.Fatal(err)
	}
	sameWritten(t, table)
	if have := len(table.OfType("M/a")); have != 200 {
		t.Errorf("have %d aliases, want 200", have)
	}
}

// TestVectorAliases reads the tables of Microsoft's test cases, whose aliases
// are spelled unlike their types, twice under names that differ in case, and
// listed under several types.
func TestVectorAliases(t *testing.T) {
	for _, tt := range []struct{ file, name, want string }{
		{"test_aliases.json", "Microsoft.Compute/imageSKU", "Microsoft.Compute/virtualMachines=properties.storageProfile.imageReference.sku ; " +
			"Microsoft.Compute/VirtualMachineScaleSets=properties.virtualMachineProfile.storageProfile.imageReference.sku"},
		{"test_aliases.json", "Microsoft.KeyVault/vaults/sku", "Microsoft.KeyVault/vaults=properties.sku"},
		{"versioned_aliases.json", "Microsoft.Test/versionedResources/tier", "Microsoft.Test/versionedResources=sku.tier"},
	} {
		table, err := parseAliases(t, sharedFile(t, "vectors/"+tt.file))
		if err != nil {
			t.Fatalf("%s: %v", tt.file, err)
		}
		if have := typesAndPaths(table.Lookup(tt.name)); have != tt.want {
			t.Errorf("%s: %s: have %q, want %q", tt.file, tt.name, have, tt.want)
		}
		sameWritten(t, table)
	}
}

func FuzzParseAliases(f *testing.F) {
	for _, s := range []string{
		aliasesOf(`{"name":"M/a/x[*]","defaultPath":"properties.x","defaultMetadata":{"type":"String","attributes":"None"}}`, `{"name":"M/a/x[*].y","defaultPath":"properties.x^"}`),
		aliasesOf(`{"name":"M/x","defaultPath":"[*","paths":[{"path":"*","apiVersions":["",";"]}],"defaultPattern":{"phrase":"{a}"}}`, `{"name":"M/a/[","defaultPath":"["}`, `{"name":"M/a/[[*]","defaultPath":"^"}`),
		`{"value":[]}`, `[{"namespace":"M"}]`, `1`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		v, err := arm.Parse(text)
		if err != nil {
			return
		}
		if table, err := ParseAliases(v); err == nil {
			sameWritten(t, table)
		}
	})
}

func FuzzReadAliases(f *testing.F) {
	for _, s := range []string{
		"m/a,M/a,M/x=y,a{b c=^.d} e** f:String!@2020;2021=x<a;b;c~\n", "m/a,M/a,,\nm/b,M/b,,a%41\n", "m/a,M/a,,a{\n", "", "m/a,M/a,,[*]{[*] b}\n",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, rows string) {
		table, err := ReadAliases(aliasHead + rows)
		if err != nil {
			return
		}
		for _, typ := range table.Types() {
			if !table.HasType(typ) {
				t.Errorf("%q: has no %s", rows, typ)
			}
			for _, a := range table.OfType(typ) {
				table.Lookup(a.Name)
			}
		}
		sameWritten(t, table.Over(table))
	})
}
