package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"airfield/arm"
	"airfield/catalog"
	"airfield/policy"
	"airfield/report"

	"github.com/spf13/cobra"
)

const allowedHelp = `Allowed says what policies let be created at a scope, and who forbids the rest:
sizes, regions, resource types, tags, SKUs. With --type, what they restrict of
that type; with --property, each value.

A value is denied where every resource with it is, allowed where no rule in
force can deny one for it, and else not known, with the property that decides.

A property is size, location, type, kind, sku, tag:NAME, an alias, or the end of
one. --coverage shows which types with GPUs a list of sizes or locations binds
and which escape it; -o writes the definitions that close the gaps.

Exit code 0: answered. 1: a value of --value is not known to be allowed, or a
type escapes a list. 2: something could not be read.`

type allowedFlags struct {
	policyFlags
	scope    string
	typ      string
	property string
	values   []string
	known    []string
	coverage bool
	full     bool
	out      string
	width    int
}

func allowedCommand() *cobra.Command {
	var f allowedFlags
	c := &cobra.Command{
		Use:     "allowed",
		Short:   "Say what policies let be created at a scope",
		Long:    allowedHelp,
		Example: "  airfield allowed --scope /subscriptions/… -t tenant.jsonl.gz\n  airfield allowed --scope /subscriptions/… -t tenant.jsonl.gz --type Microsoft.Compute/virtualMachines --property size --value Standard_ND96isr_H100_v5\n  airfield allowed --scope /subscriptions/… -t tenant.jsonl.gz --coverage -o close.json",
		Args:    cobra.NoArgs,
		RunE:    func(*cobra.Command, []string) error { return runAllowed(f) },
	}
	f.add(c)
	c.Flags().StringVar(&f.scope, "scope", "", "the `id` of a management group, subscription or resource group")
	c.Flags().StringVar(&f.typ, "type", "", "the resource `type`, such as Microsoft.Compute/virtualMachines")
	c.Flags().StringVar(&f.property, "property", "", "the `property`: size, location, type, kind, sku, tag:NAME or an alias")
	c.Flags().StringArrayVar(&f.values, "value", nil, "a `value` that is asked about; without one, all there are")
	c.Flags().StringArrayVar(&f.known, "known", nil, "another property whose value is known, as `property=value`")
	c.Flags().BoolVar(&f.coverage, "coverage", false, "show which types lists of sizes and locations bind")
	c.Flags().StringVarP(&f.out, "out", "o", "", "with --coverage, write the definitions that close the gaps to this `file`")
	c.Flags().BoolVar(&f.full, "full", false, "name every value and every policy")
	c.Flags().IntVar(&f.width, "width", 0, "the width to print for; without it, the terminal's")
	return c
}

func runAllowed(f allowedFlags) error {
	scope, err := f.where()
	if err != nil {
		return err
	}
	p, err := f.load(nil)
	if err != nil {
		return err
	}
	printFindings(p.found, colourOn(f.colour, os.Stderr))
	if f.tenant != "" {
		if around := scope.SubscriptionID(); scope != arm.Tenant && !p.tenant.Has(scope) && (around == "" || around == scope || !p.tenant.Has(around)) {
			return fmt.Errorf("%s is not in the tenant", scope)
		}
	}
	switch {
	case f.coverage:
		return f.cover(p, scope)
	case f.typ == "" && f.property == "":
		return f.print(report.PermitAll(scope, p.engine.Permits(scope)))
	}
	answers, err := f.ask(p, scope)
	if err != nil {
		return err
	}
	if err := f.print(report.Permit(scope, answers)); err != nil || len(f.values) == 0 {
		return err
	}
	for _, c := range answers[0].Choices {
		if c.Decision != policy.Allowed {
			return errFindings
		}
	}
	return nil
}

// where reads the scope.
func (f *allowedFlags) where() (arm.ID, error) {
	if f.scope == "" {
		return "", errors.New("--scope is wanted: the id of a management group, subscription or resource group")
	}
	if f.colour != "auto" && f.colour != "always" && f.colour != "never" {
		return "", fmt.Errorf("--color %q, wanted auto, always or never", f.colour)
	}
	scope, err := arm.ParseID(f.scope)
	if err != nil {
		return "", fmt.Errorf("--scope: %w", err)
	}
	switch t := scope.Type(); {
	case scope == arm.Tenant, t.Equal(arm.ManagementGroupType), t.Equal(arm.SubscriptionType), t.Equal(arm.ResourceGroupType):
	default:
		return "", fmt.Errorf("--scope %s is a resource, wanted a management group, subscription or resource group", scope)
	}
	return scope, nil
}

// ask puts the question of the flags.
func (f *allowedFlags) ask(p *policies, scope arm.ID) ([]policy.Answer, error) {
	typ := arm.Type(f.typ)
	if name, ok := catalog.TypeName(f.typ); ok {
		typ = arm.Type(name)
	}
	switch {
	case f.property == "" && len(f.values) > 0:
		return nil, errors.New("--value without --property, whose value it is")
	case f.property == "":
		return p.engine.TypePermits(scope, typ), nil
	case typ == "" && !strings.EqualFold(f.property, "type"):
		return nil, fmt.Errorf("--property %s without --type, whose property it is", f.property)
	}
	q := policy.Question{Scope: scope, Type: typ, Values: f.values, Known: map[string]string{}}
	var err error
	if q.Property, err = p.engine.Property(typ, f.property); err != nil {
		return nil, err
	}
	for _, s := range f.known {
		name, value, ok := strings.Cut(s, "=")
		if !ok {
			return nil, fmt.Errorf("--known %q, wanted property=value", s)
		}
		if name, err = p.engine.Property(typ, name); err != nil {
			return nil, err
		}
		q.Known[name] = value
	}
	return []policy.Answer{p.engine.Answer(q)}, nil
}

func (f *allowedFlags) print(p report.Permitted) error {
	if f.json {
		return printJSON(p)
	}
	return report.Allowed(os.Stdout, p, f.options())
}

func (f *allowedFlags) options() report.Options {
	return printOptions(designFlags{width: f.width, colour: f.colour, full: f.full})
}

// cover shows what restrictions bind, and writes what closes their gaps.
func (f *allowedFlags) cover(p *policies, scope arm.ID) error {
	all := p.engine.Restrictions(scope)
	var err error
	if f.json {
		err = printJSON(report.Covers(all))
	} else {
		err = report.Coverage(os.Stdout, scope, report.Covers(all), f.options())
	}
	if err != nil {
		return err
	}
	gap := false
	var closes arm.A
	for i := range all {
		gap = gap || all[i].Gap()
		if all[i].Closes.Exists() {
			closes = append(closes, all[i].Closes)
		}
	}
	if f.out != "" && len(closes) > 0 {
		if err := writeDefinitions(f.out, closes); err != nil {
			return err
		}
	}
	if gap {
		return errFindings
	}
	return nil
}

// writeDefinitions writes one definition, or a list of several.
func writeDefinitions(file string, all arm.A) error {
	v := arm.New(all)
	if len(all) == 1 {
		v = v.At(0)
	}
	var text bytes.Buffer
	if err := json.Indent(&text, []byte(v.Text()), "", "  "); err != nil {
		return err
	}
	text.WriteByte('\n')
	if err := writeFile(file, text.Bytes()); err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "wrote %s\n", file)
	return nil
}
