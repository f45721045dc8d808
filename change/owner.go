package change

import (
	"fmt"
	"slices"
	"strings"

	"airfield/arm"
	"airfield/tenant"
)

// Owner is the tool that keeps an assignment: what is changed elsewhere, the tool
// takes back at its next run.
type Owner uint8

// The tools.
const (
	Unknown Owner = iota
	EPAC          // Enterprise Azure Policy as Code
	ALZTerraform
	ALZBicep
	ALZ // the Azure landing zones library, by which tool is not known
	Terraform
	Bicep
	AzOps
	Portal   // people, in the portal or with az
	Defender // Microsoft Defender for Cloud itself
)

// owners are the tools' names, as an estate's platform.policy_kept_in has them,
// and as people call them.
var owners = [...][2]string{
	Unknown: {"unknown", "a tool that is not known"}, EPAC: {"epac", "Enterprise Azure Policy as Code"},
	ALZTerraform: {"alz-terraform", "Azure landing zones with Terraform"}, ALZBicep: {"alz-bicep", "Azure landing zones with Bicep"},
	ALZ: {"alz", "Azure landing zones"}, Terraform: {"terraform", "Terraform"}, Bicep: {"bicep", "Bicep"},
	AzOps: {"azops", "AzOps"}, Portal: {"portal", "the portal"}, Defender: {"defender", "Microsoft Defender for Cloud"},
}

// String gives the tool's name as an estate has it.
func (o Owner) String() string { return owners[o][0] }

// MarshalText gives the tool's name as an estate has it.
func (o Owner) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// Title gives the tool's name for people.
func (o Owner) Title() string { return owners[o][1] }

// OwnerNamed gives the tool with a name as an estate has it, Unknown for every
// other name.
func OwnerNamed(name string) Owner {
	return Owner(max(0, slices.IndexFunc(owners[:], func(o [2]string) bool { return o[0] == name })))
}

// marker is what a tool leaves in what it writes: a member of the assignment, or
// of the definition that it assigns, that is there, or holds a text or name.
type marker struct {
	path  string
	holds string // in lower case; "" for any value
	of    Owner
}

// markers are those of the assignment itself, the surest first. Read 2026-11.
var markers = []marker{
	// Azure/enterprise-azure-policy-as-code: Scripts/Helpers/Get-GlobalSettings.ps1, Confirm-PacOwner.ps1
	{"properties.metadata.pacOwnerId", "", EPAC},
	{"properties.metadata.deployedBy", "epac/", EPAC},
	// Written when a subscription is onboarded: names SecurityCenterBuiltIn, titles "ASC Default (subscription: …)".
	{"properties.metadata.assignedBy", "security center", Defender},
	{"name", "securitycenterbuiltin", Defender},
	// Azure/azure-monitor-baseline-alerts, and its name before 2024; the library "platform/amba" has the same assignments.
	{"properties.metadata._deployed_by_amba", "", ALZ},
	{"properties.metadata._deployed_by_alz_monitor", "", ALZ},
	// No tool writes these by itself: teams do.
	{"properties.metadata", "terraform", Terraform},
	{"properties.metadata", "azops", AzOps},
	{"properties.metadata", "bicep", Bicep},
}

// byHand are markers of the portal's form, which asks for the name of a person.
// learn.microsoft.com/azure/governance/policy/concepts/assignment-structure#metadata
var byHand = []marker{
	{"properties.metadata.parameterScopes", "", Portal},
	{"properties.metadata.assignedBy", "", Portal},
}

// ofLibrary are markers of what Azure landing zones bring: definitions have them.
var ofLibrary = []marker{
	{"properties.metadata.source", "azure/enterprise-scale", ALZ},
	{"properties.metadata.source", "azure/azure-landing-zones", ALZ},
	{"properties.metadata.alzCloudEnvironments", "", ALZ},
}

// OwnerOf tells which tool keeps an assignment, from what the tenant shows, and
// why; Unknown where that does not tell.
func OwnerOf(t *tenant.Tenant, assignment arm.Resource) (Owner, string) {
	if o, why := read(slices.Concat(markers, ofLibrary), assignment); o != Unknown {
		return o, "its " + why
	}
	app := arm.EqualFold(assignment.Get("systemData", "createdByType").Str(), "Application")
	if o, why := read(byHand, assignment); o != Unknown && !app {
		return o, "its " + why
	}
	if definition, ok := t.Get(arm.ID(assignment.Get("properties", "policyDefinitionId").Str())); ok {
		if o, why := read(ofLibrary, definition); o != Unknown {
			return o, "its definition's " + why
		}
	}
	why := "its metadata names no tool"
	for _, hint := range []string{"deployedBy", "createdBy"} {
		if by := assignment.Get("properties", "metadata", hint); by.Str() != "" {
			return Unknown, why + "; " + hint + " is " + by.Text()
		}
	}
	if app {
		why += "; a service principal made it"
	}
	return Unknown, why
}

// read gives the first marker that is there.
func read(all []marker, r arm.Resource) (Owner, string) {
	for _, m := range all {
		v := r.Get(strings.Split(m.path, ".")...)
		if v.Kind() <= arm.Null || v.Text() == `""` {
			continue
		}
		path := strings.TrimPrefix(m.path, "properties.")
		if m.holds == "" && v.Kind() >= arm.Array {
			return m.of, "metadata has " + strings.TrimPrefix(path, "metadata.")
		}
		why := ""
		v.Walk(func(below string, leaf arm.Value) bool {
			at := strings.TrimSuffix(path+"."+below, ".")
			if leaf.Kind() < arm.Array && strings.Contains(strings.ToLower(at+" "+leaf.Text()), m.holds) {
				why = fmt.Sprintf("%s is %s", at, leaf.Text())
			}
			return why == ""
		})
		if why != "" {
			return m.of, why
		}
	}
	return Unknown, ""
}
