package request

// Subscription vending: the input of the modules that Azure landing zones make
// subscriptions with. None of them makes our networks: stage 4-network does.
// github.com/Azure/terraform-azure-avm-ptn-alz-sub-vending
// github.com/Azure/bicep-registry-modules/tree/main/avm/ptn/lz/sub-vending

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"airfield/arm"
	"airfield/change"
	"airfield/design"
	"airfield/emit"
)

// The releases that the files were made for, read 2026-11.
const (
	terraformVending = "0.2.1"
	bicepVending     = "br/public:avm/ptn/lz/sub-vending:0.8.0"
)

// vending gives the input that makes a subscription.
func (r *requests) vending(s design.Subscription, alias arm.Value) []change.File {
	scope := alias.Get("billingScope")
	if scope.Str() == "" {
		scope = arm.New("BILLING_SCOPE")
	}
	what := "It makes the subscription, and registers its providers."
	if scope.Str() == "BILLING_SCOPE" {
		what += " Put the billing scope in the place of BILLING_SCOPE."
	}
	tags, providers := alias.Get("additionalProperties", "tags"), r.providers(s.ID)
	switch r.tool {
	case "alz-terraform":
		return []change.File{{Name: s.Name + ".tf", What: "Add the block to what vends subscriptions. " + what, Text: r.terraform(s, scope, tags, providers)}}
	case "alz-bicep":
		return []change.File{{Name: s.Name + ".parameters.json", What: "Parameters of " + bicepVending + ", deployed at a management group. " + what, Text: bicep(s, scope, tags, providers)}}
	}
	body := arm.O{"subscription", s.Name, "management_group", s.Group.Name(), "billing_scope", scope, "workload", "Production", "tags", tags, "providers", providers}
	return []change.File{{Name: s.Name + ".json", What: "What to make: " + strings.ToLower(what[:1]) + what[1:] + " The platform names no form for subscriptions.", Text: text(body)}}
}

// providers gives the namespaces of what lies in a subscription.
func (r *requests) providers(sub arm.ID) (all []string) {
	for x := range r.d.Tenant.Range(sub) {
		ns := x.ID.Type().Namespace()
		if !x.Theirs && ns != "" && ns != "Microsoft.Resources" && ns != "Microsoft.Authorization" && !slices.Contains(all, ns) {
			all = append(all, ns)
		}
	}
	slices.Sort(all)
	return all
}

func (r *requests) terraform(s design.Subscription, scope, tags arm.Value, providers []string) string {
	features := arm.O{}
	for _, ns := range providers {
		features = append(features, ns, arm.A{})
	}
	var b strings.Builder
	fmt.Fprintf(&b, "module %s {\n", emit.HCL(arm.New(s.Name), 0))
	for _, x := range []struct {
		name  string
		value any
	}{
		{"source", "Azure/avm-ptn-alz-sub-vending/azure"}, {"version", terraformVending}, {"location", string(r.d.Estate.Regions.Home)},
		{"subscription_alias_enabled", true}, {"subscription_alias_name", s.Name}, {"subscription_display_name", s.Name},
		{"subscription_billing_scope", scope}, {"subscription_workload", "Production"},
		{"subscription_management_group_association_enabled", s.Group != ""}, {"subscription_management_group_id", s.Group.Name()},
		{"subscription_register_resource_providers_enabled", true},
	} {
		fmt.Fprintf(&b, "  %-49s = %s\n", x.name, emit.HCL(arm.New(x.value), 1))
	}
	fmt.Fprintf(&b, "  subscription_register_resource_providers_and_features = %s\n", emit.HCL(arm.New(features), 1))
	fmt.Fprintf(&b, "  subscription_tags = %s\n", emit.HCL(tags, 1))
	b.WriteString("}\n")
	return b.String()
}

func bicep(s design.Subscription, scope, tags arm.Value, providers []string) string {
	features := arm.O{}
	for _, ns := range providers {
		features = append(features, ns, arm.A{})
	}
	value := func(v any) arm.O { return arm.O{"value", v} }
	return text(arm.O{"$schema", "https://schema.management.azure.com/schemas/2019-04-01/deploymentParameters.json#", "contentVersion", "1.0.0.0", "parameters", arm.O{
		"subscriptionAliasEnabled", value(true), "subscriptionAliasName", value(s.Name), "subscriptionDisplayName", value(s.Name),
		"subscriptionBillingScope", value(scope), "subscriptionWorkload", value("Production"),
		"subscriptionManagementGroupAssociationEnabled", value(s.Group != ""), "subscriptionManagementGroupId", value(s.Group.Name()),
		"subscriptionTags", value(tags), "resourceProviders", value(features)}})
}

// text prints JSON for people.
func text(v any) string {
	var b bytes.Buffer
	json.Indent(&b, []byte(arm.New(v).Text()), "", "  ") // what New gives is JSON
	return b.String() + "\n"
}
