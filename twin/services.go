package twin

import (
	"net/http"
	"strings"

	"airfield/arm"
)

// service says what a type's service does that others do not: most keep what
// they are sent and answer 201, 200, 200 and 204.
type service struct {
	created, replaced int // answers to the PUT of a new resource, and of one that is there
	deleted, gone     int // answers to the DELETE of one that is there, and of one that is not

	bare     bool     // its answers have no properties.provisioningState
	downward bool     // it works on everything below its scope, and is listed there
	within   []string // children that its own properties hold as well, in an array of that name
	comes    []string // children that are there as soon as it is: "blobServices/default"

	take  func(t *Twin, id arm.ID, sent arm.Value) (arm.Value, *problem) // looks at what is sent; gives what to keep
	drop  func(t *Twin, id arm.ID) *problem                              // looks at what is to be deleted
	show  func(t *Twin, q request, r arm.Resource) arm.Value             // the body of an answer to GET
	serve func(t *Twin, q request, id arm.ID) reply                      // answers instead of all this
}

// services gives the table: a row for each type, or each namespace, that is
// not like most. The status codes are those that Azure's own clients take for success: see
// runtime.HasStatusCode in github.com/Azure/azure-sdk-for-go/sdk/resourcemanager
// (armpolicy 0.10, armauthorization 2.2, armmanagementgroups 1.2,
// armconsumption 1.2, armresources 1.2, armstorage 1.8).
//
// It is a function because what the rows name looks into the table again.
func services() map[string]service {
	return map[string]service{
		"microsoft.resources/tenants":          {serve: serveTenant},
		"microsoft.resources/subscriptions":    {serve: serveSubscription},
		"microsoft.resources/resourcegroups":   {deleted: 202, gone: 404, take: takeGroup},
		"microsoft.resources/tags":             {serve: serveTags},
		"microsoft.resources/deployments":      {serve: serveNothing},
		"microsoft.resources/deploymentstacks": {serve: serveNothing},

		"microsoft.management":                                {bare: true},
		"microsoft.management/managementgroups":               {bare: true, created: 200, deleted: 202, take: takeManagementGroup, drop: dropManagementGroup, show: showManagementGroup},
		"microsoft.management/managementgroups/settings":      {bare: true, created: 200},
		"microsoft.management/managementgroups/subscriptions": {bare: true, created: 200, take: takePlace, drop: dropPlace},
		"microsoft.subscription/aliases":                      {take: takeAlias},

		"microsoft.authorization":                          {bare: true, downward: true},
		"microsoft.authorization/policydefinitions":        {bare: true, downward: true, replaced: 201},
		"microsoft.authorization/policyassignments":        {bare: true, downward: true, replaced: 201, take: takeAtScope},
		"microsoft.authorization/roleassignments":          {bare: true, downward: true, take: takeRoleAssignment},
		"microsoft.authorization/roledefinitions":          {bare: true, downward: true, replaced: 201},
		"microsoft.consumption":                            {bare: true, gone: 404},
		"microsoft.insights/diagnosticsettings":            {bare: true, created: 200},
		"microsoft.managedidentity/userassignedidentities": {bare: true, take: takeIdentity},

		"microsoft.network/virtualnetworks":       {within: []string{"subnets", "virtualNetworkPeerings"}},
		"microsoft.network/networksecuritygroups": {within: []string{"securityRules"}},
		"microsoft.network/routetables":           {within: []string{"routes"}},

		"microsoft.containerregistry/registries":     {take: takeRegistry},
		"microsoft.containerservice/managedclusters": {take: takeCluster},

		"microsoft.storage/storageaccounts": {created: 200, comes: []string{
			"blobServices/default", "fileServices/default", "queueServices/default", "tableServices/default"}},
		"microsoft.storage/storageaccounts/blobservices":            {bare: true, created: 200},
		"microsoft.storage/storageaccounts/blobservices/containers": {bare: true},
		"microsoft.storage/storageaccounts/fileservices":            {bare: true, created: 200},
		"microsoft.storage/storageaccounts/managementpolicies":      {bare: true, created: 200},
		"microsoft.storage/storageaccounts/queueservices":           {bare: true, created: 200},
		"microsoft.storage/storageaccounts/tableservices":           {bare: true, created: 200},
	}
}

func (t *Twin) serviceOf(typ arm.Type) service {
	name := strings.ToLower(string(typ))
	if s, found := t.services[name]; found {
		return s
	}
	namespace, _, _ := strings.Cut(name, "/")
	return t.services[namespace]
}

// codes gives the status codes, with those of most types where the row has none.
func (s service) codes() service {
	for _, c := range []struct {
		code  *int
		usual int
	}{
		{&s.created, http.StatusCreated},
		{&s.replaced, http.StatusOK},
		{&s.deleted, http.StatusOK},
		{&s.gone, http.StatusNoContent},
	} {
		if *c.code == 0 {
			*c.code = c.usual
		}
	}
	return s
}

// save stores a resource with what every service adds, with its children, and
// in its parent; it gives the body as ARM answers it.
func (t *Twin) save(id arm.ID, sent arm.Value) arm.Value {
	properties := sent.Get("properties")
	for _, kind := range t.serviceOf(id.Type()).within {
		properties = t.spread(id, kind, properties)
	}
	t.store.put(arm.Resource{ID: id, Body: t.complete(id, sent, properties)})
	t.gather(id)
	t.accompany(id)
	r, _ := t.store.get(id)
	return r.Body
}

// complete gives a body as ARM answers it: id, name and type first, the
// principals of its identities, and the state that every deployment here has.
func (t *Twin) complete(id arm.ID, sent, properties arm.Value) arm.Value {
	o := arm.O{"id", id, "name", id.Name(), "type", id.Type()}
	for name, v := range sent.Members() {
		switch strings.ToLower(name) {
		case "id", "name", "type", "properties", "apiversion":
		case "identity":
			o = append(o, name, t.principals(id, v))
		default:
			o = append(o, name, v)
		}
	}
	own := arm.O{}
	for name, v := range properties.Members() {
		if !arm.EqualFold(name, "provisioningState") {
			own = append(own, name, v)
		}
	}
	if !t.serviceOf(id.Type()).bare {
		own = append(own, "provisioningState", "Succeeded")
	}
	return arm.New(append(o, "properties", own))
}

// principals adds to a resource's identity what Entra gives it.
func (t *Twin) principals(id arm.ID, identity arm.Value) arm.Value {
	if identity.Kind() != arm.Object {
		return identity
	}
	o := arm.O{}
	for name, v := range identity.Members() {
		switch strings.ToLower(name) {
		case "principalid", "tenantid":
		case "userassignedidentities":
			users := arm.O{}
			for user := range v.Members() {
				users = append(users, user, arm.O{"principalId", principal(arm.ID(user)), "clientId", client(arm.ID(user))})
			}
			o = append(o, name, users)
		default:
			o = append(o, name, v)
		}
	}
	if strings.Contains(strings.ToLower(identity.Get("type").Str()), "systemassigned") {
		o = append(o, "principalId", principal(id), "tenantId", t.tenant)
	}
	return arm.New(o)
}

func principal(id arm.ID) string { return guid("principal", string(id)) }
func client(id arm.ID) string    { return guid("client", string(id)) }

func takeIdentity(t *Twin, id arm.ID, sent arm.Value) (arm.Value, *problem) {
	return with(sent, "tenantId", t.tenant, "principalId", principal(id), "clientId", client(id)), nil
}

// takeRegistry gives a registry the name that images begin with.
func takeRegistry(_ *Twin, id arm.ID, sent arm.Value) (arm.Value, *problem) {
	return with(sent, "loginServer", strings.ToLower(id.Name())+".azurecr.io"), nil
}

// takeCluster gives a cluster that issues tokens the place where they are
// looked up, of the region and two ids.
// learn.microsoft.com/azure/aks/use-oidc-issuer
func takeCluster(t *Twin, id arm.ID, sent arm.Value) (arm.Value, *problem) {
	if sent.Get("properties", "oidcIssuerProfile", "enabled").True() {
		region := strings.ToLower(sent.Get("location").Str())
		sent = with(sent, "oidcIssuerProfile", arm.O{"enabled", true, "issuerURL", "https://" + region + ".oic.prod-aks.azure.com/" + t.tenant + "/" + guid("issuer", string(id)) + "/"})
	}
	return sent, nil
}

// takeAtScope says in the properties where the resource is.
func takeAtScope(t *Twin, id arm.ID, sent arm.Value) (arm.Value, *problem) {
	return with(sent, "scope", string(id.Scope())), nil
}

// serveNothing refuses what would be kept without being done.
func serveNothing(_ *Twin, _ request, id arm.ID) reply {
	return fail(http.StatusNotImplemented, "NotImplemented", "The twin does not run '%s': send the resources themselves.", id.Type()).reply()
}

// takeRoleAssignment keeps Azure's rules: an assignment says who and which
// role, never changes either, and is not made twice at one scope.
// learn.microsoft.com/azure/role-based-access-control/troubleshooting
func takeRoleAssignment(t *Twin, id arm.ID, sent arm.Value) (arm.Value, *problem) {
	role, who := sent.Get("properties", "roleDefinitionId").Str(), sent.Get("properties", "principalId").Str()
	if role == "" || who == "" {
		return sent, fail(http.StatusBadRequest, "InvalidRoleAssignmentRequest", "The role assignment '%s' is to have properties.roleDefinitionId and properties.principalId.", id.Name())
	}
	for r := range t.store.under(below(id.Scope(), "providers", id.Type().Namespace())) {
		same := r.Get("properties", "principalId").Str() == who && arm.EqualFold(arm.ID(r.Get("properties", "roleDefinitionId").Str()).Name(), arm.ID(role).Name())
		switch {
		case !r.Type().Equal(id.Type()):
		case same && !r.ID.Equal(id):
			return sent, fail(http.StatusConflict, "RoleAssignmentExists", "The role assignment already exists. The ID of the existing role assignment is %s.", r.ID.Name())
		case !same && r.ID.Equal(id):
			return sent, fail(http.StatusBadRequest, "RoleAssignmentUpdateNotPermitted", "Tenant ID, application ID, principal ID, and scope are not allowed to be updated.")
		}
	}
	return takeAtScope(t, id, sent)
}

func takeGroup(t *Twin, id arm.ID, sent arm.Value) (arm.Value, *problem) {
	if sent.Get("location").Str() == "" {
		return sent, fail(http.StatusBadRequest, "LocationRequired", "The location property is required for this definition.")
	}
	return sent, nil
}

// with gives the body with members of its properties set, names and values in
// turn. q.object has seen to it that the properties are an object.
func with(body arm.Value, members ...any) arm.Value {
	o := arm.O{}
	for name, v := range body.Get("properties").Members() {
		if !among(members, name) {
			o = append(o, name, v)
		}
	}
	properties := arm.New(append(o, members...))
	o = arm.O{}
	for name, v := range body.Members() {
		if !arm.EqualFold(name, "properties") {
			o = append(o, name, v)
		}
	}
	return arm.New(append(o, "properties", properties))
}

func among(members []any, name string) bool {
	for i := 0; i < len(members); i += 2 {
		if arm.EqualFold(members[i].(string), name) {
			return true
		}
	}
	return false
}
