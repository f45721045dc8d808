package template

import (
	"fmt"
	"slices"
	"strings"

	"airfield/arm"
	"airfield/diag"
)

func sorted(names []string) []string {
	slices.Sort(names)
	return names
}

// checkParameters evaluates every parameter, and finds values that no parameter
// takes.
func (c *context) checkParameters() {
	for name := range c.t.Get("parameters").Members() {
		if _, err := c.parameter(name); err != nil {
			c.known = false
		}
	}
	for name := range c.d.Parameters.Members() {
		if c.params[strings.ToLower(name)] == nil {
			at := c.t.Get("parameters")
			if !at.Exists() {
				at = c.t
			}
			c.x.errorf(at, "template/parameter", "template has no parameter %q%s", name, diag.DidYouMean(name, slotNames(c.params)))
		}
	}
}

// parameter gives a parameter's value.
func (c *context) parameter(name string) (arm.Value, error) {
	s, ok := c.params[strings.ToLower(name)]
	if !ok {
		return arm.Value{}, fmt.Errorf("no parameter %q%s", name, diag.DidYouMean(name, slotNames(c.params)))
	}
	return c.slot(s, func() (arm.Value, bool) { return c.evalParameter(s) })
}

func (c *context) evalParameter(s *slot) (arm.Value, bool) {
	decl := c.typeOf(s.decl)
	fallback := s.decl.Get("defaultValue")
	v := c.d.Parameters.Get(s.name)
	switch {
	case v.Exists() && (v.Kind() != arm.Null || !fallback.Exists()):
	case fallback.Exists():
		if c.changing(fallback) {
			c.x.found.Infof(c.x.pos(fallback), "template/parameter", "default value of %q is another at each deployment; it is unknown here", s.name)
			return arm.New(arm.Parameter(s.name)), true
		}
		around := c.inDefault
		c.inDefault = true
		got, ok := c.value(fallback)
		c.inDefault = around
		if !ok {
			return got, false
		}
		v = got
	case decl.Get("nullable").True():
		return arm.New(nil), true
	default:
		c.missing(s, decl)
		return arm.New(arm.Parameter(s.name)), true
	}
	if v.Kind() == arm.Null && decl.Get("nullable").True() {
		return v, true
	}
	if problem := check(decl, v); problem != "" {
		c.x.errorf(s.decl, "template/parameter", "value of parameter %q is %s", s.name, problem)
	}
	return v, true
}

// missing says that a parameter has no value. A secret is given by whoever
// deploys; for everything else an answer without it cannot be relied on.
func (c *context) missing(s *slot, decl arm.Value) {
	if strings.HasPrefix(strings.ToLower(decl.Get("type").Str()), "secure") {
		c.x.found.Infof(c.x.pos(s.decl), "template/parameter", "secret parameter %q has no value; it is unknown here", s.name)
		return
	}
	c.x.errorf(s.decl, "template/parameter", "parameter %q has no value and no default", s.name)
}

// changing tells whether a default value needs a clock or a source of GUIDs
// that is not there.
func (c *context) changing(v arm.Value) bool {
	found := false
	v.Walk(func(_ string, v arm.Value) bool {
		if e, err := c.x.parse(v.Str()); err == nil {
			e.Calls(func(name string, _ arm.Value) {
				found = found || name == "utcnow" && c.d.Now.IsZero() || name == "newguid" && c.d.NewGUID == nil
			})
		}
		return !found
	})
	return found
}

// typeOf follows a parameter's $ref to the template's definitions.
func (c *context) typeOf(decl arm.Value) arm.Value {
	for range 16 {
		ref, ok := strings.CutPrefix(decl.Get("$ref").Str(), "#/definitions/")
		if !ok {
			break
		}
		next := c.t.Get("definitions", strings.NewReplacer("~1", "/", "~0", "~").Replace(ref))
		if !next.Exists() {
			c.x.errorf(decl, "template/parameter", "template has no definition %q", ref)
			break
		}
		decl = next
	}
	return decl
}

var kinds = map[string]arm.Kind{
	"string": arm.String, "securestring": arm.String, "int": arm.Number, "bool": arm.Bool,
	"object": arm.Object, "secureobject": arm.Object, "array": arm.Array,
}

// check says what is wrong with a parameter's value, "" where nothing is.
func check(decl, v arm.Value) string {
	if v.Kind() == arm.Unknown {
		return ""
	}
	want, ok := kinds[strings.ToLower(decl.Get("type").Str())]
	if !ok {
		return ""
	}
	if _, isInt := v.Int(); v.Kind() != want || want == arm.Number && !isInt {
		return fmt.Sprintf("%s, wanted %s", v.Kind(), decl.Get("type").Str())
	}
	if problem := checkAllowed(decl.Get("allowedValues"), v); problem != "" {
		return problem
	}
	n, least, most := int64(v.Len()), "minLength", "maxLength"
	switch want {
	case arm.String:
		n = int64(len([]rune(v.Str())))
	case arm.Number:
		n, _ = v.Int()
		least, most = "minValue", "maxValue"
	}
	if low, ok := decl.Get(least).Int(); ok && n < low {
		return fmt.Sprintf("below its %s of %d: %d", least, low, n)
	}
	if high, ok := decl.Get(most).Int(); ok && n > high {
		return fmt.Sprintf("above its %s of %d: %d", most, high, n)
	}
	return ""
}

// checkAllowed takes an array whose items are all allowed, as Azure does.
func checkAllowed(allowed, v arm.Value) string {
	if !allowed.Exists() {
		return ""
	}
	in := func(v arm.Value) bool {
		for a := range allowed.Items() {
			if a.Equal(v) {
				return true
			}
		}
		return false
	}
	if in(v) {
		return ""
	}
	if v.Kind() == arm.Array {
		for item := range v.Items() {
			if !in(item) && item.Kind() != arm.Unknown {
				return fmt.Sprintf("not allowed: it holds %.100s; allowed are %.300s", item.Text(), allowed.Text())
			}
		}
		return ""
	}
	return fmt.Sprintf("not allowed: %.100s; allowed are %.300s", v.Text(), strings.Join(strings.Fields(allowed.Text()), " "))
}
