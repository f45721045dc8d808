package design_test

import (
	"fmt"
	"strings"
	"testing"

	"airfield/arm"
	"airfield/design"
)

// TestGroupBudgets: the budget of a management group of ours is the sum of those
// of all subscriptions below it, where the agreement has such budgets and each
// subscription has one.
func TestGroupBudgets(t *testing.T) {
	for _, tt := range []struct {
		agreement, platform, environments string
		want                              string
	}{
		{"EA", "standalone", "dev: {budget: 100 USD}, prod: {budget: 250 USD}", "nwh 550, nwh-corp 350, nwh-landingzones 350, nwh-sandbox 200"},
		{"PAYG", "standalone", "dev: {budget: 100 USD}, prod: {budget: 250 USD}", "nwh 550, nwh-corp 350, nwh-landingzones 350, nwh-sandbox 200"},
		{"EA", "standalone", "dev: {budget: 100 EUR}, prod: {budget: 250 USD}", "nwh-sandbox 200"},
		{"MCA", "standalone", "dev: {budget: 100 USD}, prod: {budget: 250 USD}", ""},
		{"MPA", "standalone", "dev: {budget: 100 USD}, prod: {budget: 250 USD}", ""},
		{"EA", "{groups: {root: r, landing_zones: lz, corp: c, sandbox: s}}", "dev: {budget: 100 USD}, prod: {budget: 250 USD}", ""},
	} {
		subscription := ""
		if tt.agreement == "PAYG" {
			subscription = "subscription: 5b1d0a52-0000-4000-8000-0000000000f%d, "
		}
		environments := tt.environments
		for i, name := range []string{"dev: {", "prod: {"} {
			if subscription != "" {
				environments = strings.Replace(environments, name, name+fmt.Sprintf(subscription, i), 1)
			}
		}
		play := "prod: {budget: 200 USD}"
		if subscription != "" {
			play = "prod: {" + fmt.Sprintf(subscription, 3) + "budget: 200 USD}"
		}
		d := of(t, []byte(`airfield: 1
organization: {name: N, prefix: nwh, owner: ai@n.example, cost_center: CC-1, billing: {agreement: `+tt.agreement+`}}
platform: `+tt.platform+`
regions: {home: swedencentral}
network: {pools: {swedencentral: 10.96.0.0/16}}
workloads:
  atlas: {connects: corp, environments: {`+environments+`}}
  play: {connects: sandbox, environments: {`+play+`}}
`), nil)
		if have := groupBudgets(d); have != tt.want {
			t.Errorf("%s, %s, %s:\nhave %s\nwant %s", tt.agreement, tt.platform, tt.environments, have, tt.want)
		}
	}
}

func groupBudgets(d *design.Design) string {
	var all []string
	for r := range d.Tenant.All() {
		if r.Type().Equal(budgets) && onGroup(r.ID) {
			all = append(all, r.ID.Scope().Name()+" "+r.Get("properties", "amount").Text())
		}
	}
	return strings.Join(all, ", ")
}

// onGroup tells whether what an id names lies at a management group.
func onGroup(id arm.ID) bool { return id.Scope().Type().Equal(arm.ManagementGroupType) }
