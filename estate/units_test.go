package estate_test

import (
	"fmt"
	"reflect"
	"testing"

	"airfield/estate"
	"airfield/source"
)

func TestUnits(t *testing.T) {
	for _, tt := range []struct {
		in   string
		into any
		want string
	}{
		{"150GB", new(estate.Size), "139.7GiB"},
		{"12TiB", new(estate.Size), "12TiB"},
		{"1.5 PB", new(estate.Size), "1.3PiB"},
		{"0B", new(estate.Size), "0B"},
		{"1kB/day", new(estate.Growth), "30416"},
		{"12GB/year", new(estate.Growth), "1000000000"},
		{"20GB/s", new(estate.Rate), "160000000000"},
		{"10Gbps", new(estate.Rate), "10000000000"},
		{"800ms", new(estate.Duration), "800ms"},
		{"90min", new(estate.Duration), "90min"},
		{"36h", new(estate.Duration), "36h"},
		{"30d", new(estate.Duration), "30d"},
		{"2w", new(estate.Duration), "14d"},
		{"10y", new(estate.Duration), "10y"},
		{"never", new(estate.Duration), "never"},
		{"2e9", new(estate.Count), "2000000000"},
		{"2B", new(estate.Count), "2000000000"},
		{"1_000", new(estate.Count), "1000"},
		{"20/s", new(estate.Frequency), "20"},
		{"3600/h", new(estate.Frequency), "1"},
		{"60%", new(estate.Percent), "60"},
		{"2026-12-01", new(estate.Date), "2026-12-01"},
		{"5000 USD", new(estate.Amount), "5000 USD"},
		{"0.000001 EUR", new(estate.Amount), "0.000001 EUR"},
		{"estimate", new(estate.Amount), "estimate"},
		{"estimate + 15%", new(estate.Amount), "estimate + 15%"},
		{"estimate+7.5 %", new(estate.Amount), "estimate + 7.5%"},
		{"forecast 110%", new(estate.Notification), "forecast 110%"},
		{"10.96.0.0/13", new(estate.Prefix), "10.96.0.0/13"},
		{"100.64.0.0/16", new(estate.Prefix), "100.64.0.0/16"},
		{"20:00-07:00 Europe/Stockholm", new(estate.Schedule), "{20:00 07:00 Europe/Stockholm}"},
		{"800ms p95", new(estate.Quantile), "{800ms 95}"},
		{"2s", new(estate.Quantile), "{2s 50}"},
		{"1 per zone", new(estate.PerZone), "1 per zone"},
		{"3", new(estate.PerZone), "3"},
	} {
		n := &source.Node{Kind: source.Scalar, Text: tt.in}
		if found := tt.into.(source.Decoder).DecodeNode(n); found != nil {
			t.Errorf("%T %q: %s", tt.into, tt.in, found)
		}
		if have := fmt.Sprint(reflect.ValueOf(tt.into).Elem()); have != tt.want {
			t.Errorf("%T %q: have %s, want %s", tt.into, tt.in, have, tt.want)
		}
	}
}

func TestScheduleHours(t *testing.T) {
	for in, want := range map[string]float64{"20:00-07:00 UTC": 11, "07:30-20:00 UTC": 12.5} {
		var s estate.Schedule
		s.DecodeNode(&source.Node{Kind: source.Scalar, Text: in})
		if have := s.Hours(); have != want {
			t.Errorf("%s: have %g hours, want %g", in, have, want)
		}
	}
}
