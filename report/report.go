// Package report shows a design to people: as text in a terminal, as one HTML
// page that needs nothing beside itself, and as JSON for programs.
//
// A design goes in, bytes come out, the same for the same design. The package
// decides nothing, reads no files, and asks no terminal: width, colour and
// characters are options. What the user wrote is hostile everywhere: control
// characters do not reach a terminal, and markup does not reach a page.
package report

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"airfield/arm"
	"airfield/design"
	"airfield/estate"
)

// Options say how text is printed.
type Options struct {
	Width     int  // in columns; 0 for 80
	Colour    bool // with ANSI escape sequences
	Unicode   bool // lines, × and …; else ASCII alone
	Decisions bool // every decision with its reasons, not only the estate's
	Full      bool // the whole tree and every dependency, however large
}

// view is a design as people look at it: the tree of groups and
// subscriptions, without what is in the subscriptions (see contents).
type view struct {
	d         *design.Design
	top       *group          // the tenant
	subs      []*subscription // ours to fill, in the tree's order
	others    []*subscription // theirs: only something in them is referred to
	workloads int
	theirs    int                             // resources that exist and are referred to
	who       map[string]string               // names of principals by their object ids, in lower case
	known     map[arm.ID]*design.Subscription // by their ids, in lower case
	budgets   map[string]*design.Budget
}

// group is a management group, or the tenant.
type group struct {
	id            arm.ID
	name, display string
	theirs        bool
	groups        []*group
	subs          []*subscription
	all           int   // subscriptions in it, at any depth
	policies      []int // number of policy assignments, definitions and sets of ours at it
}

// subscription is a subscription that the design fills.
type subscription struct {
	id        arm.ID
	name      string
	theirs    bool          // it exists
	adopted   bool          // by the estate
	place     *estate.Place // the first in it
	in        []string      // the environments in it: more than one where they share it
	budget    *design.Budget
	regions   []string
	groups    int // resource groups
	resources int // everything at and below it
	placed    bool
}

// look makes the view of a design.
func look(d *design.Design) *view {
	v := &view{d: d, who: map[string]string{}, known: map[arm.ID]*design.Subscription{}, budgets: map[string]*design.Budget{}, workloads: len(d.Estate.Workloads)}
	for i, s := range d.Subscriptions {
		v.known[s.ID.Fold()] = &d.Subscriptions[i]
	}
	for i, b := range d.Budgets {
		v.budgets[b.Subscription] = &d.Budgets[i]
	}
	for _, g := range d.Estate.Access.Groups {
		if g.Value.ID != "" {
			v.who[strings.ToLower(g.Value.ID)] = g.Key
		}
	}
	v.top = v.group(arm.Tenant)
	return v
}

// group looks at a group with all that lies below it.
func (v *view) group(id arm.ID) *group {
	g := &group{id: id, name: id.Name(), policies: make([]int, 3)}
	if r, ok := v.d.Tenant.Get(id); ok {
		g.theirs, g.display = r.Theirs, r.Get("properties", "displayName").Str()
		if g.theirs {
			v.theirs++
		}
	}
	if id != arm.Tenant {
		for at := range v.d.Tenant.IDs(id) {
			switch at.Type() {
			case "Microsoft.Authorization/policyAssignments":
				g.policies[0]++
			case "Microsoft.Authorization/policyDefinitions":
				g.policies[1]++
			case "Microsoft.Authorization/policySetDefinitions":
				g.policies[2]++
			}
		}
	}
	for _, child := range v.d.Tenant.Children(id) {
		if child.Type() == arm.ManagementGroupType {
			below := v.group(child)
			g.groups = append(g.groups, below)
			g.all += below.all
			continue
		}
		s := v.subscription(child)
		if s.place == nil {
			if s.resources > 0 { // else it is the placement of one that is there
				v.others = append(v.others, s)
			}
			continue
		}
		s.placed = id != arm.Tenant
		g.subs = append(g.subs, s)
		v.subs = append(v.subs, s)
		g.all++
	}
	return g
}

// subscription looks at a subscription from outside.
func (v *view) subscription(id arm.ID) *subscription {
	s := &subscription{id: id, name: strings.TrimPrefix(id.Name(), "@")}
	if r, ok := v.d.Tenant.Get(id); ok {
		s.theirs = r.Theirs
		if name := r.Get("properties", "displayName").Str(); name != "" {
			s.name = name
		}
	}
	if known := v.known[id.Fold()]; known != nil {
		s.name, s.place, s.in, s.adopted = known.Name, known.Place, known.Environments, known.Adopted
	}
	s.budget = v.budgets[s.name]
	for at := range v.d.Tenant.IDs(id) {
		s.resources++
		if at.Type() == arm.ResourceGroupType {
			s.groups++
			r, _ := v.d.Tenant.Get(at)
			s.regions = appendNew(s.regions, r.Location())
		}
	}
	slices.SortStableFunc(s.regions, func(a, b string) int { return v.rank(a) - v.rank(b) })
	if s.theirs {
		v.theirs++
		s.resources--
	}
	if s.place == nil {
		v.theirs += s.resources
	}
	return s
}

// environment gives the environments in the subscription: mostly one.
func (s *subscription) environment() string { return strings.Join(s.in, ", ") }

// rank gives a region's place in the estate's order: home, recovery, others.
func (v *view) rank(region string) int {
	switch region {
	case string(v.d.Estate.Regions.Home):
		return 0
	case string(v.d.Estate.Regions.Recovery):
		return 1
	}
	return 2
}

// title gives the name that people know the subscription's workload by.
func (s *subscription) title() string { return cmp.Or(s.place.Of.Title, s.place.Workload) }

// total is a sum of budgets in one currency.
type total struct {
	currency string
	amount   int64 // a month, in whole units
}

// totals sums the budgets up, by currency in the order they come.
func (v *view) totals() (sums []total, without int) {
next:
	for _, b := range v.d.Budgets {
		if b.Amount == 0 {
			without++
			continue
		}
		for i := range sums {
			if sums[i].currency == b.Currency {
				sums[i].amount += b.Amount
				continue next
			}
		}
		sums = append(sums, total{b.Currency, b.Amount})
	}
	return sums, without
}

// regions gives the regions in use.
func (v *view) regions() (all []string) {
	for _, s := range v.subs {
		for _, r := range s.regions {
			all = appendNew(all, r)
		}
	}
	return all
}

// priced tells from when to when the prices are.
func (v *view) priced() string {
	days := v.d.Bill.Days()
	if len(days) == 0 {
		return ""
	}
	return between(days[0], days[len(days)-1])
}

// amount prints money a month: 515,050 USD.
func amount(b *design.Budget) string {
	if b == nil || b.Amount == 0 {
		return "no budget"
	}
	return thousands(b.Amount) + " " + b.Currency
}

// thousands prints a number with commas.
func thousands(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// plural gives "1 node" or "1,200 nodes".
func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	switch {
	case strings.HasSuffix(what, "cy"), strings.HasSuffix(what, "ty"):
		what = strings.TrimSuffix(what, "y") + "ie"
	case strings.HasSuffix(what, "s"), strings.HasSuffix(what, "ch"):
		what += "e"
	}
	return thousands(int64(n)) + " " + what + "s"
}

func appendNew(all []string, s string) []string {
	for _, has := range all {
		if has == s {
			return all
		}
	}
	return append(all, s)
}
