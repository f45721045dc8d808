package emit_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"airfield/design"
	"airfield/emit"
	"airfield/source"
	"airfield/tenant"
	"airfield/twin"
	"airfield/twin/twintest"
)

// designed designs an example, for a tenant if there is one, with some of its text replaced.
func designed(t *testing.T, name string, have *tenant.Tenant, replace ...string) (*tenant.Tenant, emit.Options) {
	t.Helper()
	raw, err := os.ReadFile("../examples/" + name + "/estate.yaml")
	if err != nil {
		t.Fatal(err)
	}
	f, _ := source.NewFile("estate.yaml", []byte(strings.NewReplacer(replace...).Replace(string(raw))))
	e, found := design.Read(f)
	if found.HasErrors() {
		t.Fatal(found)
	}
	d := design.New(e, design.Options{Month: "2026-11-01", Tenant: have})
	if d.Findings.HasErrors() {
		t.Fatal(d.Findings)
	}
	o := emit.Options{File: "estate.yaml", Location: string(e.Regions.Home)}
	for _, p := range d.Parameters {
		o.Parameters = append(o.Parameters, emit.Parameter{Name: p.Name, Description: p.Description})
	}
	return d.Tenant, o
}

// TestDesigns writes the examples, and the larger one in other structures, in
// all forms, and wants them to read back as what was designed.
func TestDesigns(t *testing.T) {
	cases := map[string][]string{
		"small":                   nil,
		"contoso":                 nil,
		"contoso by project type": {"structure:\n", "structure:\n  groups: [project_type]\n"},
		"contoso by pipeline":     {"structure:\n", "structure:\n  groups: [data_pipeline, geography]\n", "[deployment_type, lifecycle]", "[workflow_stage]"},
		"contoso standalone":      {"hub_firewall", "nat_gateway", "platform:  ", "platform: standalone\n#  ", "  groups:\n", "#\n", "    root:", "# ", "    landing_zones:", "# ", "    corp:", "#", "    online:", "#", "    sandbox:", "#", "  policy_kept_in", "# ", "  hubs:", "#", "    swedencentral:\n", "#\n", "    germanywestcentral:\n", "#\n", "      vnet:", "# ", "      firewall:", "#", "      dns:", "#"},
	}
	for by, replace := range runners {
		cases["small run by "+by] = replace
	}
	for name, replace := range cases {
		t.Run(name, func(t *testing.T) {
			tt, o := designed(t, strings.Fields(name)[0], nil, replace...)
			checkTemplates(t, tt, &o)
			checkTerraform(t, tt, &o)
			if os.Getenv("AIRFIELD_BICEP") != "" {
				checkBicep(t, tt, &o)
			}
		})
	}
}

// TestTenantAware writes the example as it is designed for its tenant: all forms
// read back as what was designed, and nothing that exists is in them.
func TestTenantAware(t *testing.T) {
	in, err := os.Open("../examples/contoso/tenant.jsonl.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	have, _, err := tenant.Read("tenant.jsonl.gz", in)
	if err != nil {
		t.Fatal(err)
	}
	tt, o := designed(t, "contoso", have, "environments: {prod: {}}\n    data:\n      examples", "environments: {prod: {subscription: 1c92275e-5d99-44f6-8f81-77703b003177}}\n    data:\n      examples")
	for r := range tt.All() {
		if !r.Theirs && have.Has(r.ID) {
			t.Errorf("%s exists and is written", r.ID)
		}
	}
	checkTemplates(t, tt, &o)
	checkTerraform(t, tt, &o)
	if os.Getenv("AIRFIELD_BICEP") != "" {
		checkBicep(t, tt, &o)
	}
}

// runners are the small example run by what makes nodes of its own, or on a fast
// store; one under an agreement that has budgets of management groups.
var runners = map[string][]string{
	"a machine": nil,
	"Batch":     {"train: {", "clean: {kind: prepare, vcpus: 8, nodes: 3, runs: 30/month, done_within: 2h, spot: allowed, run_by: batch}, train: {run_by: batch, "},
	"AKS":       {"jobs: {train: {", "services: {ask: {size: Standard_NC40ads_H100_v5, run_by: aks, fleet: {at_least: 2, at_most: 4}}}\n    jobs: {train: {run_by: aks, nodes: 2, "},
	"scale set": {"jobs: {train: {", "environments: {prod: {stopped: '20:00-07:00 Europe/Stockholm'}}\n    services: {score: {vcpus: 4, fleet: {at_least: 2, at_most: 4}}}\n    jobs: {train: {"},
	"Slurm":     {"train: {", "train: {run_by: slurm, nodes: 2, "},
	"NetApp":    {"westeurope", "israelcentral", "CC-1001}", "CC-1001, billing: {agreement: EA}}", "train: {size: Standard_NC40ads_H100_v5", "clean: {kind: prepare, size: Standard_D8as_v5, nodes: 2, zone: 1, hot: {size: 2TiB, from: images}"},
	"files":     {"westeurope", "belgiumcentral", "train: {size: Standard_NC40ads_H100_v5", "clean: {kind: prepare, size: Standard_D8as_v5, nodes: 2, hot: {size: 2TiB, from: images}"},
}

// TestTerraformDeploys takes the small example through apply, a second plan
// without change, and destroy, with the real terraform against the twin.
func TestTerraformDeploys(t *testing.T) {
	twintest.Azapi(t)
	for _, name := range []string{"a machine", "Batch", "AKS", "scale set", "NetApp", "files"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if testing.Short() && runners[name] != nil {
				t.Skip("left out: all but one of the runners, which take a minute each")
			}
			deploys(t, runners[name])
		})
	}
}

func deploys(t *testing.T, replace []string) {
	tt, o := designed(t, "small", nil, replace...)
	dir := t.TempDir()
	for path, text := range files(t, tt, o, emit.Terraform) {
		full := filepath.Join(dir, filepath.FromSlash(strings.TrimPrefix(path, "terraform/")))
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, text.Bytes(), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	tw := twin.New(twin.Options{})
	twintest.Deploy(t, tw, dir, func() {
		there, _ := tw.Tenant()
		for r := range tt.All() {
			if !r.Theirs && r.Type() != "Microsoft.Subscription/aliases" && !strings.Contains(string(r.ID), "/@") && !there.Has(r.ID) {
				t.Errorf("%s was not deployed", r.ID)
			}
		}
		if have, want := there.Len(), tt.Len(); have < want {
			t.Errorf("the twin holds %d resources, want at least %d", have, want)
		}
	}, "TF_VAR_billing_scope=/providers/Microsoft.Billing/billingAccounts/1/enrollmentAccounts/2", "TF_VAR_admin_public_key=ssh-ed25519 AAAA test",
		"TF_VAR_batch_service=3b7d0000-0000-4000-8000-0000000000b1", "TF_VAR_tenant_id="+tw.ID())
}
