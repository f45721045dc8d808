package catalog

import (
	"slices"
	"strings"
	"sync"
)

// A Size is a VM size. A number is 0 where no source states it, except GPUs,
// RDMANICs and RDMAGbps, which are 0 when the size has none; no size here is
// stated to have no local disk, so 0 of TempGiB and NVMeGiB is unknown too.
// Sizes are shared: do not change one.
type Size struct {
	Name        string // Standard_ND96isr_H200_v5
	Series      string // the letters: ND
	Version     int
	QuotaFamily string // as the usages API spells it; blank where unknown

	VCPUs     int     // that the guest sees; fewer than BaseVCPUs for a constrained size
	BaseVCPUs int     // that quota counts
	MemoryGiB float64 // as the API says
	Arch      string  // x64, Arm64, or blank where unknown

	GPUVendor    string  // NVIDIA, AMD; blank for none, and for NVv2, whose GPUs no source names
	GPUModel     string  // H200; blank as GPUVendor
	GPUVariant   string  // H200 SXM 141GB
	GPUs         float64 // a share of one for some A10 and V710 sizes
	GPUMemoryGiB float64 // of each GPU, or of the share
	Interconnect string  // between the GPUs of a node, in words

	RDMA     bool
	RDMAType string // InfiniBand NDR
	RDMANICs int
	RDMAGbps int // of all adapters together, Gbit/s; 0 with RDMA is unknown

	NetworkMbps           int // Mbit/s
	MaxNICs               int
	AcceleratedNetworking bool // mostly by a rule: all but the oldest and the sizes with one vCPU

	TempGiB           int // temporary disk
	NVMeDisks         int
	NVMeGiB           int // of all local NVMe disks together
	CalculatorDiskGiB int // local disk as the pricing calculator shows it, of either kind; wrong for A10

	MaxDataDisks int
	UncachedIOPS int
	UncachedMBps int // MB/s
	PremiumIO    bool

	HyperV     []string // generations: V1, V2; mostly by a rule
	MemoryGBps int      // memory bandwidth, GB/s

	Lifecycle  string // Announced, Retired, Restricted (no new capacity), or blank; may say more in brackets
	Retirement string // day it ends: 2027-05-31; blank where none is announced
	Note       string

	priced bool // in some region
}

// Constrained tells whether some vCPUs of s are switched off.
func (s *Size) Constrained() bool { return s.VCPUs < s.BaseVCPUs }

// Gen2Only tells whether s cannot run a generation 1 image.
func (s *Size) Gen2Only() bool { return len(s.HyperV) > 0 && !slices.Contains(s.HyperV, "V1") }

// SizeByName returns the VM size of that name; case does not count.
func SizeByName(name string) (*Size, bool) {
	s, ok := sizes().byName[fold(name)]
	return s, ok
}

// Sizes returns all VM sizes, sorted by name.
func Sizes() []*Size { return slices.Clone(sizes().all) }

// SizeNames returns the names of all VM sizes, sorted.
func SizeNames() []string {
	var names []string
	for _, s := range sizes().all {
		names = append(names, s.Name)
	}
	return names
}

// EndOfLife returns the series of s as Microsoft's rule names it, and true,
// if a subscription made since July 2026 cannot deploy it and no quota for it
// is raised any more.
func EndOfLife(s *Size) (series string, ended bool) {
	series, ended = endOfLife()[fold(s.QuotaFamily)]
	return series, ended
}

// Sold tells whether a meter or a price of size exists in region. It is not
// known where no table covers the region or the size. A meter is not capacity,
// and not a permission to use it.
func Sold(size, region string) (sold, known bool) {
	size, region = fold(size), fold(region)
	s, ok := SizeByName(size)
	if !ok {
		return false, false
	}
	m := meters()
	meter, metered := m.bySize[size][region]
	prices := pricesOf(region)
	_, priced := prices.bySize[size]
	covered := m.regions[region] && len(m.bySize[size]) > 0 || len(prices.bySize) > 0 && s.priced
	if metered && meter.onDemand || priced {
		return true, true
	}
	return false, metered || covered
}

type sizeTable struct {
	all    []*Size
	byName map[string]*Size
}

var sizes = sync.OnceValue(readSizes)

func readSizes() sizeTable {
	t := sizeTable{byName: map[string]*Size{}}
	read("data/sizes").each(func(cell func(string) string) {
		s := &Size{
			Name:                  cell("name"),
			Series:                cell("series"),
			Version:               whole(cell("version")),
			QuotaFamily:           cell("quota_family"),
			VCPUs:                 whole(cell("vcpus")),
			BaseVCPUs:             whole(cell("base_vcpus")),
			MemoryGiB:             decimal(cell("memory_gib")),
			Arch:                  cell("arch"),
			GPUVendor:             cell("gpu_vendor"),
			GPUModel:              cell("gpu_model"),
			GPUVariant:            cell("gpu_variant"),
			GPUs:                  decimal(cell("gpus")),
			GPUMemoryGiB:          decimal(cell("gpu_memory_gib")),
			Interconnect:          cell("interconnect"),
			RDMA:                  yes(cell("rdma")),
			RDMAType:              cell("rdma_type"),
			RDMANICs:              whole(cell("rdma_nics")),
			RDMAGbps:              whole(cell("rdma_gbps")),
			NetworkMbps:           whole(cell("network_mbps")),
			MaxNICs:               whole(cell("max_nics")),
			AcceleratedNetworking: yes(cell("accelerated_networking")),
			TempGiB:               whole(cell("temp_gib")),
			NVMeDisks:             whole(cell("nvme_disks")),
			NVMeGiB:               whole(cell("nvme_gib")),
			CalculatorDiskGiB:     whole(cell("calculator_disk_gib")),
			MaxDataDisks:          whole(cell("max_data_disks")),
			UncachedIOPS:          whole(cell("uncached_iops")),
			UncachedMBps:          whole(cell("uncached_mbps")),
			PremiumIO:             yes(cell("premium_io")),
			HyperV:                strings.Fields(cell("hyperv")),
			MemoryGBps:            whole(cell("memory_gb_s")),
			Lifecycle:             cell("lifecycle"),
			Retirement:            cell("retirement"),
			Note:                  cell("note"),
			priced:                whole(cell("priced_regions")) > 0,
		}
		t.all = append(t.all, s)
		t.byName[fold(s.Name)] = s
	})
	read("data/local_disks").each(func(cell func(string) string) {
		s := t.byName[fold(cell("size"))]
		if cell("temp_gib") != "" {
			s.TempGiB = whole(cell("temp_gib"))
		}
		s.NVMeDisks, s.NVMeGiB = whole(cell("nvme_disks")), whole(cell("nvme_gib"))
	})
	return t
}

var endOfLife = sync.OnceValue(func() map[string]string {
	series := map[string]string{}
	read("data/end_of_life").each(func(cell func(string) string) {
		series[fold(cell("quota_family"))] = cell("series")
	})
	return series
})

type meter struct{ onDemand, spot bool }

type meterTable struct {
	bySize  map[string]map[string]meter // size, region
	regions map[string]bool
}

var meters = sync.OnceValue(func() meterTable {
	m := meterTable{map[string]map[string]meter{}, map[string]bool{}}
	read("data/meters").each(func(cell func(string) string) {
		size, region := fold(cell("size")), cell("region")
		if m.bySize[size] == nil {
			m.bySize[size] = map[string]meter{}
		}
		m.bySize[size][region] = meter{yes(cell("on_demand")), yes(cell("spot"))}
		m.regions[region] = true
	})
	return m
})
