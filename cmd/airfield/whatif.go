package main

import (
	"errors"
	"fmt"
	"os"
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
		Short: "What a change to a tenant's governance leads to",
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
	c.Flags().StringArrayVar(&f.remove, "delete", nil, "a resource `id` to delete, such as that of a role assignment")
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

// changes reads the changes that the flags name.
func (f *whatifFlags) changes(t *tenant.Tenant, colour bool) ([]change.Change, error) {
	var all []change.Change
	read := func(given []string, make func(string) (change.Change, error)) error {
		for _, text := range given {
			c, err := make(text)
			if err != nil {
				return fmt.Errorf("%q: %w", text, err)
			}
			all = append(all, c)
		}
		return nil
	}
	n := names{t}
	err := errors.Join(
		read(f.move, n.move), read(f.unassign, n.unassign), read(f.exempt, n.exempt), read(f.set, n.set), read(f.enforce, n.enforce),
		read(f.assign, func(file string) (change.Change, error) { return f.assigned(file, colour) }),
		read(f.put, func(file string) (change.Change, error) { return putOf(file, colour) }),
		read(f.remove, n.remove))
	return all, err
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
	pieces, _, err := e.requests(sources, colour)
	for _, p := range pieces {
		c.Put = append(c.Put, p.Resource)
	}
	return c, err
}

// names finds what a user names in a tenant: by id, by name or by display name.
type names struct{ t *tenant.Tenant }

func (n names) find(typ arm.Type, text string) (arm.Resource, error) {
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
		return arm.Resource{}, fmt.Errorf("the tenant has none of %s with the id or name %q", what, text)
	case 1:
		return all[0], nil
	}
	return arm.Resource{}, fmt.Errorf("%d of %s have the name %q: name the id, such as %s", len(all), what, text, all[0].ID)
}

const assignmentType = arm.Type("Microsoft.Authorization/policyAssignments")

func (n names) move(text string) (change.Change, error) {
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

func (n names) unassign(text string) (change.Change, error) {
	a, err := n.find(assignmentType, text)
	return change.Change{Kind: change.Unassign, Of: a.ID, Title: "take assignment " + text + " away", Delete: []arm.ID{a.ID}}, err
}

func (n names) exempt(text string) (change.Change, error) {
	name, scope, ok := strings.Cut(text, "@")
	at, err := arm.ParseID(scope)
	if !ok || err != nil {
		return change.Change{}, errors.Join(errors.New("wanted ASSIGNMENT@SCOPE or ASSIGNMENT#REFERENCE@SCOPE"), err)
	}
	name, reference, _ := strings.Cut(name, "#")
	a, err := n.find(assignmentType, name)
	if err != nil {
		return change.Change{}, err
	}
	x := change.Exempting{Scopes: []arm.ID{at}, Category: "Waiver", Name: "whatif"}
	if reference != "" {
		x.References = []string{reference}
	}
	return change.Exempt(n.t, a, x), nil
}

func (n names) set(text string) (change.Change, error) {
	name, assigned, ok := strings.Cut(text, ":")
	parameter, value, has := strings.Cut(assigned, "=")
	if !ok || !has {
		return change.Change{}, errors.New("wanted ASSIGNMENT:NAME=VALUE")
	}
	a, err := n.find(assignmentType, name)
	if err != nil {
		return change.Change{}, err
	}
	v, err := arm.Parse(value)
	if err != nil {
		v = arm.New(value)
	}
	return change.SetParameter(a, change.Value{Name: parameter, Old: a.Get("properties", "parameters", parameter, "value"), New: v})
}

func (n names) enforce(text string) (change.Change, error) {
	name, mode, ok := strings.Cut(text, "=")
	if !ok || !arm.EqualFold(mode, "Default") && !arm.EqualFold(mode, "DoNotEnforce") {
		return change.Change{}, errors.New("wanted ASSIGNMENT=Default or ASSIGNMENT=DoNotEnforce")
	}
	a, err := n.find(assignmentType, name)
	if err != nil {
		return change.Change{}, err
	}
	return change.Mode(a, mode)
}

func (n names) remove(text string) (change.Change, error) {
	id, err := arm.ParseID(text)
	if err == nil && !n.t.Has(id) {
		err = errors.New("the tenant does not have it")
	}
	return change.Change{Kind: change.Unassign, Of: id, Title: "delete " + text, Delete: []arm.ID{id}}, err
}
