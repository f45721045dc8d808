// Package twin is a local Azure Resource Manager (ARM): an http.Handler with a
// tenant in memory, which Terraform, azure-cli and the Azure SDKs talk to as
// they talk to Azure.
//
// Requests go in, and ARM's answers come out, with ARM's status codes, ids,
// children and error codes. Same requests, same answers: ids that Azure would
// draw by lot are made from names. The package does not run anything: a virtual
// machine is its body and nothing else. It opens no port (see Certificate and
// net/http), keeps nothing on disk, and whoever asks for a token gets one.
//
// One place says what a resource type's service does beyond keeping what it
// is sent: the table in services.go.
package twin

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"airfield/arm"
)

// DefaultTenant is the tenant's id where Options names none.
const DefaultTenant = "7e57a11d-0000-4000-8000-000000000001"

// maxBody is the largest request ARM takes, in bytes.
// learn.microsoft.com/azure/azure-resource-manager/management/azure-subscription-service-limits
const maxBody = 4 << 20

// Options says what a twin begins with.
type Options struct {
	Tenant    string         // the tenant's id, a GUID
	Resources []arm.Resource // what the tenant holds, each as ARM writes it
}

// Twin is one tenant and the ARM in front of it. It is safe for concurrent use.
type Twin struct {
	tenant   string
	services map[string]service
	mu       sync.Mutex // guards store
	store    store
}

// New makes a twin. Its tenant has a root management group, named as the
// tenant; a subscription that lies in no management group is put into it.
func New(o Options) *Twin {
	t := &Twin{tenant: o.Tenant, services: services()}
	if t.tenant == "" {
		t.tenant = DefaultTenant
	}
	t.save(t.root(), arm.New(arm.O{"properties", arm.O{"tenantId", t.tenant, "displayName", "Tenant Root Group"}}))
	for _, r := range o.Resources {
		t.store.put(r)
	}
	for _, r := range o.Resources {
		if r.Type().Equal(arm.SubscriptionType) && t.groupOf(r.ID) == "" {
			t.place(r.ID, t.root())
		}
	}
	return t
}

// Tenant gives the tenant's id.
func (t *Twin) Tenant() string { return t.tenant }

// Resources gives all that the tenant holds, sorted by id.
func (t *Twin) Resources() []arm.Resource {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.store.all()
}

// request is what the twin looks at of an HTTP request.
type request struct {
	verb  string
	path  []string // without empty segments: "//a/b/" is a, b
	query url.Values
	body  string
	base  string // scheme and host, for links in the answer
}

// param gives a query parameter; ARM folds the case of their names.
func (q request) param(name string) string {
	for k, v := range q.query {
		if arm.EqualFold(k, name) && len(v) > 0 {
			return v[0]
		}
	}
	return ""
}

// ServeHTTP answers one request.
func (t *Twin) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		fail(http.StatusRequestEntityTooLarge, "RequestEntityTooLarge", "The request's body could not be read or has over %d bytes.", maxBody).reply().write(w)
		return
	}
	scheme := "https://"
	if r.TLS == nil {
		scheme = "http://"
	}
	q := request{
		verb:  r.Method,
		path:  strings.FieldsFunc(r.URL.Path, func(c rune) bool { return c == '/' }),
		query: r.URL.Query(),
		body:  string(body),
		base:  scheme + r.Host,
	}
	if a, ok := t.login(q); ok {
		a.write(w)
		return
	}
	if a, ok := t.admit(q, r.Header.Get("Authorization")); !ok {
		a.write(w)
		return
	}
	t.mu.Lock()
	a := t.answer(q)
	t.mu.Unlock()
	a.write(w)
}
