package review

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"airfield/arm"
	"airfield/diag"
	"airfield/policy"
)

// retag is a tag that is wanted with a value and that a policy writes another
// into, in one subscription.
type retag struct {
	assigned      *policy.Assigned
	sub           arm.ID
	key           string
	before, after string
}

// retagged is how often, and first where.
type retagged struct {
	first arm.Resource
	n     int
}

// retag notes a change that takes the value of a tag away from what is wanted.
func (g *gathered) retag(r arm.Resource, c policy.Change) {
	key, ok := strings.CutPrefix(c.Path, "tags.")
	if !ok || c.Before.Kind() != arm.String || c.After.Kind() != arm.String || c.Before.Str() == c.After.Str() {
		return
	}
	t := retag{c.Assigned, r.ID.SubscriptionID(), key, c.Before.Str(), c.After.Str()}
	if g.tags[t] == nil {
		g.tags[t] = &retagged{first: r}
	}
	g.tags[t].n++
}

// retagged warns of tags that do not keep the value they are wanted with.
func (x *reviewer) retagged(all map[retag]*retagged) (found diag.List) {
	keys := slices.SortedFunc(maps.Keys(all), func(a, b retag) int {
		return cmp.Or(a.sub.Compare(b.sub), cmp.Compare(a.key, b.key), cmp.Compare(a.before, b.before), cmp.Compare(a.after, b.after), cmp.Compare(a.assigned.Index(), b.assigned.Index()))
	})
	for _, t := range keys {
		a := t.assigned
		help := fmt.Sprintf("write %s=%s yourself, or ask who keeps the assignment to leave it", t.key, t.after)
		if r, ok := x.will.Get(t.sub); ok && r.Get("tags", t.key).Str() == t.after {
			help = fmt.Sprintf("the subscription has it: az tag update --resource-id %s --operation Merge --tags %s, or write %s=%s yourself", t.sub, quoted(t.key+"="+t.before), t.key, t.after)
		}
		found = append(found, diag.Diagnostic{Pos: all[t].first.Pos, Severity: diag.Warning, Code: "review/tag-overwritten", Help: help,
			Message: fmt.Sprintf("tag %s=%s becomes %q in %s of %s: %q writes it (assignment %q at %s)", t.key, t.before, t.after,
				things(all[t].n, "resource"), x.will.Title(t.sub), a.Policy(), cmp.Or(a.Title, a.ID.Name()), x.will.Title(a.Scope))})
	}
	return found
}

// quoted gives a word for a shell.
func quoted(word string) string {
	if strings.ContainsAny(word, " '\"$&;|<>()*?\\`!#~") {
		return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
	}
	return word
}
