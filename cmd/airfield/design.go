package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"airfield/arm"
	"airfield/change"
	"airfield/design"
	"airfield/diag"
	"airfield/emit"
	"airfield/estate"
	"airfield/pipeline"
	"airfield/policy"
	"airfield/report"
	"airfield/request"
	"airfield/review"
	"airfield/runway"
	"airfield/source"
	"airfield/tenant"

	"github.com/spf13/cobra"
	"golang.org/x/term"
)

const designHelp = `Design turns an estate into its landing zone and prints it: the tree, what
depends on what, the decisions, and what was left open.

With --tenant, a snapshot, the design is one for that tenant: it takes the
management groups from it that the estate does not name, hands out no addresses
that are in use, takes no sizes that its policies, quota or offers refuse
(or_else says what instead), and writes nothing that exists or that its policies
write anyway. What is not known is said, and never counts as allowed.

With -o it writes the landing zone as Bicep, Terraform (provider azapi) and ARM
templates in numbered stages, a report to open in a browser, the runway (what
must be so before the first job, by date: airfield runway --help), requests to
the platform, and pipelines where access.deploys names a system for them.

What must not change between designs (address ranges, sizes, zones, the begin
of budgets) is kept in a lock beside the estate, estate.lock for estate.yaml:
keep it in version control. --update chooses again what is locked under a key.
An estate from standard input (-) has a lock only with --lock.

Exit code 0: designed. 1: the estate has errors. 2: it could not be read, or
something failed.`

type designFlags struct {
	out       string
	forms     []string
	json      bool
	compare   bool
	decisions bool
	full      bool
	update    []string
	lock      string
	tenant    string
	on        string
	colour    string
	width     int
}

func designCommand() *cobra.Command {
	var f designFlags
	c := &cobra.Command{
		Use:     "design ESTATE",
		Short:   "Design the landing zone of an estate",
		Long:    designHelp,
		Example: "  airfield design estate.yaml\n  airfield design estate.yaml -o landing-zone\n  airfield design estate.yaml --compare\n  airfield design estate.yaml --tenant tenant.jsonl.gz",
		Args:    oneFile("the estate, such as estate.yaml"),
		RunE:    func(_ *cobra.Command, args []string) error { return runDesign(args[0], f) },
	}
	c.Flags().StringVarP(&f.out, "out", "o", "", "write templates and report into this folder")
	c.Flags().StringSliceVar(&f.forms, "form", []string{"bicep", "terraform", "arm"}, "the forms to write with -o")
	c.Flags().BoolVar(&f.json, "json", false, "print the design as JSON")
	c.Flags().BoolVar(&f.compare, "compare", false, "compare the ways to cut management groups, side by side")
	c.Flags().BoolVar(&f.decisions, "decisions", false, "print each decision with its reason, alternatives and source")
	c.Flags().BoolVar(&f.full, "full", false, "print the whole tree, however large")
	c.Flags().StringArrayVar(&f.update, "update", nil, "choose again what estate.lock has under this `key`")
	c.Flags().StringVar(&f.lock, "lock", "", "the lock `file`; without it, the one beside the estate")
	c.Flags().StringVarP(&f.tenant, "tenant", "t", "", "the snapshot of the tenant that the design lands in")
	c.Flags().StringVar(&f.on, "on", "", "the day of the runway, and by which exemptions of the tenant end; without it, today")
	c.Flags().StringVar(&f.colour, "color", "auto", "auto, always or never")
	c.Flags().IntVar(&f.width, "width", 0, "the width to print for; without it, the terminal's")
	return c
}

// oneFile wants one argument, and says what it is where it is missing.
func oneFile(what string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) != 1 {
			return fmt.Errorf("%s wants one file, %s (airfield %s --help)", c.Name(), what, c.Name())
		}
		return nil
	}
}

func runDesign(file string, f designFlags) error {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(200) // of 3,000 subscriptions 0.9 GB instead of 1.4, for a little time
	}
	forms, err := formsNamed(f.forms)
	if err != nil {
		return err
	}
	if f.colour != "auto" && f.colour != "always" && f.colour != "never" {
		return fmt.Errorf("--color %q, wanted auto, always or never", f.colour)
	}
	errColour := colourOn(f.colour, os.Stderr)
	src, e, found, err := readEstate(file)
	if err != nil {
		return err
	}
	lock, lockFile, err := readLock(file, f.lock, errColour)
	if err != nil {
		return err
	}
	if e == nil || found.HasErrors() {
		return refuse(e == nil, found, f, errColour)
	}
	if p := e.Access.Deploys; f.out != "" && p.With != "" && !slices.Contains(f.forms, string(p.Form)) {
		return fmt.Errorf("--form leaves out %s, which the pipelines deploy (access.deploys.form)", p.Form)
	}
	if f.compare {
		all := design.Compare(e, lock, thisMonth())
		if f.json {
			return printJSON(all)
		}
		return report.Compare(os.Stdout, all, printOptions(f))
	}
	old := lock
	if lock, err = without(lock, f.update, lockFile); err != nil {
		return err
	}
	o := design.Options{Lock: lock, Month: thisMonth(), Side: side}
	if o.Now, err = timeOf(f.on); err != nil {
		return err
	}
	if f.tenant != "" {
		var wrong diag.List
		if o.Tenant, err = readTenant(f.tenant, &wrong); err != nil {
			return err
		}
		printFindings(wrong, errColour)
		if wrong.HasErrors() {
			return errUnreadable
		}
	}
	d := design.New(e, o)
	d.Findings = append(found, d.Findings...).Sorted()
	if d.Findings.HasErrors() {
		return refuse(false, d.Findings, f, errColour)
	}
	printFindings(d.Findings, errColour)
	if len(f.update) > 0 {
		for _, line := range d.Lock.Changes(old) {
			fmt.Fprintln(os.Stderr, line)
		}
	}
	if f.json {
		err = report.JSON(os.Stdout, d)
	} else {
		err = report.Text(os.Stdout, d, printOptions(f))
	}
	if err == nil && f.out != "" {
		err = writeDesign(f.out, src, d, o.Tenant, o.Now, forms, errColour)
	}
	if err != nil || lockFile == "" {
		return err
	}
	return keepLock(lockFile, d.Lock)
}

func printJSON(v any) error {
	out := json.NewEncoder(os.Stdout)
	out.SetIndent("", "  ")
	return out.Encode(v)
}

// refuse prints findings of which some are errors, with --json as data too.
func refuse(whole bool, found diag.List, f designFlags, colour bool) error {
	printFindings(found, colour)
	if f.json {
		if err := printJSON(map[string]diag.List{"findings": found.Sorted()}); err != nil {
			return err
		}
	}
	if whole {
		return errUnreadable
	}
	return errFindings
}

// readEstate reads an estate; it is nil where the text has no shape to speak of.
func readEstate(file string) (*source.File, *estate.Estate, diag.List, error) {
	src, found, err := readSource(file)
	if err != nil || found.HasErrors() {
		return nil, nil, found, err
	}
	e, found := design.Read(src)
	return src, e, found, nil
}

// readLock reads the lock beside an estate, or the one that is named, and
// prints what is wrong with it. One that is not there yet is empty.
func readLock(estateFile, file string, colour bool) (*design.Lock, string, error) {
	if file == "" && estateFile == "-" { // nothing to stand beside
		return new(design.Lock), "", nil
	}
	if file == "" {
		file = filepath.Join(filepath.Dir(estateFile), strings.TrimSuffix(filepath.Base(estateFile), filepath.Ext(estateFile))+".lock")
	}
	locked, found, err := readSource(file)
	if errors.Is(err, fs.ErrNotExist) {
		return new(design.Lock), file, nil
	}
	if err != nil {
		return nil, "", err
	}
	var lock *design.Lock
	if !found.HasErrors() {
		lock, found = design.ReadLock(locked)
	}
	printFindings(found, colour)
	if found.HasErrors() {
		return nil, "", errUnreadable
	}
	return lock, file, nil
}

// readSource reads a file, - for standard input.
func readSource(file string) (*source.File, diag.List, error) {
	raw, err := readRaw(file)
	if err != nil {
		return nil, nil, err
	}
	src, found := source.NewFile(file, raw)
	return src, found, nil
}

// readRaw reads a file, or standard input for "-", as far as source.NewFile
// needs to say that it is too large.
func readRaw(file string) ([]byte, error) {
	in := os.Stdin
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		in = f
	}
	return io.ReadAll(io.LimitReader(in, source.MaxFile+1))
}

// keepLock writes the lock where it has changed.
func keepLock(file string, lock *design.Lock) error {
	text := []byte(lock.String())
	if have, err := os.ReadFile(file); err == nil && string(have) == string(text) {
		return nil
	}
	if err := writeFile(file, text); err != nil {
		return fmt.Errorf("the lock is not kept: %w (--lock names another file)", err)
	}
	return nil
}

// thisMonth gives the first day of this month: the begin of budgets that are
// not locked yet.
func thisMonth() string { return time.Now().UTC().Format("2006-01") + "-01" }

func formsNamed(names []string) ([]emit.Form, error) {
	var forms []emit.Form
	for _, n := range names {
		known := false
		for _, f := range emit.Forms {
			if f.String() == n {
				forms, known = append(forms, f), true
			}
		}
		if !known {
			return nil, fmt.Errorf("--form %q, wanted bicep, terraform or arm", n)
		}
	}
	return forms, nil
}

func printOptions(f designFlags) report.Options {
	o := report.Options{Width: f.width, Colour: colourOn(f.colour, os.Stdout), Unicode: unicodeOn(), Decisions: f.decisions, Full: f.full}
	if o.Width == 0 {
		o.Width = 100
		if w, _, err := term.GetSize(int(os.Stdout.Fd())); err == nil && w > 0 {
			o.Width = w
		}
	}
	return o
}

func colourOn(when string, f *os.File) bool {
	if when != "auto" {
		return when == "always"
	}
	return os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && term.IsTerminal(int(f.Fd()))
}

// unicodeOn tells whether the locale is one of UTF-8; without one it is taken to be.
func unicodeOn() bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if v := strings.ToUpper(os.Getenv(name)); v != "" {
			return strings.Contains(v, "UTF-8") || strings.Contains(v, "UTF8")
		}
	}
	return true
}

// writeDesign writes the templates, the report, and what else people read and
// sign; have is the tenant that the design is for, or nil.
func writeDesign(dir string, src *source.File, d *design.Design, have *tenant.Tenant, now time.Time, forms []emit.Form, colour bool) (err error) {
	out, err := openFolder(dir)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, out.abandon())
		}
	}()
	w, err := out.create("report.html")
	if err != nil {
		return err
	}
	if err := errors.Join(report.Page{Estate: []byte(src.Text)}.Write(w, d), w.Close()); err != nil {
		return err
	}
	dates := runway.New(d, have, now)
	if err := errors.Join(writeRunway(out, dates), writeFiles(out, d.Files)); err != nil {
		return err
	}
	var parameters []emit.Parameter
	for _, p := range d.Parameters {
		parameters = append(parameters, emit.Parameter{Name: p.Name, Description: p.Description})
	}
	var wait []string
	for _, o := range d.Open {
		if o.Before == "6-compute" {
			wait = append(wait, o.What+" for "+o.About)
		}
	}
	o := emit.Options{File: filepath.Base(src.Name), Location: string(d.Estate.Regions.Home),
		Prefix: d.Estate.Organization.Prefix, Parameters: parameters, Wait: wait}
	lists, errs := make([]diag.List, len(forms)), make([]error, len(forms))
	side(len(forms), func(i int) { lists[i], errs[i] = emit.Write(d.Tenant, o, out.create, forms[i]) })
	if err := errors.Join(errs...); err != nil {
		return err
	}
	policies, err := policyRequests(d, have, now)
	if err != nil {
		return err
	}
	more, err := writeDelivery(d, dates, policies, o, out)
	if err != nil {
		return err
	}
	found := append(slices.Concat(lists...), more...).Sorted()
	printFindings(found, colour)
	if found.HasErrors() {
		return errors.Join(errFindings, out.abandon())
	}
	if err := out.close(); err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "wrote %d files to %s; open %s\n", len(out.now), dir, filepath.Join(dir, "report.html"))
	return nil
}

// without takes what is to be chosen again out of a lock.
func without(lock *design.Lock, keys []string, file string) (*design.Lock, error) {
	for _, key := range keys {
		less, n := lock.Without(key)
		if n == 0 {
			return nil, fmt.Errorf("--update %q: %s has nothing under it", key, file)
		}
		lock = less
	}
	return lock, nil
}

// policyRequests reviews a design in its tenant, and gives the changes of policies
// that let it through, each the one that opens least.
func policyRequests(d *design.Design, have *tenant.Tenant, now time.Time) (all []request.Policy, err error) {
	if have == nil {
		return nil, nil
	}
	w := wantedByDesign(d)
	out := report.Review(review.New(w.tenant, have, review.Options{Policy: policy.Options{Now: now, Place: w.place}, Bounds: w.bounds, Accept: w.accept, KeptIn: w.keptIn, MadeBy: w.madeBy, Side: side}))
	patches, err := out.Patches(have)
	exempt := map[string]bool{} // by assignment and file
	for _, p := range patches {
		b := p.Blocker
		again := p.Fix.Kind == change.Exemption.String()
		for _, f := range p.Files[:len(p.Files)-1] { // its README is the last
			key := string(b.ID) + "\n" + f.Name
			again, exempt[key] = again && exempt[key], true
		}
		if again { // one exemption is enough for all that the assignment denies there
			continue
		}
		all = append(all, request.Policy{In: subscriptionsOf(b.Resources), What: p.Fix.Title, Why: p.Why(), Pos: b.Resources[0].Pos, Folder: p.Folder, Files: p.Files})
	}
	for _, b := range out.Blockers { // what nothing helps against is not left out
		if b.Code == "policy/deny" && b.Certain && len(b.Fixes) == 0 && have.Has(b.ID) {
			all = append(all, request.Policy{In: subscriptionsOf(b.Resources), Pos: b.Resources[0].Pos, What: fmt.Sprintf("let %s through assignment %q", b.Resources[0].ID.Name(), b.Assignment),
				Why: fmt.Sprintf("policy %q denies it, with %d more, and no change that the estate lets us propose helps: airfield review says why", b.Title, len(b.Resources)-1)})
		}
	}
	return all, err
}

// subscriptionsOf gives the subscriptions of resources, each once.
func subscriptionsOf(all []report.HitOf) (in []arm.ID) {
	for _, h := range all {
		if sub := h.ID.SubscriptionID(); !slices.ContainsFunc(in, sub.Equal) {
			in = append(in, sub)
		}
	}
	return in
}

// writeDelivery writes what others do for a design, and what deploys it.
func writeDelivery(d *design.Design, dates *runway.Runway, policies []request.Policy, o emit.Options, out *folder) (diag.List, error) {
	requests, err := request.Of(d, dates, policies...)
	if err = errors.Join(err, request.Write(requests, d.Estate, out.create), pipeline.WriteEligible(d, out.create)); err != nil {
		return nil, err
	}
	if p := pipeline.New(d); p != nil {
		return p.Write(o, out.create)
	}
	return nil, nil
}

// writeFiles writes what tools of others read.
func writeFiles(out *folder, files []design.File) error {
	for _, f := range files {
		w, err := out.create(f.Name)
		if err != nil {
			return err
		}
		var text bytes.Buffer
		if err := json.Indent(&text, []byte(f.Body.Text()), "", "  "); err != nil {
			return err
		}
		text.WriteByte('\n')
		_, err = w.Write(text.Bytes())
		if err := errors.Join(err, w.Close()); err != nil {
			return err
		}
	}
	return nil
}

// side runs do(0) to do(n-1) side by side.
func side(n int, do func(i int)) {
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { do(i) })
	}
	all.Wait()
}
