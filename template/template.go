// Package template expands ARM JSON deployment templates into the resources
// they deploy.
//
// A template, parameter values and the place of the deployment go in; resources
// with full ids and evaluated bodies come out, with the edges of dependsOn, the
// outputs, and a finding for everything that could not be expanded. Nested
// deployments are expanded into their resources. What is known only after
// deployment stands in the bodies as an arm.Ref, or as an expression over such
// (see expr.Compute). The package reads no linked template and asks no Azure.
//
// The form of a template is described at
// learn.microsoft.com/azure/azure-resource-manager/templates/syntax.
package template

import (
	"fmt"
	"time"

	"airfield/arm"
	"airfield/diag"
	"airfield/expr"
	"airfield/source"
)

// The limits. Azure allows 800 resources, 256 parameters, 4 MB a template
// (learn.microsoft.com/azure/azure-resource-manager/templates/best-practices#template-limits);
// ours are wider where several templates are nested.
const (
	maxCopies    = 800
	maxResources = 20_000
	maxNesting   = 16        // nested deployments in each other
	maxDepth     = 500       // variables, parameters and deployments that refer to each other
	maxBytes     = 128 << 20 // of all values put into bodies
	maxCalls     = 2_000_000 // of functions
	maxWork      = 64 << 20  // bytes of what they give
)

// Deployment is where and how a template is deployed.
type Deployment struct {
	Scope      arm.ID    // tenant, management group, subscription or resource group
	Name       string    // of the deployment; "main" where empty
	Location   string    // of the deployment, and of a resource group that Known does not know
	Parameters arm.Value // an object: names and values (see Parameters)
	TenantID   string

	// Known gives a resource that exists, such as the resource group that is
	// deployed to, for functions such as resourceGroup.
	Known func(arm.ID) (arm.Resource, bool)
	// Now and NewGUID are what utcNow and newGuid give; without them, the
	// parameters whose defaults use them are unknown until deployed.
	Now     time.Time
	NewGUID func() string
}

// Expansion is what a template deploys.
type Expansion struct {
	Resources []arm.Resource // with Theirs set where the template says existing
	Edges     []Edge
	Modules   []Module
	Outputs   []Output
	Skipped   []Skipped
}

// Edge says that one resource is deployed after another.
type Edge struct{ From, To arm.ID }

// Module is a nested deployment. It is no resource of the expansion; what it
// deploys is.
type Module struct {
	ID        arm.ID
	Pos       diag.Pos
	Resources []arm.ID
	Outputs   []Output
}

// Output is one output of a deployment.
type Output struct {
	Name  string
	Type  string
	Value arm.Value
	Pos   diag.Pos
}

// Skipped is a resource that a condition leaves out.
type Skipped struct {
	ID  arm.ID
	Pos diag.Pos
}

// Parameters gives the plain values of a parameter file, or of the
// "parameters" in one: names, each with a "value". A reference to a key vault
// becomes a parameter that is unknown until deployed.
func Parameters(file arm.Value) (arm.Value, error) {
	if inner := file.Get("parameters"); inner.Kind() == arm.Object {
		file = inner
	}
	o := arm.O{}
	for name, p := range file.Members() {
		switch {
		case p.Get("value").Exists():
			o = append(o, name, p.Get("value"))
		case p.Get("reference").Exists():
			o = append(o, name, arm.Parameter(name))
		default:
			return arm.Value{}, fmt.Errorf("parameter %q has neither a value nor a reference", name)
		}
	}
	return arm.New(o), nil
}

// Expand expands template t, which was read from f.
func Expand(f *source.File, t arm.Value, d Deployment) (Expansion, diag.List) {
	x := &expander{f: f, parsed: map[string]*expr.Expr{}, groups: map[arm.ID]arm.Value{}, bytes: maxBytes, budget: expr.Budget{Calls: maxCalls, Bytes: maxWork}, edges: map[Edge]bool{}, offset: -1}
	if d.Name == "" {
		d.Name = "main"
	}
	if t.Kind() != arm.Object {
		x.errorf(t, "template/syntax", "template is %s, wanted an object", t.Kind())
		return x.out, x.found
	}
	if name, offset, dup := t.Duplicate(); dup {
		x.found.Warnf(f.Pos(offset), "template/duplicate", "name %q is given twice in one object; the last counts", name)
	}
	if _, err := arm.ParseID(string(d.Scope)); err != nil {
		x.errorf(t, "template/scope", "scope of the deployment: %v", err)
		return x.out, x.found
	}
	c := x.context(t, d)
	c.checkSchema()
	c.expand()
	x.out.Outputs = c.outputs
	return x.out, x.found.Sorted()
}

// expander is what all deployments of one expansion share.
type expander struct {
	f         *source.File
	out       Expansion
	found     diag.List
	parsed    map[string]*expr.Expr
	groups    map[arm.ID]arm.Value // resource groups deployed here, by folded id
	resources int
	edges     map[Edge]bool
	depth     int
	bytes     int
	budget    expr.Budget
	offset    int // where set, the place of everything: inside a computed template
}

func (x *expander) pos(v arm.Value) diag.Pos { return x.posAt(v, 0) }

func (x *expander) posAt(v arm.Value, behind int) diag.Pos {
	if x.offset >= 0 {
		return x.f.Pos(x.offset)
	}
	return x.f.Pos(v.Offset() + behind)
}

func (x *expander) errorf(at arm.Value, code, format string, args ...any) {
	x.found.Errorf(x.pos(at), code, format, args...)
}

func (x *expander) warnf(at arm.Value, code, format string, args ...any) {
	x.found.Warnf(x.pos(at), code, format, args...)
}

// parse reads an expression once.
func (x *expander) parse(text string) (*expr.Expr, error) {
	if e, ok := x.parsed[text]; ok {
		return e, nil
	}
	e, err := expr.Parse(text)
	if err == nil {
		x.parsed[text] = e
	}
	return e, err
}

// spend takes from what one expansion may make, and tells whether there was
// enough.
func (x *expander) spend(at arm.Value, bytes int) bool {
	if x.bytes < 0 {
		return false
	}
	if x.bytes -= bytes; x.bytes < 0 {
		x.errorf(at, "template/limit", "template expands to more than %d MiB", maxBytes>>20)
		return false
	}
	return true
}
