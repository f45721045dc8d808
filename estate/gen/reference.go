package main

import (
	"fmt"
	"reflect"
	"strings"

	"airfield/estate"
	"airfield/source"
)

const head = `# The estate

An estate is one YAML file (JSON is YAML too) that says what an organization's AI workloads need and what it has decided about them.
This page is made from the types of package ` + "`estate`" + ` by ` + "`go generate ./estate`" + `; so is ` + "`schema/estate-1.schema.json`" + `, which editors
use to complete and check what is written: begin the file with ` + "`# yaml-language-server: $schema=…/estate-1.schema.json`" + `.

- A key without a value is as if it were not written. Every key that is optional has a default; ` + "`airfield design`" + ` prints those it took.
- A list of one may be written without brackets. Units are part of the value. Words such as ` + "`no`" + ` and ` + "`on`" + ` need quotes to be texts.
- NAME stands for a key that you choose. What an environment says is laid over what its workload says, key by key.

` + "```yaml" + `
airfield: 1
organization:
  name: Northwind Health
  prefix: nwh                              # part of every name, never changes
  owner: ai-platform@northwind.example     # a group mailbox
  cost_center: CC-4711
regions: {home: swedencentral}
network: {pools: {swedencentral: 10.96.0.0/16}}
workloads:
  atlas:                                   # the key is the identity
    environments: {dev: {}, prod: {}}
    data:
      corpus: {size: 20TiB, cool: 30d}
    jobs:
      finetune:                            # needed, not sized
        model: llama-3.1-70b
        method: lora
        tokens: 2e8
        done_within: 24h
        reads: corpus
` + "```" + `
`

// reference gives the language as a page with a table for each mapping.
func (d description) reference() []byte {
	r := referenceWriter{description: d, titles: map[reflect.Type]string{}}
	r.b.WriteString(head)
	r.mapping(reflect.TypeFor[estate.Estate](), "", "The file")
	for len(r.next) > 0 { // what a section links to comes right behind it
		s, rest := r.next[0], r.next[1:]
		r.next = nil
		r.section(s)
		r.next = append(r.next, rest...)
	}
	return []byte(r.b.String())
}

type referenceWriter struct {
	description
	b      strings.Builder
	next   []section
	titles map[reflect.Type]string // of the sections, where they are or will be
}

// section is a mapping that is still to be written.
type section struct {
	of   reflect.Type
	path string
}

func (r *referenceWriter) section(s section) {
	switch s.of {
	case accessType:
		r.heading(s.path, r.comments["Access"]+" Its keys are the groups' names, beside `deploys`.")
		r.table()
		r.row("deploys", r.kind(reflect.TypeFor[estate.Deploys](), s.path+".deploys"), "", r.comments["Deploys"])
		r.row("NAME", r.kind(groupType, s.path+".NAME"), "", r.comments["Group"])
	case groupType:
		r.heading(s.path, r.about(s.of))
		r.table()
		r.row("id", "a text", "", r.comments["Group.ID"])
		r.row("PLACE", "a role's name, or "+r.kind(grantType, s.path+".PLACE"), "", r.comments["Group.Grants"])
	default:
		r.mapping(s.of, s.path, s.path)
	}
}

func (r *referenceWriter) heading(title, comment string) {
	fmt.Fprintf(&r.b, "\n## %s\n\n%s\n\n", title, comment)
}

// about gives a type's comment without its Go name.
func (r *referenceWriter) about(t reflect.Type) string {
	rest, named := strings.CutPrefix(r.comments[t.Name()], t.Name()+" ")
	if !named || strings.HasPrefix(rest, "are ") {
		return r.comments[t.Name()]
	}
	return "This " + rest
}

func (r *referenceWriter) table() {
	r.b.WriteString("| key | what | default | |\n|---|---|---|---|\n")
}

func (r *referenceWriter) row(key, what, def, comment string) {
	cell := strings.NewReplacer("|", "\\|")
	fmt.Fprintf(&r.b, "| `%s` | %s | %s | %s |\n", key, cell.Replace(what), cell.Replace(def), cell.Replace(comment))
}

// mapping writes the table of a struct. What a workload and its environments
// share is described with the workload.
func (r *referenceWriter) mapping(t reflect.Type, path, title string) {
	r.heading(title, r.about(t))
	r.table()
	var shared []string
	for _, f := range source.Fields(t) {
		if t == reflect.TypeFor[estate.Environment]() && f.Owner == reflect.TypeFor[estate.Spec]() {
			shared = append(shared, "`"+f.Key+"`")
			continue
		}
		def := ""
		if v, ok := r.defaults[join(path, f.Key)]; ok {
			def = "`" + v + "`"
		}
		if f.Required {
			def = "required"
		}
		r.row(f.Key, r.kind(f.Type, join(path, f.Key)), def, r.comment(f))
	}
	if shared != nil {
		fmt.Fprintf(&r.b, "\nBesides, what is to be otherwise here than in the workload: %s.\n", strings.Join(shared, ", "))
	}
}

// kind names what a value is, and queues the mapping that it may be.
func (r *referenceWriter) kind(t reflect.Type, path string) string {
	if f, ok := r.forms[t]; ok {
		return f.Name + ": `" + strings.Join(f.Examples, "`, `") + "`"
	}
	switch t {
	case platformType:
		return "`standalone`, or " + r.link(t, path)
	case modelType:
		return "a name, or " + r.link(t, path)
	case allowedType:
		return "`auto`, `none`, or a list of texts"
	case vocabularyType:
		return "a list of texts, or a mapping"
	}
	if of, ok := keyed(t); ok {
		if of.Kind() != reflect.Struct || r.forms[of].Name != "" {
			return "by name, " + r.kind(of, path+".NAME")
		}
		return "by name: " + r.link(of, path+".NAME")
	}
	if w := words(t); w != nil {
		return "`" + strings.Join(w, "`, `") + "`"
	}
	switch t.Kind() {
	case reflect.Slice:
		return "a list: " + r.kind(t.Elem(), path)
	case reflect.Int:
		return "a whole number"
	case reflect.String:
		return "a text"
	}
	return r.link(t, path)
}

func (r *referenceWriter) link(t reflect.Type, path string) string {
	if r.titles[t] == "" {
		r.titles[t] = path
		r.next = append(r.next, section{t, path})
	}
	return fmt.Sprintf("[a mapping](#%s)", strings.ToLower(strings.ReplaceAll(r.titles[t], ".", "")))
}
