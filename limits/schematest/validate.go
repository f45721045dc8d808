package schematest

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"airfield/arm"
	"airfield/diag"
)

// Validate gives what is wrong with a resource by the schema of its type and
// API version, a line a problem. What is known only after deployment ($after)
// fits everywhere. Names, enumerations and members have to be spelled as the
// schema spells them, which Azure itself does not ask for. Patterns that look
// around, which Go's regexp does not know, are not checked; nine of the
// catalog's types have one in a name.
func (s *Schemas) Validate(r arm.Resource) []string {
	types, number, err := s.lookup(r.Type(), r.APIVersion())
	if err != nil {
		return []string{err.Error()}
	}
	v := &validator{types: types}
	resource := types[number]
	if have := scopeOf(r.ID); resource.WritableScopes&have == 0 {
		v.wrong("id", scopeNames(resource.WritableScopes), "one at "+scopeNames(have))
	}
	if have := r.Body.Get("type"); have.Exists() && !arm.Type(have.Str()).Equal(r.Type()) {
		v.wrong("type", string(r.Type())+" as in the id", have.Text())
	}
	body := v.at(resource.Body)
	v.name(r.ID.Name(), body)
	v.check("", envelope(r.Body), body)
	return v.problems
}

// envelope takes away what the id and the request say, and the schema lists as
// read-only.
func envelope(body arm.Value) arm.Value {
	return body.Without("id").Without("name").Without("type").Without("apiVersion")
}

type validator struct {
	types    []node
	problems []string
}

func (v *validator) wrong(path, wanted, found string) {
	v.problems = append(v.problems, path+": wanted "+wanted+", found "+found)
}

func (v *validator) at(r ref) node {
	n, err := strconv.Atoi(strings.TrimPrefix(r.Ref, "#/"))
	if err != nil || n >= len(v.types) {
		panic("schematest: no type " + r.Ref + " in its file")
	}
	return v.types[n]
}

// name checks the resource's own name by the type of the member name.
func (v *validator) name(name string, body node) {
	for _, properties := range []map[string]property{body.Properties, body.BaseProperties} {
		if p, ok := properties["name"]; ok {
			v.check("name", arm.New(name), v.at(p.Type))
		}
	}
}

// check adds the problems of a value that should have the type n.
func (v *validator) check(path string, have arm.Value, n node) {
	if have.Kind() == arm.Unknown {
		return
	}
	switch n.Kind {
	case "AnyType":
	case "BooleanType":
		v.kind(path, have, arm.Bool)
	case "IntegerType":
		v.number(path, have, n)
	case "StringType":
		v.text(path, have, n)
	case "StringLiteralType":
		if have.Kind() != arm.String || have.Str() != n.Value {
			v.wrong(path, strconv.Quote(n.Value), short(have))
		}
	case "ArrayType":
		if v.kind(path, have, arm.Array) {
			v.length(path, have.Len(), "items", n)
			i := 0
			for item := range have.Items() {
				v.check(path+"["+strconv.Itoa(i)+"]", item, v.at(n.ItemType))
				i++
			}
		}
	case "UnionType":
		v.union(path, have, n)
	case "ObjectType":
		if v.kind(path, have, arm.Object) {
			v.object(path, have, n.Properties, n.AdditionalProperties)
		}
	case "DiscriminatedObjectType":
		v.discriminated(path, have, n)
	default:
		v.wrong(path, "a kind of type that is known", n.Kind)
	}
}

func (v *validator) kind(path string, have arm.Value, want arm.Kind) bool {
	if have.Kind() != want {
		v.wrong(path, "a value of kind "+want.String(), short(have))
	}
	return have.Kind() == want
}

// number takes fractions too: the schemas write OpenAPI's number, such as the
// amount of a budget, as IntegerType.
func (v *validator) number(path string, have arm.Value, n node) {
	f, ok := have.Float()
	switch {
	case !ok:
		v.kind(path, have, arm.Number)
	case n.MinValue != nil && f < *n.MinValue:
		v.wrong(path, fmt.Sprintf("at least %v", *n.MinValue), short(have))
	case n.MaxValue != nil && f > *n.MaxValue:
		v.wrong(path, fmt.Sprintf("at most %v", *n.MaxValue), short(have))
	}
}

func (v *validator) text(path string, have arm.Value, n node) {
	if !v.kind(path, have, arm.String) {
		return
	}
	v.length(path, utf8.RuneCountInString(have.Str()), "characters", n)
	if n.Pattern == "" {
		return
	}
	if re, err := regexp.Compile(n.Pattern); err == nil && !re.MatchString(have.Str()) {
		v.wrong(path, "a match of "+n.Pattern, short(have))
	}
}

func (v *validator) length(path string, have int, unit string, n node) {
	if n.MinLength != nil && have < *n.MinLength {
		v.wrong(path, fmt.Sprintf("at least %d %s", *n.MinLength, unit), strconv.Itoa(have))
	}
	if n.MaxLength != nil && have > *n.MaxLength {
		v.wrong(path, fmt.Sprintf("at most %d %s", *n.MaxLength, unit), strconv.Itoa(have))
	}
}

// union wants one of its elements to fit. An enumeration that may grow has
// string among them.
func (v *validator) union(path string, have arm.Value, n node) {
	var literals []string
	for _, r := range n.Elements.list {
		try := &validator{types: v.types}
		element := v.at(r)
		if try.check(path, have, element); try.problems == nil {
			return
		}
		if element.Kind == "StringLiteralType" {
			literals = append(literals, element.Value)
		} else if len(n.Elements.list) == 1 {
			v.problems = append(v.problems, try.problems...)
			return
		}
	}
	v.wrong(path, strings.Join(literals, "|"), short(have)+diag.DidYouMean(have.Str(), literals))
}

func (v *validator) discriminated(path string, have arm.Value, n node) {
	if !v.kind(path, have, arm.Object) {
		return
	}
	kind := have.Get(n.Discriminator)
	if kind.Kind() == arm.Unknown {
		return
	}
	element, ok := n.Elements.named[kind.Str()]
	if !ok {
		names := slices.Sorted(maps.Keys(n.Elements.named))
		v.wrong(join(path, n.Discriminator), strings.Join(names, "|"), short(kind)+diag.DidYouMean(kind.Str(), names))
		return
	}
	of := v.at(element)
	properties := maps.Clone(of.Properties)
	maps.Copy(properties, n.BaseProperties)
	v.object(path, have, properties, of.AdditionalProperties)
}

func (v *validator) object(path string, have arm.Value, properties map[string]property, others *ref) {
	for name, value := range have.Members() {
		at := join(path, name)
		p, known := properties[name]
		switch {
		case value.Kind() == arm.Null && (!known || p.Flags&required == 0):
			// Resource Manager reads null as left out.
		case known && p.Flags&readOnly != 0:
			v.wrong(at, "nothing, since only the service writes it", short(value))
		case known:
			v.check(at, value, v.at(p.Type))
		case others != nil:
			v.check(at, value, v.at(*others))
		default:
			v.wrong(at, "a member that the type has", strconv.Quote(name)+diag.DidYouMean(name, slices.Sorted(maps.Keys(properties))))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		inEnvelope := path == "" && name == "name"
		if f := properties[name].Flags; f&required != 0 && f&readOnly == 0 && !have.Get(name).Exists() && !inEnvelope {
			v.wrong(join(path, name), "a value, since it is required", "none")
		}
	}
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// short gives a value's text, at most a line of it.
func short(v arm.Value) string {
	if !v.Exists() {
		return "none"
	}
	return fmt.Sprintf("%.80s", v.Text())
}

// scopeBits are ScopeType of Azure/bicep-types.
var scopeBits = []struct {
	bit  int
	name string
}{{1, "tenant"}, {2, "management group"}, {4, "subscription"}, {8, "resource group"}, {16, "resource"}}

// scopeOf gives the bit of the scope that a resource is deployed to.
func scopeOf(id arm.ID) int {
	switch scope := id.Scope(); {
	case scope == arm.Tenant:
		return 1
	case scope.Type().Equal(arm.ManagementGroupType):
		return 2
	case scope.Type().Equal(arm.SubscriptionType):
		return 4
	case scope.Type().Equal(arm.ResourceGroupType):
		return 8
	}
	return 16
}

func scopeNames(bits int) string {
	var names []string
	for _, s := range scopeBits {
		if bits&s.bit != 0 {
			names = append(names, s.name)
		}
	}
	if names == nil {
		return "a type that can be written"
	}
	return strings.Join(names, "|")
}
