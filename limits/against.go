package limits

import (
	"cmp"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	"airfield/arm"
	"airfield/diag"
	"airfield/tenant"
)

// A Block is what an actual tenant has against a wanted resource, or what
// cannot be told about it.
//
// An Error is certain: Azure would refuse the resource. A Block with Because
// could not be decided. Every other is taken by Azure and hardly meant, or is
// said to be known.
type Block struct {
	diag.Diagnostic
	Resource arm.ID        `json:"resource"`          // of those that add up, the one that asks for most
	Path     string        `json:"path,omitempty"`    // of what is refused in the resource's body, joined by dots
	Because  string        `json:"because,omitempty"` // why it cannot be told
	Of       []arm.ID      `json:"of,omitempty"`      // all that one lock stops
	At       arm.ID        `json:"at,omitempty"`      // what binds: a list of usages, a size, a lock, a network
	Sum      *Sum          `json:"sum,omitempty"`     // where a number binds
	Instead  []Alternative `json:"instead,omitempty"` // changes that were tried, of which each alone would pass
}

// Stops tells whether Azure would surely refuse.
func (b Block) Stops() bool { return b.Severity == diag.Error }

// A Sum is what several wanted resources ask for together, held against one
// number.
type Sum struct {
	Scope  arm.ID   `json:"scope"`            // the subscription, account, resource group or resource
	Region string   `json:"region,omitempty"` // blank where the number holds in all
	Name   string   `json:"name"`             // as Azure names the quota, or the key of the limit
	Wanted int64    `json:"wanted"`           // beyond what exists
	Used   int64    `json:"used"`
	Limit  int64    `json:"limit"` // -1 where it is not known
	Of     []arm.ID `json:"of"`    // the resources that add up
}

// An Alternative is one change of a wanted resource that the actual tenant
// would take: another size, or another region.
type Alternative struct {
	Resource arm.ID `json:"resource"`
	Size     string `json:"size,omitempty"`
	Region   string `json:"region,omitempty"`
}

// checks are all that a tenant is asked, in the order of the answers.
var checks = []func(*plan){
	rooms,
	quota,
	offered,
	ready,
	overlaps,
	neighbours,
	taken,
	counts,
}

// Against gives what an actual tenant would refuse of a wanted one, and what
// cannot be told of it: quota, sizes, registrations, locks, addresses, names and
// counts. Policies and roles are for packages of their own. What is theirs in
// the wanted tenant is not asked for.
//
// What the actual tenant does not hold is not known, and never counts as free.
func Against(wanted, have *tenant.Tenant) []Block {
	p := newPlan(wanted, have)
	for _, check := range checks {
		check(p)
	}
	slices.SortStableFunc(p.blocks, func(a, b Block) int {
		return cmp.Or(a.Resource.Compare(b.Resource), cmp.Compare(a.Code, b.Code), cmp.Compare(a.Message, b.Message))
	})
	return p.blocks
}

// A plan is a wanted tenant held against an actual one.
type plan struct {
	wanted, have  *tenant.Tenant
	ours          map[string][]arm.Resource // what is wanted, by type in lower case
	subscriptions map[arm.ID]bool           // that ours lie in, folded
	markets       map[place]*market
	demands       []demand
	totals        map[bucket]*total
	blocks        []Block
	plain         bool // nobody asks for alternatives
}

func newPlan(wanted, have *tenant.Tenant) *plan {
	p := &plan{wanted: wanted, have: have, ours: map[string][]arm.Resource{}, subscriptions: map[arm.ID]bool{}, markets: map[place]*market{}, totals: map[bucket]*total{}}
	var buf [128]byte
	for r := range wanted.All() {
		if r.Theirs {
			continue
		}
		p.subscriptions[r.ID.SubscriptionID().Fold()] = true
		lower := r.ID.AppendType(buf[:0])
		p.ours[string(lower)] = append(p.ours[string(lower)], tenant.Keep(r))
	}
	p.demands = p.allDemands()
	return p
}

// all gives what is wanted of some types.
func (p *plan) all(types ...arm.Type) iter.Seq[arm.Resource] {
	return func(yield func(arm.Resource) bool) {
		for _, t := range types {
			for _, r := range p.ours[strings.ToLower(string(t))] {
				if !yield(r) {
					return
				}
			}
		}
	}
}

// types gives the types of what is wanted, in lower case and sorted.
func (p *plan) types() []string { return slices.Sorted(maps.Keys(p.ours)) }

// every gives all that is wanted, type by type.
func (p *plan) every() iter.Seq[arm.Resource] {
	return func(yield func(arm.Resource) bool) {
		for _, t := range p.types() {
			for _, r := range p.ours[t] {
				if !yield(r) {
					return
				}
			}
		}
	}
}

// find gives a resource as it will be: as we want it, else as it is, else as a
// wanted tenant refers to it.
func (p *plan) find(id arm.ID) (arm.Resource, bool) {
	r, wanted := p.wanted.Get(id)
	if wanted && !r.Theirs {
		return r, true
	}
	if there, ok := p.have.Get(id); ok {
		there.Theirs = true
		return there, true
	}
	return r, wanted
}

// add adds a block about a resource. The message is one of the resource.
func (p *plan) add(r arm.Resource, b Block, severity diag.Severity, code, format string, args ...any) {
	b.Resource, b.Pos, b.Severity, b.Code = r.ID, r.Pos, severity, code
	b.Message = fmt.Sprintf("%s %q: ", r.ID.Type(), r.ID.Name()) + fmt.Sprintf(format, args...)
	if b.Because != "" {
		b.Message += ": cannot be told, because " + b.Because
	}
	p.blocks = append(p.blocks, b)
}

// lacks says why the actual tenant has nothing of a type in a subscription.
func (p *plan) lacks(subscription arm.ID, typ arm.Type) string {
	if vended(subscription) {
		return "the subscription is yet to be made"
	}
	if why := p.unread(subscription, typ); why != "" {
		return why
	}
	if !p.have.Has(subscription) {
		return "the subscription is not in the snapshot"
	}
	return "the snapshot has no " + string(typ) + " there"
}

func (p *plan) unread(subscription arm.ID, typ arm.Type) string {
	return Unread(p.have, subscription, typ)
}

// Unread says why some resources of a type in a subscription, or in any where it
// is "", may not be in a snapshot; "" where nothing says so.
func Unread(have *tenant.Tenant, subscription arm.ID, typ arm.Type) string {
	for _, m := range have.Header().Missing {
		what, scope, _ := strings.Cut(m.What, " at ")
		if strings.HasPrefix(what, "/") {
			what, scope = "", what
		}
		if strings.HasSuffix(strings.ToLower(string(typ)), strings.ToLower(what)) && (subscription == "" || subscription.Under(arm.ID(scope))) {
			return fmt.Sprintf("%s could not be read: %s", typ, m.Why)
		}
	}
	return ""
}

// vended tells whether a subscription is to be made, so that it has no id yet.
func vended(subscription arm.ID) bool { return strings.HasPrefix(subscription.Name(), "@") }

// regionOf gives a region as ids of locations write it, for either spelling:
// swedencentral for "Sweden Central".
func regionOf(location string) string {
	return strings.ToLower(strings.ReplaceAll(location, " ", ""))
}

// number reads a number, or the string of one, as autoscale settings and az
// write them.
func number(v arm.Value) (int64, bool) {
	if v.Kind() == arm.String {
		v, _ = arm.Parse(v.Str())
	}
	return v.Int()
}

// list writes a few words with commas, and how many more there are.
func list(words []string) string {
	const most = 4
	if len(words) <= most {
		return strings.Join(words, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(words[:most], ", "), len(words)-most)
}
