package twin

import (
	"cmp"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"airfield/arm"
)

// answer is what ARM answers to a caller it has admitted.
func (t *Twin) answer(q request) reply {
	at := locate(q.path)
	if p := cmp.Or(checkVersion(q.param("api-version"), at), checkNamespace(at)); p != nil {
		return p.reply()
	}
	at.id = t.respell(at.id)
	switch at.kind {
	case provider:
		return t.providers(q, at)
	case other:
		return t.others(q, at)
	case collection:
		switch q.verb {
		case http.MethodGet:
			return t.list(q, at)
		case http.MethodPost:
			return t.act(at)
		}
		return notAllowed(q.verb)
	}
	service := t.serviceOf(at.typ)
	if service.serve != nil {
		return service.serve(t, q, at.id)
	}
	switch q.verb {
	case http.MethodGet, http.MethodHead:
		return t.read(q, at.id)
	case http.MethodPut:
		return t.put(q, at.id)
	case http.MethodPatch:
		return t.patch(q, at.id)
	case http.MethodDelete:
		return t.delete(q, at.id)
	}
	return notAllowed(q.verb)
}

var version = regexp.MustCompile(`^\d{4}-\d\d-\d\d(-[A-Za-z]+(\.?\d+)?)?$`)

func checkVersion(v string, at address) *problem {
	switch {
	case at.kind == other && strings.HasPrefix(at.rest, "operationresults/"):
		return nil // a link that the twin gave
	case v == "":
		return fail(http.StatusBadRequest, "MissingApiVersionParameter", "The api-version query parameter (?api-version=) is required for all requests.")
	case !version.MatchString(v):
		return fail(http.StatusBadRequest, "InvalidApiVersionParameter", "The api-version '%s' is invalid. It has the form YYYY-MM-DD, with -preview for a preview.", v)
	}
	return nil
}

func checkNamespace(at address) *problem {
	if (at.kind == one || at.kind == collection) && !strings.Contains(at.typ.Namespace(), ".") {
		return fail(http.StatusNotFound, "InvalidResourceNamespace", "The resource namespace '%s' is invalid.", at.typ.Namespace())
	}
	return nil
}

// respell gives the id with its known part in the spelling of its first PUT.
func (t *Twin) respell(id arm.ID) arm.ID {
	for known := id; known != arm.Tenant; known = known.Parent() {
		if r, found := t.store.get(known); found {
			return r.ID + id[len(known):]
		}
	}
	return id
}

// refer gives the id that a body names, spelled as respell does.
func (t *Twin) refer(v arm.Value) arm.ID {
	id, err := arm.ParseID(v.Str())
	if err != nil {
		return arm.ID(v.Str())
	}
	return t.respell(id)
}

// absent says which of the scopes and parents around the id is missing, nil
// where all are there.
func (t *Twin) absent(id arm.ID) *problem {
	for _, around := range []arm.ID{id.SubscriptionID(), id.ResourceGroupID(), id.Scope()} {
		if around != "" && around != arm.Tenant && !around.Equal(id) && !t.store.has(around) {
			return notFound(around)
		}
	}
	if parent := id.Parent(); parent != arm.Tenant && !t.store.has(parent) {
		return fail(http.StatusNotFound, "ParentResourceNotFound", "Failed to perform operation on nested resource '%s'. Parent resource '%s' not found.", id, parent)
	}
	return nil
}

// stored gives the resource, or says what is not there: it, or what it lies in.
func (t *Twin) stored(id arm.ID) (arm.Resource, *problem) {
	r, found := t.store.get(id)
	if found {
		return r, nil
	}
	if p := t.absent(id); p != nil {
		return r, p
	}
	return r, notFound(id)
}

func (t *Twin) read(q request, id arm.ID) reply {
	r, p := t.stored(id)
	switch {
	case p != nil && q.verb == http.MethodHead:
		return reply{status: http.StatusNotFound}
	case p != nil:
		return p.reply()
	case q.verb == http.MethodHead:
		return reply{status: http.StatusNoContent}
	}
	if show := t.serviceOf(id.Type()).show; show != nil {
		return ok(show(t, q, r))
	}
	return ok(r.Body)
}

// object reads the body of a PUT or PATCH. No body says nothing, as when a
// subscription is put into a management group.
func (q request) object() (arm.Value, *problem) {
	body, err := arm.Parse(cmp.Or(q.body, "{}"))
	switch {
	case err != nil:
		return body, fail(http.StatusBadRequest, "InvalidRequestContent", "The request content was invalid and could not be deserialized: '%s'.", err)
	case tooDeep(body):
		return body, fail(http.StatusBadRequest, "InvalidRequestContent", "The request content was invalid: it is nested more than %d deep.", arm.MaxDepth-around)
	case body.Kind() != arm.Object:
		return body, fail(http.StatusBadRequest, "InvalidRequestContent", "The request content was invalid: wanted an object, found %s.", body.Kind())
	}
	for _, name := range []string{"properties", "identity", "tags", "sku"} {
		if k := body.Get(name).Kind(); k != arm.Missing && k != arm.Null && k != arm.Object {
			return body, fail(http.StatusBadRequest, "InvalidRequestContent", "The request content was invalid: '%s' is to be an object, found %s.", name, k)
		}
	}
	return body, nil
}

// tooDeep tells whether a body leaves no room for what answers put around it.
func tooDeep(body arm.Value) bool {
	_, err := arm.Parse(strings.Repeat("[", around) + body.Text() + strings.Repeat("]", around))
	return err != nil
}

func (t *Twin) put(q request, id arm.ID) reply {
	sent, p := q.object()
	if p == nil {
		p = t.absent(id)
	}
	if p != nil {
		return p.reply()
	}
	return t.keep(id, sent)
}

func (t *Twin) patch(q request, id arm.ID) reply {
	sent, p := q.object()
	if p != nil {
		return p.reply()
	}
	old, p := t.stored(id)
	if p != nil {
		return p.reply()
	}
	a := t.keep(id, merge(old.Body, sent))
	if a.status < 300 {
		a.status = http.StatusOK
	}
	return a
}

// merge is JSON merge patch, RFC 7396, with names compared as ARM compares them.
func merge(old, patch arm.Value) arm.Value {
	if patch.Kind() != arm.Object || old.Kind() != arm.Object {
		return patch
	}
	o := arm.O{}
	for name, v := range old.Members() {
		switch change := patch.Get(name); change.Kind() {
		case arm.Missing:
			o = append(o, name, v)
		case arm.Null:
		default:
			o = append(o, name, merge(v, change))
		}
	}
	for name, v := range patch.Members() {
		if !old.Get(name).Exists() && v.Kind() != arm.Null {
			o = append(o, name, v)
		}
	}
	return arm.New(o)
}

// keep lets the type's service take what is sent, and stores it.
func (t *Twin) keep(id arm.ID, sent arm.Value) reply {
	old, exists := t.store.get(id)
	service := t.serviceOf(id.Type())
	if p := staysThere(old, sent); p != nil {
		return p.reply()
	}
	for _, kind := range service.within {
		if p := named(sent.Get("properties", kind)); p != nil {
			return p.reply()
		}
	}
	if service.take != nil {
		taken, p := service.take(t, id, sent)
		if p != nil {
			return p.reply()
		}
		sent = taken
	}
	status := service.codes().created
	if exists {
		status = service.codes().replaced
	}
	return reply{status: status, body: t.save(id, sent)}
}

// staysThere refuses a PUT that would move a resource to another region.
func staysThere(old arm.Resource, sent arm.Value) *problem {
	from, to := old.Location(), sent.Get("location").Str()
	if from == "" || to == "" || arm.EqualFold(strings.ReplaceAll(from, " ", ""), strings.ReplaceAll(to, " ", "")) {
		return nil
	}
	if old.Type().Equal(arm.ResourceGroupType) {
		return fail(http.StatusConflict, "InvalidResourceGroupLocation", "Invalid resource group location '%s'. The Resource group already exists in location '%s'.", to, from)
	}
	return fail(http.StatusConflict, "InvalidResourceLocation", "The resource '%s' already exists in location '%s' in resource group '%s'. A resource with the same name cannot be created in location '%s'. Please select a new resource name.", old.ID.Name(), from, old.ID.ResourceGroupID().Name(), to)
}

func (t *Twin) delete(q request, id arm.ID) reply {
	codes := t.serviceOf(id.Type()).codes()
	if _, p := t.stored(id); p != nil {
		if codes.gone == http.StatusNotFound || t.absent(id) != nil {
			return p.reply()
		}
		return reply{status: codes.gone}
	}
	if drop := t.serviceOf(id.Type()).drop; drop != nil {
		if p := drop(t, id); p != nil {
			return p.reply()
		}
	}
	t.store.remove(id)
	t.gather(id)
	a := reply{status: codes.deleted}
	if a.status == http.StatusAccepted {
		a.header = map[string]string{"Location": q.base + "/operationresults/" + guid("delete", string(id)) + "?api-version=" + q.param("api-version")}
	}
	return a
}

// list gives the resources of a type at a scope or parent and below it. Of the
// types that work downward, such as policy assignments, it gives those of the
// scopes above too.
func (t *Twin) list(q request, at address) reply {
	if at.id != arm.Tenant {
		if _, p := t.stored(at.id); p != nil {
			return p.reply()
		}
	}
	match, p := parseFilter(q.param("$filter"), at.id)
	if p != nil {
		return p.reply()
	}
	var items arm.A
	add := func(r arm.Resource) {
		if r.Type().Equal(at.typ) && match(r) {
			items = append(items, r.Body)
		}
	}
	if t.serviceOf(at.typ).downward {
		for _, scope := range t.above(at.id) {
			for r := range t.store.under(below(scope, "providers", at.typ.Namespace())) {
				if r.ID.Scope().Equal(scope) {
					add(r)
				}
			}
		}
	}
	from := at.id
	switch {
	case at.typ.Equal(arm.SubscriptionType):
		from = "/subscriptions"
	case at.id == arm.Tenant:
		from = below(at.id, "providers", at.typ.Namespace())
	}
	for r := range t.store.under(from) {
		add(r)
	}
	return values(items)
}

func values(items arm.A) reply {
	if items == nil {
		items = arm.A{}
	}
	return ok(arm.New(arm.O{"value", items}))
}

// others answers the paths that name neither a resource nor a type.
func (t *Twin) others(q request, at address) reply {
	word, _, _ := strings.Cut(at.rest, "/")
	switch {
	case arm.EqualFold(word, "operationresults") && q.verb == http.MethodGet:
		return ok(arm.Value{}) // all the twin does is done when it answers
	case arm.EqualFold(at.rest, "tenants") && q.verb == http.MethodGet:
		return values(arm.A{arm.O{"id", "/tenants/" + t.tenant, "tenantId", t.tenant, "displayName", "Airfield twin", "tenantCategory", "Home"}})
	case arm.EqualFold(at.rest, "resources") && q.verb == http.MethodGet && at.id != arm.Tenant:
		return t.resources(q, at)
	}
	return fail(http.StatusNotFound, "NotFound", "The twin knows nothing at '%s' of '%s'.", at.rest, at.id).reply()
}

// resources lists what lies in a subscription or resource group and has a
// region.
func (t *Twin) resources(q request, at address) reply {
	if _, p := t.stored(at.id); p != nil {
		return p.reply()
	}
	match, p := parseFilter(q.param("$filter"), at.id)
	if p != nil {
		return p.reply()
	}
	var items arm.A
	for r := range t.store.under(at.id) {
		if r.Location() != "" && !r.Type().Equal(arm.ResourceGroupType) && match(r) {
			items = append(items, r.Body)
		}
	}
	return values(items)
}

// providers answers for the resource providers, all of which are registered.
func (t *Twin) providers(q request, at address) reply {
	if q.verb != http.MethodGet {
		return notAllowed(q.verb)
	}
	if at.typ != "" {
		return ok(registered(at.id, string(at.typ)))
	}
	var names []string
	for r := range t.store.under(arm.Tenant) {
		names = append(names, r.Type().Namespace())
	}
	slices.Sort(names)
	var items arm.A
	for _, name := range slices.Compact(names) {
		items = append(items, registered(at.id, name))
	}
	return values(items)
}

func registered(scope arm.ID, namespace string) arm.Value {
	return arm.New(arm.O{"id", below(scope, "providers", namespace), "namespace", namespace, "registrationState", "Registered", "registrationPolicy", "RegistrationRequired", "resourceTypes", arm.A{}})
}

// act answers a POST.
func (t *Twin) act(at address) reply {
	name := at.typ[strings.LastIndexByte(string(at.typ), '/')+1:]
	switch {
	case name.Equal("register") || name.Equal("unregister"):
		return ok(registered(at.id, at.typ.Namespace()))
	case at.typ.Equal("Microsoft.Resources/validateResources"):
		return ok(arm.New(arm.O{}))
	}
	return fail(http.StatusNotImplemented, "NotImplemented", "The twin does not have the action '%s' of '%s'.", name, at.id).reply()
}
