package design_test

import (
	"fmt"
	"strings"
	"testing"

	"airfield/arm"
	"airfield/cost"
	"airfield/design/designtest"
)

// TestBillIsWhole holds the bills of estates made by chance: each resource is
// on it, free, or named as without a price; machines are on it once; its sum is
// that of its subscriptions, and budgets hold it.
func TestBillIsWhole(t *testing.T) {
	for seed := range uint64(8) {
		d := of(t, designtest.Estate(seed, 6), nil)
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			answers, fleets := map[arm.ID]int{}, map[arm.ID]int{}
			for _, l := range d.Bill.Lines {
				answers[l.ID.Fold()]++
			}
			for _, u := range d.Bill.Unpriced {
				answers[u.ID.Fold()]++
			}
			for _, f := range d.Bill.Free {
				answers[f.ID.Fold()]++
			}
			for _, f := range d.Bill.Fleets {
				fleets[f.ID.Fold()]++
			}
			for r := range d.Tenant.All() {
				if answers[r.ID.Fold()] == 0 {
					t.Errorf("nothing is said of %s", r.ID)
				}
				machines := r.Type().Equal("Microsoft.Compute/virtualMachines") || r.Type().Equal("Microsoft.Compute/virtualMachineScaleSets")
				if machines && fleets[r.ID.Fold()] > 1 {
					t.Errorf("%s is on the bill %d times", r.ID, fleets[r.ID.Fold()])
				}
			}
			sum, bills := int64(0), d.Bill.Subscriptions()
			for _, b := range bills {
				sum += b.Total()
			}
			if sum != d.Bill.Total() {
				t.Errorf("the subscriptions come to %d, the bill to %d", sum, d.Bill.Total())
			}
			for _, s := range d.Subscriptions {
				for _, b := range d.Budgets {
					part := bills[s.ID.Fold()]
					if b.Subscription == s.Name && part != nil && len(b.Of) > 0 && b.Amount*1_000_000 < part.Total() {
						t.Errorf("the budget of %s is %d USD, and its bill %s USD", s.Name, b.Amount, cost.Dollars(part.Total()))
					}
				}
			}
		})
	}
}

// TestBillOfEstate shows where what bodies do not hold comes from: busy and what
// is stored from the estate, nodes of an orchestrator from the design.
func TestBillOfEstate(t *testing.T) {
	d := of(t, []byte(`airfield: 1
organization: {name: N, prefix: nwh, owner: ai@n.example, cost_center: CC-1}
platform: standalone
regions: {home: swedencentral}
network: {pools: {swedencentral: 10.96.0.0/16}}
workloads:
  atlas:
    data: {corpus: {size: 1TiB, grows: 1TiB/month, redundancy: LRS}, models: {versions: 3, redundancy: LRS}}
    jobs:
      train: {size: Standard_ND96isr_H100_v5, nodes: 2, busy: 50%, run_by: slurm}
      clean: {size: Standard_D8s_v5, nodes: 1, runs: 10/month, done_within: 10h}
`), nil)
	var text strings.Builder
	for _, l := range d.Bill.Lines {
		fmt.Fprintf(&text, "%s: %s = %s\n", l.Meter, l.Sum, cost.Dollars(l.Amount))
	}
	for _, want := range []string{
		"Standard_ND96isr_H100_v5 train: 2 nodes × 365 h = 93,305.68\n", // 730 × 127.816
		"Standard_D8s_v5: 1 node × 100 h = 40.80\n",
		"Hot LRS Data Stored: 2048 GiB = 37.68\n", // 2048 × 0.0184
	} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("have\n%s, want %s", &text, want)
		}
	}
	unknown := ""
	for _, u := range d.Bill.Unpriced {
		unknown += u.What + "; "
	}
	if !strings.Contains(unknown, "what atlas/prod/models takes; ") {
		t.Errorf("have %s", unknown)
	}
}
