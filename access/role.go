package access

import (
	"slices"
	"strings"
	"sync"

	"airfield/arm"
	"airfield/catalog"
)

// Plane says what an action acts on.
type Plane uint8

// The planes. An action of data is granted by dataActions alone: the role Owner
// reads no blobs.
const (
	AnyPlane Plane = iota
	Control
	Data
)

// Role is what an assignment grants or denies.
type Role struct {
	ID         string   `json:"id"` // GUID; of a deny assignment, its name
	Name       string   `json:"name,omitempty"`
	Assignable []arm.ID `json:"assignableScopes,omitempty"`

	known       bool
	permissions []permission
}

// permission is one part of a role: actions less those not allowed.
type permission struct {
	actions, notActions [3][]string // by plane
	condition           Condition
}

// allows tells whether a role allows what is asked. Roles do not take from each
// other, nor do permissions of one role: what one excludes another may allow.
func (r *Role) allows(q Question) (Decision, string) {
	if !r.known {
		return Unknown, "what role " + r.Title() + " allows is not known: neither the snapshot nor the table of built-in roles says it"
	}
	best := No
	for _, p := range r.permissions {
		if p.has(q.Action, q.Plane) {
			best = max(best, p.condition.holds(q))
		}
	}
	return best, ""
}

func (p *permission) has(action string, plane Plane) bool {
	covers := func(pattern string) bool { return Matches(pattern, action) }
	return slices.ContainsFunc(p.actions[plane], covers) && !slices.ContainsFunc(p.notActions[plane], covers)
}

// Title gives the role's name, or its id where the name is not known.
func (r *Role) Title() string {
	if r.Name != "" {
		return r.Name
	}
	return r.ID
}

// Matches tells whether a pattern of a role covers an action. Case does not
// count, and * stands for any text, slashes among it. Between two slashes it
// stands for nothing, too: Microsoft's own roles need Microsoft.KeyVault/vaults/*/read
// to cover Microsoft.KeyVault/vaults/read (Key Vault Reader, Managed Identity
// Operator, Azure AI Developer).
func Matches(pattern, action string) bool {
	pattern, action = strings.ToLower(pattern), strings.ToLower(action)
	head, rest, wild := strings.Cut(pattern, "*")
	if !wild {
		return pattern == action
	}
	action, ok := strings.CutPrefix(action, head)
	if !ok {
		return false
	}
	if strings.HasSuffix(head, "/") { // which the text behind * may begin with, too
		action = "/" + action
	}
	for wild {
		if head, rest, wild = strings.Cut(rest, "*"); !wild {
			return strings.HasSuffix(action, head)
		}
		at := strings.Index(action, head)
		if at < 0 {
			return false
		}
		action = action[at+len(head):]
		if strings.HasSuffix(head, "/") {
			action = "/" + action
		}
	}
	return true
}

// planes are what roles name: actions without wildcards by their planes, and
// patterns of data.
type planes struct {
	named map[string][3]bool // by action in lower case
	wild  []string
}

func (p *planes) add(of []permission) {
	for _, part := range of {
		for plane := Control; plane <= Data; plane++ {
			for _, text := range slices.Concat(part.actions[plane], part.notActions[plane]) {
				switch {
				case !strings.Contains(text, "*"):
					is := p.named[strings.ToLower(text)]
					is[plane] = true
					p.named[strings.ToLower(text)] = is
				case plane == Data && text != "*":
					p.wild = append(p.wild, text)
				}
			}
		}
	}
}

// tableRoles are the built-in roles whose permissions are known.
var tableRoles = sync.OnceValue(func() (all []*Role) {
	for _, r := range catalog.Roles() {
		if role := tableRole(r.ID); role.known {
			all = append(all, role)
		}
	}
	return all
})

// builtIn are the planes of the actions in the table of built-in roles.
var builtIn = sync.OnceValue(func() planes {
	p := planes{named: map[string][3]bool{}}
	for _, r := range tableRoles() {
		p.add(r.permissions)
	}
	return p
})

// keyValues are resources that Azure Resource Manager has, and yet read and
// written as data.
const keyValues = "microsoft.appconfiguration/configurationstores/keyvalues/"

// planeOf tells by what roles name, and by the types there are, what an action
// acts on. Where both may be, or neither is known, it is AnyPlane.
func (a *Access) planeOf(action string) Plane {
	folded := strings.ToLower(action)
	table := builtIn()
	own, is := a.literal.named[folded], table.named[folded]
	control, data := own[Control] || is[Control], own[Data] || is[Data]
	typ, verb := folded[:strings.LastIndexByte(folded, '/')], folded[strings.LastIndexByte(folded, '/')+1:]
	if verb == "action" && strings.Contains(typ, "/") {
		typ = typ[:strings.LastIndexByte(typ, '/')]
	}
	tags, location, known := catalog.TypeTraits(arm.Type(typ))
	known = known || tags || location || !strings.Contains(typ, "/")
	covers := func(pattern string) bool { return Matches(pattern, action) }
	wild := slices.ContainsFunc(table.wild, covers) || slices.ContainsFunc(a.literal.wild, covers)
	switch {
	case control && data, data && known && verb != "action":
		return AnyPlane
	case control:
		return Control
	case data, strings.HasPrefix(folded, keyValues):
		return Data
	case known && (verb != "action" || strings.Count(typ, "/") < 2 || !wild):
		return Control
	case !known && wild:
		return Data
	}
	return AnyPlane
}

// tableRole gives a role as the table of built-in roles has it.
func tableRole(id string) *Role {
	r := &Role{ID: id}
	if named, ok := catalog.RoleByID(id); ok {
		r.Name = named.Name
	}
	parts, known := catalog.PermissionsOf(id)
	r.known = known
	for _, p := range parts {
		r.permissions = append(r.permissions, permission{
			actions:    [3][]string{Control: p.Actions, Data: p.DataActions},
			notActions: [3][]string{Control: p.NotActions, Data: p.NotDataActions},
			condition:  ReadCondition(p.Condition),
		})
	}
	return r
}
