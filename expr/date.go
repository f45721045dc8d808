package expr

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"airfield/arm"
)

// Dates. A format is one of .NET's standard letters, or a custom pattern
// (learn.microsoft.com/dotnet/standard/base-types/custom-date-and-time-format-strings),
// in the invariant culture.

// standardDates are the patterns that the standard letters stand for.
var standardDates = map[string]string{
	"d": "MM/dd/yyyy",
	"D": "dddd, dd MMMM yyyy",
	"f": "dddd, dd MMMM yyyy HH:mm",
	"F": "dddd, dd MMMM yyyy HH:mm:ss",
	"g": "MM/dd/yyyy HH:mm",
	"G": "MM/dd/yyyy HH:mm:ss",
	"m": "MMMM dd",
	"M": "MMMM dd",
	"o": "yyyy-MM-ddTHH:mm:ss.fffffffK",
	"O": "yyyy-MM-ddTHH:mm:ss.fffffffK",
	"r": "ddd, dd MMM yyyy HH:mm:ss 'GMT'",
	"R": "ddd, dd MMM yyyy HH:mm:ss 'GMT'",
	"s": "yyyy-MM-ddTHH:mm:ss",
	"t": "HH:mm",
	"T": "HH:mm:ss",
	"u": "yyyy-MM-dd HH:mm:ss'Z'",
	"U": "dddd, dd MMMM yyyy HH:mm:ss",
	"y": "yyyy MMMM",
	"Y": "yyyy MMMM",
}

// layouts are the forms a date is read in, each with the pattern that writes it
// again.
var layouts = []struct{ read, write string }{
	{"2006-01-02T15:04:05.9999999Z07:00", "yyyy-MM-ddTHH:mm:ss.FFFFFFFK"},
	{"2006-01-02 15:04:05.9999999Z07:00", "yyyy-MM-dd HH:mm:ss.FFFFFFFK"},
	{"20060102T150405Z07:00", "yyyyMMddTHHmmssK"},
	{"2006-01-02T15:04:05.9999999", "yyyy-MM-ddTHH:mm:ss.FFFFFFF"},
	{"2006-01-02 15:04:05.9999999", "yyyy-MM-dd HH:mm:ss.FFFFFFF"},
	{"20060102T150405", "yyyyMMddTHHmmss"},
	{"2006-01-02T15:04Z07:00", "yyyy-MM-ddTHH:mmK"},
	{"2006-01-02T15:04", "yyyy-MM-ddTHH:mm"},
	{"2006-01-02", "yyyy-MM-dd"},
	{"20060102", "yyyyMMdd"},
	{"1/2/2006 3:04:05 PM", "M/d/yyyy h:mm:ss tt"},
	{"1/2/2006 15:04:05", "MM/dd/yyyy HH:mm:ss"},
	{"1/2/2006", "MM/dd/yyyy"},
	{time.RFC1123, "r"},
}

// date gives an argument that must be a date, and the pattern it is written in.
func (c *Call) date(i int) (time.Time, string) {
	s := c.Str(i)
	for _, l := range layouts {
		if t, err := time.Parse(l.read, s); err == nil {
			return t.UTC(), l.write
		}
	}
	c.Wrong(i, "a date and time such as 2026-01-31T12:00:00Z")
	return time.Time{}, ""
}

// dateTimeAdd writes the result as the base is written, unless a format is
// given.
func dateTimeAdd(c *Call) (arm.Value, error) {
	t, pattern := c.date(0)
	s := c.Str(1)
	if c.Len() == 3 {
		pattern = c.Str(2)
	}
	if c.err != nil {
		return arm.Value{}, nil
	}
	d, err := duration(s)
	if err != nil {
		return arm.Value{}, err
	}
	if t = t.Add(d); t.Year() < 1 || t.Year() > 9999 {
		return arm.Value{}, errYears
	}
	return formatDate(t, pattern)
}

var errYears = errors.New("result is not in the years 1 to 9999")

// duration reads an ISO 8601 duration as .NET's XmlConvert.ToTimeSpan does: a
// year is 365 days, a month 30.
func duration(s string) (time.Duration, error) {
	bad := fmt.Errorf("%q is no ISO 8601 duration such as P1D, PT1H30M or -P1Y", s)
	rest, negative := strings.CutPrefix(s, "-")
	rest, ok := strings.CutPrefix(rest, "P")
	if !ok || rest == "" {
		return 0, bad
	}
	const day = 86400.0
	date := map[byte]float64{'Y': 365 * day, 'M': 30 * day, 'W': 7 * day, 'D': day}
	clock := map[byte]float64{'H': 3600, 'M': 60, 'S': 1}
	units, seconds := date, 0.0
	for rest != "" {
		if rest[0] == 'T' && len(rest) > 1 && units['H'] == 0 {
			units, rest = clock, rest[1:]
			continue
		}
		n := 0
		for n < len(rest) && (rest[n] >= '0' && rest[n] <= '9' || rest[n] == '.') {
			n++
		}
		if n == 0 || n == len(rest) || units[rest[n]] == 0 {
			return 0, bad
		}
		f, err := strconv.ParseFloat(rest[:n], 64)
		if err != nil || strings.Contains(rest[:n], ".") && rest[n] != 'S' {
			return 0, bad
		}
		seconds += f * units[rest[n]]
		rest = rest[n+1:]
	}
	if seconds > math.MaxInt64/1e9 {
		return 0, fmt.Errorf("duration %q is longer than 292 years", s)
	}
	whole, part := math.Modf(seconds)
	d := time.Duration(whole)*time.Second + time.Duration(math.Round(part*1e9))
	if negative {
		return -d, nil
	}
	return d, nil
}

func dateTimeFromEpoch(c *Call) (arm.Value, error) {
	t := time.Unix(c.Int(0), 0).UTC()
	if t.Year() < 1 || t.Year() > 9999 {
		return arm.Value{}, errYears
	}
	return formatDate(t, "yyyy-MM-ddTHH:mm:ssK")
}

func dateTimeToEpoch(c *Call) (arm.Value, error) {
	t, _ := c.date(0)
	return num(t.Unix()), nil
}

func utcNow(c *Call) (arm.Value, error) {
	pattern := "yyyyMMddTHHmmssK"
	if c.Len() == 1 {
		pattern = c.Str(0)
	}
	if c.s.env.Now.IsZero() {
		return arm.Value{}, errors.New("gives another value each time and can be used only in the default value of a parameter")
	}
	return formatDate(c.s.env.Now.UTC(), pattern)
}

func formatDate(t time.Time, pattern string) (arm.Value, error) {
	if len(pattern) == 1 {
		p, ok := standardDates[pattern]
		if !ok {
			return arm.Value{}, fmt.Errorf("no standard format %q of dates", pattern)
		}
		pattern = p
	}
	if pattern == "" {
		pattern = standardDates["G"]
	}
	var b []byte
	for i := 0; i < len(pattern); {
		c := pattern[i]
		switch c {
		case '\'', '"':
			n := strings.IndexByte(pattern[i+1:], c)
			if n < 0 {
				return arm.Value{}, fmt.Errorf("format %q of a date has no closing quote", pattern)
			}
			b = append(b, pattern[i+1:i+1+n]...)
			i += n + 2
			continue
		case '\\', '%':
			if i++; c == '\\' && i < len(pattern) {
				b = append(b, pattern[i])
				i++
			}
			continue
		}
		n := 1
		for i+n < len(pattern) && pattern[i+n] == c {
			n++
		}
		b = appendDatePart(b, t, c, n)
		i += n
	}
	return str(string(b)), nil
}

// appendDatePart writes a run of one letter of a pattern.
func appendDatePart(b []byte, t time.Time, c byte, n int) []byte {
	padded := func(v, most int) []byte { return fmt.Appendf(b, "%0*d", min(n, most), v) }
	switch c {
	case 'd':
		switch n {
		case 1, 2:
			return padded(t.Day(), 2)
		case 3:
			return append(b, t.Weekday().String()[:3]...)
		}
		return append(b, t.Weekday().String()...)
	case 'M':
		switch n {
		case 1, 2:
			return padded(int(t.Month()), 2)
		case 3:
			return append(b, t.Month().String()[:3]...)
		}
		return append(b, t.Month().String()...)
	case 'y':
		if n <= 2 {
			return padded(t.Year()%100, 2)
		}
		return padded(t.Year(), 5)
	case 'H':
		return padded(t.Hour(), 2)
	case 'h':
		return padded((t.Hour()+11)%12+1, 2)
	case 'm':
		return padded(t.Minute(), 2)
	case 's':
		return padded(t.Second(), 2)
	case 'f', 'F':
		digits := fmt.Sprintf("%09d", t.Nanosecond())[:min(n, 7)]
		if c == 'F' {
			if digits = strings.TrimRight(digits, "0"); digits == "" && len(b) > 0 && b[len(b)-1] == '.' {
				b = b[:len(b)-1]
			}
		}
		return append(b, digits...)
	case 't':
		half := "AM"
		if t.Hour() >= 12 {
			half = "PM"
		}
		return append(b, half[:min(n, 2)]...)
	case 'K':
		return append(b, strings.Repeat("Z", n)...)
	case 'z':
		return append(b, [...]string{"+0", "+00", "+00:00"}[min(n, 3)-1]...)
	case 'g':
		return append(b, "A.D."...)
	}
	return append(b, strings.Repeat(string(rune(c)), n)...)
}
