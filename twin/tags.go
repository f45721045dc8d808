package twin

import (
	"net/http"
	"strings"

	"airfield/arm"
)

// serveTags answers for Microsoft.Resources/tags/default, which is nothing of
// its own but the tags of the scope it is asked at.
// learn.microsoft.com/rest/api/resources/tags
func serveTags(t *Twin, q request, id arm.ID) reply {
	r, p := t.stored(id.Scope())
	if p != nil {
		return p.reply()
	}
	switch q.verb {
	case http.MethodPut, http.MethodPatch:
		sent, p := q.object()
		if p != nil {
			return p.reply()
		}
		r.Body = retag(r.Body, sent, q.verb == http.MethodPatch)
	case http.MethodDelete:
		r.Body = r.Body.Without("tags")
	case http.MethodGet:
	default:
		return notAllowed(q.verb)
	}
	t.store.put(r)
	if q.verb == http.MethodDelete {
		return reply{status: http.StatusOK}
	}
	tags := any(r.Get("tags"))
	if !r.Get("tags").Exists() {
		tags = arm.O{}
	}
	return ok(arm.New(arm.O{"id", id, "name", id.Name(), "type", id.Type(), "properties", arm.O{"tags", tags}}))
}

// retag gives the body with the tags of a PUT, or changed by the operation of
// a PATCH: Merge, Replace or Delete.
func retag(body, sent arm.Value, patch bool) arm.Value {
	tags := sent.Get("properties", "tags")
	switch operation := strings.ToLower(sent.Get("operation").Str()); {
	case patch && operation == "merge" && body.Get("tags").Kind() == arm.Object && tags.Kind() == arm.Object:
		tags = merge(body.Get("tags"), tags)
	case patch && operation == "delete":
		o := arm.O{}
		for name, v := range body.Get("tags").Members() {
			if !tags.Get(name).Exists() {
				o = append(o, name, v)
			}
		}
		tags = arm.New(o)
	}
	return merge(body.Without("tags"), arm.New(arm.O{"tags", tags}))
}
