// Package estate is the user's file: one organization's AI workloads and what
// it decided about them, in the user's words.
//
// A text goes in (YAML or JSON), an Estate comes out, with a finding for all
// that is wrong or contradictory in it. The types below are the single
// description of the language: docs/estate.md and the JSON Schema for editors
// are made from them and their comments. Nothing here knows Azure's resources;
// package design turns an Estate into them.
package estate

//go:generate go run ./gen

import "airfield/source"

// Version is the version of the language this package reads.
const Version = 1

// Estate is the whole file.
type Estate struct {
	source.At
	// The version of this language: 1.
	Airfield int `yaml:"airfield,required"`
	// Who the estate belongs to.
	Organization Organization `yaml:"organization,required"`
	// The landing zone platform that is there already, or `standalone` for an
	// organization without one. What it names is theirs: referred to, never written.
	Platform Platform `yaml:"platform"`
	// How far a proposal may touch what is theirs.
	Change Change `yaml:"change"`
	// How management groups, subscriptions and resource groups are cut.
	Structure Structure `yaml:"structure"`
	// How names are formed.
	Naming Naming `yaml:"naming"`
	// Which tags everything carries.
	Tags Tags `yaml:"tags"`
	// Where things may be.
	Regions Regions `yaml:"regions,required"`
	// Address ranges and the way out.
	Network Network `yaml:"network"`
	// Microsoft Entra groups and what they may do where.
	Access Access `yaml:"access"`
	// Budgets and quota.
	Money Money `yaml:"money"`
	// The policies that are put on our own subscriptions.
	Guardrails Guardrails `yaml:"guardrails"`
	// The AI workloads by a name that never changes: names, address ranges and
	// subscriptions hang on it. A workload that is renamed says `formerly`.
	Workloads source.Keyed[Workload] `yaml:"workloads,required"`
	// Findings that the organization lives with.
	Accept []Acceptance `yaml:"accept"`

	defaults []Default
	places   []Place
}

// Organization says who the estate belongs to.
type Organization struct {
	source.At
	// The name people know it by.
	Name string `yaml:"name,required"`
	// 2 to 6 lower-case letters and digits, part of every name. It never changes.
	Prefix string `yaml:"prefix,required"`
	// The group mailbox that answers for the estate.
	Owner string `yaml:"owner,required"`
	// The Microsoft Entra tenant's id. Without it the templates take the tenant they are deployed to.
	Tenant string `yaml:"tenant"`
	// The cost center of workloads that name none.
	CostCenter string `yaml:"cost_center"`
	// How subscriptions are bought. Without it none can be vended: each environment then names the subscription it adopts.
	Billing Billing `yaml:"billing"`
}

// Billing says how subscriptions are bought.
type Billing struct {
	source.At
	// The kind of agreement. It decides where budgets may be and whether subscriptions can be made by code.
	Agreement Agreement `yaml:"agreement,required"`
	// The billing scope that new subscriptions are charged to, such as /providers/Microsoft.Billing/billingAccounts/1234567/enrollmentAccounts/7654321.
	Scope string `yaml:"scope"`
}

// Platform is the landing zone platform that exists: the word `standalone`, or
// a mapping.
type Platform struct {
	source.At
	Standalone bool
	PlatformParts
}

// PlatformParts names what is theirs.
type PlatformParts struct {
	// Their management groups by role. A role that is not named is not known, and nothing is put at it.
	Groups Groups `yaml:"groups"`
	// The tool that owns their policies: proposals are written for it.
	PolicyKeptIn PolicyTool `yaml:"policy_kept_in"`
	// Their hub virtual networks by region.
	Hubs source.Keyed[Hub] `yaml:"hubs"`
	// Whether their policies write diagnostics, DNS records, backup and agents, so that a design does not: `auto` reads it from the snapshot of `design --tenant` (without one, DNS is taken for theirs), `none` for nothing, a list names what they do.
	DoneByPolicy []PolicyTask `yaml:"done_by_policy"`
}

// Groups names their management groups by role: the names, not the ids.
type Groups struct {
	source.At
	// The intermediate root, directly below the tenant.
	Root string `yaml:"root"`
	// The platform's own group.
	Platform string `yaml:"platform"`
	// The group above corp and online.
	LandingZones string `yaml:"landing_zones"`
	// For workloads that need the corporate network.
	Corp string `yaml:"corp"`
	// For workloads that face the internet.
	Online string `yaml:"online"`
	// For experiments without a way to the corporate network.
	Sandbox string `yaml:"sandbox"`
	// For subscriptions on their way out.
	Decommissioned string `yaml:"decommissioned"`
}

// Hub is their hub network in a region.
type Hub struct {
	source.At
	// The id of the virtual network.
	VNet string `yaml:"vnet,required"`
	// The private address of the firewall that traffic to the internet goes through.
	Firewall string `yaml:"firewall"`
	// The addresses of the DNS servers.
	DNS []string `yaml:"dns"`
}

// Change bounds what may be proposed to the platform.
type Change struct {
	source.At
	// The kinds of change that may be proposed. Moving and disabling are never proposed.
	MayPropose []Proposal `yaml:"may_propose"`
	// What an exemption that is proposed must carry.
	Exemptions ExemptionRule `yaml:"exemptions"`
}

// ExemptionRule says what an exemption must carry.
type ExemptionRule struct {
	source.At
	// `waiver` or `mitigated`.
	Category ExemptionCategory `yaml:"category"`
	// The longest time it may last.
	AtMost Duration `yaml:"at_most"`
	// Whether a ticket must be named: `required` or `optional`.
	Ticket Demand `yaml:"ticket"`
	// The group that approves it.
	Approver string `yaml:"approver"`
}

// Structure says how the hierarchy is cut.
type Structure struct {
	source.At
	// The axes that management groups below corp, online and sandbox follow, outermost first; `none` for none.
	Groups []GroupAxis `yaml:"groups"`
	// What gets a subscription of its own: each `workload`, and with `environment` each environment of one. Environments that share one have the same `connects` and `budget`. A finer axis of the groups splits further, since a subscription has one parent.
	SubscriptionPer []SubscriptionAxis `yaml:"subscription_per"`
	// The axes that resource groups follow. Regions always have groups of their own.
	ResourceGroups []ResourceGroupAxis `yaml:"resource_groups"`
}

// Naming says how names are formed.
type Naming struct {
	source.At
	// The tokens of a name in order: {type} {prefix} {workload} {environment} {purpose} {region} {instance}. A token that a resource has no value for is left out.
	Pattern string `yaml:"pattern"`
	// Abbreviations that differ from the Cloud Adoption Framework's, by resource type.
	Abbreviations source.Keyed[string] `yaml:"abbreviations"`
	// Short names of regions that differ from the catalog's.
	Regions source.Keyed[string] `yaml:"regions"`
}

// Tags says which tags everything carries.
type Tags struct {
	source.At
	// The tags that must be there, by key. Without it: Project, CostCenter, Environment and Owner.
	Required source.Keyed[TagRule] `yaml:"required"`
	// Where resources inherit missing tags from by policy: one source for all keys, since two policies that write one key deny each other.
	Inherit TagInheritance `yaml:"inherit"`
	// What happens to resource groups without the required tags. Deny would stop groups that Azure's services make.
	GroupsWithout Enforcement `yaml:"groups_without"`
}

// TagRule says where a tag's value comes from and what it may be.
type TagRule struct {
	source.At
	// The key of the workload, or the fact, that the value is taken from.
	From TagSource `yaml:"from"`
	// The values that are allowed: a list, or a mapping from the source's value to the tag's.
	Values Vocabulary `yaml:"values"`
	// A regular expression that the whole value must match.
	Match string `yaml:"match"`
	// `mailbox` for a group mailbox: a value that is no address is a finding.
	Kind TagKind `yaml:"kind"`
}

// Regions says where things may be.
type Regions struct {
	source.At
	// The region where workloads are unless they say otherwise.
	Home Region `yaml:"home,required"`
	// The region for recovery and for services that ask for it.
	Recovery Region `yaml:"recovery"`
	// Further regions that may be used.
	MayUse []Region `yaml:"may_use"`
	// The geography that all regions must lie in, such as EU.
	Residency Residency `yaml:"residency"`
}

// Network gives address ranges and the way out.
type Network struct {
	source.At
	// The address range that virtual networks are cut from, by region.
	Pools source.Keyed[Prefix] `yaml:"pools"`
	// How resources reach the internet: `hub_firewall` is for corp, where a hub has one; all others then take a NAT gateway. Azure's own default way out does not exist in new networks.
	Egress Egress `yaml:"egress"`
	// The link to the organization's own network.
	OnPrem OnPrem `yaml:"onprem"`
}

// OnPrem is the link to the organization's own network.
type OnPrem struct {
	source.At
	// `expressroute` or `vpn`.
	By OnPremLink `yaml:"by,required"`
	// The circuit's bandwidth.
	Circuit Rate `yaml:"circuit"`
	// The gateway's SKU, such as ErGw3AZ.
	Gateway string `yaml:"gateway"`
}

// Money holds budgets and quota.
type Money struct {
	source.At
	// The budget that each subscription gets.
	Budgets Budgets `yaml:"budgets"`
	// How quota is asked for.
	Quota Quota `yaml:"quota"`
}

// Budgets describes the budget of each subscription.
type Budgets struct {
	source.At
	// A monthly amount such as `5000 USD`, or `estimate + 15%`.
	Amount Amount `yaml:"amount"`
	// The first month, as the date of its first day. Without it the month of the first design, kept in the lock.
	Begin Date `yaml:"begin"`
	// When someone is told: `actual 80%` of the amount spent, `forecast 100%` of it expected. At most five.
	Notify []Notification `yaml:"notify"`
	// Who is told: mailboxes, or `owner` for the workload's owner.
	To []string `yaml:"to"`
}

// Quota says how quota is asked for.
type Quota struct {
	source.At
	// The quota group's name.
	Group string `yaml:"group"`
	// The role of the management group that it belongs to.
	Scope GroupRole `yaml:"at"`
	// How long before the begin of a workload quota is asked for.
	AskBefore Duration `yaml:"ask_before"`
}

// Guardrails are the policies on our own subscriptions.
type Guardrails struct {
	source.At
	// Whether they begin by reporting (`audit`) or by refusing (`deny`).
	Begin Enforcement `yaml:"begin"`
	// When audit is to become deny: a gate of the runway, dated from the begin of the last workload.
	EnforceAfter Duration `yaml:"enforce_after"`
	// The regions that are allowed: `auto` for all that the estate may use, `none`, or a list.
	Locations Allowed `yaml:"locations"`
	// The sizes of virtual machines, scale sets, AKS and Batch pools and machine learning compute that are allowed: `auto` for those the design uses, `none`, or a list.
	ComputeSizes Allowed `yaml:"compute_sizes"`
	// Whether storage accounts that the public network reaches are reported: `auto` or `none`.
	PublicNetwork Allowed `yaml:"public_network"`
	// The storage account SKUs that are allowed: `auto` for those the design uses, `none`, or a list.
	StorageSKUs Allowed `yaml:"storage_skus"`
}

// Acceptance is a finding that the organization lives with, until a day.
type Acceptance struct {
	source.At
	// The finding's code.
	Finding string `yaml:"finding,required"`
	// Where: a workload, or a workload and environment such as atlas/prod.
	Where string `yaml:"at"`
	// The reason.
	Why string `yaml:"why,required"`
	// The group that answers for it.
	By string `yaml:"by,required"`
	// The last day it is accepted.
	Until Date `yaml:"until,required"`
}
