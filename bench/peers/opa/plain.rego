# The policies of ../policies.json as they read in Azure, put into Rego by hand:
# rule for rule and in the order of the conditions. As Azure does, the rules
# compare without case, find a tag whatever the case of its name, compare
# locations without blanks, and take null for missing. Nothing is prepared: the
# input is the resource as it was written, data.parameters[name] the parameters
# as the assignment has them. The rest is as policies.rego has it: property
# names as Azure spells them, booleans as booleans, the resource's apiVersion
# for requestContext().apiVersion, and mode Indexed by asking for a location.
#
# What may be missing is asked for by a rule of its own: not f(g(input.x)) is
# undefined where input.x is, because Rego calls g before the not.
package plain

# text gives a property's text in lower case, "" where it is missing or null.
default text(_) := ""

text(path) := lower(object.get(input.properties, path, ""))

# missing is {exists: false}.
missing(path) if object.get(input.properties, path, null) == null

# missing_or is {anyOf: [{exists: false}, {equals: wanted}]}.
missing_or(path, _) if missing(path)

missing_or(path, wanted) if text(path) == wanted

# Allowed locations (Indexed)
deny contains "e56962a6-4747-49cd-b67b-bf8b01975c4c" if {
	location := without_blanks(input.location)
	not allowed_location(location)
	location != "global"
	lower(input.type) != "microsoft.azureactivedirectory/b2cdirectories"
}

allowed_location(location) if {
	some allowed in data.parameters["e56962a6-4747-49cd-b67b-bf8b01975c4c"].listOfAllowedLocations
	without_blanks(allowed) == location
}

without_blanks(location) := replace(lower(location), " ", "")

# Allowed virtual machine sizes
deny contains "cccc23c7-8427-4f53-ad12-b6a63eb452b3" if {
	lower(input.type) == "microsoft.compute/virtualmachines"
	not allowed_size
}

allowed_size if {
	size := lower(input.properties.hardwareProfile.vmSize)
	some allowed in data.parameters["cccc23c7-8427-4f53-ad12-b6a63eb452b3"].listOfAllowedSKUs
	lower(allowed) == size
}

# Secure transfer to storage accounts
deny contains "404c3081-a854-4457-ae30-26a93ef643f9" if {
	lower(input.type) == "microsoft.storage/storageaccounts"
	lower(input.apiVersion) < "2019-04-01"
	missing("supportsHttpsTrafficOnly")
}

deny contains "404c3081-a854-4457-ae30-26a93ef643f9" if {
	lower(input.type) == "microsoft.storage/storageaccounts"
	input.properties.supportsHttpsTrafficOnly == false
}

# Minimum TLS of storage accounts; a missing one differs too
deny contains "fe83a0eb-a853-422d-aac2-1bffd182c5d0" if {
	lower(input.type) == "microsoft.storage/storageaccounts"
	text("minimumTlsVersion") != lower(data.parameters["fe83a0eb-a853-422d-aac2-1bffd182c5d0"].minimumTlsVersion)
}

# No public access to blobs, but for OpenShift's own accounts
deny contains "4fa4b6c0-31ca-4c0d-b10d-24b96f62a751" if {
	lower(input.type) == "microsoft.storage/storageaccounts"
	not openshift
	not input.properties.allowBlobPublicAccess == false
}

openshift if {
	contains(lower(input.id), "/resourcegroups/aro-")
	strings.any_prefix_match(lower(input.name), ["cluster", "imageregistry"])
}

# Storage accounts by virtual network rules only
deny contains "2a1a9cdf-e04d-429a-8416-3bfb72a1b26f" if {
	lower(input.type) == "microsoft.storage/storageaccounts"
	text(["networkAcls", "defaultAction"]) != "deny"
}

deny contains "2a1a9cdf-e04d-429a-8416-3bfb72a1b26f" if {
	lower(input.type) == "microsoft.storage/storageaccounts"
	count(input.properties.networkAcls.ipRules) >= 1
}

# RDP from the Internet
deny contains "e372f825-a257-4fb8-9175-797a8a8627d6" if {
	lower(input.type) == "microsoft.network/networksecuritygroups/securityrules"
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
	lower(input.type) == "microsoft.keyvault/vaults"
	text("createMode") != "recover"
	deletable
}

deletable if {
	lower(input.apiVersion) < "2019-09-01"
	missing("enableSoftDelete")
}

deletable if input.properties.enableSoftDelete == false

deletable if object.get(input.properties, "enablePurgeProtection", null) in {null, false}

# Firewall of key vaults
deny contains "55615ac9-af46-4a59-874e-391cc3dfb490" if {
	lower(input.type) == "microsoft.keyvault/vaults"
	text("createMode") != "recover"
	open_firewall
	reachable
}

open_firewall if text(["networkAcls", "defaultAction"]) != "deny"

open_firewall if {
	params := data.parameters["55615ac9-af46-4a59-874e-391cc3dfb490"]
	lower(params.restrictIPAddresses) == "yes"
	count(params.allowedIPAddresses) != 0
	some rule in input.properties.networkAcls.ipRules
	not in_ranges(rule.value, params.allowedIPAddresses)
}

open_firewall if {
	params := data.parameters["55615ac9-af46-4a59-874e-391cc3dfb490"]
	lower(params.restrictIPAddresses) == "yes"
	some rule in input.properties.networkAcls.ipRules
	in_ranges(rule.value, params.forbiddenIPAddresses)
}

in_ranges(address, ranges) if {
	some range in ranges
	net.cidr_contains(range, address)
}

reachable if lower(input.apiVersion) < "2021-06-01-preview"

reachable if {
	lower(input.apiVersion) >= "2021-06-01-preview"
	text("publicNetworkAccess") != "disabled"
}

# Disks with the customer's key
deny contains "702dd420-7fcc-42c5-afe8-4026edd20fe0" if {
	lower(input.type) == "microsoft.compute/virtualmachines"
	missing(["storageProfile", "osDisk", "managedDisk", "diskEncryptionSet", "id"])
}

deny contains "702dd420-7fcc-42c5-afe8-4026edd20fe0" if {
	lower(input.type) == "microsoft.compute/virtualmachines"
	count(input.properties.storageProfile.dataDisks) > 0
	every disk in input.properties.storageProfile.dataDisks {
		object.get(disk, ["managedDisk", "id"], null) == null
		object.get(disk, ["managedDisk", "diskEncryptionSet", "id"], null) == null
	}
}

deny contains "702dd420-7fcc-42c5-afe8-4026edd20fe0" if {
	lower(input.type) == "microsoft.compute/virtualmachinescalesets"
	missing(["virtualMachineProfile", "storageProfile", "osDisk", "managedDisk", "diskEncryptionSet", "id"])
}

deny contains "702dd420-7fcc-42c5-afe8-4026edd20fe0" if {
	lower(input.type) == "microsoft.compute/virtualmachinescalesets"
	some disk in input.properties.virtualMachineProfile.storageProfile.dataDisks
	object.get(disk, ["managedDisk", "diskEncryptionSet", "id"], null) == null
}

deny contains "702dd420-7fcc-42c5-afe8-4026edd20fe0" if {
	lower(input.type) == "microsoft.compute/disks"
	missing(["encryption", "diskEncryptionSetId"])
}

deny contains "702dd420-7fcc-42c5-afe8-4026edd20fe0" if {
	lower(input.type) == "microsoft.compute/galleries/images/versions"
	some region in input.properties.publishingProfile.targetRegions
	object.get(region, ["encryption", "osDiskImage", "diskEncryptionSetId"], null) == null
}

deny contains "702dd420-7fcc-42c5-afe8-4026edd20fe0" if {
	lower(input.type) == "microsoft.compute/galleries/images/versions"
	images := count(input.properties.storageProfile.dataDiskImages)
	images > 0
	some region in input.properties.publishingProfile.targetRegions
	count([image | some image in region.encryption.dataDiskImages; image.diskEncryptionSetId != null]) != images
}

deny contains "702dd420-7fcc-42c5-afe8-4026edd20fe0" if {
	lower(input.type) == "microsoft.compute/galleries/images/versions"
	count(input.properties.storageProfile.dataDiskImages) > 0
	some region in input.properties.publishingProfile.targetRegions
	some image in region.encryption.dataDiskImages
	object.get(image, "diskEncryptionSetId", null) == null
}

deny contains "702dd420-7fcc-42c5-afe8-4026edd20fe0" if {
	lower(input.type) == "microsoft.compute/images"
	missing(["storageProfile", "osDisk", "diskEncryptionSet", "id"])
}

deny contains "702dd420-7fcc-42c5-afe8-4026edd20fe0" if {
	lower(input.type) == "microsoft.compute/images"
	some disk in input.properties.storageProfile.dataDisks
	object.get(disk, ["diskEncryptionSet", "id"], null) == null
}

# Private subnets
deny contains "7bca8353-aa3b-429b-904a-9229c4385837" if {
	lower(input.type) == "microsoft.network/virtualnetworks"
	some subnet in input.properties.subnets
	not subnet.properties.defaultOutboundAccess == false
}

deny contains "7bca8353-aa3b-429b-904a-9229c4385837" if {
	lower(input.type) == "microsoft.network/virtualnetworks/subnets"
	not input.properties.defaultOutboundAccess == false
}

# Network interfaces without public IPs
deny contains "83a86a26-fd1f-447c-b59d-e51f44264114" if {
	lower(input.type) == "microsoft.network/networkinterfaces"
	some config in input.properties.ipConfigurations
	config.properties.publicIPAddress.id != null
}

# A tag (Indexed)
deny contains "871b6d14-10aa-478d-b590-94f262ecfa99" if {
	input.location != null
	not tagged(data.parameters["871b6d14-10aa-478d-b590-94f262ecfa99"].tagName)
}

tagged(name) if {
	wanted := lower(name)
	some key, value in input.tags
	lower(key) == wanted
	value != null
}

# A tag and its value (Indexed)
deny contains "1e30110a-5ceb-460c-a204-c1c3969c6d62" if {
	input.location != null
	params := data.parameters["1e30110a-5ceb-460c-a204-c1c3969c6d62"]
	not tagged_with(params.tagName, params.tagValue)
}

tagged_with(name, wanted_value) if {
	wanted := lower(name)
	some key, value in input.tags
	lower(key) == wanted
	lower(value) == lower(wanted_value)
}

# Allowed locations of Cosmos DB
deny contains "0473574d-2d43-4217-aefe-941fcdf7e684" if {
	lower(input.type) == "microsoft.documentdb/databaseaccounts"
	some l in input.properties.locations
	not allowed_cosmos_location(l)
}

allowed_cosmos_location(l) if {
	location := without_blanks(l.locationName)
	some allowed in data.parameters["0473574d-2d43-4217-aefe-941fcdf7e684"].listOfAllowedLocations
	lower(allowed) == location
}

# Firewall of Cosmos DB
deny contains "862e97cf-49fc-4a5c-9de4-40d4e2e7c8eb" if {
	lower(input.type) == "microsoft.documentdb/databaseaccounts"
	missing_or("publicNetworkAccess", "enabled")
	object.get(input.properties, "isVirtualNetworkFilterEnabled", null) in {null, false}
	not has_ip_rules
	object.get(input.properties, "ipRangeFilter", null) in {null, ""}
	not approved_endpoint
}

has_ip_rules if count(input.properties.ipRules) > 0

approved_endpoint if {
	some connection in input.properties.privateEndpointConnections
	lower(connection.properties.privateLinkServiceConnectionState.status) == "approved"
}

# Encryption at host of AKS node pools
deny contains "41425d9f-d1a5-499a-9932-f8ed8453932c" if {
	lower(input.type) == "microsoft.containerservice/managedclusters"
	some pool in input.properties.agentPoolProfiles
	object.get(pool, "enableEncryptionAtHost", null) in {null, "", false}
}

# Web apps by https only
deny contains "a4af4a39-4135-47fb-b175-47fbdf85311d" if {
	lower(input.type) == "microsoft.web/sites"
	not function_app
	object.get(input.properties, "httpsOnly", null) in {null, false}
}

function_app if contains(lower(input.kind), "functionapp")

# Network access to container registries
deny contains "d0793b48-0edc-4296-a390-4c75d1bdfd71" if {
	lower(input.type) == "microsoft.containerregistry/registries"
	missing_or(["networkRuleSet", "defaultAction"], "allow")
	missing_or("publicNetworkAccess", "enabled")
}

# Minimum TLS of SQL servers; a missing one is below it
deny contains "32e6bbec-16b6-44c2-be37-c5b672d103cf" if {
	lower(input.type) == "microsoft.sql/servers"
	text("minimalTlsVersion") < "1.2"
}
