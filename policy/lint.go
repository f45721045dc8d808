package policy

import (
	"slices"
	"strings"

	"airfield/arm"
	"airfield/catalog"
	"airfield/diag"
	"airfield/expr"
	"airfield/tenant"
)

// Linting finds what is valid and yet questionable. A rule looks at one
// definition (Lint), at one set (LintSets), or at a tenant's assignments
// (Engine.Lint); docs/lint.md has a paragraph for each. The first thirty are
// those that Microsoft's linter documents, by the same names:
// github.com/Azure/azure-policy-linter, docs/Rules.
//
// What Define, DefineSet and Compile report is not repeated, and a definition
// that they refuse is not linted.

// LintRule is one thing that linting looks for. The code of its findings is
// "lint/" and the ID.
type LintRule struct {
	ID       string
	Severity diag.Severity
	Finds    string // what it finds, in a few words

	definition func(*linter)       // one of the three is set
	set        func(*linter, *Set) // nil for the others
	tenant     func(*tenantLinter)
}

// lintRules are all of them, sorted within the three kinds.
var lintRules = []LintRule{
	{ID: "all-parameter-references-must-resolve", Severity: diag.Error, Finds: "a parameter that a deployment's parameters ask for and the definition lacks", definition: unresolvedParameters},
	{ID: "blocking-effect-on-role-assignments", Severity: diag.Warning, Finds: "a deny on role assignments, which can lock administrators out", definition: roleAssignmentsDenied},
	{ID: "broad-type-matching-operator", Severity: diag.Warning, Finds: "a type compared by pattern", definition: broadTypes},
	{ID: "conditional-field-alias", Severity: diag.Warning, Finds: "an alias of a property that only one kind of the resource has", definition: conditionalAliases},
	{ID: "deeply-nested-field-alias", Severity: diag.Warning, Finds: "an alias that leads through several resources", definition: nestedAliases},
	{ID: "effect-allowed-values-should-not-mix-incompatible-effects", Severity: diag.Error, Finds: "allowed effects that need different details", definition: mixedEffects},
	{ID: "effect-parameter-missing-allowed-values", Severity: diag.Warning, Finds: "an effect parameter that takes any text", definition: openEffect},
	{ID: "effect-parameter-missing-default-value", Severity: diag.Warning, Finds: "an effect parameter without a default", definition: effectWithoutDefault},
	{ID: "equality-check-on-numeric-field", Severity: diag.Info, Finds: "a number compared as text", definition: numericEquality},
	{ID: "field-alias-unavailable-in-latest-api-version", Severity: diag.Warning, Finds: "an alias that the newest API version lacks", definition: aliasesGone},
	{ID: "field-alias-unavailable-in-old-api-versions", Severity: diag.Info, Finds: "an enforced alias that older API versions lack", definition: aliasesNew},
	{ID: "hard-coded-policy-enforcement-effect", Severity: diag.Warning, Finds: "an enforcing effect that no parameter can turn off", definition: hardEffect},
	{ID: "like-notlike-without-wildcards", Severity: diag.Warning, Finds: "like without *", definition: likeWithoutWildcards},
	{ID: "match-without-wildcards", Severity: diag.Warning, Finds: "matchInsensitively without a placeholder", definition: matchWithoutWildcards},
	{ID: "nested-same-type-quantifiers-should-be-flattened", Severity: diag.Warning, Finds: "allOf in allOf, anyOf in anyOf", definition: nestedJunctions},
	{ID: "optional-field-alias", Severity: diag.Info, Finds: "an enforced property whose absence is judged unlike the default that Azure puts there", definition: optionalAliases},
	{ID: "ordering-operator-on-incompatible-field-type", Severity: diag.Error, Finds: "less or greater between kinds of values that have no order", definition: badOrder},
	{ID: "parameter-missing-description", Severity: diag.Info, Finds: "a parameter without a description", definition: undescribedParameters},
	{ID: "parameter-missing-display-name", Severity: diag.Info, Finds: "a parameter without a display name", definition: unnamedParameters},
	{ID: "policy-rule-references-multiple-resource-types", Severity: diag.Info, Finds: "a rule about several resource types", definition: severalTypes},
	{ID: "read-only-field-alias", Severity: diag.Warning, Finds: "an enforced property that no request has to hold", definition: readOnlyAliases},
	{ID: "request-context-identity-is-enforcement-only", Severity: diag.Warning, Finds: "a rule that asks for the caller, and so has no compliance", definition: callerRead},
	{ID: "risky-effect-parameter-default-value", Severity: diag.Warning, Finds: "an effect parameter that enforces by default", definition: riskyDefault},
	{ID: "simplify-multiple-equals-to-in", Severity: diag.Warning, Finds: "anyOf over equals on one field", definition: equalsForIn},
	{ID: "simplify-multiple-notequals-to-notin", Severity: diag.Info, Finds: "allOf over notEquals on one field", definition: notEqualsForNotIn},
	{ID: "tryget-use-with-null-coercing-operator", Severity: diag.Info, Finds: "a tryGet whose null counts as the empty text", definition: tryGetCoerced},
	{ID: "type-condition-first-in-allof", Severity: diag.Warning, Finds: "a condition on the type behind others", definition: typeNotFirst},
	{ID: "unguarded-request-context-identity-access", Severity: diag.Warning, Finds: "a claim read without tryGet", definition: callerUnguarded},
	{ID: "unguarded-tryget-operator-value", Severity: diag.Error, Finds: "a tryGet whose null makes the operator fail", definition: tryGetUnguarded},
	{ID: "unnecessary-quantifier-wrapper", Severity: diag.Warning, Finds: "allOf or anyOf of one condition", definition: loneConditions},
	{ID: "unused-parameter", Severity: diag.Warning, Finds: "a parameter that the rule does not use", definition: unusedParameters},

	{ID: "unused-set-parameter", Severity: diag.Warning, Finds: "a parameter of a set that no member gets", set: unusedSetParameters},

	{ID: "deprecated-definition", Severity: diag.Warning, Finds: "an assignment of what its author gave up", tenant: deprecatedAssigned},
	{ID: "exemption-expired", Severity: diag.Warning, Finds: "an exemption that is over", tenant: expiredExemptions},
	{ID: "exemption-expires-soon", Severity: diag.Info, Finds: "an exemption that ends within 30 days", tenant: expiringExemptions},
	{ID: "exemption-unknown-reference", Severity: diag.Warning, Finds: "an exemption from a member that the set lacks", tenant: exemptionReferences},
	{ID: "exemption-without-assignment", Severity: diag.Warning, Finds: "an exemption from nothing that is in force there", tenant: exemptionAssignments},
	{ID: "identity-has-more-roles", Severity: diag.Info, Finds: "a role that no effect of the assignment needs", tenant: needlessRoles},
	{ID: "identity-lacks-role", Severity: diag.Warning, Finds: "a role that an effect of the assignment needs", tenant: missingRoles},
	{ID: "list-leaves-types-out", Severity: diag.Warning, Finds: "a list of sizes or locations that other types with GPUs escape", tenant: escapes},
	{ID: "missing-identity", Severity: diag.Error, Finds: "modify or deployIfNotExists without an identity", tenant: missingIdentities},
	{ID: "modify-conflict", Severity: diag.Warning, Finds: "two modifications that deny each other", tenant: modifyConflicts},
	{ID: "not-scope-not-in-tenant", Severity: diag.Info, Finds: "a notScope that leaves nothing out", tenant: strayNotScopes},
	{ID: "redundant-assignment", Severity: diag.Info, Finds: "the same assignment below or beside another", tenant: redundantAssignments},
	{ID: "scope-not-in-tenant", Severity: diag.Warning, Finds: "an assignment to a scope that is not there", tenant: strayScopes},
	{ID: "shadowed-assignment", Severity: diag.Info, Finds: "an assignment whose rules all hold already", tenant: shadowedAssignments},
}

// LintRules gives every rule of Lint, LintSets and Engine.Lint.
func LintRules() []LintRule { return slices.Clone(lintRules) }

// Lint gives what is questionable in policy definitions, definition by
// definition.
func Lint(o *Options, definitions []*Definition) diag.List {
	l := &linter{lintReport: lintReport{o: o}, versions: map[string][]string{}}
	for _, def := range definitions {
		if def.broken {
			continue
		}
		l.enter(def)
		for i := range lintRules {
			if l.rule = &lintRules[i]; l.rule.definition != nil {
				l.rule.definition(l)
			}
		}
	}
	return l.found
}

// LintSets gives what is questionable in policy sets by themselves.
func LintSets(o *Options, sets []*Set) diag.List {
	l := &linter{lintReport: lintReport{o: o}}
	for _, s := range sets {
		l.resource = s.resource
		for i := range lintRules {
			if l.rule = &lintRules[i]; l.rule.set != nil {
				l.rule.set(l, s)
			}
		}
	}
	return l.found
}

// Lint gives what is questionable in the tenant's assignments, and in the sets
// and exemptions that go with them. It does not lint definitions.
func (e *Engine) Lint() diag.List {
	l := &tenantLinter{lintReport: lintReport{o: &e.o}, e: e}
	for i := range lintRules {
		if l.rule = &lintRules[i]; l.rule.tenant != nil {
			l.rule.tenant(l)
		}
	}
	return append(LintSets(&e.o, e.sets()), l.found...)
}

// sets gives the sets that are assigned, and those of the tenant's own that are
// not.
func (e *Engine) sets() []*Set {
	var all []*Set
	seen := map[arm.ID]bool{}
	for _, a := range e.Assignments {
		if a.Set != nil && !seen[a.Set.ID.Fold()] {
			seen[a.Set.ID.Fold()] = true
			all = append(all, a.Set)
		}
	}
	for r := range e.t.OfType(setType) {
		if seen[r.ID.Fold()] || !custom(r) {
			continue
		}
		if s, found := DefineSet(tenant.Keep(r), &e.o); !found.HasErrors() {
			all = append(all, s)
		}
	}
	return all
}

// custom tells whether a definition or set is the tenant's own.
func custom(r arm.Resource) bool {
	kind := r.Get("properties", "policyType").Str()
	return !arm.EqualFold(kind, "BuiltIn") && !arm.EqualFold(kind, "Static") && !r.ID.Scope().Equal(arm.Tenant)
}

// lintReport collects the findings of one rule after the other.
type lintReport struct {
	o     *Options
	rule  *LintRule
	found diag.List
}

// add adds a finding of the rule at a node of a resource.
func (l *lintReport) add(r arm.Resource, at arm.Value, format string, args ...any) {
	pos, code := l.o.place(r, at), "lint/"+l.rule.ID
	switch l.rule.Severity {
	case diag.Error:
		l.found.Errorf(pos, code, format, args...)
	case diag.Warning:
		l.found.Warnf(pos, code, format, args...)
	default:
		l.found.Infof(pos, code, format, args...)
	}
}

// linter looks at one definition after the other.
type linter struct {
	lintReport
	resource    arm.Resource
	def         *Definition
	sites       []site
	references  []reference
	expressions []placed            // of the rule
	versions    map[string][]string // known API versions by type in lower case, sorted
}

// report adds a finding at a node of the definition.
func (l *linter) report(at arm.Value, format string, args ...any) {
	l.add(l.resource, at, format, args...)
}

// site is one condition and where it stands.
type site struct {
	*condition
	negated bool     // inside an odd number of nots
	related bool     // reads the related resource of an existence effect
	inside  []*count // the counts around it, outermost first
}

// reference is one place where a definition names an alias.
type reference struct {
	name    string
	at      arm.Value
	site    *site           // nil where an operation of modify or append names it
	left    bool            // it is the site's field
	aliases []catalog.Alias // none where no table has it
}

func (l *linter) enter(def *Definition) {
	l.def, l.resource = def, def.resource
	l.sites, l.references = nil, nil
	l.expressions = expressionsIn(def.resource.Get("properties", "policyRule"))
	l.visit(site{condition: &def.condition})
	if def.details.existence != nil {
		l.visit(site{condition: def.details.existence, related: true})
	}
	for i := range l.sites {
		l.refer(&l.sites[i])
	}
	for i := range def.details.operations {
		op := &def.details.operations[i]
		l.addReference(&op.field, nil)
		l.called(&op.value, nil)
	}
}

// visit notes a condition and those in it.
func (l *linter) visit(s site) {
	l.sites = append(l.sites, s)
	below := s
	below.negated = s.negated != (s.kind == notOf)
	for i := range s.sub {
		below.condition = &s.sub[i]
		l.visit(below)
	}
	if s.count != nil && s.count.where != nil {
		below.condition = s.count.where
		below.inside = append(slices.Clip(s.inside), s.count)
		l.visit(below)
	}
}

// refer notes the aliases that one condition names.
func (l *linter) refer(s *site) {
	switch {
	case s.kind <= notOf:
		return
	case s.kind == fieldOf:
		l.addReference(&s.left, s)
	case s.count != nil && s.count.field:
		l.addReference(&s.count.over, s)
	case s.count != nil:
		l.called(&s.count.over, s)
	}
	l.called(&s.left, s)
	l.called(&s.right, s)
}

// called notes the aliases that the calls of field and current in an operand
// name.
func (l *linter) called(o *operand, s *site) {
	o.each(func(o *operand) {
		if o.expr == nil {
			return
		}
		o.expr.Calls(func(name string, first arm.Value) {
			if (name == "field" || name == "current") && strings.Contains(first.Str(), "/") {
				l.named(reference{name: first.Str(), at: o.value, site: s})
			}
		})
	})
}

func (l *linter) addReference(o *operand, s *site) {
	if !o.parsed() {
		l.named(reference{name: o.value.Str(), at: o.value, site: s, left: s != nil && s.kind == fieldOf})
	}
}

// named notes a reference, unless the name is no alias.
func (l *linter) named(r reference) {
	fold := strings.ToLower(r.name)
	if _, own := fieldKinds[fold]; own {
		return
	}
	if _, tag := tagName(r.name, fold); tag {
		return
	}
	r.aliases = l.o.alias(r.name)
	l.references = append(l.references, r)
}

// perAlias calls f for the first reference to each alias that a table has and
// that f has not been called for.
func (l *linter) perAlias(f func(r *reference)) {
	seen := map[string]bool{}
	for i := range l.references {
		r := &l.references[i]
		if key := strings.ToLower(r.name); !seen[key] && len(r.aliases) > 0 {
			seen[key] = true
			f(r)
		}
	}
}

// literal gives what a rule writes, or the default of the parameter that stands
// there.
func (l *linter) literal(o *operand) (arm.Value, bool) {
	if !o.parsed() {
		return o.value, o.value.Exists()
	}
	if p := l.parameter(o); p != nil {
		return p.Default, p.Default.Exists()
	}
	return arm.Value{}, false
}

// parameter gives the parameter that an operand is, nil where it is something
// else.
func (l *linter) parameter(o *operand) *Parameter {
	if o.expr == nil {
		return nil
	}
	found := -1
	o.expr.Calls(func(name string, first arm.Value) {
		if i := parameterOf(l.def.Parameters, first.Str()); name == "parameters" && i >= 0 && isCall(o.expr.Expr, "parameters", first.Str()) {
			found = i
		}
	})
	if found < 0 {
		return nil
	}
	return &l.def.Parameters[found]
}

// isCall tells whether an expression is nothing but the call of a function with
// one text.
func isCall(e *expr.Expr, name, argument string) bool {
	return arm.EqualFold(e.String(), "["+name+"("+expr.Source(arm.New(argument))+")]")
}

// parameterAt gives the place of a parameter in the definition or set.
func parameterAt(r arm.Resource, name string) arm.Value {
	return r.Get("properties", "parameters", name)
}
