package main

import (
	"airfield/arm"
	"airfield/catalog"
	"airfield/tenant/tenanttest"
)

// principal gives the object id of a group or service in Microsoft Entra ID.
func principal(name string) string { return tenanttest.UUID("principal", name) }

// tree adds the management groups, the subscriptions and the roles.
func (m *maker) tree() {
	m.b.Add(tenanttest.Group(m.tenant, "Tenant Root Group", ""))
	parents := map[string]string{}
	for _, g := range m.groups() {
		if g.parent == "" {
			g.parent = m.tenant
		}
		parents[g.name] = g.parent
		m.b.Add(tenanttest.Group(g.name, g.title, arm.ManagementGroup(g.parent)))
	}
	for _, s := range m.subscriptions {
		chain := []string{}
		for g := s.group; g != "" && g != m.tenant; g = parents[g] {
			chain = append(chain, g)
		}
		tags := arm.O{"Environment", s.environment, "Owner", s.owner}
		if s.costCenter != "" {
			tags = append(tags, "CostCenter", s.costCenter)
		}
		made := tenanttest.Subscription(m.id(s.name), s.name, tags, append(chain, m.tenant)...)
		if s.disabled {
			made.Body, _ = made.Body.Set("Disabled", "properties", "state")
		}
		m.b.Add(made)
	}
	for _, name := range m.vended {
		m.add(arm.Tenant.Resource("Microsoft.Subscription/aliases", name), "properties", arm.O{"displayName", name, "subscriptionId", m.id(name).Name(), "workload", "Production", "provisioningState", "Succeeded"})
	}
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
	root := m.at("")
	m.add(root.Resource("Microsoft.Authorization/roleDefinitions", tenanttest.UUID("role", "joiner")), "properties", arm.O{"roleName", m.title + " network joiner",
		"description", "Lets application teams put machines into the subnets they were given, and nothing else.", "type", "CustomRole", "assignableScopes", arm.A{root},
		"permissions", permission([]string{"Microsoft.Network/virtualNetworks/read", "Microsoft.Network/virtualNetworks/subnets/read", "Microsoft.Network/virtualNetworks/subnets/join/action"}, nil, nil)})
	m.assign(root, "Owner", "sp-"+m.tool, "ServicePrincipal")
	m.assign(root, "User Access Administrator", "grp-cloud-platform-elevated", "Group")
	m.assign(root, "Reader", "grp-security-operations", "Group")
	m.assign(root, "Reader", "sp-finops-export", "ServicePrincipal")
	m.assign(m.at("connectivity"), "Network Contributor", "grp-network", "Group")
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

// govern adds what every subscription has: a budget, access, registrations,
// and a lock where something must not be deleted by mistake.
func (m *maker) govern(s subscription) {
	sub := m.id(s.name)
	m.add(sub.Resource("Microsoft.Consumption/budgets", "budget-"+tenanttest.UUID(s.name)[:6]), "properties", arm.O{"amount", 1000 * one(m, 2, 5, 8, 12, 20, 40), "category", "Cost", "timeGrain", "Monthly",
		"timePeriod", arm.O{"startDate", "2024-01-01T00:00:00Z", "endDate", "2033-12-31T00:00:00Z"},
		"notifications", arm.O{"actual80", arm.O{"enabled", true, "operator", "GreaterThan", "threshold", 80, "thresholdType", "Actual", "contactEmails", []string{s.owner, "finops@" + m.name + ".example"}}}})
	m.assign(sub, "Reader", s.team, "Group")
	if why := m.frozen[s.name]; why != "" {
		m.locks(sub, "ReadOnly", why)
	}
	if s.group != "" && s.group != m.root+"-decommissioned" {
		m.assign(sub, one(m, "Contributor", "Contributor", "Owner"), "sp-deploy-"+s.name, "ServicePrincipal")
	}
	for _, ns := range services {
		m.register(sub, ns, true)
	}
	for _, ns := range aiServices {
		m.register(sub, ns, s.ai)
	}
	if s.ai {
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
