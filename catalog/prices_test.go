package catalog

import (
	"fmt"
	"maps"
	"math/big"
	"slices"
	"testing"
)

func TestPrice(t *testing.T) {
	for _, tt := range []struct {
		region, size string
		want         int64
		ok           bool
	}{
		{"swedencentral", "Standard_ND96isr_H200_v5", 110_272_000, true},
		{"SwedenCentral", "standard_nd96isr_h200_v5", 110_272_000, true},
		{"australiacentral", "Standard_A1_v2", 50_000, true},
		{"belgiumcentral", "Standard_A1_v2", 41_000, true},
		{"westeurope", "Standard_B2s_v2", 0, false},        // may be the price of Windows
		{"spaincentral", "Standard_L8as_v3", 0, false},     // 0 in the source
		{"newzealandnorth", "Standard_F2ams_v6", 0, false}, // a tenth of its price elsewhere
		{"westeurope", "Standard_NC24_v9", 0, false},
		{"denmarkeast", "Standard_A1_v2", 0, false},
		{"", "", 0, false},
	} {
		if have, ok := Price(tt.region, tt.size); have != tt.want || ok != tt.ok {
			t.Errorf("%s in %s: have %d, %v, want %d, %v", tt.size, tt.region, have, ok, tt.want, tt.ok)
		}
	}
}

func TestQuoteSaysWhatWasDerived(t *testing.T) {
	derived := 0
	for _, r := range PricedRegions() {
		for size, p := range pricesOf(r).bySize {
			if p.derived {
				derived++
			}
			if p.micros == 0 || p.derived && p.micros == unsure {
				t.Errorf("%s in %s: %+v", size, r, p)
			}
		}
	}
	if derived != 1443 {
		t.Errorf("%d derived prices, want 1443", derived)
	}
	q, ok := QuoteOf("swedencentral", "Standard_ND96isr_H200_v5")
	if !ok || q.AsOf != "2026-06-18" || q.From == "" || q.Derived {
		t.Errorf("have %+v, %v", q, ok)
	}
}

func TestPricesAsOf(t *testing.T) {
	for _, tt := range []struct{ region, onDemand, spot string }{
		{"swedencentral", "2026-06-18", "2026-08-20"},
		{"SwedenCentral", "2026-06-18", "2026-08-20"},
		{"belgiumcentral", "2026-08-20", "2026-08-20"},
		{"polandcentral", "2026-06-18", "2026-01-26"},
		{"eastus", "2026-06-18", ""},
		{"nowhere", "", ""},
	} {
		if a, b := PricesAsOf(tt.region), SpotPricesAsOf(tt.region); a != tt.onDemand || b != tt.spot {
			t.Errorf("%s: have %q, %q, want %q, %q", tt.region, a, b, tt.onDemand, tt.spot)
		}
	}
}

func TestSpotPrice(t *testing.T) {
	for _, tt := range []struct {
		region, size string
		want         int64
		ok           bool
	}{
		{"belgiumcentral", "Standard_A1_v2", 7577, true},
		{"eastus", "Standard_A1_v2", 0, false},
	} {
		if have, ok := SpotPrice(tt.region, tt.size); have != tt.want || ok != tt.ok {
			t.Errorf("%s in %s: have %d, %v, want %d, %v", tt.size, tt.region, have, ok, tt.want, tt.ok)
		}
	}
}

// TestPricesAreThoseOfTheSource compares every price with the folder of facts.
func TestPricesAreThoseOfTheSource(t *testing.T) {
	seen := 0
	for _, row := range sharedCSV(t, "vm_prices_ondemand_linux_usd.csv") {
		have, ok := Price(row["region"], row["size"])
		if !ok {
			continue
		}
		if row["flag"] == "bv2_maybe_windows" {
			t.Errorf("%s in %s: have %d, want none", row["size"], row["region"], have)
		}
		want, _ := new(big.Rat).SetString(row["usd_per_hour"])
		if want.Cmp(big.NewRat(have, 1e6)) != 0 {
			t.Errorf("%s in %s: have %d micro-USD, want %s USD", row["size"], row["region"], have, row["usd_per_hour"])
		}
		seen++
	}
	if seen != 58_036 {
		t.Errorf("%d prices compared, want 58036", seen)
	}
}

func TestStoragePrice(t *testing.T) {
	for _, tt := range []struct {
		region, product, sku, meter string
		tiers                       int
		from, micros                int64 // of the last tier
	}{
		{"swedencentral", "General Block Blob v2", "Hot LRS", "Hot LRS Data Stored", 3, 512_000, 16_928},
		{"SwedenCentral", "general block blob v2", "hot lrs", "hot lrs data stored", 3, 512_000, 16_928},
		{"swedencentral", "General Block Blob v2", "Hot LRS", "Hot LRS Write Operations", 1, 0, 5_000_000},
		{"eastus", "General Block Blob v2", "Hot LRS", "Hot LRS Data Stored", 0, 0, 0},
		{"swedencentral", "General Block Blob v2", "Hot LRS", "Coffee", 0, 0, 0},
	} {
		have, ok := StoragePrice(tt.region, tt.product, tt.sku, tt.meter)
		if len(have) != tt.tiers || ok != (tt.tiers > 0) {
			t.Errorf("%s in %s: have %v, %v, want %d tiers", tt.meter, tt.region, have, ok, tt.tiers)
			continue
		}
		if ok && (have[0].FromGiB != 0 || have[len(have)-1].FromGiB != tt.from || have[len(have)-1].Micros != tt.micros) {
			t.Errorf("%s in %s: have %+v, want the last tier from %d for %d", tt.meter, tt.region, have, tt.from, tt.micros)
		}
	}
}

func TestDisks(t *testing.T) {
	for _, d := range Disks() {
		if d.SKU == "Premium_LRS" && d.Tier == "P30" {
			if d.MaxGiB != 1024 || d.IOPS != 5000 || d.MBps != 200 {
				t.Errorf("have %+v", d)
			}
			return
		}
	}
	t.Error("no P30")
}

func TestServicePricesNameTheirGaps(t *testing.T) {
	known, gaps := 0, 0
	for _, p := range slices.Concat(slices.Collect(maps.Values(servicePrices()))...) {
		if p.Known != (p.Confidence != "gap") {
			t.Errorf("%s, %s: known %v with confidence %s", p.Service, p.Item, p.Known, p.Confidence)
		}
		if p.Known {
			known++
		} else {
			gaps++
		}
	}
	if known == 0 || gaps == 0 {
		t.Errorf("%d prices, %d gaps", known, gaps)
	}
}

func BenchmarkReadPrices(b *testing.B) {
	for b.Loop() {
		loadPrices(read("data/prices/westeurope"))
	}
}

func ExamplePrice() {
	micros, ok := Price("swedencentral", "Standard_ND96isr_H200_v5")
	fmt.Println(micros, ok, PricesAsOf("swedencentral"))
	// Output: 110272000 true 2026-06-18
}
