package main

import (
	"strings"

	"airfield/arm"
	"airfield/tenant/tenanttest"
)

// Three hands write the policies of Contoso: the platform team with the
// Terraform module of Azure landing zones, the security team with Enterprise
// Azure Policy as Code, and whoever was in the portal.
var (
	alz  = arm.O{"source", "https://github.com/Azure/Enterprise-Scale/", "alzCloudEnvironments", []string{"AzureCloud"}}
	epac = arm.O{"pacOwnerId", tenanttest.UUID("epac", "contoso"), "deployedBy", "epac/contoso/tenant"}
)

const (
	corp         = "contoso-corp"
	landingZones = "contoso-landingzones"
)

var (
	at    = arm.ManagementGroup("contoso") // where the custom definitions are
	is    = tenanttest.Is
	of    = tenanttest.Of
	allOf = tenanttest.All
	anyOf = tenanttest.Any
)

// custom gives the id of a custom definition.
func custom(name string) arm.ID {
	return at.Resource("Microsoft.Authorization/policyDefinitions", name)
}

// closed is a policy that wants a service to be closed to the public network.
func closed(name, what string, typ arm.Type) tenanttest.Policy {
	return tenanttest.Policy{Name: "Deny-Public-" + name, Title: what + " are closed to the public network", Category: "Network", Effect: "Audit",
		Text: what + " in Corp are reached through private endpoints only.", If: of(typ, is(string(typ)+"/publicNetworkAccess", "notEquals", "Disabled")), Metadata: alz}
}

// logged is a policy that sends a service's logs to the central workspace.
func logged(name, what string, typ arm.Type) tenanttest.Policy {
	return tenanttest.Policy{Name: "Deploy-Diag-" + name, Title: what + " send their logs to the central workspace", Category: "Monitoring", Effect: "DeployIfNotExists", Metadata: alz,
		Text: "Without logs nobody can say afterwards who did what.", Parameters: arm.O{"logAnalytics", arm.O{"type", "String"}}, If: of(typ),
		Then: deploys("Microsoft.Insights/diagnosticSettings", is("Microsoft.Insights/diagnosticSettings/workspaceId", "equals", "[parameters('logAnalytics')]"),
			arm.O{"type", string(typ) + "/providers/diagnosticSettings", "apiVersion", "2021-05-01-preview", "name", "[concat(parameters('name'), '/Microsoft.Insights/setByPolicy')]",
				"properties", arm.O{"workspaceId", logs, "logs", arm.A{arm.O{"categoryGroup", "audit", "enabled", true}}}})}
}

// named is a policy that writes the DNS records of private endpoints.
func named(kind, zone string) tenanttest.Policy {
	const connections = "Microsoft.Network/privateEndpoints/privateLinkServiceConnections[*].groupIds[*]"
	return tenanttest.Policy{Name: "Deploy-DNS-" + kind, Title: "Private endpoints of kind " + kind + " are found by name", Category: "Network", Effect: "DeployIfNotExists", Metadata: alz,
		Text: "Writes the record into " + zone + ", which the platform keeps: teams need no zones of their own.",
		If:   of("Microsoft.Network/privateEndpoints", arm.O{"count", arm.O{"field", connections, "where", is(connections, "equals", kind)}, "greaterOrEquals", 1}),
		Then: deploys("Microsoft.Network/privateEndpoints/privateDnsZoneGroups", nil,
			arm.O{"type", "Microsoft.Network/privateEndpoints/privateDnsZoneGroups", "apiVersion", "2024-05-01", "name", "[concat(parameters('name'), '/deployedByPolicy')]",
				"properties", arm.O{"privateDnsZoneConfigs", arm.A{arm.O{"name", kind, "properties", arm.O{"privateDnsZoneId", dnsGroup.Resource("Microsoft.Network/privateDnsZones", zone)}}}}})}
}

// agent is a policy that installs something on Linux machines.
func agent(name, title string, related arm.Type, exists arm.O, resource arm.O) tenanttest.Policy {
	return tenanttest.Policy{Name: name, Title: title, Category: "Monitoring", Effect: "DeployIfNotExists", Metadata: alz, Text: "Machines report to the platform without their team's doing.",
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
func security(name, title string, typ arm.Type, conditions ...any) tenanttest.Policy {
	return tenanttest.Policy{Name: name, Title: title, Category: "Security", Effect: "Audit", Metadata: epac, Text: "From Contoso's baseline for cloud services.", If: of(typ, conditions...)}
}

// definitions are the custom policies, all of them at contoso.
var definitions = []tenanttest.Policy{
	closed("KeyVault", "Key vaults", "Microsoft.KeyVault/vaults"),
	closed("ML", "Machine learning workspaces", "Microsoft.MachineLearningServices/workspaces"),
	closed("ACR", "Container registries", "Microsoft.ContainerRegistry/registries"),
	closed("Cosmos", "Cosmos DB accounts", "Microsoft.DocumentDB/databaseAccounts"),
	closed("SQL", "SQL servers", "Microsoft.Sql/servers"),
	closed("AI", "AI services", "Microsoft.CognitiveServices/accounts"),
	closed("Search", "Search services", "Microsoft.Search/searchServices"),
	logged("KeyVault", "Key vaults", "Microsoft.KeyVault/vaults"),
	logged("Batch", "Batch accounts", "Microsoft.Batch/batchAccounts"),
	logged("AKS", "Kubernetes clusters", "Microsoft.ContainerService/managedClusters"),
	logged("ML", "Machine learning workspaces", "Microsoft.MachineLearningServices/workspaces"),
	logged("NSG", "Network security groups", "Microsoft.Network/networkSecurityGroups"),
	named("blob", "privatelink.blob.core.windows.net"),
	named("file", "privatelink.file.core.windows.net"),
	named("dfs", "privatelink.dfs.core.windows.net"),
	named("vault", "privatelink.vaultcore.azure.net"),
	named("batchAccount", "privatelink.swedencentral.batch.azure.com"),
	named("amlworkspace", "privatelink.api.azureml.ms"),
	agent("Deploy-AMA-Linux", "Linux machines have the Azure Monitor agent", "Microsoft.Compute/virtualMachines/extensions",
		allOf(is("Microsoft.Compute/virtualMachines/extensions/publisher", "equals", "Microsoft.Azure.Monitor"), is("Microsoft.Compute/virtualMachines/extensions/type", "equals", "AzureMonitorLinuxAgent")),
		arm.O{"type", "Microsoft.Compute/virtualMachines/extensions", "apiVersion", "2024-07-01", "name", "[concat(parameters('name'), '/AzureMonitorLinuxAgent')]", "location", home,
			"properties", arm.O{"publisher", "Microsoft.Azure.Monitor", "type", "AzureMonitorLinuxAgent", "typeHandlerVersion", "1.33"}}),
	agent("Deploy-DCR-Linux", "Linux machines send what the central rule collects", "Microsoft.Insights/dataCollectionRuleAssociations",
		is("Microsoft.Insights/dataCollectionRuleAssociations/dataCollectionRuleId", "equals", dataRule),
		arm.O{"type", "Microsoft.Compute/virtualMachines/providers/dataCollectionRuleAssociations", "apiVersion", "2023-03-11", "name", "[concat(parameters('name'), '/Microsoft.Insights/central')]",
			"properties", arm.O{"dataCollectionRuleId", dataRule}}),
	{Name: "Deny-Subnet-Without-Nsg", Title: "Subnets have a network security group", Category: "Network", Mode: "All", Effect: "Deny", Metadata: alz,
		Text:       "A subnet without one is open to all that is routed to it. Azure's own subnets are left out.",
		Parameters: arm.O{"excludedSubnets", arm.O{"type", "Array", "defaultValue", []string{"GatewaySubnet", "AzureFirewallSubnet", "AzureFirewallManagementSubnet", "AzureBastionSubnet", "RouteServerSubnet"}}},
		If: anyOf(
			of("Microsoft.Network/virtualNetworks", arm.O{"count", arm.O{"field", "Microsoft.Network/virtualNetworks/subnets[*]", "where", allOf(
				is("Microsoft.Network/virtualNetworks/subnets[*].networkSecurityGroup.id", "exists", false), is("Microsoft.Network/virtualNetworks/subnets[*].name", "notIn", "[parameters('excludedSubnets')]"))}, "greater", 0}),
			of("Microsoft.Network/virtualNetworks/subnets", is("Microsoft.Network/virtualNetworks/subnets/networkSecurityGroup.id", "exists", false), is("name", "notIn", "[parameters('excludedSubnets')]")))},
	{Name: "Deny-MgmtPorts-From-Internet", Title: "SSH and RDP are not open to the internet", Category: "Network", Mode: "All", Effect: "Deny", Metadata: alz, Text: "Administrators go through Bastion.",
		If: of("Microsoft.Network/networkSecurityGroups", arm.O{"count", arm.O{"field", "Microsoft.Network/networkSecurityGroups/securityRules[*]", "where", allOf(
			is("Microsoft.Network/networkSecurityGroups/securityRules[*].access", "equals", "Allow"), is("Microsoft.Network/networkSecurityGroups/securityRules[*].direction", "equals", "Inbound"),
			is("Microsoft.Network/networkSecurityGroups/securityRules[*].destinationPortRange", "in", []string{"22", "3389", "*"}),
			is("Microsoft.Network/networkSecurityGroups/securityRules[*].sourceAddressPrefix", "in", []string{"Internet", "*", "0.0.0.0/0"}))}, "greater", 0})},
	{Name: "Deny-GPU-Sizes", Title: "GPU sizes are those that the AI board approved", Category: "Compute", Effect: "Deny",
		Text:       "GPUs cost more than anything else in the tenant. The board meets on the first Tuesday of the month; it sees machines and scale sets alike.",
		Parameters: arm.O{"approvedSizes", arm.O{"type", "Array"}},
		If: anyOf(
			of("Microsoft.Compute/virtualMachines", is("Microsoft.Compute/virtualMachines/sku.name", "like", "Standard_N*"), is("Microsoft.Compute/virtualMachines/sku.name", "notIn", "[parameters('approvedSizes')]")),
			of("Microsoft.Compute/virtualMachineScaleSets", is("Microsoft.Compute/virtualMachineScaleSets/sku.name", "like", "Standard_N*"), is("Microsoft.Compute/virtualMachineScaleSets/sku.name", "notIn", "[parameters('approvedSizes')]")))},
	{Name: "Deny-IP-Forwarding", Title: "Network interfaces do not forward", Category: "Network", Effect: "Deny", Metadata: alz, Text: "Only the hub's firewall routes.",
		If: of("Microsoft.Network/networkInterfaces", is("Microsoft.Network/networkInterfaces/enableIpForwarding", "equals", true))},
	{Name: "Deny-Public-IP-On-NIC", Title: "Machines have no public address", Category: "Network", Effect: "Deny", Metadata: alz, Text: "What comes from the internet to Corp goes through the hub.",
		If: of("Microsoft.Network/networkInterfaces", arm.O{"count", arm.O{"field", "Microsoft.Network/networkInterfaces/ipConfigurations[*]", "where",
			is("Microsoft.Network/networkInterfaces/ipConfigurations[*].publicIpAddress.id", "exists", true)}, "greater", 0})},
	{Name: "Deny-Storage-http", Title: "Storage accounts take HTTPS only", Category: "Storage", Effect: "Deny", Metadata: alz, Text: "Nothing travels in clear text.",
		If: of("Microsoft.Storage/storageAccounts", is("Microsoft.Storage/storageAccounts/supportsHttpsTrafficOnly", "equals", false))},
	{Name: "Deny-AKS-Public", Title: "Kubernetes clusters have a private API server", Category: "Kubernetes", Effect: "Audit", Metadata: alz, Text: "The API server of a cluster in Corp is reached inside the network only.",
		If: of("Microsoft.ContainerService/managedClusters", is("Microsoft.ContainerService/managedClusters/apiServerAccessProfile.enablePrivateCluster", "notEquals", true))},
	{Name: "Deny-Peering-Elsewhere", Title: "Sandboxes are peered with nothing outside their subscription", Category: "Network", Mode: "All", Effect: "Deny", Metadata: alz, Text: "An experiment has no way to the corporate network.",
		If: of("Microsoft.Network/virtualNetworks/virtualNetworkPeerings", arm.O{"value", "[contains(field('Microsoft.Network/virtualNetworks/virtualNetworkPeerings/remoteVirtualNetwork.id'), subscription().subscriptionId)]", "equals", false})},
	{Name: "Audit-Private-Zones", Title: "Private DNS zones are the platform's", Category: "Network", Mode: "All", Effect: "Audit", Metadata: alz, Text: "A zone of one's own hides the names that the platform keeps.",
		If: of("Microsoft.Network/privateDnsZones", is("name", "like", "privatelink.*"))},
	{Name: "Deploy-Activity-Log", Title: "Subscriptions send their activity log to the central workspace", Category: "Monitoring", Mode: "All", Effect: "DeployIfNotExists", Metadata: alz, Text: "Who did what in a subscription is kept for 90 days.",
		Parameters: arm.O{"logAnalytics", arm.O{"type", "String"}}, If: of(arm.SubscriptionType),
		Then: deploys("Microsoft.Insights/diagnosticSettings", is("Microsoft.Insights/diagnosticSettings/workspaceId", "equals", "[parameters('logAnalytics')]"),
			arm.O{"type", "Microsoft.Insights/diagnosticSettings", "apiVersion", "2021-05-01-preview", "name", "setByPolicy", "properties", arm.O{"workspaceId", logs}})},
	{Name: "Audit-Disks-Unused", Title: "Disks are attached to something", Category: "Cost", Effect: "Audit", Metadata: alz, Text: "A disk that nobody uses is paid for all the same.",
		If: of("Microsoft.Compute/disks", is("Microsoft.Compute/disks/diskState", "equals", "Unattached"))},
	{Name: "Audit-PublicIP-Unused", Title: "Public addresses belong to something", Category: "Cost", Effect: "Audit", Metadata: alz, Text: "An address that nobody uses is paid for all the same.",
		If: of("Microsoft.Network/publicIPAddresses", is("Microsoft.Network/publicIPAddresses/ipConfiguration.id", "exists", false), is("Microsoft.Network/publicIPAddresses/natGateway.id", "exists", false))},
	security("Sec-KeyVault-Purge", "Key vaults cannot be purged", "Microsoft.KeyVault/vaults", is("Microsoft.KeyVault/vaults/enablePurgeProtection", "notEquals", true)),
	security("Sec-KeyVault-Roles", "Key vaults take roles, not access policies", "Microsoft.KeyVault/vaults", is("Microsoft.KeyVault/vaults/enableRbacAuthorization", "notEquals", true)),
	security("Sec-AKS-Accounts", "Kubernetes clusters have no local accounts", "Microsoft.ContainerService/managedClusters", is("Microsoft.ContainerService/managedClusters/disableLocalAccounts", "notEquals", true)),
	security("Sec-ACR-Admin", "Container registries have no admin user", "Microsoft.ContainerRegistry/registries", is("Microsoft.ContainerRegistry/registries/adminUserEnabled", "equals", true)),
	security("Sec-VNet-DNS", "Networks know their DNS servers", "Microsoft.Network/virtualNetworks", is("Microsoft.Network/virtualNetworks/dhcpOptions.dnsServers", "exists", false)),
	{Name: "Enforce-CMK-Storage", Title: "Storage accounts are encrypted with Contoso's key", Category: "Encryption", Effect: "Deny", Metadata: alz, Text: "Planned: waits for the managed HSM.",
		If: of("Microsoft.Storage/storageAccounts", is("Microsoft.Storage/storageAccounts/encryption.keySource", "notEquals", "Microsoft.Keyvault"))},
	{Name: "Enforce-CMK-Batch", Title: "Batch accounts are encrypted with Contoso's key", Category: "Encryption", Effect: "Deny", Metadata: alz, Text: "Planned: waits for the managed HSM.",
		If: of("Microsoft.Batch/batchAccounts", is("Microsoft.Batch/batchAccounts/encryption.keySource", "notEquals", "Microsoft.KeyVault"))},
	{Name: "Enforce-Subnet-Private", Title: "Subnets have no way out that nobody made", Category: "Network", Mode: "All", Effect: "Deny", Metadata: alz, Text: "Default outbound access is off. Planned: old spokes come first.",
		If: of("Microsoft.Network/virtualNetworks", arm.O{"count", arm.O{"field", "Microsoft.Network/virtualNetworks/subnets[*]", "where",
			is("Microsoft.Network/virtualNetworks/subnets[*].defaultOutboundAccess", "notEquals", false)}, "greater", 0})},
	{Name: "Deny-Privileged-AKS", Title: "Containers are not privileged", Category: "Kubernetes", Mode: "Microsoft.Kubernetes.Data", Effect: "Deny", Metadata: alz, Text: "A privileged container owns its node.",
		If: of("Microsoft.ContainerService/managedClusters"), Then: arm.O{"details", arm.O{"templateInfo", arm.O{"sourceType", "PublicURL", "url", "https://store.policy.core.windows.net/kubernetes/container-no-privilege/v2/template.yaml"},
			"apiGroups", []string{""}, "kinds", []string{"Pod"}}}},
}

// builtIns are the built-in policies that are assigned, by them or by the
// estate. Azure has more of them than this.
var builtIns = []string{tenanttest.AllowedSizes, tenanttest.AllowedLocations, tenanttest.AllowedRGLocations, tenanttest.AllowedTypes, tenanttest.ForbiddenTypes,
	tenanttest.SubscriptionTag, tenanttest.MissingTag, tenanttest.GroupTag, tenanttest.RequiredGroupTag, tenanttest.BatchPublicNetwork, tenanttest.StorageNoPublicNet, tenanttest.StorageNoPublicBlob, tenanttest.StorageTLS,
	tenanttest.StorageSharedKey, tenanttest.UnmanagedDisks, tenanttest.HostEncryption}

// sets are the custom sets: members are names of definitions, or GUIDs, each
// with the effect it has there, or none.
var sets = []struct {
	name, title string
	metadata    arm.O
	workspace   bool // it hands the central workspace on
	members     []string
}{
	{"Deny-PublicPaaSEndpoints", "Services are closed to the public network", alz, false, []string{tenanttest.StorageNoPublicNet + " Deny", tenanttest.BatchPublicNetwork + " Deny",
		"Deny-Public-KeyVault Deny", "Deny-Public-ML Deny", "Deny-Public-ACR Deny", "Deny-Public-Cosmos Deny", "Deny-Public-SQL Deny", "Deny-Public-AI Deny", "Deny-Public-Search Deny", "Deny-AKS-Public Deny"}},
	{"Deploy-Diagnostics", "Services send their logs to the central workspace", alz, true, []string{"Deploy-Diag-KeyVault", "Deploy-Diag-Batch", "Deploy-Diag-AKS", "Deploy-Diag-ML", "Deploy-Diag-NSG"}},
	{"Deploy-Private-DNS-Zones", "Private endpoints are found by name", alz, false, []string{"Deploy-DNS-blob", "Deploy-DNS-file", "Deploy-DNS-dfs", "Deploy-DNS-vault", "Deploy-DNS-batchAccount", "Deploy-DNS-amlworkspace"}},
	{"Deploy-VM-Monitoring", "Machines are monitored", alz, false, []string{"Deploy-AMA-Linux", "Deploy-DCR-Linux"}},
	{"Audit-UnusedResources", "Nothing is paid for that nobody uses", alz, false, []string{"Audit-Disks-Unused", "Audit-PublicIP-Unused"}},
	{"Enforce-Encryption-CMK", "Data is encrypted with Contoso's key", alz, false, []string{"Enforce-CMK-Storage Deny", "Enforce-CMK-Batch Deny"}},
	{"Security-Baseline", "Contoso security baseline", epac, false, []string{"Sec-KeyVault-Purge", "Sec-KeyVault-Roles", "Sec-AKS-Accounts", "Sec-ACR-Admin", "Sec-VNet-DNS",
		tenanttest.StorageNoPublicBlob + " Audit", tenanttest.StorageTLS + " Audit", tenanttest.StorageSharedKey + " Audit", tenanttest.UnmanagedDisks, tenanttest.HostEncryption + " Audit"}},
}

// assignments are the assignments at management groups; Of is the name of a
// definition or set of ours, or the GUID of a built-in one.
var assignments = []struct {
	at, name, title, of string
	parameters          arm.O
	audit               bool // not enforced
	identity            bool
	metadata            arm.O
	message             string
}{
	{"contoso", "Deploy-AzActivity-Log", "Activity logs go to the central workspace", "Deploy-Activity-Log", arm.O{"logAnalytics", logs}, false, true, alz, ""},
	{"contoso", "Deploy-Diag-Logs", "Logs go to the central workspace", "Deploy-Diagnostics", arm.O{"logAnalytics", logs}, false, true, alz, ""},
	{"contoso", "Audit-UnusedResources", "Unused resources", "Audit-UnusedResources", nil, false, false, alz, ""},
	{"contoso", "Deny-Classic-Resources", "No classic resources", tenanttest.ForbiddenTypes, arm.O{"listOfResourceTypesNotAllowed", []string{"Microsoft.ClassicCompute/virtualMachines", "Microsoft.ClassicNetwork/virtualNetworks", "Microsoft.ClassicStorage/storageAccounts"}}, false, false, alz, ""},
	{"contoso", "Security-Baseline", "Contoso security baseline", "Security-Baseline", nil, false, false, epac, ""},
	{"contoso", "Allowed-Locations", "Contoso is in the EU", tenanttest.AllowedLocations, arm.O{"listOfAllowedLocations", []string{home, recovery, "westeurope", "northeurope"}}, false, false, epac, "Contoso keeps data in the EU: see the cloud handbook, chapter 4."},
	{"contoso", "Allowed-RG-Locations", "Resource groups are in the EU", tenanttest.AllowedRGLocations, arm.O{"listOfAllowedLocations", []string{home, recovery, "westeurope", "northeurope"}}, false, false, epac, ""},
	{"contoso", "Inherit-CostCenter", "Cost center from the subscription", tenanttest.SubscriptionTag, arm.O{"tagName", "CostCenter"}, false, true, arm.O{"assignedBy", "FinOps"}, ""},

	{"contoso-identity", "Deny-Subnet-Without-Nsg", "Subnets have a network security group", "Deny-Subnet-Without-Nsg", nil, false, false, alz, ""},
	{"contoso-identity", "Deny-MgmtPorts-Internet", "No management ports on the internet", "Deny-MgmtPorts-From-Internet", nil, false, false, alz, ""},
	{"contoso-platform", "Deploy-VM-Monitoring", "Machines are monitored", "Deploy-VM-Monitoring", nil, false, true, alz, ""},

	{landingZones, "Deny-Subnet-Without-Nsg", "Subnets have a network security group", "Deny-Subnet-Without-Nsg", nil, false, false, alz, "Give the subnet a network security group in the same request."},
	{landingZones, "Deny-MgmtPorts-Internet", "No management ports on the internet", "Deny-MgmtPorts-From-Internet", nil, false, false, alz, ""},
	{landingZones, "Deny-IP-forwarding", "No forwarding interfaces", "Deny-IP-Forwarding", nil, false, false, alz, ""},
	{landingZones, "Deny-Storage-http", "Storage takes HTTPS only", "Deny-Storage-http", nil, false, false, alz, ""},
	{landingZones, "Deny-Privileged-AKS", "No privileged containers", "Deny-Privileged-AKS", nil, false, false, alz, ""},
	{landingZones, "Deploy-VM-Monitoring", "Machines are monitored", "Deploy-VM-Monitoring", nil, false, true, alz, ""},
	{landingZones, "Enforce-Encrypt-CMK0", "Encryption with Contoso's key", "Enforce-Encryption-CMK", nil, true, false, alz, ""},
	{landingZones, "Enforce-Subnet-Private", "Private subnets", "Enforce-Subnet-Private", nil, true, false, alz, ""},
	{landingZones, "Allowed-VM-Sizes", "Allowed sizes of virtual machines", tenanttest.AllowedSizes, arm.O{"listOfAllowedSKUs", allowedSizes}, false, false, arm.O{"assignedBy", "Anna Lindqvist"}, "Sizes are listed in the service catalog; ask cloud-platform@contoso.example for others."},
	{landingZones, "Deny-GPU-Sizes", "GPU sizes that the AI board approved", "Deny-GPU-Sizes", arm.O{"approvedSizes", []string{"Standard_NC4as_T4_v3", "Standard_NC16as_T4_v3", "Standard_NC24ads_A100_v4", "Standard_NC40ads_H100_v5"}}, false, false, arm.O{"assignedBy", "Anna Lindqvist"}, "Ask the AI board: ai-board@contoso.example."},
	{landingZones, "Inherit-CostCenter-RG", "Cost center from the resource group", tenanttest.GroupTag, arm.O{"tagName", "CostCenter"}, false, true, arm.O{"assignedBy", "Jonas Berg"}, ""},

	{corp, "Deny-Public-Endpoints", "Corp is closed to the public network", "Deny-PublicPaaSEndpoints", nil, false, false, alz, "Use a private endpoint: the platform writes its DNS record."},
	{corp, "Deny-Public-IP-On-NIC", "No public addresses on machines", "Deny-Public-IP-On-NIC", nil, false, false, alz, ""},
	{corp, "Deny-HybridNetworking", "No gateways beside the hub", tenanttest.ForbiddenTypes, arm.O{"listOfResourceTypesNotAllowed", gateways}, false, false, alz, ""},
	{corp, "Deploy-Private-DNS-Zones", "Private endpoints are found by name", "Deploy-Private-DNS-Zones", nil, false, true, alz, ""},
	{corp, "Audit-PeDnsZones", "No private zones beside the platform's", "Audit-Private-Zones", nil, false, false, alz, ""},

	{"contoso-online", "Allowed-Locations-Online", "Online is in Sweden", tenanttest.AllowedLocations, arm.O{"listOfAllowedLocations", []string{home, "westeurope", "northeurope"}}, false, false, arm.O{"assignedBy", "Anna Lindqvist"}, "The content delivery contract covers Sweden and the west only."},
	{"contoso-sandbox", "Deny-Peering", "Sandboxes are cut off", "Deny-Peering-Elsewhere", nil, false, false, alz, ""},
	{"contoso-sandbox", "Deny-HybridNetworking", "No gateways", tenanttest.ForbiddenTypes, arm.O{"listOfResourceTypesNotAllowed", gateways}, false, false, alz, ""},
	{"contoso-decommissioned", "Allowed-Types", "Nothing new", tenanttest.AllowedTypes, arm.O{"listOfResourceTypesAllowed", []string{"Microsoft.Consumption/tags", "Microsoft.Authorization/locks"}}, false, false, alz, ""},
}

// allowedSizes is the service catalog's list, made when the v5 sizes came. The
// data platform had its sizes added since.
var allowedSizes = []string{"Standard_B2ms", "Standard_D2s_v5", "Standard_D4s_v5", "Standard_D8s_v5", "Standard_D16s_v5", "Standard_E8s_v5", "Standard_E16s_v5", "Standard_E32s_v5", "Standard_E8ds_v5",
	"Standard_E16ds_v5", "Standard_E32ds_v5", "Standard_F8s_v2", "Standard_F16s_v2", "Standard_F32as_v6", "Standard_NC4as_T4_v3", "Standard_NC16as_T4_v3", "Standard_NC40ads_H100_v5"}

// leftOut are the scopes that an assignment leaves out: SAP has sizes of its own.
var leftOut = map[string][]string{"Allowed-VM-Sizes": {string(id("con-sap-prod")), string(id("con-sap-dev"))}}

var gateways = []string{"Microsoft.Network/expressRouteCircuits", "Microsoft.Network/expressRouteGateways", "Microsoft.Network/virtualNetworkGateways", "Microsoft.Network/virtualWans", "Microsoft.Network/virtualHubs",
	"Microsoft.Network/vpnGateways", "Microsoft.Network/vpnSites"}

// policies adds all of it, with the roles of the assignments' identities.
func (m *maker) policies() {
	for _, guid := range builtIns {
		m.b.Add(tenanttest.BuiltIn(guid))
	}
	for _, p := range definitions {
		m.b.Add(p.Definition(at))
	}
	for _, s := range sets {
		m.set(s.name, s.title, s.metadata, s.workspace, s.members)
	}
	for _, a := range assignments {
		made := tenanttest.Assignment{Name: a.name, Title: a.title, At: arm.ManagementGroup(a.at), Of: assigned(a.of), Parameters: a.parameters, Audit: a.audit, Message: a.message, NotScopes: leftOut[a.name], Metadata: a.metadata}
		if a.identity {
			made.Identity = principal(string(made.ID()))
			m.assign(made.At, "Contributor", string(made.ID()), "ServicePrincipal")
		}
		m.b.Add(made.Resource())
	}
	m.exemptions()
}

// assigned gives the id of a definition or set by its name or GUID.
func assigned(name string) arm.ID {
	for _, s := range sets {
		if s.name == name {
			return at.Resource("Microsoft.Authorization/policySetDefinitions", name)
		}
	}
	for _, p := range definitions {
		if p.Name == name {
			return custom(name)
		}
	}
	return tenanttest.BuiltInID(name)
}

func (m *maker) set(name, title string, metadata arm.O, workspace bool, members []string) {
	list, parameters := arm.A{}, arm.O{}
	if workspace {
		parameters = arm.O{"logAnalytics", arm.O{"type", "String"}}
	}
	for _, member := range members {
		of, effect, given := strings.Cut(member, " ")
		values := arm.O{}
		if given {
			values = append(values, "effect", arm.O{"value", effect})
		}
		if workspace {
			values = append(values, "logAnalytics", arm.O{"value", "[parameters('logAnalytics')]"})
		}
		list = append(list, arm.O{"policyDefinitionReferenceId", of, "policyDefinitionId", assigned(of), "parameters", values})
	}
	m.add(at.Resource("Microsoft.Authorization/policySetDefinitions", name), "properties", arm.O{"displayName", title, "policyType", "Custom",
		"metadata", append(arm.O{"version", "1.0.0", "category", "Contoso"}, metadata...), "parameters", parameters, "policyDefinitions", list})
}

// exemptions adds what is exempt, and what was: those of the pilot and of the
// first Lustre file system have run out.
func (m *maker) exemptions() {
	assignment := func(at, name string) arm.ID {
		return arm.ManagementGroup(at).Resource("Microsoft.Authorization/policyAssignments", name)
	}
	for _, e := range []arm.Resource{
		tenanttest.Exemption(arm.ManagementGroup(corp), "orion-pilot", "Orion pilot on H100", "The board let the pilot of Orion use ND H100 v5 until the end of September.", assignment(landingZones, "Deny-GPU-Sizes"), "2026-09-30T22:00:00Z"),
		tenanttest.Exemption(id("con-glyph-dev").ResourceGroup("rg-network-sdc"), "glyph-lustre", "Lustre test without a network security group", "The vendor's guide of the time wanted none.", assignment(landingZones, "Deny-Subnet-Without-Nsg"), "2026-06-30T22:00:00Z"),
		tenanttest.Exemption(id("con-ml-prod").ResourceGroup("rg-churn-models-sdc"), "mlw-designer", "Designer needs the public endpoint", "Until the team has moved to pipelines.", assignment(corp, "Deny-Public-Endpoints"), "2027-03-31T22:00:00Z", "Deny-Public-ML"),
		tenanttest.Exemption(id("con-dms-prod").ResourceGroup("rg-dms-archive-sdc"), "dms-scanners", "Scanners of branch offices", "They know no private endpoints and are to be replaced.", assignment(corp, "Deny-Public-Endpoints"), "", tenanttest.StorageNoPublicNet),
		tenanttest.Exemption(id("con-monitoring-prod"), "collectors", "Collectors forward", "Syslog of the data centers.", assignment(landingZones, "Deny-IP-forwarding"), "2027-12-31T22:00:00Z"),
	} {
		m.b.Add(e)
	}
}
