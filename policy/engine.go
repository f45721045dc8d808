package policy

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"

	"airfield/arm"
	"airfield/diag"
	"airfield/tenant"
)

// Engine is every policy assignment of a tenant, compiled with the hierarchy
// they stand in. It does not change and is safe for concurrent use.
type Engine struct {
	Assignments []*Assignment // in order of their ids
	Assigned    []*Assigned   // all their rules

	groupNames   []Group
	o            Options
	t            *tenant.Tenant
	at           map[string][]*Assignment // by scope, in lower case
	exemptions   map[string][]*exemption  // by scope, in lower case
	enrollments  map[string][]*exemption
	attestations map[string][]attestation // by resource, in lower case
	// special are the scopes, in lower case, at which something is assigned,
	// exempted or left out; groups tells that resource groups are among them,
	// deep that what lies in resource groups is.
	special       map[string]bool
	grouped       bool // something is assigned to a management group
	groups        bool
	deep          bool
	cells         sync.Map // scope as ids spell it → *cell
	subscriptions sync.Map // id as ids spell it → arm.Value, what subscription() is

	readDefinitions map[string]read[Definition] // by id and version, in lower case
	readSets        map[string]read[Set]
	rules           map[bindKey]boundRule
}

const (
	definitionType        arm.Type = "Microsoft.Authorization/policyDefinitions"
	definitionVersionType arm.Type = "Microsoft.Authorization/policyDefinitions/versions"
	setType               arm.Type = "Microsoft.Authorization/policySetDefinitions"
	setVersionType        arm.Type = "Microsoft.Authorization/policySetDefinitions/versions"
	assignmentType        arm.Type = "Microsoft.Authorization/policyAssignments"
	exemptionType         arm.Type = "Microsoft.Authorization/policyExemptions"
	enrollmentType        arm.Type = "Microsoft.Authorization/policyEnrollments"
	attestationType       arm.Type = "Microsoft.PolicyInsights/attestations"
)

// Compile reads every assignment of a tenant with the definitions and sets it
// assigns. What an assignment refers to and the tenant lacks is a finding, and
// makes the verdicts it takes part in unknown.
func Compile(t *tenant.Tenant, o Options) (*Engine, diag.List) {
	e := &Engine{o: o, t: t, at: map[string][]*Assignment{}, exemptions: map[string][]*exemption{},
		enrollments: map[string][]*exemption{}, attestations: map[string][]attestation{}, special: map[string]bool{},
		readDefinitions: map[string]read[Definition]{}, readSets: map[string]read[Set]{}, rules: map[bindKey]boundRule{}}
	c := compiler{e: e, t: t, like: new(Engine)}
	if l := o.Like; l != nil && l.o.Now.Equal(o.Now) && l.o.Switched == o.Switched && (l.o.Alias == nil) == (o.Alias == nil) {
		c.like = l
	}
	e.o.Like = nil // is not held longer than it is needed
	all := assignedIn(t)
	for _, r := range all[assignmentType] {
		if o.Only != nil && o.Only[r.ID.Fold()] == nil {
			continue
		}
		a, found := readAssignment(r, &e.o)
		a.index = len(e.Assignments)
		c.found = append(c.found, found...)
		c.rules(a)
		e.nameGroups(a)
		e.Assignments = append(e.Assignments, a)
		key := strings.ToLower(string(a.Scope))
		e.at[key] = append(e.at[key], a)
		e.mark(a.Scope)
		for _, not := range a.NotScopes {
			e.mark(not)
		}
	}
	c.exemptions(all[exemptionType], e.exemptions)
	c.exemptions(all[enrollmentType], e.enrollments)
	c.attestations(all[attestationType])
	c.placements()
	for _, m := range t.Header().Missing {
		if strings.Contains(strings.ToLower(m.What), "polic") {
			c.found.Warnf(diag.Pos{}, "policy/missing", "the snapshot lacks %s: %s", m.What, m.Why)
		}
	}
	return e, c.found
}

// nameGroups numbers the groups of an assignment's policies.
func (e *Engine) nameGroups(a *Assignment) {
	numbers := map[string]int32{}
	for _, r := range a.Rules {
		if r.Member == nil {
			continue
		}
		for _, name := range r.Member.Groups {
			n, known := numbers[name]
			if !known {
				n = int32(len(e.groupNames))
				numbers[name] = n
				e.groupNames = append(e.groupNames, Group{a, name})
			}
			r.groups = append(r.groups, n)
		}
	}
}

// assignedIn gives the assignments of a tenant and what modifies them, by type.
func assignedIn(t *tenant.Tenant) map[arm.Type][]arm.Resource {
	all := map[arm.Type][]arm.Resource{}
	for _, typ := range []arm.Type{assignmentType, exemptionType, enrollmentType, attestationType} {
		for r := range t.OfType(typ) {
			all[typ] = append(all[typ], tenant.Keep(r))
		}
	}
	return all
}

// mark notes that something is special about a scope.
func (e *Engine) mark(scope arm.ID) {
	e.special[strings.ToLower(string(scope))] = true
	if t := scope.Type(); !t.Equal(arm.ManagementGroupType) && !t.Equal(arm.SubscriptionType) && !t.Equal(arm.ResourceGroupType) && scope != arm.Tenant {
		e.deep = true
	}
	e.grouped = e.grouped || scope.Type().Equal(arm.ManagementGroupType)
	if group := scope.ResourceGroupID(); group != "" {
		e.groups = true
	}
}

// compiler reads what assignments refer to, each definition once.
type compiler struct {
	e     *Engine
	t     *tenant.Tenant
	like  *Engine
	found diag.List
}

func (c *compiler) rules(a *Assignment) {
	if a.Definition.Type().Equal(setType) {
		c.setRules(a)
		return
	}
	c.rule(a, nil, a.Definition, a.version, a.params)
}

func (c *compiler) setRules(a *Assignment) {
	s, why := c.set(a.Definition, a.version)
	if why != "" {
		c.found.Errorf(a.resource.Pos, "policy/missing", "assignment %q: %s", a.Title, why)
	}
	if s == nil {
		c.add(&Assigned{Assignment: a, Why: why})
		return
	}
	a.Set = s
	values := (&Definition{Title: s.Title, Parameters: s.Parameters, resource: a.resource}).fill(a.params, &c.found)
	for i := range s.Members {
		m := &s.Members[i]
		if only := c.e.o.Only; only != nil && !slices.Contains(only[a.ID.Fold()], m.Reference) {
			continue
		}
		params, err := s.parametersOf(m, values)
		if err != nil {
			why := fmt.Sprintf("set %q: %v", s.Title, err)
			c.found.Errorf(s.resource.Pos, "policy/parameter", "%s", why)
			c.add(&Assigned{Assignment: a, Member: m, Why: why})
			continue
		}
		c.rule(a, m, m.Definition, m.Version, params).because(why)
	}
}

// because notes why a rule cannot be relied on, if nothing is noted yet.
func (a *Assigned) because(why string) {
	if a.Why == "" {
		a.Why = why
	}
}

func (c *compiler) add(a *Assigned) {
	a.index = len(c.e.Assigned)
	c.e.Assigned = append(c.e.Assigned, a)
	a.Assignment.Rules = append(a.Assignment.Rules, a)
}

// rule binds one definition for an assignment.
func (c *compiler) rule(a *Assignment, m *Member, id arm.ID, version string, params arm.Value) *Assigned {
	out := &Assigned{Assignment: a, Member: m, version: version}
	c.add(out)
	for i := range a.overrides {
		if x := &a.overrides[i]; x.names(out.Reference()) {
			out.chosen = append(out.chosen, x)
		}
	}
	choices := out.choices(version)
	for i, x := range choices {
		rule, why := c.bind(out, id, x.version, params, x.effect)
		out.because(why)
		if i == 0 {
			out.Rule = rule
		}
		if len(choices) > 1 && rule != nil {
			out.variants = append(out.variants, variant{x, rule})
		}
	}
	if out.Why != "" {
		c.found.Errorf(a.resource.Pos, "policy/missing", "assignment %q: %s", a.Title, out.Why)
	}
	return out
}

func (c *compiler) bind(a *Assigned, id arm.ID, version string, params arm.Value, effect Effect) (*Rule, string) {
	def, why := c.definition(id, version)
	if def == nil {
		return nil, why
	}
	b := bindKey{def: def, assignment: a.ID, reference: a.Reference(), effect: effect, params: params.Text()}
	if a.Set != nil {
		b.set = a.Set.ID
	}
	is, known := c.like.rules[b]
	if !known {
		policy := arm.New(arm.O{"assignmentId", a.ID, "definitionId", def.ID, "setDefinitionId", b.set, "definitionReferenceId", b.reference})
		is.rule, is.found = def.bind(params, effect, policy)
	}
	c.e.rules[b] = is
	if effect != None && !def.allows(effect) {
		why = fmt.Sprintf("the effect of %q is overridden with %s, which is not among the allowed values", def.Title, effect)
	}
	for _, f := range is.found {
		if f.Pos = a.resource.Pos; why == "" { // else they are about parameters of another version
			c.found = append(c.found, f)
		}
	}
	if why == "" && is.found.HasErrors() {
		why = fmt.Sprintf("it cannot be assigned so: %s", is.found.Sorted()[0].Message)
	}
	return is.rule, why
}

// bindKey is what a definition is bound to, and boundRule what became of it.
type bindKey struct {
	def             *Definition
	assignment, set arm.ID
	reference       string
	effect          Effect
	params          string
}

type boundRule struct {
	rule  *Rule
	found diag.List
}

// read is a definition or set that was read, with why it cannot be relied on.
type read[T any] struct {
	of    arm.Resource
	what  *T
	why   string
	found diag.List
}

// definition gives the newest version of a definition that fits a pattern;
// where none fits, another version, and why.
func (c *compiler) definition(id arm.ID, pattern string) (*Definition, string) {
	return readOnce(c, c.e.readDefinitions, c.like.readDefinitions, "definition", id, pattern, func(r arm.Resource) (*Definition, bool, diag.List) {
		d, found := Define(r, &c.e.o)
		return d, d.broken, found
	})
}

func (c *compiler) set(id arm.ID, pattern string) (*Set, string) {
	return readOnce(c, c.e.readSets, c.like.readSets, "set", id, pattern, func(r arm.Resource) (*Set, bool, diag.List) {
		s, found := DefineSet(r, &c.e.o)
		return s, found.HasErrors(), found
	})
}

// readOnce reads a definition or set where that was not done, here or for a
// tenant that has the same.
func readOnce[T any](c *compiler, have, like map[string]read[T], what string, id arm.ID, pattern string, do func(arm.Resource) (out *T, broken bool, found diag.List)) (*T, string) {
	key := strings.ToLower(string(id) + "\n" + pattern)
	if known, ok := have[key]; ok {
		return known.what, known.why
	}
	r, why := c.newest(what, id, pattern)
	now := like[key]
	if now.why != why || now.of.ID != r.ID || now.of.Pos != r.Pos || now.of.Body.Text() != r.Body.Text() {
		now = read[T]{of: r, why: why}
		if r.ID != "" {
			broken := false
			if now.what, broken, now.found = do(r); broken {
				now.what, now.why = nil, fmt.Sprintf("%s %q cannot be read", what, cmp.Or(r.Get("properties", "displayName").Str(), r.ID.Name()))
			}
		}
	}
	c.found = append(c.found, now.found...)
	have[key] = now
	return now.what, now.why
}

// newest gives the resource of the newest version that fits a pattern, else of
// the newest of all, and why. Custom definitions have no versions to choose
// from.
func (c *compiler) newest(what string, id arm.ID, pattern string) (best arm.Resource, why string) {
	if !id.Scope().Equal(arm.Tenant) {
		pattern = ""
	}
	version, fits := "", false
	for r := range c.t.Range(id) {
		if t := r.Type(); !r.ID.Equal(id) && !t.Equal(definitionVersionType) && !t.Equal(setVersionType) {
			continue
		}
		v := versionOf(r)
		fit := versionFits(v, pattern)
		if best.ID == "" || fit && !fits || fit == fits && newer(v, version) {
			best, version, fits = tenant.Keep(r), v, fit
		}
	}
	switch {
	case best.ID == "":
		return best, fmt.Sprintf("%s %s is not in the tenant", what, id)
	case !fits:
		why = fmt.Sprintf("version %s of %s %s is not in the tenant, which has %s", pattern, what, id.Name(), version)
	}
	best.ID = id
	return best, why
}

func versionOf(r arm.Resource) string {
	if v := r.Get("properties", "version").Str(); v != "" {
		return v
	}
	return r.Get("properties", "metadata", "version").Str()
}

func (c *compiler) exemptions(all []arm.Resource, into map[string][]*exemption) {
	for _, r := range all {
		x, found := readExemption(r, &c.e.o)
		c.found = append(c.found, found...)
		key := strings.ToLower(string(x.scope))
		into[key] = append(into[key], &x)
		c.e.mark(x.scope)
	}
}

// placements finds the subscriptions of which the tenant does not say where they
// lie: what is assigned to management groups is not seen there.
func (c *compiler) placements() {
	if !c.e.grouped {
		return
	}
	for _, id := range c.t.Children(arm.Tenant) {
		if id.Type().Equal(arm.SubscriptionType) && !c.e.placed(id) {
			c.found.Warnf(diag.Pos{}, "policy/placement", "the tenant does not say in which management group subscription %s lies: what is assigned to management groups is not seen there", id.Name())
		}
	}
}

// attestation says by hand that a resource complies with a manual policy.
type attestation struct {
	assignment, reference string // in lower case
	state                 State
	expired               bool
}

func (c *compiler) attestations(all []arm.Resource) {
	for _, r := range all {
		p := r.Get("properties")
		d := &reader{o: &c.e.o, r: r}
		expires := d.time(p.Get("expiresOn"))
		c.found = append(c.found, d.found...)
		key := strings.ToLower(string(r.ID.Scope()))
		c.e.attestations[key] = append(c.e.attestations[key], attestation{
			assignment: strings.ToLower(p.Get("policyAssignmentId").Str()),
			reference:  strings.ToLower(p.Get("policyDefinitionReferenceId").Str()),
			state:      stateOf(p.Get("complianceState").Str()),
			expired:    len(d.found) > 0 || !expires.IsZero() && !c.e.o.Now.IsZero() && !c.e.o.Now.Before(expires),
		})
	}
}

// cell is the rules in force at one scope, and at all below it that are not
// special.
type cell struct {
	e     *Engine
	rules []inForce
	types sync.Map // type in lower case → *candidates
}

// inForce is a rule at a scope.
type inForce struct {
	*Assigned
	exempt   arm.ID       // of the exemption that takes the whole scope out, "" for none
	some     []*exemption // those that take some resources out, by selectors
	enrolled []*exemption // the enrollments, for an assignment that asks for one
}

// candidates are the rules in force that are about one type.
type candidates struct {
	visit []candidate // whose if must be evaluated
	sure  []candidate // whose if is false on every resource of the type
	twins map[twinKey]int
}

type candidate struct {
	*inForce
	place   int   // among the cell's rules
	applies truth // whether the rule is about resources of the type; maybe asks each
	indexed bool  // the tables do not know whether mode Indexed is about the type
	plain   bool  // there is nothing to ask but the rule's condition
	twin    int   // an earlier one of visit whose conditions are the same, or itself
	shared  bool  // it is the twin of a later one
	cond    *node // the rule's, for the type
}

// cell gives the rules at the nearest special scope around a resource.
func (e *Engine) cell(id arm.ID) *cell {
	scope := e.nearest(id)
	if c, ok := e.cells.Load(scope); ok {
		return c.(*cell)
	}
	c, _ := e.cells.LoadOrStore(scope, e.newCell(scope))
	return c.(*cell)
}

// nearest gives the scope around a resource, or its own, that decides which
// rules are in force.
func (e *Engine) nearest(id arm.ID) arm.ID {
	if e.deep {
		for at := id; at != arm.Tenant && at != at.ResourceGroupID() && at != at.SubscriptionID(); at = at.Parent() {
			if e.special[strings.ToLower(string(at))] {
				return at
			}
		}
	}
	if group := id.ResourceGroupID(); e.groups && group != "" && e.special[strings.ToLower(string(group))] {
		return group
	}
	sub := id.SubscriptionID()
	if sub == "" {
		return id
	}
	if e.special[strings.ToLower(string(sub))] {
		return sub
	}
	if parent, ok := e.t.Parent(sub); ok {
		return parent
	}
	return sub
}

// Scopes gives a scope and everything around it, outermost first.
func (e *Engine) scopes(scope arm.ID) []arm.ID {
	around := append([]arm.ID{scope}, e.t.Ancestors(scope)...)
	slices.Reverse(around)
	return around
}

func (e *Engine) newCell(scope arm.ID) *cell {
	c := &cell{e: e}
	around := e.scopes(scope)
	inside := func(s arm.ID) bool { return slices.ContainsFunc(around, s.Equal) }
	var exemptions, enrollments []*exemption
	for _, s := range around {
		key := strings.ToLower(string(s))
		exemptions = append(exemptions, e.exemptions[key]...)
		enrollments = append(enrollments, e.enrollments[key]...)
	}
	for _, s := range around {
		for _, a := range e.at[strings.ToLower(string(s))] {
			if slices.ContainsFunc(a.NotScopes, inside) {
				continue
			}
			for _, r := range a.Rules {
				c.rules = append(c.rules, e.inForce(r, exemptions, enrollments))
			}
		}
	}
	return c
}

func (e *Engine) inForce(r *Assigned, exemptions, enrollments []*exemption) inForce {
	f := inForce{Assigned: r}
	for _, x := range exemptions {
		switch {
		case !x.covers(r, e.o.Now):
		case len(x.selectors) == 0 && !x.uncertain:
			f.exempt = x.id
		default:
			f.some = append(f.some, x)
		}
	}
	for _, x := range enrollments {
		if x.covers(r, e.o.Now) {
			f.enrolled = append(f.enrolled, x)
		}
	}
	return f
}

// InForce gives the rules that are in force for what lies at or below a scope,
// in the order of management groups, subscription, resource group.
func (e *Engine) InForce(scope arm.ID) []*Assigned {
	c := e.newCell(scope)
	all := make([]*Assigned, len(c.rules))
	for i := range c.rules {
		all[i] = c.rules[i].Assigned
	}
	return all
}

// of gives the rules that are about a subject's type.
func (c *cell) of(m *machine) *candidates {
	if found, ok := c.types.Load(m.subject.typ); ok {
		return found.(*candidates)
	}
	out := &candidates{twins: map[twinKey]int{}}
	if evaluated(m.subject.typ) {
		m.onlyType = true
		tagged := indexed(m.subject)
		for i := range c.rules {
			out.add(m, i, &c.rules[i], tagged)
		}
		m.onlyType = false
	}
	out.twins = nil
	found, _ := c.types.LoadOrStore(m.subject.typ, out)
	return found.(*candidates)
}

// add adds a rule, if it is about the machine's subject's type; tagged tells
// whether mode Indexed is.
func (out *candidates) add(m *machine, place int, f *inForce, tagged truth) {
	if f.Rule == nil {
		out.visit = append(out.visit, candidate{inForce: f, place: place, applies: maybe, twin: len(out.visit)})
		return
	}
	r := f.Rule
	if r.Effect == Disabled && len(f.variants) == 0 {
		return
	}
	x := candidate{inForce: f, place: place}
	if arm.EqualFold(r.Mode, "Indexed") && !slices.ContainsFunc(f.variants, func(v variant) bool { return v.rule.Mode != r.Mode }) {
		if tagged == no {
			return
		}
		x.indexed = tagged == maybe
	}
	m.rule = r
	m.prepare()
	if r.Provider() {
		if x.applies, x.twin = yes, len(out.visit); m.providerAbout(r) {
			out.visit = append(out.visit, x)
		}
		return
	}
	if len(f.variants) > 0 { // each resource has its own
		x.applies, x.cond, x.twin = maybe, &r.cond, len(out.visit)
		out.visit = append(out.visit, x)
		return
	}
	about := m.applies(r)
	if x.applies = about; r.Effect.existence() {
		x.applies = yes // decided by the whole if
	}
	if x.applies == no {
		return
	}
	x.plain = f.Why == "" && len(f.NotScopes) == 0 && len(f.selectors) == 0 && len(f.variants) == 0 && f.exempt == "" && len(f.some) == 0
	if t, _ := m.guard(&r.cond); t == no && (f.Why == "" || about == no) {
		if !r.Effect.existence() {
			out.sure = append(out.sure, x)
		}
		return
	}
	x.cond = m.forType(r)
	x.twin = len(out.visit)
	if first, ok := out.twins[r.twin]; ok && len(f.variants) == 0 {
		x.twin, out.visit[first].shared = first, true
	} else if len(f.variants) == 0 {
		out.twins[r.twin] = x.twin
	}
	out.visit = append(out.visit, x)
}

// Ended gives the exemptions that took a resource out of a rule until they ended.
func (e *Engine) Ended(id arm.ID, a *Assigned) []arm.Resource {
	var all []arm.Resource
	for _, s := range e.scopes(id) {
		for _, x := range e.exemptions[strings.ToLower(string(s))] {
			if r, ok := e.t.Get(x.id); ok && !x.expires.IsZero() && !x.covers(a, e.o.Now) && x.covers(a, x.expires.Add(-1)) {
				all = append(all, r)
			}
		}
	}
	return all
}

// Considers tells whether a rule in force looks at more of a resource with an
// id than its type: one that Scan finds nothing in where it does not.
func (e *Engine) Considers(id arm.ID) bool {
	m := e.machine()
	defer m.release()
	m.enter(arm.Resource{ID: id}, &Facts{})
	return id.SubscriptionID() != "" && len(e.cell(id).of(m).visit) > 0
}

// machine gives a machine for the engine's rules; it is to be released.
func (e *Engine) machine() *machine {
	m := newMachine(&e.o, nil)
	m.attestations = e.attestations
	return m
}
