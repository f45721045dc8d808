package design_test

import (
	"fmt"
	"testing"

	"airfield/arm"
	"airfield/design"
	"airfield/design/designtest"
	"airfield/diag"
	"airfield/limits"
	"airfield/limits/schematest"
)

// TestValid holds every resource of the examples and of 50 generated estates
// against the official type schemas, the services' own rules, and each other.
func TestValid(t *testing.T) {
	schemas := schematest.Open(t)
	estates := map[string]*design.Design{"small": example(t, "small"), "contoso": example(t, "contoso"),
		"NetApp Files": worksIn(t, "israelcentral", ", zone: 2", "size: 12TiB, from: corpus", nil), "premium files": worksIn(t, "belgiumcentral", "", "size: 12TiB", nil)}
	for seed := range uint64(50) {
		estates[fmt.Sprintf("generated %d", seed)] = of(t, designtest.Estate(seed, 6), nil)
	}
	resources := 0
	for name, d := range estates {
		if d.Findings.HasErrors() {
			t.Errorf("%s: %v", name, d.Findings)
		}
		for r := range d.Tenant.All() {
			if r.Theirs {
				continue
			}
			resources++
			for _, problem := range schemas.Validate(r) {
				t.Errorf("%s: %s: %s", name, r.ID, problem)
			}
			for _, f := range limits.Check(r, d.Tenant) {
				if f.Severity == diag.Error {
					t.Errorf("%s: %s: %s", name, r.ID, f)
				}
			}
		}
	}
	t.Logf("%d resources of %d estates", resources, len(estates))
}

// TestReferences checks that what is referred to is there, so that the graph
// of references is an order to deploy in.
func TestReferences(t *testing.T) {
	for seed := range uint64(50) {
		d := of(t, designtest.Estate(seed, 6), nil)
		names := map[string]bool{}
		for _, p := range d.Parameters {
			names[p.Name] = true
		}
		for r := range d.Tenant.All() {
			for ref := range r.Body.Refs() {
				if ref.Parameter != "" {
					if !names[ref.Parameter] {
						t.Errorf("seed %d: %s refers to parameter %q, which is not declared", seed, r.ID, ref.Parameter)
					}
					continue
				}
				if !there(d, ref.ID) {
					t.Errorf("seed %d: %s refers to %s, which is not there", seed, r.ID, ref.ID)
				}
			}
		}
	}
}

// there tells whether a resource is in the tenant, by itself or in its parent's body.
func there(d *design.Design, id arm.ID) bool {
	if _, ok := d.Tenant.Get(id); ok {
		return true
	}
	parent, ok := d.Tenant.Get(id.Parent())
	if !ok || !id.Type().Child() {
		return false
	}
	segment := id.Type()[len(parent.Type())+1:]
	for item := range parent.Get("properties", string(segment)).Items() {
		if item.Get("name").Str() == id.Name() {
			return true
		}
	}
	return false
}
