package twin

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"airfield/arm"
)

// Tokens are JSON web tokens signed with a key made of the tenant's id, good
// until 2100. They keep nobody out: they show a client's mistake (no token, a
// token of another tenant) as Azure would show it, and stay good when the twin
// starts again.
const tokenEnd = 4102444800 // 2100-01-01, in seconds since 1970

// Token gives a token for the caller named, a client id or a user's name, as
// the token endpoint hands out.
func (t *Twin) Token(caller, audience string) string {
	oid := guid("caller", caller)
	head := encode(arm.New(arm.O{"typ", "JWT", "alg", "HS256"}))
	claims := encode(arm.New(arm.O{
		"aud", audience, "iss", "https://sts.windows.net/" + t.tenant + "/", "iat", 0, "nbf", 0, "exp", tokenEnd,
		"tid", t.tenant, "oid", oid, "sub", oid, "appid", caller, "ver", "1.0",
	}))
	return head + "." + claims + "." + t.sign(head+"."+claims)
}

func encode(v arm.Value) string { return base64.RawURLEncoding.EncodeToString([]byte(v.Text())) }

func (t *Twin) sign(text string) string {
	h := hmac.New(sha256.New, []byte(t.tenant))
	h.Write([]byte(text))
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}

// admit tells whether the request bears one of the twin's tokens.
func (t *Twin) admit(q request, authorization string) (reply, bool) {
	kind, token, _ := strings.Cut(authorization, " ")
	at := strings.LastIndexByte(token, '.')
	var p *problem
	switch {
	case !arm.EqualFold(kind, "Bearer") || token == "":
		p = fail(http.StatusUnauthorized, "AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing.")
	case at < 0 || !hmac.Equal([]byte(token[at+1:]), []byte(t.sign(token[:at]))):
		p = fail(http.StatusUnauthorized, "InvalidAuthenticationToken", "The access token is invalid: it is not one of tenant '%s'.", t.tenant)
	default:
		return reply{}, true
	}
	a := p.reply()
	a.header = map[string]string{"WWW-Authenticate": `Bearer authorization_uri="` + q.base + "/" + t.tenant + `", error="invalid_token"`}
	return a, false
}

// login answers what clients ask before they have a token: Entra's endpoints
// of any tenant's or AD FS's name, the cloud's metadata, and the identity
// endpoint of a virtual machine.
func (t *Twin) login(q request) (reply, bool) {
	path := strings.ToLower("/" + strings.Join(q.path, "/"))
	switch {
	case path == "/metadata/endpoints":
		return ok(t.metadata(q)), true
	case path == "/metadata/identity/oauth2/token":
		return t.token(q, false), true
	case strings.HasSuffix(path, "/.well-known/openid-configuration"):
		return ok(t.openID(q)), true
	case path == "/common/discovery/instance":
		return ok(arm.New(arm.O{"tenant_discovery_endpoint", q.base + "/" + t.tenant + "/v2.0/.well-known/openid-configuration", "api-version", "1.1", "metadata", arm.A{}})), true
	case strings.HasSuffix(path, "/discovery/v2.0/keys"):
		return ok(arm.New(arm.O{"keys", arm.A{}})), true
	case strings.HasSuffix(path, "/oauth2/v2.0/token"):
		return t.token(q, true), true
	case strings.HasSuffix(path, "/oauth2/token"):
		return t.token(q, strings.HasPrefix(path, "/adfs/")), true
	}
	return reply{}, false
}

// token hands out a token. Its life is a number in Entra's newer form and a
// text in the older one.
func (t *Twin) token(q request, numbers bool) reply {
	form, err := url.ParseQuery(q.body)
	if err != nil {
		return reply{status: http.StatusBadRequest, body: arm.New(arm.O{"error", "invalid_request", "error_description", err.Error()})}
	}
	if q.verb == http.MethodGet {
		form = q.query
	}
	audience := form.Get("resource")
	for _, s := range strings.Fields(form.Get("scope")) {
		if a, found := strings.CutSuffix(s, "/.default"); found {
			audience = a
		}
	}
	caller := form.Get("client_id")
	if caller == "" {
		caller = "airfield"
	}
	body := arm.O{"token_type", "Bearer", "access_token", t.Token(caller, audience), "resource", audience}
	if numbers {
		return ok(arm.New(append(body, "expires_in", 86399, "ext_expires_in", 86399)))
	}
	return ok(arm.New(append(body, "expires_in", "86399", "expires_on", "4102444800", "not_before", "0")))
}

func (t *Twin) openID(q request) arm.Value {
	tenant := q.base + "/" + q.path[0]
	flow := tenant + "/oauth2/v2.0/"
	if arm.EqualFold(q.path[0], "adfs") {
		flow = tenant + "/oauth2/"
	}
	return arm.New(arm.O{
		"issuer", tenant + "/v2.0",
		"authorization_endpoint", flow + "authorize",
		"token_endpoint", flow + "token",
		"device_authorization_endpoint", flow + "devicecode",
		"jwks_uri", tenant + "/discovery/v2.0/keys",
		"response_types_supported", []string{"code", "id_token", "token"},
		"subject_types_supported", []string{"pairwise"},
		"id_token_signing_alg_values_supported", []string{"HS256"},
	})
}

// metadata describes the cloud, in the three forms that clients ask for: one
// object since 2022-09-01, a list of clouds since 2018, and Azure Stack's few
// endpoints before.
func (t *Twin) metadata(q request) arm.Value {
	version := q.param("api-version")
	login := arm.O{"loginEndpoint", q.base, "audiences", []string{q.base}, "tenant", t.tenant, "identityProvider", "AAD"}
	if version < "2018" {
		return arm.New(arm.O{"galleryEndpoint", "", "graphEndpoint", q.base, "portalEndpoint", q.base, "authentication", login})
	}
	cloud := arm.O{
		"name", "AirfieldTwin",
		"resourceManager", q.base,
		"portal", q.base,
		"graph", q.base,
		"graphAudience", q.base,
		"microsoftGraphResourceId", q.base,
		"authentication", login,
		"suffixes", arm.O{
			"storage", "core.windows.net",
			"keyVaultDns", "vault.azure.net",
			"acrLoginServer", "azurecr.io",
			"sqlServerHostname", "database.windows.net",
			"mhsmDns", "managedhsm.azure.net",
		},
	}
	if version < "2022-09-01" {
		return arm.New(arm.A{cloud})
	}
	return arm.New(cloud)
}

// guid makes a GUID of names, the same for the same names without case: a
// UUID of version 8 by RFC 9562.
func guid(names ...string) string {
	sum := sha256.Sum256([]byte(strings.ToLower(strings.Join(names, "\x00"))))
	sum[6], sum[8] = sum[6]&0x0f|0x80, sum[8]&0x3f|0x80
	const hexDigits = "0123456789abcdef"
	var b []byte
	for i, c := range sum[:16] {
		if slices.Contains([]int{4, 6, 8, 10}, i) {
			b = append(b, '-')
		}
		b = append(b, hexDigits[c>>4], hexDigits[c&15])
	}
	return string(b)
}
