package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"

	"airfield/arm"
	"airfield/diag"
	"airfield/snapshot"
	"airfield/source"
	"airfield/tenant"

	"github.com/spf13/cobra"
)

const snapshotHelp = `Snapshot puts what lies in a tenant into one file that the other commands take.
It reads files and folders, tells their forms by what is in them, and asks no
Azure:

  az graph query, az … list, az rest, portal exports (JSON, CSV)
  ARM templates, folders of AzOps, EPAC and Azure landing zone libraries
  Terraform plans and states (terraform show -json, terraform.tfstate)
  snapshots

docs/snapshot.md has the commands that make a complete one. What cannot be read
is listed, and in the snapshot too, so that nobody takes its absence for an
answer. Of two descriptions of one resource the first counts.

With --check it says what a snapshot lacks, which answers stay unknown because of
it, and the command that would add it.

Exit code 0: all was read, or nothing is lacking. 1: something was not.
2: nothing could be written.`

type snapshotFlags struct {
	out          string
	check, json  bool
	made         string
	tenantID     string
	subscription string
	region       string
	scope        string
	architecture string
	environment  string
	colour       string
}

func snapshotCommand() *cobra.Command {
	var f snapshotFlags
	c := &cobra.Command{
		Use:     "snapshot FILE|FOLDER... -o SNAPSHOT",
		Short:   "Put exports of a tenant into one file",
		Long:    snapshotHelp,
		Example: "  airfield snapshot exports/ -o tenant.jsonl.gz --made 2026-11-30\n  airfield snapshot --check tenant.jsonl.gz",
		RunE: func(_ *cobra.Command, args []string) error {
			if f.check {
				return checkSnapshot(args, f)
			}
			return runSnapshot(args, f)
		},
	}
	c.Flags().StringVarP(&f.out, "out", "o", "", "the `file` to write; .gz and .zst are packed")
	c.Flags().BoolVar(&f.check, "check", false, "say what a snapshot lacks")
	c.Flags().BoolVar(&f.json, "json", false, "with --check, print as JSON")
	c.Flags().StringVar(&f.made, "made", "", "when the exports were made, a `time` or \"now\"; without it, that of the snapshots among them")
	c.Flags().StringVar(&f.tenantID, "tenant-id", "", "the `id` of the tenant")
	c.Flags().StringVar(&f.subscription, "subscription", "", "the `id` of the subscription, for exports that do not say it")
	c.Flags().StringVar(&f.region, "region", "", "the `region`, for the output of az vm list-usage, which does not say it")
	c.Flags().StringVar(&f.scope, "scope", "", "the `id` of the scope that templates are deployed to")
	c.Flags().StringVar(&f.architecture, "architecture", "", "of a landing zone library, the `name` of the architecture")
	c.Flags().StringVar(&f.environment, "environment", "", "of Enterprise Azure Policy as Code, the `name` (pacSelector)")
	c.Flags().StringVar(&f.colour, "color", "auto", "auto, always or never")
	return c
}

// at gives the scope of what has none.
func (f *snapshotFlags) at() (arm.ID, error) {
	at := arm.ID(f.scope)
	switch {
	case f.subscription != "" && f.scope == "":
		at = arm.Subscription(strings.TrimPrefix(f.subscription, "/subscriptions/"))
		if f.region != "" {
			at = at.Resource("Microsoft.Compute/locations", f.region)
		}
	case f.region != "" || f.subscription != "":
		return "", errors.New("--region goes with --subscription, and --scope with neither")
	}
	if at != "" {
		if _, err := arm.ParseID(string(at)); err != nil {
			return "", err
		}
	}
	return at, nil
}

func runSnapshot(paths []string, f snapshotFlags) error {
	if len(paths) == 0 || f.out == "" {
		return errors.New("snapshot wants files or folders, and the file to write with --out (airfield snapshot --help)")
	}
	at, err := f.at()
	if err != nil {
		return err
	}
	made, err := madeOf(f.made)
	if err != nil {
		return err
	}
	if err := mayReplace(f.out); err != nil {
		return err
	}
	debug.SetGCPercent(50) // an export may be a good part of the memory
	g := snapshot.Gathering{
		Reader: snapshot.Reader{At: at, Environment: f.environment},
		Header: tenant.Header{Airfield: "tenant", Version: 1, By: "airfield " + version(), Made: made, Tenant: f.tenantID},
	}
	for _, path := range paths {
		if err := f.gather(&g, path); err != nil {
			return err
		}
	}
	t, found := g.Tenant()
	printFindings(found, colourOn(f.colour, os.Stderr))
	if t.Len() == 0 {
		return errors.New("there is nothing to write: no file has a resource")
	}
	if err := writeFileBy(f.out, func(w io.Writer) error { return t.Write(w, packing(f.out)) }); err != nil {
		return err
	}
	lacks := ""
	if n := len(t.Header().Missing); n > 0 {
		lacks = fmt.Sprintf(", with %d notes of what is missing", n)
	}
	fmt.Fprintf(os.Stderr, "wrote %s: %d resources%s\n", f.out, t.Len(), lacks)
	if found.HasErrors() || lacks != "" {
		return errFindings
	}
	return nil
}

// madeOf reads --made.
func madeOf(text string) (string, error) {
	if text == "" {
		return "", nil
	}
	if text == "now" {
		text = ""
	}
	t, err := timeOf(text)
	if err != nil {
		return "", fmt.Errorf("--made %q, wanted \"now\" or a time such as 2026-11-30 or 2026-11-30T12:00:00Z", text)
	}
	return t.UTC().Format("2006-01-02T15:04:05Z"), nil
}

// mayReplace refuses to write over a file that is no snapshot.
func mayReplace(file string) error {
	in, err := os.Open(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer in.Close()
	if by := tenant.Scan(file, in).Header().By; !strings.HasPrefix(by, "airfield ") {
		return fmt.Errorf("%s is there and airfield did not write it: not overwritten", file)
	}
	return nil
}

func packing(file string) tenant.Compression {
	switch filepath.Ext(file) {
	case ".gz":
		return tenant.Gzip
	case ".zst":
		return tenant.Zstd
	}
	return tenant.Plain
}

// exports are the endings of files that are read in folders.
var exports = []string{".json", ".jsonc", ".csv", ".tfstate", ".jsonl", ".ndjson", ".gz", ".zst"}

// gather reads a file, or the files below a folder.
func (f *snapshotFlags) gather(g *snapshot.Gathering, path string) error {
	files, library := []string{path}, false
	if info, err := os.Stat(path); err != nil {
		return err
	} else if info.IsDir() {
		files = nil
		err := filepath.WalkDir(path, func(at string, d fs.DirEntry, err error) error {
			library = library || strings.Contains(at, ".alz_architecture_definition.")
			if err == nil && !d.IsDir() && (slices.Contains(exports, strings.ToLower(filepath.Ext(at))) || strings.Contains(filepath.Base(at), ".alz_")) {
				files = append(files, at)
			}
			return err
		})
		if err != nil {
			return err
		}
		if len(files) == 0 {
			return fmt.Errorf("%s has no files that are read: %s", path, strings.Join(exports, ", "))
		}
	}
	g.Folders(files)
	if library && f.architecture == "" {
		return fmt.Errorf("%s is an Azure landing zone library: name one of its architectures with --architecture", path)
	}
	if library {
		return f.library(g, files)
	}
	for _, file := range files {
		if err := gatherFile(g, file); err != nil {
			return err
		}
	}
	return nil
}

// gatherFile reads one file.
func gatherFile(g *snapshot.Gathering, file string) error {
	raw, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if isSnapshot(raw) {
		t, found, err := tenant.Read(file, bytes.NewReader(raw))
		if err != nil {
			return err
		}
		g.Merge(t, found)
		return nil
	}
	src, found := source.NewExport(file, raw)
	if found.HasErrors() {
		g.Found(found)
		return nil
	}
	raw = nil
	g.Read(src)
	return nil
}

// isSnapshot tells a snapshot, and what is packed as one.
func isSnapshot(raw []byte) bool {
	raw = bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf"))
	return bytes.HasPrefix(raw, []byte(`{"airfield"`)) || bytes.HasPrefix(raw, []byte("\x1f\x8b")) || bytes.HasPrefix(raw, []byte("\x28\xb5\x2f\xfd"))
}

// library reads the files of an Azure landing zone library.
func (f *snapshotFlags) library(g *snapshot.Gathering, files []string) error {
	var all []*source.File
	for _, file := range files {
		src, found, err := readSource(file)
		if err != nil {
			return err
		}
		if found.HasErrors() {
			g.Found(found)
			continue
		}
		all = append(all, src)
	}
	g.Add(snapshot.Library(all, f.architecture))
	return nil
}

// checkSnapshot prints what a snapshot lacks.
func checkSnapshot(args []string, f snapshotFlags) error {
	if len(args) != 1 {
		return errors.New("snapshot --check wants one snapshot")
	}
	var found diag.List
	t, err := readTenant(args[0], &found)
	if err != nil {
		return err
	}
	printFindings(found, colourOn(f.colour, os.Stderr))
	lacks := snapshot.Check(t)
	if f.json {
		err = printJSON(struct {
			Resources int             `json:"resources"`
			Lacks     []snapshot.Lack `json:"lacks"`
			Findings  diag.List       `json:"findings,omitempty"`
		}{t.Len(), append([]snapshot.Lack{}, lacks...), found})
	} else {
		printLacks(t, lacks)
	}
	if err != nil {
		return err
	}
	if len(lacks) > 0 || found.HasErrors() {
		return errFindings
	}
	return nil
}

func printLacks(t *tenant.Tenant, lacks []snapshot.Lack) {
	if len(lacks) == 0 {
		fmt.Printf("%d resources; nothing that is looked for is lacking\n", t.Len())
		return
	}
	fmt.Printf("%d resources. Lacking:\n", t.Len())
	for _, l := range lacks {
		fmt.Printf("\n%s\n  not known   %s\n", l.What, l.Unknown)
		for i, at := range l.At {
			if i == 5 {
				fmt.Printf("              and %d more\n", len(l.At)-i)
				break
			}
			fmt.Printf("  %-11s %s\n", map[bool]string{true: "at"}[i == 0], at)
		}
		fmt.Printf("  add it      %s\n", l.Command)
	}
}
