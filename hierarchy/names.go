package hierarchy

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// Names are read as words: "mg-ContosoLandingZones" is mg, contoso, landing,
// zones. A word of a group's role may stand anywhere; what words mean is our
// judgement.

// How far a name leans: by a word that is a role's own, or that may be; and how
// much of it is left where other words stand beside it, which may narrow it to
// something else: "Retail Platform", "Corporate IT".
const (
	plain  = 4.5
	vague  = 2.6
	beside = .55
)

// neutral are words that say nothing of what a group is for.
var neutral = strings.Fields("mg grp group groups azure and for the alz slz caf es confidential conf prod production produktion nonprod non dev development test qa uat staging")

// entry has the words of a role, by commas: those that are its own, and those
// that may mean it where no other word does. None has what only looks like a
// role's.
type entry struct {
	role       Role
	own, maybe string
}

func (e entry) all() string { return e.own + "," + e.maybe }

var vocabulary = []entry{
	{None, "data platform,ai platform,analytics platform,integration platform,container platform,application platform,digital platform,ml platform," +
		"data landing zone,data landing zones,data management,api management,device management,document management,customer identity", ""},
	{Root, "root,intermediate root", ""},
	{Platform, "platform,platforms,plattform,plateforme,platform landing zone,platform landing zones", "shared,shared services,infrastructure,infra,core"},
	{Management, "management,mgmt,mgt,verwaltung", "monitoring,operations,ops,logging"},
	{Connectivity, "connectivity,conn,konnektivität,connectivité", "network,networks,networking,net,hub,netzwerk,réseau"},
	{Identity, "identity,identities,iam,identität,identité", "adds,entra,directory"},
	{Security, "security,soc,sicherheit,sécurité", "sec,sentinel,siem"},
	{LandingZones, "landing zones,landing zone,landingzones,landingzone,lz,lzs", "workloads,workload,applications,apps"},
	{Corp, "corp,corporate", "internal,intranet,private,intern"},
	{Online, "online", "external,internet,dmz,extern"},
	{Local, "azure local,local,hci,azure stack", "edge"},
	{Public, "", "public"},
	{ConfidentialCorp, "confidential corp,confidential corporate,conf corp", ""},
	{ConfidentialOnline, "confidential online,conf online", ""},
	{Sandbox, "sandbox,sandboxes,sbx,sbox,sandpit,playground,sandkasten,spielwiese", "experiments,lab,labs,poc"},
	{Decommissioned, "decommissioned,decommission,decomm,decom,retired,stillgelegt", "graveyard,quarantine,deprecated"},
}

// wholes are names that mean the root of a hierarchy where nothing else stands
// beside them: Microsoft's own for it.
var wholes = []string{"alz", "slz", "caf", "es", "azure landing zones", "azure landing zone", "sovereign landing zone", "sovereign landing zones"}

// byName reads the name and the title of a group.
func (h *hierarchy) byName(n *node) {
	if h.isTenantRoot(n) {
		n.Evidence = append(n.Evidence, Evidence{ByName, []Role{TenantRoot}, "is the group that Azure makes for the tenant"})
		return
	}
	said := h.call(n)
	n.name = n.called
	for r := range n.name {
		if n.up >= 0 && h.nodes[n.up].called[r] > 0 {
			n.name[r] = 0 // a word of the parent's name, repeated: corp, corp-prod
		}
	}
	if likely := leaningTo(n.name); len(likely) > 0 {
		n.Evidence = append(n.Evidence, Evidence{ByName, likely, "is called " + strings.Join(said, " and ") + ", as groups for " + either(likely) + " are"})
	}
	h.byPrefix(n)
}

// call reads what the names of a group say, and gives those that say something.
func (h *hierarchy) call(n *node) (said []string) {
	for _, label := range []string{n.ID.Name(), n.Display} {
		leans := nameLeans(label, h.usual)
		for r, x := range leans {
			if x > 0 && n.called[r] > 0 {
				n.called[r] = max(n.called[r], x) + .5
			} else {
				n.called[r] = max(n.called[r], x)
			}
		}
		if likeliest(leans) != 0 && !slices.Contains(said, `"`+label+`"`) {
			said = append(said, `"`+label+`"`)
		}
	}
	return said
}

// byPrefix sees names below that begin with the group's own: a root often bears
// the name of the organization.
func (h *hierarchy) byPrefix(n *node) {
	own := strings.ToLower(n.ID.Name())
	count := 0
	for _, i := range n.below {
		for _, j := range append([]int{i}, h.nodes[i].below...) {
			rest, ok := strings.CutPrefix(strings.ToLower(h.nodes[j].ID.Name()), own)
			if ok && rest != "" && !unicode.IsLetter(rune(rest[0])) {
				count++
			}
		}
	}
	if count >= 3 && likeliest(n.name) == 0 {
		n.name[indexOf(Root)] += 2
		n.Evidence = append(n.Evidence, Evidence{ByName, []Role{Root}, fmt.Sprintf("the names of %d groups below begin with its own", count)})
	}
}

// usualWords gives the words that three groups or more begin with: the name of
// the organization.
func usualWords(nodes []node) map[string]bool {
	begins := map[string]int{}
	for i := range nodes {
		id, title := first(nodes[i].ID.Name()), first(nodes[i].Display)
		begins[id]++
		if title != id {
			begins[title]++
		}
	}
	usual := map[string]bool{}
	for w, n := range begins {
		usual[w] = n >= 3
	}
	return usual
}

// first gives the word that a name begins with.
func first(name string) string {
	all := wordsOf(name)
	return strings.Join(all[:min(1, len(all))], "")
}

// nameLeans says what a name speaks for.
func nameLeans(name string, usual map[string]bool) (l leanings) {
	joined := " " + strings.Join(wordsOf(name), " ") + " "
	for _, empty := range []string{" management group ", " management groups ", " access management "} {
		joined = strings.ReplaceAll(joined, empty, " ")
	}
	if rest, ok := strings.CutPrefix(joined, " "+first(name)+" "); ok && usual[first(name)] && len(spoken(" "+rest, entry.all)) > 0 {
		joined = " " + rest // an organization may be called Corp
	}
	if slices.Contains(wholes, strings.TrimSpace(joined)) {
		l[indexOf(Root)] = plain
		return l
	}
	found := spoken(joined, func(e entry) string { return e.own })
	weight := plain
	if len(found) == 0 {
		found, weight = spoken(joined, func(e entry) string { return e.maybe }), vague
	}
	if !slices.Contains(found, None) && others(joined, usual) {
		weight *= beside
	}
	for _, r := range found {
		l[indexOf(r)] = weight / float64(len(found)) // one name with several roles says none plainly
	}
	return l
}

// others tells whether a name has words that are neither a role's, nor neutral
// or usual.
func others(joined string, usual map[string]bool) bool {
	for _, v := range vocabulary {
		for w := range strings.SplitSeq(v.all(), ",") {
			joined = strings.ReplaceAll(joined, " "+w+" ", " ")
		}
	}
	return slices.ContainsFunc(strings.Fields(joined), func(w string) bool { return !usual[w] && !slices.Contains(neutral, w) })
}

// spoken gives the roles that a name has words of. Of a role and another that
// lies within it, only the inner one counts: "lz-corp", "platform-identity".
func spoken(joined string, words func(entry) string) (found []Role) {
	said := map[Role]bool{}
	for _, v := range vocabulary {
		for w := range strings.SplitSeq(words(v), ",") {
			said[v.role] = said[v.role] || w != "" && strings.Contains(joined, " "+w+" ")
		}
	}
	for _, v := range vocabulary {
		inner := func(o entry) bool { return said[o.role] && o.role.narrows(v.role) }
		if said[v.role] && !slices.ContainsFunc(vocabulary, inner) {
			found = append(found, v.role)
		}
	}
	return found
}

// narrows tells whether a role says more than another, beside which it stands in
// a name.
func (r Role) narrows(o Role) bool {
	if r == None {
		return o != None
	}
	switch o {
	case Root:
		return r != Root
	case LandingZones:
		return r != LandingZones && r != Root
	case Platform:
		return places[Platform][r] > 0
	case Corp:
		return r == ConfidentialCorp
	case Online:
		return r == ConfidentialOnline
	}
	return false
}

// wordsOf gives the words of a group's name, without the usual abbreviation of
// its type.
func wordsOf(name string) []string {
	all := split(name)
	if len(all) > 1 && all[0] == "mg" {
		return all[1:]
	}
	return all
}

// split gives the words of a name, in lower case.
func split(name string) []string {
	var b strings.Builder
	runes := []rune(name)
	for i, r := range runes {
		lower := i > 0 && unicode.IsLower(runes[i-1])
		if unicode.IsUpper(r) && (lower || i > 0 && unicode.IsLetter(runes[i-1]) && i+1 < len(runes) && unicode.IsLower(runes[i+1])) {
			b.WriteByte(' ')
		}
		if unicode.IsLetter(r) {
			b.WriteRune(unicode.ToLower(r))
		} else {
			b.WriteByte(' ')
		}
	}
	return strings.Fields(b.String())
}

// leaningTo gives the roles that evidence leans to most.
func leaningTo(l leanings) (most []Role) {
	best := l[likeliest(l)]
	for r := 1; r < many; r++ {
		if l[r] > 0 && l[r] > best-.5 {
			most = append(most, roles[r])
		}
	}
	return most
}

// either joins roles by "or".
func either(all []Role) string {
	var names []string
	for _, r := range all {
		names = append(names, r.words())
	}
	return strings.Join(names, " or ")
}
