package access

import (
	"strings"
	"testing"

	"airfield/arm"
	"airfield/tenant"
)

// FuzzCondition reads conditions: whatever the text is, one that is read says
// the same of the same request, and one that is not never lets it pass plainly.
func FuzzCondition(f *testing.F) {
	for _, r := range tableRoles() {
		for _, p := range r.permissions {
			if p.condition.Text != "" {
				f.Add(p.condition.Text, "Microsoft.Authorization/roleAssignments/write")
			}
		}
	}
	f.Add("!(ActionMatches{'a/*'} AND NOT SubOperationMatches{'b'}) OR @Resource[a:b<$c$>] ForAllOfAnyValues:StringEquals {'x', 'y'}", "a/read")
	f.Add("NOT Exists @Request[a:b] && {1, 2} ForAnyOfAnyValues:NumericEquals {2}", "a/read")
	f.Add(strings.Repeat("(", 1000), "")
	f.Fuzz(func(t *testing.T, text, action string) {
		c := ReadCondition(text)
		d := c.holds(Question{Action: action})
		if d != c.holds(Question{Action: action}) || d == Unknown {
			t.Errorf("%q: %v", text, d)
		}
		if c.Err != nil && d == Yes {
			t.Errorf("%q cannot be read (%v) and holds", text, c.Err)
		}
	})
}

// FuzzCan asks about tenants of any lines.
func FuzzCan(f *testing.F) {
	f.Add(`{"id":"/subscriptions/s/providers/Microsoft.Authorization/roleAssignments/a","properties":{"principalId":"p","principalType":"User","roleDefinitionId":"8e3af657-a8ff-443c-a75c-2fe8c4bcb635"}}`, "p", "Microsoft.Compute/disks/write", "/subscriptions/s")
	f.Add(`{"id":"/providers/Microsoft.Graph/groups/g","properties":{"members":["g",{"id":1},null]}}`, "p", "Microsoft.Compute/disks/write", "/")
	f.Add(`{"id":"/subscriptions/s/providers/Microsoft.Authorization/denyAssignments/d","properties":{"permissions":[{"actions":"*"}],"principals":{"id":[]}}}`, "/x", "a/write", "/subscriptions/s")
	f.Fuzz(func(t *testing.T, lines, principal, action, scope string) {
		in, _, err := tenant.Read("t", strings.NewReader("{\"airfield\":\"tenant\",\"version\":1}\n"+lines))
		at, wrong := ParseScope(scope)
		if err != nil || wrong != nil {
			return
		}
		a, _ := New(in, now)
		q := Question{Principal: principal, Action: action, Scope: at}
		if x := a.Can(q); x.Decision == Unknown && len(x.Doubts) == 0 {
			t.Errorf("not known, and not why: %+v", x)
		}
		a.Who(q)
		var all []Need
		for r := range in.All() {
			r = tenant.Keep(r)
			all = append(all, Needs(append([]arm.Resource(nil), r))...)
		}
		Least(all)
	})
}
