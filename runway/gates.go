package runway

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"airfield/arm"
	"airfield/catalog"
	"airfield/design"
	"airfield/diag"
	"airfield/estate"
	"airfield/limits"
	"airfield/tenant"
)

// kind is one kind of gate: its key is that of its lead time.
type kind struct {
	key, what, why string
	find           func(*maker)
}

// gates are all kinds, in the order in which gates of one day are listed.
var gates = []kind{
	{"agreement", "room under the agreement", "an agreement has a limit of subscriptions", (*maker).agreement},
	{"billing", "billing role", "whoever deploys stage 2-vend must be allowed to charge subscriptions to the billing scope", (*maker).billing},
	{"group-ids", "Microsoft Entra groups", "access is given to groups by their object ids", (*maker).groupIDs},
	{"names", "names through the hub's firewall", "the firewall refuses what no rule lets out", (*maker).firewall},
	{"quota-group", "limits of the quota group", "its subscriptions are given quota from what the group has", (*maker).quotaGroup},
	{"vend", "subscriptions", "all else lies in them", (*maker).vend},
	{"providers", "provider registrations", "a subscription refuses types of namespaces that are not registered", (*maker).providers},
	{"features", "features", "the services refuse what the design asks for without them", (*maker).features},
	{"terms", "image terms", "images with a plan start only where their terms are accepted", (*maker).terms},
	{"quota", "quota of vCPUs", "new subscriptions have none of GPU families, and quota is no promise of capacity; az quota wants Microsoft.Quota registered", (*maker).quota},
	{"hot-quota", "quota of fast stores", "a fast store counts in a quota of its own", (*maker).hotQuota},
	{"zones", "physical zones", "zone 1 of one subscription may be another's zone 3: what is to be near shares a physical zone", (*maker).zones},
	{"values", "values for the templates", "the deployment stops without them", (*maker).values},
	{"network", "stages 3-prepare and 4-network", "endpoints, nodes and peerings need the networks", func(m *maker) { m.deployed("network", "4-network", isNetwork) }},
	{"peering", "peering with the hub", "the routes, DNS servers and firewall lie behind it", (*maker).peering},
	{"data", "stage 5-data", "compute and the first load need the accounts", func(m *maker) {
		m.deployed("data", "5-data", func(t arm.Type) bool { return isData(t) && !isLustre(t) })
	}},
	{"dns", "DNS records of private endpoints", "without them names lead to addresses that refuse", (*maker).dns},
	{"batch-quota", "quota of Batch accounts", "pools count in their account's own quota", (*maker).batchQuota},
	{"capacity", "capacity reservation", "quota lets one ask: only a reservation holds machines ready, which then name its group", (*maker).capacity},
	{"onprem", "bandwidth to on-premises", "the first load must be done by its day", (*maker).onprem},
	{"load", "first load from on-premises", "jobs read it", func(*maker) {}}, // found with the bandwidth
	{"budget", "budgets", "Azure makes no budget that begins before the current month", (*maker).budgets},
	{"enforce", "guardrails that refuse", "what audit reports is mended or excepted first, since deny stops it", (*maker).enforcement},
	{"slurm", "Slurm clusters", "a workspace's jobs run on nodes that CycleCloud makes", (*maker).slurm},
	{"compute", "stage 6-compute", "the first job runs on it", func(m *maker) { m.deployed("compute", "6-compute", isCompute) }},
}

// maker finds the gates of a design.
type maker struct {
	d      *design.Design
	e      *estate.Estate
	have   *tenant.Tenant // nil for none
	on     time.Time
	lead   map[string]catalog.LeadTime
	before map[string][]string // what comes after each key
	begins map[string]time.Time
	pos    map[string]diag.Pos
	subs   []*sub
	needs  map[arm.ID][]limits.Need // by the folded id of the subscription, Batch accounts' among them
	atoms  []atom
	names  []Service
	found  diag.List
}

// sub is a subscription of the design with what it gets.
type sub struct {
	design.Subscription
	ref  string         // as az takes it: its id, or its name before it has one
	all  []arm.Resource // ours
	made []arm.Resource // by tools of others
}

// vended tells whether it is yet to be made.
func (s *sub) vended() bool { return strings.HasPrefix(s.ID.Name(), "@") }

func newMaker(d *design.Design, have *tenant.Tenant, now time.Time) *maker {
	m := &maker{d: d, e: d.Estate, have: have, begins: map[string]time.Time{}, pos: map[string]diag.Pos{}}
	m.on = time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, time.UTC)
	m.lead, m.before = leads()
	var without []string
	for _, w := range m.e.Workloads {
		at := w.Value.Of("begins")
		if at.Line == 0 {
			at = w.Pos
		}
		m.pos[w.Key] = at
		switch b := w.Value.Begins.Time; {
		case b.IsZero():
			without = append(without, w.Key)
		case b.Before(m.on):
			m.found.Infof(at, "runway/begun", "%q began on %s: its gates have no date, and those that are not passed are overdue", w.Key, w.Value.Begins)
		default:
			m.begins[w.Key] = b
		}
	}
	if len(without) > 0 {
		m.found.Infof(m.e.Of("workloads"), "runway/no-begin", "no begins: is written for %s, so that nothing dates their gates", Few(without))
	}
	for _, s := range d.Subscriptions {
		x := &sub{Subscription: s, ref: s.ID.Name()}
		if x.vended() {
			x.ref = s.Name
		}
		for r := range d.Tenant.Range(s.ID) {
			if !r.Theirs {
				x.all = append(x.all, tenant.Keep(r))
			}
		}
		for _, made := range d.Expected {
			if made.ID.Under(s.ID) {
				x.made = append(x.made, made.Resource)
			}
		}
		m.subs = append(m.subs, x)
	}
	known := have
	if known == nil {
		known, _ = new(tenant.Builder).Tenant()
	}
	m.needs = map[arm.ID][]limits.Need{}
	whole, _ := d.Whole()
	for _, n := range limits.Needs(whole, known) {
		in := n.Scope.SubscriptionID().Fold()
		m.needs[in] = append(m.needs[in], n)
	}
	return m
}

// who says who opens gates of a key for some workloads.
func (m *maker) who(key string, workloads []string) string {
	switch m.lead[key].Who {
	case "billing":
		if by, ok := map[estate.Agreement]string{"EA": "owner of the enrollment account", "MCA": "owner of the invoice section", "MPA": "partner's admin agent"}[m.e.Organization.Billing.Agreement]; ok {
			return by + " or " + m.e.Organization.Owner
		}
		return "account administrator or " + m.e.Organization.Owner
	case "identity":
		return "administrators of Microsoft Entra groups"
	case "platform":
		return "platform team, " + m.e.Organization.Owner
	case "carrier":
		return "platform team, " + m.e.Organization.Owner + ", with the carrier"
	}
	var owners []string
	for _, p := range m.e.Places() {
		if o := m.e.Fact(p, "owner"); slices.Contains(workloads, p.Workload) && !slices.Contains(owners, o) {
			owners = append(owners, o)
		}
	}
	if len(owners) > 2 {
		return "subscription owners"
	}
	return "subscription owner, " + strings.Join(owners, ", ")
}

// of adds a gate of one subscription.
func (m *maker) of(s *sub, a atom) {
	if s.vended() && a.state == NotKnown && a.key != "names" {
		a.state = Open // what is not made yet has nothing
	}
	a.sub, a.workload = s, s.Place.Workload
	m.atoms = append(m.atoms, a)
}

// whole adds a gate of the estate as a whole, for the workloads that need it.
func (m *maker) whole(a atom, workloads ...string) {
	slices.Sort(workloads)
	for _, w := range slices.Compact(workloads) {
		a.workload = w
		m.atoms = append(m.atoms, a)
	}
}

// there tells whether the snapshot has resources of a subscription. One that it
// has not is open only where the snapshot has its resource group.
func (m *maker) there(s *sub, ids ...arm.ID) State {
	if m.have == nil || !m.have.Has(s.ID) {
		return NotKnown
	}
	state := Passed
	for _, id := range ids {
		switch {
		case m.have.Has(id):
		case m.have.Has(id.ResourceGroupID()) && limits.Unread(m.have, s.ID, id.Type()) == "":
			return Open
		default:
			state = NotKnown
		}
	}
	return state
}

// fresh gives the workloads whose subscriptions are yet to be made, and how many
// those are.
func (m *maker) fresh() (workloads []string, n int) {
	for _, s := range m.subs {
		if s.vended() {
			workloads = append(workloads, s.Place.Workload)
			n++
		}
	}
	return workloads, n
}

func (m *maker) agreement() {
	workloads, n := m.fresh()
	limit, ok := catalog.LimitOf("subscriptions-per-agreement")
	if by := m.e.Organization.Billing.Agreement; n == 0 || !ok || by != "EA" && by != "MCA" {
		return
	}
	m.whole(atom{key: "agreement", state: NotKnown, what: fmt.Sprintf("%d more subscriptions, where an agreement has at most %d, cancelled ones counted under an Enterprise Agreement", n, limit.Max),
		check: `az account list --all --query "length(@)" --output tsv`, how: "a support request; or reuse cancelled subscriptions"}, workloads...)
}

// billing wants the role that vends. The id is of EA's SubscriptionCreator:
// learn.microsoft.com/azure/cost-management-billing/manage/assign-roles-azure-service-principals
func (m *maker) billing() {
	workloads, n := m.fresh()
	if n == 0 {
		return
	}
	b := m.e.Organization.Billing
	how := map[estate.Agreement]string{
		"EA":  "give the principal that deploys the role SubscriptionCreator (a0bcee42-bf30-4d1b-926a-48d21664ef71) at the enrollment account",
		"MCA": "give the principal that deploys the role Azure subscription creator at the invoice section",
		"MPA": "the partner makes the subscriptions, or lets the principal that deploys do it",
	}[b.Agreement]
	a := atom{key: "billing", state: NotKnown, what: fmt.Sprintf("to vend %d subscriptions", n), how: how,
		check: fmt.Sprintf(`az rest --method get --url %s --query "value[].properties.[principalId,roleDefinitionId]" --output tsv`, quote("https://management.azure.com"+b.Scope+"/billingRoleAssignments?api-version=2024-04-01"))}
	if b.Scope == "" {
		a.check, a.what = `az billing account list --query "[].[name,agreementType]" --output tsv`, a.what+"; the billing scope is not written (organization.billing.scope)"
	}
	m.whole(a, workloads...)
}

// groupIDs wants the ids of groups that the estate has none of.
func (m *maker) groupIDs() {
	for _, p := range m.d.Parameters {
		if group, ok := strings.CutPrefix(p.Name, "group-"); ok {
			var workloads []string
			for _, s := range m.users(p.Name) {
				workloads = append(workloads, s.Place.Workload)
			}
			m.whole(atom{key: "group-ids", state: Open, what: "the object id of " + group, check: "az ad group show --group " + quote(group) + " --query id --output tsv",
				how: "write it as id: of the group under access:, or give it to deploy.sh"}, workloads...)
		}
	}
}

// values wants the other parameters of the templates, in the subscriptions that
// take them; what none takes is taken by stage 2-vend.
func (m *maker) values() {
	for _, p := range m.d.Parameters {
		if strings.HasPrefix(p.Name, "group-") {
			continue
		}
		a := atom{key: "values", state: Open, what: p.Name, how: p.Name + ": " + p.Description}
		users := m.users(p.Name)
		for _, s := range users {
			m.of(s, a)
		}
		if workloads, _ := m.fresh(); users == nil {
			a.key = "billing"
			m.whole(a, workloads...)
		}
	}
}

// users gives the subscriptions in which a parameter stands.
func (m *maker) users(parameter string) (subs []*sub) {
	for _, s := range m.subs {
		if slices.ContainsFunc(s.all, func(r arm.Resource) bool {
			for ref := range r.Body.Refs() {
				if ref.Parameter == parameter {
					return true
				}
			}
			return false
		}) {
			subs = append(subs, s)
		}
	}
	return subs
}

func (m *maker) vend() {
	for _, s := range m.subs {
		a := atom{key: "vend", state: m.there(s), what: "made by deploy.sh up to stage 2-vend", check: "az account show --subscription $s --query [id,state] --output tsv", how: "deploy.sh, up to stage 2-vend"}
		if !s.vended() {
			a.what, a.how = "exists and is enabled", "enable it, or take it out of the estate or its lock"
		}
		if a.state == Passed {
			r, _ := m.have.Get(s.ID)
			state := r.Get("properties", "state")
			if !state.Exists() {
				state = r.Get("state")
			}
			switch {
			case !state.Exists():
				a.state = NotKnown
			case !strings.EqualFold(state.Str(), "Enabled"):
				a.state, a.what = Open, a.what+"; it is "+state.Str()
			}
		}
		m.of(s, a)
	}
}

// needed gives what a subscription needs of a kind.
func (m *maker) needed(s *sub, kind string) (all []limits.Need) {
	for _, n := range m.needs[s.ID.Fold()] {
		if n.Kind == kind && n.Scope.Equal(s.ID) {
			all = append(all, n)
		}
	}
	return all
}

func stateOf(n limits.Need) State {
	return [...]State{limits.Unknown: NotKnown, limits.No: Open, limits.Yes: Passed}[n.Met]
}

func (m *maker) providers() {
	for _, s := range m.subs {
		by := map[State][]string{}
		for _, n := range m.needed(s, limits.NeedsProvider) {
			by[stateOf(n)] = append(by[stateOf(n)], n.Name)
		}
		for _, state := range []State{Open, NotKnown, Passed} {
			if names := strings.Join(by[state], " "); names != "" {
				m.of(s, atom{key: "providers", state: state, what: strings.Join(by[state], ", "),
					check: "for n in " + names + "; do az provider show --namespace $n --subscription $s --query [namespace,registrationState] --output tsv; done",
					how:   "for n in " + names + "; do az provider register --namespace $n --subscription $s; done"})
			}
		}
	}
}

func (m *maker) features() {
	for _, s := range m.subs {
		for _, n := range m.needed(s, limits.NeedsFeature) {
			namespace, name, _ := strings.Cut(n.Name, "/")
			m.of(s, atom{key: "features", state: stateOf(n), what: n.Name + ", and " + namespace + " registered once more behind it",
				check: fmt.Sprintf("az feature show --namespace %s --name %s --subscription $s --query properties.state --output tsv", namespace, name),
				how:   fmt.Sprintf("az feature register --namespace %s --name %s --subscription $s", namespace, name)})
		}
	}
}

func (m *maker) terms() {
	for _, s := range m.subs {
		for _, n := range m.needed(s, limits.NeedsTerms) {
			part := strings.SplitN(n.Name, ":", 3)
			flags := fmt.Sprintf("--publisher %s --offer %s --plan %s --subscription $s", quote(part[0]), quote(part[1]), quote(part[2]))
			m.of(s, atom{key: "terms", state: stateOf(n), what: n.Name, check: "az vm image terms show " + flags + " --query accepted --output tsv", how: "az vm image terms accept " + flags})
		}
	}
}

// zones wants the physical zones known where several subscriptions put something
// into zones of one region.
func (m *maker) zones() {
	in := map[string][]*sub{}
	for _, s := range m.subs {
		for _, r := range s.all {
			if region := r.Location(); r.Get("zones").Len() > 0 && !slices.Contains(in[region], s) {
				in[region] = append(in[region], s)
			}
		}
	}
	for _, region := range slices.Sorted(maps.Keys(in)) {
		subs := in[region]
		if len(subs) < 2 {
			continue
		}
		for _, s := range subs {
			m.of(s, atom{key: "zones", state: NotKnown, what: "which physical zones are 1, 2 and 3 in " + region,
				check: fmt.Sprintf(`az rest --method get --url "https://management.azure.com/subscriptions/$i/locations?api-version=2022-12-01" --query "value[?name=='%s'].availabilityZoneMappings[].[logicalZone,physicalZone]" --output tsv`, region),
				how:   "where jobs and what they read differ, write zone: of the job, or design --update its zone"})
		}
	}
}

// deployed wants a stage of the design deployed.
func (m *maker) deployed(key, stage string, is func(arm.Type) bool) {
	for _, s := range m.subs {
		var ids []arm.ID
		var types []string
		for _, r := range s.all {
			if t := r.Type(); is(t) {
				ids = append(ids, r.ID)
				if test := "type=='" + string(t) + "'"; !slices.Contains(types, test) {
					types = append(types, test)
				}
			}
		}
		if len(ids) > 0 {
			slices.Sort(types)
			m.of(s, atom{key: key, state: m.there(s, ids...), what: "deployed", how: "deploy.sh, stage " + stage,
				check: `az resource list --subscription $s --query "[?` + strings.Join(types, " || ") + `].name" --output tsv`})
		}
	}
}

// slurm wants the workspaces deployed, which no stage does.
func (m *maker) slurm() {
	for _, s := range m.subs {
		for _, r := range s.made {
			if r.ID == r.ID.ResourceGroupID() {
				name := r.ID.Name()
				m.of(s, atom{key: "slurm", state: m.there(s, r.ID), what: name + ", deployed with slurm/" + name + ".json", how: "the commands that the design leaves open for the Slurm cluster",
					check: "az group exists --name " + name + " --subscription $s"})
			}
		}
	}
}

func isNetwork(t arm.Type) bool { return t.Equal("Microsoft.Network/virtualNetworks") }

func isData(t arm.Type) bool {
	return slices.ContainsFunc([]arm.Type{"Microsoft.Storage/storageAccounts", "Microsoft.StorageCache/amlFilesystems", "Microsoft.NetApp/netAppAccounts/capacityPools/volumes"}, t.Equal)
}

// isStore tells whether a type is a fast store, which jobs work on.
func isStore(t arm.Type) bool {
	return isData(t) && !t.Equal("Microsoft.Storage/storageAccounts") || t.Equal("Microsoft.Storage/storageAccounts/fileServices/shares")
}

// isLustre tells a Managed Lustre, which is made with the nodes: it signs in to
// what it fills itself from.
func isLustre(t arm.Type) bool { return t.Equal("Microsoft.StorageCache/amlFilesystems") }

func isCompute(t arm.Type) bool {
	return isLustre(t) || slices.ContainsFunc([]arm.Type{"Microsoft.Compute/virtualMachines", "Microsoft.Compute/virtualMachineScaleSets", "Microsoft.Batch/batchAccounts", "Microsoft.ContainerService/managedClusters"}, t.Equal)
}

// budgets wants budgets made before their first month is over.
func (m *maker) budgets() {
	for _, s := range m.subs {
		for _, r := range s.all {
			start, err := time.Parse(time.RFC3339, r.Get("properties", "timePeriod", "startDate").Str())
			if !r.Type().Equal("Microsoft.Consumption/budgets") || err != nil {
				continue
			}
			a := atom{key: "budget", state: m.there(s, r.ID), what: "first month " + start.Format("2006-01"), how: "deploy.sh, stage 7-budgets",
				check: `az consumption budget list --subscription $s --query "[].[name,amount,timePeriod.startDate]" --output tsv`}
			if begins := m.begins[s.Place.Workload]; !begins.IsZero() {
				a.due = earlier(begins, start.AddDate(0, 1, -1))
			}
			m.of(s, a)
		}
	}
}

// Few names a few, and how many more there are.
func Few(names []string) string {
	const most = 6
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}

// quote makes a word safe in a shell.
func quote(s string) string {
	if s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:@=", r)
	}) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
