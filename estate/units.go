package estate

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"airfield/diag"
	"airfield/source"
)

// quantity splits "180TiB" into its number and unit, and gives a finding where
// there is no number, or a unit that units does not have. units holds the
// worth of each unit.
func quantity(n *source.Node, what, example string, units map[string]float64) (float64, diag.List) {
	var found diag.List
	text := strings.TrimSpace(n.Text)
	end := strings.LastIndexAny(text, "0123456789.") + 1
	if i := strings.IndexFunc(text, func(r rune) bool { return !strings.ContainsRune("0123456789.+-eE_", r) }); i >= 0 {
		end = i
	}
	number, unit := strings.ReplaceAll(text[:end], "_", ""), strings.TrimSpace(text[end:])
	value, err := strconv.ParseFloat(number, 64)
	worth, known := units[unit]
	wanted := "wanted " + what + " such as " + example
	switch {
	case n.Kind == source.Scalar && errors.Is(err, strconv.ErrRange), err == nil && value*worth >= math.MaxInt64:
		found.Errorf(n.Pos, "estate/unit", "%s is too large, %s", n.Describe(), wanted)
	case n.Kind != source.Scalar || err != nil || math.IsNaN(value):
		found.Errorf(n.Pos, "estate/unit", "%s, %s", n.Describe(), wanted)
	case strings.HasPrefix(unit, ","):
		found.Errorf(n.Pos, "estate/unit", "%s has a comma, wanted a point before decimal places", n.Describe())
	case unit == "" && !known:
		found.Errorf(n.Pos, "estate/unit", "%s has no unit, %s", n.Describe(), wanted)
	case !known:
		names := slices.Sorted(maps.Keys(units))
		found.Errorf(n.Pos, "estate/unit", "%s has the unit %q, %s%s", n.Describe(), short(unit), wanted, diag.DidYouMean(unit, names))
	case value < 0:
		found.Errorf(n.Pos, "estate/unit", "%s is negative, %s", n.Describe(), wanted)
	default:
		return value * worth, nil
	}
	return 0, found
}

// Size is an amount of data in bytes, written with its unit: 150GB, 12TiB.
type Size int64

var sizeUnits = map[string]float64{
	"B": 1, "kB": 1e3, "KB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12, "PB": 1e15,
	"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40, "PiB": 1 << 50,
}

// DecodeNode reads a size.
func (s *Size) DecodeNode(n *source.Node) diag.List {
	v, found := quantity(n, "a size", "500GB or 12TiB", sizeUnits)
	*s = Size(v)
	return found
}

// GiB gives the size in GiB.
func (s Size) GiB() float64 { return float64(s) / (1 << 30) }

// String prints the size in the largest binary unit that leaves a number of at
// least one.
func (s Size) String() string {
	units := []string{"B", "KiB", "MiB", "GiB", "TiB", "PiB"}
	v, i := float64(s), 0
	for v >= 1024 && i < len(units)-1 {
		v, i = v/1024, i+1
	}
	return strconv.FormatFloat(math.Round(v*10)/10, 'f', -1, 64) + units[i]
}

// Growth is a size a month, written 2TiB/month.
type Growth int64

var growthUnits = func() map[string]float64 {
	units := map[string]float64{}
	for u, worth := range sizeUnits {
		units[u+"/month"], units[u+"/day"], units[u+"/year"] = worth, worth*365/12, worth/12
	}
	return units
}()

// DecodeNode reads a growth.
func (g *Growth) DecodeNode(n *source.Node) diag.List {
	v, found := quantity(n, "a growth", "2TiB/month", growthUnits)
	*g = Growth(v)
	return found
}

// Rate is a bandwidth in bits a second, written 20GB/s or 10Gbps.
type Rate int64

var rateUnits = func() map[string]float64 {
	units := map[string]float64{"kbps": 1e3, "Mbps": 1e6, "Gbps": 1e9, "Tbps": 1e12}
	for u, worth := range sizeUnits {
		units[u+"/s"] = worth * 8
	}
	return units
}()

// DecodeNode reads a rate.
func (r *Rate) DecodeNode(n *source.Node) diag.List {
	v, found := quantity(n, "a bandwidth", "20GB/s or 10Gbps", rateUnits)
	*r = Rate(v)
	return found
}

// Duration is a time, written 800ms, 60s, 24h, 30d or 10y; `never` is Never,
// and 0 is "not said".
type Duration time.Duration

// Never is longer than any time.
const Never Duration = math.MaxInt64

const day = 24 * time.Hour

var timeUnits = map[string]float64{
	"ms": float64(time.Millisecond), "s": float64(time.Second), "min": float64(time.Minute), "h": float64(time.Hour),
	"d": float64(day), "w": 7 * float64(day), "y": 365 * float64(day),
}

// DecodeNode reads a duration.
func (d *Duration) DecodeNode(n *source.Node) diag.List {
	if n.Text == "never" {
		*d = Never
		return nil
	}
	v, found := quantity(n, "a time", "60s, 24h, 30d or 10y", timeUnits)
	*d = Duration(v)
	return found
}

// String prints the duration in the largest unit that divides it.
func (d Duration) String() string {
	if d == Never {
		return "never"
	}
	for _, u := range []struct {
		unit string
		of   time.Duration
	}{{"y", 365 * day}, {"d", day}, {"h", time.Hour}, {"min", time.Minute}, {"s", time.Second}} {
		if t := time.Duration(d); t >= u.of && t%u.of == 0 {
			return fmt.Sprintf("%d%s", t/u.of, u.unit)
		}
	}
	return fmt.Sprintf("%gms", float64(d)/float64(time.Millisecond))
}

// Days gives the duration in whole days.
func (d Duration) Days() int { return int(time.Duration(d) / day) }

// Count is a large number, written 2e9 or 2B (k, M, B, T).
type Count int64

var countUnits = map[string]float64{"": 1, "k": 1e3, "M": 1e6, "B": 1e9, "T": 1e12}

// DecodeNode reads a count.
func (c *Count) DecodeNode(n *source.Node) diag.List {
	v, found := quantity(n, "a count", "2e9 or 2B", countUnits)
	*c = Count(v)
	return found
}

// Frequency is how often something happens, in times a second, written 20/s or
// 4/month.
type Frequency float64

var frequencyUnits = map[string]float64{
	"/s": 1, "/min": 1. / 60, "/h": 1. / 3600, "/day": 1. / 86400, "/week": 1. / 604800, "/month": 12. / (365 * 86400), "/year": 1. / (365 * 86400),
}

// DecodeNode reads a frequency.
func (f *Frequency) DecodeNode(n *source.Node) diag.List {
	v, found := quantity(n, "a frequency", "20/s or 4/month", frequencyUnits)
	*f = Frequency(v)
	return found
}

// Percent is a share, written 60%.
type Percent float64

var percentUnits = map[string]float64{"%": 1}

// DecodeNode reads a percentage from 0 to 100.
func (p *Percent) DecodeNode(n *source.Node) diag.List {
	v, found := quantity(n, "a share", "60%", percentUnits)
	if found == nil && v > 100 {
		found.Errorf(n.Pos, "estate/unit", "%q is over 100%%", n.Text)
	}
	*p = Percent(v)
	return found
}

// Date is a day, written 2026-12-01.
type Date struct{ time.Time }

// DecodeNode reads a date.
func (d *Date) DecodeNode(n *source.Node) (found diag.List) {
	t, err := time.Parse(time.DateOnly, n.Text)
	var wrong *time.ParseError
	if errors.As(err, &wrong) && strings.HasSuffix(wrong.Message, "out of range") {
		found.Errorf(n.Pos, "estate/date", "%s is no day of the calendar", n.Describe())
	} else if err != nil {
		found.Errorf(n.Pos, "estate/date", "%s, wanted a date such as 2026-12-01", n.Describe())
	}
	d.Time = t
	return found
}

// String prints the date as it is written, "" for none.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return d.Format(time.DateOnly)
}

// Amount is money a month: a fixed amount in a currency, or the estimate and
// some percent on top.
type Amount struct {
	Micro    int64  // in millionths of the currency
	Currency string // ISO 4217
	Estimate bool
	Plus     float64 // percent on top of the estimate
}

// Given tells whether an amount was written.
func (a Amount) Given() bool { return a.Estimate || a.Currency != "" }

// DecodeNode reads an amount.
func (a *Amount) DecodeNode(n *source.Node) (found diag.List) {
	const wanted = "wanted an amount such as 5000 USD, or estimate + 15%"
	if rest, ok := strings.CutPrefix(n.Text, "estimate"); ok {
		a.Estimate = true
		rest = strings.ReplaceAll(rest, " ", "")
		if rest == "" {
			return nil
		}
		plus, err := strconv.ParseFloat(strings.TrimSuffix(strings.TrimPrefix(rest, "+"), "%"), 64)
		if err != nil || rest[0] != '+' || rest[len(rest)-1] != '%' || plus < 0 || plus > 1000 {
			found.Errorf(n.Pos, "estate/amount", "%s, %s", n.Describe(), wanted)
		}
		a.Plus = plus
		return found
	}
	number, currency, _ := strings.Cut(strings.TrimSpace(n.Text), " ")
	micro, err := ParseMicro(number)
	switch {
	case n.Kind != source.Scalar || err != nil:
		found.Errorf(n.Pos, "estate/amount", "%s, %s", n.Describe(), wanted)
	case micro <= 0:
		found.Errorf(n.Pos, "estate/amount", "%q is not more than 0, %s", n.Text, wanted)
	case currency == "":
		found.Errorf(n.Pos, "estate/amount", "%q has no currency, %s", n.Text, wanted)
	case !currencyShape.MatchString(currency):
		found.Errorf(n.Pos, "estate/amount", "%q has the currency %q, %s", n.Text, currency, wanted)
	default:
		a.Micro, a.Currency = micro, currency
	}
	return found
}

var currencyShape = regexp.MustCompile(`^[A-Z]{3}$`)

// String prints the amount as it is written, "none" for none.
func (a Amount) String() string {
	switch {
	case a.Estimate && a.Plus > 0:
		return fmt.Sprintf("estimate + %g%%", a.Plus)
	case a.Estimate:
		return "estimate"
	case a.Currency == "":
		return "none"
	}
	whole, part := a.Micro/1_000_000, a.Micro%1_000_000
	if part == 0 {
		return fmt.Sprintf("%d %s", whole, a.Currency)
	}
	return strings.TrimRight(fmt.Sprintf("%d.%06d", whole, part), "0") + " " + a.Currency
}

// ParseMicro reads a decimal number of up to six places as millionths.
func ParseMicro(s string) (int64, error) {
	whole, part, _ := strings.Cut(s, ".")
	if len(part) > 6 {
		return 0, fmt.Errorf("%q has more than six decimal places", s)
	}
	return strconv.ParseInt(whole+part+strings.Repeat("0", 6-len(part)), 10, 64)
}

// Notification is when someone is told of a budget: `actual 80%`.
type Notification struct {
	Forecast bool
	Percent  int
}

// DecodeNode reads a notification.
func (t *Notification) DecodeNode(n *source.Node) (found diag.List) {
	kind, share, _ := strings.Cut(n.Text, " ")
	p, err := strconv.Atoi(strings.TrimSuffix(share, "%"))
	if kind != "actual" && kind != "forecast" || err != nil || !strings.HasSuffix(share, "%") || p < 1 || p > 1000 {
		found.Errorf(n.Pos, "estate/notification", "%s, wanted actual or forecast and a share such as actual 80%%", n.Describe())
	}
	t.Forecast, t.Percent = kind == "forecast", p
	return found
}

// String prints the notification as it is written.
func (t Notification) String() string {
	if t.Forecast {
		return fmt.Sprintf("forecast %d%%", t.Percent)
	}
	return fmt.Sprintf("actual %d%%", t.Percent)
}

// Prefix is an address range in CIDR form.
type Prefix struct{ netip.Prefix }

// private are the ranges that virtual networks may take: RFC 1918, and the
// shared range of RFC 6598.
var private = []netip.Prefix{
	netip.MustParsePrefix("10.0.0.0/8"),
	netip.MustParsePrefix("172.16.0.0/12"),
	netip.MustParsePrefix("192.168.0.0/16"),
	netip.MustParsePrefix("100.64.0.0/10"),
}

// DecodeNode reads a private IPv4 range without host bits.
func (p *Prefix) DecodeNode(n *source.Node) (found diag.List) {
	v, err := netip.ParsePrefix(n.Text)
	switch {
	case err != nil || !v.Addr().Is4():
		found.Errorf(n.Pos, "estate/address", "%s, wanted an IPv4 address range such as 10.96.0.0/16", n.Describe())
	case v != v.Masked():
		found.Errorf(n.Pos, "estate/address", "%q has bits behind its length, wanted %s", n.Text, v.Masked())
	case !slices.ContainsFunc(private, func(r netip.Prefix) bool { return r.Contains(v.Addr()) && r.Bits() <= v.Bits() }):
		found.Errorf(n.Pos, "estate/address", "%q is not private, wanted a range in 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 or 100.64.0.0/10", n.Text)
	default:
		p.Prefix = v
	}
	return found
}

// Schedule is a daily span: '20:00-07:00 Europe/Stockholm'.
type Schedule struct {
	From, To string // hh:mm
	Zone     string // IANA time zone
}

// zonePattern is the shape of a time zone's name.
const zonePattern = `(UTC|[A-Za-z_]+(/[A-Za-z0-9_+-]+)+)`

var zoneShape = regexp.MustCompile("^" + zonePattern + "$")

// DecodeNode reads a schedule. The zone's name is checked by its shape only.
func (s *Schedule) DecodeNode(n *source.Node) (found diag.List) {
	span, zone, _ := strings.Cut(n.Text, " ")
	from, to, _ := strings.Cut(span, "-")
	_, err1 := time.Parse("15:04", from)
	_, err2 := time.Parse("15:04", to)
	if n.Kind != source.Scalar || from == to || err1 != nil || err2 != nil || !zoneShape.MatchString(zone) {
		found.Errorf(n.Pos, "estate/schedule", "%s, wanted a span and a time zone such as '20:00-07:00 Europe/Stockholm'", n.Describe())
		return found
	}
	*s = Schedule{from, to, zone}
	return nil
}

// Hours gives how many hours of a day the span has.
func (s Schedule) Hours() float64 {
	if s.From == "" {
		return 0
	}
	a, _ := time.Parse("15:04", s.From)
	b, _ := time.Parse("15:04", s.To)
	h := b.Sub(a).Hours()
	if h <= 0 {
		h += 24
	}
	return h
}

// Quantile is a time that a share of the answers keep: 800ms p95.
type Quantile struct {
	Time Duration
	Of   int // percent; 50 where it is not written
}

// DecodeNode reads a quantile.
func (q *Quantile) DecodeNode(n *source.Node) (found diag.List) {
	text, of, has := strings.Cut(n.Text, " ")
	q.Of = 50
	if has {
		p, err := strconv.Atoi(strings.TrimPrefix(of, "p"))
		if err != nil || !strings.HasPrefix(of, "p") || p < 1 || p > 99 {
			found.Errorf(n.Pos, "estate/unit", "%q, wanted a time and a quantile such as 800ms p95", n.Text)
			return found
		}
		q.Of = p
	}
	inner := *n
	inner.Text = text
	return q.Time.DecodeNode(&inner)
}

// PerZone is a number, or a number for each zone: `1 per zone`.
type PerZone struct {
	N    int
	Each bool
}

// DecodeNode reads a number of instances.
func (p *PerZone) DecodeNode(n *source.Node) (found diag.List) {
	number, each := strings.CutSuffix(n.Text, " per zone")
	v, err := strconv.Atoi(number)
	if err != nil || v < 0 {
		found.Errorf(n.Pos, "estate/unit", "%s, wanted a number such as 2 or 1 per zone", n.Describe())
	}
	p.N, p.Each = v, each
	return found
}

// String prints the number as it is written.
func (p PerZone) String() string {
	if p.Each {
		return fmt.Sprintf("%d per zone", p.N)
	}
	return fmt.Sprint(p.N)
}
