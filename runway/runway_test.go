package runway_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"airfield/arm"
	"airfield/design"
	"airfield/diag"
	"airfield/estate"
	"airfield/runway"
	"airfield/source"
	"airfield/tenant"

	"golang.org/x/tools/txtar"
)

var update = flag.Bool("update", false, "write what is wanted into the files")

// TestRunways makes the runway of each file of testdata: its estate, on the day
// that its first line names, with the snapshot if it has one.
func TestRunways(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no files", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) { check(t, file) })
	}
}

func check(t *testing.T, file string) {
	a, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(a.Comment), "\n")
	on, err := time.Parse(time.DateOnly, first)
	if err != nil {
		t.Fatal(err)
	}
	var d *design.Design
	var have *tenant.Tenant
	for i := range a.Files {
		switch f := &a.Files[i]; f.Name {
		case "estate.yaml":
			d = designOf(t, f, on)
		case "tenant.jsonl":
			have = snapshotOf(t, f)
		case "want":
			got := lines(runway.New(d, have, on))
			if *update {
				f.Data = []byte(got)
				if err := os.WriteFile(file, txtar.Format(a), 0o644); err != nil {
					t.Fatal(err)
				}
			} else if got != string(f.Data) {
				t.Errorf("have:\n%s\nwant:\n%s", got, f.Data)
			}
		}
	}
}

func designOf(t *testing.T, f *txtar.File, on time.Time) *design.Design {
	t.Helper()
	src, found := source.NewFile(f.Name, f.Data)
	if found.HasErrors() {
		t.Fatal(found)
	}
	e, found := design.Read(src)
	if found.HasErrors() {
		t.Fatal(found)
	}
	d := design.New(e, design.Options{Month: on.Format("2006-01") + "-01"})
	if d.Findings.HasErrors() {
		t.Fatal(d.Findings)
	}
	return d
}

func snapshotOf(t *testing.T, f *txtar.File) *tenant.Tenant {
	t.Helper()
	have, found, err := tenant.Read(f.Name, bytes.NewReader(f.Data))
	if err != nil || found.HasErrors() {
		t.Fatal(err, found)
	}
	return have
}

// lines writes a runway for comparing: a line a begin, gate, item, kept data,
// step and finding.
func lines(r *runway.Runway) string {
	var b strings.Builder
	p := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	for _, x := range r.Begins {
		p("%s begins %s, earliest %s", x.Workload, x.On, x.Earliest)
	}
	for _, g := range r.Gates {
		late := ""
		if g.Late {
			late = " late"
		}
		p("%s: %s to %s, %d days%s, %s", g.Key, g.Ask, g.Due, g.Days, late, g.State)
		for _, x := range g.Items {
			p("  %s: %s (%s)", strings.Join(x.For, ", "), x.What, x.State)
		}
	}
	for _, x := range r.Retire {
		for _, k := range x.Kept {
			p("kept %s until %s: %s; %s", k.Data, k.Until, k.Where, k.Why)
		}
		for _, s := range x.Steps {
			p("%s: %s", s.On, s.What)
		}
	}
	for _, f := range r.Findings {
		p("%s [%s] %s", f.Severity, f.Code, f.Message)
	}
	return b.String()
}

// TestOrchestrators makes a design by hand that has a Batch account, whose quota
// is its own, and an AKS cluster with InfiniBand, which needs a feature.
func TestOrchestrators(t *testing.T) {
	sub := arm.Subscription("@con-a-prod")
	group := sub.ResourceGroup("rg")
	account := group.Resource("Microsoft.Batch/batchAccounts", "baA")
	cluster := group.Resource("Microsoft.ContainerService/managedClusters", "aks-a")
	var b tenant.Builder
	add := func(id arm.ID, members arm.O) {
		b.Add(arm.Resource{ID: id, Body: arm.New(append(arm.O{"id", id, "name", id.Name(), "type", id.Type()}, members...))})
	}
	add(group, arm.O{"location", "swedencentral"})
	add(account, arm.O{"location", "swedencentral", "properties", arm.O{"poolAllocationMode", "BatchService"}})
	add(account.Child("pools", "fixed"), arm.O{"properties", arm.O{"vmSize", "Standard_ND96isr_H100_v5", "scaleSettings", arm.O{"fixedScale", arm.O{"targetDedicatedNodes", 3}}}})
	add(account.Child("pools", "formula"), arm.O{"properties", arm.O{"vmSize", "Standard_NC40ads_H100_v5", "scaleSettings", arm.O{"autoScale", arm.O{"formula", "$TargetDedicatedNodes=2"}}}})
	small := group.Resource("Microsoft.Batch/batchAccounts", "baB")
	add(small, arm.O{"location", "swedencentral", "properties", arm.O{"poolAllocationMode", "BatchService"}})
	add(small.Child("pools", "one"), arm.O{"properties", arm.O{"vmSize", "Standard_D4s_v5", "scaleSettings", arm.O{"fixedScale", arm.O{"targetDedicatedNodes", 1}}}})
	add(cluster, arm.O{"location", "swedencentral", "properties", arm.O{"agentPoolProfiles", arm.A{
		arm.O{"name", "gpu", "vmSize", "Standard_ND96isr_H100_v5", "count", 1, "enableAutoScaling", true, "minCount", 1, "maxCount", 4}}}})
	whole, _ := b.Tenant()
	place := &estate.Place{Workload: "a", Environment: "prod"}
	e := &estate.Estate{}
	d := &design.Design{Estate: e, Tenant: whole, Subscriptions: []design.Subscription{{ID: sub, Name: "con-a-prod", Place: place, Environments: []string{"prod"},
		Quota: []design.Quota{{Family: "standardNDSH100v5Family", Region: "swedencentral", VCPUs: 4 * 96}, {Family: "StandardNCadsH100v5Family", Region: "swedencentral", Batch: true, VCPUs: 80}}}}}
	e.Workloads = append(e.Workloads, source.Entry[estate.Workload]{Key: "a", Pos: diag.Pos{Line: 1}})
	got := lines(runway.New(d, nil, time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)))
	for _, want := range []string{
		"  con-a-prod: swedencentral: 384 vCPUs of all families; 384 vCPUs of standardNDSH100v5Family (open)",
		"288 vCPUs of standardNDSH100v5Family", "288 dedicated vCPUs", "2 pools", "; 1 pool;",
		"machines of \"Standard_NC40ads_H100_v5\", not counted", "by the estate 80 vCPUs of StandardNCadsH100v5Family",
		"Microsoft.ContainerService/AKSInfinibandSupport",
		"Microsoft.Batch, Microsoft.ContainerService (open)",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("wanted %q in\n%s", want, got)
		}
	}
}

// What a subscription uses and may use is not known without a snapshot: no
// command then writes a limit, which could be higher.
func TestQuotaThatMayBeThereIsNotLowered(t *testing.T) {
	f, found := source.NewFile("estate.yaml", []byte(`airfield: 1
organization: {name: N, prefix: nwh, owner: ai@n.example, cost_center: CC-1}
regions: {home: swedencentral}
workloads:
  atlas:
    environments: {prod: {subscription: 5b1d0a52-0000-4000-8000-0000000000f1}}
    jobs: {train: {size: Standard_NC24ads_A100_v4}}
`))
	e, more := design.Read(f)
	if found = append(found, more...); found.HasErrors() {
		t.Fatal(found)
	}
	for _, g := range runway.New(design.New(e, design.Options{Month: "2026-11-01"}), nil, time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)).Gates {
		for _, x := range g.Items {
			if strings.Contains(x.How, "az quota update") || g.Key == "quota" && !strings.Contains(x.How, "ask.sh") {
				t.Errorf("%s: %s", g.What, x.How)
			}
		}
	}
}
