package limits

import (
	"cmp"
	"slices"

	"airfield/arm"
	"airfield/catalog"
)

// mostAlternatives of each kind are given with a block.
const mostAlternatives = 3

// alternatives gives changes of what a demand's resource asks for, each of which
// alone would let it and all that shares its quotas pass: first sizes, then
// regions. Each was tried with the functions that judge what is wanted.
func (p *plan) alternatives(d *demand) (found []Alternative) {
	if p.plain {
		return nil
	}
	_, exists := p.before(d)
	resizable := !exists || virtualMachines.Equal(d.Type()) || scaleSets.Equal(d.Type())
	if d.from != "" || d.in != "" || capacityReservations.Equal(d.Type()) || !resizable || p.uncountable(d) != "" {
		return nil // an account's quota, a reservation and what runs in it, and pools that exist do not change alone
	}
	for _, s := range similar(d.size.Str()) {
		if len(found) < mostAlternatives && p.passes(d, arm.New(s.Name), d.region) {
			found = append(found, Alternative{Resource: d.ID, Size: s.Name})
		}
	}
	if d.Location() == "" || d.pool != "" || exists {
		return found // its region is that of its parent, or cannot change any more
	}
	most := len(found) + mostAlternatives
	for _, region := range catalog.RegionNames() {
		if len(found) < most && region != d.region && p.passes(d, d.size, region) {
			found = append(found, Alternative{Resource: d.ID, Region: region})
		}
	}
	return found
}

// passes tells whether a place surely gives a demand its machines with another
// size or region, and every quota that the old and the new count in holds.
func (p *plan) passes(d *demand, size arm.Value, region string) bool {
	m := p.market(place{d.place().subscription, region})
	if !m.listed || m.usages == "" {
		return false
	}
	change := map[bucket]int64{}
	for i := range p.demands {
		old := &p.demands[i]
		if old.ID != d.ID || old.pool != d.pool {
			continue
		}
		fresh := *old
		fresh.size, fresh.region = size, region
		if p.uncountable(&fresh) != "" || len(m.refuses(&fresh)) > 0 {
			return false
		}
		for _, c := range p.counts(old) {
			change[c.bucket] -= c.most
		}
		for _, c := range p.counts(&fresh) {
			change[c.bucket] += c.most
		}
	}
	for b, more := range change {
		if t := p.totals[b]; t != nil {
			more += t.most
		}
		if q, _, known := p.quoted(b); more > 0 && (!known || more > q.free()) {
			return false
		}
	}
	return true
}

// similar gives sizes that serve the purpose of a size, the nearest first: the
// same architecture, as many GPUs of the same vendor with as much memory,
// InfiniBand where it has it, and up to twice the vCPUs and memory.
func similar(size string) (all []*catalog.Size) {
	s, ok := catalog.SizeByName(size)
	if !ok {
		return nil
	}
	for _, c := range catalog.Sizes() {
		if c.Name != s.Name && c.Lifecycle == "" && serves(c, s) {
			all = append(all, c)
		}
	}
	slices.SortStableFunc(all, func(a, b *catalog.Size) int {
		return cmp.Or(cmp.Compare(a.BaseVCPUs, b.BaseVCPUs), cmp.Compare(a.MemoryGiB, b.MemoryGiB), -cmp.Compare(a.Version, b.Version))
	})
	return all
}

func serves(c, s *catalog.Size) bool {
	if c.Arch != s.Arch || c.GPUVendor != s.GPUVendor || c.GPUs != s.GPUs || c.GPUMemoryGiB < s.GPUMemoryGiB || s.RDMA && !c.RDMA || s.PremiumIO && !c.PremiumIO {
		return false
	}
	for _, generation := range s.HyperV {
		if !slices.Contains(c.HyperV, generation) {
			return false
		}
	}
	if s.GPUs > 0 {
		return true
	}
	return !c.RDMA == !s.RDMA && c.VCPUs >= s.VCPUs && c.VCPUs <= 2*s.VCPUs && c.MemoryGiB >= s.MemoryGiB && c.MemoryGiB <= 2*s.MemoryGiB
}
