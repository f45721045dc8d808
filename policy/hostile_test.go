package policy_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"airfield/arm"
	"airfield/policy"
	"airfield/tenant"
)

// TestHostile gives rules that are made to cost much: each ends in a finding or
// a failure, soon.
func TestHostile(t *testing.T) {
	leaf := `{"field":"type","equals":"x"}`
	nested := func(n int) string {
		return strings.Repeat(`{"not":`, n) + leaf + strings.Repeat(`}`, n)
	}
	many := func(n int, item string) string { return "[" + strings.Repeat(item+",", n-1) + item + "]" }
	rule := func(condition string) string {
		return `{"if":` + condition + `,"then":{"effect":"deny"}}`
	}
	deep := func(n int) string {
		return "[" + strings.Repeat("concat(", n) + "'a'" + strings.Repeat(")", n) + "]"
	}
	counts := leaf
	for i := range 6 { // six counts of ten in each other
		counts = fmt.Sprintf(`{"count":{"value":[1,2,3,4,5,6,7,8,9,10],"name":"n%d","where":%s},"greater":0}`, i, counts)
	}
	inner := `{"count":{"field":"Microsoft.Storage/storageAccounts/networkAcls.virtualNetworkRules[*]","where":` + leaf + `},"greater":10000}`
	arrays := `{"count":{"field":"Microsoft.Storage/storageAccounts/networkAcls.ipRules[*]","where":` + inner + `},"greater":10000}`
	for _, tt := range []struct{ name, rule, want string }{
		{"depth 10,000", rule(nested(10_000)), "nested more than 512 deep"},
		{"depth 200", rule(nested(200)), "a policy may have 128"},
		{"5,000 conditions", rule(`{"anyOf":` + many(5000, leaf) + `}`), "5000 conditions: a policy may have 4096"},
		{"functions in each other", rule(`{"value":"` + deep(100) + `","equals":"a"}`), "functions in each other"},
		{"a long expression", rule(`{"value":"[concat('` + strings.Repeat("a", 90_000) + `')]","equals":"a"}`), "more than 81920 characters"},
		{"functions", rule(`{"anyOf":` + many(3000, `{"value":"[concat('a')]","equals":"b"}`) + `}`), "functions: a policy may have 2048"},
		{"counts of values", rule(counts), "iterates 1000 times"},
		{"counts of arrays", rule(arrays), "5 million steps"},
		{"text that grows", rule(`{"value":"[padLeft('a', 2000000000)]","equals":"a"}`), "padLeft"},
	} {
		start := time.Now()
		have := outcome(tt.rule)
		if !strings.Contains(have, tt.want) {
			t.Errorf("%s: have %.200s, want %s", tt.name, have, tt.want)
		}
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("%s: took %v", tt.name, took)
		}
	}
}

// outcome gives the findings about a rule, or what it says of a storage account
// with large arrays.
func outcome(rule string) string {
	def, err := define(rule, &policy.Options{})
	if err != nil {
		return err.Error()
	}
	r, found := def.Bind(arm.Value{})
	if found.HasErrors() {
		return fmt.Sprint(found)
	}
	items := arm.A{}
	for range 5000 {
		items = append(items, arm.O{"id", "x"})
	}
	o := r.Judge(arm.Resource{Body: arm.New(arm.O{"type", "Microsoft.Storage/storageAccounts", "properties", arm.O{"networkAcls", arm.O{"ipRules", items, "virtualNetworkRules", items}}})}, &policy.Facts{})
	if o.Err != nil {
		return o.Err.Error()
	}
	return o.Truth
}

// TestCyclicSets assigns a set that has itself as a member, and management
// groups that lie in each other: each is a finding.
func TestCyclicSets(t *testing.T) {
	root := arm.ManagementGroup("root")
	set := root.Resource("Microsoft.Authorization/policySetDefinitions", "s")
	a := root.Resource("Microsoft.Authorization/policyAssignments", "a")
	var b tenant.Builder
	b.Add(arm.Resource{ID: root, Body: arm.New(arm.O{"id", root, "type", arm.ManagementGroupType})})
	b.Add(arm.Resource{ID: set, Body: arm.New(arm.O{"id", set, "type", set.Type(), "properties", arm.O{"policyDefinitions", arm.A{arm.O{"policyDefinitionId", set}}}})})
	b.Add(arm.Resource{ID: a, Body: arm.New(arm.O{"id", a, "type", a.Type(), "properties", arm.O{"policyDefinitionId", set}})})
	tree, _ := b.Tenant()
	e, found := policy.Compile(tree, policy.Options{})
	if !found.HasErrors() {
		t.Error("no finding about a set that has itself as a member")
	}
	r := arm.Resource{ID: arm.Subscription("s").ResourceGroup("g").Resource("Microsoft.Storage/storageAccounts", "a"), Body: arm.New(arm.O{"type", "Microsoft.Storage/storageAccounts"})}
	r.ID = root.Resource("Microsoft.Storage/storageAccounts", "a")
	if v := e.Judge(policy.Request{Resource: r}, nil); v.Decision == policy.Allowed {
		t.Errorf("a request is %s by a set that cannot be read", v.Decision)
	}
}
