package main

import (
	"slices"

	"airfield/arm"
	"airfield/catalog"
	"airfield/tenant/tenanttest"
)

// The regions, as examples/contoso/estate.yaml has them.
const (
	home     = "swedencentral"
	recovery = "germanywestcentral"
)

const tenantID = "5d2f6a31-7c41-4f0e-9a86-2f3b8f0c1a01"

// groups are the management groups, each below the one that is named; "" is
// the root of the tenant.
var groups = []struct{ name, title, parent string }{
	{"contoso", "Contoso", ""},
	{"contoso-platform", "Platform", "contoso"},
	{"contoso-management", "Management", "contoso-platform"},
	{"contoso-connectivity", "Connectivity", "contoso-platform"},
	{"contoso-identity", "Identity", "contoso-platform"},
	{"contoso-landingzones", "Landing zones", "contoso"},
	{"contoso-corp", "Corp", "contoso-landingzones"},
	{"contoso-online", "Online", "contoso-landingzones"},
	{"contoso-sandbox", "Sandbox", "contoso"},
	{"contoso-decommissioned", "Decommissioned", "contoso"},
}

// subscription is one subscription, with who has it.
type subscription struct {
	name        string
	group       string // "" is the root of the tenant
	costCenter  string // of the subscription's tag; blank where it has none
	environment string
	owner       string
	spoke       string // the first three numbers of its /20; blank for none
	team        string // the Microsoft Entra group that works in it
}

// subscriptions are all subscriptions. The names are older than the pattern
// that the estate writes.
var subscriptions = []subscription{
	{"con-management", "contoso-management", "CC-1000", "Production", "cloud-platform@contoso.example", "", "grp-cloud-platform"},
	{"con-connectivity", "contoso-connectivity", "CC-1000", "Production", "network@contoso.example", "", "grp-network"},
	{"con-identity", "contoso-identity", "CC-1000", "Production", "identity@contoso.example", "10.8.0", "grp-identity"},
	{"con-dms-prod", "contoso-corp", "CC-2100", "Production", "dms@contoso.example", "10.9.0", "grp-dms"},
	{"con-dms-test", "contoso-corp", "CC-2100", "Test", "dms@contoso.example", "10.9.16", "grp-dms"},
	{"con-sap-prod", "contoso-corp", "CC-2200", "Production", "sap-basis@contoso.example", "10.10.0", "grp-sap-basis"},
	{"con-sap-dev", "contoso-corp", "CC-2200", "Development", "sap-basis@contoso.example", "10.10.16", "grp-sap-basis"},
	{"con-finance-prod", "contoso-corp", "CC-2300", "Production", "finance-it@contoso.example", "10.11.0", "grp-finance-it"},
	{"con-finance-test", "contoso-corp", "CC-2300", "Test", "finance-it@contoso.example", "10.11.16", "grp-finance-it"},
	{"con-hr-prod", "contoso-corp", "CC-2400", "Production", "hr-systems@contoso.example", "10.12.0", "grp-hr-systems"},
	{"con-dwh-prod", "contoso-corp", "CC-3100", "Production", "data-platform@contoso.example", "10.13.0", "grp-data-platform"},
	{"con-dwh-dev", "contoso-corp", "CC-3100", "Development", "data-platform@contoso.example", "10.13.16", "grp-data-platform"},
	{"con-desktop-prod", "contoso-corp", "CC-1200", "Production", "workplace@contoso.example", "10.14.0", "grp-workplace"},
	{"con-build-prod", "contoso-corp", "CC-1300", "Production", "devex@contoso.example", "10.15.0", "grp-devex"},
	{"con-monitoring-prod", "contoso-corp", "", "Production", "operations@contoso.example", "10.15.16", "grp-operations"},
	{"con-ml-prod", "contoso-corp", "CC-4600", "Production", "data-science@contoso.example", "10.16.0", "grp-data-science"},
	{"con-ml-dev", "contoso-corp", "CC-4600", "Development", "data-science@contoso.example", "10.16.16", "grp-data-science"},
	{"con-glyph-prod", "contoso-corp", "CC-4100", "Production", "glyph@contoso.example", "10.17.0", "grp-glyph"},
	{"con-glyph-dev", "contoso-corp", "CC-4100", "Development", "glyph@contoso.example", "10.17.16", "grp-glyph"},
	{"con-tuner-prod", "contoso-corp", "CC-4712", "Production", "tuner@contoso.example", "10.18.0", "grp-tuner"},
	{"con-web-prod", "contoso-online", "CC-5100", "Production", "web@contoso.example", "10.19.0", "grp-web"},
	{"con-web-test", "contoso-online", "CC-5100", "Test", "web@contoso.example", "10.19.16", "grp-web"},
	{"con-portal-prod", "contoso-online", "CC-5200", "Production", "client-portal@contoso.example", "10.20.0", "grp-client-portal"},
	{"con-portal-test", "contoso-online", "CC-5200", "Test", "client-portal@contoso.example", "10.20.16", "grp-client-portal"},
	{"con-events-prod", "contoso-online", "", "Production", "marketing@contoso.example", "10.21.0", "grp-marketing"},
	{"con-sandbox-guild", "contoso-sandbox", "CC-1300", "Development", "cloud-guild@contoso.example", "10.250.0", "grp-cloud-guild"},
	{"con-sandbox-analytics", "contoso-sandbox", "CC-3100", "Development", "data-platform@contoso.example", "10.250.16", "grp-data-platform"},
	{"con-archive", "contoso-decommissioned", "CC-1000", "Production", "cloud-platform@contoso.example", "", "grp-cloud-platform"},
	{"Pay-As-You-Go Marketing", "", "", "Production", "marketing@contoso.example", "", "grp-marketing"},
}

// id gives the id of a subscription. The estate has that of the hubs'.
func id(name string) arm.ID {
	if name == "con-connectivity" {
		return arm.Subscription("3c9a7c5e-0000-4000-8000-0000000000c1")
	}
	return arm.Subscription(tenanttest.UUID("subscription", name))
}

func (s subscription) id() arm.ID { return id(s.name) }

// principal gives the object id of a group or service in Microsoft Entra ID.
func principal(name string) string { return tenanttest.UUID("principal", name) }

// tree adds the management groups, the subscriptions and the roles.
func (m *maker) tree() {
	m.b.Add(tenanttest.Group(tenantID, "Tenant Root Group", ""))
	parents := map[string]string{}
	for _, g := range groups {
		if g.parent == "" {
			g.parent = tenantID
		}
		parents[g.name] = g.parent
		m.b.Add(tenanttest.Group(g.name, g.title, arm.ManagementGroup(g.parent)))
	}
	for _, s := range subscriptions {
		chain := []string{}
		for g := s.group; g != "" && g != tenantID; g = parents[g] {
			chain = append(chain, g)
		}
		tags := arm.O{"Environment", s.environment, "Owner", s.owner}
		if s.costCenter != "" {
			tags = append(tags, "CostCenter", s.costCenter)
		}
		m.b.Add(tenanttest.Subscription(s.id(), s.name, tags, append(chain, tenantID)...))
	}
	vended := id("con-tuner-prod") // by the estate: its lock has the id
	m.add(arm.Tenant.Resource("Microsoft.Subscription/aliases", "con-tuner-prod"), "properties", arm.O{"displayName", "con-tuner-prod", "subscriptionId", vended.Name(), "workload", "Production", "provisioningState", "Succeeded"})
	m.roles()
}

// permissions are those of the built-in roles that are assigned.
var permissions = []struct {
	role            string
	actions, except []string
	data            []string
}{
	{"Owner", []string{"*"}, nil, nil},
	{"Contributor", []string{"*"}, []string{"Microsoft.Authorization/*/Delete", "Microsoft.Authorization/*/Write", "Microsoft.Authorization/elevateAccess/Action"}, nil},
	{"Reader", []string{"*/read"}, nil, nil},
	{"User Access Administrator", []string{"*/read", "Microsoft.Authorization/*", "Microsoft.Support/*"}, nil, nil},
	{"Network Contributor", []string{"Microsoft.Authorization/*/read", "Microsoft.Network/*", "Microsoft.Resources/deployments/*", "Microsoft.Resources/subscriptions/resourceGroups/read"}, nil, nil},
	{"Key Vault Secrets User", nil, nil, []string{"Microsoft.KeyVault/vaults/secrets/getSecret/action", "Microsoft.KeyVault/vaults/secrets/readMetadata/action"}},
	{"Storage Blob Data Contributor", []string{"Microsoft.Storage/storageAccounts/blobServices/containers/*"}, nil, []string{"Microsoft.Storage/storageAccounts/blobServices/containers/blobs/*"}},
	{"Storage Blob Data Reader", []string{"Microsoft.Storage/storageAccounts/blobServices/containers/read"}, nil, []string{"Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read"}},
	{"Virtual Machine User Login", []string{"Microsoft.Compute/virtualMachines/*/read", "Microsoft.Network/networkInterfaces/read"}, nil, []string{"Microsoft.Compute/virtualMachines/login/action"}},
}

// roles adds the role definitions that are in use, and who has them where all
// others inherit them.
func (m *maker) roles() {
	for _, p := range permissions {
		r, ok := catalog.RoleByName(p.role)
		if !ok {
			panic("no role " + p.role)
		}
		m.add(arm.Tenant.Resource("Microsoft.Authorization/roleDefinitions", r.ID), "properties", arm.O{"roleName", r.Name, "type", "BuiltInRole",
			"assignableScopes", []string{"/"}, "permissions", permission(p.actions, p.except, p.data)})
	}
	contoso := arm.ManagementGroup("contoso")
	m.add(contoso.Resource("Microsoft.Authorization/roleDefinitions", tenanttest.UUID("role", "joiner")), "properties", arm.O{"roleName", "Contoso network joiner",
		"description", "Lets application teams put machines into the subnets they were given, and nothing else.", "type", "CustomRole", "assignableScopes", arm.A{contoso},
		"permissions", permission([]string{"Microsoft.Network/virtualNetworks/read", "Microsoft.Network/virtualNetworks/subnets/read", "Microsoft.Network/virtualNetworks/subnets/join/action"}, nil, nil)})
	m.assign(contoso, "Owner", "sp-alz-terraform", "ServicePrincipal")
	m.assign(contoso, "User Access Administrator", "grp-cloud-platform-elevated", "Group")
	m.assign(contoso, "Reader", "grp-security-operations", "Group")
	m.assign(contoso, "Reader", "sp-finops-export", "ServicePrincipal")
	m.assign(arm.ManagementGroup("contoso-connectivity"), "Network Contributor", "grp-network", "Group")
}

func permission(actions, except, data []string) arm.A {
	return arm.A{arm.O{"actions", list(actions), "notActions", list(except), "dataActions", list(data), "notDataActions", []string{}}}
}

func list(s []string) []string { return append([]string{}, s...) }

// assign gives a role at a scope.
func (m *maker) assign(at arm.ID, role, who, kind string) {
	r, ok := catalog.RoleByName(role)
	if !ok {
		panic("no role " + role)
	}
	m.add(at.Resource("Microsoft.Authorization/roleAssignments", tenanttest.UUID("role", string(at), role, who)), "properties", arm.O{
		"roleDefinitionId", roleID(at, r.ID), "principalId", principal(who), "principalType", kind, "scope", at})
}

// roleID gives the id of a role as Azure writes it in an assignment.
func roleID(at arm.ID, role string) arm.ID {
	if sub := at.SubscriptionID(); sub != "" {
		at = sub
	} else {
		at = arm.Tenant
	}
	return at.Resource("Microsoft.Authorization/roleDefinitions", role)
}

// services are the resource providers that subscriptions have registered.
var services = []string{"Microsoft.Authorization", "Microsoft.Compute", "Microsoft.Insights", "Microsoft.KeyVault", "Microsoft.ManagedIdentity", "Microsoft.Network",
	"Microsoft.OperationalInsights", "Microsoft.PolicyInsights", "Microsoft.RecoveryServices", "Microsoft.Security", "Microsoft.Storage"}

// aiServices are those that only subscriptions with AI in them have registered.
var aiServices = []string{"Microsoft.Batch", "Microsoft.ContainerRegistry", "Microsoft.ContainerService", "Microsoft.MachineLearningServices", "Microsoft.StorageCache"}

// ai tells whether a subscription runs AI.
func (s subscription) ai() bool {
	return slices.Contains([]string{"con-ml-prod", "con-ml-dev", "con-glyph-prod", "con-glyph-dev", "con-tuner-prod"}, s.name)
}

// govern adds what every subscription has: a budget, access, registrations,
// and a lock where something must not be deleted by mistake.
func (m *maker) govern(s subscription) {
	sub := s.id()
	m.add(sub.Resource("Microsoft.Consumption/budgets", "budget-"+tenanttest.UUID(s.name)[:6]), "properties", arm.O{"amount", 1000 * one(m, 2, 5, 8, 12, 20, 40), "category", "Cost", "timeGrain", "Monthly",
		"timePeriod", arm.O{"startDate", "2024-01-01T00:00:00Z", "endDate", "2033-12-31T00:00:00Z"},
		"notifications", arm.O{"actual80", arm.O{"enabled", true, "operator", "GreaterThan", "threshold", 80, "thresholdType", "Actual", "contactEmails", []string{s.owner, "finops@contoso.example"}}}})
	m.assign(sub, "Reader", s.team, "Group")
	if s.group != "" && s.group != "contoso-decommissioned" {
		m.assign(sub, one(m, "Contributor", "Contributor", "Owner"), "sp-deploy-"+s.name, "ServicePrincipal")
	}
	for _, ns := range services {
		m.register(sub, ns, true)
	}
	for _, ns := range aiServices {
		m.register(sub, ns, s.ai())
	}
	if s.ai() {
		m.add(sub.Resource("Microsoft.Features/featureProviders/subscriptionFeatureRegistrations", "Microsoft.Compute", "EncryptionAtHost"),
			"properties", arm.O{"providerNamespace", "Microsoft.Compute", "featureName", "EncryptionAtHost", "state", one(m, "Registered", "NotRegistered")})
		m.add(sub.Resource("Microsoft.MarketplaceOrdering/agreements/offers/plans", "almalinux", "almalinux-hpc", "8_10-hpc-gen2"), "properties", arm.O{
			"publisher", "almalinux", "product", "almalinux-hpc", "plan", "8_10-hpc-gen2", "accepted", s.environment == "Production"})
	}
}

func (m *maker) register(sub arm.ID, namespace string, registered bool) {
	state := "NotRegistered"
	if registered {
		state = "Registered"
	}
	m.add(sub.Resource("Microsoft.Resources/providers", namespace), "properties", arm.O{"namespace", namespace, "registrationState", state})
}
