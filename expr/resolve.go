package expr

import (
	"strings"

	"airfield/arm"
)

// Resolve gives v with the references in it replaced by what known says they
// are, and computed values evaluated. What known does not know stays unknown.
func Resolve(v arm.Value, known func(arm.Ref) (arm.Value, bool)) (arm.Value, error) {
	if !holdsUnknown(v) {
		return v, nil
	}
	env := Env{Func: func(name string) (Func, bool) { return resolving(name, known) }}
	b, err := appendResolved(nil, v, env, known)
	if err != nil {
		return arm.Value{}, err
	}
	return arm.Parse(string(b))
}

// resolving gives the functions that stand for references in a computed value.
// What a list function gives is known to the service alone.
func resolving(name string, known func(arm.Ref) (arm.Value, bool)) (Func, bool) {
	find := func(r arm.Ref) (arm.Value, error) {
		if v, ok := known(r); ok {
			return v, nil
		}
		return arm.New(r), nil
	}
	switch {
	case name == "after":
		return Func{2, 2, Known, func(c *Call) (arm.Value, error) {
			return find(arm.Ref{ID: arm.ID(c.Str(0)), Path: c.Str(1)})
		}}, true
	case name == "parameters":
		return Func{1, 1, Known, func(c *Call) (arm.Value, error) { return find(arm.Parameter(c.Str(0))) }}, true
	case strings.HasPrefix(name, "list"):
		return Func{1, 3, Known, (*Call).Unknown}, true
	}
	return Func{}, false
}

func appendResolved(b []byte, v arm.Value, env Env, known func(arm.Ref) (arm.Value, bool)) ([]byte, error) {
	var err error
	switch v.Kind() {
	case arm.Unknown:
		v, err = resolveOne(v, env, known)
	case arm.Array:
		b = append(b, '[')
		for item := range v.Items() {
			if b, err = appendResolved(b, item, env, known); err != nil {
				return b, err
			}
			b = append(b, ',')
		}
		return append(trimComma(b), ']'), nil
	case arm.Object:
		b = append(b, '{')
		for name, value := range v.Members() {
			b = append(arm.AppendString(b, name), ':')
			if b, err = appendResolved(b, value, env, known); err != nil {
				return b, err
			}
			b = append(b, ',')
		}
		return append(trimComma(b), '}'), nil
	}
	return append(b, text(v)...), err
}

func resolveOne(v arm.Value, env Env, known func(arm.Ref) (arm.Value, bool)) (arm.Value, error) {
	if e, ok := Computed(v); ok {
		return e.Eval(env)
	}
	if r, _ := v.Ref(); r.Expression == "" {
		if found, ok := known(r); ok {
			return found, nil
		}
	}
	return v, nil
}
