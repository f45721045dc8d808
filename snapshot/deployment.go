package snapshot

import (
	"slices"
	"strings"

	"airfield/arm"
	"airfield/diag"
	"airfield/expr"
	"airfield/template"
)

// isTemplate tells an ARM template.
func isTemplate(v arm.Value) bool {
	schema := strings.ToLower(v.Get("$schema").Str())
	return strings.Contains(schema, "deploymenttemplate.json") || v.Get("contentVersion").Exists() && v.Get("resources").Exists()
}

// template reads the policy objects that a template deploys.
func (p *reading) template(v arm.Value) {
	written := map[diag.Pos]arm.Value{}
	p.written(v, written)
	scope, known := p.deployedTo(v)
	if !known {
		p.infof(v.Get("$schema").Offset(), "snapshot/scope", "template is for a deployment to %s, and none was named: read as if deployed to %s", scope.Type(), scope)
	}
	out, found := template.Expand(p.f, v, template.Deployment{Scope: scope})
	p.found = append(p.found, found...)
	for _, r := range out.Resources {
		k := kindOf(r.Type())
		if k == nil || r.Theirs {
			if len(p.others) == 0 {
				p.other = r.Pos
			}
			p.others[strings.ToLower(string(r.Type()))]++
			continue
		}
		if props := r.Get("properties"); props.Kind() != arm.Object {
			p.sayAt(r.Pos, diag.Error, "snapshot/shape", "%q of %q is %s, wanted %s", "properties", r.ID.Name(), props.Kind(), arm.Object)
			continue
		}
		piece := Piece{Resource: r, File: p.f}
		if from, ok := written[r.Pos]; ok {
			piece.from, piece.to = from.Offset(), from.Offset()+len(from.Text())
		}
		p.check(object{v: r.Body, props: r.Get("properties"), kind: k}, piece.Pos)
		p.add(piece)
	}
}

// written collects where the resources of a template stand, and those of the
// deployments in it.
func (p *reading) written(t arm.Value, at map[diag.Pos]arm.Value) {
	resources := t.Get("resources")
	one := func(r arm.Value) {
		at[p.pos(r.Offset())] = r
		p.written(r, at)
		p.written(r.Get("properties", "template"), at)
	}
	for r := range resources.Items() {
		one(r)
	}
	for _, r := range resources.Members() {
		one(r)
	}
}

// deployedTo gives the scope that a template is deployed to: At or one around
// Deploy that is of the kind that the template's schema names, else a stand-in,
// and false.
func (p *reading) deployedTo(v arm.Value) (arm.ID, bool) {
	schema := v.Get("$schema").Str()
	file := strings.ToLower(schema[strings.LastIndexByte(schema, '/')+1:])
	scope, typ := arm.Subscription("00000000-0000-0000-0000-000000000000").ResourceGroup("placeholder"), arm.ResourceGroupType
	switch {
	case strings.HasPrefix(file, "tenant"):
		return arm.Tenant, true
	case strings.HasPrefix(file, "managementgroup"):
		scope, typ = arm.ManagementGroup("placeholder"), arm.ManagementGroupType
	case strings.HasPrefix(file, "subscription"):
		scope, typ = scope.SubscriptionID(), arm.SubscriptionType
	}
	for _, at := range []arm.ID{p.At, p.At.SubscriptionID(), p.Deploy, p.Deploy.SubscriptionID()} {
		if at.Type().Equal(typ) {
			return at, true
		}
	}
	return scope, false
}

// unescape gives the edits that undo the brackets of an object that was written
// to stand in a template: there "[[parameters('effect')]" is the text that
// begins with one bracket. A file is in that form where expressions of the
// policy are, outside of the template in it, which has its own.
func (p *reading) unescape(o object) []edit {
	if !strings.Contains(o.v.Text(), "[[") {
		return nil
	}
	var doubled, single arm.Value
	strs(o.props, false, func(v arm.Value) {
		switch s := v.Str(); {
		case doubledExpression(s):
			doubled = v
		case expr.Is(s):
			single = v
		}
	})
	switch {
	case !doubled.Exists():
		return nil
	case single.Exists():
		p.warnf(doubled.Offset(), "snapshot/escape", "%.60q is no expression, and others in this object are: brackets are doubled only in templates, and there all of them", doubled.Str())
		return nil
	}
	var edits []edit
	strs(o.v, true, func(v arm.Value) {
		if s := v.Str(); expr.Unescape(s) != s {
			edits = append(edits, replace(v, expr.Unescape(s)))
		}
	})
	return edits
}

// doubledExpression tells whether a string is an expression with its bracket
// doubled, and not a text that begins with one.
func doubledExpression(s string) bool {
	plain := expr.Unescape(s)
	if plain == s {
		return false
	}
	_, err := expr.Parse(plain)
	return err == nil
}

// strs calls f for every string at or below v; those in the templates of
// deployments only if asked to.
func strs(v arm.Value, templates bool, f func(arm.Value)) {
	switch v.Kind() {
	case arm.String:
		f(v)
	case arm.Array:
		for item := range v.Items() {
			strs(item, templates, f)
		}
	case arm.Object:
		for name, m := range v.Members() {
			if templates || !arm.EqualFold(name, "template") {
				strs(m, templates, f)
			}
		}
	}
}

// stand is the names of management groups that the library and its forerunner
// write where the group is not known yet.
var stand = []string{"placeholder", "contoso"}

// placeholder tells whether an id lies in a management group that is none.
func (p *reading) placeholder(id arm.ID) bool {
	rest, ok := strings.CutPrefix(strings.ToLower(string(id)), strings.ToLower(string(arm.ManagementGroup(""))))
	name, _, _ := strings.Cut(rest, "/")
	if name == "contoso" && !strings.Contains(strings.ToLower(p.f.Name), ".alz_") {
		return false
	}
	return ok && slices.Contains(stand, name)
}

// placeholders gives the edits that put the scope of the reading in the place
// of such a management group.
func (p *reading) placeholders(o object, values ...arm.Value) []edit {
	var edits []edit
	for _, v := range values {
		id := arm.ID(v.Str())
		if !strings.HasPrefix(string(id), "/") || !p.placeholder(id) {
			continue
		}
		to := o.id.Scope()
		if kindOf(id.Type()) != nil {
			to = to.Resource(id.Type(), id.Name())
		}
		edits = append(edits, replace(v, string(to)))
	}
	return edits
}
