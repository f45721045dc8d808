package policy_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"airfield/arm"
	"airfield/policy"
	"airfield/tenant"
)

// seeds are rules and resources that use every part of the language.
var seeds = []struct{ rule, resource string }{
	{`{"if":{"allOf":[{"field":"type","equals":"Microsoft.Storage/storageAccounts"},{"not":{"field":"Microsoft.Storage/storageAccounts/networkAcls.ipRules[*].value","in":["10.0.0.1"]}}]},"then":{"effect":"deny"}}`,
		`{"type":"Microsoft.Storage/storageAccounts","name":"a","location":"West Europe","properties":{"networkAcls":{"ipRules":[{"value":"10.0.0.2"}]}}}`},
	{`{"if":{"anyOf":[{"count":{"field":"Microsoft.Storage/storageAccounts/networkAcls.ipRules[*]","where":{"value":"[current('Microsoft.Storage/storageAccounts/networkAcls.ipRules[*].value')]","like":"10.*"}},"greater":1},{"count":{"value":[1,2],"name":"n","where":{"value":"[current('n')]","less":2}},"equals":1}]},"then":{"effect":"audit"}}`,
		`{"type":"Microsoft.Storage/storageAccounts","properties":{"networkAcls":{"ipRules":[{"value":"10.0.0.2"},{}]}}}`},
	{`{"if":{"allOf":[{"value":"[int(field('tags[n]'))]","greater":1},{"field":"tags","containsKey":"env"},{"field":"name","match":"vm-##"},{"field":"location","notIn":["eastus"]}]},"then":{"effect":"append","details":[{"field":"tags['x']","value":"[concat(field('name'),'-',string(length(field('tags'))))]"}]}}`,
		`{"type":"Microsoft.Compute/virtualMachines","name":"vm-01","tags":{"n":"2","env":"p"},"location":"westus"}`},
	{`{"if":{"field":"type","equals":"Microsoft.Compute/virtualMachines"},"then":{"effect":"modify","details":{"roleDefinitionIds":[],"operations":[{"operation":"addOrReplace","field":"identity.type","value":"SystemAssigned"},{"operation":"add","field":"Microsoft.Compute/virtualMachines/storageProfile.dataDisks[*]","value":{"lun":0}}]}}}`,
		`{"type":"Microsoft.Compute/virtualMachines","name":"v","properties":{"storageProfile":{"dataDisks":[{"lun":1}]}}}`},
	{`{"if":{"count":{"value":[1],"name":"","where":{"value":"[current('')]","equals":1}},"equals":1},"then":{"effect":"deny"}}`, `{"name":"v"}`},
	{`{"if":{"field":"type","equals":"Microsoft.Compute/virtualMachines"},"then":{"effect":"deployIfNotExists","details":{"type":"Microsoft.Compute/virtualMachines/extensions","name":"[field('name')]","existenceCondition":{"field":"Microsoft.Compute/virtualMachines/extensions/type","equals":"x"}}}}`,
		`{"type":"Microsoft.Compute/virtualMachines","name":"v"}`},
}

// FuzzRule reads, binds, evaluates and explains any rule on any resource. What
// a rule says of a resource with something unknown in it, it says of the
// resource whatever that turns out to be.
func FuzzRule(f *testing.F) {
	for _, s := range seeds {
		for i := range 4 {
			f.Add(s.rule, s.resource, uint8(i*3))
		}
	}
	f.Fuzz(func(t *testing.T, rule, resource string, hide uint8) {
		def, err := define(rule, &policy.Options{Now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)})
		body, wrong := arm.Parse(resource)
		if err != nil || wrong != nil || body.Kind() != arm.Object || len(resource) > 4096 || len(rule) > 8192 {
			return
		}
		r, found := def.Bind(arm.Value{})
		if found.HasErrors() {
			return
		}
		facts := &policy.Facts{Subscription: arm.New(arm.O{"subscriptionId", "s", "tags", arm.O{}}), ResourceGroup: arm.New(arm.O{"tags", arm.O{}}),
			Related: func(q policy.Query) ([]arm.Resource, string) { return nil, "" }}
		id := arm.Subscription("s").ResourceGroup("g").Resource("Microsoft.Compute/virtualMachines", "v")
		known := r.Judge(arm.Resource{ID: id, Body: body}, facts)
		if x := r.Explain(arm.Resource{ID: id, Body: body}, facts); x.Truth != known.Truth {
			t.Errorf("explained as %s, judged as %s", x.Truth, known.Truth)
		}
		hidden, ok := hideOne(body, int(hide))
		if !ok {
			return
		}
		less := r.Judge(arm.Resource{ID: id, Body: hidden}, facts)
		if less.Truth != "unknown" && less.Truth != known.Truth {
			t.Errorf("%s with something unknown, %s with it known\n%s\n%s\n%s", less.Truth, known.Truth, rule, resource, hidden.Text())
		}
	})
}

// hideOne puts an unknown value in the place of the n-th value below tags and
// properties that is no object or array.
func hideOne(body arm.Value, n int) (arm.Value, bool) {
	var path []string
	body.Walk(func(at string, v arm.Value) bool {
		top, _, _ := strings.Cut(at, ".")
		if k := v.Kind(); k == arm.Object || k == arm.Array || k == arm.Unknown || top != "properties" && top != "tags" || strings.Contains(at, ".0") || strings.Contains(at, ".1") {
			return true
		}
		if n--; n < 0 {
			path = strings.Split(at, ".")
			return false
		}
		return true
	})
	if path == nil {
		return body, false
	}
	hidden, err := body.Set(arm.Ref{ID: "/subscriptions/s", Path: "properties.x"}, path...)
	return hidden, err == nil
}

// FuzzTenant compiles any tenant, scans it, and judges a request for each of
// its resources: what a request is denied by, a scan finds too.
func FuzzTenant(f *testing.F) {
	files, _ := filepath.Glob("testdata/scans/*.txtar")
	for _, file := range files {
		a, err := txtar.ParseFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(`{"airfield":"tenant","version":1}` + "\n" + string(a.Files[0].Data))
	}
	f.Fuzz(func(t *testing.T, text string) {
		tree, found, err := tenant.Read("fuzz", strings.NewReader(text))
		if err != nil || found.HasErrors() || tree.Len() > 200 || len(text) > 1<<16 {
			return
		}
		e, _ := policy.Compile(tree, policy.Options{Now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)})
		e.Lint()
		tally := e.Tally()
		related := policy.In(tree)
		e.Scan(tree.All(), related, tally.Add)
		for r := range tree.All() {
			q := policy.Request{Resource: tenant.Keep(r)}
			v := e.Judge(q, related)
			for _, x := range v.Results {
				e.Explain(v, q, related, x.Assigned)
			}
			if v.Decision == policy.Denied && len(v.Results) == 0 {
				t.Errorf("%s is denied by nothing", r.ID)
			}
		}
	})
}

// FuzzAllowed asks about the location of any resource where any rule is in force:
// where the location is denied, the resource is not allowed.
func FuzzAllowed(f *testing.F) {
	for _, s := range seeds {
		f.Add(s.rule, s.resource)
	}
	f.Fuzz(func(t *testing.T, rule, resource string) {
		r, err := arm.Parse(rule)
		body, wrong := arm.Parse(resource)
		if err != nil || wrong != nil || len(resource) > 4096 || len(rule) > 8192 || body.Get("location").Kind() != arm.String || !strings.HasPrefix(body.Get("type").Str(), "Microsoft.Compute/") {
			return
		}
		def, a := arm.Tenant.Resource("Microsoft.Authorization/policyDefinitions", "d"), arm.Tenant.Resource("Microsoft.Authorization/policyAssignments", "a")
		var b tenant.Builder
		b.Add(arm.Resource{ID: def, Body: arm.New(arm.O{"id", def, "properties", arm.O{"mode", "All", "policyRule", r}})})
		b.Add(arm.Resource{ID: a, Body: arm.New(arm.O{"id", a, "properties", arm.O{"policyDefinitionId", def}})})
		tree, _ := b.Tenant()
		e, _ := policy.Compile(tree, policy.Options{})
		group := arm.Subscription("s").ResourceGroup("g")
		typ := arm.Type(body.Get("type").Str())
		q := policy.Question{Scope: group, Type: typ, Property: "location", Values: []string{body.Get("location").Str()}}
		res := arm.Resource{ID: group.Resource("Microsoft.Compute/virtualMachines", "v"), Body: body}
		if !typ.Equal(res.ID.Type()) {
			return
		}
		if e.Allowed(q)[0].Decision == policy.Denied && e.Judge(policy.Request{Resource: res}, nil).Decision == policy.Allowed {
			t.Errorf("the location is denied, the resource allowed")
		}
		e.TypePermits(group, typ)
	})
}
