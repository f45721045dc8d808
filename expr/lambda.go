package expr

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"airfield/arm"
)

// Lambdas: lambda('a', 'b', body) as an argument of map, filter, reduce, sort,
// toObject, groupBy and mapValues. Inside the body lambdaVariables('a') is the
// value given.

type lambda struct {
	c     *Call
	names []string
	body  *node
}

// lambda gives an argument that must be a lambda of low to high variables.
func (c *Call) lambda(i, low, high int) lambda {
	n := c.n.sub[i]
	fail := func(wanted string) lambda {
		if c.err == nil {
			c.err = &Error{n.at, fmt.Sprintf("%s: argument %d is no %s", c.Name, i+1, wanted)}
		}
		return lambda{}
	}
	if n.kind != call || n.fold != "lambda" || len(n.sub) == 0 {
		return fail("lambda(…)")
	}
	last := len(n.sub) - 1
	for _, s := range n.sub[:last] {
		if s.kind != literal || s.value.Kind() != arm.String {
			return fail("lambda whose variables are named by strings")
		}
	}
	if last < low || last > high {
		return fail(fmt.Sprintf("lambda of %d variables", low))
	}
	return lambda{c, n.lambdaNames(), n.sub[last]}
}

// of gives the lambda's value for the variables' values.
func (l lambda) of(values ...arm.Value) (arm.Value, error) {
	s := *l.c.s
	for i, name := range l.names {
		s.vars = &variable{name, values[i], s.vars}
	}
	v, err := s.eval(l.body)
	if err == nil {
		b := l.c.s.budget
		if b.Calls--; b.Calls < 0 {
			return v, errors.New(tooManyCalls)
		}
		err = l.c.spend(len(v.Text()))
	}
	return v, err
}

func lambdaAlone(*Call) (arm.Value, error) {
	return arm.Value{}, errors.New("stands alone, wanted it as an argument of map, filter, reduce, sort, toObject, groupBy or mapValues")
}

func lambdaVariables(c *Call) (arm.Value, error) {
	name := strings.ToLower(c.Str(0))
	for v := c.s.vars; v != nil; v = v.up {
		if v.name == name {
			return v.value, nil
		}
	}
	return arm.Value{}, fmt.Errorf("no lambda around has the variable %q", c.Arg(0).Str())
}

// each calls f for the items of the first argument with what the lambda in
// argument i gives for the item and its index. It is false where the call's
// result cannot be known that way.
func (c *Call) each(l lambda, f func(item, v arm.Value) (known bool, err error)) (known bool, err error) {
	n := 0
	for item := range c.Array(0).Items() {
		v, err := l.of(item, num(int64(n)))
		if err != nil {
			return true, err
		}
		if known, err := f(item, v); !known || err != nil {
			return known, err
		}
		n++
	}
	return true, nil
}

// ready tells whether the first argument is known and the lambda is one.
func (c *Call) ready() (unknown, ok bool) {
	if c.err != nil {
		return false, false
	}
	return c.Arg(0).Kind() == arm.Unknown, c.err == nil
}

func mapItems(c *Call) (arm.Value, error) {
	l := c.lambda(1, 1, 2)
	if unknown, ok := c.ready(); unknown {
		return c.Unknown()
	} else if !ok {
		return arm.Value{}, nil
	}
	var out []arm.Value
	_, err := c.each(l, func(_, v arm.Value) (bool, error) {
		out = append(out, v)
		return true, nil
	})
	if err != nil {
		return arm.Value{}, err
	}
	return array(out)
}

func filter(c *Call) (arm.Value, error) {
	l := c.lambda(1, 1, 2)
	if unknown, ok := c.ready(); unknown {
		return c.Unknown()
	} else if !ok {
		return arm.Value{}, nil
	}
	var out []arm.Value
	known, err := c.each(l, func(item, v arm.Value) (bool, error) {
		switch v.Kind() {
		case arm.Unknown:
			return false, nil
		case arm.Bool:
			if v.True() {
				out = append(out, item)
			}
			return true, nil
		}
		return true, errors.New("lambda gives " + article(v) + ", wanted a boolean")
	})
	switch {
	case err != nil:
		return arm.Value{}, err
	case !known:
		return c.Unknown()
	}
	return array(out)
}

func reduce(c *Call) (arm.Value, error) {
	l := c.lambda(2, 2, 3)
	if unknown, ok := c.ready(); unknown {
		return c.Unknown()
	} else if !ok {
		return arm.Value{}, nil
	}
	current, i := c.Arg(1), 0
	for item := range c.Array(0).Items() {
		v, err := l.of(current, item, num(int64(i)))
		if err != nil {
			return arm.Value{}, err
		}
		current = v
		i++
	}
	return current, nil
}

// sort keeps the order of what the lambda puts in none.
func sort(c *Call) (arm.Value, error) {
	l := c.lambda(1, 2, 2)
	if unknown, ok := c.ready(); unknown {
		return c.Unknown()
	} else if !ok {
		return arm.Value{}, nil
	}
	known, failed := true, error(nil)
	before := func(a, b arm.Value) bool {
		if failed != nil || !known {
			return false
		}
		v, err := l.of(a, b)
		switch {
		case err != nil:
			failed = err
		case v.Kind() == arm.Unknown:
			known = false
		case v.Kind() != arm.Bool:
			failed = errors.New("lambda gives " + article(v) + ", wanted a boolean")
		}
		return v.True()
	}
	out := slice(c.Array(0))
	slices.SortStableFunc(out, func(a, b arm.Value) int {
		switch {
		case before(a, b):
			if before(b, a) { // an order such as lessOrEquals
				return 0
			}
			return -1
		case before(b, a):
			return 1
		}
		return 0
	})
	switch {
	case failed != nil:
		return arm.Value{}, failed
	case !known:
		return c.Unknown()
	}
	return array(out)
}

func toObject(c *Call) (arm.Value, error) {
	key, value := c.lambda(1, 1, 1), lambda{}
	if c.Len() == 3 {
		value = c.lambda(2, 1, 1)
	}
	if unknown, ok := c.ready(); unknown {
		return c.Unknown()
	} else if !ok {
		return arm.Value{}, nil
	}
	var m members
	known, err := c.each(key, func(item, k arm.Value) (bool, error) {
		if k.Kind() != arm.String {
			return k.Kind() != arm.Unknown, notKey(k)
		}
		if value.body == nil {
			m.set(k.Str(), item)
			return true, nil
		}
		v, err := value.of(item)
		m.set(k.Str(), v)
		return true, err
	})
	switch {
	case !known:
		return c.Unknown()
	case err != nil:
		return arm.Value{}, err
	}
	return m.object()
}

func notKey(k arm.Value) error {
	return errors.New("lambda gives " + article(k) + " as a key, wanted a string")
}

func groupBy(c *Call) (arm.Value, error) {
	key := c.lambda(1, 1, 1)
	if unknown, ok := c.ready(); unknown {
		return c.Unknown()
	} else if !ok {
		return arm.Value{}, nil
	}
	var m members
	var groups [][]arm.Value
	known, err := c.each(key, func(item, k arm.Value) (bool, error) {
		if k.Kind() != arm.String {
			return k.Kind() != arm.Unknown, notKey(k)
		}
		if _, ok := m.get(k.Str()); !ok {
			m.set(k.Str(), null)
			groups = append(groups, nil)
		}
		i := m.at[strings.ToLower(k.Str())]
		groups[i] = append(groups[i], item)
		return true, nil
	})
	switch {
	case !known:
		return c.Unknown()
	case err != nil:
		return arm.Value{}, err
	}
	for i, g := range groups {
		if m.values[i], err = array(g); err != nil {
			return arm.Value{}, err
		}
	}
	return m.object()
}

func mapValues(c *Call) (arm.Value, error) {
	l := c.lambda(1, 1, 1)
	if unknown, ok := c.ready(); unknown {
		return c.Unknown()
	} else if !ok {
		return arm.Value{}, nil
	}
	var m members
	for name, value := range c.Object(0).Members() {
		v, err := l.of(value)
		if err != nil {
			return arm.Value{}, err
		}
		m.set(name, v)
	}
	return m.object()
}
