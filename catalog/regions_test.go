package catalog

import (
	"fmt"
	"slices"
	"testing"
)

func TestRegionByName(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"swedencentral", "swedencentral"},
		{"SwedenCentral", "swedencentral"},
		{"Sweden Central", "swedencentral"},
		{" sweden central ", "swedencentral"},
		{"sdc", "swedencentral"},
		{"se central", "swedencentral"},
		{"westeurope", "westeurope"},
		{"we", "westeurope"},
		{"East US 2", "eastus2"},
		{"europe", "europe"},
		{"global", "global"},
		{"ase", ""}, // short for australiasoutheast, alias of eastasia
		{"aue", ""}, // short for austriaeast, alias of australiaeast
		{"swedencenter", ""},
		{"", ""},
	} {
		r, ok := RegionByName(tt.in)
		have := ""
		if ok {
			have = r.Name
		}
		if have != tt.want {
			t.Errorf("%q: have %q, want %q", tt.in, have, tt.want)
		}
	}
}

func TestRegions(t *testing.T) {
	if n := len(Regions()); n != 63 {
		t.Errorf("%d physical regions, want 63", n)
	}
	if !slices.IsSorted(RegionNames()) {
		t.Errorf("names are not sorted: %v", RegionNames())
	}
	shorts := map[string]string{}
	for _, r := range Regions() {
		if len(r.Short) < 2 || len(r.Short) > 4 {
			t.Errorf("%s: short name %q", r.Name, r.Short)
		}
		if other := shorts[r.Short]; other != "" {
			t.Errorf("%s and %s are both %q", r.Name, other, r.Short)
		}
		shorts[r.Short] = r.Name
		if r.Latitude == 0 || r.Longitude == 0 || r.Geography == "" {
			if r.Category == "Recommended" {
				t.Errorf("%s: %+v", r.Name, *r)
			}
		}
	}
	if r, ok := RegionByName("europe"); !ok || r.Physical {
		t.Error("europe should be known and not physical")
	}
}

func TestRegionFacts(t *testing.T) {
	for _, tt := range []struct {
		in, short, paired string
		zones             int
		known, eu         bool
	}{
		{"swedencentral", "sdc", "swedensouth", 3, true, true},
		{"westeurope", "we", "northeurope", 3, true, true},
		{"uksouth", "uks", "ukwest", 3, true, false},
		{"westus", "wus", "eastus", 0, true, false},
		{"indiasouthcentral", "insc", "", 0, false, false},
		{"switzerlandnorth", "szn", "switzerlandwest", 3, true, true},
	} {
		r, ok := RegionByName(tt.in)
		if !ok {
			t.Errorf("%s: not found", tt.in)
			continue
		}
		if r.Short != tt.short || r.Paired != tt.paired || r.Zones != tt.zones || r.ZonesKnown != tt.known || r.EUDataBoundary != tt.eu {
			t.Errorf("%s: have %+v, want %+v", tt.in, *r, tt)
		}
	}
}

func TestLatency(t *testing.T) {
	for _, tt := range []struct {
		a, b  string
		want  int
		known bool
	}{
		{"westeurope", "swedencentral", 36, true},
		{"australiacentral", "australiaeast", 8, true},
		{"WestEurope", "SwedenCentral", 36, true},
		{"westeurope", "denmarkeast", 0, false},
		{"westeurope", "westeurope", 0, false},
	} {
		if have, known := Latency(tt.a, tt.b); have != tt.want || known != tt.known {
			t.Errorf("%s to %s: have %d, %v, want %d, %v", tt.a, tt.b, have, known, tt.want, tt.known)
		}
	}
}

func TestOffers(t *testing.T) {
	for _, tt := range []struct {
		region, service string
		want, known     bool
	}{
		{"swedencentral", "managed_lustre_500", true, true},
		{"australiacentral", "blob_zrs", false, true},
		{"australiacentral", "premium_ssd_v2", false, true},
		{"eastus", "blob_zrs", false, false},
		{"swedencentral", "coffee", false, false},
	} {
		if have, known := Offers(tt.region, tt.service); have != tt.want || known != tt.known {
			t.Errorf("%s in %s: have %v, %v, want %v, %v", tt.service, tt.region, have, known, tt.want, tt.known)
		}
	}
	if !slices.Contains(Services(), "ergw_scale") {
		t.Errorf("services: %v", Services())
	}
}

func ExampleRegionByName() {
	r, _ := RegionByName("Sweden Central")
	fmt.Println(r.Name, r.Short, r.Zones)
	// Output: swedencentral sdc 3
}
