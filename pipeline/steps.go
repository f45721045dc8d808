package pipeline

// Steps that no template can do, as scripts that look before they act, so that
// they can be run again.

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"airfield/arm"
	"airfield/design"
	"airfield/emit"
)

const scriptHead = "#!/bin/sh\n" + madeFrom

// subscriptionOf names a subscription for az: its id, or its name until there is one.
func subscriptionOf(id arm.ID) string { return strings.TrimPrefix(id.Name(), "@") }

// sameTenant refuses to work in another tenant than the estate's.
func (p *Pipelines) sameTenant() string {
	if want := p.d.Estate.Organization.Tenant; want != "" {
		return fmt.Sprintf("test \"$tenant\" = %s || { echo \"az is logged in to tenant $tenant, wanted %s\" >&2; exit 1; }\n", want, want)
	}
	return ""
}

// environments is the script that makes the environments of a GitHub repository.
func (p *Pipelines) environments() string {
	var b strings.Builder
	owner, _, _ := strings.Cut(p.deploys.Repository, "/")
	fmt.Fprintf(&b, scriptHead+`# Makes the environments of the repository, and tells each as what it signs in.
# Run it after the bootstrap, with gh as who administers the repository, and az.
# An environment that is there keeps its rules.
set -eu
repository=%s
tenant=$(az account show --query tenantId --output tsv)
%s`, p.deploys.Repository, p.sameTenant())
	branch := `"deployment_branch_policy": {"protected_branches": true, "custom_branch_policies": false}`
	fmt.Fprintf(&b, "rules='{%s}'\n", branch)
	if p.deploys.Approvers != "" {
		fmt.Fprintf(&b, "team=$(gh api orgs/%s/teams/%s --jq .id)\nreviewed='{%s, \"prevent_self_review\": true, \"reviewers\": [{\"type\": \"Team\", \"id\": '\"$team\"'}]}'\n", owner, p.deploys.Approvers, branch)
	}
	b.WriteString(`
# environment NAME RULES SUBSCRIPTION GROUP
environment() {
  client=$(az identity show --subscription "$3" --resource-group "$4" --name "id-$1" --query clientId --output tsv)
  subscription=$(az account show --subscription "$3" --query id --output tsv)
  if gh api "repos/$repository/environments/$1" --silent 2>/dev/null; then
    echo "$1: is there, and keeps its rules"
  else
    printf '%s' "$2" | gh api --method PUT "repos/$repository/environments/$1" --input - --silent
  fi
  gh variable set AZURE_CLIENT_ID --repo "$repository" --env "$1" --body "$client"
  gh variable set AZURE_TENANT_ID --repo "$repository" --env "$1" --body "$tenant"
  gh variable set AZURE_SUBSCRIPTION_ID --repo "$repository" --env "$1" --body "$subscription"
}

`)
	for i := range p.Identities {
		one := &p.Identities[i]
		rules := `"$rules"`
		switch {
		case one.Plans:
			rules = "'{}'" // from any branch
		case one.reviewed() && p.deploys.Approvers != "":
			rules = `"$reviewed"`
		}
		fmt.Fprintf(&b, "environment %s %s %s %s\n", one.Name, rules, subscriptionOf(one.Sub.ID), groupOf(one.Sub).Name())
	}
	return b.String()
}

// connections is the script that makes the service connections of a project of
// Azure DevOps: Azure DevOps says what each signs in as, and the identity is
// then told to trust that.
// learn.microsoft.com/azure/devops/pipelines/release/configure-workload-identity
func (p *Pipelines) connections() string {
	var b strings.Builder
	parts := strings.Split(p.deploys.Repository, "/")
	fmt.Fprintf(&b, scriptHead+`# Makes the service connections of the project, and lets each sign in as its identity.
# Run it after the bootstrap, with az and its extension azure-devops, as who
# administers the project and may write the identities. What is there stays.
set -eu
organization=https://dev.azure.com/%s
project='%s'
tenant=$(az account show --query tenantId --output tsv)
%sid=$(az devops project show --organization "$organization" --project "$project" --query id --output tsv)
kept=$(mktemp -d)
trap 'rm -rf "$kept"' EXIT

# endpoint ID PATH: prints a part of a service connection.
endpoint() {
  az devops service-endpoint show --organization "$organization" --project "$project" --id "$1" --query "$2" --output tsv
}

# connection NAME SUBSCRIPTION GROUP
connection() {
  client=$(az identity show --subscription "$2" --resource-group "$3" --name "id-$1" --query clientId --output tsv)
  subscription=$(az account show --subscription "$2" --query id --output tsv)
  made=$(az devops service-endpoint list --organization "$organization" --project "$project" --query "[?name=='$1'].id | [0]" --output tsv)
  if test -z "$made"; then
    cat >"$kept/connection.json" <<END
{"name": "$1", "type": "azurerm", "url": "https://management.azure.com/",
 "data": {"environment": "AzureCloud", "scopeLevel": "Subscription", "creationMode": "Manual", "subscriptionId": "$subscription", "subscriptionName": "$2"},
 "authorization": {"scheme": "WorkloadIdentityFederation", "parameters": {"tenantid": "$tenant", "serviceprincipalid": "$client"}},
 "serviceEndpointProjectReferences": [{"name": "$1", "projectReference": {"id": "$id", "name": "$project"}}]}
END
    made=$(az devops service-endpoint create --organization "$organization" --project "$project" --service-endpoint-configuration "$kept/connection.json" --query id --output tsv)
  fi
  issuer=$(endpoint "$made" authorization.parameters.workloadIdentityFederationIssuer)
  subject=$(endpoint "$made" authorization.parameters.workloadIdentityFederationSubject)
  az identity federated-credential create --subscription "$2" --resource-group "$3" --identity-name "id-$1" --name azure-devops \
    --issuer "$issuer" --subject "$subject" --audiences api://AzureADTokenExchange --output none
  echo "$1: signs in as id-$1"
}

`, parts[0], parts[1], p.sameTenant())
	for i := range p.Identities {
		one := &p.Identities[i]
		fmt.Fprintf(&b, "connection %s %s %s\n", one.Name, subscriptionOf(one.Sub.ID), groupOf(one.Sub).Name())
	}
	return b.String()
}

// backends says where Terraform keeps the state of each stack: in a container
// that its identity alone writes.
func (p *Pipelines) backends() (all []file) {
	account, _ := arm.ParseID(p.deploys.State)
	for _, i := range p.Identities {
		for _, s := range i.Stacks {
			if !i.Plans {
				all = append(all, file{path.Join("terraform", s.Folder, "backend.tf"), fmt.Sprintf(madeFrom+`
terraform {
  backend "azurerm" {
    storage_account_name = "%s"
    container_name       = "%s"
    key                  = "%s.tfstate"
    use_azuread_auth     = true
  }
}
`, account.Name(), i.container(), s.Stage)})
			}
		}
	}
	return all
}

// container names the container of an identity's states, which takes 63
// characters.
func (i *Identity) container() string {
	if len(i.Name) <= 63 {
		return strings.ToLower(i.Name)
	}
	return strings.ToLower(strings.TrimRight(i.Name[:54], "-")) + "-" + design.GUID(i.Name)[:8]
}

// WriteEligible writes the step that makes groups eligible for roles, where an
// estate wants that. The default policy of a role lets nobody be eligible for
// longer than a year.
// learn.microsoft.com/rest/api/authorization/privileged-role-eligibility-rest-sample
// learn.microsoft.com/rest/api/authorization/privileged-role-policy-rest-sample
func WriteEligible(d *design.Design, sink emit.Sink) error {
	if len(d.Eligible) == 0 {
		return nil
	}
	var b strings.Builder
	b.WriteString(scriptHead + `# Makes groups eligible for roles, for a year: run it again before that has passed.
# How long a role may be taken up at a time is a rule of the role at its scope,
# for all who are eligible for it there.
# Needs az, as who may write role assignments at the scopes. What is there stays.
set -eu
api=api-version=2020-10-01
kept=$(mktemp -d)
trap 'rm -rf "$kept"' EXIT

# eligible GROUP PRINCIPAL ROLE SUBSCRIPTION BELOW DURATION
eligible() {
  own=/subscriptions/$(az account show --subscription "$4" --query id --output tsv)
  scope=$own$5/providers/Microsoft.Authorization
  role=$own/providers/Microsoft.Authorization/roleDefinitions/$3

  policy=$(az rest --method get --url "$scope/roleManagementPolicyAssignments?$api&\$filter=roleDefinitionId%20eq%20'$role'" --query 'value[0].properties.policyId' --output tsv)
  now=$(az rest --method get --url "$policy?$api" --query "properties.rules[?id=='Expiration_EndUser_Assignment'].maximumDuration | [0]" --output tsv)
  if test "$now" != "$6"; then
    cat >"$kept/rule.json" <<END
{"properties": {"rules": [{"id": "Expiration_EndUser_Assignment", "ruleType": "RoleManagementPolicyExpirationRule", "isExpirationRequired": true, "maximumDuration": "$6",
 "target": {"caller": "EndUser", "operations": ["All"], "level": "Assignment", "targetObjects": null, "inheritableSettings": null, "enforcedSettings": null}}]}}
END
    az rest --method patch --url "$policy?$api" --body @"$kept/rule.json" --output none
  fi

  there=$(az rest --method get --url "$scope/roleEligibilitySchedules?$api&\$filter=principalId%20eq%20'$2'" \
    --query "length(value[?ends_with(properties.roleDefinitionId, '$3') && properties.memberType == 'Direct'])" --output tsv)
  if test "$there" = 0; then
    cat >"$kept/request.json" <<END
{"properties": {"principalId": "$2", "roleDefinitionId": "$role", "requestType": "AdminAssign", "justification": "as the estate says",
 "scheduleInfo": {"expiration": {"type": "AfterDuration", "duration": "P365D"}}}}
END
    az rest --method put --url "$scope/roleEligibilityScheduleRequests/$(uuidgen)?$api" --body @"$kept/request.json" --output none
    echo "$1: is eligible now at $own$5"
  else
    echo "$1: is eligible already at $own$5"
  fi
}

`)
	for _, e := range d.Eligible {
		principal := e.Principal
		if principal == "" {
			name := emit.Bicep.Variable("group-" + e.Group)
			principal = fmt.Sprintf(`"${%s:?the object id of a group}"`, name)
		}
		below := strings.TrimPrefix(string(e.Scope), string(e.Scope.SubscriptionID()))
		fmt.Fprintf(&b, "eligible %s %s %s %s '%s' %s # %s\n", quote(e.Group), principal, e.RoleID, subscriptionOf(e.Scope.SubscriptionID()), below, duration(time.Duration(e.For)), e.Role)
	}
	return write(sink, []file{{"steps/eligible.sh", b.String()}})
}

// duration writes a time as ISO 8601 has it.
func duration(d time.Duration) string {
	text := "PT"
	if h := d / time.Hour; h > 0 {
		text += fmt.Sprintf("%dH", h)
	}
	if m := d % time.Hour / time.Minute; m > 0 {
		text += fmt.Sprintf("%dM", m)
	}
	return text
}

func quote(word string) string { return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'" }

// readme says what is done once, by whom, and in which order.
func (p *Pipelines) readme() string {
	var b strings.Builder
	form := p.Form.String()
	fmt.Fprintf(&b, `# Pipelines

Once, in this order:

1. Someone with rights above the subscriptions deploys what lies there, and commits %[1]s/subscriptions.json:
   (cd %[1]s && ./deploy.sh %[2]s)
2. Someone with the right to give access deploys the identities and their roles, and again after changes of the estate:
   cp %[1]s/subscriptions.json bootstrap/%[1]s/; (cd bootstrap/%[1]s && ./deploy.sh)
`, form, strings.Join(p.byHand(), " "))
	if p.deploys.With == "github" {
		b.WriteString("3. Who administers the repository protects its branch main, copies pipelines/.github to the repository's root, sets the variables below and runs pipelines/environments.sh.\n")
	} else {
		b.WriteString("3. Who administers the project makes a pipeline of pipelines/azure-pipelines.yml, sets the variables below and runs pipelines/connections.sh.\n")
		if p.deploys.Approvers != "" {
			fmt.Fprintf(&b, "4. In Pipelines, Environments, the group %s becomes approver of:", p.deploys.Approvers)
			for i := range p.Identities {
				if p.Identities[i].reviewed() {
					b.WriteString(" " + p.Identities[i].Name)
				}
			}
			b.WriteString("\n")
		}
	}
	for _, param := range p.parameters {
		fmt.Fprintf(&b, "\nVariable %s: %s\n", strings.ToUpper(p.Form.Variable(param.Name)), param.Description)
	}
	if len(p.waits) > 0 {
		b.WriteString("\nVariable PLATFORM_REQUESTS: done, once others have done what stage 6-compute waits for:\n")
		for _, line := range p.waits {
			b.WriteString("- " + line + "\n")
		}
	}
	b.WriteString("\nA plan needs what earlier stages make: before the first deployment, later stages cannot be planned.\nIdentities delete nothing: what leaves the design is deleted by people.\n")
	fmt.Fprintf(&b, "\n## Identities\n\nEach is a managed identity without a secret: only the %s of its name signs in as it. Its roles are what its stacks\nneed and no more; bootstrap/ makes them, and the file behind each name lists them action by action.\n", p.signsIn())
	if slices.ContainsFunc(p.Identities, func(i Identity) bool { return strings.HasPrefix(i.Sub.ID.Name(), "@") }) {
		b.WriteString("A subscription @NAME is not there yet: 2-vend makes it under the alias NAME, and subscriptions.json then has its id.\n")
	}
	b.WriteString("\n")
	for i := range p.Identities {
		one := &p.Identities[i]
		fmt.Fprintf(&b, "- [%s](identities/%[1]s.md): %s\n", one.Name, one.rights())
	}
	for _, n := range p.Open {
		fmt.Fprintf(&b, "\nNot known yet: %s (%s)\n", n.Why, n.For)
	}
	return b.String()
}

// signsIn names what signs in as an identity.
func (p *Pipelines) signsIn() string {
	if p.deploys.With == "github" {
		return "environment"
	}
	return "service connection"
}

// identities lists what each identity deploys and may do.
func (p *Pipelines) identities() (all []file) {
	for _, i := range p.Identities {
		var b strings.Builder
		fmt.Fprintf(&b, "# %s\n\n%s:\n\n", i.Name, map[bool]string{false: "Deploys", true: "Plans"}[i.Plans])
		for _, s := range i.Stacks {
			fmt.Fprintf(&b, "- %s\n", s.Folder)
		}
		for _, r := range i.Roles {
			fmt.Fprintf(&b, "\n## %s at %s\n\n", r.Name, r.Scope)
			if r.BuiltIn {
				b.WriteString("A role of Azure's own.\n")
			}
			for _, action := range r.Actions {
				fmt.Fprintf(&b, "- %s\n", action)
			}
			if r.Condition != "" {
				fmt.Fprintf(&b, "\nOnly where: `%s`\n", r.Condition)
			}
		}
		all = append(all, file{"pipelines/identities/" + i.Name + ".md", b.String()})
	}
	return all
}

// byHand names what is deployed by hand: stages where nothing else is in them,
// else folders.
func (p *Pipelines) byHand() (all []string) {
	_, jobs := p.stages()
	for _, folder := range p.ByHand {
		if stage, _, _ := strings.Cut(folder, "/"); jobs[stage] == nil {
			folder = stage
		}
		if !slices.Contains(all, folder) {
			all = append(all, folder)
		}
	}
	return all
}

// rights says in a line what an identity may do where.
func (i *Identity) rights() string {
	var at []string
	for _, r := range i.Roles {
		what := r.Name
		switch {
		case r.BuiltIn:
		case len(r.Actions) == 1:
			what = "1 action"
		default:
			what = fmt.Sprintf("%d actions", len(r.Actions))
		}
		at = append(at, what+" at "+string(r.Scope))
	}
	return strings.Join(at, ", ")
}
