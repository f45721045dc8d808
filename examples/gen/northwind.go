package main

import (
	"slices"
	"strconv"
	"strings"

	"airfield/arm"
	"airfield/tenant"
	"airfield/tenant/tenanttest"
)

const (
	frc = "francecentral"
	ne  = "northeurope"
)

// northwind gives the hospital group of examples/northwind: ten years of Azure,
// 400 subscriptions, and one hand that writes all policies, the platform team
// with Enterprise Azure Policy as Code. Nearly.
func northwind() *organization {
	epac := arm.O{"pacOwnerId", tenanttest.UUID("epac", "northwind"), "deployedBy", "epac/northwind/tenant"}
	o := &organization{
		name: "northwind", title: "Northwind Health", tenant: "0f3c7c7e-1111-4222-8333-444455556666", root: "nwh", prefix: "nwh", tool: "epac",
		regions: []region{{sdc, "sdc", "10.0"}, {frc, "frc", "10.4"}, {ne, "ne", "10.8"}},
		groupsBeside: []group{
			{"medigo", "Medigo Clinics (acquired 2022)", "nwh"},
			{"nwh-ireland", "Ireland", "nwh-landingzones"},
		},
		connected: []string{"nwh-corp", "nwh-identity", "nwh-ireland", "medigo"},
		ids:       map[string]string{"nwh-connectivity": "8a1e0000-0000-4000-8000-0000000000c1", "nwh-atlas-prod": "5b1d0a52-0000-4000-8000-0000000000f1"},
		vended:    []string{"nwh-beacon-prod"},
		missing: []tenant.Missing{
			{What: "Microsoft.Authorization/roleEligibilityScheduleInstances", Why: "403: the account that read the tenant may not read Privileged Identity Management"},
			{What: "Microsoft.Compute/locations/skus", Why: "asked for where AI runs, and nowhere else"},
			{What: "Microsoft.Compute/locations/usages", Why: "asked for where AI runs, and nowhere else"},
		},
		zones:    northwindZones,
		grown:    map[string][]string{"nwh-pacs-upp-prod": {"10.96.0.0/23"}}, // in the pool that the estate was promised
		locked:   []string{"ehr-sto-db", "sap-sto-hana"},
		frozen:   map[string]string{"nwh-atlas-prod": "the pilot has ended: nothing changes until it is handed over"},
		offered:  append([]string{"Standard_NC48ads_A100_v4"}, contosoOffered...),
		detailed: true,
		unsold: map[string][]string{
			frc: {"Standard_NC24ads_A100_v4", "Standard_NC48ads_A100_v4", "Standard_NC96ads_A100_v4", "Standard_NC40ads_H100_v5", "Standard_NC80adis_H100_v5", "Standard_ND96isr_H100_v5", "Standard_ND96isr_H200_v5"},
			ne:  {"Standard_ND96isr_H100_v5"},
		},
		granted: []grant{{"nwh-atlas-prod", "Standard_NC24ads_A100_v4", 96}, {"nwh-atlas-prod", "Standard_ND96isr_H100_v5", 1152}, {"nwh-imaging-ai-prod", "Standard_NC24ads_A100_v4", 192},
			{"nwh-imaging-ai-dev", "Standard_NC16as_T4_v3", 64}, {"nwh-triage-pilot", "Standard_NC16as_T4_v3", 64}, {"nwh-beacon-prod", "Standard_NC40ads_H100_v5", 240}},

		kept: epac, securityTeam: epac,
		platformTags: arm.O{"CostCenter", "CC-1000", "Owner", "cloud-platform@northwind.example", "Environment", "Production", "DeployedBy", "alz-bicep"},
		closable:     northwindClosable,
		logging:      northwindLogging,
		leftOut:      map[string][]string{"Deny-Sizes": {"nwh-corp-sap-sto-prod-01"}}, // SAP has sizes of its own
		exemptions:   northwindExemptions,
	}
	o.subscribe()
	o.definitions = append(o.library(), northwindDefinitions...)
	for _, t := range northwindBaseline {
		o.definitions = append(o.definitions, o.security(t.Name, t.Title, t.typ, t.condition))
	}
	o.sets = o.librarySets()
	for i := range o.sets {
		if o.sets[i].name == "Security-Baseline" {
			for _, t := range northwindBaseline {
				o.sets[i].members = append(o.sets[i].members, t.Name)
			}
		}
	}
	o.assignments = o.libraryAssignments()
	for _, a := range northwindAssignments {
		if a.metadata == nil {
			a.metadata = epac
		}
		o.assignments = append(o.assignments, a)
	}
	return o
}

// sites are the hospitals, each with the region that its systems are in.
var sites = []struct{ name, title, region string }{
	{"sto", "Stockholm", sdc}, {"upp", "Uppsala", sdc}, {"got", "Gothenburg", sdc}, {"mal", "Malmo", sdc}, {"par", "Paris", frc},
	{"lyo", "Lyon", frc}, {"lil", "Lille", frc}, {"dub", "Dublin", ne}, {"cor", "Cork", ne},
}

// system is what hospitals run: so many of them, in so many environments, each
// with a subscription for itself.
type system struct {
	name, title, group  string
	sites, environments int
	loads               []workload // of production; other environments have a quarter
}

var systems = []system{
	{"ehr", "EHR", "nwh-corp", 9, 3, []workload{{"", "app", servers, 6, "Standard_D8s_v5"}, {"", "db", databases, 4, ""}, {"", "docs", accounts, 6, ""}}},
	{"pacs", "PACS", "nwh-corp", 9, 2, []workload{{"", "view", servers, 6, "Standard_E8s_v5"}, {"", "img", accounts, 10, ""}}},
	{"lis", "Laboratory", "nwh-corp", 9, 2, []workload{{"", "app", servers, 6, "Standard_D4s_v5"}, {"", "db", databases, 2, ""}}},
	{"rx", "Pharmacy", "nwh-corp", 9, 1, []workload{{"", "app", servers, 6, "Standard_D4s_v5"}}},
	{"hl7", "Integration", "nwh-corp", 9, 2, []workload{{"", "bus", servers, 6, "Standard_D4s_v5"}, {"", "msgs", accounts, 4, ""}}},
	{"sched", "Scheduling", "nwh-corp", 6, 2, []workload{{"", "app", farm, 4, "Standard_D4s_v5"}, {"", "db", databases, 2, ""}}},
	{"icu", "ICU monitors", "nwh-corp", 9, 1, []workload{{"", "coll", servers, 6, "Standard_D4s_v5"}, {"", "wave", accounts, 6, ""}}},
	{"ris", "Radiology", "nwh-corp", 6, 2, []workload{{"", "app", servers, 6, "Standard_D8s_v5"}, {"", "db", databases, 2, ""}}},
	{"path", "Pathology", "nwh-corp", 4, 2, []workload{{"", "scan", accounts, 10, ""}, {"", "app", servers, 4, "Standard_D8s_v5"}}},
	{"vdi", "Desktops", "nwh-corp", 9, 1, []workload{{"", "host", servers, 24, "Standard_D8s_v5"}, {"", "prof", accounts, 4, ""}}},
	{"files", "File shares", "nwh-corp", 9, 1, []workload{{"", "dept", accounts, 8, ""}}},
	{"sap", "SAP", "nwh-corp", 1, 3, []workload{{"", "hana", servers, 8, "Standard_E32ds_v5"}, {"", "app", servers, 24, "Standard_D16s_v5"}}},
	{"fin", "Finance", "nwh-corp", 1, 3, []workload{{"", "ledg", servers, 8, "Standard_D8s_v5"}, {"", "db", databases, 4, ""}}},
	{"hr", "HR", "nwh-corp", 1, 2, []workload{{"", "app", servers, 6, "Standard_D4s_v5"}, {"", "db", databases, 2, ""}}},
	{"dwh", "Data warehouse", "nwh-corp", 3, 3, []workload{{"", "lake", accounts, 20, ""}, {"", "load", servers, 8, "Standard_E16s_v5"}, {"", "bat", pools, 2, "Standard_D16s_v5"}}},
	{"bi", "Reports", "nwh-corp", 3, 2, []workload{{"", "app", servers, 4, "Standard_D8s_v5"}, {"", "db", databases, 3, ""}}},
	{"gen", "Genomics", "nwh-corp", 2, 2, []workload{{"", "seq", pools, 3, "Standard_E16s_v5"}, {"", "read", accounts, 16, ""}}},
	{"rsrch", "Research", "nwh-corp", 6, 2, []workload{{"", "work", servers, 6, "Standard_D4s_v5"}, {"", "data", accounts, 10, ""}}},
	{"iot", "Medical devices", "nwh-corp", 9, 1, []workload{{"", "gw", cluster, 4, "Standard_D4s_v5"}, {"", "tele", accounts, 6, ""}}},
	{"bill", "Billing", "nwh-corp", 3, 3, []workload{{"", "app", servers, 8, "Standard_D4s_v5"}, {"", "db", databases, 4, ""}}},
	{"onco", "Radiotherapy", "nwh-corp", 4, 2, []workload{{"", "plan", servers, 6, "Standard_E16s_v5"}, {"", "img", accounts, 10, ""}}},
	{"or", "Theatres", "nwh-corp", 6, 1, []workload{{"", "app", servers, 4, "Standard_D4s_v5"}}},
	{"build", "Build", "nwh-corp", 1, 2, []workload{{"", "agent", farm, 16, "Standard_D8s_v5"}, {"", "run", cluster, 6, "Standard_D8s_v5"}}},
	{"mon", "Monitoring", "nwh-corp", 3, 1, []workload{{"", "coll", servers, 8, "Standard_D4s_v5"}}},
	{"www", "Website", "nwh-online", 9, 2, []workload{{"", "site", farm, 4, "Standard_D4s_v5"}, {"", "cont", accounts, 6, ""}}},
	{"portal", "Patient portal", "nwh-online", 3, 3, []workload{{"", "app", cluster, 6, "Standard_D8s_v5"}, {"", "db", databases, 3, ""}, {"", "up", accounts, 10, ""}}},
	{"tele", "Telehealth", "nwh-online", 3, 3, []workload{{"", "call", cluster, 8, "Standard_D8s_v5"}, {"", "rec", accounts, 12, ""}}},
	{"book", "Booking", "nwh-online", 3, 2, []workload{{"", "app", farm, 4, "Standard_D4s_v5"}, {"", "db", databases, 2, ""}}},
	{"api", "Open API", "nwh-online", 3, 3, []workload{{"", "gw", cluster, 4, "Standard_D4s_v5"}}},
	{"jobs", "Careers", "nwh-online", 1, 2, []workload{{"", "site", farm, 2, "Standard_D4s_v5"}}},
	{"triage", "Self triage", "nwh-online", 3, 2, []workload{{"", "bot", cluster, 3, "Standard_D4s_v5"}, {"", "logs", accounts, 4, ""}}},
}

// peculiar are the subscriptions that follow no pattern, with what runs there.
var peculiar = []struct {
	name, group, costCenter, environment, team, region string
	ai                                                 bool
	loads                                              []workload
}{
	{"nwh-management", "nwh-management", "CC-1000", "Production", "cloud-platform", "", false, nil},
	{"nwh-connectivity", "nwh-connectivity", "CC-1000", "Production", "network", "", false, nil},
	{"nwh-identity", "nwh-identity", "CC-1000", "Production", "identity", "", false, []workload{{"", "domain", servers, 6, "Standard_D4s_v5"}}},
	{"nwh-network-legacy", "nwh-connectivity", "CC-1000", "Production", "network", ne, false, nil},
	{"nwh-atlas-prod", "nwh-corp", "CC-4600", "Production", "atlas", "", true, []workload{{"", "atlas-pilot", servers, 2, "Standard_NC24ads_A100_v4"}, {"", "atlas-notes", accounts, 6, ""}}},
	{"nwh-beacon-prod", "nwh-online", "CC-4802", "Production", "beacon", "", true, nil},
	{"nwh-imaging-ai-prod", "nwh-corp", "CC-4610", "Production", "imaging-ai", "", true, []workload{{"", "imaging", studio, 2, "Standard_NC24ads_A100_v4"}, {"", "imaging-sets", accounts, 12, ""}}},
	{"nwh-imaging-ai-dev", "nwh-corp", "CC-4610", "Development", "imaging-ai", "", true, []workload{{"", "imaging", studio, 1, "Standard_NC16as_T4_v3"}}},
	{"nwh-triage-pilot", "nwh-online", "", "Development", "triage", "", true, []workload{{"", "triage-llm", servers, 2, "Standard_NC16as_T4_v3"}}},
	{"Medigo AI Lab", "medigo", "", "Development", "medigo-it", ne, true, []workload{{"", "lab", servers, 3, "Standard_D8s_v5"}}},
	{"Pay-As-You-Go", "", "", "Production", "facilities", "", false, nil},
	{"Azure subscription 1", "", "", "Development", "unknown", "", false, nil},
	{"Visual Studio Enterprise Subscription - K Holm", "", "", "Development", "devex", "", false, nil},
	{"Free Trial (ward 7)", "", "", "Development", "unknown", "", false, nil},
	{"NWH Research Grant 2019", "", "", "Production", "research", ne, false, nil},
}

// subscribe gives the organization its subscriptions and what runs there: 400.
func (o *organization) subscribe() {
	for _, p := range peculiar {
		s := subscription{name: p.name, group: p.group, costCenter: p.costCenter, environment: p.environment, team: "grp-" + p.team, region: p.region, ai: p.ai}
		if p.group == "" {
			s.unread = "403: the account that read the tenant has no access at the root"
		}
		o.subscribed(s, p.loads, 1)
	}
	for i, y := range systems {
		for at := range y.sites {
			for e, environment := range []string{"Production", "Test", "Development"}[:y.environments] {
				o.subscribed(y.subscription(i, at, environment), y.at(sites[at].name, environment), 1+3*min(e, 1))
			}
		}
	}
	for i, clinic := range []string{"Dublin", "Cork", "Galway", "Limerick"} {
		for _, what := range []string{"PACS", "EHR", "Office", "Backup", "Web"} {
			o.subscribed(subscription{name: "Medigo " + what + " " + clinic, group: "medigo", environment: "Production", team: "grp-medigo-it", region: ne, style: "words", disabled: i == 3},
				[]workload{{"", strings.ToLower(what), servers, 5, "Standard_D4s_v5"}, {"", strings.ToLower(what) + "-data", accounts, 4, ""}}, 1)
		}
		o.subscribed(subscription{name: "NWH-IE-" + clinic, group: "nwh-ireland", costCenter: "CC-3900", environment: "Production", team: "grp-ireland-it", region: ne, style: "upper"},
			[]workload{{"", "shared", servers, 8, "Standard_D4s_v5"}}, 1)
	}
	for i := range 15 {
		o.subscribed(subscription{name: "old-" + strconv.Itoa(100+i), group: "nwh-decommissioned", costCenter: "CC-1000", environment: "Production", team: "grp-cloud-platform", disabled: true, unread: "the subscription is disabled"}, nil, 1)
	}
	for i := 1; len(o.subscriptions) < 400; i++ {
		o.subscribed(subscription{name: "nwh-sandbox-" + strconv.Itoa(i), group: "nwh-sandbox", environment: "Development", team: "grp-cloud-guild"}, []workload{{"", "try", servers, 3, "Standard_D4s_v5"}}, 1)
	}
}

// subscription gives the subscription of a system at a site. Systems came to
// Azure in the order of the years in which names were changed; the youngest are
// as the estate's.
func (y system) subscription(i, at int, environment string) subscription {
	site, short := sites[at], strings.ToLower(environment[:4])
	if environment == "Development" {
		short = "dev"
	}
	s := subscription{group: y.group, environment: environment, team: "grp-" + y.name, region: site.region}
	switch i % 4 {
	case 0:
		s.name, s.style = "NWH - "+y.title+" - "+site.title+" - "+environment, "words"
	case 1:
		s.name = "nwh-" + y.name + "-" + site.name + "-" + short
	case 2:
		s.name, s.style = "sub-"+y.name+"-"+site.name+"-"+short+"-001", "upper"
	default:
		s.name = "nwh-" + strings.TrimPrefix(y.group, "nwh-") + "-" + y.name + "-" + site.name + "-" + short + "-01"
	}
	if (7*i+at)%11 > 0 { // the others never had one
		s.costCenter = "CC-" + strconv.Itoa(2000+20*i+at)
	}
	return s
}

// at gives what a system runs at a site, with names of their own.
func (y system) at(site, environment string) []workload {
	all := slices.Clone(y.loads)
	for i := range all {
		all[i].name = y.name + "-" + site + "-" + all[i].name
		if environment != "Production" {
			all[i].name += "-" + strings.ToLower(environment[:1])
		}
	}
	return all
}

// subscribed adds a subscription and what runs there, a part of so many machines.
// Networks follow each other, region by region.
func (o *organization) subscribed(s subscription, loads []workload, part int) {
	n := len(o.subscriptions)
	s.owner, s.key, s.region = strings.TrimPrefix(s.team, "grp-")+"@northwind.example", strconv.FormatInt(int64(1296+n), 36), o.regionOf(s).name
	if len(loads) > 0 {
		first := map[string]int{sdc: 16, frc: 48, ne: 72}[s.region]
		s.spoke = "10." + strconv.Itoa(first+n/16) + "." + strconv.Itoa(n%16*16)
	}
	if s.ai {
		s.quotaIn, s.sizesIn = []string{sdc, frc, ne}, []string{sdc, frc, ne}
	}
	o.subscriptions = append(o.subscriptions, s)
	for _, w := range loads {
		w.in, w.count = s.name, (w.count+part-1)/part
		o.workloads = append(o.workloads, w)
	}
}

// northwindZones are the zones of private endpoints.
var northwindZones = []zone{
	{"blob", "privatelink.blob.core.windows.net"}, {"file", "privatelink.file.core.windows.net"}, {"dfs", "privatelink.dfs.core.windows.net"}, {"vault", "privatelink.vaultcore.azure.net"},
	{"queue", "privatelink.queue.core.windows.net"}, {"table", "privatelink.table.core.windows.net"}, {"web", "privatelink.web.core.windows.net"}, {"sqlServer", "privatelink.database.windows.net"},
	{"registry", "privatelink.azurecr.io"}, {"amlworkspace", "privatelink.api.azureml.ms"}, {"batchAccount", "privatelink.swedencentral.batch.azure.com"}, {"management", "privatelink.swedencentral.azmk8s.io"},
	{"searchService", "privatelink.search.windows.net"}, {"account", "privatelink.cognitiveservices.azure.com"}, {"Sql", "privatelink.documents.azure.com"}, {"MongoDB", "privatelink.mongo.cosmos.azure.com"},
	{"namespace", "privatelink.servicebus.windows.net"}, {"topic", "privatelink.eventgrid.azure.net"}, {"redisCache", "privatelink.redis.cache.windows.net"}, {"sites", "privatelink.azurewebsites.net"},
	{"configurationStores", "privatelink.azconfig.io"}, {"dataFactory", "privatelink.datafactory.azure.net"}, {"portal", "privatelink.adf.azure.com"}, {"postgresqlServer", "privatelink.postgres.database.azure.com"},
	{"mysqlServer", "privatelink.mysql.database.azure.com"}, {"databricks_ui_api", "privatelink.azuredatabricks.net"}, {"azuremonitor", "privatelink.monitor.azure.com"}, {"AzureBackup", "privatelink.sdc.backup.windowsazure.com"},
	{"AzureSiteRecovery", "privatelink.siterecovery.windowsazure.com"}, {"healthcareworkspace", "privatelink.azurehealthcareapis.com"}, {"fhir", "privatelink.fhir.azurehealthcareapis.com"}, {"dicom", "privatelink.dicom.azurehealthcareapis.com"},
}

// northwindClosable are closed to the public network in Corp.
var northwindClosable = []service{
	{"KeyVault", "Key vaults", "Microsoft.KeyVault/vaults"}, {"ML", "Machine learning workspaces", "Microsoft.MachineLearningServices/workspaces"}, {"ACR", "Container registries", "Microsoft.ContainerRegistry/registries"},
	{"Cosmos", "Cosmos DB accounts", "Microsoft.DocumentDB/databaseAccounts"}, {"SQL", "SQL servers", "Microsoft.Sql/servers"}, {"AI", "AI services", "Microsoft.CognitiveServices/accounts"}, {"Search", "Search services", "Microsoft.Search/searchServices"},
	{"AppConfig", "App configurations", "Microsoft.AppConfiguration/configurationStores"}, {"DataFactory", "Data factories", "Microsoft.DataFactory/factories"}, {"EventHub", "Event hub namespaces", "Microsoft.EventHub/namespaces"},
	{"ServiceBus", "Service bus namespaces", "Microsoft.ServiceBus/namespaces"}, {"Redis", "Caches", "Microsoft.Cache/redis"}, {"MySQL", "MySQL servers", "Microsoft.DBforMySQL/flexibleServers"}, {"PostgreSQL", "PostgreSQL servers", "Microsoft.DBforPostgreSQL/servers"},
	{"Web", "Web apps", "Microsoft.Web/sites"}, {"EventGrid", "Event grid topics", "Microsoft.EventGrid/topics"}, {"Automation", "Automation accounts", "Microsoft.Automation/automationAccounts"}, {"Disks", "Disks", "Microsoft.Compute/disks"},
	{"IoT", "IoT hubs", "Microsoft.Devices/IotHubs"}, {"Grafana", "Dashboards", "Microsoft.Dashboard/grafana"},
}

// northwindLogging send their logs to the central workspace.
var northwindLogging = []service{
	{"KeyVault", "Key vaults", "Microsoft.KeyVault/vaults"}, {"Batch", "Batch accounts", "Microsoft.Batch/batchAccounts"}, {"AKS", "Kubernetes clusters", "Microsoft.ContainerService/managedClusters"},
	{"ML", "Machine learning workspaces", "Microsoft.MachineLearningServices/workspaces"}, {"NSG", "Network security groups", "Microsoft.Network/networkSecurityGroups"}, {"ACR", "Container registries", "Microsoft.ContainerRegistry/registries"},
	{"SQL", "SQL databases", "Microsoft.Sql/servers/databases"}, {"Cosmos", "Cosmos DB accounts", "Microsoft.DocumentDB/databaseAccounts"}, {"Firewall", "Firewalls", "Microsoft.Network/azureFirewalls"},
	{"LB", "Load balancers", "Microsoft.Network/loadBalancers"}, {"PIP", "Public addresses", "Microsoft.Network/publicIPAddresses"}, {"VNet", "Virtual networks", "Microsoft.Network/virtualNetworks"}, {"Gateway", "Gateways", "Microsoft.Network/virtualNetworkGateways"},
	{"Bastion", "Bastions", "Microsoft.Network/bastionHosts"}, {"AppGW", "Application gateways", "Microsoft.Network/applicationGateways"}, {"FrontDoor", "Front doors", "Microsoft.Cdn/profiles"}, {"Search", "Search services", "Microsoft.Search/searchServices"},
	{"AI", "AI services", "Microsoft.CognitiveServices/accounts"}, {"EventHub", "Event hub namespaces", "Microsoft.EventHub/namespaces"}, {"ServiceBus", "Service bus namespaces", "Microsoft.ServiceBus/namespaces"}, {"EventGrid", "Event grid topics", "Microsoft.EventGrid/topics"},
	{"Logic", "Workflows", "Microsoft.Logic/workflows"}, {"Web", "Web apps", "Microsoft.Web/sites"}, {"DataFactory", "Data factories", "Microsoft.DataFactory/factories"}, {"Redis", "Caches", "Microsoft.Cache/redis"},
	{"PostgreSQL", "PostgreSQL servers", "Microsoft.DBforPostgreSQL/flexibleServers"}, {"MySQL", "MySQL servers", "Microsoft.DBforMySQL/flexibleServers"}, {"Backup", "Backup vaults", "Microsoft.RecoveryServices/vaults"}, {"Automation", "Automation accounts", "Microsoft.Automation/automationAccounts"},
	{"Lustre", "Managed Lustre file systems", "Microsoft.StorageCache/amlFilesystems"}, {"IoT", "IoT hubs", "Microsoft.Devices/IotHubs"}, {"Databricks", "Databricks workspaces", "Microsoft.Databricks/workspaces"},
}

// clinicalSizes are the sizes that Corp has approved.
var clinicalSizes = []string{"Standard_B2ms", "Standard_D2s_v5", "Standard_D4s_v5", "Standard_D8s_v5", "Standard_D16s_v5", "Standard_E8s_v5", "Standard_E16s_v5", "Standard_E32s_v5", "Standard_E8ds_v5", "Standard_E16ds_v5",
	"Standard_F8s_v2", "Standard_F16s_v2", "Standard_NC4as_T4_v3", "Standard_NC16as_T4_v3", "Standard_NC24ads_A100_v4", "Standard_NC40ads_H100_v5", "Standard_ND96isr_H100_v5"}

// northwindDefinitions are those beside the library's.
var northwindDefinitions = []tenanttest.Policy{
	{Name: "Deny-Sizes", Title: "Sizes are those of the clinical catalog", Category: "Compute", Mode: "All", Effect: "Deny",
		Text:       "What machines, scale sets and clusters run on was tested for patient data. The catalog changes twice a year.",
		Parameters: arm.O{"approvedSizes", arm.O{"type", "Array"}},
		If: anyOf(
			of("Microsoft.Compute/virtualMachines", is("Microsoft.Compute/virtualMachines/sku.name", "notIn", "[parameters('approvedSizes')]")),
			of("Microsoft.Compute/virtualMachineScaleSets", is("Microsoft.Compute/virtualMachineScaleSets/sku.name", "notIn", "[parameters('approvedSizes')]")),
			of("Microsoft.ContainerService/managedClusters/agentPools", is("Microsoft.ContainerService/managedClusters/agentPools/vmSize", "notIn", "[parameters('approvedSizes')]")),
			of("Microsoft.ContainerService/managedClusters", arm.O{"count", arm.O{"field", "Microsoft.ContainerService/managedClusters/agentPoolProfiles[*]", "where",
				is("Microsoft.ContainerService/managedClusters/agentPoolProfiles[*].vmSize", "notIn", "[parameters('approvedSizes')]")}, "greater", 0}))},
}

// northwindBaseline is what the security team's set has beside the library's.
var northwindBaseline = []struct {
	Name, Title string
	typ         arm.Type
	condition   arm.O
}{
	{"Sec-KeyVault-SoftDelete", "Key vaults keep what is deleted", "Microsoft.KeyVault/vaults", is("Microsoft.KeyVault/vaults/enableSoftDelete", "equals", false)},
	{"Sec-Storage-Https", "Storage accounts take HTTPS only", "Microsoft.Storage/storageAccounts", is("Microsoft.Storage/storageAccounts/supportsHttpsTrafficOnly", "equals", false)},
	{"Sec-Storage-Bypass", "Storage accounts let only Azure's services by", "Microsoft.Storage/storageAccounts", is("Microsoft.Storage/storageAccounts/networkAcls.bypass", "notEquals", "AzureServices")},
	{"Sec-Storage-Default", "Storage accounts deny by default", "Microsoft.Storage/storageAccounts", is("Microsoft.Storage/storageAccounts/networkAcls.defaultAction", "notEquals", "Deny")},
	{"Sec-SQL-TLS", "SQL servers speak TLS 1.2", "Microsoft.Sql/servers", is("Microsoft.Sql/servers/minimalTlsVersion", "notEquals", "1.2")},
	{"Sec-AKS-Private", "Kubernetes clusters have a private API server", "Microsoft.ContainerService/managedClusters", is("Microsoft.ContainerService/managedClusters/apiServerAccessProfile.enablePrivateCluster", "notEquals", true)},
	{"Sec-AKS-Roles", "Kubernetes clusters use roles", "Microsoft.ContainerService/managedClusters", is("Microsoft.ContainerService/managedClusters/enableRBAC", "equals", false)},
	{"Sec-ACR-Tier", "Container registries are Premium", "Microsoft.ContainerRegistry/registries", is("Microsoft.ContainerRegistry/registries/sku.name", "notEquals", "Premium")},
	{"Sec-Disk-Attached", "Disks are attached", "Microsoft.Compute/disks", is("Microsoft.Compute/disks/diskState", "equals", "Unattached")},
	{"Sec-Batch-Access", "Batch accounts know Microsoft Entra ID only", "Microsoft.Batch/batchAccounts", is("Microsoft.Batch/batchAccounts/publicNetworkAccess", "notEquals", "Disabled")},
	{"Sec-NIC-Forward", "Network interfaces do not forward", "Microsoft.Network/networkInterfaces", is("Microsoft.Network/networkInterfaces/enableIpForwarding", "equals", true)},
	{"Sec-ML-Hbi", "Machine learning workspaces hold sensitive data", "Microsoft.MachineLearningServices/workspaces", is("Microsoft.MachineLearningServices/workspaces/hbiWorkspace", "notEquals", true)},
}

var europe = []string{sdc, frc, ne, "westeurope", "germanywestcentral"}

// northwindAssignments are those beside the library's. Without metadata they are
// EPAC's.
var northwindAssignments = []assignment{
	{"", "Allowed-Locations", "Northwind is in the EU", tenanttest.AllowedLocations, arm.O{"listOfAllowedLocations", europe}, false, false, nil, "Patient data stays in the EU."},
	{"", "Allowed-RG-Locations", "Resource groups are in the EU", tenanttest.AllowedRGLocations, arm.O{"listOfAllowedLocations", europe}, false, false, nil, ""},
	{"", "Inherit-CostCenter", "Cost center from the subscription", tenanttest.SubscriptionTag, arm.O{"tagName", "CostCenter"}, false, true, nil, ""},
	{"", "Inherit-Environment", "Environment from the subscription", tenanttest.MissingTag, arm.O{"tagName", "Environment"}, false, true, nil, ""},
	{"landingzones", "Inherit-Owner", "Owner from the subscription", tenanttest.MissingTag, arm.O{"tagName", "Owner"}, false, true, nil, ""},
	{"corp", "Inherit-CostCenter-RG", "Cost center from the resource group", tenanttest.GroupTag, arm.O{"tagName", "CostCenter"}, false, true, arm.O{"assignedBy", "Claes Nordin"}, ""},
	{"corp", "Deny-Sizes", "Sizes of the clinical catalog", "Deny-Sizes", arm.O{"approvedSizes", clinicalSizes}, false, false, nil, "Ask the architecture board: grp-security-architecture."},
	{"corp", "Deny-Storage-Keys", "Storage accounts have no keys", tenanttest.StorageSharedKey, arm.O{"effect", "Deny"}, false, false, nil, "Use Microsoft Entra ID."},
	{"online", "Allowed-Locations-Online", "Online is in the north", tenanttest.AllowedLocations, arm.O{"listOfAllowedLocations", []string{sdc, ne, "westeurope"}}, false, false, nil, "The web firewall is in Sweden and Ireland only."},
	{"nwh-ireland", "Allowed-Locations-IE", "Ireland stays in Ireland", tenanttest.AllowedLocations, arm.O{"listOfAllowedLocations", []string{ne}}, false, false, nil, ""},
	{"medigo", "medigo-locations", "Medigo regions", tenanttest.AllowedLocations, arm.O{"listOfAllowedLocations", []string{ne, "westeurope"}}, false, false, arm.O{"assignedBy", "Medigo IT"}, ""},
	{"medigo", "medigo-tags", "Medigo groups have a cost center", tenanttest.RequiredGroupTag, arm.O{"tagName", "costcentre"}, true, false, arm.O{"assignedBy", "Medigo IT"}, ""},
}

// northwindExemptions are what is exempt, and what was: that of the pilot of
// Atlas has run out.
var northwindExemptions = []exemption{
	{"nwh-atlas-prod", "atlas-pilot", "Atlas pilot on H200", "The board let the pilot use two ND H200 v5 until the end of October.", "corp", "Deny-Sizes", "2026-10-31T22:00:00Z", nil},
	{"nwh-imaging-ai-prod", "imaging-designer", "Designer needs the public endpoint", "Until the team has moved to pipelines.", "corp", "Deny-Public-Endpoints", "2027-03-31T22:00:00Z", []string{"Deny-Public-ML"}},
	{"nwh-pacs-sto-prod", "modalities", "Scanners of the wards", "They know no private endpoints and are to be replaced.", "corp", "Deny-Public-Endpoints", "", []string{tenanttest.StorageNoPublicNet}},
	{"nwh-triage-pilot", "triage-france", "Test of a French region", "One month.", "online", "Allowed-Locations-Online", "2026-06-30T22:00:00Z", nil},
	{"nwh-pacs-upp-prod", "archive-keys", "The archive's vendor signs with keys", "Until its next release.", "corp", "Deny-Storage-Keys", "2027-06-30T22:00:00Z", nil},
}
