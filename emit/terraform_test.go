package emit_test

import (
	"cmp"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
	"golang.org/x/text/unicode/norm"

	"airfield/arm"
	"airfield/emit"
	"airfield/tenant"
)

// Every file is as terraform fmt would write it. Read as HCL and evaluated with
// the ids that its references come to, it gives the resources it was made of.
func TestTerraformEvaluatesToTheTenant(t *testing.T) {
	checkTerraform(t, sample(t), &options)
}

func checkTerraform(t *testing.T, tt *tenant.Tenant, o *emit.Options) {
	t.Helper()
	m := files(t, tt, *o, emit.Terraform)
	for path, b := range m {
		if want := string(hclwrite.Format(b.Bytes())); strings.HasSuffix(path, ".tf") && b.String() != want {
			t.Errorf("%s: have\n%s\nwant\n%s", path, b, want)
		}
	}
	compare(t, tt, o, readTerraform(t, m, tt, o))
}

// readTerraform gives what the files of a tenant write.
func readTerraform(t *testing.T, m memory, tt *tenant.Tenant, o *emit.Options) map[arm.ID]arm.Value {
	t.Helper()
	have := map[arm.ID]arm.Value{}
	for path, b := range m {
		if strings.HasPrefix(path, "terraform/") && strings.HasSuffix(path, "main.tf") {
			evaluateTerraform(t, path, b.Bytes(), variables(path, tt, o), have, o)
		}
	}
	return have
}

// unit is one resource or data block with the id it was found to have.
type unit struct {
	address string
	block   *hclsyntax.Block
	id      arm.ID
	value   cty.Value
}

// evaluateTerraform evaluates the blocks of a file, again and again until no
// reference is open: a resource's id needs its parent's.
func evaluateTerraform(t *testing.T, path string, src []byte, vars cty.Value, have map[arm.ID]arm.Value, o *emit.Options) {
	t.Helper()
	file, diags := hclsyntax.ParseConfig(src, path, hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	var open []*unit
	for _, b := range file.Body.(*hclsyntax.Body).Blocks {
		open = append(open, &unit{address: b.Type + " " + b.Labels[0] + " " + b.Labels[1], block: b})
	}
	ctx := &hcl.EvalContext{Variables: map[string]cty.Value{"var": vars}, Functions: map[string]function.Function{
		"try":        function.New(&function.Spec{VarParam: &function.Parameter{Type: cty.DynamicPseudoType, AllowDynamicType: true}, Type: func(args []cty.Value) (cty.Type, error) { return args[0].Type(), nil }, Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) { return args[0], nil }}),
		"jsondecode": stdlib.JSONDecodeFunc,
	}}
	known := map[string]map[string]cty.Value{"azapi_resource": {}, "azapi_update_resource": {}, "data": {}}
	for len(open) > 0 {
		var later []*unit
		for _, u := range open {
			ctx.Variables["azapi_resource"] = cty.ObjectVal(known["azapi_resource"])
			ctx.Variables["azapi_update_resource"] = cty.ObjectVal(known["azapi_update_resource"])
			ctx.Variables["data"] = cty.ObjectVal(map[string]cty.Value{"azapi_resource": cty.ObjectVal(known["data"])})
			if !u.evaluate(t, ctx, o, have) {
				later = append(later, u)
				continue
			}
			kind := u.block.Labels[0]
			if u.block.Type == "data" {
				kind = "data"
			}
			known[kind][u.block.Labels[1]] = u.value
		}
		if len(later) == len(open) {
			_, diags := later[0].block.Body.Attributes["type"].Expr.Value(ctx)
			t.Fatalf("%s: %s has references that nothing answers %v", path, later[0].address, diags)
		}
		open = later
	}
}

// variables gives each variable as the text that stands for it in a body.
func variables(path string, tt *tenant.Tenant, o *emit.Options) cty.Value {
	all := map[string]cty.Value{"subscription_id": cty.StringVal("@" + strings.Split(path, "/")[2])}
	for _, alias := range aliases(tt) {
		all["subscription_id_of_"+strings.ReplaceAll(alias, "-", "_")] = cty.StringVal("@" + alias)
	}
	for _, p := range o.Parameters {
		all[strings.TrimPrefix(emit.Terraform.Variable(p.Name), "TF_VAR_")] = cty.StringVal(cmp.Or(p.Value, marker(arm.Parameter(p.Name))))
	}
	return cty.ObjectVal(all)
}

// marker stands for a reference in a text.
func marker(r arm.Ref) string { return "\x01" + arm.New(r).Text() }

func (u *unit) evaluate(t *testing.T, ctx *hcl.EvalContext, o *emit.Options, have map[arm.ID]arm.Value) bool {
	t.Helper()
	values := map[string]cty.Value{}
	for name, a := range u.block.Body.Attributes {
		if name == "depends_on" {
			continue
		}
		v, diags := a.Expr.Value(ctx)
		if diags.HasErrors() {
			return false
		}
		values[name] = v
	}
	typ, version, _ := strings.Cut(values["type"].AsString(), "@")
	if version == "" {
		t.Errorf("%s has no API version", u.address)
	}
	if u.block.Type == "data" {
		u.id = arm.ID(values["resource_id"].AsString())
	} else {
		u.id = childID(arm.ID(values["parent_id"].AsString()), arm.Type(typ), values["name"].AsString())
	}
	exports := map[string]any{}
	if v, ok := values["response_export_values"]; ok {
		for _, p := range v.AsValueSlice() {
			at := exports
			steps := strings.Split(p.AsString(), ".")
			for _, s := range steps[:len(steps)-1] {
				if at[s] == nil {
					at[s] = map[string]any{}
				}
				at = at[s].(map[string]any)
			}
			text := marker(arm.Ref{ID: u.id, Path: p.AsString()})
			if arm.Type(typ).Equal("Microsoft.Subscription/aliases") {
				text = "@" + u.id.Name()
			}
			at[steps[len(steps)-1]] = text
		}
	}
	if p, _ := exports["properties"].(map[string]any); p["list"] != nil { // the provider gives arrays as a whole
		p["list"] = []any{map[string]any{"x-y": marker(arm.Ref{ID: u.id, Path: "properties.list.0.x-y"})}}
	}
	output := toCty(exports)
	if u.block.Type == "data" {
		u.value = cty.ObjectVal(map[string]cty.Value{"output": cty.StringVal(toJSON(output))})
		return true
	}
	u.value = cty.ObjectVal(map[string]cty.Value{"id": cty.StringVal(string(u.id)), "output": output})
	body, err := arm.Parse(toJSON(values["body"]))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"location", "tags"} {
		if v, ok := values[name]; ok {
			with, _ := arm.Parse(toJSON(v))
			body, _ = body.Set(with, name)
		}
	}
	for _, b := range u.block.Body.Blocks {
		if body, err = u.identity(b, body, ctx); err != nil {
			return false
		}
	}
	if have[u.id.Fold()].Exists() {
		t.Errorf("%s is written twice", u.id)
	}
	have[u.id.Fold()] = plain(unmark(body), o)
	return true
}

func (u *unit) identity(b *hclsyntax.Block, body arm.Value, ctx *hcl.EvalContext) (arm.Value, error) {
	kind, diags := b.Body.Attributes["type"].Expr.Value(ctx)
	if diags.HasErrors() {
		return body, diags
	}
	o := arm.O{"type", strings.ReplaceAll(kind.AsString(), ", ", ",")}
	if ids, ok := b.Body.Attributes["identity_ids"]; ok {
		v, diags := ids.Expr.Value(ctx)
		if diags.HasErrors() {
			return body, diags
		}
		users := arm.O{}
		for _, id := range v.AsValueSlice() {
			users = append(users, id.AsString(), arm.O{})
		}
		o = append(o, "userAssignedIdentities", users)
	}
	return body.Set(o, "identity")
}

// childID is the id of a resource by parent, type and name, as azapi makes it.
func childID(parent arm.ID, typ arm.Type, name string) arm.ID {
	switch {
	case typ.Equal(arm.ResourceGroupType):
		return parent.ResourceGroup(name)
	case typ.Child():
		s := string(typ)
		return parent.Child(s[strings.LastIndexByte(s, '/')+1:], name)
	}
	return parent.Resource(typ, name)
}

// unmark puts references in the place of their markers.
func unmark(v arm.Value) arm.Value { return arm.New(unmarkOf(v)) }

func unmarkOf(v arm.Value) any {
	switch v.Kind() {
	case arm.String:
		if text, ok := strings.CutPrefix(v.Str(), "\x01"); ok {
			r, _ := arm.Parse(text)
			return r
		}
	case arm.Array:
		a := arm.A{}
		for item := range v.Items() {
			a = append(a, unmarkOf(item))
		}
		return a
	case arm.Object:
		m := arm.O{}
		for name, value := range v.Members() {
			m = append(m, name, unmarkOf(value))
		}
		return m
	}
	return v
}

func toCty(m map[string]any) cty.Value {
	o := map[string]cty.Value{}
	for name, v := range m {
		switch v := v.(type) {
		case string:
			o[name] = cty.StringVal(v)
		case map[string]any:
			o[name] = toCty(v)
		case []any:
			o[name] = cty.TupleVal([]cty.Value{toCty(v[0].(map[string]any))})
		}
	}
	return cty.ObjectVal(o)
}

func toJSON(v cty.Value) string {
	s, err := stdlib.JSONEncode(v)
	if err != nil {
		panic(err)
	}
	return s.AsString()
}

func FuzzHCLString(f *testing.F) {
	for _, s := range []string{"", "$", "$$", "${", "$${", "$$${x}", "%{if}", "%%{", "%%%{", "${$%{", "\"\\\n\r\t\x00\x7f\u2028", "a${b}%{c}", "é"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		s = strings.ToValidUTF8(s, "?")
		text := emit.HCLString(s)
		e, diags := hclsyntax.ParseExpression([]byte(text), "s", hcl.InitialPos)
		if diags.HasErrors() {
			t.Fatalf("%q is %s: %v", s, text, diags)
		}
		v, diags := e.Value(nil)
		if diags.HasErrors() || v.AsString() != norm.NFC.String(s) {
			t.Fatalf("%q is %s: have %#v %v", s, text, v, diags)
		}
		if have := string(hclwrite.Format([]byte("x = " + text))); have != "x = "+text {
			t.Fatalf("formatted as %s", have)
		}
	})
}
