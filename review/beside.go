package review

import (
	"fmt"
	"slices"
	"strings"

	"airfield/access"
	"airfield/arm"
	"airfield/limits"
	"airfield/policy"
)

// What stands against a deployment beside policies: limits, and what the
// principal that deploys may not do.

// limit notes what quota, sizes, names, addresses and the like have against what
// is wanted.
func (x *reviewer) limit() {
	x.blocks = limits.Against(x.wanted, x.have)
	for _, b := range x.blocks {
		if !b.Stops() && b.Because == "" {
			x.out.Notes = append(x.out.Notes, b.Diagnostic)
			continue
		}
		of := []arm.ID{b.Resource}
		switch {
		case b.Sum != nil && len(b.Sum.Of) > 0:
			of = b.Sum.Of
		case len(b.Of) > 0:
			of = b.Of
		}
		title, reason := x.title(&b)
		out := Blocker{Code: b.Code, Certain: b.Stops(), Title: title, Reason: reason, Instead: b.Instead, Help: b.Help, key: blockKey(&b)}
		for _, id := range of {
			out.Hits = append(out.Hits, x.hit(id))
		}
		x.out.Blockers = append(x.out.Blockers, &out)
	}
}

// title says in a few words what a block is, and what is behind it: why it is
// not certain, or the whole of what the few words are about.
func (x *reviewer) title(b *limits.Block) (title, reason string) {
	switch {
	case b.Stops() && b.Code == "limits/lock":
		return fmt.Sprintf("lock %q on %s stops %s", b.At.Name(), x.will.Title(b.At.Scope()), things(max(len(b.Of), 1), "write")), b.Message
	case b.Stops() && b.Code == "limits/quota" && b.Sum != nil && b.Sum.Region != "":
		return fmt.Sprintf("quota of %s in %s: %d wanted, %d of %d in use", b.Sum.Name, b.Sum.Region, b.Sum.Wanted, b.Sum.Used, b.Sum.Limit), b.Message
	}
	return b.Message, b.Because
}

// hit gives a resource that is wanted, by its id.
func (x *reviewer) hit(id arm.ID) Hit {
	if r, ok := x.will.Get(id); ok {
		return Hit{Resource: r, There: x.have.Has(id)}
	}
	return Hit{Resource: arm.Resource{ID: id}}
}

// lack notes what the principal that deploys may not do, and what it is not known
// to, with the roles that would let it.
func (x *reviewer) lack() {
	if x.o.As == "" {
		return
	}
	a, found := access.New(x.have, x.o.Policy.Now)
	x.out.Findings = append(x.out.Findings, found...)
	who, blockers := a.Named(x.o.As).Title(), map[string]*Blocker{}
	lacks := map[string][]access.Need{}
	for _, c := range a.Lacking(x.o.As, x.own) {
		b := Blocker{Code: "access/lacking", Certain: c.Decision == access.No, Title: who + " may not do what the deployment needs"}
		if !b.Certain {
			b.Title, b.Reason = "whether "+who+" may do what the deployment needs", c.Decision.String()
			if len(c.Doubts) > 0 {
				b.Reason = c.Doubts[0]
			}
		}
		into := x.blocker(blockers, b.Title+b.Reason, b)
		if !slices.ContainsFunc(into.Hits, func(h Hit) bool { return h.Resource.ID.Equal(c.For) }) {
			into.Hits = append(into.Hits, x.hit(c.For))
		}
		lacks[b.Title+b.Reason] = append(lacks[b.Title+b.Reason], c.Need)
	}
	for key, b := range blockers {
		b.Lacks = lacks[key]
		b.Grants, _ = access.Least(b.Lacks)
	}
}

// clusters are the types that evaluate policies of mode Microsoft.Kubernetes.Data:
// learn.microsoft.com/azure/governance/policy/concepts/policy-for-kubernetes
var clusters = []arm.Type{"Microsoft.ContainerService/managedClusters", "Microsoft.Kubernetes/connectedClusters"}

// inside lists the policies that the clusters that are wanted will evaluate.
func (x *reviewer) inside() {
	at := map[*policy.Assigned]int{}
	for _, r := range x.own {
		if !slices.ContainsFunc(clusters, r.Type().Equal) {
			continue
		}
		for _, a := range x.engine.InForce(r.ID) {
			if a.Rule == nil || !strings.HasPrefix(strings.ToLower(a.Rule.Mode), "microsoft.kubernetes.data") || a.Rule.Effect == policy.Disabled || a.Enforcement == policy.DoNotEnforce {
				continue
			}
			if _, known := at[a]; !known {
				at[a] = len(x.out.Inside)
				x.out.Inside = append(x.out.Inside, Inside{Assigned: a, Effect: a.Rule.Effect, Except: a.Rule.Value("excludedNamespaces").Strings()})
			}
			x.out.Inside[at[a]].Clusters = append(x.out.Inside[at[a]].Clusters, r.ID)
		}
	}
}
