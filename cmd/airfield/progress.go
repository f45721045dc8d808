package main

import (
	"fmt"
	"os"
	"sync/atomic"
	"time"

	"golang.org/x/term"
)

// meter says on a terminal how far a long piece of work is, from its first
// second on.
type meter struct {
	what  string
	total int
	done  atomic.Int64
	stop  chan struct{}
	ended chan struct{}
}

// startMeter begins to measure work on total things. Step may be called from
// several goroutines; end ends it and wipes the line.
func startMeter(what string, total int) *meter {
	m := &meter{what: what, total: total, stop: make(chan struct{}), ended: make(chan struct{})}
	if !term.IsTerminal(int(os.Stderr.Fd())) {
		close(m.ended)
		return m
	}
	go m.show()
	return m
}

func (m *meter) step() { m.done.Add(1) }

func (m *meter) end() {
	close(m.stop)
	<-m.ended
}

func (m *meter) show() {
	defer close(m.ended)
	shown := false
	for {
		select {
		case <-m.stop:
			if shown {
				fmt.Fprint(os.Stderr, "\r\x1b[K")
			}
			return
		case <-time.After(time.Second):
			shown = true
			fmt.Fprintf(os.Stderr, "\r\x1b[K%s: %d of %d", m.what, m.done.Load(), m.total)
		}
	}
}
