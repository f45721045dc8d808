package emit

// How a tenant becomes deployments.
//
// A unit is what one deployment may write: a subscription; the alias and the
// placement that make it ("vend"); or all that lies in no subscription. Each
// resource has a stage: the one natural to its type, raised to that of every
// resource of its unit that it needs, and behind that of every resource of
// another unit. A role assignment on a storage account so lands with the
// account, and one for an identity of another subscription behind that
// identity. What needs more than the last named stage gets further ones: no
// deployment ever needs another of its own stage, so they run side by side.
//
// Budgets have the last named stage to themselves: Azure refuses them in a
// subscription of less than 48 hours, and nothing is to wait for that.
// learn.microsoft.com/azure/cost-management-billing/costs/tutorial-acm-create-budgets#prerequisites
//
// A resource needs the nearest resource above it that is ours (a subnet its
// network, everything its resource group, a resource group the alias of its
// subscription) and likewise whatever its body refers to.

import (
	"cmp"
	"iter"
	"slices"
	"strconv"
	"strings"

	"airfield/arm"
	"airfield/diag"
	"airfield/tenant"
)

// Deployment is what is deployed at once: one deployment for Azure Resource
// Manager, one state for Terraform.
type Deployment struct {
	Stage     string         // "3-prepare"; stages sort in the order they are deployed
	Scope     arm.ID         // "/" or a subscription
	Name      string         // of its folder; "" for the tenant's own in stage 1
	Resources []arm.Resource // each behind what it needs
}

const (
	governance = iota + 1
	vend
	prepare
	network
	data
	compute
	budgets
	finish
)

var stageNames = [...]string{governance: "governance", vend: "vend", prepare: "prepare", network: "network", data: "data", compute: "compute", budgets: "budgets"}

func stageName(n int) string {
	name := "finish"
	if n < len(stageNames) {
		name = stageNames[n]
	}
	return strconv.Itoa(n) + "-" + name
}

// natural gives the stage of a type in a subscription, before what it needs.
func natural(t arm.Type) int {
	s := strings.ToLower(string(t))
	ns, kind, _ := strings.Cut(s, "/")
	switch ns {
	case "microsoft.network":
		if strings.HasPrefix(kind, "privateendpoints") {
			return data
		}
		return network
	case "microsoft.storagecache": // it signs in to the data it fills itself from with roles that take minutes to hold
		return compute
	case "microsoft.storage", "microsoft.keyvault", "microsoft.netapp", "microsoft.containerregistry", "microsoft.recoveryservices", "microsoft.dataprotection":
		return data
	case "microsoft.compute", "microsoft.devtestlab", "microsoft.batch", "microsoft.containerservice", "microsoft.machinelearningservices", "microsoft.cognitiveservices", "microsoft.search", "microsoft.virtualmachineimages", "microsoft.maintenance":
		return compute
	case "microsoft.insights":
		if kind == "autoscalesettings" {
			return compute
		}
	case "microsoft.authorization":
		if kind == "locks" { // a read-only lock stops all that comes after it
			return finish
		}
	case "microsoft.consumption":
		if kind == "budgets" {
			return budgets
		}
	}
	return prepare
}

const (
	budgetType    arm.Type = "Microsoft.Consumption/budgets"
	aliasType     arm.Type = "Microsoft.Subscription/aliases"
	placementType          = arm.ManagementGroupType + "/subscriptions"
)

// aliasOf gives the alias that makes a subscription that does not exist yet.
func aliasOf(sub arm.ID) (arm.ID, bool) {
	name, vended := strings.CutPrefix(sub.Name(), "@")
	return arm.Tenant.Resource(aliasType, name), vended
}

// unit is what one deployment may write.
type unit struct {
	sub  arm.ID // "" for what lies in no subscription
	vend bool   // what makes or places the subscription, not what lies in it
}

func unitOf(id arm.ID) unit {
	if sub := id.SubscriptionID(); sub != "" {
		return unit{sub: sub}
	}
	switch t := id.Type(); {
	case t.Equal(aliasType):
		return unit{arm.Subscription("@" + id.Name()), true}
	case t.Equal(placementType):
		return unit{arm.Subscription(id.Name()), true}
	}
	return unit{}
}

func (u unit) equal(v unit) bool { return u.vend == v.vend && u.sub.Equal(v.sub) }

// Split divides the tenant into deployments: those of the tenant first, then
// subscription by subscription, each by stage. It holds one subscription at a
// time. Findings are added to found.
func Split(t *tenant.Tenant, found *diag.List) iter.Seq[Deployment] {
	return func(yield func(Deployment) bool) {
		s := splitter{t: t, found: found, stages: map[arm.ID]int{}, cycles: map[arm.ID]bool{}, names: map[string]bool{}}
		for _, u := range s.units() {
			if !s.deploy(u, yield) {
				return
			}
		}
	}
}

type splitter struct {
	t      *tenant.Tenant
	found  *diag.List
	own    map[arm.ID]arm.Resource // the resources of this unit
	stages map[arm.ID]int          // of this unit's resources and what they need, while it is split
	path   []arm.ID                // resources whose stage is being asked for
	cycles map[arm.ID]bool         // reported
	names  map[string]bool         // folders given out, by what they hold
}

// work is a unit with the ids of its resources outside of the subscription.
type work struct {
	sub  arm.ID
	vend []arm.ID
}

// units gives the units in order: the tenant's, then the subscriptions'.
func (s *splitter) units() []work {
	tenantWide := work{}
	bySub := map[arm.ID]*work{}
	of := func(sub arm.ID) *work {
		w := bySub[sub.Fold()]
		if w == nil {
			w = &work{sub: sub}
			bySub[sub.Fold()] = w
		}
		return w
	}
	for id := range s.t.IDs(arm.Tenant) {
		sub := id.SubscriptionID()
		if sub != "" {
			of(sub)
			continue
		}
		if u := unitOf(id); u.vend {
			w := of(u.sub)
			w.vend = append(w.vend, id)
			if id.Type().Equal(aliasType) { // which spells its own name
				w.sub = u.sub
			}
			continue
		}
		tenantWide.vend = append(tenantWide.vend, id)
	}
	all := []work{tenantWide}
	for _, w := range bySub {
		all = append(all, *w)
	}
	slices.SortFunc(all, func(a, b work) int { return a.sub.Compare(b.sub) })
	return all
}

// deploy yields the deployments of a unit.
func (s *splitter) deploy(w work, yield func(Deployment) bool) bool {
	clear(s.stages)
	var outside, inside []arm.Resource
	for _, id := range w.vend {
		if r, _ := s.t.Get(id); !r.Theirs && id != arm.Tenant {
			outside = append(outside, r)
		}
	}
	if w.sub != "" {
		for r := range s.t.Range(w.sub) {
			if !r.Theirs && r.ID.Type() != arm.SubscriptionType {
				inside = append(inside, tenant.Keep(r))
			}
		}
	}
	if len(outside)+len(inside) == 0 {
		return true
	}
	s.own = make(map[arm.ID]arm.Resource, len(outside)+len(inside))
	for _, r := range slices.Concat(outside, inside) {
		s.own[r.ID.Fold()] = r
	}
	name := s.folder(w.sub, len(outside) > 0, len(inside) > 0)
	return s.byStage(outside, arm.Tenant, name, yield) && s.byStage(inside, w.sub, name, yield)
}

// byStage yields the resources of one unit, stage by stage.
func (s *splitter) byStage(rs []arm.Resource, scope arm.ID, name string, yield func(Deployment) bool) bool {
	var stages [][]arm.Resource
	for _, r := range rs {
		n := s.stage(r)
		for len(stages) <= n {
			stages = append(stages, nil)
		}
		stages[n] = append(stages[n], r)
	}
	for n, rs := range stages {
		if len(rs) == 0 {
			continue
		}
		d := Deployment{stageName(n), scope, name, sorted(rs)}
		switch {
		case scope != arm.Tenant || n == vend:
		case name != "":
			d.Name += "-vend"
		case n != governance:
			d.Name = "tenant-wide"
		}
		if !yield(d) {
			return false
		}
	}
	return true
}

// folder gives the name of a subscription's folders: the alias, else the
// display name of a subscription that exists, else its id. What vends has stages
// of its own: a subscription that is known by its id does not move them.
func (s *splitter) folder(sub arm.ID, vends, holds bool) string {
	if sub == "" {
		return ""
	}
	name, vended := strings.CutPrefix(sub.Name(), "@")
	if r, ok := s.t.Get(sub); ok && !vended {
		for _, v := range []string{r.Get("displayName").Str(), r.Get("properties", "displayName").Str(), r.Get("name").Str()} {
			if v != "" {
				name = v
				break
			}
		}
	}
	name = strings.Map(func(c rune) rune {
		if c < 128 && (isWord(byte(c)) || c == '-' || c == '.') {
			return c
		}
		return '-'
	}, name)
	if strings.Trim(name, ".") == "" { // "..", which is another folder
		name = strings.Repeat("-", len(name))
	}
	if fold := strings.ToLower(name); vends && s.names["vends "+fold] || holds && s.names["holds "+fold] {
		name += "-" + short(sub)
	}
	fold := strings.ToLower(name)
	s.names["vends "+fold] = s.names["vends "+fold] || vends
	s.names["holds "+fold] = s.names["holds "+fold] || holds
	return name
}

// stage gives the stage of a resource that is ours.
func (s *splitter) stage(r arm.Resource) int {
	key := r.ID.Fold()
	if n, ok := s.stages[key]; ok {
		return n
	}
	if at := slices.IndexFunc(s.path, r.ID.Equal); at >= 0 {
		s.cycle(s.path[at:], r.Pos)
		return 0
	}
	s.path = append(s.path, r.ID)
	u, t := unitOf(r.ID), r.ID.Type()
	n := governance
	switch {
	case u.vend:
		n = vend
	case u.sub != "", t.Equal(budgetType):
		n = natural(t)
	}
	for need := range needs(s.find, r) {
		m := s.stage(need)
		if m > 0 && !unitOf(need.ID).equal(u) {
			m++
		}
		n = max(n, m)
	}
	if n == budgets && !t.Equal(budgetType) {
		n = finish
	}
	s.path = s.path[:len(s.path)-1]
	s.stages[key] = n
	return n
}

func (s *splitter) cycle(path []arm.ID, pos diag.Pos) {
	first := slices.MinFunc(path, arm.ID.Compare)
	if s.cycles[first.Fold()] {
		return
	}
	s.cycles[first.Fold()] = true
	var names []string
	for _, id := range path {
		names = append(names, string(id))
	}
	s.found.Errorf(pos, "emit/cycle", "resources need each other, none can be made first: %s", strings.Join(append(names, names[0]), " needs "))
}

// find gives a resource of this unit, else of the tenant.
func (s *splitter) find(id arm.ID) (arm.Resource, bool) {
	if r, ok := s.own[id.Fold()]; ok {
		return r, true
	}
	return s.t.Get(id)
}

// needs gives the resources of ours that a resource needs, each perhaps more
// than once.
func needs(find func(arm.ID) (arm.Resource, bool), r arm.Resource) iter.Seq[arm.Resource] {
	return func(yield func(arm.Resource) bool) {
		more := true
		ask := func(id arm.ID) {
			if need, ok := owner(find, id); more && ok && !need.ID.Equal(r.ID) {
				more = yield(need)
			}
		}
		ask(r.ID.Parent())
		for _, p := range holes(string(r.ID)) {
			if p.sub != "" && r.ID.SubscriptionID() == "" {
				ask(arm.Subscription("@" + p.sub))
			}
		}
		links(r.Body, func(ref arm.Ref) {
			if ref.ID != "" {
				ask(ref.ID)
			}
		})
	}
}

// owner gives the resource of ours that an id is, or lies in: a subnet may be
// written in the body of its network, a subscription is made by its alias.
func owner(find func(arm.ID) (arm.Resource, bool), id arm.ID) (arm.Resource, bool) {
	for id != arm.Tenant && id != "" {
		if id.Type() == arm.SubscriptionType {
			var vended bool
			if id, vended = aliasOf(id); !vended {
				return arm.Resource{}, false
			}
		}
		if r, ok := find(id); ok {
			return r, !r.Theirs
		}
		id = id.Parent()
	}
	return arm.Resource{}, false
}

const privateEndpoints = "microsoft.network/privateendpoints"

// sorted puts each resource behind those that it needs, and else by id, private
// endpoints behind all that they could lead to.
func sorted(rs []arm.Resource) []arm.Resource {
	late := func(r arm.Resource) int {
		if strings.HasPrefix(strings.ToLower(string(r.Type())), privateEndpoints) {
			return 1
		}
		return 0
	}
	slices.SortFunc(rs, func(a, b arm.Resource) int { return cmp.Or(late(a)-late(b), a.ID.Compare(b.ID)) })
	order := make([]arm.Resource, 0, len(rs))
	for _, i := range topological(graph(rs)) {
		order = append(order, rs[i])
	}
	return order
}

// graph gives for each resource the places of those it needs, sorted.
func graph(rs []arm.Resource) [][]int {
	at := make(map[arm.ID]int, len(rs))
	for i, r := range rs {
		at[r.ID.Fold()] = i
	}
	find := func(id arm.ID) (arm.Resource, bool) {
		i, ok := at[id.Fold()]
		if !ok {
			return arm.Resource{}, false
		}
		return rs[i], true
	}
	all := make([][]int, len(rs))
	for i, r := range rs {
		for need := range needs(find, r) {
			all[i] = append(all[i], at[need.ID.Fold()])
		}
		slices.Sort(all[i])
		all[i] = slices.Compact(all[i])
	}
	return all
}

// topological orders the nodes of a graph, each behind those it needs and else
// by number. Of a cycle one need is not kept.
func topological(needs [][]int) []int {
	order := make([]int, 0, len(needs))
	seen := make([]bool, len(needs))
	var visit func(i int)
	visit = func(i int) {
		if seen[i] {
			return
		}
		seen[i] = true
		for _, j := range needs[i] {
			visit(j)
		}
		order = append(order, i)
	}
	for i := range needs {
		visit(i)
	}
	return order
}
