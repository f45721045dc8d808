package policy

import "airfield/arm"

// State is the compliance of a resource with a policy, in the order in which
// states win when they are rolled up:
// learn.microsoft.com/azure/governance/policy/concepts/compliance-states
type State uint8

// The states.
const (
	NonCompliant State = iota
	Compliant
	Error
	Conflict
	Protected
	Exempt
	Unknown
	NotStarted
	NotRegistered
	NotApplicable // not counted at all
	numStates     = iota
)

var stateNames = [numStates]string{
	"NonCompliant", "Compliant", "Error", "Conflict", "Protected", "Exempt", "Unknown", "NotStarted", "NotRegistered", "NotApplicable",
}

// String gives the state's name.
func (s State) String() string { return stateNames[s] }

func stateOf(name string) State {
	for i, n := range stateNames {
		if arm.EqualFold(n, name) || n == "NonCompliant" && arm.EqualFold(name, "Non-compliant") {
			return State(i)
		}
	}
	return Unknown
}

// attestationsOf gives the states that live attestations give the subject.
func (m *machine) attestationsOf(x *candidate) []State {
	var states []State
	for _, a := range m.attestations[string(m.subject.id.Fold())] {
		if !a.expired && arm.EqualFold(a.assignment, string(x.ID)) && (a.reference == "" || arm.EqualFold(a.reference, x.Reference())) {
			states = append(states, a.state)
		}
	}
	return states
}
