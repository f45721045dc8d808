package snapshot

// AzOps keeps a tenant in folders inside each other, one for each management
// group, subscription and resource group, named after them. Each folder has the
// file of its own scope, and a file for each object that lies directly in it:
//
//	root/contoso (contoso)/microsoft.management_managementgroups-contoso.json
//	root/contoso (contoso)/train (1111…)/microsoft.subscription_subscriptions-1111….json
//	root/contoso (contoso)/train (1111…)/rg-a/microsoft.resources_resourcegroups-rg-a.json
//	root/contoso (contoso)/train (1111…)/rg-a/microsoft.storage_storageaccounts-sta.json
//
// The files are deployment templates, whose scope only the folder tells.
//
// https://github.com/Azure/AzOps

import (
	"path"
	"strings"

	"airfield/arm"
)

// scopeFiles are how the names of the files of scopes begin.
var scopeFiles = []struct {
	prefix string
	typ    arm.Type
}{
	{"microsoft.management_managementgroups-", arm.ManagementGroupType},
	{"microsoft.subscription_subscriptions-", arm.SubscriptionType},
	{"microsoft.resources_resourcegroups-", arm.ResourceGroupType},
}

// azopsScopes gives the scopes of files by the folders of AzOps that they lie
// in, and none for files that lie in no such folder. The paths are those of all
// files of the repository.
func azopsScopes(paths []string) map[string]arm.ID {
	folders := map[string]arm.ID{}
	for _, s := range scopeFiles { // subscriptions are known before resource groups
		for _, file := range paths {
			slashed := strings.ReplaceAll(file, `\`, "/")
			name, ok := strings.CutPrefix(strings.ToLower(path.Base(slashed)), s.prefix)
			if !ok || !strings.HasSuffix(name, ".json") {
				continue
			}
			name = strings.TrimSuffix(strings.TrimSuffix(name, ".json"), ".parameters")
			dir := path.Dir(slashed)
			switch s.typ {
			case arm.ManagementGroupType:
				folders[dir] = arm.ManagementGroup(name)
			case arm.SubscriptionType:
				folders[dir] = arm.Subscription(name)
			default:
				if sub := scopeOf(folders, path.Dir(dir)).SubscriptionID(); sub != "" {
					folders[dir] = sub.ResourceGroup(name)
				}
			}
		}
	}
	scopes := map[string]arm.ID{}
	for _, file := range paths {
		slashed := strings.ReplaceAll(file, `\`, "/")
		if at := scopeOf(folders, path.Dir(slashed)); at != "" {
			if strings.HasPrefix(strings.ToLower(path.Base(slashed)), scopeFiles[2].prefix) {
				at = at.SubscriptionID() // a resource group is deployed to its subscription
			}
			scopes[file] = at
		}
	}
	return scopes
}

// scopeOf gives the scope of the nearest folder around, "" for none.
func scopeOf(folders map[string]arm.ID, dir string) arm.ID {
	for ; ; dir = path.Dir(dir) {
		if at, ok := folders[dir]; ok || dir == "." || dir == "/" {
			return at
		}
	}
}

// azopsSubscription reads the file of a subscription, which is a template of a
// type that no provider has, or of none.
func (p *reading) azopsSubscription(v arm.Value) bool {
	if p.At.Type() != arm.SubscriptionType {
		return false
	}
	for r := range v.Get("resources").Items() {
		if name := r.Get("name").Str(); arm.EqualFold(p.At.Name(), name[strings.LastIndexByte(name, '/')+1:]) {
			p.stand(r, p.At, arm.O{"subscriptionId", p.At.Name(), "tags", r.Get("tags")}, true)
			if group, _, ok := strings.Cut(name, "/"); ok {
				p.stand(r, arm.ManagementGroup(group).Child("subscriptions", p.At.Name()), arm.O{}, true)
			}
			return true
		}
	}
	return false
}
