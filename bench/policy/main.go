// Policy evaluates the policies of bench/peers on resources with this project's
// engine and prints what bench/peers/compare reads.
//
//	bench/peers/run.sh
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"strings"
	"time"

	"airfield/arm"
	"airfield/policy"
	"airfield/policy/policytest"
	"airfield/tenant"
)

type result struct {
	Engine             string         `json:"engine"`
	Resources          int            `json:"resources"`
	Workers            int            `json:"workers"`
	ParseSeconds       float64        `json:"parse_seconds"`
	Seconds            float64        `json:"seconds"` // of evaluation alone, in the fastest round
	ResourcesPerSecond float64        `json:"resources_per_second"`
	Matches            map[string]int `json:"matches"`
	BytesEach          int            `json:"compiled_bytes_per_definition"`
	Allocations        float64        `json:"allocations_per_resource"`
}

func main() {
	resources := flag.String("resources", "", "file of resources, one a line")
	policies := flag.String("policies", "", "file of names and parameters of built-in policies")
	rounds := flag.Int("rounds", 3, "the fastest counts")
	flag.Parse()
	debug.SetGCPercent(400) // as the program itself has it
	out, err := run(*resources, *policies, *rounds)
	if err != nil {
		fmt.Fprintln(os.Stderr, "policy:", err)
		os.Exit(2)
	}
	if err := json.NewEncoder(os.Stdout).Encode(out); err != nil {
		fmt.Fprintln(os.Stderr, "policy:", err)
		os.Exit(2)
	}
}

func run(resources, policies string, rounds int) (*result, error) {
	start := time.Now()
	all, err := read(resources)
	if err != nil {
		return nil, err
	}
	out := &result{Engine: "airfield", Resources: len(all), Workers: 1, ParseSeconds: time.Since(start).Seconds()}
	t, err := assigned(policies, all)
	if err != nil {
		return nil, err
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	e, found := policy.Compile(t, policy.Options{Now: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)})
	if found.HasErrors() {
		return nil, fmt.Errorf("%v", found)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	out.BytesEach = int(after.HeapAlloc-before.HeapAlloc) / len(e.Assigned)
	if name := os.Getenv("CPUPROFILE"); name != "" {
		f, err := os.Create(name)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return nil, err
		}
		defer pprof.StopCPUProfile()
	}
	for range rounds {
		out.round(e, all)
	}
	runtime.ReadMemStats(&before)
	out.round(e, all)
	runtime.ReadMemStats(&after)
	out.Allocations = float64(after.Mallocs-before.Mallocs) / float64(len(all))
	out.ResourcesPerSecond = float64(len(all)) / out.Seconds
	return out, nil
}

func (out *result) round(e *policy.Engine, all []arm.Resource) {
	counts := make([]int, len(e.Assigned))
	start := time.Now()
	e.Scan(func(yield func(arm.Resource) bool) {
		for _, r := range all {
			if !yield(r) {
				return
			}
		}
	}, nil, func(_ arm.Resource, results []policy.Result) {
		for i := range results {
			if results[i].State == policy.NonCompliant {
				counts[results[i].Index()]++
			}
		}
	})
	took := time.Since(start).Seconds()
	if out.Seconds == 0 || took < out.Seconds {
		out.Seconds = took
	}
	out.Matches = map[string]int{}
	for i, a := range e.Assigned {
		out.Matches[a.Definition.Name()] = counts[i]
	}
}

func read(file string) ([]arm.Resource, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var all []arm.Resource
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		v, err := arm.Parse(lines.Text())
		if err != nil {
			return nil, err
		}
		all = append(all, arm.Resource{ID: arm.ID(v.Get("id").Str()), Body: v})
	}
	return all, lines.Err()
}

// assigned makes a tenant in which the policies are assigned to the management
// group around the subscriptions of the resources.
func assigned(file string, resources []arm.Resource) (*tenant.Tenant, error) {
	raw, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	table, err := arm.Parse(string(raw))
	if err != nil {
		return nil, err
	}
	var b tenant.Builder
	if err := policytest.BuiltIn(&b); err != nil {
		return nil, err
	}
	root := arm.ManagementGroup("root")
	b.Add(arm.Resource{ID: root, Body: arm.New(arm.O{"id", root, "type", arm.ManagementGroupType, "name", "root"})})
	for p := range table.Items() {
		name := p.Get("name").Str()
		params := arm.O{}
		for k, v := range p.Get("parameters").Members() {
			params = append(params, k, arm.O{"value", v})
		}
		id := root.Resource("Microsoft.Authorization/policyAssignments", name)
		b.Add(arm.Resource{ID: id, Body: arm.New(arm.O{"id", id, "type", "Microsoft.Authorization/policyAssignments", "name", name, "properties", arm.O{
			"policyDefinitionId", "/providers/Microsoft.Authorization/policyDefinitions/" + name, "parameters", params}})})
	}
	seen := map[string]bool{}
	for _, r := range resources {
		if s := r.ID.SubscriptionID(); !seen[strings.ToLower(string(s))] {
			seen[strings.ToLower(string(s))] = true
			b.Add(arm.Resource{ID: s, Body: arm.New(arm.O{"id", s, "type", arm.SubscriptionType, "name", s.Name(), "properties", arm.O{
				"managementGroupAncestorsChain", arm.A{arm.O{"name", "root"}}}})})
		}
	}
	t, found := b.Tenant()
	if found.HasErrors() {
		return nil, fmt.Errorf("%v", found)
	}
	return t, nil
}
