package main

import (
	"fmt"
	"os"
	"strings"

	"airfield/compute"
	"airfield/design"
	"airfield/diag"
	"airfield/estate"
	"airfield/source"
)

// writeInto puts the size and the number of nodes of an option into an estate.
func (f *computeFlags) writeInto(o compute.Option) error {
	file, key, _ := strings.Cut(f.write, "#")
	_, e, found, err := readEstate(file)
	if err != nil {
		return err
	}
	if e == nil || found.HasErrors() {
		printFindings(found, colourOn(f.colour, os.Stderr))
		return errUnreadable
	}
	work, ok := workAt(e, key)
	if !ok {
		return fmt.Errorf("--write %s: %s has no job or service %q, wanted workload/name or workload/environment/name", f.write, file, key)
	}
	if served := f.serve != "" || f.from != nil && f.from.Traffic != nil; f.vcpus == 0 && f.memory == "" && served != work.service {
		return fmt.Errorf("--write %s: the answer is about %s, and %s is %s", f.write, kindOf(served), key, kindOf(work.service))
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	lines := strings.Split(string(text), "\n")
	fresh := ""
	for _, m := range [][2]string{{"nodes", fmt.Sprint(o.Nodes)}, {"size", o.Size.Name}} {
		if work.Has(m[0]) {
			replaceScalar(lines, work.Of(m[0]), m[1])
		} else {
			fresh = m[0] + ": " + m[1] + ", " + fresh
		}
	}
	if fresh != "" {
		insertMembers(lines, work.Pos(), strings.TrimSuffix(fresh, ", "))
	}
	fresh = strings.Join(lines, "\n")
	if !holds(file, fresh, key, o) {
		return fmt.Errorf("--write %s: %s is written in a way that cannot be changed here: put size: %s and nodes: %d there by hand", f.write, key, o.Size.Name, o.Nodes)
	}
	if err := writeFile(file, []byte(fresh)); err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "wrote %s × %d to %s of %s\n", o.Size.Name, o.Nodes, key, file)
	return nil
}

// holds tells whether a text of an estate says what an option is.
func holds(file, text, key string, o compute.Option) bool {
	src, found := source.NewFile(file, []byte(text))
	if found.HasErrors() {
		return false
	}
	e, found := design.Read(src)
	if e == nil || found.HasErrors() {
		return false
	}
	work, ok := workAt(e, key)
	return ok && work.Size == o.Size.Name && work.Nodes == o.Nodes
}

// work is a job or a service: what it runs on, and where that stands.
type work struct {
	source.At
	estate.Compute
	service bool
}

func kindOf(service bool) string {
	if service {
		return "a service"
	}
	return "a job"
}

// workAt finds a job or a service, of a workload or of one of its environments.
func workAt(e *estate.Estate, key string) (work, bool) {
	part := strings.Split(key, "/")
	for _, w := range e.Workloads {
		if w.Key != part[0] || len(part) < 2 || len(part) > 3 {
			continue
		}
		spec := w.Value.Spec
		if len(part) == 3 {
			spec = estate.Spec{}
			for _, env := range w.Value.Environments {
				if env.Key == part[1] {
					spec = env.Value.Spec
				}
			}
		}
		name := part[len(part)-1]
		for _, j := range spec.Jobs {
			if j.Key == name {
				return work{j.Value.At, j.Value.Compute, false}, true
			}
		}
		for _, s := range spec.Services {
			if s.Key == name {
				return work{s.Value.At, s.Value.Compute, true}, true
			}
		}
	}
	return work{}, false
}

// replaceScalar puts a value where another stands.
func replaceScalar(lines []string, at diag.Pos, value string) {
	l := lines[at.Line-1]
	rest := l[at.Col-1:]
	end := strings.IndexAny(rest, " ,}#\t\r")
	if end < 0 {
		end = len(rest)
	}
	lines[at.Line-1] = l[:at.Col-1] + value + rest[end:]
}

// insertMembers puts members before the first of a mapping, in a line each
// where it has lines.
func insertMembers(lines []string, at diag.Pos, members string) {
	l := lines[at.Line-1]
	before, rest := l[:at.Col-1], l[at.Col-1:]
	if strings.HasSuffix(strings.TrimRight(before, " "), "{") {
		lines[at.Line-1] = before + members + ", " + rest
		return
	}
	indent := strings.Repeat(" ", at.Col-1)
	lines[at.Line-1] = before + strings.ReplaceAll(members, ", ", "\n"+indent) + "\n" + indent + rest
}
