package main

import (
	"bytes"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"airfield/arm"
	"airfield/catalog"
	"airfield/design"
	"airfield/limits"
	"airfield/policy"
	"airfield/snapshot"
	"airfield/source"
	"airfield/tenant"
	"airfield/tenant/tenanttest"
)

var update = flag.Bool("update", false, "write testdata again")

const example = "../contoso/"

// now is when the tests judge: the day the tenant is of.
var now = time.Date(2026, 11, 16, 5, 0, 0, 0, time.UTC)

// TestFile wants the file to be what the tables make, small, and without a
// finding.
func TestFile(t *testing.T) {
	have, err := pack(contoso(1))
	if err != nil {
		t.Fatal(err)
	}
	file := read(t, "tenant.jsonl.gz")
	if !bytes.Equal(have, file) {
		t.Fatal("tenant.jsonl.gz is not what the tables make: go run ./examples/gen")
	}
	if len(file) > 600_000 {
		t.Errorf("the file has %d bytes", len(file))
	}
	all, found, err := tenant.Read("tenant.jsonl.gz", bytes.NewReader(file))
	if err != nil || len(found) > 0 {
		t.Fatal(err, found)
	}
	subscriptions, real := 0, 0
	for r := range all.All() {
		switch {
		case r.Type().Equal(arm.SubscriptionType):
			subscriptions++
		case r.ID.SubscriptionID() != "" && !strings.Contains(string(r.Type()), "/locations/") && !r.Type().Equal("Microsoft.Resources/providers"):
			real++
		}
	}
	t.Logf("%d subscriptions, %d resources in them, %d lines, %d bytes", subscriptions, real, all.Len(), len(file))
	if subscriptions < 20 || real < 5000 {
		t.Errorf("have %d subscriptions with %d resources, wanted 20 with 5000", subscriptions, real)
	}
	if !bytes.Equal(have, must(pack(contoso(1)))) || bytes.Equal(have, must(pack(contoso(2)))) {
		t.Error("the same seed gives another tenant, or another seed the same")
	}
}

// TestPolicies wants about sixty rules in force in corp, none of them broken.
func TestPolicies(t *testing.T) {
	e, found := policy.Compile(contoso(1), policy.Options{Now: now})
	if len(found) > 0 {
		t.Error(found)
	}
	rules := e.InForce(arm.ManagementGroup(corp))
	for _, r := range rules {
		if r.Rule == nil || len(r.Rule.Unknown()) > 0 {
			t.Errorf("%s: %s: nothing is known, or not all of its fields", r.ID, r.Policy())
		}
	}
	if len(rules) < 50 || len(rules) > 75 {
		t.Errorf("%d rules are in force in corp", len(rules))
	}
}

// TestDenied judges the estate's design and the template beside it by the
// tenant's policies: testdata/denied.txt has all that is denied, and by whom.
func TestDenied(t *testing.T) {
	have := strings.Join(append(denied(t, contoso(1), wanted(t, contoso(1)), now), denied(t, contoso(1), template(t), now)...), "\n") + "\n"
	if *update {
		if err := os.WriteFile("testdata/denied.txt", []byte(have), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("testdata/denied.txt")
	if err != nil {
		t.Fatal(err)
	}
	if have != string(want) {
		t.Errorf("have\n%s\nwant\n%s", have, want)
	}
}

// TestExpired wants the board's exemption to be what kept Orion's scale sets
// from being denied until it ran out, and no rule of built-in sizes to bind them.
func TestExpired(t *testing.T) {
	have := strings.Join(denied(t, contoso(1), wanted(t, contoso(1)), time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC)), "\n")
	if strings.Contains(have, "vmss-con-orion") || !strings.Contains(have, "churn") {
		t.Errorf("in September\n%s", have)
	}
}

// TestQuota wants a subscription of the estate that exists to have no quota for
// the family that it needs, and all others of the tenant to have what they use.
func TestQuota(t *testing.T) {
	all := contoso(1)
	need, _ := catalog.SizeByName("Standard_NC40ads_H100_v5")
	limits := map[string]int64{}
	for r := range all.OfType("Microsoft.Compute/locations/usages") {
		for u := range r.Get("properties", "value").Items() {
			used, _ := u.Get("currentValue").Int()
			limit, ok := u.Get("limit").Int()
			if !ok || used > limit {
				t.Errorf("%s: %s: %d of %d are used", r.ID, u.Get("name", "value").Str(), used, limit)
			}
			if r.ID.SubscriptionID() == id("con-tuner-prod") {
				limits[r.ID.Names()[0]+" "+u.Get("name", "value").Str()] = limit
			}
		}
	}
	if limit, ok := limits[home+" "+need.QuotaFamily]; !ok || limit != 0 {
		t.Errorf("the quota is %d, %v", limit, ok)
	}
	at := slices.IndexFunc(designed(t).Subscriptions, func(s design.Subscription) bool { return s.ID.Equal(id("con-tuner-prod")) })
	if _, ok := all.Get(id("con-tuner-prod").Resource("Microsoft.Compute/locations/skus", home, need.Name)); at < 0 || !ok {
		t.Error("the estate does not use the subscription, or it is not offered the size")
	}
}

// TestOverlap wants one network of the tenant to lie in the ranges that the
// estate's networks have, and the hubs to be where the estate says.
func TestOverlap(t *testing.T) {
	all, d := contoso(1), designed(t)
	var overlaps []string
	for theirs := range all.OfType("Microsoft.Network/virtualNetworks") {
		for ours := range d.Tenant.OfType("Microsoft.Network/virtualNetworks") {
			if !ours.Theirs && overlap(ranges(t, theirs), ranges(t, ours)) {
				overlaps = append(overlaps, theirs.ID.Name()+" "+ours.ID.Name())
			}
		}
	}
	slices.Sort(overlaps)
	if want := []string{"vnet-dwh-prod-sdc vnet-con-lumen-prod-sdc-001", "vnet-dwh-prod-sdc vnet-con-lumen-test-sdc-001", "vnet-dwh-prod-sdc vnet-con-orion-dev-sdc-001", "vnet-dwh-prod-sdc vnet-con-orion-prod-sdc-001"}; !slices.Equal(overlaps, want) {
		t.Errorf("have %q", overlaps)
	}
	for _, hub := range d.Estate.Platform.Hubs {
		r, ok := all.Get(arm.ID(hub.Value.VNet))
		if !ok || r.Location() != hub.Key || !overlap(ranges(t, r), []netip.Prefix{netip.PrefixFrom(netip.MustParseAddr(hub.Value.Firewall), 32)}) {
			t.Errorf("the hub of %s is not the estate's", hub.Key)
		}
	}
}

func ranges(t *testing.T, network arm.Resource) []netip.Prefix {
	t.Helper()
	var all []netip.Prefix
	for _, s := range network.Get("properties", "addressSpace", "addressPrefixes").Strings() {
		all = append(all, netip.MustParsePrefix(s))
	}
	return all
}

func overlap(a, b []netip.Prefix) bool {
	return slices.ContainsFunc(a, func(p netip.Prefix) bool { return slices.ContainsFunc(b, p.Overlaps) })
}

// TestLustre wants the services to say of the template what its policies cannot:
// its subnet is too small for its file system.
func TestLustre(t *testing.T) {
	resources := template(t)
	all, found := contoso(1).With(resources...)
	if found.HasErrors() {
		t.Fatal(found)
	}
	var codes []string
	for _, r := range resources {
		for _, f := range limits.Check(r, all) {
			codes = append(codes, r.ID.Name()+" "+f.Code)
		}
	}
	if want := []string{"vnet-glyph-night-sdc limits/subnet-nsg", "stglyphnightp01 limits/storage-network", "amlfs-glyph-night limits/lustre-subnet"}; !slices.Equal(codes, want) {
		t.Errorf("have %q", codes)
	}
}

// denied judges resources by a tenant that they are put into, and gives a line
// for each that is denied or not known to be allowed.
func denied(t *testing.T, in *tenant.Tenant, resources []arm.Resource, at time.Time) []string {
	t.Helper()
	all, found := in.With(resources...)
	if found.HasErrors() {
		t.Fatal(found)
	}
	e, _ := policy.Compile(all, policy.Options{Now: at})
	related := policy.In(all)
	var lines []string
	for _, r := range resources {
		v := e.Judge(policy.Request{Resource: r}, related)
		var by []string
		for _, x := range v.Results {
			if x.Blocks() {
				by = append(by, x.Assignment.ID.Name()+" "+x.Assignment.Scope.Name())
			}
		}
		if slices.Sort(by); v.Decision != policy.Allowed {
			lines = append(lines, fmt.Sprintf("%s  %s %s: %s", v.Decision, r.Type(), r.ID.Name(), strings.Join(by, ", ")))
		}
	}
	return lines
}

// wanted gives what the estate's design makes, with the subscriptions it vends
// and without the policies it assigns, which only report.
func wanted(t *testing.T, in *tenant.Tenant) []arm.Resource {
	t.Helper()
	d := designed(t)
	var all []arm.Resource
	for r := range d.Tenant.All() {
		if !r.Theirs && !r.Type().Equal("Microsoft.Authorization/policyAssignments") {
			all = append(all, tenant.Keep(r))
		}
	}
	for _, s := range d.Subscriptions {
		if tags, ok := d.Tenant.Get(s.ID.Resource("Microsoft.Resources/tags", "default")); ok && !in.Has(s.ID) {
			all = append(all, tenanttest.Resource(s.ID, "tags", tags.Get("properties", "tags"), "properties", arm.O{"displayName", s.Name}))
		}
	}
	return all
}

func designed(t *testing.T) *design.Design {
	t.Helper()
	file, _ := source.NewFile("estate.yaml", read(t, "estate.yaml"))
	e, found := design.Read(file)
	if found.HasErrors() {
		t.Fatal(found)
	}
	file, _ = source.NewFile("estate.lock", read(t, "estate.lock"))
	lock, found := design.ReadLock(file)
	if found.HasErrors() {
		t.Fatal(found)
	}
	return design.New(e, design.Options{Lock: lock, Month: "2026-12-01"})
}

// template gives what the AI team's own template deploys.
func template(t *testing.T) []arm.Resource {
	t.Helper()
	file, _ := source.NewFile("lustre.json", read(t, "lustre.json"))
	pieces, found := snapshot.Reader{At: id("con-glyph-prod")}.Resources(file)
	if len(found) > 0 {
		t.Fatal(found)
	}
	var all []arm.Resource
	for _, p := range pieces {
		all = append(all, p.Resource)
	}
	return all
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile(example + name)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func must(raw []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return raw
}
