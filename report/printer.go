package report

import (
	"bufio"
	"io"
	"strings"
	"unicode"

	"github.com/mattn/go-runewidth"
)

// printer prints lines that never overflow its width.
type printer struct {
	w     *bufio.Writer
	o     Options
	width int
}

func newPrinter(w io.Writer, o Options) *printer {
	width := o.Width
	if width == 0 {
		width = 80
	}
	return &printer{bufio.NewWriterSize(w, 1<<16), o, max(40, width)}
}

// style is an ANSI sequence of a kind of text.
type style string

const (
	normal style = ""
	strong style = "1"
	dim    style = "2"
	ours   style = "36"
)

// What stands before a line of a tree: a bar or none for each group around it,
// and its own branch.
const bar, fork, end, none = "│  ", "├─ ", "└─ ", "   "

// span is a stretch of text in one style.
type span struct {
	style style
	text  string
}

// columns tells how wide a text is; that of characters that terminals differ
// about is taken to be narrow.
var columns = runewidth.Condition{StrictEmojiNeutral: true}

func width(s string) int { return columns.StringWidth(s) }

var ascii = strings.NewReplacer("×", "x", "…", "...", "→", "->", "–", "-", "—", "-", "·", "-", "’", "'", "“", `"`, "”", `"`, "│", "|", "├─", "|-", "└─", "`-", " ", " ")

// clean makes a text fit to print: no control characters, which could steer a
// terminal, and no characters that it cannot show.
func (p *printer) clean(s string) string {
	if p.o.Unicode {
		return printable(s)
	}
	return strings.Map(func(r rune) rune {
		if r > unicode.MaxASCII {
			return '?'
		}
		return r
	}, printable(ascii.Replace(s)))
}

// printable gives a text without control characters.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return ' '
		case unicode.IsControl(r) || unicode.Is(unicode.Cf, r):
			return -1
		}
		return r
	}, s)
}

// line prints spans on one line and cuts what is too long.
func (p *printer) line(spans ...span) {
	for len(spans) > 0 && strings.TrimRight(p.clean(spans[len(spans)-1].text), " ") == "" {
		spans = spans[:len(spans)-1]
	}
	left := p.width
	for i, s := range spans {
		text := p.clean(s.text)
		text = p.middle(text, left)
		if i == len(spans)-1 || width(text) == left {
			text = strings.TrimRight(text, " ")
		}
		left -= width(text)
		p.write(s.style, text)
	}
	p.w.WriteByte('\n')
}

func (p *printer) write(s style, text string) {
	if text == "" {
		return
	}
	if s == normal || !p.o.Colour {
		p.w.WriteString(text)
		return
	}
	p.w.WriteString("\x1b[" + string(s) + "m")
	p.w.WriteString(text)
	p.w.WriteString("\x1b[0m")
}

// middle cuts a text in its middle, where names say the least.
func (p *printer) middle(s string, most int) string {
	if width(s) <= most {
		return s
	}
	dots := p.clean("…")
	if most <= len(dots)+2 {
		return columns.Truncate(s, max(0, most), "")
	}
	tail := (most - width(dots)) / 2
	return columns.Truncate(s, most-width(dots)-tail, "") + dots + columns.TruncateLeft(s, width(s)-tail, "")
}

// end cuts a sentence at its end.
func (p *printer) end(s string, most int) string {
	return columns.Truncate(s, most, p.clean("…"))
}

// wrap prints a text behind first, and goes on behind rest.
func (p *printer) wrap(first []span, rest, text string, s style) {
	room := p.width
	for _, f := range first {
		room -= width(p.clean(f.text))
	}
	restRoom := p.width - width(p.clean(rest))
	var words []string
	for _, w := range strings.Fields(p.clean(text)) {
		for width(w) > max(2, restRoom) {
			part := columns.Truncate(w, max(2, restRoom), "")
			words, w = append(words, part), w[len(part):]
		}
		words = append(words, w)
	}
	head := first
	for {
		n, used := 0, 0
		for n < len(words) && (used+width(words[n]) <= room || n == 0 && room == restRoom) {
			used += width(words[n]) + 1
			n++
		}
		p.line(append(head[:len(head):len(head)], span{s, strings.Join(words[:n], " ")})...)
		words = words[n:]
		if len(words) == 0 {
			return
		}
		head, room = []span{{normal, rest}}, restRoom
	}
}

// heading prints the head of a section.
func (p *printer) heading(text, aside string) {
	p.line()
	if aside == "" {
		p.line(span{strong, text})
		return
	}
	p.wrap([]span{{strong, text}, {normal, "  "}}, "  ", aside, dim)
}

// pad gives spaces up to a column.
func pad(from, to int) string { return strings.Repeat(" ", max(0, to-from)) }
