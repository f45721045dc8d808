package emit_test

import (
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"

	"airfield/arm"
	"airfield/diag"
	"airfield/emit"
	"airfield/tenant"
)

// aliases gives the aliases of a tenant's new subscriptions by their letters and
// digits in lower case.
func aliases(tt *tenant.Tenant) map[string]string {
	all := map[string]string{}
	for id := range tt.IDs(arm.Tenant) {
		alias, made := strings.CutPrefix(id.SubscriptionID().Name(), "@")
		if id.Type().Equal("Microsoft.Subscription/aliases") {
			alias, made = id.Name(), true
		}
		if made {
			all[strings.ToLower(strings.ReplaceAll(alias, "-", ""))] = alias
		}
	}
	return all
}

// random makes a tenant whose resources refer to each other in every direction
// that has no cycle: between resource groups, subscriptions and management
// groups.
func random(t testing.TB, seed uint64) *tenant.Tenant {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 1))
	var b tenant.Builder
	var made []arm.ID // identities, to refer to
	add := func(id arm.ID, body arm.O) arm.ID {
		body = append(arm.O{"name", id.Name(), "type", id.Type()}, body...)
		b.Add(arm.Resource{ID: id, Body: arm.New(body), Pos: diag.Pos{File: "estate.yaml", Line: 1 + r.IntN(99)}})
		return id
	}
	group := add(arm.ManagementGroup("mg-a"), arm.O{"properties", arm.O{"displayName", "a"}})
	add(arm.ManagementGroup("mg-b"), arm.O{"properties", arm.O{"details", arm.O{"parent", arm.O{"id", arm.IDOf(group)}}}})
	var scopes []arm.ID
	for s := range 3 {
		sub := arm.Subscription(fmt.Sprintf("@sub-%d", s))
		if s == 2 {
			sub = arm.Subscription("00000000-0000-4000-8000-00000000000" + fmt.Sprint(s))
		} else {
			add(arm.Tenant.Resource("Microsoft.Subscription/aliases", sub.Name()[1:]), arm.O{"properties", arm.O{"displayName", sub.Name()}})
		}
		add(group.Child("subscriptions", sub.Name()), nil)
		scopes = append(scopes, sub)
		for g := range 3 {
			rg := add(sub.ResourceGroup(fmt.Sprintf("rg-%d", g)), arm.O{"location", "swedencentral"})
			scopes = append(scopes, rg)
		}
	}
	scopes = append(scopes, group, arm.ManagementGroup("mg-b"))
	for n := range 40 {
		scope := scopes[r.IntN(len(scopes))]
		refs := arm.O{} // not an array: the grammar of Bicep that reads it back takes [a.b[0]] for [a.b, [0]]
		for k := range r.IntN(3) {
			if len(made) > 0 {
				to := made[r.IntN(len(made))]
				refs = append(refs, fmt.Sprint("r", k), []any{arm.IDOf(to), arm.Ref{ID: to, Path: "properties.principalId"}, arm.Ref{ID: to, Path: "properties.list.0.x-y"}, arm.Ref{ID: to, Path: "tags.a"}, to}[r.IntN(5)])
			}
		}
		body := arm.O{"properties", arm.O{"refs", refs, "text", nasty(r)}}
		types := []arm.Type{"Microsoft.Authorization/policyAssignments", "Microsoft.Authorization/roleAssignments"}
		if scope.ResourceGroupID() != "" {
			types = append(types, "Microsoft.ManagedIdentity/userAssignedIdentities", "Microsoft.Network/virtualNetworks", "Microsoft.Storage/storageAccounts", "Microsoft.Compute/virtualMachines")
		}
		id := add(scope.Resource(types[r.IntN(len(types))], fmt.Sprintf("n-%d", n)), body)
		made = append(made, id)
		if id.Type() == "Microsoft.Network/virtualNetworks" {
			made = append(made, add(id.Child("subnets", "default"), body), id.Child("subnets", "inline"))
		}
		if id.Type() == "Microsoft.Storage/storageAccounts" {
			made = append(made, add(id.Resource("Microsoft.Authorization/locks", "lock"), body))
		}
	}
	tt, found := b.Tenant()
	if found.HasErrors() {
		t.Fatal(found)
	}
	return tt
}

func nasty(r *rand.Rand) string {
	parts := []string{"[", "]", "[[", "${", "$", "%{", "}", "'", "''", "\"", "\\", "\n", "a", "é", "\u2028", "\x01\x02"[1:]}
	var b strings.Builder
	for range r.IntN(8) {
		b.WriteString(parts[r.IntN(len(parts))])
	}
	return b.String()
}

func TestRandomTenants(t *testing.T) {
	numbered := 0 // modules that are there because resource groups need each other
	for seed := range uint64(20) {
		tt := random(t, seed)
		o := &emit.Options{Location: "swedencentral"}
		for path := range files(t, tt, *o, emit.Bicep) {
			numbered += strings.Count(path, "+2.bicep")
		}
		t.Run(fmt.Sprint("arm ", seed), func(t *testing.T) { checkTemplates(t, tt, o) })
		t.Run(fmt.Sprint("terraform ", seed), func(t *testing.T) { checkTerraform(t, tt, o) })
		t.Run(fmt.Sprint("bicep ", seed), func(t *testing.T) {
			if seed > 4 && testing.Short() {
				t.Skip("left out: half of the seeds, in a short run")
			}
			checkBicep(t, tt, o)
		})
	}
	if numbered == 0 {
		t.Error("no resource groups need each other: the seeds test too little")
	}
}

// large makes a tenant of subscriptions with 40 resources each.
func large(t testing.TB, subscriptions int) *tenant.Tenant {
	t.Helper()
	var b tenant.Builder
	add := func(id arm.ID, body arm.O) arm.ID {
		b.Add(arm.Resource{ID: id, Body: arm.New(append(arm.O{"name", id.Name(), "type", id.Type()}, body...)), Pos: diag.Pos{File: "estate.yaml", Line: 7}})
		return id
	}
	group := add(arm.ManagementGroup("corp"), arm.O{"properties", arm.O{"displayName", "corp"}})
	for s := range subscriptions {
		alias := fmt.Sprintf("team-%05d-prod", s)
		add(arm.Tenant.Resource("Microsoft.Subscription/aliases", alias), arm.O{"properties", arm.O{"displayName", alias}})
		sub := arm.Subscription("@" + alias)
		add(group.Child("subscriptions", sub.Name()), nil)
		at := arm.O{"location", "swedencentral", "tags", arm.O{"Project", "AIResearch2024", "CostCenter", "CC-4711", "Environment", "Production"}}
		ids := sub.ResourceGroup("rg-id")
		add(ids, at)
		identity := add(ids.Resource("Microsoft.ManagedIdentity/userAssignedIdentities", "id-train"), at)
		for g := range 4 {
			rg := add(sub.ResourceGroup(fmt.Sprintf("rg-%d", g)), at)
			nsg := add(rg.Resource("Microsoft.Network/networkSecurityGroups", "nsg"), append(at[:4:4], "properties", arm.O{"securityRules", arm.A{}}))
			vnet := add(rg.Resource("Microsoft.Network/virtualNetworks", "vnet"), append(at[:4:4], "properties", arm.O{"addressSpace", arm.O{"addressPrefixes", []string{"10.0.0.0/20"}}}))
			subnet := add(vnet.Child("subnets", "snet"), arm.O{"properties", arm.O{"addressPrefix", "10.0.0.0/24", "networkSecurityGroup", arm.O{"id", arm.IDOf(nsg)}}})
			st := add(rg.Resource("Microsoft.Storage/storageAccounts", fmt.Sprintf("st%05d%d", s, g)), append(at[:4:4], "sku", arm.O{"name", "Standard_ZRS"}, "kind", "StorageV2", "properties", arm.O{"minimumTlsVersion", "TLS1_2"}))
			add(st.Child("blobServices", "default"), arm.O{"properties", arm.O{"deleteRetentionPolicy", arm.O{"enabled", true, "days", 7}}})
			add(st.Resource("Microsoft.Authorization/roleAssignments", fmt.Sprintf("%08x-0000-4000-8000-%012x", s*4+g, g)), arm.O{"properties", arm.O{"roleDefinitionId", "/providers/Microsoft.Authorization/roleDefinitions/ba92f5b4-2d11-453d-a403-e96b0029c9fe", "principalId", arm.Ref{ID: identity, Path: "properties.principalId"}, "principalType", "ServicePrincipal"}})
			add(rg.Resource("Microsoft.Network/privateEndpoints", "pe"), append(at[:4:4], "properties", arm.O{"subnet", arm.O{"id", arm.IDOf(subnet)}, "privateLinkServiceConnections", arm.A{arm.O{"name", "blob", "properties", arm.O{"privateLinkServiceId", arm.IDOf(st), "groupIds", []string{"blob"}}}}}))
			add(rg.Resource("Microsoft.Compute/virtualMachineScaleSets", "vmss"), append(at[:4:4], "identity", arm.O{"type", "UserAssigned", "userAssignedIdentities", arm.O{string(identity), arm.O{}}}, "sku", arm.O{"name", "Standard_ND96isr_H200_v5", "capacity", 8}, "properties", arm.O{"orchestrationMode", "Uniform", "virtualMachineProfile", arm.O{"networkProfile", arm.O{"networkInterfaceConfigurations", arm.A{arm.O{"name", "nic", "properties", arm.O{"primary", true, "ipConfigurations", arm.A{arm.O{"name", "ip", "properties", arm.O{"subnet", arm.O{"id", arm.IDOf(subnet)}}}}}}}}}}))
		}
	}
	tt, found := b.Tenant()
	if found.HasErrors() {
		t.Fatal(found)
	}
	return tt
}

func discard(string) (io.WriteCloser, error) { return nopCloser{io.Discard}, nil }

// BenchmarkWrite writes 1,000 subscriptions of 40 resources, for each form and
// for all; live-MB is what is held at most beside the tenant.
func BenchmarkWrite(b *testing.B) {
	tt := large(b, 1000)
	for _, forms := range [][]emit.Form{{emit.ARM}, {emit.Bicep}, {emit.Terraform}, emit.Forms} {
		b.Run(strings.ReplaceAll(fmt.Sprint(forms), " ", "+"), func(b *testing.B) {
			b.ReportAllocs()
			var before runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			peak, count := uint64(0), 0
			for b.Loop() {
				sink := func(path string) (io.WriteCloser, error) {
					if count++; count%20_000 == 0 {
						b.StopTimer()
						var now runtime.MemStats
						runtime.GC()
						runtime.ReadMemStats(&now)
						peak = max(peak, now.HeapAlloc-before.HeapAlloc)
						b.StartTimer()
					}
					return discard(path)
				}
				if found, err := emit.Write(tt, options, sink, forms...); err != nil || len(found) > 0 {
					b.Fatal(found, err)
				}
			}
			b.ReportMetric(float64(b.N)*40_000/b.Elapsed().Seconds(), "resources/s")
			b.ReportMetric(float64(peak)/1e6, "live-MB")
		})
	}
}

// Four times the tenant takes four times the allocations to write.
func TestWorkGrowsWithTheTenant(t *testing.T) {
	work := func(subscriptions int) float64 {
		tt := large(t, subscriptions)
		return testing.AllocsPerRun(1, func() {
			if _, err := emit.Write(tt, options, discard, emit.Forms...); err != nil {
				t.Fatal(err)
			}
		})
	}
	few, many := work(40), work(160)
	if ratio := many / few; ratio > 4.2 {
		t.Errorf("four times the subscriptions take %.2f times the allocations (%.0f, %.0f)", ratio, few, many)
	}
}
