package estate

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"airfield/diag"
	"airfield/source"
)

// Azure's limits of tags.
// learn.microsoft.com/azure/azure-resource-manager/management/tag-resources#limitations
const (
	maxTags     = 50
	maxTagKey   = 512
	maxTagValue = 256
	noTagKey    = `<>%&\?/`
)

func (c *checker) tagRules() {
	if n := len(c.Tags.Required); n > maxTags {
		c.Errorf(c.Tags.Of("required"), "estate/tag-count", "%d required tags, Azure takes at most %d a resource", n, maxTags)
	}
	seen := map[string]string{}
	for _, r := range c.Tags.Required {
		c.tagKey(r.Pos, r.Key, seen)
		v := r.Value
		if v.Match != "" {
			if _, err := regexp.Compile(v.Match); err != nil {
				c.Errorf(v.Of("match"), "estate/tag-rule", "%q is no regular expression: %s", v.Match, strings.TrimPrefix(err.Error(), "error parsing regexp: "))
			}
		}
		switch {
		case v.Match != "" && !v.Values.Empty():
			c.Errorf(v.Of("match"), "estate/tag-rule", "tag %q has both values and match, wanted one of them", r.Key)
		case len(v.Values.Map) > 0 && v.From == "":
			c.Errorf(v.Of("values"), "estate/tag-rule", "tag %q maps values but has no from to say whose, wanted from or a list of values", r.Key)
		}
		for _, value := range v.Values.Allowed() {
			c.tagValue(v.Of("values"), r.Key, value, TagRule{})
		}
	}
}

// tagKey checks a key. seen holds the keys beside it, by lower case.
func (c *checker) tagKey(pos diag.Pos, key string, seen map[string]string) {
	folded := strings.ToLower(key)
	if other, twice := seen[folded]; twice {
		c.Errorf(pos, "estate/tag-case", "tag %q is there as %q already: Azure compares keys without case", key, other)
	}
	seen[folded] = key
	if i := strings.IndexAny(key, noTagKey); i >= 0 {
		c.Errorf(pos, "estate/tag-key", "tag %q has the character %q, which Azure does not take in a key", key, key[i:i+1])
	}
	if n := utf8.RuneCountInString(key); n > maxTagKey || n == 0 {
		c.Errorf(pos, "estate/tag-key", "tag %q has %d characters, wanted 1 to %d", short(key), n, maxTagKey)
	}
	for _, reserved := range []string{"microsoft", "azure", "windows"} {
		if strings.HasPrefix(folded, reserved) {
			c.Errorf(pos, "estate/tag-key", "tag %q begins with %q, which Azure keeps for itself", short(key), reserved)
		}
	}
}

func short(s string) string {
	if utf8.RuneCountInString(s) > 40 {
		return string([]rune(s)[:40]) + "…"
	}
	return s
}

// tagValue checks a value against Azure's limits and a rule.
func (c *checker) tagValue(pos diag.Pos, key, value string, r TagRule) {
	if what := secret(value); what != "" {
		c.Errorf(pos, "estate/secret", "the value of tag %q looks like %s; everyone who can read the resource reads its tags, so change the secret and keep it in a key vault", key, what)
		return
	}
	if n := utf8.RuneCountInString(value); n > maxTagValue {
		c.Errorf(pos, "estate/tag-value", "the value of tag %q has %d characters, Azure takes at most %d", key, n, maxTagValue)
		return
	}
	allowed := r.Values.Allowed()
	switch {
	case value == "":
		c.Errorf(pos, "estate/tag-value", "tag %q has an empty value", key)
	case len(allowed) > 0 && !slices.Contains(allowed, value):
		c.Errorf(pos, "estate/tag-value", "tag %q has the value %q, wanted one of %s%s", key, value, strings.Join(allowed, ", "), diag.DidYouMean(value, allowed))
	case r.Match != "" && !c.matches(r.Match, value):
		c.Errorf(pos, "estate/tag-value", "tag %q has the value %q, wanted one that matches %s", key, value, r.Match)
	case r.Kind == "mailbox" && !mailShape.MatchString(value):
		c.Errorf(pos, "estate/mailbox", "tag %q has the value %q, wanted the address of a group mailbox such as ai-platform@example.com", key, value)
	}
}

// matches tells whether the whole value matches a rule's expression. One that
// is none is found with the rule.
func (c *checker) matches(expression, value string) bool {
	match, compiled := c.expressions[expression]
	if !compiled {
		match, _ = regexp.Compile("^(?:" + expression + ")$")
		c.expressions[expression] = match
	}
	return match == nil || match.MatchString(value)
}

// secrets are what a tag must not hold. No finding prints the value.
var secrets = []struct {
	what  string
	shape *regexp.Regexp
}{
	{"a private key or certificate", regexp.MustCompile(`-----BEGIN `)},
	{"a connection string", regexp.MustCompile(`(?i)(AccountKey|SharedAccessKey|SharedSecretValue)\s*=|://[^/\s:@]+:[^/\s@]+@`)},
	{"a shared access signature", regexp.MustCompile(`(?i)(^|[?&])sig=[^&]{8,}|SharedAccessSignature`)},
	{"a password", regexp.MustCompile(`(?i)\b(password|passwd|pwd|secret|api[-_]?key|token)\s*[=:]\s*\S`)},
	{"a JSON web token", regexp.MustCompile(`^(Bearer )?eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.`)},
	{"a storage account key", regexp.MustCompile(`^[A-Za-z0-9+/]{86}==$`)},
	{"an application secret", regexp.MustCompile(`^[A-Za-z0-9_.~-]{3}\dQ~[A-Za-z0-9_.~-]{31,34}$`)},
	{"an access token", regexp.MustCompile(`^(gh[pousr]_[A-Za-z0-9]{30,}|github_pat_\w{30,}|hf_[A-Za-z0-9]{30,}|sk-[A-Za-z0-9_-]{20,})$`)},
}

func secret(value string) string {
	for _, s := range secrets {
		if s.shape.MatchString(value) {
			return s.what
		}
	}
	return ""
}

// tagValues checks the tags of each place: those written, and those made by
// the rules.
func (c *checker) tagValues() {
	for _, p := range c.places {
		seen := map[string]string{}
		for _, t := range p.Tags {
			c.tagKey(t.Pos, t.Key, seen)
			rule, ruled := c.rule(t.Key)
			if ruled && rule.Key != t.Key {
				c.Warnf(t.Pos, "estate/tag-case", "tag %q is written %q in tags.required; the names of the rules are used", t.Key, rule.Key)
			}
			c.tagValue(t.Pos, t.Key, t.Value, rule.Value)
		}
		for _, r := range c.Tags.Required {
			if _, written := tagNamed(p.Tags, r.Key); !written {
				c.ruledTag(p, r)
			}
		}
		if n := len(c.TagsOf(p)); n > maxTags && len(c.Tags.Required) <= maxTags {
			c.Errorf(p.Pos, "estate/tag-count", "%q has %d tags, Azure takes at most %d a resource", p.Name(), n, maxTags)
		}
	}
}

func (c *checker) rule(key string) (source.Entry[TagRule], bool) {
	for _, r := range c.Tags.Required {
		if strings.EqualFold(r.Key, key) {
			return r, true
		}
	}
	return source.Entry[TagRule]{}, false
}

// writeIn says which key of a workload a tag's source is written in.
var writeIn = map[TagSource]string{
	"cost_center": "cost_center in the workload, or organization.cost_center",
	"division":    "division in the workload",
	"begins":      "begins in the workload",
	"ends":        "ends in the workload",
}

// ruledTag checks a tag that the workload does not write itself.
func (c *checker) ruledTag(p Place, r source.Entry[TagRule]) {
	pos := p.KeyPos
	fact := c.Fact(p, r.Value.From)
	value, ok := c.ruled(p, r.Value)
	switch {
	case fact == "" && r.Value.From == "":
		c.Errorf(pos, "estate/tag-missing", "workload %q has no tag %q, which tags.required asks for: write tags: {%s: …}", p.Workload, r.Key, r.Key)
	case fact == "":
		c.Errorf(pos, "estate/tag-missing", "workload %q has no %s for the tag %q: write %s", p.Workload, r.Value.From, r.Key, or(writeIn[r.Value.From], string(r.Value.From)))
	case !ok:
		from := r.Value.Values.Map.Keys()
		c.Errorf(r.Value.Of("values"), "estate/tag-value", "tag %q has no value for the %s %q of %q, wanted one for each of its values, found %s%s", r.Key, r.Value.From, fact, p.Name(), strings.Join(from, ", "), diag.DidYouMean(fact, from))
	case len(r.Value.Values.Map) == 0: // what a mapping gives is checked with the rule
		if at := p.Of.Of(string(r.Value.From)); p.Of.Has(string(r.Value.From)) {
			pos = at
		} else if c.Organization.Has(string(r.Value.From)) {
			pos = c.Organization.Of(string(r.Value.From))
		}
		rule := r.Value
		if rule.From == "owner" {
			rule.Kind = "" // every owner is checked where it is written
		}
		c.tagValue(pos, r.Key, value, rule)
	}
}
