package limits

import (
	"cmp"
	"slices"
	"strings"

	"airfield/arm"
	"airfield/tenant"
)

// A Met tells whether a need is met in an actual tenant.
type Met uint8

// What is known of a need.
const (
	Unknown Met = iota
	No
	Yes
)

// The kinds of Need.
const (
	NeedsProvider = "provider"
	NeedsFeature  = "feature"
	NeedsTerms    = "terms"
	NeedsQuota    = "quota"
)

// A Need is something that a subscription, or a Batch account, must have before
// what is wanted can be deployed to it.
type Need struct {
	Kind  string // NeedsProvider, …
	Scope arm.ID // the subscription or the Batch account
	Met   Met
	Name  string // Microsoft.Batch; Microsoft.Compute/EncryptionAtHost; publisher:offer:plan; a quota as Azure names it
	Sum   Sum    // of a quota: all that is wanted, grown to its most, and what there is
	Ask   int64  // of a quota: the limit that has room for it
	Why   string // why it cannot be told how much is wanted of a quota
}

// Needs gives what a wanted tenant needs first, whether an actual one has it or
// not: registrations, image terms, and of each quota all that the machines count
// where they grow to their most. Have may be empty: then nothing is known.
func Needs(wanted, have *tenant.Tenant) []Need {
	p := newPlan(wanted, have)
	var all []Need
	for _, in := range p.bySubscription() {
		for _, r := range namespaces(in) {
			all = append(all, p.need(NeedsProvider, r.ID.SubscriptionID(), r.Type().Namespace(), "registrationState", providers, r.Type().Namespace()))
		}
	}
	for _, n := range p.features() {
		all = append(all, p.need(NeedsFeature, n.ID.SubscriptionID(), n.namespace+"/"+n.feature, "state", features, n.namespace, n.feature))
	}
	for r := range p.all(virtualMachines, scaleSets) {
		plan := r.Get("plan")
		publisher, offer, name := plan.Get("publisher").Str(), plan.Get("product").Str(), plan.Get("name").Str()
		if publisher != "" && offer != "" && name != "" {
			all = append(all, p.need(NeedsTerms, r.ID.SubscriptionID(), publisher+":"+offer+":"+name, "accepted", agreements, publisher, offer, name))
		}
	}
	all = append(all, p.quotaNeeds()...)
	slices.SortStableFunc(all, func(a, b Need) int {
		return cmp.Or(a.Scope.Compare(b.Scope), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Sum.Region, b.Sum.Region), cmp.Compare(a.Name, b.Name))
	})
	return slices.CompactFunc(all, func(a, b Need) bool {
		return a.Kind != NeedsQuota && a.Kind == b.Kind && a.Scope.Equal(b.Scope) && strings.EqualFold(a.Name, b.Name)
	})
}

// need gives a need that one property of one resource of a subscription tells.
func (p *plan) need(kind string, subscription arm.ID, name, property string, typ arm.Type, names ...string) Need {
	n := Need{Kind: kind, Scope: subscription, Name: name}
	r, ok := p.have.Get(subscription.Resource(typ, names...))
	switch state := r.Get("properties", property); {
	case state.True() || is(state, "Registered"):
		n.Met = Yes
	case vended(subscription), ok && known(state):
		n.Met = No
	}
	return n
}

// quotaNeeds gives the quotas that machines count in.
func (p *plan) quotaNeeds() []Need {
	var all []Need
	p.share()
	for i := range p.demands {
		d := &p.demands[i]
		if why := p.uncountable(d); why == "" {
			for _, name := range p.buckets(d) {
				if d.most > 0 {
					each := p.market(d.place()).offer(d.size.Str()).vcpus
					p.count(part{d, d.bucket(name), name, d.now.n * each, d.most * each})
				}
			}
		} else if d.now.unknown || d.most > 0 {
			n := Need{Kind: NeedsQuota, Scope: d.from, Name: orNone(d.size), Sum: Sum{Scope: d.ID, Region: d.region, Limit: -1}, Why: why}
			if d.from == "" {
				n.Scope = d.ID.SubscriptionID()
			}
			all = append(all, n)
		}
	}
	p.batchPools()
	for b, t := range p.totals {
		q, _, known := p.quoted(b)
		if !known {
			q.limit = -1
		}
		more := p.beyond(b)
		n := Need{Kind: NeedsQuota, Scope: t.parts[0].ID.SubscriptionID(), Name: t.name, Sum: *t.sum(b, q), Ask: max(t.most, q.used+more)}
		n.Sum.Wanted = t.most
		if b.account != "" {
			n.Scope = t.parts[0].from
		}
		slices.SortFunc(n.Sum.Of, arm.ID.Compare)
		switch {
		case known && q.limit < 0 || known && more <= q.free():
			n.Met = Yes
		case known || vended(n.Scope.SubscriptionID()):
			n.Met = No
		}
		all = append(all, n)
	}
	return all
}

// beyond gives what a total counts beyond what exists of its parts.
func (p *plan) beyond(b bucket) (n int64) {
	for _, c := range p.totals[b].parts {
		for _, more := range p.counts(c.demand) {
			if more.bucket == b {
				n += more.most
			}
		}
	}
	return n
}
