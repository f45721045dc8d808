package emit_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"airfield/arm"
	"airfield/diag"
	"airfield/emit"
	"airfield/policy"
	"airfield/review"
	"airfield/snapshot"
	"airfield/source"
	"airfield/template"
	"airfield/tenant"
	"airfield/twin"
	"airfield/twin/twintest"
)

// TestTerraformPlans plans what is written for Terraform with the real
// terraform, and wants the plan to read as the template of the same stage does,
// and to be reviewed alike.
func TestTerraformPlans(t *testing.T) {
	twintest.Azapi(t)
	have := contoso(t)
	for name, of := range map[string][]string{
		"small":   {"", "fab-vision-prod"},
		"contoso": {"con-churn-prod", "con-lumen-prod", "con-tuner-prod"},
	} {
		t.Run(name, func(t *testing.T) {
			tt, o := designed(t, name, nil)
			there, ids := vended(t, tt)
			tw := twin.New(twin.Options{Tenant: there})
			server := twintest.Serve(t, tw)
			templates, plans := files(t, tt, o, emit.ARM), files(t, tt, o, emit.Terraform)
			var asTemplates, asPlans tenant.Builder
			var found diag.List
			for d := range emit.Split(tt, &found) {
				if !slices.ContainsFunc(of, func(n string) bool { return d.Name == n || n != "" && strings.HasPrefix(d.Name, n) }) {
					continue
				}
				t.Run(strings.Trim(d.Stage+" "+d.Name, " "), func(t *testing.T) {
					dir := strings.TrimSuffix(d.Stage+"/"+d.Name, "/")
					byTemplate := readTemplate(t, templates, "arm/"+dir, d, ids)
					byPlan := readPlan(t, plans, "terraform/"+dir, tw, server, d, ids)
					comparePlan(t, byTemplate, byPlan)
					for id, r := range byTemplate {
						asTemplates.Add(r)
						asPlans.Add(byPlan[id])
					}
				})
			}
			placed, _ := have.With(placements(there)...)
			compareReviews(t, blockers(t, &asTemplates, placed), blockers(t, &asPlans, placed))
		})
	}
}

// contoso reads the tenant that the example is reviewed against.
func contoso(t *testing.T) *tenant.Tenant {
	t.Helper()
	f, err := os.Open("../examples/contoso/tenant.jsonl.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	tt, found, err := tenant.Read(f.Name(), f)
	if err != nil || found.HasErrors() {
		t.Fatal(err, found)
	}
	return tt
}

// vended gives the tenant with an id for each new subscription, and the ids by
// alias.
func vended(t *testing.T, tt *tenant.Tenant) (*tenant.Tenant, *strings.Replacer) {
	t.Helper()
	aliases := map[string]bool{}
	for r := range tt.All() {
		for _, m := range regexp.MustCompile(`/@([\w-]+)`).FindAllStringSubmatch(string(r.ID), -1) {
			aliases[m[1]] = true
		}
	}
	var pairs []string
	for i, alias := range slices.Backward(slices.Sorted(maps.Keys(aliases))) { // of two that begin alike the longer first
		pairs = append(pairs, "@"+alias, fmt.Sprintf("44444444-0000-4000-8000-%012d", i))
	}
	ids := strings.NewReplacer(pairs...)
	var b tenant.Builder
	for r := range tt.All() {
		body, err := arm.Parse(ids.Replace(r.Body.Text()))
		if err != nil {
			t.Fatal(err)
		}
		if r.Type() == "Microsoft.ManagedIdentity/userAssignedIdentities" { // later stages ask who it is
			if body, err = body.Set("55555555-0000-4000-8000-000000000000", "properties", "principalId"); err != nil {
				t.Fatal(err)
			}
		}
		b.Add(arm.Resource{ID: arm.ID(ids.Replace(string(r.ID))), Body: body})
	}
	there, _ := b.Tenant()
	return there, ids
}

// placements gives the subscriptions of a tenant, and where they are.
func placements(tt *tenant.Tenant) (all []arm.Resource) {
	for r := range tt.All() {
		if r.Type().Equal(arm.SubscriptionType) || r.Type().Equal(arm.ManagementGroupType+"/subscriptions") {
			all = append(all, r)
		}
	}
	return all
}

func readTemplate(t *testing.T, m memory, dir string, d emit.Deployment, ids *strings.Replacer) map[arm.ID]arm.Resource {
	t.Helper()
	values, err := arm.Parse(m[dir+"/azuredeploy.parameters.json"].String())
	if err == nil {
		values, err = template.Parameters(values)
	}
	if err != nil {
		t.Fatal(err)
	}
	return byID(t, snapshot.Reader{At: arm.ID(ids.Replace(string(d.Scope))), Parameters: values}, dir, m[dir+"/azuredeploy.json"].Bytes())
}

func readPlan(t *testing.T, m memory, dir string, tw *twin.Twin, server twintest.Server, d emit.Deployment, ids *strings.Replacer) map[arm.ID]arm.Resource {
	t.Helper()
	at := t.TempDir()
	for path, text := range m {
		if filepath.ToSlash(filepath.Dir(path)) == dir {
			if err := os.WriteFile(filepath.Join(at, filepath.Base(path)), text.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	scope := arm.ID(ids.Replace(string(d.Scope)))
	env := []string{"TF_VAR_subscription_id=" + scope.SubscriptionID().Name(),
		"TF_VAR_billing_scope=/providers/Microsoft.Billing/billingAccounts/1/enrollmentAccounts/2", "TF_VAR_admin_public_key=ssh-ed25519 AAAA test"}
	declared := regexp.MustCompile(`made under the alias ([\w-]+)`)
	for _, m := range declared.FindAllStringSubmatch(m[dir+"/variables.tf"].String(), -1) {
		env = append(env, "TF_VAR_subscription_id_of_"+strings.ReplaceAll(m[1], "-", "_")+"="+ids.Replace("@"+m[1]))
	}
	return byID(t, snapshot.Reader{At: scope}, dir, twintest.Open(t, server, tw, at, env...).Plan(t))
}

func byID(t *testing.T, r snapshot.Reader, name string, raw []byte) map[arm.ID]arm.Resource {
	t.Helper()
	f, found := source.NewExport(name, raw)
	if found.HasErrors() {
		t.Fatal(found)
	}
	pieces, found := r.Resources(f)
	for _, d := range found {
		t.Log(d)
	}
	all := map[arm.ID]arm.Resource{}
	for _, p := range pieces {
		all[p.Resource.ID.Fold()] = p.Resource
	}
	return all
}

// comparePlan wants the resources of a plan to be those of a template, but for
// values that one of them does not know.
func comparePlan(t *testing.T, byTemplate, byPlan map[arm.ID]arm.Resource) {
	t.Helper()
	for _, id := range slices.Sorted(maps.Keys(byTemplate)) {
		if _, ok := byPlan[id]; !ok {
			t.Errorf("the plan lacks %s", id)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(byPlan)) {
		r, ok := byTemplate[id]
		if !ok {
			t.Errorf("the template lacks %s", id)
			continue
		}
		for _, d := range differences("", r.Body, byPlan[id].Body) {
			t.Errorf("%s: %s", id, d)
		}
	}
}

// differences lists where two values say different things.
func differences(path string, want, have arm.Value) (all []string) {
	switch {
	case want.Kind() == arm.Unknown || have.Kind() == arm.Unknown:
	case want.Kind() == arm.Object && have.Kind() == arm.Object:
		for name, m := range want.Members() {
			all = append(all, differences(path+"."+name, m, have.Get(name))...)
		}
		for name, m := range have.Members() {
			if !want.Get(name).Exists() {
				all = append(all, differences(path+"."+name, arm.Value{}, m)...)
			}
		}
	case want.Kind() == arm.Array && have.Kind() == arm.Array && want.Len() == have.Len():
		for i := range want.Len() {
			all = append(all, differences(fmt.Sprintf("%s[%d]", path, i), want.At(i), have.At(i))...)
		}
	case !want.Equal(have):
		all = append(all, fmt.Sprintf("%s: have %.200s, want %.200s", path[1:], have.Text(), want.Text()))
	}
	return all
}

// blockers reviews what was read, and gives for each rule and resource that is
// stopped whether that is certain.
func blockers(t *testing.T, b *tenant.Builder, have *tenant.Tenant) map[string]bool {
	t.Helper()
	wanted, _ := b.Tenant()
	all := map[string]bool{}
	inTurn := func(n int, do func(int)) {
		for i := range n {
			do(i)
		}
	}
	r := review.New(wanted, have, review.Options{Policy: policy.Options{Now: time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)}, Side: inTurn})
	for _, b := range r.Blockers {
		for _, h := range b.Hits {
			key := b.Code + " " + string(h.Resource.ID.Fold())
			if b.Assigned != nil {
				key += " " + string(b.Assigned.ID.Fold())
			} else {
				key += " " + b.Title
			}
			all[key] = all[key] || b.Certain
		}
	}
	return all
}

func compareReviews(t *testing.T, want, have map[string]bool) {
	t.Helper()
	certain := 0
	for key, sure := range want {
		if is, ok := have[key]; !ok || is != sure {
			t.Errorf("%s: certain is %v for the template; for the plan it is there: %v, certain: %v", key, sure, ok, is)
		}
		if sure {
			certain++
		}
	}
	for key, sure := range have {
		if _, ok := want[key]; !ok {
			t.Errorf("%s: only in the plan, certain: %v", key, sure)
		}
	}
	t.Logf("%d resources and rules, %d of them certain", len(want), certain)
}
