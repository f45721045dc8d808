package access

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"airfield/arm"
	"airfield/diag"
	"airfield/tenant"
)

// Kind says what an assignment does.
type Kind uint8

// The kinds.
const (
	Active   Kind = iota
	Eligible      // gives access once it is activated
	Deny
)

// String gives the kind's name.
func (k Kind) String() string { return [...]string{"active", "eligible", "deny"}[k] }

// MarshalText gives the kind's name.
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// Assignment gives principals a role at a scope and below it, or denies them
// what it lists.
type Assignment struct {
	ID         arm.ID      `json:"id"`
	Kind       Kind        `json:"kind"`
	Scope      arm.ID      `json:"scope"`
	Principals []Principal `json:"principals"`
	Excluded   []Principal `json:"excluded,omitempty"` // of a deny assignment
	Role       *Role       `json:"role"`
	Condition  Condition   `json:"condition,omitzero"`
	From       string      `json:"from,omitempty"` // RFC 3339
	Until      string      `json:"until,omitempty"`
	OnlyHere   bool        `json:"onlyHere,omitempty"` // does not apply to what lies below its scope
}

// inForce tells whether the assignment is in force at a time.
func (s *Assignment) inForce(now time.Time) (Decision, string) {
	for _, end := range []struct {
		text, early, late string
	}{{s.From, "it begins at ", ""}, {s.Until, "", "it ended at "}} {
		if end.text == "" {
			continue
		}
		at, err := time.Parse(time.RFC3339, end.text)
		passed := end.late
		if now.Before(at) {
			passed = end.early
		}
		switch {
		case err != nil || now.IsZero():
			return Unknown, "it is in force until or from " + end.text + ", and what time is asked about is not known"
		case passed != "":
			return No, passed + end.text
		}
	}
	return Yes, ""
}

// The resources that are read, by type in lower case.
const authorization = "microsoft.authorization/"

var reads = map[arm.Type]func(*reader, arm.Resource){
	authorization + "roledefinitions":                   (*reader).definition,
	authorization + "roleassignments":                   (*reader).assignment,
	authorization + "roleassignmentscheduleinstances":   (*reader).schedule,
	authorization + "roleassignmentschedules":           (*reader).schedule,
	authorization + "roleeligibilityscheduleinstances":  (*reader).eligibility,
	authorization + "roleeligibilityschedules":          (*reader).eligibility,
	authorization + "denyassignments":                   (*reader).denial,
	authorization + "classicadministrators":             (*reader).classic,
	"microsoft.managedservices/registrationassignments": (*reader).delegation,
	"microsoft.graph/groups":                            (*reader).person,
	"microsoft.graph/users":                             (*reader).person,
	"microsoft.graph/serviceprincipals":                 (*reader).person,
	"microsoft.managedidentity/userassignedidentities":  (*reader).identity,
	"microsoft.management/managementgroups":             func(r *reader, _ arm.Resource) { r.grouped = true },
}

// reader fills an Access.
type reader struct {
	*Access
	found     diag.List
	all       []*Assignment
	schedules []*Assignment          // of active assignments
	origins   map[*Assignment]string // ids of role definitions
	first     map[string]*Assignment // by what identity gives
}

func (r *reader) read() {
	r.literal.named, r.origins, r.first = map[string][3]bool{}, map[*Assignment]string{}, map[string]*Assignment{}
	for x := range r.t.OfType(slices.Collect(maps.Keys(reads))...) {
		reads[arm.Type(x.Type().Lower())](r, tenant.Keep(x))
	}
	for _, m := range r.t.Header().Missing {
		if text := strings.ToLower(m.What); strings.HasPrefix(m.What, "/") || strings.Contains(text, "assignments") || strings.Contains(text, "microsoft.authorization") {
			r.found.Warnf(diag.Pos{}, "access/missing", "the snapshot lacks %s: %s", m.What, m.Why)
		}
	}
	r.merge()
	for _, s := range r.all {
		if s.Role == nil { // the definition may come behind its assignment
			s.Role = r.role(r.origins[s])
		}
		for _, some := range [][]Principal{s.Principals, s.Excluded} {
			for i, p := range some {
				some[i] = r.describe(p)
			}
		}
		if !s.Role.known {
			r.found.Warnf(r.pos(s.ID), "access/role", "what role %s of assignment %q allows is not known: wanted its definition in the snapshot", s.Role.Title(), s.ID.Name())
		}
		conditions := []Condition{s.Condition}
		for _, p := range s.Role.permissions {
			conditions = append(conditions, p.condition)
		}
		if err := unreadable(conditions...); err != nil {
			r.found.Warnf(r.pos(s.ID), "access/condition", "the condition of assignment %q cannot be read, so that it may constrain every action: %v", s.ID.Name(), err)
		}
		r.assignable(s)
		r.at[s.Scope.Fold()] = append(r.at[s.Scope.Fold()], s)
	}
}

// assignable notes an assignment that Azure would refuse today.
func (r *reader) assignable(s *Assignment) {
	if len(s.Role.Assignable) > 0 && !slices.ContainsFunc(r.chain(s.Scope), func(at arm.ID) bool { return slices.ContainsFunc(s.Role.Assignable, at.Equal) }) {
		r.found.Infof(r.pos(s.ID), "access/assignable", "role %q is assigned at %s, outside of its assignableScopes; it counts all the same", s.Role.Title(), s.Scope)
	}
}

func (r *reader) pos(id arm.ID) diag.Pos {
	x, _ := r.t.Get(id)
	return x.Pos
}

// role gives a role by the id of its definition; what the snapshot does not
// have is looked up in the table of built-in roles.
func (r *reader) role(definition string) *Role {
	id := strings.ToLower(definition[strings.LastIndexByte(definition, '/')+1:])
	if own := r.roles[id]; own != nil {
		return own
	}
	r.roles[id] = tableRole(id)
	return r.roles[id]
}

// member gives a member of a resource: in its properties as the REST API
// prints it, or beside its id as az does.
func member(x arm.Resource, name string) arm.Value {
	if v := x.Get("properties", name); v.Exists() {
		return v
	}
	return x.Get(name)
}

func (r *reader) definition(x arm.Resource) {
	role := &Role{ID: strings.ToLower(x.ID.Name()), Name: member(x, "roleName").Str()}
	for s := range member(x, "assignableScopes").Items() {
		role.Assignable = append(role.Assignable, arm.ID(s.Str()))
	}
	role.permissions, role.known = permissionsOf(member(x, "permissions"))
	if !role.known {
		if table := tableRole(role.ID); table.known {
			role = table
		}
	}
	r.roles[role.ID] = role
	r.literal.add(role.permissions)
}

// permissionsOf reads what a role or a deny assignment lists; false where a
// part of it is not known.
func permissionsOf(v arm.Value) (all []permission, known bool) {
	known = v.Kind() == arm.Array
	for item := range v.Items() {
		p := permission{condition: ReadCondition(item.Get("condition").Str())}
		for _, list := range []struct {
			name string
			into *[]string
		}{
			{"actions", &p.actions[Control]}, {"notActions", &p.notActions[Control]},
			{"dataActions", &p.actions[Data]}, {"notDataActions", &p.notActions[Data]},
		} {
			values := item.Get(list.name)
			for x := range values.Items() {
				*list.into = append(*list.into, x.Str())
				known = known && x.Kind() == arm.String
			}
			known = known && (values.Kind() == arm.Array || values.Kind() == arm.Missing || values.Kind() == arm.Null)
		}
		all = append(all, p)
	}
	return all, known
}

// grant reads what all kinds of assignments share.
func (r *reader) grant(x arm.Resource, kind Kind) *Assignment {
	s := &Assignment{ID: x.ID, Kind: kind, Scope: x.ID.Scope(), Condition: ReadCondition(member(x, "condition").Str())}
	if scope, err := ParseScope(member(x, "scope").Str()); err == nil && member(x, "scope").Str() != "" {
		s.Scope = scope
	}
	return s
}

// granted reads an assignment of a role.
func (r *reader) granted(x arm.Resource, kind Kind) *Assignment {
	s := r.grant(x, kind)
	p := r.principal(member(x, "principalId"), member(x, "principalType").Str())
	if p.Type == "" && p.ID != "" {
		r.found.Warnf(x.Pos, "access/principal-type", "assignment %q lacks principalType: %s is taken for no group", x.ID.Name(), p.ID)
		p.Type = "Unknown"
	}
	s.Principals = []Principal{p}
	r.origins[s] = member(x, "roleDefinitionId").Str()
	if ref, ok := member(x, "roleDefinitionId").Ref(); ok {
		r.origins[s] = string(ref.ID)
	}
	return s
}

func (r *reader) assignment(x arm.Resource) { r.keep(r.granted(x, Active)) }

// eligibility reads what a principal may activate. There are a schedule and an
// instance of each.
func (r *reader) eligibility(x arm.Resource) {
	s := r.granted(x, Eligible)
	s.From, s.Until = member(x, "startDateTime").Str(), member(x, "endDateTime").Str()
	if r.first[r.what(s)] == nil {
		r.keep(s)
	}
}

// schedule reads when an assignment is in force.
func (r *reader) schedule(x arm.Resource) {
	s := r.granted(x, Active)
	s.From, s.Until = member(x, "startDateTime").Str(), member(x, "endDateTime").Str()
	r.schedules = append(r.schedules, s)
}

func (r *reader) keep(s *Assignment) {
	r.all = append(r.all, s)
	r.first[r.what(s)] = s
}

// what gives who is assigned what where: of two assignments with the same one
// is superfluous.
func (r *reader) what(s *Assignment) string {
	role := strings.ToLower(r.origins[s])
	return fmt.Sprintf("%d %s %s %s", s.Kind, s.Scope.Fold(), s.Principals[0].key, role[strings.LastIndexByte(role, '/')+1:])
}

// merge gives role assignments the ends of their schedules, the last of
// several. A schedule without its role assignment is an assignment itself.
func (r *reader) merge() {
	scheduled := map[*Assignment]bool{}
	for _, schedule := range r.schedules {
		s := r.first[r.what(schedule)]
		switch {
		case s == nil:
			s = schedule
			r.keep(s)
		case !scheduled[s], s.Until != "" && (schedule.Until == "" || schedule.Until > s.Until):
			s.Until = schedule.Until
		}
		scheduled[s] = true
	}
}

func (r *reader) denial(x arm.Resource) {
	s := r.grant(x, Deny)
	s.Role = &Role{ID: x.ID.Name(), Name: member(x, "denyAssignmentName").Str()}
	s.Role.permissions, s.Role.known = permissionsOf(member(x, "permissions"))
	only := member(x, "doNotApplyToChildScopes")
	s.OnlyHere = only.Kind() == arm.Bool && only.Text() == "true"
	for p := range member(x, "principals").Items() {
		s.Principals = append(s.Principals, r.principal(p.Get("id"), p.Get("type").Str()))
	}
	for p := range member(x, "excludePrincipals").Items() {
		s.Excluded = append(s.Excluded, r.principal(p.Get("id"), p.Get("type").Str()))
	}
	if effect := member(x, "denyAssignmentEffect").Str(); effect == "" || strings.EqualFold(effect, "enforced") {
		r.all = append(r.all, s)
	}
}

func (r *reader) classic(x arm.Resource) {
	r.leave(x, "classic administrator %q is not evaluated: Azure retired them on 31 August 2024", member(x, "emailAddress").Str())
}

func (r *reader) delegation(x arm.Resource) {
	r.leave(x, "delegation %q by Azure Lighthouse is not evaluated: principals of another tenant have the access that it lists", x.ID.Name())
}

// leave notes what is not evaluated.
func (r *reader) leave(x arm.Resource, format, name string) {
	r.found.Infof(x.Pos, "access/not-evaluated", format, name)
	text := strings.Replace(format, "%q", name, 1)
	r.aside[x.ID.Scope().Fold()] = append(r.aside[x.ID.Scope().Fold()], text)
}
