package trial

import (
	"bytes"
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"airfield/arm"
	"airfield/catalog"
	"airfield/diag"
	"airfield/policy"
	"airfield/snapshot"
	"airfield/source"
	"airfield/tenant"
)

// session is one run of a suite.
type session struct {
	*Suite
	files    Files
	pieces   []snapshot.Piece
	places   func(arm.Resource, arm.Value) diag.Pos
	base     *tenant.Tenant // what all tests begin with
	groups   []arm.ID       // the management groups that stand in for a hierarchy
	loose    []arm.Resource // definitions and sets that each test assigns; none where they are assigned already
	table    *catalog.AliasTable
	switched policy.Option
	engines  map[string]*policy.Engine
	broken   map[string]string // why an engine cannot be made
	coverage policy.Coverage
	found    diag.List
	subject  *subject // what is judged at the moment
}

// open reads what the suite names.
func (s *Suite) open(files Files) *session {
	x := &session{Suite: s, files: files, engines: map[string]*policy.Engine{}, broken: map[string]string{}, base: new(tenant.Tenant)}
	x.aliases()
	x.options()
	for _, p := range s.Policy {
		x.policies(p)
	}
	x.places = snapshot.Places(x.pieces)
	if s.Tenant != "" {
		x.snapshot()
	}
	if !x.found.HasErrors() {
		x.assemble()
	}
	return x
}

// path gives the path of a file that the test file names.
func (s *Suite) path(name string) string {
	if filepath.IsAbs(name) {
		return filepath.Clean(name)
	}
	return filepath.Join(filepath.Dir(s.file), name)
}

// read reads a file that is named at a place.
func (s *session) read(path string, at diag.Pos) (*source.File, bool) {
	raw, err := s.files.Read(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		s.found.Errorf(at, "test/file", "no file %q", path)
		return nil, false
	case err != nil:
		s.found.Errorf(at, "test/file", "file %q cannot be read: %v", path, err)
		return nil, false
	}
	f, found := source.NewFile(path, raw)
	s.found = append(s.found, found...)
	return f, !found.HasErrors()
}

func (s *session) aliases() {
	s.table = catalog.Aliases()
	if s.Aliases == "" {
		return
	}
	f, ok := s.read(s.path(s.Aliases), s.Of("aliases"))
	if !ok {
		return
	}
	own, err := catalog.AnyAliases(f.Text)
	if err != nil {
		s.found.Errorf(diag.Pos{File: f.Name}, "test/aliases", "no table of aliases as az provider list --expand resourceTypes/aliases writes it: %v", err)
		return
	}
	s.table = own.Over(s.table)
}

func (s *session) options() {
	for _, name := range s.Switch {
		o, ok := policy.ParseOption(name)
		if !ok {
			s.found.Errorf(s.Of("switch"), "test/switch", "no choice %q%s", name, diag.DidYouMean(name, optionNames()))
			continue
		}
		s.switched |= o
	}
}

func optionNames() []string {
	var names []string
	for _, o := range policy.AllOptions() {
		names = append(names, o.String())
	}
	return names
}

// policies reads a file of policies, or all of a folder.
func (s *session) policies(name string) {
	at, path := s.Of("policy"), s.path(name)
	inside, folder := s.files.List(path)
	if !folder {
		if s.policyFile(path, false) == 0 && !s.found.HasErrors() {
			s.found.Errorf(at, "test/policy", "file %q has no policy object", path)
		}
		return
	}
	n := 0
	for _, file := range inside {
		if ext := strings.ToLower(filepath.Ext(file)); (ext == ".json" || ext == ".jsonc") && !IsTest(file) {
			n += s.policyFile(file, true)
		}
	}
	if n == 0 {
		s.found.Errorf(at, "test/policy", "folder %q has no file (.json, .jsonc) with a policy object", path)
	}
}

// policyFile reads one file and tells how many objects it has. Of a folder,
// files without any are other things, such as the tests' resources.
func (s *session) policyFile(path string, folder bool) int {
	f, ok := s.read(path, s.Of("policy"))
	if !ok {
		return 0
	}
	pieces, found := snapshot.Policies(f, "")
	s.pieces = append(s.pieces, pieces...)
	for _, d := range found {
		if d.Severity != diag.Info && (!folder || len(pieces) > 0 || d.Code == "snapshot/syntax") {
			s.found = append(s.found, d)
		}
	}
	return len(pieces)
}

func (s *session) snapshot() {
	path := s.path(s.Tenant)
	raw, err := s.files.Read(path)
	if err == nil {
		var found diag.List
		s.base, found, err = tenant.Read(path, bytes.NewReader(raw))
		for _, d := range found {
			if d.Severity == diag.Error {
				s.found = append(s.found, d)
			}
		}
	}
	if err != nil {
		s.found.Errorf(s.Of("tenant"), "test/file", "tenant %q cannot be read: %v", path, err)
	}
}

const (
	definitionType arm.Type = "Microsoft.Authorization/policyDefinitions"
	setType        arm.Type = "Microsoft.Authorization/policySetDefinitions"
	assignmentType arm.Type = "Microsoft.Authorization/policyAssignments"
	placementType  arm.Type = arm.ManagementGroupType + "/subscriptions"
)

// assemble puts the policies into the tenant that all tests begin with.
func (s *session) assemble() {
	var all []arm.Resource
	assigned := s.Tenant != ""
	for _, p := range s.pieces {
		all = append(all, p.Resource)
		assigned = assigned || p.Resource.Type().Equal(assignmentType)
	}
	if s.Tenant == "" {
		all = append(all, s.hierarchy()...)
	}
	var found diag.List
	s.base, found = s.base.With(all...)
	s.tell(found)
	if !assigned {
		s.loose = s.unassigned()
		if len(s.loose) == 0 {
			s.found.Errorf(s.Of("policy"), "test/policy", "no definition, set or assignment among %d policy objects", len(s.pieces))
		}
	}
}

// hierarchy gives the management groups that policies are made or assigned at,
// one below the other, so that all are in force for every test.
func (s *session) hierarchy() []arm.Resource {
	for _, p := range s.pieces {
		g := p.Resource.ID.Scope()
		if g.Type().Equal(arm.ManagementGroupType) && !slices.ContainsFunc(s.groups, g.Equal) {
			s.groups = append(s.groups, g)
		}
	}
	slices.SortFunc(s.groups, arm.ID.Compare)
	var all []arm.Resource
	for i, g := range s.groups {
		details := arm.O{}
		if i > 0 {
			details = arm.O{"details", arm.O{"parent", arm.O{"id", s.groups[i-1]}}}
		}
		all = append(all, arm.Resource{ID: g, Body: arm.New(arm.O{"id", g, "name", g.Name(), "type", arm.ManagementGroupType, "properties", details})})
	}
	return all
}

// unassigned gives the sets, and the definitions that are in none of them.
func (s *session) unassigned() []arm.Resource {
	var all []arm.Resource
	member := map[arm.ID]bool{}
	for _, p := range s.pieces {
		for m := range p.Resource.Get("properties", "policyDefinitions").Items() {
			member[arm.ID(m.Get("policyDefinitionId").Str()).Fold()] = true
		}
	}
	for _, p := range s.pieces {
		if t := p.Resource.Type(); t.Equal(setType) || t.Equal(definitionType) && !member[p.Resource.ID.Fold()] {
			all = append(all, p.Resource)
		}
	}
	return all
}

// tell keeps the findings about the files that are tested; those about a whole
// tenant are for other commands.
func (s *session) tell(found diag.List) {
	for _, d := range found {
		ours := s.Tenant == "" || d.Pos.File == s.file || slices.ContainsFunc(s.pieces, func(p snapshot.Piece) bool { return p.File.Name == d.Pos.File })
		if !ours || d.Severity == diag.Info || d.Code == "policy/missing" && strings.HasSuffix(d.Message, "cannot be read") {
			continue // the last has findings that say why
		}
		if d.Code == "policy/missing" {
			d.Severity = diag.Warning // what is missing makes verdicts unknown, which is the test's to judge
		}
		if d.Pos == (diag.Pos{}) {
			d.Pos = s.Of("policy")
		}
		s.found = append(s.found, d)
	}
}
