package main

import (
	"fmt"
	"slices"
	"strings"

	"airfield/arm"
	"airfield/catalog"
)

// workload is something that runs in a subscription.
type workload struct {
	in, name string
	kind     func(m *maker, p place, w workload)
	count    int    // of machines, accounts or nodes
	size     string // of its machines
}

// place is where a workload's resources lie.
type place struct {
	sub    subscription
	group  arm.ID
	subnet arm.ID
	tags   arm.O
	region string
}

// workload adds a resource group with all that a workload has.
func (m *maker) workload(s subscription, w workload) {
	p := place{s, m.id(s.name).ResourceGroup(m.groupName(s, w)), m.network(s).Child("subnets", "snet-"+w.name), m.tags(s, w.name), m.regionOf(s).name}
	m.group(p.group, p.region, p.tags)
	w.kind(m, p, w)
	m.vault(p, w)
	m.alerts(p, w)
	m.assign(p.group, "Contributor", s.team, "Group")
	if m.chance(30) {
		m.assign(p.group, "Reader", one(m, "grp-auditors", "grp-operations", "grp-vendor-support"), "Group")
	}
	if slices.Contains(m.locked, w.name) {
		m.lock(p.group, "change "+fmt.Sprintf("CHG00%d", 40000+m.rand.IntN(9000)))
	}
}

// groupName gives the name of a resource group as the team writes them.
func (o *organization) groupName(s subscription, w workload) string {
	switch s.style {
	case "upper":
		return strings.ToUpper(w.name + "-" + s.environment[:4] + "-RG")
	case "words":
		return strings.ReplaceAll(w.name, "-", "_")
	}
	return "rg-" + w.name + "-" + o.regionOf(s).short
}

// tags gives the tags of a workload, as far as somebody cared.
func (m *maker) tags(s subscription, name string) arm.O {
	tags := arm.O{}
	if s.costCenter != "" && m.chance(80) {
		tags = append(tags, one(m, "CostCenter", "CostCenter", "CostCenter", "costcenter"), s.costCenter)
	}
	if m.chance(75) {
		tags = append(tags, "Environment", s.environment)
	}
	if m.chance(60) {
		tags = append(tags, "Owner", s.owner)
	}
	if m.chance(50) {
		tags = append(tags, one(m, "Application", "app"), name)
	}
	return tags
}

// some gives tags to three resources of four.
func (m *maker) some(tags arm.O) arm.O {
	if m.chance(75) {
		return tags
	}
	return nil
}

// uses counts machines that run, and their vCPUs.
func (m *maker) uses(p place, size string, n int) {
	s, ok := catalog.SizeByName(size)
	if !ok {
		panic("no size " + size)
	}
	m.used[meter{p.sub.name, p.region, s.QuotaFamily}] += n * s.BaseVCPUs
	m.used[meter{p.sub.name, p.region, machines}] += n
}

var image = arm.O{"publisher", "canonical", "offer", "ubuntu-24_04-lts", "sku", "server", "version", "latest"}

// servers adds machines, each with its interface, disk and agents.
func servers(m *maker, p place, w workload) {
	m.uses(p, w.size, w.count)
	for i := range w.count {
		name := fmt.Sprintf("vm-%s-%03d", w.name, i+1)
		tags := m.some(p.tags)
		nic := p.group.Resource("Microsoft.Network/networkInterfaces", name+"-nic")
		disk := p.group.Resource("Microsoft.Compute/disks", name+"-os")
		vm := m.add(p.group.Resource("Microsoft.Compute/virtualMachines", name), "location", p.region, "tags", tags, "zones", []string{fmt.Sprint(i%3 + 1)}, "properties", arm.O{
			"hardwareProfile", arm.O{"vmSize", w.size}, "storageProfile", arm.O{"imageReference", image, "osDisk", arm.O{"osType", "Linux", "createOption", "FromImage", "managedDisk", arm.O{"id", disk}}, "dataDisks", arm.A{}},
			"networkProfile", arm.O{"networkInterfaces", arm.A{arm.O{"id", nic}}}, "provisioningState", "Succeeded"})
		m.add(nic, "location", p.region, "tags", tags, "properties", arm.O{"enableIPForwarding", false, "virtualMachine", arm.O{"id", vm},
			"ipConfigurations", arm.A{arm.O{"name", "primary", "properties", arm.O{"primary", true, "subnet", arm.O{"id", p.subnet}}}}})
		m.add(disk, "location", p.region, "tags", tags, "sku", arm.O{"name", "Premium_LRS"}, "properties", arm.O{"diskSizeGB", 128, "diskState", "Attached", "osType", "Linux"}, "managedBy", vm)
		if m.chance(80) { // the policy that installs it came later than the machine
			m.add(vm.Child("extensions", "AzureMonitorLinuxAgent"), "location", p.region, "properties", arm.O{"publisher", "Microsoft.Azure.Monitor", "type", "AzureMonitorLinuxAgent", "autoUpgradeMinorVersion", true})
			m.add(vm.Resource("Microsoft.Insights/dataCollectionRuleAssociations", "central"), "properties", arm.O{"dataCollectionRuleId", m.dataRule()})
		}
	}
	for i := range w.count / 20 { // that nobody deleted
		m.add(p.group.Resource("Microsoft.Compute/disks", fmt.Sprintf("vm-%s-old%d-os", w.name, i+1)), "location", p.region, "sku", arm.O{"name", "Premium_LRS"}, "properties", arm.O{"diskSizeGB", 128, "diskState", "Unattached", "osType", "Linux"})
	}
}

// accounts adds storage accounts with containers and, in corp, endpoints. The
// oldest are open to the public network.
func accounts(m *maker, p place, w workload) {
	for i := range w.count {
		access, bypass := "Disabled", "AzureServices"
		if p.sub.group != m.root+"-corp" && m.chance(70) || m.chance(8) {
			access = "Enabled"
		}
		m.account(p, fmt.Sprintf("st%s%s%02d", short(w.name), p.sub.environment[:1], i+1), access, bypass)
	}
}

// short gives a name as storage accounts can have it.
func short(name string) string {
	return strings.ToLower(strings.ReplaceAll(name, "-", ""))
}

func (m *maker) account(p place, name, access, bypass string) {
	name = strings.ToLower(name) + p.sub.key
	tags := m.some(p.tags)
	st := m.add(p.group.Resource("Microsoft.Storage/storageAccounts", name), "location", p.region, "tags", tags, "kind", "StorageV2", "sku", arm.O{"name", one(m, "Standard_LRS", "Standard_ZRS", "Standard_ZRS", "Standard_GRS")},
		"properties", arm.O{"accessTier", "Hot", "allowBlobPublicAccess", m.chance(4), "allowSharedKeyAccess", m.chance(60), "minimumTlsVersion", one(m, "TLS1_2", "TLS1_2", "TLS1_2", "TLS1_0"),
			"supportsHttpsTrafficOnly", true, "publicNetworkAccess", access, "networkAcls", arm.O{"bypass", bypass, "defaultAction", map[bool]string{true: "Deny", false: "Allow"}[access == "Disabled"]}})
	blob := m.add(st.Child("blobServices", "default"), "properties", arm.O{"deleteRetentionPolicy", arm.O{"enabled", true, "days", 14}})
	for _, c := range []string{"data", "archive"}[:1+m.rand.IntN(2)] {
		m.add(blob.Child("containers", c), "properties", arm.O{"publicAccess", "None"})
	}
	if access == "Disabled" {
		m.endpoint(p, st, "blob", tags)
	}
	if m.chance(35) {
		m.assign(st, one(m, "Storage Blob Data Contributor", "Storage Blob Data Reader"), p.sub.team, "Group")
	}
}

// endpoint adds a private endpoint with its interface.
func (m *maker) endpoint(p place, to arm.ID, kind string, tags arm.O) {
	name := "pep-" + to.Name() + "-" + kind
	nic := p.group.Resource("Microsoft.Network/networkInterfaces", name+"-nic")
	subnet := m.network(p.sub).Child("subnets", "snet-endpoints")
	e := m.add(p.group.Resource("Microsoft.Network/privateEndpoints", name), "location", p.region, "tags", tags, "properties", arm.O{"subnet", arm.O{"id", subnet}, "networkInterfaces", arm.A{arm.O{"id", nic}},
		"privateLinkServiceConnections", arm.A{arm.O{"name", name, "properties", arm.O{"privateLinkServiceId", to, "groupIds", []string{kind}, "privateLinkServiceConnectionState", arm.O{"status", "Approved"}}}}})
	m.add(nic, "location", p.region, "properties", arm.O{"privateEndpoint", arm.O{"id", e}, "ipConfigurations", arm.A{arm.O{"name", "endpoint", "properties", arm.O{"subnet", arm.O{"id", subnet}}}}})
	if m.peered(p.sub) {
		m.add(e.Child("privateDnsZoneGroups", "deployedByPolicy"), "properties", arm.O{"privateDnsZoneConfigs", arm.A{arm.O{"name", kind, "properties", arm.O{"privateDnsZoneId", m.dnsGroup().Resource("Microsoft.Network/privateDnsZones", m.zones[0].name)}}}})
	}
}

// farm adds a scale set behind a load balancer.
func farm(m *maker, p place, w workload) {
	m.uses(p, w.size, w.count)
	balancer := m.add(p.group.Resource("Microsoft.Network/loadBalancers", "lb-"+w.name), "location", p.region, "tags", p.tags, "sku", arm.O{"name", "Standard"},
		"properties", arm.O{"frontendIPConfigurations", arm.A{arm.O{"name", "front", "properties", arm.O{"subnet", arm.O{"id", p.subnet}}}}, "backendAddressPools", arm.A{arm.O{"name", "nodes"}}})
	m.add(p.group.Resource("Microsoft.Compute/virtualMachineScaleSets", "vmss-"+w.name), "location", p.region, "tags", p.tags, "sku", arm.O{"name", w.size, "tier", "Standard", "capacity", w.count}, "properties", arm.O{
		"orchestrationMode", "Uniform", "upgradePolicy", arm.O{"mode", "Manual"}, "virtualMachineProfile", arm.O{"storageProfile", arm.O{"imageReference", image, "osDisk", arm.O{"osType", "Linux", "createOption", "FromImage"}},
			"networkProfile", arm.O{"networkInterfaceConfigurations", arm.A{arm.O{"name", "primary", "properties", arm.O{"primary", true, "ipConfigurations", arm.A{arm.O{"name", "primary",
				"properties", arm.O{"subnet", arm.O{"id", p.subnet}, "loadBalancerBackendAddressPools", arm.A{arm.O{"id", balancer.Child("backendAddressPools", "nodes")}}}}}}}}}}})
}

// databases adds a SQL server with databases.
func databases(m *maker, p place, w workload) {
	access := "Disabled"
	if p.sub.group == m.root+"-online" {
		access = "Enabled"
	}
	server := m.add(p.group.Resource("Microsoft.Sql/servers", "sql-"+w.name), "location", p.region, "tags", p.tags, "properties", arm.O{"version", "12.0", "minimalTlsVersion", "1.2", "publicNetworkAccess", access, "state", "Ready"})
	for i := range w.count {
		m.add(server.Child("databases", fmt.Sprintf("%s-%d", w.name, i+1)), "location", p.region, "tags", m.some(p.tags), "sku", arm.O{"name", "GP_Gen5", "tier", "GeneralPurpose", "family", "Gen5", "capacity", 8}, "properties", arm.O{"status", "Online"})
	}
	m.endpoint(p, server, "sqlServer", p.tags)
}

// cluster adds a Kubernetes cluster with a registry.
func cluster(m *maker, p place, w workload) {
	m.uses(p, w.size, w.count)
	aks := m.add(p.group.Resource("Microsoft.ContainerService/managedClusters", "aks-"+w.name), "location", p.region, "tags", p.tags, "sku", arm.O{"name", "Base", "tier", "Standard"}, "identity", m.identity("aks", p, w), "properties", arm.O{
		"kubernetesVersion", one(m, "1.33", "1.34", "1.35"), "nodeResourceGroup", "MC_" + p.group.Name(), "disableLocalAccounts", m.chance(50), "apiServerAccessProfile", arm.O{"enablePrivateCluster", p.sub.group == m.root+"-corp"},
		"agentPoolProfiles", arm.A{arm.O{"name", "nodes", "count", w.count, "vmSize", w.size, "mode", "System", "osType", "Linux", "vnetSubnetID", p.subnet}}})
	nodes := m.id(p.sub.name).ResourceGroup("MC_" + p.group.Name())
	m.add(nodes, "location", p.region, "managedBy", aks, "properties", arm.O{"provisioningState", "Succeeded"})
	m.add(nodes.Resource("Microsoft.Compute/virtualMachineScaleSets", "aks-nodes-vmss"), "location", p.region, "sku", arm.O{"name", w.size, "tier", "Standard", "capacity", w.count}, "properties", arm.O{"orchestrationMode", "Uniform"})
	m.add(p.group.Resource("Microsoft.ContainerRegistry/registries", "cr"+short(w.name)+short(p.sub.name)), "location", p.region, "tags", p.tags, "sku", arm.O{"name", "Premium"},
		"properties", arm.O{"publicNetworkAccess", map[bool]string{true: "Disabled", false: "Enabled"}[p.sub.group == m.root+"-corp"], "adminUserEnabled", false})
}

// pools adds a Batch account with pools. Its quota is its own.
func pools(m *maker, p place, w workload) {
	s, _ := catalog.SizeByName(w.size)
	batch := m.add(p.group.Resource("Microsoft.Batch/batchAccounts", "ba"+short(w.name)+p.sub.environment[:1]), "location", p.region, "tags", p.tags, "identity", arm.O{"type", "None"}, "properties", arm.O{
		"poolAllocationMode", "BatchService", "publicNetworkAccess", "Disabled", "allowedAuthenticationModes", []string{"AAD"}, "dedicatedCoreQuota", 256, "lowPriorityCoreQuota", 0, "poolQuota", 100,
		"dedicatedCoreQuotaPerVMFamilyEnforced", true, "dedicatedCoreQuotaPerVMFamily", arm.A{arm.O{"name", s.QuotaFamily, "coreQuota", 256}, arm.O{"name", "standardNDSH100v5Family", "coreQuota", 0}}})
	for i := range w.count {
		m.add(batch.Child("pools", fmt.Sprintf("pool-%d", i+1)), "properties", arm.O{"vmSize", w.size, "scaleSettings", arm.O{"fixedScale", arm.O{"targetDedicatedNodes", 2}}})
	}
	m.endpoint(p, batch, "batchAccount", p.tags)
}

// studio adds Azure Machine Learning workspaces with their compute.
func studio(m *maker, p place, w workload) {
	for i := range w.count {
		ws := m.add(p.group.Resource("Microsoft.MachineLearningServices/workspaces", fmt.Sprintf("mlw-%s-%d", w.name, i+1)), "location", p.region, "tags", p.tags, "kind", "Default", "identity", m.identity("mlw", p, w),
			"properties", arm.O{"publicNetworkAccess", []string{"Disabled", "Enabled"}[i%2], "hbiWorkspace", false})
		m.add(ws.Child("computes", "gpu"), "location", p.region, "properties", arm.O{"computeType", "AmlCompute", "properties", arm.O{"vmSize", w.size, "scaleSettings", arm.O{"minNodeCount", 0, "maxNodeCount", 4}}})
		m.endpoint(p, ws, "amlworkspace", p.tags)
	}
	m.add(p.group.Resource("Microsoft.Insights/components", "appi-"+w.name), "location", p.region, "kind", "web", "tags", p.tags, "properties", arm.O{"Application_Type", "web", "WorkspaceResourceId", m.logs()})
}

// identity gives a managed identity.
func (m *maker) identity(kind string, p place, w workload) arm.O {
	return arm.O{"type", "SystemAssigned", "principalId", principal(kind + string(p.group) + w.name), "tenantId", m.tenant}
}

// vault adds a key vault.
func (m *maker) vault(p place, w workload) {
	access := "Disabled"
	if p.sub.group != m.root+"-corp" || m.chance(10) {
		access = "Enabled"
	}
	kv := m.add(p.group.Resource("Microsoft.KeyVault/vaults", "kv-"+w.name+"-"+p.sub.key), "location", p.region, "tags", p.tags, "properties", arm.O{"tenantId", m.tenant, "sku", arm.O{"family", "A", "name", "standard"},
		"enableRbacAuthorization", m.chance(80), "enableSoftDelete", true, "enablePurgeProtection", m.chance(70), "publicNetworkAccess", access})
	if access == "Disabled" {
		m.endpoint(p, kv, "vault", p.tags)
	}
	if m.chance(70) { // the policy that does so came later
		m.add(kv.Resource("Microsoft.Insights/diagnosticSettings", "setByPolicy"), "properties", arm.O{"workspaceId", m.logs(), "logs", arm.A{arm.O{"categoryGroup", "audit", "enabled", true}}})
	}
	m.assign(kv, "Key Vault Secrets User", "sp-deploy-"+p.sub.name, "ServicePrincipal")
}

// alerts adds a team's alerts.
func (m *maker) alerts(p place, w workload) {
	action := m.add(p.group.Resource("Microsoft.Insights/actionGroups", "ag-"+w.name), "location", "global", "tags", p.tags,
		"properties", arm.O{"enabled", true, "groupShortName", "alert", "emailReceivers", arm.A{arm.O{"name", "team", "emailAddress", p.sub.owner}}})
	for _, metric := range []string{"Percentage CPU", "Available Memory Bytes", "Availability"}[:1+m.rand.IntN(3)] {
		m.add(p.group.Resource("Microsoft.Insights/metricAlerts", short(strings.ReplaceAll(metric, " ", ""))+"-"+w.name), "location", "global", "tags", p.tags,
			"properties", arm.O{"enabled", true, "severity", 2, "description", metric + " of " + w.name, "scopes", arm.A{p.group}, "actions", arm.A{arm.O{"actionGroupId", action}}})
	}
}
