package cost

import (
	"fmt"
	"strings"

	"airfield/arm"
)

// account prices what lies in a storage account, and what is done with it.
func (p *pricing) account() {
	p.guard(guarded{accounts: 1})
	kind, sku := p.body.Get("kind").Str(), p.body.Get("sku", "name").Str()
	class, redundancy, ok := strings.Cut(sku, "_")
	redundancy = strings.ToUpper(strings.ReplaceAll(redundancy, "RAG", "RA-G"))
	lake := ""
	if p.body.Get("properties", "isHnsEnabled").True() {
		lake = " Hierarchical Namespace"
	}
	switch {
	case !ok:
		p.lacks("storage account", "its SKU is not known")
	case arm.EqualFold(kind, "FileStorage"):
		p.free("its shares are paid for themselves", "")
	case arm.EqualFold(class, "Premium") && arm.EqualFold(kind, "BlockBlobStorage"):
		product := "Premium Block Blob"
		if lake != "" {
			product += " v2" + lake
		}
		p.blobs(product, "Premium", redundancy, Hot)
		p.operations(product, "Premium", redundancy)
	case arm.EqualFold(class, "Standard") && arm.EqualFold(kind, "StorageV2"):
		product := "General Block Blob v2" + lake
		p.tiers(product, redundancy)
		p.operations(product, "Hot", redundancy)
		if strings.Contains(redundancy, "G") {
			p.Unpriced = append(p.Unpriced, Unpriced{p.id, "Geo-Replication Data Transfer", "how much is written is not known", true})
		}
	default:
		p.lacks("storage account", fmt.Sprintf("no price is known of kind %s with SKU %s", kind, sku))
	}
}

// tiers prices each tier that something lies in.
func (p *pricing) tiers(product, redundancy string) {
	some := false
	for _, t := range []struct {
		name string
		q    Quantity
	}{{"Hot", Hot}, {"Cool", Cool}, {"Cold", Cold}, {"Archive", Archive}} {
		if _, given := p.use[t.q]; given {
			some = true
			p.blobs(product, t.name, redundancy, t.q)
		}
	}
	if !some {
		p.lacks(product+" Data Stored", "how much is not known: hot_gib, cool_gib, cold_gib, archive_gib")
	}
}

func (p *pricing) blobs(product, tierName, redundancy string, q Quantity) {
	sku := tierName + " " + redundancy
	if gib, ok := p.used(q, sku+" Data Stored"); ok {
		p.meter(sku+" Data Stored", p.stored(product, sku, sku+" Data Stored"), 0, gib, number(gib)+" GiB")
	}
}

func (p *pricing) operations(product, tierName, redundancy string) {
	sku := tierName + " " + redundancy
	for _, o := range []struct {
		q    Quantity
		name string
	}{{Writes, " Write Operations"}, {Reads, " Read Operations"}} {
		if n, ok := p.used(o.q, sku+o.name); ok {
			p.meter(sku+o.name, p.stored(product, sku, sku+o.name, tierName+o.name), 0, n/1e6, number(n)+" operations / 1,000,000")
		}
	}
}

// share prices a provisioned share of files; one that is paid by use lies in an
// account of another kind.
func (p *pricing) share() {
	account, ok := p.t.Get(p.id.Parent().Parent())
	gib, known := whole(p.body.Get("properties", "shareQuota"))
	_, redundancy, _ := strings.Cut(account.Get("sku", "name").Str(), "_")
	if !ok || !known || !strings.HasPrefix(strings.ToLower(account.Get("sku", "name").Str()), "premium_") {
		p.lacks("share of files", "no price is known but of provisioned shares with SSDs, first version")
		return
	}
	sku := "Premium " + strings.ToUpper(redundancy)
	p.meter(sku+" Provisioned", p.stored("Premium Files", sku, sku+" Provisioned"), 0, float64(gib), fmt.Sprintf("1 share × %d GiB", gib))
}

func (p *pricing) lustre() {
	sku := p.body.Get("sku", "name").Str()
	tib, ok := p.body.Get("properties", "storageCapacityTiB").Float()
	if !ok || !(0 <= tib && tib <= most) {
		p.lacks("Managed Lustre", "its capacity is not known")
		return
	}
	p.meter("Managed Lustre "+sku, p.stored("Azure Managed Lustre", sku, "Provisioned Capacity"), 0, tib*1024, number(tib)+" TiB × 1024")
}

// netApp prices a capacity pool by the hour of each GiB that it provides.
func (p *pricing) netApp() {
	bytes, ok := p.body.Get("properties", "size").Float()
	level := p.body.Get("properties", "serviceLevel").Str()
	if !ok || !(0 <= bytes && bytes <= most<<40) {
		p.lacks("NetApp Files "+level, "the size of the pool is not known")
		return
	}
	gib := bytes / (1 << 30)
	p.meter("Azure NetApp Files "+level, p.served("Azure NetApp Files", level+" capacity"), 0, gib*Month, fmt.Sprintf("%s GiB × %d h", number(gib), Month))
}
