package catalog

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestSizeByName(t *testing.T) {
	for _, tt := range []struct {
		in                 string
		family             string
		vcpus, base        int
		memory, gpus, each float64
		model              string
		rdma, tmp, nvme    int
	}{
		{"Standard_ND96isr_H200_v5", "standardNDISRH200V5Family", 96, 96, 1850, 8, 141, "H200", 3200, 1024, 28610},
		{"standard_nd96isr_h100_v5", "standardNDSH100v5Family", 96, 96, 1900, 8, 80, "H100", 3200, 1024, 28610},
		{"Standard_ND96isr_MI300X_v5", "standardNDISv5MI300XFamily", 96, 96, 1850, 8, 192, "MI300X", 3200, 1000, 28672},
		{"Standard_NC24ads_A100_v4", "StandardNCADSA100v4Family", 24, 24, 220, 1, 80, "A100", 0, 64, 894},
		{"Standard_NC40ads_H100_v5", "StandardNCadsH100v5Family", 40, 40, 320, 1, 94, "H100", 0, 0, 3576},
		{"Standard_NV6ads_A10_v5", "StandardNVADSA10v5Family", 6, 6, 55, 0.1667, 4, "A10", 0, 180, 0},
		{"Standard_HB120-16rs_v3", "standardHBv3Family", 16, 120, 456, 0, 0, "", 200, 480, 1788},
		{"Standard_M416s_9_v3", "", 0, 0, 0, 0, 0, "", 0, 0, 0},
	} {
		s, ok := SizeByName(tt.in)
		if !ok {
			t.Errorf("%s: not found", tt.in)
			continue
		}
		if tt.family != "" && s.QuotaFamily != tt.family {
			t.Errorf("%s: have family %s, want %s", tt.in, s.QuotaFamily, tt.family)
		}
		have := []any{s.VCPUs, s.BaseVCPUs, s.MemoryGiB, s.GPUs, s.GPUMemoryGiB, s.GPUModel, s.RDMAGbps, s.TempGiB, s.NVMeGiB}
		want := []any{tt.vcpus, tt.base, tt.memory, tt.gpus, tt.each, tt.model, tt.rdma, tt.tmp, tt.nvme}
		if !reflect.DeepEqual(have, want) {
			t.Errorf("%s: have %v, want %v", tt.in, have, want)
		}
	}
	for _, name := range []string{"", "Standard_NC24_v9", "ND96isr_H200_v5", " Standard_ND96isr_H200_v5"} {
		if s, ok := SizeByName(name); ok {
			t.Errorf("%q: have %s, want none", name, s.Name)
		}
	}
}

// TestSizesOfEverySeries finds a size for each series and family, with what a
// size cannot lack.
func TestSizesOfEverySeries(t *testing.T) {
	series := map[string]int{}
	for _, s := range Sizes() {
		series[s.Series]++
		if !strings.HasPrefix(s.Name, "Standard_"+s.Series) {
			t.Errorf("%s is of series %q", s.Name, s.Series)
		}
		if s.VCPUs > s.BaseVCPUs {
			t.Errorf("%s has %d of %d vCPUs", s.Name, s.VCPUs, s.BaseVCPUs)
		}
		known := s.GPUs > 0 && s.QuotaFamily != "standardNVSv2Family" // whose GPUs no source names
		if known != (s.GPUModel != "") || known != (s.GPUVendor != "") || known != (s.GPUMemoryGiB > 0) {
			t.Errorf("%s: %v GPUs of %q %q with %v GiB", s.Name, s.GPUs, s.GPUVendor, s.GPUModel, s.GPUMemoryGiB)
		}
		if s.RDMAGbps > 0 && !s.RDMA {
			t.Errorf("%s: %d Gbit/s without RDMA", s.Name, s.RDMAGbps)
		}
		if s.Arch != "" && s.Arch != "x64" && s.Arch != "Arm64" {
			t.Errorf("%s: arch %q", s.Name, s.Arch)
		}
		for _, g := range s.HyperV {
			if g != "V1" && g != "V2" {
				t.Errorf("%s: generation %q", s.Name, g)
			}
		}
	}
	for _, letter := range strings.Fields("A B D DC E EC F FX G L M NC NCC ND NG NP NV HB HC HX PB") {
		if series[letter] == 0 {
			t.Errorf("no size of series %s; there are %v", letter, series)
		}
	}
	if !slices.IsSorted(SizeNames()) || len(SizeNames()) != 1505 {
		t.Errorf("%d names, sorted: %v", len(SizeNames()), slices.IsSorted(SizeNames()))
	}
}

// TestNoShareAlikeCells shows that no cell of the local disks comes from the
// share-alike source, letter S.
func TestNoShareAlikeCells(t *testing.T) {
	byHand := map[string]bool{}
	read("data/local_disks").each(func(cell func(string) string) { byHand[cell("size")] = true })
	read("data/sizes").each(func(cell func(string) string) {
		if strings.Contains(cell("sources"), "S") {
			t.Errorf("%s has source S", cell("name"))
		}
	})
	for _, row := range sharedCSV(t, "vm_sizes.csv") {
		if !strings.Contains(row["sources"], "S") {
			continue
		}
		s, _ := SizeByName(row["name"])
		if byHand[s.Name] {
			continue
		}
		if s.TempGiB != 0 || s.NVMeDisks != 0 || s.NVMeGiB != 0 || strings.Contains(s.Note, "temp disk") {
			t.Errorf("%s still has %d, %d, %d, %q", s.Name, s.TempGiB, s.NVMeDisks, s.NVMeGiB, s.Note)
		}
	}
}

// TestRDMAIsNotGuessedFromND shows the sizes that look like ND and have no
// InfiniBand.
func TestRDMAIsNotGuessedFromND(t *testing.T) {
	for _, tt := range []struct {
		in   string
		want bool
	}{
		{"Standard_ND96is_MI300X_v5", false},
		{"Standard_ND96isr_MI300X_v5", true},
		{"Standard_ND40rs_v2", true},
		{"Standard_NC24rs_v3", true},
		{"Standard_NC24s_v3", false},
		{"Standard_HB176rs_v4", true},
	} {
		s, ok := SizeByName(tt.in)
		if !ok || s.RDMA != tt.want {
			t.Errorf("%s: have %v (%v), want %v", tt.in, ok && s.RDMA, ok, tt.want)
		}
	}
}

func TestEndOfLife(t *testing.T) {
	for _, tt := range []struct {
		size, series string
		want         bool
	}{
		{"Standard_F8s_v2", "Fsv2", true},
		{"Standard_F4", "F", true},
		{"Standard_F4s", "Fs", true},
		{"Standard_DS2_v2", "Dsv2", true},
		{"Standard_DS2_v2_Promo", "Dsv2", true},
		{"Standard_D2_v2", "Dv2", true},
		{"Standard_D4s_v3", "Dsv3", true},
		{"Standard_E64is_v3", "Esv3", true},
		{"Standard_B2ms", "B", true},
		{"Standard_A1_v2", "Av2", true},
		{"Standard_GS5", "Gs", true},
		{"Standard_L8s_v2", "Lsv2", true},
		{"Standard_F8as_v6", "", false},
		{"Standard_D4s_v5", "", false},
		{"Standard_B2s_v2", "", false},
		{"Standard_ND96isr_H200_v5", "", false},
	} {
		s, ok := SizeByName(tt.size)
		if !ok {
			t.Errorf("%s: not found", tt.size)
			continue
		}
		if series, have := EndOfLife(s); have != tt.want || series != tt.series {
			t.Errorf("%s: have %q, %v, want %q, %v", tt.size, series, have, tt.series, tt.want)
		}
	}
	// The rule's 17 series are all found among the families.
	series := map[string]bool{}
	for _, s := range endOfLife() {
		series[s] = true
	}
	if len(series) != 17 {
		t.Errorf("%d series, want 17: %v", len(series), series)
	}
}

func TestLifecycle(t *testing.T) {
	for _, tt := range []struct{ size, lifecycle, retirement string }{
		{"Standard_NC24ads_A100_v4", "Restricted", ""},
		{"Standard_NC6s_v3", "Retired", "2025-09-30"},
		{"Standard_HB120rs_v2", "Announced", "2027-05-31"},
		{"Standard_ND96isr_H200_v5", "", ""},
	} {
		s, ok := SizeByName(tt.size)
		if !ok || s.Lifecycle != tt.lifecycle || s.Retirement != tt.retirement {
			t.Errorf("%s: have %+v, want %s, %s", tt.size, s, tt.lifecycle, tt.retirement)
		}
	}
}

func TestSold(t *testing.T) {
	for _, tt := range []struct {
		size, region string
		sold, known  bool
	}{
		{"Standard_ND96isr_H200_v5", "swedencentral", true, true},
		{"standard_nd96isr_h200_v5", "SwedenCentral", true, true},
		{"Standard_ND96isr_H200_v5", "australiacentral", false, true},
		{"Standard_D4s_v5", "westeurope", true, true},
		{"Standard_B2s_v2", "westeurope", true, true},                 // a meter, but no sure price
		{"Standard_NC24ads_A100_v4", "eastus", true, true},            // no meters read, but a price
		{"Standard_ND128isr_GB300_v6", "westus", false, false},        // in no table
		{"Standard_D4s_v5", "indiasouthcentral", false, false},        // no table of that region
		{"Standard_D4s_v5", "belgiumcentral", true, true},             // from the second source
		{"Standard_NC24_v9", "westeurope", false, false},              // no such size
		{"Standard_ND96isr_H200_v5", "nowhere", false, false},         // no such region
		{"Standard_ND128isr_NDR_GB200_v6", "westeurope", false, true}, // other regions have it
		{"Standard_ND96isr_MI300X_v5", "belgiumcentral", false, true}, // priced region, size priced elsewhere
		{"Standard_NC40ads_H100_v5", "centraluseuap", false, false},   // canary
		{"Standard_EC128ieds_v5", "westeurope", false, false},         // never priced
		{"Standard_NG32adms_V620_v1", "northeurope", false, true},     // metered elsewhere
		{"Standard_NV12ads_V710_v5", "southafricawest", false, true},  // covered by meters and prices
		{"Standard_HB120rs_v3", "southcentralus", true, true},         // meters and prices
		{"Standard_HB120rs_v3", "brazilsoutheast", false, true},       // priced region
		{"Standard_NC6s_v3", "denmarkeast", false, false},             // no table
		{"Standard_ND96isr_H100_v5", "westus3", true, true},           // priced
		{"Standard_ND96isr_H100_v5", "chinaeast", false, false},       // another cloud
		{"Standard_F8s_v2", "westeurope", true, true},                 // sold, though not to new subscriptions
		{"", "", false, false},
	} {
		if sold, known := Sold(tt.size, tt.region); sold != tt.sold || known != tt.known {
			t.Errorf("%s in %s: have %v, %v, want %v, %v", tt.size, tt.region, sold, known, tt.sold, tt.known)
		}
	}
}

func BenchmarkReadSizes(b *testing.B) {
	for b.Loop() {
		readSizes()
	}
}

func ExampleSizeByName() {
	s, _ := SizeByName("standard_nd96isr_h200_v5")
	fmt.Println(s.Name, s.GPUs, s.GPUModel, s.RDMAGbps)
	// Output: Standard_ND96isr_H200_v5 8 H200 3200
}
