package design

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"regexp"
	"strings"

	"airfield/arm"
	"airfield/catalog"
	"airfield/diag"
	"airfield/estate"
)

// namer forms names: the tokens of the estate's pattern, made to fit the rule
// of the type.
//
// A name is a function of the prefix and the keys alone. One that its type's
// rule has no room for is cut, and ends in five characters of a hash of the
// whole; the cut name is locked. Types whose names are unique in all of Azure
// always end in the hash: whether such a name is free, only Azure knows.
type namer struct {
	e       *estate.Estate
	lock    *Lock
	found   *diag.List
	around  *around
	pattern []patternToken
}

// patternToken is one token of the estate's pattern and the text in front of it.
type patternToken struct{ before, name string }

func newNamer(e *estate.Estate, lock *Lock, found *diag.List) *namer {
	n := &namer{e: e, lock: lock, found: found}
	for _, token := range patternTokens.FindAllStringSubmatch(e.Naming.Pattern, -1) {
		n.pattern = append(n.pattern, patternToken{token[1], token[2]})
	}
	return n
}

// tokens are what a name is formed of. What is blank is left out.
type tokens struct {
	workload, purpose, environment, region, instance string
	pos                                              diag.Pos // of what is named
}

// name gives the name of a resource of a type. An abbreviation is given where
// kinds of the type have their own, as internal and external load balancers.
func (n *namer) name(t arm.Type, abbreviation string, k tokens) string {
	return n.fit(t, n.full(t, abbreviation, k), "", k.pos)
}

// salted gives the name of a resource of a type whose names are unique in all
// of Azure; the salt tells apart what has the same tokens.
func (n *namer) salted(t arm.Type, k tokens, salt string) string {
	return n.fit(t, n.full(t, "", k), salt, k.pos)
}

// full gives the name as the pattern forms it.
func (n *namer) full(t arm.Type, abbreviation string, k tokens) string {
	if abbreviation == "" {
		abbreviation = n.abbreviation(t)
	}
	values := map[string]string{
		"type": abbreviation, "prefix": n.e.Organization.Prefix, "workload": k.workload, "environment": k.environment,
		"purpose": k.purpose, "region": n.region(k.region), "instance": k.instance,
	}
	name := ""
	for i, token := range n.pattern {
		if v := values[token.name]; v != "" {
			if name != "" || i == 0 {
				name += token.before
			}
			name += v
		}
		delete(values, token.name)
	}
	if k.region == string(n.e.Regions.Home) {
		delete(values, "region")
	}
	left := ""
	for _, token := range []string{"workload", "purpose", "environment", "region"} {
		if values[token] != "" {
			left += "/" + values[token]
		}
	}
	if left != "" { // what the pattern leaves out tells names apart all the same
		name += "-" + hash(left)
	}
	return name
}

var patternTokens = regexp.MustCompile(`([^{}]*)\{(\w+)\}`)

// hash gives five letters and digits that follow from a text.
func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return strings.ToLower(base32.StdEncoding.EncodeToString(sum[:]))[:5]
}

// fit makes a name keep the rule of its type.
func (n *namer) fit(t arm.Type, full, salt string, pos diag.Pos) string {
	rule, ok := catalog.NameRuleOf(string(t), "")
	if !ok {
		return full
	}
	name := full
	if !rule.Hyphen {
		name = strings.NewReplacer("-", "", "_", "", ".", "").Replace(name)
	}
	if rule.Lower {
		name = strings.ToLower(name)
	}
	shared := rule.Unique == "global" || rule.Unique == "region" // with everyone's subscriptions
	if shared || len(name) > rule.Max {
		name = n.lock.keep("name", full+salt+":"+string(t), func() string {
			short := cut(name, full+salt+n.e.Organization.Tenant, rule)
			for again := salt; shared && n.around.has(t, short); short = cut(name, full+again+n.e.Organization.Tenant, rule) {
				again += "'" // what the tenant has is taken
			}
			return short
		})
	}
	if rule.Check(name) != nil && rule.Hyphen { // a separator of the pattern that the type does not take
		name = strings.NewReplacer("_", "-", ".", "-").Replace(name)
	}
	if err := rule.Check(name); err != nil {
		n.found.Errorf(pos, "design/name", "name %q for %s %v", name, t, err)
	}
	return name
}

// cut shortens a name and ends it in a hash of the whole.
func cut(name, whole string, rule catalog.NameRule) string {
	end := hash(whole)
	if rule.Hyphen {
		end = "-" + end
	}
	if room := rule.Max - len(end); len(name) > room {
		name = strings.TrimRight(name[:room], "-")
	}
	return name + end
}

func (n *namer) abbreviation(t arm.Type) string {
	if a, ok := n.e.Naming.Abbreviations.Get(string(t)); ok {
		return a
	}
	a, ok := catalog.Abbreviation(string(t))
	if !ok {
		panic("no abbreviation for " + string(t))
	}
	return a
}

func (n *namer) region(name string) string {
	if name == "" {
		return ""
	}
	if short, ok := n.e.Naming.Regions.Get(name); ok {
		return short
	}
	if r, ok := catalog.RegionByName(name); ok && r.Short != "" {
		return r.Short
	}
	return name
}

// airfieldSpace is the name space of the ids below.
var airfieldSpace = [16]byte{0x7c, 0x0e, 0x5b, 0x1d, 0x2f, 0x64, 0x4a, 0x7b, 0x9d, 0x3e, 0x61, 0x69, 0x72, 0x66, 0x6c, 0x64}

// GUID gives a UUID of version 5 (RFC 9562) for some text, for names that must
// be GUIDs: role assignments.
func GUID(parts ...string) string {
	h := sha1.New()
	h.Write(airfieldSpace[:])
	for _, p := range parts {
		h.Write([]byte(strings.ToLower(p) + "\x00"))
	}
	b := h.Sum(nil)[:16]
	b[6], b[8] = b[6]&0x0f|0x50, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[0:4], b[4:6], b[6:8], b[8:10], b[10:])
}
