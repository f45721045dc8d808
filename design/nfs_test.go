package design_test

import (
	"fmt"
	"strings"
	"testing"

	"airfield/design"
	"airfield/limits"
	"airfield/storage"
)

// worksIn gives a workload in a region, whose job asks for a fast store.
func worksIn(t *testing.T, region, job, hot string, lock *design.Lock) *design.Design {
	t.Helper()
	return of(t, []byte(`airfield: 1
organization: {name: N, prefix: nwh, owner: a@n.example, cost_center: C, billing: {agreement: EA, scope: /providers/Microsoft.Billing/billingAccounts/1/enrollmentAccounts/2}}
regions: {home: `+region+`}
network: {pools: {`+region+`: 10.96.0.0/16}}
workloads:
  atlas:
    data: {corpus: {size: 180TiB}, checkpoints: {size: 10TiB, keep_last: 10, stall_at_most: 600s}}
    jobs: {clean: {kind: prepare, size: Standard_D64ds_v5, nodes: 4, reads: [corpus], writes: [checkpoints], hot: {`+hot+`}`+job+`}}
`), lock)
}

const (
	netAppVolumes = "Microsoft.NetApp/netAppAccounts/capacityPools/volumes"
	fileShares    = "Microsoft.Storage/storageAccounts/fileServices/shares"
)

// TestStoresOverNFS: where no Managed Lustre is sold, a job works on NetApp
// Files, else on premium files, whatever runs it; what it makes keeps the rules.
func TestStoresOverNFS(t *testing.T) {
	for _, tt := range []struct{ region, job, hot, want string }{
		{"israelcentral", "", "size: 12TiB, from: corpus", `14 TiB of Ultra, large false, zones [], for snet-nwh-atlas-preparation-prod-ilc`},
		{"israelcentral", ", zone: 2", "size: 12TiB, read: 4GB/s", `30 TiB of Ultra, large false, zones ["2"], for snet-nwh-atlas-preparation-prod-ilc`},
		{"israelcentral", "", "size: 12TiB, read: 10GB/s", `75 TiB of Ultra, large true, zones [], for snet-nwh-atlas-preparation-prod-ilc`},
		{"israelcentral", ", run_by: batch", "size: 1TiB", `14 TiB of Ultra, large false, zones [], for snet-nwh-atlas-preparation-prod-ilc`},
		{"israelcentral", ", run_by: aks", "size: 1TiB", `14 TiB of Ultra, large false, zones [], for snet-nwh-atlas-aks-compute-prod-ilc`},
		{"israelcentral", ", run_by: slurm", "size: 1TiB", `14 TiB of Ultra, large false, zones [], for snet-nwh-atlas-slurm-prod-ilc`},
		{"belgiumcentral", "", "size: 12TiB, from: corpus", `17408 GiB of FileStorage Premium_LRS`},
		{"belgiumcentral", ", run_by: aks", "size: 1TiB, read: 4GB/s", `37888 GiB of FileStorage Premium_LRS`},
	} {
		d := worksIn(t, tt.region, tt.job, tt.hot, nil)
		if d.Findings.HasErrors() {
			t.Errorf("%s%s: %v", tt.region, tt.job, d.Findings)
			continue
		}
		if have := nfs(d); have != tt.want {
			t.Errorf("%s%s, %s:\nhave %s\nwant %s", tt.region, tt.job, tt.hot, have, tt.want)
		}
		for r := range d.Tenant.All() {
			for _, f := range limits.Check(r, d.Tenant) {
				t.Errorf("%s%s: %s: %s", tt.region, tt.job, r.ID, f)
			}
		}
		says := ""
		for _, o := range d.Open {
			says += o.What + ": " + o.Why + "\n"
		}
		for _, want := range []string{"azcopy sync MOUNT/checkpoints https://", "mounting the file system: ", "the file system while nothing runs: it costs"} {
			if !strings.Contains(says, want) {
				t.Errorf("%s%s, %s: nothing says %q", tt.region, tt.job, tt.hot, want)
			}
		}
		if strings.Contains(tt.hot, "from") && !strings.Contains(says, "/corpus MOUNT/corpus") {
			t.Errorf("%s: nothing says how data gets there", tt.region)
		}
	}
}

// TestVolumeGrows: a volume and a share grow where they are, keep their room
// when less is needed, and their kind when Azure comes to sell another; a
// large volume grows by no more than the service lets it.
func TestVolumeGrows(t *testing.T) {
	for _, tt := range []struct{ region, locked, hot, want string }{
		{"israelcentral", "Ultra 14", "size: 30TiB", `32 TiB of Ultra, large false, zones [], for snet-nwh-atlas-preparation-prod-ilc`},
		{"israelcentral", "Ultra 14", "size: 1TiB", `14 TiB of Ultra, large false, zones [], for snet-nwh-atlas-preparation-prod-ilc`},
		{"israelcentral", "Ultra 14", "size: 200TiB", `design/lock-unfit`},
		{"israelcentral", storage.LargeVolume + " 100", "size: 125TiB", `127 TiB of Ultra, large true, zones [], for snet-nwh-atlas-preparation-prod-ilc`},
		{"israelcentral", storage.LargeVolume + " 100", "size: 140TiB", `design/lock-unfit`},
		{"swedencentral", "Ultra 14", "size: 12TiB", `14 TiB of Ultra, large false, zones [], for snet-nwh-atlas-preparation-prod-sdc design/lock-differs`},
		{"belgiumcentral", "Premium_LRS 14", "size: 30TiB", `32768 GiB of FileStorage Premium_LRS`},
	} {
		d := worksIn(t, tt.region, "", tt.hot, lockOf(t, "airfield lock 1\nhot atlas/prod/clean "+tt.locked+"\n"))
		have := nfs(d)
		for _, f := range d.Findings {
			if strings.HasPrefix(f.Code, "design/lock-") {
				have = strings.TrimSpace(have + " " + f.Code)
			}
		}
		if have != tt.want {
			t.Errorf("%s, %s in the lock, %s:\nhave %s\nwant %s", tt.region, tt.locked, tt.hot, have, tt.want)
		}
	}
}

// nfs describes what a job of a design works on over NFS.
func nfs(d *design.Design) string {
	for _, r := range named(d, netAppVolumes) {
		p := r.Get("properties")
		tib, _ := p.Get("usageThreshold").Int()
		return fmt.Sprintf("%d TiB of %s, large %s, zones %q, for %s", tib>>40, p.Get("serviceLevel").Str(), p.Get("isLargeVolume").Text(),
			r.Get("zones").Strings(), subnetWith(d, p.Get("exportPolicy", "rules").At(0).Get("allowedClients").Str()))
	}
	for _, r := range named(d, fileShares) {
		account, _ := d.Tenant.Get(r.ID.Parent().Parent())
		return fmt.Sprintf("%s GiB of %s %s", r.Get("properties", "shareQuota").Text(), account.Get("kind").Str(), account.Get("sku", "name").Str())
	}
	return ""
}

// subnetWith names the subnet of a range.
func subnetWith(d *design.Design, prefix string) string {
	for _, r := range named(d, "Microsoft.Network/virtualNetworks") {
		for s := range r.Get("properties", "subnets").Items() {
			if s.Get("properties", "addressPrefix").Str() == prefix {
				return s.Get("name").Str()
			}
		}
	}
	return ""
}
