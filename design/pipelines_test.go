package design_test

import (
	"fmt"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"airfield/access"
	"airfield/arm"
	"airfield/design"
	"airfield/design/designtest"
	"airfield/diag"
	"airfield/emit"
	"airfield/pipeline"
	"airfield/source"
	"airfield/tenant"
)

// The roles of pipelines are exactly sufficient by package access: each stack
// has all that it needs, and nothing of a role can be left out.
func TestPipelineRoles(t *testing.T) {
	const with = "deploys: {with: github, repository: o/r, identity_per: %, form: $, state: /subscriptions/3c9a7c5e-0000-4000-8000-0000000000c1/resourceGroups/s/providers/Microsoft.Storage/storageAccounts/st}"
	texts := map[string]string{}
	for _, name := range []string{"contoso", "small"} {
		raw, err := os.ReadFile("../examples/" + name + "/estate.yaml")
		if err != nil {
			t.Fatal(err)
		}
		texts[name] = string(raw)
	}
	texts["contoso"] = strings.Replace(texts["contoso"], "\naccess:\n", "\naccess:\n  "+with+"\n", 1)
	texts["small"] += "access: {" + with + "}\n"
	estates := 50
	if testing.Short() {
		estates = 5
	}
	for seed := range estates {
		texts[fmt.Sprint("generated ", seed)] = strings.Replace(string(designtest.Estate(uint64(seed), 2+seed%2)), "\naccess: {", "\naccess: {"+with+", ", 1)
	}
	roles := 0
	for name, text := range texts {
		form := []string{"bicep", "terraform"}[len(name)%2]
		per := []string{"stack", "environment"}[int(name[len(name)-1])%2]
		roles += pipelineRoles(t, name, strings.NewReplacer("per: %", "per: "+per, "form: $", "form: "+form).Replace(text))
	}
	t.Logf("%d roles of %d estates are exact", roles, len(texts))
	if roles < estates {
		t.Errorf("have %d roles of %d estates", roles, len(texts))
	}
}

func pipelineRoles(t *testing.T, name, text string) (roles int) {
	t.Helper()
	f, found := source.NewFile(name, []byte(text))
	e, more := design.Read(f)
	if found = append(found, more...); found.HasErrors() {
		t.Fatalf("%s: %v", name, found)
	}
	d := design.New(e, design.Options{Month: "2026-11-01"})
	if d.Findings.HasErrors() {
		return 0
	}
	p := pipeline.New(d)
	boot, found := p.Bootstrap()
	if found.HasErrors() {
		t.Fatalf("%s: %v", name, found)
	}
	resources := map[string][]arm.Resource{}
	var list diag.List
	for x := range emit.Split(d.Tenant, &list) {
		resources[path.Join(x.Stage, x.Name)] = x.Resources
	}
	for i := range p.Identities {
		if one := &p.Identities[i]; !one.Plans {
			roles += exact(t, boot, one, resources)
		}
	}
	return roles
}

// exact holds one identity's roles against what its stacks need.
func exact(t *testing.T, boot *tenant.Tenant, i *pipeline.Identity, resources map[string][]arm.Resource) (roles int) {
	t.Helper()
	var own tenant.Builder
	var custom []arm.Resource
	for r := range boot.All() {
		ref, _ := r.Get("properties", "principalId").Ref()
		switch {
		case r.ID.Type().Equal("Microsoft.Authorization/roleDefinitions"):
			if name := r.Get("properties", "roleName").Str(); name == i.Name || strings.HasPrefix(name, i.Name+" in ") {
				custom = append(custom, r)
				own.Add(r)
			}
		case ref.ID.Equal(i.ID):
			own.Add(r)
		}
	}
	small, _ := own.Tenant()
	if n, why := lacks(small, i, resources); n > 0 {
		t.Errorf("%s lacks %s", i.Name, why)
	}
	for _, r := range custom {
		actions := r.Get("properties", "permissions").At(0).Get("actions").Strings()
		for at, action := range actions {
			less, _ := r.Body.Set(arm.A{arm.O{"actions", slices.Delete(slices.Clone(actions), at, at+1), "notActions", arm.A{}}}, "properties", "permissions")
			without, _ := small.With(arm.Resource{ID: r.ID, Body: less})
			if n, _ := lacks(without, i, resources); n == 0 {
				t.Errorf("%s needs no %s of its role", i.Name, action)
			}
		}
		roles++
	}
	return roles
}

// lacks counts what an identity's stacks need and it is not sure to have.
func lacks(t *tenant.Tenant, i *pipeline.Identity, resources map[string][]arm.Resource) (n int, why string) {
	a, _ := access.New(t, time.Time{})
	lacking := func(action string, scope arm.ID) {
		n++
		why = action + " at " + string(scope)
	}
	for _, s := range i.Stacks {
		for _, c := range a.Lacking(string(i.ID), resources[s.Folder]) {
			if deploys := strings.HasPrefix(c.Action, "Microsoft.Resources/deployments/"); c.Action != "" && c.Scope.SubscriptionID() != "" && !(deploys && !slices.ContainsFunc(s.Needs, func(n access.Need) bool { return n.Action == c.Action })) {
				lacking(c.Action, c.Scope)
			}
		}
		for _, need := range s.Needs {
			if need.Action == "" || strings.EqualFold(need.Action, "Microsoft.Authorization/roleAssignments/write") { // whose condition Lacking knows
				continue
			}
			if x := a.Can(access.Question{Principal: string(i.ID), Action: need.Action, Plane: access.Control, Scope: need.Scope}); x.Decision != access.Yes {
				lacking(need.Action, need.Scope)
			}
		}
	}
	return n, why
}
