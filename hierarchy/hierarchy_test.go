package hierarchy_test

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"airfield/arm"
	"airfield/hierarchy"
	"airfield/policy/policytest"
	"airfield/tenant"
	"airfield/tenant/tenanttest"
)

// named is one line of a tree: depth by indent, the group's name, its title in
// quotes, and the role that is wanted, or - for none.
var named = regexp.MustCompile(`^(\t*)([^ "]+)(?: "([^"]*)")? = (\S+)$`)

// TestNames recognizes groups by their names and places alone.
func TestNames(t *testing.T) {
	for _, tree := range []string{
		`contoso "Contoso" = root
	contoso-platform "Platform" = platform
		contoso-identity = identity
		contoso-mgmt = management
		contoso-conn "Connectivity" = connectivity
	contoso-landing-zones = landing_zones
		contoso-corp = corp
			contoso-corp-prod = -
			contoso-corp-dev = -
			contoso-corp-test = -
			contoso-corp-qa = -
				contoso-corp-qa-sap = -
			contoso-corp-special = -
		contoso-online = online
		contoso-sap = -
	contoso-sandboxes = sandbox
	contoso-decomm = decommissioned`,
		`ES "Enterprise-Scale" = root
	ES-Platform = platform
	ES-LZ = landing_zones
		mg-corp = corp
		LZ-Online = online
		ConfidentialCorp "Confidential Corp" = confidential_corp
	ES-Sandbox = sandbox`,
		`acme "Acme Management Group" = root
	acme-lz "LandingZones" = landing_zones
		Prod-Internal = corp
		Prod-External = online
		acme-edge "Azure Local" = local
		acme-data "Data Platform" = -
	acme-plattform = platform
		acme-netzwerk = connectivity
		acme-sicherheit = security
	Sandkasten = sandbox
	Produktion = -`,
		`00000000-1111-2222-3333-444444444444 "Tenant Root Group" = tenant_root
	emea = root
		emea-platform = platform
		emea-landingzones = landing_zones
			emea-corp = corp
	apac = root
		apac-landingzones = landing_zones
			apac-online = online`,
		`sales = -
	europe = -
		shop "Sales Data Platform" = -
	finance = -`,
		`initech = root
	retail "Retail Platform" = -
	it "Corporate IT" = -
	landingzones = landing_zones
		corp-emea = corp
		mg-online-dev = online
		soc "Security" = -
	sandbox = sandbox`,
		`corp = root
	corp-landingzones = landing_zones
		corp-corp = corp
	corp-platform = platform
	corp-sandbox = sandbox`,
		`fabrikam = -
	management = -
	sales = -
	security = -
	online "Online Shop" = -
	local "Local Government" = -`,
		`root = root
	security-management = -
	corp "Online" = -
	platform-identity = identity`, // two names that differ, and one with two roles
	} {
		groups := map[string]hierarchy.Group{}
		have, want := build(t, tree)
		for _, g := range hierarchy.Recognize(have, nil) {
			groups[g.ID.Name()] = g
		}
		for name, role := range want {
			if g := groups[name]; g.Role != role {
				t.Errorf("%s: have %q (%d %%, %s), want %q", name, g.Role, g.Confidence, g.Because, role)
			}
		}
	}
}

// build makes a tenant of a tree of named groups.
func build(t *testing.T, tree string) (*tenant.Tenant, map[string]hierarchy.Role) {
	t.Helper()
	var b tenant.Builder
	want := map[string]hierarchy.Role{}
	above := []arm.ID{""}
	for line := range strings.SplitSeq(tree, "\n") {
		m := named.FindStringSubmatch(line)
		if m == nil {
			t.Fatalf("line %q", line)
		}
		above = above[:len(m[1])+1]
		b.Add(tenanttest.Group(m[2], m[3], above[len(m[1])]))
		above = append(above, arm.ManagementGroup(m[2]))
		want[m[2]] = hierarchy.Role(strings.Trim(m[4], "-"))
	}
	have, found := b.Tenant()
	if found.HasErrors() {
		t.Fatal(found)
	}
	return have, want
}

// reference gives the tenant of the landing zone library, and skips the test
// without it.
func reference(t *testing.T) *tenant.Tenant {
	t.Helper()
	have, err := policytest.Reference()
	if err != nil {
		t.Skipf("left out: groups of the landing zone library: %v", err)
	}
	return have
}

// roleOf are the roles of the groups of the landing zone library.
var roleOf = map[string]hierarchy.Role{
	"alz": hierarchy.Root, "platform": hierarchy.Platform, "management": hierarchy.Management, "connectivity": hierarchy.Connectivity, "identity": hierarchy.Identity,
	"security": hierarchy.Security, "landingzones": hierarchy.LandingZones, "corp": hierarchy.Corp, "online": hierarchy.Online, "local": hierarchy.Local,
	"sandbox": hierarchy.Sandbox, "decommissioned": hierarchy.Decommissioned,
}

func TestReference(t *testing.T) {
	groups := hierarchy.Recognize(reference(t), nil)
	if len(groups) != len(roleOf) {
		t.Errorf("%d groups, want %d", len(groups), len(roleOf))
	}
	for _, g := range groups {
		if g.Role != roleOf[g.ID.Name()] || g.Confidence < 90 {
			t.Errorf("%s: have %q (%d %%, %s)", g.ID, g.Role, g.Confidence, g.Because)
		}
	}
}

// TestReferenceWithoutNames recognizes groups by what is assigned at them. Those
// that have nothing assigned are not recognized, and none is taken for another.
func TestReferenceWithoutNames(t *testing.T) {
	names := map[string]string{}
	telling := map[string]bool{}
	for i, name := range strings.Fields("alz platform management connectivity identity security landingzones corp online local sandbox decommissioned") {
		names[name] = fmt.Sprintf("g%02d", i)
		telling[name] = !strings.Contains("management security online", name)
	}
	for _, assignments := range []bool{false, true} {
		have := renamed(t, reference(t), names, assignments)
		back := map[string]string{}
		for old, name := range names {
			back[name] = old
		}
		for _, g := range hierarchy.Recognize(have, nil) {
			old := back[g.ID.Name()]
			t.Logf("%s: %q (%d %%, %s)", old, g.Role, g.Confidence, g.Because)
			if g.Role != hierarchy.None && g.Role != roleOf[old] || g.Role == hierarchy.None && telling[old] && !assignments {
				t.Errorf("%s: have %q (%d %%, %s)", old, g.Role, g.Confidence, g.Because)
			}
		}
	}
}

// TestNameAgainstAssignments swaps the names of two groups: neither side is
// believed.
func TestNameAgainstAssignments(t *testing.T) {
	have := renamed(t, reference(t), map[string]string{"corp": "sandbox", "sandbox": "corp"}, false)
	for _, g := range hierarchy.Recognize(have, nil) {
		if name := g.ID.Name(); name != "corp" && name != "sandbox" {
			continue
		}
		if g.Role != hierarchy.None || g.Confidence > 50 || !strings.Contains(g.Because, "its name says") || !strings.Contains(g.Because, "its policy assignments say") {
			t.Errorf("%s: have %q (%d %%, %q)", g.ID, g.Role, g.Confidence, g.Because)
		}
	}
}

var (
	groupPath  = regexp.MustCompile(`(managementGroups/)([^/"]+)`)
	titles     = regexp.MustCompile(`"displayName": ?"[^"]*"`)
	assignment = regexp.MustCompile(`(policyAssignments/)([^/"]+)`)
)

// renamed gives a tenant with other names for its management groups, and, if
// wanted, for policy assignments.
func renamed(t *testing.T, of *tenant.Tenant, names map[string]string, assignments bool) *tenant.Tenant {
	t.Helper()
	replace := func(s string) string {
		s = groupPath.ReplaceAllStringFunc(s, func(m string) string {
			name := strings.TrimPrefix(m, "managementGroups/")
			if other, ok := names[name]; ok {
				name = other
			}
			return "managementGroups/" + name
		})
		if assignments {
			s = assignment.ReplaceAllStringFunc(s, func(m string) string { return fmt.Sprintf("policyAssignments/a%x", len(m)*7919%251) + m[len(m)-3:] })
		}
		return s
	}
	b := tenant.Builder{Header: of.Header()}
	for r := range of.All() {
		if r.Type().Equal("Microsoft.Authorization/policyDefinitions") || r.Type().Equal("Microsoft.Authorization/policySetDefinitions") {
			continue
		}
		text := replace(r.Body.Text())
		if r.Type().Equal(arm.ManagementGroupType) {
			text = titles.ReplaceAllString(text, `"displayName":""`)
		}
		body, err := arm.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		b.Add(arm.Resource{ID: arm.ID(replace(string(r.ID))), Body: body})
	}
	have, found := b.Tenant()
	if found.HasErrors() {
		t.Fatal(found)
	}
	return have
}

func TestContoso(t *testing.T) {
	f, err := os.Open("../examples/contoso/tenant.jsonl.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	have, _, err := tenant.Read("tenant.jsonl.gz", f)
	if err != nil {
		t.Fatal(err)
	}
	given := map[hierarchy.Role]arm.ID{}
	for _, g := range hierarchy.Recognize(have, nil) {
		role := roleOf[strings.TrimPrefix(g.ID.Name(), "contoso-")]
		switch g.ID.Name() {
		case "contoso":
			role = hierarchy.Root
		case have.Header().Tenant:
			role = hierarchy.TenantRoot
		}
		if g.Role != role || g.Confidence < 90 {
			t.Errorf("%s: have %q (%d %%, %s), want %q", g.ID, g.Role, g.Confidence, g.Because, role)
		}
		given[role] = g.ID
	}
	given[hierarchy.Corp], given[hierarchy.Online] = given[hierarchy.Online], given[hierarchy.Corp]
	for _, g := range hierarchy.Recognize(have, given) {
		swapped := g.Role == hierarchy.Corp || g.Role == hierarchy.Online
		if !g.Given || g.Role == g.Evident == swapped || swapped != strings.HasPrefix(g.Because, "the estate says") {
			t.Errorf("%s: have %q by the estate, %q by evidence (%s)", g.ID, g.Role, g.Evident, g.Because)
		}
	}
}

// TestGiven takes the estate's word: for the group that Azure makes, for one
// group in two roles, and for one that nothing shows.
func TestGiven(t *testing.T) {
	have, _ := build(t, `00000000-1111-2222-3333-444444444444 "Tenant Root Group" = tenant_root
	apps = -
		web = -`)
	id := arm.ManagementGroup
	given := map[hierarchy.Role]arm.ID{hierarchy.Root: id("00000000-1111-2222-3333-444444444444"), hierarchy.LandingZones: id("apps"), hierarchy.Corp: id("WEB"), hierarchy.Online: id("web")}
	groups := hierarchy.Recognize(have, given)
	for i, want := range []hierarchy.Role{hierarchy.Root, hierarchy.LandingZones, hierarchy.Corp} {
		if g := groups[i]; g.Role != want || !g.Given || want != hierarchy.Root && g.Evident != hierarchy.None {
			t.Errorf("%s: have %q, given %v, evident %q (%s)", g.ID, g.Role, g.Given, g.Evident, g.Because)
		}
	}
	remarks := hierarchy.Compare(groups, map[hierarchy.Role]arm.ID{hierarchy.Sandbox: id("gone"), hierarchy.Root: groups[0].ID}, []hierarchy.Role{hierarchy.Root, hierarchy.Sandbox})
	if len(remarks) != 2 || remarks[0].Kind != hierarchy.Differs || remarks[1].Kind != hierarchy.Absent {
		t.Errorf("have %v", remarks)
	}
}

// TestChance shows that nothing is made of groups without names and policies
// that tell.
func TestChance(t *testing.T) {
	for seed := range uint64(300) {
		for _, g := range hierarchy.Recognize(tenanttest.Generate(seed, tenanttest.Options{Resources: 4}), nil) {
			if g.Role != hierarchy.None && g.Role != hierarchy.TenantRoot {
				t.Errorf("seed %d, %s: have %q (%d %%): %v", seed, g.ID, g.Role, g.Confidence, g.Evidence)
			}
		}
	}
}
