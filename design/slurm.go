package design

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"airfield/arm"
	"airfield/catalog"
	"airfield/estate"
)

// workspaceRelease is the release of CycleCloud Workspace for Slurm whose
// parameters are written: that of Azure/cyclecloud-slurm-workspace by this tag.
const workspaceRelease = "2025.02.06"

const workspaceTool = "CycleCloud Workspace for Slurm"

// workspace is a Slurm cluster of CycleCloud Workspace for Slurm in the making.
// The workspace is an application's template: what it makes is the
// application's, not ours, and only the subnets that it lies in are.
type workspace struct {
	group   arm.ID // that it is to make
	network *net
	cycle   *subnet
	compute *subnet
	control *nodes
	tags    arm.Value
	region  string
	arrays  map[string]*nodes // by the name of its node array; nil for none
	first   *nodes            // that asked for it
}

// slurm puts a job into the Slurm cluster of its environment and region.
func (d *designer) slurm(n *nodes) bool {
	w, ok := d.workspace(n)
	if !ok {
		return false
	}
	array := nodeArray(n.size)
	if other := w.arrays[array]; other != nil {
		if other.size != n.size || array == "htc" && other.spot != n.spot {
			d.found.Errorf(n.pos, "design/slurm-array", "%q and %q are run by slurm on different sizes or Spot, and a workspace has one node array %s: give both the same size, or run one by batch", other.about, n.about, array)
			return false
		}
		other.count += n.count
	} else {
		own := *n
		w.arrays[array] = &own
	}
	w.compute.addresses += n.count
	d.planned(n)
	d.leave(n.about, "what the job may read and write", "its nodes sign in as ccwLockerManagedIdentity, which the workspace makes: az identity show --name ccwLockerManagedIdentity --resource-group "+w.group.Name()+", then the roles of "+n.identity.id.Name()+" for it too", n.pos)
	return true
}

// arrays says why a size cannot be chosen for a job that Slurm runs: another
// job has one in the same node array already.
func (d *designer) arrays(n *nodes, name string) func(*catalog.Size) string {
	if n.spec.RunBy != estate.RunSlurm {
		return nil
	}
	has := map[string]*catalog.Size{}
	if w := n.share.workspaces[n.cell.region]; w != nil {
		for array, other := range w.arrays {
			has[array] = other.size
		}
	}
	for _, j := range n.cell.place.Jobs {
		if s, stated := catalog.SizeByName(j.Value.Size); stated && j.Key != name && j.Value.RunBy == estate.RunSlurm && string(d.e.Region(j.Value.Region)) == n.cell.region {
			has[nodeArray(s)] = s
		}
	}
	return func(s *catalog.Size) string {
		if other := has[nodeArray(s)]; other != nil && other != s {
			return "is not " + other.Name + ", which Slurm's node array " + nodeArray(s) + " has for another job"
		}
		return ""
	}
}

// nodeArray gives the node array of a workspace that nodes of a size belong in.
func nodeArray(size *catalog.Size) string {
	switch {
	case size.GPUs > 0:
		return "gpu"
	case size.RDMA:
		return "hpc"
	}
	return "htc"
}

// workspace gives the workspace of an environment in a region, and plans it
// where it is the first.
func (d *designer) workspace(n *nodes) (*workspace, bool) {
	if w := n.share.workspaces[n.cell.region]; w != nil {
		return w, true
	}
	control, ok := d.helpers(n, "slurm:control", 3) // CycleCloud, scheduler, login
	if !ok {
		return nil, false
	}
	d.planned(control)
	net := d.network(n.share, n.cell.region, n.pos)
	w := &workspace{network: net, control: control, tags: n.share.tags, region: n.cell.region, arrays: map[string]*nodes{}, first: n,
		group: n.share.sub.id.ResourceGroup(d.names.name(arm.ResourceGroupType, "", d.tokens(n.share, "slurm", n.cell.region, "001")))}
	w.cycle, w.compute = d.subnet(net, "cyclecloud", 4), d.subnet(net, "slurm", 5) // of the machine and its storage; of scheduler, login and unused arrays
	n.share.workspaces[n.cell.region] = w
	d.workspaces = append(d.workspaces, w)
	return w, true
}

// finishSlurm writes the parameters of each workspace, once all jobs have said
// what they need.
func (d *designer) finishSlurm() {
	for _, w := range d.workspaces {
		n := w.first
		about := n.share.place.Name()
		name := "slurm/" + w.group.Name() + ".json"
		d.files = append(d.files, File{Name: name, Body: d.workspaceParameters(w)})
		d.expectWorkspace(w)
		d.leave(about, "the Slurm cluster", fmt.Sprintf("CycleCloud Workspace for Slurm is deployed apart, into networks that are there: git clone --depth 1 --branch %s https://github.com/Azure/cyclecloud-slurm-workspace; az vm image terms accept --urn azurecyclecloud:azure-cyclecloud:cyclecloud8-gen2:latest; az deployment sub create --location %s --template-file cyclecloud-slurm-workspace/bicep/mainTemplate.bicep --parameters @%s --parameters adminPassword=… adminSshPublicKey=… in %s%s", workspaceRelease, w.region, name, n.share.sub.name, atWords(w.network.id)), n.pos)
		d.leave(about, "roles for the Slurm cluster", "whoever deploys it needs Contributor and User Access Administrator of the subscription, and it gives its CycleCloud machine Contributor there: more than anything else here has, for a policy or a review to know of", n.pos)
		if d.wayOut(w.network) != estate.NATGateway {
			d.leave(about, "what the Slurm cluster must reach", "CycleCloud asks Azure Resource Manager and Entra for nodes, and nodes fetch packages: the hub's firewall must let them, and network.egress none has no way for them", n.pos)
		}
		if w.control.size.Version >= 6 {
			d.leave(about, "whether the workspace's images boot on "+w.control.size.Name, "sizes of the sixth generation take NVMe disks alone: another of 4 vCPUs in the file does where they do not", n.pos)
		}
		d.decide(Decision{About: about, Question: "What does CycleCloud Workspace for Slurm make itself?", Answer: "resource group " + w.group.Name() + " with CycleCloud, scheduler, login node, storage and all nodes",
			Because:      "it is an application's template, of release " + workspaceRelease + ": here are its subnets " + w.cycle.id.Name() + " and " + w.compute.id.Name() + ", what the job keeps, and " + name,
			Alternatives: []Alternative{{"a scheduler of our own on scale sets", "autoscaling, images and Slurm's own setup would be ours to keep"}}, Rules: []string{"ORC-D1", "ORC-05"}, Pos: n.pos, Changes: "run_by"})
	}
}

// atWords says what stands in a file for the id of a subscription that is not
// known yet.
func atWords(id arm.ID) string {
	if sub := id.SubscriptionID().Name(); sub[0] == '@' {
		return "; " + sub + " in the file stands for the subscription's id, and estate.lock may say it"
	}
	return ""
}

// workspaceParameters gives the parameters of bicep/mainTemplate.bicep without
// its secrets. Arrays that no job uses begin with none and hold one.
// github.com/Azure/cyclecloud-slurm-workspace/blob/2025.02.06/bicep/types.bicep
func (d *designer) workspaceParameters(w *workspace) arm.Value {
	small := w.control.size.Name
	const system = "cycle.image.ubuntu22"
	array := func(name string) arm.O {
		o := arm.O{"sku", small, "osImage", system, "maxNodes", 1, "availabilityZone", arm.A{}}
		if n := w.arrays[name]; n != nil {
			o = arm.O{"sku", n.size.Name, "osImage", workspaceImage(n), "maxNodes", n.count, "availabilityZone", n.zones}
			if n.zones == nil {
				o[7] = arm.A{}
			}
		}
		if name == "htc" {
			n := w.arrays[name]
			o = append(o, "useSpot", n != nil && n.spot)
		}
		return o
	}
	tags := arm.O{}
	for _, kind := range []string{"Resource group", "Node Array", "Microsoft.Compute/virtualMachines", "Microsoft.Network/networkInterfaces", "Microsoft.Network/networkSecurityGroups",
		"Microsoft.Network/privateEndpoints", "Microsoft.Network/privateDnsZones", "Microsoft.Storage/storageAccounts", "Microsoft.ManagedIdentity/userAssignedIdentities"} {
		tags = append(tags, kind, w.tags)
	}
	parameters := arm.O{}
	for _, p := range []struct {
		name  string
		value any
	}{
		{"location", w.region}, {"adminUsername", adminUser}, {"resourceGroup", w.group.Name()},
		{"ccVMName", computerName(w.group.Name()+"-cycle", 64)}, {"ccVMSize", small},
		{"sharedFilesystem", arm.O{"type", "nfs-new", "nfsCapacityInGb", 512}},
		{"network", arm.O{"type", "existing", "name", w.network.id.Name(), "id", string(w.network.id), "cyclecloudSubnet", w.cycle.id.Name(), "computeSubnet", w.compute.id.Name(), "storagePrivateDnsZoneExists", d.answered(w.network, "blob")}},
		{"slurmSettings", arm.O{"version", "24.05.4-2", "healthCheckEnabled", true}},
		{"schedulerNode", arm.O{"sku", small, "osImage", system}},
		{"loginNodes", arm.O{"sku", small, "osImage", system, "initialNodes", 1, "maxNodes", 1}},
		{"htc", array("htc")}, {"hpc", array("hpc")}, {"gpu", array("gpu")},
		{"databaseConfig", arm.O{"type", "disabled"}}, {"acceptMarketplaceTerms", false}, {"tags", tags},
	} {
		parameters = append(parameters, p.name, arm.O{"value", p.value})
	}
	return arm.New(arm.O{"$schema", "https://schema.management.azure.com/schemas/2019-04-01/deploymentParameters.json#", "contentVersion", "1.0.0.0", "parameters", parameters})
}

// expectWorkspace notes what makes the workspace run: CycleCloud's machine, the
// scheduler that it starts in its own group, and of each array that is used a
// scale set at its most. Tags are given to what the template makes and to arrays
// of work. None of these has a public address, a reservation or a host of its own.
// github.com/Azure/cyclecloud-slurm-workspace/tree/2025.02.06/bicep: vm.bicep, and
// slurm.txt, initial_params.json and cyclecloud_install.py of files-to-load
func (d *designer) expectWorkspace(w *workspace) {
	expect := func(t arm.Type, part string, n *nodes, members arm.O) arm.ID {
		return d.expect(workspaceTool, w.group.Resource(t, w.group.Name()+"-"+part), n.pos, append(arm.O{"location", w.region}, members...))
	}
	d.expect(workspaceTool, w.group, w.first.pos, arm.O{"name", w.group.Name(), "location", w.region, "tags", w.tags})
	market := arm.O{"publisher", "azurecyclecloud", "product", "azure-cyclecloud", "name", "cyclecloud8-gen2"}
	machine := func(part string, sn *subnet, known ...any) {
		ip := arm.O{"subnet", arm.O{"id", arm.IDOf(sn.id)}, "publicIPAddress", nil}
		nic := expect("Microsoft.Network/networkInterfaces", part+"-nic", w.first, append(arm.O{"properties", arm.O{"ipConfigurations", arm.A{arm.O{"properties", ip}}}}, known[:min(2, len(known))]...))
		expect("Microsoft.Compute/virtualMachines", part, w.first, append(arm.O{"properties", arm.O{"hardwareProfile", arm.O{"vmSize", w.control.size.Name}, "priority", "Regular", "evictionPolicy", nil,
			"availabilitySet", nil, "virtualMachineScaleSet", nil, "capacityReservation", nil, "host", nil, "hostGroup", nil, "networkProfile", arm.O{"networkInterfaces", arm.A{arm.O{"id", arm.IDOf(nic)}}}, "storageProfile", arm.O{"osDisk", arm.O{"osType", "Linux"}}}}, known...))
	}
	machine("cyclecloud", w.cycle, "tags", w.tags, "plan", market)
	machine("scheduler", w.compute)
	array := func(part string, n *nodes, count int, profile, known arm.O) {
		ip := arm.O{"subnet", arm.O{"id", arm.IDOf(w.compute.id)}, "publicIPAddressConfiguration", nil}
		profile = append(profile, "capacityReservation", nil, "priority", pick(n.spot, "Spot", "Regular"))
		if !n.spot {
			profile = append(profile, "evictionPolicy", nil)
		}
		profile = append(profile, "networkProfile", arm.O{"networkInterfaceConfigurations", arm.A{arm.O{"properties", arm.O{"ipConfigurations", arm.A{arm.O{"properties", ip}}}}}})
		expect(scaleSetType, part, n, append(arm.O{"sku", arm.O{"name", n.size.Name, "capacity", count}, "properties", arm.O{"virtualMachineProfile", profile, "priorityMixPolicy", nil, "hostGroup", nil}}, known...))
	}
	array("login", w.control, 1, nil, nil)
	for _, name := range slices.Sorted(maps.Keys(w.arrays)) {
		n := w.arrays[name]
		profile := arm.O{"storageProfile", arm.O{"osDisk", arm.O{"osType", "Linux"}}}
		if urn := strings.Split(workspaceImage(n), ":"); len(urn) == 4 {
			profile[1] = append(profile[1].(arm.O), "imageReference", arm.O{"publisher", urn[0], "offer", urn[1], "sku", urn[2], "version", urn[3]})
		}
		array(name, n, n.count, profile, arm.O{"zones", append([]string{}, n.zones...), "tags", w.tags})
	}
}

// answered tells whether names of endpoints to a part of a service are answered in
// a network already: by the platform, or by a zone of ours. It has room for one.
func (d *designer) answered(n *net, part string) bool {
	return d.hubbed(n) || d.said["zone "+string(n.group.Resource(privateZones, linkZones[part]))]
}

// workspaceImage gives the image of a node array: the release is made for
// Ubuntu 22.04.
func workspaceImage(n *nodes) string {
	if n.spec.Image == "" || n.spec.Image == "hpc" || n.spec.Image == string(estate.RunAuto) {
		return "microsoft-dsvm:ubuntu-hpc:2204:latest"
	}
	if n.spec.Image == "dsvm" {
		return "microsoft-dsvm:ubuntu-2204:2204-gen2:latest"
	}
	return n.spec.Image
}
