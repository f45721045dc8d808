package design_test

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"testing"

	"airfield/arm"
	"airfield/catalog"
	"airfield/design"
	"airfield/design/designtest"
	"airfield/estate"
	"airfield/policy"
	"airfield/policy/policytest"
	"airfield/request"
	"airfield/review"
	"airfield/runway"
	"airfield/source"
	"airfield/tenant"
	"airfield/tenant/tenanttest"
)

// day is the day of designs that land in a tenant.
var day = designtest.Day

// land designs an estate for a tenant.
func land(t testing.TB, raw []byte, have *tenant.Tenant, lock *design.Lock) *design.Design {
	t.Helper()
	return designtest.Land(t, raw, have, lock)
}

// TestLanding lands generated estates in generated tenants: what exists is
// written by none, no range is handed out twice, no tag has two writers,
// references lead somewhere, and the second design is the first.
func TestLanding(t *testing.T) {
	existing, designs, seeds := 0, 0, uint64(200)
	if testing.Short() {
		seeds = 20
	}
	for seed := range seeds {
		raw, have := designtest.Landing(t, seed, 3)
		d := land(t, raw, have, nil)
		if d.Findings.HasErrors() {
			t.Errorf("seed %d: %v", seed, d.Findings)
			continue
		}
		designs++
		for r := range d.Tenant.All() {
			if r.Theirs {
				continue
			}
			if designtest.Theirs(have, r.ID) {
				t.Errorf("seed %d: %s exists and is written", seed, r.ID)
			}
			for ref := range r.Body.Refs() {
				if ref.Parameter == "" && !there(d, ref.ID) && !have.Has(ref.ID) {
					t.Errorf("seed %d: %s refers to %s, which is not there", seed, r.ID, ref.ID)
				}
			}
			checkRanges(t, seed, r, have)
		}
		for _, f := range d.Findings {
			if f.Code == "design/exists" {
				existing++
			}
		}
		checkWriters(t, fmt.Sprint("seed ", seed), d, have)
		again := land(t, raw, have, relock(t, d.Lock))
		if snapshot(t, again) != snapshot(t, d) || again.Lock.String() != d.Lock.String() {
			t.Errorf("seed %d: the second design differs:\n%s", seed, strings.Join(again.Lock.Changes(d.Lock), "\n"))
		}
	}
	t.Logf("%d designs, %d resources that existed", designs, existing)
	if existing < designs/2 {
		t.Errorf("in %d designs %d resources existed: too few to show anything", designs, existing)
	}
}

// checkRanges wants no network that shares addresses with one that exists.
func checkRanges(t *testing.T, seed uint64, r arm.Resource, have *tenant.Tenant) {
	t.Helper()
	if !r.Type().Equal("Microsoft.Network/virtualNetworks") {
		return
	}
	prefix := func(v arm.Value) netip.Prefix {
		p, _ := netip.ParsePrefix(v.Get("properties", "addressSpace", "addressPrefixes").At(0).Str())
		return p
	}
	for n := range have.OfType("Microsoft.Network/virtualNetworks") {
		if a, b := prefix(r.Body), prefix(n.Body); a.Overlaps(b) {
			t.Errorf("seed %d: %s has %s, and %s has %s", seed, r.ID, a, n.ID, b)
		}
	}
}

// checkWriters wants no tag that a policy of ours writes beside one of theirs.
func checkWriters(t *testing.T, name string, d *design.Design, have *tenant.Tenant) {
	t.Helper()
	var ours []arm.Resource
	for r := range d.Tenant.All() {
		if !r.Theirs {
			ours = append(ours, r)
		}
	}
	will, _ := have.With(ours...)
	e, _ := policy.Compile(will, policy.Options{Now: day})
	for _, s := range d.Subscriptions {
		by := map[string]arm.ID{}
		for _, w := range e.Writers(s.ID) {
			key := strings.ToLower(w.Field)
			if other, twice := by[key]; twice && other != w.ID && w.Sure && have.Has(other) != have.Has(w.ID) {
				t.Errorf("%s: %s is written by %s and %s", name, w.Field, other, w.ID)
			}
			if w.Sure {
				by[key] = w.ID
			}
		}
	}
}

// TestReferenceHierarchy lands the example in the hierarchy of Azure landing
// zones with all its policies: what they deny, a review announces, and nothing
// is written that they write.
func TestReferenceHierarchy(t *testing.T) {
	have, err := policytest.Reference()
	if err != nil {
		t.Skipf("left out: the reference hierarchy, %v", err)
	}
	raw := strings.NewReplacer("contoso-landingzones", "landingzones", "contoso-corp", "corp", "contoso-online", "online", "contoso-sandbox", "sandbox", "root: contoso", "root: alz").Replace(exampleText(t, "contoso"))
	for _, text := range []string{raw, regexp.MustCompile(`(?s)  hubs:.*?\nstructure`).ReplaceAllString(strings.Replace(raw, "hub_firewall", "nat_gateway", 1), "\nstructure")} {
		d := land(t, []byte(text), have, nil)
		if d.Findings.HasErrors() {
			t.Fatal(d.Findings)
		}
		announced := map[arm.ID]bool{}
		for _, b := range review.New(d.Tenant, have, review.Options{Policy: policy.Options{Now: day}}).Blockers {
			for _, h := range b.Hits {
				announced[h.Resource.ID.Fold()] = true
			}
		}
		var ours []arm.Resource
		for r := range d.Tenant.All() {
			if !r.Theirs {
				ours = append(ours, tenant.Keep(r))
			}
		}
		will, _ := have.With(ours...)
		e, _ := policy.Compile(will, policy.Options{Now: day})
		related := policy.In(will)
		for _, r := range ours {
			if v := e.Judge(policy.Request{Resource: r}, related); v.Decision == policy.Denied && !announced[r.ID.Fold()] {
				t.Errorf("%s is denied, and no review says so", r.ID)
			}
		}
		checkWriters(t, "the reference", d, have)
		for on, n := range writers(d) {
			if n > 1 {
				t.Errorf("%d write the diagnostic setting of %s", n, on)
			}
		}
		for _, a := range d.Added {
			for _, id := range a.Instead {
				if d.Tenant.Has(id) {
					t.Errorf("%s is left to %q and designed", id, a.Policy)
				}
			}
			if a.Certain && strings.Contains(a.What, "privateDnsZoneGroups") {
				for _, id := range a.Resources {
					for group := range d.Tenant.IDs(id) {
						if strings.HasSuffix(string(group.Type()), "privateDnsZoneGroups") {
							t.Errorf("%s is designed, and %q makes one", group, a.Policy)
						}
					}
				}
			}
		}
		t.Logf("%d added by policy, %d refused or not known", len(d.Added), len(d.Refused))
	}
}

// TestDiagnostics wants one writer for each diagnostic setting that a design
// without a tenant has: a policy where one surely writes it, else the design.
func TestDiagnostics(t *testing.T) {
	p := tenanttest.Policy{Name: "log", Title: "Activity logs are kept", Mode: "All", Effect: "DeployIfNotExists",
		If: tenanttest.Of(arm.SubscriptionType),
		Then: arm.O{"details", arm.O{"type", diagnostics, "deploymentScope", "subscription", "existenceScope", "subscription", "roleDefinitionIds", []string{tenanttest.Contributor}, "deployment", arm.O{"location", "swedencentral", "properties", arm.O{"mode", "incremental", "template", arm.O{
			"$schema", "https://schema.management.azure.com/schemas/2018-05-01/subscriptionDeploymentTemplate.json#", "contentVersion", "1.0.0.0",
			"resources", arm.A{arm.O{"type", diagnostics, "name", "toTheirs", "apiVersion", "2021-05-01-preview"}}}}}}}}
	corp := arm.ManagementGroup("corp")
	a := tenanttest.Assignment{Name: "log", Title: "Logs", At: corp, Of: p.Definition(corp).ID, Identity: tenanttest.UUID("i")}
	tenants := map[string]*tenant.Tenant{"a policy": landing(p.Definition(corp), a.Resource()), "no policy": landing()}
	if have, err := policytest.Reference(tenanttest.Subscription(landed, "their name", nil, "corp", "landingzones", "alz")); err == nil {
		tenants["the reference"] = have
	}
	raw := strings.NewReplacer("platform: {groups: {corp: corp}}", "platform: standalone", "environments: {", "environments: {dev: {}, ").Replace(string(estateOf("{size: " + h100 + "}")))
	alone := land(t, []byte(raw), nil, nil)
	for name, have := range tenants {
		d := land(t, []byte(raw), have, nil)
		by := writers(d)
		for on, n := range writers(alone) {
			if by[on] != n {
				t.Errorf("%s: %d write the diagnostic setting of %s, want %d", name, by[on], on, n)
			}
		}
		for on, n := range by {
			if n > 1 {
				t.Errorf("%s: %d write the diagnostic setting of %s", name, n, on)
			}
		}
		for r := range d.Tenant.OfType("Microsoft.OperationalInsights/workspaces") {
			if !d.Tenant.Has(r.ID.SubscriptionID().Resource(diagnostics, "activity-log")) {
				t.Errorf("%s: nothing is sent to %s", name, r.ID)
			}
		}
		if left := d.Tenant.Has(landed.Resource(diagnostics, "activity-log")); left != (name == "no policy") {
			t.Errorf("%s: designed: %t", name, left)
		}
	}
}

const diagnostics = "Microsoft.Insights/diagnosticSettings"

// writers counts by resource who surely writes its diagnostic setting: the
// design, and policies that send to one place.
func writers(d *design.Design) map[arm.ID]int {
	by := map[arm.ID]int{}
	for r := range d.Tenant.OfType(diagnostics) {
		by[r.ID.Parent().Fold()]++
	}
	for _, a := range d.Added {
		if a.Task == "diagnostics" && a.Certain {
			for _, id := range a.Resources {
				by[id.Fold()]++
			}
		}
	}
	return by
}

// landing is a tenant with a landing zone and one subscription in it.
func landing(more ...arm.Resource) *tenant.Tenant {
	var b tenant.Builder
	b.Header = tenant.Header{Tenant: "root"}
	root := arm.ManagementGroup("root")
	for _, r := range []arm.Resource{tenanttest.Group("root", "Root", ""), tenanttest.Group("corp", "Corp", root), tenanttest.Subscription(landed, "their name", nil, "corp", "root")} {
		b.Add(r)
	}
	for _, r := range more {
		b.Add(r)
	}
	t, _ := b.Tenant()
	return t
}

var landed = arm.Subscription("5b1d0a52-0000-4000-8000-0000000000f1")

// sizesAllowed assigns the policy of allowed sizes to corp: one that sees
// machines, and one that sees scale sets.
func sizesAllowed(sizes ...string) []arm.Resource {
	corp := arm.ManagementGroup("corp")
	p := tenanttest.Policy{Name: "sizes", Title: "Sizes of scale sets", Effect: "Deny", Parameters: arm.O{"sizes", arm.O{"type", "Array"}},
		If: tenanttest.Of("Microsoft.Compute/virtualMachineScaleSets", tenanttest.Is("Microsoft.Compute/virtualMachineScaleSets/sku.name", "notIn", "[parameters('sizes')]"))}
	sets := tenanttest.Assignment{Name: "sets", Title: "Approved scale sets", At: corp, Of: p.Definition(corp).ID, Parameters: arm.O{"sizes", sizes}}
	vms := tenanttest.Assignment{Name: "vms", Title: "Approved machines", At: corp, Of: tenanttest.BuiltInID(tenanttest.AllowedSizes), Parameters: arm.O{"listOfAllowedSKUs", sizes}}
	return []arm.Resource{p.Definition(corp), tenanttest.BuiltIn(tenanttest.AllowedSizes), sets.Resource(), vms.Resource()}
}

// offers gives the quota of a region and the sizes that it offers.
func offers(region string, limit int, sizes ...string) (all []arm.Resource) {
	at := landed + arm.ID("/providers/Microsoft.Compute/locations/"+region)
	line := func(name string, n int) arm.O {
		return arm.O{"name", arm.O{"value", name}, "currentValue", 0, "limit", n}
	}
	all = append(all, tenanttest.Resource(at+"/usages/default", "properties", arm.O{"value", arm.A{line("cores", 10000), line("standardNDSH100v5Family", limit), line("standardNDSH200v5Family", limit)}}))
	for _, s := range sizes {
		all = append(all, tenanttest.Resource(at+arm.ID("/skus/"+s), "properties", arm.O{"name", s, "resourceType", "virtualMachines", "locations", []string{region}, "locationInfo", arm.A{arm.O{"location", region, "zones", []string{"1", "2", "3"}}}, "restrictions", arm.A{}}))
	}
	return all
}

// allBut gives the names of all sizes but one.
func allBut(name string) (all []string) {
	for _, s := range catalog.Sizes() {
		if s.Name != name {
			all = append(all, s.Name)
		}
	}
	return all
}

const (
	h100 = "Standard_ND96isr_H100_v5"
	h200 = "Standard_ND96isr_H200_v5"
)

// estateOf gives an estate of one job in the landing zone.
func estateOf(job string) []byte {
	return []byte(`airfield: 1
organization: {name: N, prefix: nn, owner: a@n.example}
platform: {groups: {corp: corp}}
regions: {home: swedencentral, may_use: [westeurope]}
network: {pools: {swedencentral: 10.96.0.0/16, westeurope: 10.97.0.0/16}, egress: nat_gateway}
tags: {required: {Owner: {kind: mailbox}}}
workloads:
  aa:
    owner: a@n.example
    connects: corp
    environments: {prod: {subscription: ` + landed.Name() + `}}
    jobs: {train: ` + job + `}
`)
}

func TestRefused(t *testing.T) {
	for _, tt := range []struct {
		name, job string
		have      []arm.Resource
		lock      string
		want      string   // size, nodes and region that are designed
		said      []string // parts of findings, decisions and refusals
		not       string   // code that is not found
	}{
		{"a policy: the second choice", "{size: " + h200 + ", nodes: 2, or_else: [{size: " + h100 + ", nodes: 3}]}", sizesAllowed(h100), "",
			h100 + " 3 swedencentral", []string{`refused: policy "Sizes of scale sets" (assignment "Approved scale sets" at management group corp)`, "choice 2"}, "design/refused"},
		{"quota: the third", "{size: " + h200 + ", nodes: 2, or_else: [{size: " + h100 + ", nodes: 4}, {size: " + h100 + ", nodes: 2}]}", append(sizesAllowed(h100), offers("swedencentral", 200, h100, h200)...), "",
			h100 + " 2 swedencentral", []string{"found 0 of 200 in use", "choice 3"}, "design/refused"},
		{"another region", "{size: " + h100 + ", nodes: 1, or_else: [{region: westeurope}]}", append(offers("swedencentral", 0, h100), offers("westeurope", 96, h100)...), "",
			h100 + " 1 westeurope", []string{"choice 2"}, "design/refused"},
		{"nothing left", "{size: " + h200 + ", nodes: 2, or_else: [{size: " + h100 + "}]}", sizesAllowed("Standard_D4s_v5"), "",
			h200 + " 2 swedencentral", []string{"design/refused"}, ""},
		{"not offered", "{size: " + h200 + ", nodes: 1, or_else: [{size: " + h100 + "}]}", offers("swedencentral", 1000, allBut(h200)...), "",
			h100 + " 1 swedencentral", []string{"limits/size-offered"}, "design/refused"},
		{"not known is neither", "{size: " + h200 + ", nodes: 1, or_else: [{size: " + h100 + "}]}", nil, "",
			h200 + " 1 swedencentral", []string{"cannot be told"}, "design/refused"},
		{"a locked choice stays, with a finding", "{size: " + h200 + ", nodes: 2, or_else: [{size: " + h100 + ", nodes: 3}]}", sizesAllowed(h100), "choice aa/prod/train " + h200 + " 2 swedencentral\n",
			h200 + " 2 swedencentral", []string{"design/refused", "design/lock-differs"}, ""},
		{"auto takes what is let through", "{kind: batch, memory: 32GiB, vcpus: 4}", sizesAllowed("Standard_E8s_v5"), "",
			"Standard_E8s_v5 1 swedencentral", []string{"Standard_E4ads_v6 is refused"}, "design/refused"},
		{"auto with nothing left", "{kind: batch, memory: 32GiB, vcpus: 4}", sizesAllowed("Standard_B2ms"), "",
			"Standard_E4ads_v6 1 swedencentral", []string{"design/refused"}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var lock *design.Lock
			if tt.lock != "" {
				f, _ := source.NewFile("estate.lock", []byte("airfield lock 1\n"+tt.lock))
				lock, _ = design.ReadLock(f)
			}
			d := land(t, estateOf(tt.job), landing(tt.have...), lock)
			if d.Asked != 1 {
				t.Errorf("%d sizes are asked for, want 1", d.Asked)
			}
			all := fmt.Sprint(d.Findings, d.Decisions, d.Refused)
			for _, want := range tt.said {
				if !strings.Contains(all, want) {
					t.Errorf("nothing says %q:\n%s", want, all)
				}
			}
			if tt.not != "" && strings.Contains(fmt.Sprint(d.Findings), tt.not) {
				t.Errorf("%s in %v", tt.not, d.Findings)
			}
			have := ""
			for r := range d.Tenant.All() {
				switch {
				case r.Type().Equal("Microsoft.Compute/virtualMachineScaleSets"):
					have = fmt.Sprint(r.Get("sku", "name").Str(), " ", r.Get("sku", "capacity").Text(), " ", r.Location())
				case r.Type().Equal("Microsoft.Compute/virtualMachines"):
					have = fmt.Sprint(r.Get("properties", "hardwareProfile", "vmSize").Str(), " 1 ", r.Location())
				}
			}
			if have != tt.want {
				t.Errorf("have %s, want %s", have, tt.want)
			}
			again := land(t, estateOf(tt.job), landing(tt.have...), relock(t, d.Lock))
			if snapshot(t, d) != snapshot(t, again) || fmt.Sprint(d.Findings) != fmt.Sprint(again.Findings) {
				t.Errorf("the second design differs: %v, %v", d.Findings, again.Findings)
			}
		})
	}
}

// TestDeployedQuotaIsItsOwn: machines that a design had deployed use the quota
// that they are asked of, and are not refused for it.
func TestDeployedQuotaIsItsOwn(t *testing.T) {
	raw := estateOf("{size: " + h100 + ", nodes: 2, or_else: [{size: " + h200 + "}]}")
	d := land(t, raw, landing(), nil)
	var made []arm.Resource
	for r := range d.Tenant.All() {
		if r.Type().Equal("Microsoft.Compute/virtualMachineScaleSets") {
			made = append(made, tenant.Keep(r))
		}
	}
	used := offers("swedencentral", 192, h100, h200)
	list, err := arm.Parse(`[{"name":{"value":"cores"},"currentValue":192,"limit":1000},{"name":{"value":"standardNDSH100v5Family"},"currentValue":192,"limit":192}]`)
	if err != nil {
		t.Fatal(err)
	}
	used[0].Body = arm.New(arm.O{"id", used[0].ID, "type", used[0].ID.Type(), "properties", arm.O{"value", list}})
	again := land(t, raw, landing(append(made, used...)...), relock(t, d.Lock))
	for _, f := range again.Findings {
		if f.Code == "design/refused" {
			t.Error(f)
		}
	}
}

func TestRolesOfTheTenant(t *testing.T) {
	have := landing()
	for _, tt := range []struct{ groups, want string }{
		{"{corp: corp}", ""},
		{"{corp: crop}", `the tenant has no management group "crop"; did you mean "corp"?`},
	} {
		raw := strings.Replace(string(estateOf("{size: "+h100+"}")), "{corp: corp}", tt.groups, 1)
		d := land(t, []byte(raw), have, nil)
		said := ""
		for _, f := range d.Findings {
			if f.Code == "groups/absent" {
				said = f.Message
			}
		}
		if said != tt.want {
			t.Errorf("%s: have %q, want %q", tt.groups, said, tt.want)
		}
	}
}

// TestExistingIsKnown wants the name and the group of an adopted subscription,
// and its placement neither written nor left to anyone; one that is to lie below
// a group of ours is left to its owner.
func TestExistingIsKnown(t *testing.T) {
	d := land(t, estateOf("{size: "+h100+"}"), landing(), nil)
	if r, ok := d.Tenant.Get(landed); !ok || r.Get("properties", "displayName").Str() != "their name" {
		t.Errorf("have %s", r.Body.Text())
	}
	if !slices.ContainsFunc(d.Decisions, func(x design.Decision) bool { return strings.Contains(x.Answer, "in management group corp") }) {
		t.Error("no decision says where the subscription lies")
	}
	for _, o := range d.Open {
		if strings.HasPrefix(o.What, "placement") {
			t.Error(o)
		}
	}
	moved := strings.Replace(string(estateOf("{size: "+h100+"}")), "regions:", "structure: {groups: [environment]}\nregions:", 1)
	d = land(t, []byte(moved), landing(), nil)
	if !slices.ContainsFunc(d.Open, func(o design.Open) bool {
		return strings.HasPrefix(o.What, "placement") && strings.Contains(o.Why, "it exists in corp")
	}) {
		t.Errorf("a subscription that exists is not left for its owner to move below a group of ours: %v", d.Open)
	}
	requests, err := request.Of(d, runway.New(d, nil, day))
	if err != nil || len(requests) == 0 || !slices.ContainsFunc(requests, func(r request.Request) bool {
		return strings.HasPrefix(r.What, "place subscription") && len(r.Files) > 0
	}) {
		t.Errorf("nobody is asked to move it: %v %v", requests, err)
	}
}

// TestGuardrailsInForce wants a guardrail that is in force already not assigned
// again, with what served it alone.
func TestGuardrailsInForce(t *testing.T) {
	raw := strings.Replace(string(estateOf("{size: "+h100+"}")), "workloads:", "guardrails: {begin: deny, locations: [swedencentral, westeurope], compute_sizes: none, public_network: none}\nworkloads:", 1)
	corp := arm.ManagementGroup("corp")
	theirs := tenanttest.Assignment{Name: "locations", Title: "Sweden and the west", At: corp, Of: tenanttest.BuiltInID(tenanttest.AllowedLocations), Parameters: arm.O{"listOfAllowedLocations", []string{"swedencentral", "westeurope"}}}
	tag := tenanttest.Assignment{Name: "owner", Title: "Owner from the subscription", At: corp, Of: tenanttest.BuiltInID(tenanttest.MissingTag), Parameters: arm.O{"tagName", "owner"}, Identity: tenanttest.UUID("i")}
	d := land(t, []byte(raw), landing(tenanttest.BuiltIn(tenanttest.AllowedLocations), tenanttest.BuiltIn(tenanttest.MissingTag), theirs.Resource(), tag.Resource()), nil)
	for r := range d.Tenant.All() {
		if n := r.ID.Name(); n == "allowed-locations" || n == "inherit-tags" {
			t.Errorf("%s is made", r.ID)
		}
		if p, ok := r.Get("properties", "principalId").Ref(); ok && strings.Contains(string(p.ID), "inherit-tags") {
			t.Errorf("%s is made", r.ID)
		}
	}
	all := fmt.Sprint(d.Decisions)
	for _, want := range []string{"allowed-locations, which is not assigned again", "Sweden and the west", "Who writes the tag Owner", "Owner from the subscription"} {
		if !strings.Contains(all, want) {
			t.Errorf("no decision says %q", want)
		}
	}
}

// TestPlatformOfTheTenant wants the groups of an estate that names no platform
// from the tenant, and none for one that says standalone.
func TestPlatformOfTheTenant(t *testing.T) {
	have := exampleTenant(t)
	raw := regexp.MustCompile(`(?s)\nplatform:.*?\nstructure:`).ReplaceAllString(strings.Replace(exampleText(t, "contoso"), "hub_firewall", "nat_gateway", 1), "\nstructure:")
	for _, tt := range []struct {
		platform string
		ours     bool
	}{{"", false}, {"\nplatform: standalone", true}} {
		d := land(t, []byte(strings.Replace(raw, "\nstructure:", tt.platform+"\nstructure:", 1)), have, nil)
		if d.Findings.HasErrors() {
			t.Fatal(d.Findings)
		}
		ours := false
		for r := range d.Tenant.OfType(arm.ManagementGroupType) {
			ours = ours || !r.Theirs
		}
		said := slices.ContainsFunc(d.Decisions, func(x design.Decision) bool {
			return x.Question == "Which management group is corp?" && x.Answer == "contoso-corp" && strings.Contains(x.Because, "% sure")
		})
		standalone := slices.ContainsFunc(d.Estate.Defaults(), func(x estate.Default) bool { return x.Path == "platform" })
		if ours != tt.ours || said == tt.ours || standalone {
			t.Errorf("%q: groups of ours: %t, taken from the tenant: %t, default %t", tt.platform, ours, said, standalone)
		}
	}
}

// TestExempt wants a guardrail made that is in force and exempt.
func TestExempt(t *testing.T) {
	corp := arm.ManagementGroup("corp")
	theirs := tenanttest.Assignment{Name: "owner", Title: "Owner", At: corp, Of: tenanttest.BuiltInID(tenanttest.MissingTag), Parameters: arm.O{"tagName", "Owner"}, Identity: tenanttest.UUID("i")}
	for until, made := range map[string]bool{"2027-01-01T00:00:00Z": true, "2026-01-01T00:00:00Z": false} {
		d := land(t, estateOf("{size: "+h100+"}"), landing(tenanttest.BuiltIn(tenanttest.MissingTag), theirs.Resource(), tenanttest.Exemption(landed, "e", "E", "why", theirs.ID(), until)), nil)
		if d.Tenant.Has(landed.Resource("Microsoft.Authorization/policyAssignments", "inherit-tags")) != made {
			t.Errorf("until %s: made %t, want %t", until, !made, made)
		}
	}
}

// TestDoneByPolicy wants what a policy deploys anyway left out, unless the
// estate keeps it for itself.
func TestDoneByPolicy(t *testing.T) {
	corp := arm.ManagementGroup("corp")
	const group = "Microsoft.Network/privateEndpoints/privateDnsZoneGroups"
	p := tenanttest.Policy{Name: "dns", Title: "Endpoints are found by name", Effect: "DeployIfNotExists",
		If: tenanttest.Of("Microsoft.Network/privateEndpoints"),
		Then: arm.O{"details", arm.O{"type", group, "roleDefinitionIds", []string{tenanttest.Contributor}, "deployment", arm.O{"properties", arm.O{"mode", "incremental", "template", arm.O{
			"$schema", "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#", "contentVersion", "1.0.0.0",
			"resources", arm.A{arm.O{"type", group, "name", "x/deployedByPolicy", "apiVersion", "2024-05-01"}}}}}}}}
	a := tenanttest.Assignment{Name: "dns", Title: "DNS", At: corp, Of: p.Definition(corp).ID, Identity: tenanttest.UUID("i")}
	for done, left := range map[string]bool{"": true, ", done_by_policy: [auto]": true, ", done_by_policy: [dns]": true, ", done_by_policy: [none]": false, ", done_by_policy: [agents]": false} {
		raw := strings.Replace(string(estateOf("{size: "+h100+", reads: [corpus]}")), "{corp: corp}}", "{corp: corp}"+done+"}", 1) + "    data: {corpus: {size: 1TiB}}\n"
		d := land(t, []byte(raw), landing(p.Definition(corp), a.Resource()), nil)
		groups, zones := 0, 0
		for r := range d.Tenant.All() {
			switch {
			case r.Type().Equal(group):
				groups++
			case r.Type().Equal("Microsoft.Network/privateDnsZones"):
				zones++
			}
		}
		if (groups == 0) != left || (zones == 0) != left {
			t.Errorf("%q: %d zone groups and %d zones are designed, left out: %t", done, groups, zones, left)
		}
		if strings.Contains(fmt.Sprint(d.Findings), "design/doubled") == left {
			t.Errorf("%q: %v", done, d.Findings)
		}
		if !slices.ContainsFunc(d.Added, func(x design.Added) bool {
			return x.Title == "DNS" && x.What == group && x.Task == "dns" && x.Certain && len(x.Instead) > 0 == left
		}) {
			t.Errorf("%q: added %+v", done, d.Added)
		}
	}
}

// TestTakenNames wants another name where the tenant has one that is unique in
// all of Azure, and the same one in the next design.
func TestTakenNames(t *testing.T) {
	raw := append(estateOf("{size: "+h100+", reads: [corpus]}"), "    data: {corpus: {size: 1TiB}}\n"...)
	name := func(d *design.Design) (name string) {
		for r := range d.Tenant.OfType("Microsoft.Storage/storageAccounts") {
			name = r.ID.Name()
		}
		return name
	}
	first := name(land(t, raw, landing(), nil))
	have := landing(tenanttest.Resource(landed.ResourceGroup("other").Resource("Microsoft.Storage/storageAccounts", first), "location", "westeurope"))
	d := land(t, raw, have, nil)
	if again := land(t, raw, have, relock(t, d.Lock)); name(d) == first || name(again) != name(d) {
		t.Errorf("taken is %q, have %q and then %q", first, name(d), name(again))
	}
}

// TestCounts wants to know how many resources that exist a guardrail finds.
func TestCounts(t *testing.T) {
	group := landed.ResourceGroup("theirs")
	open := tenanttest.Resource(group.Resource("Microsoft.Storage/storageAccounts", "open"), "location", "eastus", "properties", arm.O{"publicNetworkAccess", "Enabled"})
	d := land(t, estateOf("{size: "+h100+"}"), landing(tenanttest.Resource(group, "location", "swedencentral", "tags", arm.O{"Owner", "x"}), open,
		tenanttest.BuiltIn(tenanttest.AllowedLocations), tenanttest.BuiltIn(tenanttest.StorageNoPublicNet)), nil) // and no other definition
	if !slices.ContainsFunc(d.Decisions, func(x design.Decision) bool {
		return strings.Contains(x.Answer, "allowed-locations: 1, storage-no-public-network: 1, allowed-group-locations: not known of all, ")
	}) {
		t.Errorf("no decision counts what exists: %+v", d.Decisions[len(d.Decisions)-3:])
	}
}
