package tenant

import (
	"bufio"
	"bytes"
	"io"
	"unsafe"
)

// The sizes of chunks of text, in bytes. Each is twice as large as the one
// before, up to the last: a small tenant is small and a big one is never copied.
const (
	firstChunk = 4 << 10
	lastChunk  = 64 << 20
)

// store puts texts one behind the other into a few big chunks.
type store struct{ chunk []byte }

// keep copies a text into the store.
//
// The bytes of a chunk are written once, before a string of them is handed
// out; this is what makes the conversion right.
func (s *store) keep(text []byte) string {
	if len(text) == 0 {
		return ""
	}
	if cap(s.chunk)-len(s.chunk) < len(text) {
		size := min(max(2*cap(s.chunk), firstChunk), lastChunk)
		s.chunk = make([]byte, 0, max(size, len(text)))
	}
	start := len(s.chunk)
	s.chunk = append(s.chunk, text...)
	return unsafe.String(&s.chunk[start], len(text))
}

const readSize = 256 << 10 // of one reading, in bytes

// lineReader reads into chunks that stay, so that a line need not be copied to
// be held. Once it has given a line, it does not touch those bytes again: who
// has the line may change it, until a string of it is handed out.
type lineReader struct {
	r     *bufio.Reader // its buffer has readSize, and is passed by where as much is asked for
	chunk []byte        // what was read
	from  int           // chunk[from:] was not given yet
	limit int           // of a chunk's size, in bytes, but for a line that is longer
}

// line gives the next line with its end. Of one that is longer than MaxLine it
// drops the beginning, and tells how much.
func (l *lineReader) line() (line []byte, dropped int, err error) {
	size := 0
	for err == nil {
		if n := bytes.IndexByte(l.chunk[l.from+size:], '\n'); n >= 0 {
			size += n + 1
			break
		}
		if size = len(l.chunk) - l.from; size > MaxLine+len("\r\n") {
			l.chunk, dropped, size = l.chunk[:l.from], dropped+size, 0
		}
		err = l.fill()
	}
	line = l.chunk[l.from : l.from+size]
	l.from += size
	return line, dropped, err
}

// fill reads on. Where the chunk is full, the line that has begun in it moves
// to the next.
func (l *lineReader) fill() error {
	if len(l.chunk) == cap(l.chunk) {
		begun := l.chunk[l.from:]
		size := min(max(2*cap(l.chunk), firstChunk), l.limit)
		l.chunk = append(make([]byte, 0, max(size, 2*len(begun))), begun...)
		l.from = 0
	}
	end := len(l.chunk)
	for range 100 {
		n, err := l.r.Read(l.chunk[end:min(cap(l.chunk), end+readSize)])
		if n > 0 {
			l.chunk = l.chunk[:end+n]
			return nil // an error will be there again
		}
		if err != nil {
			return err
		}
	}
	return io.ErrNoProgress
}

// replace puts text in the place of a line that a lineReader gave, or elsewhere
// where it is longer.
func replace(line, text []byte) string {
	if len(text) > len(line) {
		return string(text)
	}
	return unsafe.String(&line[0], copy(line, text))
}
