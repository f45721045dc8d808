package report

import (
	"slices"
	"strings"

	"airfield/design"
	"airfield/diag"
)

// An estate of six workloads has a hundred decisions, fifty dependencies and
// eighty defaults, and most are the same for several of its parts. This file
// makes one line of what is alike.

// part is a name that a design uses for a part of an estate, taken apart:
// lumen/prod/chat@swedencentral.
type part struct {
	workload, environment, name, region string
}

// parts takes names apart; subscriptions are known by their keys, lumen-prod.
type parts map[string]part

func (v *view) parts() parts {
	known := parts{}
	for _, s := range v.subs {
		name := strings.TrimPrefix(s.name, v.d.Estate.Organization.Prefix+"-")
		p := part{workload: s.place.Workload, environment: s.environment()}
		known[name], known[s.name] = p, p
	}
	return known
}

func (ps parts) of(name string) part {
	if p, ok := ps[name]; ok {
		return p
	}
	bare, region, _ := strings.Cut(name, "@")
	segments := strings.SplitN(bare, "/", 3)
	switch len(segments) {
	case 3:
		return part{segments[0], segments[1], segments[2], region}
	case 2:
		return part{segments[0], segments[1], "", region}
	}
	return part{workload: name}
}

// whole gives the name without its environment: lumen/chat.
func (p part) whole() string {
	if p.name == "" {
		return p.workload
	}
	return p.workload + "/" + p.name
}

// from gives how p is called by something else: without the workload that both
// share, and without the environment where each has to do with its own.
func (p part) from(o part, own bool) string {
	switch {
	case p.name == "":
		return p.workload
	case p.environment != o.environment || !own:
		return p.workload + "/" + p.environment + "/" + p.name
	case p.workload == o.workload:
		return p.name
	}
	return p.workload + "/" + p.name
}

// dependency is what one part of all its environments does with others.
type dependency struct {
	who string
	in  []string // environments
	do  []doing
}

type doing struct {
	verb string
	what []string
}

// common is what many use: a hub, a firewall.
type common struct {
	verb, what string
	who        []string // with their environments: orion (dev, prod)
}

// dependencies condenses edges: those between parts by who has them, those
// to what is common to many by what they lead to.
func (v *view) dependencies() (own []dependency, shared []common) {
	known := v.parts()
	type key struct{ who, verb, what string }
	var order []key
	in := map[key][]string{}
	use := map[[4]string]bool{} // a workload's parts and what they do, by environment
	strange := map[key]bool{}   // what something uses of another environment than its own
	for _, e := range v.d.Edges {
		p, to := known.of(e.From), known.of(e.To)
		if p.name != "" {
			use[[4]string{p.workload, p.environment, e.Verb, e.To}] = true
		}
		if to.environment != p.environment {
			strange[key{p.whole(), e.Verb, to.whole()}] = true
		}
	}
	for _, e := range v.d.Edges {
		from := known.of(e.From)
		if from.name == "" && use[[4]string{from.workload, from.environment, e.Verb, e.To}] {
			continue // said of the part
		}
		k := key{from.whole(), e.Verb, ""}
		switch to := known.of(e.To); {
		case to.environment != "":
			k.what = to.from(from, !strange[key{from.whole(), e.Verb, to.whole()}])
		case e.Verb == "signs in as":
			k.what = masked(e.To, from.environment)
		default:
			k.what = e.To
		}
		if in[k] == nil {
			order = append(order, k)
		}
		in[k] = appendNew(in[k], from.environment)
	}
	bare := map[key]string{} // names that are not masked after all
	for _, e := range v.d.Edges {
		from := known.of(e.From)
		bare[key{from.whole(), e.Verb, masked(e.To, from.environment)}] = e.To
	}
	at := map[string]int{} // of who and environments in own
	of := map[string]int{} // of verb and what in shared
	for _, k := range order {
		environments := strings.Join(in[k], ", ")
		what := k.what
		if len(in[k]) == 1 && k.verb == "signs in as" {
			what = bare[k]
		}
		if k.verb != "reads" && k.verb != "writes" && k.verb != "signs in as" && k.verb != "serves" {
			i, ok := of[k.verb+"|"+k.what]
			if !ok {
				i = len(shared)
				of[k.verb+"|"+k.what] = i
				shared = append(shared, common{verb: k.verb, what: k.what})
			}
			shared[i].who = append(shared[i].who, with(k.who, environments))
			continue
		}
		i, ok := at[k.who+"|"+environments]
		if !ok {
			i = len(own)
			at[k.who+"|"+environments] = i
			own = append(own, dependency{who: k.who, in: in[k]})
		}
		own[i].add(k.verb, what)
	}
	return own, shared
}

func (d *dependency) add(verb, what string) {
	for i := range d.do {
		if d.do[i].verb == verb {
			d.do[i].what = appendNew(d.do[i].what, what)
			return
		}
	}
	d.do = append(d.do, doing{verb, []string{what}})
}

// say gives reads corpus; writes checkpoints, models.
func (d *dependency) say() string {
	order := []string{"reads", "writes", "serves", "signs in as"}
	sorted := slices.Clone(d.do)
	slices.SortStableFunc(sorted, func(a, b doing) int { return slices.Index(order, a.verb) - slices.Index(order, b.verb) })
	var parts []string
	for _, x := range sorted {
		parts = append(parts, x.verb+" "+strings.Join(x.what, ", "))
	}
	return strings.Join(parts, "; ")
}

func with(who, environments string) string {
	if environments == "" {
		return who
	}
	return who + " (" + environments + ")"
}

// masked gives a name of several parts with one of them as *.
func masked(name, what string) string {
	tokens := strings.Split(name, "-")
	for i := len(tokens) - 1; i >= 0 && len(tokens) > 2; i-- {
		if tokens[i] == what {
			tokens[i] = "*"
			break
		}
	}
	return strings.Join(tokens, "-")
}

// open is what was left open, for all that it is open for.
type open struct {
	what, why string
	about     []string
	pos       []diag.Pos
}

// openings groups what was left open; names that differ by what they are open
// for have * there.
func (v *view) openings() (all []*open) {
	at := map[[2]string]*open{}
	known := v.parts()
	for _, o := range v.d.Open {
		p := known.of(o.About)
		k := [2]string{o.What, o.Why}
		if p.environment != "" {
			words := strings.Split(o.What, " ")
			for i, w := range words {
				words[i] = masked(masked(w, p.environment), p.workload)
			}
			k[0] = strings.Join(words, " ")
		}
		if at[k] == nil {
			at[k] = &open{what: o.What, why: o.Why}
			all = append(all, at[k])
		}
		if len(at[k].about) > 0 {
			at[k].what = k[0]
		}
		if !slices.Contains(at[k].about, o.About) {
			at[k].about, at[k].pos = append(at[k].about, o.About), append(at[k].pos, o.Pos)
		}
	}
	return all
}

// assumed is a default: the same value of the same key in one or more places.
type assumed struct {
	path   string // with * for what differs
	value  string
	places []string // the whole paths
}

// assumptions groups the defaults that were taken.
func assumptions(d *design.Design) (all []*assumed) {
	at := map[[2]string]*assumed{}
	for _, def := range d.Estate.Defaults() {
		k := [2]string{general(def.Path), def.Value}
		if at[k] == nil {
			at[k] = &assumed{path: k[0], value: k[1]}
			all = append(all, at[k])
		}
		at[k].places = append(at[k].places, def.Path)
	}
	for _, a := range all {
		if len(a.places) == 1 {
			a.path = a.places[0]
		}
	}
	return all
}

// general gives a path with * for the names that the user chose:
// workloads.*.jobs.*.spot.
func general(path string) string {
	s := strings.Split(path, ".")
	if len(s) < 3 || s[0] != "workloads" {
		return path
	}
	s[1] = "*"
	if s[2] == "environments" && len(s) > 4 {
		s = append(s[:2:2], s[4:]...)
	}
	if len(s) > 4 {
		s[3] = "*"
	}
	return strings.Join(s, ".")
}

// choice is a decision, for all that it was made for in the same way.
type choice struct {
	design.Decision
	about []string
	pos   []diag.Pos
}

// choices groups decisions that are alike in all but what they are about.
func choices(d *design.Design) (all []*choice) {
	at := map[string]*choice{}
	for _, x := range d.Decisions {
		var k strings.Builder
		for _, s := range []string{x.Question, x.Answer, x.Because, x.Changes} {
			k.WriteString(s)
			k.WriteByte(0)
		}
		for _, a := range x.Alternatives {
			k.WriteString(a.Option)
			k.WriteByte(0)
			k.WriteString(a.WhyNot)
			k.WriteByte(0)
		}
		if at[k.String()] == nil {
			at[k.String()] = &choice{Decision: x}
			all = append(all, at[k.String()])
		}
		c := at[k.String()]
		c.about, c.pos = append(c.about, x.About), append(c.pos, x.Pos)
	}
	return all
}
