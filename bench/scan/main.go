// Scan judges a whole tenant against every assignment of the Azure landing zone
// reference hierarchy, existence checks included, and prints how long that
// takes.
//
//	go build -C bench/peers -o /tmp/resources ./resources
//	/tmp/resources -n 1000000 -types 60 -subscriptions 1000 -sorted >/tmp/resources.jsonl
//	go run ./bench/scan -make /tmp/resources.jsonl /tmp/tenant.jsonl
//	go run ./bench/scan /tmp/tenant.jsonl
//	go run ./bench/scan -review /tmp/tenant.jsonl.gz
//
// With -review it reviews a network that is to be made in a new group of the
// first subscription instead. How long reading takes is part of both; snapshots
// may be packed. With -make it writes a snapshot of the hierarchy with the resources, whose
// subscriptions are spread over its management groups. The policies come from
// the corpora, see policytest.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"slices"
	"strings"
	"sync"
	"time"

	"airfield/arm"
	"airfield/policy"
	"airfield/policy/policytest"
	"airfield/review"
	"airfield/tenant"
)

func main() {
	resources := flag.String("make", "", "write the snapshot, with the resources of this file")
	one := flag.Bool("review", false, "review one deployment")
	flag.Parse()
	err := errors.New("usage: scan [-review] [-make FILE] SNAPSHOT")
	switch {
	case flag.NArg() == 1 && *resources != "":
		err = write(*resources, flag.Arg(0))
	case flag.NArg() == 1:
		err = run(flag.Arg(0), *one)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "scan:", err)
		os.Exit(2)
	}
}

func run(file string, one bool) error {
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
	debug.SetGCPercent(400) // while it reads, as the program itself has it
	start := time.Now()
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	t, found, err := tenant.Reader{Side: side}.Read(file, f)
	if err != nil || found.HasErrors() {
		return fmt.Errorf("%v %v", err, found[:min(3, len(found))])
	}
	readTime := time.Since(start)
	// Nearly all of the heap is the tenant's text, which costs the collector
	// nothing to look at and much to hold twice.
	debug.SetGCPercent(20)
	out := map[string]any{"resources": t.Len(), "read_seconds": readTime.Seconds(), "workers": runtime.GOMAXPROCS(0)}
	if one {
		reviewOne(t, out)
	} else {
		scanAll(t, out)
	}
	out["seconds"], out["peak_mib"] = time.Since(start).Seconds(), peak()
	text, err := json.MarshalIndent(out, "", "  ")
	if err != nil {
		return err
	}
	_, err = fmt.Println(string(text))
	return err
}

var now = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

func reviewOne(t *tenant.Tenant, out map[string]any) {
	var b tenant.Builder
	for r := range t.OfType(arm.SubscriptionType) {
		id := r.ID.ResourceGroup("rg-new").Resource("Microsoft.Network/virtualNetworks", "vnet-new")
		b.Add(arm.Resource{ID: id, Body: arm.New(arm.O{"type", id.Type(), "name", id.Name(), "location", "westeurope", "properties", arm.O{
			"addressSpace", arm.O{"addressPrefixes", arm.A{"10.250.0.0/24"}}}})})
		break
	}
	wanted, _ := b.Tenant()
	start := time.Now()
	r := review.New(wanted, t, review.Options{Policy: policy.Options{Now: now}, Side: side})
	out["review_seconds"], out["blockers"] = time.Since(start).Seconds(), len(r.Blockers)
}

func scanAll(t *tenant.Tenant, out map[string]any) {
	start := time.Now()
	e, _ := policy.Compile(t, policy.Options{Now: now})
	out["compile_seconds"], out["rules"] = time.Since(start).Seconds(), len(e.Assigned)
	start = time.Now()
	out["states"], out["results"] = scan(e, t)
	out["scan_seconds"] = time.Since(start).Seconds()
}

func side(n int, do func(i int)) {
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { do(i) })
	}
	all.Wait()
}

// write makes a snapshot of the reference hierarchy and the resources of a
// file.
func write(resources, file string) error {
	t, err := policytest.Reference()
	if err != nil {
		return err
	}
	f, err := os.Open(resources)
	if err != nil {
		return err
	}
	defer f.Close()
	places, err := containers(f)
	if err != nil {
		return err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	var policies bytes.Buffer
	if err := t.Write(&policies, tenant.Plain); err != nil {
		return err
	}
	_, lines, _ := strings.Cut(policies.String(), "\n")
	all, found, err := tenant.Read(resources, io.MultiReader(strings.NewReader(`{"airfield":"tenant","version":1}`+"\n"+lines+places), f))
	if err != nil || found.HasErrors() {
		return fmt.Errorf("%v %v", err, found[:min(3, len(found))])
	}
	out, err := os.Create(file)
	if err != nil {
		return err
	}
	if err := all.Write(out, tenant.Plain); err != nil {
		return err
	}
	return out.Close()
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
		text, _, _ := strings.Cut(lines.Text()[len(id)+6:], `"`)
		at := arm.ID(text)
		if s := at.SubscriptionID(); s != "" && !seen[string(s)] {
			seen[string(s)] = true
			mg := arm.ManagementGroup(groups[subscriptions%len(groups)])
			subscriptions++
			fmt.Fprintln(&b, arm.New(arm.O{"id", s, "type", arm.SubscriptionType, "name", s.Name(), "properties", arm.O{
				"managementGroupAncestorsChain", arm.A{arm.O{"name", mg.Name()}}}, "tags", arm.O{"env", "prod"}}).Text())
		}
		if g := at.ResourceGroupID(); g != "" && !seen[string(g)] {
			seen[string(g)] = true
			fmt.Fprintln(&b, arm.New(arm.O{"id", g, "type", arm.ResourceGroupType, "name", g.Name(), "location", "westeurope", "tags", arm.O{"env", "prod"}, "properties", arm.O{}}).Text())
		}
	}
	return b.String(), lines.Err()
}

// scan judges the tenant on all cores.
func scan(e *policy.Engine, t *tenant.Tenant) (map[string]int, int) {
	parts := t.Parts(runtime.GOMAXPROCS(0))
	counts := make([][16]int, len(parts))
	side(len(parts), func(i int) {
		e.Scan(parts[i], policy.In(t), func(_ arm.Resource, results []policy.Result) {
			for j := range results {
				counts[i][results[j].State]++
			}
		})
	})
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
