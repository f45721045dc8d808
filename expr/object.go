package expr

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"airfield/arm"
)

// Objects alone.

func createObject(c *Call) (arm.Value, error) {
	all := c.Args()
	if len(all)%2 != 0 {
		return arm.Value{}, fmt.Errorf("wanted names and values in turn, found %d arguments", len(all))
	}
	var m members
	for i := 0; i < len(all); i += 2 {
		if all[i].Kind() == arm.Unknown {
			return c.Unknown()
		}
		name := c.Str(i)
		if _, ok := m.get(name); ok {
			return arm.Value{}, fmt.Errorf("name %q is given twice", name)
		}
		m.set(name, all[i+1])
	}
	return m.object()
}

// keys gives an object's names, sorted without case.
func keys(v arm.Value) []string {
	var names []string
	for name := range v.Members() {
		names = append(names, name)
	}
	slices.SortStableFunc(names, func(a, b string) int {
		return strings.Compare(strings.ToUpper(a), strings.ToUpper(b))
	})
	return names
}

func objectKeys(c *Call) (arm.Value, error) {
	var out []arm.Value
	for _, name := range keys(c.Object(0)) {
		out = append(out, str(name))
	}
	return array(out)
}

func items(c *Call) (arm.Value, error) {
	o := c.Object(0)
	var out []arm.Value
	for _, name := range keys(o) {
		var m members
		m.set("key", str(name))
		m.set("value", o.Get(name))
		item, err := m.object()
		if err != nil {
			return item, err
		}
		out = append(out, item)
	}
	return array(out)
}

func shallowMerge(c *Call) (arm.Value, error) {
	var m members
	for o := range c.Array(0).Items() {
		switch o.Kind() {
		case arm.Unknown:
			return c.Unknown()
		case arm.Object:
		default:
			return arm.Value{}, errors.New("array holds " + article(o) + ", wanted objects")
		}
		for name, v := range o.Members() {
			m.set(name, v)
		}
	}
	return m.object()
}
