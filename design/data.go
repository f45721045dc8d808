package design

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"airfield/arm"
	"airfield/catalog"
	"airfield/diag"
	"airfield/estate"
	"airfield/storage"
)

// store is where some data lies.
type store struct {
	name      string // workload/environment/name
	data      estate.Data
	account   *account
	container arm.ID
	share     *share
	linked    bool // a Managed Lustre fills itself from it
	timed     bool // its stall_at_most has been looked at
}

// account is a storage account in the making.
type account struct {
	served
	choice  storage.Account
	network *net  // of the data's own subscription
	rules   arm.A // of its lifecycle policy
	pos     diag.Pos
}

const (
	storageAccounts   = "Microsoft.Storage/storageAccounts"
	storageContainers = "Microsoft.Storage/storageAccounts/blobServices/containers"
)

// nameData names what a place keeps.
func (d *designer) nameData(p *estate.Place) {
	for _, entry := range p.Data {
		name := p.Name() + "/" + entry.Key
		d.data[name] = &store{name: name, data: entry.Value}
	}
}

// placeData makes what a place keeps: an account for each way of keeping data,
// a container for each entry, rules that move it to cooler tiers.
func (d *designer) placeData(p *estate.Place) {
	region := string(d.e.Region("home"))
	for _, entry := range p.Data {
		data, st := entry.Value, d.data[p.Name()+"/"+entry.Key]
		c := cell{place: p, key: key(p), role: dataRole(p, entry.Key), stage: dataStage(data), region: region, life: lifeData}
		s := d.share(c)
		zones := d.zones(region, entry.Pos)
		need := storage.Need{Kind: string(data.Kind), Redundancy: string(data.Redundancy), Lake: data.Layout == estate.Lake,
			Archive: data.Archive > 0 && data.Archive != estate.Never, Production: production(p.Environment), Zones: zones > 1, Pair: d.pair(region), Linked: st.linked}
		d.checkCopies(data, entry.Key, region, need)
		d.checkDays(p, data, entry.Key)
		choice, why := storage.Choose(need)
		st.account, st.share = d.account(s, c, choice, entry.Pos), s
		st.container = st.account.id.Child("blobServices", "default").Child("containers", d.names.fit(storageContainers, slug(entry.Key), "", entry.Pos))
		d.add(st.container, entry.Pos, arm.O{"properties", arm.O{"publicAccess", "None"}})
		d.lifecycle(st, entry.Key)
		d.recall(st, entry.Key)
		d.decide(Decision{About: st.name, Question: "How is it kept?", Answer: choice.Redundancy + ", in an account of kind StorageV2", Because: why.Redundancy + "; " + why.Versioning,
			Rules: []string{"STO-07", "STO-08", "STO-09", "STO-13", "X12"}, Pos: entry.Pos, Changes: "data." + entry.Key + ".redundancy, .layout or .archive"})
	}
}

// pair tells whether a region has a paired region that lies where copies may.
func (d *designer) pair(region string) bool {
	r, ok := catalog.RegionByName(region)
	if !ok || r.Paired == "" {
		return false
	}
	other, ok := catalog.RegionByName(r.Paired)
	return ok && (d.e.Regions.Residency == "" || resides(other, string(d.e.Regions.Residency)))
}

// checkCopies holds the redundancy that the estate asks for against the region.
func (d *designer) checkCopies(data estate.Data, name, region string, need storage.Need) {
	asked := string(data.Redundancy)
	if strings.HasSuffix(asked, "ZRS") && !need.Zones {
		d.found.Errorf(data.Of("redundancy"), "design/copies", "%s for %q: no availability zones are known of in %q", asked, name, region)
	}
	if strings.HasPrefix(asked, "G") && !need.Pair {
		d.found.Errorf(data.Of("redundancy"), "design/copies", "%s for %q: %q has no paired region where regions.residency lets copies lie", asked, name, region)
	}
}

// checkDays wants whole days of what lifecycle rules count in days, and says
// where a job reads what is archived by then.
func (d *designer) checkDays(p *estate.Place, data estate.Data, name string) {
	for _, t := range []struct {
		key  string
		time estate.Duration
	}{{"keep", data.Keep}, {"cool", data.Cool}, {"cold", data.Cold}, {"archive", data.Archive}} {
		if data.Has(t.key) && t.time != estate.Never && (t.time.Days() < 1 || time.Duration(t.time)%(24*time.Hour) != 0) {
			d.found.Errorf(data.Of(t.key), "design/days", "%s of %q is no whole number of days: Blob's rules count days, 1d at the least", t.key, name)
		}
	}
	if data.Archive <= 0 || data.Archive == estate.Never {
		return
	}
	for _, j := range p.Jobs {
		if slices.Contains(j.Value.Reads, name) || j.Value.Hot.From == name {
			d.found.Infof(data.Of("archive"), "design/archived-reads", "job %q reads %q, which is archived %d days after its last change and cannot be read from there without a recall of hours", j.Key, name, data.Archive.Days())
		}
	}
}

// account gives the account of the subscription that keeps data as chosen.
func (d *designer) account(s *share, c cell, choice storage.Account, pos diag.Pos) *account {
	group := d.resourceGroup(s, c)
	for _, a := range s.accounts {
		if a.choice == choice && a.id.ResourceGroupID() == group {
			return a
		}
	}
	a := &account{served: served{region: c.region, parts: []string{"blob"}}, choice: choice, pos: pos, network: d.network(s, c.region, pos)}
	if choice.Lake {
		a.parts = append(a.parts, "dfs")
	}
	a.id = group.Resource(storageAccounts, d.names.salted(storageAccounts, d.tokens(s, choice.Purpose, c.region, ""), "/"+group.Name()+"/"+choice.Redundancy))
	s.accounts = append(s.accounts, a)
	sku := "Standard_" + choice.Redundancy
	s.sub.stores(sku)
	properties := append(arm.O{"accessTier", "Hot"}, closed(choice.Linked)...)
	if choice.Lake {
		properties = append(properties, "isHnsEnabled", true)
	}
	d.put(s, a.id, c.region, pos, arm.O{"kind", "StorageV2", "sku", arm.O{"name", sku}, "properties", properties})
	keep := 7
	if production(c.place.Environment) {
		keep = 30
	}
	for _, entry := range c.place.Data { // no longer than the data itself
		if k := entry.Value.Keep; k > 0 && k != estate.Never {
			keep = max(1, min(keep, k.Days()))
		}
	}
	retention := arm.O{"enabled", true, "days", keep}
	service := arm.O{"deleteRetentionPolicy", retention, "containerDeleteRetentionPolicy", retention}
	if !choice.Lake {
		service = append(service, "isVersioningEnabled", choice.Versioning)
	}
	d.add(a.id.Child("blobServices", "default"), pos, arm.O{"properties", service})
	d.privateEndpoint(a.network, &a.served, pos)
	if choice.Linked {
		d.lendKeys(a, s)
	}
	return a
}

// closed are the properties of a storage account that only private endpoints
// lead to.
func closed(keys bool) arm.O {
	return arm.O{"allowBlobPublicAccess", false, "allowSharedKeyAccess", keys, "allowCrossTenantReplication", false,
		"minimumTlsVersion", "TLS1_2", "supportsHttpsTrafficOnly", true, "publicNetworkAccess", "Disabled",
		"networkAcls", arm.O{"bypass", "AzureServices", "defaultAction", "Deny"}}
}

// stores notes a SKU of storage accounts that a subscription uses.
func (s *subscription) stores(sku string) {
	if !slices.Contains(s.skus, sku) {
		s.skus = append(s.skus, sku)
	}
}

// lifecycle adds the rule that moves an entry's data to cooler tiers.
func (d *designer) lifecycle(st *store, name string) {
	t := storage.DefaultTiers(string(st.data.Kind))
	if st.data.Has("cool") || st.data.Has("cold") || st.data.Has("archive") {
		t = storage.Tiers{}
	}
	set := func(to *int, from estate.Duration) {
		if from == estate.Never {
			*to = 0
		} else if from > 0 {
			*to = from.Days()
		}
	}
	set(&t.Cool, st.data.Cool)
	set(&t.Cold, st.data.Cold)
	set(&t.Archive, st.data.Archive)
	set(&t.Delete, st.data.Keep)
	if t.Delete > 0 && !st.data.Has("cool") && !st.data.Has("cold") {
		t = t.Before(t.Delete)
	}
	base := arm.O{}
	for _, step := range []struct {
		action string
		days   int
	}{{"tierToCool", t.Cool}, {"tierToCold", t.Cold}, {"tierToArchive", t.Archive}, {"delete", t.Delete}} {
		if step.days > 0 {
			when := arm.O{"daysAfterModificationGreaterThan", step.days}
			if step.action == "tierToArchive" && recalled(st.data) {
				when = append(when, "daysAfterLastTierChangeGreaterThan", recallDays)
			}
			base = append(base, step.action, when)
		}
	}
	actions := arm.O{}
	if len(base) > 0 {
		actions = append(actions, "baseBlob", base)
	}
	if st.account.choice.Versioning {
		old := 90
		if t.Delete > 0 {
			old = min(old, t.Delete)
		}
		actions = append(actions, "version", arm.O{"delete", arm.O{"daysAfterCreationGreaterThan", old}})
	}
	if len(actions) == 0 {
		return
	}
	prefix := st.container.Name() + "/"
	st.account.rules = append(st.account.rules, arm.O{"name", slug(name), "enabled", true, "type", "Lifecycle", "definition", arm.O{
		"filters", arm.O{"blobTypes", []string{"blockBlob"}, "prefixMatch", []string{prefix}}, "actions", actions}})
	d.decide(Decision{About: st.name, Question: "When does it move to cooler tiers?", Answer: tierWords(t), Because: tierReason(st.data),
		Rules: []string{"STO-06", "STO-07", "STO-D2"}, Pos: st.data.Pos(), Changes: "data." + name + ".cool, .cold, .archive, .keep"})
}

// recallDays are the days for which what was recalled stays before the rule
// archives it again: a recall does not change when a blob was modified. The
// number is our judgement.
const recallDays = 7

// recalled tells whether data is to be back from Archive within a time.
func recalled(data estate.Data) bool {
	return data.RecallWithin > 0 && data.RecallWithin != estate.Never && data.Archive > 0 && data.Archive != estate.Never
}

// recall says how archived data is back in time; that it can be, the estate's own
// check has looked at.
func (d *designer) recall(st *store, name string) {
	if !recalled(st.data) {
		return
	}
	high := "high priority may take under 1 h for an object below 10 GB, which Azure promises for none, and costs more"
	if gib := st.data.Size.GiB(); gib > 10 {
		high += fmt.Sprintf("; an account recalls 10 GiB an hour by it, as an older page has it, so that all %s would take %.0f days", st.data.Size, gib/10/24)
	}
	d.decide(Decision{About: st.name, Question: "Is it back from Archive in time?", Answer: fmt.Sprintf("yes, at standard priority: up to 15 h, and recall_within is %s; it then stays for %d days", st.data.RecallWithin, recallDays),
		Because:      "who needs it asks blob by blob (az storage blob set-tier --tier Hot --rehydrate-priority Standard), which takes up to 15 h, longer for very many small blobs; the rule would archive what is recalled again the next day, but for the days after a change of tier",
		Alternatives: []Alternative{{"high priority", high}, {"Cold instead of Archive", "it is read at once, and its room costs more"}},
		Rules:        []string{"STO-07"}, Pages: []string{"https://learn.microsoft.com/azure/storage/blobs/archive-rehydrate-overview"}, Pos: st.data.Of("recall_within"), Changes: "data." + name + ".recall_within, .archive"})
}

func tierWords(t storage.Tiers) string {
	var words []string
	for _, step := range []struct {
		to   string
		days int
	}{{"Cool", t.Cool}, {"Cold", t.Cold}, {"Archive", t.Archive}, {"deleted", t.Delete}} {
		if step.days > 0 {
			words = append(words, fmt.Sprintf("%s after %d days", step.to, step.days))
		}
	}
	return cmp.Or(strings.Join(words, ", "), "never: it stays in the Hot tier")
}

func tierReason(data estate.Data) string {
	if data.Has("cool") || data.Has("cold") || data.Has("archive") {
		return "the estate says so"
	}
	if data.Kind == estate.Models || data.Kind == estate.Checkpoints {
		return string(data.Kind) + " are read at once when they are read; old versions are deleted"
	}
	return "inactive data costs less there; Archive is only taken when it is asked for, since it takes hours to read from"
}

// finishData writes the lifecycle policies, which hold the rules of all
// entries of an account.
func (d *designer) finishData() {
	for _, s := range d.shares() {
		for _, a := range s.accounts {
			if a.rules != nil {
				d.add(a.id.Child("managementPolicies", "default"), a.pos, arm.O{"properties", arm.O{"policy", arm.O{"rules", a.rules}}})
			}
		}
	}
}

// find gives the store that a job or service of a place means by a name: its
// own, or another workload's as in atlas/models, in the environment of the
// same name, else in that workload's last.
func (d *designer) find(p *estate.Place, name string) *store {
	workload, rest, other := strings.Cut(name, "/")
	if !other {
		return d.data[p.Name()+"/"+name]
	}
	if st := d.data[workload+"/"+p.Environment+"/"+rest]; st != nil {
		return st
	}
	var last *store
	for _, q := range d.e.Places() {
		if q.Workload == workload {
			last = cmp.Or(d.data[q.Name()+"/"+rest], last)
		}
	}
	return last
}

// use lets an identity in a network read or write some data, and records that.
func (d *designer) use(n *net, who string, i *identity, name, verb string, pos diag.Pos) {
	st := d.find(n.share.place, name)
	if st == nil {
		return // the estate's own check has said so
	}
	d.privateEndpoint(n, &st.account.served, pos)
	from, class := st.share.place.Connects, st.share.place.DataClass
	if to := n.share.place.Connects; to != from && (to == estate.Sandbox || strings.HasSuffix(string(class), "confidential")) && d.once("crosses "+n.share.place.Name()+st.name) {
		d.found.Warnf(pos, "design/data-crosses", "%q (%s) %s %q of %s with data_class %s: it gets an endpoint and a role there", n.share.place.Name(), to, verb, st.name, from, class)
	}
	if n.region != st.account.region && d.once("far "+string(n.id)+st.name) {
		d.leave(who, "a copy of "+st.name+" in "+n.region, "it "+verb+" across regions, from "+st.account.region+", which costs time and transfer, and stops with that region; object replication is not designed: the second of its two policies is named by an id that Azure gives the first (az storage account or-policy create)", pos)
	}
	roleName := "Storage Blob Data Reader"
	if verb == "writes" {
		roleName = "Storage Blob Data Contributor"
	}
	d.grant(i, roleName, st.container, pos)
	d.edges = append(d.edges, Edge{who, verb, st.name, pos})
}

// readers lets the workloads that data names as its readers read it.
func (d *designer) readers() {
	places := d.e.Places()
	for i := range places {
		p := &places[i]
		for _, entry := range p.Data {
			for _, reader := range entry.Value.ReadBy {
				for _, s := range d.shares() {
					if s.place.Workload != reader || d.find(s.place, p.Workload+"/"+entry.Key) != d.data[p.Name()+"/"+entry.Key] {
						continue
					}
					for _, r := range []role{training, inference} {
						if id, ok := s.identities[r]; ok {
							for _, n := range s.networks {
								d.use(n, s.sub.key, id, p.Workload+"/"+entry.Key, "reads", entry.Value.Of("read_by"))
							}
						}
					}
				}
			}
		}
	}
}
