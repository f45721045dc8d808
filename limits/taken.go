package limits

import (
	"iter"
	"slices"
	"strings"

	"airfield/arm"
	"airfield/catalog"
	"airfield/diag"
)

const deletedVaults arm.Type = "Microsoft.KeyVault/locations/deletedVaults"

// worldwide are types beside those of the catalog whose names are part of a
// public host name, so that there is one in all of Azure.
// learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules
var worldwide = []string{
	"microsoft.appconfiguration/configurationstores", "microsoft.cache/redis", "microsoft.cdn/profiles/afdendpoints",
	"microsoft.datafactory/factories", "microsoft.documentdb/databaseaccounts", "microsoft.eventhub/namespaces",
	"microsoft.servicebus/namespaces", "microsoft.sql/servers", "microsoft.web/sites",
}

// uniqueIn says where the names of a type, in lower case, are unique beyond
// their resource group: "global", "region", else "".
func uniqueIn(typ string) string {
	if slices.Contains(worldwide, typ) {
		return "global"
	}
	if rule, ok := catalog.NameRuleOf(typ, ""); ok && (rule.Unique == "global" || rule.Unique == "region") {
		return rule.Unique
	}
	return ""
}

// taken holds names that are unique in Azure, or in a region of it, against
// those of the tenant, and says once for each type that others are not known.
func taken(p *plan) {
	deleted := byName(p.have.IDsOf(deletedVaults))
	for _, t := range p.types() {
		if uniqueIn(t) == "" {
			continue
		}
		there := byName(p.have.IDsOf(arm.Type(t)))
		asked := map[string]arm.Resource{}
		var fresh []arm.Resource
		for _, r := range p.ours[t] {
			name := strings.ToLower(r.ID.Name())
			if p.have.Has(r.ID) {
				continue
			}
			fresh = append(fresh, r)
			for _, id := range there[name] {
				p.named(r, id, uniqueIn(t))
			}
			if first, twice := asked[name]; twice && p.sameRegion(first, r, uniqueIn(t)) {
				p.add(r, Block{}, diag.Error, "limits/name-taken", "wanted a name of its own, found it wanted for %q too", first.ID)
			}
			asked[name] = r
			if vaults.Equal(r.Type()) && !is(r.Get("properties", "createMode"), "recover") {
				for _, id := range deleted[name] {
					b := Block{At: id}
					b.Help = "recover it with createMode recover, purge it where its protection lets you, or take another name"
					p.add(r, b, diag.Error, "limits/name-deleted", "wanted a name that is free, found a deleted key vault that still has it")
				}
			}
		}
		p.elsewhere(fresh)
	}
}

func byName(ids iter.Seq[arm.ID]) map[string][]arm.ID {
	all := map[string][]arm.ID{}
	for id := range ids {
		name := strings.ToLower(id.Name())
		all[name] = append(all[name], id)
	}
	return all
}

// named says that a name is taken at another id.
func (p *plan) named(r arm.Resource, id arm.ID, unique string) {
	other, _ := p.have.Get(id)
	if p.sameRegion(r, other, unique) {
		p.add(r, Block{At: id}, diag.Error, "limits/name-taken", "wanted a name that is free, found it taken by %q", id)
	}
}

// sameRegion tells whether two resources share the space of their names.
func (p *plan) sameRegion(a, b arm.Resource, unique string) bool {
	return unique == "global" || regionOf(a.Location()) == regionOf(b.Location())
}

// elsewhere says that others in Azure may have the names.
func (p *plan) elsewhere(all []arm.Resource) {
	if len(all) == 0 {
		return
	}
	var names []string
	for _, r := range all {
		names = append(names, r.ID.Name())
	}
	p.add(all[0], Block{Because: "names outside of this tenant are not known"}, diag.Info, "limits/name-elsewhere", "wanted names that are free in all of Azure: %s", list(names))
}
