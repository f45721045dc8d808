package main

import (
	"archive/tar"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/klauspost/compress/zstd"
)

const schemas = "schemas/bicep-types-az.tar.zst"

// typeTraits makes the table of types that support tags and location.
//
// Where the two sources for tags disagree, Microsoft's list of tag support wins:
// it answers this very question, and a schema only says what a request may
// hold. Of a type that it does not list, and of location for all, the newest
// schema says it. A property that can only be read does not count: many a child
// shows its parent's location so.
func typeTraits(s source) (map[string]table, error) {
	rows, err := s.csv("corpora/tag-support.csv")
	if err != nil {
		return nil, err
	}
	traits, err := schemaTraits(s)
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		name := strings.ToLower(r["providerName"] + "/" + r["resourceType"])
		switch r["supportsTags"] {
		case "TRUE":
			traits[name] = trait{"1", traits[name].location}
		case "FALSE":
			traits[name] = trait{"0", traits[name].location}
		default:
			return nil, fmt.Errorf("tag support of %s is %q, TRUE or FALSE was wanted", name, r["supportsTags"])
		}
	}
	t := table{
		from:    "tags: corpora/tag-support.csv of the folder of facts (Microsoft's list of tag support), else as location: Azure/bicep-types-az 1f896de2, newest version of each type",
		read:    "2026-08-20",
		licence: "MIT, facts",
		units:   "1 supported, 0 not, blank unknown; type in lower case",
		columns: []string{"type", "tags", "location"},
	}
	for name, has := range traits {
		t.add(name, has.tags, has.location)
	}
	return one("type_traits", t), nil
}

// A trait has the cells of a type.
type trait struct{ tags, location string }

// schemaTraits returns what the newest schema of each type says.
func schemaTraits(s source) (map[string]trait, error) {
	wanted, err := newestSchemas(s)
	if err != nil {
		return nil, err
	}
	traits := map[string]trait{}
	err = s.archive(schemas, func(path string, text io.Reader) error {
		types := wanted[path]
		if len(types) == 0 {
			return nil
		}
		delete(wanted, path)
		var nodes []schemaNode
		if err := json.NewDecoder(text).Decode(&nodes); err != nil {
			return err
		}
		for name, ref := range types {
			properties, err := bodyOf(nodes, ref)
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			traits[name] = trait{writable(properties, "tags"), writable(properties, "location")}
		}
		return nil
	})
	if err == nil && len(wanted) > 0 {
		err = fmt.Errorf("%s lacks %d files that its index names", schemas, len(wanted))
	}
	return traits, err
}

// newestSchemas returns where the newest version of each type is: by file, by
// type in lower case, a reference into the file. A preview is older than what
// is no preview of the same day.
func newestSchemas(s source) (map[string]map[string]string, error) {
	var index struct {
		Resources map[string]struct {
			Ref string `json:"$ref"`
		}
	}
	err := s.archive(schemas, func(path string, text io.Reader) error {
		if path != "index.json" {
			return nil
		}
		return json.NewDecoder(text).Decode(&index)
	})
	if err != nil {
		return nil, err
	}
	newest := map[string]string{} // by type, its name in the index
	for name := range index.Resources {
		typ, _, _ := strings.Cut(strings.ToLower(name), "@")
		if version(name) > version(newest[typ]) {
			newest[typ] = name
		}
	}
	files := map[string]map[string]string{}
	for typ, name := range newest {
		path, ref, _ := strings.Cut(index.Resources[name].Ref, "#")
		if files[path] == nil {
			files[path] = map[string]string{}
		}
		files[path][typ] = "#" + ref
	}
	return files, nil
}

// version returns the version of a type@version such that they sort by age.
func version(name string) string {
	_, v, _ := strings.Cut(name, "@")
	if v == "" || strings.Contains(v, "-preview") {
		return v
	}
	return v + "~" // behind -preview
}

// A schemaNode is what gen reads of a node of a types.json.
type schemaNode struct {
	Body struct { // of a type
		Ref string `json:"$ref"`
	}
	Properties     map[string]schemaProperty
	BaseProperties map[string]schemaProperty // of an object with a discriminator
}

type schemaProperty struct{ Flags int }

// bodyOf returns the properties at the root of the body of a type.
func bodyOf(nodes []schemaNode, ref string) (map[string]schemaProperty, error) {
	typ, err := nodeAt(nodes, ref)
	if err != nil {
		return nil, err
	}
	body, err := nodeAt(nodes, typ.Body.Ref)
	if err != nil {
		return nil, err
	}
	if body.Properties == nil {
		return body.BaseProperties, nil
	}
	return body.Properties, nil
}

// nodeAt returns the node that "#/12" refers to.
func nodeAt(nodes []schemaNode, ref string) (schemaNode, error) {
	i, err := strconv.Atoi(strings.TrimPrefix(ref, "#/"))
	if err != nil || i < 0 || i >= len(nodes) {
		return schemaNode{}, fmt.Errorf("no node %q", ref)
	}
	return nodes[i], nil
}

// writable returns the cell that says whether there is a property that is not
// only read.
func writable(properties map[string]schemaProperty, name string) string {
	const readOnly = 2 // ObjectTypePropertyFlags of Azure/bicep-types
	if p, ok := properties[name]; ok && p.Flags&readOnly == 0 {
		return "1"
	}
	return "0"
}

// archive calls do for each file of a tar.zst.
func (s source) archive(name string, do func(path string, text io.Reader) error) error {
	f, err := s.fsys.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	z, err := zstd.NewReader(f)
	if err != nil {
		return fmt.Errorf("reading %s: %w", name, err)
	}
	defer z.Close()
	files := tar.NewReader(z)
	for {
		h, err := files.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading %s: %w", name, err)
		}
		path := strings.TrimPrefix(h.Name, "./")
		if err := do(path, files); err != nil {
			return fmt.Errorf("reading %s of %s: %w", path, name, err)
		}
	}
}
