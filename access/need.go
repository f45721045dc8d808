package access

import (
	"cmp"
	"iter"
	"slices"
	"strings"
	"sync"

	"airfield/arm"
	"airfield/catalog"
	"airfield/diag"
	"airfield/expr"
)

// Need is one action at one scope that writing resources takes.
type Need struct {
	Action string   `json:"action"` // "" where what is referred to is not known
	Scope  arm.ID   `json:"scope"`
	For    arm.ID   `json:"for"`            // the first resource that needs it
	Pos    diag.Pos `json:"pos"`            // of that resource
	More   int      `json:"more,omitempty"` // other resources that need it
	Why    string   `json:"why,omitempty"`  // "" for writing the resource itself
	known  Attributes
}

// deploying are the actions on deployments that whoever deploys a template
// needs where it deploys to
// (learn.microsoft.com/azure/azure-resource-manager/templates/deploy-cli#required-permissions).
var deploying = []string{"read", "write", "validate/action", "operationStatuses/read"}

// Deploying gives the actions that deploying a template to a scope takes, for
// the sake of a resource in it.
func Deploying(scope arm.ID, r arm.Resource) (all []Need) {
	for _, verb := range deploying {
		all = append(all, Need{Action: "Microsoft.Resources/deployments/" + verb, Scope: scope, For: r.ID, Pos: r.Pos, Why: "deploying to it"})
	}
	return all
}

// Needs gives the actions that deploying resources takes, in order of scope and
// action: writing each that is not theirs, joining or reading what it refers to
// (catalog.LinkedActions), and deploying to its resource group, subscription or
// management group. It does not see what a deployment reads or lists in its
// expressions, what providers check on their own, and what billing accounts ask
// of those who make subscriptions.
func Needs(resources []arm.Resource) []Need {
	var all []Need
	for _, r := range resources {
		if r.Theirs {
			continue
		}
		add := func(scope arm.ID, why, action string) {
			all = append(all, Need{Action: action, Scope: scope, For: r.ID, Pos: r.Pos, Why: why})
		}
		switch t := r.ID.Type(); {
		case t.Equal("Microsoft.Subscription/aliases"):
			add(r.ID, "making a subscription takes a role on the billing account, which is no role of Azure RBAC", "")
		case !t.Equal(arm.SubscriptionType): // which its alias makes
			add(r.ID, "", string(writeType(t))+"/write")
			all[len(all)-1].known = assigned(r)
		}
		if at := deployedTo(r.ID); at != "" {
			all = append(all, Deploying(at, r)...)
		}
		if r.ID.Type().Equal("Microsoft.Management/managementGroups/subscriptions") { // learn.microsoft.com/azure/governance/management-groups/manage#move-management-groups-and-subscriptions
			add(r.ID.Parent(), "moving a subscription into it", "Microsoft.Management/managementGroups/write")
			add(arm.Subscription(r.ID.Name()), "moving it", "Microsoft.Authorization/roleAssignments/write")
		}
		for path, to := range references(r) {
			action, why := linked(r.ID.Type(), to.Type(), path), "referred to by "+strings.Join(path, ".")
			switch {
			case to == "":
				add(r.ID, strings.Join(path, ".")+" is known only after deployment", "")
			case action != "" && !to.Under(r.ID) && !r.ID.Under(to):
				add(to, why, action)
			}
		}
	}
	return once(all)
}

// writeType gives the type in the action that writes a resource.
func writeType(t arm.Type) arm.Type {
	if t.Equal(arm.ResourceGroupType) {
		return "Microsoft.Resources/subscriptions/resourceGroups"
	}
	return t
}

// deployedTo gives the scope of the deployment that a resource is in: the
// nearest that has deployments. What lies in the tenant itself can be deployed
// from several scopes; for it none is given.
func deployedTo(id arm.ID) arm.ID {
	group := id.ResourceGroupID()
	if group != "" && !group.Equal(id) {
		return group
	}
	for at := id.Scope(); at != arm.Tenant; at = at.Scope() {
		if at.Type().Equal(arm.ManagementGroupType) {
			return at
		}
		if at.Equal(id.SubscriptionID()) {
			return at
		}
	}
	return ""
}

// assigned gives the attributes that conditions compare of a role assignment
// that is to be written.
func assigned(r arm.Resource) Attributes {
	if !r.ID.Type().Equal("Microsoft.Authorization/roleAssignments") {
		return nil
	}
	return func(source, name string) ([]string, bool) {
		kind, member, _ := strings.Cut(name, ":")
		if !strings.EqualFold(source, "@Request") || !strings.EqualFold(kind, "Microsoft.Authorization/roleAssignments") {
			return nil, false
		}
		v := r.Get("properties", member).Str()
		return []string{v[strings.LastIndexByte(v, '/')+1:]}, v != ""
	}
}

// linked gives the action that a reference takes, by the row of the table that
// says most of it.
func linked(from, to arm.Type, path []string) string {
	best, action := -1, ""
	for _, l := range catalog.LinkedActions() {
		fits := 0
		for _, x := range []struct {
			wanted string
			holds  bool
		}{
			{strings.TrimPrefix(l.To, "*"), to.Equal(arm.Type(l.To))},
			{l.At, slices.ContainsFunc(path, func(s string) bool { return strings.EqualFold(s, l.At) })},
			{l.From, from.Equal(arm.Type(l.From))},
		} {
			switch {
			case x.wanted != "" && x.holds:
				fits++
			case x.wanted != "":
				fits = -10
			}
		}
		if fits > best {
			best, action = fits, strings.ReplaceAll(l.Action, "{to}", string(to))
		}
	}
	return action
}

// references gives the ids of resources in a body with the names of members
// that lead to them, and "" for a member named id that is not known yet. The
// ids in a policy's parameters are for others to use.
func references(r arm.Resource) iter.Seq2[[]string, arm.ID] {
	paths := [][]string{{"identity"}, {"properties"}}
	if strings.EqualFold(r.ID.Type().Namespace(), "Microsoft.Authorization") {
		paths[1] = []string{"properties", "policyAssignmentId"}
	}
	return func(yield func([]string, arm.ID) bool) {
		for _, path := range paths {
			if !walk(r.Get(path...), path, yield) {
				return
			}
		}
	}
}

func walk(v arm.Value, path []string, yield func([]string, arm.ID) bool) bool {
	path = slices.Clip(path)
	switch v.Kind() {
	case arm.Object:
		for name, x := range v.Members() {
			if id, ok := resource(name); ok && !yield(path, id) || !walk(x, append(path, name), yield) {
				return false
			}
		}
	case arm.Array:
		for x := range v.Items() {
			if !walk(x, path, yield) {
				return false
			}
		}
	case arm.String:
		if id, ok := resource(v.Str()); ok {
			return yield(path, id)
		}
	case arm.Unknown:
		some := false
		for ref := range expr.Refs(v) {
			if some = ref.ID != "" && ref.Path == "id"; some && !yield(path, ref.ID) {
				return false
			}
		}
		if !some && strings.EqualFold(path[len(path)-1], "id") {
			return yield(path, "")
		}
	}
	return true
}

// resource tells whether a text is the id of a resource of a provider.
func resource(text string) (arm.ID, bool) {
	if !strings.Contains(text, "/providers/") {
		return "", false
	}
	id, err := arm.ParseID(text)
	return id, err == nil
}

// once sorts needs and gives each once, for the first resource that has it.
// Role assignments differ in what conditions see of them.
func once(all []Need) []Need {
	slices.SortStableFunc(all, func(a, b Need) int {
		return cmp.Or(a.Scope.Compare(b.Scope), strings.Compare(strings.ToLower(a.Action), strings.ToLower(b.Action)))
	})
	var kept []Need
	for _, n := range all {
		if last := len(kept) - 1; last >= 0 && n.Action != "" && n.known == nil && kept[last].known == nil && kept[last].Scope.Equal(n.Scope) && strings.EqualFold(kept[last].Action, n.Action) {
			kept[last].More++
			continue
		}
		kept = append(kept, n)
	}
	return kept
}

// Check is a need with the answer whether a principal has it.
type Check struct {
	Need
	Answer
}

// Lacking gives what of their needs a principal that deploys resources does
// not surely have in the tenant: what it lacks (No), has under a condition, or
// is not known to have. Management groups and subscriptions that are deployed
// count as being where they are to be.
func (a *Access) Lacking(principal string, resources []arm.Resource) []Check {
	with := *a
	with.t, _ = a.t.With(resources...)
	var all []Check
	for _, n := range Needs(resources) {
		x := Answer{Decision: Unknown, Doubts: []string{n.Why}}
		if n.Action != "" {
			x = with.Can(Question{Principal: principal, Action: n.Action, Plane: Control, Scope: n.Scope, Known: n.known})
		}
		if sub := string(n.Scope.SubscriptionID()); x.Decision == No && strings.HasPrefix(sub, "/subscriptions/@") {
			x.Decision, x.Doubts = Unknown, []string{"who makes a subscription becomes its owner; whether the principal makes this one is not known"}
		}
		if x.Decision != Yes {
			all = append(all, Check{n, x})
		}
	}
	slices.SortStableFunc(all, func(x, y Check) int { return cmp.Compare(x.Decision, y.Decision) })
	return all
}

// Grant is a built-in role at a scope.
type Grant struct {
	Role  string `json:"role"`
	Scope arm.ID `json:"scope"`
}

// Least gives built-in roles that allow what is needed: at each resource group,
// subscription or management group around the needs, the narrowest of the roles
// that are made for deploying. A resource group that is itself to be made has
// its roles at the subscription. What only roles with a condition, or none of
// these, allow is given back.
func Least(needs []Need) (grants []Grant, open []Need) {
	made := map[arm.ID]bool{}
	for _, n := range needs {
		made[n.Scope.Fold()] = made[n.Scope.Fold()] || n.Why == "" && n.Scope.Equal(n.Scope.ResourceGroupID())
	}
	var scopes []arm.ID
	actions := map[arm.ID][]Need{}
	for _, n := range needs {
		at := container(n.Scope)
		if made[at.Fold()] {
			at = at.SubscriptionID()
		}
		if actions[at.Fold()] == nil {
			scopes = append(scopes, at)
		}
		actions[at.Fold()] = append(actions[at.Fold()], n)
	}
	for _, at := range scopes {
		names, rest := cover(actions[at.Fold()])
		for _, name := range names {
			grants = append(grants, Grant{name, at})
		}
		open = append(open, rest...)
	}
	return grants, open
}

// Exact gives the name of the built-in role that allows some actions of control
// and nothing else, "" where there is none.
func Exact(actions []string) string {
	for _, r := range tableRoles() {
		if len(r.permissions) != 1 {
			continue
		}
		p := r.permissions[0]
		rest := len(p.notActions[Control]) + len(p.actions[Data]) + len(p.condition.Text)
		same := func(x string) bool {
			return slices.ContainsFunc(actions, func(y string) bool { return strings.EqualFold(x, y) })
		}
		if own := p.actions[Control]; rest == 0 && len(own) == len(actions) && !slices.ContainsFunc(own, func(x string) bool { return !same(x) }) {
			return r.Name
		}
	}
	return ""
}

// container gives the resource group, subscription or management group that a
// scope is or lies in, else the tenant.
func container(scope arm.ID) arm.ID {
	if at := cmp.Or(scope.ResourceGroupID(), scope.SubscriptionID()); at != "" {
		return at
	}
	for scope != arm.Tenant && !scope.Type().Equal(arm.ManagementGroupType) {
		scope = scope.Parent()
	}
	return scope
}

// deployers are the built-in roles that people who deploy are given. Other
// roles may allow one action or another, and are made for something else.
var deployers = sync.OnceValue(func() (all []*Role) {
	for _, name := range []string{
		"Azure Batch Account Contributor", "CDN Profile Contributor", "Cognitive Services Contributor", "Compute Gallery Image Reader",
		"Container Apps Contributor", "Container Registry Contributor and Data Access Configuration Administrator", "Contributor",
		"Cost Management Contributor", "DNS Zone Contributor", "Data Factory Contributor", "Key Vault Contributor", "Locks Contributor",
		"Log Analytics Contributor", "Managed Identity Contributor", "Managed Identity Operator", "Management Group Contributor",
		"Monitoring Contributor", "Network Contributor", "Owner", "Private DNS Zone Contributor", "Quota Request Operator", "Reader",
		"Resource Policy Contributor", "Role Based Access Control Administrator", "SQL Server Contributor", "Storage Account Contributor",
		"Tag Contributor", "User Access Administrator", "Virtual Machine Contributor", "Website Contributor",
	} {
		role, _ := catalog.RoleByName(name)
		all = append(all, tableRole(role.ID))
	}
	return all
})

// cover chooses roles that together allow needs: again and again the one that
// costs least for each need it adds, then without those that others make
// superfluous.
func cover(needs []Need) (names []string, open []Need) {
	var chosen []*Role
	open = needs
	for len(open) > 0 {
		var best *Role
		least := 0.0
		for _, r := range deployers() {
			if n := len(open) - len(without(open, r)); n > 0 {
				if cost := breadth(r) / float64(n); best == nil || cost < least {
					best, least = r, cost
				}
			}
		}
		if best == nil {
			break
		}
		chosen, open = append(chosen, best), without(open, best)
	}
	for i := 0; i < len(chosen); {
		others := slices.Delete(slices.Clone(chosen), i, i+1)
		if len(without(needs, others...)) == len(open) {
			chosen = others
		} else {
			i++
		}
	}
	for _, r := range chosen {
		names = append(names, r.Name)
	}
	slices.Sort(names)
	return names, open
}

// without gives the needs that none of the roles allows.
func without(needs []Need, roles ...*Role) []Need {
	var rest []Need
	for _, n := range needs {
		q := Question{Action: n.Action, Plane: Control}
		if n.Action == "" || !slices.ContainsFunc(roles, func(r *Role) bool { d, _ := r.allows(q); return d == Yes }) {
			rest = append(rest, n)
		}
	}
	return rest
}

// breadth says how much a role allows, to compare roles: the wider a wildcard,
// the more. Granting access weighs much; what nearly every role allows, nothing.
func breadth(r *Role) float64 {
	sum := 0.0
	for _, p := range r.permissions {
		for _, text := range p.actions[Control] {
			folded := strings.ToLower(text)
			switch segments := strings.Count(text, "/"); {
			case text == "*":
				sum += 300
			case strings.HasSuffix(folded, "/read"), slices.Contains(nearlyAll, folded):
				sum += 0.1
			case !strings.Contains(text, "*"):
				sum++
			case segments <= 1:
				sum += 60
			default:
				sum += 10
			}
		}
		if p.has("Microsoft.Authorization/roleAssignments/write", Control) {
			sum += 200
		}
	}
	return sum
}

// nearlyAll are what nearly every role that manages something allows, too.
var nearlyAll = []string{"microsoft.resources/deployments/*", "microsoft.support/*", "microsoft.insights/alertrules/*"}
