package design

import (
	"slices"
	"strings"

	"airfield/arm"
	"airfield/catalog"
	"airfield/estate"
)

// run makes the nodes of a job, or of a service: one virtual machine, a scale
// set, or what an orchestrator makes nodes of.
func (d *designer) run(n *nodes, j estate.Job, s *estate.Service) {
	if n.by == estate.RunVM && (n.count > 1 || s != nil) {
		d.found.Errorf(n.pos, "design/one-machine", "%q is run by vm, which is one machine, and has %s: write run_by: scale_set or auto", n.about, plural(n.count, "node"))
		return
	}
	n.share.sub.count(n)
	d.idle(n, s)
	made := false
	switch n.by {
	case estate.RunSlurm:
		made = d.slurm(n)
	case estate.RunBatch:
		made = d.batch(n, j)
	case estate.RunAKS:
		made = d.aks(n, s)
	case estate.RunVM:
		made = d.machine(n)
	default:
		made = d.scaleSet(n, s)
	}
	if made {
		d.decideRunner(n, j, s)
	}
}

// runners are the answers to what runs nodes, with their reasons.
var runners = map[estate.RunBy]struct{ answer, because string }{
	estate.RunVM:       {"a virtual machine", "one node needs no more"},
	estate.RunScaleSet: {"a scale set", "equal nodes are made, counted and updated together"},
	estate.RunBatch:    {"Azure Batch", "it schedules and takes nodes away with nothing to install, and sets InfiniBand up"},
	estate.RunAKS:      {"Azure Kubernetes Service", "containers are scheduled, scaled and replaced by what the team knows"},
	estate.RunSlurm:    {"Slurm, by CycleCloud Workspace for Slurm", "a scheduler with queues, as on-premises"},
}

func (d *designer) decideRunner(n *nodes, j estate.Job, s *estate.Service) {
	r, others := runners[n.by], []Alternative{{"slurm, batch or aks", "taken where the estate says so: an orchestrator is the team's habit, not ours to choose"}}
	switch {
	case n.by == estate.RunBatch && j.RunBy != estate.RunBatch:
		r.because = "idle_nodes wants nodes taken away while nothing runs, which a scale set does not; " + r.because
		others = []Alternative{{"slurm or aks", "taken where the estate says so"}, {"a scale set", "its nodes stay, whether they work or not"}}
	case n.by != estate.RunVM && n.by != estate.RunScaleSet:
		r.because = "the estate says so; " + r.because
		others = []Alternative{{"a scale set", "nothing would give its nodes work, or take them away"}}
	case s == nil && n.comes:
		others = append(others, Alternative{"batch", "idle_nodes: 0 or run_by: batch would take the nodes away between runs; nothing in the estate asks for it"})
	}
	d.decide(Decision{About: n.about, Question: "What runs the nodes?", Answer: r.answer, Because: r.because, Rules: []string{"ORC-D1", "CMP-12"}, Pos: n.pos, Changes: "run_by", Alternatives: others})
}

func subnetPurpose(c cell) string {
	if c.role == inference {
		return "serving"
	}
	if c.stage == estate.Prepare || c.stage == estate.Ingest {
		return "preparation"
	}
	return "training"
}

// picture chooses the image.
func (d *designer) picture(n *nodes) bool {
	cluster := n.size.RDMA || n.size.GPUs > 1 || strings.HasPrefix(n.size.GPUModel, "H") || strings.HasPrefix(n.size.GPUModel, "A100") || strings.HasPrefix(n.size.GPUModel, "MI")
	urn, because := "microsoft-dsvm:ubuntu-2204:2204-gen2:latest", "the Data Science VM brings PyTorch, drivers and notebooks; its SKU's name is to be confirmed with az vm image list"
	if cluster {
		urn, because = "microsoft-dsvm:ubuntu-hpc:2404:latest", "the HPC image brings GPU and InfiniBand drivers, NCCL and health checks"
	}
	switch want := n.spec.Image; {
	case want == "dsvm":
		urn, because = "microsoft-dsvm:ubuntu-2204:2204-gen2:latest", "the estate says so"
	case want == "hpc":
		urn, because = "microsoft-dsvm:ubuntu-hpc:2404:latest", "the estate says so"
	case want != "":
		urn, because = want, "the estate says so"
	}
	if strings.HasPrefix(urn, "microsoft-dsvm:ubuntu-hpc:") && n.spec.Image != urn {
		switch {
		case n.size.GPUVendor == "AMD":
			urn, because = "microsoft-dsvm:ubuntu-hpc:2404-rocm:latest", "the HPC image for AMD GPUs"
		case strings.Contains(n.size.GPUModel, "V100"):
			urn, because = "microsoft-dsvm:ubuntu-hpc:2204-v100:latest", "the HPC image for V100 GPUs"
		}
	}
	image, known := catalog.ImageByURN(urn)
	if !known {
		part := strings.Split(urn, ":")
		if len(part) != 4 {
			d.found.Errorf(n.pos, "design/image", "image %q, wanted dsvm, hpc or publisher:offer:sku:version", urn)
			return false
		}
		image = catalog.Image{Publisher: part[0], Offer: part[1], SKU: part[2]}
		d.found.Infof(n.pos, "design/image-unknown", "image %q is not in the catalog: whether it fits %q or needs a purchase plan is not known", urn, n.size.Name)
	}
	if n.size.Arch == "Arm64" && image.Arch != "Arm64" {
		d.found.Errorf(n.pos, "design/image", "size %q is Arm64, and image %q is not known to be: name one as image", n.size.Name, urn)
		return false
	}
	n.image = image
	d.decide(Decision{About: n.about, Question: "Which image?", Answer: urn, Because: because, Rules: []string{"IMG-01", "IMG-02", "IMG-04", "IMG-05", "CMP-13"},
		Alternatives: []Alternative{{"a pinned version", "which versions exist only Azure knows; pin the one that exactVersion shows after the first deployment"}},
		Pos:          n.pos, Changes: "image"})
	if image.Plan {
		d.leave(n.about, "the terms of image "+urn, "its plan must be accepted once in the subscription: az vm image terms accept", n.pos)
	}
	return true
}

const adminUser = "azureuser"

// profile gives what a virtual machine and a scale set's machines have in
// common: storage, operating system, priority.
func (d *designer) profile(n *nodes, computerName, nameKey string) (storage, os any, more arm.O) {
	disk := "Standard_LRS"
	if n.size.PremiumIO {
		disk = "Premium_LRS"
	}
	osDisk := arm.O{"osType", "Linux", "createOption", "FromImage", "caching", "ReadWrite", "managedDisk", arm.O{"storageAccountType", disk}}
	if nameKey == "computerName" {
		osDisk = append(osDisk, "deleteOption", "Delete")
	}
	controller := "" // sizes of the sixth generation boot from NVMe alone
	if n.size.Version >= 6 && n.size.GPUs == 0 {
		controller = "NVMe"
		if d.once("nvme "+n.about) && strings.HasPrefix(n.image.Offer, "ubuntu-2204") {
			d.leave(n.about, "whether image "+n.image.Publisher+":"+n.image.Offer+":"+n.image.SKU+" boots from NVMe", n.size.Name+" takes no other disks: az vm image show tells in features; image: names another", n.pos)
		}
	}
	storage = arm.O{"imageReference", arm.O{"publisher", n.image.Publisher, "offer", n.image.Offer, "sku", n.image.SKU, "version", version(n.spec.Image)}, "osDisk", osDisk}
	if controller != "" {
		storage = append(storage.(arm.O), "diskControllerType", controller)
	}
	key := d.parameter("adminPublicKey", "The SSH public key of the administrator of virtual machines.")
	os = arm.O{nameKey, computerName, "adminUsername", adminUser, "linuxConfiguration", arm.O{
		"disablePasswordAuthentication", true, "provisionVMAgent", true,
		"ssh", arm.O{"publicKeys", arm.A{arm.O{"path", "/home/" + adminUser + "/.ssh/authorized_keys", "keyData", key}}}}}
	more = arm.O{"diagnosticsProfile", arm.O{"bootDiagnostics", arm.O{"enabled", true}}}
	if n.spot {
		more = append(more, "priority", "Spot", "evictionPolicy", "Delete", "billingProfile", arm.O{"maxPrice", -1})
	}
	if !d.hubbed(d.network(n.share, n.cell.region, n.pos)) && d.once("reach "+n.share.place.Name()) {
		d.leave(n.share.place.Name(), "how people reach the machines", "they have no public address, and no Bastion is designed; boot diagnostics are on", n.pos)
	}
	return storage, os, more
}

// version gives the version that an image is named with, latest for none.
func version(urn string) string {
	if part := strings.Split(urn, ":"); len(part) == 4 {
		return part[3]
	}
	return "latest"
}

func (d *designer) plan(n *nodes) arm.O {
	if !n.image.Plan {
		return nil
	}
	return arm.O{"publisher", n.image.Publisher, "product", n.image.Offer, "name", n.image.SKU}
}

// signsIn gives the identity block of compute.
func signsIn(i *identity) arm.O {
	return arm.O{"type", "UserAssigned", "userAssignedIdentities", arm.O{string(i.id), arm.O{}}}
}

// machine makes a virtual machine with its network interface.
func (d *designer) machine(n *nodes) bool {
	const vm, nic = "Microsoft.Compute/virtualMachines", "Microsoft.Network/networkInterfaces"
	if !d.picture(n) {
		return false
	}
	group := d.resourceGroup(n.share, n.cell)
	sn := d.subnet(d.network(n.share, n.cell.region, n.pos), subnetPurpose(n.cell), n.count)
	tk := d.tokens(n.share, n.purpose, n.cell.region, "001")
	nicID := d.put(n.share, group.Resource(nic, d.names.name(nic, "", tk)), n.cell.region, n.pos, arm.O{"properties", arm.O{
		"enableAcceleratedNetworking", n.size.AcceleratedNetworking,
		"ipConfigurations", arm.A{arm.O{"name", "primary", "properties", arm.O{"privateIPAllocationMethod", "Dynamic", "subnet", arm.O{"id", arm.IDOf(sn.id)}}}}}})
	name := d.names.name(vm, "", tk)
	storage, os, more := d.profile(n, computerName(name, 64), "computerName")
	properties := append(arm.O{"hardwareProfile", arm.O{"vmSize", n.size.Name}, "storageProfile", storage, "osProfile", os,
		"networkProfile", arm.O{"networkInterfaces", arm.A{arm.O{"id", arm.IDOf(nicID), "properties", arm.O{"primary", true, "deleteOption", "Detach"}}}}}, more...)
	members := arm.O{"identity", signsIn(n.identity), "plan", d.plan(n), "properties", properties}
	if n.zones != nil {
		members = append(members, "zones", n.zones)
	}
	id := d.put(n.share, group.Resource(vm, name), n.cell.region, n.pos, members)
	d.runs(id, n)
	d.shutdown(n, id)
	return true
}

// computerName gives a host name of at most n characters.
func computerName(name string, n int) string {
	if len(name) > n {
		name = name[:n]
	}
	return strings.TrimRight(name, "-")
}

// scaleSet makes a scale set: of one placement group in one zone for nodes that
// talk over InfiniBand (guidance CMP-11), behind a load balancer for a service.
func (d *designer) scaleSet(n *nodes, s *estate.Service) bool {
	const t = "Microsoft.Compute/virtualMachineScaleSets"
	if !d.picture(n) {
		return false
	}
	group, net := d.resourceGroup(n.share, n.cell), d.network(n.share, n.cell.region, n.pos)
	sn := d.subnet(net, subnetPurpose(n.cell), n.most)
	name := d.names.name(t, "", d.tokens(n.share, n.purpose, n.cell.region, "001"))
	storage, os, more := d.profile(n, computerName(n.cell.key+n.purpose, 9), "computerNamePrefix")
	ip := arm.O{"name", "primary", "properties", arm.O{"primary", true, "privateIPAddressVersion", "IPv4", "subnet", arm.O{"id", arm.IDOf(sn.id)}}}
	members := arm.O{"sku", arm.O{"name", n.size.Name, "tier", "Standard", "capacity", n.count}, "identity", signsIn(n.identity), "plan", d.plan(n)}
	if n.zones != nil {
		members = append(members, "zones", n.zones)
	}
	properties := arm.O{"orchestrationMode", "Uniform", "overprovision", false, "platformFaultDomainCount", 1, "upgradePolicy", arm.O{"mode", "Manual"}}
	single := n.size.RDMA && n.cell.role == training
	properties = append(properties, "singlePlacementGroup", single)
	if single && n.count > 100 {
		d.found.Errorf(n.pos, "design/placement-group", "%q has %d nodes with InfiniBand, and one placement group holds at most 100", n.about, n.count)
	}
	if len(n.zones) > 1 {
		properties = append(properties, "zoneBalance", true)
	}
	if len(n.zones) > 1 && d.e.Network.Egress != estate.NoEgress && !d.hubbed(net) && d.once("egress zone "+string(net.id)) {
		d.leave(n.share.place.Name(), "the way out when a zone is lost", "a NAT gateway lies in one zone, which Azure chooses, while the instances are spread", n.pos)
	}
	if s != nil {
		balancer := d.balancer(n, group, net, sn, s.Port)
		ip[3] = append(ip[3].(arm.O), "loadBalancerBackendAddressPools", arm.A{arm.O{"id", arm.IDOf(balancer.Child("backendAddressPools", "nodes"))}})
	}
	nic := arm.O{"name", "primary", "properties", arm.O{"primary", true, "enableAcceleratedNetworking", n.size.AcceleratedNetworking, "ipConfigurations", arm.A{ip}}}
	profile := append(arm.O{"storageProfile", storage, "osProfile", os, "networkProfile", arm.O{"networkInterfaceConfigurations", arm.A{nic}}}, more...)
	properties = append(properties, "virtualMachineProfile", profile)
	id := d.put(n.share, group.Resource(t, name), n.cell.region, n.pos, append(members, "properties", properties))
	d.runs(id, n)
	if n.cell.role == inference {
		d.serving[id] = true
	}
	d.autoscale(n, id)
	return true
}

// balancer makes the load balancer in front of a service: with an address of
// the internet for online workloads, of the network for all others.
func (d *designer) balancer(n *nodes, group arm.ID, net *net, sn *subnet, port int) arm.ID {
	const t, ip = "Microsoft.Network/loadBalancers", "Microsoft.Network/publicIPAddresses"
	online := n.cell.place.Connects == estate.Online
	abbreviation, _ := catalog.AbbreviationOf(t, "internal")
	frontend := arm.O{"privateIPAllocationMethod", "Dynamic", "privateIPAddressVersion", "IPv4", "subnet", arm.O{"id", arm.IDOf(sn.id)}}
	tk := d.tokens(n.share, n.purpose, n.cell.region, "001")
	if online {
		abbreviation, _ = catalog.AbbreviationOf(t, "external")
		members := arm.O{"sku", arm.O{"name", "Standard"}, "properties", arm.O{"publicIPAllocationMethod", "Static", "publicIPAddressVersion", "IPv4"}}
		if len(n.zones) > 1 {
			members = append(members, "zones", n.zones)
		}
		address := d.put(n.share, group.Resource(ip, d.names.name(ip, "", tk)), n.cell.region, n.pos, members)
		frontend = arm.O{"publicIPAddress", arm.O{"id", arm.IDOf(address)}}
		if !slices.Contains(sn.ports, port) {
			sn.ports = append(sn.ports, port)
		}
		d.leave(n.about, "a web application firewall in front of the load balancer", "guidance NET-16 wants one for what faces the internet; an application gateway is not designed yet", n.pos)
	}
	sn.addresses++
	front := arm.O{"name", "frontend", "properties", frontend}
	if !online && len(n.zones) > 1 {
		front = append(front, "zones", n.zones)
	}
	id := group.Resource(t, d.names.name(t, abbreviation, tk))
	rule := arm.O{"protocol", "Tcp", "frontendPort", port, "backendPort", port, "idleTimeoutInMinutes", 4, "enableTcpReset", true, "disableOutboundSnat", true,
		"frontendIPConfiguration", arm.O{"id", arm.IDOf(id.Child("frontendIPConfigurations", "frontend"))},
		"backendAddressPool", arm.O{"id", arm.IDOf(id.Child("backendAddressPools", "nodes"))},
		"probe", arm.O{"id", arm.IDOf(id.Child("probes", "answers"))}}
	return d.put(n.share, id, n.cell.region, n.pos, arm.O{"sku", arm.O{"name", "Standard"}, "properties", arm.O{
		"frontendIPConfigurations", arm.A{front}, "backendAddressPools", arm.A{arm.O{"name", "nodes"}},
		"probes", arm.A{arm.O{"name", "answers", "properties", arm.O{"protocol", "Tcp", "port", port, "intervalInSeconds", 15, "numberOfProbes", 2}}},
		"loadBalancingRules", arm.A{arm.O{"name", "serve", "properties", rule}}}})
}
