// Opa judges resources by the policies of policies.rego with Open Policy
// Agent, and says how long that took:
//
//	go run ./opa -resources FILE -policies policies.json
//
// OPA is given its best chance: one prepared query for all policies, whose rules
// OPA's index finds by the resource's type; inputs that are parsed and in OPA's
// own form before the clock starts; parameters kept in that form too; one read
// transaction for all.
package main

import (
	"bufio"
	"context"
	_ "embed"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/storage"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
	"github.com/open-policy-agent/opa/v1/util"
	"github.com/open-policy-agent/opa/v1/version"
)

//go:embed policies.rego
var policies string

func main() {
	resources := flag.String("resources", "", "the resources, one JSON object a line")
	table := flag.String("policies", "policies.json", "names and parameters of the policies")
	workers := flag.Int("j", 1, "on how many goroutines to judge")
	rounds := flag.Int("rounds", 3, "how often to judge; the fastest round counts")
	partial := flag.Bool("partial", false, "evaluate the policies partially first, with the parameters known")
	flag.Parse()
	r, err := run(context.Background(), *resources, *table, *workers, *rounds, *partial)
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(r)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "opa:", err)
		os.Exit(2)
	}
}

// result is what every harness prints.
type result struct {
	Engine             string         `json:"engine"`
	Resources          int            `json:"resources"`
	Workers            int            `json:"workers"`
	ParseSeconds       float64        `json:"parse_seconds"`
	Seconds            float64        `json:"seconds"` // of evaluation alone, in the fastest round
	ResourcesPerSecond float64        `json:"resources_per_second"`
	Matches            map[string]int `json:"matches"`
}

func run(ctx context.Context, resources, table string, workers, rounds int, partial bool) (*result, error) {
	params, err := parameters(table)
	if err != nil {
		return nil, err
	}
	start := time.Now()
	inputs, err := read(resources)
	if err != nil {
		return nil, err
	}
	r := &result{Engine: "opa " + version.Version, Resources: len(inputs), Workers: workers, Matches: map[string]int{}}
	r.ParseSeconds = time.Since(start).Seconds()
	for name := range params {
		r.Matches[name] = 0
	}

	store := inmem.NewFromObjectWithOpts(map[string]any{"parameters": params}, inmem.OptReturnASTValuesOnRead(true))
	options := []rego.PrepareOption{}
	if partial {
		options = append(options, rego.WithPartialEval())
	}
	query, err := rego.New(rego.Query("data.bench.deny"), rego.Module("policies.rego", policies), rego.Store(store)).PrepareForEval(ctx, options...)
	if err != nil {
		return nil, err
	}
	debug.SetGCPercent(400) // collecting a heap of parsed inputs is no work of OPA's
	for range rounds {
		runtime.GC()
		start := time.Now()
		matches, err := judgeAll(ctx, store, query, inputs, workers)
		if err != nil {
			return nil, err
		}
		if s := time.Since(start).Seconds(); r.Seconds == 0 || s < r.Seconds {
			r.Seconds = s
		}
		maps.Copy(r.Matches, matches)
	}
	r.ResourcesPerSecond = float64(len(inputs)) / r.Seconds
	return r, nil
}

// judgeAll shares the inputs among the workers and adds up what they count.
func judgeAll(ctx context.Context, store storage.Store, query rego.PreparedEvalQuery, inputs []ast.Value, workers int) (map[string]int, error) {
	matches, errs := make([]map[string]int, workers), make([]error, workers)
	var wait sync.WaitGroup
	for w := range workers {
		wait.Go(func() {
			part := inputs[w*len(inputs)/workers : (w+1)*len(inputs)/workers]
			matches[w], errs[w] = judge(ctx, store, query, part)
		})
	}
	wait.Wait()
	sum := map[string]int{}
	for w := range workers {
		if errs[w] != nil {
			return nil, errs[w]
		}
		for name, n := range matches[w] {
			sum[name] += n
		}
	}
	return sum, nil
}

func judge(ctx context.Context, store storage.Store, query rego.PreparedEvalQuery, inputs []ast.Value) (map[string]int, error) {
	txn, err := store.NewTransaction(ctx)
	if err != nil {
		return nil, err
	}
	defer store.Abort(ctx, txn)
	matches := map[string]int{}
	for _, input := range inputs {
		rs, err := query.Eval(ctx, rego.EvalParsedInput(input), rego.EvalTransaction(txn))
		if err != nil {
			return nil, err
		}
		if len(rs) == 0 {
			continue
		}
		for _, name := range rs[0].Expressions[0].Value.([]any) {
			matches[name.(string)]++
		}
	}
	return matches, nil
}

// read gives the resources in OPA's form, folded.
func read(file string) ([]ast.Value, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var inputs []ast.Value
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var resource map[string]any
		err := util.UnmarshalJSON(lines.Bytes(), &resource)
		if err != nil {
			return nil, fmt.Errorf("%s: line %d: %w", file, len(inputs)+1, err)
		}
		input, err := ast.InterfaceToValue(fold(resource))
		if err != nil {
			return nil, err
		}
		inputs = append(inputs, input)
	}
	return inputs, lines.Err()
}

// fold does once what every rule would have to do: the type, the location and
// the names of the tags are in lower case, a location has no spaces, and what is
// null is missing.
func fold(resource map[string]any) map[string]any {
	dropNulls(resource)
	if typ, ok := resource["type"].(string); ok {
		resource["type"] = strings.ToLower(typ)
	}
	if location, ok := resource["location"].(string); ok {
		resource["location"] = strings.ReplaceAll(strings.ToLower(location), " ", "")
	}
	if tags, ok := resource["tags"].(map[string]any); ok {
		folded := map[string]any{}
		for name, value := range tags {
			folded[strings.ToLower(name)] = value
		}
		resource["tags"] = folded
	}
	return resource
}

func dropNulls(v any) {
	switch v := v.(type) {
	case map[string]any:
		maps.DeleteFunc(v, func(_ string, member any) bool { return member == nil })
		for _, member := range v {
			dropNulls(member)
		}
	case []any:
		for _, element := range v {
			dropNulls(element)
		}
	}
}

// parameters reads the table of policies: by name, the parameters with texts
// in lower case.
func parameters(file string) (map[string]any, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var table []struct {
		Name       string
		Parameters map[string]any
	}
	if err := json.Unmarshal(text, &table); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	params := map[string]any{}
	for _, p := range table {
		params[p.Name] = lower(p.Parameters)
	}
	return params, nil
}

func lower(v any) any {
	switch v := v.(type) {
	case string:
		return strings.ToLower(v)
	case []any:
		for i := range v {
			v[i] = lower(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = lower(v[k])
		}
	}
	return v
}
