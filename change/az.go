package change

// Commands for people, with the Azure CLI. az rest puts whole objects where az
// has no flag that takes every value: --params of az policy assignment update
// reads values as its shorthand syntax, not as they are.
// learn.microsoft.com/cli/azure/policy, learn.microsoft.com/cli/azure/use-azure-cli-successfully-shorthand

import (
	"maps"
	"net/url"
	"slices"
	"strings"

	"airfield/arm"
	"airfield/catalog"
)

// command adds a command that puts a resource, and says what it does as a step
// in the portal.
func (p *patch) command(r arm.Resource, all []edit) {
	p.steps = append(p.steps, p.before+p.step(r, all))
	words := flags(r, all)
	if words == nil {
		body := p.stem(r) + ".json"
		version, _ := catalog.APIVersion(string(r.Type()))
		address := url.URL{Path: string(r.ID), RawQuery: "api-version=" + version}
		what := "The body that apply.sh puts."
		if len(all) > 0 {
			what = "The body that apply.sh puts: the whole object, as it was when the tenant was read, with the change."
		}
		p.add(body, what, text(r.Body))
		words = []string{"az", "rest", "--method", "put", "--url", address.String(), "--body", "@" + body}
	}
	p.commands = append(p.commands, line(words))
}

// exact tells whether az takes a value as it is: it is no flag, no file's name
// and no shorthand syntax.
func exact(value string) bool {
	return value != "" && value != "null" && !strings.ContainsAny(value[:1], "-@[{'\"") && !strings.ContainsAny(value, "=\x00")
}

// flagOf are the flags of az policy exemption create and az policy assignment
// update, by the property that each sets.
var flagOf = map[string]string{
	"policyAssignmentId": "--policy-assignment", "policyDefinitionReferenceIds": "--policy-definition-reference-ids",
	"exemptionCategory": "--exemption-category", "expiresOn": "--expires-on", "displayName": "--display-name", "description": "--description",
	"notScopes": "--not-scopes", "enforcementMode": "--enforcement-mode",
}

// flags gives the words of a command that says it all in flags, nil where there
// is none.
func flags(r arm.Resource, all []edit) []string {
	var words []string
	set := map[string]arm.Value{}
	switch at := []string{"--name", r.ID.Name(), "--scope", string(r.ID.Scope())}; {
	case r.Type().Equal(placementType):
		return []string{"az", "account", "management-group", "subscription", "add", "--name", r.ID.Parent().Name(), "--subscription", r.ID.Name()}
	case r.Type().Equal(exemptionType):
		words = append([]string{"az", "policy", "exemption", "create"}, at...)
		set = maps.Collect(r.Get("properties").Members())
	case len(all) == 0:
		return nil
	default:
		words = append([]string{"az", "policy", "assignment", "update"}, at...)
		for _, e := range all {
			set[e.member] = e.value
		}
	}
	for _, name := range slices.Sorted(maps.Keys(set)) {
		values := set[name].Strings()
		if flagOf[name] == "" || len(values) == 0 || slices.ContainsFunc(values, func(v string) bool { return !exact(v) }) {
			return nil
		}
		words = append(append(words, flagOf[name]), values...)
	}
	return words
}

// line writes a command for a POSIX shell, a flag a line.
func line(words []string) string {
	var b strings.Builder
	for i, w := range words {
		switch {
		case strings.HasPrefix(w, "--"):
			b.WriteString(" \\\n  ")
		case i > 0:
			b.WriteByte(' ')
		}
		b.WriteString(quote(w))
	}
	return b.String() + "\n"
}

// quote quotes a word for a POSIX shell where it must.
func quote(word string) string {
	if word != "" && strings.Trim(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_./:@") == "" {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// step says what a command does, as people do it in the portal.
func (p *patch) step(r arm.Resource, all []edit) string {
	title := func(r arm.Resource) string { return `"` + titleOf(r) + `"` }
	of, _ := p.t.Get(p.of)
	switch {
	case r.Type().Equal(placementType):
		return "Run it, or move the subscription in the portal: Management groups, " + p.title(r.ID.Parent()) + ", Add subscription."
	case r.Type().Equal(exemptionType):
		return "Run it, or in the portal: Policy, Assignments, " + title(of) + ", Create exemption, for " + r.ID.Scope().Place() + "."
	case !r.Type().Equal(assignmentType):
		return "Run it: it makes " + r.ID.Name() + " at " + r.ID.Scope().Place() + "."
	case len(all) == 0:
		return "It assigns again at " + r.ID.Scope().Place() + "; in the portal: Policy, Assignments, Assign."
	}
	return "Run it, or in the portal: Policy, Assignments, " + title(r) + ", Edit assignment: " + changed(all) + "."
}
