package report

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"airfield/arm"
	"airfield/change"
	"airfield/denial"
	"airfield/diag"
	"airfield/policy"
	"airfield/tenant"
)

// Refusal is an error with which Azure refused a request, joined with what a
// tenant knows of its policies, for printing.
type Refusal struct {
	Pos      diag.Pos    `json:"pos"`
	Code     string      `json:"code"`
	Resource string      `json:"resource,omitempty"` // name
	Type     arm.Type    `json:"type,omitempty"`
	ID       arm.ID      `json:"id,omitempty"`
	Address  string      `json:"address,omitempty"` // in the user's code
	Message  string      `json:"message,omitempty"` // of an error that is not a policy's
	Is       string      `json:"is,omitempty"`      // what such an error is
	Ask      string      `json:"ask,omitempty"`     // and what to do about it
	Policies []RefusedBy `json:"policies,omitempty"`
	NotKnown []string    `json:"notKnown,omitempty"`
}

// RefusedBy is one policy that refused a request.
type RefusedBy struct {
	FindingOf
	Parameters []ParameterOf `json:"parameters,omitempty"` // of the assignment
	Owner      string        `json:"owner,omitempty"`      // who keeps the assignment, and where it is to be changed
	Asks       []Asked       `json:"asks,omitempty"`       // the policy's own conditions
	Fixes      []FixOf       `json:"fixes,omitempty"`      // judged on what the text tells of the resource
	NotKnown   []string      `json:"notKnown,omitempty"`
}

// Asked is one condition of a policy, with parameters as they are written.
type Asked struct {
	Text string   `json:"text"`
	Pos  diag.Pos `json:"pos,omitzero"`
}

// ParameterOf is a parameter that an assignment gives.
type ParameterOf struct {
	Name  string `json:"name"`
	Value string `json:"value"` // as JSON
}

// Refuse joins a denial with the policies of a tenant; e and t are nil where
// none was given. scope, where not empty, is where the resource was to be.
func Refuse(d denial.Denial, e *policy.Engine, t *tenant.Tenant, scope arm.ID) Refusal {
	r := Refusal{Pos: d.Pos, Code: d.Code, Resource: d.Resource.Name, Type: d.Resource.Type, ID: d.Resource.ID, Address: d.Address, Message: d.Message}
	if k := denial.Other(d.Code); k != nil {
		r.Is, r.Ask = k.Is, k.Ask
		return r
	}
	if d.Resource.ID != "" {
		scope = d.Resource.ID
	}
	policies := d.Policies
	if len(policies) == 0 { // an assignment is found again by what it says
		for _, reason := range d.Reasons {
			policies = append(policies, denial.Policy{Message: reason})
		}
	}
	for _, p := range policies {
		j := joiner{engine: e, tenant: t, scope: scope, from: p}
		r.Policies = append(r.Policies, j.join(d.Resource.Type))
	}
	if len(policies) == 0 {
		r.NotKnown = append(r.NotKnown, "which policy: the text names none; the operation's entry in the activity log does, or az deployment operation group list")
	}
	if d.Cut {
		r.NotKnown = append(r.NotKnown, "what the text lacks: it breaks off within this error")
	}
	return r
}

// Known tells whether the assignments and the values that decided are known.
func (r Refusal) Known() bool {
	return len(r.NotKnown) == 0 && !slices.ContainsFunc(r.Policies, func(by RefusedBy) bool { return by.ID == "" || len(by.Because) == 0 })
}

// joiner joins one policy of an error with the tenant's.
type joiner struct {
	engine *policy.Engine
	tenant *tenant.Tenant
	scope  arm.ID
	from   denial.Policy
	by     RefusedBy
}

func (j *joiner) join(typ arm.Type) RefusedBy {
	p := j.from
	j.by.FindingOf = FindingOf{Policy: p.Definition.String(), Assignment: p.Assignment.String(), AssignedAt: p.Scope, ID: p.Assignment.ID, Definition: p.Definition.ID,
		Set: p.Set.String(), Reference: p.Reference, Effect: effect(p), State: policy.NonCompliant.String(), Blocks: true, Denies: true, Message: p.Message}
	for _, c := range p.Conditions {
		j.by.Because = append(j.by.Because, because(c, typ))
	}
	if !p.Assignment.Known() && j.engine == nil {
		j.lacks("which assignment: the text does not name it")
	}
	params := p.Parameters
	if j.engine == nil {
		j.lacks("who keeps the assignment, and the policy's text: no snapshot of the tenant was named with --tenant")
	} else if all := j.candidates(); len(all) == 0 {
		j.lacks("who keeps the assignment, and the policy's text: the tenant has no assignment " + asked(p))
	} else if a := all[0].Assignment; slices.ContainsFunc(all, func(x *policy.Assigned) bool { return x.Assignment != a }) {
		j.lacks("which assignment: the tenant has several that it may be: " + assignments(all))
	} else {
		j.assignment(a, &params)
		j.rule(all)
	}
	for name, v := range params.Members() {
		if value := v.Get("value"); value.Exists() {
			v = value
		}
		j.by.Parameters = append(j.by.Parameters, ParameterOf{name, strings.Join(strings.Fields(v.Text()), " ")})
	}
	j.values()
	return j.by
}

// asked says what an assignment was looked for by.
func asked(p denial.Policy) string {
	switch {
	case !p.Assignment.Known() && !p.Definition.Known():
		return fmt.Sprintf("that says %q", p.Message)
	case !p.Assignment.Known():
		return fmt.Sprintf("that assigns %q", p.Definition)
	case !p.Definition.Known():
		return fmt.Sprintf("%q", p.Assignment)
	}
	return fmt.Sprintf("%q that assigns %q", p.Assignment, p.Definition)
}

func (j *joiner) lacks(what string) { j.by.NotKnown = append(j.by.NotKnown, what) }

// effect gives the effect as policies spell it.
func effect(p denial.Policy) string {
	if strings.EqualFold(p.Effect, policy.DenyAction.String()) {
		return policy.DenyAction.String()
	}
	return policy.Deny.String()
}

// candidates gives the rules that the policy may be: by what the text says of
// them, and where that leaves several, those in force at the scope.
func (j *joiner) candidates() []*policy.Assigned {
	var all []*policy.Assigned
	for _, a := range j.engine.Assigned {
		if j.may(a) {
			all = append(all, a)
		}
	}
	if len(all) > 1 && j.scope != "" {
		inForce := j.engine.InForce(j.scope)
		here := slices.DeleteFunc(slices.Clone(all), func(a *policy.Assigned) bool { return !slices.Contains(inForce, a) })
		if len(here) > 0 {
			return here
		}
	}
	return all
}

func (j *joiner) may(a *policy.Assigned) bool {
	p := &j.from
	if !p.Assignment.Known() && !p.Definition.Known() {
		return p.Message != "" && p.Message == a.Message()
	}
	definition := a.Definition
	if a.Member != nil {
		definition = a.Member.Definition
	}
	if p.Assignment.Masked() && !p.Assignment.ID.Scope().Type().Equal(a.Scope.Type()) {
		return false
	}
	return p.Assignment.Same(denial.Object{ID: a.ID, Name: a.ID.Name(), Title: a.Title}) &&
		p.Definition.Same(denial.Object{ID: definition, Name: definition.Name(), Title: a.Policy()}) &&
		(p.Reference == "" || strings.EqualFold(p.Reference, a.Reference()))
}

func assignments(all []*policy.Assigned) string {
	var names []string
	for _, a := range all {
		if name := fmt.Sprintf("%q at %s", a.Title, a.Scope.Place()); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}

// assignment adds what the tenant knows of the assignment.
func (j *joiner) assignment(a *policy.Assignment, params *arm.Value) {
	f := &j.by.FindingOf
	if p := j.from.Assignment; p.ID == "" || p.Masked() {
		j.lacks("whether it is this assignment: the text does not have its id, and this is the only one that fits")
	}
	f.Assignment, f.AssignedAt, f.ID = a.Title, a.Scope, a.ID
	if a.Set != nil {
		f.Set = a.Set.Title
	}
	r, _ := j.tenant.Get(a.ID)
	if o, why := change.OwnerOf(j.tenant, r); o == change.Unknown {
		j.lacks("who keeps the assignment: " + why)
	} else {
		j.by.Owner = keptIn(o, why)
	}
	have := r.Get("properties", "parameters")
	if !params.Exists() {
		*params = have
	} else if have.Exists() && !have.Equal(*params) {
		j.lacks("whether the tenant is still as it was: its parameters of the assignment differ from those of the error")
	}
}

// rule adds what the tenant knows of the rule, where it is one.
func (j *joiner) rule(all []*policy.Assigned) {
	a, f := all[0], &j.by.FindingOf
	if len(all) > 1 {
		j.lacks(fmt.Sprintf("which policy of the set: %d of its members may be meant", len(all)))
		return
	}
	f.Policy, f.Reference = a.Policy(), a.Reference()
	if f.Message == "" {
		f.Message = a.Message()
	}
	if a.Rule == nil {
		j.lacks("the policy's text: " + a.Why)
		return
	}
	f.Definition = a.Rule.ID
	for _, c := range new(policy.Coverage).Conditions(a.Rule.Definition) {
		j.by.Asks = append(j.by.Asks, Asked{c.Text, c.Pos})
	}
}

// values says what is missing of the values that Azure saw.
func (j *joiner) values() {
	switch {
	case len(j.by.Because) > 0:
	case len(j.by.Asks) > 0:
		j.lacks("the value that decided: the text has no evaluationDetails; the policy asks what is listed")
	default:
		j.lacks("the condition and the value: the text has no evaluationDetails")
	}
	if j.from.Assignment.Masked() && j.engine == nil {
		j.lacks("the assignment's id: it is masked in the text")
	}
}

// because makes a sentence of a condition that Azure evaluated.
func because(c denial.Evaluated, typ arm.Type) policy.Because {
	what := c.Expression
	if n := len(typ); n > 0 && len(what) > n+1 && strings.EqualFold(what[:n+1], string(typ)+"/") {
		what = what[n+1:]
	}
	holds := !strings.EqualFold(c.Result, "false")
	text, ok := policy.Sentence(what, c.Operator, c.Target, holds)
	if !ok {
		text = fmt.Sprintf("%s, compared with %s", what, strings.Join(strings.Fields(c.Target.Text()), " "))
	}
	b := policy.Because{Text: text}
	switch {
	case holds && arm.EqualFold(c.Operator, "equals") && arm.EqualFold(c.Value.Text(), c.Target.Text()):
	case c.Value.Exists():
		b.Saw = strings.Join(strings.Fields(c.Value.Text()), " ")
	case !strings.HasSuffix(text, "is not there"):
		b.Saw = "nothing"
	}
	return b
}

// Refused prints a refusal as a verdict is printed.
func Refused(w io.Writer, r Refusal, colour bool) error {
	p := &lines{w: w}
	verdict, what := "DENIED", cmp.Or(r.Resource, "a resource that the text does not name")
	if r.Is != "" {
		verdict, what = "refused", cmp.Or(r.Resource, r.Code)
	}
	if colour {
		verdict = "\x1b[31m" + verdict + "\x1b[0m"
	}
	p.printf("%s  %s", verdict, what)
	if r.Type != "" {
		p.printf("  (%s)", r.Type)
	}
	p.printf("  %s\n", r.Pos)
	p.where("  id          %s\n", string(r.ID))
	p.where("  in the code %s\n", r.Address)
	if r.Is != "" {
		p.printf("  not a policy denial: it is %s [%s]\n    it says   %s\n    instead   %s\n", r.Is, r.Code, r.Message, r.Ask)
	}
	for _, by := range r.Policies {
		p.refusedBy(by)
	}
	for _, what := range r.NotKnown {
		p.printf("  not known   %s\n", what)
	}
	return p.err
}

// where prints a line where there is something to print.
func (p *lines) where(format, s string) {
	if s != "" {
		p.printf(format, s)
	}
}

func (p *lines) refusedBy(by RefusedBy) {
	f := by.FindingOf
	p.finding(f)
	p.where("    id        %s\n", string(by.ID))
	p.where("    member    %s\n", by.Reference)
	p.where("    defined   %s\n", string(by.Definition))
	for _, x := range by.Parameters {
		p.printf("    with      %s = %s\n", x.Name, x.Value)
	}
	p.where("    kept in   %s\n", by.Owner)
	for _, c := range by.Asks {
		p.printf("    asks      %s", c.Text)
		if c.Pos.Line > 0 {
			p.printf("  (%s)", c.Pos)
		}
		p.printf("\n")
	}
	p.fixes(by.Fixes)
	for _, what := range by.NotKnown {
		p.printf("    not known %s\n", what)
	}
}

// Fix gives the policies of a refusal the fixes that a review found against
// them.
func (r *Refusal) Fix(found ReviewOf) {
	for i := range r.Policies {
		by := &r.Policies[i]
		for _, b := range found.Blockers {
			if b.Certain && by.ID != "" && b.ID.Equal(by.ID) && (b.Reference == by.Reference || by.Reference == "") {
				by.Fixes = append(by.Fixes, b.Fixes...)
			}
		}
		if by.ID != "" && by.Fixes == nil {
			by.NotKnown = append(by.NotKnown, "what would let it through: the text does not tell enough of the resource to judge it again; --scope says where it was to be, and airfield review takes the template")
		}
	}
}
