package main

import (
	"fmt"
	"os"
	"text/tabwriter"

	"airfield/arm"
	"airfield/diag"
	"airfield/policy"
	"airfield/tenant"

	"github.com/spf13/cobra"
)

const lintHelp = `Lint reports what is questionable in policies though Azure takes it: rules that
cannot do what they look like, effects that are risky by default, assignments
that stand against each other, exemptions that end, identities with roles they
do not need, restrictions that leave types out. docs/lint.md has a paragraph
for each rule.

Exit code 0: nothing, or only notes. 1: warnings or errors. 2: something could
not be read.`

func policyLintCommand() *cobra.Command {
	var f policyFlags
	rules := false
	c := &cobra.Command{
		Use:     "lint",
		Short:   "Report what is questionable in policies",
		Long:    lintHelp,
		Example: "  airfield policy lint -p policies/\n  airfield policy lint -t tenant.jsonl.gz\n  airfield policy lint --rules",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if rules {
				return printLintRules(f.json)
			}
			return runLint(f)
		},
	}
	f.add(c)
	c.Flags().BoolVar(&rules, "rules", false, "list the rules")
	return c
}

func printLintRules(asJSON bool) error {
	if asJSON {
		return printJSON(policy.LintRules())
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	for _, r := range policy.LintRules() {
		fmt.Fprintf(w, "%s\t%s\t%s\n", r.ID, r.Severity, r.Finds)
	}
	return w.Flush()
}

func runLint(f policyFlags) error {
	p, err := f.load(nil)
	if err != nil {
		return err
	}
	found := append(p.found, p.engine.Lint()...)
	definitions, sets := p.named()
	found = append(found, policy.Lint(p.options, definitions)...)
	found = append(found, policy.LintSets(p.options, sets)...).Sorted()
	if f.json {
		err = printJSON(map[string]diag.List{"findings": found})
	} else {
		for _, d := range found {
			if _, err = fmt.Println(d); err != nil {
				break
			}
		}
	}
	if err != nil {
		return err
	}
	for _, d := range found {
		if d.Severity != diag.Info {
			return errFindings
		}
	}
	return nil
}

// named gives the definitions and sets of the files that were named, else the
// tenant's own.
func (p *policies) named() (definitions []*policy.Definition, sets []*policy.Set) {
	from := p.given
	if len(from) == 0 {
		for _, t := range []arm.Type{"Microsoft.Authorization/policyDefinitions", "Microsoft.Authorization/policySetDefinitions"} {
			for r := range p.tenant.OfType(t) {
				if !r.ID.Scope().Equal(arm.Tenant) {
					from = append(from, tenant.Keep(r))
				}
			}
		}
	}
	for _, r := range from {
		switch t := r.Type(); {
		case t.Equal("Microsoft.Authorization/policyDefinitions"):
			def, _ := policy.Define(r, p.options)
			definitions = append(definitions, def)
		case t.Equal("Microsoft.Authorization/policySetDefinitions"):
			set, _ := policy.DefineSet(r, p.options)
			sets = append(sets, set)
		}
	}
	return definitions, sets
}
