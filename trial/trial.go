// Package trial runs the unit tests that people write for their policies:
// files that name policies, some resources, and what is to be said of each.
//
// The text of a test file goes in (Read), with a way to read the files that it
// names; a Report comes out (Suite.Run): for each test what was wanted, what
// the policies say and which conditions decided, and for each condition of the
// policies whether it was ever true and ever false.
//
// Every test is a small tenant: the policies, an assignment of them where none
// was given, the resource group and subscription of the resource, and what the
// test says exists. So a test is judged by policy.Engine, with modes, scopes
// and exemptions, as a request to Azure is. The package opens no files, prints
// nothing and knows no policy language: that is package policy.
//
// docs/policy-test.md describes the files.
package trial

import (
	"strings"
	"time"

	"airfield/diag"
	"airfield/source"
)

// Suffixes are the ends of the names of test files.
var Suffixes = []string{".policytest.yaml", ".policytest.yml", ".policytest.json"}

// IsTest tells whether a file is one of tests, by its name.
func IsTest(name string) bool {
	for _, s := range Suffixes {
		if strings.HasSuffix(strings.ToLower(name), s) {
			return true
		}
	}
	return false
}

// Files reads the files that a test file names, and what they are beside it.
type Files struct {
	// Read gives the text of a file.
	Read func(path string) ([]byte, error)
	// List gives the paths of all files below a folder, sorted; folder is false
	// where path is no folder.
	List func(path string) (files []string, folder bool)
}

// Suite is one test file, read and checked for its shape.
type Suite struct {
	Policy []string           `yaml:"policy"`
	Tests  source.Keyed[test] `yaml:"tests,required"`
	given
	Tenant  string   `yaml:"tenant"`
	Aliases string   `yaml:"aliases"`
	Now     moment   `yaml:"now"`
	Switch  []string `yaml:"switch"` // names of policy.Option

	file string
}

// given is what a file says for all its tests, and a test for itself.
type given struct {
	source.At
	Resource           *fixture   `yaml:"resource"`
	Parameters         object     `yaml:"parameters"`
	TemplateParameters object     `yaml:"templateParameters"`
	ResourceGroup      object     `yaml:"resourceGroup"`
	Subscription       object     `yaml:"subscription"`
	Related            []fixture  `yaml:"related"`
	Caller             object     `yaml:"caller"`
	Verb               verb       `yaml:"verb"`
	Set                properties `yaml:"set"`
}

// test is one test, or several that differ in one property (Each).
type test struct {
	Expect        *expectation `yaml:"expect"`
	Each          matrix       `yaml:"each"`
	ExpectChanges properties   `yaml:"expectChanges"`
	Because       []string     `yaml:"because"`
	given
}

// verb is what the request does.
type verb string

// Values gives the verbs.
func (verb) Values() []string { return []string{"put", "patch", "delete"} }

// moment is a time in the form of RFC 3339, or a day.
type moment struct{ time.Time }

// DecodeNode reads the time.
func (m *moment) DecodeNode(n *source.Node) (found diag.List) {
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if at, err := time.Parse(layout, n.Text); err == nil && n.Kind == source.Scalar {
			m.Time = at
			return nil
		}
	}
	found.Errorf(n.Pos, "test/form", "%s, wanted a time such as 2026-03-01T12:00:00Z or 2026-03-01", n.Describe())
	return found
}

// Read reads the text of a test file. With an Error among the findings it
// cannot be run.
func Read(f *source.File) (*Suite, diag.List) {
	n, found := source.YAML(f)
	if n == nil {
		if !found.HasErrors() {
			found.Errorf(diag.Pos{File: f.Name, Line: 1, Col: 1}, "test/form", "file is empty, wanted policy and tests")
		}
		return &Suite{file: f.Name}, found
	}
	s := &Suite{file: f.Name}
	found = append(found, source.Decode(n, s)...)
	if !found.HasErrors() {
		s.check(&found)
	}
	return s, found
}

// check finds what each key by itself does not show.
func (s *Suite) check(found *diag.List) {
	if len(s.Policy) == 0 && s.Tenant == "" {
		found.Errorf(s.Pos(), "test/policy", "neither policy nor tenant is given: wanted the file or folder of what is tested")
	}
	if len(s.Tests) == 0 {
		found.Errorf(s.Of("tests"), "test/form", "no tests, wanted one behind its name")
	}
	for _, e := range s.Tests {
		t := &e.Value
		switch {
		case t.Expect == nil && len(t.Each) == 0 && !t.Has("expectChanges"):
			found.Errorf(e.Pos, "test/form", "test %q expects nothing: wanted expect, each or expectChanges", e.Key)
		case t.Expect != nil && len(t.Each) > 0:
			found.Errorf(t.Of("expect"), "test/form", "test %q has both expect and each, and each says what to expect", e.Key)
		case t.Resource == nil && s.Resource == nil:
			found.Errorf(e.Pos, "test/resource", "test %q has no resource, and the file has none for all tests", e.Key)
		}
	}
}
