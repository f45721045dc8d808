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
	Assigned *policy.Assigned // before the changes, for what ends; else after
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
	Cleared    // it is not found, written or deployed to any more: it complies, is exempt, or the policy is not about it
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
// places; a definition may be assigned anywhere below it.
func reach(id arm.ID) arm.ID {
	if id.Type().Equal(arm.ManagementGroupType + "/subscriptions") {
		return arm.Subscription(id.Name())
	}
	if t := id.Type(); t.Equal(arm.SubscriptionType) || t.Equal(arm.ResourceGroupType) || t.Equal(arm.ManagementGroupType) {
		return id
	}
	return id.Scope()
}

const workers = 8 // runs that a comparison is split into

// compare judges everything in some scopes before and after.
func (x *comparer) compare(scopes []arm.ID) {
	var at []int // the positions to compare
	for _, s := range scopes {
		from, to := x.before.Span(s)
		for i := from; i < to; i++ {
			at = append(at, i)
		}
	}
	x.out.Resources = len(at)
	parts := make([][]Effect, workers)
	x.o.Side(workers, func(i int) {
		mine := at[i*len(at)/workers : (i+1)*len(at)/workers]
		was := map[arm.ID][]said{}
		x.now.Scan(x.run(mine), policy.In(x.before), func(r arm.Resource, results []policy.Result) {
			if all := worth(results); all != nil {
				was[r.ID] = all
			}
		})
		x.then.Scan(x.run(mine), policy.In(x.after), func(r arm.Resource, results []policy.Result) {
			parts[i] = append(parts[i], differ(r, was[r.ID], worth(results))...)
		})
	})
	x.out.Effects = slices.Concat(parts...)
	slices.SortStableFunc(x.out.Effects, func(a, b Effect) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), a.Resource.Compare(b.Resource))
	})
}

func (x *comparer) run(at []int) iter.Seq[arm.Resource] {
	return func(yield func(arm.Resource) bool) {
		var index arm.Indexer
		for _, i := range at {
			if !yield(x.before.At(i, &index)) {
				return
			}
		}
	}
}

// said is what a rule says of a resource, if it is more than that it complies.
type said struct {
	*policy.Assigned
	kind   Kind
	reason string
	may    bool // it is not known whether it denies a write
}

// worth gives what the results say that an effect can come of.
func worth(results []policy.Result) []said {
	var all []said
	for i := range results {
		res := &results[i]
		switch res.State {
		case policy.NonCompliant, policy.Conflict:
			all = append(all, said{Assigned: res.Assigned, kind: kindOf(res)})
		case policy.Unknown:
			all = append(all, said{res.Assigned, Unknown, res.Reason.String(), mayDeny(res)})
		case policy.Error:
			all = append(all, said{Assigned: res.Assigned, kind: kindOf(res), reason: res.Err.Error()})
		}
	}
	return all
}

func mayDeny(res *policy.Result) bool {
	switch res.Effect {
	case policy.None, policy.Deny, policy.Append, policy.Modify:
		return res.Enforcement != policy.DoNotEnforce
	}
	return false
}

// kindOf gives what a rule that a resource does not comply with does to it.
func kindOf(res *policy.Result) Kind {
	if res.Enforcement != policy.Default {
		return NonCompliant
	}
	switch res.Effect {
	case policy.AuditIfNotExists:
		return NonCompliant
	case policy.DeployIfNotExists:
		return DeployedTo
	case policy.Append, policy.Modify:
		if res.State == policy.NonCompliant {
			return Written
		}
		return Denied
	}
	if res.Effect == policy.Deny || res.State == policy.Error { // a condition that fails denies
		return Denied
	}
	return NonCompliant
}

// differ tells how what is said of a resource before differs from after. A rule
// is the same where its definition is, whatever assigns it; a write is denied
// or not, whichever rule denies it.
func differ(r arm.Resource, was, is []said) []Effect {
	var out []Effect
	effect := func(k Kind, s said) {
		out = append(out, Effect{Kind: k, Resource: r.ID, Type: r.Type(), Assigned: s.Assigned, Reason: s.reason})
	}
	has := func(all []said, k Kind) bool {
		return slices.ContainsFunc(all, func(s said) bool { return s.kind == k })
	}
	deniedWas, deniedIs := has(was, Denied), has(is, Denied)
	for _, s := range is {
		same := slices.ContainsFunc(was, func(o said) bool { return o.kind == s.kind && o.same(s) })
		if !same && (s.kind != Denied || !deniedWas) {
			effect(s.kind, s)
		}
	}
	for _, s := range was {
		still := slices.ContainsFunc(is, func(o said) bool { return o.same(s) })
		switch {
		case s.kind == Denied && !deniedIs && slices.ContainsFunc(is, func(o said) bool { return o.may }):
			s.reason = "this no longer denies it; another policy is not known to let it through"
			effect(Unknown, s)
		case s.kind == Denied && !deniedIs:
			effect(LetThrough, s)
		case s.kind != Denied && s.kind != Unknown && !still:
			effect(Cleared, s)
		}
	}
	return out
}

func (s said) same(o said) bool {
	return s.DefinitionID().Equal(o.DefinitionID()) && s.Reference() == o.Reference()
}

// holdTypes are the types of what holds for all that lies below a scope, beside
// policies.
var holdTypes = []arm.Type{
	"Microsoft.Authorization/roleAssignments", "Microsoft.Authorization/denyAssignments",
	"Microsoft.Authorization/locks", "Microsoft.Consumption/budgets",
}

// holds tells which role assignments, locks and budgets begin or end to hold.
func (x *comparer) holds(all []change.Change) {
	for _, c := range all {
		if c.Kind == change.Move {
			before, after := x.around(x.before, c.Of), x.around(x.after, c.Of)
			x.hold(c.Of, before, after, false)
			x.hold(c.Of, after, before, true)
			continue
		}
		for _, id := range c.Delete {
			if r, ok := x.before.Get(id); ok && holds(id) {
				x.out.Holds = append(x.out.Holds, Hold{false, id.Scope(), r})
			}
		}
		for _, r := range c.Put {
			if holds(r.ID) && !x.before.Has(r.ID) {
				x.out.Holds = append(x.out.Holds, Hold{true, r.ID.Scope(), r})
			}
		}
	}
}

func holds(id arm.ID) bool { return slices.ContainsFunc(holdTypes, id.Type().Equal) }

// around gives what the management groups around a scope hold for it.
func (x *comparer) around(t *tenant.Tenant, scope arm.ID) map[arm.ID]arm.Resource {
	all := map[arm.ID]arm.Resource{}
	for _, up := range t.Ancestors(scope) {
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

func (x *comparer) hold(scope arm.ID, all, but map[arm.ID]arm.Resource, begins bool) {
	for _, id := range slices.Sorted(maps.Keys(all)) {
		if _, both := but[id]; !both {
			x.out.Holds = append(x.out.Holds, Hold{begins, scope, all[id]})
		}
	}
}
