package policy

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"airfield/arm"
	"airfield/catalog"
	"airfield/diag"
)

// Rule is a definition bound to parameters, ready to be evaluated. It does not
// change.
type Rule struct {
	*Definition
	Effect Effect

	params  []arm.Value // in the order of Definition.Parameters
	policy  arm.Value   // what policy() gives
	cond    node
	applies appliance
	related *relation
	changes []boundChange
	onClash Effect // conflictEffect
	state   State  // of manual, without an attestation
	// readsCaller tells that the rule asks who makes the request, so that no
	// scan can evaluate it.
	readsCaller bool
	identities  bool     // the rule modifies identities
	chosen      bool     // the effect was chosen for the rule, and is not the definition's default
	cascades    bool     // denyAction lets a resource group be deleted with the resource
	byType      sync.Map // type in lower case → *node: cond for resources of the type
	twin        twinKey
}

// Same tells whether a rule finds the same as another, which may be of another
// engine: it is of the same definition and version, with the same values where
// its conditions have parameters.
func (a *Assigned) Same(o *Assigned) bool {
	if a.Rule == nil || o.Rule == nil || !a.DefinitionID().Equal(o.DefinitionID()) {
		return a.Rule == o.Rule && a.DefinitionID().Equal(o.DefinitionID())
	}
	return a.Rule.Version == o.Rule.Version && a.Rule.twin.params == o.Rule.twin.params
}

// twinKey is the same for rules whose conditions are the same: they are
// evaluated once.
type twinKey struct {
	def       *Definition
	params    string
	existence bool
}

// relation is what an existence effect looks for.
type relation struct {
	typ, name, group, scope bound
	cond                    *node // nil: any will do
	src                     *details
}

type boundChange struct {
	verb      string
	field     *field // nil where the name is computed for each request
	name      bound
	value     bound
	condition bound
	src       *operation
}

// Bind fills in parameters: an object of plain values by name. What it lacks
// takes the default; a parameter without either is unknown.
func (def *Definition) Bind(params arm.Value) (*Rule, diag.List) {
	return def.bind(params, None, arm.Value{})
}

// bind binds to an effect that overrides the definition's own, unless it is
// None; policy is what the function policy() gives.
func (def *Definition) bind(params arm.Value, effect Effect, policy arm.Value) (*Rule, diag.List) {
	var found diag.List
	r := &Rule{Definition: def, policy: policy}
	r.params = def.fill(params, &found)
	b := binder{rule: r, o: def.o, m: newMachine(def.o, r), found: &found}
	defer b.m.release()
	r.Effect = effect
	if effect == None {
		r.Effect = b.effect(&def.effect)
	}
	r.chosen = effect != None || r.choosesEffect(params)
	r.cond = b.node(&def.condition)
	b.details(&def.details)
	r.applies = appliesTo(&def.condition)
	r.twin = twinKey{def, r.conditionParams(), r.Effect.existence()}
	r.readsCaller = strings.Contains(strings.ToLower(def.resource.Get("properties", "policyRule").Text()), "requestcontext().identity")
	return r, found
}

// choosesEffect tells whether parameters set the effect.
func (r *Rule) choosesEffect(params arm.Value) bool {
	if r.Definition.effect.expr == nil {
		return false
	}
	chosen := false
	r.Definition.effect.expr.Calls(func(name string, first arm.Value) {
		chosen = chosen || name == "parameters" && params.Get(first.Str()).Exists()
	})
	return chosen
}

// conditionParams gives a text of the parameters that the conditions use. Rules
// that ask which policy they are have none in common.
func (r *Rule) conditionParams() string {
	used := make([]bool, len(r.params))
	var own string
	note := func(o *operand) {
		if o.expr == nil {
			return
		}
		o.expr.Calls(func(name string, first arm.Value) {
			switch i := parameterOf(r.Parameters, first.Str()); {
			case name == "policy":
				own = r.identity().Text()
			case name == "parameters" && first.Kind() != arm.String:
				for j := range used {
					used[j] = true
				}
			case name == "parameters" && i >= 0:
				used[i] = true
			}
		})
	}
	r.conditionOperands(note)
	var b strings.Builder
	b.WriteString(own)
	for i, v := range r.params {
		if used[i] {
			fmt.Fprintf(&b, "%d=%s;", i, v.Text())
		}
	}
	return b.String()
}

// fill gives the values of the definition's parameters.
func (def *Definition) fill(params arm.Value, found *diag.List) []arm.Value {
	pos := def.resource.Pos
	values := make([]arm.Value, len(def.Parameters))
	for name := range params.Members() {
		if params.Kind() == arm.Object && parameterOf(def.Parameters, name) < 0 {
			found.Errorf(pos, "policy/parameter", "%q has no parameter %q%s", def.Title, name, diag.DidYouMean(name, parameterNames(def.Parameters)))
		}
	}
	for i, p := range def.Parameters {
		given := params.Get(p.Name)
		switch v := given; {
		case v.Exists():
			values[i] = v
			p.check(v, def.Title, pos, found)
		case params.Kind() == arm.Unknown:
			values[i] = arm.New(arm.Parameter(p.Name))
		case p.Default.Exists():
			values[i] = p.Default
		default:
			values[i] = arm.New(arm.Parameter(p.Name))
			found.Warnf(pos, "policy/parameter", "parameter %q of %q has neither value nor default", p.Name, def.Title)
		}
	}
	return values
}

var kindsOf = map[string]arm.Kind{
	"string": arm.String, "array": arm.Array, "object": arm.Object, "boolean": arm.Bool,
	"integer": arm.Number, "float": arm.Number, "datetime": arm.String,
}

// check compares a value with the parameter's type and allowed values. Those
// are compared with case: learn.microsoft.com/azure/governance/policy/concepts/definition-structure-parameters
func (p *Parameter) check(v arm.Value, title string, pos diag.Pos, found *diag.List) {
	if v.Kind() == arm.Unknown {
		return
	}
	if want, known := kindsOf[p.Type]; known && v.Kind() != want {
		found.Errorf(pos, "policy/parameter", "parameter %q of %q is %s, wanted %s", p.Name, title, describe(v), p.Type)
		return
	}
	if len(p.Allowed) == 0 {
		return
	}
	check := func(v arm.Value) {
		for _, a := range p.Allowed {
			if a.Equal(v) {
				return
			}
		}
		found.Errorf(pos, "policy/parameter", "parameter %q of %q is %s, which is not among the allowed values", p.Name, title, describe(v))
	}
	if v.Kind() != arm.Array {
		check(v)
	}
	for item := range v.Items() {
		check(item)
	}
}

func (r *Rule) parameter(name string) (arm.Value, bool) {
	if i := parameterOf(r.Parameters, name); i >= 0 {
		return r.params[i], true
	}
	return arm.Value{}, false
}

func (r *Rule) identity() arm.Value {
	if r.policy.Exists() {
		return r.policy
	}
	return arm.New(arm.O{"assignmentId", "", "definitionId", r.ID, "setDefinitionId", "", "definitionReferenceId", ""})
}

// binder makes nodes of conditions.
type binder struct {
	rule   *Rule
	o      *Options
	m      *machine
	found  *diag.List
	around []*field // of the counts around, from the outside; nil for one of values
}

func (b *binder) effect(o *operand) Effect {
	v := b.operand(o)
	if v.value.Kind() == arm.Unknown {
		return None
	}
	e := effectOf(v.value.Str())
	if v.err == nil && e == None {
		b.found.Errorf(b.o.place(b.rule.resource, o.value), "policy/effect", "no effect %q%s", v.value.Str(), diag.DidYouMean(v.value.Str(), effectNames[1:]))
	}
	return e
}

func (b *binder) node(c *condition) node {
	n := node{kind: c.kind, op: c.op, src: c}
	for i := range c.sub {
		n.sub = append(n.sub, b.node(&c.sub[i]))
		n.frail = n.frail || n.sub[i].frail
	}
	if c.kind <= notOf {
		return n
	}
	n.right = b.operand(&c.right)
	switch c.kind {
	case fieldOf:
		n.field = b.field(&c.left, &n.left)
	case valueOf:
		n.left = b.operand(&c.left)
	case countOf:
		b.count(&n, c.count)
	}
	b.prepare(&n)
	n.frail = n.risky()
	return n
}

func (b *binder) prepare(n *node) {
	r := &n.right
	if r.err != nil || r.later != nil {
		return
	}
	if k := r.value.Kind(); k <= arm.Null && n.src.right.expr != nil {
		r.err = fmt.Errorf("%s: %s is null", n.op.name, &n.src.right)
		return
	}
	aim := prepare(n.op, r.value)
	n.aim = &aim
	if n.field != nil {
		n.aim.suit(n.field)
	}
	if n.kind != valueOf || n.left.later != nil || r.value.Kind() == arm.Unknown || n.left.value.Kind() == arm.Unknown {
		return
	}
	n.fixed = true
	if n.truth = failed; n.left.err != nil {
		r.err = n.left.err
		return
	}
	if n.truth = n.op.test(datumOf(n.left.value), n.aim, b.o.Switched); n.truth == failed {
		r.err = fmt.Errorf("%s cannot compare %s with %s", n.op.name, describe(n.left.value), describe(r.value))
	}
}

// suit writes the target as the field's values are written.
func (t *target) suit(f *field) {
	switch f.kind {
	case locationField:
		t.squeeze()
	case typeField:
		t.each(func(x *target) {
			if x.fold == resourceGroupType {
				x.fold = resourceGroupOfOld
			}
		})
	}
}

// each calls f for the target and the items of its list.
func (t *target) each(f func(*target)) {
	f(t)
	for i := range t.list {
		f(&t.list[i])
	}
	if t.set != nil {
		t.set = make(map[string]struct{}, len(t.list))
		for i := range t.list {
			t.set[t.list[i].fold] = struct{}{}
		}
	}
}

// squeeze takes the blanks out of a location, as Azure does before it compares
// one.
func (t *target) squeeze() {
	t.each(func(x *target) { x.fold = squeezed(x.fold) })
	for i := range t.parts {
		t.parts[i] = squeezed(t.parts[i])
	}
}

func squeezed(s string) string { return strings.ReplaceAll(s, " ", "") }

// field resolves a field's name; where it is computed for each request, the
// operand is put into left.
func (b *binder) field(o *operand, left *bound) *field {
	*left = b.operand(o)
	if left.later != nil || left.err != nil || left.value.Kind() != arm.String {
		return nil
	}
	return b.o.field(left.value.Str(), b.around)
}

func (b *binder) count(n *node, c *count) {
	n.count = &boundCount{field: c.field, name: c.name}
	if c.field {
		n.field = b.field(&c.over, &n.left)
	} else {
		n.left = b.operand(&c.over)
	}
	if c.where == nil {
		return
	}
	b.around = append(b.around, n.field)
	where := b.node(c.where)
	n.count.where = &where
	b.around = b.around[:len(b.around)-1]
}

// operand fills the parameters into an operand.
func (b *binder) operand(o *operand) bound {
	if o == nil || !o.parsed() {
		if o == nil {
			return bound{}
		}
		return bound{value: o.value}
	}
	if o.later() {
		x := bound{later: o}
		b.name(o, &x)
		x.quick = quickOf(o, x.named)
		return x
	}
	b.m.budget = fullBudget
	v, err := b.m.compute(o)
	if err != nil {
		err = fmt.Errorf("%s: %w", short(o.String()), err)
	}
	return bound{value: v, err: err}
}

func (o *operand) later() bool {
	if o.expr != nil {
		return o.expr.later
	}
	for i := range o.items {
		if o.items[i].later() {
			return true
		}
	}
	return false
}

// name resolves the fields that an operand's expressions name literally.
func (b *binder) name(o *operand, x *bound) {
	for i := range o.items {
		b.name(&o.items[i], x)
	}
	if o.expr == nil {
		return
	}
	o.expr.Calls(func(name string, first arm.Value) {
		if name != "field" && name != "current" || first.Kind() != arm.String {
			return
		}
		if x.named == nil {
			x.named = map[string]*field{}
		}
		x.named[first.Str()] = b.o.field(first.Str(), b.around)
	})
}

func (b *binder) details(d *details) {
	r := b.rule
	switch {
	case r.Effect.existence() || d.typ.value.Exists():
		r.related = &relation{typ: b.operand(&d.typ), name: b.operand(&d.name), group: b.operand(&d.group), scope: b.operand(&d.scope), src: d}
		if d.existence != nil {
			n := b.node(d.existence)
			r.related.cond = &n
		}
	case r.Effect == Manual:
		r.state = stateOf(b.operand(&d.state).value.Str())
	}
	for i := range d.operations {
		op := &d.operations[i]
		c := boundChange{verb: op.verb, value: b.operand(&op.value), condition: b.operand(&op.condition), src: op}
		c.field = b.field(&op.field, &c.name)
		r.changes = append(r.changes, c)
	}
	r.cascades = arm.EqualFold(b.operand(&d.cascade).value.Str(), "allow")
	if r.onClash = Deny; d.conflict.value.Exists() {
		if x := effectOf(b.operand(&d.conflict).value.Str()); x != None {
			r.onClash = x
		}
	}
	list := d.value.Kind() == arm.Array
	if r.Effect == Append && !list || r.Effect == Modify && (list || len(r.changes) == 0) || r.Effect.existence() && !d.typ.value.Exists() {
		b.found.Errorf(b.o.place(r.resource, d.value), "policy/form", "details do not have what effect %s needs", r.Effect)
	}
	if r.Effect == Modify {
		b.modifiable()
		r.identities = slices.ContainsFunc(r.changes, func(c boundChange) bool { return c.field != nil && strings.HasPrefix(c.field.fold, "identity.") })
	}
}

// modifiable finds the operations that Azure is known to refuse: on an alias
// that no policy can change, or that remove anything but a tag.
func (b *binder) modifiable() {
	for i := range b.rule.changes {
		c := &b.rule.changes[i]
		switch {
		case c.field == nil || c.field.kind == tagField:
		case c.verb == "remove":
			b.found.Errorf(b.o.place(b.rule.resource, c.src.src), "policy/modifiable", "%q cannot be removed: only tags can", c.field.name)
		case slices.ContainsFunc(c.field.ways, way.fixed):
			b.found.Errorf(b.o.place(b.rule.resource, c.src.src), "policy/modifiable", "alias %q cannot be modified", c.field.name)
		}
	}
}

// fixed tells whether effect modify cannot write the alias in any API version.
func (w way) fixed() bool {
	return !slices.ContainsFunc(w.routes, func(r route) bool { return r.modifiable != catalog.No })
}
