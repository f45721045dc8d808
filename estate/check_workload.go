package estate

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"airfield/diag"
	"airfield/source"
)

// The shapes of the keys that names are made of. The keys of workloads, jobs
// and services have MinKey to MaxKey characters; those of data name containers,
// which have at least 3.
// learn.microsoft.com/rest/api/storageservices/naming-and-referencing-containers--blobs--and-metadata
const (
	KeyPattern         = `^[a-z][a-z0-9]*(-[a-z0-9]+)*$`
	EnvironmentPattern = `^[a-z][a-z0-9]{0,7}$`
	MinKey             = 2
	MinDataKey         = 3
	MaxKey             = 24
)

var (
	keyShape         = regexp.MustCompile(KeyPattern)
	environmentShape = regexp.MustCompile(EnvironmentPattern)
)

func (c *checker) key(pos diag.Pos, what, key string, least int) {
	if !keyShape.MatchString(key) || len(key) < least || len(key) > MaxKey {
		c.Errorf(pos, "estate/key", "%s key %q, wanted %d to %d lower-case letters, digits and single hyphens that begin with a letter", what, short(key), least, MaxKey)
	}
}

func (c *checker) workloads() {
	if len(c.Workloads) == 0 {
		c.Errorf(c.Of("workloads"), "estate/workloads", "no workloads: write one such as atlas: {jobs: {train: {size: Standard_NC24ads_A100_v4}}}")
	}
	formerly := map[string]string{}
	for _, w := range c.Workloads {
		v := w.Value
		c.key(w.Pos, "workload", w.Key, MinKey)
		if len(v.Environments) == 0 {
			c.Errorf(w.Pos, "estate/workloads", "workload %q has no environment, wanted at least one, or no key environments for prod alone", w.Key)
		}
		for _, env := range v.Environments {
			if !environmentShape.MatchString(env.Key) {
				c.Errorf(env.Pos, "estate/key", "environment key %q, wanted 1 to 8 lower-case letters and digits that begin with a letter", short(env.Key))
			}
		}
		if !v.Ends.IsZero() && !v.Begins.Before(v.Ends.Time) {
			c.Errorf(v.Of("ends"), "estate/dates", "ends on %s, not after it begins on %s", v.Ends, v.Begins)
		}
		if v.Owner != "" {
			c.mailbox(v.Of("owner"), "owner", v.Owner)
		}
		for _, t := range v.Uses {
			if !typeShape.MatchString(t) {
				c.Errorf(v.Of("uses"), "estate/resource-type", "%q, wanted a resource type such as Microsoft.Search/searchServices", t)
			}
		}
		c.formerly(w, formerly)
	}
}

func (c *checker) formerly(w source.Entry[Workload], seen map[string]string) {
	old, pos := w.Value.Formerly, w.Value.Of("formerly")
	if old == "" {
		return
	}
	c.key(pos, "former", old, MinKey)
	if _, lives := c.Workloads.Get(old); lives {
		c.Errorf(pos, "estate/formerly", "workload %q was formerly %q, which is a workload still", w.Key, old)
	}
	if other, twice := seen[old]; twice {
		c.Errorf(pos, "estate/formerly", "workloads %q and %q were both formerly %q", other, w.Key, old)
	}
	seen[old] = w.Key
}

// specs checks what each place keeps and runs. What is wrong in several
// environments of a workload is found in each, and printed once.
func (c *checker) specs() {
	inKnown := true
	for i, p := range c.places {
		if i == 0 || c.places[i-1].Workload != p.Workload {
			before := len(c.List)
			c.environmentsNamed(p)
			inKnown = !c.List[before:].HasErrors()
		}
		if inKnown && len(p.Data)+len(p.Jobs)+len(p.Services) == 0 {
			c.Warnf(p.Pos, "estate/workloads", "%q has no jobs, services or data: nothing but an empty landing zone is made for it", p.Name())
		}
		for _, d := range p.Data {
			c.key(d.Pos, "data", d.Key, MinDataKey)
			c.datum(p, d.Key, d.Value)
		}
		for _, j := range p.Jobs {
			c.key(j.Pos, "job", j.Key, MinKey)
			c.job(p, j)
		}
		for _, s := range p.Services {
			c.key(s.Pos, "service", s.Key, MinKey)
			c.service(p, s)
		}
		for _, j := range p.Jobs {
			if _, both := p.Services.Get(j.Key); both {
				c.Errorf(j.Pos, "estate/key", "%q is a job and a service of %q, wanted two keys", j.Key, p.Workload)
			}
		}
	}
}

// environmentsNamed checks `in`, which may leave a job out of every place.
func (c *checker) environmentsNamed(p Place) {
	known := p.Of.Environments.Keys()
	check := func(s Spec) {
		for _, j := range s.Jobs {
			c.in(j.Value.Of("in"), j.Value.In, known)
		}
		for _, s := range s.Services {
			c.in(s.Value.Of("in"), s.Value.In, known)
		}
	}
	check(p.Of.Spec)
	for _, env := range p.Of.Environments {
		check(env.Value.Spec)
		for _, j := range env.Value.Jobs {
			base, _ := p.Of.Jobs.Get(j.Key)
			c.unused(env.Key, j.Pos, j.Key, base.In, j.Value.In)
		}
		for _, s := range env.Value.Services {
			base, _ := p.Of.Services.Get(s.Key)
			c.unused(env.Key, s.Pos, s.Key, base.In, s.Value.In)
		}
	}
}

// unused warns of an environment that changes what does not run in it.
func (c *checker) unused(environment string, pos diag.Pos, key string, base, over []string) {
	in := base
	if len(over) > 0 {
		in = over
	}
	if !runsIn(in, environment) {
		c.Warnf(pos, "estate/environment", "environment %q changes %q, which runs only in %s", environment, key, strings.Join(in, ", "))
	}
}

func (c *checker) in(pos diag.Pos, in, known []string) {
	for _, e := range in {
		if !slices.Contains(known, e) {
			c.Errorf(pos, "estate/environment", "%q is no environment of the workload, wanted one of %s%s", e, strings.Join(known, ", "), diag.DidYouMean(e, known))
		}
	}
}

// positive checks the numbers of a mapping that are written.
func (c *checker) positive(at source.At, numbers map[string]int) {
	for key, n := range numbers {
		if at.Has(key) && n < 1 {
			c.Errorf(at.Of(key), "estate/number", "%s is %d, wanted 1 or more", key, n)
		}
	}
}

// some wants what is written to be more than none.
func (c *checker) some(at source.At, is map[string]bool) {
	for key, more := range is {
		if at.Has(key) && !more {
			c.Errorf(at.Of(key), "estate/number", "%s is 0, wanted more than none", key)
		}
	}
}

// tiers are the access tiers of blobs, colder and colder, and the days that
// what is in them is paid for at the least.
// learn.microsoft.com/azure/storage/blobs/access-tiers-overview
var tiers = []struct {
	key  string
	days int
	when func(Data) Duration
}{
	{"cool", 30, func(d Data) Duration { return d.Cool }},
	{"cold", 90, func(d Data) Duration { return d.Cold }},
	{"archive", 180, func(d Data) Duration { return d.Archive }},
}

// rehydration is how long a blob may take to come back from the Archive tier
// at standard priority.
// learn.microsoft.com/azure/storage/blobs/archive-rehydrate-overview
const rehydration = Duration(15 * time.Hour)

func (c *checker) datum(p Place, key string, d Data) {
	c.positive(d.At, map[string]int{"keep_last": d.KeepLast, "versions": d.Versions})
	c.tierOrder(key, d)
	archives := d.Archive != 0 && d.Archive != Never
	if archives && (d.Redundancy == "ZRS" || d.Redundancy == "GZRS") {
		c.Errorf(d.Of("archive"), "estate/tier", "data %q is archived with redundancy %s, which the Archive tier does not have: take LRS or GRS, or archive: never", key, d.Redundancy)
	}
	if archives && d.RecallWithin != 0 && d.RecallWithin < rehydration {
		c.Errorf(d.Of("recall_within"), "estate/recall", "data %q is archived and must be back within %s, but the Archive tier takes up to 15h: take recall_within: 15h or more, or cold instead of archive", key, d.RecallWithin)
	}
	if d.Has("recall_within") && !archives {
		c.Warnf(d.Of("recall_within"), "estate/recall", "data %q says recall_within but is never archived", key)
	}
	if d.Layout == Lake && d.Versions > 0 {
		c.Warnf(d.Of("versions"), "estate/layout", "data %q keeps versions in a lake: a hierarchical namespace has no blob versioning, so they are kept as folders", key)
	}
	switch d.ComesFrom {
	case "", "internet":
	case "onprem":
		if c.Network.OnPrem.By == "" {
			c.Warnf(d.Of("comes_from"), "estate/onprem", "data %q comes from onprem, but network.onprem names no link", key)
		}
	default:
		c.reference(p, d.Of("comes_from"), comesFrom, d.ComesFrom)
		if d.ComesFrom == key || d.ComesFrom == p.Workload+"/"+key {
			c.Errorf(d.Of("comes_from"), "estate/cycle", "data %q comes from itself", key)
		}
	}
	for _, reader := range d.ReadBy {
		others := slices.DeleteFunc(c.Workloads.Keys(), func(k string) bool { return k == p.Workload })
		switch {
		case reader == p.Workload:
			c.Errorf(d.Of("read_by"), "estate/reference", "data %q is read by %q itself, wanted other workloads", key, reader)
		case !slices.Contains(others, reader):
			c.Errorf(d.Of("read_by"), "estate/reference", "data %q is read by %q, which is no workload%s", key, reader, diag.DidYouMean(reader, others))
		case !c.runs(reader):
			c.Warnf(d.Of("read_by"), "estate/reference", "data %q is read by %q, which has no jobs and no services: nothing there reads", key, reader)
		}
	}
}

// runs tells whether a workload has a job or service in any environment.
func (c *checker) runs(workload string) bool {
	w, _ := c.Workloads.Get(workload)
	n := len(w.Jobs) + len(w.Services)
	for _, env := range w.Environments {
		n += len(env.Value.Jobs) + len(env.Value.Services)
	}
	return n > 0
}

func (c *checker) tierOrder(key string, d Data) {
	warmer, since, min := "", Duration(0), 0
	for _, t := range tiers {
		when := t.when(d)
		if when == Never || !d.Has(t.key) {
			continue
		}
		if warmer != "" && when <= since {
			c.Errorf(d.Of(t.key), "estate/tier", "data %q moves to %s after %s, not after it moves to %s (%s)", key, t.key, when, warmer, since)
		} else if warmer != "" && when-since < Duration(min)*Duration(day) {
			c.Warnf(d.Of(t.key), "estate/tier", "data %q moves from %s to %s after %s, but the %s tier is paid for at least %d days", key, warmer, t.key, when-since, warmer, min)
		}
		warmer, since, min = t.key, when, t.days
	}
	if warmer == "" || d.Keep == 0 || d.Keep == Never {
		return
	}
	if d.Keep <= since {
		c.Errorf(d.Of("keep"), "estate/tier", "data %q is kept %s, so it never moves to %s (%s)", key, d.Keep, warmer, since)
	} else if d.Keep-since < Duration(min)*Duration(day) {
		c.Warnf(d.Of("keep"), "estate/tier", "data %q is kept %s in %s, which is paid for at least %d days", key, d.Keep-since, warmer, min)
	}
}

const comesFrom = "comes from"

// reference checks that data is there: this workload's, or another's.
func (c *checker) reference(p Place, pos diag.Pos, does, name string) {
	workload, key, other := strings.Cut(name, "/")
	if !other {
		workload, key = p.Workload, name
	}
	if workload == p.Workload {
		if _, here := p.Data.Get(key); here {
			return
		}
	}
	if near := diag.Nearest(name, []string{"onprem", "internet"}); does == comesFrom && near != "" {
		c.Errorf(pos, "estate/reference", "%s %q; did you mean %q?", does, name, near)
		return
	}
	have, known := c.data[workload], slices.Contains(c.Workloads.Keys(), workload)
	switch {
	case !known:
		c.Errorf(pos, "estate/reference", "%s %q, but %q is no workload%s", does, name, workload, diag.DidYouMean(workload, c.Workloads.Keys()))
	case !slices.Contains(have, key):
		c.Errorf(pos, "estate/reference", "%s %q, but workload %q has no such data%s", does, name, workload, dataNamed(key, have))
	case workload == p.Workload:
		c.Errorf(pos, "estate/reference", "%s %q, which %q does not have, only other environments", does, name, p.Name())
	}
}

func dataNamed(key string, have []string) string {
	if len(have) == 0 {
		return ": it has none"
	}
	return ", wanted one of " + strings.Join(have, ", ") + diag.DidYouMean(key, have)
}

func (c *checker) job(p Place, e source.Entry[Job]) {
	j := e.Value
	c.compute(e.Pos, e.Key, j.At, j.Compute, j.Model != "", p.Of.Jobs.Keys())
	c.positive(j.At, map[string]int{"sequence": j.Sequence, "zone": j.Zone})
	c.some(j.At, map[string]bool{"tokens": j.Tokens > 0, "runs": j.Runs > 0, "done_within": j.DoneWithin > 0})
	if j.RunBy == RunVM {
		c.oneNode(j.Of("nodes"), j.Nodes)
		for _, a := range j.OrElse {
			c.oneNode(a.Of("nodes"), a.Nodes)
		}
	}
	if j.Has("busy") && j.Busy < 1 {
		c.Errorf(j.Of("busy"), "estate/unit", "busy is %g%%, wanted 1%% to 100%%", float64(j.Busy))
	}
	if j.Zone > 3 {
		c.Errorf(j.Of("zone"), "estate/zone", "zone %d, wanted 1, 2 or 3", j.Zone)
	}
	switch {
	case j.IdleNodes < 0:
		c.Errorf(j.Of("idle_nodes"), "estate/nodes", "idle_nodes is %d, wanted 0 or more", j.IdleNodes)
	case j.Nodes > 0 && j.IdleNodes > j.Nodes:
		c.Errorf(j.Of("idle_nodes"), "estate/nodes", "idle_nodes is %d of %d nodes, wanted no more than there are", j.IdleNodes, j.Nodes)
	}
	for _, r := range j.Reads {
		c.reference(p, j.Of("reads"), "reads", r)
	}
	for _, w := range j.Writes {
		c.reference(p, j.Of("writes"), "writes", w)
	}
	if j.Hot.From != "" {
		c.reference(p, j.Hot.Of("from"), "is filled from", j.Hot.From)
	}
}

func (c *checker) oneNode(pos diag.Pos, nodes int) {
	if nodes > 1 {
		c.Errorf(pos, "estate/nodes", "%d nodes run by vm, which is one machine: take slurm, batch, aks or scale_set", nodes)
	}
}

func (c *checker) service(p Place, e source.Entry[Service]) {
	s := e.Value
	if s.RunBy == RunVM || s.RunBy == RunSlurm || s.RunBy == RunBatch {
		c.Errorf(s.Of("run_by"), "estate/run-by", "service %q is run by %s, wanted scale_set, aks or auto", e.Key, s.RunBy)
	}
	c.compute(e.Pos, e.Key, s.At, s.Compute, s.Model.Like != "" || s.Model.Weights != "", p.Of.Services.Keys())
	c.positive(s.Load.At, map[string]int{"input": s.Load.Input, "output": s.Load.Output})
	c.some(s.Load.At, map[string]bool{"mean": s.Load.Mean > 0, "peak": s.Load.Peak > 0})
	c.some(s.Latency.At, map[string]bool{"first_token": s.Latency.FirstToken.Time > 0, "next_token": s.Latency.NextToken.Time > 0})
	c.positive(s.Fleet.At, map[string]int{"at_most": s.Fleet.AtMost})
	if s.Port < 1 || s.Port > 65535 {
		c.Errorf(s.Of("port"), "estate/port", "port %d, wanted 1 to 65535", s.Port)
	}
	least := s.Fleet.AtLeast.N
	if s.Fleet.AtLeast.Each && s.Zones != "one" {
		least *= 3
	}
	if s.Fleet.AtMost > 0 && least > s.Fleet.AtMost {
		c.Errorf(s.Fleet.Of("at_most"), "estate/fleet", "at_most is %d, fewer than at_least: %s%s", s.Fleet.AtMost, s.Fleet.AtLeast, map[bool]string{true: " in 3 zones"}[least > s.Fleet.AtLeast.N])
	}
	if s.Load.Peak > 0 && s.Load.Peak < s.Load.Mean {
		c.Errorf(s.Load.Of("peak"), "estate/load", "peak is lower than mean")
	}
	for i, r := range s.Regions {
		if slices.Index(s.Regions, r) < i {
			c.Errorf(s.Of("regions"), "estate/region", "region %q is there twice", r)
		}
	}
	for _, r := range s.Reads {
		c.reference(p, s.Of("reads"), "reads", r)
	}
	if s.Model.Weights != "" {
		c.reference(p, s.Model.Of("weights"), "serves the weights", s.Model.Weights)
	}
}

const maxNodes = 1000 // of one scale set with one placement group it is 100; a scale set takes 1000 instances

var imageShape = regexp.MustCompile(`^(dsvm|hpc|[A-Za-z0-9._-]+(:[A-Za-z0-9._-]+){3})$`)

func (c *checker) compute(pos diag.Pos, key string, at source.At, m Compute, model bool, beside []string) {
	c.positive(at, map[string]int{"nodes": m.Nodes, "gpus": m.GPUs, "vcpus": m.VCPUs})
	if m.Nodes > maxNodes {
		c.Errorf(at.Of("nodes"), "estate/nodes", "%d nodes, wanted 1 to %d", m.Nodes, maxNodes)
	}
	if m.Size == "auto" && !model && m.GPUs == 0 && m.GPUMemory == 0 && m.VCPUs == 0 && m.Memory == 0 {
		c.Errorf(pos, "estate/needs", "%q says neither a size nor what it needs: write size, or one of model, gpus, gpu_memory, vcpus, memory%s", key, nearest(key, beside))
	}
	if m.Image != "" && !imageShape.MatchString(m.Image) {
		c.Errorf(at.Of("image"), "estate/image", "image %q, wanted dsvm, hpc or publisher:offer:sku:version", m.Image)
	}
	for _, a := range m.OrElse {
		c.positive(a.At, map[string]int{"nodes": a.Nodes})
		if a.Size == "" && a.Nodes == 0 && a.Region == "" {
			c.Errorf(a.Pos(), "estate/or-else", "an alternative that changes nothing, wanted a size, nodes or a region")
		}
	}
}

// nearest asks whether a key that only an environment has was meant to be one
// that the workload has.
func nearest(key string, beside []string) string {
	if slices.Contains(beside, key) {
		return ""
	}
	return diag.DidYouMean(key, beside)
}

// cycles finds data that comes from itself by way of others.
func (c *checker) cycles() {
	from := map[string]string{}
	at := map[string]diag.Pos{}
	for _, p := range c.places {
		for _, d := range p.Data {
			source := d.Value.ComesFrom
			if source == "" || source == "onprem" || source == "internet" {
				continue
			}
			if !strings.Contains(source, "/") {
				source = p.Workload + "/" + source
			}
			name := p.Workload + "/" + d.Key
			from[name], at[name] = source, d.Value.Of("comes_from")
		}
	}
	for _, p := range c.places {
		for _, key := range p.Data.Keys() {
			start := p.Workload + "/" + key
			if chain := cycle(from, start); len(chain) > 2 && start == slices.Min(chain) {
				c.Errorf(at[start], "estate/cycle", "data %q comes from itself: %s", start, strings.Join(chain, " from "))
			}
		}
	}
}

// cycle gives the chain from start back to it, nil where it does not come back.
func cycle(from map[string]string, start string) []string {
	chain := []string{start}
	for next := from[start]; next != "" && len(chain) <= len(from); next = from[next] {
		chain = append(chain, next)
		if next == start {
			return chain
		}
	}
	return nil
}
