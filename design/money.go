package design

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"airfield/arm"
	"airfield/catalog"
	"airfield/cost"
	"airfield/diag"
	"airfield/estate"
	"airfield/tenant"
)

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

// withBudgets gives the tenant with a budget for each subscription, out of what
// the bill says of it.
func (d *designer) withBudgets(t *tenant.Tenant, bill *cost.Bill) *tenant.Tenant {
	d.build = tenant.Builder{}
	d.finishBudgets(bill.Subscriptions())
	made, _ := d.build.Tenant() // their scopes are in t
	var budgets []arm.Resource
	for r := range made.OfType("Microsoft.Consumption/budgets") {
		budgets = append(budgets, tenant.Keep(r))
		why, source, _ := catalog.FreeType(r.Type())
		bill.Free = append(bill.Free, cost.Free{ID: r.ID, Why: why, Source: source})
	}
	t, _ = t.With(budgets...) // what is to be found in t was found before
	return t
}

// parts are the lines of a bill that make a hundredth of it or more, and the
// rest of them together.
func parts(b *cost.Bill) []string {
	lines, total := slices.Clone(b.Lines), b.Total()
	slices.SortStableFunc(lines, func(a, b cost.Line) int { return cmp.Compare(b.Amount, a.Amount) })
	var all []string
	rest, n := int64(0), 0
	for _, l := range lines {
		if l.Amount*100 < total {
			rest, n = rest+l.Amount, n+1
			continue
		}
		all = append(all, fmt.Sprintf("%s: %s, %s = %s USD (%s, %s)", l.ID.Name(), l.Meter, l.Sum, cost.Dollars(l.Amount), l.Region, l.AsOf))
	}
	if n > 0 {
		all = append(all, fmt.Sprintf("%s of less than 1 %% each: %s USD", plural(n, "line"), cost.Dollars(rest)))
	}
	return all
}

// lacking names what a bill has no price of; with use also what has one, and
// nobody knows how much of it is used.
func lacking(b *cost.Bill, use bool) []string {
	var all []string
	for _, u := range b.Unpriced {
		if text := u.What + ": " + u.Why; (use || !u.Use) && !slices.Contains(all, text) {
			all = append(all, text)
		}
	}
	return all
}

// finishBudgets gives each subscription its budget.
func (d *designer) finishBudgets(bills map[arm.ID]*cost.Bill) {
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
		bill := bills[s.id.Fold()]
		if bill == nil {
			bill = new(cost.Bill)
		}
		total, unpriced := bill.Total(), lacking(bill, false)
		budget := Budget{Subscription: s.name, Currency: amount.Currency, Amount: (amount.Micro + 999_999) / 1_000_000, Unpriced: lacking(bill, true), Pos: pos}
		if amount.Estimate {
			budget.Currency, budget.Of = cost.Currency, parts(bill)
			micro := float64(total) * (1 + amount.Plus/100)
			budget.Amount = (int64(micro)/1_000_000 + 9) / 10 * 10
		}
		d.budgets = append(d.budgets, budget)
		if budget.Amount == 0 || begin == "" {
			d.found.Infof(s.place.Pos, "design/no-budget", "subscription %q has no budget: %s; `budget: 500 USD` sets one", s.name, noBudget(unpriced, begin))
			continue
		}
		if usd := (total + 999_999) / 1_000_000; !amount.Estimate && amount.Currency == "USD" && budget.Amount < usd {
			d.found.Warnf(pos, "design/budget-below", "the budget of %q is %d USD, and what has a price in it is estimated at %d USD a month", s.name, budget.Amount, usd)
		}
		if len(unpriced) > 0 && amount.Estimate {
			d.found.Infof(s.place.Pos, "design/unpriced", "the budget of %q leaves out what has no price: %s", s.name, strings.Join(unpriced, "; "))
		}
		d.budget(s.id, "budget-"+s.name, budget.Amount, begin, d.e.Fact(*s.place, "owner"), pos)
	}
	where := d.groupBudgets(begin)
	d.decide(Decision{About: "estate", Question: "Where are budgets?", Answer: "on each subscription" + where + ", with actual and forecast notifications", Because: "a subscription bounds what is spent; amounts are estimated in USD from the bill (airfield cost), and Azure reads them in the billing currency",
		Alternatives: []Alternative{{pick(where == "", "on management groups too", "on subscriptions alone"), pick(where == "", "they exist under an Enterprise Agreement and pay-as-you-go alone, and a group's budget is the sum of its subscriptions'", "nobody would see what several spend together")}},
		Rules:        []string{"SUB-15", "GOV-01"}, Pos: or(b.Of("amount"), d.e.Of("money")), Changes: "money.budgets, or budget of a workload"})
}

// budget makes a monthly budget at a scope.
func (d *designer) budget(scope arm.ID, name string, amount int64, begin, owner string, pos diag.Pos) {
	b := d.e.Money.Budgets
	var to []string
	for _, who := range b.To {
		if who == "owner" {
			who = owner
		}
		if !slices.Contains(to, who) {
			to = append(to, who)
		}
	}
	notifications := arm.O{}
	for _, n := range b.Notify {
		kind := "Actual"
		if n.Forecast {
			kind = "Forecasted"
		}
		notifications = append(notifications, fmt.Sprintf("%s-%d", strings.ToLower(kind), n.Percent), arm.O{
			"enabled", true, "operator", "GreaterThanOrEqualTo", "threshold", n.Percent, "thresholdType", kind, "contactEmails", to})
	}
	const t = "Microsoft.Consumption/budgets"
	d.add(scope.Resource(t, d.names.fit(t, name, "", pos)), pos, arm.O{"properties", arm.O{
		"category", "Cost", "amount", amount, "timeGrain", "Monthly", "timePeriod", arm.O{"startDate", begin + "T00:00:00Z"}, "notifications", notifications}})
}

// groupBudgets gives each management group of ours the sum of the budgets of all
// subscriptions below it, where each of those has one, in one currency, and says
// where budgets are beside the subscriptions. Cost Management has no budgets of
// groups under a customer or partner agreement (guidance SUB-15).
func (d *designer) groupBudgets(begin string) (where string) {
	if by := d.e.Organization.Billing.Agreement; begin == "" || by != "EA" && by != "PAYG" {
		return ""
	}
	below := map[arm.ID][]Budget{}
	for i, s := range d.sorted() { // as d.budgets are
		for g, ok := s.group, s.group.ours; ok; g, ok = d.above(g) {
			below[g.id] = append(below[g.id], d.budgets[i])
		}
	}
	for _, id := range slices.Sorted(maps.Keys(below)) {
		sum := int64(0)
		for _, b := range below[id] {
			if b.Amount == 0 || b.Currency != below[id][0].Currency {
				sum = 0
				break
			}
			sum += b.Amount
		}
		if sum == 0 {
			d.found.Infof(or(d.e.Money.Budgets.Of("amount"), d.e.Of("money")), "design/no-budget", "management group %q has no budget: not all subscriptions below it have one, in one currency", id.Name())
			continue
		}
		d.budget(id, "budget-"+id.Name(), sum, begin, d.e.Organization.Owner, or(d.e.Money.Budgets.Of("amount"), d.e.Of("money")))
		where = " and, as their sum, on each management group of ours above them"
	}
	return where
}

func noBudget(unpriced []string, begin string) string {
	switch {
	case begin == "":
		return "no begin is known"
	case len(unpriced) > 0:
		return "nothing in it has a known price"
	}
	return "nothing in it costs anything that is known of"
}

func or(a, b diag.Pos) diag.Pos {
	if a.Line > 0 {
		return a
	}
	return b
}
