package design_test

import (
	"bytes"
	"fmt"
	"testing"

	"airfield/design"
	"airfield/source"
)

// many writes an estate of n workloads in three environments each, of the
// kinds that the example has.
func many(n int) []byte {
	var b bytes.Buffer
	b.WriteString(`airfield: 1
organization: {name: Many, prefix: man, owner: ai@many.example, cost_center: CC-1, billing: {agreement: EA, scope: /providers/Microsoft.Billing/billingAccounts/1/enrollmentAccounts/2}}
platform: {groups: {root: r, landing_zones: lz, corp: c, online: o, sandbox: s}}
regions: {home: swedencentral, recovery: francecentral}
network: {pools: {swedencentral: 10.0.0.0/9, francecentral: 10.128.0.0/9}}
access: {grp-all: {id: 3b7d0000-0000-4000-8000-0000000000a0, '*': Reader}}
workloads:
`)
	for i := range n {
		fmt.Fprintf(&b, `  w%d:
    title: Workload %d
    project: P%d
    environments: {dev: {jobs: {train: {nodes: 1}}}, test: {}, prod: {}}
    data:
      corpus: {size: 10TiB, cool: 30d}
      models: {size: 100GB}
      checkpoints: {size: 1TiB}
    jobs:
      train: {size: Standard_ND96isr_H100_v5, nodes: 4, busy: 40%%, reads: [corpus], writes: [checkpoints, models]}
    services:
      chat: {model: {like: llama-3.1-8b, precision: fp8, weights: models}, fleet: {at_least: 1, at_most: 4}}
`, i, i, i%50)
	}
	return b.Bytes()
}

// BenchmarkDesign designs estates of rising size: the time for each workload
// should stay the same.
func BenchmarkDesign(b *testing.B) {
	for _, n := range []int{10, 100, 1000} {
		raw := many(n)
		b.Run(fmt.Sprintf("%d workloads", n), func(b *testing.B) {
			b.ReportAllocs()
			resources := 0
			for b.Loop() {
				f, _ := source.NewFile("estate.yaml", raw)
				e, found := design.Read(f)
				if found.HasErrors() {
					b.Fatal(found)
				}
				d := design.New(e, design.Options{Month: "2026-11-01"})
				if d.Findings.HasErrors() {
					b.Fatal(d.Findings)
				}
				resources = d.Tenant.Len()
			}
			b.ReportMetric(float64(resources), "resources")
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*n), "µs/workload")
		})
	}
}
