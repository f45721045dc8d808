package limits

import (
	"airfield/arm"
	"airfield/diag"
)

// The types that rules are about.
const (
	aliases               arm.Type = "Microsoft.Subscription/aliases"
	amlFilesystems        arm.Type = "Microsoft.StorageCache/amlFilesystems"
	autoscaleSettings     arm.Type = "Microsoft.Insights/autoscaleSettings"
	blobServices          arm.Type = "Microsoft.Storage/storageAccounts/blobServices"
	budgets               arm.Type = "Microsoft.Consumption/budgets"
	containers            arm.Type = "Microsoft.Storage/storageAccounts/blobServices/containers"
	dnsLinks              arm.Type = "Microsoft.Network/privateDnsZones/virtualNetworkLinks"
	dnsZones              arm.Type = "Microsoft.Network/privateDnsZones"
	fileShares            arm.Type = "Microsoft.Storage/storageAccounts/fileServices/shares"
	loadBalancers         arm.Type = "Microsoft.Network/loadBalancers"
	locks                 arm.Type = "Microsoft.Authorization/locks"
	managementPolicies    arm.Type = "Microsoft.Storage/storageAccounts/managementPolicies"
	natGateways           arm.Type = "Microsoft.Network/natGateways"
	netAppPools           arm.Type = "Microsoft.NetApp/netAppAccounts/capacityPools"
	netAppVolumes         arm.Type = "Microsoft.NetApp/netAppAccounts/capacityPools/volumes"
	networkSecurityGroups arm.Type = "Microsoft.Network/networkSecurityGroups"
	peerings              arm.Type = "Microsoft.Network/virtualNetworks/virtualNetworkPeerings"
	placementGroups       arm.Type = "Microsoft.Compute/proximityPlacementGroups"
	policyAssignments     arm.Type = "Microsoft.Authorization/policyAssignments"
	policyDefinitions     arm.Type = "Microsoft.Authorization/policyDefinitions"
	privateEndpoints      arm.Type = "Microsoft.Network/privateEndpoints"
	publicIPs             arm.Type = "Microsoft.Network/publicIPAddresses"
	roleAssignments       arm.Type = "Microsoft.Authorization/roleAssignments"
	routeTables           arm.Type = "Microsoft.Network/routeTables"
	scaleSets             arm.Type = "Microsoft.Compute/virtualMachineScaleSets"
	schedules             arm.Type = "Microsoft.DevTestLab/schedules"
	securityRules         arm.Type = "Microsoft.Network/networkSecurityGroups/securityRules"
	storageAccounts       arm.Type = "Microsoft.Storage/storageAccounts"
	subnets               arm.Type = "Microsoft.Network/virtualNetworks/subnets"
	tagsResources         arm.Type = "Microsoft.Resources/tags"
	vaults                arm.Type = "Microsoft.KeyVault/vaults"
	virtualMachines       arm.Type = "Microsoft.Compute/virtualMachines"
	virtualNetworks       arm.Type = "Microsoft.Network/virtualNetworks"
	workspaces            arm.Type = "Microsoft.OperationalInsights/workspaces"

	anyType arm.Type = "*"
)

// rules are all service rules. What each says stands under its id in
// catalog/data/service_rules.csv. A Warning with a doubt rests on a source that
// no document confirms; one without is what a service takes and a landing zone
// does not want.
var rules = []rule{
	{"name", anyType, diag.Error, "", name},
	{"tag-count", anyType, diag.Error, "", tagCount},
	{"tag-name", anyType, diag.Error, "", tagName},
	{"tag-value", anyType, diag.Error, "", tagValue},
	{"same-region", anyType, diag.Warning, "read of networks, private endpoints, security groups and Batch; of the other pairs it is general knowledge", sameRegion},
	{"storage-tag-name", storageAccounts, diag.Warning, "the shorter limit of storage accounts is general knowledge", tagNameOfStorage},

	{"management-group-depth", arm.ManagementGroupType, diag.Error, "", managementGroupDepth},
	{"alias-billing-scope", aliases, diag.Error, "", aliasBilling},
	{"alias-workload", aliases, diag.Error, "", aliasWorkload},
	{"budget-amount", budgets, diag.Error, "", budgetAmount},
	{"budget-contact-groups", budgets, diag.Error, "", budgetContactGroups},
	{"budget-contacts", budgets, diag.Error, "", budgetContacts},
	{"budget-end", budgets, diag.Error, "", budgetEnd},
	{"budget-grain", budgets, diag.Error, "", budgetGrain},
	{"budget-notifications", budgets, diag.Error, "", budgetNotifications},
	{"budget-start", budgets, diag.Error, "", budgetStart},
	{"budget-threshold", budgets, diag.Error, "", budgetThreshold},
	{"budget-threshold-type", budgets, diag.Error, "", budgetThresholdType},
	{"lock-level", locks, diag.Warning, "that a lock NotSpecified locks nothing is general knowledge", lockLevel},
	{"policy-assignment-display-name", policyAssignments, diag.Error, "", policyDisplayName},
	{"policy-assignment-identity", policyAssignments, diag.Error, "", policyAssignmentIdentity},
	{"policy-assignment-location", policyAssignments, diag.Error, "", policyAssignmentLocation},
	{"policy-assignment-not-scopes", policyAssignments, diag.Error, "", policyAssignmentNotScopes},
	{"policy-assignment-parameters", policyAssignments, diag.Error, "", policyAssignmentParameters},
	{"policy-definition-display-name", policyDefinitions, diag.Error, "", policyDisplayName},
	{"policy-definition-parameters", policyDefinitions, diag.Error, "", policyDefinitionParameters},
	{"role-assignment-condition", roleAssignments, diag.Warning, "that the version is needed is general knowledge", roleAssignmentCondition},
	{"role-assignment-name", roleAssignments, diag.Error, "", roleAssignmentName},
	{"role-assignment-principal-type", roleAssignments, diag.Warning, "", roleAssignmentPrincipalType},
	{"role-assignment-role", roleAssignments, diag.Error, "", roleAssignmentRole},

	{"vnet-prefixes", virtualNetworks, diag.Error, "", vnetPrefixes},
	{"peering-overlap", peerings, diag.Error, "", peeringOverlap},
	{"subnet-in-vnet", subnets, diag.Error, "", subnetInVnet},
	{"subnet-nsg", subnets, diag.Warning, "", subnetNSG},
	{"subnet-overlap", subnets, diag.Error, "", subnetOverlap},
	{"subnet-prefix", subnets, diag.Error, "", subnetPrefix},
	{"subnet-size", subnets, diag.Error, "", subnetSize},
	{"nsg-rules", networkSecurityGroups, diag.Error, "", nsgRules},
	{"nsg-priority-unique", networkSecurityGroups, diag.Error, "", nsgPriorityUnique},
	{"nsg-addresses", securityRules, diag.Error, "", nsgAddresses},
	{"nsg-management-ports", securityRules, diag.Warning, "", nsgManagementPorts},
	{"nsg-ports", securityRules, diag.Error, "", nsgPorts},
	{"nsg-priority", securityRules, diag.Error, "", nsgPriority},
	{"route-next-hop", routeTables, diag.Error, "", routeNextHop},
	{"nat-public-ip", natGateways, diag.Warning, "the zones that fit together are general knowledge", natPublicIP},
	{"nat-sku", natGateways, diag.Error, "", natSKU},
	{"nat-zones", natGateways, diag.Warning, "that a Standard gateway lies in one zone is general knowledge", natZones},
	{"public-ip-sku", publicIPs, diag.Error, "", publicIPSKU},
	{"public-ip-static", publicIPs, diag.Warning, "that Standard is static only is general knowledge", publicIPStatic},
	{"load-balancer-sku", loadBalancers, diag.Warning, "the end of Basic is general knowledge", balancerSKU},
	{"load-balancer-zones", loadBalancers, diag.Warning, "", balancerZones},
	{"private-endpoint-connection", privateEndpoints, diag.Warning, "that it takes one connection is general knowledge", privateEndpointConnection},
	{"private-endpoint-subnet", privateEndpoints, diag.Warning, "that it is required is general knowledge", privateEndpointSubnet},
	{"private-dns-link", dnsLinks, diag.Warning, "that it is required is general knowledge", privateDNSLink},
	{"private-dns-link-location", dnsLinks, diag.Warning, "that only global is taken is general knowledge", privateDNSLocation},
	{"private-dns-zone-location", dnsZones, diag.Warning, "that only global is taken is general knowledge", privateDNSLocation},

	{"storage-access-tier", storageAccounts, diag.Error, "", storageTier},
	{"storage-https", storageAccounts, diag.Warning, "", storageHTTPS},
	{"storage-kind-sku", storageAccounts, diag.Error, "", storageKind},
	{"storage-network", storageAccounts, diag.Warning, "", storageNetwork},
	{"storage-nfs", storageAccounts, diag.Warning, "that NFS 3.0 needs a hierarchical namespace is general knowledge", storageNFS},
	{"storage-public-blobs", storageAccounts, diag.Warning, "", storagePublicBlobs},
	{"storage-tls", storageAccounts, diag.Warning, "", storageTLS},
	{"storage-tls13", storageAccounts, diag.Error, "", storageTLS13},
	{"blob-change-feed", blobServices, diag.Warning, "the page read is of 2022, and a hierarchical namespace excludes less each year", blobChangeFeed},
	{"blob-restore", blobServices, diag.Error, "", blobRestore},
	{"blob-soft-delete", blobServices, diag.Error, "", blobSoftDelete},
	{"blob-versioning", blobServices, diag.Warning, "the page read is of 2022, and a hierarchical namespace excludes less each year", blobVersioning},
	{"container-public-access", containers, diag.Error, "", containerPublic},
	{"lifecycle-archive", managementPolicies, diag.Error, "", lifecycleArchive},
	{"lifecycle-auto-tier", managementPolicies, diag.Error, "", lifecycleAutoTier},
	{"lifecycle-blob-types", managementPolicies, diag.Error, "", lifecycleBlobTypes},
	{"lifecycle-names", managementPolicies, diag.Error, "", lifecycleNames},
	{"lifecycle-order", managementPolicies, diag.Error, "", lifecycleOrder},
	{"lifecycle-premium", managementPolicies, diag.Error, "", lifecyclePremium},
	{"lifecycle-rules", managementPolicies, diag.Error, "", lifecycleRules},
	{"lifecycle-tracking", managementPolicies, diag.Error, "", lifecycleTracking},
	{"lustre-capacity", amlFilesystems, diag.Error, "", lustreCapacity},
	{"lustre-containers", amlFilesystems, diag.Error, "", lustreContainers},
	{"lustre-keys", amlFilesystems, diag.Error, "", lustreKeys},
	{"lustre-maintenance", amlFilesystems, diag.Error, "", lustreMaintenance},
	{"lustre-sku", amlFilesystems, diag.Error, "", lustreSKU},
	{"lustre-subnet", amlFilesystems, diag.Error, "", lustreSubnet},
	{"lustre-zone", amlFilesystems, diag.Error, "", lustreZone},
	{"netapp-export-protocol", netAppVolumes, diag.Error, "", netAppProtocol},
	{"netapp-export-rules", netAppVolumes, diag.Error, "", netAppRules},
	{"netapp-pool-size", netAppPools, diag.Error, "", netAppPoolSize},
	{"netapp-subnet", virtualNetworks, diag.Error, "", netAppSubnet},
	{"netapp-volume-pool", netAppVolumes, diag.Error, "", netAppVolumePool},
	{"netapp-volume-size", netAppVolumes, diag.Error, "", netAppVolumeSize},
	{"share-nfs", fileShares, diag.Error, "", shareNFS},
	{"share-quota", fileShares, diag.Error, "", shareQuota},

	{"vm-accelerated-networking", virtualMachines, diag.Warning, "the catalog mostly knows by a rule which sizes have it", vmAcceleratedNetworking},
	{"vm-architecture", virtualMachines, diag.Error, "", vmArchitecture},
	{"vm-availability-set", virtualMachines, diag.Warning, "that a zone excludes a set is general knowledge", vmAvailabilitySet},
	{"vm-computer-name", virtualMachines, diag.Error, "", vmComputerName},
	{"vm-data-disks", virtualMachines, diag.Error, "", vmDataDisks},
	{"vm-encryption-at-host", virtualMachines, diag.Info, "", vmEncryptionAtHost},
	{"vm-generation", virtualMachines, diag.Error, "", vmGeneration},
	{"vm-login", virtualMachines, diag.Warning, "that the service refuses it is general knowledge", vmLogin},
	{"vm-max-price", virtualMachines, diag.Error, "", vmMaxPrice},
	{"vm-nics", virtualMachines, diag.Error, "", vmNICs},
	{"vm-plan", virtualMachines, diag.Error, "", vmPlan},
	{"vm-premium-disk", virtualMachines, diag.Error, "", vmPremiumDisk},
	{"vm-size", virtualMachines, diag.Warning, "the catalog may lack a new size", vmSize},
	{"vm-spot", virtualMachines, diag.Warning, "", vmSpot},
	{"vm-spot-only", virtualMachines, diag.Warning, "that the service refuses it is general knowledge", vmSpotOnly},
	{"vm-trusted-launch", virtualMachines, diag.Error, "", vmTrustedLaunch},
	{"vm-zones", virtualMachines, diag.Warning, "that a machine lies in one zone is general knowledge", vmZones},

	{"vmss-accelerated-networking", scaleSets, diag.Warning, "the catalog mostly knows by a rule which sizes have it", vmAcceleratedNetworking},
	{"vmss-architecture", scaleSets, diag.Error, "", vmArchitecture},
	{"vmss-capacity", scaleSets, diag.Error, "", vmssCapacity},
	{"vmss-computer-name", scaleSets, diag.Error, "", vmssComputerNamePrefix},
	{"vmss-custom-image", scaleSets, diag.Warning, "the number is general knowledge", vmssCustomImage},
	{"vmss-data-disks", scaleSets, diag.Error, "", vmDataDisks},
	{"vmss-encryption-at-host", scaleSets, diag.Info, "", vmEncryptionAtHost},
	{"vmss-fault-domains", scaleSets, diag.Error, "", vmssFaultDomains},
	{"vmss-flexible-fault-domains", scaleSets, diag.Warning, "the reference gives a default of 1, and the service is said to want it", vmssFlexibleFaultDomains},
	{"vmss-flexible-identity", scaleSets, diag.Error, "", vmssFlexibleIdentity},
	{"vmss-flexible-network", scaleSets, diag.Warning, "that it is required is general knowledge", vmssFlexibleNetwork},
	{"vmss-flexible-overprovision", scaleSets, diag.Error, "", vmssFlexibleOverprovision},
	{"vmss-flexible-placement", scaleSets, diag.Error, "", vmssFlexiblePlacement},
	{"vmss-generation", scaleSets, diag.Error, "", vmGeneration},
	{"vmss-health", scaleSets, diag.Warning, "that the service refuses it is general knowledge", vmssHealth},
	{"vmss-login", scaleSets, diag.Warning, "that the service refuses it is general knowledge", vmLogin},
	{"vmss-max-price", scaleSets, diag.Error, "", vmMaxPrice},
	{"vmss-nics", scaleSets, diag.Error, "", vmNICs},
	{"vmss-placement-group", scaleSets, diag.Error, "", vmssPlacementGroup},
	{"vmss-plan", scaleSets, diag.Error, "", vmPlan},
	{"vmss-premium-disk", scaleSets, diag.Error, "", vmPremiumDisk},
	{"vmss-rdma-fault-domains", scaleSets, diag.Warning, "practice of HPC (CMP-11), not in a document", vmssRDMAFaultDomains},
	{"vmss-rdma-overprovision", scaleSets, diag.Warning, "practice of HPC (CMP-11), not in a document", vmssRDMAOverprovision},
	{"vmss-rdma-placement", scaleSets, diag.Warning, "practice of HPC (CMP-11), not in a document", vmssRDMAPlacement},
	{"vmss-rdma-uniform", scaleSets, diag.Error, "", vmssRDMAUniform},
	{"vmss-rdma-zones", scaleSets, diag.Warning, "practice of HPC (CMP-11), not in a document", vmssRDMAZones},
	{"vmss-size", scaleSets, diag.Warning, "the catalog may lack a new size", vmSize},
	{"vmss-spot", scaleSets, diag.Warning, "", vmSpot},
	{"vmss-spot-only", scaleSets, diag.Warning, "that the service refuses it is general knowledge", vmSpotOnly},
	{"vmss-trusted-launch", scaleSets, diag.Error, "", vmTrustedLaunch},
	{"vmss-upgrade-mode", scaleSets, diag.Warning, "that it is required is general knowledge", vmssUpgradeMode},
	{"vmss-zone-balance", scaleSets, diag.Error, "", vmssZoneBalance},
	{"placement-group-intent", placementGroups, diag.Error, "", placementIntent},
	{"placement-group-zones", placementGroups, diag.Error, "", placementZones},

	{"autoscale-both-ways", autoscaleSettings, diag.Warning, "", autoscaleBothWays},
	{"autoscale-capacity", autoscaleSettings, diag.Warning, "that the service refuses another order is general knowledge", autoscaleCapacity},
	{"autoscale-profiles", autoscaleSettings, diag.Error, "", autoscaleProfiles},
	{"autoscale-rules", autoscaleSettings, diag.Error, "", autoscaleRules},
	{"key-vault-purge", vaults, diag.Error, "", vaultPurge},
	{"key-vault-purge-missing", vaults, diag.Warning, "", vaultPurgeMissing},
	{"key-vault-retention", vaults, diag.Error, "", vaultRetention},
	{"key-vault-soft-delete", vaults, diag.Error, "", vaultSoftDelete},
	{"log-analytics-retention", workspaces, diag.Warning, "30 to 730 days is general knowledge", workspaceRetention},
	{"log-analytics-sku", workspaces, diag.Warning, "which SKUs can still be made is general knowledge", workspaceSKU},
	{"aks-pool-bounds", managedClusters, diag.Error, "", clusterBounds},
	{"aks-system-spot", managedClusters, diag.Error, "", clusterSpot},
	{"batch-key-vault", batchAccounts, diag.Error, "", batchKeyVault},
	{"batch-scale", batchPools, diag.Error, "", batchScale},
	{"batch-slots", batchPools, diag.Warning, "", batchSlots},
	{"batch-spot", batchPools, diag.Error, "", batchSpot},
	{"registry-premium", registries, diag.Error, "", registryPremium},
	{"shutdown-name", schedules, diag.Error, "", scheduleName},
	{"shutdown-task", schedules, diag.Error, "", scheduleTask},
	{"shutdown-time", schedules, diag.Warning, "the form of the time is general knowledge", scheduleTime},
}
