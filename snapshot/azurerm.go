package snapshot

// azurerm has attributes of its own for what azapi writes as Azure Resource
// Manager does. The table below says of a type which it is in Azure, where it
// lies, and which attribute is which property:
//
//	address_space=addressSpace.addressPrefixes   below "properties"
//	size_gb=/sku.name                            from the body's root
//	subnet[*].name=subnets[*].name               of each item; a block that is there once needs no [*]
//	dns_servers[*]=x[*].id                       the item itself
//	enabled!=disabled                            the contrary
//	public_enabled?=publicNetworkAccess          "Enabled" or "Disabled"
//	policy_rule{}=policyRule                     a text of JSON
//	bypass,=networkAcls.bypass                   a list, as one text with commas
//	container_access_type%=publicAccess          "None" for "private"
//	size_in_tb^4=size                            in bytes: the number times 1024 to this power
//	'Linux'=storageProfile.osDisk.osType         the same for all
//
// A property that the type has and no line names is unknown in the body, so that
// no verdict rests on its absence: see fill. The attributes are those of
// registry.terraform.io/providers/hashicorp/azurerm, versions 3 and 4.

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"airfield/arm"
	"airfield/catalog"
	"airfield/expr"
)

// provided is one type of azurerm.
type provided struct {
	typ    arm.Type
	in     string // what it lies in: "" the resource group, "subscription", "tenant", or an attribute with an id; "virtual_network_name=virtualNetworks" a parent by name, "cluster_id=" by id
	name   string // the attribute with its name; "" is name
	fields string
}

const vmFields = ` size=hardwareProfile.vmSize admin_username=osProfile.adminUsername computer_name=osProfile.computerName custom_data=osProfile.customData
	network_interface_ids[*]=networkProfile.networkInterfaces[*].id
	os_disk.caching=storageProfile.osDisk.caching os_disk.storage_account_type=storageProfile.osDisk.managedDisk.storageAccountType
	os_disk.disk_size_gb=storageProfile.osDisk.diskSizeGB os_disk.name=storageProfile.osDisk.name os_disk.write_accelerator_enabled=storageProfile.osDisk.writeAcceleratorEnabled
	os_disk.disk_encryption_set_id=storageProfile.osDisk.managedDisk.diskEncryptionSet.id os_disk.diff_disk_settings.option=storageProfile.osDisk.diffDiskSettings.option
	'FromImage'=storageProfile.osDisk.createOption source_image_id=storageProfile.imageReference.id
	source_image_reference.publisher=storageProfile.imageReference.publisher source_image_reference.offer=storageProfile.imageReference.offer
	source_image_reference.sku=storageProfile.imageReference.sku source_image_reference.version=storageProfile.imageReference.version
	zone=/zones encryption_at_host_enabled=securityProfile.encryptionAtHost secure_boot_enabled=securityProfile.uefiSettings.secureBootEnabled
	vtpm_enabled=securityProfile.uefiSettings.vTpmEnabled priority=priority eviction_policy=evictionPolicy
	dedicated_host_id=host.id user_data=userData disk_controller_type=storageProfile.diskControllerType
	additional_capabilities.ultra_ssd_enabled=additionalCapabilities.ultraSSDEnabled allow_extension_operations=osProfile.allowExtensionOperations
	proximity_placement_group_id=proximityPlacementGroup.id availability_set_id=availabilitySet.id license_type=licenseType
	capacity_reservation_group_id=capacityReservation.capacityReservationGroup.id virtual_machine_scale_set_id=virtualMachineScaleSet.id
	boot_diagnostics.storage_account_uri=diagnosticsProfile.bootDiagnostics.storageUri provision_vm_agent=osProfile.$OS.provisionVMAgent
	plan.name=/plan.name plan.publisher=/plan.publisher plan.product=/plan.product`

const linuxFields = ` 'Linux'=storageProfile.osDisk.osType disable_password_authentication=osProfile.linuxConfiguration.disablePasswordAuthentication
	admin_ssh_key[*].public_key=osProfile.linuxConfiguration.ssh.publicKeys[*].keyData patch_mode=osProfile.linuxConfiguration.patchSettings.patchMode
	patch_assessment_mode=osProfile.linuxConfiguration.patchSettings.assessmentMode`

const windowsFields = ` 'Windows'=storageProfile.osDisk.osType patch_mode=osProfile.windowsConfiguration.patchSettings.patchMode
	patch_assessment_mode=osProfile.windowsConfiguration.patchSettings.assessmentMode timezone=osProfile.windowsConfiguration.timeZone
	enable_automatic_updates=osProfile.windowsConfiguration.enableAutomaticUpdates automatic_updates_enabled=osProfile.windowsConfiguration.enableAutomaticUpdates`

const nsgRule = `priority=priority direction=direction access=access protocol=protocol description=description
	source_port_range=sourcePortRange source_port_ranges=sourcePortRanges destination_port_range=destinationPortRange destination_port_ranges=destinationPortRanges
	source_address_prefix=sourceAddressPrefix source_address_prefixes=sourceAddressPrefixes
	destination_address_prefix=destinationAddressPrefix destination_address_prefixes=destinationAddressPrefixes`

const policyAssignment = `policy_definition_id=policyDefinitionId display_name=displayName description=description metadata{}=metadata parameters{}=parameters
	enforce~=enforcementMode not_scopes=notScopes non_compliance_message[*].content=nonComplianceMessages[*].message
	non_compliance_message[*].policy_definition_reference_id=nonComplianceMessages[*].policyDefinitionReferenceId location=/location
	overrides[*].value=overrides[*].value overrides[*].'policyEffect'=overrides[*].kind
	overrides[*].selectors[*].in=overrides[*].selectors[*].in overrides[*].selectors[*].not_in=overrides[*].selectors[*].notIn
	overrides[*].selectors[*].'policyDefinitionReferenceId'=overrides[*].selectors[*].kind
	resource_selectors[*].name=resourceSelectors[*].name resource_selectors[*].selectors[*].kind=resourceSelectors[*].selectors[*].kind
	resource_selectors[*].selectors[*].in=resourceSelectors[*].selectors[*].in resource_selectors[*].selectors[*].not_in=resourceSelectors[*].selectors[*].notIn`

const budget = `amount=amount time_grain=timeGrain time_period.start_date=timePeriod.startDate time_period.end_date=timePeriod.endDate 'Cost'=category`

var azurerm = map[string]provided{
	"azurerm_resource_group":                            {arm.ResourceGroupType, "subscription", "", "managed_by=/managedBy"},
	"azurerm_management_group":                          {arm.ManagementGroupType, "tenant", "", `display_name=displayName parent_management_group_id=details.parent.id`},
	"azurerm_management_group_subscription_association": {placementType, "management_group_id", "subscription_id", ""},
	"azurerm_subscription":                              {"Microsoft.Subscription/aliases", "tenant", "alias", `subscription_name=displayName workload=workload billing_scope_id=billingScope subscription_id=subscriptionId`},
	"azurerm_management_lock":                           {"Microsoft.Authorization/locks", "scope", "", "lock_level=level notes=notes"},
	"azurerm_role_assignment": {"Microsoft.Authorization/roleAssignments", "scope", "", `scope=scope principal_id=principalId principal_type=principalType role_definition_id=roleDefinitionId description=description
		condition=condition condition_version=conditionVersion delegated_managed_identity_resource_id=delegatedManagedIdentityResourceId`},
	"azurerm_role_definition": {"Microsoft.Authorization/roleDefinitions", "scope", "role_definition_id", `name=roleName description=description assignable_scopes=assignableScopes permissions[*].actions=permissions[*].actions
		permissions[*].not_actions=permissions[*].notActions permissions[*].data_actions=permissions[*].dataActions
		permissions[*].not_data_actions=permissions[*].notDataActions 'CustomRole'=type`},
	"azurerm_user_assigned_identity": {"Microsoft.ManagedIdentity/userAssignedIdentities", "", "", `principal_id=principalId client_id=clientId tenant_id=tenantId isolation_scope=isolationScope`},
	"azurerm_policy_definition": {definitionType, "management_group_id", "", `policy_type=policyType mode=mode display_name=displayName description=description policy_rule{}=policyRule parameters{}=parameters
		metadata{}=metadata`},
	"azurerm_management_group_policy_assignment": {assignmentType, "management_group_id", "", policyAssignment},
	"azurerm_subscription_policy_assignment":     {assignmentType, "subscription_id", "", policyAssignment},
	"azurerm_resource_group_policy_assignment":   {assignmentType, "resource_group_id", "", policyAssignment},
	"azurerm_resource_policy_assignment":         {assignmentType, "resource_id", "", policyAssignment},
	"azurerm_policy_set_definition": {setType, "management_group_id", "", `policy_type=policyType display_name=displayName description=description parameters{}=parameters metadata{}=metadata
		policy_definition_reference[*].policy_definition_id=policyDefinitions[*].policyDefinitionId
		policy_definition_reference[*].reference_id=policyDefinitions[*].policyDefinitionReferenceId
		policy_definition_reference[*].parameter_values{}=policyDefinitions[*].parameters
		policy_definition_reference[*].policy_group_names=policyDefinitions[*].groupNames
		policy_definition_group[*].name=policyDefinitionGroups[*].name`},
	"azurerm_consumption_budget_subscription":     {"Microsoft.Consumption/budgets", "subscription_id", "", budget},
	"azurerm_consumption_budget_resource_group":   {"Microsoft.Consumption/budgets", "resource_group_id", "", budget},
	"azurerm_consumption_budget_management_group": {"Microsoft.Consumption/budgets", "management_group_id", "", budget},
	"azurerm_virtual_network": {"Microsoft.Network/virtualNetworks", "", "", `address_space=addressSpace.addressPrefixes dns_servers=dhcpOptions.dnsServers flow_timeout_in_minutes=flowTimeoutInMinutes
		subnet[*].name=subnets[*].name subnet[*].address_prefixes=subnets[*].properties.addressPrefixes
		subnet[*].address_prefix=subnets[*].properties.addressPrefix subnet[*].security_group=subnets[*].properties.networkSecurityGroup.id
		subnet[*].route_table_id=subnets[*].properties.routeTable.id subnet[*].default_outbound_access_enabled=subnets[*].properties.defaultOutboundAccess
		private_endpoint_vnet_policies=privateEndpointVNetPolicies
		ddos_protection_plan.id=ddosProtectionPlan.id ddos_protection_plan.enable=enableDdosProtection encryption.enforcement=encryption.enforcement`},
	"azurerm_subnet": {"Microsoft.Network/virtualNetworks/subnets", "virtual_network_name=virtualNetworks", "", `address_prefixes=addressPrefixes service_endpoints[*]=serviceEndpoints[*].service
		private_endpoint_network_policies_enabled?=privateEndpointNetworkPolicies private_endpoint_network_policies=privateEndpointNetworkPolicies
		private_link_service_network_policies_enabled?=privateLinkServiceNetworkPolicies default_outbound_access_enabled=defaultOutboundAccess
		delegation[*].name=delegations[*].name delegation[*].service_delegation.name=delegations[*].properties.serviceName`},
	"azurerm_virtual_network_peering": {"Microsoft.Network/virtualNetworks/virtualNetworkPeerings", "virtual_network_name=virtualNetworks", "", `remote_virtual_network_id=remoteVirtualNetwork.id allow_virtual_network_access=allowVirtualNetworkAccess
		allow_forwarded_traffic=allowForwardedTraffic allow_gateway_transit=allowGatewayTransit use_remote_gateways=useRemoteGateways`},
	"azurerm_network_security_group": {"Microsoft.Network/networkSecurityGroups", "", "", `security_rule[*].name=securityRules[*].name` + each(nsgRule, "security_rule[*].", "securityRules[*].properties.")},
	"azurerm_network_security_rule":  {"Microsoft.Network/networkSecurityGroups/securityRules", "network_security_group_name=networkSecurityGroups", "", nsgRule},
	"azurerm_route_table": {"Microsoft.Network/routeTables", "", "", `bgp_route_propagation_enabled!=disableBgpRoutePropagation disable_bgp_route_propagation=disableBgpRoutePropagation
		route[*].name=routes[*].name route[*].address_prefix=routes[*].properties.addressPrefix
		route[*].next_hop_type=routes[*].properties.nextHopType route[*].next_hop_in_ip_address=routes[*].properties.nextHopIpAddress`},
	"azurerm_public_ip": {"Microsoft.Network/publicIPAddresses", "", "", `sku=/sku.name sku_tier=/sku.tier zones=/zones allocation_method=publicIPAllocationMethod ip_version=publicIPAddressVersion
		idle_timeout_in_minutes=idleTimeoutInMinutes domain_name_label=dnsSettings.domainNameLabel ddos_protection_mode=ddosSettings.protectionMode
		public_ip_prefix_id=publicIPPrefix.id`},
	"azurerm_nat_gateway": {"Microsoft.Network/natGateways", "", "", `sku_name=/sku.name zones=/zones idle_timeout_in_minutes=idleTimeoutInMinutes`},
	"azurerm_network_interface": {"Microsoft.Network/networkInterfaces", "", "", `ip_configuration[*].name=ipConfigurations[*].name ip_configuration[*].subnet_id=ipConfigurations[*].properties.subnet.id
		ip_configuration[*].private_ip_address_allocation=ipConfigurations[*].properties.privateIPAllocationMethod
		ip_configuration[*].private_ip_address=ipConfigurations[*].properties.privateIPAddress
		ip_configuration[*].public_ip_address_id=ipConfigurations[*].properties.publicIPAddress.id
		ip_configuration[*].primary=ipConfigurations[*].properties.primary ip_forwarding_enabled=enableIPForwarding
		enable_ip_forwarding=enableIPForwarding accelerated_networking_enabled=enableAcceleratedNetworking
		enable_accelerated_networking=enableAcceleratedNetworking dns_servers=dnsSettings.dnsServers`},
	"azurerm_lb": {"Microsoft.Network/loadBalancers", "", "", `sku=/sku.name sku_tier=/sku.tier frontend_ip_configuration[*].name=frontendIPConfigurations[*].name
		frontend_ip_configuration[*].subnet_id=frontendIPConfigurations[*].properties.subnet.id
		frontend_ip_configuration[*].public_ip_address_id=frontendIPConfigurations[*].properties.publicIPAddress.id
		frontend_ip_configuration[*].private_ip_address=frontendIPConfigurations[*].properties.privateIPAddress
		frontend_ip_configuration[*].zones=frontendIPConfigurations[*].zones`},
	"azurerm_private_dns_zone":                      {"Microsoft.Network/privateDnsZones", "", "", "'global'=/location"},
	"azurerm_private_dns_zone_virtual_network_link": {"Microsoft.Network/privateDnsZones/virtualNetworkLinks", "private_dns_zone_name=privateDnsZones", "", `virtual_network_id=virtualNetwork.id registration_enabled=registrationEnabled resolution_policy=resolutionPolicy 'global'=/location`},
	"azurerm_private_endpoint": {"Microsoft.Network/privateEndpoints", "", "", `subnet_id=subnet.id custom_network_interface_name=customNetworkInterfaceName
		private_service_connection[*].name=privateLinkServiceConnections[*].name
		private_service_connection[*].private_connection_resource_id=privateLinkServiceConnections[*].properties.privateLinkServiceId
		private_service_connection[*].subresource_names=privateLinkServiceConnections[*].properties.groupIds`},
	"azurerm_storage_account": {"Microsoft.Storage/storageAccounts", "", "", `account_kind=/kind account_tier+account_replication_type=/sku.name access_tier=accessTier https_traffic_only_enabled=supportsHttpsTrafficOnly
		enable_https_traffic_only=supportsHttpsTrafficOnly min_tls_version=minimumTlsVersion allow_nested_items_to_be_public=allowBlobPublicAccess
		shared_access_key_enabled=allowSharedKeyAccess public_network_access_enabled?=publicNetworkAccess
		default_to_oauth_authentication=defaultToOAuthAuthentication is_hns_enabled=isHnsEnabled nfsv3_enabled=isNfsV3Enabled
		sftp_enabled=isSftpEnabled local_user_enabled=isLocalUserEnabled cross_tenant_replication_enabled=allowCrossTenantReplication
		infrastructure_encryption_enabled=encryption.requireInfrastructureEncryption allowed_copy_scope=allowedCopyScope
		dns_endpoint_type=dnsEndpointType large_file_share_enabled?=largeFileSharesState sas_policy.expiration_period=sasPolicy.sasExpirationPeriod
		network_rules.default_action=networkAcls.defaultAction network_rules.bypass,=networkAcls.bypass network_rules.ip_rules[*]=networkAcls.ipRules[*].value
		network_rules.virtual_network_subnet_ids[*]=networkAcls.virtualNetworkRules[*].id`},
	"azurerm_storage_container":                 {"Microsoft.Storage/storageAccounts/blobServices/containers", "storage_account_id=blobServices/default", "", `container_access_type%=publicAccess metadata=metadata default_encryption_scope=defaultEncryptionScope`},
	"azurerm_linux_virtual_machine":             {"Microsoft.Compute/virtualMachines", "", "", strings.ReplaceAll(vmFields, "$OS", "linuxConfiguration") + linuxFields},
	"azurerm_windows_virtual_machine":           {"Microsoft.Compute/virtualMachines", "", "", strings.ReplaceAll(vmFields, "$OS", "windowsConfiguration") + windowsFields},
	"azurerm_linux_virtual_machine_scale_set":   {"Microsoft.Compute/virtualMachineScaleSets", "", "", uniform + each(linuxFields+setFields, "", "virtualMachineProfile.")},
	"azurerm_windows_virtual_machine_scale_set": {"Microsoft.Compute/virtualMachineScaleSets", "", "", uniform + each(windowsFields+setFields, "", "virtualMachineProfile.")},
	"azurerm_orchestrated_virtual_machine_scale_set": {"Microsoft.Compute/virtualMachineScaleSets", "", "", `sku_name=/sku.name instances=/sku.capacity zones=/zones zone_balance=zoneBalance
		single_placement_group=singlePlacementGroup platform_fault_domain_count=platformFaultDomainCount 'Flexible'=orchestrationMode
		upgrade_mode=upgradePolicy.mode proximity_placement_group_id=proximityPlacementGroup.id` + each(setFields+flexible, "", "virtualMachineProfile.")},
	"azurerm_managed_disk": {"Microsoft.Compute/disks", "", "", `storage_account_type=/sku.name zone=/zones create_option=creationData.createOption source_resource_id=creationData.sourceResourceId
		image_reference_id=creationData.imageReference.id disk_size_gb=diskSizeGB os_type=osType tier=tier max_shares=maxShares hyper_v_generation=hyperVGeneration
		disk_encryption_set_id=encryption.diskEncryptionSetId public_network_access_enabled?=publicNetworkAccess network_access_policy=networkAccessPolicy
		disk_access_id=diskAccessId disk_iops_read_write=diskIOPSReadWrite disk_mbps_read_write=diskMBpsReadWrite`},
	"azurerm_proximity_placement_group":  {"Microsoft.Compute/proximityPlacementGroups", "", "", `zone=/zones allowed_vm_sizes=intent.vmSizes 'Standard'=proximityPlacementGroupType`},
	"azurerm_capacity_reservation_group": {"Microsoft.Compute/capacityReservationGroups", "", "", `zones=/zones`},
	"azurerm_capacity_reservation":       {"Microsoft.Compute/capacityReservationGroups/capacityReservations", "capacity_reservation_group_id=", "", `sku.name=/sku.name sku.capacity=/sku.capacity zone=/zones`},
	"azurerm_kubernetes_cluster": {"Microsoft.ContainerService/managedClusters", "", "", `'Base'=/sku.name sku_tier=/sku.tier kubernetes_version=kubernetesVersion dns_prefix=dnsPrefix
		node_resource_group=nodeResourceGroup private_cluster_enabled=apiServerAccessProfile.enablePrivateCluster run_command_enabled!=apiServerAccessProfile.disableRunCommand
		api_server_access_profile.authorized_ip_ranges=apiServerAccessProfile.authorizedIPRanges private_dns_zone_id=apiServerAccessProfile.privateDNSZone
		local_account_disabled=disableLocalAccounts role_based_access_control_enabled=enableRBAC public_network_access_enabled?=publicNetworkAccess
		azure_policy_enabled=addonProfiles.azurepolicy.enabled
		oidc_issuer_enabled=oidcIssuerProfile.enabled workload_identity_enabled=securityProfile.workloadIdentity.enabled
		disk_encryption_set_id=diskEncryptionSetID automatic_upgrade_channel=autoUpgradeProfile.upgradeChannel automatic_channel_upgrade=autoUpgradeProfile.upgradeChannel
		azure_active_directory_role_based_access_control.azure_rbac_enabled=aadProfile.enableAzureRBAC
		azure_active_directory_role_based_access_control.admin_group_object_ids=aadProfile.adminGroupObjectIDs
		network_profile.network_plugin=networkProfile.networkPlugin network_profile.network_policy=networkProfile.networkPolicy
		network_profile.outbound_type=networkProfile.outboundType network_profile.load_balancer_sku=networkProfile.loadBalancerSku
		network_profile.service_cidr=networkProfile.serviceCidr network_profile.dns_service_ip=networkProfile.dnsServiceIP network_profile.pod_cidr=networkProfile.podCidr
		default_node_pool[*].name=agentPoolProfiles[*].name default_node_pool[*].'System'=agentPoolProfiles[*].mode default_node_pool[*].'Linux'=agentPoolProfiles[*].osType` + each(poolFields, "default_node_pool[*].", "agentPoolProfiles[*].")},
	"azurerm_kubernetes_cluster_node_pool": {"Microsoft.ContainerService/managedClusters/agentPools", "kubernetes_cluster_id=", "", `mode=mode os_type=osType priority=scaleSetPriority
		eviction_policy=scaleSetEvictionPolicy spot_max_price=spotMaxPrice ` + poolFields},
	"azurerm_batch_account": {"Microsoft.Batch/batchAccounts", "", "", `pool_allocation_mode=poolAllocationMode public_network_access_enabled?=publicNetworkAccess
		allowed_authentication_modes=allowedAuthenticationModes storage_account_id=autoStorage.storageAccountId storage_account_authentication_mode=autoStorage.authenticationMode
		key_vault_reference.id=keyVaultReference.id key_vault_reference.url=keyVaultReference.url encryption.key_vault_key_id=encryption.keyVaultProperties.keyIdentifier`},
	"azurerm_batch_pool": {"Microsoft.Batch/batchAccounts/pools", "account_name=batchAccounts", "", `vm_size=vmSize display_name=displayName max_tasks_per_node=taskSlotsPerNode
		inter_node_communication=interNodeCommunication target_node_communication_mode=targetNodeCommunicationMode
		fixed_scale.target_dedicated_nodes=scaleSettings.fixedScale.targetDedicatedNodes fixed_scale.target_low_priority_nodes=scaleSettings.fixedScale.targetLowPriorityNodes
		fixed_scale.resize_timeout=scaleSettings.fixedScale.resizeTimeout
		auto_scale.formula=scaleSettings.autoScale.formula auto_scale.evaluation_interval=scaleSettings.autoScale.evaluationInterval
		network_configuration.subnet_id=networkConfiguration.subnetId network_configuration.accelerated_networking_enabled=networkConfiguration.enableAcceleratedNetworking
		network_configuration.public_address_provisioning_type=networkConfiguration.publicIPAddressConfiguration.provision` + each(`node_agent_sku_id=nodeAgentSkuId
		storage_image_reference.id=imageReference.id storage_image_reference.publisher=imageReference.publisher storage_image_reference.offer=imageReference.offer
		storage_image_reference.sku=imageReference.sku storage_image_reference.version=imageReference.version`, "", "deploymentConfiguration.virtualMachineConfiguration.")},
	"azurerm_machine_learning_workspace": {"Microsoft.MachineLearningServices/workspaces", "", "", `kind=/kind sku_name=/sku.name application_insights_id=applicationInsights key_vault_id=keyVault
		storage_account_id=storageAccount container_registry_id=containerRegistry public_network_access_enabled?=publicNetworkAccess high_business_impact=hbiWorkspace
		description=description friendly_name=friendlyName image_build_compute_name=imageBuildCompute primary_user_assigned_identity=primaryUserAssignedIdentity
		v1_legacy_mode_enabled=v1LegacyMode managed_network.isolation_mode=managedNetwork.isolationMode
		encryption.key_vault_id=encryption.keyVaultProperties.keyVaultArmId encryption.key_id=encryption.keyVaultProperties.keyIdentifier`},
	"azurerm_machine_learning_compute_cluster": {"Microsoft.MachineLearningServices/workspaces/computes", "machine_learning_workspace_id=", "", `'AmlCompute'=computeType location=computeLocation
		description=description local_auth_enabled!=disableLocalAuth` + each(`vm_size=vmSize vm_priority=vmPriority subnet_resource_id=subnet.id node_public_ip_enabled=enableNodePublicIp
		ssh_public_access_enabled?=remoteLoginPortPublicAccess scale_settings.min_node_count=scaleSettings.minNodeCount scale_settings.max_node_count=scaleSettings.maxNodeCount
		scale_settings.scale_down_nodes_after_idle_duration=scaleSettings.nodeIdleTimeBeforeScaleDown`, "", "properties.")},
	"azurerm_machine_learning_compute_instance": {"Microsoft.MachineLearningServices/workspaces/computes", "machine_learning_workspace_id=", "", `'ComputeInstance'=computeType
		description=description local_auth_enabled!=disableLocalAuth` + each(`virtual_machine_size=vmSize subnet_resource_id=subnet.id node_public_ip_enabled=enableNodePublicIp`, "", "properties.")},
	"azurerm_container_registry": {"Microsoft.ContainerRegistry/registries", "", "", `sku=/sku.name admin_enabled=adminUserEnabled public_network_access_enabled?=publicNetworkAccess
		zone_redundancy_enabled?=zoneRedundancy anonymous_pull_enabled=anonymousPullEnabled data_endpoint_enabled=dataEndpointEnabled network_rule_bypass_option=networkRuleBypassOptions
		export_policy_enabled?=policies.exportPolicy.status quarantine_policy_enabled?=policies.quarantinePolicy.status trust_policy_enabled?=policies.trustPolicy.status
		retention_policy_in_days=policies.retentionPolicy.days network_rule_set.default_action=networkRuleSet.defaultAction`},
	"azurerm_cognitive_account": {"Microsoft.CognitiveServices/accounts", "", "", `kind=/kind sku_name=/sku.name public_network_access_enabled?=publicNetworkAccess custom_subdomain_name=customSubDomainName
		local_auth_enabled!=disableLocalAuth outbound_network_access_restricted=restrictOutboundNetworkAccess fqdns=allowedFqdnList project_management_enabled=allowProjectManagement
		network_acls.default_action=networkAcls.defaultAction network_acls.bypass=networkAcls.bypass network_acls.ip_rules[*]=networkAcls.ipRules[*].value
		network_acls.virtual_network_rules[*].subnet_id=networkAcls.virtualNetworkRules[*].id storage[*].storage_account_id=userOwnedStorage[*].resourceId`},
	"azurerm_cognitive_deployment": {"Microsoft.CognitiveServices/accounts/deployments", "cognitive_account_id=", "", `model.name=model.name model.format=model.format model.version=model.version
		sku.name=/sku.name sku.tier=/sku.tier sku.capacity=/sku.capacity rai_policy_name=raiPolicyName version_upgrade_option=versionUpgradeOption`},
	"azurerm_search_service": {"Microsoft.Search/searchServices", "", "", `sku=/sku.name replica_count=replicaCount partition_count=partitionCount hosting_mode=hostingMode
		public_network_access_enabled?=publicNetworkAccess local_authentication_enabled!=disableLocalAuth semantic_search_sku=semanticSearch
		customer_managed_key_enforcement_enabled?=encryptionWithCmk.enforcement network_rule_bypass_option=networkRuleSet.bypass allowed_ips[*]=networkRuleSet.ipRules[*].value`},
	"azurerm_key_vault": {"Microsoft.KeyVault/vaults", "", "", `sku_name=sku.name 'A'=sku.family tenant_id=tenantId purge_protection_enabled=enablePurgeProtection
		soft_delete_retention_days=softDeleteRetentionInDays enable_rbac_authorization=enableRbacAuthorization rbac_authorization_enabled=enableRbacAuthorization
		public_network_access_enabled?=publicNetworkAccess enabled_for_deployment=enabledForDeployment enabled_for_disk_encryption=enabledForDiskEncryption
		enabled_for_template_deployment=enabledForTemplateDeployment network_acls.default_action=networkAcls.defaultAction network_acls.bypass=networkAcls.bypass
		network_acls.ip_rules[*]=networkAcls.ipRules[*].value network_acls.virtual_network_subnet_ids[*]=networkAcls.virtualNetworkRules[*].id`},
	"azurerm_log_analytics_workspace": {"Microsoft.OperationalInsights/workspaces", "", "", `sku=sku.name retention_in_days=retentionInDays daily_quota_gb=workspaceCapping.dailyQuotaGb
		internet_ingestion_enabled?=publicNetworkAccessForIngestion internet_query_enabled?=publicNetworkAccessForQuery
		local_authentication_disabled=features.disableLocalAuth local_authentication_enabled!=features.disableLocalAuth`},
	"azurerm_application_insights": {"Microsoft.Insights/components", "", "", `application_type=Application_Type workspace_id=WorkspaceResourceId retention_in_days=RetentionInDays
		internet_ingestion_enabled?=publicNetworkAccessForIngestion internet_query_enabled?=publicNetworkAccessForQuery local_authentication_disabled=DisableLocalAuth`},
	"azurerm_monitor_diagnostic_setting": {"Microsoft.Insights/diagnosticSettings", "target_resource_id", "", `log_analytics_workspace_id=workspaceId storage_account_id=storageAccountId
		eventhub_name=eventHubName eventhub_authorization_rule_id=eventHubAuthorizationRuleId log_analytics_destination_type=logAnalyticsDestinationType
		enabled_log[*].category=logs[*].category enabled_log[*].category_group=logs[*].categoryGroup enabled_log[*].'true'=logs[*].enabled
		enabled_metric[*].category=metrics[*].category enabled_metric[*].'true'=metrics[*].enabled metric[*].category=metrics[*].category metric[*].enabled=metrics[*].enabled`},
	"azurerm_managed_lustre_file_system": {"Microsoft.StorageCache/amlFilesystems", "", "", `sku_name=/sku.name zones=/zones storage_capacity_in_tb=storageCapacityTiB subnet_id=filesystemSubnet
		maintenance_window.day_of_week=maintenanceWindow.dayOfWeek maintenance_window.time_of_day_in_utc=maintenanceWindow.timeOfDayUTC
		hsm_setting.container_id=hsm.settings.container hsm_setting.logging_container_id=hsm.settings.loggingContainer hsm_setting.import_prefix=hsm.settings.importPrefix`},
	"azurerm_netapp_account": {"Microsoft.NetApp/netAppAccounts", "", "", ""},
	"azurerm_netapp_pool":    {"Microsoft.NetApp/netAppAccounts/capacityPools", "account_name=netAppAccounts", "", `service_level=serviceLevel size_in_tb^4=size qos_type=qosType cool_access_enabled=coolAccess`},
	"azurerm_netapp_volume": {"Microsoft.NetApp/netAppAccounts/capacityPools/volumes", "account_name=netAppAccounts pool_name=capacityPools", "", `service_level=serviceLevel storage_quota_in_gb^3=usageThreshold
		volume_path=creationToken subnet_id=subnetId protocols=protocolTypes network_features=networkFeatures zone=/zones security_style=securityStyle
		snapshot_directory_visible=snapshotDirectoryVisible throughput_in_mibps=throughputMibps`},
	"azurerm_management_group_policy_exemption": {"Microsoft.Authorization/policyExemptions", "management_group_id", "", policyExemption},
	"azurerm_subscription_policy_exemption":     {"Microsoft.Authorization/policyExemptions", "subscription_id", "", policyExemption},
	"azurerm_resource_group_policy_exemption":   {"Microsoft.Authorization/policyExemptions", "resource_group_id", "", policyExemption},
	"azurerm_resource_policy_exemption":         {"Microsoft.Authorization/policyExemptions", "resource_id", "", policyExemption},
}

const policyExemption = `policy_assignment_id=policyAssignmentId exemption_category=exemptionCategory expires_on=expiresOn display_name=displayName description=description
	policy_definition_reference_ids=policyDefinitionReferenceIds metadata{}=metadata`

// poolFields are those of a node pool of Kubernetes, alone or in its cluster.
const poolFields = ` vm_size=vmSize node_count=count auto_scaling_enabled=enableAutoScaling enable_auto_scaling=enableAutoScaling min_count=minCount max_count=maxCount
	os_sku=osSKU os_disk_size_gb=osDiskSizeGB os_disk_type=osDiskType vnet_subnet_id=vnetSubnetID pod_subnet_id=podSubnetID zones=availabilityZones
	node_labels=nodeLabels node_taints=nodeTaints host_encryption_enabled=enableEncryptionAtHost enable_host_encryption=enableEncryptionAtHost
	node_public_ip_enabled=enableNodePublicIP enable_node_public_ip=enableNodePublicIP fips_enabled=enableFIPS ultra_ssd_enabled=enableUltraSSD
	orchestrator_version=orchestratorVersion max_pods=maxPods proximity_placement_group_id=proximityPlacementGroupID
	capacity_reservation_group_id=capacityReservationGroupID gpu_instance=gpuInstanceProfile kubelet_disk_type=kubeletDiskType scale_down_mode=scaleDownMode
	'VirtualMachineScaleSets'=type tags=tags`

const uniform = `sku=/sku.name instances=/sku.capacity zones=/zones overprovision=overprovision upgrade_mode=upgradePolicy.mode zone_balance=zoneBalance
	single_placement_group=singlePlacementGroup platform_fault_domain_count=platformFaultDomainCount 'Uniform'=orchestrationMode
	proximity_placement_group_id=proximityPlacementGroup.id host_group_id=hostGroup.id admin_username=virtualMachineProfile.osProfile.adminUsername
	computer_name_prefix=virtualMachineProfile.osProfile.computerNamePrefix custom_data=virtualMachineProfile.osProfile.customData
	secure_boot_enabled=virtualMachineProfile.securityProfile.uefiSettings.secureBootEnabled vtpm_enabled=virtualMachineProfile.securityProfile.uefiSettings.vTpmEnabled`

const flexible = ` os_profile.linux_configuration.admin_username=osProfile.adminUsername os_profile.windows_configuration.admin_username=osProfile.adminUsername
	os_profile.linux_configuration.disable_password_authentication=osProfile.linuxConfiguration.disablePasswordAuthentication
	os_profile.linux_configuration.computer_name_prefix=osProfile.computerNamePrefix os_profile.custom_data=osProfile.customData`

// parts are the types that set a part of another resource, in a request of its
// own behind the first, by the attribute with its id. What they set the table
// does not have, so that it is unknown in that resource: both requests are
// judged, the one without and the one with it.
var parts = map[string]string{
	"azurerm_subnet_network_security_group_association":          "subnet_id",
	"azurerm_subnet_route_table_association":                     "subnet_id",
	"azurerm_subnet_nat_gateway_association":                     "subnet_id",
	"azurerm_network_interface_security_group_association":       "network_interface_id",
	"azurerm_network_interface_backend_address_pool_association": "network_interface_id",
	"azurerm_nat_gateway_public_ip_association":                  "nat_gateway_id",
	"azurerm_virtual_machine_data_disk_attachment":               "virtual_machine_id",
	"azurerm_storage_account_network_rules":                      "storage_account_id",
	"azurerm_key_vault_access_policy":                            "key_vault_id",
	"azurerm_virtual_network_dns_servers":                        "virtual_network_id",
	"azurerm_lb_backend_address_pool":                            "loadbalancer_id",
	"azurerm_lb_probe":                                           "loadbalancer_id",
	"azurerm_lb_rule":                                            "loadbalancer_id",
	"azurerm_lb_nat_rule":                                        "loadbalancer_id",
}

const setFields = ` os_disk.caching=storageProfile.osDisk.caching os_disk.storage_account_type=storageProfile.osDisk.managedDisk.storageAccountType
	os_disk.disk_size_gb=storageProfile.osDisk.diskSizeGB os_disk.disk_encryption_set_id=storageProfile.osDisk.managedDisk.diskEncryptionSet.id
	os_disk.diff_disk_settings.option=storageProfile.osDisk.diffDiskSettings.option
	'FromImage'=storageProfile.osDisk.createOption source_image_id=storageProfile.imageReference.id
	source_image_reference.publisher=storageProfile.imageReference.publisher source_image_reference.offer=storageProfile.imageReference.offer
	source_image_reference.sku=storageProfile.imageReference.sku source_image_reference.version=storageProfile.imageReference.version
	encryption_at_host_enabled=securityProfile.encryptionAtHost priority=priority eviction_policy=evictionPolicy
	capacity_reservation_group_id=capacityReservation.capacityReservationGroup.id
	network_interface[*].name=networkProfile.networkInterfaceConfigurations[*].name
	network_interface[*].primary=networkProfile.networkInterfaceConfigurations[*].properties.primary
	network_interface[*].network_security_group_id=networkProfile.networkInterfaceConfigurations[*].properties.networkSecurityGroup.id
	network_interface[*].ip_configuration[*].name=networkProfile.networkInterfaceConfigurations[*].properties.ipConfigurations[*].name
	network_interface[*].ip_configuration[*].subnet_id=networkProfile.networkInterfaceConfigurations[*].properties.ipConfigurations[*].properties.subnet.id
	network_interface[*].ip_configuration[*].public_ip_address.name=networkProfile.networkInterfaceConfigurations[*].properties.ipConfigurations[*].properties.publicIPAddressConfiguration.name`

// each puts prefixes before the attributes and properties of fields.
func each(fields, attribute, property string) string {
	var b strings.Builder
	for _, f := range strings.Fields(fields) {
		from, to, _ := strings.Cut(f, "=")
		b.WriteString(" " + attribute + from + "=" + property + to)
	}
	return b.String()
}

// azurermID gives the id that a resource will have.
func (t *terraform) azurermID(a *applied) arm.ID {
	m, known := azurerm[a.typ]
	name := a.values.Get(or(m.name, "name")).Str()
	if m.typ == placementType {
		name = arm.ID(name).Name()
	}
	if m.typ == "Microsoft.Authorization/roleAssignments" && name == "" { // the provider draws one
		name = expr.GUID(a.address)
	}
	if !known || name == "" {
		return ""
	}
	attribute, kind, byName := strings.Cut(m.in, "=")
	switch {
	case m.in == "tenant":
		return arm.Tenant.Resource(m.typ, name)
	case m.in == "subscription":
		return below(t.subscription(a), "/resourceGroups/"+name)
	case byName && strings.HasSuffix(attribute, "_id"):
		return below(t.idIn(a, attribute), strings.TrimSuffix("/"+kind, "/")+"/"+lastOf(m.typ)+"/"+name)
	case byName:
		rest := "/providers/" + m.typ.Namespace()
		for step := range strings.FieldsSeq(m.in) {
			attribute, kind, _ := strings.Cut(step, "=")
			parent := t.nameIn(a, attribute)
			if parent == "" {
				return ""
			}
			rest += "/" + kind + "/" + parent
		}
		return below(t.group(a), rest+"/"+lastOf(m.typ)+"/"+name)
	case m.in == "":
		return below(t.group(a), "/providers/"+string(m.typ)+"/"+name)
	case m.typ == placementType:
		return below(t.idIn(a, attribute), "/subscriptions/"+name)
	}
	scope := t.idIn(a, m.in)
	if scope == "" && m.typ.Namespace() == "Microsoft.Authorization" && a.values.Get(m.in).Str() == "" && !a.unknown.Get(m.in).Exists() {
		scope = t.subscription(a) // definitions without a management group
	}
	return below(scope, "/providers/"+string(m.typ)+"/"+name)
}

// nameIn gives the name in an attribute: the value, or the name of the resource
// that the expression refers to.
func (t *terraform) nameIn(a *applied, attribute string) string {
	if v := a.values.Get(attribute); v.Str() != "" {
		return v.Str()
	}
	return t.idIn(a, attribute).Name()
}

func below(scope arm.ID, rest string) arm.ID {
	if scope == "" {
		return ""
	}
	return scope + arm.ID(rest)
}

func lastOf(t arm.Type) string { return string(t[strings.LastIndexByte(string(t), '/')+1:]) }

func or(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// group gives the resource group that a resource lies in.
func (t *terraform) group(a *applied) arm.ID {
	if name := a.values.Get("resource_group_name").Str(); name != "" {
		return below(t.subscription(a), "/resourceGroups/"+name)
	}
	return t.idIn(a, "resource_group_name").ResourceGroupID()
}

// subscription gives the subscription that the provider is configured for, or
// the one of the Reader.
func (t *terraform) subscription(a *applied) arm.ID {
	e := t.root.Get("configuration", "provider_config", "azurerm", "expressions", "subscription_id")
	name := e.Get("constant_value").Str()
	if refs := references(e); name == "" && len(refs) == 1 {
		name = t.root.Get("variables", strings.TrimPrefix(refs[0], "var."), "value").Str()
	}
	if name != "" {
		return arm.Subscription(name)
	}
	return t.p.At.SubscriptionID()
}

// azurerm keeps a resource that has azurerm's own attributes.
func (t *terraform) azurerm(a *applied) {
	m, known := azurerm[a.typ]
	if whole, part := parts[a.typ]; part {
		id := t.idIn(a, whole)
		if slices.ContainsFunc(t.all, func(o *applied) bool { return id != "" && o.typ != a.typ && t.idOf(o).Equal(id) }) {
			t.aside(a)
		} else {
			t.p.leave(a.v, a.typ, "it changes a resource that is not in the file")
		}
		return
	}
	if !known {
		t.p.leave(a.v, a.typ, "no table says which resource of Azure it makes: review it with what azapi or az prints")
		return
	}
	id := t.idOf(a)
	if id == "" {
		why := "does not say in which subscription or scope it lies: give --subscription"
		if a.values.Get(or(m.name, "name")).Kind() == arm.Unknown {
			why = "has a name that a plan does not know"
		}
		t.p.leave(a.v, string(m.typ), a.typ+" "+why)
		return
	}
	o := arm.O{"id", id, "name", id.Name(), "type", id.Type()}
	fields := parseFields(m.fields)
	for _, name := range []string{"location", "tags"} {
		inside := name == "tags" && slices.ContainsFunc(fields, func(f field) bool { return f.from == name })
		if v := a.values.Get(name); v.Exists() && v.Kind() != arm.Null && !inside {
			o = append(o, name, v)
		}
	}
	if _, located, _ := catalog.TypeTraits(m.typ); located && !a.values.Get("location").Exists() {
		o = append(o, "location", a.later("location")) // that of its parent, or of nothing
	}
	body := arm.New(append(o, "identity", identityOf(a.values.Get("identity"))))
	body, err := setFieldsOf(body, a.values, fields)
	if err != nil {
		t.p.errorf(a.v.Offset(), "snapshot/syntax", "%s: %v", a.address, err)
		return
	}
	written := map[string]bool{}
	for _, f := range fields {
		written[strings.ToLower(strings.ReplaceAll(f.to, "[*]", ""))] = true
	}
	if ns := m.typ.Namespace(); ns != "Microsoft.Authorization" && ns != "Microsoft.Management" { // the table has these whole
		body = fill(body, t.p.namesOf(m.typ), written, a)
	}
	t.keep(a, body)
}

// field is one line of the table.
type field struct{ from, how, to string }

// parseFields reads the fields of a type.
func parseFields(text string) []field {
	var all []field
	for _, f := range strings.Fields(text) {
		from, to, _ := strings.Cut(f, "=")
		how := ""
		for _, h := range []string{"!", "?", "{}", "~", ",", "%", "^3", "^4"} {
			if cut, ok := strings.CutSuffix(from, h); ok {
				from, how = cut, h
			}
		}
		if at, ok := strings.CutPrefix(to, "/"); ok {
			to = at
		} else {
			to = "properties." + to
		}
		all = append(all, field{from, how, to})
	}
	return all
}

// setFieldsOf gives the body with what the attributes say.
func setFieldsOf(body, values arm.Value, fields []field) (arm.Value, error) {
	lists := map[string][]field{} // fields of items, by the list they are of
	for _, f := range fields {
		list, item, ofItems := strings.Cut(f.from, "[*]")
		if ofItems {
			to, inner, _ := strings.Cut(f.to, "[*]")
			key := list + "=" + to
			lists[key] = append(lists[key], field{strings.TrimPrefix(item, "."), f.how, strings.TrimPrefix(inner, ".")})
			continue
		}
		v, err := f.value(values)
		if err == nil && v.Exists() {
			body, err = body.Set(v, strings.Split(f.to, ".")...)
		}
		if err != nil {
			return body, fmt.Errorf("%s: %w", f.from, err)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(lists)) {
		from, to, _ := strings.Cut(key, "=")
		list := attribute(values, from)
		if steps := strings.Split(to, "."); list.Kind() == arm.Null || !list.Exists() || list.Len() == 0 && body.Get(steps...).Exists() {
			continue
		}
		var made any = list // unknown
		if list.Kind() == arm.Array {
			items := arm.A{}
			for item := range list.Items() {
				one, err := setFieldsOf(arm.New(arm.O{}), item, lists[key])
				if err != nil {
					return body, fmt.Errorf("%s: %w", from, err)
				}
				items = append(items, one)
			}
			made = items
		}
		var err error
		if body, err = body.Set(made, strings.Split(to, ".")...); err != nil {
			return body, fmt.Errorf("%s: %w", from, err)
		}
	}
	return body, nil
}

// attribute gives the attribute at a path; a block that is there once is a list
// of one.
func attribute(v arm.Value, path string) arm.Value {
	if path == "" {
		return v
	}
	for step := range strings.SplitSeq(path, ".") {
		if v.Kind() == arm.Array {
			v = v.At(0)
		}
		if v = v.Get(step); v.Kind() == arm.Unknown {
			return v
		}
	}
	return v
}

// value gives what a field puts into the body; nothing where the attribute is
// not set.
func (f field) value(values arm.Value) (arm.Value, error) {
	if f.from == "'true'" {
		return arm.New(true), nil
	}
	if f.from != "" && f.from[0] == '\'' {
		return arm.New(strings.Trim(f.from, "'")), nil
	}
	if first, second, both := strings.Cut(f.from, "+"); both {
		a, b := values.Get(first), values.Get(second)
		if a.Kind() == arm.Unknown || b.Kind() == arm.Unknown {
			return arm.New(arm.Parameter(f.from)), nil
		}
		return arm.New(a.Str() + "_" + b.Str()), nil
	}
	v := attribute(values, f.from)
	switch {
	case v.Kind() == arm.Null || !v.Exists() || v.Text() == `""`:
		return arm.Value{}, nil
	case v.Kind() == arm.Unknown || f.how == "" || f.how == "%" && v.Str() != "private":
		return oneZone(f, v), nil
	case f.how == "{}":
		return arm.Parse(v.Str())
	case f.how == "%":
		return arm.New("None"), nil
	case f.how == ",":
		return arm.New(strings.Join(v.Strings(), ", ")), nil
	case f.how == "^3", f.how == "^4":
		n, _ := v.Float()
		return arm.New(int64(n * math.Pow(1024, float64(f.how[1]-'0')))), nil
	case f.how == "!":
		return arm.New(!v.True()), nil
	case f.how == "~":
		return arm.New(map[bool]string{true: "Default", false: "DoNotEnforce"}[v.True()]), nil
	}
	return arm.New(map[bool]string{true: "Enabled", false: "Disabled"}[v.True()]), nil
}

// oneZone puts the one zone of a virtual machine into a list.
func oneZone(f field, v arm.Value) arm.Value {
	if f.from == "zone" && v.Kind() == arm.String {
		return arm.New(arm.A{v})
	}
	return v
}

// fill gives the body with what its type has and the table does not know: it is
// unknown, and not absent.
func fill(body arm.Value, n *names, written map[string]bool, a *applied) arm.Value {
	whole := map[string]bool{"id": true, "name": true, "type": true, "apiversion": true, "location": true, "tags": true, "identity": true}
	maps.Copy(whole, written)
	return fillValue(body, n, "", whole, a)
}

func fillValue(v arm.Value, n *names, path string, written map[string]bool, a *applied) arm.Value {
	if n == nil || n.below == nil {
		return v
	}
	if v.Kind() == arm.Array {
		list := arm.A{}
		for item := range v.Items() {
			if item.Kind() == arm.Object {
				item = fillValue(item, n, path, written, a)
			}
			list = append(list, item)
		}
		return arm.New(list)
	}
	if v.Exists() && v.Kind() != arm.Object {
		return v
	}
	o := arm.O{}
	for name, m := range v.Members() {
		o = append(o, name, fillValue(m, n.get(name), path+name+".", written, a))
	}
	for _, name := range slices.Sorted(maps.Keys(n.below)) {
		spelled := or(n.below[name].name, name)
		if !v.Get(name).Exists() && !covered(strings.ToLower(path)+name, written) {
			o = append(o, spelled, a.later(path+spelled))
		}
	}
	return arm.New(o)
}

// covered tells whether the table has a property, or something in it.
func covered(path string, written map[string]bool) bool {
	for to := range written {
		if to == path || strings.HasPrefix(to, path+".") || strings.HasPrefix(path, to+".") {
			return true
		}
	}
	return false
}
