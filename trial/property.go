package trial

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"airfield/arm"
)

// A property is named by its way from the resource's root, as in
// properties.ipRules[0].value and tags['cost.center'], or by its alias.

// step is one step of a way: into a member, or an item where name is "".
type step struct {
	name  string
	index int
}

const maxWay = 64 // steps

// way reads the name of a property.
func way(name string) ([]step, error) {
	var steps []step
	for rest := name; rest != ""; {
		s, behind, err := next(rest, len(steps) == 0)
		if err != nil {
			return nil, fmt.Errorf("property %q: %w", name, err)
		}
		steps, rest = append(steps, s), behind
		if len(steps) > maxWay {
			return nil, fmt.Errorf("a property of more than %d names", maxWay)
		}
	}
	if len(steps) == 0 {
		return nil, errors.New("a property without a name")
	}
	return steps, nil
}

func next(rest string, first bool) (s step, behind string, err error) {
	if rest[0] != '[' {
		if !first && rest[0] != '.' {
			return s, "", fmt.Errorf("a dot or bracket is missing before %q", rest)
		}
		rest = strings.TrimPrefix(rest, ".")
		if end := strings.IndexAny(rest, ".["); end >= 0 {
			s.name, behind = rest[:end], rest[end:]
		} else {
			s.name = rest
		}
		if s.name == "" {
			return s, "", errors.New("a name is missing")
		}
		return s, behind, nil
	}
	if q := rest[1:]; q != "" && (q[0] == '\'' || q[0] == '"') {
		name, behind, ok := strings.Cut(q[1:], q[:1]+"]")
		if !ok || name == "" {
			return s, "", errors.New("a name in brackets that does not end")
		}
		return step{name: name}, behind, nil
	}
	inside, behind, ok := strings.Cut(rest[1:], "]")
	i, err := strconv.Atoi(inside)
	if !ok || err != nil || i < 0 {
		return s, "", fmt.Errorf("[%s], wanted the number of one item, or a name in quotes", inside)
	}
	return step{index: i}, behind, nil
}

// put gives a value with what is at the end of a way replaced, added, or taken
// out where with is Missing. Objects that the way lacks are made.
func put(v arm.Value, w []step, with arm.Value) (arm.Value, error) {
	switch {
	case len(w) == 0:
		return with, nil
	case w[0].name == "":
		return putItem(v, w, with)
	case v.Kind() > arm.Null && v.Kind() != arm.Object:
		return v, fmt.Errorf("%q is put into %s, wanted an object", w[0].name, v.Kind())
	}
	o, there := arm.O{}, false
	for name, member := range v.Members() {
		if arm.EqualFold(name, w[0].name) {
			there = true
			var err error
			if member, err = put(member, w[1:], with); err != nil {
				return v, err
			}
		}
		o = append(o, name, member) // New leaves out what is Missing
	}
	if !there && with.Exists() {
		made, err := put(arm.Value{}, w[1:], with)
		if err != nil {
			return v, err
		}
		o = append(o, w[0].name, made)
	}
	return arm.New(o), nil
}

func putItem(v arm.Value, w []step, with arm.Value) (arm.Value, error) {
	at := w[0].index
	switch {
	case v.Kind() > arm.Null && v.Kind() != arm.Array:
		return v, fmt.Errorf("[%d] of %s, wanted an array", at, v.Kind())
	case at > v.Len() || at == v.Len() && !with.Exists():
		return v, fmt.Errorf("[%d] of an array of %d items", at, v.Len())
	}
	list := arm.A{}
	i := 0
	for item := range v.Items() {
		if i == at {
			var err error
			if item, err = put(item, w[1:], with); err != nil {
				return v, err
			}
		}
		if i++; item.Exists() {
			list = append(list, item)
		}
	}
	if at == i {
		made, err := put(arm.Value{}, w[1:], with)
		if err != nil {
			return v, err
		}
		list = append(list, made)
	}
	return arm.New(list), nil
}
