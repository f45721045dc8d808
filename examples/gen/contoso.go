package main

import (
	"slices"

	"airfield/arm"
	"airfield/tenant"
	"airfield/tenant/tenanttest"
)

const (
	sdc = "swedencentral"
	gwc = "germanywestcentral"
)

// contoso gives the law firm of examples/contoso. Three hands write its policies:
// the platform team with the Terraform module of Azure landing zones, the
// security team with Enterprise Azure Policy as Code, and whoever was in the
// portal.
func contoso() *organization {
	o := &organization{
		name: "contoso", title: "Contoso", tenant: "5d2f6a31-7c41-4f0e-9a86-2f3b8f0c1a01", root: "contoso", prefix: "con", tool: "alz-terraform",
		regions:   []region{{sdc, "sdc", "10.0"}, {gwc, "gwc", "10.4"}},
		connected: []string{"contoso-corp", "contoso-identity"},
		workloads: contosoWorkloads,
		ids:       map[string]string{"con-connectivity": "3c9a7c5e-0000-4000-8000-0000000000c1"},
		vended:    []string{"con-tuner-prod"},
		missing:   []tenant.Missing{{What: "Microsoft.Authorization/roleEligibilityScheduleInstances", Why: "403: the account that read the tenant may not read Privileged Identity Management"}},
		zones: []zone{{"blob", "privatelink.blob.core.windows.net"}, {"file", "privatelink.file.core.windows.net"}, {"dfs", "privatelink.dfs.core.windows.net"}, {"vault", "privatelink.vaultcore.azure.net"},
			{"batchAccount", "privatelink.swedencentral.batch.azure.com"}, {"amlworkspace", "privatelink.api.azureml.ms"}, {"", "privatelink.azurecr.io"}, {"", "privatelink.notebooks.azure.net"}, {"", "privatelink.database.windows.net"}},
		grown:   map[string][]string{"con-dwh-prod": {"10.96.4.0/22"}}, // in the pool that the estate was promised
		bare:    map[string]string{"con-glyph-dev": "snet-lustre"},     // what the exemption that has run out was for
		locked:  []string{"payroll", "s4hana"},
		offered: contosoOffered,
		granted: contosoGranted,

		kept:         arm.O{"source", "https://github.com/Azure/Enterprise-Scale/", "alzCloudEnvironments", []string{"AzureCloud"}},
		securityTeam: contosoSecurity,
		platformTags: arm.O{"CostCenter", "CC-1000", "Owner", "cloud-platform@contoso.example", "Environment", "Production", "DeployedBy", "alz-terraform"},
		closable: []service{{"KeyVault", "Key vaults", "Microsoft.KeyVault/vaults"}, {"ML", "Machine learning workspaces", "Microsoft.MachineLearningServices/workspaces"},
			{"ACR", "Container registries", "Microsoft.ContainerRegistry/registries"}, {"Cosmos", "Cosmos DB accounts", "Microsoft.DocumentDB/databaseAccounts"}, {"SQL", "SQL servers", "Microsoft.Sql/servers"},
			{"AI", "AI services", "Microsoft.CognitiveServices/accounts"}, {"Search", "Search services", "Microsoft.Search/searchServices"}},
		logging: []service{{"KeyVault", "Key vaults", "Microsoft.KeyVault/vaults"}, {"Batch", "Batch accounts", "Microsoft.Batch/batchAccounts"}, {"AKS", "Kubernetes clusters", "Microsoft.ContainerService/managedClusters"},
			{"ML", "Machine learning workspaces", "Microsoft.MachineLearningServices/workspaces"}, {"NSG", "Network security groups", "Microsoft.Network/networkSecurityGroups"}},
		leftOut: map[string][]string{"Allowed-VM-Sizes": {"con-sap-prod", "con-sap-dev"}}, // SAP has sizes of its own
	}
	o.subscriptions = contosoSubscriptions()
	o.definitions = append(o.library(), gpuSizes)
	o.sets = o.librarySets()
	o.assignments = append(o.libraryAssignments(), contosoAssignments...)
	o.exemptions = contosoExemptions
	return o
}

var contosoSecurity = arm.O{"pacOwnerId", tenanttest.UUID("epac", "contoso"), "deployedBy", "epac/contoso/tenant"}

// contosoSubscriptions gives all subscriptions: name, group, cost center,
// environment, owner, spoke, team. The names are older than the pattern that the
// estate writes.
func contosoSubscriptions() []subscription {
	var all []subscription
	for _, r := range [][7]string{
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
	} {
		s := subscription{name: r[0], group: r[1], costCenter: r[2], environment: r[3], owner: r[4], spoke: r[5], team: r[6], key: short(r[0])[3:6]}
		s.ai = slices.Contains([]string{"con-ml-prod", "con-ml-dev", "con-glyph-prod", "con-glyph-dev", "con-tuner-prod"}, s.name)
		switch s.team {
		case "grp-sap-basis":
			s.style = "upper"
		case "grp-hr-systems", "grp-marketing":
			s.style = "words"
		}
		switch s.group {
		case "contoso-decommissioned":
			s.unread = "the subscription is disabled"
		case "contoso-corp", "contoso-online":
			s.quotaIn, s.sizesIn = []string{sdc, gwc}, []string{sdc, gwc}
		case "":
		default:
			s.quotaIn = []string{sdc, gwc}
		}
		all = append(all, s)
	}
	return all
}

// contosoWorkloads are what runs, team by team.
var contosoWorkloads = []workload{
	{"con-identity", "domain", servers, 4, "Standard_D4s_v5"},
	{"con-dms-prod", "dms-app", servers, 36, "Standard_D8s_v5"},
	{"con-dms-prod", "dms-search", servers, 12, "Standard_E16s_v5"},
	{"con-dms-prod", "dms-index", databases, 4, ""},
	{"con-dms-prod", "dms-archive", accounts, 24, ""},
	{"con-dms-test", "dms-app", servers, 8, "Standard_D4s_v5"},
	{"con-dms-test", "dms-archive", accounts, 6, ""},
	{"con-sap-prod", "s4hana", servers, 6, "Standard_M64s"},
	{"con-sap-prod", "sap-app", servers, 24, "Standard_D16s_v5"},
	{"con-sap-prod", "sap-interfaces", accounts, 8, ""},
	{"con-sap-dev", "s4hana", servers, 8, "Standard_E16ds_v5"},
	{"con-sap-dev", "sap-app", servers, 8, "Standard_D8s_v5"},
	{"con-finance-prod", "ledger", servers, 12, "Standard_D8s_v5"},
	{"con-finance-prod", "consolidation", servers, 6, "Standard_E8s_v5"},
	{"con-finance-prod", "ledger-db", databases, 6, ""},
	{"con-finance-prod", "invoices", accounts, 14, ""},
	{"con-finance-test", "ledger", servers, 6, "Standard_D4s_v5"},
	{"con-hr-prod", "payroll", servers, 8, "Standard_D4s_v5"},
	{"con-hr-prod", "payroll-db", databases, 2, ""},
	{"con-hr-prod", "hr-files", accounts, 10, ""},
	{"con-dwh-prod", "warehouse", servers, 20, "Standard_E16s_v5"},
	{"con-dwh-prod", "lake", accounts, 48, ""},
	{"con-dwh-prod", "nightly", pools, 3, "Standard_D16s_v5"},
	{"con-dwh-dev", "warehouse", servers, 6, "Standard_E8s_v5"},
	{"con-dwh-dev", "lake", accounts, 16, ""},
	{"con-desktop-prod", "desktop-legal", servers, 190, "Standard_D8s_v5"},
	{"con-desktop-prod", "desktop-office", servers, 150, "Standard_D4s_v5"},
	{"con-desktop-prod", "profiles", accounts, 12, ""},
	{"con-build-prod", "agents", farm, 20, "Standard_D8s_v5"},
	{"con-build-prod", "artifacts", accounts, 10, ""},
	{"con-build-prod", "runners", cluster, 6, "Standard_D8s_v5"},
	{"con-monitoring-prod", "collectors", servers, 10, "Standard_D4s_v5"},
	{"con-ml-prod", "churn-models", studio, 2, "Standard_NC24ads_A100_v4"},
	{"con-ml-prod", "features", accounts, 16, ""},
	{"con-ml-prod", "scoring", cluster, 5, "Standard_F16s_v2"},
	{"con-ml-dev", "churn-models", studio, 1, "Standard_NC16as_T4_v3"},
	{"con-ml-dev", "features", accounts, 8, ""},
	{"con-glyph-prod", "glyph-train", farm, 4, "Standard_NC24ads_A100_v4"},
	{"con-glyph-prod", "glyph-scans", accounts, 12, ""},
	{"con-glyph-prod", "glyph-ocr", pools, 2, "Standard_NC16as_T4_v3"},
	{"con-glyph-dev", "glyph-train", servers, 2, "Standard_NC16as_T4_v3"},
	{"con-glyph-dev", "glyph-scans", accounts, 6, ""},
	{"con-tuner-prod", "experiments", servers, 5, "Standard_NC16as_T4_v3"},
	{"con-tuner-prod", "papers", accounts, 6, ""},
	{"con-web-prod", "site", farm, 6, "Standard_D4s_v5"},
	{"con-web-prod", "content", accounts, 12, ""},
	{"con-web-test", "site", farm, 2, "Standard_D4s_v5"},
	{"con-portal-prod", "portal", cluster, 8, "Standard_D8s_v5"},
	{"con-portal-prod", "portal-db", databases, 3, ""},
	{"con-portal-prod", "uploads", accounts, 20, ""},
	{"con-portal-test", "portal", cluster, 3, "Standard_D4s_v5"},
	{"con-events-prod", "registration", servers, 6, "Standard_D4s_v5"},
	{"con-events-prod", "videos", accounts, 8, ""},
	{"con-sandbox-guild", "try", servers, 8, "Standard_B2ms"},
	{"con-sandbox-analytics", "notebooks", servers, 6, "Standard_D4s_v5"},
	{"con-sandbox-analytics", "scratch", accounts, 6, ""},
}

var contosoOffered = []string{"Standard_ND96isr_H100_v5", "Standard_ND96isr_H200_v5", "Standard_NC40ads_H100_v5", "Standard_NC80adis_H100_v5", "Standard_NC24ads_A100_v4", "Standard_NC96ads_A100_v4",
	"Standard_NC16as_T4_v3", "Standard_HB176rs_v4", "Standard_E8ads_v6", "Standard_F4as_v6", "Standard_F32as_v6", "Standard_D4s_v5", "Standard_D8s_v5", "Standard_E8s_v5"}

// contosoGranted has no H100 for con-tuner-prod, which never asked for one.
var contosoGranted = []grant{
	{"con-ml-prod", "Standard_NC24ads_A100_v4", 192},
	{"con-ml-dev", "Standard_NC16as_T4_v3", 64},
	{"con-glyph-prod", "Standard_NC24ads_A100_v4", 192},
	{"con-glyph-prod", "Standard_NC16as_T4_v3", 128},
	{"con-glyph-prod", "Standard_NC40ads_H100_v5", 80},
	{"con-glyph-dev", "Standard_NC16as_T4_v3", 64},
	{"con-tuner-prod", "Standard_NC16as_T4_v3", 128},
}

// gpuSizes is the one definition that is not of the library.
var gpuSizes = tenanttest.Policy{Name: "Deny-GPU-Sizes", Title: "GPU sizes are those that the AI board approved", Category: "Compute", Effect: "Deny",
	Text:       "GPUs cost more than anything else in the tenant. The board meets on the first Tuesday of the month; it sees machines and scale sets alike.",
	Parameters: arm.O{"approvedSizes", arm.O{"type", "Array"}},
	If: anyOf(
		of("Microsoft.Compute/virtualMachines", is("Microsoft.Compute/virtualMachines/sku.name", "like", "Standard_N*"), is("Microsoft.Compute/virtualMachines/sku.name", "notIn", "[parameters('approvedSizes')]")),
		of("Microsoft.Compute/virtualMachineScaleSets", is("Microsoft.Compute/virtualMachineScaleSets/sku.name", "like", "Standard_N*"), is("Microsoft.Compute/virtualMachineScaleSets/sku.name", "notIn", "[parameters('approvedSizes')]")))}

// contosoAssignments are those beside the library's.
var contosoAssignments = []assignment{
	{"", "Allowed-Locations", "Contoso is in the EU", tenanttest.AllowedLocations, arm.O{"listOfAllowedLocations", []string{sdc, gwc, "westeurope", "northeurope"}}, false, false, contosoSecurity, "Contoso keeps data in the EU: see the cloud handbook, chapter 4."},
	{"", "Allowed-RG-Locations", "Resource groups are in the EU", tenanttest.AllowedRGLocations, arm.O{"listOfAllowedLocations", []string{sdc, gwc, "westeurope", "northeurope"}}, false, false, contosoSecurity, ""},
	{"", "Inherit-CostCenter", "Cost center from the subscription", tenanttest.SubscriptionTag, arm.O{"tagName", "CostCenter"}, false, true, arm.O{"assignedBy", "FinOps"}, ""},
	{"landingzones", "Allowed-VM-Sizes", "Allowed sizes of virtual machines", tenanttest.AllowedSizes, arm.O{"listOfAllowedSKUs", contosoSizes}, false, false, arm.O{"assignedBy", "Anna Lindqvist"}, "Sizes are listed in the service catalog; ask cloud-platform@contoso.example for others."},
	{"landingzones", "Deny-GPU-Sizes", "GPU sizes that the AI board approved", "Deny-GPU-Sizes", arm.O{"approvedSizes", []string{"Standard_NC4as_T4_v3", "Standard_NC16as_T4_v3", "Standard_NC24ads_A100_v4", "Standard_NC40ads_H100_v5"}}, false, false, arm.O{"assignedBy", "Anna Lindqvist"}, "Ask the AI board: ai-board@contoso.example."},
	{"landingzones", "Inherit-CostCenter-RG", "Cost center from the resource group", tenanttest.GroupTag, arm.O{"tagName", "CostCenter"}, false, true, arm.O{"assignedBy", "Jonas Berg"}, ""},
	{"online", "Allowed-Locations-Online", "Online is in Sweden", tenanttest.AllowedLocations, arm.O{"listOfAllowedLocations", []string{sdc, "westeurope", "northeurope"}}, false, false, arm.O{"assignedBy", "Anna Lindqvist"}, "The content delivery contract covers Sweden and the west only."},
}

// contosoSizes is the service catalog's list, made when the v5 sizes came. The
// data platform had its sizes added since.
var contosoSizes = []string{"Standard_B2ms", "Standard_D2s_v5", "Standard_D4s_v5", "Standard_D8s_v5", "Standard_D16s_v5", "Standard_E8s_v5", "Standard_E16s_v5", "Standard_E32s_v5", "Standard_E8ds_v5",
	"Standard_E16ds_v5", "Standard_E32ds_v5", "Standard_F8s_v2", "Standard_F16s_v2", "Standard_F32as_v6", "Standard_NC4as_T4_v3", "Standard_NC16as_T4_v3", "Standard_NC40ads_H100_v5"}

// contosoExemptions are what is exempt, and what was: those of the pilot and of
// the first Lustre file system have run out.
var contosoExemptions = []exemption{
	{"corp", "orion-pilot", "Orion pilot on H100", "The board let the pilot of Orion use ND H100 v5 until the end of September.", "landingzones", "Deny-GPU-Sizes", "2026-09-30T22:00:00Z", nil},
	{"con-glyph-dev/rg-network-sdc", "glyph-lustre", "Lustre test without a network security group", "The vendor's guide of the time wanted none.", "landingzones", "Deny-Subnet-Without-Nsg", "2026-06-30T22:00:00Z", nil},
	{"con-ml-prod/rg-churn-models-sdc", "mlw-designer", "Designer needs the public endpoint", "Until the team has moved to pipelines.", "corp", "Deny-Public-Endpoints", "2027-03-31T22:00:00Z", []string{"Deny-Public-ML"}},
	{"con-dms-prod/rg-dms-archive-sdc", "dms-scanners", "Scanners of branch offices", "They know no private endpoints and are to be replaced.", "corp", "Deny-Public-Endpoints", "", []string{tenanttest.StorageNoPublicNet}},
	{"con-monitoring-prod", "collectors", "Collectors forward", "Syslog of the data centers.", "landingzones", "Deny-IP-forwarding", "2027-12-31T22:00:00Z", nil},
}
