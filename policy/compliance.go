package policy

import (
	"slices"
	"strings"

	"airfield/arm"
)

// Tally rolls the results of a scan up, as Azure Policy does:
// learn.microsoft.com/azure/governance/policy/how-to/get-compliance-data#how-compliance-works
//
// The state of a resource under an assignment is the one that comes first among
// its states under the assignment's rules, in the order of State.
type Tally struct {
	Rules       []Counts           // of resources, by Assigned.Index
	Assignments []Counts           // of resources, by the place of the assignment in Engine.Assignments
	Resources   Counts             // of resources, under all assignments together
	Scopes      map[arm.ID]*Counts // of resources, by subscription, or management group where they lie in none, in lower case
	Error       map[string]int     // how often a rule failed, by rule and message
	Why         map[string]int     // how often a state is Unknown, by reason

	e      *Engine
	groups []Counts
	worst  []State // of the groups of the assignment that is counted; numStates where not met
	last   arm.ID  // subscription, with its counts
	at     *Counts
}

// Group is a group of policies in the set that an assignment assigns.
type Group struct {
	Assignment *Assignment
	Name       string
}

// Groups gives the counts of resources by group.
func (t *Tally) Groups() map[Group]*Counts {
	all := map[Group]*Counts{}
	for i, g := range t.e.groupNames {
		all[g] = &t.groups[i]
	}
	return all
}

// Counts are numbers of resources by State.
type Counts [numStates]int

// Percent gives the share of resources that comply, of those that count:
// compliant, exempt and unknown ones of all but those that have not started or
// are not registered. counted is false where none counts.
func (c *Counts) Percent() (percent float64, counted bool) {
	good := c[Compliant] + c[Exempt] + c[Unknown]
	all := good + c[NonCompliant] + c[Conflict] + c[Error]
	if all == 0 {
		return 0, false
	}
	return 100 * float64(good) / float64(all), true
}

func (c *Counts) add(o *Counts) {
	for s, n := range o {
		c[s] += n
	}
}

// Tally makes an empty tally for the engine's results.
func (e *Engine) Tally() *Tally {
	return &Tally{e: e, Rules: make([]Counts, len(e.Assigned)), Assignments: make([]Counts, len(e.Assignments)), groups: make([]Counts, len(e.groupNames)),
		worst: slices.Repeat([]State{numStates}, len(e.groupNames)), Scopes: map[arm.ID]*Counts{}, Error: map[string]int{}, Why: map[string]int{}}
}

// Add counts one resource.
func (t *Tally) Add(r arm.Resource, results []Result) {
	if len(results) == 0 {
		return
	}
	whole := results[0].State
	for i := 0; i < len(results); {
		a, j, worst := results[i].Assignment, i, results[i].State
		for ; j < len(results) && results[j].Assignment == a; j++ {
			x := &results[j]
			t.Rules[x.index][x.State]++
			worst = min(worst, x.State)
			if x.State == Unknown || x.Err != nil {
				t.reasons(x)
			}
		}
		whole = min(whole, worst)
		t.Assignments[a.index][worst]++
		t.countGroups(results[i:j])
		i = j
	}
	t.Resources[whole]++
	scope := r.ID.SubscriptionID()
	if scope == "" {
		scope = r.ID
	}
	if t.at == nil || scope != t.last {
		t.last, t.at = scope, slot(t.Scopes, arm.ID(strings.ToLower(string(scope))))
	}
	t.at[whole]++
}

func slot[K comparable](m map[K]*Counts, k K) *Counts {
	c := m[k]
	if c == nil {
		c = &Counts{}
		m[k] = c
	}
	return c
}

const maxReasons = 10_000 // different ones that are kept

func (t *Tally) reasons(x *Result) {
	switch {
	case x.Err != nil:
		note(t.Error, x.Policy()+": "+x.Err.Error())
	case x.State == Unknown && x.Reason != (Reason{}):
		note(t.Why, x.Reason.String())
	}
}

// note counts a reason; where there are too many different ones, as one of the
// others.
func note(all map[string]int, reason string) {
	if _, known := all[reason]; !known && len(all) >= maxReasons {
		reason = "other reasons"
	}
	all[reason]++
}

// String gives the reason as a sentence.
func (r Reason) String() string {
	if r.Property == "" {
		return r.Message
	}
	return r.Property + ": " + r.Message
}

// countGroups counts a resource under the groups of an assignment's set.
func (t *Tally) countGroups(results []Result) {
	for i := range results {
		for _, g := range results[i].groups {
			t.worst[g] = min(t.worst[g], results[i].State)
		}
	}
	for i := range results {
		for _, g := range results[i].groups {
			if t.worst[g] < numStates {
				t.groups[g][t.worst[g]]++
				t.worst[g] = numStates
			}
		}
	}
}

// Merge adds the counts of another tally of the same engine.
func (t *Tally) Merge(o *Tally) {
	add(t.Rules, o.Rules)
	add(t.Assignments, o.Assignments)
	add(t.groups, o.groups)
	t.Resources.add(&o.Resources)
	for k, c := range o.Scopes {
		slot(t.Scopes, k).add(c)
	}
	for k, n := range o.Error {
		t.Error[k] += n
	}
	for k, n := range o.Why {
		t.Why[k] += n
	}
}

func add(into, from []Counts) {
	for i := range from {
		into[i].add(&from[i])
	}
}
