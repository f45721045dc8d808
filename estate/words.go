package estate

// The words of the language: each type is a text with a fixed set of values.

// Agreement is a kind of billing agreement.
type Agreement string

// Values gives Enterprise Agreement, Microsoft Customer Agreement, Microsoft Partner Agreement, pay-as-you-go.
func (Agreement) Values() []string { return []string{"EA", "MCA", "MPA", "PAYG"} }

// PolicyTool is what owns the platform's policies.
type PolicyTool string

// Values gives the tools.
func (PolicyTool) Values() []string {
	return []string{"alz-terraform", "alz-bicep", "epac", "azops", "portal"}
}

// PolicyTask is something that the platform's policies do.
type PolicyTask string

// Values gives the tasks; auto is for all that a snapshot shows, none for nothing.
func (PolicyTask) Values() []string {
	return []string{"auto", "none", "diagnostics", "dns", "backup", "agents"}
}

// GroupRole is the role of a management group of the platform.
type GroupRole string

// Values gives the roles: the keys of platform.groups.
func (GroupRole) Values() []string {
	return []string{"root", "platform", "landing_zones", "corp", "online", "sandbox", "decommissioned"}
}

// PipelineSystem is what runs deployments.
type PipelineSystem string

// Values gives the systems.
func (PipelineSystem) Values() []string { return []string{"github", "azure_devops"} }

// DeployedForm is the form that pipelines deploy.
type DeployedForm string

// Values gives the forms.
func (DeployedForm) Values() []string { return []string{"bicep", "terraform", "arm"} }

// IdentityPer is what gets an identity of its own to be deployed by.
type IdentityPer string

// Values gives the choices.
func (IdentityPer) Values() []string { return []string{"stack", "environment"} }

// Proposal is a kind of change that may be proposed to the platform.
type Proposal string

// Values gives the kinds.
func (Proposal) Values() []string { return []string{"parameter", "reassign", "exemption"} }

// ExemptionCategory is Azure Policy's category of an exemption.
type ExemptionCategory string

// Values gives the categories.
func (ExemptionCategory) Values() []string { return []string{"waiver", "mitigated"} }

// Demand says whether something must be there.
type Demand string

// Values gives the demands.
func (Demand) Values() []string { return []string{"required", "optional"} }

// GroupAxis is what management groups are cut by.
type GroupAxis string

// The axes of management groups: the five of Microsoft's guide, and none.
const (
	GroupsNone         GroupAxis = "none"
	GroupsOrganization GroupAxis = "organization"
	GroupsProjectType  GroupAxis = "project_type"
	GroupsEnvironment  GroupAxis = "environment"
	GroupsPipeline     GroupAxis = "data_pipeline"
	GroupsGeography    GroupAxis = "geography"
)

// Values gives the axes.
func (GroupAxis) Values() []string {
	return []string{"none", "organization", "project_type", "environment", "data_pipeline", "geography"}
}

// SubscriptionAxis is what subscriptions are cut by.
type SubscriptionAxis string

// The axes of subscriptions.
const (
	PerWorkload    SubscriptionAxis = "workload"
	PerEnvironment SubscriptionAxis = "environment"
)

// Values gives the axes.
func (SubscriptionAxis) Values() []string { return []string{"workload", "environment"} }

// ResourceGroupAxis is what resource groups are cut by.
type ResourceGroupAxis string

// The axes of resource groups: the four schemes of Microsoft's guide.
const (
	ByLifecycle      ResourceGroupAxis = "lifecycle"
	ByWorkflowStage  ResourceGroupAxis = "workflow_stage"
	ByDeploymentType ResourceGroupAxis = "deployment_type"
	ByPipelineStage  ResourceGroupAxis = "pipeline_stage"
)

// Values gives the axes.
func (ResourceGroupAxis) Values() []string {
	return []string{"lifecycle", "workflow_stage", "deployment_type", "pipeline_stage"}
}

// TagSource is where a tag's value comes from.
type TagSource string

// Values gives the sources.
func (TagSource) Values() []string {
	return []string{"project", "cost_center", "environment", "owner", "division", "workload", "title", "criticality", "data_class", "begins", "ends"}
}

// TagKind is a kind of tag value.
type TagKind string

// Values gives the kinds.
func (TagKind) Values() []string { return []string{"mailbox"} }

// TagInheritance is where resources inherit missing tags from.
type TagInheritance string

// Values gives the sources of inheritance.
func (TagInheritance) Values() []string { return []string{"subscription", "resource_group", "none"} }

// Enforcement is whether a policy reports or refuses.
type Enforcement string

// The enforcements.
const (
	Audit Enforcement = "audit"
	Deny  Enforcement = "deny"
)

// Values gives the enforcements.
func (Enforcement) Values() []string { return []string{"audit", "deny"} }

// Egress is the way to the internet.
type Egress string

// The ways out.
const (
	NATGateway  Egress = "nat_gateway"
	HubFirewall Egress = "hub_firewall"
	NoEgress    Egress = "none"
)

// Values gives the ways out.
func (Egress) Values() []string { return []string{"nat_gateway", "hub_firewall", "none"} }

// OnPremLink is a kind of link to the organization's own network.
type OnPremLink string

// Values gives the kinds.
func (OnPremLink) Values() []string { return []string{"expressroute", "vpn"} }

// Connects is the landing zone that a workload belongs to.
type Connects string

// The landing zones.
const (
	Corp    Connects = "corp"
	Online  Connects = "online"
	Sandbox Connects = "sandbox"
)

// Values gives the landing zones.
func (Connects) Values() []string { return []string{"corp", "online", "sandbox"} }

// Criticality is how much hangs on a workload.
type Criticality string

// Values gives the criticalities, rising.
func (Criticality) Values() []string { return []string{"low", "medium", "high", "mission"} }

// DataClass is how well data must be kept.
type DataClass string

// Values gives the classes, rising.
func (DataClass) Values() []string {
	return []string{"public", "general", "confidential", "highly_confidential"}
}

// DataKind is what some data is.
type DataKind string

// The kinds of data.
const (
	Dataset     DataKind = "dataset"
	Checkpoints DataKind = "checkpoints"
	Models      DataKind = "models"
	Features    DataKind = "features"
	Results     DataKind = "results"
)

// Values gives the kinds.
func (DataKind) Values() []string {
	return []string{"dataset", "checkpoints", "models", "features", "results"}
}

// Redundancy is where copies of data are kept.
type Redundancy string

// Values gives Azure's redundancies.
func (Redundancy) Values() []string { return []string{"LRS", "ZRS", "GRS", "GZRS"} }

// Layout is how a storage account arranges data.
type Layout string

// The layouts.
const (
	Blob Layout = "blob"
	Lake Layout = "lake"
)

// Values gives the layouts.
func (Layout) Values() []string { return []string{"blob", "lake"} }

// RunBy is what runs nodes.
type RunBy string

// The orchestrators.
const (
	RunAuto     RunBy = "auto"
	RunVM       RunBy = "vm"
	RunScaleSet RunBy = "scale_set"
	RunSlurm    RunBy = "slurm"
	RunBatch    RunBy = "batch"
	RunAKS      RunBy = "aks"
)

// Values gives the orchestrators.
func (RunBy) Values() []string { return []string{"auto", "vm", "scale_set", "slurm", "batch", "aks"} }

// SpotUse is whether Spot capacity may be used.
type SpotUse string

// Values gives the uses.
func (SpotUse) Values() []string { return []string{"allowed", "never"} }

// JobKind is what a job does.
type JobKind string

// The kinds of jobs.
const (
	Pretrain    JobKind = "pretrain"
	Finetune    JobKind = "finetune"
	Batch       JobKind = "batch"
	Preparation JobKind = "prepare"
)

// Values gives the kinds.
func (JobKind) Values() []string { return []string{"pretrain", "finetune", "batch", "prepare"} }

// Method is how a model is trained.
type Method string

// Values gives the methods.
func (Method) Values() []string { return []string{"full", "lora", "qlora", "pretrain"} }

// ZoneUse is how a service uses availability zones.
type ZoneUse string

// Values gives the uses.
func (ZoneUse) Values() []string { return []string{"all", "one"} }

// Precision is the precision of a model's weights.
type Precision string

// Values gives the precisions.
func (Precision) Values() []string { return []string{"fp32", "bf16", "fp16", "fp8", "int8", "int4"} }
