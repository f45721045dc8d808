// Package policytest reads the published policies that tests and benchmarks of
// package policy run on: the corpora in the folder $AIRFIELD_SHARED, else
// ../shared seen from the project's root. The program itself never reads them.
package policytest

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"airfield/arm"
	"airfield/snapshot"
	"airfield/source"
	"airfield/tenant"
)

// Shared gives the folder of the corpora.
func Shared() (string, error) {
	if dir := os.Getenv("AIRFIELD_SHARED"); dir != "" {
		return dir, nil
	}
	at, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(at, "go.mod")); err == nil {
			return filepath.Join(at, "..", "shared"), nil
		}
		if filepath.Dir(at) == at {
			return "", fmt.Errorf("not inside the project")
		}
		at = filepath.Dir(at)
	}
}

// Document is one file of a corpus.
type Document struct {
	Path string          `json:"path"`
	Text json.RawMessage `json:"document"`
}

// Corpus reads a corpus, such as "alz-library".
func Corpus(name string) ([]Document, error) {
	dir, err := Shared()
	if err != nil {
		return nil, err
	}
	f, err := os.Open(filepath.Join(dir, "corpora", name+".jsonl.gz"))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, err
	}
	var all []Document
	lines := bufio.NewScanner(z)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		var d Document
		if err := json.Unmarshal(lines.Bytes(), &d); err != nil {
			return nil, err
		}
		all = append(all, d)
	}
	return all, lines.Err()
}

// Pieces reads one document.
func (d Document) Pieces() ([]snapshot.Piece, error) {
	f, found := source.NewFile(d.Path, d.Text)
	if found.HasErrors() {
		return nil, fmt.Errorf("%v", found)
	}
	all, found := snapshot.Policies(f, "")
	if found.HasErrors() {
		return nil, fmt.Errorf("%v", found)
	}
	return all, nil
}

// BuiltIn adds the built-in definitions and sets of the public cloud.
func BuiltIn(b *tenant.Builder) error {
	for _, name := range []string{"builtin-policyDefinitions", "builtin-policySetDefinitions"} {
		all, err := Corpus(name)
		if err != nil {
			return err
		}
		for _, d := range all {
			if snapshot.Cloud(d.Path) != "public" {
				continue
			}
			pieces, err := d.Pieces()
			if err != nil {
				return err
			}
			for _, p := range pieces {
				b.Add(p.Resource)
			}
		}
	}
	return nil
}

// Reference gives the tenant of the Azure landing zone library, with the
// built-in definitions and sets of the public cloud and more resources.
func Reference(more ...arm.Resource) (*tenant.Tenant, error) {
	var b tenant.Builder
	if err := BuiltIn(&b); err != nil {
		return nil, err
	}
	all, err := Corpus("alz-library")
	if err != nil {
		return nil, err
	}
	var files []*source.File
	for _, d := range all {
		f, found := source.NewFile(d.Path, d.Text)
		if found.HasErrors() {
			return nil, fmt.Errorf("%v", found)
		}
		files = append(files, f)
	}
	library, found := snapshot.Library(files, "alz")
	if found.HasErrors() {
		return nil, fmt.Errorf("%v", found)
	}
	for _, p := range library {
		b.Add(p.Resource)
	}
	for _, r := range more {
		b.Add(r)
	}
	t, found := b.Tenant()
	if found.HasErrors() {
		return nil, fmt.Errorf("%v", found)
	}
	return t, nil
}
