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
		{storage.Need{Kind: "dataset", Production: true, Zones: true}, storage.Account{"data", "ZRS", false, true}},
		{storage.Need{Kind: "dataset", Production: true, Zones: true, Pair: true, Archive: true}, storage.Account{"arch", "GRS", false, true}},
		{storage.Need{Kind: "dataset", Production: true}, storage.Account{"data", "LRS", false, true}},
		{storage.Need{Kind: "dataset"}, storage.Account{"data", "LRS", false, true}},
		{storage.Need{Kind: "checkpoints", Production: true, Zones: true}, storage.Account{"ckpt", "LRS", false, false}},
		{storage.Need{Kind: "dataset", Lake: true, Production: true, Zones: true}, storage.Account{"lake", "ZRS", true, false}},
		{storage.Need{Kind: "models", Redundancy: "GZRS"}, storage.Account{"data", "GZRS", false, true}},
	} {
		if have, why := storage.Choose(tt.in); have != tt.want || why.Redundancy == "" || why.Versioning == "" {
			t.Errorf("%+v: have %+v %+v, want %+v", tt.in, have, why, tt.want)
		}
	}
}
