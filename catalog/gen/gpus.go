package main

import (
	"regexp"
	"strings"
)

// The columns of gpu_facts.csv that become columns of gpus.csv, by their new
// names.
var gpuColumns = []struct{ to, from string }{
	{"name", "gpu"},
	{"memory_gb", "mem_gb"},
	{"usable_bytes", "mem_bytes_usable"},
	{"hbm_gb_s", "hbm_gb_s"},
	{"tf32_tf", "tf32_tf"},
	{"fp16_tf", "fp16_bf16_tf_dense"},
	{"fp8_tf", "fp8_tf_dense"},
	{"fp4_tf", "fp4_tf_dense"},
	{"gemm_tf", "measured_max_gemm_bf16_tf"},
	{"fp32_tf", "fp32_tf"},
	{"nvlink_gb_s", "scaleup_uni_gb_s"},
	{"domain", "scaleup_domain_gpus"},
	{"pcie_gb_s", "pcie_uni_gb_s"},
	{"nic_gb_s", "scaleout_gb_s_per_gpu"},
	{"watts", "tdp_w"},
}

// leading is the number a cell begins with.
var leading = regexp.MustCompile(`^~?([0-9.]+(?:e[0-9]+)?)`)

// found is a note on how a source was searched.
var found = regexp.MustCompile(` ?\(find_string [^)]*\)`)

// gpus makes the table of GPUs. Of a range of values the lower end counts.
func gpus(s source) (map[string]table, error) {
	rows, err := s.csv("sizing/gpu_facts.csv")
	if err != nil {
		return nil, err
	}
	t := table{
		from:    "gpu_facts.csv of the sizing facts; column source says which page for each row",
		read:    "2026-09-24",
		licence: "facts of vendors' data sheets, Apache-2.0 and CC BY-SA 4.0 repositories",
		units: "memory_gb: marketing GB; usable_bytes: as the driver reports, blank unknown; _tf: dense TFLOP/s, gemm_tf measured with bf16; " +
			"_gb_s: GB/s of one GPU in one direction; domain: GPUs that NVLink joins; bf16: 1 if computed; of a range the lower end",
	}
	for _, c := range gpuColumns {
		t.columns = append(t.columns, c.to)
	}
	t.columns = append(t.columns, "bf16", "source")
	for _, r := range rows {
		cells := []string{r["gpu"]}
		for _, c := range gpuColumns[1:] {
			number := ""
			if m := leading.FindStringSubmatch(r[c.from]); m != nil {
				number = m[1]
			} else if c.from == "pcie_uni_gb_s" {
				number = strings.TrimPrefix(r[c.from], "C2C/")
			}
			cells = append(cells, number)
		}
		bf16 := "1"
		if strings.Contains(r["fp16_bf16_tf_dense"], "(fp16)") {
			bf16 = "0"
		}
		t.add(append(cells, bf16, found.ReplaceAllString(r["source"], ""))...)
	}
	return one("gpus", t), nil
}
