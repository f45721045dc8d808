package tenanttest

import (
	"airfield/arm"
	"airfield/catalog"
)

// Policy is a custom policy definition.
type Policy struct {
	Name, Title, Text string
	Category          string
	Mode              string // Indexed where it is blank
	Effect            string // the default of its parameter "effect"; blank where Then says it
	Parameters        arm.O  // beside effect
	If                arm.O
	Then              arm.O // the effect's details
	Metadata          arm.O // beside category and version
}

// Definition gives the policy as a definition at a scope.
func (p Policy) Definition(at arm.ID) arm.Resource {
	mode, params, then := p.Mode, p.Parameters, arm.O{"effect", "[parameters('effect')]"}
	if mode == "" {
		mode = "Indexed"
	}
	if p.Effect != "" {
		others := []string{"Audit", "Deny", "Disabled"}
		if p.Effect == "DeployIfNotExists" {
			others = []string{"DeployIfNotExists", "AuditIfNotExists", "Disabled"}
		}
		params = append(arm.O{"effect", arm.O{"type", "String", "defaultValue", p.Effect, "allowedValues", others, "metadata", arm.O{"displayName", "Effect", "description", "What happens to what the policy finds."}}}, params...)
	} else {
		then = nil
	}
	return Resource(at.Resource("Microsoft.Authorization/policyDefinitions", p.Name), "properties", arm.O{
		"displayName", p.Title, "description", p.Text, "policyType", "Custom", "mode", mode,
		"metadata", append(arm.O{"version", "1.0.0", "category", p.Category}, p.Metadata...),
		"parameters", params, "policyRule", arm.O{"if", p.If, "then", append(then, p.Then...)}})
}

// Is is a condition on a field.
func Is(field, operator string, want any) arm.O { return arm.O{"field", field, operator, want} }

// All is a condition that holds where all of its conditions do.
func All(conditions ...any) arm.O { return arm.O{"allOf", arm.A(conditions)} }

// Any is a condition that holds where one of its conditions does.
func Any(conditions ...any) arm.O { return arm.O{"anyOf", arm.A(conditions)} }

// Of is a condition on resources of one type.
func Of(typ arm.Type, conditions ...any) arm.O {
	if len(conditions) == 0 {
		return Is("type", "equals", typ)
	}
	return All(append([]any{Is("type", "equals", typ)}, conditions...)...)
}

// The built-in policies that the examples assign.
const (
	AllowedSizes        = "cccc23c7-8427-4f53-ad12-b6a63eb452b3"
	AllowedLocations    = "e56962a6-4747-49cd-b67b-bf8b01975c4c"
	AllowedRGLocations  = "e765b5de-1225-4ba3-bd56-1ac6695af988"
	AllowedTypes        = "a08ec900-254a-4555-9bf5-e42af04b5c5c"
	ForbiddenTypes      = "6c112d4e-5bc7-47ae-a041-ea2d9dccd749"
	SubscriptionTag     = "b27a0cbd-a167-4dfa-ae64-4337be671140"
	MissingTag          = "40df99da-1232-49b1-a39a-6da8d878f469"
	GroupTag            = "cd3aa116-8754-49c9-a813-ad46512ece54"
	RequiredGroupTag    = "96670d01-0a4d-4649-9c89-2d3abc0a5025"
	RequiredTag         = "871b6d14-10aa-478d-b590-94f262ecfa99"
	BatchPublicNetwork  = "74c5a0ae-5e48-4738-b093-65e23a060488"
	StorageNoPublicNet  = "b2982f36-99f2-4db5-8eff-283140c09693"
	StorageNoPublicBlob = "4fa4b6c0-31ca-4c0d-b10d-24b96f62a751"
	StorageTLS          = "fe83a0eb-a853-422d-aac2-1bffd182c5d0"
	StorageSharedKey    = "8c6a50c6-9ffd-4ae7-986f-5fa6111f9a54"
	UnmanagedDisks      = "06a78e20-9358-41c9-923c-fb736d382a4d"
	HostEncryption      = "fc4d8e41-e223-45ea-9bf5-eada37891d87"
)

// rules are those policies' rules: ours, to the effect of Microsoft's.
var rules = map[string]struct {
	If, Then arm.O
}{
	AllowedSizes:        {Of("Microsoft.Compute/virtualMachines", Is("Microsoft.Compute/virtualMachines/sku.name", "notIn", "[parameters('listOfAllowedSKUs')]")), arm.O{"effect", "deny"}},
	AllowedLocations:    {All(Is("location", "notIn", "[parameters('listOfAllowedLocations')]"), Is("location", "notEquals", "global")), byParameter},
	AllowedRGLocations:  {Of(arm.ResourceGroupType, Is("location", "notIn", "[parameters('listOfAllowedLocations')]")), byParameter},
	AllowedTypes:        {Is("type", "notIn", "[parameters('listOfResourceTypesAllowed')]"), byParameter},
	ForbiddenTypes:      {Is("type", "in", "[parameters('listOfResourceTypesNotAllowed')]"), byParameter},
	SubscriptionTag:     inherit("subscription()", "addOrReplace", Is(tagName, "notEquals", "[subscription().tags[parameters('tagName')]]")),
	MissingTag:          inherit("subscription()", "add", Is(tagName, "exists", false)),
	GroupTag:            inherit("resourceGroup()", "addOrReplace", Is(tagName, "notEquals", "[resourceGroup().tags[parameters('tagName')]]")),
	RequiredGroupTag:    {Of(arm.ResourceGroupType, Is(tagName, "exists", false)), arm.O{"effect", "deny"}},
	RequiredTag:         {Is(tagName, "exists", false), arm.O{"effect", "deny"}},
	BatchPublicNetwork:  {Of("Microsoft.Batch/batchAccounts", Is("Microsoft.Batch/batchAccounts/publicNetworkAccess", "notEquals", "Disabled")), byParameter},
	StorageNoPublicNet:  {Of("Microsoft.Storage/storageAccounts", Is("Microsoft.Storage/storageAccounts/publicNetworkAccess", "notEquals", "Disabled")), byParameter},
	StorageNoPublicBlob: {Of("Microsoft.Storage/storageAccounts", Is("Microsoft.Storage/storageAccounts/allowBlobPublicAccess", "notEquals", false)), byParameter},
	StorageTLS:          {Of("Microsoft.Storage/storageAccounts", Is("Microsoft.Storage/storageAccounts/minimumTlsVersion", "notEquals", "[parameters('minimumTlsVersion')]")), byParameter},
	StorageSharedKey:    {Of("Microsoft.Storage/storageAccounts", Is("Microsoft.Storage/storageAccounts/allowSharedKeyAccess", "notEquals", false)), byParameter},
	UnmanagedDisks:      {Of("Microsoft.Compute/virtualMachines", Is("Microsoft.Compute/virtualMachines/osDisk.uri", "exists", true)), arm.O{"effect", "audit"}},
	HostEncryption: {Any(Of("Microsoft.Compute/virtualMachines", Is("Microsoft.Compute/virtualMachines/securityProfile.encryptionAtHost", "notEquals", true)),
		Of("Microsoft.Compute/virtualMachineScaleSets", Is("Microsoft.Compute/virtualMachineScaleSets/virtualMachineProfile.securityProfile.encryptionAtHost", "notEquals", true))), byParameter},
}

const tagName = "[concat('tags[', parameters('tagName'), ']')]"

// Contributor is the role that identities of remediating policies have here.
const Contributor = "/providers/Microsoft.Authorization/roleDefinitions/b24988ac-6180-42a0-ab88-20f7382dd24c"

var byParameter = arm.O{"effect", "[parameters('effect')]"}

// inherit is the rule that gives resources a tag of what they lie in, where a
// condition holds.
func inherit(from, operation string, where arm.O) struct{ If, Then arm.O } {
	value := "[" + from + ".tags[parameters('tagName')]]"
	return struct{ If, Then arm.O }{
		All(where, arm.O{"value", value, "notEquals", ""}),
		arm.O{"effect", "modify", "details", arm.O{"roleDefinitionIds", []string{Contributor},
			"operations", arm.A{arm.O{"operation", operation, "field", tagName, "value", value}}}}}
}

// BuiltIn gives a built-in policy by its GUID, one of those above, with what
// the catalog knows of it and a rule of our own.
func BuiltIn(guid string) arm.Resource {
	p, ok := catalog.BuiltIn(guid)
	if !ok || rules[guid].If == nil {
		panic("tenanttest: no built-in policy " + guid)
	}
	params := arm.O{}
	if p.EffectParameter != "" {
		params = append(params, p.EffectParameter, arm.O{"type", "String", "defaultValue", p.DefaultEffect, "allowedValues", p.Effects})
	}
	for _, q := range p.Parameters {
		decl := arm.O{"type", q.Type}
		if q.Optional {
			decl = append(decl, "defaultValue", q.Default)
		}
		params = append(params, q.Name, decl)
	}
	return Resource(arm.ID(p.DefinitionID()), "properties", arm.O{"displayName", p.Name, "description", p.Does, "policyType", "BuiltIn",
		"mode", p.Mode, "version", p.Version, "versions", []string{p.Version}, "parameters", params,
		"policyRule", arm.O{"if", rules[guid].If, "then", rules[guid].Then}})
}

// BuiltInID gives the id of a built-in policy.
func BuiltInID(guid string) arm.ID {
	return arm.Tenant.Resource("Microsoft.Authorization/policyDefinitions", guid)
}

// Assignment is a policy assignment.
type Assignment struct {
	Name, Title string
	At          arm.ID
	Of          arm.ID // the definition or set
	Parameters  arm.O  // plain values by name
	Audit       bool   // enforcementMode DoNotEnforce
	Identity    string // the principal id of its managed identity, blank for none
	Message     string // to whoever does not comply
	NotScopes   []string
	Selectors   arm.A
	Metadata    arm.O
}

// ID gives the assignment's id.
func (a Assignment) ID() arm.ID {
	return a.At.Resource("Microsoft.Authorization/policyAssignments", a.Name)
}

// Resource gives the assignment as a resource.
func (a Assignment) Resource() arm.Resource {
	values, mode := arm.O{}, "Default"
	for i := 0; i < len(a.Parameters); i += 2 {
		values = append(values, a.Parameters[i], arm.O{"value", a.Parameters[i+1]})
	}
	if a.Audit {
		mode = "DoNotEnforce"
	}
	properties := arm.O{"displayName", a.Title, "policyDefinitionId", a.Of, "scope", a.At, "notScopes", append([]string{}, a.NotScopes...),
		"enforcementMode", mode, "parameters", values, "metadata", append(arm.O{}, a.Metadata...), "resourceSelectors", a.Selectors}
	if a.Message != "" {
		properties = append(properties, "nonComplianceMessages", arm.A{arm.O{"message", a.Message}})
	}
	if a.Identity == "" {
		return Resource(a.ID(), "properties", properties)
	}
	return Resource(a.ID(), "location", "swedencentral", "identity", arm.O{"type", "SystemAssigned", "principalId", a.Identity}, "properties", properties)
}

// Exemption makes an exemption at a scope until a time, RFC 3339; "" is for ever.
// References are the members of a set it is for, all where there are none.
func Exemption(at arm.ID, name, title, text string, from arm.ID, until string, references ...string) arm.Resource {
	properties := arm.O{"displayName", title, "description", text, "policyAssignmentId", from, "exemptionCategory", "Waiver"}
	if until != "" {
		properties = append(properties, "expiresOn", until)
	}
	if len(references) > 0 {
		properties = append(properties, "policyDefinitionReferenceIds", references)
	}
	return Resource(at.Resource("Microsoft.Authorization/policyExemptions", name), "properties", properties)
}
