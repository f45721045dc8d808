package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"

	"airfield/arm"
	"airfield/catalog"
	"airfield/diag"
	"airfield/policy"
	"airfield/snapshot"
	"airfield/tenant"

	"github.com/spf13/cobra"
)

const policyHelp = `Policy evaluates Azure Policy without Azure: definitions, sets, assignments and
exemptions as the portal, az, EPAC, the Azure landing zone library, ARM
templates or Bicep write them.`

func policyCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "policy",
		Short: "Evaluate, test and check Azure policies",
		Long:  policyHelp,
		Args:  cobra.NoArgs,
		RunE:  func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(policyEvalCommand(), policyTestCommand(), policyLintCommand(), policyImportCommand())
	return c
}

// policyFlags say which policies are looked at.
type policyFlags struct {
	policies []string
	tenant   string
	aliases  string
	params   []string
	now      string
	options  []string
	colour   string
	json     bool
	cloud    string
	deploy   string // where templates of policies are deployed to
}

func (f *policyFlags) add(c *cobra.Command) {
	c.Flags().StringArrayVarP(&f.policies, "policy", "p", nil, "policies: a `file` or a folder of definitions, sets, assignments, exemptions")
	c.Flags().StringVar(&f.cloud, "cloud", "public", "of a clone of Azure/azure-policy, the `cloud` whose policies are read: public, government or china")
	c.Flags().StringVarP(&f.tenant, "tenant", "t", "", "a snapshot `file` of the tenant")
	c.Flags().StringVar(&f.aliases, "aliases", "", "a `file` that policy import aliases wrote, with paths by API version")
	c.Flags().StringArrayVar(&f.params, "param", nil, "a parameter of policies that are not assigned, as `name=value`; a value may be JSON")
	c.Flags().StringVar(&f.now, "now", "", "the `time` that utcNow gives and exemptions end by; without it, the clock's")
	c.Flags().StringArrayVar(&f.options, "switch", nil, "switch a choice where Microsoft's sources disagree, by its `name` (docs/policy.md)")
	c.Flags().StringVar(&f.colour, "color", "auto", "auto, always or never")
	c.Flags().BoolVar(&f.json, "json", false, "print as JSON")
}

// policies are the policies that a command looks at, compiled.
type policies struct {
	engine  *policy.Engine
	tenant  *tenant.Tenant
	options *policy.Options
	given   []arm.Resource // read from --policy
	found   diag.List
	places  *places
}

// places finds the line of a value in the files that were read.
type places struct {
	policies  func(arm.Resource, arm.Value) diag.Pos
	requests  func(arm.Resource, arm.Value) diag.Pos
	requested map[string]bool // ids, in lower case
}

func (p *places) of(r arm.Resource, v arm.Value) diag.Pos {
	if p.requests != nil && p.requested[strings.ToLower(string(r.ID))] {
		return p.requests(r, v)
	}
	return p.policies(r, v)
}

// load reads and compiles what the flags name, with the resource groups and
// subscriptions around what is judged. Definitions are assigned to the
// whole tenant where no assignment was given.
func (f *policyFlags) load(around []arm.Resource) (*policies, error) {
	o, err := f.compileOptions()
	if err != nil {
		return nil, err
	}
	p := &policies{places: &places{requested: map[string]bool{}}}
	t := &tenant.Tenant{}
	if f.tenant != "" {
		if t, err = readTenant(f.tenant, &p.found); err != nil {
			return nil, err
		}
	}
	pieces, err := f.pieces(&p.found)
	if err != nil {
		return nil, err
	}
	if p.found.HasErrors() { // a policy or a resource that was not read is one whose verdict would be lost
		printFindings(p.found, colourOn(f.colour, os.Stderr))
		return nil, errUnreadable
	}
	p.places.policies = snapshot.Places(pieces)
	for _, piece := range pieces {
		p.given = append(p.given, piece.Resource)
	}
	assigned, err := f.assign(pieces)
	if err != nil {
		return nil, err
	}
	t, found := t.With(slices.Concat(p.given, assigned, around)...)
	p.found = append(p.found, found...)
	o.Place = p.places.of
	p.tenant, p.options = t, &o
	p.engine, found = policy.Compile(t, o)
	p.found = append(p.found, found...)
	switch {
	case len(p.engine.Assigned) > 0:
	case f.tenant != "":
		return nil, fmt.Errorf("%s has no policy assignments, so that nothing is known of policies: export policyresources too, or name some with --policy", f.tenant)
	default:
		return nil, errors.New("no policy is assigned: name some with --policy, or a snapshot with --tenant")
	}
	return p, nil
}

func (f *policyFlags) compileOptions() (o policy.Options, err error) {
	if o.Now, err = timeOf(f.now); err != nil {
		return o, err
	}
	for _, name := range f.options {
		x, ok := policy.ParseOption(name)
		if !ok {
			var names []string
			for _, o := range policy.AllOptions() {
				names = append(names, o.String())
			}
			return o, fmt.Errorf("--switch %q, wanted one of %s", name, strings.Join(names, ", "))
		}
		o.Switched |= x
	}
	if f.aliases != "" {
		raw, err := os.ReadFile(f.aliases)
		if err != nil {
			return o, err
		}
		table, err := catalog.AnyAliases(string(raw))
		if err != nil {
			return o, fmt.Errorf("%s: %w", f.aliases, err)
		}
		o.Alias = table.Over(catalog.Aliases()).Lookup
	}
	return o, nil
}

// readTenant reads a snapshot.
func readTenant(file string, found *diag.List) (*tenant.Tenant, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	t, wrong, err := tenant.Reader{Side: side}.Read(file, f)
	if err != nil {
		return nil, err
	}
	if t.Len() > 100_000 && os.Getenv("GOGC") == "" {
		debug.SetGCPercent(20) // nearly all of the heap is the tenant's text, which is not to be held twice
	}
	*found = append(*found, wrong...)
	return t, nil
}

// pieces reads the policies that --policy names.
func (f *policyFlags) pieces(found *diag.List) ([]snapshot.Piece, error) {
	var all []snapshot.Piece
	for _, path := range f.policies {
		files, err := jsonFiles(path)
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			if info, err := os.Stat(path); err == nil && info.IsDir() && snapshot.Cloud(file) != f.cloud {
				continue // definitions of several clouds have the same ids
			}
			src, wrong, err := readSource(file)
			if err != nil {
				return nil, err
			}
			*found = append(*found, wrong...)
			if wrong.HasErrors() {
				continue
			}
			pieces, wrong := snapshot.Reader{Deploy: arm.ID(f.deploy)}.Policies(src)
			*found = append(*found, wrong...)
			all = append(all, pieces...)
		}
	}
	return all, nil
}

// jsonFiles gives a file itself, or the JSON files below a folder.
func jsonFiles(path string) ([]string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return []string{path}, nil
	}
	var files []string
	err = filepath.WalkDir(path, func(at string, d fs.DirEntry, err error) error {
		if ext := strings.ToLower(filepath.Ext(at)); err == nil && !d.IsDir() && (ext == ".json" || ext == ".jsonc") {
			files = append(files, at)
		}
		return err
	})
	if err == nil && len(files) == 0 {
		err = fmt.Errorf("%s has no JSON files", path)
	}
	return files, err
}

// assign makes assignments to the whole tenant of definitions and sets, where
// no assignment is among the pieces and no snapshot was named.
func (f *policyFlags) assign(pieces []snapshot.Piece) ([]arm.Resource, error) {
	params, err := parameterValues(f.params)
	if err != nil {
		return nil, err
	}
	var definitions, all []arm.Resource
	for _, p := range pieces {
		switch t := p.Resource.Type(); {
		case t.Equal("Microsoft.Authorization/policyAssignments"):
			return nil, nil
		case t.Equal("Microsoft.Authorization/policyDefinitions"), t.Equal("Microsoft.Authorization/policySetDefinitions"):
			definitions = append(definitions, p.Resource)
		}
	}
	if f.tenant != "" {
		return nil, nil
	}
	sets := slices.ContainsFunc(definitions, func(r arm.Resource) bool { return r.Type().Equal("Microsoft.Authorization/policySetDefinitions") })
	for _, d := range definitions {
		if sets && d.Type().Equal("Microsoft.Authorization/policyDefinitions") {
			continue // they are there for the sets
		}
		id := arm.Tenant.Resource("Microsoft.Authorization/policyAssignments", d.ID.Name())
		given := arm.O{}
		for name := range d.Get("properties", "parameters").Members() {
			if v, ok := params[strings.ToLower(name)]; ok {
				given = append(given, name, arm.O{"value", v})
			}
		}
		all = append(all, arm.Resource{ID: id, Pos: d.Pos, Body: arm.New(arm.O{"id", id, "name", d.ID.Name(), "type", id.Type(), "properties", arm.O{
			"displayName", titleOf(d), "policyDefinitionId", d.ID, "scope", arm.Tenant, "parameters", given}})})
	}
	return all, nil
}

func titleOf(r arm.Resource) string {
	if title := r.Get("properties", "displayName").Str(); title != "" {
		return title
	}
	return r.ID.Name()
}

// parameterValues reads name=value; a value that is JSON is that, any other is
// a string.
func parameterValues(given []string) (map[string]arm.Value, error) {
	params := map[string]arm.Value{}
	for _, s := range given {
		name, text, ok := strings.Cut(s, "=")
		if !ok {
			return nil, fmt.Errorf("--param %q, wanted name=value", s)
		}
		v, err := arm.Parse(text)
		if err != nil {
			v = arm.New(text)
		}
		params[strings.ToLower(name)] = v
	}
	return params, nil
}

const importHelp = `Aliases reads what az prints for all resource providers and writes a table of
the aliases with their paths by API version and whether policies may modify
them. The table that is part of the program has default paths only.

  az provider list --expand "resourceTypes/aliases" > providers.json
  airfield policy import aliases providers.json -o aliases.csv
  airfield policy eval --aliases aliases.csv …`

func policyImportCommand() *cobra.Command {
	out := ""
	aliases := &cobra.Command{
		Use:   "aliases FILE",
		Short: "Import aliases with paths by API version",
		Long:  importHelp,
		Args:  oneFile("the output of az provider list"),
		RunE:  func(_ *cobra.Command, args []string) error { return importAliases(args[0], out) },
	}
	aliases.Flags().StringVarP(&out, "out", "o", "aliases.csv", "the `file` to write")
	c := &cobra.Command{Use: "import", Short: "Import what policies are evaluated with", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() }}
	c.AddCommand(aliases)
	return c
}

func importAliases(file, out string) error {
	src, found, err := readSource(file)
	if err != nil {
		return err
	}
	printFindings(found, colourOn("auto", os.Stderr))
	if found.HasErrors() {
		return errUnreadable
	}
	table, err := catalog.AnyAliases(src.Text)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	if have, err := os.ReadFile(out); err == nil {
		if _, err := catalog.ReadAliases(string(have)); err != nil {
			return fmt.Errorf("%s is there and is no table of aliases: not overwritten", out)
		}
	}
	now, err := timeOf("")
	if err != nil {
		return err
	}
	var text bytes.Buffer
	if err := table.Write(&text, catalog.Source{From: "az provider list --expand resourceTypes/aliases", Read: now.Format("2006-01-02"), Licence: "facts"}); err != nil {
		return err
	}
	if err := writeFile(out, text.Bytes()); err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "wrote %s: the aliases of %d types\n", out, len(table.Types()))
	return nil
}
