package snapshot

// What az prints that is no resource by its form, and the ids that a tenant
// keeps it under (ours, where Azure gives none):
//
//	az account list                      /subscriptions/S
//	az account management-group …        management groups, and placements …/managementGroups/G/subscriptions/S
//	az vm list-skus                      /subscriptions/S/providers/Microsoft.Compute/locations/R/skus/SIZE
//	az vm list-usage, az network list-usages, quotaresources
//	                                     /subscriptions/S/providers/NAMESPACE/locations/R/usages/default, all in properties.value
//	az provider list                     /subscriptions/S/providers/Microsoft.Resources/providers/NAMESPACE
//	az feature list                      /subscriptions/S/providers/Microsoft.Features/featureProviders/NAMESPACE/subscriptionFeatureRegistrations/NAME
//	az vm image terms show               /subscriptions/S/providers/Microsoft.MarketplaceOrdering/agreements/PUBLISHER/offers/OFFER/plans/PLAN
//
// Where the answer has no subscription and no region in it, they are those of
// Reader.At, or of the list's own "id" (see listed).

import (
	"cmp"
	"slices"
	"strings"

	"airfield/arm"
	"airfield/diag"
)

const placementType = arm.ManagementGroupType + "/subscriptions"

// printed reads an object that is no resource by its form, and tells whether it
// is one that is known.
func (p *reading) printed(v arm.Value) bool {
	has := func(names ...string) bool {
		return !slices.ContainsFunc(names, func(n string) bool { return !v.Get(n).Exists() })
	}
	id := string(resourceID(v))
	switch {
	case has("state", "tenantId") && id != "" && !strings.Contains(id, "/"), has("subscriptionPolicies", "subscriptionId"):
		p.account(v)
	case has("registrationState", "namespace"):
		p.provider(v)
	case has("resourceType", "locations", "name") && id == "":
		p.sku(v)
	case has("currentValue", "limit", "name"), strings.HasSuffix(strings.ToLower(v.Get("type").Str()), "/locations/usages"):
		p.usage(v)
	case has("accepted", "publisher", "product"), strings.Contains(strings.ToLower(id), "/microsoft.marketplaceordering/offertypes/"):
		p.terms(v)
	case strings.Contains(strings.ToLower(id), "/providers/microsoft.features/providers/"):
		p.feature(v)
	case arm.ID(id).Type().Equal(arm.ManagementGroupType), has("parentNameChain"):
		p.group(v)
	case arm.ID(id).Type().Equal(arm.SubscriptionType):
		p.subscription(v)
	case arm.ID(id).Type().Equal(placementType) && !has("properties"):
		p.stand(v, arm.ID(id), arm.O{"properties", without(v, "id", "name", "type", "resourceGroup")}, false)
	default:
		return false
	}
	return true
}

// subscriptionOf gives the subscription that something lies in that has no id of
// Azure Resource Manager's form.
func (p *reading) subscriptionOf(v arm.Value) (arm.ID, bool) {
	sub := resourceID(v).SubscriptionID()
	if sub == "" {
		sub = p.At.SubscriptionID()
	}
	if sub == "" {
		p.leave(v, "objects without a subscription", `nothing in the file says of which subscription they are: give --subscription, or write the file with az … --query "{id:'/subscriptions/ID', value:@}"`)
	}
	return sub, sub != ""
}

// stand keeps a resource that stands for an object of another form.
func (p *reading) stand(v arm.Value, id arm.ID, members arm.O, thin bool) {
	if _, err := arm.ParseID(string(id)); err != nil {
		p.errorf(v.Offset(), "snapshot/id", "%v", err)
		return
	}
	body := arm.New(append(arm.O{"id", id, "name", id.Name(), "type", id.Type()}, members...))
	p.emit(Piece{Resource: arm.Resource{ID: id, Body: body, Pos: p.pos(v.Offset())}, File: p.f, from: p.base + v.Offset(), to: p.base + v.Offset() + len(v.Text()), thin: thin})
}

// without gives the members of an object that have a value, less some.
func without(v arm.Value, names ...string) arm.O {
	o := arm.O{}
	for name, m := range v.Members() {
		if m.Kind() != arm.Null && !contains(names, name) {
			o = append(o, name, m)
		}
	}
	return o
}

// account reads a subscription as az account prints one: what az knows of it is
// less than what Azure Resource Manager has.
func (p *reading) account(v arm.Value) {
	name := first(v, "subscriptionId").Str()
	if name == "" {
		name = v.Get("id").Str()
	}
	p.stand(v, arm.Subscription(name), arm.O{
		"subscriptionId", name, "tenantId", text1(v, "tenantId"), "displayName", text1(v, "displayName", "name"), "state", text1(v, "state"),
		"tags", v.Get("tags"), "properties", arm.O{"state", text1(v, "state")},
	}, true)
}

// text1 gives the first of the members that is a text, else nothing.
func text1(v arm.Value, names ...string) arm.Value {
	for _, name := range names {
		if m := v.Get(name); m.Str() != "" {
			return m
		}
	}
	return arm.Value{}
}

// subscription reads a row of Azure Resource Graph, whose name is the one that
// people see.
func (p *reading) subscription(v arm.Value) {
	id := resourceID(v)
	o := without(v, append(printedOnly, "id", "name", "type", "location", "displayName", "kind", "managedBy")...)
	shown := text1(v, "displayName", "name")
	if shown.Str() == id.Name() {
		shown = arm.Value{}
	}
	p.stand(v, id, append(arm.O{"subscriptionId", id.Name(), "tenantId", text1(v, "tenantId"), "displayName", shown}, o...), !v.Get("properties").Exists())
}

// group reads a management group with what lies in it, or an entity of the
// hierarchy.
func (p *reading) group(v arm.Value) {
	in := v
	if props := v.Get("properties"); props.Kind() == arm.Object {
		in = props
	}
	parent := arm.ID(first(in, "details").Get("parent", "id").Str())
	if parent == "" {
		parent = arm.ID(in.Get("parent", "id").Str())
	}
	p.below(v, in, parent, !in.Get("details").Exists())
}

// below keeps a management group or a subscription that lies in a management
// group, and goes on with its children.
func (p *reading) below(v, in arm.Value, parent arm.ID, thin bool) {
	id := resourceID(v)
	shown := text1(in, "displayName")
	if id.Type().Equal(arm.SubscriptionType) {
		p.stand(v, id, arm.O{"subscriptionId", id.Name(), "displayName", shown}, true)
		if parent != "" {
			p.stand(v, parent.Child("subscriptions", id.Name()), arm.O{"properties", arm.O{"displayName", shown, "parent", arm.O{"id", parent}}}, true)
		}
		return
	}
	if !id.Type().Equal(arm.ManagementGroupType) {
		p.leave(v, "children of management groups", "they are neither management groups nor subscriptions")
		return
	}
	o := without(in, "id", "name", "type", "children", "details", "parent", "properties", "path", "permissions", "inheritedPermissions", "numberOfChildren", "numberOfChildGroups", "numberOfDescendants", "parentNameChain", "parentDisplayNameChain")
	details := without(in.Get("details"), "parent")
	if parent != "" {
		details = append(details, "parent", arm.O{"id", parent})
	}
	if len(details) > 0 {
		o = append(o, "details", details)
	}
	p.stand(v, id, arm.O{"properties", o}, thin)
	for child := range in.Get("children").Items() {
		p.below(child, child, id, true)
	}
}

// provider reads the registration of a resource provider.
func (p *reading) provider(v arm.Value) {
	if sub, ok := p.subscriptionOf(v); ok {
		name := v.Get("namespace").Str()
		p.stand(v, sub.Resource("Microsoft.Resources/providers", name), arm.O{"properties", arm.O{
			"namespace", name, "registrationState", v.Get("registrationState"), "registrationPolicy", text1(v, "registrationPolicy")}}, false)
	}
}

// feature reads the registration of a feature.
func (p *reading) feature(v arm.Value) {
	id := resourceID(v)
	parts := strings.Split(string(id), "/") // …/providers/Microsoft.Features/providers/NAMESPACE/features/NAME
	i := slices.IndexFunc(parts, func(s string) bool { return arm.EqualFold(s, "Microsoft.Features") })
	if len(parts) != i+5 || id.SubscriptionID() == "" {
		p.errorf(v.Get("id").Offset(), "snapshot/id", "id %q is none of a feature in a subscription", id)
		return
	}
	p.stand(v, id.SubscriptionID().Resource("Microsoft.Features/featureProviders/subscriptionFeatureRegistrations", parts[i+2], parts[i+4]),
		arm.O{"properties", v.Get("properties")}, false)
}

// terms reads whether the terms of a marketplace image were accepted.
func (p *reading) terms(v arm.Value) {
	in := v
	if props := v.Get("properties"); props.Kind() == arm.Object {
		in = props
	}
	publisher, offer, plan := in.Get("publisher").Str(), in.Get("product").Str(), first(in, "plan", "name").Str()
	if publisher == "" || offer == "" || plan == "" {
		p.errorf(v.Offset(), "snapshot/form", "terms of an image without publisher, product and plan")
		return
	}
	if sub, ok := p.subscriptionOf(v); ok {
		p.stand(v, sub.Resource("Microsoft.MarketplaceOrdering/agreements/offers/plans", publisher, offer, plan),
			arm.O{"properties", without(in, "id", "name", "type", "systemData")}, false)
	}
}

// sku reads a size of a virtual machine.
func (p *reading) sku(v arm.Value) {
	if !arm.EqualFold(v.Get("resourceType").Str(), "virtualMachines") {
		p.count(v, "SKUs of "+v.Get("resourceType").Str(), "only sizes of virtual machines are kept", false)
		return
	}
	sub, ok := p.subscriptionOf(v)
	if !ok {
		return
	}
	for _, region := range v.Get("locations").Strings() {
		p.stand(v, sub.Resource("Microsoft.Compute/locations/skus", strings.ToLower(region), v.Get("name").Str()),
			arm.O{"properties", arm.New(without(v))}, false)
	}
}

// usages are the usages of one namespace in one region of one subscription.
type usages struct {
	id    arm.ID
	at    arm.Value
	base  int
	items arm.A
	seen  map[string]int // where in items a name stands
}

// usage reads one usage with its limit, or all of a region at once.
func (p *reading) usage(v arm.Value) {
	if list := v.Get("properties", "value"); list.Kind() == arm.Array {
		for item := range list.Items() {
			p.addUsage(v, item, resourceID(v))
		}
		return
	}
	p.addUsage(v, v, resourceID(v))
}

func (p *reading) addUsage(at, item arm.Value, id arm.ID) {
	namespace := string(id.Type().Namespace())
	names := id.Names()
	if id == "" || len(names) == 0 || !arm.EqualFold(string(id.Type()), namespace+"/locations/usages") {
		namespace, names = usageNamespace(p.At), p.At.Names()
		id = p.At
	}
	if id.SubscriptionID() == "" || namespace == "" || len(names) == 0 {
		p.leave(at, "usages without a subscription and a region", "az vm list-usage does not print them: write the file with "+
			`az vm list-usage -l REGION --query "{id:'/subscriptions/ID/providers/Microsoft.Compute/locations/REGION', value:@}", or give --subscription and --region`)
		return
	}
	whole := id.SubscriptionID().Resource(arm.Type(namespace+"/locations/usages"), strings.ToLower(names[0]), "default")
	u := p.usages[whole.Fold()]
	if u == nil {
		u = &usages{id: whole, at: at, base: p.base, seen: map[string]int{}}
		if p.usages == nil {
			p.usages = map[arm.ID]*usages{}
		}
		p.usages[whole.Fold()] = u
	}
	name := item.Get("name", "value").Str()
	o := without(item, "id", "localName", "type", "resourceGroup", "currentValue", "limit")
	full := append(o, "currentValue", number(item.Get("currentValue")), "limit", number(item.Get("limit")))
	i, again := u.seen[name]
	switch {
	case !again:
		u.seen[name] = len(u.items)
		u.items = append(u.items, full)
	case arm.New(u.items[i]).Text() != arm.New(full).Text():
		u.items[i] = o // which of the two is true is not known
		p.leave(at, "usages that are there twice with other numbers", "neither counts: are they of several regions?")
	default:
		p.leave(at, "usages that are there twice", "the first counts")
	}
}

// usageNamespace gives the namespace whose usages lie at …/NAMESPACE/locations/R.
func usageNamespace(at arm.ID) string {
	if t := at.Type(); arm.EqualFold(string(t), t.Namespace()+"/locations") {
		return t.Namespace()
	}
	return ""
}

// number gives the number that az prints as a text.
func number(v arm.Value) arm.Value {
	if n, err := arm.Parse(v.Str()); err == nil && n.Kind() == arm.Number {
		return n
	}
	return v
}

// usageResources keeps the usages that were gathered.
func (p *reading) usageResources() {
	var all []*usages
	for _, u := range p.usages {
		all = append(all, u)
	}
	slices.SortFunc(all, func(a, b *usages) int { return cmp.Or(a.base-b.base, a.at.Offset()-b.at.Offset(), a.id.Compare(b.id)) })
	p.usages = nil
	for _, u := range all {
		p.stand(u.at, u.id, arm.O{"properties", arm.O{"value", u.items}}, false)
	}
}

// left is what of a file was not read, or not whole, for one reason.
type left struct {
	what, why string
	n         int
	pos       diag.Pos // of the first
	lost      bool     // a resource of a tenant that is not in what was read
}

// leave counts an object that is left out.
func (p *reading) leave(v arm.Value, what, why string) { p.count(v, what, why, true) }

// count counts an object that is left out, or is not whole.
func (p *reading) count(v arm.Value, what, why string, lost bool) {
	if i, again := p.leftAt[[2]string{what, why}]; again {
		p.lefts[i].n++
		return
	}
	if p.leftAt == nil {
		p.leftAt = map[[2]string]int{}
	}
	p.leftAt[[2]string{what, why}] = len(p.lefts)
	p.lefts = append(p.lefts, left{what, why, 1, p.pos(v.Offset()), lost})
}
