package twin

import (
	"net/http"
	"strings"

	"airfield/arm"
)

// parseFilter reads a $filter as ARM's lists take it: atScope(),
// atExactScope() and comparisons such as principalId eq 'x', joined by "and".
// What else OData has is refused rather than passed over.
func parseFilter(filter string, scope arm.ID) (func(arm.Resource) bool, *problem) {
	var terms []func(arm.Resource) bool
	for term := range strings.SplitSeq(filter, " and ") {
		term = strings.TrimSpace(term)
		name, value, compares := strings.Cut(term, " eq ")
		switch {
		case term == "":
		case arm.EqualFold(term, "atScope()"):
			terms = append(terms, func(r arm.Resource) bool { return r.ID.Scope().Equal(scope) || !r.ID.Under(scope) })
		case arm.EqualFold(term, "atExactScope()"):
			terms = append(terms, func(r arm.Resource) bool { return r.ID.Scope().Equal(scope) })
		case compares && len(value) > 1 && value[0] == '\'' && value[len(value)-1] == '\'':
			want := strings.ReplaceAll(value[1:len(value)-1], "''", "'")
			terms = append(terms, func(r arm.Resource) bool { return arm.EqualFold(field(r, name), want) })
		default:
			return nil, fail(http.StatusBadRequest, "InvalidFilterInQueryString", "Invalid $filter '%s' specified in the query string.", term)
		}
	}
	return func(r arm.Resource) bool {
		for _, holds := range terms {
			if !holds(r) {
				return false
			}
		}
		return true
	}, nil
}

func field(r arm.Resource, name string) string {
	switch strings.ToLower(name) {
	case "resourcetype":
		return string(r.Type())
	case "resourcegroup":
		return r.ID.ResourceGroupID().Name()
	case "name":
		return r.ID.Name()
	case "location":
		return r.Location()
	}
	return r.Get("properties").Get(strings.Split(name, "/")...).Str()
}
