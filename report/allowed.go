package report

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"

	"airfield/arm"
	"airfield/catalog"
	"airfield/policy"
)

// What may be created at a scope: values that share a decision, and the rules
// that make it, are printed together, sizes by their families.

// Permitted is what may be created at a scope, as data.
type Permitted struct {
	Scope   arm.ID     `json:"scope"`
	Lacks   string     `json:"lacks,omitempty"` // what keeps it from being known that all policies were seen
	Answers []AnswerOf `json:"answers"`
	Gaps    int        `json:"gaps,omitempty"`  // types with GPUs that a list leaves out: --coverage
	Below   []arm.ID   `json:"below,omitempty"` // scopes below with assignments, exemptions or exclusions of their own
}

// AnswerOf is the answer about one property.
type AnswerOf struct {
	Type     arm.Type   `json:"type,omitempty"`
	Property string     `json:"property"`
	Choices  []ChoiceOf `json:"choices"`
}

// ChoiceOf is the answer for one value.
type ChoiceOf struct {
	Value    string      `json:"value"`
	Missing  bool        `json:"missing,omitempty"`  // of resources without the property
	AnyOther bool        `json:"anyOther,omitempty"` // of all values that no rule names
	Decision string      `json:"decision"`           // allowed, denied or unknown
	By       []FindingOf `json:"by,omitempty"`
}

// Permit makes data of answers about a scope.
func Permit(scope arm.ID, answers []policy.Answer) Permitted {
	p := Permitted{Scope: scope, Answers: []AnswerOf{}}
	for _, a := range answers {
		out := AnswerOf{Type: a.Type, Property: a.Property, Choices: []ChoiceOf{}}
		for _, c := range a.Choices {
			p.Lacks = cmp.Or(p.Lacks, c.Lacks)
			x := ChoiceOf{Value: c.Value, Missing: c.Missing, AnyOther: c.Value == policy.AnyOther, Decision: c.Decision.String()}
			for i := range c.By {
				x.By = append(x.By, findingOf(&c.By[i]))
			}
			out.Choices = append(out.Choices, x)
		}
		p.Answers = append(p.Answers, out)
	}
	return p
}

// PermitAll makes data of all that may be created at a scope.
func PermitAll(scope arm.ID, all policy.Permits) Permitted {
	p := Permit(scope, slices.Concat([]policy.Answer{all.Sizes, all.Regions, all.Types}, all.Others, all.Tags))
	p.Gaps, p.Below = all.Gaps, all.Below
	return p
}

// Allowed prints what may be created at a scope.
func Allowed(w io.Writer, p Permitted, o Options) error {
	out := newPrinter(w, o)
	out.line(span{strong, "at " + p.Scope.Place()})
	if p.Lacks != "" {
		out.wrap([]span{{normal, "  nothing is known to be allowed: "}}, "    ", p.Lacks, normal)
	}
	unread := map[string]bool{}
	for _, s := range sections(p.Answers) {
		out.section(s, unread)
	}
	for i, text := range slices.Sorted(maps.Keys(unread)) {
		if i == 0 {
			out.heading("not read", "what these policies say is not known")
		}
		out.wrap([]span{{normal, "  "}}, "    ", text, normal)
	}
	if p.Gaps > 0 {
		out.line()
		out.wrap(nil, "  ", fmt.Sprintf("%d properties of types with GPUs escape a list of sizes or locations; --coverage names them.", p.Gaps), normal)
	}
	if len(p.Below) > 0 {
		out.line()
		var names []string
		for _, id := range p.Below[:min(5, len(p.Below))] {
			names = append(names, id.Place())
		}
		if rest := len(p.Below) - len(names); rest > 0 {
			names = append(names, fmt.Sprintf("%d more", rest))
		}
		out.wrap(nil, "  ", "Ask below too, where there are assignments, exemptions or exclusions: "+strings.Join(names, ", "), normal)
	}
	return out.w.Flush()
}

// section is an answer, or several that are the same but for the type.
type section struct {
	AnswerOf
	types []arm.Type
}

// sections puts answers that say the same of several types together, and leaves
// out, of several, what is allowed altogether.
func sections(all []AnswerOf) []section {
	var out []section
	at := map[string]int{}
	for _, a := range all {
		key := strings.ToLower(a.Property)
		for _, c := range a.Choices {
			key += "\n" + c.Value + "\t" + c.blame()
		}
		tag := strings.HasPrefix(a.Property, "tags[")
		if i, same := at[key]; same && tag {
			out[i].types = append(out[i].types, a.Type)
			continue
		}
		at[key] = len(out)
		out = append(out, section{a, []arm.Type{a.Type}})
	}
	return slices.DeleteFunc(out, func(s section) bool {
		return len(all) > 1 && s.Type != "" && !s.plain() && !slices.ContainsFunc(s.Choices, func(c ChoiceOf) bool { return c.Decision != "allowed" })
	})
}

// plain tells whether it is about sizes or locations.
func (s *section) plain() bool {
	return s.Property == "location" || s.Property == policy.SizeAlias(s.Type)
}

// blame is the same for choices that are decided the same way by the same rules.
func (c *ChoiceOf) blame() string {
	s := c.Decision
	for _, f := range c.By {
		if c.Decision == "denied" && !f.Denies {
			continue
		}
		s += fmt.Sprint("\n", f.ID, f.Reference, f.Policy, f.Denies, f.Reason)
	}
	return s
}

// title names what was asked.
func (s *section) title() string {
	name := s.Property
	if s.plain() {
		name = map[bool]string{true: "regions", false: "sizes"}[name == "location"]
	}
	if tag, ok := strings.CutPrefix(name, "tags['"); ok {
		name = "tag " + strings.TrimSuffix(tag, "']")
	}
	switch {
	case s.Type == "":
		return "resource types"
	case len(s.types) > 4:
		return fmt.Sprintf("%s of %d other types", name, len(s.types))
	case len(s.types) == 1:
		return strings.TrimPrefix(name, string(s.Type)+"/") + " of " + string(s.Type)
	}
	var short []string
	for _, t := range s.types {
		short = append(short, string(t[strings.LastIndexByte(string(t), '/')+1:]))
	}
	return name + " of " + strings.Join(short, ", ")
}

// verdictStyles are the colours of decisions.
var verdictStyles = map[string]style{"allowed": "32", "denied": "31", "unknown": "33"}

func (p *printer) section(s section, unread map[string]bool) {
	count := map[string]int{}
	groups := map[string][]ChoiceOf{}
	var order []string
	for _, c := range s.Choices {
		count[c.Decision]++
		key := c.blame()
		if s.Type == "" && c.Decision == "unknown" {
			key = c.Decision
		}
		if groups[key] == nil {
			order = append(order, key)
		}
		groups[key] = append(groups[key], c)
	}
	var counts []string
	for _, d := range []string{"allowed", "unknown", "denied"} {
		if count[d] > 0 {
			counts = append(counts, fmt.Sprintf("%d %s", count[d], verdicts[d][0]))
		}
	}
	p.line()
	p.wrap([]span{{strong, s.title()}, {normal, "  "}}, "  ", strings.ToLower(strings.Join(counts, ", ")), dim)
	slices.SortStableFunc(order, func(a, b string) int { return rankOf(groups[a][0]) - rankOf(groups[b][0]) })
	for _, key := range order {
		if s.Type == "" && key == "unknown" && len(groups[key][0].By) > 0 {
			p.depends(groups[key])
		} else {
			p.group(groups[key], s.Choices, unread)
		}
	}
}

// depends prints types of which policies ask for more than the type.
func (p *printer) depends(group []ChoiceOf) {
	var words []string
	for _, c := range group {
		words = append(words, fmt.Sprintf("%s (%d)", c.Value, len(c.By)))
	}
	p.wrap(verdictHead("unknown"), strings.Repeat(" ", 13), strings.Join(words, ", ")+": the number of policies that deny some of them; see --type", normal)
}

func verdictHead(decision string) []span {
	name := verdicts[decision][0]
	return []span{{normal, "  "}, {verdictStyles[decision], name}, {normal, pad(len(name), 11)}}
}

func rankOf(c ChoiceOf) int {
	return slices.Index([]string{"allowed", "unknown", "denied"}, c.Decision)
}

// group prints choices that are decided the same way: of those that are denied,
// by which rules, of others what may deny them. Rules that were not read are put
// into unread.
func (p *printer) group(group, all []ChoiceOf, unread map[string]bool) {
	head, indent := verdictHead(group[0].Decision), strings.Repeat(" ", 13)
	for _, text := range p.named(group, all) {
		p.wrap(head, indent, text, normal)
		head = []span{{normal, indent}}
	}
	var by []string
	lost := 0
	for _, f := range group[0].By {
		switch {
		case group[0].Decision == "denied" && !f.Denies && !p.o.Full:
		case f.Unread:
			lost++
			unread[f.blame()] = true
		default:
			by = append(by, f.blame())
		}
	}
	const most = 6
	if n := len(by) - most; n > 1 && !p.o.Full {
		by = append(by[:most], fmt.Sprintf("%d more; --full names them", n))
	}
	if lost > 0 {
		by = append(by, fmt.Sprintf("%d policies that were not read, see below", lost))
	}
	for _, text := range by {
		p.wrap([]span{{dim, indent + "by "}}, indent+"   ", text, dim)
	}
}

// blame says which rule it is, where, and why it is not sure.
func (f *FindingOf) blame() string {
	s := fmt.Sprintf("%q at %s", f.Assignment, f.AssignedAt.Place())
	if f.Policy != f.Assignment {
		s = fmt.Sprintf("%q of %s", f.Policy, s)
	}
	switch {
	case f.Reason != "" && (f.Denies || f.Unread || f.Effect == "modify" || f.Effect == "append"):
		return s + ": " + f.Reason
	case f.Reason != "":
		return s + ", where it depends on " + f.Reason
	}
	return s
}

// named gives the values of a group, sizes by families: those with GPUs in a
// text of their own.
func (p *printer) named(group, all []ChoiceOf) []string {
	var gpu, other []string
	in, of := map[string][]string{}, map[string]int{}
	for _, c := range all {
		of[familyOf(c.Value)]++
	}
	for _, c := range group {
		f := familyOf(c.Value)
		if in[f] == nil {
			if s, ok := catalog.SizeByName(c.Value); ok && s.GPUs > 0 {
				gpu = append(gpu, f)
			} else {
				other = append(other, f)
			}
		}
		in[f] = append(in[f], c.name())
	}
	write := func(families []string, most int) string {
		if most = min(most, len(families)); len(group) <= 40 || p.o.Full {
			most = len(families)
		}
		var words []string
		for _, f := range families[:most] {
			switch n := len(in[f]); {
			case n == 1 || n <= 3 && n < of[f] || p.o.Full:
				words = append(words, in[f]...)
			case n == of[f]:
				words = append(words, f)
			default:
				words = append(words, fmt.Sprintf("%s (%d of %d)", f, n, of[f]))
			}
		}
		s := strings.Join(words, ", ")
		if rest := len(families) - most; rest > 0 {
			s += fmt.Sprintf(" and %d more", rest)
		}
		return s
	}
	var texts []string
	if len(gpu) > 0 {
		texts = append(texts, "with GPUs: "+write(gpu, len(gpu)))
	}
	if len(other) > 0 {
		prefix := ""
		if len(gpu) > 0 {
			prefix = "without: "
		}
		texts = append(texts, prefix+write(other, 12))
	}
	return texts
}

func (c *ChoiceOf) name() string {
	switch {
	case c.Missing:
		return "(none)"
	case c.AnyOther:
		return "(any other)"
	}
	return c.Value
}

var sizeName = regexp.MustCompile(`^(Standard|Basic)_([A-Z]+)\d[^_]*(.*)$`)

// familyOf gives the family of a size as a pattern, such as
// Standard_ND*_H100_v5, and of any other value the value.
func familyOf(value string) string {
	if _, ok := catalog.SizeByName(value); !ok {
		return value
	}
	return sizeName.ReplaceAllString(value, "${1}_$2*$3")
}

// CoverageOf is how one restriction holds the types with GPUs, as data.
type CoverageOf struct {
	Of         string          `json:"of"` // sizes or locations
	Policy     string          `json:"policy"`
	Assignment string          `json:"assignment"`
	AssignedAt arm.ID          `json:"assignedAt"`
	ID         arm.ID          `json:"assignmentId"`
	Definition arm.ID          `json:"definitionId"`
	Denied     []string        `json:"denied"`
	Types      []HoldOf        `json:"types"`
	Closes     json.RawMessage `json:"closes,omitempty"` // the definition that binds what escapes
}

// HoldOf is how a restriction holds one property of a type.
type HoldOf struct {
	Type     arm.Type `json:"type"`
	Name     string   `json:"name"`
	Property string   `json:"property,omitempty"`
	Grip     string   `json:"grip"` // binds, others, nodes, refused, escapes or cannot
	Indexed  bool     `json:"indexed,omitempty"`
	Free     []string `json:"free,omitempty"`
	Why      string   `json:"why,omitempty"`
}

// Covers makes data of restrictions.
func Covers(all []policy.Restriction) []CoverageOf {
	out := []CoverageOf{}
	for i := range all {
		r := &all[i]
		c := CoverageOf{Of: r.Of, Policy: r.Policy(), Assignment: r.Title, AssignedAt: r.Scope, ID: r.ID, Definition: r.Rule.ID, Denied: r.Denied}
		if r.Closes.Exists() {
			c.Closes = json.RawMessage(r.Closes.Text())
		}
		for _, h := range r.Holds {
			c.Types = append(c.Types, HoldOf{h.Type, h.Name, h.Property, h.Grip.String(), h.Grip == policy.PassesOver, h.Free, h.Why})
		}
		out = append(out, c)
	}
	return out
}

// grips are how a restriction may hold a type, in the order printed.
var grips = []struct{ grip, name, note, decision string }{
	{"binds", "binds", "", "allowed"},
	{"refused", "refused", ": altogether", ""},
	{"others", "bound", ": by other assignments", ""},
	{"nodes", "late", ": when the service makes the machines, which are bound", ""},
	{"escapes", "ESCAPES", "", "denied"},
	{"cannot", "cannot", "", ""},
}

// Coverage prints how restrictions hold the types with GPUs.
func Coverage(w io.Writer, scope arm.ID, all []CoverageOf, o Options) error {
	p := newPrinter(w, o)
	p.line(span{strong, "at " + scope.Place()})
	if len(all) == 0 {
		p.wrap(nil, "  ", "no rule in force denies sizes or locations whatever the other properties are", normal)
	}
	for _, c := range all {
		p.line()
		p.wrap(nil, "  ", fmt.Sprintf("%q at %s denies %d %s", c.Assignment, c.AssignedAt.Place(), len(c.Denied), c.Of), strong)
		for _, g := range grips {
			var names []string
			last := ""
			for _, h := range c.Types {
				switch text := h.named(len(c.Denied)); {
				case h.Grip != g.grip:
				case h.Grip == "escapes" && h.Name == last:
					names[len(names)-1] += ", " + text
				default:
					names, last = append(names, strings.TrimSuffix(h.Name+": "+text, ": ")), h.Name
				}
			}
			if len(names) == 0 {
				continue
			}
			head := []span{{normal, "  "}, {verdictStyles[g.decision], g.name}, {normal, pad(len(g.name), 9)}}
			if g.note != "" || g.grip == "binds" {
				names = []string{strings.Join(names, ", ") + g.note}
			}
			for _, text := range names {
				p.wrap(head, "             ", text, normal)
				head = []span{{normal, "           "}}
			}
		}
	}
	if len(all) > 0 {
		p.line()
		p.wrap(nil, "  ", "CycleCloud makes virtual machines and scale sets: what binds those binds its nodes.", normal)
	}
	return p.w.Flush()
}

// named says what of a type escapes, or why it cannot be bound.
func (h *HoldOf) named(denied int) string {
	if h.Grip != "escapes" {
		return h.Why
	}
	s := strings.TrimPrefix(h.Property, string(h.Type)+"/")
	if n := len(h.Free); n < denied {
		s += fmt.Sprintf(" (%d of them)", n)
	}
	if h.Indexed {
		s += " (mode Indexed passes over it)"
	}
	return s
}
