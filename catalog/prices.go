package catalog

import "sync"

// Price returns the retail pay-as-you-go price of one hour of size in region
// with Linux and without tax, in micro-USD, and false where the catalog has
// none. PricesAsOf says of when it is, QuoteOf whether it was derived.
func Price(region, size string) (int64, bool) {
	q, ok := QuoteOf(region, size)
	return q.Micros, ok
}

// A Quote is a price with what is known of it.
type Quote struct {
	Micros  int64  // micro-USD for one hour, Linux, without tax
	AsOf    string // day
	From    string
	Derived bool // the source had the price with Windows: 0.046 USD a vCPU were taken off
}

// QuoteOf returns the pay-as-you-go price of one hour of size in region.
func QuoteOf(region, size string) (Quote, bool) {
	p := pricesOf(region)
	q, ok := p.bySize[fold(size)]
	if !ok || q.micros == unsure {
		return Quote{}, false
	}
	return Quote{q.micros, p.Read, p.From, q.derived}, true
}

// SpotPrice returns what one hour of size on Spot cost in region when it was
// read, with Linux and without tax, in micro-USD. Spot prices move; there are
// some for a few European regions only.
func SpotPrice(region, size string) (int64, bool) {
	q, ok := spotPricesOf(region).bySize[fold(size)]
	return q.micros, ok
}

// PricesAsOf returns the day of the pay-as-you-go prices of a region, and a
// blank where there are none.
func PricesAsOf(region string) string { return pricesOf(region).Read }

// SpotPricesAsOf returns the day of the Spot prices of a region, and a blank
// where there are none.
func SpotPricesAsOf(region string) string {
	return spotPricesOf(region).Read
}

// PricedRegions returns the names of the regions with pay-as-you-go prices,
// sorted.
func PricedRegions() []string { return tablesIn("data/prices") }

// A Commitment is what one hour of a size costs in micro-USD, Linux, without
// tax, under each plan in one region; 0 is not sold there or not known. A
// commitment is paid for every hour of its term.
type Commitment struct {
	Region                       string // polandcentral, the only one known
	AsOf                         string // day
	PayAsYouGo                   int64
	Reserved1Y, Reserved3Y       int64 // an hour of the term
	SavingsPlan1Y, SavingsPlan3Y int64
}

// CommitmentOf returns the prices of commitments for a size. Elsewhere the
// shares of the pay-as-you-go price are about the same: an estimate.
func CommitmentOf(size string) (Commitment, bool) {
	c, ok := commitments()[fold(size)]
	return c, ok
}

var commitments = sync.OnceValue(func() map[string]Commitment {
	all, t := map[string]Commitment{}, read("data/commitments")
	t.each(func(cell func(string) string) {
		all[fold(cell("size"))] = Commitment{"polandcentral", t.Read, whole64(cell("payg")), whole64(cell("reserved_1y")), whole64(cell("reserved_3y")), whole64(cell("savings_1y")), whole64(cell("savings_3y"))}
	})
	return all
})

// unsure stands for the price of a size that has a meter, but whose price in
// the source is doubtful.
const unsure = -1

type price struct {
	micros  int64 // or unsure
	derived bool
}

type priceTable struct {
	Source
	bySize map[string]price
}

var (
	pricesOf     = shelf("data/prices", loadPrices)
	spotPricesOf = shelf("data/spot", loadPrices)
)

func loadPrices(t table) priceTable {
	p := priceTable{t.Source, make(map[string]price, len(t.rows))}
	t.each(func(cell func(string) string) {
		q := price{micros: unsure}
		if c := cell("micros"); c != "" {
			q.micros = whole64(c)
		}
		if len(t.columns) > 2 {
			q.derived = yes(cell("derived"))
		}
		p.bySize[fold(cell("size"))] = q
	})
	return p
}
