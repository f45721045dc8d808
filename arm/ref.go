package arm

import "iter"

// refMember is the one member of an object that stands for what is known only
// after deployment. It is reserved: no resource provider uses the name.
const refMember = "$after"

// Ref is a value that is known only after deployment: a property of a
// resource, such as the principal id of an identity, a parameter that whoever
// deploys must give, or what an expression makes of those (package expr reads
// it, and finds the references in it). In a body it is written
//
//	{"$after": {"id": "/subscriptions/…/userAssignedIdentities/id-train", "path": "properties.principalId"}}
//	{"$after": {"parameter": "adminPublicKey"}}
//	{"$after": {"expression": "toLower(parameters('name'))"}}
//
// The path "id" means the resource's own id: the way bodies point at other
// resources, so that the references are the graph of a deployment. A parameter
// with this path gives the id of some resource, so that there will be one.
type Ref struct {
	ID         ID
	Path       string // member names from the body's root, joined by dots
	Parameter  string // where set, ID is empty, and Path is too or "id"
	Expression string // where set, all else is empty
}

// IDOf gives the reference to a resource's own id.
func IDOf(id ID) Ref { return Ref{ID: id, Path: "id"} }

// Parameter gives the reference to a value that the deployer gives.
func Parameter(name string) Ref { return Ref{Parameter: name} }

// Equal compares ids and names without case.
func (r Ref) Equal(o Ref) bool {
	return EqualFold(string(r.ID), string(o.ID)) && EqualFold(r.Path, o.Path) && r.Parameter == o.Parameter && r.Expression == o.Expression
}

func (r Ref) appendJSON(b []byte) []byte {
	switch {
	case r.Expression != "":
		return appendJSON(b, O{refMember, O{"expression", r.Expression}})
	case r.Parameter != "":
		o := O{"parameter", r.Parameter}
		if r.Path != "" {
			o = append(o, "path", r.Path)
		}
		return appendJSON(b, O{refMember, o})
	}
	return appendJSON(b, O{refMember, O{"id", r.ID, "path", r.Path}})
}

// Ref gives the reference that an Unknown value holds.
func (v Value) Ref() (Ref, bool) {
	if v.Kind() != Unknown {
		return Ref{}, false
	}
	inner := Value{v.d, v.n + 2}
	return Ref{ID: ID(inner.Get("id").Str()), Path: inner.Get("path").Str(), Parameter: inner.Get("parameter").Str(), Expression: inner.Get("expression").Str()}, true
}

// Refs gives the references at and below v, in the order written.
func (v Value) Refs() iter.Seq[Ref] {
	return func(yield func(Ref) bool) {
		if v.d == nil {
			return
		}
		for i, end := v.n, v.node().next; i < end; i++ {
			if v.d.nodes[i].kind != Unknown {
				continue
			}
			if r, _ := (Value{v.d, i}).Ref(); !yield(r) {
				return
			}
			i = v.d.nodes[i].next - 1
		}
	}
}
