package access

import (
	"fmt"
	"slices"
	"strings"

	"airfield/arm"
)

// Everyone is the principal of deny assignments that stands for all.
const Everyone = "00000000-0000-0000-0000-000000000000"

// Principal is whom an assignment names.
type Principal struct {
	ID   string `json:"principalId"` // as written; "" where it is known only after deployment
	Type string `json:"principalType,omitempty"`
	Name string `json:"name,omitempty"`
	// Unlisted tells that it is a group whose members are not known.
	Unlisted bool   `json:"membersNotKnown,omitempty"`
	key      string // for comparing; "" where it is not known who it is
}

// Title gives the principal's name, and its id where it has none.
func (p Principal) Title() string {
	title := p.ID
	switch {
	case p.key == Everyone:
		return "everyone"
	case p.Name != "":
		title = fmt.Sprintf("%s (%s)", p.Name, p.ID)
	case p.ID == "":
		return "a principal that is not known"
	}
	if p.Unlisted {
		title += ", whose members are not known"
	}
	return title
}

// person is what the snapshot says of a user, a group or a service principal.
//
// Groups are not resources of Azure Resource Manager. In a snapshot they have
// the type Microsoft.Graph/groups and the id
// /providers/Microsoft.Graph/groups/OBJECT-ID, and properties.members lists the
// object ids of their direct members, or objects with "id" and "@odata.type" as
// Microsoft Graph gives them. A group without members in the list has an empty
// one; one whose members were not read has none.
type person struct {
	name    string
	group   bool
	listed  bool // its members are known
	members []string
}

func (r *reader) person(x arm.Resource) {
	key := strings.ToLower(x.ID.Name())
	p := r.people[key]
	p.name = member(x, "displayName").Str()
	if p.group = strings.EqualFold(string(x.Type()), "Microsoft.Graph/groups"); p.group {
		list := member(x, "members")
		p.listed = list.Kind() == arm.Array
		for m := range list.Items() {
			id := m.Str()
			if m.Kind() == arm.Object {
				id = m.Get("id").Str()
			}
			id = strings.ToLower(id)
			p.members = append(p.members, id)
			p.listed = p.listed && id != ""
			if _, there := r.people[id]; !there && strings.EqualFold(m.Get("@odata.type").Str(), "#microsoft.graph.group") {
				r.people[id] = person{group: true}
			}
		}
	}
	r.people[key] = p
}

func (r *reader) identity(x arm.Resource) {
	if id := member(x, "principalId").Str(); id != "" {
		r.people[strings.ToLower(id)] = person{name: x.ID.Name()}
	}
}

// principal reads whom an assignment names.
func (r *reader) principal(v arm.Value, kind string) Principal {
	p := Principal{ID: v.Str(), Type: kind}
	if ref, ok := v.Ref(); ok {
		p.ID = string(ref.ID)
	}
	if p.ID == "" {
		return p
	}
	p.key, _ = r.key(p.ID)
	if strings.HasSuffix(strings.ToLower(kind), "group") { // Group or ForeignGroup
		known := r.people[p.key]
		known.group = true
		r.people[p.key] = known
	}
	return p
}

// key gives the object id that a principal is compared by, of a resource that
// of its identity; false where a resource's is not in the snapshot.
func (a *Access) key(principal string) (string, bool) {
	principal = strings.TrimSpace(principal)
	if !strings.HasPrefix(principal, "/") {
		return strings.ToLower(principal), true
	}
	x, _ := a.t.Get(arm.ID(principal))
	for _, v := range []arm.Value{x.Get("properties", "principalId"), x.Get("identity", "principalId")} {
		if v.Str() != "" {
			return strings.ToLower(v.Str()), true
		}
	}
	return strings.ToLower(principal), false
}

// Named gives a principal with what the snapshot says of it.
func (a *Access) Named(id string) Principal {
	key, _ := a.key(id)
	return a.describe(Principal{ID: id, key: key})
}

func (a *Access) describe(p Principal) Principal {
	known := a.people[p.key]
	p.Name, p.Unlisted = known.name, known.group && !known.listed
	return p
}

// hold says whether an assignment is held by a principal.
type hold struct {
	decision Decision
	via      []string // the groups on the way
	why      string
}

// held tells whether an assignment applies to a principal: it names the
// principal or a group that it is in, and does not exclude it.
func (a *Access) held(s *Assignment, key string) hold {
	best := hold{}
	for _, p := range s.Principals {
		if h := a.is(p, key); h.decision > best.decision {
			best = h
		}
	}
	for _, p := range s.Excluded {
		switch h := a.is(p, key); {
		case h.decision == Yes:
			return hold{}
		case h.decision == Unknown && best.decision == Yes:
			best = h
		}
	}
	return best
}

// is tells whether an assigned principal is the one asked about, or a group
// that it is in.
func (a *Access) is(p Principal, key string) hold {
	known, there := a.people[p.key]
	switch {
	case p.key == "":
		return hold{Unknown, nil, "whom it names is known only after deployment"}
	case p.key == key, p.key == Everyone:
		return hold{decision: Yes}
	case known.group:
		return a.in(p.key, key, nil, map[string]bool{})
	case p.Type == "" && !there:
		return hold{Unknown, nil, fmt.Sprintf("whether %s is a group, and who is in it, is not in the snapshot", p.ID)}
	}
	return hold{}
}

// in tells whether a principal is in a group, or in one within it that was not
// seen before.
func (a *Access) in(group, key string, above []string, seen map[string]bool) hold {
	g := a.people[group]
	above, seen[group] = append(slices.Clip(above), group), true
	if slices.Contains(g.members, key) {
		return hold{decision: Yes, via: a.names(above)}
	}
	answer := hold{}
	if !g.listed {
		answer = hold{Unknown, nil, fmt.Sprintf("the members of group %s are not in the snapshot", a.names(above[len(above)-1:])[0])}
	}
	for _, m := range g.members {
		if a.people[m].group && !seen[m] {
			if h := a.in(m, key, above, seen); h.decision > answer.decision {
				answer = h
			}
		}
	}
	return answer
}

// names gives the names of principals, or their ids.
func (a *Access) names(keys []string) []string {
	var all []string
	for _, k := range keys {
		if n := a.people[k].name; n != "" {
			k = n
		}
		all = append(all, k)
	}
	return all
}

// with gives principals and the known members of groups among them.
func (a *Access) with(some []Principal) []Principal {
	all := make([]Principal, 0, len(some))
	seen := map[string]bool{}
	for _, p := range some {
		named := a.Named(p.ID)
		named.Type = p.Type
		all = append(all, named)
	}
	for i := 0; i < len(all); i++ {
		if seen[all[i].key] {
			continue
		}
		seen[all[i].key] = true
		for _, m := range a.people[all[i].key].members {
			all = append(all, a.Named(m))
		}
	}
	return all
}
