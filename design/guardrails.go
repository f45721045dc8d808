package design

import (
	"slices"
	"strings"

	"airfield/arm"
	"airfield/catalog"
	"airfield/diag"
	"airfield/estate"
)

// The built-in policies that are assigned, by id; the catalog has their
// versions, parameters and roles.
const (
	allowedLocations      = "e56962a6-4747-49cd-b67b-bf8b01975c4c"
	allowedGroupLocations = "e765b5de-1225-4ba3-bd56-1ac6695af988"
	storagePublicNetwork  = "b2982f36-99f2-4db5-8eff-283140c09693"
	storageSKUs           = "7433c107-6db4-4ad1-b57a-a76dce0154a1"
	requireTagOnGroup     = "96670d01-0a4d-4649-9c89-2d3abc0a5025"
	inheritFromSub        = "40df99da-1232-49b1-a39a-6da8d878f469"
	inheritFromGroup      = "ea3f2387-9b95-492a-a190-fcdc54f7b070"
)

const (
	policyDefinitions = "Microsoft.Authorization/policyDefinitions"
	policySets        = "Microsoft.Authorization/policySetDefinitions"
	policyAssignments = "Microsoft.Authorization/policyAssignments"
)

// finishGuardrails assigns the policies of each subscription. Definitions of
// our own lie at our root group, or at each subscription where there is none
// of ours to put them at.
func (d *designer) finishGuardrails() {
	for _, s := range d.order {
		home := d.root.id
		if home == "" {
			home = s.id
		}
		d.locations(s)
		d.computeSizes(s, home)
		d.storagePolicies(s)
		d.tagPolicies(s, home)
	}
	g := d.e.Guardrails
	answer := pick(g.Begin == estate.Deny, "they refuse (deny)", "they report (audit)")
	if g.Begin != estate.Deny && g.EnforceAfter > 0 && g.EnforceAfter != estate.Never {
		answer += ", and refuse " + g.EnforceAfter.String() + " after the last workload begins: a gate of the runway has the day"
	}
	d.decide(Decision{About: "estate", Question: "Do guardrails report or refuse?", Answer: answer,
		Because:      "a list that has not been lived with stops what nobody thought of",
		Alternatives: []Alternative{{"deny from the first day", "the same assignments, with guardrails.begin: deny, once audit has nothing to report"}},
		Rules:        []string{"ORG-11", "POL-09", "SUB-17"}, Pos: or(g.Of("begin"), d.e.Of("guardrails")), Changes: "guardrails.begin"})
}

// assignment assigns a policy or set at a subscription. roles are the ids of
// the roles that its identity needs, for effects that change resources.
func (d *designer) assignment(s *subscription, name, display, definition string, definitionRef any, version string, parameters arm.O, enforced bool, roles []string, pos diag.Pos) {
	mode := "Default"
	if !enforced {
		mode = "DoNotEnforce"
	}
	properties := arm.O{"displayName", display, "enforcementMode", mode}
	if definitionRef != nil {
		properties = append(properties, "policyDefinitionId", definitionRef)
	} else {
		properties = append(properties, "policyDefinitionId", "/providers/Microsoft.Authorization/policyDefinitions/"+definition)
	}
	if version != "" {
		properties = append(properties, "definitionVersion", major(version)+".*.*")
	}
	if len(parameters) > 0 {
		wrapped := arm.O{}
		for i := 0; i < len(parameters); i += 2 {
			wrapped = append(wrapped, parameters[i], arm.O{"value", parameters[i+1]})
		}
		properties = append(properties, "parameters", wrapped)
	}
	id := s.id.Resource(policyAssignments, name)
	members := arm.O{"properties", properties}
	if len(roles) > 0 {
		members = append(arm.O{"location", string(d.e.Region("home")), "identity", arm.O{"type", "SystemAssigned"}}, members...)
	}
	d.add(id, pos, members)
	for _, roleID := range roles {
		if r, ok := catalog.RoleByID(roleID); ok {
			d.assign(s.id, r.Name, arm.Ref{ID: id, Path: "identity.principalId"}, string(id), "ServicePrincipal", pos)
		}
	}
}

func major(version string) string {
	m, _, _ := strings.Cut(version, ".")
	return m
}

// effect gives the value of an effect parameter for how guardrails begin.
func (d *designer) effect() string {
	if d.e.Guardrails.Begin == estate.Deny {
		return "Deny"
	}
	return "Audit"
}

// builtin assigns a built-in policy that has an effect parameter.
func (d *designer) builtin(s *subscription, name, display, id string, parameters arm.O, pos diag.Pos) {
	p, ok := catalog.BuiltIn(id)
	if !ok {
		panic("no built-in policy " + id)
	}
	enforced := true
	if p.EffectParameter != "" {
		parameters = append(parameters, p.EffectParameter, d.effect())
	} else {
		enforced = d.e.Guardrails.Begin == estate.Deny
	}
	d.assignment(s, name, display, id, nil, p.Version, parameters, enforced, p.Roles, pos)
}

func (d *designer) locations(s *subscription) {
	g := d.e.Guardrails
	if g.Locations.Off() {
		return
	}
	list := g.Locations.List
	if len(list) == 0 {
		list = d.usable()
	}
	pos := or(g.Of("locations"), d.e.Regions.Of("home"))
	d.builtin(s, "allowed-locations", "Allowed locations of resources", allowedLocations, arm.O{"listOfAllowedLocations", list}, pos)
	d.builtin(s, "allowed-group-locations", "Allowed locations of resource groups", allowedGroupLocations, arm.O{"listOfAllowedLocations", list}, pos)
	for _, r := range s.regions {
		if !slices.Contains(list, r) {
			d.found.Errorf(pos, "design/guardrail-denies", "guardrails.locations leaves out %q, where %q is", r, s.name)
		}
	}
}

func (d *designer) storagePolicies(s *subscription) {
	g := d.e.Guardrails
	if !g.PublicNetwork.Off() {
		d.builtin(s, "storage-no-public-network", "Storage accounts without public network access", storagePublicNetwork, nil, or(g.Of("public_network"), s.place.Pos))
	}
	if g.StorageSKUs.Off() {
		return
	}
	list := g.StorageSKUs.List
	if len(list) == 0 {
		list = s.skus
	}
	for _, sku := range s.skus {
		if !slices.Contains(list, sku) {
			d.found.Errorf(g.Of("storage_skus"), "design/guardrail-denies", "guardrails.storage_skus leaves out %q, which %q uses", sku, s.name)
		}
	}
	if len(list) > 0 {
		d.builtin(s, "allowed-storage-skus", "Allowed SKUs of storage accounts", storageSKUs, arm.O{"listOfAllowedSKUs", list}, or(g.Of("storage_skus"), s.place.Pos))
	}
}

type sizeField struct {
	typ   arm.Type
	field string
}

// sizeFields are the types that carry GPUs and where each keeps its size, by
// the aliases of Azure Policy. Microsoft's built-in covers only the first.
var sizeFields = []sizeField{
	{"Microsoft.Compute/virtualMachines", "Microsoft.Compute/virtualMachines/sku.name"},
	{scaleSetType, "Microsoft.Compute/virtualMachineScaleSets/sku.name"},
	{"Microsoft.ContainerService/managedClusters/agentPools", "Microsoft.ContainerService/managedClusters/agentPools/vmSize"},
	{"Microsoft.Batch/batchAccounts/pools", "Microsoft.Batch/batchAccounts/pools/vmSize"},
	{"Microsoft.MachineLearningServices/workspaces/computes", "Microsoft.MachineLearningServices/workspaces/computes/vmSize"},
}

const scaleSetType = "Microsoft.Compute/virtualMachineScaleSets"

const sizePolicy = "allowed-ai-compute-sizes"

// computeSizes assigns our own policy on compute sizes.
func (d *designer) computeSizes(s *subscription, home arm.ID) {
	g := d.e.Guardrails
	list := slices.Clone(g.ComputeSizes.List)
	if len(list) == 0 {
		list = slices.Clone(s.sizes)
	}
	if g.ComputeSizes.Off() || len(list) == 0 {
		return
	}
	slices.Sort(list)
	pos := or(g.Of("compute_sizes"), s.place.Pos)
	definition := d.sizeDefinition(home, pos)
	d.assignment(s, sizePolicy, "Allowed sizes of AI compute", "", arm.IDOf(definition), "", arm.O{"allowedSizes", list, "effect", d.effect()}, true, nil, pos)
	for _, size := range s.sizes {
		if !slices.ContainsFunc(list, func(l string) bool { return strings.EqualFold(l, size) }) {
			d.found.Errorf(pos, "design/guardrail-denies", "guardrails.compute_sizes leaves out %q, which %q uses", size, s.name)
		}
	}
}

// sizeDefinition makes our policy on compute sizes, once for each place that
// definitions lie at.
func (d *designer) sizeDefinition(home arm.ID, pos diag.Pos) arm.ID {
	id := home.Resource(policyDefinitions, sizePolicy)
	if !d.once("definition " + string(id)) {
		return id
	}
	const allowed = "[parameters('allowedSizes')]"
	var any arm.A
	for _, f := range sizeFields {
		all := arm.A{arm.O{"field", "type", "equals", f.typ}, arm.O{"field", f.field, "exists", true}, arm.O{"field", f.field, "notIn", allowed}}
		if f.typ.Equal(scaleSetType) { // one that mixes sizes says so, and lists them below
			all = append(all, arm.O{"field", f.field, "notEquals", "Mix"})
		}
		any = append(any, arm.O{"allOf", all})
	}
	const aks, mix = "Microsoft.ContainerService/managedClusters", scaleSetType
	// Both count what is not allowed: a cluster's own pools, and the sizes that a scale set mixes.
	for _, list := range [][2]string{{aks, aks + "/agentPoolProfiles[*]"}, {mix, mix + "/skuProfile.vmSizes[*]"}} {
		size := list[1] + ".vmSize"
		if list[0] == mix {
			size = list[1] + ".name"
		}
		any = append(any, arm.O{"allOf", arm.A{arm.O{"field", "type", "equals", list[0]},
			arm.O{"count", arm.O{"field", list[1], "where", arm.O{"field", size, "notIn", allowed}}, "greater", 0}}})
	}
	return d.add(id, pos, arm.O{"properties", arm.O{
		"displayName", "Allowed sizes of AI compute", "policyType", "Custom", "mode", "All",
		"description", "Reports or refuses virtual machines, scale sets, AKS and Batch pools and machine learning compute of a size that is not in the list.",
		"metadata", arm.O{"category", "Compute", "version", "1.0.0"},
		"parameters", arm.O{
			"allowedSizes", arm.O{"type", "Array", "metadata", arm.O{"displayName", "Allowed sizes", "description", "The sizes that may be used, such as Standard_ND96isr_H200_v5."}},
			"effect", arm.O{"type", "String", "allowedValues", []string{"Audit", "Deny", "Disabled"}, "defaultValue", "Audit", "metadata", arm.O{"displayName", "Effect", "description", "What happens to other sizes."}}},
		"policyRule", arm.O{"if", arm.O{"anyOf", any}, "then", arm.O{"effect", "[parameters('effect')]"}}}})
}

// tagPolicies inherits missing tags and reports resource groups without them:
// a set each, so that one assignment and one identity serve all keys.
func (d *designer) tagPolicies(s *subscription, home arm.ID) {
	keys := d.e.Tags.Required.Keys()
	if len(keys) == 0 {
		return
	}
	pos := or(d.e.Tags.Of("required"), s.place.Pos)
	inherit := map[estate.TagInheritance]string{"subscription": inheritFromSub, "resource_group": inheritFromGroup}[d.e.Tags.Inherit]
	missing := d.inherited(s, keys, inherit != "", pos)
	if inherit != "" && len(missing) > 0 {
		p, _ := catalog.BuiltIn(inherit)
		name := "inherit-tags"
		if len(missing) < len(keys) && home != s.id { // others there inherit other keys
			name += "-" + hash(strings.Join(missing, " "))
		}
		set := d.tagSet(home, name, "Missing tags are inherited from the "+strings.ReplaceAll(string(d.e.Tags.Inherit), "_", " "), inherit, missing, pos)
		d.assignment(s, "inherit-tags", "Inherit missing tags", "", arm.IDOf(set), "", nil, true, p.Roles, or(d.e.Tags.Of("inherit"), pos))
	}
	source := strings.ReplaceAll(string(d.e.Tags.Inherit), "_", " ")
	answer := "one source for every key: the " + source
	if inherit == "" {
		answer = "nowhere: tags.inherit is none, and what the design makes carries them all"
	}
	required := d.tagSet(home, "required-tags", "Resource groups carry the required tags", requireTagOnGroup, keys, pos)
	d.assignment(s, "required-tags", "Required tags on resource groups", "", arm.IDOf(required), "", nil, d.e.Tags.GroupsWithout == estate.Deny, nil, or(d.e.Tags.Of("groups_without"), pos))
	if d.once("tag policies") {
		d.decide(Decision{About: "estate", Question: "Where do missing tags come from?", Answer: answer,
			Because:      "two policies that write one key from two sources deny each other's resources",
			Alternatives: []Alternative{{"refuse resource groups without tags", "that stops the groups that AKS, Batch, Network Watcher and policies themselves make"}},
			Rules:        []string{"TAG-06", "TAG-09", "TAG-10"}, Pos: or(d.e.Tags.Of("inherit"), d.e.Of("tags")), Changes: "tags.inherit, tags.groups_without"})
	}
}

// inherited gives the keys that no policy of the tenant writes in a subscription
// yet, and says which does where one is: two that write one key deny each other.
func (d *designer) inherited(s *subscription, keys []string, wanted bool, pos diag.Pos) (missing []string) {
	if d.around == nil || !wanted {
		return keys
	}
	in := s.group
	if s.adopted { // it may lie elsewhere
		in = group{}
	}
	scope := d.around.scope(s.id, in)
	for _, k := range keys {
		by, sure := d.around.writes(scope, k)
		if by != "" && !sure {
			d.found.Infof(pos, "design/doubled", "%s may write tag %q of %q, and ours inherits it too: for what both write, they must agree", by, k, s.name)
		}
		if !sure {
			missing = append(missing, k)
			continue
		}
		d.decide(Decision{About: s.place.Name(), Question: "Who writes the tag " + k + " where it is missing?", Answer: by, Because: "it is in force there already, and two policies that write one key deny each other's resources",
			Alternatives: []Alternative{{"our own as well", "a second policy on the same key"}}, Rules: []string{"TAG-06", "TAG-09"}, Pos: pos, Changes: "tags.inherit"})
	}
	return missing
}

// tagSet makes a policy set with one member for each key.
func (d *designer) tagSet(home arm.ID, name, display, member string, keys []string, pos diag.Pos) arm.ID {
	id := home.Resource(policySets, name)
	if !d.once("definition " + string(id)) {
		return id
	}
	p, _ := catalog.BuiltIn(member)
	var members arm.A
	for _, k := range keys {
		members = append(members, arm.O{"policyDefinitionId", p.DefinitionID(), "definitionVersion", major(p.Version) + ".*.*", "policyDefinitionReferenceId", slug(k), "parameters", arm.O{"tagName", arm.O{"value", k}}})
	}
	return d.add(id, pos, arm.O{"properties", arm.O{"displayName", display, "policyType", "Custom", "metadata", arm.O{"category", "Tags", "version", "1.0.0"}, "policyDefinitions", members}})
}
