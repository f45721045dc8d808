// Package schematest checks resources against Microsoft's own type schemas
// (Azure/bicep-types-az), for tests: what the design, the emitters and the
// twin write has to be what Azure's types say.
//
// The schemas lie outside the program, in shared/schemas/bicep-types-az.tar.zst,
// 584 MB unpacked. An arm.Resource goes in, lines such as
// "properties.sku.name: wanted Basic|Standard, found "Premium"" come out. What
// the services refuse beyond their schemas is package limits' business.
//
// It is a folder of limits, and not a package of the root, because it is test
// material: nothing but tests imports it, so the program never links it.
package schematest

import (
	"archive/tar"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/klauspost/compress/zstd"

	"airfield/arm"
	"airfield/catalog"
)

// Schemas are the types of one archive. They are safe for concurrent use.
type Schemas struct {
	archive string
	index   map[string]string // type@version in lower case → "folder/…/types.json#/12"

	mu     sync.Mutex
	texts  map[string][]byte // by path in the archive
	parsed map[string][]node
}

// Open gives the schemas of the folder shared: $AIRFIELD_SHARED, else ../shared
// seen from the project's root. Without the archive the test is skipped. The
// archive is read once a process.
func Open(t testing.TB) *Schemas {
	t.Helper()
	s, err := opened()
	if errors.Is(err, os.ErrNotExist) {
		t.Skipf("left out: the check against Microsoft's schemas: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var opened = sync.OnceValues(func() (*Schemas, error) {
	shared, err := sharedFolder()
	if err != nil {
		return nil, err
	}
	return Read(filepath.Join(shared, "schemas", "bicep-types-az.tar.zst"))
})

// sharedFolder finds the root of the project above the folder that the test
// runs in.
func sharedFolder() (string, error) {
	if s := os.Getenv("AIRFIELD_SHARED"); s != "" {
		return s, nil
	}
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return filepath.Join(filepath.Dir(dir), "shared"), nil
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("the root of the project: %w", os.ErrNotExist)
		}
		dir = filepath.Dir(dir)
	}
}

// Read gives the schemas of an archive. It keeps the files of the versions that
// the catalog uses; another version is read when it is first asked for.
func Read(archive string) (*Schemas, error) {
	s := &Schemas{archive: archive, index: map[string]string{}, texts: map[string][]byte{}, parsed: map[string][]node{}}
	wanted := map[string]bool{}
	for _, t := range catalog.TypeNames() {
		version, _ := catalog.APIVersion(t)
		wanted[strings.ToLower(arm.Type(t).Namespace())+"/"+version] = true
	}
	var index []byte
	err := s.each(func(path string, text func() ([]byte, error)) (err error) {
		switch parts := strings.Split(path, "/"); {
		case path == "index.json":
			index, err = text()
		case len(parts) == 4 && parts[3] == "types.json" && wanted[parts[1]+"/"+parts[2]]:
			s.texts[path], err = text()
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	var types struct{ Resources map[string]ref }
	if err := json.Unmarshal(index, &types); err != nil {
		return nil, fmt.Errorf("index.json of %s: %w", archive, err)
	}
	for name, r := range types.Resources {
		s.index[strings.ToLower(name)] = r.Ref
	}
	return s, nil
}

// Has tells whether the schemas know a version of a type.
func (s *Schemas) Has(t arm.Type, version string) bool {
	_, ok := s.index[strings.ToLower(string(t)+"@"+version)]
	return ok
}

// each calls do for each file of the archive, with a function that reads it,
// until do gives an error.
func (s *Schemas) each(do func(path string, text func() ([]byte, error)) error) error {
	f, err := os.Open(s.archive)
	if err != nil {
		return err
	}
	defer f.Close()
	z, err := zstd.NewReader(f)
	if err != nil {
		return fmt.Errorf("reading %s: %w", s.archive, err)
	}
	defer z.Close()
	files := tar.NewReader(z)
	for {
		h, err := files.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading %s: %w", s.archive, err)
		}
		read := func() ([]byte, error) { return io.ReadAll(files) }
		if err := do(strings.TrimPrefix(h.Name, "./"), read); err != nil {
			return err
		}
	}
}

// A node is one type of a types.json, whose array of types refer to each other
// by number. The kinds are those of Azure/bicep-types, src/bicep-types/src/types.ts.
type node struct {
	Kind string `json:"$type"`

	Value                string              // StringLiteralType
	MinLength, MaxLength *int                // StringType, ArrayType
	Pattern              string              // StringType
	MinValue, MaxValue   *float64            // IntegerType
	ItemType             ref                 // ArrayType
	Elements             elements            // UnionType, DiscriminatedObjectType
	Properties           map[string]property // ObjectType
	AdditionalProperties *ref                // ObjectType
	Discriminator        string              // DiscriminatedObjectType
	BaseProperties       map[string]property // DiscriminatedObjectType
	Body                 ref                 // ResourceType
	WritableScopes       int                 // ResourceType: bits of scopeBits
}

type ref struct {
	Ref string `json:"$ref"`
}

type property struct {
	Type  ref
	Flags int // of ObjectTypePropertyFlags
}

// The flags of a property that matter here; 4 is write-only, 8 known when the
// deployment starts, 16 part of the identity.
const (
	required = 1
	readOnly = 2
)

// elements are a list for a union and have names for a discriminated object.
type elements struct {
	list  []ref
	named map[string]ref
}

// UnmarshalJSON reads either form.
func (e *elements) UnmarshalJSON(text []byte) error {
	if text[0] == '[' {
		return json.Unmarshal(text, &e.list)
	}
	return json.Unmarshal(text, &e.named)
}

// lookup gives the types of the file that defines a type, and its number.
func (s *Schemas) lookup(t arm.Type, version string) (types []node, number int, err error) {
	at, ok := s.index[strings.ToLower(string(t)+"@"+version)]
	if !ok {
		return nil, 0, fmt.Errorf("type: wanted a type and version of the schemas, found %s@%s", t, version)
	}
	path, fragment, _ := strings.Cut(at, "#/")
	if number, err = strconv.Atoi(fragment); err != nil {
		return nil, 0, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if types, ok := s.parsed[path]; ok {
		return types, number, nil
	}
	text, ok := s.texts[path]
	if !ok {
		if text, err = s.file(path); err != nil {
			return nil, 0, err
		}
	}
	if err := json.Unmarshal(text, &types); err != nil {
		return nil, 0, fmt.Errorf("%s: %w", path, err)
	}
	s.parsed[path] = types
	return types, number, nil
}

var errFound = errors.New("found")

// file reads one more file of the archive.
func (s *Schemas) file(wanted string) (found []byte, err error) {
	err = s.each(func(path string, text func() ([]byte, error)) error {
		if path != wanted {
			return nil
		}
		if found, err = text(); err != nil {
			return err
		}
		return errFound
	})
	if err == nil {
		err = fmt.Errorf("%s lacks %s", s.archive, wanted)
	}
	if err == errFound {
		err = nil
	}
	return found, err
}
