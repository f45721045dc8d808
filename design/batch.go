package design

import (
	"fmt"
	"strings"

	"airfield/arm"
	"airfield/estate"
)

const (
	batchAccounts = "Microsoft.Batch/batchAccounts"
	batchPools    = "Microsoft.Batch/batchAccounts/pools"
	keyVaults     = "Microsoft.KeyVault/vaults"
)

// batch makes a pool of Azure Batch for a job, in the account that its resource
// group has. Nodes have no public addresses and talk to the account by private
// endpoints; they begin what they say, which is the only way since 2026-03-31.
func (d *designer) batch(n *nodes, j estate.Job) bool {
	agent, ok := d.batchImage(n)
	if !ok {
		return false
	}
	account := d.batchAccount(n)
	sn := d.subnet(d.network(n.share, n.cell.region, n.pos), subnetPurpose(n.cell), n.count)
	registry := d.registry(n)
	d.grant(n.identity, "AcrPull", registry, n.pos)
	together := n.count > 1 && (n.trains || n.size.RDMA)
	placement := pick(!together && n.zones == nil && d.zones(n.cell.region, n.pos) > 1, "Zonal", "Regional")
	identity := arm.O{"resourceId", arm.IDOf(n.identity.id)}
	pool := d.add(account.Child("pools", d.names.name(batchPools, "", d.tokens(n.share, n.purpose, n.cell.region, "001"))), n.pos, arm.O{
		"identity", signsIn(n.identity),
		"properties", arm.O{"vmSize", n.size.Name, "taskSlotsPerNode", 1, "interNodeCommunication", pick(together, "Enabled", "Disabled"),
			"scaleSettings", d.batchScale(n, j, together),
			"networkConfiguration", arm.O{"subnetId", arm.IDOf(sn.id), "enableAcceleratedNetworking", n.size.AcceleratedNetworking,
				"publicIPAddressConfiguration", arm.O{"provision", "NoPublicIPAddresses"}},
			"deploymentConfiguration", arm.O{"virtualMachineConfiguration", arm.O{
				"imageReference", arm.O{"publisher", n.image.Publisher, "offer", n.image.Offer, "sku", n.image.SKU, "version", version(n.spec.Image)},
				"nodeAgentSkuId", agent,
				"containerConfiguration", arm.O{"type", "DockerCompatible", "containerRegistries", arm.A{arm.O{"registryServer", registryServer(registry), "identityReference", identity}}},
				"nodePlacementConfiguration", arm.O{"policy", placement}}}}})
	d.grows(pool, n)
	d.leave(n.about, "whether Batch takes image "+n.image.Publisher+":"+n.image.Offer+":"+n.image.SKU+" with "+agent, "its list changes: az batch pool supported-images list; a size of the pool is in az batch location list-skus --location "+n.cell.region, n.pos)
	if n.zones != nil {
		d.leave(n.about, "nodes in zone "+n.zones[0], "Batch chooses the zone of its nodes; a file system in another zone is reached all the same, a little slower", n.pos)
	}
	return true
}

// batchImage chooses the image of a pool, and the node agent that goes with it:
// the HPC image has containers as well as drivers, and Batch supports it.
func (d *designer) batchImage(n *nodes) (agent string, ok bool) {
	if n.spec.Image == "" {
		n.spec.Image = "hpc"
	}
	if !d.picture(n) {
		return "", false
	}
	for _, a := range []struct{ offer, sku, agent string }{
		{"ubuntu", "24", "batch.node.ubuntu 24.04"},
		{"ubuntu", "22", "batch.node.ubuntu 22.04"},
		{"almalinux", "8", "batch.node.el 8"},
		{"almalinux", "9", "batch.node.el 9"},
	} {
		if strings.HasPrefix(n.image.Offer, a.offer) && strings.HasPrefix(n.image.SKU, a.sku) {
			return a.agent, true
		}
	}
	d.found.Errorf(n.pos, "design/batch-image", "%q is run by batch, and which node agent goes with image %q is not known: take hpc, or another offer ubuntu… or almalinux…", n.about, n.spec.Image)
	return "", false
}

// batchScale gives the number of nodes: of a job that comes and goes as many as
// its tasks want, of any other a fixed one. Nodes that work together are wanted
// all at once.
func (d *designer) batchScale(n *nodes, j estate.Job, together bool) arm.O {
	kind := pick(n.spot, "LowPriorityNodes", "DedicatedNodes")
	if !n.comes && !j.Has("idle_nodes") {
		dedicated, spot := n.count, 0
		if n.spot {
			dedicated, spot = 0, n.count
		}
		return arm.O{"fixedScale", arm.O{"targetDedicatedNodes", dedicated, "targetLowPriorityNodes", spot, "resizeTimeout", "PT15M"}}
	}
	want := fmt.Sprintf("want = min(%d, tasks);", n.count)
	if together {
		want = fmt.Sprintf("want = tasks > 0 ? %d : 0;", n.count)
	}
	d.decide(Decision{About: n.about, Question: "How many nodes while nothing runs?", Answer: fmt.Sprint(j.IdleNodes), Because: "the job comes and goes, and a node takes minutes to come",
		Alternatives: []Alternative{{"all of them", "they cost as much as nodes that work"}}, Rules: []string{"CMP-06"}, Pos: or(j.Of("idle_nodes"), n.pos), Changes: "idle_nodes"})
	return arm.O{"autoScale", arm.O{"evaluationInterval", "PT5M", "formula", strings.Join([]string{
		"seen = $PendingTasks.GetSamplePercent(3 * TimeInterval_Minute);",
		"tasks = seen < 70 ? 0 : max($PendingTasks.GetSample(3 * TimeInterval_Minute));",
		want,
		fmt.Sprintf("$Target%s = max(%d, want);", kind, j.IdleNodes),
		"$NodeDeallocationOption = taskcompletion;"}, "\n")}}
}

// batchAccount gives the Batch account of the nodes' resource group, and makes
// it where it is the first. Spot nodes have one of their own: how an account
// allocates nodes is fixed when it is made.
func (d *designer) batchAccount(n *nodes) arm.ID {
	group := d.resourceGroup(n.share, n.cell)
	purpose := n.cell.purpose(d.e.Structure.ResourceGroups) + pick(n.spot, "-spot", "")
	id := group.Resource(batchAccounts, d.names.salted(batchAccounts, d.tokens(n.share, purpose, n.cell.region, "001"), "/"+group.Name()))
	if !d.once("account " + string(id)) {
		return id
	}
	properties := arm.O{"poolAllocationMode", "BatchService", "publicNetworkAccess", "Disabled", "allowedAuthenticationModes", []string{"AAD"}}
	if n.spot {
		properties[1] = "UserSubscription"
		properties = append(properties, "keyVaultReference", d.batchVault(n, group, purpose))
	}
	d.put(n.share, id, n.cell.region, n.pos, arm.O{"properties", properties})
	d.privateEndpoint(d.network(n.share, n.cell.region, n.pos), &served{id: id, region: n.cell.region, parts: []string{"batchAccount", "nodeManagement"}}, n.pos)
	d.leave(n.share.place.Name(), "who submits jobs to "+id.Name(), "it takes no keys: people and pipelines need the role Azure Batch Data Contributor, and stand in a network that reaches it", n.pos)
	d.decide(Decision{About: n.share.place.Name(), Question: "Who allocates the nodes of " + id.Name() + "?", Answer: properties[1].(string),
		Because:      pick(n.spot, "only an account that allocates in the subscription has Spot nodes", "nothing of the service is needed in the subscription, and its quota is the account's own"),
		Alternatives: []Alternative{{pick(n.spot, "BatchService", "UserSubscription"), pick(n.spot, "its low-priority nodes ended on 2025-09-30", "it wants a key vault, and a role of the Batch service in the subscription")}, {"an auto-storage account", "images and data come by the pool's identity; application packages want one"}},
		Rules:        []string{"ORC-02", "CMP-04"}, Pos: n.pos, Changes: "spot"})
	return id
}

// batchVault makes what an account that allocates in the subscription needs: a
// key vault, and roles of the Batch service.
// learn.microsoft.com/azure/batch/batch-account-create-portal#additional-configuration-for-user-subscription-mode
func (d *designer) batchVault(n *nodes, group arm.ID, purpose string) arm.O {
	c := n.cell
	c.life = lifeData
	id := d.resourceGroup(n.share, c).Resource(keyVaults, d.names.salted(keyVaults, d.tokens(n.share, purpose, n.cell.region, ""), "/"+group.Name()))
	var tenant any = d.e.Organization.Tenant
	if tenant == "" {
		tenant = d.parameter("tenantId", "The id of the Microsoft Entra tenant.")
	}
	d.put(n.share, id, n.cell.region, n.pos, arm.O{"properties", arm.O{"sku", arm.O{"family", "A", "name", "standard"}, "tenantId", tenant,
		"enableRbacAuthorization", true, "enablePurgeProtection", true, "softDeleteRetentionInDays", 90, "enabledForDeployment", true, "enabledForTemplateDeployment", true,
		"publicNetworkAccess", "Disabled", "networkAcls", arm.O{"bypass", "AzureServices", "defaultAction", "Deny"}}})
	d.privateEndpoint(d.network(n.share, n.cell.region, n.pos), &served{id: id, region: n.cell.region, parts: []string{"vault"}}, n.pos)
	const who = "Microsoft Azure Batch"
	principal := d.parameter("batchService", "The object id of the service principal "+who+": az ad sp show --id ddbf3205-c6bd-46ae-8127-60eb93363864 --query id --output tsv; az provider register --namespace Microsoft.Batch makes it.")
	d.assign(id, "Key Vault Secrets Officer", principal, who, "ServicePrincipal", n.pos)
	d.assign(n.share.sub.id, "Azure Batch Service Orchestration Role", principal, who, "ServicePrincipal", n.pos)
	return arm.O{"id", arm.IDOf(id), "url", "https://" + id.Name() + ".vault.azure.net/"}
}
