package emit

type step struct{ stage int }

func (p *plan) step() step { return step{p.stage} }

func writeScript(f Form, o *Options, steps []step, sink Sink) error { return nil }
func (p *plan) writeBicep(sink Sink) error                          { return nil }
func (p *plan) writeTerraform(sink Sink) error                      { return nil }
