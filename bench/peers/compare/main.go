// Compare prints, side by side, what the engines counted and how fast they
// were. It ends with 1 where they do not agree.
//
//	go run ./compare -policies policies.json opa.json regorus.json …
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
)

func main() {
	table := flag.String("policies", "policies.json", "names and parameters of the policies")
	flag.Parse()
	agreed, err := compare(*table, flag.Args())
	if err != nil {
		fmt.Fprintln(os.Stderr, "compare:", err)
		os.Exit(2)
	}
	if !agreed {
		os.Exit(1)
	}
}

type policy struct{ Name, Title string }

// result is what a harness prints; an engine leaves out what it has not.
type result struct {
	Engine    string
	Resources int
	Workers   int
	Matches   map[string]int
	Errors    map[string]string

	Parse        float64 `json:"parse_seconds"`
	Normalize    float64 `json:"normalize_seconds"`
	Compile      float64 `json:"compile_seconds"`
	Seconds      float64
	PerSecond    float64 `json:"resources_per_second"`
	PerSecondTyp float64 `json:"resources_per_second_by_type"`
}

func compare(table string, files []string) (agreed bool, err error) {
	var policies []policy
	if err := read(table, &policies); err != nil {
		return false, err
	}
	results := make([]result, len(files))
	for i, file := range files {
		if err := read(file, &results[i]); err != nil {
			return false, err
		}
	}
	agreed = counts(policies, results)
	fmt.Println()
	speeds(results)
	return agreed, nil
}

func read(file string, into any) error {
	text, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(text, into)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}

// counts prints a line for each policy, and says whether the engines agree.
func counts(policies []policy, results []result) (agreed bool) {
	agreed = true
	fmt.Printf("%-8s  %-32s", "policy", "resources that violate it")
	for _, r := range results {
		fmt.Printf("%18s", r.Engine)
	}
	fmt.Println()
	for _, p := range policies {
		fmt.Printf("%.8s  %-32s", p.Name, p.Title)
		notes := ""
		for _, r := range results {
			fmt.Printf("%18d", r.Matches[p.Name])
			if r.Matches[p.Name] != results[0].Matches[p.Name] {
				agreed, notes = false, "  differs"
			}
			if e := r.Errors[p.Name]; e != "" {
				agreed, notes = false, notes+"  "+r.Engine+": "+strings.ReplaceAll(e, "\n", " ")
			}
		}
		fmt.Println(notes)
	}
	return agreed
}

// speeds prints a line for each engine.
func speeds(results []result) {
	fmt.Printf("%-16s %10s %8s %10s %12s %10s %12s %12s\n", "engine", "resources", "threads", "parse s", "normalize s", "judge s", "resources/s", "by type/s")
	for _, r := range results {
		fmt.Printf("%-16s %10d %8d %10.2f %12.2f %10.3f %12.0f %12.0f\n", r.Engine, r.Resources, r.Workers, r.Parse, r.Normalize, r.Seconds, r.PerSecond, r.PerSecondTyp)
	}
}
