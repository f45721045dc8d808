package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"airfield/arm"
	"airfield/catalog"
	"airfield/diag"
)

// contents is what lies in a subscription.
type contents struct {
	groups   []*resourceGroup
	loose    []*item // at the subscription itself
	policies []assignedPolicy
	grants   []grant
	networks []*network
	tags     []tag
	nodes    []nodes
	sets     int // policy definitions and sets of ours
}

type resourceGroup struct {
	name, region string
	theirs       bool
	pos          diag.Pos
	items        []*item        // the notable ones
	rest         []string       // the nouns of the others, as they come
	count        map[string]int // of the others
}

// item is a resource that people want to see.
type item struct {
	name, noun string
	about      string // what is worth knowing of it
	theirs     bool
	pos        diag.Pos

	containers []string
	more       []string
}

type assignedPolicy struct {
	name   string
	effect string // in lower case; blank where it is not known
	report bool   // assigned and not enforced
}

type grant struct {
	who, role, where string
	pos              diag.Pos
}

type tag struct{ key, value string }

// nodes are machines of one size.
type nodes struct {
	count        int
	size, region string
}

// network is a virtual network with its ranges.
type network struct {
	name, region string
	prefixes     []string
	subnets      []subnet
	pos          diag.Pos
}

type subnet struct{ name, purpose, prefix string }

// contents looks into a subscription.
func (v *view) contents(s *subscription) *contents {
	c := &contents{}
	at := map[arm.ID]*resourceGroup{}
	items := map[arm.ID]*item{}
	for r := range v.d.Tenant.Range(s.id) {
		switch t := r.Type(); t {
		case arm.SubscriptionType:
		case arm.ResourceGroupType:
			g := &resourceGroup{name: r.ID.Name(), region: r.Location(), theirs: r.Theirs, pos: r.Pos, count: map[string]int{}}
			at[r.ID.Fold()] = g
			c.groups = append(c.groups, g)
		case "Microsoft.Resources/tags":
			for key, value := range r.Get("properties", "tags").Members() {
				c.tags = append(c.tags, tag{key, plain(value)})
			}
		case "Microsoft.Authorization/policyAssignments":
			c.policies = append(c.policies, policyOf(r))
		case "Microsoft.Authorization/policyDefinitions", "Microsoft.Authorization/policySetDefinitions":
			c.sets++
		case "Microsoft.Authorization/roleAssignments":
			c.grants = append(c.grants, v.grant(r, s))
		case "Microsoft.Consumption/budgets":
		default:
			put(c, at[r.ID.ResourceGroupID().Fold()], items, r)
		}
	}
	for _, x := range v.d.Expected { // machines that a tool makes are no less there
		if x.ID.Under(s.id) {
			c.nodes = append(c.nodes, nodesOf(x.Resource)...)
		}
	}
	return c
}

// nodesOf gives the machines that a resource is or may grow to.
func nodesOf(r arm.Resource) (all []nodes) {
	add := func(size, n arm.Value) {
		if count, ok := n.Int(); ok && size.Kind() == arm.String {
			all = append(all, nodes{int(count), size.Str(), r.Location()})
		}
	}
	switch r.Type() {
	case "Microsoft.Compute/virtualMachineScaleSets":
		add(r.Get("sku", "name"), r.Get("sku", "capacity"))
	case "Microsoft.Compute/virtualMachines":
		add(r.Get("properties", "hardwareProfile", "vmSize"), arm.New(1))
	case "Microsoft.ContainerService/managedClusters":
		for pool := range r.Get("properties", "agentPoolProfiles").Items() {
			most := pool.Get("maxCount")
			if !most.Exists() {
				most = pool.Get("count")
			}
			add(pool.Get("vmSize"), most)
		}
	}
	return all
}

// put places a resource of no scope's own among the contents.
func put(c *contents, g *resourceGroup, items map[arm.ID]*item, r arm.Resource) {
	t := r.Type()
	if t.Child() {
		parent := items[top(r.ID).Fold()]
		if parent != nil || t == "Microsoft.Network/privateEndpoints/privateDnsZoneGroups" {
			parent.attach(r)
			return
		}
	}
	i := &item{name: r.ID.Name(), noun: noun(t), theirs: r.Theirs, pos: r.Pos}
	about, notable := describe(r)
	i.about = about
	c.nodes = append(c.nodes, nodesOf(r)...)
	if t == "Microsoft.Network/virtualNetworks" {
		n := networkOf(r)
		c.networks = append(c.networks, n)
		i.about = n.String()
	}
	if g == nil {
		c.loose = append(c.loose, i)
		return
	}
	if !notable {
		if g.count[i.noun] == 0 {
			g.rest = append(g.rest, i.noun)
		}
		g.count[i.noun]++
		return
	}
	items[r.ID.Fold()] = i
	g.items = append(g.items, i)
}

// top gives the resource that a child lies in, at whatever depth.
func top(id arm.ID) arm.ID {
	for id.Type().Child() {
		id = id.Parent()
	}
	return id
}

// attach tells an item of a child of its own.
func (i *item) attach(r arm.Resource) {
	switch r.Type() {
	case "Microsoft.Storage/storageAccounts/blobServices/containers":
		i.containers = append(i.containers, r.ID.Name())
	case "Microsoft.Storage/storageAccounts/managementPolicies":
		i.more = append(i.more, lifecycle(r)...)
	case "Microsoft.Network/virtualNetworks/virtualNetworkPeerings":
		remote := r.Get("properties", "remoteVirtualNetwork", "id")
		name := arm.ID(remote.Str()).Name()
		if ref, ok := remote.Ref(); ok {
			name = ref.ID.Name()
		}
		i.more = append(i.more, "peered with "+name)
	case "Microsoft.Batch/batchAccounts/pools":
		p := r.Get("properties")
		fixed := p.Get("scaleSettings", "fixedScale")
		dedicated, _ := fixed.Get("targetDedicatedNodes").Int()
		spot, _ := fixed.Get("targetLowPriorityNodes").Int()
		how := p.Get("vmSize").Str() + ", as many as its tasks ask"
		if fixed.Exists() {
			how = machines(int(dedicated+spot), p.Get("vmSize").Str(), r, "")
		}
		i.more = append(i.more, r.ID.Name()+": "+how)
	}
}

// say gives all that is worth knowing of an item, in one line.
func (i *item) say() string {
	parts := []string{}
	if i.about != "" {
		parts = append(parts, i.about)
	}
	switch len(i.containers) {
	case 0:
	case 1:
		parts = append(parts, "container "+i.containers[0])
	default:
		parts = append(parts, "containers "+strings.Join(i.containers, ", "))
	}
	return strings.Join(append(parts, i.more...), "; ")
}

// restOf gives the resources that were not worth a line, counted.
func (g *resourceGroup) restOf() string {
	var parts []string
	for _, n := range g.rest {
		parts = append(parts, plural(g.count[n], n))
	}
	return strings.Join(parts, ", ")
}

// describe says of a resource what people want to know, and whether it is
// worth a line of its own.
func describe(r arm.Resource) (about string, notable bool) {
	p := r.Get("properties")
	switch r.Type() {
	case "Microsoft.Compute/virtualMachineScaleSets":
		n, _ := r.Get("sku", "capacity").Int()
		return machines(int(n), r.Get("sku", "name").Str(), r, p.Get("virtualMachineProfile", "priority").Str()), true
	case "Microsoft.Compute/virtualMachines":
		return machines(1, p.Get("hardwareProfile", "vmSize").Str(), r, p.Get("priority").Str()), true
	case "Microsoft.Storage/storageAccounts":
		parts := []string{strings.TrimPrefix(r.Get("sku", "name").Str(), "Standard_")}
		if p.Get("isHnsEnabled").True() {
			parts = append(parts, "hierarchical namespace")
		}
		if kind := r.Get("kind").Str(); kind != "StorageV2" {
			parts = append(parts, kind)
		}
		return strings.Join(parts, ", "), true
	case "Microsoft.Network/virtualNetworks":
		return "", true
	case "Microsoft.Network/loadBalancers":
		return balancer(p), true
	case "Microsoft.Network/natGateways":
		return "NAT gateway, the way out", true
	case "Microsoft.ManagedIdentity/userAssignedIdentities":
		return "identity", true
	case "Microsoft.OperationalInsights/workspaces":
		days, _ := p.Get("retentionInDays").Int()
		return "log workspace, kept " + plural(int(days), "day"), true
	case "Microsoft.StorageCache/amlFilesystems":
		tib, _ := p.Get("storageCapacityTiB").Int()
		return fmt.Sprintf("Managed Lustre, %d TiB, %s, zone %s", tib, r.Get("sku", "name").Str(), strings.Join(r.Get("zones").Strings(), ", ")), true
	case "Microsoft.ContainerService/managedClusters":
		var pools []string
		for pool := range p.Get("agentPoolProfiles").Items() {
			n, upTo := pool.Get("maxCount"), "up to "
			if !n.Exists() {
				n, upTo = pool.Get("count"), ""
			}
			count, _ := n.Int()
			pools = append(pools, fmt.Sprintf("%s%d × %s", upTo, count, pool.Get("vmSize").Str()))
		}
		return noun(r.Type()) + ": " + strings.Join(pools, ", "), true
	case "Microsoft.Batch/batchAccounts", "Microsoft.KeyVault/vaults",
		"Microsoft.ContainerRegistry/registries", "Microsoft.MachineLearningServices/workspaces":
		return noun(r.Type()), true
	}
	return noun(r.Type()), false
}

// compute says what nodes are: 8 × Standard_ND96isr_H100_v5 (64 × H100),
// InfiniBand, zone 1.
func machines(n int, size string, r arm.Resource, priority string) string {
	text := fmt.Sprintf("%d × %s", n, size)
	if s, ok := catalog.SizeByName(size); ok {
		if s.GPUs > 0 {
			text += fmt.Sprintf(" (%s × %s)", strconv.FormatFloat(s.GPUs*float64(n), 'f', -1, 64), s.GPUModel)
		}
		if s.RDMA && n > 1 {
			text += ", InfiniBand"
		}
	}
	switch zones := r.Get("zones").Strings(); len(zones) {
	case 0:
	case 1:
		text += ", zone " + zones[0]
	default:
		text += ", zones " + strings.Join(zones, " ")
	}
	if priority == "Spot" {
		text += ", Spot"
	}
	return text
}

func balancer(p arm.Value) string {
	text := "internal load balancer"
	if p.Get("frontendIPConfigurations").At(0).Get("properties", "publicIPAddress").Exists() {
		text = "public load balancer"
	}
	var ports []string
	for rule := range p.Get("loadBalancingRules").Items() {
		if port, ok := rule.Get("properties", "frontendPort").Int(); ok {
			ports = append(ports, strconv.FormatInt(port, 10))
		}
	}
	if len(ports) > 0 {
		text += ", port " + strings.Join(ports, ", ")
	}
	return text
}

// lifecycle says what a storage account's rules do.
func lifecycle(r arm.Resource) (all []string) {
	for rule := range r.Get("properties", "policy", "rules").Items() {
		base := rule.Get("definition", "actions", "baseBlob")
		var parts []string
		for _, x := range [...][2]string{{"tierToCool", "Cool"}, {"tierToCold", "Cold"}, {"tierToArchive", "Archive"}, {"delete", "deleted"}} {
			if days, ok := base.Get(x[0], "daysAfterModificationGreaterThan").Int(); ok {
				parts = append(parts, fmt.Sprintf("%s after %d days", x[1], days))
			}
		}
		if len(parts) > 0 {
			all = append(all, rule.Get("name").Str()+" "+strings.Join(parts, ", "))
		}
	}
	return all
}

// networkOf reads a virtual network's ranges.
func networkOf(r arm.Resource) *network {
	n := &network{name: r.ID.Name(), region: r.Location(), pos: r.Pos,
		prefixes: r.Get("properties", "addressSpace", "addressPrefixes").Strings()}
	for sn := range r.Get("properties", "subnets").Items() {
		prefix := sn.Get("properties", "addressPrefix").Str()
		if prefix == "" {
			prefix = strings.Join(sn.Get("properties", "addressPrefixes").Strings(), ", ")
		}
		name := sn.Get("name").Str()
		n.subnets = append(n.subnets, subnet{name, purpose(name, n.name), prefix})
	}
	return n
}

// purpose gives what a name says beyond the name of what it lies in: training
// of snet-con-orion-training-prod-sdc in vnet-con-orion-prod-sdc-001.
func purpose(name, in string) string {
	known := append(strings.Split(in, "-"), "snet")
	left := slices.DeleteFunc(strings.Split(name, "-"), func(part string) bool { return slices.Contains(known, part) })
	if len(left) == 0 {
		return name
	}
	return strings.Join(left, "-")
}

// String gives 10.96.7.0/24: training /27, endpoints /28.
func (n *network) String() string {
	var parts []string
	for _, s := range n.subnets {
		_, bits, _ := strings.Cut(s.prefix, "/")
		parts = append(parts, s.purpose+" /"+bits)
	}
	text := strings.Join(n.prefixes, ", ")
	if len(parts) > 0 {
		text += ": " + strings.Join(parts, ", ")
	}
	return text
}

// policyOf reads an assignment.
func policyOf(r arm.Resource) assignedPolicy {
	p := assignedPolicy{name: r.Get("properties", "displayName").Str(), report: r.Get("properties", "enforcementMode").Str() == "DoNotEnforce"}
	if p.name == "" {
		p.name = r.ID.Name()
	}
	for name, value := range r.Get("properties", "parameters").Members() {
		if strings.EqualFold(name, "effect") {
			p.effect = strings.ToLower(value.Get("value").Str())
		}
	}
	return p
}

// does gives the policy's effect in a word or two, "" where it is not known.
func (p assignedPolicy) does() string {
	if p.report {
		return "not enforced"
	}
	return p.effect
}

// countPolicies gives "6 policies (4 audit, 1 not enforced)".
func (c *contents) countPolicies() string {
	if len(c.policies) == 0 {
		return ""
	}
	count := map[string]int{}
	var does []string
	for _, p := range c.policies {
		if p.does() != "" {
			does = appendNew(does, p.does())
		}
		count[p.does()]++
	}
	text := plural(len(c.policies), "policy")
	slices.Sort(does)
	for i, d := range does {
		does[i] = fmt.Sprintf("%d %s", count[d], d)
	}
	if len(does) > 0 {
		text += " (" + strings.Join(does, ", ") + ")"
	}
	return text
}

// grant reads a role assignment.
func (v *view) grant(r arm.Resource, s *subscription) grant {
	p := r.Get("properties")
	g := grant{pos: r.Pos, role: arm.ID(p.Get("roleDefinitionId").Str()).Name(), where: "the subscription"}
	if role, ok := catalog.RoleByID(g.role); ok {
		g.role = role.Name
	}
	if ref, ok := p.Get("roleDefinitionId").Ref(); ok {
		g.role = ref.ID.Name()
	}
	who := p.Get("principalId")
	switch ref, ok := who.Ref(); {
	case !ok:
		g.who = who.Str()
		if name := v.who[strings.ToLower(g.who)]; name != "" {
			g.who = name
		}
	case ref.Parameter != "":
		g.who = strings.TrimPrefix(ref.Parameter, "group-")
	case ref.ID.Type() == "Microsoft.Authorization/policyAssignments":
		g.who = "policy " + ref.ID.Name()
	default:
		g.who = ref.ID.Name()
	}
	if at := r.ID.Scope(); !at.Equal(s.id) {
		names := at.Names()
		g.where = strings.Join(slices.DeleteFunc(names, func(n string) bool { return n == "default" }), "/")
	}
	return g
}

// plain gives a value as text: a string as it is, anything else as JSON.
func plain(v arm.Value) string {
	if v.Kind() == arm.String {
		return v.Str()
	}
	return v.Text()
}

// nouns are types as people say them; any other is its own last word.
var nouns = map[arm.Type]string{
	"Microsoft.Compute/virtualMachineScaleSets":             "scale set",
	"Microsoft.Compute/virtualMachines":                     "virtual machine",
	"Microsoft.Insights/diagnosticSettings":                 "activity log setting",
	"Microsoft.ManagedIdentity/userAssignedIdentities":      "identity",
	"Microsoft.Network/natGateways":                         "NAT gateway",
	"Microsoft.Network/networkInterfaces":                   "network interface",
	"Microsoft.Network/privateDnsZones":                     "private DNS zone",
	"Microsoft.Network/privateDnsZones/virtualNetworkLinks": "zone link",
	"Microsoft.Network/publicIPAddresses":                   "public address",
	"Microsoft.OperationalInsights/workspaces":              "log workspace",
	"Microsoft.Storage/storageAccounts":                     "storage account",
}

// noun gives a type as people say it: route table for Microsoft.Network/routeTables.
func noun(t arm.Type) string {
	if n, ok := nouns[t]; ok {
		return n
	}
	last := string(t[strings.LastIndexByte(string(t), '/')+1:])
	var b strings.Builder
	for _, r := range last {
		if r >= 'A' && r <= 'Z' {
			b.WriteByte(' ')
			r += 'a' - 'A'
		}
		b.WriteRune(r)
	}
	n := strings.TrimSpace(b.String())
	switch {
	case strings.HasSuffix(n, "ies"):
		return strings.TrimSuffix(n, "ies") + "y"
	case strings.HasSuffix(n, "sses"):
		return strings.TrimSuffix(n, "es")
	}
	return strings.TrimSuffix(n, "s")
}
