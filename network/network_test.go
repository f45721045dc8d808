package network_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"

	"airfield/network"
)

func ExamplePool_Next() {
	pool := network.Pool{Range: netip.MustParsePrefix("10.96.0.0/16")}
	pool.Take(netip.MustParsePrefix("10.96.0.0/24"))
	fmt.Println(pool.Next(22))
	fmt.Println(pool.Next(24))
	// Output:
	// 10.96.4.0/22 true
	// 10.96.1.0/24 true
}

func TestSubnetBits(t *testing.T) {
	for _, tt := range []struct{ addresses, want int }{{1, 29}, {3, 29}, {4, 28}, {11, 28}, {12, 27}, {100, 25}, {251, 24}, {252, 23}, {1000, 22}} {
		if have := network.SubnetBits(tt.addresses); have != tt.want {
			t.Errorf("%d: have %d, want %d", tt.addresses, have, tt.want)
		}
	}
}

func TestAround(t *testing.T) {
	for _, tt := range []struct {
		in   []int
		want int
	}{{[]int{27, 28}, 24}, {[]int{24, 28}, 22}, {[]int{25}, 24}, {[]int{20, 20}, 18}} {
		if have := network.Around(tt.in); have != tt.want {
			t.Errorf("%v: have %d, want %d", tt.in, have, tt.want)
		}
	}
}

func TestPoolNeverOverlaps(t *testing.T) {
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 1))
		pool := network.Pool{Range: netip.MustParsePrefix("10.0.0.0/18")}
		var all []netip.Prefix
		for range 60 {
			p, ok := pool.Next(20 + r.IntN(9))
			if !ok {
				continue
			}
			for _, o := range all {
				if o.Overlaps(p) {
					t.Fatalf("seed %d: %s overlaps %s", seed, p, o)
				}
			}
			if !pool.Range.Contains(p.Addr()) || p != p.Masked() {
				t.Fatalf("seed %d: %s", seed, p)
			}
			all = append(all, p)
		}
		if free, ok := pool.Next(28); ok && pool.Take(free) == nil {
			t.Fatalf("seed %d: %s taken twice", seed, free)
		}
	}
}

func TestPoolFull(t *testing.T) {
	pool := network.Pool{Range: netip.MustParsePrefix("10.0.0.0/24")}
	for i := range 4 {
		if p, ok := pool.Next(26); !ok || p.String() != fmt.Sprintf("10.0.0.%d/26", 64*i) {
			t.Fatalf("have %s %v", p, ok)
		}
	}
	if p, ok := pool.Next(29); ok {
		t.Errorf("have %s from a full pool", p)
	}
	if _, ok := (&network.Pool{Range: netip.MustParsePrefix("10.0.0.0/24")}).Next(20); ok {
		t.Error("have a prefix larger than the pool")
	}
}
