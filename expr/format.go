package expr

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"

	"airfield/arm"
)

// The function format: .NET's composite formatting
// (learn.microsoft.com/dotnet/standard/base-types/composite-formatting), in the
// invariant culture.
//
//	format('{0,-8}|{1:N0}|{2:D3}', 'ab', 8175133, 7) is "ab      |8,175,133|007"

func format(c *Call) (arm.Value, error) {
	pattern := c.Str(0)
	var b strings.Builder
	for i := 0; i < len(pattern); {
		ch := pattern[i]
		double := i+1 < len(pattern) && pattern[i+1] == ch
		switch {
		case (ch == '{' || ch == '}') && double:
			b.WriteByte(ch)
			i += 2
		case ch == '{':
			n := strings.IndexByte(pattern[i:], '}')
			if n < 0 {
				return arm.Value{}, errors.New("format has a { without a }")
			}
			s, err := c.item(pattern[i+1 : i+n])
			if err != nil {
				return arm.Value{}, err
			}
			if b.WriteString(s); b.Len() > maxResult {
				return arm.Value{}, c.spend(b.Len())
			}
			i += n + 1
		case ch == '}':
			return arm.Value{}, errors.New("format has a } without a {")
		default:
			b.WriteByte(ch)
			i++
		}
	}
	return str(b.String()), nil
}

// item writes one format item: index[,width][:format].
func (c *Call) item(item string) (string, error) {
	head, spec, _ := strings.Cut(item, ":")
	index, width, wide := strings.Cut(head, ",")
	i, err := strconv.Atoi(strings.TrimSpace(index))
	if err != nil || i < 0 {
		return "", fmt.Errorf("format has {%s}, wanted the number of an argument", item)
	}
	if i+1 >= c.Len() {
		return "", fmt.Errorf("format has {%d}, and there are %d values behind it", i, c.Len()-1)
	}
	s, err := formatted(c.Arg(i+1), spec)
	if err != nil || !wide {
		return s, err
	}
	w, err := strconv.Atoi(strings.TrimSpace(width))
	if err != nil || w > 1_000_000 || w < -1_000_000 {
		return "", fmt.Errorf("format has {%s}, wanted a width as an integer up to 1000000", item)
	}
	pad := max(w, -w) - newUnits(s).len()
	switch {
	case pad <= 0:
		return s, nil
	case w < 0:
		return s + strings.Repeat(" ", pad), nil
	}
	return strings.Repeat(" ", pad) + s, nil
}

func formatted(v arm.Value, spec string) (string, error) {
	switch v.Kind() {
	case arm.Number:
		return formatNumber(v, spec)
	case arm.Array, arm.Object:
		return strings.ReplaceAll(plain(v), `"`, "'"), nil
	}
	return plain(v), nil // strings and booleans take no format
}

// formatNumber writes a number with a standard format, such as N2, or a custom
// one, such as #,##0.00.
func formatNumber(v arm.Value, spec string) (string, error) {
	if spec == "" {
		return v.Text(), nil
	}
	n, isInt := v.Int()
	f, _ := v.Float()
	digits, err := strconv.Atoi(spec[1:])
	given := spec[1:] != ""
	if !given {
		digits, err = -1, nil
	}
	letter := spec[0] | 0x20
	if letter < 'a' || letter > 'z' || err != nil || digits > 1000 {
		return customNumber(f, spec)
	}
	upper := spec[0] == letter^0x20
	switch letter {
	case 'd', 'x', 'b':
		if !isInt {
			return "", fmt.Errorf("format %q is for integers, found %s", spec, v.Text())
		}
		return integerFormat(n, letter, max(digits, 1), upper), nil
	case 'c', 'f', 'n', 'p':
		return fixed(v, letter, digits), nil
	case 'e':
		if digits < 0 {
			digits = 6
		}
		return exponent(f, digits, upper), nil
	case 'g', 'r':
		if digits <= 0 {
			return v.Text(), nil
		}
		s := strconv.FormatFloat(f, 'g', digits, 64)
		if upper {
			s = strings.ToUpper(s)
		}
		return s, nil
	}
	return "", fmt.Errorf("no format %q of numbers", spec)
}

func integerFormat(n int64, letter byte, digits int, upper bool) string {
	switch letter {
	case 'x':
		if upper {
			return fmt.Sprintf("%0*X", digits, twosComplement(n))
		}
		return fmt.Sprintf("%0*x", digits, twosComplement(n))
	case 'b':
		return fmt.Sprintf("%0*b", digits, twosComplement(n))
	}
	s := strings.TrimPrefix(strconv.FormatInt(n, 10), "-")
	if s = strings.Repeat("0", max(digits-len(s), 0)) + s; n < 0 {
		s = "-" + s
	}
	return s
}

// twosComplement gives a negative number in the 32 bits that an int of a
// template has, in 64 where it does not fit.
func twosComplement(n int64) uint64 {
	if n < 0 && n >= math.MinInt32 {
		return uint64(uint32(int32(n)))
	}
	return uint64(n)
}

// fixed writes C, F, N and P: a number of decimals, 2 if not said.
func fixed(v arm.Value, letter byte, digits int) string {
	if digits < 0 {
		digits = 2
	}
	text := v.Text()
	if len(text) > 400 {
		text = text[:400]
	}
	r, ok := new(big.Rat).SetString(limitExponent(text))
	if !ok {
		return v.Text()
	}
	if letter == 'p' {
		r.Mul(r, big.NewRat(100, 1))
	}
	s := r.FloatString(digits)
	if letter != 'f' {
		s = grouped(s)
	}
	switch letter {
	case 'p':
		s += " %"
	case 'c':
		if rest, negative := strings.CutPrefix(s, "-"); negative {
			return "(¤" + rest + ")"
		}
		s = "¤" + s
	}
	return s
}

// limitExponent keeps a number out of what a float64 cannot hold.
func limitExponent(s string) string {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsInf(f, 0) {
		return "0"
	}
	if strings.ContainsAny(s, "eE") {
		return strconv.FormatFloat(f, 'f', -1, 64)
	}
	return s
}

// grouped puts commas between thousands.
func grouped(s string) string {
	head, tail, dot := strings.Cut(s, ".")
	rest, negative := strings.CutPrefix(head, "-")
	var b strings.Builder
	if negative {
		b.WriteByte('-')
	}
	for i, d := range rest {
		if i > 0 && (len(rest)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	if dot {
		b.WriteString("." + tail)
	}
	return b.String()
}

// exponent writes three digits behind the e, as .NET does.
func exponent(f float64, digits int, upper bool) string {
	s := strconv.FormatFloat(f, 'e', digits, 64)
	mantissa, exp, _ := strings.Cut(s, "e")
	n, _ := strconv.Atoi(exp)
	e := "e"
	if upper {
		e = "E"
	}
	return fmt.Sprintf("%s%s%+04d", mantissa, e, n)
}

// customNumber writes a pattern of 0, #, the point, the comma, the percent sign
// and texts. Sections for negative numbers and for zero are divided by ;.
func customNumber(f float64, spec string) (string, error) {
	if sections := strings.Split(spec, ";"); len(sections) > 1 {
		switch {
		case f < 0 && sections[1] != "":
			f, spec = -f, sections[1]
		case f == 0 && len(sections) > 2 && sections[2] != "":
			spec = sections[2]
		default:
			spec = sections[0]
		}
	}
	begin, stop := strings.IndexAny(spec, "0#."), strings.LastIndexAny(spec, "0#.")
	if begin < 0 {
		return spec, nil
	}
	body := spec[begin : stop+1]
	if strings.Trim(body, "0#.,") != "" {
		return "", fmt.Errorf("no format %q of numbers here", spec)
	}
	if strings.Contains(spec, "%") {
		f *= 100
	}
	whole, part, _ := strings.Cut(body, ".")
	s := strconv.FormatFloat(math.Abs(f), 'f', len(part), 64)
	head, tail, _ := strings.Cut(s, ".")
	if zero := strings.IndexByte(whole, '0'); zero < 0 {
		head = strings.TrimPrefix(head, "0")
	} else {
		least := strings.Count(whole[zero:], "0") + strings.Count(whole[zero:], "#")
		head = strings.Repeat("0", max(least-len(head), 0)) + head
	}
	if strings.Contains(whole, ",") {
		head = grouped(head)
	}
	if keep := strings.LastIndexByte(part, '0') + 1; len(tail) > keep {
		tail = tail[:keep] + strings.TrimRight(tail[keep:], "0")
	}
	if tail != "" {
		head += "." + tail
	}
	if f < 0 && strings.Trim(s, "0.") != "" {
		head = "-" + head
	}
	return spec[:begin] + head + spec[stop+1:], nil
}
