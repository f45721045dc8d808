// Package network plans addresses: it cuts virtual networks from the pools of
// an estate and subnets from virtual networks, the same way every time.
//
// Pools, what is taken already and sizes go in; prefixes come out. It knows no
// Azure resource; package design makes those.
package network

import (
	"encoding/binary"
	"fmt"
	"math/bits"
	"net/netip"
	"slices"
	"sort"
)

// Reserved is how many addresses Azure keeps of each subnet: the first four
// and the last.
// https://learn.microsoft.com/azure/virtual-network/virtual-networks-faq
const Reserved = 5

// SmallestSubnet is the longest prefix that Azure accepts for a subnet.
const SmallestSubnet = 29

// SubnetBits gives the prefix length of the smallest subnet that holds a
// number of addresses beside those Azure keeps.
func SubnetBits(addresses int) int {
	return min(SmallestSubnet, 32-bits.Len(uint(addresses+Reserved-1)))
}

// Pool hands out prefixes of one address range. It gives the lowest free one,
// so that the answer depends on nothing but what was taken before.
type Pool struct {
	Range netip.Prefix
	taken []netip.Prefix // sorted, apart
	next  [33]uint64     // by length: no prefix of it is free below; 0 where none was given
}

// Take marks a prefix as taken. It fails where the prefix lies outside the
// range or overlaps what is taken already.
func (p *Pool) Take(prefix netip.Prefix) error {
	if !p.Range.Contains(prefix.Addr()) || prefix.Bits() < p.Range.Bits() {
		return fmt.Errorf("%s is outside %s", prefix, p.Range)
	}
	i, _ := slices.BinarySearchFunc(p.taken, prefix, compare)
	for _, near := range p.taken[max(0, i-1):min(len(p.taken), i+1)] {
		if near.Overlaps(prefix) {
			return fmt.Errorf("%s overlaps %s", prefix, near)
		}
	}
	p.taken = slices.Insert(p.taken, i, prefix)
	return nil
}

// Next takes the lowest free prefix of a length, false where none is left.
func (p *Pool) Next(length int) (netip.Prefix, bool) {
	if length < p.Range.Bits() {
		return netip.Prefix{}, false
	}
	size := uint64(1) << (32 - length)
	at, end := max(p.next[length], first(p.Range)), first(p.Range)+uint64(1)<<(32-p.Range.Bits())
	i := sort.Search(len(p.taken), func(i int) bool { return last(p.taken[i]) >= at })
	for ; at+size <= end; at += size {
		for i < len(p.taken) && last(p.taken[i]) < at {
			i++
		}
		if i == len(p.taken) || first(p.taken[i]) >= at+size {
			break
		}
		if behind := last(p.taken[i]) + 1; behind > at { // jump behind what is in the way
			at = (behind+size-1)/size*size - size
		}
	}
	if at+size > end {
		return netip.Prefix{}, false
	}
	prefix := netip.PrefixFrom(address(at), length)
	p.taken = slices.Insert(p.taken, i, prefix)
	p.next[length] = at + size
	return prefix, true
}

// Around gives the prefix length of the smallest range that holds subnets of
// the given lengths with as much again free to grow, at most a /24.
func Around(lengths []int) int {
	var need uint64
	for _, l := range lengths {
		need += 1 << (32 - l)
	}
	return min(24, 32-bits.Len64(max(2*need, 1)-1))
}

func compare(a, b netip.Prefix) int { return a.Addr().Compare(b.Addr()) }

func first(p netip.Prefix) uint64 {
	b := p.Masked().Addr().As4()
	return uint64(binary.BigEndian.Uint32(b[:]))
}

func last(p netip.Prefix) uint64 { return first(p) + 1<<(32-p.Bits()) - 1 }

func address(n uint64) netip.Addr {
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], uint32(n))
	return netip.AddrFrom4(b)
}
