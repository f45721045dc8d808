package template

import (
	"errors"
	"fmt"
	"strings"

	"airfield/arm"
)

// unit is one resource of a template, or one instance of a copied one, or one
// nested deployment.
type unit struct {
	decl     arm.Value
	id       arm.ID
	symbol   string // in languageVersion 2.0
	copy     string // name of the copy element
	batch    int    // of a serial copy, else 0
	index    int    // in the copy
	loops    []loop
	existing bool
	skipped  bool // by its condition
	module   *module
	ids      []arm.ID // of the resources that it becomes
	after    []*unit  // that it waits for
}

// module is a nested deployment.
type module struct {
	target  arm.ID // the scope that it deploys to
	inner   *context
	state   slotState
	outputs arm.Value
}

// expand evaluates the template: parameters, then which resources there are and
// what they are called, then their bodies.
func (c *context) expand() {
	if c.values == c {
		c.checkParameters()
		c.checkVariables()
	}
	c.eachDecl(c.t.Get("resources"), func(symbol string, decl arm.Value) { c.collect(symbol, decl, nil) })
	for _, first := range []bool{true, false} { // what lies in a resource group asks for its location
		for _, u := range c.units {
			if u.id.Type().Equal(arm.ResourceGroupType) == first {
				c.finish(u)
			}
		}
	}
	for _, u := range c.units {
		c.waits(u)
	}
	for _, u := range c.units {
		c.edges(u, u, map[*unit]bool{})
	}
	c.evalOutputs()
}

// eachDecl goes through resources written as an array, or as an object.
func (c *context) eachDecl(resources arm.Value, f func(symbol string, decl arm.Value)) {
	switch resources.Kind() {
	case arm.Array:
		for decl := range resources.Items() {
			f("", decl)
		}
	case arm.Object:
		for symbol, decl := range resources.Members() {
			f(symbol, decl)
		}
	case arm.Missing:
	default:
		c.x.errorf(resources, "template/syntax", "resources are %s, wanted an array or an object", resources.Kind())
	}
}

// collect finds the units of one resource as written.
func (c *context) collect(symbol string, decl arm.Value, parent *unit) {
	if decl.Kind() != arm.Object {
		c.x.errorf(decl, "template/syntax", "resource is %s, wanted an object", decl.Kind())
		return
	}
	if imported := decl.Get("import"); imported.Exists() || decl.Get("extension").Exists() {
		c.x.warnf(decl, "template/extension", "resource is of an extension of Bicep and not of Azure; it is left out")
		return
	}
	copy := decl.Get("copy")
	if !copy.Exists() {
		c.instance(&unit{decl: decl, symbol: symbol}, parent)
		return
	}
	n, ok := c.count(copy)
	name := copy.Get("name").Str()
	if !ok {
		return
	}
	batch := 0
	if arm.EqualFold(copy.Get("mode").Str(), "serial") {
		size, ok := copy.Get("batchSize").Int()
		if batch = int(min(max(size, 1), maxCopies)); !ok {
			batch = 1
		}
	}
	for i := range n {
		c.values.loops = append(c.values.loops, loop{name, i})
		c.instance(&unit{decl: decl, symbol: symbol, copy: name, batch: batch, index: i}, parent)
		c.values.loops = c.values.loops[:len(c.values.loops)-1]
	}
}

// instance finds the id of a unit, and its children.
func (c *context) instance(u *unit, parent *unit) {
	if c.x.resources++; c.x.resources > maxResources {
		if c.x.resources == maxResources+1 {
			c.x.errorf(u.decl, "template/limit", "template expands to more than %d resources", maxResources)
		}
		return
	}
	u.loops = append([]loop(nil), c.values.loops...)
	u.existing = u.decl.Get("existing").True()
	wanted, ok := c.condition(u.decl)
	if !ok || !c.identify(u, parent) {
		return
	}
	if !wanted {
		u.skipped = true
		c.x.out.Skipped = append(c.x.out.Skipped, Skipped{u.id, c.x.pos(u.decl)})
		c.name(u)
	} else {
		for _, other := range c.byName[strings.ToLower(string(u.id))] {
			if !other.skipped {
				c.x.errorf(u.decl, "template/duplicate", "resource %s is defined twice in one template", u.id)
				return
			}
		}
		c.units = append(c.units, u)
		c.name(u)
	}
	c.eachDecl(u.decl.Get("resources"), func(symbol string, decl arm.Value) {
		if u.module == nil {
			c.collect(symbol, decl, u)
		}
	})
}

// name makes a unit findable by its names.
func (c *context) name(u *unit) {
	keys := []string{string(u.id), u.symbol, u.copy}
	if u.symbol != "" && u.copy != "" {
		keys = append(keys, fmt.Sprintf("%s[%d]", u.symbol, u.index))
	}
	if !c.symbols {
		full := strings.Join(u.id.Names(), "/")
		keys = append(keys, full, string(u.id.Type())+"/"+full)
	}
	seen := map[string]bool{"": true}
	for _, k := range keys {
		if k = strings.ToLower(k); !seen[k] {
			seen[k] = true
			c.byName[k] = append(c.byName[k], u)
		}
	}
}

func (c *context) unitNames() []string {
	var names []string
	for _, u := range c.units {
		if u.symbol != "" {
			names = append(names, u.symbol)
		} else {
			names = append(names, u.id.Name())
		}
	}
	return names
}

// condition tells whether a resource, an output or a module is wanted.
func (c *context) condition(decl arm.Value) (wanted, ok bool) {
	cond := decl.Get("condition")
	if !cond.Exists() {
		return true, true
	}
	v, ok := c.value(cond)
	if !ok {
		return false, false
	}
	switch v.Kind() {
	case arm.Bool:
		return v.True(), true
	case arm.Unknown:
		c.x.warnf(cond, "template/condition", "condition is known only after deployment; it is taken for true")
		return true, true
	case arm.String:
		if s := v.Str(); strings.EqualFold(s, "true") || strings.EqualFold(s, "false") {
			return strings.EqualFold(s, "true"), true
		}
	}
	c.x.errorf(cond, "template/condition", "condition is %s, wanted a boolean", v.Kind())
	return false, false
}

// text evaluates a member that must be a string known before deployment.
func (c *context) text(decl arm.Value, member string) (string, bool) {
	at := decl.Get(member)
	if !at.Exists() {
		c.x.errorf(decl, "template/resource", "resource has no %s", member)
		return "", false
	}
	v, ok := c.value(at)
	if !ok {
		return "", false
	}
	if v.Kind() == arm.Number {
		return v.Text(), true
	}
	if v.Kind() != arm.String || v.Str() == "" {
		what := v.Kind().String()
		switch v.Kind() {
		case arm.Unknown:
			what = "known only after deployment"
		case arm.String:
			what = "empty"
		}
		c.x.errorf(at, "template/resource", "%s of a resource is %s, wanted a string", member, what)
		return "", false
	}
	return v.Str(), true
}

// identify finds the scope, type and name of a unit.
func (c *context) identify(u *unit, parent *unit) bool {
	typ, ok := c.text(u.decl, "type")
	name, ok2 := c.text(u.decl, "name")
	if !ok || !ok2 {
		return false
	}
	scope, ok := c.scopeOf(u.decl, parent)
	if !ok {
		return false
	}
	names := strings.Split(name, "/")
	if parent != nil && !strings.HasPrefix(strings.ToLower(typ), strings.ToLower(string(parent.id.Type()))+"/") {
		typ = string(parent.id.Type()) + "/" + typ
	}
	if parent != nil && strings.Count(typ, "/") > len(names) {
		names = append(parent.id.Names(), names...)
	}
	if n := strings.Count(typ, "/"); n == 0 || n != len(names) {
		c.x.errorf(u.decl.Get("name"), "template/resource", "name %q has %d segments, and the type %s takes %d", name, len(names), typ, n)
		return false
	}
	u.id = id(scope, arm.Type(typ), names...)
	if _, err := arm.ParseID(string(u.id)); err != nil {
		c.x.errorf(u.decl.Get("name"), "template/resource", "name or type is not usable: %v", err)
		return false
	}
	if arm.Type(typ).Equal("Microsoft.Resources/deployments") && !u.existing {
		u.module = &module{target: u.id.Scope()}
	}
	return true
}

// scopeOf gives the scope that a resource lies at: its own "scope", else its
// parent's, else that of the deployment.
func (c *context) scopeOf(decl arm.Value, parent *unit) (arm.ID, bool) {
	scope := c.d.Scope
	if parent != nil {
		scope = parent.id.Scope()
	}
	if sub := decl.Get("subscriptionId"); sub.Exists() {
		s, ok := c.text(decl, "subscriptionId")
		if !ok {
			return "", false
		}
		scope = arm.Subscription(strings.TrimPrefix(s, "/subscriptions/"))
	}
	if decl.Get("resourceGroup").Exists() {
		s, ok := c.text(decl, "resourceGroup")
		if !ok {
			return "", false
		}
		if scope = scope.SubscriptionID(); scope == "" {
			c.x.errorf(decl.Get("resourceGroup"), "template/scope", "resource group %q is in no subscription: the scope is %s", s, c.d.Scope)
			return "", false
		}
		scope = scope.ResourceGroup(s)
	}
	if !decl.Get("scope").Exists() {
		return scope, true
	}
	s, ok := c.text(decl, "scope")
	if !ok {
		return "", false
	}
	if units := c.find(s); len(units) > 0 && !strings.HasPrefix(s, "/") {
		return units[0].id, true
	}
	abs := s
	if !strings.HasPrefix(s, "/") {
		base := scope
		if strings.HasPrefix(strings.ToLower(s), "microsoft.management/managementgroups/") || base == arm.Tenant {
			base = ""
		}
		abs = string(base) + "/providers/" + s
	}
	out, err := arm.ParseID(abs)
	if err != nil {
		c.x.errorf(decl.Get("scope"), "template/scope", "scope is not usable: %v", err)
		return "", false
	}
	return out, true
}

// notBody are the members of a resource as written that are no part of its body.
var notBody = map[string]bool{
	"id": true, "name": true, "type": true, "condition": true, "copy": true, "dependson": true, "scope": true, "resources": true,
	"comments": true, "existing": true, "resourcegroup": true, "subscriptionid": true, "import": true, "metadata": true, "asserts": true,
}

// finish makes the resource of a unit, or expands the module.
func (c *context) finish(u *unit) {
	if u.module != nil {
		c.expandModule(u)
		return
	}
	around := c.values.loops
	c.values.loops = u.loops
	defer func() { c.values.loops = around }()
	if !u.decl.Get("apiVersion").Exists() && !u.existing {
		c.x.warnf(u.decl, "template/resource", "resource has no apiVersion")
	}
	w := writer{c: c, ok: true}
	w.b = append(w.b, '{')
	for _, m := range [][2]string{{"id", string(u.id)}, {"name", u.id.Name()}, {"type", string(u.id.Type())}} {
		w.name(m[0])
		w.b = append(arm.AppendString(w.b, m[1]), ',')
	}
	for name, v := range u.decl.Members() {
		if !notBody[strings.ToLower(name)] {
			w.member(name, v)
		}
	}
	w.close('}')
	if !c.x.spend(u.decl, len(w.b)) {
		return
	}
	body, err := arm.Parse(string(w.b))
	if err != nil {
		c.x.errorf(u.decl, "template/limit", "resource is not usable: %v", err)
		return
	}
	u.ids = []arm.ID{u.id}
	if u.id.Type().Equal(arm.ResourceGroupType) {
		c.x.groups[u.id.Fold()] = body
	}
	c.x.out.Resources = append(c.x.out.Resources, arm.Resource{ID: u.id, Body: body, Pos: c.x.pos(u.decl), Theirs: u.existing})
}

// waits finds the units that a unit waits for.
func (c *context) waits(u *unit) {
	around := c.values.loops
	c.values.loops = u.loops
	defer func() { c.values.loops = around }()
	for dep := range u.decl.Get("dependsOn").Items() {
		v, ok := c.value(dep)
		if !ok {
			continue
		}
		if v.Kind() != arm.String {
			c.x.errorf(dep, "template/depends", "dependsOn holds %s, wanted a string", v.Kind())
			continue
		}
		units := c.waitsFor(v.Str())
		if len(units) == 0 {
			c.x.warnf(dep, "template/depends", "dependsOn names %q, which is no resource of the template", v.Str())
		}
		u.after = append(u.after, units...)
	}
	if u.batch > 0 {
		for _, on := range c.byName[strings.ToLower(u.copy)] {
			if on.index/u.batch == u.index/u.batch-1 {
				u.after = append(u.after, on)
			}
		}
	}
}

// edges adds an edge from each resource of u to each of the units that via
// waits for. A nested deployment without resources hands on what it waits for.
func (c *context) edges(u, via *unit, seen map[*unit]bool) {
	for _, on := range via.after {
		if len(on.ids) == 0 && on.module != nil && !seen[on] {
			seen[on] = true
			c.edges(u, on, seen)
		}
		if !c.x.spend(u.decl, 32*len(u.ids)*len(on.ids)) {
			return
		}
		for _, from := range u.ids {
			for _, to := range on.ids {
				if e := (Edge{from, to}); !c.x.edges[e] {
					c.x.edges[e] = true
					c.x.out.Edges = append(c.x.out.Edges, e)
				}
			}
		}
	}
}

// waitsFor finds the units that an entry of dependsOn names. An id may be
// written without its scope: "Microsoft.Network/virtualNetworks/a".
func (c *context) waitsFor(s string) []*unit {
	if found := c.byName[strings.ToLower(s)]; len(found) > 0 {
		return found
	}
	short := strings.ToLower(s)
	if !strings.HasPrefix(short, "/") && strings.Contains(short, "/") {
		for _, u := range c.units {
			if strings.HasSuffix(strings.ToLower(string(u.id)), "/providers/"+short) {
				return []*unit{u}
			}
		}
	}
	return nil
}

// expandModule expands a nested deployment once.
func (c *context) expandModule(u *unit) {
	m := u.module
	if m.state != fresh {
		return
	}
	m.state = running
	defer func() { m.state = done }()
	c.x.out.Modules = append(c.x.out.Modules, Module{ID: u.id, Pos: c.x.pos(u.decl)})
	at := len(c.x.out.Modules) - 1
	around := c.values.loops
	c.values.loops = u.loops
	defer func() { c.values.loops = around }()
	offset := c.x.offset
	if !c.enter(u) {
		return
	}
	first := len(c.x.out.Resources)
	m.inner.expand()
	c.x.offset = offset
	seen := map[arm.ID]bool{}
	for _, r := range c.x.out.Resources[first:] {
		if !seen[r.ID] {
			seen[r.ID] = true
			u.ids = append(u.ids, r.ID)
		}
	}
	c.x.out.Modules[at].Resources = u.ids
	c.x.out.Modules[at].Outputs = m.inner.outputs
}

// enter makes the context of a nested deployment.
func (c *context) enter(u *unit) bool {
	p := u.decl.Get("properties")
	t := p.Get("template")
	depth := 0
	for up := c; up != nil; up = up.up {
		depth++
	}
	switch {
	case p.Get("templateLink").Exists():
		c.x.warnf(u.decl, "template/linked", "deployment %q is of a linked template, which is not read; what it deploys is not known", u.id.Name())
		return false
	case depth > maxNesting:
		c.x.errorf(u.decl, "template/limit", "deployments are nested more than %d deep", maxNesting)
		return false
	case t.Kind() == arm.String:
		v, ok := c.value(t)
		if !ok {
			return false
		}
		if c.x.offset < 0 {
			c.x.offset = t.Offset()
		}
		t = v
	}
	if t.Kind() != arm.Object {
		c.x.errorf(u.decl, "template/syntax", "deployment %q has no template", u.id.Name())
		return false
	}
	d := c.d
	d.Scope, d.Name, d.Location, d.Parameters = u.module.target, u.id.Name(), "", c.moduleParameters(p.Get("parameters"))
	if loc := u.decl.Get("location"); loc.Exists() {
		if v, ok := c.value(loc); ok {
			d.Location = v.Str()
		}
	} else if d.Scope.Equal(c.d.Scope) {
		d.Location = c.d.Location
	}
	u.module.inner = c.x.context(t, d)
	u.module.inner.up = c
	if !arm.EqualFold(p.Get("expressionEvaluationOptions", "scope").Str(), "inner") {
		u.module.inner.values = c.values
	}
	return true
}

// moduleParameters evaluates the parameters that a nested deployment is given.
func (c *context) moduleParameters(given arm.Value) arm.Value {
	w := writer{c: c, ok: true}
	w.b = append(w.b, '{')
	if given.Kind() == arm.String {
		given, _ = c.value(given)
	}
	for name, p := range given.Members() {
		w.name(name)
		switch {
		case p.Get("value").Exists():
			v, ok := c.value(p.Get("value"))
			if !ok { // has its finding; no more come of it
				v = arm.New(arm.Parameter(name))
			}
			w.put(v, ok)
		case p.Get("reference").Exists():
			w.put(arm.New(arm.Parameter(name)), true)
		default:
			v, ok := c.value(p)
			switch {
			case !ok:
				w.put(arm.New(arm.Parameter(name)), ok)
			case v.Get("value").Exists():
				w.put(v.Get("value"), true)
			default:
				c.x.errorf(p, "template/parameter", "parameter %q has neither a value nor a reference", name)
				w.put(arm.Value{}, false)
			}
		}
		w.b = append(w.b, ',')
	}
	w.close('}')
	out, err := arm.Parse(string(w.b))
	if err != nil {
		c.x.errorf(given, "template/limit", "parameters are not usable: %v", err)
	}
	return out
}

// moduleOutputs gives a nested deployment's outputs, each with type and value.
func (c *context) moduleOutputs(u *unit) (arm.Value, error) {
	m := u.module
	if m.state == running {
		return arm.Value{}, errors.New("deployment " + u.id.Name() + " refers to itself")
	}
	if c.x.depth >= maxDepth {
		return arm.Value{}, fmt.Errorf("parameters, variables and deployments refer to each other more than %d deep", maxDepth)
	}
	c.x.depth++
	defer func() { c.x.depth-- }()
	c.expandModule(u)
	if m.outputs.Exists() {
		return m.outputs, nil
	}
	if m.inner == nil { // a linked template
		return after(u.id, "properties.outputs"), nil
	}
	o := arm.O{}
	for _, out := range m.inner.outputs {
		o = append(o, out.Name, arm.O{"type", out.Type, "value", out.Value})
	}
	m.outputs = arm.New(o)
	return m.outputs, nil
}

func (c *context) evalOutputs() {
	for name, decl := range c.t.Get("outputs").Members() {
		wanted, ok := c.condition(decl)
		if !ok || !wanted {
			continue
		}
		out := Output{Name: name, Type: decl.Get("type").Str(), Pos: c.x.pos(decl)}
		if copy := decl.Get("copy"); copy.Exists() {
			w := writer{c: c, ok: true}
			w.loop(copy, name, copy.Get("input"))
			v, err := arm.Parse(string(w.b))
			if err != nil {
				c.x.errorf(decl, "template/limit", "output is not usable: %v", err)
			}
			out.Value = v
		} else {
			out.Value, _ = c.value(decl.Get("value"))
		}
		if !out.Value.Exists() {
			out.Value = arm.New(nil)
		}
		if !shallow(out.Value) {
			c.x.errorf(decl, "template/limit", "output %q nests too deep", name)
			out.Value = arm.New(nil)
		}
		c.outputs = append(c.outputs, out)
	}
}
