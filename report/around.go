package report

import (
	"cmp"
	"fmt"
	"strings"

	"airfield/arm"
	"airfield/design"
)

// aroundLine is something that the tenant which a design lands in refuses, is
// not known to take, or adds.
type aroundLine struct {
	What  string // Standard_E8ads_v6 × 1 in swedencentral
	Why   string // who refuses it, and what is taken in its place; which policy adds it
	Open  bool   // it is not known
	About []string
}

// refusals gives what the tenant refuses, and then what is not known of the
// rest: what has one reason in one line. Not in full, it has the first reason of
// each, and how many more there are.
func refusals(d *design.Design, full bool) (all []aroundLine) {
	for _, certain := range []bool{true, false} {
		at := map[[2]string]int{}
		for _, r := range d.Refused {
			if r.Certain != certain {
				continue
			}
			l := aroundLine{What: r.What, Why: strings.Join(r.By, "; "), Open: !certain}
			if more := len(r.By) - 1; more > 0 && !full {
				l.Why = fmt.Sprintf("%s; and %s", r.By[0], plural(more, "more reason"))
			}
			if certain && r.Instead != "" {
				l.Why += "; " + r.Instead + " is taken"
			} else if certain {
				l.Why += "; nothing is taken in its place"
			} else {
				l.What = "whether these are let through"
			}
			k := [2]string{l.What, l.Why}
			if _, known := at[k]; !known {
				at[k], all = len(all), append(all, l)
			}
			all[at[k]].About = append(all[at[k]].About, r.About)
		}
	}
	return all
}

// additions gives what policies add to what is designed.
func additions(d *design.Design) (all []aroundLine) {
	known := map[arm.ID]string{} // the names of subscriptions
	for _, s := range d.Subscriptions {
		known[s.ID.Fold()] = s.Name
	}
	namesOf := func(ids []arm.ID) (names []string) {
		for _, id := range ids {
			names = append(names, cmp.Or(known[id.Fold()], id.Name()))
		}
		return names
	}
	for _, a := range d.Added {
		verb := "writes "
		if a.Effect == "deployIfNotExists" {
			verb = "deploys "
		}
		l := aroundLine{What: verb + a.What, Why: "policy \"" + a.Policy + "\" (assignment \"" + a.Title + "\" at " + a.At + ")", Open: !a.Certain, About: namesOf(a.Resources)}
		if l.Open {
			l.What, l.Why = "may "+strings.Replace(l.What, "ys", "y", 1), l.Why+": not known, "+a.Because
		}
		if len(a.Instead) > 0 {
			l.Why += "; the design leaves " + strings.Join(namesOf(a.Instead), ", ") + " to it"
		}
		all = append(all, l)
	}
	return all
}

// around prints what the tenant that the design lands in refuses and adds.
func (t *text) around() {
	aside := "what is not known is neither refused nor allowed"
	if !t.o.Full {
		aside += "; --full has every reason"
	}
	t.aroundLines("Refused here", aside, refusals(t.d, t.o.Full))
	t.aroundLines("Added by policy", "the tenant's policies make this by themselves", additions(t.d))
}

func (t *text) aroundLines(heading, aside string, all []aroundLine) {
	if len(all) == 0 {
		return
	}
	t.heading(heading, aside)
	for _, l := range all {
		note := span{normal, ""}
		if l.Open {
			note = span{dim, "not known: "}
		}
		t.wrap([]span{{normal, "  "}, note, {strong, l.What}, {normal, ": "}}, "    ", l.Why, normal)
		t.wrap([]span{{normal, "    for "}}, "      ", t.few(l.About), dim)
	}
}

// few names the first of many.
func (t *text) few(names []string) string {
	const most = 6
	if len(names) > most && !t.o.Full {
		names = append(names[:most:most], thousands(int64(len(names)-most))+" more")
	}
	return strings.Join(names, ", ")
}
