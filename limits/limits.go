// Package limits says what the services of Azure refuse although their type
// schemas allow it: names, counts, sizes, and members that exclude or need each
// other.
//
// A resource goes into Check, and findings come out. The rules are listed in
// rules.go, each with a row in catalog/data/service_rules.csv that states it,
// says where it was read, and breaks it once. Check judges one resource at a
// time, with its neighbours where a rule needs them, and does not repeat the
// schemas (see schematest).
//
// A wanted tenant and an actual one go into Against, and Blocks come out: what
// the actual tenant has no room for, does not offer, or is not ready for. Its
// checks are listed in against.go.
//
// The package knows no policies, no roles and no prices.
package limits

import (
	"fmt"
	"iter"
	"strings"
	"sync"

	"airfield/arm"
	"airfield/diag"
)

// Tenant is where a rule looks up other resources: the virtual network of a
// subnet, the account of a container. *tenant.Tenant is one. What it does not
// have is not known, and no rule fails by it.
type Tenant interface {
	Get(id arm.ID) (arm.Resource, bool)
	Range(scope arm.ID) iter.Seq[arm.Resource] // the scope itself and all that lies below it
}

// Check gives the service rules that a resource breaks; in may be nil. Values
// that are known only after deployment break none. What is theirs exists, so
// that a service has accepted it: it is not checked. Subnets within a virtual
// network's body and rules within a network security group's are checked as
// resources of their own.
func Check(r arm.Resource, in Tenant) diag.List {
	if r.Theirs {
		return nil
	}
	if in == nil {
		in = nothing{}
	}
	c := &check{in: in}
	c.run(r)
	if member := holds(c.kind.typ); member != "" {
		for child := range inline(r, member) {
			c.run(child)
		}
	}
	return c.found
}

// run holds one resource to the rules of its type.
func (c *check) run(r arm.Resource) {
	c.Resource, c.scope, c.properties, c.machine = r, r.ID.Scope(), at(r.Body, "properties"), nil
	c.kind = kindOf(r.ID)
	for _, rule := range c.kind.rules {
		c.rule = rule
		rule.check(c)
	}
}

// A kind is a type in lower case with the rules about it, those about any type
// included.
type kind struct {
	typ   arm.Type
	rules []*rule
}

// kinds are the types that rules are about, by their names in lower case.
var kinds = sync.OnceValue(func() map[string]kind {
	all := map[string]kind{}
	for _, of := range rules {
		k := kind{typ: arm.Type(strings.ToLower(string(of.typ)))}
		for i := range rules {
			if rules[i].typ == of.typ || rules[i].typ == anyType {
				k.rules = append(k.rules, &rules[i])
			}
		}
		all[string(k.typ)] = k
	}
	return all
})

// kindOf gives the kind of a resource at a scope. For the types of rules it
// makes no string, since it is asked once for each resource there is.
func kindOf(id arm.ID) kind {
	var buf [128]byte
	lower := id.AppendType(buf[:0])
	k, ok := kinds()[string(lower)]
	if !ok {
		k.typ, k.rules = arm.Type(lower), kinds()[string(anyType)].rules
	}
	return k
}

// holds gives the member of a type's properties that holds child resources, ""
// where it has none.
func holds(typ arm.Type) string {
	switch {
	case virtualNetworks.Equal(typ):
		return "subnets"
	case networkSecurityGroups.Equal(typ):
		return "securityRules"
	}
	return ""
}

// inline gives the child resources that are written in the body of a resource.
func inline(r arm.Resource, member string) iter.Seq[arm.Resource] {
	return func(yield func(arm.Resource) bool) {
		for item := range r.Get("properties", member).Items() {
			if name := item.Get("name").Str(); name != "" && !yield(arm.Resource{ID: r.ID.Child(member, name), Body: item, Pos: r.Pos}) {
				return
			}
		}
	}
}

// nothing is a tenant of which nothing is known.
type nothing struct{}

func (nothing) Get(arm.ID) (arm.Resource, bool)     { return arm.Resource{}, false }
func (nothing) Range(arm.ID) iter.Seq[arm.Resource] { return func(func(arm.Resource) bool) {} }

// A rule is one thing that a service refuses or, as a Warning, that is allowed
// and hardly ever meant.
type rule struct {
	id       string
	typ      arm.Type
	severity diag.Severity
	doubt    string // what is not confirmed about it; then it is a Warning
	check    func(*check)
}

// A check is one rule at work on one resource.
type check struct {
	arm.Resource
	kind       kind
	scope      arm.ID
	properties arm.Value
	in         Tenant
	rule       *rule
	found      diag.List

	// What several rules ask for, read when the first does.
	near     arm.Resource // what get found last
	machine  *machine
	siblings []sibling // the subnets of network
	network  arm.ID
}

// fail adds the finding that the resource breaks the rule.
func (c *check) fail(format string, args ...any) {
	d := diag.Diagnostic{
		Pos:      c.Pos,
		Severity: c.rule.severity,
		Code:     "limits/" + c.rule.id,
		Message:  fmt.Sprintf("%s %q: ", c.ID.Type(), c.ID.Name()) + fmt.Sprintf(format, args...),
	}
	if c.rule.doubt != "" {
		d.Help = "not confirmed: " + c.rule.doubt
	}
	c.found = append(c.found, d)
}

// is tells whether the resource is of a type.
func (c *check) is(t arm.Type) bool { return t.Equal(c.kind.typ) }

// get is in.Get, and remembers what it found last: rules about one type ask for
// the same neighbour one after the other.
func (c *check) get(id arm.ID) (arm.Resource, bool) {
	if id != "" && id.Equal(c.near.ID) {
		return c.near, true
	}
	r, ok := c.in.Get(id)
	if ok {
		c.near = r
	}
	return r, ok
}

// Get follows member names down from the body. What lies below an unknown value
// is unknown, not missing.
func (c *check) Get(path ...string) arm.Value { return at(c.Body, path...) }

// p follows member names down from the resource's properties.
func (c *check) p(path ...string) arm.Value { return at(c.properties, path...) }

func at(v arm.Value, path ...string) arm.Value {
	for _, name := range path {
		if v.Kind() == arm.Unknown {
			return v
		}
		v = v.Get(name)
	}
	return v
}

// members gives the members of an object whose values are known.
func members(v arm.Value) iter.Seq2[string, arm.Value] {
	return func(yield func(string, arm.Value) bool) {
		if v.Kind() != arm.Object {
			return
		}
		for name, value := range v.Members() {
			if value.Kind() != arm.Unknown && !yield(name, value) {
				return
			}
		}
	}
}

// items gives the items of an array that are known.
func items(v arm.Value) iter.Seq[arm.Value] {
	return func(yield func(arm.Value) bool) {
		for item := range v.Items() {
			if item.Kind() != arm.Unknown && !yield(item) {
				return
			}
		}
	}
}

// count gives the length of an array or object that is known, else 0.
func count(v arm.Value) int {
	if v.Kind() == arm.Unknown {
		return 0
	}
	return v.Len()
}

// lookup gives the resource that a value names: an id, {"id": …}, or a
// reference to a resource's own id. A child may stand in its parent's body.
func (c *check) lookup(v arm.Value) (arm.Resource, bool) {
	id := idOf(v)
	if id == "" {
		return arm.Resource{}, false
	}
	if r, ok := c.get(id); ok || !id.Type().Child() {
		return r, ok
	}
	parent, _ := c.get(id.Parent())
	for child := range inline(parent, holds(parent.Type())) {
		if child.ID.Equal(id) {
			return child, true
		}
	}
	return arm.Resource{}, false
}

func idOf(v arm.Value) arm.ID {
	if v.Kind() == arm.Object {
		v = v.Get("id")
	}
	if r, ok := v.Ref(); ok && r.Path == "id" {
		return r.ID
	}
	return arm.ID(v.Str())
}

// known tells whether a value is given and is known before deployment.
func known(v arm.Value) bool {
	return v.Exists() && v.Kind() != arm.Unknown && v.Kind() != arm.Null
}

// given tells whether a value is given, even if only the deployment will know it.
func given(v arm.Value) bool { return v.Exists() && v.Kind() != arm.Null }

// isFalse tells whether a value is the boolean false.
func isFalse(v arm.Value) bool { return v.Kind() == arm.Bool && !v.True() }

// is tells whether a value is one of some strings; case does not count.
func is(v arm.Value, words ...string) bool {
	for _, w := range words {
		if v.Kind() == arm.String && arm.EqualFold(v.Str(), w) {
			return true
		}
	}
	return false
}

// other tells whether a value is known and is none of some strings.
func other(v arm.Value, words ...string) bool { return known(v) && !is(v, words...) }
