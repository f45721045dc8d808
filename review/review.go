// Package review holds what somebody wants to deploy against the tenant it is
// to be deployed to: what would stop it, what would change it, what would be
// deployed beside it, and the smallest changes that let it through.
//
// Wanted resources and an actual tenant go in; a Review comes out, whose
// Blockers each say who stops which resources, with which condition, and whose
// Fixes were each made and judged again before they are shown. What cannot be
// known is a blocker that is not Certain, never silence.
//
// The package writes nothing and asks nobody: policies are judged by package
// policy, quota and names by package limits.
package review

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"airfield/access"
	"airfield/arm"
	"airfield/catalog"
	"airfield/change"
	"airfield/diag"
	"airfield/limits"
	"airfield/policy"
	"airfield/tenant"
)

// Options are what a review needs beside what it compares.
type Options struct {
	Policy policy.Options // its Now is the day of the review
	Bounds Bounds
	KeptIn change.Owner      // the tool that keeps their policies, Unknown to tell from each assignment
	Accept []Acceptance      // what is lived with
	MadeBy map[arm.ID]string // the tools of others that make some of what is wanted, by folded id
	As     string            // the object id of the principal that deploys, "" for not asking what it may

	// Otherwise gives what the author of what is wanted has in the place of a
	// resource whose size or region is refused; nil for nothing. Regions are then
	// not edited, since many resources follow one word of the author.
	Otherwise func(arm.Resource) []Choice

	// Side runs do(0) to do(n-1), side by side if it can, and returns when all
	// are done; nil for one after another.
	Side func(n int, do func(i int))
}

// Bounds say which changes to what is theirs may be proposed.
type Bounds struct {
	Kinds    []change.Kind        // nil for parameters, exemptions and reassignments
	Category string               // of exemptions, Waiver or Mitigated; "" for Waiver
	AtMost   time.Duration        // that an exemption may last; 0 for 90 days
	Ends     map[arm.ID]time.Time // from when on nothing in a subscription is needed any more, by its folded id
	Ticket   bool                 // an exemption names one
	Approver string               // of exemptions, "" for none
}

func (b *Bounds) may(k change.Kind) bool { return b.Kinds == nil || slices.Contains(b.Kinds, k) }

// Review is what stands against a deployment, and what happens to it.
type Review struct {
	Resources int        // that were judged
	Blockers  []*Blocker // the certain ones first
	Accepted  []Accepted // what would be among them
	Writes    []Write
	Deploys   []Deploy
	Reports   []Report  // policies that find something and do not stop it
	Inside    []Inside  // policies that are evaluated inside of clusters
	Notes     diag.List // what is good to know and stops nothing
	Findings  diag.List

	will *tenant.Tenant
}

// Where names a scope for people.
func (r *Review) Where(scope arm.ID) string { return r.will.Title(scope) }

// Blocks tells whether something surely stands against the deployment.
func (r *Review) Blocks() bool { return len(r.Blockers) > 0 && r.Blockers[0].Certain }

// Blocker is one cause that stops resources.
type Blocker struct {
	Code    string // policy/deny, policy/unknown, …
	Certain bool
	Title   string // who or what stops them, in a few words
	Reason  string // why it is not certain, or the whole of what Title is about
	Hits    []Hit
	Over    []Acceptance // that covered hits until they ended

	// Of a policy.
	Assigned *policy.Assigned
	Because  []policy.Because // of the first hit
	Fixes    []Fix            // those that open least first
	Refused  []Choice         // what the author has otherwise, and is refused, too
	KeptIn   change.Owner     // the tool that keeps the assignment
	KeptWhy  string
	Ended    []arm.Resource // exemptions that let a hit through until they ended
	Escapes  []arm.ID       // of what is wanted, with a size that the rule would refuse if it were about their type

	// Of a limit, other values of what is wanted that pass.
	Instead []limits.Alternative
	Help    string // what to do about it

	// Of what the principal that deploys may not do.
	Lacks  []access.Need
	Grants []access.Grant // built-in roles that allow it
	denied bool           // by a deny assignment, against which no role helps

	key string // the cause, the same in reviews of other wanted resources
}

// Hit is one resource that is stopped.
type Hit struct {
	Resource arm.Resource
	There    bool   // a resource of the same id, which it replaces
	By       string // the tool of others that makes it, "" for ours
	verdict  policy.Verdict
	because  []policy.Because
}

// Write is one property that policies write, in all resources in which they
// write it so.
type Write struct {
	Assigned  *policy.Assigned
	Path      string // from the body's root
	After     arm.Value
	Replaces  bool // another value was asked for
	Resources []arm.ID
}

// Deploy is what a policy would deploy to resources.
type Deploy struct {
	Assigned  *policy.Assigned
	Roles     []string
	Resources []arm.ID
	GPU       []arm.ID // of them, those that are machines with GPUs
}

// Report is a policy that finds resources and does not stop them.
type Report struct {
	Assigned  *policy.Assigned
	Effect    policy.Effect
	Resources []arm.ID
}

// Inside is a policy that clusters evaluate by themselves, on what runs in them:
// it stops no deployment of the cluster, and may stop what is deployed into it.
type Inside struct {
	Assigned *policy.Assigned
	Effect   policy.Effect
	Except   []string // the namespaces that it leaves out
	Clusters []arm.ID
}

// reviewer is a review in the making.
type reviewer struct {
	o        Options
	wanted   *tenant.Tenant
	own      []arm.Resource // that are to be written
	have     *tenant.Tenant
	will     *tenant.Tenant // with what is wanted
	govern   *tenant.Tenant // the containers and policies of will
	engine   *policy.Engine
	related  policy.Related
	out      Review
	blocking *policy.Engine // the rules of certain blockers
	caught   caught
	joined   []arm.Resource               // what exists and is judged with edits
	tried    map[*tenant.Tenant]*reviewer // with choices
	said     map[string]bool              // of them, those that are refused
}

// New reviews what is wanted, of which what is theirs is there already. What lies
// in have under the same id is replaced.
func New(wanted, have *tenant.Tenant, o Options) *Review {
	x := newReviewer(wanted, have, o)
	x.judge()
	x.limit()
	x.fixAll()
	x.lack()
	x.inside()
	x.accept()
	slices.SortStableFunc(x.out.Blockers, func(a, b *Blocker) int {
		if a.Certain != b.Certain {
			return cmp.Compare(b2i(b.Certain), b2i(a.Certain))
		}
		return cmp.Compare(len(b.Hits), len(a.Hits))
	})
	return &x.out
}

func newReviewer(wanted, have *tenant.Tenant, o Options) *reviewer {
	if o.Side == nil {
		o.Side = func(n int, do func(int)) {
			for i := range n {
				do(i)
			}
		}
	}
	x := &reviewer{o: o, wanted: wanted, own: ours(wanted), have: have, tried: map[*tenant.Tenant]*reviewer{}, said: map[string]bool{}}
	var found diag.List
	x.will, found = have.With(x.own...)
	x.out.Findings = append(x.out.Findings, found...)
	x.out.will = x.will
	x.govern = governing(x.will)
	x.engine, found = policy.Compile(x.govern, o.Policy)
	x.out.Findings = append(x.out.Findings, found...)
	x.related = policy.In(x.will)
	return x
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// ours gives the resources that are to be written, those that hold others
// first.
func ours(wanted *tenant.Tenant) []arm.Resource {
	var all []arm.Resource
	for r := range wanted.All() {
		if !r.Theirs {
			all = append(all, tenant.Keep(r))
		}
	}
	return all
}

// governing gives the part of a tenant that policies are compiled from.
func governing(t *tenant.Tenant) *tenant.Tenant {
	return t.Only(slices.DeleteFunc(t.Types(), func(t arm.Type) bool { return !governs(t) })...)
}

func governs(t arm.Type) bool {
	return t.Equal(arm.SubscriptionType) || t.Equal(arm.ResourceGroupType) || slices.ContainsFunc(governors, func(begin string) bool {
		return len(t) > len(begin) && arm.EqualFold(string(t[:len(begin)]), begin)
	})
}

// governors are how the other types begin that policies are compiled from.
var governors = []string{"Microsoft.Management/", "Microsoft.Subscription/", "Microsoft.Authorization/polic"}

// judge judges every resource and gathers what is said of it.
func (x *reviewer) judge() {
	blockers := map[string]*Blocker{}
	unseen := policy.Unseen(x.have)
	said := gathered{writes: map[string]*Write{}, deploys: map[*policy.Assigned]*Deploy{}, reports: map[*policy.Assigned]*Report{}, tags: map[retag]*retagged{}}
	for _, r := range x.own {
		q := policy.Request{Resource: r}
		v := x.engine.Judge(q, x.related)
		x.out.Resources++
		said.add(r, v)
		for i := range v.Results {
			if res := &v.Results[i]; res.Blocks() {
				x.block(blockers, r, q, v, res)
			}
		}
		if lacks := cmp.Or(v.Lacks, unseen); lacks != "" {
			b := x.blocker(blockers, "lacks "+lacks, Blocker{Code: "policy/unknown", Title: "policies that are not seen", Reason: lacks})
			b.Hits = append(b.Hits, x.hitOf(r))
		}
	}
	x.out.Writes, x.out.Deploys, x.out.Reports = said.sorted()
	x.out.Notes = append(x.out.Notes, x.retagged(said.tags)...)
}

func (x *reviewer) blocker(all map[string]*Blocker, key string, b Blocker) *Blocker {
	if all[key] == nil {
		all[key] = &b
		x.out.Blockers = append(x.out.Blockers, &b)
	}
	return all[key]
}

func (x *reviewer) hitOf(r arm.Resource) Hit {
	return Hit{Resource: r, There: x.have.Has(r.ID), By: x.o.MadeBy[r.ID.Fold()]}
}

// block notes that a rule stands against a resource: under the blocker of the
// same rule that saw the same.
func (x *reviewer) block(all map[string]*Blocker, r arm.Resource, q policy.Request, v policy.Verdict, res *policy.Result) {
	why := x.engine.Explain(v, q, x.related, res.Assigned)
	key := fmt.Sprintf("%d %t %s", res.Index(), res.Denies(), res.Reason)
	for _, c := range why.Conditions {
		if !typeOnly(c) {
			key += "\n" + c.Text + "\n" + c.Saw
		}
	}
	b := Blocker{Code: "policy/deny", Certain: res.Denies(), Title: res.Policy(), Assigned: res.Assigned, Because: why.Conditions}
	switch {
	case res.Err != nil:
		b.Reason = res.Err.Error()
	case !b.Certain:
		b.Code, b.Reason = "policy/unknown", cmp.Or(res.Reason.String(), "what it depends on is known only after deployment")
	case res.Reason.Message != "":
		b.Reason = res.Reason.String()
	}
	b.key = keyOf(res.Assigned)
	for _, c := range b.Because {
		if !typeOnly(c) {
			b.key += "\n" + c.Text + "\n" + c.Saw
		}
	}
	b.KeptIn, b.KeptWhy = x.keeper(res.Assigned)
	into := x.blocker(all, key, b)
	hit := x.hitOf(r)
	hit.verdict, hit.because = v, why.Conditions
	into.Hits = append(into.Hits, hit)
	for _, ended := range x.engine.Ended(r.ID, res.Assigned) {
		if !slices.ContainsFunc(into.Ended, func(o arm.Resource) bool { return o.ID.Equal(ended.ID) }) {
			into.Ended = append(into.Ended, ended)
		}
	}
}

// keeper tells which tool keeps an assignment, and why.
func (x *reviewer) keeper(a *policy.Assigned) (change.Owner, string) {
	if x.o.KeptIn != change.Unknown {
		return x.o.KeptIn, "the estate says so"
	}
	return change.OwnerOf(x.will, a.Resource())
}

// typeOnly tells whether a condition says which type a resource has, and no
// more: one cause stops resources of several types.
func typeOnly(c policy.Because) bool { return arm.EqualFold(c.Field, "type") }

// gathered is what policies say beside what they stop.
type gathered struct {
	writes  map[string]*Write
	deploys map[*policy.Assigned]*Deploy
	reports map[*policy.Assigned]*Report
	tags    map[retag]*retagged
}

func (g *gathered) add(r arm.Resource, v policy.Verdict) {
	for _, c := range v.Changes {
		g.retag(r, c)
		key := fmt.Sprintf("%d %s %s", c.Assigned.Index(), c.Path, c.After.Text())
		if g.writes[key] == nil {
			g.writes[key] = &Write{Assigned: c.Assigned, Path: c.Path, After: c.After, Replaces: c.Before.Exists()}
		}
		g.writes[key].Resources = append(g.writes[key].Resources, r.ID)
	}
	for _, d := range v.Deploys {
		if g.deploys[d.Assigned] == nil {
			g.deploys[d.Assigned] = &Deploy{Assigned: d.Assigned, Roles: d.Roles}
		}
		into := g.deploys[d.Assigned]
		into.Resources = append(into.Resources, r.ID)
		if hasGPU(r) {
			into.GPU = append(into.GPU, r.ID)
		}
	}
	for i := range v.Results {
		res := &v.Results[i]
		if res.Blocks() || res.State != policy.NonCompliant || res.Effect == policy.DeployIfNotExists || res.Effect == policy.Modify || res.Effect == policy.Append {
			continue
		}
		if g.reports[res.Assigned] == nil {
			g.reports[res.Assigned] = &Report{Assigned: res.Assigned, Effect: res.Effect}
		}
		g.reports[res.Assigned].Resources = append(g.reports[res.Assigned].Resources, r.ID)
	}
}

func (g *gathered) sorted() (writes []Write, deploys []Deploy, reports []Report) {
	for _, w := range g.writes {
		writes = append(writes, *w)
	}
	for _, d := range g.deploys {
		deploys = append(deploys, *d)
	}
	for _, r := range g.reports {
		reports = append(reports, *r)
	}
	slices.SortFunc(writes, func(a, b Write) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Assigned.Index(), b.Assigned.Index()), cmp.Compare(a.After.Text(), b.After.Text()))
	})
	slices.SortFunc(deploys, func(a, b Deploy) int { return cmp.Compare(a.Assigned.Index(), b.Assigned.Index()) })
	slices.SortFunc(reports, func(a, b Report) int { return cmp.Compare(a.Assigned.Index(), b.Assigned.Index()) })
	return writes, deploys, reports
}

// hasGPU tells whether a resource is a machine with GPUs.
func hasGPU(r arm.Resource) bool {
	size, ok := catalog.SizeByName(sizeOf(r))
	return ok && size.GPUs > 0
}
