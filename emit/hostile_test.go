package emit_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"airfield/arm"
	"airfield/diag"
	"airfield/emit"
	"airfield/tenant"
)

// breaks are all that some reader takes for the end of a line.
var breaks = []string{"\n", "\r", "\r\n", "\v", "\f", "\x00", "\x1b", "\u0085", "\u2028", "\u2029"}

// hostile makes a tenant and options where every text that a user, or what is
// found in Azure, can bring ends its line with a break and begins another.
func hostile(t *testing.T, br string) (*tenant.Tenant, emit.Options) {
	t.Helper()
	evil := "x" + br + "INJECTED; touch INJECTED '${a}' %{if} \" \\ `touch INJECTED` $(touch INJECTED) */"
	name := strings.ReplaceAll(evil, "/", "")
	alias := strings.NewReplacer("/", "", `\`, "", `"`, "", "*", "").Replace(evil) // which sed finds again
	var b tenant.Builder
	add := func(id arm.ID, body arm.O) arm.ID {
		b.Add(arm.Resource{ID: id, Body: arm.New(append(arm.O{"name", id.Name(), "type", id.Type(), "apiVersion", "2024-01-01"}, body...)), Pos: diag.Pos{File: evil, Line: 1}})
		return id
	}
	secret := arm.O{"properties", arm.O{"text", evil, evil, evil, "secret", arm.Parameter("secret")}}
	there := arm.Subscription("00000000-0000-4000-8000-000000000001")
	b.Add(arm.Resource{ID: there, Body: arm.New(arm.O{"displayName", evil, "properties", arm.O{"displayName", evil}}), Theirs: true})
	for _, sub := range []arm.ID{there, arm.Subscription("@" + alias), arm.Subscription("@plain")} {
		if alias, vended := strings.CutPrefix(sub.Name(), "@"); vended {
			add(arm.Tenant.Resource("Microsoft.Subscription/aliases", alias), arm.O{"properties", arm.O{"displayName", evil}})
			add(arm.ManagementGroup(name).Child("subscriptions", sub.Name()), nil)
		}
		rg := add(sub.ResourceGroup(name), arm.O{"location", evil, "tags", arm.O{evil, evil}})
		id := add(rg.Resource("Microsoft.Storage/storageAccounts", name), secret)
		add(id.Resource("Microsoft.Authorization/locks", name), arm.O{"properties", arm.O{"notes", arm.Ref{ID: id, Path: "properties." + name}}})
		add(sub.Resource("Microsoft.Authorization/policyAssignments", name), secret)
	}
	add(arm.ManagementGroup(name), arm.O{"properties", arm.O{"displayName", evil}})
	tt, found := b.Tenant()
	if found.HasErrors() {
		t.Fatal(found)
	}
	return tt, emit.Options{File: evil, Location: evil, Prefix: evil, Parameters: []emit.Parameter{{Name: "secret", Description: evil}, {Name: "known", Description: evil, Value: evil}}}
}

// No text of the user's begins a line of a file, in any form, and deploy.sh
// runs none.
func TestHostileTextsStayOnTheirLine(t *testing.T) {
	for _, br := range breaks {
		tt, o := hostile(t, br)
		for _, f := range emit.Forms {
			m := memory{}
			if _, err := emit.Write(tt, o, m.open, f); err != nil {
				t.Fatal(err)
			}
			seen := false
			for path, b := range m {
				text := b.String()
				if strings.HasSuffix(path, ".json") && br >= "\x7f" { // JSON lets it stand in a string
					text = strings.ReplaceAll(text, br, "")
				}
				seen = seen || strings.Contains(text, "INJECTED")
				if at := strings.Index(text, br+"INJECTED"); at >= 0 {
					t.Errorf("%q begins a line behind %q: %q", path, br, text[max(0, at-40):at+20])
				}
			}
			if !seen {
				t.Errorf("%s: the hostile texts are not there: the test tests nothing", f)
			}
			if br == "\n" || !testing.Short() {
				runHostile(t, f, m)
			}
		}
	}
}

// runHostile runs deploy.sh with an az and a terraform that do nothing, and
// looks for the file that the hostile texts make where they are run.
func runHostile(t *testing.T, f emit.Form, m memory) {
	t.Helper()
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Log("left out: running deploy.sh, for want of sh")
		return
	}
	dir := t.TempDir()
	for path := range m {
		if err := os.MkdirAll(filepath.Join(dir, filepath.Dir(path)), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	script := filepath.Join(dir, f.String(), "deploy.sh")
	put(t, script, m[f.String()+"/deploy.sh"].String())
	put(t, filepath.Join(dir, f.String(), "subscriptions.json"), "{\n  \"x\": \"96e03508-e07d-8098-85f2-157a4e49fc47\"\n}\n") // what is left of the hostile alias
	for _, tool := range []string{"az", "terraform"} {
		put(t, filepath.Join(dir, "bin", tool), "#!/bin/sh\necho 96e03508-e07d-8098-85f2-157a4e49fc47\n")
	}
	cmd := exec.Command(sh, script)
	cmd.Env = []string{"PATH=" + filepath.Join(dir, "bin") + ":" + os.Getenv("PATH"), "SECRET=s", "TF_VAR_secret=s"}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%s: %v: %s", f, err, out)
	}
	filepath.WalkDir(dir, func(path string, _ os.DirEntry, _ error) error {
		if strings.HasPrefix(filepath.Base(path), "INJECTED") {
			t.Errorf("%s: deploy.sh ran a hostile text", f)
		}
		return nil
	})
}
