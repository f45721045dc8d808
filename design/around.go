package design

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"airfield/arm"
	"airfield/diag"
	"airfield/estate"
	"airfield/hierarchy"
	"airfield/limits"
	"airfield/network"
	"airfield/policy"
	"airfield/tenant"
)

// around is the tenant that a design lands in. It answers what the parts of a
// design ask of it, each in a line: who refuses these machines, which addresses
// are taken, who writes this tag. A nil around knows nothing, refuses nothing,
// and is what a design without a tenant has.
type around struct {
	have   *tenant.Tenant
	engine *policy.Engine // of what is there; meet has one with what is designed
	now    time.Time
	stock  *limits.Stock
	ranges []limits.Range
	names  map[string]bool
}

func newAround(o Options) *around {
	if o.Tenant == nil {
		return nil
	}
	a := &around{have: o.Tenant, now: o.Now, engine: o.Engine, stock: limits.NewStock(o.Tenant), ranges: limits.Ranges(o.Tenant), names: limits.Names(o.Tenant)}
	if a.engine == nil {
		a.engine, _ = policy.Compile(o.Tenant, policy.Options{Now: o.Now})
	}
	return a
}

// Roles gives the management groups that an estate names by their roles, and
// the roles that it can name.
func Roles(e *estate.Estate) (given map[hierarchy.Role]arm.ID, roles []hierarchy.Role) {
	given = map[hierarchy.Role]arm.ID{}
	for _, v := range estate.GroupRole("").Values() {
		role := hierarchy.Role(v)
		roles = append(roles, role)
		if name := *roleIn(&e.Platform.Groups, role); name != "" {
			given[role] = arm.ManagementGroup(name)
		}
	}
	return given, roles
}

// roleIn gives where an estate names the group of a role.
func roleIn(g *estate.Groups, role hierarchy.Role) *string {
	return map[hierarchy.Role]*string{hierarchy.Root: &g.Root, hierarchy.Platform: &g.Platform, hierarchy.LandingZones: &g.LandingZones, hierarchy.Corp: &g.Corp,
		hierarchy.Online: &g.Online, hierarchy.Sandbox: &g.Sandbox, hierarchy.Decommissioned: &g.Decommissioned}[role]
}

// recognize names the groups of the platform that the estate leaves out by what
// the tenant shows, and holds those that it names against it. An estate that
// says standalone has none.
func (d *designer) recognize() {
	if d.around == nil {
		return
	}
	have := d.around.have
	if is, said := have.Header().Tenant, d.e.Organization.Tenant; is != "" && said != "" && !strings.EqualFold(is, said) {
		d.found.Errorf(d.e.Organization.Of("tenant"), "design/tenant", "the estate is of tenant %q, and the snapshot of %q", said, is)
	}
	if d.e.Platform.Standalone && d.e.Has("platform") {
		return
	}
	given, roles := Roles(d.e)
	groups := hierarchy.Recognize(have, given)
	named, found := d.e.Platform.Groups, false
	for _, role := range roles {
		pos := d.e.Platform.Groups.Of(string(role))
		if id, ok := given[role]; ok {
			d.named(id, groups, pos)
			continue
		}
		var is []hierarchy.Group
		for _, g := range groups {
			if g.Role == role && !g.Given {
				is = append(is, g)
			}
		}
		if len(is) != 1 {
			continue
		}
		*roleIn(&named, role), found = is[0].ID.Name(), true
		d.decide(Decision{About: "estate", Question: fmt.Sprintf("Which management group is %s?", role), Answer: is[0].ID.Name(), Because: fmt.Sprintf("the tenant shows it, %d %% sure: %s", is[0].Confidence, evidence(is[0])),
			Rules: []string{"ORG-05"}, Pos: or(pos, d.e.Of("platform")), Changes: "platform.groups." + string(role)})
	}
	if found {
		d.e = d.e.WithGroups(named)
	}
}

// named wants a group that the estate names in the tenant.
func (d *designer) named(id arm.ID, groups []hierarchy.Group, pos diag.Pos) {
	var names []string
	for _, g := range groups {
		names = append(names, g.ID.Name())
	}
	lacks := hierarchy.Lacks(d.around.have)
	switch {
	case slices.ContainsFunc(groups, func(g hierarchy.Group) bool { return g.ID.Equal(id) }):
	case len(groups) == 0 || len(lacks) > 0:
		d.found.Warnf(pos, "groups/absent", "whether the tenant has management group %q is not known: %s", id.Name(), cmp.Or(strings.Join(lacks, "; "), "the snapshot has no management groups"))
	default:
		d.found.Errorf(pos, "groups/absent", "the tenant has no management group %q%s", id.Name(), diag.DidYouMean(id.Name(), names))
	}
}

// evidence gives what speaks for a group's role.
func evidence(g hierarchy.Group) string {
	var all []string
	for _, e := range g.Evidence {
		if slices.Contains(e.For, g.Role) {
			all = append(all, e.Text)
		}
	}
	return strings.Join(all, "; ")
}

// adopt says what the tenant knows of a subscription that the estate adopts, and
// gives its display name.
func (d *designer) adopt(s *subscription) (display string) {
	if d.around == nil {
		return s.name
	}
	at := s.place.In.Of("subscription")
	r, ok := d.around.have.Get(s.id)
	if !ok {
		var names []string
		for _, id := range d.around.have.Subscriptions(arm.Tenant) {
			names = append(names, id.Name())
		}
		d.found.Warnf(at, "design/adopt-absent", "subscription %q is not in the snapshot: what lies in it, and whether it can be used, is not known%s", s.id.Name(), diag.DidYouMean(s.id.Name(), names))
		return s.name
	}
	if state := r.Get("properties", "state").Str(); state != "" && !strings.EqualFold(state, "Enabled") {
		d.found.Warnf(at, "design/adopt-state", "subscription %q is %s: nothing can be deployed to it", s.id.Name(), state)
	}
	return cmp.Or(r.Get("properties", "displayName").Str(), s.name)
}

// lies tells whether the tenant has a subscription directly in a group.
func (a *around) lies(sub, group arm.ID) bool {
	if a == nil || !a.have.Has(sub) || a.have.Supposed(sub) {
		return false
	}
	in, ok := a.have.Parent(sub)
	return ok && in.Equal(group)
}

// in gives the management group that a subscription lies in, "" where that is
// not known.
func (a *around) in(sub arm.ID) string {
	if a == nil || !a.have.Has(sub) || a.have.Supposed(sub) {
		return ""
	}
	in, _ := a.have.Parent(sub)
	return in.Name()
}

// scope gives the scope whose policies hold for what is made in a subscription:
// its own, or of one that is yet to be made the group that it will lie in; ""
// where that is not known.
func (a *around) scope(sub arm.ID, in group) arm.ID {
	switch {
	case a.have.Has(sub):
		return sub
	case in.known() && a.have.Has(in.id):
		return in.id
	case in.ours && a.have.Has(in.below):
		return in.below
	}
	return ""
}

// take takes what the tenant's networks use out of a pool, less what is ours,
// and says which that is. What the lock has was taken before, and stays.
func (a *around) take(pool *network.Pool, ours map[arm.ID]bool) (said []string) {
	if a == nil {
		return nil
	}
	for _, r := range a.ranges {
		if !r.Prefix.Overlaps(pool.Range) || ours[r.By.Fold()] || !r.Prefix.Addr().Is4() {
			continue
		}
		if text := fmt.Sprintf("%s (%s)", r.Prefix, r.By.Name()); !slices.Contains(said, text) {
			said = append(said, text)
			exclude(pool, r.Prefix)
		}
	}
	return said
}

// exclude takes of a range what is still free in a pool.
func exclude(pool *network.Pool, r netip.Prefix) {
	if !r.Overlaps(pool.Range) {
		return
	}
	if r.Bits() < pool.Range.Bits() {
		r = pool.Range
	}
	if pool.Take(r) == nil || r.Bits() >= network.SmallestSubnet {
		return
	}
	half := netip.PrefixFrom(r.Addr(), r.Bits()+1)
	exclude(pool, half)
	exclude(pool, netip.PrefixFrom(behind(half), half.Bits()))
}

// behind gives the first address behind a range.
func behind(p netip.Prefix) netip.Addr {
	b := p.Addr().As4()
	i := (p.Bits() - 1) / 8
	b[i] |= 1 << (7 - (p.Bits()-1)%8)
	return netip.AddrFrom4(b)
}

// used gives the network of the tenant whose addresses a range overlaps, other
// than the one with an id.
func (a *around) used(prefix netip.Prefix, id arm.ID) (limits.Range, bool) {
	if a == nil {
		return limits.Range{}, false
	}
	i := slices.IndexFunc(a.ranges, func(r limits.Range) bool { return r.Prefix.Overlaps(prefix) && !r.By.Equal(id) })
	if i < 0 {
		return limits.Range{}, false
	}
	return a.ranges[i], true
}

// has tells whether the tenant has a name that is unique in all of Azure.
func (a *around) has(t arm.Type, name string) bool {
	return a != nil && a.names[strings.ToLower(string(t)+"/"+name)]
}

// writes gives who writes a tag on what is made in a scope, "" for nobody, and
// whether it surely holds for all of that.
func (a *around) writes(scope arm.ID, key string) (by string, sure bool) {
	if a == nil || scope == "" {
		return "", false
	}
	for _, w := range a.engine.Writers(scope) {
		if arm.EqualFold(w.Field, "tags['"+key+"']") && (by == "" || w.Sure) {
			by, sure = a.rule(w.Assigned), w.Sure
		}
	}
	return by, sure
}

// rule names a rule for people, with where it is assigned.
func (a *around) rule(r *policy.Assigned) string {
	return fmt.Sprintf("policy %q (assignment %q at %s)", r.Policy(), cmp.Or(r.Title, r.ID.Name()), a.have.Title(r.Scope))
}
