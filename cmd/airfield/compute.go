package main

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"airfield/arm"
	"airfield/catalog"
	"airfield/compute"
	"airfield/cost"
	"airfield/diag"
	"airfield/estate"
	"airfield/limits"
	"airfield/policy"
	"airfield/report"
	"airfield/source"
	"airfield/tenant"

	"github.com/spf13/cobra"
)

const computeHelp = `Compute says which sizes train or serve a model in time, how many, what they
cost, what limits them, how sure that is, and what excluded the others.

Training: --method with --tokens and --sequence. Serving: --serve with the
requests a second and the tokens of a request, --ttft and --tpot for how fast
the first token and each further one must come. A classic network: --classic
with the --samples of a run. Plain work on CPUs: --vcpus and --memory of a node.
A job or service of an estate: ESTATE#workload/name, with what the estate says.
Times are held against the slow end of the interval in which nine of ten
measured values lie (docs/accuracy.md).

With --tenant and --scope, policies, quota and sizes of that subscription count
too. --write puts the answer into an estate, at workload/environment/job or
service, or workload/job.

Exit code 0: a size was found. 1: none does it, or a flag makes no sense. 2:
something could not be read.`

type computeFlags struct {
	policyFlags
	model, method, precision string
	tokens, within, runs     string
	sequence, batch          int
	serve, ttft, tpot        string
	classic, samples         string
	vcpus, nodes             int
	memory, busy             string
	regions                  []string
	gpu, budget, scope       string
	write                    string
	estate                   string       // ESTATE#KEY
	from                     *compute.Ask // what is asked about there
	full                     bool
	width                    int
	given                    map[string]string // the flags of flagsOf that were given
}

func computeCommand() *cobra.Command {
	var f computeFlags
	c := &cobra.Command{
		Use:   "compute [ESTATE#KEY]",
		Short: "Say which sizes train or serve a model in time, and what they cost",
		Long:  computeHelp,
		Example: "  airfield compute --model llama-3.1-70b --method full --tokens 2e9 --sequence 8192 --done-within 24h --runs 4/month\n" +
			"  airfield compute --model llama-3.1-70b --serve mean=20/s,peak=60/s,in=1500,out=300 --ttft 800ms --tpot 40ms --region swedencentral",
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 1 {
				ask, err := f.asked(args[0])
				if err != nil {
					return err
				}
				f.estate, f.from = args[0], &ask
			}
			f.given = map[string]string{}
			for _, name := range slices.Concat(slices.Collect(maps.Values(flagsOf))...) {
				if c.Flags().Changed(name) {
					f.given[name] = c.Flags().Lookup(name).Value.String()
				}
			}
			return runCompute(f)
		},
	}
	c.Flags().StringVar(&f.model, "model", "", "the `name` of the model, such as llama-3.1-70b")
	c.Flags().StringVar(&f.method, "method", "", "how it is trained: full, lora, qlora or pretrain")
	c.Flags().StringVar(&f.precision, "precision", "", "of matrices in training and of weights in serving: bf16, fp8 or fp4; without it, bf16")
	c.Flags().StringVar(&f.tokens, "tokens", "", "the `number` of tokens of one run, such as 2e9")
	c.Flags().IntVar(&f.sequence, "sequence", 4096, "the tokens of one sequence; without it, no more than the model takes")
	c.Flags().IntVar(&f.batch, "batch", 0, "the sequences of one step; without it, those of a million tokens, four to pretrain")
	c.Flags().StringVar(&f.within, "done-within", "", "the `time` that a run may take, such as 24h")
	c.Flags().StringVar(&f.runs, "runs", "1/month", "how `often` there is a run, such as 4/month")
	c.Flags().StringVar(&f.serve, "serve", "", "the load, as `mean=20/s,peak=60/s,in=1500,out=300`")
	c.Flags().StringVar(&f.ttft, "ttft", "", "the `time` to the first token at most, such as 800ms")
	c.Flags().StringVar(&f.tpot, "tpot", "", "the `time` of each further token at most, such as 40ms")
	c.Flags().StringVar(&f.classic, "classic", "", "the `name` of a classic network as benchmarks have it, such as train:resnet")
	c.Flags().StringVar(&f.samples, "samples", "", "the `number` of samples of one run of it, such as 115e6")
	c.Flags().IntVar(&f.vcpus, "vcpus", 0, "of plain work on CPUs, the vCPUs of a node")
	c.Flags().StringVar(&f.memory, "memory", "", "of plain work on CPUs, the `memory` of a node, such as 64GiB")
	c.Flags().IntVar(&f.nodes, "nodes", 1, "of plain work on CPUs, how many nodes")
	c.Flags().StringVar(&f.busy, "busy", "100%", "of plain work on CPUs, the `share` of a month that they run")
	c.Flags().StringSliceVar(&f.regions, "region", nil, "the `regions` to look in; without one, all with prices, or of a tenant those whose quota is known")
	c.Flags().StringVar(&f.gpu, "gpu", "", "the only `GPU` to look at, such as H100-SXM-80")
	c.Flags().StringVar(&f.budget, "budget", "", "USD a month at most")
	c.Flags().StringVarP(&f.tenant, "tenant", "t", "", "a snapshot `file` of the tenant, whose policies and quota count")
	c.Flags().StringVar(&f.scope, "scope", "", "with --tenant, the `id` of the subscription")
	c.Flags().StringVar(&f.write, "write", "", "put the answer into an estate, as `ESTATE#KEY`")
	c.Flags().StringVar(&f.now, "now", "", "the `time` that exemptions end by; without it, the clock's")
	c.Flags().BoolVar(&f.json, "json", false, "print as JSON")
	c.Flags().BoolVar(&f.full, "full", false, "name every option and every size that is excluded")
	c.Flags().StringVar(&f.colour, "color", "auto", "auto, always or never")
	c.Flags().IntVar(&f.width, "width", 0, "the width to print for; without it, the terminal's")
	return c
}

func runCompute(f computeFlags) error {
	colour := colourOn(f.colour, os.Stderr)
	ask, found := f.ask()
	if found.HasErrors() {
		return refuse(false, found, designFlags{json: f.json}, colour)
	}
	if f.tenant != "" {
		if err := f.objections(&ask); err != nil {
			return err
		}
	}
	r := compute.Fitted().Rank(ask)
	out := report.Compute(cmp.Or(f.estate, f.model, f.classic, "CPUs"), ask, r)
	var err error
	if f.json {
		err = printJSON(out)
	} else {
		err = report.ComputeText(os.Stdout, out, printOptions(designFlags{width: f.width, colour: f.colour, full: f.full}))
	}
	switch {
	case err != nil:
		return err
	case len(r.May) == 0:
		return errFindings
	case f.write != "":
		return f.writeInto(r.May[0])
	}
	return nil
}

// A flagReader reads the values of flags as an estate's, with findings that
// name the flag.
type flagReader struct{ found diag.List }

// read reads a value that was given.
func (r *flagReader) read(flag, text string, into interface {
	DecodeNode(*source.Node) diag.List
}) {
	if text != "" {
		r.found = append(r.found, into.DecodeNode(&source.Node{Kind: source.Scalar, Text: text, Pos: diag.Pos{File: flag}})...)
	}
}

func (r *flagReader) wrong(flag, format string, args ...any) {
	r.found.Errorf(diag.Pos{File: flag}, "compute/flag", format, args...)
}

// ask reads the flags.
func (f *computeFlags) ask() (compute.Ask, diag.List) {
	var r flagReader
	a := compute.Ask{Precision: strings.ToLower(f.precision)}
	if a.Precision == "" {
		a.Precision = "bf16"
	}
	if !slices.Contains([]string{"bf16", "fp8", "fp4"}, a.Precision) {
		r.wrong("--precision", "%q, wanted bf16, fp8 or fp4", f.precision)
	}
	if !slices.Contains([]string{"auto", "always", "never"}, f.colour) {
		r.wrong("--color", "%q, wanted auto, always or never", f.colour)
	}
	for _, name := range f.regions {
		if region, ok := catalog.RegionByName(name); !ok {
			r.wrong("--region", "no region %q%s", name, diag.DidYouMean(name, catalog.RegionNames()))
		} else if !slices.Contains(a.Regions, region.Name) {
			a.Regions = append(a.Regions, region.Name)
		}
	}
	if len(a.Regions) == 0 && f.from != nil {
		a.Regions = f.from.Regions
	} else if len(a.Regions) == 0 {
		a.Regions = catalog.PricedRegions()
	}
	if f.gpu != "" {
		g, ok := catalog.GPUOf(f.gpu)
		if a.GPU = g.Name; !ok {
			r.wrong("--gpu", "no GPU %q%s", f.gpu, diag.DidYouMean(f.gpu, compute.GPUs()))
		} else if !slices.Contains(compute.GPUs(), g.Name) {
			r.wrong("--gpu", "no size has %q: there are %s", g.Name, strings.Join(compute.GPUs(), ", "))
		}
	}
	if f.budget != "" {
		usd, err := estate.ParseMicro(f.budget)
		if a.Budget = usd; err != nil || usd <= 0 {
			r.wrong("--budget", "%q, wanted a number of USD above 0", f.budget)
		}
	}
	f.work(&r, &a)
	return a, r.found
}

// work reads the work that is asked about, of which there is one kind.
func (f *computeFlags) work(r *flagReader, a *compute.Ask) {
	var kinds []string
	for _, k := range []struct {
		name  string
		asked bool
	}{{"ESTATE#KEY", f.from != nil}, {"--serve", f.serve != ""}, {"--method", f.method != ""}, {"--classic", f.classic != ""}, {"--vcpus", f.vcpus != 0 || f.memory != ""}} {
		if k.asked {
			kinds = append(kinds, k.name)
		}
	}
	switch {
	case len(kinds) > 1:
		r.wrong("compute", "ESTATE#KEY, --method, --serve, --classic and --vcpus with --memory are asked about one at a time")
		return
	case len(kinds) == 0 && f.model == "":
		r.wrong("compute", "wanted --model with --method or --serve, or --classic, or --vcpus with --memory, or ESTATE#KEY")
		return
	case len(kinds) == 0:
		kinds = []string{"--method"}
	}
	f.used(r, kinds[0])
	switch kinds[0] {
	case "ESTATE#KEY":
		a.Model, a.Precision, a.Run, a.Traffic, a.Counts = f.from.Model, f.from.Precision, f.from.Run, f.from.Traffic, f.from.Counts
	case "--classic":
		a.Samples = f.network(r)
	case "--vcpus":
		a.CPUs = f.machine(r)
	default:
		m, ok := catalog.ModelNamed(f.model)
		if a.Model = (compute.Arch{Model: m}); f.model == "" {
			r.wrong("--model", "wanted with %s the name of a model, such as llama-3.1-70b", kinds[0])
		} else if !ok {
			r.found.Errorf(diag.Pos{File: "--model"}, "compute/model-unknown", "the architecture of %q is not known%s", f.model, diag.DidYouMean(f.model, catalog.ModelNames()))
		}
		if f.serve != "" {
			a.Traffic = f.traffic(r, m)
		} else {
			a.Run = f.run(r, a)
		}
	}
}

// flagsOf are the flags that say something of the work, by the flag that asks
// about its kind; those of all kinds are at "".
var flagsOf = map[string][]string{
	"":           {"region", "budget", "tenant", "scope", "now", "write"},
	"--method":   {"method", "model", "precision", "tokens", "sequence", "batch", "done-within", "runs", "gpu"},
	"--serve":    {"serve", "model", "precision", "ttft", "tpot", "gpu"},
	"--classic":  {"classic", "samples", "batch", "done-within", "runs", "gpu"},
	"--vcpus":    {"vcpus", "memory", "nodes", "busy"},
	"ESTATE#KEY": {"gpu"},
}

// used says which flags were given that the answer about a kind of work would
// not heed.
func (f *computeFlags) used(r *flagReader, kind string) {
	for name, value := range f.given {
		switch {
		case value == "" || value == "[]":
			r.wrong("--"+name, "is blank")
		case !slices.Contains(flagsOf[""], name) && !slices.Contains(flagsOf[kind], name):
			r.wrong("--"+name, "is not used with %s", kind)
		case f.tenant == "" && (name == "scope" || name == "now"):
			r.wrong("--"+name, "is not used without --tenant")
		}
	}
}

// network reads what is said of a classic network.
func (f *computeFlags) network(r *flagReader) *compute.Samples {
	var samples estate.Count
	name, all := f.classic, compute.Workloads()
	if !strings.Contains(name, ":") {
		name = "train:" + name
	}
	if !slices.Contains(all, name) {
		r.found.Errorf(diag.Pos{File: "--classic"}, "compute/model-unknown", "%q was not measured%s", f.classic, cmp.Or(diag.DidYouMean(name, all), ": there are "+strings.Join(all, ", ")))
	}
	if r.read("--samples", f.samples, &samples); samples <= 0 && !r.found.HasErrors() {
		r.wrong("--samples", "%q, wanted the number of samples of one run, such as 115e6", f.samples)
	}
	switch {
	case f.batch < 0:
		r.wrong("--batch", "%d, wanted a number of samples", f.batch)
	case f.batch > 0 && (compute.Classic{Workload: name}).Class() != "train":
		r.wrong("--batch", "is not used with %s", name)
	case float64(f.batch) > float64(samples) && !r.found.HasErrors():
		r.wrong("--batch", "%d samples are more than the %s of a run", f.batch, f.samples)
	}
	within, runs := f.often(r)
	return &compute.Samples{Workload: name, Samples: float64(samples), Batch: f.batch, Within: within, Runs: runs}
}

// machine reads what is said of plain work on CPUs.
func (f *computeFlags) machine(r *flagReader) *compute.CPUs {
	var memory estate.Size
	var busy estate.Percent
	r.read("--memory", f.memory, &memory)
	r.read("--busy", f.busy, &busy)
	if f.vcpus < 0 || memory < 0 || f.vcpus == 0 && memory == 0 {
		r.wrong("--vcpus", "%d, wanted the vCPUs of a node, or --memory", f.vcpus)
	}
	if f.nodes < 1 {
		r.wrong("--nodes", "%d, wanted one or more", f.nodes)
	}
	if busy == 0 && !r.found.HasErrors() {
		r.wrong("--busy", "%q, wanted more than none", f.busy)
	}
	return &compute.CPUs{VCPUs: f.vcpus, MemoryGiB: memory.GiB(), Nodes: f.nodes, Hours: float64(busy) / 100 * cost.Month}
}

// often reads the hours that a run may take, and how many a month there are.
func (f *computeFlags) often(r *flagReader) (hours, month float64) {
	var within estate.Duration
	var runs estate.Frequency
	if r.read("--done-within", f.within, &within); f.within != "" && within <= 0 && !r.found.HasErrors() {
		r.wrong("--done-within", "%q, wanted a time such as 24h", f.within)
	}
	if r.read("--runs", f.runs, &runs); runs <= 0 && !r.found.HasErrors() {
		r.wrong("--runs", "%q, wanted more than none, such as 4/month", f.runs)
	}
	if within != estate.Never {
		hours = float64(within) / 3.6e12
	}
	return hours, float64(runs) * 365 * 86400 / 12
}

// run reads what is said of training.
func (f *computeFlags) run(r *flagReader, a *compute.Ask) *compute.Run {
	var tokens estate.Count
	method := map[string]compute.Method{"full": compute.SFT, "lora": compute.LoRA, "qlora": compute.QLoRA, "pretrain": compute.Pretrain}[f.method]
	if method == "" {
		r.wrong("--method", "%q, wanted full, lora, qlora or pretrain, or --serve", f.method)
	}
	if r.read("--tokens", f.tokens, &tokens); tokens <= 0 && !r.found.HasErrors() {
		r.wrong("--tokens", "%q, wanted the number of tokens of one run, such as 2e9", f.tokens)
	}
	within, runs := f.often(r)
	if most := a.Model.Context; f.given["sequence"] == "" && most > 0 {
		f.sequence = min(f.sequence, most)
	}
	f.context(r, "--sequence", f.sequence, a.Model.Context)
	run := &compute.Run{Method: method, Tokens: float64(tokens), Sequence: f.sequence, Batch: f.batch, Within: within, Runs: runs}
	switch {
	case f.batch < 0:
		r.wrong("--batch", "%d, wanted a number of sequences", f.batch)
	case float64(f.batch)*float64(f.sequence) > run.Tokens && !r.found.HasErrors():
		r.wrong("--batch", "%d sequences of %d tokens are more than the %s tokens of a run", f.batch, f.sequence, f.tokens)
	case f.batch == 0 && f.sequence > 0:
		run.Batch = max(1, min(compute.Batch(method, f.sequence), int(tokens)/f.sequence))
	}
	return run
}

// context says that so many tokens are none, or more than a model takes.
func (f *computeFlags) context(r *flagReader, flag string, tokens, most int) {
	if tokens <= 0 {
		r.wrong(flag, "%d tokens, wanted more than none", tokens)
	} else if most > 0 && tokens > most {
		r.found.Errorf(diag.Pos{File: flag}, "compute/context", "%d tokens, and %s takes %d at most", tokens, f.model, most)
	}
}

// traffic reads what is said of serving.
func (f *computeFlags) traffic(r *flagReader, m catalog.Model) *compute.Traffic {
	var t compute.Traffic
	var ttft, tpot estate.Duration
	rate := func(text string, to *float64) {
		var x estate.Frequency
		r.read("--serve", text, &x)
		*to = float64(x)
	}
	tokens := func(text string, to *int) {
		var x estate.Count
		r.read("--serve", text, &x)
		*to = int(x)
	}
	seen := map[string]bool{}
	for pair := range strings.SplitSeq(f.serve, ",") {
		key, value, _ := strings.Cut(strings.TrimSpace(pair), "=")
		if seen[key] {
			r.wrong("--serve", "says %s twice", key)
		}
		switch seen[key] = true; key {
		case "mean":
			rate(value, &t.Mean)
		case "peak":
			rate(value, &t.Peak)
		case "in":
			tokens(value, &t.In)
		case "out":
			tokens(value, &t.Out)
		default:
			r.wrong("--serve", "has %q, wanted mean, peak, in and out, as mean=20/s,peak=60/s,in=1500,out=300", pair)
		}
	}
	if t.Peak == 0 {
		t.Peak = t.Mean
	}
	if t.Peak < t.Mean {
		r.wrong("--serve", "has a peak of %g/s below the mean of %g/s", t.Peak, t.Mean)
	}
	if !r.found.HasErrors() && (t.Peak == 0 || t.In == 0 || t.Out == 0) {
		r.wrong("--serve", "%q, wanted mean or peak, in and out, as mean=20/s,peak=60/s,in=1500,out=300", f.serve)
	}
	if !r.found.HasErrors() {
		f.context(r, "--serve", t.In+t.Out, m.Context)
	}
	for _, x := range []struct {
		flag, text string
		to         *estate.Duration
	}{{"--ttft", f.ttft, &ttft}, {"--tpot", f.tpot, &tpot}} {
		if r.read(x.flag, x.text, x.to); x.text != "" && *x.to == 0 && !r.found.HasErrors() {
			r.wrong(x.flag, "%q, wanted a time such as 40ms", x.text)
		}
	}
	t.TTFT, t.TPOT = float64(ttft)/1e9, float64(tpot)/1e9
	return &t
}

// objections adds what the policies, quota and sizes of a subscription say
// against an option; without --region, it looks where the tenant's quota is
// known.
func (f *computeFlags) objections(a *compute.Ask) error {
	scope, err := arm.ParseID(f.scope)
	if err != nil || !scope.Type().Equal(arm.SubscriptionType) {
		return fmt.Errorf("--scope %q, wanted with --tenant the id of a subscription, /subscriptions/…", f.scope)
	}
	p, err := f.load(nil)
	if err != nil {
		return err
	}
	printFew(p.found, f.full, colourOn(f.colour, os.Stderr))
	if !p.tenant.Has(scope) {
		return fmt.Errorf("--scope %s is not in the tenant", scope)
	}
	known := slices.DeleteFunc(slices.Clone(a.Regions), func(region string) bool {
		return !p.tenant.Has(scope.Resource("Microsoft.Compute/locations/usages", region, "default"))
	})
	if len(f.regions) == 0 && len(known) > 0 {
		a.Regions = known
	}
	seller := sellerOf(p.tenant, scope, a.Regions[0])
	a.Object = func(s *catalog.Size, region string, nodes int) []compute.Objection {
		typ := arm.Type("Microsoft.Compute/virtualMachineScaleSets")
		if a.Traffic == nil && nodes == 1 {
			typ = "Microsoft.Compute/virtualMachines"
		}
		return append(forbidden(p.engine, scope, typ, s.Name, region), seller.noRoom(s.Name, region, nodes)...)
	}
	return nil
}

// forbidden gives what policies say against a size in a region.
func forbidden(e *policy.Engine, scope arm.ID, typ arm.Type, size, region string) (all []compute.Objection) {
	q := policy.Question{Scope: scope, Type: typ, Property: policy.SizeAlias(typ), Values: []string{size}, Known: map[string]string{"location": region}}
	for _, c := range e.Allowed(q) {
		if c.Decision == policy.Allowed {
			continue
		}
		by := "a policy"
		if len(c.By) > 0 {
			by = fmt.Sprintf("%q", c.By[0].Assignment.Title)
		}
		why := "is denied by " + by
		if c.Decision != policy.Denied {
			why = "whether " + by + " denies it depends on other properties"
		}
		all = append(all, compute.Objection{By: "policy", Why: why, Known: c.Decision == policy.Denied})
	}
	return all
}

// A seller is what a subscription has quota for and is offered.
type seller struct {
	scope arm.ID
	stock *limits.Stock
	ready []compute.Objection // what holds for all sizes
}

// sellerOf looks at what holds for all sizes by the first region.
func sellerOf(have *tenant.Tenant, scope arm.ID, region string) seller {
	s := seller{scope: scope, stock: limits.NewStock(have)}
	var b tenant.Builder
	b.Add(s.wanted("Standard_D2s_v5", region, 1))
	wanted, _ := b.Tenant()
	s.ready = objections(limits.Against(wanted, have), "subscription", "provider", "feature")
	return s
}

// wanted is a scale set, in the zones that are said.
func (s *seller) wanted(size, region string, nodes int, zones ...string) arm.Resource {
	id := arm.ID(string(s.scope) + "/resourceGroups/airfield/providers/Microsoft.Compute/virtualMachineScaleSets/wanted")
	return arm.Resource{ID: id, Body: arm.New(arm.O{"id", id, "location", region, "zones", zones, "sku", arm.O{"name", size, "capacity", nodes}})}
}

// noRoom gives what a subscription has no quota for or is not offered.
func (s *seller) noRoom(size, region string, nodes int) []compute.Objection {
	all := append(slices.Clone(s.ready), objections(s.stock.Ask(s.wanted(size, region, nodes)), "quota", "size")...)
	if slices.ContainsFunc(all, func(o compute.Objection) bool { return o.By == "size" }) {
		return all
	}
	for _, zone := range []string{"1", "2", "3"} {
		if !slices.ContainsFunc(s.stock.Ask(s.wanted(size, region, nodes, zone)), func(b limits.Block) bool { return b.Code == "limits/size-restricted" }) {
			return all
		}
	}
	return append(all, compute.Objection{By: "zone", Why: "is restricted in each zone for the subscription: whether it may be had without a zone is not known"})
}

// objections makes them of what limits found, of some kinds.
func objections(blocks []limits.Block, kinds ...string) (all []compute.Objection) {
	for _, block := range blocks {
		by, _, _ := strings.Cut(strings.TrimPrefix(block.Code, "limits/"), "-")
		if !slices.Contains(kinds, by) {
			continue
		}
		_, why, _ := strings.Cut(block.Message, ": ") // what the resource is called says nothing here
		if m := block.Sum; m != nil && m.Limit >= 0 {
			why = fmt.Sprintf("wants %d of %s there, %d of %d in use", m.Wanted, m.Name, m.Used, m.Limit)
		}
		all = append(all, compute.Objection{By: by, Why: why, Known: block.Stops()})
	}
	return all
}
