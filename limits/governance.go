package limits

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"airfield/arm"
	"airfield/catalog"
	"airfield/diag"
)

// managementGroupDepth counts the groups above this one, the tenant root group
// among them, as far as they are known: as many as this group's level.
func managementGroupDepth(c *check) {
	depth, group := 0, c.Resource
	for range 32 { // a cycle is the tenant's to report
		parent := group.Get("properties", "details", "parent")
		if idOf(parent) == "" {
			break
		}
		depth++
		above, ok := c.lookup(parent)
		if !ok {
			break
		}
		group = above
	}
	if most := limit("mg-depth"); depth > most {
		c.fail("wanted at most %d levels below the tenant root group, found %d", most, depth)
	}
}

func budgetNotifications(c *check) {
	all := c.p("notifications")
	if all.Kind() == arm.Unknown {
		return
	}
	if n, most := all.Len(), limit("budget-notifications"); n < 1 || n > most {
		c.fail("wanted 1 to %d notifications, found %d", most, n)
	}
}

func budgetThreshold(c *check) {
	for name, n := range members(c.p("notifications")) {
		if f, ok := n.Get("threshold").Float(); ok && (f < 0 || f > 1000) {
			c.fail("wanted a threshold of 0 to 1000 percent in notification %q, found %v", name, f)
		}
	}
}

// budgetContacts wants an e-mail address or, at a subscription or resource
// group, an action group. Roles alone are not enough.
func budgetContacts(c *check) {
	for name, n := range members(c.p("notifications")) {
		mails, groups := n.Get("contactEmails"), n.Get("contactGroups")
		switch {
		case mails.Kind() == arm.Unknown || mails.Len() > 0:
		case c.ID.SubscriptionID() == "":
			c.fail("wanted an e-mail address in notification %q, found none", name)
		case groups.Kind() != arm.Unknown && groups.Len() == 0:
			c.fail("wanted an e-mail address or an action group in notification %q, found neither", name)
		}
	}
}

func budgetContactGroups(c *check) {
	if c.ID.SubscriptionID() != "" {
		return
	}
	for name, n := range members(c.p("notifications")) {
		if count(n.Get("contactGroups")) > 0 {
			c.fail("wanted no action groups at %s, found some in notification %q", c.ID.Scope().Type(), name)
		}
	}
}

func budgetStart(c *check) {
	start := c.p("timePeriod", "startDate")
	if !known(start) {
		return
	}
	day, _, _ := strings.Cut(start.Str(), "T")
	switch t, err := time.Parse(time.DateOnly, day); {
	case err != nil:
		c.fail("wanted a start date such as 2027-01-01, found %s", start.Text())
	case t.Day() != 1 || t.Before(time.Date(2017, 6, 1, 0, 0, 0, 0, time.UTC)):
		c.fail("wanted a start on the first of a month since June 2017, found %s", day)
	}
}

func budgetEnd(c *check) {
	start, _, _ := strings.Cut(c.p("timePeriod", "startDate").Str(), "T")
	end, _, _ := strings.Cut(c.p("timePeriod", "endDate").Str(), "T")
	if start != "" && end != "" && end <= start {
		c.fail("wanted an end after the start on %s, found %s", start, end)
	}
}

func budgetAmount(c *check) {
	if f, ok := c.p("amount").Float(); ok && f <= 0 {
		c.fail("wanted an amount above 0, found %v", f)
	}
}

func budgetGrain(c *check) {
	if g := c.p("timeGrain"); other(g, "Monthly", "Quarterly", "Annually", "BillingMonth", "BillingQuarter", "BillingAnnual") {
		c.fail("wanted a time grain Monthly, Quarterly or Annually, found %s", g.Text())
	}
}

func budgetThresholdType(c *check) {
	for name, n := range members(c.p("notifications")) {
		if t := n.Get("thresholdType"); other(t, "Actual", "Forecasted") {
			c.fail("wanted a threshold type Actual or Forecasted in notification %q, found %s", name, t.Text())
		}
	}
}

// isGUID tells whether s is a GUID: 8-4-4-4-12 hexadecimal digits.
func isGUID(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case i == 8 || i == 13 || i == 18 || i == 23:
			if c != '-' {
				return false
			}
		case '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F':
		default:
			return false
		}
	}
	return len(s) == 36
}

// isRole tells whether s is the id of a role definition, at any scope.
func isRole(s string) bool {
	const roles = "/providers/Microsoft.Authorization/roleDefinitions/"
	name := strings.LastIndexByte(s, '/') + 1
	scope := name - len(roles)
	if scope < 0 || !arm.EqualFold(s[scope:name], roles) || !isGUID(s[name:]) {
		return false
	}
	return scope == 0 || s[0] == '/' && scope > 1
}

func roleAssignmentName(c *check) {
	if !isGUID(c.ID.Name()) {
		c.fail("wanted a GUID as name")
	}
}

func roleAssignmentRole(c *check) {
	if id := c.p("roleDefinitionId"); known(id) && !isRole(id.Str()) {
		c.fail("wanted the id of a role definition, ending in /providers/Microsoft.Authorization/roleDefinitions/ and a GUID, found %s", id.Text())
	}
}

func roleAssignmentPrincipalType(c *check) {
	if !given(c.p("principalType")) {
		c.fail("wanted a principalType, since a principal made just before is otherwise not found, found none")
	}
}

func roleAssignmentCondition(c *check) {
	if given(c.p("condition")) && other(c.p("conditionVersion"), "2.0") || given(c.p("condition")) && !given(c.p("conditionVersion")) {
		c.fail("wanted conditionVersion 2.0 with a condition, found %s", orNone(c.p("conditionVersion")))
	}
}

// effect gives the effect that the assigned definition has, and "" where that
// is not known. What the assignment sets counts more than a default.
func effect(c *check) string {
	definition := idOf(c.p("policyDefinitionId"))
	if b, ok := catalog.BuiltIn(string(definition)); ok {
		if b.EffectParameter != "" {
			if set := c.p("parameters", b.EffectParameter, "value"); set.Exists() {
				return set.Str()
			}
		}
		return b.DefaultEffect
	}
	if !policyDefinitions.Equal(definition.Type()) {
		return "" // an initiative, which has the effects of all its definitions
	}
	d, ok := c.get(definition)
	if !ok {
		return ""
	}
	effect := d.Get("properties", "policyRule", "then", "effect").Str()
	if name, found := strings.CutPrefix(effect, "[parameters('"); found {
		name = strings.TrimSuffix(name, "')]")
		v := c.p("parameters", name, "value")
		if !v.Exists() {
			v = d.Get("properties", "parameters", name, "defaultValue")
		}
		effect = v.Str()
	}
	return effect
}

func policyAssignmentIdentity(c *check) {
	if given(c.Get("identity")) && !is(c.Get("identity", "type"), "None") {
		return
	}
	if e := effect(c); arm.EqualFold(e, "modify") || arm.EqualFold(e, "deployIfNotExists") {
		c.fail("wanted an identity for the effect %s, found none", strings.ToLower(e))
	}
}

func policyAssignmentLocation(c *check) {
	if t := c.Get("identity", "type"); known(t) && !is(t, "None") && !given(c.Get("location")) {
		c.fail("wanted a location for the %s identity, found none", t.Str())
	}
}

// policyAssignmentParameters holds the parameters to those of a built-in
// definition that the catalog knows, or of a definition in the tenant.
func policyAssignmentParameters(c *check) {
	if c.p("parameters").Kind() == arm.Unknown {
		return
	}
	var buf, need [16]string
	names, needed := buf[:0], need[:0]
	if b, ok := catalog.BuiltIn(string(idOf(c.p("policyDefinitionId")))); ok {
		if b.EffectParameter != "" {
			names = append(names, b.EffectParameter)
		}
		for _, p := range b.Parameters {
			names = append(names, p.Name)
			if !p.Optional {
				needed = append(needed, p.Name)
			}
		}
	} else if d, ok := c.lookup(c.p("policyDefinitionId")); ok {
		for name, p := range members(d.Get("properties", "parameters")) {
			names = append(names, name)
			if !p.Get("defaultValue").Exists() {
				needed = append(needed, name)
			}
		}
	} else {
		return
	}
	for name := range members(c.p("parameters")) {
		if !slices.ContainsFunc(names, func(n string) bool { return arm.EqualFold(n, name) }) {
			c.fail("the definition has no parameter %q%s", name, diag.DidYouMean(name, names))
		}
	}
	for _, name := range needed {
		if !c.p("parameters", name).Exists() {
			c.fail("wanted a value of parameter %q, which has no default, found none", name)
		}
	}
}

func policyAssignmentNotScopes(c *check) {
	if n, most := count(c.p("notScopes")), limit("policy-not-scopes"); n > most {
		c.fail("wanted at most %d notScopes, found %d", most, n)
	}
}

func policyDisplayName(c *check) {
	if n := utf8.RuneCountInString(c.p("displayName").Str()); n > 128 {
		c.fail("wanted a display name of at most 128 characters, found %d", n)
	}
}

func policyDefinitionParameters(c *check) {
	if n, most := count(c.p("parameters")), limit("policy-parameters"); n > most {
		c.fail("wanted at most %d parameters, found %d", most, n)
	}
}

func aliasBilling(c *check) {
	if !given(c.p("billingScope")) && !given(c.p("subscriptionId")) {
		c.fail("wanted a billingScope to make a subscription, or the subscriptionId of one that exists, found neither")
	}
}

func aliasWorkload(c *check) {
	if w := c.p("workload"); other(w, "Production", "DevTest") {
		c.fail("wanted workload Production or DevTest, found %s", w.Text())
	}
}

func lockLevel(c *check) {
	if l := c.p("level"); other(l, "CanNotDelete", "ReadOnly") {
		c.fail("wanted level CanNotDelete or ReadOnly, found %s", l.Text())
	}
}

// orNone gives a value's text for a message.
func orNone(v arm.Value) string {
	if !given(v) {
		return "none"
	}
	return v.Text()
}
