package limits

import (
	"iter"
	"strings"

	"airfield/arm"
)

// survey goes over the actual tenant once, and keeps the ids of the types that
// checks ask for: a pass for each would read a large tenant many times.
func (p *plan) survey() {
	p.existing = map[string][]arm.ID{}
	for _, c := range counted {
		p.existing[strings.ToLower(string(c.typ))] = nil
	}
	for _, t := range connected {
		p.existing[strings.ToLower(string(t))] = nil
	}
	for t := range p.ours {
		if uniqueIn(t) != "" {
			p.existing[t] = nil
		}
	}
	for _, t := range []arm.Type{deletedVaults, autoscaleSettings} {
		p.existing[strings.ToLower(string(t))] = nil
	}
	var buf [128]byte
	for id := range p.have.IDs(arm.Tenant) {
		lower := appendType(buf[:0], id, id.Scope())
		if ids, asked := p.existing[string(lower)]; asked {
			p.existing[string(lower)] = append(ids, id)
		}
	}
}

// ids gives the ids of a type in the actual tenant.
func (p *plan) ids(typ arm.Type) []arm.ID { return p.existing[strings.ToLower(string(typ))] }

// after gives the resources of a type as they will be: what is wanted, and what
// exists and is not wanted otherwise.
func (p *plan) after(typ arm.Type) iter.Seq[arm.Resource] {
	return func(yield func(arm.Resource) bool) {
		for r := range p.all(typ) {
			if !yield(r) {
				return
			}
		}
		for _, id := range p.ids(typ) {
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
