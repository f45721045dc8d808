package main

import (
	"os"
	"strings"

	"airfield/arm"
	"airfield/denial"
	"airfield/policy"
	"airfield/report"
	"airfield/review"
	"airfield/source"
	"airfield/tenant"

	"github.com/spf13/cobra"
)

const explainHelp = `Explain says why Azure refused a request: which policy, assigned where and by
whom, which condition decided and what value it saw.

FILE is the error as az, Azure PowerShell, Terraform, Bicep, azd, the portal,
the REST API or the activity log printed it, alone or in the log of a pipeline;
- is standard input. With --tenant, the assignment is found in a snapshot, with
its policy's own text and who keeps it. What is not known is said.

Where FILE is a resource, an ARM template or a Terraform plan instead, each
resource is judged at --scope, as policy eval --explain does.

Exit code 0: the assignments and the values that decided are known, or what was
judged is allowed. 1: something is not known, or denied. 2: there is no error to
explain, or it could not be read.`

func explainCommand() *cobra.Command {
	var f evalFlags
	c := &cobra.Command{
		Use:     "explain FILE",
		Short:   "Explain why Azure refused, or would refuse, a request",
		Long:    explainHelp,
		Example: "  az deployment group create … 2>&1 | airfield explain - -t tenant.jsonl.gz\n  airfield explain job.log --json\n  airfield explain main.json -t tenant.jsonl.gz --scope /subscriptions/…/resourceGroups/rg-train",
		Args:    cobra.ExactArgs(1),
		RunE:    func(_ *cobra.Command, args []string) error { return runExplain(args[0], f) },
	}
	f.add(c)
	f.explain, f.verb = true, "put"
	c.Flags().BoolVar(&f.all, "all", false, "of a resource or template, show policies that only report, too")
	c.Flags().StringVar(&f.scope, "scope", "", "where resources without an `id` are deployed to")
	c.Flags().StringVar(&f.values, "parameters", "", "a parameter `file` for templates")
	return c
}

func runExplain(file string, f evalFlags) error {
	raw, err := readRaw(file)
	if err != nil {
		return err
	}
	all, found := denial.Read(file, raw)
	if src, wrong := source.NewFile(file, raw); isRequest(src, len(all) > 0) {
		if f.scope == "" {
			f.scope = exampleScope
		}
		return evalSources([]given{{src, wrong}}, f)
	}
	printFindings(found, colourOn(f.colour, os.Stderr))
	if len(all) == 0 {
		return errUnreadable
	}
	return f.explainAll(all)
}

// isRequest tells whether a file is something to deploy: a template, or JSON
// without an error in it.
func isRequest(src *source.File, refused bool) bool {
	if src == nil {
		return false
	}
	if refused {
		v, err := arm.Parse(src.Text)
		return err == nil && strings.Contains(v.Get("$schema").Str(), "deploymentTemplate")
	}
	return strings.HasPrefix(strings.TrimSpace(src.Text), "{") || strings.HasPrefix(strings.TrimSpace(src.Text), "[")
}

// explainAll prints the explanation of each denial.
func (f *evalFlags) explainAll(all []denial.Denial) error {
	var engine *policy.Engine
	var t *tenant.Tenant
	var o review.Options
	if f.tenant != "" || len(f.policies) > 0 {
		p, err := f.load(nil)
		if err != nil {
			return err
		}
		printFindings(p.found, colourOn(f.colour, os.Stderr))
		engine, t = p.engine, p.tenant
		o = review.Options{Policy: *p.options, Side: side}
	}
	known := true
	var refusals []report.Refusal
	for _, d := range all {
		r := report.Refuse(d, engine, t, arm.ID(f.scope))
		if t != nil && len(r.Policies) > 0 {
			r.Fix(retry(d, t, arm.ID(f.scope), o))
		}
		known = known && r.Known()
		refusals = append(refusals, r)
	}
	if f.json {
		if err := printJSON(refusals); err != nil {
			return err
		}
	} else {
		for _, r := range refusals {
			if err := report.Refused(os.Stdout, r, colourOn(f.colour, os.Stdout)); err != nil {
				return err
			}
		}
	}
	if !known {
		return errFindings
	}
	return nil
}

// retry reviews what the text of a denial tells of the resource.
func retry(d denial.Denial, t *tenant.Tenant, scope arm.ID, o review.Options) report.ReviewOf {
	told, ok := d.Told(scope)
	if !ok {
		return report.ReviewOf{}
	}
	var b tenant.Builder
	b.Add(told)
	wanted, _ := b.Tenant()
	return report.Review(review.New(wanted, t, o))
}
