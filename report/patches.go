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

// PatchOf is a change against a blocker, as files for the tool that keeps the
// assignment.
type PatchOf struct {
	Folder  string // 1-allowed-sizes
	Blocker *BlockerOf
	Fix     *FixOf
	Files   []change.File // a README and the patch's
}

// Patches gives, for each blocker that a change helps against, the one that opens
// least. have is the tenant as it is.
func (r ReviewOf) Patches(have *tenant.Tenant) (all []PatchOf, err error) {
	for i := range r.Blockers {
		b := &r.Blockers[i]
		at := slices.IndexFunc(b.Fixes, func(f FixOf) bool { return f.change != nil })
		if at < 0 || !have.Has(b.ID) { // an assignment that is itself to be deployed is changed where it is wanted
			continue
		}
		files, err := change.Patch(have, *b.Fixes[at].change, change.OwnerNamed(b.KeptIn))
		if err != nil {
			return nil, fmt.Errorf("patch of blocker %d: %w", i+1, err)
		}
		name := slug(b.Title)
		files = append(files, change.File{Name: "README.md", What: "What the change is for, and what else would help.", Text: readme(i+1, *b, at, files)})
		all = append(all, PatchOf{fmt.Sprintf("%d-%s", i+1, name[:min(len(name), 40)]), b, &b.Fixes[at], files})
	}
	return all, nil
}

// Why says what denies what, and what the change opens.
func (p *PatchOf) Why() string {
	return fmt.Sprintf("policy %q, assigned as %q, denies %s; the change %s", p.Blocker.Title, p.Blocker.Assignment, plural(len(p.Blocker.Resources), "resource"), p.Fix.Opens)
}

// WritePatches writes patches, a folder each.
func WritePatches(all []PatchOf, sink emit.Sink) error {
	for _, p := range all {
		for _, f := range p.Files {
			if err := writeText(sink, p.Folder+"/"+f.Name, f.Text); err != nil {
				return err
			}
		}
	}
	return nil
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
