package policy_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"airfield/arm"
	"airfield/catalog"
	"airfield/policy"
	"airfield/tenant"
)

// TestAllowedAgrees holds the answers of Allowed against verdicts on whole
// resources: every built-in definition is assigned by itself, with effect deny
// where it can have it, and resources are made up of the fields and texts that
// its rule names. A value that is denied must be denied in all of them. A
// resource with a value that is allowed must fare no worse than with any other.
func TestAllowedAgrees(t *testing.T) {
	count := map[string]int{}
	for i, d := range corpus(t, "builtin-policyDefinitions") {
		pieces, err := d.Pieces()
		if err != nil {
			t.Fatal(err)
		}
		if testing.Short() && i%10 != 0 {
			continue
		}
		b := newBrute(t, pieces[0].Resource, uint64(i))
		if b == nil {
			continue
		}
		for _, typ := range b.types {
			for _, property := range b.propertiesOf(typ) {
				b.hold(typ, property, count)
			}
			b.holdType(typ, count)
		}
	}
	t.Log(count)
	if count["denied"] < 100 || count["allowed"] < 100 {
		t.Errorf("too few answers to hold anything against: %v", count)
	}
}

// sized gives the reference hierarchy with a subscription in it, and with lists
// of sizes and locations assigned to its landing zones.
func sized(t testing.TB) *tenant.Tenant {
	sub := bruteAt.SubscriptionID()
	zones := arm.ManagementGroup("landingzones")
	more := []arm.Resource{{ID: sub, Body: arm.New(arm.O{"id", sub, "type", arm.SubscriptionType, "properties", arm.O{"managementGroupAncestorsChain", arm.A{arm.O{"name", "corp"}}}})}}
	for name, x := range map[string][2]any{
		"cccc23c7-8427-4f53-ad12-b6a63eb452b3": {"listOfAllowedSKUs", arm.A{"Standard_D2s_v5", "Standard_NC24ads_A100_v4", "Standard_ND96isr_H100_v5"}},
		"e56962a6-4747-49cd-b67b-bf8b01975c4c": {"listOfAllowedLocations", arm.A{"swedencentral", "westeurope"}},
	} {
		id := zones.Resource("Microsoft.Authorization/policyAssignments", name[:8])
		more = append(more, arm.Resource{ID: id, Body: arm.New(arm.O{"id", id, "type", id.Type(), "properties", arm.O{"displayName", x[0],
			"policyDefinitionId", arm.Tenant.Resource("Microsoft.Authorization/policyDefinitions", name), "parameters", arm.O{x[0], arm.O{"value", x[1]}}}})})
	}
	return reference(t, more...)
}

// TestAllowedReference holds answers against verdicts where all of the reference
// hierarchy is in force.
func TestAllowedReference(t *testing.T) {
	tree := sized(t)
	e, _ := policy.Compile(tree, policy.Options{})
	var doubtful []arm.ID
	for _, a := range e.Assigned {
		if a.Why != "" { // of a version that is not there: nothing could be allowed
			doubtful = append(doubtful, a.ID)
		}
	}
	tree, _ = tree.Without(doubtful...)
	e, _ = policy.Compile(tree, policy.Options{})
	count := map[string]int{}
	for i, typ := range []string{"Microsoft.Compute/virtualMachines", "Microsoft.Compute/virtualMachineScaleSets", "Microsoft.Storage/storageAccounts",
		"Microsoft.ContainerService/managedClusters", "Microsoft.MachineLearningServices/workspaces", "Microsoft.Network/networkInterfaces", "Microsoft.KeyVault/vaults"} {
		b := &brute{t: t, name: "reference", e: e, rand: rand.New(rand.NewPCG(uint64(i), 2))}
		read := map[*policy.Definition]bool{}
		for _, a := range e.InForce(bruteAt) {
			if def, ok := tree.Get(a.Rule.ID); ok && !read[a.Rule.Definition] && (a.Rule.Effect == policy.Deny || a.Rule.Effect == policy.Modify || a.Rule.Effect == policy.Append) && strings.Contains(def.Body.Text(), typ+`/`) {
				read[a.Rule.Definition] = true
				b.read(def.Get("properties", "policyRule"), nil)
			}
		}
		b.fields = slices.Compact(append([]string{"location"}, b.fields...))
		b.texts = append(b.texts, "swedencentral", "eastus", "Standard_D2s_v5", "Standard_E4s_v5")
		for _, property := range b.propertiesOf(typ) {
			b.hold(typ, property, count)
		}
	}
	t.Log(count)
}

// BenchmarkAllowed asks about every size at one scope of the reference hierarchy.
//
//	go test ./policy -run '^$' -bench Allowed
func BenchmarkAllowed(b *testing.B) {
	tree := sized(b)
	for _, typ := range []arm.Type{"Microsoft.Compute/virtualMachines", "Microsoft.ContainerService/managedClusters"} {
		property := "Microsoft.Compute/virtualMachines/sku.name"
		if typ != "Microsoft.Compute/virtualMachines" {
			property = "Microsoft.ContainerService/managedClusters/agentPoolProfiles[*].vmSize"
		}
		b.Run(string(typ), func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				e, _ := policy.Compile(tree, policy.Options{})
				b.StartTimer()
				e.Allowed(policy.Question{Scope: bruteAt, Type: typ, Property: property, Values: catalog.SizeNames()})
			}
		})
	}
}

// brute makes resources up for one definition.
type brute struct {
	t      *testing.T
	name   string
	e      *policy.Engine
	rand   *rand.Rand
	fields []string
	texts  []string
	types  []string
}

var (
	fieldCall = regexp.MustCompile(`(?i)field\('([^']+)'\)`)
	quoted    = regexp.MustCompile(`'([^']+)'`)
	bruteAt   = arm.Subscription("11111111-1111-1111-1111-111111111111").ResourceGroup("rg")
)

func newBrute(t *testing.T, def arm.Resource, seed uint64) *brute {
	p := def.Get("properties")
	if mode := p.Get("mode").Str(); strings.Contains(mode, ".") {
		return nil
	}
	effect := p.Get("policyRule", "then", "effect").Str()
	given, values := arm.O{}, map[string]arm.Value{}
	for name, x := range p.Get("parameters").Members() {
		v := x.Get("defaultValue")
		if effect == "[parameters('"+name+"')]" {
			if slices.Contains(x.Get("allowedValues").Strings(), "Deny") {
				v = arm.New("Deny")
			}
			effect = v.Str()
		} else if !v.Exists() {
			v = madeUp(x)
		}
		values[strings.ToLower(name)] = v
		given = append(given, name, arm.O{"value", v})
	}
	if e := strings.ToLower(effect); strings.HasSuffix(e, "ifnotexists") || e == "disabled" || e == "denyaction" || e == "manual" {
		return nil
	}
	b := &brute{t: t, name: p.Get("displayName").Str(), rand: rand.New(rand.NewPCG(seed, 1))}
	if b.e = bruteEngine(t, def, given); b.e == nil {
		return nil
	}
	b.read(p.Get("policyRule"), values)
	return b
}

// madeUp gives a parameter without a default a value.
func madeUp(p arm.Value) arm.Value {
	if all := p.Get("allowedValues"); all.Len() > 0 {
		if strings.EqualFold(p.Get("type").Str(), "array") {
			return arm.New(arm.A{all.At(0)})
		}
		return all.At(0)
	}
	switch strings.ToLower(p.Get("type").Str()) {
	case "array":
		return arm.New(arm.A{"one", "two"})
	case "integer":
		return arm.New(3)
	case "boolean":
		return arm.New(true)
	case "object":
		return arm.New(arm.O{"one", "two"})
	}
	return arm.New("one")
}

func bruteEngine(t *testing.T, def arm.Resource, given arm.O) *policy.Engine {
	a := arm.Tenant.Resource("Microsoft.Authorization/policyAssignments", "a")
	var build tenant.Builder
	build.Add(def)
	build.Add(arm.Resource{ID: a, Body: arm.New(arm.O{"id", a, "type", a.Type(), "properties", arm.O{"policyDefinitionId", def.ID, "parameters", given}})})
	build.Add(arm.Resource{ID: bruteAt, Body: arm.New(arm.O{"id", bruteAt, "type", arm.ResourceGroupType, "name", "rg", "location", "one", "tags", arm.O{"one", "two"}})})
	tree, found := build.Tenant()
	if found.HasErrors() {
		t.Fatal(found)
	}
	e, found := policy.Compile(tree, policy.Options{})
	if found.HasErrors() {
		return nil
	}
	return e
}

// read gathers what a rule names.
func (b *brute) read(rule arm.Value, values map[string]arm.Value) {
	note := func(s string) {
		if strings.HasPrefix(s, "[") {
			for _, m := range fieldCall.FindAllStringSubmatch(s, -1) {
				b.fields = append(b.fields, m[1])
			}
			for _, m := range quoted.FindAllStringSubmatch(s, -1) {
				if v, ok := values[strings.ToLower(m[1])]; ok {
					b.texts = append(append(b.texts, v.Str()), v.Strings()...)
				}
			}
			return
		}
		b.texts = append(b.texts, strings.ReplaceAll(s, "*", "x"))
	}
	rule.Walk(func(path string, v arm.Value) bool {
		if name := v.Get("field").Str(); name != "" {
			if tag, ok := values["tagname"]; ok && strings.HasPrefix(name, "[concat('tags[") {
				name = "tags[" + tag.Str() + "]"
			}
			b.fields = append(b.fields, name)
		}
		if v.Kind() == arm.String && !strings.HasSuffix(path, "field") {
			note(v.Str())
		}
		return true
	})
	slices.Sort(b.fields)
	b.fields = slices.DeleteFunc(slices.Compact(b.fields), func(s string) bool { return strings.HasPrefix(s, "[") })
	slices.Sort(b.texts)
	b.texts = slices.DeleteFunc(slices.Compact(b.texts), func(s string) bool { return s == "" })
	for _, s := range b.texts {
		if n, ok := catalog.TypeName(s); ok {
			b.types = append(b.types, n)
		}
	}
	for _, f := range b.fields {
		for _, a := range catalog.Aliases().Lookup(f) {
			b.types = append(b.types, string(a.Type))
		}
	}
	if len(b.types) == 0 {
		b.types = []string{"Microsoft.Compute/virtualMachines", "Microsoft.Storage/storageAccounts"}
	}
	slices.Sort(b.types)
	b.types = slices.Compact(b.types)[:min(3, len(slices.Compact(b.types)))]
	b.rand.Shuffle(len(b.texts), func(i, j int) { b.texts[i], b.texts[j] = b.texts[j], b.texts[i] })
	b.texts = append(b.texts[:min(8, len(b.texts))], "else")
}

// lies gives where a field lies in bodies of a type, "" for nowhere.
func lies(typ, field string) string {
	low := strings.ToLower(field)
	switch {
	case low == "location", low == "kind", low == "identity.type":
		return low
	case strings.HasPrefix(low, "tags["):
		return "tags." + strings.Trim(field[5:len(field)-1], "'")
	case strings.HasPrefix(low, "tags."):
		return field
	}
	for _, a := range catalog.Aliases().Lookup(field) {
		if strings.EqualFold(string(a.Type), typ) {
			return a.Path
		}
	}
	return ""
}

func (b *brute) propertiesOf(typ string) []string {
	var all []string
	for _, f := range b.fields {
		if p := lies(typ, f); p != "" && !strings.Contains(p, "['") && !strings.HasSuffix(p, "[*]") {
			all = append(all, f)
		}
	}
	return all
}

// value makes a value up; nil is none.
func (b *brute) value() any {
	switch n := b.rand.IntN(10); {
	case n == 0:
		return nil
	case n == 1:
		return b.rand.IntN(2) == 0
	case n == 2:
		return b.rand.IntN(5)
	}
	return b.texts[b.rand.IntN(len(b.texts))]
}

// put puts a value in a body; arrays on the way get an item for it at the end
// where add is true, else their first is used.
func put(at map[string]any, path string, v any, add bool) {
	head, rest, deeper := strings.Cut(path, ".")
	name, array := strings.CutSuffix(head, "[*]")
	switch {
	case !array && !deeper:
		if delete(at, name); v != nil {
			at[name] = v
		}
	case !array:
		below, ok := at[name].(map[string]any)
		if !ok {
			below = map[string]any{}
			at[name] = below
		}
		put(below, rest, v, add)
	default:
		items, _ := at[name].([]any)
		if len(items) == 0 || add {
			items = append(items, map[string]any{})
		}
		at[name] = items
		if below, ok := items[len(items)-1].(map[string]any); ok && deeper {
			put(below, rest, v, add)
		}
	}
}

// body makes up a resource without the property, and gives it with a value.
func (b *brute) body(typ, property string) func(v any) arm.Value {
	type filled struct {
		path string
		v    any
		add  bool
	}
	var with []filled
	for _, f := range b.fields {
		if p := lies(typ, f); p != "" && f != property && b.rand.IntN(4) > 0 {
			for range 1 + b.rand.IntN(2) {
				v := b.value()
				if f == "identity.type" {
					v = "UserAssigned" // Resource Manager takes no number
				}
				with = append(with, filled{p, v, b.rand.IntN(2) == 0})
			}
		}
	}
	own := lies(typ, property)
	more := b.rand.IntN(2) == 0 && strings.Contains(own, "[*]")
	other := b.value()
	return func(v any) arm.Value {
		o := map[string]any{"type": typ, "name": "r", "apiVersion": "2030-01-01"}
		for _, x := range with {
			put(o, x.path, x.v, x.add)
		}
		if more {
			put(o, own, other, true)
		}
		put(o, own, v, true)
		text, _ := json.Marshal(o)
		body, err := arm.Parse(string(text))
		if err != nil {
			b.t.Fatal(err)
		}
		return body
	}
}

func (b *brute) judge(typ string, body arm.Value) policy.Decision {
	names := slices.Repeat([]string{"r"}, strings.Count(typ, "/"))
	return b.e.Judge(policy.Request{Resource: arm.Resource{ID: bruteAt.Resource(arm.Type(typ), names...), Body: body}}, nil).Decision
}

// holdType asks about a type: where it is denied all of its resources are, and
// where it is allowed they fare as those of a type that no rule names.
func (b *brute) holdType(typ string, count map[string]int) {
	c := b.e.Allowed(policy.Question{Scope: bruteAt, Property: "type", Values: []string{typ}})[0]
	count["type "+c.Decision.String()]++
	for range 20 {
		body := b.body(typ, "")(nil)
		as, err := body.Set("Microsoft.Network/natGateways", "type")
		if err != nil {
			b.t.Fatal(err)
		}
		tags, location, known := catalog.TypeTraits(arm.Type(typ))
		have, other := b.judge(typ, body), b.judge("Microsoft.Network/natGateways", as)
		if c.Decision == policy.Denied && have == policy.Allowed || c.Decision == policy.Allowed && rank(have) > rank(other) && tags && location && known {
			b.t.Errorf("%s: type %s is %v, is %v in %s", b.name, typ, c.Decision, have, body.Text())
			return
		}
	}
}

// rank orders decisions from good to bad.
func rank(d policy.Decision) int {
	return map[policy.Decision]int{policy.Allowed: 0, policy.NotKnown: 1, policy.Denied: 2}[d]
}

func (b *brute) hold(typ, property string, count map[string]int) {
	values := slices.Clone(b.texts)
	if property == "location" {
		values = slices.DeleteFunc(values, func(s string) bool { return strings.Contains(s, "/") })
	}
	choices := b.e.Allowed(policy.Question{Scope: bruteAt, Type: arm.Type(typ), Property: property, Values: values, Missing: true})
	for range 20 {
		with := b.body(typ, property)
		have := make([]policy.Decision, len(choices))
		best := policy.Denied
		for i, c := range choices {
			var v any = c.Value
			if c.Missing {
				v = nil
			}
			have[i] = b.judge(typ, with(v))
			if rank(have[i]) < rank(best) {
				best = have[i]
			}
		}
		for i, c := range choices {
			count[c.Decision.String()]++
			if c.Decision == policy.Denied && have[i] == policy.Allowed || c.Decision == policy.Allowed && rank(have[i]) > rank(best) {
				var v any = c.Value
				if c.Missing {
					v = nil
				}
				b.t.Errorf("%s: %s of %s is %v, is %v in %s", b.name, property, typ, fmt.Sprintf("%q %v", c.Value, c.Decision), have[i], with(v).Text())
				return
			}
		}
	}
}
