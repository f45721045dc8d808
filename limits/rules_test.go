package limits

import (
	"testing"

	"airfield/catalog"
	"airfield/diag"
)

// TestRulesAndRows holds the table of functions and that of statements together.
func TestRulesAndRows(t *testing.T) {
	rows := map[string]catalog.ServiceRule{}
	for _, r := range catalog.ServiceRules() {
		rows[r.ID] = r
	}
	for _, r := range rules {
		row, ok := rows[r.id]
		switch {
		case !ok:
			t.Errorf("%s: no row in service_rules.csv", r.id)
		case row.Type != string(r.typ):
			t.Errorf("%s: have type %s, its row has %s", r.id, r.typ, row.Type)
		case row.Statement == "" || row.Source == "" || row.Read == "":
			t.Errorf("%s: its row lacks a statement, a source or a date", r.id)
		case r.doubt != "" && r.severity == diag.Error:
			t.Errorf("%s: doubted, and an error", r.id)
		}
		delete(rows, r.id)
	}
	for id := range rows {
		t.Errorf("%s: a row, and no rule", id)
	}
}
