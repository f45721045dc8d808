package tenant

import (
	"iter"
	"slices"
	"sync"

	"airfield/arm"
)

// types is where the resources of each type stand, made when that is first asked
// for: one pass over the ids serves all who look for a type.
type types struct {
	once sync.Once
	at   map[string][]int32 // positions in order, by type in lower case
}

// of gives where the resources of some types stand, in order.
func (t *Tenant) of(types []arm.Type) (all []int32) {
	t.types.once.Do(func() {
		t.types.at = map[string][]int32{}
		var buf [128]byte
		for i := range t.lines {
			lower := t.ID(i).AppendType(buf[:0])
			t.types.at[string(lower)] = append(t.types.at[string(lower)], int32(i))
		}
	})
	for _, typ := range types {
		all = append(all, t.types.at[typ.Lower()]...)
	}
	if len(types) > 1 {
		slices.Sort(all)
		all = slices.Compact(all) // a type may be named twice
	}
	return all
}

// OfType gives the resources of some types, in order. See Range for how long one
// is good.
func (t *Tenant) OfType(types ...arm.Type) iter.Seq[arm.Resource] {
	return func(yield func(arm.Resource) bool) {
		var x arm.Indexer
		for _, i := range t.of(types) {
			if !yield(t.At(int(i), &x)) {
				return
			}
		}
	}
}

// IDsOf gives the ids of the resources of some types, in order and without
// parsing a body.
func (t *Tenant) IDsOf(types ...arm.Type) iter.Seq[arm.ID] {
	return func(yield func(arm.ID) bool) {
		for _, i := range t.of(types) {
			if !yield(t.ID(int(i))) {
				return
			}
		}
	}
}

// Types gives the types that there are resources of, in lower case and sorted.
func (t *Tenant) Types() []arm.Type {
	t.of(nil)
	all := make([]arm.Type, 0, len(t.types.at))
	for typ := range t.types.at {
		all = append(all, arm.Type(typ))
	}
	slices.Sort(all)
	return all
}
