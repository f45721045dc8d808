// Opa judges resources with Open Policy Agent, and says how long that took:
//
//	go run ./opa -resources FILE -policies policies.json
//	go run ./opa -plain -resources FILE -policies policies.json
//
// In both modes there is one prepared query for all policies, and inputs are
// parsed and in OPA's own form before the clock starts.
//
// OPA is given its best chance by policies.rego, whose rules OPA's index finds
// by the resource's type: inputs and parameters are folded before the clock
// starts, parameters are in OPA's own form too, one read transaction is for all.
//
// With -plain it is used as one does who puts the policies into Rego and calls
// OPA as a library: by plain.rego, whose rules compare without case themselves;
// inputs and parameters are as they were written, the parameters plain Go values
// in the store, each evaluation has a transaction of its own.
package main

import (
	"bufio"
	"context"
	"embed"
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

//go:embed *.rego
var modules embed.FS

func main() {
	var c config
	flag.StringVar(&c.resources, "resources", "", "the resources, one JSON object a line")
	flag.StringVar(&c.table, "policies", "policies.json", "names and parameters of the policies")
	flag.IntVar(&c.workers, "j", 1, "on how many goroutines to judge")
	flag.IntVar(&c.rounds, "rounds", 3, "how often to judge; the fastest round counts")
	flag.BoolVar(&c.partial, "partial", false, "evaluate the policies partially first, with the parameters known")
	flag.BoolVar(&c.plain, "plain", false, "policies as one puts them into Rego, resources as they were written")
	flag.Parse()
	r, err := c.run(context.Background())
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(r)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "opa:", err)
		os.Exit(2)
	}
}

type config struct {
	resources, table string
	workers, rounds  int
	partial, plain   bool
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

func (c config) run(ctx context.Context) (*result, error) {
	params, err := parameters(c.table)
	if err != nil {
		return nil, err
	}
	r := &result{Engine: "opa " + version.Version, Workers: c.workers, Matches: map[string]int{}}
	for name := range params {
		r.Matches[name] = 0
	}
	prepare, file, query := fold, "policies.rego", "data.bench.deny"
	if c.plain {
		prepare, file, query = asWritten, "plain.rego", "data.plain.deny"
		r.Engine += " plain"
	} else {
		lower(params)
	}
	module, err := modules.ReadFile(file)
	if err != nil {
		return nil, err
	}
	start := time.Now()
	inputs, err := read(c.resources, prepare)
	if err != nil {
		return nil, err
	}
	r.Resources, r.ParseSeconds = len(inputs), time.Since(start).Seconds()

	store := inmem.NewFromObjectWithOpts(map[string]any{"parameters": params}, inmem.OptReturnASTValuesOnRead(!c.plain))
	options := []rego.PrepareOption{}
	if c.partial {
		options = append(options, rego.WithPartialEval())
	}
	prepared, err := rego.New(rego.Query(query), rego.Module(file, string(module)), rego.Store(store)).PrepareForEval(ctx, options...)
	if err != nil {
		return nil, err
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400) // collecting a heap of parsed inputs is no work of OPA's
	}
	for range c.rounds {
		runtime.GC()
		start := time.Now()
		matches, err := c.judgeAll(ctx, store, prepared, inputs)
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
func (c config) judgeAll(ctx context.Context, store storage.Store, query rego.PreparedEvalQuery, inputs []ast.Value) (map[string]int, error) {
	workers := c.workers
	matches, errs := make([]map[string]int, workers), make([]error, workers)
	var wait sync.WaitGroup
	for w := range workers {
		wait.Go(func() {
			part := inputs[w*len(inputs)/workers : (w+1)*len(inputs)/workers]
			matches[w], errs[w] = c.judge(ctx, store, query, part)
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

func (c config) judge(ctx context.Context, store storage.Store, query rego.PreparedEvalQuery, inputs []ast.Value) (map[string]int, error) {
	options := make([]rego.EvalOption, 1, 2) // the first is the input
	if !c.plain {
		txn, err := store.NewTransaction(ctx)
		if err != nil {
			return nil, err
		}
		defer store.Abort(ctx, txn)
		options = append(options, rego.EvalTransaction(txn))
	}
	matches := map[string]int{}
	for _, input := range inputs {
		options[0] = rego.EvalParsedInput(input)
		rs, err := query.Eval(ctx, options...)
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

// read gives the resources in OPA's form, each prepared first.
func read(file string, prepare func(resource map[string]any)) ([]ast.Value, error) {
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
		prepare(resource)
		input, err := ast.InterfaceToValue(resource)
		if err != nil {
			return nil, err
		}
		inputs = append(inputs, input)
	}
	return inputs, lines.Err()
}

func asWritten(map[string]any) {}

// fold does once what every rule would have to do: the type, the location and
// the names of the tags are in lower case, a location has no spaces, and what is
// null is missing.
func fold(resource map[string]any) {
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

// parameters reads the table of policies: by name, the parameters.
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
		params[p.Name] = p.Parameters
	}
	return params, nil
}

// lower puts the texts in v into lower case, in place but for v itself.
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
