package limits

import (
	"slices"
	"strings"

	"airfield/arm"
)

// regional begin the types, in lower case, that share a region with what they
// refer to of the types in joined.
var regional = []string{"microsoft.network/", "microsoft.compute/", "microsoft.batch/", "microsoft.containerservice/managedclusters", "microsoft.storagecache/amlfilesystems"}

// joined are the types that are used from their own region alone. Peered
// networks, private DNS and what a private endpoint leads to are not among them.
var joined = []arm.Type{
	networkSecurityGroups, natGateways, routeTables, publicIPs, loadBalancers, virtualNetworks, placementGroups,
	"Microsoft.Network/applicationGateways", "Microsoft.Network/applicationSecurityGroups", "Microsoft.Network/networkInterfaces", "Microsoft.Network/publicIPPrefixes",
	"Microsoft.Compute/availabilitySets", "Microsoft.Compute/capacityReservationGroups",
}

// sameRegion wants what a resource is joined to in the resource's own region.
func sameRegion(c *check) {
	if _, alone := c.in.(nothing); alone {
		return
	}
	if !slices.ContainsFunc(regional, func(begin string) bool { return strings.HasPrefix(string(c.kind.typ), begin) }) || is(c.Get("sku", "tier"), "Global") {
		return
	}
	here := c.region()
	if here == "" || here == "global" {
		return
	}
	var said []arm.ID
	c.Body.Walk(func(_ string, v arm.Value) bool {
		id := idOf(v)
		if v.Kind() == arm.Object || len(id) < 2 || id[0] != '/' || virtualNetworks.Equal(id.Type()) || id.Under(c.ID) {
			return true
		}
		at := top(id)
		if !slices.ContainsFunc(joined, at.Type().Equal) || slices.ContainsFunc(said, at.Equal) {
			return true
		}
		other, ok := c.in.Get(at)
		if !ok {
			return true
		}
		if there := regionOf(other.Location()); there != "" && there != "global" && there != here {
			said = append(said, other.ID)
			c.fail("wanted %q in %s, where this is, found it in %s", other.ID.Name(), here, there)
		}
		return true
	})
}

// region gives where the resource lies, or what it is a child of.
func (c *check) region() string {
	r := c.Resource
	if r.ID.Type().Child() {
		r, _ = c.in.Get(top(r.ID))
	}
	return regionOf(r.Location())
}

// top gives the resource that an id is, or lies in as a child.
func top(id arm.ID) arm.ID {
	for id.Type().Child() {
		id = id.Parent()
	}
	return id
}
