package limits

import (
	"net/netip"
	"testing"
)

func TestPrefixes(t *testing.T) {
	for _, in := range []string{"10.0.0.1/24", "10.0.0.0", "10.0.0.0/33", ""} {
		if p, err := parsePrefix(in); err == nil {
			t.Errorf("%q: have %s", in, p)
		}
	}
	p := netip.MustParsePrefix
	list := []netip.Prefix{p("10.0.0.0/24"), p("10.0.1.0/24"), p("10.0.1.128/25")}
	if a, b, found := overlap(list); !found || a != list[1] || b != list[2] {
		t.Errorf("have %s %s %v", a, b, found)
	}
	if _, _, found := overlap(list[:2]); found {
		t.Error("two neighbours overlap")
	}
	if within(p("10.0.0.0/15"), list) || !within(p("10.0.1.0/25"), list) {
		t.Error("a range lies in one that is smaller, or not in one that is larger")
	}
}
