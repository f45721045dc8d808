package review

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"airfield/arm"
	"airfield/diag"
	"airfield/limits"
	"airfield/policy"
	"airfield/tenant"
)

// What is proposed is held against all that is judged: what stands against it
// elsewhere must have stood there before.

// Choice is what the author of what is wanted has otherwise, such as the second
// choice of an estate.
type Choice struct {
	What    string
	Refused []string       // who refuses it, too
	Wanted  *tenant.Tenant // all that is wanted then, nil where it is refused
}

// edited is a tenant in which some resources have another body.
type edited struct {
	*tenant.Tenant
	by map[arm.ID]arm.Resource // by their ids, folded
}

// Get gives a resource as it was edited.
func (e edited) Get(id arm.ID) (arm.Resource, bool) {
	if r, ok := e.by[id.Fold()]; ok {
		return r, true
	}
	return e.Tenant.Get(id)
}

// standing is what limits and the services' own rules have against what is
// wanted and what is joined to it, each finding by what it is about.
type standing map[string]bool

func (s standing) ask(blocks []limits.Block) {
	for i := range blocks {
		if b := &blocks[i]; b.Because != "" || b.Severity != diag.Info {
			s[blockKey(b)] = true
		}
	}
}

func (s standing) check(all []arm.Resource, in edited) {
	for _, r := range all {
		if e, ok := in.by[r.ID.Fold()]; ok {
			r = e
		}
		for _, d := range limits.Check(r, in) {
			s[d.Code+" "+string(r.ID.Fold())] = true
		}
	}
}

// blockKey names what a block is about, so that the same in another value's place
// is the same: a quota that would be too small is another with its name.
func blockKey(b *limits.Block) string {
	about := string(b.Resource.Fold())
	switch {
	case b.Sum != nil && b.Stops():
		about = strings.Join([]string{string(b.Sum.Scope.Fold()), b.Sum.Region, b.Sum.Name}, " ")
	case b.Sum != nil:
		about = string(b.Sum.Scope.Fold()) + " " + b.Sum.Region
	case len(b.Of) > 0:
		about = string(b.At.Fold())
	}
	return fmt.Sprintf("%s %t %s", b.Code, b.Stops(), about)
}

// joining gives what exists in the subscriptions of the resources that are
// stopped and there already, and names one of them: the services' rules on what
// is joined are asked of it as if it were wanted.
func (x *reviewer) joining(stopped []*Blocker) (all []arm.Resource) {
	there, subs := map[arm.ID]bool{}, map[arm.ID]bool{}
	for _, b := range stopped {
		for _, h := range b.Hits {
			if h.There {
				there[h.Resource.ID.Fold()], subs[h.Resource.ID.SubscriptionID().Fold()] = true, true
			}
		}
	}
	for _, sub := range slices.Sorted(maps.Keys(subs)) {
		for r := range x.have.Range(sub) {
			if names(r, there) {
				all = append(all, tenant.Keep(r))
			}
		}
	}
	return slices.DeleteFunc(all, func(r arm.Resource) bool {
		return slices.ContainsFunc(x.own, func(o arm.Resource) bool { return o.ID.Equal(r.ID) })
	})
}

// names tells whether the body of a resource holds the id of another, or of what
// lies in it.
func names(r arm.Resource, there map[arm.ID]bool) (found bool) {
	r.Body.Walk(func(_ string, v arm.Value) bool {
		id := arm.ID(v.Str())
		for v.Kind() == arm.String && len(id) > 1 && id[0] == '/' && !found {
			found = there[id.Fold()]
			if !id.Type().Child() {
				break
			}
			id = id.Parent()
		}
		return !found
	})
	return found
}

// nearby is what may be judged otherwise once a blocker's resources are edited:
// what lies in their subscriptions or names something there. Addresses are held
// against those of all networks.
type nearby struct {
	in       *tenant.Tenant // with all that is wanted
	have     *tenant.Tenant
	wanted   *tenant.Tenant
	all      []arm.Resource
	standing standing // before any edit
}

func (x *reviewer) near(b *Blocker) *nearby {
	n := &nearby{in: x.will, have: x.have, wanted: x.wanted, all: slices.Concat(x.own, x.joined), standing: standing{}}
	if !slices.ContainsFunc(b.Hits, func(h Hit) bool { return h.Resource.Type().Equal("Microsoft.Network/virtualNetworks") }) {
		var build tenant.Builder
		var subs []string
		for _, h := range b.Hits {
			if sub := h.Resource.ID.SubscriptionID(); !slices.Contains(subs, string(sub.Fold())) {
				subs = append(subs, string(sub.Fold()))
				for r := range x.wanted.Range(sub) {
					build.Add(r)
				}
			}
		}
		n.wanted, _ = build.Tenant() // its placements are in x.wanted
		n.all = slices.DeleteFunc(n.all, func(r arm.Resource) bool {
			text := strings.ToLower(string(r.ID) + r.Body.Text())
			return !slices.ContainsFunc(subs, func(sub string) bool { return strings.Contains(text, sub) })
		})
	}
	n.standing.ask(limits.Against(n.wanted, n.have))
	n.standing.check(n.all, edited{Tenant: n.in})
	return n
}

// sound tells whether nothing stands against what is wanted with another body of
// some resources that does not now.
func (n *nearby) sound(others []arm.Resource) bool {
	in, after := edited{n.in, map[arm.ID]arm.Resource{}}, standing{}
	for _, r := range others {
		in.by[r.ID.Fold()] = r
	}
	if after.check(n.all, in); !after.within(n.standing) {
		return false
	}
	wanted, _ := n.wanted.With(others...)
	after.ask(limits.Against(wanted, n.have))
	return after.within(n.standing)
}

func (s standing) within(before standing) bool {
	for key := range s {
		if !before[key] {
			return false
		}
	}
	return true
}

// choices gives what the author of what is wanted has otherwise against a
// blocker, and what was refused of that, too.
func (x *reviewer) choices(b *Blocker) (fixes []Fix, refused []Choice) {
	if x.o.Otherwise == nil || !b.Certain || !placed(b) {
		return nil, nil
	}
	var seen []string
	now := stands(x.out.Blockers)
	for _, h := range b.Hits {
		for _, c := range x.o.Otherwise(h.Resource) {
			if slices.Contains(seen, c.What) {
				continue
			}
			seen = append(seen, c.What)
			switch {
			case c.Wanted == nil && !x.said[c.What]:
				x.said[c.What] = true
				refused = append(refused, c)
			case c.Wanted != nil && lets(b, h.Resource, now, x.with(c)):
				fixes = append(fixes, Fix{Choice: &c})
			}
		}
	}
	return fixes, refused
}

// lets tells whether with a choice, by what stands against it then, a blocker is
// gone, nothing stands that did not before, and size and region of what the
// choice is about are surely not refused.
func lets(b *Blocker, r arm.Resource, now standing, then []*Blocker) bool {
	after := stands(then)
	return !after[b.key] && after.within(now) && !slices.ContainsFunc(then, func(o *Blocker) bool {
		return o.Certain && placed(o) && slices.ContainsFunc(o.Hits, func(h Hit) bool {
			return h.Resource.Pos == r.Pos && h.Resource.ID.SubscriptionID().Equal(r.ID.SubscriptionID())
		})
	})
}

// placed tells whether a size or a region is what a blocker refuses.
func placed(b *Blocker) bool {
	if strings.HasPrefix(b.Code, "limits/quota") || strings.HasPrefix(b.Code, "limits/size-") {
		return true
	}
	return slices.ContainsFunc(b.Because, func(c policy.Because) bool {
		return arm.EqualFold(c.Field, "location") || slices.ContainsFunc(c.Seen(), func(v arm.Value) bool { return isSize(v.Str()) })
	})
}

// with gives what stands against what would be wanted with a choice.
func (x *reviewer) with(c Choice) []*Blocker {
	if x.tried[c.Wanted] == nil {
		o := x.o
		o.Otherwise, o.Policy.Like = nil, x.engine
		x.tried[c.Wanted] = newReviewer(c.Wanted, x.have, o)
		x.tried[c.Wanted].judge()
		x.tried[c.Wanted].limit()
	}
	return x.tried[c.Wanted].out.Blockers
}

// stands gives the causes that surely stop something, and what is not known by
// its kind and subscription.
func stands(blockers []*Blocker) standing {
	s := standing{}
	for _, b := range blockers {
		if b.Certain {
			s[b.key] = true
			continue
		}
		for _, h := range b.Hits {
			s[b.Code+" "+string(h.Resource.ID.SubscriptionID().Fold())] = true
		}
	}
	return s
}
