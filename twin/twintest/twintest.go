// Package twintest runs real clients against a twin in tests. It is a folder
// of its own so that package twin itself does not import package testing.
//
// A twin and a folder of Terraform files go in; a failed test comes out where
// they do not apply, settle and go away again. Clients are found on PATH and
// in $AIRFIELD_AZAPI, never downloaded; a test without them is skipped and
// says what it left out.
package twintest

import (
	"crypto/tls"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"airfield/arm"
	"airfield/twin"
)

// Server is a twin that listens on the loopback until the test ends.
type Server struct {
	URL string // https://127.0.0.1:port
	CA  string // the file that SSL_CERT_FILE is to name
}

// Serve lets a twin listen.
func Serve(t testing.TB, tw *twin.Twin) Server {
	t.Helper()
	cert, ca, err := twin.Certificate()
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewUnstartedServer(tw)
	srv.TLS = &tls.Config{Certificates: []tls.Certificate{cert}}
	srv.StartTLS()
	t.Cleanup(srv.Close)
	file := filepath.Join(t.TempDir(), "ca.pem")
	write(t, file, string(ca), 0o644)
	return Server{srv.URL, file}
}

// Azapi gives the path of the azapi provider that $AIRFIELD_AZAPI names, and
// skips the test where it or terraform is missing.
func Azapi(t testing.TB) string {
	t.Helper()
	provider := os.Getenv("AIRFIELD_AZAPI")
	if provider == "" {
		t.Skip("left out: terraform against the twin: $AIRFIELD_AZAPI names no azapi provider (.ci/terraform/build makes one)")
	}
	if _, err := os.Stat(provider); err != nil {
		t.Skipf("left out: terraform against the twin: $AIRFIELD_AZAPI: %v", err)
	}
	if _, err := exec.LookPath("terraform"); err != nil {
		t.Skip("left out: terraform against the twin: no terraform on PATH")
	}
	return provider
}

// Workspace is a folder of Terraform files, ready to run against a twin.
type Workspace struct {
	dir string
	env []string
}

// Open copies the .tf files of a folder and sets up terraform and the azapi
// provider for the twin at s. Extra variables of the environment are NAME=value,
// such as TF_VAR_admin_key=….
func Open(t testing.TB, s Server, tw *twin.Twin, dir string, env ...string) Workspace {
	t.Helper()
	w := Workspace{dir: t.TempDir(), env: environment(t, s, tw, env...)}
	files, err := filepath.Glob(filepath.Join(dir, "*.tf*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no Terraform files in %s", dir)
	}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(w.dir, filepath.Base(f)), string(text), 0o644)
	}
	return w
}

// environment sets up terraform and the azapi provider for the twin at s.
func environment(t testing.TB, s Server, tw *twin.Twin, env ...string) []string {
	t.Helper()
	provider, err := filepath.Abs(Azapi(t))
	if err != nil {
		t.Fatal(err)
	}
	aside := t.TempDir()
	mirror := filepath.Join(aside, "mirror", "registry.terraform.io", "azure", "azapi", "1.15.0", runtime.GOOS+"_"+runtime.GOARCH)
	if err := os.MkdirAll(mirror, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(provider, filepath.Join(mirror, "terraform-provider-azapi_v1.15.0")); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(aside, "terraformrc"), "disable_checkpoint = true\nprovider_installation {\n  filesystem_mirror {\n    path = \""+filepath.Join(aside, "mirror")+"\"\n  }\n}\n", 0o644)
	write(t, filepath.Join(aside, "az"), az(tw, s), 0o755)
	return append([]string{
		"HOME=" + aside,
		"PATH=" + aside + string(os.PathListSeparator) + os.Getenv("PATH"),
		"TF_CLI_CONFIG_FILE=" + filepath.Join(aside, "terraformrc"),
		"TF_IN_AUTOMATION=1",
		"CHECKPOINT_DISABLE=1",
		"SSL_CERT_FILE=" + s.CA,
		"ARM_RESOURCE_MANAGER_ENDPOINT=" + s.URL,
		"ARM_RESOURCE_MANAGER_AUDIENCE=" + s.URL,
		"ARM_ACTIVE_DIRECTORY_AUTHORITY_HOST=" + s.URL,
		"ARM_TENANT_ID=" + tw.ID(),
		"ARM_USE_MSI=false",
		"ARM_USE_OIDC=false",
		"ARM_USE_CLI=true",
	}, env...)
}

// az is azure-cli as azapi 1.15 needs it: it asks for a token and nothing
// else. A client secret would do, but for azapi 1.15 asking Microsoft's own
// servers whether the twin is a login server.
func az(tw *twin.Twin, s Server) string {
	return fmt.Sprintf(`#!/bin/sh
case "$1 $2" in
"account get-access-token")
	echo '{"accessToken":"%s","expiresOn":"2099-12-31 23:59:59.000000","tenant":"%s","tokenType":"Bearer"}' ;;
"account show")
	echo '{"tenantId":"%s","id":"00000000-0000-0000-0000-000000000000"}' ;;
*)
	echo "az $*: not part of the twin's az" >&2
	exit 2 ;;
esac
`, tw.Token("terraform", s.URL), tw.ID(), tw.ID())
}

// Run runs terraform with the arguments and gives what it printed and its exit
// code.
func (w Workspace) Run(t testing.TB, args ...string) (string, int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "terraform", args...)
	cmd.Dir, cmd.Env = w.dir, w.env
	out, err := cmd.CombinedOutput()
	if err != nil && cmd.ProcessState == nil {
		t.Fatalf("running terraform: %v", err)
	}
	return string(out), cmd.ProcessState.ExitCode()
}

// Plan plans what the workspace makes, and gives what terraform show -json
// prints of the plan.
func (w Workspace) Plan(t testing.TB) []byte {
	t.Helper()
	var out string
	for _, args := range [][]string{
		{"init", "-input=false", "-no-color"},
		{"plan", "-input=false", "-no-color", "-out=plan"},
		{"show", "-json", "plan"},
	} {
		var code int
		if out, code = w.Run(t, args...); code != 0 {
			t.Fatalf("terraform %s: have exit code %d, want 0\n%s", args[0], code, out)
		}
	}
	return []byte(out)
}

// Terraform takes a folder of Terraform files through its life on a twin:
// init, apply, a plan that finds nothing to change, destroy. What the twin
// held before, it must hold again. Between apply and destroy it calls check,
// where that is not nil.
func Terraform(t *testing.T, tw *twin.Twin, dir string, check func()) {
	t.Helper()
	Azapi(t)
	before := ids(tw)
	w := Open(t, Serve(t, tw), tw, dir)
	for _, args := range [][]string{
		{"init", "-input=false", "-no-color"},
		{"apply", "-input=false", "-no-color", "-auto-approve"},
		{"plan", "-input=false", "-no-color", "-detailed-exitcode"},
		{"destroy", "-input=false", "-no-color", "-auto-approve"},
	} {
		if args[0] == "destroy" && check != nil {
			check()
		}
		if out, code := w.Run(t, args...); code != 0 {
			t.Fatalf("terraform %s: have exit code %d, want 0\n%s", strings.Join(args, " "), code, out)
		}
	}
	if after := ids(tw); after != before {
		t.Errorf("destroy left a changed tenant\nhave\n%s\nwant\n%s", after, before)
	}
}

// Deploy takes a folder that package emit wrote for Terraform through its life
// on a twin: its deploy.sh, then a plan of every stage that finds nothing to
// change, then destroy, the last stage first. What the twin held before, it must
// hold again. Between, it calls check, where that is not nil.
func Deploy(t *testing.T, tw *twin.Twin, dir string, check func(), env ...string) {
	t.Helper()
	env = environment(t, Serve(t, tw), tw, env...)
	before := ids(tw)
	run := func(in, name string, args ...string) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), name, args...)
		cmd.Dir, cmd.Env = in, env
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s %s in %s: %v\n%s", name, strings.Join(args, " "), in, err, out)
		}
	}
	run(dir, "sh", "deploy.sh")
	if check != nil {
		check()
	}
	states, err := filepath.Glob(filepath.Join(dir, "*", "*", "terraform.tfstate"))
	if err != nil {
		t.Fatal(err)
	}
	whole, _ := filepath.Glob(filepath.Join(dir, "*", "terraform.tfstate"))
	states = append(states, whole...)
	slices.SortFunc(states, func(a, b string) int { return strings.Compare(b, a) }) // the stages' numbers lead
	if len(states) == 0 {
		t.Fatalf("deploy.sh left no state in %s", dir)
	}
	subscriptions := string(read(t, filepath.Join(dir, "subscriptions.json")))
	for _, destroy := range []bool{false, true} {
		for _, state := range states {
			args := []string{"plan", "-detailed-exitcode"}
			if destroy {
				args = []string{"destroy", "-auto-approve"}
			}
			folder := filepath.Dir(state)
			if _, id, ok := strings.Cut(subscriptions, `"`+filepath.Base(folder)+`": "`); ok {
				id, _, _ = strings.Cut(id, `"`)
				args = append(args, "-var=subscription_id="+id)
				if strings.Contains(folder, "2-vend") {
					args = args[:2]
				}
			}
			run(folder, "terraform", append(args, "-input=false", "-no-color")...)
		}
	}
	if after := ids(tw); after != before {
		t.Errorf("destroy left a changed tenant\nhave\n%s\nwant\n%s", after, before)
	}
}

func read(t testing.TB, file string) []byte {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// ids lists what a twin holds but subscriptions, which outlive their aliases,
// and their places.
func ids(tw *twin.Twin) string {
	var b strings.Builder
	all, _ := tw.Tenant()
	for id := range all.IDs(arm.Tenant) {
		if typ := id.Type(); !typ.Equal(arm.SubscriptionType) && !typ.Equal(arm.ManagementGroupType+"/subscriptions") {
			b.WriteString(string(id) + "\n")
		}
	}
	return b.String()
}

func write(t testing.TB, file, text string, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}
