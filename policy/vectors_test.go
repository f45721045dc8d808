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
	"airfield/policy"
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
