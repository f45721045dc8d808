package report

import (
	"fmt"
	"io"
	"strconv"

	"airfield/design"
)

// Compare prints ways to cut management groups side by side.
func Compare(w io.Writer, all []design.Structure, o Options) error {
	p := newPrinter(w, o)
	p.line(span{strong, "Ways to cut the management groups"}, span{dim, "  * is the estate's"})
	p.line()
	names := len("structure")
	for _, s := range all {
		names = max(names, width(p.clean(s.Name)))
	}
	names = min(names, p.width/3)
	row := func(st style, mark, name string, cells ...string) {
		name = p.middle(p.clean(name), names)
		text := mark + name + pad(width(name), names)
		for i, c := range cells {
			text += pad(len(c), len(heads[i])+2) + c
		}
		p.line(span{st, text})
	}
	row(dim, "  ", "structure", heads...)
	for _, s := range all {
		mark, st := "  ", normal
		if s.Chosen {
			mark, st = "* ", strong
		}
		row(st, mark, s.Name, strconv.Itoa(s.Depth), strconv.Itoa(s.Groups), strconv.Itoa(s.Subscriptions), strconv.Itoa(s.Assignments), strconv.Itoa(s.Duplicated))
	}
	for _, s := range all {
		p.line()
		p.wrap([]span{{strong, s.Name}, {normal, "  "}}, "  ", "budgets "+s.Budgets, dim)
		p.wrap([]span{{normal, "  easy: "}}, "    ", s.Easy, normal)
		p.wrap([]span{{normal, "  hard: "}}, "    ", s.Hard, normal)
		if s.Problem != "" {
			p.wrap([]span{{strong, "  cannot be had: "}}, "    ", s.Problem, normal)
		}
	}
	p.line()
	p.wrap([]span{{dim, ""}}, "", fmt.Sprintf("levels: below the tenant root; groups: of our own; %s: of policies; alike: equal to another but for their scope", heads[3]), dim)
	return p.w.Flush()
}

// heads name the columns of a comparison.
var heads = []string{"levels", "groups", "subscriptions", "assignments", "alike"}
