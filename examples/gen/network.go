package main

import (
	"fmt"
	"slices"
	"strings"

	"airfield/arm"
)

// hubs adds the platform's own resources: hubs with firewall, DNS and gateway,
// the zones of private endpoints, and where logs go.
func (m *maker) hubs() {
	home, logs, dataRule := m.regions[0], m.logs(), m.dataRule()
	for _, r := range m.regions {
		m.hub(r)
	}
	m.group(m.dnsGroup(), home.name, m.platformTags)
	for _, zone := range m.zones {
		z := m.add(m.dnsGroup().Resource("Microsoft.Network/privateDnsZones", zone.name), "location", "global", "tags", m.platformTags, "properties", arm.O{"provisioningState", "Succeeded"})
		m.add(z.Child("virtualNetworkLinks", "link-hub-"+home.short), "location", "global", "properties", arm.O{"registrationEnabled", false, "virtualNetwork", arm.O{"id", m.hubOf(home)}})
	}
	m.group(logs.ResourceGroupID(), home.name, m.platformTags)
	m.add(logs, "location", home.name, "tags", m.platformTags, "properties", arm.O{"retentionInDays", 90, "sku", arm.O{"name", "PerGB2018"}, "publicNetworkAccessForIngestion", "Enabled"})
	m.add(dataRule, "location", home.name, "kind", "Linux", "tags", m.platformTags, "properties", arm.O{"description", "heartbeat and performance of all machines",
		"destinations", arm.O{"logAnalytics", arm.A{arm.O{"name", "central", "workspaceResourceId", logs}}}})
	m.lock(logs.ResourceGroupID(), "the logs of all landing zones")
}

func (m *maker) hub(at region) {
	g, region, short, prefix := m.hubOf(at).ResourceGroupID(), at.name, at.short, at.hub
	m.group(g, region, m.platformTags)
	m.lock(g, "all spokes hang on it")
	firewall := m.add(g.Resource("Microsoft.Network/azureFirewalls", "afw-hub-"+short), "location", region, "tags", m.platformTags, "zones", []string{"1", "2", "3"}, "properties", arm.O{
		"sku", arm.O{"name", "AZFW_VNet", "tier", "Premium"}, "ipConfigurations", arm.A{arm.O{"name", "primary", "properties", arm.O{"privateIPAddress", prefix + ".1.4"}}}})
	m.add(g.Resource("Microsoft.Network/publicIPAddresses", "pip-afw-hub-"+short), "location", region, "tags", m.platformTags, "sku", arm.O{"name", "Standard"},
		"properties", arm.O{"publicIPAllocationMethod", "Static", "ipConfiguration", arm.O{"id", string(firewall) + "/azureFirewallIpConfigurations/primary"}})
	if at == m.regions[0] {
		m.add(g.Resource("Microsoft.Network/virtualNetworkGateways", "ergw-hub-"+short), "location", region, "tags", m.platformTags,
			"properties", arm.O{"gatewayType", "ExpressRoute", "sku", arm.O{"name", "ErGw2AZ", "tier", "ErGw2AZ"}})
		m.add(g.Resource("Microsoft.Network/bastionHosts", "bas-hub-"+short), "location", region, "tags", m.platformTags, "sku", arm.O{"name", "Standard"})
	}
	subnets := arm.A{}
	for i, name := range []string{"GatewaySubnet", "AzureFirewallSubnet", "snet-dns", "AzureBastionSubnet"} {
		subnets = append(subnets, arm.O{"name", name, "properties", arm.O{"addressPrefix", fmt.Sprintf("%s.%d.0/26", prefix, i)}})
	}
	peerings := arm.A{}
	for _, s := range m.subscriptions {
		if m.regionOf(s) == at && m.peered(s) {
			peerings = append(peerings, peering("peer-"+s.name, m.network(s)))
		}
	}
	m.add(m.hubOf(at), "location", region, "tags", m.platformTags, "properties", arm.O{
		"addressSpace", arm.O{"addressPrefixes", []string{prefix + ".0.0/16"}}, "dhcpOptions", arm.O{"dnsServers", []string{prefix + ".2.4", prefix + ".2.5"}},
		"subnets", subnets, "virtualNetworkPeerings", peerings})
}

// peered tells whether a subscription has a spoke that reaches the hub.
func (o *organization) peered(s subscription) bool {
	return s.spoke != "" && slices.Contains(o.connected, s.group)
}

// network gives the id of a subscription's spoke.
func (o *organization) network(s subscription) arm.ID {
	short := o.regionOf(s).short
	return o.id(s.name).ResourceGroup("rg-network-"+short).Resource("Microsoft.Network/virtualNetworks", "vnet-"+plain(strings.TrimPrefix(s.name, o.prefix+"-"))+"-"+short)
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
	net, at := m.network(s), m.regionOf(s)
	g, home, tags := net.ResourceGroupID(), at.name, m.tags(s, "network")
	m.group(g, home, tags)
	names := []string{"endpoints"}
	for _, w := range m.workloads {
		if w.in == s.name {
			names = append(names, w.name)
		}
	}
	subnets := arm.A{}
	for i, name := range names {
		nsg := m.add(g.Resource("Microsoft.Network/networkSecurityGroups", "nsg-"+name+"-"+at.short), "location", home, "tags", tags, "properties", arm.O{"securityRules", m.securityRules(s)})
		subnets = append(subnets, arm.O{"name", "snet-" + name, "properties", arm.O{"addressPrefix", s.range24(i), "networkSecurityGroup", arm.O{"id", nsg}}})
	}
	if bare := m.bare[s.name]; bare != "" {
		subnets = append(subnets, arm.O{"name", bare, "properties", arm.O{"addressPrefix", s.range24(len(names))}})
	}
	properties := arm.O{"addressSpace", arm.O{"addressPrefixes", append([]string{s.spoke + ".0/20"}, m.grown[s.name]...)}, "subnets", subnets}
	if m.peered(s) {
		table := m.add(g.Resource("Microsoft.Network/routeTables", "rt-egress-"+at.short), "location", home, "tags", tags, "properties", arm.O{"disableBgpRoutePropagation", true,
			"routes", arm.A{arm.O{"name", "internet", "properties", arm.O{"addressPrefix", "0.0.0.0/0", "nextHopType", "VirtualAppliance", "nextHopIpAddress", at.hub + ".1.4"}}}})
		properties = append(properties, "dhcpOptions", arm.O{"dnsServers", []string{at.hub + ".2.4", at.hub + ".2.5"}}, "virtualNetworkPeerings", arm.A{peering("peer-hub-"+at.short, m.hubOf(at))})
		m.lock(table, "the way out through the firewall")
		m.links(s)
	}
	m.add(net, "location", home, "tags", tags, "properties", properties)
}

// range24 gives the i-th /24 of a spoke.
func (s subscription) range24(i int) string {
	var a, b, c int
	fmt.Sscanf(s.spoke, "%d.%d.%d", &a, &b, &c)
	return fmt.Sprintf("%d.%d.%d.0/24", a, b, c+i)
}

// links joins a spoke to the zones of private endpoints.
func (m *maker) links(s subscription) {
	for _, zone := range m.zones[:4] {
		m.add(m.dnsGroup().Resource("Microsoft.Network/privateDnsZones/virtualNetworkLinks", zone.name, "link-"+plain(s.name)), "location", "global",
			"properties", arm.O{"registrationEnabled", false, "virtualNetwork", arm.O{"id", m.network(s)}})
	}
}

func (o *organization) securityRules(s subscription) arm.A {
	rule := func(name string, priority int, access, from, ports string) arm.O {
		return arm.O{"name", name, "properties", arm.O{"priority", priority, "direction", "Inbound", "access", access, "protocol", "*", "sourceAddressPrefix", from,
			"sourcePortRange", "*", "destinationAddressPrefix", "*", "destinationPortRange", ports}}
	}
	rules := arm.A{rule("bastion", 100, "Allow", o.regions[0].hub+".3.0/26", "22"), rule("inside", 200, "Allow", s.spoke+".0/20", "*")}
	if s.group == o.root+"-online" {
		rules = append(rules, rule("web", 300, "Allow", "Internet", "443"))
	}
	return append(rules, rule("rest", 4096, "Deny", "*", "*"))
}

// group adds a resource group.
func (m *maker) group(g arm.ID, region string, tags arm.O) {
	m.add(g, "location", region, "tags", tags, "properties", arm.O{"provisioningState", "Succeeded"})
}

// lock keeps something from being deleted.
func (m *maker) lock(at arm.ID, why string) { m.locks(at, "CanNotDelete", why) }

func (m *maker) locks(at arm.ID, level, why string) {
	m.add(at.Resource("Microsoft.Authorization/locks", map[string]string{"CanNotDelete": "do-not-delete", "ReadOnly": "do-not-change"}[level]), "properties", arm.O{"level", level, "notes", why})
}
