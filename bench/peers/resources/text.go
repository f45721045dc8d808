package main

import (
	"fmt"
	"strings"
)

// A text is read once and written often:
//
//	<a|b|c>  one of them, each as likely as the others; they nest, and may be empty
//	$g       a new GUID          $h  eight new hex digits
//	$n $b    a number of 100 to 4195, of 0 to 255
//	$a $i    the application that the resource belongs to, its number in the resource group
//	$I $R    the id of the resource, of its resource group
//	$S $T    the ids of the subscription and the tenant
//	$L       the region
//
// Everything else stands for itself, so JSON is written as it is.
type text []piece

type piece struct {
	lit  string // written, when neither of the others is set
	ref  byte
	alts []text
}

// parse reads a text; a mistake in one is a mistake in types.go.
func parse(s string) text {
	t, rest := parseUntil(s, "")
	if rest != "" {
		panic(fmt.Sprintf("%q in %q", rest, s))
	}
	return t
}

// parseUntil reads up to one of the bytes of stop, or to the end.
func parseUntil(s, stop string) (t text, rest string) {
	for s != "" && strings.IndexByte(stop, s[0]) < 0 {
		n := strings.IndexAny(s, "<$"+stop)
		switch {
		case n < 0:
			return append(t, piece{lit: s}), ""
		case n > 0:
			t, s = append(t, piece{lit: s[:n]}), s[n:]
		case s[0] == '$':
			t, s = append(t, piece{ref: s[1]}), s[2:]
		default:
			var p piece
			for end := byte('|'); end == '|'; {
				var alt text
				alt, s = parseUntil(s[1:], "|>")
				p.alts, end = append(p.alts, alt), s[0]
			}
			t, s = append(t, p), s[1:]
		}
	}
	return t, s
}

// filler holds what the references of a text stand for.
type filler struct {
	random
	tenant, sub, group, app, region string
	id                              string
	number                          int
}

func (f *filler) write(b []byte, t text) []byte {
	for i := range t {
		switch p := &t[i]; {
		case p.alts != nil:
			b = f.write(b, p.alts[f.below(len(p.alts))])
		case p.ref != 0:
			b = f.reference(b, p.ref)
		default:
			b = append(b, p.lit...)
		}
	}
	return b
}

func (f *filler) reference(b []byte, ref byte) []byte {
	switch ref {
	case 'g':
		return f.guid(b)
	case 'h':
		return hex(b, f.next(), 8)
	case 'n':
		return decimal(b, 100+f.below(4096))
	case 'b':
		return decimal(b, f.below(256))
	case 'i':
		return append(b, byte('0'+f.number/100%10), byte('0'+f.number/10%10), byte('0'+f.number%10))
	}
	return append(b, f.value(ref)...)
}

func (f *filler) value(ref byte) string {
	switch ref {
	case 'a':
		return f.app
	case 'I':
		return f.id
	case 'R':
		return f.group
	case 'S':
		return f.sub
	case 'T':
		return f.tenant
	case 'L':
		return f.region
	}
	panic(fmt.Sprintf("no reference $%c", ref))
}

// random is splitmix64 (https://prng.di.unimi.it/splitmix64.c): one word of
// state, so that each resource group has its own and can be made alone.
type random uint64

func (r *random) next() uint64 {
	*r += 0x9e3779b97f4a7c15
	z := uint64(*r)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

func (r *random) below(n int) int { return int(uint64(uint32(r.next())) * uint64(n) >> 32) }

func (r *random) guid(b []byte) []byte {
	hi, lo := r.next(), r.next()
	b = append(hex(b, hi>>32, 8), '-')
	b = append(hex(b, hi>>16&0xffff, 4), '-', '4')
	b = append(hex(b, hi&0xfff, 3), '-')
	b = append(hex(b, lo>>48&0x3fff|0x8000, 4), '-')
	return hex(b, lo&0xffffffffffff, 12)
}

// hex appends the last n hex digits of v.
func hex(b []byte, v uint64, n int) []byte {
	for shift := 4 * (n - 1); shift >= 0; shift -= 4 {
		b = append(b, "0123456789abcdef"[v>>shift&15])
	}
	return b
}

func decimal(b []byte, n int) []byte {
	if n >= 10 {
		b = decimal(b, n/10)
	}
	return append(b, byte('0'+n%10))
}
