package snapshot

// Terraform prints a plan or a state as JSON (terraform show -json), and keeps
// a state as a file (terraform.tfstate):
//
//	plan   {"resource_changes": [{"address", "mode", "type", "change": {"actions", "after", "after_unknown"}}],
//	        "configuration": {"root_module": {"resources": [{"address", "expressions": {"parent_id": {"references": […]}}}]}}}
//	state  {"values": {"root_module": {"resources": [{"address", "type", "values"}], "child_modules": […]}}}
//	file   {"version": 4, "resources": [{"module", "type", "name", "instances": [{"index_key", "attributes"}]}]}
//
// What a plan knows only after it is applied is unknown in the bodies. The id
// that a resource will have follows from the names in the plan, through the
// references in its configuration, so that what lies in what is known. An
// expression is printed as the list of what it refers to and not how, so an id
// that is not known yet is found only where it can be no other: see idNamed.
//
// https://developer.hashicorp.com/terraform/internals/json-format

import (
	"fmt"
	"slices"
	"strings"

	"airfield/arm"
	"airfield/catalog"
)

// isTerraform tells a plan or a state.
func isTerraform(v arm.Value) bool {
	return v.Get("resource_changes").Exists() || v.Get("planned_values").Exists() ||
		v.Get("format_version").Exists() && v.Get("terraform_version").Exists() ||
		v.Get("lineage").Exists() && v.Get("resources").Kind() == arm.Array
}

// applied is one resource of a plan or a state.
type applied struct {
	v       arm.Value // where the file has it
	address string
	typ     string    // azapi_resource
	values  arm.Value // the attributes; those that the plan does not know yet are references
	unknown arm.Value // which attributes the plan does not know
	config  arm.Value // its expressions
	module  string    // the address of the module it is in

	id        arm.ID
	resolving bool
}

// later gives what stands for a part of the body that the file does not tell.
func (a *applied) later(path string) arm.Ref { return arm.Parameter(a.address + ": " + path) }

// terraform is one plan or state that is read.
type terraform struct {
	p         *reading
	root      arm.Value
	all       []*applied
	byAddress map[string]*applied
	modules   map[string]arm.Value // configuration by address, without indexes; "" is the root
	calls     map[string]arm.Value // the calls of modules, likewise
	late      []string             // data that the plan does not know yet
	pieces    []Piece
	asides    []string
	quiet     int // resources that the plan does not change
	gone      int // resources that it deletes
}

func (p *reading) terraform(v arm.Value) {
	t := &terraform{p: p, root: v, byAddress: map[string]*applied{}, modules: map[string]arm.Value{}, calls: map[string]arm.Value{}}
	t.configure("", v.Get("configuration", "root_module"), 0)
	if v.Get("errored").True() {
		p.errorf(v.Get("errored").Offset(), "snapshot/partial", "the plan ended with an error: what it did not come to is missing")
	}
	switch {
	case v.Get("resource_changes").Kind() == arm.Array:
		for c := range v.Get("resource_changes").Items() {
			t.change(c)
		}
	case v.Get("lineage").Exists():
		for r := range v.Get("resources").Items() {
			t.stored(r)
		}
	default:
		values := v.Get("values")
		if !values.Exists() {
			values = v.Get("planned_values")
		}
		t.module(values.Get("root_module"), "")
	}
	for _, a := range t.all {
		a.values = t.known(a, a.values, a.unknown, a.config, a.address)
	}
	for _, a := range t.all {
		t.resource(a)
	}
	t.updates()
	for _, piece := range t.pieces {
		p.emit(piece)
	}
	if len(t.asides) > 0 {
		p.infof(v.Offset(), "snapshot/left-out", "%s: of no resource of Azure Resource Manager, or a part of one that is read", some(t.asides, 10))
	}
	if t.quiet+t.gone > 0 {
		p.infof(v.Offset(), "snapshot/left-out", "of the plan's resources %d are not changed and %d are deleted: they are no requests", t.quiet, t.gone)
	}
}

// configure notes the configuration of a module and those that it calls.
func (t *terraform) configure(address string, m arm.Value, depth int) {
	t.modules[address] = m
	for name, call := range m.Get("module_calls").Members() {
		if inner := strings.TrimPrefix(address+".module."+name, "."); depth < 50 {
			t.calls[inner] = call
			t.configure(inner, call.Get("module"), depth+1)
		}
	}
}

// change reads one change of a plan.
func (t *terraform) change(c arm.Value) {
	change := c.Get("change")
	actions := change.Get("actions").Strings()
	switch {
	case c.Get("mode").Str() == "data": // it is in Azure already, and is read when the plan is applied
		t.late = append(t.late, c.Get("address").Str())
		return
	case !slices.Contains(actions, "create") && slices.Contains(actions, "delete"), slices.Equal(actions, []string{"forget"}):
		t.gone++
		return
	case !t.p.placed && slices.Equal(actions, []string{"no-op"}):
		t.quiet++
		return
	}
	address := c.Get("address").Str()
	t.add(&applied{v: c, address: address, typ: c.Get("type").Str(), module: c.Get("module_address").Str(),
		values: change.Get("after"), unknown: change.Get("after_unknown"), config: t.expressions(address, c.Get("module_address").Str())})
}

// module reads the resources of a module of a state.
func (t *terraform) module(m arm.Value, address string) {
	for r := range m.Get("resources").Items() {
		if r.Get("mode").Str() != "data" {
			t.add(&applied{v: r, address: r.Get("address").Str(), typ: r.Get("type").Str(), module: address, values: r.Get("values"), config: t.expressions(r.Get("address").Str(), address)})
		}
	}
	for child := range m.Get("child_modules").Items() {
		t.module(child, child.Get("address").Str())
	}
}

// stored reads a resource of a state's file.
func (t *terraform) stored(r arm.Value) {
	if r.Get("mode").Str() == "data" {
		return
	}
	for i := range r.Get("instances").Items() {
		address := r.Get("type").Str() + "." + r.Get("name").Str()
		if m := r.Get("module").Str(); m != "" {
			address = m + "." + address
		}
		if key := i.Get("index_key"); key.Exists() {
			address += "[" + key.Text() + "]"
		}
		t.add(&applied{v: i, address: address, typ: r.Get("type").Str(), module: r.Get("module").Str(), values: i.Get("attributes")})
	}
}

func (t *terraform) add(a *applied) {
	if !strings.HasPrefix(a.typ, "azapi_") && !strings.HasPrefix(a.typ, "azurerm_") || slices.Contains(dataPlane, a.typ) {
		t.aside(a)
		return
	}
	t.all = append(t.all, a)
	t.byAddress[a.address] = a
}

// dataPlane are types of azurerm and azapi that ask no Azure Resource Manager.
var dataPlane = []string{"azapi_data_plane_resource", "azurerm_app_configuration_feature", "azurerm_app_configuration_key", "azurerm_key_vault_certificate",
	"azurerm_key_vault_key", "azurerm_key_vault_secret", "azurerm_storage_blob", "azurerm_storage_data_lake_gen2_filesystem", "azurerm_storage_data_lake_gen2_path",
	"azurerm_storage_share_directory", "azurerm_storage_share_file", "azurerm_storage_table_entity"}

// aside notes what makes no request that a policy could judge, or is judged with
// another resource of the plan.
func (t *terraform) aside(a *applied) {
	if !slices.Contains(t.asides, a.typ) {
		t.asides = append(t.asides, a.typ)
	}
}

// expressions gives what the configuration has of a resource.
func (t *terraform) expressions(address, module string) arm.Value {
	want := withoutIndexes(address)
	if module != "" {
		want = strings.TrimPrefix(want, withoutIndexes(module)+".")
	}
	for r := range t.modules[withoutIndexes(module)].Get("resources").Items() {
		if r.Get("address").Str() == want {
			return r.Get("expressions")
		}
	}
	return arm.Value{}
}

// withoutIndexes gives an address without what is in brackets.
func withoutIndexes(address string) string {
	var b strings.Builder
	depth, quoted := 0, false
	for i := range len(address) {
		c := address[i]
		switch {
		case c == '"':
			quoted = !quoted
		case !quoted && c == '[':
			depth++
		}
		if depth == 0 {
			b.WriteByte(c)
		}
		if !quoted && c == ']' && depth > 0 {
			depth--
		}
	}
	return b.String()
}

// resource keeps what a resource is in Azure.
func (t *terraform) resource(a *applied) {
	switch {
	case a.typ == "azapi_resource":
		t.azapi(a)
	case a.typ == "azapi_update_resource":
	case a.typ == "azapi_resource_action" && (a.values.Get("method").Str() == "" || a.values.Get("method").Str() == "POST"):
		t.aside(a)
	case strings.HasPrefix(a.typ, "azapi_"):
		t.p.leave(a.v, a.typ, "not known which resource of Azure it makes")
	default:
		t.azurerm(a)
	}
}

// idOf gives the id that a resource has or will have, "" where it is not known.
func (t *terraform) idOf(a *applied) arm.ID {
	if a.id != "" || a.resolving {
		return a.id
	}
	a.resolving = true
	if id, err := arm.ParseID(a.values.Get("id").Str()); err == nil {
		a.id = id
	} else if id, err := arm.ParseID(a.values.Get("resource_manager_id").Str()); err == nil {
		a.id = id
	} else if strings.HasPrefix(a.typ, "azapi_") {
		a.id = t.azapiID(a)
	} else {
		a.id = t.azurermID(a)
	}
	if _, err := arm.ParseID(string(a.id)); err != nil {
		a.id = ""
	}
	a.resolving = false
	return a.id
}

func (t *terraform) azapiID(a *applied) arm.ID {
	if id := t.idIn(a, "resource_id"); id != "" {
		return id
	}
	typ, _, _ := strings.Cut(a.values.Get("type").Str(), "@")
	name := a.values.Get("name").Str()
	if typ == "" || name == "" {
		return ""
	}
	switch arm.Type(typ) {
	case arm.ManagementGroupType:
		return arm.ManagementGroup(name)
	case arm.SubscriptionType:
		return arm.Subscription(name)
	}
	parent := t.idIn(a, "parent_id")
	switch {
	case parent == "":
		return ""
	case arm.Type(typ).Equal(arm.ResourceGroupType):
		return parent.ResourceGroup(name)
	case !arm.Type(typ).Child():
		return parent.Resource(arm.Type(typ), name)
	case !parent.Type().Equal(arm.Type(typ[:strings.LastIndexByte(typ, '/')])): // something behind the id that is referred to
		return ""
	}
	return parent.Child(lastOf(arm.Type(typ)), name)
}

// idIn gives the id in an attribute: the value, or the id of the resource that
// the expression refers to.
func (t *terraform) idIn(a *applied, attribute string) arm.ID {
	if id, err := arm.ParseID(a.values.Get(attribute).Str()); err == nil {
		return id
	}
	return t.referred(a, references(a.config.Get(attribute)), a.module, 0)
}

// referred gives the id of the one resource that an expression refers to.
func (t *terraform) referred(from *applied, refs []string, module string, depth int) arm.ID {
	refs = slices.DeleteFunc(slices.Clone(refs), func(ref string) bool { return ref == "each.key" || ref == "count.index" }) // an index: see at
	if len(refs) != 1 || depth > 20 {
		return ""
	}
	ref := refs[0]
	if name, ok := strings.CutPrefix(ref, "var."); ok {
		call := t.calls[withoutIndexes(module)]
		return t.referred(from, references(call.Get("expressions", name)), outerOf(module), depth+1)
	}
	if rest, ok := strings.CutPrefix(ref, "module."); ok {
		name, output, _ := strings.Cut(rest, ".")
		inner := inModule(module, "module."+name)
		expression := t.modules[withoutIndexes(inner)].Get("outputs", output, "expression")
		return t.referred(from, references(expression), inner, depth+1)
	}
	if to := t.at(inModule(module, strings.TrimSuffix(ref, ".id")), from); to != nil {
		return t.idOf(to)
	}
	return ""
}

// at gives the resource at an address. Where there are several of it, it is the
// one with the same index.
func (t *terraform) at(address string, from *applied) *applied {
	if a := t.byAddress[address]; a != nil {
		return a
	}
	if i := strings.LastIndexByte(from.address, '['); i >= 0 {
		return t.byAddress[address+from.address[i:]]
	}
	return nil
}

// azapi keeps a resource that is written in Azure Resource Manager's own form.
func (t *terraform) azapi(a *applied) {
	typ, version, _ := strings.Cut(a.values.Get("type").Str(), "@")
	id := t.idOf(a)
	if id == "" {
		t.p.leave(a.v, typ, "a plan does not know where it will lie")
		return
	}
	body, bad := azapiBody(a.values.Get("body"))
	if bad != nil {
		t.p.errorf(a.v.Offset(), "snapshot/syntax", "the body of %s is not JSON: %v", a.address, bad)
		return
	}
	o := arm.O{"id", id, "name", id.Name(), "type", typ, "apiVersion", version}
	for _, name := range []string{"location", "tags"} {
		m := a.values.Get(name)
		computed := m.Kind() == arm.Unknown && a.config.Exists() && !a.config.Get(name).Exists() // what Azure makes of none
		if m.Exists() && m.Kind() != arm.Null && !computed && !body.Get(name).Exists() {
			o = append(o, name, m)
		}
	}
	if identity := identityOf(a.values.Get("identity")); !body.Get("identity").Exists() {
		o = append(o, "identity", identity)
	}
	if body.Kind() == arm.Unknown {
		t.keep(a, t.rest(a, arm.New(append(o, "properties", body))))
		return
	}
	made := arm.New(append(o, without(body, "id", "name", "type", "apiVersion")...))
	if secret := a.config.Get("sensitive_body"); secret.Exists() { // laid over the body, and never in a plan
		made = t.rest(a, over(made, secret.Get("constant_value")))
	}
	t.keep(a, made)
}

// rest gives a body with everything else that the type has unknown, where a plan
// tells a part of a resource.
func (t *terraform) rest(a *applied, body arm.Value) arm.Value {
	id := t.idOf(a)
	names := []string{"kind", "identity", "sku", "zones", "plan"}
	tags, location, sure := catalog.TypeTraits(id.Type())
	if tags || !sure {
		names = append(names, "tags")
	}
	if location || !sure {
		names = append(names, "location")
	}
	o := arm.O{}
	for name, m := range body.Members() {
		o = append(o, name, m)
	}
	for _, name := range names {
		if !body.Get(name).Exists() {
			o = append(o, name, a.later(name))
		}
	}
	return fill(arm.New(o), t.p.namesOf(id.Type()), nil, a)
}

// keep keeps a body as the resource of a.
func (t *terraform) keep(a *applied, body arm.Value) {
	t.pieces = append(t.pieces, Piece{Resource: arm.Resource{ID: a.id, Body: body, Pos: t.p.pos(a.v.Offset())}, File: t.p.f})
}

// azapiBody gives a body: azapi 1 keeps it as text, azapi 2 as an object, which
// the file of a state has beside its type.
func azapiBody(v arm.Value) (arm.Value, error) {
	if v.Get("value").Exists() && v.Get("type").Exists() && v.Len() == 2 {
		v = v.Get("value")
	}
	if v.Kind() == arm.String {
		return arm.Parse(v.Str())
	}
	if v.Kind() != arm.Object && v.Kind() != arm.Unknown && v.Exists() && v.Kind() != arm.Null {
		return arm.Value{}, fmt.Errorf("found %s, wanted an object", v.Kind())
	}
	return v, nil
}

// identityOf gives the identity of a block of azapi or azurerm.
func identityOf(block arm.Value) arm.Value {
	if block.Kind() == arm.Unknown {
		return block
	}
	if block.Kind() == arm.Array {
		block = block.At(0)
	}
	if block.Kind() != arm.Object || block.Get("type").Kind() == arm.Null {
		return arm.Value{}
	}
	o := arm.O{"type", block.Get("type")}
	if ids := block.Get("identity_ids"); ids.Kind() == arm.Array && ids.Len() > 0 {
		of := arm.O{}
		for id := range ids.Items() {
			if id.Kind() != arm.String { // who it is comes with the deployment
				return arm.New(append(o, "userAssignedIdentities", id))
			}
			of = append(of, id.Str(), arm.O{})
		}
		o = append(o, "userAssignedIdentities", of)
	} else if ids.Kind() == arm.Unknown {
		o = append(o, "userAssignedIdentities", ids)
	}
	return arm.New(o)
}

// updates lays the changes of azapi_update_resource over the resources that the
// plan has too. Of others they are the part that is known: azapi sends it with
// what Azure has of the rest.
func (t *terraform) updates() {
	for _, a := range t.all {
		if a.typ != "azapi_update_resource" {
			continue
		}
		id := t.idOf(a)
		typ, version, _ := strings.Cut(a.values.Get("type").Str(), "@")
		body, bad := azapiBody(a.values.Get("body"))
		if id == "" || bad != nil {
			t.p.leave(a.v, typ, "a plan does not know what azapi_update_resource changes")
			continue
		}
		i := slices.IndexFunc(t.pieces, func(p Piece) bool { return p.Resource.ID.Equal(id) })
		switch {
		case i >= 0 && body.Kind() == arm.Object:
			t.pieces[i].Resource.Body = over(body, t.pieces[i].Resource.Body)
		case i >= 0:
			r := &t.pieces[i].Resource
			r.Body = t.rest(a, arm.New(arm.O{"id", id, "name", id.Name(), "type", typ, "apiVersion", version, "location", r.Get("location"), "tags", r.Get("tags"), "properties", body}))
		default:
			o := arm.O{"id", id, "name", id.Name(), "type", typ, "apiVersion", version}
			if body.Kind() == arm.Unknown {
				o = append(o, "properties", body)
			} else {
				o = append(o, without(body, "id", "name", "type", "apiVersion")...)
			}
			t.keep(a, t.rest(a, arm.New(o)))
		}
	}
}
