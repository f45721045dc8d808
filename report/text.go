package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"airfield/arm"
	"airfield/design"
)

const (
	mostFull  = 40  // subscriptions whose contents are printed
	mostLines = 400 // subscriptions that are printed at all
	mostAlike = 20  // dependencies, and names in one list
)

// Text prints a design for a person at a terminal.
func Text(w io.Writer, d *design.Design, o Options) error {
	t := &text{printer: newPrinter(w, o), view: look(d)}
	t.head()
	t.tree()
	t.dependencies()
	t.around()
	if o.Decisions {
		t.decisions()
	} else {
		t.settled()
	}
	t.open()
	t.defaults()
	t.parameters()
	return t.w.Flush()
}

// text is a design being printed.
type text struct {
	*printer
	*view
	depth columnsOf
}

// columnsOf are the columns that all subscriptions are aligned to.
type columnsOf struct{ name, environment, region, amount int }

// head prints who, how much, and for what money.
func (t *text) head() {
	d := t.d
	t.line(span{strong, d.Estate.Organization.Name}, span{dim, "  the landing zones of its AI workloads"})
	facts := fmt.Sprintf("%s, %s, %s to make", plural(t.workloads, "workload"), plural(len(t.subs), "subscription"), plural(d.Tenant.Len()-t.theirs, "resource"))
	if t.theirs > 0 {
		facts += fmt.Sprintf(", %d of theirs referred to", t.theirs)
	}
	t.wrap(nil, "", facts, normal)
	if regions := t.regions(); len(regions) > 0 {
		t.wrap(nil, "", "in "+strings.Join(regions, ", "), normal)
	}
	t.wrap(nil, "", t.money(), normal)
	if n := t.refusedSizes(); n > 0 {
		are := "are"
		if n == 1 {
			are = "is"
		}
		t.wrap(nil, "", fmt.Sprintf("%d of %d sizes that were asked for %s refused in this tenant", n, d.Asked, are), strong)
	}
}

// refusedSizes counts what is designed although all that was asked for it is
// refused.
func (v *view) refusedSizes() int {
	about := map[string]bool{}
	for _, r := range v.d.Refused {
		if r.Certain && r.Instead == "" {
			about[r.About] = true
		}
	}
	return len(about)
}

// money gives the sum of the budgets and what it rests on.
func (v *view) money() string {
	text := v.sums()
	if days := v.priced(); days != "" {
		text += "; prices of " + days
	}
	unpriced := 0
	for _, b := range v.d.Budgets {
		unpriced += len(b.Unpriced)
	}
	if unpriced > 0 {
		text += fmt.Sprintf("; %s left out, whose price or use is not known", plural(unpriced, "part"))
	}
	return text
}

// sums gives the sums of the budgets.
func (v *view) sums() string {
	sums, without := v.totals()
	var all []string
	for _, s := range sums {
		all = append(all, fmt.Sprintf("%s %s a month", thousands(s.amount), s.currency))
	}
	switch {
	case len(all) == 0:
		return "no budgets"
	case without > 0:
		all = append(all, fmt.Sprintf("%s without one", plural(without, "subscription")))
	}
	return "budgets " + strings.Join(all, ", ")
}

// tree prints groups, subscriptions, and what is in them.
func (t *text) tree() {
	n := len(t.subs)
	aside := ""
	switch {
	case n > mostLines && !t.o.Full:
		aside = "groups and their sums: more than " + fmt.Sprint(mostLines) + " subscriptions; --full prints everything"
	case n > mostFull && !t.o.Full:
		aside = "without what is in the subscriptions: more than " + fmt.Sprint(mostFull) + "; --full prints everything"
	}
	t.heading("Landing zones", aside)
	for _, s := range t.subs {
		depth := 0
		if s.placed {
			depth = len(t.d.Tenant.Ancestors(s.id)) - 1
		}
		t.depth.name = max(t.depth.name, 3*depth+width(t.clean(s.name)))
		t.depth.environment = max(t.depth.environment, width(t.clean(s.environment())))
		t.depth.region = max(t.depth.region, width(strings.Join(s.regions, ", ")))
		t.depth.amount = max(t.depth.amount, len(amount(s.budget)))
	}
	t.depth.region = min(t.depth.region, max(14, t.width/5))
	for _, g := range t.top.groups {
		t.groupLine(g, "", "")
		t.below(g, "")
	}
	if len(t.top.subs) > 0 {
		t.line(span{strong, "placed nowhere"}, span{dim, "  adopted, or the group they belong in is not named"})
		t.below(&group{subs: t.top.subs}, "")
	}
	for _, s := range t.others {
		t.wrap([]span{{dim, "referred to: "}}, "  ", strings.Join(t.referred(s), ", ")+" in subscription "+s.name+" (theirs)", dim)
	}
}

// referred gives the names of what is referred to in a subscription of theirs.
func (v *view) referred(s *subscription) (names []string) {
	for id := range v.d.Tenant.IDs(s.id) {
		if !id.Equal(s.id) && id.Type() != arm.ResourceGroupType {
			names = append(names, id.Name())
		}
	}
	return names
}

func (t *text) groupLine(g *group, bars, branch string) {
	spans := []span{{dim, bars + branch}}
	if g.theirs {
		spans = append(spans, span{dim, g.name + " (theirs)"})
	} else {
		spans = append(spans, span{ours, g.name})
		if g.display != "" && g.display != g.name {
			spans = append(spans, span{normal, "  " + g.display})
		}
	}
	if note := g.note(); note != "" {
		spans = append(spans, span{dim, "  " + note})
	}
	t.line(spans...)
}

// note says which policies of ours are at a group.
func (g *group) note() string {
	var parts []string
	for i, what := range []string{"policy", "policy definition", "policy set"} {
		if n := g.policies[i]; n > 0 {
			parts = append(parts, plural(n, what))
		}
	}
	return strings.Join(parts, ", ")
}

// below prints what is below a group.
func (t *text) below(g *group, bars string) {
	lines := t.o.Full || len(t.subs) <= mostLines
	left := len(g.groups)
	if lines {
		left += len(g.subs)
	} else if len(g.subs) > 0 {
		left++
	}
	next := func() (branch, on string) {
		if left--; left == 0 {
			return end, none
		}
		return fork, bar
	}
	for _, c := range g.groups {
		branch, on := next()
		t.groupLine(c, bars, branch)
		t.below(c, bars+on)
	}
	if !lines {
		if len(g.subs) > 0 {
			branch, on := next()
			t.summary(g.subs, bars, branch, on)
		}
		return
	}
	for _, s := range g.subs {
		branch, on := next()
		t.subscriptionLine(s, bars, branch)
		if t.o.Full || len(t.subs) <= mostFull {
			t.contentsLines(s, bars+on)
		}
	}
}

// summary prints many subscriptions in a few lines.
func (t *text) summary(subs []*subscription, bars, branch, on string) {
	var environments []string
	count := map[string]int{}
	money := view{d: &design.Design{}}
	for _, s := range subs {
		environments = appendNew(environments, s.environment())
		count[s.environment()]++
		if s.budget != nil {
			money.d.Budgets = append(money.d.Budgets, *s.budget)
		}
	}
	for i, e := range environments {
		environments[i] = fmt.Sprintf("%s %s", thousands(int64(count[e])), e)
	}
	t.wrap([]span{{dim, bars + branch}, {ours, plural(len(subs), "subscription")}, {normal, ": "}}, bars+on, strings.Join(environments, ", ")+"; "+money.sums(), normal)
	dear := slices.Clone(subs)
	slices.SortStableFunc(dear, func(a, b *subscription) int { return int(b.cost() - a.cost()) })
	var names []string
	for _, s := range dear[:min(3, len(dear))] {
		names = append(names, s.name+" "+amount(s.budget))
	}
	t.wrap([]span{{dim, bars + on}}, bars+on+"  ", "the dearest: "+strings.Join(names, ", "), dim)
}

func (s *subscription) cost() int64 {
	if s.budget == nil {
		return 0
	}
	return s.budget.Amount
}

func (t *text) subscriptionLine(s *subscription, bars, branch string) {
	c := t.depth
	name := ours
	mark := ""
	if s.theirs {
		mark = " (exists)"
	}
	regions := t.middle(strings.Join(s.regions, ", "), c.region)
	spans := []span{{dim, bars + branch}, {name, s.name}, {normal, pad(width(bars+branch+t.clean(s.name)), c.name+3) +
		s.environment() + pad(width(t.clean(s.environment())), c.environment+2) +
		regions + pad(width(regions), c.region+2) +
		pad(len(amount(s.budget)), c.amount) + amount(s.budget)}, {dim, mark}}
	used := c.name + 3 + c.environment + 2 + c.region + 2 + c.amount + len(mark)
	if room := t.width - used - 2; room >= 16 && s.title() != "" {
		spans = append(spans, span{dim, "  " + t.end(t.clean(s.title()), room)})
	}
	t.line(spans...)
}

// contentsLines prints what is in a subscription.
func (t *text) contentsLines(s *subscription, bars string) {
	c := t.contents(s)
	for _, g := range c.groups {
		region := ""
		if len(s.regions) > 1 {
			region = "  " + g.region
		}
		t.line(span{dim, bars + fork}, span{normal, g.name}, span{dim, region})
		t.items(g.items, bars+bar)
		if rest := g.restOf(); rest != "" {
			t.wrap([]span{{dim, bars + bar + "  "}}, bars+bar+"  ", "and "+rest, dim)
		}
	}
	t.wrap([]span{{dim, bars + end}}, bars+"   ", t.rules(c), normal)
}

// rules gives what holds for the whole subscription.
func (t *text) rules(c *contents) string {
	var parts []string
	if p := c.countPolicies(); p != "" {
		parts = append(parts, p)
	}
	own, data := 0, 0
	for _, g := range c.grants {
		if g.where == "the subscription" {
			own++
		} else {
			data++
		}
	}
	if n := own + data; n > 0 {
		text := plural(n, "role assignment")
		if data > 0 {
			text += fmt.Sprintf(" (%d on data)", data)
		}
		parts = append(parts, text)
	}
	count := map[string]int{}
	var nouns []string
	for _, i := range c.loose {
		nouns = appendNew(nouns, i.noun)
		count[i.noun]++
	}
	for _, n := range nouns {
		parts = append(parts, plural(count[n], n))
	}
	if len(parts) == 0 {
		return "nothing else"
	}
	return strings.Join(parts, ", ")
}

// items prints notable resources, with what is worth knowing in a column where
// there is room for one.
func (t *text) items(items []*item, bars string) {
	column := 0
	for _, i := range items {
		column = max(column, width(bars)+2+width(t.clean(i.name)))
	}
	column += 2
	for _, i := range items {
		name := i.name
		if i.theirs {
			name += " (theirs)"
		}
		if t.width-column < 36 {
			if say := i.say(); width(bars+"    "+t.clean(name+say)) <= t.width {
				t.line(span{dim, bars}, span{normal, "  " + name + "  "}, span{dim, say})
				continue
			}
			t.line(span{dim, bars}, span{normal, "  " + name})
			t.wrap([]span{{dim, bars}, {normal, "    "}}, bars+"    ", i.say(), dim)
			continue
		}
		first := []span{{dim, bars}, {normal, "  " + name + pad(width(bars)+2+width(t.clean(name)), column)}}
		t.wrap(first, bars+pad(width(bars), column), i.say(), dim)
	}
}

// dependencies prints who depends on what.
func (t *text) dependencies() {
	own, shared := t.view.dependencies()
	if len(own)+len(shared) == 0 {
		return
	}
	t.heading("Dependencies", "where a name has no environment, it is that of the one who uses it")
	for i, d := range own {
		if i == mostAlike && !t.o.Full {
			t.wrap([]span{{dim, "  "}}, "  ", fmt.Sprintf("and %s more; --full prints them", thousands(int64(len(own)-i))), dim)
			break
		}
		t.wrap([]span{{normal, "  "}, {strong, with(d.who, strings.Join(d.in, ", "))}, {normal, "  "}}, "    ", d.say(), normal)
	}
	for _, s := range shared {
		who := s.who
		if len(who) > mostAlike && !t.o.Full {
			who = append(slices.Clone(who[:mostAlike]), thousands(int64(len(who)-mostAlike))+" more")
		}
		verb := s.verb + " " + s.what
		t.wrap([]span{{normal, "  "}, {strong, verb}, {normal, "  "}}, "    ", strings.Join(who, ", "), normal)
	}
}

// settled prints the decisions that hold for the whole estate, one line each.
func (t *text) settled() {
	var all []design.Decision
	for _, x := range t.d.Decisions {
		if x.About == "estate" {
			all = append(all, x)
		}
	}
	if len(all) == 0 {
		return
	}
	t.heading("Decisions for the whole estate", fmt.Sprintf("%d of %s; --decisions prints all with their reasons", len(all), thousands(int64(len(t.d.Decisions)))))
	for _, x := range all {
		t.wrap([]span{{normal, "  "}, {dim, x.Question}, {normal, " "}}, "    ", x.Answer, normal)
	}
}

// decisions prints every decision with its reasons.
func (t *text) decisions() {
	t.heading("Decisions", "")
	for i, c := range choices(t.d) {
		if i > 0 {
			t.line()
		}
		t.wrap([]span{{normal, "  "}, {strong, c.Question}, {normal, " "}}, "    ", c.Answer, normal)
		t.wrap([]span{{normal, "    because "}}, "      ", c.Because, normal)
		for _, a := range c.Alternatives {
			t.wrap([]span{{normal, "    not "}}, "      ", a.Option+": "+a.WhyNot, dim)
		}
		if c.Changes != "" {
			t.wrap([]span{{normal, "    changed by "}}, "      ", c.Changes, dim)
		}
		if len(c.Rules) > 0 {
			t.wrap([]span{{normal, "    rests on "}}, "      ", strings.Join(c.Rules, ", "), dim)
		}
		var about []string
		for i, a := range c.about {
			where := c.pos[i].String()
			if where != "" {
				where = " (" + where + ")"
			}
			about = append(about, a+where)
		}
		if len(about) > 12 && !t.o.Full {
			about = append(about[:12:12], fmt.Sprintf("%s more", thousands(int64(len(about)-12))))
		}
		t.wrap([]span{{normal, "    for "}}, "      ", strings.Join(about, ", "), dim)
	}
}

// open prints what was left open.
func (t *text) open() {
	all := t.openings()
	if len(all) == 0 {
		return
	}
	t.heading("Left open", "")
	for _, o := range all {
		about := o.about
		if len(about) > mostAlike && !t.o.Full {
			about = append(about[:mostAlike:mostAlike], thousands(int64(len(about)-mostAlike))+" more")
		}
		t.wrap([]span{{normal, "  "}, {strong, o.what}, {normal, ": "}}, "    ", o.why, normal)
		t.wrap([]span{{normal, "    for "}}, "      ", strings.Join(about, ", "), dim)
	}
}

// defaults prints what was assumed because nothing was written.
func (t *text) defaults() {
	all := assumptions(t.d)
	if len(all) == 0 {
		return
	}
	t.heading("Defaults taken", "write the key to choose otherwise")
	for _, a := range all {
		times := ""
		if len(a.places) > 1 {
			times = fmt.Sprintf(" (%s)", plural(len(a.places), "time"))
		}
		t.wrap([]span{{normal, "  " + a.path}, {normal, " = "}}, "    ", a.value+times, dim)
	}
}

// parameters prints what whoever deploys must give.
func (t *text) parameters() {
	if len(t.d.Parameters) == 0 {
		return
	}
	t.heading("To be given at deployment", "")
	for _, x := range t.d.Parameters {
		t.wrap([]span{{normal, "  "}, {strong, x.Name}, {normal, "  "}}, "    ", x.Description, normal)
	}
}
