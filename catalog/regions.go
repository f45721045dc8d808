package catalog

import (
	"slices"
	"strings"
	"sync"
)

// A Region is an Azure region, or a geography that Azure lists among them.
// Regions are shared: do not change one.
type Region struct {
	Name           string // swedencentral
	Display        string // Sweden Central
	Short          string // for names: sdc; blank for what is not physical
	Geography      string // Sweden
	GeographyGroup string // Europe
	Place          string // Gävle
	Category       string // Recommended or Other
	Physical       bool   // resources can be placed there
	Paired         string // name of the paired region; blank where there is none
	Zones          int    // availability zones; their numbers differ by subscription
	ZonesKnown     bool
	EUDataBoundary bool   // derived from the geography: no source states it
	BillingZone    string // of VNet peering and egress: Zone 1; blank where unknown
	Latitude       float64
	Longitude      float64
}

// RegionByName returns the region of that name, display name, short name or
// alias; case does not count. A word that means two regions means none. What
// is found may be a geography: see Physical.
func RegionByName(name string) (*Region, bool) {
	r, ok := regions().byName[fold(strings.TrimSpace(name))]
	return r, ok
}

// Regions returns the physical regions, sorted by name.
func Regions() []*Region { return slices.Clone(regions().physical) }

// RegionNames returns the names of the physical regions, sorted.
func RegionNames() []string {
	var names []string
	for _, r := range regions().physical {
		names = append(names, r.Name)
	}
	return names
}

// Latency returns the median round trip between two regions in milliseconds.
func Latency(a, b string) (ms int, known bool) {
	a, b = fold(a), fold(b)
	if ms, known = latencies()[[2]string{a, b}]; !known {
		ms, known = latencies()[[2]string{b, a}]
	}
	return ms, known
}

// Offers tells whether region has a meter of a storage or network service:
// managed_lustre_500, netapp_files_ultra, blob_zrs, ergw_scale; Services lists
// them all. It is not known where the table lacks the region or the service.
func Offers(region, service string) (offered, known bool) {
	offered, known = services().offered[[2]string{fold(region), fold(service)}]
	return offered, known
}

// BlobIngress returns how much an account of Blob storage takes in a region
// before Azure's support raises it, in Gbit/s.
func BlobIngress(region string) int {
	if gbps, listed := ingress()[fold(region)]; listed {
		return gbps
	}
	return 25
}

// Services returns the services that Offers knows, sorted.
func Services() []string { return slices.Clone(services().names) }

type regionTable struct {
	physical []*Region
	byName   map[string]*Region
}

var regions = sync.OnceValue(func() regionTable {
	t := regionTable{byName: map[string]*Region{}}
	var all []*Region
	read("data/regions").each(func(cell func(string) string) {
		r := &Region{
			Name:           cell("name"),
			Display:        cell("display"),
			Geography:      cell("geography"),
			GeographyGroup: cell("group"),
			Place:          cell("place"),
			Category:       cell("category"),
			Physical:       cell("type") == "Physical",
			Paired:         cell("paired"),
			Zones:          whole(cell("zones")),
			ZonesKnown:     cell("zones") != "",
			EUDataBoundary: yes(cell("eu")),
			BillingZone:    cell("billing_zone"),
			Latitude:       decimal(cell("latitude")),
			Longitude:      decimal(cell("longitude")),
		}
		all = append(all, r)
		t.byName[r.Name] = r
		if r.Physical {
			t.physical = append(t.physical, r)
		}
	})
	for _, name := range []string{"data/region_shorts", "judged/region_shorts"} {
		read(name).each(func(cell func(string) string) {
			if r := t.byName[cell("region")]; r != nil {
				r.Short = cell("short")
			}
		})
	}
	t.addAliases(all)
	return t
})

// addAliases adds display names, short names and aliases to the names.
func (t regionTable) addAliases(all []*Region) {
	meanings := map[string][]*Region{}
	mean := func(word string, r *Region) {
		word = fold(word)
		if t.byName[word] == nil && !slices.Contains(meanings[word], r) {
			meanings[word] = append(meanings[word], r)
		}
	}
	for _, r := range all {
		mean(r.Display, r)
		if r.Short != "" {
			mean(r.Short, r)
		}
	}
	read("data/region_aliases").each(func(cell func(string) string) {
		if r := t.byName[cell("region")]; r != nil {
			mean(cell("alias"), r)
		}
	})
	for word, rs := range meanings {
		if len(rs) == 1 {
			t.byName[word] = rs[0]
		}
	}
}

var latencies = sync.OnceValue(func() map[[2]string]int {
	ms := map[[2]string]int{}
	read("data/latency").each(func(cell func(string) string) {
		ms[[2]string{cell("from"), cell("to")}] = whole(cell("ms"))
	})
	return ms
})

var ingress = sync.OnceValue(func() map[string]int {
	gbps := map[string]int{}
	read("data/blob_ingress").each(func(cell func(string) string) { gbps[cell("region")] = whole(cell("gbps")) })
	return gbps
})

type serviceTable struct {
	names   []string
	offered map[[2]string]bool // region, service
}

var services = sync.OnceValue(func() serviceTable {
	t := read("data/region_services")
	s := serviceTable{offered: map[[2]string]bool{}}
	for _, c := range t.columns {
		if c != "region" && c != "as_of" {
			s.names = append(s.names, c)
		}
	}
	slices.Sort(s.names)
	t.each(func(cell func(string) string) {
		for _, service := range s.names {
			if c := cell(service); c != "" {
				s.offered[[2]string{cell("region"), service}] = yes(c)
			}
		}
	})
	return s
})
