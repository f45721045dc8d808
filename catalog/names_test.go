package catalog

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestAbbreviation(t *testing.T) {
	for _, tt := range []struct{ typ, kind, want string }{
		{"Microsoft.Network/virtualNetworks", "", "vnet"},
		{"microsoft.network/virtualnetworks", "", "vnet"},
		{"Microsoft.Management/managementGroups", "", "mg"},
		{"Microsoft.Resources/resourceGroups", "", "rg"},
		{"Microsoft.ManagedIdentity/userAssignedIdentities", "", "id"},
		{"Microsoft.Compute/disks", "", "disk"},
		{"Microsoft.Compute/disks", "os", "osdisk"},
		{"Microsoft.Network/loadBalancers", "", "lbi"},
		{"Microsoft.Network/loadBalancers", "external", "lbe"},
		{"Microsoft.Network/virtualNetworkGateways", "", "vgw"},
		{"Microsoft.Network/virtualNetworkGateways", "ExpressRoute", "ergw"},
		{"Microsoft.Network/virtualHubs", "RouteServer", "rtserv"},
		{"Microsoft.MachineLearningServices/workspaces", "Hub", "hub"},
		{"Microsoft.ContainerService/managedClusters/agentPools", "", "np"},
		{"Microsoft.ContainerService/managedClusters/agentPools", "system", "npsystem"},
		{"Microsoft.StorageCache/amlFilesystems", "", "amlfs"},
		{"Microsoft.NetApp/netAppAccounts", "", "anf"},
		{"Microsoft.NetApp/netAppAccounts/capacityPools", "", "anfp"},
		{"Microsoft.NetApp/netAppAccounts/capacityPools/volumes", "", "anfv"},
		{"Microsoft.Compute/capacityReservationGroups", "", "crg"},
		{"Microsoft.Consumption/budgets", "", "budget"},
		{"Microsoft.Coffee/cups", "", ""},
	} {
		if have, ok := AbbreviationOf(tt.typ, tt.kind); have != tt.want || ok != (tt.want != "") {
			t.Errorf("%s %s: have %q, %v, want %q", tt.typ, tt.kind, have, ok, tt.want)
		}
	}
}

// TestAbbreviationsFitTheirNames shows that each short word can begin a name
// of its type.
func TestAbbreviationsFitTheirNames(t *testing.T) {
	for key, short := range abbreviations() {
		if !regexp.MustCompile(`^[a-z]{2,8}$`).MatchString(short) {
			t.Errorf("%s: %q", key[0], short)
		}
		r, ok := NameRuleOf(key[0], "")
		if !ok {
			continue
		}
		name := short + strings.Repeat("a", max(0, r.Min-len(short)))
		if err := r.Check(name); err != nil {
			t.Errorf("%s: %q: %v", key[0], name, err)
		}
	}
}

// nameCases has good names and bad ones for every row of the name rules. A
// bad name is followed by what is wrong with it.
var nameCases = []struct {
	types, scope string
	good         []string
	bad          [][2]string
}{
	{"Microsoft.Management/managementGroups", "",
		[]string{"mg-ai", "a.b(c)", strings.Repeat("m", 90)},
		[][2]string{{"-mg", "must begin with a letter or digit and not end with ."}, {"mg.", "must begin with a letter or digit and not end with ."}, {"", "is empty"}, {strings.Repeat("m", 91), "has 91 characters, at most 90 are allowed"}}},
	{"Microsoft.Resources/subscriptions", "",
		[]string{"AI training, production"}, [][2]string{{"a<b", `has '<', allowed are anything but < > ;`}}},
	{"Microsoft.Resources/resourceGroups", "",
		[]string{"rg-ai-001", "rg.é_(x)"}, [][2]string{{"rg.", "must not end with ."}, {"rg ai", `has ' ', allowed are letters, digits, _ . - ( and )`}}},
	{"Microsoft.Authorization/policyAssignments", "managementGroup",
		[]string{"Allowed-Sizes", strings.Repeat("p", 24)},
		[][2]string{{"Deny-Sizes-Of-Virtual-Mac", "has 25 characters, at most 24 are allowed"}, {"a%b", `has '%', allowed are anything but < > % & : \ ? /`}, {"a.", "must not end with . or a space"}}},
	{"Microsoft.Authorization/policyAssignments", "",
		[]string{strings.Repeat("p", 64)}, [][2]string{{strings.Repeat("p", 65), "has 65 characters, at most 64 are allowed"}}},
	{"Microsoft.Authorization/policyDefinitions Microsoft.Authorization/policySetDefinitions Microsoft.Authorization/policyExemptions", "",
		[]string{"Deny-Gpu-Sizes"}, [][2]string{{"a ", "must not end with . or a space"}, {"a?", `has '?', allowed are anything but < > % & : \ ? /`}}},
	{"Microsoft.Resources/deployments", "",
		[]string{"main_2026.1"}, [][2]string{{strings.Repeat("d", 65), "has 65 characters, at most 64 are allowed"}, {"a b", `has ' ', allowed are letters, digits, _ . - ( and )`}}},
	{"Microsoft.Resources/deploymentStacks", "",
		[]string{"stack-1"}, [][2]string{{"a/b", `has '/', allowed are letters, digits, _ . - ( and )`}}},
	{"Microsoft.Authorization/locks", "",
		[]string{"no-delete"}, [][2]string{{"lock.", "must not end with ."}}},
	{"Microsoft.Authorization/roleAssignments Microsoft.Authorization/roleDefinitions", "",
		[]string{"b24988ac-6180-42a0-ab88-20f7382dd24c"}, [][2]string{{"contributor", "has 11 characters, at least 36 are needed"}, {"b24988ac-6180-42a0-ab88020f7382dd24c0", "has 37 characters, at most 36 are allowed"}, {"b24988ac-6180-42a0-ab88020f7382dd24c", "must be a GUID"}}},
	{"Microsoft.Compute/virtualMachines Microsoft.Compute/virtualMachineScaleSets", "",
		[]string{"vm-train-prod-001", strings.Repeat("v", 64)}, [][2]string{{"vm_1", `has '_', allowed are anything but spaces and \ / " ' [ ] : | < > + = ; , ? * @ & _`}, {"vm-", "must not end with . or -"}}},
	{"Microsoft.Compute/virtualMachines Microsoft.Compute/virtualMachineScaleSets", "Windows",
		[]string{"vm-win-01"}, [][2]string{{"vm-windows-00001", "has 16 characters, at most 15 are allowed"}}},
	{"Microsoft.Compute/proximityPlacementGroups Microsoft.Compute/availabilitySets Microsoft.Compute/images Microsoft.Compute/snapshots Microsoft.Compute/capacityReservationGroups " +
		"Microsoft.Compute/capacityReservationGroups/capacityReservations Microsoft.Compute/sshPublicKeys Microsoft.Compute/restorePointCollections " +
		"Microsoft.Network/virtualNetworks/subnets Microsoft.Network/virtualNetworks/virtualNetworkPeerings Microsoft.Network/networkSecurityGroups Microsoft.Network/networkSecurityGroups/securityRules " +
		"Microsoft.Network/networkInterfaces Microsoft.Network/publicIPAddresses Microsoft.Network/publicIPPrefixes Microsoft.Network/routeTables Microsoft.Network/routeTables/routes " +
		"Microsoft.Network/natGateways Microsoft.Network/loadBalancers Microsoft.Network/applicationGateways Microsoft.Network/applicationSecurityGroups Microsoft.Network/virtualNetworkGateways " +
		"Microsoft.Network/localNetworkGateways Microsoft.Network/connections Microsoft.Network/expressRouteCircuits Microsoft.Network/azureFirewalls Microsoft.Network/firewallPolicies " +
		"Microsoft.Network/bastionHosts Microsoft.Network/networkWatchers Microsoft.Network/virtualWans Microsoft.Network/networkSecurityPerimeters Microsoft.Network/privateDnsZones/virtualNetworkLinks " +
		"Microsoft.Network/ddosProtectionPlans Microsoft.Network/ipGroups Microsoft.Network/virtualHubs Microsoft.Network/privateEndpoints Microsoft.Network/privateLinkServices " +
		"Microsoft.Network/expressRoutePorts Microsoft.Network/dnsResolvers Microsoft.Network/dnsForwardingRulesets Microsoft.Network/vpnGateways Microsoft.Network/networkManagers Microsoft.Network/networkManagers/ipamPools", "",
		[]string{"x", "snet-train.1_"}, [][2]string{{"_x", "must begin with a letter or digit and end with a letter, digit or _"}, {"x-", "must begin with a letter or digit and end with a letter, digit or _"}, {"a b", `has ' ', allowed are letters, digits, _ . and -`}}},
	{"Microsoft.Network/virtualNetworks", "",
		[]string{"vnet-ai"}, [][2]string{{"v", "has 1 character, at least 2 are needed"}, {strings.Repeat("v", 65), "has 65 characters, at most 64 are allowed"}}},
	{"Microsoft.Network/privateDnsZones", "",
		[]string{"privatelink.blob.core.windows.net"}, [][2]string{{"local", "must have 2 to 34 labels with a . between them"}, {"a..b", "must have 2 to 34 labels with a . between them"}}},
	{"Microsoft.Compute/disks Microsoft.Compute/diskEncryptionSets", "",
		[]string{"disk_1"}, [][2]string{{"disk-1", `has '-', allowed are letters, digits and _`}}},
	{"Microsoft.Compute/galleries", "",
		[]string{"gal.ai"}, [][2]string{{"gal-ai", `has '-', allowed are letters, digits and .`}, {".gal", "must begin and end with a letter or digit"}}},
	{"Microsoft.Compute/galleries/images", "",
		[]string{"ubuntu-hpc_2404.1"}, [][2]string{{"x-", "must begin and end with a letter or digit"}}},
	{"Microsoft.Storage/storageAccounts", "",
		[]string{"staitrain001"}, [][2]string{{"stAi", `has 'A', allowed are lower-case letters and digits`}, {"st-ai", `has '-', allowed are lower-case letters and digits`}, {"st", "has 2 characters, at least 3 are needed"}, {"stthisnameismuchtoolong00", "has 25 characters, at most 24 are allowed"}}},
	{"Microsoft.Storage/storageAccounts/blobServices/containers Microsoft.Storage/storageAccounts/fileServices/shares Microsoft.ContainerInstance/containerGroups", "",
		[]string{"check-points"}, [][2]string{{"a--b", "must begin and end with a letter or digit, with no two - together"}, {"-ab", "must begin and end with a letter or digit, with no two - together"}, {"Abc", `has 'A', allowed are lower-case letters, digits and -`}}},
	{"Microsoft.Storage/storageAccounts/blobServices Microsoft.Storage/storageAccounts/fileServices Microsoft.Storage/storageAccounts/managementPolicies Microsoft.Storage/storageAccounts/queueServices " +
		"Microsoft.Storage/storageAccounts/tableServices Microsoft.Resources/tags Microsoft.Subscription/policies Microsoft.Management/managementGroups/settings", "",
		[]string{"default"}, [][2]string{{"policys", "must be default"}}},
	{"Microsoft.Batch/batchAccounts", "",
		[]string{"batrain"}, [][2]string{{"ba-train", `has '-', allowed are lower-case letters and digits`}}},
	{"Microsoft.Batch/batchAccounts/pools Microsoft.Batch/batchAccounts/applications", "",
		[]string{"pool-1_a"}, [][2]string{{"pool.1", `has '.', allowed are letters, digits, _ and -`}}},
	{"Microsoft.StorageCache/amlFilesystems Microsoft.StorageCache/amlFilesystems/importJobs Microsoft.StorageCache/amlFilesystems/autoImportJobs Microsoft.StorageCache/amlFilesystems/autoExportJobs Microsoft.StorageCache/amlFilesystems/expansionJobs", "",
		[]string{"amlfs-train"}, [][2]string{{"x", "has 1 character, at least 2 are needed"}, {"amlfs-", "must begin and end with a letter or digit"}}},
	{"Microsoft.ContainerService/managedClusters", "",
		[]string{"aks-infer"}, [][2]string{{"-aks", "must begin and end with a letter or digit"}}},
	{"Microsoft.ContainerService/managedClusters/agentPools", "",
		[]string{"nph100"}, [][2]string{{"np-h100", `has '-', allowed are lower-case letters and digits`}, {"1np", "must begin with a letter"}, {"nph100spot001", "has 13 characters, at most 12 are allowed"}}},
	{"Microsoft.ContainerService/managedClusters/agentPools", "windows",
		[]string{"npwin"}, [][2]string{{"npwin01", "has 7 characters, at most 6 are allowed"}}},
	{"Microsoft.ContainerRegistry/registries", "",
		[]string{"crAi001"}, [][2]string{{"cr-ai", `has '-', allowed are letters and digits`}, {"crai", "has 4 characters, at least 5 are needed"}}},
	{"Microsoft.KeyVault/vaults", "",
		[]string{"kv-train-001"}, [][2]string{{"kv--x", "must begin with a letter and end with a letter or digit, with no two - together"}, {"1kv", "must begin with a letter and end with a letter or digit, with no two - together"}}},
	{"Microsoft.KeyVault/vaults/keys Microsoft.KeyVault/vaults/secrets", "",
		[]string{"key-1"}, [][2]string{{"key_1", `has '_', allowed are letters, digits and -`}}},
	{"Microsoft.ManagedIdentity/userAssignedIdentities Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials Microsoft.MachineLearningServices/workspaces Microsoft.MachineLearningServices/registries", "",
		[]string{"id-train"}, [][2]string{{"id", "has 2 characters, at least 3 are needed"}, {"-id", "must begin with a letter or digit"}}},
	{"Microsoft.MachineLearningServices/workspaces/computes", "",
		[]string{"train-h100"}, [][2]string{{"train_h100", `has '_', allowed are letters, digits and -`}}},
	{"Microsoft.OperationalInsights/workspaces Microsoft.CognitiveServices/accounts", "",
		[]string{"log-ai"}, [][2]string{{"log-ai-", "must begin and end with a letter or digit"}}},
	{"Microsoft.Automation/automationAccounts", "",
		[]string{"aa-train"}, [][2]string{{"aa-1", "has 4 characters, at least 6 are needed"}, {"1aa-train", "must begin with a letter and end with a letter or digit"}}},
	{"Microsoft.RecoveryServices/vaults", "",
		[]string{"rsv-ai"}, [][2]string{{"1rsv", "must begin with a letter"}}},
	{"Microsoft.Insights/actionGroups Microsoft.Insights/metricAlerts", "",
		[]string{"ag-ai"}, [][2]string{{"ag:ai", `has ':', allowed are anything but # < > % & : \ ? / { } * +`}, {"ag.", "must not end with . or a space"}}},
	{"Microsoft.Insights/scheduledQueryRules", "",
		[]string{"idle gpu"}, [][2]string{{"a#", `has '#', allowed are anything but # < > % & : \ ? / { } *`}}},
	{"Microsoft.Insights/activityLogAlerts", "",
		[]string{"alert-1"}, [][2]string{{"a b", `has ' ', allowed are letters, digits, _ . - ( and )`}}},
	{"Microsoft.Resources/tagNames", "",
		[]string{"cost center"}, [][2]string{{"a<b", `has '<', allowed are anything but < > % & \ ? /`}}},
	{"Microsoft.Resources/tagNames/tagValues", "",
		[]string{"<anything/at:all>"}, [][2]string{{strings.Repeat("x", 257), "has 257 characters, at most 256 are allowed"}, {"\xff", "is not valid UTF-8"}}},
	{"Microsoft.NetApp/netAppAccounts Microsoft.NetApp/netAppAccounts/capacityPools", "",
		[]string{"anf-1"}, [][2]string{{"_anf", "must begin with a letter or digit"}}},
	{"Microsoft.NetApp/netAppAccounts/capacityPools/volumes", "",
		[]string{"anfv-1"}, [][2]string{{"1anfv", "must begin with a letter"}}},
	{"Microsoft.Quota/groupQuotas", "",
		[]string{"qgtrain"}, [][2]string{{"qg-train", `has '-', allowed are lower-case letters and digits`}}},
	{"Microsoft.Search/searchServices", "",
		[]string{"srch-ai"}, [][2]string{{"srch-", "must begin with two letters or digits and end with one, with no two - together"}}},
	{"Microsoft.Dashboard/grafana", "",
		[]string{"amg-ai"}, [][2]string{{"1amg", "must begin with a letter and end with a letter or digit"}}},
	{"Microsoft.VirtualMachineImages/imageTemplates", "",
		[]string{"it_ai-1.0"}, [][2]string{{"it ai", `has ' ', allowed are letters, digits, _ . and -`}}},
	{"Microsoft.Consumption/budgets", "",
		[]string{"budget-ai_1"}, [][2]string{{"budget.ai", `has '.', allowed are letters, digits, _ and -`}}},
}

func TestNameRules(t *testing.T) {
	seen := map[[2]string]bool{}
	for _, tt := range nameCases {
		for _, typ := range strings.Fields(tt.types) {
			r, ok := NameRuleOf(typ, tt.scope)
			if !ok || fold(r.Scope) != fold(tt.scope) {
				t.Errorf("%s at %q: no rule", typ, tt.scope)
				continue
			}
			seen[[2]string{fold(r.Type), fold(r.Scope)}] = true
			for _, name := range tt.good {
				if err := r.Check(name); err != nil {
					t.Errorf("%s: %q %v, want none", typ, name, err)
				}
			}
			for _, bad := range tt.bad {
				if err := r.Check(bad[0]); err == nil || err.Error() != bad[1] {
					t.Errorf("%s: %q: have %v, want %s", typ, bad[0], err, bad[1])
				}
			}
		}
	}
	for key := range nameRules() {
		if !seen[key] {
			t.Errorf("the rule of %s at %q has no case", key[0], key[1])
		}
	}
}

// TestNameRulesAreWhole shows that what a rule says in several ways agrees.
func TestNameRulesAreWhole(t *testing.T) {
	unique := map[string]bool{"global": true, "tenant": true, "subscription": true, "resource group": true, "parent": true, "region": true, "scope": true, "none": true}
	for _, r := range nameRules() {
		if r.Min < 1 || r.Max < r.Min || !unique[r.Unique] || r.Charset == "" || r.Source == "" {
			t.Errorf("%s: %+v", r.Type, r)
		}
		if r.chars == nil {
			continue
		}
		if hyphen := r.chars.MatchString("-"); hyphen != r.Hyphen {
			t.Errorf("%s: hyphen %v, but the characters say %v", r.Type, r.Hyphen, hyphen)
		}
		if capital := r.chars.MatchString("A"); capital == r.Lower {
			t.Errorf("%s: lower %v, but a capital letter is allowed: %v", r.Type, r.Lower, capital)
		}
	}
}

func TestNameRuleOfPolicyAssignments(t *testing.T) {
	for _, tt := range []struct {
		scope string
		want  int
	}{
		{"managementGroup", 24}, {"management group", 24}, {"ManagementGroup", 24}, {"subscription", 64}, {"resource group", 64}, {"", 64},
	} {
		if r, ok := NameRuleOf("microsoft.authorization/policyassignments", tt.scope); !ok || r.Max != tt.want {
			t.Errorf("%q: have %d, want %d", tt.scope, r.Max, tt.want)
		}
	}
}

// checkSlowly is NameRule.Check by regular expressions alone.
func checkSlowly(r NameRule, name string) error {
	r.quick = &quick{}
	return r.Check(name)
}

// TestNameRuleCheckIsQuick compares the two ways on random names around the
// edges, where a class or a pattern might be misread.
func TestNameRuleCheckIsQuick(t *testing.T) {
	letters := []rune("azAZ059-_.()&' \n%/<+*#é\u212a")
	rng := rand.New(rand.NewPCG(1, 2))
	quickly, slowly := 0, 0
	for _, r := range nameRules() {
		if r.quick.edges {
			quickly++
		} else if r.Pattern != "" {
			slowly++
		}
		allowed := slices.DeleteFunc(slices.Clone(letters), func(c rune) bool { return r.chars != nil && !r.chars.MatchString(string(c)) })
		for i := range 3000 {
			from := letters
			if i%3 > 0 {
				from = allowed // or hardly any name comes as far as its edges
			}
			name := make([]rune, r.Min+rng.IntN(4))
			for j := range name {
				name[j] = from[rng.IntN(len(from))]
			}
			have, want := r.Check(string(name)), checkSlowly(r, string(name))
			if fmt.Sprint(have) != fmt.Sprint(want) {
				t.Errorf("%s: %q: have %v, want %v", r.Type, string(name), have, want)
			}
		}
	}
	if quickly < 4*slowly {
		t.Errorf("the patterns of %d rules are known, of %d not", quickly, slowly)
	}
}

func FuzzNameRuleCheck(f *testing.F) {
	for _, name := range []string{"", "a", "vm-1", "St", "a--b", "é", "\xff", "default", strings.Repeat("x", 300)} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		for _, r := range nameRules() {
			err := r.Check(name)
			n := utf8.RuneCountInString(name)
			switch {
			case err != nil && strings.TrimSpace(err.Error()) == "must":
				t.Errorf("%s: %q is refused without a reason", r.Type, name)
			case err == nil && (n < r.Min || n > r.Max || !utf8.ValidString(name)):
				t.Errorf("%s: %q is accepted", r.Type, name)
			case fmt.Sprint(err) != fmt.Sprint(checkSlowly(r, name)):
				t.Errorf("%s: %q: have %v, want %v", r.Type, name, err, checkSlowly(r, name))
			case err == nil && r.Pattern != "" && !regexp.MustCompile(r.Pattern).MatchString(name):
				t.Errorf("%s: %q is accepted, but not by %s", r.Type, name, r.Pattern)
			}
		}
	})
}

func ExampleNameRuleOf() {
	r, _ := NameRuleOf("Microsoft.Storage/storageAccounts", "")
	fmt.Println(r.Check("st-training"))
	r, _ = NameRuleOf("Microsoft.Authorization/policyAssignments", "managementGroup")
	fmt.Println(r.Check("Deny-Sizes-Of-Virtual-Mac"))
	// Output:
	// has '-', allowed are lower-case letters and digits
	// has 25 characters, at most 24 are allowed
}
