package policy

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"airfield/arm"
	"airfield/expr"
)

// The functions that rules have beside the general ones of package expr:
// learn.microsoft.com/azure/governance/policy/concepts/definition-structure-policy-rule#policy-functions

// function is one of them. One that is later depends on the request.
type function struct {
	min, max int
	mode     expr.Mode
	later    bool
	eval     func(m *machine, c *expr.Call) (arm.Value, error)
}

var functions = map[string]function{
	"parameters":      {1, 1, expr.Known, false, (*machine).parameters},
	"field":           {1, 1, expr.Known, true, (*machine).fieldFunction},
	"current":         {0, 1, expr.Known, true, (*machine).current},
	"resourcegroup":   {0, 0, expr.Known, true, (*machine).resourceGroup},
	"subscription":    {0, 0, expr.Known, true, (*machine).subscription},
	"requestcontext":  {0, 0, expr.Known, true, (*machine).requestContext},
	"policy":          {0, 0, expr.Known, true, (*machine).policyFunction},
	"utcnow":          {0, 0, expr.Known, true, (*machine).utcNow},
	"adddays":         {2, 2, expr.Known, false, (*machine).addDays},
	"iprangecontains": {2, 2, expr.Known, false, ipRangeContains},
	"bool":            {1, 1, expr.Known, false, (*machine).toBool},
}

var null = arm.New(nil)

// initialize makes the machine ready to evaluate expressions.
func (m *machine) initialize() {
	own := make(map[string]expr.Func, len(functions)+len(refused))
	for name, f := range functions {
		own[name] = expr.Func{Min: f.min, Max: f.max, Mode: f.mode, Eval: func(c *expr.Call) (arm.Value, error) { return f.eval(m, c) }}
	}
	m.env = expr.Env{
		Func:   func(name string) (expr.Func, bool) { f, ok := own[name]; return f, ok },
		Policy: true,
		NullMember: func(base string) bool {
			m.tagless = strings.EqualFold(base, "resourceGroup().tags") || strings.EqualFold(base, "subscription().tags")
			return m.tagless
		},
		Budget: &m.budget,
	}
}

func (m *machine) parameters(c *expr.Call) (arm.Value, error) {
	name := c.Str(0)
	v, ok := m.rule.parameter(name)
	if !ok {
		return v, fmt.Errorf("no parameter %q", name)
	}
	return v, nil
}

// fieldFunction gives the value of a field of the resource that is judged,
// also where conditions read a related one: all selected values of an alias
// with [*], and "" for what is missing.
func (m *machine) fieldFunction(c *expr.Call) (arm.Value, error) {
	name := c.Str(0)
	f, ok := m.named[name]
	if !ok {
		f = m.o.field(name, m.around())
	}
	if m.sketch != nil {
		return m.sketchedValue(f), nil
	}
	around := m.subject
	m.subject = &m.origin
	defer func() { m.subject = around }()
	if f.kind == locationField {
		return m.found(m.subject.region), nil // as written
	}
	if d, direct := m.subject.direct(f); direct {
		return m.found(d.value()), nil
	}
	r, state := m.route(f)
	switch {
	case state == maybe:
		return expr.Compute(fmt.Sprintf("reference('%s')", strings.ReplaceAll(name, "'", "''")))
	case state == no && f.all:
		return arm.New(arm.A{}), nil
	case state == no:
		return m.found(arm.Value{}), nil
	}
	if r.part != "" {
		d := partOfID(datumOf(lead(m.start(r), r.path)), r.part)
		return m.found(d.value()), nil
	}
	if !f.all {
		return m.found(lead(m.start(r), r.path)), nil
	}
	return all(m.start(r), r.path)
}

func (m *machine) found(v arm.Value) arm.Value {
	if v.Kind() > arm.Null {
		return v
	}
	if m.o.on(MissingFieldIsNull) {
		return null
	}
	return emptyText
}

var emptyText = arm.New("")

// lead follows a path without [*].
func lead(v arm.Value, p path) arm.Value {
	for _, s := range p {
		switch {
		case v.Kind() == arm.Unknown:
			return v
		case s.name != "":
			v = v.Get(s.name)
		default:
			v = v.At(s.index)
		}
	}
	return v
}

// all gives every value that a path selects, or the unknown value that keeps
// them from being known. Where they are the items of one array it is that.
func all(v arm.Value, p path) (arm.Value, error) {
	if last := len(p) - 1; last >= 0 && p[last].all() && !slices.ContainsFunc(p[:last], step.all) {
		if v := lead(v, p[:last]); v.Kind() == arm.Array {
			return v, nil
		}
	}
	var list []arm.Value
	if unknown := collect(v, p, &list); unknown.Exists() {
		return unknown, nil
	}
	return arm.ArrayOf(list)
}

func collect(v arm.Value, p path, list *[]arm.Value) arm.Value {
	for i, s := range p {
		switch {
		case v.Kind() == arm.Unknown:
			return v
		case s.name != "":
			v = v.Get(s.name)
		case s.index != every:
			v = v.At(s.index)
		default:
			for item := range v.Items() {
				if unknown := collect(item, p[i+1:], list); unknown.Exists() {
					return unknown
				}
			}
			if v.Kind() == arm.Unknown {
				return v
			}
			return arm.Value{}
		}
	}
	if v.Exists() {
		*list = append(*list, v)
	}
	return arm.Value{}
}

// current gives the value of the innermost iteration that the name fits.
func (m *machine) current(c *expr.Call) (arm.Value, error) {
	if len(m.scopes) == 0 {
		return arm.Value{}, errors.New("there is no count around")
	}
	if c.Len() == 0 {
		if len(m.scopes) > 1 && m.o.on(CurrentNeedsName) {
			return arm.Value{}, errors.New("needs a name inside nested counts")
		}
		return m.scopes[len(m.scopes)-1].value, nil
	}
	name := c.Str(0)
	for i := len(m.scopes) - 1; i >= 0; i-- {
		if s := &m.scopes[i]; s.field == nil && strings.EqualFold(s.name, name) {
			return s.value, nil
		}
	}
	f, ok := m.named[name]
	if !ok {
		f = m.o.field(name, m.around())
	}
	if r, state := m.route(f); state == yes && r.from >= 0 && r.from < len(m.scopes) {
		if !slices.ContainsFunc(r.path, step.all) {
			return lead(m.scopes[r.from].value, r.path), nil
		}
		return all(m.scopes[r.from].value, r.path)
	}
	return arm.Value{}, fmt.Errorf("no count around iterates over %q", name)
}

func (m *machine) resourceGroup(*expr.Call) (arm.Value, error) {
	if m.facts.around != nil {
		m.facts.around(m.origin.id)
	}
	return m.facts.ResourceGroup, nil
}

func (m *machine) subscription(*expr.Call) (arm.Value, error) {
	if m.facts.around != nil {
		m.facts.around(m.origin.id)
	}
	return m.facts.Subscription, nil
}

func (m *machine) requestContext(*expr.Call) (arm.Value, error) {
	if m.facts.Context.Exists() {
		return m.facts.Context, nil
	}
	version := m.origin.scanned()
	if v, ok := m.contexts[version]; ok {
		return v, nil
	}
	v := arm.New(arm.O{"apiVersion", version})
	if len(m.contexts) < 4096 {
		m.contexts[strings.Clone(version)] = v
	}
	return v, nil
}

func (m *machine) policyFunction(*expr.Call) (arm.Value, error) {
	if m.facts.Policy.Exists() {
		return m.facts.Policy, nil
	}
	return m.rule.identity(), nil
}

// toBool takes what .NET takes: "true" and "false" in any case, and numbers.
func (m *machine) toBool(c *expr.Call) (arm.Value, error) {
	d := datumOf(c.Arg(0))
	f, isNumber := d.float()
	switch text := strings.ToLower(strings.TrimSpace(d.text)); {
	case text == "true", text == "false":
		return arm.New(text == "true"), nil
	case isNumber && (d.kind == arm.Number || m.o.on(BoolFromText) && (text == "0" || text == "1")):
		return arm.New(f != 0), nil
	}
	c.Wrong(0, `"true", "false" or a number`)
	return arm.Value{}, nil
}

const (
	longDate  = "2006-01-02T15:04:05.0000000Z"
	shortDate = "2006-01-02T15:04:05Z"
)

func (m *machine) date(t time.Time) arm.Value {
	if m.o.on(ShortDates) {
		return arm.New(t.UTC().Format(shortDate))
	}
	return arm.New(t.UTC().Format(longDate))
}

func (m *machine) utcNow(*expr.Call) (arm.Value, error) {
	if m.facts.Clock != "" {
		return arm.New(m.facts.Clock), nil
	}
	if m.o.Now.IsZero() {
		return expr.Compute("utcNow()")
	}
	if !m.now.Exists() {
		m.now = m.date(m.o.Now)
	}
	return m.now, nil
}

func (m *machine) addDays(c *expr.Call) (arm.Value, error) {
	text, days := c.Str(0), c.Int(1)
	t, err := time.Parse("2006-01-02T15:04:05.9999999Z", text)
	if err != nil {
		return arm.Value{}, fmt.Errorf("%q is no date of the form yyyy-MM-ddTHH:mm:ss.fffffffZ", text)
	}
	if days < -4_000_000 || days > 4_000_000 {
		return arm.Value{}, fmt.Errorf("%d days lead out of the calendar", days)
	}
	t = t.AddDate(0, 0, int(days))
	if y := t.Year(); y < 1 || y > 9999 {
		return arm.Value{}, fmt.Errorf("%d days lead out of the calendar", days)
	}
	return m.date(t), nil
}

// ipRangeContains tells whether one range of addresses lies in another. A range
// is an address, a prefix, whose host bits do not matter, or two addresses with
// a hyphen between them.
func ipRangeContains(_ *machine, c *expr.Call) (arm.Value, error) {
	outer, inner := c.Str(0), c.Str(1)
	a, b, err := ipRange(outer)
	if err != nil {
		return arm.Value{}, err
	}
	x, y, err := ipRange(inner)
	if err != nil {
		return arm.Value{}, err
	}
	return arm.New(a.Is4() == x.Is4() && a.Compare(x) <= 0 && y.Compare(b) <= 0), nil
}

func ipRange(s string) (from, to netip.Addr, err error) {
	if p, err := netip.ParsePrefix(s); err == nil {
		p = p.Masked()
		return p.Addr(), last(p), nil
	}
	first, second, two := strings.Cut(s, "-")
	from, err = netip.ParseAddr(strings.TrimSpace(first))
	if to = from; err == nil && two {
		to, err = netip.ParseAddr(strings.TrimSpace(second))
	}
	if err != nil || from.Is4() != to.Is4() || to.Less(from) {
		return from, to, fmt.Errorf("%q is no range of IP addresses", s)
	}
	return from, to, nil
}

// last gives the last address of a prefix.
func last(p netip.Prefix) netip.Addr {
	b := p.Addr().AsSlice()
	for i := p.Bits(); i < len(b)*8; i++ {
		b[i/8] |= 0x80 >> (i % 8)
	}
	a, _ := netip.AddrFromSlice(b)
	return a
}
