package design_test

import (
	"strings"
	"testing"
)

// TestRecall: data that is to be back from Archive within a time stays for some
// days once it is, and the design says how long that takes.
func TestRecall(t *testing.T) {
	for data, want := range map[string]string{
		"size: 180TiB, archive: 180d, recall_within: 24h": `{"daysAfterModificationGreaterThan":180,"daysAfterLastTierChangeGreaterThan":7} all 180TiB would take 768 days`,
		"size: 8GB, archive: 180d, recall_within: 2d":     `{"daysAfterModificationGreaterThan":180,"daysAfterLastTierChangeGreaterThan":7}`,
		"size: 180TiB, archive: 180d":                     `{"daysAfterModificationGreaterThan":180}`,
	} {
		d := of(t, []byte(strings.Replace(`airfield: 1
organization: {name: N, prefix: nwh, owner: a@n.example, cost_center: C}
regions: {home: swedencentral}
workloads: {atlas: {data: {corpus: {DATA}}}}
`, "DATA", data, 1)), nil)
		have := ""
		for _, r := range named(d, "Microsoft.Storage/storageAccounts/managementPolicies") {
			have = r.Get("properties", "policy", "rules").At(0).Get("definition", "actions", "baseBlob", "tierToArchive").Text()
		}
		for _, c := range d.Decisions {
			if c.Question == "Is it back from Archive in time?" {
				if _, all, large := strings.Cut(c.Alternatives[0].WhyNot, "so that "); large {
					have += " " + all
				}
			}
		}
		if have != want {
			t.Errorf("%s:\nhave %s\nwant %s", data, have, want)
		}
	}
}
