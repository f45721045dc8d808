package estate_test

import (
	"fmt"
	"strings"
	"testing"

	"airfield/estate"
	"airfield/source"
)

func ExampleRead() {
	f, _ := source.NewFile("estate.yaml", []byte(`
airfield: 1
organization: {name: Northwind, prefix: nwh, owner: ai@northwind.example, cost_center: CC-1}
regions: {home: swedencentral}
workloads:
  atlas:
    environments:
      dev: {jobs: {train: {nodes: 1, run_by: vm}}}
      prod: {subscription: 5b1d0a52-0000-4000-8000-0000000000f1}
    jobs:
      train: {size: Standard_ND96isr_H200_v5, nodes: 8, run_by: slurm}
`))
	e, found := estate.Read(f)
	for _, p := range e.Places() {
		train, _ := p.Jobs.Get("train")
		fmt.Println(p.Name(), train.Nodes, train.RunBy, e.TagsOf(p).Keys())
	}
	fmt.Println(found)
	// Output:
	// atlas/dev 1 vm [Project CostCenter Environment Owner]
	// atlas/prod 8 slurm [Project CostCenter Environment Owner]
	// [estate.yaml:3:16: warning: no billing scope to make subscriptions in, and "atlas/dev" has no subscription: write organization.billing.scope, or a subscription in each environment [estate/vending]]
}

// mustRead reads an estate without errors.
func mustRead(t *testing.T, text string) *estate.Estate {
	t.Helper()
	f, found := source.NewFile("estate.yaml", []byte(text))
	if found != nil {
		t.Fatal(found)
	}
	e, found := estate.Read(f)
	if found.HasErrors() {
		t.Fatal(found)
	}
	return e
}

func TestDefaults(t *testing.T) {
	e := mustRead(t, `airfield: 1
organization: {name: N, prefix: nn, owner: a@b.example, cost_center: C}
network: {egress: none}
regions: {home: swedencentral}
workloads:
  atlas:
    environments: {dev: {connects: sandbox}, prod: {}}
    data: {model-weights: {}, corpus: {kind: features}}
    jobs: {pretrain-small: {model: m}, tune: {size: S, method: lora}}
`)
	var lines []string
	for _, d := range e.Defaults() {
		if strings.HasPrefix(d.Path, "workloads") || strings.HasPrefix(d.Path, "network") || d.Path == "structure.groups" {
			lines = append(lines, fmt.Sprintf("%d:%d %s %s", d.Pos.Line, d.Pos.Col, d.Path, d.Value))
		}
	}
	want := `1:1 structure.groups none
6:3 workloads.atlas.criticality medium
6:3 workloads.atlas.data_class general
8:12 workloads.atlas.data.model-weights.kind models
8:12 workloads.atlas.data.model-weights.layout blob
8:31 workloads.atlas.data.corpus.layout blob
9:12 workloads.atlas.jobs.pretrain-small.kind pretrain
9:12 workloads.atlas.jobs.pretrain-small.region home
9:12 workloads.atlas.jobs.pretrain-small.size auto
9:12 workloads.atlas.jobs.pretrain-small.run_by auto
9:12 workloads.atlas.jobs.pretrain-small.spot never
9:40 workloads.atlas.jobs.tune.kind finetune
9:40 workloads.atlas.jobs.tune.region home
9:40 workloads.atlas.jobs.tune.nodes 1
9:40 workloads.atlas.jobs.tune.run_by auto
9:40 workloads.atlas.jobs.tune.spot never
7:46 workloads.atlas.environments.prod.connects corp`
	if have := strings.Join(lines, "\n"); have != want {
		t.Errorf("have\n%s\nwant\n%s", have, want)
	}
}

func TestKindOfJob(t *testing.T) {
	for _, tt := range []struct {
		key, says string
		want      estate.JobKind
	}{
		{"train", "", estate.Pretrain}, {"training-small", "", estate.Pretrain}, {"pre-train", "", estate.Pretrain}, {"pretraining", "", estate.Pretrain},
		{"finetune", "", estate.Finetune}, {"fine-tuning", "", estate.Finetune}, {"tune-llama", "", estate.Finetune}, {"tuning", "", estate.Finetune},
		{"prep", "", estate.Preparation}, {"prepare-text", "", estate.Preparation}, {"preprocess", "", estate.Preparation}, {"clean", "", estate.Preparation},
		{"ingest-news", "", estate.Preparation}, {"transform", "", estate.Preparation}, {"etl", "", estate.Preparation},
		{"transformer", "", estate.Batch}, {"score", "", estate.Batch}, {"nightly-train", "", estate.Batch}, {"restrain", "", estate.Batch},
		{"clean", "method: lora", estate.Finetune}, {"etl", "method: pretrain", estate.Pretrain}, {"train", "kind: prepare", estate.Preparation},
	} {
		e := mustRead(t, fmt.Sprintf(`airfield: 1
organization: {name: N, prefix: nn, owner: a@b.example, cost_center: C}
regions: {home: swedencentral}
workloads: {atlas: {jobs: {%s: {model: m, %s}}}}
`, tt.key, tt.says))
		if have := e.Places()[0].Jobs[0].Value.Kind; have != tt.want {
			t.Errorf("%s {%s}: have %s, want %s", tt.key, tt.says, have, tt.want)
		}
	}
}

func TestTagsOf(t *testing.T) {
	e := mustRead(t, `airfield: 1
organization: {name: N, prefix: nn, owner: a@b.example, cost_center: C-1}
regions: {home: swedencentral}
tags:
  required:
    Environment: {from: environment, values: {dev: Development, prod: Production}}
    CostCenter: {from: cost_center}
    Class: {from: data_class}
workloads:
  atlas:
    environments: {dev: {tags: {costcenter: C-2, Team: red}}, prod: {data_class: confidential}}
    tags: {Team: blue}
    jobs: {train: {size: S}}
`)
	var have []string
	for _, p := range e.Places() {
		for _, tag := range e.TagsOf(p) {
			have = append(have, fmt.Sprintf("%s %s=%s %d:%d", p.Name(), tag.Key, tag.Value, tag.Pos.Line, tag.Pos.Col))
		}
	}
	want := []string{
		"atlas/dev Environment=Development 11:20", "atlas/dev CostCenter=C-2 11:33", "atlas/dev Class=general 11:20", "atlas/dev Team=red 11:50",
		"atlas/prod Environment=Production 11:63", "atlas/prod CostCenter=C-1 11:63", "atlas/prod Class=confidential 11:63", "atlas/prod Team=blue 12:12",
	}
	if strings.Join(have, "\n") != strings.Join(want, "\n") {
		t.Errorf("have\n%s\nwant\n%s", strings.Join(have, "\n"), strings.Join(want, "\n"))
	}
}

func TestMatches(t *testing.T) {
	for _, tt := range []struct {
		place string
		want  bool
	}{
		{"atlas", true}, {"atlas/prod", true}, {"atlas/*", true}, {"*/prod", true}, {"*", true},
		{"atlas/dev", false}, {"beacon", false}, {"*/dev", false}, {"", false},
	} {
		if have := estate.Matches(tt.place, "atlas", "prod"); have != tt.want {
			t.Errorf("%q: have %v, want %v", tt.place, have, tt.want)
		}
	}
}
