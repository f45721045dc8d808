package design

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"airfield/catalog"
	"airfield/compute"
	"airfield/diag"
	"airfield/estate"
	"airfield/storage"
)

// nodes is what a job or a service runs on.
type nodes struct {
	about    string // atlas/prod/pretrain
	purpose  string
	cell     cell
	share    *share
	identity *identity
	spec     estate.Compute
	size     *catalog.Size
	count    int
	image    catalog.Image
	zones    []string
	pos      diag.Pos // of the job or service
	sizePos  diag.Pos
	hours    float64 // a month in which each node runs
	spot     bool
	trains   bool         // a model, over its nodes together
	by       estate.RunBy // what runs them
	comes    bool         // and goes: it is busy or runs a part of the month
	least    int          // instances that a service begins with
	most     int          // nodes that there may be
	work     work
	option   *compute.Option // what the models tell of size and count; nil where they were not asked
}

// placeWork makes what a place runs.
func (d *designer) placeWork(p *estate.Place) {
	for _, j := range p.Jobs {
		d.job(p, j.Key, j.Value)
	}
	for _, s := range p.Services {
		for _, r := range s.Value.Regions {
			d.service(p, s.Key, s.Value, string(d.e.Region(r)))
		}
	}
	if len(p.Jobs)+len(p.Services)+len(p.Data) == 0 { // a subscription to begin in
		d.share(cell{place: p, key: key(p), role: shared, region: string(d.e.Region("home")), life: lifeOperations})
	}
}

func (d *designer) job(p *estate.Place, name string, j estate.Job) {
	c := cell{place: p, key: key(p), role: training, stage: jobStage(j), region: string(d.e.Region(j.Region)), life: lifeCompute}
	n := &nodes{about: p.Name() + "/" + name, purpose: slug(name), cell: c, share: d.share(c), spec: j.Compute, pos: j.Pos(), sizePos: j.Of("size"), comes: j.Runs > 0 || j.Busy > 0 && j.Busy < 100}
	n.identity = d.identity(n.share, training, c.region, j.Pos())
	n.trains = j.Kind == estate.Pretrain || j.Kind == estate.Finetune
	n.work = jobWork(n, j)
	need := compute.Need{Role: compute.Training, Parameters: compute.Parameters(j.Model), BytesEach: compute.BytesEach(compute.Training, string(j.Method), ""), Modern: j.Model != ""}
	if j.Kind == estate.Preparation || j.Kind == estate.Batch && j.Model == "" {
		need = compute.Need{Role: compute.Preparation}
	}
	need.Bars = d.arrays(n, name)
	if !d.choose(n, need, j.Model, j.OrElse, []string{c.region}) {
		return
	}
	n.hours, n.most, n.by, n.spot = d.jobHours(n, j), n.count, jobRunner(n, j), d.jobSpot(n, p, j)
	d.jobZone(n, j)
	d.edges = append(d.edges, Edge{n.about, "signs in as", n.identity.id.Name(), n.pos})
	net := d.network(n.share, c.region, n.pos)
	for _, from := range append(slices.Clone(j.Reads), j.Hot.From) {
		if from != "" {
			d.use(net, n.about, n.identity, from, "reads", j.Of("reads"))
		}
	}
	for _, to := range writes(p, j) {
		d.use(net, n.about, n.identity, to, "writes", j.Of("writes"))
	}
	if len(j.Reads)+len(j.Writes) == 0 { // it says nothing: its own data is its to use
		for _, own := range p.Data {
			if own.Value.Kind == estate.Dataset {
				d.use(net, n.about, n.identity, own.Key, "reads", n.pos)
			}
		}
	}
	d.workOn(n, j)
	d.run(n, j, nil)
}

func (d *designer) service(p *estate.Place, name string, s estate.Service, region string) {
	c := cell{place: p, key: key(p), role: inference, stage: estate.Deploy, region: region, life: lifeCompute}
	if s.Stage != "" {
		c.stage = s.Stage
	}
	n := &nodes{about: p.Name() + "/" + name, purpose: slug(name), cell: c, share: d.share(c), spec: s.Compute, pos: s.Pos(), sizePos: s.Of("size"), spot: s.Spot == "allowed"}
	if len(s.Regions) > 1 {
		n.about += "@" + region
	}
	zones := d.spread(p, s, region)
	n.least, n.most = fleet(p, s, zones), cmp.Or(s.Fleet.AtMost, s.Nodes)
	if s.Size != "" && s.Size != "auto" {
		o := d.prefer(n.about, n.key(), options(s.Compute, region, s.Of("size"), true), func(o option) machines { return d.machinesOfNodes(n, o.Size, o.Nodes) })
		if n.spec.Size = o.Size; o.Nodes > 1 {
			n.spec.Nodes = o.Nodes
		}
		s.Compute = n.spec
	}
	n.identity = d.identity(n.share, inference, region, s.Pos())
	n.work = d.serviceWork(n, name, s)
	need := compute.Need{Role: compute.Inference, Least: n.least, Most: n.most, Parameters: compute.Parameters(s.Model.Like), BytesEach: compute.BytesEach(compute.Inference, "", string(s.Model.Precision)),
		Modern: s.Model.Like != "" && (s.Model.Precision == "" || s.Model.Precision == "bf16" || s.Model.Precision == "fp8")}
	if !d.choose(n, need, s.Model.Like, s.OrElse, []string{region}) {
		return
	}
	d.fills(n, s)
	d.serviceZones(n, s, zones)
	n.hours, n.most, n.by = month-p.In.Stopped.Hours()*month/24, max(n.count, s.Fleet.AtMost), s.RunBy
	d.carries(n, s)
	if n.by == estate.RunAuto || n.by == "" {
		n.by = estate.RunScaleSet
	}
	d.edges = append(d.edges, Edge{n.about, "signs in as", n.identity.id.Name(), n.pos})
	for _, from := range append(slices.Clone(s.Reads), s.Model.Weights) {
		if from != "" {
			d.use(d.network(n.share, region, n.pos), n.about, n.identity, from, "reads", s.Of("reads"))
		}
	}
	d.run(n, estate.Job{}, &s)
}

// jobRunner gives what runs a job: what the estate says, else Batch for nodes
// that it wants taken away while nothing runs, which needs something that does
// (guidance ORC-D1), a machine for one node, a scale set for more.
func jobRunner(n *nodes, j estate.Job) estate.RunBy {
	switch {
	case j.RunBy != estate.RunAuto && j.RunBy != "":
		return j.RunBy
	case j.Has("idle_nodes") && j.IdleNodes < n.count:
		return estate.RunBatch
	case n.count == 1:
		return estate.RunVM
	}
	return estate.RunScaleSet
}

// jobSpot tells whether a job gets Spot nodes: where the estate allows them, and
// a model that is trained can begin again at a checkpoint (guidance CMP-04).
func (d *designer) jobSpot(n *nodes, p *estate.Place, j estate.Job) bool {
	if j.Spot != "allowed" {
		return false
	}
	if n.by == estate.RunSlurm && nodeArray(n.size) != "htc" {
		d.leave(n.about, "Spot nodes", "CycleCloud Workspace for Slurm has them in its array htc alone, for sizes without GPUs and InfiniBand; these are regular", j.Of("spot"))
		return false
	}
	for _, name := range writes(p, j) {
		if st := d.find(p, name); st != nil && st.data.Kind == estate.Checkpoints {
			return true
		}
	}
	if n.trains {
		d.found.Warnf(j.Of("spot"), "design/spot-checkpoints", "%q may run on Spot nodes, and writes no checkpoints to begin again at: regular ones are taken; name checkpoints under writes", n.about)
	}
	return !n.trains
}

// spread gives over how many zones a service is spread, 0 for none.
func (d *designer) spread(p *estate.Place, s estate.Service, region string) int {
	if zones := d.zones(region, s.Pos()); zones > 1 && (s.Zones == "all" || s.Zones == "" && production(p.Environment)) {
		return zones
	}
	return 0
}

// fleet gives how many instances of a service there are at the least.
func fleet(p *estate.Place, s estate.Service, zones int) int {
	least := s.Fleet.AtLeast.N
	switch {
	case least == 0 && s.Nodes > 0:
		return s.Nodes
	case s.Fleet.AtLeast.Each:
		least *= max(1, zones)
	case least == 0 && production(p.Environment):
		if least = max(2, zones); s.Fleet.AtMost > 0 {
			least = min(least, s.Fleet.AtMost)
		}
	}
	return max(1, s.Nodes, least)
}

// month is how many hours a month has, on average.
const month = 730.

// choose settles the size and the number of nodes: the estate's, the lock's, or
// the catalog's best. It is false where none can be named.
func (d *designer) choose(n *nodes, need compute.Need, model string, orElse []estate.Alternative, regions []string) bool {
	s := n.spec
	need.GPUMemory, need.GPUs, need.VCPUs, need.Nodes = s.GPUMemory.GiB(), s.GPUs, s.VCPUs, s.Nodes
	need.MemoryGiB, need.Regions = s.Memory.GiB(), regions
	if need.Role == compute.Inference {
		need.Nodes = 0 // they are instances, and each holds the model
	}
	if need.Work = n.work.ask; need.Work != nil {
		d.asks[n.about] = need.Ask()
	}
	if s.Size != "auto" && s.Size != "" {
		return d.stated(n, need, orElse)
	}
	if model != "" && need.Parameters == 0 && !need.GPU() && s.VCPUs == 0 && s.Memory == 0 {
		d.found.Errorf(n.pos, "design/model-unknown", "how large the model %q is, is not known: write gpu_memory, gpus or size", model)
		return false
	}
	if locked, has := d.lock.get("size", n.key()); has {
		return d.keepSize(n, need, locked, orElse)
	}
	c, ok, refused := d.best(n, need)
	if !ok {
		d.found.Errorf(n.pos, "design/no-size", "no size of the catalog that is sold in %s holds what %q needs%s", strings.Join(regions, ", "), n.about, nearest(c))
		return false
	}
	n.size, n.count, n.option = c.Size, c.Nodes, c.Option
	if n.option == nil {
		n.option = need.Try(n.size, n.count)
	}
	if need.Role == compute.Inference && c.Nodes > 1 && c.Option == nil {
		d.found.Errorf(n.pos, "design/serving-over-nodes", "one instance of %q needs %d nodes of %s, and serving a model over several nodes is not designed: a lower precision, or a size with more GPU memory, holds it in one", n.about, c.Nodes, c.Size.Name)
		return false
	}
	d.settleFor(d.machinesOfNodes(n, c.Size.Name, c.Nodes), refused)
	if need.Role == compute.Inference {
		n.count = 1 // how many instances there are follows from the load at any time
	}
	d.lock.put("size", n.key(), fmt.Sprintf("%s %d %s", c.Size.Name, n.count, sizesRead()))
	d.told(n, c.Lacks)
	d.explain(n, c, c.Because)
	d.note(n, orElse)
	return true
}

// explain records why the catalog's best was taken.
func (d *designer) explain(n *nodes, c compute.Choice, because string) {
	var others []Alternative
	for _, o := range c.PassedOver[:min(6, len(c.PassedOver))] {
		others = append(others, Alternative{o.Size, o.Why})
	}
	rules, changes := []string{"CMP-D1", "CMP-D2", "CMP-D3", "X8"}, "size, nodes, gpu_memory or gpus"
	if n.does() != "" {
		rules, changes = []string{"CMP-D1", "CMP-D2", "X8"}, changes+"; tokens, sequence and done_within, or load and latency"
	}
	d.decideSize(n, n.pos, because, others, changes, rules...)
}

// keepSize takes the size that an earlier design chose, where it still holds
// what is needed. What would be chosen now it tells where no ranking is needed
// for that.
func (d *designer) keepSize(n *nodes, need compute.Need, locked string, orElse []estate.Alternative) bool {
	var now compute.Choice
	var refused []Refusal
	if need.Work == nil {
		now, _, refused = d.best(n, need)
	}
	part := strings.Fields(locked)
	n.size, _ = catalog.SizeByName(part[0])
	n.count, _ = strconv.Atoi(part[1]) // ReadLock has looked at both
	n.option = need.Try(n.size, n.count)
	same := now.Size == n.size && now.Nodes == n.count
	if count := n.count; same {
		d.settleFor(d.machinesOfNodes(n, n.size.Name, count), refused)
	} else if d.around != nil {
		if n.option != nil {
			count = max(count, n.option.Nodes)
		}
		m := d.machinesOfNodes(n, n.size.Name, count)
		d.try(m, n.about, n.pos)
		d.around.claim(m)
	}
	if why := cmp.Or(need.TooLarge(n.size, n.count, n.option), need.Unavailable(n.size)); why != "" {
		d.found.Errorf(n.pos, "design/lock-unfit", "estate.lock has %s × %d for %q, which %s; `--update %s` chooses again", n.size.Name, n.count, n.about, why, n.key())
		return false
	}
	because := now.Because
	if !same {
		because = "estate.lock has it from an earlier design, and it still holds what is needed"
		if now.Size != nil {
			d.found.Infof(n.pos, "design/lock-differs", "estate.lock keeps %s × %d for %q; what is needed now would be %s × %d: `--update %s` takes it", n.size.Name, n.count, n.about, now.Size.Name, now.Nodes, n.key())
		}
	}
	d.told(n, "")
	d.explain(n, now, because)
	d.note(n, orElse)
	return true
}

// zones gives how many availability zones a region has, 0 where that is not
// known, which it says once.
func (d *designer) zones(region string, pos diag.Pos) int {
	r, ok := catalog.RegionByName(region)
	if !ok {
		return 0
	}
	if !r.ZonesKnown && d.once("zones of "+region) {
		d.found.Infof(pos, "design/zones-unknown", "whether %q has availability zones is not known: none are used", region)
	}
	return r.Zones
}

// zoneOpen lists that nobody knows offline which zones sell a GPU size.
func (d *designer) zoneOpen(n *nodes) {
	if n.size.GPUs > 0 {
		d.leave(n.about, "whether "+n.size.Name+" is sold in "+pick(len(n.zones) > 1, "zones ", "zone ")+strings.Join(n.zones, ", "), "zones differ by subscription: az vm list-skus --location "+n.cell.region+" --size "+n.size.Name+" --zone", n.pos)
	}
}

// key gives what the nodes are known by in the lock: as about, with the key the
// workload had first.
func (n *nodes) key() string {
	_, rest, _ := strings.Cut(n.about, "/")
	return n.cell.key + "/" + rest
}

// sizesRead is the day that the catalog's sizes were read.
var sizesRead = sync.OnceValue(func() string {
	s, _ := catalog.SourceOf("sizes")
	return s.Read
})

func nearest(c compute.Choice) string {
	if len(c.PassedOver) == 0 {
		return ""
	}
	last := c.PassedOver[len(c.PassedOver)-1]
	return fmt.Sprintf(" (%s: %s)", last.Size, last.Why)
}

// stated takes the size that the estate names.
func (d *designer) stated(n *nodes, need compute.Need, orElse []estate.Alternative) bool {
	s, region := n.spec, need.Regions[0]
	size, ok := catalog.SizeByName(s.Size)
	if !ok {
		d.found.Errorf(n.sizePos, "design/size", "no VM size %q%s", s.Size, sizeMeant(s.Size))
		return false
	}
	n.size, n.count = size, max(1, s.Nodes)
	if series, ended := catalog.EndOfLife(size); ended {
		d.found.Errorf(n.sizePos, "design/size-ended", "size %q is of series %s, which new subscriptions cannot use since July 2026", size.Name, series)
	} else if size.Retirement != "" && size.Retirement < d.month {
		d.found.Errorf(n.sizePos, "design/size-ended", "size %q was retired on %s", size.Name, size.Retirement)
	} else if size.Retirement != "" {
		d.found.Warnf(n.sizePos, "design/size-ends", "size %q is retired on %s", size.Name, size.Retirement)
	}
	if sold, known := catalog.Sold(size.Name, region); known && !sold {
		where := ""
		for _, r := range d.usable() {
			if sold, known := catalog.Sold(size.Name, r); known && sold {
				where = "; it is sold in " + r
				break
			}
		}
		d.found.Errorf(n.sizePos, "design/not-sold", "size %q is not sold in %q%s", size.Name, region, where)
	}
	n.option = need.Try(size, n.count)
	if need.Role == compute.Inference {
		if why := need.TooLarge(size, 1, n.option); why != "" {
			d.found.Warnf(n.sizePos, "design/size-small", "an instance of %q on %s %s", n.about, size.Name, why)
		}
	} else if why := need.TooLarge(size, n.count, n.option); why != "" {
		d.found.Warnf(n.sizePos, "design/size-small", "%s × %d for %q %s", size.Name, n.count, n.about, why)
	}
	d.told(n, "")
	d.decideSize(n, n.sizePos, "the estate says so", nil, "size: auto", "CMP-D1")
	d.note(n, orElse)
	return true
}

// decideSize records the choice of a size: for a job with the number of nodes,
// for a service of one instance, since zones and fleet decide how many.
func (d *designer) decideSize(n *nodes, pos diag.Pos, because string, others []Alternative, changes string, rules ...string) {
	question, answer := "Which size, how many?", fmt.Sprintf("%s × %d", n.size.Name, n.count)
	if n.cell.role == inference {
		question, answer = "Which size is an instance?", n.size.Name
	}
	d.decide(Decision{About: n.about, Question: question, Answer: answer, Because: because + n.does(), Alternatives: others, Rules: rules, Pos: pos, Changes: changes})
}

// sizeMeant suggests the size that a name was probably meant to be.
func sizeMeant(name string) string {
	if s, ok := catalog.SizeByName("Standard_" + name); ok {
		name = s.Name
	}
	return diag.DidYouMean(name, catalog.SizeNames())
}

// note records the size for the guardrails, and what the guidance says against it.
func (d *designer) note(n *nodes, orElse []estate.Alternative) {
	add := func(size string) {
		if size != "" && !slices.Contains(n.share.sub.sizes, size) {
			n.share.sub.sizes = append(n.share.sub.sizes, size)
		}
	}
	add(n.size.Name)
	for _, o := range orElse {
		if o.Size == "" {
			continue
		}
		if s, ok := catalog.SizeByName(o.Size); ok {
			add(s.Name)
		} else {
			d.found.Errorf(o.Of("size"), "design/size", "no VM size %q%s", o.Size, sizeMeant(o.Size))
		}
	}
	if n.size.Lifecycle == "Restricted" {
		d.found.Warnf(n.sizePos, "design/size-restricted", "size %q of %q has no capacity for new customers: ask before relying on it, or write another size or region", n.size.Name, n.about)
	}
	switch {
	case n.cell.role == training && n.trains && n.size.GPUs > 0 && n.count > 1 && !n.size.RDMA:
		d.found.Warnf(n.sizePos, "design/no-infiniband", "%q trains over %s of %q, which has no InfiniBand; ND sizes with r among their letters have it, such as Standard_ND96isr_H100_v5", n.about, plural(n.count, "node"), n.size.Name)
	case n.cell.role == inference && n.size.RDMA && n.count == 1 && n.spec.Size == n.size.Name:
		d.found.Warnf(n.sizePos, "design/infiniband-unused", "%q serves on %q, whose InfiniBand is paid for and not used, unless a model needs several nodes", n.about, n.size.Name)
	}
}

// jobZone puts nodes that talk over InfiniBand, or that work on one file
// system, into one zone.
func (d *designer) jobZone(n *nodes, j estate.Job) {
	if d.zones(n.cell.region, n.pos) == 0 {
		if j.Zone > 0 {
			d.found.Errorf(j.Of("zone"), "design/no-zones", "zone %d of %q, which has no availability zones that are known of", j.Zone, n.cell.region)
		}
		return
	}
	because := d.zoneReason(n, j)
	if because == "" {
		return
	}
	zone := d.lock.keep("zone", n.key(), func() string { return strconv.Itoa(max(1, j.Zone)) })
	if j.Zone != 0 {
		zone = strconv.Itoa(j.Zone)
		d.lock.put("zone", n.key(), zone)
	}
	n.zones = []string{zone}
	d.zoneOpen(n)
	answer := "zone " + zone + " alone"
	if n.by == estate.RunBatch {
		answer = "what the job works on in zone " + zone + ", nodes where Batch has them"
	}
	d.decide(Decision{About: n.about, Question: "Over which zones?", Answer: answer, Because: because,
		Alternatives: []Alternative{{"spread over zones", "serving is spread; training that loses a zone begins again at its checkpoint"}, {"a proximity placement group", "the scale set's single placement group is nearer, and a proximity group makes large allocations fail"}},
		Rules:        []string{"X7", "X9", "CMP-11", "NET-07"}, Pos: j.Of("zone"), Changes: "zone, once the subscription's zone mapping is known"})
}

// zoneReason says why a job lies in one zone, "" where it need not.
func (d *designer) zoneReason(n *nodes, j estate.Job) string {
	h := d.hots[n.about]
	switch {
	case n.count > 1 && n.size.RDMA && n.by != estate.RunBatch: // which keeps them together by itself
		return "nodes that train one model talk all the time, and InfiniBand does not leave a placement group"
	case h != nil && h.Kind == storage.Lustre:
		return "the file system that the job works on lies in one zone, and is nearest there"
	case j.Zone > 0:
		return "the estate says so"
	}
	return ""
}

// serviceZones spreads a service over zones, and gives each its instances.
func (d *designer) serviceZones(n *nodes, s estate.Service, zones int) {
	if d.zones(n.cell.region, n.pos) == 0 && (s.Zones == "all" || s.Fleet.AtLeast.Each) {
		d.found.Errorf(or(s.Of("zones"), s.Of("fleet")), "design/no-zones", "%q is to be spread over zones of %q, which has none that are known of", n.about, n.cell.region)
	}
	for z := range zones {
		n.zones = append(n.zones, strconv.Itoa(z+1))
	}
	if zones > 0 {
		d.zoneOpen(n)
	}
	n.count = max(n.count, n.least)
	if s.Nodes > 0 && s.Fleet.AtLeast.N == 0 {
		n.count = s.Nodes
	}
	answer, because := "over zones "+strings.Join(n.zones, ", "), "serving goes on when a zone is lost"
	switch {
	case len(n.zones) > 1 && n.count == 1:
		answer, because = "in one of zones "+strings.Join(n.zones, ", "), "one instance alone does not outlive its zone"
	case len(n.zones) == 0 && (s.Zones == "one" || s.Zones == "" && !production(n.cell.place.Environment)):
		answer, because = "wherever Azure puts them", "no production, or the estate says one"
	case len(n.zones) == 0:
		answer, because = "wherever Azure puts them", "no availability zones are known of in the region"
	}
	d.decide(Decision{About: n.about, Question: "Over which zones, how many instances?", Answer: fmt.Sprintf("%s, %s", answer, plural(n.count, "instance")), Because: because + n.wants(),
		Rules: []string{"X9", "CMP-08", "SUB-19"}, Pos: n.pos, Changes: "zones, fleet"})
}
