package limits

import (
	"iter"
	"strings"
	"unicode/utf8"

	"airfield/arm"
	"airfield/catalog"
)

// name holds a name to the rule of its type at its scope. An assignment's name
// is rule role-assignment-name.
func name(c *check) {
	if c.Type().Equal(roleAssignments) {
		return
	}
	scope := c.ID.Scope().Type()
	at := ""
	switch {
	case scope.Equal(arm.ManagementGroupType):
		at = "managementGroup"
	case scope.Equal(arm.SubscriptionType):
		at = "subscription"
	case scope.Equal(arm.ResourceGroupType):
		at = "resourceGroup"
	}
	if arm.SubscriptionType.Equal(c.Type()) {
		return // its id, which nobody chooses
	}
	of, ok := catalog.NameRuleOf(string(c.Type()), at)
	if !ok {
		return
	}
	if err := of.Check(c.ID.Name()); err != nil {
		c.fail("the name %v", err)
	}
}

// tags gives the tags that a resource carries or, as Microsoft.Resources/tags
// and a subscription's alias do, sets on another.
func tags(c *check) iter.Seq2[string, arm.Value] {
	var v arm.Value
	switch {
	case tagsResources.Equal(c.Type()):
		v = c.p("tags")
	case aliases.Equal(c.Type()):
		v = c.p("additionalProperties", "tags")
	default:
		v = c.Get("tags")
	}
	if v.Kind() != arm.Object {
		return arm.Value{}.Members()
	}
	return v.Members()
}

func tagCount(c *check) {
	n := 0
	for range tags(c) {
		n++
	}
	if most := limit("tags-per-resource"); n > most {
		c.fail("wanted at most %d tags, found %d", most, n)
	}
}

func tagName(c *check) {
	for name := range tags(c) {
		n, most := utf8.RuneCountInString(name), limit("tag-name")
		switch {
		case n == 0 || n > most:
			c.fail("wanted a tag name of 1 to %d characters, found %d", most, n)
		case strings.ContainsAny(name, `<>%&\?/`):
			c.fail(`wanted a tag name without < > %% & \ ? /, found %q`, name)
		}
	}
}

func tagNameOfStorage(c *check) {
	for name := range tags(c) {
		if n := utf8.RuneCountInString(name); n > 128 {
			c.fail("wanted tag names of at most 128 characters on a storage account, found %d", n)
		}
	}
}

func tagValue(c *check) {
	for name, value := range tags(c) {
		if n, most := utf8.RuneCountInString(value.Str()), limit("tag-value"); n > most {
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
