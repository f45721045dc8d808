package denial

import "strings"

// Kind says what an error is that looks like a denial, and is not a policy's.
type Kind struct {
	Code string
	Is   string   // behind "it is"
	Ask  string   // what to ask or do instead
	says []string // in lower case, what tells it in a text without the code
}

// kinds are such errors, as learn.microsoft.com/azure/azure-resource-manager/troubleshooting/common-deployment-errors
// and the pages it leads to describe them.
var kinds = []Kind{
	{"RequestDisallowedByAzure", "a limit that Azure itself sets on the subscription, mostly on its regions", "try another region, or ask Azure support to open this one; no assignment of yours can be changed for it", nil},
	{"AuthorizationFailed", "a missing role", "ask who owns the scope for a role with the action that the message names, then sign in again", []string{"does not have authorization to perform action", "does not have permission to perform action '"}},
	{"LinkedAuthorizationFailed", "a missing role on another resource that this one points to", "ask for the action on the linked scope that the message names", []string{"on the linked scope(s)"}},
	{"LinkedAccessCheckFailed", "a missing role on another resource that this one points to", "ask for the action on the linked scope that the message names", nil},
	{"InvalidAuthenticationTokenTenant", "a sign-in to another tenant", "sign in to the tenant of the subscription", nil},
	{"RoleAssignmentUpdateNotPermitted", "a role assignment whose principal or role was changed", "delete it and assign anew, under another name", nil},
	{"DenyAssignmentAuthorizationFailed", "a deny assignment, as deployment stacks, managed applications and blueprints make them", "change the resource through what made the deny assignment; a role does not help", []string{"because of the deny assignment"}},
	{"ScopeLocked", "a lock", "ask who owns the locked scope to take the lock off, or change what it does not cover", []string{"following scope(s) are locked"}},
	{"ReadOnlyDisabledSubscription", "a subscription that is disabled and can only be read", "ask who pays for the subscription to enable it again", []string{"disabled and therefore marked as read only"}},
	{"SubscriptionNotFound", "a subscription that is not there, or not seen", "check the subscription's id and the tenant that is signed in to", nil},
	{"DisallowedProvider", "a service that the subscription's offer does not have", "use another subscription", nil},
	{"DisallowedOperation", "something that the subscription's offer does not allow", "use another subscription, or ask Azure support", nil},
	{"QuotaExceeded", "a quota", "ask for more of it (az quota, or the portal's Quotas), or take another size or region", []string{"exceeding approved"}},
	{"ResourceQuotaExceeded", "a quota", "ask for more of it, or use less", nil},
	{"OperationNotAllowed", "a rule of the service, mostly a quota of cores", "where the message speaks of a quota, ask for more of it, or take another size or region", nil},
	{"InsufficientQuota", "a quota", "ask for more of it, or take another size or region", nil},
	{"SkuNotAvailable", "a size that the subscription cannot have in this region or zone", "see az vm list-skus for its restrictions; take another size, zone or region", []string{"is currently not available in location"}},
	{"AllocationFailed", "a lack of capacity in the region at this time", "try again later, or take another size, zone or region", nil},
	{"ZonalAllocationFailed", "a lack of capacity in the zone at this time", "try again later, or take another zone, size or region", nil},
	{"OverconstrainedAllocationRequest", "a lack of capacity for all that is asked together", "ask for less at once: fewer zones, another size, no placement group", nil},
	{"MissingSubscriptionRegistration", "a resource provider that is not registered", "register the namespace that the message names: az provider register", []string{"not registered to use namespace"}},
	{"MissingRegistrationForLocation", "a resource provider that is not registered for the region", "register the namespace that the message names: az provider register", nil},
	{"NoRegisteredProviderFound", "a type, region or API version that the provider does not have", "check the three with az provider show", nil},
	{"LocationNotAvailableForResourceType", "a type that the region does not have", "take one of the regions that the message names", nil},
	{"MarketplacePurchaseEligibilityFailed", "terms of a marketplace image that were not accepted, or an offer that the subscription cannot buy", "accept them: az vm image terms accept", nil},
	{"ResourcePurchaseValidationFailed", "terms of a marketplace image that were not accepted, or an offer that the subscription cannot buy", "accept them: az vm image terms accept", nil},
	{"InvalidCreatePolicyAssignmentRequest", "a mistake in a policy assignment itself", "correct what the message names", nil},
	{"PolicyParameterValueNotAllowed", "a mistake in a policy assignment itself", "give the parameter a value that the definition allows", nil},
}

// Other gives what an error with a code is where it is not a policy's, nil for
// a code that is not known.
func Other(code string) *Kind {
	for i := range kinds {
		if strings.EqualFold(kinds[i].Code, code) {
			return &kinds[i]
		}
	}
	return nil
}
