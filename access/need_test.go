package access

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"airfield/arm"
	"airfield/tenant"

	"golang.org/x/tools/txtar"
)

var update = flag.Bool("update", false, "write what is found into testdata/needs")

// TestNeeds holds what resources need, and which roles allow it, against
// testdata/needs/*.txtar: resources as lines of a tenant, then the answer, with
// what the principal "deployer" lacks of it in the tenant behind.
func TestNeeds(t *testing.T) {
	files, _ := filepath.Glob("testdata/needs/*.txtar")
	for _, file := range files {
		ar, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var wanted []arm.Resource
		in, found, err := tenant.Read("wanted", strings.NewReader("{\"airfield\":\"tenant\",\"version\":1}\n"+short(t, string(ar.Files[0].Data))))
		if err != nil || found.HasErrors() {
			t.Fatal(file, err, found)
		}
		for r := range in.All() {
			wanted = append(wanted, tenant.Keep(r))
		}
		a, _ := read(t, string(ar.Files[1].Data))
		if have := answer(a, wanted); have != string(ar.Files[2].Data) {
			if *update {
				ar.Files[2].Data = []byte(have)
				if err := os.WriteFile(file, txtar.Format(ar), 0o666); err != nil {
					t.Fatal(err)
				}
				continue
			}
			t.Errorf("%s: have\n%s\nwant\n%s", file, have, ar.Files[2].Data)
		}
	}
}

// answer writes what the resources need, and what "deployer" lacks.
func answer(a *Access, wanted []arm.Resource) string {
	var b strings.Builder
	needs := Needs(wanted)
	for _, n := range needs {
		if !strings.Contains(n.Action, "Microsoft.Resources/deployments/") || strings.HasSuffix(n.Action, "/write") {
			fmt.Fprintf(&b, "%s at %s %s\n", n.Action, n.Scope, n.Why)
		}
	}
	grants, open := Least(needs)
	for _, g := range grants {
		fmt.Fprintf(&b, "role %s at %s\n", g.Role, g.Scope)
	}
	for _, n := range open {
		fmt.Fprintf(&b, "no role for %q at %s\n", n.Action, n.Scope)
	}
	for _, c := range a.Lacking("deployer", wanted) {
		if !strings.Contains(c.Action, "Microsoft.Resources/deployments/") || strings.HasSuffix(c.Action, "/write") {
			fmt.Fprintf(&b, "%s: %s at %s; %s\n", c.Decision, c.Action, c.Scope, strings.Join(c.Doubts, "; "))
		}
	}
	return strings.ReplaceAll(b.String(), " \n", "\n")
}

// A role is exact where it allows these actions and no other.
func TestExact(t *testing.T) {
	quota := []string{"Microsoft.Capacity/register/action", "x/y/read"}
	for _, tt := range []struct {
		actions []string
		want    string
	}{{[]string{"*"}, "Owner"}, {[]string{"*/read"}, "Reader"}, {quota, ""}, {nil, ""}} {
		if have := Exact(tt.actions); have != tt.want {
			t.Errorf("%v: have %q, want %q", tt.actions, have, tt.want)
		}
	}
}
