package limits

import (
	"strings"
	"unicode/utf8"

	"airfield/arm"
	"airfield/catalog"
	"airfield/diag"
)

// profile gives what a machine is made from: the properties of a virtual
// machine, the virtualMachineProfile of a scale set.
func (c *check) profile(path ...string) arm.Value {
	if c.is(scaleSets) {
		return at(c.p("virtualMachineProfile"), path...)
	}
	return c.p(path...)
}

// sizeName gives the name of the VM size.
func (c *check) sizeName() arm.Value {
	if c.is(scaleSets) {
		return c.Get("sku", "name")
	}
	return c.p("hardwareProfile", "vmSize")
}

// A machine is what the catalog knows of a virtual machine or scale set.
type machine struct {
	size     *catalog.Size
	image    catalog.Image
	hasImage bool
}

// know looks the machine up in the catalog, once for all rules.
func (c *check) know() *machine {
	if c.machine == nil {
		m, ref := new(machine), c.profile("storageProfile", "imageReference")
		m.size, _ = catalog.SizeByName(c.sizeName().Str())
		m.image, m.hasImage = catalog.ImageByURN(at(ref, "publisher").Str() + ":" + at(ref, "offer").Str() + ":" + at(ref, "sku").Str())
		c.machine = m
	}
	return c.machine
}

// size gives the VM size, nil where the catalog has none of the name.
func (c *check) size() *catalog.Size { return c.know().size }

// image gives the marketplace image, where the catalog has it.
func (c *check) image() (catalog.Image, bool) { return c.know().image, c.know().hasImage }

func (c *check) rdma() bool {
	s := c.size()
	return s != nil && s.RDMA
}

func vmSize(c *check) {
	name := c.sizeName()
	if !known(name) || is(name, "Mix") && c.is(scaleSets) {
		return // Mix: the sizes stand in skuProfile
	}
	if c.size() == nil {
		c.fail("no VM size %q in the catalog%s", name.Str(), diag.DidYouMean(name.Str(), catalog.SizeNames()))
	}
}

func vmComputerName(c *check) {
	n, most, system := utf8.RuneCountInString(c.p("osProfile", "computerName").Str()), 64, "Linux"
	if given(c.p("osProfile", "windowsConfiguration")) || is(c.p("storageProfile", "osDisk", "osType"), "Windows") {
		most, system = 15, "Windows"
	}
	if n > most {
		c.fail("wanted a computer name of at most %d characters on %s, found %d", most, system, n)
	}
}

func vmssComputerNamePrefix(c *check) {
	if p := c.profile("osProfile", "computerNamePrefix"); known(p) && (p.Str() == "" || utf8.RuneCountInString(p.Str()) > 15) {
		c.fail("wanted a computer name prefix of 1 to 15 characters, found %s", p.Text())
	}
}

func vmGeneration(c *check) {
	image, ok := c.image()
	if s := c.size(); ok && s != nil && s.Gen2Only() && image.Generation == "V1" {
		c.fail("wanted a generation 2 image for %s, found %s, of generation 1", s.Name, image.URN())
	}
}

func vmArchitecture(c *check) {
	image, ok := c.image()
	s := c.size()
	if ok && s != nil && s.Arch != "" && image.Arch != "" && s.Arch != image.Arch {
		c.fail("wanted an image for %s, the architecture of %s, found %s, for %s", s.Arch, s.Name, image.URN(), image.Arch)
	}
}

// vmPlan wants the purchase plan of an image that has one: its publisher, its
// offer as product, its SKU as name.
func vmPlan(c *check) {
	image, ok := c.image()
	plan := c.Get("plan")
	if !ok || !image.Plan || plan.Kind() == arm.Unknown {
		return
	}
	ref := c.profile("storageProfile", "imageReference")
	for _, pair := range [][2]string{{"publisher", "publisher"}, {"product", "offer"}, {"name", "sku"}} {
		if have, want := plan.Get(pair[0]), ref.Get(pair[1]).Str(); !is(have, want) && have.Kind() != arm.Unknown {
			c.fail("wanted plan.%s %q, which the image %s needs, found %s", pair[0], want, image.URN(), orNone(have))
		}
	}
}

// vmEncryptionAtHost tells that the subscription has to register the feature,
// unless it is seen to.
func vmEncryptionAtHost(c *check) {
	if !c.profile("securityProfile", "encryptionAtHost").True() {
		return
	}
	feature := c.ID.SubscriptionID() + "/providers/Microsoft.Features/featureProviders/Microsoft.Compute/subscriptionFeatureRegistrations/EncryptionAtHost"
	if _, ok := c.in.Get(feature); !ok {
		c.fail("encryption at host needs the feature Microsoft.Compute/EncryptionAtHost registered in the subscription")
	}
}

// vmTrustedLaunch wants a generation 2 image.
func vmTrustedLaunch(c *check) {
	if image, ok := c.image(); ok && image.Generation == "V1" && is(c.profile("securityProfile", "securityType"), "TrustedLaunch", "ConfidentialVM") {
		c.fail("wanted a generation 2 image for %s, found %s, of generation 1", c.profile("securityProfile", "securityType").Str(), image.URN())
	}
}

func vmSpot(c *check) {
	if !is(c.profile("priority"), "Spot") {
		return
	}
	for _, path := range [][]string{{"evictionPolicy"}, {"billingProfile", "maxPrice"}} {
		if !given(c.profile(path...)) {
			c.fail("wanted %s said with priority Spot, found none", strings.Join(path, "."))
		}
	}
}

func vmSpotOnly(c *check) {
	p := c.profile("priority")
	if e := c.profile("evictionPolicy"); given(e) && p.Kind() != arm.Unknown && !is(p, "Spot", "Low", "SpotPlus") {
		c.fail("wanted no evictionPolicy without priority Spot, found %s", e.Text())
	}
}

func vmMaxPrice(c *check) {
	if p, ok := c.profile("billingProfile", "maxPrice").Float(); ok && p <= 0 && p != -1 {
		c.fail("wanted a maxPrice above 0, or -1 for the pay-as-you-go price, found %v", p)
	}
}

func vmZones(c *check) {
	if n := count(c.Get("zones")); n > 1 {
		c.fail("wanted at most one zone, found %d", n)
	}
}

func vmAvailabilitySet(c *check) {
	if c.p().Kind() == arm.Unknown || !given(c.p("availabilitySet")) {
		return
	}
	if count(c.Get("zones")) > 0 {
		c.fail("wanted a zone or an availability set, found both")
	}
	if given(c.p("virtualMachineScaleSet")) {
		c.fail("wanted a scale set or an availability set, found both")
	}
}

func vmPremiumDisk(c *check) {
	s := c.size()
	if s == nil || s.PremiumIO {
		return
	}
	disks := []arm.Value{c.profile("storageProfile", "osDisk")}
	for d := range items(c.profile("storageProfile", "dataDisks")) {
		disks = append(disks, d)
	}
	for _, d := range disks {
		if kind := at(d, "managedDisk", "storageAccountType"); is(kind, "Premium_LRS", "Premium_ZRS", "PremiumV2_LRS") {
			c.fail("wanted disks that %s can take, found %s", s.Name, kind.Str())
		}
	}
}

func vmDataDisks(c *check) {
	disks := c.profile("storageProfile", "dataDisks")
	if s := c.size(); s != nil && s.MaxDataDisks > 0 && count(disks) > s.MaxDataDisks {
		c.fail("wanted at most %d data disks with %s, found %d", s.MaxDataDisks, s.Name, disks.Len())
	}
	seen := map[int64]bool{}
	for d := range items(disks) {
		lun, ok := d.Get("lun").Int()
		if ok && seen[lun] {
			c.fail("wanted a lun of its own for each data disk, found two with %d", lun)
		}
		seen[lun] = true
	}
}

func vmNICs(c *check) {
	s := c.size()
	n := max(count(c.profile("networkProfile", "networkInterfaces")), count(c.profile("networkProfile", "networkInterfaceConfigurations")))
	if s != nil && s.MaxNICs > 0 && n > s.MaxNICs {
		c.fail("wanted at most %d network interfaces with %s, found %d", s.MaxNICs, s.Name, n)
	}
}

// vmAcceleratedNetworking looks at the interfaces in the body and at those that
// it refers to.
func vmAcceleratedNetworking(c *check) {
	s := c.size()
	if s == nil || s.AcceleratedNetworking {
		return
	}
	for nic := range items(c.profile("networkProfile", "networkInterfaceConfigurations")) {
		if at(nic, "properties", "enableAcceleratedNetworking").True() {
			c.fail("wanted no accelerated networking with %s, found it on %q", s.Name, nic.Get("name").Str())
		}
	}
	for ref := range items(c.profile("networkProfile", "networkInterfaces")) {
		if nic, ok := c.lookup(ref); ok && nic.Get("properties", "enableAcceleratedNetworking").True() {
			c.fail("wanted no accelerated networking with %s, found it on %q", s.Name, nic.ID.Name())
		}
	}
}

// vmLogin wants a key or a password for Linux.
func vmLogin(c *check) {
	linux := c.profile("osProfile", "linuxConfiguration")
	if linux.Kind() == arm.Unknown || given(c.profile("osProfile", "adminPassword")) || !given(c.profile("osProfile", "adminUsername")) {
		return
	}
	keys := at(linux, "ssh", "publicKeys")
	if given(linux) && keys.Kind() != arm.Unknown && keys.Len() == 0 {
		c.fail("wanted an SSH key or a password for Linux, found neither")
	}
}

// uniform and flexible tell a scale set's orchestration. Without the property it
// is Uniform.
func (c *check) uniform() bool {
	m := c.p("orchestrationMode")
	return !given(m) || is(m, "Uniform")
}

func (c *check) flexible() bool { return is(c.p("orchestrationMode"), "Flexible") }

func vmssRDMAUniform(c *check) {
	if c.rdma() && c.flexible() {
		c.fail("wanted orchestration Uniform for the InfiniBand of %s, found Flexible", c.size().Name)
	}
}

// together tells whether nodes of a scale set are to talk over InfiniBand. Those
// behind a load balancer serve, each by itself, and are spread on purpose.
func (c *check) together() bool {
	return c.rdma() && !strings.Contains(strings.ToLower(at(c.p("virtualMachineProfile"), "networkProfile").Text()), "backendaddresspools")
}

func vmssRDMAPlacement(c *check) {
	if !c.together() || !c.uniform() {
		return
	}
	if s := c.p("singlePlacementGroup"); s.Kind() != arm.Unknown && !s.True() {
		c.fail("wanted singlePlacementGroup true for the InfiniBand of %s, found %s", c.size().Name, orNone(s))
	}
}

func vmssRDMAOverprovision(c *check) {
	if o := c.p("overprovision"); c.together() && c.uniform() && o.Kind() != arm.Unknown && !isFalse(o) {
		c.fail("wanted overprovision false for nodes that work together, found %s", orNone(o))
	}
}

func vmssRDMAZones(c *check) {
	if n := count(c.Get("zones")); c.together() && n > 1 {
		c.fail("wanted at most one zone for the InfiniBand of %s, found %d", c.size().Name, n)
	}
}

func vmssRDMAFaultDomains(c *check) {
	if n := c.p("platformFaultDomainCount"); c.together() && c.uniform() && n.Kind() != arm.Unknown && n.Text() != "1" {
		c.fail("wanted platformFaultDomainCount 1 for nodes that work together, found %s", orNone(n))
	}
}

// vmssFaultDomains: 1 or 5 in zones and 1 to 5 without for Uniform, 1 in zones
// and 1 to 3 without for Flexible.
func vmssFaultDomains(c *check) {
	n, ok := c.p("platformFaultDomainCount").Int()
	zoned := count(c.Get("zones")) > 0
	if !ok || c.Get("zones").Kind() == arm.Unknown {
		return
	}
	switch {
	case c.uniform() && zoned && n != 1 && n != 5:
		c.fail("wanted platformFaultDomainCount 1 or 5 in zones, found %d", n)
	case c.uniform() && !zoned && (n < 1 || n > 5):
		c.fail("wanted platformFaultDomainCount 1 to 5, found %d", n)
	case c.flexible() && zoned && n != 1:
		c.fail("wanted platformFaultDomainCount 1 for Flexible in zones, found %d", n)
	case c.flexible() && !zoned && (n < 1 || n > 3):
		c.fail("wanted platformFaultDomainCount 1 to 3 for Flexible, found %d", n)
	}
}

func vmssFlexibleFaultDomains(c *check) {
	if c.flexible() && !given(c.p("platformFaultDomainCount")) {
		c.fail("wanted a platformFaultDomainCount for Flexible, found none")
	}
}

func vmssFlexibleOverprovision(c *check) {
	if c.flexible() && c.p("overprovision").True() {
		c.fail("wanted no overprovision for Flexible, found true")
	}
}

func vmssFlexiblePlacement(c *check) {
	if c.flexible() && c.p("singlePlacementGroup").True() {
		c.fail("wanted no singlePlacementGroup for Flexible, found true")
	}
}

func vmssFlexibleIdentity(c *check) {
	if t := c.Get("identity", "type"); c.flexible() && strings.Contains(strings.ToLower(t.Str()), "systemassigned") {
		c.fail("wanted identities of the user for Flexible, found %s", t.Str())
	}
}

func vmssFlexibleNetwork(c *check) {
	if !c.flexible() || count(c.profile("networkProfile", "networkInterfaceConfigurations")) == 0 {
		return
	}
	if v := c.profile("networkProfile", "networkApiVersion"); v.Kind() != arm.Unknown && v.Str() < "2020-11-01" {
		c.fail("wanted networkApiVersion 2020-11-01 or later for Flexible, found %s", orNone(v))
	}
}

func vmssUpgradeMode(c *check) {
	if c.uniform() && !given(c.p("upgradePolicy", "mode")) {
		c.fail("wanted upgradePolicy.mode for Uniform, found none")
	}
}

// vmssHealth wants a probe or the application health extension where the scale
// set acts on the health of its machines.
func vmssHealth(c *check) {
	acts := c.p("automaticRepairsPolicy", "enabled").True() || is(c.p("upgradePolicy", "mode"), "Rolling") ||
		c.p("upgradePolicy", "automaticOSUpgradePolicy", "enableAutomaticOSUpgrade").True()
	extensions := c.profile("extensionProfile", "extensions")
	if !acts || given(c.profile("networkProfile", "healthProbe")) || extensions.Kind() == arm.Unknown || c.p("externalHealthPolicy", "enabled").True() {
		return
	}
	for e := range items(extensions) {
		if t := at(e, "properties", "type"); t.Kind() == arm.Unknown || is(t, "ApplicationHealthLinux", "ApplicationHealthWindows") {
			return
		}
	}
	c.fail("wanted a health probe or the application health extension for rolling upgrades and repairs, found neither")
}

func vmssZoneBalance(c *check) {
	if z := c.Get("zones"); c.p("zoneBalance").True() && z.Kind() != arm.Unknown && z.Len() < 2 {
		c.fail("wanted two zones or more with zoneBalance, found %d", z.Len())
	}
}

func vmssCapacity(c *check) {
	n, ok := c.Get("sku", "capacity").Int()
	if most := limit("vmss-instances"); ok && n > int64(most) {
		c.fail("wanted at most %d instances, found %d", most, n)
	}
}

func vmssCustomImage(c *check) {
	n, _ := c.Get("sku", "capacity").Int()
	image := c.profile("storageProfile", "imageReference", "id")
	isManaged := arm.Type("Microsoft.Compute/images").Equal(idOf(image).Type())
	if most := limit("vmss-custom-image"); isManaged && n > int64(most) {
		c.fail("wanted at most %d instances with a managed image, found %d", most, n)
	}
}

func vmssPlacementGroup(c *check) {
	n, ok := c.Get("sku", "capacity").Int()
	if most := limit("vmss-single-placement-group"); ok && n > int64(most) && c.p("singlePlacementGroup").True() {
		c.fail("wanted at most %d instances with singlePlacementGroup, found %d", most, n)
	}
}

func placementZones(c *check) {
	if n := count(c.Get("zones")); n > 1 {
		c.fail("wanted at most one zone, found %d", n)
	}
}

func placementIntent(c *check) {
	if count(c.Get("zones")) > 0 && c.p("intent", "vmSizes").Kind() != arm.Unknown && c.p("intent", "vmSizes").Len() == 0 {
		c.fail("wanted intent.vmSizes with a zone, found none")
	}
}
