package snapshot

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"airfield/arm"
	"airfield/catalog"
	"airfield/tenant"
)

// Lack is something that a snapshot does not have, and what cannot be answered
// without it.
type Lack struct {
	What    string   `json:"what"`
	At      []string `json:"at,omitempty"` // where: scopes, ids or types
	Unknown string   `json:"unknown"`      // the answers that stay unknown
	Command string   `json:"command"`      // that would add it
}

// Check gives what a tenant lacks, the widest first. The absence of something in
// a snapshot cannot be told from its absence in Azure, so some of it may just
// not exist.
func Check(t *tenant.Tenant) []Lack {
	c := checking{t: t, subs: map[arm.ID]*subscription{}, seen: map[arm.Type]int{}, gone: map[string]map[string]bool{}}
	for r := range t.All() {
		c.look(r)
	}
	c.header()
	c.tree()
	c.policies()
	c.subscriptions()
	return c.lacks
}

// subscription is what was seen of one.
type subscription struct {
	id        arm.ID
	regions   map[string]bool // that its resources are in
	usages    map[string]bool // the regions whose usages are there
	skus      map[string]bool // the regions whose sizes are there
	providers int
	roles     int
}

// checking is one pass over a tenant.
type checking struct {
	t     *tenant.Tenant
	subs  map[arm.ID]*subscription
	seen  map[arm.Type]int           // resources by type, in lower case
	gone  map[string]map[string]bool // what is referred to and not there, by kind
	lacks []Lack
}

func (c *checking) add(at []string, what, unknown, command string) {
	slices.Sort(at)
	c.lacks = append(c.lacks, Lack{What: what, At: at, Unknown: unknown, Command: command})
}

// look notes one resource.
func (c *checking) look(r arm.Resource) {
	typ := arm.Type(strings.ToLower(string(r.Type())))
	c.seen[typ]++
	switch typ {
	case "microsoft.authorization/policyassignments":
		c.needs("definitions", r.Get("properties", "policyDefinitionId"))
	case "microsoft.authorization/policysetdefinitions":
		for m := range r.Get("properties", "policyDefinitions").Items() {
			c.needs("members of sets", m.Get("policyDefinitionId"))
		}
	case "microsoft.authorization/roleassignments":
		role := r.Get("properties", "roleDefinitionId")
		if _, known := catalog.PermissionsOf(arm.ID(role.Str()).Name()); !known {
			c.needs("roles", role)
		}
	}
	if r.Get("properties").Kind() == arm.Unknown {
		c.note("properties", string(r.Type()))
	}
	if group := r.ID.ResourceGroupID(); group != "" && !c.t.Has(group) {
		c.note("groups", string(group))
	}
	if id := r.ID.SubscriptionID(); id != "" {
		c.lookIn(c.subscription(id), typ, r)
	}
}

// lookIn notes a resource of a subscription.
func (c *checking) lookIn(s *subscription, typ arm.Type, r arm.Resource) {
	region := func() string { return strings.ToLower(r.ID.Names()[0]) }
	switch typ {
	case "microsoft.compute/locations/usages":
		s.usages[region()] = true
	case "microsoft.compute/locations/skus":
		s.skus[region()] = true
	case "microsoft.resources/providers":
		s.providers++
	case "microsoft.authorization/roleassignments":
		s.roles++
	default:
		at := strings.ToLower(strings.ReplaceAll(r.Location(), " ", ""))
		if at != "" && at != "global" && r.ID.ResourceGroupID() != "" {
			s.regions[at] = true
		}
	}
}

func (c *checking) subscription(id arm.ID) *subscription {
	s := c.subs[id.Fold()]
	if s == nil {
		s = &subscription{id: arm.ID(strings.Clone(string(id))), regions: map[string]bool{}, usages: map[string]bool{}, skus: map[string]bool{}}
		c.subs[id.Fold()] = s
	}
	return s
}

// needs notes an id that something refers to and that is not there.
func (c *checking) needs(kind string, v arm.Value) {
	if id, err := arm.ParseID(v.Str()); err == nil && !c.t.Has(id) {
		c.note(kind, string(id))
	}
}

func (c *checking) note(kind, what string) {
	if c.gone[kind] == nil {
		c.gone[kind] = map[string]bool{}
	}
	c.gone[kind][strings.Clone(what)] = true
}

func (c *checking) goneOf(kind string) []string { return slices.Collect(maps.Keys(c.gone[kind])) }

// header judges what the snapshot says of itself.
func (c *checking) header() {
	h := c.t.Header()
	for _, m := range h.Missing {
		c.add(nil, m.What+": "+m.Why, "whatever depends on it", "read it again, and make the snapshot anew")
	}
	if h.Made == "" {
		c.add(nil, "when it was made", "whether it is up to date; which exemptions have ended", "airfield snapshot … --made DATE")
	}
	if h.Tenant == "" {
		c.add(nil, "the id of the tenant", "what subscription().tenantId and tenant() give; which management group is the root", `airfield snapshot … --tenant-id "$(az account show --query tenantId -o tsv)"`)
	}
}

// tree judges management groups, subscriptions and resource groups.
func (c *checking) tree() {
	if c.seen["microsoft.management/managementgroups"] == 0 {
		c.add(nil, "management groups", "which policies and roles are inherited, so whether anything is allowed", "az account management-group show --name TENANT_ID --expand --recurse")
	}
	var absent, unplaced []string
	for _, s := range c.subs {
		if !c.t.Has(s.id) {
			absent = append(absent, string(s.id))
		}
		parent, _ := c.t.Parent(s.id)
		if parent == arm.Tenant && c.seen["microsoft.management/managementgroups"] > 0 || !c.placed(s.id, parent) {
			unplaced = append(unplaced, string(s.id))
		}
	}
	if len(absent) > 0 {
		c.add(absent, "subscriptions that resources lie in", "their tags, names and states", "az account list --all")
	}
	if len(unplaced) > 0 {
		c.add(unplaced, "the management groups that subscriptions lie in", "which policies and roles these inherit", "az account management-group show --name TENANT_ID --expand --recurse")
	}
	if at := c.goneOf("groups"); len(at) > 0 {
		c.add(at, "resource groups that resources lie in", "policies on resource groups, their tags and locations", `az graph query -q "resourcecontainers" --first 1000`)
	}
	if at := c.goneOf("properties"); len(at) > 0 {
		c.add(at, "the properties of resources", "policies on these types", `az graph query -q "resources | where type =~ 'TYPE'" --first 1000`)
	}
}

// placed tells whether a subscription's management group, and all above it, are
// there.
func (c *checking) placed(id, parent arm.ID) bool {
	if parent == arm.Tenant {
		return true
	}
	for _, up := range c.t.Ancestors(id) {
		if up != arm.Tenant && !c.t.Has(up) {
			return false
		}
	}
	return true
}

// policies judges what governs.
func (c *checking) policies() {
	const assigned = "microsoft.authorization/policyassignments"
	if c.seen[assigned] == 0 {
		c.add(nil, "policy assignments", "whether anything is denied", `az graph query -q "policyresources" --first 1000`)
	}
	builtIn := `az policy definition list; az policy set-definition list (built-in ones too), or az graph query -q "policyresources" --first 1000`
	if at := c.goneOf("definitions"); len(at) > 0 {
		c.add(at, "definitions and sets that are assigned", "whether these assignments deny something", builtIn)
	}
	if at := c.goneOf("members of sets"); len(at) > 0 {
		c.add(at, "definitions that sets are made of", "whether these sets deny something", builtIn)
	}
	if c.seen["microsoft.authorization/roleassignments"] == 0 {
		c.add(nil, "role assignments", "who may deploy, and whether identities have the rights they need", "az role assignment list --all")
	} else if at := c.goneOf("roles"); len(at) > 0 {
		c.add(at, "role definitions that are assigned", "what those who have these roles may do", "az role definition list")
	}
	if c.seen["microsoft.authorization/locks"] == 0 {
		c.add(nil, "locks: there are none, or they were not read", "whether something can be changed or deleted", "az lock list")
	}
}

// subscriptions judges what each subscription needs for itself.
func (c *checking) subscriptions() {
	var usages, skus, providers []string
	for _, s := range c.subs {
		for region := range s.regions {
			if !s.usages[region] {
				usages = append(usages, fmt.Sprintf("%s %s", s.id, region))
			}
			if !s.skus[region] {
				skus = append(skus, fmt.Sprintf("%s %s", s.id, region))
			}
		}
		if s.providers == 0 {
			providers = append(providers, string(s.id))
		}
	}
	if len(usages) > 0 {
		c.add(usages, "usages and quota of Microsoft.Compute", "whether a size fits into the quota",
			`az graph query -q "quotaresources | where type =~ 'microsoft.compute/locations/usages'" --first 1000`)
	}
	if len(skus) > 0 {
		c.add(skus, "sizes of virtual machines", "whether a subscription may use a size there, and in which zones",
			`az vm list-skus -l REGION -r virtualMachines --all --query "{id:'/subscriptions/ID', value:@}"`)
	}
	if len(providers) > 0 {
		c.add(providers, "registrations of resource providers", "whether a first deployment of a type is refused", "az provider list --subscription ID")
	}
}
