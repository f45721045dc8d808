package review_test

import (
	"fmt"
	"strings"
	"testing"

	"airfield/arm"
	"airfield/policy"
	"airfield/review"
	"airfield/snapshot"
	"airfield/source"
	"airfield/tenant"
	"airfield/tenant/tenanttest"
)

// FuzzReview reviews any template in any tenant: it is clear only where every
// resource is allowed.
func FuzzReview(f *testing.F) {
	for seed := range 8 {
		have := tenanttest.Generate(uint64(seed), tenanttest.Options{Resources: 4})
		var text strings.Builder
		if err := have.Write(&text, tenant.Plain); err != nil {
			f.Fatal(err)
		}
		group, resources := arm.ID(""), arm.A{}
		for r := range copies(have).All() {
			group = r.ID.ResourceGroupID()
			resources = append(resources, r.Body.Without("id"))
		}
		template := arm.New(arm.O{"$schema", "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#", "contentVersion", "1.0.0.0", "resources", resources})
		f.Add(text.String(), template.Text(), string(group))
	}
	f.Fuzz(func(t *testing.T, text, template, at string) {
		scope, err := arm.ParseID(at)
		if err != nil || len(text) > 1<<16 || len(template) > 1<<13 {
			return
		}
		have, found, err := tenant.Read("have", strings.NewReader(text))
		src, wrong := source.NewFile("template.json", []byte(template))
		if err != nil || found.HasErrors() || wrong.HasErrors() || have.Len() > 200 {
			return
		}
		r := snapshot.Reader{At: scope}
		pieces, found := r.Resources(src)
		if found.HasErrors() || len(pieces) > 20 {
			return
		}
		var b tenant.Builder
		for _, p := range pieces {
			b.Add(p.Resource)
		}
		wanted, _ := b.Tenant()
		x := review.New(wanted, have, options())
		if err := held(wanted, x, have); err != nil {
			t.Error(err)
		}
	})
}

// held holds a review's verdict to what an engine of the whole tenant decides.
func held(wanted *tenant.Tenant, x *review.Review, have *tenant.Tenant) error {
	var all []arm.Resource
	for r := range wanted.All() {
		all = append(all, tenant.Keep(r))
	}
	will, _ := have.With(all...)
	e, _ := policy.Compile(will, policy.Options{Now: day})
	for _, r := range all {
		decision := e.Judge(policy.Request{Resource: r}, policy.In(will)).Decision
		if decision != policy.Allowed && len(x.Blockers) == 0 {
			return fmt.Errorf("%s is %s, and the review has %d blockers", r.ID, decision, len(x.Blockers))
		}
	}
	return nil
}
