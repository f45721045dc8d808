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
	Assignments map[arm.ID]*Counts // of resources, by assignment
	Groups      map[Group]*Counts  // of resources, by the group of a set's policies
	Scopes      map[arm.ID]*Counts // of resources, by subscription, or management group where they lie in none
	Resources   Counts             // of resources, under all assignments together
	Error       map[string]int     // how often a rule failed, by rule and message
	Why         map[string]int     // how often a state is Unknown, by reason
}

// Group is a group of policies in the set that an assignment assigns.
type Group struct {
	Assignment arm.ID
	Name       string
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
	return &Tally{Rules: make([]Counts, len(e.Assigned)), Assignments: map[arm.ID]*Counts{}, Groups: map[Group]*Counts{},
		Scopes: map[arm.ID]*Counts{}, Error: map[string]int{}, Why: map[string]int{}}
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
			t.reasons(x)
		}
		whole = min(whole, worst)
		slot(t.Assignments, a.ID)[worst]++
		t.groups(results[i:j])
		i = j
	}
	t.Resources[whole]++
	scope := r.ID.SubscriptionID()
	if scope == "" {
		scope = r.ID
	}
	slot(t.Scopes, arm.ID(strings.ToLower(string(scope))))[whole]++
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
	case x.Err != nil && len(t.Error) < maxReasons:
		t.Error[x.Policy()+": "+x.Err.Error()]++
	case x.State == Unknown && x.Reason != (Reason{}) && len(t.Why) < maxReasons:
		t.Why[x.Reason.String()]++
	}
}

// String gives the reason as a sentence.
func (r Reason) String() string {
	if r.Property == "" {
		return r.Message
	}
	return r.Property + ": " + r.Message
}

// groups counts a resource under the groups of an assignment's set.
func (t *Tally) groups(results []Result) {
	worst := map[string]State(nil)
	for i := range results {
		m := results[i].Member
		if m == nil {
			continue
		}
		for _, g := range m.Groups {
			if worst == nil {
				worst = map[string]State{}
			}
			if s, seen := worst[g]; !seen || results[i].State < s {
				worst[g] = results[i].State
			}
		}
	}
	for g, s := range worst {
		slot(t.Groups, Group{results[0].ID, g})[s]++
	}
}

// Merge adds the counts of another tally of the same engine.
func (t *Tally) Merge(o *Tally) {
	for i := range o.Rules {
		t.Rules[i].add(&o.Rules[i])
	}
	merge(t.Assignments, o.Assignments)
	merge(t.Groups, o.Groups)
	merge(t.Scopes, o.Scopes)
	t.Resources.add(&o.Resources)
	for k, n := range o.Error {
		t.Error[k] += n
	}
	for k, n := range o.Why {
		t.Why[k] += n
	}
}

func merge[K comparable](into, from map[K]*Counts) {
	for k, c := range from {
		slot(into, k).add(c)
	}
}

// Sorted gives the keys of a roll-up, those with the most that do not comply
// first.
func Sorted[K ~string](m map[K]*Counts) []K {
	keys := make([]K, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b K) int {
		if d := m[b][NonCompliant] - m[a][NonCompliant]; d != 0 {
			return d
		}
		return strings.Compare(string(a), string(b))
	})
	return keys
}
