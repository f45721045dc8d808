package snapshot

import (
	"cmp"
	"encoding/json"
	"strings"

	"airfield/arm"
	"airfield/diag"
	"airfield/source"
	"airfield/template"
)

// Resources reads one file of any resources, with At as the scope of those that
// have no id: what the REST API, Azure Resource Graph or az prints, as one
// object, a list, or pages of lists; an ARM template, of which it gives what it
// deploys, with Parameters; a Terraform plan or state; policy objects in the
// forms that Policies reads.
//
// What only the deployment will know (references) is unknown in the bodies.
func (r Reader) Resources(f *source.File) ([]Piece, diag.List) {
	p := r.file(f)
	p.everything()
	p.tell()
	return p.pieces, p.found.Sorted()
}

// everything reads a file of any resources.
func (p *reading) everything() {
	if strings.TrimSpace(p.f.Text) == "" {
		p.errorf(0, "snapshot/form", "file is empty: what should have written it probably failed")
		return
	}
	if isCSV(p.f.Text) {
		p.csv()
		return
	}
	if len(p.f.Text) > largeText && p.byItem() {
		return
	}
	root, err := arm.Parse(p.f.Text)
	if err != nil && p.documents() {
		return
	}
	ok := err == nil
	if !ok {
		root, ok = p.parse()
	}
	if ok {
		p.root(root)
	}
}

// root reads what a file, or a document of it, has.
func (p *reading) root(v arm.Value) {
	if !isTemplate(v) {
		p.duplicate(v)
	}
	p.resources(v, true)
	p.usageResources()
}

// documents reads a file of several documents, such as pages that were written
// one behind the other, and tells whether it is one.
func (p *reading) documents() bool {
	in := json.NewDecoder(strings.NewReader(p.f.Text))
	var ends []int
	for {
		var one json.RawMessage
		if in.Decode(&one) != nil {
			break
		}
		ends = append(ends, int(in.InputOffset()))
	}
	if len(ends) < 2 {
		return false
	}
	for _, end := range ends {
		if v, err := arm.Parse(p.f.Text[p.base:end]); err == nil {
			p.root(v)
		} else {
			p.errorf(0, "snapshot/syntax", "document is not JSON: %v", err)
		}
		p.base = end
	}
	if rest := p.f.Text[p.base:]; strings.TrimSpace(rest) != "" {
		p.errorf(len(rest)-len(strings.TrimLeft(rest, " \t\r\n")), "snapshot/syntax", "file is not JSON from here on, behind %d documents", len(ends))
	}
	return true
}

// resources reads whatever a file may hold: an object, or lists of such.
func (p *reading) resources(v arm.Value, alone bool) {
	switch {
	case p.full:
	case v.Kind() == arm.Array:
		for item := range v.Items() {
			p.resources(item, alone && v.Len() == 1)
		}
	case v.Kind() != arm.Object:
		p.errorf(v.Offset(), "snapshot/form", "wanted a resource, found %s", v.Kind())
	case isTemplate(v):
		p.deployed(v)
	case isTerraform(v):
		p.terraform(v)
	case p.listed(v):
	case v.Get("nodeName").Exists():
		p.assignments(v)
	case isEPAC(v) && p.epac(v):
	case p.policyObject(v):
		p.object(v, alone)
	case p.printed(v):
	default:
		p.resource(v)
	}
}

// deployed reads what a template deploys.
func (p *reading) deployed(v arm.Value) {
	if p.placed && p.azopsSubscription(v) {
		return
	}
	scope := p.At
	if p.placed {
		var known bool
		if scope, known = p.deployedTo(v); !known && !p.inFolder {
			p.leave(v, "templates for a deployment to "+string(scope.Type()), "nothing says to which: give --scope")
			return
		}
		if !known {
			scope = p.At
		}
	}
	all, found := template.Expand(p.f, v, template.Deployment{Scope: scope, Parameters: p.Parameters})
	for _, d := range found {
		if !p.inFolder || d.Code != "template/scope" { // AzOps writes one schema for all scopes
			p.found = append(p.found, d)
		}
	}
	for _, made := range all.Resources {
		if !made.Theirs {
			p.emit(Piece{Resource: made, File: p.f})
		}
	}
}

// listed reads an object that has resources in a member. Where it has the id of
// a scope too, they are of that scope: az can be told to write that with
// --query "{id:'/subscriptions/…', value:@}".
func (p *reading) listed(v arm.Value) bool {
	for _, name := range []string{"value", "data", "exemptions"} {
		list := v.Get(name)
		if list.Kind() == arm.Object && list.Get("rows").Kind() == arm.Array {
			p.errorf(list.Offset(), "snapshot/form", "this is a table of columns and rows: ask Azure Resource Graph for the resultFormat objectArray")
			return true
		}
		if list.Kind() != arm.Array || v.Get("type").Exists() || v.Get("name").Exists() {
			continue
		}
		outer := p.At
		if id, err := arm.ParseID(v.Get("id").Str()); err == nil {
			p.At = id
		}
		p.page(v, list.Len())
		for item := range list.Items() {
			if name == "exemptions" {
				p.exemption(item)
			} else {
				p.resources(item, false)
			}
		}
		p.At = outer
		return true
	}
	return false
}

// policyObject tells whether v is an object that Policies reads.
func (p *reading) policyObject(v arm.Value) bool {
	id, typ := v.Get("id").Str(), arm.Type(v.Get("type").Str())
	if parsed, err := arm.ParseID(id); err == nil {
		return kindOf(parsed.Type()) != nil
	}
	if strings.Contains(string(typ), "/") {
		return kindOf(typ) != nil && !v.Get("apiVersion").Exists()
	}
	props := first(v, "properties")
	if props.Kind() != arm.Object {
		props = v
	}
	return id == "" && (byContent(props) != "" || v.Get("if").Exists() && v.Get("then").Exists())
}

// page is one page of the answer to a query.
type page struct {
	rows, total int
	last        bool // no other follows
	pos         diag.Pos
}

// page notes a list that says how much more there is.
func (p *reading) page(v arm.Value, rows int) {
	total, counted := first(v, "total_records", "totalRecords").Int()
	if !counted || p.pages == nil {
		p.partial(v)
		return
	}
	last := true
	for _, name := range []string{"skip_token", "$skipToken", "skipToken"} {
		last = last && v.Get(name).Str() == ""
	}
	p.pages(page{rows: rows, total: int(total), last: last, pos: p.pos(v.Offset())})
}

// resource reads a resource that has the form of Azure Resource Manager.
func (p *reading) resource(v arm.Value) {
	id, name, typ := resourceID(v), v.Get("name").Str(), arm.Type(v.Get("type").Str())
	switch {
	case id != "":
	case v.Get("error").Kind() == arm.Object && typ == "":
		p.strange(v)
		return
	case v.Len() > 0 && typ == "" || name == "":
		p.leave(v, "rows without an id", "a query that projects columns gives no resources: ask for whole rows, or keep id, name, type and properties")
		return
	case strings.Count(name, "/") != strings.Count(string(typ), "/")-1:
		p.errorf(v.Get("name").Offset(), "snapshot/name", "name %q does not have a part for each part of type %s", name, typ)
		return
	default:
		id = p.At.Resource(typ, strings.Split(name, "/")...)
	}
	if _, err := arm.ParseID(string(id)); err != nil {
		p.errorf(cmp.Or(v.Get("id").Offset(), v.Get("name").Offset()), "snapshot/id", "%v", err)
		return
	}
	p.put(v, id)
}

// resourceID gives the id of an object. The consumption API leaves the first
// slash out.
func resourceID(v arm.Value) arm.ID {
	id := first(v, "id", "ResourceId").Str()
	if strings.HasPrefix(id, "subscriptions/") || strings.HasPrefix(id, "providers/") {
		id = "/" + id
	}
	return arm.ID(id)
}
