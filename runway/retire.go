package runway

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"airfield/arm"
	"airfield/catalog"
	"airfield/estate"
	"airfield/source"
)

// Retirement is the way out of one workload.
type Retirement struct {
	Workload string `json:"workload"`
	Ends     string `json:"ends"`
	Kept     []Kept `json:"kept,omitempty"`
	Steps    []Step `json:"steps"` // by date, those without one last
}

// Kept is data that outlives its workload. Nothing here deletes it.
type Kept struct {
	Data  string `json:"data"`
	Where string `json:"where"`
	Until string `json:"until,omitempty"` // the first day on which nothing must be there any more; "" where none is known
	Why   string `json:"why"`
}

// Step is what is done on a day.
type Step struct {
	On    string `json:"on,omitempty"` // "" where no day is known
	What  string `json:"what"`
	Why   string `json:"why"`
	Who   string `json:"who"`
	Check string `json:"check,omitempty"`
	How   string `json:"how,omitempty"`
}

// exit is a retirement in the making.
type exit struct {
	m     *maker
	key   string
	w     estate.Workload
	end   time.Time
	subs  []*sub
	refs  []string
	times map[string]catalog.RetireTime
	Retirement
}

// retire gives the way out of each workload that ends.
func (m *maker) retire() (all []Retirement) {
	for _, w := range m.e.Workloads {
		if w.Value.Ends.IsZero() {
			continue
		}
		x := &exit{m: m, key: w.Key, w: w.Value, end: w.Value.Ends.Time, times: catalog.RetireTimes(), Retirement: Retirement{Workload: w.Key, Ends: w.Value.Ends.String()}}
		for _, s := range m.subs {
			if s.Place.Workload == w.Key {
				x.subs, x.refs = append(x.subs, s), append(x.refs, s.ref)
			}
		}
		x.readers()
		x.stop()
		x.keep()
		x.close()
		all = append(all, x.Retirement)
	}
	return all
}

// step adds what is done some days after the end.
func (x *exit) step(key, what, check, how string) {
	t := x.times[key]
	x.Steps = append(x.Steps, Step{On: x.end.AddDate(0, 0, t.Days).Format(time.DateOnly), What: what, Why: t.Reason, Who: x.m.whoRetires(t.Who, x.key), Check: expand(check, x.refs), How: expand(how, x.refs)})
}

// whoRetires says who takes a step.
func (m *maker) whoRetires(who, workload string) string {
	if who == "platform" {
		return "platform team, " + m.e.Organization.Owner
	}
	return m.who("compute", []string{workload})
}

// readers finds what others read and is to go: it needs another place first.
func (x *exit) readers() {
	read := map[string][]string{}
	add := func(p estate.Place, name string) {
		workload, data, other := strings.Cut(name, "/")
		ends := p.Of.Ends.Time
		if !other || workload != x.key || p.Workload == x.key || !ends.IsZero() && !ends.After(x.end) || slices.Contains(read[data], p.Workload) {
			return
		}
		read[data] = append(read[data], p.Workload)
	}
	for _, p := range x.m.e.Places() {
		for _, d := range p.Data {
			add(p, d.Value.ComesFrom)
		}
		for _, j := range p.Jobs {
			for _, name := range append(slices.Clone(j.Value.Reads), j.Value.Hot.From) {
				add(p, name)
			}
		}
		for _, s := range p.Services {
			for _, name := range append(slices.Clone(s.Value.Reads), s.Value.Model.Weights) {
				add(p, name)
			}
		}
	}
	for _, d := range x.data() {
		for _, reader := range d.Value.ReadBy {
			for _, p := range x.m.e.Places() {
				if p.Workload == reader {
					add(p, x.key+"/"+d.Key)
				}
			}
		}
		if by := read[d.Key]; len(by) > 0 {
			x.m.found.Warnf(x.w.Of("ends"), "runway/still-read", "%q ends on %s, and its data %q is still read by %s: it needs another place before", x.key, x.Ends, d.Key, strings.Join(by, ", "))
			x.Steps = append(x.Steps, Step{On: x.Ends, What: fmt.Sprintf("%s has another place, where %s read%s it", d.Key, strings.Join(by, ", "), map[bool]string{true: "s"}[len(by) == 1]), Why: "they go on when the workload has ended", Who: x.m.whoRetires("workload", x.key), How: "azcopy copy to an account of theirs; then change reads, weights or comes_from in the estate"})
		}
	}
}

// data gives what the workload keeps, in any environment.
func (x *exit) data() (all source.Keyed[estate.Data]) {
	for _, p := range x.m.e.Places() {
		for _, d := range p.Data {
			if p.Workload == x.key && !slices.Contains(all.Keys(), d.Key) {
				all = append(all, d)
			}
		}
	}
	return all
}

// stop ends what runs, exports what fast stores hold, and takes access away.
func (x *exit) stop() {
	x.step("stop", "the last job; scale sets and pools to 0, machines deallocated", `az resource list --subscription $s --query "[?starts_with(type,'Microsoft.Compute/virtualMachine') || starts_with(type,'Microsoft.Batch') || starts_with(type,'Microsoft.ContainerService')].[type,name]" --output tsv`, "each by name: az vmss scale --new-capacity 0, az vm deallocate, az batch pool resize, az aks nodepool scale")
	var stores []string
	assignments := 0
	for _, s := range x.subs {
		for _, r := range s.all {
			switch t := r.Type(); {
			case isStore(t):
				stores = append(stores, r.ID.Name())
			case t.Equal("Microsoft.Authorization/roleAssignments"):
				assignments++
			}
		}
	}
	if len(stores) > 0 {
		x.step("export", "what is on "+strings.Join(stores, ", ")+" is exported to Blob, and compared with it", `az resource list --subscription $s --query "[?type=='Microsoft.StorageCache/amlFilesystems' || type=='Microsoft.NetApp/netAppAccounts/capacityPools/volumes' || kind=='FileStorage'].name" --output tsv`, "an export of a Managed Lustre (az amlfs archive), azcopy sync from where another is mounted; then azcopy sync --dry-run shows nothing left")
	}
	x.step("access", fmt.Sprintf("access is taken away but for those who read what is kept: %d role assignments, and the federated credentials of identities", assignments),
		`az role assignment list --all --subscription $s --query "[].[principalName,roleDefinitionName,scope]" --output tsv; az identity list --subscription $s --query "[].id" --output tsv`, "by id: az role assignment delete --ids, az identity federated-credential delete; deploying again would start what was stopped")
}

// keep says what is kept where, and until when.
func (x *exit) keep() {
	for _, p := range x.m.e.Places() {
		if p.Workload != x.key {
			continue
		}
		for _, entry := range p.Data {
			d := entry.Value
			k := Kept{Data: p.Name() + "/" + entry.Key, Where: x.where(p, entry)}
			switch {
			case d.Keep == estate.Never:
				k.Why = "keep: never, so that nothing deletes it"
			case d.Keep == 0:
				k.Why = "no keep: is written, so that nothing deletes it"
			default:
				k.Until, k.Why = x.end.AddDate(0, 0, 1+d.Keep.Days()).Format(time.DateOnly), fmt.Sprintf("keep: %s, from the last change, which may be on the last day; the account's lifecycle rule deletes it then", d.Keep)
			}
			x.held(&k, p, entry.Key)
			x.Kept = append(x.Kept, k)
		}
	}
}

// containers gives the containers of some data that are known, of a place.
func (x *exit) containers(p estate.Place, key string) (all []arm.ID) {
	for _, s := range x.subs {
		if !slices.Contains(s.Environments, p.Environment) {
			continue
		}
		for _, r := range s.all {
			if r.Type().Equal("Microsoft.Storage/storageAccounts/blobServices/containers") && r.ID.Name() == key {
				all = append(all, r.ID)
			}
		}
	}
	return all
}

// where names the account of some data, and the tier that it comes to rest in.
func (x *exit) where(p estate.Place, entry source.Entry[estate.Data]) string {
	var accounts []string
	for _, id := range x.containers(p, entry.Key) {
		accounts = append(accounts, id.Parent().Parent().Name())
	}
	tier := "its tier"
	for _, t := range []struct {
		name string
		when estate.Duration
	}{{"Archive", entry.Value.Archive}, {"Cold", entry.Value.Cold}, {"Cool", entry.Value.Cool}} {
		if t.when > 0 && t.when != estate.Never {
			tier = fmt.Sprintf("%s from %s after its last change", t.name, t.when)
			break
		}
	}
	return cmp.Or(strings.Join(accounts, ", "), "not designed") + ", " + tier
}

// held lets legal holds and immutability that the snapshot shows lengthen what is
// kept.
func (x *exit) held(k *Kept, p estate.Place, key string) {
	if x.m.have == nil {
		return
	}
	for _, id := range x.containers(p, key) {
		r, _ := x.m.have.Get(id)
		if r.Get("properties", "hasLegalHold").True() {
			k.Until, k.Why = "", "a legal hold lies on it"
		}
		if days, ok := r.Get("properties", "immutabilityPolicy", "properties", "immutabilityPeriodSinceCreationInDays").Int(); ok && k.Until != "" {
			if until := x.end.AddDate(0, 0, 1+int(min(days, 400*366))).Format(time.DateOnly); until > k.Until {
				k.Until, k.Why = until, fmt.Sprintf("an immutability policy of %d days", days)
			}
		}
	}
}

// last gives the day on which nothing is kept any more, and what is kept without
// a day.
func (x *exit) last() (day time.Time, endless []string) {
	day = x.end.AddDate(0, 0, x.times["move"].Days)
	for _, k := range x.Kept {
		until, err := time.Parse(time.DateOnly, k.Until)
		if err != nil {
			endless = append(endless, k.Data)
		} else if until.After(day) {
			day = until
		}
	}
	return day, endless
}

// close deletes what is no data, moves the subscriptions aside, and cancels them
// when nothing in them is kept any more.
func (x *exit) close() {
	what := "machines, clusters, load balancers and fast stores are deleted, and no account that keeps data"
	lifted, stay := x.locks()
	if len(lifted) > 0 {
		what += "; their locks are lifted: " + strings.Join(lifted, ", ")
	}
	if len(stay) > 0 {
		what += "; these stay with the data: " + strings.Join(stay, ", ")
	}
	x.step("delete", what+"; budgets are lowered to what storage costs", `az lock list --subscription $s --query "[].[name,level,id]" --output tsv`, "by id: az lock delete --ids for the locks on it, one of the whole subscription being put on the accounts first, then az resource delete --ids; not by taking jobs out of the estate, since a design without them may put the data into other accounts")
	platform := x.m.e.Platform
	how := "platform request: move the subscription below " + platform.Groups.Decommissioned
	if platform.Groups.Decommissioned == "" {
		how = "platform request: its group of decommissioned subscriptions is not named in platform.groups.decommissioned"
	}
	if !platform.Standalone {
		x.step("move", "subscriptions move to the decommissioned group", `az account management-group entities list --query "[?name=='$i'].parentNameChain" --output tsv`, how)
	}
	day, endless := x.last()
	cancel := Step{On: day.Format(time.DateOnly), What: "subscriptions are cancelled, and their budgets end with them: " + strings.Join(x.named(), ", "), Who: x.m.whoRetires("workload", x.key),
		Why:   "nothing in them is kept any more; what is cancelled is read-only, and deleted within 30 to 90 days",
		Check: expand(x.holds(), x.refs), How: expand("az account subscription cancel --subscription-id $i", x.refs)}
	gone := Step{On: day.AddDate(0, 0, keptDays()).Format(time.DateOnly), What: "Azure has deleted the subscriptions; only then is the workload taken out of the estate", Who: cancel.Who,
		Why: fmt.Sprintf("until then they can be had back by a support request; Azure deletes them %d days after the cancellation", keptDays()), Check: `az account list --all --query "[].[name,state]" --output tsv`}
	if len(endless) > 0 {
		cancel.On, gone.On, cancel.How = "", "", "not before each of "+strings.Join(endless, ", ")+" has another place or a day until which it is kept; then "+cancel.How
	}
	x.Steps = append(x.Steps, cancel, gone)
	slices.SortStableFunc(x.Steps, func(a, b Step) int {
		return cmp.Or(cmp.Compare(b2i(a.On == ""), b2i(b.On == "")), cmp.Compare(a.On, b.On))
	})
}

// keptDays is how long a cancelled subscription is kept.
func keptDays() int {
	limit, _ := catalog.LimitOf("subscription-kept-days")
	return int(limit.Max)
}

// named names the subscriptions, those that existed before with a word.
func (x *exit) named() (all []string) {
	for _, s := range x.subs {
		name := s.Name
		if s.Adopted {
			name += " (existed before: only if nothing else is in it)"
		}
		all = append(all, name)
	}
	return all
}

// locks gives the locks that the design and the snapshot know of: those to be
// lifted, and those on accounts that keep data, or on their groups.
func (x *exit) locks() (lifted, stay []string) {
	keeps := map[arm.ID]bool{}
	var ids []arm.ID
	for _, s := range x.subs {
		var all []arm.ID
		for _, r := range s.all {
			all = append(all, r.ID)
		}
		if x.m.have != nil {
			all = slices.AppendSeq(all, x.m.have.IDs(s.ID))
		}
		for _, id := range all {
			switch t := id.Type(); {
			case t.Equal("Microsoft.Storage/storageAccounts"):
				keeps[id.Fold()], keeps[id.ResourceGroupID().Fold()] = true, true
			case t.Equal("Microsoft.Authorization/locks") && !slices.ContainsFunc(ids, id.Equal):
				ids = append(ids, id)
			}
		}
	}
	for _, id := range ids {
		on := id.Scope()
		word := id.Name() + " on " + on.Name()
		for on != arm.Tenant && !keeps[on.Fold()] && on != on.SubscriptionID() && on != on.ResourceGroupID() {
			on = on.Parent() // of a container, its account
		}
		if keeps[on.Fold()] && !(on == on.ResourceGroupID() && id.Scope() != on) {
			stay = append(stay, word)
		} else {
			lifted = append(lifted, word)
		}
	}
	return lifted, stay
}

// holds gives the command that shows what still must not go: accounts with their
// legal holds and immutability.
func (x *exit) holds() string {
	return `for a in $(az storage account list --subscription $s --query "[].id" --output tsv); do az storage container-rm list --storage-account $a --query "[].[name,hasLegalHold,hasImmutabilityPolicy]" --output tsv; done`
}
