package emit

// How a deployment becomes files.
//
// A template writes to one scope. What lies in another one (a resource group of
// the subscription, a management group of the tenant) stands in a module, one
// for each such scope, that the main file calls. Modules wait for each other as
// wholes: where the resource groups need each other in both directions, each
// gets further modules, numbered, so that every one waits only for earlier ones.
//
// Terraform knows no scopes and gets one file.

import (
	"slices"
	"strconv"
	"strings"

	"airfield/arm"
	"airfield/catalog"
	"airfield/diag"
	"airfield/tenant"
)

// plan is a deployment with what the writers must know of it.
type plan struct {
	Deployment
	t        *tenant.Tenant
	o        *Options
	found    *findings
	stage    int
	own      string              // the alias of the subscription deployed to, "" where it exists
	at       map[arm.ID]int      // place of each resource
	needs    [][]int             // by place
	module   []*module           // by place; nil is the main file
	nodes    []node              // of the main file, in order
	vends    map[string]int      // aliases made here and their places
	exports  map[int][]string    // by place: the properties that others of the deployment ask for
	params   []string            // what the deployer must give, sorted
	subs     []string            // aliases of other subscriptions that are referred to, sorted
	symbols  map[arm.ID]string   // in words joined by "_"
	taken    map[string]bool     // names that no resource can have in Bicep
	asked    map[string]diag.Pos // where each parameter is first asked for, and each alias behind "@"
	referred map[arm.ID]diag.Pos // where what is elsewhere is first referred to
}

// node is what the main file holds: a resource or a module.
type node struct {
	resource int // its place
	module   *module
	needs    []int // places of nodes
}

// module is a file of its own for the resources of one scope.
type module struct {
	scope   arm.ID
	name    string
	symbol  string // in words joined by "_"
	members []int  // places, in order
	node    int
	params  []string
	subs    []string
}

func newPlan(t *tenant.Tenant, o *Options, d Deployment, found *findings) *plan {
	p := &plan{Deployment: d, t: t, o: o, found: found, at: map[arm.ID]int{}, vends: map[string]int{}, exports: map[int][]string{}, asked: map[string]diag.Pos{}, referred: map[arm.ID]diag.Pos{}}
	digits, _, _ := strings.Cut(d.Stage, "-")
	p.stage, _ = strconv.Atoi(digits)
	if alias, vended := strings.CutPrefix(d.Scope.Name(), "@"); vended {
		p.own = alias
	}
	for i, r := range d.Resources {
		p.at[r.ID.Fold()] = i
		if r.Type().Equal(aliasType) {
			p.vends[strings.ToLower(r.ID.Name())] = i
		}
	}
	p.needs = graph(d.Resources)
	p.queue()
	p.divide()
	p.nameModules()
	p.readLinks()
	p.nameSymbols(p.elsewhere())
	p.takeNames()
	p.checkMembers()
	p.checkLimits()
	return p
}

// templateWords are members that a template reads for itself where they stand
// beside a resource's properties, in lower case.
// learn.microsoft.com/azure/azure-resource-manager/templates/syntax#resources
var templateWords = map[string]bool{
	"asserts": true, "comments": true, "condition": true, "copy": true, "dependson": true, "existing": true, "import": true,
	"metadata": true, "parent": true, "resourcegroup": true, "resources": true, "scope": true, "subscriptionid": true,
}

// checkMembers finds members that a template would not send.
func (p *plan) checkMembers() {
	for _, r := range p.Resources {
		for name := range r.Body.Members() {
			if templateWords[strings.ToLower(name)] {
				p.found.report(r.Pos, "emit/reserved", "%q has the member %q beside its properties, which a template reads for itself", r.ID, name)
			}
		}
	}
}

// queue lets resources wait for each other of which Azure refuses one while
// another is being made.
func (p *plan) queue() {
	last := map[arm.ID]int{}
	for i, r := range p.Resources {
		p.checkSubnet(r)
		for _, at := range counters(r) {
			if before, ok := last[at]; ok && !slices.Contains(p.needs[i], before) {
				p.needs[i] = append(p.needs[i], before)
				slices.Sort(p.needs[i])
			}
			last[at] = i
		}
	}
}

// counters gives the ids, folded, of what makes only one at a time of resources
// such as r: a network of its subnets and peerings, and a storage account of all
// that it holds and of the private endpoints to it, which come last (sorted).
// github.com/hashicorp/terraform-provider-azurerm/issues/3780
// github.com/Azure/bicep-registry-modules/issues/6001
func counters(r arm.Resource) []arm.ID {
	var all []arm.ID
	switch t := strings.ToLower(string(r.Type())); {
	case queued[t]:
		all = append(all, r.ID.Parent().Fold())
	case t == privateEndpoints:
		links(r.Body, func(ref arm.Ref) {
			if id := accountOf(ref.ID); id != "" && !slices.Contains(all, id) {
				all = append(all, id)
			}
		})
	case r.Type().Child():
		if id := accountOf(r.ID); id != "" {
			all = append(all, id)
		}
	}
	return all
}

// accountOf gives the storage account, folded, that an id is or lies in, ""
// where it is another's.
func accountOf(id arm.ID) arm.ID {
	for id.Type().Child() {
		id = id.Parent()
	}
	if !id.Type().Equal("Microsoft.Storage/storageAccounts") {
		return ""
	}
	return id.Fold()
}

// checkSubnet finds a subnet that its network would delete: writing a network
// with subnets in its body removes all others.
func (p *plan) checkSubnet(r arm.Resource) {
	i, here := p.at[r.ID.Parent().Fold()]
	if !here || !r.Type().Equal("Microsoft.Network/virtualNetworks/subnets") {
		return
	}
	inline := p.Resources[i].Get("properties", "subnets")
	if inline.Len() == 0 {
		return
	}
	for s := range inline.Items() {
		if arm.EqualFold(s.Get("name").Str(), r.ID.Name()) {
			return
		}
	}
	p.found.report(r.Pos, "emit/subnets", "subnet %q is not among the subnets that its network %q is written with, which deletes it when deployed again", r.ID.Name(), r.ID.Parent().Name())
}

// queued are types of which only one may be made at a time in what it lies in.
var queued = map[string]bool{
	"microsoft.network/virtualnetworks/subnets":                                     true,
	"microsoft.network/virtualnetworks/virtualnetworkpeerings":                      true,
	"microsoft.network/networksecuritygroups/securityrules":                         true,
	"microsoft.network/routetables/routes":                                          true,
	"microsoft.network/virtualhubs/hubvirtualnetworkconnections":                    true,
	"microsoft.network/firewallpolicies/rulecollectiongroups":                       true,
	"microsoft.managedidentity/userassignedidentities/federatedidentitycredentials": true, // learn.microsoft.com/entra/workload-id/workload-identity-federation-considerations
}

// divide puts the resources in modules.
func (p *plan) divide() {
	p.layOut(make([]int, len(p.Resources)))
	if order := topological(p.nodeNeeds()); p.inOrder(order) {
		p.sortNodes(order)
		return
	}
	p.layOut(p.levels())
	p.sortNodes(topological(p.nodeNeeds()))
}

// levels counts for each resource how often what it needs goes from module to
// module, so that a module of a level needs only lower ones.
func (p *plan) levels() []int {
	level := make([]int, len(p.Resources))
	for i := range p.Resources {
		for _, j := range p.needs[i] {
			l := level[j]
			if p.moduleScope(j) != "" && p.moduleScope(j) != p.moduleScope(i) {
				l++
			}
			level[i] = max(level[i], l)
		}
	}
	return level
}

// layOut makes the modules and the nodes of the main file, a module for each
// scope and level.
func (p *plan) layOut(level []int) {
	type key struct {
		scope arm.ID
		level int
	}
	made := map[key]*module{}
	count := map[arm.ID]int{}
	p.nodes, p.module = nil, make([]*module, len(p.Resources))
	for i, r := range p.Resources {
		scope := p.moduleScope(i)
		if scope == "" {
			p.nodes = append(p.nodes, node{resource: i})
			continue
		}
		k := key{scope, level[i]}
		m := made[k]
		if m == nil {
			count[scope]++
			m = &module{scope: scopeOf(r.ID), name: moduleName(scopeOf(r.ID), count[scope])}
			made[k] = m
			p.nodes = append(p.nodes, node{module: m})
		}
		m.members = append(m.members, i)
		p.module[i] = m
	}
}

// scopeOf gives the scope that a resource is deployed to by a template of its
// own: for an extension of a resource that resource's resource group.
func scopeOf(id arm.ID) arm.ID {
	if rg := id.ResourceGroupID(); rg != "" && len(rg) < len(id) {
		return rg
	}
	if sub := id.SubscriptionID(); sub != "" {
		return sub
	}
	group := id.Scope()
	for group != arm.Tenant && !group.Type().Equal(arm.ManagementGroupType) {
		group = group.Scope()
	}
	return group
}

// moduleScope gives the scope, folded, that a resource has a module for, "" for
// one that the main file can write. A name that holds a new subscription's id
// must be given as a parameter: no resource's name may ask for a property.
func (p *plan) moduleScope(i int) arm.ID {
	id := p.Resources[i].ID
	if scope := scopeOf(id); !scope.Equal(p.Scope) {
		return scope.Fold()
	}
	if p.Scope == arm.Tenant && strings.Contains(string(id), subscriptionHole) {
		return arm.Tenant
	}
	return ""
}

// moduleName names a module's file. No scope has a name with a plus.
func moduleName(scope arm.ID, n int) string {
	name := scope.Name()
	switch {
	case scope == arm.Tenant:
		name = "placement"
	case scope.Type().Equal(arm.ManagementGroupType):
		name = "mg-" + name
	}
	if n > 1 || arm.EqualFold(name, "main") {
		name += "+" + strconv.Itoa(n)
	}
	return name
}

// nameModules gives the modules their names in Bicep.
func (p *plan) nameModules() {
	count := map[string]int{}
	for _, n := range p.nodes {
		if n.module != nil {
			count[squeezed(snake(n.module.name))]++
		}
	}
	for _, n := range p.nodes {
		if m := n.module; m != nil {
			m.symbol = "module_" + snake(m.name)
			if count[squeezed(snake(m.name))] > 1 {
				m.symbol += "_" + short(arm.ID(m.name))
			}
		}
	}
}

// nodeNeeds gives for each node the nodes it needs.
func (p *plan) nodeNeeds() [][]int {
	of := make([]int, len(p.Resources))
	for n := range p.nodes {
		for _, i := range p.nodes[n].members() {
			of[i] = n
		}
	}
	all := make([][]int, len(p.nodes))
	for n := range p.nodes {
		for _, i := range p.nodes[n].members() {
			for _, j := range p.needs[i] {
				if of[j] != n {
					all[n] = append(all[n], of[j])
				}
			}
		}
		slices.Sort(all[n])
		all[n] = slices.Compact(all[n])
		p.nodes[n].needs = all[n]
	}
	return all
}

func (n *node) members() []int {
	if n.module != nil {
		return n.module.members
	}
	return []int{n.resource}
}

// inOrder tells whether every node comes behind what it needs.
func (p *plan) inOrder(order []int) bool {
	done := make([]bool, len(order))
	for _, n := range order {
		for _, m := range p.nodes[n].needs {
			if !done[m] {
				return false
			}
		}
		done[n] = true
	}
	return true
}

// sortNodes brings the nodes in this order.
func (p *plan) sortNodes(order []int) {
	now := make([]int, len(order))
	for to, from := range order {
		now[from] = to
	}
	nodes := make([]node, 0, len(order))
	for to, from := range order {
		n := p.nodes[from]
		for k, m := range n.needs {
			n.needs[k] = now[m]
		}
		slices.Sort(n.needs)
		if n.module != nil {
			n.module.node = to
		}
		nodes = append(nodes, n)
	}
	p.nodes = nodes
}

// readLinks finds the parameters that the files need and the properties that
// resources must give to others.
func (p *plan) readLinks() {
	for i, r := range p.Resources {
		var params, subs []string
		hole := func(text []piece) {
			for _, h := range text {
				if h.sub == "" || arm.EqualFold(h.sub, p.own) {
					continue
				}
				sub := strings.ToLower(h.sub)
				subs = append(subs, sub)
				p.ask("@"+sub, r)
				if at, here := p.vends[sub]; here {
					p.export(at, "properties.subscriptionId")
				}
			}
		}
		hole(holes(string(r.ID)))
		links(r.Body, func(ref arm.Ref) {
			x, ok := resolve(ref, p.made)
			switch {
			case !ok:
				p.found.report(r.Pos, "emit/reference", "%q refers to %q of %q, which no template can read", r.ID, ref.Path, ref.ID)
			case x.parameter != "":
				params = append(params, x.parameter)
				p.ask(x.parameter, r)
			case x.path != nil:
				hole(holes(string(x.id)))
				if at, here := p.at[x.id.Fold()]; here {
					p.export(at, strings.Join(x.path, "."))
				}
			default:
				hole(x.text)
			}
		})
		if m := p.module[i]; m != nil {
			m.params, m.subs = union(m.params, params), union(m.subs, subs)
		}
		p.params, p.subs = union(p.params, params), union(p.subs, subs)
	}
	p.subs = slices.DeleteFunc(p.subs, func(sub string) bool { _, here := p.vends[sub]; return here })
	p.checkNames()
}

// ask notes who asks for a parameter, or for an alias behind "@".
func (p *plan) ask(name string, r arm.Resource) {
	if _, before := p.asked[name]; !before {
		p.asked[name] = r.Pos
	}
}

// made tells whether this deployment makes the alias.
func (p *plan) made(alias arm.ID) bool {
	_, here := p.vends[strings.ToLower(alias.Name())]
	return here
}

func (p *plan) export(at int, path string) { p.exports[at] = union(p.exports[at], []string{path}) }

// union gives the sorted strings of both, each once.
func union(a, b []string) []string {
	if len(b) == 0 {
		return a
	}
	a = append(a, b...)
	slices.Sort(a)
	return slices.Compact(a)
}

// checkNames finds parameters that Bicep has no name for, and names that two
// would share.
func (p *plan) checkNames() {
	by := map[string]string{}
	share := func(words, name string, pos diag.Pos) {
		if other, taken := by[words]; taken {
			p.found.report(pos, "emit/name", "%q and %q in %s would both be the parameter %q", other, name, p.folder(), words)
		}
		by[words] = name
	}
	for _, name := range p.params {
		if s := parameterName(name); !identifier(s) || bicepFunctions[s] {
			p.found.report(p.asked[name], "emit/name", "the parameter %q would be %q in Bicep, which is no name or a function's", name, s)
		}
		share(snake(name), name, p.asked[name])
	}
	for _, sub := range p.subs {
		share(subscriptionParameter(sub), sub, p.asked["@"+sub])
	}
}

// subscriptionParameter names the parameter that holds the id of a
// subscription which another deployment makes.
func subscriptionParameter(alias string) string { return "subscription_id_of_" + snake(alias) }

func (p *plan) checkLimits() {
	var main []int
	for _, n := range p.nodes {
		main = append(main, n.members()[0])
		if n.module != nil {
			p.checkCount(n.module.name, n.module.members)
		}
	}
	p.checkCount("main", main)
	if c := len(p.params) + len(p.subs); c > maxParameters {
		p.found.report(diag.Pos{}, "emit/too-large", "%s has %d parameters, Azure takes %d", p.folder(), c, maxParameters)
	}
}

// checkCount finds the first resource that a template cannot take.
func (p *plan) checkCount(name string, places []int) {
	if n := len(places); n > maxResources {
		p.found.report(p.Resources[places[maxResources]].Pos, "emit/too-large", "template %q of %s has %d resources, Azure takes %d", name, p.folder(), n, maxResources)
	}
}

func (p *plan) checkSize(bytes int) {
	if bytes > maxTemplate {
		p.found.report(diag.Pos{}, "emit/too-large", "the template of %s has %d bytes, Azure takes %d", p.folder(), bytes, maxTemplate)
	}
}

// apiVersion gives the API version that a resource is written for, or to be
// read by.
func (p *plan) apiVersion(id arm.ID) string {
	pos := p.referred[id.Fold()]
	if i, here := p.at[id.Fold()]; here {
		pos = p.Resources[i].Pos
		if v := p.Resources[i].APIVersion(); v != "" {
			return v
		}
	} else if r, ok := p.t.Get(id); ok && r.APIVersion() != "" {
		return r.APIVersion()
	}
	v, ok := catalog.APIVersion(string(id.Type()))
	if !ok {
		p.found.report(pos, "emit/api-version", "no API version is known for %q, the type of %q", id.Type(), id)
	}
	return v
}

// folder gives the deployment's folder below that of the form.
func (p *plan) folder() string {
	if p.Name == "" {
		return p.Stage
	}
	return p.Stage + "/" + p.Name
}

// head gives the lines that begin a file: none where it is for somebody's own
// code (File).
func (p *plan) head(what string) []string {
	if p.Stage == "" {
		return nil
	}
	return []string{p.o.madeFrom(), what}
}

// recordName names Azure's record of the deployment itself.
func (p *plan) recordName() string { return p.record(strings.ReplaceAll(p.folder(), "/", "-")) }

// deploymentName names a module's own record.
func (p *plan) deploymentName(m *module) string { return p.record(p.Stage + "-" + m.name) }

// record names a record: at most 64 characters. Those at the tenant and its
// groups are shared by all estates, and refused in another region than before.
// learn.microsoft.com/azure/azure-resource-manager/templates/deploy-to-tenant#deployment-location-and-name
func (p *plan) record(name string) string {
	if p.Scope == arm.Tenant && p.o.Prefix != "" {
		name = p.o.Prefix + "-" + name
	}
	name = strings.Map(func(c rune) rune {
		if c < 128 && (isWord(byte(c)) || strings.ContainsRune("-.()", c)) {
			return c
		}
		return '-'
	}, name)
	if len(name) > 64 {
		name = name[:55] + "-" + short(arm.ID(name))
	}
	return name
}

// places gives the places of all resources, in order.
func (p *plan) places() []int {
	all := make([]int, len(p.Resources))
	for i := range all {
		all[i] = i
	}
	return all
}

// about says in a line what a file holds.
func (p *plan) about(m *module) string {
	of := "the tenant"
	if p.Scope != arm.Tenant || p.stage == vend {
		of = "subscription " + p.Name
	}
	if m == nil {
		return "Stage " + p.Stage + " of " + of + "."
	}
	if m.scope == arm.Tenant {
		return "Stage " + p.Stage + " of " + of + ": its place."
	}
	return "Stage " + p.Stage + " of " + of + ": " + m.scope.Name() + "."
}
