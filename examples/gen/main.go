// Command gen makes examples/contoso/tenant.jsonl.gz again, the tenant that the
// estate beside it is reviewed against:
//
//	go run ./examples/gen
//
// Nothing goes in but the tables in its files: who has which subscription
// (tree.go), what runs there (workloads.go), how it is connected (network.go),
// what is forbidden (policies.go), what Azure would give (facts.go). It lies
// beside the example because nothing else needs it. Running it twice gives the
// same bytes. It reads no estate: gen_test.go holds the two against each other.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"

	"airfield/arm"
	"airfield/tenant"
	"airfield/tenant/tenanttest"
)

func main() {
	to := flag.String("to", "examples/contoso/tenant.jsonl.gz", "file to write")
	seed := flag.Uint64("seed", 1, "what chance begins with")
	flag.Parse()
	raw, err := pack(contoso(*seed))
	if err == nil {
		err = os.WriteFile(*to, raw, 0o666)
	}
	if err != nil {
		panic(err) // only those who work on airfield run this
	}
}

// pack gives the file of a tenant.
func pack(t *tenant.Tenant) ([]byte, error) {
	var b bytes.Buffer
	err := t.Write(&b, tenant.Gzip)
	return b.Bytes(), err
}

// made is the day the tenant is as it was. Nothing here asks a clock.
const made = "2026-11-16T05:00:00Z"

// maker collects the resources of the tenant.
type maker struct {
	b    tenant.Builder
	rand *rand.Rand
	used map[meter]int // vCPUs that run, and machines
}

// meter is what Azure counts vCPUs by.
type meter struct {
	subscription, region, family string
}

// machines stands for a family where machines are counted.
const machines = "virtualMachines"

// contoso makes the tenant.
func contoso(seed uint64) *tenant.Tenant {
	m := &maker{rand: rand.New(rand.NewPCG(seed, 2026)), used: map[meter]int{}}
	m.b.Header = tenant.Header{Made: made, By: "airfield examples/gen", Tenant: tenantID, Missing: []tenant.Missing{
		{What: "Microsoft.Authorization/roleEligibilityScheduleInstances", Why: "403: the account that read the tenant may not read Privileged Identity Management"},
		{What: "Microsoft.Compute/locations/skus at " + string(id("con-archive")), Why: "the subscription is disabled"},
		{What: "Microsoft.Compute/locations/usages at " + string(id("con-archive")), Why: "the subscription is disabled"},
	}}
	m.tree()
	m.policies()
	m.hubs()
	for _, s := range subscriptions {
		m.spoke(s)
		for _, a := range workloads {
			if a.in == s.name {
				m.workload(s, a)
			}
		}
		m.govern(s)
		m.facts(s)
	}
	t, found := m.b.Tenant()
	if len(found) > 0 {
		panic(fmt.Sprint(found)) // the tables contradict each other
	}
	return t
}

// add adds a resource, and gives its id.
func (m *maker) add(id arm.ID, more ...any) arm.ID {
	m.b.Add(tenanttest.Resource(id, more...))
	return id
}

// chance tells whether something happens that does so in percent of all cases.
func (m *maker) chance(percent int) bool { return m.rand.IntN(100) < percent }

// one gives one of several.
func one[T any](m *maker, of ...T) T { return of[m.rand.IntN(len(of))] }
