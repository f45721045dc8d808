package policy

import (
	"cmp"
	"strings"

	"airfield/arm"
)

// subject is a resource as conditions see it.
type subject struct {
	body     arm.Value
	id       arm.ID
	typ      string // in lower case
	text     string // the type as written
	name     string // without the names of parents
	location string // without blanks, in lower case; "" where the body's is no text
	version  string // of the API

	kind, tags, properties, region arm.Value // region is the location as written
}

// subjectOf makes a subject of a resource, in one pass over the body's own
// members.
func (m *machine) subjectOf(r arm.Resource) subject {
	var v [7]arm.Value
	r.Body.Pick(ownMembers, v[:])
	s := subject{body: r.Body, id: r.ID, text: v[0].Str(), name: v[1].Str(), version: v[2].Str(), kind: v[3], tags: v[4], properties: v[5], region: v[6]}
	if s.text == "" && r.ID != "" {
		s.text = string(r.ID.Type())
	}
	if s.name == "" && r.ID != "" {
		s.name = r.ID.Name()
	}
	if at := strings.LastIndexByte(s.name, '/'); at >= 0 { // a template's name holds those of the parents
		s.name = s.name[at+1:]
	}
	if s.typ = m.intern(s.text, strings.ToLower); s.typ == resourceGroupOfOld {
		s.typ = resourceGroupType
	}
	s.location = m.intern(v[6].Str(), squeezedLower)
	return s
}

var ownMembers = arm.NamesOf("type", "name", "apiVersion", "kind", "tags", "properties", "location")

// newest stands for the newest API version of any type: a scan reads with it,
// and an export does not say which that was.
const newest = "9999-12-31"

// scanned gives the API version that a scan reads the subject with.
func (s *subject) scanned() string { return cmp.Or(s.version, newest) }

func squeezedLower(s string) string { return strings.ToLower(squeezed(s)) }

// intern gives what f makes of a text that occurs often. Texts beyond the
// thousands are made each time, so that hostile input does not fill memory.
func (m *machine) intern(s string, f func(string) string) string {
	if made, ok := m.interned[s]; ok {
		return made
	}
	made := f(s)
	if len(m.interned) < 4096 {
		m.interned[strings.Clone(s)] = made
	}
	return made
}

// typeDatum gives the type as conditions compare it: resource groups have two
// names, and the one that shipped policies use is Resource Manager's older one.
func (s *subject) typeDatum() datum {
	if s.typ == resourceGroupType {
		return textDatum("Microsoft.Resources/subscriptions/resourceGroups")
	}
	return s.text1("type", s.text)
}

// fullName gives the name with those of the parents.
func (s *subject) fullName() datum {
	if v := s.body.Get("fullName"); v.Exists() {
		return datumOf(v)
	}
	if strings.Count(s.text, "/") > 1 && s.id != "" {
		return textDatum(strings.Join(s.id.Names(), "/"))
	}
	return s.text1("name", s.name)
}

// text1 gives a text that the subject holds, or what the body has instead.
func (s *subject) text1(member, text string) datum {
	if text != "" {
		return textDatum(text)
	}
	return datumOf(s.body.Get(member))
}

// direct gives the fields that every resource has.
func (s *subject) direct(f *field) (datum, bool) {
	switch f.kind {
	case typeField:
		return s.typeDatum(), true
	case nameField:
		return s.text1("name", s.name), true
	case fullNameField:
		return s.fullName(), true
	case idField:
		return s.text1("id", string(s.id)), true
	case kindField:
		return datumOf(s.kind), true
	case locationField:
		return s.text1("location", s.location), true
	case tagField:
		if s.tags.Kind() == arm.Unknown {
			return datumOf(s.tags), true
		}
		return datumOf(memberOf(s.tags, f.name)), true
	}
	return datum{}, false
}

// memberOf gives the member of an object with a name that a user chose, such as
// a tag's: those compare without case also beyond ASCII.
func memberOf(v arm.Value, name string) arm.Value {
	if ascii(name) {
		return v.Get(name)
	}
	for other, member := range v.Members() {
		if sameName(other, name) {
			return member
		}
	}
	return arm.Value{}
}

func sameName(a, b string) bool { return arm.EqualFold(a, b) || !ascii(a) && fold(a) == fold(b) }
