package snapshot

// Enterprise Azure Policy as Code keeps definitions and sets as the REST API
// has them, but for names in the place of ids, and exemptions and enrollments
// without "properties". Its assignments are a tree:
//
//	{"nodeName": "/tags/", "scope": {"prod": ["/providers/…/corp"]},
//	 "definitionEntry": {"policyName": "need-tag"},
//	 "assignment": {"name": "tag-", "displayName": "Needs tag "},
//	 "children": [
//	   {"nodeName": "owner", "assignment": {"name": "owner", "displayName": "owner"}, "parameters": {"tagName": "owner"}}]}
//
// Each leaf, with what stands above it, is one assignment for every scope of an
// environment and every definition entry: here tag-owner. Names are joined,
// parameters and metadata merged, lists gathered, single values replaced.
//
// https://azure.github.io/enterprise-azure-policy-as-code/policy-assignments/

import (
	"slices"
	"strings"

	"airfield/arm"
	"airfield/diag"
)

// maxName is how long names that are joined along a branch may become, in
// bytes. Azure allows 128 for the longest, a display name.
const maxName = 10_000

// isEPAC tells a file of Enterprise Azure Policy as Code, which may have
// comments.
func isEPAC(v arm.Value) bool {
	return v.Get("nodeName").Exists() || v.Get("exemptions").Exists() || strings.Contains(strings.ToLower(v.Get("$schema").Str()), "enterprise-azure-policy-as-code")
}

// epac reads the files that only such a repository has.
func (p *reading) epac(v arm.Value) bool {
	schema := strings.ToLower(v.Get("$schema").Str())
	switch {
	case strings.Contains(schema, "policy-enrollment"):
		p.exemption(v)
	case strings.Contains(schema, "global-settings"), strings.Contains(schema, "policy-documentation"), strings.Contains(schema, "policy-structure"):
		p.infof(v.Offset(), "snapshot/form", "this is a file of settings of Enterprise Azure Policy as Code, with no policy object")
	default:
		return false
	}
	return true
}

// named gives the edit that adds its id to a member of a set that names a
// definition of the same repository.
func (p *reading) named(member arm.Value) []edit {
	name := member.Get("policyDefinitionName")
	if name.Str() == "" || member.Get("policyDefinitionId").Exists() || !p.goodName(name.Str(), name) {
		return nil
	}
	at := member.Offset() + 1
	id := p.At.Resource(definitionType, name.Str())
	return []edit{{at, at, `"policyDefinitionId":` + string(arm.AppendString(nil, string(id))) + ","}}
}

// exemption reads an exemption or an enrollment, one for each of its scopes.
func (p *reading) exemption(v arm.Value) {
	typ := enrollmentType
	if v.Get("exemptionCategory").Exists() {
		typ = exemptionType
	}
	if v.Kind() != arm.Object || v.Get("properties").Exists() || v.Get("id").Exists() {
		p.value(v, false)
		return
	}
	if v.Get("policyAssignmentId").Str() == "" {
		p.warnf(v.Offset(), "snapshot/left-out", "%q exempts from a definition in whatever assignment has it, which only the tenant can tell: left out; name a policyAssignmentId", v.Get("name").Str())
		return
	}
	name := v.Get("name")
	if !p.goodName(name.Str(), first(v, "name")) {
		return
	}
	scopes := append(v.Get("scope").Strings(), v.Get("scopes").Strings()...)
	if len(scopes) == 0 {
		p.errorf(v.Offset(), "snapshot/scope", "%q has no scope", name.Str())
	}
	for _, s := range scopes {
		label, id := labelled(s)
		if !v.Get("scopes").Exists() {
			label = ""
		}
		scope, err := arm.ParseID(id)
		if err != nil {
			p.errorf(v.Offset(), "snapshot/scope", "scope of %q: %v", name.Str(), err)
			continue
		}
		p.build(v, scope, typ, name.Str(), p.exempted(v, typ, label), nil)
	}
}

// labelled takes a scope apart that may have a name for people before it.
func labelled(s string) (label, id string) {
	if label, id, ok := strings.Cut(s, ":"); ok && !strings.HasPrefix(s, "/") {
		return label, id
	}
	return s[strings.LastIndexByte(s, '/')+1:], s
}

// exempted writes the properties of an exemption, with what tells its scope
// from the others.
func (p *reading) exempted(v arm.Value, typ arm.Type, label string) string {
	var w writer
	for name, m := range v.Members() {
		switch {
		case m.Kind() == arm.Null || m.Text() == `""` || contains([]string{"$schema", "name", "scope", "scopes"}, name):
		case label != "" && (arm.EqualFold(name, "displayName") || arm.EqualFold(name, "description")):
			w.str(name, m.Str()+" - "+label)
		default:
			if known := kindOf(typ).keys; !contains(known, name) {
				p.unknownKey(m, name, string(typ), known)
			}
			w.raw(name, m.Text())
		}
	}
	return w.text()
}

// build adds a resource that was put together from v.
func (p *reading) build(v arm.Value, scope arm.ID, typ arm.Type, name, properties string, beside *writer) {
	if p.full {
		return
	}
	id := scope.Resource(typ, name)
	var w writer
	w.str("id", string(id))
	w.str("name", name)
	w.str("type", string(typ))
	if beside != nil && len(beside.b) > 0 {
		w.b = append(append(w.b, ','), beside.b[1:]...)
	}
	w.raw("properties", properties)
	body, err := arm.Parse(w.text())
	if err != nil {
		p.errorf(v.Offset(), "snapshot/limit", "object cannot be put into the form of the REST API: %v", err)
		return
	}
	p.add(Piece{
		Resource: arm.Resource{ID: id, Body: body, Pos: p.pos(v.Offset())},
		File:     p.f, from: v.Offset(), to: v.Offset() + len(v.Text()), shape: plain,
	})
}

// branch is what the nodes from the root down to one say together. Lists are of
// values that are read when an assignment is made of them.
type branch struct {
	name, display, description string
	entries                    arm.Value // one definition entry, or a list of them
	scope                      arm.Value
	mode, location, identity   arm.Value
	parameters, metadata       []arm.Value
	notScopes                  []arm.Value
	overrides, selectors       []arm.Value
	messages                   []arm.Value
	table                      string // with parameters and effects
	ignored                    bool
}

// assignments reads a tree of assignments.
func (p *reading) assignments(v arm.Value) { p.node(branch{}, v) }

func (p *reading) node(b branch, v arm.Value) {
	if p.full {
		return
	}
	if v.Kind() != arm.Object {
		p.errorf(v.Offset(), "snapshot/shape", "node of a tree of assignments is %s, wanted %s", v.Kind(), arm.Object)
		return
	}
	p.take(&b, v)
	if len(b.name)+len(b.display)+len(b.description) > maxName {
		p.errorf(v.Offset(), "snapshot/limit", "names that are joined to here have more than %d bytes", maxName)
		return
	}
	if children := v.Get("children"); children.Len() > 0 {
		for c := range children.Items() {
			p.node(b, c)
		}
		return
	}
	p.leaf(b, v)
}

// unknownKey reports a name once in a file.
func (p *reading) unknownKey(v arm.Value, name, of string, known []string) {
	if p.news(name) {
		p.warnf(v.Offset(), "snapshot/unknown-key", "%q is no property of %s%s", name, of, diag.DidYouMean(name, known))
	}
}

// take adds what one node says. It is one switch over the keys of the form.
func (p *reading) take(b *branch, v arm.Value) {
	add := func(list *[]arm.Value, m arm.Value) { *list = append(slices.Clip(*list), m) }
	for name, m := range v.Members() {
		switch strings.ToLower(name) {
		case "$schema", "nodename", "children", "epaccloudenvironments", "additionalroleassignments", "nodescription":
		case "assignment":
			b.name += m.Get("name").Str()
			b.display += m.Get("displayName").Str()
			b.description += m.Get("description").Str()
		case "definitionentry", "definitionentrylist":
			b.entries = m
		case "scope":
			b.scope = m
		case "notscope", "notscopes":
			add(&b.notScopes, m)
		case "parameters":
			add(&b.parameters, m)
		case "metadata":
			add(&b.metadata, m)
		case "overrides":
			add(&b.overrides, m)
		case "resourceselectors":
			add(&b.selectors, m)
		case "noncompliancemessages":
			add(&b.messages, m)
		case "enforcementmode":
			b.mode = m
		case "managedidentitylocation", "managedidentitylocations":
			b.location = m
		case "userassignedidentity":
			b.identity = m
		case "ignorebranch":
			b.ignored = m.True()
		case "parameterfile":
			p.warnf(m.Offset(), "snapshot/left-out", "parameters and effects in the table %q are not read: what is assigned below is not known", m.Str())
			b.table = m.Str()
		case "parameterselector", "parametersuppressdefaultvalues", "noncompliancemessagecolumn":
		default:
			p.unknownKey(m, name, "a tree of assignments", nodeKeys)
		}
	}
}

var nodeKeys = []string{"nodeName", "children", "assignment", "definitionEntry", "definitionEntryList", "scope", "notScopes", "parameters", "metadata",
	"overrides", "resourceSelectors", "nonComplianceMessages", "enforcementMode", "managedIdentityLocations", "userAssignedIdentity", "additionalRoleAssignments"}

// leaf makes the assignments of a branch.
func (p *reading) leaf(b branch, v arm.Value) {
	entries := []arm.Value{b.entries}
	if b.entries.Kind() == arm.Array {
		entries = slices.Collect(b.entries.Items())
	}
	switch {
	case b.ignored:
		p.infof(v.Offset(), "snapshot/left-out", "branch is marked ignoreBranch: its assignments were left out")
		return
	case !b.entries.Exists():
		p.errorf(v.Offset(), "snapshot/epac", "branch down to node %q names no policy: wanted a definitionEntry or a definitionEntryList", v.Get("nodeName").Str())
		return
	case b.scope.Kind() != arm.Object:
		p.errorf(v.Offset(), "snapshot/epac", "branch down to node %q has no scope, an object of environments and lists of scopes", v.Get("nodeName").Str())
		return
	}
	for env, scopes := range p.environments(b.scope) {
		p.spend(len(b.scope.Text()))
		for _, entry := range entries {
			for _, s := range scopes {
				if p.spend(500 + len(entry.Text())); !p.full {
					p.assignment(b, v, entry, env, s)
				}
			}
		}
	}
}

// environments gives the scopes of the environments that are read.
func (p *reading) environments(scope arm.Value) func(func(string, []string) bool) {
	return func(yield func(string, []string) bool) {
		var names []string
		for env, list := range scope.Members() {
			names = append(names, env)
			if p.Environment != "" && env != "*" && !strings.EqualFold(env, p.Environment) {
				continue
			}
			if !yield(env, list.Strings()) {
				return
			}
		}
		all := strings.Join(names, ", ")
		if p.Environment == "" && len(names) > 1 && p.news("environments "+all) {
			p.infof(scope.Offset(), "snapshot/environment", "scopes are given for the environments %s: those of all were read; name one", all)
		}
	}
}

// assignment makes one assignment.
func (p *reading) assignment(b branch, v, entry arm.Value, env, at string) {
	scope, err := arm.ParseID(at)
	if err != nil {
		p.errorf(b.scope.Offset(), "snapshot/scope", "scope of environment %q: %v", env, err)
		return
	}
	definition := p.definition(entry)
	if definition == "" {
		p.errorf(entry.Offset(), "snapshot/epac", "definition entry names no policy: wanted one of policyName, policyId, policySetName and policySetId")
		return
	}
	name := joined(b.name, entry, "name")
	if !p.goodName(name, v) {
		return
	}
	var w, beside writer
	w.str("displayName", joined(b.display, entry, "displayName"))
	if s := joined(b.description, entry, "description"); s != "" {
		w.str("description", s)
	}
	w.str("policyDefinitionId", string(definition))
	w.str("scope", at)
	w.raw("notScopes", p.notScopes(b, env))
	p.settings(&w, b, entry)
	if l := ofEnvironment(b.location, env); l.Str() != "" {
		beside.str("location", l.Str())
	}
	if id := identityFor(ofEnvironment(b.identity, env), entry); id != "" {
		beside.raw("identity", `{"type":"UserAssigned","userAssignedIdentities":{`+string(arm.AppendString(nil, id))+`:{}}}`)
	}
	p.build(v, scope, assignmentType, name, w.text(), &beside)
}

// joined gives a name of a branch joined with that of an entry, which goes
// first unless it says otherwise.
func joined(own string, entry arm.Value, key string) string {
	e := entry.Get("assignment", key).Str()
	if entry.Get("assignment", "append").True() {
		return own + e
	}
	return e + own
}

// settings writes what a branch says of an assignment that is the same at every
// scope.
func (p *reading) settings(w *writer, b branch, entry arm.Value) {
	for _, lists := range [][]arm.Value{b.notScopes, b.parameters, b.metadata, b.overrides, b.selectors, b.messages} {
		for _, v := range lists {
			p.spend(len(v.Text()))
		}
	}
	if v := entry.Get("definitionVersion"); v.Exists() {
		w.raw("definitionVersion", v.Text())
	}
	if b.mode.Exists() {
		w.raw("enforcementMode", b.mode.Text())
	}
	if b.table != "" {
		w.raw("parameters", arm.New(arm.Parameter(b.table)).Text())
	} else {
		w.raw("parameters", merged(b.parameters, true))
	}
	if len(b.metadata) > 0 {
		w.raw("metadata", merged(b.metadata, false))
	}
	list := func(name string, items []arm.Value) {
		if text := joinItems(items, entry); text != "[]" {
			w.raw(name, text)
		}
	}
	list("overrides", b.overrides)
	list("resourceSelectors", b.selectors)
	list("nonComplianceMessages", append(slices.Clip(b.messages), entry.Get("nonComplianceMessages")))
}

// definition gives the id that a definition entry names. A name is one of a
// custom definition, which lies at the scope of the reading.
func (p *reading) definition(entry arm.Value) arm.ID {
	if id := first(entry, "policyId", "policySetId", "initiativeId").Str(); id != "" {
		return arm.ID(id)
	}
	if name := entry.Get("policyName").Str(); name != "" {
		return p.At.Resource(definitionType, name)
	}
	if name := first(entry, "policySetName", "initiativeName").Str(); name != "" {
		return p.At.Resource(setType, name)
	}
	return ""
}

// ofEnvironment gives the value for an environment, or for all of them.
func ofEnvironment(v arm.Value, env string) arm.Value {
	if v.Kind() == arm.String {
		return v
	}
	return first(v, env, "*")
}

// notScopes gathers the scopes that are left out. Patterns need the tenant.
func (p *reading) notScopes(b branch, env string) string {
	text := []byte{'['}
	for _, v := range b.notScopes {
		for _, list := range []arm.Value{v.Get(env), v.Get("*")} {
			for item := range list.Items() {
				if s := item.Str(); strings.Contains(s, "*") || strings.Contains(strings.ToLower(s), "/resourcegrouppatterns/") {
					if p.news("pattern " + s) {
						p.warnf(item.Offset(), "snapshot/left-out", "excluded scope %q is a pattern, which only the tenant can resolve: left out", s)
					}
					continue
				}
				if len(text) > 1 {
					text = append(text, ',')
				}
				text = append(text, item.Text()...)
			}
		}
	}
	return string(text) + "]"
}

// merged writes the members of objects, of equal names the last, and wraps them
// as an assignment's parameters are.
func merged(objects []arm.Value, wrap bool) string {
	var w writer
	last := map[string]arm.Value{}
	var names []string
	for _, o := range objects {
		for name, v := range o.Members() {
			key := strings.ToLower(name)
			if _, again := last[key]; !again {
				names = append(names, name)
			}
			last[key] = v
		}
	}
	for _, name := range names {
		text := last[strings.ToLower(name)].Text()
		if wrap {
			text = `{"value":` + text + "}"
		}
		w.raw(name, text)
	}
	return w.text()
}

// entryKeys are the members by which a part of a branch says which entry of a
// definitionEntryList it is for.
var entryKeys = []string{"policyName", "policyId", "policySetName", "policySetId", "initiativeName", "initiativeId"}

// forEntry tells whether a part of a branch is for an entry: it names none, or
// this one.
func forEntry(v, entry arm.Value) bool {
	for _, k := range entryKeys {
		if s := v.Get(k).Str(); s != "" {
			return strings.EqualFold(s, entry.Get(k).Str())
		}
	}
	return true
}

// joinItems writes the items of lists that are for an entry, without saying so.
func joinItems(lists []arm.Value, entry arm.Value) string {
	text := []byte{'['}
	for _, list := range lists {
		for item := range list.Items() {
			if !forEntry(item, entry) {
				continue
			}
			if len(text) > 1 {
				text = append(text, ',')
			}
			if item.Kind() != arm.Object {
				text = append(text, item.Text()...)
				continue
			}
			var w writer
			for name, m := range item.Members() {
				if !contains(entryKeys, name) {
					w.raw(name, m.Text())
				}
			}
			text = append(text, w.text()...)
		}
	}
	return string(text) + "]"
}

// identityFor gives the user-assigned identity of an entry.
func identityFor(v, entry arm.Value) string {
	if v.Kind() == arm.String {
		return v.Str()
	}
	for item := range v.Items() {
		if forEntry(item, entry) {
			return item.Get("identity").Str()
		}
	}
	return ""
}
