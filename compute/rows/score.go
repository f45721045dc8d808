package rows

import (
	"fmt"
	"math"
	"slices"

	"airfield/compute"
)

// A Bar is what is wanted of a mode, as shares.
type Bar struct {
	Mode       string
	Must, Good float64 // mean absolute error at most
	P90        float64 // the error that nine in ten keep to; 0 is not asked for
	Infeasible float64 // share of rows without a fitting layout at most; 0 is not asked for
}

// Bars are what is wanted of the modes.
var Bars = []Bar{
	{"train-dense given", 0.10, 0.08, 0.22, 0},
	{"train-dense chosen", 0.14, 0.11, 0, 0.02},
	{"train-moe given", 0.28, 0.22, 0, 0},
	{"train ttt", 0.16, 0.12, 0, 0},
	{"infer-dense-latency out_tok_s", 0.13, 0.10, 0, 0},
	{"infer-dense-latency tpot_ms", 0.21, 0.15, 0, 0},
	{"infer-dense-throughput", 0.18, 0.14, 0, 0},
	{"infer-moe", 0.26, 0.20, 0, 0},
	{"infer-prefill ttft_ms", 0.25, 0.20, 0, 0},
	{"infer-mlperf-blind offline", 0.20, 0.15, 0, 0},
	{"infer-mlperf-blind server", 0.24, 0.18, 0, 0},
	{"classic", 0.20, 0.15, 0, 0},
	{"memory train-peak", 0.12, 0.12, 0, 0.02},
	{"memory activations", 0.001, 0.001, 0, 0},
	{"memory params+opt", 0.02, 0.02, 0, 0},
}

// A Score says how far off the predictions of a mode are.
type Score struct {
	Bar
	Rows, Skipped, Infeasible int
	MAPE, Median, Ninth       float64 // shares
	Inside                    float64 // share of measured values in the stated interval
	Why                       string  // the first reason of a skipped row
}

// insideMust is the share of measured values that must lie in the interval.
const insideMust = 0.85

// Misses says which musts a score misses.
func (s Score) Misses() (all []string) {
	if s.MAPE > s.Must {
		all = append(all, "MAPE")
	}
	if s.P90 > 0 && s.Ninth > s.P90 {
		all = append(all, "p90")
	}
	if s.Bar.Infeasible > 0 && float64(s.Infeasible) > s.Bar.Infeasible*float64(s.Rows) {
		all = append(all, "infeasible")
	}
	if s.Inside < insideMust {
		all = append(all, "inside")
	}
	return all
}

// String returns the line of a mode.
func (s Score) String() string {
	must := fmt.Sprintf("%.3g", s.Must*100)
	if s.P90 > 0 {
		must += fmt.Sprintf("/%.3g", s.P90*100)
	}
	verdict := "ok"
	if m := s.Misses(); m != nil {
		verdict = fmt.Sprint("missed ", m)
	} else if s.MAPE <= s.Good {
		verdict = "ok, good"
	}
	return fmt.Sprintf("%s: rows %d, skipped %d, infeasible %d, MAPE %.1f %%, median %.1f %%, p90 %.1f %%, inside %.0f %% (must %s: %s)",
		s.Mode, s.Rows, s.Skipped, s.Infeasible, s.MAPE*100, s.Median*100, s.Ninth*100, s.Inside*100, must, verdict)
}

// Off returns the error of a prediction as a share of what was measured, 1 for
// a row that cannot be predicted.
func Off(c Case, m Models) (off float64, e compute.Estimate, fits bool, err error) {
	e, fits, err = c.Predict(m)
	if err != nil || c.Measured <= 0 || math.IsNaN(e.Value) {
		return 1, e, true, err
	}
	return math.Abs(e.Value/c.Measured - 1), e, fits, nil
}

// Scores returns the score of each mode that has cases.
func Scores(cases []Case, m Models) []Score {
	var all []Score
	for _, b := range Bars {
		s := Score{Bar: b}
		var errors []float64
		inside := 0
		for _, c := range cases {
			if c.Mode != b.Mode {
				continue
			}
			off, e, fits, err := Off(c, m)
			errors = append(errors, off)
			switch {
			case err != nil:
				s.Skipped++
				s.Why = fmt.Sprintf("%s: %v", c.ID, err)
			case e.Low <= c.Measured && c.Measured <= e.High:
				inside++
			}
			if !fits {
				s.Infeasible++
			}
		}
		if s.Rows = len(errors); s.Rows == 0 {
			continue
		}
		slices.Sort(errors)
		for _, x := range errors {
			s.MAPE += x / float64(s.Rows)
		}
		s.Median, s.Ninth = errors[s.Rows/2], errors[min(s.Rows-1, s.Rows*9/10)]
		s.Inside = float64(inside) / float64(s.Rows)
		all = append(all, s)
	}
	return all
}
