package snapshot

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"airfield/arm"
	"airfield/source"

	"golang.org/x/tools/txtar"
)

// TestAzurerm reads a resource of each type in the table as a plan has it, and
// compares the body with what follows it in the archive: what is known, then the
// paths that are not.
func TestAzurerm(t *testing.T) {
	const path = "testdata/azurerm/types.txtar"
	a, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(a.Files); i += 2 {
		typ := a.Files[i].Name
		seen[typ] = true
		t.Run(typ, func(t *testing.T) {
			have := planned(t, typ, a.Files[i].Data)
			if *update {
				a.Files[i+1].Data = []byte(have)
			} else if want := string(a.Files[i+1].Data); have != want {
				t.Errorf("have\n%s\nwant\n%s", have, want)
			}
		})
	}
	for typ := range azurerm {
		if !seen[typ] {
			t.Errorf("%s has a row in the table and no resource in %s", typ, path)
		}
	}
	if *update {
		if err := os.WriteFile(path, txtar.Format(a), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// planned reads the attributes of one resource, and prints its body.
func planned(t *testing.T, typ string, after []byte) string {
	t.Helper()
	const subscription = "11111111-1111-1111-1111-111111111111"
	plan := fmt.Sprintf(`{"resource_changes": [{"address": "%s.x", "mode": "managed", "type": %q, "change": {"actions": ["create"], "after": %s, "after_unknown": {"id": true}}}]}`, typ, typ, after)
	f, found := source.NewFile("plan.json", []byte(plan))
	if len(found) > 0 {
		t.Fatal(found)
	}
	pieces, found := Reader{At: arm.Subscription(subscription)}.Resources(f)
	if len(pieces) != 1 || len(found) > 0 {
		t.Fatal(len(pieces), found)
	}
	var unknown []string
	body := withoutUnknown(pieces[0].Resource.Body, "", &unknown)
	var b bytes.Buffer
	if err := json.Indent(&b, []byte(body.Text()), "", " "); err != nil {
		t.Fatal(err)
	}
	slices.Sort(unknown)
	unknown = slices.Compact(unknown)
	return strings.ReplaceAll(b.String(), "/subscriptions/"+subscription+"/resourceGroups", "…") + "\nunknown: " + strings.Join(unknown, " ") + "\n"
}

// withoutUnknown gives what is known of a value, and notes the paths of the rest.
func withoutUnknown(v arm.Value, path string, unknown *[]string) arm.Value {
	switch v.Kind() {
	case arm.Object:
		o := arm.O{}
		for name, m := range v.Members() {
			at := strings.TrimPrefix(path+"."+name, ".")
			if m.Kind() == arm.Unknown {
				*unknown = append(*unknown, strings.TrimPrefix(at, "properties."))
			} else {
				o = append(o, name, withoutUnknown(m, at, unknown))
			}
		}
		return arm.New(o)
	case arm.Array:
		list := arm.A{}
		for item := range v.Items() {
			list = append(list, withoutUnknown(item, path+"[]", unknown))
		}
		return arm.New(list)
	}
	return v
}
