// Package diag holds what Airfield has to say about what it was given: a
// place, a severity, a stable code and one sentence.
//
// Findings go in from every other package and come out sorted, as text for a
// person ("file:line:col: message [area/code]") or as JSON. The package does
// not read files and does not decide exit codes.
package diag

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Pos is a place in a text the user gave. Line and Col count from 1, Col in
// characters. The zero Pos is "nowhere"; a Pos with a File and no Line is the
// whole file.
type Pos struct {
	File string `json:"file,omitempty"`
	Line int    `json:"line,omitempty"`
	Col  int    `json:"col,omitempty"`
}

// String gives file:line:col, less where less is known.
func (p Pos) String() string {
	s := p.File
	if p.Line > 0 {
		s += ":" + strconv.Itoa(p.Line)
		if p.Col > 0 {
			s += ":" + strconv.Itoa(p.Col)
		}
	}
	return s
}

// Severity says how much a finding matters.
type Severity uint8

// The severities. An Error means the answer cannot be relied on or would be
// refused; a Warning that it is probably not what was wanted; an Info that
// something was assumed or left out.
const (
	Error Severity = iota
	Warning
	Info
)

var severityNames = [...]string{"error", "warning", "info"}

// String gives the severity's name, lower case.
func (s Severity) String() string { return severityNames[s] }

// MarshalText gives the severity's name.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Diagnostic is one finding.
type Diagnostic struct {
	Pos      Pos      `json:"pos"`
	Severity Severity `json:"severity"`
	Code     string   `json:"code"`           // area/code, listed in docs/codes.md
	Message  string   `json:"message"`        // no capital, no period: what was wanted and what was found
	Help     string   `json:"help,omitempty"` // what to do about it, where that is not plain
}

// String gives the line printed for the finding.
func (d Diagnostic) String() string {
	var b strings.Builder
	if p := d.Pos.String(); p != "" {
		b.WriteString(p)
		b.WriteString(": ")
	}
	if d.Severity != Error {
		b.WriteString(d.Severity.String())
		b.WriteString(": ")
	}
	b.WriteString(d.Message)
	b.WriteString(" [" + d.Code + "]")
	return b.String()
}

// List collects findings.
type List []Diagnostic

// Errorf adds an Error.
func (l *List) Errorf(pos Pos, code, format string, args ...any) {
	l.add(pos, Error, code, format, args)
}

// Warnf adds a Warning.
func (l *List) Warnf(pos Pos, code, format string, args ...any) {
	l.add(pos, Warning, code, format, args)
}

// Infof adds an Info.
func (l *List) Infof(pos Pos, code, format string, args ...any) {
	l.add(pos, Info, code, format, args)
}

func (l *List) add(pos Pos, s Severity, code, format string, args []any) {
	*l = append(*l, Diagnostic{Pos: pos, Severity: s, Code: code, Message: fmt.Sprintf(format, args...)})
}

// HasErrors tells whether one of the findings is an Error.
func (l List) HasErrors() bool {
	return slices.ContainsFunc(l, func(d Diagnostic) bool { return d.Severity == Error })
}

// Sorted gives the findings by file, line, column and code, each once.
func (l List) Sorted() List {
	s := slices.Clone(l)
	slices.SortStableFunc(s, func(a, b Diagnostic) int {
		return cmp.Or(
			cmp.Compare(a.Pos.File, b.Pos.File),
			cmp.Compare(a.Pos.Line, b.Pos.Line),
			cmp.Compare(a.Pos.Col, b.Pos.Col),
			cmp.Compare(a.Severity, b.Severity),
			cmp.Compare(a.Code, b.Code),
			cmp.Compare(a.Message, b.Message),
		)
	})
	return slices.Compact(s)
}
