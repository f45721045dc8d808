package policy

import (
	"strings"

	"airfield/arm"
	"airfield/catalog"
)

// Which resources a rule is about at all:
// learn.microsoft.com/azure/governance/policy/concepts/policy-applicability
//
// A rule is about a resource where its if, with only the conditions on type,
// name and kind kept and all others taken to hold, is true. A rule with an
// existence effect is about those where the whole if is.

// appliance says which conditions of a rule decide that.
type appliance struct {
	typ, name, kind bool
	noSubscriptions bool // a condition on the location keeps subscriptions out
}

func appliesTo(c *condition) appliance {
	var typ, name, kind, other, location bool
	c.walk(func(c *condition) {
		if c.kind <= notOf {
			return
		}
		k := unknownField
		if c.kind == fieldOf && !c.left.parsed() {
			if found, ok := fieldKinds[fold(c.left.value.Str())]; ok {
				k = found
			}
		}
		switch k {
		case typeField:
			typ = true
		case nameField:
			name = true
		case kindField:
			kind = true
		default:
			other = true
			location = location || k == locationField
		}
	})
	switch {
	case !typ && !other: // only names and kinds: about everything
		name, kind = false, false
	case typ && !other:
		name, kind = false, false
	}
	return appliance{typ, name, kind, location}
}

// keeps tells whether a condition takes part in the decision.
func (a appliance) keeps(n *node) bool {
	if n.kind != fieldOf || n.field == nil {
		return false
	}
	switch n.field.kind {
	case typeField:
		return a.typ
	case nameField:
		return a.name
	case kindField:
		return a.kind
	}
	return false
}

// applies tells whether the rule that the machine holds is about its subject.
func (m *machine) applies(r *Rule) truth {
	if r.applies.noSubscriptions && m.subject.typ == subscriptionType || r.identities && !m.machineWithIdentity() {
		return no
	}
	return m.reach(r.applies, &r.cond, yes)
}

const (
	subscriptionType  = "microsoft.resources/subscriptions"
	resourceGroupType = "microsoft.resources/resourcegroups"
)

// reach evaluates a condition with the others taken to be other: yes, or no
// inside a not.
func (m *machine) reach(a appliance, n *node, other truth) truth {
	switch n.kind {
	case allOf, anyOf:
		decides := no
		if n.kind == anyOf {
			decides = yes
		}
		result := decides.not()
		for i := range n.sub {
			t := m.reach(a, &n.sub[i], other)
			if t == decides {
				return t
			}
			if t >= maybe {
				result = maybe
			}
		}
		return result
	case notOf:
		return m.reach(a, &n.sub[0], other.not()).not()
	}
	if !a.keeps(n) {
		return other
	}
	if m.onlyType && n.field.kind != typeField {
		return maybe
	}
	return m.eval(n)
}

// guard evaluates a condition with nothing known but the type. The answer no
// means that the condition is false on every resource of the type, and that
// nothing before it fails; risky tells that it may fail.
func (m *machine) guard(n *node) (t truth, risky bool) {
	switch n.kind {
	case allOf, anyOf:
		decides := no
		if n.kind == anyOf {
			decides = yes
		}
		result := decides.not()
		for i := range n.sub {
			t, risky := m.guard(&n.sub[i])
			if t == decides && !risky {
				return t, false
			}
			if risky {
				return maybe, true
			}
			if t == maybe {
				result = maybe
			}
		}
		return result, false
	case notOf:
		t, risky := m.guard(&n.sub[0])
		return t.not(), risky
	case fieldOf:
		if n.field != nil && n.field.kind == typeField && n.right.later == nil && n.right.err == nil {
			t := m.eval(n)
			return t, t == failed
		}
	}
	if n.fixed {
		return n.truth, n.truth == failed
	}
	return maybe, n.risky()
}

// forType gives the condition as it is for resources of one type: without what
// the type decides. A rule keeps those it made.
func (m *machine) forType(r *Rule) *node {
	if n, ok := r.byType.Load(m.subject.typ); ok {
		return n.(*node)
	}
	n := m.narrow(&r.cond)
	kept, _ := r.byType.LoadOrStore(m.subject.typ, &n)
	return kept.(*node)
}

func (m *machine) narrow(n *node) node {
	if n.kind > notOf {
		return *n
	}
	out := *n
	out.sub = make([]node, 0, len(n.sub))
	for i := range n.sub {
		t, risky := m.guard(&n.sub[i])
		if !risky && (n.kind == allOf && t == yes || n.kind == anyOf && t == no) {
			continue
		}
		out.sub = append(out.sub, m.narrow(&n.sub[i]))
	}
	if len(out.sub) == 1 && n.kind != notOf {
		return out.sub[0]
	}
	return out
}

// risky tells whether a condition can fail.
func (n *node) risky() bool {
	return n.left.later != nil || n.left.err != nil || n.right.later != nil || n.right.err != nil ||
		n.op.kind == opOrder && !n.numbers() || n.count != nil && (n.loops() || n.count.where != nil && n.count.where.frail)
}

// numbers tells whether the condition compares a count with a number.
func (n *node) numbers() bool { return n.count != nil && n.aim != nil && n.aim.kind == arm.Number }

// loops tells whether a count can fail by itself: one of values that are too
// many, or of no array.
func (n *node) loops() bool { return n.field == nil || !n.field.all }

// indexed tells whether mode Indexed is about resources of a type: those that
// have tags and a location. Of a type that the tables lack, each resource tells
// (see settle).
func indexed(s *subject) truth {
	if s.typ == subscriptionType || s.typ == resourceGroupType {
		return no
	}
	tags, location, known := catalog.TypeTraits(arm.Type(s.text))
	switch {
	case known:
		return truthOf(tags && location)
	}
	return maybe
}

// evaluated tells whether Azure Policy looks at a type at all: of the types of
// Microsoft.Resources, only at subscriptions and resource groups.
func evaluated(typ string) bool {
	const own = "microsoft.resources/"
	return len(typ) < len(own) || typ[:len(own)] != own || typ == subscriptionType || typ == resourceGroupType
}

// providerAbout tells whether a rule of a resource provider's mode can be about
// resources of a type: those of the provider's own namespace that are no
// children, which it does not report apart, and those that the rule names.
func (m *machine) providerAbout(r *Rule) bool {
	namespace, rest, _ := strings.Cut(m.subject.typ, "/")
	own := r.providerNamespace()
	switch {
	case own == "microsoft.kubernetes" && namespace == "microsoft.containerservice" && rest == "managedclusters":
		return m.reach(r.applies, &r.cond, yes) != no
	case namespace != own:
		return false
	case own == "microsoft.network" || own == "microsoft.kubernetes":
		return m.reach(r.applies, &r.cond, yes) != no
	}
	return !strings.Contains(rest, "/") || m.providerDenies(r)
}

// providerNamespace gives the namespace of the provider that evaluates the
// rule, in lower case: that of mode Microsoft.X.v2.Data is Microsoft.X.
func (r *Rule) providerNamespace() string {
	parts := strings.SplitN(strings.ToLower(r.Mode), ".", 3)
	if parts[1] == "managedhsm" {
		return "microsoft.keyvault"
	}
	return parts[0] + "." + parts[1]
}

// providerDenies tells whether a provider may deny a request to Resource
// Manager by the rule: unless all types that it names are literal and, in the
// provider's own namespace, neither the subject's nor of the same kind as it.
func (m *machine) providerDenies(r *Rule) bool {
	namespace, rest, _ := strings.Cut(m.subject.typ, "/")
	if namespace != r.providerNamespace() || namespace == "microsoft.kubernetes" {
		return false
	}
	types, found := 0, false
	last := rest[strings.LastIndexByte(rest, '/')+1:]
	r.condition.walk(func(c *condition) {
		if c.kind != fieldOf || !arm.EqualFold(c.left.value.Str(), "type") {
			return
		}
		types++
		found = found || c.right.parsed() || c.op.not || c.op.kind != opEquals && c.op.kind != opIn
		for _, named := range c.right.value.Strings() {
			_, data, _ := strings.Cut(strings.ToLower(named), "/")
			found = found || data == rest || strings.HasSuffix(data, "/"+last)
		}
	})
	return found || types == 0
}

// machineWithIdentity tells whether modify may change the identity of the
// subject: of virtual machines and scale sets only.
func (m *machine) machineWithIdentity() bool {
	return m.subject.typ == "microsoft.compute/virtualmachines" || m.subject.typ == "microsoft.compute/virtualmachinescalesets"
}
