package estate

import (
	"slices"

	"airfield/diag"
	"airfield/source"
)

// Workload is one AI workload.
type Workload struct {
	source.At
	// The name people know it by. Without it, the key.
	Title string `yaml:"title"`
	// The key the workload had before: names, ranges and subscriptions stay as they were.
	Formerly string `yaml:"formerly"`
	// The project it belongs to, such as AIResearch2024. Without it, the key.
	Project string `yaml:"project"`
	// The part of the organization it belongs to, such as AI Research.
	Division string `yaml:"division"`
	// Who pays. Without it, the organization's.
	CostCenter string `yaml:"cost_center"`
	// The group mailbox that answers for it. Without it, the organization's.
	Owner string `yaml:"owner"`
	// The first day it is needed.
	Begins Date `yaml:"begins"`
	// The last day it is needed.
	Ends Date `yaml:"ends"`
	// Its environments in order; without it, one: prod. What an environment says replaces what the workload says, key by key.
	Environments source.Keyed[Environment] `yaml:"environments"`
	// Platform services beside it, by resource type: only their network and policy are checked.
	Uses []string `yaml:"uses"`
	Spec

	node *source.Node
}

// Environment is what one environment of a workload has of its own.
type Environment struct {
	source.At
	// The id of an existing subscription to adopt. Without it one is vended.
	Subscription string `yaml:"subscription"`
	// When nothing needs to run, such as '20:00-07:00 Europe/Stockholm'.
	Stopped Schedule `yaml:"stopped"`
	Spec
}

// Spec is what a workload has in each environment; an environment may change
// any of it.
type Spec struct {
	// Tags beside the required ones, or values for those.
	Tags source.Keyed[string] `yaml:"tags"`
	// The landing zone it belongs to: `corp` for a way to the corporate network, `online` for one to the internet alone, `sandbox` for experiments.
	Connects Connects `yaml:"connects"`
	// How much hangs on it: low, medium, high or mission.
	Criticality Criticality `yaml:"criticality"`
	// How well its data must be kept: public, general, confidential or highly_confidential.
	DataClass DataClass `yaml:"data_class"`
	// The monthly budget of each of its subscriptions.
	Budget Amount `yaml:"budget"`
	// What it keeps.
	Data source.Keyed[Data] `yaml:"data"`
	// What it runs to an end: training, fine-tuning, batch, data preparation.
	Jobs source.Keyed[Job] `yaml:"jobs"`
	// What it runs without end: inference.
	Services source.Keyed[Service] `yaml:"services"`
}

// Data is something a workload keeps.
type Data struct {
	source.At
	// What it is: dataset, checkpoints, models, features or results. Without it the key tells, else dataset.
	Kind DataKind `yaml:"kind"`
	// How much at the begin.
	Size Size `yaml:"size"`
	// How much more every month.
	Grows Growth `yaml:"grows"`
	// Where it comes from: `onprem`, `internet`, or the data of a workload such as atlas/corpus.
	ComesFrom string `yaml:"comes_from"`
	// The day by which the first load must be done.
	FirstLoadBy Date `yaml:"first_load_by"`
	// How long it is kept.
	Keep Duration `yaml:"keep"`
	// How many of it are kept, of checkpoints.
	KeepLast int `yaml:"keep_last"`
	// How many versions are kept, of models.
	Versions int `yaml:"versions"`
	// When it moves to the Cool tier, counted from its last change. `never` for never.
	Cool Duration `yaml:"cool"`
	// When it moves to the Cold tier.
	Cold Duration `yaml:"cold"`
	// When it moves to the Archive tier.
	Archive Duration `yaml:"archive"`
	// How fast it must be back from the Archive tier.
	RecallWithin Duration `yaml:"recall_within"`
	// How long a job may wait for a checkpoint to be written.
	StallAtMost Duration `yaml:"stall_at_most"`
	// The workloads that read it.
	ReadBy []string `yaml:"read_by"`
	// The pipeline stage that it belongs to.
	Stage Stage `yaml:"stage"`
	// How many copies are kept where: locally, across zones, or in the paired region too.
	Redundancy Redundancy `yaml:"redundancy"`
	// `blob` for objects, `lake` for a hierarchical namespace (which has no versioning).
	Layout Layout `yaml:"layout"`
}

// Compute says what runs something: a size and a count, or needs.
type Compute struct {
	// The size of virtual machine, such as Standard_ND96isr_H200_v5, or `auto` for the cheapest that does the work (docs/methods.md).
	Size string `yaml:"size"`
	// The number of nodes.
	Nodes int `yaml:"nodes"`
	// GPUs in all.
	GPUs int `yaml:"gpus"`
	// GPU memory in all.
	GPUMemory Size `yaml:"gpu_memory"`
	// Virtual CPUs of a node.
	VCPUs int `yaml:"vcpus"`
	// Memory of a node.
	Memory Size `yaml:"memory"`
	// What runs it: vm for one node of a job, scale_set, slurm or batch for jobs, aks (docs/orchestrators.md).
	RunBy RunBy `yaml:"run_by"`
	// The environments it runs in; without it, all.
	In []string `yaml:"in"`
	// `allowed` where it may run on Spot capacity and be evicted.
	Spot SpotUse `yaml:"spot"`
	// What is taken where the size cannot be had, in order.
	OrElse []Alternative `yaml:"or_else"`
	// The image: `dsvm` (Data Science VM), `hpc` (HPC image), or publisher:offer:sku:version.
	Image string `yaml:"image"`
}

// Alternative is a second choice.
type Alternative struct {
	source.At
	// Another size.
	Size string `yaml:"size"`
	// Another number of nodes.
	Nodes int `yaml:"nodes"`
	// Another region.
	Region Region `yaml:"region"`
}

// Job is something that runs to an end.
type Job struct {
	source.At
	// What it does: pretrain, finetune, batch or prepare. Without it the method tells, or the begin of the key: train and pretrain; tune and finetune; prep, clean, ingest, transform and etl; else batch.
	Kind JobKind `yaml:"kind"`
	// The model, in the user's words, such as llama-3.1-70b.
	Model string `yaml:"model"`
	// How it trains: full, lora, qlora or pretrain.
	Method Method `yaml:"method"`
	// Tokens of one run.
	Tokens Count `yaml:"tokens"`
	// Tokens of one sequence.
	Sequence int `yaml:"sequence"`
	// How long one run may take.
	DoneWithin Duration `yaml:"done_within"`
	// How often it runs.
	Runs Frequency `yaml:"runs"`
	// The share of the month in which the nodes are busy, 1% or more.
	Busy Percent `yaml:"busy"`
	// Nodes that are kept while nothing runs, of a job that Batch runs. With run_by auto, fewer than its nodes are a reason to let Batch run it.
	IdleNodes int `yaml:"idle_nodes"`
	// The data it reads: of this workload, or another's such as atlas/corpus.
	Reads []string `yaml:"reads"`
	// The data it writes.
	Writes []string `yaml:"writes"`
	// The fast store that it works on.
	Hot Hot `yaml:"hot"`
	// The pipeline stage that it belongs to.
	Stage Stage `yaml:"stage"`
	// The region it runs in; without it, home.
	Region Region `yaml:"region"`
	// The availability zone it is put in; without it, one is chosen for nodes that talk over InfiniBand.
	Zone int `yaml:"zone"`
	Compute
}

// Hot is the fast store of a job.
type Hot struct {
	source.At
	// How much it holds.
	Size Size `yaml:"size"`
	// How fast it is read.
	Read Rate `yaml:"read"`
	// The data it is filled from.
	From string `yaml:"from"`
}

// Service is something that runs without end.
type Service struct {
	source.At
	// The model it serves: a name, or a mapping.
	Model ServedModel `yaml:"model"`
	// How much is asked of it: of a workload in production, of an environment in that.
	Load Load `yaml:"load"`
	// How fast it must answer.
	Latency Latency `yaml:"latency"`
	// The regions it runs in: `home`, `recovery` or names.
	Regions []Region `yaml:"regions"`
	// Over how many availability zones it is spread: `all` or `one`.
	Zones ZoneUse `yaml:"zones"`
	// How many instances it has.
	Fleet Fleet `yaml:"fleet"`
	// The data it reads.
	Reads []string `yaml:"reads"`
	// The TCP port it answers on; without it, 443.
	Port int `yaml:"port"`
	// The pipeline stage that it belongs to.
	Stage Stage `yaml:"stage"`
	Compute
}

// ModelParts describes a model that is served.
type ModelParts struct {
	// The known model that it is like.
	Like string `yaml:"like"`
	// The precision of its weights: fp32, bf16, fp16, fp8, int8 or int4.
	Precision Precision `yaml:"precision"`
	// The data that holds its weights, such as atlas/models.
	Weights string `yaml:"weights"`
}

// Load says how much is asked of a service.
type Load struct {
	source.At
	// Requests, on average.
	Mean Frequency `yaml:"mean"`
	// Requests, at the most.
	Peak Frequency `yaml:"peak"`
	// Tokens of a question.
	Input int `yaml:"input"`
	// Tokens of an answer.
	Output int `yaml:"output"`
	// Where its users are.
	UsersNear []string `yaml:"users_near"`
}

// Latency says how fast a service must answer.
type Latency struct {
	source.At
	// The time to the first token, such as 800ms p95.
	FirstToken Quantile `yaml:"first_token"`
	// The time from one token to the next.
	NextToken Quantile `yaml:"next_token"`
}

// Fleet bounds the number of instances.
type Fleet struct {
	source.At
	// At the least, such as 2 or `1 per zone`.
	AtLeast PerZone `yaml:"at_least"`
	// At the most.
	AtMost int `yaml:"at_most"`
}

// Stage is the part of a pipeline that something belongs to.
type Stage string

// The stages, in the order data passes through them.
const (
	Ingest  Stage = "ingest"
	Prepare Stage = "prepare"
	Train   Stage = "train"
	Deploy  Stage = "deploy"
)

// Values gives the stages in order.
func (Stage) Values() []string { return []string{"ingest", "prepare", "train", "deploy"} }

// In gives the workload as it is in an environment: what the environment says
// laid over what the workload says, jobs and services that are not in it left
// out.
func (w Workload) In(name string) (Spec, diag.List) {
	base := w.node.Without(onlyOfWorkload...)
	node := base
	if env := w.node.Get("environments").Get(name); env != nil {
		node = source.Merge(base, env.Without(onlyOfEnvironment...))
	}
	var holder struct {
		source.At
		Spec
	}
	found := source.Decode(node, &holder)
	s := holder.Spec
	s.Jobs = slices.DeleteFunc(s.Jobs, func(e source.Entry[Job]) bool { return !runsIn(e.Value.In, name) })
	s.Services = slices.DeleteFunc(s.Services, func(e source.Entry[Service]) bool { return !runsIn(e.Value.In, name) })
	return s, found
}

func runsIn(in []string, environment string) bool {
	return len(in) == 0 || slices.Contains(in, environment)
}

var (
	onlyOfWorkload    = []string{"title", "formerly", "project", "division", "cost_center", "owner", "begins", "ends", "environments", "uses"}
	onlyOfEnvironment = []string{"subscription", "stopped"}
)
