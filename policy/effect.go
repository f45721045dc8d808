package policy

import "airfield/arm"

// Effect is what a policy does with a resource that it applies to:
// learn.microsoft.com/azure/governance/policy/concepts/effect-basics
type Effect uint8

// The effects. Those from Mutate on are carried out by resource providers.
const (
	None Effect = iota
	Disabled
	Append
	Modify
	Deny
	Audit
	Manual
	AuditIfNotExists
	DeployIfNotExists
	DenyAction
	Mutate
	EnforceRego
	EnforceSetting
	AuditAction
	AddToNetworkGroup
)

var effectNames = []string{
	"none", "disabled", "append", "modify", "deny", "audit", "manual", "auditIfNotExists", "deployIfNotExists",
	"denyAction", "mutate", "enforceRegoPolicy", "enforceSetting", "auditAction", "addToNetworkGroup",
}

// String gives the effect's name.
func (e Effect) String() string { return effectNames[e] }

func effectOf(name string) Effect {
	for i, n := range effectNames[1:] {
		if arm.EqualFold(n, name) {
			return Effect(i + 1)
		}
	}
	if arm.EqualFold(name, "enforceOPAConstraint") {
		return EnforceRego
	}
	return None
}

// existence tells whether the effect looks for a related resource.
func (e Effect) existence() bool { return e == AuditIfNotExists || e == DeployIfNotExists }

// changes tells whether the effect changes a request.
func (e Effect) changes() bool { return e == Append || e == Modify }
