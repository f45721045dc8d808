// Package runway dates what lies between a design and its first job, and the
// way out again: gates worked back from the day on which a workload begins, and
// steps worked forward from the day on which it ends.
//
// A Design, the snapshot of a tenant if there is one, and a day go in; a Runway
// comes out. A gate says who opens it, which command shows whether it is open,
// and by when it must be asked for. How long each takes is in
// catalog/judged/lead_times.csv; days are calendar days. A gate counts as passed
// only where the snapshot shows it.
//
// The package opens nothing and asks nobody. Requests to the platform are named,
// not written.
package runway

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"airfield/catalog"
	"airfield/design"
	"airfield/diag"
	"airfield/tenant"
)

// Runway is all that must be so before workloads begin, and what is done when
// they end.
type Runway struct {
	Organization string       `json:"organization"`
	On           string       `json:"on"`       // the day it holds for, 2026-11-22
	Snapshot     bool         `json:"snapshot"` // whether a tenant was looked at
	Begins       []Begin      `json:"begins"`
	Gates        []Gate       `json:"gates"` // by date, those without one last
	Names        []Service    `json:"firewall_names,omitempty"`
	Retire       []Retirement `json:"retire,omitempty"`
	Findings     diag.List    `json:"findings,omitempty"`
}

// Begin is when a workload begins.
type Begin struct {
	Workload string `json:"workload"`
	On       string `json:"on,omitempty"`       // by the estate; "" where it says nothing
	Earliest string `json:"earliest,omitempty"` // where all that is not passed is asked for today
}

// State tells whether a gate lets through.
type State string

// The states of a gate.
const (
	Open     State = "open"   // it is yet to be passed
	Passed   State = "passed" // the snapshot shows it
	NotKnown State = "not known"
)

// Gate is one thing that must be so, wherever it must be so by the same day.
type Gate struct {
	Key       string   `json:"key"`
	What      string   `json:"what"`
	Why       string   `json:"why"`
	Who       string   `json:"who"`  // opens it
	Days      int      `json:"days"` // from asking for it until it is so
	Basis     string   `json:"basis"`
	Ask       string   `json:"ask_by,omitempty"` // the last day to ask for it
	Due       string   `json:"due,omitempty"`    // the day by which it must be so
	Late      bool     `json:"late,omitempty"`   // that day to ask has passed, and the gate is not known to be
	State     State    `json:"state"`
	Workloads []string `json:"workloads"`
	Items     []Item   `json:"items"`
}

// Item is one part of a gate, in all subscriptions where it is the same.
type Item struct {
	For   []string `json:"for,omitempty"` // subscriptions; none for the estate as a whole
	What  string   `json:"what"`
	State State    `json:"state"`
	Check string   `json:"check,omitempty"` // a command that reads
	How   string   `json:"how"`             // a command or a request

	refs       []string // the subscriptions as az takes them
	check, how string   // with $s for the subscription and $i for its id
}

// Commands gives what checks a gate and what opens it, each once for all
// subscriptions where it is the same.
func (g *Gate) Commands() (checks, hows []string) {
	return g.once(func(x Item) string { return x.check }), g.once(func(x Item) string { return x.how })
}

func (g *Gate) once(command func(Item) string) (all []string) {
	var said []string
	for _, x := range g.Items {
		if c := command(x); c != "" && !slices.Contains(said, c) {
			said = append(said, c)
			var refs []string
			for _, y := range g.Items {
				if command(y) == c {
					refs = append(refs, y.refs...)
				}
			}
			slices.Sort(refs)
			all = append(all, expand(c, slices.Compact(refs)))
		}
	}
	return all
}

// New makes the runway of a design that has no errors. Have may be nil; of now
// the day counts.
func New(d *design.Design, have *tenant.Tenant, now time.Time) *Runway {
	m := newMaker(d, have, now)
	for _, g := range gates {
		g.find(m)
	}
	r := &Runway{Organization: d.Estate.Organization.Name, On: m.on.Format(time.DateOnly), Snapshot: have != nil, Names: m.names}
	r.Begins, r.Gates = m.dated()
	r.Retire = m.retire()
	r.Findings = m.found.Sorted()
	return r
}

// Dates gives the days by which a workload's gate must be asked for and must be
// so, "" where nothing dates it.
func (r *Runway) Dates(key, workload string) (ask, due string) {
	for _, g := range r.Gates {
		if g.Key == key && slices.Contains(g.Workloads, workload) {
			return g.Ask, g.Due
		}
	}
	return "", ""
}

// Ahead gives the days of what is no gate and must be so when a gate of a workload
// is begun with, where it takes as long as another, "" where nothing dates it.
func (r *Runway) Ahead(like, gate, workload string) (ask, due string) {
	due, _ = r.Dates(gate, workload)
	day, err := time.Parse(time.DateOnly, due)
	if err != nil {
		return "", ""
	}
	of, _ := leads()
	return day.AddDate(0, 0, -of[like].Days).Format(time.DateOnly), due
}

// Retirement gives the way out of one workload.
func (r *Runway) Retirement(workload string) (Retirement, bool) {
	for _, x := range r.Retire {
		if x.Workload == workload {
			return x, true
		}
	}
	return Retirement{}, false
}

// atom is one item of one gate of one workload.
type atom struct {
	key, workload string
	sub           *sub      // nil for the estate as a whole
	what          string    //
	check, how    string    // as an Item's
	state         State     //
	days          int       // where they are not the table's
	basis         string    // of these days
	due           time.Time // where it is not the workload's begin that dates it
}

// dates are the days of one workload's gates.
type dates struct {
	m       *maker
	begins  time.Time
	days    map[string]int // of the gates that it has
	basis   map[string]string
	own     map[string]time.Time
	pending map[string]bool // not passed
	due     map[string]time.Time
	ready   map[string]time.Time
}

// datesOf gathers a workload's gates.
func (m *maker) datesOf(workload string) *dates {
	d := &dates{m: m, begins: m.begins[workload], days: map[string]int{}, basis: map[string]string{}, own: map[string]time.Time{}, pending: map[string]bool{}, due: map[string]time.Time{}, ready: map[string]time.Time{}}
	for _, a := range m.atoms {
		if a.workload != workload {
			continue
		}
		days := cmp.Or(a.days, m.lead[a.key].Days)
		if days > d.days[a.key] {
			d.days[a.key], d.basis[a.key] = days, cmp.Or(a.basis, m.lead[a.key].Reason)
		}
		d.own[a.key] = earlier(d.own[a.key], a.due)
		d.pending[a.key] = d.pending[a.key] || a.state != Passed
	}
	d.askedBefore("quota-group")
	d.askedBefore("quota")
	return d
}

// askedBefore lets money.quota.ask_before say how long quota takes: of the
// group, where there is one.
func (d *dates) askedBefore(key string) {
	q := d.m.d.Estate.Money.Quota
	if _, has := d.days[key]; !has || q.AskBefore <= 0 || d.begins.IsZero() || key == "quota" && q.Group != "" {
		return
	}
	after := int(d.begins.Sub(d.dueOf(key)).Hours() / 24)
	d.days[key], d.basis[key] = max(1, q.AskBefore.Days()-after), "money.quota.ask_before"
	clear(d.due)
}

// dueOf gives the day by which a gate must be so: before all that come after it,
// whether the workload has them or others beyond them. It is zero where nothing
// dates it.
func (d *dates) dueOf(key string) time.Time {
	if t, ok := d.due[key]; ok {
		return t
	}
	t := d.own[key]
	for _, next := range d.m.before[key] {
		by := d.dueOf(next)
		if days, has := d.days[next]; has && !by.IsZero() {
			by = by.AddDate(0, 0, -days)
		}
		t = earlier(t, by)
	}
	if t.IsZero() {
		t = d.begins
	}
	d.due[key] = t
	return t
}

// readyOf gives the first day on which a gate can be so, where all that is not
// passed is asked for today.
func (d *dates) readyOf(key string) time.Time {
	if t, ok := d.ready[key]; ok {
		return t
	}
	t := d.m.on
	for _, prior := range d.m.lead[key].After {
		if r := d.readyOf(prior); r.After(t) {
			t = r
		}
	}
	if d.pending[key] {
		t = t.AddDate(0, 0, d.days[key])
	}
	d.ready[key] = t
	return t
}

// first gives the first day on which the workload can begin.
func (d *dates) first() time.Time {
	first := d.m.on
	for key := range d.days {
		if key == "budget" || key == "onprem" || d.dueOf(key).After(d.begins) {
			continue // the workload begins without these
		}
		if r := d.readyOf(key); r.After(first) {
			first = r
		}
	}
	return first
}

// earlier gives the earlier of two days, of which one may be zero for none.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// dated works the days back, and gathers equal parts of equal days.
func (m *maker) dated() ([]Begin, []Gate) {
	var begins []Begin
	all := map[string]*dates{}
	for _, w := range m.d.Estate.Workloads {
		d := m.datesOf(w.Key)
		all[w.Key] = d
		b := Begin{Workload: w.Key, On: w.Value.Begins.String()}
		if !d.begins.IsZero() {
			b.Earliest = d.first().Format(time.DateOnly)
		}
		begins = append(begins, b)
	}
	whole := map[string]*dates{} // of the workload that needs it first
	for _, a := range m.atoms {
		if d, w := all[a.workload], whole[a.key+a.what]; a.sub == nil && (w == nil || earlier(w.dueOf(a.key), d.dueOf(a.key)) != w.dueOf(a.key)) {
			whole[a.key+a.what] = d
		}
	}
	var made []*Gate
	for _, a := range m.atoms {
		d := all[a.workload]
		if a.sub == nil {
			d = whole[a.key+a.what]
		}
		m.gather(&made, a, d, d.dueOf(a.key))
	}
	for _, w := range m.d.Estate.Workloads {
		m.late(w.Key, all[w.Key], made)
	}
	slices.SortStableFunc(made, func(a, b *Gate) int {
		return cmp.Or(cmp.Compare(b2i(a.Due == ""), b2i(b.Due == "")), cmp.Compare(a.Ask, b.Ask), cmp.Compare(a.Due, b.Due), cmp.Compare(slices.IndexFunc(gates, func(k kind) bool { return k.key == a.Key }), slices.IndexFunc(gates, func(k kind) bool { return k.key == b.Key })))
	})
	out := make([]Gate, len(made))
	for i, g := range made {
		g.Who = m.who(g.Key, g.Workloads)
		for j := range g.Items {
			x := &g.Items[j]
			x.Check, x.How = expand(x.check, x.refs), expand(x.how, x.refs)
		}
		out[i] = *g
	}
	return begins, out
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// gather adds an atom to the gate of its key and day.
func (m *maker) gather(made *[]*Gate, a atom, d *dates, due time.Time) {
	g := &Gate{Key: a.key, Days: d.days[a.key], Basis: d.basis[a.key], State: Passed}
	if !due.IsZero() {
		g.Due, g.Ask = due.Format(time.DateOnly), due.AddDate(0, 0, -g.Days).Format(time.DateOnly)
	}
	if i := slices.IndexFunc(*made, func(x *Gate) bool { return x.Key == g.Key && x.Due == g.Due && x.Days == g.Days }); i >= 0 {
		g = (*made)[i]
	} else {
		k := gates[slices.IndexFunc(gates, func(k kind) bool { return k.key == a.key })]
		g.What, g.Why = k.what, k.why
		*made = append(*made, g)
	}
	if !slices.Contains(g.Workloads, a.workload) {
		g.Workloads = append(g.Workloads, a.workload)
	}
	switch {
	case a.state == Open || g.State == Open:
		g.State = Open
	case a.state == NotKnown:
		g.State = NotKnown
	}
	g.Late = g.Due != "" && g.State != Passed && g.Ask < m.on.Format(time.DateOnly)
	g.add(a)
}

// add adds an atom to the item that says the same.
func (g *Gate) add(a atom) {
	i := slices.IndexFunc(g.Items, func(x Item) bool {
		return x.What == a.what && x.check == a.check && x.how == a.how && x.State == a.state
	})
	if i < 0 {
		i = len(g.Items)
		g.Items = append(g.Items, Item{What: a.what, State: a.state, check: a.check, how: a.how})
	}
	if x := &g.Items[i]; a.sub != nil && !slices.Contains(x.For, a.sub.Name) {
		x.For, x.refs = append(x.For, a.sub.Name), append(x.refs, a.sub.ref)
	}
}

// expand writes subscriptions into a command: $s for their names or ids, $i for
// their ids, which of one that is yet to be made only Azure knows.
func expand(command string, refs []string) string {
	if !strings.Contains(command, "$s") && !strings.Contains(command, "$i") || len(refs) == 0 {
		return command
	}
	known := !slices.ContainsFunc(refs, func(r string) bool { return len(r) != len("00000000-0000-0000-0000-000000000000") })
	if known {
		command = strings.ReplaceAll(command, "$i", "$s")
	} else if strings.Contains(command, "$i") {
		command = `i=$(az account show --subscription $s --query id -o tsv); ` + command
	}
	if len(refs) == 1 {
		return strings.ReplaceAll(command, "$s", refs[0])
	}
	return "for s in " + strings.Join(refs, " ") + "; do " + command + "; done"
}

// late warns of a begin that cannot be met.
func (m *maker) late(workload string, d *dates, made []*Gate) {
	if d.begins.IsZero() {
		return
	}
	var words []string
	for _, g := range made {
		if g.Late && slices.Contains(g.Workloads, workload) && g.Due <= d.begins.Format(time.DateOnly) {
			words = append(words, fmt.Sprintf("%s (ask by %s)", g.What, g.Ask))
		}
	}
	if len(words) > 0 {
		m.found.Warnf(m.pos[workload], "runway/late", "begins: %s of %q cannot be met unless these are passed already or take less time than is assumed: %s; asked for on %s, the workload begins on %s at the earliest",
			d.begins.Format(time.DateOnly), workload, strings.Join(words, ", "), m.on.Format(time.DateOnly), d.first().Format(time.DateOnly))
	}
}

// leads gives the table of lead times by key, and what comes after each key.
func leads() (of map[string]catalog.LeadTime, before map[string][]string) {
	of, before = map[string]catalog.LeadTime{}, map[string][]string{}
	for _, l := range catalog.LeadTimes() {
		of[l.Key] = l
		for _, prior := range l.After {
			before[prior] = append(before[prior], l.Key)
		}
	}
	return of, before
}
