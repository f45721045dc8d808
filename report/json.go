package report

import (
	"bufio"
	"encoding/json"
	"io"
	"iter"
	"slices"
	"strings"

	"airfield/arm"
	"airfield/design"
	"airfield/diag"
)

// JSON writes a design as one JSON object. A resource is its ARM body,
// verbatim, with two members of airfield's own behind: "theirs", where it exists
// already, and "pos", the place in the estate that asked for it.
func JSON(w io.Writer, d *design.Design) error {
	b := bufio.NewWriterSize(w, 1<<16)
	o := d.Estate.Organization
	b.WriteString(`{"organization":`)
	write(b, struct {
		Name   string `json:"name"`
		Prefix string `json:"prefix"`
		Tenant string `json:"tenant,omitempty"`
	}{o.Name, o.Prefix, o.Tenant})
	list(b, "subscriptions", slices.Values(d.Subscriptions), write)
	list(b, "resources", d.Tenant.All(), resource)
	list(b, "decisions", slices.Values(d.Decisions), write)
	list(b, "findings", slices.Values(d.Findings), write)
	list(b, "open", slices.Values(d.Open), write)
	list(b, "dependencies", slices.Values(d.Edges), write)
	list(b, "budgets", slices.Values(d.Budgets), write)
	list(b, "parameters", slices.Values(d.Parameters), write)
	if d.Refused != nil || d.Added != nil { // of a design for a tenant
		list(b, "refused", slices.Values(d.Refused), write)
		list(b, "added", slices.Values(d.Added), write)
	}
	list(b, "defaults", defaults(d), write)
	if len(d.Files) > 0 {
		list(b, "files", slices.Values(d.Files), write)
	}
	b.WriteString("\n}\n")
	return b.Flush()
}

// list writes a member that is an array, one item a line.
func list[T any](b *bufio.Writer, name string, items iter.Seq[T], one func(*bufio.Writer, T)) {
	b.WriteString(",\n\"" + name + "\":[")
	sep := "\n"
	for x := range items {
		b.WriteString(sep)
		one(b, x)
		sep = ",\n"
	}
	b.WriteString("]")
}

// resource writes a body with our own members behind its last.
func resource(b *bufio.Writer, r arm.Resource) {
	text := strings.TrimRight(r.Body.Text(), " \t\r\n")
	b.WriteString(strings.TrimSuffix(text, "}"))
	if r.Theirs {
		b.WriteString(`,"theirs":true`)
	}
	b.WriteString(`,"pos":`)
	write(b, r.Pos)
	b.WriteByte('}')
}

type taken struct {
	Path  string   `json:"path"`
	Value string   `json:"value"`
	Pos   diag.Pos `json:"pos"`
}

func defaults(d *design.Design) iter.Seq[taken] {
	return func(yield func(taken) bool) {
		for _, x := range d.Estate.Defaults() {
			if !yield(taken{x.Path, x.Value, x.Pos}) {
				return
			}
		}
	}
}

// write writes a value of ours, which always can be.
func write[T any](b *bufio.Writer, v T) {
	var s strings.Builder
	e := json.NewEncoder(&s)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err)
	}
	b.WriteString(strings.TrimSuffix(s.String(), "\n"))
}
