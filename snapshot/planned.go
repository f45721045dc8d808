package snapshot

// What a plan does not know yet: which values, the ids that follow from its
// configuration all the same, and what an expression refers to.

import (
	"slices"
	"strconv"
	"strings"

	"airfield/arm"
)

// known gives the values of a resource with a reference in the place of each
// that the plan does not know: the id that it can only be, else the names of the
// expressions that will give it.
func (t *terraform) known(a *applied, after, unknown, config arm.Value, name string) arm.Value {
	switch {
	case unknown.True():
		id, there := t.idNamed(a, config, name)
		if id != "" {
			return arm.New(id)
		}
		if refs := references(config); len(refs) > 0 {
			name = some(refs, 3)
		}
		return arm.New(arm.Ref{Parameter: name, Path: map[bool]string{true: "id"}[there]})
	case unknown.Kind() == arm.Object && (after.Kind() == arm.Object || !after.Exists() || after.Kind() == arm.Null):
		o := arm.O{}
		for n, m := range after.Members() {
			o = append(o, n, t.known(a, m, unknown.Get(n), within(config, n), name+"."+n))
		}
		for n, m := range unknown.Members() {
			if !after.Get(n).Exists() {
				o = append(o, n, t.known(a, arm.Value{}, m, within(config, n), name+"."+n))
			}
		}
		return arm.New(o)
	case unknown.Kind() == arm.Array && after.Kind() == arm.Array:
		list := arm.A{}
		i := 0
		for m := range after.Items() {
			list = append(list, t.known(a, m, unknown.At(i), itemOf(config, i), name+"["+strconv.Itoa(i)+"]"))
			i++
		}
		return arm.New(list)
	}
	return after
}

// idNamed gives the id that a value will be, where its name says of which type
// ("networkSecurityGroup.id", "subnet_id"), all that is not known yet of what its
// expression refers to is ids, one of them is of that type, and none is a scope,
// of which any id can be made. Else it gives "", and whether there will surely be
// a value, as it is made of ids.
func (t *terraform) idNamed(a *applied, config arm.Value, name string) (found arm.ID, there bool) {
	noun, sure := nounOf(name), true
	for _, ref := range references(config) {
		if t.settled(a, ref, a.module, 0) {
			continue
		}
		var id arm.ID
		if !isResource(ref) || strings.HasSuffix(ref, ".id") {
			id = t.referred(a, []string{ref}, a.module, 0)
		}
		if id == "" {
			return "", false
		}
		sure = sure && !isScope(id) && (found == "" || found.Equal(id) || !isOf(noun, id))
		if there = true; isOf(noun, id) {
			found = id
		}
	}
	if !sure {
		found = ""
	}
	return found, there && noun != ""
}

// nounOf gives what an id is of by the path to it, in lower case.
func nounOf(path string) string {
	path = withoutIndexes(path)
	rest, last := path[:max(strings.LastIndexByte(path, '.'), 0)], path[strings.LastIndexByte(path, '.')+1:]
	if last == "id" {
		last = rest[strings.LastIndexByte(rest, '.')+1:]
	} else if noun := strings.TrimSuffix(strings.TrimSuffix(strings.ToLower(last), "s"), "id"); len(noun) < len(last)-1 {
		last = noun
	} else if noun := strings.TrimSuffix(strings.ToLower(last), "uri"); strings.HasSuffix(noun, "resource") {
		last = noun
	} else {
		return ""
	}
	return strings.ReplaceAll(strings.ToLower(last), "_", "")
}

// isOf tells whether a noun in the singular or plural is the id's type's, with
// or without words before it: a "remoteVirtualNetwork" is a virtualNetworks, and
// a "targetResource" is anything.
func isOf(noun string, id arm.ID) bool {
	kind := strings.Replace(strings.ToLower(lastOf(id.Type())), "policyset", "policy", 1)
	return noun != "" && (strings.HasSuffix(noun, "resource") || strings.HasSuffix(noun, kind) || strings.HasSuffix(noun+"s", kind) || strings.HasSuffix(noun+"es", kind) ||
		strings.HasSuffix(strings.TrimSuffix(noun, "y")+"ies", kind))
}

// isScope tells a scope that ids of all types begin with.
func isScope(id arm.ID) bool {
	typ := id.Type()
	return typ.Equal(arm.ResourceGroupType) || typ.Equal(arm.SubscriptionType) || typ.Equal(arm.ManagementGroupType) || id == arm.Tenant
}

// isResource tells a reference to a resource of the same module.
func isResource(ref string) bool {
	return !strings.HasPrefix(ref, "var.") && !strings.HasPrefix(ref, "module.")
}

// settled tells whether what an expression in a module refers to was known when
// the plan was made.
func (t *terraform) settled(a *applied, ref, module string, depth int) bool {
	all := func(config arm.Value, module string) bool {
		return config.Exists() && depth < 20 && !slices.ContainsFunc(references(config), func(r string) bool { return !t.settled(a, r, module, depth+1) })
	}
	root, rest, _ := strings.Cut(ref, ".")
	switch root {
	case "path", "terraform", "count":
		return true
	case "each":
		return rest == "key"
	case "data":
		return !slices.ContainsFunc(t.late, func(l string) bool { return strings.HasPrefix(inModule(module, ref)+".", withoutIndexes(l)+".") })
	case "var":
		return module == "" || all(t.calls[withoutIndexes(module)].Get("expressions", rest), outerOf(module))
	case "module":
		name, output, _ := strings.Cut(rest, ".")
		inner := inModule(module, "module."+name)
		return all(t.modules[withoutIndexes(inner)].Get("outputs", output, "expression"), inner)
	}
	i := strings.LastIndexByte(ref, '.')
	to := t.at(inModule(module, ref[:max(i, 0)]), a)
	return to != nil && to.values.Get(ref[i+1:]).Exists() && !to.unknown.Get(ref[i+1:]).Exists()
}

func inModule(module, address string) string { return strings.TrimPrefix(module+"."+address, ".") }

// outerOf gives the module that calls a module.
func outerOf(module string) string {
	return strings.TrimSuffix(module[:max(strings.LastIndex(module, "module."), 0)], ".")
}

// within gives the expressions of a member: those of the whole where the
// configuration does not tell them apart.
func within(config arm.Value, name string) arm.Value {
	if m := config.Get(name); m.Exists() && name != "references" && name != "constant_value" {
		return m
	}
	if config.Get("references").Exists() {
		return config
	}
	return arm.Value{}
}

func itemOf(config arm.Value, i int) arm.Value {
	if config.Kind() == arm.Array {
		return config.At(i)
	}
	return config
}

// references gives what an expression refers to, less the resources that are
// named with an attribute too.
func references(config arm.Value) []string {
	var refs []string
	for _, r := range config.Get("references").Strings() {
		if !slices.ContainsFunc(refs, func(o string) bool { return strings.HasPrefix(o, r+".") || strings.HasPrefix(o, r+"[") }) {
			refs = append(refs, r)
		}
	}
	return refs
}
