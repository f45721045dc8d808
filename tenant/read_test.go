package tenant_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"airfield/arm"
	"airfield/tenant"
)

const head = `{"airfield":"tenant","version":1}` + "\n"

func read(t testing.TB, file string) (*tenant.Tenant, string) {
	t.Helper()
	u, found, err := tenant.Read("t.json", strings.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	return u, text(found)
}

func TestReadFindings(t *testing.T) {
	a, b := `{"id":"/providers/N/t/a"}`+"\n", `{"id":"/providers/N/t/b"}`+"\n"
	header := `wanted a snapshot's header: {"airfield":"tenant","version":1,…} [tenant/header]`
	for _, tt := range []struct {
		name, in string
		n        int
		want     string
	}{
		{"good", head + a + b, 2, ""},
		{"only a header", head, 0, ""},
		{"byte order mark, CRLF, empty lines, spaces", "\ufeff" + strings.ReplaceAll(head+"\n"+a+"  \n  "+b, "\n", " \r\n"), 2, ""},
		{"empty", "", 0, "t.json:1:1: file is empty, wanted a snapshot of a tenant [tenant/header]"},
		{"empty lines", "\n\n", 0, "t.json:3:1: file is empty, wanted a snapshot of a tenant [tenant/header]"},
		{"no header", a + b, 2, "t.json:1:1: found a resource, " + header},
		{"no header, one line", strings.TrimSuffix(a, "\n"), 1, "t.json:1:1: found a resource, " + header + "\n" + "t.json:1:1: warning: the last line has no end: the file may be cut [tenant/truncated]"},
		{"another file", "PK\x03\x04 is a zip\n" + a, 0, "t.json:1:1: " + header},
		{"an array", "[\n", 0, "t.json:1:1: " + header},
		{"another kind", `{"airfield":"plan","version":1}` + "\n" + a, 0, `t.json:1:1: found a file of the kind "plan", ` + header},
		{"newer", `{"airfield":"tenant","version":2}` + "\n" + a, 0, "t.json:1:1: snapshot has version 2, this program reads version 1 [tenant/version]"},
		{"wrong header member", `{"airfield":"tenant","version":1,"missing":3}` + "\n" + a, 0, "t.json:1:1: json: cannot unmarshal number into Go struct field Header.missing of type []tenant.Missing [tenant/header]"},
		{"not in order", head + b + a + a[:len(a)-3] + "0\"}\n", 3, "t.json:3:1: info: lines are not in the order of their ids from here on; sorted in memory [tenant/order]"},
		{"twice", head + a + b + strings.Replace(a, "N", "n", 1), 2, `t.json:4:1: resource "/providers/n/t/a" is there twice, first at t.json:2:1 [tenant/duplicate]` + "\n" +
			"t.json:4:1: info: lines are not in the order of their ids from here on; sorted in memory [tenant/order]"},
		{"syntax", head + a + `{"id":"/providers/N/t/ö",}` + "\n" + b, 2, `t.json:3:26: found '}', wanted a member's name in double quotes [tenant/syntax]`},
		{"two on a line", head + strings.TrimSpace(a) + b, 0, `t.json:2:26: found '{' after the end of the value [tenant/syntax]`},
		{"not UTF-8", head + "{\"id\":\"/providers/N/t/\xff\"}\n" + b, 1, "t.json:2:23: byte 0xff is not UTF-8 [tenant/encoding]"},
		{"an array of resources", head + "[" + strings.TrimSpace(a) + "]\n", 0, "t.json:2:1: found array, wanted a resource [tenant/syntax]"},
		{"no id", head + `{"name":"x"}` + "\n" + b, 1, `t.json:2:1: no member "id" with a resource id [tenant/id]`},
		{"id is a number", head + `{"id":1}` + "\n" + b, 1, `t.json:2:1: no member "id" with a resource id [tenant/id]`},
		{"id of a wrong shape", head + `{"name":"é","id":"/x/y"}` + "\n" + b, 1, `t.json:2:18: resource id "/x/y" has "x" where subscriptions, resourceGroups or providers must stand [tenant/id]`},
		{"id of a wrong shape behind a good one", head + a + `{"id":"/x/y"}` + "\n" + b, 2, `t.json:3:7: resource id "/x/y" has "x" where subscriptions, resourceGroups or providers must stand [tenant/id]`},
		{"id behind another member", head + a + `{"name":"é","id":"/providers/N/t/aa"}` + "\n" + b, 3, ""},
		{"id that grows when it is put first", head + a + `{"name":"é","id":"/providers/N/t/a\b"}` + "\n" + b, 3, ""},
		{"duplicate member", head + `{"id":"/providers/N/t/a","p":{"x":1,"X":2}}` + "\n" + b, 2, `t.json:2:37: member "X" is there twice: the last counts [tenant/syntax]`},
		{"two ids", head + `{"id":"/providers/N/t/a","ID":"/providers/N/t/c"}` + "\n" + b, 2, `t.json:2:26: member "ID" is there twice: the last counts [tenant/syntax]` + "\n" +
			"t.json:3:1: info: lines are not in the order of their ids from here on; sorted in memory [tenant/order]"},
		{"last line without its end", head + a + strings.TrimSpace(b), 2, "t.json:3:1: warning: the last line has no end: the file may be cut [tenant/truncated]"},
		{"last line cut", head + a + b[:12], 1, "t.json:3:7: the last line is cut: string has no end [tenant/truncated]"},
		{"cut between lines", `{"airfield":"tenant","version":1,"resources":3}` + "\n" + a, 1, "t.json:3:1: the file ends after 1 of the 3 resources that its header announces [tenant/truncated]"},
		{"more than announced", `{"airfield":"tenant","version":1,"resources":1}` + "\n" + a + b, 2, "t.json:4:1: warning: the file has 2 resources, its header announces 1 [tenant/header]"},
		{"a line too long", head + a + `{"id":"/providers/N/t/aa","x":"` + strings.Repeat("x", tenant.MaxLine) + "\"}\n" + b, 2, "t.json:3:1: line has 16 MiB, at most 16 MiB are read [tenant/size]"},
		{"a mark of a wrong shape", head + `{"id":"/providers/N/t/a","$airfield":"x"}` + "\n", 1, ""},
	} {
		u, have := read(t, tt.in)
		if u.Len() != tt.n || have != tt.want {
			t.Errorf("%s:\nhave %d: %s\nwant %d: %s", tt.name, u.Len(), have, tt.n, tt.want)
		}
	}
}

func TestReadStopsReporting(t *testing.T) {
	_, have := read(t, head+strings.Repeat("x\n", 1002))
	if lines := strings.Split(have, "\n"); len(lines) != 1001 || lines[0] != "t.json: 2 more lines are left out [tenant/syntax]" {
		t.Errorf("have %d findings: %.100s", len(lines), have)
	}
}

// TestNeverSilentlyShorter cuts files everywhere.
func TestNeverSilentlyShorter(t *testing.T) {
	u, _ := build(t, `{"id":"/providers/N/t/a","x":1}`, `{"id":"/providers/N/t/b","x":"`+strings.Repeat("y", 50)+`"}`, `{"id":"/providers/N/t/c"}`)
	for _, c := range []tenant.Compression{tenant.Plain, tenant.Gzip, tenant.Zstd} {
		file := written(t, u, c)
		for n := range len(file) {
			v, found, err := tenant.Read("t", strings.NewReader(file[:n]))
			if err != nil {
				t.Fatal(err)
			}
			if len(found) == 0 || v.Len() < u.Len() && !found.HasErrors() {
				t.Errorf("compression %d, %d of %d bytes: have %d resources and %s", c, n, len(file), v.Len(), text(found))
			}
		}
	}
}

// TestDamage changes each byte of a packed file.
func TestDamage(t *testing.T) {
	u, _ := build(t, `{"id":"/providers/N/t/a","x":1}`, `{"id":"/providers/N/t/b","x":"`+strings.Repeat("y", 50)+`"}`)
	for _, c := range []tenant.Compression{tenant.Gzip, tenant.Zstd} {
		file := []byte(written(t, u, c))
		for i := range file {
			file[i] ^= 0x55
			v, found, err := tenant.Read("t", bytes.NewReader(file))
			file[i] ^= 0x55
			if err != nil {
				t.Fatal(err)
			}
			if found.HasErrors() {
				continue
			}
			for d := range tenant.Diff(u, v) {
				t.Errorf("compression %d, byte %d: have no finding but %v", c, i, d)
			}
		}
	}
}

func TestReaderError(t *testing.T) {
	broken := errors.New("broken")
	u, _ := build(t, `{"id":"/providers/N/t/a"}`)
	for _, c := range []tenant.Compression{tenant.Plain, tenant.Gzip, tenant.Zstd} {
		file := written(t, u, c)
		for n := range len(file) {
			v, _, err := tenant.Read("t.json", io.MultiReader(strings.NewReader(file[:n]), iotest.ErrReader(broken)))
			if v != nil || !errors.Is(err, broken) || !strings.HasPrefix(err.Error(), "reading t.json: ") {
				t.Fatalf("compression %d, byte %d: have %v, %v", c, n, v, err)
			}
		}
	}
	for _, c := range []tenant.Compression{tenant.Plain, tenant.Gzip, tenant.Zstd, 9} {
		if err := u.Write(failing{}, c); err == nil {
			t.Errorf("compression %d: have no error", c)
		}
	}
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, io.ErrShortWrite }

// TestReadInPieces reads lines that lie across the ends of chunks, from readers
// that give few bytes, or their last together with the end.
func TestReadInPieces(t *testing.T) {
	var lines []string
	for i := range 300 {
		lines = append(lines, fmt.Sprintf(`{"id":"/providers/N/t/%03d","x":%q}`, i, strings.Repeat("y", i*i%9000)))
	}
	u, _ := build(t, lines...)
	for _, c := range []tenant.Compression{tenant.Plain, tenant.Gzip, tenant.Zstd} {
		file := written(t, u, c)
		for _, r := range []io.Reader{
			strings.NewReader(file), iotest.OneByteReader(strings.NewReader(file)), iotest.HalfReader(strings.NewReader(file)), iotest.DataErrReader(strings.NewReader(file)),
		} {
			v, found, err := tenant.Read("t", r)
			if err != nil || len(found) > 0 || v.Len() != len(lines) {
				t.Fatalf("compression %d: have %v, %v, %v", c, v.Len(), found, err)
			}
			for c := range tenant.Diff(u, v) {
				t.Error(c.ID, c.Paths)
			}
		}
	}
}

func TestLongLine(t *testing.T) {
	u, _ := build(t, `{"id":"/providers/N/t/a","x":"`+strings.Repeat("é", 1<<20)+`"}`, `{"id":"/providers/N/t/b"}`)
	v, found := read(t, written(t, u, tenant.Plain))
	for c := range tenant.Diff(u, v) {
		t.Error(c.ID, c.Paths)
	}
	if found != "" || v.Len() != 2 {
		t.Errorf("have %d: %s", v.Len(), found)
	}
}

// TestSideBySide reads several batches, good lines and all sorts of bad ones
// among them, from readers that stop anywhere.
func TestSideBySide(t *testing.T) {
	var file strings.Builder
	file.WriteString(head)
	for i := range 4000 {
		id := fmt.Sprintf(`{"id":"/providers/N/t/%05d"`, i-i%97/96*50)
		switch i % 311 {
		case 17:
			id = `{"x":"ö",` + id[1:]
		case 41:
			id = `{"id":"/x/y"`
		case 95:
			id += `,"$airfield":{"file":"a.json","line":3}`
		case 200:
			id = "\n \n" + id + ","
		}
		fmt.Fprintf(&file, "%s,\"v\":%q} \r\n", id, strings.Repeat("y", i%1500))
	}
	whole := file.String()
	for _, c := range []tenant.Compression{tenant.Plain, tenant.Gzip, tenant.Zstd} {
		u, _ := read(t, whole)
		packed := written(t, u, c)
		sameSideBySide(t, packed)
		sameSideBySide(t, packed[:len(packed)*2/3])
	}
	sameSideBySide(t, whole)
	sameSideBySide(t, whole[:len(whole)-9])
	sameSideBySide(t, whole+`{"id":"/providers/N/t/z","x":"`+strings.Repeat("x", tenant.MaxLine)+"\"}\n"+whole[len(head):])
	broken := errors.New("broken")
	_, _, err := tenant.Reader{Side: side}.Read("t", io.MultiReader(strings.NewReader(whole), iotest.ErrReader(broken)))
	if !errors.Is(err, broken) {
		t.Errorf("have %v, want %v", err, broken)
	}
}

func side(n int, do func(i int)) {
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { do(i) })
	}
	all.Wait()
}

// sameSideBySide reads a file side by side and one after another.
func sameSideBySide(t *testing.T, file string) {
	t.Helper()
	want, wantFound, err := tenant.Read("t", strings.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	have, found, err := tenant.Reader{Side: side}.Read("t", strings.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	if text(found) != text(wantFound) {
		t.Fatalf("have %s\nwant %s", text(found), text(wantFound))
	}
	if written(t, have, tenant.Plain) != written(t, want, tenant.Plain) {
		t.Fatal("have another tenant")
	}
}

func TestScanGroups(t *testing.T) {
	var lines strings.Builder
	lines.WriteString(head)
	for _, id := range []string{
		"/", "/providers/N/t/a", "/subscriptions/a", "/subscriptions/a/providers/N/t/x",
		"/subscriptions/a/resourceGroups/rg", "/subscriptions/a/resourcegroups/RG/providers/N/t/x", "/subscriptions/a/resourceGroups/rg-1/providers/N/t/x",
		"/subscriptions/b/resourceGroups/rg/providers/N/t/x", "/subscriptions/b/resourceGroups/rg/providers/n/T/X",
	} {
		fmt.Fprintf(&lines, "{\"id\":%q,\"v\":%d}\n", id, lines.Len())
	}
	s := tenant.Scan("t.json", strings.NewReader(lines.String()))
	var have []string
	var held []*tenant.Tenant
	for id, g := range s.Groups() {
		have = append(have, fmt.Sprint(id, " ", g.Len()))
		held = append(held, g)
	}
	want := []string{"/ 2", "/subscriptions/a 2", "/subscriptions/a/resourceGroups/rg 2", "/subscriptions/a/resourceGroups/rg-1 1", "/subscriptions/b/resourceGroups/rg 1"}
	if !slices.Equal(have, want) {
		t.Errorf("have %q\nwant %q", have, want)
	}
	if r, ok := held[2].Get("/subscriptions/a/resourceGroups/rg/providers/N/t/x"); !ok || !r.Get("v").Exists() {
		t.Error("a group that was held changed")
	}
	found, err := s.Findings()
	if have, want := text(found), `t.json:10:1: resource "/subscriptions/b/resourceGroups/rg/providers/n/T/X" is there twice, first in the line before [tenant/duplicate]`; have != want || err != nil {
		t.Errorf("have %s, %v\nwant %s", have, err, want)
	}
}

func TestScanAll(t *testing.T) {
	u, _ := build(t, `{"id":"/providers/N/t/a","x":1}`, `{"id":"/providers/N/t/b"}`, `{"id":"/providers/N/t/c"}`)
	s := tenant.Scan("t", strings.NewReader(written(t, u.WithHeader(tenant.Header{By: "me"}), tenant.Zstd)))
	if s.Header().By != "me" || s.Header().Resources != 3 {
		t.Errorf("have %v", s.Header())
	}
	var have []arm.ID
	for r := range s.All() {
		if have = append(have, r.ID); len(have) == 2 {
			break
		}
	}
	for r := range s.All() { // goes on where the pass was left
		have = append(have, r.ID)
	}
	found, err := s.Findings()
	if !slices.Equal(have, ids(u)) || len(found) > 0 || err != nil {
		t.Errorf("have %v, %v, %v", have, found, err)
	}

	s = tenant.Scan("t", strings.NewReader(head+`{"id":"/providers/N/t/b"}`+"\n"+`{"id":"/providers/N/t/a"}`+"\n"))
	for range s.All() {
	}
	found, _ = s.Findings()
	if have, want := text(found), "t:3:1: lines are not in the order of their ids: a pass line by line needs the file sorted [tenant/order]"; have != want {
		t.Errorf("have %s, want %s", have, want)
	}
}

func FuzzRead(f *testing.F) {
	u, _ := build(f, `{"id":"/providers/N/t/a","x":1}`, mg("a", "b"), mg("b", "a"), chain("s", "x", "y"))
	for _, c := range []tenant.Compression{tenant.Plain, tenant.Gzip, tenant.Zstd} {
		f.Add([]byte(written(f, u, c)))
	}
	for _, s := range []string{
		"", "\n", head, head + "{}\n\n{", `{"id":"/"}`, head + `{"x":1,"id":"/providers/N/t/\b"}` + "\n", head + `{"id":"/","ID":"/subscriptions/x"}`, head + ` {"id" : "/", "$airfield":{"file":"a","line":-1}}`,
		head + `{"id":"/providers/N/t/b\u0022\\"}` + "\n" + `{"id":"/providers/N/t/A"}` + "\n" + `{"id":"/providers/N/t/a"}` + "\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		if len(file) > 1<<16 {
			return
		}
		u, found, err := tenant.Read("t", bytes.NewReader(file))
		if err != nil {
			t.Fatal(err)
		}
		if u.Len() == 0 && len(found) == 0 && bytes.Count(file, []byte("\n")) > 1 && bytes.HasPrefix(file, []byte(head)) && len(bytes.TrimSpace(file)) > len(head) {
			t.Fatalf("nothing read of %q and nothing said", file)
		}
		sameSideBySide(t, string(file))
		all := ids(u)
		if !slices.IsSortedFunc(all, arm.ID.Compare) {
			t.Fatalf("not in order: %q", all)
		}
		for _, id := range all {
			if r, ok := u.Get(id); !ok || r.ID != id || r.Get("id").Str() != string(id) {
				t.Fatalf("have %v for %q", r, id)
			}
			u.Ancestors(id)
		}
		outline(u)
		text := written(t, u, tenant.Plain)
		v, again, err := tenant.Read("t", strings.NewReader(text))
		if err != nil || v.Len() != u.Len() {
			t.Fatalf("have %d, want %d: %v", v.Len(), u.Len(), err)
		}
		for _, d := range again {
			if d.Code != "tenant/parent" && d.Code != "tenant/placement" && d.Code != "tenant/cycle" && d.Code != "tenant/syntax" {
				t.Fatalf("%s in %q", d, text)
			}
		}
		if twice := written(t, v, tenant.Plain); twice != text {
			t.Fatalf("have %q\nwant %q", twice, text)
		}
		for c := range tenant.Diff(u, v) {
			t.Fatalf("have %v", c)
		}
		s := tenant.Scan("t", bytes.NewReader(file))
		for _, g := range s.Groups() {
			g.Len()
		}
		s.Findings()
	})
}
