package main

import (
	"encoding/json"
	"fmt"
	"strings"
)

// archetypes makes the table of the policy assignments that Microsoft's landing
// zone library has for each of its management groups: of each group of an
// architecture, the assignments of its archetypes. An archetype is looked for
// in the group's own library, then in the one that all build on.
func archetypes(s source) (map[string]table, error) {
	l, err := readLibraries(s)
	if err != nil {
		return nil, err
	}
	t := table{
		from:    "Azure/Azure-Landing-Zones-Library faae8ccf platform/*/architecture_definitions, archetype_definitions, policy_assignments",
		read:    "2026-06-27",
		licence: "MIT",
		units:   "definition: the last part of its id, a GUID where it is built in",
		columns: []string{"role", "library", "assignment", "definition"},
	}
	for name, groups := range l.groups {
		for _, g := range groups {
			role := strings.Replace(g.ID, "landingzones", "landing_zones", 1)
			if g.Parent == "" {
				role = "root"
			}
			for _, a := range g.Archetypes {
				library := name
				if _, own := l.archetypes[name+"/"+a]; !own {
					library = "alz"
				}
				assignments, ok := l.archetypes[library+"/"+a]
				if !ok {
					return nil, fmt.Errorf("no archetype %q in the landing zone library", a)
				}
				for _, assignment := range assignments {
					t.add(role, library, assignment, l.definitions[library+"/"+assignment])
				}
			}
		}
	}
	if len(t.rows) == 0 {
		err = fmt.Errorf("no architectures in the landing zone library")
	}
	return one("archetypes", t), err
}

// libraries are the parts of the landing zone library that say what is assigned
// where; the keys of maps begin with the library's name.
type libraries struct {
	groups      map[string][]libraryGroup
	archetypes  map[string][]string // the names of assignments
	definitions map[string]string   // by assignment
}

type libraryGroup struct {
	ID         string
	Parent     string `json:"parent_id"`
	Archetypes []string
}

func readLibraries(s source) (libraries, error) {
	l := libraries{map[string][]libraryGroup{}, map[string][]string{}, map[string]string{}}
	return l, s.lines("corpora/alz-library.jsonl.gz", func(line []byte) error {
		var file struct {
			Path     string
			Document struct {
				Name        string
				Groups      []libraryGroup `json:"management_groups"`
				Assignments []string       `json:"policy_assignments"`
				Properties  json.RawMessage
			}
		}
		if err := json.Unmarshal(line, &file); err != nil {
			return err
		}
		d := file.Document
		library, rest, _ := strings.Cut(file.Path, "/")
		switch folder, _, _ := strings.Cut(rest, "/"); folder {
		case "architecture_definitions":
			l.groups[library] = append(l.groups[library], d.Groups...)
		case "archetype_definitions":
			l.archetypes[library+"/"+d.Name] = d.Assignments
		case "policy_assignments":
			var p struct{ PolicyDefinitionID string }
			if err := json.Unmarshal(d.Properties, &p); err != nil {
				return err
			}
			l.definitions[library+"/"+d.Name] = p.PolicyDefinitionID[strings.LastIndex(p.PolicyDefinitionID, "/")+1:]
		}
		return nil
	})
}
