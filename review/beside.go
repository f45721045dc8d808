package review

import (
	"fmt"

	"airfield/access"
	"airfield/arm"
	"airfield/limits"
	"airfield/tenant"
)

// What stands against a deployment beside policies: limits, and what the
// principal that deploys may not do.

// limit notes what quota, sizes, names, addresses and the like have against what
// is wanted.
func (x *reviewer) limit(wanted *tenant.Tenant) {
	for _, b := range limits.Against(wanted, x.have) {
		if !b.Stops() && b.Because == "" {
			x.out.Notes = append(x.out.Notes, b.Diagnostic)
			continue
		}
		of := []arm.ID{b.Resource}
		if b.Sum != nil && len(b.Sum.Of) > 0 {
			of = b.Sum.Of
		}
		out := Blocker{Code: b.Code, Certain: b.Stops(), Title: b.Message, Reason: b.Because, Instead: b.Instead}
		for _, id := range of {
			out.Hits = append(out.Hits, x.hit(id))
		}
		x.out.Blockers = append(x.out.Blockers, &out)
	}
}

// hit gives a resource that is wanted, by its id.
func (x *reviewer) hit(id arm.ID) Hit {
	if r, ok := x.will.Get(id); ok {
		return Hit{Resource: r}
	}
	return Hit{Resource: arm.Resource{ID: id}}
}

// lack notes what the principal that deploys may not do, or is not known to.
func (x *reviewer) lack() {
	if x.o.As == "" {
		return
	}
	a, found := access.New(x.have, x.o.Policy.Now)
	x.out.Findings = append(x.out.Findings, found...)
	who := a.Named(x.o.As).Title()
	for _, c := range a.Lacking(x.o.As, x.own) {
		b := Blocker{Code: "access/lacking", Certain: c.Decision == access.No, Hits: []Hit{x.hit(c.For)},
			Title: fmt.Sprintf("%s may not %s at %s", who, c.Action, x.will.Title(c.Scope)), Reason: c.Why}
		if !b.Certain {
			b.Title, b.Reason = fmt.Sprintf("whether %s may %s at %s", who, c.Action, x.will.Title(c.Scope)), first(c.Doubts, c.Decision.String())
		}
		x.out.Blockers = append(x.out.Blockers, &b)
	}
}

func first(all []string, or string) string {
	if len(all) > 0 {
		return all[0]
	}
	return or
}
