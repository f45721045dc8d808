package main

import (
	"errors"
	"os"

	"airfield/design"
	"airfield/diag"
	"airfield/estate"
	"airfield/hierarchy"
	"airfield/report"

	"github.com/spf13/cobra"
)

const groupsHelp = `Groups recognizes what the management groups of a tenant are for: root, platform,
management, connectivity, identity, security, landing zones, corp, online, local,
sandbox, decommissioned. It goes by their names, the policy assignments made at
them, what lies in them, and their places in the tree. --full prints the evidence.

What is not clear is not recognized, and says why. With --estate, the groups that
the estate names count as told; where the tenant speaks against one is a finding,
and lines for those that it does not name yet are printed.

Exit code 0: printed. 1: the tenant speaks against the estate. 2: something could
not be read.`

type groupsFlags struct {
	tenant, estate, colour string
	full, json             bool
	width                  int
}

func groupsCommand() *cobra.Command {
	var f groupsFlags
	c := &cobra.Command{
		Use:     "groups",
		Short:   "Recognize what the management groups of a tenant are for",
		Long:    groupsHelp,
		Example: "  airfield groups --tenant tenant.jsonl.gz\n  airfield groups --tenant tenant.jsonl.gz --estate estate.yaml --full",
		Args:    cobra.NoArgs,
		RunE:    func(*cobra.Command, []string) error { return runGroups(f) },
	}
	c.Flags().StringVarP(&f.tenant, "tenant", "t", "", "the snapshot of the tenant")
	c.Flags().StringVar(&f.estate, "estate", "", "the estate `file` whose platform.groups are held against the tenant")
	c.Flags().StringVar(&f.colour, "color", "auto", "auto, always or never")
	c.Flags().BoolVar(&f.full, "full", false, "print the evidence")
	c.Flags().BoolVar(&f.json, "json", false, "print as JSON")
	c.Flags().IntVar(&f.width, "width", 0, "the width to print for; without it, the terminal's")
	return c
}

func runGroups(f groupsFlags) error {
	if f.tenant == "" {
		return errors.New("name the snapshot of the tenant with --tenant")
	}
	colour := colourOn(f.colour, os.Stderr)
	var found diag.List
	have, err := readTenant(f.tenant, &found)
	if err != nil {
		return err
	}
	e := new(estate.Estate)
	if f.estate != "" {
		var wrong diag.List
		if _, e, wrong, err = readEstate(f.estate); err != nil {
			return err
		}
		found = append(found, wrong...)
	}
	printFindings(found, colour)
	if found.HasErrors() {
		return errUnreadable
	}
	given, roles := design.Roles(e)
	h := report.Hierarchy{Lacks: hierarchy.Lacks(have), Groups: hierarchy.Recognize(have, given)}
	var against diag.List
	if f.estate != "" {
		h.Remarks = hierarchy.Compare(h.Groups, given, roles)
		against = contradictions(e, h.Remarks)
	}
	printFindings(against, colour)
	if f.json {
		err = printJSON(h)
	} else {
		err = h.Text(os.Stdout, printOptions(designFlags{width: f.width, colour: f.colour, full: f.full}))
	}
	if err == nil && len(against) > 0 {
		return errFindings
	}
	return err
}

// contradictions are the remarks that speak against the estate, as findings at
// its lines.
func contradictions(e *estate.Estate, remarks []hierarchy.Remark) (found diag.List) {
	for _, r := range remarks {
		pos := e.Platform.Groups.Of(string(r.Role))
		switch r.Kind {
		case hierarchy.Absent:
			found.Errorf(pos, "groups/absent", "%s", r.Text)
		case hierarchy.Differs:
			found.Warnf(pos, "groups/differs", "%s", r.Text)
		}
	}
	return found
}
