// Package access says who can do what where in a tenant, by Azure's role-based
// access control: role assignments, what roles allow, deny assignments,
// conditions, eligibility and groups.
//
// A tenant goes in. Questions about it come out answered: Can a principal do
// something, Who can, what is in force At a scope, what does writing resources
// Need, and what of that is a principal Lacking. An answer is yes, yes with a
// condition, no, or not known with the reason: what the tenant does not hold
// (members of a group, what a role allows) never makes a no, nor a yes.
//
// The package asks nobody: it knows no sign-in, no attribute of a request but
// those given, and no access that is not of Azure RBAC (keys, policies of key
// vaults, Kubernetes' own roles, directory roles). Classic administrators and
// delegations by Azure Lighthouse are reported and not evaluated.
//
// The rules are those of learn.microsoft.com/azure/role-based-access-control;
// docs/access.md says how they are read here.
package access

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"airfield/arm"
	"airfield/diag"
	"airfield/tenant"
)

// Decision answers a question. The lesser of two holds where both are needed,
// the greater where either is enough.
type Decision uint8

// The decisions.
const (
	No Decision = iota
	Unknown
	Conditional // yes where a condition holds that depends on the request
	Yes
)

// String gives the decision in words.
func (d Decision) String() string {
	return [...]string{"no", "not known", "yes, with a condition", "yes"}[d]
}

// MarshalText gives the decision's name for programs.
func (d Decision) MarshalText() ([]byte, error) {
	return []byte([...]string{"no", "unknown", "conditional", "yes"}[d]), nil
}

// not gives the decision on the opposite.
func (d Decision) not() Decision { return [...]Decision{Yes, Unknown, Conditional, No}[d] }

// decided gives Yes or No.
func decided(yes bool) Decision {
	if yes {
		return Yes
	}
	return No
}

// Question is what Can is asked.
type Question struct {
	Principal string // object id, or the resource id of what has an identity
	Action    string // Microsoft.Compute/virtualMachines/write
	Plane     Plane  // AnyPlane to tell by the action
	Scope     arm.ID
	Known     Attributes // of the request, for conditions; may be nil
}

// Answer is what Can says.
type Answer struct {
	Decision Decision `json:"decision"`
	// Grounds are the assignments that bear on the question, nearest scope
	// first, eligible and ended ones among them.
	Grounds []Ground `json:"grounds,omitempty"`
	// Doubts say what the answer would need to be known and is not.
	Doubts []string `json:"doubts,omitempty"`
}

// Ground is one assignment's part in an answer.
type Ground struct {
	*Assignment
	Effect Decision `json:"effect"`        // whether it grants, or denies; of an eligible one, once it is activated
	Via    []string `json:"via,omitempty"` // groups that the principal is in, from the assigned one down
	Why    string   `json:"why,omitempty"` // it is not a plain yes
	held   Decision // whether the principal is one that it names
}

// Access answers questions about a tenant. It does not change and is safe for
// concurrent use.
type Access struct {
	t       *tenant.Tenant
	now     time.Time
	at      map[arm.ID][]*Assignment // by scope, folded
	roles   map[string]*Role         // by GUID, folded
	people  map[string]person        // by object id, folded
	aside   map[arm.ID][]string      // what is not evaluated, by scope, folded
	literal planes
	grouped bool // the tenant has management groups
}

// New reads what grants access in a tenant. Assignments that ended before now,
// or begin after it, are not in force; at the zero time, whether they are is
// not known. Findings say what cannot be evaluated.
func New(t *tenant.Tenant, now time.Time) (*Access, diag.List) {
	r := reader{Access: &Access{t: t, now: now, at: map[arm.ID][]*Assignment{}, roles: map[string]*Role{}, people: map[string]person{}, aside: map[arm.ID][]string{}}}
	r.read()
	return r.Access, r.found.Sorted()
}

// Can tells whether a principal can do something at a scope.
func (a *Access) Can(q Question) Answer {
	if err := CheckAction(q.Action); err != nil {
		return Answer{Decision: Unknown, Doubts: []string{err.Error()}}
	}
	if q.Plane == AnyPlane {
		q.Plane = a.planeOf(q.Action)
	}
	if q.Plane != AnyPlane {
		return a.can(q)
	}
	q.Plane = Data
	data := a.can(q)
	q.Plane = Control
	control := a.can(q)
	if data.Decision == control.Decision {
		return control
	}
	return Answer{Decision: Unknown, Grounds: append(control.Grounds, data.Grounds...), Doubts: []string{fmt.Sprintf(
		"whether %s is an action of control or of data is not known: as one of control the answer is %q, of data %q", q.Action, control.Decision, data.Decision)}}
}

// can answers for one plane: something grants it, and nothing denies it.
func (a *Access) can(q Question) Answer {
	var x Answer
	key, identified := a.key(q.Principal)
	chain := a.chain(q.Scope)
	granted, free := No, Yes
	for _, scope := range chain {
		for _, s := range a.at[scope.Fold()] {
			g := a.ground(s, key, q)
			if g.Effect == No && g.Why == "" {
				continue
			}
			x.Grounds = append(x.Grounds, g)
			switch s.Kind {
			case Active:
				granted = max(granted, g.Effect)
			case Deny:
				free = min(free, g.Effect.not())
			}
		}
	}
	unseen := a.unseen(chain)
	if !identified && granted < Conditional {
		unseen = append(unseen, fmt.Sprintf("the object id of %s is not in the snapshot", q.Principal))
	}
	if len(unseen) > 0 {
		granted = max(granted, Unknown)
	}
	denials := a.missing("denyAssignments", chain)
	if denials != "" {
		free = min(free, Unknown)
	}
	x.Decision = min(granted, free)
	if x.Decision == Unknown {
		x.Doubts = doubts(x.Grounds, unseen, denials, granted)
	}
	return x
}

// doubts gathers why an answer is not known.
func doubts(grounds []Ground, unseen []string, denials string, granted Decision) []string {
	var all []string
	for _, g := range grounds {
		if g.Effect == Unknown && g.Kind != Eligible {
			all = append(all, g.Why)
		}
	}
	if granted == Unknown {
		all = append(all, unseen...)
	}
	if denials != "" {
		all = append(all, denials)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// ground says what an assignment means for a question. What has nothing to do
// with it has the effect No and no Why.
func (a *Access) ground(s *Assignment, key string, q Question) Ground {
	g := Ground{Assignment: s}
	if s.OnlyHere && !s.Scope.Equal(q.Scope) {
		return g
	}
	held := a.held(s, key)
	allowed, why := s.Role.allows(q)
	within := s.Condition.holds(q)
	g.Effect, g.Via, g.held = min(held.decision, allowed, within), held.via, held.decision
	if g.Effect == No {
		return g
	}
	force, when := s.inForce(a.now)
	g.Effect = min(g.Effect, force)
	switch g.Effect {
	case Yes:
		return g
	case Conditional:
		g.Why = "it has a condition that depends on the request"
		return g
	}
	for _, w := range []struct {
		d   Decision
		why string
	}{{force, when}, {held.decision, held.why}, {allowed, why}} {
		if w.d == g.Effect {
			g.Why = w.why
			break
		}
	}
	return g
}

// Held gives the assignments at a scope that apply to a principal, or may; to
// anyone where principal is "".
func (a *Access) Held(principal string, scope arm.ID) []Ground {
	var all []Ground
	key, _ := a.key(principal)
	for _, s := range a.At(scope) {
		held := hold{decision: Yes}
		if principal != "" {
			held = a.held(s, key)
		}
		force, why := s.inForce(a.now)
		if held.decision == Unknown {
			why = held.why
		}
		if held.decision != No {
			all = append(all, Ground{s, min(held.decision, force), held.via, why, held.decision})
		}
	}
	return all
}

// Holder is a principal that can do something, or may.
type Holder struct {
	Principal
	Answer
}

// Who gives the principals that can do something at a scope, may, or could
// after activating an eligible assignment: those that assignments name, and the
// known members of their groups. Who else is in a group whose members are not
// known is not among them.
func (a *Access) Who(q Question) []Holder {
	var all []Holder
	seen := map[string]bool{}
	for _, s := range a.At(q.Scope) {
		if s.Kind == Deny {
			continue
		}
		for _, p := range a.with(s.Principals) {
			if p.key == "" || seen[p.key] {
				continue
			}
			seen[p.key] = true
			q.Principal = p.ID
			x := a.Can(q)
			if slices.ContainsFunc(x.Grounds, func(g Ground) bool {
				return g.held == Yes && g.Effect != No && (g.Kind == Eligible || g.Kind == Active && x.Decision != No)
			}) {
				all = append(all, Holder{p, x})
			}
		}
	}
	slices.SortStableFunc(all, func(x, y Holder) int { return int(y.Decision) - int(x.Decision) })
	return all
}

// At gives the assignments that are made at a scope and inherited by it,
// nearest first; also those that have ended or are eligible alone.
func (a *Access) At(scope arm.ID) []*Assignment {
	var all []*Assignment
	for _, at := range a.chain(scope) {
		for _, s := range a.at[at.Fold()] {
			if !s.OnlyHere || s.Scope.Equal(scope) {
				all = append(all, s)
			}
		}
	}
	return all
}

// Aside says what else may give access at a scope and is not evaluated, and
// what the snapshot lacks there.
func (a *Access) Aside(scope arm.ID) []string {
	chain := a.chain(scope)
	all := a.unseen(chain)
	if why := a.missing("denyAssignments", chain); why != "" {
		all = append(all, why)
	}
	for _, at := range chain {
		all = append(all, a.aside[at.Fold()]...)
	}
	return all
}

// chain gives a scope and all that it lies in, nearest first.
func (a *Access) chain(scope arm.ID) []arm.ID {
	return append([]arm.ID{scope}, a.t.Ancestors(scope)...)
}

// unseen says why role assignments that reach a scope may not be in the tenant.
func (a *Access) unseen(chain []arm.ID) []string {
	var all []string
	if why := a.missing("roleAssignments", chain); why != "" {
		all = append(all, why)
	}
	some := false
	for i, at := range chain {
		some = some || slices.ContainsFunc(a.at[at.Fold()], func(s *Assignment) bool { return s.Kind == Active })
		if a.grouped && at.Type().Equal(arm.SubscriptionType) && !chain[i+1].Type().Equal(arm.ManagementGroupType) {
			all = append(all, fmt.Sprintf("the snapshot does not say in which management group subscription %s lies", at.Name()))
		}
	}
	if !some && len(all) == 0 {
		all = append(all, fmt.Sprintf("the snapshot has no role assignment at %s or above", chain[0]))
	}
	return all
}

// missing says why resources of a type of Microsoft.Authorization at the
// scopes are not in the tenant, as far as its header does.
func (a *Access) missing(kind string, chain []arm.ID) string {
	for _, m := range a.t.Header().Missing {
		what, at, _ := strings.Cut(m.What, " at ")
		if strings.HasPrefix(what, "/") {
			what, at = "", what
		}
		scope, err := ParseScope(at)
		here := at == "" || err != nil || slices.ContainsFunc(chain, scope.Equal)
		what = strings.TrimSuffix(strings.ToLower(what), "/*")
		name := what[strings.LastIndexByte(what, '/')+1:]
		if here && (what == "" || name == "microsoft.authorization" || strings.EqualFold(name, kind)) {
			return fmt.Sprintf("the snapshot lacks %s: %s", m.What, m.Why)
		}
	}
	return ""
}

var (
	action     = regexp.MustCompile(`(?i)^[^/\s*]+(/[^/\s*]+)+/(read|write|delete|action)$|^[^/\s*]+/(read|write|delete|action)$`)
	scopeOfSub = regexp.MustCompile(`^[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$`)
)

// CheckAction tells what is wrong with an action that is asked for.
func CheckAction(text string) error {
	if !action.MatchString(text) {
		return fmt.Errorf("%q is not an action: wanted a provider, types, and read, write, delete or a name and action, such as Microsoft.Compute/virtualMachines/start/action", text)
	}
	return nil
}

// ParseScope reads a scope as people write it: an id with or without its
// slashes at the ends, or a subscription's GUID.
func ParseScope(text string) (arm.ID, error) {
	text = strings.Trim(strings.TrimSpace(text), "/")
	if scopeOfSub.MatchString(text) {
		return arm.Subscription(text), nil
	}
	return arm.ParseID("/" + text)
}
