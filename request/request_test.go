package request_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"airfield/design"
	"airfield/request"
	"airfield/runway"
	"airfield/source"

	"github.com/hashicorp/hcl/v2/hclparse"
	"golang.org/x/tools/txtar"
)

var update = flag.Bool("update", false, "write what is had as what is wanted")

// day is that on which requests are made.
var day = time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)

const text = `airfield: 1
organization: {name: Northwind, prefix: nwh, owner: ai@n.example, cost_center: CC-1, billing: {agreement: EA, scope: /providers/Microsoft.Billing/billingAccounts/1/enrollmentAccounts/2}}
platform:
  groups: {root: nwh, landing_zones: nwh-lz, corp: nwh-corp}
  policy_kept_in: TOOL
  hubs:
    swedencentral: {vnet: /subscriptions/8a1e0000-0000-4000-8000-0000000000c1/resourceGroups/rg-hub/providers/Microsoft.Network/virtualNetworks/vnet-hub, firewall: 10.0.1.4}
regions: {home: swedencentral}
network: {pools: {swedencentral: 10.96.0.0/16}, egress: hub_firewall, onprem: {by: expressroute}}
money: {quota: {ask_before: 21d}}
workloads:
  atlas:
    connects: corp
    begins: 2026-12-22
    environments: {dev: {}, prod: {subscription: 5b1d0a52-0000-4000-8000-0000000000f1}}
    data: {corpus: {size: 2TiB}}
    jobs: {train: {size: Standard_NC24ads_A100_v4, nodes: 2}, clean: {kind: prepare, vcpus: 8, spot: allowed}}
`

func designed(t *testing.T, text string) *design.Design {
	t.Helper()
	f, found := source.NewFile("estate.yaml", []byte(text))
	e, more := design.Read(f)
	if found = append(found, more...); found.HasErrors() {
		t.Fatal(found)
	}
	return design.New(e, design.Options{Month: "2026-11-01"})
}

func files(t *testing.T, d *design.Design) map[string]*bytes.Buffer {
	t.Helper()
	files := map[string]*bytes.Buffer{}
	all, err := request.Of(d, runway.New(d, nil, day))
	if err == nil {
		err = request.Write(all, d.Estate, func(name string) (io.WriteCloser, error) {
			files[name] = &bytes.Buffer{}
			return closer{files[name]}, nil
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	return files
}

type closer struct{ io.Writer }

func (closer) Close() error { return nil }

// What is written is what testdata has, for each tool, and is of the grammar of
// its form.
func TestWrite(t *testing.T) {
	for _, tool := range []string{"alz-terraform", "alz-bicep", "epac", "azops", "portal"} {
		var have txtar.Archive
		all := files(t, designed(t, strings.Replace(text, "TOOL", tool, 1)))
		for _, name := range slices.Sorted(maps.Keys(all)) {
			have.Files = append(have.Files, txtar.File{Name: name, Data: all[name].Bytes()})
			switch filepath.Ext(name) {
			case ".tf":
				if _, found := hclparse.NewParser().ParseHCL(all[name].Bytes(), name); found.HasErrors() {
					t.Errorf("%s: %s: %v", tool, name, found)
				}
			case ".json":
				if !json.Valid(all[name].Bytes()) {
					t.Errorf("%s: %s is no JSON", tool, name)
				}
			case ".sh":
				cmd := exec.Command("sh", "-n")
				cmd.Stdin = bytes.NewReader(all[name].Bytes())
				if out, err := cmd.CombinedOutput(); err != nil {
					t.Errorf("%s: %s: %s", tool, name, out)
				}
			}
		}
		golden := filepath.Join("testdata", tool+".txtar")
		if *update {
			os.WriteFile(golden, txtar.Format(&have), 0o666)
		}
		if want, _ := os.ReadFile(golden); !bytes.Equal(txtar.Format(&have), want) {
			t.Errorf("%s: have\n%s", golden, txtar.Format(&have))
		}
	}
}

// An organization without a platform asks for quota alone, and one that needs
// nothing writes nothing.
func TestStandalone(t *testing.T) {
	for in, want := range map[string]int{"Standard_NC24ads_A100_v4": 1, "Standard_D4s_v5": 1} {
		d := designed(t, "airfield: 1\norganization: {name: N, prefix: nwh, owner: ai@n.example, cost_center: CC-1}\nregions: {home: swedencentral}\nworkloads: {atlas: {jobs: {train: {size: "+in+"}}}}\n")
		all, err := request.Of(d, runway.New(d, nil, day))
		if err != nil || len(all) != want || strings.Contains(all[0].What, "peer") {
			t.Errorf("%s: have %d requests, want %d: %v", in, len(all), want, err)
		}
	}
	if n := len(files(t, designed(t, "airfield: 1\norganization: {name: N, prefix: nwh, owner: ai@n.example, cost_center: CC-1}\nregions: {home: swedencentral}\nworkloads: {atlas: {data: {docs: {size: 1TiB}}}}\n"))); n != 0 {
		t.Errorf("have %d files, want none", n)
	}
}

// Each request for a name says the zone that Private Link has for the service.
func TestZones(t *testing.T) {
	text := strings.NewReplacer("TOOL", "portal", "nodes: 2}", "nodes: 2, run_by: batch}").Replace(text)
	list := files(t, designed(t, text))["requests/requests.md"].String()
	for _, want := range []string{"in privatelink.batch.azure.com for", "in privatelink.azurecr.io for", "in privatelink.blob.core.windows.net for"} {
		if !strings.Contains(list, want) {
			t.Errorf("no %q in\n%s", want, list)
		}
	}
}
