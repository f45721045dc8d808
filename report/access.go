package report

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"airfield/access"
	"airfield/arm"
)

// colours are those of access decisions.
var colours = [...]string{access.No: "\x1b[31m", access.Unknown: "\x1b[33m", access.Conditional: "\x1b[33m", access.Yes: "\x1b[32m"}

// decide prints a line that begins with a decision.
func (p *lines) decide(d access.Decision, colour bool, format string, args ...any) {
	text := d.String()
	if colour {
		text = colours[d] + text + "\x1b[0m"
	}
	p.printf("%s  ", text)
	p.line(format, args...)
}

// line prints one line, without what could steer a terminal.
func (p *lines) line(format string, args ...any) {
	p.printf("%s\n", printable(fmt.Sprintf(format, args...)))
}

// Can prints the answer whether a principal can do something.
func Can(w io.Writer, q access.Question, who access.Principal, x access.Answer, colour bool) error {
	p := &lines{w: w}
	p.decide(x.Decision, colour, "%s: %s at %s", who.Title(), q.Action, q.Scope)
	for _, d := range x.Doubts {
		p.line("  not known: %s", d)
	}
	p.grounds(x.Grounds)
	return p.err
}

// Holders prints who can do something.
func Holders(w io.Writer, q access.Question, all []access.Holder, aside []string, colour bool) error {
	p := &lines{w: w}
	p.line("%s at %s: %s", q.Action, q.Scope, plural(len(all), "principal"))
	for _, h := range all {
		p.printf("\n")
		p.decide(h.Decision, colour, "%s", h.Title())
		for _, d := range h.Doubts {
			p.line("  not known: %s", d)
		}
		p.grounds(h.Grounds)
	}
	p.aside(aside)
	return p.err
}

// InForce prints assignments that reach a scope.
func InForce(w io.Writer, scope arm.ID, all []access.Ground, aside []string) error {
	p := &lines{w: w}
	p.line("%s: %s", scope, plural(len(all), "assignment"))
	p.grounds(all)
	p.aside(aside)
	return p.err
}

// Needed prints what deploying resources takes, and roles that allow it.
func Needed(w io.Writer, needs []access.Need) error {
	p := &lines{w: w}
	grants, open := access.Least(needs)
	p.line("%s, which these built-in roles allow:", plural(len(needs), "action"))
	p.roles(grants, open)
	p.printf("\n")
	p.needs(needs)
	return p.err
}

// Lacked prints what a principal that deploys resources does not surely have.
func Lacked(w io.Writer, who access.Principal, needs []access.Need, all []access.Check, colour bool) error {
	p := &lines{w: w}
	if len(all) == 0 {
		p.decide(access.Yes, colour, "%s has all of the %s that the deployment needs", who.Title(), plural(len(needs), "action"))
		return p.err
	}
	var lacked []access.Need
	for i, c := range all {
		if i == 0 || all[i-1].Decision != c.Decision {
			p.decide(c.Decision, colour, "for these, needed by %s:", who.Title())
		}
		p.needs([]access.Need{c.Need})
		for _, d := range c.Doubts {
			if d != c.Why {
				p.line("      not known: %s", d)
			}
		}
		if c.Decision == access.No {
			lacked = append(lacked, c.Need)
		}
	}
	if len(lacked) > 0 {
		p.line("built-in roles that allow what is lacking:")
		p.roles(access.Least(lacked))
	}
	return p.err
}

func (p *lines) roles(grants []access.Grant, open []access.Need) {
	for _, g := range grants {
		p.line("  %s at %s", g.Role, g.Scope)
	}
	for _, n := range open {
		if n.Action != "" {
			p.line("  none that is known for %s at %s", n.Action, n.Scope)
		}
	}
}

func (p *lines) needs(all []access.Need) {
	for _, n := range all {
		p.line("  %s at %s", cmp.Or(n.Action, "an action that is not known"), n.Scope)
		why := n.Why
		if !n.For.Equal(n.Scope) {
			why = strings.TrimSuffix("for "+n.For.Name()+", "+why, ", ")
		}
		if n.More > 0 {
			why += fmt.Sprintf(", and for %d more", n.More)
		}
		if why != "" {
			p.line("    %s", strings.TrimPrefix(why, ", "))
		}
	}
}

func (p *lines) aside(all []string) {
	for _, text := range all {
		p.line("note: %s", text)
	}
}

// grounds prints assignments as a table.
func (p *lines) grounds(all []access.Ground) {
	if p.err != nil || len(all) == 0 {
		return
	}
	t := tabwriter.NewWriter(p.w, 0, 0, 2, ' ', 0)
	for _, g := range all {
		role := g.Role.Title()
		if g.Kind == access.Deny {
			role = "DENIES " + role
		}
		var names []string
		for _, x := range g.Principals {
			names = append(names, x.Title())
		}
		if len(g.Via) > 0 {
			names = []string{"group " + strings.Join(g.Via, " > ")}
		}
		fmt.Fprintf(t, "  %s\t%s\tat %s", printable(role), printable(strings.Join(names, ", ")), printable(string(g.Scope)))
		if note := remarks(g); note != "" {
			fmt.Fprintf(t, "\t%s", printable(note))
		}
		fmt.Fprintln(t)
	}
	p.err = t.Flush()
}

// remarks says what keeps an assignment from being a plain one.
func remarks(g access.Ground) string {
	var all []string
	if g.Kind == access.Eligible {
		all = append(all, "eligible, not active")
	}
	if g.Why != "" {
		all = append(all, g.Why)
	}
	if len(g.Excluded) > 0 {
		var names []string
		for _, x := range g.Excluded {
			names = append(names, x.Title())
		}
		all = append(all, "except "+strings.Join(names, ", "))
	}
	if g.OnlyHere {
		all = append(all, "not below its scope")
	}
	if g.Until != "" && g.Effect != access.No {
		all = append(all, "until "+g.Until)
	}
	if g.Condition.Text != "" {
		all = append(all, "if "+strings.Join(strings.Fields(g.Condition.Text), " "))
	}
	return strings.Join(all, "; ")
}
