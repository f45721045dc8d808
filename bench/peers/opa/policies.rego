# The policies of ../policies.json by hand, as one who knows Rego would write
# them: the type first, so that OPA's rule index leaves out all but those of the
# resource's type; "any element" by iteration; no helper where a builtin does.
#
# The harness prepares the input once: "type", "location" and the names of tags
# are in lower case, "location" without spaces, nulls are left out. It prepares
# the parameters once: data.parameters[name], all texts in lower case. Property
# names are taken as Azure spells them, and booleans as booleans, where Azure
# Policy would take other cases and "False" too. requestContext().apiVersion is
# the resource's apiVersion. A resource without a location is one that mode
# Indexed does not reach; the rules without a type ask for it.
package bench

# Allowed locations (Indexed)
deny contains "e56962a6-4747-49cd-b67b-bf8b01975c4c" if {
	input.location != "global"
	not input.location in data.parameters["e56962a6-4747-49cd-b67b-bf8b01975c4c"].listOfAllowedLocations
	input.type != "microsoft.azureactivedirectory/b2cdirectories"
}

# Allowed virtual machine sizes
deny contains "cccc23c7-8427-4f53-ad12-b6a63eb452b3" if {
	input.type == "microsoft.compute/virtualmachines"
	not lower(object.get(input.properties, ["hardwareProfile", "vmSize"], "")) in data.parameters["cccc23c7-8427-4f53-ad12-b6a63eb452b3"].listOfAllowedSKUs
}

# Secure transfer to storage accounts
deny contains "404c3081-a854-4457-ae30-26a93ef643f9" if {
	input.type == "microsoft.storage/storageaccounts"
	input.properties.supportsHttpsTrafficOnly == false
}

deny contains "404c3081-a854-4457-ae30-26a93ef643f9" if {
	input.type == "microsoft.storage/storageaccounts"
	input.apiVersion < "2019-04-01"
	object.get(input.properties, "supportsHttpsTrafficOnly", null) == null
}

# Minimum TLS of storage accounts; a missing one differs too
deny contains "fe83a0eb-a853-422d-aac2-1bffd182c5d0" if {
	input.type == "microsoft.storage/storageaccounts"
	lower(object.get(input.properties, "minimumTlsVersion", "")) != data.parameters["fe83a0eb-a853-422d-aac2-1bffd182c5d0"].minimumTlsVersion
}

# No public access to blobs, but for OpenShift's own accounts
deny contains "4fa4b6c0-31ca-4c0d-b10d-24b96f62a751" if {
	input.type == "microsoft.storage/storageaccounts"
	object.get(input.properties, "allowBlobPublicAccess", null) != false
	not openshift
}

openshift if {
	contains(lower(input.id), "/resourcegroups/aro-")
	strings.any_prefix_match(lower(input.name), ["cluster", "imageregistry"])
}

# Storage accounts by virtual network rules only
deny contains "2a1a9cdf-e04d-429a-8416-3bfb72a1b26f" if {
	input.type == "microsoft.storage/storageaccounts"
	lower(object.get(input.properties, ["networkAcls", "defaultAction"], "")) != "deny"
}

deny contains "2a1a9cdf-e04d-429a-8416-3bfb72a1b26f" if {
	input.type == "microsoft.storage/storageaccounts"
	count(input.properties.networkAcls.ipRules) >= 1
}

# RDP from the Internet. `not {x[*] notEquals v}` is "some x is v", false where
# x is missing (policy-spec 17.1).
deny contains "e372f825-a257-4fb8-9175-797a8a8627d6" if {
	input.type == "microsoft.network/networksecuritygroups/securityrules"
	lower(input.properties.access) == "allow"
	lower(input.properties.direction) == "inbound"
	opens_rdp
	from_internet
}

opens_rdp if covers_rdp(input.properties.destinationPortRange)

opens_rdp if {
	some ports in input.properties.destinationPortRanges
	covers_rdp(ports)
}

covers_rdp("*")

covers_rdp("3389")

covers_rdp(ports) if {
	contains(ports, "-")
	ends := split(ports, "-")
	to_number(ends[0]) <= 3389
	to_number(ends[count(ends) - 1]) >= 3389
}

from_internet if lower(input.properties.sourceAddressPrefix) in {"*", "internet"}

from_internet if {
	some prefix in input.properties.sourceAddressPrefixes
	lower(prefix) in {"*", "internet"}
}

# Deletion protection of key vaults
deny contains "0b60c0b2-2dc2-4e1c-b5c9-abbed971de53" if {
	input.type == "microsoft.keyvault/vaults"
	lower(object.get(input.properties, "createMode", "")) != "recover"
	deletable
}

deletable if object.get(input.properties, "enablePurgeProtection", false) == false

deletable if input.properties.enableSoftDelete == false

deletable if {
	input.apiVersion < "2019-09-01"
	object.get(input.properties, "enableSoftDelete", null) == null
}

# Firewall of key vaults
deny contains "55615ac9-af46-4a59-874e-391cc3dfb490" if {
	input.type == "microsoft.keyvault/vaults"
	lower(object.get(input.properties, "createMode", "")) != "recover"
	reachable
	lower(object.get(input.properties, "publicNetworkAccess", "")) != "disabled"
	open_firewall
}

deny contains "55615ac9-af46-4a59-874e-391cc3dfb490" if {
	input.type == "microsoft.keyvault/vaults"
	input.apiVersion < "2021-06-01-preview"
	lower(object.get(input.properties, "createMode", "")) != "recover"
	open_firewall
}

reachable if input.apiVersion >= "2021-06-01-preview"

open_firewall if lower(object.get(input.properties, ["networkAcls", "defaultAction"], "")) != "deny"

open_firewall if {
	params := data.parameters["55615ac9-af46-4a59-874e-391cc3dfb490"]
	params.restrictIPAddresses == "yes"
	count(params.allowedIPAddresses) != 0
	some rule in input.properties.networkAcls.ipRules
	not in_ranges(rule.value, params.allowedIPAddresses)
}

open_firewall if {
	params := data.parameters["55615ac9-af46-4a59-874e-391cc3dfb490"]
	params.restrictIPAddresses == "yes"
	some rule in input.properties.networkAcls.ipRules
	in_ranges(rule.value, params.forbiddenIPAddresses)
}

in_ranges(address, ranges) if {
	some range in ranges
	net.cidr_contains(range, address)
}

# Disks with the customer's key
deny contains "702dd420-7fcc-42c5-afe8-4026edd20fe0" if {
	input.type == "microsoft.compute/virtualmachines"
	not input.properties.storageProfile.osDisk.managedDisk.diskEncryptionSet.id
}

deny contains "702dd420-7fcc-42c5-afe8-4026edd20fe0" if {
	input.type == "microsoft.compute/virtualmachines"
	disks := input.properties.storageProfile.dataDisks
	count(disks) > 0
	every disk in disks {
		not disk.managedDisk.id
		not disk.managedDisk.diskEncryptionSet.id
	}
}

deny contains "702dd420-7fcc-42c5-afe8-4026edd20fe0" if {
	input.type == "microsoft.compute/virtualmachinescalesets"
	not input.properties.virtualMachineProfile.storageProfile.osDisk.managedDisk.diskEncryptionSet.id
}

deny contains "702dd420-7fcc-42c5-afe8-4026edd20fe0" if {
	input.type == "microsoft.compute/virtualmachinescalesets"
	some disk in input.properties.virtualMachineProfile.storageProfile.dataDisks
	not disk.managedDisk.diskEncryptionSet.id
}

deny contains "702dd420-7fcc-42c5-afe8-4026edd20fe0" if {
	input.type == "microsoft.compute/disks"
	not input.properties.encryption.diskEncryptionSetId
}

deny contains "702dd420-7fcc-42c5-afe8-4026edd20fe0" if {
	input.type == "microsoft.compute/galleries/images/versions"
	some region in input.properties.publishingProfile.targetRegions
	not region.encryption.osDiskImage.diskEncryptionSetId
}

deny contains "702dd420-7fcc-42c5-afe8-4026edd20fe0" if {
	input.type == "microsoft.compute/galleries/images/versions"
	images := count(input.properties.storageProfile.dataDiskImages)
	images > 0
	some region in input.properties.publishingProfile.targetRegions
	count([id | id := object.get(region, ["encryption", "dataDiskImages"], [])[_].diskEncryptionSetId]) != images
}

deny contains "702dd420-7fcc-42c5-afe8-4026edd20fe0" if {
	input.type == "microsoft.compute/galleries/images/versions"
	count(input.properties.storageProfile.dataDiskImages) > 0
	some region in input.properties.publishingProfile.targetRegions
	some image in region.encryption.dataDiskImages
	not image.diskEncryptionSetId
}

deny contains "702dd420-7fcc-42c5-afe8-4026edd20fe0" if {
	input.type == "microsoft.compute/images"
	not input.properties.storageProfile.osDisk.diskEncryptionSet.id
}

deny contains "702dd420-7fcc-42c5-afe8-4026edd20fe0" if {
	input.type == "microsoft.compute/images"
	some disk in input.properties.storageProfile.dataDisks
	not disk.diskEncryptionSet.id
}

# Private subnets
deny contains "7bca8353-aa3b-429b-904a-9229c4385837" if {
	input.type == "microsoft.network/virtualnetworks"
	some subnet in input.properties.subnets
	object.get(subnet, ["properties", "defaultOutboundAccess"], null) != false
}

deny contains "7bca8353-aa3b-429b-904a-9229c4385837" if {
	input.type == "microsoft.network/virtualnetworks/subnets"
	object.get(input.properties, "defaultOutboundAccess", null) != false
}

# Network interfaces without public IPs
deny contains "83a86a26-fd1f-447c-b59d-e51f44264114" if {
	input.type == "microsoft.network/networkinterfaces"
	some config in input.properties.ipConfigurations
	config.properties.publicIPAddress.id
}

# A tag (Indexed)
deny contains "871b6d14-10aa-478d-b590-94f262ecfa99" if {
	input.location
	not input.tags[data.parameters["871b6d14-10aa-478d-b590-94f262ecfa99"].tagName]
}

# A tag and its value (Indexed)
deny contains "1e30110a-5ceb-460c-a204-c1c3969c6d62" if {
	input.location
	params := data.parameters["1e30110a-5ceb-460c-a204-c1c3969c6d62"]
	lower(object.get(input, ["tags", params.tagName], "")) != params.tagValue
}

# Allowed locations of Cosmos DB
deny contains "0473574d-2d43-4217-aefe-941fcdf7e684" if {
	input.type == "microsoft.documentdb/databaseaccounts"
	some l in input.properties.locations
	not replace(lower(object.get(l, "locationName", "")), " ", "") in data.parameters["0473574d-2d43-4217-aefe-941fcdf7e684"].listOfAllowedLocations
}

# Firewall of Cosmos DB
deny contains "862e97cf-49fc-4a5c-9de4-40d4e2e7c8eb" if {
	input.type == "microsoft.documentdb/databaseaccounts"
	lower(object.get(input.properties, "publicNetworkAccess", "enabled")) == "enabled"
	object.get(input.properties, "isVirtualNetworkFilterEnabled", false) == false
	count(object.get(input.properties, "ipRules", [])) == 0
	object.get(input.properties, "ipRangeFilter", "") == ""
	not approved_endpoint
}

approved_endpoint if {
	some connection in input.properties.privateEndpointConnections
	lower(connection.properties.privateLinkServiceConnectionState.status) == "approved"
}

# Encryption at host of AKS node pools
deny contains "41425d9f-d1a5-499a-9932-f8ed8453932c" if {
	input.type == "microsoft.containerservice/managedclusters"
	some pool in input.properties.agentPoolProfiles
	object.get(pool, "enableEncryptionAtHost", "") in {"", false}
}

# Web apps by https only
deny contains "a4af4a39-4135-47fb-b175-47fbdf85311d" if {
	input.type == "microsoft.web/sites"
	object.get(input.properties, "httpsOnly", false) == false
	not contains(lower(object.get(input, "kind", "")), "functionapp")
}

# Network access to container registries
deny contains "d0793b48-0edc-4296-a390-4c75d1bdfd71" if {
	input.type == "microsoft.containerregistry/registries"
	lower(object.get(input.properties, ["networkRuleSet", "defaultAction"], "allow")) == "allow"
	lower(object.get(input.properties, "publicNetworkAccess", "enabled")) == "enabled"
}

# Minimum TLS of SQL servers
deny contains "32e6bbec-16b6-44c2-be37-c5b672d103cf" if {
	input.type == "microsoft.sql/servers"
	lower(object.get(input.properties, "minimalTlsVersion", "")) < "1.2"
}
