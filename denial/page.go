package denial

import (
	"bytes"
	"encoding/binary"
	"html"
	"regexp"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"airfield/diag"
)

// page is a text without what terminals and pipelines put around its lines.
type page struct {
	name   string
	text   string
	starts []int // where each line of the original begins in text
}

// pos gives the line that an offset in the text comes from.
func (p *page) pos(offset int) diag.Pos {
	n, found := slices.BinarySearch(p.starts, offset)
	for found && n+1 < len(p.starts) && p.starts[n+1] == offset { // of empty ones, the last
		n++
	}
	if !found {
		n--
	}
	return diag.Pos{File: p.name, Line: n + 1}
}

// decode gives the text of a file: UTF-8, or UTF-16 as Windows PowerShell
// writes it.
func decode(raw []byte) string {
	var order binary.ByteOrder
	switch {
	case bytes.HasPrefix(raw, []byte("\xff\xfe")), len(raw) > 1 && raw[0] != 0 && raw[1] == 0:
		order = binary.LittleEndian
	case bytes.HasPrefix(raw, []byte("\xfe\xff")), len(raw) > 1 && raw[0] == 0 && raw[1] != 0:
		order = binary.BigEndian
	default:
		return strings.ToValidUTF8(strings.TrimPrefix(string(raw), "\ufeff"), "\ufffd")
	}
	units := make([]uint16, len(raw)/2)
	for i := range units {
		units[i] = order.Uint16(raw[2*i:])
	}
	return strings.TrimPrefix(string(utf16.Decode(units)), "\ufeff")
}

var (
	colours = regexp.MustCompile(`\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|␛?\[[0-9]{1,3}(?:;[0-9]{1,3})*m|[\x00-\x08\x0b-\x1f]`)
	// A job and a step of GitHub, a time, the border of a box, PowerShell's line
	// numbers, a quotation.
	before = regexp.MustCompile(`^(?:(?:[^\t{"]*\t[^\t{"]*\t)?\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?\]?(?:\s|$)|\s*[│┃╷╵]\s?|\s*\d*\s+\|\s|>\s)`)
)

// clean takes off colours, times, borders and entities, and joins lines that a
// terminal cut at its width.
func clean(name, text string) *page {
	entities := strings.Contains(text, "&quot;") || strings.Contains(text, "&#34;") || strings.Contains(text, "&#x22;")
	var lines []string
	for line := range strings.SplitSeq(strings.ReplaceAll(text, "\r\n", "\n"), "\n") {
		if strings.ContainsFunc(line, control) || strings.Contains(line, "[0m") {
			line = colours.ReplaceAllString(line, "")
		}
		for n := 1; n > 0; line = line[n:] {
			n = len(before.FindString(line))
		}
		if entities {
			line = html.UnescapeString(line)
		}
		lines = append(lines, line)
	}
	return join(name, lines)
}

func control(r rune) bool { return r < ' ' && r != '\t' || r == '␛' }

const widest = 300 // characters: no terminal is wider

// join puts the lines together. Where several lines are exactly as wide as
// nothing else is, a terminal cut them there, within words.
func join(name string, lines []string) *page {
	width, full := 0, 0
	for _, line := range lines {
		switch n := utf8.RuneCountInString(line); {
		case n > width:
			width, full = n, 1
		case n == width:
			full++
		}
	}
	cut := width >= 40 && width <= widest && (full > 1 || width%40 == 0)
	p := &page{name: name}
	var b strings.Builder
	for _, line := range lines {
		p.starts = append(p.starts, b.Len())
		b.WriteString(line)
		if !cut || utf8.RuneCountInString(line) < width {
			b.WriteByte('\n')
		}
	}
	p.text = b.String()
	return p
}
