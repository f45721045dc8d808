package design

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"airfield/arm"
	"airfield/catalog"
	"airfield/diag"
	"airfield/estate"
)

// estimate is what a subscription's compute costs a month.
type estimate struct {
	micro    int64    // micro-USD
	unpriced []string // what has no price in the catalog
	lines    []string
}

// Quota is what a subscription's nodes count of a size family in a region, or,
// as Spot, of all families.
type Quota struct {
	Family string // as the usages API spells it; of Spot nodes lowPriorityCores
	Region string
	Batch  bool // of a Batch account that allocates nodes itself, not of the subscription
	VCPUs  int
}

// spotCores is the quota that Spot of all families shares.
const spotCores = "lowPriorityCores"

// count adds nodes to what their subscription needs of quota.
func (s *subscription) count(n *nodes) {
	family, batch := n.size.QuotaFamily, n.by == estate.RunBatch && !n.spot
	if n.spot {
		family = spotCores
	}
	vcpus := n.most * max(n.size.BaseVCPUs, n.size.VCPUs)
	for i, q := range s.quota {
		if q.Family == family && q.Region == n.cell.region && q.Batch == batch {
			s.quota[i].VCPUs += vcpus
			return
		}
	}
	s.quota = append(s.quota, Quota{family, n.cell.region, batch, vcpus})
}

// Budget is the budget of a subscription and what it was made of.
type Budget struct {
	Subscription string   `json:"subscription"`
	Amount       int64    `json:"amount"` // a month, in whole units of the billing currency; 0 where none could be set
	Currency     string   `json:"currency"`
	Of           []string `json:"of,omitempty"`       // the priced parts
	Unpriced     []string `json:"unpriced,omitempty"` // the parts that no price is known of
	Pos          diag.Pos `json:"pos"`
}

// charge adds what nodes cost to their subscription's estimate.
func (d *designer) charge(n *nodes) {
	n.share.sub.count(n)
	c := &n.share.sub.cost
	price, ok := catalog.Price(n.cell.region, n.size.Name)
	plan := ""
	if n.spot {
		if spot, known := catalog.SpotPrice(n.cell.region, n.size.Name); known {
			price, ok, plan = spot, true, " Spot"
		}
	}
	what := fmt.Sprintf("%s: %d × %s%s in %s, %.0f h", n.about, n.count, n.size.Name, plan, n.cell.region, n.hours)
	if n.spot && plan == "" {
		plan = " (no Spot price known: pay-as-you-go)"
		what += plan
	}
	if !ok {
		c.unpriced = append(c.unpriced, what)
		return
	}
	micro := int64(float64(n.count)*n.hours*float64(price)/1e6+0.5) * 1e6
	c.micro += micro
	c.lines = append(c.lines, fmt.Sprintf("%s at %s USD/h (%s)", what, money(price), catalog.PricesAsOf(n.cell.region)))
}

// money prints micro-units with two to four places.
func money(micro int64) string {
	s := strconv.FormatFloat(float64(micro)/1e6, 'f', 4, 64)
	for strings.HasSuffix(s, "0") && len(s)-strings.IndexByte(s, '.') > 3 {
		s = s[:len(s)-1]
	}
	return s
}

// finishBudgets gives each subscription its budget.
func (d *designer) finishBudgets() {
	b := d.e.Money.Budgets
	begin := b.Begin.String()
	if begin == "" {
		begin = d.lock.keep("budget-begin", "estate", func() string { return d.month })
	}
	if begin < d.month {
		d.found.Warnf(or(b.Of("begin"), d.e.Of("money")), "design/budget-past", "budgets begin on %s: Azure refuses to make one that begins before the current month, and never changes the begin of one that is there; write money.budgets.begin for those to come", begin)
	}
	for _, s := range d.sorted() {
		amount, pos := b.Amount, or(b.Of("amount"), s.place.Pos)
		if own := s.place.Budget; own.Given() {
			amount, pos = own, s.place.Pos
		}
		budget := Budget{Subscription: s.name, Currency: amount.Currency, Amount: (amount.Micro + 999_999) / 1_000_000, Unpriced: s.cost.unpriced, Pos: pos}
		if amount.Estimate {
			budget.Currency, budget.Of = "USD", s.cost.lines
			micro := float64(s.cost.micro) * (1 + amount.Plus/100)
			budget.Amount = (int64(micro)/1_000_000 + 9) / 10 * 10
		}
		d.budgets = append(d.budgets, budget)
		if budget.Amount == 0 || begin == "" {
			d.found.Infof(s.place.Pos, "design/no-budget", "subscription %q has no budget: %s; `budget: 500 USD` sets one", s.name, noBudget(s, begin))
			continue
		}
		if usd := (s.cost.micro + 999_999) / 1_000_000; !amount.Estimate && amount.Currency == "USD" && budget.Amount < usd {
			d.found.Warnf(pos, "design/budget-below", "the budget of %q is %d USD, and its compute alone is estimated at %d USD a month", s.name, budget.Amount, usd)
		}
		if len(s.cost.unpriced) > 0 && amount.Estimate {
			d.found.Infof(s.place.Pos, "design/unpriced", "the budget of %q leaves out what has no price: %s", s.name, strings.Join(s.cost.unpriced, "; "))
		}
		notifications := arm.O{}
		var to []string
		for _, who := range b.To {
			if who == "owner" {
				who = d.e.Fact(*s.place, "owner")
			}
			if !slices.Contains(to, who) {
				to = append(to, who)
			}
		}
		for _, n := range b.Notify {
			kind := "Actual"
			if n.Forecast {
				kind = "Forecasted"
			}
			notifications = append(notifications, fmt.Sprintf("%s-%d", strings.ToLower(kind), n.Percent), arm.O{
				"enabled", true, "operator", "GreaterThanOrEqualTo", "threshold", n.Percent, "thresholdType", kind, "contactEmails", to})
		}
		const t = "Microsoft.Consumption/budgets"
		d.add(s.id.Resource(t, d.names.fit(t, "budget-"+s.name, "", pos)), pos, arm.O{"properties", arm.O{
			"category", "Cost", "amount", budget.Amount, "timeGrain", "Monthly", "timePeriod", arm.O{"startDate", begin + "T00:00:00Z"}, "notifications", notifications}})
	}
	d.decide(Decision{About: "estate", Question: "Where are budgets?", Answer: "on each subscription, with actual and forecast notifications", Because: "a subscription bounds what is spent; amounts are estimated in USD, and Azure reads them in the billing currency",
		Alternatives: []Alternative{{"on management groups too", "they exist under an Enterprise Agreement and pay-as-you-go alone, and a group's budget is the sum of its subscriptions'"}},
		Rules:        []string{"SUB-15", "GOV-01"}, Pos: or(b.Of("amount"), d.e.Of("money")), Changes: "money.budgets, or budget of a workload"})
}

func noBudget(s *subscription, begin string) string {
	switch {
	case begin == "":
		return "no begin is known"
	case len(s.cost.unpriced) > 0:
		return "nothing in it has a known price"
	}
	return "it has no compute to price, and storage and networks are not priced yet"
}

func or(a, b diag.Pos) diag.Pos {
	if a.Line > 0 {
		return a
	}
	return b
}
