package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"airfield/diag"
	"airfield/source"
	"airfield/trial"

	"github.com/spf13/cobra"
)

const policyTestHelp = `Test runs the unit tests of policies: files that name a policy, some resources,
and what the policy is to say of each. It finds every *.policytest.yaml
(.policytest.yml, .policytest.json) at or below the paths, the current folder
without one. No Azure, no credentials and no network are needed.

A whole test file, beside the policy https.json:

    policy: https.json
    parameters: {effect: Deny}
    resource:
      type: Microsoft.Storage/storageAccounts
      location: westeurope
      properties: {supportsHttpsTrafficOnly: true}
    tests:
      https is fine:
        expect: none
      plain http is refused:
        set: {properties.supportsHttpsTrafficOnly: false}
        expect: deny
        because: supportsHttpsTrafficOnly
      other settings:
        each:
          properties.supportsHttpsTrafficOnly: {true: none, false: deny, null: deny}

It prints a line for each test that fails, with what was expected, what the
policy says, and the conditions that decided, each with its place. Coverage is
how many outcomes of the policies' conditions, true and false, the tests saw.

docs/policy-test.md describes all keys.

Exit code 0: all tests pass. 1: some fail, or their files have errors, or the
coverage is below --min-coverage. 2: there are no tests, or a path cannot be
read.`

type policyTestFlags struct {
	json, coverage, watch bool
	run, junit, colour    string
	least                 float64
}

func policyTestCommand() *cobra.Command {
	var f policyTestFlags
	c := &cobra.Command{
		Use:     "test [PATH...]",
		Short:   "Run the unit tests of policies",
		Long:    policyTestHelp,
		Example: "  airfield policy test\n  airfield policy test policies --coverage --min-coverage 90\n  airfield policy test https.policytest.yaml --run 'plain http' --watch",
		RunE:    func(_ *cobra.Command, args []string) error { return runPolicyTest(args, f) },
	}
	c.Flags().BoolVar(&f.json, "json", false, "print the results as JSON")
	c.Flags().StringVar(&f.run, "run", "", "run only the tests whose names match this regular `expression`")
	c.Flags().BoolVar(&f.coverage, "coverage", false, "list the conditions that no test saw true, or false")
	c.Flags().Float64Var(&f.least, "min-coverage", 0, "fail where the coverage of all files together is below this `percentage`")
	c.Flags().BoolVar(&f.watch, "watch", false, "run again whatever changes, until interrupted")
	c.Flags().StringVar(&f.junit, "junit", "", "write the results as JUnit XML into this `file` too")
	c.Flags().StringVar(&f.colour, "color", "auto", "auto, always or never")
	return c
}

func runPolicyTest(paths []string, f policyTestFlags) error {
	match, err := f.check()
	if err != nil {
		return err
	}
	if len(paths) == 0 {
		paths = []string{"."}
	}
	w := &trialWatch{paths: paths, match: match, runs: map[string]*trialRun{}}
	if f.watch {
		return w.loop(f)
	}
	ran, err := w.step()
	if err != nil {
		return err
	}
	if len(ran) == 0 {
		return fmt.Errorf("no tests at or below %s: their files are named *%s", strings.Join(paths, ", "), strings.Join(trial.Suffixes, ", *"))
	}
	all := w.reports()
	if f.run != "" && !slices.ContainsFunc(all, func(r trial.Report) bool { return len(r.Cases) > 0 || r.Findings.HasErrors() }) {
		return fmt.Errorf("--run %q: no test has a name that matches", f.run)
	}
	return f.print(all, ran)
}

func (f *policyTestFlags) check() (func(string) bool, error) {
	switch {
	case f.colour != "auto" && f.colour != "always" && f.colour != "never":
		return nil, fmt.Errorf("--color %q, wanted auto, always or never", f.colour)
	case f.least < 0 || f.least > 100:
		return nil, fmt.Errorf("--min-coverage %v, wanted a percentage from 0 to 100", f.least)
	case f.run == "":
		return nil, nil
	}
	pattern, err := regexp.Compile(f.run)
	if err != nil {
		return nil, fmt.Errorf("--run: %w", err)
	}
	return pattern.MatchString, nil
}

// trialWatch runs test files, and those again that changed.
type trialWatch struct {
	paths []string
	match func(string) bool
	files []string // the test files there are, sorted
	runs  map[string]*trialRun
}

// trialRun is one test file's last run, and the files it read as they were then.
type trialRun struct {
	report trial.Report
	read   map[string]stamp
}

// stamp tells whether a file or folder is what it was.
type stamp struct {
	size    int64
	changed time.Time
	entries string // of a folder, the files below it
}

func stampOf(path string) stamp {
	info, err := os.Stat(path)
	if err != nil {
		return stamp{size: -1}
	}
	s := stamp{info.Size(), info.ModTime(), ""}
	if info.IsDir() {
		inside, _ := listFolder(path)
		s = stamp{entries: strings.Join(inside, "\n")}
	}
	return s
}

// step runs the test files that are new, or read something that has changed
// since, and gives their names.
func (w *trialWatch) step() (ran []string, err error) {
	if w.files, err = testFiles(w.paths); err != nil {
		return nil, err
	}
	for name := range w.runs {
		if !slices.Contains(w.files, name) {
			delete(w.runs, name)
		}
	}
	for _, name := range w.files {
		if r := w.runs[name]; r == nil || r.stale() {
			w.runs[name] = runTrial(name, w.match)
			ran = append(ran, name)
		}
	}
	return ran, nil
}

func (r *trialRun) stale() bool {
	for path, was := range r.read {
		if now := stampOf(path); now.size != was.size || now.entries != was.entries || !now.changed.Equal(was.changed) {
			return true
		}
	}
	return false
}

func (w *trialWatch) reports() []trial.Report {
	var all []trial.Report
	for _, name := range w.files {
		all = append(all, w.runs[name].report)
	}
	return all
}

const watchEach = 500 * time.Millisecond

// loop runs again what changes, until it is interrupted.
func (w *trialWatch) loop(f policyTestFlags) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	tick := time.NewTicker(watchEach)
	defer tick.Stop()
	for {
		ran, err := w.step()
		if err != nil {
			fmt.Fprintln(os.Stderr, "airfield:", err)
		}
		if len(ran) > 0 {
			if err := f.print(w.reports(), ran); err != nil && !errors.Is(err, errFindings) {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// testFiles finds the test files at or below paths.
func testFiles(paths []string) ([]string, error) {
	var all []string
	for _, path := range paths {
		inside, err := listFolder(path)
		if err != nil {
			return nil, err
		}
		for _, name := range inside {
			if name == path || trial.IsTest(name) {
				all = append(all, name)
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}

// listFolder gives the files at or below a path, without those of hidden
// folders.
func listFolder(path string) (files []string, err error) {
	err = filepath.WalkDir(path, func(name string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case e.IsDir() && name != path && (strings.HasPrefix(e.Name(), ".") || e.Name() == "node_modules"):
			return filepath.SkipDir
		case e.Type().IsRegular() || e.Type()&fs.ModeSymlink != 0 || name == path:
			if !e.IsDir() {
				files = append(files, name)
			}
		}
		return nil
	})
	return files, err
}

// runTrial runs one test file, and remembers what it read.
func runTrial(name string, match func(string) bool) *trialRun {
	r := &trialRun{read: map[string]stamp{}}
	files := trial.Files{
		Read: func(path string) ([]byte, error) {
			r.read[path] = stampOf(path)
			return readBounded(path)
		},
		List: func(path string) ([]string, bool) {
			if info, err := os.Stat(path); err != nil || !info.IsDir() {
				return nil, false
			}
			r.read[path] = stampOf(path)
			inside, err := listFolder(path)
			return inside, err == nil
		},
	}
	raw, err := files.Read(name)
	if err != nil {
		r.report = trial.Report{File: name, Findings: diag.List{{Pos: diag.Pos{File: name}, Code: "test/file", Message: err.Error()}}}
		return r
	}
	f, found := source.NewFile(name, raw)
	if !found.HasErrors() {
		var suite *trial.Suite
		if suite, found = trial.Read(f); !found.HasErrors() {
			r.report = suite.Run(files, match)
		}
	}
	r.report.File, r.report.Findings = name, append(found, r.report.Findings...)
	return r
}

const maxTenant = 2 << 30 // the largest snapshot of a tenant that a test can name, in bytes

// readBounded reads a file, up to what is read of its kind.
func readBounded(path string) ([]byte, error) {
	most := source.MaxFile
	if strings.Contains(strings.ToLower(filepath.Base(path)), ".jsonl") {
		most = maxTenant
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, int64(most)+1))
	if err == nil && len(raw) > most {
		err = fmt.Errorf("larger than %d MiB", most>>20)
	}
	return raw, err
}

// print prints reports in all forms that were asked for, and gives errFindings
// where something is not as it should be. Of all reports, those of the files in
// fresh are printed.
func (f *policyTestFlags) print(all []trial.Report, fresh []string) error {
	s := trial.SumOf(all, f.least)
	p := trial.Printer{Out: os.Stdout, Colour: colourOn(f.colour, os.Stdout)}
	for i := range all {
		if !slices.Contains(fresh, all[i].File) {
			continue
		}
		printFindings(all[i].Findings, colourOn(f.colour, os.Stderr))
		if !f.json {
			p.Report(&all[i])
		}
	}
	if f.junit != "" {
		var text bytes.Buffer
		if err := trial.JUnit(&text, all); err != nil {
			return err
		}
		if err := writeFile(f.junit, text.Bytes()); err != nil {
			return err
		}
	}
	if f.json {
		if err := printJSON(map[string]any{"files": all, "summary": s}); err != nil {
			return err
		}
	} else {
		if f.coverage {
			p.Coverage(trial.Union(all))
		}
		p.Sum(s)
	}
	if !s.Good {
		return errFindings
	}
	return nil
}
