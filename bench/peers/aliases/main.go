// Aliases writes the alias table that regorus needs, in the form of Azure's
// provider list ([{namespace, resourceTypes: [{resourceType, aliases}]}]), with
// those aliases alone that the policies name: a longer table only costs regorus
// time when it normalizes a resource.
//
//	go run ./aliases -shared ../../../shared -policies policies.json >aliases.json
package main

import (
	"bufio"
	"cmp"
	"compress/gzip"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

func main() {
	shared := flag.String("shared", "", "the folder that has corpora")
	table := flag.String("policies", "policies.json", "names and parameters of the policies")
	flag.Parse()
	list, err := aliases(*shared, *table)
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(list)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "aliases:", err)
		os.Exit(2)
	}
}

type provider struct {
	Namespace     string         `json:"namespace"`
	ResourceTypes []resourceType `json:"resourceTypes"`
}

type resourceType struct {
	ResourceType string  `json:"resourceType"`
	Aliases      []alias `json:"aliases"`
}

type alias struct {
	Name        string   `json:"name"`
	DefaultPath string   `json:"defaultPath"`
	Paths       []string `json:"paths"`
}

func aliases(shared, table string) ([]provider, error) {
	named, err := names(shared, table)
	if err != nil {
		return nil, err
	}
	var types []struct {
		T string
		A []json.RawMessage
	}
	if err := readZipped(filepath.Join(shared, "corpora/aliases.compact.json.gz"), func(d *json.Decoder) error { return d.Decode(&types) }); err != nil {
		return nil, err
	}
	byNamespace := map[string][]resourceType{}
	for _, t := range types {
		namespace, rest, _ := strings.Cut(t.T, "/")
		r := resourceType{ResourceType: rest}
		for _, entry := range t.A {
			if a := expand(t.T, entry); named[strings.ToLower(a.Name)] {
				r.Aliases = append(r.Aliases, a)
			}
		}
		if r.Aliases != nil {
			byNamespace[namespace] = append(byNamespace[namespace], r)
		}
	}
	var list []provider
	for namespace, types := range byNamespace {
		list = append(list, provider{namespace, types})
	}
	slices.SortFunc(list, func(a, b provider) int { return cmp.Compare(a.Namespace, b.Namespace) })
	return list, nil
}

// expand reads an entry of the compact table: a suffix, or a suffix and a path;
// a suffix alone has the path properties.SUFFIX, a leading slash makes it a name.
func expand(typ string, entry json.RawMessage) alias {
	var pair [2]string
	if json.Unmarshal(entry, &pair[0]) == nil {
		pair[1] = "properties." + pair[0]
	} else if err := json.Unmarshal(entry, &pair); err != nil {
		panic(err) // the table has no other form
	}
	name := typ + "/" + pair[0]
	if full, ok := strings.CutPrefix(pair[0], "/"); ok {
		name = full
	}
	return alias{Name: name, DefaultPath: pair[1], Paths: []string{}}
}

var nameForm = regexp.MustCompile(`(?i)microsoft\.[a-z0-9.]+/[a-z0-9/._\[\]*#-]+`)

// names gives, in lower case, all names in the policies that could be aliases,
// and the arrays that they lead through.
func names(shared, table string) (map[string]bool, error) {
	text, err := os.ReadFile(table)
	if err != nil {
		return nil, err
	}
	var policies []struct{ Name string }
	if err := json.Unmarshal(text, &policies); err != nil {
		return nil, fmt.Errorf("%s: %w", table, err)
	}
	named := map[string]bool{}
	read := func(d *json.Decoder) error {
		for d.More() {
			var line struct {
				Path     string
				Document struct {
					Name       string
					Properties struct{ PolicyRule json.RawMessage }
				}
			}
			if err := d.Decode(&line); err != nil {
				return err
			}
			if !slices.ContainsFunc(policies, func(p struct{ Name string }) bool { return p.Name == line.Document.Name }) {
				continue
			}
			for _, name := range nameForm.FindAllString(string(line.Document.Properties.PolicyRule), -1) {
				name = strings.ToLower(name)
				named[name] = true
				for i := range name {
					if strings.HasPrefix(name[i:], "[*]") {
						named[name[:i]], named[name[:i+3]] = true, true
					}
				}
			}
		}
		return nil
	}
	return named, readZipped(filepath.Join(shared, "corpora/builtin-policyDefinitions.jsonl.gz"), read)
}

func readZipped(file string, read func(*json.Decoder) error) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	z, err := gzip.NewReader(bufio.NewReader(f))
	if err == nil {
		err = read(json.NewDecoder(z))
	}
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}
