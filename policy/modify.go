package policy

import "airfield/arm"

// Change is one change that append or modify makes to a request.
type Change struct {
	Field  string
	Path   string // from the body's root
	Before arm.Value
	After  arm.Value
}

// Operation is one operation of modify or append on one resource.
type Operation struct {
	Verb      string // as the definition writes it: "add", "addOrReplace", "remove"; "append"
	Field     string // as written
	Value     arm.Value
	Condition string // as written, "" for none
}

// operations gives what the rule would do, with values evaluated.
func (m *machine) operations(r *Rule) ([]Operation, error) {
	var all []Operation
	for i := range r.changes {
		c := &r.changes[i]
		v, err := m.evaluate(&c.value)
		if err != nil {
			return nil, err
		}
		op := Operation{Verb: c.verb, Field: c.src.field.String(), Value: v}
		if w := c.src.src.Get("operation").Str(); w != "" {
			op.Verb = w
		}
		if c.src.condition.value.Exists() {
			op.Condition = c.src.condition.String()
		}
		all = append(all, op)
	}
	return all, nil
}
