package policy_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"airfield/arm"
	"airfield/policy"
	"airfield/snapshot"
	"airfield/source"
	"airfield/tenant"
)

var update = flag.Bool("update", false, "write what the tests give as what they want")

// TestRequests judges requests against the tenants of testdata/requests: each
// file has the tenant's resources in tenant/*.json, requests in *.json, and
// what the engine says of them in want.
func TestRequests(t *testing.T) {
	archives(t, "testdata/requests", judgeAll)
}

// archives compares what give makes of each archive of a folder with its file
// want.
func archives(t *testing.T, dir string, give func(*testing.T, *txtar.Archive) string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.txtar"))
	if err == nil && len(files) == 0 {
		t.Fatalf("%s has no archives", dir)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			have := give(t, a)
			i := slices.IndexFunc(a.Files, func(f txtar.File) bool { return f.Name == "want" })
			if *update {
				a.Files[i].Data = []byte(have)
				if err := os.WriteFile(file, txtar.Format(a), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if want := string(a.Files[i].Data); have != want {
				t.Errorf("have\n%s\nwant\n%s", have, want)
			}
		})
	}
}

// judgeAll writes the verdicts on the requests of an archive.
func judgeAll(t *testing.T, a *txtar.Archive) string {
	t.Helper()
	var b tenant.Builder
	var requests []txtar.File
	for _, f := range a.Files {
		switch {
		case strings.HasPrefix(f.Name, "tenant/"):
			for _, r := range resources(t, f) {
				b.Add(r)
			}
		case f.Name != "want":
			requests = append(requests, f)
		}
	}
	tree, found := b.Tenant()
	if found.HasErrors() {
		t.Fatal(found)
	}
	e, found := policy.Compile(tree, policy.Options{Now: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)})
	var out strings.Builder
	for _, f := range found.Sorted() {
		fmt.Fprintf(&out, "compile: %s [%s]\n", f.Message, f.Code)
	}
	for _, f := range requests {
		v, err := arm.Parse(string(f.Data))
		if err != nil {
			t.Fatalf("%s: %v", f.Name, err)
		}
		q := policy.Request{Resource: arm.Resource{ID: arm.ID(v.Get("id").Str()), Body: v}}
		switch name, _, _ := strings.Cut(f.Name, "-"); name {
		case "delete":
			q.Verb = policy.Delete
		case "patch":
			q.Verb, q.Patch = policy.Patch, arm.New(arm.O{"tags", v.Get("tags")})
		}
		fmt.Fprintf(&out, "%s: %s", f.Name, describeVerdict(e.Judge(q, policy.In(tree))))
	}
	return out.String()
}

// resources reads a file of policy objects, or of one other resource.
func resources(t *testing.T, f txtar.File) []arm.Resource {
	t.Helper()
	v, err := arm.Parse(string(f.Data))
	if err != nil {
		t.Fatalf("%s: %v", f.Name, err)
	}
	if typ := arm.ID(v.Get("id").Str()).Type(); !strings.HasPrefix(string(typ), "Microsoft.Authorization/policy") {
		return []arm.Resource{{ID: arm.ID(v.Get("id").Str()), Body: v}}
	}
	file, _ := source.NewFile(f.Name, f.Data)
	pieces, found := snapshot.Policies(file, "")
	if found.HasErrors() {
		t.Fatal(found)
	}
	var all []arm.Resource
	for _, p := range pieces {
		all = append(all, p.Resource)
	}
	return all
}

func describeVerdict(v policy.Verdict) string {
	var b strings.Builder
	fmt.Fprintln(&b, v.Decision)
	for _, c := range v.Changes {
		fmt.Fprintf(&b, "  changes %s: %s → %s\n", c.Path, c.Before.Text(), c.After.Text())
	}
	for _, r := range v.Results {
		fmt.Fprintf(&b, "  %s %s %s", r.Policy(), r.Effect, r.State)
		if r.Blocks() {
			b.WriteString(" blocks")
		}
		if r.Reason != (policy.Reason{}) {
			fmt.Fprintf(&b, ": %s %s", r.Reason.Property, r.Reason.Message)
		}
		if r.Err != nil {
			fmt.Fprintf(&b, ": %v", r.Err)
		}
		b.WriteByte('\n')
	}
	for _, d := range v.Deploys {
		fmt.Fprintf(&b, "  deploys %s %s %v\n", d.Assigned.Policy(), d.Parameters.Text(), d.Roles)
	}
	return b.String()
}

// TestLacks says of what a header lacks whether a request in a subscription
// below the management group corp can still be allowed.
func TestLacks(t *testing.T) {
	sub, corp := arm.Subscription("11111111-1111-1111-1111-111111111111"), arm.ManagementGroup("corp")
	for _, tt := range []struct {
		what   string
		placed bool
		want   policy.Decision
	}{
		{"Microsoft.Storage/storageAccounts", true, policy.Allowed},
		{"Microsoft.Management/managementGroups", true, policy.NotKnown},
		{"Microsoft.Authorization/policyAssignments", true, policy.NotKnown},
		{"Microsoft.Authorization/policyAssignments at " + string(sub), true, policy.NotKnown},
		{"Microsoft.Authorization/policyAssignments at " + string(corp), true, policy.NotKnown},
		{"Microsoft.Authorization/policyAssignments at /subscriptions/22222222-2222-2222-2222-222222222222", true, policy.Allowed},
		{"/subscriptions/22222222-2222-2222-2222-222222222222", true, policy.Allowed},
		{string(arm.ManagementGroup("other")), true, policy.Allowed},
		{string(arm.ManagementGroup("other")), false, policy.NotKnown},
	} {
		b := tenant.Builder{Header: tenant.Header{Missing: []tenant.Missing{{What: tt.what, Why: "forbidden"}}}}
		body := arm.O{"id", sub, "type", arm.SubscriptionType}
		if tt.placed {
			b.Add(arm.Resource{ID: corp, Body: arm.New(arm.O{"id", corp, "type", arm.ManagementGroupType})})
			body = append(body, "properties", arm.O{"managementGroupAncestorsChain", arm.A{arm.O{"name", "corp"}}})
		}
		b.Add(arm.Resource{ID: sub, Body: arm.New(body)})
		tree, _ := b.Tenant()
		e, _ := policy.Compile(tree, policy.Options{})
		id := sub.ResourceGroup("rg").Resource("Microsoft.Storage/storageAccounts", "a")
		v := e.Judge(policy.Request{Resource: arm.Resource{ID: id, Body: arm.New(arm.O{"id", id, "type", id.Type()})}}, nil)
		if v.Decision != tt.want {
			t.Errorf("%s, placed %t: have %s (%s), want %s", tt.what, tt.placed, v.Decision, v.Lacks, tt.want)
		}
	}
}
