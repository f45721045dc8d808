package catalog

import (
	"cmp"
	"slices"
	"sync"
)

// A StorageMeter is one price of storage in a region. A meter whose price
// falls with the volume has one for each tier.
type StorageMeter struct {
	Product string // General Block Blob v2
	SKU     string // Hot LRS
	Meter   string // Hot LRS Data Stored
	FromGiB int64  // where the tier begins
	Unit    string // GiB-month, 1M operations, unit-month
	Micros  int64  // micro-USD for one unit, without tax
	Derived string // how the price was made from the source's; blank if it was read
	AsOf    string // day
}

// StoragePrice returns the tiers of a meter, lowest first, and false where the
// catalog has no such meter in region; it has five European regions. Case does
// not count.
func StoragePrice(region, product, sku, meter string) ([]StorageMeter, bool) {
	tiers, ok := storageOf(region).byMeter[[3]string{fold(product), fold(sku), fold(meter)}]
	return slices.Clone(tiers), ok
}

// StoragePrices returns all storage meters of a region, sorted by product,
// SKU, meter and tier.
func StoragePrices(region string) []StorageMeter {
	return slices.Clone(storageOf(region).all)
}

// A Disk is what a managed disk of one tier does.
type Disk struct {
	SKU       string // Premium_LRS
	Tier      string // P30
	MaxGiB    int    // largest size with this tier
	IOPS      int    // 0 where the user sets it
	MBps      int    // MB/s; 0 where the user sets it
	BurstIOPS int
	BurstMBps int // MB/s
	MaxShares int // VMs that can share it
}

// Disks returns all managed disk tiers, by SKU and then by size.
func Disks() []Disk { return slices.Clone(disks()) }

type storageTable struct {
	all     []StorageMeter
	byMeter map[[3]string][]StorageMeter // product, SKU, meter
}

var storageOf = shelf("data/storage", loadStorage)

func loadStorage(t table) storageTable {
	s := storageTable{byMeter: map[[3]string][]StorageMeter{}}
	t.each(func(cell func(string) string) {
		s.all = append(s.all, StorageMeter{
			Product: cell("product"),
			SKU:     cell("sku"),
			Meter:   cell("meter"),
			FromGiB: whole64(cell("from_gib")),
			Unit:    cell("unit"),
			Micros:  whole64(cell("micros")),
			Derived: cell("derived"),
			AsOf:    cell("as_of"),
		})
	})
	slices.SortFunc(s.all, func(a, b StorageMeter) int {
		return cmp.Or(cmp.Compare(a.Product, b.Product), cmp.Compare(a.SKU, b.SKU), cmp.Compare(a.Meter, b.Meter), cmp.Compare(a.FromGiB, b.FromGiB))
	})
	for _, m := range s.all {
		key := [3]string{fold(m.Product), fold(m.SKU), fold(m.Meter)}
		s.byMeter[key] = append(s.byMeter[key], m)
	}
	return s
}

var disks = sync.OnceValue(func() []Disk {
	var all []Disk
	read("data/managed_disks").each(func(cell func(string) string) {
		all = append(all, Disk{
			SKU:       cell("sku"),
			Tier:      cell("tier"),
			MaxGiB:    whole(cell("max_gib")),
			IOPS:      whole(cell("iops")),
			MBps:      whole(cell("mbps")),
			BurstIOPS: whole(cell("burst_iops")),
			BurstMBps: whole(cell("burst_mbps")),
			MaxShares: whole(cell("max_shares")),
		})
	})
	slices.SortFunc(all, func(a, b Disk) int {
		return cmp.Or(cmp.Compare(a.SKU, b.SKU), cmp.Compare(a.MaxGiB, b.MaxGiB), cmp.Compare(a.Tier, b.Tier))
	})
	return all
})
