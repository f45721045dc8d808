package compute_test

import (
	"strings"
	"testing"

	"airfield/catalog"
	"airfield/compute"
)

func TestChoose(t *testing.T) {
	for _, tt := range []struct {
		name, size string
		nodes      int
		in         compute.Need
	}{
		{"full fine-tune of 70B", "Standard_ND96isr_H200_v5", 2, compute.Need{Role: compute.Training, Parameters: 70e9, BytesEach: 18, Regions: []string{"swedencentral"}}},
		{"LoRA of 8B fits one GPU", "Standard_NC40ads_H100_v5", 1, compute.Need{Role: compute.Training, Parameters: 8e9, BytesEach: 2.6, Regions: []string{"swedencentral"}}},
		{"70B served in fp8", "Standard_NC40ads_H100_v5", 1, compute.Need{Role: compute.Inference, Parameters: 70e9, BytesEach: 1.25, Regions: []string{"swedencentral"}}},
		{"small model on CPUs", "Standard_F8as_v6", 1, compute.Need{Role: compute.Inference}},
		{"classical training", "Standard_E8ads_v6", 1, compute.Need{Role: compute.Training}},
		{"data preparation with needs", "Standard_F32as_v6", 4, compute.Need{Role: compute.Preparation, VCPUs: 32, Nodes: 4}},
	} {
		have, ok := compute.Choose(tt.in)
		if !ok || have.Size.Name != tt.size || have.Nodes != tt.nodes {
			t.Errorf("%s: have %+v, want %s × %d", tt.name, have, tt.size, tt.nodes)
		}
	}
}

// TestConstantsAreFew holds what was agreed: at most 35 each for training and
// serving, each with a place to begin at within its bounds.
func TestConstantsAreFew(t *testing.T) {
	count := map[string]int{}
	for name, c := range catalog.SizingConstants() {
		kind, _, _ := strings.Cut(name, "/")
		if count[kind]++; count[kind] > 35 {
			t.Errorf("%d constants of %s", count[kind], kind)
		}
		if !(c.Low <= c.Start && c.Start <= c.High) || !(c.Low <= c.Value && c.Value <= c.High) {
			t.Errorf("%s: %+v", name, c)
		}
	}
}

func TestParameters(t *testing.T) {
	for _, tt := range []struct {
		in   string
		want int64
	}{{"llama-3.1-70b", 70e9}, {"mixtral-8x7b", 56e9}, {"phi-3.5-mini", 382e7}, {"phi-9-mini", 0}, {"bert-110M", 11e7}, {"qwen2.5-0.5b", 5e8}, {"", 0}, {"our churn model", 0}} {
		if have := compute.Parameters(tt.in); have != tt.want {
			t.Errorf("%s: have %d, want %d", tt.in, have, tt.want)
		}
	}
}
