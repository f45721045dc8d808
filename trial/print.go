package trial

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"airfield/diag"
	"airfield/policy"
)

// Sum is all reports together.
type Sum struct {
	Good     bool     `json:"good"`
	Files    int      `json:"files"`
	Tests    int      `json:"tests"`
	Failed   int      `json:"failed"`
	NotRun   int      `json:"notRun"`             // files with errors
	Coverage *float64 `json:"coverage,omitempty"` // in percent; none where there is no condition
	Least    float64  `json:"minCoverage,omitempty"`
}

// SumOf adds reports up. They are not good with less coverage than least, in
// percent.
func SumOf(all []Report, least float64) Sum {
	s := Sum{Files: len(all), Good: true, Least: least}
	for i := range all {
		r := &all[i]
		s.Tests, s.Failed, s.Good = s.Tests+len(r.Cases), s.Failed+r.Failed(), s.Good && r.Good()
		if len(r.Cases) == 0 && r.Findings.HasErrors() {
			s.NotRun++
		}
	}
	if percent, any := Coverage(Union(all)); any {
		s.Coverage = &percent
		s.Good = s.Good && percent >= least
	} else {
		s.Good = s.Good && least == 0
	}
	return s
}

// Printer prints reports for people.
type Printer struct {
	Out    io.Writer
	Colour bool
}

func (p Printer) paint(code, text string) string {
	if !p.Colour {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

// Report prints a line for each test that fails, with what decided, and one for
// the file.
func (p Printer) Report(r *Report) {
	for _, c := range r.Cases {
		if len(c.Wrong) > 0 {
			p.failed(&c)
		}
	}
	cover := ""
	if percent, any := Coverage(r.Conditions); any {
		cover = fmt.Sprintf("  coverage %.1f %%", percent)
	}
	switch n := r.Failed(); {
	case n > 0:
		fmt.Fprintf(p.Out, "%s %s  %d of %s failed%s\n", p.paint("31", "FAIL"), r.File, n, tests(len(r.Cases)), cover)
	case !r.Good():
		fmt.Fprintf(p.Out, "%s %s  not run\n", p.paint("31", "FAIL"), r.File)
	default:
		fmt.Fprintf(p.Out, "%s   %s  %s%s\n", p.paint("32", "ok"), r.File, tests(len(r.Cases)), cover)
	}
}

func tests(n int) string { return fmt.Sprintf("%d test%s", n, map[bool]string{true: "s"}[n != 1]) }

func (p Printer) failed(c *Case) {
	fmt.Fprintf(p.Out, "%s: %s: %s\n", c.Pos, p.paint("1", c.Name), strings.Join(c.Wrong, "; "))
	for _, w := range c.Why {
		line := cmp.Or(w.Policy, w.Resource)
		if w.Note != "" {
			line += ": " + w.Note
		}
		fmt.Fprintf(p.Out, "    %s\n", line)
		for _, d := range w.Decided {
			fmt.Fprintf(p.Out, "      %s%s\n", strings.Repeat("  ", d.Depth), p.decided(d))
		}
	}
}

func (p Printer) decided(d Decide) string {
	text := d.Text
	if d.Saw != "" {
		text += "; saw " + d.Saw
	}
	if d.Open != "" {
		text += " (" + d.Open + ")"
	}
	var places []string
	for _, at := range []diag.Pos{d.Policy, d.Resource} {
		if at != (diag.Pos{}) {
			places = append(places, at.String())
		}
	}
	if len(places) == 0 {
		return text
	}
	return text + p.paint("2", "  "+strings.Join(places, ", "))
}

// Coverage lists the conditions that were not seen both ways.
func (p Printer) Coverage(all []policy.Condition) {
	for _, c := range all {
		lack := ""
		switch {
		case !c.Seen:
			lack = "never evaluated"
		case !c.True && !c.False:
			lack = "never known"
		case !c.True:
			lack = "never true"
		case !c.False:
			lack = "never false"
		default:
			continue
		}
		fmt.Fprintf(p.Out, "%s: %s: %s\n", c.Pos, p.paint("33", lack), c.Text)
	}
}

// Sum prints the last line.
func (p Printer) Sum(s Sum) {
	line := fmt.Sprintf("%s in %d file%s", tests(s.Tests), s.Files, map[bool]string{true: "s"}[s.Files != 1])
	if s.Failed > 0 {
		line += fmt.Sprintf(", %d failed", s.Failed)
	}
	if s.NotRun > 0 {
		line += fmt.Sprintf(", %d of the files not run", s.NotRun)
	}
	if s.Coverage != nil {
		line += fmt.Sprintf(", coverage %.1f %%", *s.Coverage)
		if *s.Coverage < s.Least {
			line += fmt.Sprintf(", below the %v %% wanted", s.Least)
		}
	} else if s.Least > 0 {
		line += ", no condition to cover"
	}
	fmt.Fprintln(p.Out, line)
}
