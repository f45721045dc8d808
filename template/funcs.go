package template

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"airfield/arm"
	"airfield/diag"
	"airfield/expr"
)

// funcs are the functions that a template has beside the general ones, by name
// in lower case (learn.microsoft.com/azure/azure-resource-manager/templates/template-functions,
// under deployment, resource and scope).
func (c *context) funcs() map[string]expr.Func {
	return map[string]expr.Func{
		"copyindex":   {Max: 2, Eval: c.copyIndex},
		"deployer":    {Max: 0, Eval: later},
		"deployment":  {Max: 0, Eval: c.deployment},
		"environment": {Max: 0, Eval: func(*expr.Call) (arm.Value, error) { return publicCloud, nil }},
		"parameters":  {Min: 1, Max: 1, Eval: func(k *expr.Call) (arm.Value, error) { return c.parameter(k.Str(0)) }},
		"variables":   {Min: 1, Max: 1, Eval: func(k *expr.Call) (arm.Value, error) { return c.variable(k.Str(0)) }},

		"extensionresourceid":       {Min: 3, Max: -1, Mode: expr.Open, Eval: c.extensionResourceID},
		"managementgroupresourceid": {Min: 2, Max: -1, Mode: expr.Open, Eval: c.managementGroupResourceID},
		"resourceid":                {Min: 2, Max: -1, Mode: expr.Open, Eval: c.resourceID},
		"subscriptionresourceid":    {Min: 2, Max: -1, Mode: expr.Open, Eval: c.subscriptionResourceID},
		"tenantresourceid":          {Min: 2, Max: -1, Mode: expr.Open, Eval: c.tenantResourceID},
		"pickzones":                 {Min: 3, Max: 5, Eval: later},
		"providers":                 {Min: 1, Max: 2, Eval: later},
		"reference":                 {Min: 1, Max: 3, Eval: c.reference},
		"references":                {Min: 1, Max: 2, Eval: c.references},
		"tologicalzone":             {Min: 3, Max: 3, Eval: later},
		"tologicalzones":            {Min: 3, Max: 3, Eval: later},
		"tophysicalzone":            {Min: 3, Max: 3, Eval: later},
		"tophysicalzones":           {Min: 3, Max: 3, Eval: later},

		"managementgroup": {Max: 1, Eval: c.managementGroup},
		"resourcegroup":   {Max: 2, Eval: c.resourceGroup},
		"subscription":    {Max: 1, Eval: c.subscription},
		"tenant":          {Max: 0, Eval: c.tenant},
	}
}

func (c *context) lookup(name string) (expr.Func, bool) {
	v := c.values
	if f, ok := v.names[name]; ok {
		return f, true
	}
	if u, ok := v.user[name]; ok {
		n := u.decl.Get("parameters").Len()
		return expr.Func{Min: n, Max: n, Mode: expr.Open, Eval: func(k *expr.Call) (arm.Value, error) { return v.callUser(u, k) }}, true
	}
	if strings.HasPrefix(name, "list") {
		return expr.Func{Min: 1, Max: 3, Eval: v.list}, true
	}
	return expr.Func{}, false
}

// later is a function whose result only Azure knows.
func later(k *expr.Call) (arm.Value, error) { return k.Unknown() }

// callUser evaluates a user's function: its body sees the arguments as
// parameters, and neither variables nor resources.
func (c *context) callUser(u *userFunc, k *expr.Call) (arm.Value, error) {
	args := map[string]arm.Value{}
	i := 0
	for p := range u.decl.Get("parameters").Items() {
		args[strings.ToLower(p.Get("name").Str())] = k.Arg(i)
		i++
	}
	env := expr.Env{Func: func(name string) (expr.Func, bool) {
		if name == "parameters" {
			return expr.Func{Min: 1, Max: 1, Eval: func(k *expr.Call) (arm.Value, error) {
				v, ok := args[strings.ToLower(k.Str(0))]
				if !ok {
					return v, fmt.Errorf("function %q has no parameter %q", u.name, k.Str(0))
				}
				return v, nil
			}}, true
		}
		if inner, ok := c.user[name]; ok {
			n := inner.decl.Get("parameters").Len()
			return expr.Func{Min: n, Max: n, Mode: expr.Open, Eval: func(k *expr.Call) (arm.Value, error) { return c.callUser(inner, k) }}, true
		}
		return expr.Func{}, false
	}}
	return c.substitute(u.decl.Get("output", "value"), k, env)
}

// substitute evaluates the strings in a user function's body, which may be an
// object.
func (c *context) substitute(v arm.Value, k *expr.Call, env expr.Env) (arm.Value, error) {
	var failed error
	text := rewrite(nil, v, func(s string) (arm.Value, error) {
		e, err := c.x.parse(s)
		if err != nil {
			return arm.Value{}, err
		}
		return k.Eval(e, env)
	}, &failed)
	if failed != nil {
		return arm.Value{}, failed
	}
	if len(text) > maxBytes/16 {
		return arm.Value{}, errors.New("result is too large")
	}
	return arm.Parse(string(text))
}

// rewrite writes v with its strings replaced.
func rewrite(b []byte, v arm.Value, f func(string) (arm.Value, error), failed *error) []byte {
	closed := func(b []byte, bracket byte) []byte {
		if b[len(b)-1] == ',' {
			b = b[:len(b)-1]
		}
		return append(b, bracket)
	}
	switch v.Kind() {
	case arm.String:
		out, err := f(v.Str())
		if err != nil && *failed == nil {
			*failed = err
		}
		v = out
	case arm.Array:
		b = append(b, '[')
		for item := range v.Items() {
			b = append(rewrite(b, item, f, failed), ',')
		}
		return closed(b, ']')
	case arm.Object:
		b = append(b, '{')
		for name, value := range v.Members() {
			b = append(arm.AppendString(b, name), ':')
			b = append(rewrite(b, value, f, failed), ',')
		}
		return closed(b, '}')
	}
	if !v.Exists() {
		return append(b, "null"...)
	}
	return append(b, v.Text()...)
}

// copyIndex gives the index of the innermost loop, or of the one named, plus an
// offset.
func (c *context) copyIndex(k *expr.Call) (arm.Value, error) {
	name, offset := "", int64(0)
	switch {
	case k.Len() > 0 && k.Arg(0).Kind() == arm.String:
		if name = k.Str(0); k.Len() == 2 {
			offset = k.Int(1)
		}
	case k.Len() > 0:
		offset = k.Int(0)
	}
	loops := c.values.loops
	for i := len(loops) - 1; i >= 0; i-- {
		if name == "" || arm.EqualFold(loops[i].name, name) {
			return arm.New(int64(loops[i].index) + offset), nil
		}
	}
	if name == "" {
		return arm.Value{}, errors.New("stands in no copy loop")
	}
	return arm.Value{}, fmt.Errorf("no copy loop %q around", name)
}

func (c *context) deployment(*expr.Call) (arm.Value, error) {
	o := arm.O{"name", c.d.Name, "id", string(id(c.d.Scope, "Microsoft.Resources/deployments", c.d.Name)), "type", "Microsoft.Resources/deployments"}
	if t := c.d.Scope.Type(); !t.Equal(arm.ResourceGroupType) {
		o = append(o, "location", c.d.Location)
	}
	template := arm.O{"$schema", c.t.Get("$schema"), "contentVersion", c.t.Get("contentVersion")}
	if m := c.t.Get("metadata"); m.Kind() == arm.Object && shallow(m) {
		template = append(template, "metadata", m)
	}
	return arm.New(append(o, "properties", arm.O{"template", template, "mode", "Incremental", "provisioningState", "Accepted"})), nil
}

// publicCloud is what environment() gives in Azure's public cloud
// (learn.microsoft.com/azure/azure-resource-manager/templates/template-functions-deployment#environment).
var publicCloud = arm.New(arm.O{
	"name", "AzureCloud",
	"gallery", "https://gallery.azure.com/",
	"graph", "https://graph.windows.net/",
	"portal", "https://portal.azure.com",
	"graphAudience", "https://graph.windows.net/",
	"activeDirectoryDataLake", "https://datalake.azure.net/",
	"batch", "https://batch.core.windows.net/",
	"media", "https://rest.media.azure.net",
	"sqlManagement", "https://management.core.windows.net:8443/",
	"vmImageAliasDoc", "https://raw.githubusercontent.com/Azure/azure-rest-api-specs/master/arm-compute/quickstart-templates/aliases.json",
	"resourceManager", "https://management.azure.com/",
	"authentication", arm.O{
		"loginEndpoint", "https://login.microsoftonline.com/",
		"audiences", []string{"https://management.core.windows.net/", "https://management.azure.com/"},
		"tenant", "common",
		"identityProvider", "AAD",
	},
	"suffixes", arm.O{
		"acrLoginServer", ".azurecr.io",
		"azureDatalakeAnalyticsCatalogAndJob", "azuredatalakeanalytics.net",
		"azureDatalakeStoreFileSystem", "azuredatalakestore.net",
		"keyvaultDns", ".vault.azure.net",
		"sqlServerHostname", ".database.windows.net",
		"storage", "core.windows.net",
		"azureFrontDoorEndpointSuffix", "azurefd.net",
		"storageSyncEndpointSuffix", "afs.azure.net",
	},
})

// id gives a resource's id. It knows the types whose ids have another form.
func id(scope arm.ID, t arm.Type, names ...string) arm.ID {
	switch last := names[len(names)-1]; {
	case t.Equal(arm.ResourceGroupType) && scope.SubscriptionID() != "":
		return scope.SubscriptionID().ResourceGroup(last)
	case t.Equal(arm.SubscriptionType):
		return arm.Subscription(last)
	case len(t) >= len(arm.ManagementGroupType) && t[:len(arm.ManagementGroupType)].Equal(arm.ManagementGroupType):
		scope = arm.Tenant
	}
	return scope.Resource(t, names...)
}

// unknown tells whether one of the arguments before the type, or the type
// itself, is unknown.
func unknown(k *expr.Call, before int) bool {
	for i := range min(before+1, k.Len()) {
		if k.Arg(i).Kind() == arm.Unknown {
			return true
		}
	}
	return false
}

// idOf makes an id of a type and names, from argument at on. Where a name is not
// known yet, it is an expression over it, with the scope written out.
func (c *context) idOf(k *expr.Call, scope arm.ID, at int) (arm.Value, error) {
	if k.Arg(at).Kind() == arm.Unknown {
		return k.Unknown()
	}
	t := arm.Type(strings.TrimSuffix(k.Str(at), "/"))
	names, open := make([]string, 0, k.Len()), false
	for i := at + 1; i < k.Len(); i++ {
		if k.Arg(i).Kind() == arm.Unknown {
			open = true
			names = append(names, "\x00"+strconv.Itoa(i)+"\x00")
			continue
		}
		names = append(names, k.Str(i))
	}
	if n := strings.Count(string(t), "/"); n == 0 || n != len(names) {
		return arm.Value{}, fmt.Errorf("type %q takes %d names, found %d", t, n, len(names))
	}
	out := id(scope, t, names...)
	if !open {
		return arm.New(out), nil
	}
	var parts []string
	for i, part := range strings.Split(string(out), "\x00") {
		if arg, err := strconv.Atoi(part); i%2 == 1 && err == nil && arg < k.Len() {
			parts = append(parts, expr.Source(k.Arg(arg)))
		} else if part != "" {
			parts = append(parts, expr.Source(arm.New(part)))
		}
	}
	return expr.Compute("concat(" + strings.Join(parts, ", ") + ")")
}

func (c *context) resourceID(k *expr.Call) (arm.Value, error) {
	at := 0
	for at < k.Len()-1 && k.Arg(at).Kind() != arm.Unknown && !strings.Contains(k.Str(at), "/") {
		at++
	}
	if unknown(k, at) {
		return k.Unknown()
	}
	scope := c.d.Scope
	switch {
	case at == 0:
	case at == 2:
		scope = arm.Subscription(k.Str(0)).ResourceGroup(k.Str(1))
	case at == 1 && (isGUID(k.Str(0)) || strings.HasPrefix(k.Str(0), "@") || scope.ResourceGroupID() == ""):
		scope = arm.Subscription(k.Str(0))
	case at == 1:
		scope = scope.SubscriptionID().ResourceGroup(k.Str(0))
	default:
		return arm.Value{}, fmt.Errorf("argument %d is %q, wanted a resource type with its namespace", at+1, k.Str(at))
	}
	return c.idOf(k, scope, at)
}

func isGUID(s string) bool {
	return len(s) == 36 && s[8] == '-' && s[13] == '-' && s[18] == '-' && s[23] == '-'
}

func (c *context) subscriptionResourceID(k *expr.Call) (arm.Value, error) {
	if unknown(k, 0) {
		return k.Unknown()
	}
	if !strings.Contains(k.Str(0), "/") {
		return c.idOf(k, arm.Subscription(k.Str(0)), 1)
	}
	sub := c.d.Scope.SubscriptionID()
	if sub == "" {
		return arm.Value{}, fmt.Errorf("no subscription at the scope %s", c.d.Scope)
	}
	return c.idOf(k, sub, 0)
}

func (c *context) tenantResourceID(k *expr.Call) (arm.Value, error) { return c.idOf(k, arm.Tenant, 0) }

func (c *context) managementGroupResourceID(k *expr.Call) (arm.Value, error) {
	if unknown(k, 0) {
		return k.Unknown()
	}
	if !strings.Contains(k.Str(0), "/") {
		return c.idOf(k, arm.ManagementGroup(k.Str(0)), 1)
	}
	if !c.d.Scope.Type().Equal(arm.ManagementGroupType) {
		return arm.Value{}, fmt.Errorf("no management group at the scope %s", c.d.Scope)
	}
	return c.idOf(k, c.d.Scope, 0)
}

func (c *context) extensionResourceID(k *expr.Call) (arm.Value, error) {
	if unknown(k, 1) {
		return k.Unknown()
	}
	base := arm.ID(k.Str(0))
	if base != "/" {
		base = arm.ID(strings.TrimSuffix(string(base), "/"))
	}
	return c.idOf(k, base, 1)
}

// shallow tells whether a value can be put into a few others without nesting
// deeper than arm takes.
func shallow(v arm.Value) bool {
	depth, most := 0, 0
	for _, ch := range []byte(v.Text()) { // brackets in strings only make it more careful
		switch ch {
		case '[', '{':
			depth++
			most = max(most, depth)
		case ']', '}':
			depth--
		}
	}
	return most < arm.MaxDepth/2
}

// after gives the reference to a property of a resource.
func after(id arm.ID, path string) arm.Value { return arm.New(arm.Ref{ID: id, Path: path}) }

func (c *context) tenantID() arm.Value {
	if c.d.TenantID != "" {
		return arm.New(c.d.TenantID)
	}
	return after(arm.Tenant, "tenantId")
}

func (c *context) tenant(*expr.Call) (arm.Value, error) {
	return arm.New(arm.O{
		"tenantId", c.tenantID(), "id", after(arm.Tenant, "id"), "displayName", after(arm.Tenant, "displayName"),
		"countryCode", after(arm.Tenant, "countryCode"),
	}), nil
}

func (c *context) subscription(k *expr.Call) (arm.Value, error) {
	sub := c.d.Scope.SubscriptionID()
	if k.Len() == 1 {
		sub = arm.Subscription(k.Str(0))
	}
	if sub == "" {
		return arm.Value{}, fmt.Errorf("no subscription at the scope %s", c.d.Scope)
	}
	return arm.New(arm.O{
		"id", sub, "subscriptionId", sub.Name(), "tenantId", c.tenantID(),
		"displayName", c.property(sub, "displayName"),
	}), nil
}

// property gives a property of a resource that exists, if it is known.
func (c *context) property(id arm.ID, path ...string) arm.Value {
	if c.d.Known != nil {
		if r, ok := c.d.Known(id); ok {
			if v := r.Get(path...); v.Exists() && shallow(v) {
				return v
			}
		}
	}
	return after(id, strings.Join(path, "."))
}

func (c *context) resourceGroup(k *expr.Call) (arm.Value, error) {
	rg := c.d.Scope.ResourceGroupID()
	switch k.Len() {
	case 1:
		rg = c.d.Scope.SubscriptionID().ResourceGroup(k.Str(0))
	case 2:
		rg = arm.Subscription(k.Str(0)).ResourceGroup(k.Str(1))
	}
	if rg == "" {
		return arm.Value{}, fmt.Errorf("no resource group at the scope %s", c.d.Scope)
	}
	location, tags := c.property(rg, "location"), c.property(rg, "tags")
	if body, ok := c.x.groups[rg.Fold()]; ok {
		location = body.Get("location")
		if tags = body.Get("tags"); !tags.Exists() || !shallow(tags) {
			tags = arm.New(arm.O{})
		}
	} else if location.Kind() == arm.Unknown && c.d.Location != "" && rg.Equal(c.d.Scope) {
		location = arm.New(c.d.Location)
	}
	return arm.New(arm.O{
		"id", rg, "name", rg.Name(), "type", arm.ResourceGroupType, "location", location, "tags", tags,
		"properties", arm.O{"provisioningState", "Succeeded"},
	}), nil
}

func (c *context) managementGroup(k *expr.Call) (arm.Value, error) {
	mg := c.d.Scope
	if k.Len() == 1 {
		mg = arm.ManagementGroup(k.Str(0))
	}
	if !mg.Type().Equal(arm.ManagementGroupType) {
		return arm.Value{}, fmt.Errorf("no management group at the scope %s", c.d.Scope)
	}
	return arm.New(arm.O{
		"id", mg, "name", mg.Name(), "type", arm.ManagementGroupType,
		"properties", arm.O{
			"tenantId", c.tenantID(), "displayName", c.property(mg, "properties", "displayName"),
			"details", c.property(mg, "properties", "details"),
		},
	}), nil
}

// find gives the units that a name stands for: an id, a symbolic name, a copy's
// name, or a resource's name.
func (c *context) find(name string) []*unit {
	for p := c; p != nil; p = p.up {
		if found := p.byName[strings.ToLower(name)]; len(found) > 0 {
			return found
		}
		if p.values == p {
			break
		}
	}
	return nil
}

// reference gives what a resource will be: a nested deployment's outputs, which
// may be known, and for everything else references to its properties.
func (c *context) reference(k *expr.Call) (arm.Value, error) {
	name := k.Str(0)
	full := k.Len() == 3 && arm.EqualFold(k.Str(2), "full")
	units := c.find(name)
	if len(units) == 0 && !strings.HasPrefix(name, "/") {
		return arm.Value{}, fmt.Errorf("no resource %q in the template%s", name, diag.DidYouMean(name, c.unitNames()))
	}
	if len(units) == 0 {
		return refTo(arm.ID(name), full), nil
	}
	return c.referenceTo(units[0], full)
}

func refTo(id arm.ID, full bool) arm.Value {
	if full {
		return after(id, "")
	}
	return after(id, "properties")
}

func (c *context) referenceTo(u *unit, full bool) (arm.Value, error) {
	if u.module == nil {
		return refTo(u.id, full), nil
	}
	outputs, err := c.moduleOutputs(u)
	if err != nil {
		return arm.Value{}, err
	}
	properties := arm.O{"provisioningState", "Succeeded", "mode", "Incremental", "outputs", outputs}
	if full {
		return arm.New(arm.O{"id", u.id, "name", u.id.Name(), "properties", properties}), nil
	}
	return arm.New(properties), nil
}

func (c *context) references(k *expr.Call) (arm.Value, error) {
	full := k.Len() == 2 && arm.EqualFold(k.Str(1), "full")
	units := c.find(k.Str(0))
	if len(units) == 0 {
		return arm.Value{}, fmt.Errorf("no resources %q in the template%s", k.Str(0), diag.DidYouMean(k.Str(0), c.unitNames()))
	}
	all := arm.A{}
	for _, u := range units {
		v, err := c.referenceTo(u, full)
		if err != nil {
			return v, err
		}
		all = append(all, v)
	}
	return arm.New(all), nil
}

// list is listKeys and its like: only the service knows the result.
func (c *context) list(k *expr.Call) (arm.Value, error) {
	name := k.Str(0)
	units := c.find(name)
	if strings.HasPrefix(name, "/") || len(units) == 0 {
		return k.Unknown()
	}
	text := k.Name + "('" + strings.ReplaceAll(string(units[0].id), "'", "''") + "'"
	for i := 1; i < k.Len(); i++ {
		text += ", " + k.Written(i)
	}
	return expr.Compute(text + ")")
}
