// Package twin is a local Azure Resource Manager (ARM): an http.Handler with a
// tenant in memory, which Terraform, azure-cli and the Azure SDKs talk to as
// they talk to Azure.
//
// Requests go in, and ARM's answers come out, with ARM's status codes, ids,
// children and error codes. Same requests, same answers: ids that Azure would
// draw by lot are made from names. The package does not run anything: a virtual
// machine is its body and nothing else. Policies, locks and roles are kept and
// listed, and hold nobody back. It opens no port (see Certificate and
// net/http), keeps nothing on disk, and whoever asks for a token gets one.
//
// One place says what a resource type's service does beyond keeping what it
// is sent: the table in services.go.
package twin

import (
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"airfield/arm"
	"airfield/diag"
	"airfield/tenant"
)

// DefaultTenant is the tenant's id where Options names none.
const DefaultTenant = "7e57a11d-0000-4000-8000-000000000001"

// maxBody is the largest request ARM takes, in bytes.
// learn.microsoft.com/azure/azure-resource-manager/management/azure-subscription-service-limits
const maxBody = 4 << 20

// around is how deeply an answer wraps what a request sent: a subnet in the
// array of its network, and that in a list.
const around = 16

// Options says what a twin begins with.
type Options struct {
	ID     string         // the tenant's id, a GUID; where empty that of Tenant's header, else DefaultTenant
	Tenant *tenant.Tenant // what there is to begin with; may be nil
}

// Twin is one tenant and the ARM in front of it. It is safe for concurrent use.
type Twin struct {
	tenant   string
	services map[string]service
	mu       sync.Mutex // guards store
	store    store
}

// New makes a twin. Its tenant has a root management group, named as the
// tenant; what lies in no management group is put into it.
func New(o Options) *Twin {
	t := &Twin{tenant: o.ID, services: services()}
	if t.tenant == "" && o.Tenant != nil {
		t.tenant = o.Tenant.Header().Tenant
	}
	if t.tenant == "" {
		t.tenant = DefaultTenant
	}
	if o.Tenant != nil {
		for r := range o.Tenant.All() {
			t.store.put(tenant.Keep(r))
		}
	}
	t.plant(o.Tenant)
	for _, r := range slices.Collect(t.store.under(arm.Tenant)) {
		t.settle(r)
	}
	return t
}

// ID gives the tenant's id.
func (t *Twin) ID() string { return t.tenant }

// Tenant gives all that the tenant holds now, with what is odd about it.
func (t *Twin) Tenant() (*tenant.Tenant, diag.List) {
	b := tenant.Builder{Header: tenant.Header{Tenant: t.tenant}}
	for _, r := range t.all() {
		b.Add(r)
	}
	return b.Tenant()
}

func (t *Twin) all() []arm.Resource {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Collect(t.store.under(arm.Tenant))
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
	if !utf8.ValidString(r.URL.Path) || strings.ContainsFunc(r.URL.Path, unicode.IsControl) {
		fail(http.StatusBadRequest, "BadRequest", "The request's path is not UTF-8 or has control characters.").reply().write(w)
		return
	}
	if a, ok := t.login(q); ok {
		a.write(w)
		return
	}
	if a, ok := t.admit(q, r.Header.Get("Authorization")); !ok {
		a.write(w)
		return
	}
	t.alone(q).write(w)
}

// alone answers while no other request is answered. A request that panics lets
// the next one in.
func (t *Twin) alone(q request) reply {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.answer(q)
}
