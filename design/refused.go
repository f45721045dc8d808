package design

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"airfield/arm"
	"airfield/catalog"
	"airfield/compute"
	"airfield/diag"
	"airfield/estate"
	"airfield/policy"
)

// Refusal is something that the tenant refuses, or is not known to take.
type Refusal struct {
	About   string   `json:"about"`             // the job or service
	What    string   `json:"what"`              // Standard_ND96isr_H100_v5 × 8 in swedencentral
	By      []string `json:"by"`                // who refuses it; what is not known where it is not certain
	Certain bool     `json:"certain"`           //
	Instead string   `json:"instead,omitempty"` // what is designed in its place; "" where it stays
	Pos     diag.Pos `json:"pos"`
}

// machines are some nodes as a tenant is asked for them.
type machines struct {
	id     arm.ID // of the virtual machine or scale set that they would be
	in     group
	typ    arm.Type // of what the size is written in
	size   string
	count  int
	region string
	spot   bool
	apart  bool // an account's quota counts, and not the subscription's
	again  bool // an orchestrator makes them, and may have: its own may use the quota
}

// String gives the machines as people read them.
func (m machines) String() string { return fmt.Sprintf("%s × %d in %s", m.size, m.count, m.region) }

// machinesOf gives the nodes of a cell as the tenant is asked for them, before
// anything of it is made; locked is their key in the lock. A service has several
// nodes, and a job of one is a virtual machine.
func (d *designer) machinesOf(c cell, locked, name string, spec estate.Compute, size string, count int) machines {
	if d.around == nil {
		return machines{}
	}
	key, fine := d.subscriptionKey(c)
	s := &share{sub: &subscription{key: key, workload: c.key, fine: fine, place: c.place}, place: c.place}
	var adopted bool
	s.sub.id, adopted = d.idOf(s.sub)
	m := machines{size: size, count: count, region: c.region, spot: spec.Spot == "allowed", apart: spec.RunBy == estate.RunBatch, in: d.landing[c.place.Connects]}
	_, sized := d.lock.facts["size "+locked]
	_, chosen := d.lock.facts["choice "+locked]
	m.again = (sized || chosen) && (spec.RunBy == estate.RunSlurm || spec.RunBy == estate.RunAKS)
	m.typ = map[estate.RunBy]arm.Type{estate.RunAKS: sizeFields[2].typ, estate.RunBatch: sizeFields[3].typ}[spec.RunBy]
	if adopted { // it may lie elsewhere
		m.in = group{}
	}
	typ := arm.Type(scaleSetType)
	if spec.RunBy == estate.RunVM || count == 1 && c.role == training && spec.RunBy != estate.RunScaleSet && spec.RunBy != estate.RunSlurm {
		typ = sizeFields[0].typ
	}
	m.typ = cmp.Or(m.typ, typ)
	tk := d.tokens(s, c.purpose(d.e.Structure.ResourceGroups), c.region, "001")
	group := s.sub.id.ResourceGroup(d.names.name(arm.ResourceGroupType, "", tk))
	tk.purpose = slug(name)
	m.id = group.Resource(typ, d.names.name(typ, "", tk))
	return m
}

// resource gives the machines as a resource that asks for no more than them.
func (m machines) resource() arm.Resource {
	priority := "Regular"
	if m.spot {
		priority = "Spot"
	}
	o := arm.O{"id", m.id, "name", m.id.Name(), "type", m.id.Type(), "location", m.region}
	if m.id.Type().Equal(scaleSetType) {
		o = append(o, "sku", arm.O{"name", m.size, "capacity", m.count}, "properties", arm.O{"virtualMachineProfile", arm.O{"priority", priority}})
	} else {
		o = append(o, "properties", arm.O{"hardwareProfile", arm.O{"vmSize", m.size}, "priority", priority})
	}
	return arm.Resource{ID: m.id, Body: arm.New(o)}
}

// refused gives who refuses machines, policies first, and what is not known of
// them.
func (a *around) refused(m machines) (certain, unknown []string) {
	if a == nil {
		return nil, nil
	}
	sub := m.id.SubscriptionID()
	if scope := a.scope(sub, m.in); scope != "" {
		certain, unknown = a.forbids(scope, m)
	} else {
		unknown = append(unknown, "policies: it is not known in which management group the subscription will lie")
	}
	if !a.have.Has(sub) {
		if sold, known := catalog.Sold(m.size, m.region); known && !sold {
			certain = append(certain, "the catalog, by which it is not sold there")
		}
		return certain, append(unknown, "quota and offered sizes of a subscription that is yet to be made, or not in the snapshot")
	}
	for _, b := range a.stock.Ask(m.resource()) {
		if m.apart && strings.HasPrefix(b.Code, "limits/quota") {
			continue
		}
		_, text, _ := strings.Cut(b.Message, ": ")
		switch {
		case b.Stops() && m.again && b.Sum != nil && b.Sum.Wanted <= b.Sum.Limit:
			unknown = append(unknown, text+", of which its own machines may be a part")
		case b.Stops():
			certain = append(certain, text+" ["+b.Code+"]")
		case b.Because != "":
			unknown = append(unknown, text)
		}
	}
	if m.apart {
		unknown = append(unknown, "the quota of the Batch account")
	}
	return certain, unknown
}

// forbids asks the policies around a scope for the region, and there for the
// size.
func (a *around) forbids(scope arm.ID, m machines) (certain, unknown []string) {
	i := slices.IndexFunc(sizeFields, func(f sizeField) bool { return m.typ.Equal(f.typ) })
	for _, q := range []policy.Question{
		{Scope: scope, Type: m.typ, Property: "location", Values: []string{m.region}},
		{Scope: scope, Type: m.typ, Property: sizeFields[i].field, Values: []string{m.size}, Known: map[string]string{"location": m.region}},
	} {
		if q.Property == "location" && strings.Count(string(m.typ), "/") > 1 {
			continue // pools have no location of their own
		}
		c := a.engine.Allowed(q)[0]
		if c.Lacks != "" {
			unknown = append(unknown, "policies: "+c.Lacks)
		}
		for i := range c.By {
			switch text := a.rule(c.By[i].Assigned); {
			case slices.Contains(certain, text) || slices.Contains(unknown, text):
			case c.By[i].Denies():
				certain = append(certain, text)
			default:
				unknown = append(unknown, text+", which looks at more than the "+pick(q.Property == "location", "region", "size"))
			}
		}
	}
	return certain, unknown
}

// claim counts machines as asked for, and as taken of the tenant's quota.
func (a *around) claim(m machines) {
	if a == nil {
		return
	}
	a.asked++
	if !m.apart && a.have.Has(m.id.SubscriptionID()) {
		a.stock.Take(m.resource())
	}
}

// option is one choice that the estate gives for what something runs on.
type option struct {
	estate.Alternative
	pos diag.Pos
}

// String gives the option as the lock keeps it.
func (o option) String() string { return fmt.Sprintf("%s %d %s", o.Size, o.Nodes, o.Region) }

// options gives what the estate states for a part and, in its order, what is
// taken where that cannot be had. A service stays in its region.
func options(spec estate.Compute, region string, sizePos diag.Pos, service bool) []option {
	first := option{estate.Alternative{Size: spec.Size, Nodes: max(1, spec.Nodes), Region: estate.Region(region)}, sizePos}
	all := []option{first}
	for _, o := range spec.OrElse {
		if service && o.Region != "" {
			continue
		}
		next := option{estate.Alternative{Size: cmp.Or(o.Size, first.Size), Nodes: cmp.Or(o.Nodes, first.Nodes), Region: cmp.Or(o.Region, first.Region)}, o.Pos()}
		if s, ok := catalog.SizeByName(next.Size); ok {
			next.Size = s.Name
			all = append(all, next)
		}
	}
	return all
}

// prefer gives the first of the options for a part that the tenant does not
// surely refuse; where all are refused, the first of all. The lock's stays.
func (d *designer) prefer(about, key string, all []option, ask func(option) machines) option {
	locked, _ := d.lock.get("choice", key)
	kept := slices.IndexFunc(all, func(o option) bool { return o.String() == locked })
	if _, known := catalog.SizeByName(all[0].Size); d.around == nil || !known {
		return all[max(kept, 0)]
	}
	var refused [][]string
	for _, o := range all {
		by, _ := d.around.refused(ask(o))
		refused = append(refused, by)
	}
	free := slices.IndexFunc(refused, func(by []string) bool { return len(by) == 0 })
	chosen := max(free, 0)
	if kept >= 0 && kept != chosen {
		d.found.Infof(all[kept].pos, "design/lock-differs", "estate.lock keeps %s for %q; the tenant lets %s through now: `--update %s` takes it", ask(all[kept]), about, ask(all[chosen]), key)
		chosen = kept
	}
	o, m := all[chosen], ask(all[chosen])
	d.try(m, about, o.pos)
	d.around.claim(m)
	if len(all) == 1 {
		return o
	}
	d.lock.put("choice", key, o.String())
	var passed []Alternative
	for i, by := range refused {
		if i == chosen || len(by) == 0 || free >= 0 && i > chosen {
			continue
		}
		d.refused = append(d.refused, Refusal{about, ask(all[i]).String(), by, true, pick(free >= 0, m.String(), ""), all[i].pos})
		passed = append(passed, Alternative{ask(all[i]).String(), "refused: " + strings.Join(by, " and ")})
	}
	if chosen > 0 {
		d.decide(Decision{About: about, Question: "Which of the sizes that the estate names?", Answer: fmt.Sprintf("%s, choice %d", m, chosen+1), Because: "what stands before it in the estate is refused in this tenant",
			Alternatives: passed, Rules: []string{"CMP-D1"}, Pos: o.pos, Changes: "size, or_else, or the tenant"})
	}
	return o
}

// try asks for machines that are designed whatever the answer.
func (d *designer) try(m machines, about string, pos diag.Pos) {
	by, unknown := d.around.refused(m)
	if len(by) > 0 {
		d.refuse(Refusal{about, m.String(), by, true, "", pos})
	}
	if len(unknown) > 0 {
		d.refuse(Refusal{about, m.String(), unknown, false, "", pos})
	}
}

// settleFor claims machines and notes what was refused before them.
func (d *designer) settleFor(m machines, refused []Refusal) {
	for _, r := range refused {
		d.refuse(r)
	}
	d.around.claim(m)
}

// refuse notes a refusal; what is designed all the same is a finding.
func (d *designer) refuse(r Refusal) {
	d.refused = append(d.refused, r)
	if r.Certain && r.Instead == "" {
		d.found.Warnf(r.Pos, "design/refused", "%s for %q is refused: %s", r.What, r.About, strings.Join(r.By, " and "))
	}
}

// prefersJob puts the option that the tenant takes in the place of what a job
// states. It comes before anything that lies where the job runs.
func (d *designer) prefersJob(p *estate.Place, name string, j estate.Job) estate.Job {
	if j.Size == "" || j.Size == "auto" {
		return j
	}
	region, locked := string(d.e.Region(j.Region)), key(p)+"/"+p.Environment+"/"+name
	ask := func(o option) machines {
		c := cell{place: p, key: key(p), role: training, stage: jobStage(j), region: string(d.e.Region(o.Region)), life: lifeCompute}
		return d.machinesOf(c, locked, name, j.Compute, o.Size, o.Nodes)
	}
	o := d.prefer(p.Name()+"/"+name, locked, options(j.Compute, region, j.Of("size"), false), ask)
	if o.Size != j.Size {
		j.Size = o.Size
	}
	if o.Nodes != max(1, j.Nodes) {
		j.Nodes = o.Nodes
	}
	if string(d.e.Region(o.Region)) != region {
		j.Region = o.Region
	}
	return j
}

// best gives the best size for a need, of those that the tenant does not surely
// refuse, with sizes of older families where the newest are all refused; where
// it refuses every one, the best of all.
func (d *designer) best(n *nodes, need compute.Need) (best compute.Choice, ok bool, said []Refusal) {
	if d.around != nil {
		var open []string // of the first
		asked := need
		asked.Wide = true
		asked.Refuse = func(s *catalog.Size, nodes int) string {
			m := d.machinesOfNodes(n, s.Name, nodes)
			by, unknown := d.around.refused(m)
			if len(by) > 0 {
				if len(said) == 0 {
					said, open = append(said, Refusal{n.about, m.String(), by, true, "", n.pos}), unknown
				}
				return "is refused: " + strings.Join(by, " and ")
			}
			if len(said) > 0 {
				said[0].Instead = m.String()
			}
			if len(unknown) > 0 {
				said = append(said, Refusal{n.about, m.String(), unknown, false, "", n.pos})
			}
			return ""
		}
		if best, ok = compute.Choose(asked); ok {
			return best, true, said
		}
		if len(open) > 0 {
			said = append(said, Refusal{n.about, said[0].What, open, false, "", n.pos})
		}
	}
	best, ok = compute.Choose(need)
	return best, ok, said
}

// machinesOfNodes gives nodes with a size as the tenant is asked for them: of a
// service no more than its fleet may have.
func (d *designer) machinesOfNodes(n *nodes, size string, count int) machines {
	if count = max(count, n.least); n.cell.role == inference && n.most > 0 {
		count = min(count, n.most)
	}
	return d.machinesOf(n.cell, n.key(), n.purpose, n.spec, size, count)
}
