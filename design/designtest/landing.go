// Package designtest makes what tests of designs design: estates by chance, and
// tenants that they land in, in which much of what they want exists already.
//
// A seed goes in; the text of an estate and a tenant come out, the same for the
// same seed. The program itself never imports it.
package designtest

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"airfield/arm"
	"airfield/design"
	"airfield/source"
	"airfield/tenant"
	"airfield/tenant/tenanttest"
)

// Day is the day of designs that land in a tenant.
var Day = time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)

// Land designs an estate for a tenant.
func Land(t testing.TB, raw []byte, have *tenant.Tenant, lock *design.Lock) *design.Design {
	t.Helper()
	f, _ := source.NewFile("estate.yaml", raw)
	e, found := design.Read(f)
	if found.HasErrors() {
		t.Fatalf("%v\n%s", found, raw)
	}
	return design.New(e, design.Options{Lock: lock, Month: "2026-11-01", Tenant: have, Now: Day})
}

// Landing gives an estate by chance, whose groups and subscription are those of
// a tenant, and that tenant. It has the hubs, and a third of what the design
// would write of the kinds that are never written where they exist.
func Landing(t testing.TB, seed uint64, workloads int) (raw []byte, have *tenant.Tenant) {
	t.Helper()
	have = tenanttest.Generate(seed, tenanttest.Options{Assignments: 12})
	raw, sub := adopting(seed, workloads, have)
	d := Land(t, raw, nil, nil)
	have, _ = have.With(slices.Concat(hubs(d), occupied(seed, d, sub))...)
	return raw, have
}

// Theirs tells whether a write of an id changes a management group, the place
// of a subscription, a network or a policy object that a tenant has.
func Theirs(have *tenant.Tenant, id arm.ID) bool {
	switch typ := id.Type(); {
	case typ.Equal(arm.ManagementGroupType + "/subscriptions"):
		return have.Has(arm.Subscription(id.Name()))
	case typ.Equal("Microsoft.Network/virtualNetworks") || strings.HasPrefix(string(typ), "Microsoft.Network/virtualNetworks/"):
		return have.Has(id) || typ.Child() && have.Has(id.Parent())
	default:
		return have.Has(id) && kept(id)
	}
}

// kept tells whether what exists with an id is never written.
func kept(id arm.ID) bool {
	t := string(id.Type())
	return strings.HasPrefix(t, "Microsoft.Management/") || strings.HasPrefix(t, "Microsoft.Authorization/polic") || strings.HasPrefix(t, "Microsoft.Network/virtualNetworks")
}

// pipelines are ways to deploy, and a group that may take up a role.
var pipelines = []string{
	"deploys: {with: github, repository: o/r, form: bicep}",
	"deploys: {with: azure_devops, repository: o/p/r, identity_per: environment, approvers: leads, form: terraform, state: /subscriptions/3c9a7c5e-0000-4000-8000-0000000000c1/resourceGroups/s/providers/Microsoft.Storage/storageAccounts/st}",
	"deploys: {with: github, repository: o/r, form: arm}",
}

// adopting gives a generated estate whose groups and subscription are those of
// a tenant.
func adopting(seed uint64, workloads int, have *tenant.Tenant) (raw []byte, sub arm.ID) {
	var groups []string
	for g := range have.OfType(arm.ManagementGroupType) {
		groups = append(groups, g.ID.Name())
	}
	sub = have.Subscriptions(arm.Tenant)[seed%3]
	group := func(n uint64) string { return groups[(seed+n)%uint64(len(groups))] }
	text := string(Estate(seed, workloads))
	if workloads == 1 {
		text = strings.Replace(text, "w1: Reader, ", "", 1)
	}
	text = strings.Replace(text, "{root: r, landing_zones: lz, corp: c, online: o, sandbox: s}", fmt.Sprintf("{root: root, landing_zones: root, corp: %s, online: %s, sandbox: %s}", group(1), group(2), group(3)), 1)
	axes := []string{"none", "none", "[environment]"}[seed%3] // a finer axis would split what is adopted
	text = regexp.MustCompile(`groups: (\[.*?\]|none), subscription_per`).ReplaceAllString(text, "groups: "+axes+", subscription_per")
	text = strings.Replace(text, "subscription_per: [workload],", "subscription_per: [workload, environment],", 1)
	text = strings.Replace(text, "\naccess: {", "\naccess: {"+pipelines[seed%uint64(len(pipelines))]+", grp-later: {'*/prod': {role: Contributor, eligible: 8h}}, ", 1)
	return []byte(strings.Replace(text, "prod: {}", "prod: {subscription: "+sub.Name()+"}", 1)), sub
}

// hubs gives the networks of the hubs that an estate names.
func hubs(d *design.Design) (there []arm.Resource) {
	for i, h := range d.Estate.Platform.Hubs {
		there = append(there, tenanttest.Resource(arm.ID(h.Value.VNet), "location", h.Key, "properties", arm.O{"addressSpace", arm.O{"addressPrefixes", []string{fmt.Sprintf("10.%d.0.0/22", i)}}}))
	}
	return there
}

// occupied gives a third of what a design would write of the kinds that are
// never written where they exist.
func occupied(seed uint64, d *design.Design, sub arm.ID) (there []arm.Resource) {
	n := seed
	for r := range d.Tenant.All() {
		if r.Theirs || !kept(r.ID) || r.ID.SubscriptionID() != "" && !r.ID.SubscriptionID().Equal(sub) {
			continue
		}
		if n++; n%3 > 0 {
			continue
		}
		switch {
		case r.Type().Equal("Microsoft.Authorization/policyAssignments"):
			a := tenanttest.Assignment{Name: r.ID.Name(), Title: "theirs", At: r.ID.Scope(), Of: tenanttest.BuiltInID(tenanttest.AllowedLocations), Parameters: arm.O{"listOfAllowedLocations", []string{"swedencentral", "eastus"}}}
			there = append(there, a.Resource())
		case r.Type().Equal("Microsoft.Network/virtualNetworks"):
			there = append(there, tenanttest.Resource(r.ID, "location", "swedencentral", "properties", arm.O{"addressSpace", arm.O{"addressPrefixes", []string{"10.64.0.0/24"}}}))
		case r.Type().Equal(arm.ManagementGroupType):
			there = append(there, tenanttest.Group(r.ID.Name(), r.ID.Name(), arm.ManagementGroup("root")))
		}
	}
	return there
}
