package limits

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"airfield/arm"
)

// ranges appends the address ranges of an array that are well formed, and says
// which are not.
func (c *check) ranges(all []netip.Prefix, v arm.Value, complain bool) []netip.Prefix {
	for item := range items(v) {
		all = c.oneRange(all, item, complain)
	}
	return all
}

func (c *check) oneRange(all []netip.Prefix, v arm.Value, complain bool) []netip.Prefix {
	p, err := parsePrefix(v.Str())
	switch {
	case err == nil:
		return append(all, p)
	case complain:
		c.fail("wanted an address range, and %v", err)
	}
	return all
}

func vnetPrefixes(c *check) {
	if !given(c.p("addressSpace", "addressPrefixes")) && !given(c.p("addressSpace", "ipamPoolPrefixAllocations")) {
		c.fail("wanted an address space, found none")
		return
	}
	var buf [4]netip.Prefix
	all := c.ranges(buf[:0], c.p("addressSpace", "addressPrefixes"), true)
	if a, b, found := overlap(all); found {
		c.fail("wanted address ranges that share no address, found %s and %s", a, b)
	}
}

// peeringOverlap compares the spaces of the two networks, where both are known.
func peeringOverlap(c *check) {
	here, ok := c.get(c.ID.Parent())
	there, found := c.lookup(c.p("remoteVirtualNetwork"))
	if !ok || !found {
		return
	}
	others := c.ranges(nil, there.Get("properties", "addressSpace", "addressPrefixes"), false)
	for _, a := range c.ranges(nil, here.Get("properties", "addressSpace", "addressPrefixes"), false) {
		for _, b := range others {
			if a.Overlaps(b) {
				c.fail("wanted networks that share no address, found %s of %q and %s of %q", a, here.ID.Name(), b, there.ID.Name())
				return
			}
		}
	}
}

// subnetRanges appends the ranges of a subnet, which has one in addressPrefix
// or a list in addressPrefixes.
func subnetRanges(all []netip.Prefix, c *check, properties arm.Value, complain bool) []netip.Prefix {
	if v := at(properties, "addressPrefix"); known(v) {
		return c.oneRange(all, v, complain)
	}
	return c.ranges(all, at(properties, "addressPrefixes"), complain)
}

func subnetPrefix(c *check) {
	if !given(c.p("addressPrefix")) && !given(c.p("addressPrefixes")) && !given(c.p("ipamPoolPrefixAllocations")) {
		c.fail("wanted an address range, found none")
		return
	}
	var buf [4]netip.Prefix
	subnetRanges(buf[:0], c, c.p(), true)
}

func subnetInVnet(c *check) {
	vnet, ok := c.get(c.ID.Parent())
	spaces := vnet.Get("properties", "addressSpace", "addressPrefixes")
	if !ok || spaces.Kind() != arm.Array {
		return
	}
	var buf, mine [4]netip.Prefix
	all := c.ranges(buf[:0], spaces, false)
	if len(all) < spaces.Len() {
		return // some are not known
	}
	for _, p := range subnetRanges(mine[:0], c, c.p(), false) {
		if !within(p, all) {
			c.fail("wanted a range within %s of %q, found %s", strings.Join(spaces.Strings(), ", "), vnet.ID.Name(), p)
		}
	}
}

// subnetOverlap compares a subnet with those before it, in the body of its
// network or beside it in the tenant, so that a pair is found once, and with all
// that exist.
func subnetOverlap(c *check) {
	var buf [4]netip.Prefix
	mine := subnetRanges(buf[:0], c, c.p(), false)
	for _, s := range c.subnetsOf(c.ID.Parent()) {
		if order := arm.ID(s.name).Compare(arm.ID(c.ID.Name())); order == 0 || order > 0 && !s.theirs {
			continue
		}
		if i := slices.IndexFunc(mine, s.prefix.Overlaps); i >= 0 {
			c.fail("wanted a range of its own, found %s, which overlaps %s of %q", mine[i], s.prefix, s.name)
		}
	}
}

// A sibling is one address range of a subnet of a network.
type sibling struct {
	name   string
	prefix netip.Prefix
	theirs bool
}

// subnetsOf gives the ranges of all subnets of a network: first those in its
// body, then those beside it in the tenant that are not in its body too. All
// subnets of a body ask for the same, which is why it is kept.
func (c *check) subnetsOf(network arm.ID) []sibling {
	if c.network == network {
		return c.siblings
	}
	c.network, c.siblings = network, nil
	var buf [4]netip.Prefix
	add := func(name string, properties arm.Value, theirs bool) {
		for _, p := range subnetRanges(buf[:0], c, properties, false) {
			c.siblings = append(c.siblings, sibling{name, p, theirs})
		}
	}
	vnet, _ := c.get(network)
	body := vnet.Get("properties", "subnets")
	for s := range items(body) {
		add(s.Get("name").Str(), s.Get("properties"), vnet.Theirs)
	}
	var written map[string]bool // by names in lower case, made where something lies beside the body
	for r := range c.in.Range(network) {
		if r.ID.Equal(network) || !subnets.Equal(r.Type()) {
			continue
		}
		if written == nil {
			written = map[string]bool{}
			for s := range items(body) {
				written[strings.ToLower(s.Get("name").Str())] = true
			}
		}
		if !written[strings.ToLower(r.ID.Name())] {
			add(r.ID.Name(), r.Get("properties"), r.Theirs)
		}
	}
	return c.siblings
}

func subnetSize(c *check) {
	most, of := 29, "a subnet"
	for _, s := range []struct{ name, key string }{
		{"AzureBastionSubnet", "subnet-prefix-bastion"},
		{"AzureFirewallSubnet", "subnet-prefix-firewall"},
		{"GatewaySubnet", "subnet-prefix-gateway"},
		{"RouteServerSubnet", "subnet-prefix-route-server"},
	} {
		if arm.EqualFold(c.ID.Name(), s.name) {
			most, of = limit(s.key), s.name
		}
	}
	var buf [4]netip.Prefix
	for _, p := range subnetRanges(buf[:0], c, c.p(), false) {
		if p.Addr().Is4() && p.Bits() > most {
			c.fail("wanted /%d or larger for %s, found %s", most, of, p)
		}
	}
}

// withoutNSG are the subnets that may not or need not have a network security
// group, as the landing zone's policy Deny-Subnet-Without-Nsg lists them.
var withoutNSG = []string{"GatewaySubnet", "AzureFirewallSubnet", "AzureFirewallManagementSubnet", "RouteServerSubnet"}

func isOneOf(name string, names []string) bool {
	for _, n := range names {
		if arm.EqualFold(n, name) {
			return true
		}
	}
	return false
}

func subnetNSG(c *check) {
	if !isOneOf(c.ID.Name(), withoutNSG) && !given(c.p("networkSecurityGroup")) {
		c.fail("wanted a network security group, found none")
	}
}

func nsgPriority(c *check) {
	if p, ok := c.p("priority").Int(); ok && (p < 100 || p > 4096) {
		c.fail("wanted a priority of 100 to 4096, found %d", p)
	}
}

func nsgPriorityUnique(c *check) {
	all := c.p("securityRules")
	if count(all) < 2 {
		return
	}
	seen := map[string]string{}
	for r := range items(all) {
		p, ok := at(r, "properties", "priority").Int()
		direction := at(r, "properties", "direction").Str()
		if !ok || direction == "" {
			continue
		}
		key := strings.ToLower(direction) + strconv.FormatInt(p, 10)
		if first, twice := seen[key]; twice {
			c.fail("wanted one %s rule of priority %d, found %q and %q", direction, p, first, r.Get("name").Str())
		}
		seen[key] = r.Get("name").Str()
	}
}

func nsgRules(c *check) {
	if n, most := count(c.p("securityRules")), limit("nsg-rules"); n > most {
		c.fail("wanted at most %d rules, found %d", most, n)
	}
}

// A member of a security rule has a plural beside it, either with a string or
// with an array.
type member struct{ one, many string }

var (
	sourcePorts          = member{"sourcePortRange", "sourcePortRanges"}
	destinationPorts     = member{"destinationPortRange", "destinationPortRanges"}
	sourceAddresses      = member{"sourceAddressPrefix", "sourceAddressPrefixes"}
	destinationAddresses = member{"destinationAddressPrefix", "destinationAddressPrefixes"}
)

// strings appends the strings of both spellings of a member.
func (c *check) strings(all []string, m member) []string {
	for _, v := range [2]arm.Value{c.p(m.one), c.p(m.many)} {
		if v.Kind() == arm.String {
			all = append(all, v.Str())
		}
		for item := range v.Items() {
			all = append(all, item.Str())
		}
	}
	return all
}

// ports reads 22, 20-30 or *.
func ports(s string) (from, to int, ok bool) {
	if s == "*" {
		return 0, 65535, true
	}
	a, b, isRange := strings.Cut(s, "-")
	if !isRange {
		b = a
	}
	from, err := strconv.Atoi(a)
	to, err2 := strconv.Atoi(b)
	return from, to, err == nil && err2 == nil && 0 <= from && from <= to && to <= 65535
}

func nsgPorts(c *check) {
	var buf [8]string
	for _, m := range [2]member{sourcePorts, destinationPorts} {
		for _, s := range c.strings(buf[:0], m) {
			if _, _, ok := ports(s); s != "" && !ok {
				c.fail("wanted a port, a range of ports within 0-65535 or * in %s, found %q", m.one, s)
			}
		}
	}
}

// nsgAddresses holds what looks like an address to the form of one; every other
// word is a service tag.
func nsgAddresses(c *check) {
	var buf [8]string
	for _, m := range [2]member{sourceAddresses, destinationAddresses} {
		for _, s := range c.strings(buf[:0], m) {
			if s == "" || s[0] < '0' || s[0] > '9' {
				continue
			}
			if _, err := netip.ParseAddr(s); err == nil {
				continue
			}
			if _, err := netip.ParsePrefix(s); err != nil {
				c.fail("wanted an address or a range in %s, found %q", m.one, s)
			}
		}
	}
}

func nsgManagementPorts(c *check) {
	if !is(c.p("direction"), "Inbound") || !is(c.p("access"), "Allow") || is(c.p("protocol"), "Udp", "Icmp", "Esp", "Ah") {
		return
	}
	var froms, tos [8]string
	for _, from := range c.strings(froms[:0], sourceAddresses) {
		if from != "*" && from != "0.0.0.0/0" && from != "::/0" && !arm.EqualFold(from, "Internet") && !arm.EqualFold(from, "Any") {
			continue
		}
		for _, s := range c.strings(tos[:0], destinationPorts) {
			for _, port := range [2]int{22, 3389} {
				if a, b, ok := ports(s); ok && a <= port && port <= b {
					c.fail("wanted no way in from the Internet to port %d, found source %q and ports %q", port, from, s)
					return
				}
			}
		}
	}
}

func routeNextHop(c *check) {
	for r := range items(c.p("routes")) {
		kind, hop := at(r, "properties", "nextHopType"), at(r, "properties", "nextHopIpAddress")
		switch {
		case is(kind, "VirtualAppliance") && !given(hop):
			c.fail("wanted a nextHopIpAddress in route %q to a virtual appliance, found none", r.Get("name").Str())
		case other(kind, "VirtualAppliance") && given(hop) && hop.Text() != `""`:
			c.fail("wanted no nextHopIpAddress in route %q with next hop %s, found %s", r.Get("name").Str(), kind.Str(), hop.Text())
		}
	}
}

func natSKU(c *check) {
	if s := c.Get("sku", "name"); s.Kind() != arm.Unknown && !is(s, "Standard", "StandardV2") {
		c.fail("wanted SKU Standard or StandardV2, found %s", orNone(s))
	}
}

func natZones(c *check) {
	if n := count(c.Get("zones")); is(c.Get("sku", "name"), "Standard") && n > 1 {
		c.fail("wanted at most one zone, found %d", n)
	}
}

// natPublicIP wants the addresses of a NAT gateway to be static Standard ones,
// in its zone or in all.
func natPublicIP(c *check) {
	for ip := range items(c.p("publicIpAddresses")) {
		r, ok := c.lookup(ip)
		if !ok {
			continue
		}
		if s := r.Get("sku", "name"); other(s, "Standard", "StandardV2") || !s.Exists() {
			c.fail("wanted a public IP address of SKU Standard, found %q with %s", r.ID.Name(), orNone(s))
		}
		if z := r.Get("zones"); count(c.Get("zones")) == 1 && z.Len() == 1 && z.At(0).Str() != c.Get("zones").At(0).Str() {
			c.fail("wanted public IP addresses in zone %s or in all zones, found %q in zone %s", c.Get("zones").At(0).Str(), r.ID.Name(), z.At(0).Str())
		}
	}
}

func publicIPStatic(c *check) {
	if is(c.Get("sku", "name"), "Standard", "StandardV2") {
		if m := c.p("publicIPAllocationMethod"); m.Kind() != arm.Unknown && !is(m, "Static") {
			c.fail("wanted the allocation method Static with SKU %s, found %s", c.Get("sku", "name").Str(), orNone(m))
		}
	}
}

func publicIPSKU(c *check) {
	if s := c.Get("sku", "name"); !given(s) || is(s, "Basic") {
		c.fail("wanted SKU Standard, since Basic ended in September 2025, found %s", orNone(s))
	}
}

func balancerSKU(c *check) {
	if s := c.Get("sku", "name"); !given(s) || is(s, "Basic") {
		c.fail("wanted SKU Standard, since Basic ended in September 2025, found %s", orNone(s))
	}
}

// balancerZones looks at internal frontends: those with an address in a subnet.
// The zones of a public frontend are those of its address.
func balancerZones(c *check) {
	for f := range items(c.p("frontendIPConfigurations")) {
		zones := f.Get("zones")
		if given(at(f, "properties", "publicIPAddress")) {
			if ip, ok := c.lookup(at(f, "properties", "publicIPAddress")); ok {
				zones = ip.Get("zones")
			}
		}
		if zones.Kind() == arm.Array && zones.Len() == 1 {
			c.fail("wanted frontend %q in three zones, found it in zone %s alone", f.Get("name").Str(), zones.At(0).Str())
		}
	}
}

func privateEndpointConnection(c *check) {
	automatic, manual := c.p("privateLinkServiceConnections"), c.p("manualPrivateLinkServiceConnections")
	if automatic.Kind() == arm.Unknown || manual.Kind() == arm.Unknown {
		return
	}
	if n := automatic.Len() + manual.Len(); n != 1 {
		c.fail("wanted one connection, found %d", n)
	}
	for _, list := range [2]arm.Value{automatic, manual} {
		for connection := range items(list) {
			if groups := at(connection, "properties", "groupIds"); groups.Kind() == arm.Unknown || groups.Len() > 0 {
				continue
			}
			target := idOf(at(connection, "properties", "privateLinkServiceId"))
			if target != "" && !arm.Type("Microsoft.Network/privateLinkServices").Equal(target.Type()) {
				c.fail("wanted a groupId such as blob for a connection to %s, found none", target.Type())
			}
		}
	}
}

func privateEndpointSubnet(c *check) {
	if !given(c.p("subnet")) {
		c.fail("wanted a subnet, found none")
	}
}

func privateDNSLocation(c *check) {
	if l := c.Get("location"); l.Kind() != arm.Unknown && !is(l, "global") {
		c.fail("wanted location global, found %s", orNone(l))
	}
}

func privateDNSLink(c *check) {
	if !given(c.p("virtualNetwork")) {
		c.fail("wanted a virtual network, found none")
	}
}
