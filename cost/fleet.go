package cost

import (
	"fmt"
	"math"
	"strings"

	"airfield/arm"
	"airfield/catalog"
)

// A Fleet is machines of one size, and what they cost under each price plan.
type Fleet struct {
	ID     arm.ID  `json:"id,omitempty"`
	Name   string  `json:"name,omitempty"` // of a pool within the resource
	Size   string  `json:"size"`
	Region string  `json:"region"`
	Nodes  float64 `json:"nodes"`
	Hours  float64 `json:"hours"` // a month that each runs
	Spot   bool    `json:"spot"`
	Plans  []Plan  `json:"plans"`
	Idle   int64   `json:"idle"` // what keeping the nodes the rest of the month adds, pay-as-you-go, micro-USD
}

// A Plan is a way to pay for a machine.
type Plan struct {
	Name  string `json:"name"`
	Hour  int64  `json:"hour"`  // of one machine, micro-USD
	Month int64  `json:"month"` // of the fleet: a commitment is paid for all hours, the others for those it runs
	// BreakEven is the share of the month above which the plan costs less than
	// pay-as-you-go: 0 always, 1 never.
	BreakEven float64 `json:"break_even"`
	AsOf      string  `json:"as_of"`
	Kind      Kind    `json:"kind"`
}

// The plans, by name.
const (
	PayAsYouGo   = "pay-as-you-go"
	Spot         = "Spot"
	Reserved1Y   = "reserved 1 year"
	Reserved3Y   = "reserved 3 years"
	SavingsPlan1 = "savings plan 1 year"
	SavingsPlan3 = "savings plan 3 years"
)

// PlansOf gives the plans of a size in a region that have a price, first
// pay-as-you-go; none where that has no price. Prices of commitments are known
// in one region; elsewhere their share of the pay-as-you-go price is taken.
func PlansOf(region, size string, nodes, hours float64) []Plan {
	quote, ok := catalog.QuoteOf(region, size)
	if !ok {
		return nil
	}
	used, whole := nodes*hours, nodes*Month
	all := []Plan{{PayAsYouGo, quote.Micros, times(quote.Micros, used), 0, quote.AsOf, kind(quote.Derived)}}
	if spot, ok := catalog.SpotPrice(region, size); ok {
		p := Plan{Spot, spot, times(spot, used), 0, catalog.SpotPricesAsOf(region), Known}
		if spot >= quote.Micros {
			p.BreakEven = 1
		}
		all = append(all, p)
	}
	c, ok := catalog.CommitmentOf(size)
	if !ok || c.PayAsYouGo == 0 {
		return all
	}
	for _, o := range []struct {
		name string
		hour int64
	}{{Reserved1Y, c.Reserved1Y}, {Reserved3Y, c.Reserved3Y}, {SavingsPlan1, c.SavingsPlan1Y}, {SavingsPlan3, c.SavingsPlan3Y}} {
		if o.hour == 0 {
			continue
		}
		share := float64(o.hour) / float64(c.PayAsYouGo)
		p := Plan{Name: o.name, Hour: o.hour, BreakEven: min(1, share), AsOf: c.AsOf, Kind: kind(region != c.Region)}
		if p.Kind == Estimated {
			p.Hour = int64(math.Round(share * float64(quote.Micros)))
		}
		p.Month = times(p.Hour, whole)
		all = append(all, p)
	}
	return all
}

func kind(estimated bool) Kind {
	if estimated {
		return Estimated
	}
	return Known
}

func times(micros int64, quantity float64) int64 {
	return int64(math.Round(float64(micros) * quantity))
}

// Best gives the plan that costs the fleet least as it is used; Spot, which may
// be taken away, only where the fleet is on Spot already.
func (f Fleet) Best() (Plan, bool) {
	best, found := Plan{}, false
	for _, p := range f.Plans {
		if (p.Name != Spot || f.Spot) && (!found || p.Month < best.Month) {
			best, found = p, true
		}
	}
	return best, found
}

// machines prices nodes of a size with what is known of their use. Bounds are
// what scales or stops them.
func (p *pricing) machines(name, size string, nodes int64, known, spot bool) {
	f := Fleet{ID: p.id, Name: name, Size: size, Region: p.region, Nodes: float64(nodes), Hours: Month, Spot: spot}
	if n, given := p.use[Nodes]; given {
		f.Nodes, known = n, true
	}
	if !known {
		p.lacks(strings.TrimSpace("nodes of "+size+" "+name), "how many there are on average is not known: nodes")
		return
	}
	if by := p.bounds[p.id.Fold()]; by != "" {
		p.assume("%s %s counted: %s", count(f.Nodes, "node"), isAre(f.Nodes), by)
	}
	h, given := p.use[Hours]
	if given {
		f.Hours = h
	} else if f.Nodes > 0 {
		p.assume("runs all %d hours of the month", Month)
	}
	p.fleet(f)
}

// FleetOf gives machines that each run so many hours a month, with the ways to
// pay for them.
func FleetOf(region, size string, nodes, hours float64) Fleet {
	f := Fleet{Size: size, Region: region, Nodes: nodes, Hours: hours}
	f.plan()
	return f
}

// plan prices a fleet; it has no plans where no price is known.
func (f *Fleet) plan() {
	if f.Plans = PlansOf(f.Region, f.Size, f.Nodes, f.Hours); f.Plans != nil {
		f.Idle = times(f.Plans[0].Hour, f.Nodes*max(0, Month-f.Hours))
	}
}

// fleet adds the line of a fleet as it is paid now, and its plans.
func (p *pricing) fleet(f Fleet) {
	f.plan()
	meter := strings.TrimSpace(f.Size + " " + f.Name)
	sum := fmt.Sprintf("%s × %s h", count(f.Nodes, "node"), number(f.Hours))
	if f.Plans == nil {
		p.lacks(meter, sum+": no price of the size is known in "+f.Region)
		return
	}
	payg := f.Plans[0]
	p.Fleets = append(p.Fleets, f)
	t := tier{micros: payg.Hour, unit: "hour", region: f.Region, asOf: payg.AsOf}
	if payg.Kind == Estimated {
		t.why = "the source had the price with Windows"
	}
	if f.Spot {
		meter += " Spot"
		if len(f.Plans) > 1 && f.Plans[1].Name == Spot {
			t.micros, t.asOf, t.why = f.Plans[1].Hour, f.Plans[1].AsOf, ""
		} else {
			t.why = "no Spot price is known in " + f.Region + ": pay-as-you-go"
		}
	}
	p.meter(meter, []tier{t}, 0, f.Nodes*f.Hours, sum)
}

func count(n float64, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return number(n) + " " + what + "s"
}

func isAre(n float64) string {
	if n == 1 {
		return "is"
	}
	return "are"
}
