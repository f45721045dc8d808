package expr

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"airfield/arm"
)

// Comparison, logic and arithmetic.

// ifElse evaluates only the branch that is taken. Where the condition is not
// known, two equal branches still give one value.
func ifElse(c *Call) (arm.Value, error) {
	if c.Arg(0).Kind() != arm.Unknown {
		if c.Bool(0) {
			return c.Arg(1), nil
		}
		if c.err != nil {
			return arm.Value{}, nil
		}
		return c.Arg(2), nil
	}
	a, b := c.outcome(1), c.outcome(2)
	if a.err == nil && b.err == nil {
		if same, known := equal(a.value, b.value); same && known {
			return a.value, nil
		}
	}
	return c.Unknown()
}

func and(c *Call) (arm.Value, error) { return c.junction(false) }
func or(c *Call) (arm.Value, error)  { return c.junction(true) }

// junction looks for the argument that decides: false for and, true for or.
// Behind an unknown argument an error may be one that is never reached.
func (c *Call) junction(decides bool) (arm.Value, error) {
	unknown := false
	for i := range c.Len() {
		o := c.outcome(i)
		switch {
		case o.err != nil && unknown:
		case o.value.Kind() == arm.Unknown:
			unknown = true
		case c.Bool(i) == decides && c.err == nil:
			return boolean(decides), nil
		case c.err != nil:
			return arm.Value{}, nil
		}
	}
	if unknown {
		return c.Unknown()
	}
	return boolean(!decides), nil
}

func coalesce(c *Call) (arm.Value, error) {
	for i := range c.Len() {
		switch v := c.Arg(i); {
		case c.err != nil:
			return arm.Value{}, nil
		case v.Kind() == arm.Unknown && i < c.Len()-1:
			return c.Unknown()
		case v.Kind() != arm.Null:
			return v, nil
		}
	}
	return null, nil
}

func not(c *Call) (arm.Value, error) { return boolean(!c.Bool(0)), nil }

func fail(c *Call) (arm.Value, error) {
	if s := c.Str(0); c.err == nil {
		return arm.Value{}, errors.New(s)
	}
	return arm.Value{}, nil
}

func toBool(c *Call) (arm.Value, error) {
	switch v := c.Arg(0); v.Kind() {
	case arm.Bool:
		return v, nil
	case arm.Number:
		f, _ := v.Float()
		return boolean(f != 0), nil
	case arm.String:
		switch strings.ToLower(strings.TrimSpace(v.Str())) {
		case "true":
			return yes, nil
		case "false":
			return no, nil
		}
	}
	c.Wrong(0, `"true", "false" or a number`)
	return arm.Value{}, nil
}

func equals(c *Call) (arm.Value, error) {
	same, known := equal(c.Arg(0), c.Arg(1))
	if !known {
		return c.Unknown()
	}
	return boolean(same), nil
}

// equal compares as equals does: numbers by what they are worth, strings with
// case, members' names without. It is not known where something unknown would
// decide.
func equal(a, b arm.Value) (same, known bool) {
	ak, bk := a.Kind(), b.Kind()
	switch {
	case ak == arm.Unknown || bk == arm.Unknown:
		ar, _ := a.Ref()
		br, _ := b.Ref()
		same = ak == bk && ar.Equal(br)
		return same, same
	case ak != bk:
		return false, true
	}
	switch ak {
	case arm.Number:
		return a.Text() == b.Text() || compareNumbers(a, b) == 0, true
	case arm.Array:
		return equalItems(a, b)
	case arm.Object:
		return equalMembers(a, b)
	}
	return a.Equal(b), true
}

func equalItems(a, b arm.Value) (same, known bool) {
	var bs []arm.Value
	for item := range b.Items() {
		bs = append(bs, item)
	}
	i, known := 0, true
	for item := range a.Items() {
		if i >= len(bs) {
			return false, true
		}
		s, k := equal(item, bs[i])
		if k && !s {
			return false, true
		}
		known = known && k
		i++
	}
	return i == len(bs), known || i != len(bs)
}

func equalMembers(a, b arm.Value) (same, known bool) {
	if a.Len() != b.Len() {
		return false, true
	}
	known = true
	for name, value := range a.Members() {
		other := b.Get(name)
		if !other.Exists() {
			return false, true
		}
		s, k := equal(value, other)
		if k && !s {
			return false, true
		}
		known = known && k
	}
	return true, known
}

func less(c *Call) (arm.Value, error)    { return c.order(func(n int) bool { return n < 0 }) }
func greater(c *Call) (arm.Value, error) { return c.order(func(n int) bool { return n > 0 }) }
func lessOrEquals(c *Call) (arm.Value, error) {
	return c.order(func(n int) bool { return n <= 0 })
}
func greaterOrEquals(c *Call) (arm.Value, error) {
	return c.order(func(n int) bool { return n >= 0 })
}

// order compares two numbers, or two strings; null counts as an empty string
// (Azure/azure-policy-linter, the library of functions).
func (c *Call) order(holds func(int) bool) (arm.Value, error) {
	a, b := c.Arg(0), c.Arg(1)
	if a.Kind() == arm.Number && b.Kind() == arm.Number {
		return boolean(holds(compareNumbers(a, b))), nil
	}
	for i, v := range [...]arm.Value{a, b} {
		if k := v.Kind(); k != arm.String && k != arm.Null {
			c.Wrong(i, "a number beside a number, or a string beside a string")
			return arm.Value{}, nil
		}
	}
	return boolean(holds(Compare(a.Str(), b.Str()))), nil
}

func compareNumbers(a, b arm.Value) int {
	i, aok := a.Int()
	j, bok := b.Int()
	if aok && bok {
		switch {
		case i < j:
			return -1
		case i > j:
			return 1
		}
		return 0
	}
	f, _ := a.Float()
	g, _ := b.Float()
	switch {
	case f < g:
		return -1
	case f > g:
		return 1
	}
	return 0
}

// Compare orders strings as .NET's invariant culture does: by letter first
// (blanks, signs, digits, letters), then by case, small before capital. Accents
// are not taken apart.
func Compare(a, b string) int {
	byCase := 0
	for a != "" && b != "" {
		x, n := utf8.DecodeRuneInString(a)
		y, k := utf8.DecodeRuneInString(b)
		if a, b = a[n:], b[k:]; x == y {
			continue
		}
		fx, fy := unicode.ToLower(x), unicode.ToLower(y)
		if fx != fy {
			return weight(fx) - weight(fy)
		}
		if byCase == 0 {
			byCase = 1
			if x == fx {
				byCase = -1
			}
		}
	}
	if a != b {
		return len(a) - len(b)
	}
	return byCase
}

// signs is the order of ASCII's signs in the root collation of Unicode
// (unicode.org/charts/collation).
const signs = " _-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$"

func weight(r rune) int {
	switch i := strings.IndexRune(signs, r); {
	case r < ' ':
		return int(r)
	case i >= 0:
		return 0x100 + i
	case unicode.IsLetter(r):
		return 0x200000 + int(r)
	}
	return 0x1000 + int(r)
}

// decimals gives the arguments of a policy's arithmetic where one of them is a
// number that is no integer.
func (c *Call) decimals() (a, b float64, are bool) {
	x, y := c.Arg(0), c.Arg(1)
	_, whole := x.Int()
	_, too := y.Int()
	if !c.s.env.Policy || whole && too {
		return 0, 0, false
	}
	a, isNumber := x.Float()
	b, both := y.Float()
	return a, b, isNumber && both
}

func decimal(f float64) (arm.Value, error) {
	if math.IsInf(f, 0) || math.IsNaN(f) {
		return arm.Value{}, errOverflow
	}
	return arm.Parse(strconv.FormatFloat(f, 'f', -1, 64))
}

func add(c *Call) (arm.Value, error) {
	if a, b, are := c.decimals(); are {
		return decimal(a + b)
	}
	a, b := c.Int(0), c.Int(1)
	if b > 0 && a > math.MaxInt64-b || b < 0 && a < math.MinInt64-b {
		return arm.Value{}, errOverflow
	}
	return num(a + b), nil
}

func sub(c *Call) (arm.Value, error) {
	if a, b, are := c.decimals(); are {
		return decimal(a - b)
	}
	a, b := c.Int(0), c.Int(1)
	if b < 0 && a > math.MaxInt64+b || b > 0 && a < math.MinInt64+b {
		return arm.Value{}, errOverflow
	}
	return num(a - b), nil
}

func mul(c *Call) (arm.Value, error) {
	if a, b, are := c.decimals(); are {
		return decimal(a * b)
	}
	a, b := c.Int(0), c.Int(1)
	if a != 0 && (a*b/a != b || a == -1 && b == math.MinInt64) {
		return arm.Value{}, errOverflow
	}
	return num(a * b), nil
}

var (
	errOverflow = errors.New("result does not fit into 64 bits")
	errZero     = errors.New("division by zero")
)

// div cuts towards zero.
func div(c *Call) (arm.Value, error) {
	a, b := c.Int(0), c.Int(1)
	switch {
	case b == 0:
		return arm.Value{}, errZero
	case a == math.MinInt64 && b == -1:
		return arm.Value{}, errOverflow
	}
	return num(a / b), nil
}

// mod has the sign of the first argument.
func mod(c *Call) (arm.Value, error) {
	a, b := c.Int(0), c.Int(1)
	switch {
	case b == 0:
		return arm.Value{}, errZero
	case b == -1:
		return num(0), nil
	}
	return num(a % b), nil
}

func toInt(c *Call) (arm.Value, error) {
	v := c.Arg(0)
	if _, ok := v.Int(); ok {
		return v, nil
	}
	if f, ok := v.Float(); ok && f == math.Trunc(f) && math.Abs(f) < 1<<63 {
		return num(int64(f)), nil
	}
	if v.Kind() == arm.String {
		if n, err := strconv.ParseInt(strings.TrimSpace(v.Str()), 10, 64); err == nil {
			return num(n), nil
		}
	}
	c.Wrong(0, "an integer, or a string that holds one")
	return arm.Value{}, nil
}

func toFloat(c *Call) (arm.Value, error) {
	v := c.Arg(0)
	s := v.Text()
	if v.Kind() == arm.String {
		s = strings.TrimSpace(v.Str())
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsInf(f, 0) || math.IsNaN(f) || v.Kind() != arm.String && v.Kind() != arm.Number {
		c.Wrong(0, "a number, or a string that holds one")
		return arm.Value{}, nil
	}
	return float(f)
}

// float makes a number that shows that it is no integer, as .NET writes it.
func float(f float64) (arm.Value, error) {
	s := strconv.FormatFloat(f, 'G', -1, 64)
	if math.Abs(f) < 1e15 {
		s = strconv.FormatFloat(f, 'f', -1, 64)
	}
	if !strings.ContainsAny(s, ".E") {
		s += ".0"
	}
	return arm.Parse(s)
}

func minOf(c *Call) (arm.Value, error) { return c.extreme(-1) }
func maxOf(c *Call) (arm.Value, error) { return c.extreme(1) }

// extreme looks through the arguments, or through one array's items.
func (c *Call) extreme(sign int) (arm.Value, error) {
	all := c.Args()
	if len(all) == 1 && all[0].Kind() == arm.Array {
		all = slice(all[0])
		if len(all) == 0 {
			return arm.Value{}, errors.New("array is empty, wanted numbers")
		}
	}
	best := all[0]
	for i, v := range all {
		if v.Kind() != arm.Number {
			if len(all) == c.Len() {
				c.Wrong(i, "a number")
				return arm.Value{}, nil
			}
			return arm.Value{}, errors.New("array holds " + article(v) + ", wanted numbers")
		}
		if compareNumbers(v, best)*sign > 0 {
			best = v
		}
	}
	return best, nil
}
