package review_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"airfield/arm"
	"airfield/change"
	"airfield/policy"
	"airfield/review"
	"airfield/tenant"
	"airfield/tenant/tenanttest"
)

var day = time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)

func options() review.Options {
	return review.Options{Policy: policy.Options{Now: day}, Side: func(n int, do func(int)) {
		for i := range n {
			do(i)
		}
	}}
}

// TestFixesByChance holds reviews of tenants by chance to what the words say,
// with engines of the whole tenant: what is denied has a blocker and nothing
// else has, every change lets through what it is for, and opens what it says.
func TestFixesByChance(t *testing.T) {
	tenants := 500
	if testing.Short() {
		tenants = 40
	}
	changes, edits := 0, 0
	for seed := range tenants {
		have := tenanttest.Generate(uint64(seed), tenanttest.Options{})
		wanted := copies(have)
		r := review.New(wanted, have, options())
		h := holder{t: t, seed: seed, have: have, will: with(t, have, wanted)}
		h.now = h.engine(h.will)
		h.blockers(r, wanted)
		for _, b := range r.Blockers {
			if b.Assigned == nil || !b.Certain {
				continue
			}
			for _, f := range b.Fixes {
				if f.Change != nil {
					h.change(b, f)
					changes++
				} else {
					h.edit(b, f.Edit)
					edits++
				}
			}
		}
		if t.Failed() {
			return
		}
	}
	t.Logf("%d changes and %d edits held", changes, edits)
}

// TestBoundsOfNothing holds that an estate that lets nothing be proposed gets no
// change, while one that says nothing does.
func TestBoundsOfNothing(t *testing.T) {
	for _, bounds := range []review.Bounds{{}, {Kinds: []change.Kind{}}} {
		n := 0
		for seed := range 20 {
			have := tenanttest.Generate(uint64(seed), tenanttest.Options{})
			o := options()
			o.Bounds = bounds
			for _, b := range review.New(copies(have), have, o).Blockers {
				n += len(slices.DeleteFunc(b.Fixes, func(f review.Fix) bool { return f.Change == nil }))
			}
		}
		if (n > 0) != (bounds.Kinds == nil) {
			t.Errorf("kinds %v: %d changes proposed", bounds.Kinds, n)
		}
	}
}

// copies gives a new resource for every fourth one of a tenant.
func copies(have *tenant.Tenant) *tenant.Tenant {
	var b tenant.Builder
	n := 0
	for r := range have.Range("/subscriptions") {
		if strings.Contains(string(r.ID), "Microsoft.Authorization") || r.ID.ResourceGroupID() == "" || r.Type().Equal(arm.ResourceGroupType) {
			continue
		}
		if n++; n%4 != 0 {
			continue
		}
		id := r.ID + "-new"
		body, _ := r.Body.Set(string(id), "id")
		body, _ = body.Set(id.Name(), "name")
		b.Add(arm.Resource{ID: id, Body: body})
	}
	t, _ := b.Tenant()
	return t
}

func with(t *testing.T, have, wanted *tenant.Tenant) *tenant.Tenant {
	t.Helper()
	var all []arm.Resource
	for r := range wanted.All() {
		all = append(all, tenant.Keep(r))
	}
	will, found := have.With(all...)
	if found.HasErrors() {
		t.Fatal(found)
	}
	return will
}

// holder holds one review to what it says.
type holder struct {
	t          *testing.T
	seed       int
	have, will *tenant.Tenant
	now        *policy.Engine
}

func (h *holder) engine(t *tenant.Tenant) *policy.Engine {
	e, _ := policy.Compile(t, policy.Options{Now: day})
	return e
}

func (h *holder) errorf(format string, args ...any) {
	h.t.Helper()
	h.t.Errorf("tenant %d: %s", h.seed, fmt.Sprintf(format, args...))
}

// denying gives the rules that deny a resource, by assignment and reference.
func denying(e *policy.Engine, r arm.Resource, related policy.Related) []string {
	var all []string
	v := e.Judge(policy.Request{Resource: r}, related)
	for i := range v.Results {
		if res := &v.Results[i]; res.Denies() {
			all = append(all, key(res.Assigned))
		}
	}
	return all
}

func key(a *policy.Assigned) string { return strings.ToLower(string(a.ID)) + "#" + a.Reference() }

// blockers: the certain blockers are what denies, resource by resource.
func (h *holder) blockers(r *review.Review, wanted *tenant.Tenant) {
	said := map[string]bool{}
	for _, b := range r.Blockers {
		for _, hit := range b.Hits {
			if b.Certain && b.Assigned != nil {
				said[string(hit.Resource.ID)+" "+key(b.Assigned)] = true
			}
		}
	}
	for res := range wanted.All() {
		for _, k := range denying(h.now, res, policy.In(h.will)) {
			if at := string(res.ID) + " " + k; !said[at] {
				h.errorf("%s denies and is no blocker", at)
			} else {
				delete(said, at)
			}
		}
	}
	for at := range said {
		h.errorf("%s is a blocker and does not deny", at)
	}
}

// edit: each value lets all through, and nothing else denies that did not.
func (h *holder) edit(b *review.Blocker, e *review.Edit) {
	for _, v := range e.Values {
		for _, hit := range b.Hits {
			o := policy.Options{Now: day}
			r, ok := o.Write(hit.Resource, e.Field, arm.New(v))
			before, after := denying(h.now, hit.Resource, policy.In(h.will)), denying(h.now, r, policy.In(h.will))
			if !ok || slices.Contains(after, key(b.Assigned)) || len(more(after, before)) > 0 {
				h.errorf("%s = %q does not let %s through: %v", e.Field, v, hit.Resource.ID, after)
			}
		}
	}
}

func more(after, before []string) []string {
	return slices.DeleteFunc(slices.Clone(after), func(k string) bool { return slices.Contains(before, k) })
}

// change: made in the whole tenant, it lets all through and opens what it says.
func (h *holder) change(b *review.Blocker, f review.Fix) {
	after, found := change.Apply(h.will, *f.Change)
	if found.HasErrors() {
		h.errorf("%s: %v", f.Change.Title, found)
	}
	e := h.engine(after)
	own := []string{key(b.Assigned)}
	for _, put := range f.Change.Put {
		own = append(own, strings.ToLower(string(put.ID))+"#"+b.Assigned.Reference())
	}
	stops := func(e *policy.Engine, r arm.Resource, t *tenant.Tenant) bool {
		return slices.ContainsFunc(denying(e, r, policy.In(t)), func(k string) bool { return slices.Contains(own, k) })
	}
	for _, hit := range b.Hits {
		before, now := denying(h.now, hit.Resource, policy.In(h.will)), denying(e, hit.Resource, policy.In(after))
		if stops(e, hit.Resource, after) || len(more(now, before)) > 0 {
			h.errorf("%s does not let %s through: %v", f.Change.Title, hit.Resource.ID, now)
		}
	}
	var opened []arm.ID
	for _, sub := range h.will.Subscriptions(arm.Tenant) {
		if slices.ContainsFunc(there(b.Hits, sub), func(r arm.Resource) bool { return stops(h.now, r, h.will) && !stops(e, r, after) }) {
			opened = append(opened, sub)
		}
	}
	if !slices.EqualFunc(opened, f.Opens.Subscriptions, arm.ID.Equal) {
		h.errorf("%s opens subscriptions %v, says %v", f.Change.Title, opened, f.Opens.Subscriptions)
	}
	if n := h.freed(e, after, own); n != f.Opens.Resources {
		h.errorf("%s frees %d existing resources, says %d", f.Change.Title, n, f.Opens.Resources)
	}
}

// there gives what is stopped as it would be in a subscription.
func there(hits []review.Hit, sub arm.ID) []arm.Resource {
	var own, all []arm.Resource
	types := map[string]bool{}
	for _, hit := range hits {
		r := hit.Resource
		if r.ID.Under(sub) {
			own = append(own, r)
		}
		if typ := strings.ToLower(string(r.Type())); !types[typ] {
			types[typ] = true
			r.ID = sub + r.ID[len(r.ID.SubscriptionID()):]
			r.Body, _ = r.Body.Set(string(r.ID), "id")
			all = append(all, r)
		}
	}
	if own != nil {
		return own
	}
	return all
}

// freed counts what exists and does not comply with one of some rules before,
// and complies with all of them after.
func (h *holder) freed(e *policy.Engine, after *tenant.Tenant, own []string) int {
	caught := func(e *policy.Engine, t *tenant.Tenant) map[arm.ID]bool {
		all := map[arm.ID]bool{}
		e.Scan(h.have.All(), policy.In(t), func(r arm.Resource, results []policy.Result) {
			for _, res := range results {
				if slices.Contains(own, key(res.Assigned)) && res.State == policy.NonCompliant {
					all[r.ID] = true
				}
			}
		})
		return all
	}
	n, still := 0, caught(e, after)
	for id := range caught(h.now, h.will) {
		if !still[id] {
			n++
		}
	}
	return n
}
