package catalog

import (
	"slices"
	"sync"
)

// A NetworkPrice is one price of traffic, a gateway, a firewall or the like.
type NetworkPrice struct {
	Service    string // Bandwidth
	Item       string
	Where      string // region, zone or continent, as the source has it
	From       string // where the tier begins, in units; blank where there are no tiers
	Unit       string // GB, hour
	Micros     int64  // micro-USD for one unit, without tax
	Known      bool   // false: a gap that no source filled
	AsOf       string // day
	Confidence string // high, medium, low or gap
	Note       string
	Source     string
}

// NetworkPrices returns all network prices, sorted by service and item.
func NetworkPrices() []NetworkPrice { return slices.Clone(networkPrices()) }

var networkPrices = sync.OnceValue(func() []NetworkPrice {
	var all []NetworkPrice
	read("data/network_prices").each(func(cell func(string) string) {
		all = append(all, NetworkPrice{
			Service:    cell("service"),
			Item:       cell("item"),
			Where:      cell("where"),
			From:       cell("from"),
			Unit:       cell("unit"),
			Micros:     whole64(cell("micros")),
			Known:      cell("micros") != "",
			AsOf:       cell("as_of"),
			Confidence: cell("confidence"),
			Note:       cell("note"),
			Source:     cell("source"),
		})
	})
	return all
})
