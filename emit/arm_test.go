package emit_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"airfield/arm"
	"airfield/diag"
	"airfield/emit"
	"airfield/expr"
	"airfield/source"
	"airfield/template"
	"airfield/tenant"
)

// plain gives a body as any form must say it: without what the form says
// elsewhere, ids written out, known parameters put in.
func plain(v arm.Value, o *emit.Options) arm.Value {
	return arm.New(plainOf(bare(v), o))
}

// bare leaves out the members that are no part of the written body.
func bare(v arm.Value) arm.Value {
	for _, name := range []string{"id", "name", "type", "apiVersion", "comments", "dependsOn", "scope"} {
		v = v.Without(name)
	}
	return v
}

func plainOf(v arm.Value, o *emit.Options) any {
	switch v.Kind() {
	case arm.Unknown:
		r, _ := v.Ref()
		for _, p := range o.Parameters {
			if p.Name == r.Parameter && p.Value != "" {
				return p.Value
			}
		}
		if r.Path == "id" {
			return r.ID
		}
		return r
	case arm.Array:
		a := arm.A{}
		for item := range v.Items() {
			a = append(a, plainOf(item, o))
		}
		return a
	case arm.Object:
		m := arm.O{}
		for name, value := range v.Members() {
			m = append(m, name, plainOf(value, o))
		}
		return m
	}
	return v
}

// compare tells where what was read back differs from what was to be written.
func compare(t *testing.T, tt *tenant.Tenant, o *emit.Options, have map[arm.ID]arm.Value) {
	t.Helper()
	wanted := 0
	for r := range tt.All() {
		if r.Theirs || r.ID == arm.Tenant || r.Type() == arm.SubscriptionType {
			continue
		}
		wanted++
		body, ok := have[r.ID.Fold()]
		if !ok {
			t.Errorf("%s was not written", r.ID)
			continue
		}
		if want := plain(r.Body, o); !want.Equal(body) {
			t.Errorf("%s:\nhave %s\nwant %s", r.ID, body.Text(), want.Text())
		}
	}
	if len(have) != wanted {
		t.Errorf("%d resources were written, wanted %d", len(have), wanted)
	}
}

// Every template, expanded where it is to be deployed, gives the resources it
// was made of, and deploys none before one that it needs.
func TestTemplatesExpandToTheTenant(t *testing.T) {
	checkTemplates(t, sample(t), &options)
}

func checkTemplates(t *testing.T, tt *tenant.Tenant, o *emit.Options) {
	t.Helper()
	compare(t, tt, o, readTemplates(t, files(t, tt, *o, emit.ARM), tt, o))
}

// readTemplates gives what the templates of a tenant write.
func readTemplates(t *testing.T, m memory, tt *tenant.Tenant, o *emit.Options) map[arm.ID]arm.Value {
	t.Helper()
	have := map[arm.ID]arm.Value{}
	var found diag.List
	for d := range emit.Split(tt, &found) {
		dir := strings.TrimSuffix("arm/"+d.Stage+"/"+d.Name, "/")
		out := expand(t, dir, m, d, o)
		for _, r := range out.Resources {
			if have[r.ID.Fold()].Exists() {
				t.Errorf("%s is written twice", r.ID)
			}
			have[r.ID.Fold()] = plain(r.Body, o)
		}
		checkOrder(t, d, out)
	}
	return have
}

// newSubscription is what the expansion cannot know and a name is made of.
var newSubscription = regexp.MustCompile(`"\[reference\('/providers/Microsoft.Subscription/aliases/([^']*)', '2021-10-01'\).subscriptionId\]"`)

func expand(t *testing.T, dir string, m memory, d emit.Deployment, o *emit.Options) template.Expansion {
	t.Helper()
	raw := newSubscription.ReplaceAll(m[dir+"/azuredeploy.json"].Bytes(), []byte(`"@$1"`))
	f, found := source.NewFile(dir, raw)
	if len(found) > 0 {
		t.Fatal(found)
	}
	text, err := arm.Parse(f.Text)
	if err != nil {
		t.Fatal(err)
	}
	file, err := arm.Parse(m[dir+"/azuredeploy.parameters.json"].String())
	if err != nil {
		t.Fatal(err)
	}
	values, err := template.Parameters(file)
	if err != nil {
		t.Fatal(err)
	}
	for name, decl := range text.Get("parameters").Members() {
		alias, of := strings.CutPrefix(decl.Get("metadata", "description").Str(), "Id of the subscription made under the alias ")
		switch {
		case values.Get(name).Exists():
		case of:
			values, _ = values.Set("@"+alias, name)
		default:
			values, _ = values.Set(arm.Parameter(parameter(name, o)), name)
		}
	}
	out, found := template.Expand(f, text, template.Deployment{Scope: d.Scope, Location: o.Location, Parameters: values})
	for _, one := range found {
		if one.Severity == diag.Error {
			t.Error(one)
		}
	}
	return out
}

// parameter gives the name that a parameter has in the bodies.
func parameter(name string, o *emit.Options) string {
	for _, p := range o.Parameters {
		if strings.EqualFold(strings.NewReplacer("-", "", "_", "").Replace(p.Name), strings.ReplaceAll(name, "_", "")) {
			return p.Name
		}
	}
	return name
}

// checkOrder tells whether what a resource refers to, or lies in, is deployed
// before it.
func checkOrder(t *testing.T, d emit.Deployment, out template.Expansion) {
	t.Helper()
	after := map[arm.ID][]arm.ID{}
	for _, e := range out.Edges {
		after[e.From.Fold()] = append(after[e.From.Fold()], e.To.Fold())
	}
	here := map[arm.ID]bool{}
	for _, r := range d.Resources {
		here[r.ID.Fold()] = true
	}
	for _, r := range d.Resources {
		before := []arm.ID{r.ID.Fold()}
		for i := 0; i < len(before); i++ {
			for _, id := range after[before[i]] {
				if !slices.Contains(before, id) {
					before = append(before, id)
				}
			}
		}
		needs := []arm.ID{r.ID.Parent().Fold()}
		for ref := range r.Body.Refs() {
			needs = append(needs, ref.ID.Fold())
		}
		for name := range r.Get("identity", "userAssignedIdentities").Members() {
			needs = append(needs, arm.ID(name).Fold())
		}
		for _, id := range needs {
			for ; id != arm.Tenant && id != ""; id = id.Parent() {
				if here[id] {
					if !slices.Contains(before, id) {
						t.Errorf("%s %s: %s is not deployed before %s", d.Stage, d.Name, id, r.ID)
					}
					break
				}
			}
		}
	}
}

// A storage account takes one change at a time: all that lies in it, and then
// the private endpoints to it, wait for each other from module to module.
func TestStorageAccountsChangeOneAtATime(t *testing.T) {
	m := files(t, sample(t), options, emit.ARM)
	var found diag.List
	for d := range emit.Split(sample(t), &found) {
		if d.Stage+" "+d.Name != "5-data atlas-prod" {
			continue
		}
		before := map[arm.ID][]arm.ID{}
		for _, e := range expand(t, "arm/5-data/atlas-prod", m, d, &options).Edges {
			before[e.From] = append(before[e.From], e.To)
		}
		var chain []arm.ID
		for _, r := range d.Resources {
			if r.Type().Equal("Microsoft.Authorization/roleAssignments") {
				continue
			}
			if n := len(chain); n > 0 && !reaches(before, r.ID, chain[n-1]) {
				t.Errorf("%s does not wait for %s", r.ID, chain[n-1])
			}
			chain = append(chain, r.ID)
		}
		var have []string
		for _, id := range chain {
			have = append(have, strings.Join(id.Names(), "/"))
		}
		want := []string{"statlas", "statlas/default", "statlas/default/checkpoints", "statlas/default/home", "statlas/default", "pe-statlas", "pe-statlas-file"}
		if !slices.Equal(have, want) {
			t.Errorf("have %q, want %q", have, want)
		}
	}
}

func reaches(before map[arm.ID][]arm.ID, from, to arm.ID) bool {
	return from == to || slices.ContainsFunc(before[from], func(next arm.ID) bool { return reaches(before, next, to) })
}

// A member named "copy" is a loop to a template, and is written so that it is
// none.
func TestMembersNamedCopyAreNoLoops(t *testing.T) {
	const loop = `[{"name": "disks", "count": 2, "input": {"a": 1}}]`
	tt := readTenant(t, `[{"id": "/subscriptions/s/resourceGroups/rg/providers/N.A/a/x", "apiVersion": "1",
		"properties": {"copy": `+loop+`, "in": {"Copy": `+loop+`, "list": [{"copy": "x"}]}}, "tags": {"copy": "y"}}]`)
	checkTemplates(t, tt, &options)
	checkTerraform(t, tt, &options)
	text := files(t, tt, options, emit.ARM)["arm/3-prepare/s/azuredeploy.json"].String()
	if have := strings.Count(text, `"[string('copy')]"`) + strings.Count(text, `"[string('Copy')]"`); have != 4 {
		t.Errorf("have %d members named copy, want 4:\n%s", have, text)
	}
}

func TestTemplateStrings(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"a", `"a"`},
		{"[x]", `"[[x]"`},
		{"[x", `"[x"`},
		{"[", `"["`},
		{"[]", `"[[]"`},
		{"[[x]", `"[[[x]"`},
		{"[[it's", `"[concat('[[it''s')]"`},
		{"[x] ", `"[x] "`},
	} {
		if have := emit.TemplateString(tt.in); have != tt.want {
			t.Errorf("%q: have %s, want %s", tt.in, have, tt.want)
		}
	}
}

func FuzzTemplateString(f *testing.F) {
	for _, s := range []string{"", "[", "[[", "[]", "[[]]", "[a'b", "[[a'b", "[parameters('x')]", "\x00\u2028", "a\"b\\c"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		s = strings.ToValidUTF8(s, "?")
		v, err := arm.Parse(emit.TemplateString(s))
		if err != nil {
			t.Fatal(err)
		}
		if len(v.Str()) > 20_000 {
			return
		}
		e, err := expr.Parse(v.Str())
		if err != nil {
			t.Fatalf("%q: %v", v.Str(), err)
		}
		have, err := e.Eval(expr.Env{})
		if err != nil || have.Str() != s {
			t.Fatalf("%q is %s: have %q %v", s, v.Text(), have.Str(), err)
		}
	})
}
