package main

import (
	"errors"
	"fmt"
	"os"

	"airfield/access"
	"airfield/arm"
	"airfield/diag"
	"airfield/report"

	"github.com/spf13/cobra"
)

const accessHelp = `Access says who can do what where, by Azure's role-based access control, from a
snapshot of the tenant and without Azure.

With --scope alone it lists the assignments that reach a scope; with
--principal those of one principal; with --action who can do it; with both,
whether the principal can.

With --template it lists what deploying an ARM template, or resources, needs,
with built-in roles that allow it; with --principal, what of it the principal
lacks in the tenant.

What the snapshot does not hold (members of a group, what a role allows) is
"not known", never no.

Exit code 0: yes, or a list. 1: no, not known, under a condition alone, or
something is lacking. 2: something could not be read.`

type accessFlags struct {
	tenant    string
	scope     string
	action    string
	principal string
	template  string
	values    string
	now       string
	plane     string
	colour    string
	json      bool
}

func accessCommand() *cobra.Command {
	var f accessFlags
	c := &cobra.Command{
		Use:     "access",
		Short:   "Say who can do what where, and what a deployment needs",
		Long:    accessHelp,
		Example: "  airfield access -t tenant.jsonl.gz --scope /subscriptions/… --principal 7c2e… --action Microsoft.Compute/virtualMachines/write\n  airfield access -t tenant.jsonl.gz --template main.json --scope /subscriptions/…/resourceGroups/rg-train --principal 7c2e…",
		Args:    cobra.NoArgs,
		RunE:    func(*cobra.Command, []string) error { return runAccess(f) },
	}
	c.Flags().StringVarP(&f.tenant, "tenant", "t", "", "a snapshot `file` of the tenant")
	c.Flags().StringVar(&f.scope, "scope", "", "the `id` of a management group, subscription, resource group or resource; with --template, where resources without an id are deployed to")
	c.Flags().StringVar(&f.action, "action", "", "an `action` such as Microsoft.Compute/virtualMachines/write")
	c.Flags().StringVar(&f.principal, "principal", "", "the object `id` of a user, group or service principal, or the resource id of an identity")
	c.Flags().StringVar(&f.template, "template", "", "an ARM template, or a `file` of resources, that is to be deployed")
	c.Flags().StringVar(&f.values, "parameters", "", "a parameter `file` for the template")
	c.Flags().StringVar(&f.now, "now", "", "the `time` that assignments end by; without it, the clock's")
	c.Flags().StringVar(&f.plane, "plane", "", "whether the action is one of control or of data, where its name does not tell")
	c.Flags().StringVar(&f.colour, "color", "auto", "auto, always or never")
	c.Flags().BoolVar(&f.json, "json", false, "print as JSON")
	return c
}

func runAccess(f accessFlags) error {
	if f.template != "" {
		return runNeeds(f)
	}
	q, err := f.question()
	if err != nil {
		return err
	}
	a, err := f.load()
	if err != nil {
		return err
	}
	colour := colourOn(f.colour, os.Stdout)
	switch {
	case f.action != "" && f.principal != "":
		x := a.Can(q)
		err = f.print(answered{q.Principal, q.Action, q.Scope, x}, func() error { return report.Can(os.Stdout, q, a.Named(q.Principal), x, colour) })
		if err == nil && x.Decision != access.Yes {
			err = errFindings
		}
		return err
	case f.action != "":
		all, aside := a.Who(q), a.Aside(q.Scope)
		return f.print(holders{q.Action, q.Scope, all, aside}, func() error { return report.Holders(os.Stdout, q, all, aside, colour) })
	}
	all, aside := a.Held(f.principal, q.Scope), a.Aside(q.Scope)
	return f.print(inForce{q.Scope, all, aside}, func() error { return report.InForce(os.Stdout, q.Scope, all, aside) })
}

// answered, holders, inForce and deployment are what --json prints.
type answered struct {
	Principal string `json:"principal"`
	Action    string `json:"action"`
	Scope     arm.ID `json:"scope"`
	access.Answer
}

type holders struct {
	Action     string          `json:"action"`
	Scope      arm.ID          `json:"scope"`
	Principals []access.Holder `json:"principals"`
	Aside      []string        `json:"notes,omitempty"`
}

type inForce struct {
	Scope       arm.ID          `json:"scope"`
	Assignments []access.Ground `json:"assignments"`
	Aside       []string        `json:"notes,omitempty"`
}

type deployment struct {
	Needs   []access.Need  `json:"needs,omitempty"`
	Lacking []access.Check `json:"lacking,omitempty"`
	Roles   []access.Grant `json:"roles,omitempty"` // that allow the needs, or what is lacking
}

func (f *accessFlags) print(data any, text func() error) error {
	if f.json {
		return printJSON(data)
	}
	return text()
}

// question reads what is asked.
func (f *accessFlags) question() (q access.Question, err error) {
	planes := map[string]access.Plane{"": access.AnyPlane, "control": access.Control, "data": access.Data}
	plane, ok := planes[f.plane]
	switch {
	case !ok:
		return q, fmt.Errorf("--plane %q, wanted control or data", f.plane)
	case f.tenant == "":
		return q, errors.New("there is nothing to look at: name a snapshot with --tenant")
	case f.scope == "":
		return q, errors.New("wanted the --scope that is asked about; / is the whole tenant")
	}
	if q.Scope, err = access.ParseScope(f.scope); err != nil {
		return q, fmt.Errorf("--scope: %w", err)
	}
	if f.action != "" {
		if err := access.CheckAction(f.action); err != nil {
			return q, fmt.Errorf("--action: %w", err)
		}
	}
	q.Principal, q.Action, q.Plane = f.principal, f.action, plane
	return q, nil
}

// load reads the snapshot.
func (f *accessFlags) load() (*access.Access, error) {
	now, err := timeOf(f.now)
	if err != nil {
		return nil, err
	}
	var found diag.List
	t, err := readTenant(f.tenant, &found)
	if err != nil {
		return nil, err
	}
	a, more := access.New(t, now)
	found = append(found, more...)
	printFindings(found, colourOn(f.colour, os.Stderr))
	if found.HasErrors() { // what was not read may deny, or grant
		return nil, errUnreadable
	}
	return a, nil
}

// runNeeds answers for a template.
func runNeeds(f accessFlags) error {
	scope := f.scope
	if scope == "" {
		scope = exampleScope
	}
	at, err := access.ParseScope(scope)
	if err != nil {
		return fmt.Errorf("--scope: %w", err)
	}
	sources, err := readGiven([]string{f.template})
	if err != nil {
		return err
	}
	pieces, gaps, err := (&evalFlags{scope: string(at), values: f.values}).requests(sources, colourOn(f.colour, os.Stderr))
	if err != nil {
		return err
	}
	var resources []arm.Resource
	for _, p := range pieces {
		resources = append(resources, p.Resource)
	}
	needs := access.Needs(resources)
	if f.principal == "" {
		roles, _ := access.Least(needs)
		err = f.print(deployment{Needs: needs, Roles: roles}, func() error { return report.Needed(os.Stdout, needs) })
	} else {
		err = f.lacking(resources, needs)
	}
	if err == nil && len(gaps) > 0 { // what a linked template needs is not known
		err = errFindings
	}
	return err
}

// lacking prints what the principal lacks of needs in the tenant.
func (f *accessFlags) lacking(resources []arm.Resource, needs []access.Need) error {
	if f.tenant == "" {
		return errors.New("wanted the --tenant that the principal deploys to")
	}
	a, err := f.load()
	if err != nil {
		return err
	}
	all := a.Lacking(f.principal, resources)
	var no []access.Need
	for _, c := range all {
		if c.Decision == access.No {
			no = append(no, c.Need)
		}
	}
	roles, _ := access.Least(no)
	err = f.print(deployment{Lacking: all, Roles: roles}, func() error {
		return report.Lacked(os.Stdout, a.Named(f.principal), needs, all, colourOn(f.colour, os.Stdout))
	})
	if err == nil && len(all) > 0 {
		err = errFindings
	}
	return err
}
