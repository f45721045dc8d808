package tenant

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
)

// sixty are resource types of an AI landing zone, in order.
var sixty = func() []string {
	types := strings.Fields(`
Microsoft.AlertsManagement/actionRules Microsoft.AlertsManagement/smartDetectorAlertRules Microsoft.ApiManagement/service
Microsoft.App/containerApps Microsoft.App/managedEnvironments Microsoft.Authorization/locks Microsoft.Authorization/roleAssignments
Microsoft.Automation/automationAccounts Microsoft.Batch/batchAccounts Microsoft.Cache/redis Microsoft.CognitiveServices/accounts
Microsoft.Compute/availabilitySets Microsoft.Compute/capacityReservationGroups Microsoft.Compute/disks Microsoft.Compute/galleries
Microsoft.Compute/images Microsoft.Compute/proximityPlacementGroups Microsoft.Compute/snapshots Microsoft.Compute/sshPublicKeys
Microsoft.Compute/virtualMachineScaleSets Microsoft.Compute/virtualMachines Microsoft.ContainerInstance/containerGroups
Microsoft.ContainerRegistry/registries Microsoft.ContainerService/managedClusters Microsoft.DBforPostgreSQL/flexibleServers
Microsoft.DataFactory/factories Microsoft.DataProtection/backupVaults Microsoft.Databricks/workspaces Microsoft.DocumentDB/databaseAccounts
Microsoft.EventGrid/systemTopics Microsoft.EventHub/namespaces Microsoft.Fabric/capacities Microsoft.HybridCompute/machines
Microsoft.Insights/actionGroups Microsoft.Insights/components Microsoft.Insights/dataCollectionRules Microsoft.Insights/metricAlerts
Microsoft.KeyVault/vaults Microsoft.Logic/workflows Microsoft.MachineLearningServices/workspaces Microsoft.ManagedIdentity/userAssignedIdentities
Microsoft.NetApp/netAppAccounts Microsoft.Network/applicationGateways Microsoft.Network/bastionHosts Microsoft.Network/loadBalancers
Microsoft.Network/natGateways Microsoft.Network/networkInterfaces Microsoft.Network/networkSecurityGroups Microsoft.Network/privateDnsZones
Microsoft.Network/privateEndpoints Microsoft.Network/publicIPAddresses Microsoft.Network/routeTables Microsoft.Network/virtualNetworks
Microsoft.OperationalInsights/workspaces Microsoft.RecoveryServices/vaults Microsoft.Search/searchServices Microsoft.ServiceBus/namespaces
Microsoft.Sql/servers Microsoft.Storage/storageAccounts Microsoft.StorageCache/amlFilesystems`)
	slices.SortFunc(types, func(a, b string) int { return strings.Compare(strings.ToLower(a), strings.ToLower(b)) })
	return types
}()

// pieces are members of properties as Azure writes them; $G is a resource
// group's id, $N a number, $U a UUID.
var pieces = strings.Split(strings.TrimSpace(`
"hardwareProfile":{"vmSize":"Standard_NC40ads_H100_v5"},"vmId":"$U"
"storageProfile":{"imageReference":{"publisher":"microsoft-dsvm","offer":"ubuntu-hpc","sku":"2204","version":"latest","exactVersion":"22.04.2026012801"},"osDisk":{"osType":"Linux","name":"osdisk-$N","createOption":"FromImage","caching":"ReadWrite","managedDisk":{"storageAccountType":"Premium_LRS","id":"$G/providers/Microsoft.Compute/disks/osdisk-$N"},"deleteOption":"Delete","diskSizeGB":128},"dataDisks":[],"diskControllerType":"NVMe"}
"osProfile":{"computerName":"node$N","adminUsername":"azureuser","linuxConfiguration":{"disablePasswordAuthentication":true,"provisionVMAgent":true,"patchSettings":{"patchMode":"AutomaticByPlatform","assessmentMode":"AutomaticByPlatform"}},"secrets":[],"allowExtensionOperations":true}
"networkProfile":{"networkInterfaces":[{"id":"$G/providers/Microsoft.Network/networkInterfaces/nic-$N","properties":{"primary":true,"deleteOption":"Delete"}}]}
"networkAcls":{"bypass":"AzureServices","virtualNetworkRules":[{"id":"$G/providers/Microsoft.Network/virtualNetworks/vnet-$N/subnets/snet-train","action":"Allow","state":"Succeeded"}],"ipRules":[{"value":"203.0.113.7","action":"Allow"}],"defaultAction":"Deny"},"minimumTlsVersion":"TLS1_2","allowBlobPublicAccess":false,"supportsHttpsTrafficOnly":true
"encryption":{"keySource":"Microsoft.Keyvault","keyVaultProperties":{"keyIdentifier":"https://kv-atlas-$N.vault.azure.net/keys/cmk","identity":{"userAssignedIdentity":"$G/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-$N"}},"requireInfrastructureEncryption":true}
"privateEndpointConnections":[{"id":"$G/providers/Microsoft.Storage/storageAccounts/st$N/privateEndpointConnections/pe-$N","properties":{"privateEndpoint":{"id":"$G/providers/Microsoft.Network/privateEndpoints/pe-$N"},"privateLinkServiceConnectionState":{"status":"Approved","description":"Auto-Approved","actionRequired":"None"},"provisioningState":"Succeeded"}}],"publicNetworkAccess":"Disabled"
"securityRules":[{"name":"deny-all-inbound","properties":{"priority":4096,"direction":"Inbound","access":"Deny","protocol":"*","sourceAddressPrefix":"*","destinationAddressPrefix":"*","sourcePortRange":"*","destinationPortRange":"*"}},{"name":"allow-ssh-bastion","properties":{"priority":100,"direction":"Inbound","access":"Allow","protocol":"Tcp","sourceAddressPrefix":"10.8.0.0/26","destinationAddressPrefix":"*","sourcePortRange":"*","destinationPortRange":"22"}}]
"securityProfile":{"uefiSettings":{"secureBootEnabled":true,"vTpmEnabled":true},"securityType":"TrustedLaunch","encryptionAtHost":true},"zoneRedundant":false,"capacity":$N,"ratio":0.85
"retentionInDays":90,"features":{"enableLogAccessUsingOnlyResourcePermissions":true,"disableLocalAuth":true},"workspaceCapping":{"dailyQuotaGb":-1.0},"createdDate":"2026-01-28T08:15:30.1234567Z","modifiedDate":"2026-02-01T10:00:00Z"
`), "\n")

// generate writes a snapshot of n resources in 1,000 subscriptions, about 1.7
// KB each, in order, the same for the same n: each subscription below one of
// ten management groups, sixty types in each resource group.
func generate(w io.Writer, n int) error {
	out := bufio.NewWriterSize(w, 1<<20)
	rnd := rand.New(rand.NewPCG(1, 2))
	fmt.Fprintf(out, `{"airfield":"tenant","version":1,"made":"2026-02-01T00:00:00Z","by":"generate_test.go","tenant":"root"}`+"\n")
	fmt.Fprintf(out, `{"id":"/providers/Microsoft.Management/managementGroups/mg0","name":"mg0","type":"Microsoft.Management/managementGroups","properties":{"details":{"parent":{"id":"/providers/Microsoft.Management/managementGroups/root"}}}}`+"\n")
	fmt.Fprintf(out, `{"id":"/providers/Microsoft.Management/managementGroups/root","name":"root","type":"Microsoft.Management/managementGroups","properties":{"details":{}}}`+"\n")
	written := 2
	for s := 0; written < n; s++ {
		sub := fmt.Sprintf("/subscriptions/00000000-0000-4000-8000-%012d", s)
		fmt.Fprintf(out, `{"id":%q,"name":"sub-%d","type":"Microsoft.Resources/subscriptions","properties":{"state":"Enabled","managementGroupAncestorsChain":[{"name":"mg0","displayName":"Mg"},{"name":"root","displayName":"Root"}]}}`+"\n", sub, s)
		written++
		last := max(written, n*(s+1)/1000)
		for g := 0; written < min(last, n); g++ {
			group := fmt.Sprintf("%s/resourceGroups/rg-atlas-train-prod-sdc-%03d", sub, g)
			fmt.Fprintf(out, `{"id":%q,"name":"rg-atlas-train-prod-sdc-%03d","type":"Microsoft.Resources/resourceGroups","location":"swedencentral","tags":{"Environment":"Production"},"properties":{"provisioningState":"Succeeded"}}`+"\n", group, g)
			written++
			for _, typ := range sixty {
				if written < min(last, n) {
					writeOne(out, rnd, group, typ)
					written++
				}
			}
		}
	}
	return out.Flush()
}

func writeOne(out io.Writer, rnd *rand.Rand, group, typ string) {
	number := fmt.Sprintf("%04d", 1000+rnd.IntN(9000))
	name := strings.ToLower(typ[strings.LastIndexByte(typ, '/')+1:]) + "-atlas-" + number
	fmt.Fprintf(out, `{"id":"%s/providers/%s/%s","name":"%s","type":"%s","location":"swedencentral","tags":{"Project":"AIResearch2024","Environment":"Production","CostCenter":"CC-%s","Owner":"atlas@northwind.example"},"sku":{"name":"Standard","tier":"Standard"},"identity":{"type":"SystemAssigned","principalId":"%s","tenantId":"0f3c7c7e-1111-4222-8333-444455556666"},"properties":{`, group, typ, name, name, typ, number, uuid(rnd))
	rep := strings.NewReplacer("$G", group, "$N", number, "$U", uuid(rnd))
	for _, i := range rnd.Perm(len(pieces))[:rnd.IntN(5)/3+3] {
		rep.WriteString(out, pieces[i])
		io.WriteString(out, ",")
	}
	io.WriteString(out, `"provisioningState":"Succeeded"}}`+"\n")
}

func uuid(rnd *rand.Rand) string {
	a, b := rnd.Uint64(), rnd.Uint64()
	return fmt.Sprintf("%08x-%04x-4%03x-8%03x-%012x", a>>32, a>>16&0xffff, a&0xfff, b>>48&0xfff, b&0xffffffffffff)
}
