package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
)

// roles makes the table of built-in roles.
func roles(s source) (map[string]table, error) {
	rows, err := s.csv("catalog/roles.csv")
	if err != nil {
		return nil, err
	}
	t := table{
		from:    "Azure/terraform-azure-avm-utl-roledefinitions 4f23f533 modules/cached-data",
		read:    "2026-08-21",
		licence: "MIT",
		units:   "none",
		columns: []string{"id", "name"},
	}
	for _, r := range rows {
		t.add(r["id"], r["role_name"])
	}
	return one("roles", t), nil
}

// rolePermissions makes the table of what built-in roles allow, a row for each
// of a role's permissions.
func rolePermissions(s source) (map[string]table, error) {
	text, err := fs.ReadFile(s.fsys, "catalog/role_permissions.jsonl")
	if err != nil {
		return nil, err
	}
	t := table{
		from:    "Owner, Contributor, User Access Administrator, Role Based Access Control Administrator: MicrosoftDocs/azure-docs articles/role-based-access-control/built-in-roles; all others second-hand, where id and name agree with those pages' list",
		read:    "2026-08-21",
		licence: "CC BY 4.0 facts",
		units:   "part: number of the permission in its role; actions are separated by blanks",
		columns: []string{"id", "part", "actions", "not_actions", "data_actions", "not_data_actions", "condition"},
	}
	for line := range bytes.Lines(text) {
		var role struct {
			ID          string
			Permissions []struct {
				Actions, NotActions, DataActions, NotDataActions []string
				Condition                                        string
			}
		}
		if err := json.Unmarshal(line, &role); err != nil {
			return nil, err
		}
		for i, p := range role.Permissions {
			t.add(strings.ToLower(role.ID), strconv.Itoa(i), strings.Join(p.Actions, " "), strings.Join(p.NotActions, " "),
				strings.Join(p.DataActions, " "), strings.Join(p.NotDataActions, " "), p.Condition)
		}
	}
	return one("role_permissions", t), nil
}

// storage makes one table for each region of storage prices. Operations are
// counted by the million, since a price of 10,000 may be below a micro-USD.
func storage(s source) (map[string]table, error) {
	rows, err := s.csv("catalog/storage_price_headline.csv")
	if err != nil {
		return nil, err
	}
	disks, err := s.csv("catalog/storage_prices_usd.csv")
	if err != nil {
		return nil, err
	}
	made := map[string]table{}
	for _, r := range rows {
		t, ok := made["storage/"+r["region"]]
		if !ok {
			t = table{
				from:    "andy-diericks/azure-pricing-radar data/latest cf741f2",
				read:    "2026-08-01",
				licence: "MIT",
				units:   "micro-USD for one unit, without tax; from_gib: where the tier begins, GiB; derived: how the price was made from the source's",
				columns: []string{"product", "sku", "meter", "from_gib", "unit", "micros", "derived", "as_of"},
			}
		}
		unit, times := r["unit"], int64(1)
		if rest, ok := strings.CutPrefix(unit, "10K"); ok {
			unit, times = "1M"+rest, 100
		}
		price, err := micros(r["usd"], times)
		if err != nil {
			return nil, err
		}
		t.add(r["product"], r["sku"], r["meter"], r["tier_min_gib"], unit, price, r["derived"], r["as_of"])
		made["storage/"+r["region"]] = t
	}
	for _, r := range disks { // the headlines leave out disks of a fixed size
		t, ok := made["storage/"+r["region"]]
		if !ok || !strings.HasSuffix(r["product"], " Managed Disks") || !strings.HasSuffix(r["meter"], " Disk") {
			continue
		}
		price, err := micros(r["usd"], 1)
		if err != nil {
			return nil, err
		}
		t.add(r["product"], r["sku"], r["meter"], "", "unit-month", price, "", r["as_of"])
		made["storage/"+r["region"]] = t
	}
	return made, nil
}

// managedDisks makes the table of what a managed disk of each tier does.
func managedDisks(s source) (map[string]table, error) {
	rows, err := s.csv("catalog/managed_disks.csv")
	if err != nil {
		return nil, err
	}
	t := table{
		from:    "kubernetes-sigs/azuredisk-csi-driver pkg/optimization/azure_skus_map.go e1284a5",
		read:    "2024-12-12",
		licence: "Apache-2.0",
		units:   "max_gib: GiB; mbps: MB/s; 0 iops or mbps: set by the user",
		columns: []string{"sku", "tier", "max_gib", "iops", "mbps", "burst_iops", "burst_mbps", "max_shares"},
	}
	for _, r := range rows {
		t.add(r["storage_type"], r["disk_size"], r["max_size_gib"], r["iops"], r["mbps"], r["burst_iops"], r["burst_mbps"], r["max_shares"])
	}
	return one("managed_disks", t), nil
}

// A definition is what gen reads of a built-in policy definition.
type definition struct {
	Document struct {
		Name       string
		Properties struct {
			DisplayName, Mode, Version string

			Parameters map[string]struct {
				Type    string
				Default json.RawMessage `json:"defaultValue"`
				Allowed []any           `json:"allowedValues"`
			}
			Rule struct {
				Then struct {
					Effect  string
					Details json.RawMessage
				}
			} `json:"policyRule"`
		}
	}
}

// policies makes the table of the built-in policies that airfield names: ids,
// names, versions, effects, parameters and roles, none of their texts.
func policies(s source) (map[string]table, error) {
	t := table{
		from:    "Azure/azure-policy built-in-policies f4a50bac",
		read:    "2026-04-29",
		licence: "MIT",
		units:   "does: our own words; parameters: name:type, with =default where it has one; roles: ids of the roles its identity needs",
		columns: []string{"id", "name", "does", "version", "mode", "effects", "default_effect", "effect_parameter", "parameters", "roles"},
	}
	err := s.lines("corpora/builtin-policyDefinitions.jsonl.gz", func(line []byte) error {
		if bytes.Contains(line[:min(len(line), 100)], []byte("/Azure Government/")) { // copies for another cloud
			return nil
		}
		var d definition
		if err := json.Unmarshal(line, &d); err != nil {
			return err
		}
		if _, ok := policyNotes[d.Document.Name]; ok {
			t.add(policyRow(d)...)
		}
		return nil
	})
	if err == nil && len(t.rows) != len(policyNotes) {
		err = fmt.Errorf("%d of %d policies found", len(t.rows), len(policyNotes))
	}
	return one("policies", t), err
}

func policyRow(d definition) []string {
	p := d.Document.Properties
	effects, byDefault, parameter := p.Rule.Then.Effect, p.Rule.Then.Effect, ""
	if strings.HasPrefix(effects, "[parameters(") {
		parameter = strings.Trim(strings.TrimSuffix(strings.TrimPrefix(effects, "[parameters("), ")]"), "'")
		effects, byDefault = "", text(p.Parameters[parameter].Default)
		for _, a := range p.Parameters[parameter].Allowed {
			effects += " " + fmt.Sprint(a)
		}
	}
	var parameters []string
	for name, v := range p.Parameters {
		entry := name + ":" + strings.ToLower(v.Type)
		if len(v.Default) > 0 {
			entry += "=" + text(v.Default)
		}
		if name != parameter {
			parameters = append(parameters, entry)
		}
	}
	slices.Sort(parameters)
	var details struct {
		Roles []string `json:"roleDefinitionIds"`
	}
	_ = json.Unmarshal(p.Rule.Then.Details, &details) // details may be absent or, for other effects, a list
	var roles []string
	for _, r := range details.Roles {
		roles = append(roles, strings.ToLower(r[strings.LastIndex(r, "/")+1:]))
	}
	slices.Sort(roles)
	return []string{d.Document.Name, p.DisplayName, policyNotes[d.Document.Name], p.Version, p.Mode, strings.TrimSpace(effects), byDefault, parameter,
		strings.Join(parameters, " "), strings.Join(roles, " ")}
}

// text returns a JSON string without its quotes, anything else as it is.
func text(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	return string(raw)
}

// policyNotes are the built-in policies that guardrails and reviews name,
// and what each does, in our words.
var policyNotes = map[string]string{
	"009a0c92-f5b4-4776-9b66-4ed2b4775563": "reports Batch accounts without an approved private endpoint",
	"06a78e20-9358-41c9-923c-fb736d382a4d": "reports virtual machines whose disks lie in a storage account",
	"0a914e76-4921-4c19-b460-a2d36003525a": "reports resources in another region than their resource group",
	"0ef5aac7-c064-427a-b87b-d47b3ddcaf73": "gives Batch accounts a private endpoint in a subnet",
	"1760f9d4-7206-436e-a28f-d9f3a5c8a227": "wants Batch pools to encrypt the disks of their nodes",
	"404c3081-a854-4457-ae30-26a93ef643f9": "wants storage accounts to accept HTTPS only",
	"40df99da-1232-49b1-a39a-6da8d878f469": "copies a tag of the subscription to resources that lack it",
	"428256e6-1fac-4f48-a757-df34c2b3336d": "reports Batch accounts that keep no resource logs",
	"465f0161-0087-490a-9ad9-ad6217f4f43a": "refuses scale sets that do not update their OS image by themselves",
	"4dbc2f5c-51cf-4e38-9179-c7028eed2274": "switches the keys of Batch accounts off",
	"4fa4b6c0-31ca-4c0d-b10d-24b96f62a751": "wants storage accounts that cannot make a container public",
	"61a4d60b-7326-440e-8051-9f94394d4dd1": "sets a tag on subscriptions, over what was there",
	"6c112d4e-5bc7-47ae-a041-ea2d9dccd749": "refuses resources of the listed types",
	"6edd7eda-6dd8-40f7-810d-67160c639cd9": "reports storage accounts without an approved private endpoint",
	"6f68b69f-05fe-49cd-b361-777ee9ca7e35": "wants Batch accounts without keys",
	"7433c107-6db4-4ad1-b57a-a76dce0154a1": "refuses storage accounts of SKUs that are not listed",
	"74c5a0ae-5e48-4738-b093-65e23a060488": "wants Batch accounts without public network access",
	"871b6d14-10aa-478d-b590-94f262ecfa99": "refuses resources that lack a tag",
	"8c6a50c6-9ffd-4ae7-986f-5fa6111f9a54": "wants storage accounts that accept no account key",
	"8ce3da23-7156-49e4-b145-24f95f9dcb46": "refuses resource groups whose tag has not the wanted value",
	"96670d01-0a4d-4649-9c89-2d3abc0a5025": "refuses resource groups that lack a tag",
	"96d9a89c-0d67-41fc-899d-2b9599f76a24": "sets a tag on subscriptions that lack it",
	"978deb5d-c9a7-41f8-b4b2-b76880d0de1f": "switches blob versioning on",
	"99e9ccd8-3db9-4592-b0d1-14b1715a4d8a": "wants Batch accounts encrypted with the customer's key",
	"9fbd64e3-67b8-489b-98e5-fa0007d17e76": "switches soft delete of blobs and containers on",
	"a08ec900-254a-4555-9bf5-e42af04b5c5c": "refuses resources of types that are not listed",
	"b27a0cbd-a167-4dfa-ae64-4337be671140": "sets a tag of resources to that of the subscription",
	"b2982f36-99f2-4db5-8eff-283140c09693": "wants storage accounts without public network access",
	"c0e996f8-39cf-4af9-9f45-83fbde810432": "wants only the listed extensions on virtual machines",
	"c36a325b-ae04-4863-ad4f-19c6678f8e08": "wants storage accounts with blob versioning",
	"c520cefc-285f-40f3-86e2-2efc38ef1f64": "switches public network access to Batch accounts off",
	"cccc23c7-8427-4f53-ad12-b6a63eb452b3": "refuses virtual machines of sizes that are not listed; scale sets, AKS, Batch and AML computes pass",
	"cd3aa116-8754-49c9-a813-ad46512ece54": "sets a tag of resources to that of the resource group",
	"d558e1a6-296d-4fbb-81a5-ea25822639f6": "wants NetApp volumes without NFSv3",
	"e56962a6-4747-49cd-b67b-bf8b01975c4c": "refuses resources in regions that are not listed; global ones pass",
	"e765b5de-1225-4ba3-bd56-1ac6695af988": "refuses resource groups in regions that are not listed",
	"ea3f2387-9b95-492a-a190-fcdc54f7b070": "copies a tag of the resource group to resources that lack it",
	"ead33d15-8ff9-44d8-be85-24144ecc859e": "refuses resources whose type and provider are both not listed",
	"fc4d8e41-e223-45ea-9bf5-eada37891d87": "wants virtual machines and scale sets with encryption at host",
	"fe83a0eb-a853-422d-aac2-1bffd182c5d0": "wants storage accounts with a minimum TLS version",
}
