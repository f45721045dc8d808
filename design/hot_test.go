package design_test

import (
	"slices"
	"strings"
	"testing"

	"airfield/design"
	"airfield/diag"
	"airfield/limits"
	"airfield/tenant"
)

// trains gives a workload that trains on 8 nodes, with more of the job and of
// its checkpoints.
func trains(t *testing.T, job, checkpoints string, lock *design.Lock) *design.Design {
	t.Helper()
	return of(t, []byte(`airfield: 1
organization: {name: N, prefix: nwh, owner: a@n.example, cost_center: C, billing: {agreement: EA, scope: /providers/Microsoft.Billing/billingAccounts/1/enrollmentAccounts/2}}
regions: {home: swedencentral}
network: {pools: {swedencentral: 10.96.0.0/16}}
workloads:
  atlas:
    data: {corpus: {size: 180TiB}, checkpoints: {`+checkpoints+`}, models: {size: 1GB}}
    jobs: {pretrain: {size: Standard_ND96isr_H200_v5, nodes: 8, reads: [corpus], writes: [checkpoints, models]`+job+`}}
`), lock)
}

// finds tells whether a design has a finding of a code.
func finds(d *design.Design, code string) bool {
	return slices.ContainsFunc(d.Findings, func(f diag.Diagnostic) bool { return f.Code == code })
}

// TestCheckpointInTime: how long a job may wait for a checkpoint decides
// whether a file system lies in front of Blob.
func TestCheckpointInTime(t *testing.T) {
	for _, tt := range []struct{ job, checkpoints, want string }{
		{", model: llama-3.1-70b, method: full", "stall_at_most: 60s", "AMLFS-Durable-Premium-500 36 TiB of checkpoints"},
		{", model: llama-3.1-70b, method: full", "stall_at_most: 10min", ""},
		{", model: llama-3.1-70b, method: lora", "stall_at_most: 60s", ""},
		{"", "stall_at_most: 60s", ""},
		{"", "size: 10TiB, keep_last: 10, stall_at_most: 60s", "AMLFS-Durable-Premium-500 40 TiB of checkpoints"},
		{", hot: {size: 12TiB, read: 20GB/s, from: corpus}", "size: 1TiB", "AMLFS-Durable-Premium-500 40 TiB of corpus"},
		{", hot: {size: 12TiB}", "size: 1TiB", "AMLFS-Durable-Premium-125 16 TiB of "},
		{", hot: {from: models}", "size: 1TiB", "AMLFS-Durable-Premium-500 4 TiB of models"},
		{", hot: {read: 20GB/s}", "size: 1TiB", ""}, // how much it holds is not said
	} {
		have := ""
		for _, r := range named(trains(t, tt.job, tt.checkpoints, nil), lustres) {
			container := r.Get("properties", "hsm", "settings", "container").Text()
			container, _, _ = strings.Cut(container[strings.LastIndexByte(container, '/')+1:], `"`)
			have = r.Get("sku", "name").Str() + " " + r.Get("properties", "storageCapacityTiB").Text() + " TiB of " + container
		}
		if have != tt.want {
			t.Errorf("%s %s: have %q, want %q", tt.job, tt.checkpoints, have, tt.want)
		}
	}
}

// TestKeysAreLent: account keys are on where a file system is linked, nowhere
// else, and its service has its two roles there.
func TestKeysAreLent(t *testing.T) {
	d := trains(t, ", hot: {size: 12TiB, from: corpus}", "size: 10TiB, keep_last: 10, stall_at_most: 60s", nil)
	for name, a := range named(d, "Microsoft.Storage/storageAccounts") {
		roles := 0
		for r := range d.Tenant.Range(a.ID) {
			if ref, ok := r.Get("properties", "principalId").Ref(); ok && ref.Parameter == "lustreProvider" {
				roles++
			}
		}
		_, linked := d.Tenant.Get(a.ID.Child("blobServices", "default").Child("containers", "corpus"))
		if a.Get("properties", "allowSharedKeyAccess").True() != linked || linked != (roles == 2) || !linked && roles > 0 {
			t.Errorf("%s: keys %s, %d roles", name, a.Get("properties", "allowSharedKeyAccess").Text(), roles)
		}
	}
	if !slices.ContainsFunc(d.Open, func(o design.Open) bool { return o.What == "copying checkpoints to atlas/prod/checkpoints" }) {
		t.Errorf("nothing says who copies the checkpoints: %v", d.Open)
	}
}

// TestFileSystemStays: its SKU and size are fixed when it is made, so that a
// smaller need leaves it, and a larger one is an error.
func TestFileSystemStays(t *testing.T) {
	before := trains(t, ", hot: {size: 12TiB, read: 20GB/s}", "size: 1TiB", nil)
	less := trains(t, ", hot: {size: 12TiB, read: 2GB/s}", "size: 1TiB", relock(t, before.Lock))
	for c := range tenant.Diff(before.Tenant, less.Tenant) {
		t.Errorf("%s %s %v", c.Kind, c.ID, c.Paths)
	}
	if !finds(less, "design/lock-differs") {
		t.Errorf("not said: %v", less.Findings)
	}
	if more := trains(t, ", hot: {size: 12TiB, read: 40GB/s}", "size: 1TiB", relock(t, before.Lock)); !finds(more, "design/lock-unfit") {
		t.Errorf("not refused: %v", more.Findings)
	}
	for _, r := range named(less, lustres) {
		if found := limits.Check(r, less.Tenant); len(found) > 0 {
			t.Error(found)
		}
	}
}
