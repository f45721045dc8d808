// Package source reads the texts users write, YAML and JSON, into trees that
// remember their places, and decodes such trees into Go structs.
//
// A File goes in; a Node or a struct comes out, with a finding for everything
// that is not as it should be. The package knows nothing of what the texts
// mean, and opens no files.
package source

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"
	"sync"
	"unicode/utf16"
	"unicode/utf8"

	"airfield/diag"
)

// MaxFile is the largest text that is read, in bytes.
const MaxFile = 64 << 20

// File is one text, with the name the user knows it by.
type File struct {
	Name string
	Text string // UTF-8 without a byte order mark

	lines func() []int // offsets of the line starts
}

// NewFile makes a File of raw bytes. A UTF-8 byte order mark is dropped;
// other encodings are refused with a finding that says which it is.
func NewFile(name string, raw []byte) (*File, diag.List) {
	if len(raw) > MaxFile {
		var found diag.List
		found.Errorf(diag.Pos{File: name}, "source/size", "file has %d MiB, at most %d MiB are read", len(raw)>>20, MaxFile>>20)
		return nil, found
	}
	return newFile(name, raw)
}

// NewExport makes a File as NewFile does, of what a program wrote: it may be
// larger than MaxFile, and UTF-16 with a byte order mark, as Windows PowerShell
// writes behind ">".
func NewExport(name string, raw []byte) (*File, diag.List) {
	for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
		if len(raw) < 2 || order.Uint16(raw) != 0xfeff {
			continue
		}
		text, at := fromUTF16(raw[2:], order)
		if at >= 0 {
			var found diag.List
			found.Errorf(diag.Pos{File: name}, "source/encoding", "file is UTF-16, and byte %d is none: save it as UTF-8", at+2)
			return nil, found
		}
		raw = text
		break
	}
	return newFile(name, raw)
}

// fromUTF16 gives the text in UTF-8, or the offset of the first byte that is
// not UTF-16; -1 for none.
func fromUTF16(raw []byte, order binary.ByteOrder) ([]byte, int) {
	text := make([]byte, 0, len(raw)/2+len(raw)/16)
	for i := 0; i < len(raw); i += 2 {
		if i+1 == len(raw) {
			return nil, i
		}
		r := rune(order.Uint16(raw[i:]))
		if utf16.IsSurrogate(r) {
			low := rune(0)
			if i+3 < len(raw) {
				low = rune(order.Uint16(raw[i+2:]))
			}
			if r = utf16.DecodeRune(r, low); r == utf8.RuneError {
				return nil, i
			}
			i += 2
		}
		text = utf8.AppendRune(text, r)
	}
	return text, -1
}

func newFile(name string, raw []byte) (*File, diag.List) {
	var found diag.List
	whole := diag.Pos{File: name, Line: 1, Col: 1}
	switch {
	case bytes.HasPrefix(raw, []byte("\xff\xfe")), bytes.HasPrefix(raw, []byte("\xfe\xff")), len(raw) > 1 && (raw[0] == 0) != (raw[1] == 0):
		found.Errorf(whole, "source/encoding", "file is UTF-16, wanted UTF-8: save it again as UTF-8")
		return nil, found
	}
	raw = bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf"))
	f := &File{Name: name, Text: string(raw)}
	f.lines = sync.OnceValue(func() []int { return lineStarts(f.Text) })
	if i := invalidUTF8(f.Text); i >= 0 {
		found.Errorf(f.Pos(i), "source/encoding", "byte 0x%02x is not UTF-8: save the file as UTF-8", raw[i])
		return nil, found
	}
	if i := strings.IndexByte(f.Text, 0); i >= 0 {
		found.Errorf(f.Pos(i), "source/encoding", "a NUL character, wanted text")
		return nil, found
	}
	return f, nil
}

// Pos gives the place of a byte offset.
func (f *File) Pos(offset int) diag.Pos {
	lines := f.lines()
	offset = max(0, min(offset, len(f.Text)))
	n, exact := slices.BinarySearch(lines, offset)
	if !exact {
		n--
	}
	return diag.Pos{File: f.Name, Line: n + 1, Col: utf8.RuneCountInString(f.Text[lines[n]:offset]) + 1}
}

// lineStarts gives the offsets of the lines, which end as in YAML: with a line
// feed, a carriage return, or both.
func lineStarts(text string) []int {
	starts := []int{0}
	for i := range len(text) {
		if text[i] == '\n' || text[i] == '\r' && (i+1 == len(text) || text[i+1] != '\n') {
			starts = append(starts, i+1)
		}
	}
	return starts
}

// widths gives how many characters each line has, with its end.
func (f *File) widths() []int {
	starts := f.lines()
	widths := make([]int, len(starts))
	for i, start := range starts {
		end := len(f.Text)
		if i+1 < len(starts) {
			end = starts[i+1]
		}
		widths[i] = utf8.RuneCountInString(f.Text[start:end])
	}
	return widths
}

func invalidUTF8(s string) int {
	for i, r := range s {
		if r == utf8.RuneError {
			if _, n := utf8.DecodeRuneInString(s[i:]); n == 1 {
				return i
			}
		}
	}
	return -1
}
