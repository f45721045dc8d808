package expr

import (
	"errors"
	"fmt"
	"math/big"
	"net/netip"

	"airfield/arm"
)

// prefix gives an argument that must be an address range; host bits are cut.
func (c *Call) prefix(i int) netip.Prefix {
	s := c.Str(i)
	p, err := netip.ParsePrefix(s)
	if err != nil {
		if a, err := netip.ParseAddr(s); err == nil {
			return netip.PrefixFrom(a, a.BitLen())
		}
		c.Wrong(i, "an address range such as 10.0.0.0/16")
		return netip.Prefix{}
	}
	return p.Masked()
}

func number(a netip.Addr) *big.Int { return new(big.Int).SetBytes(a.AsSlice()) }

// address gives the address of a number, in the family of like.
func address(n *big.Int, like netip.Addr) (netip.Addr, bool) {
	size := like.BitLen() / 8
	if n.Sign() < 0 || n.BitLen() > size*8 {
		return netip.Addr{}, false
	}
	a, ok := netip.AddrFromSlice(n.FillBytes(make([]byte, size)))
	return a, ok
}

// lastOf gives a range's last address.
func lastOf(p netip.Prefix) netip.Addr {
	size := new(big.Int).Lsh(big.NewInt(1), uint(p.Addr().BitLen()-p.Bits()))
	a, _ := address(size.Add(number(p.Addr()), size.Sub(size, big.NewInt(1))), p.Addr())
	return a
}

func parseCidr(c *Call) (arm.Value, error) {
	p := c.prefix(0)
	if c.err != nil {
		return arm.Value{}, nil
	}
	bits := p.Addr().BitLen()
	mask := new(big.Int).Lsh(big.NewInt(1), uint(bits-p.Bits()))
	mask.Sub(new(big.Int).Lsh(big.NewInt(1), uint(bits)), mask)
	netmask, _ := address(mask, p.Addr())
	from, to := p.Addr(), lastOf(p)
	o := arm.O{"network", from.String(), "netmask", netmask.String()}
	if from.Is4() {
		o = append(o, "broadcast", to.String())
		if p.Bits() < 31 {
			from, to = from.Next(), to.Prev()
		}
	}
	return arm.New(append(o, "firstUsable", from.String(), "lastUsable", to.String(), "cidr", p.Bits())), nil
}

func cidrSubnet(c *Call) (arm.Value, error) {
	p, bits, index := c.prefix(0), c.Int(1), c.Int(2)
	if c.err != nil {
		return arm.Value{}, nil
	}
	whole := int64(p.Addr().BitLen())
	if bits < int64(p.Bits()) || bits > whole {
		return arm.Value{}, fmt.Errorf("a /%d does not fit into %s, wanted /%d to /%d", bits, p, p.Bits(), whole)
	}
	if n := bits - int64(p.Bits()); index < 0 || n < 63 && index >= 1<<n {
		return arm.Value{}, fmt.Errorf("index %d is out of range: %s holds 2^%d ranges of /%d", index, p, n, bits)
	}
	at := new(big.Int).Lsh(big.NewInt(index), uint(whole-bits))
	a, ok := address(at.Add(at, number(p.Addr())), p.Addr())
	if !ok {
		return arm.Value{}, errors.New("index is out of range")
	}
	return str(netip.PrefixFrom(a, int(bits)).String()), nil
}

// cidrHost counts from the first usable address: behind the network's own.
func cidrHost(c *Call) (arm.Value, error) {
	p, index := c.prefix(0), c.Int(1)
	if c.err != nil {
		return arm.Value{}, nil
	}
	usable, to := p.Addr(), lastOf(p)
	if single := p.Addr().BitLen()-p.Bits() < 2; !single {
		usable = usable.Next()
		if usable.Is4() {
			to = to.Prev()
		}
	}
	n := big.NewInt(index)
	a, ok := address(n.Add(n, number(usable)), usable)
	if index < 0 || !ok || to.Less(a) {
		return arm.Value{}, fmt.Errorf("host %d is not in %s", index, p)
	}
	return str(a.String()), nil
}
