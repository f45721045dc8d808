package cost

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"airfield/arm"
	"airfield/catalog"
)

// look goes once over the tenant for what the price of one resource has to
// know of others, so that nothing is counted twice.
func (p *pricing) look() {
	p.reserved, p.members, p.bounds = map[place]float64{}, map[arm.ID]float64{}, map[arm.ID]string{}
	p.managed, p.guarded, p.egress = map[arm.ID]bool{}, map[arm.ID]guarded{}, map[string]float64{}
	kept := map[arm.ID]bool{} // resource groups that clusters keep their nodes in
	for r := range p.t.OfType("Microsoft.ContainerService/managedClusters") {
		if name := r.Get("properties", "nodeResourceGroup").Str(); name != "" {
			kept[r.ID.SubscriptionID().ResourceGroup(name).Fold()] = true
		}
	}
	for r := range p.t.OfType("Microsoft.Compute/virtualMachineScaleSets") {
		if group := r.ID.ResourceGroupID().Fold(); kept[group] {
			p.managed[group] = true
		}
	}
	for r := range p.t.OfType("Microsoft.Compute/virtualMachines") {
		if set := refersTo(r.Get("properties", "virtualMachineScaleSet", "id")); set != "" {
			p.members[set.Fold()]++
		}
	}
	for r := range p.t.OfType("Microsoft.Compute/capacityReservationGroups/capacityReservations") {
		n, _ := whole(r.Get("sku", "capacity"))
		p.reserved[place{r.ID.Parent().Fold(), strings.ToLower(r.Get("sku", "name").Str())}] += float64(n)
	}
	for r := range p.t.OfType("Microsoft.Insights/autoscaleSettings") {
		for profile := range r.Get("properties", "profiles").Items() {
			c := profile.Get("capacity")
			p.bounds[refersTo(r.Get("properties", "targetResourceUri")).Fold()] = fmt.Sprintf("autoscale %s keeps between %s and %s", r.ID.Name(), plain(c.Get("minimum")), plain(c.Get("maximum")))
		}
	}
	for r := range p.t.OfType("Microsoft.DevTestLab/schedules") {
		if at := r.Get("properties", "dailyRecurrence", "time").Str(); at != "" && !arm.EqualFold(r.Get("properties", "status").Str(), "Disabled") {
			p.bounds[refersTo(r.Get("properties", "targetResourceId")).Fold()] = "it is shut down daily at " + at + ", and nothing says when it starts again"
		}
	}
}

// refersTo gives the id that a value holds, or refers to.
func refersTo(v arm.Value) arm.ID {
	if ref, ok := v.Ref(); ok {
		return ref.ID
	}
	return arm.ID(v.Str())
}

// plain prints a string or a number.
func plain(v arm.Value) string {
	if s := v.Str(); s != "" {
		return s
	}
	return v.Text()
}

func (p *pricing) virtualMachine() {
	props := p.body.Get("properties")
	state := props.Get("extended", "instanceView", "powerState", "code").Str()
	if strings.EqualFold(state, "PowerState/deallocated") && p.use[Hours] == 0 {
		p.use = Usage{Hours: 0, Nodes: 1}
		p.assume("deallocated when it was read, and stays so")
	}
	size, spot := props.Get("hardwareProfile", "vmSize").Str(), priority(props)
	p.guard(guarded{servers: p.running(1)})
	switch {
	case props.Get("host", "id").Exists() || props.Get("hostGroup", "id").Exists():
		p.free("its hours are paid by its dedicated host", "")
	case p.takeReserved(props, size, 1) == 1:
		p.free("its hours are paid by its capacity reservation", "")
	default:
		p.machines("", size, 1, size != "", spot)
		p.windows(props)
	}
	p.disksOf(props.Get("storageProfile"), 1)
}

func (p *pricing) scaleSet() {
	props, profile := p.body.Get("properties"), p.body.Get("properties", "virtualMachineProfile")
	nodes, known := whole(p.body.Get("sku", "capacity"))
	size := p.body.Get("sku", "name").Str()
	if own := p.members[p.id.Fold()]; own > 0 {
		nodes = max(0, nodes-int64(own))
		if nodes == 0 {
			p.free("its machines are resources of their own", "")
			return
		}
	}
	if !known && size == "" && arm.EqualFold(props.Get("orchestrationMode").Str(), "Flexible") {
		p.free("it has no machines of its own: those that join it are resources", "")
		return
	}
	p.guard(guarded{servers: p.running(float64(nodes))})
	if left := nodes - p.takeReserved(profile, size, nodes); left > 0 || nodes == 0 || !known {
		regular, spot := left, int64(0)
		if priority(profile) {
			regular = regularOf(left, props.Get("priorityMixPolicy"))
			spot = left - regular
		}
		if priority(profile) && regular == 0 {
			p.machines("", size, left, known && size != "", true)
		} else {
			p.mixed(size, regular, spot, known)
		}
		p.windows(profile)
	} else {
		p.free("its hours are paid by its capacity reservation", "")
	}
	p.disksOf(profile.Get("storageProfile"), float64(nodes))
}

// regularOf gives how many of the nodes of a scale set with priority Spot are
// regular ones.
func regularOf(nodes int64, mix arm.Value) int64 {
	base, _ := whole(mix.Get("baseRegularPriorityCount"))
	percent, _ := whole(mix.Get("regularPriorityPercentageAboveBase"))
	base = min(base, nodes)
	return base + ((nodes-base)*min(percent, 100)+99)/100
}

// running gives how many machines run on average, as Defender counts them.
func (p *pricing) running(nodes float64) float64 {
	if n, given := p.use[Nodes]; given {
		nodes = n
	}
	if h, given := p.use[Hours]; given {
		return nodes * h / Month
	}
	return nodes
}

func priority(profile arm.Value) bool {
	s := profile.Get("priority").Str()
	return arm.EqualFold(s, "Spot") || arm.EqualFold(s, "Low")
}

// takeReserved gives how many of the nodes a capacity reservation pays for.
func (p *pricing) takeReserved(props arm.Value, size string, nodes int64) int64 {
	group := refersTo(props.Get("capacityReservation", "capacityReservationGroup", "id"))
	if group == "" {
		return 0
	}
	at := place{group.Fold(), strings.ToLower(size)}
	taken := min(float64(nodes), p.reserved[at])
	p.reserved[at] -= taken
	return int64(taken)
}

// windows lists the licence of Windows, which the prices do not hold.
func (p *pricing) windows(profile arm.Value) {
	disk := profile.Get("storageProfile", "osDisk", "osType").Str()
	if !arm.EqualFold(disk, "Windows") && !profile.Get("osProfile", "windowsConfiguration").Exists() {
		return
	}
	if profile.Get("licenseType").Str() == "" {
		p.lacks("Windows", "the prices are those of machines with Linux")
	}
}

// osDiskGiB is what the system disk of a machine is taken to have where nothing
// says so: images bring 30 to 150 GiB.
const osDiskGiB = 128

// disksOf prices the disks that a profile makes; one that is a resource of the
// tenant is priced there.
func (p *pricing) disksOf(profile arm.Value, nodes float64) {
	if n, given := p.use[Nodes]; given {
		nodes = n
	}
	if nodes == 0 {
		return
	}
	if !profile.Exists() {
		p.lacks("disks", "the body says nothing of them")
	}
	for i, d := range append([]arm.Value{profile.Get("osDisk")}, slices.Collect(profile.Get("dataDisks").Items())...) {
		if id := refersTo(d.Get("managedDisk", "id")); id != "" && p.t.Has(id) || arm.EqualFold(d.Get("diffDiskSettings", "option").Str(), "Local") || !d.Exists() {
			continue
		}
		sku, what := d.Get("managedDisk", "storageAccountType").Str(), "data disk "+d.Get("name").Str()
		gib, given := whole(d.Get("diskSizeGB"))
		if i == 0 {
			what = "system disk"
		}
		if !given && i == 0 {
			gib, given = osDiskGiB, true
			p.assume("a system disk of %d GiB: the image says how large it is", osDiskGiB)
		}
		p.diskLines(strings.TrimSpace(what), sku, gib, given, nodes, d)
	}
}

func (p *pricing) disk() {
	gib, known := whole(p.body.Get("properties", "diskSizeGB"))
	p.diskLines("disk", p.body.Get("sku", "name").Str(), gib, known, 1, p.body.Get("properties"))
}

// diskLines prices disks of one kind: by their tier, or by what is set of IOPS
// and throughput.
func (p *pricing) diskLines(what, sku string, gib int64, known bool, n float64, sets arm.Value) {
	if !known || sku == "" {
		p.lacks(what, "its size or SKU is not known")
		return
	}
	each := count(n, what)
	if kind, ok := setDisks[strings.ToLower(sku)]; ok {
		p.meter(kind.meter+" Provisioned Capacity", p.stored(kind.product, kind.meter, kind.meter+" Provisioned Capacity"), 0, n*float64(gib), fmt.Sprintf("%s × %d GiB", each, gib))
		for _, o := range []struct {
			member, meter string
			included      int64
		}{{"diskIOPSReadWrite", " Provisioned IOPS", kind.iops}, {"diskMBpsReadWrite", " Provisioned Throughput (MBps)", kind.mbps}} {
			set, given := whole(sets.Get(o.member))
			if !given && o.included == 0 {
				p.lacks(kind.meter+o.meter, "how much is set is not known: "+o.member)
			}
			if over := set - o.included; given && over > 0 {
				p.meter(kind.meter+o.meter, p.stored(kind.product, kind.meter, kind.meter+o.meter), 0, n*float64(over), fmt.Sprintf("%s × (%d − %d included)", each, set, o.included))
			}
		}
		return
	}
	letter, redundancy, ok := strings.Cut(sku, "_")
	product, isTier := map[string]string{"premium": "Premium SSD Managed Disks", "standardssd": "Standard SSD Managed Disks", "standard": "Standard HDD Managed Disks"}[strings.ToLower(letter)]
	for _, d := range catalog.Disks() {
		if ok && isTier && arm.EqualFold(d.SKU, sku) && int64(d.MaxGiB) >= gib {
			meter := d.Tier + " " + strings.ToUpper(redundancy)
			p.meter(meter+" Disk", p.stored(product, meter, meter+" Disk"), 0, n, fmt.Sprintf("%s of %d GiB", each, gib))
			if product != "Premium SSD Managed Disks" {
				p.Unpriced = append(p.Unpriced, Unpriced{p.id, product + " Disk Operations", "how many there are is not known", true})
			}
			return
		}
	}
	p.lacks(what, fmt.Sprintf("no tier of %s with %d GiB is known", sku, gib))
}

// setDisks are disks whose capacity, IOPS and throughput are set and paid one
// by one; iops and mbps are what their price holds already.
// learn.microsoft.com/azure/virtual-machines/disks-types#premium-ssd-v2
var setDisks = map[string]struct {
	product, meter string
	iops, mbps     int64
}{
	"premiumv2_lrs": {"Azure Premium SSD v2", "Premium LRS", 3000, 125},
	"ultrassd_lrs":  {"Ultra Disks", "Ultra LRS", 0, 0},
}

// reservation prices what a capacity reservation keeps, used or not.
func (p *pricing) reservation() {
	nodes, known := whole(p.body.Get("sku", "capacity"))
	size := p.body.Get("sku", "name").Str()
	p.use = Usage{Hours: Month}
	p.machines("reserved capacity", size, nodes, known && size != "", false)
}

// mixed prices regular and Spot nodes of one pool.
func (p *pricing) mixed(size string, regular, spot int64, known bool) {
	if regular > 0 && spot > 0 { // which of them an average is of, nobody says
		p.use = maps.Clone(p.use)
		delete(p.use, Nodes)
	}
	if spot > 0 {
		p.machines("", size, spot, known && size != "", true)
	}
	if regular > 0 || spot == 0 {
		p.machines("", size, regular, known && size != "", false)
	}
}

func (p *pricing) batchPool() {
	props := p.body.Get("properties")
	size, fixed := props.Get("vmSize").Str(), props.Get("scaleSettings", "fixedScale")
	dedicated, known := whole(fixed.Get("targetDedicatedNodes"))
	low, someLow := whole(fixed.Get("targetLowPriorityNodes"))
	if !fixed.Exists() {
		dedicated, known = whole(props.Get("currentDedicatedNodes"))
		low, someLow = whole(props.Get("currentLowPriorityNodes"))
		if known {
			p.assume("counted with the %d nodes that it had when it was read: a formula scales it", dedicated+low)
		}
	}
	known = known || someLow
	formula := props.Get("scaleSettings", "autoScale", "formula").Str()
	if !known && strings.Contains(formula, "$TargetLowPriorityNodes") && !strings.Contains(formula, "$TargetDedicatedNodes") {
		p.machines("", size, 0, false, true) // use tells how many
	} else {
		p.mixed(size, dedicated, low, known)
	}
	os := props.Get("deploymentConfiguration", "virtualMachineConfiguration", "osDisk")
	nodes := float64(dedicated + low)
	if n, given := p.use[Nodes]; given {
		nodes, known = n, true
	}
	if (nodes > 0 || !known) && !os.Get("ephemeralOSDiskSettings").Exists() {
		sku := os.Get("managedDisk", "storageAccountType").Str()
		gib, given := whole(os.Get("diskSizeGB"))
		switch {
		case !given || sku == "":
			p.lacks("system disks", "the pool says neither how large they are nor that they are ephemeral")
		case !known:
			p.lacks("system disks", "how many nodes there are on average is not known: nodes")
		default:
			p.diskLines("system disk", sku, gib, true, nodes, arm.Value{})
		}
	}
}

// cluster prices the control plane of an AKS cluster, and the pools in its
// body that are no resources of their own.
func (p *pricing) cluster() {
	switch tier := p.body.Get("sku", "tier").Str(); {
	case tier == "" || arm.EqualFold(tier, "Free"):
		p.free("a control plane of tier Free", "learn.microsoft.com/azure/aks/free-standard-pricing-tiers")
	case arm.EqualFold(tier, "Standard"):
		p.standing("AKS", "Standard tier uptime SLA", 1, "1 cluster")
	default:
		p.lacks("control plane of tier "+tier, "no price is known")
	}
	group := p.id.SubscriptionID().ResourceGroup(p.body.Get("properties", "nodeResourceGroup").Str()).Fold()
	if p.managed[group] {
		p.free("the scale sets of its pools are resources of their own", "")
		return
	}
	for pool := range p.body.Get("properties", "agentPoolProfiles").Items() {
		if name := pool.Get("name").Str(); !p.t.Has(p.id.Child("agentPools", name)) {
			p.pool(name, pool, p.usage[p.id.Child("agentPools", name).Fold()])
		}
	}
}

func (p *pricing) agentPool() {
	if parent, ok := p.t.Get(p.id.Parent()); ok {
		if p.managed[p.id.SubscriptionID().ResourceGroup(parent.Get("properties", "nodeResourceGroup").Str()).Fold()] {
			p.free("its scale set is a resource of its own", "")
			return
		}
	}
	p.pool("", p.body.Get("properties"), p.use)
}

func (p *pricing) pool(name string, pool arm.Value, use Usage) {
	p.use = use
	nodes, known := whole(pool.Get("count"))
	size := pool.Get("vmSize").Str()
	if arm.EqualFold(pool.Get("powerState", "code").Str(), "Stopped") {
		nodes, known = 0, true
	}
	if pool.Get("enableAutoScaling").True() && known {
		p.assume("%s: counted with %s: autoscale keeps between %s and %s", strings.TrimSpace("pool "+name), count(float64(nodes), "node"), plain(pool.Get("minCount")), plain(pool.Get("maxCount")))
	}
	p.machines(name, size, nodes, known && size != "", arm.EqualFold(pool.Get("scaleSetPriority").Str(), "Spot"))
	if s, ok := catalog.SizeByName(size); ok {
		p.guard(guarded{cores: p.running(float64(nodes)) * float64(s.VCPUs)})
	}
	if gib, given := whole(pool.Get("osDiskSizeGB")); nodes > 0 && !arm.EqualFold(pool.Get("osDiskType").Str(), "Ephemeral") {
		if !given || gib == 0 {
			gib = osDiskGiB
			p.assume("system disks of %d GiB, Premium_LRS", osDiskGiB)
		}
		p.diskLines("system disk", "Premium_LRS", gib, true, float64(nodes), arm.Value{})
	}
}

// trainer prices the nodes of a compute target of Azure Machine Learning.
func (p *pricing) trainer() {
	props := p.body.Get("properties", "properties")
	size := props.Get("vmSize").Str()
	nodes, known := whole(props.Get("scaleSettings", "minNodeCount"))
	if arm.EqualFold(p.body.Get("properties", "computeType").Str(), "ComputeInstance") {
		nodes, known = 1, true
	} else if nodes > 0 {
		p.assume("counted with its %d nodes at the least, of %s", nodes, plain(props.Get("scaleSettings", "maxNodeCount")))
	}
	if arm.EqualFold(props.Get("vmPriority").Str(), "LowPriority") {
		p.lacks("low-priority nodes of "+size, "no price of low priority is known, which is not that of Spot")
	} else {
		p.machines("", size, nodes, known && size != "" && nodes > 0, false)
	}
	p.lacks("disks", "what the service gives its nodes is not in the body")
}
