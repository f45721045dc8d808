package report

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"airfield/access"
	"airfield/arm"
	"airfield/change"
	"airfield/diag"
	"airfield/limits"
	"airfield/policy"
	"airfield/review"
)

// ReviewOf is a review, for printing.
type ReviewOf struct {
	Verdict   string       `json:"verdict"` // clear, accepted, blocked, or unknown
	Resources int          `json:"resources"`
	Stopped   int          `json:"stopped"` // of the resources, surely
	Blockers  []BlockerOf  `json:"blockers,omitempty"`
	Accepted  []AcceptedOf `json:"accepted,omitempty"` // what would be among them
	Writes    []WriteOf    `json:"writes,omitempty"`
	Deploys   []DeployOf   `json:"deploys,omitempty"`
	Reports   []ReportOf   `json:"reports,omitempty"`
	Inside    []InsideOf   `json:"inside,omitempty"`
	Notes     diag.List    `json:"notes,omitempty"`
	Findings  diag.List    `json:"findings,omitempty"`
}

// BlockerOf is one cause that stops resources, or may.
type BlockerOf struct {
	Code       string   `json:"code"`
	Certain    bool     `json:"certain"`
	Title      string   `json:"title"`
	Reason     string   `json:"reason,omitempty"`
	Over       []string `json:"over,omitempty"` // acceptances that ended
	Resources  []HitOf  `json:"resources"`
	Assignment string   `json:"assignment,omitempty"`
	AssignedAt arm.ID   `json:"assignedAt,omitempty"`
	where      string
	ID         arm.ID           `json:"assignmentId,omitempty"`
	Definition arm.ID           `json:"definitionId,omitempty"`
	Set        string           `json:"set,omitempty"`
	KeptIn     string           `json:"keptIn,omitempty"` // the tool that keeps the assignment, as an estate has it
	KeptWhy    string           `json:"keptWhy,omitempty"`
	Reference  string           `json:"referenceId,omitempty"`
	Message    string           `json:"message,omitempty"`
	Because    []policy.Because `json:"because,omitempty"`
	Fixes      []FixOf          `json:"fixes,omitempty"`
	Refused    []RefusedOf      `json:"refused,omitempty"` // what the estate has otherwise

	Instead []limits.Alternative `json:"instead,omitempty"` // other values that pass, of a limit
	Help    string               `json:"help,omitempty"`    // what to do about it
	Lacks   []access.Need        `json:"lacks,omitempty"`   // that whoever deploys may not do
	Grants  []access.Grant       `json:"grants,omitempty"`  // built-in roles that allow it
	Ended   []EndedOf            `json:"ended,omitempty"`
	Escapes []arm.ID             `json:"escapes,omitempty"` // of what is wanted, with a size that the rule's list lacks, which the rule does not bind
}

// AcceptedOf is what stops resources, or may, and somebody lives with.
type AcceptedOf struct {
	Code      string   `json:"code"`
	Certain   bool     `json:"certain"`
	Title     string   `json:"title"`
	Resources []arm.ID `json:"resources"`
	By        string   `json:"by"`
	Why       string   `json:"why"`
	Until     string   `json:"until"`
}

// EndedOf is an exemption that let something through until it ended.
type EndedOf struct {
	ID  arm.ID `json:"id"`
	End string `json:"end"`
}

// HitOf is one resource that is stopped.
type HitOf struct {
	ID    arm.ID   `json:"id"`
	Type  arm.Type `json:"type"`
	Pos   diag.Pos `json:"pos,omitzero"`
	There bool     `json:"there,omitempty"` // already, and is replaced
	By    string   `json:"by,omitempty"`    // the tool of others that makes it
}

// FixOf is one way to let through what a blocker stops.
type FixOf struct {
	Kind   string   `json:"kind"` // estate for what the estate has otherwise, edit, or the kind of the change
	Title  string   `json:"title"`
	Field  string   `json:"field,omitempty"`
	Values []string `json:"values,omitempty"` // each of which is let through
	Opens  OpensOf  `json:"opens"`
	Note   string   `json:"note,omitempty"`

	change *change.Change
}

// RefusedOf is what an estate has otherwise, and is refused, too.
type RefusedOf struct {
	What string   `json:"what"`
	By   []string `json:"by"`
}

// OpensOf is what a change lets through that was not before.
type OpensOf struct {
	Subscriptions []arm.ID `json:"subscriptions"`
	Resources     int      `json:"resources"`
}

// WriteOf is a property that a policy writes.
type WriteOf struct {
	Policy    string   `json:"policy"`
	Path      string   `json:"path"`
	Value     string   `json:"value"` // as JSON
	Replaces  bool     `json:"replaces,omitempty"`
	Resources []arm.ID `json:"resources"`
}

// DeployOf is what a policy would deploy.
type DeployOf struct {
	Policy    string   `json:"policy"`
	Roles     []string `json:"roles"`
	Resources []arm.ID `json:"resources"`
	GPU       []arm.ID `json:"gpu,omitempty"`
}

// ReportOf is a policy that finds resources and stops none.
type ReportOf struct {
	Policy    string   `json:"policy"`
	Effect    string   `json:"effect"`
	Resources []arm.ID `json:"resources"`
}

// InsideOf is a policy that clusters evaluate on what runs in them.
type InsideOf struct {
	Policy     string   `json:"policy"`
	Effect     string   `json:"effect"`
	Except     []string `json:"exceptNamespaces"`
	Clusters   []arm.ID `json:"clusters"`
	Assignment arm.ID   `json:"assignmentId"`
}

// Review makes a ReviewOf of a review.
func Review(r *review.Review) ReviewOf {
	out := ReviewOf{Verdict: "clear", Resources: r.Resources, Notes: r.Notes, Findings: r.Findings}
	stopped := map[arm.ID]bool{}
	for _, b := range r.Blockers {
		out.Blockers = append(out.Blockers, blockerOf(r, b))
		for _, h := range b.Hits {
			if b.Certain {
				stopped[h.Resource.ID] = true
			}
		}
	}
	for _, a := range r.Accepted {
		x := AcceptedOf{a.Blocker.Code, a.Certain, a.Title, nil, a.By, a.Why, a.Until.Format(time.DateOnly)}
		for _, h := range a.Hits {
			x.Resources = append(x.Resources, h.Resource.ID)
		}
		out.Accepted = append(out.Accepted, x)
	}
	switch out.Stopped = len(stopped); {
	case r.Blocks():
		out.Verdict = "blocked"
	case len(r.Blockers) > 0:
		out.Verdict = "unknown"
	case len(r.Accepted) > 0:
		out.Verdict = "accepted"
	}
	for _, w := range r.Writes {
		out.Writes = append(out.Writes, WriteOf{w.Assigned.Policy(), w.Path, w.After.Text(), w.Replaces, w.Resources})
	}
	for _, d := range r.Deploys {
		out.Deploys = append(out.Deploys, DeployOf{d.Assigned.Policy(), d.Roles, d.Resources, d.GPU})
	}
	for _, x := range r.Reports {
		out.Reports = append(out.Reports, ReportOf{x.Assigned.Policy(), x.Effect.String(), x.Resources})
	}
	for _, x := range r.Inside {
		out.Inside = append(out.Inside, InsideOf{x.Assigned.Policy(), x.Effect.String(), x.Except, x.Clusters, x.Assigned.ID})
	}
	return out
}

func blockerOf(r *review.Review, b *review.Blocker) BlockerOf {
	out := BlockerOf{Code: b.Code, Certain: b.Certain, Title: b.Title, Reason: b.Reason, Because: b.Because, Instead: b.Instead, Help: b.Help, Lacks: b.Lacks, Grants: b.Grants, Escapes: b.Escapes}
	for _, a := range b.Over {
		out.Over = append(out.Over, fmt.Sprintf("it was accepted by %s until %s: %s", a.By, a.Until.Format(time.DateOnly), a.Why))
	}
	for _, x := range b.Ended {
		out.Ended = append(out.Ended, EndedOf{x.ID, x.Get("properties", "expiresOn").Str()})
	}
	for _, h := range b.Hits {
		out.Resources = append(out.Resources, HitOf{h.Resource.ID, h.Resource.Type(), h.Resource.Pos, h.There, h.By})
	}
	if a := b.Assigned; a != nil {
		out.Assignment, out.AssignedAt, out.ID, out.Definition = a.Title, a.Scope, a.ID, a.DefinitionID()
		out.Reference, out.Message = a.Reference(), a.Message()
		out.where = r.Where(a.Scope)
		out.KeptIn, out.KeptWhy = b.KeptIn.String(), b.KeptWhy
		if a.Set != nil {
			out.Set = a.Set.Title
		}
	}
	for _, c := range b.Refused {
		out.Refused = append(out.Refused, RefusedOf{c.What, c.Refused})
	}
	for _, f := range b.Fixes {
		if f.Choice != nil {
			out.Fixes = append(out.Fixes, FixOf{Kind: "estate", Title: f.Choice.What})
			continue
		}
		if f.Edit != nil {
			out.Fixes = append(out.Fixes, FixOf{Kind: "edit", Title: "set " + f.Edit.Field + " to " + strings.Join(f.Edit.Values, " or "), Field: f.Edit.Field, Values: f.Edit.Values})
			continue
		}
		out.Fixes = append(out.Fixes, FixOf{Kind: f.Change.Kind.String(), Title: f.Change.Title, Note: f.Change.Note,
			Opens: OpensOf{f.Opens.Subscriptions, f.Opens.Resources}, change: f.Change})
	}
	return out
}

// reviewVerdicts are how a review's verdict is printed, with its colour.
var reviewVerdicts = map[string][2]string{
	"clear": {"clear", "\x1b[32m"}, "accepted": {"accepted", "\x1b[33m"}, "blocked": {"BLOCKED", "\x1b[31m"}, "unknown": {"not known", "\x1b[33m"},
}

// Text prints a review; with full, every resource and every report.
func (r ReviewOf) Text(w io.Writer, full, colour bool) error {
	p := &lines{w: w}
	name := reviewVerdicts[r.Verdict]
	if colour {
		name[0] = name[1] + name[0] + "\x1b[0m"
	}
	p.printf("%s  %s: %s\n", name[0], plural(r.Resources, "resource"), r.summary())
	for i, b := range r.Blockers {
		if b.Certain || full {
			p.printf("\n%d  ", i+1)
			p.blocker(b, full)
		}
	}
	if !full {
		p.doubts(r.Blockers)
	}
	p.accepted(r.Accepted)
	p.beside(r, full)
	return p.err
}

func (r ReviewOf) summary() string {
	certain, doubts := 0, 0
	for _, b := range r.Blockers {
		if b.Certain {
			certain++
		} else {
			doubts++
		}
	}
	var parts []string
	if certain > 0 {
		verb := "stop"
		if certain == 1 {
			verb = "stops"
		}
		parts = append(parts, fmt.Sprintf("%s %s %d of them", plural(certain, "cause"), verb, r.Stopped))
	}
	if doubts > 0 {
		parts = append(parts, plural(doubts, "more thing")+" not known to be let through")
	}
	switch {
	case len(parts) == 0 && len(r.Accepted) > 0:
		return fmt.Sprintf("what stands against them is accepted (%d)", len(r.Accepted))
	case len(parts) == 0:
		return "nothing stops them"
	}
	return strings.Join(parts, ", ")
}

// doubts prints what is not known to be let through, by reason.
func (p *lines) doubts(all []BlockerOf) {
	var reasons []string
	by := map[string][]BlockerOf{}
	for _, b := range all {
		if !b.Certain {
			if by[b.Reason] == nil {
				reasons = append(reasons, b.Reason)
			}
			by[b.Reason] = append(by[b.Reason], b)
		}
	}
	if len(reasons) > 0 {
		p.printf("\nnot known (--full tells more)\n")
	}
	for _, reason := range reasons {
		var titles []string
		resources := map[arm.ID]bool{}
		for _, b := range by[reason] {
			title := b.Title
			if b.Assignment != "" {
				title = strconv.Quote(title) // what people called a policy
			}
			titles = append(titles, title)
			for _, h := range b.Resources {
				resources[h.ID] = true
			}
		}
		stops := plural(len(resources), "resource")
		if len(resources) == 0 { // what was not read
			stops = "something"
		}
		p.printf("    %s\n      may stop %s:\n", reason, stops)
		for _, title := range firstOf(titles, fewHits) {
			p.printf("        %s\n", title)
		}
	}
}

// accepted prints what is lived with.
func (p *lines) accepted(all []AcceptedOf) {
	if len(all) > 0 {
		p.printf("\naccepted\n")
	}
	for _, a := range all {
		same := "; Azure refuses it all the same"
		if !a.Certain {
			same = ""
		}
		p.printf("    %q until %s by %s: %s%s  [%s]\n      %s\n", a.Title, a.Until, a.By, a.Why, same, a.Code, few(names(a.Resources), fewHits))
	}
}

func names(ids []arm.ID) []string {
	var all []string
	for _, id := range ids {
		all = append(all, id.Name())
	}
	return all
}

// few gives the first of some texts, and how many more there are.
func few(all []string, n int) string { return strings.Join(firstOf(all, n), ", ") }

// firstOf gives as texts the first of some, and how many more there are.
func firstOf(all []string, n int) []string {
	if len(all) > n+1 {
		return append(all[:n:n], fmt.Sprintf("and %d more", len(all)-n))
	}
	return all
}

const (
	fewHits       = 3 // resources of a blocker that are shown
	fewConditions = 6 // conditions of a blocker that are shown
)

func (p *lines) blocker(b BlockerOf, full bool) {
	switch does := plural(len(b.Resources), "resource"); {
	case b.Assignment == "":
		p.printf("%s  [%s]\n", b.Title, b.Code)
	case b.Certain:
		p.printf("%q stops %s  [%s]\n", b.Title, does, b.Code)
	default:
		p.printf("%q may stop %s  [%s]\n", b.Title, does, b.Code)
	}
	p.hits(b.Resources, full)
	for _, over := range b.Over {
		p.printf("    over      %s\n", over)
	}
	p.rule(b, full)
	p.lacks(b, full)
	p.where("    help      %s\n", b.Help)
	for i, a := range b.Instead {
		label := ""
		if i == 0 {
			label = "instead"
		}
		p.printf("    %-9s %s: %s\n", label, a.Resource.Name(), cmp.Or(a.Size, a.Region))
	}
	p.fixes(b.Fixes)
	for _, r := range b.Refused {
		p.printf("    refused   %s: %s\n", r.What, few(r.By, 1))
	}
}

func (p *lines) fixes(all []FixOf) {
	for i, f := range all {
		label := ""
		if i == 0 {
			label = "fixes"
		}
		p.printf("    %-9s %s: %s\n", label, f.Opens, f.Title)
		if f.Note != "" {
			p.printf("              %s\n", f.Note)
		}
	}
}

// hits prints the resources of a blocker.
func (p *lines) hits(all []HitOf, full bool) {
	for i, h := range all {
		if i == fewHits && !full && len(all) > fewHits+1 {
			p.printf("    and %d more (--full)\n", len(all)-i)
			break
		}
		p.printf("    %s  (%s)", h.ID.Name(), h.Type)
		if h.There {
			p.printf(", which is there already")
		}
		if h.By != "" {
			p.printf(", made by %s", h.By)
		}
		if h.Pos.File != "" {
			p.printf("  %s", h.Pos)
		}
		p.printf("\n")
	}
}

// rule prints which policy a blocker is, and why it stops something.
func (p *lines) rule(b BlockerOf, full bool) {
	if b.Assignment != "" {
		p.printf("    assigned  %q at %s", b.Assignment, b.where)
		if b.Set != "" {
			p.printf(", in set %q", b.Set)
		}
		p.printf("\n    kept in   %s\n", keptIn(change.OwnerNamed(b.KeptIn), b.KeptWhy))
	}
	p.where("    reason    %s\n", b.Reason)
	p.because(deciding(b.Because, full))
	p.where("    it says   %s\n", b.Message)
	for _, x := range b.Ended {
		p.printf("    ended     exemption %s let it through until %s\n", x.ID.Name(), x.End)
	}
	if len(b.Escapes) > 0 {
		p.printf("    escapes   %s with other sizes, which the policy does not bind: %s\n", plural(len(b.Escapes), "resource"), few(names(b.Escapes), fewHits))
	}
}

// lacks prints what whoever deploys may not do, and the roles that allow it.
func (p *lines) lacks(b BlockerOf, full bool) {
	for i, n := range b.Lacks {
		if i == fewConditions && !full && len(b.Lacks) > fewConditions+1 {
			p.printf("    lacks     %d more actions (--full)\n", len(b.Lacks)-i)
			break
		}
		p.printf("    lacks     %s at %s\n", n.Action, n.Scope.Place())
	}
	for _, g := range b.Grants {
		p.printf("    grant     %s at %s\n", g.Role, g.Scope.Place())
	}
}

// keptIn says which tool keeps an assignment.
func keptIn(o change.Owner, why string) string {
	if o == change.Unknown {
		return "not known: " + why
	}
	return o.Title() + ", because " + why
}

// deciding gives the conditions that tell most: not the one on the type, and
// not all of very many.
func deciding(all []policy.Because, full bool) []policy.Because {
	if full {
		return all
	}
	all = slices.DeleteFunc(slices.Clone(all), func(b policy.Because) bool { return arm.EqualFold(b.Field, "type") && len(all) > 1 })
	if n := len(all); n > fewConditions+1 {
		all = append(all[:fewConditions], policy.Because{Text: fmt.Sprintf("%d more conditions hold (--full)", n-fewConditions)})
	}
	return all
}

// String says what is opened.
func (o OpensOf) String() string {
	if len(o.Subscriptions) == 0 && o.Resources == 0 {
		return "opens nothing else"
	}
	return fmt.Sprintf("opens %s, %s", plural(len(o.Subscriptions), "subscription"), plural(o.Resources, "existing resource"))
}

// beside prints what policies do without stopping anything.
func (p *lines) beside(r ReviewOf, full bool) {
	if len(r.Writes) > 0 {
		p.printf("\npolicies write\n")
	}
	for _, w := range r.Writes {
		verb := "="
		if w.Replaces {
			verb = "replaced by"
		}
		p.printf("   %s %s %s in %s, by %q\n", w.Path, verb, orNothing(w.Value), plural(len(w.Resources), "resource"), w.Policy)
	}
	if len(r.Deploys) > 0 {
		p.printf("\npolicies deploy\n")
	}
	for _, d := range r.Deploys {
		p.printf("   %q to %s", d.Policy, plural(len(d.Resources), "resource"))
		if len(d.GPU) > 0 {
			p.printf(", %d of them with GPUs", len(d.GPU))
		}
		p.printf("\n")
	}
	p.inside(r.Inside, full)
	if len(r.Notes) > 0 {
		p.printf("\ngood to know\n")
	}
	for i, n := range r.Notes {
		if i == fewConditions && !full && len(r.Notes) > fewConditions+1 {
			p.printf("    and %d more (--full)\n", len(r.Notes)-i)
			break
		}
		p.printf("    %s\n", n)
		p.where("      %s\n", n.Help)
	}
	if len(r.Reports) == 0 {
		return
	}
	if !full {
		verb := "report"
		if len(r.Reports) == 1 {
			verb = "reports"
		}
		p.printf("\n%s %s without stopping anything (--full)\n", plural(len(r.Reports), "policy rule"), verb)
		return
	}
	p.printf("\npolicies report\n")
	slices.SortStableFunc(r.Reports, func(a, b ReportOf) int { return cmp.Compare(len(b.Resources), len(a.Resources)) })
	for _, x := range r.Reports {
		p.printf("   %q (%s): %s\n", x.Policy, x.Effect, plural(len(x.Resources), "resource"))
	}
}

// inside prints the policies that clusters evaluate; those that only report with
// full.
func (p *lines) inside(all []InsideOf, full bool) {
	if len(all) == 0 {
		return
	}
	p.printf("\nclusters evaluate, on what runs in them\n")
	quiet := 0
	for _, x := range all {
		if !full && strings.HasPrefix(strings.ToLower(x.Effect), "audit") {
			quiet++
			continue
		}
		p.printf("    %q (%s) in %s", x.Policy, x.Effect, few(names(x.Clusters), fewHits))
		if len(x.Except) > 0 {
			p.printf(", but for namespaces %s", strings.Join(x.Except, ", "))
		}
		p.printf("\n")
	}
	if quiet > 0 {
		p.printf("    %s that only report (--full)\n", plural(quiet, "more rule"))
	}
}
