package policy_test

import (
	"runtime"
	"testing"

	"airfield/arm"
	"airfield/policy"
	"airfield/policy/policytest"
	"airfield/snapshot"
	"airfield/source"
)

// BenchmarkLoad reads and compiles every published definition and set, with the
// default parameters. The corpora are unpacked before.
//
//	go test ./policy -run '^$' -bench Load
func BenchmarkLoad(b *testing.B) {
	var all []policytest.Document
	for _, name := range []string{"builtin-policyDefinitions", "builtin-policySetDefinitions", "alz-library", "community"} {
		all = append(all, corpus(b, name)...)
	}
	b.ReportAllocs()
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	var kept []any
	for b.Loop() {
		kept = nil
		for _, d := range all {
			f, _ := source.NewFile(d.Path, d.Text)
			pieces, _ := snapshot.Policies(f, "")
			for _, p := range pieces {
				kept = append(kept, load(b, p.Resource))
			}
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/(1<<20), "MiB")
	b.ReportMetric(float64(len(kept)), "objects")
	runtime.KeepAlive(kept)
}

func load(b *testing.B, r arm.Resource) any {
	switch kind := r.Type(); {
	case kind.Equal("Microsoft.Authorization/policyDefinitions"):
		def, found := policy.Define(r, &policy.Options{})
		if found.HasErrors() {
			b.Fatal(found)
		}
		rule, _ := def.Bind(arm.Value{})
		return rule
	case kind.Equal("Microsoft.Authorization/policySetDefinitions"):
		set, found := policy.DefineSet(r, &policy.Options{})
		if found.HasErrors() {
			b.Fatal(found)
		}
		return set
	}
	return r
}
