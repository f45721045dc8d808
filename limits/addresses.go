package limits

import (
	"fmt"
	"net/netip"
)

// parsePrefix reads an address range such as 10.1.0.0/16. An address within the
// range instead of its first is an error, as it is for Azure.
func parsePrefix(s string) (netip.Prefix, error) {
	p, err := netip.ParsePrefix(s)
	switch {
	case err != nil:
		return p, fmt.Errorf("%q is not an address range such as 10.1.0.0/16", s)
	case p != p.Masked():
		return p, fmt.Errorf("%q begins within its range, which begins at %s", s, p.Masked())
	}
	return p, nil
}

// overlap gives the first two prefixes of a list that have an address in common.
func overlap(prefixes []netip.Prefix) (a, b netip.Prefix, found bool) {
	for i, a := range prefixes {
		for _, b := range prefixes[:i] {
			if a.Overlaps(b) {
				return b, a, true
			}
		}
	}
	return a, b, false
}

// within tells whether one of the spaces holds all of a prefix.
func within(p netip.Prefix, spaces []netip.Prefix) bool {
	for _, s := range spaces {
		if s.Bits() <= p.Bits() && s.Contains(p.Addr()) {
			return true
		}
	}
	return false
}
