package report

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"html/template"
	"io"
	"strings"
	"sync"

	"airfield/design"
)

// HTML writes a design as one page that needs nothing beside itself: no
// network, no other file. To show the estate's text in it, see Page.
func HTML(w io.Writer, d *design.Design) error { return Page{}.Write(w, d) }

// Page is an HTML page about a design. The zero Page is ready.
type Page struct {
	Estate []byte // the text of the estate, which the places link to; nil to leave it out
}

//go:embed page
var files embed.FS

// parsed is the page's template. Everything in it is escaped for where it
// stands by html/template; only the style and the script, which are ours, are
// not. The page's own policy lets nothing run but that script, and nothing be
// fetched.
var parsed = sync.OnceValue(func() *template.Template {
	script := own("page/page.js")
	sum := sha256.Sum256([]byte(script))
	return template.Must(template.New("page.html").Funcs(template.FuncMap{
		"style":  func() template.CSS { return template.CSS(own("page/page.css")) },
		"script": func() template.JS { return template.JS(script) },
		"policy": func() string {
			return "default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'"
		},
		"join":      func(s []string) string { return strings.Join(s, ", ") },
		"short":     func(url string) string { return strings.TrimPrefix(url, "https://") },
		"thousands": func(n int) string { return thousands(int64(n)) },
		"plural":    plural,
		"inc":       func(i int) int { return i + 1 },
	}).ParseFS(files, "page/page.html"))
})

// own gives one of the page's files, which are always there.
func own(name string) string {
	b, err := files.ReadFile(name)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// Write writes the page about a design.
func (p Page) Write(w io.Writer, d *design.Design) error {
	return parsed().Execute(w, newPage(d, p.Estate))
}
