package runway

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"airfield/arm"
	"airfield/design"
	"airfield/estate"
	"airfield/limits"
)

// quota wants vCPUs by family and region, and of all families: exactly what the
// nodes count where they grow to their most.
func (m *maker) quota() {
	for _, s := range m.subs {
		by := map[string][]limits.Need{}
		for _, n := range m.machines(s) {
			by[n.Sum.Region] = append(by[n.Sum.Region], n)
		}
		for _, region := range slices.Sorted(maps.Keys(by)) {
			m.quotaIn(s, region, by[region])
		}
	}
}

func (m *maker) quotaIn(s *sub, region string, needs []limits.Need) {
	var what, names []string
	state, how := Passed, "nothing to ask for that is known"
	for _, n := range needs {
		switch st := stateOf(n); {
		case st == Open || state == Open:
			state = Open
		case st == NotKnown:
			state = NotKnown
		}
		if n.Why != "" {
			what = append(what, fmt.Sprintf("machines of %s, not counted, because %s", n.Name, n.Why))
			continue
		}
		what = append(what, vcpus(n.Sum.Wanted, n.Name)+found(n))
		names = append(names, "-e "+quote("^"+n.Name))
		if n.Met != limits.Yes {
			how = askedBeside("SUBSCRIPTION")
		}
	}
	a := atom{key: "quota", state: state, what: region + ": " + strings.Join(what, "; "), how: how,
		check: fmt.Sprintf(`az vm list-usage --location %s --subscription $s --query "[].[name.value,currentValue,limit]" --output tsv | grep -i %s`, region, strings.Join(names, " "))}
	if len(names) == 0 {
		a.check = fmt.Sprintf(`az vm list-usage --location %s --subscription $s --query "[].[name.value,currentValue,limit]" --output tsv`, region)
	}
	if m.e.Money.Quota.Group != "" {
		a.days, a.basis = 1, "the quota group gives at once what it has"
	}
	m.of(s, a)
}

// askedBeside names the scripts that ask for quota: to write less than there is
// would lower a limit, so that they read first what there is.
func askedBeside(of string) string {
	return "requests/quota/" + of + "-REGION/ask.sh of airfield design -o, which asks for this beside what is used"
}

// QuotaGroup gives the address of the estate's quota group, with what it is about
// below its management group; false where there is none or that is not known.
// learn.microsoft.com/azure/quotas/quota-group-limit-increase
func QuotaGroup(e *estate.Estate, of string) (string, bool) {
	q := e.Money.Quota
	at := managementGroup(e.Platform.Groups, q.Scope)
	if q.Group == "" || at == "" {
		return "", false
	}
	return "https://management.azure.com/providers/Microsoft.Management/managementGroups/" + url.PathEscape(at) + "/" + of + "providers/Microsoft.Quota/groupQuotas/" + url.PathEscape(q.Group), true
}

// managementGroup gives the name of the group of a role, "" where it is not named.
func managementGroup(g estate.Groups, role estate.GroupRole) string {
	return map[estate.GroupRole]string{"root": g.Root, "platform": g.Platform, "landing_zones": g.LandingZones, "corp": g.Corp, "online": g.Online, "sandbox": g.Sandbox, "decommissioned": g.Decommissioned}[role]
}

// vcpus says how much of which quota.
func vcpus(n int64, name string) string {
	switch name {
	case "cores":
		return fmt.Sprintf("%d vCPUs of all families", n)
	case "lowPriorityCores":
		return fmt.Sprintf("%d Spot vCPUs", n)
	}
	return fmt.Sprintf("%d vCPUs of %s", n, name)
}

// found says what there is of a quota.
func found(n limits.Need) string {
	if n.Sum.Limit < 0 {
		return ""
	}
	return fmt.Sprintf(" (%d of %d in use)", n.Sum.Used, n.Sum.Limit)
}

// machines gives the quotas that a subscription's machines count in, those
// included that are no resources yet, since their orchestrator makes them.
func (m *maker) machines(s *sub) []limits.Need {
	all := m.needed(s, limits.NeedsQuota)
	for _, q := range m.later(s) {
		if q.Batch {
			continue // see batchWords
		}
		names := []string{q.Family, "cores"}
		if q.Family == "lowPriorityCores" {
			names = names[:1]
		}
		for _, name := range names {
			i := slices.IndexFunc(all, func(x limits.Need) bool {
				return x.Why == "" && strings.EqualFold(x.Name, name) && x.Sum.Region == q.Region
			})
			if i < 0 {
				i = len(all)
				all = append(all, limits.Need{Kind: limits.NeedsQuota, Scope: s.ID, Name: name, Sum: limits.Sum{Region: q.Region, Limit: -1}})
			}
			n := &all[i]
			n.Sum.Wanted += int64(q.VCPUs)
			n.Ask += int64(q.VCPUs)
			if n.Sum.Limit >= 0 && n.Ask > n.Sum.Limit {
				n.Met = limits.No
			}
		}
	}
	return all
}

// later gives what the estate's nodes count beyond the machines that the design
// makes.
func (m *maker) later(s *sub) (all []design.Quota) {
	for _, q := range s.Quota {
		counted := m.needed(s, limits.NeedsQuota)
		if q.Batch {
			counted = m.accounts(s)
		}
		for _, n := range counted {
			if n.Why == "" && strings.EqualFold(n.Name, q.Family) && (n.Sum.Region == q.Region || n.Sum.Region == "") {
				q.VCPUs -= int(n.Sum.Wanted)
			}
		}
		if q.VCPUs > 0 {
			all = append(all, q)
		}
	}
	return all
}

// accounts gives the quotas of a subscription's Batch accounts.
func (m *maker) accounts(s *sub) (all []limits.Need) {
	for _, n := range m.needs[s.ID.Fold()] {
		if n.Kind == limits.NeedsQuota && !n.Scope.Equal(s.ID) {
			all = append(all, n)
		}
	}
	return all
}

// quotaGroup wants what all subscriptions together need of each family in the
// group that gives it to them.
func (m *maker) quotaGroup() {
	group, ok := QuotaGroup(m.e, "")
	if m.e.Money.Quota.Group == "" {
		return
	}
	type family struct{ region, name string }
	sums, of := map[family]int64{}, map[family][]string{}
	for _, s := range m.subs {
		for _, n := range m.machines(s) {
			if n.Why == "" && n.Name != "cores" && n.Name != "lowPriorityCores" {
				f := family{n.Sum.Region, n.Name}
				sums[f] += n.Sum.Wanted
				of[f] = append(of[f], s.Place.Workload)
			}
		}
	}
	for _, f := range slices.SortedFunc(maps.Keys(sums), func(a, b family) int { return strings.Compare(a.region+a.name, b.region+b.name) }) {
		n := sums[f]
		a := atom{key: "quota-group", state: NotKnown, what: fmt.Sprintf("%s in %s: %s", vcpus(n, f.name), m.e.Money.Quota.Group, f.region)}
		if !ok {
			a.how = "its management group is not known: money.quota.at and platform.groups name it"
			m.whole(a, of[f]...)
			continue
		}
		limit := group + "/resourceProviders/Microsoft.Compute/groupQuotaLimits/" + f.region + "?api-version=2025-03-01"
		a.check = fmt.Sprintf(`az rest --method get --url "%s" --query "properties.value[?properties.resourceName=='%s'].properties.[limit,availableLimit]" --output tsv`, limit, f.name)
		a.how = askedBeside(m.e.Money.Quota.Group)
		m.whole(a, of[f]...)
	}
}

// batchQuota wants what Batch accounts count by themselves.
func (m *maker) batchQuota() {
	for _, s := range m.subs {
		of := map[arm.ID][]limits.Need{}
		for _, n := range m.accounts(s) {
			of[n.Scope.Fold()] = append(of[n.Scope.Fold()], n)
		}
		for _, account := range slices.SortedFunc(maps.Keys(of), arm.ID.Compare) {
			var what []string
			state := Passed
			for _, n := range of[account] {
				if st := stateOf(n); st == Open || st == NotKnown && state == Passed {
					state = st
				}
				what = append(what, m.batchWords(s, n))
			}
			if r, ok := m.d.Tenant.Get(account); ok {
				account = r.ID // as it is spelled
			}
			m.of(s, atom{key: "batch-quota", state: state, what: account.Name() + ": " + strings.Join(what, "; "), how: "a support request, issue type service and subscription limits, quota type Batch",
				check: fmt.Sprintf(`az batch account show --name %s --resource-group %s --subscription $s --query "[dedicatedCoreQuota,lowPriorityCoreQuota,poolQuota,dedicatedCoreQuotaPerVMFamily]"`, account.Name(), account.ResourceGroupID().Name())})
		}
	}
}

// batchWords says how much of which quota of a Batch account.
func (m *maker) batchWords(s *sub, n limits.Need) string {
	word := map[string]string{"dedicatedCoreQuota": "dedicated vCPUs", "lowPriorityCoreQuota": "Spot vCPUs", "poolQuota": "pools"}[n.Name]
	switch {
	case n.Why != "":
		word = fmt.Sprintf("machines of %s, not counted, because %s", n.Name, n.Why)
		for _, q := range m.later(s) {
			if !q.Batch {
				continue
			}
			word += fmt.Sprintf("; by the estate %s", vcpus(int64(q.VCPUs), q.Family))
		}
		return word
	case word != "":
		if n.Sum.Wanted == 1 {
			word = strings.TrimSuffix(word, "s")
		}
		return fmt.Sprintf("%d %s", n.Sum.Wanted, word) + found(n)
	}
	return vcpus(n.Sum.Wanted, n.Name) + found(n)
}

// hotStores are the stores that count in a quota of their own, with what each
// holds in TiB, and how that quota is read and raised. $r is the region.
// learn.microsoft.com/azure/azure-netapp-files/regional-capacity-quota: 25 TiB of a
// subscription in a region, before a request
var hotStores = []struct {
	typ        arm.Type
	property   string
	tib        int64 // of the property's unit
	what       string
	check, how string
}{
	{"Microsoft.StorageCache/amlFilesystems", "storageCapacityTiB", 1, "Managed Lustre of %d TiB",
		`az rest --method get --url "https://management.azure.com/subscriptions/$i/providers/Microsoft.StorageCache/locations/$r/usages?api-version=2024-03-01" --query "value[].[name.value,currentValue,limit]" --output tsv`,
		"a support request, issue type service and subscription limits, quota type Azure Managed Lustre"},
	{"Microsoft.NetApp/netAppAccounts/capacityPools", "size", 1 << 40, "NetApp Files of %d TiB; a subscription begins with 25",
		`az netappfiles quota-limit list --location $r --subscription $s --query "[].[name,current,default]" --output tsv`,
		"a support request, issue type service and subscription limits, quota type Azure NetApp Files limits, for totalTiBsPerSubscription"},
}

// hotQuota wants room for fast stores, whose quota a snapshot does not keep.
func (m *maker) hotQuota() {
	for _, s := range m.subs {
		for _, h := range hotStores {
			sums := map[string]int64{}
			for _, r := range s.all {
				if r.Type().Equal(h.typ) {
					n, _ := r.Get("properties", h.property).Int()
					sums[r.Location()] += n / h.tib
				}
			}
			for _, region := range slices.Sorted(maps.Keys(sums)) {
				m.of(s, atom{key: "hot-quota", state: NotKnown, what: region + ": " + fmt.Sprintf(h.what, sums[region]), how: h.how, check: strings.ReplaceAll(h.check, "$r", region)})
			}
		}
	}
}

// capacity wants machines reserved for what is of high criticality, where their
// size supports it.
func (m *maker) capacity() {
	type fleet struct{ region, size, zones string }
	for _, s := range m.subs {
		if c := s.Place.Criticality; c != "high" && c != "mission" {
			continue
		}
		sums := map[fleet]int64{}
		for _, r := range s.all {
			size, n, profile := r.Get("sku", "name").Str(), int64(0), r.Get("properties", "virtualMachineProfile")
			switch t := r.Type(); {
			case t.Equal("Microsoft.Compute/virtualMachines"):
				size, n, profile = r.Get("properties", "hardwareProfile", "vmSize").Str(), 1, r.Get("properties")
			case t.Equal("Microsoft.Compute/virtualMachineScaleSets"):
				n, _ = r.Get("sku", "capacity").Int()
			}
			if n > 0 && !strings.EqualFold(profile.Get("priority").Str(), "Spot") {
				sums[fleet{r.Location(), size, strings.Join(r.Get("zones").Strings(), ", ")}] += n
			}
		}
		for _, f := range slices.SortedFunc(maps.Keys(sums), func(a, b fleet) int { return strings.Compare(a.region+a.size+a.zones, b.region+b.size+b.zones) }) {
			m.reserve(s, f.region, f.size, f.zones, sums[f])
		}
	}
}

func (m *maker) reserve(s *sub, region, size, zones string, n int64) {
	what, at := fmt.Sprintf("%d × %s in %s", n, size, region), ""
	if zones != "" {
		what, at = what+", zone "+zones, " --zone "+zones
	}
	if strings.Contains(zones, ",") {
		at = " --zone ZONE"
	}
	a := atom{key: "capacity", state: NotKnown, what: what + ", where the size supports it (the check prints True)",
		check: fmt.Sprintf(`az vm list-skus --location %s --size %s --subscription $s --query "[].capabilities[?name=='CapacityReservationSupported'].value" --output tsv`, region, size),
		how:   fmt.Sprintf("az capacity reservation create --capacity-reservation-group GROUP --name NAME --resource-group RG --subscription $s --sku %s --capacity %d%s", size, n, at)}
	if m.have != nil {
		sku, _ := m.have.Get(s.ID.Resource("Microsoft.Compute/locations/skus", region, size))
		for c := range sku.Get("properties", "capabilities").Items() {
			if c.Get("name").Str() == "CapacityReservationSupported" {
				a.state, a.what = Open, what
				if !strings.EqualFold(c.Get("value").Str(), "True") {
					return // the snapshot says that the size cannot be reserved
				}
			}
		}
		if m.reserved(s, region, size) >= n {
			a.state, a.what = Passed, what
		}
	}
	m.of(s, a)
}

// reserved gives how many machines of a size a subscription has reserved.
func (m *maker) reserved(s *sub, region, size string) (sum int64) {
	for r := range m.have.Range(s.ID) {
		if r.Type().Equal("Microsoft.Compute/capacityReservationGroups/capacityReservations") && strings.EqualFold(r.Location(), region) && strings.EqualFold(r.Get("sku", "name").Str(), size) {
			n, _ := r.Get("sku", "capacity").Int()
			sum += n
		}
	}
	return sum
}
