package policy_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"airfield/arm"
	"airfield/catalog"
	"airfield/policy"
	"airfield/policy/policytest"
	"airfield/snapshot"
	"airfield/source"
)

// A policyCase is one line of a file of policy cases: a definition or a rule,
// parameters, a resource, and what Azure Policy says of it.
type policyCase struct {
	Note       string `json:"note"`
	File       string `json:"file"`
	Definition string `json:"policy_definition"`
	Rule       string `json:"policy_rule"`
	SuiteDef   string `json:"suite_policy_definition"`
	SuiteRule  string `json:"suite_policy_rule"`

	Parameters json.RawMessage `json:"parameters"`
	Resource   json.RawMessage `json:"resource"`
	Context    json.RawMessage `json:"context"`
	Request    json.RawMessage `json:"request_context"`
	APIVersion string          `json:"api_version"`
	Aliases    string          `json:"suite_aliases"`
	Await      []struct {
		Response json.RawMessage `json:"response"`
	} `json:"host_await"`

	WantEffect       *string         `json:"want_effect"`
	WantUndefined    bool            `json:"want_undefined"`
	WantParseError   bool            `json:"want_parse_error"`
	WantCompileError bool            `json:"want_compile_error"`
	WantDetails      json.RawMessage `json:"want_details"`
}

func shared() string {
	dir, _ := policytest.Shared()
	return dir
}

// TestCases runs a file of policy cases. A case that fails and passes when
// exactly one option is switched differs by that option.
func TestCases(t *testing.T) {
	file := os.Getenv("AIRFIELD_POLICY_CASES")
	if file == "" {
		file = filepath.Join(shared(), "vectors", "policy-cases.jsonl")
	}
	cases, err := readCases(file)
	if err != nil {
		t.Skipf("left out: the policy cases, %v", err)
	}
	r := caseRunner{dir: filepath.Dir(file), tables: map[string]*catalog.AliasTable{}}
	passed, differ := 0, map[string][]string{}
	failures := 0
	for _, c := range cases {
		wrong := r.run(c, 0)
		if wrong == "" {
			passed++
			continue
		}
		if o := r.differs(c); o != "" {
			differ[o] = append(differ[o], c.Note)
			continue
		}
		failures++
		t.Errorf("%s %s: %s", c.File, c.Note, wrong)
	}
	sum := fmt.Sprintf("cases: %d passed, %d failed", passed, failures)
	for _, o := range policy.AllOptions() {
		if notes := differ[o.String()]; notes != nil {
			sum += fmt.Sprintf(", %d differ by option %s", len(notes), o)
			t.Logf("differ by option %s: %s", o, strings.Join(notes, " "))
		}
	}
	t.Log(sum)
}

func readCases(file string) ([]policyCase, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var all []policyCase
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		var c policyCase
		if len(lines.Bytes()) == 0 {
			continue
		}
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, lines.Err()
}

type caseRunner struct {
	dir    string
	tables map[string]*catalog.AliasTable
}

// differs gives the one option under which the case passes.
func (r *caseRunner) differs(c policyCase) string {
	for _, o := range policy.AllOptions() {
		if r.run(c, o) == "" {
			return o.String()
		}
	}
	return ""
}

// run gives what is wrong with the outcome of a case, "" for nothing.
func (r *caseRunner) run(c policyCase, switched policy.Option) string {
	text := ""
	for _, s := range []string{c.Definition, declared(c.Rule, c), c.SuiteDef, declared(c.SuiteRule, c)} {
		if text == "" {
			text = s
		}
	}
	table, err := r.table(c.Aliases)
	if err != nil {
		return err.Error()
	}
	body := r.resource(c)
	o := &policy.Options{Switched: switched, Alias: aliasesOf(table, body, c)}
	def, err := define(text, o)
	if c.WantParseError {
		return unless(err != nil, "read without an error")
	}
	if err != nil {
		return unless(c.WantCompileError, fmt.Sprintf("does not read: %v", err))
	}
	rule, found := def.Bind(value(c.Parameters))
	if c.WantCompileError {
		return unless(found.HasErrors(), "compiles")
	}
	if c.Aliases != "" && found.HasErrors() {
		return fmt.Sprintf("does not compile: %v", found)
	}
	return compare(c, rule.Judge(arm.Resource{Body: body}, r.facts(c)), rule)
}

// declared makes a definition of a rule whose parameters are those given.
func declared(rule string, c policyCase) string {
	given := value(c.Parameters)
	if rule == "" || given.Len() == 0 {
		return rule
	}
	params := arm.O{}
	for name := range given.Members() {
		params = append(params, name, arm.O{"type", ""})
	}
	return fmt.Sprintf(`{"name":"case","properties":{"parameters":%s,"policyRule":%s}}`, arm.New(params).Text(), rule)
}

func unless(ok bool, wrong string) string {
	if ok {
		return ""
	}
	return wrong
}

// define reads a definition or a rule.
func define(text string, o *policy.Options) (*policy.Definition, error) {
	f, found := source.NewFile("case.json", []byte(text))
	if found.HasErrors() {
		return nil, fmt.Errorf("%v", found)
	}
	pieces, found := snapshot.Policies(f, "")
	if found.HasErrors() || len(pieces) != 1 {
		return nil, fmt.Errorf("%d pieces: %v", len(pieces), found)
	}
	def, found := policy.Define(pieces[0].Resource, o)
	if found.HasErrors() {
		return nil, fmt.Errorf("%v", found)
	}
	return def, nil
}

func value(text json.RawMessage) arm.Value {
	v, _ := arm.Parse(string(text))
	return v
}

func (r *caseRunner) table(name string) (*catalog.AliasTable, error) {
	if name == "" || r.tables[name] != nil {
		return r.tables[name], nil
	}
	if strings.HasPrefix(name, "(") {
		r.tables[name] = catalog.Aliases()
		return r.tables[name], nil
	}
	for _, dir := range []string{r.dir, filepath.Join(shared(), "vectors")} {
		if raw, err := os.ReadFile(filepath.Join(dir, name)); err == nil {
			v, err := arm.Parse(string(raw))
			if err != nil {
				return nil, err
			}
			r.tables[name], err = catalog.ParseAliases(v)
			return r.tables[name], err
		}
	}
	return nil, fmt.Errorf("no alias table %s", name)
}

// resource gives the case's resource, with the habits of these cases adapted.
func (r *caseRunner) resource(c policyCase) arm.Value {
	v := value(c.Resource)
	set := func(with any, path ...string) {
		if changed, err := v.Set(with, path...); err == nil {
			v = changed
		}
	}
	if v.Kind() != arm.Object {
		return v
	}
	if c.Aliases != "" && !v.Get("tags").Exists() && v.Get("properties", "tags").Exists() {
		set(v.Get("properties", "tags"), "tags")
	}
	if !v.Get("fullName").Exists() && v.Get("name").Exists() {
		set(v.Get("name"), "fullName")
	}
	if !v.Get("apiVersion").Exists() && c.APIVersion != "" {
		set(c.APIVersion, "apiVersion")
	}
	return v
}

// aliasesOf gives the alias table of a case: without one, names are paths from
// the resource's root.
func aliasesOf(table *catalog.AliasTable, body arm.Value, c policyCase) func(string) []catalog.Alias {
	if table == nil {
		return func(name string) []catalog.Alias { return []catalog.Alias{{Name: name, Path: name}} }
	}
	return func(name string) []catalog.Alias {
		found := slices.Clone(table.Lookup(name))
		if len(found) == 0 {
			found = slices.Clone(table.Lookup(name + "[*]"))
			for i := range found {
				found[i].Path = strings.TrimSuffix(found[i].Path, "[*]")
			}
		}
		rest := name[strings.LastIndexByte(name, '/')+1:]
		first := strings.FieldsFunc(rest, func(r rune) bool { return r == '.' || r == '[' })
		switch {
		case len(found) == 0 && len(first) > 0 && body.Get(first[0]).Exists():
			return []catalog.Alias{{Name: name, Path: rest}}
		case len(found) == 0:
			return []catalog.Alias{{Name: name, Path: "properties." + rest}}
		}
		for i, a := range found {
			if !reaches(body, pathOf(a, c.APIVersion)) && reaches(body, "properties."+rest) {
				found[i] = catalog.Alias{Name: name, Path: "properties." + rest}
			}
		}
		return found
	}
}

func pathOf(a catalog.Alias, version string) string {
	for _, v := range a.Versions {
		for _, have := range v.APIVersions {
			if strings.EqualFold(have, version) {
				return v.Path
			}
		}
	}
	return a.Path
}

// reaches tells whether a body has something at the part of a path in front of
// its last [*].
func reaches(body arm.Value, path string) bool {
	for _, step := range strings.Split(strings.ReplaceAll(path, "[*]", ".*"), ".") {
		if step == "*" {
			body = body.At(0)
		} else {
			body = body.Get(step)
		}
	}
	return body.Exists()
}

func (r *caseRunner) facts(c policyCase) *policy.Facts {
	f := &policy.Facts{
		ResourceGroup: arm.New(arm.O{"name", "myResourceGroup", "location", "eastus"}),
		Subscription:  arm.New(arm.O{"subscriptionId", "00000000-0000-0000-0000-000000000000"}),
	}
	f.Context = arm.New(arm.O{"apiVersion", nil})
	if c.APIVersion != "" {
		f.Context = arm.New(arm.O{"apiVersion", c.APIVersion})
	}
	if ctx := value(c.Context); ctx.Exists() {
		f.ResourceGroup, f.Subscription = ctx.Get("resourceGroup"), ctx.Get("subscription")
		f.Clock = ctx.Get("utcNow").Str()
		f.Policy = ctx.Get("policy")
		if request := ctx.Get("requestContext"); request.Exists() {
			f.Context = request
		}
	}
	if request := value(c.Request); request.Exists() && !value(c.Context).Get("requestContext").Exists() {
		f.Context = request
	}
	f.Related = func(q policy.Query) (found []arm.Resource, why string) {
		for _, a := range c.Await {
			v := value(a.Response)
			if v.Kind() != arm.Object {
				continue
			}
			if !v.Get("type").Exists() {
				v, _ = v.Set(string(q.Type), "type")
			}
			found = append(found, arm.Resource{Body: v})
		}
		return found, ""
	}
	return f
}

// compare gives how an outcome differs from the one wanted.
func compare(c policyCase, o policy.Outcome, rule *policy.Rule) string {
	switch {
	case o.Err != nil:
		return fmt.Sprintf("fails: %v", o.Err)
	case o.Truth == "unknown":
		return fmt.Sprintf("unknown: %v", o.Reason)
	case c.WantUndefined:
		return unless(o.Effect == policy.None, "effect "+o.Effect.String()+", wanted none")
	case c.WantEffect != nil && !strings.EqualFold(o.Effect.String(), *c.WantEffect):
		return fmt.Sprintf("effect %s, wanted %s", o.Effect, *c.WantEffect)
	}
	if want := value(c.WantDetails); want.Exists() {
		if have := details(rule, o); !have.Equal(want) {
			return fmt.Sprintf("details\n%s, wanted\n%s", have.Text(), want.Text())
		}
	}
	return ""
}

// details gives an outcome in the form that cases want it in.
func details(rule *policy.Rule, o policy.Outcome) arm.Value {
	roles := rule.Roles()
	switch o.Effect {
	case policy.Append:
		list := arm.A{}
		for _, op := range o.Operations {
			list = append(list, arm.O{"field", op.Field, "value", op.Value})
		}
		return arm.New(list)
	case policy.Modify:
		list := arm.A{}
		for _, op := range o.Operations {
			one := arm.O{"operation", op.Verb, "field", op.Field, "value", op.Value}
			if op.Condition != "" {
				one = append(one, "condition", op.Condition)
			}
			list = append(list, one)
		}
		return arm.New(arm.O{"roleDefinitionIds", roles, "operations", list})
	}
	return arm.New(arm.O{"roleDefinitionIds", roles, "type", rule.RelatedType()})
}
