package catalog

import (
	"slices"
	"strings"
	"sync"
)

// A Model is the architecture of an open language model. What is 0 is not
// known or, of experts, not there.
type Model struct {
	Name            string
	Params, Active  float64 // parameters in all, and of one token
	Layers          int
	Hidden          int
	Heads, KVHeads  int
	HeadDim         int
	FFN, ExpertFFN  int // width of a dense layer and of one expert
	Vocab           int
	Gated, Tied     bool // three matrices in a feed-forward layer; one matrix for embedding and head
	Experts, TopK   int
	KVWidth         int // numbers that a token and layer keep where the cache is latent (MLA)
	AttentionLayers int // that keep a cache; 0 is all
	Context         int // tokens
	Source          string
}

// ModelOf returns the model of a name as the table writes it, without regard
// to case.
func ModelOf(name string) (Model, bool) {
	m, ok := models()[fold(name)]
	return m, ok
}

// ModelNamed returns the model that people call so: as the table writes it, as
// its repository is called, with or without dots, dashes and what tells a
// variant of the same architecture (instruct, chat).
func ModelNamed(name string) (Model, bool) {
	if m, ok := ModelOf(name); ok {
		return m, true
	}
	m, ok := called()[calledSo(name)]
	return m, ok
}

// ModelNames returns the names of all models, sorted.
func ModelNames() []string {
	var all []string
	for _, m := range models() {
		all = append(all, m.Name)
	}
	slices.Sort(all)
	return all
}

var called = sync.OnceValue(func() map[string]Model {
	all := map[string]Model{}
	for _, name := range ModelNames() {
		m, _ := ModelOf(name)
		all[calledSo(m.Name)] = m
		if strings.Count(m.Source, "/") == 1 { // a repository
			all[calledSo(m.Source)] = m
		}
	}
	return all
})

var variant = strings.NewReplacer("-v0.1", "", "-base", "", "-hf", "", "meta-", "", "instruct", "", "chat", "", "-", "", "_", "", ".", "", " ", "")

func calledSo(name string) string {
	name = strings.ToLower(name)
	return variant.Replace(name[strings.LastIndex(name, "/")+1:])
}

var models = sync.OnceValue(func() map[string]Model {
	all := map[string]Model{}
	read("data/models").each(func(cell func(string) string) {
		all[fold(cell("name"))] = Model{
			Name:   cell("name"),
			Params: decimal(cell("params_b")) * 1e9, Active: decimal(cell("active_b")) * 1e9,
			Layers: whole(cell("layers")), Hidden: whole(cell("hidden")),
			Heads: whole(cell("heads")), KVHeads: whole(cell("kv_heads")), HeadDim: whole(cell("head_dim")),
			FFN: whole(cell("ffn")), ExpertFFN: whole(cell("expert_ffn")), Vocab: whole(cell("vocab")),
			Gated: yes(cell("gated")), Tied: yes(cell("tied")),
			Experts: whole(cell("experts")), TopK: whole(cell("top_k")),
			KVWidth: whole(cell("kv_width")), AttentionLayers: whole(cell("attention_layers")),
			Context: whole(cell("context")), Source: cell("source"),
		}
	})
	return all
})

// A GPU is what a model of accelerator computes, holds and moves.
type GPU struct {
	Name             string
	Bytes            float64 // of memory that programs can use
	HBM              float64 // bytes/s of its memory
	FP32, TF32, FP16 float64 // dense FLOP/s at best; FP16 is BF16's too where BF16 is true
	FP8, FP4         float64 // 0 where it is not computed
	GEMM             float64 // FLOP/s, the largest measured with bf16; 0 is not known
	BF16             bool
	NVLink           float64 // bytes/s of one GPU in one direction, or of the vendor's like
	Domain           int     // GPUs that NVLink joins
	PCIe, NIC        float64 // bytes/s of one GPU in one direction
	Watts            float64
}

// GPUOf returns the GPU of a name as the table writes it, without regard to
// case.
func GPUOf(name string) (GPU, bool) {
	g, ok := gpuTable()[fold(name)]
	return g, ok
}

// GPUNames returns the names of all GPUs, sorted.
func GPUNames() []string {
	var all []string
	for _, g := range gpuTable() {
		all = append(all, g.Name)
	}
	slices.Sort(all)
	return all
}

var gpuTable = sync.OnceValue(func() map[string]GPU {
	all := map[string]GPU{}
	read("data/gpus").each(func(cell func(string) string) {
		times := func(column string, unit float64) float64 { return decimal(cell(column)) * unit }
		g := GPU{
			Name: cell("name"), Bytes: times("usable_bytes", 1), HBM: times("hbm_gb_s", 1e9),
			FP32: times("fp32_tf", 1e12), TF32: times("tf32_tf", 1e12), FP16: times("fp16_tf", 1e12), FP8: times("fp8_tf", 1e12), FP4: times("fp4_tf", 1e12),
			GEMM: times("gemm_tf", 1e12), BF16: yes(cell("bf16")),
			NVLink: times("nvlink_gb_s", 1e9), Domain: max(1, whole(cell("domain"))), PCIe: times("pcie_gb_s", 1e9), NIC: times("nic_gb_s", 1e9),
			Watts: times("watts", 1),
		}
		if g.Bytes == 0 {
			g.Bytes = times("memory_gb", 1<<30) * 0.99 // drivers take about 1 %, as of the GPUs whose usable bytes are known
		}
		all[fold(g.Name)] = g
	})
	return all
})
