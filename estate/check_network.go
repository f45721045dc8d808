package estate

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"airfield/arm"
	"airfield/diag"
)

// regions checks that every region that is named may be used.
func (c *checker) regions() {
	r := c.Regions
	for _, key := range []string{"home", "recovery"} {
		if v := map[string]Region{"home": r.Home, "recovery": r.Recovery}[key]; v == "home" || v == "recovery" {
			c.Errorf(r.Of(key), "estate/region", "%s is %q, wanted an Azure region such as swedencentral", key, v)
			return
		}
	}
	if r.Recovery == r.Home {
		c.Errorf(r.Of("recovery"), "estate/region", "recovery is %q, the same as home", r.Recovery)
	}
	for i, v := range r.MayUse {
		if v == "home" || v == "recovery" || v == r.Home || v == r.Recovery || slices.Index(r.MayUse, v) < i {
			c.Warnf(r.Of("may_use"), "estate/region", "may_use has %q, which may be used already", v)
		}
	}
	c.usedRegions(func(pos diag.Pos, v Region) { c.allowedRegion(pos, v) })
}

// usedRegions calls use for each region that a job or service names.
func (c *checker) usedRegions(use func(diag.Pos, Region)) {
	for _, p := range c.places {
		for _, j := range p.Jobs {
			use(c.at(j.Value.At, "region"), j.Value.Region)
			for _, a := range j.Value.OrElse {
				use(a.Of("region"), a.Region)
			}
		}
		for _, s := range p.Services {
			for _, v := range s.Value.Regions {
				use(c.at(s.Value.At, "regions"), v)
			}
			for _, a := range s.Value.OrElse {
				use(a.Of("region"), a.Region)
			}
		}
	}
}

func (c *checker) allowedRegion(pos diag.Pos, v Region) {
	if v == "recovery" && c.Regions.Recovery == "" {
		c.Errorf(pos, "estate/region", "region %q, but regions.recovery names none", v)
		return
	}
	v = c.Region(v)
	all := c.allRegions()
	if slices.Contains(all, string(v)) {
		return
	}
	help := ": " + strings.Join(all, ", ") + "; write it in regions.may_use"
	if near := diag.DidYouMean(string(v), all); near != "" {
		help = near
	}
	c.Errorf(pos, "estate/region", "region %q is not among those the estate may use%s", v, help)
}

// allRegions gives the regions that may be used.
func (c *checker) allRegions() []string {
	all := []string{string(c.Regions.Home)}
	if c.Regions.Recovery != "" {
		all = append(all, string(c.Regions.Recovery))
	}
	for _, r := range c.Regions.MayUse {
		all = append(all, string(r))
	}
	return all
}

// needed gives the regions that something is put in, home first.
func (c *checker) needed() []Region {
	needed := []Region{c.Regions.Home}
	all := c.allRegions()
	c.usedRegions(func(_ diag.Pos, r Region) {
		r = c.Region(r)
		if r != "" && slices.Contains(all, string(r)) && !slices.Contains(needed, r) {
			needed = append(needed, r)
		}
	})
	return needed
}

// minPool is the longest prefix of a pool: a virtual network with a few
// subnets takes a /24.
const minPool = 24

func (c *checker) pools() {
	if c.Regions.Home == "home" || c.Regions.Home == "recovery" {
		return // found already
	}
	pools := c.Network.Pools
	for i, p := range pools {
		if p.Value.Bits() > minPool {
			c.Errorf(p.Pos, "estate/pool", "pool %s of region %q has %d addresses, wanted a /%d or larger", p.Value, p.Key, 1<<(32-p.Value.Bits()), minPool)
		}
		for _, other := range pools[:i] {
			if p.Value.Overlaps(other.Value.Prefix) {
				c.Errorf(p.Pos, "estate/pool", "pool %s of region %q overlaps %s of region %q", p.Value, p.Key, other.Value, other.Key)
			}
		}
		if all := c.allRegions(); !slices.Contains(all, p.Key) {
			c.Warnf(p.Pos, "estate/pool", "pool for region %q, which the estate does not use%s", p.Key, diag.DidYouMean(p.Key, all))
		}
	}
	if c.Platform.Standalone {
		return // nobody to overlap with: the design assumes a range, and says so
	}
	for _, r := range c.needed() {
		if _, ok := pools.Get(string(r)); !ok {
			c.Errorf(c.at(c.Network.At, "pools"), "estate/pool", "no pool for region %q: write network.pools: {%s: …} with a range such as 10.96.0.0/16 that nobody else uses", r, r)
		}
	}
}

// egress checks that there is a hub for those who leave through its firewall.
// Where some regions have none, design takes a NAT gateway there, and says so.
func (c *checker) egress() {
	pos := c.Network.Of("egress")
	corp := slices.ContainsFunc(c.places, func(p Place) bool { return p.Connects == Corp })
	switch {
	case c.Network.Egress != HubFirewall:
	case c.Platform.Standalone:
		c.Errorf(pos, "estate/egress", "egress hub_firewall without a hub: the estate is standalone; write platform.hubs, or egress: nat_gateway")
	case corp && len(c.Platform.Hubs) == 0:
		c.Errorf(pos, "estate/egress", "egress hub_firewall, but platform.hubs has no hub: write it with its firewall's address, or egress: nat_gateway")
	}
}

func (c *checker) access() {
	for _, g := range c.Access.Groups {
		c.groupName(g.Pos, g.Key)
		if g.Value.ID == "" {
			c.Infof(g.Pos, "estate/group-id", "group %q has no id: its id becomes a parameter of the templates", g.Key)
		}
		c.guid(g.Value.At.Of("id"), "id", g.Value.ID)
		for _, grant := range g.Value.Grants {
			c.known(grant.Pos, grant.Key)
			if e := grant.Value.Eligible; e != 0 && (time.Duration(e) < 30*time.Minute || time.Duration(e) > 24*time.Hour) {
				c.Errorf(grant.Value.Of("eligible"), "estate/eligible", "eligible %s, wanted a time from 30min to 24h, for which the role is taken up", e)
			}
		}
		if len(g.Value.Grants) == 0 {
			c.Warnf(g.Pos, "estate/group", "group %q has no roles: write places and roles such as %s: Contributor", g.Key, c.somePlace())
		}
	}
	c.deploys()
}

// repositories are how the systems of pipelines name repositories.
var repositories = map[PipelineSystem]struct {
	form     *regexp.Regexp
	wanted   string
	approver *regexp.Regexp
}{
	"github":       {regexp.MustCompile(`^[\w.-]+/[\w.-]+$`), "owner/name such as northwind/ai-estate", regexp.MustCompile(`^[\w-]+$`)},
	"azure_devops": {regexp.MustCompile(`^[\w-]+/[\w][\w .-]*/[\w][\w .-]*$`), "organization/project/name such as northwind/AI/ai-estate", regexp.MustCompile(`^[\w][\w .-]*$`)},
}

var deployedFolder = regexp.MustCompile(`^[\w][\w.-]*(/[\w][\w.-]*)*$`)

func (c *checker) deploys() {
	d := c.Access.Deploys
	if d.With == "" {
		return
	}
	system := repositories[d.With]
	if !system.form.MatchString(d.Repository) {
		c.Errorf(cmp.Or(d.Of("repository"), d.Pos()), "estate/repository", "repository %q, wanted %s", d.Repository, system.wanted)
	}
	if d.Approvers != "" && !system.approver.MatchString(d.Approvers) {
		c.Errorf(d.Of("approvers"), "estate/deploys", "approvers %q, wanted the short name of a team, or of a group of Azure DevOps", d.Approvers)
	}
	if !deployedFolder.MatchString(d.Folder) {
		c.Errorf(d.Of("folder"), "estate/deploys", "folder %q, wanted a path within the repository, such as landing-zone", d.Folder)
	}
	switch id, err := arm.ParseID(d.State); {
	case d.Form != "terraform":
	case d.State == "":
		c.Errorf(cmp.Or(d.Of("form"), d.Pos()), "estate/deploys", "terraform without state: write the id of the storage account that keeps the states")
	case err != nil || !id.Type().Equal("Microsoft.Storage/storageAccounts"):
		c.Errorf(d.Of("state"), "estate/resource-id", "state %q, wanted the id of a storage account", d.State)
	}
}

// MaxGroupName is how many characters the name of a group may have.
const MaxGroupName = 120

func (c *checker) groupName(pos diag.Pos, name string) {
	n := utf8.RuneCountInString(name)
	hidden := strings.IndexFunc(name, func(r rune) bool { return !unicode.IsPrint(r) })
	switch {
	case n == 0 || n > MaxGroupName:
		c.Errorf(pos, "estate/key", "group %q has %d characters, wanted 1 to %d", short(name), n, MaxGroupName)
	case hidden >= 0:
		r, _ := utf8.DecodeRuneInString(name[hidden:])
		c.Errorf(pos, "estate/key", "group %q has the character %U, wanted printable characters", name, r)
	}
}

func (c *checker) somePlace() string {
	for _, p := range c.places {
		return p.Name()
	}
	return "atlas/prod"
}

// known checks that a place such as atlas, atlas/prod or */prod names
// something.
func (c *checker) known(pos diag.Pos, place string) {
	workload, environment, _ := strings.Cut(place, "/")
	var environments, all []string
	for _, p := range c.places {
		all = append(all, p.Name())
		if Matches(place, p.Workload, p.Environment) {
			return
		}
		if workload == "*" || workload == p.Workload {
			environments = append(environments, p.Environment)
		}
	}
	if len(environments) > 0 && environment != "" {
		slices.Sort(environments)
		environments = slices.Compact(environments)
		c.Errorf(pos, "estate/place", "%q names no environment, wanted one of %s%s", place, strings.Join(environments, ", "), diag.DidYouMean(environment, environments))
		return
	}
	workloads := c.Workloads.Keys()
	near := diag.DidYouMean(place, all)
	if environment == "" {
		near = diag.DidYouMean(place, workloads)
	}
	c.Errorf(pos, "estate/place", "%q names no workload, wanted a place such as %s%s", place, c.somePlace(), near)
}

// sharing tells whether the environments of a workload share a subscription.
func (c *checker) sharing() bool {
	return !slices.Contains(c.Structure.SubscriptionPer, PerEnvironment) && !slices.Contains(c.Structure.Groups, GroupsEnvironment)
}

// subscriptions checks that no subscription is adopted twice.
func (c *checker) subscriptions() {
	first := map[string]Place{}
	for _, p := range c.places {
		id := strings.ToLower(p.In.Subscription)
		c.guid(p.In.Of("subscription"), "subscription", p.In.Subscription)
		if id == "" {
			continue
		}
		other, twice := first[id]
		if twice && !(c.sharing() && other.Workload == p.Workload) {
			c.Errorf(p.In.Of("subscription"), "estate/subscription", "subscription %q is that of %q already", p.In.Subscription, other.Name())
		} else {
			first[id] = p
		}
	}
}

// shared checks that environments that share a subscription agree on what it
// has one of.
func (c *checker) shared() {
	if !c.sharing() {
		return
	}
	var first Place
	for i, p := range c.places {
		if i == 0 || p.Workload != first.Workload {
			first = p
		}
		for _, has := range []struct{ key, here, there string }{
			{"connects", string(p.Connects), string(first.Connects)},
			{"budget", c.budget(p), c.budget(first)},
			{"subscription", or(strings.ToLower(p.In.Subscription), "none"), or(strings.ToLower(first.In.Subscription), "none")},
		} {
			if has.here != has.there {
				c.Errorf(p.In.Of(has.key), "estate/shared", "%s of %q is %s, but %s in %q, and structure.subscription_per gives them one subscription: write the same, or subscription_per: [workload, environment]", has.key, p.Name(), has.here, has.there, first.Name())
			}
		}
	}
}

// budget gives the budget that holds in a place.
func (c *checker) budget(p Place) string {
	if p.Budget.Given() {
		return p.Budget.String()
	}
	return c.Money.Budgets.Amount.String()
}
