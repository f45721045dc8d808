package twin_test

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"airfield/arm"
	"airfield/tenant"
	"airfield/twin"
)

const (
	sub    = "/subscriptions/00000000-0000-0000-0000-000000000001"
	group  = sub + "/resourceGroups/rg"
	groups = "/providers/Microsoft.Management/managementGroups"
	v      = "?api-version=2024-01-01"
)

func Example() {
	tw := twin.New(twin.Options{})
	srv := httptest.NewServer(tw)
	defer srv.Close()
	r, _ := http.NewRequest(http.MethodPut, srv.URL+"/providers/Microsoft.Management/managementGroups/ai?api-version=2023-04-01", strings.NewReader("{}"))
	r.Header.Set("Authorization", "Bearer "+tw.Token("me", srv.URL))
	answer, _ := http.DefaultClient.Do(r)
	body, _ := io.ReadAll(answer.Body)
	v, _ := arm.Parse(string(body))
	fmt.Println(answer.Status, v.Get("id").Str())
	// Output: 200 OK /providers/Microsoft.Management/managementGroups/ai
}

// TestStatusCodes holds the answers against what Azure's Go clients take for
// success (see services).
func TestStatusCodes(t *testing.T) {
	const location = `{"location":"swedencentral"}`
	auth, role := "/providers/Microsoft.Authorization/", `{"properties":{"roleDefinitionId":"/r","principalId":"p"}}`
	for _, tt := range []struct {
		id, body               string
		put, again, drop, gone int
	}{
		{sub + "/resourceGroups/other", location, 201, 200, 202, 404},
		{group + "/providers/Microsoft.Storage/storageAccounts/st2", location, 200, 200, 200, 204},
		{group + "/providers/Microsoft.Storage/storageAccounts/st/managementPolicies/default", "{}", 200, 200, 200, 204},
		{group + "/providers/Microsoft.Storage/storageAccounts/st/blobServices/default/containers/c", "{}", 201, 200, 200, 204},
		{group + "/providers/Microsoft.Network/virtualNetworks/v", location, 201, 200, 200, 204},
		{group + "/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id", location, 201, 200, 200, 204},
		{groups + "/ai", "{}", 200, 200, 202, 204},
		{groups + "/" + twin.DefaultTenant + "/settings/default", "{}", 200, 200, 200, 204},
		{"/providers/Microsoft.Subscription/aliases/a", "{}", 201, 200, 200, 204},
		{sub + auth + "policyDefinitions/d", "{}", 201, 201, 200, 204},
		{sub + auth + "policySetDefinitions/d", "{}", 201, 200, 200, 204},
		{sub + auth + "policyAssignments/d", "{}", 201, 201, 200, 204},
		{sub + auth + "policyExemptions/d", "{}", 201, 200, 200, 204},
		{sub + auth + "roleDefinitions/d", "{}", 201, 201, 200, 204},
		{sub + auth + "roleAssignments/d", role, 201, 200, 200, 204},
		{sub + auth + "locks/d", "{}", 201, 200, 200, 204},
		{sub + "/providers/Microsoft.Consumption/budgets/b", "{}", 201, 200, 200, 404},
		{sub + "/providers/Microsoft.Insights/diagnosticSettings/d", "{}", 200, 200, 200, 204},
		{sub + "/providers/Microsoft.Resources/tags/default", "{}", 200, 200, 200, 200},
	} {
		tw := begin(t)
		ask(tw, "PUT", group+v, location)
		ask(tw, "PUT", group+"/providers/Microsoft.Storage/storageAccounts/st"+v, location)
		var have []int
		for _, verb := range []string{"PUT", "PUT", "DELETE", "DELETE"} {
			have = append(have, ask(tw, verb, tt.id+v, tt.body).Code)
		}
		if want := []int{tt.put, tt.again, tt.drop, tt.gone}; !slices.Equal(have, want) {
			t.Errorf("%s: have %d, want %d", tt.id, have, want)
		}
	}
}

func TestTokensAreOfTheTenant(t *testing.T) {
	tw := begin(t)
	other := twin.New(twin.Options{ID: "7e57a11d-0000-4000-8000-000000000002"})
	for _, tt := range []struct {
		header string
		want   int
	}{
		{"", 401},
		{"Basic YTpi", 401},
		{"Bearer", 401},
		{"Bearer x", 401},
		{"Bearer a.b.c", 401},
		{"Bearer " + other.Token("c", "a"), 401},
		{"Bearer " + tw.Token("c", "a"), 200},
		{"bearer " + tw.Token("c", "a"), 200},
	} {
		r := httptest.NewRequest("GET", sub+v, nil)
		r.Header.Set("Authorization", tt.header)
		w := httptest.NewRecorder()
		tw.ServeHTTP(w, r)
		if w.Code != tt.want || w.Code == 401 && w.Header().Get("WWW-Authenticate") == "" {
			t.Errorf("%q: have %d %v, want %d", tt.header, w.Code, w.Header(), tt.want)
		}
	}
}

func TestCertificateServesLocalhost(t *testing.T) {
	cert, authority, err := twin.Certificate()
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewUnstartedServer(begin(t))
	srv.TLS = &tls.Config{Certificates: []tls.Certificate{cert}}
	srv.StartTLS()
	defer srv.Close()
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(authority) {
		t.Fatal("the authority is no PEM")
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}
	defer client.CloseIdleConnections()
	for _, host := range []string{"127.0.0.1", "localhost"} {
		r, err := client.Get(strings.Replace(srv.URL, "127.0.0.1", host, 1) + "/metadata/endpoints?api-version=2022-09-01")
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(r.Body)
		if err != nil || !strings.Contains(string(body), `"resourceManager":"https://`+host) {
			t.Errorf("%s: have %s, %v", host, body, err)
		}
	}
}

func TestLargeBodiesAreRefused(t *testing.T) {
	tw := begin(t)
	if w := ask(tw, "PUT", group+v, `{"location":"`+strings.Repeat("x", 4<<20)+`"}`); w.Code != 413 {
		t.Errorf("have %d, want 413", w.Code)
	}
}

// A body that leaves no room for what answers put around it is refused, and
// one at the limit can be listed, in its parent too.
func TestDeepBodiesAreRefused(t *testing.T) {
	tw := begin(t)
	vnet := group + "/providers/Microsoft.Network/virtualNetworks/v"
	nested := func(depth int) string {
		return `{"properties":{"x":` + strings.Repeat("[", depth-2) + strings.Repeat("]", depth-2) + `}}`
	}
	for _, tt := range []struct {
		path, body string
		want       int
	}{
		{group, `{"location":"swedencentral"}`, 201},
		{vnet, "{}", 201},
		{vnet + "/subnets/s", nested(arm.MaxDepth - 16), 201},
		{vnet + "/subnets/s", nested(arm.MaxDepth - 15), 400},
		{vnet + "/subnets/s", nested(500), 400},
		{vnet, nested(500), 400},
		{sub + "/providers/Microsoft.Resources/tags/default", nested(500), 400},
	} {
		if w := ask(tw, "PUT", tt.path+v, tt.body); w.Code != tt.want {
			t.Errorf("%s: have %d %.200s, want %d", tt.path, w.Code, w.Body, tt.want)
		}
	}
	for _, path := range []string{vnet, vnet + "/subnets", group + "/providers/Microsoft.Network/virtualNetworks", group + "/resources"} {
		if w := ask(tw, "GET", path+v, ""); w.Code != 200 {
			t.Errorf("%s: have %d %.200s, want 200", path, w.Code, w.Body)
		}
	}
}

// Azure takes six levels of management groups, also where one moves with those
// below it.
func TestManagementGroupsAreSixLevelsDeep(t *testing.T) {
	tw := begin(t)
	for _, tt := range []struct {
		name, parent string
		want         int
	}{
		{"a1", tw.ID(), 200}, {"a2", "a1", 200}, {"a3", "a2", 200}, {"a4", "a3", 200}, {"a5", "a4", 200}, {"a6", "a5", 200}, {"a7", "a6", 400},
		{"b1", tw.ID(), 200}, {"b2", "b1", 200}, {"b1", "a5", 400}, {"b1", "a4", 200}, {"b3", "b2", 400}, {"a6", "a5", 200},
	} {
		if w := ask(tw, "PUT", groups+"/"+tt.name+v, `{"properties":{"details":{"parent":{"id":"`+groups+"/"+tt.parent+`"}}}}`); w.Code != tt.want {
			t.Errorf("%s below %s: have %d %s, want %d", tt.name, tt.parent, w.Code, w.Body, tt.want)
		}
	}
}

// A request that panics, which is a bug, does not stop those behind it.
func TestPanicsLetTheNextRequestIn(t *testing.T) {
	tw := begin(t)
	twin.Break(tw, "A.B/broken")
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the request did not panic: the test tests nothing")
			}
		}()
		ask(tw, "GET", sub+"/providers/A.B/broken/x"+v, "")
	}()
	if w := ask(tw, "GET", sub+v, ""); w.Code != 200 {
		t.Errorf("have %d %s, want 200", w.Code, w.Body)
	}
}

// A snapshot holds the tree as Azure Resource Graph writes it: management
// groups and a subscription that only chains of names tell of.
func TestBeginsWithASnapshot(t *testing.T) {
	var b tenant.Builder
	b.Header.Tenant = "7e57a11d-0000-4000-8000-00000000000f"
	chain := arm.A{arm.O{"name", "ai"}, arm.O{"name", "corp"}, arm.O{"name", b.Header.Tenant}}
	b.Add(arm.Resource{ID: arm.Subscription("s1"), Body: arm.New(arm.O{"name", "Atlas", "tags", arm.O{"a", "b"}, "properties", arm.O{"managementGroupAncestorsChain", chain}})})
	b.Add(arm.Resource{ID: arm.Subscription("s2").ResourceGroup("rg"), Body: arm.New(arm.O{"location", "swedencentral"})})
	vnet := arm.Subscription("s2").ResourceGroup("rg").Resource("Microsoft.Network/virtualNetworks", "v")
	b.Add(arm.Resource{ID: vnet, Body: arm.New(arm.O{"properties", arm.O{"subnets", arm.A{arm.O{"name", "in"}, 7}}})})
	b.Add(arm.Resource{ID: vnet.Child("subnets", "out"), Body: arm.New(arm.O{})})
	b.Add(arm.Resource{ID: arm.Subscription("s2").ResourceGroup("rg").Resource("Microsoft.Storage/storageAccounts", "st"), Body: arm.New(arm.O{})})
	from, _ := b.Tenant()
	tw := twin.New(twin.Options{Tenant: from})
	for _, tt := range []struct{ path, want string }{
		{string(vnet) + "/subnets/in", `{"id":"/subscriptions/s2/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/v/subnets/in"`},
		{string(vnet), `{"id":"/subscriptions/s2/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/v","properties":{"subnets":[{"id":"/subscriptions/s2/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/v/subnets/in","name":"in","type":"Microsoft.Network/virtualNetworks/subnets","properties":{"provisioningState":"Succeeded"}},{"id":"/subscriptions/s2/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/v/subnets/out"`},
		{"/subscriptions/s2/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/st/blobServices/default", "{"},
		{"/subscriptions/s1", `{"id":"/subscriptions/s1","subscriptionId":"s1","tenantId":"7e57a11d-0000-4000-8000-00000000000f","displayName":"Atlas"`},
		{"/subscriptions/s2", `{"id":"/subscriptions/s2"`},
		{groups + "/ai/subscriptions/s1", `{"id":"/providers/Microsoft.Management/managementGroups/ai/subscriptions/s1"`},
		{groups + "/" + tw.ID() + "/subscriptions/s2", `{"id":"/providers/Microsoft.Management/managementGroups/7e57a11d-0000-4000-8000-00000000000f/subscriptions/s2"`},
		{groups + "/ai", `{"id":"/providers/Microsoft.Management/managementGroups/ai","name":"ai","type":"Microsoft.Management/managementGroups","properties":{"tenantId":"7e57a11d-0000-4000-8000-00000000000f","displayName":"ai","details":{"version":1,"parent":{"id":"/providers/Microsoft.Management/managementGroups/corp"`},
	} {
		if w := ask(tw, "GET", tt.path+v, ""); w.Code != 200 || !strings.HasPrefix(w.Body.String(), tt.want) {
			t.Errorf("%s: have %d %s, want %s", tt.path, w.Code, w.Body, tt.want)
		}
	}
	again, found := tw.Tenant()
	if found.HasErrors() {
		t.Error(found)
	}
	if have, want := again.Ancestors("/subscriptions/s1"), from.Ancestors("/subscriptions/s1"); !slices.Equal(have, want) {
		t.Errorf("ancestors: have %q, want %q", have, want)
	}
	if w := ask(tw, "PUT", groups+"/other"+v, "{}"); w.Code != 200 {
		t.Errorf("have %d %s", w.Code, w.Body)
	}
	if _, changed := again.Get(groups + "/other"); changed {
		t.Error("a tenant that was given out changed")
	}
}

func TestManyClientsAtOnce(t *testing.T) {
	tw := begin(t)
	ask(tw, "PUT", group+v, `{"location":"swedencentral"}`)
	vnet := group + "/providers/Microsoft.Network/virtualNetworks/v"
	ask(tw, "PUT", vnet+v, `{"location":"swedencentral"}`)
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			ask(tw, "PUT", fmt.Sprintf("%s/subnets/s%d%s", vnet, i, v), "{}")
			ask(tw, "GET", vnet+v, "")
			ask(tw, "PUT", fmt.Sprintf("%s/subnets/gone%d%s", vnet, i, v), "{}")
			ask(tw, "DELETE", fmt.Sprintf("%s/subnets/gone%d%s", vnet, i, v), "")
		})
	}
	all.Wait()
	r, _ := tw.Tenant()
	got, _ := r.Get(arm.ID(vnet))
	if n := got.Get("properties", "subnets").Len(); n != 20 {
		t.Errorf("have %d subnets, want 20", n)
	}
}

// BenchmarkPut writes into a tenant of 100,000 resources.
func BenchmarkPut(b *testing.B) {
	tw := begin(b)
	for i := range 100 {
		group := fmt.Sprintf("%s/resourceGroups/rg%03d", sub, i)
		ask(tw, "PUT", group+v, `{"location":"swedencentral"}`)
		for j := range 1000 {
			ask(tw, "PUT", fmt.Sprintf("%s/providers/Microsoft.Compute/disks/d%04d%s", group, j, v), `{"location":"swedencentral"}`)
		}
	}
	i := 0
	for b.Loop() {
		i++
		ask(tw, "PUT", fmt.Sprintf("%s/resourceGroups/rg%03d/providers/Microsoft.Compute/disks/d%04d%s", sub, i%100, i/100%1000, v), `{"location":"swedencentral","properties":{"diskSizeGB":1024}}`)
	}
}

// FuzzServe sends any request twice over, with a token, and then looks whether
// what the twin holds is still a tenant: ids that can be read back, each body
// with its own id, and what was PUT there to be got.
func FuzzServe(f *testing.F) {
	for _, s := range []struct{ verb, target, body string }{
		{"PUT", group + v, `{"location":"swedencentral","tags":{"a":"b"}}`},
		{"PUT", group + "/providers/Microsoft.Network/virtualNetworks/v" + v, `{"properties":{"subnets":[{"name":"a"},{"name":"A"},{"name":"x/y"},{"name":1},7,{}]}}`},
		{"PUT", group + "/providers/Microsoft.Network/virtualNetworks/v/subnets/a/providers/Microsoft.Authorization/locks/l" + v, `{"properties":{"$after":{}}}`},
		{"PATCH", sub + "/providers/Microsoft.Resources/tags/default" + v, `{"operation":"Merge","properties":{"tags":{"a":null}}}`},
		{"PUT", groups + "/ai" + v, `{"properties":{"details":{"parent":{"id":"` + groups + `/ai"}}}}`},
		{"PUT", groups + "/ai/subscriptions/" + sub[15:] + v, ``},
		{"PUT", "/providers/Microsoft.Subscription/aliases/x" + v, `{"properties":{"subscriptionId":"` + sub[15:] + `"}}`},
		{"PUT", "/subscriptions/providers/resourceGroups/x" + v, "{}"},
		{"PUT", "//providers//a.b/providers/c/d" + v, "{}"},
		{"DELETE", sub + v, ""},
		{"GET", groups + "/" + twin.DefaultTenant + v + "&$expand=children&$recurse=true&$filter=x", ""},
		{"GET", sub + "/providers/Microsoft.Authorization/roleAssignments" + v + "&$filter=a eq 'b' and atScope()", ""},
		{"POST", "/x/oauth2/token", "%"},
		{"PUT", group + "/providers/a.b/c/%2e%2e/d/e%00%ff" + v, `{"identity":{"type":1,"userAssignedIdentities":[]},"sku":null}`},
	} {
		f.Add(s.verb, s.target, s.body)
	}
	f.Fuzz(func(t *testing.T, verb, target, body string) {
		if !strings.HasPrefix(target, "/") {
			t.Skip()
		}
		r, err := http.NewRequest(verb, "https://localhost"+target, nil)
		if err != nil || r.URL.Host != "localhost" {
			t.Skip()
		}
		tw := begin(t)
		for _, body := range []string{body, body, `{"location":"swedencentral"}`} {
			r.Body = io.NopCloser(strings.NewReader(body))
			r.Header.Set("Authorization", "Bearer "+tw.Token("f", ""))
			w := httptest.NewRecorder()
			tw.ServeHTTP(w, r)
			if text := w.Body.String(); text != "" {
				if _, err := arm.Parse(text); err != nil {
					t.Fatalf("%d %q: %v", w.Code, text, err)
				}
			}
		}
		all, found := tw.Tenant()
		if found.HasErrors() {
			t.Fatal(found)
		}
		for r := range all.All() {
			if have := arm.ID(r.Get("id").Str()); have != r.ID {
				t.Errorf("have id %q in the body of %q", have, r.ID)
			}
		}
	})
}
