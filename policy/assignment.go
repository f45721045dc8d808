package policy

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"airfield/arm"
	"airfield/diag"
)

// Set is a policy set definition (an initiative).
type Set struct {
	ID         arm.ID
	Version    string
	Title      string
	Parameters []Parameter
	Members    []Member

	o        *Options
	resource arm.Resource
}

// Member is one definition of a set.
type Member struct {
	Reference  string // policyDefinitionReferenceId
	Definition arm.ID
	Version    string // "1.*.*"; "" is the definition's newest
	Groups     []string

	names  []string // of the definition's parameters
	values []operand
}

// DefineSet reads a policy set definition.
func DefineSet(r arm.Resource, o *Options) (*Set, diag.List) {
	p := r.Get("properties")
	s := &Set{ID: r.ID, Version: p.Get("version").Str(), Title: p.Get("displayName").Str(), o: o, resource: r}
	if s.Title == "" {
		s.Title = r.ID.Name()
	}
	d := &reader{o: o, r: r}
	s.Parameters = d.parameters(p.Get("parameters"))
	members := p.Get("policyDefinitions")
	if members.Kind() != arm.Array {
		d.errorf(members, "policy/form", "wanted an array of policyDefinitions, found %s", describe(members))
	}
	for v := range members.Items() {
		m := Member{Reference: v.Get("policyDefinitionReferenceId").Str(), Definition: idOf(v.Get("policyDefinitionId")),
			Version: v.Get("definitionVersion").Str(), Groups: v.Get("groupNames").Strings()}
		if m.Definition == "" {
			d.errorf(v, "policy/form", "member of a set without a policyDefinitionId")
			continue
		}
		for name, param := range v.Get("parameters").Members() {
			m.names = append(m.names, name)
			m.values = append(m.values, d.operand(param.Get("value")))
		}
		s.Members = append(s.Members, m)
	}
	return s, d.found
}

// parametersOf gives what the set hands to one member.
func (s *Set) parametersOf(m *Member, values []arm.Value) (arm.Value, error) {
	rule := &Rule{Definition: &Definition{Parameters: s.Parameters}, params: values}
	machine := newMachine(s.o, rule)
	defer machine.release()
	o := arm.O{}
	for i := range m.values {
		v, err := machine.compute(&m.values[i])
		if err != nil {
			return arm.Value{}, fmt.Errorf("parameter %q of member %q: %w", m.names[i], m.Reference, err)
		}
		o = append(o, m.names[i], v)
	}
	return arm.New(o), nil
}

// idOf reads the id of another resource: a text, or what that resource will have
// as its id.
func idOf(v arm.Value) arm.ID {
	if ref, ok := v.Ref(); ok && ref.Path == "id" {
		return ref.ID
	}
	return arm.ID(v.Str())
}

// Enforcement says whether an assignment's effects are carried out.
type Enforcement uint8

// The enforcement modes.
const (
	Default Enforcement = iota
	DoNotEnforce
	Enroll // only where an enrollment covers the resource
)

// Assignment is a policy assignment with what it assigns.
type Assignment struct {
	ID          arm.ID
	Title       string
	Scope       arm.ID
	NotScopes   []arm.ID
	Definition  arm.ID // of the definition or set
	Set         *Set   // nil for a single definition
	Enforcement Enforcement
	Rules       []*Assigned

	index     int // in Engine.Assignments
	resource  arm.Resource
	version   string
	params    arm.Value
	selectors []selector
	overrides []override
	messages  map[string]string // nonComplianceMessages by reference in lower case; "" for all
}

// Assigned is one rule of an assignment.
type Assigned struct {
	*Assignment
	Member *Member // nil for a single definition
	// Rule is nil where nothing is known of it, Why says why. With a Why it is
	// that of another version: what it is about is taken to be the same, what it
	// finds is not known.
	Rule *Rule
	Why  string

	index    int         // among all of the Engine
	groups   []int32     // of the set's, by their places in Engine.groupNames
	version  string      // that is assigned, before overrides
	chosen   []*override // that are about the rule, in order
	variants []variant   // where overrides by location are among them
}

// Reference gives the policyDefinitionReferenceId, "" for a single definition.
func (a *Assigned) Reference() string {
	if a.Member == nil {
		return ""
	}
	return a.Member.Reference
}

// Message gives what the assignment says to whoever is not compliant.
func (a *Assigned) Message() string {
	if m, ok := a.messages[strings.ToLower(a.Reference())]; ok {
		return m
	}
	return a.messages[""]
}

// Policy gives the name of the rule's definition.
func (a *Assigned) Policy() string {
	switch {
	case a.Rule != nil:
		return a.Rule.Title
	case a.Member != nil:
		return a.Member.Definition.Name()
	}
	return a.Definition.Name()
}

// DefinitionID gives the id of the rule's definition.
func (a *Assigned) DefinitionID() arm.ID {
	if a.Member != nil {
		return a.Member.Definition
	}
	return a.Definition
}

// Resource gives the assignment as it was read.
func (a *Assignment) Resource() arm.Resource { return a.resource }

// parameter names the assignment's own parameter that one of the definition is
// given as it is, "" for none.
func (a *Assigned) parameter(name string) string {
	if a.Member == nil {
		return name
	}
	for i, own := range a.Member.names {
		if arm.EqualFold(own, name) {
			of, _ := parameterNamed(a.Member.values[i].String())
			return of
		}
	}
	return ""
}

// override puts another effect or version in the place of a definition's own.
type override struct {
	effect    Effect
	version   string
	selectors []selector
}

// selector picks resources (of an assignment) or members of a set (of an
// override) by in or notIn of one kind.
type selector struct{ all []picked }

type picked struct {
	kind   string // lower case: resourcelocation, resourcetype, resourcewithoutlocation, policydefinitionreferenceid
	not    bool
	values []string // folded
}

func readAssignment(r arm.Resource, o *Options) (*Assignment, diag.List) {
	p := r.Get("properties")
	a := &Assignment{ID: r.ID, Title: p.Get("displayName").Str(), Definition: idOf(p.Get("policyDefinitionId")),
		version: p.Get("definitionVersion").Str(), resource: r, messages: map[string]string{}}
	if a.Title == "" {
		a.Title = r.ID.Name()
	}
	d := &reader{o: o, r: r}
	a.Scope = r.ID.Scope()
	if s := arm.ID(strings.TrimRight(p.Get("scope").Str(), "/")); s != "" && !s.Equal(a.Scope) {
		if a.Scope.Equal(arm.Tenant) { // an assignment read from a file without an id of its own
			a.Scope = s
		} else {
			d.found.Warnf(o.place(r, p.Get("scope")), "policy/form", "scope %q is not where the assignment lies, which counts", s)
		}
	}
	for _, s := range p.Get("notScopes").Strings() {
		if s = strings.TrimRight(s, "/"); s != "" {
			a.NotScopes = append(a.NotScopes, arm.ID(s))
		}
	}
	switch mode := p.Get("enforcementMode").Str(); {
	case mode == "", arm.EqualFold(mode, "Default"):
	case arm.EqualFold(mode, "DoNotEnforce"):
		a.Enforcement = DoNotEnforce
	case arm.EqualFold(mode, "Enroll"):
		a.Enforcement = Enroll
	default:
		d.errorf(p.Get("enforcementMode"), "policy/form", "no enforcementMode %q, wanted Default, DoNotEnforce or Enroll", mode)
	}
	params := arm.O{}
	for name, v := range p.Get("parameters").Members() {
		params = append(params, name, v.Get("value"))
	}
	if a.params = arm.New(params); p.Get("parameters").Kind() == arm.Unknown {
		a.params = p.Get("parameters")
	}
	for m := range p.Get("nonComplianceMessages").Items() {
		a.messages[strings.ToLower(m.Get("policyDefinitionReferenceId").Str())] = m.Get("message").Str()
	}
	a.selectors = d.resourceSelectors(p.Get("resourceSelectors"))
	for v := range p.Get("overrides").Items() {
		a.overrides = append(a.overrides, d.override(v))
	}
	return a, d.found
}

func (d *reader) resourceSelectors(v arm.Value) []selector {
	var all []selector
	for s := range v.Items() {
		all = append(all, d.selector(s.Get("selectors")))
	}
	return all
}

func (d *reader) override(v arm.Value) override {
	x := override{}
	switch kind, value := v.Get("kind").Str(), v.Get("value").Str(); strings.ToLower(kind) {
	case "policyeffect":
		if x.effect = effectOf(value); x.effect == None {
			d.errorf(v, "policy/effect", "no effect %q%s", value, diag.DidYouMean(value, effectNames[1:]))
		}
	case "policyversion", "definitionversion":
		x.version = value
	default:
		d.errorf(v, "policy/form", "no kind of override %q, wanted policyEffect or policyVersion", kind)
	}
	if s := d.selector(v.Get("selectors")); len(s.all) > 0 {
		x.selectors = []selector{s}
	}
	return x
}

var selectorKinds = []string{"resourceLocation", "resourceType", "resourceWithoutLocation", "policyDefinitionReferenceId", "userPrincipalId", "groupPrincipalId"}

func (d *reader) selector(v arm.Value) selector {
	var s selector
	for c := range v.Items() {
		one := picked{kind: strings.ToLower(c.Get("kind").Str())}
		in := c.Get("in")
		if one.not = c.Get("notIn").Exists(); one.not {
			in = c.Get("notIn")
		}
		for _, text := range in.Strings() {
			one.values = append(one.values, squeezed(fold(text)))
		}
		switch one.kind {
		case "resourcelocation", "resourcetype", "resourcewithoutlocation", "policydefinitionreferenceid":
		case "userprincipalid", "groupprincipalid":
		default:
			d.errorf(c, "policy/form", "no kind of selector %q%s", c.Get("kind").Str(), diag.DidYouMean(c.Get("kind").Str(), selectorKinds))
		}
		if len(one.values) == 0 {
			d.errorf(c, "policy/form", "selector has neither in nor notIn with values")
		}
		s.all = append(s.all, one)
	}
	return s
}

// selects tells whether one of the selectors holds for a resource; where there
// are none, it does.
func selects(all []selector, s *subject) truth {
	if len(all) == 0 {
		return yes
	}
	result := no
	for i := range all {
		switch t := all[i].holds(s); t {
		case yes:
			return yes
		case maybe:
			result = maybe
		}
	}
	return result
}

func (x *selector) holds(s *subject) truth {
	result := yes
	for i := range x.all {
		c := &x.all[i]
		value := ""
		if s.region.Kind() == arm.Unknown && c.kind != "resourcetype" && c.kind != "policydefinitionreferenceid" {
			result = maybe
			continue
		}
		switch c.kind {
		case "resourcelocation":
			value = s.location
		case "resourcetype":
			if value = s.typ; value == resourceGroupType && c.has(resourceGroupOfOld) {
				value = resourceGroupOfOld
			}
		case "resourcewithoutlocation":
			if s.location == "" && s.id.ResourceGroupID() == "" {
				value = "subscriptionlevelresources"
			}
		case "policydefinitionreferenceid":
			continue // see names
		default:
			result = maybe
			continue
		}
		if len(c.values) == 0 {
			result = maybe
		} else if c.has(value) == c.not {
			return no
		}
	}
	return result
}

func (c *picked) has(value string) bool {
	for _, v := range c.values {
		if v == value {
			return true
		}
	}
	return false
}

// byLocation tells whether the override depends on where a resource is.
func (x *override) byLocation() bool {
	for i := range x.selectors {
		for j := range x.selectors[i].all {
			if x.selectors[i].all[j].kind != "policydefinitionreferenceid" {
				return true
			}
		}
	}
	return false
}

// names tells whether the override is about a member.
func (x *override) names(reference string) bool {
	for i := range x.selectors {
		for j := range x.selectors[i].all {
			c := &x.selectors[i].all[j]
			if c.kind == "policydefinitionreferenceid" && c.has(squeezed(fold(reference))) == c.not {
				return false
			}
		}
	}
	return true
}

// choice is the effect and the version that overrides choose; None and "" leave
// the definition's own.
type choice struct {
	effect  Effect
	version string
}

// with gives the choice after one more override.
func (c choice) with(x *override) choice {
	return choice{cmp.Or(x.effect, c.effect), cmp.Or(x.version, c.version)}
}

// choices gives every choice that the overrides of a member can make, in their
// order, beginning with the one where none by location holds.
func (a *Assigned) choices(version string) []choice {
	all := []choice{{version: version}}
	for _, x := range a.chosen {
		for i, c := range all {
			switch after := c.with(x); {
			case !x.byLocation():
				all[i] = after
			case !slices.Contains(all, after):
				all = append(all, after)
			}
		}
	}
	return all
}

// variant is the rule of one choice.
type variant struct {
	choice
	rule *Rule
}

// ruleFor gives the rule for a resource where it is; sure is false where that
// is not known.
func (a *Assigned) ruleFor(s *subject) (rule *Rule, sure bool) {
	if len(a.variants) == 0 {
		return a.Rule, true
	}
	made, sure := choice{version: a.version}, true
	for _, x := range a.chosen {
		switch selects(x.selectors, s) {
		case yes:
			made = made.with(x)
		case maybe:
			sure = false
		}
	}
	for _, v := range a.variants {
		if v.choice == made {
			return v.rule, sure
		}
	}
	return a.Rule, sure
}

// versionFits tells whether a version such as 1.2.0-preview is one that a
// pattern such as 1.*.*-preview asks for.
func versionFits(version, pattern string) bool {
	if pattern == "" || version == "" {
		return true
	}
	v, vTail, _ := strings.Cut(strings.ToLower(version), "-")
	p, pTail, _ := strings.Cut(strings.ToLower(pattern), "-")
	if vTail != pTail {
		return false
	}
	have, want := strings.Split(v, "."), strings.Split(p, ".")
	for i := range want {
		if want[i] != "*" && (i >= len(have) || have[i] != want[i]) {
			return false
		}
	}
	return true
}

// newer orders versions.
func newer(a, b string) bool {
	x, _, _ := strings.Cut(a, "-")
	y, _, _ := strings.Cut(b, "-")
	have, other := strings.Split(x, "."), strings.Split(y, ".")
	for i := range min(len(have), len(other)) {
		n, _ := strconv.Atoi(have[i])
		m, _ := strconv.Atoi(other[i])
		if n != m {
			return n > m
		}
	}
	return len(have) > len(other)
}

// exemption takes resources out of an assignment.
type exemption struct {
	id         arm.ID
	scope      arm.ID
	assignment string // its id, in lower case
	references []string
	expires    time.Time
	uncertain  bool // whether it has ended is not known
	selectors  []selector
}

func readExemption(r arm.Resource, o *Options) (exemption, diag.List) {
	p := r.Get("properties")
	d := &reader{o: o, r: r}
	x := exemption{id: r.ID, scope: r.ID.Scope(), assignment: strings.ToLower(p.Get("policyAssignmentId").Str())}
	for _, ref := range p.Get("policyDefinitionReferenceIds").Strings() {
		x.references = append(x.references, strings.ToLower(ref))
	}
	x.expires = d.time(p.Get("expiresOn"))
	x.uncertain = p.Get("expiresOn").Kind() > arm.Null && (x.expires.IsZero() || o.Now.IsZero())
	x.selectors = d.resourceSelectors(p.Get("resourceSelectors"))
	return x, d.found
}

func (d *reader) time(v arm.Value) time.Time {
	text := v.Str()
	if text == "" {
		return time.Time{}
	}
	if t, ok := date(text); ok {
		return t
	}
	if t, err := time.Parse(time.DateOnly, text); err == nil {
		return t
	}
	d.errorf(v, "policy/form", "wanted a date and time such as 2026-12-31T00:00:00Z, found %q", text)
	return time.Time{}
}

// covers tells whether the exemption is about a rule, at this time.
func (x *exemption) covers(a *Assigned, now time.Time) bool {
	if !arm.EqualFold(x.assignment, string(a.ID)) {
		return false
	}
	if !x.expires.IsZero() && !now.IsZero() && !now.Before(x.expires) {
		return false
	}
	if len(x.references) == 0 {
		return true
	}
	for _, ref := range x.references {
		if arm.EqualFold(ref, a.Reference()) {
			return true
		}
	}
	return false
}

// Index gives the rule's place in Engine.Assigned.
func (a *Assigned) Index() int { return a.index }
