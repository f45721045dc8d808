package catalog

import (
	"math"
	"testing"
)

// TestModelsAddUp holds the parameters of each dense model against the sum of
// its matrices.
func TestModelsAddUp(t *testing.T) {
	if len(models()) < 30 {
		t.Errorf("%d models", len(models()))
	}
	for name, m := range models() {
		if m.Experts > 0 {
			continue
		}
		matrices := 2.0
		if m.Gated {
			matrices = 3
		}
		attention := float64(m.Hidden * m.HeadDim * 2 * (m.Heads + m.KVHeads))
		sum := float64(m.Layers) * (attention + matrices*float64(m.Hidden*m.FFN))
		sum += float64(m.Vocab * m.Hidden)
		if !m.Tied {
			sum += float64(m.Vocab * m.Hidden)
		}
		if math.Abs(sum/m.Params-1) > 0.03 {
			t.Errorf("%s: its matrices have %.2f·10⁹ parameters, the table says %.2f", name, sum/1e9, m.Params/1e9)
		}
	}
}

func TestGPUOf(t *testing.T) {
	g, ok := GPUOf("h100-sxm-80")
	if !ok || g.FP8 != 1979e12 || g.NIC != 50e9 || g.Domain != 8 || g.Bytes != 85.5e9 {
		t.Errorf("have %+v", g)
	}
	if _, ok := GPUOf("H900"); ok {
		t.Error("a GPU that there is not")
	}
}
