package access

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"airfield/tenant"
)

// lines makes a tenant of lines in the short form of the cases.
func lines(all ...string) string { return strings.Join(all, "\n") + "\n" }

func TestFindings(t *testing.T) {
	_, found := read(t, lines(
		`{"airfield":"tenant","version":1,"missing":[{"what":"denyAssignments","why":"403"},{"what":"Microsoft.Compute/disks","why":"403"}]}`,
		`{"id":"/subscriptions/s"}`,
		`{"id":"/subscriptions/s/auth/classicAdministrators/c","properties":{"emailAddress":"a@b.c"}}`,
		`{"id":"/subscriptions/s/auth/roleAssignments/a1","properties":{"principalId":"p","principalType":"User","roleDefinitionId":"/auth/roleDefinitions/gone"}}`,
		`{"id":"/subscriptions/s/auth/roleAssignments/a2","properties":{"principalId":"p","roleDefinitionId":"[Reader]","condition":"("}}`,
		`{"id":"/subscriptions/s/auth/roleAssignments/a3","properties":{"principalId":"p","principalType":"User","roleDefinitionId":"/auth/roleDefinitions/own"}}`,
		`{"id":"/subscriptions/s/auth/roleDefinitions/own","properties":{"roleName":"own","assignableScopes":["/subscriptions/other"],"permissions":[]}}`,
		`{"id":"/subscriptions/s/providers/Microsoft.ManagedServices/registrationAssignments/l","properties":{}}`))
	for _, code := range []string{"access/missing", "access/not-evaluated", "access/role", "access/condition", "access/principal-type", "access/assignable"} {
		if !strings.Contains(found, code) {
			t.Errorf("no finding %s in %s", code, found)
		}
	}
	if strings.Contains(found, "disks") {
		t.Errorf("what does not matter is reported: %s", found)
	}
}

func TestWhoAndAt(t *testing.T) {
	a, _ := read(t, lines(
		`{"id":"/providers/Microsoft.Graph/groups/g","properties":{"displayName":"G","members":["ann","bob"]}}`,
		`{"id":"/subscriptions/s"}`,
		`{"id":"/subscriptions/s/auth/roleAssignments/a1","properties":{"principalId":"g","principalType":"Group","roleDefinitionId":"[Contributor]"}}`,
		`{"id":"/subscriptions/s/auth/roleAssignments/a2","properties":{"principalId":"cat","principalType":"User","roleDefinitionId":"[Reader]"}}`,
		`{"id":"/subscriptions/s/auth/roleEligibilityScheduleInstances/e","properties":{"principalId":"dan","principalType":"User","roleDefinitionId":"[Owner]"}}`,
		`{"id":"/subscriptions/s/resourceGroups/rg/auth/denyAssignments/d","properties":{"permissions":[{"actions":["*"]}],"principals":[{"id":"bob","type":"User"}]}}`))
	var have []string
	for _, h := range a.Who(Question{Action: "Microsoft.Compute/disks/write", Scope: "/subscriptions/s/resourceGroups/rg"}) {
		have = append(have, h.ID+" "+h.Decision.String())
	}
	if want := []string{"g yes", "ann yes", "dan no"}; !slices.Equal(have, want) {
		t.Errorf("have %q, want %q", have, want)
	}
	if n := len(a.At("/subscriptions/s/resourceGroups/rg")); n != 4 {
		t.Errorf("%d assignments reach the group, wanted 4", n)
	}
	if n := len(a.Held("ann", "/subscriptions/s/resourceGroups/rg")); n != 1 {
		t.Errorf("ann holds %d assignments, wanted 1", n)
	}
}

// TestWithoutATime shows that what ends is not known to be in force where no
// time is asked about.
func TestWithoutATime(t *testing.T) {
	in, _, err := tenant.Read("t", strings.NewReader(short(t, lines(`{"airfield":"tenant","version":1}`,
		`{"id":"/subscriptions/s/auth/roleAssignmentScheduleInstances/i","properties":{"principalId":"p","principalType":"User","roleDefinitionId":"[Owner]","endDateTime":"2026-01-01T00:00:00Z"}}`))))
	if err != nil {
		t.Fatal(err)
	}
	a, _ := New(in, time.Time{})
	if x := a.Can(Question{Principal: "p", Action: "Microsoft.Compute/disks/write", Scope: "/subscriptions/s"}); x.Decision != Unknown || len(x.Doubts) == 0 {
		t.Errorf("have %v: %v", x.Decision, x.Doubts)
	}
}

func TestConditions(t *testing.T) {
	const role = "@Request[Microsoft.Authorization/roleAssignments:RoleDefinitionId]"
	known := func(source, name string) ([]string, bool) {
		return []string{"7F951DDA-4ed3-4680-a7ca-43fe172d538d", "b"}, source == "@Request"
	}
	for _, tt := range []struct {
		text string
		want Decision
	}{
		{role + " ForAnyOfAnyValues:GuidEquals {7f951dda4ed34680a7ca43fe172d538d}", Yes},
		{role + " ForAnyOfAnyValues:GuidEquals {00000000-0000-0000-0000-000000000000, b}", Yes},
		{role + " ForAllOfAnyValues:GuidEquals {7f951dda-4ed3-4680-a7ca-43fe172d538d}", No},
		{role + " ForAnyOfAllValues:GuidNotEquals {'b', 'c'}", Yes},
		{role + " ForAllOfAllValues:GuidNotEquals {'b', 'c'}", No},
		{role + " ForAnyOfAnyValues:StringEquals {'B'}", No},
		{role + " ForAnyOfAnyValues:StringEqualsIgnoreCase {'B'}", Yes},
		{role + " ForAnyOfAnyValues:StringLike {'*'}", Conditional},
		{"@Resource[a:b] StringEquals 'x'", Conditional},
		{"'x' StringEquals 'x' AND NOT 'x' StringEquals 'y'", Yes},
		{"ActionMatches{'Microsoft.Compute/*'} OR @Resource[a:b] StringEquals 'x'", Yes},
		{"!(ActionMatches{'Microsoft.Compute/disks/*'}) && @Resource[a:b] StringEquals 'x'", No},
		{"NOT NOT ActionMatches{'*'}", Yes},
		{"Exists @Principal[a:b]", Conditional},
		{"ActionMatches{'Microsoft.Compute/disks/write', 'x/read'}", Yes},
		{"ActionMatches{'*'} ActionMatches{'*'}", Conditional}, // cannot be read
		{"@Resource[a:b StringEquals 'x'", Conditional},
		{"@Resource[a:b] 'x'", Conditional},
		{"ActionMatches{'x", Conditional},
		{"", Yes},
	} {
		c := ReadCondition(tt.text)
		if have := c.holds(Question{Action: "Microsoft.Compute/disks/write", Known: known}); have != tt.want {
			t.Errorf("%s: have %v (%v), want %v", tt.text, have, c.Err, tt.want)
		}
	}
}

func ExampleAccess_Can() {
	in, _, _ := tenant.Read("tenant.jsonl", strings.NewReader(`{"airfield":"tenant","version":1}
{"id":"/subscriptions/s/providers/Microsoft.Authorization/roleAssignments/a","properties":{"principalId":"team","principalType":"Group","roleDefinitionId":"/providers/Microsoft.Authorization/roleDefinitions/b24988ac-6180-42a0-ab88-20f7382dd24c"}}
`))
	a, _ := New(in, time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC))
	for _, principal := range []string{"team", "ada"} {
		x := a.Can(Question{Principal: principal, Action: "Microsoft.Compute/virtualMachines/write", Scope: "/subscriptions/s/resourceGroups/rg"})
		fmt.Println(principal, x.Decision, x.Doubts)
	}
	// Output:
	// team yes []
	// ada not known [the members of group team are not in the snapshot]
}
