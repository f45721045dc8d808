package compute

import (
	"fmt"
	"math"
)

// An Estimate is a computed number with how sure it is and what it is the sum
// of.
type Estimate struct {
	Value float64 `json:"value"`
	Low   float64 `json:"low"` // the measured value is between Low and High in about nine cases of ten
	High  float64 `json:"high"`
	Unit  string  `json:"unit"`
	Bound string  `json:"bound"` // what limits it: "HBM bandwidth", "InfiniBand", "memory: activations"
	Parts []Part  `json:"parts,omitempty"`
}

// A Part is one term of a sum.
type Part struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Unit  string  `json:"unit"`
}

// between gives an estimate that is off by no more than a factor of 1+margin
// in about nine cases of ten.
func between(value, margin float64, unit, bound string, parts []Part) Estimate {
	return Estimate{Value: value, Low: value / (1 + margin), High: value * (1 + margin), Unit: unit, Bound: bound, Parts: parts}
}

// largest returns the name of the largest part.
func largest(parts []Part) string {
	name, most := "", math.Inf(-1)
	for _, p := range parts {
		if p.Value > most {
			name, most = p.Name, p.Value
		}
	}
	return name
}

func total(parts []Part) (sum float64) {
	for _, p := range parts {
		sum += p.Value
	}
	return sum
}

// Times returns the estimate in a unit of which so many are one of its own.
func (e Estimate) Times(n float64, unit string) Estimate {
	return Estimate{e.Value * n, e.Low * n, e.High * n, unit, e.Bound, e.Parts}
}

// String gives the estimate with its interval: 14.8 h (11.7 to 18.6).
func (e Estimate) String() string {
	return fmt.Sprintf("%.3g %s (%.3g to %.3g)", e.Value, e.Unit, e.Low, e.High)
}
