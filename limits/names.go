package limits

import (
	"strings"
	"unicode/utf8"

	"airfield/arm"
	"airfield/catalog"
)

// name holds a name to the rule of its type at its scope. An assignment's name
// is rule role-assignment-name.
func name(c *check) {
	if c.is(roleAssignments) || c.is(arm.SubscriptionType) {
		return // of a subscription it is the id, which nobody chooses
	}
	scope := c.scope.Type()
	at := ""
	switch {
	case scope.Equal(arm.ManagementGroupType):
		at = "managementgroup"
	case scope.Equal(arm.SubscriptionType):
		at = "subscription"
	case scope.Equal(arm.ResourceGroupType):
		at = "resourcegroup"
	}
	of, ok := catalog.NameRuleOf(string(c.kind.typ), at)
	if !ok {
		return
	}
	if err := of.Check(c.ID.Name()); err != nil {
		c.fail("the name %v", err)
	}
}

// tags gives the tags that a resource carries or, as Microsoft.Resources/tags
// and a subscription's alias do, sets on another.
func tags(c *check) arm.Value {
	var v arm.Value
	switch {
	case c.is(tagsResources):
		v = c.p("tags")
	case c.is(aliases):
		v = c.p("additionalProperties", "tags")
	default:
		v = c.Get("tags")
	}
	if v.Kind() != arm.Object {
		return arm.Value{}
	}
	return v
}

func tagCount(c *check) {
	if n, most := tags(c).Len(), limit("tags-per-resource"); n > most {
		c.fail("wanted at most %d tags, found %d", most, n)
	}
}

func tagName(c *check) {
	most := limit("tag-name")
	for name := range tags(c).Members() {
		n := utf8.RuneCountInString(name)
		switch {
		case n == 0 || n > most:
			c.fail("wanted a tag name of 1 to %d characters, found %d", most, n)
		case strings.ContainsAny(name, `<>%&\?/`):
			c.fail(`wanted a tag name without < > %% & \ ? /, found %q`, name)
		}
	}
}

func tagNameOfStorage(c *check) {
	for name := range tags(c).Members() {
		if n := utf8.RuneCountInString(name); n > 128 {
			c.fail("wanted tag names of at most 128 characters on a storage account, found %d", n)
		}
	}
}

func tagValue(c *check) {
	most := limit("tag-value")
	for name, value := range tags(c).Members() {
		if n := utf8.RuneCountInString(value.Str()); n > most {
			c.fail("wanted at most %d characters in the value of tag %q, found %d", most, name, n)
		}
	}
}

// limit gives a number of the catalog, which must be there.
func limit(key string) int {
	l, ok := catalog.LimitOf(key)
	if !ok {
		panic("limits: the catalog has no limit " + key)
	}
	return int(l.Max)
}
