package twin

import (
	"fmt"
	"net/http"
	"strconv"

	"airfield/arm"
)

// reply is one answer, made under the lock and written after it.
type reply struct {
	status int
	header map[string]string
	body   arm.Value // Missing for an empty answer
}

func ok(body arm.Value) reply { return reply{status: http.StatusOK, body: body} }

// problem is a refusal: an error as ARM writes it.
// learn.microsoft.com/azure/azure-resource-manager/troubleshooting/common-deployment-errors
type problem struct {
	status        int
	code, message string
}

func fail(status int, code, format string, args ...any) *problem {
	return &problem{status, code, fmt.Sprintf(format, args...)}
}

func (p *problem) reply() reply {
	return reply{status: p.status, body: arm.New(arm.O{"error", arm.O{"code", p.code, "message", p.message}})}
}

func (a reply) write(w http.ResponseWriter) {
	h := w.Header()
	for k, v := range a.header {
		h.Set(k, v)
	}
	text := a.body.Text()
	if text != "" {
		h.Set("Content-Type", "application/json; charset=utf-8")
		h.Set("Content-Length", strconv.Itoa(len(text)))
	}
	w.WriteHeader(a.status)
	// A client that hung up does not read the answer: nothing to be done.
	_, _ = w.Write([]byte(text))
}

// notFound says what the path names is not there.
func notFound(id arm.ID) *problem {
	switch typ := id.Type(); {
	case typ.Equal(arm.SubscriptionType):
		return fail(http.StatusNotFound, "SubscriptionNotFound", "The subscription '%s' could not be found.", id.Name())
	case typ.Equal(arm.ResourceGroupType):
		return fail(http.StatusNotFound, "ResourceGroupNotFound", "Resource group '%s' could not be found.", id.Name())
	case typ.Equal(arm.ManagementGroupType):
		return fail(http.StatusNotFound, "NotFound", "The management group '%s' could not be found.", id.Name())
	case id.ResourceGroupID() != "":
		return fail(http.StatusNotFound, "ResourceNotFound", "The Resource '%s/%s' under resource group '%s' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix", typ, id.Name(), id.ResourceGroupID().Name())
	default:
		return fail(http.StatusNotFound, "ResourceNotFound", "The Resource '%s/%s' was not found at scope '%s'.", typ, id.Name(), id.Scope())
	}
}

func notAllowed(verb string) reply {
	return fail(http.StatusMethodNotAllowed, "MethodNotAllowed", "The requested resource does not support http method '%s'.", verb).reply()
}
