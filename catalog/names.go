package catalog

import (
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"
	"sync"
	"unicode/utf8"
)

// Abbreviation returns the short word that begins the name of a resource of a
// type: vnet for Microsoft.Network/virtualNetworks. It is that of the Cloud
// Adoption Framework; where that has none, or several, it is judged.
func Abbreviation(armType string) (string, bool) { return AbbreviationOf(armType, "") }

// AbbreviationOf returns the short word of one kind of a type, such as the
// external load balancer, the os disk, the Hub workspace, the ExpressRoute
// gateway. Case does not count.
func AbbreviationOf(armType, kind string) (string, bool) {
	a, ok := abbreviations()[[2]string{fold(armType), fold(kind)}]
	return a, ok
}

// A NameRule says what the name of a resource may be.
type NameRule struct {
	Type     string // Microsoft.Storage/storageAccounts
	Scope    string // managementGroup or windows where the rule is only for those, else blank
	Min, Max int    // characters
	Pattern  string // RE2; blank allows anything
	Charset  string // in words: lower-case letters and digits
	Edges    string // what else, in words: begin with a letter; may be blank
	Unique   string // global, tenant, subscription, resource group, parent, region, scope or none
	Lower    bool   // capital letters are refused
	Hyphen   bool   // hyphens are allowed
	Source   string
	Judged   bool // no document read states all of it

	chars *regexp.Regexp // matches a character that is allowed; nil for any
	whole *regexp.Regexp // Pattern; nil for any
	quick *quick         // what of both can be told without them
}

// NameRuleOf returns the rule for the names of a type. Scope is what the
// resource lies at ("managementGroup", "subscription", "resourceGroup"), or
// "windows" for a virtual machine, scale set or node pool with Windows; where
// no rule is made for it, the general one holds. Case and spaces do not count.
func NameRuleOf(armType, scope string) (NameRule, bool) {
	armType, scope = fold(armType), fold(strings.ReplaceAll(scope, " ", ""))
	if r, ok := nameRules()[[2]string{armType, scope}]; ok {
		return r, true
	}
	r, ok := nameRules()[[2]string{armType, ""}]
	return r, ok
}

// Check returns what is wrong with a name, and nil if it keeps the rule:
// "has 26 characters, at most 24 are allowed".
func (r NameRule) Check(name string) error {
	if !utf8.ValidString(name) {
		return fmt.Errorf("is not valid UTF-8")
	}
	n := utf8.RuneCountInString(name)
	switch {
	case n == 0:
		return fmt.Errorf("is empty")
	case n < r.Min:
		return fmt.Errorf("has %s, at least %d are needed", characters(n), r.Min)
	case n > r.Max:
		return fmt.Errorf("has %s, at most %d are allowed", characters(n), r.Max)
	}
	if r.chars != nil {
		for _, c := range name {
			if !r.quick.chars.has(c) && !r.chars.MatchString(string(c)) {
				return fmt.Errorf("has %q, allowed are %s", c, r.Charset)
			}
		}
	}
	if r.whole != nil && !r.quick.ends(name) && !r.whole.MatchString(name) {
		return fmt.Errorf("must %s", r.Edges)
	}
	return nil
}

func characters(n int) string {
	if n == 1 {
		return "1 character"
	}
	return fmt.Sprintf("%d characters", n)
}

// quick says yes to most good characters and names in a few steps. Where it
// does not, the regular expressions decide.
type quick struct {
	chars       ascii
	edges       bool  // Pattern wants, of allowed characters, only these at the edges
	first, last ascii // of names of two characters or more
}

// ends tells that a name of allowed characters matches the whole pattern.
func (q *quick) ends(name string) bool {
	return q.edges && len(name) > 1 && q.first.has(rune(name[0])) && q.last.has(rune(name[len(name)-1]))
}

// quickOf reads the class of the allowed characters, [a-z-], and a pattern. Of
// patterns it knows those that say no more than how a name begins and ends:
// [a-z-] many times, with or without a class before and behind it, as in
// ^[a-z-]+$, ^[a-z][a-z-]*$ and ^[a-z]([a-z-]*[a-z])?$.
func quickOf(class, pattern string) *quick {
	q := &quick{chars: asciiOf(class)}
	inner := strings.TrimSuffix(strings.TrimPrefix(pattern, "^"), "$")
	before, behind, found := strings.Cut(inner, class+"*")
	if inner == class+"+" {
		before, behind, found = "", "", true
	}
	if opened, ok := strings.CutSuffix(before, "("); ok {
		if closed, ok := strings.CutSuffix(behind, ")?"); ok {
			before, behind = opened, closed
		}
	}
	var begins, ends bool
	q.first, begins = edge(before, q.chars)
	q.last, ends = edge(behind, q.chars)
	q.edges = found && begins && ends
	return q
}

// edge reads the class at an edge of a pattern; none allows what is allowed
// anywhere.
func edge(class string, chars ascii) (ascii, bool) {
	if class == "" {
		return chars, true
	}
	a := asciiOf(class)
	return a, a != ascii{}
}

// ascii are the ASCII characters of a class.
type ascii [128]bool

func (a *ascii) has(c rune) bool { return 0 <= c && c < 128 && a[c] }

// asciiOf reads a class of a regular expression, and gives none for any other.
func asciiOf(class string) ascii {
	var a ascii
	re, err := syntax.Parse(class, syntax.Perl)
	if err != nil || re.Op != syntax.OpCharClass {
		return a
	}
	for i := 0; i < len(re.Rune); i += 2 {
		for c := re.Rune[i]; c <= re.Rune[i+1] && c < 128; c++ {
			a[c] = true
		}
	}
	return a
}

var abbreviations = sync.OnceValue(func() map[[2]string]string {
	all := map[[2]string]string{}
	for _, name := range []string{"data/abbreviations", "judged/abbreviations"} {
		read(name).each(func(cell func(string) string) {
			all[[2]string{fold(cell("type")), fold(cell("kind"))}] = cell("abbreviation")
		})
	}
	return all
})

var nameRules = sync.OnceValue(func() map[[2]string]NameRule {
	rules := map[[2]string]NameRule{}
	for _, name := range []string{"data/name_rules", "judged/name_rules"} {
		read(name).each(func(cell func(string) string) {
			r := NameRule{
				Type:    cell("type"),
				Scope:   cell("scope"),
				Min:     whole(cell("min")),
				Max:     whole(cell("max")),
				Pattern: cell("pattern"),
				Charset: cell("charset"),
				Edges:   cell("edges"),
				Unique:  cell("unique"),
				Lower:   yes(cell("lower")),
				Hyphen:  yes(cell("hyphen")),
				Source:  cell("source"),
				Judged:  strings.HasPrefix(name, "judged/"),
			}
			if chars := cell("chars"); chars != "" {
				r.chars = regexp.MustCompile("^[" + chars + "]$")
			}
			if r.Pattern != "" {
				r.whole = regexp.MustCompile(r.Pattern)
			}
			r.quick = quickOf("["+cell("chars")+"]", r.Pattern)
			rules[[2]string{fold(r.Type), fold(r.Scope)}] = r
		})
	}
	return rules
})
