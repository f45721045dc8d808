package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"airfield/arm"
	"airfield/change"
	"airfield/diag"
	"airfield/policy"
	"airfield/report"
	"airfield/snapshot"
	"airfield/tenant"
	"airfield/whatif"

	"github.com/spf13/cobra"
)

const whatifHelp = `Whatif tells what changes to a tenant's governance lead to, resource by resource:
what would be denied on its next write, found, written, deployed to or let
through, who gains or loses access, and which budgets count.

Several changes are made together. Nothing is written anywhere.

Exit code 0: nothing is denied, and everything is known. 1: something is denied
on its next write, or not known. 2: something could not be read.`

type whatifFlags struct {
	tenant, now, colour                          string
	move, assign, unassign, exempt, set, enforce []string
	put, remove                                  []string
	auditOnly, json, full                        bool
}

func whatifCommand() *cobra.Command {
	var f whatifFlags
	c := &cobra.Command{
		Use:   "whatif",
		Short: "Say what a change to a tenant's governance leads to",
		Long:  whatifHelp,
		Example: "  airfield whatif -t tenant.jsonl.gz --move payments-prod=contoso-corp\n" +
			"  airfield whatif -t tenant.jsonl.gz --assign deny-public-ip.json --audit-only\n" +
			"  airfield whatif -t tenant.jsonl.gz --set 'allowed-sizes:listOfAllowedSKUs=[\"Standard_D4s_v5\"]'",
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return runWhatif(f) },
	}
	c.Flags().StringVarP(&f.tenant, "tenant", "t", "", "the snapshot of the tenant")
	c.Flags().StringArrayVar(&f.move, "move", nil, "move a subscription: `SUBSCRIPTION=GROUP`")
	c.Flags().StringArrayVar(&f.assign, "assign", nil, "a `file` of policy assignments, with definitions and sets they need")
	c.Flags().StringArrayVar(&f.unassign, "unassign", nil, "take a policy `assignment` away")
	c.Flags().StringArrayVar(&f.exempt, "exempt", nil, "exempt a scope: `ASSIGNMENT[#REFERENCE]@SCOPE`")
	c.Flags().StringArrayVar(&f.set, "set", nil, "change a parameter: `ASSIGNMENT:NAME=VALUE`, the value as JSON or text")
	c.Flags().StringArrayVar(&f.enforce, "enforce", nil, "change an enforcement mode: `ASSIGNMENT=MODE`, Default or DoNotEnforce")
	c.Flags().StringArrayVar(&f.put, "put", nil, "a `file` of other resources to put, such as role assignments")
	c.Flags().StringArrayVar(&f.remove, "delete", nil, "a resource `id` to delete with what lies below it, such as that of a role assignment")
	c.Flags().BoolVar(&f.auditOnly, "audit-only", false, "assign with enforcement mode DoNotEnforce")
	c.Flags().StringVar(&f.now, "now", "", "the time to judge at; without it, now")
	c.Flags().StringVar(&f.colour, "color", "auto", "auto, always or never")
	c.Flags().BoolVar(&f.json, "json", false, "print as JSON")
	c.Flags().BoolVar(&f.full, "full", false, "print every resource")
	return c
}

func runWhatif(f whatifFlags) error {
	if f.tenant == "" {
		return errors.New("name the snapshot of the tenant with --tenant")
	}
	now, err := timeOf(f.now)
	if err != nil {
		return err
	}
	colour := colourOn(f.colour, os.Stderr)
	var found diag.List
	t, err := readTenant(f.tenant, &found)
	if err != nil {
		return err
	}
	if printFindings(found, colour); found.HasErrors() {
		return errUnreadable
	}
	all, err := f.changes(t, colour)
	if err != nil {
		return err
	}
	if len(all) == 0 {
		return errors.New("name a change: --move, --assign, --unassign, --exempt, --set, --enforce, --put or --delete")
	}
	a := whatif.Compare(t, all, whatif.Options{Policy: policy.Options{Now: now}, Side: side})
	printFew(a.Findings, f.full, colour)
	out := report.WhatIf(all, a)
	if f.json {
		err = printJSON(out)
	} else {
		err = out.Text(os.Stdout, f.full, colourOn(f.colour, os.Stdout))
	}
	if err == nil && out.Bad() {
		return errFindings
	}
	return err
}

// changes reads the changes that the flags name, each made to what the ones before
// it lead to: what is assigned first, what is taken away last.
func (f *whatifFlags) changes(t *tenant.Tenant, colour bool) ([]change.Change, error) {
	n := &names{t}
	var all []change.Change
	for _, flag := range []struct {
		given []string
		read  func(string) (change.Change, error)
	}{
		{f.put, func(file string) (change.Change, error) { return putOf(file, colour) }},
		{f.assign, func(file string) (change.Change, error) { return f.assigned(file, colour) }},
		{f.move, n.move}, {f.set, n.set}, {f.enforce, n.enforce}, {f.exempt, n.exempt}, {f.unassign, n.unassign}, {f.remove, n.remove},
	} {
		for _, text := range flag.given {
			c, err := flag.read(text)
			if err != nil {
				return nil, fmt.Errorf("%q: %w", text, err)
			}
			n.t, _ = change.Apply(n.t, c) // Compare tells what is found
			all = append(all, c)
		}
	}
	return all, nil
}

// assigned reads a file of policies to assign.
func (f *whatifFlags) assigned(file string, colour bool) (change.Change, error) {
	c := change.Change{Kind: change.Assign, Title: "assign what is in " + file}
	src, found, err := readSource(file)
	if err != nil {
		return c, err
	}
	var pieces []snapshot.Piece
	if !found.HasErrors() {
		pieces, found = snapshot.Policies(src, "")
	}
	if printFindings(found, colour); found.HasErrors() {
		return c, errUnreadable
	}
	for _, p := range pieces {
		r := p.Resource
		if f.auditOnly && r.Type().Equal("Microsoft.Authorization/policyAssignments") {
			mode, err := change.Mode(r, "DoNotEnforce")
			if err != nil {
				return c, err
			}
			r = mode.Put[0]
		}
		c.Put = append(c.Put, r)
	}
	return c, nil
}

func putOf(file string, colour bool) (change.Change, error) {
	c := change.Change{Kind: change.Assign, Title: "put what is in " + file}
	e := evalFlags{scope: "/"}
	sources, err := readGiven([]string{file})
	if err != nil {
		return c, err
	}
	pieces, gaps, err := e.requests(sources, colour)
	if err == nil && len(gaps) > 0 {
		err = fmt.Errorf("not all of it was read: %s", gaps[0].Message)
	}
	for _, p := range pieces {
		c.Put = append(c.Put, p.Resource)
	}
	return c, err
}

// names finds what a user names in a tenant: by id, by name or by display name.
type names struct{ t *tenant.Tenant }

func (n *names) find(typ arm.Type, text string) (arm.Resource, error) {
	if id, err := arm.ParseID(text); err == nil {
		if r, ok := n.t.Get(id); ok {
			return r, nil
		}
	}
	var all []arm.Resource
	for r := range n.t.OfType(typ) {
		if arm.EqualFold(r.ID.Name(), text) || strings.EqualFold(r.Get("properties", "displayName").Str(), text) || strings.EqualFold(r.Get("displayName").Str(), text) {
			all = append(all, tenant.Keep(r))
		}
	}
	what := string(typ[strings.LastIndexByte(string(typ), '/')+1:])
	switch len(all) {
	case 0:
		return arm.Resource{}, fmt.Errorf("the tenant has none of %s with the id or name %q%s", what, text, diag.DidYouMean(text, n.of(typ)))
	case 1:
		return all[0], nil
	}
	var ids []string
	for _, r := range all {
		ids = append(ids, string(r.ID))
	}
	return arm.Resource{}, fmt.Errorf("%d of %s have the name %q: name one by its id: %s", len(all), what, text, strings.Join(ids, ", "))
}

// of gives the names that those of a type have.
func (n *names) of(typ arm.Type) []string {
	var all []string
	for r := range n.t.OfType(typ) {
		for _, name := range []string{r.ID.Name(), r.Get("properties", "displayName").Str(), r.Get("displayName").Str()} {
			if name != "" {
				all = append(all, name)
			}
		}
	}
	return all
}

const assignmentType = arm.Type("Microsoft.Authorization/policyAssignments")

func (n *names) move(text string) (change.Change, error) {
	sub, group, ok := strings.Cut(text, "=")
	if !ok {
		return change.Change{}, errors.New("wanted SUBSCRIPTION=GROUP")
	}
	s, err := n.find(arm.SubscriptionType, sub)
	if err != nil {
		return change.Change{}, err
	}
	g, err := n.find(arm.ManagementGroupType, group)
	if err != nil {
		return change.Change{}, err
	}
	return change.MoveTo(n.t, s.ID, g.ID)
}

func (n *names) unassign(text string) (change.Change, error) {
	a, err := n.find(assignmentType, text)
	return change.Change{Kind: change.Unassign, Of: a.ID, Title: "take assignment " + text + " away", Delete: []arm.ID{a.ID}}, err
}

func (n *names) exempt(text string) (change.Change, error) {
	at := strings.LastIndex(text, "@/") // an assignment's name may hold an @, as a scope's may
	if at < 0 {
		return change.Change{}, errors.New("wanted ASSIGNMENT@SCOPE or ASSIGNMENT#REFERENCE@SCOPE, the scope as an id")
	}
	scope, err := arm.ParseID(text[at+1:])
	if err != nil {
		return change.Change{}, err
	}
	name, reference, _ := strings.Cut(text[:at], "#")
	a, err := n.find(assignmentType, name)
	if err != nil {
		return change.Change{}, err
	}
	x := change.Exempting{Scopes: []arm.ID{scope}, Category: "Waiver", Name: "whatif"}
	if reference != "" {
		x.References = []string{reference}
	}
	return change.Exempt(n.t, a, x), n.exempts(a, reference, scope)
}

// exempts tells what is wrong where an exemption would take nothing out of an
// assignment.
func (n *names) exempts(a arm.Resource, reference string, scope arm.ID) error {
	if !n.t.Has(scope) {
		return fmt.Errorf("the tenant does not have the scope %s", scope)
	}
	if at := a.ID.Scope(); !scope.Under(at) && !slices.ContainsFunc(n.t.Ancestors(scope), at.Equal) {
		return fmt.Errorf("the scope does not lie in %s, where %q is assigned", at.Place(), a.ID.Name())
	}
	set, ok := n.t.Get(arm.ID(a.Get("properties", "policyDefinitionId").Str()))
	if reference == "" || !ok {
		return nil
	}
	var all []string
	for m := range set.Get("properties", "policyDefinitions").Items() {
		all = append(all, m.Get("policyDefinitionReferenceId").Str())
	}
	if !slices.ContainsFunc(all, func(s string) bool { return strings.EqualFold(s, reference) }) {
		return fmt.Errorf("what is assigned as %q has no member with the reference %q%s", a.ID.Name(), reference, diag.DidYouMean(reference, all))
	}
	return nil
}

func (n *names) set(text string) (change.Change, error) {
	before, value, has := strings.Cut(text, "=")
	colon := strings.LastIndexByte(before, ':')
	if colon < 0 || !has {
		return change.Change{}, errors.New("wanted ASSIGNMENT:NAME=VALUE")
	}
	a, err := n.find(assignmentType, before[:colon])
	if err != nil {
		return change.Change{}, err
	}
	v, err := arm.Parse(value)
	if err != nil {
		v = arm.New(value)
	}
	parameter := before[colon+1:]
	return change.SetParameter(a, change.Value{Name: parameter, Old: a.Get("properties", "parameters", parameter, "value"), New: v})
}

func (n *names) enforce(text string) (change.Change, error) {
	name, mode, ok := strings.Cut(text, "=")
	if !ok || !arm.EqualFold(mode, "Default") && !arm.EqualFold(mode, "DoNotEnforce") {
		return change.Change{}, errors.New("wanted ASSIGNMENT=Default or ASSIGNMENT=DoNotEnforce")
	}
	a, err := n.find(assignmentType, name)
	if err != nil {
		return change.Change{}, err
	}
	if arm.EqualFold(mode, "Default") {
		return change.Mode(a, "Default")
	}
	return change.Mode(a, "DoNotEnforce")
}

func (n *names) remove(text string) (change.Change, error) {
	id, err := arm.ParseID(text)
	switch {
	case err != nil:
	case !n.t.Has(id):
		err = errors.New("the tenant does not have it")
	case id.Type().Equal(arm.ManagementGroupType) && len(n.t.Children(id)) > 0:
		err = errors.New("a management group in which something lies is not deleted: move that first")
	}
	return change.Change{Kind: change.Unassign, Of: id, Title: "delete " + text, Delete: slices.Collect(n.t.IDs(id))}, err
}
