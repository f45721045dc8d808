// Package design turns an estate into the wanted tenant: management groups,
// subscriptions, resource groups, tags, names, access, budgets, policy,
// networks, storage and compute, each resource with the line of the estate
// that asked for it, and each choice with its reasons.
//
// An Estate and a Lock go in, and the tenant that the design lands in, where it
// is known (see around); a Design comes out: a tenant, decisions, findings, what
// is left open, what is refused or added there, and the next lock. The package
// reads no files and no clock, finds no fixes for what a tenant refuses (package
// review does), and prints nothing.
package design

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"airfield/arm"
	"airfield/catalog"
	"airfield/compute"
	"airfield/cost"
	"airfield/diag"
	"airfield/estate"
	"airfield/limits"
	"airfield/policy"
	"airfield/source"
	"airfield/tenant"
)

// Design is the landing zone of an estate.
type Design struct {
	Estate        *estate.Estate
	Tenant        *tenant.Tenant
	Subscriptions []Subscription // by name
	Decisions     []Decision
	Findings      diag.List
	Open          []Open
	Edges         []Edge
	Parameters    []Parameter
	Refused       []Refusal // by the tenant that it lands in, or not known to be taken
	Asked         int       // sizes that the tenant was asked for
	Added         []Added   // by policies of that tenant
	Lock          *Lock
	Bill          *cost.Bill
	Budgets       []Budget // of subscriptions, in the order of their names
	Eligible      []Eligible
	Files         []File                 // for tools that deploy what the design does not
	Expected      []Expected             // of those tools
	asks          map[string]compute.Ask // by what they are about
}

// File is what a tool of others reads: the parameters of its template.
type File struct {
	Name string    `json:"name"` // from the folder that a design is written to: slurm/rg-con-atlas-slurm-prod-sdc-001.json
	Body arm.Value `json:"body"`
}

// Subscription is one subscription that the design fills.
type Subscription struct {
	ID           arm.ID        `json:"id"`
	Name         string        `json:"name"`
	Group        arm.ID        `json:"group,omitempty"`   // the management group it belongs in, "" where that is not known
	Adopted      bool          `json:"adopted,omitempty"` // it exists; where it lies is not ours to say
	Place        *estate.Place `json:"-"`
	Quota        []Quota       `json:"-"` // what its nodes count, designed or not
	Production   bool          `json:"production,omitempty"`
	Environments []string      `json:"environments"` // of the place's workload: more than one where they share it
}

// Eligible is a role that the members of a group may take up for a time. It is
// no resource of the tenant: a deployment could not make it twice.
type Eligible struct {
	Group     string          `json:"group"`
	Principal string          `json:"principal,omitempty"` // the group's object id, "" where the deployer gives it
	Role      string          `json:"role"`
	RoleID    string          `json:"role_id"`
	Scope     arm.ID          `json:"scope"`
	For       estate.Duration `json:"for"`
	Pos       diag.Pos        `json:"pos"`
}

// Parameter is a value that whoever deploys must give.
type Parameter struct {
	Name        string `json:"name"`
	Description string `json:"description"`
}

// Options are what a design needs beside the estate.
type Options struct {
	Lock   *Lock          // what earlier designs fixed; nil for none
	Tenant *tenant.Tenant // that the design lands in; nil where it is not known
	Engine *policy.Engine // of Tenant at Now; nil to compile it
	Now    time.Time      // by which the tenant's exemptions end
	Month  string         // the first day of this month, 2026-11-01: when budgets begin that are not locked

	// Usage is what resources use a month, by folded id, over what the estate tells.
	Usage map[arm.ID]cost.Usage

	// Side runs do(0) to do(n-1) side by side and returns when all are done; nil
	// for one after another. The design is the same.
	Side func(n int, do func(i int))
}

// New designs the landing zone of an estate that was read without errors (see
// Read). Where it cannot be designed, Findings has errors, and the tenant holds
// what could be.
func New(e *estate.Estate, o Options) *Design {
	d := &designer{e: e, lock: o.Lock.fresh(), month: o.Month, subs: map[string]*subscription{}, subNames: map[arm.ID]string{}, asks: map[string]compute.Ask{}, data: map[string]*store{}, hots: map[string]*hot{}, said: map[string]bool{}, costs: cost.Input{Usage: map[arm.ID]cost.Usage{}}, serving: map[arm.ID]bool{}}
	d.around = newAround(o)
	d.recognize()
	e = d.e
	d.names = newNamer(e, d.lock, &d.found)
	d.names.around = d.around
	d.hierarchy()
	d.settle()
	places := e.Places()
	for i := range places {
		jobs := slices.Clone(places[i].Jobs)
		for j := range jobs {
			jobs[j].Value = d.prefersJob(&places[i], jobs[j].Key, jobs[j].Value)
		}
		places[i].Jobs = jobs
	}
	for i := range places {
		d.nameData(&places[i])
	}
	for i := range places {
		d.planHot(&places[i])
	}
	for i := range places {
		d.placeData(&places[i])
	}
	for i := range places {
		d.placeWork(&places[i])
	}
	d.readers()
	if !d.found.HasErrors() { // else the rest would be about what is missing
		d.finish()
	}
	t, found := d.build.Tenant()
	for _, f := range found {
		if f.Code != "tenant/placement" { // where theirs lie is not ours to know
			d.found = append(d.found, f)
		}
	}
	t = d.meet(t)
	bill := d.bill(t, o.Usage)
	if !d.found.HasErrors() {
		t = d.withBudgets(t, bill)
	}
	d.checkLimits(t, o.Side)
	d.accept(cmp.Or(day(o.Now), d.month))
	slices.SortStableFunc(d.budgets, func(a, b Budget) int { return strings.Compare(a.Subscription, b.Subscription) })
	asked := 0
	if d.around != nil {
		asked = d.around.asked
	}
	return &Design{Estate: e, Tenant: t, Subscriptions: d.filled(), Decisions: d.decisions, Findings: d.found.Sorted(), Open: d.open, Edges: d.edges, Parameters: d.parameters,
		Refused: d.refused, Asked: asked, Added: d.added, Lock: d.lock, Bill: bill, Budgets: d.budgets, Eligible: d.eligible, Files: d.files, Expected: d.expected, asks: d.asks}
}

// designer is a design in the making.
type designer struct {
	e          *estate.Estate
	lock       *Lock
	month      string
	around     *around // nil where no tenant was given
	names      *namer
	build      tenant.Builder
	found      diag.List
	decisions  []Decision
	open       []Open
	edges      []Edge
	parameters []Parameter
	budgets    []Budget
	refused    []Refusal
	added      []Added
	eligible   []Eligible
	files      []File
	costs      cost.Input
	expected   []Expected
	asks       map[string]compute.Ask

	landing  map[estate.Connects]group // the management group of each landing zone
	groups   map[string]group          // ours below them, by their names
	root     group                     // ours, of a standalone organization
	subs     map[string]*subscription  // by key
	order    []*subscription           // as they came up
	subNames map[arm.ID]string         // the names of subscriptions by their ids, in lower case
	data     map[string]*store         // where data lies, by workload/environment/name
	hots     map[string]*hot           // what a job works on, by workload/environment/job
	said     map[string]bool           // what has been said once
	serving  map[arm.ID]bool           // scale sets whose nodes do not talk to each other

	clusters   []*cluster   // of AKS, as they came up
	workspaces []*workspace // of Slurm
	volumes    []*volume    // of NetApp Files
}

// add puts a resource of ours into the tenant.
func (d *designer) add(id arm.ID, pos diag.Pos, members arm.O) arm.ID {
	t := id.Type()
	version, ok := catalog.APIVersion(string(t))
	if !ok {
		panic("no API version for " + string(t))
	}
	body := append(arm.O{"id", id, "name", id.Name(), "type", t, "apiVersion", version}, members...)
	d.build.Add(arm.Resource{ID: id, Body: arm.New(body), Pos: pos})
	return id
}

// theirs puts a resource that exists into the tenant, to be referred to.
func (d *designer) theirs(id arm.ID, pos diag.Pos, properties arm.O) arm.ID {
	if !d.once("theirs " + string(id.Fold())) {
		return id
	}
	d.build.Add(arm.Resource{ID: id, Theirs: true, Pos: pos,
		Body: arm.New(arm.O{"id", id, "name", id.Name(), "type", id.Type(), "properties", properties})})
	return id
}

// decide records a decision, with the pages that its rules are written in.
func (d *designer) decide(c Decision) {
	for _, id := range c.Rules {
		g, ok := catalog.GuidanceOf(id)
		if !ok {
			panic("no guidance " + id)
		}
		for _, page := range g.Pages {
			if !slices.Contains(c.Pages, page) {
				c.Pages = append(c.Pages, page)
			}
		}
	}
	d.decisions = append(d.decisions, c)
}

// leave lists something that the design leaves to someone.
func (d *designer) leave(about, what, why string, pos diag.Pos) {
	d.open = append(d.open, Open{About: about, What: what, Why: why, Pos: pos})
}

// once tells whether something has not been said yet, and says it.
func (d *designer) once(what string) bool {
	if d.said[what] {
		return false
	}
	d.said[what] = true
	return true
}

// parameter declares a value that whoever deploys must give.
func (d *designer) parameter(name, description string) arm.Ref {
	if d.once("parameter " + name) {
		d.parameters = append(d.parameters, Parameter{name, description})
	}
	return arm.Parameter(name)
}

// Read reads an estate, and holds its regions against the catalog even where
// it has other errors. While a region is wrong, what is said of its address
// pool is left out.
func Read(f *source.File) (*estate.Estate, diag.List) {
	e, found := estate.Read(f)
	if e == nil {
		return nil, found
	}
	wrong := checkRegions(e)
	if wrong.HasErrors() {
		found = slices.DeleteFunc(found, func(d diag.Diagnostic) bool { return d.Code == "estate/pool" })
	}
	return e, append(found, wrong...).Sorted()
}

// checkRegions holds every region that an estate names against the catalog and
// the residency.
func checkRegions(e *estate.Estate) diag.List {
	var found diag.List
	check := func(r estate.Region, pos diag.Pos) {
		if r == "" || r == "home" || r == "recovery" {
			return
		}
		known, ok := catalog.RegionByName(string(r))
		switch {
		case !ok || !known.Physical:
			found.Errorf(pos, "design/region", "no Azure region %q%s", string(r), diag.DidYouMean(string(r), catalog.RegionNames()))
		case known.Name != string(r):
			found.Errorf(pos, "design/region", "%q, wanted the region's name %q", string(r), known.Name)
		case e.Regions.Residency != "" && !resides(known, string(e.Regions.Residency)):
			found.Errorf(pos, "design/residency", "region %q lies in %s, and regions.residency is %s", string(r), known.Geography, e.Regions.Residency)
		}
	}
	g := e.Regions
	check(g.Home, g.Of("home"))
	check(g.Recovery, g.Of("recovery"))
	for _, r := range g.MayUse {
		check(r, g.Of("may_use"))
	}
	for _, p := range e.Network.Pools {
		check(estate.Region(p.Key), p.Pos)
	}
	for _, h := range e.Platform.Hubs {
		check(estate.Region(h.Key), h.Pos)
	}
	for _, p := range e.Places() {
		for _, j := range p.Jobs {
			check(j.Value.Region, j.Value.Of("region"))
			for _, o := range j.Value.OrElse {
				check(o.Region, o.Of("region"))
			}
		}
		for _, s := range p.Services {
			for _, r := range s.Value.Regions {
				check(r, s.Value.Of("regions"))
			}
		}
	}
	return found.Sorted()
}

// resides tells whether a region lies in a geography: its own, its group, or
// the EU data boundary.
func resides(r *catalog.Region, residency string) bool {
	if strings.EqualFold(residency, "EU") {
		return r.EUDataBoundary
	}
	return strings.EqualFold(r.Geography, residency) || strings.EqualFold(r.GeographyGroup, residency)
}

// usable gives the regions that the estate allows, in its order.
func (d *designer) usable() []string {
	var all []string
	for _, r := range append([]estate.Region{d.e.Regions.Home, d.e.Regions.Recovery}, d.e.Regions.MayUse...) {
		if r != "" && !slices.Contains(all, string(r)) {
			all = append(all, string(r))
		}
	}
	return all
}

// checkLimits holds the whole against Azure's limits, and each resource against
// its service's rules.
func (d *designer) checkLimits(t *tenant.Tenant, side func(int, func(int))) {
	if limit, ok := catalog.LimitOf("resource-groups-per-subscription"); ok {
		for _, s := range d.order {
			groups := 0
			for _, h := range s.shares {
				groups += len(h.resourceGroups)
			}
			if int64(groups) > limit.Max {
				d.found.Errorf(s.place.Pos, "design/limit", "subscription %q has %d resource groups, at most %d are possible", s.name, groups, limit.Max)
			}
		}
	}
	if d.found.HasErrors() {
		return // what is wrong already has a finding that says more
	}
	parts := []iter.Seq[arm.Resource]{t.All()}
	if side != nil {
		parts = t.Parts(16)
	} else {
		side = func(_ int, do func(int)) { do(0) }
	}
	found := make([]diag.List, len(parts))
	side(len(parts), func(i int) {
		for r := range parts[i] {
			for _, f := range limits.Check(r, t) {
				if d.serving[r.ID] && strings.HasPrefix(f.Code, "limits/vmss-rdma-") {
					continue // an instance serves alone, and does not use the InfiniBand it has
				}
				found[i] = append(found[i], f)
			}
		}
	})
	d.found = append(d.found, slices.Concat(found...)...)
}

// plural gives "1 node" or "3 nodes".
func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
