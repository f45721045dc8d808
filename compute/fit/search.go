package main

import (
	"fmt"
	"math"
	"os"
	"slices"
	"strings"

	"airfield/catalog"
	"airfield/compute"
	"airfield/compute/rows"
)

// The search for constants.
//
// What is made least is the mean error of each mode over its bar, plus tie for
// each constant times the square of the logarithm of how far it is from its
// start: what runs say little about stays near what data sheets and rules say,
// and does not follow noise. Each round solves least squares over the
// logarithms of constants, with rows weighted so that the sum of squares has
// the slope of the sum of errors, and damped until the sum falls (Levenberg,
// Marquardt). It ends when a round gains less than a ten thousandth, so it does
// the same on any machine.
const (
	tie     = 0.01
	nudge   = 0.01 // of a logarithm, for slopes
	settled = 1e-4
	rounds  = 60
	few     = 8 // rows that are alike and count in full
)

// A search is for the constants of a kind, train/ or serve/.
type search struct {
	kind   string
	cases  []rows.Case
	weight []float64 // of each case
	free   []int     // constants
	limits map[string]catalog.SizingConstant
}

// newSearch weighs each mode by how hard its bar is and how many rows it has,
// and in it rows that are alike less the more than a few they are.
func newSearch(kind string, cases []rows.Case) search {
	s := search{kind: kind, cases: cases, weight: make([]float64, len(cases)), limits: catalog.SizingConstants()}
	var c compute.Constants
	for i := range c {
		if name := c.Name(i); strings.HasPrefix(name, kind) && !strings.Contains(name, "/margin/") {
			s.free = append(s.free, i)
		}
	}
	alike, size, all := map[string]float64{}, map[string]float64{}, map[string]float64{}
	for _, k := range cases {
		alike[k.Mode+k.Group]++
		size[k.Mode]++
	}
	share := func(k rows.Case) float64 { return 1 / math.Sqrt(math.Max(few, alike[k.Mode+k.Group])) }
	for _, k := range cases {
		all[k.Mode] += share(k)
	}
	for i, k := range cases {
		at := slices.IndexFunc(rows.Bars, func(b rows.Bar) bool { return b.Mode == k.Mode })
		s.weight[i] = share(k) / all[k.Mode] / rows.Bars[at].Must * math.Min(1, (size[k.Mode]+30)/100)
	}
	return s
}

// errors returns predicted over measured less 1 for each case, and the loss.
func (s *search) errors(c *compute.Constants) (off []float64, loss float64) {
	off = make([]float64, len(s.cases))
	for i, k := range s.cases {
		e, _, err := k.Predict(rows.Models{Fitted: c})
		if err != nil || k.Measured <= 0 || math.IsNaN(e.Value) {
			continue // no constant changes it
		}
		off[i] = e.Value/k.Measured - 1
		loss += s.weight[i] * soft(off[i])
	}
	for _, i := range s.free {
		far := math.Log(c[i] / s.limits[c.Name(i)].Start)
		loss += tie * far * far
	}
	return off, loss
}

// soft is the size of an error, beyond 1 its logarithm: one wild row must not
// lead.
func soft(off float64) float64 {
	if off = math.Abs(off); off > 1 {
		return 1 + math.Log(off)
	}
	return off
}

// slope is what a square of the error is weighted with to have the slope of
// soft.
func slope(off float64) float64 {
	off = math.Abs(off)
	return math.Min(1, 1/off) / math.Max(0.02, off)
}

// run moves the constants to where the loss is least.
func (s *search) run(c *compute.Constants) {
	for _, i := range s.free {
		c[i] = s.limits[c.Name(i)].Start
	}
	off, loss := s.errors(c)
	damp := 1e-2
	for round := range rounds {
		a := s.normal(c, off)
		before := loss
		for ; damp < 1e3; damp *= 4 {
			next := s.moved(c, a, damp)
			if o, l := s.errors(&next); l < loss {
				*c, off, loss = next, o, l
				damp /= 10
				break
			}
		}
		fmt.Fprintf(os.Stderr, "%s round %d loss %.5f damp %.2g\n", s.kind, round, loss, damp)
		if before-loss < settled*before {
			return
		}
	}
}

// normal returns the normal equations at a place, the right side last.
func (s *search) normal(c *compute.Constants, off []float64) [][]float64 {
	n := len(s.free)
	slopes := make([][]float64, n)
	for i, k := range s.free {
		near := *c
		near[k] *= math.Exp(nudge)
		slopes[i], _ = s.errors(&near)
		for j := range off {
			slopes[i][j] = (slopes[i][j] - off[j]) / nudge
		}
	}
	a := make([][]float64, n)
	for i, k := range s.free {
		a[i] = make([]float64, n+1)
		for r := range off {
			w := s.weight[r] * slope(off[r]) * slopes[i][r]
			for j := range n {
				a[i][j] += w * slopes[j][r]
			}
			a[i][n] -= w * off[r]
		}
		a[i][i] += 2 * tie
		a[i][n] -= 2 * tie * math.Log(c[k]/s.limits[c.Name(k)].Start)
	}
	return a
}

// moved returns the constants a damped step further, within their limits and
// by no more than a factor of two.
func (s *search) moved(c *compute.Constants, a [][]float64, damp float64) compute.Constants {
	damped := make([][]float64, len(a))
	for i := range a {
		damped[i] = append([]float64(nil), a[i]...)
		damped[i][i] += damp * (a[i][i] + 1e-3)
	}
	next := *c
	for i, step := range eliminate(damped) {
		k := s.free[i]
		b := s.limits[c.Name(k)]
		next[k] *= math.Exp(math.Max(-math.Ln2, math.Min(math.Ln2, step)))
		next[k] = math.Max(math.Max(b.Low, b.Start/100), math.Min(b.High, next[k]))
	}
	return next
}

// eliminate solves equations whose matrix is positive definite and whose right
// side is the last column (Gauss and Jordan).
func eliminate(a [][]float64) []float64 {
	n := len(a)
	for i := range n {
		for j := range n {
			if j == i || a[j][i] == 0 {
				continue
			}
			f := a[j][i] / a[i][i]
			for k := i; k <= n; k++ {
				a[j][k] -= f * a[i][k]
			}
		}
	}
	x := make([]float64, n)
	for i := range x {
		x[i] = a[i][n] / a[i][i]
	}
	return x
}
