package tenanttest_test

import (
	"bytes"
	"testing"
	"time"

	"airfield/policy"
	"airfield/tenant"
	"airfield/tenant/tenanttest"
)

// TestGenerate wants tenants made by chance to be the same for the same seed,
// to compile without a finding, and to allow, deny and rewrite a good part of
// what lies in them; nothing is unknown, since everything is there.
func TestGenerate(t *testing.T) {
	decisions, changes, exempt := map[policy.Decision]int{}, 0, 0
	for seed := range uint64(100) {
		all := tenanttest.Generate(seed, tenanttest.Options{})
		if seed < 3 && text(t, all) != text(t, tenanttest.Generate(seed, tenanttest.Options{})) {
			t.Errorf("seed %d: another tenant the second time", seed)
		}
		e, found := policy.Compile(all, policy.Options{Now: time.Date(2026, 11, 16, 0, 0, 0, 0, time.UTC)})
		if len(found) > 0 {
			t.Errorf("seed %d: %v", seed, found)
		}
		for r := range all.All() {
			if r.ID.ResourceGroupID() == "" {
				continue
			}
			v := e.Judge(policy.Request{Resource: tenant.Keep(r)}, policy.In(all))
			decisions[v.Decision]++
			changes += len(v.Changes)
			for _, x := range v.Results {
				if x.State == policy.Exempt {
					exempt++
				}
			}
		}
	}
	t.Logf("decisions %v, %d changes, %d exempt", decisions, changes, exempt)
	if decisions[policy.Allowed] < 500 || decisions[policy.Denied] < 500 || decisions[policy.NotKnown] > 0 || changes == 0 || exempt == 0 {
		t.Errorf("decisions %v, %d changes, %d exempt", decisions, changes, exempt)
	}
}

func text(t *testing.T, all *tenant.Tenant) string {
	t.Helper()
	var b bytes.Buffer
	if err := all.Write(&b, tenant.Plain); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
