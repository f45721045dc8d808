package pipeline

// Pipelines of Azure DevOps: a stage is a stage, its folders are deployment
// jobs, each with the service connection of its identity and the environment
// that people approve in.
// learn.microsoft.com/azure/devops/pipelines/yaml-schema

import (
	"fmt"
	"strings"
)

func (p *Pipelines) devops() []file {
	return []file{
		{"pipelines/azure-pipelines.yml", p.azurePipelines()},
		{"pipelines/connections.sh", p.connections()},
	}
}

func (p *Pipelines) azurePipelines() string {
	var b strings.Builder
	fmt.Fprintf(&b, madeFrom+`trigger:
  branches:
    include: [main]
  paths:
    include: [%[1]s]
pr: # of a repository in GitHub; in Azure Repos a build validation of the branch main
  branches:
    include: [main]
  paths:
    include: [%[1]s]
pool:
  vmImage: ubuntu-24.04
lockBehavior: sequential # one deployment at a time
stages:
- stage: plan
  condition: eq(variables['Build.Reason'], 'PullRequest')
  jobs:
`, p.folder())
	for _, i := range p.plans() {
		fmt.Fprintf(&b, "  - job: %s\n    steps:\n", symbol(i.Name))
		p.devopsSteps(&b, "    ", i, "./deploy.sh --plan "+strings.Join(i.folders(), " "))
	}
	before := ""
	stages, jobs := p.stages()
	for _, stage := range stages {
		p.devopsStage(&b, stage, before, jobs[stage])
		before = symbol(stage)
	}
	return b.String()
}

func (p *Pipelines) devopsStage(b *strings.Builder, stage, before string, jobs []job) {
	if before != "" {
		before = "'" + before + "'"
	}
	conditions := "succeeded(), ne(variables['Build.Reason'], 'PullRequest'), eq(variables['Build.SourceBranch'], 'refs/heads/main')"
	if len(p.waits) > 0 && stage >= "6" {
		conditions += ", eq(variables['PLATFORM_REQUESTS'], 'done')"
		b.WriteString("# requests.md lists what others do first; then set the variable PLATFORM_REQUESTS of the pipeline to done\n")
	}
	fmt.Fprintf(b, "- stage: %s\n  displayName: %s\n  dependsOn: [%s]\n  lockBehavior: sequential\n  condition: and(%s)\n  jobs:\n", symbol(stage), stage, before, conditions)
	for _, j := range jobs {
		fmt.Fprintf(b, "  - deployment: %s\n    displayName: %s\n    timeoutInMinutes: '120'\n    environment: %s\n    strategy:\n      runOnce:\n        deploy:\n          steps:\n          - checkout: self\n", symbol(j.folder), j.folder, j.as.Name)
		p.devopsSteps(b, "          ", j.as, "./deploy.sh "+j.folder)
	}
}

// devopsSteps writes the task that signs in by the service connection, whose
// name must be in the file: what is authorized is read from there.
func (p *Pipelines) devopsSteps(b *strings.Builder, in string, i *Identity, run string) {
	fmt.Fprintf(b, `%[1]s- task: AzureCLI@2
%[1]s  inputs:
%[1]s    azureSubscription: %[2]s
%[1]s    scriptType: bash
%[1]s    scriptLocation: inlineScript
%[1]s    workingDirectory: %[3]s
%[1]s    inlineScript: |
`, in, i.Name, p.folder())
	for _, param := range p.parameters {
		if name := p.Form.Variable(param.Name); name != strings.ToUpper(name) { // as which the agent gives the pipeline's variables
			fmt.Fprintf(b, "%s      export %s=\"${%s:-}\"\n", in, name, strings.ToUpper(name))
		}
	}
	fmt.Fprintf(b, "%s      %s\n", in, run)
}

// symbol makes a name that Azure DevOps takes for a stage or job.
func symbol(name string) string {
	return "s_" + strings.Map(func(c rune) rune {
		if c < 128 && (c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9') {
			return c
		}
		return '_'
	}, name)
}
