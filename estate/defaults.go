package estate

import (
	"cmp"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"airfield/diag"
	"airfield/source"
)

// Read fills in what is not written, so that nobody behind it asks "or else
// what?"; a key's place (At) still tells whether it was written. Each default
// that was taken is kept, to be printed. Defaults that need the catalog or
// the sizes of things (redundancy, orchestrators, counts) are design's.

// Default is a value that was taken because none was written.
type Default struct {
	Path  string   // the key, such as network.egress
	Value string   // as it would be written
	Pos   diag.Pos // of the mapping that the key can be written in
}

// Defaults gives the values that were taken because none were written, in the
// order of the language.
func (e *Estate) Defaults() []Default { return e.defaults }

// DefaultPattern is the pattern of names that Azure's guide gives, with the
// organization's prefix.
const DefaultPattern = "{type}-{prefix}-{workload}-{purpose}-{environment}-{region}-{instance}"

// environmentNames is what the tag Environment says for the usual keys.
var environmentNames = source.Keyed[string]{
	{Key: "dev", Value: "Development"},
	{Key: "test", Value: "Test"},
	{Key: "stage", Value: "Staging"},
	{Key: "prod", Value: "Production"},
}

// fill fills in the defaults of the estate and of its workloads, but not of
// their environments: a list, key by key, in the order of the language.
func (e *Estate) fill() {
	d := defaulting{&e.defaults, e.Pos()}
	in := func(a source.At) { d.at = cmp.Or(a.Pos(), e.Pos()) } // where the mapping is not written, the file
	if d.take(!e.Has("platform"), "platform", "standalone") {
		e.Platform.Standalone = true
	}

	in(e.Change.At)
	if d.take(!e.Change.Has("may_propose"), "change.may_propose", "[parameter, reassign, exemption]") {
		e.Change.MayPropose = []Proposal{"parameter", "reassign", "exemption"}
	}

	in(e.Structure.At)
	if d.take(len(e.Structure.Groups) == 0, "structure.groups", "none") {
		e.Structure.Groups = []GroupAxis{GroupsNone}
	}
	if d.take(len(e.Structure.SubscriptionPer) == 0, "structure.subscription_per", "[workload, environment]") {
		e.Structure.SubscriptionPer = []SubscriptionAxis{"workload", "environment"}
	}
	if d.take(len(e.Structure.ResourceGroups) == 0, "structure.resource_groups", "[lifecycle]") {
		e.Structure.ResourceGroups = []ResourceGroupAxis{ByLifecycle}
	}

	in(e.Naming.At)
	if d.take(e.Naming.Pattern == "", "naming.pattern", DefaultPattern) {
		e.Naming.Pattern = DefaultPattern
	}

	in(e.Tags.At)
	if d.take(!e.Tags.Has("required"), "tags.required",
		"{Project: {from: project}, CostCenter: {from: cost_center}, Environment: {from: environment, values: {dev: Development, test: Test, stage: Staging, prod: Production}}, Owner: {from: owner, kind: mailbox}}") {
		e.Tags.Required = e.usualTags()
	}
	for i, r := range e.Tags.Required {
		if fact := factNamed(r.Key); d.take(r.Value.From == "" && fact != "", "tags.required."+r.Key+".from", string(fact)) {
			e.Tags.Required[i].Value.From = fact
		}
	}
	word(d, &e.Tags.Inherit, "tags.inherit", "subscription")
	word(d, &e.Tags.GroupsWithout, "tags.groups_without", Audit)

	in(e.Network.At)
	word(d, &e.Network.Egress, "network.egress", NATGateway)

	if p := &e.Access.Deploys; p.With != "" {
		in(p.At)
		word(d, &p.Form, "access.deploys.form", "bicep")
		word(d, &p.IdentityPer, "access.deploys.identity_per", "stack")
		word(d, &p.Folder, "access.deploys.folder", "landing-zone")
	}

	in(e.Money.Budgets.At)
	if d.take(!e.Money.Budgets.Amount.Given(), "money.budgets.amount", "estimate + 15%") {
		e.Money.Budgets.Amount = Amount{Estimate: true, Plus: 15}
	}
	if d.take(len(e.Money.Budgets.Notify) == 0, "money.budgets.notify", "[actual 80%, actual 100%, forecast 100%]") {
		e.Money.Budgets.Notify = []Notification{{false, 80}, {false, 100}, {true, 100}}
	}
	if d.take(len(e.Money.Budgets.To) == 0, "money.budgets.to", "[owner]") {
		e.Money.Budgets.To = []string{"owner"}
	}

	in(e.Guardrails.At)
	word(d, &e.Guardrails.Begin, "guardrails.begin", Audit)
	d.allowed(&e.Guardrails.Locations, "guardrails.locations", "auto")
	d.allowed(&e.Guardrails.ComputeSizes, "guardrails.compute_sizes", "auto")
	d.allowed(&e.Guardrails.PublicNetwork, "guardrails.public_network", "auto")
	d.allowed(&e.Guardrails.StorageSKUs, "guardrails.storage_skus", "none")

	for i, w := range e.Workloads {
		d.at = w.Pos
		if d.take(!w.Value.Has("environments"), "workloads."+w.Key+".environments", "{prod: {}}") {
			e.Workloads[i].Value.Environments = source.Keyed[Environment]{{Key: "prod", Pos: w.Pos}}
		}
	}
}

// factNamed gives the source that a tag's key names by itself: cost_center for
// CostCenter, cost-center or costcenter; "" for none.
func factNamed(key string) TagSource {
	bare := strings.NewReplacer("_", "", "-", "")
	for _, v := range TagSource("").Values() {
		if strings.EqualFold(bare.Replace(key), bare.Replace(v)) {
			return TagSource(v)
		}
	}
	return ""
}

// usualTags is the default of tags.required. An environment that has no usual
// name is written with a capital.
func (e *Estate) usualTags() source.Keyed[TagRule] {
	names := append(source.Keyed[string]{}, environmentNames...)
	for _, w := range e.Workloads {
		for _, env := range w.Value.Environments {
			if _, ok := names.Get(env.Key); !ok {
				first, n := utf8.DecodeRuneInString(env.Key)
				names = append(names, source.Entry[string]{Key: env.Key, Value: string(unicode.ToUpper(first)) + env.Key[n:]})
			}
		}
	}
	return source.Keyed[TagRule]{
		{Key: "Project", Value: TagRule{From: "project"}},
		{Key: "CostCenter", Value: TagRule{From: "cost_center"}},
		{Key: "Environment", Value: TagRule{From: "environment", Values: Vocabulary{Map: names}}},
		{Key: "Owner", Value: TagRule{From: "owner", Kind: "mailbox"}},
	}
}

// fillPlaces fills in the defaults of the places. One that all environments of
// a workload take is the workload's.
func (e *Estate) fillPlaces() {
	for i := 0; i < len(e.places); {
		of := e.places[i:]
		for n, p := range of {
			if p.Workload != of[0].Workload {
				of = of[:n]
				break
			}
		}
		i += len(of)
		taken := make([][]Default, len(of))
		count := map[Default]int{}
		for n := range of {
			taken[n] = of[n].Spec.fill(of[n].KeyPos)
			for _, d := range taken[n] {
				count[d]++
			}
		}
		path := "workloads." + of[0].Workload + "."
		for n, p := range of {
			for _, d := range taken[n] {
				switch {
				case count[d] < len(of):
					e.defaults = append(e.defaults, Default{path + "environments." + p.Environment + "." + d.Path, d.Value, p.Pos})
				case n == 0:
					e.defaults = append(e.defaults, Default{path + d.Path, d.Value, d.Pos})
				}
			}
		}
	}
}

// fill fills in the defaults of what a workload has in an environment.
func (s *Spec) fill(at diag.Pos) (taken []Default) {
	d := defaulting{&taken, at}
	word(d, &s.Connects, "connects", Corp)
	word(d, &s.Criticality, "criticality", "medium")
	word(d, &s.DataClass, "data_class", "general")
	for i := range s.Data {
		v := &s.Data[i].Value
		d.at = s.Data[i].Pos
		word(d, &v.Kind, "data."+s.Data[i].Key+".kind", kindOfData(s.Data[i].Key))
		word(d, &v.Layout, "data."+s.Data[i].Key+".layout", Blob)
	}
	for i := range s.Jobs {
		v := &s.Jobs[i].Value
		d.at = s.Jobs[i].Pos
		path := "jobs." + s.Jobs[i].Key + "."
		word(d, &v.Kind, path+"kind", kindOfJob(s.Jobs[i].Key, *v))
		word(d, &v.Region, path+"region", "home")
		v.Compute.fill(d, path, v.At)
	}
	for i := range s.Services {
		v := &s.Services[i].Value
		d.at = s.Services[i].Pos
		path := "services." + s.Services[i].Key + "."
		if d.take(len(v.Regions) == 0, path+"regions", "[home]") {
			v.Regions = []Region{"home"}
		}
		if d.take(!v.Has("port"), path+"port", "443") {
			v.Port = 443
		}
		v.Compute.fill(d, path, v.At)
	}
	return taken
}

func (c *Compute) fill(d defaulting, path string, at source.At) {
	word(d, &c.Size, path+"size", "auto")
	if d.take(c.Size != "auto" && !at.Has("nodes"), path+"nodes", "1") {
		c.Nodes = 1
	}
	word(d, &c.RunBy, path+"run_by", RunAuto)
	word(d, &c.Spot, path+"spot", "never")
}

// kindOfData tells the kind from the key: checkpoints, model-weights.
func kindOfData(key string) DataKind {
	for _, k := range DataKind("").Values() {
		if strings.HasPrefix(key, strings.TrimSuffix(k, "s")) {
			return DataKind(k)
		}
	}
	return Dataset
}

// jobKinds are the kinds that keys tell of, by what they begin with when their
// hyphens are taken out.
var jobKinds = []struct {
	kind  JobKind
	begin *regexp.Regexp
}{
	{Pretrain, regexp.MustCompile(`^(pre)?train`)},
	{Finetune, regexp.MustCompile(`^(fine)?tun(e|ing)`)},
	{Batch, regexp.MustCompile(`^transformer`)}, // a model, not a transformation
	{Preparation, regexp.MustCompile(`^(prep|clean|ingest|transform|etl)`)},
}

// kindOfJob tells the kind from the method or the key.
func kindOfJob(key string, j Job) JobKind {
	switch j.Method {
	case "":
	case "pretrain":
		return Pretrain
	default:
		return Finetune
	}
	key = strings.ReplaceAll(key, "-", "")
	for _, k := range jobKinds {
		if k.begin.MatchString(key) {
			return k.kind
		}
	}
	return Batch
}

type defaulting struct {
	taken *[]Default
	at    diag.Pos
}

// take notes a default where it is missing, and tells whether it is.
func (d defaulting) take(missing bool, path, value string) bool {
	if missing {
		*d.taken = append(*d.taken, Default{path, value, d.at})
	}
	return missing
}

func (d defaulting) allowed(a *Allowed, path, value string) {
	if d.take(a.Word == "" && a.List == nil, path, value) {
		a.Word = value
	}
}

// word fills in a text.
func word[T ~string](d defaulting, v *T, path string, value T) {
	if d.take(*v == "", path, string(value)) {
		*v = value
	}
}
