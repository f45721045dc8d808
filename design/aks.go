package design

import (
	"cmp"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"airfield/arm"
	"airfield/compute"
	"airfield/estate"
)

const (
	clusters     = "Microsoft.ContainerService/managedClusters"
	agentPools   = "Microsoft.ContainerService/managedClusters/agentPools"
	maintenances = "Microsoft.ContainerService/managedClusters/maintenanceConfigurations"
	federations  = "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials"
)

// cluster is an AKS cluster in the making. Its pools stand in its own body: one
// that is not there would be taken for a change.
type cluster struct {
	id      arm.ID
	subnet  *subnet
	members arm.O            // of its body, but its properties
	rest    arm.O            // of its properties, but its pools
	pools   map[string]arm.O // by name
	first   *nodes           // that asked for it
}

// aks makes a pool of an AKS cluster for a job or a service: it grows from none,
// or from a service's least, by what pods ask, and holds only pods that say so.
func (d *designer) aks(n *nodes, s *estate.Service) bool {
	c, ok := d.cluster(n)
	if !ok {
		return false
	}
	c.subnet.addresses += n.most
	least := 0
	if s != nil {
		least = n.count
		c.subnet.addresses++ // of the load balancer that Kubernetes makes
		if n.cell.place.Connects == estate.Online && !slices.Contains(c.subnet.ports, s.Port) {
			c.subnet.ports = append(c.subnet.ports, s.Port)
		}
	}
	name := d.names.fit(agentPools, n.purpose, "", n.pos)
	pool := arm.O{"name", name, "mode", "User", "type", "VirtualMachineScaleSets", "osType", "Linux", "osSKU", "Ubuntu", "vmSize", n.size.Name, "vnetSubnetID", arm.IDOf(c.subnet.id),
		"enableAutoScaling", true, "minCount", least, "maxCount", n.most, // and no count: it is the autoscaler's
		"upgradeSettings", arm.O{"maxSurge", "0", "maxUnavailable", "1"}} // no node more than the quota has
	if n.zones != nil {
		pool = append(pool, "availabilityZones", n.zones)
	}
	var taints []string
	if n.size.GPUs > 0 {
		taints = append(taints, "sku=gpu:NoSchedule")
		pool = append(pool, "gpuProfile", arm.O{"driver", pick(d.ownDrivers(n), "None", "Install")})
	}
	if n.spot {
		const spot = "kubernetes.azure.com/scalesetpriority"
		taints = append(taints, spot+"=spot:NoSchedule")
		pool = append(pool, "scaleSetPriority", "Spot", "scaleSetEvictionPolicy", "Delete", "spotMaxPrice", -1, "nodeLabels", arm.O{spot, "spot"})
	}
	if taints != nil {
		pool = append(pool, "nodeTaints", taints)
	}
	if c.pools[name] != nil {
		d.found.Errorf(n.pos, "design/name", "%q wants node pool %q of %s, whose name another has: names of pools keep letters and digits alone", n.about, name, c.id.Name())
		return false
	}
	c.pools[name] = pool
	d.grows(c.id.Child("agentPools", name), n)
	d.federate(n, c)
	d.poolOpen(n, name, taints)
	return true
}

// ownDrivers tells whether the operators that the pool needs bring the drivers
// of its GPUs: AKS installs those of NVIDIA alone.
func (d *designer) ownDrivers(n *nodes) bool { return n.size.GPUVendor == "AMD" || d.talks(n) }

// talks tells whether nodes talk to each other over InfiniBand.
func (d *designer) talks(n *nodes) bool { return n.size.RDMA && n.count > 1 && n.cell.role == training }

// federate lets pods of the job or service sign in with its identity.
func (d *designer) federate(n *nodes, c *cluster) {
	d.add(n.identity.id.Child("federatedIdentityCredentials", d.names.fit(federations, c.id.Name()+"-"+n.purpose, "", n.pos)), n.pos, arm.O{"properties", arm.O{
		"issuer", arm.Ref{ID: c.id, Path: "properties.oidcIssuerProfile.issuerURL"}, "subject", "system:serviceaccount:" + n.purpose + ":" + n.purpose,
		"audiences", []string{"api://AzureADTokenExchange"}}})
}

// poolOpen lists what a pool needs of people.
func (d *designer) poolOpen(n *nodes, pool string, taints []string) {
	d.leave(n.about, "what runs in pool "+pool, fmt.Sprintf("manifests are the team's: pods select agentpool=%s, tolerate its taints (%s), and run as service account %s of namespace %s to sign in as %s", pool, cmp.Or(strings.Join(taints, ", "), "none"), n.purpose, n.purpose, n.identity.id.Name()), n.pos)
	if d.talks(n) {
		d.open = append(d.open, Open{About: n.about, What: "InfiniBand on AKS", Pos: n.pos, Before: "6-compute",
			Why: "az feature register --namespace Microsoft.ContainerService --name AKSInfinibandSupport, then az provider register --namespace Microsoft.ContainerService; after it NVIDIA's network operator and GPU operator, in namespaces that the Kubernetes policies exclude"})
	} else if d.ownDrivers(n) {
		d.leave(n.about, "GPU drivers", "AKS installs none for AMD: its GPU operator does, in a namespace that the Kubernetes policies exclude", n.pos)
	}
}

// cluster gives the AKS cluster of the nodes' resource group, and makes it where
// it is the first.
func (d *designer) cluster(n *nodes) (*cluster, bool) {
	group := d.resourceGroup(n.share, n.cell)
	if c := n.share.clusters[group]; c != nil {
		return c, true
	}
	if d.e.Network.Egress == estate.NoEgress {
		d.found.Errorf(n.pos, "design/aks-egress", "%q is run by aks, whose nodes fetch what they are made of, and network.egress is none: clusters without a way out are not designed", n.about)
		return nil, false
	}
	purpose := n.cell.purpose(d.e.Structure.ResourceGroups)
	count := 2
	if production(n.cell.place.Environment) {
		count = 3
	}
	system, ok := d.helpers(n, purpose+":system", count)
	if !ok {
		return nil, false
	}
	net := d.network(n.share, n.cell.region, n.pos)
	c := &cluster{first: n, pools: map[string]arm.O{}, id: group.Resource(clusters, d.names.name(clusters, "", d.tokens(n.share, purpose, n.cell.region, "001")))}
	c.subnet = d.subnet(net, "aks-"+purpose, system.count+2) // one more node while they are upgraded, and the API server
	c.subnet.floating = true
	n.share.clusters[group] = c
	control, kubelet := d.identity(n.share, "cluster", n.cell.region, n.pos), d.identity(n.share, "kubelet", n.cell.region, n.pos)
	d.grant(control, "Network Contributor", c.subnet.id, n.pos)
	d.grant(control, "Managed Identity Operator", kubelet.id, n.pos)
	d.grant(kubelet, "AcrPull", d.registry(n), n.pos)
	c.members = arm.O{"sku", arm.O{"name", "Base", "tier", pick(production(n.cell.place.Environment), "Standard", "Free")}, "identity", signsIn(control)}
	c.rest = d.clusterProperties(c, net, kubelet)
	c.pools["system"] = systemPool(c, system)
	d.clusters = append(d.clusters, c)
	d.maintain(n, c)
	d.clusterOpen(n, c, net)
	return c, true
}

// clusterProperties describes a private cluster without local accounts, whose
// pods have addresses of their own.
func (d *designer) clusterProperties(c *cluster, net *net, kubelet *identity) arm.O {
	zone, public := "system", false
	if d.hubbed(net) { // whose DNS servers do not know of a zone that AKS makes
		zone, public = "none", true
	}
	pods, services, dns := d.podRanges(c)
	client := arm.Ref{ID: kubelet.id, Path: "properties.clientId"}
	return arm.O{"dnsPrefix", computerName(c.id.Name(), 54), "nodeResourceGroup", computerName(c.id.ResourceGroupID().Name()+"-nodes", 80),
		"enableRBAC", true, "disableLocalAccounts", true, "aadProfile", arm.O{"managed", true, "enableAzureRBAC", true},
		"oidcIssuerProfile", arm.O{"enabled", true}, "securityProfile", arm.O{"workloadIdentity", arm.O{"enabled", true}},
		"identityProfile", arm.O{"kubeletidentity", arm.O{"resourceId", arm.IDOf(kubelet.id), "clientId", client, "objectId", arm.Ref{ID: kubelet.id, Path: "properties.principalId"}}},
		"apiServerAccessProfile", arm.O{"enablePrivateCluster", true, "privateDNSZone", zone, "enablePrivateClusterPublicFQDN", public},
		"networkProfile", arm.O{"networkPlugin", "azure", "networkPluginMode", "overlay", "networkDataplane", "cilium", "networkPolicy", "cilium", "loadBalancerSku", "standard",
			"outboundType", pick(d.wayOut(net) == estate.HubFirewall, "userDefinedRouting", "userAssignedNATGateway"), "podCidr", pods, "serviceCidr", services, "dnsServiceIP", dns},
		"storageProfile", arm.O{"blobCSIDriver", arm.O{"enabled", true}},
		"autoUpgradeProfile", arm.O{"upgradeChannel", "stable", "nodeOSUpgradeChannel", "NodeImage"}}
}

// systemPool gives the pool that holds what the cluster itself runs.
func systemPool(c *cluster, n *nodes) arm.O {
	pool := arm.O{"name", "system", "mode", "System", "type", "VirtualMachineScaleSets", "osType", "Linux", "osSKU", "Ubuntu", "count", n.count, "vmSize", n.size.Name,
		"vnetSubnetID", arm.IDOf(c.subnet.id), "nodeTaints", []string{"CriticalAddonsOnly=true:NoSchedule"}, "upgradeSettings", arm.O{"maxSurge", "1"}}
	if n.zones != nil {
		pool = append(pool, "availabilityZones", n.zones)
	}
	return pool
}

// finishClusters makes the clusters, once all that they run have said so.
func (d *designer) finishClusters() {
	for _, c := range d.clusters {
		pools := arm.A{}
		for _, name := range slices.Sorted(maps.Keys(c.pools)) {
			pools = append(pools, c.pools[name])
		}
		d.put(c.first.share, c.id, c.first.cell.region, c.first.pos, append(c.members, "properties", append(c.rest, "agentPoolProfiles", pools)))
	}
}

// podRanges gives the ranges of a cluster's pods and services, which nothing
// outside of it sees: the first that no pool of the estate overlaps.
func (d *designer) podRanges(c *cluster) (pods, services, dns string) {
	free := func(ranges ...string) string {
		for _, r := range ranges {
			taken := false
			for _, p := range d.e.Network.Pools {
				taken = taken || p.Value.Overlaps(netip.MustParsePrefix(r))
			}
			if !taken {
				return r
			}
		}
		return ranges[0]
	}
	pods = d.lock.keep("address", c.id.Name()+"/pods", func() string { return free("172.16.0.0/13", "192.168.0.0/17", "100.64.0.0/12") })
	services = d.lock.keep("address", c.id.Name()+"/services", func() string { return free("172.28.0.0/20", "192.168.240.0/20", "100.127.240.0/20") })
	first := netip.MustParsePrefix(services).Addr()
	for range 10 {
		first = first.Next()
	}
	return pods, services, first.String()
}

// maintain sets the hours in which a cluster and its nodes are brought up to
// date: nodes are taken away then, with what runs on them.
func (d *designer) maintain(n *nodes, c *cluster) {
	for _, name := range []string{"aksManagedAutoUpgradeSchedule", "aksManagedNodeOSUpgradeSchedule"} {
		d.add(c.id.Child("maintenanceConfigurations", name), n.pos, arm.O{"properties", arm.O{"maintenanceWindow", arm.O{
			"schedule", arm.O{"weekly", arm.O{"intervalWeeks", 1, "dayOfWeek", "Sunday"}}, "durationHours", 4, "utcOffset", "+00:00", "startTime", "02:00"}}})
	}
}

// clusterOpen records how a cluster was made, and lists what it needs of people.
func (d *designer) clusterOpen(n *nodes, c *cluster, net *net) {
	about := n.share.place.Name()
	if d.wayOut(net) == estate.HubFirewall {
		d.leave(about, "what nodes of "+c.id.Name()+" must reach", "the hub's firewall must let the FQDN tag AzureKubernetesService through, and the registries of its operators", n.pos)
	}
	d.leave(about, "who administers "+c.id.Name(), "it has no local accounts and its API server no public address: people need the role Azure Kubernetes Service RBAC Cluster Admin or less, in a network that reaches it, or az aks command invoke", n.pos)
	answer, because := "AKS keeps it, linked to the cluster's network", "the network asks Azure's own DNS"
	if d.hubbed(net) {
		answer, because = "in public DNS, with the private address", "the platform's zone and a role in it are the platform's to give, and nodes that cannot find the API server do not start"
	}
	d.decide(Decision{About: about, Question: "Where is the name of the API server of " + c.id.Name() + "?", Answer: answer, Because: because,
		Alternatives: []Alternative{{"the platform's zone privatelink." + n.cell.region + ".azmk8s.io", "its id is not in the estate, and the cluster's identity would write in it"}}, Rules: []string{"ORC-04", "NET-11"}, Pos: n.pos})
	d.decide(Decision{About: about, Question: "When are nodes of " + c.id.Name() + " brought up to date?", Answer: "on Sundays from 02:00 to 06:00 UTC", Because: "images of nodes change weekly, and a node is emptied for it; GPU pools get no node more, which would want quota",
		Alternatives: []Alternative{{"never by itself", "versions of Kubernetes are supported for a year"}}, Rules: []string{"ORC-04"}, Pos: n.pos})
}

// helpers gives the small machines beside the nodes that an orchestrator runs
// itself on, priced and counted: the size is chosen and locked as any other.
func (d *designer) helpers(n *nodes, what string, count int) (*nodes, bool) {
	h := &nodes{about: n.share.place.Name() + "/" + what, cell: n.cell, share: n.share, pos: n.pos, sizePos: n.pos, hours: month, count: count, most: count}
	if n.cell.region != string(d.e.Regions.Home) {
		h.about += "@" + n.cell.region
	}
	h.spec = estate.Compute{Size: "auto", VCPUs: 4, Memory: 16 << 30, Nodes: count, RunBy: n.by}
	if !d.choose(h, compute.Need{Role: compute.Preparation}, "", nil, []string{n.cell.region}) {
		return nil, false
	}
	for z := range d.zones(n.cell.region, n.pos) {
		h.zones = append(h.zones, strconv.Itoa(z+1))
	}
	h.share.sub.count(h)
	return h, true
}
