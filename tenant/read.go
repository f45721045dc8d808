package tenant

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"unicode/utf8"
	"unsafe"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"airfield/arm"
	"airfield/diag"
)

// MaxLine is the longest line of a snapshot that is read, in bytes.
const MaxLine = 16 << 20

// maxFindings is how many lines are reported one by one; of the rest, only how
// many they are.
const maxFindings = 1000

const (
	kind    = "tenant" // Header.Airfield
	version = 1        // Header.Version
)

// Reader reads snapshots. The zero Reader is ready.
type Reader struct {
	// Side runs do(0) to do(n-1) side by side and returns when all are done; nil
	// for one after another. What is read is the same.
	Side func(n int, do func(i int))
}

// Read reads a snapshot, plain or packed. Every line that is not in the tenant
// has a finding, and so has a file that ends early; name is what findings call
// the file. The error is one of r; the tenant is nil only with an error.
func Read(name string, r io.Reader) (*Tenant, diag.List, error) { return Reader{}.Read(name, r) }

// Read is the function Read, side by side.
func (r Reader) Read(name string, in io.Reader) (*Tenant, diag.List, error) {
	s := Scan(name, in)
	s.ahead.in.limit = lastChunk
	if r.Side != nil {
		s.ahead.side = r.Side
	}
	b := Builder{Header: s.header, file: name}
	for s.next() {
		b.append(s.line, s.mark)
		b.at = append(b.at, uint32(s.row))
	}
	if s.disorder > 0 {
		s.found.Infof(s.pos(s.disorder, 1), "tenant/order", "lines are not in the order of their ids from here on; sorted in memory")
	}
	if s.err != nil {
		return nil, s.found, s.err
	}
	b.found, b.inOrder = s.found, s.disorder == 0 && !s.twice
	t, found := b.Tenant()
	return t, found.Sorted(), nil
}

// Scanner reads a snapshot that may be larger than memory, once, front to back.
type Scanner struct {
	name   string
	header Header
	source *source
	ahead  ahead
	index  arm.Indexer
	buf    []byte
	names  map[string]string // of the files that marks name

	pending  fileLine // the first line, where it is no header
	row      int      // of the line read last, from 1
	rows     int      // lines with a resource, good or not
	bad      int      // of them, those that are left out
	disorder int      // the first row that is not in order, 0 for none
	twice    bool     // an id stands twice in a row
	ended    bool
	closed   bool // the end was looked at
	stopped  bool // the header says not to read on
	cut      bool // the line read last has no end
	found    diag.List
	err      error

	line string // of the resource read last, canonical
	id   arm.ID
	mark mark
	last arm.ID // the id before id
}

// Scan begins to read a snapshot, plain or packed, and reads its header. After
// the pass, Findings says whether the answer is whole.
func Scan(name string, r io.Reader) *Scanner {
	s := &Scanner{name: name, source: &source{r: r}, ahead: ahead{in: lineReader{limit: 1 << 20}, side: oneAfterAnother}}
	if s.unpack() {
		s.readHeader()
	}
	return s
}

// Header gives what the snapshot says of itself.
func (s *Scanner) Header() Header { return s.header }

// All gives the resources in the order of the file. The Body of a resource is
// good until the next step (see Keep); its ID, and any string taken out of the
// Body, for ever, though each holds about 1 MiB of text around it: clone the
// few that are to be held long.
func (s *Scanner) All() iter.Seq[arm.Resource] {
	return func(yield func(arm.Resource) bool) {
		for s.ordered() && yield(arm.Resource{ID: s.id, Body: mustParse(&s.index, s.line), Pos: s.mark.pos, Theirs: s.mark.theirs}) {
		}
	}
}

// Groups gives the resources group by group: first what lies in no
// subscription, under the id of the tenant; then for each subscription what
// lies in no resource group of it, and each of its resource groups. Each group
// is a Tenant of its own, without a tree, that may be held and handed on to
// another goroutine (see InTree for the tree). A pass that was left cannot be
// taken up again.
func (s *Scanner) Groups() iter.Seq2[arm.ID, *Tenant] {
	return func(yield func(arm.ID, *Tenant) bool) {
		var scope arm.ID
		b := Builder{Header: s.header}
		for s.ordered() {
			if in := groupScope(s.id); !in.Equal(scope) {
				if t, _ := b.sorted(); t.Len() > 0 && !yield(scope, t) {
					return
				}
				scope, b = in, Builder{Header: s.header}
			}
			b.append(s.line, s.mark)
		}
		if t, _ := b.sorted(); t.Len() > 0 {
			yield(scope, t)
		}
	}
}

func groupScope(id arm.ID) arm.ID {
	if group := id.ResourceGroupID(); group != "" {
		return group
	}
	if sub := id.SubscriptionID(); sub != "" {
		return sub
	}
	return arm.Tenant
}

// Findings gives what is wrong with the snapshot as far as it was read, and
// the error that its reader had. With an Error among the findings, or an error,
// what was given is not everything.
func (s *Scanner) Findings() (diag.List, error) {
	found := s.found
	if s.disorder > 0 {
		found.Errorf(s.pos(s.disorder, 1), "tenant/order", "lines are not in the order of their ids: a pass line by line needs the file sorted")
	}
	return found.Sorted(), s.err
}

// ordered reads the next resource of a pass in order, leaving out one that is
// there twice.
func (s *Scanner) ordered() bool {
	for s.next() {
		if !s.id.Equal(s.last) {
			return true
		}
		s.leaveOut(1, "tenant/duplicate", "resource %q is there twice, first in the line before", s.id)
	}
	return false
}

// next reads up to the next good resource.
func (s *Scanner) next() bool {
	for s.pending.text != nil || !s.ended {
		l := s.pending
		if s.pending = (fileLine{}); l.text == nil {
			l = s.readLine()
		}
		if len(l.text) > 0 && s.take(l) {
			return true
		}
	}
	s.close()
	return false
}

// take makes the current resource of a line.
func (s *Scanner) take(l fileLine) bool {
	last := s.id
	s.rows++
	s.line = unsafe.String(&l.text[0], len(l.text))
	if l.id != "" {
		s.id, s.mark = l.id, mark{}
	} else if !s.check(l.text) {
		return false
	}
	switch c := s.id.Compare(last); { // every id is greater than ""
	case c < 0 && s.disorder == 0:
		s.disorder = s.row
	case c == 0:
		s.twice = true
	}
	s.last = last
	if s.cut {
		s.found.Warnf(s.pos(s.row, 1), "tenant/truncated", "the last line has no end: the file may be cut")
	}
	return true
}

// close compares what was read with what was announced.
func (s *Scanner) close() {
	if s.closed || s.stopped {
		return
	}
	s.closed = true
	if more := s.bad - maxFindings; more > 0 {
		s.found.Errorf(diag.Pos{File: s.name}, "tenant/syntax", "%d more lines are left out", more)
	}
	at := s.pos(s.row, 1)
	switch want := s.header.Resources; {
	case want == 0 || s.err != nil:
	case s.rows < want:
		s.found.Errorf(at, "tenant/truncated", "the file ends after %d of the %d resources that its header announces", s.rows, want)
	case s.rows > want:
		s.found.Warnf(at, "tenant/header", "the file has %d resources, its header announces %d", s.rows, want)
	}
}

// check looks at the members of the current line and makes it canonical, where
// it stands if it can.
func (s *Scanner) check(raw []byte) bool {
	body, err := s.index.Parse(s.line)
	if err != nil {
		s.badSyntax(err)
		return false
	}
	if k := body.Kind(); k != arm.Object {
		s.leaveOut(1, "tenant/syntax", "found %s, wanted a resource", k)
		return false
	}
	idValue := body.Get("id")
	if idValue.Kind() != arm.String {
		s.leaveOut(1, "tenant/id", `no member "id" with a resource id`)
		return false
	}
	id, err := arm.ParseID(idValue.Str())
	if err != nil {
		s.leaveOut(s.col(idValue.Offset()), "tenant/id", "%s", err)
		return false
	}
	name, offset, twice := body.Duplicate()
	if twice {
		s.found.Errorf(s.pos(s.row, s.col(offset)), "tenant/syntax", "member %q is there twice: the last counts", name)
	}
	marked := body.Get(markMember)
	s.mark = readMark(marked)
	s.mark.pos.File = s.keepName(s.mark.pos.File)
	if twice || marked.Exists() || idValue.Offset() != len(lineStart)-1 || s.line[:len(lineStart)] != lineStart {
		s.buf = appendLine(s.buf[:0], id, body)
		s.line = replace(raw, s.buf)
	}
	s.id = lineID(s.line)
	return true
}

// keepName gives a file's name that stays when its line is taken back: one
// string for all lines that have the name.
func (s *Scanner) keepName(file string) string {
	if file == "" {
		return ""
	}
	if kept, ok := s.names[file]; ok {
		return kept
	}
	if s.names == nil {
		s.names = map[string]string{}
	}
	file = strings.Clone(file)
	s.names[file] = file
	return file
}

func (s *Scanner) badSyntax(err error) {
	var syntax *arm.SyntaxError
	if !errors.As(err, &syntax) {
		s.leaveOut(1, "tenant/syntax", "%s", err)
		return
	}
	at := s.col(syntax.Offset)
	switch {
	case s.cut:
		s.leaveOut(at, "tenant/truncated", "the last line is cut: %s", syntax.Message)
	case !utf8.ValidString(s.line):
		s.leaveOut(at, "tenant/encoding", "%s", syntax.Message)
	default:
		s.leaveOut(at, "tenant/syntax", "%s", syntax.Message)
	}
}

// leaveOut reports the current line, which is not in the tenant.
func (s *Scanner) leaveOut(col int, code, format string, args ...any) {
	if s.bad++; s.bad <= maxFindings {
		s.found.Errorf(s.pos(s.row, col), code, format, args...)
	}
}

func (s *Scanner) pos(row, col int) diag.Pos { return diag.Pos{File: s.name, Line: row, Col: col} }

func (s *Scanner) col(offset int) int { return utf8.RuneCountInString(s.line[:offset]) + 1 }

// readHeader reads the first line. Where it is a resource, the header is
// missing and the line is left to be read; where it is nothing that we know, no
// more is read.
func (s *Scanner) readHeader() {
	var l fileLine
	for len(l.text) == 0 && !s.ended {
		l = s.readLine()
	}
	at := s.pos(max(s.row, 1), 1)
	if len(l.text) == 0 {
		if len(s.found) == 0 && s.err == nil {
			s.found.Errorf(at, "tenant/header", "file is empty, wanted a snapshot of a tenant")
		}
		return
	}
	wanted := fmt.Sprintf(`wanted a snapshot's header: {"airfield":%q,"version":%d,…}`, kind, version)
	v, err := arm.Parse(string(l.text))
	is := v.Get("airfield")
	switch {
	case err == nil && !is.Exists() && v.Get("id").Exists():
		s.found.Errorf(at, "tenant/header", "found a resource, %s", wanted)
		s.header = Header{Airfield: kind, Version: version}
		s.pending = l
		return
	case err != nil || !is.Exists():
		s.found.Errorf(at, "tenant/header", "%s", wanted)
	case is.Str() != kind:
		s.found.Errorf(at, "tenant/header", "found a file of the kind %s, %s", is.Text(), wanted)
	case v.Get("version").Text() != fmt.Sprint(version):
		s.found.Errorf(at, "tenant/version", "snapshot has version %s, this program reads version %d", v.Get("version").Text(), version)
	default:
		if err := json.Unmarshal(l.text, &s.header); err != nil {
			s.found.Errorf(at, "tenant/header", "%s", err)
			break
		}
		return
	}
	s.ended, s.stopped = true, true
}

// unpack finds out how the file is packed.
func (s *Scanner) unpack() bool {
	in := bufio.NewReaderSize(s.source, readSize)
	begin, _ := in.Peek(4)
	var unpacked io.Reader
	var err error
	switch {
	case bytes.HasPrefix(begin, []byte("\x1f\x8b")):
		unpacked, err = gzip.NewReader(in)
	case string(begin) == "\x28\xb5\x2f\xfd":
		// One decoder in the calling goroutine: no others are started. 128 MiB
		// is the window that zstd --long asks for.
		unpacked, err = zstd.NewReader(in, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(128<<20))
	default:
		unpacked = in
	}
	if err != nil {
		s.end(err)
		return false
	}
	if unpacked != in {
		in = bufio.NewReaderSize(unpacked, readSize)
	}
	if begin, _ := in.Peek(3); string(begin) == "\xef\xbb\xbf" {
		in.Discard(3)
	}
	s.ahead.in.r = in
	return true
}

// readLine reads one line. One that is too long has no text and a finding.
func (s *Scanner) readLine() fileLine {
	s.row++
	l := s.ahead.line()
	if l.size > MaxLine+len("\r\n") {
		s.rows++
		s.leaveOut(1, "tenant/size", "line has %d MiB, at most %d MiB are read", l.size>>20, MaxLine>>20)
		l.text = nil
	}
	if l.err != nil {
		s.endLine(l.text, l.err)
		if l.err != io.EOF {
			l.text = nil
		}
	}
	return l
}

// endLine ends the file at a line that has no end.
func (s *Scanner) endLine(line []byte, err error) {
	if err != io.EOF {
		s.end(err)
		return
	}
	s.ended, s.cut = true, len(line) > 0
}

// end ends the file at an error: one of the reader below, or one in what it read.
func (s *Scanner) end(err error) {
	s.ended = true
	at := s.pos(max(s.row, 1), 1)
	switch {
	case s.source.err != nil:
		s.err = fmt.Errorf("reading %s: %w", s.name, s.source.err)
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		s.found.Errorf(at, "tenant/truncated", "the packed file ends early, in or before this line")
	default:
		s.found.Errorf(at, "tenant/compression", "the packed file is damaged, in or before this line: %s", err)
	}
}

// source remembers the error that a reader had, so that it is told from one of
// the unpacking, and gives it again.
type source struct {
	r   io.Reader
	err error
}

func (s *source) Read(p []byte) (int, error) {
	if s.err != nil {
		return 0, s.err
	}
	n, err := s.r.Read(p)
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}
