package emit

// Terraform with the provider azapi, which speaks Azure Resource Manager's own
// types and versions. A deployment is one state in a folder of its own.
// registry.terraform.io/providers/Azure/azapi/latest/docs
//
// The files are right for azapi 1.15 and for 2.x. They differ in the output of
// a data source, text in the one and an object in the other: both are tried.

import (
	"slices"
	"strings"

	"airfield/arm"
)

// azapiVersion is what the files were made for.
const azapiVersion = ">= 1.15, < 3.0"

// alwaysThere are types that come with what they lie in: the provider refuses
// to create them, so they are updated.
var alwaysThere = map[string]bool{
	"microsoft.storage/storageaccounts/blobservices":  true,
	"microsoft.storage/storageaccounts/fileservices":  true,
	"microsoft.storage/storageaccounts/queueservices": true,
	"microsoft.storage/storageaccounts/tableservices": true,
	"microsoft.resources/tags":                        true,
	"microsoft.security/pricings":                     true,
}

func updated(t arm.Type) bool { return alwaysThere[strings.ToLower(string(t))] }

// tfFile writes main.tf.
type tfFile struct {
	*plan
	*printer
	read  []arm.ID            // resources to be read, in order of first use
	paths map[arm.ID][]string // what is read of them
	used  map[arm.ID]bool     // resources of the deployment that the present one names, folded

	present arm.ID // the resource being written, which cannot name itself
}

func (p *plan) writeTerraform(sink Sink) error {
	dir := "terraform/" + p.folder() + "/"
	f := tfFile{plan: p, paths: map[arm.ID][]string{}, used: map[arm.ID]bool{}}
	params := f.parameters()
	known := slices.ContainsFunc(params, func(param Parameter) bool { return param.Value != "" })
	files := []struct {
		name   string
		fill   func()
		needed bool
	}{
		{"main.tf", f.main, true},
		{"providers.tf", f.providers, true},
		{"variables.tf", f.variables, len(params) > 0},
		{"terraform.tfvars.json", f.values, known},
		{"outputs.tf", f.outputs, len(p.vends) > 0},
	}
	for _, file := range files {
		if !file.needed {
			continue
		}
		_, err := output(sink, dir+file.name, func(out *printer) {
			f.printer = out
			file.fill()
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (f *tfFile) header() {
	for _, line := range f.head(f.about(nil)) {
		f.comment("#", line)
	}
}

func (f *tfFile) main() {
	f.header()
	for i := range f.Resources {
		f.resource(i)
		f.spill()
	}
	for _, id := range f.read {
		f.data(id)
	}
}

func (f *tfFile) providers() {
	f.header()
	f.text(`
terraform {
  required_version = ">= 1.5"
  required_providers {
    azapi = {
      source  = "Azure/azapi"
      version = "`, azapiVersion, `"
    }
  }
}

# Who deploys and to which cloud is for the environment to say (ARM_…, az login).
provider "azapi" {}
`)
}

// parameters gives the variables, the subscription deployed to first.
func (f *tfFile) parameters() []Parameter {
	var all []Parameter
	if f.own != "" {
		all = append(all, Parameter{Name: "subscription_id", Description: "Id of the subscription made under the alias " + f.own})
	}
	for _, name := range f.params {
		known := f.o.parameter(name)
		known.Name = snake(name)
		all = append(all, known)
	}
	for _, sub := range f.subs {
		all = append(all, Parameter{Name: subscriptionParameter(sub), Description: "Id of the subscription made under the alias " + sub})
	}
	return all
}

func (f *tfFile) variables() {
	f.header()
	for _, param := range f.parameters() {
		f.text("\nvariable ", quoteHCL(param.Name), " {")
		attrs := []attribute{{key: "type", text: "string"}}
		if param.Description != "" {
			attrs = append(attrs, attribute{key: "description", text: quoteHCL(param.Description)})
		}
		f.attributes(attrs, 1)
		f.text("\n}\n")
	}
}

// values gives the variables that are known.
func (f *tfFile) values() {
	f.text("{")
	comma := ""
	for _, param := range f.parameters() {
		if param.Value == "" {
			continue
		}
		f.text(comma)
		f.line(1)
		f.b = arm.AppendString(f.b, param.Name)
		f.text(": ")
		f.b = arm.AppendString(f.b, param.Value)
		comma = ","
	}
	if comma != "" {
		f.line(0)
	}
	f.text("}\n")
}

func (f *tfFile) outputs() {
	f.header()
	for _, r := range f.Resources {
		if r.Type().Equal(aliasType) {
			f.text("\noutput \"subscription_id\" {\n  value = ", f.subscription(r.ID.Name()), "\n}\n")
		}
	}
}

func (f *tfFile) resource(i int) {
	r := f.Resources[i]
	clear(f.used)
	f.present = r.ID
	f.text("\n")
	if at := r.Pos.String(); at != "" {
		f.comment("#", at)
	}
	kind := "azapi_resource"
	if updated(r.Type()) {
		kind = "azapi_update_resource"
	}
	f.text("resource ", quoteHCL(kind), " ", quoteHCL(f.symbolOf(r.ID)), " {")
	attrs := f.place(r)
	if identity := r.Get("identity"); identity.Kind() == arm.Object && kind == "azapi_resource" {
		f.attributes(attrs, 1)
		f.identity(identity)
		attrs = nil
	}
	attrs = append(attrs, f.body(r, kind))
	f.attributes(append(attrs, f.options(i, kind)...), 1)
	if waits := f.waits(i); len(waits) > 0 {
		f.text("\n")
		f.attributes([]attribute{{key: "depends_on", text: "[" + strings.Join(waits, ", ") + "]"}}, 1)
	}
	f.text("\n}\n")
}

// place gives type, parent and name, and the arguments beside the body.
func (f *tfFile) place(r arm.Resource) []attribute {
	name := nameText(r.ID)
	name = name[len(name)-1:]
	if name[0].sub == "" {
		name[0].text = r.ID.Name()
	}
	all := []attribute{
		{key: "type", text: quoteHCL(string(r.Type()) + "@" + f.apiVersion(r.ID))},
		{key: "parent_id", text: f.id(r.ID.Parent())},
		{key: "name", text: f.join(name)},
	}
	if updated(r.Type()) {
		return all
	}
	for _, beside := range []string{"location", "tags"} {
		if v := r.Get(beside); v.Exists() {
			all = append(all, attribute{key: beside, value: v})
		}
	}
	return all
}

func (f *tfFile) identity(v arm.Value) {
	f.line(1)
	f.text("identity {")
	kind := strings.ReplaceAll(v.Get("type").Str(), " ", "")
	attrs := []attribute{{key: "type", text: quoteHCL(strings.ReplaceAll(kind, ",", ", "))}}
	var ids []string
	for name := range v.Get("userAssignedIdentities").Members() {
		ids = append(ids, f.id(arm.ID(name)))
	}
	if len(ids) > 0 {
		attrs = append(attrs, attribute{key: "identity_ids", text: "[" + strings.Join(ids, ", ") + "]"})
	}
	f.attributes(attrs, 2)
	f.line(1)
	f.text("}")
}

// body gives the rest of the resource. An empty one is written too: without it
// the provider takes a text and gives its output as one.
func (f *tfFile) body(r arm.Resource, kind string) attribute {
	var all []attribute
	for name, v := range written(r.Body) {
		switch {
		case kind != "azapi_resource":
		case arm.EqualFold(name, "location"), arm.EqualFold(name, "tags"):
			continue
		case arm.EqualFold(name, "identity") && v.Kind() == arm.Object:
			continue
		}
		all = append(all, attribute{key: f.key(name), value: v})
	}
	return attribute{key: "body", members: all, object: true}
}

func (f *tfFile) options(i int, kind string) []attribute {
	var all []attribute
	if paths := exported(f.exports[i]); len(paths) > 0 {
		all = append(all, attribute{key: "response_export_values", text: texts(paths)})
	}
	if kind == "azapi_resource" && !f.o.Validate {
		all = append(all, attribute{key: "schema_validation_enabled", text: "false"})
	}
	return all
}

// exported cuts paths at the first item of an array, which the provider gives
// as a whole.
func exported(paths []string) []string {
	var all []string
	for _, path := range paths {
		steps := strings.Split(path, ".")
		for i, s := range steps {
			if s != "" && '0' <= s[0] && s[0] <= '9' {
				steps = steps[:i]
				break
			}
		}
		all = union(all, []string{strings.Join(steps, ".")})
	}
	return all
}

// waits gives what a resource waits for without naming it.
func (f *tfFile) waits(i int) []string {
	var all []string
	for _, j := range f.needs[i] {
		if id := f.Resources[j].ID; !f.used[id.Fold()] {
			all = append(all, f.address(id))
		}
	}
	return all
}

func (f *tfFile) address(id arm.ID) string {
	if updated(id.Type()) {
		return "azapi_update_resource." + f.symbolOf(id)
	}
	return "azapi_resource." + f.symbolOf(id)
}

// data reads a resource of another deployment.
func (f *tfFile) data(id arm.ID) {
	f.text("\ndata \"azapi_resource\" ", quoteHCL(f.symbolOf(id)), " {")
	f.attributes([]attribute{
		{key: "type", text: quoteHCL(string(id.Type()) + "@" + f.apiVersion(id))},
		{key: "resource_id", text: f.id(id)},
		{key: "response_export_values", text: texts(exported(f.paths[id.Fold()]))},
	}, 1)
	f.text("\n}\n")
}

func (f *tfFile) reference(r arm.Ref) string {
	x, ok := resolve(r, f.made)
	switch {
	case !ok:
		return "null"
	case x.parameter != "":
		return "var." + snake(x.parameter)
	case x.path != nil:
		return f.property(x.id, x.path)
	case x.id != "":
		return f.id(x.id)
	}
	return f.join(x.text)
}

func (f *tfFile) property(id arm.ID, path []string) string {
	behind := accessors(path, quoteHCL)
	if _, here := f.at[id.Fold()]; here {
		f.used[id.Fold()] = true
		return f.address(id) + ".output" + behind
	}
	key := id.Fold()
	if f.paths[key] == nil {
		f.read = append(f.read, id)
	}
	f.paths[key] = union(f.paths[key], []string{strings.Join(path, ".")})
	from := "data.azapi_resource." + f.symbolOf(id) + ".output"
	return "try(jsondecode(" + from + "), " + from + ")" + behind
}

// id gives the expression for a resource's id: that of the nearest resource of
// this deployment it is or lies in, and the rest as text.
func (f *tfFile) id(id arm.ID) string {
	for above := id; above != arm.Tenant && above != ""; above = above.Parent() {
		if _, here := f.at[above.Fold()]; !here || above.Equal(f.present) {
			continue
		}
		f.used[above.Fold()] = true
		if len(above) == len(id) {
			return f.address(id) + ".id"
		}
		return `"${` + f.address(above) + ".id}" + string(appendHCLText(nil, string(id[len(above):]), false)) + `"`
	}
	return f.join(holes(string(id)))
}

func (f *tfFile) join(text []piece) string {
	return interpolated(text, '"', appendHCLText, f.subscription)
}

// subscription gives the id of the subscription made under an alias.
func (f *tfFile) subscription(alias string) string {
	switch at, here := f.vends[strings.ToLower(alias)]; {
	case arm.EqualFold(alias, f.own):
		return "var.subscription_id"
	case here:
		return f.property(f.Resources[at].ID, []string{"properties", "subscriptionId"})
	}
	return "var." + subscriptionParameter(alias)
}
