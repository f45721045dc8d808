package main

import (
	"fmt"
	"strings"

	"airfield/arm"
)

// hubNetworks are the hub networks, by the names and addresses that the estate has.
var hubNetworks = []struct{ region, short, prefix string }{
	{home, "sdc", "10.0"},
	{recovery, "gwc", "10.4"},
}

// privateZones are the zones that the platform keeps for private endpoints.
var privateZones = []string{"privatelink.blob.core.windows.net", "privatelink.file.core.windows.net", "privatelink.dfs.core.windows.net", "privatelink.vaultcore.azure.net",
	"privatelink.azurecr.io", "privatelink.api.azureml.ms", "privatelink.notebooks.azure.net", "privatelink.database.windows.net", "privatelink.swedencentral.batch.azure.com"}

var (
	hubSDC   = id("con-connectivity").ResourceGroup("rg-hub-sdc").Resource("Microsoft.Network/virtualNetworks", "vnet-hub-sdc")
	logs     = id("con-management").ResourceGroup("rg-management-sdc").Resource("Microsoft.OperationalInsights/workspaces", "log-contoso-sdc")
	dataRule = id("con-management").ResourceGroup("rg-management-sdc").Resource("Microsoft.Insights/dataCollectionRules", "dcr-contoso-vm-sdc")
	dnsGroup = id("con-connectivity").ResourceGroup("rg-dns")
)

// platformTags are on what the platform's pipeline makes.
var platformTags = arm.O{"CostCenter", "CC-1000", "Owner", "cloud-platform@contoso.example", "Environment", "Production", "DeployedBy", "alz-terraform"}

// hubs adds the platform's own resources: hubs with firewall, DNS and gateway,
// the zones of private endpoints, and where logs go.
func (m *maker) hubs() {
	for _, h := range hubNetworks {
		m.hub(h.region, h.short, h.prefix)
	}
	m.group(dnsGroup, home, platformTags)
	for _, zone := range privateZones {
		z := m.add(dnsGroup.Resource("Microsoft.Network/privateDnsZones", zone), "location", "global", "tags", platformTags, "properties", arm.O{"provisioningState", "Succeeded"})
		m.add(z.Child("virtualNetworkLinks", "link-hub-sdc"), "location", "global", "properties", arm.O{"registrationEnabled", false, "virtualNetwork", arm.O{"id", hubSDC}})
	}
	m.group(logs.ResourceGroupID(), home, platformTags)
	m.add(logs, "location", home, "tags", platformTags, "properties", arm.O{"retentionInDays", 90, "sku", arm.O{"name", "PerGB2018"}, "publicNetworkAccessForIngestion", "Enabled"})
	m.add(dataRule, "location", home, "kind", "Linux", "tags", platformTags, "properties", arm.O{"description", "heartbeat and performance of all machines",
		"destinations", arm.O{"logAnalytics", arm.A{arm.O{"name", "central", "workspaceResourceId", logs}}}})
	m.lock(logs.ResourceGroupID(), "the logs of all landing zones")
}

func (m *maker) hub(region, short, prefix string) {
	g := id("con-connectivity").ResourceGroup("rg-hub-" + short)
	m.group(g, region, platformTags)
	m.lock(g, "all spokes hang on it")
	firewall := m.add(g.Resource("Microsoft.Network/azureFirewalls", "afw-hub-"+short), "location", region, "tags", platformTags, "zones", []string{"1", "2", "3"}, "properties", arm.O{
		"sku", arm.O{"name", "AZFW_VNet", "tier", "Premium"}, "ipConfigurations", arm.A{arm.O{"name", "primary", "properties", arm.O{"privateIPAddress", prefix + ".1.4"}}}})
	m.add(g.Resource("Microsoft.Network/publicIPAddresses", "pip-afw-hub-"+short), "location", region, "tags", platformTags, "sku", arm.O{"name", "Standard"},
		"properties", arm.O{"publicIPAllocationMethod", "Static", "ipConfiguration", arm.O{"id", string(firewall) + "/azureFirewallIpConfigurations/primary"}})
	if region == home {
		m.add(g.Resource("Microsoft.Network/virtualNetworkGateways", "ergw-hub-"+short), "location", region, "tags", platformTags,
			"properties", arm.O{"gatewayType", "ExpressRoute", "sku", arm.O{"name", "ErGw2AZ", "tier", "ErGw2AZ"}})
		m.add(g.Resource("Microsoft.Network/bastionHosts", "bas-hub-"+short), "location", region, "tags", platformTags, "sku", arm.O{"name", "Standard"})
	}
	subnets := arm.A{}
	for i, name := range []string{"GatewaySubnet", "AzureFirewallSubnet", "snet-dns", "AzureBastionSubnet"} {
		subnets = append(subnets, arm.O{"name", name, "properties", arm.O{"addressPrefix", fmt.Sprintf("%s.%d.0/26", prefix, i)}})
	}
	peerings := arm.A{}
	for _, s := range subscriptions {
		if region == home && s.peered() {
			peerings = append(peerings, peering("peer-"+s.name, s.network()))
		}
	}
	m.add(g.Resource("Microsoft.Network/virtualNetworks", "vnet-hub-"+short), "location", region, "tags", platformTags, "properties", arm.O{
		"addressSpace", arm.O{"addressPrefixes", []string{prefix + ".0.0/16"}}, "dhcpOptions", arm.O{"dnsServers", []string{prefix + ".2.4", prefix + ".2.5"}},
		"subnets", subnets, "virtualNetworkPeerings", peerings})
}

// peered tells whether a subscription has a spoke that reaches the hub.
func (s subscription) peered() bool {
	return s.spoke != "" && (s.group == "contoso-corp" || s.group == "contoso-identity")
}

// network gives the id of a subscription's spoke.
func (s subscription) network() arm.ID {
	return s.id().ResourceGroup("rg-network-sdc").Resource("Microsoft.Network/virtualNetworks", "vnet-"+strings.TrimPrefix(s.name, "con-")+"-sdc")
}

func peering(name string, to arm.ID) arm.O {
	return arm.O{"name", name, "properties", arm.O{"peeringState", "Connected", "allowForwardedTraffic", true, "remoteVirtualNetwork", arm.O{"id", to}}}
}

// spoke adds a subscription's network: a subnet for each thing that runs there
// and one for private endpoints, each with a network security group.
func (m *maker) spoke(s subscription) {
	if s.spoke == "" {
		return
	}
	net := s.network()
	g, tags := net.ResourceGroupID(), m.tags(s, "network")
	m.group(g, home, tags)
	names := []string{"endpoints"}
	for _, w := range workloads {
		if w.in == s.name {
			names = append(names, w.name)
		}
	}
	subnets := arm.A{}
	for i, name := range names {
		nsg := m.add(g.Resource("Microsoft.Network/networkSecurityGroups", "nsg-"+name+"-sdc"), "location", home, "tags", tags, "properties", arm.O{"securityRules", securityRules(s)})
		subnets = append(subnets, arm.O{"name", "snet-" + name, "properties", arm.O{"addressPrefix", s.range24(i), "networkSecurityGroup", arm.O{"id", nsg}}})
	}
	if s.name == "con-glyph-dev" { // what the exemption that has run out was for
		subnets = append(subnets, arm.O{"name", "snet-lustre", "properties", arm.O{"addressPrefix", s.range24(len(names))}})
	}
	properties := arm.O{"addressSpace", arm.O{"addressPrefixes", append([]string{s.spoke + ".0/20"}, grown[s.name]...)}, "subnets", subnets}
	if s.peered() {
		table := m.add(g.Resource("Microsoft.Network/routeTables", "rt-egress-sdc"), "location", home, "tags", tags, "properties", arm.O{"disableBgpRoutePropagation", true,
			"routes", arm.A{arm.O{"name", "internet", "properties", arm.O{"addressPrefix", "0.0.0.0/0", "nextHopType", "VirtualAppliance", "nextHopIpAddress", "10.0.1.4"}}}})
		properties = append(properties, "dhcpOptions", arm.O{"dnsServers", []string{"10.0.2.4", "10.0.2.5"}}, "virtualNetworkPeerings", arm.A{peering("peer-hub-sdc", hubSDC)})
		m.lock(table, "the way out through the firewall")
		m.links(s)
	}
	m.add(net, "location", home, "tags", tags, "properties", properties)
}

// grown are ranges that spokes got after their first was full. That of the
// data warehouse lies in the pool that the estate was promised.
var grown = map[string][]string{"con-dwh-prod": {"10.96.4.0/22"}}

// range24 gives the i-th /24 of a spoke.
func (s subscription) range24(i int) string {
	var a, b, c int
	fmt.Sscanf(s.spoke, "%d.%d.%d", &a, &b, &c)
	return fmt.Sprintf("%d.%d.%d.0/24", a, b, c+i)
}

// links joins a spoke to the zones of private endpoints.
func (m *maker) links(s subscription) {
	for _, zone := range privateZones[:4] {
		m.add(dnsGroup.Resource("Microsoft.Network/privateDnsZones/virtualNetworkLinks", zone, "link-"+s.name), "location", "global",
			"properties", arm.O{"registrationEnabled", false, "virtualNetwork", arm.O{"id", s.network()}})
	}
}

func securityRules(s subscription) arm.A {
	rule := func(name string, priority int, access, from, ports string) arm.O {
		return arm.O{"name", name, "properties", arm.O{"priority", priority, "direction", "Inbound", "access", access, "protocol", "*", "sourceAddressPrefix", from,
			"sourcePortRange", "*", "destinationAddressPrefix", "*", "destinationPortRange", ports}}
	}
	rules := arm.A{rule("bastion", 100, "Allow", "10.0.3.0/26", "22"), rule("inside", 200, "Allow", s.spoke+".0/20", "*")}
	if s.group == "contoso-online" {
		rules = append(rules, rule("web", 300, "Allow", "Internet", "443"))
	}
	return append(rules, rule("rest", 4096, "Deny", "*", "*"))
}

// group adds a resource group.
func (m *maker) group(g arm.ID, region string, tags arm.O) {
	m.add(g, "location", region, "tags", tags, "properties", arm.O{"provisioningState", "Succeeded"})
}

// lock keeps something from being deleted.
func (m *maker) lock(at arm.ID, why string) {
	m.add(at.Resource("Microsoft.Authorization/locks", "do-not-delete"), "properties", arm.O{"level", "CanNotDelete", "notes", why})
}
