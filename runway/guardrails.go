package runway

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"airfield/arm"
	"airfield/estate"
)

// enforcement dates the day on which guardrails that report are to refuse:
// enforce_after the begin of the last workload, since guardrails.begin changes
// all of them at once. A workload without a begin begins with its budget.
func (m *maker) enforcement() {
	g := m.e.Guardrails
	if g.EnforceAfter <= 0 || g.EnforceAfter == estate.Never || g.Begin == estate.Deny {
		return
	}
	var last time.Time
	for _, s := range m.subs {
		if b := begun(s); b.After(last) {
			last = b
		}
	}
	a := atom{key: "enforce", how: fmt.Sprintf("write guardrails.begin: deny into %s, and deploy stage 3-prepare again: workloads that begin later are then refused from their first day", cmp.Or(g.Of("enforce_after").File, "the estate"))}
	on := ""
	if !last.IsZero() {
		a.due = last.AddDate(0, 0, g.EnforceAfter.Days())
		on = " on " + a.due.Format(time.DateOnly)
	}
	for _, s := range m.subs {
		changes, filter := map[string][]string{}, []string{}
		a.state = Passed
		for _, r := range s.all {
			change := reports(r)
			if change == "" {
				continue
			}
			changes[change] = append(changes[change], r.ID.Name())
			filter = append(filter, "policyAssignmentName eq '"+r.ID.Name()+"'")
			if state := m.refuses(r); a.state == Passed || state == Open {
				a.state = state
			}
		}
		var words []string
		for _, change := range slices.Sorted(maps.Keys(changes)) {
			words = append(words, change+on+": "+strings.Join(changes[change], ", "))
		}
		if words == nil {
			continue
		}
		a.what = strings.Join(words, "; ")
		a.check = fmt.Sprintf(`az policy state summarize --subscription $s --filter "%s" --query "policyAssignments[].[policyAssignmentId,results.nonCompliantResources]" --output tsv; az policy assignment list --scope /subscriptions/$i --query "[].[name,enforcementMode,parameters.effect.value]" --output tsv`, strings.Join(filter, " or "))
		m.of(s, a)
	}
}

// begun gives the day on which a subscription's workload begins, or its budget;
// zero where neither is known.
func begun(s *sub) time.Time {
	if b := s.Place.Of.Begins.Time; !b.IsZero() {
		return b
	}
	for _, r := range s.all {
		if start, err := time.Parse(time.RFC3339, r.Get("properties", "timePeriod", "startDate").Str()); err == nil && r.Type().Equal("Microsoft.Consumption/budgets") {
			return start
		}
	}
	return time.Time{}
}

// reports gives what makes a guardrail that reports refuse: another effect where
// it is given one, else another mode. Sets are of tags, which tags.groups_without
// decides.
func reports(r arm.Resource) (change string) {
	p := r.Get("properties")
	definition := p.Get("policyDefinitionId")
	if ref, ok := definition.Ref(); ok {
		definition = arm.New(string(ref.ID))
	}
	effect := p.Get("parameters", "effect", "value")
	switch {
	case !r.Type().Equal("Microsoft.Authorization/policyAssignments"), arm.ID(definition.Str()).Type().Equal("Microsoft.Authorization/policySetDefinitions"):
	case arm.EqualFold(effect.Str(), "Audit"):
		return "Audit → Deny"
	case arm.EqualFold(p.Get("enforcementMode").Str(), "DoNotEnforce"):
		return "DoNotEnforce → Default"
	}
	return ""
}

// refuses tells whether the snapshot has a guardrail that refuses already.
func (m *maker) refuses(r arm.Resource) State {
	if m.have == nil {
		return NotKnown
	}
	there, ok := m.have.Get(r.ID)
	if !ok {
		return NotKnown
	}
	if reports(there) != "" {
		return Open
	}
	return Passed
}
