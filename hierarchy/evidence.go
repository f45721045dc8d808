package hierarchy

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"airfield/arm"
	"airfield/catalog"
)

// What is assigned at a group is held against what libraries of landing zones
// assign there (catalog.Archetypes). One assignment leans telling far to each
// role that has it, so those that many roles have tell little between them. A
// few out of many tell less than the same number out of few: tenants borrow.

const (
	telling  = 4. // of one assignment that is a role's own
	furthest = 5. // that assignments together put one role before another
)

// pattern is what a role has assigned.
type pattern struct {
	role Role
	size map[string]int // by library
}

// patterns are the roles that have assignments, with their sizes.
var patterns = sync.OnceValue(func() (all []pattern) {
	for _, r := range roles {
		p := pattern{r, map[string]int{}}
		for _, a := range catalog.Archetypes() {
			if Role(a.Role) == r {
				p.size[a.Library]++
			}
		}
		if len(p.size) > 0 {
			all = append(all, p)
		}
	}
	return all
})

// byKey finds archetypes by what an assignment is called, and by what it
// assigns; the keys are in lower case.
var byKey = sync.OnceValue(func() map[string][]catalog.Archetype {
	all := map[string][]catalog.Archetype{}
	for _, a := range catalog.Archetypes() {
		name := strings.ToLower(a.Assignment)
		all[name] = append(all[name], a)
		if d := unversioned(a.Definition); d != "" && d != name {
			all[d] = append(all[d], a)
		}
	}
	return all
})

// unversioned gives a definition's name in lower case without the day that
// newer versions of one end with: Enforce-Encryption-CMK_20250218.
func unversioned(definition string) string {
	name, day, ok := strings.Cut(strings.ToLower(definition), "_20")
	if ok && len(day) != 6 {
		return strings.ToLower(definition)
	}
	return name
}

// match says how surely an assignment is one of a library: by its name and what
// it assigns. Built-in definitions are assigned by many.
func match(name, definition string, a catalog.Archetype) float64 {
	named := strings.EqualFold(name, a.Assignment)
	same := a.Definition != "" && unversioned(definition) == unversioned(a.Definition)
	builtIn := false
	if same {
		_, builtIn = catalog.BuiltIn(definition)
	}
	switch {
	case named && (same || a.Definition == ""):
		return 1
	case named:
		return .8
	case same && builtIn:
		return .25
	case same:
		return .7
	}
	return 0
}

// tally is what of a role's assignments is at a group.
type tally struct {
	sum   float64
	by    map[string]float64 // by library
	names []string
}

// byAssignments reads the policy assignments made at a group.
func (h *hierarchy) byAssignments(n *node) {
	found := map[Role]*tally{}
	for id := range h.t.IDs(n.ID) {
		if id.Type().Equal("Microsoft.Authorization/policyAssignments") {
			r, _ := h.t.Get(id)
			n.Assignments++
			count(found, id.Name(), arm.ID(r.Get("properties", "policyDefinitionId").Str()).Name())
		}
	}
	for _, p := range patterns() {
		if f := found[p.role]; f != nil {
			n.assigned[indexOf(p.role)] = telling * f.sum * p.part(f)
		}
	}
	best := n.assigned[likeliest(n.assigned)]
	for r := range n.assigned {
		n.assigned[r] = max(0, n.assigned[r]-max(0, best-furthest))
	}
	if likely := leaningTo(n.assigned); best >= 1 {
		names := found[likely[0]].names
		n.Evidence = append(n.Evidence, Evidence{ByAssignments, likely, fmt.Sprintf("%s %s as landing zone libraries have for %s: %s",
			of(len(names), n.Assignments, "policy assignment"), agree(len(names), "is", "are"), either(likely), some(names))})
	}
}

// part gives how much of the pattern was found, of the library that fits best;
// three assignments are enough.
func (p pattern) part(f *tally) float64 {
	part := f.sum / 3
	for library, sum := range f.by {
		part = max(part, sum/float64(p.size[library]))
	}
	return min(1, part)
}

// agree gives the verb that a number takes.
func agree(n int, one, more string) string {
	if n == 1 {
		return one
	}
	return more
}

// count adds one assignment to the roles that have it: to each once, by the
// surest match.
func count(found map[Role]*tally, name, definition string) {
	type hit struct {
		sure    float64
		library string
	}
	hits := map[Role]hit{}
	for _, key := range []string{strings.ToLower(name), unversioned(definition)} {
		for _, a := range byKey()[key] {
			if x := match(name, definition, a); x > hits[Role(a.Role)].sure {
				hits[Role(a.Role)] = hit{x, a.Library}
			}
		}
	}
	for role, x := range hits {
		f := found[role]
		if f == nil {
			f = &tally{by: map[string]float64{}}
			found[role] = f
		}
		f.sum += x.sure
		f.by[x.library] += x.sure
		f.names = append(f.names, name)
	}
}

// What lies in subscriptions tells of the platform's groups, where most of a
// group's own subscriptions have it.

// How far it leans where all have it, and where all are named so.
const (
	holding = 2.5
	naming  = 1.5
)

// kept are the types that subscriptions of a role have, and seldom others: one
// of several, beside what all want.
var kept = []struct {
	role   Role
	beside arm.Type
	oneOf  []arm.Type
}{
	{Connectivity, "", []arm.Type{"Microsoft.Network/azureFirewalls", "Microsoft.Network/virtualHubs", "Microsoft.Network/virtualNetworkGateways", "Microsoft.Network/expressRouteGateways",
		"Microsoft.Network/expressRouteCircuits", "Microsoft.Network/vpnGateways", "Microsoft.Network/dnsResolvers", "Microsoft.Network/ddosProtectionPlans"}},
	{Management, "Microsoft.OperationalInsights/workspaces", []arm.Type{"Microsoft.Automation/automationAccounts", "Microsoft.OperationsManagement/solutions", "Microsoft.Insights/dataCollectionRules"}},
	{Identity, "", []arm.Type{"Microsoft.AAD/domainServices", domainControllers}},
	{Security, "", []arm.Type{"Microsoft.SecurityInsights/onboardingStates"}},
	{Local, "", []arm.Type{"Microsoft.AzureStackHCI/clusters"}},
}

// domainControllers stands for virtual machines that are named as such.
const domainControllers arm.Type = "machines named as domain controllers"

// byContents reads what lies in a group's own subscriptions, and their names.
func (h *hierarchy) byContents(n *node) {
	subscriptions := 0
	have, named := map[Role]int{}, map[Role]int{}
	what := map[Role][]string{}
	for _, sub := range h.t.Children(n.ID) {
		if sub.Type() != arm.SubscriptionType {
			continue
		}
		subscriptions++
		if r, ok := h.t.Get(sub); ok {
			for _, role := range leaningTo(nameLeans(r.Get("properties", "displayName").Str(), h.usual)) {
				named[role]++
			}
		}
		for role, types := range h.keptIn(sub) {
			have[role]++
			what[role] = append(what[role], types...)
		}
	}
	for i, role := range roles {
		if role == None {
			continue
		}
		if k := have[role]; 2*k > subscriptions {
			n.contents[i] += holding * float64(k) / float64(subscriptions)
			slices.Sort(what[role])
			n.Evidence = append(n.Evidence, Evidence{ByContents, []Role{role}, fmt.Sprintf("%s %s %s", of(k, subscriptions, "subscription"), agree(k, "has", "have"), some(slices.Compact(what[role])))})
		}
		if k := named[role]; 2*k > subscriptions {
			n.contents[i] += naming * float64(k) / float64(subscriptions)
			n.Evidence = append(n.Evidence, Evidence{ByContents, []Role{role}, fmt.Sprintf("%s %s named for %s", of(k, subscriptions, "subscription"), agree(k, "is", "are"), role.words())})
		}
	}
}

// of counts some of a group's things.
func of(n, all int, what string) string {
	switch {
	case all == 1:
		return "its only " + what
	case n == all:
		return fmt.Sprintf("all of its %d %ss", all, what)
	}
	return fmt.Sprintf("%d of its %d %ss", n, all, what)
}

// keptIn gives the types in a subscription that tell of a role.
func (h *hierarchy) keptIn(sub arm.ID) map[Role][]string {
	there := map[arm.Type]bool{}
	for id := range h.t.IDs(sub) {
		t := arm.Type(strings.ToLower(string(id.Type())))
		there[t] = true
		if t == "microsoft.compute/virtualmachines" && isDomainController(id.Name()) {
			there[domainControllers] = true
		}
	}
	has := func(t arm.Type) bool { return t == "" || there[arm.Type(strings.ToLower(string(t)))] }
	found := map[Role][]string{}
	for _, k := range kept {
		for _, t := range k.oneOf {
			if has(k.beside) && has(t) {
				found[k.role] = append(found[k.role], strings.TrimPrefix(string(t), "Microsoft."))
			}
		}
	}
	return found
}

// isDomainController tells whether a machine is named as one: vm-dc-01, ADDS02.
func isDomainController(name string) bool {
	return slices.ContainsFunc(split(name), func(word string) bool {
		return slices.Contains([]string{"dc", "addc", "adds", "domain", "domaincontroller"}, word)
	})
}
