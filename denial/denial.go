// Package denial reads the errors with which Azure refuses a request, as any
// tool prints them: az, Azure PowerShell, Terraform, Bicep, azd, the portal, the
// REST API, the activity log, and logs of pipelines around them.
//
// A text goes in; Denials come out: what was refused, by which policies, with
// the values that Azure saw as far as the text has them, and errors that are
// something else than a policy's, named for what they are. What a text does not
// say stays empty: the package knows no tenant and judges nothing.
//
// JSON is found wherever it stands, at any level of escaping, and read as far
// as it goes (json.go); what is around it is read by the phrases that Azure and
// the tools use (read.go); what terminals and pipelines add is taken off first
// (page.go).
package denial

import (
	"cmp"
	"strings"

	"airfield/arm"
	"airfield/diag"
	"airfield/source"
)

// Denial is one refused request.
type Denial struct {
	Pos      diag.Pos // where the text first speaks of it
	Code     string   // ByPolicy, or one of the other codes that Azure has
	Message  string   // of an error that is not a policy's
	Resource Resource
	Address  string   // of the resource in the user's code, as Terraform names it
	Reasons  []string // what the assignments say to whoever is refused
	Policies []Policy
	Cut      bool // the text breaks off within what it says of the denial
}

// ByPolicy is the code of what an Azure policy refuses.
const ByPolicy = "RequestDisallowedByPolicy"

// Resource is what the refused request was about, as far as it is said.
type Resource struct {
	ID   arm.ID
	Name string
	Type arm.Type
}

// Policy is one policy that refused a request.
type Policy struct {
	Assignment Object
	Definition Object
	Set        Object // without a name where the definition is assigned by itself
	Scope      arm.ID // that it is assigned to
	Reference  string // policyDefinitionReferenceId
	Effect     string
	Parameters arm.Value // of the assignment, {name: {value}}
	Message    string    // what the assignment says to whoever is refused
	Conditions []Evaluated
}

// Object is a policy object, as far as it is said.
type Object struct {
	ID    arm.ID
	Name  string
	Title string // display name
}

// Evaluated is one condition, with what Azure saw.
type Evaluated struct {
	Kind       string // Field, Value or Count
	Expression string
	Path       string
	Operator   string
	Result     string    // "True" or "False"
	Value      arm.Value // Missing where the resource has none
	Target     arm.Value
}

// Told gives what the text tells of the resource that was refused: its id, or one
// in the scope, and the values that conditions saw; false where it does not tell
// enough to name it.
func (d Denial) Told(scope arm.ID) (arm.Resource, bool) {
	id, names := d.Resource.ID, strings.Split(d.Resource.Name, "/")
	if id == "" && strings.Count(string(d.Resource.Type), "/") == len(names) {
		id = scope.Resource(d.Resource.Type, names...)
	}
	if _, err := arm.ParseID(string(id)); err != nil || id.SubscriptionID() == "" {
		return arm.Resource{}, false
	}
	body := arm.New(arm.O{"id", id, "name", id.Name(), "type", id.Type()})
	for _, p := range d.Policies {
		for _, c := range p.Conditions {
			path := strings.Split(c.Path, ".")
			if !c.Value.Exists() || c.Path == "" || strings.ContainsAny(c.Path, "[]()") || arm.EqualFold(path[0], "type") || arm.EqualFold(path[0], "id") || arm.EqualFold(path[0], "name") {
				continue
			}
			if more, err := body.Set(c.Value, path...); err == nil {
				body = more
			}
		}
	}
	return arm.Resource{ID: id, Body: body, Pos: d.Pos}, true
}

// Read finds the denials in a text, in the order it first speaks of them.
func Read(name string, raw []byte) ([]Denial, diag.List) {
	var found diag.List
	if len(raw) > source.MaxFile {
		found.Errorf(diag.Pos{File: name}, "denial/size", "text has %d MiB, at most %d MiB are read", len(raw)>>20, source.MaxFile>>20)
		return nil, found
	}
	r := reader{page: clean(name, decode(raw))}
	r.text(r.page.text)
	all := r.end()
	if len(all) == 0 {
		found.Errorf(diag.Pos{File: name}, "denial/none", "text has no error with which Azure refuses a request; where a tool printed no more than a status, --debug or the activity log has it")
	}
	for _, d := range all {
		if d.Cut {
			found.Warnf(d.Pos, "denial/cut", "text breaks off within this error: what it lacks is not known")
		}
	}
	return all, found
}

// Known tells whether the object is named at all.
func (o Object) Known() bool { return o != Object{} }

// String gives the object's title, else its name.
func (o Object) String() string {
	if o.Title != "" {
		return o.Title
	}
	return o.Name
}

// Masked tells whether the object's id was made unreadable, as pipelines do
// with secrets and people with what they show around.
func (o Object) Masked() bool {
	s := o.ID.SubscriptionID().Name()
	return s != "" && !guid.MatchString(s)
}

// Same tells whether two objects may be one, by what is known of both.
func (o Object) Same(p Object) bool {
	switch {
	case !o.Known() || !p.Known():
		return true
	case o.ID != "" && p.ID != "" && !o.Masked() && !p.Masked():
		return o.ID.Equal(p.ID)
	case o.Name != "" && p.Name != "":
		return strings.EqualFold(o.Name, p.Name)
	}
	return strings.EqualFold(o.String(), p.String()) || strings.EqualFold(o.Title, p.Name) || strings.EqualFold(o.Name, p.Title)
}

// with gives the object with what p knows of it and o does not.
func (o Object) with(p Object) Object {
	if o.ID == "" || o.Masked() && p.ID != "" {
		o.ID = p.ID
	}
	o.Name, o.Title = cmp.Or(o.Name, p.Name), cmp.Or(o.Title, p.Title)
	return o
}
