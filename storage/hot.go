package storage

// Where data lies while a job works on it.
//
// A job asks for room and for a rate: how fast it reads its data, and how fast
// a checkpoint must be written so that the nodes do not wait longer than they
// may. A checkpoint of 0.98 TB within 60 s is 16.3 GB/s. An account of Blob
// takes 7.5 GB/s, so a file system comes in front of it: Managed Lustre gives
// 500 MB/s for each TiB, in steps of 4 TiB, so 36 TiB give 18 GB/s.

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"airfield/catalog"
)

// Demand is what a job asks of the store that it works on.
type Demand struct {
	GiB    float64 // room
	MBps   float64 // how fast it reads or writes at the most, 10^6 bytes a second
	Files  bool    // it wants files: Blob alone does not do
	Region string
}

// Kind is a kind of store.
type Kind string

const (
	Blob         Kind = "Blob"
	Lustre       Kind = "Managed Lustre"
	NetApp       Kind = "NetApp Files"
	PremiumFiles Kind = "premium files"
)

// Hot is a store of a size.
type Hot struct {
	Kind   Kind // blank for none
	SKU    string
	TiB    int64   // 0 for Blob
	MBps   float64 // that it gives
	Micros int64   // a month, micro-USD; 0 where no price is known
}

// String names the store: "Managed Lustre AMLFS-Durable-Premium-500, 36 TiB, 18 GB/s".
func (h Hot) String() string {
	if h.TiB == 0 {
		return fmt.Sprintf("%s, %s", h.Kind, Rate(h.MBps))
	}
	return fmt.Sprintf("%s %s, %d TiB, %s", h.Kind, h.SKU, h.TiB, Rate(h.MBps))
}

// Passed is a store that was not taken.
type Passed struct{ Store, Why string }

// LargeVolume is the SKU of a NetApp volume of 50 TiB and more, which is another
// kind of volume: neither becomes the other.
const LargeVolume = "Ultra, a large volume"

// tier is one SKU of a store. NetApp's and premium files' services state MiB/s.
type tier struct {
	kind     Kind
	sku      string
	service  string  // as catalog.Offers knows it
	each     float64 // MB/s for each TiB
	base     float64 // MB/s beside it
	atMost   float64 // MB/s, 0 for no other bound than the room
	step     int64   // TiB, and the least
	most     int64   // TiB
	least    int64   // TiB, where more than a step
	lastWord string  // why it comes after the ones above it
}

const mib = 1.048576 // MB

// tiers are in the order of choice: Managed Lustre alone fills itself from Blob
// (guidance STO-D1). Its sizes stop where the page wants a support ticket for
// more, and where no page states the subnet.
// learn.microsoft.com/azure/azure-managed-lustre/create-file-system-portal, 2023-06
// learn.microsoft.com/azure/azure-netapp-files/azure-netapp-files-resource-limits, 2026-07
// learn.microsoft.com/azure/storage/files/understanding-billing (provisioned v1)
var tiers = []tier{
	{kind: Lustre, sku: "AMLFS-Durable-Premium-40", service: "managed_lustre_40", each: 40, step: 48, most: 384},
	{kind: Lustre, sku: "AMLFS-Durable-Premium-125", service: "managed_lustre_125", each: 125, step: 16, most: 128},
	{kind: Lustre, sku: "AMLFS-Durable-Premium-250", service: "managed_lustre_250", each: 250, step: 8, most: 128},
	{kind: Lustre, sku: "AMLFS-Durable-Premium-500", service: "managed_lustre_500", each: 500, step: 4, most: 128},
	{kind: NetApp, sku: "Ultra", service: "netapp_files_ultra", each: 128 * mib, atMost: 4500 * mib, step: 1, most: 100, lastWord: "it keeps snapshots and replicas, and does not fill itself from Blob"},
	{kind: NetApp, sku: LargeVolume, service: "netapp_files_ultra", each: 128 * mib, atMost: 12800 * mib, step: 1, least: 50, most: 1024, lastWord: "it keeps snapshots and replicas, and does not fill itself from Blob"},
	{kind: PremiumFiles, sku: "Premium_LRS", service: "premium_files", each: 102.4 * mib, base: 100 * mib, atMost: 10340 * mib, step: 1, most: 100, lastWord: "a share serves fewer nodes at once, and does not fill itself from Blob"},
}

// Fast gives the store for a demand, and those that were not taken. Blob is
// taken where it is fast enough (X6), else the cheapest of Managed Lustre, else
// the first that does; Kind is blank where none does.
func Fast(d Demand) (Hot, []Passed) {
	var best Hot
	blob := Hot{Kind: Blob, MBps: float64(catalog.BlobIngress(d.Region)) * 1000 / 8}
	passed := []Passed{{"Blob alone", "the job asks for a file system"}}
	if !d.Files {
		if d.MBps <= blob.MBps {
			return blob, []Passed{{string(Lustre), "Blob is fast enough, and a file system costs its room whether it is used or not"}}
		}
		passed = []Passed{{"Blob alone", fmt.Sprintf("an account takes %s, unless Azure's support raises it", Rate(blob.MBps))}}
	}
	for _, t := range tiers {
		h, why := t.size(d)
		switch {
		case why != "":
		case best.Kind == "":
			best = h
			continue
		case h.Kind == Lustre:
			if h.cheaper(best) {
				h, best = best, h
			}
			why = dearer(h)
		default:
			why = t.lastWord
		}
		name := string(t.kind) + " " + t.sku
		if h.TiB > 0 {
			name = h.String()
		}
		passed = append(passed, Passed{name, why})
	}
	return best, passed
}

// size gives the smallest store of a tier that meets the demand, or why none does.
func (t tier) size(d Demand) (h Hot, why string) {
	if offered, known := catalog.Offers(d.Region, t.service); !known {
		return h, "whether it is sold in " + d.Region + " is not known"
	} else if !offered {
		return h, "it is not sold in " + d.Region
	}
	need := max(d.GiB/1024, (d.MBps-t.base)/t.each, float64(t.least), 1)
	steps := int64(math.Ceil(math.Min(need, 1e6) / float64(t.step)))
	h = t.of(steps*t.step, d.Region)
	if !h.Holds(d) || h.TiB > t.most {
		h = t.of(t.most/t.step*t.step, d.Region)
		return Hot{}, fmt.Sprintf("it gives at most %d TiB and %s", h.TiB, Rate(h.MBps))
	}
	return h, ""
}

// of gives the store of so many TiB.
func (t tier) of(tib int64, region string) Hot {
	h := Hot{Kind: t.kind, SKU: t.sku, TiB: tib, MBps: t.base + t.each*float64(tib)}
	if t.atMost > 0 {
		h.MBps = min(h.MBps, t.atMost)
	}
	if t.kind == Lustre {
		if meter, ok := catalog.StoragePrice(region, "Azure Managed Lustre", t.sku, "Provisioned Capacity"); ok {
			h.Micros = meter[0].Micros * 1024 * tib
		}
	}
	return h
}

// Holds tells whether the store meets a demand.
func (h Hot) Holds(d Demand) bool { return float64(h.TiB)*1024 >= d.GiB && h.MBps >= d.MBps }

// cheaper compares by price, and where one has none by room.
func (h Hot) cheaper(other Hot) bool {
	if h.Micros == 0 || other.Micros == 0 {
		return h.TiB < other.TiB
	}
	return h.Micros < other.Micros
}

func dearer(h Hot) string {
	if h.Micros == 0 {
		return "it is larger than needed"
	}
	return fmt.Sprintf("it costs more: %d USD a month", h.Micros/1e6)
}

// ParseHot reads a store as a lock keeps it, its SKU and TiB: "Ultra 12"; false
// where there is none of that size.
func ParseHot(text, region string) (Hot, bool) {
	i := max(0, strings.LastIndexByte(text, ' '))
	n, err := strconv.ParseInt(strings.TrimPrefix(text[i:], " "), 10, 64)
	t := tierOf(text[:i])
	if err != nil || t == nil || n < max(1, t.least) || n%t.step != 0 {
		return Hot{}, false
	}
	if _, small := LustreSubnet(n); t.kind == Lustre && !small || t.kind != Lustre && n > t.most {
		return Hot{}, false
	}
	return t.of(n, region), true
}

func tierOf(sku string) *tier {
	for i := range tiers {
		if strings.EqualFold(tiers[i].sku, sku) {
			return &tiers[i]
		}
	}
	return nil
}

// Grown gives the store made large enough for a demand where it is, in the SKU
// that it has; false where it cannot be. A file system of Managed Lustre keeps
// the size that it was made with, and a large volume grows by 30 %.
// learn.microsoft.com/azure/azure-netapp-files/large-volumes-requirements-considerations
func (h Hot) Grown(d Demand) (Hot, bool) {
	t := tierOf(h.SKU)
	if t == nil || t.kind == Lustre {
		return h, false
	}
	g, why := t.size(d)
	return g, why == "" && (h.SKU != LargeVolume || g.TiB*10 <= h.TiB*13)
}

// LustreStep gives the step of capacity of a SKU in TiB.
func LustreStep(sku string) (int64, bool) {
	if t := tierOf(sku); t != nil && t.kind == Lustre {
		return t.step, true
	}
	return 0, false
}

// LustreSubnet gives the longest prefix of the subnet of a file system, which
// is its own; false where no page states it.
// https://learn.microsoft.com/azure/azure-managed-lustre/amlfs-prerequisites
func LustreSubnet(tib int64) (bits int, ok bool) {
	for _, size := range []struct {
		most int64
		bits int
	}{{16, 27}, {40, 26}, {92, 25}, {196, 24}, {400, 23}} {
		if tib <= size.most {
			return size.bits, true
		}
	}
	return 0, false
}

// Checkpoint gives the bytes of one checkpoint, and how they are known: 14 for
// each parameter that is trained, weights and the optimizer's state (guidance
// STO-D3), or a share of what all that are kept take; the larger of the two, and
// 0 where neither is known.
func Checkpoint(parameters, all int64, kept int) (bytes int64, how string) {
	if parameters > 0 {
		bytes, how = 14*parameters, fmt.Sprintf("14 bytes for each of %.3g·10⁹ parameters", float64(parameters)/1e9)
	}
	if kept > 0 && all/int64(kept) > bytes {
		bytes, how = all/int64(kept), fmt.Sprintf("one of the %d that are kept", kept)
	}
	return bytes, how
}

// Rate prints 10^6 bytes a second.
func Rate(mbps float64) string {
	if mbps < 1000 {
		return fmt.Sprintf("%.3g MB/s", mbps)
	}
	return fmt.Sprintf("%.3g GB/s", mbps/1000)
}
