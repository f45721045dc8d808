package main

import (
	"slices"
	"strings"

	"airfield/arm"
	"airfield/tenant/tenanttest"
)

// What all organizations have of Azure landing zones: the definitions, sets and
// assignments of its library, each in our words. An organization adds its own.

var (
	is    = tenanttest.Is
	of    = tenanttest.Of
	allOf = tenanttest.All
	anyOf = tenanttest.Any
)

// policySet is a custom set: its members are names of definitions, or GUIDs, each
// with the effect it has there, or none.
type policySet struct {
	name, title string
	metadata    arm.O
	workspace   bool // it hands the central workspace on
	members     []string
}

// assignment is one at a management group, which is named as in at; of is the
// name of a definition or set of the organization, or the GUID of a built-in one.
type assignment struct {
	at, name, title, of string
	parameters          arm.O
	audit               bool // not enforced
	identity            bool
	metadata            arm.O
	message             string
}

// exemption is one at a management group, a subscription, or a resource group in
// one (SUBSCRIPTION/GROUP), from an assignment at a management group.
type exemption struct {
	at, name, title, text, from, of, until string
	references                             []string
}

// service is a type of resource, with the names that policies have for it.
type service struct {
	name, what string
	typ        arm.Type
}

// closed is a policy that wants a service to be closed to the public network.
func (o *organization) closed(name, what string, typ arm.Type) tenanttest.Policy {
	return tenanttest.Policy{Name: "Deny-Public-" + name, Title: what + " are closed to the public network", Category: "Network", Effect: "Audit",
		Text: what + " in Corp are reached through private endpoints only.", If: of(typ, is(string(typ)+"/publicNetworkAccess", "notEquals", "Disabled")), Metadata: o.kept}
}

// logged is a policy that sends a service's logs to the central workspace.
func (o *organization) logged(name, what string, typ arm.Type) tenanttest.Policy {
	return tenanttest.Policy{Name: "Deploy-Diag-" + name, Title: what + " send their logs to the central workspace", Category: "Monitoring", Effect: "DeployIfNotExists", Metadata: o.kept,
		Text: "Without logs nobody can say afterwards who did what.", Parameters: arm.O{"logAnalytics", arm.O{"type", "String"}}, If: of(typ),
		Then: deploys("Microsoft.Insights/diagnosticSettings", is("Microsoft.Insights/diagnosticSettings/workspaceId", "equals", "[parameters('logAnalytics')]"),
			arm.O{"type", string(typ) + "/providers/diagnosticSettings", "apiVersion", "2021-05-01-preview", "name", "[concat(parameters('name'), '/Microsoft.Insights/setByPolicy')]",
				"properties", arm.O{"workspaceId", o.logs(), "logs", arm.A{arm.O{"categoryGroup", "audit", "enabled", true}}}})}
}

// named is a policy that writes the DNS records of private endpoints.
func (o *organization) named(kind, zone string) tenanttest.Policy {
	const connections = "Microsoft.Network/privateEndpoints/privateLinkServiceConnections[*].groupIds[*]"
	return tenanttest.Policy{Name: "Deploy-DNS-" + kind, Title: "Private endpoints of kind " + kind + " are found by name", Category: "Network", Effect: "DeployIfNotExists", Metadata: o.kept,
		Text: "Writes the record into " + zone + ", which the platform keeps: teams need no zones of their own.",
		If:   of("Microsoft.Network/privateEndpoints", arm.O{"count", arm.O{"field", connections, "where", is(connections, "equals", kind)}, "greaterOrEquals", 1}),
		Then: deploys("Microsoft.Network/privateEndpoints/privateDnsZoneGroups", nil,
			arm.O{"type", "Microsoft.Network/privateEndpoints/privateDnsZoneGroups", "apiVersion", "2024-05-01", "name", "[concat(parameters('name'), '/deployedByPolicy')]",
				"properties", arm.O{"privateDnsZoneConfigs", arm.A{arm.O{"name", kind, "properties", arm.O{"privateDnsZoneId", o.dnsGroup().Resource("Microsoft.Network/privateDnsZones", zone)}}}}})}
}

// agent is a policy that installs something on Linux machines.
func (o *organization) agent(name, title string, related arm.Type, exists arm.O, resource arm.O) tenanttest.Policy {
	return tenanttest.Policy{Name: name, Title: title, Category: "Monitoring", Effect: "DeployIfNotExists", Metadata: o.kept, Text: "Machines report to the platform without their team's doing.",
		If: of("Microsoft.Compute/virtualMachines", is("Microsoft.Compute/virtualMachines/storageProfile.osDisk.osType", "equals", "Linux")), Then: deploys(related, exists, resource)}
}

// deploys gives the details of a policy that deploys a resource where another
// is missing.
func deploys(typ arm.Type, exists, resource arm.O) arm.O {
	return arm.O{"details", arm.O{"type", typ, "existenceCondition", exists, "roleDefinitionIds", []string{tenanttest.Contributor},
		"deployment", arm.O{"properties", arm.O{"mode", "incremental", "parameters", arm.O{"name", arm.O{"value", "[field('name')]"}},
			"template", arm.O{"$schema", "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#", "contentVersion", "1.0.0.0",
				"parameters", arm.O{"name", arm.O{"type", "string"}}, "resources", arm.A{resource}}}}}}
}

// security is a policy of the security team, which only reports.
func (o *organization) security(name, title string, typ arm.Type, conditions ...any) tenanttest.Policy {
	return tenanttest.Policy{Name: name, Title: title, Category: "Security", Effect: "Audit", Metadata: o.securityTeam, Text: "From " + o.title + "'s baseline for cloud services.", If: of(typ, conditions...)}
}

// library gives the definitions of Azure landing zones.
func (o *organization) library() []tenanttest.Policy {
	var all []tenanttest.Policy
	for _, s := range o.closable {
		all = append(all, o.closed(s.name, s.what, s.typ))
	}
	for _, s := range o.logging {
		all = append(all, o.logged(s.name, s.what, s.typ))
	}
	for _, z := range o.zones {
		if z.kind != "" {
			all = append(all, o.named(z.kind, z.name))
		}
	}
	return append(all, []tenanttest.Policy{
		o.agent("Deploy-AMA-Linux", "Linux machines have the Azure Monitor agent", "Microsoft.Compute/virtualMachines/extensions",
			allOf(is("Microsoft.Compute/virtualMachines/extensions/publisher", "equals", "Microsoft.Azure.Monitor"), is("Microsoft.Compute/virtualMachines/extensions/type", "equals", "AzureMonitorLinuxAgent")),
			arm.O{"type", "Microsoft.Compute/virtualMachines/extensions", "apiVersion", "2024-07-01", "name", "[concat(parameters('name'), '/AzureMonitorLinuxAgent')]", "location", o.regions[0].name,
				"properties", arm.O{"publisher", "Microsoft.Azure.Monitor", "type", "AzureMonitorLinuxAgent", "typeHandlerVersion", "1.33"}}),
		o.agent("Deploy-DCR-Linux", "Linux machines send what the central rule collects", "Microsoft.Insights/dataCollectionRuleAssociations",
			is("Microsoft.Insights/dataCollectionRuleAssociations/dataCollectionRuleId", "equals", o.dataRule()),
			arm.O{"type", "Microsoft.Compute/virtualMachines/providers/dataCollectionRuleAssociations", "apiVersion", "2023-03-11", "name", "[concat(parameters('name'), '/Microsoft.Insights/central')]",
				"properties", arm.O{"dataCollectionRuleId", o.dataRule()}}),
		{Name: "Deny-Subnet-Without-Nsg", Title: "Subnets have a network security group", Category: "Network", Mode: "All", Effect: "Deny", Metadata: o.kept,
			Text:       "A subnet without one is open to all that is routed to it. Azure's own subnets are left out.",
			Parameters: arm.O{"excludedSubnets", arm.O{"type", "Array", "defaultValue", []string{"GatewaySubnet", "AzureFirewallSubnet", "AzureFirewallManagementSubnet", "AzureBastionSubnet", "RouteServerSubnet"}}},
			If: anyOf(
				of("Microsoft.Network/virtualNetworks", arm.O{"count", arm.O{"field", "Microsoft.Network/virtualNetworks/subnets[*]", "where", allOf(
					is("Microsoft.Network/virtualNetworks/subnets[*].networkSecurityGroup.id", "exists", false), is("Microsoft.Network/virtualNetworks/subnets[*].name", "notIn", "[parameters('excludedSubnets')]"))}, "greater", 0}),
				of("Microsoft.Network/virtualNetworks/subnets", is("Microsoft.Network/virtualNetworks/subnets/networkSecurityGroup.id", "exists", false), is("name", "notIn", "[parameters('excludedSubnets')]")))},
		{Name: "Deny-MgmtPorts-From-Internet", Title: "SSH and RDP are not open to the internet", Category: "Network", Mode: "All", Effect: "Deny", Metadata: o.kept, Text: "Administrators go through Bastion.",
			If: of("Microsoft.Network/networkSecurityGroups", arm.O{"count", arm.O{"field", "Microsoft.Network/networkSecurityGroups/securityRules[*]", "where", allOf(
				is("Microsoft.Network/networkSecurityGroups/securityRules[*].access", "equals", "Allow"), is("Microsoft.Network/networkSecurityGroups/securityRules[*].direction", "equals", "Inbound"),
				is("Microsoft.Network/networkSecurityGroups/securityRules[*].destinationPortRange", "in", []string{"22", "3389", "*"}),
				is("Microsoft.Network/networkSecurityGroups/securityRules[*].sourceAddressPrefix", "in", []string{"Internet", "*", "0.0.0.0/0"}))}, "greater", 0})},
		{Name: "Deny-IP-Forwarding", Title: "Network interfaces do not forward", Category: "Network", Effect: "Deny", Metadata: o.kept, Text: "Only the hub's firewall routes.",
			If: of("Microsoft.Network/networkInterfaces", is("Microsoft.Network/networkInterfaces/enableIpForwarding", "equals", true))},
		{Name: "Deny-Public-IP-On-NIC", Title: "Machines have no public address", Category: "Network", Effect: "Deny", Metadata: o.kept, Text: "What comes from the internet to Corp goes through the hub.",
			If: of("Microsoft.Network/networkInterfaces", arm.O{"count", arm.O{"field", "Microsoft.Network/networkInterfaces/ipConfigurations[*]", "where",
				is("Microsoft.Network/networkInterfaces/ipConfigurations[*].publicIpAddress.id", "exists", true)}, "greater", 0})},
		{Name: "Deny-Storage-http", Title: "Storage accounts take HTTPS only", Category: "Storage", Effect: "Deny", Metadata: o.kept, Text: "Nothing travels in clear text.",
			If: of("Microsoft.Storage/storageAccounts", is("Microsoft.Storage/storageAccounts/supportsHttpsTrafficOnly", "equals", false))},
		{Name: "Deny-AKS-Public", Title: "Kubernetes clusters have a private API server", Category: "Kubernetes", Effect: "Audit", Metadata: o.kept, Text: "The API server of a cluster in Corp is reached inside the network only.",
			If: of("Microsoft.ContainerService/managedClusters", is("Microsoft.ContainerService/managedClusters/apiServerAccessProfile.enablePrivateCluster", "notEquals", true))},
		{Name: "Deny-Peering-Elsewhere", Title: "Sandboxes are peered with nothing outside their subscription", Category: "Network", Mode: "All", Effect: "Deny", Metadata: o.kept, Text: "An experiment has no way to the corporate network.",
			If: of("Microsoft.Network/virtualNetworks/virtualNetworkPeerings", arm.O{"value", "[contains(field('Microsoft.Network/virtualNetworks/virtualNetworkPeerings/remoteVirtualNetwork.id'), subscription().subscriptionId)]", "equals", false})},
		{Name: "Audit-Private-Zones", Title: "Private DNS zones are the platform's", Category: "Network", Mode: "All", Effect: "Audit", Metadata: o.kept, Text: "A zone of one's own hides the names that the platform keeps.",
			If: of("Microsoft.Network/privateDnsZones", is("name", "like", "privatelink.*"))},
		{Name: "Deploy-Activity-Log", Title: "Subscriptions send their activity log to the central workspace", Category: "Monitoring", Mode: "All", Effect: "DeployIfNotExists", Metadata: o.kept, Text: "Who did what in a subscription is kept for 90 days.",
			Parameters: arm.O{"logAnalytics", arm.O{"type", "String"}}, If: of(arm.SubscriptionType),
			Then: deploys("Microsoft.Insights/diagnosticSettings", is("Microsoft.Insights/diagnosticSettings/workspaceId", "equals", "[parameters('logAnalytics')]"),
				arm.O{"type", "Microsoft.Insights/diagnosticSettings", "apiVersion", "2021-05-01-preview", "name", "setByPolicy", "properties", arm.O{"workspaceId", o.logs()}})},
		{Name: "Audit-Disks-Unused", Title: "Disks are attached to something", Category: "Cost", Effect: "Audit", Metadata: o.kept, Text: "A disk that nobody uses is paid for all the same.",
			If: of("Microsoft.Compute/disks", is("Microsoft.Compute/disks/diskState", "equals", "Unattached"))},
		{Name: "Audit-PublicIP-Unused", Title: "Public addresses belong to something", Category: "Cost", Effect: "Audit", Metadata: o.kept, Text: "An address that nobody uses is paid for all the same.",
			If: of("Microsoft.Network/publicIPAddresses", is("Microsoft.Network/publicIPAddresses/ipConfiguration.id", "exists", false), is("Microsoft.Network/publicIPAddresses/natGateway.id", "exists", false))},
		o.security("Sec-KeyVault-Purge", "Key vaults cannot be purged", "Microsoft.KeyVault/vaults", is("Microsoft.KeyVault/vaults/enablePurgeProtection", "notEquals", true)),
		o.security("Sec-KeyVault-Roles", "Key vaults take roles, not access policies", "Microsoft.KeyVault/vaults", is("Microsoft.KeyVault/vaults/enableRbacAuthorization", "notEquals", true)),
		o.security("Sec-AKS-Accounts", "Kubernetes clusters have no local accounts", "Microsoft.ContainerService/managedClusters", is("Microsoft.ContainerService/managedClusters/disableLocalAccounts", "notEquals", true)),
		o.security("Sec-ACR-Admin", "Container registries have no admin user", "Microsoft.ContainerRegistry/registries", is("Microsoft.ContainerRegistry/registries/adminUserEnabled", "equals", true)),
		o.security("Sec-VNet-DNS", "Networks know their DNS servers", "Microsoft.Network/virtualNetworks", is("Microsoft.Network/virtualNetworks/dhcpOptions.dnsServers", "exists", false)),
		{Name: "Enforce-CMK-Storage", Title: "Storage accounts are encrypted with " + o.title + "'s key", Category: "Encryption", Effect: "Deny", Metadata: o.kept, Text: "Planned: waits for the managed HSM.",
			If: of("Microsoft.Storage/storageAccounts", is("Microsoft.Storage/storageAccounts/encryption.keySource", "notEquals", "Microsoft.Keyvault"))},
		{Name: "Enforce-CMK-Batch", Title: "Batch accounts are encrypted with " + o.title + "'s key", Category: "Encryption", Effect: "Deny", Metadata: o.kept, Text: "Planned: waits for the managed HSM.",
			If: of("Microsoft.Batch/batchAccounts", is("Microsoft.Batch/batchAccounts/encryption.keySource", "notEquals", "Microsoft.KeyVault"))},
		{Name: "Enforce-Subnet-Private", Title: "Subnets have no way out that nobody made", Category: "Network", Mode: "All", Effect: "Deny", Metadata: o.kept, Text: "Default outbound access is off. Planned: old spokes come first.",
			If: of("Microsoft.Network/virtualNetworks", arm.O{"count", arm.O{"field", "Microsoft.Network/virtualNetworks/subnets[*]", "where",
				is("Microsoft.Network/virtualNetworks/subnets[*].defaultOutboundAccess", "notEquals", false)}, "greater", 0})},
		{Name: "Deny-Privileged-AKS", Title: "Containers are not privileged", Category: "Kubernetes", Mode: "Microsoft.Kubernetes.Data", Effect: "Deny", Metadata: o.kept, Text: "A privileged container owns its node.",
			If: of("Microsoft.ContainerService/managedClusters"), Then: arm.O{"details", arm.O{"templateInfo", arm.O{"sourceType", "PublicURL", "url", "https://store.policy.core.windows.net/kubernetes/container-no-privilege/v2/template.yaml"},
				"apiGroups", []string{""}, "kinds", []string{"Pod"}}}},
	}...)
}

// librarySets gives the sets of Azure landing zones, and that of the security
// team.
func (o *organization) librarySets() []policySet {
	closed := []string{tenanttest.StorageNoPublicNet + " Deny", tenanttest.BatchPublicNetwork + " Deny"}
	for _, s := range o.closable {
		closed = append(closed, "Deny-Public-"+s.name+" Deny")
	}
	var logged, named []string
	for _, s := range o.logging {
		logged = append(logged, "Deploy-Diag-"+s.name)
	}
	for _, z := range o.zones {
		if z.kind != "" {
			named = append(named, "Deploy-DNS-"+z.kind)
		}
	}
	return []policySet{
		{"Deny-PublicPaaSEndpoints", "Services are closed to the public network", o.kept, false, append(closed, "Deny-AKS-Public Deny")},
		{"Deploy-Diagnostics", "Services send their logs to the central workspace", o.kept, true, logged},
		{"Deploy-Private-DNS-Zones", "Private endpoints are found by name", o.kept, false, named},
		{"Deploy-VM-Monitoring", "Machines are monitored", o.kept, false, []string{"Deploy-AMA-Linux", "Deploy-DCR-Linux"}},
		{"Audit-UnusedResources", "Nothing is paid for that nobody uses", o.kept, false, []string{"Audit-Disks-Unused", "Audit-PublicIP-Unused"}},
		{"Enforce-Encryption-CMK", "Data is encrypted with " + o.title + "'s key", o.kept, false, []string{"Enforce-CMK-Storage Deny", "Enforce-CMK-Batch Deny"}},
		{"Security-Baseline", o.title + " security baseline", o.securityTeam, false, []string{"Sec-KeyVault-Purge", "Sec-KeyVault-Roles", "Sec-AKS-Accounts", "Sec-ACR-Admin", "Sec-VNet-DNS",
			tenanttest.StorageNoPublicBlob + " Audit", tenanttest.StorageTLS + " Audit", tenanttest.StorageSharedKey + " Audit", tenanttest.UnmanagedDisks, tenanttest.HostEncryption + " Audit"}},
	}
}

// libraryAssignments gives the assignments of Azure landing zones, and the security
// team's.
func (o *organization) libraryAssignments() []assignment {
	return []assignment{
		{"", "Security-Baseline", o.title + " security baseline", "Security-Baseline", nil, false, false, o.securityTeam, ""},
		{"", "Deploy-AzActivity-Log", "Activity logs go to the central workspace", "Deploy-Activity-Log", nil, false, true, o.kept, ""},
		{"", "Deploy-Diag-Logs", "Logs go to the central workspace", "Deploy-Diagnostics", nil, false, true, o.kept, ""},
		{"", "Audit-UnusedResources", "Unused resources", "Audit-UnusedResources", nil, false, false, o.kept, ""},
		{"", "Deny-Classic-Resources", "No classic resources", tenanttest.ForbiddenTypes, arm.O{"listOfResourceTypesNotAllowed", []string{"Microsoft.ClassicCompute/virtualMachines", "Microsoft.ClassicNetwork/virtualNetworks", "Microsoft.ClassicStorage/storageAccounts"}}, false, false, o.kept, ""},
		{"identity", "Deny-Subnet-Without-Nsg", "Subnets have a network security group", "Deny-Subnet-Without-Nsg", nil, false, false, o.kept, ""},
		{"identity", "Deny-MgmtPorts-Internet", "No management ports on the internet", "Deny-MgmtPorts-From-Internet", nil, false, false, o.kept, ""},
		{"platform", "Deploy-VM-Monitoring", "Machines are monitored", "Deploy-VM-Monitoring", nil, false, true, o.kept, ""},
		{"landingzones", "Deny-Subnet-Without-Nsg", "Subnets have a network security group", "Deny-Subnet-Without-Nsg", nil, false, false, o.kept, "Give the subnet a network security group in the same request."},
		{"landingzones", "Deny-MgmtPorts-Internet", "No management ports on the internet", "Deny-MgmtPorts-From-Internet", nil, false, false, o.kept, ""},
		{"landingzones", "Deny-IP-forwarding", "No forwarding interfaces", "Deny-IP-Forwarding", nil, false, false, o.kept, ""},
		{"landingzones", "Deny-Storage-http", "Storage takes HTTPS only", "Deny-Storage-http", nil, false, false, o.kept, ""},
		{"landingzones", "Deny-Privileged-AKS", "No privileged containers", "Deny-Privileged-AKS", nil, false, false, o.kept, ""},
		{"landingzones", "Deploy-VM-Monitoring", "Machines are monitored", "Deploy-VM-Monitoring", nil, false, true, o.kept, ""},
		{"landingzones", "Enforce-Encrypt-CMK0", "Encryption with " + o.title + "'s key", "Enforce-Encryption-CMK", nil, true, false, o.kept, ""},
		{"landingzones", "Enforce-Subnet-Private", "Private subnets", "Enforce-Subnet-Private", nil, true, false, o.kept, ""},
		{"corp", "Deny-Public-Endpoints", "Corp is closed to the public network", "Deny-PublicPaaSEndpoints", nil, false, false, o.kept, "Use a private endpoint: the platform writes its DNS record."},
		{"corp", "Deny-Public-IP-On-NIC", "No public addresses on machines", "Deny-Public-IP-On-NIC", nil, false, false, o.kept, ""},
		{"corp", "Deny-HybridNetworking", "No gateways beside the hub", tenanttest.ForbiddenTypes, arm.O{"listOfResourceTypesNotAllowed", gateways}, false, false, o.kept, ""},
		{"corp", "Deploy-Private-DNS-Zones", "Private endpoints are found by name", "Deploy-Private-DNS-Zones", nil, false, true, o.kept, ""},
		{"corp", "Audit-PeDnsZones", "No private zones beside the platform's", "Audit-Private-Zones", nil, false, false, o.kept, ""},
		{"sandbox", "Deny-Peering", "Sandboxes are cut off", "Deny-Peering-Elsewhere", nil, false, false, o.kept, ""},
		{"sandbox", "Deny-HybridNetworking", "No gateways", tenanttest.ForbiddenTypes, arm.O{"listOfResourceTypesNotAllowed", gateways}, false, false, o.kept, ""},
		{"decommissioned", "Allowed-Types", "Nothing new", tenanttest.AllowedTypes, arm.O{"listOfResourceTypesAllowed", []string{"Microsoft.Consumption/tags", "Microsoft.Authorization/locks"}}, false, false, o.kept, ""},
	}
}

// assignedBuiltIns are the built-in policies that are assigned, by organizations or
// by their estates. Azure has more of them than this.
var assignedBuiltIns = []string{tenanttest.AllowedSizes, tenanttest.AllowedLocations, tenanttest.AllowedRGLocations, tenanttest.AllowedTypes, tenanttest.ForbiddenTypes,
	tenanttest.SubscriptionTag, tenanttest.MissingTag, tenanttest.GroupTag, tenanttest.RequiredGroupTag, tenanttest.BatchPublicNetwork, tenanttest.StorageNoPublicNet, tenanttest.StorageNoPublicBlob, tenanttest.StorageTLS,
	tenanttest.StorageSharedKey, tenanttest.UnmanagedDisks, tenanttest.HostEncryption}

var gateways = []string{"Microsoft.Network/expressRouteCircuits", "Microsoft.Network/expressRouteGateways", "Microsoft.Network/virtualNetworkGateways", "Microsoft.Network/virtualWans", "Microsoft.Network/virtualHubs",
	"Microsoft.Network/vpnGateways", "Microsoft.Network/vpnSites"}

// policies adds all of it, with the roles of the assignments' identities.
func (m *maker) policies() {
	for _, guid := range assignedBuiltIns {
		m.b.Add(tenanttest.BuiltIn(guid))
	}
	for _, p := range m.definitions {
		m.b.Add(p.Definition(m.at("")))
	}
	for _, s := range m.sets {
		m.set(s)
	}
	for _, a := range m.assignments {
		if m.takesLogs(a.of) {
			a.parameters = append(arm.O{"logAnalytics", m.logs()}, a.parameters...)
		}
		made := tenanttest.Assignment{Name: a.name, Title: a.title, At: m.at(a.at), Of: m.assigned(a.of), Parameters: a.parameters, Audit: a.audit, Message: a.message, NotScopes: m.notScopes(a.name), Metadata: a.metadata}
		if a.identity {
			made.Identity = principal(string(made.ID()))
			m.assign(made.At, "Contributor", string(made.ID()), "ServicePrincipal")
		}
		m.b.Add(made.Resource())
	}
	for _, e := range m.exemptions {
		from := m.at(e.from).Resource("Microsoft.Authorization/policyAssignments", e.of)
		m.b.Add(tenanttest.Exemption(m.scope(e.at), e.name, e.title, e.text, from, e.until, e.references...))
	}
}

// takesLogs tells whether what is assigned wants the central workspace.
func (o *organization) takesLogs(name string) bool {
	return name == "Deploy-Activity-Log" || slices.ContainsFunc(o.sets, func(s policySet) bool { return s.name == name && s.workspace })
}

// notScopes gives the subscriptions that an assignment leaves out.
func (o *organization) notScopes(name string) []string {
	var all []string
	for _, s := range o.leftOut[name] {
		all = append(all, string(o.id(s)))
	}
	return all
}

// assigned gives the id of a definition or set by its name or GUID.
func (o *organization) assigned(name string) arm.ID {
	if slices.ContainsFunc(o.sets, func(s policySet) bool { return s.name == name }) {
		return o.at("").Resource("Microsoft.Authorization/policySetDefinitions", name)
	}
	if slices.ContainsFunc(o.definitions, func(p tenanttest.Policy) bool { return p.Name == name }) {
		return o.at("").Resource("Microsoft.Authorization/policyDefinitions", name)
	}
	return tenanttest.BuiltInID(name)
}

func (m *maker) set(s policySet) {
	list, parameters := arm.A{}, arm.O{}
	if s.workspace {
		parameters = arm.O{"logAnalytics", arm.O{"type", "String"}}
	}
	for _, member := range s.members {
		of, effect, given := strings.Cut(member, " ")
		values := arm.O{}
		if given {
			values = append(values, "effect", arm.O{"value", effect})
		}
		if s.workspace {
			values = append(values, "logAnalytics", arm.O{"value", "[parameters('logAnalytics')]"})
		}
		list = append(list, arm.O{"policyDefinitionReferenceId", of, "policyDefinitionId", m.assigned(of), "parameters", values})
	}
	m.add(m.at("").Resource("Microsoft.Authorization/policySetDefinitions", s.name), "properties", arm.O{"displayName", s.title, "policyType", "Custom",
		"metadata", append(arm.O{"version", "1.0.0", "category", m.title}, s.metadata...), "parameters", parameters, "policyDefinitions", list})
}
