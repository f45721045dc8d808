package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"airfield/arm"
	"airfield/diag"
	"airfield/policy"
	"airfield/report"
	"airfield/snapshot"
	"airfield/source"
	"airfield/template"

	"github.com/spf13/cobra"
)

const evalHelp = `Eval judges requests by policies, or a whole tenant.

Each RESOURCE is a file: a resource as az or the REST API prints it, a list of
them, or an ARM template or a Terraform plan (terraform show -json), of which
each resource is judged. What only the deployment will know is unknown, and so
is a verdict that depends on it. Of a plan, resources of azapi are read.

Without a RESOURCE, everything in the tenant is judged, as a compliance scan
does.

Policies come from --policy, or from a snapshot of the tenant with --tenant.
Definitions without an assignment are assigned to the whole tenant, with the
parameters of --param. Built-in definitions are not part of the program: they
are in a snapshot, or in a clone of Azure/azure-policy.

Exit code 0: everything is allowed. 1: something is denied, or not known.
2: something could not be read.`

// exampleScope is where requests are taken to be made that do not say where.
const exampleScope = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/example"

type evalFlags struct {
	policyFlags
	explain bool
	all     bool
	full    bool
	verb    string
	scope   string
	values  string
}

func policyEvalCommand() *cobra.Command {
	var f evalFlags
	c := &cobra.Command{
		Use:     "eval [RESOURCE...]",
		Short:   "Judge resources, or a tenant, by policies",
		Long:    evalHelp,
		Example: "  airfield policy eval -p allowed-sizes.json --param 'sizes=[\"Standard_D2s_v5\"]' vm.json --explain\n  airfield policy eval -t tenant.jsonl.gz main.json --scope /subscriptions/…/resourceGroups/rg-train\n  airfield policy eval -t tenant.jsonl.gz --full",
		RunE: func(c *cobra.Command, args []string) error {
			if c.Flags().Changed("scope") {
				f.deploy = f.scope
			}
			return runEval(args, f)
		},
	}
	f.add(c)
	c.Flags().BoolVar(&f.explain, "explain", false, "say which conditions decided, with what each saw")
	c.Flags().BoolVar(&f.all, "all", false, "show policies that only report, too")
	c.Flags().BoolVar(&f.full, "full", false, "of a tenant, show each policy that is not met")
	c.Flags().StringVar(&f.verb, "verb", "put", "the request: put, patch or delete")
	c.Flags().StringVar(&f.scope, "scope", exampleScope, "where resources without an `id`, and templates of policies, are deployed to")
	c.Flags().StringVar(&f.values, "parameters", "", "a parameter `file` for templates")
	return c
}

func runEval(files []string, f evalFlags) error {
	sources, err := readGiven(files)
	if err != nil {
		return err
	}
	return evalSources(sources, f)
}

// given is a file that was read.
type given struct {
	src   *source.File // nil where it cannot be read
	found diag.List
}

func readGiven(files []string) ([]given, error) {
	var all []given
	for _, file := range files {
		src, found, err := readSource(file)
		if err != nil {
			return nil, err
		}
		all = append(all, given{src, found})
	}
	return all, nil
}

// evalSources judges what is in files, or the tenant where there is none.
func evalSources(sources []given, f evalFlags) error {
	verb, ok := map[string]policy.Verb{"put": policy.Put, "patch": policy.Patch, "delete": policy.Delete}[strings.ToLower(f.verb)]
	if !ok {
		return fmt.Errorf("--verb %q, wanted put, patch or delete", f.verb)
	}
	if _, err := arm.ParseID(f.scope); err != nil {
		return fmt.Errorf("--scope: %w", err)
	}
	colour := colourOn(f.colour, os.Stderr)
	pieces, gaps, err := f.requests(sources, colour)
	whole := len(gaps) == 0
	if err != nil {
		return err
	}
	around := containers(pieces)
	if verb == policy.Delete { // what is deleted is known as far as the tenant has it
		around = nil
	}
	p, err := f.load(around)
	if err != nil {
		return err
	}
	printFindings(p.found, colour)
	if len(sources) == 0 {
		return scanTenant(p, f)
	}
	for _, d := range p.found { // what is assigned at a scope that nobody named is not seen
		whole = whole && (d.Code != "snapshot/scope" || !slices.ContainsFunc(p.given, isAssignment))
	}
	p.places.requests = snapshot.Places(pieces)
	for _, piece := range pieces {
		p.places.requested[strings.ToLower(string(piece.Resource.ID))] = true
	}
	if err := p.judge(pieces, verb, f); err != nil || whole {
		return err
	}
	return errFindings // what a linked template deploys, or a template of policies denies, is not known
}

// requests reads the resources that are judged; gaps say what the files deploy
// that is not read.
func (f *evalFlags) requests(sources []given, colour bool) (all []snapshot.Piece, gaps diag.List, err error) {
	r := snapshot.Reader{At: arm.ID(f.scope)}
	if f.values != "" {
		values, err := readParameters(f.values)
		if err != nil {
			return nil, nil, err
		}
		r.Parameters = values
	}
	for _, g := range sources {
		found := g.found
		var pieces []snapshot.Piece
		if !found.HasErrors() {
			pieces, found = r.Resources(g.src)
		}
		printFindings(found, colour)
		if found.HasErrors() {
			return nil, nil, errUnreadable
		}
		for _, d := range found {
			if d.Code == "template/linked" || d.Code == "snapshot/unmapped" || d.Code == "snapshot/partial" {
				gaps = append(gaps, d)
			}
		}
		all = append(all, pieces...)
	}
	if len(sources) > 0 && len(all) == 0 && len(gaps) == 0 {
		return nil, nil, errors.New("there is no resource to judge")
	}
	return all, gaps, nil
}

// readParameters reads a template's parameter file.
func readParameters(file string) (arm.Value, error) {
	raw, err := os.ReadFile(file)
	if err != nil {
		return arm.Value{}, err
	}
	v, err := arm.Parse(string(raw))
	if err == nil {
		v, err = template.Parameters(v)
	}
	if err != nil {
		return v, fmt.Errorf("%s: %w", file, err)
	}
	return v, nil
}

// judge prints the verdict on each resource.
func (p *policies) judge(pieces []snapshot.Piece, verb policy.Verb, f evalFlags) error {
	var siblings []arm.Resource
	for _, piece := range pieces {
		siblings = append(siblings, piece.Resource)
	}
	with, _ := p.tenant.With(siblings...)
	related := policy.In(with)
	if f.tenant == "" {
		related = alone(related)
	}
	good := true
	var all []report.Judgement
	for _, piece := range pieces {
		q := p.request(verb, piece.Resource)
		v := p.engine.Judge(q, related)
		good = good && v.Decision == policy.Allowed
		var explain func(*policy.Assigned) policy.Explanation
		if f.explain {
			explain = func(a *policy.Assigned) policy.Explanation { return p.engine.Explain(v, q, related, a) }
		}
		all = append(all, report.Judge(q, v, explain))
	}
	if f.json {
		if err := printJSON(all); err != nil {
			return err
		}
	} else {
		for _, j := range all {
			if err := report.Verdict(os.Stdout, j, f.all, colourOn(f.colour, os.Stdout)); err != nil {
				return err
			}
		}
	}
	if !good {
		return errFindings
	}
	return nil
}

// request makes a request of a resource that was read. A patch holds what is
// to change; the rest is what the tenant has.
func (p *policies) request(verb policy.Verb, r arm.Resource) policy.Request {
	q := policy.Request{Verb: verb, Resource: r}
	if current, ok := p.tenant.Get(r.ID); ok && verb == policy.Delete {
		q.Resource.Body = current.Body
	}
	if verb != policy.Patch {
		return q
	}
	q.Patch = r.Body
	for _, own := range []string{"id", "name", "type", "apiVersion"} {
		q.Patch = q.Patch.Without(own)
	}
	if current, ok := p.tenant.Get(r.ID); ok {
		q.Resource.Body = policy.Merge(current.Body, r.Body)
	}
	return q
}

func isAssignment(r arm.Resource) bool {
	return r.Type().Equal("Microsoft.Authorization/policyAssignments")
}

// containers gives the resource groups and subscriptions among what is judged.
func containers(pieces []snapshot.Piece) []arm.Resource {
	var all []arm.Resource
	for _, p := range pieces {
		if t := p.Resource.Type(); t.Equal(arm.ResourceGroupType) || t.Equal(arm.SubscriptionType) {
			all = append(all, p.Resource)
		}
	}
	return all
}

// alone says of related resources that are not among what is judged that no
// snapshot was named to look for them in.
func alone(related policy.Related) policy.Related {
	return func(q policy.Query) ([]arm.Resource, string) {
		found, why := related(q)
		if why == "" {
			why = "no snapshot of the tenant was named, with --tenant, to look for it in"
		}
		return found, why
	}
}

// scanTenant judges everything in the tenant on all cores.
func scanTenant(p *policies, f evalFlags) error {
	if f.tenant == "" {
		return errors.New("there is nothing to judge: name resources, or a snapshot with --tenant")
	}
	parts := p.tenant.Parts(runtime.GOMAXPROCS(0))
	tallies := make([]*policy.Tally, len(parts))
	progress := startMeter("resources judged", p.tenant.Len())
	side(len(parts), func(i int) {
		tallies[i] = p.engine.Tally()
		p.engine.Scan(parts[i], policy.In(p.tenant), func(r arm.Resource, results []policy.Result) {
			tallies[i].Add(r, results)
			progress.step()
		})
	})
	progress.end()
	for _, t := range tallies[1:] {
		tallies[0].Merge(t)
	}
	if f.json {
		return printJSON(report.ComplianceOf(p.engine, tallies[0]))
	}
	return report.Compliance(os.Stdout, p.engine, tallies[0], f.full)
}

// timeOf reads a time, or gives the clock's.
func timeOf(text string) (time.Time, error) {
	if text == "" {
		return time.Now().UTC(), nil
	}
	for _, form := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(form, text); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q, wanted a time such as 2026-11-30 or 2026-11-30T12:00:00Z", text)
}
