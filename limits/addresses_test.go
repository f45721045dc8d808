package limits_test

import (
	"net/netip"
	"testing"

	"airfield/limits"
)

func TestSubnetSizeFor(t *testing.T) {
	for _, tt := range []struct{ in, want int }{{0, 29}, {1, 29}, {3, 29}, {4, 28}, {11, 28}, {12, 27}, {251, 24}, {252, 23}} {
		if have := limits.SubnetSizeFor(tt.in); have != tt.want {
			t.Errorf("%d: have /%d, want /%d", tt.in, have, tt.want)
		}
	}
}

func TestPrefixes(t *testing.T) {
	for _, in := range []string{"10.0.0.1/24", "10.0.0.0", "10.0.0.0/33", ""} {
		if p, err := limits.ParsePrefix(in); err == nil {
			t.Errorf("%q: have %s", in, p)
		}
	}
	p := netip.MustParsePrefix
	list := []netip.Prefix{p("10.0.0.0/24"), p("10.0.1.0/24"), p("10.0.1.128/25")}
	if a, b, found := limits.Overlap(list); !found || a != list[1] || b != list[2] {
		t.Errorf("have %s %s %v", a, b, found)
	}
	if _, _, found := limits.Overlap(list[:2]); found {
		t.Error("two neighbours overlap")
	}
	if limits.Within(p("10.0.0.0/15"), list) || !limits.Within(p("10.0.1.0/25"), list) {
		t.Error("a range lies in one that is smaller, or not in one that is larger")
	}
}
