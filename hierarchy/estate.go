package hierarchy

import (
	"fmt"
	"slices"
	"strings"

	"airfield/arm"
	"airfield/tenant"
)

// Remark is about a role that an estate gives, or could give.
type Remark struct {
	Role  Role   `json:"role"`
	Group arm.ID `json:"group,omitempty"` // to write in the estate, where one is sure
	Kind  Advice `json:"kind"`
	Text  string `json:"text"`
}

// Advice is what a remark says.
type Advice string

// What remarks say.
const (
	Absent  Advice = "absent"  // the group that the estate names is not in the tenant
	Differs Advice = "differs" // the evidence says something else
	Add     Advice = "add"     // the estate does not say it yet
	Several Advice = "several" // there are several, of which the estate must choose
)

// Compare holds what an estate gives for the roles that it knows against
// recognized groups: those of Recognize with the same roles given.
func Compare(groups []Group, given map[Role]arm.ID, known []Role) (all []Remark) {
	for _, role := range known {
		var found []Group
		for _, g := range groups {
			if g.Given && g.Evident == role || !g.Given && g.Role == role {
				found = append(found, g)
			}
		}
		if id, ok := given[role]; ok {
			all = append(all, check(role, id, groups, found)...)
			continue
		}
		switch len(found) {
		case 0:
		case 1:
			all = append(all, Remark{role, found[0].ID, Add, fmt.Sprintf("%s is %s (%s)", found[0].ID.Name(), role.words(), percent(found[0].Confidence))})
		default:
			all = append(all, Remark{role, "", Several, fmt.Sprintf("%d groups are %s: %s", len(found), role.words(), namesOf(found))})
		}
	}
	return all
}

// check holds one role that is given against the groups that look like it.
func check(role Role, id arm.ID, groups, found []Group) []Remark {
	i := slices.IndexFunc(groups, func(g Group) bool { return g.ID.Equal(id) })
	text, kind := "", Absent
	switch {
	case i < 0:
		text = fmt.Sprintf("the tenant has no management group %q", id.Name())
	case groups[i].Evident == role || groups[i].Evident == None && len(found) == 0:
		return nil
	case groups[i].Evident == None:
		kind, text = Differs, fmt.Sprintf("nothing shows that management group %q is %s", id.Name(), role.words())
	default:
		kind, text = Differs, fmt.Sprintf("management group %q looks like %s", id.Name(), groups[i].Evident.words())
	}
	r := Remark{Role: role, Kind: kind, Text: text}
	if len(found) > 0 {
		r.Text += "; " + namesOf(found) + " " + agree(len(found), "looks", "look") + " like " + role.words()
	}
	if len(found) == 1 {
		r.Group = found[0].ID
	}
	return []Remark{r}
}

func namesOf(groups []Group) string {
	var names []string
	for _, g := range groups {
		names = append(names, g.ID.Name())
	}
	return some(names)
}

// Lacks says what a snapshot lacks that roles are recognized by: groups, the
// assignments at them, or all that lies somewhere. Its absence says nothing.
func Lacks(t *tenant.Tenant) (all []string) {
	for _, m := range t.Header().Missing {
		what, at, _ := strings.Cut(strings.ToLower(m.What), " at ")
		assigned := strings.HasSuffix(what, "policyassignments") && !strings.HasPrefix(at, "/subscriptions/")
		if assigned || strings.HasSuffix(what, "managementgroups") || strings.HasPrefix(what, "/") {
			all = append(all, fmt.Sprintf("the snapshot lacks %s: %s", m.What, m.Why))
		}
	}
	return all
}
