package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"airfield/design"
	"airfield/diag"
	"airfield/report"
	"airfield/runway"
	"airfield/tenant"

	"github.com/spf13/cobra"
)

const runwayHelp = `Runway dates what lies between an estate and its first job: billing role,
subscriptions, registrations, quota, firewall names, peering, the first load,
each worked back from begins: of its workload, with who opens it, the command
that checks it and the one that opens it. It is Markdown, to be signed.

With the snapshot of a tenant, what is passed already is marked. The way out of
workloads that end is its last part; --retire prints that of one alone.

airfield design -o writes the same as runway.md and runway.json.

Exit code 0: made, whatever is late. 1: the estate has errors. 2: it could not
be read, or something failed.`

type runwayFlags struct {
	tenant, on, lock, retire, colour string
	json                             bool
}

func runwayCommand() *cobra.Command {
	var f runwayFlags
	c := &cobra.Command{
		Use:     "runway ESTATE",
		Short:   "Date what must be so before the first job, and the way out",
		Long:    runwayHelp,
		Example: "  airfield runway estate.yaml\n  airfield runway estate.yaml -t tenant.jsonl.gz --on 2026-11-01\n  airfield runway estate.yaml --retire atlas",
		Args:    oneFile("the estate, such as estate.yaml"),
		RunE:    func(_ *cobra.Command, args []string) error { return runRunway(args[0], f) },
	}
	c.Flags().StringVarP(&f.tenant, "tenant", "t", "", "the snapshot of the tenant, to mark what is passed")
	c.Flags().StringVar(&f.on, "on", "", "the `day` it is made for, such as 2026-11-22; without it, today")
	c.Flags().StringVar(&f.retire, "retire", "", "print the way out of this `workload` alone")
	c.Flags().StringVar(&f.lock, "lock", "", "the lock `file`; without it, the one beside the estate")
	c.Flags().StringVar(&f.colour, "color", "auto", "auto, always or never")
	c.Flags().BoolVar(&f.json, "json", false, "print as JSON")
	return c
}

func runRunway(file string, f runwayFlags) error {
	on := time.Now().UTC()
	if f.on != "" {
		var err error
		if on, err = time.Parse(time.DateOnly, f.on); err != nil {
			return fmt.Errorf("--on %q, wanted a day such as 2026-11-22", f.on)
		}
	}
	colour := colourOn(f.colour, os.Stderr)
	_, e, found, err := readEstate(file)
	if err != nil {
		return err
	}
	if e == nil || found.HasErrors() {
		return refuse(e == nil, found, designFlags{json: f.json}, colour)
	}
	lock, _, err := readLock(file, f.lock, colour)
	if err != nil {
		return err
	}
	have, err := f.snapshot(colour)
	if err != nil {
		return err
	}
	d := design.New(e, design.Options{Lock: lock, Month: on.Format("2006-01") + "-01", Tenant: have, Now: on, Side: side})
	if d.Findings.HasErrors() {
		return refuse(false, d.Findings, designFlags{json: f.json}, colour)
	}
	r := runway.New(d, have, on)
	printFindings(r.Findings, colour)
	return f.print(r)
}

// snapshot reads the tenant, nil where none is named.
func (f *runwayFlags) snapshot(colour bool) (*tenant.Tenant, error) {
	if f.tenant == "" {
		return nil, nil
	}
	var found diag.List
	have, err := readTenant(f.tenant, &found)
	if printFindings(found, colour); found.HasErrors() {
		return nil, errUnreadable
	}
	return have, err
}

func (f *runwayFlags) print(r *runway.Runway) error {
	if f.retire == "" {
		if f.json {
			return printJSON(r)
		}
		return report.Runway(os.Stdout, r)
	}
	x, ok := r.Retirement(f.retire)
	switch {
	case !ok:
		return fmt.Errorf("--retire %q, wanted a workload with a day on which it ends (ends:)", f.retire)
	case f.json:
		return printJSON(x)
	}
	return report.Retirement(os.Stdout, x)
}

// writeRunway writes runway.md and runway.json into an output folder.
func writeRunway(out *folder, r *runway.Runway) error {
	for name, write := range map[string]func(io.Writer) error{
		"runway.md":   func(w io.Writer) error { return report.Runway(w, r) },
		"runway.json": func(w io.Writer) error { return json.NewEncoder(w).Encode(r) },
	} {
		w, err := out.create(name)
		if err != nil {
			return err
		}
		if err := errors.Join(write(w), w.Close()); err != nil {
			return err
		}
	}
	return nil
}
