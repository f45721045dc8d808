package design

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"airfield/arm"
	"airfield/compute"
	"airfield/estate"
	"airfield/storage"
)

// hot is where a job works on its data. A file system lies in front of Blob
// where the job asks for one (hot), or where Blob does not take a checkpoint
// within its stall_at_most.
type hot struct {
	storage.Hot
	demand storage.Demand
	passed []storage.Passed
	why    []string // of the demand
	from   *store   // what it is filled from; nil for none
	link   *store   // what a Managed Lustre fills itself from, and exports to; nil for none
	timed  []*store // the checkpoints that it takes
}

const (
	lustreFiles  = "Microsoft.StorageCache/amlFilesystems"
	lustreExport = "Microsoft.StorageCache/amlFilesystems/autoExportJobs"
	lustreLogs   = "lustre-logs"
)

// planHot chooses the store that each job of a place works on. It comes before
// data is placed: what a Managed Lustre is linked to lies in an account of its
// own (guidance STO-03).
func (d *designer) planHot(p *estate.Place) {
	for _, entry := range p.Jobs {
		about, j := p.Name()+"/"+entry.Key, entry.Value
		h := d.asked(p, about, j)
		if !h.demand.Files && h.timed == nil {
			continue
		}
		h.Hot, h.passed = storage.Fast(h.demand)
		if !d.keepHot(h, about, strings.Join([]string{key(p), p.Environment, entry.Key}, "/"), j) {
			continue
		}
		d.hots[about] = h
		h.from = d.find(p, j.Hot.From)
		if h.Kind != storage.Lustre || d.zones(h.demand.Region, j.Pos()) == 0 {
			continue
		}
		if h.link = h.from; j.Hot.From == "" && len(h.timed) > 0 {
			h.link = h.timed[0]
		}
		if h.link != nil {
			h.link.linked = true
		}
	}
}

// asked gives what a job asks of the store that it works on: by hot, and by the
// checkpoints that it writes.
func (d *designer) asked(p *estate.Place, about string, j estate.Job) *hot {
	room := j.Hot.Size
	if from := d.find(p, j.Hot.From); room == 0 && from != nil {
		room = from.data.Size
	}
	h := &hot{demand: storage.Demand{Region: string(d.e.Region(j.Region)), Files: room > 0, GiB: room.GiB(), MBps: float64(j.Hot.Read) / 8e6}}
	if room > 0 {
		h.why = append(h.why, "the job asks for files of "+room.String())
	} else if j.Hot.Read > 0 || j.Hot.From != "" {
		d.leave(about, "the fast store of the job", "how much it holds is not known: hot.size tells, or the size of the data that it is filled from", j.Of("hot"))
	}
	if j.Hot.Read > 0 {
		h.why = append(h.why, "it reads "+storage.Rate(h.demand.MBps))
	}
	for _, name := range writes(p, j) {
		if st := d.find(p, name); st != nil && st.data.StallAtMost > 0 && st.data.StallAtMost != estate.Never {
			d.checkpoint(h, st, j)
		}
	}
	return h
}

// writes gives the data that a job writes: where it says of none, all of its
// workload's that is no dataset.
func writes(p *estate.Place, j estate.Job) []string {
	if len(j.Reads)+len(j.Writes) > 0 {
		return j.Writes
	}
	var all []string
	for _, own := range p.Data {
		if own.Value.Kind != estate.Dataset {
			all = append(all, own.Key)
		}
	}
	return all
}

// checkpoint adds what writing a checkpoint in time asks of the store: its
// bytes in the time that the job may wait, and room for two.
func (d *designer) checkpoint(h *hot, st *store, j estate.Job) {
	st.timed = true
	parameters := int64(0)
	if (j.Kind == estate.Pretrain || j.Kind == estate.Finetune) && !strings.HasSuffix(string(j.Method), "lora") { // adapters are small
		parameters = compute.Parameters(j.Model)
	}
	bytes, how := storage.Checkpoint(parameters, int64(st.data.Size), st.data.KeepLast)
	if bytes == 0 {
		d.leave(st.name, "whether it takes a checkpoint within its stall_at_most", "how large one is, is not known: size with keep_last tells, or the job's model", st.data.Of("stall_at_most"))
		return
	}
	rate := float64(bytes) / 1e6 / time.Duration(st.data.StallAtMost).Seconds()
	h.demand.GiB += 2 * float64(bytes) / (1 << 30)
	h.demand.MBps = max(h.demand.MBps, rate)
	h.why = append(h.why, fmt.Sprintf("a checkpoint is %s (%s), and in %s that is %s", estate.Size(bytes), how, st.data.StallAtMost, storage.Rate(rate)))
	h.timed = append(h.timed, st)
}

// keepHot takes the store that an earlier design chose, where it still does: a
// file system's SKU and size are fixed when it is made, a volume and a share grow.
func (d *designer) keepHot(h *hot, about, key string, j estate.Job) bool {
	if locked, ok := d.lock.get("hot", key); ok {
		kept, _ := storage.ParseHot(locked, h.demand.Region) // ReadLock has looked at it
		grown, grows := kept.Grown(h.demand)
		switch {
		case kept.Holds(h.demand) && kept != h.Hot:
			d.found.Infof(j.Pos(), "design/lock-differs", "estate.lock keeps %s for %q; what is needed now would be %s: `--update %s` takes it", kept, about, h.Hot, key)
		case kept.Holds(h.demand):
		case grows:
			kept = grown
		default:
			d.found.Errorf(j.Pos(), "design/lock-unfit", "estate.lock has %s for %q, which wants %.0f TiB and %s; `--update %s` chooses again", kept, about, h.demand.GiB/1024, storage.Rate(h.demand.MBps), key)
			return false
		}
		h.Hot = kept
	}
	if h.TiB > 0 {
		d.lock.put("hot", key, h.SKU+" "+strconv.FormatInt(h.TiB, 10))
	}
	return true
}

// workOn makes the store that a job works on, and says why it is that one.
func (d *designer) workOn(n *nodes, j estate.Job) {
	h := d.hots[n.about]
	if h == nil {
		return
	}
	pos := or(j.Of("hot"), n.pos)
	answer, others := h.String(), []Alternative(nil)
	for _, p := range h.passed {
		others = append(others, Alternative{p.Store, p.Why})
	}
	others = append(others, Alternative{localDisks(n), "what lies there is gone with its node, and no other node sees it; good for scratch, and for a first copy of a checkpoint"})
	switch {
	case h.Kind == "":
		answer = "not designed"
		d.leave(n.about, "a store of "+storage.Rate(h.demand.MBps), "none that is known of does this in "+h.demand.Region+": the decision lists each", pos)
	case h.Kind == storage.Lustre && n.zones == nil:
		answer += ", not designed"
		d.leave(n.about, h.String(), "a file system lies in the zone of its nodes, and the region has none that are known of", pos)
	case h.Kind == storage.Lustre:
		answer += " in zone " + n.zones[0]
		d.lustre(n, h)
	case h.Kind == storage.NetApp:
		answer += pick(n.zones != nil, " in zone "+strings.Join(n.zones, ", "), "")
		d.netApp(n, h)
	case h.Kind == storage.PremiumFiles:
		d.fileShare(n, h)
		others = append(others, Alternative{"Premium_ZRS", "it outlives a zone and costs a quarter more; what lies on it is in Blob too, and which regions sell it is not known"})
	}
	d.decide(Decision{About: n.about, Question: "What does it work on?", Answer: answer, Because: strings.Join(h.why, "; "), Alternatives: others,
		Rules: []string{"STO-D1", "STO-D3", "STO-02", "STO-14", "X6"}, Pos: pos, Changes: "hot, or stall_at_most, size and keep_last of its checkpoints"})
	if most := float64(n.count*n.size.NetworkMbps) / 8; most > 0 && most < h.demand.MBps {
		d.found.Warnf(pos, "design/node-rate", "%q wants %s of its store, and %s of %q carry %s at the most: more nodes, or a longer stall_at_most", n.about, storage.Rate(h.demand.MBps), plural(n.count, "node"), n.size.Name, storage.Rate(most))
	}
}

func localDisks(n *nodes) string {
	if n.size.NVMeGiB == 0 {
		return "disks of the nodes"
	}
	return fmt.Sprintf("NVMe disks of the nodes, %d GiB each", n.size.NVMeGiB)
}

// lustre makes a Managed Lustre file system in the zone of its nodes, in a
// subnet of its own, beside the data of the job.
func (d *designer) lustre(n *nodes, h *hot) {
	net := d.network(n.share, n.cell.region, n.pos)
	bits, _ := storage.LustreSubnet(h.TiB)
	sn := d.subnet(net, "lustre-"+n.purpose, 1<<(31-bits))
	sn.bits, sn.rules = bits, lustreRules
	c := n.cell
	c.life = lifeData
	properties := arm.O{"storageCapacityTiB", h.TiB, "filesystemSubnet", arm.IDOf(sn.id), "maintenanceWindow", arm.O{"dayOfWeek", "Sunday", "timeOfDayUTC", "02:00"}}
	if h.link != nil {
		logs := h.link.account.id.Child("blobServices", "default").Child("containers", lustreLogs)
		if d.once(string(logs)) {
			d.add(logs, h.link.data.Pos(), arm.O{"properties", arm.O{"publicAccess", "None"}})
		}
		properties = append(properties, "hsm", arm.O{"settings", arm.O{"container", arm.IDOf(h.link.container), "loggingContainer", arm.IDOf(logs)}})
	}
	id := d.resourceGroup(n.share, c).Resource(lustreFiles, d.names.name(lustreFiles, "", d.tokens(n.share, n.purpose, c.region, "001")))
	d.put(n.share, id, c.region, n.pos, arm.O{"sku", arm.O{"name", h.SKU}, "zones", n.zones, "properties", properties})
	d.move(n, h, id)
	d.lustreOpen(n, h, net)
}

// lustreRules let Lustre's own traffic and Azure's services through, whatever
// else closes the subnet; hosts of the file system talk by the default rules.
// learn.microsoft.com/azure/azure-managed-lustre/amlfs-prerequisites#subnet-access-and-permissions
var lustreRules = arm.A{
	arm.O{"name", "allow-lustre-in", "properties", arm.O{"priority", 110, "direction", "Inbound", "access", "Allow", "protocol", "Tcp",
		"sourceAddressPrefix", "VirtualNetwork", "sourcePortRange", "*", "destinationAddressPrefix", "VirtualNetwork", "destinationPortRanges", []string{"988", "1019-1023"}}},
	arm.O{"name", "allow-lustre-out", "properties", arm.O{"priority", 110, "direction", "Outbound", "access", "Allow", "protocol", "Tcp",
		"sourceAddressPrefix", "VirtualNetwork", "sourcePortRange", "*", "destinationAddressPrefix", "VirtualNetwork", "destinationPortRanges", []string{"988", "1019-1023"}}},
	arm.O{"name", "allow-azure-out", "properties", arm.O{"priority", 120, "direction", "Outbound", "access", "Allow", "protocol", "*",
		"sourceAddressPrefix", "VirtualNetwork", "sourcePortRange", "*", "destinationAddressPrefix", "AzureCloud", "destinationPortRange", "*"}},
}

// move makes what moves data between a file system and Blob, and says what
// nothing moves: a Managed Lustre has one container linked, and exports to it
// where the job writes to it; all else the job copies.
func (d *designer) move(n *nodes, h *hot, id arm.ID) {
	var does []string
	alone := pick(h.link == nil, "it neither fills itself from Blob nor copies to it", "a file system is linked to one container")
	if filled := cmp.Or(h.link, h.from); filled != nil {
		d.edges = append(d.edges, Edge{id.Name(), "reads", filled.name, n.pos})
	}
	switch {
	case h.link != nil:
		does = append(does, "it fills itself from "+h.link.name+" as files are read")
	case h.from != nil:
		does = append(does, "the job's prologue copies "+h.from.name+" to it")
		d.leave(n.about, "copying "+h.from.name+" to the file system", alone+"; in the job's prologue: azcopy login --identity, then azcopy sync "+h.from.url()+" MOUNT/"+h.from.container.Name(), n.pos)
	}
	if slices.Contains(h.timed, h.link) {
		does = append(does, "new files go to "+h.link.name+" by themselves, 7.5 GB/s at the most")
		d.put(n.share, id.Child("autoExportJobs", d.names.fit(lustreExport, slug(n.purpose), "", n.pos)), n.cell.region, n.pos, arm.O{"properties", arm.O{"adminStatus", "Enable", "autoExportPrefixes", []string{"/"}}})
		d.edges = append(d.edges, Edge{id.Name(), "writes", h.link.name, n.pos})
		d.leave(h.link.name, "what was deleted or renamed on "+id.Name(), "an export takes neither along: the job deletes both, or data."+h.link.container.Name()+".keep lets Blob do it", n.pos)
	}
	for _, st := range h.timed {
		if st != h.link {
			does = append(does, "the job's epilogue copies new checkpoints to "+st.name)
			d.leave(n.about, "copying checkpoints to "+st.name, alone+"; in the job's epilogue: azcopy login --identity, then azcopy sync MOUNT/"+st.container.Name()+" "+st.url(), n.pos)
		}
	}
	if does == nil {
		does = []string{"nothing: the job copies, as hot names no data that it is filled from"}
	}
	d.decide(Decision{About: n.about, Question: "What moves data between the file system and Blob?", Answer: strings.Join(does, "; "),
		Because:      "what is on a file system must be in Blob before the file system may go, and " + pick(h.link == nil, alone, "one link is all it has, given when it is made"),
		Alternatives: []Alternative{{"the job reads and writes Blob by itself", "nodes wait for it: the file system is there so that they do not"}},
		Rules:        []string{"STO-03", "STO-04", "STO-D2"}, Pos: n.pos, Changes: "hot.from"})
}

// url gives the address of a store's container.
func (st *store) url() string {
	return "https://" + st.account.id.Name() + ".blob.core.windows.net/" + st.container.Name()
}

// lustreOpen lists what a file system needs of people and of the platform.
func (d *designer) lustreOpen(n *nodes, h *hot, net *net) {
	d.leave(n.about, "mounting the file system", mounts(n.by), n.pos)
	d.standing(n)
	if h.link != nil && h.link.data.Size.GiB() > float64(h.TiB)*1024 {
		d.leave(n.about, "what of "+h.link.name+" is kept on the file system", fmt.Sprintf("it has %s, and the file system %d TiB: the job releases what it has read (lfs hsm_release)", h.link.data.Size, h.TiB), n.pos)
	}
	switch {
	case d.hubbed(net):
		d.leave(net.share.place.Name(), "what "+net.id.Name()+" must reach for Managed Lustre", "the hub's firewall must let the service tag AzureCloud and NTP through, and its DNS servers must answer as Azure's own do", n.pos)
	case d.e.Network.Egress == estate.NoEgress:
		d.leave(net.share.place.Name(), "what "+net.id.Name()+" must reach for Managed Lustre", "the service tag AzureCloud, and network.egress is none", n.pos)
	}
}

// standing lists that a store is paid for while it stands.
func (d *designer) standing(n *nodes) {
	d.leave(n.about, "the file system while nothing runs", "it costs its room all the time, whether used or not: once all is exported it can be deleted, and made again from this design", n.pos)
}

// mounts says how nodes that something runs mount a Managed Lustre.
func mounts(by estate.RunBy) string {
	const client = "its client must be made for the kernel of the image (the HPC image brings one, others take the package amlfs-lustre-client): mount -t lustre -o noatime,flock ADDRESS@tcp:/lustrefs, the address being clientInfo.mgsAddress"
	switch by {
	case estate.RunAKS: // github.com/kubernetes-sigs/azurelustre-csi-driver
		return "pods take it as a volume of the CSI driver for Azure Lustre, installed in kube-system or a namespace that the Kubernetes policies exclude, with clientInfo.mgsAddress as its mgs-ip-address"
	case estate.RunBatch:
		return client + "; the pool's start task does it, as administrator"
	case estate.RunSlurm:
		return "add it to the workspace's parameters once it is there: additionalFilesystem {type: aml-existing, ipAddress: clientInfo.mgsAddress, mountPath: /data}"
	}
	return client
}

// lendKeys gives Managed Lustre's service what it needs of an account that a
// file system is linked to, before any is made.
func (d *designer) lendKeys(a *account, s *share) {
	const who = "HPC Cache Resource Provider"
	principal := d.parameter("lustreProvider", "The object id of the service principal "+who+": az ad sp list --display-name '"+who+"' --query [].id --output tsv; az provider register --namespace Microsoft.StorageCache makes it.")
	for _, r := range []string{"Storage Account Contributor", "Storage Blob Data Contributor"} {
		d.assign(a.id, r, principal, who, "ServicePrincipal", a.pos)
	}
	d.decide(Decision{About: s.place.Name() + "/" + a.id.Name(), Question: "What may this account do that others may not?", Answer: "its keys are on, and " + who + " administers it and its blobs",
		Because:      "Managed Lustre signs its access to the linked containers with the account's keys; so nothing else lies in it, and a policy that refuses account keys must leave it out",
		Alternatives: []Alternative{{"keys on in the account of all data", "whoever has a key could then read all of it"}},
		Rules:        []string{"STO-03", "STO-11"}, Pos: a.pos, Changes: "hot, stall_at_most"})
}
