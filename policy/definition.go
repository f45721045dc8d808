package policy

import (
	"slices"
	"strings"

	"airfield/arm"
	"airfield/diag"
)

// Definition is one policy definition, read and checked. It does not change.
type Definition struct {
	ID         arm.ID
	Version    string // "1.0.3", "2.1.0-preview"; "" where it says none
	Title      string // display name, else the name
	Mode       string // "All", "Indexed" or a resource provider's
	Parameters []Parameter

	o         *Options
	resource  arm.Resource
	condition condition
	effect    operand
	details   details
	broken    bool
	provider  bool
}

// Parameter is what a definition or a set lets an assignment choose.
type Parameter struct {
	Name    string
	Type    string      // lower case: string, array, object, boolean, integer, float, datetime
	Default arm.Value   // Missing where an assignment must give a value
	Allowed []arm.Value // none means all
}

// details are what the effect needs beside its name.
type details struct {
	value      arm.Value // as written
	typ        operand   // of the related resource
	name       operand
	group      operand // of the related resource
	scope      operand // existenceScope: ResourceGroup or Subscription
	existence  *condition
	roles      []string
	operations []operation
	conflict   operand
	deployment arm.Value
	target     operand // deploymentScope
	state      operand // of manual
	actions    []string
	cascade    operand
}

// operation is one change that modify or append makes.
type operation struct {
	verb      string // "addorreplace", "add", "remove" or "append"
	field     operand
	value     operand
	condition operand
	src       arm.Value
}

// Define reads a policy definition: an arm.Resource as Azure Resource Manager
// keeps it. With an Error among the findings the definition cannot be bound.
func Define(r arm.Resource, o *Options) (*Definition, diag.List) {
	d := &Definition{ID: r.ID, o: o, resource: r}
	rd := &reader{o: o, r: r}
	p := r.Get("properties")
	d.Title, d.Mode = p.Get("displayName").Str(), p.Get("mode").Str()
	if d.Title == "" {
		d.Title = r.ID.Name()
	}
	if d.Mode == "" {
		d.Mode = "Indexed" // learn.microsoft.com/cli/azure/policy/definition: the default of mode
	}
	if !goodMode(d.Mode) {
		rd.errorf(p.Get("mode"), "policy/form", "no mode %q, wanted All, Indexed or that of a resource provider, such as Microsoft.Kubernetes.Data", d.Mode)
	}
	d.provider = !arm.EqualFold(d.Mode, "All") && !arm.EqualFold(d.Mode, "Indexed")
	d.Version = p.Get("version").Str()
	if d.Version == "" {
		d.Version = p.Get("metadata", "version").Str()
	}
	if name, at, twice := r.Body.Duplicate(); twice {
		rd.found.Errorf(o.place(r, r.Body), "policy/duplicate", "key %q stands twice in one object (byte %d)", name, at)
	}
	d.Parameters = rd.parameters(p.Get("parameters"))
	rd.rule(d, p.Get("policyRule"))
	rd.references(d)
	d.broken = rd.found.HasErrors()
	return d, rd.found
}

func goodMode(mode string) bool {
	lower := strings.ToLower(mode)
	return lower == "all" || lower == "indexed" || strings.HasPrefix(lower, "microsoft.") && strings.HasSuffix(lower, ".data")
}

func (d *reader) parameters(v arm.Value) []Parameter {
	var all []Parameter
	if k := v.Kind(); k > arm.Null && k != arm.Object {
		d.errorf(v, "policy/form", "wanted an object of parameters, found %s", describe(v))
	}
	for name, p := range v.Members() {
		one := Parameter{Name: name, Type: strings.ToLower(p.Get("type").Str()), Default: p.Get("defaultValue")}
		for a := range p.Get("allowedValues").Items() {
			one.Allowed = append(one.Allowed, a)
		}
		all = append(all, one)
	}
	return all
}

func (d *reader) rule(def *Definition, v arm.Value) {
	if v.Kind() != arm.Object {
		d.errorf(v, "policy/form", "wanted a policyRule with if and then, found %s", describe(v))
		return
	}
	if n := depth(v); n > maxDepth {
		d.limit(v, n, maxDepth, "objects and arrays in each other")
		return
	}
	nodes := 0
	v.Walk(func(string, arm.Value) bool { nodes++; return nodes <= maxNodes })
	d.limit(v, nodes, maxNodes, "values in the rule")
	condition, then := v.Get("if"), v.Get("then")
	if !condition.Exists() {
		d.errorf(v, "policy/form", "policyRule without if")
		return
	}
	def.condition, _ = d.condition(condition)
	d.limit(condition, d.conditions, maxConditions, "conditions")
	if then.Kind() != arm.Object {
		d.errorf(v, "policy/form", "policyRule without then")
		return
	}
	effect := then.Get("effect")
	if !effect.Exists() {
		d.errorf(then, "policy/form", "then without an effect")
		return
	}
	if d.text(&def.effect, effect, "effect") && !def.effect.parsed() {
		if e := effectOf(effect.Str()); e == None {
			d.errorf(effect, "policy/effect", "no effect %q%s", effect.Str(), diag.DidYouMean(effect.Str(), effectNames[1:]))
		}
	}
	d.details(&def.details, then.Get("details"))
	d.limit(v, d.functions, maxFunctions, "functions")
	d.limit(v, d.valueCounts, maxValueCounts, "counts of values")
}

func depth(v arm.Value) int {
	most := 0
	for item := range v.Items() {
		most = max(most, depth(item))
	}
	for _, item := range v.Members() {
		most = max(most, depth(item))
	}
	return most + 1
}

func (d *reader) details(x *details, v arm.Value) {
	x.value = v
	for item := range v.Items() {
		x.operations = append(x.operations, d.operation(item, "append"))
	}
	for _, k := range []struct {
		name string
		into *operand
	}{
		{"type", &x.typ}, {"name", &x.name}, {"resourceGroupName", &x.group}, {"existenceScope", &x.scope},
		{"conflictEffect", &x.conflict}, {"deploymentScope", &x.target}, {"defaultState", &x.state},
	} {
		if at := v.Get(k.name); at.Exists() {
			*k.into = d.operand(at)
		}
	}
	if c := v.Get("cascadeBehaviors", "resourceGroup"); c.Exists() {
		x.cascade = d.operand(c)
	}
	x.roles = v.Get("roleDefinitionIds").Strings()
	x.actions = v.Get("actionNames").Strings()
	x.deployment = v.Get("deployment")
	for item := range v.Get("operations").Items() {
		x.operations = append(x.operations, d.operation(item, item.Get("operation").Str()))
	}
	if e := v.Get("existenceCondition"); e.Kind() == arm.Object && e.Len() > 0 {
		before := d.conditions
		c, _ := d.condition(e)
		x.existence = &c
		d.limit(e, d.conditions-before, maxThenConditions, "conditions in existenceCondition")
	}
}

var verbs = []string{"add", "addOrReplace", "append", "remove"}

func (d *reader) operation(v arm.Value, verb string) operation {
	op := operation{verb: strings.ToLower(verb), src: v}
	if !slices.ContainsFunc(verbs, func(s string) bool { return arm.EqualFold(s, verb) }) {
		d.errorf(v, "policy/form", "no operation %q, wanted add, addOrReplace or remove%s", verb, diag.DidYouMean(verb, verbs))
	}
	if d.text(&op.field, v.Get("field"), "field") && op.verb != "remove" {
		op.value = d.operand(v.Get("value"))
	}
	if c := v.Get("condition"); c.Exists() {
		op.condition = d.operand(c)
	}
	return op
}

// references finds the parameters that expressions name and that the
// definition does not have.
func (d *reader) references(def *Definition) {
	def.operands(func(o *operand) {
		if o.expr == nil {
			return
		}
		o.expr.Calls(func(name string, first arm.Value) {
			if name == "parameters" && first.Kind() == arm.String && parameterOf(def.Parameters, first.Str()) < 0 {
				d.errorf(o.value, "policy/parameter", "no parameter %q%s", first.Str(), diag.DidYouMean(first.Str(), parameterNames(def.Parameters)))
			}
		})
	})
}

func parameterOf(all []Parameter, name string) int {
	return slices.IndexFunc(all, func(p Parameter) bool { return strings.EqualFold(p.Name, name) })
}

func parameterNames(all []Parameter) []string {
	var names []string
	for _, p := range all {
		names = append(names, p.Name)
	}
	return names
}

// operands calls f for every operand of the definition, those inside others
// too.
func (def *Definition) operands(f func(*operand)) {
	def.conditionOperands(f)
	def.effect.each(f)
	x := &def.details
	for _, o := range []*operand{&x.conflict, &x.target, &x.state, &x.cascade} {
		o.each(f)
	}
	for i := range x.operations {
		for _, o := range []*operand{&x.operations[i].field, &x.operations[i].value, &x.operations[i].condition} {
			o.each(f)
		}
	}
}

// conditionOperands calls f for the operands that decide whether the effect is
// called for.
func (def *Definition) conditionOperands(f func(*operand)) {
	conditions := func(c *condition) {
		c.left.each(f)
		c.right.each(f)
		if c.count != nil {
			c.count.over.each(f)
		}
	}
	def.condition.walk(conditions)
	x := &def.details
	if x.existence != nil {
		x.existence.walk(conditions)
	}
	for _, o := range []*operand{&x.typ, &x.name, &x.group, &x.scope} {
		o.each(f)
	}
}

// each calls f for the operand and those inside it.
func (o *operand) each(f func(*operand)) {
	f(o)
	for i := range o.items {
		o.items[i].each(f)
	}
}

// allows tells whether the definition lets an assignment choose an effect.
func (def *Definition) allows(effect Effect) bool {
	if def.effect.expr == nil {
		return true
	}
	for i := range def.Parameters {
		p := &def.Parameters[i]
		if arm.EqualFold(def.effect.value.Str(), "[parameters('"+p.Name+"')]") && len(p.Allowed) > 0 {
			return slices.ContainsFunc(p.Allowed, func(v arm.Value) bool { return effectOf(v.Str()) == effect })
		}
	}
	return true
}

// Provider tells whether the mode is one that a resource provider evaluates.
func (def *Definition) Provider() bool { return def.provider }
