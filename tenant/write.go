package tenant

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// Compression is how a snapshot is packed.
type Compression uint8

// The compressions. Reading finds out by itself which it is.
const (
	Plain Compression = iota
	Gzip
	Zstd
)

// Write writes the tenant as a snapshot. The same tenant gives the same bytes.
func (t *Tenant) Write(w io.Writer, c Compression) error {
	packed, err := pack(w, c)
	if err != nil {
		return err
	}
	if err := t.write(packed); err != nil {
		return err
	}
	return packed.Close()
}

// pack gives a writer to be closed, which does not close w.
func pack(w io.Writer, c Compression) (io.WriteCloser, error) {
	switch c {
	case Plain:
		return plain{w}, nil
	case Gzip:
		return gzip.NewWriter(w), nil
	case Zstd:
		// One encoder in the calling goroutine: no others are started.
		return zstd.NewWriter(w, zstd.WithEncoderConcurrency(1))
	}
	return nil, fmt.Errorf("no compression %d", c)
}

type plain struct{ io.Writer }

func (plain) Close() error { return nil }

func (t *Tenant) write(w io.Writer) error {
	out := bufio.NewWriterSize(w, 1<<18)
	h := t.header
	h.Airfield, h.Version, h.Resources = kind, version, len(t.lines)
	first, err := json.Marshal(h)
	if err != nil {
		return err
	}
	out.Write(append(first, '\n'))
	var buf []byte
	for i, line := range t.lines {
		buf = append(appendMarked(buf[:0], line, t.mark(i)), '\n')
		if _, err := out.Write(buf); err != nil {
			return err
		}
	}
	return out.Flush()
}
