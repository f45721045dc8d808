package arm

import (
	"cmp"
	"fmt"
	"strings"
)

// ID is a resource id as Azure Resource Manager writes it, in the spelling it
// was given; ids compare without case. The tenant itself is "/".
//
// A subscription that does not exist yet has no id. Until it does, its place
// in an id holds "@" and the name of its alias
// (Microsoft.Subscription/aliases): /subscriptions/@atlas-prod/resourceGroups/…
type ID string

// Type is a resource type with its namespace, such as
// "Microsoft.Storage/storageAccounts/blobServices". Types compare without case.
type Type string

// The types of scopes.
const (
	TenantType          Type = "Microsoft.Resources/tenants"
	ManagementGroupType Type = "Microsoft.Management/managementGroups"
	SubscriptionType    Type = "Microsoft.Resources/subscriptions"
	ResourceGroupType   Type = "Microsoft.Resources/resourceGroups"
)

// Tenant is the id of the tenant.
const Tenant ID = "/"

// ManagementGroup gives the id of a management group.
func ManagementGroup(name string) ID {
	return ID("/providers/Microsoft.Management/managementGroups/" + name)
}

// Subscription gives the id of a subscription, or of one that is to be made
// under an alias where the name begins with "@".
func Subscription(name string) ID { return ID("/subscriptions/" + name) }

// ResourceGroup gives the id of a resource group in the subscription id.
func (id ID) ResourceGroup(name string) ID { return id + ID("/resourceGroups/"+name) }

// Resource gives the id of a resource of a type at the scope id. A child type
// takes the names of its parents too: one name for each segment of the type
// behind the namespace.
func (id ID) Resource(t Type, names ...string) ID {
	var b strings.Builder
	if id != Tenant {
		b.WriteString(string(id))
	}
	b.WriteString("/providers/")
	parts := strings.Split(string(t), "/")
	b.WriteString(parts[0])
	for i, p := range parts[1:] {
		b.WriteString("/" + p + "/" + names[i])
	}
	return ID(b.String())
}

// Child gives the id of a child of the resource id: Child("subnets", "snet-a").
func (id ID) Child(kind, name string) ID { return id + ID("/"+kind+"/"+name) }

// ParseID checks that s has the shape of a resource id.
func ParseID(s string) (ID, error) {
	if s == "/" {
		return Tenant, nil
	}
	if !strings.HasPrefix(s, "/") {
		return "", fmt.Errorf("resource id %q does not begin with /", s)
	}
	if strings.HasSuffix(s, "/") || strings.Contains(s, "//") {
		return "", fmt.Errorf("resource id %q has an empty segment", s)
	}
	for rest := s[1:]; rest != ""; {
		first, behind, more := strings.Cut(rest, "/")
		switch {
		case more && (EqualFold(first, "subscriptions") || EqualFold(first, "resourceGroups")):
			_, rest, _ = strings.Cut(behind, "/")
		case EqualFold(first, "providers"):
			segments := 1
			namespace, _, _ := strings.Cut(behind, "/")
			for rest = behind; rest != ""; segments++ {
				if first, behind, _ = strings.Cut(rest, "/"); EqualFold(first, "providers") && (segments != 2 || !EqualFold(namespace, ofProviders)) {
					break
				}
				rest = behind
			}
			if segments < 4 || segments%2 != 0 {
				return "", fmt.Errorf("resource id %q is incomplete behind %q: wanted a namespace, then types and names in turn", s, "providers")
			}
		default:
			return "", fmt.Errorf("resource id %q has %q where subscriptions, resourceGroups or providers must stand", s, first)
		}
	}
	return ID(s), nil
}

// ofProviders is the namespace of the one type that is called as the segment
// before a namespace: Microsoft.Resources/providers, the registration of a
// provider in a subscription.
const ofProviders = "Microsoft.Resources"

// lastProvider gives the offset of the last "/providers/" in the id that stands
// before a namespace, or -1.
func (id ID) lastProvider() int {
	at := lastIndexFold(string(id), "/providers/")
	if before := at - len("/providers/"+ofProviders); before >= 0 && hasPrefixFold(string(id[before:]), "/providers/"+ofProviders) {
		return before
	}
	return at
}

// Type gives the resource's type.
func (id ID) Type() Type {
	if id == Tenant || id == "" {
		return TenantType
	}
	at := id.lastProvider()
	if at < 0 {
		switch strings.Count(string(id), "/") {
		case 2:
			return SubscriptionType
		case 4:
			return ResourceGroupType
		}
		return ""
	}
	text := string(id[at+len("/providers/"):])
	if strings.Count(text, "/") == 2 { // namespace and type stand side by side
		return Type(text[:strings.LastIndexByte(text, '/')])
	}
	parts := strings.Split(text, "/")
	var b strings.Builder
	b.WriteString(parts[0])
	for i := 1; i < len(parts); i += 2 {
		b.WriteString("/" + parts[i])
	}
	return Type(b.String())
}

// Name gives the last segment: the resource's own name, without its parents'.
func (id ID) Name() string { return string(id[strings.LastIndexByte(string(id), '/')+1:]) }

// Place names a scope for people: "management group corp".
func (id ID) Place() string {
	switch t := id.Type(); {
	case id == "":
		return "a scope that is not known"
	case id == Tenant:
		return "the tenant"
	case t.Equal(ManagementGroupType):
		return "management group " + id.Name()
	case t.Equal(SubscriptionType):
		return "subscription " + strings.TrimPrefix(id.Name(), "@")
	case t.Equal(ResourceGroupType):
		return "resource group " + id.Name()
	}
	return string(id)
}

// Names gives the names of the resource's parents, outermost first, and its own.
func (id ID) Names() []string {
	at := id.lastProvider()
	if at < 0 {
		return []string{id.Name()}
	}
	parts := strings.Split(string(id[at+len("/providers/"):]), "/")
	var names []string
	for i := 2; i < len(parts); i += 2 {
		names = append(names, parts[i])
	}
	return names
}

// AppendType appends the type in lower case, without making a text of it.
func (id ID) AppendType(b []byte) []byte {
	from, at := len(b), id.lastProvider()
	if at < 0 {
		b = append(b, id.Type()...) // a scope, whose type is a constant
	} else {
		rest, more := string(id[at+len("/providers/"):]), true
		for segment := 0; more; segment++ {
			var first string
			switch first, rest, more = strings.Cut(rest, "/"); {
			case segment == 0:
				b = append(b, first...)
			case segment%2 == 1:
				b = append(append(b, '/'), first...)
			}
		}
	}
	for i := range b[from:] {
		b[from+i] = lower(b[from+i])
	}
	return b
}

// Scope gives the scope the resource is deployed to: for a child resource the
// scope of its parent, for a resource group its subscription, for a
// subscription or a management group the tenant.
func (id ID) Scope() ID {
	at := id.lastProvider()
	switch {
	case at > 0:
		return id[:at]
	case at == 0:
		return Tenant
	}
	if id.Type() == ResourceGroupType {
		return id[:strings.LastIndexByte(strings.TrimSuffix(string(id), "/"+id.Name()), '/')]
	}
	return Tenant
}

// Parent gives the parent of a child resource (a virtual network for its
// subnet), and the scope of every other.
func (id ID) Parent() ID {
	at := id.lastProvider()
	if at < 0 || strings.Count(string(id[at:]), "/") <= 4 {
		return id.Scope()
	}
	end := strings.LastIndexByte(string(id), '/')
	return id[:strings.LastIndexByte(string(id[:end]), '/')]
}

// SubscriptionID gives the id of the subscription that the id lies in, "" where
// it lies in none.
func (id ID) SubscriptionID() ID { return id.prefix("/subscriptions/", 2) }

// ResourceGroupID gives the id of the resource group that the id lies in, ""
// where it lies in none.
func (id ID) ResourceGroupID() ID {
	if sub := id.SubscriptionID(); sub != "" && hasPrefixFold(string(id[len(sub):]), "/resourceGroups/") {
		return id.prefix("/subscriptions/", 4)
	}
	return ""
}

func (id ID) prefix(begin string, segments int) ID {
	if !hasPrefixFold(string(id), begin) {
		return ""
	}
	for i := 1; i < len(id); i++ {
		if id[i] == '/' {
			if segments--; segments == 0 {
				return id[:i]
			}
		}
	}
	if segments > 1 {
		return ""
	}
	return id
}

// Under tells whether id is scope or lies below it by its text. Subscriptions
// lie below management groups in the tenant's tree, not by their text.
func (id ID) Under(scope ID) bool {
	if scope == Tenant {
		return true
	}
	return hasPrefixFold(string(id), string(scope)) && (len(id) == len(scope) || id[len(scope)] == '/')
}

// Equal compares without case.
func (id ID) Equal(o ID) bool { return EqualFold(string(id), string(o)) }

// Fold gives the id in lower case, to be a map's key: two ids are Equal where
// their folds are the same.
func (id ID) Fold() ID { return ID(fold(string(id))) }

// Compare orders ids segment by segment without case, so that what lies below
// a scope follows it directly.
func (id ID) Compare(o ID) int {
	n := min(len(id), len(o))
	for i := range n {
		if a, b := id[i], o[i]; a != b {
			if c := cmp.Compare(rank(a), rank(b)); c != 0 {
				return c
			}
		}
	}
	return cmp.Compare(len(id), len(o))
}

// rank puts the slash before every other character and folds case.
func rank(c byte) int {
	if c == '/' {
		return -1
	}
	return int(lower(c))
}

// Equal compares without case.
func (t Type) Equal(o Type) bool { return EqualFold(string(t), string(o)) }

// Namespace gives the resource provider's namespace.
func (t Type) Namespace() string {
	ns, _, _ := strings.Cut(string(t), "/")
	return ns
}

// Lower gives the type in lower case, as types are kept in tables.
func (t Type) Lower() string { return fold(string(t)) }

// Child tells whether the type is a child of another, such as a subnet.
func (t Type) Child() bool { return strings.Count(string(t), "/") > 1 }

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && EqualFold(s[:len(prefix)], prefix)
}

func lastIndexFold(s, sub string) int {
	for i := len(s) - len(sub); i >= 0; i-- {
		if i = strings.LastIndexByte(s[:i+1], sub[0]); i < 0 || EqualFold(s[i:i+len(sub)], sub) {
			return i
		}
	}
	return -1
}
