package estate

import (
	"slices"
	"strings"

	"airfield/diag"
	"airfield/source"
)

// Place is one environment of a workload: what becomes a landing zone.
type Place struct {
	Workload    string // its key
	Environment string // its key
	Of          Workload
	In          Environment
	Spec                 // as it is here: the environment laid over the workload, defaults filled in
	Pos         diag.Pos // of the environment's key, or of the workload's where it names no environments
	KeyPos      diag.Pos // of the workload's key
}

// Name gives the name that access and accept know the place by: atlas/prod.
func (p Place) Name() string { return p.Workload + "/" + p.Environment }

// Places gives every environment of every workload, in the order written.
func (e *Estate) Places() []Place { return e.places }

// Region gives the Azure name of a region: what home and recovery stand for,
// home for none.
func (e *Estate) Region(r Region) Region {
	switch r {
	case "", "home":
		return e.Regions.Home
	case "recovery":
		return e.Regions.Recovery
	}
	return r
}

// place fills in e.places, and gives the findings that only a place shows.
func (e *Estate) place() (found diag.List) {
	for _, w := range e.Workloads {
		for _, env := range w.Value.Environments {
			s, f := w.Value.In(env.Key)
			found = append(found, f...)
			e.places = append(e.places, Place{w.Key, env.Key, w.Value, env.Value, s, env.Pos, w.Pos})
		}
	}
	return found
}

// Fact gives the value that a place has for the source of a tag, "" for none.
func (e *Estate) Fact(p Place, from TagSource) string {
	switch from {
	case "project":
		return or(p.Of.Project, p.Workload)
	case "cost_center":
		return or(p.Of.CostCenter, e.Organization.CostCenter)
	case "environment":
		return p.Environment
	case "owner":
		return or(p.Of.Owner, e.Organization.Owner)
	case "division":
		return p.Of.Division
	case "workload":
		return p.Workload
	case "title":
		return or(p.Of.Title, p.Workload)
	case "criticality":
		return string(p.Criticality)
	case "data_class":
		return string(p.DataClass)
	case "begins":
		return p.Of.Begins.String()
	case "ends":
		return p.Of.Ends.String()
	}
	return ""
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// TagsOf gives the tags of a place: the required ones in their order, each
// from what the workload writes or else from the rule's source, then the
// others. A tag keeps the place of what it came from. A required tag that has
// no value is left out.
func (e *Estate) TagsOf(p Place) source.Keyed[string] {
	var tags source.Keyed[string]
	for _, r := range e.Tags.Required {
		if t, written := tagNamed(p.Tags, r.Key); written {
			tags = append(tags, source.Entry[string]{Key: r.Key, Pos: t.Pos, Value: t.Value})
		} else if v, ok := e.ruled(p, r.Value); ok {
			tags = append(tags, source.Entry[string]{Key: r.Key, Pos: p.Pos, Value: v})
		}
	}
	for _, t := range p.Tags {
		if _, ruled := tagNamed(tags, t.Key); !ruled {
			tags = append(tags, t)
		}
	}
	return tags
}

// ruled gives the value that a rule makes of a place's facts.
func (e *Estate) ruled(p Place, r TagRule) (string, bool) {
	v := e.Fact(p, r.From)
	if v == "" {
		return "", false
	}
	if len(r.Values.Map) > 0 {
		return r.Values.Map.Get(v)
	}
	return v, true
}

// tagNamed finds a tag: keys of tags compare without case.
func tagNamed(tags source.Keyed[string], key string) (source.Entry[string], bool) {
	for _, t := range tags {
		if strings.EqualFold(t.Key, key) {
			return t, true
		}
	}
	return source.Entry[string]{}, false
}

// WithGroups gives the estate on a platform whose groups a tenant shows: it is
// not standalone.
func (e *Estate) WithGroups(g Groups) *Estate {
	with := *e
	with.Platform.Standalone, with.Platform.Groups = false, g
	with.defaults = slices.DeleteFunc(slices.Clone(e.defaults), func(d Default) bool { return d.Path == "platform" })
	return &with
}

// WithRegions gives the estate with a service of a place in other regions.
func (e *Estate) WithRegions(workload, environment, service string, regions []Region) *Estate {
	with := *e
	with.places = slices.Clone(e.places)
	for i := range with.places {
		p := &with.places[i]
		if p.Workload != workload || p.Environment != environment {
			continue
		}
		p.Services = slices.Clone(p.Services)
		for j := range p.Services {
			if p.Services[j].Key == service {
				p.Services[j].Value.Regions = regions
			}
		}
	}
	return &with
}
