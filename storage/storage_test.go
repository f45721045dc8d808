package storage_test

import (
	"testing"

	"airfield/storage"
)

func TestChoose(t *testing.T) {
	for _, tt := range []struct {
		in   storage.Need
		want storage.Account
	}{
		{storage.Need{Kind: "dataset", Production: true, Zones: true}, storage.Account{"data", "ZRS", false, true, false}},
		{storage.Need{Kind: "dataset", Production: true, Zones: true, Pair: true, Archive: true}, storage.Account{"arch", "GRS", false, true, false}},
		{storage.Need{Kind: "dataset", Production: true}, storage.Account{"data", "LRS", false, true, false}},
		{storage.Need{Kind: "dataset"}, storage.Account{"data", "LRS", false, true, false}},
		{storage.Need{Kind: "checkpoints", Production: true, Zones: true}, storage.Account{"ckpt", "LRS", false, false, false}},
		{storage.Need{Kind: "dataset", Lake: true, Production: true, Zones: true}, storage.Account{"lake", "ZRS", true, false, false}},
		{storage.Need{Kind: "models", Redundancy: "GZRS"}, storage.Account{"data", "GZRS", false, true, false}},
		{storage.Need{Kind: "dataset", Linked: true}, storage.Account{"hot", "LRS", false, true, true}},
		{storage.Need{Kind: "checkpoints", Linked: true}, storage.Account{"hotckpt", "LRS", false, false, true}},
	} {
		if have, why := storage.Choose(tt.in); have != tt.want || why.Redundancy == "" || why.Versioning == "" {
			t.Errorf("%+v: have %+v %+v, want %+v", tt.in, have, why, tt.want)
		}
	}
}

// TestFast holds the choice against what the guidance works out: 70·10⁹
// parameters in 60 s are 16.3 GB/s, and 36 TiB of the fastest Lustre.
func TestFast(t *testing.T) {
	bytes, _ := storage.Checkpoint(70e9, 0, 0)
	for _, tt := range []struct {
		in   storage.Demand
		want string
	}{
		{storage.Demand{GiB: 1825, MBps: float64(bytes) / 60e6, Region: "swedencentral"}, "Managed Lustre AMLFS-Durable-Premium-500, 36 TiB, 18 GB/s"},
		{storage.Demand{GiB: 200, MBps: 7500, Region: "swedencentral"}, "Blob, 7.5 GB/s"},
		{storage.Demand{GiB: 200, MBps: 7500, Region: "polandcentral"}, "Managed Lustre AMLFS-Durable-Premium-500, 16 TiB, 8 GB/s"},
		{storage.Demand{GiB: 12 * 1024, MBps: 20000, Files: true, Region: "swedencentral"}, "Managed Lustre AMLFS-Durable-Premium-500, 40 TiB, 20 GB/s"},
		{storage.Demand{GiB: 12 * 1024, Files: true, Region: "swedencentral"}, "Managed Lustre AMLFS-Durable-Premium-125, 16 TiB, 2 GB/s"},
		{storage.Demand{GiB: 100 * 1024, MBps: 5000, Files: true, Region: "swedencentral"}, "Managed Lustre AMLFS-Durable-Premium-40, 144 TiB, 5.76 GB/s"},
		{storage.Demand{GiB: 300 * 1024, MBps: 3000, Files: true, Region: "swedencentral"}, "Managed Lustre AMLFS-Durable-Premium-40, 336 TiB, 13.4 GB/s"},
		{storage.Demand{GiB: 600 * 1024, MBps: 3000, Files: true, Region: "swedencentral"}, "NetApp Files Ultra, a large volume, 600 TiB, 13.4 GB/s"},
	} {
		have, passed := storage.Fast(tt.in)
		if have.String() != tt.want || len(passed) == 0 {
			t.Errorf("%+v: have %s, want %s\n%v", tt.in, have, tt.want, passed)
		}
	}
	if none, passed := storage.Fast(storage.Demand{GiB: 1, MBps: 70000, Region: "swedencentral"}); none.Kind != "" || len(passed) != 8 {
		t.Errorf("70 GB/s: have %s %v, want none", none, passed)
	}
}

// TestFastHolds: what is chosen meets the demand, in whole steps and with a
// subnet that is known, and more of the demand never makes it smaller.
func TestFastHolds(t *testing.T) {
	for _, region := range []string{"swedencentral", "westeurope", "polandcentral", "australiacentral", "nowhere"} {
		for gib := 1.; gib < 2e6; gib *= 3 {
			last := 0.
			for mbps := 1.; mbps < 1e5; mbps *= 1.7 {
				d := storage.Demand{GiB: gib, MBps: mbps, Files: true, Region: region}
				h, _ := storage.Fast(d)
				if h.Kind == "" {
					continue
				}
				if h.MBps < last && h.Kind == storage.Lustre && h.Micros == 0 || !h.Holds(d) {
					t.Fatalf("%+v: %s", d, h)
				}
				last = h.MBps
				if h.Kind != storage.Lustre {
					continue
				}
				step, _ := storage.LustreStep(h.SKU)
				if _, ok := storage.LustreSubnet(h.TiB); !ok || h.TiB%step != 0 {
					t.Fatalf("%+v: %s", d, h)
				}
			}
		}
	}
}

func TestCheckpoint(t *testing.T) {
	for _, tt := range []struct {
		parameters, all int64
		kept            int
		want            int64
	}{{0, 0, 0, 0}, {70e9, 0, 0, 980e9}, {0, 20e12, 10, 2e12}, {70e9, 1e12, 10, 980e9}, {8e9, 20e12, 10, 2e12}, {0, 20e12, 0, 0}} {
		if have, how := storage.Checkpoint(tt.parameters, tt.all, tt.kept); have != tt.want || (have > 0) != (how != "") {
			t.Errorf("%+v: have %d (%s)", tt, have, how)
		}
	}
}
