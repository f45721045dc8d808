package trial

import (
	"cmp"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"airfield/arm"
	"airfield/diag"
	"airfield/policy"
	"airfield/snapshot"
	"airfield/source"
	"airfield/template"
	"airfield/tenant"
)

// scene is what one test is about: what the file and the test say together.
type scene struct {
	given
	all         arm.Value // parameters
	template    arm.Value // parameters of a template
	group, sub  arm.Value // resourceGroup and subscription
	caller      arm.Value
	knows       bool // what exists is told
	wanted      properties
	parametersP diag.Pos
}

// scene lays what a test says over what the file says.
func (s *Suite) scene(t *test) scene {
	c := scene{given: t.given, all: t.Parameters.over(s.Parameters), template: t.TemplateParameters.over(s.TemplateParameters),
		group: t.ResourceGroup.over(s.ResourceGroup), sub: t.Subscription.over(s.Subscription), caller: t.Caller.over(s.Caller)}
	if c.Resource == nil {
		c.Resource = s.Resource
	}
	c.knows = t.Has("related") || s.Has("related")
	if !t.Has("related") {
		c.Related = s.Related
	}
	c.Verb = cmp.Or(c.Verb, s.Verb, "put")
	c.wanted = append(append(properties{}, s.Set...), t.Set...)
	c.parametersP = s.Of("parameters")
	if t.Has("parameters") {
		c.parametersP = t.Of("parameters")
	}
	return c
}

// subject is a resource that is judged, with the places of its values.
type subject struct {
	arm.Resource
	patch arm.Value
	place func(path []string) diag.Pos
}

// Where a resource, or what is around it, has no name of its own.
const (
	noSubscription = "00000000-0000-0000-0000-000000000000"
	noName         = "test"
)

// group gives the resource group that resources without an id lie in.
func (c *scene) groupID() arm.ID {
	sub := cmp.Or(c.sub.Get("subscriptionId").Str(), arm.ID(c.sub.Get("id").Str()).Name(), noSubscription)
	return arm.Subscription(sub).ResourceGroup(cmp.Or(c.group.Get("name").Str(), arm.ID(c.group.Get("id").Str()).Name(), noName))
}

// subjects gives the resources of a test; several where it names a template.
func (s *session) subjects(c *scene) ([]subject, error) {
	body, f, place, err := s.body(c.Resource)
	if err != nil {
		return nil, err
	}
	if f != nil && isTemplate(body) {
		if len(c.wanted) > 0 {
			return nil, fmt.Errorf("%q is a template, whose resources set and each do not change", f.Name)
		}
		return s.expand(f, body, c)
	}
	one := subject{place: place, patch: body}
	if len(c.wanted) > 0 && c.Verb == "patch" {
		one.patch = arm.New(arm.O{})
	}
	for _, w := range c.wanted {
		if body, err = s.put(body, w, body); err == nil && c.Verb == "patch" {
			one.patch, err = s.put(one.patch, w, body)
		}
		if err != nil {
			return nil, err
		}
	}
	one.Resource, err = c.complete(body)
	one.Pos = c.Resource.pos
	return []subject{one}, err
}

// body reads a resource, and the file that it is in.
func (s *session) body(x *fixture) (v arm.Value, f *source.File, place func([]string) diag.Pos, err error) {
	if x.file == "" {
		return x.object.json, nil, x.object.place, nil
	}
	f, ok := s.read(s.path(x.file), x.pos)
	if !ok {
		return v, nil, nil, errUnread
	}
	if ext := strings.ToLower(filepath.Ext(x.file)); ext == ".yaml" || ext == ".yml" {
		n, found := source.YAML(f)
		var o object
		if n != nil {
			found = append(found, source.Decode(n, &o)...)
		}
		s.found = append(s.found, found...)
		if n == nil || found.HasErrors() {
			return v, nil, nil, errUnread
		}
		return o.json, f, o.place, nil
	}
	v, err = arm.Parse(f.Text)
	if e, ok := errors.AsType[*arm.SyntaxError](err); ok {
		s.found.Errorf(f.Pos(e.Offset), "test/resource", "file is not JSON: %s", e.Message)
		return v, nil, nil, errUnread
	}
	if err == nil && v.Kind() != arm.Object {
		err = fmt.Errorf("file %q has %s, wanted a resource", f.Name, v.Kind())
	}
	return v, f, func(path []string) diag.Pos { return f.Pos(nearest(v, path).Offset()) }, err
}

// errUnread says that a finding tells why a test cannot be judged.
var errUnread = errors.New("its files cannot be read")

// nearest gives what lies at a path, or the nearest around it.
func nearest(v arm.Value, path []string) arm.Value {
	for _, step := range path {
		next := v.Get(step)
		if i, err := strconv.Atoi(step); err == nil && v.Kind() == arm.Array {
			next = v.At(i)
		}
		if !next.Exists() {
			break
		}
		v = next
	}
	return v
}

// put sets one property. Where its name is an alias, it is one of the type that
// the resource has.
func (s *session) put(v arm.Value, p property, of arm.Value) (arm.Value, error) {
	name := p.name
	if front, _, _ := strings.Cut(name, "["); strings.Contains(front, "/") {
		path := ""
		for _, a := range s.table.Lookup(name) {
			if a.Type.Equal(arm.Type(of.Get("type").Str())) {
				path = a.Path
			}
		}
		if name = path; name == "" {
			return v, fmt.Errorf("%q is no alias of %s", p.name, of.Get("type").Str())
		}
	}
	w, err := way(name)
	if err != nil {
		return v, err
	}
	return put(v, w, p.value)
}

func isTemplate(v arm.Value) bool {
	return strings.Contains(strings.ToLower(v.Get("$schema").Str()), "deploymenttemplate")
}

// expand gives the resources of a template.
func (s *session) expand(f *source.File, t arm.Value, c *scene) ([]subject, error) {
	d := template.Deployment{Scope: c.groupID(), Location: c.group.Get("location").Str(), Now: s.Now.Time, Parameters: c.template}
	switch schema := strings.ToLower(t.Get("$schema").Str()); {
	case strings.Contains(schema, "subscriptiondeploymenttemplate"):
		d.Scope = d.Scope.SubscriptionID()
	case strings.Contains(schema, "managementgroupdeploymenttemplate"):
		d.Scope = arm.ManagementGroup(noName)
	case strings.Contains(schema, "tenantdeploymenttemplate"):
		d.Scope = arm.Tenant
	}
	around := c.containers(d.Scope)
	d.Known = func(id arm.ID) (arm.Resource, bool) {
		for _, r := range around {
			if r.ID.Equal(id) {
				return r, true
			}
		}
		return arm.Resource{}, false
	}
	x, found := template.Expand(f, t, d)
	for _, one := range found {
		if one.Severity != diag.Info {
			s.found = append(s.found, one)
		}
	}
	if found.HasErrors() {
		return nil, errUnread
	}
	var all []subject
	for _, r := range x.Resources {
		if !r.Theirs {
			all = append(all, subject{Resource: r, patch: r.Body, place: func([]string) diag.Pos { return r.Pos }})
		}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("template %q deploys nothing", f.Name)
	}
	return all, nil
}

// complete gives a resource the id, name and type that it does not have.
func (c *scene) complete(body arm.Value) (r arm.Resource, err error) {
	if body.Kind() != arm.Object {
		return r, errors.New("nothing is left of the resource")
	}
	typ := arm.Type(body.Get("type").Str())
	id := arm.ID(body.Get("id").Str())
	if id == "" {
		if id, err = c.id(typ, cmp.Or(body.Get("name").Str(), noName)); err != nil {
			return r, err
		}
	}
	if _, err := arm.ParseID(string(id)); err != nil {
		return r, err
	}
	for _, m := range []struct{ name, value string }{{"type", string(id.Type())}, {"name", id.Name()}, {"id", string(id)}} {
		if !body.Get(m.name).Exists() {
			if body, err = body.Set(m.value, m.name); err != nil {
				return r, err
			}
		}
	}
	return arm.Resource{ID: id, Body: body}, nil
}

// id makes the id of a resource in the test's resource group.
func (c *scene) id(t arm.Type, name string) (arm.ID, error) {
	parts := strings.Split(string(t), "/")
	if len(parts) < 2 {
		return "", fmt.Errorf("resource has neither an id nor a type such as Microsoft.Storage/storageAccounts, but %q", t)
	}
	switch {
	case t.Equal(arm.SubscriptionType):
		return c.groupID().SubscriptionID(), nil
	case t.Equal(arm.ResourceGroupType), arm.EqualFold(string(t), "Microsoft.Resources/subscriptions/resourceGroups"):
		return c.groupID().SubscriptionID().ResourceGroup(name), nil
	case t.Equal(arm.ManagementGroupType):
		return arm.ManagementGroup(name), nil
	}
	names := strings.Split(name, "/")
	if len(names) > len(parts)-1 {
		return "", fmt.Errorf("name %q has %d parts, and type %q has %d", name, len(names), t, len(parts)-1)
	}
	for len(names) < len(parts)-1 {
		names = append([]string{noName}, names...) // parents that nobody named
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s/providers/%s", c.groupID(), parts[0])
	for i, n := range names {
		fmt.Fprintf(&b, "/%s/%s", parts[i+1], n)
	}
	return arm.ID(b.String()), nil
}

// containers gives the resource group and the subscription around an id, as far
// as the test tells of them.
func (c *scene) containers(id arm.ID) []arm.Resource {
	var all []arm.Resource
	add := func(id arm.ID, told arm.Value, t arm.Type) {
		if id == "" || !told.Exists() {
			return
		}
		o := arm.O{"id", id, "name", id.Name(), "type", t}
		for name, v := range told.Members() {
			switch strings.ToLower(name) {
			case "id", "name", "type", "subscriptionid":
			default:
				o = append(o, name, v)
			}
		}
		all = append(all, arm.Resource{ID: id, Body: arm.New(o)})
	}
	add(id.SubscriptionID(), c.sub, arm.SubscriptionType)
	add(id.ResourceGroupID(), c.group, arm.ResourceGroupType)
	return all
}

// related gives the resources that exist: those with an id, which lie where it
// says, and the others, which lie where a policy looks for them.
func (s *session) related(c *scene) (placed, loose []arm.Resource, err error) {
	for i := range c.Related {
		v, _, _, err := s.body(&c.Related[i])
		if err != nil {
			return nil, nil, err
		}
		if v.Get("type").Str() == "" && v.Get("id").Str() == "" {
			return nil, nil, fmt.Errorf("related resource %d has neither a type nor an id", i+1)
		}
		r, err := c.complete(v)
		if err != nil {
			return nil, nil, err
		}
		if v.Get("id").Exists() {
			placed = append(placed, r)
		} else {
			loose = append(loose, r)
		}
	}
	return placed, loose, nil
}

// finder gives the function that finds related resources.
func (s *session) finder(t *tenant.Tenant, c *scene, loose []arm.Resource) policy.Related {
	in := policy.In(t)
	return func(q policy.Query) ([]arm.Resource, string) {
		found, why := in(q)
		for _, r := range loose {
			name := q.Name[strings.LastIndexByte(q.Name, '/')+1:]
			if r.Type().Equal(q.Type) && (name == "" || name == "?" || arm.EqualFold(name, r.ID.Name())) {
				found = append(found, r)
			}
		}
		if why == "" && !c.knows && s.Tenant == "" {
			why = "the test does not say which exist (related: [] for none)"
		}
		return found, why
	}
}

// place gives the place of a value: in what is judged, or in a policy.
func (s *session) place(r arm.Resource, v arm.Value) diag.Pos {
	if s.subject == nil || !r.ID.Equal(s.subject.ID) {
		return s.places(r, v)
	}
	path := snapshot.Path(r.Body, v)
	if nearest(r.Body, path).Text() != v.Text() {
		return diag.Pos{} // a value that was computed
	}
	return s.subject.place(path)
}
