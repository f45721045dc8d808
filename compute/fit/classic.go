package main

import (
	"math"
	"slices"
	"strings"

	"airfield/compute/rows"
)

// classic fits the logarithms of classic workloads: least squares over the
// terms, each case weighted with the inverse of its error of the round before,
// which makes the sum of absolute errors least.
func classic(cases []rows.Case) map[string]float64 {
	var use []rows.Case
	index := map[string]int{}
	var names []string
	for _, c := range cases {
		if c.Classic == nil || c.Classic.GPU.FP16 == 0 {
			continue
		}
		use = append(use, c)
		for _, t := range c.Classic.Terms() {
			if _, ok := index[t.Name]; !ok {
				index[t.Name] = len(names)
				names = append(names, t.Name)
			}
		}
	}
	weights := make([]float64, len(use))
	for i := range weights {
		weights[i] = 1
	}
	var x []float64
	for range 60 {
		x = solve(use, index, weights)
		for i, c := range use {
			off := math.Log(c.Measured)
			for _, t := range c.Classic.Terms() {
				off -= x[index[t.Name]] * t.X
			}
			weights[i] = 1 / math.Max(0.03, math.Abs(off))
		}
	}
	out := map[string]float64{}
	for i, n := range names {
		out[n] = x[i]
	}
	return out
}

// solve returns the weighted least squares; a small ridge on exponents keeps
// those that little is known of near 0.
func solve(cases []rows.Case, index map[string]int, weights []float64) []float64 {
	n := len(index)
	a := make([][]float64, n)
	for i := range a {
		a[i] = make([]float64, n+1)
		a[i][i] = 1e-3
	}
	for i, c := range cases {
		terms := c.Classic.Terms()
		for _, s := range terms {
			r := a[index[s.Name]]
			for _, t := range terms {
				r[index[t.Name]] += weights[i] * s.X * t.X
			}
			r[n] += weights[i] * s.X * math.Log(c.Measured)
		}
	}
	return eliminate(a)
}

func classicTable(values map[string]float64) string {
	var lines []string
	for name, v := range values {
		unit, reason := "logarithm of samples/s of one GPU", "on A100-SXM-80, 8 GPUs"
		switch {
		case strings.HasPrefix(name, "margin/"):
			unit, reason = "share", "nine of ten measured values are no further off"
		case !strings.HasPrefix(name, "workload/"):
			unit, reason = "exponent", "against A100-SXM-80"
			if strings.HasSuffix(name, "gpus") {
				reason = "against 8 GPUs"
			} else if strings.HasSuffix(name, "batch") {
				reason = "against 128 samples of a GPU"
			}
		}
		lines = append(lines, strings.Join([]string{name, number(v), unit, `"` + reason + `"`}, ","))
	}
	slices.Sort(lines)
	return "# source: airfield\n# read: 2026-11-22\n# licence: the project's own\n# units: value in the unit of its row; fitted by compute/fit on measured runs, least absolute error of logarithms\nname,value,unit,reason\n" +
		strings.Join(lines, "\n") + "\n"
}
