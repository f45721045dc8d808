package limits

import (
	"fmt"
	"strings"
	"sync"

	"airfield/arm"
	"airfield/catalog"
	"airfield/tenant"
)

// The types that say what a subscription may have in a region.
const (
	skus          arm.Type = "Microsoft.Compute/locations/skus"
	computeUsages arm.Type = "Microsoft.Compute/locations/usages"
)

// A place is a region of a subscription, whose id is folded.
type place struct {
	subscription arm.ID
	region       string
}

// at gives the id of a type of a location at the place, without a last name.
func (p place) at(namespace, last string) arm.ID {
	return p.subscription + arm.ID("/providers/"+namespace+"/locations/"+p.region+"/"+last)
}

func (d *demand) place() place { return place{d.ID.SubscriptionID().Fold(), d.region} }

// A market is what a subscription can have of machines in a region.
type market struct {
	place
	have   *tenant.Tenant
	usages arm.ID            // where they stand; "" where they are not known
	quotas map[string]quoted // by quotaKey
	listed bool              // some sizes of the region are known
	lists  func() bool       // most are
	sizes  map[string]*offer
}

// quoted is one line of a list of usages.
type quoted struct {
	used, limit int64
}

// free gives how much is left. A limit of -1 is none.
func (q quoted) free() int64 {
	if q.limit < 0 {
		return 1 << 62
	}
	return q.limit - q.used
}

// An offer is a VM size in a region.
type offer struct {
	sku    arm.Value // as the subscription has it; Missing where that is not known
	family string
	vcpus  int64 // that quota counts; 0 where it is not known
}

// market reads a place's lists when they are first asked for.
func (p *plan) market(at place) *market {
	if m, ok := p.markets[at]; ok {
		return m
	}
	m := &market{place: at, have: p.have, quotas: map[string]quoted{}, sizes: map[string]*offer{}}
	for r := range p.have.Range(at.at("Microsoft.Compute", "usages")) {
		m.usages = r.ID
		for u := range items(r.Get("properties", "value")) {
			used, ok := number(u.Get("currentValue"))
			limit, known := number(u.Get("limit"))
			if ok && known {
				m.quotas[quotaKey(u.Get("name", "value").Str())] = quoted{used, limit}
			}
		}
	}
	for range p.have.IDs(at.at("Microsoft.Compute", "skus")) {
		m.listed = true
		break
	}
	m.lists = sync.OnceValue(m.most)
	p.markets[at] = m
	return m
}

// most tells whether the list has nine of ten sizes that the catalog knows to
// be sold in the region. One that has fewer may have been filtered by who
// exported it, by size, zone or family: nothing in a list says so.
func (m *market) most() bool {
	sold, listed := 0, 0
	for _, s := range catalog.Sizes() {
		if is, _ := catalog.Sold(s.Name, m.region); is {
			sold++
			if m.have.Has(m.at("Microsoft.Compute", "skus/"+s.Name)) {
				listed++
			}
		}
	}
	return sold > 0 && 10*listed >= 9*sold
}

// quotaKey makes the names of a family equal, which lists of sizes and of usages
// spell with other capitals and spaces.
func quotaKey(name string) string { return strings.ToLower(strings.ReplaceAll(name, " ", "")) }

// offer gives a size: as the subscription's list has it, else as the catalog
// does.
func (m *market) offer(size string) *offer {
	key := strings.ToLower(size)
	if o, ok := m.sizes[key]; ok {
		return o
	}
	o := new(offer)
	if s, ok := catalog.SizeByName(size); ok {
		o.family, o.vcpus = s.QuotaFamily, int64(s.BaseVCPUs)
	}
	if r, ok := m.have.Get(m.at("Microsoft.Compute", "skus/"+size)); ok {
		o.sku = r.Get("properties")
		if f := o.sku.Get("family").Str(); f != "" {
			o.family = f
		}
		if n, ok := number(o.capability("vCPUs")); ok {
			o.vcpus = n
		}
	}
	m.sizes[key] = o
	return o
}

// capability gives a value of the size's list of capabilities, which are
// strings.
func (o *offer) capability(name string) arm.Value { return named(o.sku.Get("capabilities"), name) }

func named(list arm.Value, name string) arm.Value {
	for c := range items(list) {
		if is(c.Get("name"), name) {
			return c.Get("value")
		}
	}
	return arm.Value{}
}

// sold says what the catalog knows of a size in a region.
func sold(size, region string) string {
	date := "an unknown day"
	if s, ok := catalog.SourceOf("data/meters"); ok {
		date = s.Read
	}
	switch is, known := catalog.Sold(size, region); {
	case !known:
		return fmt.Sprintf("the catalog does not know whether %s has %s", region, size)
	case is:
		return fmt.Sprintf("by the catalog of %s it is sold in %s, which is not a permission to use it", date, region)
	}
	return fmt.Sprintf("by the catalog of %s it is not sold in %s", date, region)
}
