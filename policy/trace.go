package policy

// tracer notes what an evaluation saw.
type tracer struct{}

func (t *tracer) result(n *node, r truth) {}
func (t *tracer) saw(n *node, d datum)    {}
