package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"airfield/arm"
	"airfield/cost"
	"airfield/design"
	"airfield/diag"
	"airfield/report"
	"airfield/tenant"

	"github.com/spf13/cobra"
)

const costHelp = `Cost prices what an estate comes to, or all that lies in a tenant, by the month:
each meter with the sum that gives its quantity, the price's region and day. What
has no price is named and never counted as 0; what is free is named too.

Prices are retail prices of the catalog in USD, without tax. What bodies do not
hold (hours, GiB, operations, GB) comes from the estate, or from --usage, a file
of JSON: {"RESOURCE ID": {"hours": 200, "hot_gib": 5000}}.

Exit code 0: priced, with or without parts that have no price. 1: the estate has
errors. 2: something could not be read.`

type costFlags struct {
	tenant, by, usage, lock, colour string
	json, full                      bool
}

func costCommand() *cobra.Command {
	var f costFlags
	c := &cobra.Command{
		Use:     "cost [ESTATE]",
		Short:   "Price an estate, or a tenant, by the month",
		Long:    costHelp,
		Example: "  airfield cost estate.yaml\n  airfield cost estate.yaml --by workload\n  airfield cost -t tenant.jsonl.gz --by tag:CostCenter --usage usage.json",
		Args:    cobra.MaximumNArgs(1),
		RunE:    func(_ *cobra.Command, args []string) error { return runCost(args, f) },
	}
	c.Flags().StringVarP(&f.tenant, "tenant", "t", "", "the snapshot of the tenant to price, in place of an estate")
	c.Flags().StringVar(&f.by, "by", "subscription", "what to sum up by: subscription, resource, type, workload (of an estate) or tag:NAME")
	c.Flags().StringVar(&f.usage, "usage", "", "a `file` with what resources use a month")
	c.Flags().StringVar(&f.lock, "lock", "", "the lock `file`; without it, the one beside the estate")
	c.Flags().StringVar(&f.colour, "color", "auto", "auto, always or never")
	c.Flags().BoolVar(&f.json, "json", false, "print the bill as JSON")
	c.Flags().BoolVar(&f.full, "full", false, "print every line")
	return c
}

func runCost(args []string, f costFlags) error {
	if (len(args) == 1) == (f.tenant != "") {
		return errors.New("name an estate, or the snapshot of a tenant with --tenant")
	}
	usage, err := readUsage(f.usage)
	if err != nil {
		return err
	}
	var b *cost.Bill
	var t *tenant.Tenant
	var d *design.Design
	colour := colourOn(f.colour, os.Stderr)
	if f.tenant != "" {
		var found diag.List
		if t, err = readTenant(f.tenant, &found); err != nil {
			return err
		}
		if printFindings(found, colour); found.HasErrors() {
			return errUnreadable
		}
		b = cost.Of(t, cost.Input{Usage: usage})
	} else {
		if d, err = designOf(args[0], f.lock, usage, colour); err != nil {
			return err
		}
		t, b = d.Tenant, d.Bill
	}
	priced := b.Resources()
	for _, id := range slices.Sorted(maps.Keys(usage)) {
		if !priced[id] {
			return fmt.Errorf("%s: %s is not in what is priced", f.usage, id)
		}
	}
	key, err := costKey(f.by, t, d)
	if err != nil {
		return err
	}
	o := report.Cost(b, f.by, key)
	if f.json {
		return printJSON(o)
	}
	return o.Text(os.Stdout, f.full)
}

// designOf designs an estate without keeping its lock.
func designOf(file, lockFile string, usage map[arm.ID]cost.Usage, colour bool) (*design.Design, error) {
	_, e, found, err := readEstate(file)
	if err != nil {
		return nil, err
	}
	if e == nil || found.HasErrors() {
		return nil, refuse(e == nil, found, designFlags{}, colour)
	}
	lock, _, err := readLock(file, lockFile, colour)
	if err != nil {
		return nil, err
	}
	d := design.New(e, design.Options{Lock: lock, Month: thisMonth(), Usage: usage, Side: side})
	if d.Findings.HasErrors() {
		return nil, refuse(false, d.Findings, designFlags{}, colour)
	}
	return d, nil
}

// readUsage reads what resources use a month, by folded id.
func readUsage(file string) (map[arm.ID]cost.Usage, error) {
	all := map[arm.ID]cost.Usage{}
	if file == "" {
		return all, nil
	}
	text, err := readRaw(file)
	if err != nil {
		return nil, err
	}
	given := map[string]cost.Usage{}
	if err := json.Unmarshal(text, &given); err != nil {
		return nil, fmt.Errorf("reading %s: %w", file, err)
	}
	for id, u := range given {
		for q, n := range u {
			if !slices.Contains(cost.Quantities, q) {
				return nil, fmt.Errorf("%s: %q of %s, wanted one of %v", file, q, id, cost.Quantities)
			}
			most := 1e12
			if q == cost.Hours {
				most = 744 // of the longest month
			}
			if n < 0 || n > most {
				return nil, fmt.Errorf("%s: %q of %s is %g, wanted 0 to %g", file, q, id, n, most)
			}
		}
		all[arm.ID(id).Fold()] = u
	}
	return all, nil
}

// costKey gives what to sum up by.
func costKey(by string, t *tenant.Tenant, d *design.Design) (func(arm.ID) string, error) {
	tag, byTag := strings.CutPrefix(by, "tag:")
	switch {
	case by == "subscription":
		return func(id arm.ID) string { return t.Title(id.SubscriptionID()) }, nil
	case by == "resource":
		return func(id arm.ID) string { return string(id) }, nil
	case by == "type":
		return func(id arm.ID) string { return string(id.Type()) }, nil
	case by == "workload" && d != nil:
		return d.Workload, nil
	case byTag && tag != "":
		return func(id arm.ID) string { return tagOf(t, id, tag) }, nil
	}
	return nil, fmt.Errorf("--by %q, wanted subscription, resource, type, workload (of an estate) or tag:NAME", by)
}

// tagOf gives a tag of a resource, or of what it lies in.
func tagOf(t *tenant.Tenant, id arm.ID, tag string) string {
	for at := id; at != "" && at != arm.Tenant; at = at.Parent() {
		if r, ok := t.Get(at); ok {
			for name, v := range r.Tags() {
				if arm.EqualFold(name, tag) {
					return v.Str()
				}
			}
		}
	}
	return "without tag " + tag
}
