package tenanttest

import (
	"fmt"
	"math/rand/v2"

	"airfield/arm"
	"airfield/tenant"
)

// Options say how large a tenant made by chance is.
type Options struct {
	Subscriptions int // 3 where it is 0
	Resources     int // in each subscription; 12 where it is 0
	Assignments   int // in the whole tenant; 8 where it is 0
}

// What chance picks from. Half of the values that resources have are among
// those that policies allow.
var (
	sizes     = []string{"Standard_D4s_v5", "Standard_E8ads_v6", "Standard_NC16as_T4_v3", "Standard_NC40ads_H100_v5", "Standard_ND96isr_H100_v5", "Standard_ND96isr_H200_v5"}
	locations = []string{"swedencentral", "germanywestcentral", "westeurope", "eastus"}
	tagKeys   = []string{"CostCenter", "Environment", "Owner"}
	tagValues = []string{"a", "b", "c"}
	types     = []arm.Type{"Microsoft.Compute/virtualMachines", "Microsoft.Compute/virtualMachineScaleSets", "Microsoft.Storage/storageAccounts", "Microsoft.Batch/batchAccounts",
		"Microsoft.Network/virtualNetworks", "Microsoft.Network/networkSecurityGroups"}
)

// chance makes one tenant.
type chance struct {
	*rand.Rand
	b      tenant.Builder
	scopes []arm.ID // where policies may be assigned: groups, subscriptions, resource groups
	made   []Assignment
}

// Generate makes a tenant by chance, the same for the same seed and options: a
// few management groups, subscriptions with resources of the types that AI
// workloads have, and restrictions on them at any scope, with exemptions, some
// of them over, scopes left out, selectors, and assignments that are not
// enforced. Its policies read without a finding; that a resource breaks one, or
// two write the same tag, happens often.
func Generate(seed uint64, o Options) *tenant.Tenant {
	c := &chance{Rand: rand.New(rand.NewPCG(seed, 7))}
	c.b.Header = tenant.Header{Made: "2026-11-16T05:00:00Z", By: "tenanttest", Tenant: "root"}
	c.b.Add(Group("root", "Root", ""))
	c.b.Add(subnetsClosed.Definition(arm.ManagementGroup("root")))
	c.b.Add(gpuSizes.Definition(arm.ManagementGroup("root")))
	for _, guid := range assignable {
		c.b.Add(BuiltIn(guid))
	}
	chains := c.groups()
	for i := range or(o.Subscriptions, 3) {
		c.subscription(i, chains[c.IntN(len(chains))], or(o.Resources, 12))
	}
	for i := range or(o.Assignments, 8) {
		c.assignment(i)
	}
	c.exemptions()
	t, found := c.b.Tenant()
	if len(found) > 0 {
		panic(fmt.Sprint("tenanttest: ", found)) // the tables above contradict each other
	}
	return t
}

func or(n, otherwise int) int {
	if n == 0 {
		return otherwise
	}
	return n
}

// groups adds management groups below each other, and gives the way up from
// each, nearest first.
func (c *chance) groups() [][]string {
	chains := [][]string{{"root"}}
	for i := range 2 + c.IntN(5) {
		above := chains[c.IntN(len(chains))]
		name := fmt.Sprintf("group-%d", i)
		c.b.Add(Group(name, name, arm.ManagementGroup(above[0])))
		chains = append(chains, append([]string{name}, above...))
	}
	for _, chain := range chains {
		c.scopes = append(c.scopes, arm.ManagementGroup(chain[0]))
	}
	return chains
}

// subscription adds a subscription with resources in a few resource groups.
func (c *chance) subscription(i int, chain []string, resources int) {
	sub := arm.Subscription(UUID("random", fmt.Sprint(i)))
	c.b.Add(Subscription(sub, fmt.Sprintf("sub-%d", i), c.tags(), chain...))
	c.scopes = append(c.scopes, sub)
	var groups []arm.ID
	for g := range 1 + c.IntN(3) {
		id := sub.ResourceGroup(fmt.Sprintf("rg-%d", g))
		c.b.Add(Resource(id, "location", one(c, locations), "tags", c.tags()))
		groups, c.scopes = append(groups, id), append(c.scopes, id)
	}
	for n := range resources {
		c.b.Add(c.resource(one(c, groups), fmt.Sprintf("r%d", n)))
	}
}

// resource makes a resource of a type that workloads have.
func (c *chance) resource(group arm.ID, name string) arm.Resource {
	typ := one(c, types)
	members := []any{"location", one(c, locations), "tags", c.tags()}
	switch typ {
	case "Microsoft.Compute/virtualMachines":
		members = append(members, "properties", arm.O{"hardwareProfile", arm.O{"vmSize", one(c, sizes)}})
	case "Microsoft.Compute/virtualMachineScaleSets":
		members = append(members, "sku", arm.O{"name", one(c, sizes), "capacity", c.IntN(8)}, "properties", arm.O{"orchestrationMode", "Uniform"})
	case "Microsoft.Storage/storageAccounts", "Microsoft.Batch/batchAccounts":
		properties := arm.O{}
		if c.IntN(3) > 0 { // else the default, which is open
			properties = append(properties, "publicNetworkAccess", one(c, []string{"Enabled", "Disabled"}))
		}
		members = append(members, "properties", properties)
	case "Microsoft.Network/virtualNetworks":
		members = append(members, "properties", c.network(group))
	}
	return Resource(group.Resource(typ, name), members...)
}

// network gives the properties of a network; some of its subnets have a
// network security group.
func (c *chance) network(group arm.ID) arm.O {
	subnets := arm.A{}
	for i := range c.IntN(3) {
		properties := arm.O{"addressPrefix", fmt.Sprintf("10.%d.%d.0/24", c.IntN(4), i)}
		if c.IntN(2) == 0 {
			properties = append(properties, "networkSecurityGroup", arm.O{"id", group.Resource("Microsoft.Network/networkSecurityGroups", "nsg")})
		}
		subnets = append(subnets, arm.O{"name", fmt.Sprintf("snet-%d", i), "properties", properties})
	}
	return arm.O{"addressSpace", arm.O{"addressPrefixes", []string{"10.0.0.0/14"}}, "subnets", subnets}
}

// tags gives some of the tags, or none.
func (c *chance) tags() arm.O {
	tags := arm.O{}
	for _, key := range tagKeys {
		if c.IntN(2) == 0 {
			tags = append(tags, key, one(c, tagValues))
		}
	}
	return tags
}

func one[T any](c *chance, of []T) T { return of[c.IntN(len(of))] }

// some gives one or more of the values, in their order.
func some(c *chance, of []string) []string {
	picked := []string{one(c, of)}
	for _, v := range of {
		if c.IntN(2) == 0 && v != picked[0] {
			picked = append(picked, v)
		}
	}
	return picked
}

// The custom policies of tenants made by chance.
var (
	subnetsClosed = Policy{Name: "subnets-closed", Title: "Subnets have a network security group", Category: "Network", Mode: "All", Effect: "Deny", Text: "Else they are open.",
		If: Any(
			Of("Microsoft.Network/virtualNetworks", arm.O{"count", arm.O{"field", "Microsoft.Network/virtualNetworks/subnets[*]", "where", Is("Microsoft.Network/virtualNetworks/subnets[*].networkSecurityGroup.id", "exists", false)}, "greater", 0}),
			Of("Microsoft.Network/virtualNetworks/subnets", Is("Microsoft.Network/virtualNetworks/subnets/networkSecurityGroup.id", "exists", false)))}
	gpuSizes = Policy{Name: "gpu-sizes", Title: "Sizes of scale sets are listed", Category: "Compute", Effect: "Deny", Text: "Unlike the built-in policy, this one binds scale sets.",
		Parameters: arm.O{"sizes", arm.O{"type", "Array"}},
		If:         Of("Microsoft.Compute/virtualMachineScaleSets", Is("Microsoft.Compute/virtualMachineScaleSets/sku.name", "notIn", "[parameters('sizes')]"))}
)

// assignable are the built-in policies that chance assigns.
var assignable = []string{AllowedSizes, AllowedLocations, AllowedRGLocations, AllowedTypes, ForbiddenTypes, SubscriptionTag, MissingTag, GroupTag, RequiredTag, RequiredGroupTag, BatchPublicNetwork, StorageNoPublicNet}

// restriction gives what an assignment assigns, with parameters.
func (c *chance) restriction() (of arm.ID, parameters arm.O) {
	n := c.IntN(len(assignable) + 2)
	root := arm.ManagementGroup("root")
	switch {
	case n == len(assignable):
		return root.Resource("Microsoft.Authorization/policyDefinitions", subnetsClosed.Name), nil
	case n > len(assignable):
		return root.Resource("Microsoft.Authorization/policyDefinitions", gpuSizes.Name), arm.O{"sizes", some(c, sizes)}
	}
	of = BuiltInID(assignable[n])
	switch assignable[n] {
	case AllowedSizes:
		return of, arm.O{"listOfAllowedSKUs", some(c, sizes)}
	case AllowedLocations, AllowedRGLocations:
		return of, arm.O{"listOfAllowedLocations", some(c, locations)}
	case AllowedTypes:
		listed := []string{}
		for _, t := range types[1:] { // all but one: a list that forbids most would hide all others
			listed = append(listed, string(t))
		}
		return of, arm.O{"listOfResourceTypesAllowed", listed, "effect", one(c, []string{"Deny", "Audit"})}
	case ForbiddenTypes:
		return of, arm.O{"listOfResourceTypesNotAllowed", []string{string(one(c, types))}, "effect", one(c, []string{"Deny", "Audit"})}
	case BatchPublicNetwork, StorageNoPublicNet:
		return of, arm.O{"effect", one(c, []string{"Deny", "Deny", "Audit", "Disabled"})}
	}
	return of, arm.O{"tagName", one(c, tagKeys)}
}

// assignment adds an assignment somewhere.
func (c *chance) assignment(i int) {
	a := Assignment{Name: fmt.Sprintf("a%02d", i), Title: fmt.Sprintf("Assignment %d", i), At: one(c, c.scopes), Audit: c.IntN(6) == 0}
	a.Of, a.Parameters = c.restriction()
	if c.IntN(5) == 0 {
		a.NotScopes = []string{string(one(c, c.scopes))}
	}
	if c.IntN(5) == 0 {
		selector := arm.O{"kind", "resourceLocation", "in", some(c, locations)}
		if c.IntN(2) == 0 {
			selector = arm.O{"kind", "resourceType", "notIn", []string{string(one(c, types))}}
		}
		a.Selectors = arm.A{arm.O{"name", "some", "selectors", arm.A{selector}}}
	}
	if a.Of == BuiltInID(SubscriptionTag) || a.Of == BuiltInID(MissingTag) || a.Of == BuiltInID(GroupTag) {
		a.Identity = UUID("identity", a.Name)
	}
	c.b.Add(a.Resource())
	c.made = append(c.made, a)
}

// exemptions exempts scopes from some of the assignments, for ever, until next
// year, or until last.
func (c *chance) exemptions() {
	for i, a := range c.made {
		if c.IntN(3) == 0 {
			until := one(c, []string{"", "2027-12-31T00:00:00Z", "2025-12-31T00:00:00Z"})
			c.b.Add(Exemption(one(c, c.scopes), fmt.Sprintf("e%02d", i), "Exemption", "Made by chance.", a.ID(), until))
		}
	}
}
