package expr

import (
	"crypto/sha1"
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"strings"

	"airfield/arm"
)

// seed joins the arguments of guid and uniqueString.
func (c *Call) seed() string {
	parts := make([]string, c.Len())
	for i, v := range c.Args() {
		switch v.Kind() {
		case arm.String, arm.Number, arm.Bool:
			parts[i] = plain(v)
		default:
			c.Wrong(i, "a string")
		}
	}
	return strings.Join(parts, "-")
}

// guidSpace is the namespace of guid's version 5 UUIDs (RFC 9562, section 5.5).
var guidSpace = [16]byte{0x11, 0xfb, 0x06, 0xfb, 0x71, 0x2d, 0x4d, 0xdd, 0x98, 0xc7, 0xe7, 0x1b, 0xbd, 0x58, 0x88, 0x30}

func guid(c *Call) (arm.Value, error) { return str(GUID(c.seed())), nil }

// GUID gives what the function guid gives for one argument; several are joined
// by hyphens.
func GUID(seed string) string {
	sum := sha1.Sum(append(guidSpace[:], seed...))
	b := sum[:16]
	b[6] = b[6]&0x0f | 0x50
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

func newGUID(c *Call) (arm.Value, error) {
	if c.s.env.NewGUID == nil {
		return arm.Value{}, errors.New("gives another value each time and can be used only in the default value of a parameter")
	}
	return str(c.s.env.NewGUID()), nil
}

func uniqueString(c *Call) (arm.Value, error) { return str(UniqueString(c.seed())), nil }

// UniqueString gives what the function uniqueString gives for one argument;
// several are joined by hyphens: 13 characters of base 32 over a hash of 64
// bits, MurmurHash3 in two lanes of 32.
func UniqueString(seed string) string {
	h := murmur([]byte(seed))
	const alphabet = "abcdefghijklmnopqrstuvwxyz234567"
	var b [13]byte
	for i := range b {
		b[i] = alphabet[h>>59]
		h <<= 5
	}
	return string(b[:])
}

func murmur(data []byte) uint64 {
	const c1, c2 = 597399067, 2869860233
	var h1, h2 uint32
	n := uint32(len(data))
	for ; len(data) > 7; data = data[8:] {
		k1, k2 := binary.LittleEndian.Uint32(data), binary.LittleEndian.Uint32(data[4:])
		h1 ^= bits.RotateLeft32(k1*c1, 15) * c2
		h1 = (bits.RotateLeft32(h1, 19)+h2)*5 + 1444728091
		h2 ^= bits.RotateLeft32(k2*c2, 17) * c1
		h2 = (bits.RotateLeft32(h2, 13)+h1)*5 + 197830471
	}
	var tail [8]byte
	copy(tail[:], data)
	if len(data) > 4 {
		h2 ^= bits.RotateLeft32(binary.LittleEndian.Uint32(tail[4:])*c2, 17) * c1
	}
	if len(data) > 0 {
		h1 ^= bits.RotateLeft32(binary.LittleEndian.Uint32(tail[:])*c1, 15) * c2
	}
	h1, h2 = h1^n, h2^n
	h1 += h2
	h2 += h1
	h1, h2 = finish(h1), finish(h2)
	h1 += h2
	h2 += h1
	return uint64(h2)<<32 | uint64(h1)
}

func finish(h uint32) uint32 {
	h ^= h >> 16
	h *= 2246822507
	h ^= h >> 13
	h *= 3266489909
	return h ^ h>>16
}
