package report

import (
	"cmp"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"airfield/arm"
	"airfield/catalog"
	"airfield/design"
	"airfield/diag"
)

// page is what the template shows.
type page struct {
	Organization, Owner, Month string
	Figures                    []figure
	Tree                       *node
	Nowhere                    []*row
	Referred                   []string
	Networks                   []*rangeRow
	Graph                      *graph
	Dependencies               []dependencyRow
	Shared                     []dependencyRow
	Decisions                  []*question
	DecisionCount              int
	Findings                   []findingRow
	Open                       []openRow
	Refused, Added             []aroundLine
	Defaults                   []defaultRow
	Parameters                 []design.Parameter
	Sizes                      []sizeRow
	Sources                    []catalog.Source
	Lines                      []string // of the estate
	Zones                      []string // landing zones in use
	Data                       data
}

type figure struct{ Value, Label string }

// node is a management group in the drawing.
type node struct {
	Name, Display, Note string
	Theirs, Root        bool
	Groups              []*node
	Rows                []*row
	Later               []*row // shown when asked for
}

// row is a subscription in the drawing.
type row struct {
	Index                                int
	Name, Title, Environment, Zone, Cost string
	Regions                              []string
	Exists, Production                   bool
	Share                                float64 // of the dearest, in percent
}

type rangeRow struct {
	Range, Name, Subscription, Region string
	Subnets                           []subnetRow
	Strip                             bool

	prefix netip.Prefix
}

type subnetRow struct {
	Purpose, Name, Range string
	Left, Width          float64 // in percent of the network
}

type dependencyRow struct{ Who, Does string }

type question struct {
	Text    string
	Estate  bool
	Answers []*answer
}

type answer struct {
	ID           string
	Question     string
	Answer       string
	Because      string
	Alternatives []design.Alternative
	Rules        []string
	Pages        []string
	Changes      string
	About        []place
	Rest         string // further ones, as text
	Times        int

	all []string
}

// place is something with the line of the estate that asked for it.
type place struct {
	About, Pos, Link string
}

type findingRow struct {
	Severity, Code, Message, Help, Pos, Link string
}

type openRow struct {
	What, Why string
	About     []place
	Rest      string
}

type defaultRow struct {
	Path, Value string
	Times       int
	Places      []string
}

type sizeRow struct {
	Name, GPUs, Memory, Network, Price, AsOf, Region string
	Nodes                                            int
}

// data is what the script shows on demand.
type data struct {
	Subs     []subData     `json:"subs"`
	Policies [][][2]string `json:"policies"` // sets that subscriptions have: name and effect
	Answers  [][3]string   `json:"answers"`  // id, question, answer
	Linked   bool          `json:"linked"`   // the estate's text is on the page
}

type subData struct {
	Name     string      `json:"name"`
	Title    string      `json:"title"`
	Place    string      `json:"place"`
	Owner    string      `json:"owner"`
	Zone     string      `json:"zone"`
	Exists   bool        `json:"exists,omitempty"`
	Parents  string      `json:"parents"`
	Regions  []string    `json:"regions"`
	Budget   string      `json:"budget"`
	Of       []string    `json:"of,omitempty"`
	Unpriced []string    `json:"unpriced,omitempty"`
	Groups   []groupData `json:"groups"`
	Tags     [][2]string `json:"tags"`
	Policy   int         `json:"policy"`
	Access   [][3]string `json:"access"`
	Networks [][4]string `json:"networks"` // network, range, subnet, range
	Answers  []int       `json:"answers"`
	Line     int         `json:"line"`
}

type groupData struct {
	Name   string      `json:"name"`
	Region string      `json:"region"`
	Items  [][4]string `json:"items"` // name, noun, about, line of the estate
	Rest   string      `json:"rest,omitempty"`
}

const (
	mostRows  = 30  // subscriptions that a group shows at first
	mostAbout = 60  // places that a decision links
	mostStrip = 400 // networks that are drawn
)

// pager makes a page.
type pager struct {
	*view
	*page
	file   string // the estate's
	linked bool
	index  map[*subscription]int
	most   int64 // the largest budget
	gpus   map[string]float64
	sizes  map[[2]string]int // nodes of a size in a region
}

func newPage(d *design.Design, text []byte) *page {
	p := &pager{view: look(d), page: &page{}, index: map[*subscription]int{}, gpus: map[string]float64{}, sizes: map[[2]string]int{}}
	p.file = d.Estate.Of("organization").File
	p.Organization, p.Owner = d.Estate.Organization.Name, d.Estate.Organization.Owner
	if len(text) > 0 {
		p.linked = true
		p.Lines = strings.Split(strings.TrimRight(string(text), "\n"), "\n")
	}
	for _, s := range p.subs {
		p.most = max(p.most, s.cost())
	}
	p.decide()
	p.fill()
	p.Tree = p.node(p.top)
	for _, s := range p.top.subs {
		p.Nowhere = append(p.Nowhere, p.row(s))
	}
	for _, s := range p.others {
		p.Referred = append(p.Referred, strings.Join(p.referred(s), ", ")+" in subscription "+s.name)
	}
	p.depend()
	p.remain()
	p.facts()
	p.figures()
	return p.page
}

// fill looks into every subscription.
func (p *pager) fill() {
	mine := p.decided()
	sets := map[string]int{}
	for i, s := range p.subs {
		c := p.contents(s)
		x := p.about(s)
		x.fill(c)
		x.Answers = slices.Clone(mine[p.key(s)])
		for _, e := range s.in {
			x.Answers = append(x.Answers, mine[s.place.Workload+"/"+e]...)
		}
		x.Policy = p.policySet(sets, c.policies)
		for _, n := range c.networks {
			p.network(n, s)
		}
		p.count(c)
		p.Data.Subs = append(p.Data.Subs, x)
		p.index[s] = i
	}
	p.Data.Linked = p.linked
	slices.SortStableFunc(p.Networks, func(a, b *rangeRow) int {
		return cmp.Or(a.prefix.Addr().Compare(b.prefix.Addr()), strings.Compare(a.Name, b.Name))
	})
	for i, n := range p.Networks {
		n.Strip = i < mostStrip && n.Strip
	}
}

// key gives the name that the design knows a subscription by.
func (p *pager) key(s *subscription) string {
	return strings.TrimPrefix(s.name, p.d.Estate.Organization.Prefix+"-")
}

// decided numbers the decisions, and gives the numbers of those that were made
// for each place.
func (p *pager) decided() map[string][]int {
	mine := map[string][]int{}
	seen := map[string]bool{}
	for _, q := range p.Decisions {
		for _, a := range q.Answers {
			i := len(p.Data.Answers)
			p.Data.Answers = append(p.Data.Answers, [3]string{a.ID, q.Text, a.Answer})
			for _, place := range a.all {
				if s := strings.SplitN(place, "/", 3); len(s) == 3 {
					place = s[0] + "/" + s[1]
				}
				if k := place + "|" + strconv.Itoa(i); !seen[k] {
					seen[k] = true
					mine[place] = append(mine[place], i)
				}
			}
		}
	}
	return mine
}

// about gives what is known of a subscription from outside.
func (p *pager) about(s *subscription) subData {
	x := subData{Name: s.name, Title: s.title(), Place: s.place.Workload + "/" + s.environment(), Owner: s.place.Of.Owner, Zone: string(s.place.Connects), Exists: s.theirs,
		Regions: s.regions, Budget: amount(s.budget), Line: s.place.Pos.Line}
	if s.budget != nil {
		x.Of, x.Unpriced = s.budget.Of, s.budget.Unpriced
	}
	var up []string
	for _, id := range p.d.Tenant.Ancestors(s.id) {
		if id != arm.Tenant {
			up = append(up, id.Name())
		}
	}
	slices.Reverse(up)
	x.Parents = strings.Join(up, " / ")
	return x
}

// fill puts contents into what is shown of a subscription.
func (x *subData) fill(c *contents) {
	for _, g := range c.groups {
		y := groupData{Name: g.name, Region: g.region, Rest: g.restOf()}
		for _, i := range g.items {
			y.Items = append(y.Items, [4]string{i.name, i.noun, i.say(), line(i.pos)})
		}
		x.Groups = append(x.Groups, y)
	}
	for _, t := range c.tags {
		x.Tags = append(x.Tags, [2]string{t.key, t.value})
	}
	for _, g := range c.grants {
		x.Access = append(x.Access, [3]string{g.who, g.role, g.where})
	}
	for _, n := range c.networks {
		for _, s := range n.subnets {
			x.Networks = append(x.Networks, [4]string{n.name, strings.Join(n.prefixes, ", "), s.purpose, s.prefix})
		}
	}
}

// policySet gives the number of a set of policies: most subscriptions have the
// same.
func (p *pager) policySet(sets map[string]int, all []assignedPolicy) int {
	var policies [][2]string
	key := ""
	for _, y := range all {
		policies = append(policies, [2]string{y.name, y.does()})
		key += y.name + "\x00" + y.does() + "\x00"
	}
	n, ok := sets[key]
	if !ok {
		n = len(p.Data.Policies)
		sets[key] = n
		p.Data.Policies = append(p.Data.Policies, policies)
	}
	return n
}

// count adds up the GPUs and sizes of nodes.
func (p *pager) count(c *contents) {
	for _, n := range c.nodes {
		p.sizes[[2]string{n.size, n.region}] += n.count
		if s, ok := catalog.SizeByName(n.size); ok && s.GPUs > 0 {
			p.gpus[s.GPUModel] += s.GPUs * float64(n.count)
		}
	}
}

func line(pos diag.Pos) string {
	if pos.Line == 0 {
		return ""
	}
	return strconv.Itoa(pos.Line)
}

// node draws a group.
func (p *pager) node(g *group) *node {
	n := &node{Name: g.name, Display: g.display, Note: g.note(), Theirs: g.theirs}
	if g.id == arm.Tenant {
		n.Name, n.Theirs, n.Root = "Tenant root group", true, true
	}
	if n.Display == n.Name {
		n.Display = ""
	}
	for _, c := range g.groups {
		n.Groups = append(n.Groups, p.node(c))
	}
	if n.Root {
		return n
	}
	for i, s := range g.subs {
		if len(g.subs) > mostRows+5 && i >= mostRows {
			n.Later = append(n.Later, p.row(s))
			continue
		}
		n.Rows = append(n.Rows, p.row(s))
	}
	return n
}

func (p *pager) row(s *subscription) *row {
	r := &row{Index: p.index[s], Name: s.name, Title: s.title(), Environment: s.environment(), Zone: string(s.place.Connects), Cost: amount(s.budget), Regions: s.regions,
		Exists: s.theirs, Production: slices.ContainsFunc(s.in, func(e string) bool { return strings.HasPrefix(e, "prod") })}
	if p.most > 0 {
		r.Share = float64(s.cost()*1000/p.most) / 10
	}
	if s.cost() > 0 {
		r.Share = max(r.Share, 0.5)
	}
	p.Zones = appendNew(p.Zones, r.Zone)
	return r
}

// network adds a network to the table of ranges.
func (p *pager) network(n *network, s *subscription) {
	for _, text := range n.prefixes {
		r := &rangeRow{Range: text, Name: n.name, Subscription: s.name, Region: n.region}
		whole, err := netip.ParsePrefix(text)
		r.prefix, r.Strip = whole, err == nil
		for _, s := range n.subnets {
			y := subnetRow{Purpose: s.purpose, Name: s.name, Range: s.prefix}
			part, err := netip.ParsePrefix(s.prefix)
			if err == nil && r.Strip && whole.Contains(part.Addr()) {
				y.Left, y.Width = 100*offset(whole, part), 100/float64(uint64(1)<<min(62, part.Bits()-whole.Bits()))
			}
			r.Subnets = append(r.Subnets, y)
		}
		p.Networks = append(p.Networks, r)
	}
}

// offset gives where a range begins in the whole, as a share of it.
func offset(whole, part netip.Prefix) float64 {
	if !whole.Addr().Is4() || !part.Addr().Is4() {
		return 0
	}
	a, b := whole.Masked().Addr().As4(), part.Addr().As4()
	n := func(x [4]byte) uint64 {
		return uint64(x[0])<<24 | uint64(x[1])<<16 | uint64(x[2])<<8 | uint64(x[3])
	}
	return float64(n(b)-n(a)) / float64(uint64(1)<<(32-whole.Bits()))
}

// decide groups decisions by their questions.
func (p *pager) decide() {
	at := map[string]*question{}
	ids := map[string]int{}
	for _, c := range choices(p.d) {
		estate := c.About == "estate"
		k := c.Question + "|" + strconv.FormatBool(estate)
		q := at[k]
		if q == nil {
			q = &question{Text: c.Question, Estate: estate}
			at[k] = q
			p.Decisions = append(p.Decisions, q)
		}
		id := "decision-" + slug(c.Question)
		if ids[id]++; ids[id] > 1 {
			id += "-" + strconv.Itoa(ids[id])
		}
		a := &answer{ID: id, Question: c.Question, Answer: c.Answer, Because: c.Because, Alternatives: c.Alternatives, Rules: c.Rules, Pages: c.Pages, Changes: c.Changes, all: c.about, Times: len(c.about)}
		a.About, a.Rest = p.places(c.about, c.pos)
		q.Answers = append(q.Answers, a)
		p.DecisionCount += len(c.about)
	}
	slices.SortStableFunc(p.Decisions, func(a, b *question) int {
		switch {
		case a.Estate == b.Estate:
			return 0
		case a.Estate:
			return -1
		}
		return 1
	})
}

// places gives where things were asked for, and the names of those beyond what
// can be linked.
func (p *pager) places(about []string, pos []diag.Pos) (all []place, rest string) {
	once := true // the place, where it is the same for all
	for _, p := range pos {
		once = once && p == pos[0]
	}
	for i, a := range about {
		if once && i < min(len(about), mostAbout)-1 {
			all = append(all, place{About: a})
			continue
		}
		if i == mostAbout {
			return all, strings.Join(about[i:], ", ")
		}
		all = append(all, place{a, pos[i].String(), p.link(pos[i])})
	}
	return all, ""
}

// link gives the place on the page that shows a line of the estate.
func (p *pager) link(pos diag.Pos) string {
	if !p.linked || pos.Line == 0 || pos.Line > len(p.Lines) || pos.File != p.file {
		return ""
	}
	return "#L" + strconv.Itoa(pos.Line)
}

// depend lists what depends on what.
func (p *pager) depend() {
	own, shared := p.dependencies()
	for _, d := range own {
		p.Dependencies = append(p.Dependencies, dependencyRow{with(d.who, strings.Join(d.in, ", ")), d.say()})
	}
	for _, s := range shared {
		p.Shared = append(p.Shared, dependencyRow{s.verb + " " + s.what, strings.Join(s.who, ", ")})
	}
	p.Graph = p.draw()
}

// remain lists findings, what is open, defaults and parameters.
func (p *pager) remain() {
	for _, f := range p.d.Findings {
		p.Findings = append(p.Findings, findingRow{f.Severity.String(), f.Code, f.Message, f.Help, f.Pos.String(), p.link(f.Pos)})
	}
	for _, o := range p.openings() {
		r := openRow{What: o.what, Why: o.why}
		r.About, r.Rest = p.places(o.about, o.pos)
		p.Open = append(p.Open, r)
	}
	for _, a := range assumptions(p.d) {
		r := defaultRow{Path: a.path, Value: a.value, Times: len(a.places)}
		if len(a.places) > 1 {
			r.Places = a.places[:min(len(a.places), 10*mostAbout)]
		}
		p.Defaults = append(p.Defaults, r)
	}
	p.Parameters = p.d.Parameters
	p.Refused, p.Added = refusals(p.d, true), additions(p.d)
}

// facts lists what the catalog says of the sizes in use, and where it is from.
func (p *pager) facts() {
	keys := make([][2]string, 0, len(p.sizes))
	for k := range p.sizes {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b [2]string) int { return cmp.Or(strings.Compare(a[0], b[0]), strings.Compare(a[1], b[1])) })
	for _, k := range keys {
		r := sizeRow{Name: k[0], Region: k[1], Nodes: p.sizes[k], Price: "not known"}
		if s, ok := catalog.SizeByName(k[0]); ok {
			r.Memory = strconv.Itoa(s.VCPUs) + " vCPUs, " + strconv.FormatFloat(s.MemoryGiB, 'f', -1, 64) + " GiB"
			if s.GPUs > 0 {
				r.GPUs = strconv.FormatFloat(s.GPUs, 'f', -1, 64) + " × " + s.GPUModel + ", " + strconv.FormatFloat(s.GPUMemoryGiB, 'f', -1, 64) + " GiB each"
			}
			if s.RDMA {
				r.Network = cmp.Or(s.RDMAType, "InfiniBand")
			}
		}
		if q, ok := catalog.QuoteOf(k[1], k[0]); ok {
			r.Price, r.AsOf = dollars(q.Micros), q.AsOf
			if q.Derived {
				r.AsOf += ", derived"
			}
		}
		p.Sizes = append(p.Sizes, r)
	}
	used := p.regions()
	for _, s := range catalog.Sources() {
		if _, region, prices := strings.Cut(s.Table, "prices/"); prices && !slices.Contains(used, region) {
			continue
		}
		p.Sources = append(p.Sources, s)
	}
}

// dollars prints micro-USD an hour.
func dollars(micro int64) string {
	s := strconv.FormatInt(micro/1_000_000, 10)
	frac := strconv.FormatInt(1_000_000+micro%1_000_000, 10)[1:]
	frac = frac[:2] + strings.TrimRight(frac[2:], "0")
	return s + "." + frac
}

// figures are the numbers at the top.
func (p *pager) figures() {
	sums, _ := p.totals()
	for _, s := range sums {
		label := "budgets a month, " + s.currency
		p.Figures = append(p.Figures, figure{thousands(s.amount), label})
	}
	add := func(n int, one string) {
		words := strings.SplitN(plural(n, one), " ", 2)
		p.Figures = append(p.Figures, figure{words[0], words[1]})
	}
	add(p.workloads, "workload")
	add(len(p.subs), "subscription")
	add(p.d.Tenant.Len()-p.theirs, "resource")
	models := make([]string, 0, len(p.gpus))
	for m := range p.gpus {
		models = append(models, m)
	}
	slices.SortFunc(models, func(a, b string) int {
		return cmp.Or(cmp.Compare(p.gpus[b], p.gpus[a]), strings.Compare(a, b))
	})
	for _, m := range models[:min(3, len(models))] {
		n := strconv.FormatFloat(p.gpus[m], 'f', -1, 64)
		if whole := int64(p.gpus[m]); float64(whole) == p.gpus[m] {
			n = thousands(whole)
		}
		label := m + " GPUs"
		if n == "1" {
			label = m + " GPU"
		}
		p.Figures = append(p.Figures, figure{n, label})
	}
	if days := p.priced(); days != "" {
		p.Month = "Prices of " + days + "; what is not known of use, such as traffic and operations, is not in the budgets."
	}
}

// slug gives a text as a part of a link.
func slug(s string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(s) {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	return strings.TrimSuffix(b.String(), "-")
}
