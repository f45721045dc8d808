package catalog

import (
	"errors"
	"fmt"
	"strings"

	"airfield/arm"
)

// ParseAliases returns the aliases of the output of
//
//	az provider list --expand resourceTypes/aliases
//
// which is a list of providers, or an object whose member value is one; what
// az provider show writes, one provider, will do. Of two aliases of a type
// whose names differ at most in case the last counts. An alias for which the
// list has no path at all is left out: it cannot be looked up in a resource.
func ParseAliases(v arm.Value) (*AliasTable, error) {
	list := v
	if v.Get("value").Exists() {
		list = v.Get("value")
	}
	in := aliasImport{types: map[string]arm.Type{}, aliases: map[string]map[string]Alias{}}
	switch {
	case list.Kind() == arm.Array:
		n := 0
		for provider := range list.Items() {
			if err := in.provider(provider); err != nil {
				return nil, fmt.Errorf("provider %d: %w", n, err)
			}
			n++
		}
	case v.Get("namespace").Exists():
		if err := in.provider(v); err != nil {
			return nil, err
		}
	default:
		return nil, fmt.Errorf("found %s, wanted a list of providers", list.Kind())
	}
	if !in.any {
		return nil, errors.New("no type has a list of aliases; the command is az provider list --expand resourceTypes/aliases")
	}
	return newAliasTable(Source{}, in.rows(), nil), nil
}

// An aliasImport collects what a list of providers says.
type aliasImport struct {
	types   map[string]arm.Type         // by folded type
	aliases map[string]map[string]Alias // by folded type and name
	any     bool                        // some type has a list of aliases, if an empty one
}

func (in *aliasImport) rows() string {
	var b strings.Builder
	for _, typ := range sortedByKey(in.types) {
		b.WriteString(aliasRow(typ, sortedByKey(in.aliases[fold(string(typ))])))
	}
	return b.String()
}

func (in *aliasImport) provider(v arm.Value) error {
	namespace := v.Get("namespace").Str()
	if namespace == "" {
		return fmt.Errorf("found %s, wanted an object with a namespace", v.Kind())
	}
	types := v.Get("resourceTypes")
	if !blankOr(types, arm.Array) {
		return fmt.Errorf("resourceTypes of %q: found %s, wanted a list", namespace, types.Kind())
	}
	for t := range types.Items() {
		name := t.Get("resourceType").Str()
		if name == "" {
			return fmt.Errorf("resourceTypes of %q: found %s, wanted an object with a resourceType", namespace, t.Kind())
		}
		if err := in.resourceType(namespace+"/"+name, t.Get("aliases")); err != nil {
			return err
		}
	}
	return nil
}

func (in *aliasImport) resourceType(name string, aliases arm.Value) error {
	if err := checkType(name); err != nil {
		return err
	}
	switch aliases.Kind() {
	case arm.Missing, arm.Null:
		return nil // not asked for
	case arm.Array:
	default:
		return fmt.Errorf("aliases of %q: found %s, wanted a list", name, aliases.Kind())
	}
	in.any = true
	key := fold(name)
	if _, seen := in.types[key]; !seen {
		in.types[key], in.aliases[key] = arm.Type(name), map[string]Alias{}
	}
	for v := range aliases.Items() {
		a, err := importedAlias(v)
		if err != nil {
			return fmt.Errorf("aliases of %q: %w", name, err)
		}
		a.Type = in.types[key]
		if a.Path != "" {
			in.aliases[key][fold(a.Name)] = a
		}
	}
	return nil
}

// importedAlias reads an alias of a list. Its Path is blank where the list has
// none.
func importedAlias(v arm.Value) (Alias, error) {
	a := Alias{Name: v.Get("name").Str(), Path: v.Get("defaultPath").Str()}
	paths := v.Get("paths")
	switch {
	case a.Name == "":
		return a, fmt.Errorf("found %s, wanted an object with a name", v.Kind())
	case !blankOr(v.Get("defaultPath"), arm.String):
		return a, fmt.Errorf("defaultPath of %q: found %s, wanted a string", a.Name, v.Get("defaultPath").Kind())
	case !blankOr(paths, arm.Array):
		return a, fmt.Errorf("paths of %q: found %s, wanted a list", a.Name, paths.Kind())
	}
	a.Pattern = importedPattern(v.Get("defaultPattern"))
	a.Token, a.Modifiable = importedMetadata(v.Get("defaultMetadata"))
	for p := range paths.Items() {
		at, err := importedPath(p)
		if err != nil {
			return a, fmt.Errorf("paths of %q: %w", a.Name, err)
		}
		if len(at.APIVersions) > 0 {
			a.Versions = append(a.Versions, at)
		}
		if len(at.Path) > aliasLength {
			return a, fmt.Errorf("a path of %.60q… is longer than %d bytes", a.Name, aliasLength)
		}
	}
	if a.Path == "" {
		a.takeNewestPath()
	}
	if len(a.Name) > aliasLength || len(a.Path) > aliasLength {
		return a, fmt.Errorf("name or path of %.60q… is longer than %d bytes", a.Name, aliasLength)
	}
	return a, nil
}

// takeNewestPath gives an alias without a default path that of the newest API
// version.
func (a *Alias) takeNewestPath() {
	newest := ""
	for _, p := range a.Versions {
		for _, version := range p.APIVersions {
			if version > newest {
				newest = version
				a.Path, a.Pattern, a.Modifiable, a.Token = p.Path, p.Pattern, p.Modifiable, p.Token
			}
		}
	}
}

func importedPath(v arm.Value) (AliasPath, error) {
	p := AliasPath{Path: v.Get("path").Str(), Pattern: importedPattern(v.Get("pattern"))}
	versions := v.Get("apiVersions")
	if p.Path == "" || !blankOr(versions, arm.Array) {
		return p, fmt.Errorf("found %s, wanted an object with path and apiVersions", v.Kind())
	}
	for version := range versions.Items() {
		if version.Str() == "" {
			return p, fmt.Errorf("apiVersions of %q: found %s, wanted a string", p.Path, version.Kind())
		}
		p.APIVersions = append(p.APIVersions, version.Str())
	}
	p.Token, p.Modifiable = importedMetadata(v.Get("metadata"))
	return p, nil
}

func importedPattern(v arm.Value) AliasPattern {
	return AliasPattern{v.Get("phrase").Str(), v.Get("variable").Str(), v.Get("type").Str()}
}

// importedMetadata reads the token and whether it can be modified: attributes
// are None or Modifiable, and a token that is NotSpecified is not known.
// See learn.microsoft.com/rest/api/resources/providers/list#aliaspathattributes.
func importedMetadata(v arm.Value) (token string, modifiable Tri) {
	if token = v.Get("type").Str(); arm.EqualFold(token, "NotSpecified") {
		token = ""
	}
	attributes := v.Get("attributes").Str()
	if attributes == "" {
		return token, NotKnown
	}
	for word := range strings.SplitSeq(attributes, ",") {
		if arm.EqualFold(strings.TrimSpace(word), "Modifiable") {
			return token, Yes
		}
	}
	return token, No
}

// blankOr tells whether a value is of the kind, null or not there.
func blankOr(v arm.Value, kind arm.Kind) bool {
	return v.Kind() == kind || v.Kind() == arm.Null || !v.Exists()
}
