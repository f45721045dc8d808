package tenant_test

import (
	"fmt"
	"strings"
	"testing"

	"airfield/arm"
	"airfield/tenant"
)

// outline writes the tree with two spaces a level.
func outline(t *tenant.Tenant) string {
	var b strings.Builder
	var write func(of arm.ID, depth int)
	write = func(of arm.ID, depth int) {
		for _, c := range t.Children(of) {
			fmt.Fprintf(&b, "%s%s\n", strings.Repeat("  ", depth), c.Name())
			if p, ok := t.Parent(c); !ok || !p.Equal(of) {
				fmt.Fprintf(&b, "but its parent is %s\n", p)
			}
			write(c, depth+1)
		}
	}
	write(arm.Tenant, 0)
	return b.String()
}

// mg gives a management group below another.
func mg(name, parent string) string {
	if parent == "" {
		return `{"id":"` + groups + name + `"}`
	}
	return `{"id":"` + groups + name + `","properties":{"details":{"parent":{"id":"` + groups + parent + `"}}}}`
}

func chain(sub string, names ...string) string {
	var items arm.A
	for _, n := range names {
		items = append(items, arm.O{"name", n, "displayName", strings.ToUpper(n)})
	}
	return arm.New(arm.O{"id", "/subscriptions/" + sub, "properties", arm.O{"managementGroupAncestorsChain", items}}).Text()
}

func alias(name, properties string) string {
	return `{"id":"/providers/Microsoft.Subscription/aliases/` + name + `","properties":{` + properties + `}}`
}

func TestTree(t *testing.T) {
	for _, tt := range []struct {
		name   string
		tenant string
		in     []string
		want   string
		find   string
	}{
		{"empty", "", nil, "", ""},
		{"all ways to lie in a group", "root",
			[]string{mg("root", ""), mg("corp", "Root"), mg("online", "root"),
				chain("a", "corp", "root"),
				`{"id":"` + groups + `corp/subscriptions/b"}`,
				alias("c", `"additionalProperties":{"managementGroupId":"`+groups+`online"}`),
				alias("d", `"additionalProperties":{"managementGroupId":{"$after":{"id":"`+groups+`online","path":"id"}}}`),
				alias("e", `"subscriptionId":"ee","additionalProperties":{"managementGroupId":"online"}`),
				`{"id":"/subscriptions/@c/resourceGroups/rg"}`},
			"root\n  corp\n    a\n    b\n  online\n    @c\n    @d\n    ee\n", ""},
		{"groups that could not be read", "",
			[]string{chain("a", "corp", "land", "root"), chain("b", "land", "root")},
			"root\n  land\n    corp\n      a\n    b\n", `
warning: management group "corp", in which "a" lies, is not in the tenant: what is assigned there is not seen [tenant/parent]
warning: management group "land", in which "corp" lies, is not in the tenant: what is assigned there is not seen [tenant/parent]
warning: management group "root", in which "land" lies, is not in the tenant: what is assigned there is not seen [tenant/parent]`},
		{"a parent that is not there", "root", []string{mg("root", ""), mg("corp", "gone")},
			"root\n  gone\n    corp\n", `
warning: management group "gone", in which "corp" lies, is not in the tenant: what is assigned there is not seen [tenant/parent]
info: nothing says in which management group these lie, taken to be directly below "/providers/Microsoft.Management/managementGroups/root": gone [tenant/placement]`},
		{"nothing says where", "root", []string{mg("root", ""), mg("corp", ""), alias("x", `"displayName":"x"`), `{"id":"/subscriptions/s/resourceGroups/rg"}`},
			"root\n  corp\n  @x\n  s\n", `
info: nothing says in which management group these lie, taken to be directly below "/providers/Microsoft.Management/managementGroups/root": corp, @x, s [tenant/placement]`},
		{"placed twice", "", []string{mg("a", ""), mg("b", ""), `{"id":"` + groups + `a/subscriptions/s"}`, `{"id":"` + groups + `b/subscriptions/S"}`},
			"a\n  s\nb\n", `subscription "S" is placed in "a" and in "b": the first counts [tenant/placement]`},
		{"placed elsewhere than it is", "", []string{mg("a", ""), mg("b", ""), `{"id":"` + groups + `a/subscriptions/s"}`, chain("s", "b")},
			"a\n  s\nb\n", `info: "s" lies in "a", though by another resource it lies in "b" [tenant/placement]`},
		{"cycle of one", "", []string{mg("a", "a")}, "a\n", `management groups lie in each other: a in a [tenant/cycle]`},
		{"cycle of three", "", []string{mg("c", "a"), mg("a", "b"), mg("b", "c"), mg("d", "b"), mg("e", "e")},
			"a\n  c\n    b\n      d\ne\n", `
management groups lie in each other: a in b in c in a [tenant/cycle]
management groups lie in each other: e in e [tenant/cycle]`},
		{"a subscription as a parent", "", []string{`{"id":"` + groups + `a","properties":{"details":{"parent":{"id":"/subscriptions/s"}}}}`, chain("s", "a")}, "a\n  s\n",
			`"a" has the parent "/subscriptions/s", wanted a management group [tenant/parent]`},
	} {
		b := tenant.Builder{Header: tenant.Header{Tenant: tt.tenant}}
		for _, line := range tt.in {
			v, err := arm.Parse(line)
			if err != nil {
				t.Fatal(err)
			}
			b.Add(arm.Resource{Body: v})
		}
		u, found := b.Tenant()
		if have := outline(u); have != tt.want {
			t.Errorf("%s:\nhave\n%s\nwant\n%s", tt.name, have, tt.want)
		}
		if have, want := text(found), strings.TrimPrefix(tt.find, "\n"); have != want {
			t.Errorf("%s:\nhave %s\nwant %s", tt.name, have, want)
		}
	}
}

func TestAncestors(t *testing.T) {
	u, _ := build(t, mg("Root", ""), mg("corp", "root"), chain("s", "CORP", "root"))
	const network = "/subscriptions/S/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/v"
	for _, tt := range []struct{ of, want string }{
		{"/", ""},
		{groups + "corp", groups + "Root /"},
		{groups + "corp/providers/Microsoft.Authorization/policyAssignments/p", groups + "corp " + groups + "Root /"},
		{"/providers/Microsoft.Authorization/roleAssignments/r", "/"},
		{network + "/subnets/a/providers/Microsoft.Authorization/locks/l", network + "/subnets/a " + network + " /subscriptions/S/resourceGroups/rg /subscriptions/S " + groups + "corp " + groups + "Root /"},
		{"/subscriptions/other/resourceGroups/rg", "/subscriptions/other /"},
	} {
		var have []string
		for _, id := range u.Ancestors(arm.ID(tt.of)) {
			have = append(have, string(id))
		}
		if strings.Join(have, " ") != tt.want {
			t.Errorf("%s:\nhave %s\nwant %s", tt.of, have, tt.want)
		}
	}
}

func TestInTree(t *testing.T) {
	for id, want := range map[arm.ID]bool{
		"/": false, "/subscriptions/s": true, "/subscriptions/s/resourceGroups/r": false, groups + "a": true,
		groups + "a/subscriptions/s": true, groups + "a/providers/N/t/x": false,
		"/providers/Microsoft.Subscription/aliases/x":                true,
		"/providers/Microsoft.Authorization/policyDefinitions/x":     false,
		"/subscriptions/s/providers/Microsoft.Consumption/budgets/b": false,
	} {
		if have := tenant.InTree(id); have != want {
			t.Errorf("%s: have %v", id, have)
		}
	}
}
