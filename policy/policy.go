// Package policy is Azure Policy, evaluated offline: definitions, sets,
// assignments, exemptions, enrollments and attestations go in as the resources
// Azure Resource Manager keeps (package snapshot reads the other forms), a
// Request or a whole tenant is judged, and verdicts, compliance states and
// explanations come out.
//
// A Definition is read and checked once (Define), bound to the parameters of
// an assignment (Bind), and then evaluated on any number of resources. Compile
// does that for every assignment of a tenant, with its hierarchy.
//
// Three rules carry the package. A value known only after deployment is
// unknown, and so is a verdict that depends on it. What the tables or the
// tenant lack (an alias, a definition, related resources) makes a verdict
// unknown with that reason, never "allowed". And where Microsoft's documents
// and tools disagree, each choice is an Option with a name.
//
// The package asks nobody: related resources come from a Related function,
// the time from the caller. It does not evaluate what resource providers do
// (Kubernetes and the other …Data modes): those are parsed and reported.
//
// The rules are those of learn.microsoft.com/azure/governance/policy/concepts;
// docs/policy.md lists them with what cannot be known offline.
package policy

import (
	"slices"
	"strings"
	"time"

	"airfield/arm"
	"airfield/catalog"
	"airfield/diag"
)

// Options say how policies are compiled. The zero Options are the defaults.
type Options struct {
	// Alias gives the properties an alias names, one for each resource type
	// that has it; none where no type has. Without one, the embedded table
	// is asked.
	Alias func(name string) []catalog.Alias
	// Place gives the place of a value inside a resource's body. Without one,
	// findings stand at the resource.
	Place func(r arm.Resource, v arm.Value) diag.Pos
	// Now is the time that utcNow gives and that exemptions end by.
	Now time.Time
	// Switched are the choices that differ from the default.
	Switched Option
	// Only are the rules to compile, by their assignment's folded id: their
	// references, "" for that of a single definition. nil is all.
	Only map[arm.ID][]string
	// Like is an engine that was compiled with the same options but for Only and
	// Place, of a tenant like this one: what is the same is taken from it.
	Like *Engine
}

func (o *Options) alias(name string) []catalog.Alias {
	if o.Alias != nil {
		return o.Alias(name)
	}
	return catalog.Aliases().Lookup(name)
}

func (o *Options) place(r arm.Resource, v arm.Value) diag.Pos {
	if o.Place != nil {
		return o.Place(r, v)
	}
	return r.Pos
}

func (o *Options) on(x Option) bool { return o.Switched&x != 0 }

// Option is a choice that Microsoft's documents, linter and engines make
// differently. A set of them is their sum; docs/policy.md says for each what
// the default is and which source holds the other view.
type Option uint32

// The options. Each names what happens when it is switched.
const (
	MissingArrayFails  Option = 1 << iota // a condition on [*] of a missing array is false, not vacuously true
	MissingFieldIsNull                    // field('missing') is null, not ""
	NullIsLikeAll                         // a missing value is like "*"
	NullOrderFails                        // less and greater on a missing value fail, and are not just false
	NumbersByValue                        // equals compares "5.0" and 5 as numbers
	NullNotIn                             // a missing value is in no list, not even [""]
	NullLiteralFails                      // equals null fails, as an expression that is null does
	EmptyDoesNotExist                     // exists is false for ""
	EmptyArrayExists                      // exists: false is false for [*] of an empty array
	CurrentNeedsName                      // current() without a name fails inside nested counts
	LikeQuestionMark                      // ? in like stands for one character
	TemplateFunctions                     // the date functions of templates exist in rules
	ShortDates                            // addDays and utcNow write no fraction of a second
	NoUniqueString                        // uniqueString does not exist in rules
	BoolFromText                          // bool takes "1" and "0" too
	numOptions         = iota
)

var optionNames = [numOptions]string{
	"missing-array-fails", "missing-field-is-null", "null-is-like-all", "null-order-fails",
	"numbers-by-value", "null-not-in", "null-literal-fails", "empty-does-not-exist",
	"empty-array-exists", "current-needs-name", "like-question-mark", "template-functions",
	"short-dates", "no-unique-string", "bool-from-text",
}

// AllOptions gives every single Option.
func AllOptions() []Option {
	all := make([]Option, numOptions)
	for i := range all {
		all[i] = 1 << i
	}
	return all
}

// String gives the names of the options in the set, joined by commas.
func (o Option) String() string {
	var names []string
	for i, name := range optionNames {
		if o&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return strings.Join(names, ",")
}

// ParseOption gives the option with a name.
func ParseOption(name string) (Option, bool) {
	i := slices.Index(optionNames[:], strings.ToLower(name))
	return 1 << max(i, 0), i >= 0
}

// The limits of learn.microsoft.com/azure/governance/policy/concepts/definition-structure-policy-rule#policy-rule-limits.
const (
	maxConditions     = 4096 // in if
	maxThenConditions = 128  // in an existenceCondition
	maxFunctions      = 2048 // in a rule
	maxArguments      = 128  // of a function
	maxNesting        = 64   // of functions
	maxDepth          = 128  // of a rule's JSON
	maxNodes          = 32_768
	maxFieldCounts    = 5   // on the same array
	maxValueCounts    = 10  // in a rule
	maxIterations     = 100 // of a count, nested ones multiplied
)
