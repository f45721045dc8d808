package policy

import (
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
}

// subject makes a subject of a resource.
func (m *machine) subjectOf(r arm.Resource) subject {
	s := subject{body: r.Body, id: r.ID}
	s.text = r.Body.Get("type").Str()
	if s.text == "" && r.ID != "" {
		s.text = string(r.ID.Type())
	}
	s.typ = m.intern(s.text, strings.ToLower)
	if s.name = r.Body.Get("name").Str(); s.name == "" && r.ID != "" {
		s.name = r.ID.Name()
	}
	if at := strings.LastIndexByte(s.name, '/'); at >= 0 { // a template's name holds those of the parents
		s.name = s.name[at+1:]
	}
	s.location = m.intern(r.Body.Get("location").Str(), squeezedLower)
	s.version = r.Body.Get("apiVersion").Str()
	return s
}

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
		return s.text1("type", s.text), true
	case nameField:
		return s.text1("name", s.name), true
	case fullNameField:
		return s.fullName(), true
	case idField:
		return s.text1("id", string(s.id)), true
	case kindField:
		return datumOf(s.body.Get("kind")), true
	case locationField:
		return s.text1("location", s.location), true
	case tagField:
		tags := s.body.Get("tags")
		if tags.Kind() == arm.Unknown {
			return datumOf(tags), true
		}
		return datumOf(tags.Get(f.name)), true
	}
	return datum{}, false
}
