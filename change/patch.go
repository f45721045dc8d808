package change

// A patch is a change as code or commands for the tool that keeps what it
// touches. What is put is written in the tool's own form (patch.put): a file for
// each resource, or commands where people or nobody known keeps it.

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"airfield/arm"
	"airfield/emit"
	"airfield/tenant"
)

// File is one file of a patch.
type File struct {
	Name string // relative, with slashes: the path in the tool's repository where it has one
	What string // what to do with it, in sentences
	Text string
}

// Patch writes a change of a tenant for the tool that keeps what it touches.
func Patch(t *tenant.Tenant, c Change, o Owner) ([]File, error) {
	p := patch{t: t, of: c.Of, owner: o, named: map[string]int{}}
	for _, id := range c.Delete {
		if !id.Type().Equal(placementType) { // putting the new placement takes away the old one
			return nil, fmt.Errorf("deleting %s cannot be written as a patch", id)
		}
	}
	// What is new goes first, so that nothing is left out before it is governed again.
	puts := slices.DeleteFunc(slices.Clone(c.Put), func(r arm.Resource) bool { return r.Type().Equal(arm.SubscriptionType) }) // its placement moves it
	slices.SortStableFunc(puts, func(a, b arm.Resource) int { return cmp.Compare(here(t, a), here(t, b)) })
	for _, r := range puts {
		p.before = p.missing(r)
		if err := p.put(plain(r)); err != nil {
			return nil, err
		}
	}
	if len(p.commands) > 0 {
		p.before = ""
		if c.Kind != Move {
			p.before = asking[o]
		}
		p.add("apply.sh", strings.Join(p.steps, " "), "#!/bin/sh\nset -eu\ncd \"$(dirname \"$0\")\"\n\n"+strings.Join(p.commands, "\n"))
	}
	return p.files, nil
}

// asking is what to know before commands are run for an assignment.
var asking = map[Owner]string{
	Unknown:  "Ask first who keeps the assignment: a tool takes back at its next run what is changed beside it. ",
	ALZ:      "Ask first whether the tool of your landing zones keeps exemptions too. ",
	Defender: "Defender for Cloud makes this assignment again where it is missing; its parameters are also in Environment settings, Security policies. ",
}

// A subscription that is yet to be made has no id: its alias behind idOf stands in
// a file.
const (
	yetToBe = "/subscriptions/@"
	idOf    = "ID_OF_"
)

// missing says what must be there before a resource is put.
func (p *patch) missing(r arm.Resource) string {
	what := ""
	if scope := r.ID.Scope(); scope != arm.Tenant && !p.t.Has(scope) {
		what = "Do it when " + scope.Place() + " is there, which it was not when the tenant was read. "
	}
	var told []string
	for _, rest := range strings.Split(string(r.ID)+" "+r.Body.Text(), yetToBe)[1:] {
		alias := rest[:max(0, strings.IndexAny(rest+" ", "/\"\\ "))]
		if !slices.Contains(told, alias) {
			told = append(told, alias)
			what += "Put the id of the subscription " + alias + ", once it is made, in the place of " + idOf + alias + ". "
		}
	}
	return what
}

func here(t *tenant.Tenant, r arm.Resource) int {
	if t.Has(r.ID) {
		return 1
	}
	return 0
}

// patch is one that is being written.
type patch struct {
	t        *tenant.Tenant
	of       arm.ID // what the change is about
	owner    Owner
	files    []File
	commands []string // of apply.sh
	steps    []string // that apply.sh does, or people in the portal
	before   string   // what to know before a file is used
	named    map[string]int
}

func (p *patch) add(name, what, text string) {
	p.files = append(p.files, File{Name: name, What: p.before + what, Text: text})
}

// put writes one resource in the tool's form. It is one switch over the forms.
func (p *patch) put(r arm.Resource) error {
	old, there := p.t.Get(r.ID)
	whole := r.ID.Scope().Type().Equal(arm.ManagementGroupType) && r.Type().Equal(assignmentType) // as the landing zones' tools keep them
	switch placed := r.Type().Equal(placementType); {
	case placed && p.owner == ALZTerraform:
		p.placement(r)
	case placed && p.owner != Terraform && p.owner != Bicep:
		p.command(r, nil)
	case p.owner == EPAC && r.Type().Equal(exemptionType):
		p.exemption(r)
	case p.owner == EPAC:
		p.node(r, edits(old, r))
	case p.owner == ALZTerraform && whole && there:
		p.modify(r, edits(old, r))
	case p.owner == ALZBicep && whole:
		p.parameters(r, edits(old, r))
	case p.owner == ALZ && whole && there:
		p.library(r, edits(old, r))
	case p.owner == ALZTerraform, p.owner == Terraform:
		return p.emit(r, emit.Terraform, p.stem(r)+".tf", "Add the block to your configuration"+p.instead(there))
	case p.owner == ALZBicep, p.owner == Bicep:
		return p.emit(r, emit.Bicep, p.stem(r)+".bicep", "Deploy it at "+r.ID.Scope().Place()+p.instead(there))
	case p.owner == AzOps:
		return p.emit(r, emit.ARM, p.path(r.ID), "Put it into the repository at this path and let AzOps push it; where the folders differ, take those of your repository.")
	default:
		p.command(r, edits(old, r))
	}
	return nil
}

// instead says what to do with what is there already.
func (p *patch) instead(there bool) string {
	if there {
		return ", in the place of what makes the assignment now, or set the same there: it is the whole assignment with the change."
	}
	return "."
}

func (p *patch) emit(r arm.Resource, f emit.Form, name, what string) error {
	text, found := emit.File(f, p.t, r)
	if found.HasErrors() {
		return fmt.Errorf("writing %s: %s", r.ID, found[0].Message)
	}
	p.add(name, what, text)
	return nil
}

// stem names a resource's file, once: what is new after its scope too.
func (p *patch) stem(r arm.Resource) string {
	name := r.ID.Name()
	if scope := r.ID.Scope(); scope != arm.Tenant && !p.t.Has(r.ID) {
		name += "-" + scope.Name()
	}
	name = safe(name)
	key := strings.ToLower(name)
	if p.named[key]++; p.named[key] > 1 {
		name += fmt.Sprintf("-%d", p.named[key])
	}
	return name
}

// safe gives a name that every file system takes.
func safe(name string) string {
	return strings.Map(func(c rune) rune {
		if c < ' ' || strings.ContainsRune(`/\:*?"<>|`, c) {
			return '-'
		}
		return c
	}, name)
}

// path gives the path of a resource in a repository of AzOps, which follows the
// tree of scopes.
// Azure/AzOps: src/AzOps.psm1, GetAzOpsResourcePath
func (p *patch) path(id arm.ID) string {
	scope := id.Scope()
	path := "root/"
	above := append([]arm.ID{scope}, p.t.Ancestors(scope)...)
	if sub := scope.SubscriptionID(); sub != "" && !p.t.Has(sub) {
		path += "management_groups/" // which it is not known to lie in
	}
	slices.Reverse(above)
	for _, s := range above {
		name := s.Name()
		if title := p.title(s); title != "" && s.ResourceGroupID() == "" {
			name = title + " (" + name + ")"
		}
		if s != arm.Tenant {
			path += safe(name) + "/"
		}
	}
	return strings.ToLower(path + strings.ReplaceAll(string(id.Type()), "/", "_") + "-" + safe(id.Name()) + ".json")
}

// title gives the name for people of a management group or subscription.
func (p *patch) title(scope arm.ID) string {
	r, _ := p.t.Get(scope)
	return cmp.Or(r.Get("properties", "displayName").Str(), r.Get("displayName").Str(), r.Get("properties", "name").Str())
}

const (
	assignmentType arm.Type = "Microsoft.Authorization/policyAssignments"
	exemptionType  arm.Type = "Microsoft.Authorization/policyExemptions"
)

// edit is one member of an assignment that gets another value.
type edit struct {
	member    string // of the properties
	parameter string // where the member is parameters
	value     arm.Value
}

// edits gives what a changed assignment has that is different, nil for a new one.
func edits(before, after arm.Resource) []edit {
	if before.ID == "" {
		return nil
	}
	var all []edit
	for name, v := range after.Get("properties", "parameters").Members() {
		if value := v.Get("value"); !value.Equal(before.Get("properties", "parameters", name, "value")) {
			all = append(all, edit{"parameters", name, value})
		}
	}
	for _, member := range []string{"notScopes", "enforcementMode"} {
		if value := after.Get("properties", member); !value.Equal(before.Get("properties", member)) {
			all = append(all, edit{member, "", value})
		}
	}
	return all
}

// changed says what edits change.
func changed(all []edit) string {
	var parts []string
	for _, e := range all {
		if e.parameter != "" {
			parts = append(parts, "parameter "+e.parameter+" = "+e.value.Text())
		} else {
			parts = append(parts, e.member+" = "+e.value.Text())
		}
	}
	return strings.Join(parts, ", ")
}

// top are the members of a body that somebody writes beside one another; exports
// have others there.
var top = []string{"id", "name", "type", "apiVersion", "location", "identity", "properties"}

// readOnly are members below these that Azure writes by itself.
// learn.microsoft.com/azure/templates/microsoft.authorization/policyassignments
var readOnly = [][]string{
	{"identity", "principalId"}, {"identity", "tenantId"},
	{"properties", "scope"}, {"properties", "effectiveDefinitionVersion"}, {"properties", "latestDefinitionVersion"}, {"properties", "instanceId"},
	{"properties", "metadata", "createdBy"}, {"properties", "metadata", "createdOn"},
	{"properties", "metadata", "updatedBy"}, {"properties", "metadata", "updatedOn"},
}

// plain gives a resource as somebody writes it, who knows no alias.
func plain(r arm.Resource) arm.Resource {
	if strings.Contains(r.Body.Text(), yetToBe) {
		r.Body, _ = arm.Parse(strings.ReplaceAll(r.Body.Text(), yetToBe, "/subscriptions/"+idOf)) // a longer text in a string
	}
	r.ID = arm.ID(strings.ReplaceAll(string(r.ID), yetToBe, "/subscriptions/"+idOf))
	own := arm.O{}
	for _, name := range top {
		if v := r.Get(name); v.Kind() > arm.Null && v.Text() != `""` {
			own = append(own, name, v)
		}
	}
	r.Body = arm.New(own)
	for _, path := range readOnly {
		r.Body = r.Body.Without(path...)
	}
	if of := r.Get("identity", "userAssignedIdentities"); of.Len() > 0 {
		ids := arm.O{}
		for id := range of.Members() {
			ids = append(ids, id, arm.O{})
		}
		r.Body, _ = r.Body.Set(ids, "identity", "userAssignedIdentities")
	}
	return r
}

// text prints JSON for people.
func text(v any) string {
	var b bytes.Buffer
	json.Indent(&b, []byte(arm.New(v).Text()), "", "  ") // what New gives is JSON
	return b.String() + "\n"
}
