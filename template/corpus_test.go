package template

import (
	"bufio"
	"compress/gzip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"airfield/arm"
	"airfield/diag"
	"airfield/source"
)

// shared opens a file of the reference material, or skips the test.
func shared(t testing.TB, name string) *os.File {
	t.Helper()
	root := os.Getenv("AIRFIELD_SHARED")
	if root == "" {
		root = filepath.Join("..", "..", "shared")
	}
	f, err := os.Open(filepath.Join(root, name))
	if err != nil {
		t.Skipf("left out the compiled templates: %v", err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// at is a plausible deployment of a template of the schema.
func at(schema string) Deployment {
	d := Deployment{
		Scope: "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-app", Name: "test", Location: "swedencentral",
		TenantID: "22222222-2222-2222-2222-222222222222",
		Now:      time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		NewGUID:  func() string { return "3f2504e0-4f89-41d3-9a0c-0305e82c3301" },
	}
	switch {
	case strings.Contains(schema, "subscriptionDeployment"):
		d.Scope = d.Scope.SubscriptionID()
	case strings.Contains(schema, "managementGroupDeployment"):
		d.Scope = arm.ManagementGroup("corp")
	case strings.Contains(schema, "tenantDeployment"):
		d.Scope = arm.Tenant
	}
	return d
}

// plausible gives a value for each parameter without a default.
func plausible(tpl arm.Value) arm.Value {
	o := arm.O{}
	for name, p := range tpl.Get("parameters").Members() {
		if p.Get("defaultValue").Exists() {
			continue
		}
		if allowed := p.Get("allowedValues"); allowed.Len() > 0 {
			o = append(o, name, allowed.At(0))
			continue
		}
		switch strings.ToLower(p.Get("type").Str()) {
		case "string", "securestring":
			n, _ := p.Get("minLength").Int()
			o = append(o, name, "p"+strings.Repeat("x", max(int(n)-1, 3)))
		case "int":
			n, ok := p.Get("minValue").Int()
			if !ok {
				n = 2
			}
			o = append(o, name, n)
		case "bool":
			o = append(o, name, true)
		case "array":
			o = append(o, name, arm.A{})
		default:
			o = append(o, name, arm.O{})
		}
	}
	return arm.New(o)
}

// better are values for parameters where the plausible ones do not do.
var better = map[string]string{
	"101/deployment-script-with-storage":         `{"subId": "11111111-1111-1111-1111-111111111111"}`,
	"101/sqlmi-new-vnet":                         `{"subnetName": "vnet-01/subnet-01"}`,
	"201/budget-subscription-with-notifications": `{"name": "budget"}`,
	"201/key-vault-secret-create":                `{"secretsObject": {"secrets": [{"secretName": "a", "secretValue": "b"}]}}`,
	"201/web-app-asev2-create":                   `{"subnetName": "vnet-01/subnet-01"}`,
	"201/wvd-create-hostpool":                    `{"workspaceResourceGroup": "rg-w", "workSpaceName": "w", "vmResourceGroup": "rg-v"}`,
	"301/sql-database-with-management":           `{"resourceGroup": {"name": "rg-sql", "location": "swedencentral", "tags": {}, "sqlLogicalServers": []}}`,
}

// refused are the templates that Azure refuses whatever the parameters are,
// with the number of errors: the segments of two names do not match their types,
// and one resource is defined twice.
var refused = map[string]int{"201/api-management-create-all-resources": 3}

func TestCompiledTemplates(t *testing.T) {
	z, err := gzip.NewReader(shared(t, "corpora/arm-templates.jsonl.gz"))
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(z)
	lines.Buffer(nil, 16<<20)
	templates, resources, edges, modules, clean := 0, 0, 0, 0, 0
	codes := map[string]int{}
	for lines.Scan() {
		line, err := arm.Parse(lines.Text())
		if err != nil {
			t.Fatal(err)
		}
		path := line.Get("path").Str()
		short := strings.TrimSuffix(path[strings.Index(path, "user_submitted/")+len("user_submitted/"):], "/main.json")
		f, found := source.NewFile(path, []byte(line.Get("document").Text()))
		if found.HasErrors() {
			t.Fatal(found)
		}
		tpl, err := arm.Parse(f.Text)
		if err != nil {
			t.Fatal(err)
		}
		d := at(tpl.Get("$schema").Str())
		d.Parameters = plausible(tpl)
		if text := better[short]; text != "" {
			v, err := arm.Parse(text)
			if err != nil {
				t.Fatal(path, err)
			}
			for name, value := range v.Members() {
				d.Parameters, _ = d.Parameters.Set(value, name)
			}
		}
		out, found := Expand(f, tpl, d)
		templates++
		resources += len(out.Resources)
		edges += len(out.Edges)
		modules += len(out.Modules)
		if len(found) == 0 {
			clean++
		}
		var errors diag.List
		for _, d := range found {
			codes[d.Severity.String()+" "+d.Code]++
			if d.Severity == diag.Error {
				errors = append(errors, d)
			}
		}
		if len(errors) != refused[short] {
			t.Errorf("have %d errors, want %d: %v", len(errors), refused[short], errors)
		}
		for _, r := range out.Resources {
			checkResource(t, path, r)
		}
	}
	if err := lines.Err(); err != nil || templates != 145 {
		t.Fatalf("%d templates, %v", templates, err)
	}
	t.Logf("%d templates: %d resources, %d edges, %d nested deployments; %d without a finding; findings: %v", templates, resources, edges, modules, clean, codes)
}

func checkResource(t *testing.T, path string, r arm.Resource) {
	t.Helper()
	if _, err := arm.ParseID(string(r.ID)); err != nil {
		t.Errorf("%s: %v", path, err)
	}
	if r.Body.Get("id").Str() != string(r.ID) || r.Body.Get("name").Str() != r.ID.Name() {
		t.Errorf("%s: id or name of %s is not in its body", path, r.ID)
	}
	if typ := string(r.ID.Type()); strings.HasPrefix(typ, "Microsoft.Authorization/policy") || strings.HasPrefix(typ, "Microsoft.Resources/templateSpecs") {
		return // their bodies hold expressions of their own
	}
	r.Body.Walk(func(at string, v arm.Value) bool {
		if s := v.Str(); strings.HasPrefix(s, "[") && strings.HasSuffix(s, ")]") {
			t.Errorf("%s: %s has %s = %s", path, r.ID, at, s)
		}
		return true
	})
}
