package access

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Condition is a condition of an assignment or of a role's permission:
//
//	(!(ActionMatches{'Microsoft.Authorization/roleAssignments/write'}))
//	OR
//	(@Request[Microsoft.Authorization/roleAssignments:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals {…})
//
// Its guards (ActionMatches) are evaluated by the action asked for. What it
// compares is known where the question gives the attributes; else the condition
// holds conditionally. The zero Condition always holds. The language:
// learn.microsoft.com/azure/role-based-access-control/conditions-format.
type Condition struct {
	Text string
	Err  error // why the text could not be read; nothing is then known of what it constrains
	root term
}

// Attributes are what is known of a request: the values of an attribute by its
// source and name as written, such as "@Request" and
// "Microsoft.Authorization/roleAssignments:RoleDefinitionId".
type Attributes func(source, name string) (values []string, known bool)

// term is a part of a condition. It is Yes, No, or Conditional.
type term func(q Question) Decision

// holds tells whether the condition lets a request pass.
func (c Condition) holds(q Question) Decision {
	switch {
	case strings.TrimSpace(c.Text) == "":
		return Yes
	case c.Err != nil:
		return Conditional
	}
	return c.root(q)
}

// MarshalText gives the condition's text.
func (c Condition) MarshalText() ([]byte, error) { return []byte(c.Text), nil }

// ReadCondition reads a condition.
func ReadCondition(text string) Condition {
	c := Condition{Text: text}
	if strings.TrimSpace(text) == "" {
		return c
	}
	p := parser{rest: text}
	p.next()
	c.root = p.either()
	if p.token != "" {
		p.fail("%q behind its end", p.token)
	}
	c.Err = p.err
	return c
}

// deepest is how deeply parentheses and negations may nest.
const deepest = 200

// parser reads a condition from left to right.
type parser struct {
	rest  string
	token string // the next: a word, a sign, or '' around a text; "" at the end
	depth int
	err   error
}

func (p *parser) fail(format string, args ...any) {
	if p.err == nil {
		p.err = fmt.Errorf("the condition has "+format, args...)
	}
	p.rest, p.token = "", ""
}

// next reads a token. An attribute is one, with its brackets.
func (p *parser) next() {
	p.rest = strings.TrimLeft(p.rest, " \t\r\n")
	end := 1
	switch {
	case p.rest == "":
		p.token = ""
		return
	case strings.HasPrefix(p.rest, "&&"), strings.HasPrefix(p.rest, "||"):
		end = 2
	case p.rest[0] == '\'':
		end = closing(p.rest)
	case p.rest[0] == '@':
		end = strings.IndexByte(p.rest, ']') + 1
	case !strings.ContainsRune("(){},!", rune(p.rest[0])):
		if end = strings.IndexAny(p.rest, " \t\r\n(){},!'@&|"); end < 0 {
			end = len(p.rest)
		}
	}
	if end <= 0 {
		p.fail("no end to %.20q", p.rest)
		return
	}
	p.token, p.rest = p.rest[:end], p.rest[end:]
}

// closing gives the length of a quoted text, 0 where it does not end. A
// backslash keeps what follows it from ending the text.
func closing(text string) int {
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '\'':
			return i + 1
		}
	}
	return 0
}

// accept takes the next token if it is one of these.
func (p *parser) accept(tokens ...string) bool {
	ok := slices.ContainsFunc(tokens, func(t string) bool { return p.token != "" && strings.EqualFold(t, p.token) })
	if ok {
		p.next()
	}
	return ok
}

func (p *parser) want(token string) {
	if !p.accept(token) {
		p.fail("%q where %q must stand", p.token, token)
	}
}

func (p *parser) either() term {
	terms := []term{p.both()}
	for p.accept("OR", "||") {
		terms = append(terms, p.both())
	}
	return func(q Question) Decision {
		d := No
		for _, t := range terms {
			d = max(d, t(q))
		}
		return d
	}
}

func (p *parser) both() term {
	terms := []term{p.negated()}
	for p.accept("AND", "&&") {
		terms = append(terms, p.negated())
	}
	return func(q Question) Decision {
		d := Yes
		for _, t := range terms {
			d = min(d, t(q))
		}
		return d
	}
}

func (p *parser) negated() term {
	if p.depth++; p.depth > deepest {
		p.fail("more than %d parts in each other", deepest)
	}
	defer func() { p.depth-- }()
	switch {
	case p.accept("NOT", "!"):
		t := p.negated()
		return func(q Question) Decision { return t(q).not() }
	case p.accept("("):
		t := p.either()
		p.want(")")
		return t
	case p.accept("ActionMatches"):
		patterns := p.values()
		return func(q Question) Decision {
			return decided(slices.ContainsFunc(patterns, func(x string) bool { return Matches(x, q.Action) }))
		}
	case p.accept("SubOperationMatches"):
		p.values()
		return undecided
	case p.accept("Exists", "NotExists"):
		p.operand()
		return undecided
	}
	return p.comparison()
}

// undecided is a term that only the request decides.
func undecided(Question) Decision { return Conditional }

// comparison reads an operator between two operands.
func (p *parser) comparison() term {
	left := p.operand()
	operator := p.token
	if !strings.ContainsAny(operator, "abcdefghijklmnopqrstuvwxyz") || operator[0] == '@' || operator[0] == '\'' {
		p.fail("%q where an operator must stand", operator)
		return undecided
	}
	p.next()
	right := p.operand()
	return func(q Question) Decision {
		l, known := left(q.Known)
		r, too := right(q.Known)
		if !known || !too {
			return Conditional
		}
		return compare(operator, l, r)
	}
}

// operand reads an attribute, a value or a list of values.
func (p *parser) operand() func(Attributes) ([]string, bool) {
	if strings.HasPrefix(p.token, "@") {
		source, name, _ := strings.Cut(strings.TrimSuffix(p.token, "]"), "[")
		p.next()
		return func(known Attributes) ([]string, bool) {
			if known == nil {
				return nil, false
			}
			return known(source, name)
		}
	}
	values := p.values()
	return func(Attributes) ([]string, bool) { return values, true }
}

// values reads one value, or a list in braces.
func (p *parser) values() []string {
	if !p.accept("{") {
		return []string{p.value()}
	}
	var all []string
	for !p.accept("}") && p.err == nil {
		if len(all) > 0 {
			p.want(",")
		}
		all = append(all, p.value())
	}
	return all
}

func (p *parser) value() string {
	text := p.token
	if text == "" || strings.Contains("(){},!&&||", text) {
		p.fail("%q where a value must stand", text)
	}
	p.next()
	return strings.Trim(text, "'")
}

// comparers are the comparisons that are evaluated; of others the result is
// not known.
var comparers = map[string]func(l, r string) bool{
	"stringequals":           func(l, r string) bool { return l == r },
	"stringequalsignorecase": strings.EqualFold,
	"guidequals":             func(l, r string) bool { return strings.EqualFold(plain(l), plain(r)) },
}

// plain writes a GUID without hyphens, as some conditions do.
func plain(guid string) string { return strings.ReplaceAll(guid, "-", "") }

// compare compares the values on two sides, each with each, as the operator's
// quantifier says: ForAnyOfAllValues:GuidNotEquals.
func compare(operator string, left, right []string) Decision {
	quantifier, name, quantified := strings.Cut(strings.ToLower(operator), ":")
	if !quantified {
		quantifier, name = "foranyofanyvalues", quantifier
	}
	positive := strings.Replace(name, "not", "", 1)
	equal, ok := comparers[positive]
	if !ok {
		return Conditional
	}
	met := func(l, r string) bool { return equal(l, r) == (positive == name) }
	one := func(l string) bool { return slices.ContainsFunc(right, func(r string) bool { return met(l, r) }) }
	every := func(l string) bool { return !slices.ContainsFunc(right, func(r string) bool { return !met(l, r) }) }
	switch quantifier {
	case "foranyofanyvalues":
		return decided(slices.ContainsFunc(left, one))
	case "foranyofallvalues":
		return decided(slices.ContainsFunc(left, every))
	case "forallofanyvalues":
		return decided(!slices.ContainsFunc(left, func(l string) bool { return !one(l) }))
	case "forallofallvalues":
		return decided(!slices.ContainsFunc(left, func(l string) bool { return !every(l) }))
	}
	return Conditional
}

// unreadable says what is wrong with conditions, nil where nothing is.
func unreadable(all ...Condition) error {
	var errs []error
	for _, c := range all {
		errs = append(errs, c.Err)
	}
	return errors.Join(errs...)
}
