package policy

import (
	"slices"
	"strings"

	"airfield/arm"
	"airfield/diag"
	"airfield/expr"
)

// expression is an expression at its place in a rule.
type expression struct {
	*expr.Expr
	later bool // depends on more than parameters, so it is evaluated for each request
}

// operand reads a value that may hold expressions.
func (d *reader) operand(v arm.Value) operand {
	o := operand{value: v}
	switch v.Kind() {
	case arm.String:
		if text := v.Str(); expr.Is(text) {
			o.expr = d.expression(v, text)
		} else if strings.HasPrefix(text, "[[") {
			o.value = arm.New(expr.Unescape(text))
		}
	case arm.Array:
		if holdsExpression(v) {
			for item := range v.Items() {
				o.items = append(o.items, d.operand(item))
			}
		}
	case arm.Object:
		if holdsExpression(v) {
			for name, item := range v.Members() {
				o.keys = append(o.keys, name)
				o.items = append(o.items, d.operand(item))
			}
		}
	}
	return o
}

func holdsExpression(v arm.Value) bool {
	if !strings.Contains(v.Text(), `"[`) && !strings.Contains(v.Text(), `\u005`) {
		return false
	}
	found := false
	v.Walk(func(_ string, below arm.Value) bool {
		found = found || strings.HasPrefix(below.Str(), "[")
		return !found
	})
	return found
}

func (d *reader) expression(at arm.Value, text string) *expression {
	e, err := expr.Parse(text)
	if err != nil {
		d.errorf(at, "policy/expression", "%s in %q", err, short(text))
		e, _ = expr.Parse("[null()]")
		return &expression{Expr: e}
	}
	x := &expression{Expr: e}
	e.Calls(func(name string, _ arm.Value) {
		d.functions++
		if own, known := functions[name]; known {
			x.later = x.later || own.later
			return
		}
		if !d.o.general(name) {
			d.errorf(at, "policy/function", "no function %q in policy rules%s", name, diag.DidYouMean(name, functionNames()))
		}
	})
	if n := e.Nesting(); n > maxNesting {
		d.limit(at, n, maxNesting, "functions in each other")
	}
	d.limit(at, e.Arguments(), maxArguments, "arguments of a function")
	return x
}

func short(text string) string {
	if len(text) <= 120 {
		return text
	}
	return strings.ToValidUTF8(text[:117], "") + "…"
}

// refused are the functions of templates that policy rules do not have:
// learn.microsoft.com/azure/governance/policy/concepts/definition-structure-policy-rule#policy-functions
var refused = []string{
	"copyindex", "datetimeadd", "datetimefromepoch", "datetimetoepoch", "deployment", "environment",
	"extensionresourceid", "filter", "groupby", "lambda", "lambdavariables", "listaccountsas", "map", "mapvalues",
	"newguid", "pickzones", "providers", "reduce", "reference", "resourceid", "sort", "subscriptionresourceid",
	"tenantresourceid", "tenant", "toobject", "variables", "fail",
}

// general tells whether a rule may use one of the general functions.
func (o *Options) general(name string) bool {
	if name == "uniquestring" && o.on(NoUniqueString) {
		return false
	}
	if strings.HasPrefix(name, "datetime") && o.on(TemplateFunctions) {
		return true
	}
	_, known := slices.BinarySearch(generalNames, name)
	return known && !slices.Contains(refused, name)
}

var generalNames = expr.Names()

func functionNames() []string {
	names := slices.DeleteFunc(expr.Names(), func(n string) bool { return slices.Contains(refused, n) })
	for n := range functions {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}
