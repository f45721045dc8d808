package compute_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"airfield/compute/rows"
)

// TestRows holds the models against measured runs, a line a mode. The tables
// lie in $AIRFIELD_SIZING_ROWS, else in the folder sizing of the shared facts.
func TestRows(t *testing.T) {
	folder := os.Getenv("AIRFIELD_SIZING_ROWS")
	if folder == "" {
		shared := os.Getenv("AIRFIELD_SHARED")
		if shared == "" {
			shared = "../../shared"
		}
		folder = filepath.Join(shared, "sizing")
	}
	var cases []rows.Case
	for _, name := range rows.Files {
		f, err := os.Open(filepath.Join(folder, name))
		if errors.Is(err, fs.ErrNotExist) {
			t.Logf("left out: %s, which is not in %s", name, folder)
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		got, err := rows.Read(name, f)
		f.Close()
		if err != nil {
			t.Fatalf("reading %s: %v", name, err)
		}
		cases = append(cases, got...)
	}
	if len(cases) == 0 {
		t.Skip("no measured runs: set AIRFIELD_SIZING_ROWS")
	}
	for _, s := range rows.Scores(cases, rows.Catalog()) {
		t.Log(s)
		if s.Skipped > 0 {
			t.Logf("%s: the first row skipped: %s", s.Mode, s.Why)
		}
		if misses := s.Misses(); misses != nil {
			t.Errorf("%s misses %v", s.Mode, misses)
		}
	}
}
