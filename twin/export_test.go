package twin

import (
	"strings"

	"airfield/arm"
)

// Break makes requests for a type panic, for the tests of package twin_test.
func Break(t *Twin, typ arm.Type) {
	t.services[strings.ToLower(string(typ))] = service{serve: func(*Twin, request, arm.ID) reply { panic("broken") }}
}
