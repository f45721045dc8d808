package design

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"airfield/arm"
	"airfield/diag"
	"airfield/estate"
	"airfield/tenant"
)

// Otherwise is what an estate has in place of what a tenant refuses: a second
// choice that it names, or a service in another of its regions.
type Otherwise struct {
	What    string
	Refused []string       // who refuses it, too
	Wanted  *tenant.Tenant // the design with it, nil where it is refused
}

// Others gives, of a job or service by its place in the estate, a subscription
// and a region, what the estate has otherwise in a tenant. The design is one
// that knows no tenant. What takes long can be done ahead, side by side with
// what else there is to do.
func (d *Design) Others(in *tenant.Tenant, o Options) (of func(at diag.Pos, sub arm.ID, region string) []Otherwise, ahead func()) {
	landed := sync.OnceValue(func() *Design {
		there := o
		there.Tenant, there.Lock = in, o.Lock.unchosen()
		return New(d.Estate, there)
	})
	ahead = func() {
		for _, p := range d.Estate.Places() {
			for _, j := range p.Jobs {
				if len(j.Value.OrElse) > 0 {
					landed()
				}
			}
		}
	}
	moved := map[string][]Otherwise{} // by service and region
	of = func(at diag.Pos, sub arm.ID, region string) (all []Otherwise) {
		for _, p := range d.placesIn(sub) {
			for _, j := range p.Jobs {
				if j.Value.Pos() == at && len(j.Value.OrElse) > 0 {
					all = append(all, landed().second(p.Name()+"/"+j.Key, o.Lock)...)
				}
			}
			for _, s := range p.Services {
				if s.Value.Pos() != at {
					continue
				}
				if len(s.Value.OrElse) > 0 {
					about := p.Name() + "/" + s.Key
					if len(s.Value.Regions) > 1 {
						about += "@" + region
					}
					all = append(all, landed().second(about, o.Lock)...)
				}
				key := p.Name() + "/" + s.Key + "@" + region
				if _, known := moved[key]; !known {
					moved[key] = d.elsewhere(p, s.Key, s.Value.Regions, region, o)
				}
				all = append(all, moved[key]...)
			}
		}
		return all
	}
	return of, ahead
}

// placesIn gives the places that share a subscription.
func (d *Design) placesIn(sub arm.ID) (all []estate.Place) {
	i := slices.IndexFunc(d.Subscriptions, func(s Subscription) bool { return s.ID.Equal(sub) })
	for _, p := range d.Estate.Places() {
		if i >= 0 && p.Workload == d.Subscriptions[i].Place.Workload && slices.Contains(d.Subscriptions[i].Environments, p.Environment) {
			all = append(all, p)
		}
	}
	return all
}

// second gives what became of the second choices of a part in the tenant that a
// design lands in; a lock may hold another.
func (d *Design) second(about string, lock *Lock) (all []Otherwise) {
	taken, how := "", "airfield design --tenant"
	if _, locked := lock.fresh().get("choice", about); locked {
		how += " --update " + about
	}
	for i, r := range d.Refused {
		switch first := i == 0 || d.Refused[i-1].About != about; {
		case r.About != about || !r.Certain:
		case r.Instead != "" && r.Instead != taken && !d.Findings.HasErrors():
			taken = r.Instead
			all = append(all, Otherwise{What: fmt.Sprintf("take or_else of the estate, %s, as %s does", taken, how), Wanted: d.whole()})
		case r.Instead == "" && !first:
			all = append(all, Otherwise{What: "or_else of the estate, " + r.What, Refused: r.By})
		}
	}
	return all
}

// elsewhere gives the designs of a service with another region of the estate in
// the place of one, and without that one.
func (d *Design) elsewhere(p estate.Place, service string, regions []estate.Region, region string, o Options) (all []Otherwise) {
	at := slices.IndexFunc(regions, func(r estate.Region) bool { return string(d.Estate.Region(r)) == region })
	if at < 0 {
		return nil
	}
	try := func(with []estate.Region) {
		var words []string
		for _, r := range with {
			words = append(words, string(r))
		}
		if t := New(d.Estate.WithRegions(p.Workload, p.Environment, service, with), o); !t.Findings.HasErrors() {
			all = append(all, Otherwise{What: fmt.Sprintf("set regions of %s/%s in the estate to [%s]", p.Name(), service, strings.Join(words, ", ")), Wanted: t.whole()})
		}
	}
	for _, other := range append([]estate.Region{"home", "recovery"}, d.Estate.Regions.MayUse...) {
		if name := d.Estate.Region(other); name != "" && !slices.ContainsFunc(regions, func(r estate.Region) bool { return d.Estate.Region(r) == name }) {
			with := slices.Clone(regions)
			with[at] = other
			try(with)
		}
	}
	if len(regions) > 1 {
		try(slices.Delete(slices.Clone(regions), at, at+1))
	}
	return all
}

// whole gives all that would be there, what tools of others make too.
func (d *Design) whole() *tenant.Tenant {
	t, _ := d.Whole()
	return t
}
