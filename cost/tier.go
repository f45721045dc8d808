package cost

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"airfield/catalog"
)

// A tier is one step of a meter's price.
type tier struct {
	from   float64 // units where it begins
	micros int64   // of one unit, micro-USD
	unit   string
	region string // of the price
	asOf   string
	why    string // it is an estimate; blank where it is none
}

// stored gives the tiers of a meter of storage where the resource is.
func (p *pricing) stored(product, sku string, meters ...string) []tier {
	return p.near(product+"|"+sku+"|"+strings.Join(meters, "|"), func(region string) (tiers []tier) {
		for _, name := range meters { // spellings of one meter
			found, _ := catalog.StoragePrice(region, product, sku, name)
			for _, m := range found {
				why := ""
				if strings.HasPrefix(m.Derived, "tier") { // x730, the other, is the month
					why = "the source has the last tier: the others by the usual ratio"
				}
				tiers = append(tiers, tier{float64(m.FromGiB), m.Micros, m.Unit, region, m.AsOf, why})
			}
			if tiers != nil {
				return tiers
			}
		}
		return nil
	})
}

// served gives the tiers of a meter of a service where the resource is.
func (p *pricing) served(service, item string) []tier {
	return p.near(service+"|"+item, func(region string) (tiers []tier) {
		for _, s := range catalog.ServicePrices(service, item) {
			if !s.Known || !(s.Where == "all" || slices.Contains(strings.Split(s.Where, "/"), region)) {
				continue
			}
			from, _ := strconv.ParseFloat(s.From, 64) // blank where there are no tiers
			t := tier{from: from, micros: s.Micros, unit: s.Unit, region: region, asOf: s.AsOf}
			if s.Where == "all" {
				t.region = "all"
			}
			if s.Confidence == "low" {
				t.why = "from a page of others, not from Azure's price list"
			}
			i := slices.IndexFunc(tiers, func(o tier) bool { return o.from == t.from })
			switch {
			case i < 0:
				tiers = append(tiers, t)
			case tiers[i].asOf < t.asOf: // the newest of two counts
				tiers[i] = t
			}
		}
		slices.SortFunc(tiers, func(a, b tier) int { return cmp.Compare(a.from, b.from) })
		return tiers
	})
}

// near does what the function near does, once for a meter and a region.
func (p *pricing) near(meter string, at func(region string) []tier) []tier {
	key := p.region + "|" + meter
	tiers, known := p.found[key]
	if !known {
		tiers = near(p.region, at)
		p.found[key] = tiers
	}
	return tiers
}

// near gives what at gives for a region, or, where that is nothing, the dearest
// it gives for a region of the same billing zone, as an estimate.
func near(region string, at func(region string) []tier) []tier {
	if tiers := at(region); tiers != nil {
		return tiers
	}
	r, ok := catalog.RegionByName(region)
	if !ok || r.BillingZone == "" {
		return nil
	}
	var best []tier
	for _, o := range catalog.Regions() {
		if !o.Physical || o.BillingZone != r.BillingZone || o.Name == region {
			continue
		}
		if tiers := at(o.Name); tiers != nil && (best == nil || highest(tiers) > highest(best)) {
			best = tiers
		}
	}
	for i := range best {
		best[i].why = "no price is known in " + region + ": the highest known in its billing zone, of " + best[i].region
	}
	return best
}

func highest(tiers []tier) int64 {
	return slices.MaxFunc(tiers, func(a, b tier) int { return cmp.Compare(a.micros, b.micros) }).micros
}
