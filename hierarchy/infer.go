package hierarchy

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"

	"airfield/arm"
)

// How the evidence is weighed. Each kind leans to roles: a leaning is the
// logarithm of how many times likelier it makes a role than none. Where a group
// may lie is a table of shares (places). The two make a tree of chances in which
// the belief about each group, given all groups, is found by passing messages
// once up and once down (belief propagation, which is exact on a tree):
//
//	landing zones?  ← "corp" by its name, "online" by its name   (up)
//	corp?           ← below what must be landing zones           (down)
//
// So a group without a telling name is known by those around it, and a name
// counts less in the wrong place. The numbers are our judgement: they are set
// so that one plain name or one telling assignment in a fitting place is enough,
// and no kind of evidence alone outweighs all others.

// roles are all roles; a position among them stands for one.
var roles = [...]Role{None, TenantRoot, Root, Platform, Management, Connectivity, Identity, Security,
	LandingZones, Corp, Online, Local, Public, ConfidentialCorp, ConfidentialOnline, Sandbox, Decommissioned}

const many = len(roles)

func indexOf(r Role) int { return slices.Index(roles[:], r) }

// leanings are how far evidence leans to each role, beside none's 0.
type leanings [many]float64

// towards gives the role that the evidence says plainly, if any; of a role and
// one that narrows it, the wider.
func (l leanings) towards() Role {
	best := likeliest(l)
	if l[best] < 1.5 {
		return None
	}
	role := roles[best]
	for i, x := range l {
		switch {
		case i == best || x <= l[best]-1 || roles[i].narrows(role):
		case role.narrows(roles[i]):
			role = roles[i]
		default:
			return None
		}
	}
	return role
}

// likeliest gives the position of the greatest number.
func likeliest(l [many]float64) int {
	best := 0
	for i := range l {
		if l[i] > l[best] {
			best = i
		}
	}
	return best
}

// places says of the groups below one of a role what share has which role; what
// is not named shares rare, and the rest has none.
var places = map[Role]map[Role]float64{
	TenantRoot:   {Root: .45, Platform: .03, LandingZones: .03, Sandbox: .03, Decommissioned: .03, Corp: .01, Online: .01},
	Root:         {Platform: .15, LandingZones: .15, Sandbox: .12, Decommissioned: .12, Corp: .012, Online: .012, Management: .02, Connectivity: .03, Identity: .03, Security: .02},
	Platform:     {Management: .2, Connectivity: .2, Identity: .2, Security: .15},
	LandingZones: {Corp: .2, Online: .2, Local: .06, Public: .04, ConfidentialCorp: .03, ConfidentialOnline: .03, Sandbox: .05, Decommissioned: .02},
	None:         {Root: .02, Platform: .03, LandingZones: .03, Corp: .02, Online: .02, Sandbox: .03, Decommissioned: .03, Management: .01, Connectivity: .02, Identity: .02, Security: .01},
}

const rare = .003

// shares is places for every pair of positions: parent, then child.
var shares = sync.OnceValue(func() (all [many][many]float64) {
	for parent := range roles {
		none := 1.
		for child := 1; child < many; child++ {
			x := cmp.Or(places[roles[parent]][roles[child]], rare)
			if roles[child] == TenantRoot {
				x = 0
			}
			all[parent][child] = x
			none -= x
		}
		all[parent][0] = none
	}
	return all
})

// infer gives the belief about each group. Groups that are given have no role
// but those they are given.
func (h *hierarchy) infer(given map[Role]arm.ID) [][many]float64 {
	in := make([][many]float64, len(h.nodes))  // what the group itself and those below it say
	top := make([][many]float64, len(h.nodes)) // what all others say, through the parent
	to := make([][many]float64, len(h.nodes))  // what the group tells its parent
	tree := shares()
	for i := len(h.nodes) - 1; i >= 0; i-- {
		in[i] = h.own(i, given)
		for _, c := range h.nodes[i].below {
			in[i] = times(in[i], to[c])
		}
		for parent := range to[i] {
			for child, x := range in[i] {
				to[i][parent] += tree[parent][child] * x
			}
		}
		to[i] = scaled(to[i])
	}
	beliefs := make([][many]float64, len(h.nodes))
	for i := range h.nodes {
		var parent [many]float64
		parent[indexOf(TenantRoot)] = 1 // what lies in no group is as if it lay in the tenant's own
		if up := h.nodes[i].up; up >= 0 {
			parent = times(top[up], in[up])
			for p := range parent { // what all but the group itself tell its parent
				parent[p] /= to[i][p]
			}
		}
		for p, x := range parent {
			for child := range top[i] {
				top[i][child] += tree[p][child] * x
			}
		}
		if h.isTenantRoot(&h.nodes[i]) {
			top[i] = [many]float64{} // nothing else says what it is
		}
		top[i] = scaled(top[i])
		beliefs[i] = times(in[i], top[i])
	}
	return beliefs
}

// own gives how well each role fits what the group itself shows.
func (h *hierarchy) own(i int, given map[Role]arm.ID) (fits [many]float64) {
	n := &h.nodes[i]
	told := false
	for role, id := range given {
		if id.Equal(n.ID) {
			fits[indexOf(role)], told = 1, true
		}
	}
	switch {
	case h.isTenantRoot(n) && !told:
		fits[indexOf(TenantRoot)] = 1
		return fits
	case told: // of several that it is given, the likeliest
		for r := range fits {
			fits[r] *= math.Exp(n.name[r] + n.assigned[r] + n.contents[r])
		}
	default:
		for r := range fits {
			fits[r] = math.Exp(n.name[r] + n.assigned[r] + n.contents[r])
		}
	}
	return scaled(fits)
}

// isTenantRoot tells whether a group is the one that Azure makes: it bears the
// tenant's id, or its first name, and lies in no other.
func (h *hierarchy) isTenantRoot(n *node) bool {
	return n.up < 0 && (strings.EqualFold(n.ID.Name(), h.t.Header().Tenant) || n.Display == "Tenant Root Group")
}

func times(a, b [many]float64) [many]float64 {
	for i := range a {
		a[i] *= b[i]
	}
	return scaled(a)
}

// scaled makes the sum 1; where nothing is possible any more, everything is.
func scaled(a [many]float64) [many]float64 {
	sum := 0.
	for _, x := range a {
		sum += x
	}
	for i := range a {
		if sum > 0 {
			a[i] /= sum
		} else {
			a[i] = 1. / float64(many)
		}
	}
	return a
}

// share gives a belief in percent; nothing is ever sure.
func share(x float64) int { return min(99, int(100*x)) }

func percent(n int) string { return fmt.Sprintf("%d %%", n) }

// conflict says where the name and the assignments plainly speak for different
// roles.
func (n *node) conflict() string {
	name, assigned := n.name.towards(), n.assigned.towards()
	if name == None || assigned == None || name == assigned || name.narrows(assigned) {
		return "" // what is assigned around a group may be assigned again in it
	}
	return "its name says " + name.words() + ", its policy assignments say " + assigned.words()
}

// place adds what the groups above and below tell.
func (h *hierarchy) place(groups []Group, i int) {
	g := &groups[i]
	if up := h.nodes[i].up; up >= 0 && groups[up].Role != None && groups[up].Role != TenantRoot {
		g.Evidence = append(g.Evidence, Evidence{ByPlace, nil, fmt.Sprintf("lies in %s, which is %s", groups[up].ID.Name(), groups[up].Role.words())})
	}
	var below []string
	for _, c := range h.nodes[i].below {
		if groups[c].Role != None {
			below = append(below, fmt.Sprintf("%s (%s)", groups[c].ID.Name(), groups[c].Role.words()))
		}
	}
	if len(below) > 0 {
		g.Evidence = append(g.Evidence, Evidence{ByPlace, nil, "holds " + some(below)})
	}
}

// unclear says why no role is recognized.
func (h *hierarchy) unclear(groups []Group, i int, belief [many]float64) string {
	first := likeliest(belief)
	if up := h.nodes[i].up; first == 0 && share(belief[0]) >= Enough {
		if up >= 0 && groups[up].Role != None && groups[up].Role != TenantRoot {
			return "none of the roles: a group within " + groups[up].Role.words()
		}
		return "none of the roles: nothing speaks for one"
	}
	if first == 0 {
		return "not recognized, because too little speaks for any role"
	}
	return fmt.Sprintf("not recognized, because %s has %s of the %s that are wanted", roles[first].words(), percent(share(belief[first])), percent(Enough))
}

// words gives a role in words.
func (r Role) words() string {
	if r == None {
		return "no role"
	}
	return strings.ReplaceAll(string(r), "_", " ")
}

// some joins a few texts, and counts the others.
func some(all []string) string {
	const few = 4
	if len(all) > few+1 {
		all = append(all[:few:few], fmt.Sprintf("%d more", len(all)-few))
	}
	return strings.Join(all, ", ")
}
