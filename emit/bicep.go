package emit

// Bicep, as `bicep format` would print it. A deployment is main.bicep, its
// modules files beside it. What a file does not write itself it declares as
// existing, behind its resources, where it must name it: as a parent, a scope,
// or for a property.
// learn.microsoft.com/azure/azure-resource-manager/bicep/file

import (
	"slices"
	"strconv"
	"strings"

	"airfield/arm"
)

// bicepFile writes one file.
type bicepFile struct {
	*plan
	*printer
	module   *module // nil for main.bicep
	scope    arm.ID
	existing []arm.ID        // to be declared, in order of first use
	declared map[arm.ID]bool // resources declared as existing, folded
	used     map[arm.ID]bool // resources of this file that the present one names, folded
	present  arm.ID          // the resource being written
}

func (p *plan) writeBicep(sink Sink) error {
	dir := "bicep/" + p.folder() + "/"
	write := func(name string, m *module, scope arm.ID) error {
		n, err := output(sink, dir+name+".bicep", func(out *printer) {
			f := bicepFile{plan: p, printer: out, module: m, scope: scope, declared: map[arm.ID]bool{}}
			f.file()
		})
		p.checkSize(n)
		return err
	}
	if err := write("main", nil, p.Scope); err != nil {
		return err
	}
	for _, n := range p.nodes {
		if m := n.module; m != nil {
			if err := write(m.name, m, m.scope); err != nil {
				return err
			}
		}
	}
	_, err := output(sink, dir+"main.bicepparam", p.bicepParameters)
	return err
}

func (f *bicepFile) file() {
	for _, line := range f.head(f.about(f.module)) {
		f.comment("//", line)
	}
	f.text("targetScope = '", bicepScope(f.scope), "'\n")
	for _, param := range f.templateParameters(f.module) {
		f.text("\n")
		if param.Description != "" {
			f.text("@description(", quoteBicep(param.Description), ")\n")
		}
		f.text("param ", param.Name, " string\n")
	}
	if f.module != nil {
		for _, i := range f.module.members {
			f.resource(i)
			f.spill()
		}
	} else {
		for n := range f.nodes {
			if f.nodes[n].module != nil {
				f.call(&f.nodes[n])
			} else {
				f.resource(f.nodes[n].resource)
			}
			f.spill()
		}
	}
	for i := 0; i < len(f.existing); i++ { // more may be added on the way
		f.declare(f.existing[i])
	}
	if f.module == nil {
		for _, r := range f.Resources {
			if r.Type().Equal(aliasType) {
				f.text("\noutput subscriptionId string = ", f.bicepName(r.ID), ".properties.subscriptionId\n")
			}
		}
	}
}

func bicepScope(scope arm.ID) string {
	switch {
	case scope == arm.Tenant:
		return "tenant"
	case scope.ResourceGroupID() != "":
		return "resourceGroup"
	case scope.SubscriptionID() != "":
		return "subscription"
	}
	return "managementGroup"
}

func quoteBicep(s string) string { return "'" + string(appendBicepText(nil, s, false)) + "'" }

func (f *bicepFile) resource(i int) {
	r := f.Resources[i]
	f.used, f.present = map[arm.ID]bool{}, r.ID
	f.text("\n")
	if at := r.Pos.String(); at != "" {
		f.comment("//", at)
	}
	f.text("resource ", f.bicepName(r.ID), " ", quoteBicep(string(r.Type())+"@"+f.apiVersion(r.ID)), " = {")
	f.place(r.ID)
	for name, v := range written(r.Body) {
		f.member(name, v, 1)
	}
	var waits []string
	for _, j := range f.needs[i] {
		id := f.Resources[j].ID
		m := f.plan.module[j]
		switch {
		case m == f.module && !f.used[id.Fold()]:
			waits = append(waits, f.bicepName(id))
		case m != f.module && f.module == nil && !slices.Contains(waits, camel(m.symbol)):
			waits = append(waits, camel(m.symbol))
		}
	}
	f.dependsOn(waits)
	f.text("\n}\n")
}

// place writes what says where a resource lies: parent or scope, and name.
func (f *bicepFile) place(id arm.ID) {
	scope := id.Scope()
	name := nameText(id)
	switch {
	case id.Type().Child():
		f.line(1)
		f.text("parent: ", f.symbol(id.Parent()))
		name = name[len(name)-1:]
		if name[0].sub == "" {
			name[0].text = id.Name()
		}
	case !scope.Equal(f.scope):
		f.line(1)
		f.text("scope: ", f.scopeOf(scope))
	}
	f.line(1)
	f.text("name: ")
	f.pieces(name)
}

// scopeOf gives the expression for a scope other than the file's own.
func (f *bicepFile) scopeOf(scope arm.ID) string {
	sub := f.subscriptionArgument(scope)
	t := scope.Type()
	switch {
	case scope == arm.Tenant:
		return "tenant()"
	case t.Equal(arm.ManagementGroupType):
		return "managementGroup(" + quoteBicep(scope.Name()) + ")"
	case t == arm.SubscriptionType:
		return "subscription(" + sub + ")"
	case t.Equal(arm.ResourceGroupType) && sub != "":
		return "resourceGroup(" + sub + ", " + quoteBicep(scope.Name()) + ")"
	case t.Equal(arm.ResourceGroupType):
		return "resourceGroup(" + quoteBicep(scope.Name()) + ")"
	}
	return f.symbol(scope)
}

// subscriptionArgument gives the id of the subscription that id lies in, ""
// where the file is deployed to the same.
func (f *bicepFile) subscriptionArgument(id arm.ID) string {
	sub := id.SubscriptionID()
	if sub == "" || sub.Equal(f.Scope) {
		return ""
	}
	if alias, vended := strings.CutPrefix(sub.Name(), "@"); vended {
		return f.subscription(alias)
	}
	return quoteBicep(sub.Name())
}

// symbol gives the name of a resource, declaring it where this file does not
// write it.
func (f *bicepFile) symbol(id arm.ID) string {
	key := id.Fold()
	if !f.here(id) {
		if !f.declared[key] {
			f.declared[key] = true
			f.existing = append(f.existing, id)
		}
		f.useAbove(id)
	}
	f.used[key] = true
	return f.bicepName(id)
}

// useAbove notes that what declares an existing resource names the resource of
// this file that it lies in.
func (f *bicepFile) useAbove(id arm.ID) {
	for id.Type().Child() {
		if id = id.Parent(); f.here(id) {
			f.used[id.Fold()] = true
			return
		}
	}
}

// here tells whether this file writes the resource.
func (f *bicepFile) here(id arm.ID) bool {
	i, ok := f.at[id.Fold()]
	return ok && f.plan.module[i] == f.module
}

func (f *bicepFile) declare(id arm.ID) {
	f.used = map[arm.ID]bool{}
	f.text("\nresource ", f.bicepName(id), " ", quoteBicep(string(id.Type())+"@"+f.apiVersion(id)), " existing = {")
	f.place(id)
	f.text("\n}\n")
}

// call writes a module's use in the main file.
func (f *bicepFile) call(n *node) {
	m := n.module
	f.used = map[arm.ID]bool{}
	f.text("\nmodule ", camel(m.symbol), " ", quoteBicep(m.name+".bicep"), " = {")
	f.line(1)
	f.text("name: ", quoteBicep(f.deploymentName(m)))
	if !m.scope.Equal(f.scope) {
		f.line(1)
		f.text("scope: ", f.moduleScopeOf(m.scope))
	}
	if params := f.templateParameters(m); len(params) > 0 {
		f.line(1)
		f.text("params: {")
		for k, param := range params {
			f.line(2)
			f.text(param.Name, ": ")
			if at := k - len(m.params); at >= 0 {
				f.text(f.subscription(m.subs[at]))
			} else {
				f.text(param.Name)
			}
		}
		f.line(1)
		f.text("}")
	}
	var waits []string
	for _, k := range n.needs {
		other := f.nodes[k]
		if other.module != nil {
			waits = append(waits, camel(other.module.symbol))
		} else if id := f.Resources[other.resource].ID; !f.used[id.Fold()] {
			waits = append(waits, f.bicepName(id))
		}
	}
	f.dependsOn(waits)
	f.text("\n}\n")
}

// moduleScopeOf gives a module's scope: of a resource group that the file makes
// its symbol, so that the module waits for it.
func (f *bicepFile) moduleScopeOf(scope arm.ID) string {
	if f.here(scope) && scope.Type().Equal(arm.ResourceGroupType) {
		return f.symbol(scope)
	}
	return f.scopeOf(scope)
}

func (f *bicepFile) dependsOn(symbols []string) {
	if len(symbols) == 0 {
		return
	}
	f.line(1)
	f.text("dependsOn: [")
	for _, s := range symbols {
		f.line(2)
		f.text(s)
	}
	f.line(1)
	f.text("]")
}

func (f *bicepFile) member(name string, v arm.Value, depth int) {
	f.line(depth)
	if id, ok := keyID(name); ok {
		e := f.id(id)
		if !strings.HasPrefix(e, "'") {
			e = "'${" + e + "}'"
		}
		f.text(e)
	} else if identifier(name) && !bicepWords[name] {
		f.text(name)
	} else {
		f.pieces(holes(name))
	}
	f.text(": ")
	f.value(v, depth)
}

// bicepWords are no names of members without quotes.
var bicepWords = map[string]bool{"true": true, "false": true, "null": true, "if": true, "for": true, "in": true}

func (f *bicepFile) value(v arm.Value, depth int) {
	switch v.Kind() {
	case arm.String:
		f.pieces(holes(v.Str()))
	case arm.Number:
		f.text(bicepNumber(v))
	case arm.Array:
		f.text("[")
		begun := false
		for item := range v.Items() {
			f.line(depth + 1)
			f.value(item, depth+1)
			begun = true
		}
		if begun {
			f.line(depth)
		}
		f.text("]")
	case arm.Object:
		f.text("{")
		begun := false
		for name, value := range v.Members() {
			f.member(name, value, depth+1)
			begun = true
		}
		if begun {
			f.line(depth)
		}
		f.text("}")
	case arm.Unknown:
		r, _ := v.Ref()
		f.text(f.reference(r))
	default:
		f.text(v.Text())
	}
}

// bicepNumber gives a number: Bicep has none but integers of 64 bits, and reads
// others from JSON. The least integer has no literal.
func bicepNumber(v arm.Value) string {
	if n, ok := v.Int(); ok && n > -1<<63 && v.Text() != "-0" {
		return strconv.FormatInt(n, 10)
	}
	return "json(" + quoteBicep(v.Text()) + ")"
}

func (f *bicepFile) reference(r arm.Ref) string {
	x, ok := resolve(r, f.made)
	switch {
	case !ok:
		return "null"
	case x.parameter != "":
		return parameterName(x.parameter)
	case x.path != nil:
		return f.symbol(x.id) + accessors(x.path, quoteBicep)
	case x.id != "":
		return f.id(x.id)
	}
	return f.join(x.text)
}

// id gives the expression for a resource's id: by its symbol where this file
// writes it, or where it is a known resource of the same subscription.
func (f *bicepFile) id(id arm.ID) string {
	switch sub := id.SubscriptionID(); {
	case f.here(id):
		return f.symbol(id) + ".id"
	case sub == "" || !sub.Equal(f.Scope):
	case id.Equal(sub):
		return "subscription().id"
	case id.Type().Equal(arm.ResourceGroupType) && id.Equal(f.scope):
		return "resourceGroup().id"
	case f.t.Has(id):
		return f.symbol(id) + ".id"
	}
	if parent := f.within(id); parent != "" && !parent.Equal(f.present) {
		return "'${" + f.symbol(parent) + ".id}" + string(appendBicepText(nil, string(id[len(parent):]), false)) + "'"
	}
	return f.join(holes(string(id)))
}

// within gives the resource of this file whose body holds the child with an
// id, such as the network of a subnet, "" for none.
func (f *bicepFile) within(id arm.ID) arm.ID {
	for id.Type().Child() {
		if id = id.Parent(); f.here(id) {
			return id
		}
	}
	return ""
}

func (f *bicepFile) pieces(text []piece) { f.text(f.join(text)) }

func (f *bicepFile) join(text []piece) string {
	return interpolated(text, '\'', appendBicepText, f.subscription)
}

// subscription gives the id of the subscription made under an alias.
func (f *bicepFile) subscription(alias string) string {
	switch at, here := f.vends[strings.ToLower(alias)]; {
	case arm.EqualFold(alias, f.own):
		return "subscription().subscriptionId"
	case here && f.module == nil:
		return f.symbol(f.Resources[at].ID) + ".properties.subscriptionId"
	}
	return camel(subscriptionParameter(alias))
}

// bicepParameters gives the values that are known; the others come from the
// environment.
func (p *plan) bicepParameters(out *printer) {
	for _, line := range p.head(p.about(nil)) {
		out.comment("//", line)
	}
	out.text("using 'main.bicep'\n")
	for i, param := range p.templateParameters(nil) {
		if i == 0 {
			out.text("\n")
		}
		out.text("param ", param.Name, " = ")
		if param.Value != "" {
			out.text(quoteBicep(param.Value), "\n")
		} else {
			out.text("readEnvironmentVariable('", variable(param.Name), "')\n")
		}
	}
}

// variable names the variable of the environment that gives a parameter.
func variable(parameter string) string { return strings.ToUpper(snake(parameter)) }
