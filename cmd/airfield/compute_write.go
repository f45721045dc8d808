package main

import (
	"fmt"
	"os"
	"strings"

	"airfield/compute"
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
	at, ok := atKey(e, key)
	if !ok {
		return fmt.Errorf("--write %s: %s has no job or service %q, wanted workload/name or workload/environment/name", f.write, file, key)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	lines := strings.Split(string(text), "\n")
	fresh := ""
	for _, m := range [][2]string{{"nodes", fmt.Sprint(o.Nodes)}, {"size", o.Size.Name}} {
		if at.Has(m[0]) {
			replaceScalar(lines, at.Of(m[0]), m[1])
		} else {
			fresh = m[0] + ": " + m[1] + ", " + fresh
		}
	}
	if fresh != "" {
		insertMembers(lines, at.Pos(), strings.TrimSuffix(fresh, ", "))
	}
	if err := writeFile(file, []byte(strings.Join(lines, "\n"))); err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "wrote %s × %d to %s of %s\n", o.Size.Name, o.Nodes, key, file)
	return nil
}

// atKey finds a job or a service, of a workload or of one of its environments.
func atKey(e *estate.Estate, key string) (source.At, bool) {
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
		for _, j := range spec.Jobs {
			if j.Key == part[len(part)-1] {
				return j.Value.At, true
			}
		}
		for _, s := range spec.Services {
			if s.Key == part[len(part)-1] {
				return s.Value.At, true
			}
		}
	}
	return source.At{}, false
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
	if strings.HasPrefix(rest, "{") {
		if more := strings.TrimLeft(rest[1:], " "); !strings.HasPrefix(more, "}") {
			members += ", "
		}
		lines[at.Line-1] = before + "{" + members + rest[1:]
		return
	}
	indent := strings.Repeat(" ", at.Col-1)
	lines[at.Line-1] = before + strings.ReplaceAll(members, ", ", "\n"+indent) + "\n" + indent + rest
}
