package twin

import (
	"iter"
	"slices"

	"airfield/arm"
)

// store is a tenant's resources sorted by id, so that a scope is a range. The
// zero store is empty.
type store struct{ sorted []*arm.Resource }

func (s *store) find(id arm.ID) (int, bool) {
	return slices.BinarySearchFunc(s.sorted, id, func(r *arm.Resource, id arm.ID) int { return r.ID.Compare(id) })
}

func (s *store) get(id arm.ID) (arm.Resource, bool) {
	i, found := s.find(id)
	if !found {
		return arm.Resource{}, false
	}
	return *s.sorted[i], true
}

func (s *store) has(id arm.ID) bool {
	_, found := s.find(id)
	return found
}

func (s *store) put(r arm.Resource) {
	i, found := s.find(r.ID)
	if found {
		s.sorted[i] = &r
	} else {
		s.sorted = slices.Insert(s.sorted, i, &r)
	}
}

// remove takes out the resource and all that lies under it by its text.
func (s *store) remove(id arm.ID) {
	i, _ := s.find(id)
	end := i
	for end < len(s.sorted) && s.sorted[end].ID.Under(id) {
		end++
	}
	s.sorted = slices.Delete(s.sorted, i, end)
}

// under gives the resource scope, where it is one, and all under it by its text.
func (s *store) under(scope arm.ID) iter.Seq[arm.Resource] {
	return func(yield func(arm.Resource) bool) {
		i := 0
		if scope != arm.Tenant {
			i, _ = s.find(scope)
		}
		for ; i < len(s.sorted) && s.sorted[i].ID.Under(scope); i++ {
			if !yield(*s.sorted[i]) {
				return
			}
		}
	}
}

// children gives a resource's children of one kind, such as subnets.
func (s *store) children(parent arm.ID, kind string) []arm.Resource {
	var found []arm.Resource
	for r := range s.under(parent) {
		if r.ID.Equal(parent.Child(kind, r.ID.Name())) {
			found = append(found, r)
		}
	}
	return found
}
