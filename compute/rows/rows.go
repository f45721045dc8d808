// Package rows holds the models of package compute against measured runs.
//
// Tables of runs go in (train_llm.csv, infer_llm.csv, classic.csv, memory.csv,
// columns by their header), and out come cases: what was measured, and what
// would be predicted with given constants; scores say how far off they are, a
// line a mode, against what is wanted. It reads no files and fits nothing.
package rows

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"

	"airfield/catalog"
	"airfield/compute"
)

// Models are the constants that predictions are made with.
type Models struct {
	Fitted  *compute.Constants
	Classic map[string]float64
}

// Catalog returns the models of the catalog.
func Catalog() Models { return Models{compute.Fitted(), catalog.ClassicConstants()} }

// A Case is one measured value.
type Case struct {
	Mode     string
	ID       string
	Group    string // rows of a group differ in little: source, model, GPU, precision, task
	Measured float64
	Classic  *compute.Classic                             // of mode classic
	Train    *compute.Train                               // of modes of training
	Serve    *compute.Serve                               // of modes of serving
	Predict  func(Models) (compute.Estimate, bool, error) // with whether it fits
}

// A row gives the cells of a table by column.
type row func(column string) string

// Files are the tables of measured runs.
var Files = []string{"train_llm.csv", "infer_llm.csv", "classic.csv", "memory.csv"}

var readers = map[string]func(row) []Case{
	"train_llm.csv": training, "infer_llm.csv": serving, "classic.csv": classic, "memory.csv": memory,
}

// Read returns the cases of one of Files. Rows that are not to be scored give
// none.
func Read(file string, r io.Reader) ([]Case, error) {
	table := csv.NewReader(r)
	table.FieldsPerRecord = -1
	all, err := table.ReadAll()
	if err != nil || len(all) == 0 {
		return nil, err
	}
	var cases []Case
	for i, cells := range all[1:] {
		get := func(column string) string {
			for j, c := range all[0] {
				if c == column && j < len(cells) {
					return strings.TrimSpace(cells[j])
				}
			}
			return ""
		}
		if class := get("accept_class"); class == "report-only" || class == "classic-ttt" {
			continue
		}
		for _, c := range readers[file](get) {
			c.ID, c.Group = get("id"), group(get)
			if c.ID == "" {
				c.ID = fmt.Sprintf("%s:%d", file, i+2)
			}
			cases = append(cases, c)
		}
	}
	return cases, nil
}

func group(r row) string {
	g := ""
	for _, c := range []string{"source", "workload", "kind", "model", "gpu", "precision", "w_prec", "task"} {
		g += r(c) + "|"
	}
	return g
}

func (r row) number(column string) float64 {
	x, err := strconv.ParseFloat(r(column), 64)
	if err != nil {
		return 0 // blank, or a word: not known
	}
	return x
}

func (r row) whole(column string) int { return int(r.number(column)) }

// arch returns the architecture that a row tells, filled up from the catalog.
func (r row) arch() compute.Arch {
	m, _ := catalog.ModelOf(r("model"))
	m.Name = r("model")
	for _, f := range []struct {
		column string
		to     *int
	}{{"layers", &m.Layers}, {"hidden", &m.Hidden}, {"heads", &m.Heads}, {"vocab", &m.Vocab}} {
		if n := r.whole(f.column); n > 0 {
			*f.to = n
		}
	}
	if m.KVHeads == 0 {
		m.KVHeads = r.whole("kv_heads")
	}
	if m.HeadDim == 0 {
		m.HeadDim = r.whole("head_dim")
	}
	if m.HeadDim == 0 && m.Heads > 0 {
		m.HeadDim = m.Hidden / m.Heads
	}
	if p := r.number("params_b"); p > 0 {
		m.Params, m.Active = p*1e9, p*1e9
	}
	if a := r.number("active_b"); a > 0 {
		m.Active = a * 1e9
	}
	if r("arch") == "moe" && m.Experts == 0 {
		m.Experts, m.TopK = 128, 8 // what most have
	}
	return compute.Arch{Model: m}
}

func (r row) gpu() catalog.GPU {
	name := r("gpu")
	if full := map[string]string{"V100-16": "V100-16-PCIe", "V100-32": "V100-32-SXM2"}[name]; full != "" {
		name = full
	}
	g, _ := catalog.GPUOf(name)
	return g
}

// training gives up to three cases of a row: with its layout, with a chosen
// one, and the minutes to train.
func training(r row) []Case {
	j := compute.Train{
		Model: r.arch(), GPU: r.gpu(), GPUs: r.whole("gpus"), Precision: r("precision"), Method: compute.Method(r("task")), Stack: compute.Stack(r("stack")),
		Sequence: r.whole("seq_len"), Batch: r.whole("gbs"), Release: release(r("notes")),
	}
	given, speed := j, r.number("tok_s_gpu")
	given.Layout = compute.Layout{
		Tensor: r.whole("tp"), Pipeline: r.whole("pp"), Context: r.whole("cp"), Expert: r.whole("ep"), Virtual: r.whole("vp"), Micro: r.whole("mbs"),
		Sharding: compute.Sharding(r("sharding")), Recompute: compute.Recompute(strings.TrimSuffix(r("recompute"), "-layer")),
	}
	var all []Case
	if speed > 0 {
		all = append(all, Case{Mode: r("accept_class") + " given", Measured: speed, Train: &given, Predict: planned(given)})
		if r("accept_class") == "train-dense" && r("source") != "torchtitan" {
			all = append(all, Case{Mode: "train-dense chosen", Measured: speed, Train: &j, Predict: planned(j)})
		}
	}
	if minutes, tokens := r.number("ttt_min"), r.number("tokens_trained"); minutes > 0 && tokens > 0 && r("task") == "pretrain" {
		all = append(all, Case{Mode: "train ttt", Measured: minutes, Predict: func(m Models) (compute.Estimate, bool, error) {
			p, err := m.Fitted.Train(given)
			return m.Fitted.Minutes(given, p, tokens), p.Fits, err
		}})
	}
	return all
}

func planned(j compute.Train) func(Models) (compute.Estimate, bool, error) {
	return func(m Models) (compute.Estimate, bool, error) {
		p, err := m.Fitted.Train(j)
		return p.Speed, p.Fits, err
	}
}

// release returns the year of a release that a note names as rel=26.08, 0 if
// it names none.
func release(note string) float64 {
	_, after, _ := strings.Cut(note, "rel=")
	var year, month int
	if n, _ := fmt.Sscanf(after, "%d.%d", &year, &month); n < 2 {
		return 0
	}
	return 2000 + float64(year) + float64(month)/12
}

// limits of MLPerf's scenarios: the seconds that a token may take
// (mlcommons/inference, policies of the LLM benchmarks).
var limits = map[string]struct{ server, interactive float64 }{
	"llama2-70b": {0.2, 0.04}, "llama3.1-405b": {0.175, 0.08}, "llama3-8b": {0.1, 0.03}, "mixtral-8x7b": {0.2, 0}, "deepseek-r1": {0.08, 0},
}

func serving(r row) []Case {
	s := compute.Serve{
		Model: r.arch(), GPU: r.gpu(), GPUs: r.whole("gpus"), Tensor: r.whole("tp"), Weights: r("w_prec"), Cache: r("kv_prec"),
		In: r.whole("isl"), Out: r.whole("osl"), Concurrency: r.whole("concurrency"), Engine: engine(r("engine")),
	}
	if s.Cache == "" {
		s.Cache = "bf16"
		if s.Engine == compute.TensorRT && s.Weights != "bf16" || strings.HasPrefix(r("scenario"), "mlperf") {
			s.Cache = "fp8"
		}
	}
	out := r.number("out_tok_s")
	saturated := func(mode string, load compute.Load, token float64) []Case {
		return []Case{{Mode: mode, Measured: out, Serve: &s, Predict: func(m Models) (compute.Estimate, bool, error) {
			e, err := m.Fitted.Saturated(s, load, token)
			return e, true, err
		}}}
	}
	limit := limits[r("model")]
	switch class, scenario := r("accept_class"), r("scenario"); {
	case scenario == "first-token":
		return []Case{{Mode: class + " ttft_ms", Measured: r.number("ttft_ms"), Serve: &s, Predict: func(m Models) (compute.Estimate, bool, error) {
			e, err := m.Fitted.FirstToken(s)
			return e.Times(1000, "ms"), true, err
		}}}
	case strings.HasPrefix(scenario, "mlperf-offline"):
		return saturated(class+" offline", compute.Offline, 0)
	case strings.HasPrefix(scenario, "mlperf-server"):
		return saturated(class+" server", compute.Server, limit.server)
	case strings.HasPrefix(scenario, "mlperf-interactive"):
		return saturated(class+" server", compute.Interactive, limit.interactive)
	case scenario == "static-batch":
		return saturated(throughput(class), compute.Static, 0)
	case scenario == "max-load":
		return saturated(throughput(class), compute.MaxLoad, 0)
	}
	closed := func(of func(compute.Served) compute.Estimate) func(Models) (compute.Estimate, bool, error) {
		return func(m Models) (compute.Estimate, bool, error) {
			have, err := m.Fitted.Serve(s)
			return of(have), true, err
		}
	}
	cases := []Case{{Mode: throughput(r("accept_class")), Measured: out, Serve: &s, Predict: closed(func(s compute.Served) compute.Estimate { return s.Throughput })}}
	if r("accept_class") == "infer-dense-latency" {
		cases[0].Mode += " out_tok_s"
		cases = append(cases, Case{Mode: "infer-dense-latency tpot_ms", Measured: r.number("tpot_ms"), Serve: &s,
			Predict: closed(func(s compute.Served) compute.Estimate { return s.TPOT.Times(1000, "ms") })})
	}
	return cases
}

// throughput returns the mode of a class; mixtures of experts are one.
func throughput(class string) string {
	if strings.HasPrefix(class, "infer-moe") {
		return "infer-moe"
	}
	return class
}

func engine(name string) compute.Engine {
	for _, e := range []compute.Engine{compute.VLLM, compute.SGLang} {
		if strings.HasPrefix(strings.ToLower(name), string(e)) {
			return e
		}
	}
	return compute.TensorRT
}

func classic(r row) []Case {
	k := &compute.Classic{Workload: r("workload"), GPU: r.gpu(), GPUs: r.whole("gpus"), Batch: r.whole("gbs"), Precision: r("precision")}
	return []Case{{Mode: "classic", Measured: r.number("samples_s_gpu"), Classic: k, Predict: func(m Models) (compute.Estimate, bool, error) {
		e, err := k.Estimate(m.Classic)
		return e, true, err
	}}}
}

// stages is how many stages the runs of arXiv:2205.05198 interleave: 3 where a
// GPU's layers can be split so.
func stages(layers, pipeline int) int {
	if pipeline > 1 && layers/pipeline%3 == 0 {
		return 3
	}
	return 1
}

func memory(r row) []Case {
	j := compute.Train{
		Model: r.arch(), GPU: r.gpu(), GPUs: r.whole("gpus"), Precision: "bf16", Method: compute.Pretrain, Stack: compute.Megatron,
		Sequence: r.whole("seq_len"),
		Layout: compute.Layout{Tensor: max(1, r.whole("tp")), Pipeline: max(1, r.whole("pp")), Context: max(1, r.whole("cp")), Expert: 1, Micro: r.whole("mbs"),
			Sharding: compute.DDP, Recompute: compute.Recompute(r("recompute"))},
	}
	l := &j.Layout
	l.Virtual = stages(j.Model.Layers, l.Pipeline)
	if j.GPUs == 0 {
		j.GPUs = l.Tensor * l.Pipeline
	}
	if strings.Contains(r("sharding"), "zero3") {
		j.Stack, l.Sharding = compute.FSDP, compute.Zero3
	}
	j.Batch = j.GPUs * l.Micro
	sequence := strings.Contains(r("sharding"), "SP")
	return []Case{{Mode: "memory " + r("kind"), Measured: r.number("mem_gib"), Predict: func(Models) (compute.Estimate, bool, error) {
		e := j.Memory()
		fits := e.Value <= j.GPU.Bytes
		switch r("kind") {
		case "activations":
			e = j.Activations(sequence)
			fits = true
		case "params+opt":
			e = j.State()
			fits = true
		}
		return e.Times(1.0/(1<<30), "GiB"), fits, nil
	}}}
}
