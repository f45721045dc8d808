package tenant_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"airfield/arm"
	"airfield/diag"
	"airfield/tenant"
)

const groups = "/providers/Microsoft.Management/managementGroups/"

func Example() {
	group := arm.Subscription("@atlas-prod").ResourceGroup("rg-train")
	var b tenant.Builder
	b.Add(arm.Resource{ID: arm.ManagementGroup("corp")})
	b.Add(arm.Resource{
		ID:   arm.Tenant.Resource("Microsoft.Subscription/aliases", "atlas-prod"),
		Body: arm.New(arm.O{"properties", arm.O{"additionalProperties", arm.O{"managementGroupId", arm.IDOf(arm.ManagementGroup("corp"))}}}),
	})
	b.Add(arm.Resource{ID: group, Body: arm.New(arm.O{"location", "swedencentral"}), Pos: diag.Pos{File: "estate.yaml", Line: 12, Col: 3}})
	t, found := b.Tenant()

	r, _ := t.Get("/SUBSCRIPTIONS/@atlas-prod/resourcegroups/rg-train")
	fmt.Println(r.Pos, r.Location(), len(found))
	for _, id := range t.Ancestors(group) {
		fmt.Println(id)
	}
	// Output:
	// estate.yaml:12:3 swedencentral 0
	// /subscriptions/@atlas-prod
	// /providers/Microsoft.Management/managementGroups/corp
	// /
}

// build makes a tenant of lines of JSON.
func build(t testing.TB, lines ...string) (*tenant.Tenant, diag.List) {
	t.Helper()
	var b tenant.Builder
	for _, line := range lines {
		v, err := arm.Parse(line)
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		b.Add(arm.Resource{Body: v})
	}
	return b.Tenant()
}

func ids(t *tenant.Tenant) []arm.ID { return slices.Collect(t.IDs(arm.Tenant)) }

func text(f diag.List) string {
	var s []string
	for _, d := range f.Sorted() {
		s = append(s, d.String())
	}
	return strings.Join(s, "\n")
}

func written(t testing.TB, u *tenant.Tenant, c tenant.Compression) string {
	t.Helper()
	var b bytes.Buffer
	if err := u.Write(&b, c); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestRange(t *testing.T) {
	u, found := build(t,
		`{"id":"/subscriptions/b/resourceGroups/rg"}`,
		`{"id":"/subscriptions/A/resourceGroups/rg-1"}`,
		`{"id":"/subscriptions/a/resourceGroups/RG/providers/Microsoft.Compute/virtualMachines/v"}`,
		`{"id":"/subscriptions/a/resourceGroups/rg"}`,
		`{"id":"/subscriptions/a"}`,
		`{"id":"/providers/Microsoft.Management/managementGroups/m"}`,
	)
	if found.HasErrors() {
		t.Fatal(text(found))
	}
	for _, tt := range []struct {
		scope arm.ID
		want  int
	}{
		{"/", 6},
		{"/subscriptions/a", 4},
		{"/subscriptions/A/resourcegroups/rg", 2},
		{"/subscriptions/a/resourceGroups/r", 0},
		{"/subscriptions/c", 0},
		{"/providers/Microsoft.Management/managementGroups/M", 1},
	} {
		var have []arm.ID
		for r := range u.Range(tt.scope) {
			if !r.ID.Under(tt.scope) || r.Get("id").Str() != string(r.ID) {
				t.Errorf("%s: have %s with body %s", tt.scope, r.ID, r.Body.Text())
			}
			have = append(have, r.ID)
		}
		if len(have) != tt.want || !slices.Equal(have, slices.Collect(u.IDs(tt.scope))) {
			t.Errorf("%s: have %v, want %d", tt.scope, have, tt.want)
		}
	}
	for typ, want := range map[arm.Type]int{"microsoft.compute/virtualmachines": 1, arm.SubscriptionType: 1, arm.ResourceGroupType: 3, arm.ManagementGroupType: 1, "Microsoft.Network/virtualMachines": 0} {
		if have := len(slices.Collect(u.OfType(typ))); have != want {
			t.Errorf("%s: have %d, want %d", typ, have, want)
		}
	}
	if _, ok := u.Get("/subscriptions/a/resourceGroups/r"); ok || u.Has("/subscriptions/x") || !u.Has("/Subscriptions/A") {
		t.Error("Get or Has is wrong")
	}
}

func TestKeepOutlivesThePass(t *testing.T) {
	u, _ := build(t, `{"id":"/subscriptions/a","n":1}`, `{"id":"/subscriptions/b","n":2,"m":[3,4]}`)
	var kept []arm.Resource
	for r := range u.All() {
		kept = append(kept, tenant.Keep(r))
	}
	if kept[0].Get("n").Text() != "1" || kept[1].Get("n").Text() != "2" {
		t.Errorf("have %s, %s", kept[0].Body.Text(), kept[1].Body.Text())
	}
}

func TestBuilder(t *testing.T) {
	pos := func(line int) diag.Pos { return diag.Pos{File: "e.yaml", Line: line, Col: 1} }
	body := func(s string) arm.Value {
		v, err := arm.Parse(s)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for _, tt := range []struct {
		name string
		in   []arm.Resource
		want string // the lines
		find string
	}{
		{"no body", []arm.Resource{{ID: "/subscriptions/a"}}, `{"id":"/subscriptions/a"}`,
			`info: nothing says in which management group these lie, taken to be directly below "/": a [tenant/placement]`},
		{"id first, compact", []arm.Resource{{Body: body("{\n\t\"a\" : [ 1, \"x \\\" y\" ],\"ID\":\"/providers/N/t/a\"}")}},
			`{"id":"/providers/N/t/a","a":[1,"x \" y"]}`, ""},
		{"the id counts", []arm.Resource{{ID: "/providers/N/t/A", Body: body(`{"id":"/providers/N/t/a"}`)}}, `{"id":"/providers/N/t/A"}`, ""},
		{"another id", []arm.Resource{{ID: "/providers/N/t/b", Body: body(`{"id":"/providers/N/t/a"}`), Pos: pos(3)}}, `{"id":"/providers/N/t/b","$airfield":{"file":"e.yaml","line":3,"col":1}}`,
			`e.yaml:3:1: the body of "/providers/N/t/b" has the id "/providers/N/t/a" [tenant/id]`},
		{"twice", []arm.Resource{{ID: "/providers/N/t/a", Pos: pos(1)}, {ID: "/providers/N/t/b"}, {ID: "/providers/n/T/A", Pos: pos(2)}, {ID: "/providers/N/t/a", Pos: pos(3)}},
			`{"id":"/providers/N/t/a","$airfield":{"file":"e.yaml","line":1,"col":1}}` + "\n" + `{"id":"/providers/N/t/b"}`,
			`e.yaml:2:1: resource "/providers/n/T/A" is there twice, first at e.yaml:1:1 [tenant/duplicate]` + "\n" +
				`e.yaml:3:1: resource "/providers/N/t/a" is there twice, first at e.yaml:1:1 [tenant/duplicate]`},
		{"no id", []arm.Resource{{Pos: pos(1)}}, "", `e.yaml:1:1: resource id "" does not begin with / [tenant/id]`},
		{"no object", []arm.Resource{{ID: "/", Body: body(`[]`)}}, "", `the body of "/" is array, wanted an object [tenant/syntax]`},
		{"no object but a reference", []arm.Resource{{ID: "/", Body: body(`{"$after":{"id":"/"}}`)}}, "", `the body of "/" is unknown, wanted an object [tenant/syntax]`},
		{"reserved", []arm.Resource{{ID: "/", Body: body(`{"$Airfield":{"theirs":true},"a":1}`)}}, `{"id":"/","a":1}`, `"/" has a member "$airfield", a name that is Airfield's own [tenant/reserved]`},
		{"quote in the id", []arm.Resource{{ID: `/providers/N/t/a"\b`, Theirs: true}}, `{"id":"/providers/N/t/a\"\\b","$airfield":{"theirs":true}}`, ""},
	} {
		var b tenant.Builder
		for _, r := range tt.in {
			b.Add(r)
		}
		u, found := b.Tenant()
		_, have, _ := strings.Cut(written(t, u, tenant.Plain), "\n")
		if have = strings.TrimSuffix(have, "\n"); have != tt.want {
			t.Errorf("%s:\nhave %s\nwant %s", tt.name, have, tt.want)
		}
		if have := text(found); have != tt.find {
			t.Errorf("%s:\nhave %s\nwant %s", tt.name, have, tt.find)
		}
		for _, id := range ids(u) {
			if r, ok := u.Get(id); !ok || r.ID != id {
				t.Errorf("%s: have %v for %s", tt.name, r, id)
			}
		}
	}
}

func TestWithAndWithout(t *testing.T) {
	u, _ := build(t, `{"id":"/providers/N/t/b","v":1}`, `{"id":"/providers/N/t/d","v":1}`)
	v, found := u.With(
		arm.Resource{ID: "/providers/N/t/e"},
		arm.Resource{ID: "/providers/N/t/B", Body: arm.New(arm.O{"v", 2}), Theirs: true},
		arm.Resource{ID: "/providers/N/t/a"},
		arm.Resource{ID: "/providers/N/t/c"})
	if have := ids(v); len(found) > 0 || !slices.Equal(have, []arm.ID{"/providers/N/t/a", "/providers/N/t/B", "/providers/N/t/c", "/providers/N/t/d", "/providers/N/t/e"}) {
		t.Errorf("have %v, %v", have, found)
	}
	if r, _ := v.Get("/providers/N/t/b"); r.Get("v").Text() != "2" || !r.Theirs {
		t.Errorf("have %v", r)
	}
	if r, _ := u.Get("/providers/N/t/b"); u.Len() != 2 || r.Get("v").Text() != "1" {
		t.Error("the original changed")
	}
	w, _ := v.Without("/providers/n/t/A", "/providers/N/t/e", "/providers/N/t/x")
	if have := ids(w); !slices.Equal(have, []arm.ID{"/providers/N/t/B", "/providers/N/t/c", "/providers/N/t/d"}) {
		t.Errorf("have %v", have)
	}
}

// random makes a tenant out of few names, so that ids, cases and scopes meet.
func random(rnd *rand.Rand, n int) []arm.Resource {
	pick := func(from ...string) string { return from[rnd.IntN(len(from))] }
	var all []arm.Resource
	for range n {
		id := arm.Subscription(pick("a", "B", "b", "@c", "a-b"))
		if rnd.IntN(4) == 0 {
			id = arm.ManagementGroup(pick("g", "h", "i"))
		} else if rnd.IntN(5) > 0 {
			id = id.ResourceGroup(pick("rg", "RG", "rg-1", "é"))
		}
		for range rnd.IntN(3) {
			id = id.Resource(arm.Type(pick("N/t", "n/T/u", "M.N/x")), pick("x", `q"`, "z\\z"), "y")
		}
		if strings.Contains(string(id), "n/T/u/") {
			continue
		}
		r := arm.Resource{ID: id, Theirs: rnd.IntN(3) == 0}
		if rnd.IntN(3) == 0 {
			r.Pos = diag.Pos{File: pick("estate.yaml", "C:\\e.yaml"), Line: rnd.IntN(3), Col: rnd.IntN(3)}
		}
		r.Body = arm.New(arm.O{"name", pick("x", "ü\n", "\u2028"), "properties", arm.O{"n", rnd.IntN(3), "ref", arm.IDOf(id)}})
		all = append(all, r)
	}
	return all
}

func TestWriteThenRead(t *testing.T) {
	for seed := range uint64(60) {
		rnd := rand.New(rand.NewPCG(seed, 0))
		in := random(rnd, rnd.IntN(40))
		b := tenant.Builder{Header: tenant.Header{Made: "2026-01-01T00:00:00Z", By: "test", Tenant: "g", Missing: []tenant.Missing{{What: "x", Why: "<403>"}}}}
		want := map[arm.ID]arm.Resource{}
		for _, r := range in {
			b.Add(r)
			if _, there := want[r.ID.Fold()]; !there {
				want[r.ID.Fold()] = r
			}
		}
		u, _ := b.Tenant()
		if u.Len() != len(want) || !slices.IsSortedFunc(ids(u), arm.ID.Compare) {
			t.Fatalf("seed %d: have %v, want %d", seed, ids(u), len(want))
		}
		for _, c := range []tenant.Compression{tenant.Plain, tenant.Gzip, tenant.Zstd} {
			file := written(t, u, c)
			v, found, err := tenant.Read("f", strings.NewReader(file))
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range found {
				if d.Code != "tenant/parent" && d.Code != "tenant/placement" {
					t.Errorf("seed %d: %s", seed, d)
				}
			}
			for c := range tenant.Diff(u, v) {
				t.Errorf("seed %d: have %v", seed, c)
			}
			for _, w := range want {
				r, ok := v.Get(w.ID)
				if !ok || r.Pos != w.Pos || r.Theirs != w.Theirs || !r.Get("properties").Equal(w.Get("properties")) || r.Get("name").Str() != w.Get("name").Str() {
					t.Errorf("seed %d: have %v\nwant %v", seed, r, w)
				}
			}
			if again := written(t, v, c); again != file {
				t.Fatalf("seed %d: have %.2000q\nwant %.2000q", seed, again, file)
			}
		}
	}
}

func FuzzBuilder(f *testing.F) {
	f.Add("/subscriptions/a", `{"a":1}`, "/subscriptions/A/resourceGroups/b", `{"id":"/subscriptions/A/resourceGroups/b","\u0069d":2}`, "f", 3)
	f.Add(groups+"a", `{"properties":{"details":{"parent":{"id":"`+groups+`b"}}}}`, groups+"b", `{"properties":{"details":{"parent":{"id":"`+groups+`a"}}}}`, "", 0)
	f.Add("/providers/Microsoft.Subscription/aliases/x", `{"properties":{"additionalProperties":{"managementGroupId":{"$after":{"id":"y"}}}}}`, "/subscriptions/s", `{"properties":{"managementGroupAncestorsChain":[{"name":"s"},{"name":"S"}]}}`, "", 0)
	f.Fuzz(func(t *testing.T, id1, body1, id2, body2, file string, line int) {
		var b tenant.Builder
		for _, p := range [][2]string{{id1, body1}, {id2, body2}} {
			v, _ := arm.Parse(p[1])
			b.Add(arm.Resource{ID: arm.ID(strings.ToValidUTF8(p[0], "?")), Body: v, Pos: diag.Pos{File: strings.ToValidUTF8(file, "?"), Line: line}})
		}
		u, first := b.Tenant()
		text := written(t, u, tenant.Plain)
		v, found, err := tenant.Read("f", strings.NewReader(text))
		if err != nil || v.Len() != u.Len() || found.HasErrors() && !first.HasErrors() {
			t.Fatalf("%v, %v: have %d, want %d of %s", err, found, v.Len(), u.Len(), text)
		}
		if again := written(t, v, tenant.Plain); again != text {
			t.Fatalf("have %s\nwant %s", again, text)
		}
		for id := range u.IDs(arm.Tenant) {
			if _, ok := v.Get(id); !ok {
				t.Fatalf("%q is gone", id)
			}
			if up := u.Ancestors(id); id != arm.Tenant && up[len(up)-1] != arm.Tenant {
				t.Fatalf("%q: have %v", id, up)
			}
		}
	})
}

// Of what several sources have, equal resources are no finding, and places are
// not kept.
func TestMerging(t *testing.T) {
	b := tenant.Builder{Merging: true}
	for i, body := range []string{`{"type":"a/b","x":1}`, `{"x":1,"type":"A/B"}`, `{"type":"a/b","x":2}`} {
		v, err := arm.Parse(body)
		if err != nil {
			t.Fatal(err)
		}
		b.Add(arm.Resource{ID: "/subscriptions/s/resourceGroups/r/providers/a/b/c", Body: v, Pos: diag.Pos{File: "f", Line: i + 1, Col: 1}})
	}
	tree, found := b.Tenant()
	var have []string
	for _, d := range found {
		if d.Code == "tenant/duplicate" {
			have = append(have, d.String())
		}
	}
	want := `f:3:1: warning: resource "/subscriptions/s/resourceGroups/r/providers/a/b/c" is there twice, which differ at x: the first counts, first at f:1:1 [tenant/duplicate]`
	if len(have) != 1 || have[0] != want {
		t.Errorf("have %q, want %q", have, want)
	}
	if r, _ := tree.Get("/subscriptions/s/resourceGroups/r/providers/a/b/c"); tree.Len() != 1 || r.Get("x").Text() != "1" || r.Pos != (diag.Pos{}) {
		t.Errorf("have %v of %d", r, tree.Len())
	}
}
