// Command gen makes examples/NAME/tenant.jsonl.gz again for each organization,
// the tenant that the estate beside it is reviewed against:
//
//	go run ./examples/gen
//
// Nothing goes in but tables: what is an organization's own (contoso.go,
// northwind.go). What all have in common makes resources of them: the tree
// (tree.go), what runs there (workloads.go), how it is connected (network.go),
// what is forbidden (policies.go), what Azure would give (facts.go). It lies
// beside the examples because nothing else needs it. Running it twice gives the
// same bytes. It reads no estate: the tests hold the two against each other.
package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"

	"airfield/arm"
	"airfield/tenant"
	"airfield/tenant/tenanttest"
)

func main() {
	for _, o := range organizations {
		raw, err := pack(o.make(1))
		if err == nil {
			err = os.WriteFile("examples/"+o.name+"/tenant.jsonl.gz", raw, 0o666)
		}
		if err != nil {
			panic(err) // only those who work on airfield run this
		}
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
	*organization
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

// make makes the tenant of an organization; chance begins with seed.
func (o *organization) make(seed uint64) *tenant.Tenant {
	m := &maker{organization: o, rand: rand.New(rand.NewPCG(seed, 2026)), used: map[meter]int{}}
	m.b.Header = tenant.Header{Made: made, By: "airfield examples/gen", Tenant: o.tenant, Missing: o.unread()}
	m.tree()
	m.policies()
	m.hubs()
	for _, s := range o.subscriptions {
		m.spoke(s)
		for _, a := range o.workloads {
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
