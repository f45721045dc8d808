package emit

// ARM templates. A deployment is one azuredeploy.json, its modules nested in
// it with a scope of their own for expressions, so that the same functions mean
// the same everywhere.
// learn.microsoft.com/azure/azure-resource-manager/templates/syntax

import (
	"strings"

	"airfield/arm"
)

// deploymentsVersion is the API version of nested deployments.
const deploymentsVersion = "2025-04-01"

// armFile writes one template, or one nested in it.
type armFile struct {
	*plan
	*printer
	module *module // nil for the main template
	scope  arm.ID
}

func (p *plan) writeARM(sink Sink) error {
	dir := "arm/" + p.folder()
	n, err := output(sink, dir+"/azuredeploy.json", func(out *printer) {
		f := armFile{plan: p, printer: out, scope: p.Scope}
		f.template(0)
		out.text("\n")
	})
	if err != nil {
		return err
	}
	p.checkSize(n)
	_, err = output(sink, dir+"/azuredeploy.parameters.json", p.armParameters)
	return err
}

func armSchema(scope arm.ID) string {
	const root = "https://schema.management.azure.com/schemas/"
	switch {
	case scope == arm.Tenant:
		return root + "2019-08-01/tenantDeploymentTemplate.json#"
	case scope.ResourceGroupID() != "":
		return root + "2019-04-01/deploymentTemplate.json#"
	case scope.SubscriptionID() != "":
		return root + "2018-05-01/subscriptionDeploymentTemplate.json#"
	}
	return root + "2019-08-01/managementGroupDeploymentTemplate.json#"
}

func (f *armFile) template(depth int) {
	o := f.object(depth)
	o.str("$schema", armSchema(f.scope))
	o.str("contentVersion", "1.0.0.0")
	if head := f.head(f.about(nil)); f.module == nil && head != nil {
		m := o.object("metadata")
		m.str("description", inLine(strings.Join(head, " ")))
		m.end()
	}
	if names := f.parameterNames(); len(names) > 0 {
		all := o.object("parameters")
		for _, param := range names {
			one := all.object(param.Name)
			one.str("type", "string")
			if param.Description != "" {
				meta := one.object("metadata")
				meta.str("description", param.Description)
				meta.end()
			}
			one.end()
		}
		all.end()
	}
	o.key("resources")
	f.resources(depth + 1)
	if f.module == nil && len(f.vends) > 0 {
		all := o.object("outputs")
		for _, i := range f.places() {
			if r := f.Resources[i]; r.Type().Equal(aliasType) {
				one := all.object("subscriptionId")
				one.str("type", "string")
				one.expression("value", f.property(r.ID, []string{"properties", "subscriptionId"}))
				one.end()
			}
		}
		all.end()
	}
	o.end()
}

// parameterNames gives the parameters of the template, subscriptions last.
func (f *armFile) parameterNames() []Parameter { return f.templateParameters(f.module) }

// templateParameters gives the parameters of a template or module, as Bicep and
// ARM templates name them.
func (p *plan) templateParameters(m *module) []Parameter {
	params, subs := p.params, p.subs
	if m != nil {
		params, subs = m.params, m.subs
	}
	var all []Parameter
	for _, name := range params {
		known := p.o.parameter(name)
		known.Name = parameterName(name)
		all = append(all, known)
	}
	for _, sub := range subs {
		all = append(all, Parameter{Name: camel(subscriptionParameter(sub)), Description: "Id of the subscription made under the alias " + sub})
	}
	return all
}

// parameterName gives a parameter's name in Bicep and ARM templates.
func parameterName(name string) string {
	if identifier(name) {
		return name
	}
	return camel(snake(name))
}

func (f *armFile) resources(depth int) {
	f.text("[")
	comma := ""
	if f.module != nil {
		for _, i := range f.module.members {
			f.text(comma)
			f.line(depth + 1)
			f.resource(i, depth+1)
			comma = ","
		}
	} else {
		for n := range f.nodes {
			f.text(comma)
			f.line(depth + 1)
			if f.nodes[n].module != nil {
				f.nested(&f.nodes[n], depth+1)
			} else {
				f.resource(f.nodes[n].resource, depth+1)
			}
			comma = ","
			f.spill()
		}
	}
	f.line(depth)
	f.text("]")
}

func (f *armFile) resource(i, depth int) {
	r := f.Resources[i]
	o := f.object(depth)
	o.str("type", string(r.Type()))
	o.str("apiVersion", f.apiVersion(r.ID))
	if scope := r.ID.Scope(); !scope.Equal(f.scope) {
		o.str("scope", relative(scope))
	}
	o.key("name")
	f.pieces(nameText(r.ID))
	if at := r.Pos.String(); at != "" {
		o.str("comments", inLine(at))
	}
	for name, v := range written(r.Body) {
		o.member(name, v)
	}
	o.dependsOn(f.waits(i))
	o.end()
}

// relative gives an id without the scope that its template is deployed to.
func relative(id arm.ID) string {
	rest := strings.TrimPrefix(string(id), string(scopeOf(id)))
	return strings.TrimPrefix(rest, "/providers/")
}

// nameText gives the name of a resource with its parents' in front.
func nameText(id arm.ID) []piece {
	names := id.Names()
	last := len(names) - 1
	alias, vended := strings.CutPrefix(names[last], "@")
	if !vended || !id.Type().Equal(placementType) {
		return []piece{{text: strings.Join(names, "/")}}
	}
	return []piece{{text: strings.Join(names[:last], "/") + "/"}, {sub: alias}}
}

// waits gives the ids, as expressions or texts, of what a resource waits for
// in its own template.
func (f *armFile) waits(i int) []armText {
	var all []armText
	seen := map[int]bool{}
	for _, j := range f.needs[i] {
		if f.plan.module[j] == f.module {
			all = append(all, f.dependency(f.Resources[j].ID))
			continue
		}
		if m := f.plan.module[j]; f.module == nil && !seen[m.node] {
			seen[m.node] = true
			all = append(all, f.deployment(m))
		}
	}
	return all
}

// nested writes a module as a deployment in the main template.
func (f *armFile) nested(n *node, depth int) {
	m := n.module
	o := f.object(depth)
	o.str("type", "Microsoft.Resources/deployments")
	o.str("apiVersion", deploymentsVersion)
	o.str("name", f.deploymentName(m))
	switch {
	case m.scope.ResourceGroupID() != "":
		o.str("resourceGroup", m.scope.Name())
	case m.scope != arm.Tenant:
		o.str("scope", strings.TrimPrefix(string(m.scope), "/providers/"))
		fallthrough
	default:
		o.expression("location", "deployment().location")
	}
	props := o.object("properties")
	props.str("mode", "Incremental")
	options := props.object("expressionEvaluationOptions")
	options.str("scope", "inner")
	options.end()
	if names := f.templateParameters(m); len(names) > 0 {
		all := props.object("parameters")
		for k, param := range names {
			one := all.object(param.Name)
			if at := k - len(m.params); at >= 0 {
				one.expression("value", f.subscription(m.subs[at]))
			} else {
				one.expression("value", "parameters("+quoteTemplate(param.Name)+")")
			}
			one.end()
		}
		all.end()
	}
	props.key("template")
	inner := armFile{plan: f.plan, printer: f.printer, module: m, scope: m.scope}
	inner.template(depth + 2)
	props.end()
	var waits []armText
	for _, k := range n.needs {
		if other := f.nodes[k]; other.module != nil {
			waits = append(waits, f.deployment(other.module))
		} else {
			waits = append(waits, f.dependency(f.Resources[other.resource].ID))
		}
	}
	o.dependsOn(waits)
	o.end()
}

// armText is an expression, or a text where expression is "".
type armText struct{ expression, text string }

// deployment gives the id of a module's deployment.
func (f *armFile) deployment(m *module) armText {
	scope := m.scope
	if scope == arm.Tenant {
		scope = ""
	}
	return f.join(holes(string(scope) + "/providers/Microsoft.Resources/deployments/" + f.deploymentName(m)))
}

// dependency is the id as dependsOn wants it.
func (f *armFile) dependency(id arm.ID) armText {
	if id.Type().Equal(arm.ResourceGroupType) {
		return armText{expression: "subscriptionResourceId('Microsoft.Resources/resourceGroups', " + quoteTemplate(id.Name()) + ")"}
	}
	return f.id(id)
}

// id gives the id of a resource: by the functions made for it where they
// apply, else as a text in which only the subscription may be unknown.
func (f *armFile) id(id arm.ID) armText {
	scope := id.Scope()
	sub, rg := id.SubscriptionID(), id.ResourceGroupID()
	call := func(function string) armText {
		args := []string{quoteTemplate(string(id.Type()))}
		for _, name := range id.Names() {
			args = append(args, quoteTemplate(name))
		}
		return armText{expression: function + strings.Join(args, ", ") + ")"}
	}
	switch {
	case f.scope == arm.Tenant || sub == "" || !sub.Equal(f.Scope):
	case id.Equal(f.Scope):
		return armText{expression: "subscription().id"}
	case rg == "" && scope.Equal(f.Scope):
		return call("subscriptionResourceId(")
	case rg == "" || id.Equal(rg) || f.scope.ResourceGroupID() == "":
	case scope.Equal(rg) && rg.Equal(f.scope):
		return call("resourceId(")
	case scope.Equal(rg):
		return call("resourceId(" + quoteTemplate(rg.Name()) + ", ")
	default:
		return call("extensionResourceId(" + f.id(scope).expression + ", ")
	}
	return f.join(holes(string(id)))
}

// join gives a text with the ids of subscriptions in it.
func (f *armFile) join(text []piece) armText {
	if len(text) == 1 && text[0].sub == "" {
		return armText{text: text[0].text}
	}
	var args []string
	for _, p := range text {
		if p.sub != "" {
			args = append(args, f.subscription(p.sub))
		} else {
			args = append(args, quoteTemplate(p.text))
		}
	}
	if len(args) == 1 {
		return armText{expression: args[0]}
	}
	return armText{expression: "concat(" + strings.Join(args, ", ") + ")"}
}

// subscription gives the id of the subscription made under an alias.
func (f *armFile) subscription(alias string) string {
	switch at, here := f.vends[strings.ToLower(alias)]; {
	case arm.EqualFold(alias, f.own):
		return "subscription().subscriptionId"
	case here && f.module == nil:
		return f.property(f.Resources[at].ID, []string{"properties", "subscriptionId"})
	}
	return "parameters(" + quoteTemplate(camel(subscriptionParameter(alias))) + ")"
}

// property gives the expression that reads a property of a resource.
func (f *armFile) property(id arm.ID, path []string) string {
	of := f.id(id)
	if of.expression == "" {
		of.expression = quoteTemplate(of.text)
	}
	call := "reference(" + of.expression + ", " + quoteTemplate(f.apiVersion(id))
	if arm.EqualFold(path[0], "properties") {
		return call + ")" + accessors(path[1:], quoteTemplate)
	}
	return call + ", 'Full')" + accessors(path, quoteTemplate)
}

func (f *armFile) put(t armText) {
	if t.expression != "" {
		f.b = arm.AppendString(f.b, "["+t.expression+"]")
		return
	}
	f.b = appendTemplateString(f.b, t.text)
}

func (f *armFile) pieces(text []piece) { f.put(f.join(text)) }

func (f *armFile) value(v arm.Value, depth int) {
	switch v.Kind() {
	case arm.String:
		if strings.Contains(v.Text(), subscriptionHole) {
			f.pieces(holes(v.Str()))
			return
		}
		f.b = appendTemplateString(f.b, v.Str())
	case arm.Array:
		f.text("[")
		comma := ""
		for item := range v.Items() {
			f.text(comma)
			f.line(depth + 1)
			f.value(item, depth+1)
			comma = ","
		}
		if comma != "" {
			f.line(depth)
		}
		f.text("]")
	case arm.Object:
		o := f.object(depth)
		for name, value := range v.Members() {
			o.member(name, value)
		}
		o.end()
	case arm.Unknown:
		r, _ := v.Ref()
		f.reference(r)
	default:
		f.text(v.Text())
	}
}

func (f *armFile) reference(r arm.Ref) {
	x, ok := resolve(r, f.made)
	switch {
	case !ok:
		f.text("null")
	case x.parameter != "":
		f.put(armText{expression: "parameters(" + quoteTemplate(parameterName(x.parameter)) + ")"})
	case x.path != nil:
		f.put(armText{expression: f.property(x.id, x.path)})
	case x.id != "":
		f.put(f.id(x.id))
	default:
		f.pieces(x.text)
	}
}

// armObject writes the members of an object, one a line.
type armObject struct {
	f     *armFile
	depth int
	begun bool
}

func (f *armFile) object(depth int) *armObject {
	f.text("{")
	return &armObject{f: f, depth: depth}
}

func (o *armObject) next() {
	if o.begun {
		o.f.text(",")
	}
	o.begun = true
	o.f.line(o.depth + 1)
}

func (o *armObject) key(name string) {
	o.next()
	o.f.b = arm.AppendString(o.f.b, name)
	o.f.text(": ")
}

func (o *armObject) str(name, value string) {
	o.key(name)
	o.f.b = appendTemplateString(o.f.b, value)
}

func (o *armObject) expression(name, value string) {
	o.key(name)
	o.f.put(armText{expression: value})
}

func (o *armObject) object(name string) *armObject {
	o.key(name)
	return o.f.object(o.depth + 1)
}

// member writes a member of a body, whose name may be a resource id. One named
// "copy" would be a loop, at any depth; as an expression it is a name, which is
// how Bicep writes it: github.com/Azure/bicep/issues/7241
func (o *armObject) member(name string, v arm.Value) {
	o.next()
	if id, ok := keyID(name); ok {
		o.f.put(o.f.id(id))
	} else if arm.EqualFold(name, "copy") {
		o.f.put(armText{expression: "string(" + quoteTemplate(name) + ")"})
	} else {
		o.f.pieces(holes(name))
	}
	o.f.text(": ")
	o.f.value(v, o.depth+1)
}

func (o *armObject) dependsOn(ids []armText) {
	if len(ids) == 0 {
		return
	}
	o.key("dependsOn")
	o.f.text("[")
	for i, id := range ids {
		if i > 0 {
			o.f.text(",")
		}
		o.f.line(o.depth + 2)
		o.f.put(id)
	}
	o.f.line(o.depth + 1)
	o.f.text("]")
}

func (o *armObject) end() {
	if o.begun {
		o.f.line(o.depth)
	}
	o.f.text("}")
}

// armParameters writes the values that are known.
func (p *plan) armParameters(out *printer) {
	f := armFile{plan: p, printer: out}
	o := f.object(0)
	o.str("$schema", "https://schema.management.azure.com/schemas/2019-04-01/deploymentParameters.json#")
	o.str("contentVersion", "1.0.0.0")
	all := o.object("parameters")
	for _, param := range p.templateParameters(nil) {
		if param.Value == "" {
			continue
		}
		one := all.object(param.Name)
		one.key("value")
		out.b = arm.AppendString(out.b, param.Value)
		one.end()
	}
	all.end()
	o.end()
	out.text("\n")
}
