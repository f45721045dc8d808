package limits

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"airfield/arm"
	"airfield/catalog"
	"airfield/diag"
)

// A refusal is one reason why a place does not give a demand its machines. With
// because it could not be told.
type refusal struct {
	code, because, message string
}

// offered holds the sizes that are wanted against what the subscription's lists
// of sizes offer. What exists with the same size was accepted already.
func offered(p *plan) {
	unknown := map[place][]*demand{}
	for i := range p.demands {
		d := &p.demands[i]
		if b, ok := p.before(d); ok && sameSize(b.size, d.size) && b.zones.Text() == d.zones.Text() || !known(d.size) || d.region == "" || is(d.size, "Mix") {
			continue
		}
		m := p.market(d.place())
		if !m.listed {
			unknown[m.place] = append(unknown[m.place], d)
			continue
		}
		b := Block{Path: d.path}
		refused := m.refuses(d)
		if r := m.offer(d.size.Str()); r.sku.Exists() {
			b.At = m.at("Microsoft.Compute", "skus/"+d.size.Str())
		}
		for _, r := range refused {
			b.Because, b.Instead = r.because, nil
			severity := diag.Warning
			if r.because == "" {
				severity, b.Instead = diag.Error, p.alternatives(d)
			}
			p.add(d.Resource, b, severity, r.code, "%s", r.message)
		}
	}
	p.unknownOffers(unknown)
}

// unknownOffers says once for each place and size what only the catalog knows.
func (p *plan) unknownOffers(unknown map[place][]*demand) {
	for _, at := range slices.SortedFunc(maps.Keys(unknown), func(a, b place) int {
		return cmp.Or(cmp.Compare(a.subscription, b.subscription), cmp.Compare(a.region, b.region))
	}) {
		seen := map[string]bool{}
		for _, d := range unknown[at] {
			size, key := d.size.Str(), strings.ToLower(d.size.Str())
			if seen[key] {
				continue
			}
			seen[key] = true
			p.retired(d)
			p.add(d.Resource, Block{Path: d.path, Because: p.lacks(at.subscription, skus) + "; " + sold(size, at.region)}, diag.Warning,
				"limits/size-unknown", "wanted %s in %s", size, at.region)
		}
	}
}

// retired stops sizes of series that new subscriptions cannot deploy.
func (p *plan) retired(d *demand) {
	s, ok := catalog.SizeByName(d.size.Str())
	if !ok || !vended(d.ID.SubscriptionID()) {
		return
	}
	if series, ended := catalog.EndOfLife(s); ended {
		p.add(d.Resource, Block{Path: d.path}, diag.Error, "limits/size-ended", "wanted a size that new subscriptions can deploy, found %s of series %s", s.Name, series)
	}
}

// refuses gives all reasons why a region whose sizes are listed does not give a
// demand its machines.
func (m *market) refuses(d *demand) (all []refusal) {
	size := d.size.Str()
	o := m.offer(size)
	fail := func(code, format string, args ...any) {
		all = append(all, refusal{code: code, message: fmt.Sprintf(format, args...)})
	}
	if !o.sku.Exists() && !m.lists() {
		why := "the list has so few sizes that it may have been filtered; " + sold(size, m.region)
		return []refusal{{"limits/size-offered", why, fmt.Sprintf("wanted %s in %s, found it not in the subscription's list of sizes", size, m.region)}}
	}
	if !o.sku.Exists() {
		fail("limits/size-offered", "wanted a size that %s offers the subscription, found %s, which is not in its list", m.region, size)
		return all
	}
	asked := d.zones.Strings()
	there := o.zones(m.region)
	for r := range items(o.sku.Get("restrictions")) {
		reason := r.Get("reasonCode").Str()
		if in := at(r, "restrictionInfo", "locations").Strings(); len(in) > 0 && !slices.ContainsFunc(in, func(l string) bool { return regionOf(l) == m.region }) {
			continue // a row may be of several regions
		}
		if is(r.Get("type"), "Location") {
			fail("limits/size-restricted", "wanted %s in %s, found it restricted there for the subscription (%s)", size, m.region, reason)
		}
		for _, z := range at(r, "restrictionInfo", "zones").Strings() {
			if is(r.Get("type"), "Zone") && slices.Contains(asked, z) {
				fail("limits/size-restricted", "wanted %s in zone %s of %s, found it restricted there for the subscription (%s)", size, z, m.region, reason)
			}
		}
	}
	for _, z := range asked {
		if !slices.Contains(there, z) {
			fail("limits/size-zone", "wanted %s in zone %s of %s, found it %s", size, z, m.region, inZones(there))
		}
	}
	for _, w := range wishes {
		if wanted, ok := w.asks(d); ok {
			all = append(all, o.grants(m, d, w, wanted)...)
		}
	}
	return all
}

func inZones(zones []string) string {
	if len(zones) == 0 {
		return "in no zone"
	}
	return "in " + strings.Join(zones, ", ")
}

// zones gives the zones of the region that have the size.
func (o *offer) zones(region string) []string {
	for l := range items(o.sku.Get("locationInfo")) {
		if regionOf(l.Get("location").Str()) == region {
			return l.Get("zones").Strings()
		}
	}
	return nil
}

// A wish is something that a body asks of its size, and the capability that
// says whether the size has it.
// learn.microsoft.com/rest/api/compute/resource-skus/list
type wish struct {
	capability string
	absent     bool                                   // a size without the capability surely lacks it
	asks       func(*demand) (wanted string, ok bool) // what is asked, as the value or as a number
	number     bool                                   // the capability is the most there may be
	words      string
}

var wishes = []wish{
	{"UltraSSDAvailable", true, asksUltra, false, "ultra disks"},
	{"EphemeralOSDiskSupported", false, asksEphemeral, false, "an ephemeral OS disk"},
	{"PremiumIO", false, asksPremium, false, "premium disks"},
	{"AcceleratedNetworkingEnabled", false, asksAccelerated, false, "accelerated networking"},
	{"EncryptionAtHostSupported", false, asksHostEncryption, false, "encryption at host"},
	{"LowPriorityCapable", false, func(d *demand) (string, bool) { return "True", d.spot }, false, "Spot"},
	{"CapacityReservationSupported", false, func(d *demand) (string, bool) {
		return "True", capacityReservations.Equal(d.Type()) || d.in != "" && reservation(d.body) != ""
	}, false, "capacity reservations"},
	{"HibernationSupported", false, func(d *demand) (string, bool) {
		return "True", at(d.body, "additionalCapabilities", "hibernationEnabled").True()
	}, false, "hibernation"},
	{"TrustedLaunchDisabled", true, asksTrusted, false, "trusted launch"},
	{"HyperVGenerations", false, asksGeneration, false, "images of this generation"},
	{"CpuArchitectureType", false, asksArchitecture, false, "images of this architecture"},
	{"ConfidentialComputingType", true, asksConfidential, false, "confidential machines"},
	{"DiskControllerTypes", false, asksController, false, "this disk controller"},
	{"MaxDataDiskCount", false, asksDisks, true, "data disks"},
	{"MaxNetworkInterfaces", false, asksNICs, true, "network interfaces"},
}

// grants tells whether the size has what is asked.
func (o *offer) grants(m *market, d *demand, w wish, wanted string) []refusal {
	have := o.capability(w.capability)
	if w.capability == "UltraSSDAvailable" && !is(have, "True") {
		have = o.inZones(m.region, w.capability, d.zones.Strings())
	}
	if !have.Exists() && !w.absent {
		return []refusal{{"limits/size-capability", "the list of sizes does not say its " + w.capability, fmt.Sprintf("wanted %s with %s", w.words, d.size.Str())}}
	}
	if fits(w, have.Str(), wanted) {
		return nil
	}
	words := w.words
	if !slices.Contains([]string{"True", "False", anyValue}, wanted) {
		words += " (" + wanted + ")"
	}
	return []refusal{{"limits/size-capability", "", fmt.Sprintf("wanted %s with %s, found %s %s", words, d.size.Str(), w.capability, cmp.Or(have.Str(), "none"))}}
}

// fits compares a capability with what is asked: a number, one of a list with
// commas, or any value.
func fits(w wish, have, wanted string) bool {
	if w.number {
		h, _ := number(arm.New(have))
		n, _ := number(arm.New(wanted))
		return n <= h
	}
	for _, word := range strings.Split(have, ",") {
		if arm.EqualFold(strings.TrimSpace(word), wanted) {
			return true
		}
	}
	return wanted == anyValue && have != "" || wanted == "False" && have == ""
}

// anyValue is asked for where a capability must only have one.
const anyValue = "any"

// inZones gives a capability that all zones asked for have.
func (o *offer) inZones(region, capability string, zones []string) (have arm.Value) {
	for _, z := range zones {
		have = arm.Value{}
		for l := range items(o.sku.Get("locationInfo")) {
			for detail := range items(l.Get("zoneDetails")) {
				if slices.Contains(detail.Get("name").Strings(), z) {
					have = named(detail.Get("capabilities"), capability)
				}
			}
		}
		if !is(have, "True") {
			return have
		}
	}
	return have
}

// disks gives the kinds of managed disks that a machine's body asks for.
func (d *demand) disks(yield func(arm.Value) bool) {
	if !yield(at(d.body, "storageProfile", "osDisk", "managedDisk", "storageAccountType")) {
		return
	}
	for disk := range items(at(d.body, "storageProfile", "dataDisks")) {
		if !yield(at(disk, "managedDisk", "storageAccountType")) {
			return
		}
	}
}

func asksUltra(d *demand) (string, bool) {
	asked := at(d.body, "additionalCapabilities", "ultraSSDEnabled").True() || at(d.body, "enableUltraSSD").True()
	for kind := range d.disks {
		asked = asked || is(kind, "UltraSSD_LRS")
	}
	return "True", asked
}

func asksPremium(d *demand) (string, bool) {
	asked := false
	for kind := range d.disks {
		asked = asked || is(kind, "Premium_LRS", "Premium_ZRS", "PremiumV2_LRS")
	}
	return "True", asked
}

func asksEphemeral(d *demand) (string, bool) {
	return "True", is(at(d.body, "storageProfile", "osDisk", "diffDiskSettings", "option"), "Local") || is(at(d.body, "osDiskType"), "Ephemeral")
}

func asksAccelerated(d *demand) (string, bool) {
	for nic := range items(at(d.body, "networkProfile", "networkInterfaceConfigurations")) {
		if at(nic, "properties", "enableAcceleratedNetworking").True() {
			return "True", true
		}
	}
	return "", false
}

func asksHostEncryption(d *demand) (string, bool) {
	return "True", at(d.body, "securityProfile", "encryptionAtHost").True() || at(d.body, "enableEncryptionAtHost").True()
}

func asksTrusted(d *demand) (string, bool) {
	return "False", is(at(d.body, "securityProfile", "securityType"), "TrustedLaunch")
}

func asksConfidential(d *demand) (string, bool) {
	return anyValue, is(at(d.body, "securityProfile", "securityType"), "ConfidentialVM")
}

func (d *demand) image() (catalog.Image, bool) {
	ref := at(d.body, "storageProfile", "imageReference")
	return catalog.ImageByURN(at(ref, "publisher").Str() + ":" + at(ref, "offer").Str() + ":" + at(ref, "sku").Str())
}

func asksGeneration(d *demand) (string, bool) {
	if is(at(d.body, "securityProfile", "securityType"), "TrustedLaunch", "ConfidentialVM") {
		return "V2", true
	}
	image, ok := d.image()
	return image.Generation, ok && image.Generation != ""
}

func asksArchitecture(d *demand) (string, bool) {
	image, ok := d.image()
	return image.Arch, ok && image.Arch != ""
}

func asksController(d *demand) (string, bool) {
	c := at(d.body, "storageProfile", "diskControllerType")
	return c.Str(), known(c)
}

func asksDisks(d *demand) (string, bool) {
	n := count(at(d.body, "storageProfile", "dataDisks"))
	return fmt.Sprint(n), n > 0
}

func asksNICs(d *demand) (string, bool) {
	n := max(count(at(d.body, "networkProfile", "networkInterfaces")), count(at(d.body, "networkProfile", "networkInterfaceConfigurations")))
	return fmt.Sprint(n), n > 1
}
