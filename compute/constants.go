package compute

import (
	"fmt"
	"sync"

	"airfield/catalog"
)

// Constants are the fitted numbers of the models of training and serving, by
// their place in constantNames.
type Constants [constants]float64

// The constants. What each is, its unit and how it was fitted stand in
// catalog/judged/sizing.csv; command compute/fit makes its values again.
const (
	trainA100BF16 = iota
	trainHopperBF16
	trainHopperFP8
	trainBlackwellBF16
	trainBlackwellFP8
	trainBlackwellFP4
	trainGB300
	trainB300
	trainMI300
	trainMI350
	trainCapped
	trainAttention
	trainAttentionBlackwell
	trainBytes
	trainLayer
	trainOverlap
	trainTensor
	trainContext
	trainExpert
	trainData
	trainNodes
	trainLoRA
	trainStackFP8
	trainStep
	trainEvaluation
	trainRouted
	trainRelease
	trainMoE
	trainMargin
	trainMoEMargin
	serveHBM
	serveA100
	serveHopper16
	serveHopper8
	serveBlackwell8
	serveBlackwell4
	servePCIe
	serveAMD
	serveWorkspace
	serveAttention
	serveCollective
	serveLink
	serveLayer
	serveStep
	serveSequence
	serveSequencePython
	servePrefillStep
	serveInterfere
	serveHalfTokens
	serveLayerMoE
	serveLatent
	serveElementwise
	serveMaxLoad
	serveOffline
	serveServer
	serveInteractive
	serveRouted
	serveLatencyMargin
	serveThroughputMargin
	serveMoEMargin
	servePrefillMargin
	serveBlindMargin
	constants
)

var constantNames = [constants]string{
	trainA100BF16:           "train/gemm/ampere-bf16",
	trainHopperBF16:         "train/gemm/hopper-bf16",
	trainHopperFP8:          "train/gemm/hopper-fp8",
	trainBlackwellBF16:      "train/gemm/blackwell-bf16",
	trainBlackwellFP8:       "train/gemm/blackwell-fp8",
	trainBlackwellFP4:       "train/gemm/blackwell-fp4",
	trainGB300:              "train/gemm/gb300",
	trainB300:               "train/gemm/b300",
	trainMI300:              "train/gemm/mi300",
	trainMI350:              "train/gemm/mi350",
	trainCapped:             "train/gemm/power-capped",
	trainAttention:          "train/attention",
	trainAttentionBlackwell: "train/attention/blackwell",
	trainBytes:              "train/elementwise",
	trainLayer:              "train/layer",
	trainOverlap:            "train/overlap/fsdp",
	trainTensor:             "train/exposed/tensor",
	trainContext:            "train/exposed/context",
	trainExpert:             "train/exposed/expert",
	trainData:               "train/exposed/data",
	trainNodes:              "train/nodes",
	trainLoRA:               "train/lora",
	trainStackFP8:           "train/fsdp-fp8",
	trainStep:               "train/step",
	trainEvaluation:         "train/evaluation",
	trainRouted:             "train/routed",
	trainRelease:            "train/release",
	trainMoE:                "train/moe",
	trainMargin:             "train/margin/dense",
	trainMoEMargin:          "train/margin/moe",
	serveHBM:                "serve/hbm",
	serveA100:               "serve/gemm/ampere",
	serveHopper16:           "serve/gemm/hopper-16",
	serveHopper8:            "serve/gemm/hopper-8",
	serveBlackwell8:         "serve/gemm/blackwell-8",
	serveBlackwell4:         "serve/gemm/blackwell-4",
	servePCIe:               "serve/gemm/power-capped",
	serveAMD:                "serve/gemm/amd",
	serveWorkspace:          "serve/workspace",
	serveAttention:          "serve/attention",
	serveCollective:         "serve/collective",
	serveLink:               "serve/link",
	serveLayer:              "serve/layer",
	serveStep:               "serve/step",
	serveSequencePython:     "serve/sequence/python",
	serveSequence:           "serve/sequence",
	servePrefillStep:        "serve/prefill",
	serveInterfere:          "serve/interference",
	serveHalfTokens:         "serve/grouped",
	serveLayerMoE:           "serve/layer/moe",
	serveLatent:             "serve/latent",
	serveElementwise:        "serve/elementwise",
	serveMaxLoad:            "serve/max-load",
	serveOffline:            "serve/mlperf/offline",
	serveServer:             "serve/mlperf/server",
	serveRouted:             "serve/mlperf/moe",
	serveInteractive:        "serve/mlperf/interactive",
	serveLatencyMargin:      "serve/margin/latency",
	serveThroughputMargin:   "serve/margin/throughput",
	serveMoEMargin:          "serve/margin/moe",
	servePrefillMargin:      "serve/margin/prefill",
	serveBlindMargin:        "serve/margin/blind",
}

// Name returns the name of a constant in catalog/judged/sizing.csv.
func (c *Constants) Name(i int) string { return constantNames[i] }

// Fitted returns the constants of the catalog.
func Fitted() *Constants { c := fitted(); return &c }

var fitted = sync.OnceValue(func() (c Constants) {
	values := catalog.SizingConstants()
	for i, name := range constantNames {
		v, ok := values[name]
		if !ok {
			panic(fmt.Sprintf("judged/sizing has no constant %q", name))
		}
		c[i] = v.Value
	}
	return c
})
