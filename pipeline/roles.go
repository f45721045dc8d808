package pipeline

// The least roles. What an identity needs in one subscription is one role of
// its own there, for exactly these actions: the subscription holds nothing but
// one workload, and its resource groups are not there yet when access is given.
// Elsewhere the role stands at the resource group. Who may assign roles may
// assign those of the design alone.

import (
	"fmt"
	"slices"
	"strings"

	"airfield/access"
	"airfield/arm"
	"airfield/catalog"
	"airfield/design"
	"airfield/diag"
	"airfield/emit"
	"airfield/expr"
	"airfield/tenant"
)

// Role is what an identity may do at a scope.
type Role struct {
	Name      string
	BuiltIn   bool
	Scope     arm.ID
	Actions   []string // of a custom role, sorted
	Condition string   // of its assignment
}

// registered are the providers that every subscription has.
// learn.microsoft.com/azure/azure-resource-manager/management/resource-providers-and-types#registered-by-default
var registered = []string{"microsoft.authorization", "microsoft.billing", "microsoft.consumption", "microsoft.costmanagement", "microsoft.features", "microsoft.resources"}

const roleAssignments arm.Type = "Microsoft.Authorization/roleAssignments"

// needs gives what deploying a stack takes: what access.Needs says, seeing the
// subscription after signing in, deploying to it, registering the providers of a new one, and reading what is
// referred to. Terraform makes no deployments, and reads what it has made.
func needs(d emit.Deployment, f emit.Form) []access.Need {
	all := access.Needs(d.Resources)
	add := func(action string, scope arm.ID, r arm.Resource, why string) {
		all = append(all, access.Need{Action: action, Scope: scope, For: r.ID, Pos: r.Pos, Why: why})
	}
	add("Microsoft.Resources/subscriptions/read", d.Scope, d.Resources[0], "signing in to it")
	for _, r := range d.Resources {
		if ns := r.ID.Type().Namespace(); !slices.Contains(registered, strings.ToLower(ns)) {
			add(ns+"/register/action", d.Scope, r, "registering its provider")
		}
		for ref := range expr.Refs(r.Body) {
			if ref.ID != "" && ref.Path != "id" {
				add(readOf(ref.ID.Type()), ref.ID, r, "reading "+ref.Path)
			}
		}
		if f == emit.Terraform {
			add(readOf(r.ID.Type()), r.ID, r, "reading it")
		}
	}
	if f == emit.Terraform {
		return slices.DeleteFunc(all, func(n access.Need) bool { return strings.HasPrefix(n.Action, "Microsoft.Resources/deployments/") })
	}
	return append(all, access.Deploying(d.Scope, d.Resources[0])...)
}

func readOf(t arm.Type) string {
	if t.Equal(arm.ResourceGroupType) {
		return "Microsoft.Resources/subscriptions/resourceGroups/read"
	}
	return string(t) + "/read"
}

// at gives the scope at which a need is given: one of our subscriptions, else
// the resource group or management group, "" where no custom role can stand.
func (p *Pipelines) at(scope arm.ID) arm.ID {
	sub := scope.SubscriptionID()
	if sub == "" {
		for scope != arm.Tenant && !scope.Type().Equal(arm.ManagementGroupType) {
			scope = scope.Parent()
		}
		if scope == arm.Tenant {
			return ""
		}
		return scope
	}
	_, ours := p.subs[sub.Fold()]
	if group := scope.ResourceGroupID(); group != "" && !ours {
		return group
	}
	return sub
}

// roles gives an identity its roles. One that plans reads, and asks Azure what
// a deployment would change.
func (p *Pipelines) roles(i *Identity) {
	actions := map[arm.ID][]string{}
	var scopes []arm.ID
	for _, s := range i.Stacks {
		for _, n := range s.Needs {
			at := p.at(n.Scope)
			if n.Action == "" || at == "" {
				if !i.Plans {
					p.Open = append(p.Open, n)
				}
				continue
			}
			if !slices.ContainsFunc(scopes, at.Equal) {
				scopes = append(scopes, at)
			}
			actions[at.Fold()] = append(actions[at.Fold()], n.Action)
		}
	}
	for _, at := range scopes {
		if i.Plans {
			i.Roles = append(i.Roles, Role{Name: "Reader", BuiltIn: true, Scope: at})
			continue
		}
		i.Roles = append(i.Roles, p.role(i, at, actions[at.Fold()]))
	}
	if i.Plans && p.Form != emit.Terraform {
		i.Roles = append(i.Roles, Role{Name: i.Name, Scope: i.Sub.ID, Actions: []string{"Microsoft.Resources/deployments/validate/action", "Microsoft.Resources/deployments/whatIf/action"}})
	}
}

// role gives the role for some actions at a scope: the built-in one that allows
// them alone, else one of its own.
func (p *Pipelines) role(i *Identity, at arm.ID, actions []string) Role {
	slices.SortFunc(actions, func(a, b string) int { return strings.Compare(strings.ToLower(a), strings.ToLower(b)) })
	r := Role{Name: i.Name, Scope: at, Actions: slices.CompactFunc(actions, strings.EqualFold)}
	if !at.Equal(i.Sub.ID) {
		r.Name += " in " + strings.TrimPrefix(at.Name(), "@")
	}
	if name := access.Exact(r.Actions); name != "" {
		r.Name, r.BuiltIn, r.Actions = name, true, nil
	}
	if slices.ContainsFunc(actions, func(a string) bool { return strings.EqualFold(a, string(roleAssignments)+"/write") }) {
		r.Condition = p.assigns(i, at)
	}
	return r
}

// assigns gives the condition that an identity assigns only the roles that its
// stacks do.
func (p *Pipelines) assigns(i *Identity, at arm.ID) string {
	var ids []string
	for _, s := range i.Stacks {
		for _, n := range s.Needs {
			r, _ := p.d.Tenant.Get(n.For)
			role := arm.ID(r.Get("properties", "roleDefinitionId").Str()).Name()
			if n.Scope.Type().Equal(roleAssignments) && p.at(n.Scope).Equal(at) && !slices.Contains(ids, role) {
				ids = append(ids, role)
			}
		}
	}
	slices.Sort(ids)
	return fmt.Sprintf("((!(ActionMatches{'%s/write'})) OR (@Request[%s:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals {%s}))", roleAssignments, roleAssignments, strings.Join(ids, ", "))
}

// Bootstrap gives the identities, what may sign in as them, and their roles.
func (p *Pipelines) Bootstrap() (*tenant.Tenant, diag.List) {
	var b tenant.Builder
	for _, s := range p.d.Subscriptions {
		if r, ok := p.d.Tenant.Get(s.ID); ok {
			b.Add(arm.Resource{ID: r.ID, Theirs: true, Pos: r.Pos, Body: r.Body.Without("properties", "managementGroupAncestorsChain")})
		}
	}
	w := writer{&b, p}
	groups := map[arm.ID]bool{}
	for i := range p.Identities {
		one := &p.Identities[i]
		if group := groupOf(one.Sub); !groups[group] {
			groups[group] = true
			w.add(group, one, arm.O{"location", p.home(), "tags", p.tags(one.Sub)})
		}
		w.identity(one)
	}
	t, found := b.Tenant()
	return t, slices.DeleteFunc(found, func(f diag.Diagnostic) bool { return f.Code == "tenant/placement" })
}

func (p *Pipelines) home() string { return string(p.d.Estate.Regions.Home) }

// tags gives the tags of a subscription's resource groups.
func (p *Pipelines) tags(sub design.Subscription) arm.Value {
	for r := range p.d.Tenant.Range(sub.ID) {
		if r.ID.Type().Equal(arm.ResourceGroupType) {
			return r.Get("tags")
		}
	}
	return arm.Value{}
}

type writer struct {
	*tenant.Builder
	p *Pipelines
}

func (w writer) add(id arm.ID, of *Identity, members arm.O) {
	version, _ := catalog.APIVersion(string(id.Type()))
	w.Add(arm.Resource{ID: id, Pos: of.Sub.Place.Pos, Body: arm.New(append(arm.O{"id", id, "name", id.Name(), "type", id.Type(), "apiVersion", version}, members...))})
}

func (w writer) identity(i *Identity) {
	w.add(i.ID, i, arm.O{"location", w.p.home(), "tags", w.p.tags(i.Sub)})
	if w.p.deploys.With == "github" { // of Azure DevOps the connection must be there first
		w.add(i.ID.Child("federatedIdentityCredentials", "github"), i, arm.O{"properties", arm.O{
			"issuer", "https://token.actions.githubusercontent.com", "subject", "repo:" + w.p.deploys.Repository + ":environment:" + i.Name,
			"audiences", []string{"api://AzureADTokenExchange"}}})
	}
	for _, r := range i.Roles {
		w.role(i, r)
	}
	if w.p.Form == emit.Terraform && !i.Plans {
		w.state(i)
	}
}

// role defines a role and assigns it.
func (w writer) role(i *Identity, r Role) {
	at := r.Scope
	if sub := at.SubscriptionID(); sub != "" {
		at = sub
	}
	name := ""
	if r.BuiltIn {
		known, _ := catalog.RoleByName(r.Name)
		name = known.ID
	} else {
		name = design.GUID(w.p.d.Estate.Organization.Tenant, w.p.d.Estate.Organization.Prefix, r.Name)
	}
	definition := at.Resource("Microsoft.Authorization/roleDefinitions", name)
	if !r.BuiltIn {
		w.add(definition, i, arm.O{"properties", arm.O{"roleName", r.Name, "description", "What " + i.Name + " needs to deploy, and nothing else.", "type", "CustomRole",
			"assignableScopes", arm.A{r.Scope}, "permissions", arm.A{arm.O{"actions", r.Actions, "notActions", arm.A{}}}}})
	}
	w.assign(i, r.Scope, definition, r.Condition)
}

func (w writer) assign(i *Identity, scope, definition arm.ID, condition string) {
	properties := arm.O{"roleDefinitionId", definition, "principalId", arm.Ref{ID: i.ID, Path: "properties.principalId"}, "principalType", "ServicePrincipal"}
	if condition != "" {
		properties = append(properties, "condition", condition, "conditionVersion", "2.0")
	}
	w.add(scope.Resource(roleAssignments, design.GUID(w.p.d.Estate.Organization.Tenant, i.Name, definition.Name(), strings.TrimPrefix(scope.Name(), "@"))), i, arm.O{"properties", properties})
}

// state lets an identity keep its states, and the one that plans read them.
func (w writer) state(i *Identity) {
	account, _ := arm.ParseID(w.p.deploys.State)
	container := account.Child("blobServices", "default").Child("containers", i.container())
	w.add(container, i, arm.O{"properties", arm.O{"publicAccess", "None"}})
	for who, name := range map[*Identity]string{i: "Storage Blob Data Contributor", &w.p.Identities[w.p.named[i.Sub.Name+"-plan"]]: "Storage Blob Data Reader"} {
		role, _ := catalog.RoleByName(name)
		w.assign(who, container, account.SubscriptionID().Resource("Microsoft.Authorization/roleDefinitions", role.ID), "")
	}
}
