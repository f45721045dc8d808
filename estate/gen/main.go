// Gen describes the language of package estate from its Go types and their
// comments: schema/estate-1.schema.json, a JSON Schema for editors, and
// docs/estate.md, the reference for readers. Run it with go generate ./estate;
// a test fails while what it would write differs from what is there.
package main

import (
	"fmt"
	"os"
	"path/filepath"
)

const (
	schemaFile    = "schema/estate-1.schema.json"
	referenceFile = "docs/estate.md"
)

func main() {
	root, err := moduleRoot()
	if err == nil {
		err = write(root)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
}

func write(root string) error {
	d, err := describe(root)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(root, filepath.Dir(schemaFile)), 0o777); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(root, schemaFile), d.schema(), 0o666); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(root, referenceFile), d.reference(), 0o666)
}

// moduleRoot gives the nearest folder above that holds go.mod.
func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("no go.mod above the current folder")
		}
		dir = filepath.Dir(dir)
	}
}
