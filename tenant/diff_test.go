package tenant_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"airfield/arm"
	"airfield/tenant"
)

func TestDiff(t *testing.T) {
	a := []string{
		`{"id":"/providers/N/t/a","x":1}`,
		`{"id":"/providers/N/t/b","x":1,"y":{"p":[1,{"q":2}],"r":[1]},"z":{}}`,
		`{"id":"/providers/N/t/c","A":1,"b":"\u0078"}`,
		`{"id":"/providers/N/t/e"}`,
	}
	b := []string{
		`{"id":"/providers/N/T/b","x":1.0,"y":{"p":[1,{"q":3,"s":4}],"r":[1,2],"n":null}}`,
		`{"id":"/providers/n/t/C","b":"x","a":1}`,
		`{"id":"/providers/N/t/d"}`,
		`{"id":"/providers/N/t/e"}`,
		`{"id":"/providers/N/t/f"}`,
	}
	u, _ := build(t, a...)
	v, _ := build(t, b...)
	var have strings.Builder
	for c := range tenant.Diff(u, v) {
		fmt.Fprintf(&have, "%s %s %s\n", c.Kind, c.ID, strings.Join(c.Paths, " "))
		if (c.Kind != tenant.Added) != c.Before.Body.Exists() || (c.Kind != tenant.Removed) != c.After.Body.Exists() {
			t.Errorf("have %v", c)
		}
	}
	want := `removed /providers/N/t/a 
changed /providers/N/T/b x y.p.1.q y.p.1.s y.r y.n z
added /providers/N/t/d 
added /providers/N/t/f 
`
	if have.String() != want {
		t.Errorf("have\n%s\nwant\n%s", have.String(), want)
	}
}

// TestDiffLeadsFromOneToTheOther does what the differences say.
func TestDiffLeadsFromOneToTheOther(t *testing.T) {
	for seed := range uint64(100) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		var a, b tenant.Builder
		for _, r := range random(rnd, 30) {
			a.Add(r)
		}
		for _, r := range random(rnd, 30) {
			b.Add(r)
		}
		u, _ := a.Tenant()
		v, _ := b.Tenant()
		var put []arm.Resource
		var gone []arm.ID
		for c := range tenant.Diff(u, v) {
			if c.Kind == tenant.Removed {
				gone = append(gone, c.ID)
			} else {
				put = append(put, c.After)
			}
		}
		w, _ := u.Without(gone...)
		w, _ = w.With(put...)
		if left := slices.Collect(tenant.Diff(w, v)); len(left) > 0 || w.Len() != v.Len() {
			t.Fatalf("seed %d: have %v", seed, left)
		}
	}
}
