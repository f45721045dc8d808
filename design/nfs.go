package design

import (
	"cmp"
	"fmt"
	"strings"

	"airfield/arm"
	"airfield/estate"
	"airfield/storage"
)

// Where no Managed Lustre does what a job asks, it works over NFS 4.1 on a
// volume of NetApp Files, else on a share of premium files. Neither knows of
// Blob: the job copies before and after.

const (
	netAppAccounts = "Microsoft.NetApp/netAppAccounts"
	netAppPools    = "Microsoft.NetApp/netAppAccounts/capacityPools"
	netAppVolumes  = "Microsoft.NetApp/netAppAccounts/capacityPools/volumes"
	fileShares     = "Microsoft.Storage/storageAccounts/fileServices/shares"
)

// volume is a NetApp volume in the making: it lets in the subnet of the job's
// nodes alone, whose range comes last.
type volume struct {
	id     arm.ID
	nodes  *nodes
	hot    *hot
	subnet arm.ID
}

// netApp makes a NetApp volume for a job, alone in a capacity pool of its size,
// so that it has all of the pool's throughput. A network has one subnet for all
// volumes.
// learn.microsoft.com/azure/azure-netapp-files/azure-netapp-files-network-topologies
func (d *designer) netApp(n *nodes, h *hot) {
	sn := d.subnet(d.network(n.share, n.cell.region, n.pos), "netapp", 1)
	sn.bits, sn.delegated = 26, "Microsoft.NetApp/volumes" // the size that the page recommends
	c := n.cell
	c.life = lifeData
	account := d.resourceGroup(n.share, c).Resource(netAppAccounts, d.names.name(netAppAccounts, "", d.tokens(n.share, "hot", c.region, "001")))
	if d.once(string(account)) {
		d.put(n.share, account, c.region, n.pos, nil)
	}
	tk := d.tokens(n.share, n.purpose, c.region, "001")
	pool := account.Child("capacityPools", d.names.name(netAppPools, "", tk))
	d.put(n.share, pool, c.region, n.pos, arm.O{"properties", arm.O{"serviceLevel", "Ultra", "size", h.TiB << 40, "qosType", "Auto"}})
	v := &volume{pool.Child("volumes", d.names.name(netAppVolumes, "", tk)), n, h, sn.id}
	d.volumes = append(d.volumes, v)
	d.copied(n, h, v.id, "ADDRESS:/"+v.id.Name(), "ADDRESS being mountTargets[0].ipAddress of the volume (az netappfiles volume show)")
	d.leave(n.about, "whether NetApp Files has room for "+v.id.Name(), "neither a region nor a zone promises any: it shows when the volume is made"+pick(h.SKU == storage.LargeVolume, ", which regions have large ones only Azure's page says, and one grows to 130 % of the smallest that it was without a support request", ""), n.pos)
}

// finishVolumes makes the volumes, once networks have their ranges.
func (d *designer) finishVolumes() {
	for _, v := range d.volumes {
		members := arm.O{"properties", arm.O{
			"creationToken", v.id.Name(), "serviceLevel", "Ultra", "usageThreshold", v.hot.TiB << 40, "isLargeVolume", v.hot.SKU == storage.LargeVolume,
			"subnetId", arm.IDOf(v.subnet), "networkFeatures", "Standard", "protocolTypes", []string{"NFSv4.1"}, "securityStyle", "unix", "unixPermissions", "0770", "snapshotDirectoryVisible", false,
			"exportPolicy", arm.O{"rules", arm.A{arm.O{"ruleIndex", 1, "allowedClients", d.subnetOf(v.nodes).prefix.String(), "nfsv3", false, "nfsv41", true, "cifs", false,
				"unixReadOnly", false, "unixReadWrite", true, "hasRootAccess", true}}}}}
		if v.nodes.zones != nil {
			members = append(members, "zones", v.nodes.zones)
		}
		d.put(v.nodes.share, v.id, v.nodes.cell.region, v.nodes.pos, members)
	}
}

// subnetOf gives the subnet that nodes lie in.
func (d *designer) subnetOf(n *nodes) *subnet {
	switch n.by {
	case estate.RunAKS:
		return n.share.clusters[d.resourceGroup(n.share, n.cell)].subnet
	case estate.RunSlurm:
		return n.share.workspaces[n.cell.region].compute
	}
	return d.subnet(d.network(n.share, n.cell.region, n.pos), subnetPurpose(n.cell), 0)
}

// fileShare makes a share of premium files for a job, in an account of its own
// that takes TLS alone: NFS then goes through it, too.
// learn.microsoft.com/azure/storage/files/encryption-in-transit-for-nfs-shares
func (d *designer) fileShare(n *nodes, h *hot) {
	c := n.cell
	c.life = lifeData
	group := d.resourceGroup(n.share, c)
	a := &served{region: c.region, parts: []string{"file"},
		id: group.Resource(storageAccounts, d.names.salted(storageAccounts, d.tokens(n.share, n.purpose, c.region, ""), "/"+group.Name()+"/"+h.SKU))}
	n.share.sub.stores(h.SKU)
	d.put(n.share, a.id, c.region, n.pos, arm.O{"kind", "FileStorage", "sku", arm.O{"name", h.SKU}, "properties", closed(false)})
	service := d.add(a.id.Child("fileServices", "default"), n.pos, arm.O{"properties", arm.O{
		"protocolSettings", arm.O{"nfs", arm.O{"encryptionInTransit", arm.O{"required", true}}}, "shareDeleteRetentionPolicy", arm.O{"enabled", true, "days", 7}}})
	share := d.add(service.Child("shares", d.names.fit(fileShares, slug(n.purpose), "", n.pos)), n.pos, arm.O{"properties", arm.O{
		"enabledProtocols", "NFS", "shareQuota", h.TiB << 10, "rootSquash", "NoRootSquash"}})
	d.privateEndpoint(d.network(n.share, c.region, n.pos), a, n.pos)
	d.copied(n, h, a.id, a.id.Name()+".file.core.windows.net:/"+a.id.Name()+"/"+share.Name(), "clients come with the package aznfs of packages.microsoft.com")
}

// copied lists what a store that is reached over NFS needs of a job and of people.
func (d *designer) copied(n *nodes, h *hot, id arm.ID, source, with string) {
	d.move(n, h, id)
	d.standing(n)
	d.leave(n.about, "mounting the file system", mountsNFS(n.by, h.Kind, source)+"; "+with+"; root gives its users a directory there", n.pos)
	if from := h.from; from != nil && from.data.Size.GiB() > float64(h.TiB)*1024 {
		d.leave(n.about, "what of "+from.name+" is copied to the file system", fmt.Sprintf("it has %s, and the file system %d TiB: the prologue copies what the run needs (azcopy --include-path)", from.data.Size, h.TiB), n.pos)
	}
}

// mountsNFS says how nodes that something runs mount a store over NFS.
func mountsNFS(by estate.RunBy, kind storage.Kind, source string) string {
	client := "mount -t nfs -o vers=4.1,hard,sec=sys,nconnect=8,rsize=262144,wsize=262144 " + source + " /data"
	server, path, _ := strings.Cut(source, ":")
	pods := "pods take it as a volume of type nfs, server " + server + ", path " + path
	if kind == storage.PremiumFiles {
		client = "mount -t aznfs -o vers=4,minorversion=1,sec=sys,nconnect=4 " + source + " /data"
		pods = "pods take it as a volume of the CSI driver for Azure Files (file.csi.azure.com, 1.33 or later), protocol: nfs, encryptInTransit: \"true\", of share " + path
	}
	return cmp.Or(map[estate.RunBy]string{
		estate.RunAKS:   pods,
		estate.RunBatch: client + ", by the pool's start task, as administrator",
		estate.RunSlurm: client + ", by a cluster-init script of the node array",
	}[by], client)
}
