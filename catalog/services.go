package catalog

import (
	"sync"
)

// A ServicePrice is one price of traffic, a gateway, an endpoint, logs or the
// like.
type ServicePrice struct {
	Service    string // Bandwidth
	Item       string
	Where      string // regions with / between them, all, or a zone as the source has it
	From       string // where the tier begins, in units; blank where there are no tiers
	Unit       string // GB, hour
	Micros     int64  // micro-USD for one unit, without tax
	Known      bool   // false: a gap that no source filled
	AsOf       string // day
	Confidence string // high, medium, low or gap
	Note       string
	Source     string
}

// ServicePrices returns the prices of an item of a service.
func ServicePrices(service, item string) []ServicePrice {
	return servicePrices()[[2]string{service, item}]
}

var servicePrices = sync.OnceValue(func() map[[2]string][]ServicePrice {
	all := map[[2]string][]ServicePrice{}
	read("data/service_prices").each(func(cell func(string) string) {
		key := [2]string{cell("service"), cell("item")}
		all[key] = append(all[key], ServicePrice{
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
