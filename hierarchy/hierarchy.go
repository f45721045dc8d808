// Package hierarchy recognizes what the management groups of a tenant are for:
// which one is the root of a landing zone hierarchy, which are platform, corp,
// online, sandbox and the like, and which are none of these.
//
// A tenant goes in, with the roles that an estate gives; each group comes out
// with a role, a confidence, and the evidence in sentences: its names, the policy
// assignments made at it, what lies in its subscriptions, and the groups above
// and below it. What is not clear has no role, and says why. The package judges
// nothing else, changes nothing, and takes no name for proof.
package hierarchy

import (
	"slices"

	"airfield/arm"
	"airfield/tenant"
)

// Role is what a management group is for, in the words of an estate.
type Role string

// The roles. None is of groups that are none of these, or not recognized.
const (
	None               Role = ""
	TenantRoot         Role = "tenant_root" // the group that Azure makes
	Root               Role = "root"        // the intermediate root
	Platform           Role = "platform"
	Management         Role = "management"
	Connectivity       Role = "connectivity"
	Identity           Role = "identity"
	Security           Role = "security"
	LandingZones       Role = "landing_zones"
	Corp               Role = "corp"
	Online             Role = "online"
	Local              Role = "local" // Azure Local, the edge
	Public             Role = "public"
	ConfidentialCorp   Role = "confidential_corp"
	ConfidentialOnline Role = "confidential_online"
	Sandbox            Role = "sandbox"
	Decommissioned     Role = "decommissioned"
)

// Enough is the confidence, in percent, from which on a role is recognized.
const Enough = 70

// Group is a management group with what it is recognized as.
type Group struct {
	ID            arm.ID     `json:"id"`
	Parent        arm.ID     `json:"parent"` // a management group, or the tenant
	Display       string     `json:"displayName,omitempty"`
	Role          Role       `json:"role,omitempty"`
	Confidence    int        `json:"confidence"`        // of Role in percent, or of the likeliest one where none is recognized; of Evident where Given
	Given         bool       `json:"given,omitempty"`   // Role is the estate's word
	Evident       Role       `json:"evident,omitempty"` // what the evidence alone says
	Because       string     `json:"because,omitempty"` // why no role is recognized, or how estate and evidence differ
	Evidence      []Evidence `json:"evidence,omitempty"`
	Subscriptions int        `json:"subscriptions"` // in it, at any depth
	Assignments   int        `json:"assignments"`   // of policies, at the group itself
}

// Evidence is one thing that speaks for roles.
type Evidence struct {
	Kind Kind   `json:"kind"`
	For  []Role `json:"for,omitempty"`
	Text string `json:"text"`
}

// Kind is where evidence comes from.
type Kind string

// The kinds of evidence.
const (
	ByName        Kind = "name"
	ByAssignments Kind = "assignments"
	ByContents    Kind = "contents"
	ByPlace       Kind = "place"
)

// Recognize gives the management groups of a tenant, each before those below
// it, with their roles. What an estate gives overrides what the evidence says,
// and is taken for granted where it tells something of the groups around.
func Recognize(t *tenant.Tenant, given map[Role]arm.ID) []Group {
	h := read(t)
	evident := h.settle(nil)
	if len(given) == 0 {
		return evident
	}
	groups := h.settle(given)
	for i := range groups {
		g, e := &groups[i], &evident[i]
		g.Evident = e.Role
		if !g.Given {
			continue
		}
		g.Confidence = e.Confidence
		switch {
		case e.Role == g.Role:
		case e.Role == None:
			g.Because = "the estate says " + g.Role.words() + "; by the evidence alone " + e.Because
		default:
			g.Because = "the estate says " + g.Role.words() + ", the evidence says " + e.Role.words() + " (" + percent(e.Confidence) + ")"
		}
	}
	return groups
}

// node is a management group while its role is looked for.
type node struct {
	Group
	up     int      // position of the parent among the nodes, -1 where there is none
	below  []int    // positions of the children
	called leanings // what its names say

	// What is weighed. Of the names, what those of the parent do not say.
	name, assigned, contents leanings
}

// hierarchy is all groups of a tenant, parents before children.
type hierarchy struct {
	t     *tenant.Tenant
	nodes []node
	usual map[string]bool // words that names begin with
}

// read collects the groups and the evidence that each has in itself.
func read(t *tenant.Tenant) *hierarchy {
	h := &hierarchy{t: t}
	h.add(arm.Tenant, -1)
	for i := len(h.nodes) - 1; i >= 0; i-- {
		n := &h.nodes[i]
		if n.up >= 0 {
			h.nodes[n.up].Subscriptions += n.Subscriptions
		}
	}
	h.usual = usualWords(h.nodes)
	for i := range h.nodes {
		h.byName(&h.nodes[i])
		h.byAssignments(&h.nodes[i])
		h.byContents(&h.nodes[i])
	}
	return h
}

// add adds the groups below one, or the tenant, that stands at a position.
func (h *hierarchy) add(above arm.ID, up int) {
	for _, id := range h.t.Children(above) {
		if id.Type() != arm.ManagementGroupType {
			if up >= 0 {
				h.nodes[up].Subscriptions++
			}
			continue
		}
		n := node{Group: Group{ID: id, Parent: above}, up: up}
		if r, ok := h.t.Get(id); ok {
			n.Display = r.Get("properties", "displayName").Str()
		}
		if up >= 0 {
			h.nodes[up].below = append(h.nodes[up].below, len(h.nodes))
		}
		h.nodes = append(h.nodes, n)
		h.add(id, len(h.nodes)-1)
	}
}

// settle says what each group is.
func (h *hierarchy) settle(given map[Role]arm.ID) []Group {
	beliefs := h.infer(given)
	groups := make([]Group, len(h.nodes))
	for i := range h.nodes {
		g := h.nodes[i].Group
		g.Evidence = slices.Clone(g.Evidence)
		best := likeliest(beliefs[i])
		g.Confidence = share(beliefs[i][best])
		for role, id := range given {
			g.Given = g.Given || id.Equal(g.ID) && role == roles[best]
		}
		g.Role = roles[best]
		if against := h.nodes[i].conflict(); against != "" && !g.Given && g.Role != TenantRoot {
			g.Role, g.Confidence, g.Because = None, min(g.Confidence, 50), "not recognized, because "+against
		} else if g.Confidence < Enough && !g.Given {
			g.Role = None
		}
		g.Evident = g.Role
		groups[i] = g
	}
	for i := range groups {
		h.place(groups, i)
		if groups[i].Role == None && groups[i].Because == "" {
			groups[i].Because = h.unclear(groups, i, beliefs[i])
		}
	}
	return groups
}
