package expr

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"airfield/arm"
)

// Arrays, and what strings and objects share with them.

func slice(v arm.Value) []arm.Value {
	var s []arm.Value
	for item := range v.Items() {
		s = append(s, item)
	}
	return s
}

func toArray(c *Call) (arm.Value, error) {
	if v := c.Arg(0); v.Kind() == arm.Array {
		return v, nil
	}
	return array(c.Args())
}

func createArray(c *Call) (arm.Value, error) { return array(c.Args()) }

// concat joins arrays, or the texts of everything else; null adds nothing.
func concat(c *Call) (arm.Value, error) {
	all := c.Args()
	if len(all) > 0 && all[0].Kind() == arm.Array {
		var items []arm.Value
		for i := range all {
			items = append(items, slice(c.Array(i))...)
		}
		return array(items)
	}
	var b strings.Builder
	for i, v := range all {
		switch v.Kind() {
		case arm.Array, arm.Object:
			c.Wrong(i, "a string, a number or a boolean beside others of them")
			return arm.Value{}, nil
		}
		b.WriteString(plain(v))
	}
	return str(b.String()), nil
}

func contains(c *Call) (arm.Value, error) {
	in, what := c.Arg(0), c.Arg(1)
	switch in.Kind() {
	case arm.String:
		if k := what.Kind(); k == arm.Array || k == arm.Object {
			c.Wrong(1, "a string")
			return arm.Value{}, nil
		}
		if c.s.env.Policy {
			return boolean(indexFold(in.Str(), plain(what)) >= 0), nil
		}
		return boolean(strings.Contains(in.Str(), plain(what))), nil
	case arm.Object:
		if k := what.Kind(); k == arm.Array || k == arm.Object {
			c.Wrong(1, "a string")
			return arm.Value{}, nil
		}
		return boolean(in.Get(plain(what)).Exists()), nil
	case arm.Array:
		i, known := find(slice(in), what)
		if !known {
			return c.Unknown()
		}
		return boolean(i >= 0), nil
	}
	c.Wrong(0, "an array, an object or a string")
	return arm.Value{}, nil
}

// find gives the first place of a value, -1 where there is none. It is not known
// where something unknown stands before the value, or the value is not there.
func find(items []arm.Value, what arm.Value) (at int, known bool) {
	known = true
	for i, item := range items {
		same, k := equal(item, what)
		switch {
		case k && same:
			return i, true
		case !k:
			known = false
		}
	}
	return -1, known
}

func indexOf(c *Call) (arm.Value, error) {
	switch c.Arg(0).Kind() {
	case arm.Array:
		items := slice(c.Arg(0))
		i, known := find(items, c.Arg(1))
		if i > 0 { // what stands before it must be known to differ
			_, known = find(items[:i], c.Arg(1))
		}
		if !known {
			return c.Unknown()
		}
		return num(int64(i)), nil
	case arm.Null:
		return num(-1), nil
	}
	s, sub := c.Str(0), c.Str(1)
	return num(int64(indexFold(s, sub))), nil
}

func lastIndexOf(c *Call) (arm.Value, error) {
	switch c.Arg(0).Kind() {
	case arm.Array:
		items := slice(c.Arg(0))
		slices.Reverse(items)
		i, known := find(items, c.Arg(1))
		if i > 0 {
			_, known = find(items[:i], c.Arg(1))
		}
		if !known {
			return c.Unknown()
		}
		if i < 0 {
			return num(-1), nil
		}
		return num(int64(len(items) - 1 - i)), nil
	case arm.Null:
		return num(-1), nil
	}
	s, sub := c.Str(0), c.Str(1)
	return num(int64(lastIndexFold(s, sub))), nil
}

func empty(c *Call) (arm.Value, error) {
	switch v := c.Arg(0); v.Kind() {
	case arm.Null:
		return yes, nil
	case arm.String:
		return boolean(v.Str() == ""), nil
	case arm.Array, arm.Object:
		return boolean(v.Len() == 0), nil
	}
	c.Wrong(0, "an array, an object or a string")
	return arm.Value{}, nil
}

func length(c *Call) (arm.Value, error) {
	switch v := c.Arg(0); v.Kind() {
	case arm.Null:
		return num(0), nil
	case arm.String:
		return num(int64(newUnits(v.Str()).len())), nil
	case arm.Array, arm.Object:
		return num(int64(v.Len())), nil
	}
	c.Wrong(0, "an array, an object or a string")
	return arm.Value{}, nil
}

func first(c *Call) (arm.Value, error) { return c.end(func(int) int { return 0 }) }
func last(c *Call) (arm.Value, error)  { return c.end(func(n int) int { return n - 1 }) }

func (c *Call) end(at func(n int) int) (arm.Value, error) {
	switch v := c.Arg(0); v.Kind() {
	case arm.Null:
		return null, nil
	case arm.String:
		u := newUnits(v.Str())
		if u.len() == 0 {
			return emptyStr, nil
		}
		i := at(u.len())
		return str(u.cut(i, i+1)), nil
	case arm.Array:
		if n := v.Len(); n > 0 {
			return v.At(at(n)), nil
		}
		return null, nil
	}
	c.Wrong(0, "an array or a string")
	return arm.Value{}, nil
}

func skip(c *Call) (arm.Value, error) {
	return c.part(func(n, size int) (int, int) { return min(n, size), size })
}

func take(c *Call) (arm.Value, error) {
	return c.part(func(n, size int) (int, int) { return 0, min(n, size) })
}

// part cuts an array or a string; a negative count is 0.
func (c *Call) part(cut func(n, size int) (from, to int)) (arm.Value, error) {
	v, n := c.Arg(0), int(min(max(c.Int(1), 0), 1<<31))
	switch v.Kind() {
	case arm.Null:
		return null, nil
	case arm.String:
		u := newUnits(v.Str())
		from, to := cut(n, u.len())
		return str(u.cut(from, to)), nil
	case arm.Array:
		items := slice(v)
		from, to := cut(n, len(items))
		return array(items[from:to])
	}
	c.Wrong(0, "an array or a string")
	return arm.Value{}, nil
}

func flatten(c *Call) (arm.Value, error) {
	var out []arm.Value
	for item := range c.Array(0).Items() {
		switch item.Kind() {
		case arm.Array:
			out = append(out, slice(item)...)
		case arm.Unknown:
			return c.Unknown()
		default:
			return arm.Value{}, errors.New("array holds " + article(item) + ", wanted arrays")
		}
	}
	return array(out)
}

// indexFromEnd counts from 1.
func indexFromEnd(c *Call) (arm.Value, error) {
	v, n := c.Array(0), c.Int(1)
	size := int64(v.Len())
	if n < 1 || n > size {
		return arm.Value{}, fmt.Errorf("index %d from the end is out of range: the array has %d items", n, size)
	}
	return v.At(int(size - n)), nil
}

func indexFromEndSafe(c *Call) (arm.Value, error) {
	v := c.Arg(0)
	if v.Kind() == arm.Null {
		return null, nil
	}
	n, size := c.Int(1), int64(c.Array(0).Len())
	if n < 1 || n > size {
		return null, nil
	}
	return c.follow(v.At(int(size-n)), 2)
}

// tryGet gives null where the first key finds nothing; the further keys must.
func tryGet(c *Call) (arm.Value, error) {
	v, key := c.Arg(0), c.Arg(1)
	if k := key.Kind(); k != arm.String && k != arm.Number {
		c.Wrong(1, "a string or an integer")
		return arm.Value{}, nil
	}
	switch v.Kind() {
	case arm.Null:
		return null, nil
	case arm.Array, arm.Object:
	default:
		c.Wrong(0, "an object or an array")
		return arm.Value{}, nil
	}
	found, problem := lookup(v, key)
	if problem != "" {
		return null, nil
	}
	return c.follow(found, 2)
}

func (c *Call) follow(v arm.Value, from int) (arm.Value, error) {
	for _, key := range c.Args()[from:] {
		if v.Kind() == arm.Unknown {
			next, err := member(v, key)
			if err != nil {
				return v, err
			}
			v = next
			continue
		}
		next, problem := lookup(v, key)
		if problem != "" {
			return v, errors.New(problem)
		}
		v = next
	}
	return v, nil
}

func rangeOf(c *Call) (arm.Value, error) {
	from, n := c.Int(0), c.Int(1)
	if n < 0 || n > 10_000 {
		return arm.Value{}, fmt.Errorf("count is %d, wanted 0 to 10000", n)
	}
	if from > 1<<31-1 || from < -1<<31 || from+n-1 > 1<<31-1 {
		return arm.Value{}, errors.New("range goes beyond 2147483647")
	}
	b := []byte{'['}
	for i := range n {
		b = append(strconv.AppendInt(b, from+i, 10), ',')
	}
	return parse(append(trimComma(b), ']'))
}
