package catalog

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestTablesAreReadable(t *testing.T) {
	all := Sources()
	if len(all) < 70 {
		t.Errorf("%d tables: are the prices there?", len(all))
	}
	day := regexp.MustCompile(`^20\d\d-[01]\d-[0-3]\d$`)
	for _, s := range all {
		if !day.MatchString(s.Read) {
			t.Errorf("%s: read %q is no day", s.Table, s.Read)
		}
		tab := read(s.Table)
		if strings.HasPrefix(s.Table, "judged/") && !slices.Contains(tab.columns, "reason") {
			t.Errorf("%s: a judged table needs a column reason", s.Table)
		}
		for _, row := range tab.rows {
			if strings.HasPrefix(s.Table, "judged/") && row[tab.column("reason")] == "" {
				t.Errorf("%s: %q has no reason", s.Table, row)
			}
		}
	}
	if !slices.IsSortedFunc(all, func(a, b Source) int { return strings.Compare(a.Table, b.Table) }) {
		t.Error("sources are not sorted")
	}
}
