// Package cost prices a whole tenant, wanted or existing, by the month.
//
// A tenant goes in with what its bodies do not say (how long machines run, how
// much is stored: Usage); a Bill comes out: a line for each meter with the sum
// that gives its quantity, the price's region and date; what has no price, with
// the reason; what is free, with the table that says so; what was assumed; and
// the price plans of each fleet side by side. Each resource is in one of them.
//
// Prices are retail prices of the catalog in USD, without tax. The package
// asks nobody for newer ones, knows no discount of an agreement, and never
// counts what it does not know as 0.
package cost

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"airfield/arm"
	"airfield/catalog"
	"airfield/tenant"
)

// Month is how many hours a month has, on average.
const Month = 730

// Currency is that of all amounts.
const Currency = "USD"

// A Quantity is something that is paid for and that bodies do not hold.
type Quantity string

// The quantities, of a month.
const (
	Hours      Quantity = "hours"        // each node runs
	Nodes      Quantity = "nodes"        // on average, while the fleet runs
	Hot        Quantity = "hot_gib"      // stored in a tier; of an account with one tier, all
	Cool       Quantity = "cool_gib"     //
	Cold       Quantity = "cold_gib"     //
	Archive    Quantity = "archive_gib"  //
	Reads      Quantity = "reads"        // operations on blobs in the Hot tier
	Writes     Quantity = "writes"       //
	Operations Quantity = "operations"   // of a vault
	Egress     Quantity = "egress_gb"    // to the internet
	In         Quantity = "in_gb"        // into a private endpoint, or a network over its peering
	Out        Quantity = "out_gb"       //
	Processed  Quantity = "processed_gb" // by a gateway, a firewall, a load balancer
	Logs       Quantity = "log_gb"       // taken in
)

// Quantities are all of them.
var Quantities = []Quantity{Hours, Nodes, Hot, Cool, Cold, Archive, Reads, Writes, Operations, Egress, In, Out, Processed, Logs}

// Usage is what is known of the use of one resource. What it lacks is not known.
type Usage map[Quantity]float64

// Input is what a bill is made of beside the tenant.
type Input struct {
	Usage       map[arm.ID]Usage // by folded id
	Planned     []Fleet          // machines that no resource of the tenant stands for
	Assumptions []Assumption     // that Usage rests on
	Unpriced    []Unpriced       // what Usage had to leave out
}

// A Line is what one meter of one resource costs.
type Line struct {
	ID       arm.ID  `json:"id"`
	Meter    string  `json:"meter"`
	Sum      string  `json:"sum"` // how the quantity was made: 2 nodes × 730 h
	Quantity float64 `json:"quantity"`
	Unit     string  `json:"unit"`
	Price    int64   `json:"price"`  // of one unit, micro-USD
	Amount   int64   `json:"amount"` // a month, micro-USD
	Region   string  `json:"region"` // of the price
	AsOf     string  `json:"as_of"`  // day of the price
	Kind     Kind    `json:"kind"`
	Why      string  `json:"why,omitempty"` // it is an estimate
}

// Kind says what a price is.
type Kind string

// The kinds. A known price is that of the meter in the resource's region.
const (
	Known     Kind = "known"
	Estimated Kind = "estimated"
)

// Unpriced is what costs something, and nobody knows how much.
type Unpriced struct {
	ID   arm.ID `json:"id"`
	What string `json:"what"` // the meter, or the type
	Why  string `json:"why"`
	Use  bool   `json:"use,omitempty"` // a price may be known, and how much is used is not
}

// Free is a resource that costs nothing by itself.
type Free struct {
	ID     arm.ID `json:"id"`
	Why    string `json:"why"`
	Source string `json:"source,omitempty"` // blank where the tenant itself says so
}

// An Assumption is what was counted on and is not known.
type Assumption struct {
	ID   arm.ID `json:"id"`
	What string `json:"what"`
}

// A Bill is what a tenant costs a month.
type Bill struct {
	Lines       []Line       `json:"lines"`
	Unpriced    []Unpriced   `json:"unpriced"`
	Free        []Free       `json:"free"`
	Assumptions []Assumption `json:"assumptions"`
	Fleets      []Fleet      `json:"fleets"`
}

// Resources returns what the bill is of, by folded id.
func (b *Bill) Resources() map[arm.ID]bool {
	all := map[arm.ID]bool{}
	for _, l := range b.Lines {
		all[l.ID.Fold()] = true
	}
	for _, u := range b.Unpriced {
		all[u.ID.Fold()] = true
	}
	for _, f := range b.Free {
		all[f.ID.Fold()] = true
	}
	return all
}

// Of prices a tenant. What exists already and a design only refers to
// (arm.Resource.Theirs) is not on the bill.
func Of(t *tenant.Tenant, in Input) *Bill {
	p := &pricing{Bill: &Bill{Assumptions: slices.Clone(in.Assumptions), Unpriced: slices.Clone(in.Unpriced)}, t: t, usage: in.Usage, found: map[string][]tier{}}
	p.look()
	for r := range t.All() {
		if _, last := countOthers[fold(r.Type())]; !last {
			p.resource(r)
		}
	}
	for _, f := range in.Planned {
		p.id, p.region, p.use = f.ID, f.Region, Usage{Hours: f.Hours, Nodes: f.Nodes}
		p.fleet(f)
	}
	for r := range t.All() { // what counts all others
		if _, last := countOthers[fold(r.Type())]; last {
			p.resource(r)
		}
	}
	return p.Bill
}

// Total gives the sum of the lines in micro-USD.
func (b *Bill) Total() int64 {
	sum := int64(0)
	for _, l := range b.Lines {
		sum += l.Amount
	}
	return sum
}

// A Sum is the part of a bill under one key.
type Sum struct {
	Key      string `json:"key"`
	Amount   int64  `json:"amount"`   // a month, micro-USD
	Unpriced int    `json:"unpriced"` // how many things that cost something are not in it
}

// By sums the bill up by a key of the ids, largest first.
func (b *Bill) By(key func(arm.ID) string) []Sum {
	sums := map[string]*Sum{}
	of := func(id arm.ID) *Sum {
		k := key(id)
		if sums[k] == nil {
			sums[k] = &Sum{Key: k}
		}
		return sums[k]
	}
	for _, l := range b.Lines {
		of(l.ID).Amount += l.Amount
	}
	for _, u := range b.Unpriced {
		of(u.ID).Unpriced++
	}
	var all []Sum
	for _, s := range sums {
		all = append(all, *s)
	}
	slices.SortFunc(all, func(a, b Sum) int { return cmp.Or(cmp.Compare(b.Amount, a.Amount), cmp.Compare(a.Key, b.Key)) })
	return all
}

// Subscriptions gives the parts of the bill by subscription, by folded id.
func (b *Bill) Subscriptions() map[arm.ID]*Bill {
	all := map[arm.ID]*Bill{}
	of := func(id arm.ID) *Bill {
		key := id.SubscriptionID().Fold()
		if all[key] == nil {
			all[key] = &Bill{}
		}
		return all[key]
	}
	for _, l := range b.Lines {
		of(l.ID).Lines = append(of(l.ID).Lines, l)
	}
	for _, u := range b.Unpriced {
		of(u.ID).Unpriced = append(of(u.ID).Unpriced, u)
	}
	for _, f := range b.Free {
		of(f.ID).Free = append(of(f.ID).Free, f)
	}
	for _, a := range b.Assumptions {
		of(a.ID).Assumptions = append(of(a.ID).Assumptions, a)
	}
	for _, f := range b.Fleets {
		of(f.ID).Fleets = append(of(f.ID).Fleets, f)
	}
	return all
}

// Days gives the days of the prices, oldest first.
func (b *Bill) Days() []string {
	var days []string
	for _, l := range b.Lines {
		days = append(days, l.AsOf)
	}
	slices.Sort(days)
	return slices.Compact(days)
}

// Dollars prints micro-USD to the cent, with commas.
func Dollars(micros int64) string {
	cents := (micros + 5_000) / 10_000
	whole := strconv.FormatInt(cents/100, 10)
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	return fmt.Sprintf("%s.%02d", whole, cents%100)
}

// pricing is a bill in the making, and the resource it is at.
type pricing struct {
	*Bill
	t     *tenant.Tenant
	usage map[arm.ID]Usage

	reserved map[place]float64  // machines that a capacity reservation pays for and no machine has taken yet
	members  map[arm.ID]float64 // machines of a flexible scale set that are resources themselves
	bounds   map[arm.ID]string  // what scales the nodes of a resource, or stops it
	managed  map[arm.ID]bool    // resource groups in which a cluster keeps scale sets
	guarded  map[arm.ID]guarded // what Defender counts, by subscription
	found    map[string][]tier  // by region and meter
	egress   map[string]float64 // GB to the internet so far, by billing zone: its tiers count them all

	id     arm.ID
	body   arm.Value
	region string
	use    Usage
}

// place is a size in a capacity reservation group.
type place struct {
	group arm.ID
	size  string
}

// resource prices one resource.
func (p *pricing) resource(r arm.Resource) {
	p.id, p.body, p.region, p.use = r.ID, r.Body, p.regionOf(r), p.usage[r.ID.Fold()]
	lines, unpriced, free := len(p.Lines), len(p.Unpriced), len(p.Free)
	switch priceOf := types[fold(r.Type())]; {
	case r.Theirs:
		p.free("it exists already", "")
	case priceOf != nil:
		priceOf(p)
	default:
		if why, source, ok := catalog.FreeType(r.Type()); ok {
			p.free(why, source)
		} else {
			p.lacks(string(r.Type()), "no rule says what this type costs")
		}
	}
	if gb, given := p.use[Egress]; given && !r.Theirs {
		p.internet(gb)
	}
	if len(p.Lines) == lines && len(p.Unpriced) == unpriced && len(p.Free) == free {
		panic("no answer for " + r.ID)
	}
}

func fold(t arm.Type) string { return strings.ToLower(string(t)) }

// regionOf gives the region of a resource, or of its group where it has none.
func (p *pricing) regionOf(r arm.Resource) string {
	location := r.Location()
	if location == "" || arm.EqualFold(location, "global") {
		if parent, ok := p.t.Get(r.ID.Parent()); ok && r.Type().Child() {
			location = parent.Location()
		}
	}
	if location == "" || arm.EqualFold(location, "global") {
		if group, ok := p.t.Get(r.ID.ResourceGroupID()); ok {
			location = group.Location()
		}
	}
	return strings.ToLower(strings.ReplaceAll(location, " ", ""))
}

// free, lacks and assume list the resource that pricing is at.
func (p *pricing) free(why, source string) { p.Free = append(p.Free, Free{p.id, why, source}) }

func (p *pricing) lacks(what, why string) {
	p.Unpriced = append(p.Unpriced, Unpriced{ID: p.id, What: what, Why: why})
}

func (p *pricing) assume(format string, args ...any) {
	p.Assumptions = append(p.Assumptions, Assumption{p.id, fmt.Sprintf(format, args...)})
}

// used gives a quantity, and false, with the meter listed as unpriced, where
// it is not known.
func (p *pricing) used(q Quantity, meter string) (float64, bool) {
	n, given := p.use[q]
	if !given {
		p.Unpriced = append(p.Unpriced, Unpriced{p.id, meter, "how much is not known: " + string(q), true})
	}
	return n, given
}

// meter adds the lines of a quantity: one for each tier that it reaches, where
// before of it is counted elsewhere.
func (p *pricing) meter(name string, tiers []tier, before, quantity float64, sum string) {
	if len(tiers) == 0 {
		where := p.region
		if where == "" {
			where = "a place that is not known"
		}
		p.lacks(name, "no price is known in "+where+", or in a region of its billing zone")
		return
	}
	for i, t := range tiers {
		begin, end := max(t.from, before), before+quantity
		if i+1 < len(tiers) {
			end = min(end, tiers[i+1].from)
		}
		if end < begin || end == begin && (i > 0 || quantity > 0) {
			continue
		}
		words := sum
		if len(tiers) > 1 && (i > 0 || end < before+quantity) {
			words = fmt.Sprintf("%s, from %s to %s", sum, number(begin), number(end))
		}
		p.line(name, t, end-begin, words)
	}
}

func (p *pricing) line(name string, t tier, quantity float64, sum string) {
	l := Line{ID: p.id, Meter: name, Sum: sum, Quantity: quantity, Unit: t.unit, Price: t.micros,
		Amount: int64(math.Round(quantity * float64(t.micros))), Region: t.region, AsOf: t.asOf, Kind: Known, Why: t.why}
	if t.why != "" {
		l.Kind = Estimated
	}
	p.Lines = append(p.Lines, l)
}

// most is more than anything on a bill is counted to, and what keeps its
// amounts within 64 bits.
const most = 1 << 20

// whole gives the number of things that a body states; false where it states
// none that can be.
func whole(v arm.Value) (int64, bool) {
	n, ok := v.Int()
	if !ok || n < 0 || n > most {
		return 0, false
	}
	return n, true
}

// number prints a quantity with up to four places.
func number(x float64) string {
	return strconv.FormatFloat(math.Round(x*1e4)/1e4, 'f', -1, 64)
}
