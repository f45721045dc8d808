package review

import (
	"slices"
	"time"

	"airfield/arm"
)

// Acceptance says that an organization lives with findings of a code until a
// day is over.
type Acceptance struct {
	Code    string
	In      []arm.ID // the subscriptions that it holds for
	Why, By string
	Until   time.Time // the last day
}

// Accepted is what stands against a deployment and somebody lives with. Azure
// does what it would do all the same.
type Accepted struct {
	*Blocker
	Acceptance
}

// accept takes what is accepted out of the blockers: those hits alone that an
// acceptance covers. One that is over is noted and covers nothing.
func (x *reviewer) accept() {
	var left []*Blocker
	for _, b := range x.out.Blockers {
		empty := len(b.Hits) == 0 // what was not read has none
		for _, a := range x.o.Accept {
			if a.Code != b.Code {
				continue
			}
			var covered, others []Hit
			for _, h := range b.Hits {
				if slices.ContainsFunc(a.In, h.Resource.ID.SubscriptionID().Equal) {
					covered = append(covered, h)
				} else {
					others = append(others, h)
				}
			}
			switch {
			case len(covered) == 0:
			case !x.o.Policy.Now.Before(a.Until.AddDate(0, 0, 1)):
				b.Over = append(b.Over, a)
			default:
				part := *b
				part.Hits, part.Fixes = covered, nil
				x.out.Accepted = append(x.out.Accepted, Accepted{&part, a})
				b.Hits = others
			}
		}
		if len(b.Hits) > 0 || empty {
			left = append(left, b)
		}
	}
	x.out.Blockers = left
}
