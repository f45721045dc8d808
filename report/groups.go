package report

import (
	"fmt"
	"io"

	"airfield/arm"
	"airfield/hierarchy"
)

// Hierarchy is what the management groups of a tenant are for, as data.
type Hierarchy struct {
	Lacks   []string           `json:"lacks,omitempty"` // what the snapshot has not
	Groups  []hierarchy.Group  `json:"groups"`          // parents before children
	Remarks []hierarchy.Remark `json:"remarks,omitempty"`
}

// Text prints the tree of management groups for a person at a terminal.
func (h Hierarchy) Text(w io.Writer, o Options) error {
	t := &groupTree{printer: newPrinter(w, o), below: map[arm.ID][]*hierarchy.Group{}}
	known := 0
	depth := map[arm.ID]int{}
	for i := range h.Groups {
		g := &h.Groups[i]
		if g.Role != hierarchy.None {
			known++
		}
		depth[g.ID] = 1
		if above, ok := depth[g.Parent]; ok {
			depth[g.ID] = above + 1
		}
		t.below[g.Parent] = append(t.below[g.Parent], g)
		t.name = max(t.name, 3*(depth[g.ID]-1)+width(t.clean(g.ID.Name())))
		t.role = max(t.role, len(g.Role))
	}
	t.name = min(t.name, t.width/2)
	t.line(span{strong, plural(len(h.Groups), "management group")}, span{dim, fmt.Sprintf("  %d with a role", known)})
	for _, text := range h.Lacks {
		t.wrap([]span{{normal, "  "}}, "    ", text, normal)
	}
	for _, g := range t.below[arm.Tenant] {
		t.group(g, "", "", "")
	}
	t.remarks(h.Remarks)
	return t.w.Flush()
}

// groupTree is a tree of management groups being printed.
type groupTree struct {
	*printer
	below map[arm.ID][]*hierarchy.Group
	name  int // width of its column
	role  int
}

// group prints a group behind a branch, and what is below it behind bars.
func (t *groupTree) group(g *hierarchy.Group, before, branch, bars string) {
	name := t.middle(t.clean(g.ID.Name()), max(8, t.name-width(before+branch)))
	role, sure := string(g.Role), fmt.Sprintf("%3d %%", g.Confidence)
	switch {
	case g.Given:
		sure = "given"
	case g.Role == hierarchy.None:
		role, sure = "-", "     "
	}
	t.line(span{dim, before + branch}, span{strong, name}, span{normal, pad(width(before+branch+name), t.name+2) + role + pad(len(role), t.role+2) + sure},
		span{dim, "  " + plural(g.Subscriptions, "subscription") + ", " + plural(g.Assignments, "assignment")})
	children := t.below[g.ID]
	rest := bars + none
	if len(children) > 0 {
		rest = bars + bar
	}
	if g.Because != "" {
		t.wrap([]span{{dim, rest}}, rest+"  ", g.Because, normal)
	}
	if t.o.Full {
		for _, e := range g.Evidence {
			t.wrap([]span{{dim, rest + string(e.Kind) + ": "}}, rest+"  ", e.Text, dim)
		}
	}
	for i, c := range children {
		if i == len(children)-1 {
			t.group(c, bars, end, bars+none)
		} else {
			t.group(c, bars, fork, bars+bar)
		}
	}
}

// remarks prints what the estate could say, as lines to paste.
func (t *groupTree) remarks(all []hierarchy.Remark) {
	adds, others := 0, 0
	for _, r := range all {
		if r.Kind == hierarchy.Add {
			adds++
		} else {
			others++
		}
	}
	if others > 0 {
		t.heading("The estate and the tenant", "")
	}
	for _, r := range all {
		if r.Kind != hierarchy.Add {
			t.wrap([]span{{normal, "  "}, {strong, "platform.groups." + string(r.Role)}, {normal, "  "}}, "    ", r.Text, normal)
		}
	}
	if adds == 0 {
		return
	}
	t.heading("The estate could say", "to paste")
	t.write(normal, "platform:\n  groups:\n")
	for _, r := range all {
		if r.Kind == hierarchy.Add { // whole, however wide: it is to be pasted
			t.write(normal, "    "+string(r.Role)+": "+string(arm.AppendString(nil, printable(r.Group.Name()))))
			t.write(dim, "  # "+t.clean(r.Text)+"\n")
		}
	}
}
