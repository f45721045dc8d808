package policy

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/cases"

	"airfield/arm"
	"airfield/expr"
)

// The operators, as
// learn.microsoft.com/azure/governance/policy/concepts/definition-structure-policy-rule#conditions
// lists them. Strings compare without case, but for match and notMatch.

type operatorKind uint8

const (
	opEquals operatorKind = iota
	opIn
	opContains
	opContainsKey
	opLike
	opMatch
	opOrder
	opExists
)

// operator is one operator of the language: its kind, and what sets it apart
// from the others of the kind.
type operator struct {
	kind  operatorKind
	name  string
	not   bool // the complement, but for failures
	exact bool // match: with case
	less  bool // order: holds for what is less
	more  bool // order: holds for what is greater
	equal bool // order: holds for what is equal
}

var operators = map[string]operator{
	"equals":                {kind: opEquals, name: "equals"},
	"notequals":             {kind: opEquals, name: "notEquals", not: true},
	"in":                    {kind: opIn, name: "in"},
	"notin":                 {kind: opIn, name: "notIn", not: true},
	"contains":              {kind: opContains, name: "contains"},
	"notcontains":           {kind: opContains, name: "notContains", not: true},
	"containskey":           {kind: opContainsKey, name: "containsKey"},
	"notcontainskey":        {kind: opContainsKey, name: "notContainsKey", not: true},
	"like":                  {kind: opLike, name: "like"},
	"notlike":               {kind: opLike, name: "notLike", not: true},
	"match":                 {kind: opMatch, name: "match", exact: true},
	"notmatch":              {kind: opMatch, name: "notMatch", exact: true, not: true},
	"matchinsensitively":    {kind: opMatch, name: "matchInsensitively"},
	"notmatchinsensitively": {kind: opMatch, name: "notMatchInsensitively", not: true},
	"less":                  {kind: opOrder, name: "less", less: true},
	"lessorequals":          {kind: opOrder, name: "lessOrEquals", less: true, equal: true},
	"greater":               {kind: opOrder, name: "greater", more: true},
	"greaterorequals":       {kind: opOrder, name: "greaterOrEquals", more: true, equal: true},
	"exists":                {kind: opExists, name: "exists"},
}

var operatorNames = func() []string {
	names := make([]string, 0, len(operators))
	for _, o := range operators {
		names = append(names, o.name)
	}
	return names
}()

// datum is a value on the left side of an operator.
type datum struct {
	kind arm.Kind
	text string    // of a string, its content; of a number or boolean, its text
	v    arm.Value // as it stands in a body, where it does
}

func datumOf(v arm.Value) datum {
	d := datum{kind: v.Kind(), v: v}
	switch d.kind {
	case arm.String:
		d.text = v.Str()
	case arm.Number:
		d.text = number(v.Text())
	case arm.Bool:
		d.text = v.Text()
	}
	return d
}

func textDatum(s string) datum { return datum{kind: arm.String, text: s} }

// null tells whether there is no value.
func (d *datum) null() bool { return d.kind <= arm.Null }

// scalar tells whether the value has a text; one that is not there counts as
// the empty text.
func (d *datum) scalar() bool { return d.kind < arm.Array }

// value gives the datum as a value again.
func (d *datum) value() arm.Value {
	switch d.kind {
	case arm.Missing, arm.Null:
		return null
	case arm.String:
		return arm.New(d.text)
	case arm.Number, arm.Bool:
		v, _ := arm.Parse(d.text)
		return v
	}
	return d.v
}

// number writes a number without an exponent, as .NET does when it makes a
// text of it.
func number(text string) string {
	if !strings.ContainsAny(text, "eE") {
		return text
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return text
	}
	return strconv.FormatFloat(f, 'f', -1, 64)
}

// target is the right side of an operator, prepared.
type target struct {
	datum
	fold   string              // the text, case folded
	list   []target            // of an array
	set    map[string]struct{} // the folded texts of a long array of scalars
	parts  []string            // like: the folded text between the wildcards
	number float64
	isNum  bool
	date   time.Time
	isDate bool
	want   bool // exists
}

const longList = 8 // items from which on a set is faster than a loop

func prepare(op operator, v arm.Value) target {
	t := target{datum: datumOf(v)}
	t.fold = fold(t.text)
	switch op.kind {
	case opIn:
		t.prepareList(v)
	case opLike:
		t.parts = strings.Split(t.fold, "*")
	case opOrder:
		t.number, t.isNum = t.float()
		t.date, t.isDate = date(t.text)
	case opExists:
		t.want = t.fold == "true"
	}
	return t
}

func (t *target) prepareList(v arm.Value) {
	if t.kind != arm.Array {
		t.list = []target{{datum: t.datum, fold: t.fold}}
		return
	}
	scalars := true
	for item := range v.Items() {
		d := datumOf(item)
		scalars = scalars && d.scalar()
		t.list = append(t.list, target{datum: d, fold: fold(d.text)})
	}
	if len(t.list) >= longList && scalars {
		t.set = make(map[string]struct{}, len(t.list))
		for i := range t.list {
			t.set[t.list[i].fold] = struct{}{}
		}
	}
}

// test tells whether the operator holds between d and t.
func (o *operator) test(d datum, t *target, switched Option) truth {
	if d.kind == arm.Unknown {
		return o.unknown(d, t)
	}
	if t.kind == arm.Unknown {
		return maybe
	}
	r := o.holds(d, t, switched)
	if o.not {
		return r.not()
	}
	return r
}

// unknown tests what is known only after deployment. The id of a resource is
// not known, but there will be one.
func (o *operator) unknown(d datum, t *target) truth {
	if ref, ok := d.v.Ref(); ok && o.kind == opExists && ref.Path == "id" {
		return truthOf(t.want)
	}
	return maybe
}

func (o *operator) holds(d datum, t *target, switched Option) truth {
	switch o.kind {
	case opEquals:
		return equals(d, t, switched)
	case opIn:
		return in(d, t, switched)
	case opContains:
		return contains(d, t, switched)
	case opContainsKey:
		return truthOf(d.kind == arm.Object && memberOf(d.v, t.text).Exists())
	case opLike:
		return like(d, t, switched)
	case opMatch:
		return truthOf(d.scalar() && match(d.text, t.text, o.exact))
	case opOrder:
		return o.order(d, t, switched)
	}
	exists := !d.null() && (d.kind != arm.String || d.text != "" || switched&EmptyDoesNotExist == 0)
	return truthOf(exists == t.want)
}

func equals(d datum, t *target, switched Option) truth {
	if t.null() && switched&NullLiteralFails != 0 {
		return failed
	}
	if !d.scalar() || !t.scalar() {
		same := d.kind == t.kind && d.v.Equal(t.v)
		if !same && d.kind == t.kind && (holdsUnknown(d.v) || holdsUnknown(t.v)) {
			return maybe
		}
		return truthOf(same)
	}
	if switched&NumbersByValue != 0 {
		a, ok := d.float()
		if b, both := t.float(); ok && both {
			return truthOf(a == b)
		}
	}
	return truthOf(equalFold(d.text, t.fold))
}

func holdsUnknown(v arm.Value) bool {
	for range v.Refs() {
		return true
	}
	return false
}

func in(d datum, t *target, switched Option) truth {
	if d.null() && switched&NullNotIn != 0 {
		for i := range t.list {
			if t.list[i].null() {
				return yes
			}
		}
		return no
	}
	if t.set != nil && switched&NumbersByValue == 0 {
		var buf [128]byte
		_, found := t.set[string(appendFold(buf[:0], d.text))]
		return truthOf(found && d.scalar())
	}
	result := no
	for i := range t.list {
		if t.list[i].kind == arm.Unknown {
			result = maybe
			continue
		}
		switch equals(d, &t.list[i], switched&^NullLiteralFails) {
		case yes:
			return yes
		case maybe:
			result = maybe
		}
	}
	return result
}

func contains(d datum, t *target, switched Option) truth {
	switch d.kind {
	case arm.Object:
		return no
	case arm.Array:
		result := no
		for item := range d.v.Items() {
			member := datumOf(item)
			if member.kind == arm.Unknown {
				result = maybe
			} else if equals(member, t, switched) == yes {
				return yes
			}
		}
		return result
	}
	return truthOf(containsFold(d.text, t.fold))
}

func like(d datum, t *target, switched Option) truth {
	if d.null() && switched&NullIsLikeAll == 0 && len(t.parts) > 1 {
		return no
	}
	if !d.scalar() {
		return no
	}
	if switched&LikeQuestionMark != 0 {
		return truthOf(wildcard(fold(d.text), t.fold))
	}
	return truthOf(glob(d.text, t.parts))
}

// glob matches a text against folded parts with anything between them.
func glob(s string, parts []string) bool {
	if len(parts) == 1 {
		return equalFold(s, parts[0])
	}
	if !ascii(s) {
		s = fold(s)
	}
	first, last := parts[0], parts[len(parts)-1]
	if len(s) < len(first)+len(last) || !equalFold(s[:len(first)], first) || !equalFold(s[len(s)-len(last):], last) {
		return false
	}
	s = s[len(first) : len(s)-len(last)]
	for _, part := range parts[1 : len(parts)-1] {
		i := indexFold(s, part)
		if i < 0 {
			return false
		}
		s = s[i+len(part):]
	}
	return true
}

// wildcard matches * and ?, in time proportional to the product of the lengths.
func wildcard(s, pattern string) bool {
	back, from := -1, 0
	i, j := 0, 0
	for i < len(s) {
		switch {
		case j < len(pattern) && pattern[j] == '*':
			back, from = j, i
			j++
		case j < len(pattern) && (pattern[j] == '?' || pattern[j] == s[i]):
			i, j = i+1, j+1
		case back >= 0:
			from++
			i, j = from, back+1
		default:
			return false
		}
	}
	return strings.Trim(pattern[j:], "*") == ""
}

// match compares character by character: # stands for a digit, ? for a letter,
// . for any character.
func match(s, pattern string, exact bool) bool {
	for pattern != "" {
		if s == "" {
			return false
		}
		p, n := utf8.DecodeRuneInString(pattern)
		c, m := utf8.DecodeRuneInString(s)
		switch {
		case p == '#' && '0' <= c && c <= '9':
		case p == '?' && ('a' <= c|0x20 && c|0x20 <= 'z'):
		case p == '.':
		case p == '#' || p == '?':
			return false
		case p != c && (exact || !strings.EqualFold(pattern[:n], s[:m])):
			return false
		}
		pattern, s = pattern[n:], s[m:]
	}
	return s == ""
}

// order compares numbers with numbers, dates with dates, and texts with texts.
// A text that is a number compares with a number; other pairs fail.
func (o *operator) order(d datum, t *target, switched Option) truth {
	if d.null() && switched&NullOrderFails == 0 {
		if o.not {
			return yes
		}
		return no
	}
	if !d.scalar() || !t.scalar() || t.null() || d.null() {
		return failed
	}
	if d.kind == arm.Number || t.kind == arm.Number {
		a, ok := d.float()
		if !ok || !t.isNum {
			return failed
		}
		return o.ordered(compare(a, t.number))
	}
	if d.kind != t.kind {
		return failed
	}
	if t.isDate {
		if a, ok := date(d.text); ok {
			return o.ordered(a.Compare(t.date))
		}
	}
	return o.ordered(expr.Compare(fold(d.text), t.fold))
}

func (o *operator) ordered(c int) truth {
	return truthOf(c < 0 && o.less || c > 0 && o.more || c == 0 && o.equal)
}

func compare(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func (d *datum) float() (float64, bool) {
	if d.kind != arm.Number && d.kind != arm.String || d.text == "" {
		return 0, false
	}
	c := d.text[0]
	if c != '-' && c != '+' && c != '.' && (c < '0' || c > '9') {
		return 0, false
	}
	f, err := strconv.ParseFloat(d.text, 64)
	return f, err == nil
}

var dateForms = []string{time.RFC3339Nano, "2006-01-02T15:04:05.9999999", "2006-01-02T15:04Z07:00"}

// date reads an ISO date and time. A day alone ("2021-04-01", an API version)
// orders the same as text.
func date(s string) (time.Time, bool) {
	if len(s) < 16 || s[4] != '-' || s[7] != '-' || s[10] != 'T' && s[10] != 't' {
		return time.Time{}, false
	}
	for _, form := range dateForms {
		if t, err := time.Parse(form, strings.ToUpper(s)); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// Text without case: ASCII directly, everything else by Unicode's full case
// folding ("ß" is "ss").

func fold(s string) string {
	if ascii(s) {
		return strings.ToLower(s)
	}
	return cases.Fold().String(s)
}

func appendFold(b []byte, s string) []byte {
	if !ascii(s) {
		return append(b, fold(s)...)
	}
	for i := range len(s) {
		b = append(b, lower(s[i]))
	}
	return b
}

func ascii(s string) bool {
	i := 0
	for ; i+8 <= len(s); i += 8 {
		if b := s[i : i+8]; (b[0]|b[1]|b[2]|b[3]|b[4]|b[5]|b[6]|b[7])&utf8.RuneSelf != 0 {
			return false
		}
	}
	for ; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// equalFold compares a text with one that is folded already.
func equalFold(s, folded string) bool {
	if s == folded {
		return true
	}
	if len(s) == len(folded) {
		for i := range len(s) {
			if s[i] != folded[i] && lower(s[i]) != folded[i] {
				return !ascii(s) && fold(s) == folded
			}
		}
		return true
	}
	return !ascii(s) && fold(s) == folded
}

func containsFold(s, folded string) bool {
	if !ascii(s) {
		return strings.Contains(fold(s), folded)
	}
	return indexFold(s, folded) >= 0
}

// indexFold finds a folded text in one that is ASCII or folded.
func indexFold(s, folded string) int {
	if folded == "" {
		return 0
	}
	for i := 0; i+len(folded) <= len(s); i++ {
		if lower(s[i]) == folded[0] && sameFold(s[i:i+len(folded)], folded) {
			return i
		}
	}
	return -1
}

func sameFold(s, folded string) bool {
	for i := range len(s) {
		if s[i] != folded[i] && lower(s[i]) != folded[i] {
			return false
		}
	}
	return true
}
