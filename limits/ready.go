package limits

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"airfield/arm"
	"airfield/catalog"
	"airfield/diag"
	"airfield/tenant"
)

// The types that say whether a subscription takes writes.
const (
	agreements    arm.Type = "Microsoft.MarketplaceOrdering/agreements/offers/plans"
	features      arm.Type = "Microsoft.Features/featureProviders/subscriptionFeatureRegistrations"
	privateOffers arm.Type = "Microsoft.Marketplace/privateStores/collections/offers"
	privateStores arm.Type = "Microsoft.Marketplace/privateStores"
	providers     arm.Type = "Microsoft.Resources/providers"
)

// ready holds the subscriptions that are written to against what they need
// first: to be enabled and unlocked, providers, features and image terms.
func ready(p *plan) {
	bySubscription := p.bySubscription()
	there := p.locksThere()
	for i, s := range slices.Sorted(maps.Keys(bySubscription)) {
		all := bySubscription[s]
		if i == 0 && len(there) == 0 {
			p.add(all[0], Block{}, diag.Info, "limits/lock-none", "wanted no ReadOnly lock, found no lock at all in the snapshot: were they exported (az lock list)?")
		}
		p.enabled(s, all)
		p.registered(s, all)
		p.grouping(all)
		p.unlocked(all, there)
	}
	for _, n := range p.features() {
		p.featured(n)
	}
	stores := p.privateStores()
	for r := range p.all(virtualMachines, scaleSets) {
		if plan := r.Get("plan"); plan.Kind() == arm.Object {
			p.agreed(r, plan)
			p.permitted(r, plan, stores)
		}
	}
}

// bySubscription gives what is wanted in each subscription, by its folded id.
func (p *plan) bySubscription() map[arm.ID][]arm.Resource {
	all := map[arm.ID][]arm.Resource{}
	for r := range p.every() {
		if s := r.ID.SubscriptionID(); s != "" {
			all[s.Fold()] = append(all[s.Fold()], r)
		}
	}
	return all
}

// states are those in which a subscription takes no writes, and PastDue.
// learn.microsoft.com/azure/cost-management-billing/manage/subscription-states, 2025-01-08
var states = map[string]diag.Severity{
	"deleted": diag.Error, "disabled": diag.Error, "expired": diag.Error, "warned": diag.Error, "pastdue": diag.Warning,
}

func (p *plan) enabled(subscription arm.ID, all []arm.Resource) {
	s, _ := p.have.Get(subscription)
	state := s.Get("properties", "state")
	if !state.Exists() {
		state = s.Get("state")
	}
	severity, ok := states[strings.ToLower(state.Str())]
	switch {
	case !ok:
	case severity == diag.Error:
		p.add(all[0], Block{At: s.ID}, severity, "limits/subscription-state", "wanted a subscription that takes writes, found state %s", state.Str())
	default:
		p.add(all[0], Block{At: s.ID}, severity, "limits/subscription-state", "wanted a subscription without debts, found state %s: it is disabled where they are not paid", state.Str())
	}
}

// grouping names the resource groups that nothing says are there: Azure writes
// into none that is not.
func (p *plan) grouping(all []arm.Resource) {
	said := map[arm.ID]bool{}
	for _, r := range all {
		group := r.ID.ResourceGroupID()
		if group == "" || said[group.Fold()] || vended(group.SubscriptionID()) || p.have.Has(group) || p.wanted.Has(group) {
			continue
		}
		said[group.Fold()] = true
		p.add(r, Block{At: group}, diag.Info, "limits/resource-group", "wanted in resource group %q, which is not in the snapshot: make it first", group.Name())
	}
}

// always are the namespaces that every subscription has.
// learn.microsoft.com/azure/azure-resource-manager/management/azure-services-resource-providers
var always = []string{
	"Microsoft.Authorization", "Microsoft.Billing", "Microsoft.Commerce", "Microsoft.Consumption", "Microsoft.CostManagement", "Microsoft.Features",
	"Microsoft.Management", "Microsoft.MarketplaceOrdering", "Microsoft.Portal", "Microsoft.ResourceGraph", "Microsoft.Resources",
	"Microsoft.SerialConsole", "Microsoft.Subscription", "Microsoft.Support",
}

// registered wants the namespaces of all types, and says once for a subscription
// which of them are not known.
func (p *plan) registered(subscription arm.ID, all []arm.Resource) {
	var unknown []string
	for _, r := range namespaces(all) {
		ns := r.Type().Namespace()
		provider, ok := p.have.Get(subscription.Resource(providers, ns))
		state := provider.Get("properties", "registrationState")
		switch {
		case !ok:
			unknown = append(unknown, ns)
		case !is(state, "Registered"):
			b := Block{At: provider.ID, Because: "deployments of templates and Terraform register it if whoever deploys may, and single requests do not"}
			b.Help = fmt.Sprintf("az provider register --namespace %s --subscription %s", ns, subscription.Name())
			p.add(r, b, diag.Warning, "limits/provider", "wanted the provider %s registered, found %s", ns, orNone(state))
		}
	}
	if len(unknown) > 0 {
		slices.Sort(unknown)
		p.add(all[0], Block{Because: p.lacks(subscription, providers)}, diag.Info, "limits/provider-unknown", "wanted the providers %s registered", strings.Join(unknown, ", "))
	}
}

// namespaces gives the first resource of each namespace that must be registered.
func namespaces(all []arm.Resource) (first []arm.Resource) {
	seen := map[string]bool{}
	for _, r := range all {
		ns := r.Type().Namespace()
		if key := strings.ToLower(ns); !seen[key] && !isOneOf(ns, always) {
			seen[key] = true
			first = append(first, r)
		}
	}
	return first
}

// needs are the features that a machine or pool of machines needs. Only those
// are listed of which a document says so.
var needs = []struct {
	namespace, feature string
	asks               func(*demand) bool
}{
	// learn.microsoft.com/azure/virtual-machines/disks-enable-host-based-encryption-portal
	{"Microsoft.Compute", "EncryptionAtHost", func(d *demand) bool { _, asked := asksHostEncryption(d); return asked }},
	// learn.microsoft.com/azure/aks/use-amd-gpus and the InfiniBand pages of AKS; no
	// InfiniBand leads from zone to zone, so that a pool in several serves
	{"Microsoft.ContainerService", "AKSInfinibandSupport", func(d *demand) bool {
		s, _ := catalog.SizeByName(d.size.Str())
		return s != nil && s.RDMA && count(d.zones) < 2 && (d.pool != "" || agentPools.Equal(d.Type()))
	}},
}

// asking is a resource that needs a feature.
type asking struct {
	arm.Resource
	namespace, feature string
}

// features gives what needs a feature, of machines and of volumes.
func (p *plan) features() (all []asking) {
	for i := range p.demands {
		for _, n := range needs {
			if d := &p.demands[i]; n.asks(d) {
				all = append(all, asking{d.Resource, n.namespace, n.feature})
			}
		}
	}
	for r := range p.all(netAppVolumes) { // learn.microsoft.com/azure/azure-netapp-files/large-volumes-requirements-considerations
		if r.Get("properties", "isLargeVolume").True() {
			all = append(all, asking{r, "Microsoft.NetApp", "ANFLargeVolumes"})
		}
	}
	return all
}

func (p *plan) featured(n asking) {
	subscription := n.ID.SubscriptionID()
	r, ok := p.have.Get(subscription.Resource(features, n.namespace, n.feature))
	state := r.Get("properties", "state")
	b := Block{At: r.ID}
	b.Help = fmt.Sprintf("az feature register --namespace %s --name %s --subscription %s", n.namespace, n.feature, subscription.Name())
	switch {
	case !ok:
		b.Because = p.lacks(subscription, features)
		p.add(n.Resource, b, diag.Warning, "limits/feature", "wanted the feature %s/%s registered", n.namespace, n.feature)
	case !is(state, "Registered"):
		p.add(n.Resource, b, diag.Error, "limits/feature", "wanted the feature %s/%s registered, found %s", n.namespace, n.feature, orNone(state))
	}
}

// agreed wants the terms of an image with a purchase plan accepted.
func (p *plan) agreed(r arm.Resource, plan arm.Value) {
	publisher, offer, name := plan.Get("publisher").Str(), plan.Get("product").Str(), plan.Get("name").Str()
	if publisher == "" || offer == "" || name == "" {
		return
	}
	subscription := r.ID.SubscriptionID()
	id := subscription.Resource(agreements, publisher, offer, name)
	terms, ok := p.find(id)
	b := Block{At: terms.ID, Path: "plan"}
	b.Help = fmt.Sprintf("az vm image terms accept --publisher %s --offer %s --plan %s --subscription %s", publisher, offer, name, subscription.Name())
	switch accepted := terms.Get("properties", "accepted"); {
	case accepted.True():
	case !ok || !known(accepted):
		b.Because = p.lacks(subscription, agreements)
		p.add(r, b, diag.Warning, "limits/image-terms", "wanted the terms of %s:%s:%s accepted", publisher, offer, name)
	default:
		p.add(r, b, diag.Error, "limits/image-terms", "wanted the terms of %s:%s:%s accepted, found them not", publisher, offer, name)
	}
}

// privateStores gives the private marketplaces that are switched on.
func (p *plan) privateStores() (on []arm.ID) {
	for r := range p.have.Range("/providers/Microsoft.Marketplace/privateStores") {
		if privateStores.Equal(r.Type()) && is(r.Get("properties", "availability"), "enabled") {
			on = append(on, r.ID)
		}
	}
	return on
}

// permitted wants a plan in a collection of the private marketplace.
func (p *plan) permitted(r arm.Resource, plan arm.Value, stores []arm.ID) {
	for _, store := range stores {
		listed, permitted := p.collected(store, r.ID.SubscriptionID(), plan)
		b := Block{At: store, Path: "plan"}
		switch words := plan.Get("publisher").Str() + ":" + plan.Get("product").Str() + ":" + plan.Get("name").Str(); {
		case permitted:
		case !listed:
			b.Because = "the snapshot has no offers of its collections"
			p.add(r, b, diag.Warning, "limits/private-marketplace", "wanted %s permitted by the private marketplace", words)
		default:
			p.add(r, b, diag.Error, "limits/private-marketplace", "wanted %s in a collection of the private marketplace that holds for the subscription, found it in none", words)
		}
	}
}

// collected tells whether collections of a store list any offers, and whether
// one that holds for the subscription has the plan.
func (p *plan) collected(store, subscription arm.ID, plan arm.Value) (listed, permitted bool) {
	holds := map[arm.ID]bool{}
	for r := range p.have.Range(store) {
		v := r.Get("properties")
		switch {
		case privateOffers.Equal(r.Type()):
			listed = true
			plans := v.Get("specificPlanIdsLimitation")
			permitted = permitted || holds[r.ID.Parent().Fold()] &&
				is(v.Get("uniqueOfferId"), plan.Get("publisher").Str()+"."+plan.Get("product").Str()) &&
				(plans.Len() == 0 || isOneOf(plan.Get("name").Str(), plans.Strings()))
		case !privateStores.Equal(r.Type()):
			mine := v.Get("allSubscriptions").True() || isOneOf(subscription.Name(), v.Get("subscriptionsList").Strings())
			holds[r.ID.Fold()] = mine && v.Get("enabled").True()
			permitted = permitted || holds[r.ID.Fold()] && v.Get("approveAllItems").True()
		}
	}
	return listed, permitted
}

// unlocked wants no lock where something is written. A lock is said once, with
// all that it holds for.
func (p *plan) unlocked(all []arm.Resource, there map[arm.ID][]arm.Resource) {
	if why := p.unread(all[0].ID.SubscriptionID(), locks); why != "" {
		p.add(all[0], Block{Because: why}, diag.Warning, "limits/lock", "wanted no ReadOnly lock")
	}
	under := map[arm.ID][]arm.Resource{}
	locked := map[arm.ID]arm.Resource{}
	for _, r := range all {
		for on := r.ID; len(there) > 0 && on != arm.Tenant && !locks.Equal(r.Type()); on = on.Parent() {
			for _, l := range there[on.Fold()] {
				under[l.ID] = append(under[l.ID], r)
				locked[l.ID] = l
			}
		}
	}
	for _, id := range slices.SortedFunc(maps.Keys(under), arm.ID.Compare) {
		p.locked(locked[id], under[id])
	}
}

// locksThere gives all locks by the folded ids of what they are on.
func (p *plan) locksThere() map[arm.ID][]arm.Resource {
	all := map[arm.ID][]arm.Resource{}
	for r := range p.have.OfType(locks) {
		on := r.ID.Scope().Fold()
		all[on] = append(all[on], tenant.Keep(r))
	}
	return all
}

func (p *plan) locked(lock arm.Resource, all []arm.Resource) {
	id, level := lock.ID, lock.Get("properties", "level")
	if is(level, "CanNotDelete") {
		all = slices.DeleteFunc(all, func(r arm.Resource) bool { return !p.have.Has(r.ID) })
	}
	var names []string
	b := Block{At: id}
	for _, r := range all {
		names = append(names, r.ID.Name())
		b.Of = append(b.Of, r.ID)
	}
	scope, _ := p.have.Get(id.Scope())
	on := cmp.Or(scope.Get("properties", "displayName").Str(), id.Scope().Name(), string(id.Scope()))
	notes := lock.Get("properties", "notes").Str()
	if notes != "" {
		notes = " (" + notes + ")"
	}
	switch {
	case is(level, "ReadOnly"):
		p.add(all[0], b, diag.Error, "limits/lock", "wanted to write %s, found the ReadOnly lock %q on %q%s", list(names), id.Name(), on, notes)
	case is(level, "CanNotDelete") && len(names) > 0:
		p.add(all[0], Block{At: id}, diag.Info, "limits/lock-delete", "the lock %q on %q lets %s be changed and not deleted, so not replaced either", id.Name(), on, list(names))
	}
}
