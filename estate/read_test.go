package estate_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"airfield/diag"
	"airfield/estate"
	"airfield/source"
)

// FuzzRead reads arbitrary bytes: no panic, no hang, and findings whose places
// lie in the file.
func FuzzRead(f *testing.F) {
	f.Add([]byte(good))
	f.Add([]byte(wide(1)))
	archives, _ := filepath.Glob("testdata/bad/*.txtar")
	for _, archive := range archives {
		raw, _ := os.ReadFile(archive)
		for _, s := range fileMark.Split(string(raw), -1) {
			f.Add([]byte(s))
		}
	}
	for _, s := range unprintable {
		if len(s) < 4000 {
			f.Add([]byte(s))
		}
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		file, _ := source.NewFile("estate.yaml", raw)
		if file == nil {
			return
		}
		e, found := estate.Read(file)
		lines := strings.Count(file.Text, "\n") + strings.Count(file.Text, "\r") + 1
		for _, d := range found {
			if d.Pos.File != "estate.yaml" || d.Pos.Line > lines || d.Pos.Line > 0 && d.Pos.Col < 1 {
				t.Errorf("%s: the place is not in %q", d, file.Text)
			}
		}
		if e != nil && !found.HasErrors() {
			checkDefaults(t, e)
		}
	})
}

// checkDefaults fails where a default that was taken has no place or value.
func checkDefaults(t *testing.T, e *estate.Estate) {
	t.Helper()
	for _, d := range e.Defaults() {
		if d.Path == "" || d.Value == "" || d.Pos == (diag.Pos{}) {
			t.Errorf("default %+v, wanted a path, a value and a place", d)
		}
	}
}

// wide gives an estate of n workloads with three environments each.
func wide(n int) string {
	var b strings.Builder
	b.WriteString(strings.TrimSuffix(good, "workloads: {atlas: {jobs: {train: {size: Standard_NC24ads_A100_v4}}}}\n") + "workloads:\n")
	for i := range n {
		fmt.Fprintf(&b, `  w%d:
    title: Workload %d
    tags: {Purpose: research, Team: 'T%d'}
    connects: corp
    environments:
      dev: {jobs: {train: {nodes: 1}}}
      test: {}
      prod: {jobs: {train: {nodes: 8}}}
    data:
      corpus: {size: 18TiB, grows: 2TiB/month, comes_from: internet, keep: 10y, cool: 30d}
      models: {size: 150GB, versions: 20}
    jobs:
      train: {size: Standard_ND96isr_H200_v5, nodes: 4, run_by: slurm, reads: [corpus], writes: [models]}
    services:
      chat: {model: {like: llama-3.1-70b, weights: models}, load: {mean: 20/s, peak: 60/s}, fleet: {at_least: 1 per zone, at_most: 12}}
`, i, i, i)
	}
	return b.String()
}

func TestWide(t *testing.T) {
	if have := findings(wide(3)); have != "" {
		t.Errorf("findings on a good estate:\n%s", have)
	}
}

func BenchmarkRead(b *testing.B) {
	for _, n := range []int{100, 1000} {
		text := []byte(wide(n))
		b.Run(fmt.Sprintf("%d workloads", n), func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				f, _ := source.NewFile("estate.yaml", text)
				if _, found := estate.Read(f); found != nil {
					b.Fatal(found[0])
				}
			}
		})
	}
}

func BenchmarkYAML(b *testing.B) {
	text := []byte(wide(1000))
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		f, _ := source.NewFile("estate.yaml", text)
		source.YAML(f)
	}
}
