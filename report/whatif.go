package report

import (
	"fmt"
	"io"

	"airfield/arm"
	"airfield/change"
	"airfield/diag"
	"airfield/whatif"
)

// WhatIfOf is what changes lead to, for printing.
type WhatIfOf struct {
	Changes   []string   `json:"changes"`
	Resources int        `json:"resources"` // that were compared
	Effects   []EffectOf `json:"effects,omitempty"`
	Holds     []BeginOf  `json:"holds,omitempty"`
	Findings  diag.List  `json:"findings,omitempty"`
}

// EffectOf is what becomes of one resource under one rule.
type EffectOf struct {
	Kind       whatif.Kind `json:"kind"`
	Resource   arm.ID      `json:"resource"`
	Type       arm.Type    `json:"type"`
	Policy     string      `json:"policy,omitempty"` // blank where policies are not seen
	Assignment string      `json:"assignment,omitempty"`
	AssignedAt arm.ID      `json:"assignedAt,omitempty"`
	ID         arm.ID      `json:"assignmentId,omitempty"`
	Definition arm.ID      `json:"definitionId,omitempty"`
	Reference  string      `json:"referenceId,omitempty"`
	Reason     string      `json:"reason,omitempty"`
}

// BeginOf is a role assignment, deny assignment, lock or budget that begins or
// ends to hold.
type BeginOf struct {
	Begins bool     `json:"begins"`
	Scope  arm.ID   `json:"scope"`
	ID     arm.ID   `json:"id"`
	Type   arm.Type `json:"type"`
	Who    string   `json:"principalId,omitempty"`
	Role   arm.ID   `json:"roleDefinitionId,omitempty"`
}

// WhatIf makes a WhatIfOf of an answer.
func WhatIf(changes []change.Change, a *whatif.Answer) WhatIfOf {
	out := WhatIfOf{Resources: a.Resources, Findings: a.Findings}
	for _, c := range changes {
		out.Changes = append(out.Changes, c.Title)
	}
	for _, e := range a.Effects {
		of := EffectOf{Kind: e.Kind, Resource: e.Resource, Type: e.Type, Reason: e.Reason}
		if a := e.Assigned; a != nil {
			of.Policy, of.Assignment, of.AssignedAt, of.ID, of.Definition, of.Reference = a.Policy(), a.Title, a.Scope, a.ID, a.DefinitionID(), a.Reference()
		}
		out.Effects = append(out.Effects, of)
	}
	for _, h := range a.Holds {
		p := h.What.Get("properties")
		out.Holds = append(out.Holds, BeginOf{h.Begins, h.Scope, h.What.ID, h.What.ID.Type(), p.Get("principalId").Str(), arm.ID(p.Get("roleDefinitionId").Str())})
	}
	return out
}

// Bad tells whether something is denied, or not known.
func (o WhatIfOf) Bad() bool {
	for _, e := range o.Effects {
		if e.Kind == whatif.Denied || e.Kind == whatif.Unknown {
			return true
		}
	}
	return o.Findings.HasErrors()
}

// kindWords say of resources what an effect is, and in which colour.
var kindWords = map[whatif.Kind][2]string{
	whatif.Denied: {"denied on their next write", "\x1b[31m"}, whatif.Unknown: {"not known", "\x1b[33m"},
	whatif.Written: {"would be written", "\x1b[33m"}, whatif.DeployedTo: {"would be deployed to", "\x1b[33m"},
	whatif.NonCompliant: {"found not to comply", "\x1b[33m"}, whatif.LetThrough: {"let through, denied now", "\x1b[32m"},
	whatif.Cleared: {"not found, written or deployed to any more", "\x1b[32m"},
}

// Text prints the answer: by kind and rule how many resources, with full each.
func (o WhatIfOf) Text(w io.Writer, full, colour bool) error {
	p := &lines{w: w}
	for _, c := range o.Changes {
		p.printf("what if: %s\n", c)
	}
	p.printf("%s compared\n", plural(o.Resources, "resource"))
	for from := 0; from < len(o.Effects); {
		to := from
		for to < len(o.Effects) && o.Effects[to].Kind == o.Effects[from].Kind {
			to++
		}
		p.effects(o.Effects[from:to], full, colour)
		from = to
	}
	if len(o.Effects) == 0 {
		p.printf("\nnothing changes for any of them\n")
	}
	for i, h := range o.Holds {
		if i == 0 {
			p.printf("\naccess, locks and budgets\n")
		}
		p.hold(h)
	}
	return p.err
}

// effects prints the effects of one kind, rule by rule.
func (p *lines) effects(all []EffectOf, full, colour bool) {
	words := kindWords[all[0].Kind]
	resources := map[arm.ID]bool{}
	var rules []string
	by := map[string][]EffectOf{}
	for _, e := range all {
		resources[e.Resource] = true
		key := fmt.Sprintf("%q", []string{string(e.ID), e.Reference, e.Reason})
		if by[key] == nil {
			rules = append(rules, key)
		}
		by[key] = append(by[key], e)
	}
	if colour {
		words[0] = words[1] + words[0] + "\x1b[0m"
	}
	p.printf("\n%s %s\n", plural(len(resources), "resource"), words[0])
	for _, key := range rules {
		first := by[key][0]
		p.printf("    %6d  %s\n", len(by[key]), first.rule())
		if first.Reason != "" {
			p.printf("            %s\n", first.Reason)
		}
		for i, e := range by[key] {
			if i == fewHits && !full && len(by[key]) > fewHits+1 {
				p.printf("            and %d more (--full)\n", len(by[key])-i)
				break
			}
			p.printf("            %s\n", e.Resource)
		}
	}
}

// rule names the rule that an effect is of.
func (e EffectOf) rule() string {
	switch {
	case e.ID == "":
		return "policies that are not seen"
	case e.Reference != "":
		return fmt.Sprintf("policy %q, as %q of what is assigned as %q at %s", e.Policy, e.Reference, e.Assignment, e.AssignedAt.Place())
	}
	return fmt.Sprintf("policy %q, assigned as %q at %s", e.Policy, e.Assignment, e.AssignedAt.Place())
}

func (p *lines) hold(h BeginOf) {
	verb := "ends to hold"
	if h.Begins {
		verb = "begins to hold"
	}
	what := fmt.Sprintf("%s %s", h.Type, h.ID.Name())
	if h.Who != "" {
		what = fmt.Sprintf("role %s of principal %s", h.Role.Name(), h.Who)
	}
	p.printf("    %s %s for %s, from %s\n", what, verb, h.Scope.Place(), h.ID.Scope().Place())
}
