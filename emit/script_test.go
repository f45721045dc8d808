package emit_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"airfield/emit"
	"airfield/tenant"
)

// newID is the id of every subscription that the az and the terraform of these
// tests make.
const newID = "96e03508-e07d-8098-85f2-157a4e49fc47"

// shell is a folder with a deploy.sh and with an az and a terraform that only
// say what they were asked.
type shell struct {
	t    *testing.T
	dir  string
	form emit.Form
	env  []string
}

// newShell writes the sample. The lines are what az and terraform do before
// they write their arguments and a new subscription's id to the log.
func newShell(t *testing.T, o emit.Options, f emit.Form, lines string) *shell {
	t.Helper()
	return newShellOf(t, sample(t), o, f, lines)
}

func newShellOf(t *testing.T, tt *tenant.Tenant, o emit.Options, f emit.Form, lines string) *shell {
	t.Helper()
	s := &shell{t: t, dir: t.TempDir(), form: f}
	for path, text := range files(t, tt, o, f) {
		put(t, filepath.Join(s.dir, path), text.String())
	}
	fake := "#!/bin/sh\nlog=" + s.dir + "/log\n" + lines + "\necho \"$(basename \"$0\") $* [${TF_VAR_subscription_id:-}${SUBSCRIPTION_ID_OF_ATLAS_PROD:-}]\" >>$log\ncase \"$*\" in *show*|*output\\ -raw*) echo " + newID + ";; esac\n"
	put(t, filepath.Join(s.dir, "bin", "az"), fake)
	put(t, filepath.Join(s.dir, "bin", "terraform"), fake)
	s.env = []string{"PATH=" + filepath.Join(s.dir, "bin") + ":" + os.Getenv("PATH"), "GRP_ATLAS_ML=g", "ADMIN_PUBLIC_KEY=ssh-rsa k e", "TF_VAR_grp_atlas_ml=g", "TF_VAR_admin_public_key=k"}
	return s
}

// run runs deploy.sh, and gives its exit code, what it printed, and the log.
func (s *shell) run(args ...string) (code int, out, log string) {
	s.t.Helper()
	sh, err := exec.LookPath("sh")
	if err != nil {
		s.t.Skip("left out: running deploy.sh, for want of sh")
	}
	os.Remove(filepath.Join(s.dir, "log"))
	cmd := exec.Command(sh, append([]string{filepath.Join(s.dir, s.form.String(), "deploy.sh")}, args...)...)
	cmd.Env = s.env
	text, err := cmd.CombinedOutput()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		s.t.Fatal(err)
	}
	all, _ := os.ReadFile(filepath.Join(s.dir, "log"))
	return cmd.ProcessState.ExitCode(), string(text), string(all)
}

func put(t *testing.T, path, text string) {
	t.Helper()
	os.MkdirAll(filepath.Dir(path), 0o777)
	if err := os.WriteFile(path, []byte(text), 0o777); err != nil {
		t.Fatal(err)
	}
}

// deploy.sh deploys in order and hands new subscription ids on.
func TestScripts(t *testing.T) {
	for _, f := range emit.Forms {
		s := newShell(t, options, f, "")
		if code, out, _ := s.run("3-prepare"); code != 1 || !strings.Contains(out, "deploy 2-vend first") {
			t.Errorf("%s: deploying a subscription that is not there: have %d %s", f, code, out)
		}
		code, out, log := s.run()
		if code != 0 {
			t.Errorf("%s: have %d %s", f, code, out)
		}
		golden := filepath.Join("testdata", f.String()+".log")
		if *update {
			put(t, golden, log)
		}
		if want, _ := os.ReadFile(golden); log != string(want) {
			t.Errorf("%s: have\n%s", f, log)
		}
		ids, _ := os.ReadFile(filepath.Join(s.dir, f.String(), "subscriptions.json"))
		if want := "{\n  \"atlas-prod\": \"" + newID + "\"\n}\n"; string(ids) != want {
			t.Errorf("%s: have subscriptions.json %s, want %s", f, ids, want)
		}
	}
}

// deploy.sh says what it is wrongly asked, and all that it misses, before it
// deploys anything.
func TestScriptsCheckBeforeTheyDeploy(t *testing.T) {
	for _, f := range emit.Forms {
		for _, tt := range []struct {
			args string
			env  bool // whether the parameters are set
			code int
			says []string
		}{
			{"--help", false, 0, []string{"usage: ./deploy.sh [--plan] [STAGE | STAGE/FOLDER]...", "  6-compute\n", "Public key of the administrator"}},
			{"1-governance -h", false, 0, []string{"usage: "}},
			{"6-comput", true, 2, []string{`no stage "6-comput"`, "usage: ", "  6-compute\n"}},
			{"1-governance 2", true, 2, []string{`no stage "2"`}},
			{"4-network/nowhere", true, 2, []string{`no stage "4-network/nowhere"`}},
			{"2-vend/atlas-prod/", true, 2, []string{`no stage "2-vend/atlas-prod/"`}},
			{"", false, 2, []string{"ADMIN_PUBLIC_KEY in the environment: Public key of the administrator\n", "GRP_ATLAS_ML in the environment: Object id of the group grp-atlas-ml\n"}},
			{"1-governance 3-prepare", false, 2, []string{"GRP_ATLAS_ML in"}},
		} {
			s := newShell(t, options, f, "")
			if !tt.env {
				s.env = s.env[:1]
			}
			code, out, log := s.run(strings.Fields(tt.args)...)
			if code != tt.code || log != "" {
				t.Errorf("%s %q: have exit code %d, want %d, and deployed %q", f, tt.args, code, tt.code, log)
			}
			for _, want := range tt.says {
				if f == emit.Terraform {
					want = strings.NewReplacer("ADMIN_PUBLIC_KEY", "TF_VAR_admin_public_key", "GRP_ATLAS_ML", "TF_VAR_grp_atlas_ml").Replace(want)
				}
				if !strings.Contains(out, want) {
					t.Errorf("%s %q: have %s, want %q in it", f, tt.args, out, want)
				}
			}
			if tt.args == "1-governance 3-prepare" && strings.Contains(strings.ToUpper(out), "ADMIN_PUBLIC_KEY") {
				t.Errorf("%s: a variable is asked for that only other stages need: %s", f, out)
			}
		}
		s := newShell(t, options, f, "")
		s.env = s.env[:1]
		if code, out, _ := s.run("1-governance"); code != 0 {
			t.Errorf("%s: a stage without parameters: have %d %s", f, code, out)
		}
	}
}

// A folder of a stage is deployed by itself, and a plan changes nothing.
func TestScriptsDeployFolders(t *testing.T) {
	for _, f := range emit.Forms {
		s := newShell(t, options, f, "")
		if code, out, log := s.run("2-vend/atlas-prod", "3-prepare/atlas-prod"); code != 0 || !strings.Contains(log, "3-prepare") || strings.Contains(log, "1-governance") || strings.Contains(log, "4-network") {
			t.Errorf("%s: two folders: have %d %s%s", f, code, out, log)
		}
		before, _ := os.ReadFile(filepath.Join(s.dir, f.String(), "subscriptions.json"))
		code, out, log := s.run("--plan", "2-vend", "6-compute")
		if code != 0 || strings.Contains(log, " create ") || strings.Contains(log, " apply ") || !strings.Contains(log, "6-compute") {
			t.Errorf("%s: a plan: have %d %s%s", f, code, out, log)
		}
		if after, _ := os.ReadFile(filepath.Join(s.dir, f.String(), "subscriptions.json")); string(after) != string(before) {
			t.Errorf("%s: a plan changes subscriptions.json to %s", f, after)
		}
		s.env = s.env[:1]
		if code, out, _ := s.run("3-prepare/atlas-prod", "--plan"); code != 2 {
			t.Errorf("%s: --plan behind a stage: have %d %s", f, code, out)
		}
	}
}

// What Azure does not know everywhere yet is deployed again, six times at most;
// any other failure stops at once.
func TestScriptsTryAgainWhatIsSpreading(t *testing.T) {
	fail := func(times, text string) string {
		return `case "$*" in *1-governance*init*) ;; *1-governance*) echo x >>$log.tries; test $(wc -l <$log.tries) -gt ` + times + ` || { printf '` + text + `' >&2; exit 1; } ;; esac`
	}
	for _, f := range emit.Forms {
		for _, tt := range []struct {
			times, text string
			code, tries int
			says        string
		}{
			{"2", `(SubscriptionNotFound) no`, 0, 3, "again in 0 s"},
			{"1", `The subscription of x does exist in cloud`, 1, 1, "exist in cloud"},
			{"1", `The subscription of x doesn\047t exist in cloud`, 0, 2, "again in 0 s"},
			{"1", `│ Error: a group\n│ out\n│   of scope`, 0, 2, "│   of scope"},
			{"9", `Code: AuthorizationFailed`, 1, 6, "again in 0 s"},
			{"9", `QuotaExceeded`, 1, 1, "QuotaExceeded"},
		} {
			s := newShell(t, options, f, fail(tt.times, tt.text))
			s.env = append(s.env, "AIRFIELD_WAIT=0", "TMPDIR="+t.TempDir())
			code, out, _ := s.run("1-governance")
			tries, _ := os.ReadFile(filepath.Join(s.dir, "log.tries"))
			if n := len(tries) / 2; code != tt.code || n != tt.tries || !strings.Contains(out, tt.says) {
				t.Errorf("%s, %q: have exit code %d after %d tries, want %d after %d and %q: %s", f, tt.text, code, n, tt.code, tt.tries, tt.says, out)
			}
			if left, _ := os.ReadDir(strings.TrimPrefix(s.env[len(s.env)-1], "TMPDIR=")); len(left) > 0 {
				t.Errorf("%s leaves %s behind", f, left)
			}
		}
	}
}

// A subscription that refuses its budgets stops nothing else: what failed is
// named at the end.
func TestScriptsGoOnBehindBudgets(t *testing.T) {
	tt := readTenant(t, `[
		{"id": "/subscriptions/a/providers/Microsoft.Consumption/budgets/b"},
		{"id": "/subscriptions/b/providers/Microsoft.Consumption/budgets/b"},
		{"id": "/subscriptions/c/providers/Microsoft.Consumption/budgets/b"},
		{"id": "/subscriptions/c/resourceGroups/rg"},
		{"id": "/subscriptions/c/resourceGroups/rg/providers/Microsoft.Authorization/locks/l"}]`)
	const says = "deploy.sh: budgets that failed: 7-budgets/a 7-budgets/b\na new subscription takes up to 48 hours; run ./deploy.sh 7-budgets again\n"
	for _, f := range emit.Forms {
		s := newShellOf(t, tt, options, f, `case "$PWD $*" in *7-budgets/[ab]*) echo "too new"; exit 3 ;; esac`)
		code, out, log := s.run()
		if code != 1 || !strings.HasSuffix(out, says) || strings.Count(out, "too new") != 2 {
			t.Errorf("%s: have exit code %d, want 1: %s", f, code, out)
		}
		for _, want := range []string{"7-budgets.c", "8-finish.c"} {
			if !regexp.MustCompile(want).MatchString(log) {
				t.Errorf("%s: %s is not deployed: %s", f, want, log)
			}
		}
		if code, out, _ := s.run("8-finish"); code != 0 {
			t.Errorf("%s: have %d %s", f, code, out)
		}
	}
}

// Where others must do something before compute, deploying all stages stops
// there and says so; who names the stages goes on.
func TestScriptsWaitForOthers(t *testing.T) {
	o := options
	o.Wait = []string{"peering with vnet-hub-sdc for orion/prod", "routes:\nit's $(touch INJECTED) `touch INJECTED`"}
	const says = "deploy.sh: stopped before 6-compute, which needs what others do:\n" +
		"  peering with vnet-hub-sdc for orion/prod\n  routes: it's $(touch INJECTED) `touch INJECTED`\nthen: ./deploy.sh 6-compute 7-budgets\n"
	for _, f := range emit.Forms {
		s := newShell(t, o, f, "")
		code, out, before := s.run()
		if code != 3 || !strings.HasSuffix(out, says) || strings.Contains(before, "6-compute") || !strings.Contains(before, "5-data") {
			t.Errorf("%s: have exit code %d, want 3: %s%s", f, code, out, before)
		}
		code, out, after := s.run("6-compute", "7-budgets")
		if code != 0 {
			t.Errorf("%s: have %d %s", f, code, out)
		}
		exported := regexp.MustCompile(` \[.*\]\n`) // by earlier stages too
		want, _ := os.ReadFile(filepath.Join("testdata", f.String()+".log"))
		if exported.ReplaceAllString(before+after, "\n") != exported.ReplaceAllString(string(want), "\n") {
			t.Errorf("%s: stopping changes what is deployed: %s%s", f, before, after)
		}
	}
}
