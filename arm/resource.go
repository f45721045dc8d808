package arm

import (
	"iter"

	"airfield/diag"
)

// Resource is one resource as Azure Resource Manager writes it: a management
// group, a policy assignment or a tag like a virtual machine. Its body has the
// members id, name, type, apiVersion, location, tags, sku, properties and what
// else the type has at its top.
type Resource struct {
	ID     ID
	Body   Value
	Pos    diag.Pos // the place in the user's file that asked for it
	Theirs bool     // exists already and is never written
}

// Type gives the resource's type.
func (r Resource) Type() Type { return r.ID.Type() }

// APIVersion gives the API version that the body is written for.
func (r Resource) APIVersion() string { return r.Body.Get("apiVersion").Str() }

// Location gives the region, "" where the resource has none.
func (r Resource) Location() string { return r.Body.Get("location").Str() }

// Tags gives the tags in the order written.
func (r Resource) Tags() iter.Seq2[string, Value] { return r.Body.Get("tags").Members() }

// Get follows member names down from the body.
func (r Resource) Get(path ...string) Value { return r.Body.Get(path...) }
