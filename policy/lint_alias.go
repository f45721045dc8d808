package policy

import (
	"slices"
	"strings"

	"airfield/arm"
	"airfield/catalog"
)

// The rules about aliases. The embedded table knows names and paths; kinds of
// values and API versions are known where an import of az provider list is
// (catalog.ParseAliases). No table says which properties a request must hold or
// cannot set, so that two rules have short lists of their own.

// nestedAliases finds paths through more than two resources: each has its
// properties in a member of that name.
func nestedAliases(l *linter) {
	l.perAlias(func(r *reference) {
		deep := func(a catalog.Alias) bool {
			n := 0
			for _, s := range parsePath(a.Path) {
				if arm.EqualFold(s.name, "properties") {
					n++
				}
			}
			return n > 2
		}
		for _, a := range r.aliases {
			if !deep(a) {
				return
			}
		}
		l.report(r.at, "alias %q leads through several resources (%s), of which a body may hold only references", r.name, r.aliases[0].Path)
	})
}

// conditionalAliases finds aliases whose name begins with a kind, as in
// …/triggers/ScheduleTrigger.typeProperties, where the path has none. A rule
// that names the kind somewhere, or asks whether the property exists, is taken
// to know.
func conditionalAliases(l *linter) {
	named := l.def.details.name.value.Str()
	guarded := l.guarded()
	l.perAlias(func(r *reference) {
		kind := ""
		for _, a := range r.aliases {
			if kind = kindOf(a); kind == "" {
				return
			}
		}
		asked := arm.EqualFold(kind, named) || guarded[strings.ToLower(r.name)] || slices.ContainsFunc(l.sites, func(s site) bool {
			return s.kind > notOf && slices.ContainsFunc(s.right.value.Strings(), func(v string) bool { return arm.EqualFold(v, kind) })
		})
		if !asked {
			l.report(r.at, "alias %q is of resources of kind %q only, and no condition asks for that", r.name, kind)
		}
	})
}

// guarded gives, in lower case, the names of the fields that exists asks for.
func (l *linter) guarded() map[string]bool {
	all := map[string]bool{}
	for _, s := range l.sites {
		if s.kind == fieldOf && s.op.kind == opExists {
			all[strings.ToLower(s.left.value.Str())] = true
		}
	}
	return all
}

// kindOf gives the kind that an alias' name has in front of its path, "" where
// it has none.
func kindOf(a catalog.Alias) string {
	tail := a.Name[strings.LastIndexByte(a.Name, '/')+1:]
	kind, rest, ok := strings.Cut(tail, ".")
	if !ok || kind == "" || kind[0] < 'A' || kind[0] > 'Z' || strings.ContainsAny(kind, "[*") {
		return ""
	}
	for _, s := range parsePath(a.Path) {
		if arm.EqualFold(s.name, kind) {
			return ""
		}
	}
	end := len(a.Path) - len(rest)
	if end < 1 || a.Path[end-1] != '.' || !arm.EqualFold(a.Path[end:], rest) {
		return ""
	}
	return kind
}

// API versions.

func aliasesGone(l *linter) { l.lacking(true) }

func aliasesNew(l *linter) {
	if l.gates() {
		l.lacking(false)
	}
}

// lacking finds the aliases that the newest API version lacks, or that an older
// one does although the newest has them.
func (l *linter) lacking(newest bool) {
	l.perAlias(func(r *reference) {
		if len(r.aliases) != 1 || len(r.aliases[0].Versions) == 0 {
			return
		}
		a := r.aliases[0]
		all := stable(l.versionsOf(a.Type))
		if len(all) == 0 {
			return
		}
		own := versionsIn(a)
		var without []string
		for _, v := range all {
			if !slices.Contains(own, v) {
				without = append(without, v)
			}
		}
		last := all[len(all)-1]
		gone := slices.Contains(without, last)
		switch {
		case newest && gone:
			l.report(r.at, "alias %q is not in API version %s, the newest of %s, which scans use", r.name, last, a.Type)
		case !newest && !gone && len(without) > 0:
			l.report(r.at, "alias %q is not in older API versions of %s (%s): requests with those look as if it were missing", r.name, a.Type, some(without))
		}
	})
}

func versionsIn(a catalog.Alias) []string {
	var all []string
	for _, p := range a.Versions {
		all = append(all, p.APIVersions...)
	}
	return all
}

// versionsOf gives the API versions that aliases of a type name, sorted. The
// names of the aliases are those of the embedded table, since Options.Alias
// answers for one name at a time.
func (l *linter) versionsOf(t arm.Type) []string {
	key := strings.ToLower(string(t))
	all, known := l.versions[key]
	if known {
		return all
	}
	for _, own := range catalog.Aliases().OfType(t) {
		for _, a := range l.o.alias(own.Name) {
			if a.Type.Equal(t) {
				all = append(all, versionsIn(a)...)
			}
		}
	}
	slices.Sort(all)
	all = slices.Compact(all)
	l.versions[key] = all
	return all
}

// stable gives the API versions that are no previews, unless all are.
func stable(all []string) []string {
	var out []string
	for _, v := range all {
		if !strings.Contains(v, "-preview") {
			out = append(out, v)
		}
	}
	if out == nil {
		return all
	}
	return out
}

// Kinds of values.

// token gives the kind of value that an alias has in the newest API version, in
// lower case; "" where no table says so, or its types differ in it.
func (r *reference) token() string {
	token := ""
	for i, a := range r.aliases {
		t, newest := a.Token, ""
		for _, p := range a.Versions {
			if v := slices.Max(append(p.APIVersions, "")); v > newest && p.Token != "" {
				t, newest = p.Token, v
			}
		}
		if i > 0 && !strings.EqualFold(t, token) {
			return ""
		}
		token = strings.ToLower(t)
	}
	return token
}

func numeric(token string) bool { return token == "integer" || token == "number" || token == "float" }

// compared calls f for each condition on an alias, with the alias and the kind
// of values it has.
func (l *linter) compared(f func(s *site, name, token string)) {
	for i := range l.references {
		r := &l.references[i]
		if r.left {
			f(r.site, r.name, r.token())
		}
	}
}

func numericEquality(l *linter) {
	l.compared(func(s *site, name, token string) {
		if s.op.kind == opEquals && numeric(token) && !s.right.parsed() {
			l.report(s.src, "%s compares %q, which is a number, as text, so that 5.0 is not 5; a value with equals(field(…), …) compares numbers", s.op.name, name)
		}
	})
}

func badOrder(l *linter) {
	l.compared(func(s *site, name, token string) {
		if s.op.kind != opOrder {
			return
		}
		switch with := l.ordered(&s.right); {
		case token == "boolean", token == "object", token == "array":
			l.report(s.src, "%s on %q, which is of type %s and has no order", s.op.name, name, token)
		case with == "number" && token == "string", with == "string" && numeric(token):
			l.report(s.src, "%s compares %q, which is of type %s, with a %s, and fails", s.op.name, name, token, with)
		}
	})
	for i := range l.sites {
		s := &l.sites[i]
		if s.kind > notOf && s.op.kind == opOrder && l.ordered(&s.right) == "none" {
			l.report(s.src, "%s with %s, which has no order", s.op.name, short(s.right.String()))
		}
	}
}

// ordered gives the kind of what less and greater compare with: "number",
// "string", "none" for what has no order, "" where it is not known.
func (l *linter) ordered(o *operand) string {
	kind, known := o.value.Kind(), !o.parsed()
	if p := l.parameter(o); p != nil {
		kind, known = kindsOf[p.Type]
	}
	switch {
	case !known:
		return ""
	case kind == arm.Number:
		return "number"
	case kind == arm.String:
		return "string"
	case kind == arm.Bool, kind == arm.Array, kind == arm.Object:
		return "none"
	}
	return ""
}

// What requests leave out.

// setByService are properties that the service sets, as names of steps of a path. No
// request has to hold them, and what one holds is ignored.
var setByService = map[string]string{
	"provisioningstate":          "how far the last operation came", // learn.microsoft.com/azure/azure-resource-manager/management/async-operations#provisioningstate-values
	"instanceview":               "what the machine reports",        // learn.microsoft.com/rest/api/compute/virtual-machines/get
	"timecreated":                "when the resource was made",      // learn.microsoft.com/rest/api/compute/disks/get
	"privateendpointconnections": "made by private endpoints",       // learn.microsoft.com/rest/api/storagerp/storage-accounts/get-properties
	"vmid":                       "the machine's own id",            // learn.microsoft.com/rest/api/compute/virtual-machines/get
}

func readOnlyAliases(l *linter) {
	if !l.gates() {
		return
	}
	told := map[string]bool{}
	l.perAlias(func(r *reference) {
		if r.site == nil || r.site.related {
			return
		}
		for _, s := range parsePath(r.aliases[0].Path) {
			key := strings.ToLower(s.name)
			if why, ok := setByService[key]; ok && !told[key] {
				told[key] = true
				l.report(r.at, "%q is %s: no request has to hold it, so it cannot be relied on to deny or change one", r.name, why)
				return
			}
		}
	})
}

// defaults are what a service puts in the place of a property that a request
// leaves out, as the descriptions of its types say (Azure/bicep-types-az,
// Microsoft.Storage 2024-01-01 and Microsoft.KeyVault 2024-11-01).
var defaults = map[string]any{
	"microsoft.storage/storageaccounts/supportshttpstrafficonly":     true,
	"microsoft.storage/storageaccounts/allowblobpublicaccess":        false,
	"microsoft.storage/storageaccounts/minimumtlsversion":            "TLS1_0",
	"microsoft.storage/storageaccounts/allowsharedkeyaccess":         true,
	"microsoft.storage/storageaccounts/allowcrosstenantreplication":  false,
	"microsoft.storage/storageaccounts/defaulttooauthauthentication": false,
	"microsoft.keyvault/vaults/enablesoftdelete":                     true,
}

// optionalAliases finds conditions that judge a request without the property
// unlike one with the value that it then gets, where no exists asks whether it
// is there.
func optionalAliases(l *linter) {
	if !l.gates() {
		return
	}
	guarded := l.guarded()
	l.compared(func(s *site, name, _ string) {
		value, known := defaults[strings.ToLower(name)]
		right, ok := l.literal(&s.right)
		if !known || !ok || s.related || guarded[strings.ToLower(name)] {
			return
		}
		t := prepare(s.op, right)
		missing, given := s.op.test(datum{}, &t, l.o.Switched), s.op.test(datumOf(arm.New(value)), &t, l.o.Switched)
		if missing != given {
			l.report(s.src, "%s is %s for a request without %q, and %s for the %v that Azure then puts there", s.op.name, missing, name, given, value)
		}
	})
}
