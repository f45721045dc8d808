package design

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"airfield/arm"
	"airfield/catalog"
	"airfield/diag"
	"airfield/estate"
)

// subscription is one subscription in the making.
type subscription struct {
	key, name string
	workload  string   // the workload's identity
	fine      []string // the values of axes that split further than workload and environment
	id        arm.ID
	place     *estate.Place // what it is named, tagged and budgeted for: production where environments share it
	adopted   bool
	group     group
	shares    []*share
	regions   []string // in use
	sizes     []string // in use, and second choices
	skus      []string // of storage accounts
	quota     []Quota
}

// share is what one place has of a subscription: all of it, unless the
// environments of a workload share one.
type share struct {
	sub            *subscription
	place          *estate.Place
	tags           arm.Value
	resourceGroups map[string]arm.ID // by purpose and region
	networks       []*net
	identities     map[role]*identity
	accounts       []*account
	registries     map[string]arm.ID     // by region
	clusters       map[arm.ID]*cluster   // by resource group
	workspaces     map[string]*workspace // by region
}

// share gives the share that a cell belongs in, and makes it and its
// subscription where it is the first.
func (d *designer) share(c cell) *share {
	s := d.subscription(c)
	for _, h := range s.shares {
		if h.place == c.place {
			return h
		}
	}
	h := &share{sub: s, place: c.place, tags: d.tags(c.place), resourceGroups: map[string]arm.ID{}, identities: map[role]*identity{}, registries: map[string]arm.ID{}, clusters: map[arm.ID]*cluster{}, workspaces: map[string]*workspace{}}
	s.shares = append(s.shares, h)
	return h
}

// subscription gives the subscription that a cell belongs in, and makes it
// where it is the first.
func (d *designer) subscription(c cell) *subscription {
	key, fine := d.subscriptionKey(c)
	if s, ok := d.subs[key]; ok {
		if production(c.place.Environment) && !production(s.place.Environment) {
			s.place = c.place
		}
		return s
	}
	s := &subscription{key: key, workload: c.key, fine: fine, place: c.place}
	s.name = d.names.fit("Microsoft.Subscription/aliases", d.e.Organization.Prefix+"-"+key, "", c.place.Pos)
	d.subs[key] = s
	d.order = append(d.order, s)
	s.group = d.groupOf(c)
	d.identify(s)
	return s
}

// subscriptionKey gives the key of the subscription that a cell belongs in, and
// the values of the axes that split further than workload and environment.
func (d *designer) subscriptionKey(c cell) (key string, fine []string) {
	per := d.e.Structure.SubscriptionPer
	parts := []string{c.key}
	if slices.Contains(per, "environment") {
		parts = append(parts, c.place.Environment)
	}
	for _, axis := range d.axes() {
		value, _ := c.axis(axis)
		switch axis {
		case estate.GroupsOrganization:
			continue // one division a workload
		case estate.GroupsEnvironment:
			if slices.Contains(per, "environment") {
				continue
			}
		}
		if value != "" {
			fine = append(fine, value)
		}
	}
	return strings.Join(append(parts, fine...), "-"), fine
}

// identify gives the subscription its id: of the one that the estate adopts,
// of the one that the lock knows, else of the alias it will be made by.
func (d *designer) identify(s *subscription) {
	p := s.place
	adopted := p.In.Subscription
	s.id, s.adopted = d.idOf(s)
	if adopted != "" && len(s.fine) > 0 && !d.once("adopted "+adopted) {
		d.found.Errorf(p.In.Of("subscription"), "design/adopt", "subscription %q is adopted for %s, and the management groups split that over several subscriptions: adopt none, or take the axis away", adopted, p.Name())
	}
	d.subNames[s.id.Fold()] = s.name
}

// idOf gives the id of a subscription, and whether it is adopted.
func (d *designer) idOf(s *subscription) (id arm.ID, adopted bool) {
	if named := s.place.In.Subscription; named != "" {
		return arm.Subscription(named), true
	}
	if known, locked := d.lock.get("subscription", s.key); locked {
		return arm.Subscription(known), false
	}
	return arm.Subscription("@" + s.name), false
}

// vend makes the subscription, or refers to the one that exists.
func (d *designer) vend(s *subscription) {
	p := s.place
	properties := arm.O{"subscriptionId", s.id.Name(), "displayName", s.name}
	switch {
	case s.adopted:
		at, lies := p.In.Of("subscription"), d.around.in(s.id)
		properties = arm.O{"subscriptionId", s.id.Name(), "displayName", d.adopt(s)}
		if lies != "" {
			d.theirGroup(lies, at, group{})
			properties = append(properties, "managementGroupAncestorsChain", arm.A{arm.O{"name", lies}})
		}
		d.theirs(s.id, at, properties)
		d.decide(Decision{About: p.Name(), Question: "Which subscription?", Answer: s.id.Name() + ", which exists" + pick(lies != "", ", in management group "+lies, ""), Because: "the estate names it", Rules: []string{"SUB-01"}, Pos: at})
		d.leave(p.Name(), "the tags of subscription "+s.id.Name(), "it exists with tags of its own, which a deployment would replace: az tag update --operation Merge adds ours", at)
		const forget = "; a state of Terraform in which an earlier design placed it forgets that before anything is applied there again (terraform state rm), since it would move it back"
		switch {
		case s.group.known() && d.around.lies(s.id, s.group.id):
			if s.group.ours {
				d.leave(p.Name(), "placement of the subscription below "+s.group.id.Name(), "it lies there, and no design moves it from now on"+forget, at)
			}
		case s.group.ours && d.around == nil:
			d.add(s.group.id.Child("subscriptions", s.id.Name()), p.Pos, nil)
		case s.group.ours:
			d.leave(p.Name(), "placement of the subscription below "+s.group.id.Name(), "it exists"+pick(lies != "", " in "+lies, "")+", and a move changes the policies and rights that hold for what lies in it"+forget, at)
		case s.group.known():
			d.leave(p.Name(), "placement of the subscription below "+s.group.id.Name(), "it exists, and both it and the group are theirs to move", at)
		}
	case strings.HasPrefix(s.id.Name(), "@"):
		d.alias(s)
	default: // vended: the alias stays, since taking it away would cancel the subscription
		if s.group.known() {
			properties = append(properties, "managementGroupAncestorsChain", arm.A{arm.O{"name", s.group.id.Name()}})
		}
		d.theirs(s.id, p.Pos, properties)
		d.alias(s)
	}
	if !s.adopted {
		d.add(s.id.Resource("Microsoft.Resources/tags", "default"), p.Pos, arm.O{"properties", arm.O{"tags", d.tags(p)}})
	}
	if len(s.fine) > 0 && d.once("split "+p.Name()) {
		d.decide(Decision{About: p.Name(), Question: "How many subscriptions?", Answer: "one for each value of the management groups' axes",
			Because: "a subscription has one parent, and the groups are cut finer than workload and environment", Rules: []string{"X1", "X3", "X4"},
			Pos: d.e.Structure.Of("groups"), Changes: "structure.groups: none"})
	}
}

// alias makes the alias that a subscription is vended by.
func (d *designer) alias(s *subscription) {
	b := d.e.Organization.Billing
	var scope any = b.Scope
	if b.Scope == "" {
		scope = d.parameter("billingScope", "The billing scope that new subscriptions are charged to.")
	}
	d.add(arm.Tenant.Resource("Microsoft.Subscription/aliases", s.name), s.place.Pos, arm.O{"properties", arm.O{
		"displayName", s.name, "workload", "Production", "billingScope", scope, "additionalProperties", arm.O{"tags", d.tags(s.place)}}})
	if s.group.known() { // apart from the alias, so that it can be changed and taken back
		d.add(s.group.id.Child("subscriptions", "@"+s.name), s.place.Pos, nil)
	}
}

// production tells whether an environment is production, by its key.
func production(environment string) bool {
	return strings.HasPrefix(environment, "prod") || environment == "live"
}

// tags gives the tags of a place as an object.
func (d *designer) tags(p *estate.Place) arm.Value {
	o := arm.O{}
	for _, t := range d.e.TagsOf(*p) {
		o = append(o, t.Key, t.Value)
	}
	return arm.New(o)
}

// resourceGroup gives the resource group that a cell belongs in, and makes it
// where it is the first. Each region has groups of its own (guidance SUB-07).
func (d *designer) resourceGroup(s *share, c cell) arm.ID {
	purpose := c.purpose(d.e.Structure.ResourceGroups)
	k := purpose + "|" + c.region
	if id, ok := s.resourceGroups[k]; ok {
		return id
	}
	id := s.sub.id.ResourceGroup(d.names.name(arm.ResourceGroupType, "", d.tokens(s, purpose, c.region, "001")))
	s.resourceGroups[k] = id
	if !slices.Contains(s.sub.regions, c.region) {
		s.sub.regions = append(s.sub.regions, c.region)
	}
	return d.add(id, c.place.Pos, arm.O{"location", c.region, "tags", s.tags})
}

// tokens gives the tokens of a name in a share.
func (d *designer) tokens(s *share, purpose, region, instance string) tokens {
	workload := strings.Join(append([]string{s.sub.workload}, s.sub.fine...), "-")
	return tokens{workload, purpose, s.place.Environment, region, instance, s.place.Pos}
}

// cellOf gives the cell of what serves all of the share.
func (s *share) cellOf(l life, region string) cell {
	return cell{place: s.place, key: s.sub.workload, role: shared, region: region, life: l}
}

// put adds a resource that has a region and tags.
func (d *designer) put(s *share, id arm.ID, region string, pos diag.Pos, members arm.O) arm.ID {
	return d.add(id, pos, append(arm.O{"location", region, "tags", s.tags}, members...))
}

// identity is a user-assigned identity that compute signs in with.
type identity struct {
	id      arm.ID
	granted map[string]bool
}

// identity gives the identity of a role in the share.
func (d *designer) identity(s *share, r role, region string, pos diag.Pos) *identity {
	if i, ok := s.identities[r]; ok {
		return i
	}
	const t = "Microsoft.ManagedIdentity/userAssignedIdentities"
	group := d.resourceGroup(s, s.cellOf(lifeOperations, region))
	i := &identity{granted: map[string]bool{}}
	i.id = d.put(s, group.Resource(t, d.names.name(t, "", d.tokens(s, string(r), region, "001"))), region, pos, nil)
	s.identities[r] = i
	return i
}

// grant gives an identity a role at a scope.
func (d *designer) grant(i *identity, roleName string, scope arm.ID, pos diag.Pos) {
	if i.granted[roleName+string(scope)] {
		return
	}
	i.granted[roleName+string(scope)] = true
	d.assign(scope, roleName, arm.Ref{ID: i.id, Path: "properties.principalId"}, string(i.id), "ServicePrincipal", pos)
}

// assign makes a role assignment. Its name follows from the scope, the role and
// a key of the principal, so that it is the same in every design.
func (d *designer) assign(scope arm.ID, roleName string, principal any, principalKey, principalType string, pos diag.Pos) {
	r, ok := catalog.RoleByName(roleName)
	if !ok {
		panic("no role " + roleName)
	}
	id := scope.Resource("Microsoft.Authorization/roleAssignments", GUID(d.e.Organization.Tenant, d.stable(string(scope)), r.ID, d.stable(principalKey)))
	if !d.once("assignment " + string(id)) {
		return
	}
	d.add(id, pos, arm.O{"properties", arm.O{
		"roleDefinitionId", scope.SubscriptionID().Resource("Microsoft.Authorization/roleDefinitions", r.ID),
		"principalId", principal, "principalType", principalType}})
}

// stable gives an id with the names of subscriptions in place of their ids,
// which is the same before and after they are known.
func (d *designer) stable(id string) string {
	sub := arm.ID(id).SubscriptionID()
	if name, ok := d.subNames[sub.Fold()]; ok {
		return name + id[len(sub):]
	}
	return id
}

// access assigns the estate's groups their roles at the subscriptions that
// their places cover.
func (d *designer) access() {
	for _, g := range d.e.Access.Groups {
		var principal any = g.Value.ID
		if g.Value.ID == "" {
			principal = d.parameter("group-"+g.Key, "The object id of the Microsoft Entra group "+g.Key+".")
		}
		for _, grant := range g.Value.Grants {
			roleName := grant.Value.Role
			r, ok := catalog.RoleByName(roleName)
			if !ok {
				d.found.Errorf(grant.Pos, "design/role", "no built-in role %q%s", roleName, diag.DidYouMean(roleName, roleNames()))
				continue
			}
			for _, s := range d.shares() {
				if !estate.Matches(grant.Key, s.place.Workload, s.place.Environment) {
					continue
				}
				if grant.Value.Eligible != 0 {
					for _, scope := range d.scopes(s, grant.Key) {
						if d.once(fmt.Sprint("eligible ", scope, r.ID, g.Key)) {
							d.eligible = append(d.eligible, Eligible{Group: g.Key, Principal: g.Value.ID, Role: r.Name, RoleID: r.ID, Scope: scope, For: grant.Value.Eligible, Pos: grant.Pos})
						}
					}
					d.leave(s.place.Name(), fmt.Sprintf("%s is eligible for %s", g.Key, r.Name), "an eligible assignment fails when it is deployed again, so it is a step of its own, steps/eligible.sh", grant.Pos)
					continue
				}
				for _, scope := range d.scopes(s, grant.Key) {
					if d.once(fmt.Sprint("grant ", scope, r.ID, principal)) {
						d.assign(scope, r.Name, principal, g.Key, "Group", grant.Pos)
					}
				}
				if len(s.accounts) > 0 && !strings.Contains(r.Name, "Blob Data") && d.once("data of "+s.place.Name()+" for "+g.Key) {
					d.leave(s.place.Name(), "access of "+g.Key+" to the data itself", r.Name+" reads no blobs: grant Storage Blob Data Reader or Contributor where people are to", grant.Pos)
				}
			}
		}
	}
}

// scopes gives where a grant holds: the subscription, or, where environments
// share one and the grant is not for all of them, the place's resource groups.
func (d *designer) scopes(s *share, place string) []arm.ID {
	for _, other := range s.sub.shares {
		if !estate.Matches(place, other.place.Workload, other.place.Environment) {
			return slices.SortedFunc(maps.Values(s.resourceGroups), arm.ID.Compare)
		}
	}
	return []arm.ID{s.sub.id}
}

func roleNames() []string {
	var names []string
	for _, r := range catalog.Roles() {
		names = append(names, r.Name)
	}
	return names
}

// sorted gives the subscriptions by name.
func (d *designer) sorted() []*subscription {
	s := slices.Clone(d.order)
	slices.SortFunc(s, func(a, b *subscription) int { return strings.Compare(a.name, b.name) })
	return s
}

// shares gives the shares of all subscriptions, by the subscriptions' names.
func (d *designer) shares() []*share {
	var all []*share
	for _, s := range d.sorted() {
		all = append(all, s.shares...)
	}
	return all
}

// filled gives the subscriptions as the design shows them.
func (d *designer) filled() []Subscription {
	var all []Subscription
	for _, s := range d.sorted() {
		f := Subscription{ID: s.id, Name: s.name, Group: s.group.id, Adopted: s.adopted, Place: s.place, Quota: s.quota, Production: production(s.place.Environment)}
		for _, h := range s.shares {
			f.Environments = append(f.Environments, h.place.Environment)
		}
		all = append(all, f)
	}
	return all
}
