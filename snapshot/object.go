package snapshot

import (
	"path"
	"slices"
	"strings"

	"airfield/arm"
	"airfield/diag"
)

// kind is one type of policy object, and what may stand in its properties.
type kind struct {
	typ  arm.Type
	keys []string // the main ones first
}

// The types. Their properties are those of API versions up to 2026-06-01, and
// 2026-01-01-preview for exemptions and enrollments
// (learn.microsoft.com/azure/templates/microsoft.authorization).
const (
	definitionType = arm.Type("Microsoft.Authorization/policyDefinitions")
	setType        = arm.Type("Microsoft.Authorization/policySetDefinitions")
	assignmentType = arm.Type("Microsoft.Authorization/policyAssignments")
	exemptionType  = arm.Type("Microsoft.Authorization/policyExemptions")
	enrollmentType = arm.Type("Microsoft.Authorization/policyEnrollments")
	attestType     = arm.Type("Microsoft.PolicyInsights/attestations")
)

var kinds = []kind{
	{definitionType, []string{"policyRule", "displayName", "policyType", "description", "metadata", "parameters", "mode", "versions", "version", "externalEvaluationEnforcementSettings"}},
	{setType, []string{"policyDefinitions", "displayName", "policyType", "description", "metadata", "parameters", "policyDefinitionGroups", "versions", "version", "importPolicyDefinitionGroups"}},
	{assignmentType, []string{"policyDefinitionId", "displayName", "description", "metadata", "parameters", "scope", "notScopes", "enforcementMode", "definitionVersion", "nonComplianceMessages", "overrides", "resourceSelectors", "effectiveDefinitionVersion", "latestDefinitionVersion", "assignmentType", "instanceId", "selfServeExemptionSettings"}},
	{exemptionType, []string{"policyAssignmentId", "exemptionCategory", "displayName", "description", "metadata", "expiresOn", "policyDefinitionReferenceIds", "resourceSelectors", "assignmentScopeValidation"}},
	{enrollmentType, []string{"policyAssignmentId", "displayName", "description", "metadata", "policyDefinitionReferenceIds", "resourceSelectors", "assignmentScopeValidation", "policyAssignmentInstanceId"}},
	{attestType, []string{"policyAssignmentId", "complianceState", "policyDefinitionReferenceId", "expiresOn", "owner", "comments", "evidence", "assessmentDate", "metadata", "lastComplianceStateChangeAt", "provisioningState"}},
	{definitionType + "/versions", []string{"policyRule", "displayName", "policyType", "description", "metadata", "parameters", "mode", "version", "externalEvaluationEnforcementSettings"}},
	{setType + "/versions", []string{"policyDefinitions", "displayName", "policyType", "description", "metadata", "parameters", "policyDefinitionGroups", "version"}},
}

// top are the members that stay beside id, name and type; dropped are those
// that Azure Resource Graph, az, Azure PowerShell, ARM templates and editors put
// there and the REST API does not.
var (
	top     = []string{"location", "identity", "apiVersion", "systemData", "tags", "kind", "sku", "etag"}
	dropped = []string{"tenantId", "subscriptionId", "resourceGroup", "managedBy", "plan", "zones", "extendedLocation", "aliases",
		"resourceId", "resourceName", "resourceType", "resourceGroupName", "policyDefinitionId", "policySetDefinitionId", "policyAssignmentId",
		"$schema", "scope", "dependsOn", "comments", "condition", "copy"}
)

// plural are the names of properties that Azure PowerShell prints in the
// singular.
var plural = []string{"parameters", "policyDefinitions", "policyDefinitionGroups", "notScopes", "nonComplianceMessages", "overrides", "resourceSelectors", "policyDefinitionReferenceIds"}

// shapes are the kinds of JSON that properties must have.
var shapes = []struct {
	key  string
	want arm.Kind
}{
	{"policyRule", arm.Object}, {"parameters", arm.Object}, {"policyDefinitions", arm.Array}, {"policyDefinitionId", arm.String},
	{"policyAssignmentId", arm.String}, {"notScopes", arm.Array}, {"overrides", arm.Array}, {"resourceSelectors", arm.Array},
	{"policyDefinitionReferenceIds", arm.Array},
}

// kindOf gives the kind with a type, nil where it is no policy object's.
func kindOf(t arm.Type) *kind {
	for i := range kinds {
		if kinds[i].typ.Equal(t) {
			return &kinds[i]
		}
	}
	return nil
}

// object is one object of a file that is being made a resource.
type object struct {
	v     arm.Value // the whole
	props arm.Value // what has its properties: v, or its member
	shape shape
	kind  *kind
	id    arm.ID
	name  string
	edits []edit
}

// value reads whatever a file may hold: an object, or lists of such. Only an
// object that is alone in the file is named after it.
func (p *reading) value(v arm.Value, alone bool) {
	switch {
	case p.full:
	case v.Kind() == arm.Array:
		alone = alone && v.Len() == 1
		for item := range v.Items() {
			p.value(item, alone)
		}
	case v.Kind() != arm.Object:
		p.warnf(v.Offset(), "snapshot/form", "found %s, wanted a policy object", v.Kind())
	case isTemplate(v):
		p.template(v)
	case v.Get("nodeName").Exists():
		p.assignments(v)
	case isEPAC(v) && p.epac(v):
	case p.object(v, alone):
	case p.list(v):
	default:
		p.strange(v)
	}
}

// list reads an object that has the objects in a member.
func (p *reading) list(v arm.Value) bool {
	for _, name := range []string{"value", "data", "exemptions", "resources", "items"} {
		items := v.Get(name)
		if items.Kind() == arm.Object && items.Get("rows").Kind() == arm.Array {
			p.errorf(items.Offset(), "snapshot/form", "this is a table of columns and rows: ask Azure Resource Graph for the resultFormat objectArray")
			return true
		}
		if items.Kind() != arm.Array {
			continue
		}
		for item := range items.Items() {
			if name == "exemptions" {
				p.exemption(item)
			} else {
				p.value(item, false)
			}
		}
		p.partial(v)
		return true
	}
	return false
}

// partial reports an export that says itself that there is more.
func (p *reading) partial(v arm.Value) {
	for _, name := range []string{"nextLink", "@odata.nextLink", "skipToken", "skip_token", "$skipToken"} {
		if next := v.Get(name); next.Str() != "" {
			p.errorf(next.Offset(), "snapshot/partial", "list has %q: this is the first page of several, and the others are missing", name)
			return
		}
	}
	if cut := v.Get("resultTruncated"); cut.True() || arm.EqualFold(cut.Str(), "true") {
		p.errorf(cut.Offset(), "snapshot/partial", "list says that it was truncated: some objects are missing")
	}
}

// strange says what an object is that is no policy object.
func (p *reading) strange(v arm.Value) {
	if e := v.Get("error"); e.Kind() == arm.Object {
		p.errorf(e.Offset(), "snapshot/form", "this is the error %q that Azure answered, no export: %.200s", e.Get("code").Str(), e.Get("message").Str())
		return
	}
	if what := libraryFile(v); what != "" {
		p.infof(v.Offset(), "snapshot/form", "this is %s of an Azure landing zone library: it counts when the library is read as a whole", what)
		return
	}
	p.warnf(v.Offset(), "snapshot/form", "no policy object: wanted a definition, a set, an assignment, an exemption, an enrollment or an attestation")
}

// object reads one policy object, and tells whether v is an object of a tenant
// at all.
func (p *reading) object(v arm.Value, alone bool) bool {
	o := p.identify(v)
	if o.kind == nil {
		return o.id != "" // told as left out
	}
	if !p.identity(&o, alone) {
		return true
	}
	o.edits = p.unescape(o)
	if o.kind.typ == assignmentType {
		o.edits = append(o.edits, p.placeholders(o, o.props.Get("scope"), o.props.Get("policyDefinitionId"))...)
	} else if o.kind.typ == setType {
		for m := range o.props.Get("policyDefinitions").Items() {
			o.edits = append(o.edits, p.placeholders(o, m.Get("policyDefinitionId"))...)
			o.edits = append(o.edits, p.named(m)...)
		}
	}
	p.check(o, func(v arm.Value) diag.Pos { return p.pos(v.Offset()) })
	p.compose(o)
	return true
}

// identify tells what kind of object v is. Another resource is counted, and
// has an id and no kind.
func (p *reading) identify(v arm.Value) object {
	o := object{v: v, props: v, shape: flatShape, id: arm.ID(first(v, "id", "resourceId").Str())}
	if props := v.Get("properties"); props.Kind() == arm.Object {
		o.props, o.shape = props, nested
		p.both(v, props)
	} else if v.Get("if").Exists() && v.Get("then").Exists() {
		o.shape, o.kind = bare, kindOf(definitionType)
		return o
	}
	typ := arm.Type(first(v, "type", "resourceType").Str())
	if !strings.Contains(string(typ), "/") {
		typ = ""
	}
	if id, err := arm.ParseID(string(o.id)); typ == "" && err == nil {
		typ = id.Type()
	}
	if o.kind = kindOf(typ); o.kind == nil && typ == "" {
		o.kind = kindOf(byContent(o.props))
	}
	if o.kind == nil && typ != "" {
		if len(p.others) == 0 {
			p.other = p.pos(v.Offset())
		}
		p.others[strings.ToLower(string(typ))]++
		o.id = "/"
	} else if o.kind == nil {
		o.id = ""
	}
	return o
}

// both finds what stands beside "properties" and in it.
func (p *reading) both(v, props arm.Value) {
	for _, name := range []string{"displayName", "description", "mode", "policyType", "parameters", "policyRule", "policyDefinitions"} {
		if outer := v.Get(name); outer.Exists() && props.Get(name).Exists() {
			p.errorf(outer.Offset(), "snapshot/duplicate", "%q stands beside properties and in it", name)
		}
	}
}

// byContent tells a policy object by its properties.
func byContent(props arm.Value) arm.Type {
	has := func(name string) bool { return props.Get(name).Exists() }
	switch {
	case has("policyRule"):
		return definitionType
	case props.Get("policyDefinitions").Kind() == arm.Array || props.Get("policyDefinition").Kind() == arm.Array:
		return setType
	case has("exemptionCategory"):
		return exemptionType
	case has("policyAssignmentId") && has("timestamp"): // a row of az policy state or event
		return ""
	case has("policyAssignmentId") && has("complianceState"):
		return attestType
	case props.Get("policyDefinitionId").Kind() == arm.String:
		return assignmentType
	case has("policyAssignmentId"):
		return enrollmentType
	}
	return ""
}

// first gives the first of some members that is there and not null.
func first(v arm.Value, names ...string) arm.Value {
	for _, name := range names {
		if m := v.Get(name); m.Exists() && m.Kind() != arm.Null {
			return m
		}
	}
	return arm.Value{}
}

// identity finds the id and the name of an object, or says why it has none.
func (p *reading) identity(o *object, alone bool) bool {
	at := first(o.v, "id", "resourceId", "name")
	if !at.Exists() {
		at = o.v
	}
	if o.id != "" {
		return p.withID(o, at)
	}
	if o.name = first(o.v, "name", "resourceName").Str(); o.name == "" && alone && !o.kind.typ.Child() {
		o.name = fileName(p.f.Name)
		p.infof(o.v.Offset(), "snapshot/name", "object has no name and is named after its file: %q", o.name)
	}
	if !p.goodName(o.name, at) {
		return false
	}
	if o.kind.typ.Child() {
		p.errorf(at.Offset(), "snapshot/id", "version %q has no id, so that nothing says whose version it is", o.name)
		return false
	}
	o.id = p.scope(*o).Resource(o.kind.typ, o.name)
	return true
}

// withID checks the id of an object that has one, and takes the name from it.
func (p *reading) withID(o *object, at arm.Value) bool {
	id, err := arm.ParseID(string(o.id))
	if err != nil {
		p.errorf(at.Offset(), "snapshot/id", "%v", err)
		return false
	}
	if t := id.Type(); !t.Equal(o.kind.typ) {
		p.errorf(at.Offset(), "snapshot/id", "id %q is one of %q, and the object is %q", id, t, o.kind.typ)
		return false
	}
	o.name = id.Name()
	name := first(o.v, "name", "resourceName")
	if name.Str() != "" && !arm.EqualFold(name.Str(), o.name) {
		p.warnf(name.Offset(), "snapshot/id", "name is %q, and the id ends with %q, which counts", name.Str(), o.name)
	} else if name.Str() != "" {
		o.name = name.Str()
	}
	return true
}

// goodName tells whether a name can be the end of an id.
func (p *reading) goodName(name string, at arm.Value) bool {
	switch {
	case name == "":
		p.errorf(at.Offset(), "snapshot/name", "object has neither an id nor a name")
	case strings.HasPrefix(name, "[") && strings.HasSuffix(name, "]"):
		p.errorf(at.Offset(), "snapshot/name", "name %q is an expression of a template, which is not here to tell its value", name)
	case strings.ContainsAny(name, "/\x00"):
		p.errorf(at.Offset(), "snapshot/name", "name %q has a slash, which no name of a policy object can have", name)
	default:
		return true
	}
	return false
}

// scope gives the scope of an object that has no id.
func (p *reading) scope(o object) arm.ID {
	scope := o.v.Get("scope").Str()
	if o.kind.typ == assignmentType && scope == "" {
		scope = o.props.Get("scope").Str()
	}
	if id, err := arm.ParseID(scope); err == nil && !p.placeholder(id) {
		return id
	}
	return p.At
}

// fileName gives the name of a file without its ending, or that of its folder
// where it is called as all such files are.
func fileName(file string) string {
	file = strings.ReplaceAll(strings.ToValidUTF8(file, "_"), `\`, "/")
	name := path.Base(file)
	if i := strings.Index(strings.ToLower(name), ".alz_"); i > 0 {
		return name[:i]
	}
	name = strings.TrimSuffix(name, path.Ext(name))
	name = strings.TrimSuffix(name, ".rules")
	if slices.Contains([]string{"azurepolicy", "azurepolicyset", "policy", "policyset", "initiative", "rule", "rules"}, strings.ToLower(name)) {
		if dir := path.Base(path.Dir(file)); dir != "." && dir != "/" {
			return dir
		}
	}
	return name
}

// check reports properties that are unknown, and those of the wrong kind.
func (p *reading) check(o object, place func(arm.Value) diag.Pos) {
	if o.shape == bare {
		return
	}
	unknown := func(v arm.Value, name string, known []string) {
		if p.news(name) {
			p.sayAt(place(v), diag.Warning, "snapshot/unknown-key", "%q is no property of %s; it is kept%s", name, o.kind.typ, diag.DidYouMean(name, known))
		}
	}
	shape := func(v arm.Value, name string, want arm.Kind) {
		if k := v.Kind(); v.Exists() && k != want && k != arm.Null && k != arm.Unknown {
			p.sayAt(place(v), diag.Error, "snapshot/shape", "%q is %s, wanted %s", name, k, want)
		}
	}
	for name, v := range o.props.Members() {
		if !contains(o.kind.keys, name) && (o.shape == nested || !p.beside(name) && pluralOf(name) == name && !arm.EqualFold(name, "properties")) {
			unknown(v, name, o.kind.keys)
		}
	}
	if o.shape == nested {
		for name, v := range o.v.Members() {
			if !p.beside(name) && !arm.EqualFold(name, "properties") {
				unknown(v, name, top)
			}
		}
	} else {
		shape(o.v.Get("properties"), "properties", arm.Object)
	}
	for _, s := range shapes {
		if slices.Contains(o.kind.keys, s.key) {
			shape(o.props.Get(s.key), s.key, s.want)
		}
	}
}

// beside tells whether a member stands beside the properties.
func (p *reading) beside(name string) bool {
	return arm.EqualFold(name, "id") || arm.EqualFold(name, "name") || arm.EqualFold(name, "type") || contains(top, name) || contains(dropped, name)
}

func contains(names []string, name string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return arm.EqualFold(n, name) })
}

// pluralOf gives the property that Azure PowerShell means.
func pluralOf(name string) string {
	for _, p := range plural {
		if arm.EqualFold(name+"s", p) {
			return p
		}
	}
	return name
}

// compose makes the resource of an object. One that is as the REST API would
// return it stays a part of the file's text.
func (p *reading) compose(o object) {
	body := o.v
	slices.SortStableFunc(o.edits, func(a, b edit) int { return a.from - b.from })
	if len(o.edits) > 0 || o.shape != nested || !p.canonical(o) {
		var err error
		if body, err = arm.Parse(o.rewritten()); err != nil {
			p.errorf(o.v.Offset(), "snapshot/limit", "object cannot be put into the form of the REST API: %v", err)
			return
		}
	}
	p.add(Piece{
		Resource: arm.Resource{ID: o.id, Body: body, Pos: p.pos(o.v.Offset())},
		File:     p.f, from: p.base + o.v.Offset(), to: p.base + o.v.Offset() + len(o.v.Text()), shape: o.shape,
	})
}

// canonical tells whether an object needs no change.
func (p *reading) canonical(o object) bool {
	if o.v.Get("id").Str() != string(o.id) || o.v.Get("name").Str() != o.name || o.v.Get("type").Str() != string(o.kind.typ) {
		return false
	}
	for name, v := range o.v.Members() {
		if v.Kind() == arm.Null || contains(dropped, name) || v.Text() == `""` {
			return false
		}
	}
	return true
}

// rewritten gives the text of an object in the form of the REST API.
func (o object) rewritten() string {
	var props writer
	w := writer{make([]byte, 0, len(o.v.Text())+len(o.id)+100)}
	w.str("id", string(o.id))
	w.str("name", o.name)
	w.str("type", string(o.kind.typ))
	for name, v := range o.v.Members() {
		empty := v.Kind() == arm.Null || v.Text() == `""`
		switch {
		case arm.EqualFold(name, "id"), arm.EqualFold(name, "name"), arm.EqualFold(name, "type"), o.shape == bare:
		case contains(top, name):
			if !empty {
				w.raw(name, edited(v, o.edits))
			}
		case o.shape == nested && arm.EqualFold(name, "properties"):
		case contains(o.kind.keys, name) && o.shape == flatShape:
			if v.Kind() != arm.Null {
				props.raw(name, edited(v, o.edits))
			}
		case contains(dropped, name) || empty:
		case o.shape == flatShape:
			props.raw(pluralOf(name), edited(v, o.edits))
		default:
			w.raw(name, edited(v, o.edits))
		}
	}
	switch o.shape {
	case nested:
		w.raw("properties", edited(o.props, o.edits))
	case bare:
		props.raw("policyRule", edited(o.v, o.edits))
		w.raw("properties", props.text())
	default:
		w.raw("properties", props.text())
	}
	return w.text()
}
