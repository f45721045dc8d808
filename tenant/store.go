package tenant

import (
	"cmp"
	"unsafe"
)

// The sizes of a store's chunks, in bytes. Each is twice as large as the one
// before, up to the last: a small tenant is small and a big one is never copied.
const (
	firstChunk = 4 << 10
	lastChunk  = 64 << 20
)

// store puts texts one behind the other into a few big chunks.
type store struct {
	chunk []byte
	limit int // of a chunk's size, in bytes; 0 means lastChunk
}

// keep copies a text into the store.
//
// The bytes of a chunk are written once, before a string of them is handed
// out, and again only if that string is taken back; this is what makes the
// conversion right.
func (s *store) keep(text []byte) string {
	if len(text) == 0 {
		return ""
	}
	if cap(s.chunk)-len(s.chunk) < len(text) {
		size := min(max(2*cap(s.chunk), firstChunk), cmp.Or(s.limit, lastChunk))
		s.chunk = make([]byte, 0, max(size, len(text)))
	}
	start := len(s.chunk)
	s.chunk = append(s.chunk, text...)
	return unsafe.String(&s.chunk[start], len(text))
}

// takeBack removes the text that was kept last. The caller must not hold its
// string any longer.
func (s *store) takeBack(text string) { s.chunk = s.chunk[:len(s.chunk)-len(text)] }
