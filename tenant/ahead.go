package tenant

import (
	"bytes"
	"strings"
	"unsafe"

	"airfield/arm"
)

const (
	batchSize = 1 << 20 // of text that is looked at together, in bytes
	lookers   = 8       // stretches of a batch that are looked at side by side
)

// ahead gives the lines of a file in order. Reading and unpacking take about as
// long as looking at what was read, so the next batch of lines is read while
// this one is looked at.
type ahead struct {
	in    lineReader
	side  func(n int, do func(i int)) // see Reader
	batch []fileLine
	given int // of the batch, how many were given
	next  []fileLine
	clean [lookers]arm.Checker
}

// fileLine is a line of a file, without its end and the white space before that.
type fileLine struct {
	text []byte
	size int    // in the file, in bytes; text lacks the beginning of what is longer than MaxLine
	err  error  // what the line ends with in place of a line end: no other follows
	id   arm.ID // where the line is canonical and has no mark
}

// line gives the next line. It must not be asked for one behind the last.
func (a *ahead) line() fileLine {
	if a.given == len(a.batch) {
		a.step()
	}
	a.given++
	return a.batch[a.given-1]
}

func (a *ahead) step() {
	a.batch, a.next, a.given = a.next, a.batch[:0], 0
	if len(a.batch) == 0 {
		a.batch = a.in.batch(a.batch)
	}
	n := len(a.batch)
	a.side(1+lookers, func(i int) {
		if i > 0 {
			for j := (i - 1) * n / lookers; j < i*n/lookers; j++ {
				a.batch[j].look(&a.clean[i-1])
			}
		} else if a.batch[n-1].err == nil {
			a.next = a.in.batch(a.next)
		}
	})
}

// batch appends the next lines, at least one, to those given.
func (l *lineReader) batch(lines []fileLine) []fileLine {
	for size := 0; size < batchSize; {
		text, dropped, err := l.line()
		lines = append(lines, fileLine{text: text, size: len(text) + dropped, err: err})
		if size += len(text); err != nil {
			break
		}
	}
	return lines
}

// look tells a canonical line that has no mark, and with which nothing is
// wrong: there is no more to look at.
func (l *fileLine) look(clean *arm.Checker) {
	l.text = bytes.TrimRight(l.text, " \t\r\n")
	line := unsafe.String(unsafe.SliceData(l.text), len(l.text))
	if !strings.HasPrefix(line, lineStart) || !clean.Clean(line) {
		return
	}
	if id, err := arm.ParseID(string(lineID(line))); err == nil {
		l.id = id
	}
}

func oneAfterAnother(n int, do func(i int)) {
	for i := range n {
		do(i)
	}
}
