package design_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"airfield/catalog"
	"airfield/design"
	"airfield/design/designtest"
	"airfield/runway"
	"airfield/source"
)

var workloadKey = regexp.MustCompile(`(?m)^  (w[0-9]+):$`)

// dated writes a generated estate whose workloads begin, end and load.
func dated(seed uint64, workloads int) string {
	text := string(designtest.Estate(seed, workloads))
	n := seed
	text = workloadKey.ReplaceAllStringFunc(text, func(key string) string {
		n = n*7 + 3
		switch n % 4 {
		case 0:
			return key
		case 1:
			return fmt.Sprintf("%s\n    begins: 2026-12-%02d", key, 1+n%28)
		}
		return fmt.Sprintf("%s\n    begins: 2027-01-%02d\n    ends: 2028-0%d-01\n    criticality: high", key, 1+n%28, 1+n%9)
	})
	text = strings.Replace(text, "guardrails: {begin: audit", "guardrails: {begin: audit, enforce_after: 30d", 1)
	text = strings.Replace(text, "network: {", "network: {onprem: {by: expressroute, circuit: 2Gbps, gateway: ErGw1AZ}, ", 1)
	return strings.ReplaceAll(text, "corpus: {size:", fmt.Sprintf("corpus: {comes_from: onprem, first_load_by: 2027-01-%02d, size:", 1+seed%28))
}

// TestRunwayOrder wants every gate of a generated estate asked for before it is
// due, due before what comes behind it is asked for, and before the workload
// begins; and nothing cancelled while data in it is kept.
func TestRunwayOrder(t *testing.T) {
	on := time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC)
	for seed := range uint64(30) {
		d := of(t, []byte(dated(seed, 5)), nil)
		r := runway.New(d, nil, on)
		again := runway.New(d, nil, on)
		if a, b := fmt.Sprint(r), fmt.Sprint(again); a != b {
			t.Fatalf("seed %d: two runways of one design differ", seed)
		}
		for _, w := range d.Estate.Workloads {
			inOrder(t, seed, r, w.Key, w.Value.Begins.String())
		}
		for _, x := range r.Retire {
			keeps(t, seed, x)
		}
	}
}

func inOrder(t *testing.T, seed uint64, r *runway.Runway, workload, begins string) {
	t.Helper()
	of := map[string][]runway.Gate{}
	for _, g := range r.Gates {
		if slices.Contains(g.Workloads, workload) && g.Due != "" {
			of[g.Key] = append(of[g.Key], g)
			if g.Ask >= g.Due {
				t.Errorf("seed %d: %s of %s is due on %s and asked for on %s", seed, g.Key, workload, g.Due, g.Ask)
			}
			if begins != "" && g.Due > begins && g.Key != "load" && g.Key != "onprem" && g.Key != "enforce" {
				t.Errorf("seed %d: %s of %s is due on %s, after the begin on %s", seed, g.Key, workload, g.Due, begins)
			}
		}
	}
	for _, l := range catalog.LeadTimes() {
		for _, next := range of[l.Key] {
			for _, prior := range l.After {
				for _, g := range of[prior] {
					if g.Due > next.Ask {
						t.Errorf("seed %d: %s of %s is due on %s, after %s is asked for on %s", seed, g.Key, workload, g.Due, next.Key, next.Ask)
					}
				}
			}
		}
	}
}

func keeps(t *testing.T, seed uint64, x runway.Retirement) {
	t.Helper()
	for _, s := range x.Steps {
		cancels := strings.Contains(s.What, "cancelled") || strings.Contains(s.What, "Azure has deleted")
		for _, k := range x.Kept {
			if cancels && (k.Until == "" && s.On != "" || s.On != "" && s.On < k.Until) {
				t.Errorf("seed %d: %s is kept until %q and its subscription cancelled on %s", seed, k.Data, k.Until, s.On)
			}
		}
		if s.On != "" && s.On < x.Ends {
			t.Errorf("seed %d: %q on %s, before the end on %s", seed, s.What, s.On, x.Ends)
		}
	}
}

// FuzzRunway makes the runway of any text that is an estate: it must end,
// without a panic.
func FuzzRunway(f *testing.F) {
	for seed := range uint64(8) {
		f.Add(dated(seed, 2))
	}
	f.Fuzz(func(t *testing.T, text string) {
		file, _ := source.NewFile("estate.yaml", []byte(text))
		if file == nil {
			return
		}
		e, found := design.Read(file)
		if found.HasErrors() {
			return
		}
		if d := design.New(e, design.Options{Month: "2026-11-01"}); !d.Findings.HasErrors() {
			runway.New(d, d.Tenant, time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC))
		}
	})
}
