package policy_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"airfield/arm"
	"airfield/policy"
	"airfield/policy/policytest"
	"airfield/source"
	"airfield/template"
	"airfield/tenant"
)

// TestScanAgrees judges the resources of published templates twice against the
// reference hierarchy: as a scan does, by conditions narrowed to the type and
// shared among rules, and as requests, by each whole rule.
func TestScanAgrees(t *testing.T) {
	sub := arm.Subscription("11111111-1111-1111-1111-111111111111")
	group := sub.ResourceGroup("rg")
	resources := templateResources(t, group)
	all := append(slices.Clone(resources),
		arm.Resource{ID: sub, Body: arm.New(arm.O{"id", sub, "type", arm.SubscriptionType, "properties", arm.O{"managementGroupAncestorsChain", arm.A{arm.O{"name", "corp"}}}})},
		arm.Resource{ID: group, Body: arm.New(arm.O{"id", group, "type", arm.ResourceGroupType, "name", "rg", "location", "westeurope"})})
	tree := reference(t, all...)
	e, _ := policy.Compile(tree, policy.Options{Now: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)})
	related := policy.In(tree)
	compared := 0
	for _, r := range resources {
		v := e.Judge(policy.Request{Resource: r, Caller: arm.New(arm.O{"idtyp", "app"})}, related)
		if len(v.Changes) > 0 {
			continue
		}
		asked := map[string]bool{}
		for _, x := range v.Results {
			asked[key(&x)] = true
		}
		scanned := map[string]bool{}
		e.Scan(func(yield func(arm.Resource) bool) { yield(tenant.Keep(r)) }, related, func(_ arm.Resource, results []policy.Result) {
			for _, x := range results {
				if x.State != policy.Compliant {
					scanned[key(&x)] = true
				}
			}
		})
		for k := range scanned {
			if compared++; !asked[k] {
				t.Errorf("%s: a scan gives %s, a request does not", r.ID, k)
			}
		}
		for k := range asked {
			if !scanned[k] {
				t.Errorf("%s: a request gives %s, a scan does not", r.ID, k)
			}
		}
	}
	t.Logf("%d resources, %d results compared", len(resources), compared)
}

func key(r *policy.Result) string {
	return fmt.Sprintf("%s/%s %s %s", r.ID.Name(), r.Reference(), r.Effect, r.State)
}

// templateResources gives what the templates of a corpus deploy.
func templateResources(t *testing.T, at arm.ID) []arm.Resource {
	t.Helper()
	seen := map[arm.ID]bool{}
	var all []arm.Resource
	docs, err := policytest.Corpus("arm-templates")
	if err != nil {
		t.Skipf("left out: the corpus arm-templates, %v", err)
	}
	for _, d := range docs {
		f, _ := source.NewFile(d.Path, d.Text)
		v, err := arm.Parse(f.Text)
		if err != nil {
			t.Fatal(err)
		}
		deployed, _ := template.Expand(f, v, template.Deployment{Scope: at})
		for _, r := range deployed.Resources {
			if r.ID.Under(at) && !r.Theirs && !seen[r.ID.Fold()] && r.ID != at {
				seen[r.ID.Fold()] = true
				all = append(all, r)
			}
		}
	}
	return all
}

// TestScanSideBySide scans a tenant on several goroutines, each with a part,
// and rolls up the same as on one.
func TestScanSideBySide(t *testing.T) {
	sub := arm.Subscription("11111111-1111-1111-1111-111111111111")
	group := sub.ResourceGroup("rg")
	all := append(templateResources(t, group),
		arm.Resource{ID: sub, Body: arm.New(arm.O{"id", sub, "type", arm.SubscriptionType, "properties", arm.O{"managementGroupAncestorsChain", arm.A{arm.O{"name", "corp"}}}})})
	tree := reference(t, all...)
	e, _ := policy.Compile(tree, policy.Options{Now: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)})
	scan := func(parts int) *policy.Tally {
		tallies := make([]*policy.Tally, parts)
		var wait sync.WaitGroup
		for i, part := range tree.Parts(parts) {
			tallies[i] = e.Tally()
			wait.Go(func() { e.Scan(part, policy.In(tree), tallies[i].Add) })
		}
		wait.Wait()
		for _, other := range tallies[1:] {
			tallies[0].Merge(other)
		}
		return tallies[0]
	}
	one, many := scan(1), scan(4)
	if one.Resources != many.Resources || !slices.Equal(one.Rules, many.Rules) {
		t.Errorf("on one goroutine %v, on four %v", one.Resources, many.Resources)
	}
	if p, counted := one.Resources.Percent(); !counted || p <= 0 || p > 100 {
		t.Errorf("percent %v, counted %v", p, counted)
	}
}
