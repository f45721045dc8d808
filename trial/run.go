package trial

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"airfield/arm"
	"airfield/diag"
	"airfield/policy"
	"airfield/snapshot"
)

// Run runs the tests whose names match wants, nil for all.
func (s *Suite) Run(files Files, match func(name string) bool) Report {
	x := s.open(files)
	out := Report{File: s.file, Cases: []Case{}, Conditions: []policy.Condition{}}
	if !x.found.HasErrors() {
		for _, e := range s.Tests {
			for _, p := range probes(e.Key, e.Pos, &e.Value) {
				if match == nil || match(p.name) {
					out.Cases = append(out.Cases, x.run(&p))
				}
			}
		}
		out.Conditions = append(out.Conditions, x.conditions()...)
	}
	out.Findings = x.found.Sorted()
	return out
}

// probe is one test, after each has become several.
type probe struct {
	name string
	pos  diag.Pos
	*test
	vary   *property
	expect expectation
}

func probes(name string, pos diag.Pos, t *test) []probe {
	if len(t.Each) == 0 {
		p := probe{name: name, pos: pos, test: t}
		if t.Expect != nil {
			p.expect = *t.Expect
		}
		return []probe{p}
	}
	var all []probe
	for _, v := range t.Each {
		text := v.value.Text()
		if !v.value.Exists() {
			text = "nothing"
		}
		all = append(all, probe{fmt.Sprintf("%s: %s = %s", name, v.name, text), v.pos, t, &v.property, v.expect})
	}
	return all
}

// conditions gives the conditions of the policies that the test files name,
// also of those that no test asked.
func (s *session) conditions() []policy.Condition {
	var all []policy.Condition
	seen := map[string]bool{}
	for _, def := range s.coverage.Definitions() {
		if s.named(def.ID) {
			seen[string(def.ID.Fold())+def.Version] = true
			all = append(all, s.coverage.Conditions(def)...)
		}
	}
	for _, p := range s.pieces {
		if !p.Resource.Type().Equal(definitionType) {
			continue
		}
		def, found := policy.Define(p.Resource, &policy.Options{Alias: s.table.Lookup, Place: s.places})
		if !found.HasErrors() && !def.Provider() && !seen[string(def.ID.Fold())+def.Version] {
			all = append(all, s.coverage.Conditions(def)...)
		}
	}
	slices.SortStableFunc(all, func(a, b policy.Condition) int { return strings.Compare(a.Pos.File, b.Pos.File) })
	return all
}

func (s *session) named(id arm.ID) bool {
	return slices.ContainsFunc(s.pieces, func(p snapshot.Piece) bool { return p.Resource.ID.Equal(id) })
}

// run runs one test.
func (s *session) run(p *probe) Case {
	out := Case{Name: p.name, Pos: p.pos, Want: p.expect.String()}
	before := len(s.found)
	all, err := s.judge(p)
	if s.found[before:].HasErrors() && (err == nil || errors.Is(err, errUnread)) {
		i := before + slices.IndexFunc(s.found[before:], func(d diag.Diagnostic) bool { return d.Severity == diag.Error })
		err = errors.New(s.found[i].Message)
	}
	if err != nil {
		out.Wrong = []string{"cannot be judged: " + err.Error()}
		return out
	}
	s.compare(p, all, &out)
	return out
}

// judged is one resource of a test and what the policies say of it.
type judged struct {
	subject
	scene   *scene
	engine  *policy.Engine
	request policy.Request
	related policy.Related
	verdict policy.Verdict
}

var verbs = map[verb]policy.Verb{"put": policy.Put, "patch": policy.Patch, "delete": policy.Delete}

// judge judges the resources of a test.
func (s *session) judge(p *probe) ([]judged, error) {
	c := s.scene(p.test)
	if p.vary != nil {
		c.wanted = append(c.wanted, *p.vary)
	}
	subjects, err := s.subjects(&c)
	if err != nil {
		return nil, err
	}
	placed, loose, err := s.related(&c)
	if err != nil {
		return nil, err
	}
	for i := range subjects { // what a template deploys beside a resource exists for it
		if len(subjects) > 1 {
			placed = append(placed, subjects[i].Resource)
		}
	}
	id := subjects[0].ID
	e, find, err := s.engine(&c, id, append(placed, c.containers(id)...), loose)
	if err != nil {
		return nil, err
	}
	var all []judged
	for _, sub := range subjects {
		s.subject = &sub
		j := judged{subject: sub, scene: &c, engine: e, related: find,
			request: policy.Request{Verb: verbs[c.Verb], Resource: sub.Resource, Patch: sub.patch, Caller: c.caller}}
		j.verdict = e.Judge(j.request, find)
		e.Cover(&s.coverage, j.verdict, j.request, find)
		all = append(all, j)
	}
	s.subject = nil
	return all, nil
}

// engine gives the policies of a test, compiled; tests that differ only in
// their resources share one.
func (s *session) engine(c *scene, id arm.ID, extra, loose []arm.Resource) (*policy.Engine, policy.Related, error) {
	assigned, err := s.assignments(c)
	if err != nil {
		return nil, nil, err
	}
	extra = append(extra, assigned...)
	if sub := id.SubscriptionID(); sub != "" && len(s.groups) > 0 {
		at := arm.ID(fmt.Sprintf("%s/subscriptions/%s", s.groups[len(s.groups)-1], sub.Name()))
		extra = append(extra, arm.Resource{ID: at, Body: arm.New(arm.O{"id", at, "name", sub.Name(), "type", placementType})})
	}
	t, found := s.base.With(extra...)
	s.tell(found)
	if found.HasErrors() {
		return nil, nil, errUnread
	}
	find := s.finder(t, c, loose)
	var key strings.Builder
	for _, r := range extra {
		key.WriteString(string(r.ID) + r.Body.Text() + "\n")
	}
	if why, broken := s.broken[key.String()]; broken {
		return nil, nil, errors.New(why)
	}
	if e := s.engines[key.String()]; e != nil {
		return e, find, nil
	}
	before := len(s.found)
	e, found := policy.Compile(t, policy.Options{Alias: s.table.Lookup, Place: s.place, Now: s.Now.Time, Switched: s.switched})
	s.tell(found)
	for _, d := range s.found[before:] {
		if d.Severity == diag.Error {
			s.broken[key.String()] = d.Message
			return nil, nil, errors.New(d.Message)
		}
	}
	s.engines[key.String()] = e
	return e, find, nil
}

// assignments assigns the policies that nobody else does, each with those of
// the test's parameters that it has.
func (s *session) assignments(c *scene) ([]arm.Resource, error) {
	var all []arm.Resource
	used := map[string]bool{}
	var names []string
	for i, r := range s.loose {
		values := arm.O{}
		for name := range r.Get("properties", "parameters").Members() {
			names = append(names, name)
			if v := c.all.Get(name); v.Exists() {
				used[strings.ToLower(name)] = true
				values = append(values, name, arm.O{"value", v})
			}
		}
		title := r.Get("properties", "displayName").Str()
		if title == "" {
			title = r.ID.Name()
		}
		id := arm.Tenant.Resource(assignmentType, fmt.Sprintf("test-%d", i+1))
		all = append(all, arm.Resource{ID: id, Pos: c.parametersP, Body: arm.New(arm.O{"id", id, "name", id.Name(), "type", assignmentType,
			"properties", arm.O{"displayName", title, "policyDefinitionId", r.ID, "parameters", values}})})
	}
	for name := range c.all.Members() {
		switch {
		case len(s.loose) == 0:
			return nil, errors.New("parameters are given, and what is tested has assignments with their own")
		case !used[strings.ToLower(name)]:
			return nil, fmt.Errorf("no policy that is tested has the parameter %q%s", name, diag.DidYouMean(name, names))
		}
	}
	return all, nil
}
