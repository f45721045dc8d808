package emit_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"airfield/arm"
	"airfield/diag"
	"airfield/emit"
	"airfield/tenant"
)

// Every file, read by a grammar of Bicep that others made, gives the resources
// it was made of, and makes none before one that it needs.
func TestBicepReadsBackAsTheTenant(t *testing.T) {
	checkBicep(t, sample(t), &options)
}

// bicepFile is what .ci/bicep/read.mjs prints of a file.
type bicepFile struct {
	Errors     []string
	Scope      string
	Parameters []string
	Resources  []bicepResource
	Modules    []struct {
		Symbol, File string
		Body         any
	}

	scope arm.ID // that it is deployed to
	byID  map[arm.ID]string
	o     *emit.Options

	aliases map[string]string
}

type bicepResource struct {
	Symbol, Type, Version string
	Existing              bool
	Body                  any
}

// readBicep runs the grammar; the test is skipped where it is not there.
func readBicep(t *testing.T, m memory) map[string]*bicepFile {
	t.Helper()
	folder := os.Getenv("AIRFIELD_BICEP")
	if _, err := os.Stat(filepath.Join(folder, "node_modules", "tree-sitter-bicep")); folder == "" || err != nil {
		t.Skip("left out: reading Bicep back, for want of $AIRFIELD_BICEP with the node_modules of .ci/bicep/package.json")
	}
	dir := t.TempDir()
	args := []string{}
	for name, b := range m {
		if !strings.HasSuffix(name, ".bicep") {
			continue
		}
		file := filepath.Join(dir, filepath.FromSlash(name))
		os.MkdirAll(filepath.Dir(file), 0o777)
		if err := os.WriteFile(file, b.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
		args = append(args, name)
	}
	script, err := filepath.Abs("../.ci/bicep/read.mjs")
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(args)
	cmd := exec.Command("node", append([]string{script}, args...)...)
	cmd.Dir = dir
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]*bicepFile
	if err := json.Unmarshal(out, &all); err != nil {
		t.Fatal(err)
	}
	for name, f := range all {
		for _, e := range f.Errors {
			t.Errorf("%s is no Bicep: %s", name, e)
		}
	}
	return all
}

func checkBicep(t *testing.T, tt *tenant.Tenant, o *emit.Options) {
	t.Helper()
	all := readBicep(t, files(t, tt, *o, emit.Bicep))
	compare(t, tt, o, bicepWrites(t, all, tt, o, func(d emit.Deployment, dir string, before map[string][]string) {
		checkBicepOrder(t, d, dir, all, before)
	}))
}

// bicepWrites gives what files write; each is called for every deployment, with
// what each symbol of its files is behind.
func bicepWrites(t *testing.T, all map[string]*bicepFile, tt *tenant.Tenant, o *emit.Options, each func(d emit.Deployment, dir string, before map[string][]string)) map[arm.ID]arm.Value {
	t.Helper()
	have := map[arm.ID]arm.Value{}
	var found diag.List
	for d := range emit.Split(tt, &found) {
		dir := path.Join("bicep", d.Stage, d.Name)
		main := all[dir+"/main.bicep"]
		main.scope, main.o, main.aliases = d.Scope, o, aliases(tt)
		before := map[string][]string{} // by file and symbol
		main.read(t, dir+"/main.bicep", have, before)
		for _, m := range main.Modules {
			name := dir + "/" + m.File
			inner := all[name]
			inner.scope, inner.o, inner.aliases = d.Scope, o, main.aliases
			if s := member(m.Body, "scope"); s != nil {
				inner.scope = main.scopeID(s)
			}
			inner.read(t, name, have, before)
			for _, f := range all[name].Resources {
				before[name+" "+f.Symbol] = append(before[name+" "+f.Symbol], dir+"/main.bicep "+m.Symbol)
			}
			for _, s := range symbols(m.Body) {
				before[dir+"/main.bicep "+m.Symbol] = append(before[dir+"/main.bicep "+m.Symbol], dir+"/main.bicep "+s)
			}
		}
		each(d, dir, before)
	}
	return have
}

// checkBicepOrder tells whether each resource is behind what it needs: what is
// in a module is behind all that the module is behind.
func checkBicepOrder(t *testing.T, d emit.Deployment, dir string, all map[string]*bicepFile, before map[string][]string) {
	t.Helper()
	node := map[arm.ID]string{} // file and symbol of each resource
	module := map[string]string{}
	for name, f := range all {
		if path.Dir(name) == dir {
			for id, s := range f.byID {
				node[id] = name + " " + s
			}
		}
	}
	for _, m := range all[dir+"/main.bicep"].Modules {
		module[dir+"/"+m.File] = dir + "/main.bicep " + m.Symbol
	}
	for _, r := range d.Resources {
		reached := []string{node[r.ID.Fold()]}
		for i := 0; i < len(reached); i++ {
			for _, n := range before[reached[i]] {
				if !slices.Contains(reached, n) {
					reached = append(reached, n)
				}
			}
		}
		needs := []arm.ID{r.ID.Parent().Fold()}
		for ref := range r.Body.Refs() {
			needs = append(needs, ref.ID.Fold())
		}
		for name := range r.Get("identity", "userAssignedIdentities").Members() {
			needs = append(needs, arm.ID(name).Fold())
		}
		for _, id := range needs {
			for ; id != arm.Tenant && id != ""; id = id.Parent() {
				n, here := node[id]
				if !here {
					continue
				}
				file, _, _ := strings.Cut(n, " ")
				own, _, _ := strings.Cut(node[r.ID.Fold()], " ")
				if file != own && module[file] != "" {
					n = module[file]
				}
				if !slices.Contains(reached, n) {
					t.Errorf("%s: %s is not behind %s", dir, r.ID, id)
				}
				break
			}
		}
	}
}

// bicepHeads reads of files only what says which resources they write, by the
// lines that it stands on: type, name, parent and scope.
func bicepHeads(t *testing.T, m memory) map[string]*bicepFile {
	t.Helper()
	all := map[string]*bicepFile{}
	for name, text := range m {
		if !strings.HasPrefix(name, "bicep/") || !strings.HasSuffix(name, ".bicep") {
			continue
		}
		f := new(bicepFile)
		for _, block := range bicepBlock.FindAllStringSubmatch(text.String(), -1) {
			var head []any
			for _, line := range bicepPlace.FindAllStringSubmatch(block[5], -1) {
				head = append(head, []any{line[1], bicepExpression(t, line[2])})
			}
			body := map[string]any{"$object": head}
			if block[1] == "module" {
				f.Modules = append(f.Modules, struct {
					Symbol, File string
					Body         any
				}{block[2], block[3], body})
				continue
			}
			typ, version, _ := strings.Cut(block[3], "@")
			f.Resources = append(f.Resources, bicepResource{Symbol: block[2], Type: typ, Version: version, Existing: block[4] != "", Body: body})
		}
		if have, want := len(f.Modules)+len(f.Resources), len(bicepDeclared.FindAllString(text.String(), -1)); have != want {
			t.Errorf("%s: %d resources and modules are read of %d", name, have, want)
		}
		all[name] = f
	}
	return all
}

var (
	bicepDeclared = regexp.MustCompile(`(?m)^(resource|module) `)
	bicepBlock    = regexp.MustCompile(`(?ms)^(resource|module) (\w+) '([^']*)' (existing )?= \{\n(.*?)^\}`)
	bicepPlace    = regexp.MustCompile(`(?m)^  (name|parent|scope): (.*)$`)
)

// bicepExpression reads a text, a symbol or a call, as readBicep gives them.
func bicepExpression(t *testing.T, text string) any {
	t.Helper()
	if strings.HasPrefix(text, "'") {
		s, err := unquoteBicep(text)
		if err != nil {
			t.Error(err)
		}
		return s
	}
	call, list, ok := strings.Cut(strings.TrimSuffix(text, ")"), "(")
	if !ok {
		return map[string]any{"$symbol": text}
	}
	args := []any{}
	for _, a := range strings.Split(list, ", ") {
		if a != "" {
			args = append(args, bicepExpression(t, a))
		}
	}
	return map[string]any{"$call": call, "$arguments": args}
}

// read adds the resources that a file writes.
func (f *bicepFile) read(t *testing.T, name string, have map[arm.ID]arm.Value, before map[string][]string) {
	t.Helper()
	f.byID = map[arm.ID]string{}
	for _, r := range f.Resources {
		key := name + " " + r.Symbol
		before[key] = append(before[key], prefixed(name, symbols(r.Body))...)
		if r.Version == "" {
			t.Errorf("%s has no API version", key)
		}
		if r.Existing {
			continue
		}
		id := f.id(r.Symbol)
		f.byID[id.Fold()] = r.Symbol
		if have[id.Fold()].Exists() {
			t.Errorf("%s is written twice", id)
		}
		o := arm.O{}
		for _, m := range members(r.Body) {
			switch m[0] {
			case "name", "parent", "scope", "dependsOn":
			default:
				o = append(o, m[0], f.value(m[1]))
			}
		}
		have[id.Fold()] = plain(unmark(arm.New(o)), f.o)
	}
}

func prefixed(name string, all []string) []string {
	var out []string
	for _, s := range all {
		out = append(out, name+" "+s)
	}
	return out
}

func members(v any) [][2]any {
	var all [][2]any
	pairs, _ := v.(map[string]any)["$object"].([]any)
	for _, p := range pairs {
		all = append(all, [2]any{p.([]any)[0], p.([]any)[1]})
	}
	return all
}

func member(v any, name string) any {
	for _, m := range members(v) {
		if m[0] == name {
			return m[1]
		}
	}
	return nil
}

// symbols gives the names that a value holds.
func symbols(v any) []string {
	var all []string
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			all = append(all, symbols(item)...)
		}
	case map[string]any:
		if s, ok := v["$symbol"].(string); ok {
			return []string{s}
		}
		for _, item := range v {
			all = append(all, symbols(item)...)
		}
	}
	return all
}

func (f *bicepFile) resource(symbol string) (bicepResource, bool) {
	for _, r := range f.Resources {
		if r.Symbol == symbol {
			return r, true
		}
	}
	return bicepResource{}, false
}

// id is the id that a resource gets by what the file says.
func (f *bicepFile) id(symbol string) arm.ID {
	r, _ := f.resource(symbol)
	name, _ := f.value(member(r.Body, "name")).(string)
	if parent := member(r.Body, "parent"); parent != nil {
		s := r.Type
		return f.id(parent.(map[string]any)["$symbol"].(string)).Child(s[strings.LastIndexByte(s, '/')+1:], name)
	}
	scope := f.scope
	if s := member(r.Body, "scope"); s != nil {
		scope = f.scopeID(s)
	}
	if arm.Type(r.Type).Equal(arm.ManagementGroupType) {
		scope = arm.Tenant
	}
	return childID(scope, arm.Type(r.Type), name)
}

// scopeID is the scope that an expression stands for.
func (f *bicepFile) scopeID(v any) arm.ID {
	m := v.(map[string]any)
	if s, ok := m["$symbol"].(string); ok {
		return f.id(s)
	}
	var args []string
	for _, a := range m["$arguments"].([]any) {
		args = append(args, f.value(a).(string))
	}
	sub := f.scope.SubscriptionID()
	switch m["$call"] {
	case "tenant":
		return arm.Tenant
	case "managementGroup":
		return arm.ManagementGroup(args[0])
	case "subscription":
		if len(args) > 0 {
			sub = arm.Subscription(args[0])
		}
		return sub
	case "resourceGroup":
		if len(args) == 0 {
			return f.scope
		}
		if len(args) == 2 {
			sub = arm.Subscription(args[0])
		}
		return sub.ResourceGroup(args[len(args)-1])
	}
	panic(fmt.Sprint(m))
}

// value gives what a value of the file comes to, with markers for references.
func (f *bicepFile) value(v any) any {
	switch v := v.(type) {
	case []any:
		a := arm.A{}
		for _, item := range v {
			a = append(a, f.value(item))
		}
		return a
	case map[string]any:
		return f.expression(v)
	}
	return v
}

func (f *bicepFile) expression(m map[string]any) any {
	if _, ok := m["$object"]; ok {
		o := arm.O{}
		for _, p := range members(m) {
			o = append(o, f.value(p[0]).(string), f.value(p[1]))
		}
		return o
	}
	if parts, ok := m["$parts"].([]any); ok {
		text := ""
		for _, p := range parts {
			text += f.value(p).(string)
		}
		return text
	}
	if n, ok := m["$number"].(string); ok {
		v, _ := arm.Parse(n)
		return v
	}
	if s, ok := m["$symbol"].(string); ok {
		return f.parameter(s)
	}
	if m["$call"] == "json" {
		v, _ := arm.Parse(m["$arguments"].([]any)[0].(string))
		return v
	}
	return f.property(m)
}

func (f *bicepFile) parameter(name string) any {
	if words, of := strings.CutPrefix(name, "subscriptionIdOf"); of {
		return "@" + f.aliases[strings.ToLower(words)]
	}
	name = parameter(name, f.o)
	for _, p := range f.o.Parameters {
		if p.Name == name && p.Value != "" {
			return p.Value
		}
	}
	return marker(arm.Parameter(name))
}

// property reads an id or a property of a resource or scope.
func (f *bicepFile) property(m map[string]any) any {
	var path []string
	base := m
	for base["$of"] != nil {
		path = append(path, base["$member"].(string))
		base = base["$of"].(map[string]any)
	}
	slices.Reverse(path)
	s, symbol := base["$symbol"].(string)
	if !symbol {
		scope := f.scopeID(base)
		if path[0] == "subscriptionId" {
			return scope.Name()
		}
		return string(scope)
	}
	id := f.id(s)
	switch {
	case path[0] == "id":
		return string(id)
	case id.Type().Equal("Microsoft.Subscription/aliases"):
		return "@" + id.Name()
	}
	return marker(arm.Ref{ID: id, Path: strings.Join(path, ".")})
}

// In Bicep a parameter, a module, a resource and a function cannot share a name.
func TestBicepNamesAreKeptApart(t *testing.T) {
	tt := readTenant(t, `[
		{"id": "/subscriptions/s/resourceGroups/rg", "tags": {"a": {"$after": {"parameter": "vaultKv"}}, "b": {"$after": {"parameter": "moduleRg"}}}},
		{"id": "/subscriptions/s/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/kv", "apiVersion": "1", "tags": {"a": {"$after": {"parameter": "vaultKv"}}}},
		{"id": "/subscriptions/s/resourceGroups/rg/providers/N.A/modules/rg", "apiVersion": "1"},
		{"id": "/subscriptions/s/resourceGroups/rg/providers/N.A/tenants/é", "apiVersion": "1"}]`)
	declared := regexp.MustCompile(`(?m)^(?:param|resource|module) (\w+)`)
	for path, text := range files(t, tt, options, emit.Bicep) {
		seen := map[string]bool{"tenant": true}
		for _, m := range declared.FindAllStringSubmatch(text.String(), -1) {
			if seen[m[1]] {
				t.Errorf("%s: %q is declared twice, or a function:\n%s", path, m[1], text)
			}
			seen[m[1]] = true
		}
	}
}

// unquoteBicep is the meaning of a Bicep string without interpolations.
func unquoteBicep(s string) (string, error) {
	var b strings.Builder
	for i := 1; i < len(s)-1; i++ {
		switch {
		case s[i] == '\'' || s[i] < ' ' || strings.HasPrefix(s[i:], "${"):
			return "", fmt.Errorf("byte %d ends the string", i)
		case s[i] != '\\':
			b.WriteByte(s[i])
			continue
		}
		i++
		switch c := s[i]; c {
		case 'n', 'r', 't':
			b.WriteByte(map[byte]byte{'n': '\n', 'r': '\r', 't': '\t'}[c])
		case '\'', '\\', '$':
			b.WriteByte(c)
		case 'u':
			end := strings.IndexByte(s[i:], '}')
			n, err := strconv.ParseUint(s[i+2:i+end], 16, 32)
			if err != nil {
				return "", err
			}
			b.WriteRune(rune(n))
			i += end
		default:
			return "", fmt.Errorf("escape \\%c", c)
		}
	}
	return b.String(), nil
}

func FuzzBicepString(f *testing.F) {
	for _, s := range []string{"", "'", "\\", "${x}", "$${x}", "$", "\\${", "'''", "\n\r\t\x00\u2028", "é😀"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		s = strings.ToValidUTF8(s, "?")
		text := emit.BicepString(s)
		if have, err := unquoteBicep(text); err != nil || have != s {
			t.Fatalf("%q is %s: have %q %v", s, text, have, err)
		}
	})
}
