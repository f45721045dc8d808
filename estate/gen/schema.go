package main

import (
	"bytes"
	"encoding/json"
	"reflect"

	"airfield/estate"
	"airfield/source"
)

// object is a JSON object whose members keep their order: names and values in
// turn.
type object []any

func (o object) MarshalJSON() ([]byte, error) {
	b := []byte{'{'}
	for i := 0; i < len(o); i += 2 {
		if i > 0 {
			b = append(b, ',')
		}
		name, err := marshal(o[i])
		if err != nil {
			return nil, err
		}
		value, err := marshal(o[i+1])
		if err != nil {
			return nil, err
		}
		b = append(append(append(b, name...), ':'), value...)
	}
	return append(b, '}'), nil
}

func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSpace(b.Bytes()), err
}

// schema gives the language as a JSON Schema.
func (d description) schema() []byte {
	s := schemaWriter{description: d, done: map[reflect.Type]bool{}}
	root := s.mapping(reflect.TypeFor[estate.Estate](), "")
	doc := append(object{
		"$schema", "https://json-schema.org/draft/2020-12/schema",
		"title", "Airfield estate, version 1",
		"description", d.comments["Estate"],
	}, root...)
	doc = append(doc, "$defs", s.definitions)
	text, err := marshal(doc)
	if err != nil {
		panic(err)
	}
	var out bytes.Buffer
	if err := json.Indent(&out, text, "", " "); err != nil {
		panic(err)
	}
	out.WriteByte('\n')
	return out.Bytes()
}

type schemaWriter struct {
	description
	definitions object
	done        map[reflect.Type]bool
}

// mapping gives the schema of a struct's keys.
func (s *schemaWriter) mapping(t reflect.Type, path string) object {
	properties, required := object{}, []string{}
	for _, f := range source.Fields(t) {
		at := path
		if f.Owner == reflect.TypeFor[estate.Spec]() {
			at = "workloads.NAME" // an environment's is the same
		}
		v := s.value(f.Type, join(at, f.Key), !f.Required)
		v = append(object{"description", s.comment(f)}, v...)
		if def, ok := s.defaults[join(path, f.Key)]; ok {
			v = append(v, "default", jsonDefault(def))
		}
		properties = append(properties, f.Key, v)
		if f.Required {
			required = append(required, f.Key)
		}
	}
	o := object{"type", "object", "properties", properties, "additionalProperties", false}
	if len(required) > 0 {
		o = append(o, "required", required)
	}
	return o
}

// jsonDefault gives a default as JSON where it is a list of words, else as it
// is written.
func jsonDefault(text string) any {
	f, _ := source.NewFile("default", []byte(text))
	n, _ := source.YAML(f)
	if n == nil || n.Kind != source.List {
		return text
	}
	var list []string
	for _, item := range n.Items {
		list = append(list, item.Text)
	}
	return list
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// value gives the schema of a value. A key without a value is as if it were
// not written, so that what is optional may be null.
func (s *schemaWriter) value(t reflect.Type, path string, optional bool) object {
	v := s.shape(t, path)
	if optional {
		return object{"anyOf", []object{v, {"type", "null"}}}
	}
	return v
}

var text = object{"type", []string{"string", "number"}}

// shape is a switch over the shapes that the language's values have.
func (s *schemaWriter) shape(t reflect.Type, path string) object {
	if f, ok := s.forms[t]; ok {
		v := object{"type", "string", "pattern", f.Pattern, "examples", f.Examples}
		if f.Number {
			v[1] = []string{"string", "number"}
		}
		return v
	}
	switch t {
	case platformType:
		return either(object{"const", "standalone"}, s.ref(t, path))
	case modelType, grantType:
		return either(text, s.ref(t, path))
	case allowedType:
		return either(object{"enum", []string{"auto", "none"}}, object{"type", "array", "items", text})
	case vocabularyType:
		return either(list(text), object{"type", "object", "additionalProperties", text})
	case accessType:
		return object{"type", "object",
			"properties", object{"deploys", s.ref(reflect.TypeFor[estate.Deploys](), path+".deploys")},
			"propertyNames", object{"minLength", 1, "maxLength", estate.MaxGroupName},
			"additionalProperties", s.shape(groupType, path+".NAME")}
	case groupType:
		return object{"type", "object",
			"properties", object{"id", object{"description", s.comments["Group.ID"], "type", "string"}},
			"additionalProperties", s.shape(grantType, path+".NAME")}
	}
	if of, ok := keyed(t); ok {
		return append(object{"type", "object", "additionalProperties", s.value(of, path+".NAME", of.Kind() == reflect.Struct)}, names(of)...)
	}
	if w := words(t); w != nil {
		return object{"enum", w}
	}
	switch t.Kind() {
	case reflect.Slice:
		return list(s.shape(t.Elem(), path))
	case reflect.Int:
		return object{"type", "integer"}
	case reflect.String:
		return text
	}
	return s.ref(t, path)
}

// names gives what the keys of things of a type must look like.
func names(t reflect.Type) object {
	switch t {
	case reflect.TypeFor[estate.Environment]():
		return object{"propertyNames", object{"pattern", estate.EnvironmentPattern}}
	case reflect.TypeFor[estate.Data]():
		return object{"propertyNames", object{"pattern", estate.KeyPattern, "minLength", estate.MinDataKey, "maxLength", estate.MaxKey}}
	case reflect.TypeFor[estate.Workload](), reflect.TypeFor[estate.Job](), reflect.TypeFor[estate.Service]():
		return object{"propertyNames", object{"pattern", estate.KeyPattern, "minLength", estate.MinKey, "maxLength", estate.MaxKey}}
	}
	return nil
}

func either(a, b object) object { return object{"anyOf", []object{a, b}} }

// list is an array, or one item without brackets.
func list(of object) object { return either(of, object{"type", "array", "items", of}) }

// ref gives a reference to the definition of a struct, and makes it.
func (s *schemaWriter) ref(t reflect.Type, path string) object {
	if !s.done[t] {
		s.done[t] = true
		i := len(s.definitions)
		s.definitions = append(s.definitions, t.Name(), nil)
		s.definitions[i+1] = append(object{"description", s.comments[t.Name()]}, s.mapping(t, path)...)
	}
	return object{"$ref", "#/$defs/" + t.Name()}
}
