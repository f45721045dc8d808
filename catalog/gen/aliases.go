package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"strings"

	"airfield/arm"
	"airfield/catalog"
)

// aliases makes the table of aliases. The sources become a list of providers
// as az writes one, so that the table is what a user's own import would be.
func aliases(s source) (map[string]table, error) {
	const list = "corpora/aliases.compact.json.gz"
	text, err := s.gzip(list)
	if err != nil {
		return nil, err
	}
	var types []aliasedType
	if err := json.Unmarshal(text, &types); err != nil {
		return nil, fmt.Errorf("reading %s: %w", list, err)
	}
	modifiable, err := modifiableAliases(s)
	if err != nil {
		return nil, err
	}
	var providers arm.A
	for _, t := range types {
		namespace, name, _ := strings.Cut(t.Type, "/")
		known, err := t.aliases(modifiable)
		if err != nil {
			return nil, err
		}
		providers = append(providers, arm.O{"namespace", namespace, "resourceTypes", arm.A{arm.O{"resourceType", name, "aliases", known}}})
	}
	made, err := catalog.ParseAliases(arm.New(providers))
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = made.Write(&b, catalog.Source{
		From:    "corpora/aliases.compact.json.gz and corpora/aliases-modifiable-known.txt of the folder of facts, which name no revision",
		Read:    "2026-11-21",
		Licence: "facts",
	})
	for name, used := range modifiable {
		if !used {
			return nil, fmt.Errorf("%s is known to be modifiable, and is no alias", name)
		}
	}
	return one("aliases", table{whole: b.Bytes()}), err
}

// An aliasedType is an item of the list of aliases. Each of Aliases is a string
// or an array of two: the end of the name, and the path if it is not that end
// behind "properties.". An end that begins with a slash is, behind it, a whole
// name, which does not begin with the type.
type aliasedType struct {
	Type    string            `json:"t"`
	Aliases []json.RawMessage `json:"a"`
}

func (t aliasedType) aliases(modifiable map[string]bool) (arm.A, error) {
	all := arm.A{}
	for _, raw := range t.Aliases {
		var both []string
		if json.Unmarshal(raw, &both) != nil {
			both = make([]string, 1)
			if err := json.Unmarshal(raw, &both[0]); err != nil {
				return nil, fmt.Errorf("alias %s of %s: %w", raw, t.Type, err)
			}
			both = append(both, "properties."+both[0])
		}
		if len(both) != 2 {
			return nil, fmt.Errorf("alias %s of %s: name and path were wanted", raw, t.Type)
		}
		name, whole := strings.CutPrefix(both[0], "/")
		if !whole {
			name = t.Type + "/" + name
		}
		alias := arm.O{"name", name, "defaultPath", both[1]}
		if _, ok := modifiable[strings.ToLower(name)]; ok {
			modifiable[strings.ToLower(name)] = true
			alias = append(alias, "defaultMetadata", arm.O{"attributes", "Modifiable"})
		}
		all = append(all, alias)
	}
	return all, nil
}

// modifiableAliases returns the names, in lower case, of aliases of which is
// known that they can be modified, each with false.
func modifiableAliases(s source) (map[string]bool, error) {
	text, err := fs.ReadFile(s.fsys, "corpora/aliases-modifiable-known.txt")
	names := map[string]bool{}
	for _, name := range strings.Fields(string(text)) {
		names[strings.ToLower(name)] = false
	}
	return names, err
}
