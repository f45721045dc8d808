package estate

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"airfield/arm"
	"airfield/diag"
	"airfield/source"
)

// checks are the findings that need more than one value to see, in the order
// of the language. Each runs where the sections it needs have the right shape.
// Regions, sizes, roles and limits that are Azure's facts are design's to
// check, against the catalog.
var checks = []struct {
	needs string
	check func(*checker)
}{
	{"airfield", (*checker).version},
	{"organization", (*checker).organization},
	{"platform", (*checker).platform},
	{"structure", (*checker).structure},
	{"structure workloads", (*checker).divisions},
	{"naming", (*checker).naming},
	{"tags", (*checker).tagRules},
	{"tags organization workloads", (*checker).tagValues},
	{"regions workloads", (*checker).regions},
	{"regions network platform", (*checker).pools},
	{"network platform workloads", (*checker).egress},
	{"access workloads", (*checker).access},
	{"money", (*checker).money},
	{"guardrails", (*checker).guardrails},
	{"workloads", (*checker).workloads},
	{"structure workloads", (*checker).subscriptions},
	{"structure workloads money", (*checker).shared},
	{"network workloads", (*checker).specs},
	{"workloads", (*checker).cycles},
	{"accept workloads", (*checker).accept},
}

type checker struct {
	diag.List
	*Estate
	data        map[string][]string // the data of each workload, in any environment
	expressions map[string]*regexp.Regexp
}

// check gives the findings that need more than one value to see, and not a
// broken section.
func (e *Estate) check(broken map[string]bool) diag.List {
	c := checker{Estate: e, data: map[string][]string{}, expressions: map[string]*regexp.Regexp{}}
	for _, p := range e.places {
		for _, key := range p.Data.Keys() {
			if !slices.Contains(c.data[p.Workload], key) {
				c.data[p.Workload] = append(c.data[p.Workload], key)
			}
		}
	}
	for _, k := range checks {
		if !slices.ContainsFunc(strings.Fields(k.needs), func(section string) bool { return broken[section] }) {
			k.check(&c)
		}
	}
	return c.List
}

// at gives the place of a key, or of the file's first line where the mapping
// that could hold it is not written.
func (c *checker) at(a source.At, key string) diag.Pos {
	if p := a.Of(key); p.Line > 0 {
		return p
	}
	return c.Pos()
}

func (c *checker) version() {
	if c.Airfield != Version {
		c.Errorf(c.Of("airfield"), "estate/version", "version %d of the language, wanted %d", c.Airfield, Version)
	}
}

var (
	prefixShape = regexp.MustCompile(`^[a-z][a-z0-9]{1,5}$`)
	guidShape   = regexp.MustCompile(`(?i)^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
	mailShape   = regexp.MustCompile(`^[^\s@<>]+@[^\s@<>.]+(\.[^\s@<>.]+)*$`)
	typeShape   = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9]*(\.[A-Za-z0-9]+)+(/[A-Za-z][A-Za-z0-9]*)+$`)
)

func (c *checker) organization() {
	o := c.Organization
	if !prefixShape.MatchString(o.Prefix) {
		c.Errorf(o.Of("prefix"), "estate/prefix", "prefix %q, wanted 2 to 6 lower-case letters and digits that begin with a letter", o.Prefix)
	}
	c.mailbox(o.Of("owner"), "owner", o.Owner)
	c.guid(o.Of("tenant"), "tenant", o.Tenant)
	c.billing(o.Billing)
}

// billingScopes are the scopes that subscriptions can be made in, by
// agreement. learn.microsoft.com/azure/cost-management-billing/manage/programmatically-create-subscription
var billingScopes = map[Agreement]struct {
	shape   *regexp.Regexp
	example string
}{
	"EA":  {regexp.MustCompile(`(?i)^/providers/Microsoft\.Billing/billingAccounts/[^/]+/enrollmentAccounts/[^/]+$`), "/providers/Microsoft.Billing/billingAccounts/1234567/enrollmentAccounts/7654321"},
	"MCA": {regexp.MustCompile(`(?i)^/providers/Microsoft\.Billing/billingAccounts/[^/]+/billingProfiles/[^/]+/invoiceSections/[^/]+$`), "/providers/Microsoft.Billing/billingAccounts/ACCOUNT/billingProfiles/PROFILE/invoiceSections/SECTION"},
	"MPA": {regexp.MustCompile(`(?i)^/providers/Microsoft\.Billing/billingAccounts/[^/]+/customers/[^/]+$`), "/providers/Microsoft.Billing/billingAccounts/ACCOUNT/customers/CUSTOMER"},
}

func (c *checker) billing(b Billing) {
	want, vends := billingScopes[b.Agreement]
	switch {
	case b.Scope == "":
		c.unvended()
	case !vends:
		c.Errorf(b.Of("scope"), "estate/billing", "a billing scope with agreement %q, under which no subscription can be made by code; leave it out and name the subscription of each environment", b.Agreement)
	case !want.shape.MatchString(b.Scope):
		c.Errorf(b.Of("scope"), "estate/billing", "billing scope %q, wanted one of agreement %s such as %s", b.Scope, b.Agreement, want.example)
	}
}

// unvended says which places have no subscription and can get none.
func (c *checker) unvended() {
	var without []string
	for _, p := range c.places {
		if p.In.Subscription == "" {
			without = append(without, p.Name())
		}
	}
	if len(without) > 0 {
		c.Warnf(c.at(c.Organization.At, "billing"), "estate/vending", "no billing scope to make subscriptions in, and %s no subscription: write organization.billing.scope, or a subscription in each environment", names(without, "has", "have"))
	}
}

// names lists the first of many names, and the verb that fits their number.
func names(all []string, one, many string) string {
	switch {
	case len(all) == 1:
		return fmt.Sprintf("%q %s", all[0], one)
	case len(all) > 4:
		return fmt.Sprintf("%q, %q, %q and %d others %s", all[0], all[1], all[2], len(all)-3, many)
	}
	var b strings.Builder
	for i, n := range all {
		switch {
		case i == len(all)-1:
			b.WriteString(" and ")
		case i > 0:
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%q", n)
	}
	return b.String() + " " + many
}

func (c *checker) mailbox(pos diag.Pos, what, value string) {
	if !mailShape.MatchString(value) {
		c.Errorf(pos, "estate/mailbox", "%s %q, wanted the address of a group mailbox such as ai-platform@example.com", what, value)
	}
}

func (c *checker) guid(pos diag.Pos, what, value string) {
	if value != "" && !guidShape.MatchString(value) {
		c.Errorf(pos, "estate/guid", "%s %q, wanted an id such as 0f3c7c7e-1111-4222-8333-444455556666", what, value)
	}
}

func (c *checker) platform() {
	var at = map[string]string{}
	for _, h := range c.Platform.Hubs {
		id, err := arm.ParseID(h.Value.VNet)
		if err != nil || !id.Type().Equal("Microsoft.Network/virtualNetworks") {
			c.Errorf(h.Value.Of("vnet"), "estate/resource-id", "vnet %q, wanted the id of a virtual network such as /subscriptions/ID/resourceGroups/NAME/providers/Microsoft.Network/virtualNetworks/NAME", h.Value.VNet)
		}
		if first, twice := at[strings.ToLower(h.Value.VNet)]; twice {
			c.Errorf(h.Value.Of("vnet"), "estate/resource-id", "vnet %q is the hub of region %q already", id.Name(), first)
		}
		at[strings.ToLower(h.Value.VNet)] = h.Key
		for _, a := range append([]string{h.Value.Firewall}, h.Value.DNS...) {
			if ip, err := netip.ParseAddr(a); a != "" && (err != nil || !ip.Is4()) {
				key := "dns"
				if a == h.Value.Firewall {
					key = "firewall"
				}
				c.Errorf(h.Value.Of(key), "estate/address", "%s %q, wanted an IPv4 address such as 10.0.1.4", key, a)
			}
		}
	}
	for _, alone := range []PolicyTask{"auto", "none"} {
		if len(c.Platform.DoneByPolicy) > 1 && slices.Contains(c.Platform.DoneByPolicy, alone) {
			c.Errorf(c.Platform.Of("done_by_policy"), "estate/words", "done_by_policy has %s beside other tasks, wanted %s alone or a list of tasks", alone, alone)
		}
	}
}

func (c *checker) structure() {
	s := c.Structure
	if len(s.Groups) > 1 && slices.Contains(s.Groups, GroupsNone) {
		c.Errorf(s.Of("groups"), "estate/structure", "groups has none beside other axes, wanted none alone or a list of axes")
	}
	twice(c, s.Of("groups"), "groups", s.Groups)
	twice(c, s.Of("subscription_per"), "subscription_per", s.SubscriptionPer)
	twice(c, s.Of("resource_groups"), "resource_groups", s.ResourceGroups)
	if !slices.Contains(s.SubscriptionPer, PerWorkload) {
		c.Errorf(s.Of("subscription_per"), "estate/structure", "subscription_per has no workload, wanted [workload, environment] or [workload]: workloads do not share a subscription")
	}
}

// divisions checks what management groups by organization are named after.
func (c *checker) divisions() {
	if !slices.Contains(c.Structure.Groups, GroupsOrganization) {
		return
	}
	first := map[string]source.Entry[Workload]{} // by the part of a name that the division gives
	for _, w := range c.Workloads {
		division, pos := w.Value.Division, w.Value.Of("division")
		part := strings.Trim(notSlug.ReplaceAllString(strings.ToLower(division), "-"), "-")
		other, known := first[part]
		switch {
		case division == "":
			c.Errorf(w.Pos, "estate/structure", "workload %q has no division, which structure.groups organization is cut by", w.Key)
		case part == "":
			c.Errorf(pos, "estate/structure", "division %q has none of the letters a to z and digits that the name of its management group is made of", division)
		case !known:
			first[part] = w
		case other.Value.Division != division:
			c.Errorf(pos, "estate/structure", "division %q of %q and division %q of %q would be one management group %q: write both the same, or with other letters or digits", division, w.Key, other.Value.Division, other.Key, part)
		}
	}
}

// notSlug is what the names of management groups have a hyphen for.
var notSlug = regexp.MustCompile(`[^a-z0-9]+`)

func twice[T ~string](c *checker, pos diag.Pos, key string, list []T) {
	for i, v := range list {
		if slices.Index(list, v) < i {
			c.Errorf(pos, "estate/structure", "%s has %q twice", key, v)
		}
	}
}

var nameTokens = []string{"type", "prefix", "workload", "environment", "purpose", "region", "instance"}

func (c *checker) naming() {
	n := c.Naming
	pos := c.at(n.At, "pattern")
	rest, before := n.Pattern, len(c.List)
	seen := map[string]bool{}
	for rest != "" {
		literal, behind, found := strings.Cut(rest, "{")
		if i := strings.IndexFunc(literal, notNameRune); i >= 0 {
			c.Errorf(pos, "estate/pattern", "pattern %q has %q between tokens, wanted letters, digits, hyphens, underscores and periods", n.Pattern, []rune(literal[i:])[0])
		}
		if !found {
			break
		}
		token, after, closed := strings.Cut(behind, "}")
		switch {
		case !closed:
			c.Errorf(pos, "estate/pattern", "pattern %q has a { without its }", n.Pattern)
			return
		case !slices.Contains(nameTokens, token):
			c.Errorf(pos, "estate/pattern", "pattern %q has the token %q, wanted one of %s%s", n.Pattern, token, strings.Join(nameTokens, ", "), diag.DidYouMean(token, nameTokens))
		case seen[token]:
			c.Errorf(pos, "estate/pattern", "pattern %q has the token %q twice", n.Pattern, token)
		}
		seen[token] = true
		rest = after
	}
	for _, token := range []string{"type", "workload", "environment"} {
		if !seen[token] && len(c.List) == before {
			c.Warnf(pos, "estate/pattern", "pattern %q is without {%s}: names of different things may be the same", n.Pattern, token)
		}
	}
	for _, a := range n.Abbreviations {
		if !typeShape.MatchString(a.Key) {
			c.Errorf(a.Pos, "estate/resource-type", "%q, wanted a resource type such as Microsoft.Storage/storageAccounts", a.Key)
		}
		c.abbreviation(a)
	}
	for _, r := range n.Regions {
		c.abbreviation(r)
	}
}

func notNameRune(r rune) bool {
	return !strings.ContainsRune("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.", r)
}

var abbreviationShape = regexp.MustCompile(`^[a-z][a-z0-9]{0,11}$`)

func (c *checker) abbreviation(a source.Entry[string]) {
	if !abbreviationShape.MatchString(a.Value) {
		c.Errorf(a.Pos, "estate/abbreviation", "%q is short for %q, wanted 1 to 12 lower-case letters and digits that begin with a letter", a.Value, a.Key)
	}
}

func (c *checker) money() {
	b := c.Money.Budgets
	if !b.Begin.IsZero() && b.Begin.Day() != 1 {
		c.Errorf(b.Of("begin"), "estate/budget", "budget begins on %s, wanted the first day of a month", b.Begin)
	}
	if len(b.Notify) > 5 {
		c.Errorf(b.Of("notify"), "estate/budget", "%d notifications, Azure takes at most 5 a budget", len(b.Notify))
	}
	forecast, actual := false, false
	for i, n := range b.Notify {
		forecast, actual = forecast || n.Forecast, actual || !n.Forecast
		if slices.Index(b.Notify, n) < i {
			c.Errorf(b.Of("notify"), "estate/budget", "notification %q is there twice", n)
		}
	}
	if !forecast || !actual {
		c.Warnf(b.Of("notify"), "estate/budget", "notifications of one kind only, wanted at least one of actual and one of forecast")
	}
	for _, to := range b.To {
		if to != "owner" {
			c.mailbox(b.Of("to"), "recipient", to)
		}
	}
}

func (c *checker) guardrails() {
	g := c.Guardrails
	if g.Has("enforce_after") && g.Begin == Deny {
		c.Warnf(g.Of("enforce_after"), "estate/guardrails", "enforce_after says when audit becomes deny, but begin is deny already")
	}
	if len(g.PublicNetwork.List) > 0 {
		c.Errorf(g.Of("public_network"), "estate/words", "public_network is a list, wanted auto or none")
	}
}

// findingShape is the shape of a finding's code.
var findingShape = regexp.MustCompile(`^[a-z]+/[a-z0-9]+(-[a-z0-9]+)*$`)

func (c *checker) accept() {
	for _, a := range c.Accept {
		if !findingShape.MatchString(a.Finding) {
			c.Errorf(a.Of("finding"), "estate/accept", "finding %q, wanted a code as findings end with it, such as policy/deny", a.Finding)
		}
		if a.Where == "" {
			continue
		}
		c.known(a.Of("at"), a.Where)
		key, _, _ := strings.Cut(a.Where, "/")
		if w, ok := c.Workloads.Get(key); ok && a.Until.Before(w.Begins.Time) {
			c.Warnf(a.Of("until"), "estate/accept", "accepted until %s, before %q begins on %s", a.Until, key, w.Begins)
		}
	}
}
