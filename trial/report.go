package trial

import (
	"airfield/diag"
	"airfield/policy"
)

// Report is what became of one test file.
type Report struct {
	File       string             `json:"file"`
	Cases      []Case             `json:"tests"`
	Findings   diag.List          `json:"findings,omitempty"`
	Conditions []policy.Condition `json:"conditions"` // of the policies that were tested
}

// Case is one test that was run.
type Case struct {
	Name  string   `json:"name"`
	Pos   diag.Pos `json:"pos"`
	Want  string   `json:"want,omitempty"`
	Have  string   `json:"have,omitempty"`
	Wrong []string `json:"wrong,omitempty"` // a sentence each; none where the test passes
	Why   []Why    `json:"why,omitempty"`   // of a test that does not pass
}

// Why is why a policy says what it says of a resource.
type Why struct {
	Policy   string   `json:"policy"`
	Resource string   `json:"resource"` // its id
	Note     string   `json:"note,omitempty"`
	Decided  []Decide `json:"conditions,omitempty"`
}

// Decide is one condition that decided.
type Decide struct {
	Depth    int      `json:"depth"`
	Text     string   `json:"text"`           // what holds, as a sentence
	Saw      string   `json:"saw,omitempty"`  // where the text does not say it
	Open     string   `json:"open,omitempty"` // unknown or failed, where it is not known that the text holds
	Policy   diag.Pos `json:"policy"`
	Resource diag.Pos `json:"resource"` // of the value that was seen
}

// Failed gives how many tests do not pass.
func (r *Report) Failed() int {
	n := 0
	for _, c := range r.Cases {
		if len(c.Wrong) > 0 {
			n++
		}
	}
	return n
}

// Good tells whether all tests pass, and nothing else is wrong.
func (r *Report) Good() bool { return r.Failed() == 0 && !r.Findings.HasErrors() }

// Coverage gives how many outcomes of the conditions were seen, of two each, in
// percent; false where there are no conditions.
func Coverage(all []policy.Condition) (percent float64, any bool) {
	seen := 0
	for _, c := range all {
		if c.True {
			seen++
		}
		if c.False {
			seen++
		}
	}
	if len(all) == 0 {
		return 0, false
	}
	return float64(seen) * 100 / float64(2*len(all)), true
}

// Union gives the conditions that several reports are about, each once, with
// what any of them saw.
func Union(all []Report) []policy.Condition {
	var union []policy.Condition
	at := map[policy.Condition]int{}
	for _, r := range all {
		for _, c := range r.Conditions {
			key := policy.Condition{Text: c.Text, Pos: c.Pos}
			i, known := at[key]
			if !known {
				i = len(union)
				at[key] = i
				union = append(union, key)
			}
			u := &union[i]
			u.Seen, u.True, u.False = u.Seen || c.Seen, u.True || c.True, u.False || c.False
		}
	}
	return union
}
