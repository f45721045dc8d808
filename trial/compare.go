package trial

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"airfield/arm"
	"airfield/diag"
	"airfield/policy"
)

// wordOf says in a word what a rule says.
func wordOf(r *policy.Result) string {
	switch {
	case r.State == policy.Exempt:
		return "exempt"
	case r.Enforcement == policy.DoNotEnforce:
		return "notEnforced"
	case r.State == policy.Conflict:
		return "conflict"
	case r.State == policy.Error || r.Err != nil:
		return "error"
	case r.State == policy.Unknown:
		return "unknown"
	}
	return r.Effect.String()
}

func rank(word string) int { return slices.Index(words, word) }

// answers tells whether a rule is the one of a name: that of its definition, of
// its reference in a set, or of its assignment. All have the name "".
func answers(a *policy.Assigned, name string) bool {
	return name == "" || slices.ContainsFunc(namesOf(a), func(n string) bool { return n != "" && strings.EqualFold(n, name) })
}

func namesOf(a *policy.Assigned) []string {
	names := []string{a.Policy(), a.Reference()}
	if a.Rule != nil {
		names = append(names, a.Rule.ID.Name())
	}
	if a.Member != nil {
		names = append(names, a.Member.Definition.Name())
	}
	return append(names, a.Title, a.ID.Name())
}

// have gives the word that matters most among what the rules of a name say of
// the resources, and the resource that it is said of.
func have(all []judged, name string) (string, *judged) {
	best, of := none, &all[0]
	for i := range all {
		for k := range all[i].verdict.Results {
			r := &all[i].verdict.Results[k]
			if w := wordOf(r); answers(r.Assigned, name) && rank(w) < rank(best) {
				best, of = w, &all[i]
			}
		}
	}
	if best == none && disabled(all[0].engine, name) {
		best = "disabled"
	}
	return best, of
}

// disabled tells whether all rules of a name are.
func disabled(e *policy.Engine, name string) bool {
	any := false
	for _, a := range e.Assigned {
		if answers(a, name) {
			if any = true; a.Rule == nil || a.Rule.Effect != policy.Disabled {
				return false
			}
		}
	}
	return any
}

// compare holds what is said against what was expected.
func (s *session) compare(p *probe, all []judged, out *Case) {
	var haves expectation
	var asked []request
	for _, x := range p.expect {
		if !slices.ContainsFunc(all[0].engine.Assigned, func(a *policy.Assigned) bool { return answers(a, x.policy) }) {
			out.Wrong = append(out.Wrong, fmt.Sprintf("no policy %q is tested%s", x.policy, diag.DidYouMean(x.policy, policyNames(all[0].engine))))
			continue
		}
		w, of := have(all, x.policy)
		haves = append(haves, expected{policy: x.policy, word: w})
		right := w == x.word || w == "disabled" && x.word == none
		asked = append(asked, request{of, x, w, right})
		if !right {
			out.Wrong = append(out.Wrong, fmt.Sprintf("have %s, want %s%s", w, x.word, map[bool]string{true: " of " + x.policy}[x.policy != ""]))
		}
	}
	out.Have = haves.String()
	if len(asked) == 0 {
		w, of := have(all, "")
		asked = []request{{of, expected{}, w, true}}
	}
	if p.Has("expectChanges") {
		out.Wrong = append(out.Wrong, changes(p.ExpectChanges, all)...)
	}
	s.because(p, asked, out)
}

func policyNames(e *policy.Engine) []string {
	var all []string
	for _, a := range e.Assigned {
		for _, n := range namesOf(a) {
			if n != "" {
				all = append(all, n)
			}
		}
	}
	return all
}

// changes compares what modify and append change with all that was expected of
// them.
func changes(want properties, all []judged) (wrong []string) {
	made := map[string]bool{}
	for _, w := range want {
		found := false
		for _, j := range all {
			for _, c := range j.verdict.Changes {
				if !strings.EqualFold(c.Field, w.name) && !strings.EqualFold(c.Path, w.name) {
					continue
				}
				made[c.Path], found = true, true
				if w.value.Exists() != c.After.Exists() || w.value.Exists() && !w.value.Equal(c.After) {
					wrong = append(wrong, fmt.Sprintf("%s becomes %s, want %s", w.name, shown(c.After), shown(w.value)))
				}
			}
		}
		if !found {
			wrong = append(wrong, fmt.Sprintf("%s is not changed, want %s", w.name, shown(w.value)))
		}
	}
	for _, j := range all {
		for _, c := range j.verdict.Changes {
			if !made[c.Path] {
				wrong = append(wrong, fmt.Sprintf("%s becomes %s, which expectChanges does not list", cmp.Or(c.Field, c.Path), shown(c.After)))
			}
		}
	}
	return wrong
}

func shown(v arm.Value) string {
	if !v.Exists() {
		return "nothing"
	}
	return v.Text()
}

// request is one expectation, and what became of it.
type request struct {
	of    *judged
	want  expected
	have  string
	right bool
}

// because looks for the texts that the explanation is to have, and explains
// what is wrong.
func (s *session) because(p *probe, asked []request, out *Case) {
	if len(p.Because) == 0 && len(out.Wrong) == 0 {
		return
	}
	var why []Why
	for _, a := range asked {
		if !a.right || len(p.Because) > 0 || len(asked) == 1 {
			why = append(why, s.explain(a)...)
		}
	}
	text := strings.ToLower(plain(why))
	for _, b := range p.Because {
		if !strings.Contains(text, strings.ToLower(b)) {
			out.Wrong = append(out.Wrong, fmt.Sprintf("explanation does not contain %q", b))
		}
	}
	if len(out.Wrong) > 0 {
		out.Why = why
	}
}

func plain(all []Why) string {
	var b strings.Builder
	for _, w := range all {
		fmt.Fprintln(&b, w.Policy, w.Note)
		for _, d := range w.Decided {
			fmt.Fprintf(&b, "%s; saw %s\n", d.Text, d.Saw)
		}
	}
	return b.String()
}

const manyWhys = 3 // policies that are explained

// explain explains what the rules that a request is about say.
func (s *session) explain(a request) []Why {
	j := a.of
	s.subject = &j.subject
	defer func() { s.subject = nil }()
	var all []Why
	for _, r := range relevant(a) {
		all = append(all, why(j, r))
	}
	if len(all) == 0 {
		return []Why{{Resource: string(j.ID), Note: "no policy is in force here"}}
	}
	return all
}

// relevant picks the rules to explain: those that gave the word, else those
// that might have given the other.
func relevant(a request) []*policy.Assigned {
	var gave, might, rest []*policy.Assigned
	for i := range a.of.verdict.Results {
		if r := &a.of.verdict.Results[i]; answers(r.Assigned, a.want.policy) && wordOf(r) == a.have {
			gave = append(gave, r.Assigned)
		}
	}
	for _, r := range a.of.engine.InForce(a.of.ID) {
		switch {
		case !answers(r, a.want.policy):
		case r.Rule != nil && r.Rule.Effect.String() == a.want.word:
			might = append(might, r)
		default:
			rest = append(rest, r)
		}
	}
	for _, list := range [][]*policy.Assigned{gave, might, rest} {
		if len(list) > 0 {
			return list[:min(len(list), manyWhys)]
		}
	}
	return nil
}

func why(j *judged, a *policy.Assigned) Why {
	x := j.engine.Explain(j.verdict, j.request, j.related, a)
	w := Why{Policy: a.Policy(), Resource: string(j.ID)}
	called := slices.ContainsFunc(j.verdict.Results, func(r policy.Result) bool { return r.Assigned == a })
	for _, r := range j.verdict.Results {
		if r.Assigned == a {
			w.Note = note(&r)
		}
	}
	switch {
	case w.Note != "":
	case x.Err != nil:
		w.Note = x.Err.Error()
	case x.Reason != (policy.Reason{}):
		w.Note = x.Reason.String()
	case a.Rule != nil && a.Rule.Effect == policy.Disabled:
		w.Note = "the policy is disabled"
	case x.Truth == "true" && !called && a.Rule != nil:
		w.Note = fmt.Sprintf("the conditions hold, and yet the policy is not about this: its effect is %s, its mode %s, the request a %s of %s", a.Rule.Effect, a.Rule.Mode, verbName(j.request.Verb), j.Type())
	}
	w.Note += j.scene.untold(w.Note)
	for _, b := range x.Conditions {
		w.Decided = append(w.Decided, Decide{Depth: b.Depth, Text: b.Text, Saw: b.Saw, Open: b.Open, Policy: b.Policy, Resource: b.Resource})
	}
	return w
}

// untold says that a reason is about what the test does not tell.
func (c *scene) untold(reason string) string {
	switch {
	case strings.Contains(reason, "resourceGroup()") && !c.group.Exists():
		return " (the test does not say what the resource group is: give resourceGroup)"
	case strings.Contains(reason, "subscription()") && !c.sub.Exists():
		return " (the test does not say what the subscription is: give subscription)"
	}
	return ""
}

// note says what beside the conditions decided.
func note(r *policy.Result) string {
	switch {
	case r.Err != nil:
		return r.Err.Error()
	case r.Exemption != "":
		return "exempt by " + r.Exemption.Name()
	}
	return r.Reason.String()
}

func verbName(v policy.Verb) string {
	for name, w := range verbs {
		if v == w {
			return string(name)
		}
	}
	return ""
}
