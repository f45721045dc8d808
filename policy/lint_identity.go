package policy

import (
	"maps"
	"slices"
	"strings"

	"airfield/arm"
	"airfield/catalog"
)

// The rules about the identities with which modify and deployIfNotExists work:
// learn.microsoft.com/azure/governance/policy/how-to/remediate-resources

const (
	roleAssignmentType arm.Type = "Microsoft.Authorization/roleAssignments"

	owner = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635" // may do what every other role may
)

// works tells whether an effect works with the assignment's identity.
func (e Effect) works() bool { return e == Modify || e == DeployIfNotExists }

// working gives the rules of an assignment that need its identity.
func (a *Assignment) working() []*Rule {
	var all []*Rule
	for _, r := range a.Rules {
		if r.Rule != nil && r.Rule.Effect.works() {
			all = append(all, r.Rule)
			continue
		}
		for _, v := range r.variants {
			if v.rule.Effect.works() {
				all = append(all, v.rule)
				break
			}
		}
	}
	return all
}

func missingIdentities(l *tenantLinter) {
	for _, a := range l.e.Assignments {
		kind := a.resource.Get("identity", "type").Str()
		if rules := a.working(); len(rules) > 0 && (kind == "" || arm.EqualFold(kind, "None")) {
			l.at(a, "policyDefinitionId", "assignment %q has no identity, and %q (%s) works with one", a.Title, rules[0].Title, rules[0].Effect)
		}
	}
}

// grant is one role assignment.
type grant struct {
	resource arm.Resource
	role     string // the role definition's name, in lower case
	scope    arm.ID
}

// grants are the role assignments of a tenant and what its policies need of
// them, by principal.
type grants struct {
	given map[string][]grant
	needs map[string]map[string]bool // roles
}

// granted reads the role assignments, once.
func (l *tenantLinter) granted() *grants {
	if l.known != nil {
		return l.known
	}
	l.known = &grants{given: map[string][]grant{}, needs: map[string]map[string]bool{}}
	for r := range l.e.t.OfType(roleAssignmentType) {
		p := r.Get("properties")
		if who, role := principalOf(p.Get("principalId")), roleOf(p.Get("roleDefinitionId")); who != "" && role != "" {
			at := arm.Resource{ID: r.ID, Pos: r.Pos}
			l.known.given[who] = append(l.known.given[who], grant{at, role, r.ID.Scope()})
		}
	}
	for _, a := range l.e.Assignments {
		for _, who := range l.principals(a) {
			if l.known.needs[who] == nil {
				l.known.needs[who] = map[string]bool{}
			}
			maps.Copy(l.known.needs[who], a.roles())
		}
	}
	return l.known
}

// roles gives the roles that the assignment's effects need.
func (a *Assignment) roles() map[string]bool {
	all := map[string]bool{}
	for _, r := range a.working() {
		for _, id := range r.Roles() {
			all[strings.ToLower(arm.ID(id).Name())] = true
		}
	}
	return all
}

// principalOf gives a principal's id in lower case; of one that is known only
// after deployment, what it is the id of.
func principalOf(v arm.Value) string {
	if ref, ok := v.Ref(); ok {
		if ref.ID == "" {
			return ""
		}
		return strings.ToLower(string(ref.ID) + "#" + ref.Path)
	}
	return strings.ToLower(v.Str())
}

func roleOf(v arm.Value) string {
	if ref, ok := v.Ref(); ok {
		return strings.ToLower(ref.ID.Name())
	}
	return strings.ToLower(arm.ID(v.Str()).Name())
}

// principals gives every id under which an assignment's identities may be given
// roles. It needs a role through one of them.
func (l *tenantLinter) principals(a *Assignment) []string {
	var all []string
	add := func(v arm.Value, id arm.ID, path string) {
		if who := principalOf(v); who != "" {
			all = append(all, who)
		}
		all = append(all, strings.ToLower(string(id)+"#"+path))
	}
	identity := a.resource.Get("identity")
	if strings.Contains(strings.ToLower(identity.Get("type").Str()), "systemassigned") {
		add(identity.Get("principalId"), a.ID, "identity.principalId")
	}
	for id, own := range identity.Get("userAssignedIdentities").Members() {
		const path = "properties.principalId"
		add(own.Get("principalId"), arm.ID(id), path)
		if r, ok := l.e.t.Get(arm.ID(id)); ok {
			add(r.Get("properties", "principalId"), arm.ID(id), path)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// givenTo gives the role assignments of an assignment's identities; known is
// false where the tenant cannot tell: it has none at all, or no identity has an
// id that role assignments can name.
func (l *tenantLinter) givenTo(a *Assignment) (all []grant, known bool) {
	g := l.granted()
	for _, who := range l.principals(a) {
		all = append(all, g.given[who]...)
		known = known || !strings.Contains(who, "#") || len(g.given[who]) > 0
	}
	return all, known && len(g.given) > 0
}

func missingRoles(l *tenantLinter) {
	for _, a := range l.e.Assignments {
		given, known := l.givenTo(a)
		if !known {
			continue
		}
		for _, role := range slices.Sorted(maps.Keys(a.roles())) {
			below := arm.ID("")
			has := slices.ContainsFunc(given, func(g grant) bool {
				if g.role != role && g.role != owner {
					return false
				}
				if l.within(a.Scope, g.scope) {
					return true
				}
				below = g.scope
				return false
			})
			switch {
			case has:
			case below != "":
				l.add(a.resource, a.resource.Get("identity"), "assignment %q needs the role %s at %s, and its identity has it at %s only", a.Title, roleName(role), a.Scope, below)
			default:
				l.add(a.resource, a.resource.Get("identity"), "assignment %q needs the role %s at %s, which its identity lacks", a.Title, roleName(role), a.Scope)
			}
		}
	}
}

// needlessRoles finds roles at and above an assignment's scope that none of the
// identity's assignments needs. What lies elsewhere may be for a deployment
// across scopes.
func needlessRoles(l *tenantLinter) {
	seen := map[arm.ID]bool{}
	for _, a := range l.e.Assignments {
		given, known := l.givenTo(a)
		if !known || len(a.roles()) == 0 {
			continue
		}
		needed := map[string]bool{}
		for _, who := range l.principals(a) {
			maps.Copy(needed, l.granted().needs[who])
		}
		for _, g := range given {
			if !needed[g.role] && l.within(a.Scope, g.scope) && !seen[g.resource.ID] {
				seen[g.resource.ID] = true
				l.add(g.resource, arm.Value{}, "identity of the assignment %q has the role %s at %s, which none of its effects needs", a.Title, roleName(g.role), g.scope)
			}
		}
	}
}

func roleName(id string) string {
	if r, ok := catalog.RoleByID(id); ok {
		return r.Name
	}
	return id
}
