package main

import (
	"bytes"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"airfield/arm"
	"airfield/catalog"
	"airfield/design"
	"airfield/limits"
	"airfield/policy"
	"airfield/review"
	"airfield/snapshot"
	"airfield/source"
	"airfield/tenant"
	"airfield/tenant/tenanttest"
)

var update = flag.Bool("update", false, "write testdata again")

// law and health are the organizations.
var (
	law, health  = organizations[0], organizations[1]
	lawTenant    = sync.OnceValue(func() *tenant.Tenant { return law.make(1) })
	healthTenant = sync.OnceValue(func() *tenant.Tenant { return health.make(1) })
)

// now is when the tests judge: the day the tenants are of.
var now = time.Date(2026, 11, 16, 5, 0, 0, 0, time.UTC)

// TestFile wants the files to be what the tables make, small, and without a
// finding.
func TestFile(t *testing.T) {
	for _, tt := range []struct {
		o                              *organization
		made                           *tenant.Tenant
		bytes, subscriptions, from, to int
	}{{law, lawTenant(), 600_000, 29, 5000, 6000}, {health, healthTenant(), 1_500_000, 400, 15_000, 25_000}} {
		have := must(pack(tt.made))
		file := read(t, tt.o, "tenant.jsonl.gz")
		if !bytes.Equal(have, file) {
			t.Fatalf("%s: tenant.jsonl.gz is not what the tables make: go run ./examples/gen", tt.o.name)
		}
		if len(file) > tt.bytes {
			t.Errorf("%s: the file has %d bytes", tt.o.name, len(file))
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
		t.Logf("%s: %d subscriptions, %d resources in them, %d lines, %d bytes", tt.o.name, subscriptions, real, all.Len(), len(file))
		if subscriptions != tt.subscriptions || real < tt.from || real > tt.to {
			t.Errorf("%s: have %d subscriptions with %d resources, wanted %d with %d to %d", tt.o.name, subscriptions, real, tt.subscriptions, tt.from, tt.to)
		}
	}
	if first := must(pack(lawTenant())); !bytes.Equal(first, must(pack(law.make(1)))) || bytes.Equal(first, must(pack(law.make(2)))) {
		t.Error("the same seed gives another tenant, or another seed the same")
	}
}

// TestPolicies wants so many rules in force in corp, none of them broken.
func TestPolicies(t *testing.T) {
	for _, tt := range []struct {
		o        *organization
		made     *tenant.Tenant
		from, to int
	}{{law, lawTenant(), 50, 75}, {health, healthTenant(), 100, 300}} {
		e, found := policy.Compile(tt.made, policy.Options{Now: now})
		if len(found) > 0 {
			t.Error(found)
		}
		rules := e.InForce(tt.o.at("corp"))
		for _, r := range rules {
			if r.Rule == nil || len(r.Rule.Unknown()) > 0 {
				t.Errorf("%s: %s: nothing is known, or not all of its fields", r.ID, r.Policy())
			}
		}
		t.Logf("%s: %d rules are in force in corp", tt.o.name, len(rules))
		if len(rules) < tt.from || len(rules) > tt.to {
			t.Errorf("%s: %d rules are in force in corp", tt.o.name, len(rules))
		}
	}
}

// TestDenied judges the estates' designs and the template beside one by the
// tenants' policies: testdata has all that is denied, and by whom.
func TestDenied(t *testing.T) {
	for _, tt := range []struct {
		o       *organization
		in      *tenant.Tenant
		file    string
		besides []arm.Resource
	}{{law, lawTenant(), "testdata/denied.txt", template(t)}, {health, healthTenant(), "testdata/denied_northwind.txt", nil}} {
		have := strings.Join(append(denied(t, tt.in, wanted(t, tt.o, tt.in), now), denied(t, tt.in, tt.besides, now)...), "\n") + "\n"
		golden(t, tt.file, have)
	}
}

// golden holds what a test has against a file.
func golden(t *testing.T, file, have string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(have), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if have != string(want) {
		t.Errorf("%s: have\n%s\nwant\n%s", file, have, want)
	}
}

// TestExpired wants the board's exemption to be what kept Orion's scale sets
// from being denied until it ran out, and no rule of built-in sizes to bind them.
func TestExpired(t *testing.T) {
	have := strings.Join(denied(t, lawTenant(), wanted(t, law, lawTenant()), time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC)), "\n")
	if strings.Contains(have, "vmss-con-orion") || !strings.Contains(have, "churn") {
		t.Errorf("in September\n%s", have)
	}
}

// TestQuota wants a subscription of the estate that exists to have no quota for
// the family that it needs, and all others of the tenant to have what they use.
func TestQuota(t *testing.T) {
	all := lawTenant()
	need, _ := catalog.SizeByName("Standard_NC40ads_H100_v5")
	limits := map[string]int64{}
	for r := range all.OfType("Microsoft.Compute/locations/usages") {
		for u := range r.Get("properties", "value").Items() {
			used, _ := u.Get("currentValue").Int()
			limit, ok := u.Get("limit").Int()
			if !ok || used > limit {
				t.Errorf("%s: %s: %d of %d are used", r.ID, u.Get("name", "value").Str(), used, limit)
			}
			if r.ID.SubscriptionID() == law.id("con-tuner-prod") {
				limits[r.ID.Names()[0]+" "+u.Get("name", "value").Str()] = limit
			}
		}
	}
	if limit, ok := limits[sdc+" "+need.QuotaFamily]; !ok || limit != 0 {
		t.Errorf("the quota is %d, %v", limit, ok)
	}
	at := slices.IndexFunc(designed(t, law).Subscriptions, func(s design.Subscription) bool { return s.ID.Equal(law.id("con-tuner-prod")) })
	if _, ok := all.Get(law.id("con-tuner-prod").Resource("Microsoft.Compute/locations/skus", sdc, need.Name)); at < 0 || !ok {
		t.Error("the estate does not use the subscription, or it is not offered the size")
	}
}

// TestOverlap wants one network of each tenant to lie in the ranges that the
// estate's networks have, and the hubs to be where the estate says.
func TestOverlap(t *testing.T) {
	for _, tt := range []struct {
		o    *organization
		have *tenant.Tenant
		want []string
	}{
		{law, lawTenant(), []string{"vnet-dwh-prod-sdc vnet-con-lumen-prod-sdc-001", "vnet-dwh-prod-sdc vnet-con-lumen-test-sdc-001", "vnet-dwh-prod-sdc vnet-con-orion-dev-sdc-001", "vnet-dwh-prod-sdc vnet-con-orion-prod-sdc-001"}},
		{health, healthTenant(), []string{"vnet-pacs-upp-prod-sdc vnet-nwh-atlas-dev-sdc-001", "vnet-pacs-upp-prod-sdc vnet-nwh-atlas-prod-sdc-001"}},
	} {
		d := designed(t, tt.o)
		var overlaps []string
		for theirs := range tt.have.OfType("Microsoft.Network/virtualNetworks") {
			for ours := range d.Tenant.OfType("Microsoft.Network/virtualNetworks") {
				if !ours.Theirs && overlap(ranges(t, theirs), ranges(t, ours)) {
					overlaps = append(overlaps, theirs.ID.Name()+" "+ours.ID.Name())
				}
			}
		}
		slices.Sort(overlaps)
		if !slices.Equal(overlaps, tt.want) {
			t.Errorf("%s: have %q", tt.o.name, overlaps)
		}
		for _, hub := range d.Estate.Platform.Hubs {
			r, ok := tt.have.Get(arm.ID(hub.Value.VNet))
			if !ok || r.Location() != hub.Key || !overlap(ranges(t, r), []netip.Prefix{netip.PrefixFrom(netip.MustParseAddr(hub.Value.Firewall), 32)}) {
				t.Errorf("%s: the hub of %s is not the estate's", tt.o.name, hub.Key)
			}
		}
	}
}

// TestBlocked wants a review of northwind's estate to find all that was put in
// its way: testdata/blocked_northwind.txt has each cause, and whether it is
// certain, with the number of resources it stops.
func TestBlocked(t *testing.T) {
	all := func(n int, do func(int)) {
		for i := range n {
			do(i)
		}
	}
	whole, by := designed(t, health).Whole()
	r := review.New(whole, healthTenant(), review.Options{MadeBy: by, Policy: policy.Options{Now: now}, Side: all})
	var b strings.Builder
	for _, x := range r.Blockers {
		if !x.Certain {
			continue
		}
		fmt.Fprintf(&b, "%s  %d  %s\n", x.Code, len(x.Hits), x.Title)
		for _, e := range x.Ended {
			fmt.Fprintf(&b, "  until %s: %s\n", e.Get("properties", "expiresOn").Str(), e.ID.Name())
		}
	}
	for _, w := range r.Writes {
		fmt.Fprintf(&b, "writes  %d  %s %s\n", len(w.Resources), w.Path, w.After.Text())
	}
	for _, d := range r.Deploys {
		fmt.Fprintf(&b, "deploys  %d  %s\n", len(d.Resources), d.Assigned.Policy())
	}
	for _, n := range r.Notes {
		if n.Code != "design/open" {
			fmt.Fprintf(&b, "note  %s  %s\n", n.Code, n.Message)
		}
	}
	golden(t, "testdata/blocked_northwind.txt", b.String())
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
	all, found := lawTenant().With(resources...)
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
func wanted(t *testing.T, o *organization, in *tenant.Tenant) []arm.Resource {
	t.Helper()
	d := designed(t, o)
	whole, _ := d.Whole()
	var all []arm.Resource
	for r := range whole.All() {
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

func designed(t *testing.T, o *organization) *design.Design {
	t.Helper()
	file, _ := source.NewFile("estate.yaml", read(t, o, "estate.yaml"))
	e, found := design.Read(file)
	if found.HasErrors() {
		t.Fatal(found)
	}
	file, _ = source.NewFile("estate.lock", read(t, o, "estate.lock"))
	lock, found := design.ReadLock(file)
	if found.HasErrors() {
		t.Fatal(found)
	}
	return design.New(e, design.Options{Lock: lock, Month: "2026-12-01"})
}

// template gives what the AI team's own template deploys.
func template(t *testing.T) []arm.Resource {
	t.Helper()
	file, _ := source.NewFile("lustre.json", read(t, law, "lustre.json"))
	pieces, found := snapshot.Reader{At: law.id("con-glyph-prod")}.Resources(file)
	if len(found) > 0 {
		t.Fatal(found)
	}
	var all []arm.Resource
	for _, p := range pieces {
		all = append(all, p.Resource)
	}
	return all
}

func read(t *testing.T, o *organization, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile("../" + o.name + "/" + name)
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
