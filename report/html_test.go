package report_test

import (
	"bytes"
	"encoding/json"
	"html"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"airfield/arm"
	"airfield/design"
	"airfield/report"
)

// hostile is an estate whose texts try to get out of where they stand.
const hostile = `airfield: 1
organization: {name: "</title></script><script>alert('o')</script>", prefix: evl, owner: "a@b.example", cost_center: CC-1001}
platform: standalone
regions: {home: westeurope}
workloads:
  vision:
    title: "</script><img src=x onerror=alert(1)> \" ' & <!-- \u202e \u2066"
    project: "<svg/onload=alert(2)>"
    division: "]]>{{.}}</style>日本語の部署名がここに入ります"
    tags: {Note: "' onmouseover=alert(3) x='", Dir: "</textarea><b>日本語"}
    environments: {dev: {}, prod: {}}
    data: {images: {size: 2TiB}, models: {versions: 5}}
    jobs: {train: {size: Standard_NC40ads_H100_v5}}
`

func page(t testing.TB, d *design.Design, estate []byte) string {
	t.Helper()
	var b strings.Builder
	if err := (report.Page{Estate: estate}).Write(&b, d); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestHTML(t *testing.T) {
	for _, name := range []string{"small", "contoso"} {
		d := example(t, name)
		have := page(t, d, exampleText(t, name))
		if err := balanced(have); err != "" {
			t.Errorf("%s: %s", name, err)
		}
		seen := html.UnescapeString(have)
		for _, x := range d.Decisions {
			for _, want := range []string{x.Question, x.Answer, x.Because} {
				if !strings.Contains(seen, want) {
					t.Errorf("%s: the page lacks %q", name, want)
				}
			}
			if line := `href="#L`; x.Pos.Line > 0 && !strings.Contains(have, line) {
				t.Errorf("%s: the page links no line of the estate", name)
			}
		}
		for _, b := range d.Budgets {
			if !strings.Contains(have, `id="s-`+b.Subscription+`"`) {
				t.Errorf("%s: the page lacks %s", name, b.Subscription)
			}
		}
		for _, address := range regexp.MustCompile(`(?:src|href)="([^"]*)"`).FindAllStringSubmatch(have, -1) {
			if a := address[1]; !strings.HasPrefix(a, "#") && !strings.HasPrefix(a, "https://learn.microsoft.com/") && !strings.HasPrefix(a, "https://github.com/Azure/") && !strings.HasPrefix(a, "https://azure.github.io/") {
				t.Errorf("%s: the page refers to %q", name, a)
			}
		}
		if again := page(t, example(t, name), exampleText(t, name)); again != have {
			t.Errorf("%s: the same design gives another page", name)
		}
		var b strings.Builder
		if err := report.HTML(&b, d); err != nil || strings.Contains(b.String(), `href="#L`) {
			t.Errorf("%s: without the estate's text, a page links its lines (%v)", name, err)
		}
	}
}

func TestHostileTextStaysText(t *testing.T) {
	have := page(t, of(t, []byte(hostile)), []byte(hostile))
	if err := balanced(have); err != "" {
		t.Error(err)
	}
	if n := strings.Count(have, "<script"); n != 2 {
		t.Errorf("%d scripts, wanted the data and ours", n)
	}
	for _, no := range []string{"<img", "<svg/", "<!--", "</textarea", "<b>日本語", "alert('o')</script>"} {
		if strings.Contains(have, no) {
			t.Errorf("the page has %q as markup", no)
		}
	}
	if !strings.Contains(have, "&lt;img src=x onerror=alert(1)&gt;") {
		t.Error("the title is not shown")
	}
}

var tags = regexp.MustCompile(`(?s)<(/?)([a-zA-Z][a-zA-Z0-9]*)((?:"[^"]*"|'[^']*'|[^'">])*?)(/?)>`)

// balanced tells where elements of a page do not nest, "" where they do.
func balanced(text string) string {
	void := []string{"meta", "br", "input"}
	text = regexp.MustCompile(`(?s)(<(script|style)[^>]*>).*?(</(script|style)>)`).ReplaceAllString(text, "$1$3")
	var open []string
	for _, m := range tags.FindAllStringSubmatch(text, -1) {
		name := strings.ToLower(m[2])
		switch {
		case slices.Contains(void, name) || m[4] == "/":
		case m[1] == "":
			open = append(open, name)
		case len(open) == 0 || open[len(open)-1] != name && !slices.Contains(open, name):
			return "</" + name + "> closes nothing"
		case open[len(open)-1] != name:
			return "</" + name + "> closes <" + open[len(open)-1] + ">"
		default:
			open = open[:len(open)-1]
		}
	}
	if len(open) > 0 {
		return "<" + open[len(open)-1] + "> is not closed"
	}
	return ""
}

func TestPageOf3000Subscriptions(t *testing.T) {
	if testing.Short() {
		t.Skip("designs 3,000 subscriptions")
	}
	if have := page(t, of(t, large(1000)), nil); len(have) > 20<<20 {
		t.Errorf("the page has %d MiB", len(have)>>20)
	}
}

func TestJSON(t *testing.T) {
	for name, d := range map[string]*design.Design{"small": example(t, "small"), "contoso": example(t, "contoso"), "hostile": of(t, []byte(hostile))} {
		var b bytes.Buffer
		if err := report.JSON(&b, d); err != nil {
			t.Fatal(err)
		}
		var have struct {
			Organization struct{ Name, Prefix, Tenant string }
			Resources    []json.RawMessage
			Decisions, Findings, Open, Dependencies,
			Subscriptions, Budgets, Parameters, Defaults []map[string]any
		}
		dec := json.NewDecoder(bytes.NewReader(b.Bytes()))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&have); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if have.Organization.Name != d.Estate.Organization.Name || len(have.Resources) != d.Tenant.Len() || len(have.Decisions) != len(d.Decisions) || len(have.Subscriptions) != len(d.Subscriptions) ||
			len(have.Open) != len(d.Open) || len(have.Dependencies) != len(d.Edges) || len(have.Defaults) != len(d.Estate.Defaults()) {
			t.Errorf("%s: something is missing", name)
		}
		i := 0
		for r := range d.Tenant.All() {
			v, err := arm.Parse(string(have.Resources[i]))
			if err != nil {
				t.Fatal(err)
			}
			if !v.Without("pos").Without("theirs").Equal(r.Body) || v.Get("theirs").True() != r.Theirs {
				t.Errorf("%s: %s is not what it was", name, r.ID)
			}
			if line, _ := v.Get("pos", "line").Int(); int(line) != r.Pos.Line {
				t.Errorf("%s: %s is of line %d, wanted %d", name, r.ID, line, r.Pos.Line)
			}
			i++
		}
	}
}

// TestBrowser opens the pages in Chromium, by the program in the folder
// $AIRFIELD_BROWSER: .ci/browser after npm ci there.
func TestBrowser(t *testing.T) {
	folder := os.Getenv("AIRFIELD_BROWSER")
	if folder == "" {
		t.Skip("left out: pages in a browser; AIRFIELD_BROWSER names no folder (npm ci in .ci/browser, then its path)")
	}
	for _, need := range []string{filepath.Join(folder, "node_modules"), "/usr/bin/chromium"} {
		if _, err := os.Stat(need); err != nil {
			t.Skipf("left out: pages in a browser; there is no %s", need)
		}
	}
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("left out: pages in a browser; there is no node")
	}
	dir := t.TempDir()
	args := []string{filepath.Join(folder, "check.js")}
	add := func(name, sub string, d *design.Design, estate []byte) {
		file := filepath.Join(dir, name+".html")
		if err := os.WriteFile(file, []byte(page(t, d, estate)), 0o666); err != nil {
			t.Fatal(err)
		}
		args = append(args, file, sub)
	}
	add("small", "fab-vision-prod", example(t, "small"), exampleText(t, "small"))
	add("contoso", "con-orion-prod", example(t, "contoso"), exampleText(t, "contoso"))
	add("hostile", "evl-vision-prod", of(t, []byte(hostile)), []byte(hostile))
	add("large", "nw-w0003-test", of(t, large(100)), large(100))
	if out, err := exec.Command(node, args...).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
