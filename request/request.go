// Package request says what a platform must do for a design: subscriptions and
// where they lie, peerings, names, ways through the firewall, quota.
//
// A design.Design and its runway, which dates it, go in; requests come out, each
// with what, why, by when, and files in the form that the platform keeps its things in
// (platform.policy_kept_in). Write puts them into a folder, with a list to sign.
// Changes of policies are no part of it: a review proposes those, and judges
// them.
package request

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"net/netip"
	"path"
	"slices"
	"strings"

	"airfield/arm"
	"airfield/change"
	"airfield/design"
	"airfield/diag"
	"airfield/emit"
	"airfield/estate"
	"airfield/runway"
	"airfield/tenant"
)

// Request is one thing that someone else does.
type Request struct {
	About string // atlas/prod
	What  string
	Why   string
	Ask   string // the last day to ask for it, "" where nothing dates it
	By    string // the day by which it must be so
	Pos   diag.Pos

	Folder string // of its files
	Files  []change.File

	gate string // of the runway, which dates it
}

// Policy is a change of their policies without which something is denied.
type Policy struct {
	In     []arm.ID // the subscriptions of what is denied
	What   string
	Why    string
	Pos    diag.Pos
	Folder string // of its files
	Files  []change.File
}

// Of gives the requests of a design, those that are needed first before others,
// with the changes of policies that a review found.
func Of(d *design.Design, dates *runway.Runway, policies ...Policy) ([]Request, error) {
	r := requests{d: d, tool: d.Estate.Platform.PolicyKeptIn, subs: map[arm.ID]design.Subscription{}}
	var groups []arm.Resource // of the hubs: they are there
	for _, h := range d.Estate.Platform.Hubs {
		if id, err := arm.ParseID(h.Value.VNet); err == nil {
			groups = append(groups, arm.Resource{ID: id.ResourceGroupID(), Theirs: true, Body: arm.New(arm.O{"id", id.ResourceGroupID()})})
		}
	}
	r.t, _ = d.Tenant.With(groups...)
	for _, s := range d.Subscriptions {
		r.subs[s.ID.Fold()] = s
	}
	for _, s := range d.Subscriptions {
		if err := r.subscription(s); err != nil {
			return nil, err
		}
	}
	for n := range d.Tenant.OfType("Microsoft.Network/virtualNetworks") {
		if err := r.network(n); err != nil {
			return nil, err
		}
	}
	r.quota()
	for _, p := range policies {
		r.policy(p, dates)
	}
	for i := range r.all {
		q := &r.all[i]
		for _, about := range strings.Split(q.About, ", ") {
			workload, _, _ := strings.Cut(about, "/")
			if ask, by := dates.Dates(q.gate, workload); ask != "" && (q.Ask == "" || ask < q.Ask) {
				q.Ask, q.By = ask, by
			}
		}
	}
	slices.SortStableFunc(r.all, func(a, b Request) int {
		return cmp.Or(cmp.Compare(min(len(b.Ask), 1), min(len(a.Ask), 1)), cmp.Compare(a.Ask, b.Ask))
	})
	return r.all, nil
}

type requests struct {
	d    *design.Design
	t    *tenant.Tenant
	tool estate.PolicyTool
	subs map[arm.ID]design.Subscription
	all  []Request
}

// owner is the form of what is no policy: that of the platform's own code.
func (r *requests) owner() change.Owner {
	switch r.tool {
	case "alz-terraform":
		return change.Terraform
	case "alz-bicep":
		return change.Bicep
	case "azops":
		return change.AzOps
	}
	return change.Portal
}

// liesIn tells whether a subscription is known to lie where it is to.
func (r *requests) liesIn(s design.Subscription) bool {
	have, _ := r.d.Tenant.Get(s.ID)
	return s.Adopted && arm.EqualFold(have.Get("properties", "managementGroupAncestorsChain").At(0).Get("name").Str(), s.Group.Name())
}

// recorded tells whether a policy of the tenant surely writes the records of an
// endpoint.
func (r *requests) recorded(endpoint arm.ID) bool {
	return slices.ContainsFunc(r.d.Added, func(a design.Added) bool {
		return a.Task == "dns" && a.Certain && slices.ContainsFunc(a.Resources, endpoint.Equal)
	})
}

// policy asks for a change of policies, which must be there before anything is
// deployed that it is for.
func (r *requests) policy(p Policy, dates *runway.Runway) {
	var places []string
	q := Request{What: p.What, Why: p.Why, Pos: p.Pos, Folder: "policies/" + p.Folder, Files: p.Files}
	for _, id := range p.In {
		s, ours := r.subs[id.Fold()]
		if !ours {
			continue
		}
		places = append(places, s.Place.Name())
		if ask, by := dates.Ahead("names", "network", s.Place.Workload); ask != "" && (q.Ask == "" || ask < q.Ask) {
			q.Ask, q.By = ask, by // a policy is approved as a firewall's names are
		}
	}
	slices.Sort(places)
	q.About = strings.Join(slices.Compact(places), ", ")
	r.all = append(r.all, q)
}

// subscription asks for a subscription and for its place below a group of theirs.
func (r *requests) subscription(s design.Subscription) error {
	made := !strings.HasPrefix(s.ID.Name(), "@")
	group, known := r.d.Tenant.Get(s.Group)
	written := !known || r.d.Tenant.Has(s.Group.Child("subscriptions", s.ID.Name()))
	if !made && r.d.Estate.Platform.Standalone || made && (!s.Adopted || written || r.liesIn(s)) {
		return nil
	}
	q := Request{About: s.Place.Name(), gate: "vend", Pos: s.Place.Pos, Folder: "subscriptions/" + s.Name}
	if made {
		q.What, q.Why = "place subscription "+s.Name+" below "+s.Group.Name(), "it exists, and both it and the group are theirs to move"
		if !group.Theirs {
			q.Why = "it exists, and a move changes the policies and rights that hold for what lies in it; stage 1-governance makes the group first"
		}
		c, err := change.MoveTo(r.d.Tenant, s.ID, s.Group)
		if err == nil {
			q.Files, err = change.Patch(r.d.Tenant, c, change.OwnerNamed(string(r.tool)))
		}
		r.all = append(r.all, q)
		return err
	}
	alias, _ := r.d.Tenant.Get(arm.Tenant.Resource("Microsoft.Subscription/aliases", s.Name))
	q.What, q.Why = "make subscription "+s.Name, "each workload and environment has one of its own; stage 2-vend makes it where the platform lets us: one of both, not both"
	if s.Group != "" {
		q.What += " below " + s.Group.Name()
	}
	q.Files = r.vending(s, alias.Get("properties"))
	r.all = append(r.all, q)
	return nil
}

// hub gives the hub that a network of ours is to be joined with.
func (r *requests) hub(n arm.Resource) (estate.Hub, arm.ID, bool) {
	s, ours := r.subs[n.ID.SubscriptionID().Fold()]
	hub, known := r.d.Estate.Platform.Hubs.Get(n.Location())
	id, err := arm.ParseID(hub.VNet)
	return hub, id, ours && known && err == nil && !n.Theirs && !r.d.Estate.Platform.Standalone && s.Place.Connects == estate.Corp
}

// network asks for what joins a network with its hub: the peerings, the way
// through the firewall, and the names of its private endpoints.
func (r *requests) network(n arm.Resource) error {
	hub, id, ok := r.hub(n)
	if !ok {
		return nil
	}
	s := r.subs[n.ID.SubscriptionID().Fold()]
	base := Request{About: s.Place.Name(), Pos: n.Pos}
	ranges := n.Get("properties", "addressSpace", "addressPrefixes").Strings()

	q := base
	q.gate, q.Folder = "peering", "peerings/"+n.ID.Name()
	q.What = fmt.Sprintf("peer %s (%s) with %s, both ends", n.ID.Name(), strings.Join(ranges, ", "), id.Name())
	q.Why = "routes and DNS servers lie behind it, and stage 6-compute waits for it; both ends are made together, once stage 4-network has made the network"
	var err error
	c := change.Change{Kind: change.Assign, Title: q.What, Of: id, Put: []arm.Resource{r.peering(id, n.ID, true), r.peering(n.ID, id, false)}}
	if q.Files, err = change.Patch(r.t, c, r.owner()); err != nil {
		return err
	}
	r.all = append(r.all, q)
	r.firewall(base, n, hub, ranges)
	r.names(base, n)
	return nil
}

// peering gives one end of a peering: that of the hub lets the other use its
// gateways, where there are any.
func (r *requests) peering(from, to arm.ID, hub bool) arm.Resource {
	gateways := r.d.Estate.Network.OnPrem.By != ""
	id := from.Child("virtualNetworkPeerings", "peer-"+to.Name())
	return arm.Resource{ID: id, Body: arm.New(arm.O{"id", id, "name", id.Name(), "type", id.Type(), "apiVersion", "2024-05-01", "properties", arm.O{
		"remoteVirtualNetwork", arm.O{"id", to}, "allowVirtualNetworkAccess", true, "allowForwardedTraffic", true,
		"allowGatewayTransit", gateways && hub, "useRemoteGateways", gateways && !hub}})}
}

// firewall asks for the way out of a network that leads through the hub.
func (r *requests) firewall(q Request, n arm.Resource, hub estate.Hub, ranges []string) {
	if address, err := netip.ParseAddr(hub.Firewall); err != nil || r.d.Estate.Network.Egress != estate.HubFirewall {
		return
	} else {
		q.What = fmt.Sprintf("let %s (%s) out through the firewall %s", n.ID.Name(), strings.Join(ranges, ", "), address)
	}
	q.gate, q.Why = "names", "its subnets have no other way: images, packages and models come from outside. runway.md lists the names; what else jobs and services call is not in the estate: their owners add it"
	for _, o := range r.d.Open {
		if o.About == q.About && strings.Contains(o.What, n.ID.Name()+" must reach") {
			q.Why += "; " + o.Why
		}
	}
	r.all = append(r.all, q)
}

// names asks for the records of private endpoints whose zones the platform
// keeps: an endpoint without a zone group of ours.
func (r *requests) names(q Request, n arm.Resource) {
	var all, zones []string
	for e := range r.d.Tenant.Range(n.ID.SubscriptionID()) {
		if !e.ID.Type().Equal("Microsoft.Network/privateEndpoints") || r.d.Tenant.Has(e.ID.Child("privateDnsZoneGroups", "default")) || r.recorded(e.ID) {
			continue
		}
		subnet, _ := e.Get("properties", "subnet", "id").Ref()
		if !cmp.Or(subnet.ID, arm.ID(e.Get("properties", "subnet", "id").Str())).Under(n.ID) {
			continue
		}
		for c := range e.Get("properties", "privateLinkServiceConnections").Items() {
			to, _ := c.Get("properties", "privateLinkServiceId").Ref()
			account := cmp.Or(to.ID, arm.ID(c.Get("properties", "privateLinkServiceId").Str()))
			for _, service := range c.Get("properties", "groupIds").Strings() {
				zone := design.LinkZone(service)
				zones = append(zones, zone)
				all = append(all, fmt.Sprintf("%s in %s for endpoint %s", account.Name(), zone, e.ID.Name()))
			}
		}
	}
	if len(all) == 0 {
		return
	}
	slices.Sort(all)
	slices.Sort(zones)
	q.gate, q.What = "dns", fmt.Sprintf("records of the endpoints in %s, in %s", n.ID.Name(), strings.Join(slices.Compact(zones), ", "))
	q.Why = strings.Join(all, ", ") + "; the platform keeps these zones: its policy Deploy-Private-DNS-Zones writes the records, or someone does"
	r.all = append(r.all, q)
}

// quota asks for vCPUs, which Microsoft gives: all that a subscription needs in
// a region at once, since the regional total must hold their sum.
func (r *requests) quota() {
	r.quotaGroup()
	for _, s := range r.d.Subscriptions {
		byRegion := map[string][]design.Quota{}
		for _, q := range s.Quota {
			if q.Batch {
				r.batchQuota(&s, q)
				continue
			}
			byRegion[q.Region] = append(byRegion[q.Region], q)
		}
		for _, region := range slices.Sorted(maps.Keys(byRegion)) {
			r.quotaIn(&s, region, byRegion[region])
		}
	}
}

// quotaGroup asks for what all subscriptions together need of the group that
// gives it to them: families, since a group holds neither Spot nor the regional
// total.
func (r *requests) quotaGroup() {
	url, ok := runway.QuotaGroup(r.d.Estate, "")
	if !ok {
		return
	}
	sums, of := map[string]map[string]int{}, map[string][]string{}
	for _, s := range r.d.Subscriptions {
		for _, q := range s.Quota {
			if q.Batch || q.Family == "lowPriorityCores" {
				continue
			}
			if sums[q.Region] == nil {
				sums[q.Region] = map[string]int{}
			}
			sums[q.Region][q.Family] += q.VCPUs
			of[q.Region] = append(of[q.Region], s.Place.Name())
		}
	}
	for _, region := range slices.Sorted(maps.Keys(sums)) {
		var needs []string
		calls := fmt.Sprintf(askGroup, url, region)
		for _, family := range slices.Sorted(maps.Keys(sums[region])) {
			needs = append(needs, fmt.Sprintf("%d vCPUs of %s", sums[region][family], family))
			calls += fmt.Sprintf("quota '%s' %d\n", family, sums[region][family])
		}
		slices.Sort(of[region])
		group := r.d.Estate.Money.Quota.Group
		r.all = append(r.all, Request{About: strings.Join(slices.Compact(of[region]), ", "), gate: "quota-group", Pos: r.d.Estate.Money.Of("quota"), Folder: "quota/" + group + "-" + region,
			What:  fmt.Sprintf("limits of quota group %s with room for %s in %s", group, strings.Join(needs, ", "), region),
			Why:   "its subscriptions are given quota from what the group has, and ask for no more than this together; a subscription of the estate joins the group first",
			Files: []change.File{{Name: "ask.sh", What: "Who may write limits of the group runs it, once, before its subscriptions are given theirs.", Text: calls}}})
	}
}

// batchQuota asks for the vCPUs of a Batch account, which only a support request
// raises.
func (r *requests) batchQuota(s *design.Subscription, q design.Quota) {
	r.all = append(r.all, Request{About: s.Place.Name(), gate: "batch-quota", Pos: r.quotaPos(s),
		What: fmt.Sprintf("quota of %d vCPUs of %s for the Batch account in %s in subscription %s", q.VCPUs, q.Family, q.Region, s.Name),
		Why:  "a new account has none of GPU families and little of others; a support request raises it: service and subscription limits, quota type Batch"})
}

func (r *requests) quotaPos(s *design.Subscription) diag.Pos {
	if m := r.d.Estate.Money; m.Has("quota") {
		return m.Of("quota")
	}
	return s.Place.Pos
}

func (r *requests) quotaIn(s *design.Subscription, region string, quotas []design.Quota) {
	var needs []string
	var calls strings.Builder
	total := 0
	script := fmt.Sprintf(ask, strings.TrimPrefix(s.ID.Name(), "@"), region)
	url, grouped := runway.QuotaGroup(r.d.Estate, "subscriptions/$subscription/")
	if grouped {
		script += fmt.Sprintf(allocate, url, region)
	}
	for _, q := range quotas {
		needs = append(needs, fmt.Sprintf("%d vCPUs of %s", q.VCPUs, q.Family))
		if q.Family == "lowPriorityCores" {
			fmt.Fprintf(&calls, "quota lowPriorityCores lowPriority %d\n", q.VCPUs)
			continue
		}
		total += q.VCPUs
		if grouped {
			fmt.Fprintf(&calls, "allocate '%s' %d\n", q.Family, q.VCPUs)
			continue
		}
		fmt.Fprintf(&calls, "quota '%s' dedicated %d\n", q.Family, q.VCPUs)
	}
	if total > 0 {
		needs = append(needs, fmt.Sprintf("%d vCPUs of all families", total))
		fmt.Fprintf(&calls, "quota cores dedicated %d # the regional total\n", total)
	}
	r.all = append(r.all, Request{About: s.Place.Name(), gate: "quota", Pos: r.quotaPos(s), Folder: "quota/" + s.Name + "-" + region,
		What: fmt.Sprintf("quota of %s in %s for subscription %s, beside what it uses", strings.Join(needs, ", "), region, s.Name),
		Why:  "a new subscription has none of GPU families and little of others; quota is no promise of capacity",
		Files: []change.File{{Name: "ask.sh", What: "Who may write quota in the subscription runs it, once the subscription is there: az with its extension quota.",
			Text: script + calls.String()}}})
}

// ask asks for quota where the limit is lower than what is used and wanted.
// learn.microsoft.com/cli/azure/quota
const ask = `#!/bin/sh
set -eu
subscription=$(az account show --subscription %s --query id --output tsv)
scope="/subscriptions/$subscription/providers/Microsoft.Compute/locations/%s"

# quota NAME TYPE VCPUS: asks for these beside what is used, where the limit is lower.
quota() {
  used=$(az quota usage show --resource-name "$1" --scope "$scope" --query properties.usages.value --output tsv)
  limit=$(az quota show --resource-name "$1" --scope "$scope" --query properties.limit.value --output tsv)
  wanted=$((used + $3))
  if test "$limit" -ge "$wanted"; then
    echo "$1: the limit is $limit, and $wanted are wanted"
  else
    az quota update --resource-name "$1" --scope "$scope" --resource-type "$2" --limit-object value="$wanted" limit-object-type=LimitValue --output none
  fi
}

`

// allocate gives a subscription quota of its group, in the same way.
// learn.microsoft.com/azure/quotas/transfer-quota-groups
const allocate = `# allocate FAMILY VCPUS: the same, of what the quota group has.
allocations="%s/resourceProviders/Microsoft.Compute/quotaAllocations/%s?api-version=2025-03-01"
allocate() {
  used=$(az quota usage show --resource-name "$1" --scope "$scope" --query properties.usages.value --output tsv)
  limit=$(az quota show --resource-name "$1" --scope "$scope" --query properties.limit.value --output tsv)
  wanted=$((used + $2))
  if test "$limit" -ge "$wanted"; then
    echo "$1: the limit is $limit, and $wanted are wanted"
  else
    az rest --method patch --url "$allocations" --body "{\"properties\":{\"value\":[{\"properties\":{\"resourceName\":\"$1\",\"limit\":$wanted}}]}}" --output none
  fi
}

`

// askGroup asks for limits of a quota group where less is left of them than is
// wanted.
// learn.microsoft.com/azure/quotas/quota-group-limit-increase
const askGroup = `#!/bin/sh
set -eu
limits="%s/resourceProviders/Microsoft.Compute/groupQuotaLimits/%s?api-version=2025-03-01"

# quota FAMILY VCPUS: asks for these beside what the group has given away.
quota() {
  of="properties.value[?properties.resourceName=='$1'].properties | [0]"
  limit=$(az rest --method get --url "$limits" --query "[$of.limit, to_number('0')] | [?@] | [0]" --output tsv)
  left=$(az rest --method get --url "$limits" --query "[$of.availableLimit, to_number('0')] | [?@] | [0]" --output tsv)
  if test "$left" -ge "$2"; then
    echo "$1: $left are left of $limit, and $2 are wanted"
  else
    az rest --method patch --url "$limits" --body "{\"properties\":{\"value\":[{\"properties\":{\"resourceName\":\"$1\",\"limit\":$((limit - left + $2))}}]}}" --output none
  fi
}

`

// Write writes the requests and a list of them.
func Write(all []Request, e *estate.Estate, sink emit.Sink) error {
	if len(all) == 0 {
		return nil
	}
	put := func(name, text string) error {
		w, err := sink(path.Join("requests", name))
		if err != nil {
			return err
		}
		_, err = io.WriteString(w, text)
		return cmp.Or(err, w.Close())
	}
	for _, q := range all {
		for _, f := range q.Files {
			if err := put(path.Join(q.Folder, f.Name), f.Text); err != nil {
				return err
			}
		}
	}
	return put("requests.md", list(all, e))
}

// list writes the requests for people, to be agreed.
func list(all []Request, e *estate.Estate) string {
	var b strings.Builder
	fmt.Fprintf(&b, `# What %s asks for

Asked by %s. Made by airfield: change the estate and write it again.
The days are those of runway.md, worked back from workloads.*.begins; without it there are none.

| | what | for | ask by | so by | files | agreed by, on |
|---|---|---|---|---|---|---|
`, cell(e.Organization.Name), cell(e.Organization.Owner))
	for i, q := range all {
		folder := ""
		if len(q.Files) > 0 {
			folder = fmt.Sprintf("[%s](%s)", q.Folder, q.Folder)
		}
		fmt.Fprintf(&b, "| %d | %s | %s | %s | %s | %s | |\n", i+1, cell(q.What), cell(q.About), cmp.Or(q.Ask, "no date"), cmp.Or(q.By, "no date"), folder)
	}
	for i, q := range all {
		q.Pos.File = path.Base(q.Pos.File)
		fmt.Fprintf(&b, "\n## %d. %s\n\nFor %s (%s): %s.\n", i+1, cell(q.What), cell(q.About), q.Pos, cell(q.Why))
		for _, f := range q.Files {
			fmt.Fprintf(&b, "\n- [%s](%s): %s\n", f.Name, path.Join(q.Folder, f.Name), f.What)
		}
	}
	return b.String()
}

// cell keeps a text within a cell of a table.
func cell(s string) string {
	return strings.NewReplacer("|", `\|`, "\n", " ", "\r", " ").Replace(s)
}
