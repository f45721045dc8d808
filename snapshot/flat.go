package snapshot

// az prints many resources in the shape of its Python client: the members of
// "properties" stand beside id and name, at every depth, and a few have names of
// their own. The table of policy aliases has the path of each property in Azure
// Resource Manager's shape, so it tells where a member belongs:
//
//	{"subnets": [{"id": …, "addressPrefix": "10.0.0.0/24", "resourceGroup": "rg"}]}
//	{"properties": {"subnets": [{"id": …, "properties": {"addressPrefix": "10.0.0.0/24"}}]}}
//
// A resource that has a member with a value that no table knows is not read:
// a body with some of its properties in wrong places would be judged wrongly.

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"airfield/arm"
	"airfield/catalog"
)

// beside are the members of a resource that stand beside its properties.
var beside = []string{"id", "name", "type", "location", "tags", "sku", "kind", "identity", "zones", "plan", "etag", "extendedLocation", "managedBy", "systemData", "apiVersion", "placement", "eTag", "scale"}

// printedOnly are members that az, Azure Resource Graph and Azure PowerShell
// add to a resource.
var printedOnly = []string{"resourceGroup", "subscriptionId", "tenantId", "changedTime", "createdTime", "resourceGroupName", "ResourceId"}

// inProperties are properties that no policy alias names, of any type.
var inProperties = []string{"provisioningState", "resourceGuid", "uniqueId", "creationTime", "timeCreated", "primaryLocation", "secondaryLocation",
	"statusOfPrimary", "statusOfSecondary", "vmId", "nodeManagementEndpoint", "accountEndpoint", "poolAllocationMode", "dedicatedCoreQuota",
	"dedicatedCoreQuotaPerVMFamily", "dedicatedCoreQuotaPerVMFamilyEnforced", "lowPriorityCoreQuota", "poolQuota", "activeJobAndJobScheduleQuota",
	"allowedAuthenticationModes", "currentSpend", "forecastSpend"}

// renamed are the members that az calls by other names than Azure Resource
// Manager, by type; "" are those that it only adds.
var renamed = map[arm.Type]map[string]string{
	"microsoft.storage/storageaccounts": {
		"enablehttpstrafficonly": "supportsHttpsTrafficOnly", "networkruleset": "networkAcls", "enablenfsv3": "isNfsV3Enabled",
		"virtualnetworkresourceid": "id", "ipaddressorrange": "value", "encryptionidentity": "identity",
		"encryptionuserassignedidentity": "userAssignedIdentity", "encryptionfederatedidentityclientid": "federatedIdentityClientId",
	},
	"microsoft.authorization/roleassignments": {"principalname": "", "roledefinitionname": ""},
	"microsoft.authorization/roledefinitions": {"roletype": "type"},
}

// names are the names that a type's properties have, below each other, in lower
// case. A nil *names has none.
type names struct {
	name  string // as it is spelled
	below map[string]*names
}

func (n *names) get(name string) *names {
	if n == nil {
		return nil
	}
	return n.below[strings.ToLower(name)]
}

// namesOf gives the names of a type's properties.
func (p *reading) namesOf(typ arm.Type) *names {
	key := strings.ToLower(string(typ))
	if n, ok := p.shapes[key]; ok {
		return n
	}
	root := &names{below: map[string]*names{"properties": {below: map[string]*names{}}}}
	for _, a := range catalog.Aliases().OfType(typ) {
		at := root
		for step := range strings.SplitSeq(a.Path, ".") {
			name := strings.TrimSuffix(step, "[*]")
			if at.below == nil {
				at.below = map[string]*names{}
			}
			if step = strings.ToLower(name); at.below[step] == nil {
				at.below[step] = &names{name: name}
			}
			at = at.below[step]
		}
	}
	if p.shapes == nil {
		p.shapes = map[string]*names{}
	}
	p.shapes[key] = root
	return root
}

// put keeps an object as the resource id, in the form of Azure Resource
// Manager.
func (p *reading) put(v arm.Value, id arm.ID) {
	props := v.Get("properties")
	switch {
	case props.Kind() == arm.Object || props.Kind() == arm.Unknown || v.Get("apiVersion").Exists():
		p.compact(v, id)
	case flattened(v):
		p.unflatten(v, id)
	default:
		p.bare(v, id)
	}
}

// flattened tells whether an object has properties beside its id and name.
func flattened(v arm.Value) bool {
	for name, m := range v.Members() {
		if m.Kind() != arm.Null && !contains(beside, name) && !contains(printedOnly, name) && name != "properties" && name != "provisioningState" {
			return true
		}
	}
	return false
}

// compact keeps an object less what only an export has. One that has nothing of
// that stays a part of the file's text.
func (p *reading) compact(v arm.Value, id arm.ID) {
	w := writer{}
	w.str("id", string(id))
	changed := v.Get("id").Exists() && v.Get("id").Str() != string(id)
	for name, m := range v.Members() {
		switch {
		case m.Kind() == arm.Null, m.Text() == `""`, contains(printedOnly, name) && v.Get("id").Exists():
			changed = true
		case arm.EqualFold(name, "id"):
		case name == "type" && standardType(id) != "" && m.Str() != string(standardType(id)):
			changed = true
			w.str("type", string(standardType(id)))
		default:
			w.raw(name, m.Text())
		}
	}
	if changed {
		p.write(v, id, w.text(), nested)
		return
	}
	p.emit(Piece{Resource: arm.Resource{ID: id, Body: v, Pos: p.pos(v.Offset())}, File: p.f, from: p.base + v.Offset(), to: p.base + v.Offset() + len(v.Text())})
}

// standardType gives the type of a scope, which exports write in several ways;
// "" for other resources.
func standardType(id arm.ID) arm.Type {
	switch t := id.Type(); t {
	case arm.SubscriptionType, arm.ResourceGroupType:
		return t
	}
	return ""
}

// write keeps an object under another body.
func (p *reading) write(v arm.Value, id arm.ID, body string, s shape) {
	parsed, err := arm.Parse(body)
	if err != nil {
		p.errorf(v.Offset(), "snapshot/limit", "object cannot be put into the form of the REST API: %v", err)
		return
	}
	p.emit(Piece{Resource: arm.Resource{ID: id, Body: parsed, Pos: p.pos(v.Offset())}, File: p.f, from: p.base + v.Offset(), to: p.base + v.Offset() + len(v.Text()), shape: s})
}

// bare keeps an object that was listed without its properties: they are
// unknown. Scopes and types without properties are whole.
func (p *reading) bare(v arm.Value, id arm.ID) {
	if whole(id) || !v.Get("type").Exists() && !v.Get("location").Exists() {
		p.compact(v, id)
		return
	}
	p.count(v, string(id.Type()), "listed without properties, which are unknown: az resource list and queries that project columns leave them out", false)
	w := writer{}
	for name, m := range v.Members() {
		if m.Kind() != arm.Null && !contains(printedOnly, name) && !arm.EqualFold(name, "properties") && name != "provisioningState" {
			w.raw(name, m.Text())
		}
	}
	w.raw("properties", arm.New(arm.Ref{ID: id, Path: "properties"}).Text())
	p.write(v, id, w.text(), nested)
}

// whole tells whether a resource may have no properties.
func whole(id arm.ID) bool {
	switch id.Type() {
	case arm.ResourceGroupType, arm.SubscriptionType, arm.ManagementGroupType, placementType:
		return true
	}
	return false
}

// unflatten keeps an object that az printed in the shape of its client.
func (p *reading) unflatten(v arm.Value, id arm.ID) {
	typ := arm.Type(strings.ToLower(string(id.Type())))
	fl := flat{id: id, renamed: renamed[typ], lost: map[string]bool{}}
	body := fl.object(v, p.namesOf(typ), true)
	if len(fl.lost) > 0 {
		lost := slices.Sorted(maps.Keys(fl.lost))
		p.leave(v, string(id.Type()), fmt.Sprintf("az prints it in a shape of its own, and where %s belongs is not known: use az graph query, or az rest", some(lost, 4)))
		return
	}
	p.write(v, id, body, flatShape)
}

func some(names []string, n int) string {
	if len(names) <= n {
		return strings.Join(names, ", ")
	}
	return strings.Join(names[:n], ", ") + ", …"
}

// flat is one object that is put back into shape.
type flat struct {
	id      arm.ID
	renamed map[string]string
	lost    map[string]bool // names of members whose place is not known
}

// object gives the text of an object whose members have names below n.
func (fl *flat) object(v arm.Value, n *names, root bool) string {
	var w, props writer
	if root {
		w.str("id", string(fl.id))
	}
	for name, m := range v.Members() {
		as, known := fl.renamed[strings.ToLower(name)]
		if known {
			name = as
		}
		inside := n.get("properties").get(name)
		switch {
		case m.Kind() == arm.Null, name == "", root && arm.EqualFold(name, "id"):
		case contains(printedOnly, name) && n.get(name) == nil && inside == nil:
		case root && contains(beside, name) && !(known && inside != nil):
			if m.Text() != `""` {
				w.raw(name, m.Text())
			}
		case n.get(name) != nil && !known:
			w.raw(name, fl.value(name, m, n.get(name)))
		case inside != nil:
			props.raw(name, fl.value(name, m, inside))
		case n.get(name) != nil:
			w.raw(name, fl.value(name, m, n.get(name)))
		case contains(inProperties, name):
			props.raw(name, m.Text())
		case !root && contains(beside, name):
			w.raw(name, m.Text())
		case m.Len() == 0 && (m.Kind() == arm.Array || m.Kind() == arm.Object):
		default:
			fl.lost[name] = true
		}
	}
	if len(props.b) > 0 || root {
		w.raw("properties", props.text())
	}
	return w.text()
}

func (fl *flat) value(name string, v arm.Value, n *names) string {
	switch {
	case v.Kind() == arm.Object && n.below != nil:
		return fl.object(v, n, false)
	case name == "amount": // of a budget: az prints it as a text
		return number(v).Text()
	case v.Kind() == arm.Object && v.Get("resourceGroup").Exists():
		fl.lost[name] = true
	case v.Kind() == arm.Array:
		items := make([]string, 0, v.Len())
		for item := range v.Items() {
			items = append(items, fl.value(name, item, n))
		}
		return "[" + strings.Join(items, ",") + "]"
	}
	return v.Text()
}
