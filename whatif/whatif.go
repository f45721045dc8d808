// Package whatif tells what changes to how a tenant is governed lead to: which
// resources would be denied on their next write, not comply any more, be written
// or deployed to, or be let through at last; who gains or loses access; which
// budgets count.
//
// A tenant and the tenant after the changes go in (package change makes one of
// the other); Effects come out. Nothing is written anywhere, and what cannot be
// known of a resource before or after is an effect of its own.
package whatif

import (
	"cmp"
	"iter"
	"maps"
	"slices"
	"strings"

	"airfield/arm"
	"airfield/change"
	"airfield/diag"
	"airfield/policy"
	"airfield/tenant"
)

// Options are what a comparison needs beside the two tenants.
type Options struct {
	Policy policy.Options

	// Side runs do(0) to do(n-1), side by side if it can, and returns when all
	// are done.
	Side func(n int, do func(i int))
}

// Answer is what changes lead to.
type Answer struct {
	Resources int      // that were compared
	Effects   []Effect // by kind, then by resource
	Holds     []Hold
	Findings  diag.List
}

// Effect is what becomes of one resource under one rule.
type Effect struct {
	Kind     Kind
	Resource arm.ID
	Type     arm.Type
	Assigned *policy.Assigned // before the changes, for what ends; else after; nil where policies are not seen
	Reason   string           // where it is not known
}

// Kind is the kind of an effect.
type Kind uint8

// The kinds of effect, worst first.
const (
	Denied     Kind = iota // its next write
	Unknown                // what becomes of it is not known
	Written                // properties or tags, when it is next written or remediated
	DeployedTo             // what is missing, when it is next written or remediated
	NonCompliant
	LetThrough // its next write, which is denied now
	Cleared    // it is not found, written or deployed to any more: it complies, is exempt, or the policy is not about it or not enforced
)

var kindNames = [...]string{"denied", "unknown", "written", "deployed to", "non-compliant", "let through", "cleared"}

// String gives the kind's name.
func (k Kind) String() string { return kindNames[k] }

// MarshalText gives the kind's name.
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// Hold is a role assignment, deny assignment, lock or budget that begins or
// ends to hold for what lies in a scope.
type Hold struct {
	Begins bool
	Scope  arm.ID       // below which it holds, or no longer does
	What   arm.Resource // the role assignment, deny assignment, lock or budget
}

// Compare tells what becomes of what is in a tenant after changes.
func Compare(before *tenant.Tenant, all []change.Change, o Options) *Answer {
	after, found := change.Apply(before, all...)
	x := &comparer{o: o, before: before, after: after, out: &Answer{Findings: found}}
	x.now, _ = policy.Compile(before, o.Policy)
	x.then, found = policy.Compile(after, o.Policy)
	x.out.Findings = append(x.out.Findings, found...)
	x.compare(x.touched(all))
	x.holds(all)
	return x.out
}

type comparer struct {
	o             Options
	before, after *tenant.Tenant
	now, then     *policy.Engine
	out           *Answer
}

// touched gives the scopes in which something may be different after the
// changes: the subscriptions, each once, and the resource groups.
func (x *comparer) touched(all []change.Change) []arm.ID {
	scopes := map[arm.ID]arm.ID{}
	add := func(scope arm.ID) {
		if scope.SubscriptionID() != "" {
			scopes[scope.Fold()] = scope
			return
		}
		for _, t := range []*tenant.Tenant{x.before, x.after} {
			for _, sub := range t.Subscriptions(scope) {
				scopes[sub.Fold()] = sub
			}
		}
	}
	for _, c := range all {
		for _, id := range c.Delete {
			add(reach(id))
		}
		for _, r := range c.Put {
			add(reach(r.ID))
		}
	}
	var list []arm.ID
	for _, s := range slices.SortedFunc(maps.Values(scopes), arm.ID.Compare) {
		if n := len(list); n == 0 || !s.Under(list[n-1]) {
			list = append(list, s)
		}
	}
	return list
}

// reach gives the scope below which a resource makes a difference to policies
// and access: what an assignment is made for, the subscription that a placement
// places; a definition may be assigned anywhere below it, and a policy may look
// for any resource in its subscription.
func reach(id arm.ID) arm.ID {
	switch t := id.Type(); {
	case t.Equal(arm.ManagementGroupType + "/subscriptions"):
		return arm.Subscription(id.Name())
	case t.Equal(arm.ManagementGroupType):
		return id
	case id.SubscriptionID() != "" && !strings.HasPrefix(strings.ToLower(string(t)), "microsoft.authorization/"):
		return id.SubscriptionID()
	}
	return id.Scope()
}

const workers = 8 // runs that a comparison is split into

// compare judges everything in some scopes before and after: what is there after
// the changes, as it then is.
func (x *comparer) compare(scopes []arm.ID) {
	var at []int // the positions to compare
	for _, s := range scopes {
		from, to := x.after.Span(s)
		for i := from; i < to; i++ {
			at = append(at, i)
		}
	}
	x.out.Resources = len(at)
	parts := make([][]Effect, workers)
	x.o.Side(workers, func(i int) {
		mine := at[i*len(at)/workers : (i+1)*len(at)/workers]
		was := map[arm.ID]state{}
		each(x.now, x.before, x.run(mine, x.before), func(r arm.Resource, s state) { was[r.ID.Fold()] = s })
		each(x.then, x.after, x.run(mine, x.after), func(r arm.Resource, s state) {
			parts[i] = append(parts[i], differ(r, was[r.ID.Fold()], s)...)
		})
	})
	x.out.Effects = slices.Concat(parts...)
	slices.SortStableFunc(x.out.Effects, func(a, b Effect) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), a.Resource.Compare(b.Resource))
	})
}

// run gives what one of the tenants has under the ids at some positions of the
// later one.
func (x *comparer) run(at []int, of *tenant.Tenant) iter.Seq[arm.Resource] {
	return func(yield func(arm.Resource) bool) {
		for _, i := range at {
			if r, ok := of.Get(x.after.ID(i)); ok && !yield(r) {
				return
			}
		}
	}
}

// state is what the policies of a tenant do to one resource.
type state struct {
	decision policy.Decision // on its next write
	lacks    string          // why other policies may be in force, too
	said     []said
}

// said is one thing that a rule does to a resource: Denied, Written or DeployedTo
// on its next write, NonCompliant in a scan, Unknown in either.
type said struct {
	*policy.Assigned
	kind Kind
	what string // is written or deployed, or why it is not known
}

// each gives the state of each resource of a run: what a scan finds, and what
// becomes of it when it is written again as it is.
func each(e *policy.Engine, t *tenant.Tenant, run iter.Seq[arm.Resource], visit func(arm.Resource, state)) {
	related := policy.In(t)
	e.Scan(run, related, func(r arm.Resource, results []policy.Result) {
		v := e.Judge(policy.Request{Resource: r}, related)
		s := state{decision: v.Decision, lacks: v.Lacks, said: written(v)}
		for i := range results {
			switch res := &results[i]; res.State {
			case policy.NonCompliant, policy.Conflict, policy.Error:
				s.said = append(s.said, said{res.Assigned, NonCompliant, reasonOf(res)})
			case policy.Unknown:
				if !slices.ContainsFunc(s.said, func(o said) bool { return o.Assigned == res.Assigned }) {
					s.said = append(s.said, said{res.Assigned, Unknown, reasonOf(res)})
				}
			}
		}
		visit(r, s)
	})
}

// written gives what policies do to a resource that is written.
func written(v policy.Verdict) []said {
	var all []said
	for i := range v.Results {
		if res := &v.Results[i]; res.Denies() {
			all = append(all, said{res.Assigned, Denied, reasonOf(res)})
		} else if res.Blocks() {
			all = append(all, said{res.Assigned, Unknown, cmp.Or(reasonOf(res), "whether it denies depends on what another policy writes")})
		}
	}
	for _, c := range v.Changes {
		all = append(all, said{c.Assigned, Written, c.Path + " = " + c.After.Text()})
	}
	for _, d := range v.Deploys {
		all = append(all, said{d.Assigned, DeployedTo, d.Parameters.Text()})
	}
	return all
}

func reasonOf(res *policy.Result) string {
	if res.Err != nil {
		return res.Err.Error()
	}
	return res.Reason.String()
}

// differ tells how the state of a resource before differs from that after. A
// write is denied or not, whichever rule denies it; what else a rule does is
// the same whatever assigns the rule.
func differ(r arm.Resource, was, is state) []Effect {
	var out []Effect
	effect := func(k Kind, a *policy.Assigned, why string) {
		if !slices.ContainsFunc(out, func(e Effect) bool { return e.Assigned == a && a != nil }) { // the worst of a rule
			out = append(out, Effect{Kind: k, Resource: r.ID, Type: r.Type(), Assigned: a, Reason: why})
		}
	}
	if is.lacks != "" && is.lacks != was.lacks {
		effect(Unknown, nil, is.lacks)
	}
	for _, s := range is.said {
		switch {
		case was.has(s, s.kind), s.kind == Denied && was.decision == policy.Denied, s.kind == NonCompliant && was.has(s, Denied):
		case s.kind == Written, s.kind == DeployedTo:
			effect(s.kind, s.Assigned, "")
		default:
			effect(s.kind, s.Assigned, s.what)
		}
	}
	for _, s := range was.said {
		switch {
		case s.kind == Denied && is.decision == policy.NotKnown:
			effect(Unknown, s.Assigned, "this no longer denies it; another policy is not known to let it through")
		case s.kind == Denied && is.decision == policy.Allowed:
			effect(LetThrough, s.Assigned, "")
		case s.kind != Denied && s.kind != Unknown && !is.has(said{s.Assigned, s.kind, ""}, s.kind) && !is.has(s, Unknown):
			effect(Cleared, s.Assigned, "")
		}
	}
	return out
}

// has tells whether the same rule does a kind of thing; of what is written or
// deployed the same, where s says what.
func (x *state) has(s said, k Kind) bool {
	return slices.ContainsFunc(x.said, func(o said) bool {
		same := o.ID.Equal(s.ID) && o.Reference() == s.Reference() || o.Same(s.Assigned)
		return same && o.kind == k && (k != Written && k != DeployedTo || s.what == "" || o.what == s.what)
	})
}

// holdTypes are the types of what holds for all that lies below a scope, beside
// policies.
var holdTypes = []arm.Type{
	"Microsoft.Authorization/roleAssignments", "Microsoft.Authorization/denyAssignments",
	"Microsoft.Authorization/locks", "Microsoft.Consumption/budgets",
}

// holds tells which role assignments, locks and budgets begin or end to hold:
// those that are put or deleted themselves, and those of the management groups
// around subscriptions that come to lie elsewhere.
func (x *comparer) holds(all []change.Change) {
	own := map[arm.ID]bool{}
	for _, c := range all {
		ids := slices.Clone(c.Delete)
		for _, r := range c.Put {
			ids = append(ids, r.ID)
		}
		for _, id := range ids {
			if holds(id) && !own[id.Fold()] {
				own[id.Fold()] = true
				x.hold(id.Scope(), one(x.before, id), one(x.after, id))
			}
		}
	}
	lacks := false
	for _, sub := range x.after.Subscriptions(arm.Tenant) {
		was, is := x.before.Ancestors(sub), x.after.Ancestors(sub)
		if x.before.Has(sub) && !slices.EqualFunc(was, is, arm.ID.Equal) {
			x.hold(sub, around(x.before, was), around(x.after, is))
			lacks = true
		}
	}
	if lacks {
		x.lacking()
	}
}

// lacking notes that what holds around subscriptions that move is not all seen.
func (x *comparer) lacking() {
	if why := policy.Unseen(x.before); why != "" {
		x.out.Findings.Errorf(diag.Pos{}, "whatif/missing", "%s; more may begin or end to hold", why)
	}
	for _, m := range x.before.Header().Missing {
		what, _, _ := strings.Cut(m.What, " at ")
		if strings.HasPrefix(what, "/") || slices.ContainsFunc(holdTypes, func(t arm.Type) bool { return strings.Contains(strings.ToLower(string(t)), strings.ToLower(what)) }) {
			x.out.Findings.Errorf(diag.Pos{}, "whatif/missing", "the snapshot lacks %s: %s; more may begin or end to hold", m.What, m.Why)
		}
	}
}

func holds(id arm.ID) bool { return slices.ContainsFunc(holdTypes, id.Type().Equal) }

// one gives the resource with an id, alone.
func one(t *tenant.Tenant, id arm.ID) map[arm.ID]arm.Resource {
	if r, ok := t.Get(id); ok {
		return map[arm.ID]arm.Resource{id.Fold(): r}
	}
	return nil
}

// around gives what some scopes hold for all that lies in them.
func around(t *tenant.Tenant, scopes []arm.ID) map[arm.ID]arm.Resource {
	all := map[arm.ID]arm.Resource{}
	for _, up := range scopes {
		if up == arm.Tenant {
			continue // everything lies in it, before and after
		}
		for r := range t.Range(up) {
			if holds(r.ID) && r.ID.Scope().Equal(up) {
				all[r.ID.Fold()] = tenant.Keep(r)
			}
		}
	}
	return all
}

// hold notes what holds in a scope only before, or only after; what changed ends
// and begins.
func (x *comparer) hold(scope arm.ID, was, is map[arm.ID]arm.Resource) {
	but := func(all, other map[arm.ID]arm.Resource, begins bool) {
		for _, id := range slices.Sorted(maps.Keys(all)) {
			if o, both := other[id]; !both || !o.Get("properties").Equal(all[id].Get("properties")) {
				x.out.Holds = append(x.out.Holds, Hold{begins, scope, all[id]})
			}
		}
	}
	but(was, is, false)
	but(is, was, true)
}
