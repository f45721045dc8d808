package estate

import (
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
)

// Form is how a value with a unit or a shape of its own is written.
type Form struct {
	Type     reflect.Type
	Name     string // what it is: a size
	Pattern  string // a regular expression that what is written matches
	Number   bool   // whether a bare number is one too
	Examples []string
}

// Forms gives the forms of the language's values, for its descriptions: the
// JSON Schema and docs/estate.md.
func Forms() []Form {
	return []Form{
		{reflect.TypeFor[Size](), "a size", unitPattern(sizeUnits), false, []string{"150GB", "12TiB"}},
		{reflect.TypeFor[Growth](), "a growth", unitPattern(growthUnits), false, []string{"2TiB/month"}},
		{reflect.TypeFor[Rate](), "a bandwidth", unitPattern(rateUnits), false, []string{"20GB/s", "10Gbps"}},
		{reflect.TypeFor[Duration](), "a time", "^never$|" + unitPattern(timeUnits), false, []string{"60s", "24h", "30d", "10y", "never"}},
		{reflect.TypeFor[Count](), "a count", unitPattern(countUnits), true, []string{"2e9", "2B"}},
		{reflect.TypeFor[Frequency](), "a frequency", unitPattern(frequencyUnits), false, []string{"20/s", "4/month"}},
		{reflect.TypeFor[Percent](), "a share", unitPattern(percentUnits), false, []string{"60%"}},
		{reflect.TypeFor[Date](), "a date", `^[0-9]{4}-[0-9]{2}-[0-9]{2}$`, false, []string{"2026-12-01"}},
		{reflect.TypeFor[Amount](), "an amount", `^[0-9]+(\.[0-9]{1,6})? [A-Z]{3}$|^estimate( *\+ *[0-9]+(\.[0-9]+)? *%)?$`, false, []string{"5000 USD", "estimate + 15%"}},
		{reflect.TypeFor[Notification](), "a notification", `^(actual|forecast) [0-9]+%$`, false, []string{"actual 80%", "forecast 100%"}},
		{reflect.TypeFor[Prefix](), "an address range", `^[0-9]+(\.[0-9]+){3}/[0-9]+$`, false, []string{"10.96.0.0/16"}},
		{reflect.TypeFor[Schedule](), "hours of the day", `^[0-9]{1,2}:[0-9]{2}-[0-9]{1,2}:[0-9]{2} ` + zonePattern + `$`, false, []string{"20:00-07:00 Europe/Stockholm"}},
		{reflect.TypeFor[Quantile](), "a time and quantile", strings.TrimSuffix(unitPattern(timeUnits), "$") + "( p[0-9]{1,2})?$", false, []string{"800ms p95"}},
		{reflect.TypeFor[PerZone](), "a number", `^[0-9]+( per zone)?$`, true, []string{"2", "1 per zone"}},
	}
}

// unitPattern gives the expression of a number and one of some units.
func unitPattern(units map[string]float64) string {
	var names []string
	for _, u := range slices.Sorted(maps.Keys(units)) {
		names = append(names, regexp.QuoteMeta(u))
	}
	return `^[0-9][0-9_]*(\.[0-9]+)?([eE][-+]?[0-9]+)? *(` + strings.Join(names, "|") + `)$`
}
