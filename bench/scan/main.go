// Scan judges a whole tenant against every assignment of the Azure landing zone
// reference hierarchy, existence checks included, and prints how long that
// takes.
//
//	go build -C bench/peers -o /tmp/resources ./resources
//	/tmp/resources -n 1000000 -types 60 -subscriptions 1000 -sorted >/tmp/estate.jsonl
//	go run ./bench/scan /tmp/estate.jsonl
//
// The subscriptions of the resources are spread over the management groups of
// the hierarchy. The policies come from the corpora, see policytest.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/pprof"
	"slices"
	"strings"
	"sync"
	"time"

	"airfield/arm"
	"airfield/policy"
	"airfield/policy/policytest"
	"airfield/tenant"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: scan FILE")
		os.Exit(2)
	}
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "scan:", err)
		os.Exit(2)
	}
}

func run(file string) error {
	if name := os.Getenv("CPUPROFILE"); name != "" {
		f, err := os.Create(name)
		if err != nil {
			return err
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	start := time.Now()
	t, bytes, err := read(file)
	if err != nil {
		return err
	}
	readTime := time.Since(start)
	start = time.Now()
	e, _ := policy.Compile(t, policy.Options{Now: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)})
	compileTime := time.Since(start)
	start = time.Now()
	states, results := scan(e, t)
	scanTime := time.Since(start)
	var mem runtime.MemStats
	runtime.ReadMemStats(&mem)
	out := map[string]any{
		"resources": t.Len(), "bytes_each": bytes / t.Len(), "rules": len(e.Assigned), "results": results, "states": states,
		"read_seconds": readTime.Seconds(), "compile_seconds": compileTime.Seconds(), "scan_seconds": scanTime.Seconds(),
		"workers": runtime.GOMAXPROCS(0), "peak_mib": peak(),
	}
	text, err := json.MarshalIndent(out, "", "  ")
	if err != nil {
		return err
	}
	_, err = fmt.Println(string(text))
	return err
}

// read makes a tenant of the reference hierarchy and the resources of a file.
func read(file string) (*tenant.Tenant, int, error) {
	t, err := policytest.Reference()
	if err != nil {
		return nil, 0, err
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, 0, err
	}
	defer f.Close()
	places, err := containers(f)
	if err != nil {
		return nil, 0, err
	}
	info, err := f.Stat()
	if err != nil {
		return nil, 0, err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, 0, err
	}
	var policies bytes.Buffer
	if err := t.Write(&policies, tenant.Plain); err != nil {
		return nil, 0, err
	}
	head := `{"airfield":"tenant","version":1}` + "\n"
	_, lines, _ := strings.Cut(policies.String(), "\n")
	all, found, err := tenant.Read(file, io.MultiReader(strings.NewReader(head), strings.NewReader(lines), strings.NewReader(places), f))
	if err != nil || found.HasErrors() {
		return nil, 0, fmt.Errorf("%v %v", err, found[:min(3, len(found))])
	}
	return all, int(info.Size()), nil
}

// containers gives the subscriptions and resource groups of the resources,
// each subscription in one of the hierarchy's management groups.
func containers(r io.Reader) (string, error) {
	groups := []string{"corp", "online", "corp", "online", "sandbox", "connectivity", "identity", "management", "landingzones", "decommissioned"}
	var b strings.Builder
	seen := map[string]bool{}
	subscriptions := 0
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		id, _, ok := strings.Cut(lines.Text(), `"id":"`)
		if !ok {
			continue
		}
		at := arm.ID(lines.Text()[len(id)+6:])
		at, _, _ = cut(at)
		if s := at.SubscriptionID(); s != "" && !seen[string(s)] {
			seen[string(s)] = true
			mg := arm.ManagementGroup(groups[subscriptions%len(groups)])
			subscriptions++
			fmt.Fprintln(&b, arm.New(arm.O{"id", s, "type", arm.SubscriptionType, "name", s.Name(), "properties", arm.O{
				"managementGroupAncestorsChain", arm.A{arm.O{"name", mg.Name()}}}, "tags", arm.O{"env", "prod"}}).Text())
			fmt.Fprintln(&b, arm.New(arm.O{"id", string(mg) + "/subscriptions/" + s.Name(), "type", "Microsoft.Management/managementGroups/subscriptions",
				"name", s.Name(), "properties", arm.O{"parent", arm.O{"id", mg}}}).Text())
		}
		if g := at.ResourceGroupID(); g != "" && !seen[string(g)] {
			seen[string(g)] = true
			fmt.Fprintln(&b, arm.New(arm.O{"id", g, "type", arm.ResourceGroupType, "name", g.Name(), "location", "westeurope", "tags", arm.O{"env", "prod"}, "properties", arm.O{}}).Text())
		}
	}
	return b.String(), lines.Err()
}

func cut(id arm.ID) (arm.ID, string, bool) {
	before, after, found := strings.Cut(string(id), `"`)
	return arm.ID(before), after, found
}

// scan judges the tenant on all cores.
func scan(e *policy.Engine, t *tenant.Tenant) (map[string]int, int) {
	workers := runtime.GOMAXPROCS(0)
	counts := make([][16]int, workers)
	var wait sync.WaitGroup
	for i, part := range t.Parts(workers) {
		wait.Go(func() {
			e.Scan(part, policy.In(t), func(_ arm.Resource, results []policy.Result) {
				for j := range results {
					counts[i][results[j].State]++
				}
			})
		})
	}
	wait.Wait()
	states, total := map[string]int{}, 0
	for _, c := range counts {
		for s, n := range c {
			if n > 0 {
				states[policy.State(s).String()] += n
				total += n
			}
		}
	}
	return states, total
}

// peak gives the most memory that the process had, in MiB, where the system
// says so.
func peak() int {
	raw, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	lines := strings.Split(string(raw), "\n")
	i := slices.IndexFunc(lines, func(s string) bool { return strings.HasPrefix(s, "VmHWM:") })
	if i < 0 {
		return 0
	}
	kb := 0
	if _, err := fmt.Sscanf(strings.TrimPrefix(lines[i], "VmHWM:"), "%d", &kb); err != nil {
		return 0
	}
	return kb / 1024
}
