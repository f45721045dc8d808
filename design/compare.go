package design

import (
	"slices"

	"airfield/arm"
	"airfield/catalog"
	"airfield/estate"
)

// Structure is one way to cut management groups, measured on an estate.
type Structure struct {
	Name          string `json:"name"`
	Chosen        bool   `json:"chosen"`        // by the estate
	Depth         int    `json:"depth"`         // levels of groups below the tenant root
	Groups        int    `json:"groups"`        // of our own
	Subscriptions int    `json:"subscriptions"` //
	Assignments   int    `json:"assignments"`   // of policies, by us
	Duplicated    int    `json:"duplicated"`    // of those, equal to another in all but its scope
	Budgets       string `json:"budgets"`       // what rolls up at a group
	Easy          string `json:"easy"`
	Hard          string `json:"hard"`
	Problem       string `json:"problem,omitempty"` // why it cannot be had, blank where it can
}

// Compare designs an estate with each of the structures of Microsoft's guide,
// and with the one it chose where that is none of them.
func Compare(e *estate.Estate, lock *Lock, month string) []Structure {
	var all []Structure
	chosen := false
	for _, s := range structures {
		s.Chosen = slices.Equal(e.Structure.Groups, s.axes)
		chosen = chosen || s.Chosen
		all = append(all, measure(e, lock, month, s))
	}
	if !chosen {
		s := structure{Structure: Structure{Chosen: true, Easy: "what the estate asks for", Hard: "each further axis multiplies groups and subscriptions"}, axes: e.Structure.Groups}
		for i, a := range s.axes {
			if i > 0 {
				s.Name += " + "
			}
			s.Name += string(a)
		}
		all = append(all, measure(e, lock, month, s))
	}
	return all
}

type structure struct {
	Structure
	axes []estate.GroupAxis
}

var structures = []structure{
	{Structure{Name: "none", Easy: "one place for each policy; a workload moves from test to production below the same rules", Hard: "policy that only some AI workloads need is assigned at their subscriptions"}, []estate.GroupAxis{estate.GroupsNone}},
	{Structure{Name: "organization", Easy: "cost and access of a division at a glance", Hard: "a reorganization moves subscriptions; divisions rarely differ in policy"}, []estate.GroupAxis{estate.GroupsOrganization}},
	{Structure{Name: "AI project type", Easy: "sizes and quota allowed for training alone", Hard: "a workload that trains and serves has two subscriptions for each environment"}, []estate.GroupAxis{estate.GroupsProjectType}},
	{Structure{Name: "environment", Easy: "other rules, access and cost for test than for production", Hard: "what passed in test was not tested under production's policy"}, []estate.GroupAxis{estate.GroupsEnvironment}},
	{Structure{Name: "data pipeline", Easy: "access to raw data kept apart from models", Hard: "the most subscriptions; data crosses them at each stage"}, []estate.GroupAxis{estate.GroupsPipeline}},
	{Structure{Name: "geography", Easy: "residency held by one allowed-locations policy each", Hard: "a second region is a second subscription; only worth it where the law differs"}, []estate.GroupAxis{estate.GroupsGeography}},
}

// measure designs the estate with other axes and counts.
func measure(e *estate.Estate, lock *Lock, month string, s structure) Structure {
	other := *e
	other.Structure.Groups = s.axes
	d := New(&other, Options{Lock: lock, Month: month})
	seen := map[string]int{}
	for r := range d.Tenant.All() {
		switch {
		case r.Type().Equal(policyAssignments) && !r.Theirs:
			s.Assignments++
			seen[r.ID.Name()+r.Get("properties", "parameters").Text()+r.Get("properties", "enforcementMode").Text()]++
		case r.Type().Equal(arm.ManagementGroupType) && !r.Theirs:
			s.Groups++
		case r.Type().Equal("Microsoft.Resources/tags"):
			s.Subscriptions++
		}
		if r.Type().Equal(arm.ManagementGroupType) {
			s.Depth = max(s.Depth, len(d.Tenant.Ancestors(r.ID)))
		}
	}
	for _, n := range seen {
		s.Duplicated += n - 1
	}
	s.Budgets = "by tag and subscription"
	if s.Groups > 0 && s.axes[0] != estate.GroupsNone {
		s.Budgets = "by group too"
		if a := e.Organization.Billing.Agreement; a == "MCA" || a == "MPA" {
			s.Budgets = "by tag and subscription: this agreement has no budgets on groups"
		}
	}
	for _, f := range d.Findings {
		if f.Severity == 0 {
			s.Problem = f.Message
			break
		}
	}
	if limit, ok := catalog.LimitOf("mg-depth-recommended"); ok && int64(s.Depth) > limit.Max && s.Problem == "" {
		s.Hard += "; deeper than the four levels that are advised"
	}
	return s.Structure
}
