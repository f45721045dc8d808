package limits

import (
	"fmt"
	"math/bits"
	"net/netip"
)

// ReservedAddresses are those that Azure keeps of every subnet: the first four
// and the last (guidance SUB-13).
const ReservedAddresses = 5

// SubnetSizeFor gives the length of the longest IPv4 prefix whose subnet has
// room for so many addresses beside those that Azure keeps: 29 for 1 to 3, 24
// for 251.
func SubnetSizeFor(addresses int) (prefix int) {
	return min(32-bits.Len(uint(max(addresses, 1)+ReservedAddresses-1)), 29)
}

// ParsePrefix reads an address range such as 10.1.0.0/16. An address within the
// range instead of its first is an error, as it is for Azure.
func ParsePrefix(s string) (netip.Prefix, error) {
	p, err := netip.ParsePrefix(s)
	switch {
	case err != nil:
		return p, fmt.Errorf("%q is not an address range such as 10.1.0.0/16", s)
	case p != p.Masked():
		return p, fmt.Errorf("%q begins within its range, which begins at %s", s, p.Masked())
	}
	return p, nil
}

// Overlap gives the first two prefixes of a list that have an address in common.
func Overlap(prefixes []netip.Prefix) (a, b netip.Prefix, found bool) {
	for i, a := range prefixes {
		for _, b := range prefixes[:i] {
			if a.Overlaps(b) {
				return b, a, true
			}
		}
	}
	return a, b, false
}

// Within tells whether one of the spaces holds all of a prefix.
func Within(p netip.Prefix, spaces []netip.Prefix) bool {
	for _, s := range spaces {
		if s.Bits() <= p.Bits() && s.Contains(p.Addr()) {
			return true
		}
	}
	return false
}
