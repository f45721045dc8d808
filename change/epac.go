package change

// Enterprise Azure Policy as Code: a tree of nodes in policyAssignments, and
// lists of exemptions in policyExemptions/SELECTOR.
// azure.github.io/enterprise-azure-policy-as-code/policy-assignments, …/policy-exemptions

import (
	"cmp"
	"strings"

	"airfield/arm"
)

const (
	epacSchemas = "https://raw.githubusercontent.com/Azure/enterprise-azure-policy-as-code/main/Schemas/"

	// anySelector stands where the assignment does not tell its environment.
	anySelector = "PAC_SELECTOR"

	// epacDeletes is why nothing is done beside the repository.
	// azure.github.io/enterprise-azure-policy-as-code/settings-desired-state
	epacDeletes = " Make it in the repository only: a run with the strategy full deletes what the repository does not have, and every run takes back what differs from it."
)

// node writes an assignment as a node by itself.
func (p *patch) node(r arm.Resource, all []edit) {
	selector := p.selector(r)
	props := func(name string) arm.Value { return r.Get("properties", name) }
	entry := definitionEntry(arm.ID(props("policyDefinitionId").Str()))
	entry = append(entry, "definitionVersion", props("definitionVersion"))
	metadata := props("metadata").Without("pacOwnerId").Without("deployedBy") // written by every run
	v := arm.O{"$schema", epacSchemas + "policy-assignment-schema.json", "nodeName", "/" + r.ID.Name(), "definitionEntry", entry,
		"assignment", arm.O{"name", r.ID.Name(), "displayName", cmp.Or(props("displayName").Str(), r.ID.Name()), "description", props("description")},
		"metadata", filled(metadata), "enforcementMode", props("enforcementMode"), "parameters", values(props("parameters"))}
	for _, list := range []string{"nonComplianceMessages", "overrides", "resourceSelectors"} {
		v = append(v, list, filled(props(list)))
	}
	v = append(v, "scope", arm.O{selector, arm.A{r.ID.Scope()}})
	if not := props("notScopes"); not.Len() > 0 {
		v = append(v, "notScopes", arm.O{selector, not})
	}
	if l := r.Location(); l != "" {
		v = append(v, "managedIdentityLocations", arm.O{selector, l})
	}
	for id := range r.Get("identity", "userAssignedIdentities").Members() {
		v = append(v, "userAssignedIdentity", arm.O{selector, id})
	}
	what := "A new node of assignments; its identity, where it has one, gets its roles from Deploy-RolesPlan."
	if len(all) > 0 {
		what = "Set in the node that makes this assignment: " + changed(all) + ". The file is the whole assignment as a node by itself."
	}
	p.add("policyAssignments/"+p.stem(r)+".jsonc", what+known(selector)+epacDeletes, text(v))
}

// exemption writes an exemption.
func (p *patch) exemption(r arm.Resource) {
	one := arm.O{"name", r.ID.Name()}
	for name, v := range r.Get("properties").Members() {
		one = append(one, name, v)
	}
	one = append(one, "scope", r.ID.Scope())
	selector := p.selector(r)
	p.add("policyExemptions/"+selector+"/"+p.stem(r)+".jsonc", "A new file of exemptions."+known(selector)+epacDeletes,
		text(arm.O{"$schema", epacSchemas + "policy-exemption-schema.json", "exemptions", arm.A{one}}))
}

// selector gives the pacSelector of the environment that makes an assignment, or
// the one that an exemption is from: deployedBy is epac/OWNER/SELECTOR where the
// settings do not say otherwise.
func (p *patch) selector(r arm.Resource) string {
	if r.Type().Equal(exemptionType) {
		r, _ = p.t.Get(p.of)
	}
	by := r.Get("properties", "metadata", "deployedBy").Str()
	if parts := strings.Split(by, "/"); len(parts) == 3 && parts[0] == "epac" {
		return safe(parts[2])
	}
	return anySelector
}

func known(selector string) string {
	if selector == anySelector {
		return " Put your environment's pacSelector in the place of " + anySelector + "."
	}
	return ""
}

// definitionEntry names a definition: a custom one by its name.
func definitionEntry(id arm.ID) arm.O {
	kind := "policy"
	if id.Type().Equal("Microsoft.Authorization/policySetDefinitions") {
		kind = "policySet"
	}
	if id.Scope() == arm.Tenant {
		return arm.O{kind + "Id", id}
	}
	return arm.O{kind + "Name", id.Name()}
}

// values gives an assignment's parameters without what wraps each value.
func values(parameters arm.Value) arm.O {
	all := arm.O{}
	for name, v := range parameters.Members() {
		all = append(all, name, v.Get("value"))
	}
	return all
}

// filled gives a value, Missing for an empty one.
func filled(v arm.Value) arm.Value {
	if v.Len() == 0 {
		return arm.Value{}
	}
	return v
}
