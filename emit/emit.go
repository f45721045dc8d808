// Package emit writes a wanted tenant as code that others deploy: Bicep,
// Terraform (provider azapi) and ARM templates.
//
// A tenant.Tenant goes in; files come out through a Sink, the same bytes for
// the same tenant. Split divides the tenant into deployments, one a stage and
// subscription; what is known only after deployment (arm.Ref) is printed in each
// form's own language, and the graph of these references is the order.
//
// What is theirs is referred to and never written. The package opens no files,
// deploys nothing and does not judge what it writes.
package emit

import (
	"cmp"
	"io"
	"slices"
	"strings"
	"unicode"

	"airfield/arm"
	"airfield/diag"
	"airfield/tenant"
)

// Form is a language that a tenant is written in.
type Form uint8

// The forms.
const (
	Bicep Form = iota
	Terraform
	ARM
)

var formNames = [...]string{"bicep", "terraform", "arm"}

// String gives the form's name, which is also its folder.
func (f Form) String() string { return formNames[f] }

// Forms are all forms.
var Forms = []Form{Bicep, Terraform, ARM}

// Options says what the tenant itself does not.
type Options struct {
	File       string      // the estate that the tenant was designed from, named at the head of each file
	Location   string      // the region that keeps the deployments' records
	Prefix     string      // of the names of these records at the tenant, which are of one region each; "" for none
	Parameters []Parameter // about the parameters that the bodies refer to (arm.Parameter)
	Wait       []string    // what others must do before stage 6-compute, a line each; deploy.sh stops there
	Validate   bool        // let azapi check bodies against its own schema: needs a release that knows every API version here
}

// Parameter is a value that the deployer gives.
type Parameter struct {
	Name        string
	Description string
	Value       string // where it is known; else the deployer sets it in the environment
}

// Sink opens a file to be written. The path is relative and has slashes.
type Sink func(path string) (io.WriteCloser, error)

// Limits of one deployment:
// learn.microsoft.com/azure/azure-resource-manager/templates/best-practices#template-limits
const (
	maxTemplate   = 4 << 20 // bytes
	maxResources  = 800
	maxParameters = 256
)

// Write writes the tenant in the forms. The findings are about what a form
// cannot say or Azure would not take; the error is the sink's.
func Write(t *tenant.Tenant, o Options, sink Sink, forms ...Form) (diag.List, error) {
	found := findings{seen: map[string]bool{}}
	var steps []step
	for d := range Split(t, &found.List) {
		p := newPlan(t, &o, d, &found)
		steps = append(steps, p.step())
		for _, f := range forms {
			if err := p.write(f, sink); err != nil {
				return found.List, err
			}
		}
	}
	if o.Location == "" && slices.ContainsFunc(forms, func(f Form) bool { return f != Terraform }) {
		found.Errorf(diag.Pos{}, "emit/location", "no region is named that keeps the records of the deployments")
	}
	slices.SortStableFunc(steps, func(a, b step) int { return a.stage - b.stage })
	for _, f := range forms {
		if err := writeScript(f, &o, steps, sink); err != nil {
			return found.List, err
		}
	}
	return found.List, nil
}

// findings are about all deployments. What is found again, in another form or
// deployment, is one finding.
type findings struct {
	diag.List
	seen map[string]bool
}

func (f *findings) report(pos diag.Pos, code, format string, args ...any) {
	var one diag.List
	one.Errorf(pos, code, format, args...)
	if key := one[0].String(); !f.seen[key] {
		f.seen[key] = true
		f.List = append(f.List, one[0])
	}
}

func (p *plan) write(f Form, sink Sink) error {
	switch f {
	case Bicep:
		return p.writeBicep(sink)
	case Terraform:
		return p.writeTerraform(sink)
	}
	return p.writeARM(sink)
}

// madeFrom is what every file begins with.
func (o *Options) madeFrom() string {
	return "Made by airfield from " + cmp.Or(o.File, "an estate") + ". Do not edit: change the estate and write it again."
}

// parameter gives what is known of a parameter.
func (o *Options) parameter(name string) Parameter {
	for _, p := range o.Parameters {
		if p.Name == name {
			return p
		}
	}
	return Parameter{Name: name}
}

// output writes one file: what fill appends goes out when it grows.
func output(sink Sink, path string, fill func(*printer)) (int, error) {
	w, err := sink(path)
	if err != nil {
		return 0, err
	}
	p := printer{w: w}
	fill(&p)
	p.flush()
	if err := w.Close(); p.err == nil {
		p.err = err
	}
	return p.n, p.err
}

// printer collects text for a file. Its buffer is flushed between resources, so
// that a file is never held as a whole.
type printer struct {
	b   []byte
	w   io.Writer
	n   int // bytes written
	err error
}

func (p *printer) text(parts ...string) {
	for _, s := range parts {
		p.b = append(p.b, s...)
	}
}

// comment writes a comment of one line, mark in front of it.
func (p *printer) comment(mark string, parts ...string) {
	p.text(mark, " ")
	for _, s := range parts {
		p.text(inLine(s))
	}
	p.text("\n")
}

// inLine keeps a text of the user's on its line: what is not to be seen, line
// breaks and control characters above all, becomes a space.
func inLine(s string) string {
	return strings.Map(func(c rune) rune {
		if !unicode.IsGraphic(c) {
			return ' '
		}
		return c
	}, s)
}

// line ends the line and indents the next.
func (p *printer) line(depth int) {
	p.b = append(p.b, '\n')
	for range depth {
		p.b = append(p.b, ' ', ' ')
	}
}

func (p *printer) spaces(n int) {
	for range n {
		p.b = append(p.b, ' ')
	}
}

// spill writes the buffer out when it is worth it.
func (p *printer) spill() {
	if len(p.b) >= 1<<15 {
		p.flush()
	}
}

func (p *printer) flush() {
	if p.err == nil {
		_, p.err = p.w.Write(p.b)
	}
	p.n += len(p.b)
	p.b = p.b[:0]
}

// written leaves out the members of a body that a template says elsewhere.
func written(body arm.Value) func(yield func(string, arm.Value) bool) {
	return func(yield func(string, arm.Value) bool) {
		for name, v := range body.Members() {
			switch {
			case arm.EqualFold(name, "id"), arm.EqualFold(name, "name"), arm.EqualFold(name, "type"), arm.EqualFold(name, "apiVersion"):
				continue
			}
			if !yield(name, v) {
				return
			}
		}
	}
}
