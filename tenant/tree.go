package tenant

// The tree above the subscriptions is not in the ids. It is put together from
// what names a place, the strongest first:
//
//   - a management group's properties.details.parent.id;
//   - a placement, /providers/Microsoft.Management/managementGroups/G/subscriptions/S;
//   - a subscription's properties.managementGroupAncestorsChain, as Azure
//     Resource Graph writes it: names, nearest first. It also tells the parents
//     of management groups that could not be read themselves;
//   - for a subscription that is to be made, the alias
//     /providers/Microsoft.Subscription/aliases/NAME with
//     properties.additionalProperties.managementGroupId. The subscription is
//     /subscriptions/@NAME until properties.subscriptionId says which it became.
//
// What nothing names a place for lies below the tenant's root management group
// where that is known (it bears the tenant's own id), else below the tenant.
//
// https://learn.microsoft.com/azure/governance/management-groups/overview

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"airfield/arm"
	"airfield/diag"
)

const (
	groupsScope  = arm.ID("/providers/Microsoft.Management/managementGroups")
	aliasesScope = arm.ID("/providers/Microsoft.Subscription/aliases")
	subsScope    = arm.ID("/subscriptions")

	placementType = arm.ManagementGroupType + "/subscriptions"
)

// tree holds who lies in whom, for management groups and subscriptions. The
// keys are folded.
type tree struct {
	parent   map[arm.ID]arm.ID
	children map[arm.ID][]arm.ID
	supposed map[arm.ID]bool // of which nothing says in what they lie
}

// Children gives the management groups and subscriptions directly below a
// management group or the tenant, in order.
func (t *Tenant) Children(of arm.ID) []arm.ID { return slices.Clone(t.tree.children[of.Fold()]) }

// Parent gives what the id lies in directly: for a subnet its network, for a
// resource its resource group, then the subscription, the management groups and
// the tenant, which lies in nothing. An assignment, a lock or another extension
// lies in what it is made for. The id itself need not be in the tenant.
func (t *Tenant) Parent(id arm.ID) (arm.ID, bool) {
	if id == arm.Tenant || id == "" {
		return "", false
	}
	if p, known := t.tree.parent[id.Fold()]; known {
		return p, true
	}
	return id.Parent(), true
}

// Supposed tells whether nothing says in which management group a group or
// subscription lies, so that it is taken to lie below the root.
func (t *Tenant) Supposed(id arm.ID) bool { return t.tree.supposed[id.Fold()] }

// Ancestors gives everything that the scope lies in, nearest first, down to the
// tenant; not the scope itself.
func (t *Tenant) Ancestors(scope arm.ID) []arm.ID {
	var up []arm.ID
	for id, ok := t.Parent(scope); ok; id, ok = t.Parent(id) {
		up = append(up, id)
	}
	return up
}

// Title names a scope for people, a subscription by its display name:
// "subscription payments-prod".
func (t *Tenant) Title(scope arm.ID) string {
	if scope.Type().Equal(arm.SubscriptionType) {
		if r, ok := t.Get(scope); ok {
			for _, name := range []string{r.Get("properties", "displayName").Str(), r.Get("displayName").Str()} {
				if name != "" {
					return "subscription " + name
				}
			}
		}
	}
	return scope.Place()
}

// Subscriptions gives the subscriptions in a scope: a subscription itself, and of
// what lies in one that.
func (t *Tenant) Subscriptions(scope arm.ID) []arm.ID {
	if sub := scope.SubscriptionID(); sub != "" {
		return []arm.ID{sub}
	}
	var all []arm.ID
	for _, id := range t.Children(scope) {
		all = append(all, t.Subscriptions(id)...)
	}
	return all
}

// InTree tells whether the resource with an id takes part in the tree above the
// resource groups. A pass over a snapshot larger than memory makes a small
// Tenant of these first, to ask it for ancestors.
func InTree(id arm.ID) bool {
	switch strings.Count(string(id), "/") {
	case 2:
		return hasType(id, arm.SubscriptionType)
	case 4:
		return id.Under(groupsScope) || id.Under(aliasesScope)
	case 6:
		return hasType(id, placementType)
	}
	return false
}

// grower puts a tree together.
type grower struct {
	t      *Tenant
	groups map[arm.ID]arm.ID // all management groups that are or are named, in the spelling to use
	subs   map[arm.ID]arm.ID // likewise subscriptions
	strong map[arm.ID]arm.ID // the parents that something names
	weak   map[arm.ID]arm.ID // the parents that a chain or an alias names
	pos    map[arm.ID]diag.Pos
	at     func(i int) diag.Pos
	found  diag.List

	supposed map[arm.ID]bool
}

// growTree makes the tree of a tenant, whose resources were given at some places.
func growTree(t *Tenant, at func(i int) diag.Pos, found diag.List) (tree, diag.List) {
	g := grower{t: t, at: at, found: found,
		groups: map[arm.ID]arm.ID{}, subs: map[arm.ID]arm.ID{},
		strong: map[arm.ID]arm.ID{}, weak: map[arm.ID]arm.ID{}, pos: map[arm.ID]diag.Pos{}, supposed: map[arm.ID]bool{},
	}
	g.readGroups()
	g.readSubscriptions()
	g.readAliases()
	g.nameMissing()
	parent := g.parents()
	g.cutCycles(parent)
	children := map[arm.ID][]arm.ID{}
	for _, spelled := range []map[arm.ID]arm.ID{g.groups, g.subs} {
		for child, p := range parent {
			if id, ok := spelled[child]; ok {
				children[p.Fold()] = append(children[p.Fold()], id)
			}
		}
	}
	for _, c := range children {
		slices.SortFunc(c, arm.ID.Compare)
	}
	return tree{parent, children, g.supposed}, g.found
}

// readGroups reads the management groups and the placements in them.
func (g *grower) readGroups() {
	from, to := g.t.Span(groupsScope)
	var x arm.Indexer
	var placements []int
	for i := from; i < to; i++ {
		id := g.t.ID(i)
		switch strings.Count(string(id), "/") {
		case 4:
			r := g.t.At(i, &x)
			g.groups[id.Fold()], g.pos[id.Fold()] = id, g.at(i)
			details := r.Get("properties", "details")
			if p := g.groupOf(id, details.Get("parent", "id")); p != "" {
				g.strong[id.Fold()] = p
			}
			g.readChain(id, details.Get("managementGroupAncestorsChain"))
		case 6:
			if hasType(id, placementType) {
				placements = append(placements, i)
			}
		}
	}
	for _, i := range placements {
		id := g.t.ID(i)
		g.place(arm.Subscription(id.Name()), id.Parent(), g.at(i))
	}
}

// place records a placement. Of two that differ the first counts.
func (g *grower) place(sub, group arm.ID, at diag.Pos) {
	if first, twice := g.strong[sub.Fold()]; twice {
		g.found.Errorf(at, "tenant/placement", "subscription %q is placed in %q and in %q: the first counts", sub.Name(), first.Name(), group.Name())
		return
	}
	g.subs[sub.Fold()], g.strong[sub.Fold()], g.pos[sub.Fold()] = sub, group, at
}

// readSubscriptions steps from subscription to subscription, whether it is
// there itself or only something in it.
func (g *grower) readSubscriptions() {
	from, to := g.t.Span(subsScope)
	var x arm.Indexer
	for i := from; i < to; {
		id := g.t.ID(i)
		sub := id.SubscriptionID()
		if _, spelled := g.subs[sub.Fold()]; !spelled || id.Equal(sub) {
			g.subs[sub.Fold()] = sub
		}
		if id.Equal(sub) {
			r := g.t.At(i, &x)
			g.pos[id.Fold()] = g.at(i)
			g.readChain(id, r.Get("properties", "managementGroupAncestorsChain"))
		}
		_, i = g.t.Span(sub)
	}
}

// readChain reads the names of what child lies in, nearest first.
func (g *grower) readChain(child arm.ID, chain arm.Value) {
	for item := range chain.Items() {
		group := g.groupOf(child, item.Get("name"))
		if group == "" {
			return
		}
		g.suppose(child, group)
		child = group
	}
}

// suppose records a parent that counts where nothing stronger is known.
func (g *grower) suppose(child, parent arm.ID) {
	if _, known := g.weak[child.Fold()]; !known {
		g.weak[child.Fold()] = parent
	}
}

func (g *grower) readAliases() {
	from, to := g.t.Span(aliasesScope)
	var x arm.Indexer
	for i := from; i < to; i++ {
		id := g.t.ID(i)
		if strings.Count(string(id), "/") != 4 {
			continue
		}
		r := g.t.At(i, &x)
		sub := arm.Subscription("@" + id.Name())
		if made := r.Get("properties", "subscriptionId").Str(); made != "" {
			sub = arm.Subscription(arm.ID(made).Name())
		}
		if _, spelled := g.subs[sub.Fold()]; !spelled {
			g.subs[sub.Fold()], g.pos[sub.Fold()] = sub, g.at(i)
		}
		if group := g.groupOf(sub, r.Get("properties", "additionalProperties", "managementGroupId")); group != "" {
			g.suppose(sub, group)
			g.suppose(arm.Subscription("@"+id.Name()), group)
		}
	}
}

// groupOf reads the management group that of lies in: its id, its name alone, or
// a reference to it.
func (g *grower) groupOf(of arm.ID, v arm.Value) arm.ID {
	s := v.Str()
	if ref, ok := v.Ref(); ok {
		s = string(ref.ID)
	}
	if s != "" && !strings.Contains(s, "/") {
		s = string(arm.ManagementGroup(s))
	}
	if id := arm.ID(s); s == "" || id == arm.Tenant || strings.Count(s, "/") == 4 && id.Under(groupsScope) {
		return id
	}
	g.found.Errorf(g.pos[of.Fold()], "tenant/parent", "%q has the parent %q, wanted a management group", of.Name(), s)
	return ""
}

// nameMissing finds the management groups that are named but not there.
func (g *grower) nameMissing() {
	for _, links := range []map[arm.ID]arm.ID{g.strong, g.weak} {
		for _, child := range slices.Sorted(maps.Keys(links)) {
			group := links[child]
			if _, there := g.groups[group.Fold()]; there || group == arm.Tenant {
				continue
			}
			g.groups[group.Fold()] = group
			g.found.Warnf(g.pos[child], "tenant/parent", "management group %q, in which %q lies, is not in the tenant: what is assigned there is not seen", group.Name(), child.Name())
		}
	}
}

// parents decides on one parent for each management group and subscription.
func (g *grower) parents() map[arm.ID]arm.ID {
	parent := map[arm.ID]arm.ID{}
	root, rooted := g.groups[arm.ManagementGroup(g.t.header.Tenant).Fold()]
	if !rooted {
		root = arm.Tenant
	}
	var orphans []string
	for _, spelled := range []map[arm.ID]arm.ID{g.groups, g.subs} {
		for _, id := range slices.Sorted(maps.Keys(spelled)) {
			p, named := g.strong[id]
			if q, too := g.weak[id]; !named {
				p, named = q, too
			} else if too && !p.Equal(q) {
				g.found.Infof(g.pos[id], "tenant/placement", "%q lies in %q, though by another resource it lies in %q", spelled[id].Name(), p.Name(), q.Name())
			}
			switch {
			case rooted && id == root.Fold() && !named:
				p = arm.Tenant
			case !named:
				p = root
				if rooted || id.Type() == arm.SubscriptionType {
					orphans = append(orphans, spelled[id].Name())
					g.supposed[id] = true
				}
			}
			if s, ok := g.groups[p.Fold()]; ok {
				p = s
			}
			parent[id] = p
		}
	}
	if len(orphans) > 0 {
		g.found.Infof(diag.Pos{}, "tenant/placement", "nothing says in which management group these lie, taken to be directly below %q: %s", root, some(orphans, 5))
	}
	return parent
}

// cutCycles ends each cycle of management groups at its first one by name,
// which then lies below the tenant.
func (g *grower) cutCycles(parent map[arm.ID]arm.ID) {
	done := map[arm.ID]bool{}
	for _, start := range slices.Sorted(maps.Keys(g.groups)) {
		var path []arm.ID
		id := start
		for ; !done[id]; id = parent[id].Fold() {
			if _, group := g.groups[id]; !group {
				break
			}
			done[id] = true
			path = append(path, id)
		}
		at := slices.Index(path, id)
		if at < 0 {
			continue
		}
		cycle := path[at:]
		var names []string
		for _, c := range cycle {
			names = append(names, g.groups[c].Name())
		}
		cut := slices.MinFunc(cycle, arm.ID.Compare)
		g.found.Errorf(g.pos[cut], "tenant/cycle", "management groups lie in each other: %s", strings.Join(append(names, names[0]), " in "))
		parent[cut] = arm.Tenant
	}
}

// some gives the first n of names, and how many there are beyond.
func some(names []string, n int) string {
	if len(names) <= n {
		return strings.Join(names, ", ")
	}
	return strings.Join(names[:n], ", ") + " and " + strconv.Itoa(len(names)-n) + " more"
}
