package template

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"airfield/arm"
	"airfield/diag"
	"airfield/expr"
)

// context is one deployment: the template, and where its expressions stand.
type context struct {
	x         *expander
	t         arm.Value
	d         Deployment
	up        *context // of the deployment around
	values    *context // whose parameters, variables and functions count: itself, or up
	names     map[string]expr.Func
	params    map[string]*slot // by name in lower case
	vars      map[string]*slot
	user      map[string]*userFunc
	loops     []loop
	units     []*unit
	byName    map[string][]*unit // ids, symbolic names, copy names, names; in lower case
	outputs   []Output
	symbols   bool // languageVersion 2.0: resources have symbolic names
	inDefault bool // a parameter's default value is being evaluated
	known     bool // the last error has its finding already
}

// slot is a parameter or a variable, evaluated when it is first asked for.
type slot struct {
	name  string
	decl  arm.Value
	value arm.Value
	state slotState
}

type slotState uint8

const (
	fresh slotState = iota
	running
	done
	failed
)

type loop struct {
	name  string
	index int
}

type userFunc struct {
	name string
	decl arm.Value
}

func (x *expander) context(t arm.Value, d Deployment) *context {
	c := &context{x: x, t: t, d: d, params: map[string]*slot{}, vars: map[string]*slot{}, user: map[string]*userFunc{}, byName: map[string][]*unit{}}
	c.values = c
	c.names = c.funcs()
	c.symbols = t.Get("resources").Kind() == arm.Object
	for name, decl := range t.Get("parameters").Members() {
		c.params[strings.ToLower(name)] = &slot{name: name, decl: decl}
	}
	for name, decl := range t.Get("variables").Members() {
		if arm.EqualFold(name, "copy") && decl.Kind() == arm.Array {
			for item := range decl.Items() {
				n := item.Get("name").Str()
				c.vars[strings.ToLower(n)] = &slot{name: n, decl: item}
			}
			continue
		}
		c.vars[strings.ToLower(name)] = &slot{name: name, decl: decl}
	}
	for ns := range t.Get("functions").Items() {
		for name, decl := range ns.Get("members").Members() {
			full := ns.Get("namespace").Str() + "." + name
			c.user[strings.ToLower(full)] = &userFunc{full, decl}
		}
	}
	return c
}

var schemas = []struct {
	part string
	is   arm.Type
}{
	{"tenantDeploymentTemplate.json", arm.TenantType},
	{"managementGroupDeploymentTemplate.json", arm.ManagementGroupType},
	{"subscriptionDeploymentTemplate.json", arm.SubscriptionType},
	{"deploymentTemplate.json", arm.ResourceGroupType},
}

// checkSchema compares the template's schema with the scope.
func (c *context) checkSchema() {
	schema := c.t.Get("$schema")
	file := schema.Str()[strings.LastIndexByte(schema.Str(), '/')+1:]
	for _, s := range schemas {
		if strings.EqualFold(strings.TrimSuffix(file, "#"), s.part) {
			if have := c.d.Scope.Type(); !have.Equal(s.is) {
				c.x.errorf(schema, "template/scope", "template is for a deployment to %s, and the scope %s is %s", s.is, c.d.Scope, have)
			}
			return
		}
	}
	c.x.warnf(schema, "template/schema", "schema %q is none of a deployment template", schema.Str())
}

// env is the Env of the template's expressions.
func (c *context) env() expr.Env {
	e := expr.Env{Func: c.lookup, Budget: &c.x.budget, Names: func() []string { return slices.Sorted(maps.Keys(c.values.names)) }}
	if c.inDefault {
		e.Now, e.NewGUID = c.d.Now, c.d.NewGUID
	}
	return e
}

// eval evaluates a string of the template, and says what is wrong with it.
func (c *context) eval(v arm.Value) (arm.Value, bool) {
	text := v.Str()
	if !expr.Is(text) {
		if un := expr.Unescape(text); un != text {
			return arm.New(un), true
		}
		return v, true
	}
	c.values.known = false
	out, err := c.evalText(text)
	if err == nil {
		return out, c.x.spend(v, len(out.Text())+len(text)/8)
	}
	if c.values.known {
		return arm.Value{}, false
	}
	behind := 0
	if e, ok := errors.AsType[*expr.Error](err); ok && !strings.Contains(v.Text(), `\`) {
		behind = 1 + e.Offset
	}
	c.x.found.Errorf(c.x.posAt(v, behind), "template/expression", "%v", err)
	return arm.Value{}, false
}

// maxText is Azure's limit on an expression in a template, in characters.
const maxText = 24_576

func (c *context) evalText(text string) (arm.Value, error) {
	if len(text) > maxText && utf8.RuneCountInString(text) > maxText {
		return arm.Value{}, fmt.Errorf("expression has more than %d characters", maxText)
	}
	e, err := c.x.parse(text)
	if err != nil {
		return arm.Value{}, err
	}
	return e.Eval(c.env())
}

// value evaluates everything in v. What fails has its finding and is null.
func (c *context) value(v arm.Value) (arm.Value, bool) {
	if v.Kind() == arm.String {
		return c.eval(v)
	}
	w := writer{c: c, ok: true}
	w.value(v)
	if !c.x.spend(v, len(w.b)) {
		return arm.Value{}, false
	}
	out, err := arm.Parse(string(w.b))
	if err != nil {
		c.x.errorf(v, "template/limit", "value is not usable: %v", err)
		return arm.Value{}, false
	}
	return out, w.ok
}

// writer writes evaluated values as JSON.
type writer struct {
	c  *context
	b  []byte
	ok bool
}

func (w *writer) value(v arm.Value) {
	switch v.Kind() {
	case arm.String:
		out, ok := w.c.eval(v)
		w.put(out, ok)
	case arm.Array:
		w.b = append(w.b, '[')
		for item := range v.Items() {
			w.value(item)
			w.b = append(w.b, ',')
		}
		w.close(']')
	case arm.Object:
		w.b = append(w.b, '{')
		for name, value := range v.Members() {
			w.member(name, value)
		}
		w.close('}')
	default:
		w.put(v, true)
	}
}

func (w *writer) put(v arm.Value, ok bool) {
	w.ok = w.ok && ok
	if !v.Exists() {
		w.b = append(w.b, "null"...)
		return
	}
	w.b = append(w.b, v.Text()...)
}

func (w *writer) close(bracket byte) {
	if w.b[len(w.b)-1] == ',' {
		w.b = w.b[:len(w.b)-1]
	}
	w.b = append(w.b, bracket)
}

func (w *writer) name(name string) {
	w.b = append(arm.AppendString(w.b, name), ':')
}

// member writes a member, or, for "copy", the properties that it makes.
func (w *writer) member(name string, v arm.Value) {
	if arm.EqualFold(name, "copy") && isPropertyCopy(v) {
		for item := range v.Items() {
			w.name(item.Get("name").Str())
			w.loop(item, item.Get("name").Str(), item.Get("input"))
			w.b = append(w.b, ',')
		}
		return
	}
	if expr.Is(name) {
		w.c.values.known = false
		key, err := w.c.evalText(name)
		if err != nil || key.Kind() != arm.String {
			if w.ok = false; !w.c.values.known {
				w.c.x.errorf(v, "template/expression", "name %q of a member is no string that is known before deployment%s", name, because(err))
			}
			return
		}
		name = key.Str()
	} else {
		name = expr.Unescape(name)
	}
	w.name(name)
	w.value(v)
	w.b = append(w.b, ',')
}

func because(err error) string {
	if err == nil {
		return ""
	}
	return ": " + err.Error()
}

func isPropertyCopy(v arm.Value) bool {
	if v.Kind() != arm.Array || v.Len() == 0 {
		return false
	}
	for item := range v.Items() {
		if !item.Get("name").Exists() || !item.Get("count").Exists() || !item.Get("input").Exists() {
			return false
		}
	}
	return true
}

// loop writes the array that a copy element makes.
func (w *writer) loop(copy arm.Value, name string, input arm.Value) {
	n, ok := w.c.count(copy)
	w.ok = w.ok && ok
	w.b = append(w.b, '[')
	for i := range n {
		at := len(w.b)
		w.c.values.loops = append(w.c.values.loops, loop{name, i})
		w.value(input)
		w.c.values.loops = w.c.values.loops[:len(w.c.values.loops)-1]
		w.b = append(w.b, ',')
		if !w.c.x.spend(copy, len(w.b)-at) {
			w.ok = false
			break
		}
	}
	w.close(']')
}

// count gives the number of iterations of a copy element.
func (c *context) count(copy arm.Value) (int, bool) {
	count := copy.Get("count")
	v, ok := c.value(count)
	if !ok {
		return 0, false
	}
	n, ok := v.Int()
	switch {
	case v.Kind() == arm.Unknown:
		c.x.errorf(count, "template/copy", "count of a copy is known only after deployment")
	case !ok:
		c.x.errorf(count, "template/copy", "count of a copy is %s, wanted an integer", v.Kind())
	case n < 0 || n > maxCopies:
		c.x.errorf(count, "template/copy", "count of a copy is %d, wanted 0 to %d", n, maxCopies)
	default:
		return int(n), true
	}
	return 0, false
}

var errKnown = errors.New("has a finding of its own")

// checkVariables evaluates every variable, used or not.
func (c *context) checkVariables() {
	for name, decl := range c.t.Get("variables").Members() {
		if arm.EqualFold(name, "copy") && decl.Kind() == arm.Array {
			for item := range decl.Items() {
				c.variableAt(item, item.Get("name").Str())
			}
			continue
		}
		c.variableAt(decl, name)
	}
}

func (c *context) variableAt(decl arm.Value, name string) {
	c.known = false
	if _, err := c.variable(name); err != nil && !c.known {
		c.x.errorf(decl, "template/variable", "variable: %v", err)
	}
}

// variable gives a variable's value.
func (c *context) variable(name string) (arm.Value, error) {
	s, ok := c.vars[strings.ToLower(name)]
	if !ok {
		return arm.Value{}, fmt.Errorf("no variable %q%s", name, diag.DidYouMean(name, slotNames(c.vars)))
	}
	return c.slot(s, func() (arm.Value, bool) {
		if s.decl.Get("input").Exists() && s.decl.Get("count").Exists() && arm.EqualFold(s.decl.Get("name").Str(), s.name) {
			w := writer{c: c, ok: true}
			w.loop(s.decl, s.name, s.decl.Get("input"))
			v, err := arm.Parse(string(w.b))
			return v, w.ok && err == nil
		}
		return c.value(s.decl)
	})
}

// slot evaluates a parameter or variable once, outside all loops.
func (c *context) slot(s *slot, evaluate func() (arm.Value, bool)) (arm.Value, error) {
	switch s.state {
	case running:
		return arm.Value{}, fmt.Errorf("%q is defined by itself", s.name)
	case failed:
		c.known = true
		return arm.Value{}, errKnown
	case fresh:
		if c.x.depth >= maxDepth {
			return arm.Value{}, fmt.Errorf("parameters, variables and deployments refer to each other more than %d deep", maxDepth)
		}
		c.x.depth++
		defer func() { c.x.depth-- }()
		loops := c.values.loops
		c.values.loops, s.state = nil, running
		v, ok := evaluate()
		c.values.loops, s.value, s.state = loops, v, done
		if !ok {
			s.state = failed
			c.known = true
			return v, errKnown
		}
	}
	return s.value, nil
}

func slotNames(m map[string]*slot) []string {
	var names []string
	for _, s := range m {
		names = append(names, s.name)
	}
	return sorted(names)
}
