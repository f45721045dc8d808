package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"airfield/arm"
	"airfield/change"
	"airfield/design"
	"airfield/diag"
	"airfield/estate"
	"airfield/policy"
	"airfield/report"
	"airfield/review"
	"airfield/snapshot"
	"airfield/source"
	"airfield/tenant"

	"github.com/spf13/cobra"
)

const reviewHelp = `Review holds what is to be deployed against the tenant it is to be deployed to:
which policies would stop it, with the condition and the value each saw, what
they would write or deploy, and for each blocker the changes that help. Each
change was made and judged again; the line says what else it opens, and those
that open least come first.

FILE is an estate, an ARM template or resources, or what terraform show -json
prints for a plan. Templates and plans need --scope. What a plan does not know
is not known here either, and what was not read of a file is listed.

With -o the change that opens least against each blocker is written as a patch
for the tool that keeps the policy: Enterprise Azure Policy as Code, Azure
landing zones, Terraform, Bicep, AzOps, or az for people in the portal. It is the
tool in the estate's platform.policy_kept_in, else the one that the tenant shows.

What the estate accepts is shown as accepted until the end of its day, and stops
again after it; Azure does not know of it.

Exit code 0: nothing stops it that is not accepted. 1: something does, or is not known not to.
2: something could not be read.`

type reviewFlags struct {
	tenant, scope, values, lock, now, as, colour, out string
	json, full                                        bool
}

func reviewCommand() *cobra.Command {
	var f reviewFlags
	c := &cobra.Command{
		Use:     "review FILE",
		Short:   "Say what stops a deployment, and the smallest change that lets it through",
		Long:    reviewHelp,
		Example: "  airfield review estate.yaml --tenant tenant.jsonl.gz\n  airfield review main.json --tenant tenant.jsonl.gz --scope /subscriptions/…/resourceGroups/rg-train\n  airfield review estate.yaml --tenant tenant.jsonl.gz -o patches",
		Args:    oneFile("an estate, a template or a plan"),
		RunE:    func(_ *cobra.Command, args []string) error { return runReview(args[0], f) },
	}
	c.Flags().StringVarP(&f.tenant, "tenant", "t", "", "the snapshot of the tenant")
	c.Flags().StringVar(&f.scope, "scope", "", "where a template is deployed to")
	c.Flags().StringVar(&f.values, "parameters", "", "a parameter `file` for a template")
	c.Flags().StringVar(&f.lock, "lock", "", "the lock `file` of an estate; without it, the one beside it")
	c.Flags().StringVar(&f.now, "now", "", "the time to judge at; without it, now")
	c.Flags().StringVar(&f.colour, "color", "auto", "auto, always or never")
	c.Flags().StringVarP(&f.out, "out", "o", "", "write patches for the tools that keep the policies into this folder")
	c.Flags().StringVar(&f.as, "as", "", "the object id of the `principal` that deploys: what it may not do stands beside what policies deny")
	c.Flags().BoolVar(&f.json, "json", false, "print as JSON")
	c.Flags().BoolVar(&f.full, "full", false, "print every resource and every policy that reports")
	return c
}

func runReview(file string, f reviewFlags) error {
	if f.tenant == "" {
		return fmt.Errorf("name the snapshot of the tenant with --tenant")
	}
	colour := colourOn(f.colour, os.Stderr)
	o := review.Options{As: f.as, Side: side}
	var err, unread error
	if o.Policy.Now, err = timeOf(f.now); err != nil {
		return err
	}
	var w wanted
	var have *tenant.Tenant
	var found diag.List
	side(2, func(i int) {
		if i == 0 {
			w, err = readWanted(file, f, colour)
		} else if have, unread = readTenant(f.tenant, &found); unread == nil {
			o.Policy.Like, _ = policy.Compile(have, o.Policy) // what it finds, the review does
		}
	})
	if err = cmp.Or(err, unread); err != nil {
		return err
	}
	printFindings(found, colour)
	if found.HasErrors() {
		return errUnreadable
	}
	o.Bounds, o.Accept, o.KeptIn, o.MadeBy, o.Policy.Place = w.bounds, w.accept, w.keptIn, w.madeBy, w.place
	if w.design != nil {
		o.Otherwise = otherwise(w, have, o.Policy)
	}
	r := review.New(w.tenant, have, o)
	for _, d := range w.gaps {
		r.Blockers = append(r.Blockers, &review.Blocker{Code: d.Code, Title: d.Message, Reason: "it was not read"})
	}
	r.Notes = append(r.Notes, w.notes...)
	printFew(r.Findings, f.full, colour)
	out := report.Review(r)
	if f.json {
		err = printJSON(out)
	} else {
		err = out.Text(os.Stdout, f.full, colourOn(f.colour, os.Stdout))
	}
	if err == nil && f.out != "" {
		err = writePatches(f.out, out, have)
	}
	if err == nil && out.Verdict != "clear" && out.Verdict != "accepted" {
		return errFindings
	}
	return err
}

// writePatches writes the patches of a review into a folder.
func writePatches(dir string, r report.ReviewOf, have *tenant.Tenant) (err error) {
	patches, err := r.Patches(have)
	if err != nil {
		return err
	}
	out, err := openFolder(dir)
	if err != nil {
		return err
	}
	if err := report.WritePatches(patches, out.create); err != nil {
		return errors.Join(err, out.abandon())
	}
	if err := out.close(); err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "patches against %d of %d blockers in %s\n", len(patches), len(r.Blockers), dir)
	return nil
}

// printFew prints findings about the tenant, of many the first.
func printFew(found diag.List, full, colour bool) {
	const few = 5
	if found = found.Sorted(); full || len(found) <= few+1 {
		printFindings(found, colour)
		return
	}
	printFindings(found[:few], colour)
	fmt.Fprintf(os.Stderr, "%d more findings about the tenant (--full)\n", len(found)-few)
}

// wanted is what is to be deployed.
type wanted struct {
	tenant *tenant.Tenant
	madeBy map[arm.ID]string
	bounds review.Bounds
	accept []review.Acceptance
	keptIn change.Owner
	place  func(arm.Resource, arm.Value) diag.Pos
	design *design.Design // of an estate
	lock   *design.Lock
	gaps   diag.List // what is to be deployed and is not judged, because it was not read
	notes  diag.List
}

func readWanted(file string, f reviewFlags, colour bool) (wanted, error) {
	src, found, err := readSource(file)
	if err != nil {
		return wanted{}, err
	}
	if found.HasErrors() {
		printFindings(found, colour)
		return wanted{}, errUnreadable
	}
	if isEstate(src) {
		return wantedByEstate(src, f, colour)
	}
	if _, err := arm.ParseID(f.scope); err != nil {
		return wanted{}, fmt.Errorf("--scope: where %s is deployed to: %w", file, err)
	}
	e := evalFlags{scope: f.scope, values: f.values}
	pieces, gaps, err := e.requests([]given{{src, found}}, colour)
	if err != nil {
		return wanted{}, err
	}
	var b tenant.Builder
	for _, p := range pieces {
		b.Add(p.Resource)
	}
	t, found := b.Tenant()
	for _, d := range found {
		if d.Code != "tenant/placement" { // where they lie is for the snapshot to say
			gaps = append(gaps, d) // of two with one id, the second is not judged
		}
	}
	return wanted{tenant: t, place: snapshot.Places(pieces), gaps: gaps}, nil
}

// isEstate tells an estate from a template: it is no JSON file, or says so.
func isEstate(src *source.File) bool {
	ext := strings.ToLower(filepath.Ext(src.Name))
	return ext == ".yaml" || ext == ".yml" || strings.Contains(src.Text[:min(len(src.Text), 4096)], `"airfield"`)
}

func wantedByEstate(src *source.File, f reviewFlags, colour bool) (wanted, error) {
	e, found := design.Read(src)
	if e == nil || found.HasErrors() {
		printFindings(found, colour)
		return wanted{}, errUnreadable
	}
	lock, _, err := readLock(src.Name, f.lock, colour)
	if err != nil {
		return wanted{}, err
	}
	d := design.New(e, design.Options{Lock: lock, Month: thisMonth(), Side: side})
	if d.Findings.HasErrors() {
		printFindings(d.Findings, colour)
		return wanted{}, errFindings
	}
	w := wantedByDesign(d)
	w.lock = lock
	if n := len(d.Open); n > 0 {
		w.notes.Infof(diag.Pos{File: src.Name}, "design/open", "the design leaves open what is not judged here: %d things, which airfield design lists", n)
	}
	return w, nil
}

// wantedByDesign gives all that a design deploys and has deployed.
func wantedByDesign(d *design.Design) wanted {
	w := wanted{design: d, bounds: boundsOf(d.Estate, d.Subscriptions), accept: acceptedIn(d), keptIn: change.OwnerNamed(string(d.Estate.Platform.PolicyKeptIn)), place: func(r arm.Resource, _ arm.Value) diag.Pos { return r.Pos }}
	w.tenant, w.madeBy = d.Whole()
	return w
}

// otherwise gives what an estate has in the place of what is refused.
func otherwise(w wanted, have *tenant.Tenant, p policy.Options) func(arm.Resource) []review.Choice {
	others, ahead := w.design.Others(have, design.Options{Lock: w.lock, Month: thisMonth(), Now: p.Now, Engine: p.Like, Side: side})
	go ahead()
	return func(r arm.Resource) (all []review.Choice) {
		for _, o := range others(r.Pos, r.ID.SubscriptionID(), r.Location()) {
			all = append(all, review.Choice(o))
		}
		return all
	}
}

// acceptedIn gives the findings that an estate lives with, by the subscriptions
// of the places that it names. One that places share must be named for all.
func acceptedIn(d *design.Design) (all []review.Acceptance) {
	for _, a := range d.Estate.Accept {
		x := review.Acceptance{Code: a.Finding, Why: a.Why, By: a.By, Until: a.Until.Time}
		for _, s := range d.Subscriptions {
			in := func(environment string) bool {
				return a.Where == "" || estate.Matches(a.Where, s.Place.Workload, environment)
			}
			if !slices.ContainsFunc(s.Environments, func(e string) bool { return !in(e) }) {
				x.In = append(x.In, s.ID)
			}
		}
		all = append(all, x)
	}
	return all
}

// boundsOf gives what an estate lets a review propose. A workload is needed on
// the day that it ends, too.
func boundsOf(e *estate.Estate, subscriptions []design.Subscription) review.Bounds {
	x := e.Change.Exemptions
	b := review.Bounds{Kinds: []change.Kind{}, Ends: map[arm.ID]time.Time{}, AtMost: time.Duration(x.AtMost), Approver: x.Approver, Ticket: x.Ticket == "required"}
	if x.Category == "mitigated" {
		b.Category = "Mitigated"
	}
	for _, s := range subscriptions {
		if s.Place != nil && !s.Place.Of.Ends.IsZero() {
			b.Ends[s.ID.Fold()] = s.Place.Of.Ends.AddDate(0, 0, 1)
		}
	}
	for _, p := range e.Change.MayPropose {
		for _, k := range []change.Kind{change.Parameter, change.Exemption, change.Reassign} {
			if k.String() == string(p) {
				b.Kinds = append(b.Kinds, k)
			}
		}
	}
	return b
}
