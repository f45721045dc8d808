package policy

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"airfield/arm"
	"airfield/catalog"
	"airfield/diag"
)

// What may be created at a scope, at a glance: the questions that people ask.

// Answer is what was asked of one property of a type, and the choices.
type Answer struct {
	Type     arm.Type
	Property string
	Choices  []Choice
}

// Permits are the answers about one scope.
type Permits struct {
	Sizes   Answer // of virtual machines
	Regions Answer // of virtual machines
	Types   Answer
	Tags    []Answer // by tag and type, of those that rules ask for or write
	Others  []Answer // SKUs and kinds that rules restrict
	Gaps    int      // types with GPUs that a list of sizes or locations leaves out
	Below   []arm.ID // scopes below, where something else is assigned, exempted or left out
}

// workloadTypes are what AI workloads are made of, in airfield's designs and in
// Microsoft's: learn.microsoft.com/azure/cloud-adoption-framework/scenarios/ai.
var workloadTypes = []arm.Type{
	virtualMachines, scaleSets, "Microsoft.Compute/disks", "Microsoft.Compute/capacityReservationGroups", "Microsoft.ContainerService/managedClusters",
	"Microsoft.Batch/batchAccounts", "Microsoft.MachineLearningServices/workspaces", "Microsoft.CognitiveServices/accounts", "Microsoft.Search/searchServices",
	"Microsoft.ContainerRegistry/registries", "Microsoft.Storage/storageAccounts", "Microsoft.NetApp/netAppAccounts", "Microsoft.StorageCache/amlFilesystems",
	"Microsoft.KeyVault/vaults", "Microsoft.ManagedIdentity/userAssignedIdentities", "Microsoft.Network/virtualNetworks", "Microsoft.Network/networkInterfaces",
	"Microsoft.Network/networkSecurityGroups", "Microsoft.Network/publicIPAddresses", "Microsoft.Network/natGateways", "Microsoft.Network/loadBalancers",
	"Microsoft.Network/privateEndpoints", "Microsoft.Network/privateDnsZones", "Microsoft.OperationalInsights/workspaces", "Microsoft.Insights/components",
}

// AnyOther stands for every value that no rule names.
const AnyOther = "any other value"

// Permits answers what may be created at a scope.
func (e *Engine) Permits(scope arm.ID) Permits {
	p := Permits{
		Sizes:   e.Answer(Question{Scope: scope, Type: virtualMachines, Property: SizeAlias(virtualMachines)}),
		Regions: e.Answer(Question{Scope: scope, Type: virtualMachines, Property: "location"}),
		Types:   e.Answer(Question{Scope: scope, Property: "type"}),
		Below:   e.below(scope),
	}
	for _, tag := range e.tags(scope) {
		for _, typ := range append([]arm.Type{arm.ResourceGroupType}, workloadTypes...) {
			p.Tags = append(p.Tags, e.Answer(Question{Scope: scope, Type: typ, Property: "tags['" + tag + "']"}))
		}
	}
	for _, typ := range workloadTypes {
		for _, name := range []string{"sku", "kind"} {
			property, err := e.Property(typ, name)
			if err != nil || property == SizeAlias(typ) {
				continue
			}
			q := Question{Scope: scope, Type: typ, Property: property}
			if named, _ := e.named(q); len(named) > 0 {
				p.Others = append(p.Others, e.Answer(q))
			}
		}
	}
	for _, r := range e.Restrictions(scope) {
		for _, h := range r.Holds {
			if h.Grip <= PassesOver {
				p.Gaps++
			}
		}
	}
	return p
}

// TypePermits answers, of one type, what rules in force restrict: each property
// that one that may deny looks at.
func (e *Engine) TypePermits(scope arm.ID, typ arm.Type) []Answer {
	names := map[string]string{"location": "location"}
	if size := SizeAlias(typ); size != "" {
		names[strings.ToLower(e.o.lies(size, typ))] = size
	}
	e.looking(Question{Scope: scope, Type: typ, Property: "tags"}, true, func(_ *asker, n *node) {
		f := n.field
		if f == nil || f.kind == typeField || f.kind == idField || f.kind == nameField || f.kind == fullNameField || f.kind == unknownField {
			return
		}
		name := f.name
		if f.kind == tagField {
			name = "tags['" + f.name + "']"
		} else if f.kind == aliasField && !slices.ContainsFunc(f.ways, func(w way) bool { return w.typ == strings.ToLower(string(typ)) }) {
			return
		}
		if place := strings.ToLower(e.o.lies(name, typ)); names[place] == "" {
			names[place] = name
		}
	})
	var all []Answer
	for _, place := range slices.Sorted(maps.Keys(names)) {
		all = append(all, e.Answer(Question{Scope: scope, Type: typ, Property: names[place]}))
	}
	return all
}

// Answer answers a question; one that names no values is about all there are: of
// sizes and locations those of the catalog, of types those that AI workloads use,
// else those that rules in force name, any other, and none.
func (e *Engine) Answer(q Question) Answer {
	if len(q.Values) == 0 {
		switch f := e.o.field(q.Property, nil); {
		case f.kind == typeField:
			for _, t := range workloadTypes {
				q.Values = append(q.Values, string(t))
			}
		case f.kind == locationField:
			q.Values = catalog.RegionNames()
		case slices.ContainsFunc(gpuTypes, func(g gpuType) bool { return slices.Contains(g.sizes, q.Property) }):
			q.Values = catalog.SizeNames()
		default:
			var closed bool
			if q.Values, closed = e.named(q); closed {
				q.Values = append(q.Values, AnyOther)
			}
			q.Missing = true
		}
	}
	return Answer{q.Type, q.Property, e.Allowed(q)}
}

// named gives the values that rules in force name for a property; closed tells
// that all others are alike to them.
func (e *Engine) named(q Question) (values []string, closed bool) {
	closed = true
	e.looking(q, false, func(a *asker, n *node) {
		if n.field == nil || a.m.placeOf(n.field) != a.m.placeOf(a.asked) || n.aim == nil {
			closed = closed && (n.kind <= notOf || !a.m.looksAt(n, a.asked))
			return
		}
		switch v := n.right.value; {
		case n.op.kind == opEquals && v.Kind() > arm.Null:
			values = append(values, datumOf(v).text)
		case n.op.kind == opIn:
			values = append(values, v.Strings()...)
		case n.op.kind != opExists && n.op.kind != opEquals:
			closed = false
		}
	})
	slices.SortFunc(values, func(a, b string) int { return strings.Compare(fold(a), fold(b)) })
	values = slices.CompactFunc(values, strings.EqualFold)
	return slices.DeleteFunc(values, func(s string) bool { return s == "" || s == AnyOther }), closed
}

// looking calls f for the conditions of rules in force that may deny resources
// for a property, or with all of whatever rules may deny.
func (e *Engine) looking(q Question, all bool, f func(*asker, *node)) {
	m := e.machine()
	defer m.release()
	a := asker{e: e, m: m, q: q, asked: m.o.field(q.Property, nil)}
	a.enter(q.Type)
	rules := a.look
	if all {
		visit := e.cell(q.Scope).of(m).visit
		rules = nil
		for i := range visit {
			if x := &visit[i]; x.Rule != nil && (x.Rule.Effect == Deny || x.Rule.Effect == None) && !x.Rule.Provider() && x.Enforcement != DoNotEnforce && x.exempt == "" {
				rules = append(rules, x)
			}
		}
	}
	for _, x := range slices.Concat(rules, a.write) {
		if x.Rule != nil {
			x.Rule.cond.each(func(n *node) { f(&a, n) })
		}
	}
}

// tags gives the tags that rules in force ask for or write.
func (e *Engine) tags(scope arm.ID) []string {
	names := map[string]string{}
	note := func(f *field) {
		if f != nil && f.kind == tagField {
			names[strings.ToLower(f.name)] = f.name
		}
	}
	for _, r := range e.InForce(scope) {
		if r.Rule == nil || r.Rule.Provider() || r.Rule.Effect != Deny && !r.Rule.Effect.changes() {
			continue
		}
		if r.Rule.Effect == Deny {
			r.Rule.cond.each(func(n *node) { note(n.field) })
		}
		for i := range r.Rule.changes {
			note(r.Rule.changes[i].field)
		}
	}
	return slices.SortedFunc(maps.Values(names), strings.Compare)
}

// below gives the scopes below one at which something is assigned, exempted or
// left out, so that other answers hold there.
func (e *Engine) below(scope arm.ID) []arm.ID {
	var all []arm.ID
	for key := range e.special {
		if id := arm.ID(key); !id.Equal(scope) && slices.ContainsFunc(e.scopes(id), scope.Equal) {
			all = append(all, id)
		}
	}
	slices.SortFunc(all, arm.ID.Compare)
	return all
}

// Property gives the property of a type that people call by a short name: size,
// location or region, type, kind, sku, tag:NAME, or the end of an alias.
func (e *Engine) Property(typ arm.Type, name string) (string, error) {
	low := strings.ToLower(name)
	if tag, ok := strings.CutPrefix(name, "tag:"); ok {
		return "tags['" + tag + "']", nil
	}
	switch size := SizeAlias(typ); {
	case low == "region":
		return "location", nil
	case low == "size" && size != "":
		return size, nil
	case low == "size":
		name = "vmSize"
	case low == "sku" && typ.Equal(virtualMachines):
		return size, nil
	}
	if f := e.o.field(name, nil); f.kind != aliasField && f.kind != unknownField {
		return name, nil
	}
	for _, alias := range []string{name, string(typ) + "/" + name, string(typ) + "/" + name + ".name"} {
		for _, a := range e.o.alias(alias) {
			if wayOf(a).typ == strings.ToLower(string(typ)) {
				if low == "sku" && len(e.o.alias(alias+".name")) > 0 { // the object has no text
					continue
				}
				return a.Name, nil
			}
		}
	}
	var names []string
	if !catalog.Aliases().HasType(typ) {
		for _, t := range catalog.Aliases().Types() {
			names = append(names, string(t))
		}
		return "", fmt.Errorf("%s is a type of which policies can ask for no property%s", typ, diag.DidYouMean(string(typ), names))
	}
	for _, a := range catalog.Aliases().OfType(typ) {
		names = append(names, a.Name, a.Name[strings.LastIndexByte(a.Name, '/')+1:])
	}
	return "", fmt.Errorf("%s has no property %q that a policy can ask for%s", typ, name, diag.DidYouMean(name, names))
}
