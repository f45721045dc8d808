package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"airfield/runway"
)

// Runway writes a runway as Markdown: the gates by date, then how each is
// checked and opened, and the way out as the last part.
func Runway(to io.Writer, r *runway.Runway) error {
	m := markdown{bufio.NewWriter(to)}
	m.line("# Runway of %s", r.Organization)
	seen := "without a snapshot of the tenant, so that nothing is known to be passed"
	if r.Snapshot {
		seen = "passed is what the snapshot of the tenant shows"
	}
	m.line("\nOn %s; %s. Days are calendar days.", r.On, seen)
	m.begins(r.Begins)
	m.gates(r.Gates)
	m.names(r.Names)
	for i, g := range r.Gates {
		if i == 0 {
			m.line("\n## How each gate is checked and opened")
		}
		m.gate(i+1, g)
	}
	for _, x := range r.Retire {
		m.retirement(x)
	}
	return m.Flush()
}

// Retirement writes the way out of one workload as Markdown.
func Retirement(to io.Writer, x runway.Retirement) error {
	m := markdown{bufio.NewWriter(to)}
	m.retirement(x)
	return m.Flush()
}

// markdown is a page in the making.
type markdown struct{ *bufio.Writer }

// line writes a line; what is put into it is the user's, and stays within it.
func (m markdown) line(format string, words ...any) {
	for i, w := range words {
		if s, ok := w.(string); ok {
			words[i] = strings.ReplaceAll(printable(s), "|", `\|`)
		}
	}
	fmt.Fprintf(m, format+"\n", words...)
}

// row writes a row of a table.
func (m markdown) row(cells ...string) {
	for _, c := range cells {
		fmt.Fprintf(m, "| %s ", strings.ReplaceAll(printable(c), "|", `\|`))
	}
	fmt.Fprintln(m, "|")
}

// head writes the head of a table.
func (m markdown) head(cells ...string) {
	fmt.Fprintln(m)
	m.row(cells...)
	fmt.Fprintln(m, strings.Repeat("|---", len(cells))+"|")
}

func (m markdown) begins(all []runway.Begin) {
	if len(all) == 0 {
		return
	}
	var without []string
	m.head("workload", "begins", "at the earliest, all asked for today")
	for _, b := range all {
		if b.On == "" {
			without = append(without, b.Workload)
		} else {
			m.row(b.Workload, b.On, b.Earliest)
		}
	}
	if len(without) > 0 {
		m.row(runway.Few(without), "no date", "")
	}
}

func orWord(s, word string) string {
	if s == "" {
		return word
	}
	return s
}

// gates writes the table of gates, by date.
func (m markdown) gates(all []runway.Gate) {
	if len(all) == 0 {
		return
	}
	m.line("\n## Gates")
	m.head("", "ask by", "so by", "gate", "for", "who opens it", "takes", "state")
	for i, g := range all {
		ask := g.Ask
		if g.Late {
			ask = "**" + ask + "** late"
		}
		m.row(fmt.Sprint(i+1), ask, orWord(g.Due, "no date"), g.What, runway.Few(g.Workloads), g.Who, plural(g.Days, "day"), string(g.State))
	}
}

// names writes what the firewall must let out.
func (m markdown) names(all []runway.Service) {
	if len(all) == 0 {
		return
	}
	m.line("\n## Names for the firewall")
	m.head("for", "must reach", "where jobs use them")
	for _, s := range all {
		var must, may []string
		for _, n := range s.Names {
			word := fmt.Sprintf("`%s:%d`", n.Name, n.Port)
			if n.Protocol != "TCP" {
				word += " " + n.Protocol
			}
			if n.Optional {
				may = append(may, word)
			} else {
				must = append(must, word)
			}
		}
		m.row(s.Service, strings.Join(must, " "), strings.Join(may, " "))
	}
}

// gate writes how a gate is checked and opened.
func (m markdown) gate(n int, g runway.Gate) {
	m.line("\n### %d. %s%s\n\n%s. Takes %s: %s.\n", n, capital(g.What), by(g.Due), capital(g.Why), plural(g.Days, "day"), g.Basis)
	for _, x := range g.Items {
		state := ""
		if x.State != g.State {
			state = " (" + string(x.State) + ")"
		}
		m.line("- %s%s%s", where(x.For), x.What, state)
	}
	if checks, hows := g.Commands(); g.State != runway.Passed {
		m.commands(checks, hows)
	}
}

func by(due string) string {
	if due == "" {
		return ""
	}
	return ", by " + due
}

func where(subscriptions []string) string {
	if len(subscriptions) == 0 {
		return ""
	}
	return strings.Join(subscriptions, ", ") + ": "
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// commands writes what checks and what opens: commands as code, the rest as text.
func (m markdown) commands(checks, hows []string) {
	var code, text []string
	for _, c := range checks {
		code = append(code, "# check", c)
	}
	for _, h := range hows {
		if strings.HasPrefix(h, "az ") || strings.HasPrefix(h, "for ") || strings.HasPrefix(h, "i=") {
			code = append(code, "# open", h)
		} else {
			text = append(text, strings.TrimSuffix(h, "."))
		}
	}
	for _, h := range text {
		m.line("\nTo open: %s.", h)
	}
	if len(code) == 0 {
		return
	}
	fmt.Fprintln(m, "\n```sh")
	for i, line := range code {
		if i < 2 || line != code[i-2] {
			fmt.Fprintln(m, printable(line))
		}
	}
	fmt.Fprintln(m, "```")
}

// retirement writes the way out of a workload.
func (m markdown) retirement(x runway.Retirement) {
	m.line("\n## Retiring %s, which ends on %s", x.Workload, x.Ends)
	if len(x.Kept) > 0 {
		m.head("data", "kept where", "until", "why")
		for _, k := range x.Kept {
			m.row(k.Data, k.Where, orWord(k.Until, "no day"), k.Why)
		}
	}
	m.head("", "on", "step", "who")
	for i, s := range x.Steps {
		m.row(fmt.Sprint(i+1), orWord(s.On, "no day"), s.What, s.Who)
	}
	for i, s := range x.Steps {
		m.line("\n### Step %d, %s\n\n%s.", i+1, orWord(s.On, "no day"), capital(s.Why))
		m.commands(given(s.Check), given(s.How))
	}
}

func given(s string) []string {
	if s == "" {
		return nil
	}
	return []string{s}
}
