package emit

// One resource as one file, for somebody to put into code of their own.

import (
	"strings"

	"airfield/arm"
	"airfield/diag"
	"airfield/tenant"
)

// File writes one resource as a Bicep file or an ARM template for the scope that
// it is deployed to, or as one block of Terraform. What it refers to is read from
// t where t has it. The findings are as those of Write.
func File(f Form, t *tenant.Tenant, r arm.Resource) (string, diag.List) {
	found := findings{seen: map[string]bool{}}
	p := newPlan(t, &Options{}, Deployment{Scope: scopeOf(r.ID), Resources: []arm.Resource{r}}, &found)
	var text strings.Builder
	out := &printer{w: &text}
	switch f {
	case Bicep:
		(&bicepFile{plan: p, printer: out, scope: p.Scope, declared: map[arm.ID]bool{}}).file()
	case Terraform:
		(&tfFile{plan: p, printer: out, paths: map[arm.ID][]string{}, used: map[arm.ID]bool{}}).resource(0)
	default:
		(&armFile{plan: p, printer: out, scope: p.Scope}).template(0)
		out.text("\n")
	}
	out.flush()
	return strings.TrimPrefix(text.String(), "\n"), found.List
}

// HCL writes a value that refers to nothing as an expression of HCL, which begins
// on a line that is indented to depth.
func HCL(v arm.Value, depth int) string {
	f := tfFile{plan: &plan{}, printer: &printer{}}
	f.value(v, depth)
	return string(f.b)
}
