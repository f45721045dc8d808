package limits

import (
	"iter"

	"airfield/arm"
)

// after gives the resources of a type as they will be: what is wanted, and what
// exists and is not wanted otherwise.
func (p *plan) after(typ arm.Type) iter.Seq[arm.Resource] {
	return func(yield func(arm.Resource) bool) {
		for r := range p.all(typ) {
			if !yield(r) {
				return
			}
		}
		for id := range p.have.IDsOf(typ) {
			if w, ok := p.wanted.Get(id); ok && !w.Theirs {
				continue
			}
			r, _ := p.have.Get(id)
			r.Theirs = true
			if !yield(r) {
				return
			}
		}
	}
}

// overlay is the wanted tenant over the actual one, of which everything is
// theirs.
type overlay struct{ *plan }

// Get gives a resource as it will be.
func (o overlay) Get(id arm.ID) (arm.Resource, bool) { return o.find(id) }

// Range gives what will be at and below a scope, in no order.
func (o overlay) Range(scope arm.ID) iter.Seq[arm.Resource] {
	return func(yield func(arm.Resource) bool) {
		for r := range o.wanted.Range(scope) {
			if (!r.Theirs || !o.have.Has(r.ID)) && !yield(r) {
				return
			}
		}
		for r := range o.have.Range(scope) {
			if w, ok := o.wanted.Get(r.ID); ok && !w.Theirs {
				continue
			}
			r.Theirs = true
			if !yield(r) {
				return
			}
		}
	}
}

// neighbours holds what is wanted to the services' rules, with what exists around
// it.
func neighbours(p *plan) {
	for r := range p.every() {
		if peerings.Equal(r.Type()) {
			continue // overlaps says what their rule says, and more
		}
		for _, d := range Check(r, overlay{p}) {
			p.blocks = append(p.blocks, Block{Diagnostic: d, Resource: r.ID})
		}
	}
}
