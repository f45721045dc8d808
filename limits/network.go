package limits

import (
	"net/netip"
	"strconv"
	"strings"

	"airfield/arm"
)

// ranges gives the address ranges of an array that are well formed, and says
// which are not.
func (c *check) ranges(v arm.Value, complain bool) []netip.Prefix {
	var all []netip.Prefix
	for item := range items(v) {
		p, err := parsePrefix(item.Str())
		switch {
		case err == nil:
			all = append(all, p)
		case complain:
			c.fail("wanted an address range, and %v", err)
		}
	}
	return all
}

func vnetPrefixes(c *check) {
	if !given(c.p("addressSpace", "addressPrefixes")) && !given(c.p("addressSpace", "ipamPoolPrefixAllocations")) {
		c.fail("wanted an address space, found none")
		return
	}
	all := c.ranges(c.p("addressSpace", "addressPrefixes"), true)
	if a, b, found := overlap(all); found {
		c.fail("wanted address ranges that share no address, found %s and %s", a, b)
	}
}

// peeringOverlap compares the spaces of the two networks, where both are known.
func peeringOverlap(c *check) {
	here, ok := c.in.Get(c.ID.Parent())
	there, found := c.lookup(c.p("remoteVirtualNetwork"))
	if !ok || !found {
		return
	}
	for _, a := range c.ranges(here.Get("properties", "addressSpace", "addressPrefixes"), false) {
		for _, b := range c.ranges(there.Get("properties", "addressSpace", "addressPrefixes"), false) {
			if a.Overlaps(b) {
				c.fail("wanted networks that share no address, found %s of %q and %s of %q", a, here.ID.Name(), b, there.ID.Name())
				return
			}
		}
	}
}

// subnetRanges gives the ranges of a subnet, which has one in addressPrefix or
// a list in addressPrefixes.
func subnetRanges(c *check, properties arm.Value, complain bool) []netip.Prefix {
	if v := at(properties, "addressPrefix"); known(v) {
		return c.ranges(arm.New(arm.A{v}), complain)
	}
	return c.ranges(at(properties, "addressPrefixes"), complain)
}

func subnetPrefix(c *check) {
	if !given(c.p("addressPrefix")) && !given(c.p("addressPrefixes")) && !given(c.p("ipamPoolPrefixAllocations")) {
		c.fail("wanted an address range, found none")
		return
	}
	subnetRanges(c, c.p(), true)
}

func subnetInVnet(c *check) {
	vnet, ok := c.in.Get(c.ID.Parent())
	spaces := vnet.Get("properties", "addressSpace", "addressPrefixes")
	if !ok || spaces.Kind() != arm.Array {
		return
	}
	all := c.ranges(spaces, false)
	if len(all) < spaces.Len() {
		return // some are not known
	}
	for _, p := range subnetRanges(c, c.p(), false) {
		if !within(p, all) {
			c.fail("wanted a range within %s of %q, found %s", strings.Join(spaces.Strings(), ", "), vnet.ID.Name(), p)
		}
	}
}

// subnetOverlap compares a subnet with those before it, in the body of its
// network or beside it in the tenant, so that a pair is found once.
func subnetOverlap(c *check) {
	vnet, _ := c.in.Get(c.ID.Parent())
	mine := subnetRanges(c, c.p(), false)
	compare := func(name string, properties arm.Value) {
		if strings.ToLower(name) >= strings.ToLower(c.ID.Name()) {
			return
		}
		for _, p := range subnetRanges(c, properties, false) {
			if a, b, found := overlap(append([]netip.Prefix{p}, mine...)); found {
				c.fail("wanted a range of its own, found %s, which overlaps %s of %q", b, a, name)
			}
		}
	}
	inBody := map[string]bool{}
	for s := range items(vnet.Get("properties", "subnets")) {
		inBody[strings.ToLower(s.Get("name").Str())] = true
		compare(s.Get("name").Str(), s.Get("properties"))
	}
	for r := range c.in.Range(c.ID.Parent()) {
		if subnets.Equal(r.Type()) && !inBody[strings.ToLower(r.ID.Name())] {
			compare(r.ID.Name(), r.Get("properties"))
		}
	}
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
	for _, p := range subnetRanges(c, c.p(), false) {
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

// subnetOutbound tells of subnets without a way out, which is right for private
// endpoints alone. Delegated subnets and those of the platform are left out.
func subnetOutbound(c *check) {
	special := isOneOf(c.ID.Name(), withoutNSG) || arm.EqualFold(c.ID.Name(), "AzureBastionSubnet")
	if special || !isFalse(c.p("defaultOutboundAccess")) || given(c.p("natGateway")) || given(c.p("routeTable")) || count(c.p("delegations")) > 0 {
		return
	}
	c.fail("private, with neither a NAT gateway nor a route table: its machines reach nothing outside")
}

func nsgPriority(c *check) {
	if p, ok := c.p("priority").Int(); ok && (p < 100 || p > 4096) {
		c.fail("wanted a priority of 100 to 4096, found %d", p)
	}
}

func nsgPriorityUnique(c *check) {
	seen := map[string]string{}
	for r := range items(c.p("securityRules")) {
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

// oneOrMany gives the strings of a member that has a plural beside it:
// destinationPortRange and destinationPortRanges.
func (c *check) oneOrMany(member string) []string {
	var all []string
	for _, v := range []arm.Value{c.p(member), c.p(member + "s"), c.p(strings.TrimSuffix(member, "x") + "xes")} {
		if v.Kind() == arm.String || v.Kind() == arm.Array {
			all = append(all, v.Strings()...)
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
	for _, member := range []string{"sourcePortRange", "destinationPortRange"} {
		for _, s := range c.oneOrMany(member) {
			if _, _, ok := ports(s); s != "" && !ok {
				c.fail("wanted a port, a range of ports within 0-65535 or * in %s, found %q", member, s)
			}
		}
	}
}

// nsgAddresses holds what looks like an address to the form of one; every other
// word is a service tag.
func nsgAddresses(c *check) {
	for _, member := range []string{"sourceAddressPrefix", "destinationAddressPrefix"} {
		for _, s := range c.oneOrMany(member) {
			if s == "" || s[0] < '0' || s[0] > '9' {
				continue
			}
			if _, err := netip.ParseAddr(s); err == nil {
				continue
			}
			if _, err := netip.ParsePrefix(s); err != nil {
				c.fail("wanted an address or a range in %s, found %q", member, s)
			}
		}
	}
}

func nsgManagementPorts(c *check) {
	if !is(c.p("direction"), "Inbound") || !is(c.p("access"), "Allow") || is(c.p("protocol"), "Udp", "Icmp", "Esp", "Ah") {
		return
	}
	for _, from := range c.oneOrMany("sourceAddressPrefix") {
		if from != "*" && from != "0.0.0.0/0" && from != "::/0" && !arm.EqualFold(from, "Internet") && !arm.EqualFold(from, "Any") {
			continue
		}
		for _, s := range c.oneOrMany("destinationPortRange") {
			for _, port := range []int{22, 3389} {
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
	for _, list := range []arm.Value{automatic, manual} {
		for connection := range items(list) {
			target := idOf(at(connection, "properties", "privateLinkServiceId"))
			isPaaS := target != "" && !arm.Type("Microsoft.Network/privateLinkServices").Equal(target.Type())
			if groups := at(connection, "properties", "groupIds"); isPaaS && groups.Kind() != arm.Unknown && groups.Len() == 0 {
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
