package main

import (
	"fmt"
	"strings"
)

// The columns of vm_sizes.csv that become columns of sizes.csv, by their new
// names. What is left out: what the pages say where the API says otherwise,
// and how a cell was derived.
var sizeColumns = []struct{ to, from string }{
	{"name", "name"},
	{"series", "series_letter"},
	{"version", "version"},
	{"quota_family", "quota_family"},
	{"base_vcpus", "vcpus_base"},
	{"vcpus", "vcpus_active"},
	{"memory_gib", "memory_gib"},
	{"arch", "cpu_arch"},
	{"gpu_vendor", "gpu_vendor"},
	{"gpu_model", "gpu_model"},
	{"gpu_variant", "gpu_variant"},
	{"gpus", "gpu_count"},
	{"gpu_memory_gib", "gpu_mem_gib_each"},
	{"interconnect", "intra_node_interconnect"},
	{"rdma", "rdma_capable"},
	{"rdma_type", "rdma_type"},
	{"rdma_nics", "rdma_nics"},
	{"rdma_gbps", "rdma_gbps_total"},
	{"network_mbps", "network_mbps"},
	{"max_nics", "max_nics"},
	{"accelerated_networking", "accelerated_networking"},
	{"temp_gib", "temp_disk_gib"},
	{"nvme_disks", "nvme_disks"},
	{"nvme_gib", "nvme_total_gib"},
	{"calculator_disk_gib", "calculator_local_disk_gib"},
	{"max_data_disks", "max_data_disks"},
	{"uncached_iops", "uncached_iops"},
	{"uncached_mbps", "uncached_mbps"},
	{"premium_io", "premium_io"},
	{"hyperv", "hyperv_generations"},
	{"memory_gb_s", "mem_bandwidth_gb_s"},
	{"lifecycle", "lifecycle_status"},
	{"retirement", "retirement_date"},
	{"priced_regions", "priced_regions"},
	{"note", "note"},
	{"sources", "sources"},
}

// sizes makes the table of VM sizes. Where SpareCores (letter S, share-alike)
// gave the local disks of a size, they are left out, as is a note about them.
func sizes(s source) (map[string]table, error) {
	rows, err := s.csv("catalog/vm_sizes.csv")
	if err != nil {
		return nil, err
	}
	t := table{
		from: "A kubernetes/autoscaler 03e49d9; K Azure/karpenter-provider-azure 2b431da; C sstybel/azure-vm-price-importer 2026-01-26; " +
			"D and I kubernetes-sigs/azuredisk-csi-driver e1284a5; M MicrosoftDocs/azure-compute-docs articles/virtual-machines/sizes; column sources says which for each row",
		read:    "2026-09-24",
		licence: "Apache-2.0 (A K C D I), CC BY 4.0 facts (M)",
		units: "memory, disks: GiB; rdma_gbps: Gbit/s of all adapters; network_mbps: Mbit/s; uncached_mbps: MB/s; memory_gb_s: GB/s; gpus may be a share of one; " +
			"accelerated_networking and hyperv partly by rule; blank is unknown, of gpu and rdma columns none",
	}
	for _, c := range sizeColumns {
		t.columns = append(t.columns, c.to)
	}
	restricted, err := restrictedSeries(s)
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		if note := restricted[r["quota_family"]]; note != "" {
			r["lifecycle_status"], r["note"] = "Restricted", note
		}
		if strings.Contains(r["sources"], "S") {
			r["temp_disk_gib"], r["nvme_disks"], r["nvme_total_gib"] = "", "", ""
			r["sources"] = strings.ReplaceAll(r["sources"], "S", "")
		}
		if strings.Contains(r["note"], "temp disk:") {
			r["note"], _, _ = strings.Cut(r["note"], "temp disk:")
			r["note"] = strings.TrimRight(r["note"], "; ")
		}
		if r["memory_gib"] == "0" {
			r["memory_gib"] = "" // B1ls: the API rounds half a GiB down
		}
		r["hyperv_generations"] = strings.ReplaceAll(r["hyperv_generations"], ",", " ")
		var cells []string
		for _, c := range sizeColumns {
			cell := number(r[c.from])
			switch cell {
			case "True":
				cell = "1"
			case "False":
				cell = "0"
			}
			cells = append(cells, cell)
		}
		t.add(cells...)
	}
	return one("sizes", t), nil
}

// restrictedSeries returns, by quota family, the notes on series that are sold
// to those who have them already.
func restrictedSeries(s source) (map[string]string, error) {
	families := map[string]string{"NC A100 v4": "StandardNCADSA100v4Family"}
	rows, err := s.csv("catalog/vm_retirements.csv")
	if err != nil {
		return nil, err
	}
	notes := map[string]string{}
	for _, r := range rows {
		if r["status_on_2026_09_24"] != "restricted" {
			continue
		}
		family, ok := families[r["series"]]
		if !ok {
			return nil, fmt.Errorf("the quota family of the restricted series %q is not known", r["series"])
		}
		notes[family] = r["note"]
	}
	return notes, nil
}

// endOfLife makes the table of quota families that a subscription made since
// July 2026 cannot deploy: the series of the rule in quotas.json, with the
// families whose name holds that series, isolated (I) and Promo sizes too.
func endOfLife(s source) (map[string]table, error) {
	var quotas struct {
		Rules struct {
			EndOfLife string `json:"end_of_life_rule"`
		} `json:"rules"`
	}
	if err := s.json("catalog/quotas.json", &quotas); err != nil {
		return nil, err
	}
	rows, err := s.csv("catalog/vm_sizes.csv")
	if err != nil {
		return nil, err
	}
	t := table{
		from:    "MicrosoftDocs/azure-compute-docs retirement pages (quotas.json end_of_life_rule); families matched by the series in their name",
		read:    "2026-09-24",
		licence: "CC BY 4.0 facts",
		units:   "none",
		columns: []string{"quota_family", "series"},
	}
	_, list, _ := strings.Cut(quotas.Rules.EndOfLife, ":")
	for _, series := range strings.Split(list, ",") {
		series = strings.TrimSpace(series)
		for _, r := range rows {
			if seriesOf(r["quota_family"]) == strings.ToLower(series) {
				t.add(r["quota_family"], series)
			}
		}
	}
	return one("end_of_life", t), nil
}

// seriesOf returns the series in a quota family: dsv2 of
// standardDSv2PromoFamily, ev3 of standardEIv3Family, b of standardBSFamily
// (the first B series has no letter s in the rule).
func seriesOf(family string) string {
	f := strings.ToLower(family)
	f = strings.TrimSuffix(strings.TrimPrefix(f, "standard"), "family")
	f = strings.TrimSuffix(f, "promo")
	switch f {
	case "bs":
		return "b"
	case "eiv3":
		return "ev3"
	case "eisv3":
		return "esv3"
	}
	return f
}

// prices makes one table for each region: a row for each size that has a
// meter. A row whose price is doubtful has none.
func prices(s source) (map[string]table, error) {
	rows, err := s.csv("catalog/vm_prices_ondemand_linux_usd.csv")
	if err != nil {
		return nil, err
	}
	made := map[string]table{}
	for _, r := range rows {
		t, ok := made["prices/"+r["region"]]
		if !ok {
			t = table{
				from:    "Azure/karpenter-provider-azure pkg/providers/pricing/zz_generated.pricing.go (generated 2026-06-18T03:43:41Z)",
				read:    "2026-06-18",
				licence: "Apache-2.0",
				units:   "micro-USD an hour, Linux pay-as-you-go, without tax; blank: a meter but no sure price; derived 1: the source had the Windows price, less 0.046 USD a vCPU",
				columns: []string{"size", "micros", "derived"},
			}
		}
		price, derived := "", ""
		if !doubtful(r) {
			if price, err = hourly(r["usd_per_hour"]); err != nil {
				return nil, err
			}
		}
		if r["flag"] == "windows_uplift_removed" {
			derived = "1"
		}
		t.add(r["size"], price, derived)
		made["prices/"+r["region"]] = t
	}
	// The one region that the first source lacks and the second has.
	rows, err = s.csv("catalog/vm_prices_spot_linux_usd.csv")
	if err != nil {
		return nil, err
	}
	t := table{
		from:    "andy-diericks/azure-pricing-radar data/latest cf741f2",
		read:    "2026-08-20",
		licence: "MIT",
		units:   "micro-USD an hour, Linux pay-as-you-go, without tax",
		columns: []string{"size", "micros", "derived"},
	}
	for _, r := range rows {
		if r["region"] != "belgiumcentral" {
			continue
		}
		price, err := hourly(r["ondemand_usd_per_hour"])
		if err != nil {
			return nil, err
		}
		t.add(r["size"], price, "")
	}
	made["prices/belgiumcentral"] = t
	return made, nil
}

// doubtful tells whether the price of a row is not that of Linux on demand:
// Bsv2 and Basv2 may have the price of Windows, and Famsv6 costs a tenth in
// New Zealand of what it costs everywhere else.
func doubtful(r map[string]string) bool {
	famsv6 := strings.HasPrefix(r["size"], "Standard_F") && strings.HasSuffix(r["size"], "ams_v6")
	return r["flag"] == "bv2_maybe_windows" || famsv6 && r["region"] == "newzealandnorth"
}

// hourly returns the price of an hour in micro-USD, and a blank for
// 0, which no VM costs.
func hourly(usd string) (string, error) {
	price, err := micros(usd, 1)
	if price == "0" {
		price = ""
	}
	return price, err
}

// spot makes one table for each region of what Spot cost when it was read.
func spot(s source) (map[string]table, error) {
	rows, err := s.csv("catalog/vm_prices_spot_linux_usd.csv")
	if err != nil {
		return nil, err
	}
	made := map[string]table{}
	for _, r := range rows {
		t, ok := made["spot/"+r["region"]]
		if !ok {
			t = table{
				from:    "andy-diericks/azure-pricing-radar data/latest cf741f2",
				read:    r["as_of"],
				licence: "MIT",
				units:   "micro-USD an hour, Linux Spot, without tax",
				columns: []string{"size", "micros"},
			}
			if r["source"] == "azpx" {
				t.from, t.licence = "sstybel/azure-vm-price-importer examples/az_price_data_20260126133104.azpx", "Apache-2.0"
			}
		}
		price, err := hourly(r["spot_usd_per_hour"])
		if err != nil {
			return nil, err
		}
		if price != "" {
			t.add(r["size"], price)
		}
		made["spot/"+r["region"]] = t
	}
	return made, nil
}

// meters makes the table of which N and H sizes had a meter in August 2026.
func meters(s source) (map[string]table, error) {
	rows, err := s.csv("catalog/vm_ai_size_regions.csv")
	if err != nil {
		return nil, err
	}
	t := table{
		from:    "btnguyen2k/azure-regions data/products-*.json 95f7e12",
		read:    "2026-08-20",
		licence: "MIT",
		units:   "1 a meter exists, 0 none, as of the row's date; no row of a covered region: none; eastus is not covered; a meter is not capacity",
		columns: []string{"size", "region", "on_demand", "spot", "as_of"},
	}
	for _, r := range rows {
		if r["meter_on_demand"] != "" {
			t.add(r["size"], r["region"], r["meter_on_demand"], r["meter_spot"], r["meters_as_of"])
		}
	}
	return one("meters", t), nil
}

// images makes the table of images.
func images(s source) (map[string]table, error) {
	var file struct {
		Images []struct {
			Publisher, Offer, SKU, OS, Purpose, Status, Note, Source, Arch string

			Generation string `json:"hyperv_generation"`
			Families   string `json:"size_families"`
		}
	}
	if err := s.json("catalog/images.json", &file); err != nil {
		return nil, err
	}
	t := table{
		from:    "Azure/azhpc-images README.md 8e9d055, Data Science VM pages, Azure/azure-policy; column source says which",
		read:    "2026-07-29",
		licence: "MIT (Azure/azhpc-images, Azure/azure-policy), CC BY 4.0 facts",
		units:   "plan 1: a purchase plan, and terms to accept in each subscription",
		columns: []string{"publisher", "offer", "sku", "os", "generation", "arch", "purpose", "for", "status", "plan", "note", "source"},
	}
	for _, i := range file.Images {
		if strings.Contains(i.Note, "inferred") { // a SKU that no source has
			continue
		}
		plan := "0"
		if i.Offer == "almalinux-hpc" {
			plan = "1"
		}
		t.add(i.Publisher, i.Offer, i.SKU, dash(i.OS), dash(i.Generation), i.Arch, i.Purpose, dash(i.Families), i.Status, plan, i.Note, i.Source)
	}
	return one("images", t), nil
}

// dash turns the source's "-" into a blank.
func dash(s string) string {
	if s == "-" {
		return ""
	}
	return s
}
