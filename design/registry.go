package design

import (
	"airfield/arm"
)

const registries = "Microsoft.ContainerRegistry/registries"

// registry gives the container registry of a workload's environment in a
// region, and makes it where it is the first: one for all of its jobs and
// services, beside what lives as long as they all do.
func (d *designer) registry(n *nodes) arm.ID {
	region := n.cell.region
	if id, ok := n.share.registries[region]; ok {
		return id
	}
	group := d.resourceGroup(n.share, n.share.cellOf(lifeOperations, region))
	id := group.Resource(registries, d.names.salted(registries, d.tokens(n.share, "", region, "001"), "/"+group.Name()))
	n.share.registries[region] = id
	zones := pick(d.zones(region, n.pos) > 1, "Enabled", "Disabled")
	d.put(n.share, id, region, n.pos, arm.O{"sku", arm.O{"name", "Premium"}, "properties", arm.O{
		"adminUserEnabled", false, "anonymousPullEnabled", false, "publicNetworkAccess", "Disabled", "networkRuleBypassOptions", "AzureServices",
		"roleAssignmentMode", "LegacyRegistryPermissions", // AcrPull is none of the other mode's roles
		"zoneRedundancy", zones}})
	d.privateEndpoint(d.network(n.share, region, n.pos), &served{id: id, region: region, parts: []string{"registry"}}, n.pos)
	d.leave(n.share.place.Name(), "images in "+id.Name(), "it has no public address: whoever fills it stands in a network that reaches it, or imports (az acr import), with the role AcrPush", n.pos)
	d.decide(Decision{About: n.share.place.Name(), Question: "Where do container images come from?", Answer: "a registry of its own in " + region, Because: "nodes pull large images often, and with their own identities alone",
		Alternatives: []Alternative{{"one registry for all workloads", "whoever fills it would fill all; replicate it where images are shared"}, {"Basic or Standard", "they have no private endpoints"}},
		Rules:        []string{"CON-02", "NET-11"}, Pos: n.pos})
	return id
}

// registryServer gives the name that images of a registry begin with.
func registryServer(id arm.ID) string { return id.Name() + ".azurecr.io" }
