package limits_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"airfield/arm"
	"airfield/catalog"
	"airfield/diag"
	"airfield/limits"
	"airfield/tenant"
)

var update = flag.Bool("update", false, "write what is found into testdata")

// short stands in the archives for what would make each line unreadable.
var short = strings.NewReplacer(
	"@S", "/subscriptions/11111111-1111-1111-1111-111111111111",
	"@T", "/subscriptions/22222222-2222-2222-2222-222222222222",
	"@C", "/providers/Microsoft.Compute",
	"@N", "/providers/Microsoft.Network",
)

// tenantOf makes a tenant of lines of JSON, the first of which may be a header.
func tenantOf(t testing.TB, lines string) *tenant.Tenant {
	t.Helper()
	text := short.Replace(lines)
	if !strings.HasPrefix(text, `{"airfield"`) {
		text = `{"airfield":"tenant","version":1}` + "\n" + text
	}
	all, found, err := tenant.Read("test", strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range found {
		if d.Code == "tenant/id" || d.Code == "tenant/syntax" || d.Code == "tenant/duplicate" {
			t.Error(d)
		}
	}
	return all
}

// describe writes blocks, with codes that have one of the beginnings, as the
// archives have them.
func describe(blocks []limits.Block, codes []string) string {
	var b strings.Builder
	for _, block := range blocks {
		d := block.Diagnostic
		if !slices.ContainsFunc(codes, func(code string) bool { return strings.HasPrefix(d.Code, "limits/"+code) }) {
			continue
		}
		fmt.Fprintf(&b, "%s\n", strings.TrimPrefix(d.String(), d.Pos.String()+": "))
		if s := block.Sum; s != nil {
			fmt.Fprintf(&b, "\t%s: wanted %d, used %d, limit %d, of %d\n", s.Name, s.Wanted, s.Used, s.Limit, len(s.Of))
		}
		if block.At != "" {
			fmt.Fprintf(&b, "\tat %s\n", block.At)
		}
		for _, a := range block.Instead {
			fmt.Fprintf(&b, "\tinstead %s %s%s\n", a.Resource.Name(), a.Size, a.Region)
		}
	}
	return b.String()
}

// TestAgainst reads archives of one or more cases: CASE/wanted and CASE/have are
// lines of JSON, CASE/want is what is found. A file "have" holds for all cases.
// The first line of an archive says with what the codes begin that it shows.
func TestAgainst(t *testing.T) {
	files, err := filepath.Glob("testdata/against/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no archives", err)
	}
	for _, file := range files {
		a, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		data := map[string]string{}
		for _, f := range a.Files {
			data[f.Name] = string(f.Data)
		}
		first, _, _ := strings.Cut(string(a.Comment), "\n")
		for i, f := range a.Files {
			name, is := strings.CutSuffix(f.Name, "/want")
			if !is {
				continue
			}
			t.Run(path.Join(strings.TrimSuffix(filepath.Base(file), ".txtar"), name), func(t *testing.T) {
				header := data[path.Join(name, "header")]
				have := describe(limits.Against(tenantOf(t, data[path.Join(name, "wanted")]), tenantOf(t, header+data["have"]+data[path.Join(name, "have")])), strings.Fields(first))
				if *update {
					a.Files[i].Data = []byte(have)
				} else if have != data[f.Name] {
					t.Errorf("have\n%swant\n%s", have, data[f.Name])
				}
			})
		}
		if *update {
			if err := os.WriteFile(file, txtar.Format(a), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestOfferedByWholeList: only a list that nobody filtered says what a
// subscription is not offered.
func TestOfferedByWholeList(t *testing.T) {
	const region, gone = "swedencentral", "Standard_D4s_v5"
	wanted := tenantOf(t, `{"id":"@S/resourceGroups/rg@C/virtualMachines/vm","location":"Sweden Central","properties":{"hardwareProfile":{"vmSize":"`+gone+`"}}}`)
	for _, of := range []string{"Standard_", "Standard_N"} { // az vm list-skus --size
		var list strings.Builder
		for _, s := range catalog.Sizes() {
			if sold, _ := catalog.Sold(s.Name, region); sold && s.Name != gone && strings.HasPrefix(s.Name, of) {
				fmt.Fprintf(&list, `{"id":"@S@C/locations/%s/skus/%s","properties":{"locationInfo":[{"location":%[1]q}]}}`+"\n", region, s.Name)
			}
		}
		whole := of == "Standard_"
		stopped := slices.ContainsFunc(limits.Against(wanted, tenantOf(t, list.String())), func(b limits.Block) bool { return b.Code == "limits/size-offered" && b.Stops() })
		if stopped != whole {
			t.Errorf("list of %s*: stopped %t, want %t", of, stopped, whole)
		}
	}
}

func ExampleAgainst() {
	build := func(id arm.ID, body arm.O) *tenant.Tenant {
		var b tenant.Builder
		b.Add(arm.Resource{ID: id, Body: arm.New(body), Pos: diag.Pos{File: "main.tf", Line: 12}})
		t, _ := b.Tenant()
		return t
	}
	wanted := build("/subscriptions/s/resourceGroups/rg/providers/Microsoft.Compute/virtualMachineScaleSets/train", arm.O{
		"location", "swedencentral", "sku", arm.O{"name", "Standard_ND96isr_H200_v5", "capacity", 8}, "properties", arm.O{}})
	have := build("/subscriptions/s/providers/Microsoft.Compute/locations/swedencentral/usages/default", arm.O{"properties", arm.O{"value", arm.A{
		arm.O{"name", arm.O{"value", "standardNDISRH200V5Family"}, "currentValue", 96, "limit", 384},
		arm.O{"name", arm.O{"value", "cores"}, "currentValue", 96, "limit", 2000}}}})
	for _, b := range limits.Against(wanted, have) {
		if b.Stops() {
			fmt.Println(b)
		}
	}
	// Output: main.tf:12: Microsoft.Compute/virtualMachineScaleSets "train": wanted 768 vCPUs of standardNDISRH200V5Family in swedencentral (768 of train: Standard_ND96isr_H200_v5), found 96 of 384 in use [limits/quota]
}

// random makes a wanted tenant, and an actual one with lists of a few sizes,
// limits raised by more.
func random(t testing.TB, seed uint64, more int64) (wanted, have *tenant.Tenant) {
	t.Helper()
	rnd := rand.New(rand.NewPCG(seed, 1))
	sizes := []string{"Standard_D4ads_v5", "Standard_D4ds_v5", "Standard_D8ads_v5", "Standard_D4as_v5", "Standard_ND96isr_H200_v5", "Standard_ND96isr_H100_v5"}
	regions := []string{"westeurope", "northeurope"}
	var want, are strings.Builder
	for _, region := range regions {
		var usages []string
		for _, name := range []string{"cores", "lowPriorityCores", "standardDADSv5Family", "standardDDSv5Family", "standardDASv5Family", "standardNDISRH200V5Family", "standardNDSH100v5Family"} {
			if rnd.IntN(8) > 0 {
				usages = append(usages, fmt.Sprintf(`{"name":{"value":%q},"currentValue":%d,"limit":%d}`, name, rnd.IntN(50), int64(rnd.IntN(600))+more))
			}
		}
		fmt.Fprintf(&are, `{"id":"@S@C/locations/%s/usages/default","properties":{"value":[%s]}}`+"\n", region, strings.Join(usages, ","))
		for _, size := range sizes {
			s, _ := catalog.SizeByName(size)
			restricted := ""
			if rnd.IntN(5) == 0 {
				restricted = `{"type":"Location","reasonCode":"NotAvailableForSubscription"}`
			}
			if rnd.IntN(6) > 0 {
				fmt.Fprintf(&are, `{"id":"@S@C/locations/%s/skus/%s","properties":{"family":%q,"locationInfo":[{"location":%q,"zones":["1","2"]}],"restrictions":[%s],"capabilities":[{"name":"vCPUs","value":"%d"},{"name":"LowPriorityCapable","value":"%s"}]}}`+"\n",
					region, size, s.QuotaFamily, region, restricted, s.VCPUs, []string{"True", "False"}[rnd.IntN(2)])
			}
		}
	}
	for i := range 1 + rnd.IntN(6) {
		line := func() string {
			return fmt.Sprintf(`{"id":"@S/resourceGroups/rg@C/virtualMachineScaleSets/s%d","location":%q,"sku":{"name":%q,"capacity":%d},"properties":{"virtualMachineProfile":{"priority":%q}}}`+"\n",
				i, regions[rnd.IntN(2)], sizes[rnd.IntN(len(sizes))], rnd.IntN(8), []string{"Regular", "Regular", "Spot"}[rnd.IntN(3)])
		}
		want.WriteString(line())
		if rnd.IntN(3) == 0 {
			are.WriteString(line())
		}
	}
	return tenantOf(t, want.String()), tenantOf(t, are.String())
}

// TestMoreQuota shows that a higher limit never adds a block about a sum.
func TestMoreQuota(t *testing.T) {
	sums := func(blocks []limits.Block) map[string]bool {
		all := map[string]bool{}
		for _, b := range blocks {
			if b.Sum != nil {
				all[b.Sum.Name+b.Sum.Region] = true
			}
		}
		return all
	}
	for seed := range uint64(300) {
		before, after := sums(limits.Against(random(t, seed, 0))), sums(limits.Against(random(t, seed, 90)))
		for name := range after {
			if !before[name] {
				t.Errorf("seed %d: more quota adds a block about %s", seed, name)
			}
		}
	}
}

// TestAlternativesPass puts each alternative into the wanted resource: nothing
// is then said of its size and its quotas.
func TestAlternativesPass(t *testing.T) {
	tried := 0
	for seed := range uint64(300) {
		wanted, have := random(t, seed, 0)
		for _, b := range limits.Against(wanted, have) {
			for _, a := range b.Instead {
				tried++
				r, _ := wanted.Get(a.Resource)
				path, value := []string{"location"}, a.Region
				if a.Size != "" {
					path, value = []string{"sku", "name"}, a.Size
				}
				body, err := r.Body.Set(value, path...)
				if err != nil {
					t.Fatal(err)
				}
				changed, _ := wanted.With(arm.Resource{ID: r.ID, Body: body})
				for _, c := range limits.Against(changed, have) {
					if c.Resource == r.ID && strings.HasPrefix(c.Code, "limits/size") || c.Sum != nil && slices.Contains(c.Sum.Of, r.ID) {
						t.Errorf("seed %d: with %v: %s", seed, a, c.Diagnostic)
					}
				}
			}
		}
	}
	if tried < 50 {
		t.Errorf("only %d alternatives were tried", tried)
	}
}

func FuzzAgainst(f *testing.F) {
	files, _ := filepath.Glob("testdata/against/*.txtar")
	for _, file := range files {
		a, err := txtar.ParseFile(file)
		if err != nil {
			f.Fatal(err)
		}
		data := map[string]string{}
		for _, f := range a.Files {
			data[f.Name] = string(f.Data)
		}
		for name, wanted := range data {
			if name, is := strings.CutSuffix(name, "/wanted"); is {
				f.Add(short.Replace(wanted), short.Replace(data["have"]+data[name+"/have"]))
			}
		}
	}
	f.Fuzz(func(t *testing.T, wanted, have string) {
		header := `{"airfield":"tenant","version":1}` + "\n"
		w, _, err1 := tenant.Read("wanted", strings.NewReader(header+wanted))
		h, _, err2 := tenant.Read("have", strings.NewReader(header+have))
		if err1 != nil || err2 != nil {
			return
		}
		for _, b := range limits.Against(w, h) {
			if b.Stops() && b.Because != "" {
				t.Errorf("certain and not: %s", b.Diagnostic)
			}
		}
	})
}
