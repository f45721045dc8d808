package expr

import (
	"fmt"
	"slices"
	"strings"

	"airfield/arm"
)

// What takes two or more arrays, or two or more objects.

// alike gives the arguments where they are all arrays, or all objects.
func (c *Call) alike() ([]arm.Value, arm.Kind) {
	all := c.Args()
	k := all[0].Kind()
	for i, v := range all {
		switch {
		case i == 0 && k != arm.Array && k != arm.Object:
			c.Wrong(0, "an array or an object")
			return nil, arm.Missing
		case v.Kind() != k:
			c.Wrong(i, "an "+k.String()+" like argument 1")
			return nil, arm.Missing
		}
	}
	return all, k
}

// union adds what is new from left to right. Objects are merged down to the
// bottom, and of two other values the later counts.
func union(c *Call) (arm.Value, error) {
	all, k := c.alike()
	switch k {
	case arm.Object:
		out := all[0]
		for _, v := range all[1:] {
			merged, err := merge(out, v)
			if err != nil {
				return out, err
			}
			out = merged
		}
		return out, nil
	case arm.Array:
		if slices.ContainsFunc(all, holdsUnknown) {
			return c.Unknown()
		}
		var out []arm.Value
		seen := map[string]bool{}
		for _, v := range all {
			for item := range v.Items() {
				if key := fingerprint(item); !seen[key] {
					seen[key] = true
					out = append(out, item)
				}
			}
		}
		return array(out)
	}
	return arm.Value{}, nil
}

func merge(a, b arm.Value) (arm.Value, error) {
	var m members
	for name, v := range a.Members() {
		m.set(name, v)
	}
	for name, v := range b.Members() {
		if old, ok := m.get(name); ok && old.Kind() == arm.Object && v.Kind() == arm.Object {
			merged, err := merge(old, v)
			if err != nil {
				return v, err
			}
			v = merged
		}
		m.set(name, v)
	}
	return m.object()
}

// fingerprint gives the same text for values that are equal.
func fingerprint(v arm.Value) string { return string(appendFingerprint(nil, v)) }

func appendFingerprint(b []byte, v arm.Value) []byte {
	switch v.Kind() {
	case arm.Number:
		if f, ok := v.Float(); ok && f == float64(int64(f)) {
			return fmt.Appendf(b, "%d", int64(f))
		}
	case arm.String:
		return arm.AppendString(b, v.Str())
	case arm.Array:
		b = append(b, '[')
		for item := range v.Items() {
			b = append(appendFingerprint(b, item), ',')
		}
		return append(b, ']')
	case arm.Object:
		var parts []string
		for name, value := range v.Members() {
			part := append(arm.AppendString(nil, strings.ToLower(name)), ':')
			parts = append(parts, string(appendFingerprint(part, value)))
		}
		slices.Sort(parts)
		return append(append(append(b, '{'), strings.Join(parts, ",")...), '}')
	}
	return append(b, v.Text()...)
}

// intersection keeps the items, or the members with their values, that all
// arguments have.
func intersection(c *Call) (arm.Value, error) {
	all, k := c.alike()
	if slices.ContainsFunc(all, holdsUnknown) {
		return c.Unknown()
	}
	switch k {
	case arm.Object:
		var m members
		for name, v := range all[0].Members() {
			in := func(o arm.Value) bool {
				other := o.Get(name)
				same, _ := equal(v, other)
				return same && other.Exists()
			}
			if !slices.ContainsFunc(all[1:], func(o arm.Value) bool { return !in(o) }) {
				m.set(name, v)
			}
		}
		return m.object()
	case arm.Array:
		count := map[string]int{} // of the arguments so far that have the item
		for i, v := range all {
			for item := range v.Items() {
				if key := fingerprint(item); count[key] == i {
					count[key]++
				}
			}
		}
		var out []arm.Value
		for item := range all[0].Items() {
			if key := fingerprint(item); count[key] == len(all) {
				count[key] = 0
				out = append(out, item)
			}
		}
		return array(out)
	}
	return arm.Value{}, nil
}
