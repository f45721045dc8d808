package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"airfield/change"
	"airfield/emit"
	"airfield/tenant"
)

// Patches writes, for each blocker that a change helps against, the one that
// opens least as a patch for the tool that keeps the assignment: a folder with the
// number of the blocker, a README and the patch's files. It gives the number of
// folders. have is the tenant as it is.
func (r ReviewOf) Patches(have *tenant.Tenant, sink emit.Sink) (int, error) {
	written := 0
	for i, b := range r.Blockers {
		at := slices.IndexFunc(b.Fixes, func(f FixOf) bool { return f.change != nil })
		if at < 0 || !have.Has(b.ID) { // an assignment that is itself to be deployed is changed where it is wanted
			continue
		}
		files, err := change.Patch(have, *b.Fixes[at].change, change.OwnerNamed(b.KeptIn))
		if err != nil {
			return written, fmt.Errorf("patch of blocker %d: %w", i+1, err)
		}
		name := slug(b.Title)
		dir := fmt.Sprintf("%d-%s/", i+1, name[:min(len(name), 40)])
		files = append(files, change.File{Name: "README.md", Text: readme(i+1, b, at, files)})
		for _, f := range files {
			if err := writeText(sink, dir+f.Name, f.Text); err != nil {
				return written, err
			}
		}
		written++
	}
	return written, nil
}

func writeText(sink emit.Sink, path, text string) error {
	w, err := sink(path)
	if err != nil {
		return err
	}
	_, err = io.WriteString(w, text)
	if e := w.Close(); err == nil {
		err = e
	}
	return err
}

// readme says what a patch is for, what it opens, and what to do with its files.
func readme(number int, b BlockerOf, at int, files []change.File) string {
	var out strings.Builder
	line := func(format string, args ...any) {
		text := fmt.Sprintf(format, args...)
		out.WriteString(strings.Join(strings.Fields(text), " ") + "\n") // names of others stay on their line
	}
	fix := b.Fixes[at]
	line("# Blocker %d: %s", number, b.Title)
	line("")
	line("Stops %s. Assigned as %q at %s.", plural(len(b.Resources), "resource"), b.Assignment, b.AssignedAt.Place())
	line("")
	line("- Change: %s.", fix.Title)
	line("- It %s.", fix.Opens)
	for _, s := range fix.Opens.Subscriptions {
		line("- Opens: %s", s.Place())
	}
	line("- Kept in %s.", keptIn(change.OwnerNamed(b.KeptIn), b.KeptWhy))
	if fix.Note != "" {
		line("- Before: %s.", fix.Note)
	}
	line("")
	line("## Files")
	line("")
	for _, f := range files {
		line("- `%s`: %s", f.Name, f.What)
	}
	if len(b.Fixes) > 1 {
		line("")
		line("## Instead")
		line("")
	}
	for i, f := range b.Fixes {
		if i != at {
			line("- %s: %s.", f.Opens, f.Title)
		}
	}
	return out.String()
}
