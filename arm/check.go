package arm

// Clean is what Parse and Duplicate say of most texts, at half their price, for
// passes that need no Value. It goes over a text twice. The first time it marks,
// without a branch, the bytes that a string cannot hold as they are, 64 bytes in
// a word; the second time it jumps by these marks to the end of each string, and
// reads only what stands between strings byte by byte. Of names it keeps hashes.
//
// https://arxiv.org/abs/1902.08318 has the idea (Langdale, Lemire: Parsing
// Gigabytes of JSON per Second).

import (
	"math/bits"
	"slices"
	"strings"
	"unicode/utf8"
)

// Checker checks one text after the other in the same memory. The zero Checker
// is ready.
type Checker struct {
	text  string
	marks []uint64 // a bit for each byte of text
	names []uint64 // the hashes of the names in the objects around the place
}

// Clean tells whether text is surely an object without white space between its
// values where no object, at any depth, has a name twice, or one that is not
// plain ASCII or begins with "$". Where it says no, only Parse and Duplicate
// know what is wrong, if anything is.
func (c *Checker) Clean(text string) bool {
	c.text, c.marks, c.names = text, appendMarks(c.marks[:0], text), c.names[:0]
	return c.at(0) == '{' && c.object(0, 1) == len(text)
}

// The functions below are given where something begins and give its end, or
// c.no() where it is not clean.

func (c *Checker) no() int { return len(c.text) + 1 }

// at gives the byte at i, 0 at the end.
func (c *Checker) at(i int) byte {
	if i < len(c.text) {
		return c.text[i]
	}
	return 0
}

func (c *Checker) value(i, depth int) int {
	switch c.at(i) {
	case '"':
		return c.str(i)
	case '{':
		return c.object(i, depth+1)
	case '[':
		return c.array(i, depth+1)
	case 't':
		return c.word(i, "true")
	case 'f':
		return c.word(i, "false")
	case 'n':
		return c.word(i, "null")
	}
	if end, problem := number(c.text, i); problem == "" {
		return end
	}
	return c.no()
}

func (c *Checker) word(i int, w string) int {
	if strings.HasPrefix(c.text[i:], w) {
		return i + len(w)
	}
	return c.no()
}

func (c *Checker) array(i, depth int) int {
	if i++; c.at(i) == ']' && depth <= MaxDepth {
		return i + 1
	}
	for depth <= MaxDepth {
		i = c.value(i, depth)
		switch c.at(i) {
		case ']':
			return i + 1
		case ',':
			i++
			continue
		}
		break
	}
	return c.no()
}

// object compares each name with those before it where a set of 64 bits says
// that one may be the same. It gives up on an object of very many.
func (c *Checker) object(i, depth int) int {
	text := c.text
	if i++; c.at(i) == '}' && depth <= MaxDepth {
		return i + 1
	}
	first, seen := len(c.names), uint64(0)
	for depth <= MaxDepth {
		end := c.end(i + 1)
		if end+2 >= len(text) || text[i] != '"' || text[i+1] == '$' || text[end] != '"' || text[end+1] != ':' {
			break
		}
		h := nameHash(text, i+1, end)
		if bit := uint64(1) << (h >> 58); seen&bit == 0 {
			seen |= bit
		} else if names := c.names[first:]; len(names) > 64 || slices.Contains(names, h) {
			break
		}
		c.names = append(c.names, h)
		i = c.value(end+2, depth)
		switch c.at(i) {
		case '}':
			c.names = c.names[:first]
			return i + 1
		case ',':
			i++
			continue
		}
		break
	}
	return c.no()
}

// nameHash gives the same for names that differ in case only.
func nameHash(text string, from, to int) uint64 {
	const (
		fold = 0x2020202020202020
		mix  = 0x9E3779B97F4A7C15
	)
	n := to - from
	switch {
	case n >= 8:
		return ((load(text, from)|fold)*mix ^ (load(text, to-8) | fold) ^ uint64(n)) * mix
	case to >= 8:
		return (load(text, to-8)>>(64-8*n) | fold) * mix
	}
	var x uint64
	for i := range n {
		x |= uint64(text[from+i]) << (8 * i)
	}
	return (x | fold) * mix
}

func (c *Checker) str(i int) int {
	for i++; ; {
		i = c.end(i)
		switch b := c.at(i); {
		case b == '"':
			return i + 1
		case b == '\\':
			n := escapeLen(c.text[i:])
			if n == 0 {
				return c.no()
			}
			i += n
		case b < 0x20:
			return c.no()
		default:
			_, n := utf8.DecodeRuneInString(c.text[i:])
			if n == 1 {
				return c.no()
			}
			i += n
		}
	}
}

// end gives the first marked byte from i on.
func (c *Checker) end(i int) int {
	at := uint(i) / 64
	if at >= uint(len(c.marks)) {
		return c.no()
	}
	if m := c.marks[at] >> (uint(i) % 64); m != 0 {
		return i + bits.TrailingZeros64(m)
	}
	for at++; at < uint(len(c.marks)); at++ {
		if m := c.marks[at]; m != 0 {
			return int(at)*64 + bits.TrailingZeros64(m)
		}
	}
	return c.no()
}

// appendMarks appends a bit for each byte of text.
func appendMarks(m []uint64, text string) []uint64 {
	for ; len(text) >= 64; text = text[64:] {
		var w uint64
		for i := 0; i < 64; i += 8 {
			w |= special(load(text, i)) << i
		}
		m = append(m, w)
	}
	var last uint64
	for i := range len(text) {
		if !plain[text[i]] {
			last |= 1 << i
		}
	}
	return append(m, last)
}

// special sets a bit for each of eight bytes that is a quote, a backslash, a
// control character or beyond ASCII, the lowest for the first. No sum of two
// bytes here carries into the next.
func special(x uint64) uint64 {
	const each, high = 0x0101010101010101, 0x8080808080808080
	ascii := x &^ high
	control := (ascii ^ 0x7d*each) + 0x21*each   // high where it, less its second bit, is at most 0x20: the quote is, the space not
	backslash := (ascii ^ 0x23*each) + 0x01*each // high where it is 0x5c
	return ((control | backslash | x) & high) * 0x0002040810204081 >> 56
}
