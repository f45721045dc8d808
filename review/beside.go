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
	for _, b := range limits.Against(x.wanted, x.have) {
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
		if by, again := x.again(out.Hits); again && out.Certain && strings.HasPrefix(b.Code, "limits/quota") {
			out.Certain, out.Reason = false, "what "+by+" has made there may be a part of what is in use"
		}
		x.out.Blockers = append(x.out.Blockers, &out)
	}
}

// again tells whether a tool of others may have made some of what is wanted, under
// names of its own, and which.
func (x *reviewer) again(hits []Hit) (by string, is bool) {
	for _, h := range hits {
		if h.By != "" && x.have.Has(h.Resource.ID.ResourceGroupID()) {
			return h.By, true
		}
	}
	return "", false
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
	return strings.TrimSuffix(b.Message, ": cannot be told, because "+b.Because), b.Because
}

// hit gives a resource that is wanted, by its id.
func (x *reviewer) hit(id arm.ID) Hit {
	if r, ok := x.will.Get(id); ok {
		return x.hitOf(r)
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
	if strings.Contains(who, ",") {
		who += ","
	}
	lacks := map[string][]access.Need{}
	others := func(r arm.Resource) bool { return x.o.MadeBy[r.ID.Fold()] != "" } // it is their own principal that makes these
	for _, c := range a.Lacking(x.o.As, slices.DeleteFunc(slices.Clone(x.own), others)) {
		b := Blocker{Code: "access/lacking", Certain: c.Decision == access.No, Title: who + " may not do what the deployment needs"}
		no := slices.IndexFunc(c.Grounds, func(g access.Ground) bool { return g.Kind == access.Deny && g.Effect == access.Yes })
		if b.Certain && no >= 0 {
			b.Title += fmt.Sprintf(": deny assignment %s at %s refuses it, whichever roles it has", c.Grounds[no].ID.Name(), x.will.Title(c.Grounds[no].Scope))
			b.denied = true
		}
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
		if !b.denied {
			b.Grants, _ = access.Least(b.Lacks)
		}
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
