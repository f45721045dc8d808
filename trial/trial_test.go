package trial_test

import (
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"airfield/source"
	"airfield/trial"

	"golang.org/x/tools/txtar"
)

var update = flag.Bool("update", false, "write what is printed into the txtar files")

// TestTrials runs the test files of each archive and compares what is printed
// with its file want.
func TestTrials(t *testing.T) {
	archives, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatal("no archives", err)
	}
	for _, name := range archives {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			have := printed(a)
			i := slices.IndexFunc(a.Files, func(f txtar.File) bool { return f.Name == "want" })
			if i < 0 {
				a.Files, i = append(a.Files, txtar.File{Name: "want"}), len(a.Files)
			}
			if *update {
				a.Files[i].Data = []byte(have)
				if err := os.WriteFile(name, txtar.Format(a), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if want := string(a.Files[i].Data); have != want {
				t.Errorf("have\n%s\nwant\n%s", have, want)
			}
		})
	}
}

// printed gives what is printed of the test files of an archive.
func printed(a *txtar.Archive) string {
	var out strings.Builder
	var all []trial.Report
	p := trial.Printer{Out: &out}
	for _, f := range a.Files {
		if !trial.IsTest(f.Name) {
			continue
		}
		r := run(f.Name, string(f.Data), inArchive(a))
		for _, d := range r.Findings {
			fmt.Fprintln(&out, d)
		}
		p.Report(&r)
		all = append(all, r)
	}
	p.Coverage(trial.Union(all))
	p.Sum(trial.SumOf(all, 0))
	return out.String()
}

func run(name, text string, files trial.Files) trial.Report {
	f, found := source.NewFile(name, []byte(text))
	if found.HasErrors() {
		return trial.Report{File: name, Findings: found}
	}
	s, found := trial.Read(f)
	r := trial.Report{File: name}
	if !found.HasErrors() {
		r = s.Run(files, nil)
	}
	r.Findings = append(found, r.Findings...).Sorted()
	return r
}

func inArchive(a *txtar.Archive) trial.Files {
	return trial.Files{
		Read: func(path string) ([]byte, error) {
			for _, f := range a.Files {
				if f.Name == path {
					return f.Data, nil
				}
			}
			return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
		},
		List: func(path string) (files []string, folder bool) {
			for _, f := range a.Files {
				if path == "." || strings.HasPrefix(f.Name, path+"/") {
					files = append(files, f.Name)
				}
			}
			return files, len(files) > 0
		},
	}
}

// FuzzRead reads texts as test files, and runs those that can be.
func FuzzRead(f *testing.F) {
	archives, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range archives {
		a, err := txtar.ParseFile(name)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range a.Files {
			if trial.IsTest(file.Name) {
				f.Add(string(file.Data))
			}
		}
	}
	a, err := txtar.ParseFile("testdata/one_policy.txtar")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r := run("x.policytest.yaml", text, inArchive(a))
		for _, d := range r.Findings {
			if d.Code == "" || d.Message == "" {
				t.Errorf("finding without code or message: %#v", d)
			}
		}
		if percent, _ := trial.Coverage(r.Conditions); percent < 0 || percent > 100 {
			t.Errorf("coverage %v", percent)
		}
	})
}
