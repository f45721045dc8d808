package policy

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"airfield/arm"
	"airfield/catalog"
	"airfield/tenant"
)

// Which types a list of sizes or locations really binds. Machines with GPUs come
// by many types, each with an alias of its own for the size: a rule about the
// alias of virtual machines says nothing of the nodes of a Batch pool. Every size
// is asked about for every type (Allowed), so what binds is what denies.

// gpuType is a type whose resources can have GPUs.
type gpuType struct {
	typ   arm.Type
	name  string
	sizes []string // aliases of the size, none where no size can be asked for
	why   string   // there are none
	place string   // the alias of the location; "" for the location itself
	// child tells that the location is the parent's.
	child bool
	// nodes is the type that machines of the first of sizes have in the
	// subscription: a rule about that binds them, if late.
	nodes arm.Type
	rare  bool // lint does not ask for a list that binds it
}

const (
	virtualMachines arm.Type = "Microsoft.Compute/virtualMachines"
	scaleSets       arm.Type = "Microsoft.Compute/virtualMachineScaleSets"
)

// gpuTypes are from the types' own pages, learn.microsoft.com/azure/templates,
// read 2026-11; that each alias exists is held by a test. CycleCloud has no type
// of its own: it makes virtual machines and scale sets,
// learn.microsoft.com/azure/cyclecloud/concepts/scalesets.
var gpuTypes = []gpuType{
	{typ: virtualMachines, name: "virtual machines", sizes: []string{"Microsoft.Compute/virtualMachines/sku.name", "Microsoft.Compute/virtualMachines/hardwareProfile.vmSize"}},
	{typ: scaleSets, name: "scale sets", sizes: []string{"Microsoft.Compute/virtualMachineScaleSets/sku.name", "Microsoft.Compute/virtualMachineScaleSets/skuProfile.vmSizes[*].name"}},
	{typ: "Microsoft.ContainerService/managedClusters", name: "AKS clusters", sizes: []string{"Microsoft.ContainerService/managedClusters/agentPoolProfiles[*].vmSize", "Microsoft.ContainerService/managedClusters/agentPoolProfiles[*].virtualMachinesProfile.scale.manual[*].sizes[*]", "Microsoft.ContainerService/managedClusters/agentPoolProfiles[*].virtualMachinesProfile.scale.autoscale[*].sizes[*]"}, nodes: scaleSets},
	{typ: "Microsoft.ContainerService/managedClusters/agentPools", name: "AKS node pools", sizes: []string{"Microsoft.ContainerService/managedClusters/agentPools/vmSize", "Microsoft.ContainerService/managedClusters/agentPools/virtualMachinesProfile.scale.manual[*].size", "Microsoft.ContainerService/managedClusters/agentPools/virtualMachinesProfile.scale.autoscale.size"}, child: true, nodes: scaleSets},
	{typ: "Microsoft.Batch/batchAccounts/pools", name: "Batch pools", sizes: []string{"Microsoft.Batch/batchAccounts/pools/vmSize"}, child: true},
	{typ: "Microsoft.MachineLearningServices/workspaces/computes", name: "machine learning computes", sizes: []string{"Microsoft.MachineLearningServices/workspaces/computes/vmSize", "Microsoft.MachineLearningServices/workspaces/computes/virtualMachineSize"}, place: "Microsoft.MachineLearningServices/workspaces/computes/computeLocation"},
	{typ: "Microsoft.MachineLearningServices/workspaces/onlineEndpoints/deployments", name: "machine learning online deployments", rare: true, sizes: []string{"Microsoft.MachineLearningServices/workspaces/onlineEndpoints/deployments/Managed.instanceType", "Microsoft.MachineLearningServices/workspaces/onlineEndpoints/deployments/instanceType"}},
	{typ: "Microsoft.AzureFleet/fleets", name: "compute fleets", rare: true, sizes: []string{"Microsoft.AzureFleet/fleets/vmSizesProfile[*].name"}},
	{typ: "Microsoft.RedHatOpenShift/OpenShiftClusters", name: "OpenShift workers", rare: true, sizes: []string{"Microsoft.RedHatOpenShift/OpenShiftClusters/workerProfiles[*].vmSize"}},
	{typ: "Microsoft.Compute/capacityReservationGroups/capacityReservations", name: "capacity reservations", rare: true, sizes: []string{"Microsoft.Compute/capacityReservationGroups/capacityReservations/sku.name"}},
	{typ: "Microsoft.Compute/hostGroups/hosts", name: "dedicated hosts", rare: true, why: "a host's SKU is no VM size, and the machines on it are virtual machines"},
	{typ: "Microsoft.App/managedEnvironments", name: "container app environments", rare: true, why: "GPUs come as workload profiles, which are no VM sizes"},
}

// SizeAlias gives the alias that a type has for the size of its machines, "" for
// none.
func SizeAlias(typ arm.Type) string {
	for _, g := range gpuTypes {
		if g.typ.Equal(typ) && len(g.sizes) > 0 {
			return g.sizes[0]
		}
	}
	return ""
}

// GPUTypes gives the types whose machines can have GPUs, and whose sizes a policy
// can ask for.
func GPUTypes() []arm.Type {
	var all []arm.Type
	for _, g := range gpuTypes {
		if len(g.sizes) > 0 {
			all = append(all, g.typ)
		}
	}
	return all
}

// Restriction is a rule that denies some sizes or locations of types with GPUs,
// and how it holds each of them.
type Restriction struct {
	*Assigned
	Of     string   // "sizes" or "locations"
	Denied []string // of those in the catalog, by it, on the types it binds
	All    int      // in the catalog
	Holds  []Hold
	// Closes is a definition that binds those that escape, by the same list;
	// Missing where none does. It is evaluated before it is given.
	Closes arm.Value
}

// Hold is how a restriction holds one property of a type.
type Hold struct {
	Type     arm.Type
	Name     string // for people
	Property string
	Grip     Grip
	Free     []string // what the restriction denies elsewhere, and nothing denies here
	Why      string   // of NoSize
}

// Grip is how rules hold a type.
type Grip uint8

// The grips, from none on.
const (
	Escapes    Grip = iota
	PassesOver      // a list names the type, in a mode that does not look at it
	NoSize          // it has no property that a list could bind
	BindsNodes      // of the type, when they are made
	ByOthers        // other rules deny the same values
	Binds
	Refuses // the type altogether
)

// String gives the grip's name.
func (g Grip) String() string {
	return [...]string{"escapes", "escapes", "cannot", "nodes", "others", "binds", "refused"}[g]
}

// Gap tells whether something escapes the restriction.
func (r *Restriction) Gap() bool {
	return slices.ContainsFunc(r.Holds, func(h Hold) bool { return h.Grip <= PassesOver })
}

// Restrictions gives the rules in force at a scope that deny sizes or locations
// of types with GPUs, whatever the other properties are.
func (e *Engine) Restrictions(scope arm.ID) []Restriction {
	sizes := census{e: e, scope: scope, of: "sizes", values: catalog.SizeNames()}
	regions := census{e: e, scope: scope, of: "locations", values: catalog.RegionNames()}
	for i := range gpuTypes {
		g := &gpuTypes[i]
		sizes.add(g, g.typ, g.sizes...)
		if len(g.sizes) == 0 {
			sizes.add(g, g.typ, "")
		}
		if g.child {
			regions.add(g, g.typ[:strings.LastIndexByte(string(g.typ), '/')], "location")
			continue
		}
		regions.add(g, g.typ, "location")
		if g.place != "" {
			regions.add(g, g.typ, g.place)
		}
	}
	return append(sizes.restrictions(), regions.restrictions()...)
}

// census is what denies each value of each type.
type census struct {
	e       *Engine
	scope   arm.ID
	of      string
	values  []string
	entries []entry
}

// entry is one property of one type.
type entry struct {
	*gpuType
	typ      arm.Type // of the resource that has it
	property string
	place    string
	choices  []Choice
	refused  bool
}

// add asks about properties of a type, each place once.
func (c *census) add(g *gpuType, typ arm.Type, properties ...string) {
	for _, p := range properties {
		x := entry{gpuType: g, typ: typ, property: p, place: strings.ToLower(string(typ)) + " " + c.e.o.lies(p, typ)}
		if slices.ContainsFunc(c.entries, func(o entry) bool { return o.place == x.place }) {
			continue
		}
		x.refused = c.e.Allowed(Question{Scope: c.scope, Property: "type", Values: []string{string(typ)}})[0].Decision == Denied
		if p != "" {
			x.choices = c.e.Allowed(Question{Scope: c.scope, Type: typ, Property: p, Values: c.values})
		}
		c.entries = append(c.entries, x)
	}
}

// lies gives the path of a property in bodies of a type.
func (o *Options) lies(property string, typ arm.Type) string {
	for _, a := range o.alias(property) {
		if w := wayOf(a); w.typ == strings.ToLower(string(typ)) {
			return a.Path
		}
	}
	return property
}

// denied gives the values, by their places, that rules deny.
func (x *entry) denied(by func(*Assigned) bool) map[int]bool {
	all := map[int]bool{}
	for i, c := range x.choices {
		all[i] = slices.ContainsFunc(c.By, func(r Result) bool { return r.Denies() && by(r.Assigned) })
	}
	maps.DeleteFunc(all, func(_ int, denied bool) bool { return !denied })
	return all
}

// free gives those of some values that rules do not deny.
func (x *entry) free(values map[int]bool, by func(*Assigned) bool) map[int]bool {
	denied := x.denied(by)
	free := maps.Clone(values)
	maps.DeleteFunc(free, func(i int, _ bool) bool { return denied[i] })
	return free
}

func (c *census) restrictions() []Restriction {
	denied := map[*Assigned]map[int]bool{}
	for _, x := range c.entries {
		for i, choice := range x.choices {
			for _, r := range choice.By {
				if denied[r.Assigned] == nil {
					denied[r.Assigned] = map[int]bool{}
				}
				if r.Denies() {
					denied[r.Assigned][i] = true
				}
			}
		}
	}
	maps.DeleteFunc(denied, func(_ *Assigned, values map[int]bool) bool {
		return len(values) == 0 || len(values) == len(c.values) // it refuses types, whatever the value
	})
	var all []Restriction
	for _, a := range slices.SortedFunc(maps.Keys(denied), func(a, b *Assigned) int { return a.index - b.index }) {
		r := Restriction{Assigned: a, Of: c.of, All: len(c.values), Denied: c.pick(denied[a])}
		for i := range c.entries {
			r.Holds = append(r.Holds, c.hold(&c.entries[i], a, denied[a]))
		}
		r.Closes = c.closes(&r)
		all = append(all, r)
	}
	return all
}

// pick gives the values at places.
func (c *census) pick(places map[int]bool) []string {
	var all []string
	for _, i := range slices.Sorted(maps.Keys(places)) {
		all = append(all, c.values[i])
	}
	return all
}

// hold tells how a rule that denies some values holds a type.
func (c *census) hold(x *entry, a *Assigned, values map[int]bool) Hold {
	h := Hold{Type: x.typ, Name: x.name, Property: x.property}
	free := x.free(values, func(*Assigned) bool { return true })
	looked := gpuType{typ: x.typ, sizes: []string{x.property}}
	switch {
	case x.refused:
		h.Grip = Refuses
	case x.property == "":
		h.Grip, h.Why = NoSize, x.why
	case len(x.free(values, func(by *Assigned) bool { return by == a })) == 0:
		h.Grip = Binds
	case len(free) == 0:
		h.Grip = ByOthers
	case c.bindsNodes(x, values):
		h.Grip = BindsNodes
	case (c.of == "sizes" || x.property == "location") && arm.EqualFold(a.Rule.Mode, "Indexed") && untagged(x.typ) && lists(&a.Rule.cond, &looked, c.of == "sizes", false, false):
		h.Grip = PassesOver
	}
	if h.Grip <= PassesOver {
		h.Free = c.pick(free)
	}
	return h
}

// bindsNodes tells whether the machines that a service makes for a type are
// denied the values: they lie in a resource group of their own, so what is
// assigned to a group does not bind them.
func (c *census) bindsNodes(x *entry, values map[int]bool) bool {
	i := slices.IndexFunc(c.entries, func(o entry) bool { return o.typ == x.nodes })
	return i >= 0 && (x.property == x.sizes[0] || x.property == "location") && len(c.entries[i].free(values, func(by *Assigned) bool { return by.Scope.ResourceGroupID() == "" })) == 0
}

// The definition that closes a gap.

// closes writes a definition that denies, for the types that escape, what the
// restriction denies: nil where nothing escapes.
func (c *census) closes(r *Restriction) arm.Value {
	allowed, list := c.list(r)
	name, operator, what := "allowed"+strings.ToUpper(c.of[:1])+c.of[1:], "notIn", "allows"
	if !allowed {
		name, operator, what = "denied"+name[len("allowed"):], "in", "denies"
	}
	types := arm.A{}
	for _, h := range r.Holds {
		if h.Grip <= PassesOver {
			types = append(types, arm.O{"allOf", append(arm.A{arm.O{"field", "type", "equals", h.Type}}, h.asks(operator, "[parameters('"+name+"')]")...)})
		}
	}
	if len(types) == 0 {
		return arm.Value{}
	}
	def := arm.New(arm.O{"name", r.slug(), "type", definitionType, "properties", arm.O{
		"displayName", fmt.Sprintf("%s that %q %s, for the types it leaves out", strings.ToUpper(c.of[:1])+c.of[1:], r.Title, what),
		"description", "Denies the same " + c.of + " for other types by which machines with GPUs are made.",
		"policyType", "Custom", "mode", "All", "metadata", arm.O{"category", "Compute", "version", "1.0.0"},
		"parameters", arm.O{
			"effect", arm.O{"type", "String", "metadata", arm.O{"displayName", "Effect", "description", "What is done with a resource that is not as wanted"},
				"allowedValues", arm.A{"Audit", "Deny", "Disabled"}, "defaultValue", "Deny"},
			name, arm.O{"type", "Array", "metadata", arm.O{"displayName", "The " + c.of, "description", "Set it to the list of " + r.Title}, "defaultValue", list}},
		"policyRule", arm.O{"if", arm.O{"anyOf", types}, "then", arm.O{"effect", "[parameters('effect')]"}}}})
	if c.holds(r, def) {
		return def
	}
	return arm.Value{}
}

// slug names the definition after the assignment, in the 64 characters that there
// are.
func (r *Restriction) slug() string {
	s := r.ID.Name() + "-" + r.Of
	if r.Member != nil {
		s = r.ID.Name() + "-" + r.Reference() + "-" + r.Of
	}
	return s[max(0, len(s)-64):]
}

// asks gives the conditions that a property is there and in a list, or not in it:
// of an array, that some item is so.
func (h *Hold) asks(operator, list string) arm.A {
	test := arm.A{arm.O{"field", h.Property, "exists", true}, arm.O{"field", h.Property, operator, list}}
	if h.Property != "location" && strings.HasSuffix(strings.ToLower(h.Property), "location") { // only the location itself compares without blanks
		test[1] = arm.O{"value", "[toLower(replace(field('" + h.Property + "'), ' ', ''))]", operator, list}
	}
	if at := strings.LastIndex(h.Property, "[*]"); at >= 0 {
		return arm.A{arm.O{"count", arm.O{"field", h.Property[:at+len("[*]")], "where", arm.O{"allOf", test}}, "greater", 0}}
	}
	return test
}

// list gives the list by which a restriction denies, as it is written where it is
// one list that does, else the shorter of what it lets through and what it denies.
func (c *census) list(r *Restriction) (allowed bool, list arm.Value) {
	denied := map[string]bool{}
	for _, v := range r.Denied {
		denied[strings.ToLower(v)] = true
	}
	var let []string
	for _, v := range c.values {
		if !denied[strings.ToLower(v)] {
			let = append(let, v)
		}
	}
	var found arm.Value
	r.Rule.cond.each(func(n *node) {
		if n.aim == nil || n.op.kind != opIn || n.right.value.Kind() != arm.Array || slices.ContainsFunc(n.right.value.Strings(), func(s string) bool { return strings.HasPrefix(s, "[") }) {
			return
		}
		for _, v := range c.values {
			if in(textDatum(v), n.aim, 0) != truthOf(!denied[strings.ToLower(v)]) {
				return
			}
		}
		if found = n.right.value; c.of == "locations" { // an alias compares with blanks
			found = arm.New(squeezedAll(found.Strings()))
		}
	})
	switch {
	case found.Exists():
		return true, found
	case len(let) <= len(r.Denied):
		return true, arm.New(let)
	}
	return false, arm.New(r.Denied)
}

func squeezedAll(all []string) []string {
	for i, s := range all {
		all[i] = squeezedLower(s)
	}
	return all
}

// each calls f for a condition and those inside it.
func (n *node) each(f func(*node)) {
	f(n)
	for i := range n.sub {
		n.sub[i].each(f)
	}
	if n.count != nil && n.count.where != nil {
		n.count.where.each(f)
	}
}

// holds assigns a definition by itself and tells whether it denies what it should
// of each type that escapes, and nothing else.
func (c *census) holds(r *Restriction, def arm.Value) bool {
	id := arm.Tenant.Resource(definitionType, "closes")
	a := arm.Tenant.Resource(assignmentType, "closes")
	var b tenant.Builder
	b.Add(arm.Resource{ID: id, Body: def})
	b.Add(arm.Resource{ID: a, Body: arm.New(arm.O{"id", a, "type", assignmentType, "properties", arm.O{"policyDefinitionId", id}})})
	t, found := b.Tenant()
	e, wrong := Compile(t, c.e.o)
	if len(found) > 0 || len(wrong) > 0 {
		return false
	}
	let := slices.IndexFunc(c.values, func(v string) bool { return !slices.Contains(r.Denied, v) })
	for _, h := range r.Holds {
		if h.Grip <= PassesOver && (e.verdictOn(&h, h.Free[0]) != Denied || e.verdictOn(&h, c.values[let]) != Allowed) {
			return false
		}
	}
	return true
}

// verdictOn judges a resource that has nothing but one property.
func (e *Engine) verdictOn(h *Hold, value string) Decision {
	body := arm.New(value)
	p := parsePath(e.o.lies(h.Property, h.Type))
	for _, s := range slices.Backward(p) {
		if s.name == "" {
			body = arm.New(arm.A{body})
		} else {
			body = arm.New(arm.O{s.name, body})
		}
	}
	id := arm.Subscription("-").ResourceGroup("-").Resource(h.Type, slices.Repeat([]string{"-"}, strings.Count(string(h.Type), "/"))...)
	body, err := body.Set(string(h.Type), "type")
	if err != nil {
		return NotKnown
	}
	return e.Judge(Request{Resource: arm.Resource{ID: id, Body: body}}, nil).Decision
}
