package review

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"iter"
	"slices"
	"strings"
	"time"
	"unicode"

	"airfield/arm"
	"airfield/catalog"
	"airfield/change"
	"airfield/policy"
	"airfield/tenant"
)

// Fix is one way to let through what a blocker stops: what its author has
// otherwise, another value in what is wanted, or a change to what is theirs. Each
// was made, and what it is for was judged again.
type Fix struct {
	Choice *Choice        // one of the three
	Edit   *Edit          // or this
	Change *change.Change // or this
	Opens  Opens
}

// Edit is another value of one property of the resources that are stopped.
type Edit struct {
	Field  string   // as policies name it
	Values []string // each of which is let through, the nearest to what was asked for first
}

// Opens is what a change lets through that was not let through before. A rule
// that is not enforced, or does not deny, holds nothing back and opens nothing.
type Opens struct {
	// Subscriptions in which a request like those that are stopped is denied by
	// the rule now, and would not be.
	Subscriptions []arm.ID
	// Resources that exist and do not comply with the rule now, and would.
	Resources int
}

// fixAll looks for the fixes of every blocker that is certain.
func (x *reviewer) fixAll() {
	var stopped []*Blocker
	for _, b := range x.out.Blockers {
		if b.Certain && b.Assigned != nil && b.Assigned.Rule != nil {
			stopped = append(stopped, b)
		}
	}
	first := make([][]Fix, len(x.out.Blockers))
	choose := func() {
		for i, b := range x.out.Blockers {
			first[i], b.Refused = x.choices(b)
		}
	}
	x.prepareFixes(stopped)
	x.o.Side(len(stopped)+1, func(i int) { // choices take longest
		if i == 0 {
			choose()
			return
		}
		b := stopped[i-1]
		b.Fixes = slices.Concat(x.edits(b), x.changes(b))
		b.Escapes = x.escapes(b)
	})
	for i, b := range x.out.Blockers {
		b.Fixes = slices.Concat(first[i], b.Fixes)
	}
}

// prepareFixes compiles what fixes are judged by.
func (x *reviewer) prepareFixes(stopped []*Blocker) {
	if len(stopped) == 0 {
		return
	}
	var rules []rule
	writes := false
	for _, b := range stopped {
		rules = append(rules, ruleOf(b, nil))
		writes = writes || changes(b.Assigned.Rule.Effect)
	}
	x.joined = x.joining(stopped)
	x.blocking = x.compile(x.govern, true, rules...)
	x.caught = x.catch(x.compile(x.govern, writes, rules...))
}

// escapes gives what has a size that a blocker's rule would deny if it were about
// the type.
func (x *reviewer) escapes(b *Blocker) []arm.ID {
	field := ""
	for _, c := range b.Because {
		if all := c.Instead(); len(all) > 0 && isSize(all[0].Str()) {
			field = c.Field
		}
	}
	if field == "" {
		return nil
	}
	under, rule := x.will.Subscriptions(b.Assigned.Scope), ruleOf(b, nil)
	var out []arm.ID
	for _, r := range x.own {
		size := sizeOf(r)
		bound := slices.ContainsFunc(b.Hits, func(h Hit) bool { return h.Resource.Type().Equal(r.Type()) })
		if size == "" || bound || !slices.ContainsFunc(under, r.ID.SubscriptionID().Equal) {
			continue
		}
		if alike, ok := x.o.Policy.Write(b.Hits[0].Resource, field, arm.New(size)); ok && rule.denies(x.blocking, alike) && !rule.denies(x.blocking, r) {
			out = append(out, r.ID)
		}
	}
	return out
}

func isSize(name string) bool {
	_, ok := catalog.SizeByName(name)
	return ok
}

// sizeOf gives the VM size that a resource asks for, "" for none.
func sizeOf(r arm.Resource) string {
	for _, path := range [][]string{{"properties", "hardwareProfile", "vmSize"}, {"sku", "name"}, {"properties", "vmSize"}} {
		if name := r.Get(path...).Str(); isSize(name) {
			return name
		}
	}
	return ""
}

// edits gives the values that would let all resources of a blocker through.
func (x *reviewer) edits(b *Blocker) []Fix {
	var fixes []Fix
	related := policy.In(x.will)
	var near *nearby
	sound := func(others []arm.Resource) bool {
		if near == nil {
			near = x.near(b)
		}
		return near.sound(others)
	}
	for _, c := range b.Because {
		if c.Field == "" || identifies(c.Field) || x.o.Otherwise != nil && arm.EqualFold(c.Field, "location") || slices.ContainsFunc(fixes, func(f Fix) bool { return f.Edit.Field == c.Field }) {
			continue
		}
		e := Edit{Field: c.Field}
		var left []int // denials, with each value
		free := 0
		for _, v := range candidates(&c) {
			if n, others := x.passes(b, related, c.Field, v); others != nil && sound(others) {
				e.Values, left = append(e.Values, plain(v)), append(left, n)
				if n == 0 {
					free++
				}
			}
			if free == maxValues {
				break
			}
		}
		if len(e.Values) > 0 {
			e.Values = fewest(e.Values, left)
			fixes = append(fixes, Fix{Edit: &e})
		}
	}
	return fixes
}

// fewest gives the first of those values that leave the fewest rules standing
// against what is stopped.
func fewest(values []string, left []int) []string {
	var all []string
	for i, v := range values {
		if left[i] == slices.Min(left) && len(all) < maxValues {
			all = append(all, v)
		}
	}
	return all
}

// identifies tells whether a field says what a resource is: another value makes
// another resource of it.
func identifies(field string) bool {
	last := field[strings.LastIndexAny(field, "/.")+1:]
	for _, own := range []string{"type", "name", "fullName", "id", "kind"} {
		if arm.EqualFold(last, own) && !strings.HasSuffix(strings.ToLower(field), "sku.name") {
			return true
		}
	}
	return false
}

const (
	maxValues     = 5  // of an edit that are shown
	maxCandidates = 40 // that are tried
)

// candidates gives values of a field that may be let through, those that are
// most like the one that was seen first.
func candidates(c *policy.Because) []arm.Value {
	all := c.Instead()
	seen := ""
	for _, v := range c.Seen() {
		seen = v.Str()
	}
	if size, ok := catalog.SizeByName(seen); ok {
		all = sizesLike(size, all)
	}
	if _, ok := catalog.RegionByName(seen); ok && arm.EqualFold(c.Field, "location") { // what lies in one is not global
		all = slices.DeleteFunc(slices.Clone(all), func(v arm.Value) bool { _, ok := catalog.RegionByName(v.Str()); return !ok })
	}
	return all[:min(len(all), maxCandidates)]
}

// sizesLike gives the sizes among some values, or of all that there are where
// there is none, that can do what a size does, the most similar first.
func sizesLike(size *catalog.Size, among []arm.Value) []arm.Value {
	var sizes []*catalog.Size
	for _, v := range among {
		if s, ok := catalog.SizeByName(v.Str()); ok {
			sizes = append(sizes, s)
		}
	}
	if len(sizes) == 0 {
		sizes = catalog.Sizes()
	}
	sizes = slices.DeleteFunc(slices.Clone(sizes), func(s *catalog.Size) bool { return s == size || !does(size, s) })
	slices.SortStableFunc(sizes, func(a, b *catalog.Size) int { return cmp.Compare(unlike(size, a), unlike(size, b)) })
	var all []arm.Value
	for _, s := range sizes {
		all = append(all, arm.New(s.Name))
	}
	return all
}

// does tells whether another size can do what one does.
func does(s, o *catalog.Size) bool {
	return o.VCPUs >= s.VCPUs && o.MemoryGiB >= 0.9*s.MemoryGiB && (o.RDMA || !s.RDMA) && o.GPUVendor == s.GPUVendor &&
		o.GPUs*o.GPUMemoryGiB >= s.GPUs*s.GPUMemoryGiB && o.Arch == s.Arch && o.Lifecycle == ""
}

// unlike tells how much another size differs from one: first in its GPUs, then
// in what else it has.
func unlike(s, o *catalog.Size) float64 {
	more := func(a, b float64) float64 { return b / max(a, 0.5) }
	d := 10*more(float64(s.VCPUs), float64(o.VCPUs)) + more(s.MemoryGiB, o.MemoryGiB) + 100*more(s.GPUs*s.GPUMemoryGiB, o.GPUs*o.GPUMemoryGiB)
	if o.GPUModel != s.GPUModel {
		d += 1000
	}
	if o.Series != s.Series {
		d += 5
	}
	return d
}

func plain(v arm.Value) string {
	if v.Kind() == arm.String {
		return v.Str()
	}
	return v.Text()
}

// passes tells whether with another value nothing denies the resources of a
// blocker that did not before, its rule no longer does, and the value is sound;
// and how many denials are left.
func (x *reviewer) passes(b *Blocker, related policy.Related, field string, v arm.Value) (left int, others []arm.Resource) {
	for i := range b.Hits {
		h := &b.Hits[i]
		r, ok := x.o.Policy.Write(h.Resource, field, v)
		if !ok || !x.offered(r) {
			return 0, nil
		}
		before, after := blocking(h.verdict), blocking(x.engine.Judge(policy.Request{Resource: r}, related))
		if len(after) >= len(before) || slices.ContainsFunc(after, func(a *policy.Assigned) bool { return a == b.Assigned || !slices.Contains(before, a) }) {
			return 0, nil
		}
		left, others = left+len(after), append(others, r)
	}
	return left, others
}

// offered tells whether the size that a resource asks for is not known to be
// missing where it lies.
func (x *reviewer) offered(r arm.Resource) bool {
	size, region := sizeOf(r), strings.ToLower(strings.ReplaceAll(r.Location(), " ", ""))
	if size == "" || region == "" || r.ID.SubscriptionID() == "" {
		return true
	}
	if sold, known := catalog.Sold(size, region); known && !sold {
		return false
	}
	sku, ok := x.have.Get(r.ID.SubscriptionID().Resource("Microsoft.Compute/locations", region).Child("skus", size))
	if !ok {
		for range x.have.IDs(r.ID.SubscriptionID() + arm.ID("/providers/Microsoft.Compute/locations/"+region+"/skus")) {
			return false // it has others there
		}
		return true
	}
	for no := range sku.Get("properties", "restrictions").Items() {
		if no.Get("type").Str() == "Location" {
			return false
		}
	}
	return true
}

func blocking(v policy.Verdict) []*policy.Assigned {
	var all []*policy.Assigned
	for i := range v.Results {
		if v.Results[i].Blocks() {
			all = append(all, v.Results[i].Assigned)
		}
	}
	return all
}

// changes gives the changes to an assignment that let all resources of a
// blocker through, those that open least first.
func (x *reviewer) changes(b *Blocker) []Fix {
	var fixes []Fix
	held := x.held(b)
	for _, c := range x.proposals(b) {
		if opens, ok := x.try(b, c, held); ok {
			fixes = append(fixes, Fix{Change: &c, Opens: opens})
		}
	}
	slices.SortStableFunc(fixes, func(a, b Fix) int {
		return cmp.Or(cmp.Compare(len(a.Opens.Subscriptions), len(b.Opens.Subscriptions)), cmp.Compare(a.Opens.Resources, b.Opens.Resources))
	})
	return fixes
}

// proposals gives the changes worth a try.
func (x *reviewer) proposals(b *Blocker) []change.Change {
	var all []change.Change
	a := b.Assigned.Resource()
	subs, groups := around(b.Hits)
	if x.o.Bounds.may(change.Exemption) {
		for _, scopes := range [][]arm.ID{groups, subs} {
			if len(scopes) > 0 {
				all = append(all, change.Exempt(x.will, a, x.exempting(b, scopes)))
			}
		}
	}
	for _, c := range b.Because {
		with, ok := parameterValue(&c, b.Hits)
		if !ok {
			continue
		}
		value := change.Value{Name: c.Parameter, Old: c.Against(), New: with}
		if set, err := change.SetParameter(a, value); err == nil && x.o.Bounds.may(change.Parameter) {
			all = append(all, set)
		}
		if t := b.Assigned.Scope.Type(); x.o.Bounds.may(change.Reassign) && (b.Assigned.Scope == arm.Tenant || t.Equal(arm.ManagementGroupType)) && len(subs) > 0 {
			if left, err := change.LeaveOut(x.will, a, subs, value); err == nil {
				all = append(all, left)
			}
		}
	}
	return all
}

// around gives the subscriptions that resources lie in, and their resource
// groups where each lies in one.
func around(hits []Hit) (subs, groups []arm.ID) {
	add := func(all []arm.ID, id arm.ID) []arm.ID {
		if id == "" || slices.ContainsFunc(all, id.Equal) {
			return all
		}
		return append(all, id)
	}
	whole := true
	for _, h := range hits {
		id := h.Resource.ID
		subs = add(subs, id.SubscriptionID())
		groups = add(groups, id.ResourceGroupID())
		whole = whole && id.ResourceGroupID() != "" && id.ResourceGroupID() != id
	}
	if !whole {
		groups = nil
	}
	return subs, groups
}

// exempting gives what an exemption says, as the bounds have it.
func (x *reviewer) exempting(b *Blocker, scopes []arm.ID) change.Exempting {
	bounds := x.o.Bounds
	e := change.Exempting{Scopes: scopes, Category: cmp.Or(bounds.Category, "Waiver"), Name: nameFor(b.Assigned),
		Expires: x.expires(b)}
	if ref := b.Assigned.Reference(); ref != "" {
		e.References = []string{ref}
	}
	e.Reason = fmt.Sprintf("%s stops %s", b.Title, things(len(b.Hits), "resource"))
	if bounds.Ticket {
		e.Reason += "; ticket: TICKET"
	}
	if bounds.Approver != "" {
		e.Reason += "; approved by " + bounds.Approver
	}
	return e
}

// expires gives the day on which an exemption ends: when all that it lets through
// is no longer needed, and no later than the bounds have it.
func (x *reviewer) expires(b *Blocker) time.Time {
	const day = 24 * time.Hour
	most := x.o.Policy.Now.Add(cmp.Or(x.o.Bounds.AtMost, 90*day)).Truncate(day)
	var last time.Time
	for _, h := range b.Hits {
		end, known := x.o.Bounds.Ends[h.Resource.ID.SubscriptionID().Fold()]
		if !known || !end.After(x.o.Policy.Now) {
			return most
		}
		if end.After(last) {
			last = end
		}
	}
	if last.Before(most) {
		return last
	}
	return most
}

// nameFor names an exemption after what it exempts from: references of sets hold
// spaces and slashes, and may be longer than names. What a name loses so, its
// end tells apart. The longest has room for a number behind it.
func nameFor(a *policy.Assigned) string {
	whole := "airfield-" + a.ID.Name()
	if ref := a.Reference(); ref != "" {
		whole += "-" + ref
	}
	name := strings.Map(func(c rune) rune {
		if c < 0x80 && (unicode.IsLetter(c) || unicode.IsDigit(c) || c == '-' || c == '_') {
			return c
		}
		return '-'
	}, whole)
	if name == whole && len(name) <= maxName {
		return name
	}
	h := fnv.New32a()
	h.Write([]byte(whole))
	return fmt.Sprintf("%s-%08x", name[:min(len(name), maxName-9)], h.Sum32())
}

const maxName = 60 // of an exemption's 64 characters

func things(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// parameterValue gives the value of the parameter that a condition compares
// with, by which all that it saw would be let through.
func parameterValue(c *policy.Because, hits []Hit) (arm.Value, bool) {
	if c.Parameter == "" {
		return arm.Value{}, false
	}
	var seen []string
	for _, h := range hits {
		for _, own := range h.because {
			if own.Field != c.Field {
				continue
			}
			for _, v := range own.Seen() {
				if s := plain(v); v.Kind() > arm.Null && !slices.ContainsFunc(seen, func(o string) bool { return strings.EqualFold(o, s) }) {
					seen = append(seen, s)
				}
			}
		}
	}
	return c.With(seen)
}

// rule names a rule across engines: the same member of the same set, or the
// same definition, in one of some assignments.
type rule struct {
	reference   string
	assignments []arm.ID
}

func ruleOf(b *Blocker, put []arm.Resource) rule {
	r := rule{b.Assigned.Reference(), []arm.ID{b.Assigned.ID}}
	for _, p := range put {
		r.assignments = append(r.assignments, p.ID)
	}
	return r
}

func (r *rule) is(a *policy.Assigned) bool {
	return a.Reference() == r.reference && slices.ContainsFunc(r.assignments, a.ID.Equal)
}

// compile gives an engine of some rules, and with writes of those that change
// requests, too: what they write decides what others find, and which of them
// stand against each other.
func (x *reviewer) compile(t *tenant.Tenant, writes bool, rules ...rule) *policy.Engine {
	o := x.o.Policy
	o.Place, o.Only, o.Like = nil, map[arm.ID][]string{}, x.engine // its findings were seen
	for _, r := range rules {
		for _, id := range r.assignments {
			o.Only[id.Fold()] = append(o.Only[id.Fold()], r.reference)
		}
	}
	for _, a := range x.engine.Assigned {
		if writes && (a.Rule == nil || changes(a.Rule.Effect)) {
			o.Only[a.ID.Fold()] = append(o.Only[a.ID.Fold()], a.Reference())
		}
	}
	e, _ := policy.Compile(t, o)
	return e
}

func changes(e policy.Effect) bool {
	return e == policy.Append || e == policy.Modify || e == policy.None
}

// try makes a change and judges again what it is for: it must let all through.
func (x *reviewer) try(b *Blocker, c change.Change, held []there) (Opens, bool) {
	after, found := change.Apply(x.govern, c)
	if found.HasErrors() {
		return Opens{}, false
	}
	rule := ruleOf(b, c.Put)
	engine := x.compile(after, true, rule)
	for i := range b.Hits {
		if rule.stops(engine, b.Hits[i].Resource) {
			return Opens{}, false
		}
	}
	if c.Kind != change.Parameter { // it changes nothing but where the blocker is
		subs, _ := around(b.Hits)
		held = slices.DeleteFunc(slices.Clone(held), func(h there) bool { return !slices.ContainsFunc(subs, h.sub.Equal) })
	}
	return x.opens(b, engine, &rule, held), true
}

// stops tells whether the rule denies a resource, or may.
func (r *rule) stops(e *policy.Engine, res arm.Resource) bool {
	v := e.Judge(policy.Request{Resource: res}, nil)
	return slices.ContainsFunc(v.Results, func(x policy.Result) bool { return r.is(x.Assigned) && x.Blocks() })
}

// denies tells whether the rule surely denies a resource.
func (r *rule) denies(e *policy.Engine, res arm.Resource) bool {
	v := e.Judge(policy.Request{Resource: res}, nil)
	return slices.ContainsFunc(v.Results, func(x policy.Result) bool { return r.is(x.Assigned) && x.Denies() })
}

// there is what a rule denies in a subscription, of what is stopped and what is
// like it.
type there struct {
	sub arm.ID
	all []arm.Resource
}

// held gives what a blocker's rule denies now, in each subscription that it is
// in force in.
func (x *reviewer) held(b *Blocker) []there {
	var all []there
	now := ruleOf(b, nil)
	for _, sub := range x.will.Subscriptions(b.Assigned.Scope) {
		denied := slices.DeleteFunc(alike(b.Hits, sub), func(r arm.Resource) bool { return !now.denies(x.blocking, r) })
		if len(denied) > 0 {
			all = append(all, there{sub, denied})
		}
	}
	return all
}

// opens compares what the rule lets through after a change with what it does
// now.
func (x *reviewer) opens(b *Blocker, after *policy.Engine, rule *rule, held []there) Opens {
	var o Opens
	for _, h := range held {
		if slices.ContainsFunc(h.all, func(r arm.Resource) bool { return !rule.stops(after, r) }) {
			o.Subscriptions = append(o.Subscriptions, h.sub)
		}
	}
	after.Scan(x.existing(b.Assigned), policy.In(x.will), func(_ arm.Resource, results []policy.Result) {
		if !slices.ContainsFunc(results, func(r policy.Result) bool {
			return rule.is(r.Assigned) && r.State != policy.Compliant && r.State != policy.Exempt
		}) {
			o.Resources++
		}
	})
	return o
}

// alike gives what is stopped in a subscription, and in one where nothing is, a
// resource of each type as if it were deployed there.
func alike(hits []Hit, sub arm.ID) []arm.Resource {
	var own, others []arm.Resource
	for _, h := range hits {
		r := h.Resource
		if r.ID.Under(sub) {
			own = append(own, r)
		} else if r.ID.SubscriptionID() != "" && !slices.ContainsFunc(others, func(o arm.Resource) bool { return o.Type().Equal(r.Type()) }) {
			others = append(others, moved(r, sub))
		}
	}
	if own != nil {
		return own
	}
	return others
}

// moved gives the same resource in another subscription.
func moved(r arm.Resource, sub arm.ID) arm.Resource {
	own := r.ID.SubscriptionID()
	r.ID = sub + r.ID[len(own):]
	if body, err := r.Body.Set(string(r.ID), "id"); err == nil {
		r.Body = body
	}
	return r
}

// caught are the ids of the resources that exist and do not comply with a rule
// that stops something, by the rule's key.
type caught map[string][]arm.ID

func keyOf(a *policy.Assigned) string { return strings.ToLower(string(a.ID) + "\n" + a.Reference()) }

// catch finds what exists and does not comply with the rules of blockers, in one
// pass.
func (x *reviewer) catch(e *policy.Engine) caught {
	parts := make([]caught, workers)
	n := x.have.Len()
	x.o.Side(workers, func(i int) {
		parts[i] = caught{}
		e.Scan(x.considered(e, i*n/workers, (i+1)*n/workers), policy.In(x.will), func(r arm.Resource, results []policy.Result) {
			for _, res := range results {
				if res.State == policy.NonCompliant { // of other rules, too, which nobody asks for
					parts[i][keyOf(res.Assigned)] = append(parts[i][keyOf(res.Assigned)], r.ID)
				}
			}
		})
	})
	out := caught{}
	for _, part := range parts {
		for key, ids := range part {
			out[key] = append(out[key], ids...)
		}
	}
	return out
}

// considered gives those resources between two positions that the rules of
// blockers look into.
func (x *reviewer) considered(e *policy.Engine, from, to int) iter.Seq[arm.Resource] {
	return func(yield func(arm.Resource) bool) {
		var index arm.Indexer
		for at := from; at < to; at++ {
			if e.Considers(x.have.ID(at)) && !yield(x.have.At(at, &index)) {
				return
			}
		}
	}
}

// existing gives the resources that exist and do not comply with a rule.
func (x *reviewer) existing(a *policy.Assigned) iter.Seq[arm.Resource] {
	return func(yield func(arm.Resource) bool) {
		for _, id := range x.caught[keyOf(a)] {
			if r, ok := x.have.Get(id); ok && !yield(r) {
				return
			}
		}
	}
}

const workers = 8 // runs that a pass over a tenant is split into
