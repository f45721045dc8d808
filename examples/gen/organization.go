package main

import (
	"slices"
	"strings"

	"airfield/arm"
	"airfield/tenant"
	"airfield/tenant/tenanttest"
)

// organizations are all that have an example.
var organizations = []*organization{contoso(), northwind()}

// organization is who has a tenant, and all that is its own.
type organization struct {
	name, title string
	tenant      string // its id
	root        string // its management group, which begins the names of all others
	prefix      string // of its subscriptions' names
	tool        string // deploys the platform

	regions       []region // home first
	groupsBeside  []group  // those of Azure landing zones
	connected     []string // the groups whose networks are peered with the hubs
	subscriptions []subscription
	workloads     []workload
	ids           map[string]string // of subscriptions that an estate names
	vended        []string          // the subscriptions that an estate has made
	missing       []tenant.Missing  // what could not be read, beside subscriptions

	zones    []zone              // of private endpoints
	grown    map[string][]string // ranges that spokes got after their first was full
	bare     map[string]string   // subnets without a network security group, by subscription
	locked   []string            // the workloads that nobody may delete
	frozen   map[string]string   // subscriptions in which nothing may change, and why
	offered  []string            // the sizes whose SKUs were read
	unsold   map[string][]string // those of them that a region does not have
	detailed bool                // the lists of sizes say more than the least of them
	granted  []grant

	kept, securityTeam arm.O     // the metadata of policies: of the library's, of the security team's
	platformTags       arm.O     // are on what the platform's pipeline makes
	closable, logging  []service // to the public network; to the central workspace
	definitions        []tenanttest.Policy
	sets               []policySet
	assignments        []assignment
	leftOut            map[string][]string // subscriptions that an assignment leaves out
	exemptions         []exemption
}

// region is where resources are. The hub there has the range that begins with
// two numbers.
type region struct{ name, short, hub string }

// group is a management group below another; "" is the root of the tenant.
type group struct{ name, title, parent string }

// zone is a zone of private endpoints; a policy writes the records of a kind of
// endpoint, unless it is blank.
type zone struct{ kind, name string }

// grant is quota that was asked for and given at home, in vCPUs of the family of
// a size. All other families of GPUs have none.
type grant struct {
	in, size string
	vcpus    int
}

// subscription is one subscription, with who has it.
type subscription struct {
	name        string
	group       string // "" is the root of the tenant
	costCenter  string // of the subscription's tag; blank where it has none
	environment string
	owner       string
	spoke       string // the first three numbers of its /20; blank for none
	team        string // the Microsoft Entra group that works in it
	region      string // where its resources are; blank for home
	key         string // makes names unique that are so in all of Azure
	style       string // how its resource groups are named: upper, words, or blank
	ai          bool   // it runs AI
	disabled    bool
	unread      string   // why its quota and sizes could not be read; blank where they could
	quotaIn     []string // the regions whose quota was read
	sizesIn     []string // the regions whose sizes were read
}

// groups gives the management groups.
func (o *organization) groups() []group {
	all := []group{{o.root, o.title, ""}}
	for _, g := range []group{
		{"platform", "Platform", ""}, {"management", "Management", "platform"}, {"connectivity", "Connectivity", "platform"}, {"identity", "Identity", "platform"},
		{"landingzones", "Landing zones", ""}, {"corp", "Corp", "landingzones"}, {"online", "Online", "landingzones"}, {"sandbox", "Sandbox", ""}, {"decommissioned", "Decommissioned", ""},
	} {
		all = append(all, group{o.root + "-" + g.name, g.title, o.at(g.parent).Name()})
	}
	return append(all, o.groupsBeside...)
}

// at gives the id of a management group, without the root's name where it begins
// with it; "" is the root.
func (o *organization) at(name string) arm.ID {
	switch {
	case name == "":
		return arm.ManagementGroup(o.root)
	case slices.ContainsFunc(o.groupsBeside, func(g group) bool { return g.name == name }):
		return arm.ManagementGroup(name)
	}
	return arm.ManagementGroup(o.root + "-" + name)
}

// id gives the id of a subscription.
func (o *organization) id(name string) arm.ID {
	if id := o.ids[name]; id != "" {
		return arm.Subscription(id)
	}
	return arm.Subscription(tenanttest.UUID("subscription", name))
}

// scope gives the id of a subscription, of a resource group in one, or of a
// management group.
func (o *organization) scope(name string) arm.ID {
	sub, group, inside := strings.Cut(name, "/")
	switch {
	case inside:
		return o.id(sub).ResourceGroup(group)
	case slices.ContainsFunc(o.subscriptions, func(s subscription) bool { return s.name == name }):
		return o.id(name)
	}
	return o.at(name)
}

// unread gives what the tenant has and the snapshot does not.
func (o *organization) unread() []tenant.Missing {
	all := slices.Clone(o.missing)
	for _, s := range o.subscriptions {
		for _, what := range []string{"skus", "usages"} {
			if s.unread != "" {
				all = append(all, tenant.Missing{What: "Microsoft.Compute/locations/" + what + " at " + string(o.id(s.name)), Why: s.unread})
			}
		}
	}
	return all
}

// regionOf gives the region of a subscription.
func (o *organization) regionOf(s subscription) region {
	return o.regions[max(0, slices.IndexFunc(o.regions, func(r region) bool { return r.name == s.region }))]
}

// hubOf gives the id of the hub of a region.
func (o *organization) hubOf(r region) arm.ID {
	return o.id(o.prefix+"-connectivity").ResourceGroup("rg-hub-"+r.short).Resource("Microsoft.Network/virtualNetworks", "vnet-hub-"+r.short)
}

// logs gives the id of the central workspace.
func (o *organization) logs() arm.ID {
	return o.central("Microsoft.OperationalInsights/workspaces", "log-"+o.name)
}

// dataRule gives the id of the rule of what machines report.
func (o *organization) dataRule() arm.ID {
	return o.central("Microsoft.Insights/dataCollectionRules", "dcr-"+o.name+"-vm")
}

func (o *organization) central(typ arm.Type, name string) arm.ID {
	short := o.regions[0].short
	return o.id(o.prefix+"-management").ResourceGroup("rg-management-"+short).Resource(typ, name+"-"+short)
}

// dnsGroup gives the id of the resource group of the zones.
func (o *organization) dnsGroup() arm.ID {
	return o.id(o.prefix + "-connectivity").ResourceGroup("rg-dns")
}

// plain gives a name without what names of resources cannot have.
func plain(name string) string {
	return strings.ToLower(strings.NewReplacer(" - ", "-", " ", "-", "_", "-", "(", "", ")", "").Replace(name))
}
