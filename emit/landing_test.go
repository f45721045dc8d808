package emit_test

import (
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"airfield/arm"
	"airfield/design"
	"airfield/design/designtest"
	"airfield/emit"
	"airfield/pipeline"
	"airfield/request"
	"airfield/runway"
	"airfield/tenant"
)

// TestLandings writes landings by chance in all that a design is written in:
// nothing that is there of management groups, places of subscriptions, networks
// and policy objects is in a write of any of it. What others do to theirs is in
// requests alone, which nothing that we run names.
func TestLandings(t *testing.T) {
	seeds := uint64(200)
	if testing.Short() {
		seeds = 20
	}
	asked := make([]int, seeds)
	t.Run("all", func(t *testing.T) {
		for seed := range seeds {
			t.Run(fmt.Sprint(seed), func(t *testing.T) {
				t.Parallel()
				raw, have := designtest.Landing(t, seed, 1)
				var lock *design.Lock
				if seed%2 > 0 { // of a design that knew no tenant
					lock = designtest.Land(t, raw, nil, nil).Lock
				}
				d := designtest.Land(t, raw, have, lock)
				if d.Findings.HasErrors() {
					t.Fatal(d.Findings)
				}
				asked[seed] = checkOutputs(t, d, have)
			})
		}
	})
	sum := 0
	for _, n := range asked {
		sum += n
	}
	if sum < len(asked) {
		t.Errorf("%d requests ask for a change of what is theirs, too few to show anything", sum)
	}
}

// checkOutputs holds all that is written for a design against the tenant, and
// counts the files that ask others to change what is theirs.
func checkOutputs(t *testing.T, d *design.Design, have *tenant.Tenant) (asked int) {
	t.Helper()
	o := emit.Options{File: "estate.yaml", Location: string(d.Estate.Regions.Home), Prefix: d.Estate.Organization.Prefix}
	for _, p := range d.Parameters {
		o.Parameters = append(o.Parameters, emit.Parameter{Name: p.Name, Description: p.Description})
	}
	out, commands := written(t, d, have, o)
	checkForms(t, d.Tenant, have, out, &o, emit.Forms...)
	p := pipeline.New(d)
	boot, _ := p.Bootstrap()
	in := memory{}
	for name, b := range out {
		if name, ok := strings.CutPrefix(name, "bootstrap/"); ok {
			in[name] = b
		}
	}
	checkForms(t, boot, have, in, &emit.Options{File: o.File, Location: o.Location}, p.Form)

	for name, b := range out {
		text := b.String()
		switch {
		case strings.HasPrefix(name, "requests/"):
			asked += strings.Count(text, "virtualNetworkPeerings")
		case slices.Contains([]string{".sh", ".yml"}, path.Ext(name)):
			commands[name] = text
			if strings.Contains(text, "requests/") {
				t.Errorf("%s names a request", name)
			}
		}
	}
	for _, f := range d.Files {
		if f.Body.Get("resources").Exists() {
			t.Errorf("%s is a template", f.Name)
		}
	}
	for name, text := range commands {
		for _, c := range command.FindAllString(text, -1) {
			if acts.MatchString(c) && !harmless.MatchString(c) {
				t.Errorf("%s: what this writes is not known to be ours: %s", name, c)
			}
		}
	}
	return asked
}

var (
	command = regexp.MustCompile(`\baz [a-z$][^\n;|]*`)
	acts    = regexp.MustCompile(`\b(create|update|delete|set|add|remove|move|cancel|put|patch|post|register|accept)\b|\$verb`)
	// harmless are commands that write no group, place, network or policy.
	harmless = regexp.MustCompile(`^az (` + strings.Join([]string{
		`deployment (tenant|mg|sub|group) \$verb`, // of templates, which are read
		`rest --method (put|patch) --url "\$(scope/roleEligibilityScheduleRequests/|policy\?)`,
		`rest --method patch --url "[^"]*/providers/Microsoft\.Quota/`, `quota update`,
		`identity federated-credential create`, `devops service-endpoint create`,
		`(provider|feature) register`, `vm image terms accept`, `capacity reservation create`}, "|") + ")")
)

// written writes a design as the command line does, and gives the commands of
// its runway.
func written(t *testing.T, d *design.Design, have *tenant.Tenant, o emit.Options) (out memory, commands map[string]string) {
	t.Helper()
	out, commands = memory{}, map[string]string{}
	found, err := emit.Write(d.Tenant, o, out.open, emit.Forms...)
	dates := runway.New(d, have, designtest.Day)
	requests, wrong := request.Of(d, dates)
	more, worse := pipeline.New(d).Write(o, out.open)
	for _, err := range []error{err, wrong, worse, request.Write(requests, d.Estate, out.open), pipeline.WriteEligible(d, out.open)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if found = append(found, more...); found.HasErrors() {
		t.Fatal(found)
	}
	for _, g := range dates.Gates {
		for _, i := range g.Items {
			commands["runway"] += i.Check + "\n" + i.How + "\n"
		}
	}
	return out, commands
}

// checkForms reads forms back: they write what is ours of a tenant, all of it,
// and nothing of theirs.
func checkForms(t *testing.T, tt, have *tenant.Tenant, m memory, o *emit.Options, forms ...emit.Form) {
	t.Helper()
	for _, f := range forms {
		var writes map[arm.ID]arm.Value
		switch f {
		case emit.ARM:
			writes = readTemplates(t, m, tt, o)
			compare(t, tt, o, writes)
		case emit.Terraform:
			writes = readTerraform(t, m, tt, o)
			compare(t, tt, o, writes)
		case emit.Bicep:
			writes = bicepWrites(t, bicepHeads(t, m), tt, o, func(emit.Deployment, string, map[string][]string) {})
			for r := range tt.All() {
				if !r.Theirs && r.Type() != arm.SubscriptionType && !writes[r.ID.Fold()].Exists() {
					t.Errorf("bicep: %s was not written", r.ID)
				}
			}
		}
		for id := range maps.Keys(writes) {
			if designtest.Theirs(have, id) {
				t.Errorf("%s writes %s, which is theirs", f, id)
			}
		}
	}
}
