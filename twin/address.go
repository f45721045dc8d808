package twin

import (
	"strings"

	"airfield/arm"
)

// address is what a path names below the login endpoints.
type address struct {
	id   arm.ID   // a resource or scope; for a collection, what the items lie in
	typ  arm.Type // the resource's type; a collection's item type, or an action's name behind its namespace
	kind kind
	rest string // what follows the id and is neither a type nor a name
}

type kind uint8

const (
	one        kind = iota // /subscriptions/s, …/providers/N/t/name
	collection             // /subscriptions, …/providers/N/t; where the verb is POST, an action
	provider               // …/providers/N, …/providers
	other                  // …/resources, …/operationresults/x
)

// locate reads a path. It puts the words that belong to ARM in ARM's spelling;
// names and types stay as they are.
func locate(path []string) address {
	at := address{id: arm.Tenant, typ: arm.TenantType}
	for len(path) > 0 {
		var word string
		switch {
		case arm.EqualFold(path[0], "subscriptions") && at.id == arm.Tenant:
			word, at.typ = "subscriptions", arm.SubscriptionType
		case arm.EqualFold(path[0], "resourceGroups") && at.typ.Equal(arm.SubscriptionType):
			word, at.typ = "resourceGroups", arm.ResourceGroupType
		case arm.EqualFold(path[0], "providers"):
			path = at.behindProviders(path[1:])
			if at.kind != one {
				return at
			}
			continue
		default:
			at.kind, at.rest = other, strings.Join(path, "/")
			return at
		}
		if len(path) == 1 {
			at.kind = collection
			return at
		}
		if arm.EqualFold(path[1], "providers") { // no name: an id could not be read back
			at.kind, at.rest = other, strings.Join(path, "/")
			return at
		}
		at.id = below(at.id, word, path[1])
		path = path[2:]
	}
	return at
}

// behindProviders reads a namespace and the types and names behind it, and
// gives the rest of the path.
func (at *address) behindProviders(path []string) []string {
	end := 0
	for end < len(path) && !arm.EqualFold(path[end], "providers") {
		end++
	}
	own, rest := path[:end], path[end:]
	if len(own) < 2 {
		at.kind, at.typ = provider, arm.Type(strings.Join(own, "/"))
		return nil
	}
	scope := at.id
	at.id, at.typ = below(scope, "providers", own[0]), arm.Type(own[0])
	for own = own[1:]; len(own) > 0; own = own[2:] {
		at.typ += arm.Type("/" + own[0])
		if len(own) == 1 {
			at.kind = collection
			if !at.typ.Child() {
				at.id = scope
			}
			return nil
		}
		at.id = below(at.id, own[0], own[1])
	}
	return rest
}

// below is Child, which does not double the slash of the tenant.
func below(id arm.ID, word, name string) arm.ID {
	if id == arm.Tenant {
		id = ""
	}
	return id.Child(word, name)
}
