package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"airfield/arm"
	"airfield/cost"
)

// CostOf is a bill with its sums, for printing.
type CostOf struct {
	Currency string     `json:"currency"`
	Total    int64      `json:"total"` // a month, micro-USD
	By       string     `json:"by"`
	Sums     []cost.Sum `json:"sums"`
	*cost.Bill
}

// Cost makes a CostOf of a bill, summed up by a key of the ids.
func Cost(b *cost.Bill, by string, key func(arm.ID) string) CostOf {
	return CostOf{cost.Currency, b.Total(), by, b.By(key), b}
}

// fewLines is how many lines and sums are printed without --full.
const fewLines = 15

// Text prints the bill: sums, the dearest lines, what has no price, the price
// plans of fleets, what was assumed; with full all of it.
func (o CostOf) Text(w io.Writer, full bool) error {
	p := &lines{w: w}
	p.printf("%s USD a month, retail, without tax", cost.Dollars(o.Total))
	if days := o.Days(); len(days) > 0 {
		p.printf("; prices of %s", between(days[0], days[len(days)-1]))
	}
	p.printf("\n%s, %s without a price, %s\n", plural(len(o.Lines), "line"), plural(len(o.Unpriced), "part"), plural(len(o.Free), "free resource"))
	p.printf("\nby %s\n", o.By)
	head(p, o.Sums, full, func(s cost.Sum) {
		more := ""
		if s.Unpriced > 0 {
			more = fmt.Sprintf(", and %s without a price", plural(s.Unpriced, "part"))
		}
		p.printf("%16s  %s%s\n", cost.Dollars(s.Amount), s.Key, more)
	})
	p.printf("\nthe dearest\n")
	dear := slices.Clone(o.Lines)
	slices.SortStableFunc(dear, func(a, b cost.Line) int { return int(min(1, max(-1, b.Amount-a.Amount))) })
	head(p, dear, full, p.billLine)
	p.fleets(o.Fleets, full)
	groups(p, "without a price", o.Unpriced, full, func(u cost.Unpriced) (arm.ID, string) { return u.ID, u.What + ": " + u.Why })
	groups(p, "assumed", o.Assumptions, full, func(a cost.Assumption) (arm.ID, string) { return a.ID, a.What })
	if full {
		groups(p, "free", o.Free, full, func(f cost.Free) (arm.ID, string) { return f.ID, strings.TrimSuffix(f.Why+" ("+f.Source+")", " ()") })
	}
	return p.err
}

func between(a, b string) string {
	if a == b {
		return a
	}
	return a + " to " + b
}

// head prints the first of what may be many.
func head[T any](p *lines, all []T, full bool, print func(T)) {
	for i, x := range all {
		if i == fewLines && !full && len(all) > fewLines+1 {
			p.printf("%16s  and %d more (--full)\n", "", len(all)-i)
			return
		}
		print(x)
	}
}

func (p *lines) billLine(l cost.Line) {
	p.printf("%16s  %s: %s\n", cost.Dollars(l.Amount), l.ID.Name(), l.Meter)
	p.printf("%18s%s at %s USD/%s (%s, %s)\n", "", l.Sum, money(l.Price), l.Unit, l.Region, l.AsOf)
	if l.Why != "" {
		p.printf("%18sestimate: %s\n", "", l.Why)
	}
}

// money prints micro-USD with two to six places.
func money(micros int64) string {
	s := fmt.Sprintf("%d.%06d", micros/1_000_000, micros%1_000_000)
	for strings.HasSuffix(s, "0") && len(s)-strings.IndexByte(s, '.') > 3 {
		s = s[:len(s)-1]
	}
	return s
}

// fleets prints price plans side by side.
func (p *lines) fleets(all []cost.Fleet, full bool) {
	if len(all) == 0 {
		return
	}
	p.printf("\nways to pay for machines, a month, and " + shareOfMonth + "\n")
	head(p, all, full, func(f cost.Fleet) {
		p.printf("    %s: %g × %s in %s, %.0f of %d h\n", strings.TrimSpace(f.ID.Name()+" "+f.Name), f.Nodes, f.Size, f.Region, f.Hours, cost.Month)
		for _, way := range waysToPay(f) {
			p.printf("%16s  %s\n", way[0], way[1])
		}
	})
}

// shareOfMonth says what the number behind a plan is.
const shareOfMonth = "the share of it above which each costs less than pay-as-you-go"

// waysToPay gives what a fleet costs under each plan, and the words about it.
func waysToPay(f cost.Fleet) (all [][2]string) {
	best, _ := f.Best()
	for _, plan := range f.Plans {
		words := plan.Name
		switch {
		case plan.Name == cost.PayAsYouGo:
		case plan.BreakEven == 0:
			words += ", always, and may be taken away"
		case plan.BreakEven == 1:
			words += ", never"
		default:
			words += fmt.Sprintf(", above %.0f %%", plan.BreakEven*100)
		}
		if plan.Kind == cost.Estimated {
			words += ", estimated"
		}
		if plan.Name == best.Name {
			words += ", the least here"
		}
		all = append(all, [2]string{cost.Dollars(plan.Month), words})
	}
	if f.Idle > 0 {
		all = append(all, [2]string{cost.Dollars(f.Idle), "more, if the nodes are kept while idle"})
	}
	return all
}

// groups prints each text once, with the resources it is of.
func groups[T any](p *lines, title string, all []T, full bool, of func(T) (arm.ID, string)) {
	if len(all) == 0 {
		return
	}
	p.printf("\n%s\n", title)
	ids := map[string][]string{}
	var texts []string
	for _, x := range all {
		id, text := of(x)
		if ids[text] == nil {
			texts = append(texts, text)
		}
		ids[text] = append(ids[text], id.Name())
	}
	slices.SortStableFunc(texts, func(a, b string) int { return len(ids[b]) - len(ids[a]) })
	head(p, texts, full, func(text string) {
		names := ids[text]
		if len(names) > 3 && !full {
			names = append(slices.Clone(names[:2]), fmt.Sprintf("%d more", len(names)-2))
		}
		p.printf("%6d  %s (%s)\n", len(ids[text]), text, strings.Join(names, ", "))
	})
}
