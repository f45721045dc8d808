package policy_test

import (
	"runtime"
	"slices"
	"testing"
	"time"

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

// BenchmarkCompile binds the built-in definitions again and again, and reports
// what one compiled definition holds, beside the text it was read from.
//
//	go test ./policy -run '^$' -bench Compile
func BenchmarkCompile(b *testing.B) {
	var read []arm.Resource
	for _, d := range corpus(b, "builtin-policyDefinitions") {
		pieces, err := d.Pieces()
		if err != nil {
			b.Fatal(err)
		}
		read = append(read, pieces[0].Resource)
	}
	for _, r := range read { // the tables of aliases are read once, whoever asks
		load(b, r)
	}
	kept := make([]any, len(read))
	before := heap()
	for b.Loop() {
		for i, r := range read {
			kept[i] = load(b, r)
		}
	}
	b.ReportMetric(float64(heap()-before)/float64(len(kept)), "B/definition")
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(kept)), "ns/definition")
	runtime.KeepAlive(kept)
	runtime.KeepAlive(read)
}

func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// BenchmarkCompliant judges one storage account that complies with what the
// reference hierarchy assigns to it: reading it is not counted.
//
//	go test ./policy -run '^$' -bench Compliant
func BenchmarkCompliant(b *testing.B) {
	sub := arm.Subscription("11111111-1111-1111-1111-111111111111")
	id := sub.ResourceGroup("rg").Resource("Microsoft.Storage/storageAccounts", "a")
	body := arm.New(arm.O{"id", id, "name", "a", "type", "Microsoft.Storage/storageAccounts", "apiVersion", "2023-05-01", "location", "westeurope", "kind", "StorageV2",
		"tags", arm.O{"env", "prod"}, "properties", arm.O{"supportsHttpsTrafficOnly", true, "minimumTlsVersion", "TLS1_2", "allowBlobPublicAccess", false}})
	const n = 100
	all := slices.Repeat([]arm.Resource{{ID: id, Body: body}}, n)
	tree := reference(b, arm.Resource{ID: sub, Body: arm.New(arm.O{"id", sub, "type", arm.SubscriptionType, "properties", arm.O{"managementGroupAncestorsChain", arm.A{arm.O{"name", "online"}}}})})
	e, _ := policy.Compile(tree, policy.Options{Now: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)})
	results := 0
	judge := func() {
		e.Scan(slices.Values(all), nil, func(_ arm.Resource, found []policy.Result) { results = len(found) })
	}
	judge() // binds the rules to the type
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for b.Loop() {
		judge()
	}
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(results), "results")
	b.ReportMetric(float64(after.Mallocs-before.Mallocs)/float64(b.N*n), "allocs/resource")
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/resource")
}
