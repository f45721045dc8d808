package trial

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"airfield/diag"
)

// junitSuite is one test file in the form that CI systems read:
// github.com/testmoapp/junitxml
type junitSuite struct {
	XMLName  xml.Name    `xml:"testsuite"`
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Errors   int         `xml:"errors,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Name    string        `xml:"name,attr"`
	Class   string        `xml:"classname,attr"`
	File    string        `xml:"file,attr"`
	Line    int           `xml:"line,attr,omitempty"`
	Failure *junitFailure `xml:"failure"`
	Error   *junitFailure `xml:"error"`
}

type junitFailure struct {
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

// JUnit writes reports in the form that CI systems read.
func JUnit(w io.Writer, all []Report) error {
	var suites []junitSuite
	for i := range all {
		suites = append(suites, junitOf(&all[i]))
	}
	text, err := xml.MarshalIndent(struct {
		XMLName xml.Name `xml:"testsuites"`
		Suites  []junitSuite
	}{Suites: suites}, "", "  ")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%s%s\n", xml.Header, text)
	return err
}

func junitOf(r *Report) junitSuite {
	s := junitSuite{Name: r.File, Tests: len(r.Cases), Failures: r.Failed()}
	for _, c := range r.Cases {
		one := junitCase{Name: c.Name, Class: r.File, File: r.File, Line: c.Pos.Line}
		if len(c.Wrong) > 0 {
			var text strings.Builder
			Printer{&text, false}.failed(&c)
			one.Failure = &junitFailure{strings.Join(c.Wrong, "; "), text.String()}
		}
		s.Cases = append(s.Cases, one)
	}
	for _, d := range r.Findings {
		if d.Severity == diag.Error {
			s.Errors++
			s.Tests++
			s.Cases = append(s.Cases, junitCase{Name: d.Code, Class: r.File, File: d.Pos.File, Line: d.Pos.Line, Error: &junitFailure{d.Message, d.String()}})
		}
	}
	return s
}
