// Package change holds changes to how a tenant is governed: a parameter of a
// policy assignment, an exemption, a scope left out of one and assigned again
// below it, a subscription moved, something assigned or taken away.
//
// An assignment or a subscription and what is wanted of it go in; a Change
// comes out, which says what is put and what is deleted, and makes of a tenant
// the tenant that will be (Apply). Written for the tool that keeps what it
// touches (OwnerOf) it is a patch: files of code, or commands (Patch). What a
// change leads to is for the packages that judge tenants: review proposes
// changes, and whatif compares the tenant before with the one after.
package change

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"airfield/arm"
	"airfield/diag"
	"airfield/tenant"
)

// Change is one change, by whoever owns what it touches.
type Change struct {
	Kind   Kind           `json:"kind"`
	Title  string         `json:"title"` // what to do, as a sentence without its end
	Of     arm.ID         `json:"of"`    // the assignment, subscription or role assignment that it is about
	Put    []arm.Resource `json:"-"`
	Delete []arm.ID       `json:"delete,omitempty"`
	Note   string         `json:"note,omitempty"` // what to know before doing it
}

// Kind is the kind of a change.
type Kind uint8

// The kinds of change.
const (
	Parameter Kind = iota // another value of an assignment's parameter
	Exemption
	Reassign // a scope is left out of an assignment, which is made again there, different
	Move     // a subscription to another management group
	Assign
	Unassign
	Enforce // another enforcement mode
)

var kindNames = [...]string{"parameter", "exemption", "reassign", "move", "assign", "unassign", "enforce"}

// String gives the kind's name, as an estate's change.may_propose has it.
func (k Kind) String() string { return kindNames[k] }

// MarshalText gives the kind's name.
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// Apply gives the tenant as it is after the changes.
func Apply(t *tenant.Tenant, all ...Change) (*tenant.Tenant, diag.List) {
	var found diag.List
	for _, c := range all {
		if len(c.Delete) > 0 {
			t, _ = t.Without(c.Delete...) // what is found of the tree counts when all is done
		}
		var more diag.List
		t, more = t.With(c.Put...)
		found = append(found, more...)
	}
	return t, found
}

// Value is another value for a parameter of an assignment.
type Value struct {
	Name string
	Old  arm.Value // that the parameter has now, Missing where not known
	New  arm.Value
}

// String says what becomes of the parameter: what a list gains or loses.
func (v Value) String() string {
	if v.Old.Kind() != arm.Array || v.New.Kind() != arm.Array {
		return fmt.Sprintf("parameter %s as %s", v.Name, v.New.Text())
	}
	more, less := without(v.New, v.Old), without(v.Old, v.New)
	switch {
	case len(less) == 0:
		return fmt.Sprintf("%s added to parameter %s", strings.Join(more, ", "), v.Name)
	case len(more) == 0:
		return fmt.Sprintf("%s taken out of parameter %s", strings.Join(less, ", "), v.Name)
	}
	return fmt.Sprintf("parameter %s as %s", v.Name, v.New.Text())
}

// without gives the items of a list that another does not have, as JSON.
func without(list, other arm.Value) []string {
	var all []string
	for item := range list.Items() {
		if !slices.ContainsFunc(slices.Collect(other.Items()), item.Equal) {
			all = append(all, item.Text())
		}
	}
	return all
}

// SetParameter gives an assignment's parameter another value.
func SetParameter(assignment arm.Resource, v Value) (Change, error) {
	put, err := v.in(assignment)
	return Change{Kind: Parameter, Of: assignment.ID, Put: []arm.Resource{put},
		Title: fmt.Sprintf("have assignment %q with %s", titleOf(assignment), v)}, err
}

// in gives an assignment with the value.
func (v Value) in(assignment arm.Resource) (arm.Resource, error) {
	body, err := assignment.Body.Set(v.New, "properties", "parameters", v.Name, "value")
	assignment.Body = body
	return assignment, err
}

// Exempting is what an exemption takes out of an assignment, and why.
type Exempting struct {
	Scopes     []arm.ID
	References []string // of the members of a set, none for all
	Category   string   // Waiver or Mitigated
	Expires    time.Time
	Name       string // of the exemption
	Reason     string // why, for those who read it later
}

// Exempt takes scopes out of an assignment for a time.
func Exempt(t *tenant.Tenant, assignment arm.Resource, x Exempting) Change {
	c := Change{Kind: Exemption, Of: assignment.ID}
	p := arm.O{"policyAssignmentId", assignment.ID}
	if len(x.References) > 0 {
		p = append(p, "policyDefinitionReferenceIds", x.References)
	}
	p = append(p, "exemptionCategory", x.Category, "description", x.Reason)
	until := "without end"
	if !x.Expires.IsZero() {
		p = append(p, "expiresOn", x.Expires.UTC().Format(time.RFC3339))
		until = "until " + x.Expires.UTC().Format(time.DateOnly)
	}
	for _, s := range x.Scopes {
		id := free(t, s, "Microsoft.Authorization/policyExemptions", x.Name)
		own := append(slices.Clone(p), "displayName", fmt.Sprintf("%s for %s", titleOf(assignment), t.Title(s)))
		c.Put = append(c.Put, arm.Resource{ID: id, Body: arm.New(arm.O{"id", id, "name", id.Name(), "type", id.Type(), "properties", own})})
	}
	of := ""
	for _, r := range x.References {
		of += fmt.Sprintf("%q of ", r)
	}
	c.Title = fmt.Sprintf("exempt %s from %sassignment %q %s", titles(t, x.Scopes), of, titleOf(assignment), until)
	return c
}

// free gives the id of a new resource at a scope, under a name that nothing has.
func free(t *tenant.Tenant, scope arm.ID, typ arm.Type, name string) arm.ID {
	id := scope.Resource(typ, name)
	for n := 2; t.Has(id); n++ {
		id = scope.Resource(typ, fmt.Sprintf("%s-%d", name, n))
	}
	return id
}

// titles names scopes for people.
func titles(t *tenant.Tenant, all []arm.ID) string {
	var names []string
	for _, s := range all {
		names = append(names, t.Title(s))
	}
	return strings.Join(names, ", ")
}

// LeaveOut leaves scopes out of an assignment, and assigns the same again at
// each of them with other values of parameters.
func LeaveOut(t *tenant.Tenant, assignment arm.Resource, scopes []arm.ID, v Value) (Change, error) {
	not := arm.A{}
	for _, s := range assignment.Get("properties", "notScopes").Strings() {
		not = append(not, s)
	}
	c := Change{Kind: Reassign, Of: assignment.ID}
	for _, s := range scopes {
		not = append(not, s)
		again, err := v.below(t, assignment, s)
		if err != nil {
			return c, err
		}
		c.Put = append(c.Put, again)
	}
	body, err := assignment.Body.Set(not, "properties", "notScopes")
	assignment.Body = body
	c.Put = append([]arm.Resource{assignment}, c.Put...)
	c.Title = fmt.Sprintf("leave %s out of assignment %q, and assign it there with %s", titles(t, scopes), titleOf(assignment), v)
	c.Note = left(t, assignment, scopes)
	return c, err
}

// left says what an assignment made again at some scopes has not of the first.
func left(t *tenant.Tenant, assignment arm.Resource, scopes []arm.ID) string {
	var all []string
	if identity := assignment.Get("identity", "type").Str(); identity != "" && !arm.EqualFold(identity, "None") {
		all = append(all, "the assignment has an identity: the new ones need its roles at "+titles(t, scopes))
	}
	for x := range t.OfType(exemptionType) {
		at := x.ID.Scope()
		holds := func(s arm.ID) bool { return at.Under(s) || slices.ContainsFunc(t.Ancestors(s), at.Equal) }
		if assignment.ID.Equal(arm.ID(x.Get("properties", "policyAssignmentId").Str())) && slices.ContainsFunc(scopes, holds) {
			until := ""
			if end := x.Get("properties", "expiresOn").Str(); end != "" {
				until = ", which ends " + end + ","
			}
			all = append(all, fmt.Sprintf("exemption %s at %s%s does not hold for the new assignment", x.ID.Name(), at.Place(), until))
		}
	}
	return strings.Join(all, "; ")
}

// below gives an assignment again at another scope, with the value.
func (v Value) below(t *tenant.Tenant, assignment arm.Resource, scope arm.ID) (arm.Resource, error) {
	id := free(t, scope, "Microsoft.Authorization/policyAssignments", assignment.ID.Name())
	body := assignment.Body
	var err error
	for _, set := range [][]string{{string(id), "id"}, {id.Name(), "name"}, {string(scope), "properties", "scope"}} {
		if err == nil {
			body, err = body.Set(set[0], set[1:]...)
		}
	}
	not := slices.DeleteFunc(assignment.Get("properties", "notScopes").Strings(), func(s string) bool { return !arm.ID(s).Under(scope) })
	if body = body.Without("properties", "notScopes"); err == nil && len(not) > 0 {
		body, err = body.Set(not, "properties", "notScopes")
	}
	again := arm.Resource{ID: id, Body: body}
	if err != nil {
		return again, err
	}
	return v.in(again)
}

// MoveTo moves a subscription to a management group.
func MoveTo(t *tenant.Tenant, sub, group arm.ID) (Change, error) {
	c := Change{Kind: Move, Of: sub, Title: fmt.Sprintf("move %s to %s", t.Title(sub), group.Place())}
	if !t.Has(group) {
		return c, fmt.Errorf("management group %s is not in the tenant", group.Name())
	}
	for id := range t.IDs("/providers/Microsoft.Management/managementGroups") {
		if id.Type().Equal(placementType) && arm.EqualFold(id.Name(), sub.Name()) {
			c.Delete = append(c.Delete, id)
		}
	}
	id := group.Child("subscriptions", sub.Name())
	c.Delete = slices.DeleteFunc(c.Delete, id.Equal)
	c.Put = []arm.Resource{{ID: id, Body: arm.New(arm.O{"id", id, "name", sub.Name(), "type", placementType})}}
	if r, ok := t.Get(sub); ok && r.Get("properties", ancestors).Exists() { // where it lay, as Resource Graph tells it
		r.Body = r.Body.Without("properties", ancestors)
		c.Put = append(c.Put, r)
	}
	return c, nil
}

const (
	ancestors              = "managementGroupAncestorsChain"
	placementType arm.Type = arm.ManagementGroupType + "/subscriptions"
)

// Mode gives an assignment another enforcement mode.
func Mode(assignment arm.Resource, mode string) (Change, error) {
	body, err := assignment.Body.Set(mode, "properties", "enforcementMode")
	assignment.Body = body
	return Change{Kind: Enforce, Of: assignment.ID, Put: []arm.Resource{assignment},
		Title: fmt.Sprintf("set the enforcement mode of assignment %q to %s", titleOf(assignment), mode)}, err
}

func titleOf(r arm.Resource) string {
	if title := r.Get("properties", "displayName").Str(); title != "" {
		return title
	}
	return r.ID.Name()
}
