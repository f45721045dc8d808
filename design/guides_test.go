package design_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"airfield/arm"
	"airfield/design"
)

// contoso designs the example with some of its text replaced.
func contoso(t *testing.T, replace ...string) *design.Design {
	t.Helper()
	raw, err := os.ReadFile("../examples/contoso/estate.yaml")
	if err != nil {
		t.Fatal(err)
	}
	text := string(raw)
	for i := 0; i < len(replace); i += 2 {
		if !strings.Contains(text, replace[i]) {
			t.Fatalf("the example does not contain %q", replace[i])
		}
		text = strings.ReplaceAll(text, replace[i], replace[i+1])
	}
	return of(t, []byte(text), nil)
}

// grouped designs the example with management groups by some axes.
func grouped(t *testing.T, axes string) *design.Design {
	return contoso(t, "structure:\n", "structure:\n  groups: "+axes+"\n")
}

// named gives the resources of a type by name.
func named(d *design.Design, typ arm.Type) map[string]arm.Resource {
	m := map[string]arm.Resource{}
	for r := range d.Tenant.All() {
		if r.Type().Equal(typ) && !r.Theirs {
			m[r.ID.Name()], _ = d.Tenant.Get(r.ID)
		}
	}
	return m
}

func names(d *design.Design, typ arm.Type) []string {
	var all []string
	for n := range named(d, typ) {
		all = append(all, n)
	}
	slices.Sort(all)
	return all
}

// has fails unless every wanted name is among those there are.
func has(t *testing.T, have []string, want ...string) {
	t.Helper()
	for _, w := range want {
		if !slices.Contains(have, w) {
			t.Errorf("no %q among %q", w, have)
		}
	}
}

func hasNot(t *testing.T, have []string, unwanted string) {
	t.Helper()
	for _, h := range have {
		if strings.Contains(h, unwanted) {
			t.Errorf("have %q", h)
		}
	}
}

const (
	aliases    = "Microsoft.Subscription/aliases"
	scaleSets  = "Microsoft.Compute/virtualMachineScaleSets"
	machines   = "Microsoft.Compute/virtualMachines"
	budgets    = "Microsoft.Consumption/budgets"
	lustres    = "Microsoft.StorageCache/amlFilesystems"
	lifecycles = "Microsoft.Storage/storageAccounts/managementPolicies"
)

// guides are the checks that docs/guides.md names: one for each thing that
// Microsoft's two guides ask for and the design does.
var guides = map[string]func(t *testing.T){
	"dependencies are shown": func(t *testing.T) {
		d := contoso(t)
		if !slices.ContainsFunc(d.Edges, func(e design.Edge) bool {
			return e.From == "lumen/prod/chat@swedencentral" && e.Verb == "reads" && e.To == "orion/prod/models"
		}) {
			t.Errorf("lumen does not read orion's models: %v", d.Edges)
		}
	},
	"a subscription for each workload": func(t *testing.T) {
		has(t, names(contoso(t), aliases), "con-orion-dev", "con-orion-prod", "con-lumen-prod", "con-churn-prod", "con-playground-dev")
		has(t, names(contoso(t, "[workload, environment]", "[workload]"), aliases), "con-orion", "con-lumen", "con-churn")
	},
	"access and budget end at the subscription": func(t *testing.T) {
		d := contoso(t)
		has(t, names(d, budgets), "budget-con-orion-prod", "budget-con-lumen-test")
		for r := range d.Tenant.All() {
			if r.Type().Equal("Microsoft.Authorization/roleAssignments") && r.Get("properties", "principalId").Str() == "3b7d0000-0000-4000-8000-0000000000a2" && !strings.Contains(string(r.ID), "con-lumen-") {
				t.Errorf("lumen's group has a role at %s", r.ID)
			}
		}
	},
	"management groups by organization": func(t *testing.T) {
		has(t, names(grouped(t, "[organization]"), arm.ManagementGroupType), "con-corp-ai-research", "con-online-ai-products")
	},
	"management groups by project type": func(t *testing.T) {
		d := grouped(t, "[project_type]")
		has(t, names(d, arm.ManagementGroupType), "con-corp-training", "con-online-inference", "con-corp-inference")
		has(t, names(d, aliases), "con-churn-prod-training", "con-churn-prod-inference")
	},
	"management groups by environment": func(t *testing.T) {
		has(t, names(grouped(t, "[environment]"), arm.ManagementGroupType), "con-corp-dev", "con-corp-prod", "con-online-test")
	},
	"management groups by data pipeline": func(t *testing.T) {
		has(t, names(grouped(t, "[data_pipeline]"), arm.ManagementGroupType), "con-corp-ingest", "con-corp-prepare", "con-corp-train", "con-online-deploy")
	},
	"management groups by geography": func(t *testing.T) {
		d := grouped(t, "[geography]")
		has(t, names(d, arm.ManagementGroupType), "con-online-sweden", "con-online-germany")
		has(t, names(d, aliases), "con-lumen-prod-sweden", "con-lumen-prod-germany")
	},
	"axes combine": func(t *testing.T) {
		has(t, names(grouped(t, "[organization, environment]"), arm.ManagementGroupType), "con-corp-ai-research", "con-corp-ai-research-prod")
	},
	"structures are compared": func(t *testing.T) {
		all := design.Compare(contoso(t).Estate, new(design.Lock), "2026-11-01")
		if len(all) != 6 || !all[0].Chosen || all[0].Groups != 0 || all[5].Subscriptions <= all[0].Subscriptions {
			t.Errorf("have %+v", all)
		}
	},
	"policies are applied to the subscriptions": func(t *testing.T) {
		has(t, names(contoso(t), "Microsoft.Authorization/policyAssignments"), "allowed-locations", "allowed-ai-compute-sizes", "required-tags", "inherit-tags")
	},
	"resource groups by lifecycle": func(t *testing.T) {
		d := contoso(t, "resource_groups: [deployment_type, lifecycle]", "resource_groups: [lifecycle]")
		has(t, names(d, arm.ResourceGroupType), "rg-con-orion-network-prod-sdc-001", "rg-con-orion-data-prod-sdc-001", "rg-con-orion-compute-prod-sdc-001", "rg-con-orion-ops-prod-sdc-001")
	},
	"resource groups by workflow stage": func(t *testing.T) {
		d := contoso(t, "resource_groups: [deployment_type, lifecycle]", "resource_groups: [workflow_stage]")
		has(t, names(d, arm.ResourceGroupType), "rg-con-ingest-collection-prod-sdc-001", "rg-con-ingest-preprocessing-prod-sdc-001", "rg-con-orion-training-prod-sdc-001", "rg-con-lumen-deployment-prod-sdc-001")
	},
	"resource groups by deployment type": func(t *testing.T) {
		d := contoso(t)
		has(t, names(d, arm.ResourceGroupType), "rg-con-churn-training-compute-prod-sdc-001", "rg-con-churn-inference-compute-prod-sdc-001")
	},
	"resource groups by pipeline stage": func(t *testing.T) {
		d := contoso(t, "resource_groups: [deployment_type, lifecycle]", "resource_groups: [pipeline_stage]")
		has(t, names(d, arm.ResourceGroupType), "rg-con-ingest-ingestion-prod-sdc-001", "rg-con-ingest-preprocessing-prod-sdc-001")
	},
	"everything carries the tags": func(t *testing.T) {
		d := contoso(t)
		want := map[string]string{"Project": "AIResearch2024", "Environment": "Production", "CostCenter": "CC-4711", "Owner": "orion@contoso.example"}
		tagged := 0
		for r := range d.Tenant.Range("/subscriptions/@con-orion-prod") {
			if !r.Get("tags").Exists() {
				continue
			}
			tagged++
			for k, v := range want {
				if have := r.Get("tags", k).Str(); have != v {
					t.Errorf("%s: tag %s is %q", r.ID, k, have)
				}
			}
		}
		if tagged < 10 {
			t.Errorf("only %d resources carry tags", tagged)
		}
	},
	"names follow Azure's guidance": func(t *testing.T) {
		has(t, names(contoso(t), scaleSets), "vmss-con-orion-pretrain-prod-sdc-001")
	},
	"groups that exist are extended, not rewritten": func(t *testing.T) {
		d := grouped(t, "[organization]")
		for _, g := range named(d, arm.ManagementGroupType) {
			if !strings.HasPrefix(g.ID.Name(), "con-") {
				t.Errorf("%s is written", g.ID)
			}
		}
		if g, _ := d.Tenant.Get(arm.ManagementGroup("contoso-corp")); !g.Theirs {
			t.Error("contoso-corp is not theirs")
		}
	},
	"AI lands in the application landing zones": func(t *testing.T) {
		d := contoso(t)
		hasNot(t, names(d, arm.ManagementGroupType), "")
		if g, _ := d.Tenant.Parent("/subscriptions/@con-lumen-prod"); g != arm.ManagementGroup("contoso-online") {
			t.Errorf("lumen lies in %s", g)
		}
	},
	"images are curated": func(t *testing.T) {
		d := contoso(t)
		image := func(r arm.Resource, path ...string) string {
			return r.Get(append(path, "imageReference", "offer")...).Str()
		}
		if have := image(named(d, scaleSets)["vmss-con-orion-pretrain-prod-sdc-001"], "properties", "virtualMachineProfile", "storageProfile"); have != "ubuntu-hpc" {
			t.Errorf("training runs on %q", have)
		}
		if have := image(named(d, machines)["vm-con-churn-train-prod-sdc-001"], "properties", "storageProfile"); have != "ubuntu-2204" {
			t.Errorf("a small model trains on %q", have)
		}
	},
	"sizes differ for training and inference": func(t *testing.T) {
		d := contoso(t)
		sizes := map[string]string{}
		for n, r := range named(d, scaleSets) {
			sizes[n] = r.Get("sku", "name").Str()
		}
		for n, r := range named(d, machines) {
			sizes[n] = r.Get("properties", "hardwareProfile", "vmSize").Str()
		}
		for n, want := range map[string]string{
			"vmss-con-orion-pretrain-prod-sdc-001": "Standard_ND96isr_H100_v5",
			"vmss-con-lumen-chat-prod-sdc-001":     "Standard_NC40ads_H100_v5",
			"vmss-con-churn-score-prod-sdc-001":    "Standard_F4as_v6",
			"vm-con-churn-train-prod-sdc-001":      "Standard_E8ads_v6",
		} {
			if sizes[n] != want {
				t.Errorf("%s: have %s, want %s", n, sizes[n], want)
			}
		}
	},
	"datasets and models have versions": func(t *testing.T) {
		for n, r := range named(contoso(t), "Microsoft.Storage/storageAccounts/blobServices") {
			account := r.ID.Parent().Name()
			versioned := r.Get("properties", "isVersioningEnabled").True()
			if want := !strings.Contains(account, "ckpt") && !strings.Contains(account, "lake"); versioned != want {
				t.Errorf("%s of %s: versions %v", n, account, versioned)
			}
		}
	},
	"what is inactive moves to Blob's cooler tiers": func(t *testing.T) {
		found := false
		for r := range contoso(t).Tenant.All() {
			if r.Type().Equal(lifecycles) && strings.Contains(string(r.ID), "con-orion-prod") {
				for rule := range r.Get("properties", "policy", "rules").Items() {
					base := rule.Get("definition", "actions", "baseBlob")
					cool, _ := base.Get("tierToCool", "daysAfterModificationGreaterThan").Int()
					archive, _ := base.Get("tierToArchive", "daysAfterModificationGreaterThan").Int()
					found = found || rule.Get("name").Str() == "runs" && cool == 30 && archive == 180
				}
			}
		}
		if !found {
			t.Error("orion's runs do not move to Cool after 30 days and to Archive after 180")
		}
	},
	"hot data lies in a fast file store": func(t *testing.T) {
		d := contoso(t)
		r, nodes := named(d, lustres)["amlfs-con-orion-pretrain-prod-sdc-001"], named(d, scaleSets)["vmss-con-orion-pretrain-prod-sdc-001"]
		if r.Get("zones").Text() != nodes.Get("zones").Text() || r.Location() != nodes.Location() || r.Get("properties", "storageCapacityTiB").Text() != "76" {
			t.Errorf("have %s", r.Body.Text())
		}
		hasNot(t, names(d, lustres), "dev") // its checkpoints may take longer
	},
	"data moves from the file system to Blob": func(t *testing.T) {
		d := contoso(t)
		link := named(d, lustres)["amlfs-con-orion-pretrain-prod-sdc-001"].Get("properties", "hsm", "settings", "container").Text()
		if job := named(d, "Microsoft.StorageCache/amlFilesystems/autoExportJobs")["pretrain"]; job.Get("properties", "adminStatus").Str() != "Enable" || !strings.Contains(link, "containers/checkpoints") {
			t.Errorf("linked to %s, exported by %s", link, job.Body.Text())
		}
	},
	"orchestrators run what the estate says": func(t *testing.T) {
		for by, typ := range map[string]arm.Type{"batch": "Microsoft.Batch/batchAccounts/pools", "aks": "Microsoft.ContainerService/managedClusters"} {
			if d := contoso(t, "spot: allowed}", "run_by: "+by+"}"); len(named(d, typ)) == 0 || len(named(d, scaleSets)["vmss-con-ingest-clean-prod-sdc-001"].ID) > 0 {
				t.Errorf("%s does not run ingest/clean", by)
			}
		}
		if d := contoso(t, "spot: allowed}", "run_by: slurm}"); len(d.Files) == 0 {
			t.Error("nothing is handed to CycleCloud Workspace for Slurm")
		}
	},
	"containers come from a registry of the workload": func(t *testing.T) {
		d := contoso(t, "spot: allowed}", "run_by: aks}")
		if n := len(named(d, "Microsoft.ContainerRegistry/registries")); n != 2 { // dev and prod
			t.Errorf("have %d registries", n)
		}
	},
	"Batch sets InfiniBand up": func(t *testing.T) {
		for _, p := range named(contoso(t, "busy: 60%", "busy: 60%\n        run_by: batch"), "Microsoft.Batch/batchAccounts/pools") {
			if p.Get("properties", "interNodeCommunication").Str() != "Enabled" || p.Get("properties", "taskSlotsPerNode").Text() != "1" {
				t.Errorf("have %s", p.Body.Text())
			}
		}
	},
	"nodes and data share a region": func(t *testing.T) {
		d := contoso(t)
		for r := range d.Tenant.Range("/subscriptions/@con-orion-prod") {
			if l := r.Location(); l != "" && l != "swedencentral" && l != "global" {
				t.Errorf("%s is in %s", r.ID, l)
			}
		}
	},
	"nodes that train together are close": func(t *testing.T) {
		r := named(contoso(t), scaleSets)["vmss-con-orion-pretrain-prod-sdc-001"]
		if !r.Get("properties", "singlePlacementGroup").True() || r.Get("zones").Len() != 1 || r.Get("properties", "orchestrationMode").Str() != "Uniform" {
			t.Errorf("have %s", r.Body.Text())
		}
	},
	"training over nodes gets InfiniBand": func(t *testing.T) {
		d := contoso(t, "workloads:\n", "workloads:\n  big: {project: AIResearch2024, cost_center: CC-4711, jobs: {tune: {model: llama-3.1-70b, method: full}}}\n")
		r := named(d, scaleSets)["vmss-con-big-tune-prod-sdc-001"]
		if size := r.Get("sku", "name").Str(); size != "Standard_ND96isr_H200_v5" {
			t.Errorf("have size %q", size)
		}
	},
	"serving is spread over zones": func(t *testing.T) {
		r := named(contoso(t), scaleSets)["vmss-con-lumen-chat-prod-sdc-001"]
		if r.Get("zones").Len() != 3 || !r.Get("properties", "zoneBalance").True() {
			t.Errorf("have %s", r.Body.Text())
		}
	},
}

func TestGuides(t *testing.T) {
	for name, check := range guides {
		t.Run(name, check)
	}
}

// TestGuidesDocument holds docs/guides.md against the checks: each check that
// it names is there, each that is there is named, and each row names a test.
func TestGuidesDocument(t *testing.T) {
	text, err := os.ReadFile("../docs/guides.md")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "| ") && !strings.HasPrefix(line, "| the guide says") && !strings.Contains(line, "`Test") {
			t.Errorf("docs/guides.md names no test: %s", line)
		}
	}
	named := map[string]bool{}
	for _, m := range regexp.MustCompile("`TestGuides/([^`]+)`").FindAllStringSubmatch(string(text), -1) {
		name := strings.ReplaceAll(m[1], "_", " ")
		named[name] = true
		if guides[name] == nil {
			t.Errorf("docs/guides.md names %q, which is no check", m[1])
		}
	}
	for name := range guides {
		if !named[name] {
			t.Errorf("docs/guides.md does not name `TestGuides/%s`", strings.ReplaceAll(name, " ", "_"))
		}
	}
}
