// Package tenanttest builds tenants for tests and for examples/gen: resources,
// policy objects and the built-in policies that organizations assign most, with
// rules of our own wording and the same effect, and whole tenants by chance
// (Generate).
//
// Names, scopes and parameters go in; resources come out, as Azure Resource
// Manager keeps them. The same arguments give the same bytes: what looks random
// is a hash, or comes from a seed. The program itself never imports it.
package tenanttest

import (
	"crypto/sha256"
	"fmt"
	"strings"

	"airfield/arm"
)

// UUID gives a UUID for a key of any parts, the same for the same parts.
func UUID(key ...string) string {
	h := sha256.Sum256([]byte(strings.Join(key, "\x00")))
	return fmt.Sprintf("%x-%x-4%03x-8%03x-%x", h[0:4], h[4:6], uint16(h[6])<<8>>4|uint16(h[7])>>4, uint16(h[8])<<8>>4|uint16(h[9])>>4, h[10:16])
}

// Resource makes a resource; more are members of its body, names and values in
// turn, behind id, name and type.
func Resource(id arm.ID, more ...any) arm.Resource {
	return arm.Resource{ID: id, Body: arm.New(append(arm.O{"id", id, "name", id.Name(), "type", id.Type()}, more...))}
}

// Group makes a management group below another, or the root group of a tenant
// where parent is "".
func Group(name, title string, parent arm.ID) arm.Resource {
	details := arm.O{"version", 1}
	if parent != "" {
		details = append(details, "parent", arm.O{"id", parent, "name", parent.Name()})
	}
	return Resource(arm.ManagementGroup(name), "properties", arm.O{"displayName", title, "details", details})
}

// Subscription makes a subscription that lies in groups, nearest first.
func Subscription(id arm.ID, title string, tags arm.O, groups ...string) arm.Resource {
	chain := arm.A{}
	for _, g := range groups {
		chain = append(chain, arm.O{"name", g, "displayName", g})
	}
	return Resource(id, "subscriptionId", id.Name(), "tags", tags, "properties", arm.O{
		"displayName", title, "state", "Enabled", "subscriptionPolicies", arm.O{"quotaId", "EnterpriseAgreement_2014-09-01", "spendingLimit", "Off"},
		"managementGroupAncestorsChain", chain})
}
