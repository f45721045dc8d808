package main

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// shared returns the folder of facts, and skips the test without it.
func shared(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("AIRFIELD_SHARED")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared")
	}
	if _, err := os.Stat(filepath.Join(dir, "catalog")); err != nil {
		t.Skipf("left out: that the tables are what gen makes of the folder of facts: %v", err)
	}
	return dir
}

func TestTablesAreWhatTheSourcesSay(t *testing.T) {
	dir := t.TempDir()
	var log bytes.Buffer
	if err := run(shared(t), dir, &log); err != nil {
		t.Fatal(err)
	}
	if log.Len() > 0 {
		t.Logf("left out: %s", log.String())
	}
	made := 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		made++
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		want, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		have, err := os.ReadFile(filepath.Join("..", "data", name))
		if err != nil {
			return err
		}
		if !bytes.Equal(have, want) {
			t.Errorf("data/%s is not what gen makes: run go run ./catalog/gen", filepath.ToSlash(name))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if made < 70 {
		t.Errorf("gen made %d tables, more than 70 were wanted", made)
	}
}

func TestWithoutSourcesNothingIsWritten(t *testing.T) {
	dir := t.TempDir()
	var log bytes.Buffer
	if err := run(t.TempDir(), dir, &log); err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(log.Bytes(), []byte("left as it is")); n != len(makers) {
		t.Errorf("%d tables named as left out, want %d", n, len(makers))
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) > 0 {
		t.Errorf("written: %v (%v)", files, err)
	}
}

func TestMicros(t *testing.T) {
	for _, tt := range []struct {
		usd   string
		times int64
		want  string
	}{
		{"110.272", 1, "110272000"},
		{"0.0184", 1, "18400"},
		{"3.51e-05", 100, "3510"},
		{"0.7258925", 1, "725893"},
		{"0", 1, "0"},
		{"0.0000001", 1, ""},
		{"free", 1, ""},
	} {
		have, err := micros(tt.usd, tt.times)
		if have != tt.want || (err == nil) != (tt.want != "") {
			t.Errorf("%s times %d: have %q (%v), want %q", tt.usd, tt.times, have, err, tt.want)
		}
	}
}

func TestLine(t *testing.T) {
	for _, tt := range []struct {
		in   []string
		want string
	}{
		{[]string{"a", "", "b"}, "a,,b"},
		{[]string{"a, b", `c "d"`}, `"a, b","c ""d"""`},
		{[]string{"#1"}, `"#1"`},
		{[]string{"two\nlines"}, "two lines"},
	} {
		if have := line(tt.in); have != tt.want {
			t.Errorf("%q: have %s, want %s", tt.in, have, tt.want)
		}
	}
}
