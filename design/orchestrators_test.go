package design_test

import (
	"slices"
	"strings"
	"testing"

	"airfield/arm"
	"airfield/design"
	"airfield/tenant"
)

// runs gives a workload with some jobs and services, and more of the estate.
func runs(t *testing.T, work string, lock *design.Lock) *design.Design {
	t.Helper()
	return of(t, []byte(`airfield: 1
organization: {name: N, prefix: nwh, owner: a@n.example, cost_center: C, billing: {agreement: EA, scope: /providers/Microsoft.Billing/billingAccounts/1/enrollmentAccounts/2}}
regions: {home: swedencentral}
network: {pools: {swedencentral: 10.96.0.0/16}}
workloads:
  atlas:
    data: {corpus: {size: 10TiB}, checkpoints: {size: 1TiB}}
`+work), lock)
}

// runnerOf gives what the design says runs a job or service.
func runnerOf(d *design.Design, about string) string {
	for _, c := range d.Decisions {
		if c.About == about && c.Question == "What runs the nodes?" {
			return c.Answer
		}
	}
	return ""
}

// only gives the one resource of a type.
func only(t *testing.T, d *design.Design, typ arm.Type) arm.Resource {
	t.Helper()
	all := named(d, typ)
	if len(all) != 1 {
		t.Fatalf("%s: have %d, want one", typ, len(all))
	}
	for _, r := range all {
		return r
	}
	panic("unreachable")
}

// rolesAt gives how many roles the estate assigns at a scope, none below it.
func rolesAt(d *design.Design, scope arm.ID) (n int) {
	for r := range d.Tenant.Range(scope) {
		if r.Type().Equal("Microsoft.Authorization/roleAssignments") && r.ID.Scope() == scope {
			n++
		}
	}
	return n
}

const clean = "size: Standard_D8as_v5, kind: prepare, reads: [corpus]"

// TestAutoRunner: nothing speaks for an orchestrator but nodes that are to go
// while nothing runs.
func TestAutoRunner(t *testing.T) {
	for _, tt := range []struct{ job, want string }{
		{clean, "a virtual machine"},
		{clean + ", nodes: 3", "a scale set"},
		{clean + ", nodes: 3, runs: 30/month, done_within: 2h", "a scale set"},
		{clean + ", nodes: 3, idle_nodes: 0", "Azure Batch"},
		{clean + ", nodes: 3, idle_nodes: 3", "a scale set"},
		{clean + ", nodes: 3, idle_nodes: 1, run_by: scale_set", "a scale set"},
	} {
		if have := runnerOf(runs(t, "    jobs: {clean: {"+tt.job+"}}\n", nil), "atlas/prod/clean"); have != tt.want {
			t.Errorf("%s: have %q, want %q", tt.job, have, tt.want)
		}
	}
}

const (
	pools  = "Microsoft.Batch/batchAccounts/pools"
	mpi    = "size: Standard_ND96isr_H100_v5, nodes: 4, kind: pretrain, reads: [corpus], writes: [checkpoints], run_by: batch"
	vaults = "Microsoft.KeyVault/vaults"
)

func TestBatchPools(t *testing.T) {
	for _, tt := range []struct{ job, talk, place, scale string }{
		{mpi, "Enabled", "Regional", `{"fixedScale":{"targetDedicatedNodes":4,"targetLowPriorityNodes":0,"resizeTimeout":"PT15M"}}`},
		{mpi + ", idle_nodes: 0", "Enabled", "Regional", "want = tasks > 0 ? 4 : 0;"},
		{clean + ", nodes: 3, run_by: batch, runs: 30/month, idle_nodes: 1", "Disabled", "Zonal", "$TargetDedicatedNodes = max(1, want);"},
		{clean + ", nodes: 3, run_by: batch, busy: 10%, spot: allowed", "Disabled", "Zonal", "$TargetLowPriorityNodes = max(0, want);"},
	} {
		d := runs(t, "    jobs: {work: {"+tt.job+"}}\n", nil)
		p := only(t, d, pools).Get("properties")
		vm := p.Get("deploymentConfiguration", "virtualMachineConfiguration")
		if p.Get("interNodeCommunication").Str() != tt.talk || vm.Get("nodePlacementConfiguration", "policy").Str() != tt.place || !strings.Contains(p.Get("scaleSettings").Text(), tt.scale) {
			t.Errorf("%s: have %s", tt.job, p.Text())
		}
		if p.Get("networkConfiguration", "publicIPAddressConfiguration", "provision").Str() != "NoPublicIPAddresses" || vm.Get("nodeAgentSkuId").Str() != "batch.node.ubuntu 24.04" {
			t.Errorf("%s: have %s", tt.job, p.Text())
		}
		account, spot := only(t, d, "Microsoft.Batch/batchAccounts").Get("properties"), strings.Contains(tt.job, "spot")
		if have := account.Get("poolAllocationMode").Str(); (have == "UserSubscription") != spot || len(named(d, vaults)) == 1 != spot || account.Get("publicNetworkAccess").Str() != "Disabled" {
			t.Errorf("%s: have %s, %d key vaults", tt.job, account.Text(), len(named(d, vaults)))
		}
		for _, v := range named(d, vaults) {
			if have := linked(d, v.ID); v.Get("properties", "publicNetworkAccess").Str() != "Disabled" || !slices.Equal(have, []string{"vault"}) {
				t.Errorf("%s: key vault has endpoints %v", tt.job, have)
			}
		}
	}
}

// linked gives the group ids of a resource's private endpoints.
func linked(d *design.Design, id arm.ID) (parts []string) {
	for _, e := range named(d, "Microsoft.Network/privateEndpoints") {
		c := e.Get("properties", "privateLinkServiceConnections").At(0).Get("properties")
		if ref, ok := c.Get("privateLinkServiceId").Ref(); ok && ref.ID == id {
			parts = append(parts, c.Get("groupIds").Strings()...)
		}
	}
	return parts
}

// TestSpotWantsCheckpoints: a model is not trained on nodes that are taken away
// where it has nothing to begin again at.
func TestSpotWantsCheckpoints(t *testing.T) {
	for job, want := range map[string]bool{
		"size: Standard_NC40ads_H100_v5, kind: finetune, spot: allowed, reads: [corpus], writes: [checkpoints]": true,
		"size: Standard_NC40ads_H100_v5, kind: finetune, spot: allowed, reads: [corpus]":                        false,
		clean + ", spot: allowed": true,
	} {
		d := runs(t, "    jobs: {work: {"+job+"}}\n", nil)
		if have := only(t, d, machines).Get("properties", "priority").Str() == "Spot"; have != want || finds(d, "design/spot-checkpoints") == want {
			t.Errorf("%s: Spot %v, %v", job, have, d.Findings)
		}
	}
}

const onAKS = `    jobs:
      tune: {size: Standard_ND96isr_H100_v5, nodes: 2, kind: finetune, spot: allowed, reads: [corpus], writes: [checkpoints], run_by: aks}
      clean: {size: Standard_D8as_v5, kind: prepare, nodes: 3, reads: [corpus], run_by: aks}
    services: {chat: {size: Standard_NC40ads_H100_v5, run_by: aks, fleet: {at_least: 2, at_most: 6}}}
`

func TestClusterPools(t *testing.T) {
	d := runs(t, onAKS, nil)
	c := only(t, d, "Microsoft.ContainerService/managedClusters").Get("properties")
	var have []string
	for p := range c.Get("agentPoolProfiles").Items() {
		have = append(have, strings.Join([]string{p.Get("name").Str(), p.Get("mode").Str(), p.Get("count").Text() + p.Get("minCount").Text() + "-" + p.Get("maxCount").Text(),
			strings.Join(p.Get("availabilityZones").Strings(), ""), p.Get("gpuProfile", "driver").Str(), strings.Join(p.Get("nodeTaints").Strings(), " ")}, "|"))
	}
	want := []string{
		"chat|User|2-6|123|Install|sku=gpu:NoSchedule",
		"clean|User|0-3|||",
		"system|System|3-|123||CriticalAddonsOnly=true:NoSchedule",
		"tune|User|0-2|1|None|sku=gpu:NoSchedule kubernetes.azure.com/scalesetpriority=spot:NoSchedule",
	}
	if !slices.Equal(have, want) {
		t.Errorf("have\n%s\nwant\n%s", strings.Join(have, "\n"), strings.Join(want, "\n"))
	}
	if !c.Get("apiServerAccessProfile", "enablePrivateCluster").True() || !c.Get("disableLocalAccounts").True() || !c.Get("securityProfile", "workloadIdentity", "enabled").True() {
		t.Errorf("have %s", c.Text())
	}
	if gates := slices.IndexFunc(d.Open, func(o design.Open) bool { return o.What == "InfiniBand on AKS" && o.Before == "6-compute" }); gates < 0 {
		t.Error("nothing says that InfiniBand wants a feature")
	}
	if n := len(named(d, "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials")); n != 3 {
		t.Errorf("have %d federated credentials, want one for each of 3", n)
	}
}

// TestClusterRoom: the subnet of a cluster has an address for each node that
// there may be, one more of the system's, the API server and load balancers.
func TestClusterRoom(t *testing.T) {
	d := runs(t, onAKS, nil)
	for s := range only(t, d, "Microsoft.Network/virtualNetworks").Get("properties", "subnets").Items() {
		if name := s.Get("name").Str(); name == "snet-nwh-atlas-aks-compute-prod-sdc" {
			if have := s.Get("properties", "addressPrefix").Str(); !strings.HasSuffix(have, "/26") { // 3+2+2+3+6+1 twice, and 5 of Azure
				t.Errorf("have %s", have)
			}
			return
		}
	}
	t.Error("no subnet of the cluster")
}

// TestRegistryIsShared: a workload's environment has one registry, which each
// that pulls from it may read and nobody else.
func TestRegistryIsShared(t *testing.T) {
	d := runs(t, strings.Replace(onAKS, "    services", "      more: {"+clean+", run_by: batch}\n    services", 1), nil)
	r := only(t, d, "Microsoft.ContainerRegistry/registries")
	if r.Get("sku", "name").Str() != "Premium" || r.Get("properties", "publicNetworkAccess").Str() != "Disabled" || r.Get("properties", "adminUserEnabled").True() {
		t.Errorf("have %s", r.Body.Text())
	}
	if n := rolesAt(d, r.ID); n != 2 { // the kubelet's and that of the pool's nodes
		t.Errorf("have %d roles at the registry, want 2", n)
	}
}

// TestSlurmIsTheirs: what the workspace makes is in its parameters, and nothing
// of it in the tenant.
func TestSlurmIsTheirs(t *testing.T) {
	d := runs(t, "    jobs: {train: {size: Standard_ND96isr_H100_v5, nodes: 4, kind: pretrain, reads: [corpus], writes: [checkpoints], run_by: slurm}, clean: {"+clean+", nodes: 3, spot: allowed, run_by: slurm}}\n", nil)
	if len(d.Files) != 1 || d.Files[0].Name != "slurm/rg-nwh-atlas-slurm-prod-sdc-001.json" {
		t.Fatalf("have files %v", d.Files)
	}
	p := d.Files[0].Body.Get("parameters")
	for name, want := range map[string]string{"gpu": "Standard_ND96isr_H100_v5 4 ", "htc": "Standard_D8as_v5 3 true"} {
		v := p.Get(name, "value")
		if have := v.Get("sku").Str() + " " + v.Get("maxNodes").Text() + " " + v.Get("useSpot").Text(); have != want {
			t.Errorf("%s: have %q, want %q", name, have, want)
		}
	}
	net := only(t, d, "Microsoft.Network/virtualNetworks")
	for _, key := range []string{"cyclecloudSubnet", "computeSubnet"} {
		name := p.Get("network", "value", key).Str()
		if !slices.ContainsFunc(slices.Collect(net.Get("properties", "subnets").Items()), func(s arm.Value) bool { return s.Get("name").Str() == name }) {
			t.Errorf("%s: no subnet %q in the network", key, name)
		}
	}
	if len(named(d, scaleSets))+len(named(d, machines)) > 0 || slices.Contains(names(d, arm.ResourceGroupType), "rg-nwh-atlas-slurm-prod-sdc-001") {
		t.Error("what the workspace makes is ours")
	}
	if both := runs(t, "    jobs: {one: {"+clean+", run_by: slurm}, two: {size: Standard_D16as_v5, kind: prepare, run_by: slurm}}\n", nil); !finds(both, "design/slurm-array") {
		t.Errorf("two sizes in one array: %v", both.Findings)
	}
}

const autoscales = "Microsoft.Insights/autoscaleSettings"

func TestFleetsScale(t *testing.T) {
	for _, tt := range []struct{ work, want string }{
		{"    services: {score: {vcpus: 4, fleet: {at_least: 2, at_most: 4}}}\n", `running 2-4 2 `},
		{"    services: {chat: {size: Standard_NC40ads_H100_v5, fleet: {at_least: 2, at_most: 4}}}\n", `running 2-4 0 `},
		{"    environments: {prod: {stopped: '20:00-07:30 Europe/Stockholm'}}\n    services: {score: {vcpus: 4, fleet: {at_least: 2, at_most: 2}}}\n",
			`stopped 0-0 0 W. Europe Standard Time [20] [0]; {"name":"running","for":"stopped"} 2-2 0 W. Europe Standard Time [7] [30]`},
	} {
		d := runs(t, tt.work, nil)
		var have []string
		for p := range only(t, d, autoscales).Get("properties", "profiles").Items() {
			when := p.Get("recurrence", "schedule")
			have = append(have, p.Get("name").Str()+" "+p.Get("capacity", "minimum").Str()+"-"+p.Get("capacity", "maximum").Str()+" "+arm.New(p.Get("rules").Len()).Text()+
				" "+strings.TrimSpace(when.Get("timeZone").Str()+" "+when.Get("hours").Text()+" "+when.Get("minutes").Text()))
		}
		if strings.Join(have, "; ") != tt.want {
			t.Errorf("%s: have %q, want %q", tt.work, have, tt.want)
		}
	}
}

func TestMachineStops(t *testing.T) {
	d := runs(t, "    environments: {dev: {stopped: '9:05-07:00 UTC'}}\n    jobs: {clean: {"+clean+"}}\n", nil)
	s := only(t, d, "Microsoft.DevTestLab/schedules")
	if s.ID.Name() != "shutdown-computevm-"+only(t, d, machines).ID.Name() || s.Get("properties", "dailyRecurrence", "time").Str() != "0905" || s.Get("properties", "timeZoneId").Str() != "UTC" {
		t.Errorf("have %s", s.Body.Text())
	}
	for _, o := range d.Open {
		if o.What == "what stops the nodes" {
			t.Errorf("still open: %v", o)
		}
	}
}

// TestOrchestratorsAreStable designs again with the lock, and with one more job.
func TestOrchestratorsAreStable(t *testing.T) {
	before := runs(t, onAKS, nil)
	again := runs(t, onAKS, relock(t, before.Lock))
	if snapshot(t, before) != snapshot(t, again) {
		t.Error("the second design differs")
	}
	more := runs(t, strings.Replace(onAKS, "    services", "      big: {"+clean+", nodes: 5, run_by: batch}\n    services", 1), relock(t, before.Lock))
	for c := range tenant.Diff(before.Tenant, more.Tenant) {
		if c.Kind != tenant.Added && !c.ID.Type().Equal("Microsoft.Network/virtualNetworks") && !c.ID.Type().Equal(budgets) {
			t.Errorf("%s %s %v", c.Kind, c.ID, c.Paths)
		}
	}
}
