// Package change holds changes to how a tenant is governed: a parameter of a
// policy assignment, an exemption, a scope left out of one and assigned again
// below it, a subscription moved, something assigned or taken away.
//
// An assignment or a subscription and what is wanted of it go in; a Change
// comes out, which says what is put and what is deleted, and makes of a tenant
// the tenant that will be (Apply). What a change leads to is for the packages
// that judge tenants: review proposes changes, and whatif compares the tenant
// before with the one after.
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
		var more diag.List
		if len(c.Delete) > 0 {
			t, more = t.Without(c.Delete...)
			found = append(found, more...)
		}
		t, more = t.With(c.Put...)
		found = append(found, more...)
	}
	return t, found
}

// SetParameter gives an assignment's parameter another value.
func SetParameter(assignment arm.Resource, name string, value arm.Value) (Change, error) {
	put, err := withParameter(assignment, name, value)
	return Change{Kind: Parameter, Of: assignment.ID, Put: []arm.Resource{put},
		Title: fmt.Sprintf("set parameter %s of assignment %q to %s", name, titleOf(assignment), value.Text())}, err
}

func withParameter(assignment arm.Resource, name string, value arm.Value) (arm.Resource, error) {
	body, err := assignment.Body.Set(value, "properties", "parameters", name, "value")
	assignment.Body = body
	return assignment, err
}

// Exempting is what an exemption takes out of an assignment, and why.
type Exempting struct {
	Scope      arm.ID
	References []string // of the members of a set, none for all
	Category   string   // Waiver or Mitigated
	Expires    time.Time
	Name       string // of the exemption
	Reason     string // why, for those who read it later
}

// Exempt takes a scope out of an assignment for a time.
func Exempt(assignment arm.Resource, x Exempting) Change {
	id := x.Scope.Resource("Microsoft.Authorization/policyExemptions", x.Name)
	p := arm.O{"policyAssignmentId", assignment.ID}
	if len(x.References) > 0 {
		p = append(p, "policyDefinitionReferenceIds", x.References)
	}
	p = append(p, "exemptionCategory", x.Category, "displayName", fmt.Sprintf("%s for %s", titleOf(assignment), x.Scope.Name()), "description", x.Reason)
	until := "without end"
	if !x.Expires.IsZero() {
		p = append(p, "expiresOn", x.Expires.UTC().Format(time.RFC3339))
		until = "until " + x.Expires.UTC().Format(time.DateOnly)
	}
	return Change{Kind: Exemption, Of: assignment.ID,
		Title: fmt.Sprintf("exempt %s from assignment %q %s", x.Scope.Place(), titleOf(assignment), until),
		Put:   []arm.Resource{{ID: id, Body: arm.New(arm.O{"id", id, "name", x.Name, "type", id.Type(), "properties", p})}}}
}

// LeaveOut leaves scopes out of an assignment, and assigns the same again at
// each of them with other values of parameters.
func LeaveOut(assignment arm.Resource, scopes []arm.ID, name string, value arm.Value) (Change, error) {
	var names []string
	not := arm.A{}
	for _, s := range assignment.Get("properties", "notScopes").Strings() {
		not = append(not, s)
	}
	c := Change{Kind: Reassign, Of: assignment.ID}
	for _, s := range scopes {
		not, names = append(not, s), append(names, s.Place())
		again, err := below(assignment, s, name, value)
		if err != nil {
			return c, err
		}
		c.Put = append(c.Put, again)
	}
	body, err := assignment.Body.Set(not, "properties", "notScopes")
	assignment.Body = body
	c.Put = append([]arm.Resource{assignment}, c.Put...)
	c.Title = fmt.Sprintf("leave %s out of assignment %q, and assign it there with parameter %s as %s", strings.Join(names, ", "), titleOf(assignment), name, value.Text())
	if identity := assignment.Get("identity", "type").Str(); identity != "" && !arm.EqualFold(identity, "None") {
		c.Note = "the assignment has an identity: the new one needs its roles at " + strings.Join(names, ", ")
	}
	return c, err
}

// below gives an assignment again at another scope.
func below(assignment arm.Resource, scope arm.ID, name string, value arm.Value) (arm.Resource, error) {
	own := assignment.ID.Name()
	id := scope.Resource("Microsoft.Authorization/policyAssignments", own)
	body, err := assignment.Body.Set(string(id), "id")
	if err == nil {
		body, err = body.Set(string(scope), "properties", "scope")
	}
	again := arm.Resource{ID: id, Body: body.Without("properties", "notScopes")}
	if err != nil {
		return again, err
	}
	return withParameter(again, name, value)
}

// MoveTo moves a subscription to a management group.
func MoveTo(t *tenant.Tenant, sub, group arm.ID) (Change, error) {
	c := Change{Kind: Move, Of: sub, Title: fmt.Sprintf("move %s to %s", sub.Place(), group.Place())}
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
	return c, nil
}

const placementType arm.Type = arm.ManagementGroupType + "/subscriptions"

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
