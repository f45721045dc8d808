package policy_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"airfield/arm"
	"airfield/catalog"
	"airfield/expr"
	"airfield/policy"
	"airfield/tenant"
)

// vectors reads a file of test vectors, or skips the test.
func vectors(t *testing.T, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(shared(), "vectors", name))
	if err != nil {
		t.Skipf("left out: the vectors %s, %v", name, err)
	}
	return raw
}

// TestParser runs texts of rules that must or must not read.
func TestParser(t *testing.T) {
	var cases []struct {
		Note  string `json:"note"`
		Rule  string `json:"policy_rule"`
		Level string `json:"parse_level"`
		Want  bool   `json:"want_parse_error"`
	}
	if err := json.Unmarshal(vectors(t, "policy-parser.json"), &cases); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		text := c.Rule
		if c.Level != "policy_definition" { // rules use parameters that a definition around them would have
			text = fmt.Sprintf(`{"name":"case","properties":{"parameters":%s,"policyRule":%s}}`, arm.New(parametersOf(c.Rule)).Text(), c.Rule)
		}
		_, err := define(text, &policy.Options{})
		if have := err != nil; have != c.Want {
			t.Errorf("%s: error %v, wanted one: %v\n%s", c.Note, err, c.Want, c.Rule)
		}
	}
	t.Logf("parser: %d texts", len(cases))
}

// parametersOf gives declarations for the parameters that a text names.
func parametersOf(text string) arm.O {
	params := arm.O{}
	seen := map[string]bool{}
	for _, rest := range strings.Split(text, "parameters('")[1:] {
		name, _, _ := strings.Cut(rest, "'")
		if !seen[name] {
			params = append(params, name, arm.O{"type", ""})
		}
		seen[name] = true
	}
	return params
}

// TestDocumented holds what the tables of Microsoft's documentation say.
func TestDocumented(t *testing.T) {
	doc, err := arm.Parse(string(vectors(t, "policy-docs-tables.json")))
	if err != nil {
		t.Fatal(err)
	}
	o := &policy.Options{Alias: func(name string) []catalog.Alias {
		path := doc.Get("aliases").Get(name).Str()
		if path == "" {
			return nil
		}
		return []catalog.Alias{{Name: name, Type: "Microsoft.Test/resourceType", Path: path}}
	}}
	res := arm.Resource{Body: doc.Get("resource")}
	judge := func(name string, condition arm.O, context, params arm.Value) policy.Outcome {
		t.Helper()
		declared := arm.O{}
		for p := range params.Members() {
			declared = append(declared, p, arm.O{"type", ""})
		}
		text := arm.New(arm.O{"name", "case", "properties", arm.O{"mode", "All", "parameters", declared,
			"policyRule", arm.O{"if", condition, "then", arm.O{"effect", "deny"}}}}).Text()
		def, err := define(text, o)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		rule, found := def.Bind(params)
		if found.HasErrors() {
			t.Fatalf("%s: %v", name, found)
		}
		return rule.Judge(res, &policy.Facts{ResourceGroup: context.Get("resourceGroup")})
	}
	for c := range doc.Get("conditions").Items() {
		name := c.Get("name").Str()
		o := judge(name, members(c.Get("if")), c.Get("context"), c.Get("parameters"))
		if have := o.Effect == policy.Deny; o.Err != nil || have != c.Get("expect").True() {
			t.Errorf("%s: %s, error %v", name, o.Truth, o.Err)
		}
	}
	for c := range doc.Get("fieldFunctionReturns").Items() {
		e := c.Get("expression").Str()
		whole := fmt.Sprintf("[concat('is ', string(%s))]", e[1:len(e)-1])
		want := c.Get("value").Text()
		if c.Get("value").Kind() == arm.String {
			want = c.Get("value").Str()
		}
		out := judge(e, arm.O{"value", whole, "equals", "is " + strings.Join(strings.Fields(want), "")}, arm.Value{}, arm.Value{})
		if out.Effect != policy.Deny {
			t.Errorf("%s is not %s: %v", e, want, out)
		}
	}
}

func members(v arm.Value) arm.O {
	o := arm.O{}
	for name, value := range v.Members() {
		o = append(o, name, value)
	}
	return o
}

// TestDocumentedFigures holds the tables of the documentation on selected
// values, hashes, percentages and layers.
func TestDocumentedFigures(t *testing.T) {
	doc, err := arm.Parse(string(vectors(t, "policy-docs-tables.json")))
	if err != nil {
		t.Fatal(err)
	}
	for c := range doc.Get("uniqueString").Items() {
		if have := expr.UniqueString(strings.Join(c.Get("args").Strings(), "-")); have != c.Get("value").Str() {
			t.Errorf("uniqueString(%s): have %s, want %s", c.Get("args").Text(), have, c.Get("value").Text())
		}
	}
	counts := policy.Counts{}
	example := doc.Get("compliancePercent", "example")
	total, _ := example.Get("total").Int()
	bad, _ := example.Get("nonCompliant").Int()
	want, _ := example.Get("percent").Float()
	counts[policy.NonCompliant], counts[policy.Compliant] = int(bad), int(total-bad)
	counts[policy.NotStarted], counts[policy.NotRegistered] = 7, 9 // never count
	if have, _ := counts.Percent(); have != want {
		t.Errorf("percent: have %v, want %v", have, want)
	}
	for i, name := range doc.Get("rollupRank").Strings() {
		if policy.State(i).String() != name {
			t.Errorf("rank %d: have %s, want %s", i, policy.State(i), name)
		}
	}
	o := &policy.Options{Alias: func(name string) []catalog.Alias {
		return []catalog.Alias{{Name: name, Type: "Microsoft.Test/resourceType", Path: doc.Get("aliases").Get(name).Str()}}
	}}
	for c := range doc.Get("fieldConditionSelectedValues").Items() {
		alias := c.Get("alias").Str()
		text := arm.New(arm.O{"name", "case", "properties", arm.O{"mode", "All", "policyRule", arm.O{
			"if", arm.O{"field", alias, "notContainsKey", "a key that nothing has"}, "then", arm.O{"effect", "deny"}}}}).Text()
		def, err := define(text, o)
		if err != nil {
			t.Fatal(err)
		}
		rule, _ := def.Bind(arm.Value{})
		x := rule.Explain(arm.Resource{Body: doc.Get("resource")}, &policy.Facts{})
		var want []string
		for v := range c.Get("values").Items() {
			if text := strings.Join(strings.Fields(v.Text()), ""); text != "null" {
				want = append(want, text)
			} else {
				want = append(want, "nothing")
			}
		}
		if have := strings.ReplaceAll(x.Conditions[0].Saw, " ", ""); have != strings.Join(want, ",") {
			t.Errorf("%s selects %s, want %s", alias, have, strings.Join(want, ","))
		}
	}
}

// TestLayers judges by policies of a subscription and of a resource group, as
// the documentation's example on layering does: each is judged on its own, and
// the most restrictive counts.
func TestLayers(t *testing.T) {
	sub := arm.Subscription("11111111-1111-1111-1111-111111111111")
	for _, tt := range []struct{ lower, group, location, want string }{
		{"audit", "B", "eastus", "denied"}, {"audit", "B", "westus", "allowed"}, {"audit", "other", "eastus", "denied"}, {"audit", "other", "westus", "allowed"},
		{"deny", "B", "eastus", "denied"}, {"deny", "B", "westus", "denied"}, {"deny", "B", "northeurope", "denied"}, {"deny", "other", "westus", "allowed"},
	} {
		var b tenant.Builder
		b.Add(arm.Resource{ID: sub, Body: arm.New(arm.O{"id", sub, "type", arm.SubscriptionType})})
		for name, layer := range map[string]struct {
			scope            arm.ID
			location, effect string
		}{"one": {sub, "westus", "deny"}, "two": {sub.ResourceGroup("B"), "eastus", tt.lower}} {
			def := sub.Resource("Microsoft.Authorization/policyDefinitions", name)
			a := layer.scope.Resource("Microsoft.Authorization/policyAssignments", name)
			b.Add(arm.Resource{ID: def, Body: arm.New(arm.O{"id", def, "type", def.Type(), "properties", arm.O{"mode", "Indexed", "policyRule", arm.O{
				"if", arm.O{"field", "location", "notEquals", layer.location}, "then", arm.O{"effect", layer.effect}}}})})
			b.Add(arm.Resource{ID: a, Body: arm.New(arm.O{"id", a, "type", a.Type(), "properties", arm.O{"policyDefinitionId", def}})})
		}
		tree, found := b.Tenant()
		if found.HasErrors() {
			t.Fatal(found)
		}
		e, _ := policy.Compile(tree, policy.Options{})
		r := arm.Resource{ID: sub.ResourceGroup(tt.group).Resource("Microsoft.Storage/storageAccounts", "a")}
		r.Body = arm.New(arm.O{"type", "Microsoft.Storage/storageAccounts", "location", tt.location})
		if have := e.Judge(policy.Request{Resource: r}, nil).Decision.String(); have != tt.want {
			t.Errorf("%s below, %s in %s: have %s, want %s", tt.lower, tt.location, tt.group, have, tt.want)
		}
	}
}
