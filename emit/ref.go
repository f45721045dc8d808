package emit

import (
	"hash/fnv"
	"strconv"
	"strings"

	"airfield/arm"
)

// piece is a part of a text: itself, or the id of the subscription that is
// made under the alias sub.
type piece struct{ text, sub string }

const subscriptionHole = "/subscriptions/@"

// holes divides a text at the ids of subscriptions that do not exist yet. A
// text without one is one piece.
func holes(s string) []piece {
	if !strings.Contains(s, subscriptionHole) {
		return []piece{{text: s}}
	}
	var all []piece
	from := 0
	for at := 0; ; {
		i := strings.Index(s[at:], subscriptionHole)
		if i < 0 {
			break
		}
		begin := at + i + len(subscriptionHole)
		end := begin
		for end < len(s) && (isWord(s[end]) || strings.IndexByte("-.", s[end]) >= 0) {
			end++
		}
		at = end
		if end > begin {
			all = append(all, piece{text: s[from : begin-1]}, piece{sub: s[begin:end]})
			from = end
		}
	}
	if from < len(s) {
		all = append(all, piece{text: s[from:]})
	}
	return all
}

func isWord(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_'
}

// links calls f for everything at and below v that refers to something: the
// references, the names of members that are resource ids (the keys of
// identity.userAssignedIdentities), and texts that hold the id of a
// subscription that does not exist yet.
func links(v arm.Value, f func(arm.Ref)) {
	switch v.Kind() {
	case arm.Unknown:
		r, _ := v.Ref()
		f(r)
	case arm.String:
		if strings.Contains(v.Text(), subscriptionHole) {
			linksOfText(v.Str(), f)
		}
	case arm.Array:
		for item := range v.Items() {
			links(item, f)
		}
	case arm.Object:
		for name, value := range v.Members() {
			if id, ok := keyID(name); ok {
				f(arm.IDOf(id))
			}
			links(value, f)
		}
	}
}

func linksOfText(s string, f func(arm.Ref)) {
	if id, err := arm.ParseID(s); err == nil {
		f(arm.IDOf(id))
		return
	}
	for _, p := range holes(s) {
		if p.sub != "" {
			f(arm.IDOf(arm.Subscription("@" + p.sub)))
		}
	}
}

// keyID tells whether the name of a member is a resource id.
func keyID(name string) (arm.ID, bool) {
	if !strings.HasPrefix(name, "/") {
		return "", false
	}
	id, err := arm.ParseID(name)
	return id, err == nil
}

// target is what a reference comes to: a parameter, a property of a resource,
// or a text.
type target struct {
	parameter string
	id        arm.ID
	path      []string // of a property of id
	text      []piece
}

// resolve says what a reference comes to. made tells whether an alias makes its
// subscription in this very file, so that the new id must be read from it.
func resolve(r arm.Ref, made func(alias arm.ID) bool) (target, bool) {
	switch t := r.ID.Type(); {
	case r.Parameter != "":
		return target{parameter: r.Parameter}, true
	case arm.EqualFold(r.Path, "id"):
		return target{id: r.ID, text: holes(string(r.ID))}, true
	case arm.EqualFold(r.Path, "name") && !strings.HasPrefix(r.ID.Name(), "@"):
		return target{text: []piece{{text: r.ID.Name()}}}, true
	case t == arm.SubscriptionType:
		for _, known := range []string{"name", "subscriptionId", "properties.subscriptionId"} {
			if arm.EqualFold(r.Path, known) {
				name, vended := strings.CutPrefix(r.ID.Name(), "@")
				if vended {
					return target{text: []piece{{sub: name}}}, true
				}
				return target{text: []piece{{text: name}}}, true
			}
		}
		return target{}, false
	case t.Equal(aliasType) && arm.EqualFold(r.Path, "properties.subscriptionId") && !made(r.ID):
		return target{text: []piece{{sub: r.ID.Name()}}}, true
	case r.Path == "" || t == "" || t == arm.TenantType:
		return target{}, false
	}
	return target{id: r.ID, path: strings.Split(r.Path, ".")}, true
}

// accessors gives the path behind a resource; quote writes a name that is no
// identifier.
func accessors(path []string, quote func(string) string) string {
	var b strings.Builder
	for _, name := range path {
		switch _, err := strconv.Atoi(name); {
		case err == nil:
			b.WriteString("[" + name + "]")
		case identifier(name):
			b.WriteString("." + name)
		default:
			b.WriteString("[" + quote(name) + "]")
		}
	}
	return b.String()
}

func identifier(s string) bool {
	for i := range len(s) {
		if !isWord(s[i]) {
			return false
		}
	}
	return s != "" && (s[0] < '0' || s[0] > '9')
}

// short gives eight hexadecimal digits that tell ids apart.
func short(id arm.ID) string {
	h := fnv.New32a()
	h.Write([]byte(id.Fold()))
	s := strconv.FormatUint(uint64(h.Sum32()), 16)
	return strings.Repeat("0", 8-len(s)) + s
}
