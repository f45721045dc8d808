// Package snapshot reads every foreign form in which people keep what lies in
// a tenant, and makes resources of it as Azure Resource Manager returns them.
//
// Files go in; Pieces come out: resources that know their way back into the
// file, to the line of each node, with a finding for everything that is not as
// it should be (Policies, Library, Reader.Resources). A Gathering puts those of
// many files together into one tenant, and Check says what a tenant lacks. The
// forms are told by what is in a file, seldom by its name:
//
//   - what the REST API, Azure Resource Graph, az and Azure PowerShell print:
//     one object, a list, or a list in "value" or "data" (object.go, resource.go),
//     flattened by az (flat.go), of no resource's form (az.go), as CSV (csv.go);
//   - files of Azure/azure-policy, Azure/Community-Policy and such: with or
//     without an id, with "properties" or without, down to a bare rule;
//   - an Azure landing zone library (library.go);
//   - Enterprise Azure Policy as Code (epac.go), folders of AzOps (azops.go);
//   - ARM templates, what Bicep compiles to, and single objects of templates
//     with brackets escaped as "[[" (deployment.go);
//   - Terraform's plans and states, with azapi and azurerm (terraform.go,
//     azurerm.go).
//
// The package opens no files and judges no policy: what a rule means, and
// whether a parameter fits, is for package policy.
package snapshot

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"airfield/arm"
	"airfield/diag"
	"airfield/source"
)

// The limits on what one file can become, and how much is said about it.
const (
	maxMade     = 256 << 20 // bytes of the bodies that a file's objects make
	maxPieces   = 500_000
	maxFindings = 1000
)

// Reader reads files of one repository or export. The zero Reader is ready.
type Reader struct {
	// At is the scope of objects that have no id, such as those of a
	// repository: where custom definitions are deployed to. "" is the tenant.
	At arm.ID
	// Environment picks one of the environments (pacSelector) that files of
	// Enterprise Azure Policy as Code are for; "" reads all, and says so.
	Environment string
	// Parameters are the plain values of a template's parameters, by name.
	Parameters arm.Value
	// Deploy is the resource group or subscription that templates of policies
	// are deployed to, or to whose subscription.
	Deploy arm.ID
}

// Policies reads one file of policy objects in whatever form people keep them:
// definitions and their versions, sets, assignments, exemptions, enrollments
// and attestations. The scope at is for objects that have no id; "" is the
// tenant.
func Policies(f *source.File, at arm.ID) ([]Piece, diag.List) {
	return Reader{At: at}.Policies(f)
}

// Policies reads one file, as the function of that name does.
func (r Reader) Policies(f *source.File) ([]Piece, diag.List) {
	p := r.file(f)
	root, ok := p.parse()
	if !ok {
		return nil, p.found
	}
	if !isTemplate(root) {
		p.duplicate(root)
	}
	p.value(root, true)
	p.tell()
	return p.pieces, p.found.Sorted()
}

// file begins to read one.
func (r Reader) file(f *source.File) *reading {
	if r.At == "" {
		r.At = arm.Tenant
	}
	return &reading{Reader: r, f: f, last: diag.Pos{File: f.Name, Line: 1, Col: 1}, told: map[string]bool{}, others: map[string]int{}}
}

// Cloud gives the cloud that a path in Azure/azure-policy belongs to: "public",
// "government" or "china". Definitions of several clouds have the same ids.
func Cloud(path string) string {
	for part := range strings.FieldsFuncSeq(path, func(r rune) bool { return r == '/' || r == '\\' }) {
		switch strings.ToLower(part) {
		case "azure government", "azureusgovernment":
			return "government"
		case "azure china", "azure china cloud", "azurechinacloud":
			return "china"
		}
	}
	return "public"
}

// reading is one file while it is read.
type reading struct {
	Reader
	f        *source.File
	pieces   []Piece
	found    diag.List
	more     int             // findings that are not listed
	made     int             // bytes of bodies
	full     bool            // a limit was met
	told     map[string]bool // what was reported, and is reported once
	others   map[string]int  // what is no policy object, by type
	other    diag.Pos        // the first of these
	loose    bool            // comments need no finding
	base     int             // where the document that is read begins
	row      *diag.Pos       // of a table, that is read; nil in other files
	placed   bool            // what has no scope is left out, rather than read as if deployed to a stand-in
	inFolder bool            // At is the scope of the file's folder, whatever a template's schema says
	usages   map[arm.ID]*usages
	lefts    []left
	leftAt   map[[2]string]int // where in lefts, by what and why
	shapes   map[string]*names // of az's flattened resources, by type
	pages    func(page)        // notes a page of a query's answer; nil where nobody does
	keep     func(Piece)       // takes a piece that was read; nil for pieces
	at       int               // the offset of the last place that was asked for
	last     diag.Pos          // that place
}

// parse reads the text as JSON. Comments and trailing commas are taken for
// blanks: editors of policies allow them, az and the portal do not.
func (p *reading) parse() (arm.Value, bool) {
	root, err := arm.Parse(p.f.Text)
	if err == nil {
		return root, true
	}
	text, at := plainJSON(p.f.Text)
	if at >= 0 {
		if root, err = arm.Parse(text); err == nil {
			if !p.loose && !strings.HasSuffix(strings.ToLower(p.f.Name), ".jsonc") && !isEPAC(root) {
				p.warnf(at, "snapshot/comment", "a comment or a trailing comma, which az, the portal and the REST API do not accept in JSON")
			}
			return root, true
		}
	}
	if strings.TrimSpace(text) == "" {
		p.warnf(0, "snapshot/form", "file is empty, wanted policy objects in JSON")
		return arm.Value{}, false
	}
	offset := 0
	if e, ok := errors.AsType[*arm.SyntaxError](err); ok {
		offset, err = e.Offset, errors.New(e.Message)
	}
	p.errorf(offset, "snapshot/syntax", "file is not JSON: %v", err)
	return arm.Value{}, false
}

// plainJSON gives a text with its comments and trailing commas blanked, so that
// every offset stays, and the offset of the first of them; -1 for none.
func plainJSON(text string) (string, int) {
	var out []byte
	first, comma, last := -1, -1, byte(0)
	blank := func(from, to int) {
		if out == nil {
			out, first = []byte(text), from
		}
		for i := from; i < to; i++ {
			if out[i] != '\n' && out[i] != '\r' {
				out[i] = ' '
			}
		}
	}
	for i := 0; i < len(text); {
		c, end := text[i], i+1
		switch {
		case c == '"':
			end = stringEnd(text, i)
		case strings.HasPrefix(text[i:], "//"):
			end = i + lengthTo(text[i:], "\n", 0)
		case strings.HasPrefix(text[i:], "/*"):
			end = i + 2 + lengthTo(text[i+2:], "*/", 2)
		}
		switch {
		case c == '/' && end > i+1:
			blank(i, end)
		case c == ',' && last != 0 && !strings.ContainsRune("[{,:", rune(last)):
			comma, last = i, c
		case (c == ']' || c == '}') && last == ',' && comma >= 0:
			blank(comma, comma+1)
			last = c
		case c > ' ':
			comma, last = -1, c
		}
		i = end
	}
	if out == nil {
		return text, -1
	}
	return string(out), first
}

// stringEnd gives the offset behind the string that begins at i.
func stringEnd(text string, i int) int {
	for i++; i < len(text) && text[i] != '"'; i++ {
		if text[i] == '\\' {
			i++
		}
	}
	return min(i+1, len(text))
}

// lengthTo gives the length of text up to a mark, and extra bytes of it; all of
// it where there is none.
func lengthTo(text, mark string, extra int) int {
	if i := strings.Index(text, mark); i >= 0 {
		return i + extra
	}
	return len(text)
}

// duplicate reports a name that stands twice in an object.
func (p *reading) duplicate(v arm.Value) {
	if name, offset, twice := v.Duplicate(); twice {
		p.errorf(offset, "snapshot/duplicate", "name %q stands twice in one object: the last counts here, Azure refuses it", name)
	}
}

// add keeps a piece, within the limits.
func (p *reading) add(piece Piece) {
	p.spend(len(piece.Resource.Body.Text()))
	if p.full = p.full || len(p.pieces) >= maxPieces; !p.full {
		p.emit(piece)
	}
}

// emit hands a piece on.
func (p *reading) emit(piece Piece) {
	if p.row != nil {
		piece.from, piece.to = 0, 0
	}
	if p.keep != nil {
		p.keep(piece)
		return
	}
	p.pieces = append(p.pieces, piece)
}

// spend counts bytes that are read or written on the way to a body.
func (p *reading) spend(bytes int) {
	p.made += bytes
	p.full = p.full || p.made > maxMade
}

// news tells whether something was not reported yet, and notes that it is now.
func (p *reading) news(what string) bool {
	if p.told[what] {
		return false
	}
	p.told[what] = true
	return true
}

// tell adds the findings about the file as a whole.
func (p *reading) tell() {
	if n := len(p.others); n > 0 {
		most := slices.SortedFunc(maps.Keys(p.others), func(a, b string) int {
			return cmp.Or(cmp.Compare(p.others[b], p.others[a]), cmp.Compare(a, b))
		})
		var list []string
		total := 0
		for i, typ := range most {
			total += p.others[typ]
			if i < 3 {
				list = append(list, fmt.Sprintf("%s (%d)", typ, p.others[typ]))
			}
		}
		p.found.Infof(p.other, "snapshot/left-out", "%d resources are no policy objects and were left out: %s%s", total, strings.Join(list, ", "), map[bool]string{true: ", …"}[n > 3])
	}
	for _, l := range p.lefts {
		p.sayAt(l.pos, diag.Warning, "snapshot/unmapped", "%d × %s: %s", l.n, l.what, l.why)
	}
	whole := diag.Pos{File: p.f.Name}
	if p.full {
		p.found.Errorf(whole, "snapshot/limit", "file makes more than %d objects or %d MiB of them: the rest was not read", maxPieces, maxMade>>20)
	}
	if p.more > 0 {
		p.found.Errorf(whole, "snapshot/limit", "%d more findings in this file are not listed", p.more)
	}
}

func (p *reading) errorf(offset int, code, format string, args ...any) {
	p.say(diag.Error, offset, code, format, args...)
}

func (p *reading) warnf(offset int, code, format string, args ...any) {
	p.say(diag.Warning, offset, code, format, args...)
}

func (p *reading) infof(offset int, code, format string, args ...any) {
	p.say(diag.Info, offset, code, format, args...)
}

func (p *reading) say(s diag.Severity, offset int, code, format string, args ...any) {
	if len(p.found) >= maxFindings {
		p.more++
		return
	}
	p.sayAt(p.pos(offset), s, code, format, args...)
}

func (p *reading) sayAt(at diag.Pos, s diag.Severity, code, format string, args ...any) {
	if len(p.found) >= maxFindings {
		p.more++
		return
	}
	p.found = append(p.found, diag.Diagnostic{Pos: at, Severity: s, Code: code, Message: fmt.Sprintf(format, args...)})
}

// pos gives the place of an offset. Files of one very long line are common, and
// counting its characters from the start each time would take their square.
func (p *reading) pos(offset int) diag.Pos {
	if p.row != nil {
		return *p.row
	}
	offset += p.base
	switch {
	case offset >= p.at:
		p.last = advance(p.last, p.f.Text[p.at:offset])
	default:
		between := p.f.Text[offset:p.at]
		if strings.ContainsAny(between, "\r\n") {
			p.last = p.f.Pos(offset)
		} else {
			p.last.Col -= utf8.RuneCountInString(between)
		}
	}
	p.at = offset
	return p.last
}
