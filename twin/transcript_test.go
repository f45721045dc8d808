package twin_test

import (
	"flag"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"airfield/arm"
	"airfield/tenant"
	"airfield/twin"
)

var update = flag.Bool("update", false, "write what the twin answers into the transcripts")

// abbreviations of the transcripts, written out in requests and put back into
// answers.
var abbreviations = strings.NewReplacer(
	"$G", "/providers/Microsoft.Management/managementGroups",
	"$S", "/subscriptions/00000000-0000-0000-0000-000000000001",
	"$ROOT", twin.DefaultTenant,
)

// begin is a twin with one subscription in its root management group.
func begin(t testing.TB) *twin.Twin {
	t.Helper()
	var b tenant.Builder
	b.Add(arm.Resource{ID: arm.Subscription("00000000-0000-0000-0000-000000000001"), Body: arm.New(arm.O{
		"subscriptionId", "00000000-0000-0000-0000-000000000001", "displayName", "one", "state", "Enabled"})})
	from, _ := b.Tenant()
	return twin.New(twin.Options{Tenant: from})
}

// ask sends a request, with a token, and gives the answer.
func ask(tw *twin.Twin, verb, target, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(verb, "https://localhost"+target, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+tw.Token("tester", "https://localhost"))
	w := httptest.NewRecorder()
	tw.ServeHTTP(w, r)
	return w
}

// TestTranscripts plays the requests of each file in testdata to a new twin
// and compares the answers: "> VERB path body" is a request, "< status body"
// the answer. A path without a query gets an API version.
func TestTranscripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no transcripts", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			have := play(begin(t), string(text))
			if *update {
				if err := os.WriteFile(file, []byte(have), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want := strings.Split(string(text), "\n")
			for i, line := range strings.Split(have, "\n") {
				if i >= len(want) || line != want[i] {
					t.Fatalf("%s:%d:\nhave %s\nwant %s", file, i+1, line, strings.Join(want[min(i, len(want)):min(i+1, len(want))], ""))
				}
			}
		})
	}
}

func play(tw *twin.Twin, text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "<") {
			continue
		}
		b.WriteString(line)
		request, asks := strings.CutPrefix(strings.TrimSpace(line), "> ")
		if !asks {
			continue
		}
		verb, rest, _ := strings.Cut(abbreviations.Replace(request), " ")
		path, body, _ := strings.Cut(rest, " ")
		if !strings.Contains(path, "?") {
			path += "?api-version=2024-01-01"
		}
		w := ask(tw, verb, path, body)
		answer := fmt.Sprintf("< %d %s", w.Code, w.Body)
		if to := w.Header().Get("Location"); to != "" {
			answer += "Location: " + to
		}
		b.WriteString(strings.TrimSpace(shorten(answer)) + "\n")
	}
	return b.String()
}

func shorten(s string) string {
	for _, name := range []string{"$G", "$S", "$ROOT"} {
		for _, quote := range []string{`"`, "'"} {
			s = strings.ReplaceAll(s, quote+abbreviations.Replace(name), quote+name)
		}
	}
	return s
}
