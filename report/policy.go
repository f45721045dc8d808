package report

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"airfield/arm"
	"airfield/diag"
	"airfield/policy"
)

// Judgement is the verdict of policies on one request, for printing.
type Judgement struct {
	ID       arm.ID       `json:"id"`
	Type     arm.Type     `json:"type"`
	Pos      diag.Pos     `json:"pos"`
	Decision string       `json:"decision"`        // allowed, denied or unknown
	Lacks    string       `json:"lacks,omitempty"` // what keeps it from being known that all policies were seen
	Changes  []ChangeOf   `json:"changes,omitempty"`
	Findings []FindingOf  `json:"findings,omitempty"`
	Deploys  []DeployedBy `json:"deploys,omitempty"`
}

// ChangeOf is one change that a policy makes to a request.
type ChangeOf struct {
	Policy string `json:"policy"`
	Path   string `json:"path"`
	Before string `json:"before,omitempty"` // as JSON
	After  string `json:"after,omitempty"`
}

// FindingOf is what one assigned policy says of a request.
type FindingOf struct {
	Policy     string           `json:"policy"`
	Assignment string           `json:"assignment"`
	AssignedAt arm.ID           `json:"assignedAt"`
	ID         arm.ID           `json:"assignmentId"`
	Definition arm.ID           `json:"definitionId,omitempty"`
	Set        string           `json:"set,omitempty"`
	Reference  string           `json:"referenceId,omitempty"`
	Effect     string           `json:"effect"`
	State      string           `json:"state"`
	Blocks     bool             `json:"blocks"`           // denies the request, or may
	Denies     bool             `json:"denies"`           // surely
	Unread     bool             `json:"unread,omitempty"` // it, or the version assigned, was not read
	Reason     string           `json:"reason,omitempty"`
	Message    string           `json:"message,omitempty"` // that the assignment gives
	Because    []policy.Because `json:"because,omitempty"`
}

// DeployedBy is what a policy would deploy after a request.
type DeployedBy struct {
	Policy     string   `json:"policy"`
	Scope      string   `json:"scope"`
	Roles      []string `json:"roles"`
	Parameters string   `json:"parameters"` // as JSON
	Error      string   `json:"error,omitempty"`
}

// Judge makes a Judgement of a verdict; explain, where not nil, says why a
// result is as it is.
func Judge(q policy.Request, v policy.Verdict, explain func(*policy.Assigned) policy.Explanation) Judgement {
	j := Judgement{ID: q.Resource.ID, Type: q.Resource.Type(), Pos: q.Resource.Pos, Decision: v.Decision.String(), Lacks: v.Lacks}
	for _, c := range v.Changes {
		j.Changes = append(j.Changes, ChangeOf{c.Assigned.Policy(), c.Path, c.Before.Text(), c.After.Text()})
	}
	for i := range v.Results {
		r := &v.Results[i]
		f := findingOf(r)
		if explain != nil {
			f.Because = explain(r.Assigned).Conditions
		}
		j.Findings = append(j.Findings, f)
	}
	for _, d := range v.Deploys {
		x := DeployedBy{Policy: d.Assigned.Policy(), Scope: d.Scope, Roles: d.Roles, Parameters: d.Parameters.Text()}
		if d.Err != nil {
			x.Error = d.Err.Error()
		}
		j.Deploys = append(j.Deploys, x)
	}
	return j
}

func findingOf(r *policy.Result) FindingOf {
	f := FindingOf{Policy: r.Policy(), Assignment: r.Title, AssignedAt: r.Scope, ID: r.ID, Reference: r.Reference(),
		Effect: r.Effect.String(), State: r.State.String(), Blocks: r.Blocks(), Denies: r.Denies(), Reason: r.Reason.String(), Message: r.Message(), Unread: r.Why != ""}
	if r.Rule != nil {
		f.Definition = r.Rule.ID
	}
	if r.Assignment.Set != nil {
		f.Set = r.Assignment.Set.Title
	}
	if r.Err != nil {
		f.Reason = r.Err.Error()
	}
	return f
}

// verdicts are how a decision is printed, with its colour.
var verdicts = map[string][2]string{
	"allowed": {"allowed", "\x1b[32m"}, "denied": {"DENIED", "\x1b[31m"}, "unknown": {"not known", "\x1b[33m"},
}

// Verdict prints a judgement: one line each for what blocks and what changes;
// with all, also for what only finds.
func Verdict(w io.Writer, j Judgement, all, colour bool) error {
	p := &lines{w: w}
	name := verdicts[j.Decision]
	if colour {
		name[0] = name[1] + name[0] + "\x1b[0m"
	}
	p.printf("%s  %s  (%s)", name[0], j.ID.Name(), j.Type)
	if j.Pos.File != "" {
		p.printf("  %s", j.Pos)
	}
	p.printf("\n")
	if j.Lacks != "" {
		p.printf("  %s\n", j.Lacks)
	}
	for _, f := range j.Findings {
		if f.Blocks || all {
			p.finding(f)
		}
	}
	for _, c := range j.Changes {
		p.printf("  policy %q writes %s = %s%s\n", c.Policy, c.Path, orNothing(c.After), was(c.Before))
	}
	for _, d := range j.Deploys {
		p.printf("  policy %q would deploy, parameters %s\n", d.Policy, d.Parameters)
		if d.Error != "" {
			p.printf("    the parameters cannot be computed: %s\n", d.Error)
		}
	}
	if !all {
		p.others(j)
	}
	return p.err
}

func orNothing(s string) string {
	if s == "" {
		return "nothing"
	}
	return s
}

func was(before string) string {
	if before == "" {
		return ""
	}
	return ", was " + before
}

// lines prints, and keeps the first error.
type lines struct {
	w   io.Writer
	err error
}

func (p *lines) printf(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format, args...)
	}
}

// does says what an effect does, or would, by state.
func (f FindingOf) does() string {
	switch {
	case f.State == "Exempt":
		return "is exempted from it"
	case f.Blocks && !f.Denies:
		return "may deny it"
	case f.State == "Unknown":
		return "is not known to be met"
	case f.State == "Error" && f.Blocks:
		return "denies it, because evaluating it fails"
	case f.State == "Error":
		return "cannot be evaluated"
	case f.Blocks && f.Effect == "denyAction":
		return "denies deleting it"
	case f.Blocks:
		return "denies it"
	case f.Effect == "deny":
		return "finds it, but is not enforced"
	case f.Effect == "deployIfNotExists":
		return "deploys what is missing"
	case f.Effect == "append" || f.Effect == "modify":
		return "changes it"
	}
	return "reports it (" + f.Effect + ")"
}

func (p *lines) finding(f FindingOf) {
	p.printf("  policy %s %s\n", quoted(f.Policy), f.does())
	p.printf("    assigned  %s at %s", quoted(f.Assignment), f.AssignedAt.Place())
	if f.Set != "" {
		p.printf(", in set %q", f.Set)
	}
	p.printf("\n")
	if f.Reason != "" {
		p.printf("    reason    %s\n", f.Reason)
	}
	p.because(f.Because)
	if f.Message != "" {
		p.printf("    it says   %s\n", f.Message)
	}
}

func quoted(name string) string {
	if name == "" {
		return "(not named)"
	}
	return strconv.Quote(name)
}

func (p *lines) because(all []policy.Because) {
	head := "because   "
	for _, b := range all {
		p.printf("    %s%s", head, strings.Repeat("  ", b.Depth))
		p.condition(b)
		head = "and       "
	}
}

func (p *lines) condition(b policy.Because) {
	p.printf("%s", b.Text)
	if b.Saw != "" {
		p.printf("; it is %s", b.Saw)
	}
	if b.Open != "" {
		p.printf(" (%s)", b.Open)
	}
	var places []string
	if b.Resource.Line > 0 {
		places = append(places, b.Resource.String())
	}
	if b.Policy.Line > 0 {
		places = append(places, "policy "+b.Policy.String())
	}
	if len(places) > 0 {
		p.printf("  (%s)", strings.Join(places, ", "))
	}
	p.printf("\n")
}

// others says how many findings were not printed.
func (p *lines) others(j Judgement) {
	n := 0
	for _, f := range j.Findings {
		if !f.Blocks {
			n++
		}
	}
	if n > 0 {
		p.printf("  %d more that do not deny it; --all shows them\n", n)
	}
}

// Compliance prints a roll-up: the whole, each assignment, and with full each
// policy that something does not comply with.
func Compliance(w io.Writer, e *policy.Engine, t *policy.Tally, full bool) error {
	p := &lines{w: w}
	p.counts("all resources", &t.Resources, 0)
	for _, i := range worstFirst(t.Assignments) {
		a := e.Assignments[i]
		p.counts(fmt.Sprintf("%s, at %s", a.Title, a.Scope.Place()), &t.Assignments[i], 1)
		if !full {
			continue
		}
		for _, r := range a.Rules {
			if c := &t.Rules[r.Index()]; c[policy.NonCompliant]+c[policy.Error]+c[policy.Conflict] > 0 {
				p.counts(r.Policy(), c, 2)
			}
		}
	}
	for _, why := range largest(t.Why, 10) {
		p.printf("not known for %d: %s\n", t.Why[why], why)
	}
	for _, why := range largest(t.Error, 10) {
		p.printf("failed for %d: %s\n", t.Error[why], why)
	}
	return p.err
}

// worstFirst gives the places of counts that have any, those with the most that
// do not comply first.
func worstFirst(all []policy.Counts) []int {
	var places []int
	for i := range all {
		if all[i] != (policy.Counts{}) {
			places = append(places, i)
		}
	}
	slices.SortStableFunc(places, func(a, b int) int { return all[b][policy.NonCompliant] - all[a][policy.NonCompliant] })
	return places
}

func (p *lines) counts(title string, c *policy.Counts, depth int) {
	percent := "     -"
	if share, counted := c.Percent(); counted {
		percent = fmt.Sprintf("%5.1f%%", share)
	}
	p.printf("%s%s  %s", strings.Repeat("  ", depth), percent, title)
	sep := ": "
	for s, n := range c {
		if n > 0 {
			p.printf("%s%d %s", sep, n, policy.State(s))
			sep = ", "
		}
	}
	p.printf("\n")
}

// largest gives the keys with the greatest numbers, at most n.
func largest(m map[string]int, n int) []string {
	keys := slices.Collect(maps.Keys(m))
	slices.SortFunc(keys, func(a, b string) int { return cmp.Or(m[b]-m[a], strings.Compare(a, b)) })
	return keys[:min(n, len(keys))]
}

// ComplianceFigures are a roll-up as data.
type ComplianceFigures struct {
	Resources   Figures             `json:"resources"`
	Assignments []AssignmentFigures `json:"assignments"`
	Scopes      map[arm.ID]Figures  `json:"scopes"` // subscriptions, and management groups for what lies in none
	NotKnown    map[string]int      `json:"notKnown,omitempty"`
	Failed      map[string]int      `json:"failed,omitempty"`
}

// Figures are numbers of resources by state, and the share that complies, in
// percent; it is absent where no resource counts.
type Figures struct {
	States  map[string]int `json:"states"`
	Percent *float64       `json:"percent,omitempty"`
}

// AssignmentFigures are the figures of one assignment, its groups and policies.
type AssignmentFigures struct {
	ID    arm.ID `json:"id"`
	Title string `json:"title"`
	Scope arm.ID `json:"scope"`
	Figures
	Groups   map[string]Figures `json:"groups,omitempty"`
	Policies []PolicyFigures    `json:"policies"`
}

// PolicyFigures are the figures of one policy of an assignment.
type PolicyFigures struct {
	Policy    string `json:"policy"`
	Reference string `json:"referenceId,omitempty"`
	Effect    string `json:"effect"`
	Figures
}

func figures(c *policy.Counts) Figures {
	f := Figures{States: map[string]int{}}
	for s, n := range c {
		if n > 0 {
			f.States[policy.State(s).String()] = n
		}
	}
	if p, counted := c.Percent(); counted {
		f.Percent = &p
	}
	return f
}

// ComplianceOf gives a roll-up as data.
func ComplianceOf(e *policy.Engine, t *policy.Tally) ComplianceFigures {
	out := ComplianceFigures{Resources: figures(&t.Resources), Scopes: map[arm.ID]Figures{}, NotKnown: t.Why, Failed: t.Error}
	for scope, c := range t.Scopes {
		out.Scopes[scope] = figures(c)
	}
	groups := map[*policy.Assignment]map[string]Figures{}
	for g, c := range t.Groups() {
		if groups[g.Assignment] == nil {
			groups[g.Assignment] = map[string]Figures{}
		}
		groups[g.Assignment][g.Name] = figures(c)
	}
	for _, i := range worstFirst(t.Assignments) {
		a := e.Assignments[i]
		x := AssignmentFigures{ID: a.ID, Title: a.Title, Scope: a.Scope, Figures: figures(&t.Assignments[i]), Groups: groups[a]}
		for _, r := range a.Rules {
			effect := policy.None
			if r.Rule != nil {
				effect = r.Rule.Effect
			}
			x.Policies = append(x.Policies, PolicyFigures{r.Policy(), r.Reference(), effect.String(), figures(&t.Rules[r.Index()])})
		}
		out.Assignments = append(out.Assignments, x)
	}
	return out
}
