package limits

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"airfield/arm"
	"airfield/diag"
)

// The quotas that count across families.
const (
	regionalCores = "cores"            // regular machines of all families in a region
	spotCores     = "lowPriorityCores" // Spot machines of all families in a region
	dedicated     = "dedicatedCoreQuota"
	lowPriority   = "lowPriorityCoreQuota"
	poolCount     = "poolQuota"
)

// A bucket is what one number limits: vCPUs of a family in a region of a
// subscription, or of a Batch account.
type bucket struct {
	place          // of the subscription's quota
	account arm.ID // folded; where set, place is empty
	key     string // quotaKey of the name
}

// A total is what all demands want of one bucket.
type total struct {
	name  string // of the quota, as spelled
	now   int64  // vCPUs beyond what exists
	most  int64  // the same, where all grow to the most they may
	parts []part
}

// A part is what one demand adds to a total.
type part struct {
	*demand
	bucket
	name      string // of the quota, as spelled
	now, most int64
}

// quota holds what all demands together want of each quota against what is left
// of it, since one by one they may fit and together not.
func quota(p *plan) {
	p.share()
	for i := range p.demands {
		d := &p.demands[i]
		if why := p.uncountable(d); why == "" {
			for _, c := range p.counts(d) {
				p.count(c)
			}
		} else if d.now.unknown || d.most > 0 {
			p.add(d.Resource, Block{Path: d.path, Because: why}, diag.Warning, "limits/quota-uncounted", "wanted machines of %s within the quota", orNone(d.size))
		}
	}
	p.uncounted()
	p.batchPools()
	unknown := map[place][]bucket{}
	for _, b := range slices.SortedFunc(maps.Keys(p.totals), compareBuckets) {
		t := p.totals[b]
		q, at, known := p.quoted(b)
		switch {
		case known:
			p.judge(b, q, at)
		case b.account == "":
			unknown[b.place] = append(unknown[b.place], b)
		default:
			p.addTotal(t, Block{Because: p.lacksAccount(b), Sum: t.sum(b, quoted{limit: -1})}, diag.Warning, "limits/quota-batch",
				"wanted %s (%s)", t.words(b, t.most), t.of(most))
		}
	}
	p.unknownQuota(unknown)
}

// otherQuotas are types that ask for machines or models whose quota is not
// worked out, each with why.
var otherQuotas = []struct {
	typ arm.Type
	why string
}{
	{"Microsoft.AzureFleet/fleets", "Azure chooses among the sizes of the fleet"},                                             // learn.microsoft.com/azure/azure-compute-fleet/overview
	{"Microsoft.CognitiveServices/accounts/deployments", "models have quotas of their own by region, which are not read"},     // learn.microsoft.com/azure/ai-foundry/openai/quotas-limits
	{"Microsoft.Compute/hostGroups/hosts", "dedicated hosts have a quota of their own, which is not read"},                    // learn.microsoft.com/azure/virtual-machines/dedicated-hosts
	{"Microsoft.ContainerInstance/containerGroups", "container groups have a quota of their own, which is not read"},          // learn.microsoft.com/azure/container-instances/container-instances-resource-and-quota-limits
	{"Microsoft.HDInsight/clusters", "HDInsight has a quota of its own, which is not read"},                                   // learn.microsoft.com/azure/hdinsight/quota-increase-request
	{"Microsoft.MachineLearningServices/workspaces/onlineEndpoints/deployments", mlQuota},                                     // learn.microsoft.com/azure/machine-learning/how-to-manage-quotas
	{"Microsoft.RedHatOpenShift/openShiftClusters", "the machines of its control plane and its workers are not counted here"}, // learn.microsoft.com/azure/openshift/create-cluster
}

// uncounted says what asks for machines and is not counted. What exists has
// them.
func (p *plan) uncounted() {
	for _, o := range otherQuotas {
		for r := range p.all(o.typ) {
			if !p.have.Has(r.ID) {
				p.add(r, Block{Because: o.why}, diag.Warning, "limits/quota-uncounted", "wanted what it takes within the quota")
			}
		}
	}
}

func compareBuckets(a, b bucket) int {
	return cmp.Or(cmp.Compare(a.subscription, b.subscription), cmp.Compare(a.region, b.region), cmp.Compare(a.account, b.account), cmp.Compare(a.key, b.key))
}

// share takes machines out of the count that run in a reservation, or a scale
// set, whose own capacity is counted.
func (p *plan) share() {
	type room struct {
		in   arm.ID
		size string
	}
	left := map[room]int64{}
	for i := range p.demands {
		if d := &p.demands[i]; d.holder() != "" {
			left[room{d.holder().Fold(), strings.ToLower(d.size.Str())}] += d.now.n
		}
	}
	for i := range p.demands {
		d := &p.demands[i]
		if d.in == "" || d.now.unknown {
			continue
		}
		r := room{d.in.Fold(), strings.ToLower(d.size.Str())}
		if _, ok := left[r]; !ok {
			left[r] = p.reserved(d.in, d.size)
		}
		n := min(d.now.n, left[r])
		left[r] -= n
		d.now.n -= n
		d.most -= n
	}
}

// reserved gives how many machines of a size a reservation group that exists
// has room for.
func (p *plan) reserved(group arm.ID, size arm.Value) (free int64) {
	for r := range p.have.Range(group) {
		if capacityReservations.Equal(r.Type()) && sameSize(at(r.Body, "sku", "name"), size) {
			n, _ := at(r.Body, "sku", "capacity").Int()
			free += max(0, n-int64(r.Get("properties", "virtualMachinesAssociated").Len()))
		}
	}
	return free
}

// uncountable says why it is not known what a demand adds to which quota, ""
// where it is.
func (p *plan) uncountable(d *demand) string {
	switch o := p.market(d.place()).offer(d.size.Str()); {
	case d.apart != "":
		return d.apart
	case d.region == "":
		return "its region is not known"
	case d.size.Kind() == arm.Unknown:
		return "the size is known only after deployment"
	case is(d.size, "Mix"):
		return "Azure chooses among the sizes of its skuProfile"
	case d.now.unknown:
		return "the number of machines is not written, or known only after deployment"
	case o.family == "" || o.vcpus == 0:
		return fmt.Sprintf("neither the snapshot nor the catalog says how %s counts", d.size.Str())
	}
	return ""
}

// buckets gives what a demand counts in.
func (p *plan) buckets(d *demand) []string {
	family := p.market(d.place()).offer(d.size.Str()).family
	switch {
	case d.from != "" && d.spot:
		return []string{lowPriority}
	case d.from != "":
		if account, ok := p.have.Get(d.from); ok && isFalse(account.Get("properties", "dedicatedCoreQuotaPerVMFamilyEnforced")) {
			return []string{dedicated}
		}
		return []string{family, dedicated}
	case d.spot:
		return []string{spotCores}
	}
	return []string{family, regionalCores}
}

// bucket gives the bucket of a name that a demand counts in.
func (d *demand) bucket(name string) bucket {
	if d.from != "" {
		return bucket{account: d.from.Fold(), key: quotaKey(name)}
	}
	return bucket{place: d.place(), key: quotaKey(name)}
}

// counts gives what a demand adds to each quota, less what exists of it.
func (p *plan) counts(d *demand) (all []part) {
	had := map[bucket]int64{}
	if b, ok := p.before(d); ok {
		for _, name := range p.buckets(&b) {
			had[b.bucket(name)] = b.now.n * p.market(b.place()).offer(b.size.Str()).vcpus
		}
	}
	vcpus := p.market(d.place()).offer(d.size.Str()).vcpus
	for _, name := range p.buckets(d) {
		b := d.bucket(name)
		now, most := max(0, d.now.n*vcpus-had[b]), max(0, d.most*vcpus-had[b])
		if most > 0 {
			all = append(all, part{d, b, name, now, most})
		}
	}
	return all
}

// count adds a part to the total of its quota.
func (p *plan) count(c part) {
	t := p.totals[c.bucket]
	if t == nil {
		t = &total{name: c.name}
		p.totals[c.bucket] = t
	}
	t.now += c.now
	t.most += c.most
	t.parts = append(t.parts, c)
}

// batchPools counts the pools that accounts get.
func (p *plan) batchPools() {
	seen := map[arm.ID]bool{}
	for i := range p.demands {
		d := &p.demands[i]
		if batchPools.Equal(d.Type()) && !seen[d.ID.Fold()] && !p.have.Has(d.ID) {
			seen[d.ID.Fold()] = true
			p.count(part{d, bucket{account: d.ID.Parent().Fold(), key: quotaKey(poolCount)}, poolCount, 1, 1})
		}
	}
}

// quoted gives the line of a quota, and the resource that it stands in.
func (p *plan) quoted(b bucket) (q quoted, at arm.ID, known bool) {
	if b.account == "" {
		m := p.market(b.place)
		q, known = m.quotas[b.key]
		return q, m.usages, known
	}
	r, ok := p.have.Get(b.account)
	if !ok {
		return quoted{}, "", false
	}
	v := r.Get("properties", b.key)
	for family := range items(r.Get("properties", "dedicatedCoreQuotaPerVMFamily")) {
		if quotaKey(family.Get("name").Str()) == b.key {
			v = family.Get("coreQuota")
		}
	}
	limit, limited := v.Int()
	used, counted := p.batchUsed(b)
	return quoted{used, limit}, r.ID, limited && counted
}

// batchUsed counts what the pools of an account use of one of its quotas, since
// the account does not say, and tells whether all say it.
func (p *plan) batchUsed(b bucket) (used int64, known bool) {
	known = true
	for r := range p.have.Range(b.account) {
		if !batchPools.Equal(r.Type()) {
			continue
		}
		if b.key == quotaKey(poolCount) {
			used++
			continue
		}
		for _, d := range ofBatchPool(p, r) {
			for _, name := range p.buckets(&d) {
				if d.bucket(name) == b {
					known = known && !d.now.unknown
					used += max(d.now.n, 0) * p.market(d.place()).offer(d.size.Str()).vcpus
				}
			}
		}
	}
	return used, known
}

// judge says that a total does not fit into what is left of a quota, or that it
// fits and cannot grow.
func (p *plan) judge(b bucket, q quoted, at arm.ID) {
	t := p.totals[b]
	block := Block{At: at, Sum: t.sum(b, q)}
	if p.grouped(b.subscription) {
		block.Help = "a quota group holds quota for the subscription: what it could pass on was not evaluated"
	}
	code := "limits/quota"
	if b.account != "" {
		code = "limits/quota-batch"
	} else if block.Help == "" {
		ask := t.now
		if ask <= q.free() {
			ask = t.most
		}
		block.Help = fmt.Sprintf("ask for quota: az quota update --resource-name %s --scope %s --limit-object value=%d", t.name, b.subscription.Resource("Microsoft.Compute/locations", b.region), q.used+ask)
	}
	switch {
	case t.now > q.free():
		block.Instead = p.alternatives(t.largest().demand)
		p.addTotal(t, block, diag.Error, code, "wanted %s (%s), found %d of %d in use", t.words(b, t.now), t.of(now), q.used, q.limit)
	case t.most > q.free():
		block.Sum.Wanted = t.most
		p.addTotal(t, block, diag.Warning, "limits/quota-growth", "wanted %s where all grow to their most (%s), found %d of %d in use",
			t.words(b, t.most), t.of(most), q.used, q.limit)
	}
}

// words says how much is wanted of what.
func (t *total) words(b bucket, n int64) string {
	name := "vCPUs of " + t.name
	switch t.name {
	case regionalCores:
		name = "vCPUs of all families"
	case spotCores:
		name = "Spot vCPUs"
	case poolCount:
		name = "pools"
	}
	if b.region != "" {
		name += " in " + b.region
	}
	return fmt.Sprintf("%d %s", n, name)
}

// addTotal adds a block under the part that asks for most.
func (p *plan) addTotal(t *total, b Block, severity diag.Severity, code, format string, args ...any) {
	d := t.largest()
	b.Path = d.path
	p.add(d.Resource, b, severity, code, format, args...)
}

func (t *total) largest() part {
	return slices.MaxFunc(t.parts, func(a, b part) int {
		return cmp.Or(cmp.Compare(a.now, b.now), cmp.Compare(a.most, b.most), -a.ID.Compare(b.ID), -cmp.Compare(a.pool, b.pool))
	})
}

func now(c part) int64  { return c.now }
func most(c part) int64 { return c.most }

// of names the parts of a total, largest first, with how much each wants.
func (t *total) of(much func(part) int64) string {
	parts := slices.Clone(t.parts)
	slices.SortFunc(parts, func(a, b part) int {
		return cmp.Or(-cmp.Compare(much(a), much(b)), a.ID.Compare(b.ID), cmp.Compare(a.pool, b.pool))
	})
	var words []string
	for _, c := range parts {
		if n := much(c); n > 0 {
			words = append(words, strings.TrimSuffix(fmt.Sprintf("%d of %s: %s", n, c.label(), c.size.Str()), ": "))
		}
	}
	return list(words)
}

func (t *total) sum(b bucket, q quoted) *Sum {
	s := &Sum{Scope: cmp.Or(b.account, b.subscription), Region: b.region, Name: t.name, Wanted: t.now, Used: q.used, Limit: q.limit}
	for _, d := range t.parts {
		if !slices.Contains(s.Of, d.ID) {
			s.Of = append(s.Of, d.ID)
		}
	}
	return s
}

func (p *plan) lacksAccount(b bucket) string {
	if _, ok := p.have.Get(b.account); !ok {
		return "the account is not in the snapshot, and new accounts begin with a quota that Azure decides"
	}
	return "the account does not say it, or a pool that exists not how many nodes it has"
}

// unknownQuota says once for each place which quotas are not known.
func (p *plan) unknownQuota(unknown map[place][]bucket) {
	for _, at := range slices.SortedFunc(maps.Keys(unknown), func(a, b place) int {
		return cmp.Or(cmp.Compare(a.subscription, b.subscription), cmp.Compare(a.region, b.region))
	}) {
		var words []string
		first := p.totals[unknown[at][0]]
		for _, b := range unknown[at] {
			t := p.totals[b]
			words = append(words, t.words(bucket{}, t.most))
			if t.largest().now > first.largest().now {
				first = t
			}
		}
		b := Block{Because: p.lacks(at.subscription, computeUsages), At: p.market(at).usages}
		if b.At != "" {
			b.Because = "the list of usages does not have them"
		}
		b.Help = "subscriptions begin with 0 of most GPU families: read `az vm list-usage`, and request quota before the deployment"
		b.Sum = first.sum(unknown[at][0], quoted{limit: -1})
		p.addTotal(first, b, diag.Warning, "limits/quota-unknown", "wanted %s in %s", list(words), at.region)
	}
}

// grouped tells whether a management group above a subscription has quota
// groups, which pass quota between subscriptions.
func (p *plan) grouped(subscription arm.ID) bool {
	if subscription == "" {
		return false
	}
	for _, above := range p.have.Ancestors(subscription) {
		for range p.have.IDs(above + "/providers/Microsoft.Quota/groupQuotas") {
			return true
		}
	}
	return false
}
