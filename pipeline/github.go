package pipeline

// Workflows of GitHub: a stage is a job with a matrix of its folders, behind
// the job of the stage before, since no folder needs another of its own stage.
// docs.github.com/actions/reference/workflows-and-actions/workflow-syntax

import (
	"fmt"
	"slices"
	"strings"

	"airfield/emit"
)

// Actions are pinned to full versions, read 2026-11; who pins to commits puts
// that of the tag in its place.
const (
	checkout       = "actions/checkout@v4.2.2"
	login          = "azure/login@v2.3.0"
	setupTerraform = "hashicorp/setup-terraform@v3.1.2"
)

// maxMatrix is how many jobs a matrix may have.
// docs.github.com/actions/reference/limits
const maxMatrix = 256

func (p *Pipelines) github() []file {
	return []file{
		{"pipelines/.github/workflows/deploy.yml", p.githubDeploy()},
		{"pipelines/.github/workflows/plan.yml", p.githubPlan()},
		{"pipelines/environments.sh", p.environments()},
	}
}

const madeFrom = "# Made by airfield. Do not edit: change the estate and write it again.\n"

// folder is where deploy.sh lies in the repository.
func (p *Pipelines) folder() string { return p.deploys.Folder + "/" + p.Form.String() }

func (p *Pipelines) githubDeploy() string {
	var b strings.Builder
	fmt.Fprintf(&b, madeFrom+`name: deploy
on:
  push:
    branches: [main]
    paths: ['%s/**']
  workflow_dispatch:
concurrency: # one deployment at a time, and none is broken off
  group: deploy
  cancel-in-progress: false
permissions:
  contents: read
  id-token: write # to sign in as the federated identities: there are no secrets
jobs:
`, p.folder())
	stages, jobs := p.stages()
	var before []string
	for _, stage := range stages {
		var now []string
		for chunk := range slices.Chunk(jobs[stage], maxMatrix) {
			id := "stage-" + stage
			if len(now) > 0 {
				id += fmt.Sprint("-", len(now)+1)
			}
			now = append(now, id)
			p.githubJob(&b, id, stage, before, chunk)
		}
		before = now
	}
	return b.String()
}

// githubJob writes the job of a stage. Who approves what is done to production
// does so in the environment, without which there is no token to sign in.
func (p *Pipelines) githubJob(b *strings.Builder, id, stage string, before []string, jobs []job) {
	fmt.Fprintf(b, "  %s:\n", id)
	if len(before) > 0 {
		fmt.Fprintf(b, "    needs: [%s]\n", strings.Join(before, ", "))
	}
	if len(p.waits) > 0 && stage >= "6" {
		fmt.Fprintf(b, "    # requests.md lists what others do first; then set the variable PLATFORM_REQUESTS of the repository to done\n    if: ${{ vars.PLATFORM_REQUESTS == 'done' }}\n")
	}
	b.WriteString("    strategy:\n      fail-fast: false\n      matrix:\n        include:\n")
	for _, j := range jobs {
		fmt.Fprintf(b, "          - {folder: %s, environment: %s}\n", j.folder, j.as.Name)
	}
	p.githubSteps(b, "${{ matrix.environment }}", `./deploy.sh "$FOLDER"`)
}

// githubSteps writes what every job does. deploy.sh tries again, six times at
// most, while Azure does not know everywhere yet what was made.
func (p *Pipelines) githubSteps(b *strings.Builder, environment, run string) {
	fmt.Fprintf(b, `    runs-on: ubuntu-24.04
    timeout-minutes: 120
    environment: %s
    env:
      FOLDER: ${{ matrix.folder }}
`, environment)
	for _, param := range p.parameters {
		name := p.Form.Variable(param.Name)
		fmt.Fprintf(b, "      %s: ${{ vars.%s }}\n", name, strings.ToUpper(name))
	}
	if p.Form == emit.Terraform {
		b.WriteString("      ARM_USE_OIDC: 'true'\n      ARM_CLIENT_ID: ${{ vars.AZURE_CLIENT_ID }}\n      ARM_TENANT_ID: ${{ vars.AZURE_TENANT_ID }}\n      ARM_SUBSCRIPTION_ID: ${{ vars.AZURE_SUBSCRIPTION_ID }}\n")
	}
	fmt.Fprintf(b, "    steps:\n      - uses: %s\n", checkout)
	if p.Form == emit.Terraform {
		fmt.Fprintf(b, "      - uses: %s\n        with:\n          terraform_wrapper: false\n", setupTerraform)
	}
	fmt.Fprintf(b, `      - uses: %s
        with:
          client-id: ${{ vars.AZURE_CLIENT_ID }}
          tenant-id: ${{ vars.AZURE_TENANT_ID }}
          subscription-id: ${{ vars.AZURE_SUBSCRIPTION_ID }}
      - run: %s
        working-directory: %s
`, login, run, p.folder())
}

// githubPlan writes what a pull request is answered with: what each
// subscription's stacks would change.
func (p *Pipelines) githubPlan() string {
	var b strings.Builder
	fmt.Fprintf(&b, madeFrom+`name: plan
on:
  pull_request:
    paths: ['%s/**']
concurrency:
  group: plan-${{ github.ref }}
  cancel-in-progress: true
permissions:
  contents: read
  id-token: write
jobs:
`, p.folder())
	n := 0
	for chunk := range slices.Chunk(p.plans(), maxMatrix) {
		n++
		fmt.Fprintf(&b, "  plan-%d:\n    strategy:\n      fail-fast: false\n      matrix:\n        include:\n", n)
		for _, i := range chunk {
			fmt.Fprintf(&b, "          - {folder: %s, environment: %s}\n", strings.Join(i.folders(), " "), i.Name)
		}
		p.githubSteps(&b, "${{ matrix.environment }}", "./deploy.sh --plan $FOLDER # one or more")
	}
	return b.String()
}

// plans gives the identities that plan.
func (p *Pipelines) plans() (all []*Identity) {
	for i := range p.Identities {
		if p.Identities[i].Plans {
			all = append(all, &p.Identities[i])
		}
	}
	return all
}

func (i *Identity) folders() (all []string) {
	for _, s := range i.Stacks {
		all = append(all, s.Folder)
	}
	slices.Sort(all)
	return all
}
